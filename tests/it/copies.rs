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

/// What was lost is what the new leader lacked: half a second of it. Writes failed from the loss until
/// the new leader led: two seconds until that was noticed, one for the promotion.
#[test]
fn recovery_point_and_recovery_time_are_measured() {
    let report = run(&[], 1);
    let [loss] = &report.losses[..] else {
        panic!("{:?}", report.losses)
    };
    let s = |ns: Option<u64>| ns.map_or(f64::NAN, |ns| ns as f64 / 1e9);
    assert_eq!(
        (loss.node.as_str(), loss.lost_at_ns),
        ("rows", 20_000_000_000)
    );
    assert_eq!(
        (loss.led_at_ns, loss.another_leads),
        (Some(23_000_000_000), true)
    );
    assert_eq!(
        (loss.lost, loss.undone),
        (report.ledger.lost, report.ledger.undone)
    );
    assert!(
        (0.48..0.501).contains(&s(loss.recovery_point_ns)),
        "{loss:?}"
    );
    assert!((3.0..3.02).contains(&s(loss.recovery_time_ns)), "{loss:?}");
    let safe = run(&[("database.rows.acknowledge", "semi_sync")], 1);
    assert_eq!(safe.losses[0].recovery_point_ns, None);
    assert!(safe.losses[0].undone > 0);
}

/// Without fencing the old leader goes on answering: what it took after it was cut off is lost too.
#[test]
fn with_two_leaders_the_recovery_point_reaches_beyond_the_loss() {
    let text = WRITES.replace("\"primary_loss\"", "\"isolate\"");
    let changes = [
        ("database.rows.fencing", "false"),
        ("database.rows.redirect_time", "10 s"),
    ];
    let text = edit::apply(&text, &changes).unwrap_or_else(|d| panic!("{d:#?}"));
    let scenario = Scenario::parse(&text).unwrap();
    let report = experiment::run(&scenario, experiment::compile(&scenario, Limits::NATIVE), 1);
    let loss = &report.losses[0];
    assert!(loss.recovery_point_ns > Some(3_000_000_000), "{loss:?}");
    assert_eq!(loss.lost, report.ledger.lost);
}

/// Being silent for a second now and being dead for one later is not being dead for two.
#[test]
fn a_leader_that_was_back_is_watched_anew() {
    let hiccup =
        "[[timeline]]\nwhat = \"isolate\"\ntarget = \"rows\"\nat = \"17 s\"\nlasts = \"2 s\"\n";
    let text = edit::apply(WRITES, &[("database.rows.detect_after", "4 s")]).unwrap();
    let scenario = Scenario::parse(&format!("{text}{hiccup}")).unwrap();
    let report = experiment::run(&scenario, experiment::compile(&scenario, Limits::NATIVE), 1);
    let loss = report
        .losses
        .iter()
        .find(|loss| loss.another_leads)
        .unwrap();
    assert_eq!(loss.led_at_ns, Some(25_000_000_000), "{:?}", report.losses);
}

/// A leader that is back before anybody noticed leads on.
#[test]
fn a_leader_that_restarts_loses_nothing() {
    let short = WRITES.replace("lasts = \"20 s\"", "lasts = \"1 s\"");
    let scenario = Scenario::parse(&short).unwrap();
    let report = experiment::run(&scenario, experiment::compile(&scenario, Limits::NATIVE), 1);
    let loss = &report.losses[0];
    assert_eq!((loss.another_leads, loss.lost, loss.undone), (false, 0, 0));
    assert!(loss.recovery_time_ns > Some(990_000_000), "{loss:?}");
}
