//! What rows have lost: changes that somebody overwrote who had read the row before them, and decisions that
//! two transactions made on what the other was changing.
//!
//! If every write added one to its row, a row would hold its version less what is lost of it. A write
//! computed from an earlier version holds what that one held, and one more: what came between is lost. A
//! loss can be made good: who overwrites the overwriter with what was read before brings back what that one
//! had lost, and loses what it had added. So what counts is what is missing in the rows as they are now.

use std::collections::{BTreeMap, VecDeque};

use crate::engine::copies::versions_between;

/// Older versions of a row than those of its last so many losses are not told apart.
const KEPT: usize = 256;

#[derive(Clone, Default)]
pub struct Updates {
    /// Changes that are missing in the rows as they are now.
    pub lost: u64,
    /// Pairs of transactions of which each read what the other changed, without seeing the change.
    pub skewed: u64,
    /// By place and row: from which version on how many are missing.
    missing: BTreeMap<(u16, u64), VecDeque<(u64, u64)>>,
    /// By place, a row and another: the newest version of the one made by a transaction that had read the
    /// other.
    decided: BTreeMap<(u16, u64, u64), u64>,
}

impl Updates {
    /// A row was written by somebody who had read it at an earlier version; `own` counts those of the
    /// versions between that the same one had made.
    pub fn overwrites(
        &mut self,
        (place, row): (u16, u64),
        (read, version): (u64, u64),
        own: impl FnOnce(std::ops::RangeInclusive<u64>) -> u64,
    ) {
        let between = versions_between(read, version);
        if between == 0 && !self.missing.contains_key(&(place, row)) {
            return;
        }
        let missing = self.missing.entry((place, row)).or_default();
        let at = |version: u64| missing.iter().rfind(|(from, _)| *from <= version);
        let first = missing.front().map_or(0, |&(_, n)| n);
        let is_cut = missing.len() == KEPT;
        let then = at(read).map_or(if is_cut { first } else { 0 }, |&(_, n)| n);
        let before = missing.back().map_or(0, |&(_, n)| n);
        let own = if between > 0 {
            own(read + 1..=version - 1)
        } else {
            0
        };
        let now = then + between.saturating_sub(own);
        if now != before {
            if is_cut {
                missing.pop_front();
            }
            missing.push_back((version, now));
        }
        self.lost = self.lost + now - before;
    }

    /// A transaction is committed that had read these versions, and has made these.
    pub fn committed(&mut self, place: u16, read: &[(u64, u64)], made: &[(u64, u64)]) {
        let (mut skewed, is_made) = (false, |row: u64| {
            made.iter().any(|&(other, _)| other == row)
        });
        for &(row, seen) in read.iter().filter(|&&(row, _)| !is_made(row)) {
            for &(own, _) in made {
                let theirs = self.decided.get(&(place, row, own));
                skewed |= theirs.is_some_and(|&version| version > seen);
            }
        }
        for &(own, version) in made {
            for &(row, _) in read.iter().filter(|&&(row, _)| row != own) {
                self.decided.insert((place, own, row), version);
            }
        }
        self.skewed += u64::from(skewed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(writes: &[(u64, u64)]) -> u64 {
        let mut updates = Updates::default();
        for &(read, version) in writes {
            updates.overwrites((0, 1), (read, version), |_| 0);
        }
        updates.lost
    }

    #[test]
    fn a_row_lacks_what_its_writers_had_not_seen() {
        assert_eq!(lost(&[(0, 1), (1, 2)]), 0);
        assert_eq!(lost(&[(0, 1), (0, 2)]), 1);
        // 3 increments between: the job holds what it read, and one more.
        assert_eq!(lost(&[(5, 9)]), 3);
        // The third had read the first, which the second overwrote: the first is back.
        assert_eq!(lost(&[(0, 1), (0, 2), (1, 3)]), 1);
        assert_eq!(lost(&[(0, 1), (0, 2), (2, 3), (1, 4)]), 2);
    }

    #[test]
    fn the_value_of_a_counter_is_its_version_less_what_is_lost() {
        // As a program would do it, with readers that are more or less late.
        let mut values = vec![0u64];
        let mut updates = Updates::default();
        for version in 1..5_000u64 {
            let late = (version * 7_919) % 5;
            let read = (version - 1).saturating_sub(late);
            values.push(values[read as usize] + 1);
            updates.overwrites((0, 1), (read, version), |_| 0);
            assert_eq!(updates.lost, version - values[version as usize]);
        }
    }

    #[test]
    fn each_overlooked_the_other() {
        let mut updates = Updates::default();
        // Both read rows 1 and 2 at version 1; each writes one of them.
        updates.committed(0, &[(1, 1), (2, 1)], &[(1, 2)]);
        assert_eq!(updates.skewed, 0);
        updates.committed(0, &[(1, 1), (2, 1)], &[(2, 2)]);
        assert_eq!(updates.skewed, 1);
        // One after the other.
        updates.committed(0, &[(1, 2), (2, 2)], &[(1, 3)]);
        updates.committed(0, &[(1, 3), (2, 2)], &[(2, 3)]);
        assert_eq!(updates.skewed, 1);
    }
}
