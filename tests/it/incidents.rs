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
    let slots = match app.contains("slots") {
        true => "",
        false => "slots = 1\n",
    };
    report(&format!(
        "[clients.users]\narrivals = \"constant\"\nrate = \"1 rps\"\n\
         [service.app]\n{slots}service_time = \"500 ms\"\n{app}\n\
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

/// Users ask a front, which asks a back, both with two instances.
fn chain(front: &str, back: &str, rest: &str) -> Report {
    report(&format!(
        "[clients.users]\narrivals = \"constant\"\nrate = \"10 rps\"\n[service.front]\ninstances = 2\n{front}\n\
         [service.back]\ninstances = 2\n{back}\n[link.ask]\nfrom = \"users\"\nto = \"front\"\n\
         [link.pass]\nfrom = \"front\"\nto = \"back\"\n{rest}"
    ))
}

fn failed(report: &Report, link: &str, reason: &str) -> u64 {
    let found = report.links.iter().find(|l| l.key == link).expect("there");
    let mut reasons = found.failed_by_reason.iter();
    reasons.find(|(r, _)| &**r == reason).map_or(0, |(_, n)| *n)
}

#[test]
fn versions_of_an_interface_are_compared_at_the_door() {
    let mismatch = |r: &Report, link: &str| failed(r, link, "contract_mismatch");
    let all = |r: &Report| r.ledger.intents;
    let fits = chain(
        "contract = 3\ncontract_oldest = 1",
        "contract = 4\ncontract_oldest = 3",
        "",
    );
    assert_eq!((mismatch(&fits, "ask"), mismatch(&fits, "pass")), (0, 0));
    let too_new = chain("contract = 3\ncontract_oldest = 1", "contract = 2", "");
    assert_eq!(
        mismatch(&too_new, "pass"),
        all(&too_new),
        "back does not know 3 yet"
    );
    assert_eq!(too_new.users.served, 0);
    let too_old = chain("", "contract = 3\ncontract_oldest = 2", "");
    assert_eq!(
        mismatch(&too_old, "pass"),
        all(&too_old),
        "back does not know 1 any more"
    );
    let app = "[operation.look]\ncontract = 2";
    let users = chain("", "", app);
    assert_eq!(mismatch(&users, "ask"), all(&users));
}

#[test]
fn a_deploy_that_breaks_the_contract_is_felt_until_it_is_rolled_back() {
    let at =
        |what: &str, s: u32, rest: &str| entry(what, "back", &format!("at = \"{s} s\"\n{rest}"));
    let all_at_once = "strategy = \"all_at_once\"\ncontract = 2\ncontract_oldest = 2";
    let r = chain(
        "",
        "",
        &(at("deploy", 20, all_at_once) + &at("rollback", 40, "")),
    );
    let mismatches = failed(&r, "pass", "contract_mismatch");
    // Rolling back takes its instances one after the other, each at once.
    assert!((195..=205).contains(&mismatches), "{mismatches}");
    // The caller first, and understood by neither: the order of a rollout counts.
    let kind = at("deploy", 20, "strategy = \"all_at_once\"\ncontract = 2");
    assert_eq!(
        failed(&chain("", "", &kind), "pass", "contract_mismatch"),
        0,
        "it still understands 1"
    );
}

#[test]
fn what_a_newer_publisher_wrote_an_older_worker_cannot_read() {
    let r = report(
        "[clients.users]\narrivals = \"constant\"\nrate = \"10 rps\"\n[service.app]\n[queue.q]\nvisibility_timeout = \"1 s\"\n\
         max_receives = 2\ndead_letter = \"park\"\n[worker.w]\nconcurrency = 4\n[database.db]\n[link.ask]\nfrom = \"users\"\nto = \"app\"\n\
         [link.put]\nfrom = \"app\"\nto = \"q\"\n[link.hand]\nfrom = \"q\"\nto = \"w\"\n[link.save]\nfrom = \"w\"\nto = \"db\"\n\
         [operation.order]\nkind = \"write\"\n\
         [[timeline]]\nwhat = \"deploy\"\ntarget = \"app\"\nat = \"10050 ms\"\nstrategy = \"all_at_once\"\ncontract = 2\n\
         [[timeline]]\nwhat = \"rollback\"\ntarget = \"app\"\nat = \"20050 ms\"\n",
    );
    assert_eq!(
        count(&r, "q", "dead_lettered"),
        100,
        "ten seconds of messages"
    );
    assert_eq!(failed(&r, "hand", "contract_mismatch"), 200);
    assert_eq!(r.ledger.effects, r.ledger.intents - 100);
}

#[test]
fn who_has_no_right_is_turned_away_where_somebody_checks() {
    let users = "without_right_share = \"25 %\"\nidentities = 400";
    let ask = |app: &str| asks(app, "").users.served;
    let with = |app: &str, rest: &str| {
        report(&format!(
            "[clients.users]\nrate = \"200 rps\"\n{users}\n[service.app]\nslots = 20\n{app}\n\
             [link.ask]\nfrom = \"users\"\nto = \"app\"\n{rest}"
        ))
    };
    assert!(ask("") > 0);
    let open = with("", "");
    assert_eq!(failed(&open, "ask", "forbidden"), 0);
    let r = with("checks_rights = true", "");
    let share = failed(&r, "ask", "forbidden") as f64 / r.ledger.intents as f64;
    assert!((share - 0.25).abs() < 0.07, "{share}");
    // A config that switches the check off lets everybody in.
    let off = "[[timeline]]\nwhat = \"config\"\ntarget = \"service.app.checks_rights\"\nvalue = \"false\"\nat = \"30 s\"\n";
    let half = failed(&with("checks_rights = true", off), "ask", "forbidden") as f64;
    let all = failed(&r, "ask", "forbidden") as f64;
    assert!((half / all - 0.5).abs() < 0.05, "{half} {all}");
}

#[test]
fn what_is_too_large_is_turned_away_and_what_fits_is_not() {
    let ask = |most: u32| {
        report(&format!(
            "[clients.users]\nrate = \"200 rps\"\noversized_share = \"10 %\"\noversized_factor = \"50\"\n\
             [service.app]\nslots = 20\nmax_request_size = {most}\n[link.ask]\nfrom = \"users\"\nto = \"app\"\n\
             [operation.post]\nrequest_size = 1000"
        ))
    };
    assert_eq!(failed(&ask(50_000), "ask", "invalid_input"), 0);
    let r = ask(49_999);
    let share = failed(&r, "ask", "invalid_input") as f64 / r.ledger.intents as f64;
    assert!((share - 0.1).abs() < 0.01, "{share}");
    assert_eq!(failed(&ask(999), "ask", "invalid_input"), r.ledger.intents);
}

#[test]
fn a_clock_that_is_off_by_more_than_a_signature_allows_locks_everybody_out() {
    let ask = |offset: &str, link: &str| {
        let skew = entry(
            "clock_skew",
            "app",
            &format!("at = \"9900 ms\"\nlasts = \"20 s\"\noffset = \"{offset}\""),
        );
        asks(
            "slots = 4",
            &format!("signed_for = \"5 min\"\n{link}{skew}"),
        )
    };
    let rejected = |r: &Report| failed(r, "ask", "unauthenticated");
    assert_eq!(rejected(&ask("5 min", "")), 0, "within the tolerance");
    assert_eq!(rejected(&ask("301 s", "")), 20);
    // A request that was held back for too long is as old as its signature.
    let held = entry("hold", "ask", "at = \"9900 ms\"\nlasts = \"10 s\"");
    let r = asks("slots = 20", &format!("signed_for = \"4500 ms\"\n{held}"));
    assert_eq!(
        rejected(&r),
        6,
        "those of the seconds 10 to 15, delivered at 19.9"
    );
}

#[test]
fn a_webhook_is_told_until_it_is_received_even_if_nobody_listens_for_a_while() {
    let pay = |third: &str, link: &str, rest: &str| {
        report(&format!(
            "[clients.users]\narrivals = \"constant\"\nrate = \"1 rps\"\nactions = 20\n\
             [third_party.bank]\nwebhook_delay = \"2 s\"\n{third}\n[service.hook]\nservice_time = \"10 ms\"\n[database.db]\n\
             [link.pay]\nfrom = \"users\"\nto = \"bank\"\n[link.tell]\nfrom = \"bank\"\nto = \"hook\"\n{link}\n\
             [link.save]\nfrom = \"hook\"\nto = \"db\"\n[operation.pay]\nkind = \"write\"\n{rest}"
        ))
    };
    let patient = "attempts = 20\nbackoff = \"exponential\"\nbackoff_base = \"500 ms\"";
    let quiet = pay("", "", "");
    assert_eq!(
        (count(&quiet, "bank", "webhooks"), quiet.ledger.clean),
        (20, 20)
    );
    let down = entry("crash", "hook", "at = \"5 s\"\nlasts = \"20 s\"");
    // One try each: what comes while nobody listens is never heard of again.
    let once = pay("", "", &down);
    let missed = count(&once, "bank", "unreceived");
    assert!((16..=19).contains(&missed), "{missed}");
    assert_eq!((once.ledger.lost, once.ledger.partial), (missed, missed));
    let again = pay("", patient, &down);
    assert_eq!(
        (again.ledger.lost, again.ledger.clean),
        (0, 20),
        "it hears of it later"
    );
    // A crash of the partner forgets nothing of what it has to tell.
    let partner = pay(
        "",
        patient,
        &entry("crash", "bank", "at = \"20500 ms\"\nlasts = \"5 s\""),
    );
    assert_eq!(partner.ledger.lost, 0);
    let twice = pay("webhook_repeat_share = \"100 %\"", "", "");
    assert_eq!(
        (count(&twice, "bank", "webhooks"), twice.ledger.duplicate),
        (40, 20)
    );
}

#[test]
fn a_reader_that_falls_silent_is_thrown_out_when_its_session_is_over() {
    let queue =
        "mode = \"log\"\npartitions = 4\nsession_timeout = \"5 s\"\nrebalance_pause = \"100 ms\"";
    let worker = "instances = 2\nbatch = 5\nservice_time = \"20 ms\"";
    let pause = |s: u32| {
        entry(
            "gc_pause",
            "w",
            &format!("at = \"10050 ms\"\nlasts = \"{s} s\"\ninstances = 1"),
        )
    };
    let thrown_out = |r: &Report| count(r, "q", "thrown_out");
    assert_eq!(thrown_out(&messages(queue, worker, &pause(4))), 0);
    let long = messages(queue, worker, &pause(6));
    assert_eq!((thrown_out(&long), long.ledger.lost), (1, 0));
    // The last heartbeat was up to 3 s before the pause.
    let beats = format!("{queue}\nheartbeat_every = \"3 s\"");
    assert_eq!(thrown_out(&messages(&beats, worker, &pause(4))), 1);
    // A cut link swallows the heartbeats of all; when it is open again they join again and read on.
    let cut = |s: u32| {
        let cut = entry(
            "partition",
            "hand",
            &format!("at = \"10050 ms\"\nlasts = \"{s} s\""),
        );
        messages(queue, worker, &cut)
    };
    assert_eq!(thrown_out(&cut(4)), 0);
    let r = cut(8);
    assert_eq!((thrown_out(&r), r.ledger.lost), (2, 0));
    assert!(r.ledger.clean > r.ledger.intents / 2);
}

#[test]
fn what_is_put_aside_is_neither_lost_nor_done_until_it_is_given_another_chance() {
    let queue = "visibility_timeout = \"1 s\"\nmax_receives = 2\ndead_letter = \"park\"";
    let poison = entry(
        "errors",
        "w",
        "at = \"10050 ms\"\nlasts = \"5 s\"\nshare = \"100 %\"",
    );
    let r = messages(queue, "concurrency = 9", &poison);
    let parked = count(&r, "q", "dead_lettered");
    assert!(parked > 20, "{parked}");
    assert_eq!((r.ledger.parked, r.ledger.lost), (parked, 0));
    let again = messages(
        queue,
        "concurrency = 9",
        &(poison + &entry("redrive", "q", "at = \"30 s\"")),
    );
    // It is done, and some of it after what was asked for later.
    let ledger = &again.ledger;
    assert!(ledger.out_of_order > 0, "{ledger:?}");
    assert_eq!(
        (ledger.parked, ledger.lost, ledger.clean),
        (0, 0, ledger.intents - ledger.out_of_order)
    );
    // In a queue that nobody reads it is put aside, too.
    let buried = queue.replace("\"park\"", "\"bury\"")
        + "\n[queue.dead]\n[link.bury]\nfrom = \"q\"\nto = \"dead\"";
    let poison = entry(
        "errors",
        "w",
        "at = \"10050 ms\"\nlasts = \"5 s\"\nshare = \"100 %\"",
    );
    let r = messages(&buried, "concurrency = 9", &poison);
    assert_eq!(
        (r.ledger.parked, r.ledger.lost),
        (count(&r, "q", "dead_lettered"), 0)
    );
}

/// Misses of a cache of four nodes with room for everything, before and after it has one node less.
fn misses(hashing: &str) -> (f64, f64) {
    let text = format!(
        "[clients.users]\nrate = \"500 rps\"\n[service.app]\nslots = 50\nservice_time = \"1 ms\"\n\
         [cache.keep]\ninstances = 4\nhashing = \"{hashing}\"\n[database.db]\ncores = 50\n\
         [link.ask]\nfrom = \"users\"\nto = \"app\"\n[link.look]\nfrom = \"app\"\nto = \"keep\"\n\
         [link.query]\nfrom = \"app\"\nto = \"db\"\n[operation.view]\nkeys = 1000\n"
    );
    let less = entry("scale", "keep", "at = \"30 s\"\ninstances = 3");
    let [before, after] =
        [text.clone(), text + &less].map(|text| count(&report(&text), "keep", "misses") as f64);
    (before, after)
}

#[test]
fn a_cache_node_that_leaves_takes_its_keys_on_a_ring_and_nearly_all_by_remainder() {
    // Each key is missed once; then, again, those that moved: 1/4 of them, or 3/4.
    for (hashing, moved) in [("ring", 0.25), ("modulo", 0.75)] {
        let (before, after) = misses(hashing);
        assert!((before - 1_000.0).abs() < 10.0, "{hashing}: {before}");
        let again = (after - before) / before;
        assert!((again - moved).abs() < 0.06, "{hashing}: {again}");
    }
}

/// Users write, and look one second later through a cache that nobody tells of writes.
fn looks(ttl: &str, users: &str, rest: &str) -> Report {
    let rate = match users.contains("closed") {
        true => "",
        false => "rate = \"5 rps\"\n",
    };
    report(&format!(
        "[clients.users]\n{rate}looks_with = \"view\"\n{users}\n[service.app]\nslots = 50\nservice_time = \"1 ms\"\n\
         [cache.keep]\non_write = \"none\"\nttl = \"{ttl}\"\n[database.db]\n\
         [link.ask]\nfrom = \"users\"\nto = \"app\"\n[link.look]\nfrom = \"app\"\nto = \"keep\"\n\
         [link.query]\nfrom = \"app\"\nto = \"db\"\n[operation.save]\nkind = \"write\"\nkey_space = \"x\"\nkeys = 1\n\
         [operation.view]\nkey_space = \"x\"\nkeys = 1\nweight = 1\n{rest}"
    ))
}

#[test]
fn who_does_not_see_the_own_write_writes_again() {
    let missed = |r: &Report| count(r, "users", "own_writes_missed");
    let again = |r: &Report| count(r, "users", "repeated_writes");
    // A cache that forgets within the second before the look shows what is there.
    let fresh = looks("300 ms", "", "");
    assert!(
        missed(&fresh) * 5 < fresh.ledger.intents,
        "{}",
        missed(&fresh)
    );
    let stale = looks("1 h", "", "");
    assert!(missed(&stale) > 100, "{}", missed(&stale));
    assert!(again(&stale) > 0 && stale.ledger.duplicate <= again(&stale));
    assert!(stale.ledger.duplicate > 50, "{}", stale.ledger.duplicate);
    // Who only looks does no harm, and more patience with the button does more of it.
    let calm = looks("1 h", "write_repeats = 0", "");
    assert_eq!((again(&calm), calm.ledger.duplicate), (0, 0));
    assert!(missed(&calm) > 0);
    let mad = looks("1 h", "write_repeats = 3", "");
    assert!(
        again(&mad) > 2 * again(&stale),
        "{} {}",
        again(&mad),
        again(&stale)
    );
    // A closed loop goes on at its pace.
    let closed = "arrivals = \"closed\"\nusers = 5\nthink_time = \"1 s\"";
    let r = looks("1 h", closed, "").users;
    assert!(r.served > 0);
}

/// Handlers that wait for their rate limit do not wait for the one that counted when they began to.
#[test]
fn another_rate_of_a_worker_counts_at_once() {
    let text = |more: &str| {
        format!(
            "[clients.users]\nrate = \"10 rps\"\narrivals = \"constant\"\nactions = 50\n\
             [queue.jobs]\nvisibility_timeout = \"12 h\"\n[worker.hands]\nconcurrency = 4\nservice_time = \"1 ms\"\nrate_limit = \"0.1 rps\"\n\
             [link.put]\nfrom = \"users\"\nto = \"jobs\"\n\
             [link.hand]\nfrom = \"jobs\"\nto = \"hands\"\n\
             [operation.send]\nkind = \"write\"\neffects = [\"hands\"]\n{more}"
        )
    };
    let faster = "[[timeline]]\nwhat = \"config\"\ntarget = \"worker.hands.rate_limit\"\nvalue = \"50 rps\"\nat = \"20 s\"\n";
    let settled = |more: &str| {
        let report = report(&text(more));
        assert_eq!(report.ledger.effects, 50);
        report.settled_at_ns.expect("it settles")
    };
    let second = 1_000_000_000;
    // One every ten seconds: the last after the end.
    assert!(settled("") > 480 * second);
    assert!(settled(faster) <= 60 * second);
}
