//! Ready for the room: what has to be so before people come, and what to do where it is not. What cannot be known is
//! said to be unknown.

use super::Rooms;
use crate::ui::state::model::Model;

/// Type that is read from the last row.
pub const TYPE_PX: f64 = 18.0;
/// The window for everybody answers every second.
pub const SILENT_MS: u64 = 5_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Good,
    Bad,
    Unknown,
}

impl State {
    pub fn mark(self) -> &'static str {
        match self {
            State::Good => "✓",
            State::Bad => "✕",
            State::Unknown => "?",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            State::Good => "ok",
            State::Bad => "not",
            State::Unknown => "cannot tell",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub key: &'static str,
    pub what: &'static str,
    pub state: State,
    /// What is so, and what helps if it should not be.
    pub says: String,
}

/// The window for everybody is there, as far as the one with notes has heard.
pub fn is_connected(model: &Model) -> bool {
    let rooms = &model.rooms;
    let silent = model.learning.now_ms.saturating_sub(rooms.heard_ms);
    rooms.heard_ms > 0 && silent < SILENT_MS
}

pub fn checks(model: &Model) -> [Check; 5] {
    let rooms = &model.rooms;
    let connected = is_connected(model);
    let check = |key, what, (state, says): (State, String)| Check {
        key,
        what,
        state,
        says,
    };
    [
        check("room", "The window for everybody", window(rooms, connected)),
        check("lesson", "The lesson", lesson(rooms, connected)),
        check("type", "Size of type", size(rooms, connected)),
        check("offline", "Without a network", offline(rooms)),
        check("storage", "Storage", storage(rooms)),
    ]
}

const OPEN_IT: &str = "Open the window for everybody.";

fn window(rooms: &Rooms, connected: bool) -> (State, String) {
    if rooms.no_channel {
        let why = "This browser has no channel between windows. Count and reveal in the window for everybody itself.";
        return (State::Bad, why.to_owned());
    }
    if rooms.foreign {
        let why = "It is of another release of the page. Reload both windows.";
        return (State::Bad, why.to_owned());
    }
    match &rooms.other {
        Some(other) if other.twice && connected => {
            (State::Bad, "Two windows show it. Close one.".into())
        }
        Some(other) if connected => {
            let (wide, high) = (other.look.wide, other.look.high);
            (
                State::Good,
                format!("Connected, {wide:.0} × {high:.0} pixels."),
            )
        }
        Some(_) => (
            State::Bad,
            format!("It does not answer any more. {OPEN_IT}"),
        ),
        None => (State::Bad, format!("It was not heard yet. {OPEN_IT}")),
    }
}

fn unknown() -> (State, String) {
    (State::Unknown, OPEN_IT.to_owned())
}

fn lesson(rooms: &Rooms, connected: bool) -> (State, String) {
    let Some(other) = rooms.other.as_ref().filter(|_| connected) else {
        return unknown();
    };
    match (&other.why_not, other.status.as_str()) {
        (Some(why), _) => (State::Bad, format!("It cannot run. {why}")),
        (None, "waiting") => (State::Unknown, "The simulator starts.".into()),
        (None, "crashed") => (
            State::Bad,
            "The simulator stopped. Start it again there.".into(),
        ),
        (None, _) => (State::Good, "Loaded, and can run.".into()),
    }
}

fn size(rooms: &Rooms, connected: bool) -> (State, String) {
    let Some(other) = rooms.other.as_ref().filter(|_| connected) else {
        return unknown();
    };
    let px = other.look.type_px;
    match px >= TYPE_PX {
        true => (
            State::Good,
            format!("{px:.0} pixels in the window for everybody."),
        ),
        false => {
            let why = format!("{px:.0} pixels, and {TYPE_PX:.0} are needed. Reload it.");
            (State::Bad, why)
        }
    }
}

fn offline(rooms: &Rooms) -> (State, String) {
    let (state, says) = match rooms.offline.as_deref() {
        None => (State::Unknown, "Asking.".to_owned()),
        Some("ok") => (State::Good, "All files are kept in this browser.".into()),
        Some("open") => (
            State::Bad,
            "All files are kept, and this window was opened before that. Reload it.".into(),
        ),
        Some("none") => (
            State::Bad,
            "Nothing is kept in this browser yet: wait a moment and check again. A private window, or an address \
             without HTTPS, keeps nothing."
                .into(),
        ),
        Some(other) => match other.parse::<u32>() {
            Ok(missing) => (
                State::Bad,
                format!("Files that are missing: {missing}. Reload with a network, and check again."),
            ),
            Err(_) => (
                State::Unknown,
                "The browser does not say. Switch the network off, and reload.".into(),
            ),
        },
    };
    (state, says)
}

fn storage(rooms: &Rooms) -> (State, String) {
    match &rooms.storage {
        None => (State::Unknown, "Asking.".into()),
        Some(Ok(())) => (
            State::Good,
            "What is counted outlives a reload: written, and read back.".into(),
        ),
        Some(Err(why)) => (
            State::Bad,
            format!("What is counted is lost with a reload: {why}. Write the counts down."),
        ),
    }
}
