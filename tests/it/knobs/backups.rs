//! Backups, and going back to one.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[
    ("database.rows", "backup_every", r#""7 s""#),
    ("database.rows", "backup_time", r#""600 ms""#),
    ("database.rows", "log_archive", r#""none""#),
    ("restore", "at", r#""31 s""#),
    ("restore", "target", r#""spare""#),
    ("restore", "rate", r#""300 rps""#),
];
