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
