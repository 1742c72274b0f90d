//! The log on its way to the copies.
//!
//! An entry is shipped at the moment of its commit. It arrives after a delay of its own, but never before
//! the entry in front of it; it is applied after all entries in front of it, one at a time, each for
//! `apply_time`. So a copy is behind by the delay, and by as much more as entries come faster than it
//! applies them. When the leader is lost, what has not arrived never does: the streams end with it. A copy
//! that is down or cut off receives nothing; when it is back, everything it lacks is shipped to it
//! at once.

use super::{ACKNOWLEDGED, APPLIED, ARRIVES, Database, GOES_ALONE, WENT_ALONE};
use crate::design::CallMode;
use crate::engine::attempt::AttemptId;
use crate::engine::copies::{Copies, LogEntry, ReadFrom, user_of};
use crate::engine::core::Cx;
use crate::engine::draw::{Address, Purpose};
use crate::engine::effect::Changed;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::time::Duration;

use super::config::Config;
use super::stock::Change;

/// A copy, its epoch and a position of the log in one argument.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub copy: usize,
    pub epoch: u8,
    pub position: u64,
}

impl Word {
    pub fn bits(self) -> u64 {
        self.position << 24 | u64::from(self.epoch) << 16 | self.copy as u64
    }

    pub fn from_bits(bits: u64) -> Word {
        Word {
            copy: (bits & 0xffff) as usize,
            epoch: (bits >> 16) as u8,
            position: bits >> 24,
        }
    }
}

pub(super) fn copies<'c, R: Record>(cx: &'c mut Cx<'_, R>) -> Option<&'c mut Copies> {
    cx.core.copies[cx.node as usize].as_deref_mut()
}

impl Database {
    pub(super) fn leads<R: Record>(&self, cx: &mut Cx<'_, R>, at: usize) -> bool {
        copies(cx).is_none_or(|copies| copies.of[at].leads)
    }

    /// Whether a copy can talk to the others.
    pub(super) fn is_reachable<R: Record>(&self, cx: &Cx<'_, R>, at: usize) -> bool {
        let copies = cx.core.copies[cx.node as usize].as_deref();
        self.is_up(cx, at) && copies.is_none_or(|copies| copies.of[at].cut_off == 0)
    }

    pub(super) fn is_up<R: Record>(&self, cx: &Cx<'_, R>, at: usize) -> bool {
        let node = cx.node as usize;
        cx.core.modifiers[node].down == 0 && cx.core.fleets[node].listens(at as u16)
    }

    /// A write is done: its row has another version. Says its position in the log that counts, if there is
    /// one; [`u64::MAX`] in one that does not.
    ///
    pub(super) fn commit<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        change: Change,
    ) -> Option<u64> {
        let Change { row, based_on, promised, is_made, .. } = change;
        let attempt = cx.core.attempts[id];
        let intent = cx.core.intents[attempt.intent];
        let at = attempt.instance as usize;
        let home = Self::home(config, at);
        let now = cx.now();
        let before = self.places[home].rows.version(row);
        let taken = self.takes(config, home, &change);
        let columns = &self.columns;
        self.transactions.overwritten(at as u16, row, |column| {
            let had = match column.filter(|_| !is_made) {
                Some(place) => columns.holds(place, row),
                None => Some(before),
            };
            (had, taken.0)
        });
        if self.copies_value(config, cx, id, &change) {
            return None;
        }
        let entry_of = |version: u64| LogEntry {
            key: row,
            version,
            before,
            based_on,
            at: now,
            intent: attempt.intent,
            attempt: attempt.number,
            promised,
            taken,
        };
        if copies(cx).is_none() {
            let version = self.backups.next_version(before);
            let entry = entry_of(version);
            self.sets_row(home, &entry, false);
            cx.note_for_feeds(entry);
            self.keeps(config, cx, entry);
            self.stands(config, cx, id, (entry, is_made));
            cx.effect_on(id, Changed { row, version, based_on, promised, pending: false });
            self.answers_write(config, cx, id, &entry);
            return None;
        }
        let copies = copies(cx).expect("just looked");
        // One that has not heard of its successor goes on in its own term.
        let counts = copies.primary as usize == at;
        let term = match counts {
            true => copies.term,
            false => copies.term.saturating_sub(1),
        };
        let version = copies.next_version(term, before);
        let entry = entry_of(version);
        self.sets_row(home, &entry, false);
        let copies = self::copies(cx).expect("just looked");
        let position = match counts {
            true => {
                let position = copies.push(entry);
                let copy = &mut copies.of[at];
                (copy.received, copy.applied, copy.acknowledged) = (position, position, position);
                if matches!(config.read_from, ReadFrom::OwnWrites(_) | ReadFrom::Token) {
                    copies.note_write(user_of(&intent), position, now);
                }
                position
            }
            false => {
                copies.of[at].astray.push(entry);
                u64::MAX
            }
        };
        cx.effect_on(id, Changed { row, version, based_on, promised, pending: false });
        self.answers_write(config, cx, id, &entry);
        if counts {
            cx.hold(attempt.intent);
            cx.note_for_feeds(entry);
            self.ship(config, cx, position, attempt.address);
        } else {
            // The log that counts has no place for it any more.
            self.undo(cx, &entry);
        }
        Some(position)
    }

    /// Something is committed, up to a position of the log. Says whether its answer waits for other copies.
    pub(super) fn committed<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        position: Option<u64>,
    ) -> bool {
        let waits = config.needed() > 0 && !self.goes_alone;
        let Some(position) = position.filter(|_| waits) else {
            return false;
        };
        let at = cx.core.attempts[id].instance as usize;
        self.places[at].unanswered.push_back((position, id));
        if let Some(after) = config.ack_fallback.filter(|_| position != u64::MAX) {
            cx.local_at(cx.now() + after, GOES_ALONE, position);
        }
        true
    }

    /// Sends the newest entry to all copies that can be reached.
    fn ship<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        position: u64,
        address: Address,
    ) {
        let leader = copies(cx).map_or(0, |copies| copies.primary as usize);
        if !self.is_reachable(cx, leader) || self.have_chosen(cx) {
            return;
        }
        for to in 0..config.copies() {
            if to != leader && self.is_reachable(cx, to) {
                self.send(config, cx, to, position, address);
            }
        }
        self.drop_what_all_have(cx);
    }

    /// Everything up to a position is on its way to a copy.
    pub(super) fn send<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        to: usize,
        position: u64,
        address: Address,
    ) {
        let now = cx.now();
        let mut draws = cx.draws(Purpose::Replication, address.attempt(to as u32));
        let delay = config.replication_delay.sample(&mut draws);
        let lag = cx.core.modifiers[cx.node as usize].replica_lag();
        let Some(copies) = copies(cx) else { return };
        let copy = &mut copies.of[to];
        let earliest = copy.under_way.back().map_or(now, |&(at, _)| at);
        let at = (now + Duration(delay) + lag).max(earliest);
        let is_next = copy.under_way.is_empty();
        copy.under_way.push_back((at, position));
        let word = Word { copy: to, epoch: copy.epoch, position };
        if is_next {
            cx.local_at(at, ARRIVES, word.bits());
        }
    }

    /// Something has arrived at a copy: it is on its disk.
    pub(super) fn arrives<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, arg: u64) {
        let word = Word::from_bits(arg);
        let now = cx.now();
        let needed = config.needed() > 0;
        let Some(copies) = copies(cx) else { return };
        let copy = &mut copies.of[word.copy];
        if copy.epoch != word.epoch {
            return;
        }
        copy.under_way.pop_front();
        let next = copy.under_way.front().copied();
        let was_idle = copy.applied == copy.received;
        copy.received = copy.received.max(word.position);
        let has_more = copy.received > copy.applied;
        if let Some((at, position)) = next {
            cx.local_at(at, ARRIVES, Word { position, ..word }.bits());
        }
        if was_idle && has_more {
            self.apply_next(config, cx, word);
        }
        if needed {
            let address = Address(word.position).attempt(word.copy as u32);
            let mut draws = cx.draws(Purpose::Acknowledgement, address);
            let delay = Duration(config.replication_delay.sample(&mut draws));
            cx.local_at(now + delay, ACKNOWLEDGED, word.bits());
        }
    }

    pub(super) fn apply_next<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, word: Word) {
        let Some(copies) = copies(cx) else { return };
        let position = copies.of[word.copy].applied + 1;
        let address = Address(position).attempt(word.copy as u32);
        let ns = config.apply_time.sample(&mut cx.draws(Purpose::Apply, address));
        let ns = cx.core.modifiers[cx.node as usize].slowed(ns);
        let at = cx.now() + Duration(ns);
        cx.local_at(at, APPLIED, Word { position, ..word }.bits());
    }

    /// A copy has applied its next entry.
    pub(super) fn applied<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, arg: u64) {
        let word = Word::from_bits(arg);
        let Some(copies) = copies(cx) else { return };
        let copy = &mut copies.of[word.copy];
        if copy.epoch != word.epoch {
            return;
        }
        copy.applied = word.position;
        let has_more = copy.received > copy.applied;
        let entry = *copies.entry(word.position);
        self.sets_row(word.copy, &entry, false);
        if has_more {
            self.apply_next(config, cx, word);
        } else {
            self.rises_if_ready(config, cx, word.copy);
        }
        self.serve(config, cx, word.copy);
        self.drop_what_all_have(cx);
    }

    /// The leader hears that a copy has received everything up to a position.
    pub(super) fn acknowledged<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, arg: u64) {
        let word = Word::from_bits(arg);
        let Some(copies) = copies(cx) else { return };
        let (leader, end) = (copies.primary as usize, copies.end());
        let copy = &mut copies.of[word.copy];
        if copy.epoch != word.epoch {
            return;
        }
        copy.acknowledged = copy.acknowledged.max(word.position);
        let caught_up = copy.acknowledged == end;
        if self.is_reachable(cx, leader) {
            self.goes_alone &= !caught_up;
            self.answer(config, cx);
        }
    }

    /// Answers the writes that enough copies have.
    pub(super) fn answer<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let needed = config.needed();
        let alone = self.goes_alone;
        let Some(copies) = copies(cx) else { return };
        let leader = copies.primary as usize;
        let others = copies.of.iter().enumerate().filter(|&(i, _)| i != leader);
        let mut heard: Vec<u64> = others.map(|(_, copy)| copy.acknowledged).collect();
        heard.sort_unstable_by(|a, b| b.cmp(a));
        let reached = match needed.checked_sub(1) {
            Some(nth) if !alone => heard.get(nth).copied().unwrap_or(0),
            _ => copies.end(),
        };
        while let Some(&(position, id)) = self.places[leader].unanswered.front() {
            if position > reached {
                break;
            }
            self.places[leader].unanswered.pop_front();
            self.leave(cx, id, Ok(()));
            cx.reply(id, Ok(()));
        }
    }

    /// Nobody has acknowledged a write for so long that the leader goes on without the others, as MySQL's
    /// semi-synchronous replication does.
    pub(super) fn goes_alone<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, position: u64) {
        let Some(copies) = copies(cx) else { return };
        let leader = copies.primary as usize;
        let waits = |&(p, _): &(u64, AttemptId)| p == position;
        if self.goes_alone || !self.places[leader].unanswered.iter().any(waits) {
            return;
        }
        self.goes_alone = true;
        cx.tally(WENT_ALONE);
        self.answer(config, cx);
    }

    /// Whether a read waits at its copy for what its user has written.
    pub(super) fn must_wait<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) -> bool {
        let attempt = cx.core.attempts[id];
        if config.read_from != ReadFrom::Token || attempt.mode != CallMode::Read {
            return false;
        }
        let user = user_of(&cx.core.intents[attempt.intent]);
        let at = attempt.instance as usize;
        let Some(copies) = copies(cx) else { return false };
        let position = copies.wrote(user);
        let waits = copies.of[at].applied < position;
        if waits {
            self.places[at].unserved.push((position, id));
        }
        waits
    }

    /// Reads that have waited for what is there now go on.
    pub(super) fn serve<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: usize) {
        if self.places[at].unserved.is_empty() {
            return;
        }
        let Some(copies) = copies(cx) else { return };
        let applied = copies.of[at].applied;
        let (ready, still): (Vec<_>, Vec<_>) = std::mem::take(&mut self.places[at].unserved)
            .into_iter()
            .partition(|&(position, _)| position <= applied);
        self.places[at].unserved = still;
        for (_, id) in ready {
            self.takes_core_after_wait(config, cx, id);
        }
    }

    /// What every copy has applied can never be undone.
    pub(super) fn drop_what_all_have<R: Record>(&mut self, cx: &mut Cx<'_, R>) {
        let Some(copies) = copies(cx) else { return };
        for entry in copies.trim() {
            cx.release(entry.intent);
        }
    }

    /// Tells what of the log only waits for copies that cannot come now: that is no reason to go on.
    pub(super) fn note_rest<R: Record>(&mut self, cx: &mut Cx<'_, R>) {
        let node = cx.node as usize;
        let Some(copies) = cx.core.copies[node].as_deref() else { return };
        let end = copies.end();
        let is_done = |at: usize| !self.is_reachable(cx, at) || copies.of[at].applied == end;
        let leader = copies.primary as usize;
        let at_rest = !self.is_reachable(cx, leader) || (0..copies.of.len()).all(is_done);
        let resting = if at_rest && copies.rising.is_none() { copies.held() } else { 0 };
        let before = copies.resting;
        cx.core.resting = cx.core.resting + resting - before;
        if let Some(copies) = self::copies(cx) {
            copies.resting = resting;
        }
    }

    /// An entry has no place in the log that counts.
    pub(super) fn undo<R: Record>(&mut self, cx: &mut Cx<'_, R>, entry: &LogEntry) {
        cx.tally(super::UNDONE);
        cx.undone(entry);
    }

    /// Queries of a copy that wait for others wait for nobody any more.
    pub(super) fn give_up_waiting<R: Record>(&mut self, cx: &mut Cx<'_, R>, at: usize) {
        for (_, id) in std::mem::take(&mut self.places[at].unanswered) {
            self.leave(cx, id, Err(Reason::NotPrimary));
            cx.reply(id, Err(Reason::NotPrimary));
        }
    }
}
