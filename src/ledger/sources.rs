//! Whose rows an answer is about: for a store its own, for a cache those of the store behind it.

use crate::engine::program::{PlanStep, Program};

const NONE: u16 = u16::MAX;

/// By node and operation: the store that answers come from in the end.
#[derive(Clone, Default)]
pub struct Sources {
    behind: Vec<u16>,
    /// By node: it keeps rows, or what it has read of them.
    keeps: Vec<bool>,
    operations: usize,
}

impl Sources {
    pub fn new(program: &Program) -> Sources {
        if !program.writes {
            // Nothing changes, so nothing can be old.
            return Sources::default();
        }
        let (nodes, operations) = (program.nodes.len(), program.operations.len());
        let pairs = (0..nodes).flat_map(|node| (0..operations).map(move |op| (node, op)));
        let behind = pairs.map(|(node, op)| {
            let mut seen = vec![false; nodes];
            read_from(program, node, op, &mut seen).unwrap_or(NONE)
        });
        let keeps = program.nodes.iter();
        Sources {
            behind: behind.collect(),
            keeps: keeps
                .map(|n| matches!(n.kind, "database" | "cache"))
                .collect(),
            operations,
        }
    }

    /// Of a store or a cache: the store whose versions its answers carry.
    #[inline]
    pub fn of(&self, node: u16, operation: u16) -> Option<u16> {
        let keeps = self.keeps.get(node as usize).copied().unwrap_or(false);
        keeps.then(|| self.behind(node, operation)).flatten()
    }

    /// Of any node.
    pub fn behind(&self, node: u16, operation: u16) -> Option<u16> {
        let at = node as usize * self.operations + operation as usize;
        self.behind.get(at).copied().filter(|&store| store != NONE)
    }
}

/// The store that a cache keeps rows of.
fn behind(program: &Program, cache: usize, operation: usize, seen: &mut [bool]) -> Option<u16> {
    let to = |link: u16| program.links[link as usize].to as usize;
    if let Some(&link) = program.nodes[cache].out.first() {
        return read_from(program, to(link), operation, seen);
    }
    // Others ask it first, and fill it.
    for node in &program.nodes {
        for step in node.plans.get(operation)?.iter().rev() {
            if let PlanStep::Cached { cache: link, store } = step
                && to(*link) == cache
                && let Some(found) = read_from(program, to(store.link), operation, seen)
            {
                return Some(found);
            }
        }
    }
    None
}

/// The store that a node's answer to an operation comes from: the last one that its plan reads.
///
/// Nodes may call each other in a circle (a third party that tells a service): none is asked twice.
fn read_from(program: &Program, node: usize, operation: usize, seen: &mut [bool]) -> Option<u16> {
    if std::mem::replace(&mut seen[node], true) {
        return None;
    }
    let spec = &program.nodes[node];
    let mut at = |link: u16| {
        let to = program.links[link as usize].to as usize;
        read_from(program, to, operation, seen)
    };
    match spec.kind {
        "database" => Some(node as u16),
        "cache" => behind(program, node, operation, seen),
        // Everything behind a balancer is alike.
        "balancer" => at(*spec.out.first()?),
        _ => spec
            .plans
            .get(operation)?
            .iter()
            .rev()
            .find_map(|step| match step {
                PlanStep::Calls { calls, .. } => calls.iter().rev().find_map(|call| at(call.link)),
                PlanStep::Cached { store, .. } => at(store.link),
                _ => None,
            }),
    }
}
