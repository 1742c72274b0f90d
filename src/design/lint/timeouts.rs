//! How long callers wait, and what goes on when they have gone.

use std::collections::BTreeMap;

use super::map::{
    Map, knobs, link_path, node_path, passes_deadline, policy, tries_after_timeouts, wait, work,
};
use super::trip::Trip;
use super::words::{percent, time};
use super::{Advice, OUTLASTING};
use crate::design::value::NANO;
use crate::design::{Link, Node};

/// A caller that waits for ever if the reply never comes. Balancers only pass on: who waits behind
/// them has a link of its own.
pub fn none(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let waits = ["clients", "service", "worker"];
        if wait(link).is_some()
            || comes_with_end(map, &link.from)
            || !waits.iter().any(|kind| map.is_kind(&link.from, kind))
            || !map.is_awaited(link)
        {
            continue;
        }
        if map
            .node(&link.from)
            .is_some_and(|from| is_stopped(map, from, &mut Vec::new()))
        {
            continue;
        }
        let Some(why) = boundless(map, link) else {
            continue;
        };
        let who = match map.is_kind(&link.from, "clients") {
            true => format!("`{}` wait", link.from),
            false => format!(
                "`{}` waits, in one of its {},",
                link.from,
                places_of(map, link)
            ),
        };
        let reason = format!(
            "{who} for `{}` as long as it takes, and nothing bounds that: {why}",
            link.to
        );
        out.push(Advice {
            path: format!("link.{}", link.key),
            reason,
            knob: link_path(link, "timeout"),
            remedy: "give it a timeout, well above the usual time and below what its caller waits"
                .to_owned(),
        });
    }
    out
}

fn places_of(map: &Map<'_>, link: &Link) -> &'static str {
    match map.is_kind(&link.from, "worker") {
        true => "handlers",
        false => "slots",
    }
}

/// A third party that leaves calls unanswered, and somebody who waits for it as long as it likes.
pub fn third_party_hangs(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let Some(to) = map.node(&link.to).filter(|n| n.kind.name == "third_party") else {
            continue;
        };
        let hangs = knobs(to).share("hang_share").0 as f64 / NANO as f64;
        let scripted = map.happens("hang", &to.key);
        let waits = ["service", "worker"];
        if wait(link).is_some()
            || comes_with_end(map, &link.from)
            || !waits.iter().any(|kind| map.is_kind(&link.from, kind))
            || !map.is_awaited(link)
            || !(hangs > 0.0 || scripted)
            || boundless(map, link).is_some()
        {
            continue;
        }
        let how = match hangs > 0.0 {
            true => format!(
                "{} of the calls unanswered for {}",
                percent(hangs),
                knobs(to).duration("hang_time")
            ),
            false => "calls unanswered, as the timeline says".to_owned(),
        };
        out.push(Advice {
            path: format!("link.{}", link.key),
            reason: format!(
                "`{}` leaves {how}, and `{}` waits for it all the time, in one of its {}",
                to.key,
                link.from,
                places_of(map, link)
            ),
            knob: link_path(link, "timeout"),
            remedy: "well above its usual time; what was done all the same is found out by a key"
                .to_owned(),
        });
    }
    out
}

/// Whether every request that a node gets says until when it is of use.
fn comes_with_end(map: &Map<'_>, node: &str) -> bool {
    map.links_into(node).next().is_some() && map.links_into(node).all(passes_deadline)
}

/// Whether somebody's timeout ends all that a node does: its callers tell it when they have gone.
fn is_stopped<'d>(map: &Map<'d>, node: &'d Node, seen: &mut Vec<&'d str>) -> bool {
    if !Map::stops_abandoned(node) || seen.contains(&node.key.as_str()) {
        return false;
    }
    seen.push(&node.key);
    map.links_into(&node.key).all(|link| {
        wait(link).is_some()
            || map
                .node(&link.from)
                .is_some_and(|from| is_stopped(map, from, seen))
    })
}

/// Why a reply on this link may take any time, if it may.
fn boundless(map: &Map<'_>, link: &Link) -> Option<String> {
    let mut open: Vec<&Link> = vec![link];
    let mut seen: Vec<&str> = Vec::new();
    while let Some(link) = open.pop() {
        if seen.contains(&link.key.as_str()) {
            continue;
        }
        seen.push(&link.key);
        let settings = policy(link);
        if settings.opt_duration("deadline").is_some() {
            continue;
        }
        if settings.opt_count("pool").is_some()
            && settings.opt_duration("acquire_timeout").is_none()
        {
            return Some(format!(
                "a connection of `{}` may be waited for without an end",
                link.key
            ));
        }
        if settings.opt_duration("timeout").is_some() {
            continue;
        }
        if map.happens("partition", &link.key) {
            return Some(format!(
                "messages on `{}` are cut off by the timeline",
                link.key
            ));
        }
        if settings.share("loss").0 > 0 || settings.share("reply_loss").0 > 0 {
            return Some(format!("messages on `{}` are lost", link.key));
        }
        if settings.dist("delay").longest_ns().is_none() {
            return Some(format!(
                "a message on `{}` may travel for any time",
                link.key
            ));
        }
        let Some(to) = map.node(&link.to) else {
            continue;
        };
        let settings = knobs(to);
        let operations = map.trips.iter().map(|trip| trip.operation.key.as_str());
        let times = operations.flat_map(|key| [work(to, key, false), work(to, key, true)]);
        if times.flatten().any(|work| work.longest_ns().is_none()) {
            return Some(format!("its time at `{}` has no upper end", to.key));
        }
        match to.kind.name {
            // Who publishes has its answer when the message is stored.
            "queue" => match settings.choice("when_full") == "block"
                && settings.opt_count("bound").is_some()
            {
                true => return Some(format!("a publisher waits for room at `{}`", to.key)),
                false => continue,
            },
            "service" if settings.opt_count("queue_limit").is_none() && !drops(to) => {
                return Some(format!("any number may wait at `{}`", to.key));
            }
            "service" if settings.choice("discipline") == "lifo" => {
                return Some(format!("newer requests at `{}` go first", to.key));
            }
            "database" if settings.opt_count("connections").is_none() => {
                return Some(format!("any number may wait at `{}`", to.key));
            }
            _ => {}
        }
        let leaving = map.design.links.iter().filter(|next| next.from == to.key);
        open.extend(leaving);
    }
    None
}

/// Whether a service without a `queue_limit` still bounds how many wait, or for how long.
fn drops(service: &Node) -> bool {
    let settings = knobs(service);
    settings.opt_duration("max_wait").is_some() || settings.choice("concurrency_limit") != "none"
}

/// Time after which a node's work is for nobody although it goes on, with the link whose caller has
/// gone by then.
type Patience<'d> = Option<(u64, &'d Link)>;

fn sooner<'d>(a: Patience<'d>, b: Patience<'d>) -> Patience<'d> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 < a.0 { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// Per stop: the shortest wait of a caller further out that the node does not hear the end of, and
/// the shortest that makes it stop.
fn patience<'d>(trip: &Trip<'d>) -> Vec<(Patience<'d>, Patience<'d>)> {
    let mut all: Vec<(Patience<'_>, Patience<'_>)> = vec![(None, None); trip.stops.len()];
    for (i, stop) in trip.stops.iter().enumerate() {
        let (goes_on, stopped) = all[i];
        for hop in stop.hops() {
            let own = wait(hop.link);
            let heard = sooner(stopped, own.map(|wait| (wait.0, hop.link)));
            let to = trip.position(&hop);
            let (on, off) = all[to];
            // What a caller's time is passed on to makes no call that ends later.
            let ends = Map::stops_abandoned(trip.stops[to].node) || passes_deadline(hop.link);
            all[to] = match ends {
                true => (sooner(on, goes_on), sooner(off, heard)),
                false => (sooner(on, sooner(goes_on, heard)), off),
            };
        }
    }
    all
}

pub fn inner_outlasts_outer(map: &Map<'_>) -> Vec<Advice> {
    let mut found: BTreeMap<&str, (&Link, u64, &Link)> = BTreeMap::new();
    for trip in &map.trips {
        let patience = patience(trip);
        for (stop, (goes_on, _)) in trip.stops.iter().zip(patience) {
            let Some((outer_ns, outer)) = goes_on else {
                continue;
            };
            for hop in stop.hops() {
                let settings = policy(hop.link);
                let Some(timeout) = settings.opt_duration("timeout") else {
                    continue;
                };
                let tries = tries_after_timeouts(hop.link);
                let all = settings.opt_duration("deadline").map_or(u64::MAX, |d| d.0);
                if timeout.0.saturating_mul(tries).min(all) <= outer_ns {
                    continue;
                }
                let entry = found
                    .entry(&hop.link.key)
                    .or_insert((hop.link, outer_ns, outer));
                if outer_ns < entry.1 {
                    *entry = (hop.link, outer_ns, outer);
                }
            }
        }
    }
    let advice = |(link, outer_ns, outer): (&Link, u64, &Link)| {
        let timeout = wait(link).map_or(0, |wait| wait.0);
        let all = policy(link).opt_duration("deadline");
        let tries = match (tries_after_timeouts(link), all) {
            (n, Some(all)) if all.0 < timeout.saturating_mul(n) => {
                format!("a call on `{}` may take {}", link.key, time(all.0 as f64))
            }
            (1, _) => format!("`{}` may wait {}", link.key, time(timeout as f64)),
            (n, _) => format!(
                "the {n} tries on `{}` may take {} x {} = {}",
                link.key,
                n,
                time(timeout as f64),
                time(timeout as f64 * n as f64)
            ),
        };
        Advice {
            path: link_path(link, "timeout"),
            reason: format!(
                "{tries}, but the caller on `{}` has gone after {}: what comes later is for nobody, and `{}` waits for it all the same",
                outer.key,
                time(outer_ns as f64),
                link.from
            ),
            knob: link_path(link, "timeout"),
            remedy: format!(
                "all tries together have to fit below {}",
                time(outer_ns as f64)
            ),
        }
    };
    found.into_values().map(advice).collect()
}

pub fn too_short(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let Some(why) = mostly_late(map, link) else {
            continue;
        };
        let timeout = wait(link).unwrap_or_default();
        out.push(Advice {
            path: link_path(link, "timeout"),
            reason: format!("the caller gives up after {timeout}, and even if nothing waits {why}"),
            knob: link_path(link, "timeout"),
            remedy: "it has to be longer than the time the work takes, with room for the slow ones"
                .to_owned(),
        });
    }
    out
}

/// How long replies take on a link whose timeout most of them miss. Of a service only the mean is
/// known; of a store or third party, how many are late.
fn mostly_late(map: &Map<'_>, link: &Link) -> Option<String> {
    let settings = policy(link);
    let timeout = wait(link)?.0 as f64;
    if map.unknown.time.contains(link.to.as_str()) {
        return None;
    }
    let mean = map.round_trip_ns(link)?;
    let to = map.node(&link.to)?;
    let key = &link.key;
    if matches!(to.kind.name, "service" | "balancer") {
        let words = format!("a reply on `{key}` takes {} on average", time(mean));
        return (mean > timeout).then_some(words);
    }
    let left = timeout - 2.0 * settings.dist("delay").mean_ns();
    let (mut calls, mut late) = (0.0, 0.0);
    for (trip, hop, rate) in map.calls_on(link) {
        calls += rate;
        late += rate
            * work(to, &trip.operation.key, hop.writes).map_or(0.0, |dist| dist.share_above(left));
    }
    let words = || {
        format!(
            "{} of the replies on `{key}` take longer than that",
            percent(late / calls)
        )
    };
    (late > 0.5 * calls).then(words)
}

pub fn work_for_nobody(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for node in &map.design.nodes {
        let can_stop = node.kind.knob("on_abandoned").is_some();
        if !can_stop || Map::stops_abandoned(node) {
            continue;
        }
        let worst = map
            .links_into(&node.key)
            .filter_map(|link| outlasting(map, node, link));
        let Some((share, link, timeout)) = worst.reduce(|a, b| if b.0 > a.0 { b } else { a })
        else {
            continue;
        };
        out.push(Advice {
            path: format!("{}.{}", node.kind.name, node.key),
            reason: format!(
                "{} of the requests on `{}` take longer than the {} that their caller waits, even if nothing is in front of them, and `{}` goes on with them for nobody",
                percent(share),
                link.key,
                time(timeout),
                node.key
            ),
            knob: node_path(node, "on_abandoned"),
            remedy: "`stop` gives the slot back when the caller has gone".to_owned(),
        });
    }
    out
}

/// Share of the requests on a link whose own work outlasts the caller, if that is worth a word and the
/// timeout is long enough for most.
fn outlasting<'d>(map: &Map<'_>, node: &Node, link: &'d Link) -> Option<(f64, &'d Link, f64)> {
    let timeout = wait(link)?.0 as f64;
    if mostly_late(map, link).is_some() {
        return None;
    }
    let (mut requests, mut late) = (0.0, 0.0);
    for (trip, hop, rate) in map.calls_on(link) {
        let works = trip.stop(&hop).works() > 0;
        let dist = work(node, &trip.operation.key, hop.writes).filter(|_| works);
        requests += rate;
        late += rate * dist.map_or(0.0, |dist| dist.share_above(timeout));
    }
    let share = late / requests;
    (share >= OUTLASTING).then_some((share, link, timeout))
}
