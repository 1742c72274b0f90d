//! The release gate of a lesson: what it says must be what happens, on twenty seeds.
//!
//! The start design misses a goal on every seed; each fix reaches all goals on at least 18 of 20, and on
//! at least 16 when one of its numbers is a tenth larger or smaller ([`moved`]); what is called not enough,
//! or to backfire, reaches them on none; a backfire is also worse than the start in the metric it
//! names, compared seed by seed; and buying more servers ([`brute`]) is too expensive.
//!
//! The seeds come from the scenario's id and the version of the simulation's rules and stand in no file: a
//! knob cannot be tuned to them by accident, and they change when the rules do.
//!
//! Numbers in the text of a lesson that only a run can prove are held against the run on the shown seed ([`told`]).
//!
//! A starting point has no lesson; what it says of its limits is held against runs with more load ([`limit`]).

mod brute;
mod designs;
pub mod limit;
mod moved;
#[cfg(test)]
mod tests;
mod told;

use std::sync::Arc;

use serde::Serialize;

use self::designs::{Design, Needs};
use super::bands::Band;
use super::parallel;
use crate::design::diagnostic::Diagnostic;
use crate::design::word::Word;
use crate::engine::draw::{mix64, place_hash};
use crate::engine::{Limits, SEMANTICS_VERSION};
use crate::observe::report::{Ended, Report};
use crate::scenario::{Bound, Goal, Metric, Scenario};

/// Seeds per design.
pub const SEEDS: usize = 20;
/// Of them, those on which a fix must reach all goals.
pub const FIXED: usize = 18;
/// And with one of its numbers moved.
pub const FIXED_WHEN_MOVED: usize = 16;
/// Of them, those on which a backfire must be worse than the start. If it were no worse than better, as
/// many or more would come out by chance in 2 of 100 cases (the sign test, one-sided).
pub const WORSE: usize = 15;

/// How a scenario came through its gate.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct GateReport {
    pub scenario: String,
    pub title: String,
    /// Part of what the seeds come from.
    pub semantics_version: u32,
    pub engine_version: Word,
    pub seeds: Vec<u64>,
    /// Every row holds.
    pub passed: bool,
    pub rows: Vec<Row>,
}

/// One design: the start, or a change of it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Row {
    /// `start`, `fix`, `moved`, `not_enough`, `backfire`, `servers`, `twist`, `twist_fix`, `told`; of a starting point
    /// `own_load`, `fails_first`.
    pub role: Word,
    /// Key of the variant; for a fix of part 2 with its twist before it. Empty for the start. Of a number that
    /// is told, the place of its text.
    pub key: String,
    pub label: String,
    /// What was changed, as `path = value`.
    pub changes: Vec<String>,
    /// What it has to do: `passes on 18 of 20 or more`.
    pub needs: String,
    /// Seeds on which all goals were reached, or on which it was as a starting point says; of what is told, the
    /// numbers that are right.
    pub passed_on: usize,
    /// Goals that were missed, and on how many seeds.
    pub missed: Vec<Missed>,
    /// For a backfire.
    pub worse: Option<Worse>,
    /// Why there is no such design, or nothing to judge it by.
    pub fault: Option<String>,
    pub holds: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Missed {
    pub goal: String,
    pub seeds: usize,
    /// The middle of what was measured where something was.
    pub median: Option<f64>,
}

/// The metric that a backfire worsens, with the start on the same seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Worse {
    pub metric: Word,
    /// Middle values over the seeds.
    pub start: Option<f64>,
    pub changed: Option<f64>,
    /// Seeds on which it was worse than the start.
    pub on: usize,
}

/// What one run is judged by.
#[derive(Clone, Debug)]
struct Outcome {
    passed: bool,
    /// Per goal: whether it held, and what was measured.
    goals: Vec<(bool, Option<f64>)>,
}

/// The seeds of a scenario: from its id and the version of the rules.
pub fn seeds(id: &str) -> Vec<u64> {
    // As large as a number in JSON can be without harm.
    const MOST: u64 = (1 << 53) - 1;
    let base = place_hash("gate", id) ^ mix64(u64::from(SEMANTICS_VERSION));
    let seed = |n| mix64(base.wrapping_add(n)) & MOST;
    (1..=SEEDS as u64).map(seed).collect()
}

/// How many runs [`judge`] will make, for a progress bar.
pub fn runs(text: &str) -> usize {
    let count = |scenario: Scenario| {
        let limits = scenario.fails_first.as_ref().map_or(0, |_| limit::PARTS);
        let lesson = match is_lesson(&scenario) {
            true => designs::of(text, &scenario).len() * SEEDS + told::designs(text).len(),
            false => 0,
        };
        lesson + limits
    };
    Scenario::parse(text).map_or(0, count)
}

/// Whether it has something to fail: a starting point has no goals, and is judged by what it says of its limits.
fn is_lesson(scenario: &Scenario) -> bool {
    scenario.fails_first.is_none() || !scenario.goals.is_empty()
}

/// Runs everything that the lesson of a text claims, on all cores; `done` is told after each run.
pub fn judge(text: &str, done: impl Fn() + Sync) -> Result<GateReport, Vec<Diagnostic>> {
    let scenario = Scenario::parse(text)?;
    let seeds = seeds(&scenario.about.id);
    let designs = match is_lesson(&scenario) {
        true => designs::of(text, &scenario),
        false => Vec::new(),
    };
    let outcomes = outcomes(&scenario, &designs, &seeds, &done);
    let mut rows: Vec<Row> = designs
        .into_iter()
        .zip(&outcomes)
        .map(|(design, of_it)| row(design, of_it, &outcomes[0], &scenario))
        .collect();
    if is_lesson(&scenario) {
        rows.extend(told::rows(text, &scenario, &done));
    }
    let used = match is_lesson(&scenario) {
        true => SEEDS,
        false => limit::SEEDS_AT_OWN_LOAD,
    };
    if let Some(claim) = &scenario.fails_first {
        rows.extend(limit::rows(&scenario, claim, &seeds, &done));
    }
    Ok(GateReport {
        scenario: scenario.about.id.clone(),
        title: scenario.about.title.clone(),
        semantics_version: SEMANTICS_VERSION,
        engine_version: env!("CARGO_PKG_VERSION"),
        seeds: seeds[..used].to_vec(),
        passed: rows.iter().all(|row| row.holds),
        rows,
    })
}

/// Only whether the numbers in the text of a lesson are right: fewer runs, for who writes one.
pub fn judge_told(text: &str, done: impl Fn() + Sync) -> Result<GateReport, Vec<Diagnostic>> {
    let scenario = Scenario::parse(text)?;
    let rows = told::rows(text, &scenario, done);
    Ok(GateReport {
        scenario: scenario.about.id.clone(),
        title: scenario.about.title.clone(),
        semantics_version: SEMANTICS_VERSION,
        engine_version: env!("CARGO_PKG_VERSION"),
        seeds: vec![scenario.seed],
        passed: rows.iter().all(|row| row.holds),
        rows,
    })
}

/// How many runs [`judge_told`] will make.
pub fn runs_of_told(text: &str) -> usize {
    told::designs(text).len()
}

/// Per design and seed; nothing for a design that cannot be built.
fn outcomes(
    start: &Scenario,
    designs: &[Design],
    seeds: &[u64],
    done: impl Fn() + Sync,
) -> Vec<Vec<Outcome>> {
    let metrics = named_by_backfires(start);
    let programs: Vec<_> = designs
        .iter()
        .map(|design| {
            let scenario = Scenario::parse(design.text.as_ref().ok()?).ok()?;
            let own = scenario.goals.len();
            let scenario = measuring(scenario, &metrics);
            let program = super::compile(&scenario, Limits::PAGE);
            Some((scenario, program, own))
        })
        .collect();
    let jobs: Vec<(usize, u64)> = (0..designs.len())
        .flat_map(|at| seeds.iter().map(move |&seed| (at, seed)))
        .collect();
    let run = |&(at, seed): &(usize, u64)| {
        let (scenario, program, own) = programs[at].as_ref()?;
        let report = super::run(scenario, Arc::clone(program), seed);
        Some(outcome(&report, *own))
    };
    let all = parallel::map(&jobs, run, done);
    all.chunks(seeds.len())
        .map(|of_one| of_one.iter().flatten().cloned().collect())
        .collect()
}

/// What backfires are said to worsen.
fn named_by_backfires(scenario: &Scenario) -> Vec<Metric> {
    let named = scenario.lesson.backfires.iter();
    named
        .filter_map(|variant| Some(Metric::named(variant.worsens.as_deref()?)?.metric))
        .collect()
}

/// A scenario that also measures these, behind its own goals.
fn measuring(mut scenario: Scenario, metrics: &[Metric]) -> Scenario {
    for &metric in metrics {
        scenario.goals.push(Goal {
            key: metric.name().to_owned(),
            label: String::new(),
            metric,
            window: None,
            operation: None,
            bound: Bound::AtLeast(crate::design::value::Value::Off),
        });
    }
    scenario
}

/// The first `own` goals are those of the scenario.
fn outcome(report: &Report, own: usize) -> Outcome {
    let goals: Vec<_> = report.goals.iter().map(|g| (g.holds, g.measured)).collect();
    let is_whole = matches!(report.ended, Ended::Settled | Ended::Unsettled { .. });
    Outcome {
        passed: is_whole && goals[..own].iter().all(|(holds, _)| *holds),
        goals,
    }
}

fn row(design: Design, of_it: &[Outcome], start: &[Outcome], scenario: &Scenario) -> Row {
    let passed_on = of_it.iter().filter(|outcome| outcome.passed).count();
    let (fault, built) = match &design.text {
        Ok(text) => (None, Scenario::parse(text).ok()),
        Err(fault) => (Some(fault.clone()), None),
    };
    let goals = built.map_or(Vec::new(), |scenario| scenario.goals);
    let missed = goals.iter().enumerate().filter_map(|(i, goal)| {
        let seeds = of_it.iter().filter(|outcome| !outcome.goals[i].0).count();
        let measured = of_it.iter().filter_map(|outcome| outcome.goals[i].1);
        (seeds > 0).then(|| Missed {
            goal: goal.key.clone(),
            seeds,
            median: Band::of(measured).map(|band| band.median),
        })
    });
    let missed: Vec<Missed> = missed.collect();
    let worse = design.worsens.map(|metric| {
        worse(
            metric,
            of_it,
            start,
            (goals.len(), scenario.goals.len()),
            scenario,
        )
    });
    let all = of_it.len() == SEEDS;
    let too_dear = || {
        let about_cost = |missed: &&Missed| {
            let goal = goals.iter().find(|goal| goal.key == missed.goal);
            goal.is_some_and(|goal| goal.metric == Metric::Cost)
        };
        missed
            .iter()
            .filter(about_cost)
            .any(|missed| missed.seeds == SEEDS)
    };
    let holds = fault.is_none()
        && all
        && match design.needs {
            Needs::Failure => passed_on == 0,
            Needs::Success(least) => passed_on >= least,
            Needs::Worse => passed_on == 0 && worse.as_ref().is_some_and(|worse| worse.on >= WORSE),
            Needs::TooDear => too_dear(),
        };
    Row {
        role: design.role,
        key: design.key,
        label: design.label,
        changes: design.changes,
        needs: design.needs.words(),
        passed_on,
        missed,
        worse,
        fault,
        holds,
    }
}

/// Compares a metric on the same seeds. What cannot be measured because nothing came is worse than
/// anything that can.
fn worse(
    metric: Metric,
    changed: &[Outcome],
    start: &[Outcome],
    (own_changed, own_start): (usize, usize),
    scenario: &Scenario,
) -> Worse {
    let place = named_by_backfires(scenario)
        .iter()
        .position(|named| *named == metric)
        .unwrap_or(0);
    let at = |of: &[Outcome], own: usize| -> Vec<Option<f64>> {
        of.iter()
            .map(|outcome| outcome.goals.get(own + place).and_then(|goal| goal.1))
            .collect()
    };
    let (before, after) = (at(start, own_start), at(changed, own_changed));
    let is_worse = |pair: &(&Option<f64>, &Option<f64>)| match pair {
        (Some(before), Some(after)) => match metric.more_is_better() {
            true => after < before,
            false => after > before,
        },
        (Some(_), None) => true,
        (None, _) => false,
    };
    let median = |values: &[Option<f64>]| {
        let band = Band::of(values.iter().copied().flatten());
        band.map(|band| band.median)
    };
    Worse {
        metric: metric.name(),
        start: median(&before),
        changed: median(&after),
        on: before.iter().zip(&after).filter(is_worse).count(),
    }
}
