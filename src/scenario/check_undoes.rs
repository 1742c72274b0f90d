//! Operations that take back what others have left: which ones, of which items, and where.

use super::code;
use super::findings::Findings;
use super::names::suggest;
use crate::design::registry::OPERATION;
use crate::design::value::cut;
use crate::design::{Design, Operation, Settings};

fn settings(operation: &Operation) -> Settings<'_> {
    Settings::new(&OPERATION, &operation.knobs)
}

pub fn check(f: &mut Findings<'_>, design: &Design) {
    for operation in &design.operations {
        if let Some(undone) = settings(operation).opt_text("undoes") {
            one(f, design, operation, &undone);
        }
    }
}

fn one(f: &mut Findings<'_>, design: &Design, operation: &Operation, undone: &str) {
    let (own, key) = (settings(operation), &operation.key);
    let path = |knob: &str| format!("operation.{key}.{knob}");
    let Some(other) = design.operations.iter().find(|op| op.key == undone) else {
        let names = design.operations.iter().map(|op| op.key.as_str());
        let message = format!("there is no operation `{}`", cut(undone));
        f.error_at(code::NO_OPERATION, &path("undoes"), message)
            .help(suggest(undone, names, "operations"));
        return;
    };
    let theirs = settings(other);
    if theirs.choice("kind") == "read" || theirs.opt_text("undoes").is_some() {
        let message = format!("`{undone}` leaves nothing that could be taken back");
        f.error_at(code::IMPOSSIBLE, &path("undoes"), message)
            .help("name an operation of the kind `write` that takes nothing back itself");
    }
    if own.choice("kind") == "read" {
        let message = format!("`{key}` takes something back, and is a read");
        f.error_at(code::IMPOSSIBLE, &path("undoes"), message)
            .help("set `kind = \"write\"`");
    }
    if own.count("weight") > 0 {
        let message = format!("users would do `{key}`: only jobs take something back");
        f.error_at(code::IMPOSSIBLE, &path("undoes"), message)
            .help("set `weight = 0`, and give a job this `operation`");
    }
    if own.opt_text("key_space").is_none()
        || own.opt_text("key_space") != theirs.opt_text("key_space")
    {
        let message = format!("`{key}` and `{undone}` are about different items");
        f.error_at(code::IMPOSSIBLE, &path("undoes"), message)
            .help("give both the same `key_space`");
    }
    places(f, design, (operation, other));
}

/// It takes back at third parties where the other one has left something.
fn places(f: &mut Findings<'_>, design: &Design, (operation, other): (&Operation, &Operation)) {
    let at = format!("operation.{}.effects", operation.key);
    let named = settings(operation).opt_names("effects").unwrap_or_default();
    if named.is_empty() {
        let message = format!(
            "`{}` does not say where it takes something back",
            operation.key
        );
        f.error_at(
            code::MISSING,
            &format!("operation.{}.undoes", operation.key),
            message,
        )
        .help("name third parties in `effects`");
    }
    let theirs = settings(other).opt_names("effects");
    for name in named {
        let Some(node) = design.node(&name) else {
            continue;
        };
        if node.kind.name != "third_party" {
            let message = format!(
                "`{name}` is a {}: what is there is mended by a write",
                node.kind.name
            );
            f.error_at(code::IMPOSSIBLE, &at, message)
                .help("name third parties, who give back what was taken");
        } else if theirs
            .as_ref()
            .is_some_and(|theirs| !theirs.contains(&name))
        {
            let message = format!("`{}` leaves nothing at `{name}`", other.key);
            f.error_at(code::IMPOSSIBLE, &at, message)
                .help("name places that the other one names in its `effects`, too");
        }
    }
}
