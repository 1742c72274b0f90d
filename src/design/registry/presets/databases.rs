//! Databases.

use super::{Preset, given};

pub static PRESETS: &[Preset] = &[
    Preset {
        name: "postgres",
        word: "PostgreSQL",
        kind: "database",
        meaning: "One PostgreSQL server as it comes",
        docs: &[(
            "Connections and Authentication: max_connections, client_connection_check_interval",
            "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS",
        )],
        values: &[
            given("connections", "100", "max_connections 100"),
            given(
                "on_abandoned",
                "continue",
                "client_connection_check_interval 0: a running query does not notice",
            ),
        ],
        not_expressed: &[
            "superuser_reserved_connections 3: ordinary roles get 97 of the 100",
            "statement_timeout 0 and lock_timeout 0 (no timeouts), deadlock_timeout 1 s, read committed",
            "synchronous_commit on; replication",
        ],
    },
    Preset {
        name: "mysql",
        word: "MySQL",
        kind: "database",
        meaning: "One MySQL server with InnoDB as it comes",
        docs: &[(
            "Server System Variables: max_connections",
            "https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_max_connections",
        )],
        values: &[given("connections", "151", "max_connections 151")],
        not_expressed: &[
            "one more connection is kept for an administrator",
            "innodb_lock_wait_timeout 50 s, repeatable read, max_execution_time 0 (none)",
            "binary log and replication",
        ],
    },
    Preset {
        name: "dynamodb",
        word: "Amazon DynamoDB",
        kind: "database",
        meaning: "A DynamoDB table: no server to connect to, so no limit of connections",
        docs: &[(
            "Quotas in Amazon DynamoDB",
            "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#default-limits-throughput-capacity-modes",
        )],
        values: &[given(
            "connections",
            "unbounded",
            "requests over HTTP, no quota on connections",
        )],
        not_expressed: &[
            "throughput: 40,000 read and 40,000 write request units per table (on demand), 3,000 and 1,000 per partition; `cores` and times are ours, set them",
            "throttling, eventually and strongly consistent reads, three replicas, conditional writes",
        ],
    },
];
