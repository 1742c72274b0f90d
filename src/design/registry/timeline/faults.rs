//! What breaks.

use super::{AT, LASTS, TARGET, TARGET_LINK, TARGET_NODE, TARGET_OPERATION, entry, lasts};
use crate::design::registry::{KindSpec, KnobSpec, knob};
use crate::design::value::Unit;

const SOME_INSTANCES: KnobSpec = knob(
    "instances",
    Unit::Count,
    "all",
    "how many of its instances, the lowest numbers first",
)
.off("all")
.range("1", "10000")
.example("1");

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
            SOME_INSTANCES,
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
    entry(
        "poison",
        "Poison messages",
        "messages of the operation that are published while it lasts are poison: whoever handles them fails, on every delivery",
        &[
            AT,
            LASTS,
            TARGET_OPERATION,
            knob(
                "share",
                Unit::Share,
                "100 %",
                "share of the actions whose messages are poison",
            ),
        ],
    ),
    entry(
        "gc_pause",
        "GC pause",
        "instances stand still: work in progress waits, what comes queues up, no heartbeat is sent; once for as long as it lasts, or again and again",
        &[
            AT,
            LASTS,
            TARGET_NODE,
            SOME_INSTANCES,
            knob(
                "every",
                Unit::Duration,
                "none",
                "from the beginning of one pause to that of the next; absent, there is one pause, as long as the entry",
            )
            .off("none")
            .range("1 ms", "1 d")
            .example("5 s"),
            knob(
                "pause",
                Unit::Dist,
                "200 ms",
                "how long each pause is (every)",
            )
            .source("Java HotSpot, -XX:MaxGCPauseMillis of G1: 200 ms"),
        ],
    ),
    entry(
        "worker_pause",
        "Worker pause",
        "handlers stand still and ask for nothing, while the connection to the queue and its heartbeats go on",
        &[AT, LASTS, TARGET_NODE, SOME_INSTANCES],
    ),
    entry(
        "memory_leak",
        "Memory leak",
        "each request leaves something behind for ever; work slows down as memory fills, and a full instance crashes and starts anew",
        &[
            AT,
            LASTS,
            TARGET_NODE,
            knob(
                "per_request",
                Unit::Count,
                "100",
                "kilobytes that each request leaves behind",
            )
            .range("1", "1000000000"),
        ],
    ),
    entry(
        "throttle",
        "Throttling",
        "the third party lets fewer calls pass: its rate limit has another value",
        &[
            AT,
            LASTS,
            TARGET_NODE,
            knob(
                "rate",
                Unit::Rate,
                "10 rps",
                "calls per second that it lets you make meanwhile",
            )
            .range("0.001 rps", "1000000 rps"),
        ],
    ),
    entry(
        "clock_skew",
        "Clock skew",
        "the clocks of instances are off; it shows where requests are signed with a time (`signed_for` of a link)",
        &[
            AT,
            LASTS,
            TARGET_NODE,
            SOME_INSTANCES,
            knob("offset", Unit::Duration, "10 min", "how far they are off").range("1 ns", "365 d"),
            knob(
                "direction",
                Unit::Choice(&["ahead", "behind"]),
                "behind",
                "which way",
            ),
        ],
    ),
];
