//! Cache: keeps what was read, so that the next reader need not ask the source.
//!
//! Simulated: entries with the version they were read at, a bounded number of them per node, what goes
//! when room is needed, expiry, who brings what is missing and who waits for it, writes that pass
//! through or are flushed later, keys spread over nodes. A command takes its time on one of the node's
//! threads and acts at the end of it. A *look-aside* cache says that it misses, and its callers ask the
//! source and fill it (`plan`); an *inline* one stands before its source and calls it itself. A request
//! that waits for the source holds its connection, not a thread.
//!
//! The last to set an entry wins, whatever version it brings: an old read can overwrite a new write,
//! unless leases are on. docs/model-cards/cache.md says what is ignored.

mod entries;
mod kept;
mod pending;
mod placement;
mod reads;
mod writes;

use std::collections::BTreeMap;

use self::entries::{Entries, Entry, Eviction};
use self::pending::{PendingTable, Spot};
use self::placement::Placement;
use self::writes::Unflushed;
use super::{Kept, KindFault, Look, NodeKind};
use crate::design::value::MICRO;
use crate::design::{CallMode, Settings};
use crate::engine::attempt::{Attempt, AttemptId, Call, CalleeSide};
use crate::engine::core::{Core, Cx};
use crate::engine::dist::Sampler;
use crate::engine::draw::{Address, Purpose};
use crate::engine::fleet::Phase;
use crate::engine::plan::asker_lives;
use crate::engine::reason::Reason;
use crate::engine::program::Program;
use crate::engine::record::Record;
use crate::engine::station::{Admission, Instance};
use crate::time::{Duration, Time};

/// Positions in `TALLIES`. Hits and misses are all lookups.
const LOOKUPS: usize = 0;
const HITS: usize = 1;
const MISSES: usize = 2;
const FILLS: usize = 3;
const EVICTIONS: usize = 4;
const EXPIRED: usize = 5;
const INVALIDATED: usize = 6;
/// Fetched anew though there was a value: early, or behind a stale one.
const REFRESHES: usize = 7;
/// Misses that waited for the fetch of another.
const COALESCED: usize = 8;
/// Misses that waited because another had the lease.
const LEASE_WAITS: usize = 9;
/// Fills that came without a lease that still held.
const FILLS_REFUSED: usize = 10;
/// Hits that were served a value past its time.
const STALE_SERVED: usize = 11;
/// Writes acknowledged before their source had them, those of them that reached it, and those that
/// a crash took.
const DEFERRED: usize = 12;
const FLUSHED: usize = 13;
const LOST_DIRTY: usize = 14;

/// Local events: a lease is over (arg: its number); it is time to flush (arg: the part).
const LEASE: u8 = 0;
const FLUSH: u8 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pattern {
    LookAside,
    ReadThrough,
    WriteThrough,
    WriteBehind,
    InvalidateOnWrite,
}

/// What becomes of the entry when its source was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnWrite {
    Keep,
    Invalidate,
    Update,
}

pub struct Config {
    pattern: Pattern,
    on_write: OnWrite,
    eviction: Eviction,
    /// Per node.
    capacity: Option<u64>,
    placement: Placement,
    /// Each instance of each caller has a cache to itself.
    is_local: bool,
    ttl: Option<Duration>,
    /// Parts per billion of the ttl, both ways.
    jitter: u64,
    renews_on_hit: bool,
    single_flight: bool,
    lease: Option<Duration>,
    stale_for: Option<Duration>,
    /// Beta of XFetch.
    early: Option<f64>,
    pub late_fills: bool,
    op_time: Sampler,
    threads: u32,
    connections: Option<u32>,
    flush_every: Duration,
    flush_batch: usize,
}

impl Config {
    /// Which of the registered nodes has the item.
    pub fn node_of(&self, item: u64, registered: &[u16]) -> u16 {
        match (self.is_local, registered) {
            (true, &[first, ..]) => first,
            _ => self.placement.node(item, registered),
        }
    }

    fn is_inline(&self) -> bool {
        self.pattern != Pattern::LookAside
    }
}

/// A cache node, or what one instance of a caller has to itself.
#[derive(Clone)]
struct Part {
    station: Instance,
    /// Requests that hold a connection.
    present: u32,
    entries: Entries,
    unflushed: Unflushed,
    /// Of a local one: when its process began. A new process has an empty cache.
    began: Time,
}

#[derive(Clone)]
pub struct Cache {
    parts: Vec<Part>,
    /// Of a local cache: which part belongs to which link and instance of the caller.
    owners: BTreeMap<(u16, u16), u32>,
    pending: PendingTable,
}

impl NodeKind for Cache {
    type Config = Config;

    const TALLIES: &'static [&'static str] = &[
        "lookups",
        "hits",
        "misses",
        "fills",
        "evictions",
        "expired",
        "invalidated",
        "refreshes",
        "coalesced",
        "lease_waits",
        "fills_refused",
        "stale_served",
        "deferred",
        "flushed",
        "lost_dirty",
    ];

    fn compile(knobs: &Settings<'_>) -> Config {
        let instances = knobs.count("instances") as u16;
        Config {
            pattern: match knobs.choice("pattern") {
                "read_through" => Pattern::ReadThrough,
                "write_through" => Pattern::WriteThrough,
                "write_behind" => Pattern::WriteBehind,
                "invalidate_on_write" => Pattern::InvalidateOnWrite,
                _ => Pattern::LookAside,
            },
            on_write: match knobs.choice("on_write") {
                "none" => OnWrite::Keep,
                "update" => OnWrite::Update,
                _ => OnWrite::Invalidate,
            },
            eviction: match knobs.choice("eviction") {
                "fifo" => Eviction::Fifo,
                "lfu" => Eviction::Lfu,
                "lfu_ever" => Eviction::LfuEver,
                "random" => Eviction::Random,
                _ => Eviction::Lru,
            },
            capacity: knobs.opt_count("capacity"),
            placement: match knobs.choice("hashing") {
                "ring" => Placement::ring(instances, knobs.count("virtual_nodes")),
                _ => Placement::Modulo,
            },
            is_local: knobs.choice("scope") == "local",
            ttl: knobs.opt_duration("ttl"),
            jitter: knobs.share("ttl_jitter").0,
            renews_on_hit: knobs.choice("ttl_renew") == "on_hit",
            single_flight: knobs.flag("single_flight"),
            lease: knobs.opt_duration("lease"),
            stale_for: knobs.opt_duration("stale_while_revalidate"),
            early: knobs.opt_factor("early_refresh").map(|f| f.0 as f64 / MICRO as f64),
            late_fills: knobs.flag("late_fills"),
            op_time: Sampler::new(&knobs.dist("op_time")),
            threads: knobs.count("threads") as u32,
            connections: knobs.opt_count("connections").map(|n| n as u32),
            flush_every: knobs.duration("flush_every"),
            flush_batch: knobs.count("flush_batch") as usize,
        }
    }

    fn new(_: &Config) -> Cache {
        Cache {
            parts: Vec::new(),
            owners: BTreeMap::new(),
            pending: PendingTable::default(),
        }
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let part = self.part_of(config, cx, &attempt);
        let held = &mut self.parts[part];
        if config.connections.is_some_and(|most| held.present >= most) {
            cx.refuse(id, Reason::ConnectionRefused);
            return;
        }
        held.present += 1;
        match held.station.admit(id, config.threads, None) {
            Admission::Begin => {
                cx.enter();
                begin(config, cx, id);
            }
            Admission::Wait => cx.enter_line(id),
            Admission::Full => unreachable!("the line has no limit of its own"),
        }
    }

    fn on_work<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let attempt = cx.core.attempts[id];
        let part = self.part_of(config, cx, &attempt);
        let station = &mut self.parts[part].station;
        while let Some(next) = station.next(config.threads, &cx.core.attempts) {
            if !cx.drops_late(next) {
                cx.leaves_line_for_slot();
                begin(config, cx, next);
                break;
            }
        }
        let faults = &cx.core.modifiers[cx.node as usize];
        if faults.fails(&mut cx.draws(Purpose::Fault, attempt.address)) {
            self.finish(config, cx, id, Err(Reason::ErrorFromCallee));
            return;
        }
        match attempt.mode {
            CallMode::Read => self.look_up(config, cx, part, id),
            CallMode::Write => self.write(config, cx, part, id),
            CallMode::Fill => self.fill(config, cx, part, id),
            CallMode::Invalidate => {
                let item = cx.core.intents[attempt.intent].item;
                self.invalidate(config, cx, (part as u32, item));
                self.finish(config, cx, id, Ok(()));
            }
            CallMode::Probe | CallMode::Begin | CallMode::Commit => {
                self.finish(config, cx, id, Ok(()));
            }
        }
    }

    fn on_local<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, code: u8, arg: u64) {
        match code {
            LEASE => self.end_lease(config, cx, arg),
            FLUSH => self.flush_in_time(cx, arg as usize),
            _ => unreachable!("a cache schedules leases and flushes"),
        }
    }

    fn on_call_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let attempt = cx.core.attempts[id];
        let part = self.part_of(config, cx, &attempt);
        let item = cx.core.intents[attempt.intent].item;
        let spot = (part as u32, item);
        if result.is_ok() {
            cx.core.attempts[id].answer = call.answer;
            match call.mode {
                CallMode::Write => self.written(config, cx, spot, call),
                _ => self.fetched(config, cx, spot, call),
            }
        }
        let reply = result.map_err(|_| Reason::ErrorFromCallee);
        self.finish(config, cx, id, reply);
    }

    fn on_own_call_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        match call.mode {
            CallMode::Write => self.flush_over(config, cx, call, result),
            _ => self.fetch_over(config, cx, call, result),
        }
    }

    fn on_late_reply<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, late: &Attempt) {
        let useful = late.mode == CallMode::Read && late.reply.is_ok();
        if !config.late_fills || !useful || !asker_lives(cx, late) {
            return;
        }
        // Which part asked is known for a shared cache: its node. A local one is known by its caller,
        // who is no longer here.
        let item = cx.core.intents[late.intent].item;
        let part = late.from as usize;
        if config.is_local || part >= self.parts.len() || late.answer.missing {
            return;
        }
        if !self.parts[part].unflushed.has(item) {
            let took = cx.now().since(late.since);
            let spot = (part as u32, item);
            self.keep(config, cx, spot, late.answer.version, took, late.address);
        }
    }

    fn on_crash<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        let lost = match instance {
            Some(instance) if !config.is_local => {
                instance as usize..(instance as usize + 1).min(self.parts.len())
            }
            _ => 0..self.parts.len(),
        };
        // What is in the callers' own memory is lost as a whole, and all that is under way in it.
        cx.crash_all(instance.filter(|_| !config.is_local));
        for part in lost {
            for number in self.pending.within(part as u32..=part as u32) {
                self.pending.end(number);
            }
            let held = &mut self.parts[part];
            held.entries.clear();
            held.station.clear();
            held.present = 0;
            let lost = held.unflushed.lose(cx);
            cx.tally_by(LOST_DIRTY, lost);
        }
    }

    fn on_fault<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, fault: KindFault) {
        let KindFault::Flush(instance) = fault else {
            unreachable!("the entry is for databases")
        };
        let parts = match instance {
            Some(instance) if !config.is_local => instance as usize..instance as usize + 1,
            _ => 0..self.parts.len(),
        };
        for part in parts.start..parts.end.min(self.parts.len()) {
            let gone = self.parts[part].entries.clear();
            cx.tally_by(INVALIDATED, gone as u64);
            if !config.is_inline() {
                // Nothing that was read before may come in any more.
                for number in self.pending.within(part as u32..=part as u32) {
                    self.end_lease(config, cx, number);
                }
            }
        }
    }

    fn on_revised<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        for part in &mut self.parts {
            let gone = part.entries.resize(config.capacity);
            cx.tally_by(EVICTIONS, gone as u64);
        }
    }

    fn on_fleet<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>) {
        for part in 0..self.parts.len() as u16 {
            let fleet = &cx.core.fleets[cx.node as usize];
            let goes = usize::from(part) < fleet.places()
                && matches!(fleet.member(part).phase, Phase::Draining | Phase::Gone);
            if goes {
                // What it has acknowledged it hands on before it goes.
                self.flush(cx, part as usize);
            }
        }
    }

    fn kept(&self, config: &Config, program: &Program, core: &Core, node: u16) -> Vec<Kept> {
        self.would_serve(config, program, core, node)
    }

    fn look(&self, config: &Config) -> Look {
        if config.is_inline() {
            // Requests that wait for the source have no thread.
            return Look::default();
        }
        let nodes = (self.parts.len() as u32).max(1);
        let line = config.connections.map(|n| n.saturating_sub(config.threads));
        Look {
            slots: config.threads.saturating_mul(nodes),
            slots_each: config.threads,
            queue_limit: line.map(|n| n.saturating_mul(nodes)),
        }
    }
}

impl Cache {
    /// Which part a request is for; it is there after this.
    fn part_of<R: Record>(
        &mut self,
        config: &Config,
        cx: &Cx<'_, R>,
        attempt: &Attempt,
    ) -> usize {
        if !config.is_local {
            let part = attempt.instance as usize;
            while self.parts.len() <= part {
                self.parts.push(Part::new(config, Time::ZERO));
            }
            let fleet = &cx.core.fleets[cx.node as usize];
            if part < fleet.places() && self.parts[part].began != fleet.member(part as u16).started {
                // A node that came later, at the place of one that went or at its own: it is empty.
                self.parts[part].began = fleet.member(part as u16).started;
                self.parts[part].entries.clear();
                for number in self.pending.within(part as u32..=part as u32) {
                    self.pending.end(number);
                }
            }
            return part;
        }
        let caller = cx.program.links[attempt.link as usize].from as usize;
        let began = match attempt.from {
            from if usize::from(from) < cx.core.fleets[caller].places() => {
                cx.core.fleets[caller].member(from).started
            }
            _ => Time::ZERO,
        };
        let next = self.parts.len() as u32;
        let owner = self.owners.entry((attempt.link, attempt.from));
        let part = *owner.or_insert(next) as usize;
        if part == next as usize {
            self.parts.push(Part::new(config, began));
        } else if self.parts[part].began != began {
            self.parts[part].began = began;
            self.parts[part].entries.clear();
        }
        part
    }

    /// Answers a request that is let in.
    fn finish<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        reply: Result<(), Reason>,
    ) {
        let attempt = cx.core.attempts[id];
        let part = self.part_of(config, cx, &attempt);
        self.parts[part].present -= 1;
        cx.core.attempts[id].callee = match reply {
            Ok(()) => CalleeSide::Replied,
            Err(_) => CalleeSide::Error,
        };
        cx.leave_slot(id);
        cx.reply(id, reply);
    }

    /// Sets an entry. `took` is how long its source needed, `address` where its chances belong.
    fn keep<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        (part, key): Spot,
        version: u64,
        took: Duration,
        address: Address,
    ) {
        let now = cx.now();
        let ttl = match config.ttl {
            Some(ttl) if config.jitter > 0 => {
                let draws = &mut cx.draws(Purpose::Expiry, address);
                jittered(ttl, config.jitter, |n| draws.below(n))
            }
            ttl => ttl.unwrap_or_default(),
        };
        let expiry = match config.ttl {
            Some(_) => now + ttl,
            None => Time::NEVER,
        };
        let entry = Entry {
            key,
            version,
            expiry,
            ttl,
            took,
            is_stale: false,
        };
        let draws = || cx.draws(Purpose::Eviction, address);
        let evicts = self.parts[part as usize].entries.put(entry, draws);
        cx.tally(FILLS);
        if evicts {
            cx.tally(EVICTIONS);
        }
    }
}

impl Part {
    fn new(config: &Config, began: Time) -> Part {
        Part {
            station: Instance::default(),
            present: 0,
            entries: Entries::new(config.eviction, config.capacity),
            unflushed: Unflushed::default(),
            began,
        }
    }
}

/// Evenly from `ttl (1 - jitter)` to `ttl (1 + jitter)`; `below(n)` is uniform on 0..n.
fn jittered(ttl: Duration, jitter: u64, below: impl FnOnce(u64) -> u64) -> Duration {
    let nano = u128::from(crate::design::value::NANO);
    let spread = (u128::from(ttl.0) * u128::from(jitter) / nano) as u64;
    Duration(ttl.0 - spread + below(2 * spread + 1))
}

fn begin<R: Record>(config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
    cx.begin(id);
    let address = cx.core.attempts[id].address;
    let ns = config.op_time.sample(&mut cx.draws(Purpose::Work, address));
    cx.work_for(id, ns);
}
