//! Transactions: what each has read and means to write, and whether it may.
//!
//! A transaction has a connection from its beginning to its end. What it writes is there at its commit, all
//! of it at that instant; a transaction that fails leaves nothing. It fails when one of its statements
//! does, when its caller closes the connection, when it has said nothing for too long, and when its copy
//! crashes. It has a snapshot by the versions that others have overwritten since it began.
//!
//! Simplified: a beginning and a commit need a core and no time on it; locks are free at the commit, even
//! if its answer waits for other copies.

use std::collections::BTreeMap;

use super::columns::read_by;
use super::config::{Config, Isolation};
use super::stock::Change;
use super::{COMMITS, Database, IDLE, IDLE_ENDED, ROLLBACKS};
use crate::design::{CallMode, RowOf};
use crate::engine::attempt::{Attempt, AttemptId, CalleeSide};
use crate::engine::basis::Basis;
use crate::engine::core::Cx;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::engine::rows::{other_row, partner_of};
use crate::engine::stock::Taken;
use crate::time::Time;

/// Make rows of one item different from each other.
const NEW: u64 = 0x6e65_775f_726f_7731;
const FINISHED: u64 = 0x6669_6e69_7368_6564;

#[derive(Clone, Copy)]
struct Write {
    row: u64,
    basis: Basis,
    read: Taken,
    of: RowOf,
    promised: bool,
}

/// The version that a row had, and the units that were taken; no version where its column was empty.
type Had = (Option<u64>, u32);

#[derive(Clone)]
struct Transaction {
    at: u16,
    /// Operation and item of the action that began it.
    about: (u16, u64),
    sees_snapshot: bool,
    failed: Option<Reason>,
    /// Its commit is under way.
    commits: bool,
    /// When it last said or heard something.
    last: Time,
    /// Rows, and the versions that it has seen.
    read: Vec<(u64, u64)>,
    writes: Vec<Write>,
    /// Rows that others have written since it began: the versions that they had, and the units that were taken.
    before: Vec<(u64, Had)>,
    /// The column that its statements read, with its table.
    column: Option<(u64, u64)>,
    locked: Vec<u64>,
    /// Tables that it has, or is in line for; whether it writes there.
    tables: Vec<(u64, bool)>,
}

impl Transaction {
    /// Whether others have written the row since it began.
    fn is_overtaken(&self, row: u64) -> bool {
        self.before.iter().any(|&(other, _)| other == row)
    }

    fn saw(&mut self, row: u64, version: u64) {
        match self.read.iter_mut().find(|(known, _)| *known == row) {
            Some((_, seen)) => *seen = version,
            None => self.read.push((row, version)),
        }
    }
}

/// By their numbers.
#[derive(Clone, Default)]
pub(super) struct Transactions {
    open: BTreeMap<u32, Transaction>,
    begun: u32,
    /// Open ones that see a snapshot.
    snapshots: u32,
}

impl Transactions {
    fn open(
        &mut self,
        at: u16,
        about: (u16, u64),
        (isolation, column): (Isolation, Option<(u64, u64)>),
        now: Time,
    ) -> u32 {
        // Neither 0 nor the largest, which say that there is none.
        self.begun = self.begun % (u32::MAX - 1) + 1;
        let sees_snapshot = isolation.sees_snapshot();
        self.snapshots += u32::from(sees_snapshot);
        let new = Transaction {
            at,
            about,
            sees_snapshot,
            failed: None,
            commits: false,
            last: now,
            read: Vec::new(),
            writes: Vec::new(),
            before: Vec::new(),
            column,
            locked: Vec::new(),
            tables: Vec::new(),
        };
        self.open.insert(self.begun, new);
        self.begun
    }

    fn take(&mut self, number: u32) -> Option<Transaction> {
        let gone = self.open.remove(&number)?;
        self.snapshots -= u32::from(gone.sees_snapshot);
        Some(gone)
    }

    pub fn locked(&mut self, number: u32, row: u64) {
        if let Some(tx) = self.open.get_mut(&number) {
            tx.locked.push(row);
        }
    }

    pub fn holds_any(&self, number: u32) -> bool {
        self.open.get(&number).is_some_and(|tx| !tx.locked.is_empty())
    }

    /// A statement of an open transaction is about a table.
    pub fn uses(&mut self, number: u32, table: u64, is_write: bool) {
        if let Some(tx) = self.open.get_mut(&number)
            && !tx.tables.contains(&(table, is_write))
        {
            tx.tables.push((table, is_write));
        }
    }

    /// Those at a copy that use a table in some way.
    pub fn users_of(&self, at: u16, about: impl Fn(u64, bool) -> bool) -> Vec<u32> {
        let uses = |tx: &Transaction| tx.tables.iter().any(|&(table, writes)| about(table, writes));
        let here = |tx: &Transaction| tx.at == at && tx.failed.is_none();
        let users = self.open.iter().filter(|(_, tx)| here(tx) && uses(tx));
        users.map(|(&number, _)| number).collect()
    }

    /// Those that are about certain items.
    pub fn on_items(&self, is_one: impl Fn((u16, u64)) -> bool) -> Vec<u32> {
        let mine = self.open.iter().filter(|(_, tx)| is_one(tx.about));
        mine.map(|(&number, _)| number).collect()
    }

    /// Whether it still has its locks.
    pub fn is_alive(&self, number: u32) -> bool {
        self.open.get(&number).is_some_and(|tx| tx.failed.is_none())
    }

    /// A row of a copy is about to have another version.
    pub fn overwritten(&mut self, at: u16, row: u64, had: impl Fn(Option<(u64, u64)>) -> Had) {
        if self.snapshots == 0 {
            return;
        }
        for tx in self.open.values_mut() {
            if tx.at == at && tx.sees_snapshot && !tx.is_overtaken(row) {
                tx.before.push((row, had(tx.column)));
            }
        }
    }

    /// The copy has lost all of its connections.
    pub fn forget(&mut self, at: u16) {
        let mine = self.open.iter().filter(|(_, tx)| tx.at == at);
        let mine: Vec<u32> = mine.map(|(&number, _)| number).collect();
        for number in mine {
            self.take(number);
        }
    }
}

impl Config {
    /// The key of the row that a query is about.
    pub(super) fn row_of<R: Record>(&self, cx: &Cx<'_, R>, id: AttemptId) -> u64 {
        let attempt = &cx.core.attempts[id];
        let item = cx.core.intents[attempt.intent].item;
        match attempt.row {
            RowOf::Item | RowOf::Unit => item,
            RowOf::Partner => partner_of(item),
            RowOf::New | RowOf::Pending => self.made_row(attempt, item),
            RowOf::Finished => finished(self.made_row(attempt, item)),
        }
    }

    /// The row that the plan makes.
    fn made_row(&self, attempt: &Attempt, item: u64) -> u64 {
        let of = match attempt.row {
            _ if self.row_per_item => item,
            _ if attempt.key != 0 => attempt.key,
            // A row of its own: of this insert, or of the request that it is made for.
            RowOf::New => attempt.address.0,
            _ => attempt.payload,
        };
        other_row(of, NEW)
    }
}

/// What says that a row is finished is kept like a row of its own: it is shipped to other copies, and undone,
/// as rows are.
fn finished(row: u64) -> u64 {
    other_row(row, FINISHED)
}

impl Database {
    /// Why a row of a copy may not be written, outside of transactions.
    pub(super) fn refuses(
        &self,
        config: &Config,
        at: usize,
        (row, item): (u64, u64),
        attempt: &Attempt,
    ) -> Option<Reason> {
        let version = self.places[Self::home(config, at)].rows.version(row);
        let basis = Basis::from_bits(attempt.payload);
        let checks = config.isolation == Isolation::Optimistic;
        let is_stale = !basis.permits(version)
            || checks && basis.version().is_some_and(|read| read != version);
        if attempt.row == RowOf::New && config.unique && version > 0 {
            return Some(Reason::Constraint);
        }
        // What was to be finished is gone.
        let home = Self::home(config, at);
        let made = || self.places[home].rows.version(config.made_row(attempt, item));
        if attempt.row == RowOf::Finished && made() == 0 {
            return Some(Reason::Conflict);
        }
        let lacks = || self.lacks_unit(config, home, row, attempt);
        match is_stale {
            true => Some(Reason::Conflict),
            false => lacks().then_some(Reason::SoldOut),
        }
    }

    /// Of a row that is pending first: a constraint finds it there already, or finished, and the write changes
    /// nothing. Without a constraint every insert makes a row, and every `finish` finishes one.
    pub(super) fn stays_as_it_is<R: Record>(
        &self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        (at, row): (usize, u64),
        id: AttemptId,
    ) -> bool {
        let rows = &self.places[Self::home(config, at)].rows;
        let version = rows.version(row);
        let finished = match cx.core.attempts[id].row {
            RowOf::Pending => rows.version(finished(row)) > 0,
            RowOf::Finished => version > 0,
            _ => return false,
        };
        if !config.unique || version == 0 {
            return false;
        }
        let answer = &mut cx.core.attempts[id].answer;
        (answer.version, answer.finished) = (version, finished);
        true
    }

    /// A statement of a transaction stands at the door.
    pub(super) fn on_statement<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) {
        let attempt = cx.core.attempts[id];
        let (number, now) = (attempt.transaction, cx.now());
        let commits = attempt.mode == CallMode::Commit;
        let tx = self.transactions.open.get_mut(&number);
        let Some(tx) = tx.filter(|tx| tx.at == attempt.instance) else {
            // Its connection was closed.
            return cx.refuse(id, Reason::ErrorFromCallee);
        };
        if let Some(reason) = tx.failed {
            if commits {
                self.end_transaction(config, cx, number);
            }
            return cx.refuse(id, reason);
        }
        (tx.last, tx.commits) = (now, tx.commits || commits);
        self.times_statement(config, cx, id);
        if self.gets_table(config, cx, id) && self.gets_lock(config, cx, id) {
            self.takes_core(config, cx, id);
        }
    }

    /// A beginning, a statement of a transaction or a commit has had its core; `refusal` is why it fails
    /// all the same.
    pub(super) fn statement_done<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        refusal: Option<Reason>,
    ) {
        let attempt = cx.core.attempts[id];
        let (number, at) = (attempt.transaction, attempt.instance as usize);
        let reply = match (refusal, attempt.mode) {
            (None, CallMode::Begin) => self.begins(config, cx, id),
            (Some(reason), CallMode::Begin) => Err(reason),
            (_, CallMode::Commit) => match self.commits(config, cx, id, refusal) {
                Ok(true) => {
                    cx.core.attempts[id].callee = CalleeSide::Awaiting;
                    return self.free_core(config, cx, at);
                }
                other => other.map(|_| ()),
            },
            (Some(reason), _) => Err(reason),
            (None, _) => self.states(config, cx, id),
        };
        self.leave(cx, id, reply);
        if attempt.mode == CallMode::Begin && cx.core.attempts[id].answer.version > 0 {
            // The connection is the transaction's.
            self.places[at].present += 1;
        } else if let Err(reason) = reply {
            self.fail_transaction(config, cx, number, reason);
        }
        self.free_core(config, cx, at);
        self.stays_idle(config, cx, id);
        cx.reply(id, reply);
    }

    fn begins<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) -> Result<(), Reason> {
        let (attempt, now) = (cx.core.attempts[id], cx.now());
        if !self.leads(cx, attempt.instance as usize) {
            return Err(Reason::NotPrimary);
        }
        // Its caller has closed the connection by now.
        if !attempt.is_abandoned() {
            let intent = &cx.core.intents[attempt.intent];
            let about = (intent.operation, intent.item);
            let at = attempt.instance;
            let how = (config.isolation, read_by(config, cx, &attempt));
            let number = self.transactions.open(at, about, how, now);
            cx.core.attempts[id].answer.version = u64::from(number);
        }
        Ok(())
    }

    /// A reading or writing statement.
    fn states<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) -> Result<(), Reason> {
        let attempt = cx.core.attempts[id];
        let row = config.row_of(cx, id);
        let home = Self::home(config, attempt.instance as usize);
        let taken = self.taken(home, row);
        let lacks = self.lacks_unit(config, home, row, &attempt);
        let newest = self.places[home].rows.version(row);
        let found = self.finds(config, cx, &attempt, (row, newest));
        let tx = self.transactions.open.get_mut(&attempt.transaction);
        let Some(tx) = tx else {
            return Err(Reason::ErrorFromCallee);
        };
        if let Some(reason) = tx.failed {
            return Err(reason);
        }
        if attempt.mode != CallMode::Write {
            let then = tx.before.iter().find(|&&(known, _)| known == row);
            let now = (found, u32::try_from(taken).unwrap_or(u32::MAX));
            let (found, taken) = then.map_or(now, |&(_, had)| had);
            let seen = found.unwrap_or(0);
            tx.saw(row, seen);
            let answer = &mut cx.core.attempts[id].answer;
            (answer.version, answer.missing) = (seen, found.is_none());
            Self::says_units(config, &attempt, u64::from(taken), answer);
            return Ok(());
        }
        let write = Write {
            row,
            basis: Basis::from_bits(attempt.payload),
            read: attempt.read,
            of: attempt.row,
            promised: !attempt.beside,
        };
        let own = tx.writes.iter().any(|known| known.row == row);
        if write.of == RowOf::New && config.unique && (newest > 0 || own) {
            return Err(Reason::Constraint);
        }
        if lacks {
            return Err(Reason::SoldOut);
        }
        // Written twice, a row has one new version, computed from what was read first.
        if !own {
            tx.writes.push(write);
        }
        Ok(())
    }

    /// Why a transaction may not be committed.
    fn objects(&self, config: &Config, tx: &Transaction) -> Option<Reason> {
        let home = Self::home(config, tx.at as usize);
        let rows = &self.places[home].rows;
        let twice = |w: &Write| w.of == RowOf::New && config.unique && rows.version(w.row) > 0;
        let checks = config.isolation == Isolation::Optimistic;
        let is_stale = |w: &Write| {
            let version = rows.version(w.row);
            let has_changed = checks && w.basis.version().is_some_and(|read| read != version);
            has_changed || !w.basis.permits(version) || tx.is_overtaken(w.row)
        };
        let reads_count = config.isolation == Isolation::Serializable;
        let has_changed = |&(row, _): &(u64, u64)| reads_count && tx.is_overtaken(row);
        let lacks = |w: &Write| w.of == RowOf::Unit && self.is_sold_out(config, home, w.row);
        if tx.failed.is_some() {
            tx.failed
        } else if tx.writes.iter().any(twice) {
            Some(Reason::Constraint)
        } else if tx.writes.iter().any(is_stale) {
            Some(Reason::Conflict)
        } else if tx.writes.iter().any(lacks) {
            Some(Reason::SoldOut)
        } else {
            // Who only reads has read one state, and comes before whoever changed it.
            let conflicts = !tx.writes.is_empty() && tx.read.iter().any(has_changed);
            conflicts.then_some(Reason::Conflict)
        }
    }

    /// A commit. Says whether its answer waits for other copies.
    fn commits<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        refusal: Option<Reason>,
    ) -> Result<bool, Reason> {
        let (node, number) = (cx.node, cx.core.attempts[id].transaction);
        let at = cx.core.attempts[id].instance as usize;
        let Some(mut tx) = self.transactions.take(number) else {
            // Its connection is gone already: the commit does not give it back again.
            self.places[at].present += 1;
            return Err(Reason::ErrorFromCallee);
        };
        let changes = !tx.writes.is_empty();
        let refusal = match refusal {
            None if changes && cx.core.modifiers[node as usize].disk_full > 0 => {
                Some(Reason::StorageFull)
            }
            None if changes && !self.leads(cx, at) => Some(Reason::NotPrimary),
            // A column has gone since the statement.
            None if changes && self.names_unknown(config, cx, id, CallMode::Write) => {
                Some(Reason::ContractMismatch)
            }
            None => self.objects(config, &tx),
            some => some,
        };
        let locked = std::mem::take(&mut tx.locked);
        if let Some(reason) = refusal {
            cx.tally(ROLLBACKS);
            self.let_go(config, cx, tx.at, locked);
            return Err(reason);
        }
        cx.tally(COMMITS);
        let (mut made, mut position, mut promised) = (Vec::new(), None, false);
        let mut answer = 0;
        for write in &tx.writes {
            // A transaction is one change, whatever it consists of.
            let keeps = write.promised && !promised;
            promised |= write.promised;
            let how = Change {
                row: write.row,
                based_on: write.basis.version(),
                read: write.read,
                is_made: write.of.is_made(),
                promised: keeps,
            };
            if write.of == RowOf::New {
                let before = self.places[Self::home(config, at)].rows.version(write.row);
                let attempt = cx.core.attempts[id];
                self.grows(cx, &attempt, (RowOf::New, before));
            }
            position = self.commit(config, cx, id, how).or(position);
            let version = cx.core.attempts[id].answer.version;
            // What is copied was made before.
            if !self.is_copy(config, cx, id, &how) {
                made.push((write.row, version));
            }
            if keeps || answer == 0 {
                answer = version;
            }
        }
        cx.core.attempts[id].answer.version = answer;
        let intent = cx.core.intents[cx.core.attempts[id].intent];
        cx.record.transaction(cx.program, cx.now(), &intent, node, &tx.read, &made);
        self.let_go(config, cx, tx.at, locked);
        Ok(self.committed(config, cx, id, position))
    }

    /// A transaction cannot be committed any more; its connection stays until its caller is told.
    pub(super) fn fail_transaction<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u32,
        reason: Reason,
    ) {
        let Some(tx) = self.transactions.open.get_mut(&number) else {
            return;
        };
        tx.failed = tx.failed.or(Some(reason));
        tx.writes.clear();
        let (at, locked) = (tx.at, std::mem::take(&mut tx.locked));
        self.end_waits(cx, number, reason);
        self.let_go(config, cx, at, locked);
    }

    /// A transaction is rolled back, and its connection is closed.
    fn end_transaction<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u32) {
        let Some(tx) = self.transactions.take(number) else {
            return;
        };
        cx.tally(ROLLBACKS);
        self.places[tx.at as usize].present -= 1;
        self.end_waits(cx, number, Reason::ErrorFromCallee);
        self.let_go(config, cx, tx.at, tx.locked);
    }

    /// A query is given up by its caller, or nobody waits for it any more: it is no longer there, nor is its
    /// connection.
    pub(super) fn cancelled<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        attempt: &Attempt,
    ) {
        let number = attempt.transaction;
        if number == 0 {
            self.places[attempt.instance as usize].present -= 1;
            return;
        }
        let commits = self.transactions.open.get(&number).is_some_and(|tx| tx.commits);
        match commits && attempt.mode != CallMode::Commit {
            // The commit that is under way hears of it.
            true => self.fail_transaction(config, cx, number, Reason::Cancelled),
            false => self.end_transaction(config, cx, number),
        }
    }

    /// The caller of a transaction has closed its connection. A commit that is under way goes on.
    pub(super) fn hung_up<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u32) {
        let tx = self.transactions.open.get(&number);
        if tx.is_some_and(|tx| !tx.commits) {
            self.end_transaction(config, cx, number);
        }
    }

    /// Something was answered to a transaction: from now on it may be idle.
    fn stays_idle<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let Some(after) = config.idle_timeout else {
            return;
        };
        let (attempt, now) = (cx.core.attempts[id], cx.now());
        let number = match attempt.mode {
            CallMode::Begin => attempt.answer.version as u32,
            _ => attempt.transaction,
        };
        if let Some(tx) = self.transactions.open.get_mut(&number) {
            tx.last = now;
            cx.local_at(now + after, IDLE, u64::from(number));
        }
    }

    /// A transaction may have said nothing for too long.
    pub(super) fn is_idle<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u32) {
        let (now, node) = (cx.now(), cx.node);
        let (Some(tx), Some(after)) = (self.transactions.open.get(&number), config.idle_timeout)
        else {
            return;
        };
        let is_under_way = |a: &Attempt| {
            a.node == node && a.transaction == number && a.has_arrived() && a.callee.is_open()
        };
        let attempts = || cx.core.attempts.iter();
        if tx.last + after <= now && !attempts().any(|(_, a)| is_under_way(a)) {
            cx.tally(IDLE_ENDED);
            self.end_transaction(config, cx, number);
        }
    }
}
