//! Connections: how many there are, how many are needed, how many may come together.

use super::Advice;
use super::map::{
    Map, instances, is_hedged, is_scaled, knobs, link_path, node_path, passes_deadline, policy,
    slots,
};
use super::words::{number, rate, time};
use crate::design::value::Value;
use crate::design::{Link, Node};

pub fn too_small(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let Some(pool) = policy(link).opt_count("pool") else {
            continue;
        };
        let (Some(from), Some(held)) = (map.node(&link.from), map.round_trip_ns(link)) else {
            continue;
        };
        let limited = is_hedged(link) || policy(link).value("max_in_flight") != Value::Off;
        let unknown = map.unknown.rate.contains(from.key.as_str())
            || map.unknown.time.contains(link.to.as_str());
        if limited || unknown || is_scaled(from) {
            continue;
        }
        let calls = map.rate_of(link) / instances(from);
        let needed = calls * held / 1e9;
        if needed < pool as f64 {
            continue;
        }
        out.push(Advice {
            path: link_path(link, "pool"),
            reason: format!(
                "a caller on `{}` makes {}, each of which keeps a connection for {}: {} are busy on average, and the pool has {pool}",
                link.key,
                rate(calls).replacen(" per", " calls per", 1),
                time(held),
                number(needed)
            ),
            knob: link_path(link, "pool"),
            remedy: "calls per second x time held is the least; leave room above it".to_owned(),
        });
    }
    out
}

pub fn no_acquire_timeout(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let settings = policy(link);
        let Some(pool) = settings.opt_count("pool") else {
            continue;
        };
        let Some(from) = map.node(&link.from) else {
            continue;
        };
        let bulkhead = settings.opt_count("max_in_flight");
        let comes_with_end = map.links_into(&from.key).any(passes_deadline);
        if settings.opt_duration("acquire_timeout").is_some()
            || settings.opt_duration("deadline").is_some()
            || bulkhead.is_some_and(|most| most <= pool)
            || comes_with_end
        {
            continue;
        }
        let own = |calls: f64| (calls > pool as f64).then_some(calls);
        let reason = match from.kind.name {
            "service" => own(slots(from) / instances(from)).map(|slots| {
                format!(
                    "an instance of `{}` has {} slots and {pool} connections on `{}`: a request that finds them taken waits with no limit of its own, and keeps its slot",
                    from.key,
                    number(slots),
                    link.key
                )
            }),
            "clients" => own(under_way(from)).map(|_| {
                format!(
                    "a call on `{}` that finds its {pool} connections taken waits with no limit: `timeout` begins when it has one",
                    link.key
                )
            }),
            _ => None,
        };
        let Some(reason) = reason else {
            continue;
        };
        out.push(Advice {
            path: link_path(link, "pool"),
            reason,
            knob: link_path(link, "acquire_timeout"),
            remedy: "a short one: who waits long for a connection is better told at once"
                .to_owned(),
        });
    }
    out
}

/// Actions that one client program may have under way.
fn under_way(clients: &Node) -> f64 {
    let settings = knobs(clients);
    match settings.choice("arrivals") {
        "closed" => {
            let users = settings.opt_count("users").unwrap_or(0) as f64;
            (users / instances(clients)).ceil()
        }
        _ => f64::INFINITY,
    }
}

/// Queries that services may have under way at a database at the same time; `None` if others call it
/// too, or if the number has no end.
pub fn queries(map: &Map<'_>, database: &Node) -> Option<u64> {
    let links = map.links_into(&database.key);
    links.map(|link| queries_of(map, link)).sum::<Option<u64>>()
}

fn queries_of(map: &Map<'_>, link: &Link) -> Option<u64> {
    let from = map.node(&link.from)?;
    let settings = policy(link);
    let bounds = [
        settings.opt_count("pool"),
        settings.opt_count("max_in_flight"),
    ];
    let pool = bounds.into_iter().flatten().min();
    let copies = match is_hedged(link) {
        true => 1 + settings.count("hedge_attempts"),
        false => 1,
    };
    let each = match from.kind.name {
        "service" => {
            let slots = (slots(from) / instances(from)) as u64;
            match map.at_once(link) {
                Some(calls) => pool.unwrap_or(u64::MAX).min(slots * calls * copies),
                None => pool?,
            }
        }
        _ => pool?,
    };
    Some(each * instances(from) as u64)
}

pub fn connections_exceeded(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for node in map
        .design
        .nodes
        .iter()
        .filter(|node| node.kind.name == "database")
    {
        let Some(most) = knobs(node).opt_count("connections") else {
            continue;
        };
        let Some(all) = queries(map, node).filter(|all| *all > most) else {
            continue;
        };
        let largest = map
            .links_into(&node.key)
            .max_by_key(|link| queries_of(map, link));
        let Some(link) = largest else {
            continue;
        };
        let callers = map.node(&link.from).map_or(1.0, instances) as u64;
        let others = all - queries_of(map, link).unwrap_or(0);
        let room = most.saturating_sub(others) / callers;
        let (knob, remedy) = match room {
            0 => (
                node_path(node, "connections"),
                format!("at least {all}, or smaller pools on all of its callers"),
            ),
            room => (
                link_path(link, "pool"),
                format!(
                    "at most {room} for each caller: a line there is better than a refusal here"
                ),
            ),
        };
        out.push(Advice {
            path: format!("database.{}", node.key),
            reason: format!(
                "the callers of `{}` may have {all} queries under way together, and it takes {most}: one more is refused",
                node.key
            ),
            knob,
            remedy,
        });
    }
    out
}

pub fn cores_without_connections(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for node in map
        .design
        .nodes
        .iter()
        .filter(|node| node.kind.name == "database")
    {
        let settings = knobs(node);
        let cores = settings.count("cores");
        let Some(most) = settings
            .opt_count("connections")
            .filter(|most| *most < cores)
        else {
            continue;
        };
        out.push(Advice {
            path: node_path(node, "connections"),
            reason: format!(
                "`{}` has {cores} cores and {most} connections: {} cores never have a query to run",
                node.key,
                cores - most
            ),
            knob: node_path(node, "connections"),
            remedy: "more than cores, so that the next query is there when a core is free"
                .to_owned(),
        });
    }
    out
}
