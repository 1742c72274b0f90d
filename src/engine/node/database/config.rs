//! The knobs of a database, resolved.

use crate::design::Settings;
use crate::design::value::Value;
use crate::engine::columns::column;
use crate::engine::copies::ReadFrom;
use crate::engine::dist::Sampler;
use crate::engine::shards::ShardBy;
use crate::time::Duration;

/// Who must have received a write before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledge {
    /// The leader alone.
    Async,
    /// One other copy.
    SemiSync,
    /// More than half of all copies, the leader among them.
    Majority,
    All,
}

pub struct Config {
    pub cores: u32,
    pub read_time: Sampler,
    pub write_time: Sampler,
    /// By operation, where it is neither of these.
    pub query_time_of: Vec<Option<Sampler>>,
    /// For each row that a query looks at.
    pub row_time: Duration,
    /// Rows of a table at the beginning.
    pub rows: u64,
    /// By operation: without an index, its queries look at all rows.
    pub scans: Vec<bool>,
    pub has_scans: bool,
    pub index: bool,
    /// A statement that takes longer is ended.
    pub statement_timeout: Option<Duration>,
    /// From one snapshot to the next, and how long each takes.
    pub backup_every: Option<Duration>,
    pub backup_time: Duration,
    /// How far the archive of the log is behind, if there is one.
    pub log_archive: Option<Duration>,
    /// Queries that may be running or waiting at one copy.
    pub connections: Option<u32>,
    pub replicas: u16,
    pub shards: u16,
    pub shard_by: ShardBy,
    /// Whichever copy a call reaches coordinates it; copies that must have a write, or say what they have,
    /// before it is answered.
    pub leaderless: bool,
    pub write_quorum: usize,
    pub read_quorum: usize,
    pub quorum_timeout: Duration,
    pub read_repair: bool,
    pub hinted_handoff: bool,
    pub acknowledge: Acknowledge,
    /// After so long without a word the leader goes on alone.
    pub ack_fallback: Option<Duration>,
    pub replication_delay: Sampler,
    pub apply_time: Sampler,
    pub read_from: ReadFrom,
    pub redirect: Duration,
    /// How long until a loss of the leader is noticed; `None` if nobody watches.
    pub detect: Option<Duration>,
    pub promotion: Duration,
    /// Only more than half of all copies can make another one the leader.
    pub needs_majority: bool,
    /// A leader that is cut off stops taking writes before another one can be made the leader.
    pub fencing: bool,
    pub isolation: Isolation,
    pub lock_timeout: Option<Duration>,
    pub detects_deadlocks: bool,
    /// An open transaction that says nothing for so long is ended.
    pub idle_timeout: Option<Duration>,
    /// A row cannot be inserted twice.
    pub unique: bool,
    /// What is inserted for one item is one row; otherwise what comes with one idempotency key.
    pub row_per_item: bool,
    /// Units that each item has at the beginning, if somebody counts.
    pub stock: Option<u64>,
    /// Columns that rows have at the beginning; none where a row is one value.
    pub columns: Box<[u64]>,
}

/// What a transaction is kept from seeing, and from undoing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Nothing is locked, nothing is checked.
    None,
    /// Writes lock their rows until the commit.
    ReadCommitted,
    /// Reads do, too.
    RowLocks,
    /// What is written must have the version that was read.
    Optimistic,
    /// Reads see the rows as they were at the beginning; the first of two writers commits.
    Snapshot,
    /// The same, and what was only read must not have changed either.
    Serializable,
}

impl Isolation {
    pub fn locks(self, is_write: bool) -> bool {
        match self {
            Isolation::ReadCommitted => is_write,
            Isolation::RowLocks => true,
            _ => false,
        }
    }

    pub fn sees_snapshot(self) -> bool {
        matches!(self, Isolation::Snapshot | Isolation::Serializable)
    }
}

impl Config {
    pub fn compile(knobs: &Settings<'_>) -> Config {
        let copies = knobs.count("replicas") as usize + 1;
        let quorum = |knob: &str| match knobs.opt_count(knob) {
            Some(n) => (n as usize).min(copies),
            None => copies / 2 + 1,
        };
        let scans = knobs.opt_names("scans").unwrap_or_default();
        let query_time_of = knobs.by_operation("query_time_of").into_iter();
        let of_operation = |value: Option<Value>| match value {
            Some(Value::Dist(dist)) => Some(Sampler::new(&dist)),
            _ => None,
        };
        Config {
            query_time_of: query_time_of.map(of_operation).collect(),
            row_time: knobs.duration("row_time"),
            rows: knobs.count("rows"),
            scans: knobs.operations.iter().map(|key| scans.contains(key)).collect(),
            has_scans: !scans.is_empty(),
            index: knobs.flag("index"),
            statement_timeout: knobs.opt_duration("statement_timeout"),
            backup_every: knobs.opt_duration("backup_every"),
            backup_time: knobs.duration("backup_time"),
            log_archive: knobs.opt_duration("log_archive"),
            cores: knobs.count("cores") as u32,
            read_time: Sampler::new(&knobs.dist("read_time")),
            write_time: Sampler::new(&knobs.dist("write_time")),
            connections: knobs.opt_count("connections").map(|n| n as u32),
            replicas: knobs.count("replicas") as u16,
            shards: knobs.count("shards") as u16,
            shard_by: match knobs.choice("shard_by") {
                "ring" => ShardBy::Ring,
                "range" => ShardBy::Range,
                _ => ShardBy::Hash,
            },
            leaderless: knobs.choice("replication") == "leaderless",
            write_quorum: quorum("write_quorum"),
            read_quorum: quorum("read_quorum"),
            quorum_timeout: knobs.duration("quorum_timeout"),
            read_repair: knobs.flag("read_repair"),
            hinted_handoff: knobs.flag("hinted_handoff"),
            acknowledge: match knobs.choice("acknowledge") {
                "semi_sync" => Acknowledge::SemiSync,
                "majority" => Acknowledge::Majority,
                "all" => Acknowledge::All,
                _ => Acknowledge::Async,
            },
            ack_fallback: knobs.opt_duration("ack_fallback"),
            replication_delay: Sampler::new(&knobs.dist("replication_delay")),
            apply_time: Sampler::new(&knobs.dist("apply_time")),
            read_from: match knobs.choice("read_from") {
                "replicas" => ReadFrom::Replicas,
                "any" => ReadFrom::Any,
                "own_writes_from_primary" => {
                    ReadFrom::OwnWrites(knobs.duration("own_writes_window"))
                }
                "token" => ReadFrom::Token,
                "bounded" => ReadFrom::Bounded(knobs.duration("max_staleness")),
                _ => ReadFrom::Primary,
            },
            redirect: knobs.duration("redirect_time"),
            detect: match knobs.choice("failover") {
                "automatic" => Some(knobs.duration("detect_after")),
                _ => None,
            },
            promotion: knobs.duration("promotion_time"),
            needs_majority: knobs.choice("elected_by") == "majority",
            fencing: knobs.flag("fencing"),
            isolation: match knobs.choice("isolation") {
                "none" => Isolation::None,
                "row_locks" => Isolation::RowLocks,
                "optimistic" => Isolation::Optimistic,
                "snapshot" => Isolation::Snapshot,
                "serializable" => Isolation::Serializable,
                _ => Isolation::ReadCommitted,
            },
            lock_timeout: knobs.opt_duration("lock_timeout"),
            detects_deadlocks: knobs.flag("deadlock_detection"),
            idle_timeout: knobs.opt_duration("idle_timeout"),
            unique: knobs.flag("unique"),
            row_per_item: knobs.choice("row_of_insert") == "item",
            stock: knobs.opt_count("stock"),
            columns: {
                let names = knobs.opt_names("columns").unwrap_or_default();
                names.iter().map(|name| column(name)).collect()
            },
        }
    }

    /// Copies besides the leader that must have received a write before it is answered.
    pub fn needed(&self) -> usize {
        match self.acknowledge {
            Acknowledge::Async => 0,
            Acknowledge::SemiSync => 1,
            // Of n + 1 copies, n / 2 + 1 with the leader, rounded down.
            Acknowledge::Majority => (self.replicas as usize).div_ceil(2),
            Acknowledge::All => self.replicas as usize,
        }
    }

    /// Copies, or shards.
    pub fn instances(&self) -> usize {
        self.copies().max(self.shards as usize)
    }

    pub fn copies(&self) -> usize {
        self.replicas as usize + 1
    }

    pub fn majority(&self) -> usize {
        self.copies() / 2 + 1
    }
}
