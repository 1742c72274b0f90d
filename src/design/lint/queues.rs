//! Waiting lines that hold more than can be served in time.

use super::Advice;
use super::map::{Map, knobs, node_path, passes_deadline, policy, wait};
use super::words::{number, rate, time};
use crate::design::value::Value;
use crate::design::{Link, Node};

/// The shortest wait of a caller whose going the service does not notice while the request is in line.
fn patience<'d>(map: &Map<'d>, node: &Node) -> Option<(u64, &'d Link)> {
    let stops = Map::stops_abandoned(node);
    let unheard = map
        .callers_of(&node.key)
        .into_iter()
        .filter(|(link, direct)| !(passes_deadline(link) || *direct && stops));
    let waits = unheard.filter_map(|(link, _)| Some((wait(link)?.0, link)));
    waits.min_by_key(|(wait, _)| *wait)
}

/// Whether something else keeps the line short or drops who has waited too long.
fn is_short(map: &Map<'_>, node: &Node) -> bool {
    let settings = knobs(node);
    let on = |knob: &str| settings.value(knob) != Value::Off;
    let managed = settings.choice("queue_management") != "none";
    let limited = settings.choice("concurrency_limit") != "none";
    let bounded = |link: &Link| {
        policy(link).value("max_in_flight") != Value::Off
            || map.node(&link.from).is_some_and(|from| {
                from.kind.name == "balancer" && knobs(from).value("max_outstanding") != Value::Off
            })
    };
    on("max_wait") || on("slots_of") || managed || limited || map.links_into(&node.key).all(bounded)
}

/// Services whose line goes first in, first out, with what one instance can do per second.
fn lines<'d>(map: &Map<'d>) -> Vec<(&'d Node, f64, u64, &'d Link)> {
    let services = map
        .design
        .nodes
        .iter()
        .filter(|node| node.kind.name == "service");
    let fifo = services.filter(|node| knobs(node).choice("discipline") == "fifo");
    let fifo = fifo.filter(|node| !is_short(map, node));
    let line = |node: &'d Node| {
        let capacity = map.capacity(node)?;
        let (wait, link) = patience(map, node)?;
        Some((node, capacity, wait, link))
    };
    fifo.filter_map(line).collect()
}

pub fn unbounded(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (node, capacity, wait, link) in lines(map) {
        if knobs(node).opt_count("queue_limit").is_some() {
            continue;
        }
        let wait = wait as f64;
        out.push(Advice {
            path: format!("{}.{}", node.kind.name, node.key),
            reason: format!(
                "any number may wait at `{}`; an instance does at most about {}, so whoever finds more than {} in front of them is served after the caller on `{}` has gone",
                node.key,
                rate(capacity),
                number((capacity * wait / 1e9).floor()),
                link.key
            ),
            knob: node_path(node, "queue_limit"),
            remedy: format!(
                "well below {}: who cannot be served within {} is better refused at once",
                number((capacity * wait / 1e9).floor().max(1.0)),
                time(wait)
            ),
        });
    }
    out
}

pub fn beyond_patience(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (node, capacity, wait, link) in lines(map) {
        let Some(limit) = knobs(node).opt_count("queue_limit") else {
            continue;
        };
        let full_ns = limit as f64 / capacity * 1e9;
        if full_ns <= wait as f64 {
            continue;
        }
        out.push(Advice {
            path: node_path(node, "queue_limit"),
            reason: format!(
                "a full line of {limit} at `{}` is about {} of waiting, and the caller on `{}` gives up after {}",
                node.key,
                time(full_ns),
                link.key,
                time(wait as f64)
            ),
            knob: node_path(node, "queue_limit"),
            remedy: format!(
                "below {}",
                number((capacity * wait as f64 / 1e9).floor().max(1.0))
            ),
        });
    }
    out
}
