//! Copies without a leader: quorums, who reads what, and what copies that were away have missed.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::scenario::{Scenario, edit};

/// Users write, and look after it when they are told that it is written.
const ROWS: &str = r#"
format = 1
[run]
duration = "120 s"
[clients.users]
rate = "500 rps"
looks_with = "look"
look_after = "0 ms"
write_repeats = 0
[operation.save]
kind = "write"
key_space = "rows"
keys = 1000000
[operation.look]
kind = "read"
weight = 0
key_space = "rows"
keys = 1000000
[database.rows]
cores = 1000
connections = "unbounded"
read_time = "0 s"
write_time = "0 s"
replication = "leaderless"
replicas = 2
replication_delay = "exponential(100 ms)"
[link.save]
from = "users"
to = "rows"
timeout = "5 s"
"#;

fn run_of(text: &str, changes: &[(&str, &str)], seed: u64) -> Report {
    let text = edit::apply(text, changes).unwrap_or_else(|d| panic!("{d:#?}"));
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, seed)
}

fn run(changes: &[(&str, &str)]) -> Report {
    run_of(ROWS, changes, 1)
}

fn count(report: &Report, what: &str) -> u64 {
    report
        .nodes
        .iter()
        .find(|n| n.key == "rows")
        .unwrap()
        .count(what)
}

/// Share of the looks that did not see the own write.
fn stale(report: &Report) -> f64 {
    let users = report.nodes.iter().find(|n| n.key == "users").unwrap();
    users.count("own_writes_missed") as f64 / report.ledger.effects as f64
}

#[test]
fn quorums_that_overlap_see_every_write_and_others_see_what_the_formula_says() {
    let quorums = |w: &str, r: &str, after: &str| {
        let report = run(&[
            ("database.rows.write_quorum", w),
            ("database.rows.read_quorum", r),
            ("clients.users.look_after", after),
        ]);
        assert_eq!((report.ledger.lost, report.ledger.open), (0, 0));
        report
    };
    for (w, r) in [("2", "2"), ("3", "1"), ("1", "3")] {
        assert_eq!(stale(&quorums(w, r, "0 ms")), 0.0, "W {w}, R {r}");
    }
    // One copy of three is the one that was written to; the others have it after Exp(100 ms).
    for (after, ms) in [("0 ms", 0.0f64), ("100 ms", 100.0)] {
        let expected = 2.0 / 3.0 * brownout::engine::math::exp(-ms / 100.0);
        let measured = stale(&quorums("1", "1", after));
        assert!(
            (measured - expected).abs() < 0.01,
            "{after}: {measured}, not {expected}"
        );
    }
    // Answered when a second one has it: the third is behind with probability 1/2 * 1/2.
    let measured = stale(&quorums("2", "1", "0 ms"));
    assert!((measured - 1.0 / 6.0).abs() < 0.01, "{measured}");
}

fn zone_outage(lasts: &str) -> String {
    format!(
        "\n[[timeline]]\nwhat = \"zone_outage\"\ntarget = \"north\"\nat = \"40 s\"\nlasts = \"{lasts}\"\n"
    )
}

#[test]
fn one_copy_of_three_may_be_away_and_two_may_not() {
    let zones = |zones: &str| {
        let text = ROWS.replacen("replicas = 2", &format!("replicas = 2\nzones = {zones}"), 1)
            + &zone_outage("30 s");
        run_of(&text, &[("link.save.attempts", "4")], 1)
    };
    let one = zones(r#"["north", "south", "west"]"#);
    assert_eq!((count(&one, "too_few_copies"), one.ledger.lost), (0, 0));
    assert_eq!(stale(&one), 0.0);
    let two = zones(r#"["north", "south", "north"]"#);
    assert!(count(&two, "too_few_copies") > 1_000);
    assert_eq!(two.ledger.lost, 0, "nobody was told that it is written");
}

#[test]
fn what_a_copy_has_missed_is_handed_to_it_or_found_by_reads_or_stays_missing() {
    // Few rows are written a second time.
    let text = ROWS
        .replace("keys = 1000000", "keys = 100000")
        .replacen(
            "replicas = 2",
            "replicas = 2\nzones = [\"north\", \"south\", \"west\"]",
            1,
        )
        .replace("exponential(100 ms)", "1 ms")
        + &zone_outage("30 s");
    let with = |changes: &[(&str, &str)]| {
        let mut all = vec![
            ("database.rows.write_quorum", "1"),
            ("clients.users.look_after", "40 s"),
            ("link.save.attempts", "4"),
        ];
        all.extend_from_slice(changes);
        run_of(&text, &all, 1)
    };
    // A copy alone answers a third of the reads, with what it has missed.
    let missing = with(&[("database.rows.read_quorum", "1")]);
    assert!(stale(&missing) > 0.01, "{}", stale(&missing));
    let handed = with(&[
        ("database.rows.read_quorum", "1"),
        ("database.rows.hinted_handoff", "true"),
    ]);
    assert!(count(&handed, "hints") > 1_000);
    assert!(
        stale(&handed) < stale(&missing) / 4.0,
        "{} {}",
        stale(&handed),
        stale(&missing)
    );
    let repaired = with(&[
        ("database.rows.read_quorum", "2"),
        ("database.rows.read_repair", "true"),
    ]);
    assert!(count(&repaired, "repairs") > 100);
}

#[test]
fn too_few_answers_in_time_fail_a_write_that_is_there_all_the_same() {
    let report = run(&[
        ("database.rows.replication_delay", "3 s"),
        ("database.rows.quorum_timeout", "500 ms"),
        ("clients.users.looks_with", "none"),
    ]);
    let ledger = &report.ledger;
    assert_eq!(ledger.phantom, ledger.intents);
    assert!(count(&report, "no_quorum") > 50_000);
}
