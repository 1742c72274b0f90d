//! What a query costs, and what ends one that costs too much.
//!
//! A query takes its time, and `row_time` for each row that it looks at: all rows of its table, if nothing
//! leads it to the one that it wants, else as many as a sorted index of that size has levels. The rows of
//! one key space are one table. How many it has follows from `rows` and from what plans have inserted since;
//! a schema change may build the index that was missing.

use std::collections::BTreeMap;

use super::config::Config;
use super::{Database, STATEMENT_TIMEOUT, STATEMENT_TIMEOUTS};
use crate::design::{CallMode, RowOf};
use crate::engine::attempt::{Attempt, AttemptId, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::draw::Purpose;
use crate::engine::reason::Reason;
use crate::engine::record::Record;

/// No query takes longer: a year.
const LONGEST_NS: u64 = 365 * 86_400 * 1_000_000_000;

/// What has become of the tables since the beginning.
#[derive(Clone, Default)]
pub(super) struct Tables {
    /// Rows that were inserted, by key space.
    inserted: BTreeMap<u64, u64>,
    /// The index is there, or no longer, whatever the knob says.
    pub indexed: Option<bool>,
}

impl Tables {
    pub fn inserted_into(&self, table: u64) -> u64 {
        self.inserted.get(&table).copied().unwrap_or(0)
    }
}

/// Rows that are looked at to find one by a sorted index: its levels, if each row halves what is left.
pub fn levels(rows: u64) -> u64 {
    u64::from(u64::BITS - rows.leading_zeros())
}

/// The key space of what a query is about.
pub(super) fn table_of<R: Record>(cx: &Cx<'_, R>, attempt: &Attempt) -> u64 {
    let operation = cx.core.intents[attempt.intent].operation;
    cx.program.operations[operation as usize].key_space
}

impl Database {
    /// How long a query takes on a core, if nothing slows it down.
    pub(super) fn cost<R: Record>(&self, config: &Config, cx: &Cx<'_, R>, id: AttemptId) -> u64 {
        let attempt = &cx.core.attempts[id];
        let operation = cx.core.intents[attempt.intent].operation as usize;
        let usual = match attempt.mode {
            CallMode::Write => &config.write_time,
            _ => &config.read_time,
        };
        let time = config.query_time_of[operation].as_ref().unwrap_or(usual);
        let ns = time.sample(&mut cx.draws(Purpose::Work, attempt.address));
        match config.row_time.0 {
            0 => ns,
            each => {
                let rows = self.looks_at(config, cx, id);
                ns.saturating_add(each.saturating_mul(rows)).min(LONGEST_NS)
            }
        }
    }

    fn looks_at<R: Record>(&self, config: &Config, cx: &Cx<'_, R>, id: AttemptId) -> u64 {
        let attempt = &cx.core.attempts[id];
        let operation = cx.core.intents[attempt.intent].operation as usize;
        let table = table_of(cx, attempt);
        let inserted = self.tables.inserted_into(table);
        let rows = config.rows.saturating_add(inserted);
        let indexed = self.tables.indexed.unwrap_or(config.index);
        let found = match config.scans[operation] && !indexed {
            true => rows,
            false => levels(rows),
        };
        // A write also puts its row into the index.
        let kept = attempt.mode == CallMode::Write && indexed && config.has_scans;
        found + if kept { levels(rows) } else { 0 }
    }

    /// A row is about to be written: it may be a new one.
    pub(super) fn grows<R: Record>(
        &mut self,
        cx: &Cx<'_, R>,
        attempt: &Attempt,
        (row_of, before): (RowOf, u64),
    ) {
        if row_of == RowOf::New && before == 0 {
            *self.tables.inserted.entry(table_of(cx, attempt)).or_default() += 1;
        }
    }

    /// A statement is there: from now on its time runs.
    pub(super) fn times_statement<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) {
        let mode = cx.core.attempts[id].mode;
        let after = config.statement_timeout;
        if let Some(after) = after.filter(|_| matches!(mode, CallMode::Read | CallMode::Write)) {
            cx.local_at(cx.now() + after, STATEMENT_TIMEOUT, id.bits());
        }
    }

    /// A statement may have taken as long as it may, its waits included. One that is done, and only waits
    /// for other copies, is beyond that.
    pub(super) fn statement_timeout<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        arg: u64,
    ) {
        let id = AttemptId::from_bits(arg);
        let Some(attempt) = cx.core.attempts.get(id).copied() else {
            return;
        };
        let (at, reason) = (attempt.instance as usize, Reason::StatementTimeout);
        match attempt.callee {
            CalleeSide::Queued => {
                self.disconnects(cx, id);
                cx.leave_line(id, CalleeSide::Refused(reason));
                self.waits_no_longer(cx, id);
            }
            CalleeSide::Working => self.leave(cx, id, Err(reason)),
            _ => return,
        }
        cx.tally(STATEMENT_TIMEOUTS);
        self.fail_transaction(config, cx, attempt.transaction, reason);
        if attempt.callee == CalleeSide::Working {
            self.free_core(config, cx, at);
        }
        cx.reply(id, Err(reason));
    }
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn an_index_has_as_many_levels_as_halving_takes() {
        let cases = [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (1_000, 10), (1_000_000, 20)];
        for (rows, looked_at) in cases {
            assert_eq!(levels(rows), looked_at, "{rows}");
        }
    }
}
