//! Which charts a lesson shows, and what is in them.

use super::*;
use crate::scenario::built_in::BUILT_IN;
use crate::time::Time;
use crate::ui::state::chart;
use crate::ui::state::series::{Column, Series};

/// The lesson on the page, run to this moment by the worker, frame by frame.
fn run(id: &str, until: Time) -> Model {
    let mut model = ready();
    let built = BUILT_IN.iter().find(|it| it.id == id).expect("a lesson");
    update(&mut model, Msg::OpenBuiltIn(built.id));
    let mut session = session::Session::load(built.text, model.seed).expect("valid");
    let (run, plan) = (model.run.id, session.plan());
    let mut series = Series::new(plan.bucket_ns, plan.charted_keys());
    update(&mut model, Msg::Loaded { run, plan });
    let mut at = Time::ZERO;
    while at < until && !session.is_over() {
        let step = 1 + until.0.min(2 * model.duration_ns()) / 7;
        at = Time(until.0.min(at.0 + step));
        session.advance(at, || false);
        let mut frame = session.frame(run);
        let bulk = std::mem::take(&mut frame.bulk);
        series.take(frame.first_bucket as usize, frame.buckets as usize, &bulk);
        series.cut(model.duration_ns());
        let (frame, series, wall_ms) = (Arc::new(frame), Arc::new(series.clone()), 5.0);
        update(
            &mut model,
            Msg::Tick {
                frame,
                series,
                wall_ms,
            },
        );
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
                    shown == &format!("node-{key}") || shown == &format!("hits-{key}")
                }
            };
            assert!(fits, "{}: {name} is seen in {shown}", built.id);
        }
    }
}

#[test]
fn a_chart_of_a_node_says_what_the_report_says() {
    let mut model = run("s13-queue-is-fine", Time::NEVER);
    assert_eq!(ids(&model)[0], "node-jobs");
    let all = told(&model);
    end(&mut model, all);
    let report = model.run.report.clone().unwrap();
    let jobs = report.nodes.iter().find(|node| node.key == "jobs").unwrap();
    let drawn = chart::chart(&model, chart::shown(&model)[0]);
    for bucket in 0..drawn.series.rows.len() {
        let waiting = drawn.series.at(bucket, Column::Queue);
        assert_eq!(
            waiting,
            Some(f64::from(jobs.series.waiting[bucket])),
            "{bucket}"
        );
    }
    let sentence = drawn.sentence();
    assert!(
        sentence.starts_with("Requests at Jobs: in work "),
        "{sentence}"
    );
    let (_, most) = drawn.series.peak(Column::Queue, 0).unwrap();
    assert!(
        most > 1_000.0 && sentence.contains(&crate::ui::state::words::amount(most)),
        "{sentence}"
    );
    assert_eq!(drawn.table()[0].1.len(), 2);
}

#[test]
fn caches_show_what_they_find_and_data_what_is_wrong() {
    let model = run("s07-stampede", Time(100_000_000_000));
    let hits = chart::all(&model).into_iter();
    let mut hits = hits.filter(|&tab| chart::id(&model, tab).starts_with("hits-"));
    let hits = chart::chart(&model, hits.next().expect("it has a cache"));
    let shares = (0..hits.series.rows.len()).filter_map(|at| hits.series.at(at, Column::Hits));
    let shares: Vec<f64> = shares.collect();
    assert!(shares.iter().all(|x| (0.0..=1.0).contains(x)), "{shares:?}");
    assert!(shares.iter().any(|&x| x > 0.0), "{} {shares:?}", hits.title);

    let model = run("s05-charged-twice", Time::NEVER);
    let wrong = chart::chart(&model, chart::shown(&model)[0]);
    let (_, most) = wrong.series.peak(Column::Wrong, 0).unwrap();
    assert_eq!(most, model.run.now.data.duplicate as f64);
    assert!(most > 100.0);
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
