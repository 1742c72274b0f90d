//! Columns: who names which of them. A release of a service or worker writes some and reads one; a backfill
//! copies from one into others.
//!
//! What the columns hold is the database's own business (`node/database/columns.rs`).

use super::core::Core;
use super::draw::place_hash;
use super::fault::Action;
use super::program::Program;
use crate::design::Settings;

/// The number of a column: the same name is the same column, whoever says it.
pub fn column(name: &str) -> u64 {
    place_hash("column", name)
}

fn columns(knobs: &Settings<'_>, knob: &str) -> Option<Box<[u64]>> {
    let names = knobs.opt_names(knob)?;
    Some(names.iter().map(|name| column(name)).collect())
}

/// Columns that the statements of a node name, or those of a release of it where it says so.
#[derive(Clone, Debug, Default)]
pub struct Named {
    writes: Option<Box<[u64]>>,
    reads: Option<u64>,
    /// It writes what it has read: no new version.
    copies: bool,
}

impl Named {
    /// Of a kind of node, or of an entry that brings a release.
    pub fn compile(knobs: &Settings<'_>) -> Named {
        let has = |knob: &str| knobs.spec.knob(knob).is_some();
        let (writes, reads, copies) = match (has("copies_into"), has("writes_columns")) {
            (true, _) => ("copies_into", "copies_from", true),
            (_, true) => ("writes_columns", "reads_column", false),
            _ => return Named::default(),
        };
        let writes = columns(knobs, writes);
        Named {
            copies: copies && writes.is_some(),
            writes,
            reads: knobs.opt_text(reads).map(|name| column(&name)),
        }
    }
}

/// What a statement names.
#[derive(Clone, Copy, Debug)]
pub struct Uses<'p> {
    /// `None` for all that are there.
    pub writes: Option<&'p [u64]>,
    /// `None` for the newest version of the row, wherever it stands.
    pub reads: Option<u64>,
    pub copies: bool,
}

impl Core {
    /// The columns that a node's statements name, of a version of it: 0 for the first.
    pub fn uses<'p>(&self, program: &'p Program, node: u16, version: u16) -> Uses<'p> {
        let of_node = &program.nodes[node as usize].named;
        let brought = version.checked_sub(1);
        let entry = brought.and_then(|nth| self.versions[node as usize].all.get(nth as usize));
        let of_release = match entry.map(|v| &program.timeline[v.entry as usize].action) {
            Some(Action::Deploy { deploy, .. }) => Some(&deploy.named),
            _ => None,
        };
        let writes = of_release.and_then(|named| named.writes.as_deref());
        Uses {
            writes: writes.or(of_node.writes.as_deref()),
            reads: of_release.and_then(|named| named.reads).or(of_node.reads),
            copies: of_node.copies,
        }
    }
}
