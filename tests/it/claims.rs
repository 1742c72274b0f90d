//! Claims about consistency: which designs keep which, and the history that breaks one.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::claims::{self, ClaimReport};
use brownout::observe::summary;
use brownout::scenario::{Scenario, edit};

fn judged(text: &str, changes: &[(&str, &str)]) -> Vec<ClaimReport> {
    let text = edit::apply(text, changes).unwrap_or_else(|d| panic!("{d:#?}"));
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let mut run = experiment::recorded(program, 3);
    run.finish();
    let claims = claims::judge(&scenario.claims, &run.program, &run.record.ledger);
    let broken = claims.iter().filter(|claim| !claim.holds).count() as f64;
    let report = summary::report(&scenario, &run, 3);
    assert_eq!(report.goals[0].measured, Some(broken));
    assert_eq!(report.goals[0].holds, broken == 0.0);
    for claim in &claims {
        assert_eq!(claim.holds, claim.history.is_empty(), "{claim:?}");
        assert!(claim.holds || claim.history.len() == 2, "{claim:?}");
        assert_eq!(claim.holds, claim.breaks == 0);
    }
    claims
}

/// The keys of those that are broken.
fn broken(text: &str, changes: &[(&str, &str)]) -> Vec<String> {
    let claims = judged(text, changes).into_iter();
    claims
        .filter(|claim| !claim.holds)
        .map(|claim| claim.key)
        .collect()
}

/// Readers and writers of ten rows, in two copies that follow with a delay of their own.
const COPIES: &str = r#"
format = 1
[run]
duration = "60 s"
[clients.users]
arrivals = "closed"
users = 20
think_time = "exponential(200 ms)"
[operation.look]
kind = "read"
keys = 10
key_space = "rows"
[operation.save]
kind = "write"
keys = 10
key_space = "rows"
[database.rows]
cores = 64
connections = "unbounded"
read_time = "1 ms"
write_time = "1 ms"
replicas = 2
replication_delay = "exponential(100 ms)"
[link.ask]
from = "users"
to = "rows"
[claim.atomic]
model = "linearizable"
place = "rows"
[claim.in_order]
model = "sequential"
place = "rows"
[claim.own]
model = "read_your_writes"
place = "rows"
[claim.forward]
model = "monotonic_reads"
place = "rows"
[claim.serial]
model = "serializable"
place = "rows"
[goal.claims]
label = "all hold"
metric = "claims_broken"
at_most = 0
"#;

#[test]
fn where_reads_go_decides_what_a_store_keeps() {
    let from = |reads: &str| broken(COPIES, &[("database.rows.read_from", reads)]);
    assert_eq!(from("primary"), [""; 0]);
    assert_eq!(from("replicas"), ["atomic", "in_order", "own", "forward"]);
    // A session knows what it has written, and not what it has seen.
    let session = from("token");
    assert!(!session.contains(&"own".to_owned()), "{session:?}");
    assert!(session.contains(&"atomic".to_owned()), "{session:?}");
}

#[test]
fn the_history_is_what_was_there_and_who_did_not_see_it() {
    let claims = judged(COPIES, &[("database.rows.read_from", "replicas")]);
    let of = |key: &str| claims.iter().find(|claim| claim.key == key).unwrap();
    let atomic = &of("atomic").history;
    assert_eq!((atomic[0].what, atomic[1].what), ("write", "read"));
    assert_eq!(atomic[0].row, atomic[1].row);
    assert!(atomic[0].version > atomic[1].version, "{atomic:?}");
    assert!(Some(atomic[0].at_ns) < atomic[1].began_ns, "{atomic:?}");
    let own = &of("own").history;
    assert!(
        own[0].version > own[1].version && own[0].intent < own[1].intent,
        "{own:?}"
    );
    let forward = &of("forward").history;
    assert_eq!((forward[0].what, forward[1].what), ("read", "read"));
    assert!(forward[0].version > forward[1].version, "{forward:?}");
    assert!(Some(forward[0].at_ns) < forward[1].began_ns, "{forward:?}");
    // The stronger one is broken whenever a weaker one is.
    assert!(of("atomic").breaks >= of("in_order").breaks);
    assert!(of("in_order").breaks >= of("own").breaks.max(of("forward").breaks));
}

/// Two users at a time read a row, think, and write what follows from it.
const ROWS: &str = r#"
format = 1
[run]
duration = "60 s"
[clients.users]
rate = "100 rps"
actions = 1000
[service.shop]
slots = 1000
service_time = "10 ms"
plan.buy = ["read rows", "work", "update rows", "respond"]
[database.store]
cores = 1000
read_time = "0 s"
write_time = "0 s"
connections = "unbounded"
[link.visit]
from = "users"
to = "shop"
[link.rows]
from = "shop"
to = "store"
[operation.buy]
kind = "write"
keys = 1
[claim.serial]
model = "serializable"
place = "store"
[goal.claims]
label = "all hold"
metric = "claims_broken"
at_most = 0
"#;

#[test]
fn a_lost_update_breaks_what_is_claimed_to_be_serializable() {
    let claim = &judged(ROWS, &[])[0];
    let [lost, over] = &claim.history[..] else {
        panic!("{claim:?}");
    };
    assert!(
        lost.version < over.version && lost.at_ns < over.at_ns,
        "{claim:?}"
    );
    assert!(claim.breaks > 300, "{}", claim.breaks);
    assert_eq!(
        broken(ROWS, &[("database.store.isolation", "optimistic")]),
        [""; 0]
    );
}
