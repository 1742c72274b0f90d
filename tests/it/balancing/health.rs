//! Checks, ejection, and what happens when nobody seems well.

use brownout::observe::report::Ended;

use super::{behind_a_door, link, node, report};

const ROOM: &str = "slots = 100\nservice_time = \"1 ms\"";
const CHECKED: &str =
    "check_interval = \"1 s\"\ncheck_timeout = \"200 ms\"\nunhealthy_after = 2\nhealthy_after = 3";

fn crash(target: &str, at: &str, lasts: &str) -> String {
    format!(
        "[[timeline]]\nwhat = \"crash\"\ntarget = \"{target}\"\nat = \"{at}\"\nlasts = \"{lasts}\"\n"
    )
}

#[test]
fn who_is_down_is_taken_out_after_two_checks_and_back_after_three() {
    let users = "arrivals = \"constant\"\nrate = \"100 rps\"";
    let services = [("a", ROOM), ("b", ROOM)];
    let door = format!("health_check = \"shallow\"\n{CHECKED}");
    let checked = report(&behind_a_door(
        users,
        &door,
        &services,
        &crash("a", "5 s", "5 s"),
    ));
    let count = |name| node(&checked, "door").count(name);
    assert_eq!((count("taken_out"), count("taken_back")), (1, 1));
    assert_eq!(count("checks"), 2 * 20);
    assert_eq!(count("checks_failed"), 5);
    // Half of 100 per second go wrong until the second check has failed: 1 to 2 s after the crash.
    let failed = checked.users.actions - checked.users.served;
    assert!((50..=100).contains(&failed), "{failed}");
    // Then the other one has all of them until the third check has passed after the restart: from one
    // check to the sixth after it, all of them a second apart.
    let (a, b) = (
        link(&checked, "to_a").calls - 20,
        link(&checked, "to_b").calls - 20,
    );
    assert_eq!(a + b, 1_999);
    assert!((598..=602).contains(&(b - a)), "{a} {b}");
    let unchecked = report(&behind_a_door(
        users,
        "",
        &services,
        &crash("a", "5 s", "5 s"),
    ));
    assert_eq!(unchecked.users.actions - unchecked.users.served, 250);
}

#[test]
fn checks_are_no_users_and_do_not_keep_a_run_from_its_end() {
    let services = [("a", ROOM), ("b", ROOM)];
    let door = format!("health_check = \"deep\"\n{CHECKED}");
    let with = report(&behind_a_door("rate = \"50 rps\"", &door, &services, ""));
    let without = report(&behind_a_door("rate = \"50 rps\"", "", &services, ""));
    assert_eq!(with.ended, Ended::Settled);
    assert!(with.settled_at_ns.unwrap() <= 21_000_000_000);
    assert_eq!(with.users.actions, without.users.actions);
    assert_eq!(with.users.served, with.users.actions);
    assert_eq!(with.ledger.intents, with.users.actions);
    assert_eq!(with.users.latency.count, with.users.actions);
    // The nodes have really got them.
    let arrived = |r| node(r, "a").arrived + node(r, "b").arrived;
    assert_eq!(arrived(&with), arrived(&without) + 2 * 20);
}

#[test]
fn a_check_waits_no_longer_than_its_timeout() {
    let cut = "[[timeline]]\nwhat = \"partition\"\ntarget = \"to_a\"\nat = \"5 s\"\nlasts = \"5 s\"\ndirection = \"replies\"\n";
    let door = format!("health_check = \"shallow\"\n{CHECKED}");
    let text = behind_a_door(
        "rate = \"100 rps\"",
        &door,
        &[("a", ROOM), ("b", ROOM)],
        cut,
    );
    // Its own: the link has none, and users have none either.
    let report = report(&text.replace("to = \"door\"", "to = \"door\"\ntimeout = \"1 s\""));
    assert_eq!(node(&report, "door").count("taken_out"), 1);
    assert_eq!(node(&report, "door").count("checks_failed"), 5);
    assert_eq!(link(&report, "to_a").retries, 0);
}

/// A shop of two instances whose database is down for five seconds, behind a door.
fn database_down(door: &str) -> brownout::observe::report::Report {
    let more = format!(
        "[database.db]\n[link.query]\nfrom = \"a\"\nto = \"db\"\n\
         [operation.look]\nkind = \"read\"\n[operation.browse]\nkind = \"read\"\nweight = 9\n{}",
        crash("db", "5 s", "5 s")
    );
    // Most of what it does needs no database.
    let shop = format!("{ROOM}\ninstances = 2\nplan.browse = [\"work\", \"respond\"]");
    report(&behind_a_door(
        "rate = \"100 rps\"",
        door,
        &[("a", &shop)],
        &more,
    ))
}

#[test]
fn a_deep_check_takes_everybody_out_for_what_they_share() {
    let door = |kind: &str, closed: bool| {
        let word = if closed { "closed" } else { "open" };
        format!("health_check = \"{kind}\"\n{CHECKED}\nwhen_all_unhealthy = \"{word}\"")
    };
    let shallow = database_down(&door("shallow", true));
    assert_eq!(node(&shallow, "door").count("taken_out"), 0);
    let served = |r: &brownout::observe::report::Report| r.users.served_share.unwrap();
    // A tenth of the requests for a quarter of the time.
    assert!((served(&shallow) - 0.975).abs() < 0.01);
    let closed = database_down(&door("deep", true));
    assert_eq!(node(&closed, "door").count("taken_out"), 2);
    // Nobody at all from the second failed check to the third passed one.
    assert!(
        (0.6..0.85).contains(&served(&closed)),
        "{}",
        served(&closed)
    );
    let refused = link(&closed, "visit")
        .failed_by_reason
        .iter()
        .find(|(r, _)| *r == "no_backend");
    assert!(refused.unwrap().1 > 300);
    // Open, it asks them all the same.
    let open = database_down(&door("deep", false));
    assert_eq!(served(&open), served(&shallow));
    assert!(node(&open, "door").count("sent_in_panic") > 300);
}

#[test]
fn a_deep_check_waits_in_line_like_a_request_and_a_shallow_one_does_not() {
    // Twice as much work as there is room for.
    let busy = "slots = 1\nservice_time = \"20 ms\"\nqueue_limit = 50";
    let taken_out = |kind: &str| {
        let door = format!("health_check = \"{kind}\"\n{CHECKED}");
        let report = report(&behind_a_door(
            "rate = \"100 rps\"",
            &door,
            &[("a", busy)],
            "",
        ));
        node(&report, "door").count("taken_out")
    };
    assert_eq!(taken_out("shallow"), 0);
    assert_eq!(taken_out("deep"), 1);
}

#[test]
fn below_the_panic_threshold_checks_are_not_believed() {
    let services = [("a", ROOM), ("b", ROOM), ("c", ROOM), ("d", ROOM)];
    let panics = |threshold: &str, down: &[&str]| {
        let door =
            format!("health_check = \"shallow\"\n{CHECKED}\npanic_threshold = \"{threshold}\"");
        let crashes: String = down.iter().map(|key| crash(key, "5 s", "5 s")).collect();
        let report = report(&behind_a_door(
            "rate = \"100 rps\"",
            &door,
            &services,
            &crashes,
        ));
        node(&report, "door").count("sent_in_panic")
    };
    assert_eq!(panics("50 %", &["a", "b"]), 0, "half are well: not below");
    assert!(panics("50 %", &["a", "b", "c"]) > 300);
    assert_eq!(panics("0 %", &["a", "b", "c"]), 0);
    assert!(panics("0 %", &["a", "b", "c", "d"]) > 300);
}

#[test]
fn errors_in_a_row_eject_but_only_a_part_of_the_endpoints() {
    let errors = |target: &str| {
        format!(
            "[[timeline]]\nwhat = \"errors\"\ntarget = \"{target}\"\nat = \"5 s\"\nlasts = \"10 s\"\nshare = \"100 %\"\n"
        )
    };
    let services = [("a", ROOM), ("b", ROOM), ("c", ROOM), ("d", ROOM)];
    let run = |door: &str, more: &str| {
        let users = "arrivals = \"constant\"\nrate = \"100 rps\"";
        report(&behind_a_door(users, door, &services, more))
    };
    let ejects = "eject_after = 5\neject_time = \"2 s\"\neject_interval = \"1 s\"";
    let one = run(ejects, &errors("a"));
    // 5 errors until 5.2 s, out until the sweep after 2 s; 5 more until 8.2 s, out for 4 s and a bit; 5
    // more until 13.2 s, out for 6 s and until the end.
    assert_eq!(node(&one, "door").count("ejections"), 3);
    assert_eq!(one.users.actions - one.users.served, 15);
    let share_of_a = link(&one, "to_a").calls;
    assert!((135..=145).contains(&share_of_a), "{share_of_a}");
    // Two fail, one may be left out: a quarter and a bit is below half.
    let two = run(
        &format!("{ejects}\neject_share_max = \"40 %\""),
        &(errors("a") + &errors("b")),
    );
    assert!(two.users.actions - two.users.served > 200);
    let both = run(
        &format!("{ejects}\neject_share_max = \"50 %\""),
        &(errors("a") + &errors("b")),
    );
    assert_eq!(both.users.actions - both.users.served, 30);
    // A fifth of four is none, unless one always may be.
    let none = run(
        &format!("{ejects}\neject_share_max = \"20 %\"\neject_one = false"),
        &errors("a"),
    );
    assert_eq!(node(&none, "door").count("ejections"), 0);
}

#[test]
fn one_instance_of_several_is_taken_out_alone() {
    let more = "[[timeline]]\nwhat = \"crash\"\ntarget = \"a\"\nat = \"5 s\"\nlasts = \"5 s\"\ninstances = 1\n";
    let door = format!("health_check = \"shallow\"\n{CHECKED}");
    let server = format!("{ROOM}\ninstances = 4");
    let users = "arrivals = \"constant\"\nrate = \"100 rps\"";
    let report = report(&behind_a_door(users, &door, &[("a", &server)], more));
    let count = |name| node(&report, "door").count(name);
    let counts = (
        count("taken_out"),
        count("taken_back"),
        count("sent_in_panic"),
    );
    assert_eq!(counts, (1, 1, 0));
    // A quarter of them, for one to two seconds.
    let failed = report.users.actions - report.users.served;
    assert!((25..=50).contains(&failed), "{failed}");
}
