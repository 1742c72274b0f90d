//! Units of items: who decides whether there is one left, and by which copy of the row.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::scenario::Scenario;

/// Actions about ten items in turn, three units of each, from two crowds that come at the same moments.
fn text(plan: &str, store: &str, more: &str) -> String {
    let crowd = |key: &str| {
        format!(
            "[clients.{key}]\narrivals = \"constant\"\nrate = \"10 rps\"\nactions = 100\n\n\
             [link.from_{key}]\nfrom = \"{key}\"\nto = \"shop\"\n\n"
        )
    };
    format!(
        "format = 1\n[run]\nduration = \"60 s\"\n\n{}{}\
         [service.shop]\nslots = 50\nservice_time = \"5 ms\"\nplan.buy = {plan}\n\n\
         [database.store]\nstock = 3\n{store}\n\n\
         [link.rows]\nfrom = \"shop\"\nto = \"store\"\n\n\
         [operation.buy]\nkind = \"write\"\nkeys = 10\npopularity = \"cycle\"\n\n\
         [invariant.stock]\nplace = \"store\"\nat_most = 3\n{more}",
        crowd("a"),
        crowd("b"),
    )
}

fn run(text: &str) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::PAGE);
    experiment::run(&scenario, program, 1)
}

/// What was sold, and how much of it beyond what there was.
fn sold(plan: &str, store: &str, more: &str) -> (u64, u64) {
    let report = run(&text(plan, store, more));
    (report.users.served, report.ledger.invariants_broken)
}

const LAGS: &str = "replicas = 1\nreplication_delay = \"2 s\"\nread_from = \"replicas\"";

#[test]
fn a_conditional_write_sells_what_there_is() {
    for store in [
        "",
        LAGS,
        "shards = 2",
        "replicas = 2\nacknowledge = \"majority\"",
    ] {
        assert_eq!(
            sold(r#"["work", "take rows"]"#, store, ""),
            (30, 0),
            "{store}"
        );
    }
    let whole = r#"["begin rows", "take rows", "work", "commit rows"]"#;
    assert_eq!(sold(whole, "", ""), (30, 0));
    // It is asked again at the commit, for who locks nothing.
    assert_eq!(sold(whole, "isolation = \"none\"", ""), (30, 0));
}

#[test]
fn who_asks_for_nothing_sells_what_is_not_there() {
    assert_eq!(sold(r#"["work", "write rows"]"#, "", ""), (200, 170));
}

#[test]
fn looking_first_sells_the_last_one_twice() {
    // Two come at a time: both see one left after two are sold, and both sell it.
    let plan = r#"["read rows or refuse", "work", "write rows"]"#;
    assert_eq!(sold(plan, "", ""), (40, 10));
    // The same, with the row locked from the look on.
    let whole = r#"["begin rows", "read rows or refuse", "work", "write rows", "commit rows"]"#;
    assert_eq!(
        sold(
            whole,
            "isolation = \"row_locks\"\nlock_timeout = \"1 s\"",
            ""
        ),
        (30, 0)
    );
}

#[test]
fn a_look_at_a_copy_that_is_behind_sells_more() {
    let plan = r#"["read rows or refuse", "work", "write rows"]"#;
    // Two of each item per second, and the copy is two seconds behind.
    let (all, beyond) = sold(plan, LAGS, "");
    assert_eq!(all - beyond, 30);
    assert_eq!(beyond, 50);
    // The conditional write does not care what the look said.
    let both = r#"["read rows or refuse", "work", "take rows"]"#;
    assert_eq!(sold(both, LAGS, ""), (30, 0));
}

#[test]
fn an_update_forgets_what_others_have_taken() {
    let plan = r#"["read rows or refuse", "work", "update rows"]"#;
    // Two read the same number and write the same one: of each pair one is never counted in the row.
    let (all, beyond) = sold(plan, "", "");
    assert_eq!((all, beyond), (60, 30));
    let report = run(&text(plan, "isolation = \"optimistic\"", ""));
    assert_eq!(report.ledger.invariants_broken, 0);
    assert_eq!(report.users.served, 30);
}

#[test]
fn a_lost_leader_takes_its_sales_with_it() {
    let lost = "\n[[timeline]]\nwhat = \"primary_loss\"\ntarget = \"store\"\nat = \"1500 ms\"\nlasts = \"5 s\"\n";
    let store = "replicas = 1\nreplication_delay = \"700 ms\"\ndetect_after = \"1 s\"\npromotion_time = \"100 ms\"\nelected_by = \"any\"";
    let report = run(&text(r#"["work", "take rows"]"#, store, lost));
    // Told that they had it, and it is gone; what survives is no more than there was, and all of it is sold again.
    assert!(report.ledger.lost > 0, "{:?}", report.ledger);
    assert_eq!(report.ledger.invariants_broken, 0);
    assert_eq!(report.users.served - report.ledger.lost, 30);
}

#[test]
fn a_delivery_makes_more_of_it() {
    let delivery = "\n[[timeline]]\nwhat = \"config\"\ntarget = \"database.store.stock\"\nat = \"5 s\"\nvalue = \"5\"\n";
    let report = run(&text(r#"["work", "take rows"]"#, "", delivery));
    assert_eq!(report.users.served, 50);
}
