//! Writes: through to the source, or acknowledged at once and flushed later.

use std::collections::{BTreeMap, VecDeque};

use super::pending::Spot;
use super::reads::source_call;
use super::{Cache, Config, DEFERRED, FLUSH, FLUSHED, OnWrite, Pattern};
use crate::design::CallMode;
use crate::engine::attempt::{AttemptId, Call, CalleeSide, IntentId, Parent};
use crate::engine::begin::NewCall;
use crate::engine::core::Cx;
use crate::engine::draw::Address;
use crate::engine::reason::Reason;
use crate::engine::record::Record;

/// Step below a request's address: its write at the source.
const PASS: u32 = 2;

/// Flushes of one write are told apart by this in their addresses.
const FLUSHES: u32 = 1 << 16;

/// A write that was acknowledged and that the source does not have yet.
#[derive(Clone, Copy, Debug)]
struct Deferred {
    /// Kept open until the source has it.
    intent: IntentId,
    address: Address,
    key: u64,
    instance: u16,
    flushes: u32,
}

/// What a part still has to write to its source, in order.
#[derive(Clone, Debug, Default)]
pub struct Unflushed {
    waiting: VecDeque<Deferred>,
    under_way: BTreeMap<u64, Deferred>,
    /// Writes per key that are waiting or under way.
    keys: BTreeMap<u64, u32>,
    begun: u64,
    /// The time to flush is set.
    is_scheduled: bool,
    /// The last write that was sent failed: a full batch is no reason to hurry any more.
    was_refused: bool,
}

impl Unflushed {
    /// Whether the source has not heard the last of this key.
    pub fn has(&self, key: u64) -> bool {
        self.keys.contains_key(&key)
    }

    fn done_with(&mut self, key: u64) {
        if let Some(count) = self.keys.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                self.keys.remove(&key);
            }
        }
    }

    /// All is lost; how many writes that was. Calls under way have been abandoned before.
    pub fn lose<R: Record>(&mut self, cx: &mut Cx<'_, R>) -> u64 {
        let lost = self.waiting.len() + self.under_way.len();
        for deferred in self.waiting.drain(..) {
            cx.release(deferred.intent);
        }
        let (begun, is_scheduled) = (self.begun, self.is_scheduled);
        *self = Unflushed {
            begun,
            is_scheduled,
            ..Unflushed::default()
        };
        lost as u64
    }
}

impl Cache {
    pub(super) fn write<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        part: usize,
        id: AttemptId,
    ) {
        let attempt = cx.core.attempts[id];
        let spot = (part as u32, cx.core.intents[attempt.intent].item);
        let step = attempt.address.call(0, PASS);
        match (config.pattern, source_call(cx, &attempt, CallMode::Write, step)) {
            (Pattern::LookAside, _) | (_, None) => {
                // It is a store of its own, for as long as the entry lasts.
                self.bump(config, cx, spot, id);
                self.finish(config, cx, id, Ok(()));
            }
            (Pattern::WriteBehind, Some(_)) => {
                self.bump(config, cx, spot, id);
                self.defer(config, cx, spot, id);
                self.finish(config, cx, id, Ok(()));
            }
            (_, Some(new)) => {
                cx.core.attempts[id].callee = CalleeSide::Awaiting;
                cx.call(attempt.intent, Parent::Attempt(id), new);
            }
        }
    }

    /// The entry becomes the next version of what is here.
    fn bump<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        spot: Spot,
        id: AttemptId,
    ) {
        let address = cx.core.attempts[id].address;
        let known = self.parts[spot.0 as usize].entries.get(spot.1);
        let version = known.map_or(0, |entry| entry.version) + 1;
        let took = self.took(spot);
        self.keep(config, cx, spot, version, took, address);
        cx.core.attempts[id].answer.version = version;
    }

    /// The source was written on behalf of a request.
    pub(super) fn written<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        spot: Spot,
        call: &Call,
    ) {
        let what = match config.pattern {
            Pattern::WriteThrough => OnWrite::Update,
            Pattern::InvalidateOnWrite => OnWrite::Invalidate,
            _ => config.on_write,
        };
        match what {
            OnWrite::Keep => {}
            OnWrite::Invalidate => self.invalidate(config, cx, spot),
            OnWrite::Update => {
                let took = self.took(spot);
                self.keep(config, cx, spot, call.answer.version, took, call.address);
            }
        }
    }

    // ---- write-behind -----------------------------------------------------------------------

    fn defer<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        (part, key): Spot,
        id: AttemptId,
    ) {
        cx.tally(DEFERRED);
        let attempt = cx.core.attempts[id];
        cx.hold(attempt.intent);
        let unflushed = &mut self.parts[part as usize].unflushed;
        *unflushed.keys.entry(key).or_insert(0) += 1;
        unflushed.waiting.push_back(Deferred {
            intent: attempt.intent,
            address: attempt.address,
            key,
            instance: attempt.instance,
            flushes: 0,
        });
        if unflushed.waiting.len() >= config.flush_batch && !unflushed.was_refused {
            self.flush(cx, part as usize);
        } else {
            self.schedule_flush(config, cx, part as usize);
        }
    }

    fn schedule_flush<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, part: usize) {
        let unflushed = &mut self.parts[part].unflushed;
        if !unflushed.is_scheduled {
            unflushed.is_scheduled = true;
            let at = cx.now() + config.flush_every;
            cx.local_at(at, FLUSH, part as u64);
        }
    }

    pub(super) fn flush_in_time<R: Record>(&mut self, cx: &mut Cx<'_, R>, part: usize) {
        self.parts[part].unflushed.is_scheduled = false;
        self.flush(cx, part);
    }

    /// Sends everything that waits to the source, each write for the intent that it came from.
    pub(super) fn flush<R: Record>(&mut self, cx: &mut Cx<'_, R>, part: usize) {
        let node = &cx.program.nodes[cx.node as usize];
        let Some(&link) = node.out.first() else {
            return;
        };
        let place = cx.program.links[link as usize].place;
        while let Some(mut deferred) = self.parts[part].unflushed.waiting.pop_front() {
            deferred.flushes += 1;
            let unflushed = &mut self.parts[part].unflushed;
            unflushed.begun += 1;
            let number = unflushed.begun;
            unflushed.under_way.insert(number, deferred);
            let base = deferred.address.call(0, PASS + deferred.flushes * FLUSHES);
            let first_try = base.call(place, 0).attempt(1);
            let new = NewCall {
                link,
                caller: deferred.instance,
                instance: cx.instance_for(link, first_try, deferred.intent, CallMode::Write),
                mode: CallMode::Write,
                token: (part as u64) << 40 | number,
                since: cx.now(),
                base: Some(base),
                ..NewCall::default()
            };
            cx.call(deferred.intent, Parent::Node, new);
            cx.release(deferred.intent);
        }
    }

    pub(super) fn flush_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let (part, number) = ((call.token >> 40) as usize, call.token & ((1 << 40) - 1));
        let held = &mut self.parts[part];
        let Some(deferred) = held.unflushed.under_way.remove(&number) else {
            return;
        };
        if result.is_err() {
            // It is not lost while the cache lives: the next flush takes it along, in its time. At once,
            // each new write would send all that wait.
            cx.hold(deferred.intent);
            held.unflushed.was_refused = true;
            held.unflushed.waiting.push_back(deferred);
            return self.schedule_flush(config, cx, part);
        }
        cx.tally(FLUSHED);
        held.unflushed.was_refused = false;
        held.unflushed.done_with(deferred.key);
        if !held.unflushed.has(deferred.key)
            && let Some(entry) = held.entries.get_mut(deferred.key)
        {
            entry.version = call.answer.version;
        }
    }
}
