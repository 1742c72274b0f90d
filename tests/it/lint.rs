//! Lints: each one fires on its design and on no other, is silent on its near miss and once its knob
//! is turned, and turning it makes the run better.
//!
//! The designs are `tests/fixtures/lint/NAME.toml` and `NAME.near.toml`.

use std::fs;
use std::path::Path;

use brownout::design::CallMode;
use brownout::design::diagnostic::{Diagnostic, Severity};
use brownout::design::lint::LINTS;
use brownout::design::lint::map::Map;
use brownout::design::lint::trip::{Hop, Move};
use brownout::engine::Limits;
use brownout::engine::program::{PlanCall, PlanStep};
use brownout::experiment::{self, parallel, random};
use brownout::observe::report::{NodeReport, Report};
use brownout::scenario::{self, Scenario, edit};

const SEEDS: [u64; 3] = [1, 2, 3];

/// What is done about a finding, and what must become of the run.
struct Remedy {
    name: &'static str,
    /// The knob that the lint names, and its new value.
    set: (&'static str, &'static str),
    measure: Measure,
}

/// What must move, and which way.
enum Measure {
    MoreServed,
    ShorterP99,
    FewerDuplicates,
    FewerLost,
    Cheaper,
    LessBusy(&'static str),
    FewerArrive(&'static str),
    MoreAlerts,
    FewerRepeated,
    FewerOverwritten,
    /// Runs of a job that were left out.
    FewerMissed(&'static str),
    /// The oldest message that a queue ever kept.
    YoungerOldest(&'static str),
    /// Messages that a queue keeps on average, those in workers' hands included.
    FewerKept(&'static str),
}

impl Measure {
    /// A number that must grow.
    fn of(&self, report: &Report) -> f64 {
        let node = |key: &str| -> &NodeReport {
            let node = report.nodes.iter().find(|node| node.key == key);
            node.expect("the node is there")
        };
        match self {
            Measure::MoreServed => report.users.served_share.unwrap(),
            Measure::ShorterP99 => -(report.users.latency.p99_ns.unwrap() as f64),
            Measure::FewerDuplicates => -(report.ledger.duplicate as f64),
            Measure::FewerLost => -(report.ledger.lost as f64),
            Measure::Cheaper => -(report.cost.total_micro_per_hour as f64),
            Measure::LessBusy(key) => -node(key).utilisation.unwrap(),
            Measure::FewerArrive(key) => -(node(key).arrived as f64),
            Measure::FewerRepeated => -(report.ledger.repeated_by_jobs as f64),
            Measure::FewerOverwritten => -(report.ledger.lost_updates as f64),
            Measure::FewerMissed(key) => -(node(key).count("runs_missed") as f64),
            Measure::FewerKept(key) => -node(key).mean_waiting,
            Measure::YoungerOldest(key) => -(node(key).greatest_age_ns.unwrap() as f64),
            Measure::MoreAlerts => report.alerts.iter().map(|alert| alert.fired as f64).sum(),
        }
    }
}

const fn remedy(
    name: &'static str,
    path: &'static str,
    value: &'static str,
    measure: Measure,
) -> Remedy {
    Remedy {
        name,
        set: (path, value),
        measure,
    }
}

use Measure::{
    Cheaper, FewerArrive, FewerDuplicates, FewerKept, FewerLost, LessBusy, MoreAlerts, MoreServed,
    ShorterP99, YoungerOldest,
};

const REMEDIES: &[Remedy] = &[
    remedy("no-timeout", "link.store.timeout", "100 ms", MoreServed),
    remedy(
        "inner-timeout-outlasts-outer",
        "link.charge.timeout",
        "300 ms",
        MoreServed,
    ),
    remedy(
        "timeout-below-service-time",
        "link.visit.timeout",
        "200 ms",
        MoreServed,
    ),
    remedy(
        "work-for-nobody",
        "service.shop.on_abandoned",
        "stop",
        LessBusy("shop"),
    ),
    remedy(
        "retries-multiply",
        "link.ask.attempts",
        "1",
        FewerArrive("stock"),
    ),
    remedy(
        "retries-at-once",
        "link.visit.backoff",
        "constant",
        MoreServed,
    ),
    remedy(
        "backoff-without-jitter",
        "link.visit.jitter",
        "full",
        MoreServed,
    ),
    remedy(
        "retries-without-budget",
        "link.visit.retry_budget",
        "10 %",
        MoreServed,
    ),
    remedy(
        "budget-never-earned",
        "link.visit.retry_budget",
        "100 %",
        MoreServed,
    ),
    remedy(
        "quota-below-cost",
        "link.visit.retry_quota",
        "500",
        MoreServed,
    ),
    remedy("loss-without-retry", "link.visit.attempts", "3", MoreServed),
    remedy(
        "unbounded-queue",
        "service.shop.queue_limit",
        "20",
        MoreServed,
    ),
    remedy(
        "queue-beyond-patience",
        "service.shop.queue_limit",
        "20",
        MoreServed,
    ),
    remedy("overloaded", "service.shop.instances", "2", MoreServed),
    remedy("little-headroom", "service.shop.instances", "2", ShorterP99),
    remedy(
        "no-spare-instance",
        "service.shop.instances",
        "3",
        MoreServed,
    ),
    remedy("idle-instances", "service.shop.instances", "1", Cheaper),
    remedy(
        "slots-held-for-third-party",
        "service.shop.slots",
        "40",
        MoreServed,
    ),
    remedy(
        "balanced-by-chance",
        "balancer.door.policy",
        "two_choices",
        ShorterP99,
    ),
    remedy("pool-too-small", "link.store.pool", "8", MoreServed),
    remedy(
        "no-acquire-timeout",
        "link.store.acquire_timeout",
        "50 ms",
        MoreServed,
    ),
    remedy("connections-exceeded", "link.store.pool", "10", MoreServed),
    remedy(
        "cores-without-connections",
        "database.orders.connections",
        "32",
        MoreServed,
    ),
    remedy("write-retried", "link.visit.attempts", "1", FewerDuplicates),
    remedy(
        "respond-before-write",
        "service.shop.plan.buy",
        r#"["work", "write store", "respond"]"#,
        FewerLost,
    ),
    remedy(
        "shed-retried",
        "link.visit.retry_on",
        r#"["timeouts"]"#,
        FewerArrive("door"),
    ),
    remedy(
        "write-hedged",
        "link.store.hedge_after",
        "none",
        FewerDuplicates,
    ),
    remedy(
        "hedge-too-early",
        "link.store.hedge_after",
        "60 ms",
        FewerArrive("orders"),
    ),
    remedy(
        "hedge-runs-on",
        "database.orders.on_abandoned",
        "stop",
        LessBusy("orders"),
    ),
    remedy(
        "breaker-never-judges",
        "link.charge.breaker_min_calls",
        "50",
        MoreServed,
    ),
    remedy(
        "third-party-takes-all-slots",
        "link.charge.max_in_flight",
        "5",
        MoreServed,
    ),
    remedy(
        "no-second-instance",
        "service.shop.instances",
        "2",
        MoreServed,
    ),
    remedy(
        "one-zone",
        "service.shop.zones",
        r#"["a", "b"]"#,
        MoreServed,
    ),
    remedy(
        "scaled-too-little",
        "service.shop.max_instances",
        "6",
        MoreServed,
    ),
    remedy(
        "scaling-never-starts",
        "service.shop.target_utilisation",
        "70 %",
        MoreServed,
    ),
    remedy(
        "limit-above-capacity",
        "balancer.door.rate_limit",
        "90 rps",
        ShorterP99,
    ),
    remedy(
        "write-behind",
        "cache.shelf.pattern",
        "write_through",
        FewerLost,
    ),
    remedy(
        "cache-too-small",
        "cache.shelf.capacity",
        "10000",
        LessBusy("orders"),
    ),
    remedy(
        "stampede",
        "cache.shelf.lease",
        "10 s",
        FewerArrive("orders"),
    ),
    remedy(
        "nobody-checks",
        "balancer.door.eject_after",
        "3",
        MoreServed,
    ),
    remedy(
        "checks-too-deep",
        "balancer.door.health_check",
        "shallow",
        MoreServed,
    ),
    remedy("herd", "balancer.door.policy", "two_choices", ShorterP99),
    remedy(
        "favourite-too-much",
        "balancer.door.policy",
        "two_choices",
        MoreServed,
    ),
    remedy(
        "alert-cannot-fire",
        "alert.pager.burn_rate",
        r#""5x""#,
        MoreAlerts,
    ),
    remedy(
        "job-crowds-out-users",
        "job.sweep.rate_limit",
        "100 rps",
        ShorterP99,
    ),
    remedy(
        "job-starts-over",
        "job.sweep.resumable",
        "true",
        Measure::FewerRepeated,
    ),
    remedy(
        "job-overwrites",
        "job.sweep.version_guard",
        "true",
        Measure::FewerOverwritten,
    ),
    remedy(
        "job-outlasts-period",
        "job.sweep.every",
        "15 s",
        Measure::FewerMissed("sweep"),
    ),
    remedy(
        "third-party-without-timeout",
        "link.ask.timeout",
        "500 ms",
        MoreServed,
    ),
    remedy(
        "keys-not-sent",
        "link.pay.idempotency_key",
        "form",
        FewerDuplicates,
    ),
    remedy(
        "loaded-together",
        "cache.shelf.ttl_jitter",
        "50 %",
        ShorterP99,
    ),
    remedy(
        "cache-holds-up-database",
        "database.orders.cores",
        "16",
        MoreServed,
    ),
    remedy(
        "endless-redelivery",
        "queue.jobs.max_receives",
        "5",
        FewerArrive("crew"),
    ),
    remedy(
        "dropped-after-last",
        "queue.jobs.dead_letter",
        "park",
        FewerLost,
    ),
    remedy(
        "lease-below-work",
        "queue.jobs.visibility_timeout",
        "10 s",
        FewerDuplicates,
    ),
    remedy(
        "retention-below-outage",
        "queue.jobs.retention",
        "10 min",
        FewerLost,
    ),
    remedy(
        "backlog-without-end",
        "queue.jobs.bound",
        "100",
        YoungerOldest("jobs"),
    ),
    remedy(
        "partitions-below-consumers",
        "queue.jobs.partitions",
        "4",
        YoungerOldest("jobs"),
    ),
    remedy(
        "poll-deadline-below-batch",
        "queue.jobs.poll_deadline",
        "30 s",
        FewerArrive("crew"),
    ),
    remedy(
        "one-item-at-a-time",
        "queue.jobs.order",
        "arrival",
        YoungerOldest("jobs"),
    ),
    remedy(
        "acknowledged-before-work",
        "worker.crew.acknowledge",
        "after",
        FewerLost,
    ),
    remedy(
        "prefetch-hoards",
        "worker.crew.prefetch",
        "2",
        FewerKept("jobs"),
    ),
    remedy(
        "batch-read-again",
        "worker.crew.batch",
        "1",
        FewerArrive("crew"),
    ),
    remedy(
        "no-idempotency-store",
        "worker.crew.idempotency",
        "store",
        FewerDuplicates,
    ),
    remedy(
        "store-forgets-too-soon",
        "worker.crew.idempotency_ttl",
        "1 h",
        FewerDuplicates,
    ),
    remedy(
        "runs-over-third-party",
        "worker.crew.rate_limit",
        "18 rps",
        FewerArrive("bank"),
    ),
];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lint")
}

fn design(name: &str) -> String {
    let file = folder().join(format!("{name}.toml"));
    fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// Everything that is said about a text.
fn findings(text: &str) -> Vec<Diagnostic> {
    scenario::lint(text).diagnostics
}

/// The names of the lints among the findings.
fn names(findings: &[Diagnostic]) -> Vec<&'static str> {
    let name = |finding: &Diagnostic| {
        let lint = LINTS.iter().find(|lint| lint.code == finding.code);
        lint.map_or(finding.code, |lint| lint.name)
    };
    findings.iter().map(name).collect()
}

/// The design with a remedy in place. Plans and alerts are no knobs to edit: their line is written anew.
fn cured(remedy: &Remedy) -> String {
    let text = design(remedy.name);
    let (path, value) = remedy.set;
    let key = match (path.split_once(".plan."), path.strip_prefix("alert.")) {
        (Some((_, operation)), _) => format!("plan.{operation} = "),
        (_, Some(knob)) => format!("{} = ", knob.split_once('.').unwrap().1),
        _ => return edit::apply(&text, &[remedy.set]).unwrap(),
    };
    let line = |line: &str| match line.starts_with(&key) {
        true => format!("{key}{value}\n"),
        false => format!("{line}\n"),
    };
    let cured: String = text.lines().map(line).collect();
    assert_ne!(cured, text, "{path}");
    cured
}

fn reports(text: &str) -> Vec<Report> {
    let scenario = Scenario::parse(text).unwrap();
    let program = experiment::compile(&scenario, Limits::PAGE);
    parallel::seeds(&scenario, &program, &SEEDS, || ())
}

#[test]
fn every_lint_has_its_designs_and_its_remedy() {
    let lints: Vec<&str> = LINTS.iter().map(|lint| lint.name).collect();
    let mut told: Vec<&str> = REMEDIES.iter().map(|remedy| remedy.name).collect();
    let by_lint = |name: &&str| lints.iter().position(|lint| lint == name);
    told.sort_by_key(by_lint);
    assert_eq!(lints, told);
    let codes: Vec<&str> = LINTS.iter().map(|lint| lint.code).collect();
    assert!(codes.is_sorted_by(|a, b| a < b), "each code once, in order");
    let files = fs::read_dir(folder()).unwrap().count();
    assert_eq!(files, 2 * LINTS.len());
}

#[test]
fn a_lint_fires_on_its_design_and_on_no_other() {
    for remedy in REMEDIES {
        let found = findings(&design(remedy.name));
        assert_eq!(names(&found), [remedy.name], "{found:#?}");
        let finding = &found[0];
        assert_eq!(finding.knob.as_deref(), Some(remedy.set.0));
        assert_eq!(finding.severity, Severity::Advice);
        let place = finding.place.as_ref().expect("a place in the file");
        assert!(place.line > 1, "{place:?}");
        assert!(finding.message.chars().any(|c| c == '`'), "it names things");
    }
}

#[test]
fn a_near_miss_is_met_with_silence() {
    for remedy in REMEDIES {
        let found = findings(&design(&format!("{}.near", remedy.name)));
        assert_eq!(found, [], "{}", remedy.name);
    }
}

#[test]
fn the_remedy_silences_it() {
    for remedy in REMEDIES {
        let found = findings(&cured(remedy));
        assert!(!names(&found).contains(&remedy.name), "{found:#?}");
    }
}

#[test]
fn the_knob_it_names_makes_the_run_better() {
    let mut wrong = Vec::new();
    for remedy in REMEDIES {
        let (before, after) = (reports(&design(remedy.name)), reports(&cured(remedy)));
        for (before, after) in before.iter().zip(&after) {
            let (seed, before) = (before.seed, remedy.measure.of(before));
            let after = remedy.measure.of(after);
            if after <= before {
                wrong.push(format!("{} seed {seed}: {before} to {after}", remedy.name));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What a sentence says about how busy a node is comes out in a run.
#[test]
fn the_arithmetic_is_what_a_run_measures() {
    for name in [
        "overloaded.near",
        "little-headroom.near",
        "no-spare-instance.near",
        "slots-held-for-third-party.near",
        "pool-too-small.near",
        "no-acquire-timeout",
        "balanced-by-chance",
        "inner-timeout-outlasts-outer.near",
    ] {
        let text = design(name);
        // Without what happens to it.
        let text = text.split("[[timeline]]").next().unwrap();
        let scenario = Scenario::parse(text).unwrap();
        let map = Map::new(&scenario.design, &[]);
        for report in reports(text) {
            for node in scenario
                .design
                .nodes
                .iter()
                .filter(|n| n.kind.name != "clients")
            {
                let measured = report.nodes.iter().find(|n| n.key == node.key).unwrap();
                let arrived = map.rate_at(node);
                assert!(
                    (measured.arrived_per_s / arrived - 1.0).abs() < 0.1,
                    "{name} {}: {arrived} and {}",
                    node.key,
                    measured.arrived_per_s
                );
                let Some(busy) = measured.utilisation.filter(|_| map.load(node) > 0.0) else {
                    continue;
                };
                let load = map.load(node);
                assert!(
                    (busy / load - 1.0).abs() < 0.12,
                    "{name} {}: {load} and {busy}",
                    node.key
                );
            }
        }
    }
}

/// Lints look at the plans that the engine runs.
#[test]
fn plans_are_those_of_the_engine() {
    for n in 0..100 {
        let scenario = Scenario::parse(&random::scenario(n)).unwrap();
        let program = experiment::compile(&scenario, Limits::PAGE);
        let map = Map::new(&scenario.design, &scenario.timeline);
        for trip in &map.trips {
            let operations = &program.operations;
            let number = operations.iter().position(|o| o.key == trip.operation.key);
            let operation = &operations[number.unwrap()];
            let mut effects: Vec<&str> = trip.effects.clone();
            let nodes = operation.effects.iter();
            let mut run: Vec<&str> = nodes.map(|n| &*program.nodes[*n as usize].key).collect();
            effects.sort_unstable();
            run.sort_unstable();
            assert_eq!(effects, run, "{n}");
            for stop in trip.stops.iter().filter(|s| s.node.kind.name == "service") {
                let node = program.nodes.iter().find(|node| node.key == stop.node.key);
                let plan = &node.unwrap().plans[number.unwrap()];
                let call = |call: &PlanCall| {
                    let key = &program.links[call.link as usize].key;
                    format!("{key} {}", call.mode == CallMode::Write)
                };
                let step = |step: &PlanStep| match step {
                    PlanStep::Work => "work".to_owned(),
                    PlanStep::Respond => "respond".to_owned(),
                    PlanStep::Calls { calls, wanted } => {
                        let calls: Vec<String> = calls.iter().map(call).collect();
                        format!("{wanted} of {calls:?}")
                    }
                    PlanStep::Send(sent) => format!("send {}", call(sent)),
                    PlanStep::Cached { cache, store } => {
                        let cache = &program.links[*cache as usize].key;
                        format!("{cache} false else {}", call(store))
                    }
                };
                let run: Vec<String> = plan.iter().map(step).collect();
                let hop = |hop: &Hop<'_>| format!("{} {}", hop.link.key, hop.writes);
                let step = |step: &Move<'_>| match step {
                    Move::Work => "work".to_owned(),
                    Move::Respond => "respond".to_owned(),
                    Move::Calls { hops, wanted } => {
                        let calls: Vec<String> = hops.iter().map(hop).collect();
                        format!("{wanted} of {calls:?}")
                    }
                    Move::Send(sent) => format!("send {}", hop(sent)),
                    Move::Cached([cache, store]) => format!("{} else {}", hop(cache), hop(store)),
                };
                let looked_at: Vec<String> = stop.steps.iter().map(step).collect();
                assert_eq!(looked_at, run, "{n} {}", stop.node.key);
            }
        }
    }
}

/// No sentence about a random design has a number that is none.
#[test]
fn advice_on_any_design_is_finite() {
    let mut seen: Vec<&str> = Vec::new();
    for n in 0..300 {
        let text = random::scenario(n);
        let scenario = Scenario::parse(&text).unwrap();
        for finding in findings(&text) {
            for word in ["inf", "NaN", "-0"] {
                let words = finding.message.split([' ', ':', ',']);
                assert!(!words.into_iter().any(|w| w == word), "{}", finding.message);
            }
            let Some(knob) = finding
                .knob
                .filter(|k| !k.contains(".plan.") && !k.starts_with("alert."))
            else {
                continue;
            };
            assert!(edit::knob_at(&scenario, &knob).is_ok(), "{knob}");
            seen.push(finding.code);
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert!(
        seen.len() >= 12,
        "of the lints, random designs show {seen:?}"
    );
}
