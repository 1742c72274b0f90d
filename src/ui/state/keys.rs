//! The one list of keyboard shortcuts: the page acts on it and the `?` sheet shows it.

use super::model::{Dialog, Theme};
use super::update::Msg;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    PlayPause,
    Step,
    Restart,
    NewSeed,
    Continue,
    Knobs,
    Story,
    Undo,
    Redo,
    Theme,
    Help,
    Words,
    Bet(usize),
}

#[derive(Clone, Copy, Debug)]
pub struct Shortcut {
    /// As shown: "Space", "Shift R".
    pub shown: &'static str,
    /// `KeyboardEvent.key`, with shift and control or command.
    key: &'static str,
    shift: bool,
    control: bool,
    pub what: &'static str,
    pub act: Act,
}

const fn plain(shown: &'static str, key: &'static str, what: &'static str, act: Act) -> Shortcut {
    Shortcut {
        shown,
        key,
        shift: false,
        control: false,
        what,
        act,
    }
}

pub static SHORTCUTS: &[Shortcut] = &[
    plain("Space", " ", "Run or pause", Act::PlayPause),
    plain(
        ".",
        ".",
        "One step: the next thing that can be seen",
        Act::Step,
    ),
    plain("R", "r", "Restart with the same seed", Act::Restart),
    Shortcut {
        shown: "Shift R",
        key: "r",
        shift: true,
        control: false,
        what: "Restart with a new seed",
        act: Act::NewSeed,
    },
    plain(
        "Esc",
        "Escape",
        "Go on after the first failure; close what is open",
        Act::Continue,
    ),
    plain("1", "1", "First prediction", Act::Bet(0)),
    plain("2", "2", "Second prediction", Act::Bet(1)),
    plain("3", "3", "Third prediction", Act::Bet(2)),
    plain("K", "k", "Knobs", Act::Knobs),
    plain("S", "s", "Story", Act::Story),
    plain("T", "t", "Light, dark, or as the system", Act::Theme),
    plain("G", "g", "Words used here", Act::Words),
    Shortcut {
        shown: "Ctrl Z",
        key: "z",
        shift: false,
        control: true,
        what: "Undo a change of a knob",
        act: Act::Undo,
    },
    Shortcut {
        shown: "Ctrl Shift Z",
        key: "z",
        shift: true,
        control: true,
        what: "Redo",
        act: Act::Redo,
    },
    plain("?", "?", "This list", Act::Help),
];

impl Act {
    /// Acts also where single keys are switched off.
    pub fn is_always_on(self) -> bool {
        matches!(self, Act::Undo | Act::Redo | Act::Continue)
    }
}

/// Which shortcut this is. `key` as the browser names it.
pub fn find(key: &str, shift: bool, control: bool) -> Option<Act> {
    let lower = key.to_lowercase();
    let of_letter = lower.chars().all(char::is_alphabetic);
    SHORTCUTS
        .iter()
        .find(|s| {
            // Shift is part of how a sign is typed, and only letters have a second meaning with it.
            s.key.to_lowercase() == lower
                && s.control == control
                && (!of_letter || s.shift == shift)
        })
        .map(|s| s.act)
}

/// The message of an act that needs nothing but itself.
pub fn message(act: Act) -> Option<Msg> {
    Some(match act {
        Act::PlayPause => Msg::PlayPause,
        Act::Step => Msg::Step,
        Act::Restart => Msg::Restart,
        Act::Continue => Msg::Escape,
        Act::Knobs => Msg::ToggleKnobs,
        Act::Story => Msg::ToggleStory,
        Act::Undo => Msg::Undo,
        Act::Redo => Msg::Redo,
        Act::Theme => Msg::NextTheme,
        Act::Help => Msg::Dialog(Some(Dialog::Keys)),
        Act::Words => Msg::Dialog(Some(Dialog::Words)),
        Act::NewSeed | Act::Bet(_) => return None,
    })
}

impl Theme {
    pub fn label(self) -> &'static str {
        match self {
            Theme::System => "Theme: as the system",
            Theme::Light => "Theme: light",
            Theme::Dark => "Theme: dark",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_as_browsers_name_them() {
        assert_eq!(find(" ", false, false), Some(Act::PlayPause));
        assert_eq!(find("r", false, false), Some(Act::Restart));
        assert_eq!(find("R", true, false), Some(Act::NewSeed));
        assert_eq!(find("?", true, false), Some(Act::Help));
        assert_eq!(find("z", false, true), Some(Act::Undo));
        assert_eq!(find("Z", true, true), Some(Act::Redo));
        assert_eq!(find("Escape", false, false), Some(Act::Continue));
        assert_eq!(find("r", false, true), None);
        assert_eq!(find("q", false, false), None);
    }
}
