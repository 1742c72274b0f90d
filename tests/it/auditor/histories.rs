//! The histories of single rows, given to a general search, against what the ledger knows from the order of
//! versions.
//!
//! Two histories of each row. In the *store's*, a write ends when it is committed and counts. In the *users'*, it
//! ends when its user is told that it is done, and never if the user is told otherwise. Reads begin when they
//! were asked for and end when their answer is there. What the ledger says is confirmed by the search:
//!
//! - a stale read: the store's history is not linearizable;
//! - an own write missed, a read that went back, a write out of order: the users' history is not.
//!
//! The other way round it does not hold: see [`Searched::unseen`].

use std::collections::{BTreeMap, BTreeSet};

use brownout::engine::record::Told;
use brownout::time::Time;

use super::super::linearizable::{Operation, What, is_linearizable};
use super::{Audit, Entry, RowKey};

/// Longer histories are left out, and those with too many ways: what the search is for needs no more.
const LONGEST: usize = 600;

/// Rows that were searched, by what came out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Searched {
    pub rows: u64,
    pub not_for_the_store: u64,
    pub not_for_users: u64,
    pub longest: usize,
    pub left_out: u64,
    /// What the search finds and the ledger does not: somebody sees a change that is not acknowledged yet, and
    /// another user after that does not see it. Stale it is not, and nobody went back.
    pub unseen: u64,
}

impl Searched {
    pub fn add(&mut self, other: Searched) {
        self.rows += other.rows;
        self.not_for_the_store += other.not_for_the_store;
        self.not_for_users += other.not_for_users;
        self.longest = self.longest.max(other.longest);
        self.left_out += other.left_out;
        self.unseen += other.unseen;
    }
}

/// One row's operations, and what was found about them.
#[derive(Default)]
struct History {
    store: Vec<Operation>,
    users: Vec<Operation>,
    stale: bool,
    out_of_line: bool,
    applied_late: bool,
}

fn good(told: Option<(Time, Told)>) -> Option<Time> {
    let (at, told) = told?;
    matches!(told, Told::Served | Told::Degraded).then_some(at)
}

/// Searches the histories of all rows of a design, and compares.
pub fn compare(design: u64, audit: &Audit<'_>) -> Searched {
    let mut rows: BTreeMap<RowKey, History> = BTreeMap::new();
    for (&row, commits) in &audit.commits {
        let history = rows.entry(row).or_default();
        let mut after = 0;
        for commit in commits {
            let line = &audit.log[commit.line];
            let what = What::Write {
                version: commit.version,
                after,
            };
            after = commit.version;
            let called = line.intent.born.0;
            let told = told_of(audit, line.intent.number, line.intent.is_internal);
            let returned = told.map_or(u64::MAX, |at| at.0);
            history.applied_late |= returned < line.at.0;
            history.store.push(Operation {
                what,
                called,
                returned: commit.at.0,
            });
            history.users.push(Operation {
                what,
                called,
                returned,
            });
            if let Entry::Applied {
                late_of: Some(told),
                ..
            } = line.entry
            {
                let mut before = commits.iter().filter(|c| c.line < commit.line);
                history.out_of_line |= before.any(|c| c.asked.is_some_and(|asked| asked > told));
            }
        }
    }
    for (at, line) in audit.log.iter().enumerate() {
        let Entry::Answered {
            store,
            version,
            sent,
            ..
        } = line.entry
        else {
            continue;
        };
        let row = (store, line.intent.item);
        let history = rows.entry(row).or_default();
        let began = if audit.is_write(&line.intent) {
            sent
        } else {
            line.intent.born
        };
        let read = Operation {
            what: What::Read { version },
            called: began.0,
            returned: line.at.0,
        };
        history.store.push(read);
        history.users.push(read);
        history.stale |= audit.is_stale(&line.intent, row, version, sent);
        let (own, seen) = audit.knew(at, row, version);
        // What was acknowledged and never came stands in no history.
        history.out_of_line |= seen || (own && own_came(audit, at, row, version));
    }
    let mut searched = Searched::default();
    let undone: BTreeSet<RowKey> = audit.undone.keys().map(|&(row, _)| row).collect();
    for (row, history) in rows {
        if undone.contains(&row) {
            continue;
        }
        if history.store.len() > LONGEST {
            searched.left_out += 1;
            continue;
        }
        let (Some(for_store), Some(for_users)) = (
            is_linearizable(&history.store),
            is_linearizable(&history.users),
        ) else {
            searched.left_out += 1;
            continue;
        };
        searched.rows += 1;
        searched.longest = searched.longest.max(history.store.len());
        searched.not_for_the_store += u64::from(!for_store);
        searched.not_for_users += u64::from(!for_users);
        let what = format!("design {design}, row {row:?}");
        assert!(
            !history.stale || !for_store,
            "{what}: stale, and linearizable"
        );
        assert!(
            !history.out_of_line || !for_users,
            "{what}: out of line, and linearizable"
        );
        let all_count = history.store.iter().all(|op| op.returned != u64::MAX);
        let is_clean = !history.stale && !history.out_of_line && !history.applied_late;
        searched.unseen += u64::from(is_clean && all_count && !(for_store && for_users));
    }
    searched
}

/// When the user of an action was told that it is done.
fn told_of(audit: &Audit<'_>, number: u64, is_internal: bool) -> Option<Time> {
    let lines = audit.by_intent.get(&number).filter(|_| !is_internal)?;
    lines.iter().find_map(|&at| match audit.log[at].entry {
        Entry::Told { told } => good(Some((audit.log[at].at, told))),
        _ => None,
    })
}

/// Whether something that the same user had been told is done, and that is newer than what was read, is on
/// the row sooner or later.
fn own_came(audit: &Audit<'_>, at: usize, row: RowKey, version: u64) -> bool {
    let me = audit.log[at].intent;
    audit.commits(row).iter().any(|commit| {
        let theirs = audit.log[commit.line].intent;
        let is_mine = (theirs.clients, theirs.identity) == (me.clients, me.identity);
        let told = told_of(audit, theirs.number, theirs.is_internal);
        is_mine && commit.version > version && told.is_some_and(|told| told < me.born)
    })
}
