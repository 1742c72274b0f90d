//! Database: rows with versions, in one copy or several; queries share the cores of their copy.
//!
//! Simulated: a query needs a core for its whole length and waits in order of arrival for one; at
//! most `connections` queries of a copy run, wait, or wait for other copies, one more is refused; a write
//! raises the version of its row, and leaves its effect, at the moment it is committed; one that is meant for
//! a version only is done if the row has it at that moment, and is a conflict otherwise. A leader ships a
//! log that the other copies receive in order and apply in order (`replication`); who leads changes when
//! the leader is lost, or by hand (`failover`).
//! Statements of a transaction go over the connection that it has had since it began; what it writes is
//! there at its commit (`transactions`); rows may be locked until then (`locks`).
//! Ignored so far: shards, what queries cost beyond time on a core; applying a log
//! takes time, and no core.

mod config;
mod failover;
mod leaderless;
mod locks;
mod replication;
mod transactions;

use std::collections::VecDeque;

use super::{KindFault, Look, NodeKind};
use crate::design::{CallMode, Settings};
use crate::engine::attempt::{AttemptId, CalleeSide};
use crate::engine::basis::Basis;
use crate::engine::core::Cx;
use crate::engine::draw::Purpose;
use crate::engine::probe;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::engine::rows::Rows;
use crate::engine::station::{Admission, Instance};
use crate::time::Time;
pub use config::Config;
use leaderless::Leaderless;
use locks::Locks;
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

/// One copy: its queries and its rows.
#[derive(Clone, Default)]
struct Place {
    station: Instance,
    /// Queries that hold a connection.
    present: u32,
    rows: Rows,
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
    ];

    fn compile(knobs: &Settings<'_>) -> Config {
        Config::compile(knobs)
    }

    fn new(config: &Config) -> Database {
        Database {
            places: vec![Place::default(); config.copies()],
            goes_alone: false,
            ready: false,
            by_hand: false,
            transactions: Transactions::default(),
            locks: Locks::default(),
            leaderless: Leaderless::default(),
            silent_since: None,
        }
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let at = attempt.instance as usize;
        let changes = matches!(attempt.mode, CallMode::Write | CallMode::Begin);
        if changes && !self.leads(cx, at) {
            cx.tally(FENCED);
            self.fail_transaction(config, cx, attempt.transaction, Reason::NotPrimary);
            return cx.refuse(id, Reason::NotPrimary);
        }
        if attempt.transaction != 0 {
            return self.on_statement(config, cx, id);
        }
        if config.connections.is_some_and(|most| self.places[at].present >= most) {
            return cx.refuse(id, Reason::ConnectionRefused);
        }
        self.places[at].present += 1;
        if self.must_wait(config, cx, id) {
            return cx.enter_line(id);
        }
        if !self.locks.is_empty() && !self.gets_lock(config, cx, id) {
            return;
        }
        self.takes_core(config, cx, id);
    }

    fn on_probe<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        match probe::is_shallow(cx, id) {
            true => probe::answer(cx, id),
            false => self.on_request(config, cx, id),
        }
    }

    fn on_work<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let at = attempt.instance as usize;
        let is_write = attempt.mode == CallMode::Write;
        let faults = &cx.core.modifiers[cx.node as usize];
        let failed = faults.fails(&mut cx.draws(Purpose::Fault, attempt.address));
        let refusal = match failed {
            true => Some(Reason::ErrorFromCallee),
            false if is_write && faults.disk_full > 0 => Some(Reason::StorageFull),
            // Somebody else was made the leader while the query ran.
            false if is_write && !self.leads(cx, at) => Some(Reason::NotPrimary),
            false => None,
        };
        if attempt.transaction != 0 || attempt.mode == CallMode::Begin {
            return self.statement_done(config, cx, id, refusal);
        }
        let row = config.row_of(cx, id);
        let based_on = Basis::from_bits(attempt.payload).version();
        let write = (row, based_on, !attempt.beside);
        let mut refusal = match refusal {
            None if is_write => self.refuses(config, at, (row, cx.core.intents[attempt.intent].item), &attempt),
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
                let position = self.commit(config, cx, id, write);
                self.committed(config, cx, id, position)
            }
            None => {
                let version = self.places[at].rows.version(row);
                cx.core.attempts[id].answer.version = cx.end_for_feed(id).unwrap_or(version);
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
                let place = &mut self.places[at];
                let before = place.unserved.len();
                place.unserved.retain(|&(_, waiting)| waiting != id);
                // Who waited for something else than a core is in no line for one.
                if place.unserved.len() == before && !self.locks.forget(id) {
                    self.places[at].station.forget(&cx.core.attempts);
                }
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
    }

    fn on_crash<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        cx.crash_all(instance);
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

    fn look(&self, config: &Config) -> Look {
        let copies = config.copies() as u32;
        let waiting = |connections: u32| connections.saturating_sub(config.cores);
        Look {
            slots: config.cores * copies,
            slots_each: config.cores,
            queue_limit: config.connections.map(|c| waiting(c) * copies),
        }
    }
}

impl Database {
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
        cx.slots(config.connections.map_or(config.cores, |c| c.min(config.cores)))
    }

    fn begin<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.begin(id);
        let attempt = cx.core.attempts[id];
        let time = match attempt.mode {
            // The cheapest of queries: they need a core, and no time on it.
            CallMode::Probe | CallMode::Begin | CallMode::Commit => return cx.work_for(id, 0),
            CallMode::Write => &config.write_time,
            _ => &config.read_time,
        };
        let ns = time.sample(&mut cx.draws(Purpose::Work, attempt.address));
        cx.work_for(id, ns);
    }

    /// What only waits for copies that cannot come is no reason to go on.
    fn settles<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
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
