//! Clients: who wants things done, how often, and from how many programs.
//!
//! *Open* arrivals come whatever happens to the earlier ones. The number of arrivals by time t
//! follows the integral of the rate: a Poisson stream has exponential distances in that integral
//! (so a doubled rate halves the distances of the same draws), a constant one distances of exactly
//! one. The integral is kept in whole numbers, so a constant 300/s makes 300 in each second for ever.
//!
//! *Closed* loop: each user thinks, acts, waits for the outcome, and thinks again. A user's n-th
//! action draws from (user, n), whatever the timing (docs/semantics.md 3).

use rand::rand_core::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::{NodeKind, Traffic};
use crate::design::Settings;
use crate::design::value::{Factor, MICRO, Rate};
use crate::engine::attempt::{Call, Intent, IntentId, Parent};
use crate::engine::core::{Cx, NewCall};
use crate::engine::digest::Fact;
use crate::engine::dist::Sampler;
use crate::engine::draw::{Address, Purpose, open_unit, stream};
use crate::engine::math::ln;
use crate::engine::popularity::item_key;
use crate::engine::reason::Reason;
use crate::engine::record::{Record, Told};
use crate::time::{Duration, NS_PER_S, Time};

/// One arrival in units of the rate's integral: millionths per second times nanoseconds.
const ONE: u128 = MICRO as u128 * NS_PER_S as u128;

/// Local events: the next open arrival (arg: generation), and a user whose pause is over (arg: user).
const ARRIVAL: u8 = 0;
const USER: u8 = 1;

pub struct Config {
    loop_: Loop,
    /// No more actions than this.
    actions: u64,
}

enum Loop {
    Open { rate: Rate, batch: u64, poisson: bool, identities: u64 },
    Closed { users: u32, think: Sampler },
}

/// The rate between `from` and `from + over` moves evenly from one value to the other, then stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ramp {
    from: Time,
    start: u64,
    end: u64,
    over: u64,
}

impl Ramp {
    fn flat(rate: Rate) -> Ramp {
        Ramp { from: Time::ZERO, start: rate.0, end: rate.0, over: 0 }
    }

    /// Rate at `t`, in millionths per second.
    fn at(&self, t: Time) -> u64 {
        let dt = t.since(self.from).0;
        if dt >= self.over {
            return self.end;
        }
        let part = |rate: u64, weight: u64| u128::from(rate) * u128::from(weight);
        ((part(self.start, self.over - dt) + part(self.end, dt)) / u128::from(self.over)) as u64
    }

    /// Integral of the rate from `a` to `b`.
    fn integral(&self, a: Time, b: Time) -> u128 {
        let knee = Time(self.from.0.saturating_add(self.over)).min(b).max(a);
        // The mean of the two ends is exact on a straight line.
        let sloped = (u128::from(self.at(a)) + u128::from(self.at(knee))) * u128::from(knee.0 - a.0) / 2;
        sloped + u128::from(self.end) * u128::from(b.0 - knee.0)
    }

    /// The first instant by which the integral from `a` has reached `amount`.
    fn reach(&self, a: Time, amount: u128) -> Time {
        if self.over == 0 || a.since(self.from).0 >= self.over {
            if self.end == 0 {
                return Time::NEVER;
            }
            // Nearly always it fits into 64 bits, whose division is several times faster.
            let ns = match u64::try_from(amount) {
                Ok(amount) => u128::from(amount.div_ceil(self.end)),
                Err(_) => amount.div_ceil(u128::from(self.end)),
            };
            return Time(u64::try_from(u128::from(a.0) + ns).unwrap_or(u64::MAX));
        }
        let knee = Time(self.from.0 + self.over);
        let sloped = self.integral(a, knee);
        if sloped < amount {
            return self.reach(knee, amount - sloped);
        }
        let (mut low, mut high) = (a.0, knee.0);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.integral(a, Time(middle)) >= amount {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Time(low)
    }

    fn times(&self, factor: Factor) -> Ramp {
        let scale = |r: u64| (u128::from(r) * u128::from(factor.0) / u128::from(MICRO)) as u64;
        Ramp { start: scale(self.start), end: scale(self.end), ..*self }
    }
}

#[derive(Clone)]
pub struct Clients {
    /// Actions begun, by which open actions are numbered.
    begun: u64,
    /// Boxed: it is larger than the state of any other kind.
    stream: Option<Box<ChaCha8Rng>>,
    base: Ramp,
    steps: Vec<(u16, Rate)>,
    spikes: Vec<(u16, Factor)>,
    /// Of the integral: what is left until the next arrival, as of `since`.
    left: u128,
    since: Time,
    /// Arrival events of an earlier rate are recognised by an older generation.
    generation: u64,
    /// Actions begun per user (closed loop).
    user_actions: Vec<u32>,
}

impl NodeKind for Clients {
    type Config = Config;

    fn compile(knobs: &Settings<'_>) -> Config {
        let loop_ = match knobs.choice("arrivals") {
            "closed" => Loop::Closed {
                users: knobs.count("users") as u32,
                think: Sampler::new(&knobs.dist("think_time")),
            },
            how => Loop::Open {
                rate: knobs.rate("rate"),
                batch: knobs.count("batch"),
                poisson: how == "poisson",
                identities: knobs.count("identities"),
            },
        };
        Config { loop_, actions: knobs.opt_count("actions").unwrap_or(u64::MAX) }
    }

    fn new(config: &Config) -> Clients {
        let (rate, users) = match config.loop_ {
            Loop::Open { rate, .. } => (rate, 0),
            Loop::Closed { users, .. } => (Rate(0), users),
        };
        Clients {
            begun: 0,
            stream: None,
            base: Ramp::flat(rate),
            steps: Vec::new(),
            spikes: Vec::new(),
            left: 0,
            since: Time::ZERO,
            generation: 0,
            user_actions: vec![0; users as usize],
        }
    }

    fn start<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        match &config.loop_ {
            Loop::Open { poisson, .. } => {
                let place = cx.program.nodes[cx.node as usize].place;
                self.stream = Some(Box::new(stream(cx.core.seed, place, 1)));
                self.left = self.distance(*poisson);
                self.schedule(cx);
            }
            Loop::Closed { users, think } => {
                for user in 0..*users {
                    self.think(cx, think, user);
                }
            }
        }
    }

    fn on_local<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, code: u8, arg: u64) {
        match (&config.loop_, code) {
            (Loop::Open { batch, poisson, identities, .. }, ARRIVAL) => {
                if arg != self.generation {
                    return;
                }
                self.arrive(cx, *batch, *poisson, config.actions, *identities);
            }
            (Loop::Closed { .. }, USER) => {
                if cx.now() >= cx.program.horizon || self.begun == config.actions {
                    return;
                }
                let user = arg as u32;
                let n = self.user_actions[user as usize];
                self.user_actions[user as usize] += 1;
                let place = cx.program.nodes[cx.node as usize].place;
                let address = Address::intent(place, u64::from(user) + 1, u64::from(n));
                self.act(cx, address, user, user);
            }
            _ => unreachable!("clients schedule arrivals or users"),
        }
    }

    fn on_action_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: IntentId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let now = cx.now();
        let told = match result {
            Ok(()) if call.answer.degraded => Told::Degraded,
            Ok(()) => Told::Served,
            Err(reason) => Told::Failed(reason),
        };
        let intent = &mut cx.core.intents[id];
        intent.told = Some((now, told));
        let intent = *intent;
        let code = result.map_or_else(|r| r as u8 + 1, |()| 0);
        let place = cx.program.nodes[cx.node as usize].place;
        cx.core.fact(cx.node as usize, place, Fact::Told, intent.address.0, 0, code);
        cx.record.told(cx.program, now, id, &intent, told);
        if let Loop::Closed { think, .. } = &config.loop_ {
            self.think(cx, think, intent.user);
        }
    }

    fn on_call_over<R: Record>(
        &mut self,
        _: &Config,
        _: &mut Cx<'_, R>,
        _: crate::engine::AttemptId,
        _: &Call,
        _: Result<(), Reason>,
    ) {
        unreachable!("clients call on behalf of users only")
    }

    fn on_traffic<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, change: Traffic) {
        let now = cx.now();
        if matches!(config.loop_, Loop::Closed { .. }) {
            return;
        }
        self.left = self.left.saturating_sub(self.shape().integral(self.since, now));
        self.since = now;
        match change {
            Traffic::StepBegins { entry, rate } => self.steps.push((entry, rate)),
            Traffic::SpikeBegins { entry, factor } => self.spikes.push((entry, factor)),
            Traffic::Ends { entry } => {
                self.steps.retain(|&(e, _)| e != entry);
                self.spikes.retain(|&(e, _)| e != entry);
            }
            Traffic::Ramp { to, over } => {
                self.base = Ramp { from: now, start: self.base.at(now), end: to.0, over: over.0 };
            }
        }
        self.generation += 1;
        self.schedule(cx);
    }
}

impl Clients {
    /// The rate that counts now: the newest step in force, else the base, times all spikes.
    fn shape(&self) -> Ramp {
        let base = self.steps.last().map_or(self.base, |&(_, rate)| Ramp::flat(rate));
        self.spikes.iter().fold(base, |ramp, &(_, factor)| ramp.times(factor))
    }

    /// Distance to the next arrival, in the rate's integral.
    fn distance(&mut self, poisson: bool) -> u128 {
        if !poisson {
            return ONE;
        }
        let bits = self.stream.as_mut().expect("set at the start").next_u64();
        // At most 38 times ONE: it fits into 64 bits.
        u128::from((-ln(open_unit(bits)) * ONE as f64) as u64)
    }

    fn schedule<R: Record>(&mut self, cx: &mut Cx<'_, R>) {
        let at = self.shape().reach(self.since, self.left);
        if at < cx.program.horizon {
            cx.local_at(at, ARRIVAL, self.generation);
        }
    }

    fn arrive<R: Record>(
        &mut self,
        cx: &mut Cx<'_, R>,
        batch: u64,
        poisson: bool,
        actions: u64,
        identities: u64,
    ) {
        let now = cx.now();
        // What the whole nanosecond went beyond the arrival counts for the next one.
        let beyond = self.shape().integral(self.since, now).saturating_sub(self.left);
        self.left = self.distance(poisson).saturating_sub(beyond);
        self.since = now;
        let place = cx.program.nodes[cx.node as usize].place;
        for _ in 0..batch.min(actions - self.begun) {
            let address = Address::intent(place, 0, self.begun);
            let identity = match identities {
                1 => 0,
                n => cx.draws(Purpose::Identity, address).below(n) as u32,
            };
            self.act(cx, address, 0, identity);
        }
        if self.begun < actions {
            self.schedule(cx);
        }
    }

    /// A user wants something: which operation, about which item, over which link.
    fn act<R: Record>(
        &mut self,
        cx: &mut Cx<'_, R>,
        address: Address,
        user: u32,
        identity: u32,
    ) {
        let Some(operation) = self.pick_operation(cx, address) else { return };
        let spec = &cx.program.operations[operation as usize];
        let rank = if spec.items.is_one() {
            0
        } else {
            spec.items.pick(&mut cx.draws(Purpose::Item, address))
        };
        let (mode, item) = (spec.mode, item_key(spec.place, rank));
        let node = &cx.program.nodes[cx.node as usize];
        let link = match node.out.len() {
            // Nobody to ask: a drawing that is not finished.
            0 => return,
            1 => node.out[0],
            n => node.out[cx.draws(Purpose::Path, address).below(n as u64) as usize],
        };
        let caller = (self.begun % u64::from(node.instances)) as u16;
        self.begun += 1;
        cx.core.intents_born += 1;
        let intent = Intent {
            address,
            number: cx.core.intents_born,
            clients: cx.node,
            operation,
            user,
            item,
            identity,
            priority: spec.priority,
            is_internal: false,
            born: cx.now(),
            told: None,
            open: 0,
        };
        let id = cx.core.intents.insert(intent);
        cx.core.fact(cx.node as usize, node.place, Fact::Born, address.0, 0, operation as u8);
        cx.record.born(cx.program, id, &intent);
        let first_try = address.call(cx.program.links[link as usize].place, 0).attempt(1);
        let instance = cx.random_instance(link, first_try);
        cx.call(id, Parent::Intent, NewCall { link, caller, instance, mode, ..NewCall::default() });
    }

    fn pick_operation<R: Record>(&self, cx: &Cx<'_, R>, address: Address) -> Option<u16> {
        let operations = &cx.program.operations;
        if let [only] = operations.as_slice() {
            return only.clients.contains(&cx.node).then_some(0);
        }
        let mine = || {
            let all = operations.iter().enumerate();
            all.filter(|(_, o)| o.clients.contains(&cx.node)).map(|(i, o)| (i as u16, o.weight))
        };
        let total: u64 = mine().map(|(_, w)| w).sum();
        if total == 0 {
            return None;
        }
        let mut at = cx.draws(Purpose::Operation, address).below(total);
        for (i, weight) in mine() {
            if at < weight {
                return Some(i);
            }
            at -= weight;
        }
        unreachable!("the draw is below the sum of the weights")
    }

    /// A user pauses before the next action.
    fn think<R: Record>(&mut self, cx: &mut Cx<'_, R>, think: &Sampler, user: u32) {
        let n = u64::from(self.user_actions[user as usize]);
        let place = cx.program.nodes[cx.node as usize].place;
        let address = Address::intent(place, u64::from(user) + 1, n);
        let pause = think.sample(&mut cx.draws(Purpose::Think, address));
        let at = cx.now() + Duration(pause);
        if at < cx.program.horizon {
            cx.local_at(at, USER, u64::from(user));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_rate_keeps_its_count_for_ever() {
        let ramp = Ramp::flat(Rate(300 * MICRO));
        let (mut t, mut left, mut since) = (Time::ZERO, ONE, Time::ZERO);
        let mut arrivals = 0;
        while t < Time(1_000 * NS_PER_S) {
            t = ramp.reach(since, left);
            left = ONE - ramp.integral(since, t).saturating_sub(left);
            since = t;
            arrivals += 1;
        }
        assert_eq!(arrivals, 300_000, "the last one falls on the edge");
        assert_eq!(t, Time(1_000 * NS_PER_S));
    }

    #[test]
    fn a_ramp_integrates_to_its_mean() {
        let ramp = Ramp { from: Time(0), start: 0, end: 100 * MICRO, over: 10 * NS_PER_S };
        assert_eq!(ramp.integral(Time(0), Time(10 * NS_PER_S)), 500 * ONE);
        assert_eq!(ramp.integral(Time(0), Time(20 * NS_PER_S)), 1_500 * ONE);
        assert_eq!(ramp.reach(Time(0), 500 * ONE), Time(10 * NS_PER_S));
        assert_eq!(ramp.reach(Time(0), 600 * ONE), Time(11 * NS_PER_S));
        assert_eq!(ramp.reach(Time(0), 125 * ONE), Time(5 * NS_PER_S));
    }
}
