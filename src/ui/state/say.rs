//! Sentences for the polite live region: only what changed, in plain words.

use crate::observe::report::Report;
use crate::worker::protocol::{News, NewsKind, State};

use super::debrief::{Went, went};
use super::model::Model;
use super::{names, states, words};

/// A screen reader is not interrupted more often than this.
const SAY_EVERY_MS: f64 = 3_000.0;

/// What the live region says. Events of a run are gathered; answers to a person come at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    pub text: String,
    last_ms: f64,
    waiting: Vec<String>,
}

impl Said {
    /// The answer to something a person did.
    pub fn answer(&mut self, text: impl Into<String>) {
        self.waiting.clear();
        self.text = text.into();
    }

    /// Something that happened by itself.
    pub fn event(&mut self, text: String) {
        // Who hears the last three is in the picture.
        if self.waiting.len() == 3 {
            self.waiting.remove(0);
        }
        self.waiting.push(text);
    }

    /// Says what has gathered, if it is time.
    pub fn flush(&mut self, wall_ms: f64) {
        if !self.waiting.is_empty() && wall_ms - self.last_ms >= SAY_EVERY_MS {
            self.last_ms = wall_ms;
            self.text = std::mem::take(&mut self.waiting).join(". ");
        }
    }
}

pub fn states(model: &Model, changed: &[(usize, State)]) -> String {
    let design = &model.doc.scenario.design;
    let plan = model.run.plan.as_ref();
    let mut parts: Vec<String> = changed
        .iter()
        .filter_map(|&(i, state)| {
            let key = plan?.nodes.get(i)?;
            Some(format!(
                "{} {}",
                names::of(design, key),
                states::word(state)
            ))
        })
        .collect();
    let users = &model.run.now.users;
    if users.answered > 0 {
        let share = users.served as f64 / users.answered as f64;
        parts.push(format!("{} served", words::percent(share)));
    }
    parts.join(", ")
}

/// One line of the event feed, without its time.
pub fn news(model: &Model, news: &News) -> String {
    let scenario = &model.doc.scenario;
    let entry = |i: &u32| scenario.timeline.get(*i as usize);
    match &news.what {
        NewsKind::FirstFailure {
            reason,
            action,
            attempt,
            ..
        } => format!(
            "First “{}”: action #{}, try {attempt}",
            words::reason(reason),
            words::count(*action)
        ),
        NewsKind::EntryBegan { entry: i } => {
            entry(i).map_or_else(String::new, |e| names::entry(scenario, e))
        }
        NewsKind::EntryEnded { entry: i } => {
            entry(i).map_or_else(String::new, |e| names::entry_over(scenario, e))
        }
        NewsKind::Alert { alert, fires } => {
            let name = super::pager::name(model, alert);
            let calls = scenario.design.watched("alert", alert);
            match fires {
                true if calls.is_some_and(super::pager::pages) => format!("{name}: page"),
                true => format!("{name}: ticket"),
                false => format!("{name}: over"),
            }
        }
        NewsKind::FirstVerdict { verdict, action } => {
            format!(
                "First {}: action #{}",
                words::reason(verdict),
                words::count(*action)
            )
        }
    }
}

pub fn verdict(report: &Report) -> String {
    let held = report.goals.iter().filter(|g| g.holds).count();
    let all = report.goals.len();
    match went(report) {
        Went::Passed => format!("The run is over: passed, {held} of {all} goals hold."),
        Went::NotPassed => format!("The run is over: not passed, {held} of {all} goals hold."),
        Went::Over => "The run is over.".to_owned(),
        Went::Stopped => "A limit has stopped the run.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_gathered_and_answers_come_at_once() {
        let mut said = Said::default();
        said.event("catalogue strained".into());
        said.flush(5_000.0);
        assert_eq!(said.text, "catalogue strained");
        said.event("catalogue failing".into());
        said.event("first timeout".into());
        said.flush(6_000.0);
        assert_eq!(said.text, "catalogue strained");
        said.flush(8_000.0);
        assert_eq!(said.text, "catalogue failing. first timeout");
        said.answer("Paused at 31.3 s");
        assert_eq!(said.text, "Paused at 31.3 s");
    }
}
