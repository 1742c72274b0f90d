//! Balancer: passes each request to one instance of what stands behind it, and the reply back.
//!
//! Simulated, each in a file of its own: what may pass at all (`gates`: rate limits, a limit on what is
//! under way, who is shed first); who is there (`members`: instances that appear or go at run time are
//! picked up when the next request or check comes); who is in rotation (`view`: active checks in
//! `checks`, ejection of those that fail, zones, what happens when too few are well); and the choice
//! itself (`choice`). Each instance of a balancer knows only what it has passed on and checked itself.
//! Ignored: its own latency and capacity (it forwards at once, without limit), and warming up of
//! endpoints that are new or come back.
//!
//! Two random choices are drawn with replacement, ties are broken at random (docs/semantics.md 11).

mod checks;
mod choice;
mod gates;
mod members;
mod view;

use super::NodeKind;
use crate::design::{CallMode, Settings};
use crate::engine::attempt::{AttemptId, Call, CalleeSide, Parent};
use crate::engine::begin::NewCall;
use crate::engine::core::Cx;
use crate::engine::policy::health::CheckPolicy;
use crate::engine::policy::limiter::LimitPolicy;
use crate::engine::policy::outlier::{OutlierPolicy, blames_endpoint};
use crate::engine::probe;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use choice::{Asked, Policy};
use gates::Admission;
use members::Members;
use view::View;

pub struct Config {
    policy: Policy,
    instances: u16,
    /// Points of a member on the ring.
    virtual_nodes: u32,
    /// How old its view of the loads may be, in nanoseconds; 0: it is exact.
    view_age: u64,
    limit: Option<LimitPolicy>,
    admission: Option<Admission>,
    checks: Option<CheckPolicy>,
    outliers: Option<OutlierPolicy>,
    /// Below this share of endpoints in rotation (parts per billion), and with none, it ...
    panic_below: u64,
    /// ... asks all of them, or none.
    opens_in_panic: bool,
    /// Prefers its own zone, and this is by how much the endpoints there may be overloaded, in
    /// millionths.
    own_zone_first: Option<u64>,
    retries_elsewhere: bool,
}

#[derive(Clone)]
pub struct Balancer {
    members: Members,
    /// One per instance.
    views: Vec<View>,
}

/// Positions in [`Balancer::TALLIES`].
mod tally {
    pub const CHECKS: usize = 0;
    pub const CHECKS_FAILED: usize = 1;
    pub const TAKEN_OUT: usize = 2;
    pub const TAKEN_BACK: usize = 3;
    pub const EJECTIONS: usize = 4;
    pub const IN_PANIC: usize = 5;
    pub const OTHER_ZONE: usize = 6;
}

impl NodeKind for Balancer {
    type Config = Config;

    const TALLIES: &'static [&'static str] = &[
        "checks",
        "checks_failed",
        "taken_out",
        "taken_back",
        "ejections",
        "sent_in_panic",
        "sent_to_other_zone",
    ];

    fn compile(knobs: &Settings<'_>) -> Config {
        Config {
            policy: Policy::compile(knobs),
            instances: knobs.count("instances") as u16,
            virtual_nodes: knobs.count("virtual_nodes") as u32,
            view_age: knobs.duration("view_age").0,
            limit: LimitPolicy::compile(knobs),
            admission: Admission::compile(knobs),
            checks: CheckPolicy::compile(knobs),
            outliers: OutlierPolicy::compile(knobs),
            panic_below: knobs.share("panic_threshold").0,
            opens_in_panic: knobs.choice("when_all_unhealthy") == "open",
            own_zone_first: (knobs.choice("zone_policy") == "local_first")
                .then(|| knobs.factor("zone_overload").0),
            retries_elsewhere: knobs.flag("retry_elsewhere"),
        }
    }

    fn new(_: &Config) -> Balancer {
        Balancer { members: Members::default(), views: Vec::new() }
    }

    fn start<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.views = (0..config.instances).map(|i| View::new(cx, i)).collect();
        self.members = Members::default();
        self.sync(config, cx);
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        self.sync(config, cx);
        let view = &mut self.views[attempt.instance as usize];
        if attempt.mode != CallMode::Probe
            && let Err(reason) = view.admit(config, cx, id)
        {
            cx.refuse(id, reason);
            return;
        }
        let intent = &cx.core.intents[attempt.intent];
        let asked = Asked::first(config, cx, intent, attempt.address);
        let Some(chosen) = view.choose(config, &self.members, cx, asked) else {
            cx.refuse(id, Reason::NoBackend);
            return;
        };
        cx.enter();
        cx.begin(id);
        cx.core.attempts[id].callee = CalleeSide::Awaiting;
        view.under_way += 1;
        view.sent(config, chosen);
        let member = &self.members.list[chosen];
        let new = NewCall {
            link: member.link,
            caller: attempt.instance,
            tag: chosen as u16,
            instance: member.instance,
            mode: attempt.mode,
            payload: attempt.payload,
            ..NewCall::default()
        };
        cx.call(attempt.intent, Parent::Attempt(id), new);
    }

    fn on_probe<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        match probe::is_shallow(cx, id) {
            true => probe::answer(cx, id),
            false => self.on_request(config, cx, id),
        }
    }

    fn on_try_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        if call.is_check() {
            return;
        }
        // A retry may have gone to another instance of the same link.
        let Some(at) = self.members.find(call.link, call.instance) else { return };
        let view = &mut self.views[call.caller as usize];
        view.over(config, cx.now(), at);
        match (config.outliers, result) {
            (Some(_), Ok(())) => view.endpoints[at].outlier.success(),
            (Some(policy), Err(reason)) if blames_endpoint(reason) => {
                view.failed(&policy, cx, at);
            }
            _ => {}
        }
    }

    fn route<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, call: &Call) -> u16 {
        self.sync(config, cx);
        if !cx.program.nodes[cx.node as usize].out.contains(&call.link) {
            // A link that stands in for another is no part of the choice.
            let address = call.address.attempt(u32::from(call.tries) + 1);
            return cx.random_instance(call.link, address);
        }
        let intent = &cx.core.intents[call.intent];
        let asked = Asked::again(config, cx, intent, call, &self.members);
        let view = &mut self.views[call.caller as usize];
        let mut chosen = view.choose(config, &self.members, cx, asked);
        if let Some(at) = chosen
            && cx.is_trying(call, self.members.list[at].instance)
        {
            // With several copies under way, leaving out one of their instances is not enough.
            chosen = view.untried(&self.members, cx, call).or(chosen);
        }
        // A call is bound to its link. If all behind it are out of rotation, it is the same one again.
        let same = || self.members.find(call.link, call.instance);
        let is_there = |at: &usize| self.members.list[*at].is_registered && !view.panics;
        let Some(chosen) = chosen.or_else(|| same().filter(is_there)) else {
            // Nobody listens there.
            return u16::MAX;
        };
        view.sent(config, chosen);
        self.members.list[chosen].instance
    }

    fn on_call_over<R: Record>(
        &mut self,
        _: &Config,
        cx: &mut Cx<'_, R>,
        parent: AttemptId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        self.views[call.caller as usize].under_way -= 1;
        cx.core.attempts[parent].answer = call.answer;
        let (side, reply) = match result {
            Ok(()) => (CalleeSide::Replied, Ok(())),
            Err(_) => (CalleeSide::Error, Err(Reason::ErrorFromCallee)),
        };
        cx.core.attempts[parent].callee = side;
        cx.leave_slot(parent);
        cx.reply(parent, reply);
    }

    fn on_own_call_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        self.checked(config, cx, call, result.is_ok());
    }

    fn on_local<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, code: u8, arg: u64) {
        self.sync(config, cx);
        self.check_due(config, cx, code, arg);
    }

    fn on_cancel<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        if attempt.callee != CalleeSide::Awaiting {
            return;
        }
        let view = &mut self.views[attempt.instance as usize];
        view.under_way -= 1;
        // Between two tries nothing is under way to anybody; with copies, to several.
        if let Some(call) = cx.core.calls.get(attempt.calls) {
            let mut next = call.attempt;
            while let Some(open) = cx.core.attempts.get(next) {
                if let Some(at) = self.members.find(open.link, open.instance) {
                    view.over(config, cx.now(), at);
                }
                next = open.next_try;
            }
        }
        cx.abandon_calls_of(id);
        cx.core.attempts[id].callee = CalleeSide::Cancelled;
        cx.leave_slot(id);
        cx.close(id, CalleeSide::Cancelled);
    }

    fn on_crash<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        self.sync(config, cx);
        cx.crash_all(instance);
        for i in self.of(instance) {
            self.views[i].forget(cx, i as u16);
        }
    }

    fn on_restart<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        instance: Option<u16>,
    ) {
        self.sync(config, cx);
        for i in self.of(instance) {
            let member = cx.core.fleets[cx.node as usize].member(i as u16);
            (self.views[i].is_down, self.views[i].started) = (false, member.started);
            self.begin_checks(config, cx, i);
        }
    }

    fn on_revised<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.look_again(config, cx);
    }

    fn on_fleet<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.sync(config, cx);
        for i in 0..self.views.len() {
            // A place that is used again is somebody else, who knows nothing yet.
            let member = cx.core.fleets[cx.node as usize].member(i as u16);
            if member.started != self.views[i].started {
                self.views[i].forget(cx, i as u16);
                self.views[i].is_down = false;
                self.begin_checks(config, cx, i);
            }
        }
    }
}

impl Balancer {
    /// Positions of the views of one instance, or of all.
    fn of(&self, instance: Option<u16>) -> std::ops::Range<usize> {
        match instance {
            Some(i) => usize::from(i)..usize::from(i) + 1,
            None => 0..self.views.len(),
        }
    }

    /// Takes note of instances that came or went, behind it and of its own.
    fn sync<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let places = cx.core.fleets[cx.node as usize].places();
        let is_new = self.views.len() < places;
        while self.views.len() < places {
            let mut view = View::new(cx, self.views.len() as u16);
            view.endpoints = vec![view::Endpoint::default(); self.members.list.len()];
            view.credit = vec![0; self.members.list.len()];
            for (endpoint, member) in view.endpoints.iter_mut().zip(&self.members.list) {
                endpoint.is_registered = member.is_registered;
            }
            self.views.push(view);
        }
        if is_new || self.members.is_old(cx) {
            self.look_again(config, cx);
        }
    }

    fn look_again<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.members.renew(config, cx, &mut self.views);
        for i in 0..self.views.len() {
            self.begin_checks(config, cx, i);
        }
    }
}
