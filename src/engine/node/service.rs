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
        let now = cx.now();
        let instance = cx.core.attempts[id].instance as usize;
        match self.instances[instance].admit(id, config.slots, config.queue_limit) {
            Admission::Full => cx.refuse(id, Reason::QueueFull),
            Admission::Begin => {
                cx.counters().enter(now);
                self.begin(config, cx, id);
            }
            Admission::Wait => {
                cx.counters().enter(now);
                cx.counters().waiting.add(now, 1);
                cx.core.attempts[id].callee = CalleeSide::Queued;
            }
        }
    }

    fn on_work<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let operation = cx.core.intents[attempt.intent].operation as usize;
        let node = &cx.program.nodes[cx.node as usize];
        if attempt.callee == CalleeSide::Working {
            let errors = &cx.core.modifiers[cx.node as usize];
            if errors.fails(&mut cx.draws(Purpose::Fault, attempt.address)) {
                self.answer(cx, id, Err(Reason::ErrorFromCallee));
                self.finish(config, cx, id);
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
            self.answer(cx, id, Err(Reason::ErrorFromCallee));
            self.finish(config, cx, id);
            return;
        }
        self.proceed(config, cx, id);
    }

    fn on_cancel<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let now = cx.now();
        match attempt.callee {
            CalleeSide::Queued => {
                cx.counters().waiting.sub(now, 1);
                cx.left(id);
                cx.core.attempts[id].callee = CalleeSide::Cancelled;
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
        let now = cx.now();
        for id in cx.core.present_at(cx.node) {
            let attempt = cx.core.attempts[id];
            cx.abandon_calls_of(id);
            if attempt.callee == CalleeSide::Queued {
                cx.counters().waiting.sub(now, 1);
            } else {
                cx.counters().busy.sub(now, 1);
                cx.counters().left += 1;
            }
            cx.left(id);
            if attempt.callee == CalleeSide::WorkingOn {
                cx.close(id, CalleeSide::Replied);
            } else {
                cx.core.attempts[id].callee = CalleeSide::Crashed;
                cx.reply(id, Err(Reason::CrashedWhileWorking));
            }
        }
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
        let now = cx.now();
        let attempt = &mut cx.core.attempts[id];
        attempt.began = now;
        attempt.callee = CalleeSide::Working;
        let waited = now.0 - attempt.arrived.0;
        let counters = cx.counters();
        counters.began += 1;
        counters.waited += u128::from(waited);
        counters.busy.add(now, 1);
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
                Some(PlanStep::Respond) => self.answer(cx, id, Ok(())),
                None => {
                    self.finish(config, cx, id);
                    return;
                }
            }
        }
    }

    /// Sends the answer; the slot stays taken for what the plan still wants.
    fn answer<R: Record>(&mut self, cx: &mut Cx<'_, R>, id: AttemptId, reply: Result<(), Reason>) {
        cx.core.attempts[id].callee = match reply {
            Ok(()) => CalleeSide::WorkingOn,
            Err(_) => CalleeSide::Error,
        };
        cx.reply(id, reply);
    }

    /// The plan is at its end.
    fn finish<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let side = match cx.core.attempts.get(id).map(|a| a.callee) {
            Some(CalleeSide::WorkingOn) => CalleeSide::Replied,
            Some(side) => side,
            None => unreachable!("a request in a slot has a record"),
        };
        cx.core.attempts[id].callee = side;
        self.free_slot(config, cx, id);
        cx.core.maybe_over(cx.program, cx.record, id);
    }

    /// Gives the slot back; who waits, begins.
    fn free_slot<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let now = cx.now();
        cx.counters().busy.sub(now, 1);
        cx.counters().left += 1;
        cx.left(id);
        let instance = cx.core.attempts[id].instance as usize;
        let next = self.instances[instance].next(config.slots, config.discipline, &cx.core.attempts);
        if let Some(next) = next {
            cx.counters().waiting.sub(now, 1);
            self.begin(config, cx, next);
        }
    }
}
