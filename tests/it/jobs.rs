//! Jobs against what their rules say: schedules, batches, crashes, guards.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::{Ended, Report};
use brownout::scenario::Scenario;

fn simulate(text: &str) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

/// A job that rewrites 100 rows of a store whose queries take no time; nobody else is there but one
/// user, who looks elsewhere. `more` follows.
fn run(seconds: u32, job: &str, more: &str) -> Report {
    simulate(&format!(
        "format = 1\n[run]\nduration = \"{seconds} s\"\n\n\
         [clients.user]\nrate = \"1 rps\"\narrivals = \"constant\"\nactions = 1\n\n\
         [service.site]\n\n[link.visit]\nfrom = \"user\"\nto = \"site\"\n\n\
         [job.sweep]\noperation = \"fix\"\n{job}\n\n\
         [database.db]\nread_time = \"0 s\"\nwrite_time = \"0 s\"\n\n\
         [link.rows]\nfrom = \"sweep\"\nto = \"db\"\n\n\
         [operation.look]\n\n[operation.fix]\nkind = \"write\"\nweight = 0\nkeys = 100\n{more}"
    ))
}

fn count(report: &Report, name: &str) -> u64 {
    let node = report.nodes.iter().find(|n| n.key == "sweep");
    node.expect("the job is there").count(name)
}

fn counts<const N: usize>(report: &Report, names: [&str; N]) -> [u64; N] {
    names.map(|name| count(report, name))
}

fn entry(what: &str, at_ms: u32, more: &str) -> String {
    format!("\n[[timeline]]\nwhat = \"{what}\"\ntarget = \"sweep\"\nat = \"{at_ms} ms\"\n{more}\n")
}

const SECOND: u64 = 1_000_000_000;

#[test]
fn a_run_takes_as_long_as_its_rate_or_its_work_says() {
    let once = run(60, "start = \"5 s\"\nservice_time = \"100 ms\"", "");
    assert_eq!(
        counts(&once, ["runs", "runs_finished", "items_done"]),
        [1, 1, 100]
    );
    assert_eq!(count(&once, "run_ns"), 10 * SECOND);
    assert_eq!(
        (once.ledger.effects_of_jobs, once.ledger.repeated_by_jobs),
        (100, 0)
    );
    // Four at a time, in batches of ten: 4, 4 and 2.
    let four = "start = \"5 s\"\nservice_time = \"100 ms\"\nconcurrency = 4\n";
    let batches = run(60, &format!("{four}batch_size = 10"), "");
    assert_eq!(count(&batches, "run_ns"), 3 * SECOND);
    let whole = run(60, &format!("{four}batch_size = 100"), "");
    assert_eq!(count(&whole, "run_ns"), 2_500_000_000);
    // The first item begins at once, each further one a twentieth of a second later.
    let paced = run(60, &format!("{four}rate_limit = \"20 rps\""), "");
    assert_eq!(count(&paced, "run_ns"), 99 * SECOND / 20 + SECOND / 10);
    let few = run(60, "start = \"5 s\"\nitems = 7\nservice_time = \"1 s\"", "");
    assert_eq!(counts(&few, ["items_done", "run_ns"]), [7, 7 * SECOND]);
}

#[test]
fn a_run_that_has_begun_goes_on_after_the_end_and_none_begins() {
    let report = run(
        12,
        "every = \"5 s\"\noverlap = \"beside\"\nservice_time = \"100 ms\"",
        "",
    );
    // Measured is the run of 12 s: both have begun, none is over.
    assert_eq!(counts(&report, ["runs", "runs_finished"]), [2, 0]);
    assert_eq!(report.ended, Ended::Settled);
    assert_eq!(report.settled_at_ns, Some(20 * SECOND));
    assert_eq!(report.ledger.effects_of_jobs, 200);
    // For as long as settling may take.
    let endless = run(12, "start = \"0 s\"\nservice_time = \"10 s\"", "");
    assert!(
        matches!(endless.ended, Ended::Unsettled { stuck: false, .. }),
        "{:?}",
        endless.ended
    );
    let down = run(12, "start = \"0 s\"", &entry("crash", 100, ""));
    assert_eq!(
        down.ended,
        Ended::Unsettled {
            open: 1,
            stuck: true
        }
    );
}

#[test]
fn a_run_whose_time_comes_too_early_is_left_out_put_off_or_begun_beside() {
    // Ten seconds of work every four seconds.
    let job = |overlap: &str| {
        let job = format!("every = \"4 s\"\noverlap = \"{overlap}\"\nservice_time = \"100 ms\"");
        run(60, &job, "")
    };
    let names = ["runs", "runs_finished", "runs_replaced", "runs_missed"];
    // At 4, 16, 28, 40, 52 s; 8, 12, 20, 24 ... 56 s are left out.
    assert_eq!(counts(&job("skip"), names), [5, 4, 0, 9]);
    assert_eq!(counts(&job("queue"), names), [6, 5, 0, 0]);
    assert_eq!(counts(&job("replace"), names), [14, 0, 13, 0]);
    assert_eq!(counts(&job("beside"), names), [14, 12, 0, 0]);
    // What is put off for too long is left out: the run of 8 s could begin at 14 s.
    let late = run(
        30,
        "every = \"4 s\"\noverlap = \"queue\"\nstart_deadline = \"5 s\"\nservice_time = \"100 ms\"",
        "",
    );
    assert_eq!(counts(&late, names), [3, 2, 0, 2]);
}

#[test]
fn the_timeline_starts_a_run() {
    let job = "service_time = \"10 ms\"";
    let more = entry("start", 3_000, "") + &entry("start", 3_500, "") + &entry("start", 8_000, "");
    assert_eq!(
        counts(&run(20, job, &more), ["runs", "runs_missed"]),
        [2, 1]
    );
    let queued = run(20, "service_time = \"10 ms\"\noverlap = \"queue\"", &more);
    assert_eq!(counts(&queued, ["runs", "runs_finished"]), [3, 3]);
}

/// A crash in the 48th item; batches of ten.
fn crashed(resumable: bool) -> Report {
    let job = format!(
        "start = \"0 s\"\nbatch_size = 10\nservice_time = \"100 ms\"\nresumable = {resumable}"
    );
    run(60, &job, &entry("crash", 4_750, "lasts = \"1 s\""))
}

#[test]
fn a_crash_costs_a_batch_or_the_whole_run() {
    let names = ["items_done", "items_again", "runs_finished", "run_ns"];
    let kept = crashed(true);
    // 47 were done, 40 of them for good; the 48th is begun once more, too.
    assert_eq!(
        counts(&kept, names),
        [107, 8, 1, 4_750_000_000 + 7 * SECOND]
    );
    assert_eq!(kept.ledger.repeated_by_jobs, 7);
    let lost = crashed(false);
    assert_eq!(
        counts(&lost, names),
        [147, 48, 1, 4_750_000_000 + 11 * SECOND]
    );
    assert_eq!(lost.ledger.repeated_by_jobs, 47);
    for report in [kept, lost] {
        let node = report.nodes.iter().find(|n| n.key == "sweep").unwrap();
        assert_eq!((node.lost_in_crash, node.in_flight), (1, 0));
        assert_eq!(node.arrived, node.useful + 1);
    }
}

#[test]
fn what_falls_into_a_crash_begins_after_it_unless_it_is_too_late() {
    let down = entry("crash", 7_500, "lasts = \"4 s\"");
    let names = ["runs", "runs_missed", "runs_finished"];
    // 8 and 10 s fall into it: of those, one begins at 11.5 s, and is over before 12 s.
    let job = "every = \"2 s\"\nservice_time = \"1 ms\"";
    assert_eq!(counts(&run(14, job, &down), names), [5, 1, 5]);
    let strict = format!("{job}\nstart_deadline = \"1 s\"");
    assert_eq!(counts(&run(14, &strict, &down), names), [4, 2, 4]);
    let all = format!("{job}\noverlap = \"queue\"");
    assert_eq!(counts(&run(14, &all, &down), names), [6, 0, 6]);
}

#[test]
fn an_item_that_fails_is_left_out_or_stops_the_run() {
    let job = |more: &str| {
        format!(
            "start = \"0 s\"\nbatch_size = 10\nservice_time = \"100 ms\"\nbad_items = \"5 %\"\n{more}"
        )
    };
    let skips = run(100, &job(""), "");
    let [done, bad] = counts(&skips, ["items_done", "items_failed"]);
    assert!(
        done + bad == 100 && (1..15).contains(&bad),
        "{bad} bad items"
    );
    // Every run meets the same ones: it never gets beyond the first.
    let names = ["runs_stopped", "runs_finished", "items_failed"];
    let stops = run(100, &job("on_failure = \"stop\""), "");
    assert_eq!(counts(&stops, names), [1, 0, 1]);
    let retried = run(
        100,
        &job("on_failure = \"stop\"\nretries = 2\nretry_pause = \"5 s\""),
        "",
    );
    assert_eq!(counts(&retried, names), [1, 0, 3]);
    let each = count(&stops, "run_ns");
    assert_eq!(count(&retried, "run_ns"), 3 * each + 15 * SECOND);
    let resumed =
        job("on_failure = \"stop\"\nretries = 2\nretry_pause = \"5 s\"\nresumable = true");
    assert!(count(&run(100, &resumed, ""), "items_again") <= 2 * 10);
}

/// Users write the same hundred rows, each once a second; the job needs 200 ms for each.
fn contested(job: &str) -> Report {
    simulate(&format!(
        "format = 1\n[run]\nduration = \"60 s\"\n\n\
         [clients.users]\nrate = \"100 rps\"\n\n[service.shop]\nslots = 100\nservice_time = \"1 ms\"\n\n\
         [job.sweep]\noperation = \"fix\"\nstart = \"5 s\"\nservice_time = \"200 ms\"\n{job}\n\n\
         [database.db]\ncores = 100\nread_time = \"0 s\"\nwrite_time = \"0 s\"\n\n\
         [link.visit]\nfrom = \"users\"\nto = \"shop\"\n\n[link.save]\nfrom = \"shop\"\nto = \"db\"\n\n\
         [link.rows]\nfrom = \"sweep\"\nto = \"db\"\n\n\
         [operation.buy]\nkind = \"write\"\nkeys = 100\nkey_space = \"goods\"\n\n\
         [operation.fix]\nkind = \"write\"\nweight = 0\nkeys = 100\nkey_space = \"goods\"\n"
    ))
}

#[test]
fn without_a_guard_newer_values_are_overwritten_and_with_it_they_conflict() {
    let blind = contested("");
    let overwritten = blind.ledger.lost_updates;
    // 100 rows, 0.2 s each, one write per second.
    assert!((8..35).contains(&overwritten), "{overwritten}");
    assert_eq!(counts(&blind, ["items_done", "conflicts"]), [100, 0]);
    assert_eq!(
        blind.ledger.lost, 0,
        "nobody was told a lie: the write was done, and then undone"
    );

    let guarded = contested("version_guard = true");
    assert_eq!(guarded.ledger.lost_updates, 0);
    let [done, skipped, conflicts] = counts(&guarded, ["items_done", "items_skipped", "conflicts"]);
    assert!(done + skipped == 100 && done > 98, "{done}");
    assert!((8..40).contains(&conflicts), "{conflicts}");
    let link = guarded.links.iter().find(|l| l.key == "rows").unwrap();
    assert_eq!(link.failed_by_reason, [("conflict", conflicts)]);

    let once = contested("version_guard = true\nconflict_retries = 0");
    let [done, skipped, conflicts] = counts(&once, ["items_done", "items_skipped", "conflicts"]);
    assert!(
        done + skipped == 100 && skipped == conflicts && skipped > 8,
        "{skipped}"
    );
    assert_eq!(once.ledger.lost_updates, 0);
}

#[test]
fn a_dry_run_reads_and_works_and_changes_nothing() {
    let dry = contested("dry_run = true");
    assert_eq!(counts(&dry, ["items_done", "would_change"]), [100, 100]);
    assert_eq!(
        (dry.ledger.effects_of_jobs, dry.ledger.lost_updates),
        (0, 0)
    );
    let link = dry.links.iter().find(|l| l.key == "rows").unwrap();
    assert_eq!(link.calls, 100, "one read each");
    // The other users' day is the same as without the job.
    assert_eq!(dry.ledger.effects, dry.ledger.intents);
}

/// Replies get lost; the link tries again. What the row has by then is the job's own write.
#[test]
fn a_retried_write_is_done_twice_or_meets_its_own_first_try() {
    let policy = "\n[link.slow]\nfrom = \"sweep\"\nto = \"copy\"\nreply_loss = \"30 %\"\ntimeout = \"1 s\"\nattempts = 9\n\n[database.copy]\n";
    let plan = "start = \"0 s\"\nplan.fix = [\"read slow\", \"work\", \"write slow\"]\n";
    let blind = run(600, plan, policy);
    assert!(
        blind.ledger.repeated_by_jobs > 20,
        "{}",
        blind.ledger.repeated_by_jobs
    );
    assert_eq!(count(&blind, "items_done"), 100);
    assert_eq!(
        blind.ledger.lost_updates, 0,
        "it overwrites nobody but itself"
    );
    let guarded = run(
        600,
        &format!("{plan}version_guard = true\nconflict_retries = 0"),
        policy,
    );
    assert_eq!(guarded.ledger.repeated_by_jobs, 0);
    assert!(count(&guarded, "items_skipped") > 15);
}

/// The item that would be done at 5 s is lost. The crash is over at 15 s, the outage of its zone at 25 s: until then nothing is worked on.
#[test]
fn what_two_faults_keep_down_is_back_when_both_are_over() {
    let job = "start = \"1 s\"\nservice_time = \"100 ms\"\nbatch_size = 100\nzones = [\"north\"]\nresumable = false";
    let outage = "\n[[timeline]]\nwhat = \"zone_outage\"\ntarget = \"north\"\nat = \"8 s\"\nlasts = \"17 s\"\n";
    let more = format!("{}{outage}", entry("crash", 5_000, "lasts = \"10 s\""));
    let report = run(60, job, &more);
    assert_eq!(
        counts(&report, ["runs", "runs_finished", "items_done"]),
        [1, 1, 139]
    );
    assert_eq!(count(&report, "run_ns"), (25 + 10 - 1) * SECOND);
}

#[test]
fn another_rate_counts_at_once() {
    let job = "start = \"5 s\"\nservice_time = \"0 s\"\nrate_limit = \"0.01 rps\"";
    let faster = "\n[[timeline]]\nwhat = \"config\"\ntarget = \"job.sweep.rate_limit\"\nvalue = \"100 rps\"\nat = \"12 s\"\n";
    let report = run(60, job, faster);
    assert_eq!(count(&report, "runs_finished"), 1);
    let took = count(&report, "run_ns");
    assert!((7 * SECOND..9 * SECOND).contains(&took), "{took} ns");
}
