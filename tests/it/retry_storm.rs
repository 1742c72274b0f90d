//! S04, "The retry that ate production", on 20 seeds: what the lesson says is what happens.

use brownout::engine::Limits;
use brownout::experiment::{self, parallel};
use brownout::observe::report::Report;
use brownout::scenario::{Scenario, edit};

const S04: &str = include_str!("../../scenarios/s04-retry-storm.toml");

/// Where the fingerprints stand that every build must reproduce.
const GOLDEN: &str = "tests/fixtures/golden/s04.txt";

/// End of the hiccup, in seconds.
const HEALED: usize = 40;

fn reports(changes: &[(&str, &str)]) -> Vec<Report> {
    let text = edit::apply(S04, changes).expect("the knobs exist");
    let scenario = Scenario::parse(&text).expect("the scenario is valid");
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let seeds: Vec<u64> = (1..=20).collect();
    parallel::seeds(&scenario, &program, &seeds, || ())
}

/// Actions begun and useful replies, per second of the run.
fn by_second(report: &Report) -> Vec<(f64, f64)> {
    let per_second = (1_000_000_000 / report.series.bucket_ns) as usize;
    let sum = |column: &[f64]| column.iter().sum::<f64>() / per_second as f64;
    let actions = report
        .series
        .actions_per_s
        .chunks_exact(per_second)
        .map(sum);
    actions
        .zip(report.series.useful_per_s.chunks_exact(per_second).map(sum))
        .take(180)
        .collect()
}

/// Seconds from the end of the hiccup until users are served again and stay so: in every later
/// second at least nine useful replies to ten actions. `None` if that never happens.
fn recovered_after(report: &Report) -> Option<usize> {
    let seconds = by_second(report);
    let bad = |&(actions, useful): &(f64, f64)| useful < 0.9 * actions;
    match seconds.iter().rposition(bad) {
        Some(last) if last + 1 == seconds.len() => None,
        Some(last) => Some((last + 1).saturating_sub(HEALED)),
        None => Some(0),
    }
}

fn never_recover(reports: &[Report]) {
    for report in reports {
        let seed = report.seed;
        assert_eq!(recovered_after(report), None, "seed {seed}");
        let later = &by_second(report)[HEALED + 10..];
        let useful: f64 = later.iter().map(|s| s.1).sum();
        assert_eq!(useful, 0.0, "seed {seed}: goodput 0 to the end");
        assert!(!report.passed);
        assert_eq!(report.users.served, 0);
        assert_eq!(report.users.tries_per_action, Some(3.0));
    }
}

#[test]
fn waiting_longer_between_tries_recovers_nothing() {
    never_recover(&reports(&[
        ("link.browse.backoff", "exponential"),
        ("link.browse.jitter", "full"),
    ]));
}

#[test]
fn a_retry_budget_recovers_within_a_minute() {
    for report in reports(&[("link.browse.retry_budget", "10 %")]) {
        let after = recovered_after(&report);
        assert!(
            after.is_some_and(|s| s > 0 && s <= 60),
            "seed {}: {after:?}",
            report.seed
        );
        assert!(report.passed, "seed {}: {:?}", report.seed, report.goals);
    }
}

#[test]
fn a_short_line_recovers_at_once() {
    for report in reports(&[("service.catalogue.queue_limit", "50")]) {
        let after = recovered_after(&report);
        assert!(
            after.is_some_and(|s| s <= 2),
            "seed {}: {after:?}",
            report.seed
        );
        assert!(report.passed, "seed {}: {:?}", report.seed, report.goals);
    }
}

#[test]
fn never_trying_again_misses_the_goal() {
    for report in reports(&[("link.browse.attempts", "1")]) {
        assert!(
            recovered_after(&report).is_some(),
            "without retries there is no storm"
        );
        assert!(
            !report.passed,
            "but 2 % are lost in the network: {:?}",
            report.goals
        );
    }
}

/// Three attempts and an unbounded line never recover, on any of 20 seeds, and these are their fingerprints. Changing one is a line in the changelog under "Simulation results
/// change", a new `SEMANTICS_VERSION`, and `BROWNOUT_BLESS=1 cargo test golden`.
#[test]
fn golden_fingerprints() {
    let reports = reports(&[]);
    never_recover(&reports);
    let lines: Vec<String> = reports
        .iter()
        .map(|r| format!("{} {}\n", r.seed, r.digest))
        .collect();
    let now: String = lines.concat();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    if std::env::var_os("BROWNOUT_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("has a folder")).expect("can be made");
        std::fs::write(&path, &now).expect("can be written");
    }
    let golden = std::fs::read_to_string(&path).expect("the golden file is there");
    assert_eq!(now, golden);
}
