//! What goes wrong with messages, processes and partners, in runs whose outcome can be worked out by hand.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::{NodeReport, Report};
use brownout::scenario::Scenario;

const S: f64 = 1e9;

fn report(text: &str) -> Report {
    let text = format!("format = 1\n[run]\nduration = \"60 s\"\n{text}");
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

fn node<'r>(report: &'r Report, key: &str) -> &'r NodeReport {
    let found = report.nodes.iter().find(|n| n.key == key);
    found.unwrap_or_else(|| panic!("there is no {key}"))
}

fn count(report: &Report, key: &str, name: &str) -> u64 {
    node(report, key).count(name)
}

fn entry(what: &str, target: &str, rest: &str) -> String {
    format!("[[timeline]]\nwhat = \"{what}\"\ntarget = \"{target}\"\n{rest}\n")
}

/// Ten messages per second through a queue to a worker and its store.
fn messages(queue: &str, worker: &str, rest: &str) -> Report {
    report(&format!(
        "[clients.users]\narrivals = \"constant\"\nrate = \"10 rps\"\n[queue.q]\n{queue}\n\
         [worker.w]\n{worker}\n[database.db]\n[link.put]\nfrom = \"users\"\nto = \"q\"\n\
         [link.hand]\nfrom = \"q\"\nto = \"w\"\n[link.save]\nfrom = \"w\"\nto = \"db\"\n\
         [operation.order]\nkind = \"write\"\n{rest}"
    ))
}

#[test]
fn what_is_published_during_poison_fails_on_every_delivery_and_the_rest_on_none() {
    for mode in ["lease", "session"] {
        let queue = format!(
            "mode = \"{mode}\"\nvisibility_timeout = \"1 s\"\nmax_receives = 3\ndead_letter = \"park\""
        );
        let queue = match mode {
            "lease" => queue,
            _ => queue.replace("visibility_timeout = \"1 s\"\n", ""),
        };
        let poison = entry("poison", "order", "at = \"10050 ms\"\nlasts = \"2 s\"");
        let r = messages(&queue, "concurrency = 4", &poison);
        assert_eq!(count(&r, "q", "dead_lettered"), 20, "{mode}");
        assert_eq!(count(&r, "w", "poisoned"), 60, "{mode}");
        assert_eq!(count(&r, "w", "failed"), 60, "{mode}");
        assert_eq!(r.ledger.effects, r.ledger.intents - 20, "{mode}");
    }
    // A log passes over them after so many tries, and is held up by each of them until then.
    let poison = entry("poison", "order", "at = \"10050 ms\"\nlasts = \"2 s\"");
    let r = messages("mode = \"log\"\nmax_receives = 3", "batch = 10", &poison);
    assert_eq!(
        (count(&r, "w", "poisoned"), count(&r, "q", "skipped")),
        (60, 20)
    );
    assert_eq!(r.ledger.lost, 20, "acknowledged, and passed over");
}

#[test]
fn poison_stays_poison_on_its_way_through_a_dead_letter_queue() {
    let queue = "visibility_timeout = \"1 s\"\nmax_receives = 2\ndead_letter = \"bury\"\n[queue.dead]\n\
                 [link.bury]\nfrom = \"q\"\nto = \"dead\"\n[link.back]\nfrom = \"dead\"\nto = \"q\"";
    let more = entry("poison", "order", "at = \"10050 ms\"\nlasts = \"1 s\"")
        + &entry("redrive", "dead", "at = \"30 s\"");
    let r = messages(queue, "concurrency = 4", &more);
    assert_eq!(count(&r, "dead", "redriven"), 10);
    assert_eq!(count(&r, "w", "poisoned"), 40, "twice, and twice again");
}

/// Users ask a service that takes half a second, once a second.
fn asks(app: &str, rest: &str) -> Report {
    report(&format!(
        "[clients.users]\narrivals = \"constant\"\nrate = \"1 rps\"\n\
         [service.app]\nslots = 1\nservice_time = \"500 ms\"\n{app}\n\
         [link.ask]\nfrom = \"users\"\nto = \"app\"\n{rest}"
    ))
}

#[test]
fn work_in_progress_stands_still_for_exactly_the_pause() {
    // In the one at work, begun at some second x, the pause begins in the middle of its work.
    let pause = entry("gc_pause", "app", "at = \"10250 ms\"\nlasts = \"2 s\"");
    let plain = asks("", &pause);
    let timed = asks("gc_every = 1000000000", &pause);
    let before = asks("", "");
    // It is done 2 s later; the next came after 1 s and waited 1.5 s, its own work comes on top, and so on:
    // each has 0.5 s less to wait than the one before.
    let more: f64 = 2.0 + 1.5 + 1.0 + 0.5;
    for (r, sort) in [(&plain, "in the calendar"), (&timed, "in the processor")] {
        let n = r.users.served as f64;
        let mean = r.users.latency.mean_ns.unwrap() * n / S;
        let usual = before.users.latency.mean_ns.unwrap() * n / S;
        assert_eq!(r.users.served, before.users.served, "{sort}");
        assert!((mean - usual - more).abs() < 0.02, "{sort}: {mean} {usual}");
        assert_eq!(count(r, "app", "gc_pauses"), 1);
    }
}

#[test]
fn pauses_come_again_and_only_at_the_instances_that_they_are_for() {
    let series = "at = \"10 s\"\nlasts = \"5 s\"\nevery = \"1 s\"\npause = \"100 ms\"";
    let r = asks(
        "instances = 3",
        &entry("gc_pause", "app", &format!("{series}\ninstances = 2")),
    );
    assert_eq!(count(&r, "app", "gc_pauses"), 2 * 5);
    let r = asks("instances = 3", &entry("gc_pause", "app", series));
    assert_eq!(count(&r, "app", "gc_pauses"), 3 * 5);
}

#[test]
fn a_shallow_check_is_not_answered_by_a_process_that_stands_still() {
    let door = "[balancer.door]\nhealth_check = \"shallow\"\ncheck_interval = \"1 s\"\n\
                check_timeout = \"500 ms\"\nunhealthy_after = 2\nhealthy_after = 2\n\
                [link.in]\nfrom = \"users\"\nto = \"door\"\n";
    let ask = |lasts: &str| {
        let pause = entry(
            "gc_pause",
            "app",
            &format!("at = \"10 s\"\nlasts = \"{lasts}\"\ninstances = 1"),
        );
        let users = "[clients.users]\nrate = \"50 rps\"\n[service.app]\ninstances = 2\nslots = 4\n";
        report(&format!(
            "{users}{door}[link.ask]\nfrom = \"door\"\nto = \"app\"\n{pause}"
        ))
    };
    assert_eq!(count(&ask("1 ms"), "door", "checks_failed"), 0);
    let failed = count(&ask("10 s"), "door", "checks_failed");
    assert!((9..=11).contains(&failed), "{failed}");
}

#[test]
fn a_paused_worker_loses_its_leases_unless_it_sends_heartbeats() {
    let queue = "visibility_timeout = \"2 s\"";
    let pause = |what| {
        entry(
            what,
            "w",
            "at = \"10050 ms\"\nlasts = \"5 s\"\ninstances = 1",
        )
    };
    let worker = "instances = 2\nconcurrency = 3\nservice_time = \"400 ms\"";
    let beats = &format!("{worker}\nheartbeat = \"1 s\"");
    let silent = messages(queue, worker, &pause("worker_pause"));
    assert!(count(&silent, "q", "taken_back") > 0);
    assert!(silent.ledger.duplicate > 0, "both have done it");
    let alive = messages(queue, beats, &pause("worker_pause"));
    assert_eq!(count(&alive, "q", "taken_back"), 0);
    assert_eq!(alive.ledger.duplicate, 0);
    // With the whole process its heartbeats stand still.
    let process = messages(queue, beats, &pause("gc_pause"));
    assert!(count(&process, "q", "taken_back") > 0);
}

#[test]
fn a_paused_reader_of_a_log_misses_its_deadline_and_loses_its_partitions() {
    let queue =
        "mode = \"log\"\npartitions = 4\npoll_deadline = \"2 s\"\nrebalance_pause = \"100 ms\"";
    let pause = |s| {
        entry(
            "worker_pause",
            "w",
            &format!("at = \"10050 ms\"\nlasts = \"{s} s\"\ninstances = 1"),
        )
    };
    let worker = "instances = 2\nbatch = 5\nservice_time = \"50 ms\"";
    assert_eq!(
        count(&messages(queue, worker, &pause(1)), "q", "thrown_out"),
        0
    );
    let long = messages(queue, worker, &pause(8));
    assert_eq!(count(&long, "q", "thrown_out"), 1);
    assert_eq!(long.ledger.lost, 0, "the other one has read on");
}

#[test]
fn a_worker_that_is_paused_by_hand_finishes_what_it_has_and_takes_nothing() {
    let off = "[[timeline]]\nwhat = \"config\"\ntarget = \"worker.w.paused\"\nvalue = \"true\"\nat = \"10050 ms\"\nlasts = \"20 s\"\n";
    for mode in ["lease", "session", "log"] {
        let r = messages(
            &format!("mode = \"{mode}\""),
            "service_time = \"20 ms\"",
            off,
        );
        assert_eq!(count(&r, "q", "taken_back"), 0, "{mode}");
        assert_eq!(r.ledger.lost + r.ledger.duplicate, 0, "{mode}");
        let greatest = node(&r, "q").greatest_age_ns.map(|ns| ns as f64 / S);
        assert!(
            (19.0..25.0).contains(&greatest.unwrap()),
            "{mode}: {greatest:?}"
        );
    }
}

#[test]
fn a_leak_that_is_switched_on_fills_the_memory_and_what_is_full_stays_slow_when_it_stops() {
    // 1,000 kB, 100 per request, one request per second: full after ten.
    let leak = |lasts| {
        entry(
            "memory_leak",
            "app",
            &format!("at = \"9900 ms\"\nlasts = \"{lasts} s\"\nper_request = 100"),
        )
    };
    let app = "memory = 1\nmemory_drag = \"0.1\"\nrestart_time = \"500 ms\"";
    assert_eq!(count(&asks(app, &leak(9)), "app", "out_of_memory"), 0);
    assert_eq!(count(&asks(app, &leak(25)), "app", "out_of_memory"), 2);
    // Nine of ten parts are full: 0.1 * 9 more work for every request from then on.
    let r = asks(app, &leak(9));
    let slowest = r.users.latency.max_ns.unwrap() as f64 / S;
    assert!((slowest - 0.5 * 1.9).abs() < 0.1, "{slowest}");
}

#[test]
fn a_throttled_partner_refuses_what_is_above_the_rate() {
    let pay = |rest: &str| {
        report(&format!(
            "[clients.users]\narrivals = \"constant\"\nrate = \"20 rps\"\n[third_party.bank]\nburst = 5\n\
             [link.pay]\nfrom = \"users\"\nto = \"bank\"\n[operation.pay]\nkind = \"write\"\n{rest}"
        ))
    };
    assert_eq!(count(&pay(""), "bank", "rate_limited"), 0);
    let r = pay(&entry(
        "throttle",
        "bank",
        "at = \"10 s\"\nlasts = \"10 s\"\nrate = \"5 rps\"",
    ));
    // 20 per second come, 5 pass, and the burst once.
    let refused = count(&r, "bank", "rate_limited");
    assert!(
        (200 - 50 - 5 - 2..=200 - 50 - 5 + 2).contains(&refused),
        "{refused}"
    );
}
