//! Database: rows with versions, in one copy or several; queries share the cores of their copy.
//!
//! Simulated: a query needs a core for its whole length and waits in order of arrival for one; at
//! most `connections` queries of a copy run, wait, or wait for other copies, one more is refused; a write
//! raises the version of its row, and leaves its effect, at the moment it is committed; one that is meant for
//! a version only is done if the row has it at that moment, and is a conflict otherwise. A leader ships a
//! log that the other copies receive in order and apply in order (`replication`); who leads changes when
//! the leader is lost, or by hand (`failover`).
//! Ignored so far: transactions, locks, shards, what queries cost beyond time on a core; applying a log
//! takes time, and no core.

mod config;
mod failover;
mod replication;

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

/// Local events; `argument` says what goes with them.
const ARRIVES: u8 = 1;
const APPLIED: u8 = 2;
const ACKNOWLEDGED: u8 = 3;
const GOES_ALONE: u8 = 4;
const DETECTED: u8 = 5;
const PROMOTED: u8 = 6;
const STEPS_DOWN: u8 = 7;

/// Positions in `TALLIES`.
const FAILOVERS: usize = 0;
const UNDONE: usize = 1;
const FENCED: usize = 2;
const WENT_ALONE: usize = 3;

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
    /// Since when the others do not hear the leader.
    silent_since: Option<Time>,
}

impl NodeKind for Database {
    type Config = Config;

    const TALLIES: &'static [&'static str] = &["failovers", "undone", "fenced", "went_alone"];

    fn compile(knobs: &Settings<'_>) -> Config {
        Config::compile(knobs)
    }

    fn new(config: &Config) -> Database {
        Database {
            places: vec![Place::default(); config.copies()],
            goes_alone: false,
            ready: false,
            by_hand: false,
            silent_since: None,
        }
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let at = attempt.instance as usize;
        if attempt.mode == CallMode::Write && !self.leads(cx, at) {
            cx.tally(FENCED);
            return cx.refuse(id, Reason::NotPrimary);
        }
        if config.connections.is_some_and(|most| self.places[at].present >= most) {
            return cx.refuse(id, Reason::ConnectionRefused);
        }
        self.places[at].present += 1;
        if self.must_wait(config, cx, id) {
            return cx.enter_line(id);
        }
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
        let basis = Basis::from_bits(attempt.payload);
        let item = cx.core.intents[attempt.intent].item;
        let faults = &cx.core.modifiers[cx.node as usize];
        let failed = faults.fails(&mut cx.draws(Purpose::Fault, attempt.address));
        let refusal = match failed {
            true => Some(Reason::ErrorFromCallee),
            false if is_write && faults.disk_full > 0 => Some(Reason::StorageFull),
            // Somebody else was made the leader while the query ran.
            false if is_write && !self.leads(cx, at) => Some(Reason::NotPrimary),
            false if is_write && !basis.permits(self.places[at].rows.version(item)) => {
                Some(Reason::Conflict)
            }
            false => None,
        };
        let waits = match refusal {
            Some(_) => false,
            None if is_write => self.commit(config, cx, id),
            None => {
                cx.core.attempts[id].answer.version = self.places[at].rows.version(item);
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
            STEPS_DOWN => self.steps_down(config, cx, arg),
            _ => unreachable!("a database schedules no other"),
        }
        self.note_rest(cx);
    }

    fn on_cancel<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let at = cx.core.attempts[id].instance as usize;
        match cx.core.attempts[id].callee {
            CalleeSide::Queued => {
                cx.leave_line(id, CalleeSide::Cancelled);
                let place = &mut self.places[at];
                place.present -= 1;
                place.unserved.retain(|&(_, waiting)| waiting != id);
                place.station.forget(&cx.core.attempts);
                cx.close(id, CalleeSide::Cancelled);
            }
            CalleeSide::Working => {
                cx.core.attempts[id].callee = CalleeSide::Cancelled;
                cx.leave_slot(id);
                self.places[at].present -= 1;
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
                self.is_lost(config, cx, at);
            }
        }
        self.note_rest(cx);
    }

    fn on_restart<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        for at in 0..self.places.len() {
            if instance.is_none_or(|instance| instance as usize == at) {
                self.is_back(config, cx, at);
            }
        }
        self.note_rest(cx);
    }

    fn on_fault<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, fault: KindFault) {
        match fault {
            KindFault::CutOff { instance, begins } => {
                self.cut_off(config, cx, instance as usize, begins);
            }
            KindFault::HandOver => self.hands_over(config, cx),
            _ => unreachable!("the entry is for other kinds"),
        }
        self.note_rest(cx);
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
    /// Queries that may run at the same time at one copy: with fewer connections than cores, the
    /// connections are the bound.
    fn slots<R: Record>(&self, config: &Config, cx: &Cx<'_, R>) -> u32 {
        cx.slots(config.connections.map_or(config.cores, |c| c.min(config.cores)))
    }

    fn begin<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.begin(id);
        let attempt = cx.core.attempts[id];
        let time = match attempt.mode {
            // The cheapest of queries: it needs a core, and no time on it.
            CallMode::Probe => return cx.work_for(id, 0),
            CallMode::Write => &config.write_time,
            _ => &config.read_time,
        };
        let ns = time.sample(&mut cx.draws(Purpose::Work, attempt.address));
        cx.work_for(id, ns);
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
            if cx.drops_late(next) {
                place.station.busy -= 1;
                place.present -= 1;
                continue;
            }
            cx.leaves_line_for_slot();
            self.begin(config, cx, next);
        }
    }

    /// The query is over, and so is its connection.
    fn leave<R: Record>(&mut self, cx: &mut Cx<'_, R>, id: AttemptId, reply: Result<(), Reason>) {
        let at = cx.core.attempts[id].instance as usize;
        cx.core.attempts[id].callee = match reply.is_ok() {
            true => CalleeSide::Replied,
            false => CalleeSide::Error,
        };
        cx.leave_slot(id);
        self.places[at].present -= 1;
    }
}
