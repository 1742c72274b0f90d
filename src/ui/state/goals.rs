//! Goals with what was measured against what must hold.

use crate::design::value::Unit;
use crate::scenario::{Bound, Goal, Metric};

use super::model::Model;
use super::words;

/// One line of the list of goals.
#[derive(Clone, Debug, PartialEq)]
pub struct GoalLine {
    pub key: String,
    pub label: String,
    /// The word of the glossary for what it measures.
    pub about: String,
    /// "at least 99 %", where the label does not say it.
    pub bound: Option<String>,
    /// What the finished run measured, as text, and exactly.
    pub measured: Option<String>,
    pub exact: Option<f64>,
    /// What it is right now while the run goes on.
    pub now: Option<String>,
    pub holds: Option<bool>,
}

pub fn lines(model: &Model) -> Vec<GoalLine> {
    model
        .doc
        .scenario
        .goals
        .iter()
        .map(|goal| line(model, goal))
        .collect()
}

fn line(model: &Model, goal: &Goal) -> GoalLine {
    let report = model.run.report.as_ref();
    let measured = report.and_then(|r| r.goals.iter().find(|g| g.key == goal.key));
    let (word, value) = match &goal.bound {
        Bound::AtLeast(v) => ("at least", v),
        Bound::AtMost(v) => ("at most", v),
    };
    // What users see now is of all operations.
    let is_live =
        report.is_none() && model.has_begun() && !model.is_blind() && goal.operation.is_none();
    let now = is_live.then(|| current(model, goal.metric));
    let limit = amount(goal.metric, value.as_f64());
    GoalLine {
        key: goal.key.clone(),
        label: goal.label.clone(),
        about: format!("metric.{}", goal.metric.name()),
        // Most labels say their bound themselves.
        bound: (!goal.label.contains(&limit)).then(|| format!("{word} {limit}")),
        measured: measured.map(|m| match m.measured {
            Some(x) => beside(goal.metric, x, &limit, m.holds),
            None => "nothing to measure".into(),
        }),
        exact: measured.and_then(|m| m.measured),
        now: now.flatten().map(|x| amount(goal.metric, x)),
        holds: measured.map(|m| m.holds),
    }
}

/// A measurement of a metric in the words of its unit; numbers as in reports (shares as a fraction,
/// milliseconds, dollars).
pub fn amount(metric: Metric, x: f64) -> String {
    match metric {
        Metric::Served => words::percent(x),
        Metric::Goodput => words::rate(x),
        Metric::Amplification => words::factor(x),
        Metric::LatencyP50
        | Metric::LatencyP99
        | Metric::StaleAge
        | Metric::RecoveryTime
        | Metric::RecoveryPoint
        | Metric::ReadRecovery
        | Metric::TimeToDetect
        | Metric::MessageAge => words::ms(x),
        Metric::Lost
        | Metric::Duplicate
        | Metric::Phantom
        | Metric::Partial
        | Metric::LostUpdate
        | Metric::Diverged
        | Metric::ClaimsBroken
        | Metric::Stale
        | Metric::OwnWriteMissed
        | Metric::WentBack
        | Metric::OutOfOrder
        | Metric::Unauthorised
        | Metric::WriteSkew
        | Metric::InvariantBroken
        | Metric::FalsePages
        | Metric::MissedIncidents
        | Metric::Pages => words::count(x.max(0.0) as u64),
        Metric::Cost => format!("{}/h", words::money((x * 1e6).round() as i64)),
    }
}

/// What was measured, beside its bound. What misses a bound never reads as if it were on it: it gets the digits
/// that show the difference.
fn beside(metric: Metric, x: f64, limit: &str, holds: bool) -> String {
    let short = amount(metric, x);
    if holds || short != limit {
        return short;
    }
    match metric.unit() {
        Unit::Share => format!("{:.2} %", x * 100.0),
        Unit::Rate => format!("{x:.2}/s"),
        Unit::Duration => format!("{:.3} s", x / 1_000.0),
        Unit::Factor => format!("{x:.4}"),
        Unit::Money => format!("${x:.4}/h"),
        _ => format!("{x}"),
    }
}

/// The same quantity over the last second of a run that goes on.
fn current(model: &Model, metric: Metric) -> Option<f64> {
    let now = &model.run.now;
    let users = &now.users;
    match metric {
        Metric::Served => (users.answered > 0).then(|| users.served as f64 / users.answered as f64),
        Metric::Goodput => Some(users.useful_per_s),
        Metric::Amplification => users.tries_per_action,
        Metric::LatencyP50 => users.p50_ms,
        Metric::LatencyP99 => users.p99_ms,
        Metric::Lost => Some(now.data.lost as f64),
        Metric::Duplicate => Some(now.data.duplicate as f64),
        Metric::Phantom => Some(now.data.phantom as f64),
        Metric::Partial => Some(now.data.partial as f64),
        Metric::LostUpdate => Some(now.data.lost_updates as f64),
        Metric::Stale => Some(now.data.stale as f64),
        Metric::StaleAge => Some(now.data.stale_longest_ns as f64 / 1e6),
        Metric::OwnWriteMissed => Some(now.data.own_write_missed as f64),
        Metric::WentBack => Some(now.data.went_back as f64),
        Metric::OutOfOrder => Some(now.data.out_of_order as f64),
        Metric::Unauthorised => Some(now.data.unauthorised as f64),
        Metric::WriteSkew => Some(now.data.write_skews as f64),
        Metric::InvariantBroken => Some(now.data.invariants_broken as f64),
        // Known when the run is over.
        Metric::Diverged
        | Metric::ClaimsBroken
        | Metric::RecoveryTime
        | Metric::RecoveryPoint
        | Metric::ReadRecovery
        | Metric::Pages
        | Metric::FalsePages
        | Metric::MissedIncidents
        | Metric::TimeToDetect
        | Metric::MessageAge => None,
        Metric::Cost => Some(now.cost_micro_per_hour as f64 / 1e6),
    }
}

/// The bound of the scenario's goal on this metric, if it has one that is about all operations.
pub fn bound_of(model: &Model, metric: Metric) -> Option<f64> {
    let goal = model
        .doc
        .scenario
        .goals
        .iter()
        .find(|g| g.metric == metric && g.operation.is_none())?;
    let (Bound::AtLeast(value) | Bound::AtMost(value)) = &goal.bound;
    Some(value.as_f64())
}
