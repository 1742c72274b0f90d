//! Locks of rows: who holds them, who waits in order of arrival, and who waits in a circle.
//!
//! Only transactions hold locks, from the statement that needs one to their end. A write outside of
//! transactions waits for a row that a transaction holds; it holds none itself, for it is done at one
//! instant.

use std::collections::{BTreeMap, VecDeque};

use super::config::Config;
use super::{DEADLOCKS, Database, LOCK_TIMEOUT, LOCK_WAITS};
use crate::design::CallMode;
use crate::engine::attempt::{AttemptId, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::reason::Reason;
use crate::engine::record::Record;

/// A copy and a row of it.
pub(super) type Place = (u16, u64);

#[derive(Clone, Default)]
struct Lock {
    /// A transaction.
    holder: u32,
    /// Statements, each with its transaction, 0 for none.
    waiting: VecDeque<(AttemptId, u32)>,
}

#[derive(Clone, Default)]
pub(super) struct Locks {
    of: BTreeMap<Place, Lock>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    HasIt,
    GotIt,
    Waits,
}

impl Locks {
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    fn ask(&mut self, place: Place, transaction: u32, id: AttemptId) -> Asked {
        match self.of.get_mut(&place) {
            None if transaction == 0 => Asked::HasIt,
            None => {
                let holder = transaction;
                let waiting = VecDeque::new();
                self.of.insert(place, Lock { holder, waiting });
                Asked::GotIt
            }
            Some(lock) if lock.holder == transaction => Asked::HasIt,
            Some(lock) => {
                lock.waiting.push_back((id, transaction));
                Asked::Waits
            }
        }
    }

    /// The holder lets go of a row: who goes on now. The first of them that belongs to a transaction makes
    /// it the holder.
    fn let_go(&mut self, place: Place) -> Vec<(AttemptId, u32)> {
        let Some(lock) = self.of.get_mut(&place) else {
            return Vec::new();
        };
        lock.holder = 0;
        let mut go_on = Vec::new();
        while let Some(&(id, transaction)) = lock.waiting.front() {
            if lock.holder != 0 && transaction != lock.holder {
                break;
            }
            lock.holder = transaction;
            lock.waiting.pop_front();
            go_on.push((id, transaction));
        }
        if lock.holder == 0 {
            self.of.remove(&place);
        }
        go_on
    }

    /// A statement does not wait any more. Says whether it did.
    pub fn forget(&mut self, id: AttemptId) -> bool {
        let mut waited = false;
        for lock in self.of.values_mut() {
            let before = lock.waiting.len();
            lock.waiting.retain(|&(waiting, _)| waiting != id);
            waited |= lock.waiting.len() < before;
        }
        waited
    }

    /// The statements of a transaction that wait.
    fn waiting_of(&self, transaction: u32) -> Vec<AttemptId> {
        let all = self.of.values().flat_map(|lock| &lock.waiting);
        let mine = all.filter(|&&(_, of)| of == transaction);
        mine.map(|&(id, _)| id).collect()
    }

    pub fn clear(&mut self, at: u16) {
        self.of.retain(|&(of, _), _| of != at);
    }

    /// Whether a transaction that has just begun to wait waits, in the end, for itself. Who waits for a row
    /// waits for its holder and for those who came before.
    fn is_circle(&self, start: u32) -> bool {
        let mut seen = vec![start];
        let mut next = vec![start];
        while let Some(one) = next.pop() {
            for lock in self.of.values() {
                let Some(at) = lock.waiting.iter().rposition(|&(_, of)| of == one) else {
                    continue;
                };
                let before = lock.waiting.iter().take(at).map(|&(_, of)| of);
                for other in before.chain([lock.holder]) {
                    if other == start {
                        return true;
                    }
                    if other != 0 && !seen.contains(&other) {
                        seen.push(other);
                        next.push(other);
                    }
                }
            }
        }
        false
    }
}

impl Database {
    /// Whether a statement may go on now. If not, it waits in the line, or was refused because its wait
    /// would never end.
    pub(super) fn gets_lock<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
    ) -> bool {
        let attempt = cx.core.attempts[id];
        let number = attempt.transaction;
        let wants = match attempt.mode {
            CallMode::Write => number == 0 || config.isolation.locks(true),
            CallMode::Read => number != 0 && config.isolation.locks(false),
            _ => false,
        };
        if !wants {
            return true;
        }
        let row = config.row_of(cx, id);
        match self.locks.ask((attempt.instance, row), number, id) {
            Asked::HasIt => return true,
            Asked::GotIt => {
                self.transactions.locked(number, row);
                return true;
            }
            Asked::Waits => cx.tally(LOCK_WAITS),
        }
        // Or it has waited for its table.
        let is_in_line = attempt.callee == CalleeSide::Queued;
        // Nobody can wait for one that holds nothing.
        let may_close = config.detects_deadlocks && self.transactions.holds_any(number);
        if may_close && self.locks.is_circle(number) {
            cx.tally(DEADLOCKS);
            self.locks.forget(id);
            self.fail_transaction(config, cx, number, Reason::DeadlockVictim);
            match is_in_line {
                true => self.ends_wait(cx, id, Reason::DeadlockVictim),
                false => cx.refuse(id, Reason::DeadlockVictim),
            }
            return false;
        }
        if !is_in_line {
            cx.enter_line(id);
        }
        if let Some(wait) = config.lock_timeout {
            cx.local_at(cx.now() + wait, LOCK_TIMEOUT, id.bits());
        }
        false
    }

    /// A statement may have waited for a row as long as it may.
    pub(super) fn lock_timeout<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        arg: u64,
    ) {
        let id = AttemptId::from_bits(arg);
        let still = cx.core.attempts.get(id);
        if still.is_none_or(|a| a.callee != CalleeSide::Queued) || !self.locks.forget(id) {
            return;
        }
        self.disconnects(cx, id);
        let number = cx.core.attempts[id].transaction;
        self.ends_wait(cx, id, Reason::LockTimeout);
        self.fail_transaction(config, cx, number, Reason::LockTimeout);
    }

    pub(super) fn ends_wait<R: Record>(&mut self, cx: &mut Cx<'_, R>, id: AttemptId, reason: Reason) {
        cx.leave_line(id, CalleeSide::Refused(reason));
        cx.reply(id, Err(reason));
    }

    /// What of a transaction waits for rows or tables waits in vain.
    pub(super) fn end_waits<R: Record>(
        &mut self,
        cx: &mut Cx<'_, R>,
        transaction: u32,
        reason: Reason,
    ) {
        for id in self.locks.waiting_of(transaction) {
            self.locks.forget(id);
            self.ends_wait(cx, id, reason);
        }
        for id in self.schema.waiting_of(transaction) {
            self.schema.forget(id);
            self.ends_wait(cx, id, reason);
        }
    }

    /// Rows are free: who waits for them goes on.
    pub(super) fn let_go<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        at: u16,
        rows: Vec<u64>,
    ) {
        for row in rows {
            let go_on = self.locks.let_go((at, row));
            let mut holder = 0;
            for (id, transaction) in go_on {
                if transaction != 0 && transaction != holder {
                    holder = transaction;
                    self.transactions.locked(transaction, row);
                }
                self.takes_core_after_wait(config, cx, id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::slab::Id;

    #[test]
    fn rows_go_to_the_first_in_line_and_circles_are_seen() {
        let id = |n: u64| -> AttemptId { Id::from_bits(n) };
        let mut locks = Locks::default();
        assert!(locks.ask((0, 1), 1, id(1)) == Asked::GotIt);
        assert!(locks.ask((0, 1), 1, id(2)) == Asked::HasIt);
        assert!(locks.ask((0, 2), 2, id(3)) == Asked::GotIt);
        assert!(locks.ask((0, 1), 2, id(4)) == Asked::Waits);
        assert!(!locks.is_circle(2));
        assert!(locks.ask((0, 2), 1, id(5)) == Asked::Waits);
        assert!(locks.is_circle(1) && locks.is_circle(2));
        assert!(locks.forget(id(5)) && !locks.is_circle(2));
        // Writes outside of transactions wait, and hold nothing.
        assert!(locks.ask((0, 1), 0, id(6)) == Asked::Waits);
        assert!(locks.ask((0, 1), 3, id(7)) == Asked::Waits);
        assert!(locks.let_go((0, 1)) == [(id(4), 2)]);
        assert!(locks.let_go((0, 1)) == [(id(6), 0), (id(7), 3)]);
        assert!(locks.let_go((0, 1)).is_empty() && locks.ask((0, 1), 0, id(8)) == Asked::HasIt);
    }

    #[test]
    fn who_waits_behind_others_waits_for_them() {
        let id = |n: u64| -> AttemptId { Id::from_bits(n) };
        let mut locks = Locks::default();
        locks.ask((0, 1), 1, id(1));
        locks.ask((0, 2), 3, id(2));
        // 2 waits for both rows; 3 comes behind it for the first.
        locks.ask((0, 1), 2, id(3));
        locks.ask((0, 2), 2, id(4));
        locks.ask((0, 1), 3, id(5));
        assert!(locks.is_circle(3));
    }
}
