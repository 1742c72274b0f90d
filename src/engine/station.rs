//! A station: slots and a waiting room, first come, first served, for databases and caches. Services,
//! whose lines have other disciplines too, use [`super::line`] themselves.

use super::attempt::{Attempt, AttemptId};
use super::line::{Discipline, Line, Row};
use super::slab::Slab;

/// Whether a request may begin, must wait, or finds no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Begin,
    Wait,
    Full,
}

#[derive(Clone, Debug)]
pub struct Instance {
    pub busy: u32,
    line: Line,
}

impl Default for Instance {
    fn default() -> Instance {
        Instance {
            busy: 0,
            line: Line::new(1),
        }
    }
}

impl Instance {
    /// A request stands at the door. `limit` is the number that may wait.
    #[inline]
    pub fn admit(&mut self, attempt: AttemptId, slots: u32, limit: Option<u32>) -> Admission {
        if self.busy < slots {
            self.busy += 1;
            return Admission::Begin;
        }
        if limit.is_some_and(|limit| self.line.waiting() >= limit) {
            return Admission::Full;
        }
        self.line.push(Row::default(), attempt, false);
        Admission::Wait
    }

    /// A slot was given back; who has it now, if the instance may use it.
    #[inline]
    pub fn next(&mut self, slots: u32, attempts: &Slab<Attempt>) -> Option<AttemptId> {
        assert!(self.busy > 0, "a slot is given back once");
        self.busy -= 1;
        self.admit_waiting(slots, attempts)
    }

    /// Who waits and can have a slot now.
    #[inline]
    pub fn admit_waiting(&mut self, slots: u32, attempts: &Slab<Attempt>) -> Option<AttemptId> {
        if self.busy >= slots {
            return None;
        }
        let next = self.line.pop_only(Discipline::Fifo, attempts)?;
        self.busy += 1;
        Some(next)
    }

    /// A waiting request left the line. Its record must not say `Queued` any more.
    pub fn forget(&mut self, attempts: &Slab<Attempt>) {
        self.line.forget(attempts);
    }

    /// Nobody is in it any more.
    pub fn clear(&mut self) {
        *self = Instance::default();
    }
}
