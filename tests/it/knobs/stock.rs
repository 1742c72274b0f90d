//! Units of items.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[("database.store", "stock", "7")];
