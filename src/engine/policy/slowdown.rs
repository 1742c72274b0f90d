//! Work that takes longer than alone: because others work too, because the memory is nearly full,
//! because the instance has only just been started.
//!
//! *Universal Scalability Law* (N. Gunther 2007): with `n` slots busy, each piece of work takes
//! `1 + sigma (n - 1) + kappa n (n - 1)` times as long, so throughput is
//! `n / (1 + sigma (n - 1) + kappa n (n - 1))` times that of one.
//!
//! *Memory*: a collection costs what is alive, L, and frees what is not, M - L, so the work it adds is as
//! L to M - L (Jones, Hosking, Moss, *The Garbage Collection Handbook*, 2011): `drag * L / (M - L)`.
//!
//! *Cold start*: `factor` times as long at the start, falling evenly to once at the end of `warmup`.
//!
//! The factor is that of the moment at which a piece of work begins. All in whole numbers.

use crate::design::Settings;
use crate::design::value::{MICRO, NANO};
use crate::time::{Duration, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slowdown {
    /// Sigma and kappa, in billionths.
    contention: u64,
    coherency: u64,
    /// In millionths.
    drag: u64,
    warmup: Option<Duration>,
    warmup_factor: u64,
}

/// One.
const ONE: u128 = NANO as u128;

impl Slowdown {
    pub fn compile(knobs: &Settings<'_>) -> Slowdown {
        Slowdown {
            contention: knobs.share("contention").0,
            coherency: knobs.share("coherency").0,
            drag: knobs.factor("memory_drag").0,
            warmup: knobs.opt_duration("warmup"),
            warmup_factor: knobs.factor("warmup_factor").0,
        }
    }

    /// Nothing of it can change a piece of work. `leaks`: memory can fill up.
    pub fn is_idle(&self, leaks: bool) -> bool {
        self.contention == 0 && self.coherency == 0 && self.warmup.is_none() && !leaks
    }

    /// The length of a piece of work that begins now beside `busy - 1` others.
    pub fn slowed(&self, ns: u64, busy: u32, memory: Option<(u64, u64)>, age: Duration) -> u64 {
        let mut length = scale(u128::from(ns), self.of_others(busy));
        if let Some((alive, size)) = memory {
            let free = u128::from(size.saturating_sub(alive).max(1));
            let drag = u128::from(self.drag) * (ONE / u128::from(MICRO));
            length = scale(length, ONE + drag * u128::from(alive.min(size)) / free);
        }
        if let Some(warmup) = self.warmup.filter(|&warmup| age < warmup) {
            let left = u128::from(warmup.0 - age.0);
            let more =
                u128::from(self.warmup_factor.saturating_sub(MICRO)) * (ONE / u128::from(MICRO));
            length = scale(length, ONE + more * left / u128::from(warmup.0));
        }
        u64::try_from(length).unwrap_or(u64::MAX)
    }

    /// In billionths.
    fn of_others(&self, busy: u32) -> u128 {
        let (n, others) = (u128::from(busy), u128::from(busy.saturating_sub(1)));
        ONE + u128::from(self.contention) * others + u128::from(self.coherency) * n * others
    }
}

fn scale(ns: u128, factor: u128) -> u128 {
    // Longer than the clock can count is for ever, whatever comes on top.
    ns.min(u128::from(u64::MAX)).saturating_mul(factor) / ONE
}

/// How long an instance has been there; those of the start have been there before.
pub fn age(started: Time, now: Time) -> Duration {
    match started {
        Time::ZERO => Duration(u64::MAX),
        started => now.since(started),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Duration = Duration(u64::MAX);

    fn none() -> Slowdown {
        Slowdown {
            contention: 0,
            coherency: 0,
            drag: MICRO / 10,
            warmup: None,
            warmup_factor: 3 * MICRO,
        }
    }

    #[test]
    fn throughput_follows_the_law_of_scalability() {
        let law = Slowdown {
            contention: NANO / 20,
            coherency: NANO / 1_000,
            ..none()
        };
        // One, and the peak at sqrt((1 - sigma) / kappa) = 30.8.
        assert_eq!(law.slowed(1_000, 1, None, OLD), 1_000);
        assert_eq!(law.slowed(1_000, 10, None, OLD), 1_000 + 450 + 90);
        let throughput = |n: u32| f64::from(n) / law.slowed(1_000_000, n, None, OLD) as f64;
        let best = (1..100).max_by(|&a, &b| throughput(a).total_cmp(&throughput(b)));
        assert_eq!(best, Some(31));
    }

    #[test]
    fn a_full_memory_and_a_cold_start_cost_time() {
        let law = Slowdown {
            warmup: Some(Duration(100)),
            ..none()
        };
        assert_eq!(law.slowed(1_000, 4, Some((0, 512)), OLD), 1_000);
        assert_eq!(law.slowed(1_000, 4, Some((256, 512)), OLD), 1_100);
        assert_eq!(law.slowed(1_000, 4, None, Duration(0)), 3_000);
        assert_eq!(law.slowed(1_000, 4, None, Duration(50)), 2_000);
        assert_eq!(
            law.slowed(u64::MAX, 4, Some((512, 512)), Duration(0)),
            u64::MAX
        );
    }
}
