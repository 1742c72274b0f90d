//! Backups: what they take, and what going back to one costs.

use brownout::engine::{Limits, Run};
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::observe::story::Witness;
use brownout::scenario::Scenario;
use brownout::time::Time;

/// Writes of 100 different rows per second, evenly; at 25 s the database goes back.
fn text(store: &str, timeline: &str) -> String {
    format!(
        "format = 1\n[run]\nduration = \"40 s\"\n\n\
         [clients.users]\narrivals = \"constant\"\nrate = \"100 rps\"\n\n\
         [operation.save]\nkind = \"write\"\nkeys = 5000\npopularity = \"cycle\"\n\n\
         [database.store]\nconnections = \"unbounded\"\nwrite_time = \"1 ms\"\n{store}\n\n\
         [link.save]\nfrom = \"users\"\nto = \"store\"\n\n{timeline}"
    )
}

fn run(store: &str, timeline: &str) -> Report {
    let text = text(store, timeline);
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

fn count(report: &Report, name: &str) -> u64 {
    report
        .nodes
        .iter()
        .find(|n| n.key == "store")
        .unwrap()
        .count(name)
}

const RESTORE: &str = "[[timeline]]\nwhat = \"restore\"\ntarget = \"store\"\nat = \"25005 ms\"\nrate = \"2000 rps\"\n";

#[test]
fn what_came_after_the_snapshot_is_lost() {
    // Snapshots of 10 s, 20 s and 30 s, each complete a second later.
    let report = run("backup_every = \"10 s\"\nbackup_time = \"1 s\"", RESTORE);
    assert!(
        (500..=502).contains(&report.ledger.lost),
        "{}",
        report.ledger.lost
    );
    assert_eq!(report.ledger.undone, report.ledger.lost);
    assert_eq!(
        (count(&report, "backups"), count(&report, "restores")),
        (3, 1)
    );
    let loss = &report.losses[0];
    let point = loss.recovery_point_ns.unwrap() as f64 / 1e9;
    assert!((point - 5.0).abs() < 0.02, "{point}");
    // 5,000 rows at 2,000 per second.
    let time = loss.recovery_time_ns.unwrap() as f64 / 1e9;
    assert!((time - 2.5).abs() < 0.05, "{time}");
    let failed = report.users.failed;
    assert!((248..=252).contains(&failed), "{failed}");
    assert_eq!((report.ledger.open, report.ledger.duplicate), (0, 0));
}

#[test]
fn a_snapshot_counts_when_it_is_complete() {
    let report = run("backup_every = \"10 s\"\nbackup_time = \"6 s\"", RESTORE);
    let lost = report.ledger.lost;
    assert!((1_500..=1_502).contains(&lost), "{lost}");
    // Without any that is complete, all is lost.
    let none = run("backup_every = \"26 s\"", RESTORE);
    assert!(
        (2_500..=2_502).contains(&none.ledger.lost),
        "{}",
        none.ledger.lost
    );
    assert_eq!(none.ledger.open, 0);
}

#[test]
fn an_archived_log_saves_all_but_the_newest() {
    let store = "backup_every = \"10 s\"\nlog_archive = \"500 ms\"";
    let report = run(store, RESTORE);
    assert!(
        (49..=52).contains(&report.ledger.lost),
        "{}",
        report.ledger.lost
    );
    let point = report.losses[0].recovery_point_ns.unwrap() as f64 / 1e9;
    assert!((point - 0.5).abs() < 0.02, "{point}");
}

#[test]
fn a_snapshot_takes_a_core() {
    let busy = |cores: u32| {
        let store = format!("cores = {cores}\nbackup_every = \"10 s\"\nbackup_time = \"2 s\"");
        run(&store, "")
    };
    let alone = busy(1);
    let longest = alone.users.latency.max_ns.unwrap() as f64 / 1e9;
    assert!((longest - 2.0).abs() < 0.05, "{longest}");
    let beside = busy(2);
    assert!(beside.users.latency.max_ns.unwrap() < 2_000_000);
    assert_eq!(count(&beside, "backups"), 3);
    assert_eq!((beside.ledger.lost, beside.ledger.open), (0, 0));
}

/// Why the stories say that something is gone.
fn whys(text: &str) -> Vec<String> {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let mut watched = Run::new(program, 1, Witness::of(1..=4_000));
    watched.advance(Time::NEVER, u64::MAX);
    let lines = watched.record.stories().into_values().flatten();
    let undone = lines.filter(|line| line.what == "undone");
    undone.map(|line| line.text.to_string()).collect()
}

#[test]
fn a_story_says_whether_a_restore_or_another_leader_took_it() {
    let restored = whys(&text(
        "backup_every = \"10 s\"\nbackup_time = \"1 s\"",
        RESTORE,
    ));
    assert!((500..=502).contains(&restored.len()), "{}", restored.len());
    assert!(
        restored
            .iter()
            .all(|text| text.ends_with("it has gone back to a backup that does not have it")),
        "{restored:?}"
    );
    let lost = "[[timeline]]\nwhat = \"primary_loss\"\ntarget = \"store\"\nat = \"25 s\"\nlasts = \"9 s\"\n";
    let store =
        "replicas = 1\nreplication_delay = \"1 s\"\ndetect_after = \"1 s\"\nelected_by = \"any\"";
    let moved = whys(&text(store, lost));
    assert!(moved.len() > 50, "{}", moved.len());
    assert!(
        moved
            .iter()
            .all(|text| text.ends_with("the copy that leads now never had it")),
        "{moved:?}"
    );
}
