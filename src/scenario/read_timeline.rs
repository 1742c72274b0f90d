//! What is scripted to happen, as written.

use super::findings::Findings;
use super::limits::MAX_TIMELINE;
use super::row::Row;
use super::{address, code, sections};
use crate::design::registry::{self, Class, KindSpec};
use crate::design::value::{self, Value, cut};
use crate::design::{Change, Design, Knobs, Settings, TimelineEntry};

/// The entries, each with its path.
pub fn timeline(
    f: &mut Findings<'_>,
    root: &Row<'_, '_>,
    design: &Design,
) -> Vec<(String, TimelineEntry)> {
    let mut entries = Vec::new();
    for row in root.listed(f, "timeline", MAX_TIMELINE) {
        let Some(word) = row.line(f, "what") else {
            row.check_required(f, sections::TIMELINE, &[]);
            continue;
        };
        let Some(what) = registry::timeline_kind(&word) else {
            let names = registry::timeline_kinds().map(|kind| kind.name);
            f.error_at(
                code::BAD_VALUE,
                &format!("{}.what", row.path),
                format!("nothing is called `{}`", cut(&word)),
            )
            .help(super::names::suggest(&word, names, "what can happen"));
            continue;
        };
        row.check_fields(
            f,
            &format!("the entry `{}`", what.name),
            sections::TIMELINE,
            what.knobs,
        );
        let knobs = row.knobs(f, what.knobs);
        let change = match what.name {
            "config" => config(f, &row, design, &knobs),
            _ => turned(design, what, &knobs),
        };
        entries.push((
            row.path,
            TimelineEntry {
                what,
                knobs,
                change,
            },
        ));
    }
    entries
}

fn text<'k>(knobs: &'k Knobs, name: &str) -> Option<&'k str> {
    match knobs.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// The change of an entry `config`: any knob that does not need a restart.
fn config(
    f: &mut Findings<'_>,
    row: &Row<'_, '_>,
    design: &Design,
    knobs: &Knobs,
) -> Option<Change> {
    let path = text(knobs, "target")?;
    let written = text(knobs, "value")?;
    let at_target = format!("{}.target", row.path);
    let found = match address::resolve(design, path) {
        Ok(found) if found.kind.name != "run" && !matches!(found.spec.name, "from" | "to") => found,
        Ok(_) => {
            f.error_at(
                code::NO_KNOB,
                &at_target,
                format!("`{}` cannot change while it runs", cut(path)),
            )
            .help("name a knob of a node, a link or an operation: `link.NAME.timeout`");
            return None;
        }
        Err(error) => {
            f.error_at(code::NO_KNOB, &at_target, error.message)
                .maybe_help(error.help);
            return None;
        }
    };
    if found.spec.class == Class::Restart {
        let message = format!("`{}` takes effect only at the start of a run", cut(path));
        f.error_at(code::IMPOSSIBLE, &at_target, message)
            .help("set it in the design, or change a knob that applies at once or to new work");
        return None;
    }
    match value::parse(written, found.spec) {
        Ok(value) => Some(Change {
            table: found.kind.name,
            key: found.key.to_owned(),
            knob: found.spec.name,
            value,
        }),
        Err(error) => {
            f.error_at(
                code::BAD_VALUE,
                &format!("{}.value", row.path),
                error.message,
            )
            .maybe_help(error.help);
            None
        }
    }
}

/// The change of an entry that turns one knob of its target. Whether the target can have it is checked
/// with all targets.
fn turned(design: &Design, what: &'static KindSpec, knobs: &Knobs) -> Option<Change> {
    let (knob, field) = registry::turned_by(what)?;
    let key = text(knobs, "target")?;
    let node = design.node(key)?;
    let value = Settings::new(what, knobs).value(field);
    Some(Change {
        table: node.kind.name,
        key: key.to_owned(),
        knob: node.kind.knob(knob)?.name,
        value,
    })
}
