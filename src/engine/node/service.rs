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
                self.begin(config, cx, id);
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
        if attempt.mode == CallMode::Write && node.effects[operation].is_some() {
            cx.effect(id, 0);
        }
        self.proceed(config, cx, id);
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
        self.proceed(config, cx, id);
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
                self.free_slot(config, cx, id);
                cx.close(id, CalleeSide::Cancelled);
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
        Look { slots: config.slots * all, queue_limit: config.queue_limit.map(|n| n * all) }
    }
}

impl Service {
    /// A request has got a slot.
    fn begin<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.begin(id);
        self.proceed(config, cx, id);
    }

    /// Takes the next steps of the plan until one has to be waited for.
    fn proceed<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
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
                    return;
                }
                Some(&PlanStep::Call { link, mode }) => {
                    if !responded {
                        attempt.callee = CalleeSide::Awaiting;
                    }
                    let (intent, caller, address) = (attempt.intent, attempt.instance, attempt.address);
                    let place = cx.program.links[link as usize].place;
                    let first_try = address.call(place, u32::from(step)).attempt(1);
                    let instance = cx.random_instance(link, first_try);
                    cx.call(intent, Parent::Attempt(id), NewCall { link, caller, tag: step, instance, mode });
                    return;
                }
                Some(PlanStep::Respond) => {
                    // The slot stays taken for what the plan still wants.
                    attempt.callee = CalleeSide::WorkingOn;
                    cx.reply(id, Ok(()));
                }
                None => {
                    self.finish(config, cx, id);
                    return;
                }
            }
        }
    }

    /// Answers with an error; the rest of the plan is dropped.
    fn fail<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.core.attempts[id].callee = CalleeSide::Error;
        self.free_slot(config, cx, id);
        cx.reply(id, Err(Reason::ErrorFromCallee));
    }

    /// The plan is at its end; every plan responds.
    fn finish<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        debug_assert_eq!(cx.core.attempts[id].callee, CalleeSide::WorkingOn);
        cx.core.attempts[id].callee = CalleeSide::Replied;
        self.free_slot(config, cx, id);
        cx.close(id, CalleeSide::Replied);
    }

    /// Gives the slot back; who waits, begins.
    fn free_slot<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.leave_slot(id);
        let instance = cx.core.attempts[id].instance as usize;
        let next = self.instances[instance].next(config.slots, config.discipline, &cx.core.attempts);
        if let Some(next) = next {
            cx.leaves_line_for_slot();
            self.begin(config, cx, next);
        }
    }
}
