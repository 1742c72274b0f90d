//! Changes to knobs in the text of a scenario: comments, order and spelling of everything else stay.
//!
//! ```
//! use brownout::scenario::{Scenario, edit};
//! let text = "format = 1\n[run]\nduration = \"60 s\" # a minute\n";
//! let text = edit::apply(text, &[("run.duration", "2 min"), ("run.seed", "7")]).unwrap();
//! assert_eq!(text, "format = 1\n[run]\nduration = \"2 min\" # a minute\nseed = 7\n");
//! assert_eq!(Scenario::parse(&text).unwrap().seed, 7);
//! ```

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::address::{Address, resolve};
use super::names::suggest;
use super::plan_path::PlanPath;
use super::read::{Depth, read};
use super::sections::PRESET;
use super::{Scenario, Variant, code};
use crate::design::diagnostic::{Diagnostic, Severity};
use crate::design::registry::{KindSpec, KnobSpec};
use crate::design::value::{self, Unit, Value, ValueError, cut};
use crate::design::{Knobs, Settings};

/// A knob as it stands in a scenario.
#[derive(Clone, Debug)]
pub struct Knob {
    pub kind: &'static KindSpec,
    /// Name of the node, link or operation; empty for the run.
    pub key: String,
    pub spec: &'static KnobSpec,
    /// What counts now: the value set, else the default.
    pub value: Value,
}

/// The knob that a path names.
pub fn knob_at(scenario: &Scenario, path: &str) -> Result<Knob, Box<Diagnostic>> {
    let address = resolve(&scenario.design, path)
        .map_err(|error| Box::new(finding(code::NO_KNOB, path, error)))?;
    let Address { kind, key, spec } = address;
    Ok(Knob {
        kind,
        key: key.to_owned(),
        spec,
        value: current(scenario, &address),
    })
}

fn current(scenario: &Scenario, address: &Address<'_>) -> Value {
    let design = &scenario.design;
    let none = Knobs::new();
    if address.spec.name == PRESET.name {
        let taken = match address.kind.name {
            "link" => {
                let link = design.link(address.key);
                link.and_then(|link| link.preset.as_ref())
            }
            _ => {
                let node = design.node(address.key);
                node.and_then(|node| node.preset.as_ref())
            }
        };
        return taken.map_or(Value::Off, |taken| {
            Value::Text(taken.preset.name.to_owned())
        });
    }
    let knobs = match address.kind.name {
        "run" if address.spec.name == "seed" => return Value::Count(scenario.seed),
        "run" => return Value::Duration(scenario.run.duration),
        "monitoring" => Some(&design.monitoring),
        "link" => {
            let link = design.link(address.key);
            match (link, address.spec.name) {
                (Some(link), "from") => return Value::Text(link.from.clone()),
                (Some(link), "to") => return Value::Text(link.to.clone()),
                (link, _) => link.map(|link| &link.knobs),
            }
        }
        "operation" => design
            .operations
            .iter()
            .find(|op| op.key == address.key)
            .map(|op| &op.knobs),
        "alert" | "slo" => design
            .watched(address.kind.name, address.key)
            .map(|it| &it.knobs),
        _ => design.node(address.key).map(|node| &node.knobs),
    };
    Settings::new(address.kind, knobs.unwrap_or(&none)).value(address.spec.name)
}

/// The text with these knobs changed, each a path and a value as a person writes it. A knob that the
/// file does not mention gets a line at the end of its table. The result is a valid scenario.
///
/// Findings have no place: they are about the changes, not about the text.
pub fn apply<P: AsRef<str>, V: AsRef<str>>(
    text: &str,
    changes: &[(P, V)],
) -> Result<String, Vec<Diagnostic>> {
    let changed = change(text, changes)?;
    let scenario = valid(&changed)?;
    for (i, (path, written)) in changes.iter().enumerate() {
        let path = path.as_ref();
        if PlanPath::of(path).is_some() {
            // It stands there as it was written.
            continue;
        }
        if changes[i + 1..]
            .iter()
            .any(|(later, _)| later.as_ref() == path)
        {
            continue;
        }
        let knob = knob_at(&scenario, path).map_err(|finding| vec![*finding])?;
        if value::parse(written.as_ref(), knob.spec).ok() != Some(knob.value) {
            return Err(vec![not_here(path)]);
        }
    }
    Ok(changed)
}

/// The text with a variant of its lesson in place.
pub fn variant(text: &str, variant: &Variant) -> Result<String, Vec<Diagnostic>> {
    if variant.add.is_empty() {
        return apply(text, &variant.set);
    }
    let mut changed = change(text, &variant.set)?;
    let end = line_end(text);
    changed.push_str(end);
    changed.push_str(&variant.add);
    changed.push_str(end);
    valid(&changed)?;
    Ok(changed)
}

/// Splices the changes in without looking at what they lead to.
fn change<P: AsRef<str>, V: AsRef<str>>(
    text: &str,
    changes: &[(P, V)],
) -> Result<String, Vec<Diagnostic>> {
    let base = read(text, Depth::Run);
    let Some(scenario) = base.scenario else {
        return Err(base.diagnostics);
    };
    let mut now = text.to_owned();
    let mut findings = Vec::new();
    for (path, written) in changes {
        let path = path.as_ref();
        let done = match PlanPath::of(path) {
            Some(plan) => plan
                .set(&now, path, written.as_ref())
                .map_err(|error| vec![*error]),
            None => changed(&now, &scenario, path, written.as_ref()),
        };
        match done {
            Ok(text) => now = text,
            Err(found) => findings.extend(found),
        }
    }
    if findings.is_empty() {
        Ok(now)
    } else {
        Err(findings)
    }
}

/// The text with one knob changed, without a look at what that leads to.
pub(super) fn changed(
    text: &str,
    scenario: &Scenario,
    path: &str,
    written: &str,
) -> Result<String, Vec<Diagnostic>> {
    let address = resolve(&scenario.design, path)
        .map_err(|error| vec![finding(code::NO_KNOB, path, error)])?;
    let value = value::parse(written, address.spec)
        .map_err(|error| vec![finding(code::BAD_VALUE, path, error)])?;
    let literal = literal(written.trim(), &value, address.spec);
    splice(text, &address, &literal).ok_or_else(|| vec![not_here(path)])
}

pub(super) fn valid(text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    let checked = read(text, Depth::Run);
    checked.scenario.ok_or_else(|| {
        let mut errors = checked.diagnostics;
        errors.retain(|finding| finding.severity == Severity::Error);
        // Their places are in a text that nobody has seen.
        errors.iter_mut().for_each(|finding| finding.place = None);
        errors
    })
}

pub(super) fn finding(code: &'static str, path: &str, error: ValueError) -> Diagnostic {
    let ValueError { message, help } = error;
    Diagnostic {
        code,
        severity: Severity::Error,
        path: cut(path),
        place: None,
        message,
        help,
        knob: None,
    }
}

pub(super) fn not_here(path: &str) -> Diagnostic {
    let error = ValueError {
        message: format!(
            "`{}` cannot be changed where it stands in this file",
            cut(path)
        ),
        help: Some("write it into the file by hand".to_owned()),
    };
    finding(code::NO_KNOB, path, error)
}

/// The value in TOML: numbers bare, everything else in quotes.
pub(super) fn literal(written: &str, value: &Value, spec: &KnobSpec) -> String {
    let bare = match value {
        Value::Names(_) | Value::PerOperation(_) => return value::print(value, spec),
        Value::Flag(_) => true,
        Value::Count(_) | Value::Factor(_) | Value::Share(_) => {
            let parsed = DeValue::parse(written).map(Spanned::into_inner);
            matches!(parsed, Ok(DeValue::Integer(_) | DeValue::Float(_)))
        }
        _ => false,
    };
    if bare {
        written.to_owned()
    } else {
        quote(written, spec)
    }
}

fn quote(written: &str, spec: &KnobSpec) -> String {
    debug_assert!(
        spec.unit == Unit::Text || !written.contains(['"', '\\']),
        "no unit takes them"
    );
    quoted(written)
}

/// A line of text as TOML writes it.
pub(super) fn quoted(written: &str) -> String {
    let mut quoted = String::from("\"");
    for c in written.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // Control characters are refused in values; this keeps the text valid whatever comes.
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A field of an entry of the timeline as TOML writes it.
pub(super) fn written_field(
    kind: &KindSpec,
    field: &str,
    written: &str,
) -> Result<String, Box<Diagnostic>> {
    let Some(spec) = kind.knob(field) else {
        let names = kind.knobs.iter().map(|knob| knob.name);
        let error = ValueError {
            message: format!("`{}` is no field of the entry `{}`", cut(field), kind.name),
            help: Some(suggest(field, names, "fields")),
        };
        return Err(Box::new(finding(code::UNKNOWN_FIELD, &cut(field), error)));
    };
    match value::parse(written, spec) {
        Ok(value) => Ok(literal(written.trim(), &value, spec)),
        Err(error) => Err(Box::new(finding(code::BAD_VALUE, field, error))),
    }
}

fn splice(text: &str, address: &Address<'_>, literal: &str) -> Option<String> {
    let Address { kind, key, spec } = *address;
    splice_field(text, kind.name, key, spec.name, literal)
}

/// The text with a field of a table set to a literal; `None` where it cannot be done by splicing.
pub(super) fn splice_field(
    text: &str,
    table: &str,
    key: &str,
    field: &str,
    literal: &str,
) -> Option<String> {
    let tree = DeTable::parse(text).ok()?.into_inner();
    let (span, with) = piece(text, &tree, table, key, field, literal)?;
    Some(replace(text, span, &with))
}

/// Where a text changes so that a field of a table holds a literal, and what stands there then.
pub(super) fn piece(
    text: &str,
    tree: &DeTable<'_>,
    table: &str,
    key: &str,
    knob: &str,
    literal: &str,
) -> Option<(Range<usize>, String)> {
    let Some((named, value)) = table_of(tree, table, key) else {
        // The operation that every file without operations has stands in no text, and monitoring needs no table.
        let end = line_end(text);
        let body = text.trim_end().len();
        let header = match key {
            "" => table.to_owned(),
            key => format!("{table}.{key}"),
        };
        let added = format!("{end}{end}[{header}]{end}{knob} = {literal}{end}");
        return Some((body..text.len(), added));
    };
    let DeValue::Table(fields) = value.get_ref() else {
        return None;
    };
    if let Some(old) = fields.get(knob) {
        return Some((old.span(), literal.to_owned()));
    }
    let is_inline = text[value.span()].starts_with('{');
    let last = fields
        .values()
        .filter(|field| is_own_line(text, field))
        .map(|field| field.span().end)
        .max();
    if is_inline {
        let at = last.unwrap_or(value.span().start + 1);
        let comma = if last.is_some() { ", " } else { " " };
        return Some((at..at, format!("{comma}{knob} = {literal}")));
    }
    let named_at = named.span();
    let line_start = text[..named_at.start].rfind('\n').map_or(0, |at| at + 1);
    // Up to the name: the beginning of a header, or of a dotted key as in `run.seed = 7`.
    let head = &text[line_start..named_at.end];
    let is_header = head.trim_start().starts_with('[');
    let line = if is_header {
        format!("{knob} = {literal}")
    } else {
        format!("{head}.{knob} = {literal}")
    };
    let at = end_of_line(text, last.unwrap_or(named_at.end));
    Some((at..at, format!("{}{line}", line_end(text))))
}

/// The text with one more line below the one on which this place is.
pub(super) fn with_line(text: &str, place: usize, line: &str) -> String {
    let at = end_of_line(text, place);
    replace(text, at..at, &format!("{}{line}", line_end(text)))
}

/// The end of the line on which this place is, before its line end.
fn end_of_line(text: &str, place: usize) -> usize {
    let at = place + text[place..].find('\n').unwrap_or(text.len() - place);
    if text[..at].ends_with('\r') {
        at - 1
    } else {
        at
    }
}

/// The text with a field of an entry of the timeline set to a literal.
pub(super) fn splice_entry(
    text: &str,
    number: usize,
    field: &str,
    literal: &str,
) -> Option<String> {
    let tree = DeTable::parse(text).ok()?.into_inner();
    let entries = tree.get("timeline")?.get_ref().as_array()?;
    let entry = entries.get(number)?.get_ref().as_table()?;
    if let Some(old) = entry.get(field) {
        return Some(replace(text, old.span(), literal));
    }
    let (what, value) = entry.get_key_value("what")?;
    let end = value.span().end;
    let indent = text[..what.span().start].rsplit('\n').next()?;
    Some(match indent.trim().is_empty() {
        true => with_line(text, end, &format!("{indent}{field} = {literal}")),
        // The entry is written on one line, in braces.
        false => replace(text, end..end, &format!(", {field} = {literal}")),
    })
}

/// The table of a thing, with its name.
fn table_of<'t, 'a>(
    tree: &'a DeTable<'t>,
    table: &str,
    key: &str,
) -> Option<(&'a Spanned<DeString<'t>>, &'a Spanned<DeValue<'t>>)> {
    let top = tree.get_key_value(table)?;
    if matches!(table, "run" | "monitoring") {
        return Some(top);
    }
    top.1.get_ref().as_table()?.get_key_value(key)
}

/// Whether a field stands on a line of its table, and not under a header of its own.
fn is_own_line(text: &str, field: &Spanned<DeValue<'_>>) -> bool {
    match field.get_ref() {
        DeValue::Table(_) => text
            .get(field.span())
            .is_some_and(|written| written.starts_with('{')),
        _ => true,
    }
}

pub(super) fn replace(text: &str, span: Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &text[..span.start], &text[span.end..])
}

pub(super) fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}
