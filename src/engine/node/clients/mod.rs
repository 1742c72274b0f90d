//! Clients: who wants things done, how often, and from how many programs.
//!
//! *Open* arrivals come whatever happens to the earlier ones ([`arrivals`]). *Closed* loop: each user
//! thinks, acts, waits for the outcome, and thinks again; users may start one after the other, as a
//! load test spawns them. A user's n-th action draws from (user, n), whatever the timing
//! (docs/semantics.md 3).
//!
//! Users may click twice (a second submission of the same intent, if they have not been told by
//! then), lose patience (they are told nothing any more, and their calls are given up), and be many
//! identities. Some of what they send may be malformed, or expensive to work on.

mod arrivals;
mod items;
mod looks;
mod traffic;

use std::collections::BTreeMap;

use super::{NodeKind, Traffic};
use crate::design::Settings;
use crate::design::value::{Factor, MICRO, Rate};
use crate::engine::attempt::{Call, Intent, IntentId, Parent};
use crate::engine::begin::NewCall;
use crate::engine::core::Cx;
use crate::engine::digest::Fact;
use crate::engine::dist::Sampler;
use crate::engine::draw::{Address, Purpose, Threshold, mix64, stream};
use crate::engine::program::OperationProgram;
use crate::engine::reason::Reason;
use crate::engine::record::{Record, Told};
use crate::engine::slab::Id;
use crate::time::{Duration, Time};
use arrivals::Arrivals;
use looks::{Look, REPEATS};

/// Local events, and what their argument is.
mod code {
    /// The next open arrival: generation.
    pub const ARRIVAL: u8 = 0;
    /// A user's pause is over: user.
    pub const USER: u8 = 1;
    /// The second click: handle of the intent.
    pub const CLICK: u8 = 2;
    /// A user's patience is over: handle of the intent.
    pub const PATIENCE: u8 = 3;
    /// The next value of a recorded series: entry, number.
    pub const CURVE: u8 = 4;
    /// The next abusive action: entry, generation.
    pub const ABUSE: u8 = 5;
    /// Somebody comes back: entry, number.
    pub const BACK: u8 = 6;
    /// It is time to look after a write: number of the look.
    pub const LOOK: u8 = 7;
}

/// Identities of abusers are above those of users.
const ABUSERS: u32 = 1 << 31;

/// Random-number addresses of who is no ordinary user: counted down from the end.
fn stranger(entry: u16, what: u64) -> u64 {
    u64::MAX - (u64::from(entry) << 8 | what)
}

pub struct Config {
    loop_: Loop,
    /// No more actions than this.
    actions: u64,
    /// No more actions after this.
    ends: Time,
    identities: u32,
    double_click: Threshold,
    click_gap: Sampler,
    patience: Option<Sampler>,
    /// Any of the shares that follow is not 0.
    has_odd_ones: bool,
    malformed: Threshold,
    expensive: Threshold,
    expense: Factor,
    oversized: Threshold,
    pub oversize: Factor,
    without_right: Threshold,
    /// Key of the operation with which users look after their writes.
    looks_with: Option<u16>,
    look_after: Sampler,
    write_repeats: u16,
}

/// What is unusual about an action.
#[derive(Clone, Copy, Default)]
struct OddOne {
    is_malformed: bool,
    is_expensive: bool,
    is_oversized: bool,
    lacks_right: bool,
}

impl Config {
    #[cold]
    fn odd_one<R: Record>(&self, cx: &Cx<'_, R>, address: Address, identity: u32) -> OddOne {
        let happens = |share, purpose| cx.happens(share, purpose, address);
        // Who has no right has none in any action.
        let of_identity = Address(mix64(u64::from(identity)));
        OddOne {
            is_malformed: happens(self.malformed, Purpose::Malformed),
            is_expensive: happens(self.expensive, Purpose::Expensive),
            is_oversized: happens(self.oversized, Purpose::Oversized),
            lacks_right: cx.happens(self.without_right, Purpose::Right, of_identity),
        }
    }
}

enum Loop {
    Open { rate: Rate, batch: u64, poisson: bool },
    Closed { users: u32, think: Sampler, spawn: Option<Rate> },
}

#[derive(Clone)]
pub struct Clients {
    /// Actions begun.
    begun: u64,
    /// Of open arrivals.
    open: Option<Arrivals>,
    /// Recorded series in force: the rates' entries.
    curves: Vec<u16>,
    /// Further streams, with how many actions each has begun.
    abuse: Vec<(u16, u64, Arrivals)>,
    /// Actions begun per user (closed loop).
    user_actions: Vec<u32>,
    /// Per operation whose items are asked for in turn: how many were.
    turns: Vec<u64>,
    /// Looks that are to come, by number, and those under way, by the handle of their intent.
    planned_looks: u64,
    to_look: BTreeMap<u64, Look>,
    looks: BTreeMap<u64, Look>,
}

/// Who acts.
#[derive(Clone, Copy)]
struct Actor {
    address: Address,
    /// Of a closed loop.
    user: u32,
    identity: u32,
}

impl NodeKind for Clients {
    type Config = Config;

    const TALLIES: &'static [&'static str] = &["double_clicks", "abandoned", "abusive", "own_writes_missed", "repeated_writes"];

    fn compile(knobs: &Settings<'_>) -> Config {
        let loop_ = match knobs.choice("arrivals") {
            "closed" => Loop::Closed {
                users: knobs.count("users") as u32,
                think: Sampler::new(&knobs.dist("think_time")),
                spawn: knobs.opt_rate("spawn_rate").filter(|rate| rate.0 > 0),
            },
            how => Loop::Open {
                rate: knobs.rate("rate"),
                batch: knobs.count("batch"),
                poisson: how == "poisson",
            },
        };
        Config {
            loop_,
            actions: knobs.opt_count("actions").unwrap_or(u64::MAX),
            ends: knobs.opt_duration("lasts").map_or(Time::NEVER, |d| Time(d.0)),
            identities: knobs.count("identities") as u32,
            double_click: Threshold::new(knobs.share("double_click_share")),
            click_gap: Sampler::new(&knobs.dist("double_click_gap")),
            patience: knobs.opt_dist("patience").map(|d| Sampler::new(&d)),
            has_odd_ones: ["malformed_share", "expensive_share", "oversized_share", "without_right_share"]
                .iter()
                .any(|knob| knobs.share(knob).0 > 0),
            malformed: Threshold::new(knobs.share("malformed_share")),
            expensive: Threshold::new(knobs.share("expensive_share")),
            expense: knobs.factor("expensive_factor"),
            oversized: Threshold::new(knobs.share("oversized_share")),
            oversize: knobs.factor("oversized_factor"),
            without_right: Threshold::new(knobs.share("without_right_share")),
            looks_with: knobs.opt_text("looks_with").and_then(|name| {
                let found = knobs.operations.iter().position(|key| *key == name);
                found.map(|at| at as u16)
            }),
            look_after: Sampler::new(&knobs.dist("look_after")),
            write_repeats: knobs.count("write_repeats") as u16,
        }
    }

    fn new(config: &Config) -> Clients {
        let users = match config.loop_ {
            Loop::Open { .. } => 0,
            Loop::Closed { users, .. } => users,
        };
        Clients {
            begun: 0,
            open: None,
            curves: Vec::new(),
            abuse: Vec::new(),
            user_actions: vec![0; users as usize],
            turns: Vec::new(),
            planned_looks: 0,
            to_look: BTreeMap::new(),
            looks: BTreeMap::new(),
        }
    }

    fn start<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        match &config.loop_ {
            Loop::Open { poisson, rate, .. } => {
                let place = cx.program.nodes[cx.node as usize].place;
                let stream = stream(cx.core.seed, place, 1);
                self.open = Some(Arrivals::new(stream, *poisson, *rate, Time::ZERO));
                self.schedule(config, cx);
            }
            Loop::Closed { users, think, spawn } => {
                for user in 0..*users {
                    let spawned = match spawn {
                        None => Duration::ZERO,
                        Some(rate) => Duration(nth_of(u64::from(user), *rate)),
                    };
                    self.think(config, cx, think, user, cx.now() + spawned);
                }
            }
        }
    }

    fn on_local<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, code: u8, arg: u64) {
        match code {
            code::ARRIVAL => {
                let current = self.open.as_ref().map(|open| u64::from(open.generation));
                if current == Some(arg) {
                    self.arrive(config, cx);
                }
            }
            code::USER => self.user_acts(config, cx, arg as u32),
            code::CLICK => self.click_again(cx, Id::from_bits(arg)),
            code::PATIENCE => self.lose_patience(config, cx, Id::from_bits(arg)),
            code::CURVE => self.next_of_curve(config, cx, (arg >> 32) as u16, arg as u32),
            code::ABUSE => self.abuse(config, cx, (arg >> 32) as u16, arg as u32),
            code::LOOK => self.look_now(config, cx, arg),
            code::BACK => self.come_back(config, cx, (arg >> 32) as u16, arg as u32),
            _ => unreachable!("clients schedule these"),
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
        let intent = &mut cx.core.intents[id];
        intent.submissions -= 1;
        if intent.told.is_some() {
            if call.tag >= REPEATS {
                self.maybe_look(config, cx, id, call, result);
            }
            return;
        }
        let told = match result {
            Ok(()) if call.answer.degraded => Told::Degraded,
            Ok(()) => Told::Served,
            // The user still waits for another click.
            Err(_) if intent.submissions > 0 => return,
            Err(reason) => Told::Failed(reason),
        };
        self.tell(config, cx, id, told);
        if config.looks_with.is_some() {
            self.maybe_look(config, cx, id, call, result);
            self.has_looked(config, cx, id, call, result);
        }
    }

    fn on_traffic<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, change: Traffic) {
        self.change_traffic(config, cx, change);
    }

    fn on_revised<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let now = cx.now();
        let (Loop::Open { rate, .. }, Some(open)) = (&config.loop_, &mut self.open) else { return };
        // What a ramp or a series has made of the rate stays, unless the knob itself has changed.
        if open.knob == *rate {
            return;
        }
        open.settle(now);
        open.knob = *rate;
        open.base = arrivals::Ramp::flat(*rate);
        self.schedule(config, cx);
    }
}

/// The operations that a clients node's users perform; those of weight 0 are never chosen, unless there
/// is nothing to choose.
pub fn performed_by(node: u16, operations: &[OperationProgram]) -> Vec<(u16, u64)> {
    let all = operations.iter().enumerate();
    let mine = all.filter(|(_, op)| op.clients.contains(&node));
    let chosen = mine.filter(|(_, op)| op.weight > 0 || operations.len() == 1);
    chosen.map(|(i, op)| (i as u16, op.weight)).collect()
}

/// When the n-th of a constant stream comes, in nanoseconds from its start.
fn nth_of(n: u64, rate: Rate) -> u64 {
    let one = u128::from(MICRO) * u128::from(crate::time::NS_PER_S);
    u64::try_from(u128::from(n) * one / u128::from(rate.0)).unwrap_or(u64::MAX / 2)
}

impl Clients {
    /// Whether a user may still begin something.
    fn may_act<R: Record>(&self, config: &Config, cx: &Cx<'_, R>) -> bool {
        let now = cx.now();
        now < cx.program.horizon && now < config.ends && self.begun < config.actions
    }

    #[inline(never)]
    fn schedule<R: Record>(&self, config: &Config, cx: &mut Cx<'_, R>) {
        self.schedule_next(config, cx);
    }

    /// The same, on the way of every action.
    #[inline(always)]
    fn schedule_next<R: Record>(&self, config: &Config, cx: &mut Cx<'_, R>) {
        let open = self.open.as_ref().expect("open arrivals");
        let at = open.next();
        if at < cx.program.horizon.min(config.ends) {
            cx.local_at(at, code::ARRIVAL, u64::from(open.generation));
        }
    }

    #[inline]
    fn arrive<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let Loop::Open { batch, .. } = config.loop_ else { return };
        let now = cx.now();
        self.open.as_mut().expect("open arrivals").arrived(now);
        let place = cx.program.nodes[cx.node as usize].place;
        for _ in 0..batch.min(config.actions - self.begun) {
            let address = Address::intent(place, 0, self.begun);
            let identity = match config.identities {
                1 => 0,
                n => cx.draws(Purpose::Identity, address).below(u64::from(n)) as u32,
            };
            self.act(config, cx, Actor { address, user: 0, identity });
        }
        if self.begun < config.actions {
            self.schedule_next(config, cx);
        }
    }

    fn user_acts<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, user: u32) {
        if !self.may_act(config, cx) {
            return;
        }
        let n = self.user_actions[user as usize];
        self.user_actions[user as usize] += 1;
        let place = cx.program.nodes[cx.node as usize].place;
        let address = Address::intent(place, u64::from(user) + 1, u64::from(n));
        self.act(config, cx, Actor { address, user, identity: user });
    }

    /// A user wants something: which operation, about which item, over which link.
    fn act<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, actor: Actor) {
        let Some(operation) = self.pick_operation(cx, actor.address) else { return };
        if cx.program.nodes[cx.node as usize].out.is_empty() {
            // Nobody to ask: a drawing that is not finished.
            return;
        }
        let item = self.pick_item(cx, operation, actor.address);
        self.begun += 1;
        let id = self.born(config, cx, actor, operation, item);
        self.submit(cx, id, 0);
    }

    /// Somebody wants something of an item.
    #[inline(always)]
    fn born<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        Actor { address, user, identity }: Actor,
        operation: u16,
        item: u64,
    ) -> IntentId {
        cx.core.intents_born += 1;
        let spec = &cx.program.operations[operation as usize];
        let odd = match config.has_odd_ones {
            true => config.odd_one(cx, address, identity),
            false => OddOne::default(),
        };
        let id = cx.core.intents.insert(Intent {
            address,
            number: cx.core.intents_born,
            clients: cx.node,
            operation,
            user,
            item,
            identity,
            priority: spec.priority,
            is_internal: false,
            is_malformed: odd.is_malformed,
            is_oversized: odd.is_oversized,
            lacks_right: odd.lacks_right,
            work: if odd.is_expensive { config.expense } else { Factor(MICRO) },
            submissions: 0,
            calls: Id::NONE,
            born: cx.now(),
            told: None,
            open: 0,
            parked: 0,
            completes: 0,
        });
        let place = cx.program.nodes[cx.node as usize].place;
        cx.core.fact(cx.node as usize, place, Fact::Born, address.0, 0, operation as u8);
        cx.record.born(cx.program, id, &cx.core.intents[id]);
        if cx.happens(config.double_click, Purpose::DoubleClick, address) {
            self.will_click_again(config, cx, id, address);
        }
        if let Some(patience) = &config.patience {
            let ns = patience.sample(&mut cx.draws(Purpose::Patience, address));
            cx.local_at(cx.now() + Duration(ns), code::PATIENCE, id.bits());
        }
        id
    }

    #[cold]
    fn will_click_again<R: Record>(
        &self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: IntentId,
        address: Address,
    ) {
        let gap = config.click_gap.sample(&mut cx.draws(Purpose::ClickGap, address));
        cx.hold(id);
        cx.core.intents[id].submissions += 1;
        cx.local_at(cx.now() + Duration(gap), code::CLICK, id.bits());
    }

    #[inline(never)]
    fn submit_again<R: Record>(&mut self, cx: &mut Cx<'_, R>, id: IntentId) {
        self.submit(cx, id, 1);
    }

    /// The user presses the button: 0 is the first time.
    #[inline(always)]
    fn submit<R: Record>(&mut self, cx: &mut Cx<'_, R>, id: IntentId, click: u16) {
        let intent = &mut cx.core.intents[id];
        intent.submissions += 1;
        let (address, operation, number) = (intent.address, intent.operation, intent.number);
        let node = &cx.program.nodes[cx.node as usize];
        let link = match node.out.as_slice() {
            [only] => *only,
            all => {
                let at = cx.draws(Purpose::Path, address).below(all.len() as u64);
                all[at as usize]
            }
        };
        let mode = cx.program.operations[operation as usize].mode;
        // A division takes longer than the rest of this.
        let caller = match node.instances {
            1 => 0,
            n => ((number - 1) % u64::from(n)) as u16,
        };
        let place = cx.program.links[link as usize].place;
        let first_try = address.call(place, u32::from(click)).attempt(1);
        let instance = cx.instance_for(link, first_try, id, mode);
        let new = NewCall { link, caller, tag: click, instance, mode, ..NewCall::default() };
        // The first click is on the way of every action, another one is not.
        match click {
            0 => cx.call_at_once(id, Parent::Intent, new),
            _ => cx.call(id, Parent::Intent, new),
        };
    }

    #[cold]
    fn click_again<R: Record>(&mut self, cx: &mut Cx<'_, R>, id: IntentId) {
        cx.core.intents[id].submissions -= 1;
        // Who has an answer sees another page.
        if cx.core.intents[id].told.is_none() {
            cx.tally(0);
            self.submit_again(cx, id);
        }
        cx.release(id);
    }

    #[cold]
    fn lose_patience<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: IntentId) {
        let waits = cx.core.intents.get(id).is_some_and(|intent| intent.told.is_none());
        if waits {
            cx.tally(1);
            cx.hold(id);
            self.tell(config, cx, id, Told::Abandoned);
            cx.abandon_calls_of_intent(id);
            self.looks_no_more(cx, id);
            cx.release(id);
        }
    }

    /// The user's last word on the intent, and what the user does next.
    #[inline(always)]
    fn tell<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: IntentId, told: Told) {
        let now = cx.now();
        let intent = &mut cx.core.intents[id];
        intent.told = Some((now, told));
        let (address, user) = (intent.address.0, intent.user);
        let code = match told {
            Told::Served => 0,
            Told::Failed(reason) => reason as u8 + 1,
            Told::Degraded => u8::MAX - 1,
            Told::Abandoned => u8::MAX,
        };
        let place = cx.program.nodes[cx.node as usize].place;
        cx.core.fact(cx.node as usize, place, Fact::Told, address, 0, code);
        cx.record.told(cx.program, now, id, &cx.core.intents[id], told);
        if cx.program.monitoring.is_used {
            let good = matches!(told, Told::Served | Told::Degraded);
            let took = now.since(cx.core.intents[id].born);
            let alerts = &cx.program.monitoring.alerts;
            cx.core.monitoring.answered(alerts, cx.node, good, took);
        }
        // A look is beside what the user does next.
        if let Loop::Closed { think, .. } = &config.loop_
            && !self.is_look(id)
        {
            self.think(config, cx, think, user, now);
        }
    }

    #[inline]
    fn pick_operation<R: Record>(&self, cx: &Cx<'_, R>, address: Address) -> Option<u16> {
        let performs = &cx.program.nodes[cx.node as usize].performs;
        match performs.as_slice() {
            [] => None,
            [(only, _)] => Some(*only),
            many => Some(Self::pick_one_of(many, cx, address)),
        }
    }

    #[inline(never)]
    fn pick_one_of<R: Record>(many: &[(u16, u64)], cx: &Cx<'_, R>, address: Address) -> u16 {
        let total: u64 = many.iter().map(|(_, weight)| weight).sum();
        let mut at = cx.draws(Purpose::Operation, address).below(total);
        for &(operation, weight) in many {
            if at < weight {
                return operation;
            }
            at -= weight;
        }
        unreachable!("the draw is below the sum of the weights")
    }

    /// A user pauses before the next action, from `from` on.
    fn think<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        think: &Sampler,
        user: u32,
        from: Time,
    ) {
        let n = u64::from(self.user_actions[user as usize]);
        let place = cx.program.nodes[cx.node as usize].place;
        let address = Address::intent(place, u64::from(user) + 1, n);
        let pause = think.sample(&mut cx.draws(Purpose::Think, address));
        let at = from + Duration(pause);
        if at < cx.program.horizon.min(config.ends) {
            cx.local_at(at, code::USER, u64::from(user));
        }
    }
}
