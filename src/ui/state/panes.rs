//! The lines of the small windows: what can be added, connected, opened or done, found by typing.

use crate::design::registry::{self, KINDS, KindSpec, Target, presets};
use crate::scenario::built_in::BUILT_IN;
use crate::scenario::draw::{Thing, why_not};
use crate::scenario::shown;
use crate::scenario::starts::STARTS;

use super::editing::Draw;
use super::editor::{Pane, Tool};
use super::keys::{Act, COMMANDS, message};
use super::model::{Dialog, Model};
use super::names;
use super::terms::TERMS;
use super::update::Msg;

/// One line that can be chosen.
#[derive(Clone, Debug)]
pub struct Line {
    pub text: String,
    /// In smaller letters: what it is, or its key.
    pub note: String,
    pub does: Does,
    /// Why it cannot be chosen.
    pub not: Option<String>,
    /// The heading above it, where a group of lines begins.
    pub group: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub enum Does {
    Send(Msg),
    /// What only the view can do.
    View(Act),
    /// A word of the glossary, by its place in the list.
    Word(usize),
}

impl PartialEq for Line {
    fn eq(&self, other: &Line) -> bool {
        (&self.text, &self.note, &self.not, self.group)
            == (&other.text, &other.note, &other.not, other.group)
    }
}

/// The heading of a pane, and what its field asks for; no field for a short list.
pub fn heading(model: &Model, pane: &Pane) -> (String, Option<&'static str>) {
    let name = |key: &str| names::of(&model.doc.scenario.design, key).to_owned();
    match pane {
        Pane::QuickAdd { from: None, .. } => (
            "Add a node".to_owned(),
            Some("Kind or product: service, Kafka, Redis"),
        ),
        Pane::QuickAdd {
            from: Some(from), ..
        } => (
            format!("Add a node that {} calls", name(from)),
            Some("Kind or product: service, Kafka, Redis"),
        ),
        Pane::Connect { from } => (format!("Connect {} to", name(from)), Some("Name of a node")),
        Pane::Commands => (
            "Commands".to_owned(),
            Some("Command, node, scenario or word"),
        ),
        Pane::Menu { .. } => ("Do with what is selected".to_owned(), None),
        Pane::Happen => ("Put on the timeline".to_owned(), Some("Crash, spike, slow")),
        Pane::Open => ("Open".to_owned(), Some("Scenario")),
    }
}

/// Lines that fit to what was typed, the best first.
pub fn lines(model: &Model) -> Vec<Line> {
    let Some(pane) = &model.editor.pane else {
        return Vec::new();
    };
    let all = match pane {
        Pane::QuickAdd { from, at } => kinds(from.as_deref(), *at),
        Pane::Connect { from } => targets(model, from),
        Pane::Commands => commands(model),
        Pane::Menu { .. } => menu(model),
        Pane::Happen => happenings(model),
        Pane::Open => scenarios(),
    };
    found(all, &model.editor.typed, model.in_language)
}

/// Every word that was typed is somewhere in the line, in English or in the language of the page; lines that begin
/// with it come first.
fn found(lines: Vec<Line>, typed: &str, said: fn(&str) -> Option<String>) -> Vec<Line> {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return lines;
    }
    let words: Vec<&str> = typed.split_whitespace().collect();
    let mut kept: Vec<(usize, Line)> = lines
        .into_iter()
        .filter_map(|line| {
            let both = |text: &str| {
                [
                    Some(text.to_lowercase()),
                    said(text).map(|it| it.to_lowercase()),
                ]
            };
            let texts = both(&line.text).into_iter().flatten();
            let texts: Vec<String> = texts.collect();
            let notes = both(&line.note).into_iter().flatten();
            let all: Vec<String> = texts.iter().cloned().chain(notes).collect();
            let all = all.join(" ");
            let fits = words.iter().all(|word| all.contains(word));
            let begins = texts.iter().any(|text| text.starts_with(&typed));
            let rank = match (begins, texts.iter().any(|text| text.contains(&typed))) {
                (true, _) => 0,
                (_, true) => 1,
                _ => 2,
            };
            // What fits best comes first, whatever group it is of.
            let line = Line {
                group: None,
                ..line
            };
            fits.then_some((rank, line))
        })
        .collect();
    kept.sort_by_key(|(rank, _)| *rank);
    kept.into_iter().map(|(_, line)| line).collect()
}

fn kinds(from: Option<&str>, at: Option<(i32, i32)>) -> Vec<Line> {
    let add = |kind: &str, preset: Option<&str>| {
        Does::Send(Msg::Draw(Draw::Add {
            kind: kind.to_owned(),
            preset: preset.map(str::to_owned),
            at,
            from: from.map(str::to_owned),
        }))
    };
    let kinds = KINDS.iter().map(|kind| Line {
        text: kind.word.to_owned(),
        note: kind.meaning.to_owned(),
        does: add(kind.name, None),
        not: None,
        group: None,
    });
    let products = presets().filter(|preset| preset.kind != "link");
    let products = products.map(|preset| Line {
        text: preset.word.to_owned(),
        note: format!("{} · {}", preset.kind.replace('_', " "), preset.meaning),
        does: add(preset.kind, Some(preset.name)),
        not: None,
        group: None,
    });
    kinds.chain(products).collect()
}

fn targets(model: &Model, from: &str) -> Vec<Line> {
    let design = &model.doc.scenario.design;
    let Some(node) = design.node(from) else {
        return Vec::new();
    };
    let others = design.nodes.iter().filter(|other| other.key != from);
    let mut lines: Vec<Line> = others
        .map(|other| Line {
            text: names::node(other).to_owned(),
            note: other.kind.word.to_lowercase(),
            does: Does::Send(Msg::Draw(Draw::Connect {
                from: from.to_owned(),
                to: other.key.clone(),
            })),
            not: why_not(design, node, other),
            group: None,
        })
        .collect();
    lines.push(Line {
        text: "A new node".to_owned(),
        note: "added and connected".to_owned(),
        does: Does::Send(Msg::Draw(Draw::Pane(Some(Pane::QuickAdd {
            from: Some(from.to_owned()),
            at: None,
        })))),
        not: None,
        group: None,
    });
    // What can be done comes first: the first of the list is what Enter takes.
    lines.sort_by_key(|line| line.not.is_some());
    lines
}

fn does(act: Act, model: &Model) -> Option<Does> {
    match message(act, model) {
        Some(msg) => Some(Does::Send(msg)),
        None => match act {
            Act::Connect => None,
            other => Some(Does::View(other)),
        },
    }
}

fn commands(model: &Model) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for command in COMMANDS {
        if matches!(command.act, Act::Continue | Act::Commands)
            || lines.iter().any(|line| line.text == command.what)
        {
            continue;
        }
        let does = does(command.act, model);
        lines.push(Line {
            text: command.what.to_owned(),
            note: command.shown.to_owned(),
            not: does.is_none().then(|| "select one node first".to_owned()),
            does: does.unwrap_or(Does::View(command.act)),
            group: None,
        });
    }
    for node in &model.doc.scenario.design.nodes {
        lines.push(Line {
            text: format!("Go to {}", names::node(node)),
            note: node.kind.word.to_lowercase(),
            does: Does::Send(Msg::Draw(Draw::Select(vec![Thing::Node(node.key.clone())]))),
            not: None,
            group: None,
        });
    }
    for operation in &model.doc.scenario.design.operations {
        let thing = Thing::Operation(operation.key.clone());
        lines.push(Line {
            text: format!("Go to {}", names::operation(operation)),
            note: "what users do".to_owned(),
            does: Does::Send(Msg::Draw(Draw::Select(vec![thing]))),
            not: None,
            group: None,
        });
    }
    lines.extend(scenarios().into_iter().map(|line| Line {
        group: None,
        ..line
    }));
    lines.extend(TERMS.iter().enumerate().map(|(nth, term)| Line {
        text: term.both(),
        note: term.says.to_owned(),
        does: Does::Word(nth),
        not: None,
        group: None,
    }));
    lines
}

/// All words are shown for one: what a word is explained with may need explaining, too.
pub fn words() -> Msg {
    Msg::Dialog(Some(Dialog::Words))
}

fn scenarios() -> Vec<Line> {
    let mut lines = vec![Line {
        text: "An empty page".to_owned(),
        note: "draw your own system".to_owned(),
        does: Does::Send(Msg::Draw(Draw::New)),
        not: None,
        group: None,
    }];
    let lessons = BUILT_IN.iter().map(|built_in| {
        let field = |field: &str| {
            let line = built_in
                .text
                .lines()
                .find_map(|l| l.strip_prefix(field)?.trim_start().strip_prefix('='));
            line.map(|l| l.trim().trim_matches('"').to_owned())
                .unwrap_or_default()
        };
        Line {
            text: field("title"),
            note: format!("{} · {}", field("track"), shown(&field("question"))),
            does: Does::Send(Msg::OpenBuiltIn(built_in.id)),
            not: None,
            group: None,
        }
    });
    lines.extend(headed("Lessons", lessons));
    let starts = STARTS.iter().map(|start| Line {
        text: start.title.to_owned(),
        note: format!("Starting point · {}", start.says),
        does: Does::Send(Msg::OpenStart(start.id)),
        not: None,
        group: None,
    });
    lines.extend(headed("Starting points to draw on", starts));
    lines
}

/// Lines with a heading above the first one.
fn headed(heading: &'static str, lines: impl Iterator<Item = Line>) -> impl Iterator<Item = Line> {
    lines.enumerate().map(move |(nth, line)| Line {
        group: (nth == 0).then_some(heading),
        ..line
    })
}

fn menu(model: &Model) -> Vec<Line> {
    let acts: &[Act] = match model.editor.only() {
        _ if model.editor.selected.is_empty() => &[
            Act::QuickAdd,
            Act::Paste,
            Act::SelectAll,
            Act::Tidy,
            Act::Fit,
        ],
        Some(Thing::Node(_)) => &[
            Act::Inspect,
            Act::Connect,
            Act::Grow(super::editor::Way::Right),
            Act::MoveMode,
            Act::Kill,
            Act::Slow,
            Act::Copy,
            Act::Cut,
            Act::Duplicate,
            Act::Delete,
        ],
        Some(Thing::Operation(_) | Thing::Watched(..)) => &[Act::Inspect, Act::Delete],
        Some(Thing::Link(_)) => &[Act::Inspect, Act::Lose, Act::Slow, Act::Delete],
        None => &[
            Act::Copy,
            Act::Cut,
            Act::Duplicate,
            Act::Delete,
            Act::MoveMode,
            Act::Align(super::editor::Align::Left),
            Act::Align(super::editor::Align::Top),
            Act::Align(super::editor::Align::Across),
            Act::Align(super::editor::Align::Down),
        ],
    };
    let shown = acts
        .iter()
        .filter_map(|act| COMMANDS.iter().find(|c| c.act == *act));
    shown
        .filter_map(|command| {
            Some(Line {
                text: command.what.to_owned(),
                note: command.shown.to_owned(),
                does: does(command.act, model)?,
                not: None,
                group: None,
            })
        })
        .collect()
}

fn happenings(model: &Model) -> Vec<Line> {
    let kinds = registry::timeline_kinds();
    kinds
        .map(|kind| Line {
            text: kind.word.to_owned(),
            note: kind.meaning.to_owned(),
            does: Does::Send(Msg::Draw(Draw::AddEntry {
                what: kind.name.to_owned(),
                target: None,
            })),
            not: (needs_target(kind) && target_for(model, kind).is_none())
                .then(|| "nothing in the drawing can have it".to_owned()),
            group: None,
        })
        .collect()
}

fn needs_target(kind: &KindSpec) -> bool {
    kind.knob("target")
        .is_some_and(|spec| spec.default.is_empty())
}

/// What an entry is for if nobody says: what is selected if that can have it, else the first that can.
pub fn target_for(model: &Model, kind: &KindSpec) -> Option<String> {
    kind.knob("target")?;
    let design = &model.doc.scenario.design;
    let nodes = |fits: &dyn Fn(&str) -> bool| {
        let selected = model.editor.nodes();
        let mut all = design.nodes.iter().filter(|node| fits(node.kind.name));
        let chosen = all.clone().find(|node| selected.contains(&node.key));
        chosen.or_else(|| all.next()).map(|node| node.key.clone())
    };
    match registry::target_of(kind) {
        Target::Clients => nodes(&|kind| kind == "clients"),
        Target::Node(kinds) => nodes(&|kind| kinds.contains(&kind)),
        Target::Link => {
            let selected = |key: &String| model.editor.is_selected(&Thing::Link(key.clone()));
            let mut links = design.links.iter().map(|link| &link.key);
            links
                .clone()
                .find(|key| selected(key))
                .or_else(|| links.next())
                .cloned()
        }
        Target::Operation => design.operations.first().map(|op| op.key.clone()),
        Target::Zone => None,
        Target::Knob => {
            let path = model.doc.scenario.lesson.unlocked.first().cloned();
            path.or_else(|| Some(format!("link.{}.timeout", design.links.first()?.key)))
        }
        Target::Nothing => None,
    }
}

/// What a tool asks for, as a line above the drawing.
pub fn tool_says(model: &Model) -> Option<String> {
    let name = |key: &str| names::of(&model.doc.scenario.design, key).to_owned();
    match &model.editor.tool {
        Tool::Select => None,
        Tool::Connect { from } => Some(format!(
            "Click the node that {} shall call. Esc, or a click beside nodes: not.",
            name(from)
        )),
        Tool::MoveTo => Some("Click where it goes, or use the arrow keys. Esc: done.".to_owned()),
        Tool::Add => Some("Clicks and arrows add to the selection. Esc: done.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_enter_takes_at_first_can_be_done() {
        let model = Model::default();
        let lines = targets(&model, "catalogue");
        let can: Vec<(&str, bool)> = lines
            .iter()
            .map(|line| (line.text.as_str(), line.not.is_none()))
            .collect();
        assert_eq!(can, [("A new node", true), ("Shoppers", false)]);
    }

    #[test]
    fn starting_points_stand_apart_from_lessons_and_say_where_they_fail() {
        let lines = scenarios();
        assert_eq!(lines.len(), 1 + BUILT_IN.len() + STARTS.len());
        let at = |heading: &str| {
            let headed = lines.iter().position(|line| line.group == Some(heading));
            headed.unwrap_or_else(|| panic!("no {heading}"))
        };
        assert_eq!(at("Lessons"), 1);
        let first = at("Starting points to draw on");
        assert_eq!(first, 1 + BUILT_IN.len());
        for (line, start) in lines[first..].iter().zip(STARTS) {
            assert_eq!(line.text, start.title);
            assert!(line.note.ends_with(start.says), "{}", line.note);
            assert!(matches!(line.does, Does::Send(Msg::OpenStart(id)) if id == start.id));
        }
        let in_german =
            |text: &str| (text == "An empty page").then(|| "Eine leere Seite".to_owned());
        for (typed, said) in [("empty", "An empty page"), ("leere", "An empty page")] {
            let lines = found(lines.clone(), typed, in_german);
            assert_eq!(lines[0].text, said, "{typed}");
        }
        let found = found(lines, "starting point", |_| None);
        assert_eq!(found.len(), STARTS.len());
        assert!(found.iter().all(|line| line.group.is_none()));
    }
}
