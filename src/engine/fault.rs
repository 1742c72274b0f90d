//! What the timeline does to the world: traffic changes and faults.

use super::attempt::AttemptId;
use super::columns::Named;
use super::deploy::{Deploy, Strategy};
use super::dist::Sampler;
use super::draw::{Draws, Threshold};
use super::program::{Compiler, Entry};
pub use super::schema::{Keeps, SchemaChange};
use crate::design::value::{Factor, MICRO, NANO, Rate, Share};
use crate::design::{Settings, TimelineEntry};
use crate::time::{Duration, Time};

/// An entry of the timeline, resolved to what it acts on.
#[derive(Clone, Debug)]
pub enum Action {
    TrafficStep {
        clients: u16,
        rate: Rate,
    },
    TrafficRamp {
        clients: u16,
        to: Rate,
        over: Duration,
    },
    TrafficSpike {
        clients: u16,
        factor: Factor,
    },
    Slow {
        node: u16,
        factor: Factor,
    },
    Crash {
        node: u16,
        /// Only so many of its instances.
        instances: Option<u16>,
    },
    Errors {
        node: u16,
        share: Threshold,
    },
    Hang {
        node: u16,
        share: Threshold,
    },
    CapacityCut {
        node: u16,
        share: Share,
    },
    ZoneOutage {
        zone: u16,
    },
    DiskFull {
        node: u16,
    },
    LinkDelay {
        link: u16,
        delay: Sampler,
    },
    LinkLoss {
        link: u16,
        share: Threshold,
    },
    ExpiredCredentials {
        link: u16,
    },
    HotKey {
        operation: u16,
        share: Threshold,
    },
    Poison {
        operation: u16,
        share: Threshold,
    },
    GcPause {
        node: u16,
        instances: Option<u16>,
        series: Option<Series>,
    },
    ClockSkew {
        node: u16,
        skew: Skew,
    },
    WorkerPause {
        node: u16,
        instances: Option<u16>,
    },
    /// Rates in millionths per second, one after the other.
    TrafficCurve {
        clients: u16,
        rates: Box<[u64]>,
        every: Duration,
    },
    Abuse {
        clients: u16,
        rate: Rate,
        identities: u32,
    },
    Reconnect {
        clients: u16,
        users: u32,
        spread: u64,
    },
    Deploy {
        node: u16,
        deploy: Deploy,
    },
    Rollback {
        node: u16,
    },
    LostMonitoring,
    /// The copy that leads crashes.
    PrimaryLoss {
        node: u16,
    },
    /// The copy that leads is kept from the others.
    Isolate {
        node: u16,
    },
    ReplicaLag {
        node: u16,
        delay: Duration,
    },
    /// Another copy is made the leader by hand.
    Failover {
        node: u16,
    },
    SchemaChange {
        node: u16,
        change: SchemaChange,
    },
    Reshard {
        node: u16,
        change: Reshard,
    },
    Restore {
        node: u16,
        rate: Rate,
    },
    Redrive {
        node: u16,
    },
    StartRun {
        node: u16,
    },
    /// Knobs change: the program's next or last revision counts.
    Config {
        place: ConfigPlace,
    },
    Partition {
        link: u16,
        requests: bool,
        replies: bool,
    },
    Hold {
        link: u16,
    },
    Flush {
        node: u16,
        instance: Option<u16>,
    },
}

/// How far clocks are off, in nanoseconds, and at how many instances.
#[derive(Clone, Copy, Debug)]
pub struct Skew {
    pub offset: i128,
    pub instances: Option<u16>,
}

/// Pauses one after the other.
#[derive(Clone, Debug)]
pub struct Series {
    pub every: Duration,
    pub pause: Sampler,
}

/// Another number of shards of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reshard {
    pub shards: u16,
    /// Rows that are moved per second, and at a time.
    pub rate: Rate,
    pub batch: u64,
    /// Writes to what is being moved wait; otherwise they are refused.
    pub waits: bool,
}

impl Reshard {
    fn compile(knobs: &Settings<'_>) -> Reshard {
        Reshard {
            shards: knobs.count("shards") as u16,
            rate: knobs.rate("rate"),
            batch: knobs.count("batch"),
            waits: knobs.choice("writes") == "wait",
        }
    }
}

/// What a change of knobs is about, for the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigPlace {
    Node(u16),
    Link(u16),
    /// An operation is no place: what changes is noted at its first clients.
    Operation(u16),
}

impl Action {
    /// Resolves an entry that passed validation. `index` is its position in the scenario.
    pub fn compile(c: &Compiler<'_>, entry: &TimelineEntry, index: u16) -> Entry {
        let knobs = Settings::new(entry.what, &entry.knobs);
        let key = entry.target().unwrap_or_default();
        let (begins, lasts) = (Time(entry.begins().0), entry.lasts());
        let action = match entry.what.name {
            "traffic_step" => Action::TrafficStep {
                clients: c.node(key),
                rate: knobs.rate("rate"),
            },
            "traffic_ramp" => Action::TrafficRamp {
                clients: c.node(key),
                to: knobs.rate("rate"),
                over: knobs.duration("lasts"),
            },
            "traffic_spike" => Action::TrafficSpike {
                clients: c.node(key),
                factor: knobs.factor("factor"),
            },
            "slow" => Action::Slow {
                node: c.node(key),
                factor: knobs.factor("factor"),
            },
            "crash" => Action::Crash {
                node: c.node(key),
                instances: some_instances(&knobs),
            },
            "hang" => Action::Hang {
                node: c.node(key),
                share: Threshold::new(knobs.share("share")),
            },
            "capacity_cut" => Action::CapacityCut {
                node: c.node(key),
                share: knobs.share("share"),
            },
            "zone_outage" => Action::ZoneOutage { zone: c.zone(key) },
            "primary_loss" => Action::PrimaryLoss { node: c.node(key) },
            "isolate" => Action::Isolate { node: c.node(key) },
            "replica_lag" => Action::ReplicaLag {
                node: c.node(key),
                delay: knobs.duration("delay"),
            },
            "failover" => Action::Failover { node: c.node(key) },
            "schema_change" => Action::SchemaChange {
                node: c.node(key),
                change: SchemaChange::compile(c, &knobs),
            },
            "reshard" => Action::Reshard {
                node: c.node(key),
                change: Reshard::compile(&knobs),
            },
            "restore" => Action::Restore {
                node: c.node(key),
                rate: knobs.rate("rate"),
            },
            "redrive" => Action::Redrive { node: c.node(key) },
            "start" => Action::StartRun { node: c.node(key) },
            "disk_full" => Action::DiskFull { node: c.node(key) },
            "link_delay" => Action::LinkDelay {
                link: c.link(key),
                delay: Sampler::new(&knobs.dist("delay")),
            },
            "link_loss" => Action::LinkLoss {
                link: c.link(key),
                share: Threshold::new(knobs.share("share")),
            },
            "expired_credentials" => Action::ExpiredCredentials { link: c.link(key) },
            "hot_key" => Action::HotKey {
                operation: c.operation(key),
                share: Threshold::new(knobs.share("share")),
            },
            "poison" => Action::Poison {
                operation: c.operation(key),
                share: Threshold::new(knobs.share("share")),
            },
            "gc_pause" => Action::GcPause {
                node: c.node(key),
                instances: some_instances(&knobs),
                series: knobs.opt_duration("every").map(|every| Series {
                    every,
                    pause: Sampler::new(&knobs.dist("pause")),
                }),
            },
            "clock_skew" => {
                let offset = i128::from(knobs.duration("offset").0);
                Action::ClockSkew {
                    node: c.node(key),
                    skew: Skew {
                        offset: match knobs.choice("direction") {
                            "ahead" => offset,
                            _ => -offset,
                        },
                        instances: some_instances(&knobs),
                    },
                }
            }
            "worker_pause" => Action::WorkerPause {
                node: c.node(key),
                instances: some_instances(&knobs),
            },
            "traffic_curve" => Action::TrafficCurve {
                clients: c.node(key),
                rates: knobs.rates("rates").iter().map(|rate| rate.0).collect(),
                every: knobs.duration("every"),
            },
            "abuse" => Action::Abuse {
                clients: c.node(key),
                rate: knobs.rate("rate"),
                identities: knobs.count("identities") as u32,
            },
            "reconnect" => Action::Reconnect {
                clients: c.node(key),
                users: knobs.count("users") as u32,
                spread: lasts.map_or(0, |spread| spread.0),
            },
            "deploy" => Action::Deploy {
                node: c.node(key),
                deploy: Deploy {
                    strategy: match knobs.choice("strategy") {
                        "all_at_once" => Strategy::AllAtOnce,
                        "rolling" => Strategy::Rolling,
                        _ => Strategy::Canary,
                    },
                    surge: knobs.share("max_surge"),
                    unavailable: knobs.share("max_unavailable"),
                    canaries: knobs.count("canary_instances") as u16,
                    canary_for: knobs.duration("canary_for"),
                    abort_above: knobs.share("abort_above"),
                    abort_after: knobs.count("abort_after"),
                    factor: knobs.factor("work_factor"),
                    errors: Threshold::new(knobs.share("error_share")),
                    contract: knobs.opt_count("contract").map(|n| n as u8),
                    contract_oldest: knobs.opt_count("contract_oldest").map(|n| n as u8),
                    named: Named::compile(&knobs),
                },
            },
            "rollback" => Action::Rollback { node: c.node(key) },
            "lost_monitoring" => Action::LostMonitoring,
            "config" | "scale" | "memory_leak" | "throttle" => {
                let change = entry.change.as_ref();
                let change = change.expect("validated: the entry brings a change");
                let place = match change.table {
                    "link" => ConfigPlace::Link(c.link(&change.key)),
                    "operation" => ConfigPlace::Operation(c.operation(&change.key)),
                    _ => ConfigPlace::Node(c.node(&change.key)),
                };
                Action::Config { place }
            }
            "errors" => Action::Errors {
                node: c.node(key),
                share: Threshold::new(knobs.share("share")),
            },
            "partition" => {
                let direction = knobs.choice("direction");
                Action::Partition {
                    link: c.link(key),
                    requests: direction != "replies",
                    replies: direction != "requests",
                }
            }
            "hold" => Action::Hold { link: c.link(key) },
            "flush" => Action::Flush {
                node: c.node(key),
                instance: knobs.opt_count("instance").map(|n| n as u16),
            },
            other => panic!("the registry has an entry `{other}` that the engine does not know"),
        };
        let is_moment = matches!(
            action,
            Action::Reconnect { .. } | Action::Deploy { .. } | Action::Rollback { .. }
        );
        Entry {
            begins,
            ends: lasts.map(|d| begins + d).filter(|_| !is_moment),
            action,
            index,
        }
    }
}

fn some_instances(knobs: &Settings<'_>) -> Option<u16> {
    knobs.opt_count("instances").map(|n| n as u16)
}

/// A piece of work that stands still.
#[derive(Clone, Debug)]
pub struct Hanging {
    entries: Vec<u16>,
    pub attempt: AttemptId,
    /// How long it takes, once it goes on.
    pub ns: u64,
}

/// What faults do to one node at this moment. Several of one kind add up.
#[derive(Clone, Debug, Default)]
pub struct Modifiers {
    slow: Vec<(u16, Factor)>,
    errors: Vec<(u16, Threshold)>,
    /// Work that begins may hang.
    hangs: Vec<(u16, Threshold)>,
    /// What does, until the entries that hit it are over.
    hanging: Vec<Hanging>,
    cuts: Vec<(u16, Share)>,
    lags: Vec<(u16, Duration)>,
    skews: Vec<(u16, Skew)>,
    /// Entries that keep it down.
    pub down: u32,
    /// Entries that let it write nothing.
    pub disk_full: u32,
}

impl Modifiers {
    /// Length of a piece of work that begins now.
    #[inline]
    pub fn slowed(&self, ns: u64) -> u64 {
        if self.slow.is_empty() {
            return ns;
        }
        self.slowed_by_faults(ns)
    }

    #[cold]
    fn slowed_by_faults(&self, ns: u64) -> u64 {
        let scale = |ns: u128, f: &Factor| ns * u128::from(f.0) / u128::from(MICRO);
        let ns = self
            .slow
            .iter()
            .fold(u128::from(ns), |ns, (_, f)| scale(ns, f));
        u64::try_from(ns).unwrap_or(u64::MAX)
    }

    /// Whether a fault answers with errors at all.
    #[inline]
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Whether a request that was worked on is answered with an error: by any of the entries.
    #[inline]
    pub fn fails(&self, draws: &mut Draws) -> bool {
        self.errors.iter().any(|&(_, share)| draws.chance(share))
    }

    /// How many times longer work takes, for whoever looks; 1 when healthy.
    pub fn slow_factor(&self) -> f64 {
        self.slow
            .iter()
            .map(|(_, f)| f.0 as f64 / MICRO as f64)
            .product()
    }

    /// Whether work that begins now hangs; it is then kept until it may go on. The caller keeps the slot:
    /// a crash or a cancel may free it before.
    #[inline]
    pub fn hangs(&mut self, attempt: AttemptId, ns: u64, draws: impl FnOnce() -> Draws) -> bool {
        !self.hangs.is_empty() && self.hangs_by_faults(attempt, ns, draws())
    }

    #[cold]
    fn hangs_by_faults(&mut self, attempt: AttemptId, ns: u64, mut draws: Draws) -> bool {
        let hit = |&&(_, share): &&(u16, Threshold)| draws.chance(share);
        let entries: Vec<u16> = self.hangs.iter().filter(hit).map(|&(e, _)| e).collect();
        if entries.is_empty() {
            return false;
        }
        self.hanging.push(Hanging {
            entries,
            attempt,
            ns,
        });
        true
    }

    /// An entry is over: what hangs by nothing else, oldest first.
    pub(super) fn released(&mut self, entry: u16) -> Vec<Hanging> {
        for hanging in &mut self.hanging {
            hanging.entries.retain(|&e| e != entry);
        }
        let (free, still) = std::mem::take(&mut self.hanging)
            .into_iter()
            .partition(|hanging| hanging.entries.is_empty());
        self.hanging = still;
        free
    }

    /// Slots that are left of so many.
    #[inline]
    pub fn slots(&self, slots: u32) -> u32 {
        if self.cuts.is_empty() {
            return slots;
        }
        self.slots_of_cut(slots)
    }

    #[cold]
    fn slots_of_cut(&self, slots: u32) -> u32 {
        let left = |slots: u32, share: &Share| {
            let gone = u128::from(slots) * u128::from(share.0);
            slots - gone.div_ceil(u128::from(NANO)) as u32
        };
        self.cuts
            .iter()
            .fold(slots, |slots, (_, share)| left(slots, share))
    }

    pub(super) fn set_hang(&mut self, entry: u16, hang: Option<Threshold>) {
        self.hangs.retain(|&(e, _)| e != entry);
        self.hangs.extend(hang.map(|share| (entry, share)));
    }

    /// How far the clock of an instance is off.
    pub fn skew(&self, instance: u16) -> i128 {
        let here = |skew: &&(u16, Skew)| skew.1.instances.is_none_or(|n| instance < n);
        self.skews.iter().filter(here).map(|(_, s)| s.offset).sum()
    }

    pub(super) fn set_skew(&mut self, entry: u16, skew: Option<Skew>) {
        self.skews.retain(|&(e, _)| e != entry);
        self.skews.extend(skew.map(|s| (entry, s)));
    }

    pub(super) fn set_cut(&mut self, entry: u16, share: Option<Share>) {
        self.cuts.retain(|&(e, _)| e != entry);
        self.cuts.extend(share.map(|s| (entry, s)));
    }

    /// How much longer the log takes to the other copies.
    pub fn replica_lag(&self) -> Duration {
        Duration(self.lags.iter().map(|&(_, lag)| lag.0).sum())
    }

    pub(super) fn set_lag(&mut self, entry: u16, lag: Option<Duration>) {
        self.lags.retain(|&(e, _)| e != entry);
        self.lags.extend(lag.map(|lag| (entry, lag)));
    }

    pub(super) fn set_slow(&mut self, entry: u16, factor: Option<Factor>) {
        self.slow.retain(|&(e, _)| e != entry);
        self.slow.extend(factor.map(|f| (entry, f)));
    }

    pub(super) fn set_errors(&mut self, entry: u16, share: Option<Threshold>) {
        self.errors.retain(|&(e, _)| e != entry);
        self.errors.extend(share.map(|s| (entry, s)));
    }
}
