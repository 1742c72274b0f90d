//! From a count, a cell or a moment to the requests behind it.

use super::*;
use crate::experiment::search::Search;
use crate::observe::heat;
use crate::observe::requests::{Picked, Selection, What};
use crate::time::{NS_PER_S, Time};
use crate::ui::state::heat_map::{self, Cells, FAILED};
use crate::ui::state::requests::{self, Ask};
use crate::ui::state::waterfall;

fn sent(effects: &[Effect]) -> Option<Command> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(command @ Command::Find { .. }) => Some(command.clone()),
        _ => None,
    })
}

/// What the worker would answer.
fn answer(model: &mut Model, command: Command) {
    let Command::Find {
        number,
        text,
        seed,
        selection,
    } = command
    else {
        panic!("no search: {command:?}");
    };
    let found = Box::new(search(&text, seed, &selection));
    update(model, Msg::Requests(Ask::Found { number, found }));
}

fn search(text: &str, seed: u64, selection: &Selection) -> Picked {
    let mut search = Search::new(text, seed, selection).expect("valid");
    while !search.go_on() {}
    search.found()
}

fn ask(model: &mut Model, ask: Ask) -> Picked {
    let effects = update(model, Msg::Requests(ask));
    let command = sent(&effects).expect("the worker is asked");
    assert!(model.requests.title.is_some() && model.requests.found.is_none());
    answer(model, command);
    model.requests.found.as_deref().expect("found").clone()
}

#[test]
fn the_heat_map_counts_everybody_and_a_box_finds_as_many_as_it_says() {
    let model = &mut charts_of_lessons::run("s04-retry-storm", Time::NEVER);
    let all = told(model);
    end(model, all);
    let report = model.run.report.clone().unwrap();
    let drawn = chart::chart(model, ChartTab::Heat);
    let columns = drawn.data.table.len();
    assert!(
        (100..=heat::COLUMNS as usize).contains(&columns),
        "{columns}"
    );
    let whole = Cells::between((0, 0), (columns - 1, FAILED));
    let told: f64 = {
        let users = &model.run.series.users;
        let per_s = |row| {
            users.at(row, Column::Useful).unwrap_or(0.0)
                + users.at(row, Column::Failed).unwrap_or(0.0)
        };
        let step_s = users.step_ns as f64 / 1e9;
        (0..users.len()).map(per_s).sum::<f64>() * step_s
    };
    assert!((whole.count(&drawn) - told).abs() < 0.5, "{told}");
    assert!(report.users.failed > 1_000);

    // A part of it: two seconds, the rows that users wait for before the blip.
    let per_column = drawn.data.table.step_ns;
    let at = |seconds: u64| (seconds * NS_PER_S / per_column) as usize;
    let usual = heat::band(12_000_000);
    let cells = Cells::between((at(20), usual), (at(22), usual + 1));
    let n = cells.count(&drawn);
    assert!(n > 10.0, "{n}");
    let selection = cells.selection(per_column, model.duration_ns());
    let found = ask(model, Ask::Pick(selection));
    assert_eq!(found.picked as f64, n);
    assert_eq!(
        requests::sum(&found).split(' ').next().unwrap(),
        crate::ui::state::words::count(found.picked)
    );

    // The failed of a column are found as well.
    let cells = Cells::one(at(60), FAILED);
    let n = cells.count(&drawn);
    assert!(n > 10.0, "{n}");
    let selection = cells.selection(per_column, model.duration_ns());
    let found = ask(model, Ask::Pick(selection));
    assert_eq!(found.picked as f64, n);
    assert!(
        drawn.sentence().contains(" failed."),
        "{}",
        drawn.sentence()
    );
    let cells = heat_map::cells(&drawn, 0, model.duration_ns());
    let failed = crate::ui::state::words::count(heat_failed(&drawn) as u64);
    assert_eq!(cells.last(), Some(&failed));
}

fn heat_failed(chart: &chart::Chart) -> f64 {
    let columns = chart.data.table.len();
    Cells::between((0, FAILED), (columns - 1, FAILED)).count(chart)
}

#[test]
fn the_storm_is_told_apart_by_its_tries_and_by_where_they_waited() {
    let model = &mut charts_of_lessons::run("s04-retry-storm", Time(70 * NS_PER_S));
    let selection = Selection {
        from_ns: 60 * NS_PER_S,
        to_ns: 61 * NS_PER_S,
        what: What::Failed { reason: None },
    };
    let found = ask(model, Ask::Pick(selection));
    let texts: Vec<&str> = found
        .differences
        .iter()
        .map(|it| it.text.as_str())
        .collect();
    assert!(texts.contains(&"mostly waited at Catalogue"), "{texts:?}");
    assert!(texts.contains(&"were tried 3 times"), "{texts:?}");
    for it in &found.differences {
        assert!(it.picked > it.others, "{it:?}");
        assert!((0.0..=1.0).contains(&it.picked) && (0.0..=1.0).contains(&it.others));
    }
    // Each example is what was asked for, and has a story with all its tries.
    assert!((2..=5).contains(&found.examples.len()));
    for example in &found.examples {
        let trace = &example.trace;
        let told = trace.told_ns.unwrap();
        assert!((60 * NS_PER_S..61 * NS_PER_S).contains(&told));
        assert_ne!(trace.outcome, "served");
        let story = waterfall::story(&model.doc.scenario.design, trace);
        assert_eq!(story.rows.len(), trace.spans.len());
        assert!(story.told.contains("that it failed"), "{}", story.told);
    }
    let numbers: Vec<u64> = found.examples.iter().map(|it| it.trace.action).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

#[test]
fn every_count_of_the_ledger_finds_as_many_as_it_says() {
    let model = &mut charts_of_lessons::run("s05-charged-twice", Time::NEVER);
    let all = told(model);
    end(model, all);
    let ledger = model.run.report.as_ref().unwrap().ledger.clone();
    assert!(ledger.duplicate > 100);
    for (code, n) in [
        ("duplicate", ledger.duplicate),
        ("phantom", ledger.phantom),
        ("lost", ledger.lost),
        ("partial", ledger.partial),
    ] {
        let what = requests::of_count(code).unwrap();
        let found = ask(model, Ask::All(what));
        assert_eq!(found.picked, n, "{code}");
        for example in &found.examples {
            assert!(example.verdicts.iter().any(|it| it == code), "{code}");
        }
        assert_eq!(found.examples.is_empty(), n == 0);
    }
}

#[test]
fn a_part_taken_by_chance_has_nothing_of_its_own() {
    // A healthy service, no faults: any two seconds are like the others.
    let text = "format = 1\n[run]\nduration = \"60 s\"\n[clients.web]\nrate = \"200 rps\"\n\
                [service.shop]\nslots = 20\nservice_time = \"exponential(20 ms)\"\n\
                [link.ask]\nfrom = \"web\"\nto = \"shop\"\ntimeout = \"1 s\"\n";
    let mut loud = 0;
    for seed in 1..=20 {
        let from = 2 * seed;
        let selection = Selection {
            from_ns: from * NS_PER_S,
            to_ns: (from + 2) * NS_PER_S,
            what: What::Told,
        };
        let found = search(text, seed, &selection);
        assert!(found.picked > 200, "{}", found.picked);
        loud += usize::from(!found.differences.is_empty());
    }
    assert!(loud <= 1, "{loud} of 20");
}

#[test]
fn nothing_is_asked_before_a_run_and_what_nobody_is_in_is_said_to_be_empty() {
    let mut model = ready();
    let effects = update(&mut model, Msg::Requests(Ask::Now));
    assert!(sent(&effects).is_none());
    assert!(model.toast.is_some());

    let model = &mut charts_of_lessons::run("s04-retry-storm", Time(3 * NS_PER_S));
    let found = ask(
        model,
        Ask::All(What::Failed {
            reason: Some("no_such_reason".to_owned()),
        }),
    );
    assert_eq!((found.picked, found.examples.len()), (0, 0));
    assert!(found.others > 0);
    assert!(requests::sum(&found).starts_with("None of "));
    assert!(found.differences.is_empty());
    // What comes late is about another question.
    let effects = update(model, Msg::Requests(Ask::Now));
    let late = sent(&effects).unwrap();
    update(model, Msg::Requests(Ask::Close));
    answer(model, late);
    assert!(model.requests.found.is_none());
    // One action by its number.
    let found = ask(model, Ask::All(What::Action { number: 5 }));
    assert_eq!(found.picked, 1);
    assert_eq!(found.examples[0].trace.action, 5);
}

#[test]
fn every_page_is_in_the_log_with_what_users_had_then() {
    let model = &mut charts_of_lessons::run("s24-what-should-wake-you", Time::NEVER);
    assert!(
        crate::ui::state::pager::log(model).is_none(),
        "nothing has been told of it yet"
    );
    let all = told(model);
    end(model, all);
    let report = model.run.report.clone().unwrap();
    let log = crate::ui::state::pager::log(model).expect("it has alerts");
    let fired: u64 = report.alerts.iter().map(|alert| alert.fired).sum();
    assert!(fired >= 10, "{fired}");
    assert_eq!(log.lines.len() as u64 + log.more, fired);
    assert!(log.lines.is_sorted_by_key(|line| line.at_ns));
    assert_eq!(log.scale, 60.0);
    // A job that tidies up at night can page when no user is there.
    let with_users = log.lines.iter();
    let with_users = with_users.filter(|line| line.users.contains(" of users served"));
    assert!(with_users.count() >= 5, "{:?}", log.lines);
    let silent = report
        .alerts
        .iter()
        .filter(|alert| alert.fired == 0)
        .count();
    assert_eq!(log.silent.len(), silent);
    let model = charts_of_lessons::run("s04-retry-storm", Time(NS_PER_S));
    assert!(crate::ui::state::pager::log(&model).is_none());
}
