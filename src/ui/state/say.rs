//! Sentences for the polite live region: only what changed, in plain words.

use crate::observe::report::Report;
use crate::worker::protocol::{News, NewsKind, State};

use super::model::Model;
use super::{names, states, words};

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
    if report.passed {
        format!("The run is over: passed, {held} of {all} goals hold.")
    } else {
        format!("The run is over: not passed, {held} of {all} goals hold.")
    }
}
