//! Changes of the schema, and the locks of tables that they need.
//!
//! Every query has its table, shared with others: from when it is let in until it is done, in a
//! transaction until that ends. A change needs it for itself. Whoever asks first has it first, and nobody
//! overtakes: a change waits for all who were there before it, and all who come after it wait for the change,
//! also while it only waits itself.
//!
//! Nothing is kept of queries while no change is about: who has a table when one comes, is who is there.

use super::config::Config;
use super::cost::table_of;
use super::{
    Database, SCHEMA_CHANGES, SCHEMA_DONE, SCHEMA_GIVEN_UP, SCHEMA_RETRY, SCHEMA_TIMEOUT,
    SCHEMA_TIMEOUTS, TABLE_TIMEOUT, TABLE_WAITS,
};
use crate::design::CallMode;
use crate::engine::attempt::{Attempt, AttemptId, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::fault::{Keeps, SchemaChange};
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::time::Duration;

/// Who has a table, or is in line for it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Query(AttemptId),
    Transaction(u32),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Asks for its table.
    Waits,
    /// Has it.
    Has,
    /// Has given up for now.
    Pauses,
}

#[derive(Clone)]
struct Open {
    /// Its place in the order of asking; another one each time it asks.
    number: u64,
    change: SchemaChange,
    /// The copy.
    at: u16,
    stage: Stage,
    /// Who has to be done before it.
    before: Vec<Holder>,
}

impl Open {
    fn keeps_out(&self, at: u16, table: u64, is_write: bool) -> bool {
        self.stage != Stage::Pauses && self.at == at && self.change.is_about(table, is_write)
    }
}

#[derive(Clone, Copy)]
struct Waiting {
    number: u64,
    id: AttemptId,
    transaction: u32,
    at: u16,
    table: u64,
    is_write: bool,
}

#[derive(Clone, Default)]
pub(super) struct Schema {
    /// In the order of asking.
    open: Vec<Open>,
    waiting: Vec<Waiting>,
    asked: u64,
}

impl Schema {
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    fn next(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// Whether a change that asked before `number` keeps a query out. One that a change waits for anyway has
    /// the table.
    fn keeps_out(&self, query: &Waiting) -> bool {
        let has_it = |open: &Open| {
            query.transaction != 0 && open.before.contains(&Holder::Transaction(query.transaction))
        };
        self.open.iter().any(|open| {
            open.number < query.number
                && open.keeps_out(query.at, query.table, query.is_write)
                && !has_it(open)
        })
    }

    /// A query does not wait any more. Says whether it did.
    pub fn forget(&mut self, id: AttemptId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.id != id);
        self.waiting.len() < before
    }

    pub fn waiting_of(&self, transaction: u32) -> Vec<AttemptId> {
        let mine = self.waiting.iter().filter(|w| w.transaction == transaction);
        mine.map(|waiting| waiting.id).collect()
    }
}

fn is_write(attempt: &Attempt) -> Option<bool> {
    match attempt.mode {
        CallMode::Write => Some(true),
        CallMode::Read => Some(false),
        _ => None,
    }
}

impl Database {
    /// Whether a query may go on now. If not, it waits in the line.
    pub(super) fn gets_table<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) -> bool {
        let attempt = cx.core.attempts[id];
        let Some(is_write) = is_write(&attempt) else {
            return true;
        };
        let number = attempt.transaction;
        if number == 0 && self.schema.is_empty() {
            return true;
        }
        let table = table_of(cx, &attempt);
        let query = Waiting {
            number: self.schema.next(),
            id,
            transaction: number,
            at: attempt.instance,
            table,
            is_write,
        };
        let is_out = self.schema.keeps_out(&query);
        self.transactions.uses(number, table, is_write);
        if !is_out {
            return true;
        }
        cx.tally(TABLE_WAITS);
        self.schema.waiting.push(query);
        // Or it has waited for the move of its key.
        if attempt.callee != CalleeSide::Queued {
            cx.enter_line(id);
        }
        if let Some(wait) = config.lock_timeout {
            cx.local_at(cx.now() + wait, TABLE_TIMEOUT, id.bits());
        }
        false
    }

    /// A query may have waited for its table as long as it may.
    pub(super) fn table_timeout<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        arg: u64,
    ) {
        let id = AttemptId::from_bits(arg);
        let still = cx.core.attempts.get(id).copied();
        let Some(attempt) = still.filter(|a| a.callee == CalleeSide::Queued) else {
            return;
        };
        if self.schema.forget(id) {
            self.disconnects(cx, id);
            self.ends_wait(cx, id, Reason::LockTimeout);
            self.fail_transaction(config, cx, attempt.transaction, Reason::LockTimeout);
        }
    }

    /// Somebody begins a change.
    pub(super) fn changes_schema<R: Record>(&mut self, cx: &mut Cx<'_, R>, change: SchemaChange) {
        let node = cx.node as usize;
        let leader = cx.core.copies[node].as_deref();
        let leader = leader.map_or(0, |copies| copies.primary);
        // Each shard has a part of the table, and is changed by itself.
        let places = match cx.core.shards[node].is_some() {
            true => 0..self.serving as u16,
            false => leader..leader + 1,
        };
        for at in places {
            let open = Open {
                number: 0,
                change,
                at,
                stage: Stage::Pauses,
                before: Vec::new(),
            };
            self.asks(cx, open);
        }
    }

    fn asks<R: Record>(&mut self, cx: &mut Cx<'_, R>, mut open: Open) {
        if !self.is_up(cx, open.at as usize) {
            return cx.tally(SCHEMA_GIVEN_UP);
        }
        open.number = self.schema.next();
        open.stage = Stage::Waits;
        let about = |table: u64, is_write: bool| open.change.is_about(table, is_write);
        let present = cx.core.present_at(cx.node, Some(open.at));
        let queries = present.into_iter().filter(|&id| {
            let attempt = &cx.core.attempts[id];
            is_write(attempt).is_some_and(|writes| about(table_of(cx, attempt), writes))
                && attempt.transaction == 0
        });
        let transactions = self.transactions.users_of(open.at, about);
        open.before = queries.map(Holder::Query).collect();
        open.before
            .extend(transactions.into_iter().map(Holder::Transaction));
        if let Some(wait) = open.change.lock_timeout {
            cx.local_at(cx.now() + wait, SCHEMA_TIMEOUT, open.number);
        }
        self.schema.open.push(open);
    }

    /// Changes begin for which nobody has to be done any more.
    pub(super) fn schema_goes_on<R: Record>(&mut self, cx: &mut Cx<'_, R>) {
        for nth in 0..self.schema.open.len() {
            if self.schema.open[nth].stage != Stage::Waits {
                continue;
            }
            let mut before = std::mem::take(&mut self.schema.open[nth].before);
            before.retain(|&holder| self.has_table(cx, holder));
            let (earlier, rest) = self.schema.open.split_at_mut(nth);
            let open = &mut rest[0];
            open.before = before;
            let shares = |other: &Open| {
                other.stage != Stage::Pauses
                    && other.at == open.at
                    && other.change.keeps_from(&open.change)
            };
            if open.before.is_empty() && !earlier.iter().any(shares) {
                open.stage = Stage::Has;
                let ns = cx.core.modifiers[cx.node as usize].slowed(open.change.takes.0);
                cx.local_at(cx.now() + Duration(ns), SCHEMA_DONE, open.number);
            }
        }
    }

    fn has_table<R: Record>(&self, cx: &Cx<'_, R>, holder: Holder) -> bool {
        match holder {
            // What is committed, and waits for other copies, has let go.
            Holder::Query(id) => cx.core.attempts.get(id).is_some_and(|attempt| {
                matches!(attempt.callee, CalleeSide::Queued | CalleeSide::Working)
            }),
            Holder::Transaction(number) => self.transactions.is_alive(number),
        }
    }

    pub(super) fn schema_done<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u64,
    ) {
        let is_it = |open: &Open| open.number == number && open.stage == Stage::Has;
        let Some(nth) = self.schema.open.iter().position(is_it) else {
            return;
        };
        let done = self.schema.open.remove(nth);
        cx.tally(SCHEMA_CHANGES);
        // An index is used when every shard has it; so is a column.
        if self.schema.open.iter().all(|open| open.change != done.change) {
            self.tables.indexed = done.change.index.or(self.tables.indexed);
            self.changes_columns(config, cx, &done.change);
        }
        self.lets_in(config, cx);
    }

    /// A change may have waited for its table as long as it may. Those behind it go on.
    pub(super) fn schema_timeout<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u64,
    ) {
        let is_it = |open: &Open| open.number == number && open.stage == Stage::Waits;
        let Some(nth) = self.schema.open.iter().position(is_it) else {
            return;
        };
        cx.tally(SCHEMA_TIMEOUTS);
        match self.schema.open[nth].change.retry_pause {
            Some(pause) => {
                self.schema.open[nth].stage = Stage::Pauses;
                cx.local_at(cx.now() + pause, SCHEMA_RETRY, number);
            }
            None => {
                self.schema.open.remove(nth);
                cx.tally(SCHEMA_GIVEN_UP);
            }
        }
        self.lets_in(config, cx);
    }

    pub(super) fn schema_retry<R: Record>(&mut self, cx: &mut Cx<'_, R>, number: u64) {
        let is_it = |open: &Open| open.number == number && open.stage == Stage::Pauses;
        if let Some(nth) = self.schema.open.iter().position(is_it) {
            let open = self.schema.open.remove(nth);
            self.asks(cx, open);
        }
    }

    /// Queries that no change keeps out any more get their tables, in the order in which they came.
    fn lets_in<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let waiting = std::mem::take(&mut self.schema.waiting);
        let (still, free): (Vec<Waiting>, Vec<Waiting>) =
            waiting.into_iter().partition(|query| self.schema.keeps_out(query));
        self.schema.waiting = still;
        for query in free {
            let waits = cx.core.attempts.get(query.id);
            if waits.is_none_or(|a| a.callee != CalleeSide::Queued) {
                continue;
            }
            // Another statement of its transaction, let in before it, may have ended that.
            if query.transaction != 0 && !self.transactions.is_alive(query.transaction) {
                self.ends_wait(cx, query.id, Reason::ErrorFromCallee);
            } else if self.gets_lock(config, cx, query.id) {
                self.takes_core_after_wait(config, cx, query.id);
            }
        }
    }

    /// A copy is down: its queries are gone, and so are the changes that were under way at it.
    pub(super) fn forgets_schema<R: Record>(&mut self, cx: &mut Cx<'_, R>, at: u16) {
        self.schema.waiting.retain(|waiting| waiting.at != at);
        let before = self.schema.open.len();
        self.schema.open.retain(|open| open.at != at);
        let gone = before - self.schema.open.len();
        cx.tally_by(SCHEMA_GIVEN_UP, gone as u64);
    }
}

impl SchemaChange {
    /// Whether queries of this sort on this table, and the change, keep each other out.
    fn is_about(&self, table: u64, is_write: bool) -> bool {
        let is_its = self.table.is_none_or(|its| its == table);
        is_its
            && match self.keeps {
                Keeps::Everybody => true,
                Keeps::Writers => is_write,
                Keeps::Nobody => false,
            }
    }

    /// Two changes of one table are made one after the other.
    fn keeps_from(&self, other: &SchemaChange) -> bool {
        match (self.table, other.table) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        }
    }
}
