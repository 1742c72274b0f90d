//! Two runs of one seed that differ in one thing: where they part, how that reaches the users, and what it makes
//! of every figure. docs/explanations.md has the rules.

mod compare;
mod deltas;
mod meet;
mod places;
mod users;
mod words;

use serde::{Deserialize, Serialize};

pub use compare::Comparison;
pub use deltas::{About, Delta, Unit};
pub use places::Places;
pub use words::clock;

use super::recorder::Recorder;
use super::report::Report;
use super::words::sentence_case;
use crate::design::order::arrange;
use crate::engine::Run;
use crate::explain::{Component, Step};
use crate::time::Time;
use compare::First;
use places::SIDES;
use words::Speaker;

/// Links of the chain at most.
const LINKS: usize = 5;

/// The first thing at a place that is not the same in both worlds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Parting {
    pub at_ns: u64,
    pub component: Component,
    /// What people read: the node's name, or "the link browse".
    pub place: String,
    /// What it is about, then what is so in this run and in the twin: three parts of a sentence.
    pub about: String,
    pub here: String,
    pub twin: String,
}

/// Actions that both worlds have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Actions {
    pub compared: u64,
    /// Told that they failed, or nothing, in one world only.
    pub fail_only_here: u64,
    pub fail_only_in_twin: u64,
    /// The ledger's verdict is not "clean" in one world only.
    pub wrong_only_here: u64,
    pub wrong_only_in_twin: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Twin {
    pub seed: u64,
    /// In which one thing they differ, in a sentence.
    pub difference: String,
    /// When that begins, if it is an entry of the timeline.
    pub planned_ns: Option<u64>,
    /// Fingerprints: what each run alone has, too.
    pub digest_here: String,
    pub digest_twin: String,
    /// They have a node in common; if not, only their figures are compared.
    pub comparable: bool,
    /// `None`: everything that both have went alike to the end.
    pub parting: Option<Parting>,
    /// From the difference to the first user who notices, at most five.
    pub chain: Vec<Step>,
    pub actions: Actions,
    /// Where else and when they part, in the order of time: places of both.
    pub parted: Vec<Parting>,
    pub deltas: Vec<Delta>,
}

/// What is changed, and when that begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    pub text: String,
    pub at_ns: Option<u64>,
}

/// Both runs are over.
pub fn found(
    mut comparison: Comparison,
    runs: [&Run<Recorder>; 2],
    reports: [&Report; 2],
    planned: Planned,
) -> Twin {
    let comparable = comparison.places.has_shared_nodes();
    if comparable {
        comparison.end(runs.map(|run| &run.world));
    }
    let speaker = Speaker {
        comparison: &comparison,
        programs: runs.map(|run| &*run.program),
    };
    let firsts = in_order(&comparison);
    let parted: Vec<Parting> = firsts.iter().map(|it| parting(&speaker, it)).collect();
    let end = SIDES.map(|side| runs[side].now()).into_iter().max();
    let users = comparison.users;
    Twin {
        seed: reports[0].seed,
        planned_ns: planned.at_ns,
        digest_here: reports[0].digest.clone(),
        digest_twin: reports[1].digest.clone(),
        comparable,
        parting: parted.first().cloned(),
        chain: match comparable {
            true => chain(&speaker, &firsts, &planned, end.unwrap_or_default()),
            false => Vec::new(),
        },
        difference: planned.text,
        actions: Actions {
            compared: users.compared,
            fail_only_here: users.fails_only[0],
            fail_only_in_twin: users.fails_only[1],
            wrong_only_here: users.wrong_only[0],
            wrong_only_in_twin: users.wrong_only[1],
        },
        parted,
        deltas: deltas::of(reports[0], reports[1]),
    }
}

/// The first difference of each place that both have.
fn in_order(comparison: &Comparison) -> Vec<First> {
    let key = |it: &First| (it.at, it.field, it.place);
    let both = comparison.firsts.iter().zip(&comparison.tolds);
    let firsts = both.filter_map(|(does, told)| {
        let both = [*does, *told].into_iter().flatten();
        both.min_by_key(key)
    });
    let mut firsts: Vec<First> = firsts
        .filter(|first| comparison.places.of(first.place).is_shared())
        .collect();
    arrange(&mut firsts, |a, b| key(a).cmp(&key(b)));
    firsts
}

fn parting(speaker: &Speaker<'_>, first: &First) -> Parting {
    let place = speaker.comparison.places.of(first.place);
    let (about, [here, twin]) = speaker.first(first);
    Parting {
        at_ns: first.at.0,
        component: place.component.clone(),
        place: place.name.clone(),
        about,
        here,
        twin,
    }
}

/// The difference, where the worlds part, which nodes follow, and the first user who notices.
fn chain(speaker: &Speaker<'_>, firsts: &[First], planned: &Planned, end: Time) -> Vec<Step> {
    let step = |at: Time, text: String| Step {
        at_ns: at.min(end).0,
        within_ns: 0,
        text,
    };
    let Some(parting) = firsts.first() else {
        return Vec::new();
    };
    let users = &speaker.comparison.users;
    let mut last = Vec::new();
    if let Some((at, pair)) = users.first_error.or(users.first_slow) {
        last.push(step(at, words::sentence(&speaker.users(&pair))));
    }
    if let Some(wrong) = users.first_wrong {
        last.push(step(wrong.1.at, words::sentence(&speaker.wrong(&wrong))));
    }
    if last.is_empty() {
        last.push(step(end, words::nobody_notices()));
    }
    let mut steps = Vec::new();
    if let Some(at_ns) = planned.at_ns {
        let text = format!("{} That is what was planned.", planned.text);
        steps.push(step(Time(at_ns), text));
    }
    let until = last.iter().map(|it| it.at_ns).max().unwrap_or(0);
    let room = LINKS - last.len() - steps.len();
    let places = &speaker.comparison.places;
    let follows = |first: &First| {
        let place = places.of(first.place);
        let is_node = place.is_shared() && matches!(place.component, Component::Node(_));
        is_node && first.place != parting.place && first.at.0 <= until
    };
    let next = speaker.comparison.firsts.iter().flatten().copied();
    let mut next: Vec<First> = next.filter(follows).collect();
    arrange(&mut next, |a, b| {
        (a.at, a.field, a.place).cmp(&(b.at, b.field, b.place))
    });
    for first in std::iter::once(parting).chain(&next).take(room) {
        let said = speaker.first(first);
        let place = &places.of(first.place).name;
        let text = format!("{}: {}", sentence_case(place), words::sentence(&said));
        steps.push(step(first.at, text));
    }
    steps.extend(last);
    arrange(&mut steps, |a, b| a.at_ns.cmp(&b.at_ns));
    steps
}
