//! Places that have something else of a row when everything has come to rest, and those that catch up.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::ledger::diverged::{Diverged, Pair};
use brownout::observe::summary;
use brownout::scenario::{Scenario, edit};

fn run(text: &str, changes: &[(&str, &str)]) -> (Vec<Diverged>, brownout::observe::report::Report) {
    let text = edit::apply(text, changes).unwrap_or_else(|d| panic!("{d:#?}"));
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let mut run = experiment::recorded(program, 7);
    run.finish();
    (summary::diverged(&run), summary::report(&scenario, &run, 7))
}

/// 100 writes per second, each of a row of its own.
const COPIES: &str = r#"
format = 1
[run]
duration = "20 s"
[clients.users]
arrivals = "constant"
rate = "100 rps"
[operation.save]
kind = "write"
keys = 1000000
[database.rows]
cores = 64
connections = "unbounded"
read_time = "1 ms"
write_time = "1 ms"
replicas = 2
replication_delay = "5 ms"
detect_after = "1 s"
promotion_time = "1 s"
[link.save]
from = "users"
to = "rows"
timeout = "5 s"
"#;

fn isolated(target: &str, lasts: &str) -> String {
    let entry = "[[timeline]]\nwhat = \"isolate\"\nat = \"10 s\"\n";
    format!("{COPIES}{entry}target = \"{target}\"\nlasts = \"{lasts}\"\n")
}

#[test]
fn a_copy_that_is_let_in_again_catches_up() {
    assert_eq!(run(COPIES, &[]).1.ledger.diverged, 0);
    let back = isolated("rows", "3 s");
    assert_eq!(run(&back, &[]).1.ledger.diverged, 0);
    assert_eq!(
        run(&back, &[("database.rows.fencing", "false")])
            .1
            .ledger
            .diverged,
        0
    );
}

#[test]
fn what_an_old_leader_takes_that_stays_cut_off_is_nowhere_else() {
    let cut = isolated("rows", "60 min");
    let (found, report) = run(&cut, &[("database.rows.fencing", "false")]);
    // The old leader lacks what the new one took from about 12 s on, and has what itself took meanwhile.
    let (lacks, has): (Vec<&Diverged>, Vec<&Diverged>) =
        found.iter().partition(|d| d.has < d.version);
    assert!(lacks.len() > 500, "{}", lacks.len());
    assert!(has.len() > 50, "{}", has.len());
    assert!(
        found.iter().all(|d| d.pair == Pair::Copies && d.at == 0),
        "{:?}",
        found[0]
    );
    assert!(
        lacks
            .iter()
            .all(|d| d.made.is_some_and(|made| made.by.number().is_some()))
    );
    assert_eq!(report.ledger.diverged, found.len() as u64);
    // Without anybody else to lead, the two that follow lack what the leader takes.
    let (found, _) = run(&cut, &[("database.rows.failover", "by_hand")]);
    let rows = found.iter().filter(|d| d.at == 1).count();
    assert!((990..=1_010).contains(&rows), "{rows}");
    assert_eq!(found.len(), 2 * rows);
}

/// Ten readers for one writer, 50 items, a cache that is told nothing.
const CACHE: &str = r#"
format = 1
[run]
duration = "20 s"
[clients.people]
rate = "200 rps"
[service.app]
slots = 1000
service_time = "1 ms"
[cache.quick]
op_time = "0.1 ms"
on_write = "none"
[database.rows]
cores = 100
read_time = "1 ms"
write_time = "1 ms"
[link.ask]
from = "people"
to = "app"
[link.lookup]
from = "app"
to = "quick"
[link.query]
from = "app"
to = "rows"
[operation.look]
kind = "read"
weight = 10
keys = 50
key_space = "items"
[operation.change]
kind = "write"
keys = 50
key_space = "items"
effects = ["rows"]
"#;

#[test]
fn an_entry_without_an_end_is_old_for_good() {
    let (found, report) = run(CACHE, &[]);
    assert_eq!(found.len(), 50, "every item was read, and changed later");
    assert!(
        found
            .iter()
            .all(|d| d.pair == Pair::Cache && d.has < d.version)
    );
    assert!(report.ledger.stale > 0);
    // What ends by itself is not for good, unless every reader puts the end off.
    let ttl = ("cache.quick.ttl", "10 min");
    assert_eq!(run(CACHE, &[ttl]).0.len(), 0);
    assert_eq!(
        run(CACHE, &[ttl, ("cache.quick.ttl_renew", "on_hit")])
            .0
            .len(),
        50
    );
    // Who is told takes the old one out; what was read before and comes later is the exception.
    let told = run(CACHE, &[("cache.quick.on_write", "invalidate")])
        .0
        .len();
    assert!(told < 5, "{told}");
}

/// Orders, and a search index that a feed fills. Only the order is promised.
const INDEX: &str = r#"
format = 1
[run]
duration = "20 s"
[clients.users]
arrivals = "constant"
rate = "100 rps"
[operation.order]
kind = "write"
keys = 100
effects = ["orders"]
[service.shop]
slots = 16
service_time = "1 ms"
[database.orders]
cores = 16
write_time = "1 ms"
read_time = "1 ms"
[queue.events]
retention = "unbounded"
[worker.indexer]
concurrency = 1
service_time = "1 ms"
plan.order = ["work", "write fill", "respond"]
[database.index]
cores = 16
write_time = "1 ms"
[link.visit]
from = "users"
to = "shop"
[link.save]
from = "shop"
to = "orders"
[link.hand]
from = "events"
to = "indexer"
[link.fill]
from = "indexer"
to = "index"
[feed.relay]
[link.follow]
from = "relay"
to = "orders"
[link.relay]
from = "relay"
to = "events"
"#;

#[test]
fn what_a_feed_leaves_out_is_missing_where_it_leads() {
    let (found, report) = run(INDEX, &[]);
    assert_eq!(found.len(), 0, "{:?}", found.first());
    assert!(report.ledger.effects > 3_900, "a row in each");
    let down = format!(
        "{INDEX}[[timeline]]\nwhat = \"partition\"\ntarget = \"relay\"\nat = \"10 s\"\nlasts = \"5 min\"\n"
    );
    let skips = [
        ("feed.relay.on_failure", "skip"),
        ("link.relay.timeout", "100 ms"),
    ];
    let (found, report) = run(&down, &skips);
    assert!(
        found
            .iter()
            .all(|d| d.pair == Pair::Feed && d.has < d.version)
    );
    assert_eq!(
        found.len(),
        100,
        "each row was changed in the last ten seconds"
    );
    assert_eq!(
        report.ledger.partial + report.ledger.lost,
        0,
        "nobody was promised the index"
    );
    // Where the index is promised, it is the action that is not whole.
    let promised = [
        skips[0],
        skips[1],
        ("operation.order.effects", "[\"orders\", \"index\"]"),
    ];
    let (found, report) = run(&down, &promised);
    assert!(report.ledger.partial > 900, "{}", report.ledger.partial);
    assert_eq!(found.len(), 0, "{:?}", found.first());
}

#[test]
fn who_applies_in_another_order_ends_with_something_else() {
    // Two at a time, one of them slow now and then: the later change may come first.
    let (found, _) = run(
        INDEX,
        &[
            ("worker.indexer.concurrency", "50"),
            ("worker.indexer.service_time", "exponential(2 s)"),
        ],
    );
    assert!(found.len() > 10, "{}", found.len());
    assert!(
        found.iter().all(|d| d.has > 0),
        "it is there, and an older one"
    );
}
