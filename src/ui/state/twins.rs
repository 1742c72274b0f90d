//! A twin of the design on the page: the same seed with one difference, run beside it by the worker.

use std::sync::Arc;

use crate::design::diagnostic::Diagnostic;
use crate::observe::report::Report;
use crate::observe::twin::{About, Delta, Planned, Twin, Unit};
use crate::scenario::draw::Edit;
use crate::worker::protocol::Command;

use super::model::{Ghost, Model, Status, Tab};
use super::running::ask_to_bet;
use super::series::Series;
use super::update::Effect;
use super::{knobs, names, words};

#[derive(Clone, Debug)]
pub enum Ask {
    /// With the chosen entry of the timeline left out, else with whatever there is to compare with.
    Any,
    /// With this entry of the timeline left out.
    Without(usize),
    /// With this knob as it was when the design was opened.
    Knob(String),
    /// With the design as it was opened.
    Start,
    Close,
    Ran {
        number: u32,
        found: Box<Twin>,
        report: Box<Report>,
    },
    Refused {
        number: u32,
        diagnostics: Vec<Diagnostic>,
    },
}

#[derive(Clone, Debug, Default)]
pub struct Twins {
    /// Counts up; an answer to an earlier question, or to one that nobody asks any more, is dropped.
    pub asked: u32,
    /// What is being compared, if the worker is at it.
    pub waits: Option<Question>,
    pub shown: Option<Arc<Shown>>,
}

/// What was compared: the text, and the seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub text: String,
    pub seed: u64,
    /// "without catalogue 5× slower"
    pub title: String,
}

#[derive(Clone, Debug)]
pub struct Shown {
    pub question: Question,
    pub found: Twin,
    pub ghost: Ghost,
}

/// What can be compared with the design as it is now: what a button says, and what it asks for.
pub fn offers(model: &Model) -> Vec<(String, Ask)> {
    let scenario = &model.doc.scenario;
    let mut all = Vec::new();
    if model.doc.is_changed() {
        all.push(("the start design".to_owned(), Ask::Start));
    }
    // More would fill the panel; each entry has the button among its knobs.
    for (number, entry) in scenario.timeline.iter().enumerate().take(3) {
        let without = format!("without: {}", names::entry(scenario, entry));
        all.push((without, Ask::Without(number)));
    }
    all
}

pub fn update(model: &mut Model, ask: Ask) -> Vec<Effect> {
    match ask {
        Ask::Any => any(model),
        Ask::Without(number) => without(model, number),
        Ask::Knob(path) => knob(model, path),
        Ask::Start => start(model),
        Ask::Close => {
            forget(model);
            vec![Effect::Focus("story")]
        }
        Ask::Ran {
            number,
            found,
            report,
        } => ran(model, number, *found, *report),
        Ask::Refused {
            number,
            diagnostics,
        } => refused(model, number, &diagnostics),
    }
}

/// Another design is on the page.
pub fn forget(model: &mut Model) {
    let asked = model.twins.asked + 1;
    model.twins = Twins {
        asked,
        ..Twins::default()
    };
}

fn any(model: &mut Model) -> Vec<Effect> {
    let has_entry = !model.doc.scenario.timeline.is_empty();
    match model.editor.entry {
        Some(number) => without(model, number),
        None if model.doc.is_changed() => start(model),
        None if has_entry => without(model, 0),
        None => {
            let why = "There is nothing to compare with: change something, or put something on the timeline.";
            model.toast(why.into());
            Vec::new()
        }
    }
}

fn without(model: &mut Model, number: usize) -> Vec<Effect> {
    let scenario = &model.doc.scenario;
    let Some(entry) = scenario.timeline.get(number) else {
        return Vec::new();
    };
    let name = names::entry(scenario, entry);
    let at = entry.begins();
    let planned = Planned {
        text: format!("Only in this run, from {at} on: {name}."),
        at_ns: Some(at.0),
    };
    let twin = Edit::RemoveEntry { number }.apply(&model.doc.text);
    compare(model, format!("without: {name}"), twin, planned)
}

fn knob(model: &mut Model, path: String) -> Vec<Effect> {
    let design = &model.doc.scenario.design;
    let was = knobs::printed(&model.doc.origin().scenario.design, &path);
    let (Some(value), Some(now)) = (was, knobs::printed(design, &path)) else {
        return Vec::new();
    };
    let name = knobs::one(&model.doc, &path).map_or(path.clone(), |knob| knob.title);
    let title = format!("{name} {value}, as it was");
    let planned = Planned {
        text: format!("{name}: {now} in this run, {value} in the twin."),
        at_ns: None,
    };
    let twin = Edit::Set { path, value }.apply(&model.doc.text);
    compare(model, title, twin, planned)
}

fn start(model: &mut Model) -> Vec<Effect> {
    let planned = Planned {
        text: "The twin is the design as it was opened.".into(),
        at_ns: None,
    };
    let twin = model.doc.origin().text.clone();
    compare(model, "the start design".into(), Ok(twin), planned)
}

pub fn compare(
    model: &mut Model,
    title: String,
    twin: Result<String, Vec<Diagnostic>>,
    planned: Planned,
) -> Vec<Effect> {
    if !model.has_predicted() {
        return ask_to_bet(model);
    }
    if let Some(why) = model.why_not_run() {
        model.toast(format!("It cannot run yet. {why}"));
        return Vec::new();
    }
    if matches!(model.run.status, Status::Crashed(_)) {
        return vec![Effect::Focus("crash")];
    }
    let twin = match twin {
        Ok(twin) => twin,
        Err(findings) => {
            cannot(model, &findings);
            return Vec::new();
        }
    };
    let (text, seed) = (model.doc.text.clone(), model.seed);
    model.twins.asked += 1;
    model.twins.shown = None;
    model.twins.waits = Some(Question {
        text: text.clone(),
        seed,
        title,
    });
    model.story_open = true;
    model.outline = false;
    model.tab = Tab::Story;
    let command = Command::Twins {
        number: model.twins.asked,
        here: text,
        twin,
        seed,
        planned,
    };
    vec![Effect::Send(command), Effect::Focus("twin")]
}

fn cannot(model: &mut Model, findings: &[Diagnostic]) {
    let why = findings.first().map_or("", |finding| &finding.message);
    model.toast(format!("The twin cannot run: {why}"));
}

fn ran(model: &mut Model, number: u32, found: Twin, report: Report) -> Vec<Effect> {
    if number != model.twins.asked {
        return Vec::new();
    }
    let Some(question) = model.twins.waits.take() else {
        return Vec::new();
    };
    let mut series = Series::of_report(&report);
    series.cut(report.duration_ns);
    model.said.answer(format!("Twin run: {}", parting(&found)));
    model.twins.shown = Some(Arc::new(Shown {
        question,
        found,
        ghost: Ghost {
            series: Arc::new(series),
            report: Arc::new(report),
        },
    }));
    vec![Effect::Focus("twin")]
}

fn refused(model: &mut Model, number: u32, findings: &[Diagnostic]) -> Vec<Effect> {
    if number == model.twins.asked {
        model.twins.waits = None;
        cannot(model, findings);
    }
    Vec::new()
}

/// The twin's lines belong behind the charts of the run that is on the screen.
pub fn ghost(model: &Model) -> Option<&Ghost> {
    let shown = model.twins.shown.as_deref()?;
    let Question { text, seed, .. } = &shown.question;
    (*text == model.run.text && *seed == model.run.seed).then_some(&shown.ghost)
}

/// Where the two part, in a sentence.
pub fn parting(found: &Twin) -> String {
    if !found.comparable {
        return "The two have no node in common: only their figures can be compared.".into();
    }
    match &found.parting {
        None => {
            "Nothing that both have went differently: the worlds do not part. Same seed, same run."
                .into()
        }
        Some(it) => format!(
            "{} {} {} in this run; in the twin it {}.",
            format_args!("The worlds part at {}.", it.place),
            it.about,
            it.here,
            it.twin
        ),
    }
}

/// How many users it made a difference to.
pub fn users(found: &Twin) -> Option<String> {
    found.parting.as_ref()?;
    let it = &found.actions;
    let fail = match (it.fail_only_here, it.fail_only_in_twin) {
        (0, 0) => "none fails in one of them only".to_owned(),
        (here, twin) => format!(
            "{} fail in this run only, {} in the twin only",
            words::count(here),
            words::count(twin)
        ),
    };
    let wrong = match (it.wrong_only_here, it.wrong_only_in_twin) {
        (0, 0) => String::new(),
        (here, twin) => format!(
            "; the data of {} is wrong in this run only, of {} in the twin only",
            words::count(here),
            words::count(twin)
        ),
    };
    let compared = words::count(it.compared);
    Some(format!("Of {compared} actions in both, {fail}{wrong}."))
}

/// One line of the table: test id, name, this run, the twin, the difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub key: &'static str,
    /// The word of the glossary.
    pub about: String,
    pub label: String,
    pub cells: [String; 3],
    /// Exact, for machines.
    pub exact: [Option<f64>; 3],
}

/// Figures in which something is to be seen, and how many verdicts of the ledger are 0 in both.
pub fn table(found: &Twin) -> (Vec<Row>, usize) {
    let is_zero = |value: Option<f64>| value.is_none_or(|value| value == 0.0);
    let is_shown = |it: &Delta| {
        let always = matches!(
            it.key,
            "actions" | "served" | "failed" | "p50_ns" | "p99_ns" | "cost"
        );
        always || !is_zero(it.here) || !is_zero(it.twin)
    };
    let hidden = found.deltas.iter();
    let hidden = hidden.filter(|it| it.about == About::Ledger && !is_shown(it));
    let rows = found.deltas.iter().filter(|it| is_shown(it)).map(row);
    (rows.collect(), hidden.count())
}

fn row(it: &Delta) -> Row {
    let about = match (it.about, it.key) {
        (About::Failed, reason) => format!("reason.{reason}"),
        (_, "p50_ns") => "metric.latency_p50".into(),
        (_, "p99_ns") => "metric.latency_p99".into(),
        (_, "offered_per_s") => "chart.throughput".into(),
        (_, "goodput_per_s") => "metric.goodput".into(),
        (_, "lost_updates") => "metric.lost_update".into(),
        (_, "write_skews") => "metric.write_skew".into(),
        (_, "invariants_broken") => "metric.invariant_broken".into(),
        (_, key) => format!("metric.{key}"),
    };
    Row {
        key: it.key,
        about,
        label: it.label.clone(),
        cells: [
            value(it.unit, it.here),
            value(it.unit, it.twin),
            difference(it.unit, it.difference),
        ],
        exact: [it.here, it.twin, it.difference],
    }
}

fn value(unit: Unit, value: Option<f64>) -> String {
    let Some(value) = value else {
        return "–".into();
    };
    match unit {
        Unit::Count => words::count(value as u64),
        Unit::Share => words::percent(value),
        Unit::PerSecond => words::rate(value),
        Unit::Ns => words::ms(value / 1e6),
        Unit::MicroPerHour => words::money(value as i64),
    }
}

fn difference(unit: Unit, of: Option<f64>) -> String {
    let Some(of) = of else {
        return "–".into();
    };
    let text = match unit {
        // A difference of shares is in points, not in per cent of anything.
        Unit::Share => format!("{} points", words::amount((of * 100.0).abs())),
        unit => value(unit, Some(of.abs())),
    };
    match of {
        0.0 => "same".into(),
        of if of < 0.0 => format!("−{text}"),
        _ => format!("+{text}"),
    }
}
