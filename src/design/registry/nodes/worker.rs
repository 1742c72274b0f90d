//! The knobs of the kind.

use super::{
    BOOT_TIME, CONTRACT, CONTRACT_OLDEST, INSTANCES, PRICE, READS_COLUMN, VERSION, WRITES_COLUMNS,
    ZONES,
};
use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static WORKER: KindSpec = KindSpec {
    name: "worker",
    word: "Worker",
    meaning: "Takes messages from a queue and does what they ask for",
    accepts: Accepts::Requests,
    calls: true,
    knobs: &[
        INSTANCES,
        BOOT_TIME,
        knob("concurrency", Unit::Count, "1", "handlers per instance: each has one message, or one batch, in hand")
            .range("1", "10000").class(Class::Now),
        knob("service_time", Unit::Dist, "10 ms", "how long the work on one message takes, calls to others not counted")
            .class(Class::NewWork),
        knob("batch", Unit::Count, "1", "messages that a handler takes at once, works on one by one, and acknowledges together")
            .range("1", "10000").class(Class::NewWork)
            .source("Amazon SQS: at most 10 per receive; Kafka max.poll.records, default 500"),
        knob("prefetch", Unit::Count, "none",
            "messages an instance fetches ahead (lease), or holds unacknowledged at most (session); absent, what its handlers can take")
            .off("none").range("1", "100000").class(Class::NewWork).example("10")
            .source("RabbitMQ prefetch_count"),
        knob("acknowledge", Unit::Choice(&["after", "before"]), "after",
            "whether a message is acknowledged when it is done, or when it was taken: then a crash loses it")
            .class(Class::NewWork),
        knob("heartbeat", Unit::Duration, "none", "how often a handler that is still at work renews the lease of its messages (lease)")
            .off("none").range("1 ms", "1 d").class(Class::NewWork).example("10 s")
            .source("Amazon SQS ChangeMessageVisibility"),
        knob("idempotency", Unit::Choice(&["none", "store"]), "none",
            "whether it remembers which intents it has taken care of, and only acknowledges those that come again")
            .class(Class::NewWork)
            .source("AWS Lambda Powertools, idempotency"),
        knob("idempotency_ttl", Unit::Duration, "1 h", "how long it remembers")
            .range("1 ms", "365 d").class(Class::NewWork)
            .source("AWS Lambda Powertools: records expire after 1 hour"),
        knob("rate_limit", Unit::Rate, "none", "messages that one instance begins per second at most")
            .off("none").range("0.001 rps", "1000000 rps").class(Class::Now).example("50 rps"),
        knob("paused", Unit::Flag, "false", "it takes no new messages; what it has in hand it finishes")
            .class(Class::Now)
            .source("what a drain does; the queue sees it leave (AWS Lambda: an event source mapping that is disabled)"),
        knob("poll_wait", Unit::Duration, "20 s", "how long it waits before it asks again, when the answer to a poll got lost")
            .range("1 ms", "1 h").class(Class::NewWork)
            .source("Amazon SQS WaitTimeSeconds: at most 20 s"),
        CONTRACT, CONTRACT_OLDEST, WRITES_COLUMNS, READS_COLUMN,
        PRICE, ZONES, VERSION,
    ],
};
