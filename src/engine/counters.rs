//! What nodes and links count about themselves, for the laws and for whoever watches.
//!
//! Counters only grow; a watcher takes differences. Integrals over time (number waiting, number
//! busy) are kept in 128 bits of nanoseconds, exactly, unfinished work included (docs/semantics.md 4).

use super::reason::{ByReason, Reason};
use crate::time::{Duration, Time};

/// A number that changes at instants, with its integral over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    pub value: u32,
    integral: u128,
    changed: Time,
}

impl Level {
    #[inline]
    fn settle(&mut self, now: Time) {
        let dt = now.0 - self.changed.0;
        if self.value > 0 && dt > 0 {
            self.integral += u128::from(self.value) * u128::from(dt);
        }
        self.changed = now;
    }

    #[inline]
    pub fn add(&mut self, now: Time, n: u32) {
        self.settle(now);
        self.value += n;
    }

    pub fn set(&mut self, now: Time, value: u32) {
        self.settle(now);
        self.value = value;
    }

    #[inline]
    pub fn sub(&mut self, now: Time, n: u32) {
        self.settle(now);
        assert!(self.value >= n, "a level is never negative");
        self.value -= n;
    }

    /// Integral up to `now`, in nanoseconds times number.
    pub fn integral(&self, now: Time) -> u128 {
        self.integral + u128::from(self.value) * u128::from(now.0 - self.changed.0)
    }
}

/// Counts that a kind may have of its own.
pub const TALLIES_MAX: usize = 24;

/// The callee's view: every arrival ends in exactly one disposition or is still there.
///
/// `arrived = useful + wasted + cancelled + refused + errors + lost_in_crash + in flight`
#[derive(Clone, Debug, Default)]
pub struct NodeCounters {
    pub arrived: u64,
    /// The caller got a good reply in time.
    pub useful: u64,
    /// Done for nobody: the caller had gone, or the reply did not reach it.
    pub wasted: u64,
    /// Stopped or dropped from the line because the caller had gone.
    pub cancelled: u64,
    /// Turned away at the door.
    pub refused: u64,
    /// Answered with an error.
    pub errors: u64,
    pub lost_in_crash: u64,
    /// Requests that got a slot, and those whose slot was given back.
    pub began: u64,
    pub left: u64,
    /// Of all that began: how long they had waited.
    pub waited: u128,
    /// Of all that left the node after being let in: from arrival to leaving.
    pub sojourned: u128,
    /// Instances that exist: what is paid for.
    pub instances: Level,
    /// In the waiting room, and in slots.
    pub waiting: Level,
    pub busy: Level,
    /// Times of arrival of all present, summed: with it, Little's law can be checked with the
    /// unfinished included.
    pub present_since: u128,
    pub present: u32,
    /// How requests sent to it failed, as their callers saw it.
    pub failed: ByReason,
    /// The greatest age at which something that it kept was gone.
    pub greatest_age: Duration,
    /// What its kind counts besides, in the order of `NodeKind::TALLIES`.
    pub tallies: [u64; TALLIES_MAX],
}

impl NodeCounters {
    /// Arrivals that have no disposition yet.
    pub fn in_flight(&self) -> u64 {
        self.arrived
            - self.useful
            - self.wasted
            - self.cancelled
            - self.refused
            - self.errors
            - self.lost_in_crash
    }

    /// Let in (waiting or in a slot).
    #[inline]
    pub fn enter(&mut self, now: Time) {
        self.present += 1;
        self.present_since += u128::from(now.0);
    }

    /// Gone from the waiting room or the slot.
    #[inline]
    pub fn leave(&mut self, now: Time, arrived: Time) {
        self.present -= 1;
        self.present_since -= u128::from(arrived.0);
        self.sojourned += u128::from(now.0 - arrived.0);
    }

    /// Little's law on the node's own counters, exactly: the integral of the number present equals
    /// the time spent by those who left plus the time so far of those who are there.
    pub fn little_holds(&self, now: Time) -> bool {
        let so_far = u128::from(self.present) * u128::from(now.0) - self.present_since;
        let integral = self.waiting.integral(now) + self.busy.integral(now);
        integral == self.sojourned + so_far
    }
}

/// The caller's view: every attempt ends as a success or with one reason, or is under way.
///
/// `attempts = succeeded + failed + in flight`
#[derive(Clone, Debug, Default)]
pub struct LinkCounters {
    pub calls: u64,
    pub attempts: u64,
    pub retries: u64,
    /// Retries and hedges wanted, but not granted by budget or quota.
    pub retries_denied: u64,
    /// Copies of tries that were slow to answer, and those of them whose reply came first.
    pub hedges: u64,
    pub hedges_won: u64,
    /// How often breakers opened, and tries that they rejected.
    pub breaker_opened: u64,
    pub breaker_rejected: u64,
    /// Failed calls that a fallback answered, or another link was asked instead.
    pub fallbacks: u64,
    /// Calls that their deadline ended.
    pub deadlines_passed: u64,
    /// Attempts put on the wire (with a connection, where there is a pool).
    pub sent: u64,
    pub succeeded: u64,
    pub failed: ByReason,
    pub in_flight: u32,
}

impl LinkCounters {
    #[inline]
    pub fn end(&mut self, outcome: Result<(), Reason>) {
        self.in_flight -= 1;
        match outcome {
            Ok(()) => self.succeeded += 1,
            Err(reason) => self.failed.add(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_integrates_exactly() {
        let mut level = Level::default();
        level.add(Time(10), 2);
        level.sub(Time(15), 1);
        assert_eq!(level.integral(Time(20)), 2 * 5 + 5);
    }
}
