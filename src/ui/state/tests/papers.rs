//! What a document is asked for, and what becomes of the answer.

use super::super::model::{Dialog, Model, Status};
use super::super::papers::{Ask, Block, PAPER};
use super::super::update::{Effect, Msg, update};
use crate::document::{self, Asked, Kind};
use crate::worker::protocol::Command;

/// The lesson, with the prediction behind us.
fn model() -> Model {
    let mut model = Model::default();
    update(&mut model, Msg::SkipBet);
    model.run.status = Status::Ready;
    model
}

fn ask(model: &mut Model, ask: Ask) -> Vec<Effect> {
    update(model, Msg::Papers(ask))
}

fn sent(effects: Vec<Effect>) -> Option<(u32, Asked)> {
    effects.into_iter().find_map(|effect| match effect {
        Effect::Send(Command::Document { number, asked }) => Some((number, asked)),
        _ => None,
    })
}

#[test]
fn a_document_is_made_read_and_taken_away() {
    let mut model = model();
    ask(&mut model, Ask::Open);
    assert_eq!(model.dialog, Some(Dialog::Papers));
    let effects = ask(&mut model, Ask::Make(Kind::PostMortem));
    let (number, asked) = sent(effects).expect("the worker is asked");
    assert_eq!((&asked.text, asked.seed), (&model.doc.text, model.seed));
    assert!(asked.link.starts_with("#v1.") && asked.file == "s04-retry-storm.toml");
    let goes = Ask::Goes {
        number,
        made: 1,
        needed: 3,
    };
    ask(&mut model, goes);
    let waits = model.papers.waits.as_ref().expect("it is under way");
    assert_eq!((waits.made, waits.needed), (1, 3));
    // Nothing to take away yet.
    assert!(ask(&mut model, Ask::Copy).is_empty());
    let text = document::make(asked).expect("a lesson can run");
    ask(
        &mut model,
        Ask::Made {
            number,
            text: text.clone(),
        },
    );
    let shown = model.papers.shown.clone().expect("it is there");
    assert!(model.papers.waits.is_none() && shown.markdown == text);
    let tables = shown.blocks.iter();
    let tables =
        tables.filter(|block| matches!(block, Block::Table { rows, .. } if !rows.is_empty()));
    assert!(tables.count() >= 3, "{:#?}", shown.blocks);
    // Nothing is left of the signs of tables and headings.
    let is_raw = |block: &Block| format!("{block:?}").contains("| ---");
    assert!(!shown.blocks.iter().any(is_raw));
    let copied = ask(&mut model, Ask::Copy);
    assert!(matches!(&copied[..], [Effect::Copy(copy)] if *copy == text));
    let saved = ask(&mut model, Ask::Download);
    let name = "s04-retry-storm-post-mortem.md";
    assert!(matches!(&saved[..], [Effect::Download { name: it, .. }] if it == name));
    let printed = ask(&mut model, Ask::Print);
    assert!(matches!(&printed[..], [Effect::Print(id)] if *id == PAPER));
}

#[test]
fn it_is_said_why_there_is_none() {
    // A document says how it ends.
    let mut model = Model::default();
    model.run.status = Status::Ready;
    assert!(sent(ask(&mut model, Ask::Make(Kind::Design))).is_none());
    assert!(
        model
            .papers
            .why
            .as_ref()
            .is_some_and(|why| why.contains("Predict first"))
    );
    update(&mut model, Msg::SkipBet);
    // What is drawn cannot run.
    let text = "format = 1\n[run]\nduration = \"5 s\"\n[balancer.b]\n".to_owned();
    update(
        &mut model,
        Msg::Import {
            name: "b.toml".into(),
            text,
        },
    );
    update(&mut model, Msg::SkipBet);
    assert!(
        model.why_not_run().is_some(),
        "a balancer that leads nowhere"
    );
    assert!(sent(ask(&mut model, Ask::Make(Kind::Design))).is_none());
    let why = model.papers.why.clone().unwrap_or_default();
    assert!(why.starts_with("It cannot run yet."), "{why}");
}

#[test]
fn an_answer_that_nobody_waits_for_is_dropped() {
    let mut model = model();
    let (old, _) = sent(ask(&mut model, Ask::Make(Kind::Design))).unwrap();
    let (new, _) = sent(ask(&mut model, Ask::Make(Kind::Runbook))).unwrap();
    let text = "# Old\n".to_owned();
    ask(&mut model, Ask::Made { number: old, text });
    assert!(old != new && model.papers.shown.is_none());
    let stopped = ask(&mut model, Ask::Stop);
    assert!(matches!(
        &stopped[..],
        [Effect::Send(Command::StopDocument)]
    ));
    let text = "# New\n".to_owned();
    ask(&mut model, Ask::Made { number: new, text });
    assert!(model.papers.shown.is_none() && model.papers.waits.is_none());
    // A worker that is started again knows nothing of it.
    ask(&mut model, Ask::Make(Kind::Design));
    update(&mut model, Msg::WorkerReady);
    assert!(model.papers.waits.is_none() && model.papers.why.is_some());
}
