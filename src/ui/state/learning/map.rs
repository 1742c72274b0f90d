//! The lessons as a map: by track, with what comes before each, what is done, due, begun, and what to do next.

use super::super::model::Model;
use super::super::words;
use super::{Learning, catalogue};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Due,
    Done,
    Begun,
    New,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Due => "due for review",
            State::Done => "done",
            State::Begun => "begun",
            State::New => "not begun",
        }
    }

    /// Tells them apart without colour.
    pub fn mark(self) -> &'static str {
        match self {
            State::Due => "↻",
            State::Done => "✓",
            State::Begun => "◐",
            State::New => "○",
        }
    }

    /// For a data attribute.
    pub fn key(self) -> &'static str {
        match self {
            State::Due => "due",
            State::Done => "done",
            State::Begun => "begun",
            State::New => "new",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: &'static str,
    pub title: &'static str,
    pub state: State,
    /// The one to do next.
    pub next: bool,
    pub minutes: u32,
    /// Titles of what is better known before, and whether it is done.
    pub before: Vec<(&'static str, bool)>,
    /// What was done, in a few words.
    pub done: String,
}

/// How the rule for what is next is told.
pub const RULE: &str = "Next is what has all that comes before it done; of these, the lowest level; of these, the first in the list.";

/// Tracks in the order of their levels, each with its lessons.
pub fn tracks(model: &Model) -> Vec<(&'static str, Vec<Row>)> {
    let next = next(&model.learning);
    let mut entries: Vec<&catalogue::Entry> = catalogue::all().iter().collect();
    entries.sort_by_key(|entry| (entry.level, entry.track, entry.id));
    let mut tracks: Vec<(&'static str, Vec<Row>)> = Vec::new();
    for entry in entries {
        let row = row(&model.learning, entry, next == Some(entry.id));
        match tracks.last_mut() {
            Some((track, rows)) if *track == entry.track => rows.push(row),
            _ => tracks.push((entry.track, vec![row])),
        }
    }
    tracks
}

fn row(learning: &Learning, entry: &catalogue::Entry, next: bool) -> Row {
    let before = entry.prerequisites.iter().filter_map(|id| {
        let before = catalogue::find(id)?;
        Some((before.title, learning.has_passed(id)))
    });
    Row {
        id: entry.id,
        title: entry.title,
        state: state(learning, entry.id),
        next,
        minutes: entry.minutes,
        before: before.collect(),
        done: done(learning, entry.id),
    }
}

fn state(learning: &Learning, id: &str) -> State {
    let Some(record) = learning.progress.of(id) else {
        return State::New;
    };
    let due = record.review.is_some_and(|it| it.is_due(learning.now_ms));
    match () {
        () if due => State::Due,
        () if record.holds() => State::Done,
        () if record.runs > 0 => State::Begun,
        () => State::New,
    }
}

/// What was done with it.
fn done(learning: &Learning, id: &str) -> String {
    let Some(record) = learning.progress.of(id) else {
        return String::new();
    };
    let mut parts = Vec::new();
    if record.runs > 0 {
        parts.push(match record.runs {
            1 => "1 run".to_owned(),
            n => format!("{n} runs"),
        });
    }
    if let Some(pass) = &record.passed {
        parts.push(match record.others {
            Some(others) => format!(
                "passed on {} of {} other seeds",
                others.passed, others.asked
            ),
            None => format!("passed on seed {}; others were not tried", pass.seed),
        });
        parts.push(format!("{}/h", words::money(pass.cost_micro)));
        if pass.hints > 0 {
            parts.push(format!("with hint {}", pass.hints));
        }
    } else if record.hints > 0 {
        parts.push(format!("hint {} opened", record.hints));
    }
    if !record.twists.is_empty() {
        parts.push("part two passed".to_owned());
    }
    parts.join(", ")
}

/// See [`RULE`].
pub fn next(learning: &Learning) -> Option<&'static str> {
    let open = catalogue::all().iter().filter(|entry| {
        let mut before = entry.prerequisites.iter();
        !learning.has_passed(entry.id) && before.all(|id| learning.has_passed(id))
    });
    let first = open.min_by_key(|entry| (entry.level, entry.id));
    first.map(|entry| entry.id)
}

/// Predictions over time: how many were right up to each, and in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Accuracy {
    /// After each prediction, the share of all up to it that were right.
    pub shares: Vec<f64>,
    pub says: String,
}

/// Few tell more than one number; so many are "the last".
const LAST: usize = 5;

pub fn accuracy(learning: &Learning) -> Option<Accuracy> {
    let all = learning.progress.predictions();
    if all.is_empty() {
        return None;
    }
    let right = |some: &[bool]| some.iter().filter(|it| **it).count();
    let shares = (1..=all.len()).map(|n| right(&all[..n]) as f64 / n as f64);
    let mut says = format!("{} of {} predictions were right.", right(&all), all.len());
    if all.len() >= 2 * LAST {
        let (before, last) = all.split_at(all.len() - LAST);
        let before = &before[before.len() - LAST..];
        says.push_str(&format!(
            " Of the last {LAST}, {}; of the {LAST} before, {}.",
            right(last),
            right(before)
        ));
    }
    Some(Accuracy {
        shares: shares.collect(),
        says,
    })
}
