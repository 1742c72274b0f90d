//! The gate of a starting point: at its own load the design works, and when the load grows it fails first
//! where and when its `[fails_first]` says.
//!
//! The load is raised by a quarter at a time until the design fails; then the last step is halved twice, so
//! that it is known to a twentieth. What failed is read from the report of the smallest load that failed
//! ([`place`]), which knows nothing of what the file says.

use super::Row;
use crate::design::value::{MICRO, Rate, Value};
use crate::engine::Limits;
use crate::engine::reason::Reason;
use crate::experiment::{self, parallel};
use crate::observe::report::{Ended, LinkReport, NodeReport, Report};
use crate::scenario::{FailsFirst, Scenario};

/// Seeds on which the design must work at its own load, and on which its limit is looked for.
pub(super) const SEEDS_AT_OWN_LOAD: usize = 5;
pub(super) const SEEDS_OF_GROWTH: usize = 2;
/// How often a progress bar is told that a part is done.
pub(super) const PARTS: usize = SEEDS_AT_OWN_LOAD + SEEDS_OF_GROWTH;

/// The step of the load, how often the last one is halved, and where the search ends.
const STEP: f64 = 1.25;
const HALVINGS: usize = 2;
const MOST: f64 = 128.0;
/// How far the load that the file names may be from where it was found.
const TOLERANCE: f64 = 0.05;

/// An operation of which fewer are served has failed; at its own load a design serves more.
const SERVED: f64 = 0.99;
const SERVED_AT_OWN_LOAD: f64 = 0.999;
/// Work that was accepted and is not begun for so long, on average, is late: it has failed without an error.
const LATE_NS: f64 = 2e9;
/// A node whose slots are busy for this share of the time is full.
const FULL: f64 = 0.95;

/// Between which loads a design begins to fail, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// The largest load that was tried and held, and the smallest that failed; both 1 if that is its own.
    pub holds: f64,
    pub fails: f64,
    /// Node, or link, that is full then; `None` if nothing is to be seen.
    pub place: Option<String>,
}

/// The same design with so many times its users. What jobs do and what the timeline brings stays.
pub fn grown(scenario: &Scenario, load: f64) -> Scenario {
    let mut grown = scenario.clone();
    let times = |n: u64| (n as f64 * load).round() as u64;
    for node in &mut grown.design.nodes {
        if node.kind.name != "clients" {
            continue;
        }
        for knob in ["rate", "users"] {
            let value = match node.knobs.get(knob) {
                Some(Value::Rate(rate)) => Value::Rate(Rate(times(rate.0))),
                Some(Value::Count(users)) => Value::Count(times(*users)),
                _ => continue,
            };
            node.knobs.insert(knob, value);
        }
    }
    grown
}

/// Raises the load until the design fails; `None` if it does not.
pub fn find(scenario: &Scenario, seed: u64) -> Option<Limit> {
    let at = |load: f64| run(&grown(scenario, load), seed);
    let (mut holds, mut fails) = (1.0, 1.0);
    let mut failed = at(fails);
    while !has_failed(&failed) {
        (holds, fails) = (fails, fails * STEP);
        if fails > MOST {
            return None;
        }
        failed = at(fails);
    }
    let halvings = if fails > 1.0 { HALVINGS } else { 0 };
    for _ in 0..halvings {
        let middle = (holds * fails).sqrt();
        let report = at(middle);
        match has_failed(&report) {
            true => (fails, failed) = (middle, report),
            false => holds = middle,
        }
    }
    Some(Limit {
        holds,
        fails,
        place: place(&failed),
    })
}

fn run(scenario: &Scenario, seed: u64) -> Report {
    let program = experiment::compile(scenario, Limits::PAGE);
    experiment::run(scenario, program, seed)
}

/// Something is not served, or late, or a limit ended the run.
fn has_failed(report: &Report) -> bool {
    let not_served = report.operations.iter().any(|operation| {
        operation.actions > 0 && (operation.served as f64) < SERVED * operation.actions as f64
    });
    let is_whole = matches!(report.ended, Ended::Settled | Ended::Unsettled { .. });
    not_served || !is_whole || late(report).is_some()
}

/// The queue whose messages wait longest, if that is too long.
fn late(report: &Report) -> Option<&NodeReport> {
    let queues = report.nodes.iter().filter(|node| node.kind == "queue");
    let wait = |node: &NodeReport| node.mean_wait_ns.unwrap_or(0.0);
    queues
        .filter(|node| wait(node) > LATE_NS)
        .max_by(|a, b| wait(a).total_cmp(&wait(b)))
}

/// Where a design failed: a full node behind which no other is full, since who waits for a full one is soon
/// full itself; else what turns most tries away, or the link on which most get stuck; else a queue that
/// nobody full reads, which is one of its partitions.
pub fn place(report: &Report) -> Option<String> {
    let is_full = |key: &str| {
        let node = report.nodes.iter().find(|node| node.key == key);
        node.is_some_and(|node| node.utilisation.is_some_and(|share| share >= FULL))
    };
    let full = report.nodes.iter().filter(|node| is_full(&node.key));
    let last = full.filter(|node| {
        let behind = behind(&report.links, &node.key);
        !behind.iter().any(|other| is_full(other))
    });
    let fullest = last.max_by(|a, b| {
        let share = |node: &NodeReport| node.utilisation.unwrap_or(0.0);
        share(a).total_cmp(&share(b))
    });
    if let Some(node) = fullest {
        return Some(node.key.clone());
    }
    let worst = report.links.iter().max_by_key(|link| turned_away(link));
    if let Some(link) = worst.filter(|link| turned_away(link) > 0) {
        return Some(match stuck(link) * 2 > turned_away(link) {
            true => link.key.clone(),
            false => link.to.clone(),
        });
    }
    late(report).map(|queue| queue.key.clone())
}

/// All nodes that calls from this one can reach.
fn behind<'r>(links: &'r [LinkReport], from: &'r str) -> Vec<&'r str> {
    let mut found = vec![from];
    let mut next = 0;
    while let Some(node) = found.get(next).copied() {
        next += 1;
        for link in links.iter().filter(|link| link.from == node) {
            if !found.contains(&link.to.as_str()) {
                found.push(&link.to);
            }
        }
    }
    found.split_off(1)
}

/// Tries that the other side refused, or that never reached it: not those whose callee was itself let down,
/// nor those that their caller gave up while it was at work.
fn turned_away(link: &LinkReport) -> u64 {
    use Reason::*;
    count(
        link,
        &[
            ConnectionRefused,
            PoolExhausted,
            QueueFull,
            Shed,
            RateLimited,
            Conflict,
            StorageFull,
            DeadlockVictim,
            LockTimeout,
            StatementTimeout,
            TimedOutInNetwork,
        ],
    )
}

fn stuck(link: &LinkReport) -> u64 {
    count(link, &[Reason::TimedOutInNetwork])
}

fn count(link: &LinkReport, reasons: &[Reason]) -> u64 {
    let of = |(word, n): &(_, u64)| reasons.iter().any(|r| r.code() == *word).then_some(*n);
    link.failed_by_reason.iter().filter_map(of).sum()
}

/// The two rows of a starting point; `done` is told after each of [`PARTS`].
pub(super) fn rows(
    scenario: &Scenario,
    claim: &FailsFirst,
    seeds: &[u64],
    done: impl Fn() + Sync,
) -> Vec<Row> {
    let own = &seeds[..SEEDS_AT_OWN_LOAD];
    let reports = parallel::map(own, |&seed| run(scenario, seed), &done);
    let faults: Vec<Option<String>> = reports.iter().map(unhealthy).collect();
    let growth = &seeds[..SEEDS_OF_GROWTH];
    let limits = parallel::map(growth, |&seed| find(scenario, seed), &done);
    let wrong: Vec<Option<String>> = limits.iter().map(|limit| differs(claim, limit)).collect();
    vec![
        row("own_load", "", "works at its own load", &faults),
        row("fails_first", &claim.place, &needs(claim), &wrong),
    ]
}

fn needs(claim: &FailsFirst) -> String {
    format!("fails first at {}x", claim.load)
}

fn row(role: &'static str, key: &str, needs: &str, faults: &[Option<String>]) -> Row {
    let passed_on = faults.iter().filter(|fault| fault.is_none()).count();
    Row {
        role,
        key: key.to_owned(),
        label: String::new(),
        changes: Vec::new(),
        needs: format!("{needs} on all {}", faults.len()),
        passed_on,
        missed: Vec::new(),
        worse: None,
        fault: faults.iter().flatten().next().cloned(),
        holds: passed_on == faults.len(),
    }
}

/// What is wrong with a run at the design's own load.
fn unhealthy(report: &Report) -> Option<String> {
    let served = report.users.served_share.unwrap_or(0.0);
    if served < SERVED_AT_OWN_LOAD {
        return Some(format!("{:.2} % are served", 100.0 * served));
    }
    if let Some(queue) = late(report) {
        return Some(format!("messages wait long in `{}`", queue.key));
    }
    let ledger = &report.ledger;
    let wrong = [
        ("lost", ledger.lost),
        ("done twice", ledger.duplicate),
        ("done in secret", ledger.phantom),
        ("done in part", ledger.partial),
        ("without a verdict", ledger.open),
        ("beyond an invariant", ledger.invariants_broken),
    ];
    let (word, n) = wrong.into_iter().find(|(_, n)| *n > 0)?;
    Some(format!("{n} actions are {word}"))
}

/// What was found instead of what the file says.
fn differs(claim: &FailsFirst, limit: &Option<Limit>) -> Option<String> {
    let Some(limit) = limit else {
        return Some(format!("it holds up to {MOST}x"));
    };
    let load = claim.load.0 as f64 / MICRO as f64;
    let between = match limit.fails > 1.0 {
        true => format!("between {:.2}x and {:.2}x", limit.holds, limit.fails),
        false => "at its own load".to_owned(),
    };
    if limit.place.as_deref() != Some(&claim.place) {
        let place = limit.place.as_deref().unwrap_or("nothing that is seen");
        return Some(format!("it fails {between}, and first is `{place}`"));
    }
    let fits = load >= limit.holds * (1.0 - TOLERANCE) && load <= limit.fails * (1.0 + TOLERANCE);
    (!fits).then(|| format!("it fails {between}"))
}
