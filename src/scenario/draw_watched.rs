//! Alerts and objectives, added by drawing.

use super::draw::{insert, no_worse, refuse, sketch};
use super::edit::{finding, line_end, literal, quoted};
use super::headers::Section;
use super::names::suggest;
use super::row::{NAME_RULE, is_name};
use super::{code, sections};
use crate::design::diagnostic::Diagnostic;
use crate::design::registry::{self, KINDS, KindSpec};
use crate::design::value::{self, cut};

type Findings = Vec<Diagnostic>;

/// The kind of thing that a table is about, and the fields it has beside its knobs.
fn kind_of(table: &str) -> Option<(&'static KindSpec, &'static [sections::Field])> {
    match table {
        "alert" => Some((&registry::ALERT, sections::ALERT)),
        "slo" => Some((&registry::SLO, sections::SLO)),
        _ => None,
    }
}

/// The text with one more of them, behind those that there are, else behind what is drawn.
pub fn add(
    text: &str,
    table: &str,
    key: &str,
    fields: &[(String, String)],
) -> Result<String, Findings> {
    let Some((kind, beside)) = kind_of(table) else {
        let message = format!("`{}` is no alert and no objective", cut(table));
        return Err(refuse(
            code::UNKNOWN_TABLE,
            table,
            message,
            "`alert` or `slo`",
        ));
    };
    if !is_name(key) {
        let message = format!("`{}` is no name", cut(key));
        return Err(refuse(code::BAD_NAME, key, message, NAME_RULE));
    }
    let design = sketch(text).drawing.map(|drawing| drawing.design);
    let design = design.unwrap_or_default();
    if design.watched(table, key).is_some() {
        let message = format!("there is already something called `{key}`");
        return Err(refuse(code::DUPLICATE, key, message, "choose another name"));
    }
    let end = line_end(text);
    let mut lines = format!("[{table}.{key}]{end}");
    for (field, written) in fields {
        let path = format!("{table}.{key}.{field}");
        let of_text = beside.iter().any(|it| it.name == field.as_str());
        let literal = match kind.knob(field) {
            _ if of_text => quoted(written.trim()),
            Some(spec) => match value::parse(written, spec) {
                Ok(value) => literal(written.trim(), &value, spec),
                Err(error) => return Err(vec![finding(code::BAD_VALUE, &path, error)]),
            },
            None => {
                let message = format!("`{}` is no field of `{table}`", cut(field));
                let names = kind.knobs.iter().map(|knob| knob.name);
                let help = suggest(field, names, "fields");
                return Err(refuse(code::UNKNOWN_FIELD, &path, message, &help));
            }
        };
        lines.push_str(&format!("{field} = {literal}{end}"));
    }
    let has_some = !design.alerts.is_empty() || !design.slos.is_empty();
    let changed = insert(text, &lines, |section: &Section| match has_some {
        true => section.is_of(&["alert"]) || section.is_of(&["slo"]),
        false => {
            let kinds = KINDS.iter().map(|kind| kind.name);
            let mut drawn = kinds.chain(["link", "operation"]);
            drawn.any(|kind| section.is_of(&[kind]))
        }
    });
    no_worse(text, changed)
}
