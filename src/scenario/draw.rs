//! Changing what is drawn. Every change is a value of [`Edit`], which can be applied to a text, shown,
//! stored and sent; comments, order and spelling of everything else stay.
//!
//! A drawing that is not finished is no error here: a balancer that leads nowhere yet can be read, drawn
//! and changed, it only cannot run. [`sketch`] reads as much as there is and says what is missing.
//!
//! ```
//! use brownout::scenario::draw::{Edit, sketch};
//! let text = "format = 1\n[run]\nduration = \"60 s\"\n";
//! let shop = Edit::AddNode { kind: "service".into(), key: "shop".into(), at: (80, 40), preset: None };
//! let drawn = shop.apply(text).unwrap();
//! assert!(sketch(&drawn).drawing.unwrap().design.node("shop").is_some());
//! ```

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::edit::{finding, line_end, literal, splice_field};
use super::headers::{Section, sections};
use super::live::Act;
use super::names::suggest;
use super::read::{self, Depth};
use super::redraw;
use super::row::is_name;
use super::{Scenario, code, copying, draw_operation, draw_remove, draw_watched};
use crate::design::diagnostic::{Diagnostic, Severity};
use crate::design::registry::{self, KINDS, KindSpec};
use crate::design::value::{self, ValueError, cut};
use crate::design::{Design, Node};
use crate::time::Duration;

/// A text as far as it can be read.
#[derive(Clone, Debug)]
pub struct Sketch {
    /// What is drawn, also if it cannot run; `None` if the text is no TOML.
    pub drawing: Option<Scenario>,
    /// Why it cannot run; empty if it can.
    pub errors: Vec<Diagnostic>,
}

/// Reads what is there.
pub fn sketch(text: &str) -> Sketch {
    let (drawing, mut errors) = read::as_far_as_possible(text, Depth::Run);
    errors.retain(|finding| finding.severity == Severity::Error);
    Sketch { drawing, errors }
}

/// Whether a finding is about a drawing that is not finished, or that has grown too large to run, and not about a
/// text that is wrong: it can be kept, opened again and mended.
pub fn is_unfinished(finding: &Diagnostic) -> bool {
    let groups = ["E04", "E05", "E06"];
    groups.iter().any(|group| finding.code.starts_with(group))
}

/// A node, a link, an operation, an alert or an objective.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    Node(String),
    Link(String),
    Operation(String),
    /// An alert or an objective: its table (`alert`, `slo`) and its name.
    Watched(String, String),
}

impl Thing {
    pub fn key(&self) -> &str {
        match self {
            Thing::Node(key)
            | Thing::Link(key)
            | Thing::Operation(key)
            | Thing::Watched(_, key) => key,
        }
    }
}

/// One change of a text. Whoever draws makes nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// A node at a place; with the documented defaults of a product, if one is named.
    AddNode {
        kind: String,
        key: String,
        at: (i32, i32),
        preset: Option<String>,
    },
    AddLink {
        key: String,
        from: String,
        to: String,
    },
    /// Something more that users do; `kind` is `read` or `write`.
    AddOperation {
        key: String,
        kind: String,
    },
    /// An alert or an objective (`alert`, `slo`), with fields as a person types them.
    AddWatched {
        table: String,
        key: String,
        fields: Vec<(String, String)>,
    },
    /// Takes things away, with the links of nodes and what the timeline does to them.
    Remove {
        things: Vec<Thing>,
    },
    /// New places of nodes.
    Move {
        to: Vec<(String, (i32, i32))>,
    },
    /// A knob, an end of a link, a label: as a person types it.
    Set {
        path: String,
        value: String,
    },
    /// The knob goes back to its default: its line goes.
    Unset {
        path: String,
    },
    /// The steps of an operation at a node; none: the derived plan.
    Plan {
        node: String,
        operation: String,
        steps: Vec<String>,
    },
    /// Something more happens.
    AddEntry {
        what: String,
        fields: Vec<(String, String)>,
    },
    /// A field of the entry with this number (from 0); no value takes it away.
    SetEntry {
        number: usize,
        field: String,
        value: Option<String>,
    },
    RemoveEntry {
        number: usize,
    },
    /// Tables from elsewhere, under free names, moved by this much.
    Paste {
        tables: String,
        by: (i32, i32),
    },
    /// What somebody did to a run, at an instant in nanoseconds.
    Act {
        act: Act,
        at_ns: u64,
    },
    /// Another text altogether: a file, a snapshot, the start of a lesson.
    Replace {
        text: String,
    },
    /// Several at once, which are undone at once.
    All {
        name: String,
        edits: Vec<Edit>,
    },
}

type Findings = Vec<Diagnostic>;

impl Edit {
    /// The text with the change.
    ///
    /// # Errors
    /// What is wrong with the change; the findings have no place, for they are not about the text.
    pub fn apply(&self, text: &str) -> Result<String, Findings> {
        match self {
            Edit::AddNode {
                kind,
                key,
                at,
                preset,
            } => add_node(text, kind, key, *at, preset.as_deref()),
            Edit::AddLink { key, from, to } => add_link(text, key, from, to),
            Edit::AddOperation { key, kind } => draw_operation::add(text, key, kind),
            Edit::AddWatched { table, key, fields } => draw_watched::add(text, table, key, fields),
            Edit::Remove { things } => draw_remove::remove(text, things),
            Edit::Move { to } => redraw::place(text, to),
            Edit::Set { path, value } => redraw::set(text, path, value),
            Edit::Unset { path } => redraw::unset(text, path),
            Edit::Plan {
                node,
                operation,
                steps,
            } => redraw::plan(text, node, operation, steps),
            Edit::AddEntry { what, fields } => redraw::add_entry(text, what, fields),
            Edit::SetEntry {
                number,
                field,
                value,
            } => redraw::set_entry(text, *number, field, value.as_deref()),
            Edit::RemoveEntry { number } => redraw::remove_entry(text, *number),
            Edit::Paste { tables, by } => copying::paste(text, tables, *by),
            Edit::Act { act, at_ns } => act.apply(text, Duration(*at_ns)),
            Edit::Replace { text } => {
                let sketch = sketch(text);
                match sketch.drawing {
                    Some(_) if sketch.errors.iter().all(is_unfinished) => Ok(text.clone()),
                    _ => Err(sketch.errors),
                }
            }
            Edit::All { edits, .. } => {
                let mut changed = text.to_owned();
                for edit in edits {
                    changed = edit.apply(&changed)?;
                }
                Ok(changed)
            }
        }
    }

    /// What it does, for an undo button and for who cannot see it: "Add service shop".
    pub fn says(&self) -> String {
        let list = |names: Vec<&str>| match names.as_slice() {
            [] => "nothing".to_owned(),
            [one] => (*one).to_owned(),
            many => format!("{} things", many.len()),
        };
        match self {
            Edit::AddNode { kind, key, .. } => format!("Add {} {key}", word(kind)),
            Edit::AddLink { from, to, .. } => format!("Connect {from} to {to}"),
            Edit::AddOperation { key, kind } => format!("Add {kind} {key} to what users do"),
            Edit::Remove { things } => {
                format!("Delete {}", list(things.iter().map(Thing::key).collect()))
            }
            Edit::AddWatched { table, key, .. } => match table.as_str() {
                "slo" => format!("Add the objective {key}"),
                _ => format!("Add the alert {key}"),
            },
            Edit::Move { to } => {
                format!(
                    "Move {}",
                    list(to.iter().map(|(key, _)| key.as_str()).collect())
                )
            }
            Edit::Set { path, value } => format!("Set {path} to {value}"),
            Edit::Unset { path } => format!("Set {path} back to its default"),
            Edit::Plan {
                node, operation, ..
            } => format!("Change the plan of {operation} at {node}"),
            Edit::AddEntry { what, .. } => format!("Add {} to the timeline", happening(what)),
            Edit::SetEntry { number, field, .. } => {
                format!("Change {field} of timeline entry {}", number + 1)
            }
            Edit::RemoveEntry { number } => format!("Delete timeline entry {}", number + 1),
            Edit::Paste { .. } => "Paste".to_owned(),
            Edit::Act { act, .. } => match act {
                Act::Add { what, .. } => format!("{} during the run", happening(what)),
                Act::End { number } => format!("End timeline entry {}", number + 1),
                Act::Tune { path, value } => format!("Set {path} to {value} during the run"),
            },
            Edit::Replace { .. } => "Open another design".to_owned(),
            Edit::All { name, .. } => name.clone(),
        }
    }
}

fn word(kind: &str) -> String {
    registry::kind(kind).map_or_else(|| cut(kind), |kind| kind.word.to_lowercase())
}

fn happening(what: &str) -> String {
    registry::timeline_kind(what).map_or_else(|| cut(what), |kind| kind.word.to_owned())
}

/// A name that no node or link of the design has yet: `service`, `service_2`.
pub fn free_key<'a>(base: &str, taken: impl Iterator<Item = &'a str> + Clone) -> String {
    let base: String = base
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '_'
            }
        })
        .skip_while(|c| !c.is_ascii_alphabetic())
        .take(super::limits::MAX_NAME - 5)
        .collect();
    // A copy of `shop_2` is `shop_3`.
    let is_number = |end: &str| !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit());
    let stem = match base.rsplit_once('_') {
        Some((stem, end)) if is_number(end) && !stem.is_empty() => stem,
        _ => &base,
    };
    let base = if stem.is_empty() { "node" } else { stem };
    let mut key = base.to_owned();
    let mut n = 2;
    while taken.clone().any(|other| other == key) {
        key = format!("{base}_{n}");
        n += 1;
    }
    key
}

/// Why no link can lead from one node to the other; `None` if one can.
pub fn why_not(design: &Design, from: &Node, to: &Node) -> Option<String> {
    let name = |node: &Node| node.label.clone().unwrap_or_else(|| node.key.clone());
    if from.key == to.key {
        return Some(format!("{} cannot call itself", name(from)));
    }
    if !from.kind.calls {
        return Some(format!(
            "a {} calls nobody: begin at who calls it",
            from.kind.word.to_lowercase()
        ));
    }
    if to.kind.accepts == registry::Accepts::Nothing {
        return Some(format!(
            "nobody can call {}: they are where requests begin",
            to.kind.word.to_lowercase()
        ));
    }
    let twice = |link: &&crate::design::Link| link.from == from.key && link.to == to.key;
    if let Some(link) = design.links.iter().find(twice) {
        return Some(format!(
            "{} is connected to {} already (link {})",
            name(from),
            name(to),
            link.key
        ));
    }
    // Every other rule is asked as it is: is anything wrong with the link if it is there?
    let mut tried = design.clone();
    let key = free_key("link", design.links.iter().map(|link| link.key.as_str()));
    tried.links.push(crate::design::Link {
        key: key.clone(),
        from: from.key.clone(),
        to: to.key.clone(),
        knobs: Default::default(),
        preset: None,
    });
    let of_link = format!("link.{key}");
    let before = read::check_alone(design);
    let found = read::check_alone(&tried).into_iter().find(|finding| {
        finding.severity == Severity::Error
            && (finding.path.starts_with(&of_link) || finding.code == code::CIRCLE)
            && !before
                .iter()
                .any(|old| old.code == finding.code && old.message == finding.message)
    })?;
    Some(match found.help {
        Some(help) => format!("{}: {help}", found.message),
        None => found.message,
    })
}

pub(super) fn refuse(code: &'static str, path: &str, message: String, help: &str) -> Findings {
    let help = Some(help.to_owned());
    vec![finding(code, path, ValueError { message, help })]
}

/// The changed text, if it can still be read; what else is wrong with it is for who looks at it.
pub(super) fn readable(changed: String) -> Result<String, Findings> {
    let sketch = sketch(&changed);
    let broken = sketch
        .errors
        .iter()
        .any(|finding| matches!(finding.code, code::SYNTAX | code::TOO_LONG | code::FORMAT));
    if sketch.drawing.is_some() && !broken {
        return Ok(changed);
    }
    Err(without_places(sketch.errors))
}

fn without_places(mut findings: Findings) -> Findings {
    findings.iter_mut().for_each(|finding| finding.place = None);
    findings
}

/// The changed text, if nothing is wrong with it that was right before.
pub(super) fn no_worse(text: &str, changed: String) -> Result<String, Findings> {
    let Sketch {
        drawing,
        errors: mut after,
    } = sketch(&changed);
    // Most changes leave nothing wrong; what was wrong before is asked only of the others.
    if !after.is_empty() {
        let before = sketch(text).errors;
        let is_old = |new: &Diagnostic| {
            let mut old = before.iter();
            old.any(|old| old.code == new.code && old.path == new.path)
        };
        after.retain(|finding| !is_old(finding));
    }
    if after.is_empty() && drawing.is_some() {
        Ok(changed)
    } else {
        Err(without_places(after))
    }
}

fn kind_of(name: &str) -> Result<&'static KindSpec, Findings> {
    registry::kind(name).ok_or_else(|| {
        let help = suggest(name, KINDS.iter().map(|kind| kind.name), "kinds");
        refuse(
            code::UNKNOWN_TABLE,
            name,
            format!("`{}` is no kind of node", cut(name)),
            &help,
        )
    })
}

fn new_name(text: &str, key: &str, is_node: bool) -> Result<(), Findings> {
    if !is_name(key) {
        let message = format!("`{}` is no name", cut(key));
        return Err(refuse(code::BAD_NAME, key, message, super::row::NAME_RULE));
    }
    let Some(drawing) = sketch(text).drawing else {
        return Ok(());
    };
    let design = drawing.design;
    let taken = if is_node {
        design.node(key).is_some()
    } else {
        design.link(key).is_some()
    };
    if taken {
        let message = format!("there is already something called `{key}`");
        return Err(refuse(code::DUPLICATE, key, message, "choose another name"));
    }
    Ok(())
}

fn add_node(
    text: &str,
    kind: &str,
    key: &str,
    at: (i32, i32),
    preset: Option<&str>,
) -> Result<String, Findings> {
    let kind = kind_of(kind)?;
    new_name(text, key, true)?;
    let end = line_end(text);
    let mut table = format!("[{}.{key}]{end}", kind.name);
    if let Some(preset) = preset {
        table.push_str(&format!("preset = \"{preset}\"{end}"));
    }
    // What has to be said and cannot be left to a default begins with a usual value.
    for spec in kind.knobs.iter().filter(|spec| spec.default.is_empty()) {
        if let Ok(usual) = value::parse(spec.example, spec) {
            let usual = literal(spec.example, &usual, spec);
            table.push_str(&format!("{} = {usual}{end}", spec.name));
        }
    }
    // Of several things that users do, a job does one.
    let operations = sketch(text)
        .drawing
        .map(|drawing| drawing.design.operations);
    if let ("job", Some([first, _, ..])) = (kind.name, operations.as_deref()) {
        table.push_str(&format!("operation = \"{}\"{end}", first.key));
    }
    table.push_str(&format!("position = [{}, {}]{end}", at.0, at.1));
    let is_node = |section: &Section| KINDS.iter().any(|kind| section.is_of(&[kind.name]));
    let mut changed = insert(text, &table, is_node);
    // So does what this kind cannot do without.
    let prefix = format!("{}.{key}.", kind.name);
    for _ in 0..kind.knobs.len() {
        let missing = sketch(&changed).errors.into_iter().find_map(|finding| {
            let spec = kind.knob(finding.path.strip_prefix(&prefix)?)?;
            (!spec.example.is_empty()).then_some(spec)
        });
        let Some(spec) = missing else { break };
        let Ok(usual) = value::parse(spec.example, spec) else {
            break;
        };
        let usual = literal(spec.example, &usual, spec);
        match splice_field(&changed, kind.name, key, spec.name, &usual) {
            Some(text) if text != changed => changed = text,
            _ => break,
        }
    }
    readable(changed)
}

fn add_link(text: &str, key: &str, from: &str, to: &str) -> Result<String, Findings> {
    new_name(text, key, false)?;
    let drawing = sketch(text).drawing;
    let design = drawing.map(|drawing| drawing.design).unwrap_or_default();
    let find = |key: &str| {
        design.node(key).ok_or_else(|| {
            let keys = design.nodes.iter().map(|node| node.key.as_str());
            let help = suggest(key, keys, "nodes");
            refuse(
                code::NO_NODE,
                key,
                format!("there is no node `{}`", cut(key)),
                &help,
            )
        })
    };
    if let Some(why) = why_not(&design, find(from)?, find(to)?) {
        return Err(refuse(
            code::BAD_LINK,
            key,
            why,
            "connect it to something else",
        ));
    }
    let end = line_end(text);
    let table = format!("[link.{key}]{end}from = \"{from}\"{end}to = \"{to}\"{end}");
    let is_drawn = |section: &Section| {
        section.is_of(&["link"]) || KINDS.iter().any(|kind| section.is_of(&[kind.name]))
    };
    readable(insert(text, &table, is_drawn))
}

/// The text with one more table behind the last of its like, else at the end.
pub(super) fn insert(text: &str, table: &str, is_like: impl Fn(&Section) -> bool) -> String {
    let end = line_end(text);
    let all = sections(text);
    let last = all.iter().rfind(|section| is_like(section));
    let at = last.map_or(text.len(), |section| section.whole.end);
    let (before, after) = (text[..at].trim_end(), &text[at..]);
    let gap = if after.is_empty() { "" } else { end };
    let lead = if before.is_empty() { "" } else { end };
    format!("{before}{lead}{lead}{table}{gap}{after}")
}

/// A text that ended with a line end still does, and has no empty lines at its end.
pub(super) fn tidy_end(before: &str, after: String) -> String {
    if before.trim_end().len() == before.len() || after.trim().is_empty() {
        return after;
    }
    format!("{}{}", after.trim_end(), line_end(before))
}

/// The text with pieces replaced, none of which overlap.
pub(super) fn spliced(text: &str, mut pieces: Vec<(Range<usize>, String)>) -> String {
    pieces.sort_by_key(|(span, _)| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, with) in pieces {
        if span.start < at {
            continue;
        }
        out.push_str(&text[at..span.start]);
        out.push_str(&with);
        at = span.end;
    }
    out.push_str(&text[at..]);
    out
}

/// A knob as an address of the inspector: also labels and the ends of links are fields there.
pub fn is_set(design: &Design, path: &str) -> bool {
    let Some((table, key, field)) = redraw::split_path(path) else {
        return false;
    };
    match table {
        "link" => design
            .link(key)
            .is_some_and(|link| link.own(field).is_some()),
        "operation" => design
            .operations
            .iter()
            .any(|op| op.key == key && op.knobs.contains_key(field)),
        "alert" | "slo" => design
            .watched(table, key)
            .is_some_and(|it| it.knobs.contains_key(field)),
        _ => design
            .node(key)
            .is_some_and(|node| node.own(field).is_some()),
    }
}
