//! The learning loop: two doors, what was done, what comes next, reviews, hints, and other designs that pass. What
//! is known of time comes in as data: [`Learning::now_ms`] is set by whoever sends messages.

pub mod catalogue;
pub mod door;
pub mod hints;
pub mod map;
pub mod others;
pub mod progress;
pub mod review;
#[cfg(test)]
mod tests;

use self::door::Door;
use self::others::Others;
use self::progress::{Attempt, Kept, Pass, Progress};
use self::review::{Reviewing, Schedule};
use super::model::{Dialog, Model};
use super::update::Effect;
use super::{debrief, goals, words};
use crate::design::diagnostic::Diagnostic;
use crate::observe::report::Report;
use crate::scenario::Metric;
use crate::worker::protocol::ASIDE;

#[derive(Clone, Debug)]
pub enum Ask {
    Door(Door),
    /// The worked example: the prediction stands from then on.
    Example,
    Hardest,
    /// A scenario or starting point that an address names, and the seed it asks for.
    OpenNamed {
        name: String,
        seed: Option<u64>,
    },
    /// What the browser kept, by [`progress::STORAGE_KEYS`].
    Kept(Vec<Option<String>>),
    Open,
    Export,
    Import {
        name: String,
        text: String,
    },
    /// A file could not even be read.
    NotRead(String),
    /// What the browser keeps and this build cannot read, as a file.
    ExportForeign,
    Calendar,
    Review(String),
    Answer(&'static str),
    CloseReview,
    /// Time has passed, and nothing else.
    Clock,
    Others,
    /// Have this one of them on the page.
    Take(usize),
}

#[derive(Clone, Debug, Default)]
pub struct Learning {
    pub door: Door,
    /// Milliseconds since 1970 when the message came that is being handled; 0 until one came.
    pub now_ms: u64,
    pub progress: Progress,
    pub kept: Kept,
    pub review: Option<Reviewing>,
    pub others: Others,
    /// What came of the last import, and whether it was done.
    pub imported: Option<(bool, String)>,
    /// What the address asked for, until that is open.
    pub asked_seed: Option<u64>,
    /// The worked example of this lesson has been asked for.
    pub sees_example: bool,
    pub idle: hints::Idle,
    runs: Numbers,
}

/// Numbers for runs beside the one on the page.
#[derive(Clone, Copy, Debug)]
struct Numbers(u32);

impl Default for Numbers {
    fn default() -> Numbers {
        Numbers(ASIDE)
    }
}

impl Numbers {
    /// The first of so many.
    fn take(&mut self, many: usize) -> u32 {
        let first = self.0;
        self.0 = first.saturating_add(many as u32);
        first
    }
}

/// Of a report, what is shown beside others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    pub passed: bool,
    pub served: Option<f64>,
    pub p99_ns: Option<u64>,
    /// Actions that the ledger found wrong: lost, done twice, by half, or told wrongly; answers that were not right.
    pub wrong: u64,
    pub cost_micro: i64,
    pub goals: Vec<GoalShown>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GoalShown {
    pub key: String,
    label: String,
    metric: Metric,
    measured: Option<f64>,
    holds: bool,
}

impl Shown {
    pub fn of(report: &Report) -> Shown {
        let data = &report.ledger;
        let wrongs = [
            data.lost,
            data.duplicate,
            data.phantom,
            data.partial,
            data.lost_updates,
            data.own_write_missed,
            data.out_of_order,
            data.unauthorised,
            data.write_skews,
            data.diverged,
            data.invariants_broken,
        ];
        let goals = report.goals.iter().filter_map(|goal| {
            Some(GoalShown {
                key: goal.key.clone(),
                label: goal.label.clone(),
                metric: Metric::named(goal.metric)?.metric,
                measured: goal.measured,
                holds: goal.holds,
            })
        });
        Shown {
            passed: report.passed,
            served: report.users.served_share,
            p99_ns: report.users.latency.p99_ns,
            wrong: wrongs.iter().sum(),
            cost_micro: report.cost.total_micro_per_hour,
            goals: goals.collect(),
        }
    }
}

impl GoalShown {
    fn amount(&self) -> String {
        let none = || "nothing to measure".to_owned();
        self.measured
            .map_or_else(none, |x| goals::amount(self.metric, x))
    }

    fn said(&self) -> String {
        let mark = if self.holds { '✓' } else { '✕' };
        format!("{mark} {}: {}", self.label, self.amount())
    }
}

impl Learning {
    /// On its own seed and on nine of ten others.
    pub fn has_passed(&self, id: &str) -> bool {
        self.progress.of(id).is_some_and(progress::Record::holds)
    }
}

/// The lesson on the page, if it is one of this build.
fn lesson(model: &Model) -> Option<&'static str> {
    let id = &model.doc.scenario.about.id;
    catalogue::find(id).map(|entry| entry.id)
}

fn record(model: &mut Model) -> Option<&mut progress::Record> {
    let id = lesson(model)?;
    let now_ms = model.learning.now_ms;
    let record = model.learning.progress.scenarios.entry(id.to_owned());
    let record = record.or_default();
    if record.first_seen_ms == 0 {
        record.first_seen_ms = now_ms;
    }
    Some(record)
}

pub fn update(model: &mut Model, ask: Ask) -> Vec<Effect> {
    match ask {
        Ask::Door(_) | Ask::Example | Ask::Hardest | Ask::OpenNamed { .. } => {
            door::update(model, ask)
        }
        Ask::Kept(places) => {
            let learning = &mut model.learning;
            (learning.kept, learning.progress) = Kept::of(places);
            Vec::new()
        }
        Ask::Open => {
            model.dialog = Some(Dialog::Progress);
            model.learning.imported = None;
            model.learning.review = None;
            Vec::new()
        }
        Ask::Export => vec![Effect::Download {
            name: "brownout-progress.json".into(),
            text: model.learning.progress.to_file(),
        }],
        Ask::ExportForeign => {
            let foreign = model.learning.kept.foreign.iter().zip(1..);
            let file = |(text, n): (&String, u32)| Effect::Download {
                name: format!("brownout-progress-kept-{n}.json"),
                text: text.clone(),
            };
            foreign.map(file).collect()
        }
        Ask::NotRead(why) => {
            model.learning.imported = Some((false, why));
            Vec::new()
        }
        Ask::Import { name, text } => import(model, &name, &text),
        Ask::Calendar => vec![Effect::Download {
            name: "brownout-reviews.ics".into(),
            text: review::calendar(model),
        }],
        Ask::Review(id) => review::begin(model, &id),
        Ask::Answer(key) => review::answer(model, key),
        Ask::CloseReview => review::close(model),
        Ask::Clock => hints::clock(model),
        Ask::Others => others::ask(model),
        Ask::Take(nth) => others::take(model, nth),
    }
}

fn import(model: &mut Model, name: &str, text: &str) -> Vec<Effect> {
    let learning = &mut model.learning;
    let read = Progress::read(text);
    let done = read.is_ok();
    let said = match read {
        Ok(other) => {
            let scenarios = other.scenarios.len();
            learning.progress.merge(other);
            format!(
                "{name}: read, {scenarios} scenarios. What was here stays; nothing is counted twice."
            )
        }
        Err(unread) => format!(
            "{name} was not read. {}: {}. {}.",
            unread.place,
            unread.message,
            words::sentence_case(&unread.remedy)
        ),
    };
    learning.imported = Some((done, said));
    if done { vec![Effect::Save] } else { Vec::new() }
}

/// A scenario stands on the page.
pub fn seen(model: &mut Model) {
    record(model);
    model.learning.others = Others::default();
    model.learning.sees_example = false;
    hints::begins(model);
}

/// A run came to its end, and is counted.
pub fn ran(model: &mut Model, report: &Report) {
    let now_ms = model.learning.now_ms;
    let part = model.doc.origin().part.clone();
    let bet = match model.runs_done {
        1 if part.is_none() => debrief::bet_key(model).zip(debrief::bet(model)),
        _ => None,
    };
    let pass = Pass {
        at_ms: now_ms,
        seed: report.seed,
        hints: model.hints as u32,
        cost_micro: report.cost.total_micro_per_hour,
        door: model.learning.door.key().into(),
    };
    let Some(record) = record(model) else { return };
    record.runs += 1;
    if let Some((bet, outcome)) = bet {
        record.attempts.push(Attempt {
            at_ms: now_ms,
            bet,
            right: outcome.right,
        });
    }
    if !report.passed {
        return;
    }
    if let Some(twist) = part {
        record.twists.entry(twist).or_insert(now_ms);
        return;
    }
    if record.passed.is_none() {
        let hints = pass.hints as usize;
        record.passed = Some(pass);
        hints::fade(model, hints);
    }
}

/// So many other seeds were tried that it is certain whether the design holds, or all of them.
pub fn checked(model: &mut Model, passed: usize, asked: usize) {
    let now_ms = model.learning.now_ms;
    if model.doc.part().is_some() {
        return;
    }
    let Some(record) = record(model) else { return };
    let now = progress::Others { passed, asked };
    if record
        .others
        .is_none_or(|before| now.rank() > before.rank())
    {
        record.others = Some(now);
    }
    if record.holds() && record.review.is_none() {
        record.review = Some(Schedule::after_pass(now_ms));
    }
}

/// Another hint was opened.
pub fn hinted(model: &mut Model) {
    let level = model.hints as u32;
    if let Some(record) = record(model) {
        record.hints = record.hints.max(level);
    }
}

/// One of the runs beside the page is over.
pub fn run_over(model: &mut Model, run: u32, report: &Report) -> Vec<Effect> {
    match review::ran(model, run, report) {
        Some(effects) => effects,
        None => others::ran(model, run, report),
    }
}

/// One of them could not even be read.
pub fn refused(model: &mut Model, run: u32, findings: &[Diagnostic]) -> Vec<Effect> {
    let why = findings.first().map_or("", |it| it.message.as_str());
    if !review::refused(model, run, why) {
        others::refused(model, run);
    }
    Vec::new()
}

/// A worker has begun anew: what it had not answered is asked again.
pub fn again(model: &Model) -> Vec<Effect> {
    let mut effects = others::send(model);
    effects.extend(model.learning.review.iter().flat_map(review::send));
    effects
}
