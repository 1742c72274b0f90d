//! The ends of tries and of calls, as the calling node hears of them, and what follows: a retry, a hedge,
//! a fallback.

use super::attempt::{Attempt, AttemptId, CallId, CallerSide, Parent};
use super::call::Next;
use super::core::Cx;
use super::event::Event;
use super::node::{NodeKind, with_kind};
use super::policy::fallback::Fallback;
use super::program::Program;
use super::reason::Reason;
use super::record::Record;
use super::world::{NodeVisit, World, visit};
use crate::time::Duration;

impl World {
    /// A try fails without a reply.
    #[inline(never)]
    pub(super) fn fail_try<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
        reason: Reason,
    ) {
        self.end_try(program, record, id, Err(reason));
    }

    /// A try is over for its caller: tell the calling node, then go on as the link's policy says.
    #[inline(always)]
    pub(super) fn end_try<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
        outcome: Result<(), Reason>,
    ) {
        let attempt = &self.core.attempts[id];
        let (call, instance) = (attempt.call, attempt.instance);
        let caller = program.links[attempt.link as usize].from;
        let try_over = || NodeVisit::TryOver {
            call,
            instance,
            result: outcome,
        };
        match self.core.end_try(program, record, id, outcome) {
            Next::Retry { pause } => {
                self.at_node(program, record, caller, try_over());
                let at = self.core.now() + Duration(pause);
                self.core.calendar.at(at, Event::Retry(call));
            }
            Next::Waits => {
                self.at_node(program, record, caller, try_over());
            }
            Next::Over(result) => {
                if !self.core.calls[call].attempt.is_none() {
                    self.end_others(program, record, call, Reason::Cancelled);
                }
                self.call_over(program, record, call, Some((instance, outcome)), result);
            }
        }
    }

    /// The calling node chooses where the next try of a call goes, and sends it.
    pub(super) fn next_try<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        call: CallId,
        is_hedge: bool,
    ) {
        let caller = program.links[self.core.calls[call].link as usize].from;
        let instance = self.at_node(program, record, caller, NodeVisit::Route(call));
        self.core.calls[call].instance = instance;
        self.core.try_call(program, record, call, is_hedge);
    }

    /// A try that was not sent yet, and of which this is true, fails.
    pub(super) fn reject<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: AttemptId,
        reason: Reason,
        is_meant: impl Fn(&Attempt) -> bool,
    ) {
        let attempt = self.core.attempts.get(id);
        if attempt.is_some_and(|a| a.caller == CallerSide::Acquiring && is_meant(a)) {
            self.fail_try(program, record, id, reason);
        }
    }

    pub(super) fn hedge<R: Record>(&mut self, program: &Program, record: &mut R, id: AttemptId) {
        if let Some(call) = self.core.hedges(program, id) {
            self.next_try(program, record, call, true);
        }
    }

    /// A call may have taken as long as it may: unless it is over, or has another deadline by now, its
    /// caller gives up.
    pub(super) fn deadline<R: Record>(&mut self, program: &Program, record: &mut R, id: CallId) {
        let now = self.core.now();
        let call = self.core.calls.get(id);
        let Some(link) = call.filter(|c| c.deadline <= now).map(|c| c.link) else {
            return;
        };
        self.core.link_counters[link as usize].deadlines_passed += 1;
        self.end_others(program, record, id, Reason::DeadlinePassed);
        self.call_over(program, record, id, None, Err(Reason::DeadlinePassed));
    }

    /// Ends the tries of a call that are under way; the calling node hears of each.
    #[cold]
    fn end_others<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        call: CallId,
        reason: Reason,
    ) {
        let caller = program.links[self.core.calls[call].link as usize].from;
        while let Some(instance) = self.core.end_other_try(program, record, call, reason) {
            let visit = NodeVisit::TryOver {
                call,
                instance,
                result: Err(reason),
            };
            self.at_node(program, record, caller, visit);
        }
    }

    /// No more tries: the calling node gets the result, or what it makes do with. `last_try` is where
    /// the last try went and how it ended, if the node has not heard of that.
    #[inline]
    fn call_over<R: Record>(
        &mut self,
        program: &Program,
        record: &mut R,
        id: CallId,
        last_try: Option<(u16, Result<(), Reason>)>,
        mut result: Result<(), Reason>,
    ) {
        let call = &self.core.calls[id];
        let spec = &program.links[call.link as usize];
        // What nobody waits for needs no substitute.
        if result.is_err() && !spec.fallback.is_none() && call.parent != Parent::Node {
            if let Fallback::Link(link) = spec.fallback {
                if let Some((instance, result)) = last_try {
                    let visit = NodeVisit::TryOver {
                        call: id,
                        instance,
                        result,
                    };
                    self.at_node(program, record, spec.from, visit);
                }
                self.core.redirect(program, id, link);
                self.next_try(program, record, id, false);
                return;
            }
            if self.core.makes_do(spec.fallback, id) {
                result = Ok(());
                self.core.note_kept(program, record, id);
            }
        }
        let mut over = self.core.take_call(id);
        visit!(self, program, record, spec.from, |s, c, cx| {
            if let Some((instance, result)) = last_try {
                over.instance = instance;
                s.on_try_over(c, cx, &over, result);
            }
            match over.parent {
                Parent::Node => s.on_own_call_over(c, cx, &over, result),
                Parent::Intent => s.on_action_over(c, cx, over.intent, &over, result),
                Parent::Attempt(parent) => s.on_call_over(c, cx, parent, &over, result),
            }
        });
        self.core.release_at_once(program, record, over.intent);
    }
}
