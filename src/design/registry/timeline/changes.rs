//! What people change while the system runs.

use super::{AT, LASTS, TARGET, TARGET_NODE, entry};
use crate::design::registry::{KindSpec, knob};
use crate::design::value::Unit;

pub static ENTRIES: &[KindSpec] = &[
    entry(
        "config",
        "Configuration",
        "a knob has another value, everywhere at once, while it lasts: a change, or a bad one until it is rolled back",
        &[
            AT,
            LASTS,
            knob(
                TARGET,
                Unit::Text,
                "",
                "the path of the knob: `link.browse.timeout`",
            ),
            knob(
                "value",
                Unit::Text,
                "",
                "its value meanwhile, as a file would write it",
            ),
        ],
    ),
    entry(
        "scale",
        "Scale",
        "the node has another number of instances: new ones boot, surplus ones finish what they have and go",
        &[
            AT,
            LASTS,
            TARGET_NODE,
            knob("instances", Unit::Count, "", "how many instances")
                .range("1", "10000")
                .example("3"),
        ],
    ),
];
