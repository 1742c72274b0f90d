//! What is asked for and what there is, if nothing waits and nothing fails.

use super::map::{Map, instances, is_scaled, knobs, node_path, slots, work};
use super::trip::Move;
use super::words::{number, percent};
use super::{Advice, CROWDED, HEADROOM, IDLE};
use crate::design::Node;

/// Services and databases with the share of their slots that their load needs.
fn loads<'d>(map: &Map<'d>) -> Vec<(&'d Node, f64)> {
    let kinds = ["service", "database"];
    let nodes = map.design.nodes.iter();
    let nodes = nodes.filter(|node| kinds.contains(&node.kind.name));
    nodes
        .filter(|node| is_known(map, node) && !is_scaled(node))
        .map(|node| (node, map.load(node)))
        .filter(|(_, load)| *load > 0.0)
        .collect()
}

/// Whether the load of a node is what the arithmetic says.
pub fn is_known(map: &Map<'_>, node: &Node) -> bool {
    let key = node.key.as_str();
    !map.unknown.rate.contains(key) && !map.unknown.time.contains(key)
}

/// What of the slots' time is the node's own work, and what is waiting for third parties: shares of one.
fn parts(map: &Map<'_>, node: &Node) -> (f64, f64) {
    let (mut all, mut own, mut third) = (0.0, 0.0, 0.0);
    for trip in &map.trips {
        for stop in trip.stops.iter().filter(|stop| stop.node.key == node.key) {
            all += stop.rate * stop.hold_ns;
            let dist = work(stop.node, &trip.operation.key, stop.writes);
            let work = dist.map_or(0.0, |dist| dist.mean_ns());
            for step in &stop.steps {
                match step {
                    Move::Work => own += stop.rate * work,
                    calls => {
                        let slowest = calls.slowest(trip);
                        let waits = slowest.filter(|hop| map.is_kind(&hop.link.to, "third_party"));
                        let time = waits.map_or(0.0, |hop| hop.share * trip.call_ns(hop));
                        third += stop.rate * time;
                    }
                }
            }
        }
    }
    (own / all, third / all)
}

/// The knob that gives a node more room: more machines for work, more slots for waiting.
fn room_knob(map: &Map<'_>, node: &Node) -> (String, String) {
    let (own, _) = parts(map, node);
    let (knob, most) = match node.kind.name {
        "database" => ("cores", "cores"),
        _ if own >= 0.5 => ("instances", "instances"),
        _ => (
            "slots",
            "slots, since most of the time they wait for others",
        ),
    };
    (
        node_path(node, knob),
        format!("more {most}, or less work for each request"),
    )
}

fn needs(map: &Map<'_>, node: &Node, load: f64) -> String {
    let words = if node.kind.name == "database" {
        "cores"
    } else {
        "slots"
    };
    format!(
        "{} requests per second at `{}` need {} {words} on average, and {} can be busy",
        number(map.rate_at(node)),
        node.key,
        number(load * slots(node)),
        number(slots(node))
    )
}

pub fn overloaded(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (node, load) in loads(map) {
        if load <= 1.0 || parts(map, node).1 >= 0.5 {
            continue;
        }
        let (knob, remedy) = room_knob(map, node);
        out.push(Advice {
            path: format!("{}.{}", node.kind.name, node.key),
            reason: format!(
                "{}: {} of what it can do",
                needs(map, node, load),
                percent(load)
            ),
            knob,
            remedy,
        });
    }
    out
}

pub fn held_for_third_party(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (node, load) in loads(map) {
        let (_, third) = parts(map, node);
        if load <= 1.0 || third < 0.5 {
            continue;
        }
        out.push(Advice {
            path: format!("{}.{}", node.kind.name, node.key),
            reason: format!(
                "{}; {} of that time they only wait for third parties",
                needs(map, node, load),
                percent(third)
            ),
            knob: node_path(node, "slots"),
            remedy:
                "a slot that waits costs little; or call them after the request, from elsewhere"
                    .to_owned(),
        });
    }
    out
}

pub fn little_headroom(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (node, load) in loads(map) {
        if load <= HEADROOM || load > 1.0 {
            continue;
        }
        let (knob, remedy) = room_knob(map, node);
        out.push(Advice {
            path: format!("{}.{}", node.kind.name, node.key),
            reason: format!(
                "{}: {} busy, so {} times the traffic, or work that takes as much longer, is more than it can do",
                needs(map, node, load),
                percent(load),
                number(1.0 / load)
            ),
            knob,
            remedy,
        });
    }
    out
}

pub fn no_spare(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (node, load) in loads(map) {
        let n = instances(node);
        let rest = load * n / (n - 1.0);
        if n < 2.0 || load > HEADROOM || rest <= 1.0 {
            continue;
        }
        out.push(Advice {
            path: format!("{}.{}", node.kind.name, node.key),
            reason: format!(
                "`{}` is {} busy with {} instances; with one of them gone, the rest would have to do {} of what they can",
                node.key,
                percent(load),
                number(n),
                percent(rest)
            ),
            knob: node_path(node, "instances"),
            remedy: "one more than the load needs".to_owned(),
        });
    }
    out
}

pub fn idle(map: &Map<'_>) -> Vec<Advice> {
    if !map.timeline.is_empty() || map.has_closed_loop() {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (node, load) in loads(map) {
        let n = instances(node);
        let half = (n / 2.0).ceil();
        let then = load * n / half;
        if n < 2.0 || then >= IDLE {
            continue;
        }
        out.push(Advice {
            path: format!("{}.{}", node.kind.name, node.key),
            reason: format!(
                "the {} instances of `{}` are {} busy; {} would be {} busy",
                number(n),
                node.key,
                percent(load),
                number(half),
                percent(then)
            ),
            knob: node_path(node, "instances"),
            remedy: "each costs money by the hour; keep what the peak and the loss of one need"
                .to_owned(),
        });
    }
    out
}

pub fn by_chance(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    let balancers = map
        .design
        .nodes
        .iter()
        .filter(|node| node.kind.name == "balancer");
    for balancer in balancers.filter(|node| knobs(node).choice("policy") == "random") {
        let behind = map
            .design
            .links
            .iter()
            .filter(|link| link.from == balancer.key);
        let behind: Vec<&Node> = behind.filter_map(|link| map.node(&link.to)).collect();
        let many = behind.iter().map(|node| instances(node)).sum::<f64>() >= 2.0;
        let mut busy = loads(map).into_iter();
        let busy = busy.find(|(node, load)| {
            *load > CROWDED && *load <= 1.0 && behind.iter().any(|other| other.key == node.key)
        });
        let Some((node, load)) = busy.filter(|_| many) else {
            continue;
        };
        out.push(Advice {
            path: format!("balancer.{}", balancer.key),
            reason: format!(
                "`{}` chooses by chance, so that one instance has a crowd while another is idle; `{}` is {} busy, and crowds take long to clear",
                balancer.key,
                node.key,
                percent(load)
            ),
            knob: node_path(balancer, "policy"),
            remedy: "`two_choices` and `least_outstanding` look before they send".to_owned(),
        });
    }
    out
}
