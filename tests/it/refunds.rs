//! What was done twice is taken back: by a job that looks first, by one that does not, and by one that is badly set.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::{LedgerCounts, Report};
use brownout::scenario::Scenario;

/// Fifty customers who all click twice, at a card company that takes both for a wish; then a job that gives money back.
fn run(job: &str, link: &str) -> Report {
    let text = format!(
        "format = 1\n[run]\nduration = \"60 s\"\n\n\
         [clients.users]\nrate = \"10 rps\"\narrivals = \"constant\"\nactions = 50\n\
         double_click_share = \"100 %\"\ndouble_click_gap = \"200 ms\"\n\n\
         [service.shop]\nslots = 200\nservice_time = \"1 ms\"\n\n\
         [third_party.card]\nlatency = \"400 ms\"\nidempotency = \"keys\"\n\n\
         [job.back]\noperation = \"refund\"\nservice_time = \"1 ms\"\n{job}\n\n\
         [link.visit]\nfrom = \"users\"\nto = \"shop\"\n\n\
         [link.pay]\nfrom = \"shop\"\nto = \"card\"\n\n\
         [link.give]\nfrom = \"back\"\nto = \"card\"\n{link}\n\n\
         [operation.buy]\nkind = \"write\"\nkeys = 50\nkey_space = \"carts\"\npopularity = \"cycle\"\neffects = \"card\"\n\n\
         [operation.refund]\nkind = \"write\"\nweight = 0\nkeys = 50\nkey_space = \"carts\"\nundoes = \"buy\"\neffects = \"card\"\n"
    );
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

fn count(report: &Report, node: &str, name: &str) -> u64 {
    let node = report.nodes.iter().find(|n| n.key == node);
    node.expect("it is there").count(name)
}

/// Duplicates, lost; effects taken back, actions mended, harm done.
fn found(l: &LedgerCounts) -> [u64; 5] {
    [l.duplicate, l.lost, l.taken_back, l.mended, l.harmed]
}

#[test]
fn who_looks_first_takes_back_what_is_too_much_and_does_no_harm_a_second_time() {
    let once = run("start = \"20 s\"\nkeeps = 1\nconcurrency = 5", "");
    assert_eq!(found(&once.ledger), [0, 0, 50, 50, 0]);
    assert_eq!((once.ledger.clean, once.ledger.effects), (50, 150));
    // Nobody was promised a refund, and no run has done anything twice.
    assert_eq!(
        (once.ledger.effects_of_jobs, once.ledger.repeated_by_jobs),
        (50, 0)
    );
    let twice = run(
        "start = \"20 s\"\nevery = \"15 s\"\nkeeps = 1\nconcurrency = 5",
        "",
    );
    assert_eq!(found(&twice.ledger), [0, 0, 50, 50, 0]);
    assert_eq!(count(&twice, "back", "left_as_is"), 100);
}

#[test]
fn who_does_not_look_takes_the_second_time_what_was_right() {
    let job = "start = \"20 s\"\nevery = \"10 s\"\nconcurrency = 20\n";
    let blind = run(&format!("{job}items = 30"), "");
    // Runs at 20, 30, 40 and 50 s: the third finds nothing any more.
    assert_eq!(found(&blind.ledger), [20, 30, 60, 0, 30]);
    assert_eq!(count(&blind, "card", "nothing_left"), 60);
    assert_eq!(count(&blind, "back", "items_failed"), 60);
}

#[test]
fn more_than_one_too_many_is_taken_back_one_after_the_other() {
    let all = run("start = \"20 s\"\nkeeps = 0\nconcurrency = 5", "");
    assert_eq!(found(&all.ledger), [0, 50, 100, 0, 50]);
    assert_eq!(count(&all, "back", "items_done"), 50);
}

#[test]
fn a_refund_that_is_tried_again_needs_a_key_too() {
    // It does not even look.
    let job = "start = \"20 s\"\nconcurrency = 5\nplan.refund = [\"work\", \"write give\"]";
    let link =
        "timeout = \"300 ms\"\nattempts = 2\nbackoff = \"constant\"\nbackoff_base = \"200 ms\"\n";
    let without = run(job, link);
    assert_eq!(found(&without.ledger), [0, 50, 100, 0, 50]);
    let with = run(job, &format!("{link}idempotency_key = \"form\""));
    assert_eq!(found(&with.ledger), [0, 0, 50, 50, 0]);
}

#[test]
fn a_dry_run_says_what_it_would_take_back() {
    let dry = run("start = \"20 s\"\nkeeps = 1\ndry_run = true", "");
    assert_eq!(found(&dry.ledger), [50, 0, 0, 0, 0]);
    assert_eq!(count(&dry, "back", "would_change"), 50);
}

#[test]
fn a_crash_throws_back_who_keeps_no_progress_and_takes_the_good_ones() {
    let crash = |more: &str| {
        let entry =
            "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"back\"\nat = \"30 s\"\nlasts = \"1 s\"\n";
        run(&format!("start = \"20 s\"\nbatch_size = 10\n{more}"), entry)
    };
    // 12 items were done, at 801 ms each: a question and a refund.
    let lost = crash("");
    assert_eq!(lost.ledger.duplicate, 0);
    assert_eq!(lost.ledger.harmed, lost.ledger.lost);
    assert!(lost.ledger.lost >= 12, "{:?}", lost.ledger);
    let kept = crash("resumable = true");
    assert!((1..10).contains(&kept.ledger.lost), "{:?}", kept.ledger);
    let looks = crash("keeps = 1");
    assert_eq!((looks.ledger.lost, looks.ledger.duplicate), (0, 0));
}
