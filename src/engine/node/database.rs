//! Database: rows with versions; queries share its cores.
//!
//! Simulated: a query needs a core for its whole length and waits in order of arrival for one; at
//! most `connections` queries run or wait, one more is refused; a write raises the version of its
//! row, and leaves its effect, at the moment it is done; one that is meant for a version only is done
//! if the row has it at that moment, and is a conflict otherwise.
//! Ignored so far: transactions, locks, replicas, what queries cost beyond time on a core.

use super::{Look, NodeKind};
use crate::design::{CallMode, Settings};
use crate::engine::attempt::{AttemptId, CalleeSide};
use crate::engine::basis::Basis;
use crate::engine::core::Cx;
use crate::engine::dist::Sampler;
use crate::engine::draw::Purpose;
use crate::engine::probe;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::engine::rows::Rows;
use crate::engine::station::{Admission, Instance};

pub struct Config {
    cores: u32,
    read_time: Sampler,
    write_time: Sampler,
    /// Queries that may be running or waiting.
    connections: Option<u32>,
}

#[derive(Clone)]
pub struct Database {
    station: Instance,
    rows: Rows,
}

impl NodeKind for Database {
    type Config = Config;

    fn compile(knobs: &Settings<'_>) -> Config {
        Config {
            cores: knobs.count("cores") as u32,
            read_time: Sampler::new(&knobs.dist("read_time")),
            write_time: Sampler::new(&knobs.dist("write_time")),
            connections: knobs.opt_count("connections").map(|n| n as u32),
        }
    }

    fn new(_: &Config) -> Database {
        Database { station: Instance::default(), rows: Rows::default() }
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let slots = self.slots(config, cx);
        let limit = config.connections.map(|c| c.saturating_sub(slots));
        match self.station.admit(id, slots, limit) {
            Admission::Full => cx.refuse(id, Reason::ConnectionRefused),
            Admission::Begin => {
                cx.enter();
                self.begin(config, cx, id);
            }
            Admission::Wait => cx.enter_line(id),
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
        let faults = &cx.core.modifiers[cx.node as usize];
        let failed = faults.fails(&mut cx.draws(Purpose::Fault, attempt.address));
        let basis = Basis::from_bits(attempt.payload);
        let item = cx.core.intents[attempt.intent].item;
        let is_full = faults.disk_full > 0;
        let reply = match attempt.mode {
            _ if failed => Err(Reason::ErrorFromCallee),
            CallMode::Write if is_full => Err(Reason::StorageFull),
            CallMode::Write if !basis.permits(self.rows.version(item)) => Err(Reason::Conflict),
            _ => Ok(()),
        };
        let failed = reply.is_err();
        if !failed {
            let version = match attempt.mode {
                CallMode::Write => {
                    let version = self.rows.write(item);
                    cx.effect_on(id, version, basis.version());
                    version
                }
                _ => self.rows.version(item),
            };
            cx.core.attempts[id].answer.version = version;
        }
        cx.core.attempts[id].callee = if failed { CalleeSide::Error } else { CalleeSide::Replied };
        self.free_core(config, cx, id);
        cx.reply(id, reply);
    }

    fn on_cancel<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        match cx.core.attempts[id].callee {
            CalleeSide::Queued => {
                cx.leave_line(id, CalleeSide::Cancelled);
                self.station.forget(&cx.core.attempts);
                cx.close(id, CalleeSide::Cancelled);
            }
            CalleeSide::Working => {
                cx.core.attempts[id].callee = CalleeSide::Cancelled;
                self.free_core(config, cx, id);
                cx.close(id, CalleeSide::Cancelled);
            }
            _ => {}
        }
    }

    fn on_crash<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        cx.crash_all(instance);
        // What was written stays written: the disk survives.
        self.station.clear();
    }

    fn on_revised<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        loop {
            let slots = self.slots(config, cx);
            let attempts = &cx.core.attempts;
            let Some(next) = self.station.admit_waiting(slots, attempts) else {
                return;
            };
            if cx.drops_late(next) {
                self.station.busy -= 1;
                continue;
            }
            cx.leaves_line_for_slot();
            self.begin(config, cx, next);
        }
    }

    fn look(&self, config: &Config) -> Look {
        Look {
            slots: config.cores,
            slots_each: config.cores,
            queue_limit: config.connections.map(|c| c.saturating_sub(config.cores)),
        }
    }
}

impl Database {
    /// Queries that may run at the same time: with fewer connections than cores, the connections are
    /// the bound.
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

    fn free_core<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.leave_slot(id);
        let slots = self.slots(config, cx);
        while let Some(next) = self.station.next(slots, &cx.core.attempts) {
            if !cx.drops_late(next) {
                cx.leaves_line_for_slot();
                self.begin(config, cx, next);
                return;
            }
        }
    }
}
