//! Balancer: passes each request to one instance of what stands behind it, and the reply back.
//!
//! Simulated: the choice, from what this instance of the balancer itself has under way (its view is
//! never stale, and it does not see what other instances or balancers pass on).
//! Ignored so far: health checks, weights, its own latency and capacity (it forwards at once, without
//! limit), and callers that go: it waits on for the reply.
//!
//! Two random choices are drawn with replacement, ties are broken at random (docs/semantics.md 11).

use super::NodeKind;
use crate::design::Settings;
use crate::engine::attempt::{AttemptId, Call, CalleeSide, Parent};
use crate::engine::core::{Cx, NewCall};
use crate::engine::draw::{Draws, Purpose};
use crate::engine::reason::Reason;
use crate::engine::record::Record;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Random,
    RoundRobin,
    LeastOutstanding,
    TwoChoices,
}

pub struct Config {
    policy: Policy,
    instances: u16,
}

/// One instance behind the balancer.
#[derive(Clone, Copy, Debug)]
struct Endpoint {
    link: u16,
    instance: u16,
    /// Tries under way to it.
    outstanding: u32,
}

/// What one instance of the balancer knows: only of what it has passed on itself.
#[derive(Clone)]
struct View {
    endpoints: Vec<Endpoint>,
    /// Round robin: whose turn it is.
    cursor: usize,
}

#[derive(Clone)]
pub struct Balancer {
    /// One per instance.
    views: Vec<View>,
}

impl NodeKind for Balancer {
    type Config = Config;

    fn compile(knobs: &Settings<'_>) -> Config {
        let policy = match knobs.choice("policy") {
            "random" => Policy::Random,
            "round_robin" => Policy::RoundRobin,
            "least_outstanding" => Policy::LeastOutstanding,
            _ => Policy::TwoChoices,
        };
        Config {
            policy,
            instances: knobs.count("instances") as u16,
        }
    }

    fn new(_: &Config) -> Balancer {
        Balancer { views: Vec::new() }
    }

    fn start<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let view = View { endpoints: endpoints(cx), cursor: 0 };
        self.views = vec![view; config.instances as usize];
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let draws = cx.draws(Purpose::Choice, attempt.address);
        let view = &mut self.views[attempt.instance as usize];
        let Some(chosen) = view.choose(config.policy, draws, |_| true) else {
            cx.refuse(id, Reason::NoBackend);
            return;
        };
        cx.enter();
        cx.begin(id);
        cx.core.attempts[id].callee = CalleeSide::Awaiting;
        let endpoint = &mut view.endpoints[chosen];
        endpoint.outstanding += 1;
        let new = NewCall {
            link: endpoint.link,
            caller: attempt.instance,
            tag: chosen as u16,
            instance: endpoint.instance,
            mode: attempt.mode,
            payload: attempt.payload,
            ..NewCall::default()
        };
        cx.call(attempt.intent, Parent::Attempt(id), new);
    }

    fn on_try_over<R: Record>(
        &mut self,
        _: &Config,
        _: &mut Cx<'_, R>,
        call: &Call,
        _: Result<(), Reason>,
    ) {
        // A retry may have gone to another instance of the same link.
        let mut of_call = self.views[call.caller as usize].endpoints.iter_mut();
        let endpoint = of_call.find(|e| e.link == call.link && e.instance == call.instance);
        endpoint.expect("a call goes to an endpoint").outstanding -= 1;
    }

    fn route<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, call: &Call) -> u16 {
        let address = call.address.attempt(u32::from(call.tries) + 1);
        let draws = cx.draws(Purpose::Choice, address);
        let view = &mut self.views[call.caller as usize];
        // A copy of a try that is under way goes to another instance, if there is one.
        let tried = |e: &Endpoint| cx.is_trying(call, e.instance);
        let others = view.endpoints.iter().any(|e| e.link == call.link && !tried(e));
        let allowed = |e: &Endpoint| e.link == call.link && !(others && tried(e));
        let chosen = view
            .choose(config.policy, draws, allowed)
            .expect("the link of a call has instances");
        view.endpoints[chosen].outstanding += 1;
        view.endpoints[chosen].instance
    }

    fn on_call_over<R: Record>(
        &mut self,
        _: &Config,
        cx: &mut Cx<'_, R>,
        parent: AttemptId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        cx.core.attempts[parent].answer = call.answer;
        let (side, reply) = match result {
            Ok(()) => (CalleeSide::Replied, Ok(())),
            Err(_) => (CalleeSide::Error, Err(Reason::ErrorFromCallee)),
        };
        cx.core.attempts[parent].callee = side;
        cx.leave_slot(parent);
        cx.reply(parent, reply);
    }

    fn on_crash<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        cx.crash_all(instance);
        self.start(config, cx);
    }
}

fn endpoints<R: Record>(cx: &Cx<'_, R>) -> Vec<Endpoint> {
    let mut all = Vec::new();
    for &link in &cx.program.nodes[cx.node as usize].out {
        let callee = cx.program.links[link as usize].to;
        let instances = cx.core.fleets[callee as usize].registered().iter();
        all.extend(instances.map(|&instance| Endpoint { link, instance, outstanding: 0 }));
    }
    all
}

impl View {
    /// Position of the chosen endpoint among those allowed; `None` if there is none.
    fn choose(
        &mut self,
        policy: Policy,
        mut draws: Draws,
        allowed: impl Fn(&Endpoint) -> bool,
    ) -> Option<usize> {
        let all = &self.endpoints;
        let count = all.iter().filter(|e| allowed(e)).count() as u64;
        if count == 0 {
            return None;
        }
        let nth = |n: u64| {
            let mut of_allowed = all.iter().enumerate().filter(|(_, e)| allowed(e));
            of_allowed.nth(n as usize).expect("n is below the count").0
        };
        Some(match policy {
            Policy::Random => nth(draws.below(count)),
            Policy::RoundRobin => {
                self.cursor += 1;
                nth((self.cursor - 1) as u64 % count)
            }
            Policy::TwoChoices => {
                let (a, b) = (nth(draws.below(count)), nth(draws.below(count)));
                let (load_a, load_b) = (all[a].outstanding, all[b].outstanding);
                let first = if load_a == load_b { draws.below(2) == 0 } else { load_a < load_b };
                if first { a } else { b }
            }
            Policy::LeastOutstanding => {
                let open = || all.iter().enumerate().filter(|(_, e)| allowed(e));
                let least = open().map(|(_, e)| e.outstanding).min()?;
                let tied = || open().filter(|(_, e)| e.outstanding == least);
                let n = draws.below(tied().count() as u64) as usize;
                tied().nth(n).expect("n is below the number of ties").0
            }
        })
    }
}
