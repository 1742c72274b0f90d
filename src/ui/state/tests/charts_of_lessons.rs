//! Which charts a lesson shows, and what is in them.

use super::*;
use crate::scenario::built_in::BUILT_IN;
use crate::time::Time;
use crate::ui::state::series::Field;

/// The lesson on the page, run to this moment by the worker, frame by frame.
pub fn run(id: &str, until: Time) -> Model {
    let mut model = ready();
    let built = BUILT_IN.iter().find(|it| it.id == id).expect("a lesson");
    update(&mut model, Msg::OpenBuiltIn(built.id));
    let mut session = session::Session::load(built.text, model.seed).expect("valid");
    let (run, plan) = (model.run.id, session.plan());
    let mut series = Series::of_plan(&plan);
    update(&mut model, Msg::Loaded { run, plan });
    let mut at = Time::ZERO;
    while at < until && !session.is_over() {
        let step = 1 + until.0.min(2 * model.duration_ns()) / 7;
        at = Time(until.0.min(at.0 + step));
        session.advance(at, || false);
        let mut frame = session.frame(run);
        let bulk = std::mem::take(&mut frame.bulk);
        series.take(&frame, &bulk);
        series.cut(model.duration_ns());
        tick(&mut model, frame, &series);
    }
    model
}

fn ids(model: &Model) -> [String; 3] {
    chart::shown(model).map(|tab| chart::id(model, tab))
}

#[test]
fn every_lesson_shows_the_charts_that_answer_its_question() {
    for built in BUILT_IN {
        let model = run(built.id, Time(1_000_000_000));
        let named = &model.doc.scenario.about.charts;
        let shown = ids(&model);
        println!("{}: {named:?} {shown:?}", built.id);
        for (name, shown) in named.iter().zip(&shown) {
            let fits = match name.as_str() {
                "goodput" => shown == "throughput",
                "latency_p99" => shown == "latency",
                "amplification" => shown == "tries",
                "duplicate" => shown == "wrong",
                key => {
                    let design = &model.doc.scenario.design;
                    let key = design.link(key).map_or(key, |link| &link.to);
                    let ids =
                        ["node", "queue", "hits", "lag", "age"].map(|kind| format!("{kind}-{key}"));
                    ids.contains(shown)
                }
            };
            assert!(fits, "{}: {name} is seen in {shown}", built.id);
        }
    }
}

#[test]
fn a_chart_of_a_node_says_what_the_report_says() {
    let mut model = run("s13-queue-is-fine", Time::NEVER);
    assert_eq!(ids(&model)[0], "queue-jobs");
    let all = told(&model);
    end(&mut model, all);
    let report = model.run.report.clone().unwrap();
    let jobs = report.nodes.iter().find(|node| node.key == "jobs").unwrap();
    let drawn = chart::chart(&model, chart::shown(&model)[0]);
    for bucket in 0..drawn.data.table.len() {
        let waiting = drawn.data.at(bucket, Field::Waiting.into());
        assert_eq!(
            waiting,
            Some(f64::from(jobs.series.waiting[bucket])),
            "{bucket}"
        );
    }
    let sentence = drawn.sentence();
    assert!(
        sentence.starts_with("Messages in Jobs: waiting "),
        "{sentence}"
    );
    let (_, most) = drawn.data.peak(Field::Waiting.into()).unwrap();
    assert!(
        most > 1_000.0 && sentence.contains(&crate::ui::state::words::amount(most)),
        "{sentence}"
    );
    assert_eq!(drawn.table()[0].1.len(), 1);
}

#[test]
fn caches_show_what_they_find_and_data_what_is_wrong() {
    let model = run("s07-stampede", Time(100_000_000_000));
    let hits = chart::all(&model).into_iter();
    let mut hits = hits.filter(|&tab| chart::id(&model, tab).starts_with("hits-"));
    let hits = chart::chart(&model, hits.next().expect("it has a cache"));
    let shares = (0..hits.data.table.len()).filter_map(|at| hits.data.at(at, Field::Found.into()));
    let shares: Vec<f64> = shares.collect();
    assert!(shares.iter().all(|x| (0.0..=1.0).contains(x)), "{shares:?}");
    assert!(shares.iter().any(|&x| x > 0.0), "{} {shares:?}", hits.title);

    let model = run("s05-charged-twice", Time::NEVER);
    let wrong = chart::chart(&model, chart::shown(&model)[0]);
    let (_, most) = wrong.data.peak(Column::Wrong.into()).unwrap();
    // What comes to light after the end of traffic is not in the chart.
    let all = model.run.now.data.duplicate as f64;
    assert!(
        most <= all && most > 0.95 * all && most > 100.0,
        "{most} of {all}"
    );
}

#[test]
fn another_chart_is_chosen_for_one_place_until_something_else_is_opened() {
    let mut model = run("s04-retry-storm", Time(2_000_000_000));
    assert_eq!(ids(&model), ["throughput", "tries", "latency"]);
    let node = chart::all(&model)
        .into_iter()
        .find(|&tab| chart::id(&model, tab) == "node-catalogue");
    update(&mut model, Msg::ShowChart(2, node.unwrap()));
    assert_eq!(ids(&model), ["throughput", "tries", "node-catalogue"]);
    let sentence = chart::chart(&model, node.unwrap()).sentence();
    assert!(
        sentence.starts_with("Requests at Catalogue: in work "),
        "{sentence}"
    );
    update(&mut model, Msg::OpenBuiltIn("s01-how-many-users"));
    assert_eq!(
        ids(&model),
        ["throughput", "latency", "tries"],
        "its plan has not come yet"
    );
}

#[test]
fn what_has_stopped_is_not_said_to_be_now() {
    let model = run("s04-retry-storm", Time::NEVER);
    let sentence = |tab| chart::chart(&model, tab).sentence();
    let latency = sentence(ChartTab::Latency);
    assert!(
        latency.contains("p50 none now, most ") && latency.contains("p99 none now, most "),
        "no user has got a reply for two minutes: {latency}"
    );
    let throughput = sentence(ChartTab::Throughput);
    assert!(throughput.contains("useful replies 0 now"), "{throughput}");
}

/// Nothing measured, or at least so much.
fn most(model: &Model, id: &str) -> f64 {
    let all = chart::all(model);
    let tab = all.iter().find(|tab| chart::id(model, **tab) == id);
    let drawn = chart::chart(model, *tab.unwrap_or_else(|| panic!("no {id}")));
    let line = drawn.lines.first().expect("it has a line");
    let (_, most) = drawn
        .data
        .peak(line.column)
        .expect("something was measured");
    assert!(drawn.sentence().contains("most "), "{}", drawn.sentence());
    assert!(!drawn.table().is_empty());
    most
}

#[test]
fn ages_lags_reasons_cost_and_budget_are_drawn() {
    let mut model = run("s13-queue-is-fine", Time::NEVER);
    let all = told(&model);
    end(&mut model, all);
    let oldest = most(&model, "age-jobs");
    assert!(oldest > 10_000.0, "{oldest} ms");
    let cost = most(&model, "cost");
    let report = model.run.report.clone().unwrap();
    let mean = report.cost.total_micro_per_hour as f64 / 1e6;
    assert!((cost - mean).abs() < 0.3 * mean, "{cost} {mean}");

    let model = run("s17-own-writes", Time::NEVER);
    let databases = model.doc.scenario.design.nodes.iter();
    let database = databases.filter(|node| node.kind.name == "database");
    let key = database.map(|node| node.key.clone()).next().unwrap();
    let behind = most(&model, &format!("lag-{key}"));
    assert!(behind > 500.0, "{behind} ms");

    let model = run("s04-retry-storm", Time::NEVER);
    let reasons = chart::chart(&model, ChartTab::Reasons);
    assert!(
        reasons
            .lines
            .iter()
            .any(|line| line.name == "timed out waiting")
    );
    let left = chart::chart(&model, ChartTab::Budget);
    let last = left.data.table.len() - 1;
    assert_eq!(left.data.at(0, 0), Some(1.0));
    assert_eq!(left.data.at(last, 0), Some(0.0), "all of it is spent");

    let model = run("s09-out-of-connections", Time::NEVER);
    let waiting: Vec<String> = chart::all(&model)
        .into_iter()
        .map(|tab| chart::id(&model, tab))
        .collect();
    let pool = waiting
        .iter()
        .find(|id| id.starts_with("pool-"))
        .expect("its callers have pools");
    assert!(most(&model, pool) > 10.0);
}
