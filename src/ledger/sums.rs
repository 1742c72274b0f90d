//! What a scenario declares must be kept together: the units in an item's two rows. What is taken from its row is
//! there in its partner row, so their sum is what it was. Money that is moved between two accounts.
//!
//! A change of an item's row takes one unit out of it, one of its partner row puts one in, whatever the version says:
//! a row holds the changes that are not lost in it (`updates`). Compared is what is committed and survives; two changes
//! of one commit are there at the same instant. An item whose sum is wrong breaks the invariant as long as it is so, by the
//! change that has put it out of balance.

use std::collections::{BTreeMap, VecDeque};

use super::commits::Author;
use super::invariants::Change;
use crate::engine::program::Program;
use crate::engine::record::Effect;
use crate::engine::rows::partner_of;

/// Versions of a row that are remembered, for who has read an older one: where nothing can be undone, and where
/// something can.
const KEPT: usize = 512;
const KEPT_TO_UNDO: usize = 1 << 14;

/// An item whose two rows do not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbalanced {
    /// Position in the program's list.
    pub invariant: u16,
    pub item: u64,
    /// What is in its rows together, where there was nothing before.
    pub sum: i64,
    /// The change since which it is wrong, and by whom.
    pub change: Change,
    pub by: Author,
}

/// A version of a row, and how many changes it holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    holds: u64,
    /// Counts changes, to tell which came first.
    order: u64,
    change: Change,
    by: Author,
}

#[derive(Clone, Default)]
struct Item {
    /// Its row, and its partner row, oldest version first.
    rows: [VecDeque<Held>; 2],
    /// Since when it is out of balance.
    since: Option<Held>,
}

#[derive(Clone, Default)]
pub struct Sums {
    /// Items whose sum is wrong, as things are.
    pub broken: u64,
    declared: Vec<Declared>,
    items: BTreeMap<(u16, u64), Item>,
    changes: u64,
}

#[derive(Clone)]
struct Declared {
    invariant: u16,
    node: u16,
    counts: Vec<bool>,
    kept: usize,
}

fn holds(row: &VecDeque<Held>) -> u64 {
    row.back().map_or(0, |last| last.holds)
}

impl Item {
    fn sum(&self) -> i64 {
        let [taken, given] = [0, 1].map(|which: usize| holds(&self.rows[which]) as i64);
        given - taken
    }

    /// After a change: who, if anybody, has put it out of balance.
    fn weigh(&mut self, last: Held) {
        self.since = match self.sum() {
            0 => None,
            _ => self.since.or(Some(last)),
        };
    }

    /// Something is undone: looks at all that is left, in the order of time.
    fn weigh_anew(&mut self) {
        let first = |row: &VecDeque<Held>| row.front().map_or(0, |held| held.holds - 1);
        let mut now = [first(&self.rows[0]), first(&self.rows[1])];
        let mut all: Vec<(usize, Held)> = Vec::new();
        for which in [0, 1] {
            all.extend(self.rows[which].iter().map(|&held| (which, held)));
        }
        all.sort_by_key(|(_, held)| held.order);
        self.since = None;
        for (which, held) in all {
            now[which] = held.holds;
            self.since = match now[0] == now[1] {
                true => None,
                false => self.since.or(Some(held)),
            };
        }
    }
}

/// Which of the two rows of its item a change is about.
fn which_row(item: u64, effect: &Effect) -> Option<usize> {
    match effect.row {
        row if row == item => Some(0),
        row if row == partner_of(item) => Some(1),
        _ => None,
    }
}

impl Sums {
    pub fn new(program: &Program) -> Sums {
        let all = (0..).zip(&program.invariants);
        let declared = all.filter(|(_, one)| one.at_most.is_none());
        let declared = declared.map(|(invariant, one)| Declared {
            invariant,
            node: one.node,
            counts: one.operations.clone(),
            kept: match program.nodes[one.node as usize].can_undo {
                true => KEPT_TO_UNDO,
                false => KEPT,
            },
        });
        Sums {
            declared: declared.collect(),
            ..Sums::default()
        }
    }

    #[inline]
    pub fn are_declared(&self) -> bool {
        !self.declared.is_empty()
    }

    /// A row is changed, computed from version `from` of it, or, without, whatever was there.
    pub fn applied(
        &mut self,
        (operation, item): (u16, u64),
        (effect, from): (&Effect, Option<u64>),
        (change, by): (Change, Author),
    ) {
        let Some(which) = which_row(item, effect) else {
            return;
        };
        self.changes += 1;
        let order = self.changes;
        for declared in &self.declared {
            if declared.node != effect.node || !declared.counts[operation as usize] {
                continue;
            }
            let item = self.items.entry((declared.invariant, item)).or_default();
            let was_wrong = item.since.is_some();
            let row = &mut item.rows[which];
            let before = match from {
                None => holds(row),
                Some(from) => {
                    let seen = row.iter().rfind(|held| held.change.version <= from);
                    let forgotten = || row.front().filter(|_| row.len() == declared.kept);
                    seen.or_else(forgotten).map_or(0, |held| held.holds)
                }
            };
            if row.len() == declared.kept {
                row.pop_front();
            }
            let holds = before + 1;
            let held = Held {
                holds,
                order,
                change,
                by,
            };
            row.push_back(held);
            item.weigh(held);
            self.broken = self.broken + u64::from(item.since.is_some()) - u64::from(was_wrong);
        }
    }

    /// A change is not among those that survive.
    pub fn undone(&mut self, (operation, item): (u16, u64), effect: &Effect) {
        let Some(which) = which_row(item, effect) else {
            return;
        };
        for declared in &self.declared {
            if declared.node != effect.node || !declared.counts[operation as usize] {
                continue;
            }
            let Some(item) = self.items.get_mut(&(declared.invariant, item)) else {
                continue;
            };
            let was_wrong = item.since.is_some();
            let row = &mut item.rows[which];
            let gone = row
                .iter()
                .rposition(|held| held.change.version == effect.version);
            let Some(gone) = gone else { continue };
            row.remove(gone);
            item.weigh_anew();
            self.broken = self.broken + u64::from(item.since.is_some()) - u64::from(was_wrong);
        }
    }

    /// What is broken, as things are, by invariant and item.
    pub fn unbalanced(&self) -> impl Iterator<Item = Unbalanced> {
        self.items.iter().filter_map(|(&(invariant, item), of)| {
            let Held { change, by, .. } = of.since?;
            let sum = of.sum();
            Some(Unbalanced {
                invariant,
                item,
                sum,
                change,
                by,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    const ITEM: u64 = 9;

    fn sums() -> Sums {
        Sums {
            declared: vec![Declared {
                invariant: 0,
                node: 3,
                counts: vec![true],
                kept: KEPT_TO_UNDO,
            }],
            ..Sums::default()
        }
    }

    fn effect(row: u64, version: u64) -> Effect {
        Effect {
            node: 3,
            promised: None,
            attempt: 1,
            row,
            version,
            lacks_right: false,
            pending: false,
            based_on: None,
            undoes: None,
            completes: None,
        }
    }

    fn write(sums: &mut Sums, row: u64, version: u64, from: Option<u64>, action: u64) {
        let change = Change {
            at: Time(action),
            action,
            operation: 0,
            row,
            version,
        };
        let by = Author::action(action);
        sums.applied((0, ITEM), (&effect(row, version), from), (change, by));
    }

    #[test]
    fn half_a_move_is_out_of_balance_until_the_other_half_is_there() {
        let (mut sums, partner) = (sums(), partner_of(ITEM));
        write(&mut sums, ITEM, 1, None, 1);
        write(&mut sums, partner, 1, None, 1);
        assert_eq!(sums.broken, 0);
        write(&mut sums, ITEM, 2, None, 2);
        write(&mut sums, ITEM, 3, None, 3);
        write(&mut sums, partner, 2, None, 3);
        let found: Vec<_> = sums.unbalanced().collect();
        assert_eq!((sums.broken, found.len()), (1, 1));
        assert_eq!((found[0].sum, found[0].change.action), (-1, 2));
        write(&mut sums, partner, 3, None, 2);
        assert_eq!((sums.broken, sums.unbalanced().count()), (0, 0));
    }

    #[test]
    fn a_lost_update_and_what_is_undone_change_the_sum() {
        let (mut sums, partner) = (sums(), partner_of(ITEM));
        for (version, from) in [(1, 0), (2, 0)] {
            write(&mut sums, ITEM, version, Some(from), version);
            write(&mut sums, partner, version, None, version);
        }
        // The second had not seen the first: one is taken, two are given.
        let found: Vec<_> = sums.unbalanced().collect();
        assert_eq!((found[0].sum, found[0].change.action), (1, 2));
        for row in [partner, ITEM] {
            sums.undone((0, ITEM), &effect(row, 2));
        }
        assert_eq!(sums.broken, 0);
        sums.undone((0, ITEM), &effect(partner, 1));
        let found: Vec<_> = sums.unbalanced().collect();
        assert_eq!((found[0].sum, found[0].change.action), (-1, 1));
    }
}
