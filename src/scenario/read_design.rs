//! Nodes, links, operations and plans, as written.

use toml::de::DeValue;

use super::findings::{Findings, Span};
use super::limits::{MAX_LINKS, MAX_NODES, MAX_OPERATIONS, MAX_STEPS};
use super::row::{Row, type_of};
use super::{code, sections};
use crate::design::registry::{self, KINDS, KindSpec};
use crate::design::value::{Value, cut};
use crate::design::{CallMode, Design, Knobs, Link, Node, Operation, Step};
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
    Node {
        key,
        kind,
        label: row.line(f, "label"),
        knobs: row.knobs(f, kind.knobs),
        plans: plans(f, kind, row, operations),
        position: row.position(f, "position"),
    }
}

fn link(f: &mut Findings<'_>, key: String, row: &Row<'_, '_>) -> Link {
    row.check_fields(f, "a link", sections::LINK, registry::LINK.knobs);
    // An end that is missing has its finding; the link itself is known.
    let end = |f: &mut Findings<'_>, name| row.line(f, name).unwrap_or_default();
    Link {
        key,
        from: end(f, "from"),
        to: end(f, "to"),
        knobs: row.knobs(f, registry::LINK.knobs),
    }
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

/// The plans of a node, by operation.
fn plans(
    f: &mut Findings<'_>,
    kind: &KindSpec,
    row: &Row<'_, '_>,
    operations: &[Operation],
) -> BTreeMap<String, Vec<Step>> {
    let mut plans = BTreeMap::new();
    let Some(table) = row.one(f, "plan") else {
        return plans;
    };
    if kind.name != "service" {
        f.error(
            code::UNKNOWN_FIELD,
            &table.path,
            table.named_at.clone(),
            format!("a {} has no plan", kind.name),
        )
        .help("only services have plans");
        return plans;
    }
    for (key, value) in table.table {
        let name: &str = key.get_ref();
        let path = format!("{}.{}", table.path, cut(name));
        let Some(operation) = operations.iter().find(|operation| operation.key == name) else {
            let names = operations.iter().map(|operation| operation.key.as_str());
            f.error(
                code::NO_OPERATION,
                &path,
                key.span(),
                format!("there is no operation `{}`", cut(name)),
            )
            .help(super::names::suggest(name, names, "operations"));
            continue;
        };
        let DeValue::Array(items) = value.get_ref() else {
            let message = format!(
                "the plan is {}, not a list of steps",
                type_of(value.get_ref())
            );
            f.error(code::WRONG_TYPE, &path, value.span(), message)
                .help(STEPS);
            continue;
        };
        if items.len() > MAX_STEPS {
            f.error(
                code::LIMIT,
                &path,
                value.span(),
                format!("the plan has {} steps", items.len()),
            )
            .help(format!("at most {MAX_STEPS}"));
            continue;
        }
        let mode = mode_of(operation);
        let steps = items.iter().filter_map(|item| match item.get_ref() {
            DeValue::String(text) => {
                let step = step(f, &path, text, item.span(), mode);
                if let Some(Step::Call { link, .. }) = &step {
                    f.remember(format!("{path}.{link}"), item.span());
                }
                step
            }
            _ => {
                f.error(code::BAD_STEP, &path, item.span(), "a step is text")
                    .help(STEPS);
                None
            }
        });
        let steps: Vec<Step> = steps.collect();
        if steps.iter().filter(|step| **step == Step::Respond).count() > 1 {
            f.error(
                code::IMPOSSIBLE,
                &path,
                value.span(),
                "a plan responds once",
            )
            .help("what comes after `respond` is done when the caller has its reply");
        }
        plans.insert(name.to_owned(), steps);
    }
    plans
}

const STEPS: &str = "a step is `work`, `call LINK`, `read LINK`, `write LINK` or `respond`";

fn step(f: &mut Findings<'_>, path: &str, text: &str, span: Span, mode: CallMode) -> Option<Step> {
    let words: Vec<&str> = text.split_ascii_whitespace().take(3).collect();
    let call = |link: &str, mode| {
        Some(Step::Call {
            link: link.to_owned(),
            mode,
        })
    };
    let parsed = match words.as_slice() {
        ["work"] => Some(Step::Work),
        ["respond"] => Some(Step::Respond),
        ["call", link] => call(link, mode),
        ["read", link] => call(link, CallMode::Read),
        ["write", link] => call(link, CallMode::Write),
        _ => None,
    };
    if parsed.is_none() {
        f.error(
            code::BAD_STEP,
            path,
            span,
            format!("`{}` is no step", cut(text)),
        )
        .help(STEPS);
    }
    parsed
}

/// What a plain `call` asks for: what the operation is.
fn mode_of(operation: &Operation) -> CallMode {
    match operation.knobs.get("kind") {
        Some(Value::Choice(1)) => CallMode::Write,
        _ => CallMode::Read,
    }
}
