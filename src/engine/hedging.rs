//! Several tries of one call under way at the same time: sending a copy, and what becomes of the others
//! when one has won or the call is over.

use super::attempt::{Attempt, AttemptId, Call, CallId, CallerSide};
use super::core::{Core, Cx};
use super::draw::{Address, Purpose};
use super::event::Event;
use super::node::NodeConfig;
use super::policy::hedge::{After, HedgePolicy};
use super::program::Program;
use super::reason::Reason;
use super::record::Record;
use crate::time::{Duration, Time};

impl Core {
    /// A try was sent: after a while a copy follows, if the policy has one more.
    pub(super) fn time_hedge(&mut self, program: &Program, hedge: &HedgePolicy, id: AttemptId) {
        let attempt = &self.attempts[id];
        if self.calls[attempt.call].hedged >= hedge.most {
            return;
        }
        let (link, now) = (attempt.link as usize, self.now());
        match hedge.after {
            After::Constant(after) => {
                let lane = program.links.len() + link;
                if self.calendar.is_last_in_lane(lane, now + after) {
                    self.calendar.timer(lane, now + after, id);
                } else {
                    // The knob was turned to a shorter time: it overtakes those that were set before.
                    self.calendar.at(now + after, Event::Hedge(id));
                }
            }
            After::Percentile { share, .. } => {
                let caller = &self.links[link].callers[attempt.from as usize];
                if let Some(ns) = caller.latencies.percentile(share) {
                    self.calendar.at(now + Duration(ns), Event::Hedge(id));
                }
            }
        }
    }

    /// The call of a try that has not been answered, if a copy may be sent: copies are paid for like
    /// retries.
    pub(super) fn hedges(&mut self, program: &Program, id: AttemptId) -> Option<CallId> {
        let attempt = self.attempts.get(id);
        let attempt = attempt.filter(|a| a.caller == CallerSide::Waiting)?;
        let (call, link, from) = (attempt.call, attempt.link as usize, attempt.from as usize);
        let (policy, now) = (program.links[link].budget, self.now());
        let budget = &mut self.links[link].callers[from].budget;
        if !budget.retry(policy, now) {
            self.link_counters[link].retries_denied += 1;
            return None;
        }
        Some(call)
    }

    /// How long the first of a try and its copies took, for the percentile. One that its copy beat took
    /// longer than this.
    pub(super) fn note_latency(
        &mut self,
        hedge: &HedgePolicy,
        id: AttemptId,
        outcome: Result<(), Reason>,
    ) {
        let After::Percentile { window, .. } = hedge.after else {
            return;
        };
        let attempt = &self.attempts[id];
        let says_something = match outcome {
            Ok(()) => true,
            Err(Reason::Cancelled) => {
                let call = self.calls.get(attempt.call);
                call.is_some_and(|call| call.hedged > 0)
            }
            Err(reason) => reason.is_patience(),
        };
        if attempt.is_hedge || attempt.sent == Time::NEVER || !says_something {
            return;
        }
        let ns = self.now().since(attempt.sent).0;
        let (link, from) = (attempt.link as usize, attempt.from as usize);
        let latencies = &mut self.links[link].callers[from].latencies;
        latencies.push(window, ns);
    }

    /// Takes a try that is over out of the list of those under way.
    #[inline]
    pub(super) fn unlink_try(&mut self, id: AttemptId) {
        let Attempt { call, next_try, .. } = self.attempts[id];
        let head = &mut self.calls[call].attempt;
        if *head == id {
            *head = next_try;
        } else {
            let head = *head;
            self.unlink_later_try(head, id, next_try);
        }
    }

    #[cold]
    fn unlink_later_try(&mut self, head: AttemptId, id: AttemptId, next_try: AttemptId) {
        let mut at = head;
        while self.attempts[at].next_try != id {
            at = self.attempts[at].next_try;
        }
        self.attempts[at].next_try = next_try;
    }

    /// Ends a try that is still under way although its call needs it no more; says to which instance it
    /// went. `None` if there is none.
    #[inline]
    pub(super) fn end_other_try<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        call: CallId,
        reason: Reason,
    ) -> Option<u16> {
        let id = self.calls[call].attempt;
        let attempt = self.attempts.get(id)?;
        let (instance, link) = (attempt.instance, attempt.link as usize);
        let hedge = program.links[link].hedge.as_ref();
        let lets_run = reason == Reason::Cancelled && hedge.is_some_and(|h| h.lets_run);
        self.unlink_try(id);
        self.note_outcome(program, record, id, Err(reason), !lets_run);
        self.maybe_over(program, record, id);
        Some(instance)
    }
}

impl<R: Record> Cx<'_, R> {
    /// A random instance of the callee that no try of the call under way went to; any if there is none.
    pub fn another_instance(&self, call: &Call, address: Address) -> u16 {
        let callee = self.program.links[call.link as usize].to;
        let has_one_only = match &self.program.nodes[callee as usize].config {
            // Only one node of a cache has the item, only one copy takes writes.
            NodeConfig::Cache(_) => true,
            NodeConfig::Database(config) => {
                config.replicas > 0 || self.core.shards[callee as usize].is_some()
            }
            _ => false,
        };
        if has_one_only {
            return self.instance_for(call.link, address, call.intent, call.mode);
        }
        let all = self.core.fleets[callee as usize].registered();
        let others = || all.iter().filter(|&&i| !self.is_trying(call, i));
        let n = others().count() as u64;
        if n == 0 {
            return self.random_instance(call.link, address);
        }
        let keys = &self.core.links[call.link as usize].keys;
        let mut draws = keys.draws(Purpose::Instance, address);
        let nth = draws.below(n) as usize;
        *others().nth(nth).expect("n is below their number")
    }

    /// Whether a try of the call is under way to this instance.
    pub fn is_trying(&self, call: &Call, instance: u16) -> bool {
        let mut next = call.attempt;
        while let Some(attempt) = self.core.attempts.get(next) {
            if attempt.instance == instance {
                return true;
            }
            next = attempt.next_try;
        }
        false
    }
}
