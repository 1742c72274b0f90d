//! The knobs of the kind.

use super::{VERSION, ZONES};
use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static FEED: KindSpec = KindSpec {
    name: "feed",
    word: "Change feed",
    meaning: "Follows what a database commits, in that order, and publishes it: an outbox relay, or change data capture",
    accepts: Accepts::Nothing,
    calls: true,
    knobs: &[
        knob("reads", Unit::Choice(&["poll", "stream"]), "poll",
            "how it learns of new entries: it asks the database again and again, each time with a query, or the database tells it at each commit")
            .class(Class::Now)
            .source("C. Richardson, Microservices Patterns, 2018, ch. 3.3: polling publisher, transaction log tailing"),
        knob("poll_every", Unit::Duration, "500 ms",
            "how long it rests before it asks again, when the last answer was not a full batch, or when there was none")
            .range("1 ms", "1 d").class(Class::NewWork)
            .source("Debezium poll.interval.ms, default 500 ms"),
        knob("batch_size", Unit::Count, "2048", "entries that it takes up at a time: the next ones when all of them are published")
            .range("1", "1000000").class(Class::NewWork)
            .source("Debezium max.batch.size, default 2048"),
        knob("in_flight", Unit::Count, "1",
            "entries of a batch that may be on their way at the same time; with more than one, a failure puts them out of order")
            .range("1", "10000").class(Class::Now)
            .source("Kafka max.in.flight.requests.per.connection: 5 by default, 1 where the order must survive retries"),
        knob("checkpoint", Unit::Choice(&["after", "before"]), "after",
            "when it stores how far it is: after entries are published, so that a crash repeats some, or before, so that a crash passes some over")
            .class(Class::NewWork)
            .source("at least once, at most once: Kafka documentation, Message Delivery Semantics"),
        knob("checkpoint_every", Unit::Duration, "0 s",
            "how long it goes on before it stores how far it is; `0 s`, after each entry (after)")
            .range("0 s", "1 d").class(Class::NewWork).example("60 s")
            .source("Kafka Connect offset.flush.interval.ms, default 60 s"),
        knob("on_failure", Unit::Choice(&["retry", "skip"]), "retry",
            "what becomes of an entry that could not be published, all tries of its call used: it is published again, while those behind it wait, or it is left out")
            .class(Class::NewWork)
            .source("Kafka Connect errors.tolerance: none, all"),
        knob("retry_pause", Unit::Duration, "1 s", "how long it waits before that (retry)")
            .range("1 ms", "1 d").class(Class::NewWork),
        ZONES, VERSION,
    ],
};
