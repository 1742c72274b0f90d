//! A pool of connections of one caller instance: a call needs one to be sent, and waits for it in
//! order of arrival.

use std::collections::VecDeque;

use crate::engine::AttemptId;

#[derive(Clone, Debug, Default)]
pub struct Pool {
    pub busy: u32,
    /// Attempts that wait for a connection; those that gave up are skipped when their turn comes.
    waiting: VecDeque<AttemptId>,
}

impl Pool {
    /// Takes a connection if one of `size` is free.
    #[inline]
    pub fn acquire(&mut self, size: u32) -> bool {
        let free = self.busy < size;
        if free {
            self.busy += 1;
        }
        free
    }

    pub fn wait(&mut self, attempt: AttemptId) {
        self.waiting.push_back(attempt);
    }

    /// Gives a connection back; if somebody still waits for one (and the pool was not shrunk below
    /// its use), that attempt has it now and is to be sent.
    pub fn release(
        &mut self,
        size: u32,
        still_waits: impl Fn(AttemptId) -> bool,
    ) -> Option<AttemptId> {
        assert!(self.busy > 0, "a connection is given back once");
        self.busy -= 1;
        self.next_in_line(size, still_waits)
    }

    /// Who may be sent now, because a connection of `size` is free.
    pub fn next_in_line(
        &mut self,
        size: u32,
        still_waits: impl Fn(AttemptId) -> bool,
    ) -> Option<AttemptId> {
        if self.busy >= size {
            return None;
        }
        while let Some(next) = self.waiting.pop_front() {
            if still_waits(next) {
                self.busy += 1;
                return Some(next);
            }
        }
        None
    }

    /// Attempts in the line, those that gave up included.
    pub fn line(&self) -> &VecDeque<AttemptId> {
        &self.waiting
    }
}
