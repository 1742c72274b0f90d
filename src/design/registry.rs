//! The one registry of kinds and knobs. File format, validation, JSON Schema, command line, inspector,
//! lint and docs all read it; a knob that is not here does not exist.
//!
//! Adding a kind of node: its file under `engine/node`, its variant in the `NodeState` enum, and its
//! [`KindSpec`] in [`KINDS`].

use super::value::Unit;

/// When a change made during a run takes effect (semantics.md 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// At the instant of the change.
    Now,
    /// For work that begins after it.
    NewWork,
    /// Only at the next start of the run.
    Restart,
}

/// One knob: its name in files, what it takes, and what it does.
#[derive(Debug)]
pub struct KnobSpec {
    pub name: &'static str,
    pub unit: Unit,
    /// Smallest and largest allowed value, as text of the same unit; `""` where the unit has no bound.
    pub min: &'static str,
    pub max: &'static str,
    /// As text of the same unit, or the `off` word; `""` means the knob must be given.
    pub default: &'static str,
    /// The word that switches the thing off: `none`, `unbounded`.
    pub off: Option<&'static str>,
    pub class: Class,
    /// What turning it does, in one line for a learner.
    pub meaning: &'static str,
    /// Where the default or the mechanism comes from; `""` where it is plain modelling.
    pub source: &'static str,
}

/// What a node of a kind may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// Nobody can call it (clients).
    Nothing,
    /// It takes requests.
    Requests,
}

/// One kind of node, of timeline entry, or of policy owner (link, operation).
#[derive(Debug)]
pub struct KindSpec {
    /// The table's name in files: `service`.
    pub name: &'static str,
    /// The word people see.
    pub word: &'static str,
    pub meaning: &'static str,
    pub accepts: Accepts,
    /// May links leave it?
    pub calls: bool,
    pub knobs: &'static [KnobSpec],
}

impl KindSpec {
    pub fn knob(&self, name: &str) -> Option<&'static KnobSpec> {
        self.knobs.iter().find(|k| k.name == name)
    }
}

pub(crate) const fn knob(
    name: &'static str,
    unit: Unit,
    default: &'static str,
    meaning: &'static str,
) -> KnobSpec {
    KnobSpec {
        name,
        unit,
        min: "",
        max: "",
        default,
        off: None,
        class: Class::NewWork,
        meaning,
        source: "",
    }
}

impl KnobSpec {
    pub(crate) const fn range(mut self, min: &'static str, max: &'static str) -> Self {
        self.min = min;
        self.max = max;
        self
    }

    pub(crate) const fn off(mut self, word: &'static str) -> Self {
        self.off = Some(word);
        self
    }

    pub(crate) const fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    pub(crate) const fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }
}

const PRICE: KnobSpec = knob(
    "price",
    Unit::Money,
    "none",
    "what one instance costs per hour; absent, the price book's figure for the kind",
)
.off("none")
.range("$0", "$1000000")
.class(Class::Restart);

const ZONES: KnobSpec = knob(
    "zones",
    Unit::Names,
    "none",
    "the zones its instances are spread over, in turn; kept in the run, not yet acted on",
)
.off("none")
.class(Class::Restart);

const VERSION: KnobSpec = knob(
    "version",
    Unit::Text,
    "v1",
    "the software version its instances run; kept in the run, not yet acted on",
)
.class(Class::Restart);

const INSTANCES: KnobSpec = knob(
    "instances",
    Unit::Count,
    "1",
    "how many copies run side by side",
)
.range("1", "10000")
.class(Class::Restart);

pub static CLIENTS: KindSpec = KindSpec {
    name: "clients",
    word: "Clients",
    meaning: "People or programs that want things done, and what they do when no answer comes",
    accepts: Accepts::Nothing,
    calls: true,
    knobs: &[
        knob("arrivals", Unit::Choice(&["poisson", "constant", "closed"]), "poisson",
            "open arrivals at random or at even distances, or a closed loop of users who wait for their reply")
            .class(Class::Restart),
        knob("rate", Unit::Rate, "none", "user actions per second (open arrivals)")
            .off("none").range("0 rps", "10000000 rps").class(Class::Now),
        knob("batch", Unit::Count, "1", "user actions that arrive at the same instant (open arrivals)")
            .range("1", "100000").class(Class::Now),
        knob("users", Unit::Count, "none", "how many users take turns (closed loop)")
            .off("none").range("1", "1000000").class(Class::Restart),
        knob("think_time", Unit::Dist, "0 s", "how long a user pauses before the next action (closed loop)")
            .class(Class::NewWork),
        knob("actions", Unit::Count, "none", "how many user actions in all; absent, as many as the run has time for")
            .off("none").range("1", "1000000000").class(Class::Restart),
        knob("callers", Unit::Count, "1",
            "client programs that share nothing: each has its own retry budget and connection pool")
            .range("1", "10000").class(Class::Restart),
    ],
};

pub static BALANCER: KindSpec = KindSpec {
    name: "balancer",
    word: "Balancer",
    meaning: "Passes each request to one instance of what stands behind it",
    accepts: Accepts::Requests,
    calls: true,
    knobs: &[
        knob("policy", Unit::Choice(&["random", "round_robin", "least_outstanding", "two_choices"]), "round_robin",
            "how it chooses: by chance, in turn, the one with fewest requests under way, or the better of two drawn by chance")
            .class(Class::NewWork),
        INSTANCES, PRICE, ZONES, VERSION,
    ],
};

pub static SERVICE: KindSpec = KindSpec {
    name: "service",
    word: "Service",
    meaning: "A program that works on requests in a fixed number of slots and lets the others wait",
    accepts: Accepts::Requests,
    calls: true,
    knobs: &[
        INSTANCES,
        knob("slots", Unit::Count, "4", "requests that one instance works on at the same time")
            .range("1", "100000").class(Class::Now),
        knob("service_time", Unit::Dist, "10 ms", "how long the work itself takes, calls to others not counted")
            .class(Class::NewWork),
        knob("queue_limit", Unit::Count, "unbounded", "requests that may wait for a slot, per instance; one more is refused at once")
            .off("unbounded").range("0", "10000000").class(Class::Now),
        knob("discipline", Unit::Choice(&["fifo", "lifo"]), "fifo", "who is next when a slot is free: the oldest or the newest")
            .class(Class::Now),
        knob("on_abandoned", Unit::Choice(&["continue", "stop"]), "continue",
            "what it does with a request whose caller has gone: finish it for nobody, or stop when the word arrives")
            .class(Class::NewWork),
        PRICE, ZONES, VERSION,
    ],
};

pub static DATABASE: KindSpec = KindSpec {
    name: "database",
    word: "Database",
    meaning: "Keeps rows with versions; queries share its cores",
    accepts: Accepts::Requests,
    calls: false,
    knobs: &[
        knob(
            "cores",
            Unit::Count,
            "4",
            "queries that run at the same time",
        )
        .range("1", "100000")
        .class(Class::Now),
        knob(
            "read_time",
            Unit::Dist,
            "2 ms",
            "how long one reading query takes",
        )
        .class(Class::NewWork),
        knob(
            "write_time",
            Unit::Dist,
            "4 ms",
            "how long one writing query takes",
        )
        .class(Class::NewWork),
        knob(
            "connections",
            Unit::Count,
            "100",
            "queries that may be running or waiting; one more is refused",
        )
        .off("unbounded")
        .range("1", "1000000")
        .class(Class::Now)
        .source("PostgreSQL max_connections, default 100"),
        knob(
            "on_abandoned",
            Unit::Choice(&["continue", "stop"]),
            "continue",
            "what it does with a query whose caller has gone",
        )
        .class(Class::NewWork),
        PRICE,
        ZONES,
        VERSION,
    ],
};

pub static THIRD_PARTY: KindSpec = KindSpec {
    name: "third_party",
    word: "Third party",
    meaning: "Somebody else's service: you see its latency, its errors and its bill, not its inside",
    accepts: Accepts::Requests,
    calls: false,
    knobs: &[
        knob(
            "latency",
            Unit::Dist,
            "100 ms",
            "how long it takes to answer",
        )
        .class(Class::NewWork),
        knob(
            "error_share",
            Unit::Share,
            "0 %",
            "share of calls it answers with an error, having done nothing",
        )
        .class(Class::NewWork),
        knob(
            "price_per_call",
            Unit::Money,
            "$0",
            "what it charges for a call it has worked on",
        )
        .range("$0", "$1000000")
        .class(Class::Restart),
    ],
};

/// Every kind of node, in the order people meet them.
pub static KINDS: &[&KindSpec] = &[&CLIENTS, &BALANCER, &SERVICE, &DATABASE, &THIRD_PARTY];

pub static LINK: KindSpec = KindSpec {
    name: "link",
    word: "Link",
    meaning: "The network between two nodes, and how the caller behaves on it",
    accepts: Accepts::Nothing,
    calls: false,
    knobs: &[
        knob("delay", Unit::Dist, "0 s", "how long a message travels, each way").class(Class::NewWork),
        knob("loss", Unit::Share, "0 %", "share of requests that never arrive").class(Class::NewWork),
        knob("reply_loss", Unit::Share, "0 %", "share of replies that never arrive").class(Class::NewWork),
        knob("timeout", Unit::Duration, "none", "how long the caller waits for the reply to one attempt, from the moment it is sent")
            .off("none").range("1 ns", "1 d").class(Class::NewWork),
        knob("attempts", Unit::Count, "1", "tries per call, the first one included").range("1", "1000").class(Class::NewWork),
        knob("backoff", Unit::Choice(&["none", "constant", "exponential"]), "none", "how the pause before a retry grows")
            .class(Class::NewWork),
        knob("backoff_base", Unit::Duration, "100 ms", "the pause before the first retry").range("0 s", "1 d").class(Class::NewWork),
        knob("backoff_cap", Unit::Duration, "20 s", "no pause is longer than this").range("0 s", "1 d").class(Class::NewWork)
            .source("AWS SDK standard retry mode: max backoff 20 s"),
        knob("jitter", Unit::Choice(&["none", "full", "equal", "decorrelated"]), "none",
            "how chance spreads the pauses, so that callers do not come back together").class(Class::NewWork)
            .source("M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog 2015"),
        knob("retry_budget", Unit::Share, "none", "retries allowed, as a share of first tries, saved up for at most 10 s")
            .off("none").class(Class::NewWork)
            .source("Finagle RetryBudget: credit expires after 10 s"),
        knob("retry_quota", Unit::Count, "none", "tokens a caller holds for retries; a retry takes retry_cost, a success gives back")
            .off("none").range("0", "1000000").class(Class::NewWork)
            .source("AWS SDK standard retry mode: 500 tokens"),
        knob("retry_cost", Unit::Count, "5", "tokens one retry takes from the quota").range("1", "1000000").class(Class::NewWork)
            .source("AWS SDK standard retry mode: 5 tokens"),
        knob("pool", Unit::Count, "none", "connections per caller instance; a call without one waits for it")
            .off("none").range("1", "1000000").class(Class::Now),
        knob("acquire_timeout", Unit::Duration, "none", "how long a call waits for a connection of the pool")
            .off("none").range("0 s", "1 d").class(Class::NewWork),
        knob("on_timeout", Unit::Choice(&["keep", "discard"]), "keep",
            "the connection of a call that timed out: busy until the other side is done, or closed and replaced at once")
            .class(Class::NewWork),
    ],
};

pub static OPERATION: KindSpec = KindSpec {
    name: "operation",
    word: "Operation",
    meaning: "One thing users want done",
    accepts: Accepts::Nothing,
    calls: false,
    knobs: &[
        knob("kind", Unit::Choice(&["read", "write"]), "read", "does it only look, or does it change something?")
            .class(Class::Restart),
        knob("weight", Unit::Count, "1", "how often users do this, compared with the other operations").range("0", "1000000")
            .class(Class::NewWork),
        knob("clients", Unit::Names, "none", "which clients do it; absent, all of them").off("none").class(Class::Restart),
        knob("keys", Unit::Count, "1000", "how many different items it is about").range("1", "1000000").class(Class::Restart),
        knob("popularity", Unit::Choice(&["uniform", "zipf", "hot"]), "uniform",
            "how users choose among the items: all alike, a few much more often, or one favourite").class(Class::Restart),
        knob("zipf_alpha", Unit::Factor, "1", "how steep the popularity falls (zipf)").range("0", "10").class(Class::Restart),
        knob("hot_share", Unit::Share, "50 %", "share of actions on the one favourite item (hot)").class(Class::Restart),
        knob("effects", Unit::Names, "none",
            "where it must leave exactly one trace to have happened; absent, a write leaves one at each database and third party it reaches")
            .off("none").class(Class::Restart),
    ],
};

/// Length and chance of a run. The measured part is a pair of times, read apart.
pub static RUN: KindSpec = KindSpec {
    name: "run",
    word: "Run",
    meaning: "How long it runs, and which random numbers it draws",
    accepts: Accepts::Nothing,
    calls: false,
    knobs: &[
        knob("duration", Unit::Duration, "", "how long users keep coming")
            .range("1 ms", "7 d")
            .class(Class::Restart),
        // Up to here a number is exact wherever scripts read it (2^53 - 1).
        knob(
            "seed",
            Unit::Count,
            "1",
            "which random numbers the run draws; the same seed gives the same run",
        )
        .range("0", "9007199254740991")
        .class(Class::Restart),
    ],
};

const AT: KnobSpec = knob("at", Unit::Duration, "", "when it begins").range("0 s", "365 d");
const LASTS: KnobSpec = knob(
    "lasts",
    Unit::Duration,
    "none",
    "how long it lasts; absent, to the end",
)
.off("none")
.range("1 ns", "365 d");
const TARGET_NODE: KnobSpec = knob("target", Unit::Text, "", "the node it happens to");
const TARGET_LINK: KnobSpec = knob("target", Unit::Text, "", "the link it happens to");
const TARGET_CLIENTS: KnobSpec = knob("target", Unit::Text, "", "the clients it happens to");

macro_rules! entry {
    ($name:literal, $word:literal, $meaning:literal, [$($knob:expr),* $(,)?]) => {
        KindSpec { name: $name, word: $word, meaning: $meaning, accepts: Accepts::Nothing, calls: false, knobs: &[$($knob),*] }
    };
}

/// What can be scripted on the timeline, by the entry's `what`.
pub static TIMELINE: &[KindSpec] = &[
    entry!(
        "traffic_step",
        "Traffic step",
        "the arrival rate changes at once and stays while the entry lasts",
        [
            AT,
            LASTS,
            TARGET_CLIENTS,
            knob("rate", Unit::Rate, "", "the new rate").range("0 rps", "10000000 rps")
        ]
    ),
    entry!(
        "traffic_ramp",
        "Traffic ramp",
        "the arrival rate moves evenly to a new value, and stays there",
        [
            AT,
            knob("lasts", Unit::Duration, "", "how long the change takes").range("1 ns", "365 d"),
            TARGET_CLIENTS,
            knob("rate", Unit::Rate, "", "the rate it ends at").range("0 rps", "10000000 rps")
        ]
    ),
    entry!(
        "traffic_spike",
        "Traffic spike",
        "the arrival rate is multiplied while the entry lasts",
        [
            AT,
            LASTS,
            TARGET_CLIENTS,
            knob("factor", Unit::Factor, "", "how many times the rate").range("0", "1000000")
        ]
    ),
    entry!(
        "slow",
        "Slow",
        "work that begins while it lasts takes longer",
        [
            AT,
            LASTS,
            TARGET_NODE,
            knob("factor", Unit::Factor, "", "how many times longer").range("0.001", "1000000")
        ]
    ),
    entry!(
        "crash",
        "Crash",
        "the node loses what it is working on and refuses connections until it is back",
        [AT, LASTS, TARGET_NODE]
    ),
    entry!(
        "errors",
        "Errors",
        "the node answers a share of requests with an error after working on them",
        [
            AT,
            LASTS,
            TARGET_NODE,
            knob("share", Unit::Share, "", "share of requests that fail")
        ]
    ),
    entry!(
        "partition",
        "Partition",
        "messages on the link are lost while it lasts",
        [
            AT,
            LASTS,
            TARGET_LINK,
            knob(
                "direction",
                Unit::Choice(&["both", "requests", "replies"]),
                "both",
                "which way is cut"
            )
        ]
    ),
    entry!(
        "hold",
        "Hold",
        "requests sent on the link are kept back and delivered, in order, at its end",
        [
            AT,
            knob("lasts", Unit::Duration, "", "how long they are kept back").range("1 ns", "365 d"),
            TARGET_LINK
        ]
    ),
];

pub fn kind(name: &str) -> Option<&'static KindSpec> {
    KINDS.iter().copied().find(|k| k.name == name)
}

pub fn timeline_kind(name: &str) -> Option<&'static KindSpec> {
    TIMELINE.iter().find(|k| k.name == name)
}
