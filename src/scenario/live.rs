//! Changing what happens while it happens. An action of somebody who watches a run becomes an entry of the
//! timeline in the text, at the next instant of the run; the run goes on as one of the new text, and a
//! fresh run of that text comes out the same, bit for bit (docs/semantics.md 15).
//!
//! ```
//! use brownout::scenario::{Scenario, live};
//! use brownout::time::Duration;
//! let text = "format = 1\n[run]\nduration = \"60 s\"\n[clients.users]\nrate = \"9 rps\"\n\
//!             [service.shop]\n[link.visit]\nfrom = \"users\"\nto = \"shop\"\ntimeout = \"1 s\"\n";
//! let now = Duration::from_secs(20);
//! let crashed = live::add(text, now, "crash", &[("target", "shop")]).unwrap();
//! let over = live::end(&crashed, 0, Duration::from_secs(25)).unwrap();
//! let (before, after) = (Scenario::parse(&crashed).unwrap(), Scenario::parse(&over).unwrap());
//! assert_eq!(after.timeline[0].lasts(), Some(Duration::from_secs(5)));
//! assert!(live::goes_on(&before, &after, Duration::from_secs(25)).is_ok());
//! assert!(live::goes_on(&before, &after, Duration::from_secs(26)).is_err(), "it is too late for that");
//! ```

use serde::{Deserialize, Serialize};

use super::edit::{finding, line_end, not_here, splice_entry, valid, written_field};
use super::names::suggest;
use super::{Scenario, code};
use crate::design::diagnostic::{Diagnostic, Severity};
use crate::design::registry::{self, can_be_ended};
use crate::design::value::{ValueError, cut};
use crate::design::{Knobs, TimelineEntry};
use crate::time::Duration;

/// What somebody does to a run that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Something begins: [`add`].
    Add {
        what: String,
        fields: Vec<(String, String)>,
    },
    /// The entry of the timeline with this number (from 0) ends: [`end`].
    End { number: usize },
    /// A knob has another value: [`tune`].
    Tune { path: String, value: String },
}

impl Act {
    /// The text with what was done at this instant.
    ///
    /// # Errors
    /// As of what it is.
    pub fn apply(&self, text: &str, at: Duration) -> Result<String, Vec<Diagnostic>> {
        match self {
            Act::Add { what, fields } => add(text, at, what, fields),
            Act::End { number } => end(text, *number, at),
            Act::Tune { path, value } => tune(text, at, path, value),
        }
    }
}

/// The text with one more entry at the end of its timeline, which begins at this instant. Fields are
/// written as in a file; the result is a valid scenario.
///
/// # Errors
/// What is wrong with the entry; findings have no place, for they are not about the text.
pub fn add<P: AsRef<str>, V: AsRef<str>>(
    text: &str,
    at: Duration,
    what: &str,
    fields: &[(P, V)],
) -> Result<String, Vec<Diagnostic>> {
    let Some(kind) = registry::timeline_kind(what) else {
        let names = registry::timeline_kinds().map(|kind| kind.name);
        let error = ValueError {
            message: format!("nothing is called `{}`", cut(what)),
            help: Some(suggest(what, names, "what can happen")),
        };
        return Err(vec![finding(code::BAD_VALUE, "what", error)]);
    };
    let end = line_end(text);
    let mut changed = format!(
        "{}{end}{end}[[timeline]]{end}what = \"{}\"{end}at = \"{at}\"{end}",
        text.trim_end(),
        kind.name
    );
    for (field, written) in fields {
        let (field, written) = (field.as_ref(), written.as_ref());
        let value = written_field(kind, field, written).map_err(|finding| vec![*finding])?;
        changed.push_str(&format!("{field} = {value}{end}"));
    }
    let before = valid(text)?;
    if at >= before.run.duration {
        let message = format!(
            "nothing begins at {at}: the run lasts {}",
            before.run.duration
        );
        return Err(vec![*too_late(message)]);
    }
    let count = before.timeline.len();
    match valid(&changed) {
        Ok(scenario) if scenario.timeline.len() == count + 1 => Ok(changed),
        Ok(_) => Err(vec![not_here("timeline")]),
        Err(findings) => Err(findings),
    }
}

/// The text with another value for a knob from this instant on.
///
/// # Errors
/// As of [`add`]; also for a knob that counts only from the start of a run.
pub fn tune(
    text: &str,
    at: Duration,
    path: &str,
    written: &str,
) -> Result<String, Vec<Diagnostic>> {
    add(text, at, "config", &[("target", path), ("value", written)])
}

/// The text in which the entry with this number (from 0) ends at this instant.
///
/// # Errors
/// If there is no such entry, it has not begun, or is over by itself.
pub fn end(text: &str, number: usize, at: Duration) -> Result<String, Vec<Diagnostic>> {
    let scenario = valid(text)?;
    let path = format!("timeline.{}", number + 1);
    let refuse = |message: String, help: &str| {
        let help = Some(help.to_owned());
        Err(vec![finding(
            code::NOT_LIVE,
            &path,
            ValueError { message, help },
        )])
    };
    let Some(entry) = scenario.timeline.get(number) else {
        let count = scenario.timeline.len();
        return refuse(
            format!("the timeline has no entry {}", number + 1),
            &format!("it has {count}"),
        );
    };
    if !can_be_ended(entry.what) {
        let message = format!("`{}` is over by itself", entry.what.name);
        return refuse(message, "add an entry that undoes it");
    }
    if entry.begins() >= at {
        let message = format!("it has not begun at {at}");
        return refuse(message, "take it out of the timeline instead");
    }
    let lasts = Duration(at.0 - entry.begins().0).to_string();
    let changed = splice_entry(text, number, "lasts", &format!("\"{lasts}\""));
    let Some(changed) = changed else {
        return Err(vec![not_here(&path)]);
    };
    valid(&changed)?;
    Ok(changed)
}

/// For what comes after the end.
pub fn too_late(message: String) -> Box<Diagnostic> {
    let help = Some("begin another run".to_owned());
    Box::new(finding(code::NOT_LIVE, "run", ValueError { message, help }))
}

/// Whether a run of one scenario, before this instant, can go on as one of the other: up to there they
/// are the same.
///
/// # Errors
/// What a run under way cannot take, and what to do instead.
pub fn goes_on(before: &Scenario, after: &Scenario, next: Duration) -> Result<(), Box<Diagnostic>> {
    let refuse = |path: &str, message: String, help: &str| {
        Err(Box::new(Diagnostic {
            code: code::NOT_LIVE,
            severity: Severity::Error,
            path: path.to_owned(),
            place: None,
            message,
            help: Some(help.to_owned()),
            knob: None,
        }))
    };
    if before.run != after.run || before.goals != after.goals || before.claims != after.claims {
        let message = "the length of a run, its goals and claims cannot change while it goes on";
        return refuse("run", message.to_owned(), "begin another run");
    }
    if before.design.undrawn() != after.design.undrawn() {
        let message = "the design a run began with cannot change while it goes on";
        let help = "change a knob by an entry `config`, or begin another run";
        return refuse("design", message.to_owned(), help);
    }
    let count = before.timeline.len().max(after.timeline.len());
    for i in 0..count {
        let past = |scenario: &Scenario| scenario.timeline.get(i).and_then(|e| past(e, next));
        if past(before) != past(after) {
            let message = format!("what has happened before {next} cannot change");
            let help = "let an entry begin or end later, or begin another run";
            return refuse(&format!("timeline.{}", i + 1), message, help);
        }
    }
    Ok(())
}

/// What of an entry cannot change any more: nothing if it has not begun; how it ends if it has ended, or
/// if that is known from its beginning.
fn past(entry: &TimelineEntry, next: Duration) -> Option<(&'static str, Knobs, Option<Duration>)> {
    if entry.begins() >= next {
        return None;
    }
    let mut knobs = entry.knobs.clone();
    if !can_be_ended(entry.what) {
        return Some((entry.what.name, knobs, None));
    }
    knobs.remove("lasts");
    let ends = entry.lasts().map(|lasts| entry.begins() + lasts);
    Some((entry.what.name, knobs, ends.filter(|&ends| ends < next)))
}
