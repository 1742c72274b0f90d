//! How old the messages are that queues keep.

use super::super::node::{NodeKind, with_kind};
use super::super::program::Program;
use super::super::record::Snapshot;
use super::super::world::World;
use crate::time::{Duration, Time};

impl World {
    /// Since when a node has kept what it has kept for longest.
    pub fn oldest(&self, program: &Program, node: usize) -> Option<Time> {
        // The configuration only says of which kind it is.
        with_kind!(&self.nodes[node], &program.nodes[node].config, |s, _c| s
            .oldest())
    }

    /// All counters as they are now, with what only the nodes know.
    pub(in super::super) fn snapshot(&self, program: &Program) -> Snapshot<'_> {
        let oldest = (0..program.nodes.len()).filter_map(|node| self.oldest(program, node));
        let now = self.core.now();
        Snapshot {
            message_age: oldest
                .min()
                .map_or(Duration::ZERO, |since| now.since(since)),
            ..self.core.snapshot()
        }
    }
}
