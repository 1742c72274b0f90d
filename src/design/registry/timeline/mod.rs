//! What can be scripted to happen, or made to happen while a run goes on.

mod changes;
mod faults;
mod traffic;

use super::{Accepts, KindSpec, KnobSpec, knob};
use crate::design::value::Unit;

const AT: KnobSpec = knob("at", Unit::Duration, "", "when it begins")
    .range("0 s", "365 d")
    .example("10 s");
const LASTS: KnobSpec = knob(
    "lasts",
    Unit::Duration,
    "none",
    "how long it lasts; absent, to the end",
)
.off("none")
.range("1 ns", "365 d")
.example("10 s");
const TARGET: &str = "target";
const TARGET_NODE: KnobSpec = knob(TARGET, Unit::Text, "", "the node it happens to");
const TARGET_LINK: KnobSpec = knob(TARGET, Unit::Text, "", "the link it happens to");
const TARGET_CLIENTS: KnobSpec = knob(TARGET, Unit::Text, "", "the clients it happens to");
const TARGET_OPERATION: KnobSpec = knob(TARGET, Unit::Text, "", "the operation it happens to");

/// An entry that has to last for a set time.
const fn lasts(meaning: &'static str) -> KnobSpec {
    knob("lasts", Unit::Duration, "", meaning)
        .range("1 ns", "365 d")
        .example("10 s")
}

const fn entry(
    name: &'static str,
    word: &'static str,
    meaning: &'static str,
    knobs: &'static [KnobSpec],
) -> KindSpec {
    KindSpec {
        name,
        word,
        meaning,
        accepts: Accepts::Nothing,
        calls: false,
        knobs,
    }
}

/// What can be scripted on the timeline, by the entry's `what`.
pub static TIMELINE: &[&[KindSpec]] = &[traffic::ENTRIES, faults::ENTRIES, changes::ENTRIES];

/// What an entry happens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Clients,
    /// A node of one of these kinds.
    Node(&'static [&'static str]),
    Link,
    Operation,
    /// A zone that some node names.
    Zone,
    /// A knob, by its path.
    Knob,
    /// The design as a whole.
    Nothing,
}

/// Whether its length says no more than when it ends, so that it can be ended at any time. Of others the
/// length is part of what they do from their beginning.
pub fn can_be_ended(entry: &KindSpec) -> bool {
    entry.knob("lasts").is_some() && !matches!(entry.name, "traffic_ramp" | "reconnect")
}

/// Kinds that do work.
const WORKING: &[&str] = &[
    "service",
    "worker",
    "database",
    "cache",
    "third_party",
    "job",
];

/// An entry that gives a knob of its target another value while it lasts: the knob, and the field of
/// the entry that holds the value.
pub fn turned_by(entry: &KindSpec) -> Option<(&'static str, &'static str)> {
    match entry.name {
        "scale" => Some(("instances", "instances")),
        "memory_leak" => Some(("leak_per_request", "per_request")),
        "throttle" => Some(("rate_limit", "rate")),
        _ => None,
    }
}

pub fn target_of(entry: &KindSpec) -> Target {
    match entry.name {
        "traffic_step" | "traffic_ramp" | "traffic_spike" | "traffic_curve" | "abuse"
        | "reconnect" => Target::Clients,
        "hot_key" | "poison" => Target::Operation,
        "partition" | "hold" | "link_delay" | "link_loss" | "expired_credentials" => Target::Link,
        "crash" => Target::Node(&[
            "balancer",
            "service",
            "worker",
            "database",
            "cache",
            "queue",
            "third_party",
            "job",
            "feed",
        ]),
        "capacity_cut" => Target::Node(&["service", "worker", "database"]),
        "flush" => Target::Node(&["cache"]),
        "disk_full" => Target::Node(&["database", "queue"]),
        "scale" => Target::Node(&["service", "worker", "balancer", "cache"]),
        "deploy" | "rollback" => Target::Node(&["service", "worker"]),
        "primary_loss" | "isolate" | "replica_lag" | "failover" | "schema_change" | "reshard"
        | "restore" => Target::Node(&["database"]),
        "gc_pause" => Target::Node(&["service", "worker"]),
        "clock_skew" => Target::Node(&[
            "clients",
            "balancer",
            "service",
            "worker",
            "queue",
            "third_party",
        ]),
        "worker_pause" => Target::Node(&["worker"]),
        "memory_leak" => Target::Node(&["service"]),
        "throttle" => Target::Node(&["third_party"]),
        "lost_monitoring" => Target::Nothing,
        "redrive" => Target::Node(&["queue"]),
        "start" => Target::Node(&["job"]),
        "zone_outage" => Target::Zone,
        "config" => Target::Knob,
        _ => Target::Node(WORKING),
    }
}
