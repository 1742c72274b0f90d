//! Passive outlier ejection, as Envoy has it (consecutive errors): an endpoint that fails so many
//! requests in a row is left out for a while, longer each time; a part of the endpoints at most.
//!
//! As in Envoy, ejection is at the moment of the last error, while the return waits for the next sweep:
//! sweeps are every `interval` from the start of the run. An endpoint that is in rotation at a sweep has
//! one of its earlier ejections forgiven.

use crate::design::Settings;
use crate::design::value::NANO;
use crate::engine::reason::Reason;
use crate::time::{Duration, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutlierPolicy {
    /// Errors in a row.
    pub after: u32,
    pub base: Duration,
    pub longest: Duration,
    /// Parts per billion of the endpoints.
    pub most: u64,
    /// One may be ejected even if that is more.
    pub one: bool,
    pub interval: Duration,
}

impl OutlierPolicy {
    pub fn compile(knobs: &Settings<'_>) -> Option<OutlierPolicy> {
        let after = knobs.opt_count("eject_after")?;
        Some(OutlierPolicy {
            after: after as u32,
            base: knobs.duration("eject_time"),
            longest: knobs.duration("eject_time_max"),
            most: knobs.share("eject_share_max").0,
            one: knobs.flag("eject_one"),
            interval: knobs.duration("eject_interval"),
        })
    }

    /// Whether one more of `all` may be ejected when `ejected` are.
    pub fn allows(&self, ejected: u32, all: u32) -> bool {
        let share = u128::from(ejected + 1) * u128::from(NANO);
        (self.one && ejected == 0) || share <= u128::from(self.most) * u128::from(all)
    }

    /// The first sweep at or after this instant.
    fn sweep(&self, at: Time) -> Time {
        let interval = self.interval.0.max(1);
        Time(at.0.div_ceil(interval).saturating_mul(interval))
    }
}

/// What is known of one endpoint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outlier {
    errors: u32,
    /// Ejections that are not forgiven.
    times: u32,
    /// Ejected until then; a moment that has passed if it is not.
    pub until: Time,
    /// From here on no sweep has been counted yet.
    counted: Time,
}

impl Outlier {
    pub fn is_ejected(&self, now: Time) -> bool {
        now < self.until
    }

    pub fn success(&mut self) {
        self.errors = 0;
    }

    /// Notes an error; whether there have been enough of them in a row.
    pub fn error(&mut self, policy: &OutlierPolicy, now: Time) -> bool {
        // What was sent before the ejection comes back during it, and changes nothing.
        if self.is_ejected(now) {
            return false;
        }
        self.errors = self.errors.saturating_add(1);
        self.errors >= policy.after
    }

    /// Leaves it out from now on.
    pub fn eject(&mut self, policy: &OutlierPolicy, now: Time) {
        let interval = policy.interval.0.max(1);
        let sweeps = (now.0 / interval).saturating_sub(self.counted.0 / interval);
        self.times = self
            .times
            .saturating_sub(u32::try_from(sweeps).unwrap_or(u32::MAX))
            + 1;
        let time = policy.base.0.saturating_mul(u64::from(self.times));
        let time = time.min(policy.longest.0);
        self.until = policy.sweep(Time(now.0.saturating_add(time)));
        self.counted = self.until;
        self.errors = 0;
    }
}

/// Whether a failed try speaks against the endpoint: it refused, broke, was too slow, or answered with
/// an error of its own (5xx). What the caller itself held back or took back does not, nor do refusals
/// that blame the request (4xx).
pub fn blames_endpoint(reason: Reason) -> bool {
    use Reason::*;
    !matches!(
        reason,
        PoolExhausted
            | BreakerOpen
            | Cancelled
            | DeadlinePassed
            | RateLimited
            | Conflict
            | Constraint
            | Unauthenticated
            | Forbidden
            | InvalidInput
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: OutlierPolicy = OutlierPolicy {
        after: 3,
        base: Duration::from_secs(30),
        longest: Duration::from_secs(70),
        most: NANO / 10,
        one: true,
        interval: Duration::from_secs(10),
    };

    fn at(s: u64) -> Time {
        Time::ZERO + Duration::from_secs(s)
    }

    #[test]
    fn errors_in_a_row_eject_for_longer_each_time() {
        let mut outlier = Outlier::default();
        let mut fail = |n: u32, s: u64| {
            let enough = (0..n).filter(|_| outlier.error(&POLICY, at(s))).count() > 0;
            if enough {
                outlier.eject(&POLICY, at(s));
            }
            (enough, outlier)
        };
        assert!(!fail(2, 1).0);
        // The third in a row, at 3 s: 30 s, and back at the next sweep.
        let (enough, ejected) = fail(1, 3);
        assert!(enough && ejected.is_ejected(at(39)) && !ejected.is_ejected(at(40)));
        assert!(!fail(9, 20).0, "it is out already");
        // Again at once: twice as long; then three times, but not above the longest.
        assert_eq!(fail(3, 41).1.until, at(110));
        assert_eq!(fail(3, 111).1.until, at(190));
        // Two sweeps in rotation, and two ejections are forgiven.
        assert_eq!(fail(3, 211).1.until, at(280));
        assert_eq!(fail(3, 330).1.until, at(360));
    }

    #[test]
    fn a_success_begins_the_count_anew() {
        let mut outlier = Outlier::default();
        assert!(!outlier.error(&POLICY, at(0)) && !outlier.error(&POLICY, at(0)));
        outlier.success();
        assert!(!outlier.error(&POLICY, at(0)));
    }

    #[test]
    fn a_part_at_most_is_ejected_but_one_always_may_be() {
        assert!(POLICY.allows(0, 3) && !POLICY.allows(1, 3));
        assert!(POLICY.allows(1, 20) && !POLICY.allows(2, 20));
    }
}
