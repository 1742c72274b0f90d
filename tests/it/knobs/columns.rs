//! Columns, and who names which.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[
    ("database.store", "columns", r#"["a", "c"]"#),
    ("service.app", "writes_columns", r#"["c"]"#),
    ("service.app", "reads_column", r#""c""#),
    ("worker.hand", "writes_columns", r#"["c"]"#),
    ("worker.hand", "reads_column", r#""c""#),
    ("job.fill", "copies_from", r#""c""#),
    ("job.fill", "copies_into", r#"["c"]"#),
    ("deploy", "writes_columns", r#""same""#),
    ("deploy", "reads_column", r#""same""#),
    ("schema_change", "adds", r#""d""#),
    ("schema_change", "drops", r#""a""#),
];
