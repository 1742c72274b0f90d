//! Every knob matters: turning it changes the fingerprint of a run. Those that only change the bill,
//! or are kept for later, are named as such.

use brownout::design::registry::{KINDS, KindSpec, LINK, OPERATION, TIMELINE};
use brownout::engine::record::Unrecorded;
use brownout::engine::{Limits, Run};
use brownout::experiment;
use brownout::scenario::Scenario;

/// Knobs that change no event: prices, and what is in the types before anything acts on it.
const NO_EVENT: &[&str] = &["price", "price_per_call", "zones", "version"];

/// A design with every kind of node, every policy, every entry of the timeline.
const BASE: &str = r#"
format = 1

[run]
duration = "20 s"

[clients.open]
arrivals = "poisson"
rate = "150 rps"
batch = 1
actions = "none"
callers = 2

[clients.loop]
arrivals = "closed"
users = 20
think_time = "exponential(200 ms)"

[balancer.door]
policy = "round_robin"
instances = 1

[service.app]
instances = 2
slots = 3
service_time = "exponential(18 ms)"
queue_limit = 12
discipline = "fifo"
on_abandoned = "continue"

[service.audit]
instances = 2

[database.db]
cores = 1
read_time = "exponential(3 ms)"
write_time = "exponential(5 ms)"
connections = 6
on_abandoned = "continue"

[third_party.mail]
latency = "exponential(20 ms)"
error_share = "2 %"

[link.way_in]
from = "open"
to = "door"
delay = "1 ms"
loss = "1 %"
reply_loss = "1 %"
timeout = "150 ms"
attempts = 3
backoff = "exponential"
backoff_base = "30 ms"
backoff_cap = "50 ms"
jitter = "full"
retry_budget = "20 %"

[link.loop_in]
from = "loop"
to = "door"
timeout = "120 ms"
attempts = 4
retry_quota = 40
retry_cost = 5

[link.inside]
from = "door"
to = "app"
timeout = "100 ms"

[link.query]
from = "app"
to = "db"
timeout = "8 ms"
attempts = 2
pool = 2
acquire_timeout = "30 ms"
on_timeout = "keep"

[link.post]
from = "app"
to = "mail"

[link.tell]
from = "app"
to = "audit"

[operation.buy]
kind = "write"
weight = 3
clients = ["open", "loop"]
keys = 50
popularity = "zipf"
zipf_alpha = "1"
effects = ["db", "mail"]

[operation.look]
kind = "read"
weight = 5

[operation.rush]
kind = "write"
keys = 20
popularity = "hot"
hot_share = "50 %"

[[timeline]]
what = "traffic_step"
target = "open"
at = "3 s"
lasts = "2 s"
rate = "250 rps"

[[timeline]]
what = "traffic_ramp"
target = "open"
at = "6 s"
lasts = "2 s"
rate = "200 rps"

[[timeline]]
what = "traffic_spike"
target = "open"
at = "9 s"
lasts = "1 s"
factor = "2x"

[[timeline]]
what = "slow"
target = "app"
at = "10 s"
lasts = "1 s"
factor = "3x"

[[timeline]]
what = "crash"
target = "app"
at = "12 s"
lasts = "500 ms"

[[timeline]]
what = "errors"
target = "db"
at = "13 s"
lasts = "1 s"
share = "30 %"

[[timeline]]
what = "partition"
target = "query"
at = "15 s"
lasts = "500 ms"
direction = "both"

[[timeline]]
what = "hold"
target = "way_in"
at = "16 s"
lasts = "300 ms"
"#;

/// Table or entry, knob, and another value for it.
const TURNS: &[(&str, &str, &str)] = &[
    ("clients.open", "arrivals", r#""constant""#),
    ("clients.open", "rate", r#""151 rps""#),
    ("clients.open", "batch", "2"),
    ("clients.open", "actions", "500"),
    ("clients.open", "callers", "3"),
    ("clients.loop", "users", "21"),
    ("clients.loop", "think_time", r#""exponential(210 ms)""#),
    ("balancer.door", "policy", r#""random""#),
    ("balancer.door", "instances", "2"),
    ("service.app", "instances", "3"),
    ("service.app", "slots", "4"),
    ("service.app", "service_time", r#""exponential(19 ms)""#),
    ("service.app", "queue_limit", r#""unbounded""#),
    ("service.app", "discipline", r#""lifo""#),
    ("service.app", "on_abandoned", r#""stop""#),
    ("database.db", "cores", "2"),
    ("database.db", "read_time", r#""exponential(4 ms)""#),
    ("database.db", "write_time", r#""exponential(6 ms)""#),
    ("database.db", "connections", "2"),
    ("database.db", "on_abandoned", r#""stop""#),
    ("third_party.mail", "latency", r#""exponential(21 ms)""#),
    ("third_party.mail", "error_share", r#""3 %""#),
    ("link.way_in", "delay", r#""2 ms""#),
    ("link.way_in", "loss", r#""2 %""#),
    ("link.way_in", "reply_loss", r#""2 %""#),
    ("link.way_in", "timeout", r#""160 ms""#),
    ("link.way_in", "attempts", "2"),
    ("link.way_in", "backoff", r#""constant""#),
    ("link.way_in", "backoff_base", r#""40 ms""#),
    ("link.way_in", "backoff_cap", r#""60 ms""#),
    ("link.way_in", "jitter", r#""equal""#),
    ("link.way_in", "retry_budget", r#""10 %""#),
    ("link.loop_in", "retry_quota", "10"),
    ("link.loop_in", "retry_cost", "20"),
    ("link.query", "pool", "1"),
    ("link.query", "acquire_timeout", r#""5 ms""#),
    ("link.query", "on_timeout", r#""discard""#),
    ("operation.buy", "kind", r#""read""#),
    ("operation.buy", "weight", "4"),
    ("operation.buy", "clients", r#"["open"]"#),
    ("operation.buy", "keys", "60"),
    ("operation.buy", "popularity", r#""uniform""#),
    ("operation.buy", "zipf_alpha", r#""2""#),
    ("operation.buy", "effects", r#"["db"]"#),
    ("operation.rush", "hot_share", r#""90 %""#),
    ("traffic_step", "at", r#""4 s""#),
    ("traffic_step", "lasts", r#""1 s""#),
    ("traffic_step", "target", r#""other""#),
    ("traffic_step", "rate", r#""260 rps""#),
    ("traffic_ramp", "at", r#""7 s""#),
    ("traffic_ramp", "lasts", r#""1 s""#),
    ("traffic_ramp", "target", r#""other""#),
    ("traffic_ramp", "rate", r#""210 rps""#),
    ("traffic_spike", "at", r#""8 s""#),
    ("traffic_spike", "lasts", r#""2 s""#),
    ("traffic_spike", "target", r#""other""#),
    ("traffic_spike", "factor", r#""3x""#),
    ("slow", "at", r#""11 s""#),
    ("slow", "lasts", r#""2 s""#),
    ("slow", "target", r#""db""#),
    ("slow", "factor", r#""4x""#),
    ("crash", "at", r#""11 s""#),
    ("crash", "lasts", r#""1 s""#),
    ("crash", "target", r#""db""#),
    ("errors", "at", r#""14 s""#),
    ("errors", "lasts", r#""2 s""#),
    ("errors", "target", r#""app""#),
    ("errors", "share", r#""40 %""#),
    ("partition", "at", r#""14 s""#),
    ("partition", "lasts", r#""1 s""#),
    ("partition", "target", r#""inside""#),
    ("partition", "direction", r#""replies""#),
    ("hold", "at", r#""17 s""#),
    ("hold", "lasts", r#""200 ms""#),
    ("hold", "target", r#""inside""#),
];

/// The base with one knob turned: its line in its table is replaced.
fn turned(table: &str, knob: &str, value: &str) -> String {
    let header = match table.contains('.') {
        true => format!("[{table}]\n"),
        false => format!("what = \"{table}\"\n"),
    };
    let at = BASE
        .find(&header)
        .unwrap_or_else(|| panic!("the base has {table}"))
        + header.len();
    let end = BASE[at..].find("\n\n").map_or(BASE.len(), |n| at + n);
    let lines = BASE[at..end].lines().map(|line| {
        let is_it = line.split_once(" = ").is_some_and(|(name, _)| name == knob);
        if is_it {
            format!("{knob} = {value}")
        } else {
            line.to_owned()
        }
    });
    let body = lines.collect::<Vec<_>>().join("\n");
    assert_ne!(
        body,
        BASE[at..end],
        "the base sets {table}.{knob} to something else"
    );
    let other = "\n[clients.other]\nrate = \"20 rps\"\n\n[link.other_in]\nfrom = \"other\"\nto = \"door\"\n";
    format!("{}{body}{}{other}", &BASE[..at], &BASE[end..])
}

fn digest(text: &str) -> String {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let mut run = Run::new(program, 1, Unrecorded);
    run.finish();
    run.digest()
}

#[test]
fn every_knob_matters() {
    let base = digest(&turned("clients.open", "rate", r#""150.0 rps""#));
    for (table, knob, value) in TURNS {
        assert_ne!(
            digest(&turned(table, knob, value)),
            base,
            "{table}.{knob} = {value}"
        );
    }
}

#[test]
fn every_knob_of_the_registry_is_turned() {
    let turned = |kind: &KindSpec, knob: &str| {
        TURNS
            .iter()
            .any(|(table, k, _)| table.split('.').next() == Some(kind.name) && *k == knob)
    };
    let kinds = KINDS
        .iter()
        .copied()
        .chain([&LINK, &OPERATION])
        .chain(TIMELINE);
    for kind in kinds {
        for knob in kind.knobs {
            let exempt = NO_EVENT.contains(&knob.name);
            assert!(
                exempt || turned(kind, knob.name),
                "{}.{} is not turned",
                kind.name,
                knob.name
            );
        }
    }
}
