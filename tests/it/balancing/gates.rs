//! Who is turned away, and what happens to requests whose callers have gone.

use brownout::engine::Run;
use brownout::engine::record::Unrecorded;
use brownout::observe::report::Report;

use super::{behind_a_door, link, node, number, program, report};

fn refused(report: &Report, link_key: &str, reason: &str) -> u64 {
    let of = &link(report, link_key).failed_by_reason;
    of.iter().find(|(r, _)| *r == reason).map_or(0, |(_, n)| *n)
}

const ROOM: &str = "slots = 1000\nservice_time = \"0 s\"";

#[test]
fn each_user_has_a_limit_of_their_own() {
    // 20 users with ten requests per second each, in turn; twenty seconds.
    let users = "arrivals = \"closed\"\nusers = 20\nthink_time = \"100 ms\"";
    let admitted = |door: &str| {
        let report = report(&behind_a_door(users, door, &[("a", ROOM)], ""));
        (
            report.users.served,
            refused(&report, "visit", "rate_limited"),
        )
    };
    let all = admitted("rate_limit = \"2 rps\"\nrate_burst = 5");
    assert_eq!(all.0, 5 + 2 * 20 - 1, "before the last token was full");
    let each = admitted("rate_limit = \"2 rps\"\nrate_burst = 5\nrate_per = \"identity\"");
    assert_eq!(each.0, 20 * (5 + 2 * 20 - 1));
    // A table too small for everybody forgets what they have spent.
    let forgetful = admitted(
        "rate_limit = \"2 rps\"\nrate_burst = 5\nrate_per = \"identity\"\nrate_table = 10",
    );
    assert_eq!(forgetful.1, 0);
}

#[test]
fn the_limit_is_that_of_an_operation_and_of_an_instance_of_the_balancer() {
    let more = "[operation.look]\nkind = \"read\"\n[operation.buy]\nkind = \"read\"\n";
    let served = |door: &str| {
        let users = "arrivals = \"constant\"\nrate = \"1 krps\"";
        report(&behind_a_door(users, door, &[("a", ROOM)], more))
            .users
            .served
    };
    let limit = "rate_limit = \"10 rps\"\nrate_algorithm = \"fixed_window\"";
    assert_eq!(served(limit), 200);
    assert_eq!(served(&format!("{limit}\nrate_per = \"operation\"")), 400);
    assert_eq!(served(&format!("{limit}\ninstances = 3")), 600);
}

#[test]
fn less_important_requests_are_shed_first() {
    let more = ["critical", "high", "normal", "low"]
        .map(|p| format!("[operation.{p}]\nkind = \"read\"\npriority = \"{p}\"\n"))
        .concat();
    let busy = "slots = 10\nservice_time = \"exponential(100 ms)\"";
    let run = |door: &str, rate: &str| {
        let users = format!("rate = \"{rate}\"");
        let report = report(&behind_a_door(&users, door, &[("a", busy)], &more));
        let failed = |key: &str| {
            let operation = report.operations.iter().find(|o| o.key == key).unwrap();
            operation.failed as f64 / operation.actions as f64
        };
        ["critical", "high", "normal", "low"].map(failed)
    };
    let priority = "max_outstanding = 40\nadmission = \"priority\"\npriority_step = \"25 %\"";
    let [critical, high, normal, low] = run(priority, "140 rps");
    assert!(
        critical < 0.02 && high < 0.2 && low > 0.8,
        "{critical} {high} {normal} {low}"
    );
    assert!(high < normal && normal < low);
    // Without classes all are shed alike.
    let alike = run("max_outstanding = 40", "140 rps");
    assert!(
        alike.iter().all(|share| (share - 0.28).abs() < 0.06),
        "{alike:?}"
    );
}

#[test]
fn no_more_are_under_way_than_the_limit_allows() {
    let busy = "slots = 10\nservice_time = \"exponential(100 ms)\"";
    let text = behind_a_door(
        "rate = \"300 rps\"",
        "max_outstanding = 7",
        &[("a", busy)],
        "",
    );
    let program = program(&text);
    let door = number(&program, "door") as usize;
    let mut run = Run::new(program, 1, Unrecorded);
    let mut most = 0;
    while !run.phase().is_over() {
        run.advance(brownout::time::Time::NEVER, 1);
        most = most.max(run.world.core.node_counters[door].busy.value);
    }
    assert_eq!(most, 7);
}

#[test]
fn a_request_whose_caller_has_gone_is_waited_for_or_taken_back() {
    let slow = "slots = 10\nservice_time = \"300 ms\"\non_abandoned = \"stop\"";
    let run = |word: &str| {
        let door = format!(
            "policy = \"least_outstanding\"\non_abandoned = \"{word}\"\nmax_outstanding = 1000"
        );
        let text = behind_a_door("rate = \"20 rps\"", &door, &[("a", slow)], "");
        report(&text.replace("to = \"door\"", "to = \"door\"\ntimeout = \"200 ms\""))
    };
    let (on, stop) = (run("continue"), run("stop"));
    assert_eq!(on.users.served + stop.users.served, 0);
    let a = node(&on, "a");
    assert_eq!(
        (a.useful, a.cancelled),
        (a.arrived, 0),
        "the balancer got its replies"
    );
    assert_eq!(node(&on, "door").wasted, a.arrived);
    let a = node(&stop, "a");
    assert_eq!((a.useful, a.cancelled), (0, a.arrived));
    assert_eq!(node(&stop, "door").cancelled, a.arrived);
    assert!(node(&stop, "door").mean_busy < 0.7 * node(&on, "door").mean_busy);
}
