//! Transactions and rows that are inserted.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[
    ("database.store", "isolation", r#""none""#),
    ("database.store", "isolation", r#""read_committed""#),
    ("database.store", "isolation", r#""optimistic""#),
    ("database.store", "isolation", r#""snapshot""#),
    ("database.store", "isolation", r#""serializable""#),
    ("database.store", "lock_timeout", r#""none""#),
    ("database.store", "deadlock_detection", "false"),
    ("database.store", "idle_timeout", r#""none""#),
    ("database.bills", "isolation", r#""optimistic""#),
    ("database.bills", "unique", "false"),
    ("database.bills", "row_of_insert", r#""item""#),
];
