//! The page's behaviour without a browser: what a click does, told message by message.

use std::sync::Arc;

use super::chart;
use super::model::*;
use super::saved::SavedSession;
use super::series::{Column, Series};
use super::update::{Effect, Msg, update};
use super::{built_in, debrief, facts, goals, knobs, strip};
use crate::explain::Explanation;
use crate::observe::report::Report;
use crate::scenario::live::Act;
use crate::worker::protocol::{Command, Frame, LinkNow, News, NewsKind, NodeNow, RunPlan, State};
use crate::worker::session;

mod charts_of_lessons;
mod commands;
mod debrief_of_runs;
mod found_requests;
mod other_futures;
mod papers;
mod part_two;
mod twin_runs;
mod watched;

const ATTEMPTS: &str = "link.browse.attempts";
const BUDGET: &str = "link.browse.retry_budget";
const LIMIT: &str = "service.catalogue.queue_limit";

fn plan() -> RunPlan {
    RunPlan {
        duration_ns: 180_000_000_000,
        bucket_ns: 1_000_000_000,
        heat_ns: 1_000_000_000,
        nodes: vec!["catalogue".into(), "shoppers".into()],
        links: vec!["browse".into()],
        charted: vec![0],
        requests_per_disc: 7,
    }
}

/// A page whose worker has answered.
fn ready() -> Model {
    let mut model = Model::default();
    update(&mut model, Msg::WorkerReady);
    let run = model.run.id;
    update(&mut model, Msg::Loaded { run, plan: plan() });
    assert_eq!(model.run.status, Status::Ready);
    model
}

/// A frame of the worker has come.
fn tick(model: &mut Model, frame: Frame, series: &Series) {
    update(
        model,
        Msg::Tick {
            frame: Arc::new(frame),
            series: Arc::new(series.clone()),
            wall_ms: 5.0,
        },
    );
}

fn bet(model: &mut Model, key: &str) {
    update(model, Msg::Bet(key.into()));
}

fn knob(model: &mut Model, path: &str, typed: &str) -> Vec<Effect> {
    update(
        model,
        Msg::Knob {
            path: path.into(),
            typed: typed.into(),
        },
    )
}

fn loads(effects: &[Effect]) -> Option<(&str, u64)> {
    effects.iter().find_map(|e| match e {
        Effect::Send(Command::Load { text, seed, .. }) => Some((text.as_str(), *seed)),
        _ => None,
    })
}

/// What the worker says at the end of a run of what is on the page.
fn told(model: &Model) -> (Box<Report>, Box<Explanation>) {
    let (report, found) = session::told_at_end(&model.doc.text, model.seed).expect("a valid text");
    (Box::new(report), Box::new(found))
}

fn end(model: &mut Model, (report, found): (Box<Report>, Box<Explanation>)) {
    let run = model.run.id;
    let theory = crate::experiment::theory::beside(&model.doc.scenario, &report);
    let done = Msg::Done {
        run,
        report,
        found,
        theory,
    };
    update(model, done);
}

#[test]
fn the_first_run_waits_for_a_prediction_and_says_so() {
    let mut model = ready();
    let effects = update(&mut model, Msg::PlayPause);
    assert_eq!(model.run.status, Status::Ready);
    assert!(matches!(effects[..], [Effect::Focus("bets")]));
    assert_eq!(model.said.text, "Predict first, or skip the prediction.");
    update(&mut model, Msg::SkipBet);
    update(&mut model, Msg::PlayPause);
    assert_eq!(model.run.status, Status::Playing);
    update(&mut model, Msg::PlayPause);
    assert_eq!(model.run.status, Status::Paused);
}

#[test]
fn four_knobs_with_their_values_and_steps() {
    let model = ready();
    let knobs = knobs::knobs(&model.doc);
    let shown: Vec<(&str, &str)> = knobs
        .iter()
        .map(|k| (k.title.as_str(), k.value.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("Tries per action", "3"),
            ("Pause before a retry", "none"),
            ("Retry budget", "none"),
            ("Waiting line limit", "unbounded"),
        ]
    );
    assert_eq!(knobs[0].step(true), Some("4"));
    assert_eq!(knobs[2].step(true), Some("1 %"));
    assert_eq!(knobs[2].step(false), None);
    assert_eq!(knobs[3].step(false), Some("5000"));
}

#[test]
fn a_knob_is_spliced_into_the_text_and_a_bad_value_is_kept_as_typed() {
    let mut model = ready();
    let effects = knob(&mut model, BUDGET, "10 %");
    assert!(
        model.doc.text.contains("retry_budget = \"10 %\""),
        "{}",
        model.doc.text
    );
    assert!(matches!(effects[0], Effect::Save));
    assert!(loads(&effects).is_some_and(|(text, _)| text.contains("10 %")));
    assert_eq!(model.doc.changes().len(), 1);

    let before = model.doc.text.clone();
    knob(&mut model, ATTEMPTS, "many");
    assert_eq!(model.doc.text, before);
    let attempts = &knobs::knobs(&model.doc)[0];
    assert_eq!(
        (attempts.typed.as_str(), attempts.value.as_str()),
        ("many", "3")
    );
    assert!(attempts.error.is_some());

    for hostile in [
        "-1",
        "0",
        "NaN",
        "1e999",
        "\"",
        "3\nrate = 1",
        "99999999999999999999",
        "",
    ] {
        knob(&mut model, ATTEMPTS, hostile);
        assert_eq!(model.doc.text, before, "{hostile:?}");
    }
    knob(&mut model, ATTEMPTS, "5");
    assert!(model.doc.drafts.is_empty());
    assert!(
        update(&mut model, Msg::Undo)
            .iter()
            .any(|e| matches!(e, Effect::Save))
    );
    assert_eq!(model.doc.text, before);
    update(&mut model, Msg::Redo);
    assert_eq!(knobs::knobs(&model.doc)[0].value, "5");
}

#[test]
fn edits_while_a_run_goes_on_wait_for_the_restart() {
    let mut model = ready();
    bet(&mut model, "never");
    update(&mut model, Msg::PlayPause);
    let effects = knob(&mut model, LIMIT, "50");
    assert!(loads(&effects).is_none());
    assert!(model.has_pending());
    assert_eq!(model.run.status, Status::Playing);
    let effects = update(&mut model, Msg::Restart);
    assert!(loads(&effects).is_some_and(|(text, _)| text.contains("50")));
    assert!(!model.has_pending());
}

#[test]
fn a_broken_file_says_where_and_leaves_the_last_good_design() {
    let mut model = ready();
    let before = model.doc.text.clone();
    let broken = built_in()
        .1
        .replace("timeout = \"1 s\"", "timout = \"1 s\"");
    let msg = Msg::Import {
        name: "mine.toml".into(),
        text: broken,
    };
    let effects = update(&mut model, msg);
    assert!(loads(&effects).is_none());
    assert_eq!(model.doc.text, before);
    let refused = model.doc.refused.as_ref().expect("refused");
    let place = refused.diagnostics[0].place.as_ref().expect("a place");
    assert_eq!(place.text, "timout");
    assert!(place.line > 10);
}

#[test]
fn a_closed_tab_loses_nothing_typed() {
    let mut model = ready();
    bet(&mut model, "slowly");
    knob(&mut model, BUDGET, "10 %");
    knob(&mut model, ATTEMPTS, "lots");
    model.seed = 7;
    let json = SavedSession::of(&model).to_json();

    let mut fresh = Model::default();
    let saved = SavedSession::from_json(&json).expect("readable");
    saved.restore(&mut fresh, built_in().1);
    assert_eq!(fresh.doc.text, model.doc.text);
    assert_eq!(fresh.doc.drafts[ATTEMPTS].typed, "lots");
    assert_eq!(fresh.bet, Bet::Chosen("slowly".into()));
    assert_eq!(fresh.seed, 7);
    assert!(SavedSession::from_json("{broken").is_none());
    SavedSession::from_json("{}")
        .expect("empty")
        .restore(&mut fresh, built_in().1);
}

#[test]
fn a_crash_keeps_the_design_and_a_new_worker_starts_it_again() {
    let mut model = ready();
    update(&mut model, Msg::WorkerFailed("index out of bounds".into()));
    assert!(matches!(model.run.status, Status::Crashed(_)));
    let effects = update(&mut model, Msg::StartWorkerAgain);
    assert!(matches!(effects[..], [Effect::StartWorker]));
    let effects = update(&mut model, Msg::WorkerReady);
    assert!(loads(&effects).is_some());
    assert!(
        update(&mut model, Msg::PanicOnPurpose).is_empty(),
        "only under ?debug"
    );
}

#[test]
fn bullet_time_comes_once_and_not_for_everyday_noise() {
    let mut model = ready();
    update(&mut model, Msg::SkipBet);
    update(&mut model, Msg::PlayPause);
    let first = |reason, at_ns| News {
        at_ns,
        what: NewsKind::FirstFailure {
            reason,
            link: "browse".into(),
            action: 9,
            attempt: 1,
        },
    };
    let send = |model: &mut Model, news, wall_ms| {
        update(
            model,
            Msg::News {
                news: vec![news],
                whole: false,
                wall_ms,
            },
        );
    };
    send(&mut model, first("dropped_by_network", 1_000_000_000), 0.0);
    assert_eq!(model.run.bullet, None);
    send(&mut model, first("timed_out_waiting", 31_000_000_000), 0.0);
    assert!(model.run.bullet.is_some());
    update(&mut model, Msg::Continue);
    assert_eq!(model.run.bullet, None);
}

/// A frame in which this is how the first node stands.
fn shows(model: &mut Model, node: NodeNow) {
    let frame = Frame {
        run: model.run.id,
        now_ns: 54_200_000_000,
        nodes: vec![node, NodeNow::default()],
        ..Frame::default()
    };
    tick(model, frame, &Series::default());
}

#[test]
fn the_strip_names_the_culprit_in_words() {
    let mut model = ready();
    let node = NodeNow {
        busy: 10,
        slots: 10,
        for_nobody: 8,
        queue: 13_940,
        state: State::Failing,
        failed_per_s: vec![("timed_out_waiting", 1340.0)],
        ..NodeNow::default()
    };
    shows(&mut model, node);
    assert_eq!(strip::place(&model).main, "Catalogue: works for nobody");
    assert_eq!(
        strip::place(&model).detail,
        "8 of 10 slots on calls already given up"
    );
    assert_eq!(strip::data(&model).main, "none wrong");
    // Who has no slots has none that work for nobody.
    Arc::make_mut(&mut model.run.now).nodes[0].slots = 0;
    assert_eq!(
        strip::place(&model).main,
        "Catalogue: too slow for its callers"
    );
    assert_eq!(
        strip::place(&model).detail,
        "1,340/s give up, nobody waits in line"
    );
}

#[test]
fn the_flagship_from_the_bet_to_the_pass() {
    let mut model = ready();
    bet(&mut model, "slowly");
    update(&mut model, Msg::PlayPause);
    let first = told(&model);
    end(&mut model, first);
    assert_eq!(model.run.status, Status::Over);
    assert!(model.ghost.is_some());
    assert!(model.knobs_open, "now it is the learner's turn");
    assert!(model.run.report.as_ref().is_some_and(|r| !r.passed));
    assert_eq!(
        debrief::outcome(&model).as_deref(),
        Some("it did not recover")
    );
    let outcome = debrief::bet(&model).expect("a bet was placed");
    assert!(!outcome.right);
    let chain = debrief::chain(&model);
    assert!((3..=5).contains(&chain.len()), "{chain:#?}");
    assert!(chain.is_sorted_by_key(|m| m.at_ns), "{chain:#?}");

    knob(&mut model, BUDGET, "10 %");
    update(&mut model, Msg::PlayPause);
    let run = model.run.id;
    update(&mut model, Msg::Loaded { run, plan: plan() });
    assert_eq!(
        model.run.status,
        Status::Playing,
        "run again begins at once"
    );
    let second = told(&model);
    end(&mut model, second);
    assert!(model.run.report.as_ref().is_some_and(|r| r.passed));
    assert!(goals::lines(&model).iter().all(|g| g.holds == Some(true)));
    assert_eq!(
        debrief::about_change(&model).map(|v| v.key.as_str()),
        Some("retry_budget")
    );
}

#[test]
fn what_became_of_the_data_is_part_of_the_outcome() {
    let mut model = ready();
    bet(&mut model, "never");
    update(&mut model, Msg::PlayPause);
    let (mut report, found) = told(&model);
    (report.ledger.lost, report.ledger.duplicate) = (401, 7);
    end(&mut model, (report, found));
    assert_eq!(
        debrief::outcome(&model).as_deref(),
        Some("it did not recover, and 401 actions were lost")
    );
}

/// The buckets of a week on call are longer than a second: whoever looks at single seconds sees nobody
/// served.
#[test]
fn a_long_run_in_which_nearly_everybody_was_served_did_recover() {
    let mut model = ready();
    update(&mut model, Msg::OpenBuiltIn("s24-what-should-wake-you"));
    let run = model.run.id;
    update(&mut model, Msg::Loaded { run, plan: plan() });
    update(&mut model, Msg::SkipBet);
    update(&mut model, Msg::PlayPause);
    let (report, found) = told(&model);
    assert!(report.series.bucket_ns > 1_000_000_000);
    assert!(report.users.served_share > Some(0.99));
    end(&mut model, (report, found));
    let outcome = debrief::outcome(&model).expect("something happened");
    assert!(outcome.contains("served"), "{outcome}");
}

#[test]
fn a_cause_that_lasts_to_the_end_has_not_ended() {
    let mut model = ready();
    let text = model
        .doc
        .text
        .replacen("lasts = \"10 s\"", "lasts = \"150 s\"", 1);
    assert_ne!(text, model.doc.text);
    let name = "mine.toml".into();
    update(&mut model, Msg::Import { name, text });
    let run = model.run.id;
    update(&mut model, Msg::Loaded { run, plan: plan() });
    update(&mut model, Msg::SkipBet);
    update(&mut model, Msg::PlayPause);
    let all = told(&model);
    end(&mut model, all);
    let chain = debrief::chain(&model);
    assert!(!chain.is_empty());
    assert!(
        chain.iter().all(|m| !m.text.contains("The cause ends")),
        "{chain:#?}"
    );
}

#[test]
fn a_moment_of_a_finished_run_is_looked_at_and_its_verdict_stays() {
    let mut model = ready();
    let asked = |effects: &[Effect]| effects.iter().any(|e| matches!(e, Effect::Seek(_)));
    assert!(
        !asked(&update(&mut model, Msg::Seek(9_000_000_000))),
        "a prediction comes first"
    );
    bet(&mut model, "never");
    update(&mut model, Msg::PlayPause);
    let all = told(&model);
    let (run, again) = (model.run.id, all.clone());
    end(&mut model, all);
    let (chain, runs) = (debrief::chain(&model), model.runs_done);

    assert!(asked(&update(&mut model, Msg::Seek(9_000_000_000))));
    assert_eq!(model.run.status, Status::Paused);
    assert!(model.is_over() && model.at_end().is_none());
    let frame = Frame {
        run,
        whole: true,
        now_ns: 9_000_000_000,
        ..Frame::default()
    };
    tick(&mut model, frame, &Series::default());
    assert_eq!(model.run.now.now_ns, 9_000_000_000);
    assert_eq!(debrief::chain(&model), chain);

    // From there to the end again: it is the same run.
    update(&mut model, Msg::PlayPause);
    assert_eq!(model.run.status, Status::Playing);
    end(&mut model, again);
    assert_eq!(
        (model.run.status.clone(), model.runs_done),
        (Status::Over, runs)
    );
    // Something else is done to it: what comes after that is open again.
    update(&mut model, Msg::Seek(9_000_000_000));
    let (path, value) = (BUDGET.to_owned(), "10 %".to_owned());
    let (at_ns, act) = (9_000_000_001, Act::Tune { path, value });
    update(&mut model, Msg::Acted { run, at_ns, act });
    assert!(!model.is_over());
}

#[test]
fn the_head_of_a_node_fits_into_it() {
    let facts = facts::NodeFacts {
        state: "✕ failing".into(),
        ..Default::default()
    };
    let head = |name: &str, width| {
        let it = facts.head(name, "database", width);
        format!("{}|{}|{}", it.name, it.kind, it.state)
    };
    assert_eq!(head("Orders", 260.0), "Orders|database|✕ failing");
    assert_eq!(head("Database", 260.0), "Database||✕ failing");
    assert_eq!(head("Orders", 184.0), "Orders||✕ failing");
    assert_eq!(head("Prices and sales", 184.0), "Prices and sales||✕");
    assert_eq!(head("Items, prices, sales", 184.0), "Items, prices, sa…||✕");
}

#[test]
fn who_fails_because_it_waits_is_said_to_wait() {
    let mut model = ready();
    let node = NodeNow {
        busy: 40,
        slots: 400,
        waiting_for_others: 38,
        state: State::Failing,
        failed_per_s: vec![("timed_out_in_service", 52.0)],
        ..NodeNow::default()
    };
    shows(&mut model, node);
    // It calls nobody, so it waits for nobody that is drawn.
    assert_eq!(
        strip::place(&model).main,
        "Catalogue: too slow for its callers"
    );
    let scenario = Arc::make_mut(&mut model.doc.scenario);
    let link = scenario.design.links[0].clone();
    scenario.design.links[0] = crate::design::Link {
        from: "catalogue".into(),
        to: "shoppers".into(),
        ..link
    };
    let now = Arc::make_mut(&mut model.run.now);
    now.links = vec![LinkNow {
        in_flight: 38,
        ..LinkNow::default()
    }];
    assert_eq!(strip::place(&model).main, "Catalogue: waits for Shoppers");
    assert_eq!(
        strip::place(&model).detail,
        "52/s give up, nobody waits in line"
    );
}

#[test]
fn words_in_a_node_never_stand_on_each_other() {
    let facts = facts::NodeFacts {
        line: "163,207 waiting · 79.7 s".into(),
        line_short: "163,207 wait".into(),
        slots: "10 of 10 for nobody".into(),
        ..Default::default()
    };
    assert_eq!(facts.side_by_side(400.0), (&*facts.line, &*facts.slots));
    assert_eq!(
        facts.side_by_side(280.0),
        (&*facts.line_short, &*facts.slots)
    );
    assert_eq!(facts.side_by_side(200.0), ("163,207 wait", "10 of 10"));
}
