//! How a node begins a call: what it says about it, the record of it, and its first try.

use super::attempt::{Answer, Call, CallId, IntentId, Parent};
use super::core::Cx;
use super::draw::Address;
use super::policy::key::Origin;
use super::record::Record;
use super::slab::Id;
use super::stock::Taken;
use crate::design::{CallMode, RowOf};
use crate::time::Time;

impl<R: Record> Cx<'_, R> {
    /// Starts a call from this node and sends its first try.
    #[inline(never)]
    pub fn call(&mut self, intent: IntentId, parent: Parent, new: NewCall) -> CallId {
        self.call_at_once(intent, parent, new)
    }

    /// The same for what every request begins with: inlined, so that what is always the same of a user's
    /// call is not written down and read again.
    #[inline(always)]
    pub(super) fn call_at_once(
        &mut self,
        intent: IntentId,
        parent: Parent,
        new: NewCall,
    ) -> CallId {
        let from = self.core.intents[intent].address;
        let (base, deadline, key, submission) = match parent {
            Parent::Intent => (from, Time::NEVER, 0, new.tag),
            Parent::Node => (from, Time::NEVER, new.key, new.submission),
            Parent::Attempt(id) => {
                let a = &self.core.attempts[id];
                (a.address, a.deadline, a.key, a.submission)
            }
        };
        let base = new.base.unwrap_or(base);
        let link = &self.program.links[new.link as usize];
        let key = link.key_scope.key(&Origin {
            inherited: key,
            intent: from,
            submission,
            arrival: base,
        });
        debug_assert_eq!(link.from, self.node, "a node calls over its own links");
        let sibling = match parent {
            Parent::Node => Id::NONE,
            Parent::Intent => self.core.intents[intent].calls,
            Parent::Attempt(id) => self.core.attempts[id].calls,
        };
        let id = self.core.calls.insert(Call {
            intent,
            parent,
            sibling,
            address: base.call(link.place, u32::from(new.tag)),
            link: new.link,
            caller: new.caller,
            tag: new.tag,
            instance: new.instance,
            tries: 0,
            hedges: 0,
            hedged: 0,
            submission,
            is_fallback: false,
            mode: new.mode,
            token: new.token,
            payload: new.payload,
            read: new.read,
            since: new.since,
            deadline,
            key,
            attempt: Id::NONE,
            row: new.row,
            beside: new.beside,
            transaction: new.transaction,
            last_pause: 0,
            answer: Answer::default(),
        });
        match parent {
            Parent::Attempt(parent) => self.core.attempts[parent].calls = id,
            Parent::Intent => self.core.intents[intent].calls = id,
            Parent::Node => {}
        }
        self.core.intents[intent].open += 1;
        self.core.begin_call(self.program, id);
        self.core.try_call(self.program, self.record, id, false);
        id
    }
}

/// What a node says about a call that it starts.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewCall {
    pub link: u16,
    /// Instance of the calling node.
    pub caller: u16,
    /// Step of the plan, or endpoint of a balancer; also part of the random-number address.
    pub tag: u16,
    /// Instance of the callee for the first try.
    pub instance: u16,
    pub mode: CallMode,
    /// What it is about, if the node calls on its own behalf.
    pub token: u64,
    /// What is handed over.
    pub payload: u64,
    /// See [`Call::read`].
    pub read: Taken,
    /// See [`Call::since`].
    pub since: Time,
    /// For what the node calls on its own behalf: key and click of the request that led to it.
    pub key: u64,
    pub submission: u16,
    /// See [`Call::row`].
    pub row: RowOf,
    pub beside: bool,
    pub transaction: u32,
    /// Where its random numbers belong, if not below its parent's.
    pub base: Option<Address>,
}
