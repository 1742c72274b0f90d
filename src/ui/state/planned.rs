//! What was planned, said after what was found: whether both are the same.

use crate::design::TimelineEntry;
use crate::explain::{Finding, Mechanism};

use super::model::Model;
use super::{names, words};

/// What was planned for the place that was found, at the time; or else what was planned at all. `None` if
/// nothing was found, for there is nothing to compare.
pub fn line(model: &Model) -> Option<String> {
    let found = model.run.found.as_ref()?;
    found.what.harm.as_ref()?;
    let scenario = &model.doc.scenario;
    let said = |entry: &TimelineEntry| {
        let at = words::seconds_short(entry.begins().0);
        format!("{}, at {at}", names::entry(scenario, entry))
    };
    let Some(culprit) = &found.what.culprit else {
        return Some(match scenario.timeline.as_slice() {
            [] => "Nothing was planned: it came from the design and its traffic.".into(),
            entries => format!("What was planned: {}.", list(entries.iter().map(said))),
        });
    };
    let same = scenario.timeline.iter();
    let mut same = same.filter(|entry| is_it(model, entry, culprit)).peekable();
    Some(match (same.peek(), scenario.timeline.as_slice()) {
        (Some(_), _) => format!("Planned was just that: {}.", list(same.map(said))),
        (None, []) => "Nothing was planned: it came from the design and its traffic.".into(),
        (None, entries) => format!(
            "Planned was something else: {}.",
            list(entries.iter().map(said))
        ),
    })
}

/// The first two, and how many more.
fn list(mut all: impl Iterator<Item = String>) -> String {
    let first: Vec<String> = all.by_ref().take(2).collect();
    match all.count() {
        0 => first.join("; "),
        more => format!("{}; and {more} more", first.join("; ")),
    }
}

/// It happened to what was found, and not after it.
fn is_it(model: &Model, entry: &TimelineEntry, it: &Finding) -> bool {
    let ends = entry.ends_within(model.doc.scenario.run.duration).0;
    // What is found is found in windows.
    let late = model.duration_ns() / 30;
    let in_time = entry.begins().0 <= it.from_ns + late && it.from_ns <= ends + late;
    let is_traffic = it.mechanism == Mechanism::MoreTraffic;
    in_time
        && match entry.target() {
            // Of a knob that is changed, the node is in the middle of its path.
            Some(target) => target.split('.').any(|part| part == it.component.key()),
            None => is_traffic,
        }
}
