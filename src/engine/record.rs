//! The narrow door from the engine to whoever watches: the ledger, the histograms, the traces.
//!
//! Every method returns nothing, so nothing outside can influence a run. Exchanging the recorder
//! exchanges no event (a law test compares digests with recording on and off).

use super::attempt::{Attempt, Intent, IntentId};
use super::counters::{LinkCounters, NodeCounters};
use super::program::Program;
use super::reason::Reason;
use crate::time::{Duration, Time};

/// What the user was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Served,
    /// A fallback was served.
    Degraded,
    Failed(Reason),
    /// Nothing: the user had gone.
    Abandoned,
}

/// One applied change.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    pub node: u16,
    /// Position in the operation's list of promised effects, if it is one of them.
    pub promised: Option<u8>,
    /// Number of the attempt at that node.
    pub attempt: u16,
    /// The row, and its version after the change; 0 where there is none.
    pub row: u64,
    pub version: u64,
    /// It happened for somebody who has no right to it.
    pub lacks_right: bool,
    /// It does not count before enough copies have it: [`Record::counts`].
    pub pending: bool,
    /// Version that its maker had read and computed the change from, if it says so. Of one that is undone: what the
    /// row goes back to for whoever had read it; the version before it, if its maker did not say.
    pub based_on: Option<u64>,
    /// What it takes back, if it takes something back.
    pub undoes: Option<Undoes>,
    /// Whose missing effect it is, if it is made for an action that somebody else had left without it.
    pub completes: Option<Completes>,
}

/// A promised effect of an action, made up for by a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completes {
    /// Number of the action.
    pub action: u64,
    /// Position in its operation's list of promised effects.
    pub promised: u8,
}

/// One effect of an action, at the place of the effect that takes it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undoes {
    /// Number of the action.
    pub action: u64,
    /// Position in its operation's list of promised effects.
    pub promised: u8,
    /// Number of the attempt that left it.
    pub attempt: u16,
}

/// What one piece of a job's work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub job: u16,
    /// 1, 2, 3 ... as the job's runs began.
    pub run: u32,
    /// Place in the run, from 0.
    pub rank: u64,
}

/// Counters of all places at one instant, to look at.
pub struct Snapshot<'a> {
    pub now: Time,
    pub nodes: &'a [NodeCounters],
    pub links: &'a [LinkCounters],
    /// What a node's counters do not tell: a look at the node, which costs time.
    pub known: &'a dyn Fn(usize) -> Known,
}

/// What a node knows besides its counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Of a queue: age of the oldest message that it keeps.
    pub oldest: Option<Duration>,
    /// Of a database with copies that follow a log: how long the one that is furthest behind has been missing
    /// something.
    pub behind: Option<Duration>,
    /// Calls that wait for a connection to it, where a link to it has a pool.
    pub connecting: Option<u32>,
}

impl Snapshot<'_> {
    /// Age of the oldest message that any queue keeps; zero if none keeps one.
    pub fn message_age(&self) -> Duration {
        let ages = (0..self.nodes.len()).filter_map(|node| (self.known)(node).oldest);
        ages.max().unwrap_or_default()
    }
}

pub trait Record {
    /// A user wants something done.
    fn born(&mut self, _program: &Program, _id: IntentId, _intent: &Intent) {}
    /// An attempt ended for its caller.
    fn outcome(
        &mut self,
        _program: &Program,
        _now: Time,
        _id: IntentId,
        _intent: &Intent,
        _attempt: &Attempt,
    ) {
    }
    /// An attempt is over for both sides; its record is about to go.
    fn attempt_over(
        &mut self,
        _program: &Program,
        _now: Time,
        _id: IntentId,
        _intent: &Intent,
        _attempt: &Attempt,
    ) {
    }
    /// A request has left a node after being let in.
    fn left_node(&mut self, _program: &Program, _now: Time, _attempt: &Attempt) {}
    fn effect(
        &mut self,
        _program: &Program,
        _now: Time,
        _id: IntentId,
        _intent: &Intent,
        _effect: Effect,
    ) {
    }
    /// A pending change of a row counts from now on: node, row, version.
    fn counts(
        &mut self,
        _program: &Program,
        _now: Time,
        _id: IntentId,
        _intent: &Intent,
        _change: (u16, u64, u64),
    ) {
    }
    /// A change that was applied is not among those that survive: another copy leads that never had it, or, in a
    /// database without copies, somebody has gone back to a backup that does not have it.
    fn undone(
        &mut self,
        _program: &Program,
        _now: Time,
        _id: IntentId,
        _intent: &Intent,
        _effect: Effect,
    ) {
    }
    /// A caller serves what it had kept of an earlier answer of this node, with that version.
    fn fell_back(
        &mut self,
        _program: &Program,
        _now: Time,
        _id: IntentId,
        _intent: &Intent,
        _kept: (u16, u64),
    ) {
    }
    /// The leader of a database is lost to the other copies, or takes no more writes because another one is to
    /// lead.
    fn leader_lost(&mut self, _program: &Program, _now: Time, _node: u16) {}
    /// A database has a leader again: another one, whose versions are above `above`, or the same one.
    fn has_leader(&mut self, _program: &Program, _now: Time, _node: u16, _above: Option<u64>) {}
    fn told(
        &mut self,
        _program: &Program,
        _now: Time,
        _id: IntentId,
        _intent: &Intent,
        _told: Told,
    ) {
    }
    /// A transaction is committed at a database: the versions that it read, and those that it made.
    fn transaction(
        &mut self,
        _program: &Program,
        _now: Time,
        _intent: &Intent,
        _node: u16,
        _read: &[(u64, u64)],
        _made: &[(u64, u64)],
    ) {
    }
    /// Nothing can happen to the intent any more; its record is about to go.
    fn retired(&mut self, _program: &Program, _now: Time, _id: IntentId, _intent: &Intent) {}
    /// A job begins a piece of its work, or its run; its intent is on nobody's behalf.
    fn item_begun(&mut self, _program: &Program, _id: IntentId, _item: Item) {}
    /// Nothing can happen any more to an intent that was nobody's.
    fn internal_over(&mut self, _program: &Program, _id: IntentId) {}
    fn timeline(&mut self, _program: &Program, _now: Time, _entry: u16, _begins: bool) {}
    /// An alert fires, or stops firing.
    fn alert(&mut self, _program: &Program, _now: Time, _alert: u16, _fires: bool) {}
    /// The edge of a bucket of the series.
    fn bucket(&mut self, _program: &Program, _snapshot: &Snapshot<'_>) {}
    /// The edge of one of the program's windows.
    fn mark(&mut self, _program: &Program, _mark: u16, _snapshot: &Snapshot<'_>) {}
    /// The run is over, perhaps within a bucket.
    fn ended(&mut self, _program: &Program, _snapshot: &Snapshot<'_>) {}
    /// Final counts that belong into the digest (docs/semantics.md 6); empty if nothing was kept.
    fn final_counts(&self) -> Vec<u64> {
        Vec::new()
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unrecorded;

impl Record for Unrecorded {}
