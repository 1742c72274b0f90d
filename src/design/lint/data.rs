//! What users are told, and what then is in the data.

use std::collections::BTreeMap;

use super::Advice;
use super::map::{Map, is_hedged, knobs, link_path, policy, tries_after_timeouts};
use super::trip::{Hop, Move, Stop, Trip};
use crate::design::{Link, Node};

/// Whether it would know a request again, if that came with a key.
fn knows_keys(node: &Node) -> bool {
    node.kind.name == "third_party" && knobs(node).choice("idempotency") == "keys"
}

/// Whether requests have keys at all.
fn has_keys(map: &Map<'_>) -> bool {
    let sends_key = |link: &Link| policy(link).choice("idempotency_key") != "none";
    map.design.links.iter().any(sends_key)
}

/// Of places, those that may do the same request twice: not those that would know it again by its key.
/// Whether they get one is the business of [`keys_not_sent`].
pub(super) fn may_repeat<'d>(map: &Map<'_>, places: Vec<&'d str>) -> Vec<&'d str> {
    let all = places.into_iter();
    all.filter(|place| !map.node(place).is_some_and(knows_keys))
        .collect()
}

/// Whether a call on this link may be made again after it was done.
fn repeats(link: &Link) -> bool {
    tries_after_timeouts(link) > 1 && policy(link).opt_duration("timeout").is_some()
}

/// Third parties that know keys, get none, and are written to by calls that are repeated on the way.
pub fn keys_not_sent(map: &Map<'_>) -> Vec<Advice> {
    let mut out: Vec<Advice> = Vec::new();
    if has_keys(map) {
        return out;
    }
    // What a queue hands out is handed out again in any case.
    let handed = map.handlings.iter().map(|h| (&h.trip, true));
    let asked = map.trips.iter().map(|trip| (trip, false));
    for (trip, at_least_once) in asked.chain(handed) {
        let again = |hop: Hop<'_>| repeats(hop.link) || is_hedged(hop.link);
        let repeated = trip.stops.iter().flat_map(|stop| stop.hops()).any(again);
        for hop in trip.stops.iter().flat_map(|stop| stop.hops()) {
            let stop = trip.stop(&hop);
            let promised = stop.writes && trip.effects.contains(&stop.node.key.as_str());
            let path = link_path(hop.link, "idempotency_key");
            let known = out.iter().any(|advice| advice.path == path);
            if !promised || !knows_keys(stop.node) || known || !(repeated || at_least_once) {
                continue;
            }
            let how = match at_least_once {
                true => "messages come again",
                false => "calls that time out are tried again",
            };
            out.push(Advice {
                reason: format!(
                    "{how}, `{}` would know `{}` again by its key, and nobody sends one: it is done twice there",
                    stop.node.key, trip.operation.key
                ),
                knob: path.clone(),
                path,
                remedy: "`form`: one key for what one user wants once".to_owned(),
            });
        }
    }
    out
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
    for trip in map.all_trips() {
        for hop in trip.stops.iter().flat_map(|stop| stop.hops()) {
            if !repeats(hop.link) || !trip.stop(&hop).leaves_trace {
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
