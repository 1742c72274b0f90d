//! Jobs, and what starts them.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[
    ("job.sweep", "operation", r#""look""#),
    ("job.sweep", "items", "70"),
    ("job.sweep", "start", r#""1500 ms""#),
    ("job.sweep", "every", r#""3 s""#),
    ("job.sweep", "overlap", r#""skip""#),
    ("job.sweep", "overlap", r#""replace""#),
    ("job.sweep", "overlap", r#""beside""#),
    ("job.sweep", "start_deadline", r#""1 s""#),
    ("job.sweep", "batch_size", "30"),
    ("job.sweep", "concurrency", "3"),
    ("job.sweep", "rate_limit", r#""15 rps""#),
    ("job.sweep", "service_time", r#""exponential(40 ms)""#),
    ("job.strict", "bad_items", r#""0 %""#),
    ("job.strict", "on_failure", r#""skip""#),
    ("job.strict", "retries", "1"),
    ("job.strict", "retry_pause", r#""500 ms""#),
    ("job.sweep", "resumable", "false"),
    ("job.sweep", "version_guard", "false"),
    ("job.sweep", "conflict_retries", "3"),
    ("job.sweep", "dry_run", "true"),
    ("job.sweep", "zones", r#"["south", "north"]"#),
    ("job.copy", "dry_run", "false"),
    ("start", "at", r#""3 s""#),
    ("start", "target", r#""other""#),
];
