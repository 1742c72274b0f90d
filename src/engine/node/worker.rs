//! Worker: instances with handlers; each handler has one message, or one batch, in hand.
//!
//! Simulated: polls where the queue leases (a handler that is free asks for a batch; more is fetched
//! ahead if wanted), credit where the queue pushes; the plan of a message as at a service; a batch is
//! worked on one by one and acknowledged together, after the work or before it; what a crash leaves
//! undone; an idempotency store that is taken when a message is begun and kept for a while when it is
//! done (a crash in between forgets it, as its record expires); a rate limit; poison.
//! Ignored: the idempotency store takes no time and is never lost, save what a crash leaves under way.

mod asking;
mod still;

use std::collections::{BTreeMap, VecDeque};

use super::delivery::{self, CLOSED, EXTEND, POLL, RECONNECT, Receipt, Word};
use super::queue::{Mode, key_of};
use super::{Look, NodeConfig, NodeKind};
use crate::design::Settings;
use crate::design::value::Rate;
use crate::engine::attempt::{AttemptId, Call, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::dist::Sampler;
use crate::engine::draw::Purpose;
use crate::engine::keys::{KeyStore, Seen};
use crate::engine::plan::{self, Progress};
use crate::engine::policy::rate::Bucket;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::engine::standing::{Standing, Still};
use crate::time::Duration;

/// Local events of the worker's own, by instance: messages of this instant are taken, the rate limit
/// lets one more begin, a word that did not get through is said again; and a heartbeat (arg: request).
const TAKE: u8 = 10;
const PACE: u8 = 11;
const ASK: u8 = 12;
const BEAT: u8 = 13;
/// It has stood still for long enough (arg: instance).
const GOES_ON: u8 = 14;

pub struct Config {
    instances: u16,
    concurrency: u32,
    service_time: Sampler,
    batch: u16,
    prefetch: Option<u32>,
    acknowledges_first: bool,
    heartbeat: Option<Duration>,
    /// How long it remembers what it has done.
    remembers: Option<Duration>,
    /// At which rate an instance begins messages at most.
    rate: Option<Rate>,
    /// It takes nothing new.
    is_paused: bool,
    pub poll_wait: Duration,
}

/// What one handler has in hand.
#[derive(Clone, Default)]
struct Batch {
    /// Worked on, not yet acknowledged.
    done: Vec<AttemptId>,
    /// The one that is worked on, and those after it.
    rest: VecDeque<AttemptId>,
    is_acknowledged: bool,
}

#[derive(Clone, Default)]
struct Instance {
    /// Counts its lives, so that words of an earlier one are recognised.
    life: u16,
    line: VecDeque<AttemptId>,
    /// By the place of the request that is worked on.
    at_work: BTreeMap<usize, Batch>,
    /// Handlers that the rate limit keeps waiting, in turn, and whether the time is set at which it lets
    /// one more begin.
    paced: VecDeque<Batch>,
    paces: bool,
    /// Per source: polls under way, or 1 for an open connection.
    asked: Vec<u32>,
    takes: bool,
    asks_again: bool,
    bucket: Bucket,
    standing: Standing,
    /// Beats that came due meanwhile.
    missed_beats: Vec<AttemptId>,
    /// Calls that ended meanwhile.
    deferred: Vec<(AttemptId, Call, Result<(), Reason>)>,
}

impl Instance {
    fn busy(&self) -> u32 {
        (self.at_work.len() + self.paced.len()) as u32
    }
}

#[derive(Clone)]
pub struct Worker {
    instances: Vec<Instance>,
    /// Links from queues.
    sources: Vec<u16>,
    keys: KeyStore,
    words: u64,
}

/// Positions in `TALLIES`.
const HANDLED: usize = 0;
const FAILED: usize = 1;
const POISONED: usize = 2;
const SKIPPED: usize = 3;
const PAUSES: usize = 4;

impl NodeKind for Worker {
    type Config = Config;

    const TALLIES: &'static [&'static str] = &["handled", "failed", "poisoned", "skipped", "pauses"];

    fn compile(knobs: &Settings<'_>) -> Config {
        Config {
            instances: knobs.count("instances") as u16,
            concurrency: knobs.count("concurrency") as u32,
            service_time: Sampler::new(&knobs.dist("service_time")),
            batch: knobs.count("batch") as u16,
            prefetch: knobs.opt_count("prefetch").map(|n| n as u32),
            acknowledges_first: knobs.choice("acknowledge") == "before",
            heartbeat: knobs.opt_duration("heartbeat"),
            remembers: (knobs.choice("idempotency") == "store")
                .then(|| knobs.duration("idempotency_ttl")),
            rate: knobs.opt_rate("rate_limit"),
            is_paused: knobs.flag("paused"),
            poll_wait: knobs.duration("poll_wait"),
        }
    }

    fn new(config: &Config) -> Worker {
        Worker {
            instances: vec![Instance::default(); config.instances as usize],
            sources: Vec::new(),
            keys: KeyStore::default(),
            words: 0,
        }
    }

    fn start<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let links = cx.program.links.iter().enumerate();
        let mine = links.filter(|(_, link)| link.to == cx.node);
        self.sources = mine.map(|(i, _)| i as u16).collect();
        self.everybody_goes_on(config, cx);
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        cx.enter_line(id);
        let source = self.sources.iter().position(|&link| link == attempt.link);
        let is_asked_for = mode_of(cx, attempt.link) != Mode::Session;
        let instance = self.instance(attempt.instance);
        instance.line.push_back(id);
        if is_asked_for && Receipt::from_bits(attempt.payload).is_first {
            let asked = &mut instance.asked[source.expect("queues only call workers")];
            *asked = asked.saturating_sub(1);
        }
        if config.batch == 1 {
            self.go_on(config, cx, attempt.instance);
        } else if !instance.takes {
            // What arrives at this instant belongs together.
            instance.takes = true;
            cx.local_at(cx.now(), TAKE, u64::from(attempt.instance));
        }
    }

    fn on_work<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let intent = cx.core.intents[attempt.intent];
        let program = cx.program;
        let node = &program.nodes[cx.node as usize];
        let operation = intent.operation as usize;
        let poison = program.operations[operation].poison;
        // Whoever handles it: the draw belongs to the intent.
        let of_users = &cx.core.node_keys[intent.clients as usize];
        let mut draws = of_users.draws(Purpose::Poison, intent.address);
        let is_poison = Receipt::from_bits(attempt.payload).is_poison
            || (!poison.is_never() && !intent.is_internal && draws.chance(poison));
        let failed = if is_poison {
            cx.tally(POISONED);
            Some(Reason::Poison)
        } else if cx.fails(id) {
            Some(Reason::ErrorFromCallee)
        } else {
            None
        };
        let progress = match failed {
            Some(reason) => Err(reason),
            None => {
                if node.effects[operation].is_some() && plan::is_first_work(cx, id) {
                    cx.effect(id, 0);
                }
                Ok(plan::proceed_after(cx, id))
            }
        };
        self.resume(config, cx, id, progress);
    }

    fn on_call_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let instance = self.instance(cx.core.attempts[id].instance);
        if instance.standing.is_still() {
            instance.deferred.push((id, *call, result));
            return;
        }
        self.take_up(config, cx, id, call, result);
    }

    fn on_local<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, code: u8, arg: u64) {
        match code {
            TAKE => {
                self.instance(arg as u16).takes = false;
                self.go_on(config, cx, arg as u16);
            }
            PACE => {
                self.instance(arg as u16).paces = false;
                self.begin_paced(config, cx, arg as u16);
                self.go_on(config, cx, arg as u16);
            }
            ASK => {
                self.instance(arg as u16).asks_again = false;
                self.go_on(config, cx, arg as u16);
            }
            BEAT => self.beat(config, cx, AttemptId::from_bits(arg)),
            GOES_ON => self.pause_over(config, cx, arg as u16),
            RECONNECT => {
                let source = self.sources.iter().position(|&link| u64::from(link) == arg);
                for instance in &mut self.instances {
                    if let Some(asked) = source.and_then(|s| instance.asked.get_mut(s)) {
                        *asked = 0;
                    }
                }
                self.everybody_goes_on(config, cx);
            }
            _ => unreachable!("workers know these"),
        }
    }

    fn on_crash<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        for i in 0..self.instances.len() as u16 {
            if instance.is_none_or(|only| only == i) {
                self.lose(cx, i);
            }
        }
        cx.crash_all(instance);
    }

    fn on_restart<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, _: Option<u16>) {
        self.everybody_goes_on(config, cx);
    }

    fn on_stand_still<R: Record>(
        &mut self,
        _: &Config,
        cx: &mut Cx<'_, R>,
        number: u16,
        still: Still,
    ) {
        self.stand_still(cx, number, still);
    }

    fn on_move_on<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u16,
        entry: u16,
    ) {
        self.reasons_change(config, cx, number, |standing| standing.end_entry(entry));
    }

    fn on_goes_on<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, id: AttemptId, ns: u64) {
        let standing = &mut self.instance(cx.core.attempts[id].instance).standing;
        match standing.is_still() {
            true => standing.stopped.push((id, Duration(ns))),
            false => cx.work_ends(id, ns),
        }
    }

    fn on_revised<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        for i in 0..self.instances.len() as u16 {
            if config.is_paused && self.instance(i).asked.iter().any(|&n| n > 0) {
                self.close(cx, i, 0);
            }
            // The rate may be another one.
            self.instance(i).paces = false;
            self.begin_paced(config, cx, i);
        }
        self.everybody_goes_on(config, cx);
    }

    fn on_fleet<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        for i in 0..self.instances.len() as u16 {
            let is_leaving = cx.core.fleets[cx.node as usize].registered().binary_search(&i).is_err();
            if is_leaving && self.instance(i).asked.iter().any(|&n| n > 0) {
                // It wants no more, and keeps what it has.
                self.close(cx, i, 0);
            }
        }
        self.everybody_goes_on(config, cx);
    }

    fn look(&self, config: &Config) -> Look {
        let all = self.instances.len() as u32;
        Look {
            slots: config.concurrency.saturating_mul(all),
            slots_each: config.concurrency,
            queue_limit: None,
        }
    }
}

/// How the queue at the other end of a link delivers.
fn mode_of<R: Record>(cx: &Cx<'_, R>, link: u16) -> Mode {
    let queue = cx.program.links[link as usize].from;
    match &cx.program.nodes[queue as usize].config {
        NodeConfig::Queue(queue) => queue.mode,
        _ => unreachable!("validated: only queues call workers"),
    }
}

impl Worker {
    /// Its state, also of one that was added during the run.
    fn instance(&mut self, number: u16) -> &mut Instance {
        if self.instances.len() <= number as usize {
            self.instances.resize(number as usize + 1, Instance::default());
        }
        let sources = self.sources.len();
        let instance = &mut self.instances[number as usize];
        instance.asked.resize(sources, 0);
        instance
    }

    fn everybody_goes_on<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        for i in 0..cx.core.fleets[cx.node as usize].places() as u16 {
            self.go_on(config, cx, i);
        }
    }

    /// A call that a message waited for is over.
    fn take_up<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        match plan::call_over(cx, id, call, result) {
            Progress::Waits => {}
            progress => self.resume(config, cx, id, Ok(progress)),
        }
    }

    /// Free handlers take what has been fetched, then more is asked for.
    fn go_on<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u16) {
        if self.instance(number).standing.is_still() {
            return;
        }
        let handlers = cx.slots(config.concurrency);
        while self.instance(number).busy() < handlers {
            let Some(batch) = self.next_batch(config, cx, number) else { break };
            self.work_on(config, cx, number, batch, None);
        }
        self.ask(config, cx, number);
    }

    /// What a free handler takes: the messages of one answer, or what has been pushed.
    fn next_batch<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u16,
    ) -> Option<Batch> {
        let mut batch = Batch::default();
        let line = &mut self.instance(number).line;
        while let Some(&id) = line.front() {
            let attempt = &cx.core.attempts[id];
            let begins = mode_of(cx, attempt.link) != Mode::Session
                && Receipt::from_bits(attempt.payload).is_first;
            let is_next = batch.rest.is_empty() || !begins;
            if !is_next || batch.rest.len() == config.batch as usize {
                break;
            }
            batch.rest.push_back(id);
            line.pop_front();
        }
        if batch.rest.is_empty() {
            return None;
        }
        for &id in &batch.rest {
            if config.acknowledges_first {
                cx.core.attempts[id].callee = CalleeSide::WorkingOn;
                cx.reply(id, Ok(()));
            } else if let Some(every) = config.heartbeat {
                cx.local_at(cx.now() + every, BEAT, id.bits());
            }
        }
        batch.is_acknowledged = config.acknowledges_first;
        Some(batch)
    }

    /// The message that a handler has in hand goes on.
    fn resume<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        progress: Result<Progress, Reason>,
    ) {
        let number = cx.core.attempts[id].instance;
        let batch = self.instance(number).at_work.remove(&id.slot());
        let batch = batch.expect("a handler has it in hand");
        self.work_on(config, cx, number, batch, Some(progress));
        self.go_on(config, cx, number);
    }

    /// Whether the rate limit lets one more message begin; if not, the time is set at which it will.
    fn may_begin<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u16) -> bool {
        let now = cx.now();
        let instance = self.instance(number);
        let wait = config.rate.and_then(|rate| instance.bucket.take(now, rate, 1).err());
        let Some(until) = wait else { return true };
        if !std::mem::replace(&mut instance.paces, true) {
            cx.local_at(until, PACE, u64::from(number));
        }
        false
    }

    /// Handlers that waited for the rate limit begin, as many as it lets.
    fn begin_paced<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u16) {
        while !self.instance(number).standing.is_still()
            && !self.instance(number).paced.is_empty()
            && self.may_begin(config, cx, number)
        {
            let batch = self.instance(number).paced.pop_front().expect("just seen");
            let &id = batch.rest.front().expect("it waits for a message");
            let progress = self.begin(config, cx, id, batch.is_acknowledged);
            self.work_on(config, cx, number, batch, Some(progress));
        }
    }

    /// A handler works on its batch until it has to wait.
    fn work_on<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u16,
        mut batch: Batch,
        mut progress: Option<Result<Progress, Reason>>,
    ) {
        while let Some(&id) = batch.rest.front() {
            let next = match progress.take() {
                Some(progress) => progress,
                None => {
                    let others_wait = !self.instance(number).paced.is_empty();
                    if others_wait || !self.may_begin(config, cx, number) {
                        self.instance(number).paced.push_back(batch);
                        return;
                    }
                    self.begin(config, cx, id, batch.is_acknowledged)
                }
            };
            match next {
                Ok(Progress::Waits) => {
                    self.instance(number).at_work.insert(id.slot(), batch);
                    return;
                }
                Ok(Progress::Works { step }) => {
                    self.instance(number).at_work.insert(id.slot(), batch);
                    let address = cx.core.attempts[id].address.attempt(u32::from(step) << 16);
                    let ns = config.service_time.sample(&mut cx.draws(Purpose::Work, address));
                    return cx.work_for(id, ns);
                }
                Ok(Progress::Done) => self.finished(config, cx, &mut batch, id, Ok(())),
                Ok(progress @ (Progress::Fails | Progress::SoldOut)) => {
                    self.finished(config, cx, &mut batch, id, Err(progress.reason()));
                }
                Err(reason) => self.finished(config, cx, &mut batch, id, Err(reason)),
            }
            batch.rest.pop_front();
        }
        for id in batch.done {
            cx.core.attempts[id].callee = CalleeSide::Replied;
            cx.reply(id, Ok(()));
        }
    }

    /// A message is begun, unless it was taken care of before.
    fn begin<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        is_acknowledged: bool,
    ) -> Result<Progress, Reason> {
        cx.leaves_line_for_slot();
        cx.begin(id);
        if is_acknowledged {
            cx.core.attempts[id].callee = CalleeSide::WorkingOn;
        }
        if config.remembers.is_some() {
            match self.keys.take(cx.now(), key_of(cx, id)) {
                Seen::New => {}
                Seen::UnderWay => {
                    // Not its own: it must not be given up with this message.
                    cx.core.attempts[id].answer.missing = true;
                    return Err(Reason::Conflict);
                }
                Seen::Done => {
                    cx.tally(SKIPPED);
                    cx.core.attempts[id].answer.missing = true;
                    return Ok(Progress::Done);
                }
            }
        }
        let asked = Receipt::from_bits(cx.core.attempts[id].payload).contract;
        let contract = cx.core.contract(cx.program, cx.node, cx.core.attempts[id].instance);
        if asked != 0 && !contract.understands(asked) {
            return Err(Reason::ContractMismatch);
        }
        Ok(plan::proceed_after(cx, id))
    }

    /// A message is done, or has failed. A good one is acknowledged with its batch.
    fn finished<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        batch: &mut Batch,
        id: AttemptId,
        result: Result<(), Reason>,
    ) {
        let (now, key) = (cx.now(), key_of(cx, id));
        let has_key = config.remembers.filter(|_| !cx.core.attempts[id].answer.missing);
        match (result, has_key) {
            (Ok(()), Some(ttl)) => self.keys.done(now, key, ttl),
            (Err(_), Some(_)) => self.keys.give_up(key),
            _ => {}
        }
        cx.tally(if result.is_ok() { HANDLED } else { FAILED });
        cx.abandon_calls_of(id);
        cx.leave_slot(id);
        match result {
            _ if batch.is_acknowledged => {
                let instance = cx.core.attempts[id].instance;
                cx.close(id, CalleeSide::Replied);
                cx.gone_if_empty(instance);
            }
            Ok(()) => {
                cx.core.attempts[id].callee = CalleeSide::Awaiting;
                batch.done.push(id);
            }
            Err(reason) => {
                cx.core.attempts[id].callee = CalleeSide::Error;
                cx.reply(id, Err(reason));
            }
        }
    }

    /// A crash: what a handler had not acknowledged is answered by the broken connection, what it had
    /// acknowledged and not begun is lost without a word.
    fn lose<R: Record>(&mut self, cx: &mut Cx<'_, R>, number: u16) {
        self.close(cx, number, 1);
        let life = self.instance(number).life;
        let fresh = Instance { life, ..Instance::default() };
        let old = std::mem::replace(self.instance(number), fresh);
        let at_work = old.at_work.into_values().map(|batch| (batch, 1));
        let paced = old.paced.into_iter().map(|batch| (batch, 0));
        for (batch, begun) in at_work.chain(paced) {
            for id in batch.done {
                cx.core.attempts[id].callee = CalleeSide::Crashed;
                cx.reply(id, Err(Reason::CrashedWhileWorking));
            }
            for (i, &id) in batch.rest.iter().enumerate() {
                if i < begun {
                    if !cx.core.attempts[id].answer.missing {
                        self.keys.give_up(key_of(cx, id));
                    }
                } else if batch.is_acknowledged {
                    cx.leave_line(id, CalleeSide::Replied);
                    cx.close(id, CalleeSide::Replied);
                }
            }
        }
    }
}
