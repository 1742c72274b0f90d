//! What reads saw, against what was there: stale reads, own writes missed, reads that went back.
//!
//! A read is judged when its answer reaches whoever asked. *Stale*: it says a version older than one that
//! was committed, and survives, before the read began; a user's read began when the user asked, a read
//! that is part of a write when it was sent. *Own write missed*: older than what the same user had been
//! told is done before asking. *Went back*: older than what the same user had seen before.
//! (docs/semantics.md 21)

use std::collections::{BTreeMap, VecDeque};

use super::commits::{Behind, Commits};
use super::sources::Sources;
use super::{Verdict, Verdicts};
use crate::engine::attempt::{Attempt, CallerSide, Intent, IntentId};
use crate::engine::copies::user_of;
use crate::engine::program::Program;
use crate::engine::record::Effect;
use crate::time::{Duration, Time};

/// Rows of users that are remembered for what they know of them.
const SESSIONS: usize = 1 << 18;

/// A version that is not there yet.
const TO_COME: u64 = u64::MAX;

/// What one user knows of one row.
#[derive(Clone, Copy, Debug, Default)]
struct Session {
    /// The version that the user was told is there, and since when, and by which action.
    wrote: u64,
    told: Time,
    intent: u64,
    /// The newest version that the user has seen.
    seen: u64,
}

/// User, store, row.
type Whose = (u64, u16, u64);

/// An answer that was wrong, in numbers.
#[derive(Clone, Copy, Debug)]
pub struct ReadAt {
    pub at: Time,
    /// Whose row it was, and the version that was read.
    pub store: u16,
    pub version: u64,
    /// What it lacked; `None` if it is wrong only to this user.
    pub behind: Option<Behind>,
    /// The version that its user had written or seen, 0 if that is not what is wrong.
    pub known: u64,
}

/// A stale read that may turn out not to be one: what it lacked may be undone.
#[derive(Clone, Copy, Debug)]
struct Open {
    number: u64,
    slot: usize,
    operation: u16,
    version: u64,
    began: Time,
    age: Duration,
}

/// Stale answers of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staleness {
    pub reads: u64,
    pub stale: u64,
    /// Longest time from the first newer commit until the stale answer was there, of those that stay
    /// stale whatever comes.
    longest: Duration,
}

#[derive(Clone, Default)]
pub struct Reads {
    sources: Sources,
    /// By clients: its users can be told apart.
    tells_apart: Vec<bool>,
    /// By node: what is written there can be undone.
    can_undo: Vec<bool>,
    commits: Commits,
    sessions: BTreeMap<Whose, Session>,
    in_order: VecDeque<Whose>,
    /// By store and row.
    open: BTreeMap<(u16, u64), Vec<Open>>,
    /// By operation.
    pub by_operation: Vec<Staleness>,
}

impl Reads {
    pub fn new(program: &Program) -> Reads {
        let nodes = program.nodes.iter();
        Reads {
            sources: Sources::new(program),
            tells_apart: nodes.clone().map(|n| n.tells_users_apart).collect(),
            can_undo: nodes
                .map(|n| n.kind == "database" && n.instances > 1)
                .collect(),
            by_operation: vec![Staleness::default(); program.operations.len()],
            ..Reads::default()
        }
    }

    /// Whether the node's effects on this operation are versions of rows.
    fn is_store(&self, node: u16, operation: u16) -> bool {
        self.sources.of(node, operation) == Some(node)
    }

    /// A row has another version. Says whether an action that was asked for after this one had been
    /// acknowledged has changed the row before.
    pub fn committed(
        &mut self,
        now: Time,
        intent: &Intent,
        effect: Effect,
        acknowledged: bool,
    ) -> bool {
        let store = effect.node;
        if !self.is_store(store, intent.operation) {
            return false;
        }
        let newest = self.commits.newest(store, intent.item);
        let told = intent.told.map(|(at, _)| at).filter(|_| acknowledged);
        let is_late = newest.zip(told).is_some_and(|(last, told)| {
            !last.is_undone && !intent.is_internal && last.youngest > told
        });
        // What no user asked for stands in nobody's order.
        let asked = if intent.is_internal {
            Time::ZERO
        } else {
            intent.born
        };
        self.commits
            .push(store, intent.item, effect.version, now, asked);
        if told.is_some() && self.tells_apart(intent) {
            let whose = (user_of(intent), store, intent.item);
            if let Some(session) = self.sessions.get_mut(&whose)
                && session.intent == intent.number
            {
                session.wrote = effect.version;
            }
        }
        is_late
    }

    /// A version is not among those that survive. Gives the actions that were no stale reads after all,
    /// with the slots that they had.
    pub fn undone(&mut self, intent: &Intent, effect: Effect) -> Vec<(u64, usize)> {
        let (store, key) = (effect.node, intent.item);
        self.commits.undo(store, key, effect.version);
        let Some(open) = self.open.get_mut(&(store, key)) else {
            return Vec::new();
        };
        let mut cleared = Vec::new();
        let commits = &self.commits;
        let by_operation = &mut self.by_operation;
        open.retain(|read| {
            let stays = commits
                .behind(store, key, read.version, read.began)
                .is_some();
            if !stays {
                by_operation[read.operation as usize].stale -= 1;
                cleared.push((read.number, read.slot));
            }
            stays
        });
        cleared
    }

    /// The longest time from the first newer commit until a stale answer was there.
    pub fn longest(&self) -> Duration {
        let operations = 0..self.by_operation.len() as u16;
        operations
            .map(|of| self.longest_of(of))
            .max()
            .unwrap_or(Duration::ZERO)
    }

    /// The same of one operation.
    pub fn longest_of(&self, operation: u16) -> Duration {
        let open = self
            .open
            .values()
            .flatten()
            .filter(|read| read.operation == operation);
        let certain = self.by_operation[operation as usize].longest;
        open.map(|read| read.age).fold(certain, Duration::max)
    }

    /// Whether users can be told apart where this one comes from.
    pub fn tells_apart(&self, intent: &Intent) -> bool {
        self.tells_apart[intent.clients as usize]
    }

    fn session(&mut self, whose: Whose) -> &mut Session {
        if self.sessions.len() == SESSIONS
            && !self.sessions.contains_key(&whose)
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.sessions.remove(&oldest);
        }
        let in_order = &mut self.in_order;
        self.sessions.entry(whose).or_insert_with(|| {
            in_order.push_back(whose);
            Session::default()
        })
    }

    /// A user was told that something is done. `left` are the versions that it has made so far.
    pub fn acknowledged(
        &mut self,
        program: &Program,
        now: Time,
        intent: &Intent,
        left: &[(u16, u64)],
    ) {
        let operation = &program.operations[intent.operation as usize];
        if !operation.is_write() || !self.tells_apart(intent) {
            return;
        }
        for &store in &operation.effects {
            if !self.is_store(store, intent.operation) {
                continue;
            }
            let of_store = left.iter().filter(|(node, _)| *node == store);
            let newest = of_store.map(|&(_, version)| version).max();
            let session = self.session((user_of(intent), store, intent.item));
            session.wrote = newest.unwrap_or(TO_COME);
            session.told = now;
            session.intent = intent.number;
        }
    }

    /// Nothing can happen any more to an action: what its user was told to be there and never came, is
    /// lost, not missed.
    pub fn over(&mut self, intent: &Intent, operation_effects: &[u16]) {
        if !self.tells_apart(intent) || intent.told.is_none() {
            return;
        }
        for &store in operation_effects {
            let whose = (user_of(intent), store, intent.item);
            if let Some(session) = self.sessions.get_mut(&whose)
                && session.intent == intent.number
                && session.wrote == TO_COME
            {
                session.wrote = 0;
            }
        }
    }

    /// An attempt has ended for its caller. What is wrong with the answer, if it was one about a row.
    #[inline]
    pub fn ended(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        attempt: &Attempt,
    ) -> Option<(Verdicts, ReadAt)> {
        if attempt.caller != CallerSide::Succeeded || !attempt.is_read() {
            return None;
        }
        let store = self.sources.of(attempt.node, intent.operation)?;
        if attempt.answer.missing {
            return None;
        }
        self.judge(
            program,
            now,
            (id, intent),
            (store, attempt.answer.version),
            attempt.sent,
        )
    }

    /// A caller has served what it had kept of earlier answers to calls to this node.
    pub fn fell_back(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        (node, version): (u16, u64),
    ) -> Option<(Verdicts, ReadAt)> {
        let store = self.sources.behind(node, intent.operation)?;
        self.judge(program, now, (id, intent), (store, version), now)
    }

    fn judge(
        &mut self,
        program: &Program,
        now: Time,
        (id, intent): (IntentId, &Intent),
        (store, version): (u16, u64),
        sent: Time,
    ) -> Option<(Verdicts, ReadAt)> {
        let key = intent.item;
        let operation = &program.operations[intent.operation as usize];
        let began = if operation.is_write() {
            sent
        } else {
            intent.born
        };
        let behind = self.commits.behind(store, key, version, began);
        let staleness = &mut self.by_operation[intent.operation as usize];
        staleness.reads += 1;
        if let Some(behind) = behind {
            staleness.stale += 1;
            let age = now.since(behind.since);
            if self.can_undo[store as usize] {
                let open = Open {
                    number: intent.number,
                    slot: id.slot(),
                    operation: intent.operation,
                    version,
                    began,
                    age,
                };
                self.open.entry((store, key)).or_default().push(open);
            } else {
                staleness.longest = staleness.longest.max(age);
            }
        }
        let mut verdicts = Verdicts::default();
        verdicts.add(Verdict::Stale, behind.is_some());
        let mut known = 0;
        if self.tells_apart(intent) {
            let before = *self.session((user_of(intent), store, key));
            let commits = &self.commits;
            let counts =
                |of: u64| version < of && (of == TO_COME || commits.survives(store, key, of));
            let missed = before.told < intent.born && counts(before.wrote);
            let back = counts(before.seen);
            verdicts.add(Verdict::OwnWriteMissed, missed);
            verdicts.add(Verdict::WentBack, back);
            known = match (missed, back) {
                (true, _) => before.wrote,
                (false, true) => before.seen,
                _ => 0,
            };
            let session = self.session((user_of(intent), store, key));
            // What is not there any more, nobody can see again.
            session.seen = if back { before.seen } else { version };
        }
        let read = ReadAt {
            at: now,
            store,
            version,
            behind,
            known,
        };
        (!verdicts.is_clean()).then_some((verdicts, read))
    }
}
