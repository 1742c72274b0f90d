//! Copies without a leader.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[
    ("database.rows", "replication", r#""leader""#),
    ("database.rows", "replicas", "3"),
    ("database.rows", "write_quorum", r#""majority""#),
    ("database.rows", "read_quorum", r#""majority""#),
    ("database.rows", "read_quorum", "1"),
    ("database.rows", "quorum_timeout", r#""2 s""#),
    ("database.rows", "read_repair", "false"),
    ("database.rows", "hinted_handoff", "false"),
    ("database.rows", "replication_delay", r#""40 ms""#),
    ("isolate", "lasts", r#""9 s""#),
];
