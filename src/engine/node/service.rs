//! Service: instances with slots; each slot carries one request through its plan.
//!
//! Simulated: a waiting line per instance, bounded or not, in one of five disciplines; a slot is held
//! for the whole plan, also while the request waits for calls of its own (that is how real systems
//! die); slots that work share the cores of the instance; a more important request may take the slot
//! of one that works; bulkheads by operation; requests that waited too long are dropped when their turn
//! comes, by a fixed bound or by CoDel; a limit on the requests inside that follows their times; work
//! slowed by other work, by a full memory and by a cold start; collections of garbage, during which an
//! instance stands still; leaks, until it crashes and is restarted; work for callers who have gone goes
//! on, unless the service stops on hearing of it. Instances may come and go during the run.
//!
//! Ignored: switching between requests costs nothing; the network stack goes on while an instance stands
//! still (requests queue up); requests that have responded and work on cannot be interrupted.

mod breaks;
mod config;
mod instance;
mod turns;

pub use config::Config;

use super::{Look, NodeKind};
use crate::design::{CallMode, Settings};
use crate::engine::attempt::{Attempt, AttemptId, Call, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::draw::Purpose;
use crate::engine::fleet::Phase;
use crate::engine::plan::{self, Progress};
use crate::engine::policy::slowdown;
use crate::engine::processor::Rest;
use crate::engine::probe;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::engine::standing::Still;
use crate::time::Duration;
use instance::{Deferred, Instance};
use turns::Admission;

/// Codes of the events that a service schedules for itself; their argument is the instance, and a
/// number above it.
const DONE: u8 = 0;
const GOES_ON: u8 = 1;
const MEMORY_FULL: u8 = 2;
const RESTARTED: u8 = 3;

/// Positions of the tallies.
const EXPIRED: usize = 0;
const SHED: usize = 1;
const INTERRUPTED: usize = 2;
const PAUSES: usize = 3;
const OUT_OF_MEMORY: usize = 4;
const DIED_BETWEEN: usize = 5;

#[derive(Clone)]
pub struct Service {
    instances: Vec<Instance>,
    /// Knobs were changed, or it stood still, during the run: there may be leftovers of that.
    was_revised: bool,
}

impl NodeKind for Service {
    type Config = Config;

    const TALLIES: &'static [&'static str] =
        &["expired", "shed", "interrupted", "gc_pauses", "out_of_memory", "died_between"];

    fn compile(knobs: &Settings<'_>) -> Config {
        Config::compile(knobs)
    }

    fn new(config: &Config) -> Service {
        Service {
            instances: vec![Instance::new(config); config.instances as usize],
            was_revised: false,
        }
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let i = cx.core.attempts[id].instance as usize;
        let admission = if self.is_plain(config) {
            self.admit_plainly(config, cx, i, id)
        } else {
            self.admit(config, cx, i, id)
        };
        match admission {
            Admission::Refused(reason) => cx.refuse(id, reason),
            Admission::Begin => {
                cx.enter();
                cx.begin(id);
                let progress = self.take_up(config, cx, i, id);
                self.go_on(config, cx, id, progress);
            }
            Admission::Wait => cx.enter_line(id),
        }
        self.retime(config, cx, i);
    }

    fn on_probe<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let i = cx.core.attempts[id].instance as usize;
        match probe::is_shallow(cx, id) {
            true if self.instances[i].standing.is_still() => {
                self.instances[i].deferred.push(Deferred::Probe(id));
            }
            true => probe::answer(cx, id),
            false => self.on_request(config, cx, id),
        }
    }

    fn on_work<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let i = cx.core.attempts[id].instance as usize;
        self.work_done(config, cx, id);
        self.retime(config, cx, i);
    }

    fn on_goes_on<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        ns: u64,
    ) {
        let i = cx.core.attempts[id].instance as usize;
        if !config.is_timed {
            let standing = &mut self.instances[i].standing;
            return match standing.is_still() {
                true => standing.stopped.push((id, Duration(ns))),
                false => cx.work_ends(id, ns),
            };
        }
        self.instances[i].processor.add(cx.now(), id, Rest::of(ns));
        self.schedule(cx, i);
    }

    fn on_local<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, code: u8, arg: u64) {
        let i = (arg & 0xffff) as usize;
        match code {
            DONE => self.on_done(config, cx, i, (arg >> 16) as u32),
            GOES_ON => self.on_goes_on(config, cx, i),
            MEMORY_FULL => self.on_memory_full(config, cx, i),
            RESTARTED => self.on_restarted(cx, i),
            other => unreachable!("no code {other}"),
        }
        self.schedule(cx, i);
        self.has_settled(config);
    }

    fn on_call_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let i = cx.core.attempts[id].instance as usize;
        let instance = &mut self.instances[i];
        if instance.standing.is_still() {
            instance.deferred.push(Deferred::CallOver(id, *call, result));
            return;
        }
        if !config.crash_between.is_never() && self.dies_between(config, cx, id, call, result) {
            return self.retime(config, cx, i);
        }
        let progress = plan::call_over(cx, id, call, result);
        self.go_on(config, cx, id, progress);
        self.retime(config, cx, i);
    }

    fn on_late_reply<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, late: &Attempt) {
        plan::late_reply(cx, late);
    }

    fn on_cancel<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let i = attempt.instance as usize;
        match attempt.callee {
            CalleeSide::Queued => {
                if let Some(interrupted) = self.instances[i].take_interrupted(id) {
                    cx.count_as_held(id, interrupted.held);
                }
                self.sample(config, cx, i, id, true);
                cx.leave_line(id, CalleeSide::Cancelled);
                self.instances[i].line.forget(&cx.core.attempts);
                cx.close(id, CalleeSide::Cancelled);
                self.check_drained(i);
            }
            CalleeSide::Working | CalleeSide::Awaiting => {
                let now = cx.now();
                self.instances[i].processor.remove(now, id);
                cx.abandon_calls_of(id);
                cx.core.attempts[id].callee = CalleeSide::Cancelled;
                let next = self.free_slot_apart(config, cx, id);
                cx.close(id, CalleeSide::Cancelled);
                if let Some((next, progress)) = next {
                    self.go_on(config, cx, next, progress);
                }
            }
            // What goes on after the response is not the caller's business.
            _ => {}
        }
        self.retime(config, cx, i);
    }

    fn on_crash<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, which: Option<u16>) {
        self.crash(config, cx, which);
    }

    fn on_revised<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.revise_all(config, cx);
        self.has_settled(config);
    }

    fn on_stand_still<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        instance: u16,
        still: Still,
    ) {
        if self.is_plain(config) {
            self.revise_all(config, cx);
        }
        self.stand_still(config, cx, instance as usize, still);
    }

    fn on_move_on<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        instance: u16,
        entry: u16,
    ) {
        let i = instance as usize;
        if self.instances.get_mut(i).is_some_and(|i| i.standing.end_entry(entry)) {
            self.wake(config, cx, i);
            self.schedule(cx, i);
        }
        self.has_settled(config);
    }

    fn on_fleet<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let places = cx.core.fleets[cx.node as usize].places();
        while self.instances.len() < places {
            self.instances.push(Instance {
                exists: false,
                ..Instance::new(config)
            });
        }
        let now = cx.now();
        for i in 0..places {
            let phase = cx.core.fleets[cx.node as usize].member(i as u16).phase;
            let instance = &mut self.instances[i];
            if phase != Phase::Gone && !instance.exists {
                instance.clear(config, now);
                instance.restarts_at = None;
            }
            instance.exists = phase != Phase::Gone;
            if std::mem::replace(&mut instance.boots, phase == Phase::Booting) && phase == Phase::Ready
            {
                // It is as old as its first request could be.
                cx.core.fleets[cx.node as usize].restart(i as u16, now);
            }
            let instance = &mut self.instances[i];
            instance.drains = phase == Phase::Draining;
            self.check_drained(i);
        }
    }

    fn look(&self, config: &Config) -> Look {
        let all = self.instances.iter().filter(|i| i.exists).count() as u32;
        Look {
            slots: config.slots.saturating_mul(all),
            slots_each: config.slots,
            queue_limit: config.queue_limit.map(|n| n.saturating_mul(all)),
        }
    }
}

impl Service {
    #[inline]
    fn is_plain(&self, config: &Config) -> bool {
        config.is_plain && !self.was_revised
    }

    /// A piece of work is done.
    #[inline]
    fn work_done<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        if attempt.callee == CalleeSide::Working && cx.fails(id) {
            // The rest of the plan is dropped.
            self.go_on(config, cx, id, Progress::Fails);
            return;
        }
        if attempt.callee == CalleeSide::Working && cx.core.intents[attempt.intent].is_malformed {
            // Only the work shows it.
            self.malformed(config, cx, id);
            return;
        }
        if attempt.mode == CallMode::Write {
            let operation = cx.core.intents[attempt.intent].operation as usize;
            let keeps = cx.program.nodes[cx.node as usize].effects[operation].is_some();
            if keeps && plan::is_first_work(cx, id) {
                cx.effect(id, 0);
            }
        }
        let progress = plan::proceed(cx, id);
        self.go_on(config, cx, id, progress);
    }

    #[cold]
    fn malformed<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.core.attempts[id].callee = CalleeSide::Error;
        let next = self.free_slot_apart(config, cx, id);
        cx.reply(id, Err(Reason::InvalidInput));
        if let Some((next, progress)) = next {
            self.go_on(config, cx, next, progress);
        }
    }

    /// The event that was scheduled for the next end of a piece of work.
    fn on_done<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
        generation: u32,
    ) {
        if !self.instances[i].processor.is_due(generation) {
            return;
        }
        let now = cx.now();
        while let Some(id) = self.instances[i].processor.pop_done(now) {
            self.work_done(config, cx, id);
        }
    }

    /// Carries on with a request in a slot, and with those that get the slot after it: a loop, not a
    /// recursion, since a whole line of requests may need no time at all.
    fn go_on<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        mut id: AttemptId,
        mut progress: Progress,
    ) {
        loop {
            let next = match progress {
                Progress::Waits => return,
                Progress::Works { step } => self.work(config, cx, id, step),
                Progress::Done | Progress::Fails | Progress::SoldOut => {
                    let succeeds = progress == Progress::Done;
                    let attempt = &mut cx.core.attempts[id];
                    debug_assert!(!succeeds || attempt.callee == CalleeSide::WorkingOn);
                    attempt.callee = match succeeds {
                        true => CalleeSide::Replied,
                        false => CalleeSide::Error,
                    };
                    let next = self.free_slot(config, cx, id);
                    match succeeds {
                        true => cx.close(id, CalleeSide::Replied),
                        false => cx.reply(id, Err(progress.reason())),
                    }
                    next
                }
            };
            let Some(next) = next else { return };
            (id, progress) = next;
        }
    }

    /// Begins a piece of work. Says who goes on in its slot if somebody more important waits for it.
    ///
    /// Apart: within the loop of [`Service::go_on`], all that it needs would be fetched before the loop,
    /// for those too who do not begin any work.
    #[inline(never)]
    fn work<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        step: u16,
    ) -> Option<(AttemptId, Progress)> {
        let attempt = &cx.core.attempts[id];
        let (i, address) = (
            attempt.instance as usize,
            attempt.address.attempt(u32::from(step) << 16),
        );
        let time = match config.has_one_service_time() {
            true => &config.service_time,
            false => config.service_time_of(cx.core.intents[attempt.intent].operation),
        };
        let mut ns = time.sample(&mut cx.draws(Purpose::Work, address));
        if config.slows || self.was_revised {
            ns = self.slowed(config, cx, i, ns);
        }
        if config.is_timed {
            return self.work_timed(config, cx, i, id, ns);
        }
        cx.work_for(id, ns);
        None
    }

    /// The same where work goes through the processor of the instance.
    #[inline(never)]
    fn work_timed<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
        id: AttemptId,
        ns: u64,
    ) -> Option<(AttemptId, Progress)> {
        let now = cx.now();
        let modifiers = &cx.core.modifiers[cx.node as usize];
        let ns = modifiers.slowed(cx.work_of(id, ns));
        if cx.hangs(id, ns) {
            return None;
        }
        self.instances[i].processor.add(now, id, Rest::of(ns));
        self.yields(config, cx, i, id)
    }

    #[inline(never)]
    fn slowed<R: Record>(&self, config: &Config, cx: &Cx<'_, R>, i: usize, ns: u64) -> u64 {
        let instance = &self.instances[i];
        let memory = Some((instance.leaked, config.memory));
        let started = cx.core.fleets[cx.node as usize].member(i as u16).started;
        let age = slowdown::age(started, cx.now());
        config.slowdown.slowed(ns, instance.busy, memory, age)
    }

    /// Gives the slot back; who waits takes it, and is to go on.
    #[inline(always)]
    fn free_slot<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) -> Option<(AttemptId, Progress)> {
        cx.leave_slot(id);
        let i = cx.core.attempts[id].instance as usize;
        assert!(self.instances[i].busy > 0, "a slot is given back once");
        if self.is_plain(config) {
            self.instances[i].busy -= 1;
        } else {
            self.free_slot_of_row(config, cx, i, id);
        }
        let next = self.next_in_line(config, cx, i);
        if next.is_none() {
            self.check_drained(i);
        }
        next
    }

    /// [`Service::free_slot`] for those who do not get to the end of their work.
    #[inline(never)]
    fn free_slot_apart<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) -> Option<(AttemptId, Progress)> {
        self.free_slot(config, cx, id)
    }

    #[inline(never)]
    fn free_slot_of_row<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        i: usize,
        id: AttemptId,
    ) {
        let was_dropped = cx.core.attempts[id].callee == CalleeSide::Cancelled;
        self.sample(config, cx, i, id, was_dropped);
        let row = config.row(cx, id);
        self.instances[i].give_slot(row);
        self.leak(config, cx, i);
    }

    /// Schedules the next end of a piece of work, where work is timed.
    #[inline]
    fn retime<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, i: usize) {
        if config.is_timed {
            self.schedule(cx, i);
        }
    }

    #[inline(never)]
    fn schedule<R: Record>(&mut self, cx: &mut Cx<'_, R>, i: usize) {
        let now = cx.now();
        let next = self.instances[i].processor.retime(now);
        if let Some((at, generation)) = next {
            cx.local_at(at, DONE, argument(i, u64::from(generation)));
        }
    }
}

fn argument(instance: usize, number: u64) -> u64 {
    number << 16 | instance as u64
}
