//! After a pass: what the lesson itself has that passes, run on the same seed, beside the design on the page.

use std::sync::Arc;

use super::super::model::Model;
use super::super::update::{Effect, edited};
use super::super::words;
use super::Shown;
use crate::observe::report::Report;
use crate::scenario::draw::Edit;
use crate::scenario::edit;
use crate::worker::protocol::Command;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Others {
    pub designs: Vec<Design>,
    /// The run of the page that they stand beside.
    beside: u32,
    seed: u64,
    first: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    pub label: String,
    pub because: String,
    text: Arc<str>,
    ran: Ran,
}

#[derive(Clone, Debug, PartialEq)]
enum Ran {
    NotYet,
    Refused,
    To(Shown),
}

/// One line of the table: the design, and its figures with what they are more or less than mine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its place among the lesson's, to be opened; none for mine.
    pub nth: Option<usize>,
    pub label: String,
    pub because: String,
    /// Served, p99, wrong in the data, cost.
    pub cells: [Cell; 4],
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    /// "−12 %", "+3"; empty for mine, and where it is the same.
    pub delta: String,
}

/// There is something to compare with.
pub fn can_ask(model: &Model) -> bool {
    let passed = model.run.report.as_ref().is_some_and(|it| it.passed);
    passed && !fixes(model).is_empty()
}

fn fixes(model: &Model) -> &[crate::scenario::Variant] {
    match model.doc.part() {
        Some(twist) => &twist.fixes,
        None => &model.doc.scenario.lesson.fixes,
    }
}

impl Design {
    /// For tests: what is run.
    #[cfg(test)]
    pub fn text_of(&self) -> String {
        self.text.to_string()
    }
}

pub fn ask(model: &mut Model) -> Vec<Effect> {
    if !can_ask(model) {
        return Vec::new();
    }
    let origin = &model.doc.origin().text;
    let designs = fixes(model).iter().filter_map(|fix| {
        Some(Design {
            label: fix.label.clone(),
            because: fix.because.trim().to_owned(),
            text: edit::variant(origin, fix).ok()?.into(),
            ran: Ran::NotYet,
        })
    });
    let designs: Vec<Design> = designs.collect();
    model.learning.others = Others {
        beside: model.run.id,
        seed: model.run.seed,
        first: model.learning.runs.take(designs.len()),
        designs,
    };
    send(model)
}

/// What is not run yet.
pub fn send(model: &Model) -> Vec<Effect> {
    let others = &model.learning.others;
    let jobs = others.designs.iter().zip(others.first..);
    jobs.filter(|(design, _)| design.ran == Ran::NotYet)
        .map(|(design, run)| {
            Effect::Send(Command::Seeds {
                run,
                text: design.text.to_string(),
                seeds: vec![others.seed],
            })
        })
        .collect()
}

fn of_run(model: &mut Model, run: u32) -> Option<&mut Design> {
    let others = &mut model.learning.others;
    let nth = run.checked_sub(others.first)? as usize;
    others.designs.get_mut(nth)
}

pub fn ran(model: &mut Model, run: u32, report: &Report) -> Vec<Effect> {
    if let Some(design) = of_run(model, run) {
        design.ran = Ran::To(Shown::of(report));
    }
    if !is_open(model) {
        let passed = rows(model).len().saturating_sub(1);
        model
            .said
            .answer(format!("{passed} other designs pass on this seed."));
    }
    Vec::new()
}

pub fn refused(model: &mut Model, run: u32) {
    if let Some(design) = of_run(model, run) {
        design.ran = Ran::Refused;
    }
}

/// Some are not run yet.
pub fn is_open(model: &Model) -> bool {
    let mut designs = model.learning.others.designs.iter();
    designs.any(|design| design.ran == Ran::NotYet)
}

/// How many did not pass on this seed.
pub fn left_out(model: &Model) -> usize {
    let designs = model.learning.others.designs.iter();
    let is_out = |it: &&Design| match &it.ran {
        Ran::NotYet => false,
        Ran::Refused => true,
        Ran::To(shown) => !shown.passed,
    };
    designs.filter(is_out).count()
}

/// Mine first; then those that pass. Nothing, if they stand beside another run than the one on the page.
pub fn rows(model: &Model) -> Vec<Row> {
    let others = &model.learning.others;
    let report = model
        .run
        .report
        .as_ref()
        .filter(|_| others.beside == model.run.id);
    let Some(report) = report.filter(|_| !others.designs.is_empty()) else {
        return Vec::new();
    };
    let mine = Shown::of(report);
    let own = Row {
        nth: None,
        label: "Yours".into(),
        because: String::new(),
        cells: cells(&mine, None),
    };
    let passed = others
        .designs
        .iter()
        .enumerate()
        .filter_map(|(nth, design)| {
            let Ran::To(shown) = &design.ran else {
                return None;
            };
            shown.passed.then(|| Row {
                nth: Some(nth),
                label: design.label.clone(),
                because: design.because.clone(),
                cells: cells(shown, Some(&mine)),
            })
        });
    std::iter::once(own).chain(passed).collect()
}

fn cells(it: &Shown, mine: Option<&Shown>) -> [Cell; 4] {
    let none = || "–".to_owned();
    let ms = |ns: u64| words::ms(ns as f64 / 1e6);
    let text = [
        it.served.map_or_else(none, words::percent),
        it.p99_ns.map_or_else(none, ms),
        words::count(it.wrong),
        format!("{}/h", words::money(it.cost_micro)),
    ];
    let points = |a: f64, b: f64| signed((a - b) * 100.0, |x| format!("{x:.2} points"), 0.005);
    let delta = mine.map(|mine| {
        [
            it.served
                .zip(mine.served)
                .map_or_else(String::new, |(a, b)| points(a, b)),
            it.p99_ns
                .zip(mine.p99_ns)
                .map_or_else(String::new, |(a, b)| {
                    signed(a as f64 - b as f64, |ns| words::ms(ns / 1e6), 1.0)
                }),
            signed(
                it.wrong as f64 - mine.wrong as f64,
                |n| words::count(n as u64),
                0.5,
            ),
            signed(
                (it.cost_micro - mine.cost_micro) as f64,
                |micro| words::money(micro as i64),
                0.5,
            ),
        ]
    });
    let mut delta = delta.unwrap_or_default().into_iter();
    text.map(|text| Cell {
        text,
        delta: delta.next().unwrap_or_default(),
    })
}

/// With its sign; nothing if it is smaller than what can be seen.
fn signed(x: f64, words: impl Fn(f64) -> String, least: f64) -> String {
    match x {
        x if x.abs() < least => String::new(),
        x if x < 0.0 => format!("−{}", words(-x)),
        x => format!("+{}", words(x)),
    }
}

/// One of them comes onto the page, as one step that undo takes back.
pub fn take(model: &mut Model, nth: usize) -> Vec<Effect> {
    let Some(design) = model.learning.others.designs.get(nth).cloned() else {
        return Vec::new();
    };
    let text = design.text.to_string();
    let edit = Edit::All {
        name: format!("Design of the lesson: {}", design.label),
        edits: vec![Edit::Replace { text }],
    };
    match model.doc.apply(edit) {
        Ok(true) => {}
        Ok(false) => {
            model.toast("That is the design on the page.".into());
            return Vec::new();
        }
        Err(findings) => {
            let why = findings.first().map_or("", |it| it.message.as_str());
            model.toast(format!("It cannot be opened: {why}."));
            return Vec::new();
        }
    }
    model.editor.forget_gone(&model.doc.scenario.design);
    model.toast(format!("{}. Undo brings back your design.", design.label));
    edited(model)
}
