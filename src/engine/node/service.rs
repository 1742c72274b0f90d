//! Service: instances with slots; each slot carries one request through its plan.
//!
//! Simulated: a bounded or unbounded waiting line per instance, first or last in first out; a slot is
//! held for the whole plan, also while the request waits for calls of its own (that is how real
//! systems die); work for callers who have gone goes on, unless the service stops on hearing of it.
//! Ignored so far: sharing of cores between slots, start-up, garbage collection.

use super::{Look, NodeKind};
use crate::design::{CallMode, Settings};
use crate::engine::attempt::{AttemptId, Call, CalleeSide, Parent};
use crate::engine::core::{Cx, NewCall};
use crate::engine::dist::Sampler;
use crate::engine::draw::Purpose;
use crate::engine::program::PlanStep;
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
        match self.instances[instance].admit(id, config.slots, config.queue_limit) {
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
        let attempt = cx.core.attempts[id];
        let operation = cx.core.intents[attempt.intent].operation as usize;
        let node = &cx.program.nodes[cx.node as usize];
        if attempt.callee == CalleeSide::Working {
            let errors = &cx.core.modifiers[cx.node as usize];
            if errors.fails(&mut cx.draws(Purpose::Fault, attempt.address)) {
                self.fail(config, cx, id);
                return;
            }
        }
        // One effect per request, however many pieces of work its plan has.
        let done = attempt.step as usize - 1;
        let is_first = !node.plans[operation][..done].contains(&PlanStep::Work);
        if attempt.mode == CallMode::Write && node.effects[operation].is_some() && is_first {
            cx.effect(id, 0);
        }
        self.serve(config, cx, id);
    }

    fn on_call_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        _: &Call,
        result: Result<(), Reason>,
    ) {
        if result.is_err() && cx.core.attempts[id].callee == CalleeSide::Awaiting {
            self.fail(config, cx, id);
            return;
        }
        self.serve(config, cx, id);
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

    fn on_crash<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>) {
        cx.crash_all();
        self.instances.iter_mut().for_each(Instance::clear);
    }

    fn look(&self, config: &Config) -> Look {
        let all = self.instances.len() as u32;
        Look {
            slots: config.slots.saturating_mul(all),
            queue_limit: config.queue_limit.map(|n| n.saturating_mul(all)),
        }
    }
}

/// What became of a request's plan.
enum Progress {
    /// A step has to be waited for.
    Waits,
    /// All steps are done.
    Done,
}

impl Service {
    /// Carries on with a request in a slot, and with those that get the slot after it: a loop, not a
    /// recursion, since a whole line of requests may need no time at all.
    fn serve<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let mut next = Some(id);
        while let Some(id) = next {
            match self.proceed(config, cx, id) {
                Progress::Waits => return,
                Progress::Done => {
                    debug_assert_eq!(cx.core.attempts[id].callee, CalleeSide::WorkingOn);
                    cx.core.attempts[id].callee = CalleeSide::Replied;
                    next = self.free_slot(config, cx, id);
                    cx.close(id, CalleeSide::Replied);
                }
            }
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

    /// Takes the next steps of the plan until one has to be waited for.
    fn proceed<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) -> Progress {
        loop {
            let attempt = &mut cx.core.attempts[id];
            let operation = cx.core.intents[attempt.intent].operation as usize;
            let plan = &cx.program.nodes[cx.node as usize].plans[operation];
            let step = attempt.step;
            attempt.step += 1;
            let responded = attempt.callee == CalleeSide::WorkingOn;
            match plan.get(step as usize) {
                Some(PlanStep::Work) => {
                    if !responded {
                        attempt.callee = CalleeSide::Working;
                    }
                    let address = attempt.address.attempt(u32::from(step) << 16);
                    let ns = config.service_time.sample(&mut cx.draws(Purpose::Work, address));
                    cx.work_for(id, ns);
                    return Progress::Waits;
                }
                Some(&PlanStep::Call { link, mode }) => {
                    if !responded {
                        attempt.callee = CalleeSide::Awaiting;
                    }
                    let (intent, caller) = (attempt.intent, attempt.instance);
                    let place = cx.program.links[link as usize].place;
                    let first_try = attempt.address.call(place, u32::from(step)).attempt(1);
                    let instance = cx.random_instance(link, first_try);
                    let new = NewCall { link, caller, tag: step, instance, mode };
                    cx.call(intent, Parent::Attempt(id), new);
                    return Progress::Waits;
                }
                Some(PlanStep::Respond) => {
                    // The slot stays taken for what the plan still wants.
                    attempt.callee = CalleeSide::WorkingOn;
                    cx.reply(id, Ok(()));
                }
                None => return Progress::Done,
            }
        }
    }

    /// Answers with an error; the rest of the plan is dropped.
    fn fail<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.core.attempts[id].callee = CalleeSide::Error;
        let next = self.free_slot(config, cx, id);
        cx.reply(id, Err(Reason::ErrorFromCallee));
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
        let next = instance.next(config.slots, config.discipline, &cx.core.attempts)?;
        cx.leaves_line_for_slot();
        cx.begin(next);
        Some(next)
    }
}
