//! What a twin run is asked for, and what becomes of the answer.

use super::super::model::{Model, Status};
use super::super::twins::{self, Ask};
use super::super::update::{Effect, Msg, update};
use crate::scenario::Scenario;
use crate::worker::protocol::Command;
use crate::worker::twins as worker;

/// The lesson, with the prediction behind us.
fn model() -> Model {
    let mut model = Model::default();
    update(&mut model, Msg::SkipBet);
    model.run.status = Status::Ready;
    model.run.text = model.doc.text.clone();
    model.run.seed = model.seed;
    model
}

fn asked(model: &mut Model, ask: Ask) -> Command {
    let effects = update(model, Msg::Twins(ask));
    let sent = effects.into_iter().find_map(|effect| match effect {
        Effect::Send(command) => Some(command),
        _ => None,
    });
    sent.expect("the worker is asked")
}

/// What the worker would answer.
fn answer(command: Command) -> Msg {
    let Command::Twins {
        number,
        here,
        twin,
        seed,
        planned,
    } = command
    else {
        panic!("not about twins: {command:?}");
    };
    let mut pair = worker::begin([&here, &twin], seed, planned).expect("both are valid");
    while !pair.go_on() {}
    let (found, report) = worker::end(pair);
    Msg::Twins(Ask::Ran {
        number,
        found: Box::new(found),
        report: Box::new(report),
    })
}

#[test]
fn an_entry_is_left_out_and_the_twin_stands_behind_the_charts() {
    let mut model = model();
    let command = asked(&mut model, Ask::Without(0));
    let Command::Twins { here, twin, .. } = &command else {
        panic!("{command:?}");
    };
    assert_eq!(*here, model.doc.text);
    assert!(Scenario::parse(twin).unwrap().timeline.is_empty());
    assert!(model.twins.waits.is_some() && model.twins.shown.is_none());
    let answer = answer(command);
    update(&mut model, answer.clone());
    let shown = model.twins.shown.clone().expect("it is shown");
    assert!(shown.found.difference.contains("Catalogue 5× slower"));
    assert!(twins::parting(&shown.found).starts_with("The worlds part at Catalogue."));
    assert!(twins::ghost(&model).is_some());
    let (rows, hidden) = twins::table(&shown.found);
    let row = |key: &str| rows.iter().find(|row| row.key == key).expect("it is there");
    assert_eq!(row("served_share").cells[2], "+100 points");
    assert_eq!(row("cost").cells[2], "same");
    assert_eq!(hidden, 14);
    assert!(rows.iter().all(|row| row.key != "lost"));
    // Another text on the page: it is not that run's twin.
    model.run.text.push_str("# changed\n");
    assert!(twins::ghost(&model).is_none());
    // Closed; what comes late is about nothing.
    update(&mut model, Msg::Twins(Ask::Close));
    update(&mut model, answer);
    assert!(model.twins.shown.is_none() && model.twins.waits.is_none());
}

#[test]
fn a_knob_is_as_it_was_in_the_twin_and_the_start_design_is_a_twin() {
    let mut model = model();
    assert_eq!(twins::offers(&model).len(), 1);
    let path = "link.browse.attempts".to_owned();
    for (path, typed) in [(&*path, "5"), ("service.catalogue.queue_limit", "50")] {
        let (path, typed) = (path.to_owned(), typed.to_owned());
        update(&mut model, Msg::Knob { path, typed });
    }
    assert_eq!(twins::offers(&model).len(), 2);
    let knob = |text: &str, path: &str| {
        let scenario = Scenario::parse(text).expect("valid");
        super::super::knobs::printed(&scenario.design, path)
    };
    let Command::Twins { twin, .. } = asked(&mut model, Ask::Knob(path.clone())) else {
        panic!("it is about twins");
    };
    assert_eq!(knob(&twin, &path).as_deref(), Some("3"));
    let limit = "service.catalogue.queue_limit";
    assert_eq!(knob(&twin, limit).as_deref(), Some("50"));
    let Command::Twins { twin, number, .. } = asked(&mut model, Ask::Start) else {
        panic!("it is about twins");
    };
    assert_eq!(twin, model.doc.origin().text);
    assert_eq!(number, 2, "the first question is given up");
}

#[test]
fn nobody_sees_a_twin_before_the_prediction_and_there_may_be_nothing_to_compare_with() {
    let mut model = Model::default();
    let effects = update(&mut model, Msg::Twins(Ask::Any));
    assert!(matches!(effects.as_slice(), [Effect::Focus("bets")]));
    assert!(model.twins.waits.is_none());
    let mut model = self::model();
    let text = model.doc.text.clone();
    let end = text.find("[[timeline]]").unwrap();
    let rest = text[end..].find("[goal.served]").unwrap() + end;
    let text = format!("{}{}", &text[..end], &text[rest..]);
    update(
        &mut model,
        Msg::Import {
            name: "calm.toml".into(),
            text,
        },
    );
    update(&mut model, Msg::SkipBet);
    let toasts = model.toasts;
    let effects = update(&mut model, Msg::Twins(Ask::Any));
    assert!(effects.is_empty() && model.toasts == toasts + 1);
}
