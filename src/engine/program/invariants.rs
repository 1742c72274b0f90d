//! What must never be, with names resolved to numbers. It is carried along for who watches: no run depends on it.

use super::{Compiler, OperationProgram, sorted};

/// At most so many promised changes of one item at a node; or, without, what is taken from an item's row is there in
/// its partner row.
pub struct InvariantProgram {
    pub key: String,
    pub node: u16,
    pub at_most: Option<u64>,
    /// Per operation: whether its changes count.
    pub operations: Vec<bool>,
}

pub(super) fn compile(c: &Compiler<'_>, operations: &[OperationProgram]) -> Vec<InvariantProgram> {
    let all = sorted(&c.design.invariants, |invariant| &invariant.key).into_iter();
    let compiled = all.map(|invariant| InvariantProgram {
        key: invariant.key.clone(),
        node: c.node(&invariant.place),
        at_most: invariant.at_most.map(u64::from),
        operations: operations
            .iter()
            .map(|op| invariant.operations.is_empty() || invariant.operations.contains(&op.key))
            .collect(),
    });
    compiled.collect()
}
