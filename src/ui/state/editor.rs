//! What somebody who draws has in hand: the selection, the tool, what is open beside the drawing.

use std::collections::BTreeSet;

use crate::design::Design;
use crate::scenario::draw::Thing;

/// Everything about drawing that is not in the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Editor {
    /// The palette is there, nodes have ports and can be moved.
    pub on: bool,
    pub selected: BTreeSet<Thing>,
    /// The entry of the timeline that is being looked at, from 0.
    pub entry: Option<usize>,
    pub tool: Tool,
    pub pane: Option<Pane>,
    /// What was typed into the open pane, and which of its lines is chosen.
    pub typed: String,
    pub chosen: usize,
    /// What was copied, where the system's clipboard cannot be read.
    pub clip: String,
    /// How often that was pasted: each time a little further.
    pub pasted: u32,
}

/// What the next click on the drawing does.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Tool {
    #[default]
    Select,
    /// Connects this node to the one that is clicked.
    Connect { from: String },
    /// Puts the selection where the click is.
    MoveTo,
    /// Clicks add to the selection.
    Add,
}

/// Small windows, one at a time.
#[derive(Clone, Debug, PartialEq)]
pub enum Pane {
    /// Search for a kind or a product, and add it.
    QuickAdd {
        /// Connect it from this node.
        from: Option<String>,
        /// Where, in the drawing's own units; a free place if absent.
        at: Option<(i32, i32)>,
    },
    /// Nodes that a node can be connected to.
    Connect { from: String },
    /// Every command.
    Commands,
    /// What can be done with the selection, at a place of the canvas.
    Menu { x: f64, y: f64 },
    /// What can be added to the timeline.
    Happen,
    /// Scenarios and an empty page to open.
    Open,
}

/// Four ways on a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Left,
    Right,
    Up,
    Down,
}

impl Way {
    pub fn step(self) -> (i32, i32) {
        match self {
            Way::Left => (-1, 0),
            Way::Right => (1, 0),
            Way::Up => (0, -1),
            Way::Down => (0, 1),
        }
    }

    /// Of an arrow key.
    pub fn of_key(key: &str) -> Option<Way> {
        match key {
            "ArrowLeft" => Some(Way::Left),
            "ArrowRight" => Some(Way::Right),
            "ArrowUp" => Some(Way::Up),
            "ArrowDown" => Some(Way::Down),
            _ => None,
        }
    }
}

/// Where selected nodes are lined up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Centre,
    Right,
    Top,
    Middle,
    Bottom,
    /// The same space between each two.
    Across,
    Down,
}

impl Editor {
    pub fn nodes(&self) -> Vec<String> {
        let keys = self.selected.iter().filter_map(|thing| match thing {
            Thing::Node(key) => Some(key.clone()),
            _ => None,
        });
        keys.collect()
    }

    /// The one thing that is selected.
    pub fn only(&self) -> Option<&Thing> {
        match self.selected.len() {
            1 => self.selected.first(),
            _ => None,
        }
    }

    pub fn only_node(&self) -> Option<&str> {
        match self.only()? {
            Thing::Node(key) => Some(key),
            _ => None,
        }
    }

    pub fn is_selected(&self, thing: &Thing) -> bool {
        self.selected.contains(thing)
    }

    pub fn select(&mut self, things: impl IntoIterator<Item = Thing>) {
        self.selected = things.into_iter().collect();
        self.entry = None;
    }

    pub fn toggle(&mut self, thing: Thing) {
        if !self.selected.remove(&thing) {
            self.selected.insert(thing);
        }
        self.entry = None;
    }

    pub fn open(&mut self, pane: Option<Pane>) {
        self.pane = pane;
        self.typed.clear();
        self.chosen = 0;
    }

    /// Lets go of what is not there any more.
    pub fn forget_gone(&mut self, design: &Design) {
        self.selected.retain(|thing| match thing {
            Thing::Node(key) => design.node(key).is_some(),
            Thing::Link(key) => design.link(key).is_some(),
            Thing::Operation(key) => design.operations.iter().any(|o| o.key == *key),
            Thing::Watched(table, key) => design.watched(table, key).is_some(),
        });
        if let Tool::Connect { from } = &self.tool
            && design.node(from).is_none()
        {
            self.tool = Tool::Select;
        }
    }
}
