//! Every knob matters: turning it changes the fingerprint of a run. Those that only change the bill,
//! or are kept for later, are named as such.
//!
//! A fixture is a scenario in `tests/fixtures/knobs/` and a list of turns, each of which must change
//! the fingerprint of that scenario.

mod backups;
mod balancing;
mod basics;
mod caching;
mod columns;
mod copies;
mod feeds;
mod incidents;
mod jobs;
mod leaderless;
mod links;
mod messages;
mod monitoring;
mod queries;
mod reconcile;
mod refunds;
mod shards;
mod stations;
mod stock;
mod timeline;
mod transactions;

use brownout::design::registry::{
    ALERT, KINDS, KindSpec, LINK, MONITORING, OPERATION, timeline_kinds,
};
use brownout::engine::record::Unrecorded;
use brownout::engine::{Limits, Run};
use brownout::experiment::{self, parallel};
use brownout::scenario::Scenario;

/// Table or entry, knob, and another value for it.
pub type Turn = (&'static str, &'static str, &'static str);

struct Fixture {
    name: &'static str,
    text: &'static str,
    turns: &'static [Turn],
}

macro_rules! fixtures {
    ($($name:ident),* $(,)?) => {
        &[$(Fixture {
            name: stringify!($name),
            text: include_str!(concat!("../../fixtures/knobs/", stringify!($name), ".toml")),
            turns: $name::TURNS,
        }),*]
    };
}

const FIXTURES: &[Fixture] = fixtures![
    backups,
    balancing,
    basics,
    caching,
    columns,
    copies,
    feeds,
    incidents,
    jobs,
    leaderless,
    links,
    messages,
    monitoring,
    queries,
    reconcile,
    refunds,
    shards,
    stations,
    stock,
    timeline,
    transactions
];

/// Knobs that change no event: prices, who is told, and what is in the types before anything acts on it.
const NO_EVENT: &[&str] = &["price", "price_per_call", "version", "notify"];

/// Knobs of things that act already, on kinds and entries where another fixture cannot reach them.
const ELSEWHERE: &[(&str, &str)] = &[
    ("worker", "zones"),
    ("abuse", "identities"),
    // There is only one of each in the fixture.
    ("disk_full", "target"),
    ("scale", "target"),
    ("worker_pause", "target"),
    ("memory_leak", "target"),
    ("throttle", "target"),
];

impl Fixture {
    /// The text with one knob turned: its line in its table is replaced, or added.
    fn turned(&self, &(table, knob, value): &Turn) -> String {
        let base = self.text;
        let header = match table.contains('.') || table == "monitoring" {
            true => format!("[{table}]\n"),
            false => format!("what = \"{table}\"\n"),
        };
        let found = base.find(&header);
        let at = found.unwrap_or_else(|| panic!("{} has {table}", self.name)) + header.len();
        let end = base[at..].find("\n\n").map_or(base.len(), |n| at + n);
        let is_it = |line: &&str| line.split_once(" = ").is_some_and(|(name, _)| name == knob);
        let others = base[at..end].lines().filter(|line| !is_it(line));
        let body: Vec<&str> = others.collect();
        format!(
            "{}{knob} = {value}\n{}{}",
            &base[..at],
            body.join("\n"),
            &base[end..]
        )
    }
}

fn digest(text: &str) -> String {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let mut run = Run::new(program, 1, Unrecorded);
    run.finish();
    run.digest()
}

#[test]
fn every_knob_matters() {
    for fixture in FIXTURES {
        let base = digest(fixture.text);
        let idle = parallel::map(
            fixture.turns,
            |turn| (digest(&fixture.turned(turn)) == base).then_some((turn.0, turn.1)),
            || (),
        );
        let idle: Vec<_> = idle.into_iter().flatten().collect();
        assert!(
            idle.is_empty(),
            "{}: without effect: {idle:?}",
            fixture.name
        );
    }
}

#[test]
fn every_knob_of_the_registry_is_turned() {
    let turned = |kind: &KindSpec, knob: &str| {
        let mut turns = FIXTURES.iter().flat_map(|fixture| fixture.turns);
        turns.any(|(table, k, _)| table.split('.').next() == Some(kind.name) && *k == knob)
    };
    let kinds = KINDS
        .iter()
        .copied()
        .chain([&LINK, &OPERATION, &MONITORING, &ALERT])
        .chain(timeline_kinds());
    let mut missing = Vec::new();
    for kind in kinds {
        for knob in kind.knobs {
            let exempt =
                NO_EVENT.contains(&knob.name) || ELSEWHERE.contains(&(kind.name, knob.name));
            if !exempt && !turned(kind, knob.name) {
                missing.push(format!("{}.{}", kind.name, knob.name));
            }
        }
    }
    assert!(missing.is_empty(), "not turned by any fixture: {missing:?}");
}
