//! What monitoring sees, and what a caller hears when several things are wrong at once.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::scenario::Scenario;

fn report(text: &str) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

/// Answers take 50 ms: too slow for one alert, fast enough for the other on the same node.
#[test]
fn each_alert_has_its_own_idea_of_what_is_good() {
    let report = report(
        "format = 1\n[run]\nduration = \"60 s\"\n[monitoring]\nscrape_every = \"1 s\"\n\
         [clients.users]\nrate = \"50 rps\"\n[service.shop]\nslots = 20\nservice_time = \"50 ms\"\n\
         [link.in]\nfrom = \"users\"\nto = \"shop\"\n\
         [alert.hasty]\nnode = \"shop\"\nburn_rate = 1\ngood_within = \"10 ms\"\n\
         [alert.patient]\nnode = \"shop\"\nburn_rate = 1\ngood_within = \"1 s\"\n\
         [alert.content]\nnode = \"shop\"\nburn_rate = 1\n",
    );
    let fired: Vec<(&str, u64)> = report
        .alerts
        .iter()
        .map(|alert| (alert.key.as_str(), alert.fired))
        .collect();
    assert_eq!(fired, [("content", 0), ("hasty", 1), ("patient", 0)]);
}

/// Nobody is there to ask who it is.
#[test]
fn a_node_that_is_down_asks_for_no_credentials() {
    let report = report(
        "format = 1\n[run]\nduration = \"10 s\"\n[clients.users]\nrate = \"50 rps\"\n[service.shop]\n\
         [link.in]\nfrom = \"users\"\nto = \"shop\"\n\
         [[timeline]]\nwhat = \"crash\"\ntarget = \"shop\"\nat = \"2 s\"\nlasts = \"2 s\"\n\
         [[timeline]]\nwhat = \"expired_credentials\"\ntarget = \"in\"\nat = \"2 s\"\nlasts = \"4 s\"\n",
    );
    let of = |reason: &str| {
        let failed = report.links[0].failed_by_reason.iter();
        failed
            .filter(|(r, _)| *r == reason)
            .map(|(_, n)| *n)
            .sum::<u64>()
    };
    assert!(
        of("connection_refused") > 50 && of("unauthenticated") > 50,
        "{report:?}"
    );
}

fn measured(report: &Report) -> Vec<(&str, f64)> {
    let goals = report.goals.iter();
    goals
        .map(|goal| (goal.key.as_str(), goal.measured.unwrap()))
        .collect()
}

/// Nobody takes the messages: the oldest is there since the first arrival, after one second.
#[test]
fn the_age_of_messages_pages_and_is_measured_where_windows_end() {
    let report = report(
        "format = 1\n[run]\nduration = \"20 s\"\n[monitoring]\nscrape_every = \"1 s\"\n\
         [clients.users]\narrivals = \"constant\"\nrate = \"1 rps\"\n[queue.jobs]\n[worker.late]\npaused = true\n\
         [link.in]\nfrom = \"users\"\nto = \"jobs\"\n[link.out]\nfrom = \"jobs\"\nto = \"late\"\n\
         [operation.order]\nkind = \"write\"\n\
         [alert.old]\nnode = \"jobs\"\nage_above = \"5 s\"\npaging_delay = \"2 s\"\n\
         [goal.a_before]\nlabel = \"before\"\nmetric = \"pages\"\nwindow = [\"0 s\", \"9 s\"]\nat_most = 0\n\
         [goal.b_page]\nlabel = \"page\"\nmetric = \"pages\"\nwindow = [\"9 s\", \"10 s\"]\nat_least = 1\n\
         [goal.c_after]\nlabel = \"after\"\nmetric = \"pages\"\nwindow = [\"10 s\", \"20 s\"]\nat_most = 0\n\
         [goal.d_half]\nlabel = \"half\"\nmetric = \"message_age\"\nwindow = [\"0 s\", \"10 s\"]\nat_most = \"9 s\"\n\
         [goal.e_end]\nlabel = \"end\"\nmetric = \"message_age\"\nat_most = \"1 s\"\n",
    );
    // Above 5 s for the first time at the look at 7 s, and read 2 s later.
    assert_eq!(
        measured(&report),
        [
            ("a_before", 0.0),
            ("b_page", 1.0),
            ("c_after", 0.0),
            ("d_half", 9_000.0),
            ("e_end", 19_000.0)
        ]
    );
    assert!(report.goals[..4].iter().all(|goal| goal.holds) && !report.goals[4].holds);
}

/// One of two services is down: who is about which operation sees all or nothing, and together they are half.
#[test]
fn a_goal_about_one_operation_counts_no_other() {
    let report = report(
        "format = 1\n[run]\nduration = \"10 s\"\n\
         [clients.a]\narrivals = \"constant\"\nrate = \"10 rps\"\n[clients.b]\narrivals = \"constant\"\nrate = \"10 rps\"\n\
         [service.up]\n[service.down]\n\
         [link.a]\nfrom = \"a\"\nto = \"up\"\n[link.b]\nfrom = \"b\"\nto = \"down\"\nattempts = 3\n\
         [operation.buy]\nclients = [\"b\"]\n[operation.view]\nclients = [\"a\"]\n\
         [[timeline]]\nwhat = \"crash\"\ntarget = \"down\"\nat = \"0 s\"\n\
         [goal.a]\nlabel = \"all\"\nmetric = \"served\"\nat_least = \"50 %\"\n\
         [goal.b]\nlabel = \"buy\"\nmetric = \"served\"\noperation = \"buy\"\nat_most = \"0 %\"\n\
         [goal.c]\nlabel = \"view\"\nmetric = \"served\"\noperation = \"view\"\nat_least = \"100 %\"\n\
         [goal.d]\nlabel = \"tries of buy\"\nmetric = \"amplification\"\noperation = \"buy\"\nat_least = 3\n\
         [goal.e]\nlabel = \"tries of view\"\nmetric = \"amplification\"\noperation = \"view\"\nat_most = 1\n",
    );
    assert_eq!(
        measured(&report),
        [("a", 0.5), ("b", 0.0), ("c", 1.0), ("d", 3.0), ("e", 1.0)]
    );
}
