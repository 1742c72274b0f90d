//! When rows were changed: what a read could have seen, and what it had to see.
//!
//! One list of commits over all stores, in the order of their times; each knows the one before it on its
//! row. Only the newest [`KEPT`] are kept: a read that is further behind than that is stale all the same,
//! and its age is at least what is still known.

use std::collections::VecDeque;

use super::updates::Made;
use crate::engine::attempt::Intent;
use crate::engine::rows::Rows;
use crate::time::Time;

/// Commits that are remembered: 40 MB.
const KEPT: usize = 1 << 20;

/// Number of no commit.
const NONE: u64 = 0;

/// Who made a change: an action, by its number, or a piece of a job's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author(u64);

/// Marks what is no number of an action.
const NOBODYS: u64 = 1 << 62;

impl Author {
    pub fn of(intent: &Intent) -> Author {
        match intent.is_internal {
            true => Author((intent.address.0 | NOBODYS) & !UNDONE),
            false => Author(intent.number),
        }
    }

    pub fn action(number: u64) -> Author {
        Author(number)
    }

    /// `None` for what was on nobody's behalf.
    pub fn number(self) -> Option<u64> {
        (self.0 & NOBODYS == 0).then_some(self.0)
    }
}

/// Marks the author of what does not survive: actions are fewer than that.
const UNDONE: u64 = 1 << 63;

#[derive(Clone, Copy, Debug)]
pub struct Commit {
    pub version: u64,
    /// When it was applied, and from when on it counts; [`Time::NEVER`] as long as too few copies have it.
    pub applied: Time,
    pub at: Time,
    /// When the youngest action was asked for that has left something on this row up to here.
    pub youngest: Time,
    before: u64,
    /// Its author, and whether it does not survive.
    by: u64,
}

impl Commit {
    pub fn is_undone(&self) -> bool {
        self.by & UNDONE != 0
    }

    pub fn made(&self) -> Made {
        Made {
            version: self.version,
            by: Author(self.by & !UNDONE),
            at: self.applied,
        }
    }
}

/// How far a read was behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Newer versions that were committed before it began.
    pub versions: u64,
    /// The newest of them.
    pub newest: u64,
    /// When the first of them was committed.
    pub since: Time,
}

impl Behind {
    /// What was there before anybody had written.
    pub const FROM_THE_BEGINNING: Behind = Behind {
        versions: 1,
        newest: 0,
        since: Time::ZERO,
    };
}

#[derive(Clone, Default)]
pub struct Commits {
    kept: VecDeque<Commit>,
    /// Number of the first that is kept, from 1.
    first: u64,
    /// By store: row, and the number of its newest commit.
    rows: Vec<Rows>,
}

impl Commits {
    pub fn push(
        &mut self,
        (store, key): (u16, u64),
        version: u64,
        (applied, at): (Time, Time),
        (by, asked): (Author, Time),
    ) {
        if self.rows.len() <= store as usize {
            self.rows.resize_with(store as usize + 1, Rows::default);
        }
        if self.kept.len() == KEPT {
            self.kept.pop_front();
            self.first += 1;
        }
        self.first = self.first.max(1);
        let number = self.first + self.kept.len() as u64;
        let before = self.rows[store as usize].version(key);
        let youngest = self
            .of(before)
            .map_or(asked, |last| last.youngest.max(asked));
        self.rows[store as usize].set(key, number);
        self.kept.push_back(Commit {
            version,
            applied,
            at,
            youngest,
            before,
            by: by.0,
        });
    }

    fn of(&self, number: u64) -> Option<&Commit> {
        let at = number.checked_sub(self.first.max(1))?;
        self.kept.get(at as usize)
    }

    /// Newest first, as far as they are kept.
    pub fn of_row(&self, store: u16, key: u64) -> impl Iterator<Item = &Commit> {
        let rows = self.rows.get(store as usize);
        let mut next = rows.map_or(NONE, |rows| rows.version(key));
        std::iter::from_fn(move || {
            let commit = self.of(next)?;
            next = commit.before;
            Some(commit)
        })
    }

    /// The newest commit of a row.
    pub fn newest(&self, store: u16, key: u64) -> Option<&Commit> {
        self.of_row(store, key).next()
    }

    fn change(&mut self, (store, key): (u16, u64), version: u64, change: impl FnOnce(&mut Commit)) {
        let rows = self.rows.get(store as usize);
        let mut next = rows.map_or(NONE, |rows| rows.version(key));
        while let Some(at) = next.checked_sub(self.first.max(1)) {
            let Some(commit) = self.kept.get_mut(at as usize) else {
                return;
            };
            if commit.version == version {
                return change(commit);
            }
            next = commit.before;
        }
    }

    pub fn undo(&mut self, store: u16, key: u64, version: u64) {
        self.change((store, key), version, |commit| commit.by |= UNDONE);
    }

    /// A version counts from now on.
    pub fn counts(&mut self, row: (u16, u64), version: u64, now: Time) {
        self.change(row, version, |commit| commit.at = now);
    }

    /// Whether a version of a row is among those that survive, as far as is known.
    pub fn survives(&self, store: u16, key: u64, version: u64) -> bool {
        let found = self.of_row(store, key).find(|c| c.version == version);
        found.is_none_or(|commit| !commit.is_undone())
    }

    /// When a version of a row was applied; the beginning of time if that is not known.
    pub fn committed(&self, store: u16, key: u64, version: u64) -> Time {
        let found = self.of_row(store, key).find(|c| c.version == version);
        found.map_or(Time::ZERO, |commit| commit.applied)
    }

    /// How far behind a read of `version` is that began at `began`; `None` if it is not.
    pub fn behind(&self, store: u16, key: u64, version: u64, began: Time) -> Option<Behind> {
        let mut behind: Option<Behind> = None;
        for commit in self.of_row(store, key) {
            if commit.is_undone() || commit.at >= began {
                continue;
            }
            // What one leader commits is above all that those before it have committed.
            if commit.version <= version {
                break;
            }
            let newer = behind.get_or_insert(Behind {
                versions: 0,
                newest: commit.version,
                since: commit.at,
            });
            newer.versions += 1;
            newer.since = newer.since.min(commit.at);
        }
        behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Time {
        Time(s * 1_000_000_000)
    }

    #[test]
    fn a_read_is_behind_by_what_was_committed_before_it_began() {
        let (mut commits, me) = (Commits::default(), Author::action(1));
        for (version, s) in [(1, 10), (2, 20), (3, 30)] {
            commits.push((4, 77), version, (at(s), at(s)), (me, at(s - 1)));
        }
        let of = |version, s| commits.behind(4, 77, version, at(s));
        assert_eq!(of(3, 40), None);
        assert_eq!(of(2, 30), None, "committed at the moment it began");
        let (versions, newest) = (2, 3);
        assert_eq!(
            of(1, 31),
            Some(Behind {
                versions,
                newest,
                since: at(20)
            })
        );
        assert_eq!(commits.behind(4, 78, 0, at(99)), None);
        assert_eq!(commits.behind(3, 77, 0, at(99)), None);
    }

    #[test]
    fn what_was_undone_makes_nothing_stale() {
        let (mut commits, me) = (Commits::default(), Author::action(1));
        for (version, s) in [(1, 10), (2, 20), (3, 30)] {
            commits.push((0, 5), version, (at(s), at(s)), (me, at(s)));
        }
        commits.undo(0, 5, 3);
        commits.undo(0, 5, 2);
        assert_eq!(commits.behind(0, 5, 1, at(40)), None);
        assert!(!commits.survives(0, 5, 2));
        assert!(commits.survives(0, 5, 1));
        commits.push((0, 5), (1 << 40) + 1, (at(41), at(41)), (me, at(41)));
        assert_eq!(commits.behind(0, 5, 1, at(42)).map(|b| b.versions), Some(1));
    }
}
