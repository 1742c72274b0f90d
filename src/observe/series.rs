//! Time series: one entry per bucket of simulated time, whose width is fixed for a run (at most
//! 4,096 buckets, see `engine::program`).

use super::histogram::Histogram;
use crate::engine::counters::{LinkCounters, NodeCounters};
use crate::engine::program::{BUCKETS_MAX, Program};
use crate::engine::record::{Known, Snapshot};
use crate::time::{Duration, NS_PER_MS};

/// All clients together, in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsersBucket {
    /// Tries put on the wire by clients, and actions begun.
    pub sent: u64,
    pub begun: u64,
    /// Actions told in this bucket.
    pub served: u64,
    pub failed: u64,
    /// Of those served; `None` if none was.
    pub p50_ns: Option<u64>,
    pub p99_ns: Option<u64>,
    /// Waiting rooms of all nodes, at the end of the bucket.
    pub waiting: u64,
    /// What is wrong in the data so far, as the ledger counts it.
    pub wrong: u64,
}

/// One node in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeBucket {
    pub arrived: u32,
    pub useful: u32,
    /// Requests sent to it that failed for their callers.
    pub failed: u32,
    /// At the end of the bucket.
    pub waiting: u32,
    pub busy: u32,
    /// Of a cache, in the bucket.
    pub lookups: u32,
    pub hits: u32,
    /// Requests that got a slot in the bucket: what a third party is paid for.
    pub began: u32,
    /// At the end of the bucket.
    pub instances: u32,
    /// Milliseconds, rounded down, at the end of the bucket: [`Known`].
    pub oldest_ms: Option<u32>,
    pub behind_ms: Option<u32>,
    pub connecting: Option<u32>,
}

#[derive(Clone, Default)]
pub struct Series {
    pub users: Vec<UsersBucket>,
    /// Per node, one entry per bucket.
    pub nodes: Vec<Vec<NodeBucket>>,
    /// Of the bucket under way.
    pub begun: u64,
    pub served: u64,
    pub failed: u64,
    pub latency: Histogram,
    last_nodes: Vec<NodeCounters>,
    last_sent: u64,
    /// Served actions recorded in all finished buckets.
    pub recorded: u64,
}

/// Tries that clients have put on the wire.
pub fn sent_by_clients(program: &Program, links: &[LinkCounters]) -> u64 {
    let from_clients = |link: u16| program.nodes[link as usize].kind == "clients";
    let all = program.links.iter().zip(links);
    all.filter(|(l, _)| from_clients(l.from))
        .map(|(_, c)| c.sent)
        .sum()
}

impl Series {
    pub fn new(program: &Program) -> Series {
        Series {
            nodes: vec![Vec::new(); program.nodes.len()],
            last_nodes: vec![NodeCounters::default(); program.nodes.len()],
            ..Series::default()
        }
    }

    /// What its entries take, in bytes.
    pub fn bytes(&self) -> usize {
        let nodes = self.nodes.iter().map(Vec::len).sum::<usize>();
        self.users.len() * size_of::<UsersBucket>() + nodes * size_of::<NodeBucket>()
    }

    /// Whether anything happened since the last edge. The end of a run is seldom an edge, and what
    /// happens at the very instant of one belongs to the bucket after it.
    pub fn has_more(&self, program: &Program, snapshot: &Snapshot<'_>) -> bool {
        let told = self.begun + self.served + self.failed;
        let nodes = snapshot.nodes.iter().zip(&self.last_nodes);
        let mut counted = nodes.map(|(now, last)| {
            (now.arrived, now.useful, now.failed.total())
                != (last.arrived, last.useful, last.failed.total())
        });
        told > 0
            || sent_by_clients(program, snapshot.links) != self.last_sent
            || counted.any(|changed| changed)
    }

    /// The edge of a bucket: what was gathered since the last one becomes an entry. `wrong`: so much is wrong
    /// in the data by now. What only the nodes know is asked for where somebody watches.
    pub fn bucket(
        &mut self,
        program: &Program,
        snapshot: &Snapshot<'_>,
        wrong: u64,
        is_watched: bool,
    ) {
        self.recorded += self.latency.count();
        if self.users.len() as u64 >= BUCKETS_MAX {
            self.latency.clear();
            return;
        }
        let sent = sent_by_clients(program, snapshot.links);
        self.users.push(UsersBucket {
            sent: sent - self.last_sent,
            begun: std::mem::take(&mut self.begun),
            served: std::mem::take(&mut self.served),
            failed: std::mem::take(&mut self.failed),
            p50_ns: self.latency.percentile(500),
            p99_ns: self.latency.percentile(990),
            waiting: snapshot
                .nodes
                .iter()
                .map(|n| u64::from(n.waiting.value))
                .sum(),
            wrong,
        });
        self.last_sent = sent;
        self.latency.clear();
        for (i, now) in snapshot.nodes.iter().enumerate() {
            let last = &mut self.last_nodes[i];
            let node = &program.nodes[i];
            let tally = |name| (node.tally(now, name) - node.tally(last, name)) as u32;
            let known = match is_watched {
                true => (snapshot.known)(i),
                false => Known::default(),
            };
            let ms = |Duration(ns)| u32::try_from(ns / NS_PER_MS).unwrap_or(u32::MAX);
            self.nodes[i].push(NodeBucket {
                lookups: tally("lookups"),
                hits: tally("hits"),
                arrived: (now.arrived - last.arrived) as u32,
                useful: (now.useful - last.useful) as u32,
                failed: (now.failed.total() - last.failed.total()) as u32,
                waiting: now.waiting.value,
                busy: now.busy.value,
                began: (now.began - last.began) as u32,
                instances: now.instances.value,
                oldest_ms: known.oldest.map(ms),
                behind_ms: known.behind.map(ms),
                connecting: known.connecting,
            });
            last.clone_from(now);
        }
    }
}
