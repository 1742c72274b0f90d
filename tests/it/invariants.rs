//! What a scenario declares must never be.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::scenario::Scenario;

/// A hundred actions about ten items in turn.
fn broken(plan: &str, store: &str, at_most: u64) -> (u64, Option<f64>, bool) {
    let text = format!(
        "format = 1\n[run]\nduration = \"60 s\"\n\n[clients.users]\narrivals = \"constant\"\nrate = \"10 rps\"\nactions = 100\n\n\
         [service.shop]\n{plan}\n\n[database.seats]\n{store}\n\n\
         [link.visit]\nfrom = \"users\"\nto = \"shop\"\n\n[link.rows]\nfrom = \"shop\"\nto = \"seats\"\n\n\
         [operation.buy]\nkind = \"write\"\nkeys = 10\npopularity = \"cycle\"\n\n\
         [invariant.seats]\nplace = \"seats\"\nat_most = {at_most}\n\n\
         [goal.seats]\nlabel = \"No seat twice\"\nmetric = \"invariant_broken\"\nat_most = 0\n"
    );
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::PAGE);
    let run = experiment::run(&scenario, program, 1);
    let goal = &run.goals[0];
    (run.ledger.invariants_broken, goal.measured, goal.holds)
}

#[test]
fn each_change_beyond_what_there_can_be_counts_once() {
    // Ten of each item: beyond four, six of each; beyond ten, none.
    assert_eq!(broken("", "", 4), (60, Some(60.0), false));
    assert_eq!(broken("", "", 10), (0, Some(0.0), true));
    assert_eq!(broken("", "", 0), (100, Some(100.0), false));
}

#[test]
fn a_unique_row_for_each_seat_keeps_it() {
    let plan = "plan.buy = [\"insert rows\"]";
    let store = "unique = true\nrow_of_insert = \"item\"";
    assert_eq!(broken(plan, store, 1), (0, Some(0.0), true));
    assert_eq!(broken(plan, "", 1), (90, Some(90.0), false));
}

/// A hundred actions about ten items in turn move a unit from an item's row to its partner row. Items that do not add
/// up in the end.
fn out_of_balance(plan: &str, store: &str, more: &str) -> u64 {
    let text = format!(
        "format = 1\n[run]\nduration = \"60 s\"\n\n[clients.users]\narrivals = \"constant\"\nrate = \"10 rps\"\nactions = 100\n\n\
         [service.bank]\nslots = 50\nplan.transfer = {plan}\n\n[database.accounts]\nwrite_time = \"2 ms\"\n{store}\n\n\
         [link.visit]\nfrom = \"users\"\nto = \"bank\"\n\n[link.rows]\nfrom = \"bank\"\nto = \"accounts\"\n\n\
         [operation.transfer]\nkind = \"write\"\nkeys = 10\npopularity = \"cycle\"\n\n\
         [invariant.money]\nplace = \"accounts\"\npreserves_sum = true\n{more}"
    );
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::PAGE);
    experiment::run(&scenario, program, 1)
        .ledger
        .invariants_broken
}

#[test]
fn what_is_taken_is_there_unless_somebody_dies_between_the_two_steps() {
    let crash =
        "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"bank\"\nat = \"4107 ms\"\nlasts = \"1 s\"\n";
    let steps = "[\"write rows\", \"work\", \"write rows partner\"]";
    let whole =
        "[\"begin rows\", \"write rows\", \"work\", \"write rows partner\", \"commit rows\"]";
    assert_eq!(out_of_balance(steps, "", ""), 0);
    // The action of 4.1 s has taken a unit at 4.102 s, and works on it.
    assert_eq!(out_of_balance(steps, "", crash), 1);
    assert_eq!(out_of_balance(whole, "", crash), 0);
}

#[test]
fn a_lost_update_loses_what_was_taken() {
    // Two at a time read the same account, and write what they have computed.
    let plan = "[\"read rows\", \"work\", \"update rows\", \"write rows partner\"]";
    let pairs = "\n[clients.others]\narrivals = \"constant\"\nrate = \"10 rps\"\nactions = 100\n\n\
         [link.too]\nfrom = \"others\"\nto = \"bank\"\n";
    assert_eq!(out_of_balance(plan, "", ""), 0);
    assert_eq!(out_of_balance(plan, "", pairs), 10);
}
