//! Twin runs: one seed, one difference. Where the worlds part is looked up in the stories of single actions and
//! in runs of each world alone, which know nothing of a twin.

use std::collections::BTreeMap;
use std::sync::Arc;

use brownout::engine::{Limits, Run};
use brownout::experiment::twin::{Difference, Pair, entry};
use brownout::experiment::{self, parallel, random};
use brownout::explain::Component;
use brownout::observe::report::Report;
use brownout::observe::story::{Line, Witness};
use brownout::observe::twin::{About, Twin};
use brownout::scenario::{Scenario, built_in, edit};

const S: u64 = 1_000_000_000;

fn s04() -> &'static str {
    built_in::text("s04-retry-storm").expect("it is built in")
}

fn pair(text: &str, difference: &Difference, seed: u64) -> Pair {
    let pair = Pair::new(text, difference, seed, (Limits::NATIVE, false));
    pair.unwrap_or_else(|d| panic!("{d:#?}"))
}

fn twins(text: &str, difference: &Difference) -> (Twin, [Report; 2]) {
    pair(text, difference, 1).finish()
}

fn set(path: &str, value: &str) -> Difference {
    let (path, value) = (path.to_owned(), value.to_owned());
    Difference::Set { path, value }
}

fn with(text: &str) -> Difference {
    let (text, name) = (text.to_owned(), "another design".to_owned());
    Difference::With { text, name }
}

fn alone(text: &str, seed: u64) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, seed)
}

fn does_not_part(twin: &Twin, why: &str) {
    assert!(twin.comparable, "{why}");
    assert_eq!(twin.parting, None, "{why}");
    assert!(twin.parted.is_empty() && twin.chain.is_empty(), "{why}");
    let actions = twin.actions;
    let only = [
        actions.fail_only_here,
        actions.fail_only_in_twin,
        actions.wrong_only_here,
        actions.wrong_only_in_twin,
    ];
    assert_eq!(only, [0; 4], "{why}");
}

#[test]
fn a_twin_without_a_difference_does_not_part() {
    let (twin, reports) = twins(s04(), &with(s04()));
    does_not_part(&twin, "the same text");
    assert_eq!(twin.actions.compared, reports[0].ledger.intents);
    assert!(twin.deltas.iter().all(|it| it.here == it.twin));
    let differences = twin.deltas.iter().filter_map(|it| it.difference);
    assert!(differences.into_iter().all(|difference| difference == 0.0));
}

#[test]
fn a_knob_that_nothing_uses_makes_no_difference() {
    // Without a pause between tries there is nothing to spread.
    let (twin, _) = twins(s04(), &set("link.browse.jitter", "full"));
    does_not_part(&twin, "jitter without backoff");
    // What it costs is no event, and a figure all the same.
    let (twin, _) = twins(s04(), &set("service.catalogue.price", "$0.25"));
    does_not_part(&twin, "another price");
    let cost = twin.deltas.iter().find(|it| it.about == About::Cost);
    assert_eq!(cost.unwrap().difference, Some(150_000.0));
}

/// Two ways into one store, or two stores.
fn two_ways(store_of_b: &str) -> String {
    let mut text = String::from(
        r#"
        format = 1
        [run]
        duration = "20 s"
        [operation.look]
        kind = "read"
        "#,
    );
    for way in ["a", "b"] {
        let store = if way == "a" { "store_a" } else { store_of_b };
        text += &format!(
            r#"
            [clients.users_{way}]
            rate = "40 rps"
            [service.shop_{way}]
            slots = 4
            service_time = "exponential(20 ms)"
            [link.visit_{way}]
            from = "users_{way}"
            to = "shop_{way}"
            delay = "1 ms"
            [link.ask_{way}]
            from = "shop_{way}"
            to = "{store}"
            "#
        );
        if store == format!("store_{way}") {
            text += &format!(
                r#"
                [service.{store}]
                slots = 2
                service_time = "exponential(10 ms)"
                "#
            );
        }
    }
    text
}

fn stories(text: &str, seed: u64) -> BTreeMap<u64, Vec<Line>> {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let mut run = Run::new(Arc::clone(&program), seed, Witness::of(1..=1_000));
    run.finish();
    run.record.stories()
}

/// When two stories of an action are not the same any more.
fn first_difference(here: &[Line], twin: &[Line]) -> Option<u64> {
    let key = |line: &Line| (line.at_ns, line.text.clone());
    let both = here.iter().zip(twin);
    let differs = both.clone().find(|(a, b)| key(a) != key(b));
    let end = || {
        let longer = if here.len() > twin.len() { here } else { twin };
        longer.get(here.len().min(twin.len())).map(|it| it.at_ns)
    };
    differs.map(|(a, b)| a.at_ns.min(b.at_ns)).or_else(end)
}

#[test]
fn worlds_part_on_the_link_that_differs_and_others_keep_their_stories_until_they_meet() {
    let slower = set("link.visit_a.delay", "5 ms");
    for (store_of_b, meets) in [("store_b", false), ("store_a", true)] {
        let text = two_ways(store_of_b);
        let (twin, _) = twins(&text, &slower);
        let parting = twin.parting.as_ref().expect("they part");
        assert_eq!(parting.component, Component::Link("visit_a".into()));
        assert!(parting.here.starts_with("arrives at"), "{parting:?}");
        assert_ne!(parting.here, parting.twin);
        let changed = slower.apply(&text).unwrap();
        let (here, there) = (stories(&text, 1), stories(&changed, 1));
        assert!(here.len() == 1_000 && here.keys().eq(there.keys()));
        // Stories do not tell when requests arrive, so they differ a little later than the worlds do.
        let differs = |number: &u64| first_difference(&here[number], &there[number]);
        let first = here.keys().filter_map(differs).min();
        assert!(
            first.is_some_and(|first| first >= parting.at_ns),
            "{first:?}"
        );
        assert!(first.unwrap() < parting.at_ns + S / 2, "{first:?}");
        let place = |key: &str| {
            let found = twin.parted.iter().find(|it| it.component.key() == key);
            found.map(|it| it.at_ns)
        };
        let store = place("store_a").expect("what comes later, comes later there");
        let of_b = |number: &&u64| here[number][0].text.contains("users_b");
        let b_differs: Vec<u64> = here.keys().filter(of_b).filter_map(differs).collect();
        // Whose way never leads there is the same to the end; else from the store on, which both use.
        assert_eq!(!b_differs.is_empty(), meets, "{b_differs:?}");
        assert!(
            b_differs.iter().all(|&at| at >= store),
            "{store}: {b_differs:?}"
        );
        for key in ["users_b", "visit_b", "shop_b", "ask_b"] {
            assert_eq!(place(key).is_some(), meets, "{key}");
            assert!(place(key).is_none_or(|at| at >= store), "{key}");
        }
    }
}

fn delta(twin: &Twin, key: &str) -> [Option<f64>; 3] {
    let found = twin.deltas.iter().find(|it| it.key == key);
    let it = found.unwrap_or_else(|| panic!("no figure {key}"));
    [it.here, it.twin, it.difference]
}

/// Every figure against what each run says alone.
fn figures_are_of(twin: &Twin, here: &Report, there: &Report) {
    let count = |of: fn(&Report) -> u64| [here, there].map(|it| Some(of(it) as f64));
    for (key, [a, b]) in [
        ("actions", count(|it| it.users.actions)),
        ("served", count(|it| it.users.served)),
        ("failed", count(|it| it.users.failed)),
        ("unanswered", count(|it| it.users.unanswered)),
        ("lost", count(|it| it.ledger.lost)),
        ("duplicate", count(|it| it.ledger.duplicate)),
        ("phantom", count(|it| it.ledger.phantom)),
        ("partial", count(|it| it.ledger.partial)),
        ("parked", count(|it| it.ledger.parked)),
        ("stale", count(|it| it.ledger.stale)),
        ("lost_updates", count(|it| it.ledger.lost_updates)),
        ("write_skews", count(|it| it.ledger.write_skews)),
        ("diverged", count(|it| it.ledger.diverged)),
        ("invariants_broken", count(|it| it.ledger.invariants_broken)),
        ("cost", count(|it| it.cost.total_micro_per_hour as u64)),
        (
            "served_share",
            [here, there].map(|it| it.users.served_share),
        ),
        (
            "p99_ns",
            [here, there].map(|it| it.users.latency.p99_ns.map(|ns| ns as f64)),
        ),
        (
            "p50_ns",
            [here, there].map(|it| it.users.latency.p50_ns.map(|ns| ns as f64)),
        ),
    ] {
        let difference = a.zip(b).map(|(a, b)| b - a);
        assert_eq!(delta(twin, key), [a, b, difference], "{key}");
    }
    for (reason, n) in &here.users.failed_by_reason {
        assert_eq!(delta(twin, reason)[0], Some(*n as f64), "{reason}");
    }
    let failed = twin.deltas.iter().filter(|it| it.about == About::Failed);
    let sums = failed.fold([0.0; 2], |[a, b], it| {
        [a + it.here.unwrap_or(0.0), b + it.twin.unwrap_or(0.0)]
    });
    let both = [here, there].map(|it| it.users.failed as f64);
    assert_eq!(sums, both);
    assert_eq!(twin.digest_here, here.digest);
    assert_eq!(twin.digest_twin, there.digest);
}

#[test]
fn without_its_fault_the_storm_parts_when_the_fault_begins() {
    let scenario = Scenario::parse(s04()).unwrap();
    let number = entry(&scenario, "slow").unwrap();
    let difference = Difference::Without(number);
    let (twin, reports) = twins(s04(), &difference);
    let parting = twin.parting.as_ref().expect("they part");
    assert!((30 * S..30 * S + S / 20).contains(&parting.at_ns));
    assert_eq!(parting.component, Component::Node("catalogue".into()));
    // From what was planned, over who slows down and who tries again, to the first user.
    let chain: Vec<(u64, &str)> = twin
        .chain
        .iter()
        .map(|step| (step.at_ns, step.text.as_str()))
        .collect();
    assert!(chain.len() <= 5 && chain.is_sorted(), "{chain:#?}");
    assert_eq!(chain[0].0, 30 * S);
    assert!(chain[1].1.starts_with("Catalogue: "), "{chain:#?}");
    assert!(chain[2].1.starts_with("Shoppers: "), "{chain:#?}");
    let (at, last) = chain.last().unwrap();
    assert!(last.contains("failed (timed out waiting)"), "{last}");
    assert!(last.contains("in the twin it is told \"done\""), "{last}");
    assert!((32 * S..34 * S).contains(at), "{at}");
    let here = alone(s04(), 1);
    let there = alone(&difference.apply(s04()).unwrap(), 1);
    figures_are_of(&twin, &here, &there);
    assert_eq!(
        [&reports[0].digest, &reports[1].digest],
        [&here.digest, &there.digest]
    );
    assert_eq!(twin.actions.compared, here.ledger.intents);
    assert!(twin.actions.fail_only_here > 100_000);
    assert_eq!(twin.actions.fail_only_in_twin, 0);
}

#[test]
fn what_waits_to_be_compared_is_bounded_by_what_is_under_way() {
    let mut pair = pair(s04(), &Difference::Without(0), 1);
    let mut most = 0;
    while !pair.go_on() {
        let bound = 2 * pair.under_way() + 3 * 8_192;
        assert!(pair.waiting() <= bound, "{} of {bound}", pair.waiting());
        most = most.max(pair.waiting());
    }
    assert!(most > 0);
}

#[test]
fn wrong_data_of_one_world_is_told_apart_from_failures() {
    let text = built_in::text("s05-charged-twice").expect("it is built in");
    let scenario = Scenario::parse(text).unwrap();
    let fix = &scenario.lesson.fixes[0];
    let fixed = edit::variant(text, fix).unwrap();
    let (twin, [here, there]) = twins(text, &with(&fixed));
    figures_are_of(&twin, &here, &there);
    assert!(here.ledger.duplicate > there.ledger.duplicate);
    assert!(twin.actions.wrong_only_here > 0, "{:?}", twin.actions);
    let of_data = |text: &str| text.contains("in the ledger in this run; in the twin it is clean");
    assert!(
        twin.chain.iter().any(|step| of_data(&step.text)),
        "{:#?}",
        twin.chain
    );
}

#[test]
fn designs_without_a_common_node_are_compared_by_their_figures_only() {
    let other = r#"
        format = 1
        [run]
        duration = "10 s"
        [clients.readers]
        rate = "20 rps"
        [service.library]
        service_time = "5 ms"
        [link.browse]
        from = "readers"
        to = "library"
    "#;
    let (twin, _) = twins(s04(), &with(other));
    assert!(!twin.comparable);
    assert!(twin.parting.is_none() && twin.parted.is_empty() && twin.chain.is_empty());
    assert_eq!(twin.actions, Default::default());
    figures_are_of(&twin, &alone(s04(), 1), &alone(other, 1));
}

/// A part that nothing joins to the rest is in one world only, and the rest goes on alike.
#[test]
fn an_island_in_one_world_is_no_difference_to_what_both_have() {
    let text = two_ways("store_b");
    let more = format!(
        "{text}
        [clients.strangers]
        rate = \"50 rps\"
        [service.elsewhere]
        service_time = \"5 ms\"
        [link.there]
        from = \"strangers\"
        to = \"elsewhere\""
    );
    let (twin, _) = twins(&text, &with(&more));
    does_not_part(&twin, "an island");
    assert!(delta(&twin, "actions")[2] > Some(0.0));
}

#[test]
fn a_world_that_a_limit_ends_is_compared_up_to_there() {
    let limits = Limits {
        in_flight: 5_000,
        ..Limits::NATIVE
    };
    let both = |difference: &Difference| {
        let pair = Pair::new(s04(), difference, 1, (limits, false));
        pair.unwrap_or_else(|d| panic!("{d:#?}")).finish()
    };
    let (twin, [here, there]) = both(&Difference::Without(0));
    assert_ne!(here.ended, there.ended);
    let parting = twin.parting.as_ref().expect("they part before that");
    let cut = here.series.bucket_ns * here.series.offered_per_s.len() as u64;
    assert!(twin.parted.iter().all(|it| it.at_ns <= cut), "{parting:?}");
    // Who was open when it ended might still have been served.
    let told_failed = here.series.failed_per_s.iter().sum::<f64>();
    let told_failed = told_failed * here.series.bucket_ns as f64 / S as f64;
    let only = twin.actions.fail_only_here as f64;
    assert!(only <= told_failed + 0.5, "{only} of {told_failed}");
    let (twin, _) = both(&with(s04()));
    does_not_part(&twin, "both ended by the limit");
}

#[test]
fn random_designs_do_not_part_from_themselves_and_are_not_touched_by_a_twin() {
    let numbers: Vec<u64> = (0..40).collect();
    let failed = parallel::map(
        &numbers,
        |&n| {
            let check = std::panic::AssertUnwindSafe(|| random_design(n));
            std::panic::catch_unwind(check).is_err().then_some(n)
        },
        || (),
    );
    let failed: Vec<u64> = failed.into_iter().flatten().collect();
    assert!(failed.is_empty(), "broken by random designs {failed:?}");
}

fn random_design(n: u64) {
    let text = random::scenario(n);
    let solo = alone(&text, n).digest;
    let (twin, reports) = pair(&text, &with(&text), n).finish();
    does_not_part(&twin, &format!("design {n}"));
    for report in &reports {
        assert_eq!(report.digest, solo, "design {n}");
    }
    // Another design beside it changes neither.
    let other = random::scenario(n + 1_000);
    let (_, reports) = pair(&text, &with(&other), n).finish();
    assert_eq!(reports[0].digest, solo, "design {n}");
    assert_eq!(reports[1].digest, alone(&other, n).digest, "design {n}");
}

#[test]
fn what_is_left_out_is_said_by_number_by_kind_or_by_place() {
    let entries = |more: &str| Scenario::parse(&format!("{}{more}", s04())).unwrap();
    let one = entries("");
    for name in ["1", "slow", "catalogue", "slow.catalogue"] {
        assert_eq!(entry(&one, name).ok(), Some(0), "{name}");
    }
    let wrong = entry(&one, "catalouge").unwrap_err();
    assert!(
        wrong
            .help
            .as_ref()
            .unwrap()
            .contains("did you mean `catalogue`?")
    );
    assert_eq!(wrong.path, "timeline.catalouge");
    let two = entries(
        "\n[[timeline]]\nwhat = \"slow\"\ntarget = \"catalogue\"\nat = \"60 s\"\nlasts = \"1 s\"\nfactor = \"2x\"\n",
    );
    assert_eq!(entry(&two, "2").ok(), Some(1));
    let wrong = entry(&two, "slow").unwrap_err();
    assert!(wrong.message.contains("can be 2 entries"), "{wrong:?}");
    assert!(
        wrong
            .help
            .as_ref()
            .unwrap()
            .contains("2 (slow catalogue at 1 min)")
    );
    let none = Scenario::parse(&two_ways("store_b")).unwrap();
    let wrong = entry(&none, "1").unwrap_err();
    assert!(
        wrong
            .help
            .as_ref()
            .unwrap()
            .contains("the timeline is empty")
    );
    let wrong = set("link.browse.jiter", "full").apply(s04()).unwrap_err();
    assert!(
        wrong[0].help.as_ref().unwrap().contains("jitter"),
        "{wrong:?}"
    );
}
