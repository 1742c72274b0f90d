//! The choice of one endpoint among those in rotation.

use super::members::Members;
use super::view::{Pool, View};
use super::{Config, tally};
use crate::design::Settings;
use crate::engine::attempt::{Call, Intent};
use crate::engine::core::Cx;
use crate::engine::draw::{Address, Draws, Purpose, mix64};
use crate::engine::policy::smooth;
use crate::engine::program::Program;
use crate::engine::record::Record;
use std::cmp::Ordering;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Random,
    RoundRobin,
    LeastOutstanding,
    TwoChoices,
    Weighted,
    /// By the place of the item, or of who asks, on a ring.
    Hash { of_identity: bool },
}

impl Policy {
    pub fn compile(knobs: &Settings<'_>) -> Policy {
        match knobs.choice("policy") {
            "random" => Policy::Random,
            "round_robin" => Policy::RoundRobin,
            "least_outstanding" => Policy::LeastOutstanding,
            "two_choices" => Policy::TwoChoices,
            "weighted" => Policy::Weighted,
            word => Policy::Hash { of_identity: word == "sticky" },
        }
    }
}

/// What is asked for.
pub struct Asked {
    draws: Draws,
    /// Place on the ring.
    hash: u64,
    /// A retry stays on its link.
    link: Option<u16>,
    /// Not this one, if there is another.
    not: Option<usize>,
}

/// Users of different clients nodes are different people.
pub fn identity(program: &Program, intent: &Intent) -> u64 {
    // The name of the clients, not their number: an unconnected node changes nothing.
    program.nodes[intent.clients as usize].place ^ mix64(u64::from(intent.identity))
}

impl Asked {
    pub fn first<R: Record>(
        config: &Config,
        cx: &Cx<'_, R>,
        intent: &Intent,
        address: Address,
    ) -> Asked {
        let key = match config.policy {
            Policy::Hash { of_identity: true } => identity(cx.program, intent),
            _ => intent.item,
        };
        Asked {
            draws: cx.draws(Purpose::Choice, address),
            hash: mix64(mix64(key)),
            link: None,
            not: None,
        }
    }

    pub fn again<R: Record>(
        config: &Config,
        cx: &Cx<'_, R>,
        intent: &Intent,
        call: &Call,
        members: &Members,
    ) -> Asked {
        let address = call.address.attempt(u32::from(call.tries) + 1);
        let failed = || members.find(call.link, call.instance);
        Asked {
            link: Some(call.link),
            // A copy goes elsewhere, too.
            not: (config.retries_elsewhere || cx.is_trying(call, call.instance))
                .then(failed)
                .flatten(),
            ..Asked::first(config, cx, intent, address)
        }
    }
}

/// The part of a pool that may be chosen: places from the first to before the last, without one.
#[derive(Clone, Copy)]
struct Part {
    from: usize,
    to: usize,
    skip: Option<usize>,
}

impl Part {
    fn of(pool: &Pool, members: &Members, asked: &Asked) -> Part {
        let (from, to) = match asked.link {
            None => (0, pool.open.len()),
            Some(link) => {
                let of = |&at: &u32| members.list[at as usize].link;
                let from = pool.open.partition_point(|at| of(at) < link);
                (from, from + pool.open[from..].partition_point(|at| of(at) == link))
            }
        };
        let skip = asked.not.and_then(|at| pool.open.binary_search(&(at as u32)).ok());
        Part { from, to, skip: skip.filter(|skip| (from..to).contains(skip)) }
    }

    fn len(&self) -> u64 {
        (self.to - self.from - usize::from(self.skip.is_some())) as u64
    }

    /// The n-th place of it.
    fn nth(&self, n: u64) -> usize {
        let place = self.from + n as usize;
        place + usize::from(self.skip.is_some_and(|skip| place >= skip))
    }

    fn holds(&self, place: usize) -> bool {
        (self.from..self.to).contains(&place) && self.skip != Some(place)
    }
}

impl View {
    /// Position of the chosen endpoint; `None` if nobody may be asked.
    pub fn choose<R: Record>(
        &mut self,
        config: &Config,
        members: &Members,
        cx: &mut Cx<'_, R>,
        mut asked: Asked,
    ) -> Option<usize> {
        self.make_ready(config, members, cx.now());
        let (which, part) = self.part(members, &mut asked)?;
        if self.panics {
            cx.tally(tally::IN_PANIC);
        }
        if which == 1 {
            cx.tally(tally::OTHER_ZONE);
        }
        let place = self.choose_in(config, members, which, part, &mut asked)?;
        Some(self.pools[which].open[place] as usize)
    }

    /// One of those in rotation behind the call's link that no try of it is under way to, by chance.
    pub fn untried<R: Record>(
        &self,
        members: &Members,
        cx: &Cx<'_, R>,
        call: &Call,
    ) -> Option<usize> {
        let in_rotation = self.pools.iter().flat_map(|pool| &pool.open);
        let is_free = |&at: &usize| {
            let member = &members.list[at];
            member.link == call.link && !cx.is_trying(call, member.instance)
        };
        let free = || in_rotation.clone().map(|&at| at as usize).filter(is_free);
        let address = call.address.attempt(u32::from(call.tries) + 1);
        match free().count() as u64 {
            0 => None,
            n => free().nth(cx.draws(Purpose::Path, address).below(n) as usize),
        }
    }

    /// Which pool, and which part of it.
    fn part(&self, members: &Members, asked: &mut Asked) -> Option<(usize, Part)> {
        let part = |which: usize, asked: &Asked| Part::of(&self.pools[which], members, asked);
        let parts = [part(0, asked), part(1, asked)];
        let which = match (parts[0].len(), parts[1].len()) {
            (0, 0) => {
                // The one that failed is better than nobody.
                asked.not.take()?;
                return self.part(members, asked);
            }
            (_, 0) => 0,
            (0, _) => 1,
            _ => {
                let (mine, all) = self.first_share;
                usize::from(mine < all && asked.draws.below(all) >= mine)
            }
        };
        Some((which, parts[which]))
    }

    /// The place in the pool.
    fn choose_in(
        &mut self,
        config: &Config,
        members: &Members,
        which: usize,
        part: Part,
        asked: &mut Asked,
    ) -> Option<usize> {
        let (count, draws) = (part.len(), &mut asked.draws);
        let pool = &self.pools[which];
        match config.policy {
            Policy::Random => Some(part.nth(draws.below(count))),
            Policy::RoundRobin => {
                self.cursor += 1;
                Some(part.nth((self.cursor - 1) % count))
            }
            Policy::TwoChoices => {
                let (a, b) = (part.nth(draws.below(count)), part.nth(draws.below(count)));
                let at = |place: usize| pool.open[place] as usize;
                let first = match self.compare(config, at(a), at(b)) {
                    Ordering::Equal => draws.below(2) == 0,
                    order => order == Ordering::Less,
                };
                Some(if first { a } else { b })
            }
            Policy::LeastOutstanding => {
                let pick = |ties: u32| draws.below(u64::from(ties)) as u32;
                pool.tree.least((part.from, part.to), part.skip, pick)
            }
            Policy::Weighted => {
                let places = (0..count).map(|n| part.nth(n));
                let open = places.map(|place| pool.open[place] as usize);
                let weight = |at: usize| members.list[at].weight;
                let at = smooth::next(open, weight, &mut self.credit)?;
                pool.open.binary_search(&(at as u32)).ok()
            }
            Policy::Hash { .. } => {
                let place = |at: u32| pool.open.binary_search(&at).ok();
                let mut places = members.ring.from(asked.hash).filter_map(place);
                places.find(|&place| part.holds(place))
            }
        }
    }
}
