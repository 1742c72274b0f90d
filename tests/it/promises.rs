//! What users were promised: incidents, pages for nothing, incidents that nobody was called for.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::scenario::{Scenario, built_in, check, edit};

fn report(text: &str) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, scenario.seed)
}

/// A hundred seconds at 20/s, 99 % promised: twenty answers may be bad. All fail from 30 s to 40 s, a tenth from 70 s
/// to 72 s.
fn shop(alerts: &str, goals: &str) -> String {
    format!(
        "format = 1\n[run]\nduration = \"100 s\"\n[monitoring]\nscrape_every = \"1 s\"\n\
         [clients.users]\narrivals = \"constant\"\nrate = \"20 rps\"\n[service.shop]\nslots = 20\n\
         service_time = \"10 ms\"\n[link.in]\nfrom = \"users\"\nto = \"shop\"\n\
         [slo.all]\nobjective = \"99 %\"\n{alerts}\
         [[timeline]]\nwhat = \"errors\"\ntarget = \"shop\"\nat = \"30 s\"\nlasts = \"10 s\"\nshare = \"100 %\"\n\
         [[timeline]]\nwhat = \"errors\"\ntarget = \"shop\"\nat = \"70 s\"\nlasts = \"2 s\"\nshare = \"10 %\"\n{goals}"
    )
}

const ERRORS: &str =
    "[alert.errors]\nnode = \"shop\"\nerror_share_above = \"1 %\"\nwindow = \"1 s\"\n";

#[test]
fn an_incident_is_where_the_budget_went_and_the_rest_is_for_nothing() {
    let goals = "[goal.a]\nlabel = \"a\"\nmetric = \"false_pages\"\nat_most = 0\n\
         [goal.b]\nlabel = \"b\"\nmetric = \"missed_incidents\"\nat_most = 0\n\
         [goal.c]\nlabel = \"c\"\nmetric = \"time_to_detect\"\nat_most = \"2 s\"\n";
    let report = report(&shop(ERRORS, goals));
    let slo = &report.slos[0];
    assert!((1_990..=2_000).contains(&slo.told), "{}", slo.told);
    assert_eq!(slo.budget, slo.told as f64 / 100.0);
    assert!((200..=210).contains(&slo.bad), "{}", slo.bad);
    assert!(slo.spent().unwrap() >= 10.0);
    let [incident] = slo.incidents.as_slice() else {
        panic!("{:?}", slo.incidents);
    };
    assert!(
        (29_900..30_200).contains(&(incident.from_ns / 1_000_000)),
        "{incident:?}"
    );
    assert!(
        (39_900..40_200).contains(&(incident.until_ns / 1_000_000)),
        "{incident:?}"
    );
    assert_eq!(incident.bad, 200);
    assert_eq!(incident.alert.as_deref(), Some("errors"));
    let after = incident.time_to_detect_ns().unwrap() / 1_000_000;
    assert!(after <= 1_100, "{after} ms");
    // The two seconds later on were a few errors of forty: the alert rang for them, and nobody was promised better.
    let pages: Vec<Option<bool>> = report.alerts[0]
        .episodes
        .iter()
        .map(|episode| episode.for_an_incident)
        .collect();
    assert!(pages.len() >= 2, "{pages:?}");
    assert_eq!(pages[0], Some(true));
    assert!(pages[1..].iter().all(|it| *it == Some(false)), "{pages:?}");
    let goal = |key: &str| {
        let goal = report.goals.iter().find(|goal| goal.key == key).unwrap();
        (goal.measured.unwrap(), goal.holds)
    };
    assert_eq!(goal("a"), ((pages.len() - 1) as f64, false));
    assert_eq!(goal("b"), (0.0, true));
    assert!(goal("c").0 <= 1_100.0 && goal("c").1);
}

#[test]
fn a_ticket_calls_nobody_and_an_incident_without_a_page_is_missed() {
    let goals = "[goal.a]\nlabel = \"a\"\nmetric = \"pages\"\nat_most = 0\n\
         [goal.b]\nlabel = \"b\"\nmetric = \"missed_incidents\"\nat_most = 0\n\
         [goal.c]\nlabel = \"c\"\nmetric = \"time_to_detect\"\nat_most = \"2 s\"\n";
    let report = report(&shop(&format!("{ERRORS}notify = \"ticket\"\n"), goals));
    assert!(report.alerts[0].fired >= 1 && !report.alerts[0].pages);
    assert_eq!(report.slos[0].incidents[0].paged_ns, None);
    let measured: Vec<f64> = report
        .goals
        .iter()
        .map(|goal| goal.measured.unwrap())
        .collect();
    assert_eq!(measured[..2], [0.0, 1.0]);
    // As long as it lasted.
    assert!((9_900.0..10_300.0).contains(&measured[2]), "{measured:?}");
}

#[test]
fn slow_answers_are_bad_where_the_objective_says_so() {
    let slow = shop("", "").replace(
        "objective = \"99 %\"\n",
        "objective = \"99 %\"\ngood_within = \"5 ms\"\n",
    );
    let report = report(&slow);
    assert_eq!(report.slos[0].bad, report.slos[0].told, "each takes 10 ms");
    let [incident] = report.slos[0].incidents.as_slice() else {
        panic!("{:?}", report.slos[0].incidents);
    };
    assert_eq!(incident.from_ns, 0);
}

#[test]
fn an_objective_of_everything_has_no_budget_and_one_of_nothing_no_incident() {
    let all = report(&shop("", "").replace("99 %", "100 %"));
    assert_eq!(all.slos[0].spent(), None);
    assert_eq!(all.slos[0].incidents.len(), 1);
    let none = report(&shop("", "").replace("99 %", "0 %"));
    assert!(none.slos[0].incidents.is_empty());
}

#[test]
fn what_is_judged_by_an_objective_needs_one_and_it_is_about_users() {
    let goal = "[goal.a]\nlabel = \"a\"\nmetric = \"false_pages\"\nat_most = 0\n";
    let without = shop("", goal).replace("[slo.all]\nobjective = \"99 %\"\n", "");
    let found = check(&without).diagnostics;
    assert!(
        found.iter().any(|it| it.path == "goal.a.metric"),
        "{found:#?}"
    );
    let of_a_service = shop("", "").replace("[slo.all]\n", "[slo.all]\nnode = \"shop\"\n");
    let found = check(&of_a_service).diagnostics;
    assert!(
        found.iter().any(|it| it.path == "slo.all.node"),
        "{found:#?}"
    );
    let of_nobody = shop("", "").replace("[slo.all]\n", "[slo.all]\nnode = \"user\"\n");
    let found = check(&of_nobody).diagnostics;
    let found = found.iter().find(|it| it.path == "slo.all.node").unwrap();
    assert!(
        found.help.as_deref().unwrap().contains("users"),
        "{found:#?}"
    );
}

/// The lesson about what should wake somebody says of its start: seventeen pages, one of them worth it, and a slow day
/// that nobody saw. The objective finds the same, without being told what was planned.
#[test]
fn the_week_on_call_is_judged_as_its_lesson_tells_it() {
    let text = built_in::text("s24-what-should-wake-you").unwrap();
    let start = report(text);
    let judged = |report: &Report| {
        let episodes = report.alerts.iter().flat_map(|alert| &alert.episodes);
        let pages = episodes.filter_map(|episode| episode.for_an_incident);
        let (mut right, mut wrong) = (0, 0);
        pages.for_each(|it| if it { right += 1 } else { wrong += 1 });
        let incidents = &report.slos[0].incidents;
        let missed = incidents.iter().filter(|it| it.paged_ns.is_none()).count();
        (right, wrong, incidents.len(), missed)
    };
    println!("{:?} {:#?}", judged(&start), start.slos[0].incidents);
    assert_eq!(judged(&start), (1, 16, 2, 1));
    let scenario = Scenario::parse(text).unwrap();
    let fix = &scenario.lesson.fixes[0];
    let fixed = report(&edit::variant(text, fix).unwrap());
    let (right, wrong, incidents, missed) = judged(&fixed);
    assert!(right >= 2, "{right}");
    assert_eq!((wrong, incidents, missed), (0, 2, 0));
}
