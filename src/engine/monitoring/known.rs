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

    /// All counters as they are now, with what only the nodes know.
    pub(in super::super) fn snapshot(&self, program: &Program) -> Snapshot<'_> {
        let now = self.core.now();
        let mut known: Vec<Known> = (0..program.nodes.len())
            .map(|node| Known {
                oldest: self.oldest(program, node).map(|since| now.since(since)),
                behind: self.behind(program, node),
                connecting: None,
            })
            .collect();
        for (link, spec) in program.links.iter().enumerate() {
            if let Some((_, waiting)) = self.pool(program, link) {
                *known[usize::from(spec.to)].connecting.get_or_insert(0) += waiting;
            }
        }
        Snapshot {
            now,
            nodes: &self.core.node_counters,
            links: &self.core.link_counters,
            known,
        }
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
