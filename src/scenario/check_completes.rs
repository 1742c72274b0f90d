//! Operations that make what others have left without: which ones, of which items, and how a job learns of them.

use super::code;
use super::findings::Findings;
use super::names::suggest;
use crate::design::registry::OPERATION;
use crate::design::value::cut;
use crate::design::{CallMode, Design, Node, Operation, Settings, Step};

fn settings(operation: &Operation) -> Settings<'_> {
    Settings::new(&OPERATION, &operation.knobs)
}

pub fn check(f: &mut Findings<'_>, design: &Design) {
    for operation in &design.operations {
        if let Some(completed) = settings(operation).opt_text("completes") {
            one(f, design, operation, &completed);
        }
    }
}

fn one(f: &mut Findings<'_>, design: &Design, operation: &Operation, completed: &str) {
    let (own, key) = (settings(operation), &operation.key);
    let at = format!("operation.{key}.completes");
    let Some(other) = design.operations.iter().find(|op| op.key == completed) else {
        let names = design.operations.iter().map(|op| op.key.as_str());
        let message = format!("there is no operation `{}`", cut(completed));
        f.error_at(code::NO_OPERATION, &at, message)
            .help(suggest(completed, names, "operations"));
        return;
    };
    let theirs = settings(other);
    let repairs = |s: &Settings<'_>| {
        ["undoes", "completes"]
            .iter()
            .any(|k| s.opt_text(k).is_some())
    };
    let space = own.opt_text("key_space");
    let not_one_list = own.opt_text("undoes").is_some();
    let problems = [
        (
            theirs.choice("kind") == "read" || repairs(&theirs),
            format!("`{completed}` leaves nothing that could be missing"),
            "name an operation of the kind `write` that is no repair itself",
        ),
        (
            own.choice("kind") == "read",
            format!("`{key}` makes what is missing, and is a read"),
            "set `kind = \"write\"`",
        ),
        (
            own.count("weight") > 0,
            format!("users would do `{key}`: only jobs make what is missing"),
            "set `weight = 0`, and give a job this `operation`",
        ),
        (
            space.is_none() || space != theirs.opt_text("key_space"),
            format!("`{key}` and `{completed}` are about different items"),
            "give both the same `key_space`",
        ),
        (
            not_one_list,
            format!("`{key}` cannot both take back and make what is missing"),
            "make two operations of it, and two jobs",
        ),
    ];
    for (_, message, help) in problems.into_iter().filter(|(is_so, ..)| *is_so) {
        f.error_at(code::IMPOSSIBLE, &at, message).help(help);
    }
    places(f, operation, other);
    for job in design.nodes.iter().filter(|n| n.kind.name == "job") {
        if design.operation_of(job).is_some_and(|op| op.key == *key) {
            asks_first(f, design, job, (key, other));
        }
    }
}

/// What it makes, the other one had promised.
fn places(f: &mut Findings<'_>, operation: &Operation, other: &Operation) {
    let named = settings(operation).opt_names("effects").unwrap_or_default();
    if named.is_empty() {
        let message = format!("`{}` does not say what may be missing", operation.key);
        let at = format!("operation.{}.completes", operation.key);
        f.error_at(code::MISSING, &at, message)
            .help("name in `effects` where it makes what is missing");
    }
    let Some(theirs) = settings(other).opt_names("effects") else {
        return;
    };
    for name in named.iter().filter(|name| !theirs.contains(name)) {
        let message = format!("`{}` promises nothing at `{}`", other.key, cut(name));
        let at = format!("operation.{}.effects", operation.key);
        f.error_at(code::IMPOSSIBLE, &at, message)
            .help("name places that the other one names in its `effects`, too");
    }
}

/// A job learns from a third party what there is: its plan begins with that question.
fn asks_first(f: &mut Findings<'_>, design: &Design, job: &Node, (key, other): (&str, &Operation)) {
    let (at, is_written) = match job.plans.contains_key(key) {
        true => (format!("job.{}.plan.{key}", job.key), true),
        false => (format!("job.{}", job.key), false),
    };
    let first = job.plans.get(key).and_then(|steps| steps.first());
    let asked = match first {
        Some(Step::Calls { calls, .. }) => match calls.as_slice() {
            [only] if only.mode == CallMode::Read => Some(only.link.as_str()),
            _ => None,
        },
        _ => None,
    };
    let to = |link: &str| {
        let link = design.links.iter().find(|l| l.key == link)?;
        design.node(&link.to)
    };
    let third_party = asked
        .and_then(to)
        .filter(|node| node.kind.name == "third_party");
    let Some(third_party) = third_party else {
        let message = match is_written {
            true => format!(
                "the plan of `{key}` does not begin with what a third party has on its list"
            ),
            false => format!(
                "`{}` does not know how it is to compare: it has no plan of its own",
                job.key
            ),
        };
        let help = "begin the plan with `read LINK`, a link to a third party; then, for each entry of its list, \
             say `check LINK` and `insert LINK`";
        f.error_at(code::IMPOSSIBLE, &at, message).help(help);
        return;
    };
    let theirs = settings(other).opt_names("effects");
    if theirs.is_some_and(|names| !names.contains(&third_party.key)) {
        let message = format!("`{}` leaves nothing at `{}`", other.key, third_party.key);
        f.error_at(code::IMPOSSIBLE, &at, message)
            .help("read at a third party that the other one names in its `effects`");
    }
}
