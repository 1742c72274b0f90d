//! A station: instances with slots and a waiting room each. Services and databases are built on it.
//!
//! The waiting room keeps handles; requests that left it early (cancelled) stay as tombstones until
//! their turn comes or until they outnumber the living, so that leaving costs O(1).

use std::collections::VecDeque;

use super::attempt::{Attempt, AttemptId, CalleeSide};
use super::slab::Slab;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    Fifo,
    Lifo,
}

/// Whether a request may begin, must wait, or finds no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Begin,
    Wait,
    Full,
}

#[derive(Clone, Debug, Default)]
pub struct Instance {
    pub busy: u32,
    queue: VecDeque<AttemptId>,
    tombstones: u32,
}

impl Instance {
    /// Requests that wait.
    pub fn waiting(&self) -> u32 {
        self.queue.len() as u32 - self.tombstones
    }

    /// A request stands at the door. `limit` is the number that may wait.
    #[inline]
    pub fn admit(&mut self, attempt: AttemptId, slots: u32, limit: Option<u32>) -> Admission {
        if self.busy < slots {
            self.busy += 1;
            return Admission::Begin;
        }
        if limit.is_some_and(|limit| self.waiting() >= limit) {
            return Admission::Full;
        }
        self.queue.push_back(attempt);
        Admission::Wait
    }

    /// A slot was given back; who has it now, if the instance may use it.
    #[inline]
    pub fn next(
        &mut self,
        slots: u32,
        discipline: Discipline,
        attempts: &Slab<Attempt>,
    ) -> Option<AttemptId> {
        assert!(self.busy > 0, "a slot is given back once");
        self.busy -= 1;
        self.admit_waiting(slots, discipline, attempts)
    }

    /// Who waits and can have a slot now.
    #[inline]
    pub fn admit_waiting(
        &mut self,
        slots: u32,
        discipline: Discipline,
        attempts: &Slab<Attempt>,
    ) -> Option<AttemptId> {
        if self.busy >= slots {
            return None;
        }
        loop {
            let next = match discipline {
                Discipline::Fifo => self.queue.pop_front(),
                Discipline::Lifo => self.queue.pop_back(),
            }?;
            if is_queued(attempts, next) {
                self.busy += 1;
                return Some(next);
            }
            self.tombstones -= 1;
        }
    }

    /// A waiting request left the line. Its record must not say `Queued` any more.
    pub fn forget(&mut self, attempts: &Slab<Attempt>) {
        self.tombstones += 1;
        if self.tombstones > 64 && self.tombstones as usize > self.queue.len() / 2 {
            self.queue.retain(|&a| is_queued(attempts, a));
            self.tombstones = 0;
        }
    }

    /// Empties the instance: everybody in it, slots first, then the line in order.
    pub fn clear(&mut self) {
        *self = Instance::default();
    }
}

fn is_queued(attempts: &Slab<Attempt>, id: AttemptId) -> bool {
    attempts
        .get(id)
        .is_some_and(|a| a.callee == CalleeSide::Queued)
}
