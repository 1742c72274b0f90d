//! The runs of a design document: a quiet day, each node down once, and more and more load.

use super::recipe::entry;
use super::runs::Part;
use super::{Book, Growth, Recipe, Wanted};
use crate::design::registry::{Target, target_of, timeline_kind};
use crate::design::value;
use crate::experiment::growth::{self, MOST};
use crate::scenario::{Scenario, edit};
use crate::time::{Duration, NS_PER_MS, NS_PER_S};

/// Nodes that are crashed, one run each; further ones are named.
pub const CRASHES_MAX: usize = 24;

/// Part of the measured time after which a node goes down, and for which it stays so.
const AFTER: u64 = 4;
const FOR: u64 = 4;

/// Actions at the design's own load that a run of the search is to have, and at its largest.
const ACTIONS: f64 = 2_000.0;
const ACTIONS_MOST: f64 = 200_000.0;
/// Seconds of the measured part that it has at least.
const SHORTEST_S: f64 = 30.0;

/// Entries of the timeline that are incidents, by number: all but the usual course of the traffic.
pub fn incidents(scenario: &Scenario) -> Vec<usize> {
    let all = scenario.timeline.iter().enumerate();
    let all = all.filter(|(_, entry)| entry.what.name != "traffic_curve");
    all.map(|(number, _)| number).collect()
}

/// A day without incidents. A timeline that cannot be taken out of its file stays.
fn quiet(book: &Book) -> Recipe {
    let recipe = Recipe {
        without: incidents(&book.scenario),
        ..Recipe::default()
    };
    match recipe.scenario(&book.asked.text) {
        Ok(_) => recipe,
        Err(_) => Recipe::default(),
    }
}

/// Nodes that can go down, in the order of the drawing.
pub fn dependencies(scenario: &Scenario) -> Vec<&str> {
    let crash = timeline_kind("crash").expect("an entry of the registry");
    let Target::Node(kinds) = target_of(crash) else {
        return Vec::new();
    };
    let nodes = scenario.design.nodes.iter();
    let nodes = nodes.filter(|node| kinds.contains(&node.kind.name));
    nodes.map(|node| node.key.as_str()).collect()
}

/// The quiet day, if there is another one, and one crash of each node in it.
pub fn crashes(book: &Book) -> Vec<Wanted> {
    let quiet = quiet(book);
    let mut wanted = Vec::new();
    if quiet != Recipe::default() {
        wanted.push(Wanted {
            part: Part::Quiet,
            what: "a quiet day: without the incidents of the timeline".to_owned(),
            recipe: quiet.clone(),
        });
    }
    let (from, to) = book.scenario.run.measure;
    let length = to.0.saturating_sub(from.0);
    // Whole milliseconds read better.
    let whole = |ns: u64| Duration((ns / NS_PER_MS).max(1) * NS_PER_MS);
    let (at, lasts) = (whole(from.0 + length / AFTER), whole(length / FOR));
    for node in dependencies(&book.scenario).into_iter().take(CRASHES_MAX) {
        let fields = [
            ("target", node.to_owned()),
            ("at", at.to_string()),
            ("lasts", lasts.to_string()),
        ];
        wanted.push(Wanted {
            part: Part::Crash(node.to_owned()),
            what: format!("`{node}` is down from {at} on, for {lasts}"),
            recipe: Recipe {
                add: entry("crash", &fields),
                ..quiet.clone()
            },
        });
    }
    wanted
}

/// A search for the load at which the design fails; `None` if nothing in it brings load that can grow.
pub fn growth(book: &Book) -> Option<Growth> {
    if growth::knobs(&book.scenario, 1.0).is_empty() {
        return None;
    }
    let report = &book.quiet().report;
    let (from, to) = report.measure_ns;
    let seconds = to.saturating_sub(from) as f64 / NS_PER_S as f64;
    let per_s = report.users.actions as f64 / seconds.max(0.001);
    if report.users.actions == 0 {
        return None;
    }
    let mut recipe = quiet(book);
    let start = book.scenario.run.measure.0;
    let needed = (ACTIONS / per_s).max(SHORTEST_S).ceil();
    let end = Duration(start.0.saturating_add((needed * NS_PER_S as f64) as u64));
    if end < book.scenario.run.duration {
        recipe.until = Some(end);
    }
    let end = end.min(book.scenario.run.duration);
    let own = per_s * end.as_secs_f64();
    let most = (ACTIONS_MOST / own.max(1.0)).clamp(1.0, MOST);
    Some(Growth {
        search: growth::Search::up_to(most),
        recipe,
    })
}

/// The run of the search with this load; `None` if it cannot be written down.
pub fn with_load(book: &Book, recipe: &Recipe, load: f64) -> Option<Wanted> {
    let mut recipe = recipe.clone();
    for (path, value) in growth::knobs(&book.scenario, load) {
        let knob = edit::knob_at(&book.scenario, &path).ok()?;
        recipe.set.push((path, value::print(&value, knob.spec)));
    }
    let hundredths = (load * 100.0).round() as u64;
    let times = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    Some(Wanted {
        part: Part::Load(load),
        what: format!("{times} times the load, on a quiet day"),
        recipe,
    })
}
