//! Traces: single actions with all their tries. A bounded sample, chosen by the action's own random
//! address so that it is the same whatever else is measured, and pinned ones: the slowest, the first
//! failure of each reason, the first of each ledger verdict.

use crate::design::order::arrange;
use crate::engine::attempt::{Attempt, CalleeSide, CallerSide, Intent, IntentId};
use crate::engine::draw::mix64;
use crate::engine::reason::Reason;
use crate::engine::record::Told;
use crate::ledger::chains::Chains;
use crate::ledger::{Verdict, Verdicts};
use crate::time::Time;

/// How many actions the sample holds, and how many of the slowest are pinned.
pub const SAMPLE: usize = 200;
pub const SLOWEST: usize = 5;

/// One try, as both sides saw it. [`Time::NEVER`] for what did not happen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// `u16::MAX` for what a node set itself to do.
    pub link: u16,
    pub node: u16,
    pub instance: u16,
    pub number: u16,
    pub born: Time,
    pub sent: Time,
    pub arrived: Time,
    pub began: Time,
    pub left: Time,
    pub ended: Time,
    pub caller: CallerSide,
    pub callee: CalleeSide,
}

impl Span {
    pub fn of(attempt: &Attempt) -> Span {
        Span {
            link: attempt.link,
            node: attempt.node,
            instance: attempt.instance,
            number: attempt.number,
            born: attempt.born,
            sent: attempt.sent,
            arrived: attempt.arrived,
            began: attempt.began,
            left: attempt.left,
            ended: attempt.ended,
            caller: attempt.caller,
            callee: attempt.callee,
        }
    }
}

/// Why a trace is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pin {
    Sample,
    Slowest,
    FirstFailure(Reason),
    FirstVerdict(Verdict),
}

/// One action with all its tries, in the order in which they were over for both sides.
#[derive(Clone, Debug)]
pub struct Trace {
    pub number: u64,
    pub operation: u16,
    pub born: Time,
    pub told: Option<(Time, Told)>,
    pub spans: Vec<Span>,
    pub pins: Vec<Pin>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    /// Reasons whose first failure this intent has seen, as bits.
    first_failures: u32,
}

#[derive(Clone, Default)]
pub struct Traces {
    slots: Vec<Slot>,
    spans: Chains<Span>,
    seen_reasons: u32,
    seen_verdicts: Verdicts,
    /// (rank, trace), lowest ranks win; the highest is first to go.
    sample: Vec<(u64, Trace)>,
    sample_bound: Option<u64>,
    /// (waited, trace), ascending.
    slowest: Vec<(u64, Trace)>,
    pinned: Vec<Trace>,
}

const _: () = assert!(Reason::COUNT <= 32);

impl Traces {
    #[inline]
    pub fn born(&mut self, id: IntentId) {
        let slot = id.slot();
        if slot >= self.slots.len() {
            self.slots
                .resize((slot + 1).next_power_of_two(), Slot::default());
        }
        self.slots[slot] = Slot::default();
    }

    /// A try failed; returns whether its reason is new in this run.
    pub fn failed(&mut self, id: IntentId, reason: Reason) -> bool {
        let bit = 1 << reason as u32;
        let is_first = self.seen_reasons & bit == 0;
        if is_first {
            self.seen_reasons |= bit;
            self.slots[id.slot()].first_failures |= bit;
        }
        is_first
    }

    #[inline]
    pub fn attempt_over(&mut self, id: IntentId, attempt: &Attempt) {
        self.spans.push_made(id.slot(), || Span::of(attempt));
    }

    /// Its tries that are over, in the order in which they were.
    pub fn spans(&self, id: IntentId) -> Vec<Span> {
        self.spans.collect(id.slot())
    }

    /// Nothing can happen to the intent any more: keeps its trace, or forgets it.
    #[inline(always)]
    pub fn retired(&mut self, id: IntentId, intent: &Intent, verdicts: Verdicts) {
        let slot = self.slots[id.slot()];
        let rank = mix64(intent.address.0 ^ 0x7472_6163_6573);
        let waited = intent.told.map_or(0, |(at, _)| at.since(intent.born).0);
        let sampled = self.sample_bound.is_none_or(|bound| rank < bound);
        let slow = self.slowest.len() < SLOWEST || waited > self.slowest[0].0;
        if sampled || slow || slot.first_failures != 0 || !verdicts.is_clean() {
            self.keep(id, intent, verdicts, rank, waited);
        }
        self.spans.clear(id.slot());
    }

    #[cold]
    fn keep(&mut self, id: IntentId, intent: &Intent, verdicts: Verdicts, rank: u64, waited: u64) {
        let slot = self.slots[id.slot()];
        let trace = |pins: Vec<Pin>| Trace {
            number: intent.number,
            operation: intent.operation,
            born: intent.born,
            told: intent.told,
            spans: self.spans.collect(id.slot()),
            pins,
        };
        let mut pins: Vec<Pin> = Reason::ALL
            .iter()
            .filter(|&&r| slot.first_failures & (1 << r as u32) != 0)
            .map(|&r| Pin::FirstFailure(r))
            .collect();
        for verdict in verdicts.iter() {
            if self.seen_verdicts.is_new(verdict) {
                pins.push(Pin::FirstVerdict(verdict));
            }
        }
        if !pins.is_empty() {
            let trace = trace(pins);
            self.pinned.push(trace);
        }
        if self.slowest.len() < SLOWEST || waited > self.slowest[0].0 {
            let trace = trace(vec![Pin::Slowest]);
            let at = self.slowest.partition_point(|(w, _)| *w <= waited);
            self.slowest.insert(at, (waited, trace));
            if self.slowest.len() > SLOWEST {
                self.slowest.remove(0);
            }
        }
        if self.sample_bound.is_none_or(|bound| rank < bound) {
            let trace = trace(vec![Pin::Sample]);
            let at = self.sample.partition_point(|(r, _)| *r <= rank);
            self.sample.insert(at, (rank, trace));
            self.sample.truncate(SAMPLE);
            if self.sample.len() == SAMPLE {
                self.sample_bound = self.sample.last().map(|(r, _)| *r);
            }
        }
    }

    /// Everything kept, each action once with all its pins, in order of birth.
    pub fn all(&self) -> Vec<Trace> {
        let kept = self.pinned.iter();
        let kept = kept.chain(self.slowest.iter().map(|(_, t)| t));
        let mut all: Vec<Trace> = kept
            .chain(self.sample.iter().map(|(_, t)| t))
            .cloned()
            .collect();
        arrange(&mut all, |a, b| a.number.cmp(&b.number));
        all.dedup_by(|later, first| {
            let same = later.number == first.number;
            if same {
                first.pins.append(&mut later.pins);
            }
            same
        });
        all
    }
}
