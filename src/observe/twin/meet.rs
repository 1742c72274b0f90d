//! Things of two worlds that wait for each other.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::engine::slab::{Id, Slab};
use crate::observe::tape::{Asked, Noted, Try, Wronged};

/// What makes a thing of one world the same as one of the other: of which sort it is, then up to four numbers. One type
/// for all sorts: each type of map would add several kilobytes to the page's worker.
pub type Key = (u8, [u64; 4]);

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Thing {
    Try(Try),
    Asked(Asked),
    Wronged(Wronged),
    Noted(Noted),
}

/// By their keys. Those that nothing tells apart stand in line: the first of one world meets the first of the other, so
/// all in a line are of the same world. The things lie apart from the keys: what is searched and moved is small.
#[derive(Clone, Default)]
pub struct Waiting {
    lines: BTreeMap<Key, Line>,
    things: Slab<InLine>,
}

#[derive(Clone, Copy)]
struct Line {
    side: usize,
    first: Id<InLine>,
    last: Id<InLine>,
}

#[derive(Clone, Copy)]
struct InLine {
    thing: Thing,
    behind: Id<InLine>,
}

impl Waiting {
    /// The two of them, this run's first, if its counterpart has been waiting for it.
    pub fn meet(&mut self, side: usize, key: Key, it: Thing) -> Option<[Thing; 2]> {
        let mut line = match self.lines.entry(key) {
            Entry::Occupied(line) => line,
            Entry::Vacant(free) => {
                let first = self.things.insert(InLine::new(it));
                let last = first;
                free.insert(Line { side, first, last });
                return None;
            }
        };
        if line.get().side == side {
            let new = self.things.insert(InLine::new(it));
            let before = std::mem::replace(&mut line.get_mut().last, new);
            self.things[before].behind = new;
            return None;
        }
        let InLine { thing, behind } = self.things.remove(line.get().first);
        match behind.is_none() {
            true => drop(line.remove()),
            false => line.get_mut().first = behind,
        }
        Some(match side {
            0 => [it, thing],
            _ => [thing, it],
        })
    }

    /// Gives back whose counterpart does not come: `comes` knows.
    pub fn alone(&mut self, comes: &mut dyn FnMut(usize, &Key) -> bool) -> Vec<(usize, Thing)> {
        let mut alone = Vec::new();
        self.lines.retain(|key, line| {
            let stays = comes(line.side, key);
            let mut next = if stays { Id::NONE } else { line.first };
            while !next.is_none() {
                let InLine { thing, behind } = self.things.remove(next);
                alone.push((line.side, thing));
                next = behind;
            }
            stays
        });
        alone
    }

    pub fn len(&self) -> usize {
        self.things.len()
    }
}

impl InLine {
    /// The last one.
    fn new(thing: Thing) -> InLine {
        InLine {
            thing,
            behind: Id::NONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Verdicts;
    use crate::time::Time;

    fn thing(number: u64) -> Thing {
        Thing::Wronged(Wronged {
            address: 0,
            number,
            clients: 0,
            at: Time(0),
            verdicts: Verdicts::default(),
        })
    }

    #[test]
    fn equals_meet_in_the_order_in_which_they_came() {
        let key = |n: u64| (0, [n, 0, 0, 0]);
        let mut waiting = Waiting::default();
        assert_eq!(waiting.meet(1, key(7), thing(1)), None);
        assert_eq!(waiting.meet(1, key(7), thing(2)), None);
        assert_eq!(waiting.meet(0, key(8), thing(3)), None);
        let met = waiting.meet(0, key(7), thing(10));
        assert_eq!(met, Some([thing(10), thing(1)]));
        assert_eq!(waiting.meet(1, key(7), thing(4)), None);
        for (n, other) in [(20, 2), (40, 4)] {
            let met = waiting.meet(0, key(7), thing(n));
            assert_eq!(met, Some([thing(n), thing(other)]));
        }
        assert_eq!(waiting.alone(&mut |side, _| side == 1), [(0, thing(3))]);
        assert_eq!(waiting.len(), 0);
    }
}
