//! What happened to single actions: who told whom what, and when, from the first request to the last
//! consequence. A second run of the same seed is watched for it, so nothing has to be kept of the others.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::words;
use crate::design::word::Word;
use crate::engine::attempt::{Attempt, CalleeSide, CallerSide, Intent, IntentId};
use crate::engine::program::Program;
use crate::engine::record::{Effect, Record, Told};
use crate::ledger::commits::Author;
use crate::ledger::diverged::Diverged;
use crate::ledger::reads::{ReadAt, TO_COME};
use crate::ledger::updates::{Decision, LostUpdate, Skew};
use crate::time::Time;

/// One line of a story.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Line {
    pub at_ns: u64,
    /// `asked`, `sent`, `answered`, `received`, `gave_up`, `lost`, `applied`, `undone`, `taken_back`, `told`, `over`, `stale`,
    /// `went_back`, `overwritten`, `overwrote`, `skewed`, `diverged`, `broken`,
    /// `completed`.
    pub what: Word,
    /// A sentence without a full stop.
    pub text: String,
}

/// Watches some actions, by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    stories: BTreeMap<u64, Vec<Line>>,
}

impl Witness {
    pub fn of(numbers: impl IntoIterator<Item = u64>) -> Witness {
        let stories = numbers.into_iter().map(|number| (number, Vec::new()));
        Witness {
            stories: stories.collect(),
        }
    }

    /// By the actions' numbers, each in order of time; what happened at one instant in the order in which
    /// it was noticed.
    pub fn stories(mut self) -> BTreeMap<u64, Vec<Line>> {
        for lines in self.stories.values_mut() {
            lines.sort_by_key(|line| line.at_ns);
        }
        self.stories
    }

    fn says(&mut self, intent: &Intent, at: Time, what: Word, text: String) {
        let lines = self.stories.entry(intent.number).or_default();
        lines.push(Line {
            at_ns: at.0,
            what,
            text,
        });
    }

    fn is_mine(&self, intent: &Intent) -> bool {
        !intent.is_internal && self.stories.contains_key(&intent.number)
    }
}

/// What was wrong with an answer.
pub fn wrong(program: &Program, read: &ReadAt) -> Line {
    let store = &program.nodes[read.store as usize].key;
    let mut text = match read.is_empty {
        true => format!("the column of the row in {store} is empty"),
        false => {
            let seen = numbered(read.version);
            format!("the answer is about {seen} of the row in {store}")
        }
    };
    if let Some(behind) = read.behind {
        let (newest, n) = (numbered(behind.newest), behind.versions);
        let _ = write!(
            text,
            ": {newest} was there when it was asked for ({n} newer; the first since {:.6} s)",
            behind.since.0 as f64 / 1e9
        );
    }
    if let Some(known) = read.known() {
        let known = match known {
            TO_COME => "one that has not come yet".to_owned(),
            version => numbered(version),
        };
        let _ = write!(text, ", and this user knew of {known}");
    }
    let what = match read.behind {
        Some(_) => "stale",
        None => "went_back",
    };
    Line {
        at_ns: read.at.0,
        what,
        text,
    }
}

/// The two sides of a lost update, each with its action if it has one: what was overwritten, and by whom.
pub fn overwritten(program: &Program, loss: &LostUpdate) -> [(Option<u64>, Line); 2] {
    let store = &program.nodes[loss.place as usize].key;
    let [lost, over, read] = [loss.lost.version, loss.over.version, loss.read].map(numbered);
    let (by, of) = (author(loss.over.by), author(loss.lost.by));
    let at_ns = loss.over.at.0;
    let line = |what, text| Line { at_ns, what, text };
    let its = format!("{by} overwrites it in {store}: {over}, computed from {read}, lacks {lost}");
    let their = format!("{over} in {store} is computed from {read}: {lost} of {of} is lost");
    [
        (loss.lost.by.number(), line("overwritten", its)),
        (loss.over.by.number(), line("overwrote", their)),
    ]
}

/// The two sides of a write skew.
pub fn skewed(program: &Program, skew: &Skew) -> [(Option<u64>, Line); 2] {
    let store = &program.nodes[skew.place as usize].key;
    let side = |mine: Decision, theirs: Decision| {
        let (seen, made) = (numbered(mine.seen), numbered(theirs.made.version));
        let (other, row) = (author(theirs.made.by), mine.other);
        let text = format!(
            "it is decided on {seen} of row {row:x} in {store}, of which {other} makes {made}"
        );
        let line = Line {
            at_ns: mine.made.at.0,
            what: "skewed",
            text,
        };
        (mine.made.by.number(), line)
    };
    [side(skew.first, skew.second), side(skew.second, skew.first)]
}

/// What a place has instead of a change, with the action that made the change.
pub fn diverged(program: &Program, d: &Diverged, at: Time) -> (Option<u64>, Line) {
    let key = |node: u16| &program.nodes[node as usize].key;
    let (version, has) = (numbered(d.version), numbered(d.has));
    let place = match program.nodes[d.place as usize].instances {
        1 => key(d.place).clone(),
        _ => format!("{} #{}", key(d.place), d.at),
    };
    let store = key(d.source);
    let text =
        format!("after all has come to rest, {place} has {has} of it, and {store} {version}");
    let line = Line {
        at_ns: at.0,
        what: "diverged",
        text,
    };
    (d.made.and_then(|made| made.by.number()), line)
}

fn author(by: Author) -> String {
    match by.number() {
        Some(number) => format!("action {number}"),
        None => "a job".to_owned(),
    }
}

/// What a user was told.
pub fn told(told: Told) -> String {
    match told {
        Told::Served => "done".to_owned(),
        Told::Degraded => "done, with less than was asked for".to_owned(),
        Told::Failed(reason) => format!("failed ({})", words::of_reason(reason.code())),
        Told::Abandoned => "nothing: the user had gone".to_owned(),
    }
}

fn version(effect: &Effect) -> String {
    match effect.version {
        0 => String::new(),
        version => format!(", {}", numbered(version)),
    }
}

/// Rows of different leaders have versions of their own.
pub fn numbered(version: u64) -> String {
    match (version >> 40, version & ((1 << 40) - 1)) {
        (0, count) => format!("version {count}"),
        (term, count) => format!("version {count} of leader {}", term + 1),
    }
}

impl Record for Witness {
    fn born(&mut self, program: &Program, _: IntentId, intent: &Intent) {
        if self.is_mine(intent) {
            let operation = &program.operations[intent.operation as usize].key;
            let user = &program.nodes[intent.clients as usize].key;
            let item = intent.item;
            self.says(
                intent,
                intent.born,
                "asked",
                format!("a user at {user} wants `{operation}` done, about item {item:x}"),
            );
        }
    }

    fn attempt_over(
        &mut self,
        program: &Program,
        _: Time,
        _: IntentId,
        intent: &Intent,
        attempt: &Attempt,
    ) {
        if !self.is_mine(intent) {
            return;
        }
        let link = &program.links[attempt.link as usize];
        let from = &program.nodes[link.from as usize].key;
        let to = &program.nodes[attempt.node as usize].key;
        let to = match program.nodes[attempt.node as usize].instances {
            1 => to.clone(),
            _ => format!("{to} #{}", attempt.instance),
        };
        let (key, number) = (&link.key, attempt.number);
        if attempt.sent != Time::NEVER {
            let text = format!("{from} asks {to} over `{key}`, try {number}");
            self.says(intent, attempt.sent, "sent", text);
        }
        match attempt.callee {
            CalleeSide::Lost => {
                let text = format!("the request of try {number} is lost on the way to {to}");
                self.says(intent, attempt.sent, "lost", text);
            }
            CalleeSide::Refused(reason) => {
                let why = words::of_reason(reason.code());
                let text = format!("{to} turns try {number} away: {why}");
                self.says(intent, attempt.arrived, "answered", text);
            }
            CalleeSide::Replied => {
                self.says(
                    intent,
                    attempt.left,
                    "answered",
                    format!("{to} is done with try {number}"),
                );
            }
            CalleeSide::Error => {
                let text = format!("{to} answers try {number} with an error");
                self.says(intent, attempt.left, "answered", text);
            }
            CalleeSide::Crashed => {
                self.says(
                    intent,
                    attempt.left,
                    "answered",
                    format!("{to} crashes while it has try {number}"),
                );
            }
            CalleeSide::Cancelled => {
                let at = if attempt.left == Time::NEVER {
                    attempt.ended
                } else {
                    attempt.left
                };
                self.says(
                    intent,
                    at,
                    "answered",
                    format!("{to} stops work on try {number}"),
                );
            }
            _ => {}
        }
        match attempt.caller {
            CallerSide::Succeeded => {
                self.says(
                    intent,
                    attempt.ended,
                    "received",
                    format!("{from} has the answer to try {number}"),
                );
            }
            CallerSide::Failed(reason) => {
                let why = words::of_reason(reason.code());
                let text = format!("{from} counts try {number} as failed: {why}");
                self.says(intent, attempt.ended, "gave_up", text);
            }
            _ => {}
        }
    }

    fn effect(
        &mut self,
        program: &Program,
        now: Time,
        _: IntentId,
        intent: &Intent,
        effect: Effect,
    ) {
        if let Some(undoes) = effect.undoes
            && let Some(lines) = self.stories.get_mut(&undoes.action)
        {
            let node = &program.nodes[effect.node as usize].key;
            let operation = &program.operations[intent.operation as usize].key;
            let of = undoes.attempt;
            lines.push(Line {
                at_ns: now.0,
                what: "taken_back",
                text: format!("`{operation}` takes back at {node} what try {of} had left"),
            });
        }
        if let Some(completes) = effect.completes
            && let Some(lines) = self.stories.get_mut(&completes.action)
        {
            let node = &program.nodes[effect.node as usize].key;
            let operation = &program.operations[intent.operation as usize].key;
            let version = version(&effect);
            lines.push(Line {
                at_ns: now.0,
                what: "completed",
                text: format!("`{operation}` makes at {node} what was missing there{version}"),
            });
        }
        if self.is_mine(intent) {
            let node = &program.nodes[effect.node as usize].key;
            let (try_, version) = (effect.attempt, version(&effect));
            let promised = match effect.promised {
                Some(_) => "",
                None => ", which nobody was promised",
            };
            self.says(
                intent,
                now,
                "applied",
                format!("{node} applies it for try {try_}{version}{promised}"),
            );
        }
    }

    fn undone(
        &mut self,
        program: &Program,
        now: Time,
        _: IntentId,
        intent: &Intent,
        effect: Effect,
    ) {
        let whose = match effect.completes {
            Some(completes) => completes.action,
            None if intent.is_internal => return,
            None => intent.number,
        };
        if let Some(lines) = self.stories.get_mut(&whose) {
            let node = &program.nodes[effect.node as usize].key;
            let version = version(&effect);
            let at = &program.nodes[effect.node as usize];
            // Without other copies nothing is lost but by going back to a snapshot, or with a column.
            let why = match at.has_copies {
                true => "the copy that leads now never had it",
                false if at.has_columns => "it stands in no column any more",
                false => "it has gone back to a backup that does not have it",
            };
            let text = format!("{node} loses it{version}: {why}");
            lines.push(Line {
                at_ns: now.0,
                what: "undone",
                text,
            });
        }
    }

    fn told(&mut self, _: &Program, now: Time, _: IntentId, intent: &Intent, what: Told) {
        if self.is_mine(intent) {
            self.says(
                intent,
                now,
                "told",
                format!("the user is told: {}", told(what)),
            );
        }
    }

    fn retired(&mut self, _: &Program, now: Time, _: IntentId, intent: &Intent) {
        if self.is_mine(intent) {
            let text = "nothing can happen to it any more".to_owned();
            self.says(intent, now, "over", text);
        }
    }
}
