//! Plans that use what only databases have: transactions, rows that are computed from what was read, rows
//! that are inserted.

use super::code;
use super::findings::Findings;
use super::read_plan::ONE_STORE;
use crate::design::registry;
use crate::design::value::{Value, cut};
use crate::design::{Aim, CallMode, Design, Link, Node, RowOf, Settings, Step, StepCall};

pub fn check(f: &mut Findings<'_>, design: &Design, node: &Node) {
    for (operation, steps) in &node.plans {
        let path = format!("{}.{}.plan.{operation}", node.kind.name, node.key);
        plan(f, design, &path, steps);
    }
}

/// Whether a call means something to databases only.
pub fn is_for_databases(call: &StepCall) -> bool {
    call.row != RowOf::Item
        || call.aim != Aim::Plain
        || matches!(call.mode, CallMode::Begin | CallMode::Commit)
}

pub fn calls_of(step: &Step) -> &[StepCall] {
    match step {
        Step::Calls { calls, .. } => calls,
        Step::Send(call) | Step::Cached { store: call, .. } => std::slice::from_ref(call),
        Step::Work | Step::Respond => &[],
    }
}

/// All calls of written plans that go over a link to this node.
pub fn calls_to<'d>(design: &'d Design, key: &'d str) -> impl Iterator<Item = &'d StepCall> {
    let to_it = move |call: &&StepCall| design.link(&call.link).is_some_and(|link| link.to == key);
    let plans = design.nodes.iter().flat_map(|node| node.plans.values());
    plans.flatten().flat_map(calls_of).filter(to_it)
}

fn plan(f: &mut Findings<'_>, design: &Design, path: &str, steps: &[Step]) {
    let mut seen: Vec<(&str, RowOf)> = Vec::new();
    let mut open: Vec<&Link> = Vec::new();
    for step in steps {
        for call in calls_of(step) {
            // One that there is not was found already.
            let Some(link) = design.link(&call.link) else {
                continue;
            };
            let at = format!("{path}.{}", call.link);
            let behind = design.node(&link.to).map_or("", |node| node.kind.name);
            if is_for_databases(call) && !matches!(behind, "database" | "") {
                let message = format!("`{}` leads to no database", cut(&call.link));
                f.error_at(code::BAD_STEP, &at, message)
                    .help("`begin`, `commit`, `update`, `insert`, `finish`, `check`, `take`, `or refuse` and `partner` are for links to databases");
                continue;
            }
            if matches!(call.row, RowOf::Pending | RowOf::Finished) {
                pending(f, &at, call, steps, !open.is_empty());
            }
            match call.mode {
                CallMode::Read => seen.push((&link.to, call.row)),
                CallMode::Begin => begins(f, &at, link, &mut open),
                CallMode::Commit => commits(f, &at, link, &mut open),
                _ => {}
            }
            if call.aim == Aim::Based && !seen.contains(&(&link.to, call.row)) {
                f.error_at(code::BAD_STEP, &at, "the plan updates what it has not read")
                    .help("put a `read` of the same row before it, or say `write` for a change that depends on nothing, like adding one");
            }
        }
    }
    if let Some(link) = open.last() {
        let message = format!("the transaction over `{}` is never committed", link.key);
        f.error_at(code::BAD_STEP, &format!("{path}.{}", link.key), message)
            .help(format!("add `commit {}` where it is to end", link.key));
    }
}

/// A row that is pending first is finished by a later step, and neither is done in a transaction: what is
/// to be resumed has to be there before the transaction would be committed.
fn pending(
    f: &mut Findings<'_>,
    at: &str,
    call: &StepCall,
    steps: &[Step],
    is_in_transaction: bool,
) {
    let link = cut(&call.link);
    if is_in_transaction {
        f.error_at(code::BAD_STEP, at, "a pending row in a transaction")
            .help("`insert ... or resume` and `finish` are changes of their own: put them before `begin` or after `commit`");
    }
    let other = match call.row {
        RowOf::Pending => RowOf::Finished,
        _ => RowOf::Pending,
    };
    let mut calls = steps.iter().flat_map(calls_of);
    if calls.any(|c| c.link == call.link && c.row == other) {
        return;
    }
    match call.row {
        RowOf::Pending => f
            .error_at(code::BAD_STEP, at, "the row stays pending for ever")
            .help(format!("add `finish {link}` where it is done")),
        _ => f
            .error_at(
                code::BAD_STEP,
                at,
                "the plan finishes what it has not inserted",
            )
            .help(format!("put `insert {link} or resume` before it")),
    };
}

fn begins<'d>(f: &mut Findings<'_>, at: &str, link: &'d Link, open: &mut Vec<&'d Link>) {
    if open.iter().any(|other| other.to != link.to) {
        f.error_at(
            code::IMPOSSIBLE,
            at,
            "a transaction is open at another store",
        )
        .help(ONE_STORE);
    }
    let settings = Settings::new(&registry::LINK, &link.knobs);
    for knob in ["hedge_after", "hedge_percentile"] {
        if settings.spec.knob(knob).is_some() && settings.value(knob) != Value::Off {
            let message = "transactions cannot be hedged";
            f.error_at(code::IMPOSSIBLE, &format!("link.{}.{knob}", link.key), message)
                .help("a copy of a statement would belong to no transaction: give hedged reads a link of their own");
        }
    }
    let substitute = match settings.choice("fallback") {
        "none" => link.stand_in().map(|_| "fallback_link"),
        _ => Some("fallback"),
    };
    if let Some(knob) = substitute {
        let message = "a statement of a transaction has no substitute";
        f.error_at(code::IMPOSSIBLE, &format!("link.{}.{knob}", link.key), message)
            .help("what a transaction was not told, it cannot commit: give such calls a link of their own");
    }
    open.push(link);
}

fn commits(f: &mut Findings<'_>, at: &str, link: &Link, open: &mut Vec<&Link>) {
    if open.last().is_some_and(|last| last.key == link.key) {
        open.pop();
        return;
    }
    let message = match open.last() {
        Some(last) => format!("the transaction over `{}` was begun later", last.key),
        None => "there is no transaction to commit".to_owned(),
    };
    f.error_at(code::BAD_STEP, at, message)
        .help("each `commit` ends the transaction that was begun last");
}
