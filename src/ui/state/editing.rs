//! What somebody who draws does, as messages, and what becomes of the model. Whatever changes the text is
//! an [`Edit`]; everything else is selection and what is open.

use crate::design::Design;
use crate::scenario::copied;
use crate::scenario::draw::{Edit, Thing, free_key, why_not};
use crate::scenario::live::Act;

use super::arrange::{align, boxes, free_place, on_fixed, put_at, walk, whole};
use super::document::{BLANK, BLANK_NAME};
use super::editor::{Align, Pane, Tool, Way};
use super::model::{Model, Status};
use super::names;
use super::operations::add_operation;
use super::update::{Effect, edited};
use super::watching::{self, Watch};

/// Steps of an arrow key, in the drawing's units.
pub const NUDGE: i32 = 8;
pub const FAR_NUDGE: i32 = 40;

#[derive(Clone, Debug)]
pub enum Draw {
    /// Build, or only look.
    Toggle,
    Do(Edit),
    Select(Vec<Thing>),
    Also(Thing),
    SelectAll,
    /// To the next node in this direction.
    Walk(Way),
    Nudge(Way, bool),
    Add {
        kind: String,
        preset: Option<String>,
        at: Option<(i32, i32)>,
        from: Option<String>,
    },
    Connect {
        from: String,
        to: String,
    },
    /// Users do something more: `read` or `write`.
    AddOperation(&'static str),
    /// An objective or an alert.
    Watch(Watch),
    /// A node like it beside the selected one, connected.
    Grow(Way),
    Delete,
    Duplicate,
    Copy,
    Cut,
    Paste(Option<String>),
    Move {
        by: (i32, i32),
    },
    /// The selection is put here.
    PutAt(i32, i32),
    Align(Align),
    Tidy,
    Tool(Tool),
    Pane(Option<Pane>),
    Typed(String),
    /// The line of the open pane below or above.
    Choose(i32),
    Entry(Option<usize>),
    AddEntry {
        what: String,
        target: Option<String>,
    },
    RemoveEntry(usize),
    /// An entry begins later, or lasts longer, by this time.
    PullEntry {
        number: usize,
        edge: bool,
        by_ns: i64,
    },
    /// Something happens to the selection now.
    Strike(&'static str),
    New,
    OpenUnfinished,
}

impl Draw {
    /// Whether it is about the text, and not about what is in hand or open.
    pub fn changes_text(&self) -> bool {
        !matches!(
            self,
            Draw::Toggle
                | Draw::Select(_)
                | Draw::Also(_)
                | Draw::SelectAll
                | Draw::Walk(_)
                | Draw::Copy
                | Draw::Tool(_)
                | Draw::Pane(_)
                | Draw::Typed(_)
                | Draw::Choose(_)
                | Draw::Entry(_)
        )
    }
}

pub fn draw(model: &mut Model, what: Draw) -> Vec<Effect> {
    match what {
        Draw::Toggle => {
            model.editor.on = !model.editor.on;
            model.editor.tool = Tool::Select;
            if !model.editor.on {
                model.editor.selected.clear();
            }
            let word = if model.editor.on {
                "You can change the drawing."
            } else {
                "The drawing is fixed."
            };
            model.said.answer(word.to_owned());
            Vec::new()
        }
        Draw::Do(edit) => run(model, edit),
        Draw::Select(things) => {
            model.editor.select(things);
            told_selection(model)
        }
        Draw::Also(thing) => {
            model.editor.toggle(thing);
            told_selection(model)
        }
        Draw::SelectAll => {
            let keys = model.doc.scenario.design.nodes.iter();
            let all: Vec<Thing> = keys.map(|node| Thing::Node(node.key.clone())).collect();
            model.editor.select(all);
            told_selection(model)
        }
        Draw::Walk(way) => walk(model, way),
        Draw::Nudge(way, far) => {
            let (dx, dy) = way.step();
            let by = if far { FAR_NUDGE } else { NUDGE };
            shift(model, (dx * by, dy * by))
        }
        Draw::Move { by } => shift(model, by),
        Draw::PutAt(x, y) => put_at(model, x, y),
        Draw::Add {
            kind,
            preset,
            at,
            from,
        } => add(model, &kind, preset, at, from.as_deref()),
        Draw::Connect { from, to } => connect(model, &from, &to),
        Draw::AddOperation(kind) => add_operation(model, kind),
        Draw::Watch(what) => watching::add(model, what),
        Draw::Grow(way) => grow(model, way),
        Draw::Delete => delete(model),
        Draw::Copy => copy(model),
        Draw::Cut => {
            let mut effects = copy(model);
            effects.extend(delete(model));
            effects
        }
        Draw::Paste(text) => paste(model, text),
        Draw::Duplicate => {
            let tables = copied(&model.doc.text, &model.editor.nodes());
            paste_tables(model, tables, (32, 32))
        }
        Draw::Align(how) => align(model, how),
        Draw::Tidy => tidy(model),
        Draw::AddEntry { what, target } => add_entry(model, &what, target),
        Draw::RemoveEntry(number) => {
            model.editor.entry = None;
            run(model, Edit::RemoveEntry { number })
        }
        Draw::PullEntry {
            number,
            edge,
            by_ns,
        } => pull_entry(model, number, edge, by_ns),
        Draw::Strike(what) => strike(model, what),
        Draw::New => {
            let effects = super::update::import_text(model, BLANK_NAME, BLANK);
            model.editor.on = true;
            effects
        }
        Draw::OpenUnfinished => open_unfinished(model),
        other => hold(model, other),
    }
}

/// What is in hand and what is open; the text stays.
fn hold(model: &mut Model, what: Draw) -> Vec<Effect> {
    let editor = &mut model.editor;
    match what {
        Draw::Tool(tool) => editor.tool = tool,
        Draw::Pane(pane) => {
            editor.open(pane);
        }
        Draw::Typed(typed) => {
            editor.typed = typed;
            editor.chosen = 0;
        }
        Draw::Choose(by) => {
            let lines = super::panes::lines(model).len();
            let now = model.editor.chosen as i64 + i64::from(by);
            model.editor.chosen = now.rem_euclid(lines.max(1) as i64) as usize;
        }
        Draw::Entry(entry) => {
            editor.selected.clear();
            editor.entry = entry;
        }
        _ => {}
    }
    Vec::new()
}

/// Does an edit; if it cannot be done, says why and leaves everything as it was.
pub fn run(model: &mut Model, edit: Edit) -> Vec<Effect> {
    let says = edit.says();
    match model.doc.apply(edit) {
        Ok(true) => {
            model.editor.forget_gone(&model.doc.scenario.design);
            model.said.answer(format!("{says}."));
            edited(model)
        }
        Ok(false) => Vec::new(),
        Err(findings) => {
            let why = findings
                .first()
                .map_or_else(String::new, |f| match &f.help {
                    Some(help) => format!("{}: {help}", f.message),
                    None => f.message.clone(),
                });
            model.toast(format!("{says}: not possible. {why}"));
            Vec::new()
        }
    }
}

pub fn told_selection(model: &mut Model) -> Vec<Effect> {
    let design = &model.doc.scenario.design;
    let words = match (model.editor.selected.len(), model.editor.only()) {
        (0, _) => "Nothing selected".to_owned(),
        (_, Some(Thing::Node(key))) => super::facts::spoken(model, key),
        (_, Some(Thing::Link(key))) => design.link(key).map_or_else(String::new, |link| {
            format!("Link {}", names::link(design, link))
        }),
        (_, Some(Thing::Operation(key))) => {
            let mut all = design.operations.iter();
            let operation = all.find(|operation| operation.key == *key);
            operation.map_or_else(String::new, |operation| {
                format!("{}, something users do", names::operation(operation))
            })
        }
        (_, Some(Thing::Watched(table, key))) => {
            let it = design.watched(table, key);
            it.map_or_else(String::new, |it| it.name().to_owned())
        }
        (n, _) => format!("{n} things selected"),
    };
    model.said.answer(words);
    Vec::new()
}

pub fn shift(model: &mut Model, by: (i32, i32)) -> Vec<Effect> {
    let keys = model.editor.nodes();
    let to = boxes(&model.doc.scenario.design)
        .into_iter()
        .filter(|node| keys.contains(&node.key))
        .map(|node| {
            let (x, y) = whole((node.rect.x, node.rect.y));
            (node.key, (x + by.0, y + by.1))
        })
        .collect::<Vec<_>>();
    if to.is_empty() || by == (0, 0) {
        return Vec::new();
    }
    let edit = on_fixed(&model.doc.scenario.design, "Move", vec![Edit::Move { to }]);
    run(model, edit)
}

fn add(
    model: &mut Model,
    kind: &str,
    preset: Option<String>,
    at: Option<(i32, i32)>,
    from: Option<&str>,
) -> Vec<Effect> {
    let design = &model.doc.scenario.design;
    let base = preset.as_deref().unwrap_or(kind);
    let key = free_key(base, design.nodes.iter().map(|node| node.key.as_str()));
    let boxes = boxes(design);
    let beside = from.or(model.editor.only_node());
    let at = at.unwrap_or_else(|| free_place(&boxes, beside, Way::Right));
    let mut edits = vec![Edit::AddNode {
        kind: kind.to_owned(),
        key: key.clone(),
        at,
        preset,
    }];
    if let Some(from) = from {
        edits.push(link_of(design, from, &key));
    }
    let name = edits[0].says();
    let edit = on_fixed(design, &name, edits);
    let connect_why = refused_link(model, from, kind, &key);
    if let Some(why) = connect_why {
        model.toast(why);
        return Vec::new();
    }
    let effects = run(model, edit);
    if model.doc.scenario.design.node(&key).is_some() {
        model.editor.select([Thing::Node(key)]);
        model.editor.on = true;
    }
    model.editor.open(None);
    effects
}

/// Why a node that is to be added cannot be called from another one.
fn refused_link(model: &Model, from: Option<&str>, kind: &str, key: &str) -> Option<String> {
    let design = &model.doc.scenario.design;
    let from = design.node(from?)?;
    let mut tried = design.clone();
    tried.nodes.push(crate::design::Node {
        key: key.to_owned(),
        kind: crate::design::registry::kind(kind)?,
        label: None,
        knobs: Default::default(),
        preset: None,
        plans: Default::default(),
        position: None,
    });
    why_not(&tried, from, tried.nodes.last()?)
}

fn link_of(design: &Design, from: &str, to: &str) -> Edit {
    let base = format!("{from}_{to}");
    let key = free_key(&base, design.links.iter().map(|link| link.key.as_str()));
    Edit::AddLink {
        key,
        from: from.to_owned(),
        to: to.to_owned(),
    }
}

fn connect(model: &mut Model, from: &str, to: &str) -> Vec<Effect> {
    model.editor.tool = Tool::Select;
    model.editor.open(None);
    let design = &model.doc.scenario.design;
    let (Some(a), Some(b)) = (design.node(from), design.node(to)) else {
        return Vec::new();
    };
    if let Some(why) = why_not(design, a, b) {
        model.toast(format!("Not connected. {}.", why.trim_end_matches('.')));
        return Vec::new();
    }
    let link = link_of(design, from, to);
    let key = match &link {
        Edit::AddLink { key, .. } => key.clone(),
        _ => String::new(),
    };
    let effects = run(model, link);
    if model.doc.scenario.design.link(&key).is_some() {
        model.editor.select([Thing::Link(key)]);
    }
    effects
}

/// What usually stands behind a kind.
fn follows(kind: &str) -> &'static str {
    match kind {
        "clients" | "balancer" | "job" => "service",
        "queue" => "worker",
        "feed" => "queue",
        _ => "database",
    }
}

fn grow(model: &mut Model, way: Way) -> Vec<Effect> {
    let Some(from) = model.editor.only_node().map(str::to_owned) else {
        model.toast("Select one node to grow from.".to_owned());
        return Vec::new();
    };
    let design = &model.doc.scenario.design;
    let Some(node) = design.node(&from) else {
        return Vec::new();
    };
    let kind = follows(node.kind.name);
    let at = free_place(&boxes(design), Some(&from), way);
    if !node.kind.calls {
        model.toast(format!(
            "A {} calls nobody, so nothing grows from it.",
            node.kind.word.to_lowercase()
        ));
        return Vec::new();
    }
    add(model, kind, None, Some(at), Some(&from))
}

fn delete(model: &mut Model) -> Vec<Effect> {
    if let Some(number) = model.editor.entry.take() {
        return run(model, Edit::RemoveEntry { number });
    }
    let things: Vec<Thing> = model.editor.selected.iter().cloned().collect();
    if things.is_empty() {
        return Vec::new();
    }
    let has_node = things.iter().any(|thing| matches!(thing, Thing::Node(_)));
    let remove = Edit::Remove { things };
    let says = remove.says();
    let edit = match has_node {
        true => on_fixed(&model.doc.scenario.design, &says, vec![remove]),
        false => remove,
    };
    run(model, edit)
}

fn copy(model: &mut Model) -> Vec<Effect> {
    let keys = model.editor.nodes();
    if keys.is_empty() {
        return Vec::new();
    }
    model.editor.clip = copied(&model.doc.text, &keys);
    model.editor.pasted = 0;
    let n = keys.len();
    model.said.answer(match n {
        1 => "Copied 1 node.".to_owned(),
        n => format!("Copied {n} nodes."),
    });
    vec![Effect::Copy(model.editor.clip.clone())]
}

fn paste(model: &mut Model, text: Option<String>) -> Vec<Effect> {
    let tables = match text {
        // A whole file is opened; parts of one are added.
        Some(text) if text.contains("[run]") => {
            return super::update::import_text(model, "pasted.toml", &text);
        }
        Some(text) if text != model.editor.clip => {
            model.editor.pasted = 0;
            text
        }
        _ => model.editor.clip.clone(),
    };
    if tables.trim().is_empty() {
        return Vec::new();
    }
    model.editor.pasted += 1;
    let by = 32 * i32::try_from(model.editor.pasted).unwrap_or(1);
    paste_tables(model, tables, (by, by))
}

fn paste_tables(model: &mut Model, tables: String, by: (i32, i32)) -> Vec<Effect> {
    let design = &model.doc.scenario.design;
    let before: Vec<String> = design.nodes.iter().map(|node| node.key.clone()).collect();
    let edit = on_fixed(design, "Paste", vec![Edit::Paste { tables, by }]);
    let effects = run(model, edit);
    let design = &model.doc.scenario.design;
    let new = design
        .nodes
        .iter()
        .filter(|node| !before.contains(&node.key));
    let new: Vec<Thing> = new.map(|node| Thing::Node(node.key.clone())).collect();
    if !new.is_empty() {
        model.editor.select(new);
        model.editor.on = true;
    }
    effects
}

fn tidy(model: &mut Model) -> Vec<Effect> {
    let to = super::tidy::tidied(&model.doc.scenario.design);
    if to.is_empty() {
        return Vec::new();
    }
    let tidied = Edit::All {
        name: "Tidy the drawing".to_owned(),
        edits: vec![Edit::Move { to }],
    };
    run(model, tidied)
}

/// An entry of the timeline, with what has to be said about it.
fn add_entry(model: &mut Model, what: &str, target: Option<String>) -> Vec<Effect> {
    let Some(kind) = crate::design::registry::timeline_kind(what) else {
        return Vec::new();
    };
    let target = target.or_else(|| super::panes::target_for(model, kind));
    let mut fields = Vec::new();
    for spec in kind.knobs {
        let written = match spec.name {
            "target" => target.clone(),
            "at" => Some(at_now(model)),
            _ if spec.default.is_empty() || spec.name == "lasts" => {
                (!spec.example.is_empty()).then(|| spec.example.to_owned())
            }
            _ => None,
        };
        fields.extend(written.map(|written| (spec.name.to_owned(), written)));
    }
    let count = model.doc.scenario.timeline.len();
    let what = what.to_owned();
    let effects = run(model, Edit::AddEntry { what, fields });
    if model.doc.scenario.timeline.len() > count {
        model.editor.selected.clear();
        model.editor.entry = Some(count);
    }
    model.editor.open(None);
    effects
}

fn pull_entry(model: &mut Model, number: usize, edge: bool, by_ns: i64) -> Vec<Effect> {
    let Some(entry) = model.doc.scenario.timeline.get(number) else {
        return Vec::new();
    };
    let (field, now) = match (edge, entry.lasts()) {
        (false, _) => ("at", entry.begins().0),
        (true, Some(lasts)) => ("lasts", lasts.0),
        // It lasts to the end; pulled back, it ends there.
        (true, None) => {
            let run = model.doc.scenario.run.duration.0;
            ("lasts", run.saturating_sub(entry.begins().0))
        }
    };
    let tenth = crate::time::NS_PER_S / 10;
    let least = if edge { tenth } else { 0 };
    let to = now.saturating_add_signed(by_ns).max(least);
    // Whole tenths of a second; finer values are typed.
    let to = crate::time::Duration((to + tenth / 2) / tenth * tenth).to_string();
    let edit = Edit::SetEntry {
        number,
        field: field.to_owned(),
        value: Some(to),
    };
    run(model, edit)
}

/// Where the playhead stands, or a third into the run.
fn at_now(model: &Model) -> String {
    let run = model.doc.scenario.run.duration.0;
    let at = match model.run.now.now_ns {
        0 => run / 3,
        now => now.min(run.saturating_sub(1)),
    };
    // Whole tenths read better, and nobody aims at a nanosecond.
    let tenth = crate::time::NS_PER_S / 10;
    crate::time::Duration(at / tenth * tenth).to_string()
}

/// Kill, slow, drop: what happens to the selected things now. During a run it is done to the run, and
/// becomes an entry; otherwise it is put on the timeline.
fn strike(model: &mut Model, what: &'static str) -> Vec<Effect> {
    let Some(thing) = model.editor.selected.first().cloned() else {
        model.toast("Select a node or a link first.".to_owned());
        return Vec::new();
    };
    let Some(kind) = crate::design::registry::timeline_kind(what) else {
        return Vec::new();
    };
    let key = match thing {
        Thing::Node(key) | Thing::Link(key) => key,
        Thing::Operation(_) | Thing::Watched(..) => {
            model.toast("That happens to nodes and links: select one.".to_owned());
            return Vec::new();
        }
    };
    if !matches!(model.run.status, Status::Playing | Status::Paused) {
        return add_entry(model, what, Some(key));
    }
    let mut fields = vec![("target".to_owned(), key)];
    for spec in kind.knobs {
        let asked = spec.default.is_empty() && !matches!(spec.name, "target" | "at");
        if asked && !spec.example.is_empty() {
            fields.push((spec.name.to_owned(), spec.example.to_owned()));
        }
    }
    let what = what.to_owned();
    super::running::act_live(model, Act::Add { what, fields })
}

fn open_unfinished(model: &mut Model) -> Vec<Effect> {
    let Some(refused) = model.doc.refused.take() else {
        return Vec::new();
    };
    let Some(text) = refused.text else {
        return Vec::new();
    };
    if model.doc.import_unfinished(&refused.name, &text) {
        model.editor.on = true;
        return super::update::opened(model, &refused.name);
    }
    Vec::new()
}
