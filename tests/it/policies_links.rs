//! What callers do on their links: what to retry, deadlines, bulkheads, breakers, hedges, fallbacks, keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use brownout::engine::attempt::{Attempt, CallerSide, Intent, IntentId};
use brownout::engine::reason::Reason;
use brownout::engine::record::{Record, Told, Unrecorded};
use brownout::engine::{Limits, Program, Run};
use brownout::experiment;
use brownout::observe::report::{LinkReport, Report};
use brownout::scenario::Scenario;
use brownout::time::Time;

fn report(text: &str) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

fn link<'r>(report: &'r Report, key: &str) -> &'r LinkReport {
    let found = report.links.iter().find(|link| link.key == key);
    found.unwrap_or_else(|| panic!("there is a link {key}"))
}

fn failed(link: &LinkReport, reason: Reason) -> u64 {
    let found = link
        .failed_by_reason
        .iter()
        .find(|(r, _)| *r == reason.code());
    found.map_or(0, |(_, n)| *n)
}

/// Users at a constant rate, the last one at the end, over one link to `server`.
fn users(rate: u32, seconds: u32, server: &str, policy: &str) -> String {
    format!(
        "format = 1\nrun.duration = \"{seconds}001 ms\"\n[clients.users]\narrivals = \"constant\"\nrate = \"{rate} rps\"\n\
         {server}\n[link.ask]\nfrom = \"users\"\nto = \"server\"\n{policy}\n[operation.look]\nkeys = 10\n"
    )
}

const FAILING: &str = "[third_party.server]\nlatency = \"10 ms\"\nerror_share = \"100 %\"";

/// Remembers every try and every word to a user.
#[derive(Default)]
struct Seen {
    tries: Vec<(Attempt, u64)>,
    told: Vec<(Time, Told)>,
}

impl Record for Seen {
    fn outcome(&mut self, _: &Program, _: Time, _: IntentId, intent: &Intent, a: &Attempt) {
        self.tries.push((*a, intent.number));
    }

    fn told(&mut self, _: &Program, now: Time, _: IntentId, intent: &Intent, told: Told) {
        self.told.push((Time(now.since(intent.born).0), told));
    }
}

fn seen(text: &str) -> Run<Seen> {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let mut run = Run::new(program, 1, Seen::default());
    run.finish();
    run
}

const MS: u64 = 1_000_000;

/// All policies at once, with a crash: the books of calls, tries, permits and connections agree at every
/// moment, and a checkpoint from any of them comes to the same end.
#[test]
fn the_books_agree_at_every_moment() {
    let text = include_str!("../fixtures/knobs/links.toml");
    let scenario = Scenario::parse(text).unwrap();
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let new = || Run::new(Arc::clone(&program), 5, Unrecorded);
    let mut run = new();
    let mut saved = Vec::new();
    while !run.phase().is_over() {
        run.advance(Time::NEVER, 97);
        let core = &run.world.core;
        let mut listed = 0;
        for (id, call) in core.calls.iter() {
            let mut next = call.attempt;
            while let Some(attempt) = core.attempts.get(next) {
                assert!(attempt.caller.is_open() && attempt.call == id);
                (listed, next) = (listed + 1, attempt.next_try);
            }
        }
        let open = || core.attempts.iter().filter(|(_, a)| a.caller.is_open());
        assert_eq!(open().count(), listed, "every open try is a call's");
        for (i, (state, counters)) in core.links.iter().zip(&core.link_counters).enumerate() {
            let ended = counters.succeeded + counters.failed.total();
            assert_eq!(counters.attempts, ended + u64::from(counters.in_flight));
            for (instance, caller) in state.callers.iter().enumerate() {
                let of_it = |a: &Attempt| a.link as usize == i && a.from as usize == instance;
                let permits = core
                    .attempts
                    .iter()
                    .filter(|(_, a)| of_it(a) && a.holds_permit);
                assert_eq!(permits.count() as u32, caller.bulkhead.busy);
            }
        }
        for node in &core.node_counters {
            assert!(node.little_holds(run.now()));
        }
        if saved.len() < 40 && core.events % 11 == 0 {
            saved.push(run.world.clone());
        }
    }
    assert!(run.world.core.attempts.is_empty() && run.world.core.calls.is_empty());
    let mut whole = new();
    whole.finish();
    assert_eq!(whole.digest(), run.digest());
    assert!(saved.len() > 5);
    for world in saved.into_iter().step_by(5) {
        let mut resumed = Run::resume(Arc::clone(&program), world, Unrecorded);
        resumed.finish();
        assert_eq!(resumed.digest(), whole.digest());
    }
}

#[test]
fn only_what_is_listed_is_retried() {
    let tries = |list: &str| {
        let policy = format!("attempts = 3\nretry_on = {list}");
        let all = report(&users(10, 10, FAILING, &policy));
        (link(&all, "ask").attempts, link(&all, "ask").calls)
    };
    assert_eq!(tries("\"all\""), (300, 100));
    assert_eq!(tries("[\"errors\"]"), (300, 100));
    assert_eq!(tries("[\"error_from_callee\"]"), (300, 100));
    assert_eq!(tries("[\"timeouts\", \"overload\"]"), (100, 100));
}

#[test]
fn a_deadline_covers_tries_and_pauses() {
    // Tries of 10 ms with pauses of 20 ms: the third would end at 70 ms.
    let policy = "attempts = 9\nbackoff = \"constant\"\nbackoff_base = \"20 ms\"\ndeadline = ";
    let run = |deadline: &str| seen(&users(1, 5, FAILING, &format!("{policy}\"{deadline}\"")));
    // In the middle of a try, and in the middle of a pause.
    for (deadline, at, last) in [
        ("65 ms", 65, Reason::DeadlinePassed),
        ("80 ms", 80, Reason::ErrorFromCallee),
    ] {
        let run = run(deadline);
        let told = Told::Failed(Reason::DeadlinePassed);
        assert!(run.record.told.iter().all(|t| *t == (Time(at * MS), told)));
        assert_eq!(run.record.told.len(), 5);
        assert_eq!(run.record.tries.len(), 15, "three tries each");
        let thirds = run.record.tries.iter().filter(|(a, _)| a.number == 3);
        assert!(
            thirds
                .clone()
                .all(|(a, _)| a.caller == CallerSide::Failed(last))
        );
        assert_eq!(thirds.count(), 5);
        assert_eq!(run.world.core.link_counters[0].deadlines_passed, 5);
    }
}

/// Users at 5/s, for five seconds at 30/s, whose deadline is passed on to a service that can do 10/s.
fn chain(pass: bool, inner: &str) -> String {
    format!(
        "format = 1\nrun.duration = \"26 s\"\n[clients.users]\narrivals = \"constant\"\nrate = \"5 rps\"\n\
         [service.front]\nslots = 1000\nservice_time = \"10 ms\"\n[service.back]\nslots = 1\nservice_time = \"100 ms\"\n\
         [link.way_in]\nfrom = \"users\"\nto = \"front\"\ndeadline = \"500 ms\"\npass_deadline = {pass}\n\
         [link.inside]\nfrom = \"front\"\nto = \"back\"\npass_deadline = {pass}\n{inner}\n[operation.look]\n\
         [[timeline]]\nwhat = \"traffic_step\"\ntarget = \"users\"\nat = \"1 s\"\nlasts = \"5 s\"\nrate = \"30 rps\"\n"
    )
}

#[test]
fn work_that_comes_too_late_is_dropped_if_the_deadline_is_passed_on() {
    let (without, with) = (report(&chain(false, "")), report(&chain(true, "")));
    // The line of 100 takes 20 s to go if it is worked off for those who have gone, else no time.
    assert!(without.users.served < 25, "{}", without.users.served);
    assert!(with.users.served > 100, "{}", with.users.served);
    let node = |r: &Report, key: &str| r.nodes.iter().find(|n| n.key == key).unwrap().clone();
    let front = node(&without, "front");
    assert!(front.wasted > 200, "worked for nobody: {}", front.wasted);
    let back = node(&with, "back");
    assert!(back.refused > 90, "dropped at their turn: {}", back.refused);
    assert!(back.wasted < 60, "begun in time: {}", back.wasted);
}

#[test]
fn calls_end_by_the_deadline_of_the_request_they_are_made_for() {
    let run = seen(&chain(true, "timeout = \"2 s\"\nattempts = 4"));
    let inside = run
        .program
        .links
        .iter()
        .position(|l| l.key == "inside")
        .unwrap();
    let of_inside = || {
        run.record
            .tries
            .iter()
            .filter(|(a, _)| a.link as usize == inside)
    };
    assert!(of_inside().all(|(a, _)| a.ended.since(a.born).0 <= 490 * MS));
    let late = of_inside().filter(|(a, _)| a.caller == CallerSide::Failed(Reason::DeadlinePassed));
    assert!(late.count() > 50);
    assert!(
        of_inside().all(|(a, _)| a.number == 1),
        "no retry after the deadline"
    );
}

#[test]
fn a_bulkhead_bounds_what_is_under_way() {
    // 20/s that take 1 s each: 20 would be under way.
    let slow = "[third_party.server]\nlatency = \"1 s\"";
    let text = users(20, 10, slow, "max_in_flight = 5");
    let mut run = {
        let scenario = Scenario::parse(&text).unwrap();
        Run::new(
            experiment::compile(&scenario, Limits::NATIVE),
            1,
            Seen::default(),
        )
    };
    while !run.phase().is_over() {
        run.advance(Time::NEVER, 1);
        let sent = |a: &&Attempt| a.caller == CallerSide::Waiting;
        let n = run
            .world
            .core
            .attempts
            .iter()
            .filter(|(_, a)| sent(a))
            .count();
        assert!(n <= 5, "{n} at {}", run.now());
    }
    let counters = &run.world.core.link_counters[0];
    assert_eq!(counters.succeeded, 50, "five per second");
    assert_eq!(counters.failed.of(Reason::Shed), 150);
    // Who waits 800 ms for a permit gets one if it comes when most of the second is over.
    let all = report(&users(
        20,
        10,
        slow,
        "max_in_flight = 5\nmax_in_flight_wait = \"800 ms\"",
    ));
    let ask = link(&all, "ask");
    assert_eq!(ask.succeeded + failed(ask, Reason::Shed), 200);
    assert!(ask.succeeded >= 50);
    let forever = report(&users(
        20,
        10,
        slow,
        "max_in_flight = 5\nmax_in_flight_wait = \"1 d\"",
    ));
    assert_eq!(link(&forever, "ask").succeeded, 200);
}

#[test]
fn what_times_out_at_its_caller_gives_its_permit_back() {
    let slow = "[third_party.server]\nlatency = \"10 s\"";
    let all = report(&users(
        10,
        10,
        slow,
        "max_in_flight = 1\ntimeout = \"50 ms\"",
    ));
    assert_eq!(failed(link(&all, "ask"), Reason::Shed), 0);
}

#[test]
fn a_breaker_rejects_while_it_is_open() {
    // The defaults of resilience4j: 10/s, all failing, so the 100th ends at about 10 s.
    let all = report(&users(10, 300, FAILING, "breaker = \"count\""));
    let ask = link(&all, "ask");
    // 100 tries, then 10 every time after 60 s open: at 70 s, 131 s, 192 s, 253 s.
    assert_eq!(failed(ask, Reason::ErrorFromCallee), 100 + 4 * 10);
    assert_eq!(ask.breaker_opened, 5);
    assert_eq!(ask.breaker_rejected, 3_000 - 140);
    assert_eq!(failed(ask, Reason::BreakerOpen), ask.breaker_rejected);
}

#[test]
fn every_caller_has_a_breaker_of_its_own() {
    let text = users(10, 100, FAILING, "breaker = \"count\"");
    let text = text.replace("rate =", "callers = 4\nrate =");
    // 1,000 calls, 250 per caller.
    assert_eq!(
        failed(link(&report(&text), "ask"), Reason::ErrorFromCallee),
        400
    );
}

#[test]
fn reasons_that_do_not_count_keep_it_closed() {
    let policy = "breaker = \"count\"\nbreaker_counts = [\"timeouts\"]";
    let all = report(&users(10, 60, FAILING, policy));
    assert_eq!(link(&all, "ask").breaker_opened, 0);
}

const BIMODAL: &str = "[third_party.server]\nlatency = \"bimodal(10 ms, 1 s, slow 1 %)\"";

#[test]
fn a_hedge_is_sent_after_its_delay_and_the_loser_is_cancelled() {
    let run = seen(&users(100, 100, BIMODAL, "hedge_after = \"20 ms\""));
    let counters = &run.world.core.link_counters[0];
    let slow = counters.hedges;
    assert!((60..=140).contains(&slow), "1 % of 10,000: {slow}");
    assert_eq!(counters.attempts, 10_000 + slow);
    assert_eq!(counters.succeeded, 10_000);
    assert_eq!(counters.failed.of(Reason::Cancelled), slow);
    assert_eq!(counters.retries, 0);
    assert!(counters.hedges_won >= slow - 5);
    let at = |ms: u64| {
        run.record
            .told
            .iter()
            .filter(|t| t.0 == Time(ms * MS))
            .count() as u64
    };
    assert_eq!(
        at(10) + at(30) + at(1_000),
        10_000,
        "at once, by the hedge, or by neither"
    );
    assert_eq!(at(30), counters.hedges_won);
}

#[test]
fn a_hedge_goes_to_another_instance_and_the_first_good_reply_counts() {
    let server = "[service.server]\ninstances = 2\nslots = 50\nservice_time = \"exponential(20 ms)\"\non_abandoned = \"stop\"";
    for won in ["cancel", "let_run"] {
        let run = seen(&users(
            100,
            20,
            server,
            &format!("hedge_after = \"20 ms\"\non_hedge_won = \"{won}\""),
        ));
        let tries = &run.record.tries;
        let of = |number: u64, hedge: bool| {
            tries
                .iter()
                .find(|t| t.1 == number && t.0.is_hedge == hedge)
                .map(|t| t.0)
        };
        let hedges: Vec<_> = tries.iter().filter(|t| t.0.is_hedge).collect();
        assert!(hedges.len() > 500);
        for (hedge, number) in hedges {
            let first = of(*number, false).unwrap();
            assert_ne!(hedge.instance, first.instance);
            assert_eq!(hedge.born.since(first.sent).0, 20 * MS);
            let ends = [hedge.caller, first.caller];
            assert!(ends.contains(&CallerSide::Succeeded));
            assert!(ends.contains(&CallerSide::Failed(Reason::Cancelled)));
        }
        let node = &run.world.core.node_counters;
        let server = run
            .program
            .nodes
            .iter()
            .position(|n| n.key == "server")
            .unwrap();
        let hedges = run.world.core.link_counters[0].hedges;
        match won {
            "cancel" => assert_eq!(node[server].cancelled, hedges),
            _ => assert_eq!((node[server].cancelled, node[server].wasted), (0, hedges)),
        }
    }
}

#[test]
fn a_percentile_hedges_its_share() {
    let server = "[third_party.server]\nlatency = \"exponential(20 ms)\"";
    let all = report(&users(200, 100, server, "hedge_percentile = \"90 %\""));
    let share = link(&all, "ask").hedges as f64 / link(&all, "ask").calls as f64;
    assert!((share - 0.1).abs() < 0.01, "{share}");
}

#[test]
fn hedges_are_paid_from_the_retry_budget() {
    let all = report(&users(
        100,
        100,
        BIMODAL,
        "hedge_after = \"5 ms\"\nretry_budget = \"10 %\"\nattempts = 2",
    ));
    let ask = link(&all, "ask");
    assert!(
        ask.hedges <= ask.calls / 10 && ask.hedges > ask.calls / 11,
        "{}",
        ask.hedges
    );
    assert_eq!(ask.hedges + ask.retries_denied, ask.calls);
}

#[test]
fn when_both_fail_the_next_try_follows() {
    let all = report(&users(
        10,
        10,
        FAILING,
        "hedge_after = \"5 ms\"\nattempts = 3",
    ));
    let ask = link(&all, "ask");
    assert_eq!(
        (ask.calls, ask.attempts, ask.hedges, ask.retries),
        (100, 600, 300, 200)
    );
}

#[test]
fn hedges_behind_a_balancer_keep_its_books() {
    let server = "[balancer.server]\npolicy = \"least_outstanding\"\n[service.app]\ninstances = 4\nslots = 5\n\
        service_time = \"exponential(20 ms)\"\non_abandoned = \"stop\"\n\
        [link.inside]\nfrom = \"server\"\nto = \"app\"\nhedge_after = \"15 ms\"\nhedge_attempts = 2\ntimeout = \"90 ms\"\nattempts = 2\npool = 40";
    let run = seen(&users(300, 20, server, ""));
    let core = &run.world.core;
    let inside = run
        .program
        .links
        .iter()
        .position(|l| l.key == "inside")
        .unwrap();
    assert!(core.link_counters[inside].hedges > 1_000);
    assert!(core.attempts.is_empty() && core.calls.is_empty());
    assert_eq!(
        core.links[inside].callers[0].pool.busy, 0,
        "all connections are back"
    );
    for (attempt, number) in run.record.tries.iter().filter(|t| t.0.is_hedge) {
        let others = run
            .record
            .tries
            .iter()
            .filter(|t| t.1 == *number && t.0.number != attempt.number);
        let at_once = |a: &Attempt| {
            a.link == attempt.link && a.born <= attempt.born && a.ended > attempt.born
        };
        for (other, _) in others.filter(|t| at_once(&t.0)) {
            assert_ne!(other.instance, attempt.instance);
        }
    }
}

#[test]
fn a_fallback_answers_what_failed_for_good() {
    let of = |fallback: &str| {
        let server = "[service.server]\nslots = 100\n[third_party.ads]\nlatency = \"5 ms\"\nerror_share = \"30 %\"\n\
            [service.house]\nslots = 100\nservice_time = \"1 ms\"\n\
            [link.banner]\nfrom = \"server\"\nto = \"ads\"\n";
        report(&users(50, 20, &format!("{server}{fallback}\n"), ""))
    };
    let none = of("");
    assert!(none.users.failed > 200 && none.users.degraded == 0);
    let failures = none.users.failed;
    let default = of("fallback = \"default\"");
    assert_eq!(
        (default.users.failed, default.users.degraded),
        (0, failures)
    );
    assert_eq!(link(&default, "banner").fallbacks, failures);
    let skip = of("fallback = \"skip\"");
    assert_eq!((skip.users.failed, skip.users.degraded), (0, 0));
    assert_eq!(skip.users.served, 1_000);
    let other = of("fallback_link = \"own\"\n[link.own]\nfrom = \"server\"\nto = \"house\"");
    assert_eq!((other.users.failed, other.users.degraded), (0, failures));
    assert_eq!(
        link(&other, "own").calls,
        failures,
        "called only where it stands in"
    );
    // Ten items: nearly all have been seen once when the first call fails.
    let stale = of("fallback = \"stale\"");
    assert!(stale.users.degraded > 200 && stale.users.failed < 20);
    assert_eq!(stale.users.degraded + stale.users.failed, failures);
    let short = of("fallback = \"stale\"\nfallback_kept = 1");
    assert!(
        short.users.failed > 100,
        "one item is kept: {}",
        short.users.failed
    );
}

#[test]
fn a_write_is_never_answered_from_memory() {
    let text = users(
        50,
        20,
        "[third_party.server]\nlatency = \"5 ms\"\nerror_share = \"30 %\"",
        "fallback = \"stale\"",
    );
    let all = report(&text.replace("[operation.look]", "[operation.look]\nkind = \"write\""));
    assert!(all.users.failed > 200 && all.users.degraded == 0);
}

/// The keys that reached the third party, per user's action.
fn keys(on_way_in: &str, inside: &str) -> Vec<Vec<u64>> {
    let server = format!(
        "[service.server]\nslots = 100\n[third_party.pay]\nlatency = \"5 ms\"\nerror_share = \"60 %\"\n\
         [link.charge]\nfrom = \"server\"\nto = \"pay\"\nattempts = 2\nidempotency_key = \"{inside}\"\n"
    );
    let run = seen(&users(
        50,
        10,
        &server,
        &format!("attempts = 3\nidempotency_key = \"{on_way_in}\""),
    ));
    let charge = run
        .program
        .links
        .iter()
        .position(|l| l.key == "charge")
        .unwrap();
    let mut by_action = vec![Vec::new(); 500];
    for (attempt, number) in &run.record.tries {
        if attempt.link as usize == charge {
            by_action[*number as usize - 1].push(attempt.key);
        }
    }
    by_action
}

#[test]
fn a_key_says_who_made_it() {
    let distinct = |keys: &[u64]| keys.iter().collect::<BTreeSet<_>>().len();
    assert!(keys("none", "none").concat().iter().all(|&key| key == 0));
    for (way_in, inside) in [("form", "none"), ("click", "none"), ("none", "form")] {
        let all = keys(way_in, inside);
        assert!(all.iter().all(|keys| distinct(keys) == 1 && keys[0] != 0));
        assert_eq!(
            distinct(&all.concat()),
            500,
            "another one for another action"
        );
    }
    // One per arrival at the server: what the user's client sends again gets another key.
    let all = keys("form", "server");
    assert!(
        all.iter()
            .all(|keys| distinct(keys) == keys.len().div_ceil(2))
    );
    assert!(all.iter().any(|keys| distinct(keys) == 3));
}

#[test]
fn bandwidth_puts_messages_one_after_the_other() {
    // 10 requests of 1,000 bytes at the same instant, 100 kB/s: 10 ms each, and replies half of that.
    let text = users(
        1,
        1,
        "[third_party.server]\nlatency = \"1 s\"",
        "bandwidth = \"100k\"",
    )
    .replace("rate =", "batch = 10\nrate =")
    .replace(
        "keys = 10",
        "keys = 10\nrequest_size = 1000\nresponse_size = 500",
    );
    let run = seen(&text);
    let mut took: Vec<u64> = run.record.told.iter().map(|t| t.0.0 / MS).collect();
    took.sort_unstable();
    let first: Vec<u64> = (1..=10).map(|n| 1_000 + 10 * n + 5).collect();
    assert_eq!(took[..10], first);
}
