//! Queues and workers against what their rules say: deliveries, effects, what a crash leaves.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::scenario::Scenario;

/// Users publish `actions` messages at the same instant; a worker writes each to a store.
fn run(actions: u32, queue: &str, worker: &str, more: &str) -> Report {
    let text = format!(
        "format = 1\n[run]\nduration = \"600 s\"\n\n\
         [clients.users]\narrivals = \"constant\"\nrate = \"1 rps\"\nbatch = {actions}\nactions = {actions}\n\n\
         [queue.q]\n{queue}\n\n[worker.w]\n{worker}\n\n\
         [database.db]\nwrite_time = \"0 s\"\n\n\
         [link.put]\nfrom = \"users\"\nto = \"q\"\n\n[link.hand]\nfrom = \"q\"\nto = \"w\"\n\n\
         [link.save]\nfrom = \"w\"\nto = \"db\"\n\n[operation.order]\nkind = \"write\"\n{more}"
    );
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
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
fn work_longer_than_the_lease_is_delivered_and_done_again() {
    let long = run(1, "", "concurrency = 9\nservice_time = \"75 s\"", "");
    assert_eq!(
        (count(&long, "q", "delivered"), long.ledger.effects),
        (3, 3)
    );
    assert_eq!(long.ledger.duplicate, 1);
    let short = run(1, "", "concurrency = 9\nservice_time = \"29 s\"", "");
    assert_eq!(
        (count(&short, "q", "delivered"), short.ledger.effects),
        (1, 1)
    );
    // A worker that says it is still at it keeps the lease.
    let beats = "concurrency = 9\nservice_time = \"75 s\"\nheartbeat = \"10 s\"";
    let renewed = run(1, "", beats, "");
    assert_eq!(
        (count(&renewed, "q", "delivered"), renewed.ledger.effects),
        (1, 1)
    );
}

#[test]
fn exponential_work_is_delivered_as_often_as_the_formula_says() {
    let worker = "concurrency = 10000\nservice_time = \"exponential(10 s)\"";
    let report = run(5_000, "visibility_timeout = \"10 s\"", worker, "");
    let mean = count(&report, "q", "delivered") as f64 / 5_000.0;
    assert!((mean - 1.4202).abs() < 0.03 * 1.4202, "{mean}");
}

#[test]
fn after_the_last_delivery_it_is_a_dead_letter_and_done_twice() {
    let queue = "max_receives = 2\ndead_letter = \"park\"";
    let report = run(1, queue, "concurrency = 9\nservice_time = \"75 s\"", "");
    assert_eq!(count(&report, "q", "dead_lettered"), 1);
    assert_eq!(report.ledger.effects, 2);
}

/// A batch of 10, one second each, that lies there when the worker comes up; it crashes after 4.
fn crashed(mode: &str, acknowledge: &str) -> Report {
    run(
        10,
        &format!("mode = \"{mode}\""),
        &format!("batch = 10\nservice_time = \"1 s\"\nacknowledge = \"{acknowledge}\""),
        "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"w\"\nat = \"0 s\"\nlasts = \"2 s\"\n\n\
         [[timeline]]\nwhat = \"crash\"\ntarget = \"w\"\nat = \"6500 ms\"\nlasts = \"1 s\"\n",
    )
}

#[test]
fn a_crash_in_a_batch_replays_or_loses() {
    for mode in ["lease", "session"] {
        let after = crashed(mode, "after");
        assert_eq!(
            (after.ledger.duplicate, after.ledger.lost),
            (4, 0),
            "{mode}"
        );
        assert_eq!(after.ledger.effects, 14, "{mode}");
        let before = crashed(mode, "before");
        assert_eq!(
            (before.ledger.duplicate, before.ledger.lost),
            (0, 6),
            "{mode}"
        );
    }
}

/// Replies of the bank get lost; who retries cannot know that it has paid.
fn paid(idempotency: &str) -> Report {
    let text = format!(
        "format = 1\n[run]\nduration = \"200 s\"\n[clients.users]\nrate = \"200 rps\"\n\
         [third_party.bank]\nlatency = \"10 ms\"\nidempotency = \"{idempotency}\"\n\
         [link.pay]\nfrom = \"users\"\nto = \"bank\"\nreply_loss = \"5 %\"\ntimeout = \"1 s\"\nattempts = 4\nidempotency_key = \"form\"\n\
         [operation.order]\nkind = \"write\"\n"
    );
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

#[test]
fn lost_replies_pay_twice_unless_there_is_a_key() {
    let blind = paid("none");
    let intents = blind.ledger.intents as f64;
    let (executed, twice) = (
        blind.ledger.effects as f64 / intents,
        blind.ledger.duplicate as f64 / intents,
    );
    assert!((executed - 1.0526).abs() < 0.005, "{executed}");
    assert!((twice - 0.05).abs() < 0.005, "{twice}");
    let keyed = paid("keys");
    assert_eq!(
        (keyed.ledger.duplicate, keyed.ledger.effects),
        (0, keyed.ledger.intents)
    );
}

#[test]
fn the_oldest_message_is_as_old_as_its_work_takes() {
    let ages = |queue: &str, work: &str, more: &str| {
        let worker = format!("concurrency = 9\nservice_time = \"{work}\"");
        let report = run(3, queue, &worker, more);
        let node = report.nodes.iter().find(|n| n.key == "q").unwrap();
        let seconds = |ns: Option<u64>| ns.map(|ns| ns as f64 / 1e9);
        (seconds(node.greatest_age_ns), seconds(node.age_at_end_ns))
    };
    assert_eq!(ages("", "29 s", ""), (Some(29.0), None));
    // Delivered anew, it is still the old message.
    assert_eq!(ages("", "75 s", ""), (Some(75.0), None));
    // Put aside after the second lease.
    let limited = "max_receives = 2\ndead_letter = \"park\"";
    assert_eq!(ages(limited, "75 s", ""), (Some(60.0), None));
    // Nobody ever comes for it, but the queue keeps it no longer than that.
    let down =
        "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"w\"\nat = \"0 s\"\nlasts = \"600 s\"\n";
    assert_eq!(
        ages("retention = \"50 s\"", "1 s", down),
        (Some(50.0), None)
    );
    let (greatest, at_end) = ages("retention = \"unbounded\"", "1 d", "");
    assert!(
        greatest >= Some(600.0) && greatest == at_end,
        "{greatest:?} {at_end:?}"
    );
}
