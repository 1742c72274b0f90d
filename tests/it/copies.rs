//! Databases with several copies: what is lost when the leader is, and who reads what.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::scenario::{Scenario, edit};

/// A thousand writes a second; the leader is lost at 20 s and comes back at 40 s.
const WRITES: &str = r#"
format = 1
[run]
duration = "60 s"
[clients.users]
rate = "1000 rps"
[operation.save]
kind = "write"
key_space = "rows"
keys = 1000000
[database.rows]
cores = 64
connections = "unbounded"
read_time = "1 ms"
write_time = "1 ms"
replicas = 2
replication_delay = "500 ms"
apply_time = "10 us"
detect_after = "2 s"
promotion_time = "1 s"
[link.save]
from = "users"
to = "rows"
timeout = "5 s"
[[timeline]]
what = "primary_loss"
target = "rows"
at = "20 s"
lasts = "20 s"
"#;

fn run(changes: &[(&str, &str)], seed: u64) -> Report {
    let text = edit::apply(WRITES, changes).unwrap_or_else(|d| panic!("{d:#?}"));
    let scenario = Scenario::parse(&text).unwrap();
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, seed)
}

#[test]
fn what_the_new_leader_never_received_is_lost() {
    for seed in 1..=3 {
        let report = run(&[], seed);
        let ledger = &report.ledger;
        // Poisson with mean 500: what was written in the last half second.
        assert!((400..600).contains(&ledger.lost), "{} lost", ledger.lost);
        assert_eq!(ledger.undone, ledger.lost, "every one was answered");
        assert_eq!(ledger.open, 0);
    }
}

#[test]
fn what_another_copy_has_before_it_is_answered_survives() {
    for acknowledge in ["semi_sync", "majority", "all"] {
        let report = run(&[("database.rows.acknowledge", acknowledge)], 1);
        assert_eq!(report.ledger.lost, 0, "{acknowledge}");
        // It was written, and nobody was told that it was saved.
        assert!(report.ledger.undone > 300, "{acknowledge}");
        assert_eq!(report.ledger.open, 0);
    }
}

/// The old leader is back when the others have chosen a new one that does not lead yet. What it still wants to
/// write must not be answered with the word of those who have chosen.
#[test]
fn who_has_chosen_takes_nothing_from_the_old_leader() {
    let text = WRITES.replace("\"primary_loss\"", "\"isolate\"");
    for (seed, fencing) in (1..=6).flat_map(|seed| [(seed, "true"), (seed, "false")]) {
        let changes = [
            ("database.rows.acknowledge", "majority"),
            ("database.rows.replication_delay", "exponential(300 ms)"),
            ("database.rows.detect_after", "1 s"),
            ("database.rows.promotion_time", "5 s"),
            ("database.rows.fencing", fencing),
        ];
        let text = edit::apply(&text, &changes).unwrap_or_else(|d| panic!("{d:#?}"));
        let scenario = Scenario::parse(
            &text.replace("\"20 s\"\nlasts = \"20 s\"", "\"20 s\"\nlasts = \"2 s\""),
        );
        let scenario = scenario.unwrap();
        let report = experiment::run(
            &scenario,
            experiment::compile(&scenario, Limits::NATIVE),
            seed,
        );
        let rows = report.nodes.iter().find(|node| node.key == "rows").unwrap();
        assert_eq!(
            rows.count("failovers"),
            1,
            "isolated for two of six seconds"
        );
        assert_eq!(report.ledger.lost, 0, "seed {seed}, fencing {fencing}");
        assert_eq!(report.ledger.open, 0);
    }
}
