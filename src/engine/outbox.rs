//! What change feeds follow: the entries that a database has committed, in that order, until every feed is
//! through with them. It belongs to the core because two nodes work on it, as a table in the database does.
//!
//! A row and its entry are written at the same instant: there is nothing between the two in which anybody
//! could crash. When another copy is made the leader, the entries that it never had go with the rows.

use std::collections::{BTreeMap, VecDeque};

use super::attempt::AttemptId;
use super::copies::LogEntry;
use super::core::Cx;
use super::node::{NodeConfig, delivery, feed};
use super::program::Program;
use super::record::Record;

/// How far one feed has come.
#[derive(Clone, Debug)]
pub struct Follower {
    pub feed: u16,
    /// The link over which it reads.
    pub link: u16,
    /// It knows of entries up to this position.
    pub known: u64,
    /// The next entry to publish, and the last one of its batch.
    pub next: u64,
    pub until: u64,
    /// Where it goes on after a crash: behind this position.
    pub stored: u64,
    /// Entries up to here were begun at least once.
    pub furthest: u64,
    /// What is being published: positions, by the tokens of their calls.
    pub in_hand: BTreeMap<u64, u64>,
}

impl Follower {
    fn new(feed: u16, link: u16) -> Follower {
        Follower {
            feed,
            link,
            known: 0,
            next: 1,
            until: 0,
            stored: 0,
            furthest: 0,
            in_hand: BTreeMap::new(),
        }
    }

    /// Everything up to here is published, or given up.
    pub fn done(&self) -> u64 {
        let first = self.in_hand.values().min();
        first.unwrap_or(&self.next) - 1
    }

    /// What it had in memory is gone. Says how many entries it will never publish that it had taken up.
    pub fn thrown_back(&mut self) -> u64 {
        let unpublished = self.in_hand.values().filter(|p| **p <= self.stored).count() as u64;
        let unbegun = (self.stored + 1).saturating_sub(self.next);
        self.in_hand.clear();
        (self.next, self.until, self.known) = (self.stored + 1, self.stored, self.stored);
        unpublished + unbegun
    }

    /// The log ends at a position now.
    fn cut(&mut self, end: u64) {
        for position in [
            &mut self.known,
            &mut self.until,
            &mut self.stored,
            &mut self.furthest,
        ] {
            *position = end.min(*position);
        }
        self.next = self.next.min(end + 1);
        // What is on its way is published all the same; nobody waits for the answer.
        self.in_hand.retain(|_, position| *position <= end);
    }
}

#[derive(Clone, Debug)]
pub struct Outbox {
    log: VecDeque<LogEntry>,
    /// Position of the log's first entry.
    first: u64,
    pub followers: Vec<Follower>,
    /// Words said to feeds so far.
    words: u64,
}

impl Outbox {
    /// The outboxes of all databases, by node: of those that a feed follows.
    pub fn all(program: &Program) -> Vec<Option<Box<Outbox>>> {
        let mut all: Vec<Option<Box<Outbox>>> = vec![None; program.nodes.len()];
        for (number, link) in program.links.iter().enumerate() {
            let kind = |node: u16| program.nodes[node as usize].kind;
            if kind(link.from) == "feed" && kind(link.to) == "database" {
                let outbox = all[link.to as usize].get_or_insert_with(Default::default);
                outbox
                    .followers
                    .push(Follower::new(link.from, number as u16));
            }
        }
        all
    }

    /// Position of the newest entry.
    pub fn end(&self) -> u64 {
        self.first + self.log.len() as u64 - 1
    }

    pub fn entry(&self, position: u64) -> &LogEntry {
        &self.log[(position - self.first) as usize]
    }

    pub fn follower(&mut self, feed: u16) -> &mut Follower {
        let mut followers = self.followers.iter_mut();
        followers
            .find(|f| f.feed == feed)
            .expect("the feed follows it")
    }

    fn push(&mut self, entry: LogEntry) -> u64 {
        self.log.push_back(entry);
        self.end()
    }

    /// What lies behind a position is not in the database any more.
    fn cut(&mut self, position: u64) -> VecDeque<LogEntry> {
        self.followers.iter_mut().for_each(|f| f.cut(position));
        // What all feeds are through with is not here any more, whether it survives or not.
        let keep = (position + 1).saturating_sub(self.first) as usize;
        let behind = self.log.split_off(keep.min(self.log.len()));
        self.first = self.first.min(position + 1);
        behind
    }

    /// Entries that no feed will publish, or publish again.
    fn trim(&mut self) -> Vec<LogEntry> {
        let through = self.followers.iter().map(|f| f.stored.min(f.done())).min();
        let through = through.unwrap_or(0);
        let mut gone = Vec::new();
        while self.first <= through && !self.log.is_empty() {
            gone.extend(self.log.pop_front());
            self.first += 1;
        }
        gone
    }
}

impl Default for Outbox {
    fn default() -> Outbox {
        Outbox {
            log: VecDeque::new(),
            first: 1,
            followers: Vec::new(),
            words: 0,
        }
    }
}

impl<R: Record> Cx<'_, R> {
    /// This database has committed a change: those who follow it will publish it.
    pub fn note_for_feeds(&mut self, entry: LogEntry) {
        let node = self.node as usize;
        let Some(outbox) = self.core.outboxes[node].as_deref_mut() else {
            return;
        };
        let end = outbox.push(entry);
        let mut words = outbox.words;
        let links: Vec<(u16, u16)> = outbox.followers.iter().map(|f| (f.feed, f.link)).collect();
        self.hold(entry.intent);
        for (feed, link) in links {
            if let NodeConfig::Feed(config) = &self.program.nodes[feed as usize].config
                && config.streams
            {
                delivery::say(self, link, &mut words, feed::NEWS, end);
            }
        }
        if let Some(outbox) = self.core.outboxes[node].as_deref_mut() {
            outbox.words = words;
        }
    }

    /// The log of this database ends at a position: what was behind it is undone, and nobody publishes
    /// it who has not yet.
    pub fn undo_for_feeds(&mut self, position: u64) {
        let Some(outbox) = self.core.outboxes[self.node as usize].as_deref_mut() else {
            return;
        };
        for entry in outbox.cut(position) {
            self.release(entry.intent);
        }
    }

    /// Where the query of a feed finds the end of the log at the copy that it has reached; `None` if it is
    /// nobody's who follows.
    #[inline]
    pub fn end_for_feed(&self, id: AttemptId) -> Option<u64> {
        let node = self.node as usize;
        let outbox = self.core.outboxes[node].as_deref()?;
        let attempt = &self.core.attempts[id];
        if !outbox.followers.iter().any(|f| f.link == attempt.link) {
            return None;
        }
        let at_copy = self.core.copies[node].as_deref().map(|copies| {
            let copy = &copies.of[attempt.instance as usize];
            copy.applied
        });
        Some(at_copy.map_or(outbox.end(), |applied| applied.min(outbox.end())))
    }

    /// What all feeds of a database are through with is held for nobody.
    pub fn drop_what_feeds_have(&mut self, database: u16) {
        let Some(outbox) = self.core.outboxes[database as usize].as_deref_mut() else {
            return;
        };
        for entry in outbox.trim() {
            self.release(entry.intent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::slab::Id;
    use crate::time::Time;

    fn entry(version: u64) -> LogEntry {
        LogEntry {
            key: 7,
            version,
            before: version - 1,
            based_on: None,
            at: Time::ZERO,
            intent: Id::NONE,
            attempt: 1,
            promised: true,
            taken: (0, 0),
        }
    }

    fn outbox(entries: u64) -> Outbox {
        let mut outbox = Outbox {
            followers: vec![Follower::new(1, 0), Follower::new(2, 1)],
            ..Outbox::default()
        };
        for version in 1..=entries {
            assert_eq!(outbox.push(entry(version)), version);
        }
        outbox
    }

    #[test]
    fn entries_stay_until_every_feed_is_through_with_them() {
        let mut outbox = outbox(5);
        let f = outbox.follower(1);
        (f.next, f.stored) = (6, 5);
        assert!(outbox.trim().is_empty(), "the other one has none of them");
        let f = outbox.follower(2);
        (f.next, f.stored) = (5, 4);
        f.in_hand.insert(9, 3);
        assert_eq!(f.done(), 2);
        assert_eq!(outbox.trim().len(), 2);
        assert_eq!(outbox.entry(3).version, 3);
    }

    #[test]
    fn a_crash_throws_a_feed_back_to_where_it_has_stored() {
        let mut outbox = outbox(9);
        let f = outbox.follower(1);
        (f.known, f.next, f.until, f.stored) = (9, 6, 8, 2);
        f.in_hand.insert(1, 5);
        assert_eq!(f.thrown_back(), 0, "nothing is passed over");
        assert_eq!((f.next, f.known), (3, 2));
        // Stored before it was published: what was in hand, and the rest of the batch.
        (f.known, f.next, f.until, f.stored) = (9, 6, 8, 8);
        f.in_hand.insert(1, 5);
        assert_eq!(f.thrown_back(), 4);
        assert_eq!(f.next, 9);
    }

    #[test]
    fn what_is_undone_is_not_published_any_more() {
        let mut outbox = outbox(9);
        let f = outbox.follower(1);
        (f.known, f.next, f.until, f.stored, f.furthest) = (9, 8, 9, 7, 7);
        f.in_hand.insert(1, 7);
        assert_eq!(outbox.cut(5).len(), 4);
        assert_eq!(outbox.end(), 5);
        let f = outbox.follower(1);
        assert_eq!((f.next, f.stored, f.done()), (6, 5, 5));
        assert_eq!(outbox.push(entry(6)), 6);
        // Also what nobody needed any more.
        for feed in [1, 2] {
            let f = outbox.follower(feed);
            (f.next, f.stored) = (7, 6);
        }
        assert_eq!(outbox.trim().len(), 6);
        assert_eq!(outbox.cut(4).len(), 0);
        assert_eq!(outbox.end(), 4);
        assert_eq!(outbox.push(entry(7)), 5);
        assert_eq!(outbox.entry(5).version, 7);
    }
}
