//! Changes of what users do.

use super::{AT, LASTS, TARGET_CLIENTS, TARGET_OPERATION, entry, lasts};
use crate::design::registry::{KindSpec, knob};
use crate::design::value::Unit;

pub static ENTRIES: &[KindSpec] = &[
    entry(
        "traffic_step",
        "Traffic step",
        "the arrival rate changes at once and stays while the entry lasts",
        &[
            AT,
            LASTS,
            TARGET_CLIENTS,
            knob("rate", Unit::Rate, "", "the new rate")
                .range("0 rps", "10000000 rps")
                .example("200 rps"),
        ],
    ),
    entry(
        "traffic_ramp",
        "Traffic ramp",
        "the arrival rate moves evenly to a new value, and stays there",
        &[
            AT,
            lasts("how long the change takes"),
            TARGET_CLIENTS,
            knob("rate", Unit::Rate, "", "the rate it ends at")
                .range("0 rps", "10000000 rps")
                .example("200 rps"),
        ],
    ),
    entry(
        "traffic_spike",
        "Traffic spike",
        "the arrival rate is multiplied while the entry lasts",
        &[
            AT,
            LASTS,
            TARGET_CLIENTS,
            knob("factor", Unit::Factor, "", "how many times the rate")
                .range("0", "1000000")
                .example("3"),
        ],
    ),
    entry(
        "traffic_curve",
        "Traffic curve",
        "the arrival rate follows a recorded series, straight from each value to the next, over and over: a day, a launch",
        &[
            AT,
            LASTS,
            TARGET_CLIENTS,
            knob(
                "rates",
                Unit::Rates,
                "",
                "the rates, the first one when it begins",
            )
            .example("100 rps, 250 rps, 80 rps"),
            knob("every", Unit::Duration, "1 h", "how far apart they are").range("1 ms", "365 d"),
        ],
    ),
    entry(
        "hot_key",
        "Hot key",
        "while it lasts, a share of the actions is about one item that was not popular before",
        &[
            AT,
            LASTS,
            TARGET_OPERATION,
            knob(
                "share",
                Unit::Share,
                "50 %",
                "share of the operation's actions that are about it",
            ),
        ],
    ),
    entry(
        "abuse",
        "Abuse",
        "while it lasts, further actions come at random from identities that no good user has",
        &[
            AT,
            LASTS,
            TARGET_CLIENTS,
            knob("rate", Unit::Rate, "", "abusive actions per second")
                .range("0 rps", "10000000 rps")
                .example("300 rps"),
            knob(
                "identities",
                Unit::Count,
                "1",
                "how many identities they come from",
            )
            .range("1", "1000000000"),
        ],
    ),
    entry(
        "reconnect",
        "Mass reconnect",
        "many users come back at the same time, each with one action",
        &[
            AT,
            knob(
                "lasts",
                Unit::Duration,
                "none",
                "over how long they are spread by chance; absent, all at the same instant",
            )
            .off("none")
            .range("1 ns", "1 d")
            .example("2 s"),
            TARGET_CLIENTS,
            knob("users", Unit::Count, "1000", "how many come back").range("1", "1000000"),
        ],
    ),
];
