//! Active health checks: each instance of the balancer asks each endpoint at even distances how it is.
//! The first check of an endpoint comes at a random moment of its first interval, so that checks do not
//! come together. A check goes over the balancer's link, lost or held like any message; it is tried once,
//! over a connection of its own, and waits for `check_timeout`. Checks end with the run.

use super::members::Members;
use super::{Balancer, Config, tally};
use crate::design::CallMode;
use crate::engine::attempt::{Call, Parent};
use crate::engine::begin::NewCall;
use crate::engine::core::Cx;
use crate::engine::draw::{Address, Purpose, mix64};
use crate::engine::fleet::Phase;
use crate::engine::probe;
use crate::engine::record::Record;
use crate::engine::slab::Id;
use crate::time::Duration;

/// Codes of local events.
const CHECK: u8 = 0;
const WAITED: u8 = 1;

/// Whose turn a local event says it is: view, link, instance and timer.
#[derive(Clone, Copy)]
struct Turn {
    view: u16,
    link: u16,
    instance: u16,
    timer: u16,
}

impl Turn {
    fn packed(self) -> u64 {
        [self.view, self.link, self.instance, self.timer]
            .into_iter()
            .fold(0, |all, part| all << 16 | u64::from(part))
    }

    fn of(packed: u64) -> Turn {
        let part = |i: u32| (packed >> (16 * i)) as u16;
        Turn { view: part(3), link: part(2), instance: part(1), timer: part(0) }
    }
}

impl Balancer {
    /// Starts the timers of those who have none.
    pub fn begin_checks<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, i: usize) {
        let Some(policy) = &config.checks else { return };
        let Balancer { members, views } = self;
        let view = &mut views[i];
        if view.is_down {
            return;
        }
        for (endpoint, member) in view.endpoints.iter_mut().zip(&members.list) {
            if !endpoint.is_registered || endpoint.timer != 0 {
                continue;
            }
            // 0 means none.
            view.timers = view.timers.checked_add(1).unwrap_or(1);
            endpoint.timer = view.timers;
            let (link, instance) = (member.link, member.instance);
            let turn = Turn { view: i as u16, link, instance, timer: endpoint.timer };
            let address = Address(mix64(turn.packed() ^ cx.program.links[link as usize].place));
            let first = cx.draws(Purpose::Choice, address).below(policy.interval.0.max(1));
            at(cx, Duration(first), CHECK, turn);
        }
    }

    /// A check is due, or has waited long enough.
    pub fn check_due<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        code: u8,
        arg: u64,
    ) {
        let (Some(policy), turn) = (&config.checks, Turn::of(arg)) else { return };
        let Some(place) = self.place_of(turn) else { return };
        let endpoint = &self.views[turn.view as usize].endpoints[place];
        let now = cx.now();
        if code == WAITED {
            let has_waited = now.0 - endpoint.check_began.0 >= policy.timeout.0;
            if has_waited && !endpoint.check.is_none() {
                cx.core.give_up(cx.program, cx.record, endpoint.check);
                self.note(config, cx, turn, place, false);
            }
            return;
        }
        let own = cx.core.fleets[cx.node as usize].member(turn.view);
        if own.phase == Phase::Gone {
            return;
        }
        if endpoint.check.is_none() {
            at(cx, policy.timeout, WAITED, turn);
            self.check(config, cx, turn, place);
        }
        at(cx, policy.interval, CHECK, turn);
    }

    fn check<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, turn: Turn, place: usize) {
        let view = &mut self.views[turn.view as usize];
        view.checks += 1;
        let own = cx.program.nodes[cx.node as usize].place;
        let address = Address::intent(!own, turn.packed(), view.checks);
        let intent = cx.internal_intent(address, 0, 0);
        let is_deep = config.checks.is_some_and(|policy| policy.deep);
        let new = NewCall {
            link: turn.link,
            caller: turn.view,
            instance: turn.instance,
            mode: CallMode::Probe,
            token: turn.packed(),
            payload: if is_deep { probe::DEEP } else { probe::SHALLOW },
            ..NewCall::default()
        };
        cx.tally(tally::CHECKS);
        let call = cx.call(intent, Parent::Node, new);
        let endpoint = &mut view.endpoints[place];
        (endpoint.check, endpoint.check_began) = (call, cx.now());
    }

    /// A check was answered.
    pub fn checked<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        passed: bool,
    ) {
        let turn = Turn::of(call.token);
        if let Some(place) = self.place_of(turn) {
            self.note(config, cx, turn, place, passed);
        }
    }

    fn note<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        turn: Turn,
        place: usize,
        passed: bool,
    ) {
        let Some(policy) = &config.checks else { return };
        let view = &mut self.views[turn.view as usize];
        let endpoint = &mut view.endpoints[place];
        endpoint.check = Id::NONE;
        if !passed {
            cx.tally(tally::CHECKS_FAILED);
        }
        if endpoint.health.note(policy, passed) {
            let out = endpoint.health.is_out;
            view.is_dirty = true;
            cx.tally(if out { tally::TAKEN_OUT } else { tally::TAKEN_BACK });
        }
    }

    /// The endpoint that a turn is about, if it is still that one's turn.
    fn place_of(&self, turn: Turn) -> Option<usize> {
        let Balancer { members, views } = self;
        let find = |members: &Members| members.find(turn.link, turn.instance);
        let place = find(members)?;
        let endpoint = &views[turn.view as usize].endpoints[place];
        (endpoint.is_registered && endpoint.timer == turn.timer).then_some(place)
    }
}

fn at<R: Record>(cx: &mut Cx<'_, R>, after: Duration, code: u8, turn: Turn) {
    let time = cx.now() + after;
    // Nobody is checked when the run is over; what is under way may still be waited for.
    if code == CHECK && time >= cx.program.horizon {
        return;
    }
    cx.local_at(time, code, turn.packed());
}
