//! Invariants: places and operations that exist, and that have to do with each other.

use super::code;
use super::findings::Findings;
use super::names::suggest;
use crate::design::value::{Value, cut};
use crate::design::{Design, Invariant};

pub fn check(f: &mut Findings<'_>, design: &Design) {
    for invariant in &design.invariants {
        rule(f, invariant);
        place(f, design, invariant);
        operations(f, design, invariant);
    }
}

/// One of the two, and not both.
fn rule(f: &mut Findings<'_>, invariant: &Invariant) {
    let path = format!("invariant.{}", invariant.key);
    match (invariant.at_most, invariant.preserves_sum) {
        (None, false) => {
            let message = format!("`{}` does not say what must never be", invariant.key);
            f.error_at(code::MISSING, &path, message)
                .help("set `at_most`, or `preserves_sum = true`");
        }
        (Some(_), true) => {
            let message = "`at_most` counts changes, `preserves_sum` compares two rows";
            f.error_at(code::IMPOSSIBLE, &format!("{path}.preserves_sum"), message)
                .help("make two invariants of it");
        }
        _ => {}
    }
}

fn place(f: &mut Findings<'_>, design: &Design, invariant: &Invariant) {
    let path = format!("invariant.{}.place", invariant.key);
    let Some(node) = design.node(&invariant.place) else {
        if !invariant.place.is_empty() {
            let names = design.nodes.iter().map(|node| node.key.as_str());
            let message = format!("there is no node `{}`", cut(&invariant.place));
            f.error_at(code::NO_NODE, &path, message).help(suggest(
                &invariant.place,
                names,
                "nodes",
            ));
        }
        return;
    };
    if invariant.preserves_sum && node.kind.name != "database" {
        let message = format!(
            "`{}` is a {}: it keeps no rows that add up",
            node.key, node.kind.name
        );
        f.error_at(code::IMPOSSIBLE, &path, message)
            .help("name a database");
    } else if !matches!(node.kind.name, "database" | "third_party") {
        let message = format!(
            "`{}` is a {}: nothing is kept there",
            node.key, node.kind.name
        );
        f.error_at(code::IMPOSSIBLE, &path, message)
            .help("name a database or a third party");
    }
}

fn operations(f: &mut Findings<'_>, design: &Design, invariant: &Invariant) {
    for (i, name) in invariant.operations.iter().enumerate() {
        let path = format!("invariant.{}.operations.{i}", invariant.key);
        let Some(operation) = design.operations.iter().find(|op| op.key == *name) else {
            let names = design.operations.iter().map(|op| op.key.as_str());
            f.error_at(
                code::NO_OPERATION,
                &path,
                format!("there is no operation `{}`", cut(name)),
            )
            .help(suggest(name, names, "operations"));
            continue;
        };
        let writes = operation.knobs.get("kind") == Some(&Value::Choice(1));
        let elsewhere = match operation.knobs.get("effects") {
            Some(Value::Names(places)) => !places.contains(&invariant.place),
            _ => false,
        };
        if !writes || elsewhere {
            let message = format!("`{name}` promises no change at `{}`", cut(&invariant.place));
            f.error_at(code::IMPOSSIBLE, &path, message)
                .help("an invariant counts what operations promise: see their `effects`");
        }
    }
}
