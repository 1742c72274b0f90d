//! The kinds of nodes.

use super::{Accepts, Class, KindSpec, KnobSpec, knob};
use crate::design::value::Unit;

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
