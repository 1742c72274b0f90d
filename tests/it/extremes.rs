//! Designs at the edge of what can be drawn: each runs to its end, or to a limit, and says what is so.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::{Ended, Report};
use brownout::scenario::Scenario;

fn run(text: &str, in_flight: usize) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}"));
    let limits = Limits {
        in_flight,
        ..Limits::NATIVE
    };
    let program = experiment::compile(&scenario, limits);
    experiment::run(&scenario, program, 1)
}

fn shop(rate: &str, duration: &str) -> String {
    format!(
        "format = 1\n[run]\nduration = \"{duration}\"\n[clients.users]\nrate = \"{rate}\"\n\
         [service.shop]\nslots = 4\nservice_time = \"10 ms\"\n\
         [link.visit]\nfrom = \"users\"\nto = \"shop\"\n\
         [goal.served]\nlabel = \"served\"\nmetric = \"served\"\nat_least = \"0 %\"\n"
    )
}

#[test]
fn without_traffic_nothing_happens_and_nothing_is_said_to_have() {
    let report = run(&shop("0 rps", "10 s"), 1_000);
    assert_eq!(report.ended, Ended::Settled);
    assert_eq!((report.users.actions, report.ledger.intents), (0, 0));
    assert_eq!(report.users.served_share, None);
    assert_eq!(report.users.latency.p99_ns, None);
    assert!(!report.passed, "nobody was served");
}

#[test]
fn one_node_alone_runs() {
    let report = run(
        "format = 1\n[run]\nduration = \"10 s\"\n[service.shop]\n",
        1_000,
    );
    assert_eq!(report.ended, Ended::Settled);
    assert_eq!(report.nodes.len(), 1);
}

#[test]
fn two_hundred_nodes_run() {
    let mut text = "format = 1\n[run]\nduration = \"5 s\"\n[clients.users]\nrate = \"20 rps\"\n\
                    [balancer.door]\n[link.visit]\nfrom = \"users\"\nto = \"door\"\ntimeout = \"5 s\"\n"
        .to_owned();
    for i in 0..198 {
        text.push_str(&format!(
            "[service.s{i}]\nslots = 4\nservice_time = \"1 ms\"\n\
             [link.l{i}]\nfrom = \"door\"\nto = \"s{i}\"\ntimeout = \"1 s\"\n"
        ));
    }
    let report = run(&text, 10_000);
    assert_eq!(report.ended, Ended::Settled);
    assert_eq!(report.nodes.len(), 200);
    assert_eq!(report.users.served, report.users.actions);
    let arrived = |key: char| {
        let of = report.nodes.iter().filter(|n| n.key.starts_with(key));
        of.map(|n| n.arrived).sum::<u64>()
    };
    assert_eq!(arrived('s'), report.users.actions);
}

/// A hundred times what it can do: the run ends at the limit, and its rates are about the time there was.
#[test]
fn a_hundredfold_load_ends_at_the_limit_and_says_so() {
    const LIMIT: usize = 100_000;
    let report = run(&shop("40000 rps", "1000 s"), LIMIT);
    let Ended::BacklogLimit { at_ns, limit } = report.ended else {
        panic!("{:?}", report.ended);
    };
    assert_eq!(limit, LIMIT as u64);
    let seconds = at_ns as f64 / 1e9;
    assert_eq!(report.measure_ns, (0, at_ns));
    // 39,600 more come each second than leave.
    assert!((2.4..2.7).contains(&seconds), "{seconds} s");
    assert!((report.users.goodput_per_s / 400.0 - 1.0).abs() < 0.02);
    assert!((report.users.offered_per_s / 40_000.0 - 1.0).abs() < 0.02);
    let node = report.nodes.iter().find(|n| n.key == "shop").unwrap();
    assert!((node.arrived_per_s / 40_000.0 - 1.0).abs() < 0.02);
    assert!((node.utilisation.unwrap() - 1.0).abs() < 0.02);
    assert!(
        !report.passed,
        "its goal held as far as it went, and it did not get to its end"
    );
    assert!(report.goals.iter().all(|goal| goal.holds));
}
