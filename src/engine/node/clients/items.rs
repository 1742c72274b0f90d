//! Which item an action is about.

use super::Clients;
use crate::engine::core::Cx;
use crate::engine::draw::{Address, Purpose, Threshold};
use crate::engine::popularity::item_key;
use crate::engine::record::Record;

impl Clients {
    /// The item that an action is about.
    pub(super) fn pick_item<R: Record>(
        &mut self,
        cx: &Cx<'_, R>,
        operation: u16,
        address: Address,
    ) -> u64 {
        let spec = &cx.program.operations[operation as usize];
        let hot = |&&(_, hot, share): &&(u16, u16, Threshold)| {
            hot == operation && cx.draws(Purpose::HotKey, address).chance(share)
        };
        let rank = if cx.core.hot.iter().any(|entry| hot(&entry)) {
            // Nobody asked for it before: the least popular of all.
            spec.items.count() - 1
        } else if let Some(n) = spec.items.in_turn() {
            self.next_in_turn(operation, n)
        } else if spec.items.is_one() {
            0
        } else {
            spec.items.pick(&mut cx.draws(Purpose::Item, address))
        };
        item_key(spec.key_space, rank)
    }

    /// The next of an operation's `n` items, in turn.
    fn next_in_turn(&mut self, operation: u16, n: u64) -> u64 {
        let operation = operation as usize;
        if self.turns.len() <= operation {
            self.turns.resize(operation + 1, 0);
        }
        self.turns[operation] += 1;
        (self.turns[operation] - 1) % n
    }
}
