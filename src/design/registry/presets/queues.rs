//! Queues.

use super::{Preset, given};

const SQS_DOCS: &[(&str, &str)] = &[
    (
        "SetQueueAttributes, Amazon SQS API Reference",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    ),
    (
        "Amazon SQS visibility timeout",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html",
    ),
    (
        "Amazon SQS message quotas",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html",
    ),
];

pub static PRESETS: &[Preset] = &[
    Preset {
        name: "sqs-standard",
        word: "Amazon SQS, standard queue",
        kind: "queue",
        meaning: "A standard queue as it comes: leases of 30 s, no dead-letter queue",
        docs: SQS_DOCS,
        values: &[
            given("mode", "lease", "messages are received, then deleted"),
            given("bound", "unbounded", "no quota on messages in a queue"),
            given("delay", "0 s", "DelaySeconds 0"),
            given("retention", "4 d", "MessageRetentionPeriod 4 days"),
            given("order", "arrival", "best-effort ordering"),
            given("visibility_timeout", "30 s", "VisibilityTimeout 30 s"),
            given("max_receives", "none", "no RedrivePolicy"),
            given("dead_letter", "none", "no RedrivePolicy"),
        ],
        not_expressed: &[
            "at-least-once delivery by itself: the service may now and then deliver a message twice, or out of order, without any fault",
            "at most about 120,000 messages in flight; 1 MiB per message; price per request",
            "what DeleteMessage does with an old receipt handle is not guaranteed: `old_receipts` keeps ours",
            "ReceiveMessageWaitTimeSeconds 0: short polling; a worker here waits until a message is there",
        ],
    },
    Preset {
        name: "sqs-fifo",
        word: "Amazon SQS, FIFO queue",
        kind: "queue",
        meaning: "A FIFO queue as it comes: one message per group at a time, no message twice in 5 minutes",
        docs: &[
            (
                "Amazon SQS FIFO queues",
                "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fifo-queues.html",
            ),
            (
                "SetQueueAttributes, Amazon SQS API Reference",
                "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
            ),
        ],
        values: &[
            given("mode", "lease", "messages are received, then deleted"),
            given("bound", "unbounded", "no quota on messages in a queue"),
            given("delay", "0 s", "DelaySeconds 0"),
            given("retention", "4 d", "MessageRetentionPeriod 4 days"),
            given("order", "per_item", "message groups"),
            given("visibility_timeout", "30 s", "VisibilityTimeout 30 s"),
            given("max_receives", "none", "no RedrivePolicy"),
            given("dead_letter", "none", "no RedrivePolicy"),
            given(
                "dedup_window",
                "5 min",
                "deduplication interval of 5 minutes",
            ),
        ],
        not_expressed: &[
            "the group of a message is its item, its deduplication id is the intent",
            "300 transactions per second and API action without high throughput, 3,000 messages with batches of 10",
            "at most 120,000 messages in flight",
        ],
    },
    Preset {
        name: "rabbitmq-classic",
        word: "RabbitMQ, classic queue",
        kind: "queue",
        meaning: "A classic queue as it comes: pushed to consumers, no bound, no limit of deliveries",
        docs: &[
            (
                "Consumer Acknowledgements and Publisher Confirms",
                "https://www.rabbitmq.com/docs/confirms",
            ),
            (
                "Consumers: delivery acknowledgement timeout",
                "https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout",
            ),
            (
                "Queue Length Limit: default behaviour",
                "https://www.rabbitmq.com/docs/maxlength#default-behaviour",
            ),
            (
                "Classic Queues",
                "https://www.rabbitmq.com/docs/classic-queues",
            ),
        ],
        values: &[
            given("mode", "session", "what a closed channel held is requeued"),
            given("bound", "unbounded", "no x-max-length"),
            given("when_full", "drop_oldest", "x-overflow drop-head"),
            given("delay", "0 s", "no delay without a plugin"),
            given("retention", "unbounded", "no message TTL"),
            given("order", "arrival", "first in, first out; no x-max-priority"),
            given(
                "ack_deadline",
                "none",
                "since RabbitMQ 4.3 only quorum queues have a timeout; before, consumer_timeout 30 minutes",
            ),
            given(
                "redelivery_delay",
                "1 ms",
                "requeued messages are ready at once; 1 ms is the least the knob takes",
            ),
            given(
                "max_receives",
                "none",
                "classic queues do not support poison message handling",
            ),
            given("dead_letter", "none", "no dead-letter exchange"),
        ],
        not_expressed: &[
            "whether messages survive a restart is up to the queue (durable) and each message (persistent): `on_crash` keeps ours, set it",
            "prefetch is the consumer's: unlimited by default, here `prefetch` of the worker (preset `rabbitmq-consumer`)",
            "memory and disk alarms that block publishers",
        ],
    },
    Preset {
        name: "rabbitmq-quorum",
        word: "RabbitMQ 4, quorum queue",
        kind: "queue",
        meaning: "A quorum queue as it comes: replicated, on disk, at most 20 redeliveries",
        docs: &[
            (
                "Quorum Queues: poison message handling",
                "https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling",
            ),
            (
                "Consumers: delivery acknowledgement timeout",
                "https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout",
            ),
        ],
        values: &[
            given("mode", "session", "what a closed channel held is requeued"),
            given("bound", "unbounded", "no x-max-length"),
            given("when_full", "drop_oldest", "x-overflow drop-head"),
            given("delay", "0 s", "no delay without a plugin"),
            given("retention", "unbounded", "no message TTL"),
            given("order", "arrival", "first in, first out"),
            given("ack_deadline", "30 min", "consumer_timeout 30 minutes"),
            given(
                "redelivery_delay",
                "1 ms",
                "requeued messages are ready at once; 1 ms is the least the knob takes",
            ),
            given(
                "max_receives",
                "21",
                "delivery-limit 20 since RabbitMQ 4.0: dropped when redelivered more often, so at the 21st failure",
            ),
            given("dead_letter", "none", "no dead-letter exchange: dropped"),
            given("on_crash", "keep", "always durable, written to disk"),
        ],
        not_expressed: &[
            "since RabbitMQ 4.3 a basic.nack and a timeout do not count towards the limit; a crash, a lost connection and basic.reject do; here every delivery counts",
            "a timeout is looked for once a minute",
            "replicas (3 by default), elections, what a lost majority does",
            "two levels of priority since RabbitMQ 4.0",
        ],
    },
    Preset {
        name: "kafka-topic",
        word: "Apache Kafka, topic",
        kind: "queue",
        meaning: "A topic as it comes, read by groups with the classic protocol",
        docs: &[
            (
                "Broker configs: num.partitions, log.retention.hours, log.cleanup.policy, group.initial.rebalance.delay.ms",
                "https://kafka.apache.org/documentation/#brokerconfigs",
            ),
            (
                "Consumer configs: max.poll.interval.ms, session.timeout.ms",
                "https://kafka.apache.org/documentation/#consumerconfigs",
            ),
        ],
        values: &[
            given("mode", "log", "a topic is a partitioned log"),
            given("partitions", "1", "num.partitions 1"),
            given("retention", "7 d", "log.retention.hours 168"),
            given("bound", "unbounded", "log.retention.bytes -1"),
            given("delay", "0 s", "messages can be read at once"),
            given("compaction", "none", "log.cleanup.policy delete"),
            given("max_receives", "none", "no limit of deliveries"),
            given("dead_letter", "none", "no dead-letter topic in consumers"),
            given(
                "heartbeat_every",
                "3 s",
                "heartbeat.interval.ms 3000 of the consumers",
            ),
            given(
                "poll_deadline",
                "5 min",
                "max.poll.interval.ms 300000 of the consumers",
            ),
            given(
                "session_timeout",
                "45 s",
                "session.timeout.ms 45000 of the consumers",
            ),
            given(
                "rebalance_pause",
                "3 s",
                "group.initial.rebalance.delay.ms 3000",
            ),
            given("max_request_size", "1048588", "message.max.bytes 1048588"),
            given("on_crash", "keep", "written to the log of the broker"),
        ],
        not_expressed: &[
            "group.initial.rebalance.delay.ms is for a group that was empty; how long other rebalances take is not documented: here every one pauses",
            "what a consumer does with a message that failed is up to it: `redelivery_delay` keeps ours, set it",
            "replication (default.replication.factor 1, min.insync.replicas 1), acks=all and enable.idempotence=true of producers, transactions",
            "auto.offset.reset latest; segments: retention drops whole ones",
            "where a key is: murmur2 of the key modulo the partitions; here another hash, modulo the partitions too",
        ],
    },
];
