//! The life of a call: tries, connections, the network, timeouts, and the end of each try.

use super::IntentId;
use super::attempt::{Attempt, AttemptId, CallId, CalleeSide, CallerSide};
use super::core::Core;
use super::digest::Fact;
use super::draw::Purpose;
use super::event::Event;
use super::policy::budget::BudgetPolicy;
use super::program::Program;
use super::reason::Reason;
use super::record::Record;
use crate::design::CallMode;
use crate::time::Duration;

/// What follows from the end of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The call is over with this result.
    Over(Result<(), Reason>),
    /// Another try after this pause, in nanoseconds.
    Retry { pause: u64 },
    /// Other tries of the call are under way.
    Waits,
}

impl Core {
    /// Begins the next try of a call, or a copy of the one under way.
    ///
    /// On the way of every request, and called for first tries and for others: inlined for both, with all
    /// that it does at once.
    #[inline(always)]
    pub(super) fn try_call<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: CallId,
        is_hedge: bool,
    ) {
        let now = self.now();
        let call = &mut self.calls[id];
        call.tries += 1;
        if is_hedge {
            call.hedges += 1;
            call.hedged += 1;
        } else {
            call.hedged = 0;
        }
        let link = call.link as usize;
        let spec = &program.links[link];
        let is_late = call.deadline <= now;
        let mut new = Attempt::next_of(id, call, spec.to, now);
        new.is_hedge = is_hedge;
        let attempt = self.attempts.insert(new);
        call.attempt = attempt;
        let (intent, is_retry) = (call.intent, !is_hedge && call.tries - call.hedges > 1);
        self.intents[intent].open += 1;
        let counters = &mut self.link_counters[link];
        counters.attempts += 1;
        counters.retries += u64::from(is_retry);
        counters.hedges += u64::from(is_hedge);
        counters.in_flight += 1;
        self.admit(program, record, attempt, is_late);
    }

    /// The same as [`Core::send`], for those who had to wait.
    #[inline(never)]
    pub(super) fn send_later<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
    ) {
        self.send(program, record, id);
    }

    /// Puts a try on the wire.
    #[inline(always)]
    pub(super) fn send<R: Record>(&mut self, program: &Program, record: &mut R, id: AttemptId) {
        let now = self.now();
        let spec = &program.links[self.attempts[id].link as usize];
        if spec.passes_deadline || spec.hands_on_deadline {
            self.attempts[id].deadline = self.deadline_to_tell(spec, id);
        }
        if let Some(hedge) = &spec.hedge {
            self.time_hedge(program, hedge, id);
        }
        let attempt = &mut self.attempts[id];
        attempt.caller = CallerSide::Waiting;
        attempt.sent = now;
        let (link, mut address) = (attempt.link as usize, attempt.address);
        let instance = attempt.instance;
        self.link_counters[link].sent += 1;
        if let Some(timeout) = spec.timeout.filter(|_| !attempt.is_check) {
            self.calendar.timer(link, now + timeout, id);
        }
        let state = &mut self.links[link];
        if state.holds > 0 {
            state.held.push_back(id);
            return;
        }
        if spec.sends_together {
            match state.together {
                Some((sent, to, first)) if (sent, to) == (now, instance) => address = first,
                _ => state.together = Some((now, instance, address)),
            }
        }
        let mut ready = now;
        if let Some(bandwidth) = spec.bandwidth {
            let bytes = program.request_size(&self.intents[attempt.intent]);
            ready = state.requests.put(now, bytes, bandwidth);
        }
        let lost = state.requests_cut > 0
            || (!spec.request_loss.is_never()
                && state
                    .keys
                    .draws(Purpose::RequestLoss, address)
                    .chance(spec.request_loss))
            || state.loses(program, Purpose::RequestLoss, address);
        if lost {
            attempt.callee = CalleeSide::Lost;
            self.maybe_over(program, record, id);
            return;
        }
        let delay = state.delay(program, link, Purpose::RequestDelay, address);
        self.calendar
            .at(ready + Duration(delay), Event::Deliver(id));
    }

    /// What a link held back arrives now, in the order in which it was sent. What its callers have
    /// given up on arrives too: the network knows nothing of them.
    pub(super) fn release_held(&mut self, program: &Program, link: u16) {
        let now = self.now();
        while let Some(id) = self.links[link as usize].held.pop_front() {
            let attempt = self.attempts.get(id);
            let Some(attempt) = attempt.filter(|a| a.callee == CalleeSide::Travelling) else {
                continue;
            };
            let mut at = now;
            if let Some(bandwidth) = program.links[link as usize].bandwidth {
                let bytes = program.request_size(&self.intents[attempt.intent]);
                at = self.links[link as usize]
                    .requests
                    .put(now, bytes, bandwidth);
            }
            self.calendar.at(at, Event::Deliver(id));
        }
    }

    /// A try is over for its caller. Says what the policy makes of it.
    ///
    /// Inlined for good replies and for failures: what the one has to do is not asked of the other.
    #[inline(always)]
    pub(super) fn end_try<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
        outcome: Result<(), Reason>,
    ) -> Next {
        let call_id = self.attempts[id].call;
        self.unlink_try(id);
        self.note_outcome(program, record, id, outcome, true);
        let now = self.now();
        let call = &mut self.calls[call_id];
        let link = call.link as usize;
        let spec = &program.links[link];
        let caller = call.caller as usize;
        let next = match outcome {
            _ if call.is_check() => Next::Over(outcome),
            Ok(()) => {
                call.answer = self.attempts[id].answer;
                call.answer.degraded |= call.is_fallback;
                if spec.budget != BudgetPolicy::Unlimited {
                    let caller = &mut self.links[link].callers[caller];
                    caller.budget.success(spec.budget, call.tries);
                }
                if self.attempts[id].is_hedge {
                    self.link_counters[link].hedges_won += 1;
                }
                self.remember(spec.fallback, call_id);
                Next::Over(Ok(()))
            }
            Err(_) if !call.attempt.is_none() => Next::Waits,
            Err(reason) if call.tries - call.hedges >= spec.attempts => Next::Over(Err(reason)),
            // A failed statement has ended its transaction: saying it again is of no use.
            Err(reason) if call.transaction != 0 => Next::Over(Err(reason)),
            Err(reason) if !spec.retry_on.has(reason) => Next::Over(Err(reason)),
            Err(_) if call.deadline <= now => Next::Over(Err(Reason::DeadlinePassed)),
            Err(reason)
                if !self.links[link].callers[caller]
                    .budget
                    .retry(spec.budget, now) =>
            {
                self.link_counters[link].retries_denied += 1;
                Next::Over(Err(reason))
            }
            Err(_) => {
                let address = call.address.attempt(u32::from(call.tries));
                let mut draws = self.links[link].keys.draws(Purpose::Backoff, address);
                let pause = spec.backoff.pause(call.tries, call.last_pause, &mut draws);
                call.last_pause = pause;
                Next::Retry { pause }
            }
        };
        self.maybe_over(program, record, id);
        next
    }

    /// Ends a call whose maker is gone: its try is cancelled, no more follow.
    pub(super) fn abandon<R: Record>(&mut self, program: &Program, record: &mut R, id: CallId) {
        self.abandon_as(program, record, id, |_| Reason::Cancelled);
    }

    /// Ends a call whose maker has waited long enough.
    pub(super) fn give_up<R: Record>(&mut self, program: &Program, record: &mut R, id: CallId) {
        self.abandon_as(program, record, id, Attempt::timeout_reason);
    }

    fn abandon_as<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: CallId,
        reason: fn(&Attempt) -> Reason,
    ) {
        let call = self.calls.remove(id);
        let mut next = call.attempt;
        while let Some(attempt) = self.attempts.get(next) {
            let (id, after, reason) = (next, attempt.next_try, reason(attempt));
            self.note_outcome(program, record, id, Err(reason), true);
            self.maybe_over(program, record, id);
            next = after;
        }
        self.release_intent(program, record, call.intent);
    }

    /// Books the end of a try for its caller: counters, fingerprint, guards, connection, and, if
    /// `tells`, the word to the callee that nobody waits any more.
    #[inline(always)]
    pub(super) fn note_outcome<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
        outcome: Result<(), Reason>,
        tells: bool,
    ) {
        let now = self.now();
        let attempt = &mut self.attempts[id];
        debug_assert!(attempt.caller.is_open(), "a try ends once");
        let was_sent = attempt.caller == CallerSide::Waiting;
        attempt.caller = match outcome {
            Ok(()) => CallerSide::Succeeded,
            Err(reason) => CallerSide::Failed(reason),
        };
        attempt.ended = now;
        if !was_sent {
            attempt.callee = CalleeSide::Lost;
        }
        let (link, node) = (attempt.link as usize, attempt.node as usize);
        let attempt = &self.attempts[id];
        let spec = &program.links[link];
        self.link_counters[link].end(outcome);
        if let Err(reason) = outcome {
            self.node_counters[node].failed.add(reason);
        }
        let intent = &self.intents[attempt.intent];
        let (intent_address, number) = (intent.address.0, attempt.number);
        let code = outcome.map_or_else(|r| r as u8 + 1, |()| 0);
        let place = program.nodes.len() + link;
        self.facts.note(
            now,
            place,
            spec.place,
            Fact::Outcome,
            intent_address,
            number,
            code,
        );
        if !intent.is_internal {
            record.outcome(program, now, attempt.intent, intent, attempt);
        }
        let callee_is_done = !attempt.callee.is_open();
        let (address, holds_connection) = (attempt.address, attempt.holds_connection);
        let mode = attempt.mode;
        if let Some(hedge) = &spec.hedge {
            self.note_latency(hedge, id, outcome);
        }
        if spec.is_guarded {
            self.leave_guards(program, record, id, outcome);
        }
        if matches!(mode, CallMode::Begin | CallMode::Commit) {
            self.transaction_answered(program, record, id, outcome);
        }
        let holds_connection = holds_connection && self.attempts[id].holds_connection;
        // A good reply frees the connection. One that timed out is busy until the other side is done.
        if holds_connection && (outcome.is_ok() || callee_is_done || spec.discards_on_timeout) {
            self.release_connection(program, record, id);
        }
        let stops = tells && program.nodes[node].stops_abandoned;
        if outcome.is_err() && !callee_is_done && stops {
            let state = &self.links[link];
            let delay = state.delay(program, link, Purpose::CancelDelay, address);
            // The word travels like a request: a cut link swallows it, a held one keeps it back
            // until it no longer matters.
            if state.requests_cut == 0 && state.holds == 0 {
                self.calendar.at(now + Duration(delay), Event::Cancel(id));
            }
        }
    }

    /// A transaction is open, or committed, or neither, for its caller.
    #[cold]
    fn transaction_answered<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
        outcome: Result<(), Reason>,
    ) {
        match (self.attempts[id].mode, outcome) {
            (CallMode::Begin, Ok(())) => self.transaction_opened(id),
            (CallMode::Begin, Err(_)) => self.beginning_given_up(program, id),
            (_, Ok(())) => self.transaction_committed(program, record, id),
            // Whoever asked for it rolls back what there is to roll back.
            _ => {}
        }
    }

    /// Gives the try's connection back; the next in line is sent with it.
    #[inline(never)]
    fn release_connection<R: Record>(&mut self, program: &Program, record: &mut R, id: AttemptId) {
        let attempt = &mut self.attempts[id];
        attempt.holds_connection = false;
        let (link, caller) = (attempt.link as usize, attempt.from);
        self.connection_free(program, record, link, caller);
    }

    /// A connection of an instance's pool is free: the next in line is sent with it.
    pub(super) fn connection_free<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        link: usize,
        caller: u16,
    ) {
        let size = program.links[link].pool.unwrap_or(u32::MAX);
        let attempts = &self.attempts;
        let still_waits = |a: AttemptId| {
            attempts
                .get(a)
                .is_some_and(|a| a.caller == CallerSide::Acquiring)
        };
        let next = self.links[link].callers[caller as usize]
            .pool
            .release(size, still_waits);
        if let Some(next) = next {
            self.attempts[next].holds_connection = true;
            self.send_later(program, record, next);
        }
    }

    /// A pool may have become larger: who waits for a connection is sent with the new ones.
    pub(super) fn connections_changed<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        link: usize,
    ) {
        let size = program.links[link].pool.unwrap_or(u32::MAX);
        for caller in 0..self.links[link].callers.len() {
            loop {
                let attempts = &self.attempts;
                let still_waits = |a: AttemptId| {
                    let attempt = attempts.get(a);
                    attempt.is_some_and(|a| a.caller == CallerSide::Acquiring)
                };
                let pool = &mut self.links[link].callers[caller].pool;
                let Some(next) = pool.next_in_line(size, still_waits) else {
                    break;
                };
                self.attempts[next].holds_connection = true;
                self.send_later(program, record, next);
            }
        }
    }

    /// If both sides are done with a try, books its disposition and forgets it.
    #[inline(always)]
    pub(super) fn maybe_over<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
    ) {
        let attempt = &self.attempts[id];
        if !attempt.caller.is_open() && !attempt.callee.is_open() {
            self.over_unless_reply_travels(program, record, id);
        }
    }

    #[inline(never)]
    fn over_unless_reply_travels<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
    ) {
        if self.attempts[id].holds_connection {
            self.release_connection(program, record, id);
        }
        let attempt = &self.attempts[id];
        if attempt.reply_under_way {
            return;
        }
        debug_assert!(attempt.is_over());
        let now = self.calendar.now();
        let (node, intent_id) = (attempt.node as usize, attempt.intent);
        let intent = &self.intents[intent_id];
        if attempt.has_arrived() {
            let counters = &mut self.node_counters[node];
            let is_useful = attempt.caller == CallerSide::Succeeded;
            let (counter, code) = match attempt.callee {
                CalleeSide::Replied if is_useful => (&mut counters.useful, 1),
                CalleeSide::Replied => (&mut counters.wasted, 2),
                CalleeSide::Refused(_) => (&mut counters.refused, 3),
                CalleeSide::Error => (&mut counters.errors, 4),
                CalleeSide::Crashed => (&mut counters.lost_in_crash, 5),
                _ => (&mut counters.cancelled, 6),
            };
            *counter += 1;
            let (place, number) = (program.nodes[node].place, attempt.number);
            self.facts.note(
                now,
                node,
                place,
                Fact::Disposition,
                intent.address.0,
                number,
                code,
            );
        }
        if !intent.is_internal {
            record.attempt_over(program, now, intent_id, intent, attempt);
        }
        self.attempts.remove(id);
        self.release_intent(program, record, intent_id);
    }

    /// One record less refers to the intent; when none does and the user was told, it is history.
    #[inline]
    pub(super) fn release_intent<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: IntentId,
    ) {
        let intent = &self.intents[id];
        if intent.open == 1 {
            self.release_last(program, record, id);
        } else {
            self.intents[id].open -= 1;
        }
    }

    #[inline(never)]
    fn release_last<R: Record>(&mut self, program: &Program, record: &mut R, id: IntentId) {
        self.release_at_once(program, record, id);
    }

    /// [`Core::release_intent`] for the end of a call, which is where most intents end.
    #[inline(always)]
    pub(super) fn release_at_once<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: IntentId,
    ) {
        let intent = &mut self.intents[id];
        intent.open -= 1;
        if intent.open > 0 || (intent.told.is_none() && !intent.is_internal) {
            return;
        }
        match intent.is_internal {
            false => record.retired(program, self.calendar.now(), id, intent),
            true => record.internal_over(program, id),
        }
        self.intents.remove(id);
    }

    /// Whether a reply that arrives now is in time: one at exactly the deadline is late.
    pub(super) fn is_in_time(&self, program: &Program, attempt: &Attempt) -> bool {
        match program.links[attempt.link as usize].timeout {
            Some(timeout) if !attempt.is_check => self.now() < attempt.sent + timeout,
            _ => true,
        }
    }
}
