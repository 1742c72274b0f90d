//! Change feeds, and what dies between a row and its message.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[
    ("feed.relay", "reads", r#""stream""#),
    ("feed.relay", "poll_every", r#""500 ms""#),
    ("feed.relay", "batch_size", "5"),
    ("feed.relay", "in_flight", "1"),
    ("feed.relay", "checkpoint", r#""before""#),
    ("feed.relay", "checkpoint_every", r#""0 s""#),
    ("feed.relay", "on_failure", r#""skip""#),
    ("feed.relay", "retry_pause", r#""800 ms""#),
    ("feed.relay", "zones", r#"["south", "north"]"#),
    ("feed.other", "reads", r#""poll""#),
    ("feed.other", "on_failure", r#""retry""#),
    ("service.shop", "crash_between", r#""0 %""#),
    ("service.shop", "restart_time", r#""400 ms""#),
    ("crash", "target", r#""other""#),
];
