//! Who takes messages from queues: client libraries.

use super::{Preset, given};

pub static PRESETS: &[Preset] = &[
    Preset {
        name: "sqs-consumer",
        word: "Amazon SQS, ReceiveMessage",
        kind: "worker",
        meaning: "A consumer that calls ReceiveMessage without parameters, and deletes when it is done",
        docs: &[(
            "ReceiveMessage, Amazon SQS API Reference",
            "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html",
        )],
        values: &[
            given("batch", "1", "MaxNumberOfMessages 1 (at most 10)"),
            given(
                "acknowledge",
                "after",
                "the consumer deletes the message after processing it",
            ),
            given(
                "heartbeat",
                "none",
                "nobody calls ChangeMessageVisibility by itself",
            ),
        ],
        not_expressed: &[
            "ReceiveMessageWaitTimeSeconds 0: short polling; a worker here waits until a message is there",
            "how many handlers there are is up to the program: `concurrency` keeps ours",
        ],
    },
    Preset {
        name: "rabbitmq-consumer",
        word: "RabbitMQ, basic.consume",
        kind: "worker",
        meaning: "A consumer with manual acknowledgements and no prefetch set",
        docs: &[
            (
                "Consumer Acknowledgements: channel prefetch setting",
                "https://www.rabbitmq.com/docs/confirms#channel-qos-prefetch",
            ),
            (
                "Consumer Prefetch",
                "https://www.rabbitmq.com/docs/consumer-prefetch",
            ),
        ],
        values: &[
            given("batch", "1", "one delivery at a time"),
            given(
                "prefetch",
                "2000",
                "unlimited unless set; quorum queues give at most 2,000",
            ),
            given("acknowledge", "after", "manual acknowledgement"),
        ],
        not_expressed: &[
            "of a classic queue a consumer without prefetch gets everything",
            "automatic acknowledgement: `acknowledge` = \"before\"",
            "how many handlers there are is up to the program: `concurrency` keeps ours",
        ],
    },
    Preset {
        name: "kafka-consumer",
        word: "Apache Kafka, consumer",
        kind: "worker",
        meaning: "A consumer as it comes: polls for up to 500 records, its offsets are committed for it",
        docs: &[(
            "Consumer configs: max.poll.records, enable.auto.commit",
            "https://kafka.apache.org/documentation/#consumerconfigs",
        )],
        values: &[
            given("batch", "500", "max.poll.records 500"),
            given("concurrency", "1", "a consumer is used by one thread"),
            given(
                "acknowledge",
                "after",
                "enable.auto.commit true: the next poll commits what the last one returned",
            ),
        ],
        not_expressed: &[
            "auto.commit.interval.ms 5 s: not every poll commits; here each batch does, so less is done twice after a crash",
            "max.poll.interval.ms and session.timeout.ms are at the queue: preset `kafka-topic`",
            "fetch.min.bytes 1, fetch.max.wait.ms 500, heartbeat.interval.ms 3 s",
        ],
    },
];
