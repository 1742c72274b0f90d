//! Whose rows an answer is about: for a store its own, for a cache those of the store behind it.

use crate::engine::program::{PlanCall, PlanStep, Program};

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
        let (nodes, operations) = (program.nodes.len(), program.operations.len());
        let pairs = (0..nodes).flat_map(|node| (0..operations).map(move |op| (node, op)));
        let behind = pairs.map(|(node, op)| read_from(program, node, op).unwrap_or(NONE));
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
fn behind(program: &Program, cache: usize, operation: usize) -> Option<u16> {
    if let Some(&link) = program.nodes[cache].out.first() {
        return read_from(program, program.links[link as usize].to as usize, operation);
    }
    // Others ask it first, and fill it.
    program.nodes.iter().find_map(|node| {
        let steps = node.plans.get(operation)?.iter();
        steps.rev().find_map(|step| match step {
            PlanStep::Cached { cache: link, store } => {
                let is_it = program.links[*link as usize].to as usize == cache;
                let at = program.links[store.link as usize].to as usize;
                is_it.then(|| read_from(program, at, operation)).flatten()
            }
            _ => None,
        })
    })
}

/// The store that a node's answer to an operation comes from: the last one that its plan reads.
fn read_from(program: &Program, node: usize, operation: usize) -> Option<u16> {
    let spec = &program.nodes[node];
    let at = |link: u16| read_from(program, program.links[link as usize].to as usize, operation);
    match spec.kind {
        "database" => Some(node as u16),
        "cache" => behind(program, node, operation),
        // Everything behind a balancer is alike.
        "balancer" => at(*spec.out.first()?),
        _ => spec.plans.get(operation)?.iter().rev().find_map(|step| {
            let from = |call: &PlanCall| at(call.link);
            match step {
                PlanStep::Calls { calls, .. } => calls.iter().rev().find_map(from),
                PlanStep::Cached { store, .. } => from(store),
                _ => None,
            }
        }),
    }
}
