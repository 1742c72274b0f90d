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

/// A small design around the tables that a test is about.
fn with(tables: &str) -> String {
    format!(
        "format = 1\nrun.duration = \"10 s\"\n[clients.c]\nrate = \"1 rps\"\n\
         [link.l]\nfrom = \"c\"\nto = \"s\"\n{tables}"
    )
}

#[test]
fn a_knob_finds_its_line_in_every_way_to_write_a_table() {
    let limit = [("service.s.queue_limit", "9")];
    for (written, changed) in [
        ("[service.s]", "[service.s]\nqueue_limit = 9"),
        (
            "[service.s] # a\n\n# b\n",
            "[service.s] # a\nqueue_limit = 9\n\n# b\n",
        ),
        (
            "[service.s]\nslots = 2 # two\n",
            "[service.s]\nslots = 2 # two\nqueue_limit = 9\n",
        ),
        (
            "[service.s]\nslots = 2\n[service.s.plan]\nrequest = [\"work\"]\n",
            "[service.s]\nslots = 2\nqueue_limit = 9\n[service.s.plan]\nrequest = [\"work\"]\n",
        ),
        (
            "[service]\ns = { slots = 2 } # x\n",
            "[service]\ns = { slots = 2, queue_limit = 9 } # x\n",
        ),
        ("[service]\ns = {}\n", "[service]\ns = { queue_limit = 9}\n"),
        (
            "[service.s]\r\nslots = 2\r\n",
            "[service.s]\r\nslots = 2\r\nqueue_limit = 9\r\n",
        ),
        (
            "[service.s]\nqueue_limit = \"unbounded\" # old\n",
            "[service.s]\nqueue_limit = 9 # old\n",
        ),
        (
            "[service]\n  s.slots = 2 # x\n",
            "[service]\n  s.slots = 2 # x\n  s.queue_limit = 9\n",
        ),
    ] {
        let edited = edit::apply(&with(written), &limit);
        assert_eq!(edited.as_deref(), Ok(with(changed).as_str()), "{written}");
    }
}

#[test]
fn dotted_keys_stay_dotted() {
    let text = edit::apply(&with("[service.s]\n"), &[("run.seed", "7")]).unwrap();
    assert!(
        text.contains("run.duration = \"10 s\"\nrun.seed = 7\n[clients.c]"),
        "{text}"
    );
}

#[test]
fn the_operation_that_nobody_wrote_can_be_changed() {
    let text = edit::apply(&with("[service.s]\n"), &[("operation.request.weight", "2")]).unwrap();
    assert!(
        text.ends_with("[service.s]\n\n[operation.request]\nweight = 2\n"),
        "{text}"
    );
}

#[test]
fn edits_are_refused_with_the_nearest_right_name() {
    let text = with("[service.s]\n");
    for (path, value, message, help) in [
        (
            "link.l.atempts",
            "3",
            "`atempts` is no knob of `link`",
            "did you mean `attempts`?",
        ),
        (
            "link.k.attempts",
            "3",
            "there is no link `k`",
            "did you mean `l`?",
        ),
        (
            "lnk.l.attempts",
            "3",
            "`lnk` is no kind of table",
            "did you mean `link`?",
        ),
        (
            "attempts",
            "3",
            "`attempts` is no kind of table",
            "kinds: clients",
        ),
        (
            "link.attempts",
            "3",
            "`link.attempts` is no path of a knob",
            "link.NAME.KNOB",
        ),
        (
            "run.speed",
            "3",
            "`speed` is no knob of `run`",
            "knobs: duration, seed",
        ),
        (
            "link.l.attempts",
            "three",
            "`three` is not a number",
            "a whole number",
        ),
        ("link.l.to", "c", "nobody can call clients", "links end at"),
        (
            "clients.c.arrivals",
            "closed",
            "a closed loop needs `users`",
            "users = 50",
        ),
    ] {
        let findings = edit::apply(&text, &[(path, value)]).unwrap_err();
        assert_eq!(findings[0].message, message);
        assert!(
            findings[0].place.is_none(),
            "it is about the change, not about the text"
        );
        let given = findings[0].help.clone().unwrap_or_default();
        assert!(given.contains(help), "{path}: {given}");
    }
}

#[test]
fn a_changed_design_runs_though_its_lesson_no_longer_fits() {
    let text = edit::apply(S04, &[("link.browse.retry_quota", "500")]).unwrap();
    assert!(Scenario::parse(&text).is_ok());
    let findings = check(&text).diagnostics;
    assert!(
        findings
            .iter()
            .all(|finding| finding.code == code::BAD_CHANGE),
        "{findings:?}"
    );
    assert!(!findings.is_empty(), "the fix sets a second budget");
}

#[test]
fn older_formats_are_named_as_what_they_are() {
    let findings = Scenario::parse("format = 0\n").unwrap_err();
    assert_eq!(findings[0].code, code::FORMAT);
}

#[test]
fn the_steps_of_a_room_add_up() {
    let steps = |minutes: &[u32]| {
        let tables: Vec<String> = minutes
            .iter()
            .map(|minutes| format!("[[lesson.step]]\nlabel = \"Run\"\nminutes = {minutes}\n"))
            .collect();
        let text = S04.replace("\n[[lesson.step]]", "\n[[lesson.was_step]]");
        let mut blocks: Vec<&str> = text.split("\n[").collect();
        blocks.retain(|block| !block.starts_with("[lesson.was_step]"));
        let checked = check(&format!("{}\n{}", blocks.join("\n["), tables.concat()));
        let codes = checked.diagnostics.iter().map(|finding| finding.code);
        codes.collect::<Vec<_>>()
    };
    // One person takes twelve minutes.
    assert_eq!(steps(&[2, 10]), [""; 0]);
    assert_eq!(steps(&[]), [""; 0]);
    assert_eq!(steps(&[2, 9]), ["E0502"]);
    assert_eq!(steps(&[12, 469]), ["E0502"]);
    assert_eq!(steps(&[12, 0]), ["E0301"]);
    let read = Scenario::parse(S04).unwrap().lesson.steps;
    assert_eq!(
        read.iter().map(|step| step.minutes).collect::<Vec<_>>(),
        [2, 3, 1, 4, 9, 3]
    );
}
