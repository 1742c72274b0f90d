//! The knobs of the kind.

use super::{MAX_REQUEST_SIZE, PRICE};
use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static QUEUE: KindSpec = KindSpec {
    name: "queue",
    word: "Queue",
    meaning: "Keeps messages until a worker has taken care of them, and hands them out again if none has",
    accepts: Accepts::Requests,
    calls: true,
    knobs: &[
        knob("mode", Unit::Choice(&["lease", "session", "log"]), "lease",
            "what a delivery is: a lease that ends (lease), in the hands of a connection until that closes (session), or read at an offset, by every group for itself (log)")
            .class(Class::Restart)
            .source("lease: Amazon SQS; session: RabbitMQ; log: Apache Kafka"),
        knob("bound", Unit::Count, "unbounded", "messages that it keeps at most, those in the hands of workers included")
            .off("unbounded").range("1", "10000000").class(Class::Now).example("10000"),
        knob("when_full", Unit::Choice(&["refuse", "block", "drop_oldest", "drop_newest"]), "refuse",
            "what a full queue does with one more: refuse it, let its publisher wait, forget the oldest, or accept and forget it")
            .class(Class::Now)
            .source("RabbitMQ overflow: reject-publish, drop-head; connection.blocked"),
        knob("delay", Unit::Duration, "0 s", "how long a message stays invisible after it was published")
            .range("0 s", "365 d").class(Class::NewWork)
            .source("Amazon SQS DelaySeconds, default 0"),
        knob("retention", Unit::Duration, "4 d", "how long a message is kept; after that it is gone, taken care of or not")
            .off("unbounded").range("1 ms", "365 d").class(Class::NewWork)
            .source("Amazon SQS MessageRetentionPeriod, default 4 days"),
        knob("order", Unit::Choice(&["arrival", "per_item", "priority"]), "arrival",
            "who is next: the oldest; the oldest, but of each item one at a time; or the most important")
            .class(Class::Restart)
            .source("per_item: message groups of SQS FIFO queues; priority: RabbitMQ x-max-priority"),
        knob("visibility_timeout", Unit::Duration, "30 s",
            "how long a delivered message stays hidden; not deleted by then, it is delivered again (lease)")
            .range("1 ms", "12 h").class(Class::NewWork)
            .source("Amazon SQS VisibilityTimeout, default 30 s, at most 12 h"),
        knob("old_receipts", Unit::Choice(&["deletes", "ignored"]), "deletes",
            "what an acknowledgement does that comes after the message was taken back")
            .class(Class::Now)
            .source("Amazon SQS DeleteMessage: any receipt handle, not guaranteed for old ones"),
        knob("ack_deadline", Unit::Duration, "30 min",
            "a worker that has not acknowledged for so long loses its connection and all it holds (session)")
            .off("none").range("1 ms", "365 d").class(Class::NewWork)
            .source("RabbitMQ consumer_timeout, default 30 minutes; since 4.3 of quorum queues only"),
        knob("redelivery_delay", Unit::Duration, "1 s",
            "how long a message rests that a worker gave back because it failed; in a log, its partition rests (session, log)")
            .range("1 ms", "1 d").class(Class::NewWork)
            .source("ActiveMQ initialRedeliveryDelay, default 1 s"),
        knob("max_receives", Unit::Count, "none", "deliveries of a message; after the last one it goes where `dead_letter` says; a log passes over it")
            .off("none").range("1", "1000").class(Class::Now).example("5")
            .source("Amazon SQS maxReceiveCount; RabbitMQ delivery-limit, 20 in quorum queues since 4.0"),
        knob("dead_letter", Unit::Text, "none",
            "where messages go after `max_receives`: a link to another queue, or `park` to keep them aside; absent, they are dropped")
            .off("none").class(Class::Restart).example("park"),
        knob("dedup_window", Unit::Duration, "none", "for so long, a second message of the same intent is accepted and forgotten")
            .off("none").range("1 ms", "1 d").class(Class::NewWork).example("5 min")
            .source("Amazon SQS FIFO queues: 5 minutes"),
        knob("on_crash", Unit::Choice(&["keep", "lose"]), "keep", "whether a crash of the queue leaves its messages (on disk) or not (in memory)")
            .class(Class::NewWork)
            .source("RabbitMQ: durable queues with persistent messages, or transient"),
        knob("partitions", Unit::Count, "1",
            "parts of a log: each key is in one, and each is read by one worker instance of a link at a time (log)")
            .range("1", "1000").class(Class::Restart)
            .source("Apache Kafka num.partitions, default 1"),
        knob("poll_deadline", Unit::Duration, "5 min",
            "a worker instance that has not asked for more for so long after it was given something loses its partitions (log)")
            .range("1 ms", "1 d").class(Class::NewWork)
            .source("Apache Kafka max.poll.interval.ms, default 5 minutes"),
        knob("session_timeout", Unit::Duration, "45 s",
            "a reader of which nothing has been heard for so long (it crashed, stands still, or the link is cut) loses its partitions (log)")
            .range("1 ms", "1 d").class(Class::NewWork)
            .source("Apache Kafka session.timeout.ms, default 45 s"),
        knob("heartbeat_every", Unit::Duration, "none",
            "how often a reader says that it lives: so much older its last word may be when it falls silent; absent, so often that it does not matter (log)")
            .off("none").range("1 ms", "1 h").class(Class::Restart).example("3 s")
            .source("Apache Kafka heartbeat.interval.ms, default 3 s"),
        knob("rebalance_pause", Unit::Duration, "3 s",
            "how long nobody is given anything, at least, when the partitions are dealt out anew (log)")
            .range("0 s", "1 h").class(Class::NewWork)
            .source("Apache Kafka group.initial.rebalance.delay.ms, default 3 s"),
        knob("compaction", Unit::Duration, "none",
            "how often a log is cleaned so that of each key only the newest message stays (log)")
            .off("none").range("1 ms", "1 d").class(Class::Restart).example("15 s")
            .source("Apache Kafka cleanup.policy = compact, log.cleaner.backoff.ms 15 s"),
        MAX_REQUEST_SIZE,
        PRICE,
    ],
};
