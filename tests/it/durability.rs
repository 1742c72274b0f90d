//! What a design promises about its data, on random designs: with the premises of durability
//! (docs/semantics.md 23) no acknowledged write is ever lost, and with one of them switched off some are; with
//! an idempotency key that the client makes nothing is done twice, and without it some things are.

use std::sync::Arc;

use brownout::engine::Limits;
use brownout::engine::core::Core;
use brownout::experiment::random::copies::{self, Premise, Without};
use brownout::experiment::random::payments::{self, Key};
use brownout::experiment::{self, parallel};
use brownout::observe::report::Ended;
use brownout::observe::summary;
use brownout::scenario::Scenario;
use brownout::time::{NS_PER_MS, Time};

use super::laws::designs;

/// Place of the count among the counts of a database.
const FAILOVERS: usize = 0;

/// How one design came out.
struct Fate {
    number: u64,
    failovers: u64,
    /// Losses that led to a new leader, and when they came requests were under way.
    amidst_writes: u64,
    acknowledged: u64,
    lost: u64,
    duplicate: u64,
    settled: bool,
}

fn under_way(core: &Core) -> u64 {
    core.link_counters
        .iter()
        .map(|link| u64::from(link.in_flight))
        .sum()
}

fn fate(number: u64, text: &str, losses: &[u64]) -> Fate {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{number}: {d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let database = program
        .nodes
        .iter()
        .position(|node| node.kind == "database");
    let mut run = experiment::recorded(Arc::clone(&program), number);
    let failovers =
        |core: &Core| database.map_or(0, |node| core.node_counters[node].tallies[FAILOVERS]);
    let mut amidst_writes = 0;
    let mut before = None;
    for &loss in losses {
        run.advance(Time((loss - 1) * NS_PER_MS), u64::MAX);
        let core = &run.world.core;
        amidst_writes += before.map_or(0, |(n, busy)| u64::from(busy && failovers(core) > n));
        before = Some((failovers(core), under_way(core) > 0));
    }
    run.finish();
    let core = &run.world.core;
    amidst_writes += before.map_or(0, |(n, busy)| u64::from(busy && failovers(core) > n));
    let report = summary::report(&scenario, &run, number);
    Fate {
        number,
        failovers: failovers(core),
        amidst_writes,
        acknowledged: report.users.served,
        lost: report.ledger.lost,
        duplicate: report.ledger.duplicate,
        settled: report.ended == Ended::Settled && report.ledger.open == 0,
    }
}

fn fates(without: Without, only: impl Fn(u64) -> bool) -> Vec<Fate> {
    let numbers: Vec<u64> = (0..designs()).filter(|&n| only(n)).collect();
    let one = |&n: &u64| fate(n, &copies::scenario(n, without), &copies::losses_ms(n));
    parallel::map(&numbers, one, || ())
}

fn numbers(fates: &[Fate], of: impl Fn(&Fate) -> bool) -> Vec<u64> {
    fates
        .iter()
        .filter(|fate| of(fate))
        .map(|fate| fate.number)
        .collect()
}

fn none(numbers: Vec<u64>, what: &str) {
    assert!(numbers.is_empty(), "{what}: designs {numbers:?}");
}

#[test]
fn no_acknowledged_write_is_lost_under_the_premises() {
    for without in [Without::Nothing, Without::Fencing] {
        let fates = fates(without, |_| true);
        let acknowledged: u64 = fates.iter().map(|fate| fate.acknowledged).sum();
        let failovers: u64 = fates.iter().map(|fate| fate.failovers).sum();
        let amidst: u64 = fates.iter().map(|fate| fate.amidst_writes).sum();
        println!(
            "without {without:?}: {} designs, {failovers} failovers, {amidst} after a loss while writes were \
             under way; {acknowledged} acknowledged writes",
            fates.len()
        );
        none(numbers(&fates, |fate| fate.lost > 0), "lost some");
        none(numbers(&fates, |fate| !fate.settled), "not settled");
        none(
            numbers(&fates, |fate| fate.amidst_writes == 0),
            "no failover while writes are under way",
        );
        none(
            numbers(&fates, |fate| fate.acknowledged < 100),
            "hardly any writes",
        );
    }
}

#[test]
fn with_one_premise_less_writes_are_lost() {
    let all = fates(Without::Acknowledgement, |_| true);
    most_lose("without acknowledgement", &all);
    for premise in [
        Premise::NoFallback,
        Premise::ElectedByMajority,
        Premise::MoreThanHalf,
    ] {
        let some = fates(Without::Premise, |n| copies::premise(n) == premise);
        most_lose(&format!("without {premise:?}"), &some);
    }
}

fn most_lose(what: &str, fates: &[Fate]) {
    let lose = numbers(fates, |fate| fate.lost > 0).len();
    println!(
        "{what}: {lose} of {} designs lose acknowledged writes",
        fates.len()
    );
    assert!(
        10 * lose >= 8 * fates.len(),
        "{what}: {lose} of {}",
        fates.len()
    );
}

fn payments(key: Key) -> Vec<Fate> {
    let numbers: Vec<u64> = (0..designs()).collect();
    let one = |&n: &u64| fate(n, &payments::scenario(n, key), &[]);
    parallel::map(&numbers, one, || ())
}

#[test]
fn a_key_made_by_the_client_keeps_everything_from_being_done_twice() {
    let with = payments(Key::Form);
    none(numbers(&with, |fate| fate.duplicate > 0), "with a key");
    none(numbers(&with, |fate| !fate.settled), "not settled");
    for key in [Key::Nobody, Key::Server] {
        let without = payments(key);
        let twice = numbers(&without, |fate| fate.duplicate > 0).len();
        println!(
            "key made by {key:?}: {twice} of {} designs do something twice",
            without.len()
        );
        assert!(10 * twice >= 8 * without.len(), "{key:?}: {twice}");
    }
}
