//! Tries that make each other worse, and tries that are missing.

use std::collections::BTreeMap;

use super::Advice;
use super::capacity::is_known;
use super::map::{
    Map, has_budget, instances, is_hedged, is_scaled, knobs, link_path, policy, slots, tries_after,
    tries_after_timeouts, wait,
};
use super::pools;
use super::trip::Trip;
use super::words::{number, percent};
use crate::design::value::{NANO, Value};
use crate::design::{Link, Node};

/// How long Finagle's retry budget, and ours, keeps credit.
const CREDIT_KEPT_S: f64 = 10.0;

fn attempts(link: &Link) -> u64 {
    policy(link).count("attempts")
}

fn retries_freely(link: &Link) -> bool {
    attempts(link) > 1 && !has_budget(link)
}

/// Per stop: the most tries that links with free retries on one way here multiply to, and those links.
fn multiplied<'d>(trip: &Trip<'d>) -> Vec<(u64, Vec<&'d Link>)> {
    let mut all: Vec<(u64, Vec<&Link>)> = vec![(1, Vec::new()); trip.stops.len()];
    for (i, stop) in trip.stops.iter().enumerate() {
        for hop in stop.hops() {
            let (mut tries, mut links) = all[i].clone();
            if retries_freely(hop.link) {
                tries = tries.saturating_mul(attempts(hop.link));
                links.push(hop.link);
            }
            let to = trip.position(&hop);
            if tries > all[to].0 {
                all[to] = (tries, links);
            }
        }
    }
    all
}

pub fn multiply(map: &Map<'_>) -> Vec<Advice> {
    let mut found: BTreeMap<&str, (u64, Vec<&Link>, &Link)> = BTreeMap::new();
    for trip in &map.trips {
        let above = multiplied(trip);
        for (stop, (tries, links)) in trip.stops.iter().zip(&above) {
            for hop in stop.hops().filter(|hop| retries_freely(hop.link)) {
                if links.is_empty() {
                    continue;
                }
                let all = tries.saturating_mul(attempts(hop.link));
                let known = found.get(hop.link.key.as_str());
                if known.is_none_or(|known| all > known.0) {
                    found.insert(&hop.link.key, (all, links.clone(), hop.link));
                }
            }
        }
    }
    let advice = |(all, links, link): (u64, Vec<&Link>, &Link)| {
        let layers = links.iter().chain([&link]);
        let product: Vec<String> = layers.map(|l| attempts(l).to_string()).collect();
        let outer: Vec<String> = links.iter().map(|l| format!("`{}`", l.key)).collect();
        Advice {
            path: link_path(link, "attempts"),
            reason: format!(
                "`{}` tries again inside the tries of {}: one call further out may become {} = {all} tries here",
                link.key,
                outer.join(", "),
                product.join(" x ")
            ),
            knob: link_path(link, "attempts"),
            remedy: "let one layer retry, best the outermost, and set the others to 1".to_owned(),
        }
    };
    found.into_values().map(advice).collect()
}

pub fn at_once(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let settings = policy(link);
        if attempts(link) == 1 || settings.choice("backoff") != "none" {
            continue;
        }
        let Some(why) = behind(map, link)
            .into_iter()
            .find_map(|node| refuses(map, node, link))
        else {
            continue;
        };
        let direct = !map.is_kind(&link.to, "balancer");
        let within = match direct && settings.dist("delay").longest_ns() == Some(0.0) {
            true => "at the same instant",
            false => "as fast as the network carries them",
        };
        out.push(Advice {
            path: link_path(link, "attempts"),
            reason: format!(
                "{why}, and `{}` tries again without a pause: {} refused tries are used up {within}",
                link.key,
                attempts(link)
            ),
            knob: link_path(link, "backoff"),
            remedy: "a pause gives the other side time to have room again".to_owned(),
        });
    }
    out
}

/// The nodes that answer calls on a link: its end, or those behind the balancer there.
fn behind<'d>(map: &Map<'d>, link: &Link) -> Vec<&'d Node> {
    let mut out: Vec<&Node> = Vec::new();
    let mut open: Vec<&str> = vec![&link.to];
    let mut seen: Vec<String> = Vec::new();
    while let Some(key) = open.pop() {
        let Some(node) = map.node(key).filter(|_| !seen.iter().any(|s| s == key)) else {
            continue;
        };
        seen.push(key.to_owned());
        if node.kind.name == "balancer" {
            let leaving = map.design.links.iter().filter(|next| next.from == node.key);
            open.extend(leaving.map(|next| next.to.as_str()));
        } else {
            out.push(node);
        }
    }
    out
}

/// How a node may refuse at once, if it may.
fn refuses(map: &Map<'_>, node: &Node, link: &Link) -> Option<String> {
    let key = &node.key;
    let again = |reason: &str| tries_after(link, reason) > 1;
    if map.kills_all(node) && again("connection_refused") {
        return Some(format!("`{key}` refuses everybody while it is down"));
    }
    let settings = knobs(node);
    match node.kind.name {
        "service" => {
            let limit = settings.opt_count("queue_limit")?;
            again("queue_full")
                .then(|| format!("an instance of `{key}` refuses whoever finds {limit} waiting"))
        }
        "database" => {
            let most = settings.opt_count("connections")?;
            let callers = pools::queries(map, node)?;
            (callers > most && again("connection_refused"))
                .then(|| format!("`{key}` refuses whoever finds {most} queries under way"))
        }
        _ => None,
    }
}

pub fn no_jitter(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let settings = policy(link);
        let growth = settings.choice("backoff");
        let idle = attempts(link) == 1 || growth == "none" || settings.choice("jitter") != "none";
        let pause = settings
            .duration("backoff_base")
            .min(settings.duration("backoff_cap"));
        if idle || pause.0 == 0 || single_user(map, link) {
            continue;
        }
        let grows = if growth == "exponential" {
            ", and again with the longer ones"
        } else {
            ""
        };
        out.push(Advice {
            path: link_path(link, "backoff"),
            reason: format!(
                "calls on `{}` that fail at the same moment all come back together, exactly {pause} later{grows}",
                link.key
            ),
            knob: link_path(link, "jitter"),
            remedy: "`full` spreads them over the pause".to_owned(),
        });
    }
    out
}

/// Whether nobody but one user at a time can ever use a link.
fn single_user(map: &Map<'_>, link: &Link) -> bool {
    let mut users = 0;
    for trip in &map.trips {
        if !trip
            .stops
            .iter()
            .any(|stop| stop.hops().any(|hop| hop.link.key == link.key))
        {
            continue;
        }
        for stop in trip
            .stops
            .iter()
            .filter(|stop| stop.node.kind.name == "clients")
        {
            let settings = knobs(stop.node);
            match settings.choice("arrivals") {
                "closed" => users += settings.opt_count("users").unwrap_or(0),
                _ => return false,
            }
        }
    }
    users == 1
}

pub fn no_budget(map: &Map<'_>) -> Vec<Advice> {
    let calm = map.busy(|_| 1.0);
    let mut out = Vec::new();
    for link in &map.design.links {
        let settings = policy(link);
        let Some(timeout) = settings.opt_duration("timeout") else {
            continue;
        };
        let in_time = settings
            .opt_duration("deadline")
            .map_or(u64::MAX, |deadline| deadline.0.div_ceil(timeout.0.max(1)));
        let tries = tries_after_timeouts(link).min(in_time);
        let guarded =
            settings.choice("breaker") != "none" || settings.value("max_in_flight") != Value::Off;
        if !retries_freely(link) || guarded || tries < 2 {
            continue;
        }
        let tries = tries as f64;
        let storm = map.busy(|l| if l.key == link.key { tries } else { 1.0 });
        let mut worst: Option<(f64, f64, &Node)> = None;
        for (key, busy) in storm {
            let Some(node) = map.node(key) else {
                continue;
            };
            if !is_known(map, node) || is_scaled(node) {
                continue;
            }
            let slots = slots(node);
            let (before, after) = (calm[key] / slots, busy / slots);
            if before <= 1.0 && after > 1.0 && worst.is_none_or(|worst| after > worst.1) {
                worst = Some((before, after, node));
            }
        }
        let Some((before, after, node)) = worst else {
            continue;
        };
        let calls = map.rate_of(link);
        out.push(Advice {
            path: link_path(link, "attempts"),
            reason: format!(
                "`{}` carries {} calls per second; if each used its {tries} tries, `{}` would get {} of what it can do instead of {}, and stay too slow for as long as they are",
                link.key,
                number(calls),
                node.key,
                percent(after),
                percent(before)
            ),
            knob: link_path(link, "retry_budget"),
            remedy: "`10 %` allows one retry for ten calls, however many fail".to_owned(),
        });
    }
    out
}

pub fn budget_never_earned(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let Some(share) = policy(link).opt_share("retry_budget") else {
            continue;
        };
        let Some(from) = map.node(&link.from).filter(|_| attempts(link) > 1) else {
            continue;
        };
        let calls = map.rate_of(link) / instances(from);
        let saved = calls * CREDIT_KEPT_S * share.0 as f64 / NANO as f64;
        let unknown = map.unknown.rate.contains(from.key.as_str()) || is_scaled(from);
        if calls == 0.0 || saved >= 1.0 || unknown {
            continue;
        }
        let who = match instances(from) {
            1.0 => format!("`{}` makes", from.key),
            n => format!(
                "each of the {} instances of `{}` makes",
                number(n),
                from.key
            ),
        };
        out.push(Advice {
            path: link_path(link, "retry_budget"),
            reason: format!(
                "{} {} calls per second on `{}`, and {share} of that, kept for 10 s, is {} of a retry on average: less than one",
                who,
                number(calls),
                link.key,
                number(saved)
            ),
            knob: link_path(link, "retry_budget"),
            remedy: "callers with few calls need a larger share, or a `retry_quota` instead".to_owned(),
        });
    }
    out
}

pub fn quota_below_cost(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for link in &map.design.links {
        let settings = policy(link);
        let Some(quota) = settings
            .opt_count("retry_quota")
            .filter(|_| attempts(link) > 1)
        else {
            continue;
        };
        let cost = settings.count("retry_cost");
        if quota >= cost {
            continue;
        }
        out.push(Advice {
            path: link_path(link, "retry_quota"),
            reason: format!(
                "a retry on `{}` costs {cost} tokens, and its callers never hold more than {quota}: no retry is ever sent",
                link.key
            ),
            knob: link_path(link, "retry_quota"),
            remedy: format!("at least {cost}, for one retry; AWS SDKs begin with 500"),
        });
    }
    out
}

pub fn none_against_loss(map: &Map<'_>) -> Vec<Advice> {
    let mut out: Vec<Advice> = Vec::new();
    for trip in &map.trips {
        let mut retried = vec![false; trip.stops.len()];
        for (i, stop) in trip.stops.iter().enumerate() {
            for hop in stop.hops() {
                let to = trip.position(&hop);
                let tries_here = attempts(hop.link) > 1
                    || is_hedged(hop.link)
                    || policy(hop.link).choice("fallback") != "none"
                    || hop.link.stand_in().is_some();
                retried[to] = retried[to] || retried[i] || tries_here;
                let path = format!("link.{}", hop.link.key);
                let told = out.iter().any(|advice| advice.path == path);
                // Doing a write twice is another mistake.
                let publishes = hop.writes && map.is_kind(&hop.link.to, "queue");
                if retried[i] || tries_here || told || publishes || trip.stop(&hop).leaves_trace {
                    continue;
                }
                if let Some((share, why)) = fails(map, hop.link) {
                    out.push(Advice {
                        path,
                        reason: format!(
                            "{} of the calls on `{}` {why}, and nobody tries again",
                            percent(share),
                            hop.link.key
                        ),
                        knob: link_path(hop.link, "attempts"),
                        remedy: "a second try, with a retry budget".to_owned(),
                    });
                }
            }
        }
    }
    out
}

/// Share of the calls on a link that fail by themselves and whose caller hears of it.
fn fails(map: &Map<'_>, link: &Link) -> Option<(f64, &'static str)> {
    let settings = policy(link);
    let share = |knob: &str| settings.share(knob).0 as f64 / NANO as f64;
    let lost = 1.0 - (1.0 - share("loss")) * (1.0 - share("reply_loss"));
    if lost > 0.0 && wait(link).is_some() {
        return Some((lost, "get lost"));
    }
    let to = map
        .node(&link.to)
        .filter(|node| node.kind.name == "third_party")?;
    let errors = knobs(to).share("error_share").0 as f64 / NANO as f64;
    (errors > 0.0).then_some((errors, "are answered with an error"))
}
