//! Copies of calls, and breakers that watch them.

use std::collections::BTreeMap;

use super::Advice;
use super::data::{may_repeat, named, reached};
use super::map::{
    Map, instances, is_hedged, is_scaled, knobs, link_path, node_path, policy, tries_after, wait,
    work,
};
use super::words::{number, percent, rate, time};
use crate::design::value::MICRO;
use crate::design::{Link, Node};

/// The knob by which a link hedges.
fn hedge_knob(link: &Link) -> String {
    let fixed = policy(link).opt_duration("hedge_after").is_some();
    link_path(
        link,
        if fixed {
            "hedge_after"
        } else {
            "hedge_percentile"
        },
    )
}

pub fn write_hedged(map: &Map<'_>) -> Vec<Advice> {
    let mut found: BTreeMap<&str, Advice> = BTreeMap::new();
    for trip in &map.trips {
        for hop in trip.stops.iter().flat_map(|stop| stop.hops()) {
            let link = hop.link;
            if !is_hedged(link) || !trip.stop(&hop).leaves_trace {
                continue;
            }
            let mut places = Vec::new();
            reached(trip, trip.stop(&hop), &mut places);
            let places = may_repeat(map, places);
            if places.is_empty() {
                continue;
            }
            found.entry(&link.key).or_insert_with(|| Advice {
                path: hedge_knob(link),
                reason: format!(
                    "a slow `{}` on `{}` is sent a second time while the first is still under way: both may be done at {}",
                    trip.operation.key,
                    link.key,
                    named(&places)
                ),
                knob: hedge_knob(link),
                remedy: "copies are for calls that only read".to_owned(),
            });
        }
    }
    found.into_values().collect()
}

pub fn too_early(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let settings = policy(link);
        let Some(after) = settings.opt_duration("hedge_after") else {
            continue;
        };
        let Some(to) = map
            .node(&link.to)
            .filter(|_| wait(link).is_none_or(|w| w > after))
        else {
            continue;
        };
        let left = after.0 as f64 - 2.0 * settings.dist("delay").mean_ns();
        let (mut calls, mut slow) = (0.0, 0.0);
        for (trip, hop, rate) in map.calls_on(link) {
            let stop = trip.stop(&hop);
            let dist = work(to, &trip.operation.key, hop.writes).filter(|_| stop.works() > 0);
            calls += rate;
            slow += rate * dist.map_or(0.0, |dist| dist.share_above(left));
        }
        let share = slow / calls;
        if !(calls > 0.0 && share > 0.5) {
            continue;
        }
        out.push(Advice {
            path: link_path(link, "hedge_after"),
            reason: format!(
                "{} of the calls on `{}` take longer than {after} even if nothing waits, and each of those is sent again to `{}`",
                percent(share),
                link.key,
                link.to
            ),
            knob: link_path(link, "hedge_after"),
            remedy: "after the time that 95 in 100 replies need, copies are 5 in 100".to_owned(),
        });
    }
    out
}

pub fn runs_on(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in map.design.links.iter().filter(|link| is_hedged(link)) {
        let Some(to) = map.node(&link.to) else {
            continue;
        };
        if to.kind.knob("on_abandoned").is_none() {
            continue;
        }
        let told = policy(link).choice("on_hedge_won") == "cancel";
        let (path, why, remedy) = match (told, Map::stops_abandoned(to)) {
            (true, true) => continue,
            (true, false) => (
                node_path(to, "on_abandoned"),
                format!("`{}` is told and goes on with it", to.key),
                "`stop` gives back what the copy that lost has taken",
            ),
            (false, _) => (
                link_path(link, "on_hedge_won"),
                format!("nobody tells `{}`", to.key),
                "`cancel`, where the other side stops what nobody waits for",
            ),
        };
        out.push(Advice {
            path: path.clone(),
            reason: format!(
                "when one of two copies of a call on `{}` has its answer, the other is for nobody, but {why}",
                link.key
            ),
            knob: path,
            remedy: remedy.to_owned(),
        });
    }
    out
}

pub fn breaker_never_judges(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let settings = policy(link);
        let Some(from) = map.node(&link.from) else {
            continue;
        };
        let unknown = map.unknown.rate.contains(from.key.as_str()) || map.has_closed_loop();
        if settings.choice("breaker") != "time" || is_hedged(link) || unknown || is_scaled(from) {
            continue;
        }
        let least = settings.count("breaker_min_calls");
        let window = settings.duration("breaker_window_time");
        let calls = map.rate_of(link) / instances(from);
        let tries = calls * settings.count("attempts") as f64;
        let held = calls * window.0 as f64 / 1e9;
        if calls == 0.0 || tries * window.0 as f64 / 1e9 >= least as f64 {
            continue;
        }
        out.push(Advice {
            path: link_path(link, "breaker_min_calls"),
            reason: format!(
                "a caller on `{}` makes {}, so {} in the {window} that its breaker looks back, and it judges from {least} on",
                link.key,
                rate(calls).replacen(" per", " calls per", 1),
                number(held)
            ),
            knob: link_path(link, "breaker_min_calls"),
            remedy: format!("well below {}, or a longer window", number(held.ceil())),
        });
    }
    out
}

/// What is turned away for good reason and comes back.
pub fn shed_retried(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for door in &map.design.nodes {
        if door.kind.name != "balancer" || map.unknown.rate.contains(door.key.as_str()) {
            continue;
        }
        let settings = knobs(door);
        let Some(limit) = settings
            .opt_rate("rate_limit")
            .map(|rate| rate.0 as f64 / MICRO as f64)
        else {
            continue;
        };
        let limit = limit * instances(door);
        let comes = map.rate_at(door);
        if settings.choice("rate_per") != "global" || comes <= limit {
            continue;
        }
        for link in map.links_into(&door.key) {
            let tries = tries_after(link, "rate_limited");
            if tries == 1 || super::map::has_budget(link) {
                continue;
            }
            out.push(Advice {
                path: link_path(link, "retry_on"),
                reason: format!(
                    "`{}` gets {} and lets {} through; what it turns away comes back over `{}`, up to {tries} tries in all",
                    door.key,
                    rate(comes),
                    rate(limit),
                    link.key
                ),
                knob: link_path(link, "retry_on"),
                remedy: "leave `overload` out: a limit that is asked again is no limit".to_owned(),
            });
        }
    }
    out
}

/// If a third party hangs, what waits for it has all slots, and who does not need it gets none.
pub fn third_party_takes_all(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let settings = policy(link);
        let Some(from) = map
            .node(&link.from)
            .filter(|node| node.kind.name == "service")
        else {
            continue;
        };
        let own = |knob: &str| knobs(from).value(knob) != crate::design::value::Value::Off;
        let guarded = settings.opt_count("max_in_flight").is_some()
            || settings.opt_count("pool").is_some()
            || settings.choice("breaker") != "none"
            || own("slots_of");
        let unknown = map.unknown.rate.contains(from.key.as_str()) || is_scaled(from);
        if !map.is_kind(&link.to, "third_party") || guarded || unknown || !map.is_awaited(link) {
            continue;
        }
        if let Some(advice) = taken(map, link, from) {
            out.push(advice);
        }
    }
    out
}

fn taken(map: &Map<'_>, link: &Link, from: &Node) -> Option<Advice> {
    let wait = wait(link)?.0 as f64;
    let calls = map.rate_of(link);
    let needs = calls * wait / 1e9;
    let slots = super::map::slots(from);
    let other = map.trips.iter().find(|trip| {
        let here = trip.stops.iter().any(|stop| stop.node.key == from.key);
        let calls = |hop: super::trip::Hop<'_>| hop.link.key == link.key;
        here && !trip.stops.iter().any(|stop| stop.hops().any(calls))
    })?;
    // Fewer slots than the quiet need is another mistake.
    if needs < slots || map.load(from) > super::HEADROOM {
        return None;
    }
    Some(Advice {
        path: format!("link.{}", link.key),
        reason: format!(
            "if `{}` does not answer, {} that wait {} each hold {} slots, and `{}` has {}: nothing is left for `{}`, which does not need it",
            link.to,
            rate(calls).replacen(" per", " calls per", 1),
            time(wait),
            number(needs),
            from.key,
            number(slots),
            other.operation.key
        ),
        knob: link_path(link, "max_in_flight"),
        remedy: "a bulkhead: so many may wait there, and the rest of the slots serve others"
            .to_owned(),
    })
}
