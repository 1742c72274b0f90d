//! A request in a slot has to wait again, and goes on later: the part that counters must get right.

use super::attempt::{AttemptId, CalleeSide};
use super::core::Cx;
use super::record::Record;
use crate::time::{Duration, Time};

impl<R: Record> Cx<'_, R> {
    /// A request in a slot has to wait again; the kind keeps what is left of its work.
    pub fn interrupt(&mut self, id: AttemptId) {
        let now = self.now();
        let counters = self.counters();
        counters.busy.sub(now, 1);
        counters.left += 1;
        counters.waiting.add(now, 1);
        self.core.attempts[id].callee = CalleeSide::Queued;
    }

    /// An interrupted request has a slot again; `held` is how long it had one before.
    pub fn resume(&mut self, id: AttemptId, held: Duration) {
        let now = self.now();
        let waited = now.since(self.core.attempts[id].began).0 - held.0;
        self.count_as_held(id, held);
        self.core.attempts[id].callee = CalleeSide::Working;
        let counters = self.counters();
        counters.waiting.sub(now, 1);
        counters.busy.add(now, 1);
        counters.began += 1;
        counters.waited += u128::from(waited);
    }

    /// Moves the beginning of an interrupted request, so that what lies between it and now is its time
    /// in slots: what it waited in between counts as waiting before.
    pub fn count_as_held(&mut self, id: AttemptId, held: Duration) {
        let now = self.now();
        self.core.attempts[id].began = Time(now.0 - held.0);
    }
}
