//! Reading, editing and the findings that need more than a fixture.

use super::*;
use crate::design::value::{Share, Value};

const S04: &str = include_str!("../../scenarios/s04-retry-storm.toml");

#[test]
fn the_first_scenario_is_read_without_a_finding() {
    let checked = check(S04);
    assert_eq!(checked.diagnostics, []);
    let scenario = checked.scenario.unwrap();
    assert_eq!(scenario.about.id, "s04-retry-storm");
    assert_eq!(scenario.goals.len(), 3);
    assert_eq!(scenario.lesson.unlocked.len(), 4);
    assert_eq!(scenario.lesson.twists.len(), 2);
}

#[test]
fn a_small_file_is_small() {
    let text = "format = 1\nrun.duration = \"10 s\"\n\
        [clients.c]\nrate = \"1 rps\"\n[service.s]\n[link.l]\nfrom = \"c\"\nto = \"s\"\n";
    let scenario = Scenario::parse(text).unwrap();
    assert_eq!(scenario.seed, 1);
    assert_eq!(scenario.design.operations[0].key, "request");
    assert_eq!(scenario.run.measure.1, scenario.run.duration);
}

#[test]
fn edits_keep_everything_else() {
    let edited = edit::apply(
        S04,
        &[
            ("link.browse.retry_budget", "10 %"),
            ("link.browse.attempts", "5"),
            ("service.catalogue.queue_limit", "50"),
        ],
    )
    .unwrap();
    let changed: Vec<&str> = edited
        .lines()
        .filter(|line| !S04.lines().any(|old| old == *line))
        .collect();
    assert_eq!(
        changed,
        [
            "queue_limit = 50",
            "attempts = 5",
            "retry_budget = \"10 %\""
        ]
    );
    assert_eq!(edited.lines().count(), S04.lines().count() + 1);
    let scenario = Scenario::parse(&edited).unwrap();
    let knob = edit::knob_at(&scenario, "link.browse.retry_budget").unwrap();
    assert_eq!(knob.value, Value::Share(Share(100_000_000)));
}
