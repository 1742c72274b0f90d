//! Caches that do not keep what is asked, or let go of everything at once.

use super::Advice;
use super::data::{named, reached};
use super::map::{Map, instances, is_hedged, is_inline_cache, knobs, node_path, policy, slots};
use super::trip::{Move, Trip};
use super::words::{number, percent, rate, time};
use crate::design::order::arrange;
use crate::design::registry::OPERATION;
use crate::design::value::{MICRO, NANO, Value};
use crate::design::{Link, Node, Operation, Settings};

fn caches<'d>(map: &Map<'d>) -> impl Iterator<Item = &'d Node> {
    let design = map.design;
    design.nodes.iter().filter(|node| node.kind.name == "cache")
}

/// Operations that look things up in a cache, with lookups per second and the link to the source.
fn readers<'a, 'd>(map: &'a Map<'d>, cache: &Node) -> Vec<(&'a Trip<'d>, f64, &'d Link)> {
    let mut out = Vec::new();
    for trip in &map.trips {
        for stop in &trip.stops {
            for step in &stop.steps {
                match step {
                    Move::Cached([ask, store]) if ask.link.to == cache.key => {
                        out.push((trip, stop.rate, store.link));
                    }
                    Move::Calls { hops, .. } if stop.node.key == cache.key && !stop.writes => {
                        out.extend(hops.iter().map(|hop| (trip, stop.rate, hop.link)));
                    }
                    _ => {}
                }
            }
        }
    }
    out
}

/// Shares of the most popular items, the greatest first; none for what is asked in turn.
pub(super) fn popularity(operation: &Operation) -> Option<Vec<f64>> {
    let settings = Settings::new(&OPERATION, &operation.knobs);
    let keys = settings.count("keys") as usize;
    let mut shares = match settings.choice("popularity") {
        "uniform" => vec![1.0; keys],
        "zipf" => {
            let alpha = match settings.value("zipf_alpha") {
                Value::Factor(factor) => factor.0 as f64 / MICRO as f64,
                _ => return None,
            };
            (1..=keys)
                .map(|rank| libm::pow(rank as f64, -alpha))
                .collect()
        }
        "hot" => {
            let hot = settings.share("hot_share").0 as f64 / NANO as f64;
            let rest = (1.0 - hot) / (keys.max(2) - 1) as f64;
            let mut all = vec![rest; keys];
            all[0] = if keys == 1 { 1.0 } else { hot };
            all
        }
        _ => return None,
    };
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    arrange(&mut shares, |a, b| b.total_cmp(a));
    Some(shares)
}

pub fn too_small(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for cache in caches(map) {
        let settings = knobs(cache);
        let Some(room) = settings.opt_count("capacity") else {
            continue;
        };
        let nodes = match settings.choice("scope") {
            "local" => 1.0,
            _ => instances(cache),
        };
        let room = (room as f64 * nodes) as usize;
        let readers = readers(map, cache);
        // With several operations, each would have to share the room.
        let [(trip, ..)] = readers[..] else { continue };
        let Some(shares) = popularity(trip.operation).filter(|shares| shares.len() > room) else {
            continue;
        };
        let best: f64 = shares.iter().take(room).sum();
        if best >= 0.5 {
            continue;
        }
        out.push(Advice {
            path: node_path(cache, "capacity"),
            reason: format!(
                "`{}` has room for {room} of the {} items of `{}`: even if it kept the most popular ones, at most {} of the lookups would find theirs",
                cache.key,
                shares.len(),
                trip.operation.key,
                percent(best)
            ),
            knob: node_path(cache, "capacity"),
            remedy: "room for the items that most requests are about".to_owned(),
        });
    }
    out
}

pub fn stampede(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for cache in caches(map) {
        let settings = knobs(cache);
        let inline = is_inline_cache(cache);
        let guarded = match inline {
            true => settings.flag("single_flight"),
            false => settings.value("lease") != Value::Off,
        };
        let expires =
            settings.value("ttl") != Value::Off && settings.choice("ttl_renew") == "fixed";
        let early = settings.value("early_refresh") != Value::Off
            || (inline && settings.value("stale_while_revalidate") != Value::Off);
        let alone = settings.choice("scope") == "local";
        if guarded || early || alone || !expires || map.unknown.rate.contains(cache.key.as_str()) {
            continue;
        }
        let mut worst: Option<(f64, f64, f64, &Trip<'_>, &Link)> = None;
        for (trip, rate, store) in readers(map, cache) {
            let shares = popularity(trip.operation);
            let (Some(top), false) = (shares.and_then(|s| s.first().copied()), is_hedged(store))
            else {
                continue;
            };
            let hop = trip
                .stops
                .iter()
                .flat_map(|s| s.hops())
                .find(|h| h.link.key == store.key);
            let Some(hop) = hop else { continue };
            let fetch = 2.0 * policy(store).dist("delay").mean_ns() + trip.stop(&hop).reply_ns;
            let together = rate * top * fetch / 1e9;
            if together >= 2.0 && worst.is_none_or(|w| together > w.0) {
                worst = Some((together, rate * top, fetch, trip, store));
            }
        }
        let Some((together, often, fetch, trip, store)) = worst else {
            continue;
        };
        let (knob, remedy) = match inline {
            true => (
                "single_flight",
                "`true`: one fetches, the others wait for that",
            ),
            false => ("lease", "`10 s`: one fetches, the others wait for that"),
        };
        out.push(Advice {
            path: node_path(cache, "ttl"),
            reason: format!(
                "the favourite item of `{}` is looked up {}, and to fetch it takes {}: each time it expires, about {} ask `{}` for it",
                trip.operation.key,
                rate(often),
                time(fetch),
                number(together),
                store.to
            ),
            knob: node_path(cache, knob),
            remedy: remedy.to_owned(),
        });
    }
    out
}

pub fn write_behind(map: &Map<'_>) -> Vec<Advice> {
    let mut out: Vec<Advice> = Vec::new();
    for cache in caches(map).filter(|node| knobs(node).choice("pattern") == "write_behind") {
        for trip in &map.trips {
            let mut stops = trip.stops.iter();
            let Some(stop) = stops.find(|s| s.node.key == cache.key && s.writes && s.leaves_trace)
            else {
                continue;
            };
            let mut places = Vec::new();
            reached(trip, stop, &mut places);
            let path = node_path(cache, "pattern");
            if out.iter().any(|advice| advice.path == path) {
                continue;
            }
            let settings = knobs(cache);
            out.push(Advice {
                reason: format!(
                    "`{}` says that `{}` is done and passes it on to {} later, up to {} or {} writes later: if it crashes before that, the acknowledged writes are gone",
                    cache.key,
                    trip.operation.key,
                    named(&places),
                    settings.duration("flush_every"),
                    settings.count("flush_batch")
                ),
                knob: path.clone(),
                path,
                remedy: "`write_through` says so when the source has it".to_owned(),
            });
        }
    }
    out
}

/// Whether the timeline empties a cache.
fn is_emptied(map: &Map<'_>, cache: &Node) -> bool {
    let ways = ["flush", "crash"];
    ways.iter().any(|what| map.happens(what, &cache.key))
}

/// A fetch from a store: its link, the store, and the store's mean time for it.
fn fetch<'d>(map: &Map<'d>, trip: &Trip<'d>, store: &Link) -> Option<(&'d Node, f64)> {
    let mut hops = trip.stops.iter().flat_map(|stop| stop.hops());
    let hop = hops.find(|hop| hop.link.key == store.key)?;
    let node = map.node(&store.to)?;
    Some((node, trip.stop(&hop).hold_ns))
}

/// Items of an operation that are asked for, and so loaded, within one second of each other.
fn loaded_in_a_second(map: &Map<'_>, cache: &Node, trip: &Trip<'_>, rate: f64) -> f64 {
    let operation = Settings::new(&OPERATION, &trip.operation.knobs);
    let keys = operation.count("keys") as f64;
    let in_turn = operation.choice("popularity") == "cycle";
    let batches =
        |stop: &&super::trip::Stop<'_>| stop.is_start && knobs(stop.node).count("batch") > 1;
    if in_turn && trip.stops.iter().any(|stop| batches(&stop)) {
        return rate.min(keys);
    }
    match popularity(trip.operation).filter(|_| is_emptied(map, cache)) {
        Some(shares) => shares
            .iter()
            .map(|share| 1.0 - libm::exp(-share * rate))
            .sum(),
        None => 0.0,
    }
}

/// What expires together is worth a word if it takes so many seconds to fetch.
const TOGETHER_S: f64 = 0.5;

pub fn loaded_together(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for cache in caches(map) {
        let settings = knobs(cache);
        let expires = settings
            .opt_duration("ttl")
            .filter(|_| settings.choice("ttl_renew") == "fixed");
        let early = settings.value("early_refresh") != Value::Off
            || settings.value("stale_while_revalidate") != Value::Off;
        let Some(ttl) = expires.filter(|_| !early && settings.share("ttl_jitter").0 == 0) else {
            continue;
        };
        if map.unknown.rate.contains(cache.key.as_str()) {
            continue;
        }
        for (trip, rate, store) in readers(map, cache) {
            let Some((node, each)) = fetch(map, trip, store) else {
                continue;
            };
            let together = loaded_in_a_second(map, cache, trip, rate);
            let can = slots(node) * 1e9 / each.max(1.0);
            // Users wait that long for the last of them.
            let fetched_in = together / can;
            if fetched_in < TOGETHER_S {
                continue;
            }
            let path = node_path(cache, "ttl_jitter");
            out.push(Advice {
                reason: format!(
                    "about {} items of `{}` are loaded within a second and expire together, each {ttl}: `{}` takes {} to fetch them again",
                    number(together),
                    trip.operation.key,
                    node.key,
                    time(fetched_in * 1e9)
                ),
                knob: path.clone(),
                path,
                remedy: "`10 %` or more: each entry gets a time of its own".to_owned(),
            });
            break;
        }
    }
    out
}

pub fn holds_up_store(map: &Map<'_>) -> Vec<Advice> {
    let mut out: Vec<Advice> = Vec::new();
    for cache in caches(map).filter(|cache| is_emptied(map, cache)) {
        if map.unknown.rate.contains(cache.key.as_str()) {
            continue;
        }
        let mut needs: Vec<(&Node, f64)> = Vec::new();
        for (trip, rate, store) in readers(map, cache) {
            let Some((node, each)) = fetch(map, trip, store) else {
                continue;
            };
            match needs.iter_mut().find(|(known, _)| known.key == node.key) {
                Some((_, need)) => *need += rate * each / 1e9,
                None => needs.push((node, rate * each / 1e9)),
            }
        }
        for (node, need) in needs {
            if node.kind.name != "database" || need <= slots(node) {
                continue;
            }
            let path = node_path(node, "cores");
            out.push(Advice {
                reason: format!(
                    "`{}` keeps `{}` alive: without it the lookups need {} of the {} queries that run at the same time, and the timeline empties it",
                    cache.key,
                    node.key,
                    number(need),
                    number(slots(node))
                ),
                knob: path.clone(),
                path,
                remedy: format!(
                    "above {}, or a bound on what is fetched at the same time (`max_in_flight` of the link), so that what is fetched comes back in time",
                    number(need)
                ),
            });
        }
    }
    out
}
