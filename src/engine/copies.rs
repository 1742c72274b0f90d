//! The copies of a database's rows: who leads, how far each has come along the log, and which copy a call
//! goes to. It belongs to the core because callers choose by it, as a driver or a proxy does.
//!
//! The log is one sequence of entries. The one who leads adds to it; the others receive it in order and
//! apply it in order. When somebody else is made the leader, the log ends where the new one's copy
//! ends: what lies behind is undone.

use std::collections::{BTreeMap, VecDeque};

use super::attempt::{Intent, IntentId};
use super::core::Cx;
use super::draw::{Address, Draws, Purpose, mix64};
use super::record::Record;
use crate::design::CallMode;
use crate::time::{Duration, Time};

/// Which copy a read goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFrom {
    Primary,
    /// Any of those that follow, by chance; the leader if there is none.
    Replicas,
    /// Any of all.
    Any,
    /// As `Replicas`, but who has written goes to the leader for so long.
    OwnWrites(Duration),
    /// As `Replicas`; a read waits there until what its user has written is there.
    Token,
    /// Those replicas that are at most so far behind, else the leader.
    Bounded(Duration),
}

/// One change of a row, on its way to the copies.
#[derive(Clone, Copy, Debug)]
pub struct LogEntry {
    pub key: u64,
    pub version: u64,
    /// What the row had before.
    pub before: u64,
    /// What it was computed from, if its maker has said so.
    pub based_on: Option<u64>,
    pub at: Time,
    pub intent: IntentId,
    /// Number of the attempt that wrote it.
    pub attempt: u16,
    /// It is what its operation promises here.
    pub promised: bool,
    /// Units of the item that were taken before it, and with it; zeros where nobody counts.
    pub taken: (u32, u32),
}

#[derive(Clone, Debug, Default)]
pub struct Copy {
    /// How far along the log it has come; what is received is on its disk.
    pub received: u64,
    pub applied: u64,
    /// How far the leader knows it has received.
    pub acknowledged: u64,
    /// What is on its way to it: everything up to a position, and when it arrives.
    pub under_way: VecDeque<(Time, u64)>,
    /// Takes writes: it believes that it leads.
    pub leads: bool,
    /// Entries of the timeline that keep it from the other copies.
    pub cut_off: u32,
    /// Entries of a log that is no longer the log, oldest first: to be taken back before it follows again.
    pub astray: Vec<LogEntry>,
    /// Counts what makes scheduled arrivals void.
    pub epoch: u8,
}

/// What one user has written, for who reads own writes.
#[derive(Clone, Copy, Debug)]
struct Wrote {
    position: u64,
    at: Time,
}

#[derive(Clone, Debug)]
pub struct Copies {
    pub of: Vec<Copy>,
    /// The one that counts. Callers take `before` for it until they have heard.
    pub primary: u16,
    pub before: u16,
    pub moved: Time,
    /// How many times another one was made the leader: part of every version, so that versions of
    /// different leaders are never mistaken for each other.
    pub term: u32,
    log: VecDeque<LogEntry>,
    /// Position of the log's first entry.
    first: u64,
    wrote: BTreeMap<u64, Wrote>,
    wrote_in_order: VecDeque<(u64, u64)>,
    /// Entries that only wait for copies that cannot come: part of what is at rest.
    pub resting: u64,
    /// Who is being made the leader.
    pub rising: Option<u16>,
}

/// Versions of one leader are below this; its term is above.
pub const TERM: u32 = 40;

impl Copies {
    pub fn new(count: u16) -> Copies {
        let mut of = vec![Copy::default(); count as usize];
        of[0].leads = true;
        Copies {
            of,
            primary: 0,
            before: 0,
            moved: Time::ZERO,
            term: 0,
            log: VecDeque::new(),
            first: 1,
            wrote: BTreeMap::new(),
            wrote_in_order: VecDeque::new(),
            resting: 0,
            rising: None,
        }
    }

    /// Position of the newest entry.
    pub fn end(&self) -> u64 {
        self.first + self.log.len() as u64 - 1
    }

    pub fn entry(&self, position: u64) -> &LogEntry {
        &self.log[(position - self.first) as usize]
    }

    /// When the oldest entry was written that some copy has not applied yet.
    pub fn oldest_missing(&self) -> Option<Time> {
        let applied = self.of.iter().map(|copy| copy.applied).min()?;
        let next = (applied + 1).max(self.first);
        let at = usize::try_from(next - self.first).ok()?;
        self.log.get(at).map(|entry| entry.at)
    }

    pub fn push(&mut self, entry: LogEntry) -> u64 {
        self.log.push_back(entry);
        self.end()
    }

    /// What lies behind a position is not the log any more.
    pub fn cut(&mut self, position: u64) -> Vec<LogEntry> {
        let keep = (position + 1 - self.first) as usize;
        self.log.split_off(keep).into()
    }

    /// Entries that every copy has applied are needed by nobody.
    pub fn trim(&mut self) -> Vec<LogEntry> {
        let applied = self.of.iter().map(|copy| copy.applied).min();
        let done = applied.unwrap_or(0);
        let mut gone = Vec::new();
        while self.first <= done && !self.log.is_empty() {
            gone.extend(self.log.pop_front());
            self.first += 1;
        }
        while let Some(&(position, user)) = self.wrote_in_order.front() {
            if position >= self.first {
                break;
            }
            self.wrote_in_order.pop_front();
            if self
                .wrote
                .get(&user)
                .is_some_and(|w| w.position == position)
            {
                self.wrote.remove(&user);
            }
        }
        gone
    }

    /// Entries that some copy may still lack.
    pub fn held(&self) -> u64 {
        self.log.len() as u64
    }

    /// A version of this leader's, above the one that the row has.
    pub fn next_version(&self, term: u32, before: u64) -> u64 {
        let base = u64::from(term) << TERM;
        before.max(base) + 1
    }

    /// Versions of this leader's are above this one.
    pub fn floor(&self) -> u64 {
        u64::from(self.term) << TERM
    }

    pub fn note_write(&mut self, user: u64, position: u64, at: Time) {
        self.wrote.insert(user, Wrote { position, at });
        self.wrote_in_order.push_back((position, user));
    }

    /// The position that a user's reads have to see.
    pub fn wrote(&self, user: u64) -> u64 {
        self.wrote.get(&user).map_or(0, |wrote| wrote.position)
    }

    /// How long ago what a copy lacks was written; zero if it lacks nothing.
    pub fn behind(&self, copy: usize, now: Time) -> Duration {
        let next = self.of[copy].applied + 1;
        match next <= self.end() {
            true => now.since(self.entry(next.max(self.first)).at),
            false => Duration::ZERO,
        }
    }
}

/// How many versions a row can have had between two of its versions: those of one leader follow each other;
/// of those of earlier leaders, nobody can say.
pub fn versions_between(older: u64, newer: u64) -> u64 {
    let base = newer >> TERM << TERM;
    newer.saturating_sub(older.max(base) + 1)
}

/// Whose writes are whose.
pub fn user_of(intent: &Intent) -> u64 {
    mix64(u64::from(intent.clients) << 32 | u64::from(intent.identity))
}

impl<R: Record> Cx<'_, R> {
    /// Which copy of a database a call goes to.
    pub fn copy_for(
        &self,
        link: u16,
        address: Address,
        (read_from, redirect): (ReadFrom, Duration),
        (intent, mode): (IntentId, CallMode),
    ) -> u16 {
        let node = self.program.links[link as usize].to as usize;
        let copies = self.core.copies[node].as_deref().expect("it has copies");
        let now = self.now();
        let draws = || {
            let keys = &self.core.links[link as usize].keys;
            keys.draws(Purpose::Instance, address)
        };
        // Each caller hears of a new leader at a moment of its own.
        let heard = redirect.0 == 0 || copies.term == 0 || {
            let keys = &self.core.links[link as usize].keys;
            let mut draws = keys.draws(Purpose::Redirect, Address(u64::from(copies.term)));
            copies.moved + Duration(draws.below(redirect.0)) <= now
        };
        let leader = match heard {
            true => copies.primary,
            false => copies.before,
        };
        if !matches!(mode, CallMode::Read) {
            return leader;
        }
        // As of every node: callers learn that a copy is down by being refused.
        let registered = self.core.fleets[node].registered();
        let followers = |fits: &dyn Fn(usize) -> bool| {
            let fits = |&&i: &&u16| i != leader && fits(i as usize);
            let of: Vec<u16> = registered.iter().filter(fits).copied().collect();
            by_chance(&of, draws).unwrap_or(leader)
        };
        let user = user_of(&self.core.intents[intent]);
        match read_from {
            ReadFrom::Primary => leader,
            ReadFrom::Replicas | ReadFrom::Token => followers(&|_| true),
            ReadFrom::Any => by_chance(registered, draws).unwrap_or(leader),
            ReadFrom::OwnWrites(window) => match copies.wrote.get(&user) {
                Some(wrote) if now < wrote.at + window => leader,
                _ => followers(&|_| true),
            },
            ReadFrom::Bounded(most) => followers(&|i| copies.behind(i, now) <= most),
        }
    }
}

fn by_chance(copies: &[u16], draws: impl FnOnce() -> Draws) -> Option<u16> {
    match copies {
        [] => None,
        [only] => Some(*only),
        all => Some(all[draws().below(all.len() as u64) as usize]),
    }
}
