//! The way from the cause to the users, in at most five sentences, each with a number and a moment.

use super::course::Course;
use super::detect::{BUSY, IN_WORK, Odd, Place};
use super::harm::Hurt;
use super::signals::Signals;
use super::{HarmKind, Mechanism, Step};
use crate::design::order::arrange;
use crate::engine::reason::Reason;
use crate::time::{Duration, Time};

/// Links at most.
const LINKS: usize = 5;

pub fn of(signals: &Signals, culprit: Option<&Odd>, hurt: &Hurt, wrong: Option<Step>) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(odd) = culprit {
        let (from, width) = window(signals, odd.stretch.from);
        let within = Duration(width.0 * (1 + odd.stretch.blur as u64));
        steps.push(step((from, within), cause(signals, odd)));
    }
    steps.extend(gives_up(signals, hurt));
    if hurt.kind != HarmKind::Data {
        steps.push(step(hurt.begins(signals), harm(hurt)));
        let ends = end(signals, culprit, hurt);
        steps.push(step(hurt.ends(signals), ends));
    }
    steps.extend(wrong);
    if steps.len() < LINKS {
        steps.extend(amplified(signals, hurt));
    }
    arrange(&mut steps, |a, b| a.at_ns.cmp(&b.at_ns));
    steps
}

fn step((at, within): (Time, Duration), text: String) -> Step {
    Step {
        at_ns: at.0,
        within_ns: within.0,
        text,
    }
}

/// What is seen in the figures of a window only.
fn window(signals: &Signals, window: usize) -> (Time, Duration) {
    (signals.start_of(window), signals.width)
}

/// "1.5", "12", "3,400": as many digits as matter.
pub fn number(value: f64) -> String {
    // By whole numbers: what writes floats is large, and the worker has no other need of it.
    if value < 10.0 && value != libm::round(value) {
        let tenths = libm::round(value * 10.0) as u64;
        return format!("{}.{}", tenths / 10, tenths % 10);
    }
    let mut digits = (libm::round(value) as u64).to_string();
    let mut place = digits.len();
    while place > 3 {
        place -= 3;
        digits.insert(place, ',');
    }
    digits
}

fn time(ns: f64) -> String {
    match ns {
        v if v >= 1e9 => format!("{} s", number(v / 1e9)),
        v if v >= 1e6 => format!("{} ms", number(v / 1e6)),
        0.0 => "0 s".to_owned(),
        v => format!("{} us", number(v / 1e3)),
    }
}

fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

fn cause(signals: &Signals, odd: &Odd) -> String {
    let (what, name) = match odd.place {
        Place::Node(i) => ("", &signals.nodes[i as usize].name),
        Place::Link(i) => ("The link ", &signals.links[i as usize].name),
    };
    let (usual, seen) = (odd.stretch.usual, odd.stretch.seen);
    let figures = match odd.mechanism {
        Mechanism::Slow | Mechanism::Delays | Mechanism::Holds | Mechanism::Behind => {
            format!("up to {} instead of {}", time(seen), time(usual))
        }
        Mechanism::UnlikeOthers => format!("{} instead of {}", time(seen), time(usual)),
        Mechanism::MoreTraffic => {
            let per_s = 1e9 / signals.width.0 as f64;
            let (seen, usual) = (number(seen * per_s), number(usual * per_s));
            return format!(
                "More traffic from {name}: up to {seen} actions a second instead of {usual}."
            );
        }
        Mechanism::FewerSlots => format!("{} busy instead of {}", number(seen), number(usual)),
        Mechanism::OutOfMemory | Mechanism::LostLeader if seen >= 1.0 => {
            format!("{} times", number(seen))
        }
        Mechanism::Saturated if odd.figure == BUSY => {
            let waiting = number(waiting(signals, odd).into());
            let slots = if seen == 1.0 { "slot is" } else { "slots are" };
            let busy = number(seen);
            format!("{busy} {slots} busy, the most of the run, and up to {waiting} requests wait")
        }
        Mechanism::StandsStill if odd.figure == IN_WORK => {
            let (seen, usual) = (number(seen), number(usual));
            format!("up to {seen} requests are in work at the same time instead of {usual}")
        }
        Mechanism::StandsStill if seen == 0.0 => {
            format!(
                "nothing is finished, where {} were in such a time",
                number(usual)
            )
        }
        Mechanism::Saturated => format!(
            "it refuses {} of the requests, usually {}",
            percent(seen),
            percent(usual)
        ),
        Mechanism::ColdCache => format!(
            "{} of its lookups find nothing, usually {}",
            percent(seen),
            percent(usual)
        ),
        _ => format!(
            "{} of its requests, usually {}",
            percent(seen),
            percent(usual)
        ),
    };
    format!("{what}{name} {}: {figures}.", odd.mechanism.words())
}

/// How many waited at a node at the same time.
fn waiting(signals: &Signals, odd: &Odd) -> u32 {
    let Place::Node(node) = odd.place else {
        return 0;
    };
    let windows = &signals.of_node[node as usize][odd.stretch.from..odd.stretch.until];
    let waiting = windows.iter().map(|window| window.waiting_most);
    waiting.max().unwrap_or(0)
}

/// The link with most failures in the first windows of the harm, and what they are called.
fn gives_up(signals: &Signals, hurt: &Hurt) -> Option<Step> {
    let windows = hurt.stretch.from.saturating_sub(2)..(hurt.stretch.from + 3).min(signals.count);
    let mut best: Option<(u32, usize, Reason)> = None;
    for (link, of) in signals.of_link.iter().enumerate() {
        for &reason in Reason::ALL
            .iter()
            .filter(|r| **r != Reason::ErrorFromCallee)
        {
            let failed: u32 = windows.clone().map(|i| of[i].failed[reason as usize]).sum();
            if failed > best.map_or(2, |(most, _, _)| most) {
                best = Some((failed, link, reason));
            }
        }
    }
    let (failed, link, reason) = best?;
    let name = &signals.links[link].name;
    let of = &signals.of_link[link];
    let mut began = windows.clone().flat_map(|i| &of[i].began);
    let (_, first) = began.find(|(which, _)| *which == reason)?;
    let seconds = windows.len() as f64 * signals.width.0 as f64 / 1e9;
    Some(step(
        (*first, Duration::ZERO),
        format!(
            "Requests over the link {name} fail: {}, {} of them within {} s.",
            reason.words(),
            number(failed.into()),
            number(seconds)
        ),
    ))
}

/// When clients send more tries for each action than before.
fn amplified(signals: &Signals, hurt: &Hurt) -> Option<Step> {
    let is_client = |node: u16| signals.nodes[node as usize].kind == "clients";
    let tries = Course::new(signals.count, &|i| {
        let begun: u32 = signals.begun.iter().map(|of| of[i]).sum();
        let links = signals.links.iter().zip(&signals.of_link);
        let sent: u32 = links
            .filter(|(link, _)| is_client(link.from))
            .map(|(_, of)| of[i].sent)
            .sum();
        (begun >= 10).then(|| f64::from(sent) / f64::from(begun))
    });
    let usual = tries.quantile(0.1)?;
    let more = tries.above(usual, 1.3 * usual)?;
    if more.from + 3 < hurt.stretch.from || more.from > hurt.stretch.until {
        return None;
    }
    Some(step(
        window(signals, more.from),
        format!(
            "Callers try again: up to {} requests for each action instead of {}.",
            number(more.seen),
            number(usual)
        ),
    ))
}

fn harm(hurt: &Hurt) -> String {
    let (usual, seen) = (hurt.stretch.usual, hurt.stretch.seen);
    match hurt.kind {
        HarmKind::Failures => format!(
            "Up to {} of the users are told that it failed, usually {}.",
            percent(seen),
            percent(usual)
        ),
        HarmKind::Slow => format!(
            "The slowest twentieth of the users waits up to {} times as long as usual.",
            number(seen)
        ),
        HarmKind::Unanswered => format!(
            "Up to {} users wait for an answer, usually {}.",
            number(seen),
            number(usual)
        ),
        HarmKind::Lag => format!(
            "Accepted work waits: up to {} messages, usually {}.",
            number(seen),
            number(usual)
        ),
        HarmKind::Data => String::new(),
    }
}

fn end(signals: &Signals, culprit: Option<&Odd>, hurt: &Hurt) -> String {
    let width = signals.width.0 as f64;
    let seconds = |windows: usize| number(windows as f64 * width / 1e9);
    let (begins, begins_within) = hurt.begins(signals);
    let (ends, ends_within) = hurt.ends(signals);
    let lasted = time(ends.since(begins).0 as f64);
    let is_known = begins_within.0 + ends_within.0 == 0;
    let until = hurt.stretch.until;
    if until >= signals.count {
        let gone = culprit.map_or(0, |odd| signals.count.saturating_sub(odd.stretch.until));
        return match (gone > 3, is_known) {
            (true, _) => format!(
                "Its cause has been gone for about {} s, and it is not over.",
                seconds(gone)
            ),
            (false, true) => format!("It is not over after {lasted}."),
            (false, false) => format!("It is not over after about {lasted}."),
        };
    }
    let late = culprit.map(|odd| until.saturating_sub(odd.stretch.until));
    match (late, is_known) {
        (Some(late), _) if late as f64 * width >= 1e9 => {
            format!("It is over, about {} s after its cause.", seconds(late))
        }
        (None, true) => format!("It is over after {lasted}."),
        (None, false) => format!("It is over after about {lasted}."),
        (Some(_), true) => format!("It is over with its cause, after {lasted}."),
        (Some(_), false) => format!("It is over with its cause, after about {lasted}."),
    }
}
