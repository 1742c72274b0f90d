//! What caches do besides their published figures: who waits, what is lost, what is old.

use std::collections::BTreeMap;
use std::sync::Arc;

use brownout::engine::attempt::{Attempt, CallerSide, Intent};
use brownout::engine::record::{Effect, Record, Unrecorded};
use brownout::engine::{IntentId, Limits, Program, Run};
use brownout::experiment;
use brownout::observe::report::{Ended, Report};
use brownout::scenario::{Scenario, edit};
use brownout::time::{Duration, Time};

const KNOBS: &str = include_str!("../fixtures/knobs/caching.toml");

/// Readers and writers of the same 50 items, a service of two instances, a cache beside its database.
const ASIDE: &str = r#"
format = 1

[run]
duration = "60 s"

[clients.people]
rate = "400 rps"

[service.app]
instances = 2
slots = 1000
service_time = "1 ms"

[cache.quick]
op_time = "0.1 ms"

[database.rows]
cores = 100
read_time = "exponential(20 ms)"
write_time = "2 ms"

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
weight = 9
keys = 50
key_space = "items"

[operation.change]
kind = "write"
weight = 1
keys = 50
key_space = "items"
"#;

/// Users of a cache that stands before its database.
const INLINE: &str = r#"
format = 1

[run]
duration = "20 s"

[clients.people]
rate = "100 rps"

[cache.quick]
pattern = "read_through"
op_time = "0 s"

[database.rows]
cores = 1000
connections = "unbounded"
read_time = "200 ms"
write_time = "10 ms"

[link.ask]
from = "people"
to = "quick"

[link.fetch]
from = "quick"
to = "rows"

[operation.look]
kind = "read"
keys = 20
key_space = "items"
"#;

fn program(text: &str) -> (Scenario, Arc<Program>) {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    (scenario, program)
}

fn report(text: &str, changes: &[(&str, &str)]) -> Report {
    let text = edit::apply(text, changes).expect("the knobs exist");
    let (scenario, program) = program(&text);
    experiment::run(&scenario, program, 1)
}

fn count(report: &Report, what: &str) -> u64 {
    let quick = report.nodes.iter().find(|node| node.key == "quick");
    quick.expect("the cache").count(what)
}

fn arrived(report: &Report, key: &str) -> u64 {
    let node = report.nodes.iter().find(|node| node.key == key);
    node.expect("the node").arrived
}

/// What all nodes of the kind counted in the whole run, settling included.
fn tallies(run: &Run<impl Record>) -> Vec<(&'static str, u64)> {
    let nodes = run.program.nodes.iter().enumerate();
    let caches = nodes.filter(|(_, node)| node.kind == "cache");
    let counted = caches.flat_map(|(i, node)| {
        let counts = run.world.core.node_counters[i].tallies;
        node.config.tallies().iter().copied().zip(counts)
    });
    counted.collect()
}

fn sum(tallies: &[(&str, u64)], what: &str) -> u64 {
    tallies
        .iter()
        .filter(|(name, _)| *name == what)
        .map(|(_, n)| n)
        .sum()
}

#[test]
fn hits_and_misses_are_all_lookups_and_a_checkpoint_goes_on_alike() {
    let faults = "\n[[timeline]]\nwhat = \"crash\"\nat = \"5 s\"\nlasts = \"1 s\"\ntarget = \"inline\"\n\
                  \n[[timeline]]\nwhat = \"errors\"\nat = \"3 s\"\nlasts = \"4 s\"\ntarget = \"aside\"\nshare = \"30 %\"\n\
                  \n[[timeline]]\nwhat = \"crash\"\nat = \"11 s\"\nlasts = \"1 s\"\ntarget = \"behind\"\n";
    let (_, program) = program(&format!("{KNOBS}{faults}"));
    for seed in 1..=3 {
        let mut run = Run::new(Arc::clone(&program), seed, Unrecorded);
        run.advance(Time::ZERO + Duration::from_secs(10), u64::MAX);
        let mut resumed = Run::resume(Arc::clone(&program), run.world.clone(), Unrecorded);
        for run in [&mut run, &mut resumed] {
            run.finish();
            let counted = tallies(run);
            let [lookups, hits, misses] =
                ["lookups", "hits", "misses"].map(|name| sum(&counted, name));
            assert!(
                lookups > 5_000 && hits > 1_000 && misses > 1_000,
                "{counted:?}"
            );
            assert_eq!(hits + misses, lookups);
            let [deferred, flushed, lost] =
                ["deferred", "flushed", "lost_dirty"].map(|name| sum(&counted, name));
            assert!(lost > 0 && flushed > 1_000, "{counted:?}");
            assert_eq!(flushed + lost, deferred);
        }
        assert_eq!(run.digest(), resumed.digest());
    }
}

#[test]
fn every_item_is_fetched_once_by_those_who_share_a_cache() {
    let reads = |changes: &[(&str, &str)]| {
        let all = [
            &[
                ("operation.change.weight", "0"),
                ("database.rows.read_time", "0 s"),
            ],
            changes,
        ];
        report(ASIDE, &all.concat())
    };
    let shared = reads(&[]);
    assert_eq!(
        (count(&shared, "misses"), arrived(&shared, "rows")),
        (50, 50)
    );
    let local = reads(&[("cache.quick.scope", "local")]);
    assert_eq!(
        count(&local, "misses"),
        100,
        "each of two instances for itself"
    );
    assert!(count(&local, "hits") > 20_000);
    // The cache of an instance is lost with it; a shared one is not.
    let crash =
        "\n[[timeline]]\nwhat = \"crash\"\nat = \"30 s\"\nlasts = \"1 s\"\ntarget = \"app\"\n";
    let text = format!("{ASIDE}{crash}");
    let base = [
        ("operation.change.weight", "0"),
        ("database.rows.read_time", "0 s"),
    ];
    assert_eq!(count(&report(&text, &base), "misses"), 50);
    let local = [&base[..], &[("cache.quick.scope", "local")]].concat();
    assert_eq!(count(&report(&text, &local), "misses"), 200);
}

#[test]
fn a_flush_empties_the_cache_or_one_of_its_nodes() {
    let flush = "\n[[timeline]]\nwhat = \"flush\"\nat = \"30 s\"\ntarget = \"quick\"\n";
    let base = [
        ("operation.change.weight", "0"),
        ("database.rows.read_time", "0 s"),
    ];
    let all = report(&format!("{ASIDE}{flush}"), &base);
    assert_eq!(
        (count(&all, "misses"), count(&all, "invalidated")),
        (100, 50)
    );
    let of_five = [
        &base[..],
        &[
            ("cache.quick.instances", "5"),
            ("cache.quick.hashing", "ring"),
        ],
    ];
    let one = report(&format!("{ASIDE}{flush}instance = 2\n"), &of_five.concat());
    let gone = count(&one, "invalidated");
    assert!(
        (2..=20).contains(&gone),
        "{gone} of 50 on one of five nodes"
    );
    assert_eq!(count(&one, "misses"), 50 + gone);
}

#[test]
fn who_crowds_for_one_item_waits_for_one_fetch() {
    let crowd = [
        ("clients.people.arrivals", "constant"),
        ("clients.people.rate", "1 rps"),
        ("clients.people.batch", "100"),
        ("clients.people.actions", "100"),
        ("operation.look.keys", "1"),
    ];
    let alone = report(INLINE, &crowd);
    assert_eq!(arrived(&alone, "rows"), 100);
    let together = report(
        INLINE,
        &[&crowd[..], &[("cache.quick.single_flight", "true")]].concat(),
    );
    assert_eq!(arrived(&together, "rows"), 1);
    assert_eq!(
        (count(&together, "misses"), count(&together, "coalesced")),
        (100, 99)
    );
    assert_eq!(together.users.served, 100);
    assert_eq!(together.users.latency.max_ns, alone.users.latency.max_ns);
}

#[test]
fn a_stale_value_is_served_while_a_new_one_comes() {
    let measured = INLINE.replace(
        "duration = \"20 s\"",
        "duration = \"20 s\"\nmeasure = [\"2 s\", \"20 s\"]",
    );
    let ttl = ("cache.quick.ttl", "1 s");
    let waits = report(&measured, &[ttl]);
    let slowest = |report: &Report| report.users.latency.max_ns.expect("somebody was served");
    assert!(slowest(&waits) >= 200_000_000);
    let stale = report(
        &measured,
        &[ttl, ("cache.quick.stale_while_revalidate", "10 s")],
    );
    assert_eq!(slowest(&stale), 0, "nobody waits for the source");
    let [refreshes, served] = ["refreshes", "stale_served"].map(|what| count(&stale, what));
    assert!(
        refreshes > 200 && served >= refreshes,
        "{refreshes} {served}"
    );
    assert_eq!(count(&stale, "misses"), 0);
}

#[test]
fn a_late_answer_fills_the_cache_if_it_may() {
    let slow = [
        ("link.query.timeout", "20 ms"),
        ("database.rows.read_time", "50 ms"),
        ("operation.change.weight", "0"),
    ];
    let without = report(ASIDE, &slow);
    assert_eq!(
        (without.users.served, count(&without, "hits")),
        (0, 0),
        "no answer is in time"
    );
    let with = report(
        ASIDE,
        &[&slow[..], &[("cache.quick.late_fills", "true")]].concat(),
    );
    assert!(count(&with, "hits") > 20_000, "{}", count(&with, "hits"));
    assert!(with.users.served > 20_000);
}

#[test]
fn without_the_cache_the_store_has_to_do_it_all() {
    let crash =
        "\n[[timeline]]\nwhat = \"crash\"\nat = \"20 s\"\nlasts = \"20 s\"\ntarget = \"quick\"\n";
    let base = [("operation.change.weight", "0")];
    let (well, ill) = (
        report(ASIDE, &base),
        report(&format!("{ASIDE}{crash}"), &base),
    );
    assert_eq!(
        ill.users.failed, 0,
        "a cache that is down is a cache that misses"
    );
    assert!(arrived(&well, "rows") < 200 && arrived(&ill, "rows") > 7_000);
}

#[test]
fn writes_reach_the_source_as_the_pattern_says() {
    let text = format!(
        "{INLINE}\n[operation.change]\nkind = \"write\"\nkeys = 20\nkey_space = \"items\"\n"
    );
    let run = |pattern, on_write| {
        report(
            &text,
            &[
                ("cache.quick.pattern", pattern),
                ("cache.quick.on_write", on_write),
            ],
        )
    };
    for (pattern, on_write) in [
        ("read_through", "none"),
        ("read_through", "invalidate"),
        ("read_through", "update"),
        ("write_through", "invalidate"),
        ("invalidate_on_write", "invalidate"),
        ("write_behind", "invalidate"),
    ] {
        let report = run(pattern, on_write);
        assert!(matches!(report.ended, Ended::Settled), "{pattern}");
        let writes = report
            .operations
            .iter()
            .find(|o| o.key == "change")
            .expect("there")
            .actions;
        assert!(writes > 800);
        assert_eq!(
            (report.ledger.effects, report.ledger.lost),
            (writes, 0),
            "{pattern} {on_write}"
        );
        let fetched = arrived(&report, "rows") - writes;
        let takes_out = pattern == "invalidate_on_write"
            || on_write == "invalidate" && pattern == "read_through";
        // Written or read, an item that is never taken out is fetched when nobody has it yet.
        assert_eq!(fetched > 300, takes_out, "{pattern} {on_write}: {fetched}");
    }
}

#[test]
fn a_crash_loses_what_was_acknowledged_and_not_yet_flushed() {
    let text = format!(
        "{INLINE}\n[operation.change]\nkind = \"write\"\nkeys = 20\nkey_space = \"items\"\n\
         \n[[timeline]]\nwhat = \"crash\"\nat = \"11.5 s\"\nlasts = \"1 s\"\ntarget = \"quick\"\n"
    );
    let run = |pattern| {
        let flush = [
            ("cache.quick.flush_every", "2 s"),
            ("cache.quick.flush_batch", "1000"),
        ];
        report(
            &text,
            &[&[("cache.quick.pattern", pattern)][..], &flush].concat(),
        )
    };
    let (behind, through) = (run("write_behind"), run("write_through"));
    let lost = count(&behind, "lost_dirty");
    assert!(
        (20..150).contains(&lost),
        "about a second of 50 writes per second: {lost}"
    );
    assert!(
        (lost - 5..=lost).contains(&behind.ledger.lost),
        "{lost} {:?}",
        behind.ledger
    );
    assert_eq!((through.ledger.lost, count(&through, "lost_dirty")), (0, 0));
}

/// Compares what readers were told with what had been committed when they asked.
#[derive(Default)]
struct Truth {
    /// Per item, when each version was committed.
    commits: BTreeMap<u64, Vec<Time>>,
    /// Reads of old versions, and the longest time for which the newer one had been there.
    stale: u64,
    oldest: Duration,
}

impl Record for Truth {
    fn effect(&mut self, _: &Program, now: Time, _: IntentId, intent: &Intent, effect: Effect) {
        let commits = self.commits.entry(intent.item).or_default();
        commits.push(now);
        assert_eq!(commits.len() as u64, effect.version);
    }

    fn outcome(&mut self, p: &Program, _: Time, _: IntentId, intent: &Intent, a: &Attempt) {
        let reads = p.operations[intent.operation as usize].key == "look";
        let users = p.links[a.link as usize].key == "ask";
        if !(reads && users && a.caller == CallerSide::Succeeded) {
            return;
        }
        let Some(commits) = self.commits.get(&intent.item) else {
            return;
        };
        if let Some(&newer) = commits.get(a.answer.version as usize)
            && newer < intent.born
        {
            self.stale += 1;
            self.oldest = self.oldest.max(intent.born.since(newer));
        }
    }
}

fn truth(changes: &[(&str, &str)]) -> Truth {
    let text = edit::apply(ASIDE, changes).expect("the knobs exist");
    let (_, program) = program(&text);
    let mut run = Run::new(program, 1, Truth::default());
    run.finish();
    run.record
}

#[test]
fn an_old_read_overwrites_a_new_write_unless_leases_are_on() {
    let none = truth(&[("cache.quick.on_write", "none")]);
    assert!(
        none.oldest > Duration::from_secs(50),
        "entries stay for ever: {:?}",
        none.oldest
    );
    // Replies overtake each other: what was read before a write can come in after the word of it.
    let delay = ("link.query.delay", "exponential(10 ms)");
    let aside = truth(&[delay]);
    assert!(
        aside.stale > 100 && aside.oldest > Duration::from_secs(1),
        "{} {:?}",
        aside.stale,
        aside.oldest
    );
    let lease = truth(&[delay, ("cache.quick.lease", "10 s")]);
    // From the commit to the word that reaches the cache: one slow reply.
    assert!(
        lease.oldest < Duration::from_millis(200),
        "{:?}",
        lease.oldest
    );
    let update = truth(&[("cache.quick.on_write", "update")]);
    assert!(
        update.oldest < Duration::from_millis(5),
        "the entry follows the write at once: {:?}",
        update.oldest
    );
    let bounded = truth(&[("cache.quick.on_write", "none"), ("cache.quick.ttl", "2 s")]);
    assert!(bounded.oldest > Duration::from_secs(1));
    // A fill may bring what was read long before, but not longer than the slowest read.
    assert!(
        bounded.oldest < Duration::from_millis(2_400),
        "{:?}",
        bounded.oldest
    );
}

#[test]
fn only_the_first_who_misses_fetches_under_a_lease() {
    let base = [
        ("operation.change.weight", "0"),
        ("database.rows.read_time", "500 ms"),
    ];
    let crowd = report(ASIDE, &base);
    let lease = report(
        ASIDE,
        &[&base[..], &[("cache.quick.lease", "10 s")]].concat(),
    );
    assert!(arrived(&crowd, "rows") > 150);
    assert_eq!(arrived(&lease, "rows"), 50);
    assert!(count(&lease, "lease_waits") > 100);
    assert_eq!(lease.users.failed, 0);
    // A lease that is shorter than the fetch goes on to the next, whose fill then counts no more.
    let short = report(
        ASIDE,
        &[&base[..], &[("cache.quick.lease", "300 ms")]].concat(),
    );
    assert!(arrived(&short, "rows") > 60 && count(&short, "fills_refused") > 10);
}
