//! Queues: what is handed out again, thrown away, or never worked off.

use super::caches::popularity;
use super::handling::{Handling, need_and_room};
use super::map::{Map, instances, knobs, node_path};
use super::words::{number, percent, rate, time};
use super::{Advice, OUTLASTING};
use crate::design::value::Value;
use crate::design::{Node, TimelineEntry};
use crate::time::Duration;

/// Queues with what comes over them.
fn queues<'a, 'd>(map: &'a Map<'d>) -> impl Iterator<Item = (&'d Node, Vec<&'a Handling<'d>>)> {
    let queues = map.design.nodes.iter().filter(|n| n.kind.name == "queue");
    queues.map(|queue| {
        let mine = map.handlings.iter().filter(|h| h.queue.key == queue.key);
        (queue, mine.collect())
    })
}

pub fn endless(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (queue, handlings) in queues(map) {
        let path = node_path(queue, "max_receives");
        let Some(bad) = handlings.iter().find(|h| h.poison() > 0.0) else {
            continue;
        };
        if knobs(queue).opt_count("max_receives").is_some() {
            continue;
        }
        let harm = match bad.is_mode("log") {
            true => "its partition stands still behind each of them",
            false => "they come again and again, and keep handlers busy",
        };
        out.push(Advice {
            reason: format!(
                "{} of the messages of `{}` fail at `{}` every time, and `{}` never gives one up: {harm}",
                percent(bad.poison()),
                bad.operation().key,
                bad.worker.key,
                queue.key
            ),
            knob: path.clone(),
            path,
            remedy: match bad.is_mode("log") {
                true => "`3`: after so many tries it passes over them",
                false => "`5`, with `dead_letter = \"park\"`: after so many tries they are put aside",
            }
            .to_owned(),
        });
    }
    out
}

pub fn dropped(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (queue, handlings) in queues(map) {
        let settings = knobs(queue);
        let Some(most) = settings.opt_count("max_receives") else {
            continue;
        };
        if settings.opt_text("dead_letter").is_some() {
            continue;
        }
        let fails =
            |h: &&&Handling<'_>| !h.is_mode("log") && !h.places().is_empty() && may_fail(map, h);
        let Some(handling) = handlings.iter().find(fails) else {
            continue;
        };
        let path = node_path(queue, "dead_letter");
        out.push(Advice {
            reason: format!(
                "a message of `{}` that has failed {most} times is dropped by `{}`: its user was told that it is on its way, and nobody can look at it any more",
                handling.operation().key,
                queue.key
            ),
            knob: path.clone(),
            path,
            remedy: "`park` keeps it aside, to be looked at and sent back".to_owned(),
        });
    }
    out
}

/// A handler fails now and then: at its own work, or because somebody it calls does.
fn may_fail(map: &Map<'_>, handling: &Handling<'_>) -> bool {
    let fails = |node: &Node| {
        let settings = knobs(node);
        let by_itself = node.kind.name == "third_party"
            && (settings.share("error_share").0 > 0 || settings.value("rate_limit") != Value::Off);
        let happens = ["errors", "crash"];
        by_itself || happens.iter().any(|what| map.happens(what, &node.key))
    };
    handling.poison() > 0.0 || handling.trip.stops.iter().any(|stop| fails(stop.node))
}

pub fn lease_too_short(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (queue, handlings) in queues(map) {
        let lease = knobs(queue).duration("visibility_timeout");
        let mut worst: Option<(f64, f64, &Handling<'_>)> = None;
        for handling in handlings.into_iter().filter(|h| h.is_mode("lease")) {
            let worker = knobs(handling.worker);
            let renewed = worker.opt_duration("heartbeat").is_some();
            let unknown = map.unknown.time.contains(handling.worker.key.as_str());
            if renewed || unknown || worker.choice("acknowledge") == "before" {
                continue;
            }
            // What waits in the worker has its lease run on.
            let ahead = worker.opt_count("prefetch").unwrap_or(0) as f64;
            let before = handling.batch() - 1.0 + ahead / worker.count("concurrency") as f64;
            let waits = before * handling.each_ns();
            let share = handling.share_above(lease.0 as f64 - waits);
            if share >= OUTLASTING && worst.is_none_or(|(most, ..)| share > most) {
                worst = Some((share, waits, handling));
            }
        }
        let Some((share, waits, handling)) = worst else {
            continue;
        };
        let path = node_path(queue, "visibility_timeout");
        let behind = match waits > 0.0 {
            true => format!(
                ", the last of a batch or of what is fetched ahead after {} of waiting",
                time(waits)
            ),
            false => String::new(),
        };
        out.push(Advice {
            reason: format!(
                "a message of `{}` takes `{}` {} on average{behind}: {} of them are not done when their lease of {lease} ends, and are handed out a second time",
                handling.operation().key,
                handling.worker.key,
                time(handling.each_ns()),
                percent(share),
            ),
            knob: path.clone(),
            path,
            remedy: format!(
                "longer than all but a few of them take, or a `heartbeat` of `{}` that renews it",
                handling.worker.key
            ),
        });
    }
    out
}

/// How long the timeline has all instances of a worker down, at the longest.
fn outage(map: &Map<'_>, worker: &Node) -> Option<Duration> {
    let all = |entry: &&TimelineEntry| match entry.knobs.get("instances") {
        Some(Value::Count(n)) => *n as f64 >= instances(worker),
        _ => true,
    };
    let crashes = map.entries("crash", &worker.key).filter(all);
    crashes.filter_map(TimelineEntry::lasts).max()
}

pub fn retention_too_short(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (queue, handlings) in queues(map) {
        let Some(kept) = knobs(queue).opt_duration("retention") else {
            continue;
        };
        let longest = handlings.iter().filter(|h| !h.places().is_empty());
        let longest = longest.filter_map(|h| Some((outage(map, h.worker)?, h.worker)));
        let longest = longest.max_by_key(|(lasts, _)| *lasts);
        let Some((lasts, worker)) = longest.filter(|(lasts, _)| *lasts > kept) else {
            continue;
        };
        let path = node_path(queue, "retention");
        out.push(Advice {
            reason: format!(
                "`{}` is down for {lasts} on the timeline, and `{}` keeps a message for {kept}: what is older than that when it comes back is gone",
                worker.key, queue.key
            ),
            knob: path.clone(),
            path,
            remedy: "longer than the longest outage and the time to work off what has piled up".to_owned(),
        });
    }
    out
}

pub fn no_end(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (queue, handlings) in queues(map) {
        let settings = knobs(queue);
        if settings.opt_count("bound").is_some() || map.unknown.rate.contains(queue.key.as_str()) {
            continue;
        }
        let mut workers: Vec<&Node> = handlings.iter().map(|h| h.worker).collect();
        workers.dedup_by_key(|worker| &worker.key);
        let unknown = |worker: &&Node| map.unknown.time.contains(worker.key.as_str());
        // Several share the messages of a queue; the readers of a log do not.
        let shared = workers.len() > 1 && settings.choice("mode") != "log";
        if workers.iter().any(unknown) || shared {
            continue;
        }
        let over = workers.iter().find_map(|worker| {
            let (need, room) = need_and_room(map, worker);
            (need > room).then_some((worker, need, room))
        });
        let Some((worker, need, room)) = over else {
            continue;
        };
        let comes: f64 = handlings
            .iter()
            .filter(|h| h.worker.key == worker.key)
            .map(|h| h.rate())
            .sum();
        let path = node_path(queue, "bound");
        out.push(Advice {
            reason: format!(
                "`{}` gets {}, `{}` can do {}, and nobody who publishes ever hears of it: {} pile up",
                queue.key,
                rate(comes),
                worker.key,
                rate(comes * room / need),
                rate(comes * (1.0 - room / need)),
            ),
            knob: path.clone(),
            path,
            remedy: "a bound, refused or waited for when it is full, tells publishers; more handlers cure it"
                .to_owned(),
        });
    }
    out
}

pub fn idle_consumers(map: &Map<'_>) -> Vec<Advice> {
    let mut out: Vec<Advice> = Vec::new();
    for (queue, handlings) in queues(map) {
        let partitions = knobs(queue).count("partitions");
        let idle = |h: &&&Handling<'_>| h.is_mode("log") && instances(h.worker) > partitions as f64;
        let Some(handling) = handlings.iter().find(idle) else {
            continue;
        };
        let path = node_path(queue, "partitions");
        out.push(Advice {
            reason: format!(
                "`{}` has {partitions} partitions, each for one instance of `{}` at a time: of its {} instances {} never get anything",
                queue.key,
                handling.worker.key,
                number(instances(handling.worker)),
                number(instances(handling.worker) - partitions as f64)
            ),
            knob: path.clone(),
            path,
            remedy: "as many as there may ever be instances: with another number, keys move".to_owned(),
        });
    }
    out
}

pub fn poll_too_late(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (queue, handlings) in queues(map) {
        let deadline = knobs(queue).duration("poll_deadline");
        let late = |h: &&&Handling<'_>| {
            let first = (h.batch() - 1.0) * h.each_ns();
            h.is_mode("log")
                && !map.unknown.time.contains(h.worker.key.as_str())
                && h.share_above(deadline.0 as f64 - first) >= OUTLASTING
        };
        let Some(handling) = handlings.iter().find(late) else {
            continue;
        };
        let path = node_path(queue, "poll_deadline");
        out.push(Advice {
            reason: format!(
                "{} messages of {} each take `{}` {}, and whoever has not asked for more within {deadline} is thrown out of the group: all of them are read and done again",
                number(handling.batch()),
                time(handling.each_ns()),
                handling.worker.key,
                time(handling.batch() * handling.each_ns())
            ),
            knob: path.clone(),
            path,
            remedy: format!("longer than {}, or a smaller `batch`", time(handling.batch() * handling.each_ns())),
        });
    }
    out
}

pub fn one_at_a_time(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (queue, handlings) in queues(map) {
        if knobs(queue).choice("order") != "per_item" {
            continue;
        }
        let unknown = map.unknown.rate.contains(queue.key.as_str());
        let crowded = handlings.iter().find_map(|h| {
            let top = popularity(h.operation())?.first().copied()?;
            let need = h.rate() * top * h.each_ns() / 1e9;
            (need >= 1.0 && !unknown).then_some((h, top, need))
        });
        let Some((handling, top, need)) = crowded else {
            continue;
        };
        let path = node_path(queue, "order");
        out.push(Advice {
            reason: format!(
                "{} of the messages of `{}` are about one item, and each takes {}: they alone need {} handlers, and `{}` hands out one of an item at a time",
                percent(top),
                handling.operation().key,
                time(handling.each_ns()),
                number(need),
                queue.key
            ),
            knob: path.clone(),
            path,
            remedy: "`arrival`, if the order within an item does not matter, or items that are smaller"
                .to_owned(),
        });
    }
    out
}
