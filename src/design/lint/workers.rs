//! Workers: what is done twice, or never, and whom they run over.

use super::Advice;
use super::data::{may_repeat, named};
use super::handling::{Handling, limit};
use super::map::{Map, instances, knobs, node_path, slots};
use super::words::{number, percent, rate, time};
use crate::design::Node;
use crate::design::value::MICRO;

/// Workers with what they get.
fn workers<'a, 'd>(map: &'a Map<'d>) -> impl Iterator<Item = (&'d Node, Vec<&'a Handling<'d>>)> {
    let workers = map.design.nodes.iter().filter(|n| n.kind.name == "worker");
    workers.map(|worker| {
        let mine = map.handlings.iter().filter(|h| h.worker.key == worker.key);
        (worker, mine.collect())
    })
}

fn acknowledges_first(worker: &Node) -> bool {
    knobs(worker).choice("acknowledge") == "before"
}

pub fn acknowledged_first(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (worker, handlings) in workers(map).filter(|(worker, _)| acknowledges_first(worker)) {
        let promised = handlings.iter().map(|h| (h, h.places()));
        let Some((handling, places)) = promised.into_iter().find(|(_, p)| !p.is_empty()) else {
            continue;
        };
        let path = node_path(worker, "acknowledge");
        out.push(Advice {
            reason: format!(
                "`{}` acknowledges a message of `{}` when it takes it: if it crashes or fails before {} has its trace, `{}` has forgotten it already",
                worker.key,
                handling.operation().key,
                named(&places),
                handling.queue.key
            ),
            knob: path.clone(),
            path,
            remedy: "`after`: what is not done comes again, which asks for an `idempotency` store".to_owned(),
        });
    }
    out
}

/// A worker holds this many times as much as it works on: it hoards.
const HOARD: u64 = 10;

pub fn hoards(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (worker, handlings) in workers(map) {
        let settings = knobs(worker);
        let at_work = settings.count("concurrency") * settings.count("batch");
        let Some(held) = settings.opt_count("prefetch") else {
            continue;
        };
        let Some(handling) = handlings.iter().find(|h| h.is_mode("session")) else {
            continue;
        };
        if held < HOARD * at_work || instances(worker) < 2.0 {
            continue;
        }
        let path = node_path(worker, "prefetch");
        let last = held as f64 / settings.count("concurrency") as f64 * handling.each_ns();
        out.push(Advice {
            reason: format!(
                "one of the {} instances of `{}` holds up to {held} messages and works on {at_work}: the last of them waits about {} there, while others may have nothing to do",
                number(instances(worker)),
                worker.key,
                time(last)
            ),
            knob: path.clone(),
            path,
            remedy: format!("{} or so: what is under way to it while it works", 2 * at_work),
        });
    }
    out
}

pub fn batch_repeats(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (worker, handlings) in workers(map) {
        let fails = |h: &&&Handling<'_>| h.is_mode("log") && h.batch() > 1.0 && h.poison() > 0.0;
        let Some(handling) = handlings.iter().find(fails) else {
            continue;
        };
        let path = node_path(worker, "batch");
        out.push(Advice {
            reason: format!(
                "{} of the messages of `{}` fail, and with each all that `{}` read behind it comes again, on average {} of a batch of {}, every time",
                percent(handling.poison()),
                handling.operation().key,
                worker.key,
                number((handling.batch() - 1.0) / 2.0),
                number(handling.batch())
            ),
            knob: path.clone(),
            path,
            remedy: "a small one: 1, if nothing may be read twice".to_owned(),
        });
    }
    out
}

pub fn no_memory(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (worker, handlings) in workers(map) {
        if knobs(worker).choice("idempotency") == "store" || acknowledges_first(worker) {
            continue;
        }
        let crashes = map.happens("crash", &worker.key);
        let again = handlings.iter().filter(|h| crashes || h.is_lossy(map));
        let mut twice = again.map(|h| (h, may_repeat(map, h.places())));
        let Some((handling, places)) = twice.find(|(_, places)| !places.is_empty()) else {
            continue;
        };
        let path = node_path(worker, "idempotency");
        let why = match crashes {
            true => format!("when `{}` crashes", worker.key),
            false => format!("when an acknowledgement on `{}` is lost", handling.link.key),
        };
        out.push(Advice {
            reason: format!(
                "`{}` hands a message of `{}` out again {why}, and `{}` does not know that {} has its trace already",
                handling.queue.key,
                handling.operation().key,
                worker.key,
                named(&places)
            ),
            knob: path.clone(),
            path,
            remedy: "`store`: it remembers what it has done and only acknowledges that".to_owned(),
        });
    }
    out
}

pub fn memory_too_short(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (worker, handlings) in workers(map) {
        let settings = knobs(worker);
        if settings.choice("idempotency") != "store" {
            continue;
        }
        let remembers = settings.duration("idempotency_ttl");
        let again = handlings
            .iter()
            .filter_map(|h| Some((h, h.comes_again_ns()?)));
        let mut later = again.filter(|(_, ns)| *ns > remembers.0 as f64);
        let Some((handling, ns)) = later.next() else {
            continue;
        };
        let path = node_path(worker, "idempotency_ttl");
        out.push(Advice {
            reason: format!(
                "`{}` remembers what it has done for {remembers}, and a message whose acknowledgement got lost comes again from `{}` after {}: it is done a second time",
                worker.key,
                handling.queue.key,
                time(ns)
            ),
            knob: path.clone(),
            path,
            remedy: "as long as a message may come again: many times that, best as long as it is kept".to_owned(),
        });
    }
    out
}

pub fn runs_over_third_party(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for (worker, handlings) in workers(map) {
        if limit(worker).is_some() || map.unknown.time.contains(worker.key.as_str()) {
            continue;
        }
        let over = handlings.iter().find_map(|h| {
            let fastest = slots(worker) * 1e9 / h.each_ns();
            let calls = h.trip.stops.iter().flat_map(|stop| stop.hops());
            let limited = calls.filter_map(|hop| {
                let callee = h.trip.stop(&hop).node;
                let limit = (callee.kind.name == "third_party")
                    .then(|| knobs(callee).opt_rate("rate_limit"))??;
                Some((callee, limit.0 as f64 / MICRO as f64))
            });
            let mut exceeded = limited.filter(|(_, limit)| fastest > *limit);
            exceeded
                .next()
                .map(|(callee, limit)| (h, callee, limit, fastest))
        });
        let Some((handling, callee, most, fastest)) = over else {
            continue;
        };
        let path = node_path(worker, "rate_limit");
        out.push(Advice {
            reason: format!(
                "whenever `{}` has a backlog, `{}` makes up to {} calls of `{}`, which takes {}: the rest is refused, and its messages come again",
                handling.queue.key,
                worker.key,
                rate(fastest),
                callee.key,
                rate(most)
            ),
            knob: path.clone(),
            path,
            remedy: format!(
                "at most {} for each of its instances",
                rate(most / instances(worker))
            ),
        });
    }
    out
}
