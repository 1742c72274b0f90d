//! A second request to another server if the first has not answered after a while, the first reply
//! counts. Nobody waits in a line: what hedging does to the load is a number beside it.

use super::time_at_tail;
use super::times::Times;
use crate::engine::math::exp;

/// Two requests with times of their own, the second `after` s behind the first.
#[derive(Clone, Copy, Debug)]
pub struct Hedged {
    pub times: Times,
    pub after: f64,
}

impl Hedged {
    /// Requests in addition, per request: those that are not back when the hedge is sent, `P(X > d)`
    /// (J. Dean, L. Barroso, *The Tail at Scale*, CACM 2013).
    pub fn extra(&self) -> f64 {
        self.times.exceeds(self.after)
    }

    /// The probability that the reply takes longer than `t`: `P(X > t)` before the hedge, and
    /// `P(X > t) P(Y > t - d)` after it.
    pub fn exceeds(&self, t: f64) -> f64 {
        let first = self.times.exceeds(t);
        if t < self.after {
            first
        } else {
            first * self.times.exceeds(t - self.after)
        }
    }

    /// Mean time until the first reply: that of `min(X, d + Y)`. For exponential times of mean m
    /// `m (1 - e^{-d/m} / 2)`.
    ///
    /// ```
    /// use brownout::experiment::closed_form::hedging::Hedged;
    /// use brownout::experiment::closed_form::times::Times;
    /// // One in a hundred takes a second; who hedges after 20 ms pays 1 % more requests.
    /// let hedged = Hedged { times: Times::two_point(0.010, 1.0, 0.01), after: 0.020 };
    /// assert!((hedged.mean() - 0.010297).abs() < 1e-9);
    /// assert_eq!(hedged.extra(), 0.01);
    /// ```
    pub fn mean(&self) -> f64 {
        match self.times {
            Times::Points(_) => self.over_points(|x, y| x.min(self.after + y)),
            Times::Phases(_) => self.alone() + self.together(),
        }
    }

    /// The time that a share `p` of requests does not exceed.
    pub fn percentile(&self, p: f64) -> f64 {
        time_at_tail(1.0 - p, self.times.mean(), |t| self.exceeds(t))
    }

    /// Mean work per request in s, of both together, if the loser is stopped when the first reply comes.
    /// For exponential times it is that of one request: what is stopped would have gone on as long as
    /// what is new.
    pub fn work_if_cancelled(&self) -> f64 {
        match self.times {
            Times::Points(_) => self.over_points(|x, y| {
                let done = x.min(self.after + y);
                done + (done - self.after).max(0.0)
            }),
            Times::Phases(_) => self.alone() + 2.0 * self.together(),
        }
    }

    /// Mean work per request in s if both go on to their end.
    pub fn work_if_not_cancelled(&self) -> f64 {
        self.times.mean() * (1.0 + self.extra())
    }

    fn over_points(&self, value: impl Fn(f64, f64) -> f64) -> f64 {
        let (Times::Points(both) | Times::Phases(both)) = self.times;
        let pairs = both.iter().flat_map(|x| both.iter().map(move |y| (x, y)));
        pairs.map(|(x, y)| x.0 * y.0 * value(x.1, y.1)).sum()
    }

    /// Exponential phases: mean time that the first works before the hedge is sent.
    fn alone(&self) -> f64 {
        let (Times::Points(both) | Times::Phases(both)) = self.times;
        let until = |&(share, mean): &(f64, f64)| share * mean * (1.0 - exp(-self.after / mean));
        both.iter().map(until).sum()
    }

    /// Exponential phases: mean time that both work, until the first is done.
    fn together(&self) -> f64 {
        self.over_points(|x, y| exp(-self.after / x) / (1.0 / x + 1.0 / y))
    }
}

#[cfg(test)]
mod tests {
    use super::super::dice::Dice;
    use super::super::{close, integral};
    use super::*;

    #[test]
    fn exponential_times_have_the_textbook_values() {
        let hedged = Hedged {
            times: Times::exponential(0.010),
            after: 0.010,
        };
        close(hedged.mean(), 0.010 * (1.0 - exp(-1.0) / 2.0), 1e-12);
        close(hedged.extra(), exp(-1.0), 1e-12);
        close(hedged.work_if_cancelled(), 0.010, 1e-12);
        // exp(-(2t - d) / m) = 0.01.
        close(hedged.percentile(0.99), 0.010 * (4.60517 + 1.0) / 2.0, 1e-5);
        // At once: the better of two.
        let both = Hedged {
            after: 0.0,
            ..hedged
        };
        close(both.mean(), 0.005, 1e-12);
    }

    #[test]
    fn the_mean_is_the_integral_of_being_exceeded() {
        let hedged = Hedged {
            times: Times::hyperexponential(1.0, 4.0),
            after: 1.5,
        };
        let area =
            integral(0.0, 1.5, |t| hedged.exceeds(t)) + integral(1.5, 150.0, |t| hedged.exceeds(t));
        close(hedged.mean(), area, 1e-6);
    }

    #[test]
    fn hedges_are_what_drawing_gives() {
        let mut dice = Dice::new(6);
        let hyper = Times::hyperexponential(1.0, 4.0);
        for (times, after) in [
            (Times::two_point(1.0, 30.0, 0.1), 2.0),
            (Times::two_point(1.0, 3.0, 0.3), 0.5),
            (hyper, 2.0),
        ] {
            let mut draw = || {
                let (Times::Points(both) | Times::Phases(both)) = times;
                let (_, value) = both[usize::from(dice.unit() >= both[0].0)];
                match times {
                    Times::Points(_) => value,
                    Times::Phases(_) => dice.exponential(value),
                }
            };
            let (mut sum, mut extra, mut work, mut all) = (0.0, 0.0, 0.0, 0.0);
            let mut late = 0.0;
            let hedged = Hedged { times, after };
            let p95 = hedged.percentile(0.95);
            const REQUESTS: u32 = 1_000_000;
            for _ in 0..REQUESTS {
                let (x, y) = (draw(), draw());
                let done = x.min(after + y);
                let is_hedged = x > after;
                sum += done;
                extra += f64::from(u8::from(is_hedged));
                all += x + if is_hedged { y } else { 0.0 };
                work += done + (done - after).max(0.0);
                late += f64::from(u8::from(done > p95));
            }
            let n = f64::from(REQUESTS);
            close(hedged.mean(), sum / n, 0.01);
            close(hedged.extra(), extra / n, 0.01);
            close(hedged.work_if_cancelled(), work / n, 0.01);
            close(hedged.work_if_not_cancelled(), all / n, 0.01);
            assert!(late / n < 0.051, "{late}");
        }
    }
}
