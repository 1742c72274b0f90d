//! What counters do not tell: how old the messages are that queues keep, how far copies are behind, who waits for
//! a connection.

use super::super::attempt::CallerSide;
use super::super::node::{NodeConfig, NodeKind, with_kind};
use super::super::program::Program;
use super::super::record::{Known, Snapshot};
use super::super::world::World;
use crate::time::{Duration, Time};

impl World {
    /// Since when a node has kept what it has kept for longest.
    pub fn oldest(&self, program: &Program, node: usize) -> Option<Time> {
        // The configuration only says of which kind it is.
        with_kind!(&self.nodes[node], &program.nodes[node].config, |s, _c| s
            .oldest())
    }

    /// Connections in use, and calls that wait for one, of all callers over a link; `None` if it has no pool.
    pub fn pool(&self, program: &Program, link: usize) -> Option<(u32, u32)> {
        program.links[link].pool?;
        let waits = |&id: &_| {
            let attempt = self.core.attempts.get(id);
            attempt.is_some_and(|a| a.caller == CallerSide::Acquiring)
        };
        let pools = self.core.links[link].callers.iter().map(|c| &c.pool);
        Some(pools.fold((0, 0), |(busy, waiting), pool| {
            let line = pool.line().iter().filter(|id| waits(id)).count();
            (busy + pool.busy, waiting + line as u32)
        }))
    }

    /// What a node knows besides its counters.
    pub fn known(&self, program: &Program, node: usize) -> Known {
        let now = self.core.now();
        let links = program.links.iter().enumerate();
        let here = links.filter(|(_, spec)| usize::from(spec.to) == node);
        let waiting = here.filter_map(|(link, _)| self.pool(program, link));
        Known {
            oldest: self.oldest(program, node).map(|since| now.since(since)),
            behind: self.behind(program, node),
            connecting: waiting.map(|(_, waiting)| waiting).reduce(|a, b| a + b),
        }
    }

    /// Lets somebody look at all counters as they are now.
    pub(in super::super) fn shown(&self, program: &Program, look: impl FnOnce(&Snapshot<'_>)) {
        look(&Snapshot {
            now: self.core.now(),
            nodes: &self.core.node_counters,
            links: &self.core.link_counters,
            known: &|node| self.known(program, node),
        });
    }

    /// How long the copy that is furthest behind has been missing something; `None` if none follows a log.
    fn behind(&self, program: &Program, node: usize) -> Option<Duration> {
        let NodeConfig::Database(config) = &program.nodes[node].config else {
            return None;
        };
        let copies = self.core.copies[node].as_ref()?;
        let missing = copies.oldest_missing();
        let now = self.core.now();
        (!config.leaderless).then(|| missing.map_or(Duration::ZERO, |since| now.since(since)))
    }
}
