//! A run and its twin: the same seed, one difference, side by side through time. Nothing is kept of what is the
//! same in both; neither world knows of the other.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::compile;
use crate::design::TimelineEntry;
use crate::design::diagnostic::{Diagnostic, Severity};
use crate::design::nearest::nearest;
use crate::design::value::{self, cut};
use crate::engine::core::Stop;
use crate::engine::world::Phase;
use crate::engine::{Limits, Run};
use crate::observe::report::Report;
use crate::observe::twin::{self, Comparison, Places, Planned, Twin};
use crate::observe::{Recorder, summary};
use crate::scenario::draw::Edit;
use crate::scenario::{Scenario, code, edit};
use crate::time::{Duration, NS_PER_MS, Time};

/// In which one thing the twin differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The entry of the timeline with this number (from 0) is left out.
    Without(usize),
    /// A knob has another value.
    Set { path: String, value: String },
    /// Another text altogether; what people call it.
    With { text: String, name: String },
}

impl Difference {
    /// The twin's text.
    ///
    /// # Errors
    /// What is wrong with the difference, or with the other text.
    pub fn apply(&self, text: &str) -> Result<String, Vec<Diagnostic>> {
        match self {
            Difference::Without(number) => Edit::RemoveEntry { number: *number }.apply(text),
            Difference::Set { path, value } => edit::apply(text, &[(path, value)]),
            Difference::With { text, .. } => Ok(text.clone()),
        }
    }

    /// In a sentence, and when it begins.
    pub fn says(&self, scenario: &Scenario) -> Planned {
        match self {
            Difference::Without(number) => {
                let entry = scenario.timeline.get(*number);
                let (name, at) = match entry {
                    Some(entry) => (called(entry), entry.begins()),
                    None => (format!("entry {}", number + 1), Duration(0)),
                };
                Planned {
                    text: format!("Only in this run, from {at} on: {name}."),
                    at_ns: Some(at.0),
                }
            }
            Difference::Set { path, value } => {
                let now = edit::knob_at(scenario, path).ok();
                let now =
                    now.map(|knob| format!(" instead of {}", value::print(&knob.value, knob.spec)));
                let now = now.unwrap_or_default();
                Planned {
                    text: format!("The twin has {path} = {value}{now}."),
                    at_ns: None,
                }
            }
            Difference::With { name, .. } => Planned {
                text: format!("The twin is {name}."),
                at_ns: None,
            },
        }
    }
}

/// "slow catalogue"
pub fn called(entry: &TimelineEntry) -> String {
    match entry.target() {
        Some(target) => format!("{} {target}", entry.what.name),
        None => entry.what.name.to_owned(),
    }
}

/// The entry that somebody means: by its number from 1, by what it is, by what it happens to, or by both with a dot
/// between: `2`, `slow`, `catalogue`, `slow.catalogue`.
///
/// # Errors
/// If there is none, or more than one.
pub fn entry(scenario: &Scenario, wanted: &str) -> Result<usize, Box<Diagnostic>> {
    let entries = &scenario.timeline;
    if let Ok(number) = wanted.parse::<usize>()
        && (1..=entries.len()).contains(&number)
    {
        return Ok(number - 1);
    }
    let names = |entry: &TimelineEntry| {
        let mut names = vec![entry.what.name.to_owned()];
        if let Some(target) = entry.target() {
            names.push(target.to_owned());
            names.push(format!("{}.{target}", entry.what.name));
        }
        names
    };
    let found: Vec<usize> = (0..entries.len())
        .filter(|&i| names(&entries[i]).iter().any(|name| name == wanted))
        .collect();
    let listed = |numbers: &mut dyn Iterator<Item = usize>| {
        let all = numbers.map(|i| {
            let entry = &entries[i];
            format!("{} ({} at {})", i + 1, called(entry), entry.begins())
        });
        all.collect::<Vec<_>>().join(", ")
    };
    let shown = cut(wanted);
    let (message, help) = match found.as_slice() {
        [one] => return Ok(*one),
        [] if entries.is_empty() => (
            format!("there is no entry `{shown}`"),
            "the timeline is empty: nothing can be left out".to_owned(),
        ),
        [] => {
            let all: Vec<String> = entries.iter().flat_map(names).collect();
            let near = nearest(wanted, all.iter().map(String::as_str));
            let near = near.map_or(String::new(), |name| format!("did you mean `{name}`? "));
            let listed = listed(&mut (0..entries.len()));
            (
                format!("there is no entry `{shown}` in the timeline"),
                format!("{near}entries: {listed}"),
            )
        }
        several => (
            format!("`{shown}` can be {} entries of the timeline", several.len()),
            format!(
                "say which by its number: {}",
                listed(&mut several.iter().copied())
            ),
        ),
    };
    Err(Box::new(Diagnostic {
        code: code::NO_KNOB,
        severity: Severity::Error,
        path: format!("timeline.{}", cut(wanted)),
        place: None,
        message,
        help: Some(help),
        knob: None,
    }))
}

/// Events of one run between two looks at both, about.
const STRIDE: u64 = 20_000;

/// Two runs on their way through time.
pub struct Pair {
    scenarios: [Scenario; 2],
    runs: [Run<Recorder>; 2],
    comparison: Comparison,
    /// They have a node in common.
    is_compared: bool,
    planned: Planned,
    seed: u64,
    stride: Duration,
}

impl Pair {
    /// At time zero. `labelled`: nodes are called as the design labels them, not by their keys.
    ///
    /// # Errors
    /// What is wrong with the text, or with the difference.
    pub fn new(
        text: &str,
        difference: &Difference,
        seed: u64,
        (limits, labelled): (Limits, bool),
    ) -> Result<Pair, Vec<Diagnostic>> {
        let here = Scenario::parse(text)?;
        let twin = Scenario::parse(&difference.apply(text)?)?;
        let planned = difference.says(&here);
        Ok(Pair::of([here, twin], planned, seed, (limits, labelled)))
    }

    pub fn of(
        scenarios: [Scenario; 2],
        planned: Planned,
        seed: u64,
        (limits, labelled): (Limits, bool),
    ) -> Pair {
        let programs = scenarios.each_ref().map(|it| compile(it, limits));
        let designs = scenarios.each_ref().map(|it| &it.design);
        let places = Places::new(
            programs.each_ref().map(|it| &**it),
            labelled.then_some(designs),
        );
        let is_compared = places.has_shared_nodes();
        let run = |program: &Arc<_>| {
            let recorder = match is_compared {
                true => Recorder::taped(program),
                false => Recorder::new(program),
            };
            Run::new(Arc::clone(program), seed, recorder)
        };
        Pair {
            runs: programs.each_ref().map(run),
            comparison: Comparison::new(places),
            is_compared,
            scenarios,
            planned,
            seed,
            stride: Duration(10 * NS_PER_MS),
        }
    }

    /// Both go on to the same moment, a little further. Whether both are over.
    pub fn go_on(&mut self) -> bool {
        let now = self.now();
        let to = now + self.stride;
        let mut most = 0;
        for run in &mut self.runs {
            let before = run.events();
            run.advance(to, u64::MAX);
            most = most.max(run.events() - before);
            if let Phase::Stopped(Stop::Backlog | Stop::Events) = run.phase() {
                self.comparison.ends_at(run.now());
            }
        }
        if self.is_compared {
            for (side, run) in self.runs.iter_mut().enumerate() {
                if let Some(tape) = run.record.tape() {
                    self.comparison.hear(side, tape);
                }
            }
            let [here, twin] = &self.runs;
            self.comparison.look([&here.world, &twin.world]);
        }
        // A stride is as long as it takes for about so many events: memory is bounded, and looks are few.
        if most > STRIDE {
            self.stride = Duration(self.stride.0.div_ceil(2));
        } else if most < STRIDE / 4 {
            self.stride = Duration(self.stride.0.saturating_mul(2).min(NS_PER_MS * 60_000));
        }
        self.runs.iter().all(|run| run.phase().is_over())
    }

    /// The moment to which both have come, or the one that goes on.
    pub fn now(&self) -> Time {
        let going = self.runs.iter().filter(|run| !run.phase().is_over());
        let latest = going.map(Run::now).max();
        latest.unwrap_or_else(|| self.runs[0].now().max(self.runs[1].now()))
    }

    /// What is kept of both worlds at this moment to be compared.
    pub fn waiting(&self) -> usize {
        self.comparison.waiting()
    }

    /// What is under way in both.
    pub fn under_way(&self) -> usize {
        let each = self.runs.iter().map(|run| {
            let core = &run.world.core;
            core.attempts.len() + core.intents.len()
        });
        each.sum()
    }

    /// What came of it: the comparison, and both reports. Both are over.
    pub fn found(self) -> (Twin, [Report; 2]) {
        let [here, twin] = &self.runs;
        let report =
            |side: usize| summary::report(&self.scenarios[side], &self.runs[side], self.seed);
        let reports = [report(0), report(1)];
        let both = reports.each_ref();
        let found = twin::found(self.comparison, [here, twin], both, self.planned);
        (found, reports)
    }

    /// To the end of both.
    pub fn finish(mut self) -> (Twin, [Report; 2]) {
        while !self.go_on() {}
        self.found()
    }
}
