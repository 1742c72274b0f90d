//! What was passed is asked again two, seven and twenty-one days later: what will this change do? The answer is a
//! run of it, made then.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::super::model::{Dialog, Model};
use super::super::update::Effect;
use super::{GoalShown, Shown, catalogue};
use crate::observe::report::Report;
use crate::scenario::{Asks, Metric, ReviewItem, Scenario, Variant, built_in, edit};
use crate::worker::protocol::Command;

/// After the pass, if every answer is right and in time.
pub const DAYS: [u64; 3] = [2, 7, 21];
pub const DAY_MS: u64 = 86_400_000;
/// Below this part of the value nobody would call it more or less.
const SAME: f64 = 0.05;

/// When a scenario is asked about next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// How many of the three have been answered rightly.
    pub stage: usize,
    pub due_ms: u64,
    /// When it was last changed.
    pub at_ms: u64,
    #[serde(default)]
    pub right: u32,
    #[serde(default)]
    pub wrong: u32,
}

impl Schedule {
    pub fn after_pass(now_ms: u64) -> Schedule {
        Schedule {
            due_ms: now_ms + DAYS[0] * DAY_MS,
            at_ms: now_ms,
            ..Schedule::default()
        }
    }

    pub fn is_due(&self, now_ms: u64) -> bool {
        !self.is_done() && self.due_ms <= now_ms
    }

    pub fn is_done(&self) -> bool {
        self.stage >= DAYS.len()
    }

    /// A right answer moves on by the days between two reviews; a wrong one comes back the next day.
    pub fn answered(&mut self, right: bool, now_ms: u64) {
        self.at_ms = now_ms;
        if !right {
            self.wrong += 1;
            self.due_ms = now_ms + DAY_MS;
            return;
        }
        self.right += 1;
        self.stage += 1;
        if let Some(days) = DAYS.get(self.stage) {
            self.due_ms = now_ms + (days - DAYS[self.stage - 1]) * DAY_MS;
        }
    }
}

/// A review that is on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Reviewing {
    pub id: String,
    pub title: &'static str,
    pub question: String,
    /// "link.browse.attempts = 5", against the start of the lesson.
    pub changes: Vec<String>,
    /// Key and label.
    pub answers: Vec<(&'static str, &'static str)>,
    pub chosen: Option<&'static str>,
    pub outcome: Option<Outcome>,
    /// Why it could not be run.
    pub failed: Option<String>,
    because: String,
    asks: Asks,
    seed: u64,
    /// What to run: the change, and what it is compared with.
    texts: Vec<String>,
    reports: Vec<Option<Shown>>,
    first: u32,
}

/// What came of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub right: bool,
    /// The label of the answer that the run gave.
    pub actual: &'static str,
    /// What was measured.
    pub measured: Vec<String>,
    pub because: String,
    /// When it comes back; never if all three have been answered.
    pub due_ms: Option<u64>,
}

const YES_NO: &[(&str, &str)] = &[("yes", "Yes"), ("no", "No")];
const MORE_LESS: &[(&str, &str)] = &[
    ("more", "More than at the start"),
    ("same", "About the same"),
    ("less", "Less than at the start"),
];

/// Ids of scenarios whose review is due, the longest due first.
pub fn due(model: &Model) -> Vec<&'static str> {
    let (learning, now) = (&model.learning, model.learning.now_ms);
    let schedule = |id: &str| learning.progress.of(id)?.review;
    let mut all: Vec<(u64, &str)> = catalogue::all()
        .iter()
        .filter_map(|entry| {
            let schedule = schedule(entry.id).filter(|it| it.is_due(now))?;
            Some((schedule.due_ms, entry.id))
        })
        .collect();
    all.sort_unstable();
    all.into_iter().map(|(_, id)| id).collect()
}

/// Puts the next question about a scenario on the screen.
pub fn begin(model: &mut Model, id: &str) -> Vec<Effect> {
    model.dialog = Some(Dialog::Progress);
    let schedule = model.learning.progress.of(id).and_then(|it| it.review);
    let Some(schedule) = schedule.filter(|it| it.is_due(model.learning.now_ms)) else {
        return Vec::new();
    };
    model.learning.review = reviewing(id, schedule);
    vec![Effect::Focus("review")]
}

fn reviewing(id: &str, schedule: Schedule) -> Option<Reviewing> {
    let entry = catalogue::find(id)?;
    let text = built_in::text(id)?;
    let lesson = Scenario::parse(text).ok()?.lesson;
    let items: Vec<&ReviewItem> = lesson
        .review
        .iter()
        .filter(|it| it.asks.is_some())
        .collect();
    // Another one each time, also after a wrong answer to the one before.
    let asked = (schedule.right + schedule.wrong) as usize;
    let item = *items.get(asked % items.len().max(1))?;
    let asks = item.asks.clone()?;
    let variant = Variant {
        set: item.set.clone(),
        ..Variant::default()
    };
    // Tests read every item, so it fits.
    let changed = edit::variant(text, &variant).ok()?;
    let (answers, texts) = match &asks {
        Asks::Goals => (YES_NO, vec![changed]),
        Asks::Goal(_) => (MORE_LESS, vec![changed, text.to_owned()]),
    };
    let changes = item
        .set
        .iter()
        .map(|(path, value)| format!("{path} = {value}"));
    Some(Reviewing {
        id: id.to_owned(),
        title: entry.title,
        question: item.question.trim().to_owned(),
        changes: changes.collect(),
        answers: answers.to_vec(),
        chosen: None,
        outcome: None,
        failed: None,
        because: item.answer.trim().to_owned(),
        asks,
        // A run that nobody has seen: lessons begin with 1, and twenty others follow.
        seed: 101 + asked as u64,
        reports: vec![None; texts.len()],
        texts,
        first: 0,
    })
}

/// An answer is chosen; now it is run.
pub fn answer(model: &mut Model, key: &str) -> Vec<Effect> {
    let learning = &mut model.learning;
    let Some(review) = &mut learning.review else {
        return Vec::new();
    };
    let chosen = review.answers.iter().find(|(it, _)| *it == key);
    let (Some((key, _)), None) = (chosen, review.chosen) else {
        return Vec::new();
    };
    review.chosen = Some(key);
    review.first = learning.runs.take(review.texts.len());
    send(review)
}

/// What is not run yet.
pub fn send(review: &Reviewing) -> Vec<Effect> {
    if review.chosen.is_none() || review.outcome.is_some() {
        return Vec::new();
    }
    let jobs = review.texts.iter().zip(&review.reports).zip(review.first..);
    jobs.filter(|((_, report), _)| report.is_none())
        .map(|((text, _), run)| {
            Effect::Send(Command::Seeds {
                run,
                text: text.clone(),
                seeds: vec![review.seed],
            })
        })
        .collect()
}

/// One of its runs is over.
pub fn ran(model: &mut Model, run: u32, report: &Report) -> Option<Vec<Effect>> {
    let now_ms = model.learning.now_ms;
    let review = model.learning.review.as_mut()?;
    let nth = run.checked_sub(review.first)? as usize;
    if review.chosen.is_none() || review.first == 0 {
        return None;
    }
    *review.reports.get_mut(nth)? = Some(Shown::of(report));
    let reports: Option<Vec<&Shown>> = review.reports.iter().map(Option::as_ref).collect();
    let Some(reports) = reports.filter(|_| review.outcome.is_none()) else {
        return Some(Vec::new());
    };
    let (actual, measured) = judge(&review.asks, &reports);
    let right = review.chosen == Some(actual);
    let label = review.answers.iter().find(|(key, _)| *key == actual);
    let mut schedule = model
        .learning
        .progress
        .of(&review.id)
        .and_then(|it| it.review)?;
    schedule.answered(right, now_ms);
    review.outcome = Some(Outcome {
        right,
        actual: label.map_or("", |(_, label)| label),
        measured,
        because: review.because.clone(),
        due_ms: (!schedule.is_done()).then_some(schedule.due_ms),
    });
    let id = review.id.clone();
    if let Some(record) = model.learning.progress.scenarios.get_mut(&id) {
        record.review = Some(schedule);
    }
    model.said.answer(match right {
        true => "The run says so, too.",
        false => "The run went another way.",
    });
    Some(vec![Effect::Save, Effect::Focus("review-outcome")])
}

/// One of its runs could not be read. False if it is none of them.
pub fn refused(model: &mut Model, run: u32, why: &str) -> bool {
    let Some(review) = &mut model.learning.review else {
        return false;
    };
    let nth = run.checked_sub(review.first).map(|it| it as usize);
    let is_mine = review.first > 0 && nth.is_some_and(|it| it < review.texts.len());
    if is_mine {
        review.failed = Some(why.to_owned());
    }
    is_mine
}

/// Key of the answer that the runs give, and what they measured.
fn judge(asks: &Asks, reports: &[&Shown]) -> (&'static str, Vec<String>) {
    let Asks::Goal(key) = asks else {
        let run = reports[0];
        let shown = run.goals.iter().filter(|goal| run.passed || !goal.holds);
        let answer = if run.passed { "yes" } else { "no" };
        return (answer, shown.map(GoalShown::said).collect());
    };
    let goal = |report: &Shown| report.goals.iter().find(|it| it.key == *key).cloned();
    let (Some(now), Some(start)) = (goal(reports[0]), goal(reports[1])) else {
        return ("same", Vec::new());
    };
    let measured = vec![
        format!("With the change: {}", now.amount()),
        format!("At the start: {}", start.amount()),
    ];
    (compared(now.metric, now.measured, start.measured), measured)
}

/// What cannot be measured because nothing came counts as worse than anything.
fn compared(metric: Metric, now: Option<f64>, start: Option<f64>) -> &'static str {
    let worst = match metric {
        Metric::Served | Metric::Goodput => f64::NEG_INFINITY,
        _ => f64::INFINITY,
    };
    let (now, start) = (now.unwrap_or(worst), start.unwrap_or(worst));
    let apart = SAME * now.abs().max(start.abs());
    match () {
        () if now == start || (now - start).abs() <= apart => "same",
        () if now > start => "more",
        () => "less",
    }
}

/// The review that was due is put away.
pub fn close(model: &mut Model) -> Vec<Effect> {
    model.learning.review = None;
    vec![Effect::Focus("progress")]
}

/// The dates on which something is due, as a calendar file (RFC 5545). One event for each scenario that was passed.
pub fn calendar(model: &Model) -> String {
    let stamp = utc(model.learning.now_ms);
    let mut out = String::new();
    let mut line = |text: &str| fold(&mut out, text);
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line("PRODID:-//Brownout//Reviews//EN");
    for entry in catalogue::all() {
        let schedule = model
            .learning
            .progress
            .of(entry.id)
            .and_then(|it| it.review);
        let Some(schedule) = schedule.filter(|it| !it.is_done()) else {
            continue;
        };
        line("BEGIN:VEVENT");
        line(&format!("UID:{}-{}@brownout", entry.id, schedule.stage));
        line(&format!("DTSTAMP:{stamp}"));
        line(&format!("DTSTART:{}", utc(schedule.due_ms)));
        line("DURATION:PT5M");
        line(&format!(
            "SUMMARY:{}",
            escaped(&format!("Review: {}", entry.title))
        ));
        let text = format!(
            "Review {} of {}, a few minutes in Brownout.",
            schedule.stage + 1,
            DAYS.len()
        );
        line(&format!("DESCRIPTION:{}", escaped(&text)));
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, ',' | ';' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// At most 75 bytes in a line; what is longer goes on in the next, behind a space.
fn fold(out: &mut String, text: &str) {
    let mut length = 0;
    for c in text.chars() {
        if length + c.len_utf8() > 74 {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(c);
        length += c.len_utf8();
    }
    out.push_str("\r\n");
}

/// "20261130T081500Z"
fn utc(ms: u64) -> String {
    let (year, month, day) = date(ms);
    let seconds = ms / 1_000 % 86_400;
    let mut out = String::new();
    let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let _ = write!(out, "{year:04}{month:02}{day:02}T{h:02}{m:02}{s:02}Z");
    out
}

/// Year, month and day, in the calendar of civil time (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", civil_from_days).
pub fn date(ms: u64) -> (u64, u64, u64) {
    let days = ms / DAY_MS + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year + era * 400 + u64::from(month <= 2), month, day)
}
