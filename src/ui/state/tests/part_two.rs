//! Part two of a lesson: the twist, on the drawing that passed.

use super::super::model::{Bet, Model};
use super::super::saved::SavedSession;
use super::super::seeds::SeedCheck;
use super::super::update::{Msg, update};
use super::super::{built_in, debrief};
use super::{BUDGET, end, knob, ready, told};
use crate::scenario::draw::{Edit, Thing};
use crate::ui::state::editing::Draw;

fn twist(model: &mut Model, key: &str) {
    update(model, Msg::Twist(key.into()));
}

#[test]
fn it_begins_on_the_drawing_as_it_is_and_undo_takes_it_back() {
    let mut model = Model::default();
    update(&mut model, Msg::Bet("never".into()));
    knob(&mut model, BUDGET, "10 %");
    let before = model.doc.text.clone();
    twist(&mut model, "writes");
    assert_eq!(
        model.doc.part().map(|twist| twist.key.as_str()),
        Some("writes")
    );
    assert_eq!(model.bet, Bet::Skipped, "nobody is asked twice");
    assert!(
        model
            .doc
            .scenario
            .goals
            .iter()
            .any(|goal| goal.key == "once")
    );
    // What passed part one is still there, and counts as changed.
    let changes = model.doc.changes();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (changes[0].path.as_str(), changes[0].to.as_str()),
        (BUDGET, "10 %")
    );
    update(&mut model, Msg::Undo);
    assert_eq!(model.doc.text, before);
    assert!(model.doc.part().is_none());
    update(&mut model, Msg::Redo);
    assert!(model.doc.part().is_some());
    // The other one begins from the lesson's own design.
    twist(&mut model, "three_tiers");
    assert!(model.doc.scenario.design.node("pricing").is_some());
    assert!(
        !model
            .doc
            .scenario
            .goals
            .iter()
            .any(|goal| goal.key == "once")
    );
    assert!(model.doc.changes().is_empty());
}

#[test]
fn its_own_knobs_can_be_turned_and_a_visit_later_it_goes_on() {
    let mut model = Model::default();
    let unlocked = model.doc.scenario.lesson.unlocked.len();
    twist(&mut model, "three_tiers");
    let more: Vec<String> = model.doc.part().unwrap().unlocked.clone();
    assert!(!more.is_empty());
    assert_eq!(
        model.doc.scenario.lesson.unlocked.len(),
        unlocked + more.len()
    );
    knob(&mut model, &more[0], "1");
    assert_eq!(model.doc.changes().len(), 1);
    let json = SavedSession::of(&model).to_json();
    let mut later = Model::default();
    SavedSession::from_json(&json)
        .unwrap()
        .restore(&mut later, built_in().1);
    assert_eq!(later.doc.text, model.doc.text);
    assert_eq!(
        later.doc.part().map(|twist| twist.key.as_str()),
        Some("three_tiers")
    );
    assert_eq!(later.doc.changes(), model.doc.changes());
}

#[test]
fn a_drawing_that_the_twist_does_not_fit_gets_that_of_the_lesson() {
    let mut model = Model::default();
    let things = vec![Thing::Node("catalogue".into())];
    update(&mut model, Msg::Draw(Draw::Do(Edit::Remove { things })));
    twist(&mut model, "three_tiers");
    assert!(model.doc.scenario.design.node("catalogue").is_some());
    assert!(model.doc.part().is_some());
    assert_eq!(model.why_not_run(), None);
}

#[test]
fn it_is_offered_to_a_design_that_holds_on_nine_of_ten_other_seeds() {
    let mut model = ready();
    assert!(!model.holds());
    let (mut report, found) = told(&model);
    report.passed = true;
    end(&mut model, (report, found));
    assert!(!model.holds(), "one seed is luck");
    for (passed, holds) in [(17, false), (18, true)] {
        let (run, asked, done) = (1, 20, 20);
        model.check = Some(SeedCheck {
            run,
            asked,
            passed,
            done,
        });
        assert_eq!(model.holds(), holds);
    }
    assert!(
        debrief::next(&model).contains("Part two begins"),
        "{}",
        debrief::next(&model)
    );
    twist(&mut model, "writes");
    assert!(!model.holds(), "its run has not been");
}
