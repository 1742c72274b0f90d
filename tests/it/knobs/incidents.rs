//! What goes wrong with messages, processes and partners.

/// Table or entry, knob, and another value for it.
pub const TURNS: &[super::Turn] = &[
    ("worker.hands", "paused", "true"),
    ("poison", "at", r#""2500 ms""#),
    ("poison", "lasts", r#""1 s""#),
    ("poison", "target", r#""rent""#),
    ("poison", "share", r#""90 %""#),
    ("gc_pause", "at", r#""5500 ms""#),
    ("gc_pause", "lasts", r#""2 s""#),
    ("gc_pause", "target", r#""hands""#),
    ("gc_pause", "instances", "2"),
    ("gc_pause", "every", r#""900 ms""#),
    ("gc_pause", "every", r#""none""#),
    ("gc_pause", "pause", r#""300 ms""#),
    ("worker_pause", "at", r#""9200 ms""#),
    ("worker_pause", "lasts", r#""300 ms""#),
    ("worker_pause", "instances", "2"),
    ("memory_leak", "at", r#""12 s""#),
    ("memory_leak", "lasts", r#""1 s""#),
    ("memory_leak", "per_request", "300"),
    ("throttle", "at", r#""17 s""#),
    ("throttle", "lasts", r#""1 s""#),
    ("throttle", "rate", r#""5 rps""#),
];
