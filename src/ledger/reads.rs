//! What reads saw, against what was there: stale reads, own writes missed, reads that went back.
//!
//! A read is judged when its answer reaches whoever asked. *Stale*: it says a version older than one that
//! was committed, and survives, before the read began; a user's read began when the user asked, a read
//! that is part of a write when it was sent. *Own write missed*: older than what the same user had been
//! told is done before asking. *Went back*: older than what the same user had seen before.
//! (docs/semantics.md 21)

use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeInclusive;

use super::commits::{Author, Behind, Commit, Commits};
use super::sources::Sources;
use super::updates::Made;
use super::{Verdict, Verdicts};
use crate::engine::attempt::{Attempt, CallerSide, Intent, IntentId};
use crate::engine::copies::user_of;
use crate::engine::program::Program;
use crate::engine::record::Effect;
use crate::time::{Duration, Time};

/// Versions that are remembered for the users who know of them: the oldest go first.
const KNOWN: usize = 1 << 18;

/// A version that is not there yet.
pub const TO_COME: u64 = u64::MAX;

/// A version of which a user knows: told that it is there, or seen.
#[derive(Clone, Copy, Debug)]
struct Known {
    of: Knew,
    is_own: bool,
}

/// What a user knew: a version, since when, and by which action of the same user.
#[derive(Clone, Copy, Debug)]
pub struct Knew {
    pub version: u64,
    pub since: Time,
    pub by: u64,
}

/// What one user knows of one row.
#[derive(Clone, Debug, Default)]
struct Session {
    /// In the order in which it became known.
    known: VecDeque<Known>,
    /// Actions that the user was told are done, and that are not there yet; since when.
    to_come: Vec<(u64, Time)>,
}

/// User, store, row.
type Whose = (u64, u16, u64);

/// An answer that was wrong, in numbers.
#[derive(Clone, Copy, Debug)]
pub struct ReadAt {
    pub at: Time,
    /// Whose row it was, and the version that was read.
    pub store: u16,
    pub row: u64,
    pub version: u64,
    /// Its column of the row was empty.
    pub is_empty: bool,
    /// From when on it had to see what was there.
    pub began: Time,
    /// What it lacked; `None` if it is wrong only to this user.
    pub behind: Option<Behind>,
    /// What its user had been told is done, or had seen, if that is what is wrong.
    pub own: Option<Knew>,
    pub seen: Option<Knew>,
}

impl ReadAt {
    /// The version that its user had written or seen.
    pub fn known(&self) -> Option<u64> {
        self.own.or(self.seen).map(|knew| knew.version)
    }
}

/// What an answer says of a row.
#[derive(Clone, Copy)]
struct Saw {
    version: u64,
    /// Nothing: the column that was asked for is empty.
    is_empty: bool,
}

/// A stale read that may turn out not to be one: what it lacked may be undone.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// Number of the action, and the slot that it had.
    pub number: u64,
    pub slot: usize,
    pub version: u64,
    /// Its column was empty: there is always something that it lacked.
    is_empty: bool,
    pub began: Time,
    /// When its answer was there, and how old it was then.
    pub at: Time,
    age: Duration,
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
    /// One for each version that somebody knows of.
    in_order: VecDeque<Whose>,
    /// By store and row.
    open: BTreeMap<(u16, u64), Vec<Open>>,
    /// Longest time from the first newer commit until a stale answer was there: of those that stay stale
    /// whatever comes, and of all as things are.
    certain: Duration,
    longest: Duration,
}

impl Reads {
    pub fn new(program: &Program) -> Reads {
        let nodes = program.nodes.iter();
        Reads {
            sources: Sources::new(program),
            tells_apart: nodes.clone().map(|n| n.tells_users_apart).collect(),
            can_undo: nodes.map(|n| n.can_undo).collect(),
            ..Reads::default()
        }
    }

    /// Whether what is written at a node can be undone.
    pub fn can_undo(&self, node: u16) -> bool {
        self.can_undo[node as usize]
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
        let newest = self.commits.newest(store, effect.row);
        let told = intent.told.map(|(at, _)| at).filter(|_| acknowledged);
        let is_late = newest
            .zip(told)
            .is_some_and(|(last, told)| !intent.is_internal && last.youngest > told);
        // What no user asked for stands in nobody's order.
        let asked = if intent.is_internal {
            Time::ZERO
        } else {
            intent.born
        };
        let at = if effect.pending { Time::NEVER } else { now };
        self.commits.push(
            (store, effect.row),
            effect.version,
            (now, at),
            (Author::of(intent), asked),
        );
        if told.is_some() && effect.row == intent.item && self.tells_apart(intent) {
            let whose = (user_of(intent), store, effect.row);
            if let Some(since) = self.take_to_come(whose, intent.number) {
                let (version, by) = (effect.version, intent.number);
                self.learns(whose, Knew { version, since, by }, true);
            }
        }
        is_late
    }

    /// When rows were changed, and by whom.
    pub fn commits(&self) -> &Commits {
        &self.commits
    }

    /// Whose versions the answers of a node to an operation carry.
    pub fn store_behind(&self, node: u16, operation: u16) -> Option<u16> {
        self.sources.of(node, operation)
    }

    /// What was committed on a row with versions of this range, and survives, the newest first, as far as it is kept.
    pub fn made(&self, row: (u16, u64), versions: &RangeInclusive<u64>, most: usize) -> Vec<Made> {
        let all = self.commits.of_row(row.0, row.1);
        let survive = all.filter(|commit| !commit.is_undone());
        let made = survive.map(Commit::made);
        let within = made.filter(|made| versions.contains(&made.version));
        within.take(most).collect()
    }

    /// A pending version counts from now on.
    pub fn counts(&mut self, now: Time, (store, row, version): (u16, u64, u64)) {
        self.commits.counts((store, row), version, now);
    }

    /// A version is not among those that survive. Gives the reads that were not stale after all.
    pub fn undone(&mut self, effect: Effect) -> Vec<Open> {
        let (store, key) = (effect.node, effect.row);
        self.commits.undo(store, key, effect.version);
        let Some(open) = self.open.get_mut(&(store, key)) else {
            return Vec::new();
        };
        let mut cleared = Vec::new();
        let commits = &self.commits;
        open.retain(|read| {
            let behind = commits.behind(store, key, read.version, read.began);
            let stays = behind.is_some() || read.is_empty;
            if !stays {
                cleared.push(*read);
            }
            stays
        });
        if !cleared.is_empty() {
            let ages = self.open.values().flatten().map(|read| read.age);
            self.longest = ages.fold(self.certain, Duration::max);
        }
        cleared
    }

    /// The longest time from the first newer commit until a stale answer was there.
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// The last answer within `within` that lacked something of a store's that was committed before `before`.
    /// For stores whose versions can be undone: of others nothing is kept.
    pub fn stale_until(
        &self,
        store: u16,
        within: std::ops::Range<Time>,
        before: Time,
    ) -> Option<Time> {
        let rows = self.open.range((store, 0)..=(store, u64::MAX));
        let all = rows.flat_map(|(&(_, key), reads)| reads.iter().map(move |read| (key, read)));
        let lacked = all.filter(|(key, read)| {
            let behind = || self.commits.behind(store, *key, read.version, read.began);
            within.contains(&read.at) && behind().is_some_and(|behind| behind.since < before)
        });
        lacked.map(|(_, read)| read.at).max()
    }

    /// Whether users can be told apart where this one comes from.
    pub fn tells_apart(&self, intent: &Intent) -> bool {
        self.tells_apart[intent.clients as usize]
    }

    /// A user knows of a version.
    fn learns(&mut self, whose: Whose, of: Knew, is_own: bool) {
        let since = of.since;
        let session = self.sessions.entry(whose).or_default();
        let last = session.known.back();
        if !is_own && last.is_some_and(|last| !last.is_own && last.of.version == of.version) {
            return;
        }
        let known = Known { of, is_own };
        // An own write that came late was known of before what was seen meanwhile.
        let at = session
            .known
            .partition_point(|before| before.of.since <= since);
        session.known.insert(at, known);
        self.in_order.push_back(whose);
        if self.in_order.len() > KNOWN
            && let Some(oldest) = self.in_order.pop_front()
            && let Some(session) = self.sessions.get_mut(&oldest)
        {
            session.known.pop_front();
            if session.known.is_empty() && session.to_come.is_empty() {
                self.sessions.remove(&oldest);
            }
        }
    }

    fn take_to_come(&mut self, whose: Whose, intent: u64) -> Option<Time> {
        let session = self.sessions.get_mut(&whose)?;
        let at = session.to_come.iter().position(|&(of, _)| of == intent)?;
        Some(session.to_come.swap_remove(at).1)
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
            let whose = (user_of(intent), store, intent.item);
            match of_store.map(|&(_, version)| version).max() {
                Some(version) => {
                    let (since, by) = (now, intent.number);
                    self.learns(whose, Knew { version, since, by }, true);
                }
                None => {
                    let session = self.sessions.entry(whose).or_default();
                    session.to_come.push((intent.number, now));
                }
            }
        }
    }

    /// Nothing can happen any more to an action: what its user was told to be there and never came, is
    /// lost, not missed.
    pub fn over(&mut self, intent: &Intent, operation_effects: &[u16]) {
        if !self.tells_apart(intent) || intent.told.is_none() {
            return;
        }
        for &store in operation_effects {
            self.take_to_come((user_of(intent), store, intent.item), intent.number);
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
        if attempt.caller != CallerSide::Succeeded || !attempt.reads_item() {
            return None;
        }
        let store = self.sources.of(attempt.node, intent.operation)?;
        let answer = attempt.answer;
        // A cache that misses says nothing of the row; a store whose column is empty does.
        if answer.missing && store != attempt.node {
            return None;
        }
        let saw = Saw {
            version: answer.version,
            is_empty: answer.missing,
        };
        self.judge(program, now, (id, intent), (store, saw), attempt.sent)
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
        let is_empty = false;
        let saw = Saw { version, is_empty };
        self.judge(program, now, (id, intent), (store, saw), now)
    }

    /// Newer versions than this one that a user knew of when asking: own, and seen.
    fn knew(&self, whose: Whose, version: u64, asked: Time) -> (Option<Knew>, Option<Knew>) {
        let Some(session) = self.sessions.get(&whose) else {
            return (None, None);
        };
        let mut to_come = session.to_come.iter();
        let waits = to_come.find(|&&(_, since)| since < asked);
        let waits = waits.map(|&(by, since)| Knew {
            version: TO_COME,
            since,
            by,
        });
        let (mut own, mut seen) = (waits, None);
        let (_, store, key) = whose;
        // What was known before this version was committed is older than it.
        let from = self.commits.committed(store, key, version);
        for known in session.known.iter().rev() {
            let (knew, is_own) = (known.of, known.is_own);
            if knew.since < from {
                break;
            }
            if knew.since < asked
                && knew.version > version
                && self.commits.survives(store, key, knew.version)
            {
                let found = if is_own { &mut own } else { &mut seen };
                found.get_or_insert(knew);
            }
        }
        (own, seen)
    }

    fn judge(
        &mut self,
        program: &Program,
        now: Time,
        (id, intent): (IntentId, &Intent),
        (store, saw): (u16, Saw),
        sent: Time,
    ) -> Option<(Verdicts, ReadAt)> {
        let Saw { version, is_empty } = saw;
        let key = intent.item;
        let operation = &program.operations[intent.operation as usize];
        let began = if operation.is_write() {
            sent
        } else {
            intent.born
        };
        let behind = self.commits.behind(store, key, version, began);
        // If nobody has written the row, an empty column lacks what was there at the beginning.
        let behind = behind.or(is_empty.then_some(Behind::FROM_THE_BEGINNING));
        if let Some(behind) = behind {
            let age = now.since(behind.since);
            self.longest = self.longest.max(age);
            if self.can_undo[store as usize] {
                let open = Open {
                    number: intent.number,
                    slot: id.slot(),
                    version,
                    is_empty,
                    began,
                    at: now,
                    age,
                };
                self.open.entry((store, key)).or_default().push(open);
            } else {
                self.certain = self.certain.max(age);
            }
        }
        let mut verdicts = Verdicts::default();
        verdicts.add(Verdict::Stale, behind.is_some());
        let (mut own, mut seen) = (None, None);
        if self.tells_apart(intent) {
            let whose = (user_of(intent), store, key);
            (own, seen) = self.knew(whose, version, intent.born);
            verdicts.add(Verdict::OwnWriteMissed, own.is_some());
            verdicts.add(Verdict::WentBack, seen.is_some());
            let (since, by) = (now, intent.number);
            self.learns(whose, Knew { version, since, by }, false);
        }
        let read = ReadAt {
            at: now,
            store,
            row: key,
            version,
            is_empty,
            began,
            behind,
            own,
            seen,
        };
        (!verdicts.is_clean()).then_some((verdicts, read))
    }
}
