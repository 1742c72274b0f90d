//! Effects that a job takes back.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[
    ("operation.refund", "undoes", r#""gift""#),
    ("job.back", "keeps", "2"),
];
