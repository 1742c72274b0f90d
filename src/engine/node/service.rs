//! Service: instances with slots; each slot carries one request through its plan.
//!
//! Simulated: a bounded or unbounded waiting line per instance, first or last in first out; a slot is
//! held for the whole plan, also while the request waits for calls of its own (that is how real
//! systems die); work for callers who have gone goes on, unless the service stops on hearing of it.
//! Ignored so far: sharing of cores between slots, start-up, garbage collection.

use super::{Look, NodeKind};
use crate::design::{CallMode, Settings};
use crate::engine::attempt::{AttemptId, Call, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::dist::Sampler;
use crate::engine::draw::Purpose;
use crate::engine::plan::{self, Progress};
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::engine::station::{Admission, Discipline, Instance};

pub struct Config {
    instances: u16,
    slots: u32,
    service_time: Sampler,
    queue_limit: Option<u32>,
    discipline: Discipline,
}

#[derive(Clone)]
pub struct Service {
    instances: Vec<Instance>,
}

impl NodeKind for Service {
    type Config = Config;

    fn compile(knobs: &Settings<'_>) -> Config {
        Config {
            instances: knobs.count("instances") as u16,
            slots: knobs.count("slots") as u32,
            service_time: Sampler::new(&knobs.dist("service_time")),
            queue_limit: knobs.opt_count("queue_limit").map(|n| n as u32),
            discipline: match knobs.choice("discipline") {
                "lifo" => Discipline::Lifo,
                _ => Discipline::Fifo,
            },
        }
    }

    fn new(config: &Config) -> Service {
        Service { instances: vec![Instance::default(); config.instances as usize] }
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let instance = cx.core.attempts[id].instance as usize;
        let slots = cx.slots(config.slots);
        match self.instances[instance].admit(id, slots, config.queue_limit) {
            Admission::Full => cx.refuse(id, Reason::QueueFull),
            Admission::Begin => {
                cx.enter();
                cx.begin(id);
                self.serve(config, cx, id);
            }
            Admission::Wait => cx.enter_line(id),
        }
    }

    fn on_work<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = &cx.core.attempts[id];
        let intent = &cx.core.intents[attempt.intent];
        if attempt.callee == CalleeSide::Working {
            let errors = &cx.core.modifiers[cx.node as usize];
            if errors.fails(&mut cx.draws(Purpose::Fault, attempt.address)) {
                self.fail(config, cx, id);
                return;
            }
            if intent.is_malformed {
                // Only the work shows it.
                self.fail_with(config, cx, id, Reason::InvalidInput);
                return;
            }
        }
        if attempt.mode == CallMode::Write {
            let operation = intent.operation as usize;
            let keeps = cx.program.nodes[cx.node as usize].effects[operation].is_some();
            if keeps && plan::is_first_work(cx, id) {
                cx.effect(id, 0);
            }
        }
        self.serve(config, cx, id);
    }

    fn on_call_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let progress = plan::call_over(cx, id, call, result);
        self.go_on(config, cx, id, progress);
    }

    fn on_cancel<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        match attempt.callee {
            CalleeSide::Queued => {
                cx.leave_line(id, CalleeSide::Cancelled);
                self.instances[attempt.instance as usize].forget(&cx.core.attempts);
                cx.close(id, CalleeSide::Cancelled);
            }
            CalleeSide::Working | CalleeSide::Awaiting => {
                cx.abandon_calls_of(id);
                cx.core.attempts[id].callee = CalleeSide::Cancelled;
                let next = self.free_slot(config, cx, id);
                cx.close(id, CalleeSide::Cancelled);
                self.serve_next(config, cx, next);
            }
            // What goes on after the response is not the caller's business.
            _ => {}
        }
    }

    fn on_crash<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        cx.crash_all(instance);
        match instance {
            None => self.instances.iter_mut().for_each(Instance::clear),
            Some(instance) => self.instances[instance as usize].clear(),
        }
    }

    fn on_revised<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        // More slots are used at once; with fewer, what is in them is finished.
        for instance in 0..self.instances.len() {
            loop {
                let slots = cx.slots(config.slots);
                let attempts = &cx.core.attempts;
                let next = self.instances[instance].admit_waiting(slots, config.discipline, attempts);
                let Some(next) = next else { break };
                cx.leaves_line_for_slot();
                cx.begin(next);
                self.serve(config, cx, next);
            }
        }
    }

    fn on_fleet<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>) {
        let places = cx.core.fleets[cx.node as usize].places();
        if self.instances.len() < places {
            self.instances.resize(places, Instance::default());
        }
    }

    fn look(&self, config: &Config) -> Look {
        let all = self.instances.len() as u32;
        Look {
            slots: config.slots.saturating_mul(all),
            queue_limit: config.queue_limit.map(|n| n.saturating_mul(all)),
        }
    }
}

impl Service {
    /// Takes the next steps of a request's plan.
    fn serve<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let progress = plan::proceed(cx, id);
        self.go_on(config, cx, id, progress);
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
                Progress::Works { step } => return work(config, cx, id, step),
                Progress::Done => {
                    debug_assert_eq!(cx.core.attempts[id].callee, CalleeSide::WorkingOn);
                    cx.core.attempts[id].callee = CalleeSide::Replied;
                    let next = self.free_slot(config, cx, id);
                    cx.close(id, CalleeSide::Replied);
                    next
                }
                Progress::Fails => {
                    cx.core.attempts[id].callee = CalleeSide::Error;
                    let next = self.free_slot(config, cx, id);
                    cx.reply(id, Err(Reason::ErrorFromCallee));
                    next
                }
            };
            let Some(next) = next else { return };
            id = next;
            progress = plan::proceed(cx, id);
        }
    }

    fn serve_next<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        next: Option<AttemptId>,
    ) {
        if let Some(next) = next {
            self.serve(config, cx, next);
        }
    }

    /// Answers with an error; the rest of the plan is dropped.
    fn fail<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        self.go_on(config, cx, id, Progress::Fails);
    }

    /// The same, for a reason of its own.
    fn fail_with<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        reason: Reason,
    ) {
        cx.core.attempts[id].callee = CalleeSide::Error;
        let next = self.free_slot(config, cx, id);
        cx.reply(id, Err(reason));
        self.serve_next(config, cx, next);
    }

    /// Gives the slot back; who waits takes it, and is to be served.
    fn free_slot<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) -> Option<AttemptId> {
        cx.leave_slot(id);
        let instance = &mut self.instances[cx.core.attempts[id].instance as usize];
        let slots = cx.core.modifiers[cx.node as usize].slots(config.slots);
        let next = instance.next(slots, config.discipline, &cx.core.attempts)?;
        cx.leaves_line_for_slot();
        cx.begin(next);
        Some(next)
    }
}

/// Begins a piece of work.
fn work<R: Record>(config: &Config, cx: &mut Cx<'_, R>, id: AttemptId, step: u16) {
    let address = cx.core.attempts[id].address.attempt(u32::from(step) << 16);
    let ns = config.service_time.sample(&mut cx.draws(Purpose::Work, address));
    cx.work_for(id, ns);
}
