//! What the design itself can see of its run, and what it does about it.

use super::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

/// `[monitoring]`: one for the whole design.
pub static MONITORING: KindSpec = KindSpec {
    name: "monitoring",
    word: "Monitoring",
    meaning: "How often figures are collected, and how fast its clocks run",
    accepts: Accepts::Nothing,
    calls: false,
    knobs: &[
        knob("scrape_every", Unit::Duration, "15 s", "how often the figures of all nodes are collected")
            .range("100 ms", "1 h").class(Class::Restart)
            .source("Kubernetes metrics-server: --metric-resolution=15s in its manifests, 60 s without the flag; Prometheus examples scrape_interval 15s"),
        knob("clock_scale", Unit::Factor, "1",
            "how many times shorter the windows of alerts and the delays of pages are than written, so that hours fit into a lesson; nothing else changes")
            .range("1", "100000").class(Class::Restart),
    ],
};

/// `[alert.NAME]`
pub static ALERT: KindSpec = KindSpec {
    name: "alert",
    word: "Alert",
    meaning: "Tells a person when what monitoring sees of a node is bad enough for long enough",
    accepts: Accepts::Nothing,
    calls: false,
    knobs: &[
        knob("burn_rate", Unit::Factor, "none",
            "fires when the error budget is spent so many times faster than it lasts, over the long window and over the short one")
            .off("none").range("0.001", "100000").example("14.4").class(Class::Restart)
            .source("Google, The Site Reliability Workbook (2018), ch. 5: 14.4 over 1 h and 5 min, 6 over 6 h and 30 min"),
        knob("objective", Unit::Share, "99.9 %", "share of requests that should be good (burn rate)").class(Class::Restart),
        knob("good_within", Unit::Duration, "none", "slower ones are not good; absent, an answer without error is (burn rate)")
            .off("none").range("1 ns", "1 d").example("300 ms").class(Class::Restart),
        knob("long_window", Unit::Duration, "1 h", "over how long the burn is looked at (burn rate)").range("1 s", "30 d").class(Class::Restart),
        knob("short_window", Unit::Duration, "5 min", "and over how short a time, so that it stops soon after the trouble (burn rate)")
            .range("1 s", "30 d").class(Class::Restart),
        knob("error_share_above", Unit::Share, "none", "fires when more of the answers are errors (threshold)")
            .off("none").example("5 %").class(Class::Restart),
        knob("latency_above", Unit::Duration, "none", "fires when requests spend longer in the node, on average (threshold)")
            .off("none").range("1 ns", "1 d").example("500 ms").class(Class::Restart),
        knob("utilisation_above", Unit::Share, "none", "fires when more of its slots are busy (threshold)")
            .off("none").example("80 %").class(Class::Restart),
        knob("waiting_above", Unit::Count, "none", "fires when more requests wait (threshold)")
            .off("none").range("0", "1000000000").example("100").class(Class::Restart),
        knob("age_above", Unit::Duration, "none", "fires when the oldest message that a queue keeps is older, by the newest figures (threshold)")
            .off("none").range("1 ns", "30 d").example("30 s").class(Class::Restart)
            .source("Amazon SQS, ApproximateAgeOfOldestMessage"),
        knob("window", Unit::Duration, "5 min", "over how long the figure is taken (threshold)").range("1 s", "30 d").class(Class::Restart),
        knob("for", Unit::Duration, "0 s", "how long it must have been so (threshold)").range("0 s", "30 d").class(Class::Restart)
            .source("Prometheus alerting rules: for, default 0s"),
        knob("paging_delay", Unit::Duration, "0 s", "from the alert until somebody has read it").range("0 s", "1 d").class(Class::Restart),
        knob("notify", Unit::Choice(&["page", "ticket"]), "page", "a page calls somebody now; a ticket waits for the morning, and wakes nobody")
            .class(Class::Restart)
            .source("Google, The Site Reliability Workbook (2018), ch. 5: pages for 14.4 and 6, a ticket for 1 over 3 d"),
    ],
};

/// `[slo.NAME]`
pub static SLO: KindSpec = KindSpec {
    name: "slo",
    word: "Service level objective",
    meaning: "How many good answers users are promised: what pages and incidents are judged by",
    accepts: Accepts::Nothing,
    calls: false,
    knobs: &[
        knob(
            "objective",
            Unit::Share,
            "99.9 %",
            "share of answers that should be good, over the whole run",
        )
        .range("0 %", "100 %")
        .class(Class::Restart),
        knob(
            "good_within",
            Unit::Duration,
            "none",
            "slower ones are not good; absent, an answer without error is",
        )
        .off("none")
        .range("1 ns", "1 d")
        .example("300 ms")
        .class(Class::Restart),
    ],
};
