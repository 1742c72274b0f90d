//! The plan of an operation at a node, as compiled: written by hand, or derived.

use super::link_program::is_stand_in;
use super::program::{Compiler, OperationProgram, PlanCall, PlanStep};
use crate::design::{CallMode, Link, Node, Step, StepCall};

/// The steps written by hand, else the derived ones (docs/semantics.md 13): work; calls to services,
/// reads, writes, third parties, each in the order of their links' keys; respond.
pub(super) fn plan(c: &Compiler<'_>, node: &Node, op: &OperationProgram) -> Box<[PlanStep]> {
    let mut steps = steps(c, node, op).into_vec();
    if node.kind.name == "worker" {
        // A worker answers by acknowledging: its knob says when.
        steps.retain(|step| *step != PlanStep::Respond);
    }
    steps.into()
}

fn steps(c: &Compiler<'_>, node: &Node, op: &OperationProgram) -> Box<[PlanStep]> {
    if let Some(steps) = node.plans.get(&op.key) {
        let mut out: Vec<PlanStep> = steps.iter().map(|s| step(c, s)).collect();
        if !out.contains(&PlanStep::Respond) {
            out.push(PlanStep::Respond);
        }
        return out.into();
    }
    let rank = |link: &&Link| match c.node_by_key(&link.to).kind.name {
        "database" => u8::from(mode_at(c, op, &link.to) == CallMode::Write) + 1,
        "third_party" => 3,
        "queue" => 4,
        _ => 0,
    };
    let mut calls = c.links_from(&node.key);
    calls.retain(|link| !is_stand_in(c.design, &link.key));
    // Who only looks has nothing to publish.
    let is_publish = |link: &Link| c.node_by_key(&link.to).kind.name == "queue";
    calls.retain(|link| op.mode == CallMode::Write || !is_publish(link));
    calls.sort_by_key(rank);
    let calls = calls
        .into_iter()
        .map(|l| PlanStep::call(c.link(&l.key), mode_at(c, op, &l.to)));
    std::iter::once(PlanStep::Work)
        .chain(calls)
        .chain([PlanStep::Respond])
        .collect()
}

fn step(c: &Compiler<'_>, step: &Step) -> PlanStep {
    let call = |call: &StepCall| PlanCall {
        link: c.link(&call.link),
        mode: call.mode,
    };
    match step {
        Step::Work => PlanStep::Work,
        Step::Calls { calls, wanted } => PlanStep::Calls {
            calls: calls.iter().map(call).collect(),
            wanted: *wanted,
        },
        Step::Send(sent) => PlanStep::Send(call(sent)),
        Step::Cached { cache, store } => PlanStep::Cached {
            cache: c.link(cache),
            store: call(store),
        },
        Step::Respond => PlanStep::Respond,
    }
}

/// A store or third party is written to only if the operation promises an effect there; what lies
/// between just passes the operation on.
fn mode_at(c: &Compiler<'_>, op: &OperationProgram, callee: &str) -> CallMode {
    match c.node_by_key(callee).kind.name {
        "database" | "third_party" if !op.effects.contains(&c.node(callee)) => CallMode::Read,
        _ => op.mode,
    }
}
