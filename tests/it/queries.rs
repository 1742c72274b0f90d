//! What queries cost, what ends them, and what keeps them out of their table.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::scenario::Scenario;

pub fn simulate(text: &str) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

/// Users look 100 times and save 50 times per second; somebody asks once, at the beginning, for a report
/// that takes 10 s.
fn design(store: &str, more: &str) -> String {
    format!(
        "format = 1\n[run]\nduration = \"30 s\"\nmeasure = [\"100 ms\", \"30 s\"]\n\n\
         [clients.analyst]\narrivals = \"constant\"\nrate = \"1000 rps\"\nactions = 1\n\n\
         [clients.users]\narrivals = \"constant\"\nrate = \"150 rps\"\n\n\
         [database.store]\nconnections = \"unbounded\"\nread_time = \"100 us\"\nwrite_time = \"100 us\"\n\
         query_time_of = {{ report = \"10 s\" }}\n{store}\n\n\
         [link.analyse]\nfrom = \"analyst\"\nto = \"store\"\n\n[link.ask]\nfrom = \"users\"\nto = \"store\"\n\n\
         [operation.report]\nkind = \"read\"\nkey_space = \"orders\"\nclients = [\"analyst\"]\n\n\
         [operation.look]\nkind = \"read\"\nkey_space = \"orders\"\nweight = 2\nclients = [\"users\"]\n\n\
         [operation.save]\nkind = \"write\"\nkey_space = \"orders\"\nclients = [\"users\"]\n\n\
         {more}"
    )
}

fn change(more: &str) -> String {
    format!("[[timeline]]\nwhat = \"schema_change\"\ntarget = \"store\"\nat = \"1 s\"\n{more}\n")
}

fn count(report: &Report, name: &str) -> u64 {
    let node = report.nodes.iter().find(|n| n.key == "store").unwrap();
    node.count(name)
}

fn longest(report: &Report) -> f64 {
    report.users.latency.max_ns.unwrap() as f64 / 1e9
}

fn failed(report: &Report, reason: &str) -> u64 {
    let found = report
        .users
        .failed_by_reason
        .iter()
        .find(|(r, _)| *r == reason);
    found.map_or(0, |(_, n)| *n)
}

#[test]
fn a_waiting_change_keeps_out_whoever_comes_after_it() {
    let quiet = simulate(&design("cores = 100", ""));
    assert!(longest(&quiet) < 0.01, "{}", longest(&quiet));
    let stalled = simulate(&design("cores = 100", &change("")));
    assert!(
        (longest(&stalled) - 9.0).abs() < 0.05,
        "{}",
        longest(&stalled)
    );
    let waits = count(&stalled, "table_waits") as f64;
    assert!((waits - 9.0 * 150.0).abs() < 5.0, "{waits}");
    assert_eq!(count(&stalled, "schema_changes"), 1);
    assert_eq!(stalled.users.served_share, Some(1.0));
    // Another table is nobody's business here.
    let other = "[operation.idle]\nkind = \"read\"\nweight = 0\nclients = [\"users\"]\n\n";
    let other = simulate(&design(
        "cores = 100",
        &(other.to_owned() + &change("table = \"idle\"")),
    ));
    assert_eq!(count(&other, "table_waits"), 0);
    assert!(count(&other, "schema_changes") == 1 && longest(&other) < 0.01);
}

#[test]
fn a_change_that_gives_up_lets_the_others_go_on_and_gets_its_turn_later() {
    let report = simulate(&design(
        "cores = 100",
        &change("lock_timeout = \"500 ms\"\nretry_pause = \"2 s\""),
    ));
    assert!(
        (longest(&report) - 0.5).abs() < 0.02,
        "{}",
        longest(&report)
    );
    // At 1 s, 3.5 s, 6 s and 8.5 s it waits in vain, at 11 s it does not.
    assert_eq!(count(&report, "schema_timeouts"), 4);
    assert_eq!(count(&report, "schema_changes"), 1);
    assert_eq!(count(&report, "schema_given_up"), 0);
    let once = simulate(&design("cores = 100", &change("lock_timeout = \"500 ms\"")));
    assert_eq!(count(&once, "schema_given_up"), 1);
    assert_eq!(count(&once, "schema_changes"), 0);
    // Without a pause it stands in the way nearly all of the time.
    let stubborn = simulate(&design(
        "cores = 100",
        &change("lock_timeout = \"500 ms\"\nretry_pause = \"0 s\""),
    ));
    assert!(count(&stubborn, "table_waits") > 9 * count(&once, "table_waits"));
}

#[test]
fn whom_a_change_keeps_out_is_said() {
    let run = |keeps: &str| {
        let more = format!("keeps_out = \"{keeps}\"\ntakes = \"2 s\"");
        simulate(&design("cores = 100", &change(&more)))
    };
    // The report only reads: nobody is before a change that keeps out writers.
    let writers = run("writers");
    let waits = count(&writers, "table_waits") as f64;
    assert!((waits - 2.0 * 50.0).abs() < 25.0, "{waits}");
    assert!((longest(&writers) - 2.0).abs() < 0.05);
    let nobody = run("nobody");
    assert_eq!(count(&nobody, "table_waits"), 0);
    assert_eq!(count(&nobody, "schema_changes"), 1);
    let everybody = run("everybody");
    assert!((longest(&everybody) - 11.0).abs() < 0.05);
}

#[test]
fn queries_give_up_waiting_for_their_table_too() {
    let report = simulate(&design(
        "cores = 100\nlock_timeout = \"300 ms\"",
        &change(""),
    ));
    let timed_out = failed(&report, "lock_timeout") as f64;
    // Those that came in the last 300 ms get the table.
    assert!((timed_out - 8.7 * 150.0).abs() < 5.0, "{timed_out}");
    assert_eq!(count(&report, "schema_changes"), 1);
    // A crash takes the change with it.
    let crash =
        "[[timeline]]\nwhat = \"crash\"\ntarget = \"store\"\nat = \"3 s\"\nlasts = \"1 s\"\n";
    let report = simulate(&design("cores = 100", &(change("") + crash)));
    assert_eq!(count(&report, "schema_given_up"), 1);
    assert_eq!(count(&report, "schema_changes"), 0);
    assert_eq!(report.ledger.open, 0);
}

#[test]
fn an_open_transaction_has_its_table_until_it_ends() {
    let text = |more: &str| {
        format!(
            "format = 1\n[run]\nduration = \"20 s\"\n\n\
             [clients.users]\narrivals = \"constant\"\nrate = \"100 rps\"\n\n\
             [clients.slow]\narrivals = \"constant\"\nrate = \"1000 rps\"\nactions = 1\n\n\
             [service.shop]\nslots = 10000\nservice_time = \"1 ms\"\nservice_time_of = {{ think = \"8 s\" }}\n\
             plan.think = [\"begin rows\", \"read rows\", \"work\", \"write rows\", \"commit rows\"]\n\n\
             [database.store]\ncores = 100\nconnections = \"unbounded\"\n{more}\n\n\
             [link.visit]\nfrom = \"users\"\nto = \"shop\"\n\n[link.buy]\nfrom = \"slow\"\nto = \"shop\"\n\n\
             [link.rows]\nfrom = \"shop\"\nto = \"store\"\n\n\
             [operation.think]\nkind = \"write\"\nkey_space = \"orders\"\nclients = [\"slow\"]\n\n\
             [operation.look]\nkind = \"read\"\nkey_space = \"orders\"\nclients = [\"users\"]\n\n\
             [[timeline]]\nwhat = \"schema_change\"\ntarget = \"store\"\nat = \"1 s\"\n"
        )
    };
    let report = simulate(&text(""));
    // Its own statements pass: it is what the change waits for.
    assert!((longest(&report) - 8.0).abs() < 0.1, "{}", longest(&report));
    assert_eq!(count(&report, "commits"), 1);
    assert_eq!(count(&report, "schema_changes"), 1);
    let ended = simulate(&text("idle_timeout = \"2 s\""));
    assert!(longest(&ended) < 2.1, "{}", longest(&ended));
    assert_eq!(count(&ended, "idle_ended"), 1);
}

#[test]
fn a_statement_that_takes_too_long_is_ended_and_its_core_is_free() {
    let patient = simulate(&design("cores = 1", ""));
    assert!(
        (longest(&patient) - 10.0).abs() < 0.2,
        "{}",
        longest(&patient)
    );
    let report = simulate(&design("cores = 1\nstatement_timeout = \"2 s\"", ""));
    assert!(longest(&report) < 2.0, "{}", longest(&report));
    // The report, and who waited for the core as long as that.
    let ended = count(&report, "statement_timeouts");
    assert!((1..=20).contains(&ended), "{ended}");
    let link = report.links.iter().find(|l| l.key == "analyse").unwrap();
    assert_eq!(link.failed_by_reason.len(), 1);
    assert_eq!(link.failed_by_reason[0].0.to_string(), "statement_timeout");
    assert_eq!(report.ledger.open, 0);
}

/// A list whose query looks at all rows, and orders that are inserted.
fn shop(store: &str, more: &str) -> String {
    format!(
        "format = 1\n[run]\nduration = \"40 s\"\nmeasure = [\"30 s\", \"40 s\"]\n\n\
         [clients.readers]\narrivals = \"constant\"\nrate = \"20 rps\"\n\n\
         [clients.buyers]\narrivals = \"constant\"\nrate = \"100 rps\"\n\n\
         [service.shop]\nslots = 10000\nservice_time = \"0 s\"\nplan.order = [\"insert rows\"]\n\n\
         [database.store]\ncores = 1000\nconnections = \"unbounded\"\nread_time = \"1 ms\"\nwrite_time = \"0 s\"\n\
         row_time = \"1 us\"\nscans = [\"list\"]\n{store}\n\n\
         [link.browse]\nfrom = \"readers\"\nto = \"store\"\n\n[link.buy]\nfrom = \"buyers\"\nto = \"shop\"\n\n\
         [link.rows]\nfrom = \"shop\"\nto = \"store\"\n\n\
         [operation.list]\nkind = \"read\"\nkey_space = \"orders\"\nclients = [\"readers\"]\n\n\
         [operation.order]\nkind = \"write\"\nkey_space = \"orders\"\nclients = [\"buyers\"]\n\n{more}"
    )
}

/// The longest query of the measured part, in ms: orders take next to nothing.
fn list_ms(report: &Report) -> f64 {
    longest(report) * 1e3
}

fn assert_near(report: &Report, ms: f64) {
    let measured = list_ms(report);
    assert!((measured - ms).abs() < 0.01 * ms, "{measured} for {ms}");
}

#[test]
fn tables_grow_and_an_index_leads_to_their_rows() {
    // 100 orders per second.
    assert_near(&simulate(&shop("", "")), 5.0);
    assert_near(&simulate(&shop("rows = 100000", "")), 105.0);
    let indexed = simulate(&shop("rows = 100000\nindex = true", ""));
    assert_near(&indexed, 1.017);
    let built = change("keeps_out = \"nobody\"\nindex = \"built\"");
    assert_near(&simulate(&shop("rows = 100000", &built)), 1.017);
    let ten_times = "[[timeline]]\nwhat = \"config\"\ntarget = \"database.store.rows\"\nvalue = \"1000000\"\nat = \"20 s\"\n";
    assert_near(&simulate(&shop("rows = 100000", ten_times)), 1005.0);
}
