//! Nodes, links, operations and plans, as written.

use super::findings::Findings;
use super::limits::{MAX_ALERTS, MAX_INVARIANTS, MAX_LINKS, MAX_NODES, MAX_OPERATIONS, MAX_SLOS};
use super::names::suggest;
use super::row::Row;
use super::{code, read_plan, sections};
use crate::design::registry::{self, KINDS, KindSpec};
use crate::design::value::{Value, cut};
use crate::design::{Design, Invariant, Knobs, Link, Node, Operation, Taken, Watched};
use std::collections::BTreeMap;

/// Reads the drawing. Names are not resolved yet.
pub fn design(f: &mut Findings<'_>, root: &Row<'_, '_>) -> Design {
    let operations = operations(f, root);
    let mut design = Design {
        operations,
        ..Design::default()
    };
    let mut kind_of: BTreeMap<String, &KindSpec> = BTreeMap::new();
    for kind in KINDS {
        for (key, row) in root.named(f, kind.name) {
            if let Some(other) = kind_of.insert(key.clone(), kind) {
                let message = format!("there is already a {} called `{key}`", other.name);
                f.error(code::DUPLICATE, &row.path, row.named_at.clone(), message)
                    .help("every node has a name of its own, whatever its kind");
                continue;
            }
            design
                .nodes
                .push(node(f, key, kind, &row, &design.operations));
        }
    }
    for (key, row) in root.named(f, "link") {
        design.links.push(link(f, key, &row));
    }
    if let Some(row) = root.one(f, "monitoring") {
        let specs = registry::MONITORING.knobs;
        row.check_fields(f, "the table `monitoring`", &[], specs);
        design.monitoring = row.knobs(f, specs);
    }
    let watched = |f: &mut Findings<'_>, what, fields, kind: &'static KindSpec| {
        let rows = root.named(f, kind.name).into_iter();
        rows.map(|(key, row)| {
            row.check_fields(f, what, fields, kind.knobs);
            Watched {
                key,
                label: row.line(f, "label"),
                node: row.line(f, "node").unwrap_or_default(),
                knobs: row.knobs(f, kind.knobs),
            }
        })
        .collect()
    };
    design.alerts = watched(f, "an alert", sections::ALERT, &registry::ALERT);
    design.slos = watched(f, "an objective", sections::SLO, &registry::SLO);
    for (key, row) in root.named(f, "invariant") {
        row.check_fields(f, "an invariant", sections::INVARIANT, &[]);
        let operations = row.texts(f, "operations").into_iter();
        design.invariants.push(Invariant {
            key,
            label: row.line(f, "label"),
            place: row.line(f, "place").unwrap_or_default(),
            operations: operations.map(|(name, _)| name).collect(),
            at_most: row.whole(f, "at_most"),
            preserves_sum: row.flag(f, "preserves_sum"),
        });
    }
    limit(f, "alert", design.alerts.len(), MAX_ALERTS);
    limit(f, "slo", design.slos.len(), MAX_SLOS);
    limit(f, "invariant", design.invariants.len(), MAX_INVARIANTS);
    limit(f, "link", design.links.len(), MAX_LINKS);
    limit(f, "service", design.nodes.len(), MAX_NODES);
    limit(f, "operation", design.operations.len(), MAX_OPERATIONS);
    design
}

fn limit(f: &mut Findings<'_>, table: &str, count: usize, most: usize) {
    if count > most {
        let what = if table == "service" {
            "nodes"
        } else {
            &format!("{table}s")
        };
        f.error_at(code::LIMIT, table, format!("the design has {count} {what}"))
            .help(format!("at most {most}"));
    }
}

fn node(
    f: &mut Findings<'_>,
    key: String,
    kind: &'static KindSpec,
    row: &Row<'_, '_>,
    operations: &[Operation],
) -> Node {
    row.check_fields(
        f,
        &format!("a table `{}`", kind.name),
        sections::NODE,
        kind.knobs,
    );
    let mut knobs = row.knobs(f, kind.knobs);
    Node {
        key,
        kind,
        label: row.line(f, "label"),
        preset: preset(f, row, kind, &mut knobs),
        knobs,
        plans: read_plan::plans(f, kind, row, operations),
        position: row.position(f, "position"),
    }
}

fn link(f: &mut Findings<'_>, key: String, row: &Row<'_, '_>) -> Link {
    row.check_fields(f, "a link", sections::LINK, registry::LINK.knobs);
    // An end that is missing has its finding; the link itself is known.
    let end = |f: &mut Findings<'_>, name| row.line(f, name).unwrap_or_default();
    let mut knobs = row.knobs(f, registry::LINK.knobs);
    Link {
        key,
        from: end(f, "from"),
        to: end(f, "to"),
        preset: preset(f, row, &registry::LINK, &mut knobs),
        knobs,
    }
}

/// The preset that a table names; it gives what the table does not set itself.
fn preset(
    f: &mut Findings<'_>,
    row: &Row<'_, '_>,
    kind: &KindSpec,
    knobs: &mut Knobs,
) -> Option<Taken> {
    let Some(Value::Text(name)) = row.value_of(f, "preset", &sections::PRESET) else {
        return None;
    };
    let right = registry::presets().filter(|preset| preset.kind == kind.name);
    let message = match registry::preset(&name) {
        Some(preset) if preset.kind == kind.name => return Some(Taken::take(preset, knobs)),
        Some(preset) => format!(
            "`{name}` is a preset for `{}`, not for `{}`",
            preset.kind, kind.name
        ),
        None => format!("there is no preset `{}`", cut(&name)),
    };
    let help = suggest(
        &name,
        right.map(|preset| preset.name),
        &format!("presets for `{}`", kind.name),
    );
    f.error_at(code::BAD_VALUE, &format!("{}.preset", row.path), message)
        .help(help);
    None
}

/// What users do. A file that names no operation has one that reads, `request`.
fn operations(f: &mut Findings<'_>, root: &Row<'_, '_>) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (key, row) in root.named(f, "operation") {
        row.check_fields(
            f,
            "an operation",
            sections::OPERATION,
            registry::OPERATION.knobs,
        );
        let label = row.line(f, "label");
        operations.push(Operation {
            key,
            label,
            knobs: row.knobs(f, registry::OPERATION.knobs),
        });
    }
    if operations.is_empty() {
        operations.push(Operation {
            key: "request".to_owned(),
            label: None,
            knobs: Knobs::new(),
        });
    }
    operations
}
