//! Rows as stock: how many units of an item each copy believes are taken.
//!
//! Every change of an item's row takes one unit. A `take` is done by the leader, and only if its row has a unit
//! left at that moment (`UPDATE ... SET n = n - 1 WHERE n > 0`); a plain write takes one whatever there is, and an
//! update writes one more than its maker had read. The number goes with the row's version: through the log to the
//! copies, back when the version is undone.

use super::Database;
use super::config::Config;
use crate::design::{CallMode, RowOf};
use crate::engine::attempt::{Answer, Attempt, AttemptId};
use crate::engine::copies::LogEntry;
use crate::engine::core::Cx;
use crate::engine::record::Record;
use crate::engine::stock::Taken;

/// A change of a row that is about to be committed.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub row: u64,
    /// The version that its maker had read, if it says so, and how many units that one said were taken.
    pub based_on: Option<u64>,
    pub read: Taken,
    /// Of a row that the plan makes, not of one that is there.
    pub is_made: bool,
    /// It is what the operation promises here.
    pub promised: bool,
}

impl Database {
    /// Units of a row that are taken, as one copy has it.
    pub(super) fn taken(&self, home: usize, row: u64) -> u64 {
        self.places[home].taken.version(row)
    }

    pub(super) fn is_sold_out(&self, config: &Config, home: usize, row: u64) -> bool {
        config.stock.is_some_and(|stock| self.taken(home, row) >= stock)
    }

    /// Whether a write wants a unit that is not there.
    pub(super) fn lacks_unit(&self, config: &Config, home: usize, row: u64, attempt: &Attempt) -> bool {
        attempt.row == RowOf::Unit && self.is_sold_out(config, home, row)
    }

    /// Units taken before a change and after it; nobody counts where there is no stock.
    pub(super) fn takes(&self, config: &Config, home: usize, change: &Change) -> (u32, u32) {
        if config.stock.is_none() {
            return (0, 0);
        }
        let before = self.taken(home, change.row);
        let read = change.based_on.and(change.read.units()).unwrap_or(before);
        let small = |units: u64| u32::try_from(units).unwrap_or(u32::MAX);
        (small(before), small(read + 1))
    }

    /// A copy has the row as it is after an entry of the log, or, undone, before it.
    pub(super) fn sets_row(&mut self, home: usize, entry: &LogEntry, undone: bool) {
        let (version, taken) = match undone {
            true => (entry.before, entry.taken.0),
            false => (entry.version, entry.taken.1),
        };
        let place = &mut self.places[home];
        place.rows.set(entry.key, version);
        if entry.taken != (0, 0) {
            place.taken.set(entry.key, u64::from(taken));
        }
    }

    /// What the maker of a write is told of it.
    pub(super) fn answers_write<R: Record>(
        &self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        entry: &LogEntry,
    ) {
        let answer = &mut cx.core.attempts[id].answer;
        answer.version = entry.version;
        if config.stock.is_some() {
            answer.taken = Taken::of(u64::from(entry.taken.1));
        }
    }

    /// What a read says of the units of its item, if it is about the item's row: this many are taken.
    pub(super) fn says_units(config: &Config, attempt: &Attempt, taken: u64, answer: &mut Answer) {
        if let Some(stock) = config.stock
            && attempt.mode == CallMode::Read
            && attempt.row == RowOf::Item
        {
            answer.taken = Taken::of(taken);
            answer.sold_out = taken >= stock;
        }
    }
}
