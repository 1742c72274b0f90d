//! Things of two worlds that wait for each other.

use std::collections::BTreeMap;

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

/// By their keys, and a count for those that nothing tells apart: the first of one world meets the first of the
/// other. All that wait under one key are of the same world.
#[derive(Clone, Debug, Default)]
pub struct Waiting(BTreeMap<(Key, u32), (usize, Thing)>);

impl Waiting {
    /// The two of them, this run's first, if its counterpart has been waiting for it.
    pub fn meet(&mut self, side: usize, key: Key, it: Thing) -> Option<[Thing; 2]> {
        let all = (key, 0)..=(key, u32::MAX);
        let first = self.0.range(all.clone()).next();
        let first = first.map(|(at, waiting)| (*at, *waiting));
        match first {
            Some((at, (other, counterpart))) if other != side => {
                self.0.remove(&at);
                Some(match side {
                    0 => [it, counterpart],
                    _ => [counterpart, it],
                })
            }
            first => {
                let last = first.and_then(|_| self.0.range(all).next_back());
                let next = last.map_or(0, |((_, n), _)| n + 1);
                self.0.insert((key, next), (side, it));
                None
            }
        }
    }

    /// Gives back whose counterpart does not come: `comes` knows.
    pub fn alone(&mut self, comes: &mut dyn FnMut(usize, &Key) -> bool) -> Vec<(usize, Thing)> {
        let mut alone = Vec::new();
        self.0.retain(|(key, _), (side, it)| {
            let stays = comes(*side, key);
            if !stays {
                alone.push((*side, *it));
            }
            stays
        });
        alone
    }

    pub fn len(&self) -> usize {
        self.0.len()
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
