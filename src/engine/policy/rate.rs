//! A token bucket in its form without tokens (generic cell rate algorithm, ITU-T I.371): one time says
//! all. A bucket of `burst` that fills at one per `every` is full when that time is not in the future.

use crate::design::value::{MICRO, Rate};
use crate::time::{Duration, NS_PER_S, Time};

/// Between two of so many per second.
pub fn interval(rate: Rate) -> Duration {
    let ns = u128::from(NS_PER_S) * u128::from(MICRO) / u128::from(rate.0.max(1));
    Duration(u64::try_from(ns).unwrap_or(u64::MAX))
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    /// When it will be full.
    full: Time,
}

impl Bucket {
    /// Takes one, or says when there will be one. `burst` is at least 1.
    pub fn take(&mut self, now: Time, every: Duration, burst: u64) -> Result<(), Time> {
        let full = self.full.max(now);
        let room = every.0.saturating_mul(burst - 1);
        if full.0 - now.0 > room {
            return Err(Time(full.0 - room));
        }
        self.full = full + every;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saturated_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::default();
        let asked = (0..10_000u64).map(|ms| Time(ms * 1_000_000));
        let taken = asked.filter(|&t| bucket.take(t, Duration(10_000_000), 50).is_ok());
        assert_eq!(
            taken.count(),
            50 + 999,
            "100/s and a burst of 50, just under 10 s"
        );
        let refused = bucket.take(Time(10_000_000_000 - 1), Duration(10_000_000), 50);
        assert_eq!(refused, Err(Time(10_000_000_000)));
    }
}
