//! How much more load a design takes, and where it fails first: a search by runs.
//!
//! The load is raised by a quarter at a time until the design fails; then the last step is halved twice, so
//! that it is known to a twentieth. What failed is read from the report of the smallest load that failed
//! ([`place`]).

use crate::design::value::{Rate, Value};
use crate::engine::reason::Reason;
use crate::observe::report::{Ended, LinkReport, NodeReport, Report};
use crate::scenario::Scenario;

/// The step of the load, how often the last one is halved, and where the search ends.
const STEP: f64 = 1.25;
const HALVINGS: usize = 2;
pub const MOST: f64 = 128.0;

/// An operation of which fewer are served has failed.
const SERVED: f64 = 0.99;
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

/// What brings the load, so many times larger: knobs by their paths. What jobs do and what the timeline brings
/// stays.
pub fn knobs(scenario: &Scenario, load: f64) -> Vec<(String, Value)> {
    let times = |n: u64| (n as f64 * load).round() as u64;
    let mut knobs = Vec::new();
    for node in &scenario.design.nodes {
        if node.kind.name != "clients" {
            continue;
        }
        for knob in ["rate", "users"] {
            let value = match node.knobs.get(knob) {
                Some(Value::Rate(rate)) => Value::Rate(Rate(times(rate.0))),
                Some(Value::Count(users)) => Value::Count(times(*users)),
                _ => continue,
            };
            knobs.push((format!("clients.{}.{knob}", node.key), value));
        }
    }
    knobs
}

/// The same design with so many times its users.
pub fn grown(scenario: &Scenario, load: f64) -> Scenario {
    let mut grown = scenario.clone();
    for (path, value) in knobs(scenario, load) {
        for node in &mut grown.design.nodes {
            for knob in ["rate", "users"] {
                if path == format!("clients.{}.{knob}", node.key) {
                    node.knobs.insert(knob, value.clone());
                }
            }
        }
    }
    grown
}

/// A search under way: it says which load to run next, and is told what came of it.
#[derive(Clone, Debug)]
pub struct Search {
    holds: f64,
    fails: f64,
    most: f64,
    place: Option<String>,
    next: Next,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    /// Nothing has failed yet.
    Raise,
    /// This load, and so many more after it.
    Between(f64, usize),
    /// Known, or there is no end below the most that may be tried.
    Over,
}

impl Search {
    /// From the design's own load up to so many times that.
    pub fn up_to(most: f64) -> Search {
        Search {
            holds: 1.0,
            fails: 1.0,
            most,
            place: None,
            next: Next::Raise,
        }
    }

    /// The load to run next; `None` when the search is over.
    pub fn load(&self) -> Option<f64> {
        match self.next {
            Next::Raise => Some(self.fails),
            Next::Between(load, _) => Some(load),
            Next::Over => None,
        }
    }

    /// What came of the load that [`Search::load`] named.
    pub fn tell(&mut self, report: &Report) {
        let failed = has_failed(report);
        if failed {
            self.place = place(report);
        }
        self.next = match self.next {
            Next::Raise if failed && self.fails > 1.0 => self.between(HALVINGS),
            Next::Raise if failed => Next::Over,
            Next::Raise => {
                (self.holds, self.fails) = (self.fails, self.fails * STEP);
                match self.fails > self.most {
                    true => Next::Over,
                    false => Next::Raise,
                }
            }
            Next::Between(load, left) => {
                match failed {
                    true => self.fails = load,
                    false => self.holds = load,
                }
                self.between(left)
            }
            Next::Over => Next::Over,
        };
    }

    fn between(&self, left: usize) -> Next {
        match left {
            0 => Next::Over,
            left => Next::Between((self.holds * self.fails).sqrt(), left - 1),
        }
    }

    /// The largest load that held so far; 1 if none did.
    pub fn holds(&self) -> f64 {
        self.holds
    }

    /// Once the search is over; `None` if the design held at every load.
    pub fn found(self) -> Option<Limit> {
        (self.fails <= self.most).then_some(Limit {
            holds: self.holds,
            fails: self.fails,
            place: self.place,
        })
    }
}

/// Something is not served, or late, or a limit ended the run.
pub fn has_failed(report: &Report) -> bool {
    let not_served = report.operations.iter().any(|operation| {
        operation.actions > 0 && (operation.served as f64) < SERVED * operation.actions as f64
    });
    let is_whole = matches!(report.ended, Ended::Settled | Ended::Unsettled { .. });
    not_served || !is_whole || late(report).is_some()
}

/// The queue whose messages wait longest, if that is too long.
pub fn late(report: &Report) -> Option<&NodeReport> {
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
