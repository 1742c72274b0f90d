//! What users do, changed by drawing. A file that names no operation has one that is called `request`: it is
//! written down as soon as somebody changes it or adds another, so that it stays what it was.

use super::code;
use super::draw::{insert, readable, refuse, sketch};
use super::edit::{line_end, quoted, splice_field};
use super::headers::{Section, sections};
use super::row::{NAME_RULE, is_name};
use crate::design::diagnostic::Diagnostic;
use crate::design::registry::KINDS;
use crate::design::value::cut;

type Findings = Vec<Diagnostic>;

fn is_operation(section: &Section) -> bool {
    section.is_of(&["operation"])
}

/// The text with a table for an operation behind those that there are, else behind what is drawn.
fn with_table(text: &str, table: &str) -> String {
    let has_some = sections(text).iter().any(is_operation);
    insert(text, table, |section| match has_some {
        true => is_operation(section),
        false => {
            let kinds = KINDS.iter().map(|kind| kind.name);
            kinds.chain(["link"]).any(|kind| section.is_of(&[kind]))
        }
    })
}

/// The text with a table for the operation that is there without one, if this is it.
pub fn written_down(text: &str, key: &str) -> String {
    let design = sketch(text).drawing.map(|drawing| drawing.design);
    let is_there = design.is_some_and(|design| design.operations.iter().any(|o| o.key == key));
    match is_there && !sections(text).iter().any(is_operation) {
        true => with_table(text, &format!("[operation.{key}]{}", line_end(text))),
        false => text.to_owned(),
    }
}

/// Jobs that leave it open do the only operation there is. They say so before there is another one.
fn said_by_jobs(mut text: String, only: &str) -> String {
    let design = sketch(&text).drawing.map(|drawing| drawing.design);
    let nodes = design.map(|design| design.nodes).unwrap_or_default();
    let jobs = nodes.iter().filter(|node| node.kind.name == "job");
    for job in jobs.filter(|job| !job.knobs.contains_key("operation")) {
        let said = splice_field(&text, "job", &job.key, "operation", &quoted(only));
        text = said.unwrap_or(text);
    }
    text
}

pub fn add(text: &str, key: &str, kind: &str) -> Result<String, Findings> {
    if !is_name(key) {
        let message = format!("`{}` is no name", cut(key));
        return Err(refuse(code::BAD_NAME, key, message, NAME_RULE));
    }
    let design = sketch(text).drawing.map(|drawing| drawing.design);
    let operations = design.map(|design| design.operations).unwrap_or_default();
    if operations.iter().any(|operation| operation.key == key) {
        let message = format!("there is already an operation `{}`", cut(key));
        return Err(refuse(code::DUPLICATE, key, message, "choose another name"));
    }
    let before = match operations.as_slice() {
        [only] => said_by_jobs(written_down(text, &only.key), &only.key),
        _ => text.to_owned(),
    };
    let end = line_end(text);
    let table = format!("[operation.{key}]{end}kind = \"{kind}\"{end}");
    readable(with_table(&before, &table))
}
