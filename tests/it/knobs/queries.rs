//! What queries cost, and changes of the schema.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[
    ("database.rows", "query_time_of", r#""none""#),
    ("database.rows", "row_time", r#""2 us""#),
    ("database.rows", "rows", "140000"),
    ("database.rows", "scans", r#"["swap"]"#),
    ("database.rows", "index", "true"),
    ("database.rows", "statement_timeout", r#""none""#),
    ("schema_change", "at", r#""9 s""#),
    ("schema_change", "target", r#""spare""#),
    ("schema_change", "table", r#""other""#),
    ("schema_change", "keeps_out", r#""writers""#),
    ("schema_change", "takes", r#""400 ms""#),
    ("schema_change", "lock_timeout", r#""30 ms""#),
    ("schema_change", "retry_pause", r#""none""#),
    ("schema_change", "index", r#""unchanged""#),
];
