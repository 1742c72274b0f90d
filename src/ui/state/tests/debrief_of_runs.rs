//! The debrief of every lesson, and of runs that nobody wrote a lesson for.

use super::*;
use crate::scenario::built_in::BUILT_IN;
use crate::ui::state::planned;

/// A page on which this text has run to its end.
fn over(text: String) -> Model {
    let mut model = ready();
    let name = "mine.toml".into();
    update(&mut model, Msg::Import { name, text });
    update(&mut model, Msg::SkipBet);
    let all = told(&model);
    end(&mut model, all);
    model
}

/// A page on which this lesson has run as it opens.
fn lesson(id: &str) -> Model {
    let found = BUILT_IN.iter().find(|it| it.id == id).expect("a lesson");
    over(found.text.to_owned())
}

fn said(model: &Model) -> String {
    let mut lines: Vec<String> = vec![format!(
        "In this run {}.",
        debrief::outcome(model).unwrap_or_default()
    )];
    for step in debrief::chain(model) {
        lines.push(format!("{:>8.1} s  {}", step.at_ns as f64 / 1e9, step.text));
    }
    lines.extend(debrief::others(model));
    lines.extend(planned::line(model));
    lines.extend(debrief::paged(model));
    lines.push(debrief::next(model));
    lines.join("\n")
}

#[test]
fn every_lesson_has_a_debrief() {
    for built in BUILT_IN {
        let model = lesson(built.id);
        println!("== {}\n{}\n", built.id, said(&model));
        let chain = debrief::chain(&model);
        assert!(chain.len() <= 5, "{}: {chain:#?}", built.id);
        assert!(chain.is_sorted_by_key(|step| step.at_ns), "{chain:#?}");
        let end = model.doc.scenario.run.duration.0;
        for step in &chain {
            assert!(step.at_ns <= end, "{}: {step:?} of {end}", built.id);
            assert!(
                step.text.contains(|c: char| c.is_ascii_digit()) || step.text.contains("once"),
                "{step:?}"
            );
        }
        assert!(debrief::outcome(&model).is_some() && debrief::paged(&model).is_some());
    }
}

/// Three nodes and nothing to learn: somebody drew it.
const DRAWN: &str = r#"
format = 1
[run]
duration = "120 s"
[clients.users]
arrivals = "poisson"
rate = "100 rps"
[service.front]
slots = 100
service_time = "2 ms"
[database.store]
cores = 8
read_time = "2 ms"
[link.ask]
from = "users"
to = "front"
timeout = "1 s"
[link.look]
from = "front"
to = "store"
timeout = "500 ms"
"#;

fn sent(effects: &[Effect]) -> Vec<&Command> {
    let commands = effects.iter().filter_map(|it| match it {
        Effect::Send(command) => Some(command),
        _ => None,
    });
    commands.collect()
}

#[test]
fn a_drawing_without_a_lesson_has_a_debrief() {
    let entry =
        "[[timeline]]\nwhat = \"crash\"\ntarget = \"store\"\nat = \"60 s\"\nlasts = \"20 s\"\n";
    let alert = "[alert.errors]\nnode = \"front\"\nerror_share_above = \"5 %\"\nwindow = \"5 s\"\n";
    let model = over(format!("{DRAWN}{alert}{entry}"));
    println!("{}", said(&model));
    let chain = debrief::chain(&model);
    assert!(
        chain[0].text.starts_with("store is down: 100 %"),
        "{chain:#?}"
    );
    assert!((59_000_000_000..62_000_000_000).contains(&chain[0].at_ns));
    assert_eq!(
        planned::line(&model).as_deref(),
        Some("Planned was just that: store crashes, at 60 s.")
    );
    let outcome = debrief::outcome(&model).unwrap();
    assert!(outcome.starts_with("users were served again"), "{outcome}");
    let paged = debrief::paged(&model).unwrap();
    assert!(
        paged.starts_with("You would have been paged after"),
        "{paged}"
    );
    assert!(paged.ends_with("by the alert errors."), "{paged}");
    let next = debrief::next(&model);
    assert!(
        next.starts_with("Store: give it a second instance"),
        "{next}"
    );
}

#[test]
fn where_nobody_was_hurt_nobody_is_to_blame() {
    let model = over(DRAWN.to_owned());
    let outcome = debrief::outcome(&model).unwrap();
    assert!(
        outcome.starts_with("nobody was hurt: every user was served, 99 of 100 within "),
        "{outcome}"
    );
    assert_eq!(debrief::chain(&model), []);
    assert_eq!(
        (debrief::others(&model), planned::line(&model)),
        (None, None)
    );
    let paged = debrief::paged(&model).unwrap();
    assert_eq!(paged, "Nothing would have paged you, and nothing had to.");
    assert!(debrief::next(&model).starts_with("It held."));
}

/// A plan that nobody notices is no cause of what somebody else did.
#[test]
fn what_was_planned_elsewhere_is_said_to_be_something_else() {
    let blip = "[[timeline]]\nwhat = \"slow\"\ntarget = \"front\"\nat = \"10 s\"\nlasts = \"1 s\"\nfactor = \"1.2x\"\n";
    let mut model = over(format!("{DRAWN}{blip}"));
    assert_eq!(planned::line(&model), None);
    let crash =
        "[[timeline]]\nwhat = \"crash\"\ntarget = \"store\"\nat = \"60 s\"\nlasts = \"20 s\"\n";
    let found = session::told_at_end(&format!("{DRAWN}{crash}"), 1)
        .unwrap()
        .1;
    model.run.found = Some(Arc::new(Found {
        at_ns: 0,
        what: found,
    }));
    assert_eq!(
        planned::line(&model).as_deref(),
        Some("Planned was something else: front 1.2× slower, at 10 s.")
    );
}

#[test]
fn harm_to_data_alone_is_harm() {
    let model = lesson("s05-charged-twice");
    let chain = debrief::chain(&model);
    let is_wrong = |step: &crate::explain::Step| step.text.contains("done more than once");
    assert!(chain.iter().any(is_wrong), "{chain:#?}");
    let twice = model.run.report.as_ref().unwrap().ledger.duplicate;
    let outcome = debrief::outcome(&model).unwrap();
    assert!(outcome.contains("every user was served, and ") && outcome.contains("done twice"));
    assert!(
        chain
            .iter()
            .any(|step| step.text.contains(&format!(" {twice} times"))),
        "{chain:#?}"
    );
}

#[test]
fn a_run_that_stands_still_says_why_if_it_is_asked() {
    let mut model = ready();
    bet(&mut model, "never");
    update(&mut model, Msg::PlayPause);
    assert!(
        sent(&update(&mut model, Msg::Explain)).is_empty(),
        "it runs"
    );
    let mut session = session::Session::load(&model.doc.text, model.seed).unwrap();
    session.advance(crate::time::Time(60_000_000_000), || false);
    let run = model.run.id;
    let frame = Arc::new(session.frame(run));
    let (series, wall_ms) = (Arc::default(), 5.0);
    update(
        &mut model,
        Msg::Tick {
            frame,
            series,
            wall_ms,
        },
    );
    update(&mut model, Msg::PlayPause);
    assert_eq!(debrief::so_far(&model), Some(None));
    let asked = update(&mut model, Msg::Explain);
    assert!(matches!(sent(&asked)[..], [Command::Explain { .. }]));
    let (at_ns, found) = (session.now().0, Box::new(session.explanation()));
    update(&mut model, Msg::Explained { run, at_ns, found });
    assert_eq!(debrief::so_far(&model), Some(Some("Up to now:".to_owned())));
    let chain = debrief::chain(&model);
    assert!(
        chain[0].text.starts_with("Catalogue works more slowly"),
        "{chain:#?}"
    );
    assert!(chain.iter().all(|step| step.at_ns <= at_ns), "{chain:#?}");

    // Going back and coming again, or going on, it is the same explanation.
    session.seek(crate::time::Time(20_000_000_000));
    assert_eq!(session.explanation().harm, None);
    session.seek(crate::time::Time(60_000_000_000));
    assert_eq!(session.explanation().chain, chain);
    session.advance(crate::time::Time::NEVER, || false);
    let (_, at_end) = told(&model);
    assert_eq!(session.explanation(), *at_end);
}

/// What is done to a run while it goes is part of what is watched.
#[test]
fn what_is_done_live_is_found() {
    let mut session = session::Session::load(DRAWN, 1).unwrap();
    session.advance(crate::time::Time(50_000_000_000), || false);
    let fields = [("target", "store"), ("lasts", "20 s")];
    let fields = fields.map(|(field, value)| (field.to_owned(), value.to_owned()));
    let (what, fields) = ("crash".to_owned(), fields.to_vec());
    let act = Act::Add { what, fields };
    session.act(&act).unwrap();
    session.advance(crate::time::Time::NEVER, || false);
    let found = session.explanation();
    let culprit = found.culprit.expect("somebody did it");
    assert_eq!(
        (culprit.component.key(), culprit.mechanism.code()),
        ("store", "down")
    );
}
