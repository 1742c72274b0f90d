//! A queue as a log: who reads what, in which order, and what comes again.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::scenario::Scenario;

/// Users publish to a log; each worker writes what it reads to a store of its own.
fn run(users: &str, log: &str, workers: &[&str], more: &str) -> Report {
    let mut text = format!(
        "format = 1\n[run]\nduration = \"600 s\"\n\n[clients.users]\n{users}\n\n\
         [queue.q]\nmode = \"log\"\n{log}\n\n[link.put]\nfrom = \"users\"\nto = \"q\"\n\n"
    );
    for (i, worker) in workers.iter().enumerate() {
        text += &format!(
            "[worker.w{i}]\n{worker}\n\n[database.db{i}]\nwrite_time = \"0 s\"\n\n\
             [link.hand{i}]\nfrom = \"q\"\nto = \"w{i}\"\n\n[link.save{i}]\nfrom = \"w{i}\"\nto = \"db{i}\"\n\n"
        );
    }
    text += &format!("[operation.order]\nkind = \"write\"\n{more}");
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

fn at_once(n: u32) -> String {
    format!("arrivals = \"constant\"\nrate = \"1 rps\"\nbatch = {n}\nactions = {n}")
}

fn count(report: &Report, node: &str, name: &str) -> u64 {
    report
        .nodes
        .iter()
        .find(|n| n.key == node)
        .unwrap()
        .count(name)
}

#[test]
fn every_group_gets_everything() {
    let worker = "instances = 2\nservice_time = \"10 ms\"\nbatch = 5";
    let report = run(
        "rate = \"20 rps\"",
        "partitions = 4",
        &[worker, worker],
        "keys = 100\n",
    );
    let published = count(&report, "q", "published");
    assert!(published > 10_000);
    assert_eq!(count(&report, "q", "acknowledged"), 2 * published);
    assert_eq!(count(&report, "q", "redelivered"), 0);
    assert_eq!(report.ledger.clean, report.ledger.intents);
    // One pause of each group, when its first members came.
    assert_eq!(count(&report, "q", "rebalanced"), 2);
}

#[test]
fn a_crash_in_a_batch_replays_or_loses() {
    let crashed = |acknowledge: &str| {
        let worker = format!("batch = 10\nservice_time = \"1 s\"\nacknowledge = \"{acknowledge}\"");
        // The batch is handed out after the pause of 3 s.
        let crash = "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"w0\"\nat = \"7500 ms\"\nlasts = \"1 s\"\n";
        run(&at_once(10), "", &[&worker], crash)
    };
    let after = crashed("after");
    assert_eq!((after.ledger.duplicate, after.ledger.lost), (4, 0));
    assert_eq!(after.ledger.effects, 14);
    let before = crashed("before");
    assert_eq!((before.ledger.duplicate, before.ledger.lost), (0, 6));
}

#[test]
fn a_partition_has_one_reader_so_more_workers_idle() {
    let busy = |instances: u32| {
        let worker = format!("instances = {instances}\nservice_time = \"100 ms\"");
        let report = run(
            "rate = \"100 rps\"",
            "partitions = 2",
            &[&worker],
            "keys = 1000\n",
        );
        report
            .nodes
            .iter()
            .find(|n| n.key == "w0")
            .unwrap()
            .completed_per_s
    };
    // Ten per second each.
    for (instances, rate) in [(1, 10.0), (2, 20.0), (5, 20.0)] {
        let measured = busy(instances);
        assert!(
            (measured - rate).abs() < 0.03 * rate,
            "{instances}: {measured}"
        );
    }
}

#[test]
fn who_takes_too_long_is_thrown_out_and_its_messages_come_again() {
    let log = "poll_deadline = \"10 s\"";
    let slow = run(&at_once(1), log, &["service_time = \"25 s\""], "");
    // It is thrown out each time, and its commit counts for nothing.
    assert!(count(&slow, "q", "thrown_out") > 3);
    assert!(slow.ledger.effects > 3);
    assert_eq!(count(&slow, "q", "acknowledged"), 0);
    let quick = run(&at_once(1), log, &["service_time = \"9 s\""], "");
    assert_eq!(
        (count(&quick, "q", "thrown_out"), quick.ledger.effects),
        (0, 1)
    );
}

#[test]
fn one_that_always_fails_holds_up_its_partition_until_it_is_passed_over() {
    let worker = "service_time = \"10 ms\"";
    let poison = "poison_share = \"10 %\"\n";
    let limited = run(&at_once(50), "max_receives = 3", &[worker], poison);
    let bad = count(&limited, "q", "skipped");
    assert!(bad > 0);
    assert_eq!(count(&limited, "q", "delivered"), 50 + 2 * bad);
    assert_eq!(count(&limited, "q", "acknowledged"), 50 - bad);
    let endless = run(&at_once(50), "", &[worker], poison);
    assert!(count(&endless, "q", "acknowledged") < 50 - bad);
}

#[test]
fn a_log_keeps_what_its_times_and_keys_say() {
    let down =
        "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"w0\"\nat = \"0 s\"\nlasts = \"100 s\"\n";
    let worker = ["service_time = \"1 ms\""];
    let expired = run(&at_once(20), "retention = \"50 s\"", &worker, down);
    assert_eq!(
        (count(&expired, "q", "expired"), expired.ledger.lost),
        (20, 20)
    );
    let one_key = format!("keys = 1\n{down}");
    let compacted = run(&at_once(20), "compaction = \"15 s\"", &worker, &one_key);
    assert_eq!(count(&compacted, "q", "compacted"), 19);
    assert_eq!(count(&compacted, "q", "acknowledged"), 1);
}

#[test]
fn the_partitions_of_a_dead_instance_wait_for_its_session() {
    let ages = |session: &str| {
        let log =
            format!("partitions = 2\nsession_timeout = \"{session}\"\nrebalance_pause = \"0 s\"");
        let crash = "keys = 100\n[[timeline]]\nwhat = \"crash\"\ntarget = \"w0\"\ninstances = 1\nat = \"100 s\"\nlasts = \"400 s\"\n";
        let worker = "instances = 2\nservice_time = \"1 ms\"";
        let report = run("rate = \"10 rps\"", &log, &[worker], crash);
        assert_eq!(report.ledger.lost, 0);
        let age = report
            .nodes
            .iter()
            .find(|n| n.key == "q")
            .unwrap()
            .greatest_age_ns;
        age.unwrap() as f64 / 1e9
    };
    for (session, seconds) in [("10 s", 10.0), ("45 s", 45.0)] {
        let age = ages(session);
        assert!(
            (seconds - 1.0..=seconds + 0.1).contains(&age),
            "{session}: {age}"
        );
    }
}
