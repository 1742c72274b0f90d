//! What rows have lost: changes that somebody overwrote who had read the row before them, and decisions that
//! two transactions made on what the other was changing.
//!
//! If every write added one to its row, a row would hold its version less what is lost of it. A write
//! computed from an earlier version holds what that one held, and one more: what came between is lost. A
//! loss can be made good: who overwrites the overwriter with what was read before brings back what that one
//! had lost, and loses what it had added. So what counts is what is missing in the rows as they are now.
//!
//! What is missing in a version is what is missing in the one that it was computed from, and what came
//! between. So each overwriting write refers to the one whose row it had read, and what a row lacks are the
//! changes along that way.
//!
//! What is undone was never there: it counts neither as lost nor as overwriting. But who had read it may write
//! still, to a later leader or after a restore, and then computes from what *that* one had read. So an undone
//! version passes on the version that it was computed from (docs/semantics.md 42).

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;

use super::Versions;
use super::commits::Author;
use crate::engine::copies::{TERM, versions_between};
use crate::time::Time;

/// Older versions of a row than those of its last so many losses are not told apart.
const KEPT: usize = 512;

/// Decisions about one row by another that are remembered, where they can be undone.
const DECISIONS: usize = 64;

/// Losses, and skews, that are kept with who and when; beyond, they are counted.
pub const IDENTITIES_MAX: usize = 50_000;

/// A change of a row: the version that it made, who made it, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    pub version: u64,
    pub by: Author,
    pub at: Time,
}

/// A change that is missing in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostUpdate {
    pub place: u16,
    pub row: u64,
    pub lost: Made,
    /// Who overwrote it, computed from the version `read`.
    pub over: Made,
    pub read: u64,
}

/// What a transaction changed, and a row that it had read and left as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub row: u64,
    pub made: Made,
    pub other: u64,
    /// Version of the other row that it had read.
    pub seen: u64,
}

/// Two transactions of which each read what the other changed, without seeing the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew {
    pub place: u16,
    pub first: Decision,
    pub second: Decision,
}

/// A write that overwrote what it had not seen.
#[derive(Clone, Debug)]
struct Overwriting {
    /// The one that was the last when the version was made that it had read.
    before: Option<u32>,
    read: u64,
    over: Made,
    lost: Vec<Made>,
}

/// From one version of a row on: how many changes are missing, and which.
#[derive(Clone, Copy, Debug)]
struct Missing {
    from: u64,
    count: u64,
    last: Option<u32>,
}

const NOTHING: Missing = Missing {
    from: 0,
    count: 0,
    last: None,
};

#[derive(Clone, Default)]
pub struct Updates {
    /// Changes that are missing in the rows as they are now.
    pub lost: u64,
    /// Transactions that overlooked what another one changed which had overlooked what they changed.
    pub skewed: u64,
    /// Of the first of them: all pairs of decisions that overlooked each other.
    pairs: Vec<Vec<Skew>>,
    /// By place and row.
    missing: BTreeMap<(u16, u64), VecDeque<Missing>>,
    overwritings: Vec<Overwriting>,
    /// Losses in them.
    named: usize,
    /// By place, a row and another: the changes of the one by transactions that had read the other, the newest
    /// last; only that one where nothing can be undone.
    decided: BTreeMap<(u16, u64, u64), VecDeque<Decision>>,
    /// By place, row and version that is undone: the version that it was computed from.
    passed_on: BTreeMap<(u16, u64, u64), u64>,
}

/// What stood in a row between two of its versions and survives: those that somebody else had made, as far as they
/// are known, and how many were the overwriter's own.
pub struct Between {
    pub others: Vec<Made>,
    pub own: u64,
}

impl Updates {
    /// A row was written by somebody who had read it at an earlier version; `between` says what the last so many
    /// versions between were. Those of one leader follow each other, so there they can be counted without knowing
    /// them all; of those of earlier ones count the ones that are known.
    pub fn overwrites(
        &mut self,
        (place, row): (u16, u64),
        (read, over): (u64, Made),
        between: impl FnOnce(RangeInclusive<u64>, u64) -> Between,
    ) {
        let from = self.as_survives((place, row), read);
        let one_leader = from >> TERM == over.version >> TERM;
        let came = match one_leader {
            true => versions_between(from, over.version),
            false => u64::from(over.version > from + 1),
        };
        if came == 0 && !self.missing.contains_key(&(place, row)) {
            return;
        }
        let missing = self.missing.entry((place, row)).or_default();
        let is_cut = missing.len() == KEPT;
        let first = missing.front().copied().unwrap_or(NOTHING);
        let at = missing.iter().rfind(|m| m.from <= from).copied();
        let then = at.unwrap_or(if is_cut { first } else { NOTHING });
        let before = missing.back().copied().unwrap_or(NOTHING);
        let mut now = Missing {
            from: over.version,
            ..then
        };
        if came > 0 {
            let most = if one_leader { came } else { u64::MAX };
            let Between { others, own } = between(from + 1..=over.version - 1, most);
            now.count += match one_leader {
                true => came.saturating_sub(own),
                false => others.len() as u64,
            };
            if now.count > then.count && self.named < IDENTITIES_MAX {
                self.named += others.len();
                now.last = Some(self.overwritings.len() as u32);
                self.overwritings.push(Overwriting {
                    before: then.last,
                    read,
                    over,
                    lost: others,
                });
            }
        }
        if (now.count, now.last) != (before.count, before.last) {
            if is_cut {
                missing.pop_front();
            }
            missing.push_back(now);
        }
        self.lost = self.lost + now.count - before.count;
    }

    /// Whether all that is missing has a name: of very many, also such that others brought back, only the first have.
    pub fn names_all(&self) -> bool {
        self.named < IDENTITIES_MAX
    }

    /// The newest version that survives of those that one was computed from, if it is undone itself.
    pub fn as_survives(&self, (place, row): (u16, u64), version: u64) -> u64 {
        let mut version = version;
        while let Some(&from) = self.passed_on.get(&(place, row, version)) {
            version = from;
        }
        version
    }

    /// A version that was made at `at`, and computed from `from`, is not among those that survive.
    pub fn undone(&mut self, (place, row): (u16, u64), (version, at): (u64, Time), from: u64) {
        self.passed_on.insert((place, row, version), from);
        if let Some(missing) = self.missing.get_mut(&(place, row))
            && let Some(gone) = missing.iter().rposition(|m| m.from == version)
        {
            let count = |missing: &VecDeque<Missing>| missing.back().map_or(0, |m| m.count);
            let before = count(missing);
            missing.remove(gone);
            self.lost = self.lost + count(missing) - before;
        }
        let about = (place, row, 0)..=(place, row, u64::MAX);
        for (_, decisions) in self.decided.range_mut(about) {
            decisions.retain(|decision| decision.made.version != version);
        }
        let is_it = |d: &Decision| d.row == row && d.made.version == version;
        let since = self
            .pairs
            .iter()
            .rposition(|all| all[0].second.made.at < at);
        let since = since.map_or(0, |before| before + 1);
        let (kept, count) = (self.pairs.len(), &mut self.skewed);
        for all in &mut self.pairs[since..] {
            all.retain(|s| s.place != place || !(is_it(&s.first) || is_it(&s.second)));
        }
        self.pairs.retain(|all| !all.is_empty());
        *count -= (kept - self.pairs.len()) as u64;
    }

    /// Pairs of transactions of which each read what the other changed, without seeing the change; of very many, the
    /// first, and of each later one the first pair.
    pub fn skews(&self) -> impl Iterator<Item = &Skew> {
        self.pairs.iter().filter_map(|all| all.first())
    }

    /// The changes that are missing in the rows as they are now, in the order in which they were
    /// overwritten; of very many, the first.
    pub fn losses(&self) -> Vec<LostUpdate> {
        let mut all = Vec::new();
        for (&(place, row), missing) in &self.missing {
            let mut next = missing.back().and_then(|missing| missing.last);
            while let Some(Overwriting {
                before,
                read,
                over,
                lost,
            }) = next.map(|at| &self.overwritings[at as usize])
            {
                all.extend(lost.iter().map(|&lost| LostUpdate {
                    place,
                    row,
                    lost,
                    over: *over,
                    read: *read,
                }));
                next = *before;
            }
        }
        all.sort_by_key(|l| (l.over.at, l.place, l.row, l.over.version, l.lost.version));
        all
    }

    /// A transaction is committed that had read these versions, and has made these; `survive` are those of them that
    /// count. If what it did can be undone, more is remembered.
    pub fn committed(
        &mut self,
        (place, by, at): (u16, Author, Time),
        read: Versions<'_>,
        (made, survive): (Versions<'_>, Versions<'_>),
        can_undo: bool,
    ) {
        let is_made = |row: u64| made.iter().any(|&(other, _)| other == row);
        let decision = |(row, version), (other, seen)| Decision {
            row,
            made: Made { version, by, at },
            other,
            seen,
        };
        let mut skews = Vec::new();
        for &read in read.iter().filter(|&&(row, _)| !is_made(row)) {
            for &own in survive {
                let theirs = self.decided.get(&(place, read.0, own.0));
                let newest = theirs.and_then(VecDeque::back);
                let unseen = newest.filter(|theirs| theirs.made.version > read.1);
                skews.extend(unseen.map(|&first| Skew {
                    place,
                    first,
                    second: decision(own, read),
                }));
            }
        }
        let most = if can_undo { DECISIONS } else { 1 };
        for &own in survive {
            for &read in read.iter().filter(|&&(row, _)| row != own.0) {
                let of = self.decided.entry((place, own.0, read.0)).or_default();
                if of.len() == most {
                    of.pop_front();
                }
                of.push_back(decision(own, read));
            }
        }
        if !skews.is_empty() {
            self.skewed += 1;
            if self.pairs.len() < IDENTITIES_MAX {
                self.pairs.push(skews);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(version: u64) -> Made {
        let (by, at) = (Author::action(100 + version), Time(version));
        Made { version, by, at }
    }

    fn of(updates: &mut Updates, read: u64, version: u64) {
        let between = |range: RangeInclusive<u64>, _| Between {
            others: range.map(made).collect(),
            own: 0,
        };
        updates.overwrites((0, 1), (read, made(version)), between);
    }

    fn after(writes: &[(u64, u64)]) -> Updates {
        let mut updates = Updates::default();
        for &(read, version) in writes {
            of(&mut updates, read, version);
        }
        updates
    }

    /// Versions that are lost, with those that lost them.
    fn named(updates: &Updates) -> Vec<(u64, u64)> {
        let losses = updates.losses().into_iter();
        losses.map(|l| (l.lost.version, l.over.version)).collect()
    }

    #[test]
    fn a_row_lacks_what_its_writers_had_not_seen() {
        type Pairs = &'static [(u64, u64)];
        let cases: [(Pairs, Pairs); 6] = [
            (&[(0, 1), (1, 2)], &[]),
            (&[(0, 1), (0, 2)], &[(1, 2)]),
            // 3 increments between: the job holds what it read, and one more.
            (&[(5, 9)], &[(6, 9), (7, 9), (8, 9)]),
            // The third had read the first, which the second overwrote: the first is back.
            (&[(0, 1), (0, 2), (1, 3)], &[(2, 3)]),
            (&[(0, 1), (0, 2), (2, 3), (1, 4)], &[(2, 4), (3, 4)]),
            // And what is back can be lost again, by who reads what had lost it.
            (&[(0, 1), (0, 2), (1, 3), (2, 4)], &[(1, 2), (3, 4)]),
        ];
        for (writes, lost) in cases {
            let updates = after(writes);
            assert_eq!(named(&updates), lost, "{writes:?}");
            assert_eq!(updates.lost, lost.len() as u64, "{writes:?}");
        }
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
            of(&mut updates, read, version);
            assert_eq!(updates.lost, version - values[version as usize]);
        }
        assert_eq!(updates.losses().len() as u64, updates.lost);
    }

    #[test]
    fn each_overlooked_the_other() {
        let mut updates = Updates::default();
        let mut tx = |by: u64, read: &[(u64, u64)], made: &[(u64, u64)]| {
            let whose = (0, Author::action(by), Time(by));
            updates.committed(whose, read, (made, made), true);
            updates.skewed
        };
        // Both read rows 1 and 2 at version 1; each writes one of them.
        assert_eq!(tx(1, &[(1, 1), (2, 1)], &[(1, 2)]), 0);
        assert_eq!(tx(2, &[(1, 1), (2, 1)], &[(2, 2)]), 1);
        // One after the other.
        assert_eq!(tx(3, &[(1, 2), (2, 2)], &[(1, 3)]), 1);
        assert_eq!(tx(4, &[(1, 3), (2, 2)], &[(2, 3)]), 1);
        let skew = *updates.skews().next().unwrap();
        let of = |d: Decision| (d.made.by.number(), d.row, d.made.version, d.other, d.seen);
        assert_eq!(of(skew.first), (Some(1), 1, 2, 2, 1));
        assert_eq!(of(skew.second), (Some(2), 2, 2, 1, 1));
    }
    #[test]
    fn what_is_undone_overwrites_nothing_and_passes_on_what_it_had_read() {
        // 3 overwrites 2; with 3 undone, nothing is lost.
        let mut updates = after(&[(0, 1), (1, 2), (1, 3)]);
        assert_eq!(named(&updates), [(2, 3)]);
        updates.undone((0, 1), (3, Time(3)), 1);
        assert_eq!((updates.lost, named(&updates)), (0, vec![]));
        // Who had read 3 writes to the next leader what 3 had computed from 1, and one more.
        let next = (1 << TERM) + 1;
        let between = |range: RangeInclusive<u64>, _| Between {
            others: [1, 2]
                .into_iter()
                .filter(|v| range.contains(v))
                .map(made)
                .collect(),
            own: 0,
        };
        updates.overwrites((0, 1), (3, made(next)), between);
        assert_eq!(named(&updates), [(2, next)]);
    }

    #[test]
    fn with_one_of_the_two_undone_nobody_overlooked_anybody() {
        let mut updates = Updates::default();
        let tx = |updates: &mut Updates, by: u64, read: &[(u64, u64)], made: &[(u64, u64)]| {
            let whose = (0, Author::action(by), Time(by));
            updates.committed(whose, read, (made, made), true);
            updates.skewed
        };
        assert_eq!(tx(&mut updates, 1, &[(1, 1), (2, 1)], &[(1, 2)]), 0);
        assert_eq!(tx(&mut updates, 2, &[(1, 1), (2, 1)], &[(2, 2)]), 1);
        updates.undone((0, 2), (2, Time(2)), 1);
        assert_eq!((updates.skewed, updates.skews().count()), (0, 0));
        assert_eq!(
            tx(&mut updates, 3, &[(1, 1), (2, 1)], &[(2, (1 << TERM) + 1)]),
            1
        );
    }
}
