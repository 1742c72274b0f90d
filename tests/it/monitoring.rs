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
