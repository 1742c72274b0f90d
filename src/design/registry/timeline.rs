//! What can be scripted to happen.

use super::{Accepts, KindSpec, KnobSpec, knob};
use crate::design::value::Unit;

const AT: KnobSpec = knob("at", Unit::Duration, "", "when it begins").range("0 s", "365 d");
const LASTS: KnobSpec = knob(
    "lasts",
    Unit::Duration,
    "none",
    "how long it lasts; absent, to the end",
)
.off("none")
.range("1 ns", "365 d");
const TARGET_NODE: KnobSpec = knob("target", Unit::Text, "", "the node it happens to");
const TARGET_LINK: KnobSpec = knob("target", Unit::Text, "", "the link it happens to");
const TARGET_CLIENTS: KnobSpec = knob("target", Unit::Text, "", "the clients it happens to");

macro_rules! entry {
    ($name:literal, $word:literal, $meaning:literal, [$($knob:expr),* $(,)?]) => {
        KindSpec { name: $name, word: $word, meaning: $meaning, accepts: Accepts::Nothing, calls: false, knobs: &[$($knob),*] }
    };
}

/// What can be scripted on the timeline, by the entry's `what`.
pub static TIMELINE: &[KindSpec] = &[
    entry!(
        "traffic_step",
        "Traffic step",
        "the arrival rate changes at once and stays while the entry lasts",
        [
            AT,
            LASTS,
            TARGET_CLIENTS,
            knob("rate", Unit::Rate, "", "the new rate").range("0 rps", "10000000 rps")
        ]
    ),
    entry!(
        "traffic_ramp",
        "Traffic ramp",
        "the arrival rate moves evenly to a new value, and stays there",
        [
            AT,
            knob("lasts", Unit::Duration, "", "how long the change takes").range("1 ns", "365 d"),
            TARGET_CLIENTS,
            knob("rate", Unit::Rate, "", "the rate it ends at").range("0 rps", "10000000 rps")
        ]
    ),
    entry!(
        "traffic_spike",
        "Traffic spike",
        "the arrival rate is multiplied while the entry lasts",
        [
            AT,
            LASTS,
            TARGET_CLIENTS,
            knob("factor", Unit::Factor, "", "how many times the rate").range("0", "1000000")
        ]
    ),
    entry!(
        "slow",
        "Slow",
        "work that begins while it lasts takes longer",
        [
            AT,
            LASTS,
            TARGET_NODE,
            knob("factor", Unit::Factor, "", "how many times longer").range("0.001", "1000000")
        ]
    ),
    entry!(
        "crash",
        "Crash",
        "the node loses what it is working on and refuses connections until it is back",
        [AT, LASTS, TARGET_NODE]
    ),
    entry!(
        "errors",
        "Errors",
        "the node answers a share of requests with an error after working on them",
        [
            AT,
            LASTS,
            TARGET_NODE,
            knob("share", Unit::Share, "", "share of requests that fail")
        ]
    ),
    entry!(
        "partition",
        "Partition",
        "messages on the link are lost while it lasts",
        [
            AT,
            LASTS,
            TARGET_LINK,
            knob(
                "direction",
                Unit::Choice(&["both", "requests", "replies"]),
                "both",
                "which way is cut"
            )
        ]
    ),
    entry!(
        "hold",
        "Hold",
        "requests sent on the link are kept back and delivered, in order, at its end",
        [
            AT,
            knob("lasts", Unit::Duration, "", "how long they are kept back").range("1 ns", "365 d"),
            TARGET_LINK
        ]
    ),
];
