//! What `brownout check --gate` prints.

use std::fmt::Write as _;

use serde::Serialize;

use super::exit::Failure;
use super::number::{NOTHING, plain};
use super::progress::Progress;
use super::source::Source;
use super::table;
use crate::experiment::gate::{self, GateReport, Row};

/// All files that are valid.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Gates {
    pub files: Vec<Gate>,
}

/// How the lesson of one file came through.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Gate {
    pub file: String,
    pub gate: GateReport,
}

impl Gates {
    pub fn add(&mut self, file: String, gate: GateReport) {
        self.files.push(Gate { file, gate });
    }
}

/// `only_told`: without the designs of the lesson on all seeds.
pub fn judge(source: &Source, only_told: bool) -> Result<GateReport, Failure> {
    let text = &source.text;
    let runs = match only_told {
        true => gate::runs_of_told(text),
        false => gate::runs(text),
    };
    let bar = Progress::new(runs as u64, "running the lesson");
    let judged = match only_told {
        true => gate::judge_told(text, || bar.add(1)),
        false => gate::judge(text, || bar.add(1)),
    };
    drop(bar);
    judged.map_err(|findings| Failure::invalid(source.render(&findings)))
}

pub fn table(name: &str, report: &GateReport) -> String {
    let mut out = table::heading(&format!("Gate of {name}"));
    let _ = writeln!(
        out,
        ", {} seeds, rules of simulation {}",
        report.seeds.len(),
        report.semantics_version
    );
    let header = ["", "design", "must", "passed on", "missed goals", ""];
    let mut rows = table::table(&header, &[1, 2, 4, 5]);
    for row in &report.rows {
        let verdict = if row.holds { "holds" } else { "missed" };
        rows.add_row([
            role(row).to_owned(),
            design(row),
            row.needs.clone(),
            row.passed_on.to_string(),
            why(row),
            verdict.to_owned(),
        ]);
    }
    out.push_str(&table::show(&rows));
    let verdict = match report.passed {
        true => table::paint(table::GOOD, "passes its gate"),
        false => table::paint(table::BAD, "does not pass its gate"),
    };
    let held = report.rows.iter().filter(|row| row.holds).count();
    let _ = writeln!(
        out,
        "{name} {verdict}: {held} of {} hold",
        report.rows.len()
    );
    out
}

fn role(row: &Row) -> &'static str {
    match row.role {
        "start" => "start",
        "fix" => "fix",
        "moved" => "fix, moved",
        "not_enough" => "not enough",
        "backfire" => "backfire",
        "servers" => "servers",
        "twist" => "part 2",
        "own_load" => "own load",
        "fails_first" => "more load",
        "told" => "told",
        _ => "fix of part 2",
    }
}

fn design(row: &Row) -> String {
    match row.role {
        "start" | "own_load" => "as it stands".to_owned(),
        // What was moved is the last thing to be seen in a label, and the only one that counts.
        "moved" => format!("{}: {}", row.key, row.changes.join(", ")),
        _ => row.key.clone(),
    }
}

fn why(row: &Row) -> String {
    let mut parts: Vec<String> = row
        .missed
        .iter()
        .map(|missed| {
            let median = missed.median.map_or(NOTHING.to_owned(), plain);
            format!("{} on {} ({median})", missed.goal, missed.seeds)
        })
        .collect();
    if let Some(worse) = &row.worse {
        let value = |x: Option<f64>| x.map_or(NOTHING.to_owned(), plain);
        parts.push(format!(
            "{} {} after {}, worse on {}",
            worse.metric,
            value(worse.changed),
            value(worse.start),
            worse.on
        ));
    }
    parts.extend(row.fault.clone());
    parts.join("; ")
}
