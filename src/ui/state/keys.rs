//! The one list of commands: the page acts on its keys, the `?` sheet and the command palette show it.

use super::editing::Draw;
use super::editor::{Align, Pane, Tool, Way};
use super::forms::{self, Form};
use super::learning::{self, door::Door};
use super::model::{Dialog, Model, Theme};
use super::update::Msg;
use super::watching::Watch;
use super::{pager, papers, results, rooms, twins, versions};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    PlayPause,
    Step,
    Back,
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
    Commands,
    Open,
    New,
    Save,
    Build,
    QuickAdd,
    Connect,
    Grow(Way),
    Inspect,
    MoveMode,
    AddMode,
    SelectAll,
    Duplicate,
    Delete,
    Copy,
    Cut,
    Paste,
    ZoomIn,
    ZoomOut,
    ZoomFull,
    Fit,
    Focus,
    Tidy,
    Align(Align),
    Kill,
    Slow,
    Lose,
    Happen,
    Outline,
    Svg,
    Png,
    ChartsSvg,
    ChartsPng,
    Share,
    Versions,
    Results,
    AddOperation(&'static str),
    Watch(Watch),
    Blind,
    Form(Form),
    Twin,
    TwinOfStart,
    Progress,
    Door(Door),
    Hardest,
    Others,
    Papers,
    Teach,
    Sheet,
}

/// Where its key acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// On the page, where no field wants the key.
    Page,
    /// While the drawing has the focus.
    Drawing,
}

#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// As shown: "Space", "Shift R"; empty if it has no key.
    pub shown: &'static str,
    /// `KeyboardEvent.key`, with shift and control or command.
    key: &'static str,
    shift: bool,
    control: bool,
    pub at: Where,
    pub what: &'static str,
    pub act: Act,
}

const fn on(
    at: Where,
    shown: &'static str,
    key: &'static str,
    what: &'static str,
    act: Act,
) -> Command {
    Command {
        shown,
        key,
        shift: false,
        control: false,
        at,
        what,
        act,
    }
}

const fn page(shown: &'static str, key: &'static str, what: &'static str, act: Act) -> Command {
    on(Where::Page, shown, key, what, act)
}

const fn drawing(shown: &'static str, key: &'static str, what: &'static str, act: Act) -> Command {
    on(Where::Drawing, shown, key, what, act)
}

impl Command {
    const fn shift(mut self) -> Command {
        self.shift = true;
        self
    }

    const fn control(mut self) -> Command {
        self.control = true;
        self
    }
}

pub static COMMANDS: &[Command] = &[
    page("Space", " ", "Run or pause", Act::PlayPause),
    page(
        ".",
        ".",
        "One step: the next thing that can be seen",
        Act::Step,
    ),
    page(",", ",", "Back by one second of the run", Act::Back),
    page("R", "r", "Restart with the same seed", Act::Restart),
    page("Shift R", "r", "Restart with a new seed", Act::NewSeed).shift(),
    page(
        "Esc",
        "Escape",
        "Go on after the first failure; close what is open",
        Act::Continue,
    ),
    page("1", "1", "First prediction", Act::Bet(0)),
    page("2", "2", "Second prediction", Act::Bet(1)),
    page("3", "3", "Third prediction", Act::Bet(2)),
    page("K", "k", "Knobs", Act::Knobs),
    page("S", "s", "Story", Act::Story),
    page("T", "t", "Light, dark, or as the system", Act::Theme),
    page("G", "g", "Words used here", Act::Words),
    page(
        "Ctrl K",
        "k",
        "Find a command, a node, a scenario",
        Act::Commands,
    )
    .control(),
    page("Ctrl O", "o", "Open a scenario", Act::Open).control(),
    page("", "", "An empty page to draw on", Act::New),
    page("Ctrl S", "s", "Download the scenario file", Act::Save).control(),
    page("Ctrl Z", "z", "Undo", Act::Undo).control(),
    page("Ctrl Shift Z", "z", "Redo", Act::Redo)
        .control()
        .shift(),
    page("Ctrl Y", "y", "Redo", Act::Redo).control(),
    page(
        "B",
        "b",
        "Build: change the drawing, or only look",
        Act::Build,
    ),
    page(
        "O",
        "o",
        "The drawing in words, to read and to change",
        Act::Outline,
    ),
    page("", "", "Put something on the timeline", Act::Happen),
    page(
        "",
        "",
        "Users do something more that reads",
        Act::AddOperation("read"),
    ),
    page(
        "",
        "",
        "Users do something more that writes",
        Act::AddOperation("write"),
    ),
    page(
        "",
        "",
        "Promise users something: an objective (SLO)",
        Act::Watch(Watch::Slo),
    ),
    page(
        "",
        "",
        "Alerts on how fast the error budget is spent",
        Act::Watch(Watch::Burn),
    ),
    page(
        "",
        "",
        "An alert on errors at the selected node",
        Act::Watch(Watch::Errors),
    ),
    page(
        "",
        "",
        "Blind: see only what the design's monitoring sees, or everything again",
        Act::Blind,
    ),
    page(
        "",
        "",
        "A link to this design, and the result code of its run",
        Act::Share,
    ),
    page(
        "",
        "",
        "Versions: keep this design under a name, find one, restore it",
        Act::Versions,
    ),
    page(
        "",
        "",
        "Load test: users, spawn rate, wait time, table, locustfile",
        Act::Form(Form::LoadTest),
    ),
    page(
        "",
        "",
        "Assumptions: from people a day to requests per second",
        Act::Form(Form::Assumptions),
    ),
    page("", "", "Check result codes of others", Act::Results),
    page(
        "",
        "",
        "Documents: design document, runbook, post-mortem, from runs",
        Act::Papers,
    ),
    page(
        "",
        "",
        "For a room: this lesson in a window for everybody; from there, the notes",
        Act::Teach,
    ),
    page(
        "",
        "",
        "Print a handout: drawing, question, boxes for bets, space for notes",
        Act::Sheet,
    ),
    page(
        "W",
        "w",
        "What if not? A twin run without the chosen entry of the timeline",
        Act::Twin,
    ),
    page(
        "",
        "",
        "Compare with the design as it was opened: a twin run",
        Act::TwinOfStart,
    ),
    page(
        "P",
        "p",
        "Progress: the map of lessons, reviews that are due, export and import",
        Act::Progress,
    ),
    page(
        "",
        "",
        "Show me first: predictions, a worked example, the knobs of the lesson",
        Act::Door(Door::Guided),
    ),
    page(
        "",
        "",
        "Let me try: the problem, its goals, and the whole editor",
        Act::Door(Door::Cold),
    ),
    page(
        "",
        "",
        "I know this: show me the hardest lesson that is not passed yet",
        Act::Hardest,
    ),
    page(
        "",
        "",
        "Other designs that pass: those of the lesson beside mine",
        Act::Others,
    ),
    page("", "", "Save the drawing as SVG", Act::Svg),
    page("", "", "Save the drawing as PNG", Act::Png),
    page("", "", "Save the charts as SVG", Act::ChartsSvg),
    page("", "", "Save the charts as PNG", Act::ChartsPng),
    page("?", "?", "This list", Act::Help),
    drawing(
        "A",
        "a",
        "Add a node: search by kind or product",
        Act::QuickAdd,
    ),
    drawing(
        "/",
        "/",
        "Add a node: search by kind or product",
        Act::QuickAdd,
    ),
    drawing(
        "C",
        "c",
        "Connect the selected node: choose to which",
        Act::Connect,
    ),
    drawing(
        "N →",
        "",
        "Grow a connected node to the right",
        Act::Grow(Way::Right),
    ),
    drawing(
        "N ↓",
        "",
        "Grow a connected node below",
        Act::Grow(Way::Down),
    ),
    drawing("N ↑", "", "Grow a connected node above", Act::Grow(Way::Up)),
    drawing(
        "N ←",
        "",
        "Grow a connected node to the left",
        Act::Grow(Way::Left),
    ),
    drawing("Enter", "Enter", "Knobs of what is selected", Act::Inspect),
    drawing(
        "M",
        "m",
        "Move: arrows move what is selected, or click where it goes",
        Act::MoveMode,
    ),
    drawing(
        "Shift Space",
        " ",
        "Select several: clicks and arrows add to the selection",
        Act::AddMode,
    )
    .shift(),
    drawing("Ctrl A", "a", "Select all nodes", Act::SelectAll).control(),
    drawing("Ctrl C", "", "Copy", Act::Copy),
    drawing("Ctrl X", "", "Cut", Act::Cut),
    drawing("Ctrl V", "", "Paste", Act::Paste),
    drawing("Ctrl D", "d", "Duplicate", Act::Duplicate).control(),
    drawing("Del", "Delete", "Delete what is selected", Act::Delete),
    drawing(
        "Backspace",
        "Backspace",
        "Delete what is selected",
        Act::Delete,
    ),
    drawing("+", "+", "Closer", Act::ZoomIn),
    drawing("−", "-", "Further away", Act::ZoomOut),
    drawing("0", "0", "Full size", Act::ZoomFull),
    drawing("1", "1", "All of it in sight", Act::Fit),
    drawing("F", "f", "The selection in sight", Act::Focus),
    drawing("Shift T", "t", "Tidy the drawing", Act::Tidy).shift(),
    drawing("", "", "Line up on the left", Act::Align(Align::Left)),
    drawing(
        "",
        "",
        "Line up on the middle, one below the other",
        Act::Align(Align::Centre),
    ),
    drawing("", "", "Line up on the right", Act::Align(Align::Right)),
    drawing("", "", "Line up at the top", Act::Align(Align::Top)),
    drawing(
        "",
        "",
        "Line up on the middle, side by side",
        Act::Align(Align::Middle),
    ),
    drawing("", "", "Line up at the bottom", Act::Align(Align::Bottom)),
    drawing(
        "",
        "",
        "Same space between, side by side",
        Act::Align(Align::Across),
    ),
    drawing(
        "",
        "",
        "Same space between, one below the other",
        Act::Align(Align::Down),
    ),
    drawing("K", "k", "Kill what is selected", Act::Kill),
    drawing("S", "s", "Slow down what is selected", Act::Slow),
    drawing("L", "l", "Lose packets of the selected link", Act::Lose),
];

impl Act {
    /// Acts also where single keys are switched off.
    pub fn is_always_on(self) -> bool {
        matches!(
            self,
            Act::Undo | Act::Redo | Act::Continue | Act::Commands | Act::Open | Act::Save
        )
    }
}

/// Which command this is, of those that act here. `key` as the browser names it.
pub fn find(at: Where, key: &str, shift: bool, control: bool) -> Option<Act> {
    let lower = key.to_lowercase();
    // Shift is part of how a sign is typed, and only letters and the space have a second meaning with it.
    let has_shift = lower.chars().all(char::is_alphabetic) || lower == " ";
    COMMANDS
        .iter()
        .find(|c| {
            c.at == at
                && !c.key.is_empty()
                && c.key.to_lowercase() == lower
                && c.control == control
                && (!has_shift || c.shift == shift)
        })
        .map(|c| c.act)
}

/// The message of an act that needs nothing but the model.
pub fn message(act: Act, model: &Model) -> Option<Msg> {
    Some(match act {
        Act::PlayPause => Msg::PlayPause,
        Act::Step => Msg::Step,
        Act::Back => Msg::Seek(model.run.now.now_ns.saturating_sub(1_000_000_000)),
        Act::Restart => Msg::Restart,
        Act::Continue => Msg::Escape,
        Act::Knobs => Msg::ToggleKnobs,
        Act::Story => Msg::ToggleStory,
        Act::Undo => Msg::Undo,
        Act::Redo => Msg::Redo,
        Act::Theme => Msg::NextTheme,
        Act::Help => Msg::Dialog(Some(Dialog::Keys)),
        Act::Words => Msg::Dialog(Some(Dialog::Words)),
        Act::Save => Msg::Download,
        Act::Share => Msg::Share,
        Act::Versions => Msg::Versions(versions::Ask::Open),
        Act::Results => Msg::Results(results::Ask::Open),
        Act::Form(form) => Msg::Form(forms::Ask::Open(form)),
        Act::Papers => Msg::Papers(papers::Ask::Open),
        Act::Blind => Msg::Pager(pager::Ask::Blind),
        Act::Teach => Msg::Rooms(rooms::Ask::Teach),
        Act::Sheet => Msg::Rooms(rooms::Ask::Sheet),
        Act::Twin => Msg::Twins(twins::Ask::Any),
        Act::TwinOfStart => Msg::Twins(twins::Ask::Start),
        Act::Progress => Msg::Learn(learning::Ask::Open),
        Act::Door(door) => Msg::Learn(learning::Ask::Door(door)),
        Act::Hardest => Msg::Learn(learning::Ask::Hardest),
        Act::Others => Msg::Learn(learning::Ask::Others),
        Act::Outline => Msg::ToggleOutline,
        Act::Inspect => Msg::Inspect,
        Act::NewSeed | Act::Bet(_) => return None,
        Act::Copy | Act::Cut | Act::Paste => return None,
        Act::ZoomIn | Act::ZoomOut | Act::ZoomFull | Act::Fit | Act::Focus => return None,
        Act::Svg | Act::Png | Act::ChartsSvg | Act::ChartsPng => return None,
        other => Msg::Draw(draw(other, model)?),
    })
}

fn draw(act: Act, model: &Model) -> Option<Draw> {
    let editor = &model.editor;
    let toggled = |tool: Tool| match editor.tool == tool {
        true => Draw::Tool(Tool::Select),
        false => Draw::Tool(tool),
    };
    Some(match act {
        Act::Commands => Draw::Pane(Some(Pane::Commands)),
        Act::Open => Draw::Pane(Some(Pane::Open)),
        Act::New => Draw::New,
        Act::Build => Draw::Toggle,
        Act::QuickAdd => Draw::Pane(Some(Pane::QuickAdd {
            from: None,
            at: None,
        })),
        Act::Connect => {
            let from = editor.only_node()?.to_owned();
            Draw::Pane(Some(Pane::Connect { from }))
        }
        Act::Grow(way) => Draw::Grow(way),
        Act::MoveMode => toggled(Tool::MoveTo),
        Act::AddMode => toggled(Tool::Add),
        Act::SelectAll => Draw::SelectAll,
        Act::Duplicate => Draw::Duplicate,
        Act::Delete => Draw::Delete,
        Act::Tidy => Draw::Tidy,
        Act::Align(how) => Draw::Align(how),
        Act::Kill => Draw::Strike("crash"),
        Act::Slow => match editor.only() {
            Some(crate::scenario::draw::Thing::Link(_)) => Draw::Strike("link_delay"),
            _ => Draw::Strike("slow"),
        },
        Act::Lose => Draw::Strike("link_loss"),
        Act::Happen => Draw::Pane(Some(Pane::Happen)),
        Act::AddOperation(kind) => Draw::AddOperation(kind),
        Act::Watch(what) => Draw::Watch(what),
        _ => return None,
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
        let on_page = |key, shift, control| find(Where::Page, key, shift, control);
        assert_eq!(on_page(" ", false, false), Some(Act::PlayPause));
        assert_eq!(on_page("r", false, false), Some(Act::Restart));
        assert_eq!(on_page("R", true, false), Some(Act::NewSeed));
        assert_eq!(on_page("?", true, false), Some(Act::Help));
        assert_eq!(on_page("z", false, true), Some(Act::Undo));
        assert_eq!(on_page("Z", true, true), Some(Act::Redo));
        assert_eq!(on_page("y", false, true), Some(Act::Redo));
        assert_eq!(on_page("Escape", false, false), Some(Act::Continue));
        assert_eq!(on_page("r", false, true), None);
        assert_eq!(on_page("q", false, false), None);
        let drawing = |key, shift, control| find(Where::Drawing, key, shift, control);
        assert_eq!(drawing("k", false, false), Some(Act::Kill));
        assert_eq!(drawing("T", true, false), Some(Act::Tidy));
        assert_eq!(drawing("+", true, false), Some(Act::ZoomIn));
        assert_eq!(drawing(" ", true, false), Some(Act::AddMode));
        assert_eq!(drawing(" ", false, false), None);
    }

    #[test]
    fn no_key_has_two_meanings_in_one_place() {
        for (i, a) in COMMANDS.iter().enumerate() {
            for b in &COMMANDS[i + 1..] {
                let same = a.at == b.at && a.key == b.key && a.shift == b.shift;
                assert!(
                    !(same && a.control == b.control && !a.key.is_empty()),
                    "{} {}",
                    a.what,
                    b.what
                );
            }
        }
    }
}
