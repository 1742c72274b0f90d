//! What a job makes up for.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[
    ("operation.settle", "completes", r#""gift""#),
    ("job.compare", "min_age", r#""5 s""#),
];
