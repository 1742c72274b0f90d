//! What a node does on its own behalf: calls that no request waits for, intents that no user has, and
//! holding on to an intent that nothing else refers to.

use super::attempt::{Attempt, AttemptId, Call, CallId, CalleeSide, Intent, IntentId, Parent};
use super::begin::NewCall;
use super::core::Cx;
use super::draw::{Address, mix64};
use super::event::Event;
use super::record::Record;
use super::slab::Id;
use crate::design::CallMode;
use crate::design::value::{Factor, MICRO};
use crate::time::Time;

impl<R: Record> Cx<'_, R> {
    /// Something the node does without a user behind it: a probe, a refresh, a flush. `address` makes
    /// its random numbers its own.
    pub fn internal_intent(&mut self, address: Address, operation: u16, item: u64) -> IntentId {
        let born = self.now();
        self.core.intents.insert(Intent {
            address,
            number: 0,
            clients: self.node,
            operation,
            user: 0,
            item,
            identity: 0,
            priority: 0,
            is_internal: true,
            is_malformed: false,
            is_oversized: false,
            lacks_right: false,
            work: Factor(MICRO),
            submissions: 0,
            calls: Id::NONE,
            born,
            told: None,
            open: 0,
            parked: 0,
            completes: 0,
        })
    }

    /// Starts a call of the node's own on behalf of an intent, over a link to a random instance.
    pub fn call_of_its_own(
        &mut self,
        intent: IntentId,
        link: u16,
        caller: u16,
        mode: CallMode,
        (token, payload): (u64, u64),
    ) -> CallId {
        let base = Address(self.core.intents[intent].address.0 ^ mix64(token));
        let place = self.program.links[link as usize].place;
        let first_try = base.call(place, 0).attempt(1);
        let instance = self.instance_for(link, first_try, intent, mode);
        let new = NewCall {
            link,
            caller,
            instance,
            mode,
            token,
            payload,
            base: Some(base),
            ..NewCall::default()
        };
        self.call(intent, Parent::Node, new)
    }

    /// The node is at work for this intent from now on, as if a request had come, and nobody waits for
    /// an answer: it is there at once, and holds a slot.
    pub fn sets_itself(&mut self, intent: IntentId) -> AttemptId {
        let (now, address) = (self.now(), self.core.intents[intent].address);
        let new = Attempt::own(intent, address, self.node, now);
        let id = self.core.attempts.insert(new);
        self.core.intents[intent].open += 1;
        self.counters().arrived += 1;
        self.enter();
        self.begin(id);
        id
    }

    /// The node is done with what it had set itself, or gives it up.
    pub fn done_with(&mut self, id: AttemptId, side: CalleeSide) {
        if self.program.monitoring.is_used
            && matches!(side, CalleeSide::Replied | CalleeSide::Error)
        {
            self.note_answer(id, side == CalleeSide::Replied);
        }
        self.abandon_calls_of(id);
        self.leave_slot(id);
        self.close(id, side);
    }

    /// Calls that the node, or one instance of it, had under way on its own behalf are nobody's any more.
    pub(super) fn abandon_own_calls(&mut self, instance: Option<u16>) {
        let mine = |call: &Call| {
            call.parent == Parent::Node
                && self.program.links[call.link as usize].from == self.node
                && instance.is_none_or(|instance| call.caller == instance)
        };
        let calls = self.core.calls.iter();
        let calls: Vec<CallId> = calls.filter(|(_, c)| mine(c)).map(|(id, _)| id).collect();
        for call in calls {
            self.core.abandon(self.program, self.record, call);
        }
    }

    /// Something besides calls and attempts still refers to the intent: it is not over.
    pub fn hold(&mut self, intent: IntentId) {
        self.core.intents[intent].open += 1;
        self.core.holds += 1;
    }

    /// What was held no longer refers to the intent.
    pub fn release(&mut self, intent: IntentId) {
        self.core.holds -= 1;
        self.core.release_intent(self.program, self.record, intent);
    }

    /// A message of the intent is put aside.
    pub fn park(&mut self, intent: IntentId) {
        self.core.parked_messages += 1;
        let parked = &mut self.core.intents[intent].parked;
        *parked = parked.saturating_add(1);
    }

    /// A message that was put aside is given another chance, or is gone.
    pub fn unpark(&mut self, intent: IntentId) {
        self.core.parked_messages -= 1;
        let parked = &mut self.core.intents[intent].parked;
        *parked = parked.saturating_sub(1);
    }

    /// Calls that a request had under way are nobody's any more.
    pub fn abandon_calls_of(&mut self, id: AttemptId) {
        let mut next = std::mem::replace(&mut self.core.attempts[id].calls, Id::NONE);
        while let Some(&call) = self.core.calls.get(next) {
            self.core.abandon(self.program, self.record, next);
            next = call.sibling;
        }
    }

    /// The user has gone: what was under way for the intent by the user's own calls is given up.
    pub fn abandon_calls_of_intent(&mut self, id: IntentId) {
        let mut next = std::mem::replace(&mut self.core.intents[id].calls, Id::NONE);
        while let Some(&call) = self.core.calls.get(next) {
            self.core.abandon(self.program, self.record, next);
            next = call.sibling;
        }
    }

    /// How long a piece of work of this usual length takes for what this request wants.
    #[inline(always)]
    pub fn work_of(&self, attempt: AttemptId, ns: u64) -> u64 {
        let attempt = &self.core.attempts[attempt];
        let factor = self.core.intents[attempt.intent].work;
        let of_version = self.version_factor(attempt.instance);
        if factor.0 == MICRO && of_version.is_none() {
            return ns;
        }
        longer(ns, factor, of_version)
    }

    /// Schedules the end of a piece of work at a set time, whatever faults there are.
    pub fn work_at(&mut self, attempt: AttemptId, at: Time) {
        self.core.calendar.at(at, Event::Work(attempt));
    }
}

#[cold]
fn longer(ns: u64, of_request: Factor, of_version: Option<Factor>) -> u64 {
    let times = |ns: u128, factor: Factor| ns * u128::from(factor.0) / u128::from(MICRO);
    let ns = times(u128::from(ns), of_request);
    let ns = of_version.map_or(ns, |factor| times(ns, factor));
    u64::try_from(ns).unwrap_or(u64::MAX)
}
