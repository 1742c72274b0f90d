//! What a third party has on its lists: what an operation has left there for an item, with what came along.
//!
//! A third party writes it, and takes from it what is taken back. A job that compares what is there with what another
//! place has goes through it (`node::job`): it was told how many there are, and the newest are the last.

use std::collections::BTreeMap;

use super::record::Undoes;
use crate::time::Time;

/// One effect, as the list has it.
#[derive(Clone, Copy, Debug)]
pub struct Charge {
    /// Whose it is: for who takes it back, or makes what belongs to it.
    pub of: Undoes,
    /// The idempotency key that it came with, 0 if there was none, and the click.
    pub key: u64,
    pub submission: u16,
    pub at: Time,
}

/// By third party, operation and item, the newest last.
#[derive(Clone, Debug, Default)]
pub struct Charges(BTreeMap<(u16, u16, u64), Vec<Charge>>);

impl Charges {
    pub fn add(&mut self, (node, operation, item): (u16, u16, u64), charge: Charge) {
        self.0
            .entry((node, operation, item))
            .or_default()
            .push(charge);
    }

    pub fn take_newest(&mut self, of: (u16, u16, u64)) -> Option<Charge> {
        self.0.get_mut(&of).and_then(Vec::pop)
    }

    pub fn of(&self, of: (u16, u16, u64)) -> &[Charge] {
        self.0.get(&of).map_or(&[], Vec::as_slice)
    }
}
