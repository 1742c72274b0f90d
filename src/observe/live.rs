//! What a page needs between two frames: the last second of simulated time, requests that have just
//! come to their end, and news. Kept only if somebody watches.

use std::collections::VecDeque;

use super::heat::Heat;
use super::histogram::Histogram;
use crate::engine::attempt::Attempt;
use crate::engine::counters::{LinkCounters, NodeCounters};
use crate::engine::program::Program;
use crate::engine::reason::Reason;
use crate::engine::record::Snapshot;
use crate::ledger::{Verdict, Verdicts};
use crate::time::{NS_PER_S, Time};

/// Finished requests kept for drawing between two frames; the oldest go first.
const FINISHED_MAX: usize = 400;

/// Something worth a line, with the action that it is about.
#[derive(Clone, Copy, Debug)]
pub enum Happened {
    FirstFailure {
        reason: Reason,
        link: u16,
        action: u64,
        attempt: u16,
    },
    Entry {
        entry: u16,
        begins: bool,
    },
    FirstVerdict {
        verdict: Verdict,
        action: u64,
    },
    /// An alert fires, or stops.
    Alert {
        alert: u16,
        fires: bool,
    },
}

/// A request that is over for both sides, with its action's number.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    pub action: u64,
    pub attempt: Attempt,
}

/// The counters of all places at one edge, and what users were told in the bucket before it.
#[derive(Clone, Default)]
struct Edge {
    at: Time,
    nodes: Vec<NodeCounters>,
    links: Vec<LinkCounters>,
    begun: u64,
    served: u64,
    failed: u64,
    latency: Histogram,
}

/// The last second, or the last bucket if buckets are longer.
#[derive(Clone, Default)]
pub struct Recent {
    /// Length in seconds of simulated time; 0 before the first bucket.
    pub seconds: f64,
    pub begun: u64,
    pub served: u64,
    pub failed: u64,
    pub latency: Histogram,
}

#[derive(Clone)]
pub struct Live {
    edges: VecDeque<Edge>,
    /// Buckets that make up the last second.
    buckets: usize,
    /// One request in this many is drawn.
    pub one_in: u64,
    pub finished: VecDeque<Finished>,
    pub news: Vec<(Time, Happened)>,
    pub heat: Heat,
    seen_verdicts: Verdicts,
}

impl Live {
    pub fn new(program: &Program, one_in: u64) -> Live {
        let zero = Edge {
            nodes: vec![NodeCounters::default(); program.nodes.len()],
            links: vec![LinkCounters::default(); program.links.len()],
            ..Edge::default()
        };
        Live {
            edges: VecDeque::from([zero]),
            buckets: NS_PER_S.div_ceil(program.bucket.0).max(1) as usize,
            one_in,
            finished: VecDeque::new(),
            news: Vec::new(),
            heat: Heat::new(program),
            seen_verdicts: Verdicts::default(),
        }
    }

    /// Whether this request is one of those drawn: all tries of an action, or none.
    #[inline]
    pub fn is_drawn(&self, action: u64) -> bool {
        action.is_multiple_of(self.one_in)
    }

    #[inline]
    pub fn attempt_over(&mut self, action: u64, attempt: &Attempt) {
        if !self.is_drawn(action) {
            return;
        }
        if self.finished.len() == FINISHED_MAX {
            self.finished.pop_front();
        }
        self.finished.push_back(Finished {
            action,
            attempt: *attempt,
        });
    }

    /// Reports each verdict the first time.
    pub fn verdict(&mut self, now: Time, verdict: Verdict, action: u64) {
        if self.seen_verdicts.is_new(verdict) {
            self.news
                .push((now, Happened::FirstVerdict { verdict, action }));
        }
    }

    pub fn bucket(&mut self, snapshot: &Snapshot<'_>, told: (u64, u64, u64), latency: &Histogram) {
        let mut edge = match self.edges.len() > self.buckets {
            true => self.edges.pop_front().expect("there are edges"),
            false => Edge::default(),
        };
        edge.at = snapshot.now;
        edge.nodes.clone_from_slice_or_vec(snapshot.nodes);
        edge.links.clone_from_slice_or_vec(snapshot.links);
        (edge.begun, edge.served, edge.failed) = told;
        edge.latency.clear();
        edge.latency.merge(latency);
        self.edges.push_back(edge);
        self.heat.bucket();
    }

    /// What users saw in the last second.
    pub fn recent(&self) -> Recent {
        let mut recent = Recent {
            seconds: self.seconds(),
            ..Recent::default()
        };
        for edge in self.edges.iter().skip(1) {
            recent.begun += edge.begun;
            recent.served += edge.served;
            recent.failed += edge.failed;
            recent.latency.merge(&edge.latency);
        }
        recent
    }

    /// Length of the last second: that, or the buckets that there are.
    pub fn seconds(&self) -> f64 {
        let (first, last) = self.ends();
        last.at.since(first.at).as_secs_f64()
    }

    /// What came on top, over the last second, of something counted from all links.
    pub fn sent(&self, count: impl Fn(&[LinkCounters]) -> u64) -> u64 {
        let (first, last) = self.ends();
        count(&last.links) - count(&first.links)
    }

    fn ends(&self) -> (&Edge, &Edge) {
        (
            self.edges.front().expect("never empty"),
            self.edges.back().expect("never empty"),
        )
    }

    /// A node's counters at the beginning and the end of the last second.
    pub fn node(&self, node: usize) -> (&NodeCounters, &NodeCounters) {
        let (first, last) = self.ends();
        (&first.nodes[node], &last.nodes[node])
    }

    pub fn link(&self, link: usize) -> (&LinkCounters, &LinkCounters) {
        let (first, last) = self.ends();
        (&first.links[link], &last.links[link])
    }
}

/// Copies into a vector that may be empty or of the right length, keeping its memory.
trait CopyFrom<T> {
    fn clone_from_slice_or_vec(&mut self, from: &[T]);
}

impl<T: Clone> CopyFrom<T> for Vec<T> {
    fn clone_from_slice_or_vec(&mut self, from: &[T]) {
        if self.len() == from.len() {
            self.clone_from_slice(from);
        } else {
            *self = from.to_vec();
        }
    }
}
