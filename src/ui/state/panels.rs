//! How large the panels around the drawing are, where somebody has moved their borders. There is always room
//! left for the drawing: the style sheet holds to the same limits when the window becomes smaller.

use serde::{Deserialize, Serialize};

use super::model::Room;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    Story,
    Knobs,
    /// Time and charts, below.
    Dock,
}

/// CSS pixels of the panels that somebody has moved; the others are as the style sheet has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sizes {
    story: Option<u16>,
    knobs: Option<u16>,
    dock: Option<u16>,
}

impl Sizes {
    pub fn get(&self, panel: Panel) -> Option<u16> {
        match panel {
            Panel::Story => self.story,
            Panel::Knobs => self.knobs,
            Panel::Dock => self.dock,
        }
    }

    pub fn set(&mut self, panel: Panel, to: Option<u16>) {
        match panel {
            Panel::Story => self.story = to,
            Panel::Knobs => self.knobs = to,
            Panel::Dock => self.dock = to,
        }
    }
}

/// One press of an arrow key; with shift.
const STEP: i32 = 16;
const FAR_STEP: i32 = 64;

impl Panel {
    pub const ALL: [Panel; 3] = [Panel::Story, Panel::Knobs, Panel::Dock];

    /// The property of the style sheet, and the id of the element.
    pub fn key(self) -> &'static str {
        match self {
            Panel::Story => "story",
            Panel::Knobs => "knobs",
            Panel::Dock => "dock",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Panel::Story => "Width of the story",
            Panel::Knobs => "Width of the knobs",
            Panel::Dock => "Height of time and charts",
        }
    }

    /// Its border runs from top to bottom.
    pub fn is_beside(self) -> bool {
        self != Panel::Dock
    }

    /// The sizes of the style sheet.
    fn usual(self, room: Room) -> u16 {
        match (self, room) {
            (Panel::Dock, Room::Wide) => 236,
            (Panel::Dock, _) => 200,
            (_, Room::Wide) => 320,
            (Panel::Story, _) => 304,
            (Panel::Knobs, _) => 320,
        }
    }

    /// Smallest and largest in a window of this width and height.
    pub fn limits(self, (width, height): (f64, f64)) -> (u16, u16) {
        let half = |of: f64| (of / 2.0).floor().clamp(0.0, 2_000.0) as u16;
        match self {
            Panel::Dock => (150, half(height).max(150)),
            Panel::Story | Panel::Knobs => (240, half(width).clamp(240, 480)),
        }
    }

    /// What it is now.
    pub fn size(self, sizes: &Sizes, room: Room, window: (f64, f64)) -> u16 {
        let (least, most) = self.limits(window);
        let asked = sizes.get(self).unwrap_or(self.usual(room));
        asked.clamp(least, most)
    }

    /// What it becomes when its border is pulled so far, to the right or down.
    pub fn pulled(self, from: u16, by: f64, window: (f64, f64)) -> u16 {
        let (least, most) = self.limits(window);
        let by = match self {
            Panel::Story => by,
            Panel::Knobs | Panel::Dock => -by,
        };
        (f64::from(from) + by).clamp(f64::from(least), f64::from(most)) as u16
    }

    /// What it becomes by a key on its border: arrows move the border, the outer `None` is no key of its own.
    pub fn keyed(self, key: &str, far: bool, now: u16, window: (f64, f64)) -> Option<Option<u16>> {
        let step = f64::from(if far { FAR_STEP } else { STEP });
        let (least, most) = self.limits(window);
        let moved = |by: f64| Some(Some(self.pulled(now, by, window)));
        match (key, self.is_beside()) {
            ("ArrowRight", true) | ("ArrowDown", false) => moved(step),
            ("ArrowLeft", true) | ("ArrowUp", false) => moved(-step),
            ("Home", _) => Some(Some(least)),
            ("End", _) => Some(Some(most)),
            ("Enter", _) => Some(None),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: (f64, f64) = (1440.0, 900.0);

    #[test]
    fn arrows_move_the_border_and_not_the_panel() {
        let keyed = |panel: Panel, key| panel.keyed(key, false, 320, WINDOW);
        assert_eq!(keyed(Panel::Story, "ArrowRight"), Some(Some(336)));
        assert_eq!(keyed(Panel::Knobs, "ArrowRight"), Some(Some(304)));
        assert_eq!(keyed(Panel::Dock, "ArrowUp"), Some(Some(336)));
        assert_eq!(keyed(Panel::Dock, "ArrowRight"), None);
        assert_eq!(keyed(Panel::Story, "ArrowUp"), None);
        assert_eq!(keyed(Panel::Story, "Home"), Some(Some(240)));
        assert_eq!(keyed(Panel::Story, "End"), Some(Some(480)));
        assert_eq!(keyed(Panel::Dock, "End"), Some(Some(450)));
        assert_eq!(keyed(Panel::Dock, "Enter"), Some(None));
    }

    #[test]
    fn the_drawing_keeps_its_room_in_every_window_with_panels() {
        for width in (760..=2_000).step_by(20) {
            for height in (400..=1_200).step_by(50) {
                let window = (f64::from(width), f64::from(height));
                let most = |panel: Panel| f64::from(panel.limits(window).1);
                let sides = match width < 1_280 {
                    // One at a time.
                    true => most(Panel::Story),
                    false => most(Panel::Story) + most(Panel::Knobs),
                };
                assert!(window.0 - sides >= 320.0, "{window:?}");
                // Bar and strip are 106 high at most.
                assert!(window.1 - most(Panel::Dock) - 106.0 >= 90.0, "{window:?}");
            }
        }
    }

    #[test]
    fn what_was_kept_from_a_larger_window_fits() {
        let mut sizes = Sizes::default();
        assert_eq!(Panel::Story.size(&sizes, Room::Middle, WINDOW), 304);
        sizes.set(Panel::Story, Some(480));
        assert_eq!(Panel::Story.size(&sizes, Room::Middle, (800.0, 600.0)), 400);
        sizes.set(Panel::Story, Some(3));
        assert_eq!(Panel::Story.size(&sizes, Room::Wide, WINDOW), 240);
    }
}
