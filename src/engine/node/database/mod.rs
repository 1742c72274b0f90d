//! Database: rows with versions, in one copy or several; queries share the cores of their copy.
//!
//! Simulated: a query needs a core for its whole length and waits in order of arrival for one; at
//! most `connections` queries of a copy run, wait, or wait for other copies, one more is refused; a write
//! raises the version of its row, and leaves its effect, at the moment it is committed; one that is meant for
//! a version only is done if the row has it at that moment, and is a conflict otherwise. A leader ships a
//! log that the other copies receive in order and apply in order (`replication`); who leads changes when
//! the leader is lost, or by hand (`failover`).
//! Statements of a transaction go over the connection that it has had since it began; what it writes is
//! there at its commit (`transactions`); rows may be locked until then (`locks`), and tables while their
//! schema is changed (`schema`). What a query takes may follow from the rows that it looks at (`cost`).
//! Instead of copies there may be shards, which have a part of the keys each (`resharding`). A row may have
//! columns, of which releases of applications name some (`columns`).
//! Ignored so far: copies of shards; applying a log takes time, and no core.

mod backup;
mod columns;
mod config;
mod cost;
mod failover;
mod leaderless;
mod locks;
mod replication;
mod resharding;
mod schema;
mod stock;
mod transactions;

use std::collections::VecDeque;

use super::{Kept, KindFault, Look, NodeKind};
use crate::design::{CallMode, Settings};
use crate::engine::attempt::{AttemptId, CalleeSide};
use crate::engine::basis::Basis;
use crate::engine::core::{Core, Cx};
use crate::engine::draw::Purpose;
use crate::engine::probe;
use crate::engine::program::Program;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::engine::rows::Rows;
use crate::engine::station::{Admission, Instance};
use crate::time::Time;
use backup::Backups;
use columns::Columns;
pub use config::Config;
use cost::Tables;
use leaderless::Leaderless;
use locks::Locks;
use resharding::Resharding;
use schema::Schema;
use stock::Change;
use transactions::Transactions;

/// Local events; `argument` says what goes with them.
const ARRIVES: u8 = 1;
const APPLIED: u8 = 2;
const ACKNOWLEDGED: u8 = 3;
const GOES_ALONE: u8 = 4;
const DETECTED: u8 = 5;
const PROMOTED: u8 = 6;
const STEPS_DOWN: u8 = 7;
/// The caller of a transaction has closed its connection.
pub const HANGS_UP: u8 = 8;
const LOCK_TIMEOUT: u8 = 9;
const IDLE: u8 = 10;
const LETTER: u8 = 11;
const TOO_FEW_CAME: u8 = 12;
const STATEMENT_TIMEOUT: u8 = 13;
const TABLE_TIMEOUT: u8 = 14;
const SCHEMA_TIMEOUT: u8 = 15;
const SCHEMA_RETRY: u8 = 16;
const SCHEMA_DONE: u8 = 17;
const BATCH_MOVED: u8 = 18;
const BACKUP_BEGINS: u8 = 19;
const BACKUP_DONE: u8 = 20;
const RESTORED: u8 = 21;

/// Positions in `TALLIES`.
const FAILOVERS: usize = 0;
const UNDONE: usize = 1;
const FENCED: usize = 2;
const WENT_ALONE: usize = 3;
const COMMITS: usize = 4;
const ROLLBACKS: usize = 5;
const DEADLOCKS: usize = 6;
const LOCK_WAITS: usize = 7;
const IDLE_ENDED: usize = 8;
const TOO_FEW: usize = 9;
const NO_QUORUM: usize = 10;
const HINTS: usize = 11;
const REPAIRED: usize = 12;
const STATEMENT_TIMEOUTS: usize = 13;
const TABLE_WAITS: usize = 14;
const SCHEMA_CHANGES: usize = 15;
const SCHEMA_TIMEOUTS: usize = 16;
const SCHEMA_GIVEN_UP: usize = 17;
const MOVED_ROWS: usize = 18;
const BACKUPS: usize = 19;
const RESTORES: usize = 20;

/// One copy: its queries and its rows.
#[derive(Clone, Default)]
struct Place {
    station: Instance,
    /// Queries that hold a connection.
    present: u32,
    rows: Rows,
    /// Units that are taken, by row, where somebody counts.
    taken: Rows,
    /// Writes that wait for other copies to have them, by position in the log.
    unanswered: VecDeque<(u64, AttemptId)>,
    /// Reads that wait for what their user has written.
    unserved: Vec<(u64, AttemptId)>,
}

#[derive(Clone)]
pub struct Database {
    places: Vec<Place>,
    /// The leader does not wait for others until they have caught up.
    goes_alone: bool,
    /// The one that is being made the leader may lead, and it is by hand.
    ready: bool,
    by_hand: bool,
    transactions: Transactions,
    locks: Locks,
    schema: Schema,
    tables: Tables,
    columns: Columns,
    resharding: Resharding,
    backups: Backups,
    /// Copies, or shards that have keys.
    serving: u32,
    leaderless: Leaderless,
    /// Since when the others do not hear the leader.
    silent_since: Option<Time>,
}

impl NodeKind for Database {
    type Config = Config;

    const TALLIES: &'static [&'static str] = &[
        "failovers",
        "undone",
        "fenced",
        "went_alone",
        "commits",
        "rollbacks",
        "deadlocks",
        "lock_waits",
        "idle_ended",
        "too_few_copies",
        "no_quorum",
        "hints",
        "repairs",
        "statement_timeouts",
        "table_waits",
        "schema_changes",
        "schema_timeouts",
        "schema_given_up",
        "moved_rows",
        "backups",
        "restores",
    ];

    fn compile(knobs: &Settings<'_>) -> Config {
        Config::compile(knobs)
    }

    fn new(config: &Config) -> Database {
        Database {
            places: vec![Place::default(); config.instances()],
            goes_alone: false,
            ready: false,
            by_hand: false,
            transactions: Transactions::default(),
            locks: Locks::default(),
            schema: Schema::default(),
            tables: Tables::default(),
            columns: Columns::default(),
            resharding: Resharding::default(),
            backups: Backups::default(),
            serving: config.instances() as u32,
            leaderless: Leaderless::default(),
            silent_since: None,
        }
    }

    fn start<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.plans_backup(config, cx);
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        self.query_comes(config, cx, id);
        self.schema_goes_on(cx);
    }

    fn on_probe<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        match probe::is_shallow(cx, id) {
            true => probe::answer(cx, id),
            false => self.on_request(config, cx, id),
        }
    }

    fn on_work<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        self.query_done(config, cx, id);
        self.schema_goes_on(cx);
    }

    fn on_local<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, code: u8, arg: u64) {
        match code {
            ARRIVES => self.arrives(config, cx, arg),
            APPLIED => self.applied(config, cx, arg),
            ACKNOWLEDGED => self.acknowledged(config, cx, arg),
            GOES_ALONE => self.goes_alone(config, cx, arg),
            DETECTED => self.detected(config, cx),
            PROMOTED => self.promoted(config, cx, arg),
            HANGS_UP => self.hung_up(config, cx, arg as u32),
            LOCK_TIMEOUT => self.lock_timeout(config, cx, arg),
            IDLE => self.is_idle(config, cx, arg as u32),
            LETTER => self.letter_comes(config, cx, arg),
            TOO_FEW_CAME => self.too_few_came(cx, arg),
            STATEMENT_TIMEOUT => self.statement_timeout(config, cx, arg),
            TABLE_TIMEOUT => self.table_timeout(config, cx, arg),
            SCHEMA_TIMEOUT => self.schema_timeout(config, cx, arg),
            SCHEMA_RETRY => self.schema_retry(cx, arg),
            SCHEMA_DONE => self.schema_done(config, cx, arg),
            BATCH_MOVED => self.batch_moved(config, cx),
            BACKUP_BEGINS => self.backup_begins(config, cx),
            BACKUP_DONE => self.backup_done(config, cx, arg),
            RESTORED => self.restored(config, cx),
            STEPS_DOWN => self.steps_down(config, cx, arg),
            _ => unreachable!("a database schedules no other"),
        }
        self.settles(config, cx);
    }

    fn on_cancel<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let at = cx.core.attempts[id].instance as usize;
        match cx.core.attempts[id].callee {
            CalleeSide::Queued => {
                cx.leave_line(id, CalleeSide::Cancelled);
                self.waits_no_longer(cx, id);
                let attempt = cx.core.attempts[id];
                self.cancelled(config, cx, &attempt);
                cx.close(id, CalleeSide::Cancelled);
            }
            CalleeSide::Working => {
                cx.core.attempts[id].callee = CalleeSide::Cancelled;
                cx.leave_slot(id);
                let attempt = cx.core.attempts[id];
                self.cancelled(config, cx, &attempt);
                self.free_core(config, cx, at);
                cx.close(id, CalleeSide::Cancelled);
            }
            // What is committed stays.
            _ => {}
        }
        self.schema_goes_on(cx);
    }

    fn on_crash<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        cx.crash_all(instance);
        self.backups.crashed();
        for at in 0..self.places.len() {
            if instance.is_none_or(|instance| instance as usize == at) {
                // What was written stays written: the disk survives.
                let place = &mut self.places[at];
                place.station.clear();
                place.present = 0;
                place.unanswered.clear();
                place.unserved.clear();
                self.transactions.forget(at as u16);
                self.locks.clear(at as u16);
                self.forgets_schema(cx, at as u16);
                self.resharding.forgets(cx);
                match config.leaderless {
                    true => self.forgets_queries(at),
                    false => self.is_lost(config, cx, at),
                }
            }
        }
        self.settles(config, cx);
    }

    fn on_restart<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        if config.leaderless {
            self.hands_off(config, cx);
            return self.settles(config, cx);
        }
        for at in 0..self.places.len() {
            if instance.is_none_or(|instance| instance as usize == at) {
                self.is_back(config, cx, at);
            }
        }
        self.settles(config, cx);
    }

    fn on_fault<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, fault: KindFault) {
        match fault {
            KindFault::CutOff { instance, begins } => {
                self.cut_off(config, cx, instance as usize, begins);
            }
            KindFault::HandOver => self.hands_over(config, cx),
            KindFault::Schema(change) => self.changes_schema(cx, change),
            KindFault::Reshard(change) => self.reshards(config, cx, change),
            KindFault::Restore(rate) => self.restores(config, cx, rate),
            _ => unreachable!("the entry is for other kinds"),
        }
        self.settles(config, cx);
    }

    fn on_revised<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        for at in 0..self.places.len() {
            self.fill(config, cx, at);
        }
        // Fewer copies may be needed now.
        self.answer(config, cx);
    }

    fn kept(&self, config: &Config, _: &Program, core: &Core, node: u16) -> Vec<Kept> {
        let copies = core.copies[node as usize].as_deref();
        let leads = |at: usize| match copies {
            Some(copies) => !config.leaderless && copies.primary as usize == at,
            None => true,
        };
        // Shards have their rows together, in one place.
        let places = self.places.iter().enumerate();
        let places = places.filter(|(at, _)| Self::home(config, *at) == *at);
        let kept = places.map(|(at, place)| Kept {
            at: at as u16,
            leads: leads(at),
            rows: place.rows.all(),
        });
        kept.collect()
    }

    fn look(&self, config: &Config) -> Look {
        let copies = self.serving;
        let waiting = |connections: u32| connections.saturating_sub(config.cores);
        Look {
            slots: config.cores * copies,
            slots_each: config.cores,
            queue_limit: config.connections.map(|c| waiting(c) * copies),
        }
    }
}

impl Database {
    /// A query stands at the door.
    fn query_comes<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let at = attempt.instance as usize;
        let changes = matches!(attempt.mode, CallMode::Write | CallMode::Begin);
        self.notes_release(config, cx, id);
        if changes && !self.leads(cx, at) {
            cx.tally(FENCED);
            self.fail_transaction(config, cx, attempt.transaction, Reason::NotPrimary);
            return cx.refuse(id, Reason::NotPrimary);
        }
        if attempt.transaction != 0 {
            return self.on_statement(config, cx, id);
        }
        if !self.has_key(cx, &attempt) {
            return cx.refuse(id, Reason::NotPrimary);
        }
        if config.connections.is_some_and(|most| self.places[at].present >= most) {
            return cx.refuse(id, Reason::ConnectionRefused);
        }
        self.places[at].present += 1;
        self.times_statement(config, cx, id);
        if self.must_wait(config, cx, id) {
            return cx.enter_line(id);
        }
        if self.meets_move(cx, id) || !self.gets_table(config, cx, id) {
            return;
        }
        if !self.locks.is_empty() && !self.gets_lock(config, cx, id) {
            return;
        }
        self.takes_core(config, cx, id);
    }

    /// A query has had its time on a core.
    fn query_done<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let at = attempt.instance as usize;
        let is_write = attempt.mode == CallMode::Write;
        let faults = &cx.core.modifiers[cx.node as usize];
        let failed = faults.fails(&mut cx.draws(Purpose::Fault, attempt.address));
        let refusal = match failed {
            true => Some(Reason::ErrorFromCallee),
            false if self.names_unknown(config, cx, id, attempt.mode) => {
                Some(Reason::ContractMismatch)
            }
            false if is_write && faults.disk_full > 0 => Some(Reason::StorageFull),
            // Somebody else was made the leader while the query ran.
            false if is_write && !self.leads(cx, at) => Some(Reason::NotPrimary),
            // Its key was moved while the query ran.
            false if attempt.transaction == 0 && !self.has_key(cx, &attempt) => {
                Some(Reason::NotPrimary)
            }
            false => None,
        };
        if attempt.transaction != 0 || attempt.mode == CallMode::Begin {
            return self.statement_done(config, cx, id, refusal);
        }
        let row = config.row_of(cx, id);
        let based_on = Basis::from_bits(attempt.payload).version();
        let (read, promised) = (attempt.read, !attempt.beside);
        let is_made = attempt.row.is_made();
        let write = Change { row, based_on, read, is_made, promised };
        let mut refusal = match refusal {
            None if is_write => {
                let item = cx.core.intents[attempt.intent].item;
                self.refuses(config, at, (row, item), &attempt)
            }
            other => other,
        };
        let waits = match refusal {
            Some(_) => false,
            None if config.leaderless => match self.coordinates(config, cx, id, write) {
                Ok(waits) => waits,
                Err(reason) => {
                    refusal = Some(reason);
                    false
                }
            },
            None if is_write && self.stays_as_it_is(config, cx, (at, row), id) => false,
            None if is_write => {
                let before = self.places[Self::home(config, at)].rows.version(row);
                self.grows(cx, &attempt, (attempt.row, before));
                let position = self.commit(config, cx, id, write);
                self.committed(config, cx, id, position)
            }
            None => {
                let home = Self::home(config, at);
                let (version, taken) = (self.places[home].rows.version(row), self.taken(home, row));
                let version = cx.end_for_feed(id).unwrap_or(version);
                let found = self.finds(config, cx, &attempt, (row, version));
                let answer = &mut cx.core.attempts[id].answer;
                (answer.version, answer.missing) = (found.unwrap_or(0), found.is_none());
                Self::says_units(config, &attempt, taken, answer);
                false
            }
        };
        if waits {
            cx.core.attempts[id].callee = CalleeSide::Awaiting;
            return self.free_core(config, cx, at);
        }
        let reply = refusal.map_or(Ok(()), Err);
        self.leave(cx, id, reply);
        self.free_core(config, cx, at);
        cx.reply(id, reply);
    }

    /// A query that has just come gets a core, or waits for one.
    fn takes_core<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let at = cx.core.attempts[id].instance as usize;
        let slots = self.slots(config, cx);
        match self.places[at].station.admit(id, slots, None) {
            Admission::Begin => {
                cx.enter();
                self.begin(config, cx, id);
            }
            Admission::Wait => cx.enter_line(id),
            Admission::Full => unreachable!("connections are the limit"),
        }
    }

    /// A query that has waited for something else than a core gets one, or waits on.
    fn takes_core_after_wait<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) {
        debug_assert_eq!(cx.core.attempts[id].callee, CalleeSide::Queued);
        let at = cx.core.attempts[id].instance as usize;
        let slots = self.slots(config, cx);
        if self.places[at].station.admit(id, slots, None) == Admission::Begin {
            cx.leaves_line_for_slot();
            self.begin(config, cx, id);
        }
    }

    /// The query's connection is free, unless it is its transaction's.
    fn disconnects<R: Record>(&mut self, cx: &Cx<'_, R>, id: AttemptId) {
        let attempt = &cx.core.attempts[id];
        if attempt.transaction == 0 || attempt.mode == CallMode::Commit {
            self.places[attempt.instance as usize].present -= 1;
        }
    }

    /// Queries that may run at the same time at one copy: with fewer connections than cores, the
    /// connections are the bound.
    fn slots<R: Record>(&self, config: &Config, cx: &Cx<'_, R>) -> u32 {
        let cores = config.cores.saturating_sub(self.backups.cores());
        cx.slots(config.connections.map_or(cores, |c| c.min(cores)))
    }

    fn begin<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.begin(id);
        let ns = match cx.core.attempts[id].mode {
            // The cheapest of queries: they need a core, and no time on it.
            CallMode::Probe | CallMode::Begin | CallMode::Commit => 0,
            // It fails before it has looked at a row.
            mode if self.names_unknown(config, cx, id, mode) => 0,
            _ => self.cost(config, cx, id),
        };
        cx.work_for(id, ns);
    }

    /// A query that was in line is in none any more; its record says so already.
    fn waits_no_longer<R: Record>(&mut self, cx: &Cx<'_, R>, id: AttemptId) {
        let place = &mut self.places[cx.core.attempts[id].instance as usize];
        let before = place.unserved.len();
        place.unserved.retain(|&(_, waiting)| waiting != id);
        // Who waited for something else than a core is in no line for one.
        let waited = place.unserved.len() < before
            || self.locks.forget(id)
            || self.schema.forget(id)
            || self.resharding.forget(id);
        if !waited {
            let at = cx.core.attempts[id].instance as usize;
            self.places[at].station.forget(&cx.core.attempts);
        }
    }

    /// Changes of the schema go on when nobody is before them; what only waits for copies that cannot come is
    /// no reason to go on.
    fn settles<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.schema_goes_on(cx);
        match config.leaderless {
            true => self.note_hints(cx),
            false => self.note_rest(cx),
        }
    }

    /// A core of a copy is free: who waits for it takes it.
    fn free_core<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: usize) {
        self.places[at].station.busy -= 1;
        self.fill(config, cx, at);
    }

    fn fill<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: usize) {
        loop {
            let slots = self.slots(config, cx);
            let place = &mut self.places[at];
            let Some(next) = place.station.admit_waiting(slots, &cx.core.attempts) else {
                return;
            };
            let attempt = cx.core.attempts[next];
            if cx.drops_late(next) {
                place.station.busy -= 1;
                self.cancelled(config, cx, &attempt);
                continue;
            }
            cx.leaves_line_for_slot();
            self.begin(config, cx, next);
        }
    }

    /// The query is over, and so is its connection.
    fn leave<R: Record>(&mut self, cx: &mut Cx<'_, R>, id: AttemptId, reply: Result<(), Reason>) {
        cx.core.attempts[id].callee = match reply.is_ok() {
            true => CalleeSide::Replied,
            false => CalleeSide::Error,
        };
        cx.leave_slot(id);
        self.disconnects(cx, id);
    }
}
