//! What retries do to the load: arithmetic that holds for any design.
//!
//! A *retry* is a try after the first one: `r` retries are `r + 1` attempts.

use super::power;

/// Attempts per call when each attempt fails with probability `f` and up to `r` retries follow.
///
/// ```
/// use brownout::experiment::closed_form::retries::attempts;
/// assert!((attempts(0.5, 3) - 1.875).abs() < 1e-12);
/// assert_eq!(attempts(1.0, 3), 4.0);
/// ```
pub fn attempts(f: f64, r: u32) -> f64 {
    (0..=r).map(|n| power(f, n)).sum()
}

/// Share of calls that fail for good.
pub fn fails_for_good(f: f64, r: u32) -> f64 {
    power(f, r + 1)
}

/// Attempts at the bottom of `depth` links that each retry `r` times, everything failing: retries
/// multiply (Google, *Site Reliability Engineering*, 2016, ch. 22).
pub fn through_layers(r: u32, depth: u32) -> f64 {
    power(f64::from(r + 1), depth)
}

/// Attempts per call under a budget that allows retries up to a share of first tries, when
/// everything fails and the attempts knob allows more.
pub fn under_ratio(ratio: f64, r: u32) -> f64 {
    1.0 + ratio.min(f64::from(r))
}

/// Retries one caller sends from a quota of tokens, when everything fails.
pub fn under_quota(tokens: u64, cost: u64) -> u64 {
    tokens / cost
}

/// When retry `n` (from 1) of a call that failed at time zero is sent, with doubling pauses from
/// `base` and no jitter: everybody at the same moment.
pub fn doubling(base: f64, n: u32) -> f64 {
    base * (power(2.0, n) - 1.0)
}

/// A server that never stops working for callers who have gone, first come, first served, hit by a
/// pause: the metastable failure of N. Bronson, A. Aghayev, A. Charapko, T. Zhu, *Metastable Failures
/// in Distributed Systems*, HotOS 2021, as a fluid.
#[derive(Clone, Copy, Debug)]
pub struct Metastable {
    /// User actions per second.
    pub lambda: f64,
    /// Served per second.
    pub mu: f64,
    /// Retries per action, each sent when the attempt before it has timed out.
    pub retries: u32,
    pub timeout: f64,
    /// How long requests are held back, to arrive all at once.
    pub hold: f64,
}

impl Metastable {
    /// The load above which a server that is behind stays behind for ever: each action costs
    /// `1 + retries` pieces of work, all of them too late.
    pub fn threshold(&self) -> f64 {
        self.mu / f64::from(1 + self.retries)
    }

    /// Requests that wait at the end of the hold: first tries of its whole length, and of each retry
    /// those that were due before its end.
    pub fn held(&self) -> f64 {
        let of_retry = |n: u32| (self.hold - f64::from(n) * self.timeout).max(0.0);
        (0..=self.retries).map(|n| self.lambda * of_retry(n)).sum()
    }

    /// From the end of the hold until replies are in time again; `None` if never.
    pub fn recovers_in(&self) -> Option<f64> {
        let spare = self.mu - f64::from(1 + self.retries) * self.lambda;
        if spare <= 0.0 {
            return None;
        }
        // Replies are in time as soon as the line takes no longer than the timeout.
        let in_time = self.mu * self.timeout;
        Some(((self.held() - in_time) / spare).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

    #[test]
    fn retries_have_the_published_values() {
        for (f, expected) in [(0.1, 1.1110), (0.5, 1.8750), (1.0, 4.0)] {
            close(attempts(f, 3), expected, 1e-4);
        }
        close(fails_for_good(0.5, 3), 0.0625, 1e-12);
        assert_eq!((through_layers(3, 3), through_layers(2, 3)), (64.0, 27.0));
        close(under_ratio(0.1, 3), 1.1, 1e-12);
        assert_eq!(under_quota(500, 5), 100);
        assert_eq!(
            [1, 2, 3, 4].map(|n| doubling(1.0, n)),
            [1.0, 3.0, 7.0, 15.0]
        );
    }

    #[test]
    fn the_fluid_recovers_near_the_published_times() {
        let at = |lambda| Metastable {
            lambda,
            mu: 300.0,
            retries: 1,
            timeout: 1.0,
            hold: 10.0,
        };
        for (lambda, seconds) in [(100.0, 16.0), (120.0, 35.0), (140.0, 112.0)] {
            close(at(lambda).recovers_in().unwrap(), seconds, 0.06);
        }
        for lambda in [160.0, 200.0, 250.0, 280.0] {
            assert_eq!(at(lambda).recovers_in(), None);
        }
        assert_eq!(at(100.0).threshold(), 150.0);
    }
}
