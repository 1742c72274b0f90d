//! Change feeds, and what happens without one: rows and messages that belong together.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::scenario::{Scenario, edit};

/// Orders are saved, and mailed by somebody who takes messages.
const SHOP: &str = r#"
format = 1
[run]
duration = "60 s"
[clients.users]
arrivals = "constant"
rate = "100 rps"
[operation.order]
kind = "write"
keys = 1000000
[service.shop]
slots = 16
service_time = "1 ms"
[database.orders]
cores = 16
write_time = "1 ms"
read_time = "1 ms"
[queue.events]
retention = "unbounded"
[worker.mailer]
concurrency = 50
service_time = "1 ms"
[third_party.email]
latency = "1 ms"
[link.visit]
from = "users"
to = "shop"
[link.save]
from = "shop"
to = "orders"
[link.hand]
from = "events"
to = "mailer"
[link.mail]
from = "mailer"
to = "email"
"#;

const DUAL: &str = r#"
[link.publish]
from = "shop"
to = "events"
"#;

const FEED: &str = r#"
[feed.relay]
[link.follow]
from = "relay"
to = "orders"
[link.relay]
from = "relay"
to = "events"
"#;

fn run(text: &str, changes: &[(&str, &str)], seed: u64) -> Report {
    let text = edit::apply(text, changes).unwrap_or_else(|d| panic!("{d:#?}"));
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, seed)
}

fn count(report: &Report, node: &str, what: &str) -> u64 {
    let found = report.nodes.iter().find(|n| n.key == node);
    found.unwrap_or_else(|| panic!("{node}")).count(what)
}

fn with_feed() -> String {
    format!("{SHOP}{FEED}")
}

fn crash(target: &str, at: &str, lasts: &str) -> String {
    format!(
        "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"{target}\"\nat = \"{at}\"\nlasts = \"{lasts}\"\n"
    )
}

#[test]
fn an_order_is_mailed_once_by_either_way() {
    for (text, reads) in [
        (format!("{SHOP}{DUAL}"), None),
        (with_feed(), Some("poll")),
        (with_feed(), Some("stream")),
    ] {
        let changes: Vec<(&str, &str)> = reads
            .map(|reads| ("feed.relay.reads", reads))
            .into_iter()
            .collect();
        let report = run(&text, &changes, 1);
        let ledger = &report.ledger;
        assert!(ledger.intents >= 5_999);
        assert_eq!(
            (ledger.clean, ledger.open),
            (ledger.intents, 0),
            "{reads:?}"
        );
        assert_eq!(ledger.effects, 2 * ledger.intents, "a row and a mail each");
    }
}

#[test]
fn a_feed_that_asks_is_behind_and_one_that_is_told_is_not() {
    let lag = |reads: &str| {
        let report = run(
            &with_feed(),
            &[("feed.relay.reads", reads), ("link.relay.delay", "2 ms")],
            1,
        );
        let published = count(&report, "relay", "published");
        assert!(published > 5_900, "{published}");
        count(&report, "relay", "lag_ns") as f64 / published as f64 / 1e6
    };
    let (asks, told) = (lag("poll"), lag("stream"));
    // Half of the pause, and what the batch waits for its turn.
    assert!((250.0..700.0).contains(&asks), "{asks} ms");
    // 2 ms there and 2 ms back; the word takes no time.
    assert!((told - 4.0).abs() < 0.01, "{told} ms");
}

/// 100 orders per second; whatever happens, the relay comes back.
#[test]
fn what_a_crash_of_the_relay_repeats_or_passes_over_is_what_was_not_stored() {
    let crashed = |changes: &[(&str, &str)]| {
        let text = with_feed() + &crash("relay", "30 s", "5 s");
        let mut all = vec![("feed.relay.poll_every", "100 ms")];
        all.extend_from_slice(changes);
        let report = run(&text, &all, 1);
        assert_eq!(report.ledger.open, 0);
        report
    };
    // Position stored after each entry: nothing was in hand.
    let report = crashed(&[]);
    assert_eq!((report.ledger.lost, report.ledger.duplicate), (0, 0));
    assert_eq!(count(&report, "relay", "published_again"), 0);
    // Every two seconds: what it published since then, again; each is mailed twice.
    let report = crashed(&[("feed.relay.checkpoint_every", "2 s")]);
    let again = count(&report, "relay", "published_again");
    assert!((1..=200).contains(&again), "{again}");
    assert_eq!((report.ledger.lost, report.ledger.duplicate), (0, again));
    // Unless the queue knows them.
    let report = crashed(&[
        ("feed.relay.checkpoint_every", "2 s"),
        ("queue.events.dedup_window", "5 min"),
        ("link.relay.idempotency_key", "form"),
    ]);
    assert_eq!((report.ledger.lost, report.ledger.duplicate), (0, 0));
    assert_eq!(count(&report, "events", "deduplicated"), again);
    // Stored before: the rest of the batch is passed over.
    let report = crashed(&[
        ("feed.relay.checkpoint", "before"),
        ("feed.relay.poll_every", "1 s"),
        ("link.relay.delay", "4 ms"),
    ]);
    let over = count(&report, "relay", "passed_over");
    assert!(over > 0);
    assert_eq!(report.ledger.duplicate, 0);
    // One of them was under way, and arrived.
    assert!(
        over - report.ledger.lost <= 1,
        "{over} passed over, {} lost",
        report.ledger.lost
    );
}

#[test]
fn what_dies_between_row_and_message_is_lost_and_an_outbox_loses_nothing() {
    let p = 0.02;
    let dies = [
        ("service.shop.crash_between", "2 %"),
        ("service.shop.restart_time", "1 ms"),
    ];
    let first = |plan: &str| {
        let service = format!("service_time = \"1 ms\"\nplan.order = {plan}");
        format!("{SHOP}{DUAL}").replacen("service_time = \"1 ms\"", &service, 1)
    };
    let responds = run(
        &first(r#"["work", "call save", "respond", "call publish"]"#),
        &dies,
        1,
    );
    let died = count(&responds, "shop", "died_between");
    assert!(
        (died as f64 - 6_000.0 * p).abs() < 4.0 * (6_000.0 * p).sqrt(),
        "{died}"
    );
    assert_eq!(
        (responds.ledger.lost, responds.ledger.partial),
        (died, died)
    );
    assert_eq!(responds.ledger.phantom, 0);
    let later = run(
        &first(r#"["work", "call save", "call publish", "respond"]"#),
        &dies,
        1,
    );
    assert_eq!(
        (
            later.ledger.lost,
            later.ledger.phantom,
            later.ledger.partial
        ),
        (0, died, died)
    );
    let publishes = run(
        &first(r#"["work", "call publish", "call save", "respond"]"#),
        &dies,
        1,
    );
    assert_eq!((publishes.ledger.lost, publishes.ledger.phantom), (0, died));
    let outbox = run(&with_feed(), &dies, 1);
    assert_eq!(outbox.ledger.clean, outbox.ledger.intents);
    assert_eq!(
        count(&outbox, "shop", "died_between"),
        0,
        "there is nothing between"
    );
}

/// The leader is lost at 30 s: what it had not shipped is undone, and what was mailed of that stays mailed.
#[test]
fn messages_of_rows_that_a_failover_undoes_are_there_all_the_same() {
    let copies = [
        ("database.orders.replicas", "1"),
        ("database.orders.elected_by", "any"),
        ("database.orders.replication_delay", "500 ms"),
        ("database.orders.detect_after", "1 s"),
        ("database.orders.promotion_time", "500 ms"),
        ("link.save.timeout", "500 ms"),
    ];
    let with = |more: &[(&str, &str)]| {
        let text = with_feed()
            + "\n[[timeline]]\nwhat = \"primary_loss\"\ntarget = \"orders\"\nat = \"30 s\"\nlasts = \"10 s\"\n";
        let mut all = copies.to_vec();
        all.extend_from_slice(more);
        run(&text, &all, 1)
    };
    let told = with(&[("feed.relay.reads", "stream")]);
    assert_eq!(told.ledger.open, 0);
    let undone = told.ledger.undone;
    assert!(
        (49..=51).contains(&undone),
        "{undone}: half a second of them"
    );
    // Each was answered, has its mail, and has no row.
    assert_eq!((told.ledger.lost, told.ledger.partial), (undone, undone));
    // One that asks at a copy that follows publishes nothing that can be undone.
    let follows = with(&[
        ("database.orders.read_from", "replicas"),
        ("feed.relay.poll_every", "10 ms"),
    ]);
    let (lost, partial) = (follows.ledger.lost, follows.ledger.partial);
    assert_eq!(
        (lost, partial),
        (follows.ledger.undone, 0),
        "neither row nor mail"
    );
    assert!(lost > 0);
}

/// A worker that is down, or a link that is cut: nothing is lost, it comes later.
#[test]
fn what_happens_while_a_feed_is_cut_off_is_published_when_it_is_back() {
    for (reads, link) in [
        ("poll", "follow"),
        ("stream", "follow"),
        ("stream", "relay"),
        ("poll", "relay"),
    ] {
        let text = with_feed()
            + &format!(
                "\n[[timeline]]\nwhat = \"partition\"\ntarget = \"{link}\"\nat = \"30 s\"\nlasts = \"5 s\"\n"
            );
        let changes = [
            ("feed.relay.reads", reads),
            ("link.follow.timeout", "300 ms"),
            ("link.relay.timeout", "300 ms"),
            ("queue.events.dedup_window", "5 min"),
            ("link.relay.idempotency_key", "form"),
        ];
        let report = run(&text, &changes, 1);
        assert_eq!(
            (report.ledger.clean, report.ledger.open),
            (report.ledger.intents, 0),
            "{reads} {link}"
        );
    }
}
