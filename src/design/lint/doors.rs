//! Balancers: whom they trust, whom they choose, how much they let in.

use super::Advice;
use super::map::{Map, instances, is_scaled, knobs, node_path, slots};
use super::words::{number, rate, time};
use crate::design::registry::OPERATION;
use crate::design::value::{MICRO, NANO, Value};
use crate::design::{Node, Settings};

fn balancers<'d>(map: &Map<'d>) -> impl Iterator<Item = &'d Node> {
    let design = map.design;
    design
        .nodes
        .iter()
        .filter(|node| node.kind.name == "balancer")
}

fn behind<'d>(map: &Map<'d>, balancer: &Node) -> Vec<&'d Node> {
    let links = map.design.links.iter().filter(|l| l.from == balancer.key);
    links.filter_map(|link| map.node(&link.to)).collect()
}

pub fn nobody_checks(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for door in balancers(map) {
        let settings = knobs(door);
        if settings.choice("health_check") != "none" || settings.value("eject_after") != Value::Off
        {
            continue;
        }
        let some = |node: &&Node| {
            let n = instances(node);
            let crash = map.entries("crash", &node.key).any(|entry| {
                matches!(entry.knobs.get("instances"), Some(Value::Count(lost)) if (*lost as f64) < n)
            });
            n >= 2.0 && crash
        };
        let Some(node) = behind(map, door).into_iter().find(some) else {
            continue;
        };
        out.push(Advice {
            path: format!("balancer.{}", door.key),
            reason: format!(
                "some of the {} instances of `{}` crash on the timeline, and `{}` goes on sending them their share: it has neither checks nor ejection",
                number(instances(node)),
                node.key,
                door.key
            ),
            knob: node_path(door, "eject_after"),
            remedy: "leave out who fails several times in a row, or check them".to_owned(),
        });
    }
    out
}

pub fn checks_too_deep(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for door in balancers(map) {
        let settings = knobs(door);
        if settings.choice("health_check") != "deep"
            || settings.choice("when_all_unhealthy") != "closed"
        {
            continue;
        }
        let services = behind(map, door);
        let shared = services.iter().find_map(|node| {
            let mut links = map.design.links.iter().filter(|l| l.from == node.key);
            let link = links.find(|link| {
                // Without it something of the work is still done.
                map.trips.iter().any(|trip| {
                    let here = trip.stops.iter().any(|s| s.node.key == node.key);
                    let mut hops = trip.stops.iter().flat_map(|stop| stop.hops());
                    here && !hops.any(|hop| hop.link.key == link.key)
                })
            })?;
            (instances(node) >= 2.0).then_some((*node, link))
        });
        let Some((node, link)) = shared else { continue };
        let one = services.len() == 1;
        if !one {
            continue;
        }
        out.push(Advice {
            path: node_path(door, "health_check"),
            reason: format!(
                "each check of `{}` asks `{}` too; if that is slow or down, all {} instances fail their checks together and `{}` refuses everybody, those who do not need it as well",
                node.key,
                link.to,
                number(instances(node)),
                door.key
            ),
            knob: node_path(door, "health_check"),
            remedy: "`shallow` asks for what another instance could do better".to_owned(),
        });
    }
    out
}

pub fn herd(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for door in balancers(map) {
        let settings = knobs(door);
        let age = settings.duration("view_age");
        let behind = behind(map, door);
        let [node] = behind[..] else { continue };
        if settings.choice("policy") != "least_outstanding"
            || node.kind.name != "service"
            || map.unknown.rate.contains(door.key.as_str())
            || is_scaled(node)
            || instances(node) < 2.0
        {
            continue;
        }
        let comes = map.rate_at(door) / instances(door) * age.0 as f64 / 1e9;
        let each = slots(node) / instances(node);
        if comes < 2.0 * each {
            continue;
        }
        out.push(Advice {
            path: node_path(door, "view_age"),
            reason: format!(
                "`{}` looks at the loads every {}; in between about {} requests come, and all of them go where it saw fewest: an instance of `{}` has {} slots",
                door.key,
                time(age.0 as f64),
                number(comes),
                node.key,
                number(each)
            ),
            knob: node_path(door, "policy"),
            remedy: "`two_choices` spreads them even by an old picture".to_owned(),
        });
    }
    out
}

/// The share of the requests at a balancer that certainly go to one place on its ring.
fn favourite(map: &Map<'_>, door: &Node) -> Option<(f64, &'static str)> {
    let sticky = match knobs(door).choice("policy") {
        "sticky" => true,
        "key_hash" => false,
        _ => return None,
    };
    let mut shares = Vec::new();
    for trip in &map.trips {
        let Some(stop) = trip.stops.iter().find(|stop| stop.node.key == door.key) else {
            continue;
        };
        let share = if sticky {
            let users = trip.stops.iter().filter(|s| s.node.kind.name == "clients");
            let mut users = users.map(|s| knobs(s.node).count("identities"));
            let most = users.next().filter(|_| users.next().is_none())?;
            1.0 / most as f64
        } else {
            let settings = Settings::new(&OPERATION, &trip.operation.knobs);
            let keys = settings.count("keys");
            match settings.choice("popularity") {
                "hot" if keys > 1 => settings.share("hot_share").0 as f64 / NANO as f64,
                _ => 1.0 / keys as f64,
            }
        };
        shares.push(stop.rate * share);
    }
    // Different operations have different items, but the same users.
    let most = match sticky {
        true => shares.iter().sum(),
        false => shares.iter().copied().fold(0.0, f64::max),
    };
    Some((most, if sticky { "user" } else { "item" }))
}

pub fn favourite_too_much(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for door in balancers(map) {
        let behind = behind(map, door);
        let [node] = behind[..] else { continue };
        if map.unknown.rate.contains(door.key.as_str()) || instances(node) < 2.0 {
            continue;
        }
        let (Some((most, what)), Some(capacity)) = (favourite(map, door), map.capacity(node))
        else {
            continue;
        };
        if most <= capacity {
            continue;
        }
        out.push(Advice {
            path: node_path(door, "policy"),
            reason: format!(
                "`{}` sends all that one {what} asks to the same instance: up to {} of one {what}, and an instance of `{}` does at most {}",
                door.key,
                rate(most),
                node.key,
                rate(capacity)
            ),
            knob: node_path(door, "policy"),
            remedy: "`two_choices` shares a favourite among all instances".to_owned(),
        });
    }
    out
}

pub fn limit_above_capacity(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for door in balancers(map) {
        let settings = knobs(door);
        let behind = behind(map, door);
        let ([node], Some(limit)) = (&behind[..], settings.opt_rate("rate_limit")) else {
            continue;
        };
        let Some(capacity) = map.capacity(node) else {
            continue;
        };
        let all = capacity * instances(node);
        let limit = limit.0 as f64 / MICRO as f64 * instances(door);
        if settings.choice("rate_per") != "global" || limit <= all || is_scaled(node) {
            continue;
        }
        out.push(Advice {
            path: node_path(door, "rate_limit"),
            reason: format!(
                "`{}` lets {} through, and `{}` does at most {}: the limit holds nothing back before it is too late",
                door.key,
                rate(limit),
                node.key,
                rate(all)
            ),
            knob: node_path(door, "rate_limit"),
            remedy: format!("below {}", rate(all)),
        });
    }
    out
}
