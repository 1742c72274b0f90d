//! S05, one knob at a time: who makes the key, what keeps two orders from being one, when the customer is told.

use std::collections::BTreeMap;

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::LedgerCounts;
use brownout::scenario::{Scenario, edit};

const S05: &str = include_str!("../../scenarios/s05-charged-twice.toml");
const SEEDS: std::ops::RangeInclusive<u64> = 1..=6;

/// The first fix of the lesson, with one more change each: the last word on a path counts.
fn with(changes: &[(&str, &str)]) -> Vec<LedgerCounts> {
    let lesson = Scenario::parse(S05).unwrap().lesson;
    let fix = lesson.fixes.iter().find(|fix| fix.key == "pending_first");
    let mut all: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, value) in &fix.unwrap().set {
        all.insert(path, value);
    }
    all.extend(changes.iter().copied());
    counts(&all.into_iter().collect::<Vec<_>>(), "")
}

fn counts(changes: &[(&str, &str)], more: &str) -> Vec<LedgerCounts> {
    let text = edit::apply(S05, changes).unwrap_or_else(|found| panic!("{found:#?}"));
    let scenario = Scenario::parse(&format!("{text}\n{more}")).unwrap();
    let program = experiment::compile(&scenario, Limits::PAGE);
    SEEDS
        .map(|seed| experiment::run(&scenario, program.clone(), seed).ledger)
        .collect()
}

/// What each of the four counts has to be on every seed.
fn holds(
    name: &str,
    changes: &[(&str, &str)],
    fits: impl Fn(u64, u64, u64, u64) -> bool,
) -> Vec<LedgerCounts> {
    let all = with(changes);
    for (seed, l) in SEEDS.zip(&all) {
        assert!(
            fits(l.duplicate, l.lost, l.partial, l.phantom),
            "{name}, seed {seed}: {} duplicate, {} lost, {} partial, {} phantom",
            l.duplicate,
            l.lost,
            l.partial,
            l.phantom
        );
    }
    all
}

const BUY_KEY: &str = "link.buy.idempotency_key";
const CHARGE_KEY: &str = "link.charge.idempotency_key";
const UNIQUE: &str = "database.orders.unique";
const PLAN: &str = "service.checkout.plan.buy";

/// A few customers give up before the slowest charges are done, whatever else is true: they are phantoms.
const SLOWEST: u64 = 3;

#[test]
fn nothing_is_wrong_with_the_fix() {
    holds("the fix", &[], |dup, lost, partial, phantom| {
        (dup, lost, partial) == (0, 0, 0) && phantom <= SLOWEST
    });
}

#[test]
fn who_makes_the_key_decides_what_is_known_again() {
    // Nobody, or the server for each arrival: clicks and retries are new wishes, about 7 in 100.
    let all_of_them = |dup: u64, lost: u64, partial: u64, phantom: u64| {
        (400..600).contains(&dup) && (lost, partial) == (0, 0) && phantom <= SLOWEST
    };
    let nobody = holds("no key", &[(BUY_KEY, "none")], all_of_them);
    let by_server = [(BUY_KEY, "none"), (CHARGE_KEY, "server")];
    let server = holds("the server's key", &by_server, all_of_them);
    // To the card company each of them is new either way.
    assert_eq!(
        nobody.iter().map(|l| l.duplicate).collect::<Vec<_>>(),
        server.iter().map(|l| l.duplicate).collect::<Vec<_>>()
    );
    // Only the charge is new for each arrival: retries that meet a finished order are answered from it.
    holds(
        "the server's key on the way to the card",
        &[(CHARGE_KEY, "server")],
        |dup, lost, partial, phantom| {
            (250..400).contains(&dup) && (lost, partial) == (0, 0) && phantom <= SLOWEST
        },
    );
    // At the click: retries are known, double clicks are not: 3 in 100, less those answered in time.
    holds(
        "the click's key",
        &[(BUY_KEY, "click")],
        |dup, lost, partial, phantom| {
            (100..220).contains(&dup) && (lost, partial) == (0, 0) && phantom <= SLOWEST
        },
    );
}

#[test]
fn a_look_is_a_race_and_only_a_constraint_is_none() {
    // Without the constraint every request makes an order of its own, though the card is charged once.
    holds(
        "no constraint",
        &[(UNIQUE, "false")],
        |dup, lost, partial, phantom| {
            (400..600).contains(&dup) && (lost, partial) == (0, 0) && phantom <= SLOWEST
        },
    );
    // Most of them find the order; those that look at the same time do not.
    let look = r#"["work", "check store", "write charge", "insert store", "respond"]"#;
    holds(
        "look, then insert",
        &[(UNIQUE, "false"), (PLAN, look)],
        |dup, lost, partial, phantom| {
            (1..40).contains(&dup) && (lost, partial) == (0, 0) && phantom <= SLOWEST
        },
    );
    // The same look with the constraint behind it: the second insert is refused.
    holds(
        "look, then insert under a constraint",
        &[(PLAN, look)],
        |dup, lost, partial, _| (dup, lost, partial) == (0, 0, 0),
    );
}

#[test]
fn who_is_told_before_it_is_done_is_told_in_vain_when_it_fails() {
    let first = r#"["work", "insert store or resume", "respond", "write charge", "finish store"]"#;
    // 3 of 1,000 charges fail, and nobody comes again.
    holds(
        "told first",
        &[(PLAN, first)],
        |dup, lost, partial, phantom| {
            (dup, phantom) == (0, 0) && (5..60).contains(&lost) && partial == lost
        },
    );
    // Whoever finds the row says that it is done, and it is not.
    let too_early = r#"["work", "insert store or done", "write charge", "respond"]"#;
    holds(
        "a row that only says that somebody has begun",
        &[(PLAN, too_early)],
        |dup, lost, partial, _| dup == 0 && (5..60).contains(&lost) && partial == lost,
    );
}

#[test]
fn who_gives_up_early_is_told_that_it_failed() {
    holds(
        "two tries",
        &[("link.buy.attempts", "2")],
        |dup, lost, partial, phantom| {
            (dup, lost, partial) == (0, 0, 0) && (100..300).contains(&phantom)
        },
    );
}

#[test]
fn half_done_orders_are_gone_on_with_when_a_server_dies() {
    let lesson = Scenario::parse(S05).unwrap().lesson;
    let fix = lesson.fixes.iter().find(|fix| fix.key == "pending_first");
    let set: Vec<(&str, &str)> = fix
        .unwrap()
        .set
        .iter()
        .map(|(path, value)| (path.as_str(), value.as_str()))
        .collect();
    let crashes: Vec<String> = (1..30)
        .map(|n| {
            format!(
                "[[timeline]]\nwhat = \"crash\"\ntarget = \"checkout\"\nat = \"{} s\"\nlasts = \"1 s\"\ninstances = 1\n",
                n * 10
            )
        })
        .collect();
    for l in counts(&set, &crashes.concat()) {
        assert_eq!((l.duplicate, l.lost, l.partial), (0, 0, 0));
    }
}

/// What was an error when a call came that asked again is an error when it is answered, also if it is
/// forgotten in between.
#[test]
fn an_answer_that_is_forgotten_meanwhile_is_given_as_it_was() {
    let first = r#"["work", "write charge", "insert store or done", "respond"]"#;
    let all = with(&[
        (PLAN, first),
        ("third_party.card.error_share", "5 %"),
        ("third_party.card.idempotency_ttl", "3 s"),
    ]);
    assert!(all.iter().all(|l| l.lost == 0 && l.partial == 0));
}
