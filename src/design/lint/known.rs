//! Where the arithmetic of a quiet design holds, and where it does not.

use std::collections::BTreeSet;

use super::map::{Map, is_hedged, is_inline_cache, knobs, policy};
use super::trip::Move;
use crate::design::Node;
use crate::design::value::Value;

/// Nodes about which no sentence gives a number: what decides it is not in the knobs alone.
#[derive(Default)]
pub struct Unknown<'d> {
    /// How many requests come.
    pub rate: BTreeSet<&'d str>,
    /// How long a request stays.
    pub time: BTreeSet<&'d str>,
}

pub fn unknown<'d>(map: &Map<'d>) -> Unknown<'d> {
    let mut out = Unknown::default();
    let strange = map.design.nodes.iter().any(strange_users);
    for node in &map.design.nodes {
        if strange {
            out.rate.insert(&node.key);
        }
        if strange || !plain_work(node) {
            out.time.insert(&node.key);
        }
    }
    for link in &map.design.links {
        let from = map.node(&link.from);
        if is_hedged(link) {
            out.time.insert(&link.from);
        }
        let chooses = from.is_some_and(|node| is_choosy(map, node));
        let limited = policy(link).value("max_in_flight") != Value::Off;
        let source = from.is_some_and(is_inline_cache);
        // Messages are worked on when a worker comes to them.
        let deferred = from.is_some_and(|n| ["queue", "worker", "feed"].contains(&n.kind.name));
        // What jobs add is not in the rates of users; lints about jobs count it for databases.
        let by_job = from.is_some_and(|n| n.kind.name == "job")
            && map
                .node(&link.to)
                .is_some_and(|to| to.kind.name != "database");
        if is_hedged(link) || limited || chooses || source || deferred || by_job {
            out.rate.insert(&link.to);
        }
        if map.node(&link.to).is_some_and(is_inline_cache) {
            out.time.insert(&link.from);
        }
    }
    for stop in map.trips.iter().flat_map(|trip| &trip.stops) {
        for step in &stop.steps {
            if let Move::Cached([_, store]) = step {
                out.rate.insert(&store.link.to);
                out.time.insert(&stop.node.key);
            }
        }
    }
    spread(map, &mut out);
    out
}

/// Who gets an unknown number passes an unknown number on; who waits for an unknown time takes one.
fn spread<'d>(map: &Map<'d>, out: &mut Unknown<'d>) {
    loop {
        let before = out.rate.len() + out.time.len();
        for link in &map.design.links {
            if out.rate.contains(link.from.as_str()) {
                out.rate.insert(&link.to);
            }
            if out.time.contains(link.to.as_str()) {
                out.time.insert(&link.from);
            }
        }
        if out.rate.len() + out.time.len() == before {
            return;
        }
    }
}

/// Clients whose actions are more, fewer or longer than their rate and the work say.
fn strange_users(node: &Node) -> bool {
    let shares = ["double_click_share", "malformed_share", "expensive_share"];
    node.kind.name == "clients" && shares.iter().any(|knob| knobs(node).share(knob).0 > 0)
}

/// Work takes as long as its knob says, in as many slots as there are.
fn plain_work(node: &Node) -> bool {
    let settings = knobs(node);
    if node.kind.name == "database" {
        // What rows there are, and whether an index leads to them, may change; what is asked of one shard
        // follows from the keys; a snapshot takes a core.
        let by_rows = settings.duration("row_time").0 > 0;
        let divided = settings.count("shards") > 1;
        return !(by_rows || divided || settings.value("backup_every") != Value::Off);
    }
    if node.kind.name != "service" {
        return true;
    }
    let on = |knob: &str| settings.value(knob) != Value::Off;
    let slots = settings.count("slots");
    let shared = settings.opt_count("cores").is_some_and(|n| n < slots);
    let slower = settings.share("contention").0 > 0 || settings.share("coherency").0 > 0;
    let collects = on("gc_every") || settings.count("leak_per_request") > 0;
    let again = settings.choice("discipline") == "preemptive";
    !(shared || slower || collects || again || on("slots_of"))
}

/// A balancer that turns requests away, or whose shares among several links depend on the run.
fn is_choosy(map: &Map<'_>, node: &Node) -> bool {
    if node.kind.name != "balancer" {
        return false;
    }
    let settings = knobs(node);
    let on = |knob: &str| settings.value(knob) != Value::Off;
    let even = ["random", "round_robin"].contains(&settings.choice("policy"));
    let zones = settings.choice("zone_policy") != "any";
    let mut leaving = map.design.links.iter().filter(|l| l.from == node.key);
    let several = leaving.nth(1).is_some();
    on("rate_limit") || on("max_outstanding") || (several && (!even || zones))
}
