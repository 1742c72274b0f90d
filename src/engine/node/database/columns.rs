//! Columns: where in a row its versions stand.
//!
//! A column is another copy of the row's value. A change makes one version of the row and puts it into the
//! columns that its statement names; a copy puts a version that is there already into other ones. The version
//! of the row is the newest that stands in some column; what stands in none any more, because its column is
//! dropped or was written over by a copy of something older, is undone.

use std::collections::BTreeMap;

use super::Database;
use super::config::Config;
use super::cost::table_of;
use super::stock::Change;
use crate::design::CallMode;
use crate::engine::attempt::{Attempt, AttemptId};
use crate::engine::columns::Uses;
use crate::engine::copies::LogEntry;
use crate::engine::core::Cx;
use crate::engine::fault::SchemaChange;
use crate::engine::record::Record;
use crate::engine::rows::Rows;

/// One column of one table.
#[derive(Clone)]
struct Column {
    is_there: bool,
    /// It was not there at the beginning: rows that nobody has written into it are empty in it.
    is_added: bool,
    /// One more than the version in it, by row; 0 for what it had when it came.
    rows: Rows,
}

/// Table and column.
type Place = (u64, u64);

#[derive(Clone, Default)]
pub(super) struct Columns {
    /// Those of the beginning are not in it before something happens to them.
    of: BTreeMap<Place, Column>,
    /// By table and row: its changes that count, oldest first.
    made: BTreeMap<(u64, u64), Vec<LogEntry>>,
}

impl Columns {
    fn is_there(&self, config: &Config, place: Place) -> bool {
        match self.of.get(&place) {
            Some(column) => column.is_there,
            None => config.columns.contains(&place.1),
        }
    }

    /// The columns that a table has.
    fn all(&self, config: &Config, table: u64) -> Vec<u64> {
        let listed = self.of.range((table, 0)..=(table, u64::MAX));
        let listed = listed.filter(|(_, column)| column.is_there);
        let is_listed = |column: &&u64| self.of.contains_key(&(table, **column));
        let untouched = config.columns.iter().filter(|column| !is_listed(column));
        listed.map(|(&(_, column), _)| column).chain(untouched.copied()).collect()
    }

    /// The version that stands in a column of a row; `None` if nothing does.
    pub fn holds(&self, place: Place, row: u64) -> Option<u64> {
        let Some(column) = self.of.get(&place) else {
            return Some(0);
        };
        match column.rows.version(row) {
            0 => (!column.is_added).then_some(0),
            one_more => Some(one_more - 1),
        }
    }

    /// The newest version of a row that stands in some column.
    fn newest(&self, config: &Config, table: u64, row: u64) -> Option<u64> {
        let all = self.all(config, table).into_iter();
        all.filter_map(|column| self.holds((table, column), row)).max()
    }

    fn column(&mut self, config: &Config, place: Place) -> &mut Column {
        let is_there = config.columns.contains(&place.1);
        self.of.entry(place).or_insert_with(|| Column {
            is_there,
            is_added: !is_there,
            rows: Rows::default(),
        })
    }

    fn puts(&mut self, config: &Config, place: Place, row: u64, version: u64) {
        self.column(config, place).rows.set(row, version + 1);
    }

    /// A column comes or goes, and has nothing in it.
    fn becomes(&mut self, config: &Config, place: Place, is_there: bool) {
        let column = self.column(config, place);
        (column.is_there, column.is_added, column.rows) = (is_there, true, Rows::default());
    }

    /// Whether a version of a row is one that counts.
    fn counts(&self, row: (u64, u64), version: u64) -> bool {
        let made = self.made.get(&row);
        version == 0
            || made.is_some_and(|made| made.binary_search_by_key(&version, |e| e.version).is_ok())
    }

    /// The changes of a row above a version, newest first: they do not count any more.
    fn gone_above(&mut self, row: (u64, u64), version: u64) -> Vec<LogEntry> {
        let Some(made) = self.made.get_mut(&row) else {
            return Vec::new();
        };
        let stays = made.partition_point(|entry| entry.version <= version);
        let mut gone = made.split_off(stays);
        gone.reverse();
        gone
    }
}

/// What the statements of whoever asks name.
fn uses<'p, R: Record>(cx: &Cx<'p, R>, attempt: &Attempt) -> Uses<'p> {
    let from = cx.program.links[attempt.link as usize].from;
    cx.core.uses(cx.program, from, attempt.version)
}

/// The column that whoever asks reads, with its table; `None` if it names none.
pub(super) fn read_by<R: Record>(
    config: &Config,
    cx: &Cx<'_, R>,
    attempt: &Attempt,
) -> Option<Place> {
    if config.columns.is_empty() {
        return None;
    }
    Some((table_of(cx, attempt), uses(cx, attempt).reads?))
}

impl Database {
    /// A query stands at the door: which release of its caller has made it. Its place may be another one's
    /// when the query is done.
    pub(super) fn notes_release<R: Record>(&self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        if !config.columns.is_empty() {
            let attempt = &cx.core.attempts[id];
            let from = cx.program.links[attempt.link as usize].from;
            let version = cx.core.fleets[from as usize].version(attempt.from);
            cx.core.attempts[id].version = version;
        }
    }

    /// Whether a statement names a column that its table does not have. `writes`: what its transaction has
    /// written is to be committed.
    pub(super) fn names_unknown<R: Record>(
        &self,
        config: &Config,
        cx: &Cx<'_, R>,
        id: AttemptId,
        mode: CallMode,
    ) -> bool {
        if config.columns.is_empty() {
            return false;
        }
        let attempt = &cx.core.attempts[id];
        let (table, uses) = (table_of(cx, attempt), uses(cx, attempt));
        let named = match mode {
            CallMode::Write => uses.writes.unwrap_or_default(),
            CallMode::Read => uses.reads.as_slice(),
            _ => return false,
        };
        let is_there = |&column: &u64| self.columns.is_there(config, (table, column));
        !named.iter().all(is_there)
    }

    /// What a read finds of a row of this version; `None` if its column is empty.
    pub(super) fn finds<R: Record>(
        &self,
        config: &Config,
        cx: &Cx<'_, R>,
        attempt: &Attempt,
        (row, version): (u64, u64),
    ) -> Option<u64> {
        let is_followed = attempt.mode == CallMode::Read && !attempt.row.is_made();
        match read_by(config, cx, attempt).filter(|_| is_followed) {
            Some(place) => self.columns.holds(place, row),
            None => Some(version),
        }
    }

    /// Whether a write puts what a backfill has read into other columns.
    pub(super) fn is_copy<R: Record>(
        &self,
        config: &Config,
        cx: &Cx<'_, R>,
        id: AttemptId,
        change: &Change,
    ) -> bool {
        !config.columns.is_empty() && !change.is_made && uses(cx, &cx.core.attempts[id]).copies
    }

    /// Makes a copy, if the change is one. Says whether it is.
    pub(super) fn copies_value<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        change: &Change,
    ) -> bool {
        if !self.is_copy(config, cx, id, change) {
            return false;
        }
        let attempt = cx.core.attempts[id];
        let uses = uses(cx, &attempt);
        let (table, row) = (table_of(cx, &attempt), change.row);
        // Empty, or gone meanwhile: there is nothing to copy.
        let counts = |&version: &u64| self.columns.counts((table, row), version);
        let read = change.based_on.filter(counts);
        if let Some(version) = read {
            for &column in uses.writes.unwrap_or_default() {
                self.columns.puts(config, (table, column), row, version);
            }
            self.goes_back(config, cx, table, row);
        }
        cx.core.attempts[id].answer.version = read.unwrap_or(0);
        true
    }

    /// A change of a row is made: it stands in the columns that its statement names.
    pub(super) fn stands<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        (entry, is_made): (LogEntry, bool),
    ) {
        if config.columns.is_empty() || is_made {
            return;
        }
        let attempt = cx.core.attempts[id];
        let table = table_of(cx, &attempt);
        let named = match uses(cx, &attempt).writes {
            Some(named) => named.to_vec(),
            None => self.columns.all(config, table),
        };
        for column in named {
            self.columns.puts(config, (table, column), entry.key, entry.version);
        }
        cx.hold(entry.intent);
        cx.core.resting += 1;
        self.columns.made.entry((table, entry.key)).or_default().push(entry);
    }

    /// A change of the schema is done: a column comes, or goes with all that stands only in it.
    pub(super) fn changes_columns<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        change: &SchemaChange,
    ) {
        if config.columns.is_empty() || change.adds.or(change.drops).is_none() {
            return;
        }
        let mut tables: Vec<u64> = cx.program.operations.iter().map(|op| op.key_space).collect();
        tables.retain(|&table| change.table.is_none_or(|its| its == table));
        tables.sort_unstable();
        tables.dedup();
        for table in tables {
            if let Some(column) = change.adds {
                self.columns.becomes(config, (table, column), true);
            }
            if let Some(column) = change.drops {
                self.columns.becomes(config, (table, column), false);
                let rows = self.columns.made.range((table, 0)..=(table, u64::MAX));
                let rows: Vec<u64> = rows.map(|(&(_, row), _)| row).collect();
                for row in rows {
                    self.goes_back(config, cx, table, row);
                }
            }
        }
    }

    /// The row goes back to the newest version that stands in some column.
    fn goes_back<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, table: u64, row: u64) {
        let stands = self.columns.newest(config, table, row).unwrap_or(0);
        let home = Self::home(config, 0);
        if self.places[home].rows.version(row) <= stands {
            return;
        }
        self.backups.begins_anew();
        for entry in self.columns.gone_above((table, row), stands) {
            self.sets_row(home, &entry, true);
            self.undo(cx, &entry);
            cx.core.resting -= 1;
            cx.release(entry.intent);
        }
    }
}
