//! Two doors into every scenario: shown first, or tried first. Whichever it is, design, run and undo are the same.

use super::super::model::{Model, Room};
use super::super::names;
use super::super::update::{self, Effect, Msg};
use super::super::words;
use super::{Ask, catalogue};
use crate::design::nearest;
use crate::scenario::built_in::BUILT_IN;
use crate::scenario::starts;

/// How a learner comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// A prediction, a worked example, then the run, with the few knobs that the lesson is about.
    #[default]
    Guided,
    /// The problem and its goals, and the whole editor.
    Cold,
}

impl Door {
    pub const ALL: [Door; 2] = [Door::Guided, Door::Cold];

    /// As addresses and what is kept have it.
    pub fn key(self) -> &'static str {
        match self {
            Door::Guided => "guided",
            Door::Cold => "cold",
        }
    }

    pub fn from_key(key: &str) -> Option<Door> {
        Door::ALL.into_iter().find(|door| door.key() == key)
    }

    pub fn label(self) -> &'static str {
        match self {
            Door::Guided => "Show me first",
            Door::Cold => "Let me try",
        }
    }
}

/// What a lesson shows before its first run, in the words of its own file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What is put on the timeline: "Catalogue 5× slower, at 30 s".
    pub planned: Option<String>,
    /// What the start design does, and why.
    pub start: Option<(String, String)>,
    /// One change of it, what it is called and what it does.
    pub change: Option<(String, String)>,
}

/// Guided, once there is a prediction that it could spoil no more, and until the run begins. The change is one
/// that does not solve it: what does is the last hint, and what is left to find.
pub fn example(model: &Model) -> Option<Example> {
    let fresh = model.runs_done == 0 && !model.has_begun() && model.doc.part().is_none();
    if model.learning.door != Door::Guided || !fresh || !model.has_predicted() {
        return None;
    }
    let scenario = &model.doc.scenario;
    let lesson = &scenario.lesson;
    let start = lesson.bets.iter().find(|bet| bet.right);
    let changes = lesson.backfires.iter().chain(&lesson.not_enough);
    let change = changes.last().or(lesson.fixes.last());
    let said = |label: &str, because: &str| (label.to_owned(), because.trim().to_owned());
    let entries: Vec<String> = scenario
        .timeline
        .iter()
        .take(2)
        .map(|entry| {
            let at = words::seconds_short(entry.begins().0);
            format!("{}, at {at}", names::entry(scenario, entry))
        })
        .collect();
    let example = Example {
        planned: (!entries.is_empty()).then(|| entries.join("; ")),
        start: start.map(|bet| said(&bet.label, &bet.because)),
        change: change.map(|it| said(&it.label, &it.because)),
    };
    (example.start.is_some() || example.change.is_some()).then_some(example)
}

/// The knobs of the lesson stand out: after a guided run that did not pass, and once a hint has come that far.
pub fn glows(model: &Model) -> bool {
    let report = model.run.report.as_ref();
    let failed = report.is_some_and(|report| !report.passed);
    failed && model.learning.door == Door::Guided || model.hints >= 3
}

/// Midway too: nothing of the design, the run or the log is touched.
pub fn choose(model: &mut Model, door: Door) -> Vec<Effect> {
    model.learning.door = door;
    let has_lesson = !model.doc.scenario.lesson.hook.is_empty();
    match door {
        Door::Cold => {
            model.editor.on = true;
            model.knobs_open = false;
        }
        Door::Guided => {
            model.editor.on = !has_lesson;
            let failed = model.run.report.as_ref().is_some_and(|it| !it.passed);
            model.knobs_open = failed && has_lesson && model.room == Room::Wide;
        }
    }
    model
        .said
        .answer(format!("{}. The design stays.", door.label()));
    vec![Effect::Save]
}

/// Straight to the hardest lesson that is not passed yet: the highest level, of those the one that takes longest,
/// of those the last in the list.
pub fn hardest(model: &mut Model) -> Vec<Effect> {
    let open = catalogue::all().iter();
    let open = open.filter(|entry| !model.learning.has_passed(entry.id));
    let Some(entry) = open.max_by_key(|entry| (entry.level, entry.minutes, entry.id)) else {
        model.toast("Every lesson is passed. Draw a system of your own, and break it.".into());
        return Vec::new();
    };
    let mut effects = choose(model, Door::Cold);
    effects.extend(update::update(model, Msg::OpenBuiltIn(entry.id)));
    effects
}

/// What an address asks for by name. The one that is on the page already stays as it was left.
pub fn open_named(model: &mut Model, name: &str, seed: Option<u64>) -> Vec<Effect> {
    if model.doc.name().strip_suffix(".toml") == Some(name) {
        return Vec::new();
    }
    let lesson = BUILT_IN.iter().find(|it| it.id == name);
    let msg = match (lesson, starts::find(name)) {
        (Some(lesson), _) => Msg::OpenBuiltIn(lesson.id),
        (None, Some(start)) => Msg::OpenStart(start.id),
        (None, None) => return unknown(model, name, true),
    };
    model.learning.asked_seed = seed;
    update::update(model, msg)
}

/// There is nothing of this name; which lessons there are, and which starting points if those were asked for too.
pub fn unknown(model: &mut Model, name: &str, points_too: bool) -> Vec<Effect> {
    let name: String = name.chars().take(60).collect();
    let lessons = || BUILT_IN.iter().map(|it| it.id);
    let points = || {
        let points = starts::STARTS.iter().filter(|_| points_too);
        points.map(|it| it.id)
    };
    // Who remembers how a name begins has not mistyped it, if only one begins so.
    let mut begun = lessons().chain(points()).filter(|it| it.starts_with(&name));
    let near = match (begun.next(), begun.next()) {
        (Some(only), None) => Some(only),
        _ => nearest::nearest(&name, lessons().chain(points())),
    };
    let near = near.map_or(String::new(), |near| format!("did you mean {near}? "));
    let list = |ids: Vec<&str>| ids.join(", ");
    let kind = if points_too { "scenario" } else { "lesson" };
    let why = format!("there is no {kind} of this name in this build");
    let mut help = format!("{near}Lessons: {}", list(lessons().collect()));
    if points_too {
        help.push_str(". Starting points: ");
        help.push_str(&list(points().collect()));
    }
    update::not_opened(model, &name, why, Some(help))
}

pub fn update(model: &mut Model, ask: Ask) -> Vec<Effect> {
    match ask {
        Ask::Door(door) => choose(model, door),
        Ask::Example => {
            model.learning.sees_example = true;
            vec![Effect::Focus("example")]
        }
        Ask::Hardest => hardest(model),
        Ask::OpenNamed { name, seed } => open_named(model, &name, seed),
        _ => Vec::new(),
    }
}
