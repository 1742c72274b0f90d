//! Things of two worlds that wait for each other.

use std::collections::BTreeMap;

/// By what makes them the same, and a count for those that nothing tells apart: the first of one world meets
/// the first of the other. All that wait under one key are of the same world.
#[derive(Clone, Debug)]
pub struct Waiting<K, T>(BTreeMap<(K, u32), (usize, T)>);

impl<K, T> Default for Waiting<K, T> {
    fn default() -> Self {
        Waiting(BTreeMap::new())
    }
}

impl<K: Copy + Ord, T: Copy> Waiting<K, T> {
    /// The two of them, this run's first, if its counterpart has been waiting for it.
    pub fn meet(&mut self, side: usize, key: K, it: T) -> Option<[T; 2]> {
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
            Some(_) => {
                let last = self.0.range(all).next_back();
                let next = last.map_or(0, |((_, n), _)| n + 1);
                self.0.insert((key, next), (side, it));
                None
            }
            None => {
                self.0.insert((key, 0), (side, it));
                None
            }
        }
    }

    /// Gives back whose counterpart does not come: `comes` knows.
    pub fn alone(&mut self, comes: &mut dyn FnMut(usize, &K) -> bool) -> Vec<(usize, T)> {
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

    #[test]
    fn equals_meet_in_the_order_in_which_they_came() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.meet(1, 7, 'a'), None);
        assert_eq!(waiting.meet(1, 7, 'b'), None);
        assert_eq!(waiting.meet(0, 8, 'c'), None);
        assert_eq!(waiting.meet(0, 7, 'A'), Some(['A', 'a']));
        assert_eq!(waiting.meet(1, 7, 'd'), None);
        assert_eq!(waiting.meet(0, 7, 'B'), Some(['B', 'b']));
        assert_eq!(waiting.meet(0, 7, 'D'), Some(['D', 'd']));
        assert_eq!(waiting.alone(&mut |side, _| side == 1), [(0, 'c')]);
        assert_eq!(waiting.len(), 0);
    }
}
