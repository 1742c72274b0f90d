//! The event calendar: what happens next.
//!
//! Events leave in the order of (time, sequence), where the sequence number is given when an event
//! is scheduled: at equal times the one scheduled first leaves first (docs/semantics.md 1). What is known
//! before a run, or told to it from outside, comes before everything else of its instant, whenever it was
//! scheduled. Three places hold them, one order comes out:
//! - a binary heap for the future, and a place before it for the next one;
//! - a queue for what is scheduled for the current instant: such an event has a higher sequence
//!   number than anything in the heap for this instant, so the heap goes first and the queue keeps
//!   the order of scheduling;
//! - lanes: constant timeouts of one link expire in the order in which they were set, so only the
//!   head of each lane is in the heap, under its own (time, sequence) (docs/semantics.md 31).
//!
//! Scheduling and popping cost O(log n) in the heap, O(1) in the queue and the lanes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::AttemptId;
use super::event::Event;
use crate::time::{Duration, Time};

#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    time: Time,
    sequence: u64,
}

impl Key {
    /// Both as one number, which is compared without a branch.
    #[inline]
    fn rank(self) -> u128 {
        u128::from(self.time.0) << 64 | u128::from(self.sequence)
    }
}

/// What comes first at an instant, in this order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Edges of what is measured: they note what was before anything happens.
    Marks,
    Timeline,
}

/// The first sequence number of an event without precedence.
const AFTER: u64 = 2;

#[derive(Clone, Copy)]
struct Scheduled {
    key: Key,
    event: Event,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Scheduled {}
impl PartialOrd for Scheduled {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
    // What the heap asks: without the detour over an `Ordering`.
    #[inline]
    fn lt(&self, other: &Self) -> bool {
        self.key.rank() < other.key.rank()
    }
    #[inline]
    fn le(&self, other: &Self) -> bool {
        self.key.rank() <= other.key.rank()
    }
}
impl Ord for Scheduled {
    #[inline]
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.rank().cmp(&other.key.rank())
    }
}

#[derive(Clone, Copy)]
struct Timer {
    key: Key,
    attempt: AttemptId,
}

/// See the module's documentation. Time never runs backwards: scheduling in the past is a bug and
/// asserted.
#[derive(Clone)]
pub struct Calendar {
    now: Time,
    sequence: u64,
    /// The next of the future, if it is not in the heap: often what is scheduled is what comes next, and
    /// never has to go through the heap.
    first: Option<Scheduled>,
    /// The rest of the future.
    heap: BinaryHeap<Reverse<Scheduled>>,
    /// Scheduled for `now`, oldest first.
    immediate: VecDeque<Event>,
    lanes: Vec<VecDeque<Timer>>,
}

impl Calendar {
    pub fn with_lanes(lanes: usize) -> Calendar {
        Calendar {
            now: Time::ZERO,
            sequence: AFTER,
            first: None,
            heap: BinaryHeap::new(),
            immediate: VecDeque::new(),
            lanes: vec![VecDeque::new(); lanes],
        }
    }

    #[inline]
    pub fn now(&self) -> Time {
        self.now
    }

    /// Events that wait, expired timers of lanes not counted.
    pub fn pending(&self) -> usize {
        usize::from(self.first.is_some()) + self.heap.len() + self.immediate.len()
    }

    #[inline]
    fn next_key(&mut self, time: Time) -> Key {
        let key = Key {
            time,
            sequence: self.sequence,
        };
        self.sequence = self
            .sequence
            .checked_add(1)
            .expect("fewer than 2^64 events");
        key
    }

    /// Schedules an event at `time`, which must not be in the past.
    #[inline(never)]
    pub fn at(&mut self, time: Time, event: Event) {
        if time == self.now {
            self.immediate.push_back(event);
        } else {
            self.later(time, event);
        }
    }

    /// Apart, so that what is scheduled for this instant does not pay for the heap.
    #[inline(never)]
    fn later(&mut self, time: Time, event: Event) {
        assert!(time > self.now, "an event cannot be scheduled in the past");
        let key = self.next_key(time);
        self.put(Scheduled { key, event });
    }

    /// [`Calendar::put`] for what is seldom, and for the timers of lanes, few of which come this way.
    #[inline(never)]
    fn put_apart(&mut self, new: Scheduled) {
        self.put(new);
    }

    /// Into its place among what is to come.
    #[inline(always)]
    fn put(&mut self, new: Scheduled) {
        let next = self.first.as_ref().or(self.heap.peek().map(|Reverse(s)| s));
        if next.is_some_and(|next| *next < new) {
            self.heap.push(Reverse(new));
        } else if let Some(second) = self.first.replace(new) {
            self.heap.push(Reverse(second));
        }
    }

    /// Schedules an event that comes before all others of its instant.
    pub fn before_all(&mut self, time: Time, rank: Before, event: Event) {
        assert!(time >= self.now, "an event cannot be scheduled in the past");
        let sequence = rank as u64;
        let key = Key { time, sequence };
        // Also for the current instant: the heap goes before the queue.
        self.put_apart(Scheduled { key, event });
    }

    /// Whether a timer for then may follow those in the lane.
    pub fn is_last_in_lane(&self, lane: usize, time: Time) -> bool {
        let newest = self.lanes[lane].back();
        newest.is_none_or(|timer| timer.key.time <= time)
    }

    /// Sets a timer in a lane. Where it would expire before one that was set earlier (the timeout was
    /// made shorter meanwhile), it goes into the heap by itself.
    #[inline]
    pub fn timer(&mut self, lane: usize, time: Time, attempt: AttemptId) {
        let key = self.next_key(time);
        let queue = &mut self.lanes[lane];
        if queue.back().is_some_and(|t| t.key.time > time) {
            let event = Event::Timeout(attempt);
            self.put_apart(Scheduled { key, event });
            return;
        }
        queue.push_back(Timer { key, attempt });
        if queue.len() == 1 {
            let event = Event::Lane { lane: lane as u16 };
            self.put_apart(Scheduled { key, event });
        }
    }

    /// The lane's head has come up: takes it, drops what `is_live` denies behind it, and schedules
    /// the next head. To be called when [`Event::Lane`] is popped.
    pub fn take_timer(&mut self, lane: usize, is_live: impl Fn(AttemptId) -> bool) -> AttemptId {
        let queue = &mut self.lanes[lane];
        let head = queue.pop_front().expect("a lane event has a head");
        while queue.front().is_some_and(|t| !is_live(t.attempt)) {
            queue.pop_front();
        }
        if let Some(next) = queue.front() {
            let (key, event) = (next.key, Event::Lane { lane: lane as u16 });
            self.put_apart(Scheduled { key, event });
        }
        head.attempt
    }

    /// Takes out what is meant, with how far ahead it was: what is to come in the order in which it would
    /// have, then what is due at once. It goes through everything that is scheduled: for what is rare.
    pub fn take_out(&mut self, is_meant: impl Fn(&Event) -> bool) -> Vec<(Duration, Event)> {
        let mut all = std::mem::take(&mut self.heap).into_vec();
        all.extend(self.first.take().map(Reverse));
        let (mut meant, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|Reverse(s)| is_meant(&s.event));
        self.heap = others.into();
        meant.sort_unstable_by(|a, b| b.cmp(a));
        let immediate = std::mem::take(&mut self.immediate);
        let (at_once, others) = immediate.into_iter().partition(&is_meant);
        self.immediate = others;
        let now = self.now;
        let later = meant.into_iter();
        let later = later.map(|Reverse(s)| (s.key.time.since(now), s.event));
        let at_once: VecDeque<Event> = at_once;
        later
            .chain(at_once.into_iter().map(|event| (Duration::ZERO, event)))
            .collect()
    }

    /// When the next event of the future comes.
    #[inline]
    fn next_time(&self) -> Option<Time> {
        match &self.first {
            Some(first) => Some(first.key.time),
            None => self.heap.peek().map(|Reverse(s)| s.key.time),
        }
    }

    /// Time of the next event, if there is one.
    #[inline]
    pub fn peek(&self) -> Option<Time> {
        if !self.immediate.is_empty() {
            return Some(self.now);
        }
        self.next_time()
    }

    /// The next event, if it comes before this time, see [`Calendar::pop`].
    #[inline(always)]
    pub fn pop_before(&mut self, end: Time) -> Option<Event> {
        match self.peek() {
            Some(next) if next < end => self.pop(),
            _ => None,
        }
    }

    /// Removes and returns the next event; the clock moves to its time.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<Event> {
        if !self.immediate.is_empty() && self.next_time() != Some(self.now) {
            return self.immediate.pop_front();
        }
        let next = match self.first.take() {
            Some(first) => first,
            None => self.heap.pop()?.0,
        };
        assert!(next.key.time >= self.now, "time runs forward");
        self.now = next.key.time;
        Some(next.event)
    }

    /// Moves the clock forward without an event; nothing may be scheduled before `time`.
    pub fn advance_to(&mut self, time: Time) {
        assert!(self.peek().is_none_or(|t| t >= time), "no event is skipped");
        if time > self.now {
            self.now = time;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(n: u16) -> Event {
        Event::Mark { mark: n }
    }

    fn drain(calendar: &mut Calendar) -> Vec<(u64, u16)> {
        let mut out = Vec::new();
        while let Some(event) = calendar.pop() {
            if let Event::Mark { mark } = event {
                out.push((calendar.now().0, mark));
            }
        }
        out
    }

    #[test]
    fn what_comes_from_outside_comes_first() {
        let mut c = Calendar::with_lanes(0);
        c.at(Time(5), mark(2));
        c.at(Time(0), mark(9));
        c.before_all(Time(5), Before::Timeline, mark(1));
        c.before_all(Time(5), Before::Marks, mark(0));
        c.before_all(Time(0), Before::Timeline, mark(8));
        assert_eq!(drain(&mut c), [(0, 8), (0, 9), (5, 0), (5, 1), (5, 2)]);
    }

    #[test]
    fn ties_leave_in_the_order_of_scheduling() {
        let mut c = Calendar::with_lanes(0);
        c.at(Time(5), mark(0));
        c.at(Time(3), mark(1));
        c.at(Time(5), mark(2));
        c.at(Time(0), mark(3));
        assert_eq!(drain(&mut c), [(0, 3), (3, 1), (5, 0), (5, 2)]);
    }

    #[test]
    fn what_is_taken_out_says_how_far_ahead_it_was() {
        let mut c = Calendar::with_lanes(0);
        c.at(Time(5), mark(0));
        c.at(Time(0), mark(1));
        c.at(Time(5), mark(2));
        c.at(Time(9), mark(3));
        c.advance_to(Time(0));
        let out = c.take_out(|event| matches!(event, Event::Mark { mark } if *mark != 2));
        let out = out.into_iter().map(|(ahead, event)| match event {
            Event::Mark { mark } => (ahead.0, mark),
            _ => unreachable!("only marks"),
        });
        assert_eq!(out.collect::<Vec<_>>(), [(5, 0), (9, 3), (0, 1)]);
        assert_eq!(drain(&mut c), [(5, 2)]);
    }

    #[test]
    fn what_was_scheduled_earlier_for_an_instant_goes_before_what_is_scheduled_in_it() {
        let mut c = Calendar::with_lanes(0);
        c.at(Time(4), mark(0));
        c.at(Time(4), mark(1));
        assert!(c.pop().is_some());
        c.at(Time(4), mark(2));
        assert_eq!(drain(&mut c), [(4, 1), (4, 2)]);
    }
}
