//! Numbers in the text of a lesson that only runs can prove: each is held against the run of the design that it
//! names or stands beside, on the seed that a learner sees first.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Row, measuring};
use crate::engine::Limits;
use crate::experiment::{self, parallel};
use crate::scenario::metric::METRICS;
use crate::scenario::{
    DOLLAR, Designs, Metric, NONE, NoValue, OfRun, PER_SECOND, ProseValue, Reference, SECOND,
    Scenario, holds, of_runs,
};

/// The designs whose runs the texts speak of.
pub(super) fn designs(text: &str) -> Vec<String> {
    let all = of_runs(text).into_iter();
    let mut names: Vec<String> = all.flat_map(|number| number.runs).collect();
    names.sort();
    names.dedup();
    names
}

/// A row for each number that is wrong, and one for all of them.
pub(super) fn rows(text: &str, scenario: &Scenario, done: impl Fn() + Sync) -> Vec<Row> {
    let told = of_runs(text);
    if told.is_empty() {
        return Vec::new();
    }
    let mut all = Designs::new(text, &scenario.lesson);
    let names = designs(text);
    let built = names.iter().map(|name| all.get(name).cloned());
    let built: Vec<Option<Scenario>> = built.collect();
    let reports = parallel::map(&built, |scenario| scenario.clone().map(report), &done);
    let reports: BTreeMap<String, Json> = names
        .into_iter()
        .zip(reports)
        .filter_map(|(name, report)| Some((name, report?)))
        .collect();
    let mut wrong = Vec::new();
    for number in &told {
        let mut figure = |design: &str, path: &str| figure(reports.get(design), path);
        let reference = Reference {
            written: &number.shown,
            shown: &number.shown,
            meant: &number.meant,
        };
        if let Err((message, help)) = holds(reference, &number.beside, &mut all, &mut figure) {
            wrong.push(row(number, format!("{message}: {help}")));
        }
    }
    let right = told.len() - wrong.len();
    let mut summary = empty(
        String::new(),
        format!("{} numbers of runs are right", told.len()),
    );
    summary.passed_on = right;
    summary.holds = wrong.is_empty();
    wrong.push(summary);
    wrong
}

fn row(number: &OfRun, fault: String) -> Row {
    let mut row = empty(number.path.clone(), "is right".to_owned());
    row.label = format!("{{{} = {}}}", number.shown, number.meant);
    row.fault = Some(fault);
    row
}

fn empty(key: String, needs: String) -> Row {
    Row {
        role: "told",
        key,
        label: String::new(),
        changes: Vec::new(),
        needs,
        passed_on: 0,
        missed: Vec::new(),
        worse: None,
        fault: None,
        holds: false,
    }
}

/// The report of a run as data, with every metric behind the design's own goals.
fn report(scenario: Scenario) -> Json {
    let own = scenario.goals.len();
    let every: Vec<Metric> = METRICS.iter().map(|spec| spec.metric).collect();
    let scenario = measuring(scenario, &every);
    let program = experiment::compile(&scenario, Limits::PAGE);
    let report = experiment::run(&scenario, program, scenario.seed);
    let mut json = serde_json::to_value(&report).unwrap_or_default();
    json["own_goals"] = own.into();
    json
}

/// A figure of a report: a metric, `goal.NAME`, or a place in the report as `brownout run --format json` prints it.
fn figure(report: Option<&Json>, path: &str) -> Result<ProseValue, NoValue> {
    let nothing = || NoValue::Wrong(format!("the run has no figure `{path}`"));
    let report = report.ok_or_else(nothing)?;
    let goals = report["goals"].as_array().ok_or_else(nothing)?;
    let own = report["own_goals"].as_u64().unwrap_or_default() as usize;
    let goal = match path.strip_prefix("goal.") {
        Some(key) => goals[..own].iter().find(|goal| goal["key"] == key),
        None => goals[own..].iter().find(|goal| goal["metric"] == path),
    };
    let measured = |value: ProseValue| ProseValue {
        of_run: true,
        ..value
    };
    if let Some(goal) = goal {
        let number = goal["measured"].as_f64().ok_or_else(nothing)?;
        let metric = goal["metric"]
            .as_str()
            .and_then(Metric::named)
            .ok_or_else(nothing)?;
        return Ok(measured(base(metric.metric).times(number)));
    }
    let (path, at) = match path.split_once('@') {
        Some((path, at)) => (path, Some(at)),
        None => (path, None),
    };
    let mut here = report;
    let mut unit = NONE;
    for part in path.split('.') {
        unit = match part {
            _ if part.ends_with("_ns") => SECOND.times(1e-9),
            _ if part.ends_with("_ms") => SECOND.times(1e-3),
            _ if part.ends_with("_per_s") => PER_SECOND,
            _ if part.ends_with("_micro_per_hour") || part.ends_with("_micro") => {
                DOLLAR.times(1e-6)
            }
            "max" | "min" | "last" => unit,
            _ => NONE,
        };
        if let (Json::Array(list), "max" | "min" | "last") = (here, part) {
            let numbers = list.iter().filter_map(Json::as_f64);
            let number = match part {
                "max" => numbers.reduce(f64::max),
                "min" => numbers.reduce(f64::min),
                _ => list.last().and_then(Json::as_f64),
            };
            return Ok(measured(unit.times(number.ok_or_else(nothing)?)));
        }
        here = step(here, part).ok_or_else(nothing)?;
    }
    if let Some(at) = at {
        let bucket = report["series"]["bucket_ns"].as_f64().ok_or_else(nothing)?;
        let seconds: f64 = at.trim_end_matches('s').parse().map_err(|_| nothing())?;
        here = here
            .get((seconds * 1e9 / bucket) as usize)
            .ok_or_else(nothing)?;
    }
    let number = here.as_f64().ok_or_else(nothing)?;
    Ok(measured(unit.times(number)))
}

/// A field, an entry of a list by its key or by its number from 1, or the second of a pair by the first.
fn step<'j>(here: &'j Json, part: &str) -> Option<&'j Json> {
    let Json::Array(list) = here else {
        return here.get(part);
    };
    if let Ok(number) = part.parse::<usize>() {
        return list.get(number.checked_sub(1)?);
    }
    let named = list.iter().find(|entry| entry["key"] == part);
    named.or_else(|| {
        list.iter()
            .find(|entry| entry[0] == part)
            .map(|pair| &pair[1])
    })
}

/// What a metric is measured in.
fn base(metric: Metric) -> ProseValue {
    use crate::design::value::Unit;
    match metric.unit() {
        Unit::Duration => SECOND.times(1e-3),
        Unit::Rate => PER_SECOND,
        Unit::Money => DOLLAR,
        _ => NONE,
    }
}
