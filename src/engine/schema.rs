//! What a change of a database's schema is; what it does is the database's business (`node/database/schema.rs`).

use super::columns::column;
use super::program::Compiler;
use crate::design::Settings;
use crate::time::Duration;

/// Whom a schema change keeps out while it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    Everybody,
    Writers,
    Nobody,
}

/// A change of a database's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaChange {
    /// Key space of the rows that it is about; all if it does not say.
    pub table: Option<u64>,
    pub keeps: Keeps,
    /// How long it needs the table.
    pub takes: Duration,
    /// How long it waits for the table, and, if it tries again, when.
    pub lock_timeout: Option<Duration>,
    pub retry_pause: Option<Duration>,
    /// The index is there after it, or is not.
    pub index: Option<bool>,
    /// A column that is there after it, empty, and one that is gone.
    pub adds: Option<u64>,
    pub drops: Option<u64>,
}

impl SchemaChange {
    /// Of an entry that passed validation.
    pub(super) fn compile(c: &Compiler<'_>, knobs: &Settings<'_>) -> SchemaChange {
        SchemaChange {
            table: knobs.opt_text("table").map(|name| c.key_space(&name)),
            keeps: match knobs.choice("keeps_out") {
                "writers" => Keeps::Writers,
                "nobody" => Keeps::Nobody,
                _ => Keeps::Everybody,
            },
            takes: knobs.duration("takes"),
            lock_timeout: knobs.opt_duration("lock_timeout"),
            retry_pause: knobs.opt_duration("retry_pause"),
            index: match knobs.choice("index") {
                "built" => Some(true),
                "dropped" => Some(false),
                _ => None,
            },
            adds: knobs.opt_text("adds").map(|name| column(&name)),
            drops: knobs.opt_text("drops").map(|name| column(&name)),
        }
    }
}
