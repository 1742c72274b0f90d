//! Going back, doing something, and keeping both futures.

use super::*;
use crate::time::{NS_PER_S, Time};
use crate::ui::state::branches::{self, Ask};
use crate::worker::session::Session;

fn crash() -> Act {
    let fields = [("target", "catalogue"), ("lasts", "20 s")];
    Act::Add {
        what: "crash".into(),
        fields: fields
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
    }
}

/// The lesson run to its end, looked at again at 60 s, where somebody lets something crash.
fn branched() -> (Model, String) {
    let mut model = charts_of_lessons::run("s04-retry-storm", Time::NEVER);
    update(&mut model, Msg::SkipBet);
    let all = told(&model);
    end(&mut model, all);
    let before = model.run.text.clone();
    let effects = update(&mut model, Msg::Seek(60 * NS_PER_S));
    assert!(matches!(effects[..], [Effect::Seek(_)]));
    let effects = update(&mut model, Msg::Act(crash()));
    assert!(matches!(effects[..], [Effect::Send(Command::Act { .. })]));
    let acted = Msg::Acted {
        run: model.run.id,
        at_ns: 60 * NS_PER_S,
        act: crash(),
    };
    update(&mut model, acted);
    (model, before)
}

#[test]
fn what_is_done_to_the_past_keeps_the_future_that_was() {
    let (mut model, before) = branched();
    assert_eq!(model.branches.len(), 1);
    let branch = model.branches[0].clone();
    assert_eq!(
        (branch.text.as_str(), branch.at_ns),
        (before.as_str(), 60 * NS_PER_S)
    );
    assert!(branch.name.contains("crash Catalogue"), "{}", branch.name);
    assert!(
        branches::line(&branch).contains("served; parts at 1 min"),
        "{}",
        branches::line(&branch)
    );
    let after = model.run.text.clone();
    assert_ne!(after, before);

    // There and back: the same two texts, the same moment, one step of the log each.
    let effects = update(&mut model, Msg::Branches(Ask::Go(0)));
    let (text, seed) = loads(&effects).expect("the other future is loaded");
    assert_eq!((text, seed), (before.as_str(), branch.seed));
    assert_eq!(model.branches[0].text, after);
    let plan = Session::load(&before, seed).expect("valid").plan();
    let run = model.run.id;
    let effects = update(&mut model, Msg::Loaded { run, plan });
    assert!(
        effects
            .iter()
            .any(|it| matches!(it, Effect::Seek(at) if *at == 60 * NS_PER_S))
    );
    assert_eq!(model.run.status, Status::Paused);
    update(&mut model, Msg::Branches(Ask::Go(0)));
    assert_eq!(model.doc.text, after);
    update(&mut model, Msg::Undo);
    assert_eq!(model.doc.text, before);

    // Inside a branch any moment is what a fresh run of its text has then.
    let at = Time(75 * NS_PER_S);
    let mut there = Session::load(&before, branch.seed).expect("valid");
    there.advance(Time(60 * NS_PER_S), || false);
    there.act(&crash()).expect("it can be done");
    there.advance(Time(90 * NS_PER_S), || false);
    there.seek(at);
    let mut fresh = Session::load(there.text(), branch.seed).expect("valid");
    fresh.seek(at);
    assert_eq!(there.digest(), fresh.digest());
}

#[test]
fn what_is_done_to_the_present_leaves_nothing_behind_and_the_last_instant_is_over() {
    let mut model = charts_of_lessons::run("s04-retry-storm", Time(30 * NS_PER_S));
    update(&mut model, Msg::SkipBet);
    let acted = Msg::Acted {
        run: model.run.id,
        at_ns: 30 * NS_PER_S,
        act: crash(),
    };
    update(&mut model, acted);
    assert!(model.branches.is_empty());

    // From the last instant nothing can begin: it is said, and nothing is kept.
    let mut model = charts_of_lessons::run("s04-retry-storm", Time::NEVER);
    update(&mut model, Msg::SkipBet);
    let all = told(&model);
    end(&mut model, all);
    let effects = update(&mut model, Msg::Act(crash()));
    assert!(effects.is_empty() && !model.said.text.is_empty());

    // Comparing asks for a twin; forgetting forgets; another document has no futures of this one.
    let (mut model, before) = branched();
    let effects = update(&mut model, Msg::Branches(Ask::Compare(0)));
    let twin = effects.iter().find_map(|it| match it {
        Effect::Send(Command::Twins { twin, .. }) => Some(twin.clone()),
        _ => None,
    });
    assert_eq!(twin.as_deref(), Some(before.as_str()));
    update(&mut model, Msg::Branches(Ask::Forget(0)));
    assert!(model.branches.is_empty());
    let (mut model, _) = branched();
    update(&mut model, Msg::OpenBuiltIn("s01-how-many-users"));
    assert!(model.branches.is_empty());
}
