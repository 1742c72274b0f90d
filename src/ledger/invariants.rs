//! What a scenario declares must never be (of what must add up, see `sums`): more changes of one item at a place than there can be. Stock that is
//! sold below zero, a seat that is booked twice.
//!
//! Counted are the changes that operations promise there and that survive, by the item of their action, in the
//! order in which they were applied. Those that come when the item has as many as it may have break the
//! invariant, each for itself; a change that is undone makes room again.

use std::collections::BTreeMap;

use crate::engine::attempt::Intent;
use crate::engine::program::Program;
use crate::engine::record::Effect;
use crate::time::Time;

/// A change that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub at: Time,
    /// Number of the action.
    pub action: u64,
    pub operation: u16,
    pub row: u64,
    pub version: u64,
}

/// A change that broke an invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// Position in the program's list.
    pub invariant: u16,
    pub item: u64,
    /// How many changes the item had with it.
    pub count: u64,
    pub change: Change,
}

/// Changes of one item.
#[derive(Clone, Debug, Default)]
struct Changes {
    /// Those that are not kept, because nothing there can be undone.
    within: u64,
    kept: Vec<Change>,
}

#[derive(Clone, Default)]
pub struct Invariants {
    /// Changes beyond what there can be, as things are.
    pub broken: u64,
    declared: Vec<Declared>,
    /// By invariant and item.
    items: BTreeMap<(u16, u64), Changes>,
}

#[derive(Clone)]
struct Declared {
    node: u16,
    /// `None` for what must add up.
    at_most: Option<u64>,
    /// Per operation: whether its changes count.
    counts: Vec<bool>,
    can_undo: bool,
}

impl Declared {
    fn concerns(&self, intent: &Intent, effect: &Effect) -> bool {
        self.at_most.is_some()
            && self.node == effect.node
            && effect.promised.is_some()
            && self.counts[intent.operation as usize]
    }
}

impl Invariants {
    pub fn new(program: &Program) -> Invariants {
        let declared = program.invariants.iter().map(|invariant| {
            let node = &program.nodes[invariant.node as usize];
            Declared {
                node: invariant.node,
                at_most: invariant.at_most,
                counts: invariant.operations.clone(),
                can_undo: node.can_undo,
            }
        });
        Invariants {
            declared: declared.collect(),
            ..Invariants::default()
        }
    }

    #[inline]
    pub fn are_declared(&self) -> bool {
        !self.declared.is_empty()
    }

    pub fn applied(&mut self, now: Time, intent: &Intent, effect: &Effect) {
        for (i, declared) in self.declared.iter().enumerate() {
            if !declared.concerns(intent, effect) {
                continue;
            }
            let item = self.items.entry((i as u16, intent.item)).or_default();
            let at_most = declared.at_most.unwrap_or(u64::MAX);
            let is_within = item.within + (item.kept.len() as u64) < at_most;
            self.broken += u64::from(!is_within);
            if is_within && !declared.can_undo {
                item.within += 1;
                continue;
            }
            item.kept.push(Change {
                at: now,
                action: intent.number,
                operation: intent.operation,
                row: effect.row,
                version: effect.version,
            });
        }
    }

    pub fn undone(&mut self, intent: &Intent, effect: &Effect) {
        for (i, declared) in self.declared.iter().enumerate() {
            if !declared.concerns(intent, effect) {
                continue;
            }
            let Some(item) = self.items.get_mut(&(i as u16, intent.item)) else {
                continue;
            };
            let is_it = |c: &Change| {
                (c.action, c.row, c.version) == (intent.number, effect.row, effect.version)
            };
            let Some(at) = item.kept.iter().position(is_it) else {
                continue;
            };
            let had = item.within + item.kept.len() as u64;
            self.broken -= u64::from(had > declared.at_most.unwrap_or(u64::MAX));
            item.kept.remove(at);
        }
    }

    /// What is broken, as things are: by invariant and item, in the order of time.
    pub fn breaks(&self) -> impl Iterator<Item = Break> {
        self.items.iter().flat_map(|(&(invariant, item), changes)| {
            let at_most = self.declared[invariant as usize].at_most;
            let at_most = at_most.unwrap_or(u64::MAX);
            let kept = changes.kept.iter().zip(changes.within + 1..);
            let beyond = kept.filter(move |&(_, count)| count > at_most);
            beyond.map(move |(&change, count)| Break {
                invariant,
                item,
                count,
                change,
            })
        })
    }
}
