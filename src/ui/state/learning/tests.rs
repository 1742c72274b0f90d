//! The rules of the learning loop, each told message by message, with a clock that is data.

use super::super::model::{Model, Status};
use super::super::saved::SavedSession;
use super::super::update::{Effect, Msg, update};
use super::door::{Door, example, glows};
use super::map::State;
use super::progress::{Kept, Progress, STORAGE_KEYS};
use super::review::DAY_MS;
use super::{Ask, catalogue, hints, map, others};
use crate::scenario::built_in::BUILT_IN;
use crate::worker::protocol::{ASIDE, Command};
use crate::worker::session::{run_to_end, told_at_end};

mod reviews;

const S04: &str = "s04-retry-storm";
const BUDGET: &str = "link.browse.retry_budget";
/// 2026-11-28, 10:00 UTC.
const START: u64 = 1_795_860_000_000;
const MINUTE: u64 = 60_000;

fn fresh() -> Model {
    let mut model = Model::default();
    model.learning.now_ms = START;
    super::seen(&mut model);
    model
}

fn learn(model: &mut Model, ask: Ask) -> Vec<Effect> {
    update(model, Msg::Learn(ask))
}

fn knob(model: &mut Model, path: &str, typed: &str) {
    let (path, typed) = (path.into(), typed.into());
    update(model, Msg::Knob { path, typed });
}

/// A run of what is on the page comes to its end.
fn run(model: &mut Model) {
    update(model, Msg::Restart);
    let run = model.run.id;
    let (report, found) = told_at_end(&model.doc.text, model.seed).unwrap();
    let (report, found) = (Box::new(report), Box::new(found));
    let theory = Vec::new();
    let done = Msg::Done {
        run,
        report,
        found,
        theory,
    };
    update(model, done);
    assert_eq!(model.run.status, Status::Over);
}

/// The worker does what it is asked.
fn answer(model: &mut Model, effects: Vec<Effect>) -> usize {
    let mut runs = 0;
    for effect in effects {
        if let Effect::Send(Command::Seeds { run, text, seeds }) = effect {
            for seed in seeds {
                let report = Box::new(run_to_end(&text, seed).unwrap());
                update(model, Msg::Seed { run, report });
                runs += 1;
            }
        }
    }
    runs
}

/// On its own seed, and on all others.
fn pass(model: &mut Model) {
    knob(model, BUDGET, "10 %");
    run(model);
    let effects = update(model, Msg::CheckSeeds);
    assert_eq!(answer(model, effects), 20);
    assert!(model.holds());
}

fn passed(ids: &[&str]) -> Progress {
    let mut progress = Progress::default();
    for id in ids {
        let record = progress.scenarios.entry((*id).into()).or_default();
        record.passed = Some(super::progress::Pass::default());
        record.others = Some(super::progress::Others {
            passed: 18,
            asked: 20,
        });
    }
    progress
}

#[test]
fn through_the_cold_door_there_are_no_predictions_no_example_and_no_list_of_knobs() {
    let mut model = fresh();
    assert_eq!(model.bets().len(), 3);
    update(&mut model, Msg::PlayPause);
    assert_eq!(model.asked_to_bet, 1, "a prediction first");
    learn(&mut model, Ask::Door(Door::Cold));
    assert!(model.bets().is_empty() && model.has_predicted());
    assert!(model.editor.on, "the whole editor");
    assert_eq!(example(&model), None);
    run(&mut model);
    assert!(!model.knobs_open && !glows(&model));
    assert!(!super::debrief::next(&model).contains("knobs"));
    // The same run through the other door.
    learn(&mut model, Ask::Door(Door::Guided));
    assert!(model.knobs_open && glows(&model) && !model.editor.on);
}

#[test]
fn every_lesson_can_be_entered_by_both_doors() {
    for built_in in BUILT_IN {
        let mut model = fresh();
        update(&mut model, Msg::OpenBuiltIn(built_in.id));
        assert!(!model.bets().is_empty(), "{}", built_in.id);
        assert_eq!(example(&model), None, "nothing is told before a prediction");
        update(&mut model, Msg::SkipBet);
        let shown = example(&model).expect(built_in.id);
        let (start, change) = (shown.start.unwrap(), shown.change.unwrap());
        let lesson = &model.doc.scenario.lesson;
        let mut bets = lesson.bets.iter();
        assert!(bets.any(|bet| bet.right && bet.because.trim() == start.1));
        let mut changes = lesson.backfires.iter().chain(&lesson.not_enough);
        assert!(changes.any(|it| it.because.trim() == change.1));
        let fixes = lesson.fixes.iter();
        assert!(
            fixes.clone().all(|fix| fix.label != change.0),
            "{}: it solves it",
            built_in.id
        );
        assert!(!lesson.hook.is_empty() && !model.doc.scenario.goals.is_empty());
    }
}

#[test]
fn another_door_midway_keeps_design_run_and_undo_and_is_remembered() {
    let mut model = fresh();
    update(&mut model, Msg::SkipBet);
    knob(&mut model, "link.browse.attempts", "2");
    run(&mut model);
    let (text, id) = (model.doc.text.clone(), model.run.id);
    let effects = learn(&mut model, Ask::Door(Door::Cold));
    assert!(
        matches!(effects[..], [Effect::Save]),
        "no run is begun: {effects:?}"
    );
    assert_eq!((&model.doc.text, model.run.id), (&text, id));
    assert!(model.run.report.is_some() && model.doc.can_undo());
    let kept = SavedSession::of(&model).to_json();
    let mut back = Model::default();
    SavedSession::from_json(&kept)
        .unwrap()
        .restore(&mut back, super::super::built_in().1);
    assert_eq!(back.learning.door, Door::Cold);
    assert!(back.editor.on);
    update(&mut model, Msg::OpenBuiltIn("s05-charged-twice"));
    assert_eq!(model.learning.door, Door::Cold, "for other scenarios, too");
    assert!(model.editor.on);
}

#[test]
fn hard_ones_are_opened_cold_the_hardest_first() {
    let mut model = fresh();
    learn(&mut model, Ask::Hardest);
    assert_eq!(model.learning.door, Door::Cold);
    assert_eq!(
        model.doc.scenario.about.id, "s18-failover",
        "the only one of level 5"
    );
    model.learning.progress = passed(&["s18-failover"]);
    learn(&mut model, Ask::Hardest);
    let id = model.doc.scenario.about.id.clone();
    assert_eq!(catalogue::find(&id).unwrap().level, 4, "{id}");
    let all: Vec<&str> = catalogue::all().iter().map(|it| it.id).collect();
    model.learning.progress = passed(&all);
    learn(&mut model, Ask::Hardest);
    assert!(model.toast.unwrap().starts_with("Every lesson is passed"));
}

#[test]
fn an_address_opens_what_it_names_or_says_what_there_is() {
    let named = |name: &str, seed| Ask::OpenNamed {
        name: name.into(),
        seed,
    };
    let mut model = fresh();
    knob(&mut model, "link.browse.attempts", "2");
    learn(&mut model, named(S04, Some(9)));
    assert!(
        model.doc.is_changed(),
        "what is on the page stays as it was left"
    );
    learn(&mut model, named("s05-charged-twice", Some(9)));
    assert_eq!(
        (model.doc.name(), model.seed),
        ("s05-charged-twice.toml", 9)
    );
    let effects = learn(&mut model, named("web-shop", None));
    assert!(
        matches!(effects[..], [Effect::FetchStart("web-shop")]),
        "{effects:?}"
    );
    let before = model.doc.text.clone();
    for wrong in ["s04-retry-strom", "s04"] {
        learn(&mut model, named(wrong, None));
        let refused = model.doc.refused.as_ref().unwrap();
        let help = refused.diagnostics[0].help.as_deref().unwrap();
        assert_eq!(refused.name, wrong);
        assert!(help.starts_with("did you mean s04-retry-storm?"), "{help}");
        for id in ["s24-what-should-wake-you", "web-shop"] {
            assert!(help.contains(id), "{help}");
        }
    }
    learn(&mut model, named("s1", None));
    let refused = model.doc.refused.as_ref().unwrap();
    let help = refused.diagnostics[0].help.as_deref().unwrap();
    assert!(help.starts_with("Lessons: "), "several begin so: {help}");
    assert_eq!(model.doc.text, before);
}

#[test]
fn what_is_done_is_recorded_once_and_in_full() {
    let mut model = fresh();
    update(&mut model, Msg::Bet("slowly".into()));
    run(&mut model);
    update(&mut model, Msg::Hint);
    update(&mut model, Msg::Hint);
    model.learning.now_ms += MINUTE;
    pass(&mut model);
    run(&mut model);
    let record = model.learning.progress.of(S04).unwrap();
    assert_eq!(
        (record.first_seen_ms, record.runs, record.hints),
        (START, 3, 2)
    );
    assert_eq!(record.attempts.len(), 1);
    assert_eq!(
        (record.attempts[0].bet.as_str(), record.attempts[0].right),
        ("slowly", false)
    );
    let pass = record.passed.as_ref().unwrap();
    assert_eq!(
        (pass.at_ms, pass.seed, pass.hints, pass.cost_micro),
        (START + MINUTE, 1, 2, 100_000)
    );
    assert_eq!(
        record.others.unwrap(),
        super::progress::Others {
            passed: 20,
            asked: 20
        }
    );
    assert!(record.twists.is_empty());
    // Part two, and a second attempt.
    update(&mut model, Msg::Twist("writes".into()));
    knob(&mut model, "service.catalogue.queue_limit", "50");
    run(&mut model);
    let record = model.learning.progress.of(S04).unwrap();
    assert_eq!(record.twists.keys().collect::<Vec<_>>(), ["writes"]);
    update(&mut model, Msg::OpenBuiltIn(S04));
    update(&mut model, Msg::Bet("never".into()));
    run(&mut model);
    assert_eq!(model.learning.progress.predictions(), [false, true]);
}

#[test]
fn progress_goes_out_and_comes_back_and_merging_twice_is_merging_once() {
    let mut model = fresh();
    update(&mut model, Msg::Bet("never".into()));
    run(&mut model);
    pass(&mut model);
    let Effect::Download { name, text } = learn(&mut model, Ask::Export).remove(0) else {
        panic!("no file");
    };
    assert_eq!(name, "brownout-progress.json");
    let mine = model.learning.progress.clone();
    let mut other = fresh();
    other.learning.now_ms = START - MINUTE;
    update(&mut other, Msg::OpenBuiltIn("s05-charged-twice"));
    for _ in 0..2 {
        let effects = learn(
            &mut other,
            Ask::Import {
                name: name.clone(),
                text: text.clone(),
            },
        );
        assert!(matches!(effects[..], [Effect::Save]));
    }
    assert!(other.learning.imported.as_ref().unwrap().0);
    let merged = &other.learning.progress;
    assert_eq!(merged.of(S04).unwrap().runs, mine.of(S04).unwrap().runs);
    assert_eq!(merged.of(S04).unwrap().attempts.len(), 1);
    assert_eq!(
        merged.of("s05-charged-twice").unwrap().first_seen_ms,
        START - MINUTE
    );
    // In the other order, the same.
    let (mut a, mut b) = (mine.clone(), merged.clone());
    a.merge(merged.clone());
    b.merge(mine);
    assert_eq!(a, b);
    // And what is read is what was written.
    assert_eq!(Progress::read(&a.to_file()).unwrap(), a);
}

#[test]
fn bad_files_are_refused_with_place_and_remedy() {
    let good = passed(&[S04]).to_file();
    let cases = [
        ("{ \"what\": 3 ", "line 1, column"),
        ("[]", "line 1, column"),
        ("{}", "what: "),
        ("{\"what\": \"brownout progress\"}", "version: "),
        (
            &good.replace("\"version\": 1", "\"version\": 7"),
            "version: it is of version 7",
        ),
        (
            &good.replace("\"passed\": 18", "\"passed\": 21"),
            "scenarios.s04-retry-storm.others: ",
        ),
        (&good.replace("\"runs\": 0", "\"runs\": \"many\""), "line "),
    ];
    for (text, place) in cases {
        let mut model = fresh();
        let before = model.learning.progress.clone();
        let (name, text) = ("it.json".into(), text.to_owned());
        let effects = learn(&mut model, Ask::Import { name, text });
        let (done, said) = model.learning.imported.unwrap();
        assert!(!done && effects.is_empty(), "{said}");
        assert!(
            said.starts_with(&format!("it.json was not read. {place}")),
            "{said}"
        );
        assert!(said.len() > 60, "a remedy: {said}");
        assert_eq!(model.learning.progress, before);
    }
}

#[test]
fn what_another_version_keeps_is_never_written_over() {
    let known = passed(&[S04]);
    let json = known.to_json();
    let newer = json.replace("\"version\":1", "\"version\":2");
    assert_ne!(newer, json);
    let of =
        |a: Option<&str>, b: Option<&str>| Kept::of(vec![a.map(Into::into), b.map(Into::into)]);
    let (kept, progress) = of(Some(&json), None);
    assert_eq!((kept.key, progress), (Some(STORAGE_KEYS[0]), known.clone()));
    let (kept, progress) = of(Some(&newer), Some(&json));
    assert_eq!((kept.key, progress), (Some(STORAGE_KEYS[1]), known));
    assert_eq!(kept.foreign, std::slice::from_ref(&newer));
    let (kept, progress) = of(Some("garbage"), Some(&newer));
    assert_eq!((kept.key, progress), (None, Progress::default()));
    assert_eq!(kept.foreign.len(), 2);
    let (kept, _) = of(None, None);
    assert_eq!(kept.key, Some(STORAGE_KEYS[0]));
}

#[test]
fn next_is_the_lowest_level_whose_prerequisites_are_passed() {
    let mut model = fresh();
    assert_eq!(map::next(&model.learning), Some("s01-how-many-users"));
    model.learning.progress = passed(&["s01-how-many-users", "s04-retry-storm", "s06-cache-what"]);
    assert_eq!(
        map::next(&model.learning),
        Some("s02-one-sick"),
        "level 1, and S01 is passed"
    );
    let tracks = map::tracks(&model);
    let rows: Vec<&map::Row> = tracks.iter().flat_map(|(_, rows)| rows).collect();
    assert_eq!(rows.len(), BUILT_IN.len());
    assert_eq!(rows.iter().filter(|row| row.next).count(), 1);
    // A pass on one seed is none.
    let record = model
        .learning
        .progress
        .scenarios
        .get_mut("s01-how-many-users")
        .unwrap();
    record.others = Some(super::progress::Others {
        passed: 17,
        asked: 20,
    });
    assert_eq!(map::next(&model.learning), Some("s01-how-many-users"));
}

#[test]
fn the_map_says_done_begun_and_due() {
    let mut model = fresh();
    let state = |model: &Model, id: &str| {
        let tracks = map::tracks(model);
        let row = tracks
            .iter()
            .flat_map(|(_, rows)| rows)
            .find(|row| row.id == id)
            .cloned();
        row.unwrap().state
    };
    assert_eq!(state(&model, S04), State::New);
    update(&mut model, Msg::SkipBet);
    run(&mut model);
    assert_eq!(state(&model, S04), State::Begun);
    pass(&mut model);
    assert_eq!(state(&model, S04), State::Done);
    model.learning.now_ms += 2 * DAY_MS;
    assert_eq!(state(&model, S04), State::Due);
}

/// The answers are computed; what is said of them in the files must fit to each of them.
#[test]
fn hints_are_offered_after_two_failed_runs_or_three_idle_minutes_and_never_open() {
    let mut model = fresh();
    update(&mut model, Msg::SkipBet);
    run(&mut model);
    assert!(!hints::offered(&model));
    run(&mut model);
    assert!(hints::offered(&model));
    assert_eq!(model.hints, 0, "none opens by itself");
    // Another one: three quiet minutes, told four times a minute.
    update(&mut model, Msg::OpenBuiltIn("s05-charged-twice"));
    assert!(!hints::offered(&model));
    let wait = |model: &mut Model, seconds: u64| {
        for _ in 0..seconds / 15 {
            model.learning.now_ms += 15_000;
            learn(model, Ask::Clock);
        }
    };
    wait(&mut model, 600);
    assert!(!hints::offered(&model), "a hint would tell what to predict");
    update(&mut model, Msg::SkipBet);
    wait(&mut model, 165);
    knob(&mut model, "link.pay.attempts", "2");
    wait(&mut model, 165);
    assert!(!hints::offered(&model), "something was done in between");
    wait(&mut model, 30);
    assert!(hints::offered(&model));
    assert_eq!(model.hints, 0);
}

#[test]
fn who_watches_a_run_or_is_away_is_not_stuck() {
    let mut model = fresh();
    update(&mut model, Msg::SkipBet);
    model.run.status = Status::Playing;
    for _ in 0..40 {
        model.learning.now_ms += 15_000;
        learn(&mut model, Ask::Clock);
    }
    assert!(!hints::offered(&model));
    model.run.status = Status::Paused;
    model.learning.now_ms += 3_600_000;
    learn(&mut model, Ask::Clock);
    assert!(!hints::offered(&model), "the page was not in front");
}

#[test]
fn help_fades_after_a_clean_pass_and_comes_back_after_the_last_hint() {
    let mut model = fresh();
    pass(&mut model);
    assert_eq!(model.learning.progress.later, 1);
    // Passed again: it counts once.
    run(&mut model);
    assert_eq!(model.learning.progress.later, 1);
    let fail = |model: &mut Model, times: u32| {
        update(model, Msg::OpenBuiltIn("s06-cache-what"));
        update(model, Msg::SkipBet);
        model.failed_in_a_row = times;
    };
    fail(&mut model, 2);
    assert!(!hints::offered(&model));
    fail(&mut model, 3);
    assert!(hints::offered(&model));
    let mut model = fresh();
    for _ in 0..4 {
        update(&mut model, Msg::Hint);
    }
    pass(&mut model);
    assert_eq!(
        model
            .learning
            .progress
            .of(S04)
            .unwrap()
            .passed
            .as_ref()
            .unwrap()
            .hints,
        4
    );
    assert_eq!(model.learning.progress.later, -1);
    fail(&mut model, 1);
    assert!(hints::offered(&model));
}

#[test]
fn other_designs_that_pass_stand_beside_mine_and_open_as_one_step() {
    let mut model = fresh();
    update(&mut model, Msg::SkipBet);
    run(&mut model);
    assert!(!others::can_ask(&model), "not before a pass");
    assert!(learn(&mut model, Ask::Others).is_empty());
    knob(&mut model, BUDGET, "20 %");
    knob(&mut model, "service.catalogue.queue_limit", "80");
    knob(&mut model, "service.catalogue.price", "$0.11");
    run(&mut model);
    assert!(others::can_ask(&model));
    let effects = learn(&mut model, Ask::Others);
    for effect in &effects {
        let Effect::Send(Command::Seeds { run, seeds, .. }) = effect else {
            panic!("{effect:?}");
        };
        assert!(*run >= ASIDE && *seeds == [model.run.seed]);
    }
    assert_eq!(answer(&mut model, effects), 2);
    let rows = others::rows(&model);
    let labels: Vec<&str> = rows.iter().map(|row| row.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "Yours",
            "Retry budget of 10 %",
            "Waiting line of at most 50"
        ]
    );
    assert!(rows[0].cells.iter().all(|cell| cell.delta.is_empty()));
    let cost = &rows[1].cells[3];
    assert_eq!(
        (cost.text.as_str(), cost.delta.as_str()),
        ("$0.10/h", "−$0.010")
    );
    // The figures are those of a run of that design.
    let budget = run_to_end(&model.learning.others.designs[0].text_of(), 1).unwrap();
    let served = super::super::words::percent(budget.users.served_share.unwrap());
    assert_eq!(rows[1].cells[0].text, served);
    let mine = model.doc.text.clone();
    learn(&mut model, Ask::Take(1));
    assert!(
        model.doc.text.contains("queue_limit = 50"),
        "{}",
        model.doc.text
    );
    update(&mut model, Msg::Undo);
    assert_eq!(model.doc.text, mine);
    // A run of something else has none beside it until they are asked for.
    run(&mut model);
    assert!(others::rows(&model).is_empty());
}

#[test]
fn a_worker_that_begins_anew_is_asked_again() {
    let mut model = fresh();
    pass(&mut model);
    learn(&mut model, Ask::Others);
    let effects = update(&mut model, Msg::WorkerReady);
    let aside = effects.iter().filter(
        |effect| matches!(effect, Effect::Send(Command::Seeds { run, .. }) if *run >= ASIDE),
    );
    assert_eq!(aside.count(), 2);
}
