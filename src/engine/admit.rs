//! What a try has to pass at its caller before it is sent: the deadline of its call, the breaker, the
//! bulkhead, the pool. The order is that of resilience4j: what the bulkhead sheds, the breaker counts.
//!
//! What is rejected fails at once, but through the calendar: no node is entered while at work.

use super::attempt::{AttemptId, CallId, CalleeSide, CallerSide};
use super::core::{Core, Cx};
use super::event::Event;
use super::policy::breaker::{Breaker, Ending};
use super::policy::budget::BudgetPolicy;
use super::policy::fallback::{Fallback, Seen};
use super::policy::hedge::Latencies;
use super::program::{LinkProgram, Program};
use super::reason::Reason;
use super::record::Record;
use crate::design::CallMode;
use crate::time::{Duration, Time};

impl Core {
    /// A call begins over its link.
    #[inline(always)]
    pub(super) fn begin_call(&mut self, program: &Program, id: CallId) {
        let now = self.now();
        let call = &mut self.calls[id];
        let link = call.link as usize;
        let spec = &program.links[link];
        if call.is_check() {
            self.link_counters[link].calls += 1;
            return;
        }
        if let Some(deadline) = spec.deadline {
            call.deadline = call.deadline.min(now + deadline);
        }
        let (caller, deadline) = (call.caller as usize, call.deadline);
        self.link_counters[link].calls += 1;
        // Nobody looks for the caller's budget where there is none.
        if spec.budget != BudgetPolicy::Unlimited {
            let caller = &mut self.links[link].callers[caller];
            caller.budget.first_try(spec.budget, now);
        }
        if deadline != Time::NEVER && deadline > now {
            self.calendar.at(deadline, Event::Deadline(id));
        }
    }

    /// Lets a try out, or keeps it waiting, or rejects it; `is_late` if the call's deadline has passed.
    #[inline(always)]
    pub(super) fn admit<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
        is_late: bool,
    ) {
        let attempt = &self.attempts[id];
        let spec = &program.links[attempt.link as usize];
        // A check has a connection of its own, and nothing that callers have learned stops it.
        if !attempt.is_check {
            if is_late {
                self.reject(id, Reason::DeadlinePassed);
                return;
            }
            if spec.is_guarded && !self.passes_guards(spec, id) {
                return;
            }
            if !self.connects(spec, id) {
                return;
            }
        }
        self.send(program, record, id);
    }

    fn reject(&mut self, attempt: AttemptId, reason: Reason) {
        let now = self.now();
        self.calendar.at(now, Event::Reject { attempt, reason });
    }

    /// Breaker and bulkhead. Whether the try may go on now.
    #[inline(never)]
    fn passes_guards(&mut self, spec: &LinkProgram, id: AttemptId) -> bool {
        let now = self.now();
        let attempt = &mut self.attempts[id];
        let link = attempt.link as usize;
        let caller = &mut self.links[link].callers[attempt.from as usize];
        if let Some(policy) = &spec.breaker {
            if !caller.breaker.permits(policy, now) {
                self.link_counters[link].breaker_rejected += 1;
                self.reject(id, Reason::BreakerOpen);
                return false;
            }
            attempt.is_watched = true;
        }
        let Some(size) = spec.max_in_flight else {
            return true;
        };
        if caller.bulkhead.acquire(size) {
            attempt.holds_permit = true;
            return true;
        }
        if spec.permit_wait == Duration(0) {
            self.reject(id, Reason::Shed);
        } else {
            caller.bulkhead.wait(id);
            let at = now + spec.permit_wait;
            self.calendar.at(at, Event::PermitTimeout(id));
        }
        false
    }

    /// A try ended for its caller: the breaker learns how, the next one gets the permit.
    #[inline(never)]
    pub(super) fn leave_guards<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
        outcome: Result<(), Reason>,
    ) {
        let now = self.now();
        let attempt = &mut self.attempts[id];
        let link = attempt.link as usize;
        let spec = &program.links[link];
        let caller = &mut self.links[link].callers[attempt.from as usize];
        if let Some(policy) = spec.breaker.as_ref().filter(|_| attempt.is_watched) {
            if outcome == Err(Reason::Cancelled) {
                caller.breaker.cancelled(policy);
            } else {
                let ending = Ending {
                    failed: outcome.is_err_and(|reason| policy.counts.has(reason)),
                    slow: now.since(attempt.born) > policy.slow_after,
                };
                let opened = caller.breaker.ended(policy, now, ending);
                self.link_counters[link].breaker_opened += u64::from(opened);
            }
        }
        if !attempt.holds_permit {
            return;
        }
        attempt.holds_permit = false;
        let size = spec.max_in_flight.unwrap_or(u32::MAX);
        let attempts = &self.attempts;
        let still_waits = |a: AttemptId| {
            attempts
                .get(a)
                .is_some_and(|a| a.caller == CallerSide::Acquiring)
        };
        if let Some(next) = caller.bulkhead.release(size, still_waits) {
            self.attempts[next].holds_permit = true;
            if self.connects(spec, next) {
                self.send_later(program, record, next);
            }
        }
    }

    /// Gets a connection for a try, where it needs one, or lets it wait for one. Whether it may go on now.
    #[inline]
    fn connects(&mut self, spec: &LinkProgram, id: AttemptId) -> bool {
        spec.pool
            .is_none_or(|size| self.gets_connection(spec, size, id))
    }

    #[inline(never)]
    fn gets_connection(&mut self, spec: &LinkProgram, size: u32, id: AttemptId) -> bool {
        let attempt = &mut self.attempts[id];
        if attempt.transaction != 0 {
            // Its transaction has one.
            return true;
        }
        let link = attempt.link as usize;
        let pool = &mut self.links[link].callers[attempt.from as usize].pool;
        if pool.acquire(size) {
            attempt.holds_connection = true;
            return true;
        }
        pool.wait(id);
        if let Some(wait) = spec.acquire_timeout {
            let at = self.calendar.now() + wait;
            self.calendar.at(at, Event::AcquireTimeout(id));
        }
        false
    }

    /// Until when the reply to a try that is sent now is of use, if its request says so.
    #[inline(never)]
    pub(super) fn deadline_to_tell(&self, spec: &LinkProgram, id: AttemptId) -> Time {
        let call = &self.calls[self.attempts[id].call];
        if spec.passes_deadline {
            let timeout = spec.timeout.map_or(Time::NEVER, |t| self.now() + t);
            return call.deadline.min(timeout);
        }
        match call.parent {
            super::attempt::Parent::Attempt(parent) => self.attempts[parent].deadline,
            _ => Time::NEVER,
        }
    }

    // ---- after the last try -----------------------------------------------------------------

    /// Keeps a good answer, if the link may fall back on it.
    #[inline]
    pub(super) fn remember(&mut self, fallback: Fallback, id: CallId) {
        let Fallback::Stale { kept } = fallback else {
            return;
        };
        let call = &self.calls[id];
        if call.mode == CallMode::Read && !call.answer.missing && !call.answer.degraded {
            let (item, answer) = (self.intents[call.intent].item, call.answer);
            let caller = &mut self.links[call.link as usize].callers[call.caller as usize];
            caller.seen.note(kept, item, answer);
        }
    }

    /// A call failed for good: whether its caller makes do with something else. If so, that is the
    /// call's answer.
    pub(super) fn makes_do(&mut self, fallback: Fallback, id: CallId) -> bool {
        let call = &mut self.calls[id];
        let link = call.link as usize;
        match fallback {
            Fallback::None | Fallback::Link(_) => return false,
            Fallback::Skip => {}
            Fallback::Default => call.answer.degraded = true,
            Fallback::Stale { .. } => {
                let item = self.intents[call.intent].item;
                let seen = &self.links[link].callers[call.caller as usize].seen;
                let last = seen.last(item).filter(|_| call.mode == CallMode::Read);
                let Some(last) = last else { return false };
                call.answer = last;
                call.answer.degraded = true;
            }
        }
        self.link_counters[link].fallbacks += 1;
        true
    }

    /// Tells who watches of an old answer that is served.
    #[cold]
    pub(super) fn note_kept<R: Record>(&self, program: &Program, record: &mut R, id: CallId) {
        let call = &self.calls[id];
        let intent = &self.intents[call.intent];
        if call.answer.version > 0 && !intent.is_internal {
            let kept = (program.links[call.link as usize].to, call.answer.version);
            record.fell_back(program, self.now(), call.intent, intent, kept);
        }
    }

    /// Turns a failed call into one over another link of the node, with the policies of that.
    pub(super) fn redirect(&mut self, program: &Program, id: CallId, link: u16) {
        let call = &mut self.calls[id];
        self.link_counters[call.link as usize].fallbacks += 1;
        let deadline = match call.parent {
            super::attempt::Parent::Attempt(parent) => self.attempts[parent].deadline,
            _ => Time::NEVER,
        };
        call.address = call.address.call(program.links[link as usize].place, 0);
        call.link = link;
        (call.tries, call.hedges, call.hedged) = (0, 0, 0);
        call.last_pause = 0;
        call.deadline = deadline;
        call.is_fallback = true;
        // What goes elsewhere belongs to no transaction here.
        call.transaction = 0;
        self.begin_call(program, id);
    }
}

impl<R: Record> Cx<'_, R> {
    /// What the node, or one instance of it, had learned about those it calls is gone with its memory.
    pub(super) fn forget_callees(&mut self, instance: Option<u16>) {
        let links = self.core.links.iter_mut().zip(&self.program.links);
        for (state, _) in links.filter(|(_, link)| link.from == self.node) {
            let callers = state.callers.iter_mut().enumerate();
            let mine = |i: usize| instance.is_none_or(|instance| i == instance as usize);
            for (_, caller) in callers.filter(|(i, _)| mine(*i)) {
                caller.breaker = Breaker::default();
                caller.latencies = Latencies::default();
                caller.seen = Seen::default();
            }
        }
    }

    /// Drops a request whose deadline has passed from the line, instead of beginning it. Returns whether
    /// it did.
    pub fn drops_late(&mut self, id: AttemptId) -> bool {
        let is_late = self.core.attempts[id].is_late(self.now());
        if is_late {
            let reason = Reason::DeadlinePassed;
            self.leave_line(id, CalleeSide::Refused(reason));
            self.reply(id, Err(reason));
        }
        is_late
    }
}
