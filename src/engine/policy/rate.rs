//! A token bucket in whole numbers: tokens come in at the rate up to the burst, and it is full at the
//! start. Saturated for t seconds it gives burst + rate t, and nothing drifts.

use crate::design::value::{MICRO, Rate};
use crate::time::{NS_PER_S, Time};

/// A token, in the unit in which a rate in millionths per second brings its number per nanosecond.
const TOKEN: u128 = MICRO as u128 * NS_PER_S as u128;

#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    /// What is missing until it is full, as of `at`.
    missing: u128,
    at: Time,
}

impl Bucket {
    /// Takes a token, or says when there will be one. `burst` is at least 1.
    pub fn take(&mut self, now: Time, rate: Rate, burst: u64) -> Result<(), Time> {
        let came = u128::from(now.since(self.at).0) * u128::from(rate.0);
        (self.missing, self.at) = (self.missing.saturating_sub(came), now);
        let after = self.missing + TOKEN;
        let Some(short) = after
            .checked_sub(u128::from(burst) * TOKEN)
            .filter(|&s| s > 0)
        else {
            self.missing = after;
            return Ok(());
        };
        if rate.0 == 0 {
            return Err(Time::NEVER);
        }
        let ns = u64::try_from(short.div_ceil(u128::from(rate.0))).unwrap_or(u64::MAX);
        Err(Time(now.0.saturating_add(ns)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saturated_bucket_gives_its_burst_and_then_its_rate() {
        let rate = Rate(100 * MICRO);
        let mut bucket = Bucket::default();
        let asked = (0..10_000u64).map(|ms| Time(ms * 1_000_000));
        let taken = asked.filter(|&t| bucket.take(t, rate, 50).is_ok());
        assert_eq!(
            taken.count(),
            50 + 999,
            "100/s and a burst of 50, just under 10 s"
        );
        let refused = bucket.take(Time(10_000_000_000 - 1), rate, 50);
        assert_eq!(refused, Err(Time(10_000_000_000)));
    }

    /// Three a second have no whole distance: the third part of a nanosecond is not lost, while the
    /// bucket is not full.
    #[test]
    fn a_rate_without_a_whole_distance_does_not_drift() {
        let rate = Rate(3 * MICRO);
        let (mut bucket, mut t, mut taken) = (Bucket::default(), Time::ZERO, 0u64);
        while t <= Time(1_000_000 * NS_PER_S) {
            match bucket.take(t, rate, 2) {
                Ok(()) => taken += 1,
                Err(later) => t = later,
            }
        }
        assert_eq!(taken, 2 + 3_000_000);
        assert_eq!(bucket.take(t, Rate(0), 2), Err(Time::NEVER));
    }
}
