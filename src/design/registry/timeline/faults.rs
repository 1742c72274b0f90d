//! What breaks.

use super::{AT, LASTS, TARGET, TARGET_LINK, TARGET_NODE, entry, lasts};
use crate::design::registry::{KindSpec, knob};
use crate::design::value::Unit;

pub static ENTRIES: &[KindSpec] = &[
    entry(
        "slow",
        "Slow",
        "work that begins while it lasts takes longer",
        &[
            AT,
            LASTS,
            TARGET_NODE,
            knob("factor", Unit::Factor, "", "how many times longer")
                .range("0.001", "1000000")
                .example("4"),
        ],
    ),
    entry(
        "crash",
        "Crash",
        "the node, or some of its instances, loses what it is working on and refuses connections until it is back",
        &[
            AT,
            LASTS,
            TARGET_NODE,
            knob(
                "instances",
                Unit::Count,
                "all",
                "how many of its instances, the lowest numbers first",
            )
            .off("all")
            .range("1", "10000")
            .example("1"),
        ],
    ),
    entry(
        "errors",
        "Errors",
        "the node answers a share of requests with an error after working on them",
        &[
            AT,
            LASTS,
            TARGET_NODE,
            knob("share", Unit::Share, "", "share of requests that fail").example("30 %"),
        ],
    ),
    entry(
        "hang",
        "Hang",
        "a share of the work that begins while it lasts stands still until the fault is over",
        &[
            AT,
            LASTS,
            TARGET_NODE,
            knob(
                "share",
                Unit::Share,
                "100 %",
                "share of the work that hangs",
            ),
        ],
    ),
    entry(
        "capacity_cut",
        "Capacity cut",
        "the node has fewer slots while it lasts; what is in them is finished",
        &[
            AT,
            LASTS,
            TARGET_NODE,
            knob(
                "share",
                Unit::Share,
                "50 %",
                "share of its slots that are gone, rounded up",
            ),
        ],
    ),
    entry(
        "zone_outage",
        "Zone outage",
        "all instances in the zone, of every node, crash and stay down while it lasts",
        &[
            AT,
            LASTS,
            knob(TARGET, Unit::Text, "", "the zone it happens to"),
        ],
    ),
    entry(
        "disk_full",
        "Disk full",
        "writes are refused while it lasts; reads go on",
        &[AT, LASTS, TARGET_NODE],
    ),
    entry(
        "lost_monitoring",
        "Lost monitoring",
        "no figures are collected while it lasts: alerts are silent, autoscalers and canaries stand still",
        &[AT, LASTS],
    ),
    entry(
        "partition",
        "Partition",
        "messages on the link are lost while it lasts",
        &[
            AT,
            LASTS,
            TARGET_LINK,
            knob(
                "direction",
                Unit::Choice(&["both", "requests", "replies"]),
                "both",
                "which way is cut",
            ),
        ],
    ),
    entry(
        "hold",
        "Hold",
        "requests sent on the link are kept back and delivered, in order, at its end",
        &[AT, lasts("how long they are kept back"), TARGET_LINK],
    ),
    entry(
        "link_delay",
        "Link delay",
        "messages on the link take longer, each way, while it lasts",
        &[
            AT,
            LASTS,
            TARGET_LINK,
            knob("delay", Unit::Dist, "100 ms", "how much longer"),
        ],
    ),
    entry(
        "link_loss",
        "Link loss",
        "a share of messages on the link is lost, each way, while it lasts",
        &[
            AT,
            LASTS,
            TARGET_LINK,
            knob(
                "share",
                Unit::Share,
                "10 %",
                "share of messages that are lost",
            ),
        ],
    ),
    entry(
        "expired_credentials",
        "Expired credentials",
        "the callee turns away everything that comes over the link while it lasts: the caller is not who it says",
        &[AT, LASTS, TARGET_LINK],
    ),
    entry(
        "flush",
        "Cache flush",
        "the cache, or one of its nodes, loses its entries",
        &[
            AT,
            TARGET_NODE,
            knob(
                "instance",
                Unit::Count,
                "all",
                "number of the one cache node that loses them, from 0",
            )
            .off("all")
            .range("0", "9999")
            .example("1"),
        ],
    ),
    entry(
        "primary_loss",
        "Loss of the primary",
        "the copy that leads crashes and stays down while it lasts; its disk survives",
        &[AT, LASTS, TARGET_NODE],
    ),
    entry(
        "isolate",
        "Isolated primary",
        "the copy that leads cannot reach the other copies while it lasts, and callers can still reach it",
        &[AT, LASTS, TARGET_NODE],
    ),
    entry(
        "replica_lag",
        "Replica lag",
        "what is shipped to the other copies while it lasts takes longer",
        &[
            AT,
            LASTS,
            TARGET_NODE,
            knob("delay", Unit::Duration, "", "how much longer")
                .range("1 ns", "1 d")
                .example("2 s"),
        ],
    ),
];
