//! What reads see, and what the ledger says about it.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::{LedgerCounts, Report};
use brownout::scenario::{Scenario, edit};

fn run(text: &str, changes: &[(&str, &str)]) -> Report {
    let text = edit::apply(text, changes).unwrap_or_else(|d| panic!("{d:#?}"));
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

fn ledger(text: &str, changes: &[(&str, &str)]) -> LedgerCounts {
    run(text, changes).ledger
}

/// Rows behind a cache that keeps what it has read for ten seconds; one row, written every second.
const CACHED: &str = r#"
format = 1
[run]
duration = "120 s"
[clients.readers]
rate = "50 rps"
[clients.editors]
arrivals = "constant"
rate = "1 rps"
[operation.look]
clients = ["readers"]
key_space = "rows"
keys = 1
[operation.save]
kind = "write"
clients = ["editors"]
key_space = "rows"
keys = 1
[service.site]
slots = 100
service_time = "1 ms"
plan.look = ["cached keep else read store", "respond"]
plan.save = ["write store", "respond"]
[cache.near]
ttl = "10 s"
[database.store]
[link.visit]
from = "readers"
to = "site"
[link.edit]
from = "editors"
to = "site"
[link.keep]
from = "site"
to = "near"
[link.store]
from = "site"
to = "store"
"#;

#[test]
fn a_cache_serves_what_is_as_old_as_it_may_keep_it() {
    let all = ledger(CACHED, &[]);
    // Nearly every read: the row changes each second, the entry every ten.
    assert!(all.stale > 4_500, "{all:?}");
    let age = all.stale_longest_ns as f64 / 1e9;
    assert!((9.0..10.1).contains(&age), "{age} s");
    assert_eq!(all.own_write_missed, 0, "readers write nothing");
    let short = ledger(CACHED, &[("cache.near.ttl", "1 s")]);
    assert!(short.stale < all.stale && short.stale > 0, "{short:?}");
    let age = short.stale_longest_ns as f64 / 1e9;
    assert!(age < 1.1, "{age} s");
}

#[test]
fn without_a_cache_and_with_one_copy_nothing_is_stale() {
    let text = CACHED.replace(
        r#"plan.look = ["cached keep else read store", "respond"]"#,
        r#"plan.look = ["read store", "respond"]"#,
    );
    let all = ledger(&text, &[]);
    assert_eq!((all.stale, all.stale_longest_ns), (0, 0), "{all:?}");
}

/// Actions on five rows; one write in five gets lost, so that its message comes back after
/// five seconds.
const QUEUED: &str = r#"
format = 1
[run]
duration = "60 s"
[clients.users]
rate = "20 rps"
[operation.save]
kind = "write"
keys = 5
effects = ["store"]
[service.site]
slots = 100
service_time = "1 ms"
[queue.jobs]
visibility_timeout = "5 s"
[worker.hands]
concurrency = 8
service_time = "10 ms"
[database.store]
[link.visit]
from = "users"
to = "site"
[link.publish]
from = "site"
to = "jobs"
[link.take]
from = "jobs"
to = "hands"
[link.write]
from = "hands"
to = "store"
loss = "20 %"
timeout = "100 ms"
"#;

#[test]
fn what_comes_back_to_a_queue_is_applied_after_what_came_later() {
    let report = run(QUEUED, &[]);
    assert!(report.ledger.out_of_order > 50, "{:?}", report.ledger);
    assert_eq!(report.ledger.stale, 0);
}

/// A leader and two followers that are behind; users who look at what they have just saved.
const COPIES: &str = r#"
format = 1
[run]
duration = "60 s"
[clients.users]
rate = "100 rps"
identities = 100000
looks_with = "look"
write_repeats = 0
look_after = "50 ms"
[operation.save]
kind = "write"
key_space = "rows"
keys = 100000
[operation.look]
weight = 0
key_space = "rows"
keys = 100000
[database.store]
cores = 16
replicas = 2
replication_delay = "200 ms"
detect_after = "1 s"
promotion_time = "1 s"
read_from = "replicas"
[link.rows]
from = "users"
to = "store"
"#;

#[test]
fn who_looks_before_the_copies_have_it_misses_it() {
    let all = ledger(COPIES, &[]);
    assert!(all.own_write_missed > 5_500, "{all:?}");
    assert!(all.own_write_missed <= all.stale);
    for read_from in ["primary", "token", "own_writes_from_primary"] {
        let all = ledger(COPIES, &[("database.store.read_from", read_from)]);
        assert_eq!((all.own_write_missed, all.went_back), (0, 0), "{read_from}");
    }
    let later = ledger(COPIES, &[("clients.users.look_after", "300 ms")]);
    assert_eq!(later.own_write_missed, 0);
}

/// Two followers, one of them far behind: who reads twice may see time run backwards.
#[test]
fn who_reads_twice_may_see_something_older() {
    let changes = [
        ("database.store.replication_delay", "exponential(300 ms)"),
        ("clients.users.look_after", "100 ms"),
        ("clients.users.identities", "5"),
        ("operation.save.keys", "5"),
        ("operation.look.keys", "5"),
    ];
    let all = ledger(COPIES, &changes);
    assert!(all.went_back > 100, "{all:?}");
}

#[test]
fn what_was_undone_makes_no_read_stale() {
    let text = COPIES.to_owned()
        + r#"
[[timeline]]
what = "primary_loss"
target = "store"
at = "20 s"
lasts = "20 s"
"#;
    // The leader is lost, and with it what no copy had received yet. Who looked after those writes
    // missed them; no version that survives was missed by the others.
    let all = ledger(&text, &[]);
    assert!(all.undone > 5 && all.lost > 5, "{all:?}");
    assert_eq!(all.open, 0);
}
