//! The knobs of the kind.

use super::{PRICE, VERSION, ZONES};
use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static DATABASE: KindSpec = KindSpec {
    name: "database",
    word: "Database",
    meaning: "Keeps rows with versions; queries share its cores",
    accepts: Accepts::Requests,
    calls: false,
    knobs: &[
        knob(
            "cores",
            Unit::Count,
            "4",
            "queries that run at the same time",
        )
        .range("1", "100000")
        .class(Class::Now),
        knob(
            "read_time",
            Unit::Dist,
            "2 ms",
            "how long one reading query takes",
        )
        .class(Class::NewWork),
        knob(
            "write_time",
            Unit::Dist,
            "4 ms",
            "how long one writing query takes",
        )
        .class(Class::NewWork),
        knob(
            "query_time_of",
            Unit::PerOperation(&Unit::Dist),
            "none",
            "how long a query of some operations takes, where it is neither `read_time` nor `write_time`",
        )
        .off("none")
        .class(Class::NewWork),
        knob(
            "row_time",
            Unit::Duration,
            "0 s",
            "what a query takes besides for each row that it looks at",
        )
        .range("0 s", "1 s")
        .class(Class::NewWork)
        .example("100 ns"),
        knob(
            "rows",
            Unit::Count,
            "0",
            "rows of each table, that is, of each key space, besides those that plans insert (row_time)",
        )
        .range("0", "1000000000000")
        .class(Class::NewWork)
        .example("1000000"),
        knob(
            "scans",
            Unit::Names,
            "none",
            "operations whose queries look at every row of their table, as long as there is no index for them (row_time)",
        )
        .off("none")
        .class(Class::NewWork),
        knob(
            "index",
            Unit::Flag,
            "false",
            "whether there is an index for `scans`: they look at few rows then, and writes keep it up to date",
        )
        .class(Class::Restart)
        .source("R. Bayer, E. McCreight, Organization and Maintenance of Large Ordered Indexes, Acta Informatica 1, 1972"),
        knob(
            "statement_timeout",
            Unit::Duration,
            "none",
            "a query that takes longer, its waits included, is ended",
        )
        .off("none")
        .range("1 ms", "1 d")
        .example("30 s")
        .class(Class::NewWork)
        .source("PostgreSQL statement_timeout, default 0: none"),
        knob(
            "connections",
            Unit::Count,
            "100",
            "queries that may be running or waiting; one more is refused",
        )
        .off("unbounded")
        .range("1", "1000000")
        .class(Class::Now)
        .source("PostgreSQL max_connections, default 100"),
        knob(
            "on_abandoned",
            Unit::Choice(&["continue", "stop"]),
            "continue",
            "what it does with a query whose caller has gone",
        )
        .class(Class::NewWork),
        knob(
            "replicas",
            Unit::Count,
            "0",
            "copies besides the one that takes writes, each with cores and connections of its own",
        )
        .range("0", "32")
        .class(Class::Restart)
        .example("2"),
        knob(
            "shards",
            Unit::Count,
            "1",
            "parts that the keys are divided into, each with cores and connections of its own",
        )
        .range("1", "256")
        .class(Class::Restart)
        .example("8"),
        knob(
            "shard_by",
            Unit::Choice(&["hash", "ring", "range"]),
            "hash",
            "which shard has a key: by the rest of its hash; by a ring of hashes; by its place in the order of the keys (shards)",
        )
        .class(Class::Restart)
        .source("D. Karger et al., Consistent Hashing and Random Trees, STOC 1997; MongoDB: hashed and ranged sharding"),
        knob(
            "backup_every",
            Unit::Duration,
            "none",
            "from the beginning of one snapshot of all rows to that of the next; absent, there are none",
        )
        .off("none")
        .range("1 s", "365 d")
        .class(Class::Restart)
        .example("20 s"),
        knob(
            "backup_time",
            Unit::Duration,
            "1 s",
            "how long a snapshot takes, and a core with it (backup_every)",
        )
        .range("0 s", "30 d")
        .class(Class::NewWork),
        knob(
            "log_archive",
            Unit::Duration,
            "none",
            "how far an archive of the log is behind, by which `restore` saves what came after the snapshot (backup_every)",
        )
        .off("none")
        .range("0 s", "1 d")
        .class(Class::NewWork)
        .example("5 s")
        .source("PostgreSQL archive_mode, default off; archive_timeout bounds how far it is behind; Amazon RDS: 5 min"),
        knob(
            "replication",
            Unit::Choice(&["leader", "leaderless"]),
            "leader",
            "whether one copy takes all writes and ships a log to the others, or each takes what reaches it and tells the others",
        )
        .class(Class::Restart)
        .source("DeCandia et al., Dynamo, SOSP 2007; Apache Cassandra"),
        knob(
            "write_quorum",
            Unit::Count,
            "majority",
            "copies that have a write before it is answered (leaderless)",
        )
        .off("majority")
        .range("1", "33")
        .class(Class::NewWork)
        .example("1")
        .source("W of N, R, W: DeCandia et al., Dynamo, SOSP 2007, sec. 4.5: typically (3, 2, 2)"),
        knob(
            "read_quorum",
            Unit::Count,
            "majority",
            "copies that have said what they have before a read is answered with the newest of it (leaderless)",
        )
        .off("majority")
        .range("1", "33")
        .class(Class::NewWork)
        .example("1")
        .source("R of N, R, W: DeCandia et al., Dynamo, SOSP 2007, sec. 4.5: typically (3, 2, 2)"),
        knob(
            "quorum_timeout",
            Unit::Duration,
            "2 s",
            "how long a query waits for enough copies before it fails (leaderless)",
        )
        .range("1 ms", "1 h")
        .class(Class::NewWork)
        .source("Cassandra write_request_timeout 2 s"),
        knob(
            "read_repair",
            Unit::Flag,
            "false",
            "whether a read that finds copies behind brings them up to date (leaderless)",
        )
        .class(Class::NewWork)
        .source("DeCandia et al., Dynamo, SOSP 2007, sec. 5"),
        knob(
            "hinted_handoff",
            Unit::Flag,
            "false",
            "whether writes that a copy has missed are kept for it until it is back (leaderless)",
        )
        .class(Class::NewWork)
        .source("DeCandia et al., Dynamo, SOSP 2007, sec. 4.6"),
        knob(
            "acknowledge",
            Unit::Choice(&["async", "semi_sync", "majority", "all"]),
            "async",
            "which copies have a write on their disks before it is answered: the leader alone, one other, more than half, or all",
        )
        .class(Class::NewWork)
        .source("PostgreSQL and MySQL replicate asynchronously unless told otherwise"),
        knob(
            "ack_fallback",
            Unit::Duration,
            "none",
            "after so long without a word the leader goes on alone, until the others have caught up",
        )
        .off("none")
        .range("1 ms", "1 d")
        .example("10 s")
        .class(Class::NewWork)
        .source("MySQL rpl_semi_sync_source_timeout, 10 s where semi-synchronous replication is on"),
        knob(
            "replication_delay",
            Unit::Dist,
            "1 ms",
            "from the commit of a write until a copy has it on its disk, and the same again until the leader hears of it",
        )
        .class(Class::NewWork),
        knob(
            "apply_time",
            Unit::Dist,
            "100 us",
            "how long a copy takes to apply one write; one after the other",
        )
        .class(Class::NewWork),
        knob(
            "read_from",
            Unit::Choice(&[
                "primary",
                "replicas",
                "any",
                "own_writes_from_primary",
                "token",
                "bounded",
            ]),
            "primary",
            "where reads go: the leader; another copy; any; another copy unless the user has just written; another copy, which waits until it has what the user wrote; another copy that is not too far behind",
        )
        .class(Class::NewWork),
        knob(
            "own_writes_window",
            Unit::Duration,
            "5 s",
            "for how long after a write a user's reads go to the leader",
        )
        .range("0 s", "1 d")
        .class(Class::NewWork),
        knob(
            "max_staleness",
            Unit::Duration,
            "1 s",
            "how far behind a copy may be that serves a read",
        )
        .range("0 s", "1 d")
        .class(Class::NewWork),
        knob(
            "failover",
            Unit::Choice(&["automatic", "by_hand"]),
            "automatic",
            "whether somebody watches the leader and makes another copy the leader when it is lost",
        )
        .class(Class::NewWork),
        knob(
            "detect_after",
            Unit::Duration,
            "30 s",
            "how long the leader must be unreachable until it counts as lost",
        )
        .range("0 s", "1 d")
        .class(Class::NewWork)
        .source("Patroni ttl, default 30 s"),
        knob(
            "promotion_time",
            Unit::Duration,
            "5 s",
            "from the decision until the new leader takes writes; it first applies what it has received",
        )
        .range("0 s", "1 d")
        .class(Class::NewWork),
        knob(
            "elected_by",
            Unit::Choice(&["majority", "any"]),
            "majority",
            "who can make another copy the leader: more than half of all copies, or whoever is left",
        )
        .class(Class::NewWork),
        knob(
            "fencing",
            Unit::Flag,
            "true",
            "a leader that is cut off stops taking writes before another one is made the leader",
        )
        .class(Class::NewWork),
        knob(
            "redirect_time",
            Unit::Duration,
            "0 s",
            "after a change of the leader callers go to the new one at a moment up to so long after, each caller at its own",
        )
        .range("0 s", "1 d")
        .class(Class::NewWork),
        knob(
            "isolation",
            Unit::Choice(&[
                "read_committed",
                "none",
                "row_locks",
                "optimistic",
                "snapshot",
                "serializable",
            ]),
            "read_committed",
            "what transactions are kept from: writes lock their rows until the commit; nothing; reads lock too; what is updated must be as it was read; reads see the rows as they were at the beginning, and the first writer commits; what was read must be unchanged, too",
        )
        .class(Class::NewWork)
        .source("PostgreSQL default_transaction_isolation, default read committed"),
        knob(
            "lock_timeout",
            Unit::Duration,
            "none",
            "how long a statement waits for a locked row or table",
        )
        .off("none")
        .range("1 ms", "1 d")
        .example("50 s")
        .class(Class::NewWork)
        .source("PostgreSQL lock_timeout, default 0: none; MySQL innodb_lock_wait_timeout, default 50 s"),
        knob(
            "deadlock_detection",
            Unit::Flag,
            "true",
            "of transactions that wait for each other in a circle, the one that closes it fails at once",
        )
        .class(Class::NewWork)
        .source("MySQL innodb_deadlock_detect, default ON"),
        knob(
            "idle_timeout",
            Unit::Duration,
            "none",
            "after so long without a statement a transaction is ended, and its connection closed",
        )
        .off("none")
        .range("1 ms", "1 d")
        .example("60 s")
        .class(Class::NewWork)
        .source("PostgreSQL idle_in_transaction_session_timeout, default 0: none"),
        knob(
            "unique",
            Unit::Flag,
            "false",
            "a row that is there already cannot be inserted again",
        )
        .class(Class::NewWork),
        knob(
            "row_of_insert",
            Unit::Choice(&["key", "item"]),
            "key",
            "which inserts mean the same row: those with one idempotency key (without a key, each is a row of its own), or those for one item",
        )
        .class(Class::NewWork),
        knob(
            "stock",
            Unit::Count,
            "none",
            "units of each item that there are: what `take` takes one of if there is one left, and `read ... or refuse` looks at; every other change of the item's row takes one, too",
        )
        .off("none")
        .range("1", "1000000000")
        .class(Class::Now)
        .example("20"),
        knob(
            "columns",
            Unit::Names,
            "none",
            "columns that the rows of all tables have at the beginning, each with the value of its row; absent, a row is one value",
        )
        .off("none")
        .class(Class::Restart)
        .example("[\"name\"]"),
        PRICE,
        ZONES,
        VERSION,
    ],
};
