//! What two windows of one room write to each other, as JSON. The window with notes asks every second, and the one for
//! everybody answers with all there is: so whichever of them is opened anew knows it all a second later.

use serde::{Deserialize, Serialize};

use super::{Deed, Do, Room, Window, done, is_twice};
use crate::ui::state::model::{Model, Status};
use crate::ui::state::update::Effect;
use crate::version::BUILD;

/// How a window looks: height of its letters, width and height, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub type_px: f64,
    pub wide: f64,
    pub high: f64,
}

/// How the window for everybody is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub room: Room,
    /// "ready", "playing" and so on.
    pub status: String,
    /// Why it cannot run.
    pub why_not: Option<String>,
    /// Of a run that is over: it passed.
    pub passed: Option<bool>,
    /// There is another one.
    pub twice: bool,
    pub look: Look,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The window with notes is there, and asks how it stands.
    Hello,
    /// One of the two goes.
    Bye,
    Do(Do),
    Stands(Box<Standing>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Letter {
    /// Two releases do not talk to each other.
    build: String,
    scenario: String,
    notes: bool,
    what: What,
}

/// Of a letter of any release.
#[derive(Deserialize)]
struct Head {
    build: String,
    scenario: String,
}

pub fn post(model: &Model, what: What) -> Effect {
    let letter = Letter {
        build: BUILD.to_owned(),
        scenario: model.rooms.room.scenario.clone(),
        notes: model.rooms.window == Window::Notes,
        what,
    };
    // Its keys are text, so it can always be written.
    Effect::Room(Deed::Post(
        serde_json::to_string(&letter).unwrap_or_default(),
    ))
}

pub fn post_standing(model: &Model) -> Effect {
    let status = match model.run.status {
        Status::Waiting => "waiting",
        Status::Ready => "ready",
        Status::Playing => "playing",
        Status::Paused => "paused",
        Status::Over => "over",
        Status::Crashed(_) => "crashed",
    };
    let standing = Standing {
        room: model.rooms.room.clone(),
        status: status.to_owned(),
        why_not: model.why_not_run(),
        passed: model.at_end().map(|report| report.passed),
        twice: is_twice(model),
        look: model.rooms.look,
    };
    post(model, What::Stands(Box::new(standing)))
}

pub fn heard(model: &mut Model, text: &str) -> Vec<Effect> {
    let Ok(head) = serde_json::from_str::<Head>(text) else {
        return Vec::new();
    };
    if head.scenario != model.rooms.room.scenario {
        return Vec::new();
    }
    let letter = serde_json::from_str::<Letter>(text);
    let Some(letter) = letter.ok().filter(|_| head.build == BUILD) else {
        model.rooms.foreign = true;
        return Vec::new();
    };
    let notes = model.rooms.window == Window::Notes;
    if letter.notes == notes {
        // A second window of the same kind. Two with notes do no harm.
        if !notes {
            model.rooms.twice_ms = model.learning.now_ms.max(1);
        }
        return Vec::new();
    }
    let was_there = model.rooms.heard_ms > 0;
    let rooms = &mut model.rooms;
    rooms.foreign = false;
    rooms.heard_ms = model.learning.now_ms.max(1);
    match letter.what {
        What::Bye => {
            rooms.heard_ms = 0;
            Vec::new()
        }
        What::Stands(standing) if notes => {
            rooms.room = standing.room.clone();
            rooms.other = Some(*standing);
            if !was_there {
                model.said.answer("The window for everybody is there.");
            }
            Vec::new()
        }
        What::Do(what) if !notes => {
            let mut effects = done(model, what);
            effects.extend([Effect::Save, post_standing(model)]);
            effects
        }
        What::Hello if !notes => vec![post_standing(model)],
        _ => Vec::new(),
    }
}
