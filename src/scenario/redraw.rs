//! Changes of places, knobs, plans and the timeline, as [`super::draw`] makes them.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::draw::{insert, no_worse, readable, sketch, spliced, tidy_end};
use super::edit::{line_end, not_here, replace, splice_entry, splice_field, written_field};
use super::headers::{Section, sections};
use super::{draw_operation, edit, edit_timeline};
use crate::design::diagnostic::Diagnostic;
use crate::design::registry::{KINDS, KindSpec};

type Findings = Vec<Diagnostic>;

pub fn place(text: &str, to: &[(String, (i32, i32))]) -> Result<String, Findings> {
    let sketch = sketch(text);
    let Some(scenario) = sketch.drawing else {
        return Err(sketch.errors);
    };
    let Ok(tree) = DeTable::parse(text).map(Spanned::into_inner) else {
        return Err(vec![not_here("position")]);
    };
    let mut pieces = Vec::new();
    for (key, (x, y)) in to {
        let Some(node) = scenario.design.node(key) else {
            continue;
        };
        let path = format!("{}.{key}.position", node.kind.name);
        let piece = edit::piece(
            text,
            &tree,
            node.kind.name,
            key,
            "position",
            &format!("[{x}, {y}]"),
        );
        pieces.push(piece.ok_or_else(|| vec![not_here(&path)])?);
    }
    readable(spliced(text, pieces))
}

/// The table and name of a path, and what of it is no knob: `service.shop.label`.
pub fn split_path(path: &str) -> Option<(&str, &str, &str)> {
    let mut parts = path.splitn(3, '.');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

pub fn set(text: &str, path: &str, written: &str) -> Result<String, Findings> {
    let written_down = match split_path(path) {
        Some(("operation", key, _)) => draw_operation::written_down(text, key),
        _ => text.to_owned(),
    };
    let text = written_down.as_str();
    if let Some((table, key, "label")) = split_path(path) {
        if written.trim().is_empty() {
            return unset(text, path);
        }
        let quoted = edit::quoted(written.trim());
        let changed = splice_field(text, table, key, "label", &quoted);
        return no_worse(text, changed.ok_or_else(|| vec![not_here(path)])?);
    }
    let sketch = sketch(text);
    let Some(scenario) = &sketch.drawing else {
        return Err(sketch.errors);
    };
    no_worse(text, edit::changed(text, scenario, path, written)?)
}

/// The text without a field of a table.
pub fn unset(text: &str, path: &str) -> Result<String, Findings> {
    let Some((table, key, field)) = split_path(path) else {
        return Err(vec![not_here(path)]);
    };
    let tree = DeTable::parse(text).map(Spanned::into_inner);
    let Ok(tree) = tree else {
        return Err(vec![not_here(path)]);
    };
    let found = tree
        .get(table)
        .and_then(|t| t.get_ref().as_table())
        .and_then(|t| t.get(key))
        .and_then(|t| t.get_ref().as_table());
    match found.and_then(|t| t.get_key_value(field)) {
        None => Ok(text.to_owned()),
        Some((name, value)) => {
            let line = line_of(text, name.span().start..value.span().end);
            let line = line.ok_or_else(|| vec![not_here(path)])?;
            no_worse(text, replace(text, line, ""))
        }
    }
}

/// The whole lines of a field that stands alone on them.
fn line_of(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    if !text[start..span.start].trim().is_empty() {
        return None;
    }
    let rest = &text[span.end..];
    let end = span.end + rest.find('\n').map_or(rest.len(), |at| at + 1);
    let behind = text[span.end..end].trim();
    (behind.is_empty() || behind.starts_with('#')).then_some(start..end)
}

pub fn plan(text: &str, node: &str, operation: &str, steps: &[String]) -> Result<String, Findings> {
    let scenario = sketch(text).drawing;
    let kind = scenario
        .as_ref()
        .and_then(|scenario| scenario.design.node(node))
        .map(|node| node.kind.name);
    let Some(kind) = kind else {
        return Err(vec![not_here(node)]);
    };
    let path = format!("{kind}.{node}.plan.{operation}");
    let Ok(tree) = DeTable::parse(text).map(Spanned::into_inner) else {
        return Err(vec![not_here(&path)]);
    };
    let quoted: Vec<String> = steps.iter().map(|step| edit::quoted(step)).collect();
    let list = format!("[{}]", quoted.join(", "));
    let table = tree
        .get(kind)
        .and_then(|t| t.get_ref().as_table())
        .and_then(|t| t.get(node))
        .and_then(|t| t.get_ref().as_table());
    let plans = table.and_then(|t| t.get("plan"));
    let held = plans
        .and_then(|plans| plans.get_ref().as_table())
        .and_then(|plans| plans.get_key_value(operation));
    let changed = match (held, steps.is_empty()) {
        (None, true) => return Ok(text.to_owned()),
        (Some((_, value)), false) => replace(text, value.span(), &list),
        (Some((name, value)), true) => {
            // `plan.buy = [...]`: the line begins before the name of the operation.
            let line = text[..name.span().start].rfind('\n').map_or(0, |at| at + 1);
            let alone = text[line..name.span().start].trim();
            if !matches!(alone, "" | "plan.") {
                return Err(vec![not_here(&path)]);
            }
            let rest = &text[value.span().end..];
            let end = value.span().end + rest.find('\n').map_or(rest.len(), |at| at + 1);
            replace(text, line..end, "")
        }
        (None, false) => match plans.map(|plans| plans.get_ref()) {
            // A section of its own, `[service.shop.plan]`, takes one more line.
            Some(DeValue::Table(table)) if own_section(text, &[kind, node, "plan"]) => {
                let last = table.values().map(|value| value.span().end).max();
                let last = last.ok_or_else(|| vec![not_here(&path)])?;
                edit::with_line(text, last, &format!("{operation} = {list}"))
            }
            _ => splice_field(text, kind, node, &format!("plan.{operation}"), &list)
                .ok_or_else(|| vec![not_here(&path)])?,
        },
    };
    no_worse(text, changed)
}

fn own_section(text: &str, names: &[&str]) -> bool {
    sections(text).iter().any(|section| section.names == names)
}

pub fn add_entry(text: &str, what: &str, fields: &[(String, String)]) -> Result<String, Findings> {
    let end = line_end(text);
    let table = edit_timeline::written("timeline", what, fields, end);
    let table = table.map_err(|finding| vec![*finding])? + end;
    let is_like = |section: &Section| {
        let drawn = KINDS.iter().any(|kind| section.is_of(&[kind.name]));
        drawn
            || section.is_of(&["link"])
            || section.is_of(&["operation"])
            || section.is_of(&["timeline"])
    };
    no_worse(text, insert(text, &table, is_like))
}

/// The kind of an entry, and its table as written.
fn entry_kind(text: &str, number: usize) -> Result<&'static KindSpec, Findings> {
    let path = format!("timeline.{}", number + 1);
    let scenario = sketch(text).drawing;
    let entry = scenario.and_then(|scenario| scenario.timeline.get(number).map(|e| e.what));
    entry.ok_or_else(|| vec![not_here(&path)])
}

pub fn set_entry(
    text: &str,
    number: usize,
    field: &str,
    written: Option<&str>,
) -> Result<String, Findings> {
    let kind = entry_kind(text, number)?;
    let path = format!("timeline.{}.{field}", number + 1);
    let Some(written) = written else {
        let Ok(tree) = DeTable::parse(text).map(Spanned::into_inner) else {
            return Err(vec![not_here(&path)]);
        };
        let entry = tree
            .get("timeline")
            .and_then(|t| t.get_ref().as_array())
            .and_then(|all| all.get(number))
            .and_then(|entry| entry.get_ref().as_table());
        let Some((name, value)) = entry.and_then(|entry| entry.get_key_value(field)) else {
            return Ok(text.to_owned());
        };
        let line = line_of(text, name.span().start..value.span().end);
        let line = line.ok_or_else(|| vec![not_here(&path)])?;
        return no_worse(text, replace(text, line, ""));
    };
    let literal = written_field(kind, field, written).map_err(|finding| vec![*finding])?;
    let changed = splice_entry(text, number, field, &literal);
    no_worse(text, changed.ok_or_else(|| vec![not_here(&path)])?)
}

pub fn remove_entry(text: &str, number: usize) -> Result<String, Findings> {
    let path = format!("timeline.{}", number + 1);
    let entries = sections(text)
        .into_iter()
        .filter(|section| section.listed && section.names == ["timeline"]);
    let Some(entry) = entries.clone().nth(number) else {
        return Err(vec![not_here(&path)]);
    };
    readable(tidy_end(
        text,
        spliced(text, vec![(entry.whole, String::new())]),
    ))
}
