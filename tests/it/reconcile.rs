//! What a third party has on its list is held against the database, and what is missing there is made: by a job that is
//! careful, and by jobs that are not.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::{LedgerCounts, Report};
use brownout::scenario::Scenario;

/// Forty charges, one every 100 ms; the shop is down from 2 s to 2.5 s, and what it was about to write then is not
/// written: charged, and no order. Later a job goes through the charges.
fn text(store: &str, job: &str, more: &str) -> String {
    format!(
        "format = 1\n[run]\nduration = \"60 s\"\n\n\
         [clients.users]\nrate = \"10 rps\"\narrivals = \"constant\"\nactions = 40\n\n\
         [service.shop]\nslots = 200\nservice_time = \"1 ms\"\n\
         plan.buy = [\"write pay\", \"work\", \"insert keep\", \"respond\"]\n\n\
         [third_party.card]\nlatency = \"400 ms\"\n\n\
         [database.orders]\nwrite_time = \"1 ms\"\nread_time = \"1 ms\"\n{store}\n\n\
         [job.compare]\noperation = \"settle\"\nservice_time = \"1 ms\"\n{job}\n\n\
         [link.visit]\nfrom = \"users\"\nto = \"shop\"\nidempotency_key = \"form\"\n\n\
         [link.pay]\nfrom = \"shop\"\nto = \"card\"\n\n\
         [link.keep]\nfrom = \"shop\"\nto = \"orders\"\n\n\
         [link.list]\nfrom = \"compare\"\nto = \"card\"\n\n\
         [link.mend]\nfrom = \"compare\"\nto = \"orders\"\n\n\
         [operation.buy]\nkind = \"write\"\nkeys = 20\nkey_space = \"carts\"\npopularity = \"cycle\"\n\
         effects = [\"card\", \"orders\"]\n\n\
         [operation.settle]\nkind = \"write\"\nweight = 0\nkeys = 20\nkey_space = \"carts\"\ncompletes = \"buy\"\n\
         effects = \"orders\"\n\n\
         [[timeline]]\nwhat = \"crash\"\ntarget = \"shop\"\nat = \"2 s\"\nlasts = \"500 ms\"\n{more}"
    )
}

fn run(store: &str, job: &str, more: &str) -> Report {
    run_text(&text(store, job, more))
}

fn run_text(text: &str) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

fn count(report: &Report, name: &str) -> u64 {
    let node = report.nodes.iter().find(|n| n.key == "compare");
    node.expect("it is there").count(name)
}

/// Partial, duplicate; made up for, harm done.
fn found(l: &LedgerCounts) -> [u64; 4] {
    [l.partial, l.duplicate, l.completed, l.harmed]
}

const CAREFUL: &str =
    "plan.settle = [\"read list\", \"check mend\", \"work\", \"insert mend or done\"]\n";
const BLIND: &str = "plan.settle = [\"read list\", \"work\", \"insert mend\"]\n";
const UNIQUE: &str = "unique = true";

/// Charges that were under way when the shop went down: some of forty.
fn missing() -> u64 {
    let none = run(UNIQUE, &format!("start = \"2 h\"\n{CAREFUL}"), "");
    assert_eq!(none.ledger.duplicate, 0);
    assert!((3..=5).contains(&none.ledger.partial), "{:?}", none.ledger);
    none.ledger.partial
}

#[test]
fn what_is_missing_is_made_and_nothing_else() {
    let once = run(UNIQUE, &format!("start = \"20 s\"\n{CAREFUL}"), "");
    let missing = missing();
    assert_eq!(found(&once.ledger), [0, 0, missing, 0]);
    // The charges of those who met a shop that was down were never made.
    let charged = count(&once, "compared");
    assert_eq!(once.ledger.effects, 2 * charged);
    assert_eq!((count(&once, "runs"), count(&once, "items_failed")), (1, 0));
    // They were told that it failed, and it has not: that is not for a job to mend.
    assert_eq!(once.ledger.phantom, missing);
    // Any number of runs finds nothing more to do, and one that begins in the middle goes on.
    let often = run(
        UNIQUE,
        &format!("start = \"20 s\"\nevery = \"10 s\"\n{CAREFUL}"),
        "",
    );
    assert_eq!(found(&often.ledger), [0, 0, missing, 0]);
    assert_eq!(count(&often, "compared"), 4 * charged);
}

#[test]
fn who_was_told_that_it_is_done_has_it_in_the_end() {
    let plan = "\"work\", \"insert keep\", \"respond\"";
    let told_first = |job: &str| {
        let text = text(UNIQUE, job, "").replace(plan, "\"respond\", \"work\", \"insert keep\"");
        run_text(&text.replace(
            "200\nservice_time = \"1 ms\"",
            "200\nservice_time = \"500 ms\"",
        ))
        .ledger
    };
    let before = told_first(&format!("start = \"2 h\"\n{CAREFUL}"));
    assert!((3..=6).contains(&before.lost), "{before:?}");
    let after = told_first(&format!("start = \"20 s\"\n{CAREFUL}"));
    assert!(after.clean > before.clean);
    assert_eq!(after.partial, 0);
    assert_eq!(after.mended, before.lost);
    assert_eq!(after.lost, 0);
}

#[test]
fn a_dry_run_says_what_it_would_make() {
    let dry = format!("start = \"20 s\"\ndry_run = true\n{CAREFUL}");
    let report = run(UNIQUE, &dry, "");
    assert_eq!(found(&report.ledger), [missing(), 0, 0, 0]);
    assert_eq!(count(&report, "would_change"), missing());
}

#[test]
fn who_does_not_look_makes_everything_twice_where_nothing_keeps_it() {
    let job = format!("start = \"20 s\"\n{BLIND}");
    let report = run("", &job, "");
    let charged = count(&report, "compared");
    assert_eq!(
        found(&report.ledger),
        [0, charged - missing(), charged, charged - missing()]
    );
    // Two rows cannot be there where a constraint keeps them apart: it fails, and does no harm.
    let kept = run(UNIQUE, &job, "");
    assert_eq!(found(&kept.ledger), [0, 0, missing(), 0]);
    assert_eq!(count(&kept, "items_failed"), charged - missing());
}

#[test]
fn a_look_at_a_copy_that_is_behind_finds_missing_what_is_there() {
    let copy = "replicas = 1\nreplication_delay = \"10 s\"\nread_from = \"replicas\"";
    let looks = "plan.settle = [\"read list\", \"check mend\", \"work\", \"insert mend\"]\n";
    // At 6 s the copy has nothing yet.
    let early = run(copy, &format!("start = \"6 s\"\n{looks}"), "");
    assert!(early.ledger.duplicate > 20, "{:?}", early.ledger);
    assert_eq!(early.ledger.duplicate + missing(), early.ledger.completed);
    // At 20 s it has everything.
    let late = run(copy, &format!("start = \"20 s\"\n{looks}"), "");
    assert_eq!(found(&late.ledger), [0, 0, missing(), 0]);
    // Or it leaves alone what is younger than the copy can be behind.
    let old = |every: &str| {
        let job = format!("start = \"6 s\"\nevery = \"{every}\"\nmin_age = \"12 s\"\n{looks}");
        run(copy, &job, "")
    };
    let patient = old("15 s");
    assert_eq!(found(&patient.ledger), [0, 0, missing(), 0]);
    // Who comes again before the copy has what was made the last time makes it once more.
    let soon = old("9 s");
    assert_eq!(found(&soon.ledger)[..3], [0, missing(), 2 * missing()]);
    assert!(count(&patient, "too_young") > 20);
}

#[test]
fn what_is_still_under_way_is_not_missing() {
    // The shop thinks for three seconds between charge and order, and the job comes at 3.5 s.
    let slow = "\n[[timeline]]\nwhat = \"slow\"\ntarget = \"shop\"\nat = \"0 s\"\nlasts = \"50 s\"\nfactor = \"3000x\"\n";
    let looks = "plan.settle = [\"read list\", \"check mend\", \"work\", \"insert mend\"]\n";
    let hasty = format!("start = \"3500 ms\"\nconcurrency = 5\n{looks}");
    let hasty = run("", &hasty, slow);
    assert!(hasty.ledger.duplicate > 2, "{:?}", hasty.ledger);
    let patient = format!("start = \"4 s\"\nevery = \"10 s\"\nmin_age = \"5 s\"\n{looks}");
    let patient = run("", &patient, slow);
    assert_eq!(patient.ledger.duplicate, 0, "{:?}", patient.ledger);
    assert_eq!(patient.ledger.partial, 0);
}

#[test]
fn without_a_reference_nobody_can_compare() {
    // No key travels with the charge: each row is one of its own, and none is ever found.
    let job = format!("start = \"20 s\"\n{CAREFUL}");
    let text = text(UNIQUE, &job, "").replace("idempotency_key = \"form\"\n", "");
    let [_, twice, _, harm] = found(&run_text(&text).ledger);
    assert!(twice > 20 && twice == harm, "{twice} {harm}");
}

#[test]
fn what_is_made_can_be_lost_again_with_a_leader() {
    let copy = "replicas = 1\nreplication_delay = \"2 s\"\nunique = true\ndetect_after = \"1 s\"\npromotion_time = \"100 ms\"\nelected_by = \"any\"";
    let lost = "\n[[timeline]]\nwhat = \"primary_loss\"\ntarget = \"orders\"\nat = \"28200 ms\"\nlasts = \"5 s\"\n";
    let once = run(copy, &format!("start = \"20 s\"\n{CAREFUL}"), lost);
    assert_eq!(found(&once.ledger), [missing(), 0, missing(), 0]);
    // The next run makes it again.
    let again = format!("start = \"20 s\"\nevery = \"20 s\"\n{CAREFUL}");
    let again = run(copy, &again, lost);
    assert_eq!(found(&again.ledger), [0, 0, 2 * missing(), 0]);
}

#[test]
fn progress_that_is_kept_survives_a_crash() {
    let crash =
        "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"compare\"\nat = \"24 s\"\nlasts = \"1 s\"\n";
    let job = |more: &str| format!("start = \"20 s\"\nbatch_size = 5\n{more}{CAREFUL}");
    let kept = run(UNIQUE, &job("resumable = true\n"), crash);
    let from_the_first = run(UNIQUE, &job(""), crash);
    for report in [&kept, &from_the_first] {
        assert_eq!(found(&report.ledger), [0, 0, missing(), 0]);
    }
    assert!(count(&kept, "items_again") <= 5);
    assert!(count(&from_the_first, "items_again") > 5);
}
