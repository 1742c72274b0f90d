//! What users are told, and what then is in the data.

use std::collections::BTreeMap;

use super::Advice;
use super::map::{Map, knobs, link_path, policy, tries_after_timeouts};
use super::trip::{Move, Stop, Trip};
use crate::design::Link;

/// Of places, those that may do the same request twice: not those that know it again by its key, where
/// callers send one.
pub(super) fn may_repeat<'d>(map: &Map<'_>, places: Vec<&'d str>) -> Vec<&'d str> {
    let sends_key = |link: &Link| policy(link).choice("idempotency_key") != "none";
    let keys = map.design.links.iter().any(sends_key);
    let knows_again = |place: &str| {
        map.node(place).is_some_and(|node| {
            node.kind.name == "third_party"
                && node.kind.knob("idempotency").is_some()
                && knobs(node).choice("idempotency") == "keys"
        })
    };
    let all = places.into_iter();
    all.filter(|place| !(keys && knows_again(place))).collect()
}

/// The promised places that a call reaches, by their names.
pub(super) fn reached<'d>(trip: &Trip<'d>, stop: &Stop<'d>, out: &mut Vec<&'d str>) {
    let key = stop.node.key.as_str();
    if !stop.leaves_trace || out.contains(&key) {
        return;
    }
    if stop.writes && trip.effects.contains(&key) {
        out.push(key);
    }
    for hop in stop.hops() {
        reached(trip, trip.stop(&hop), out);
    }
}

pub(super) fn named(places: &[&str]) -> String {
    let quoted: Vec<String> = places.iter().map(|place| format!("`{place}`")).collect();
    quoted.join(" and ")
}

pub fn write_retried(map: &Map<'_>) -> Vec<Advice> {
    let mut found: BTreeMap<&str, (&Link, &str, Vec<&str>)> = BTreeMap::new();
    for trip in &map.trips {
        for hop in trip.stops.iter().flat_map(|stop| stop.hops()) {
            let settings = policy(hop.link);
            let again =
                tries_after_timeouts(hop.link) > 1 && settings.opt_duration("timeout").is_some();
            if !again || !trip.stop(&hop).leaves_trace {
                continue;
            }
            let mut places = Vec::new();
            reached(trip, trip.stop(&hop), &mut places);
            let places = may_repeat(map, places);
            if places.is_empty() {
                continue;
            }
            let operation = trip.operation.key.as_str();
            found
                .entry(&hop.link.key)
                .or_insert((hop.link, operation, places));
        }
    }
    let advice = |(link, operation, places): (&Link, &str, Vec<&str>)| Advice {
        path: link_path(link, "attempts"),
        reason: format!(
            "a try of `{operation}` on `{}` that timed out may still be done at {}, and the next try does it again",
            link.key,
            named(&places)
        ),
        knob: link_path(link, "attempts"),
        remedy:
            "1 for what must happen once, as long as the other side cannot recognise a repetition"
                .to_owned(),
    };
    found.into_values().map(advice).collect()
}

pub fn respond_before_write(map: &Map<'_>) -> Vec<Advice> {
    let mut out: Vec<Advice> = Vec::new();
    for trip in &map.trips {
        let operation = &trip.operation.key;
        for stop in trip.stops.iter().filter(|s| s.node.kind.has_plans()) {
            let mut responded = false;
            let mut places = Vec::new();
            for step in &stop.steps {
                responded = responded || matches!(step, Move::Respond);
                if !responded && !matches!(step, Move::Send(_)) {
                    continue;
                }
                for hop in step.hops() {
                    reached(trip, trip.stop(hop), &mut places);
                }
            }
            let path = format!("{}.{}.plan.{operation}", stop.node.kind.name, stop.node.key);
            if places.is_empty() || out.iter().any(|advice| advice.path == path) {
                continue;
            }
            out.push(Advice {
                reason: format!(
                    "`{}` says that `{operation}` is done without having heard so from {}: if it fails there, nobody is told",
                    stop.node.key,
                    named(&places)
                ),
                knob: path.clone(),
                path,
                remedy: "`respond` after what was promised, and wait for its reply".to_owned(),
            });
        }
    }
    out
}
