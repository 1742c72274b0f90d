//! The gate of a starting point: at its own load the design works, and when the load grows it fails first
//! where and when its `[fails_first]` says.
//!
//! The search ([`growth`](crate::experiment::growth)) reads what failed from the report of the smallest load that
//! failed, which knows nothing of what the file says.

use super::Row;
use crate::design::value::MICRO;
use crate::engine::Limits;
use crate::experiment::growth::{Limit, MOST, Search, grown, late};
use crate::experiment::{self, parallel};
use crate::observe::report::Report;
use crate::scenario::{FailsFirst, Scenario};

/// Seeds on which the design must work at its own load, and on which its limit is looked for.
pub(super) const SEEDS_AT_OWN_LOAD: usize = 5;
pub(super) const SEEDS_OF_GROWTH: usize = 2;
/// How often a progress bar is told that a part is done.
pub(super) const PARTS: usize = SEEDS_AT_OWN_LOAD + SEEDS_OF_GROWTH;

/// How far the load that the file names may be from where it was found.
const TOLERANCE: f64 = 0.05;

/// At its own load a design serves at least this share.
const SERVED_AT_OWN_LOAD: f64 = 0.999;

/// Raises the load until the design fails; `None` if it does not.
pub fn find(scenario: &Scenario, seed: u64) -> Option<Limit> {
    let mut search = Search::up_to(MOST);
    while let Some(load) = search.load() {
        search.tell(&run(&grown(scenario, load), seed));
    }
    search.found()
}

fn run(scenario: &Scenario, seed: u64) -> Report {
    let program = experiment::compile(scenario, Limits::PAGE);
    experiment::run(scenario, program, seed)
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
        ("done, told failed", ledger.phantom),
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
