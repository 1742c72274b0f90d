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
        "deploy",
        "Deploy",
        "instances of a new version take the place of the old ones",
        &[
            AT,
            TARGET_NODE,
            knob(
                "version",
                Unit::Text,
                "v2",
                "what the new version is called",
            ),
            knob(
                "strategy",
                Unit::Choice(&["all_at_once", "rolling", "canary"]),
                "rolling",
                "all at the same instant, a few at a time, or a few first that are watched",
            )
            .source("Kubernetes Deployment: RollingUpdate is the default"),
            knob(
                "max_surge",
                Unit::Share,
                "25 %",
                "how many more than wanted there may be meanwhile, rounded up (rolling, canary)",
            )
            .source("Kubernetes Deployment maxSurge, default 25 %"),
            knob(
                "max_unavailable",
                Unit::Share,
                "25 %",
                "how many fewer than wanted may be ready meanwhile, rounded down (rolling, canary)",
            )
            .source("Kubernetes Deployment maxUnavailable, default 25 %"),
            knob(
                "canary_instances",
                Unit::Count,
                "1",
                "instances of the new version at first (canary)",
            )
            .range("1", "10000"),
            knob(
                "canary_for",
                Unit::Duration,
                "5 min",
                "how long they are watched before the others follow (canary)",
            )
            .range("0 s", "1 d"),
            knob(
                "abort_above",
                Unit::Share,
                "1 %",
                "it is taken back if its share of errors is higher than that of the old version by more than this (canary)",
            ),
            knob(
                "abort_after",
                Unit::Count,
                "50",
                "answers of the new version before it is judged (canary)",
            )
            .range("1", "1000000000"),
            knob(
                "work_factor",
                Unit::Factor,
                "1",
                "how many times the work of the first version it needs",
            )
            .range("0.001", "100000"),
            knob(
                "error_share",
                Unit::Share,
                "0 %",
                "share of its work that ends in an error",
            ),
            knob(
                "contract",
                Unit::Count,
                "same",
                "version of the interface that the new version speaks; absent, that of the node",
            )
            .off("same")
            .range("1", "255")
            .example("2"),
            knob(
                "contract_oldest",
                Unit::Count,
                "same",
                "oldest version of the interface that the new version still understands; absent, that of the node",
            )
            .off("same")
            .range("1", "255")
            .example("2"),
            knob(
                "writes_columns",
                Unit::Names,
                "same",
                "columns that the writes of the new version name; absent, those of the node",
            )
            .off("same")
            .example("[\"name\", \"full_name\"]"),
            knob(
                "reads_column",
                Unit::Text,
                "same",
                "column that the reads of the new version name; absent, that of the node",
            )
            .off("same")
            .example("full_name"),
        ],
    ),
    entry(
        "rollback",
        "Rollback",
        "the version before comes back, a quarter of the instances at a time",
        &[AT, TARGET_NODE],
    ),
    entry(
        "redrive",
        "Redrive",
        "messages that the queue has put aside are given another chance: here, or in the queue that its link leads to",
        &[AT, TARGET_NODE],
    ),
    entry(
        "start",
        "Start",
        "the job begins a run, whatever its schedule says: a backfill, a repair",
        &[AT, TARGET_NODE],
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
    entry(
        "schema_change",
        "Schema change",
        "the database changes a table: the change needs the table for itself, and whoever asks after it waits behind it",
        &[
            AT,
            TARGET_NODE,
            knob(
                "table",
                Unit::Text,
                "all",
                "the table: a key space of operations, or an operation that has one for itself",
            )
            .off("all")
            .example("orders"),
            knob(
                "keeps_out",
                Unit::Choice(&["everybody", "writers", "nobody"]),
                "everybody",
                "whom it keeps out, and for whom it waits",
            )
            .source("PostgreSQL: most forms of ALTER TABLE take ACCESS EXCLUSIVE; CREATE INDEX keeps writers out, CONCURRENTLY nobody"),
            knob(
                "takes",
                Unit::Duration,
                "10 ms",
                "how long it needs the table, once it has it",
            )
            .range("0 s", "1 d"),
            knob(
                "lock_timeout",
                Unit::Duration,
                "none",
                "how long it waits for the table until it gives up, and lets those behind it go on",
            )
            .off("none")
            .range("1 ms", "1 d")
            .example("2 s")
            .source("PostgreSQL lock_timeout, default 0: none"),
            knob(
                "retry_pause",
                Unit::Duration,
                "none",
                "how long after it has given up it tries again; absent, it does not (lock_timeout)",
            )
            .off("none")
            .range("0 s", "1 d")
            .example("10 s"),
            knob(
                "index",
                Unit::Choice(&["unchanged", "built", "dropped"]),
                "unchanged",
                "whether the index for `scans` is there afterwards",
            ),
            knob(
                "adds",
                Unit::Text,
                "none",
                "a column that is there afterwards, empty in every row: expand",
            )
            .off("none")
            .example("full_name"),
            knob(
                "drops",
                Unit::Text,
                "none",
                "a column that is gone afterwards, with what it held: contract",
            )
            .off("none")
            .example("name"),
        ],
    ),
    entry(
        "reshard",
        "Resharding",
        "the database has another number of shards: keys move in batches, and what wants to change a batch that moves waits",
        &[
            AT,
            TARGET_NODE,
            knob("shards", Unit::Count, "", "how many shards")
                .range("1", "256")
                .example("16"),
            knob("rate", Unit::Rate, "1000 rps", "rows that are moved per second")
                .range("0.001 rps", "1000000000 rps"),
            knob(
                "batch",
                Unit::Count,
                "100",
                "rows that are moved at a time",
            )
            .range("1", "1000000000"),
            knob(
                "writes",
                Unit::Choice(&["wait", "fail"]),
                "wait",
                "what becomes of writes to a batch that is moving: they wait for it and go on at the new shard, or are refused",
            )
            .source("MongoDB: a chunk that is migrated takes no writes in its critical section"),
        ],
    ),
    entry(
        "restore",
        "Restore from a backup",
        "the database goes back to its last snapshot, or as far as its archived log goes; it is down until all rows are there",
        &[
            AT,
            TARGET_NODE,
            knob("rate", Unit::Rate, "10000 rps", "rows that are read back per second")
                .range("0.001 rps", "1000000000 rps"),
        ],
    ),
    entry(
        "failover",
        "Failover by hand",
        "another copy is made the leader in good order: it first gets everything that was written",
        &[AT, TARGET_NODE],
    ),
];
