//! Databases whose keys are divided, and another number of parts.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[
    ("database.parts", "shards", "3"),
    ("database.parts", "shard_by", r#""hash""#),
    ("database.parts", "shard_by", r#""range""#),
    ("reshard", "at", r#""6 s""#),
    ("reshard", "target", r#""spare""#),
    ("reshard", "shards", "5"),
    ("reshard", "rate", r#""70 rps""#),
    ("reshard", "batch", "60"),
    ("reshard", "writes", r#""fail""#),
];
