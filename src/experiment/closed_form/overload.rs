//! Lines that get more than they can take: what is dropped when, who is served, and how long callers
//! pause.

use crate::engine::math::sqrt;

/// Requests that come evenly and are worked on evenly, more than one server can do, in a line kept short
/// by CoDel (K. Nichols, V. Jacobson 2012; RFC 8289): the first drop comes an interval after waits have
/// reached the target, the n-th one `interval / sqrt(n - 1)` after the one before it.
#[derive(Clone, Copy, Debug)]
pub struct Controlled {
    /// Per second.
    pub lambda: f64,
    pub mu: f64,
    /// In s.
    pub target: f64,
    pub interval: f64,
}

impl Controlled {
    /// When the first is dropped: request n waits `n (1/mu - 1/lambda)`, and is worked on at `n / mu`.
    pub fn first_drop(&self) -> f64 {
        let slower = 1.0 / self.mu - 1.0 / self.lambda;
        (self.target / slower).ceil() / self.mu + self.interval
    }

    /// Drops within `seconds` from the start, if waits stay above the target.
    ///
    /// ```
    /// use brownout::experiment::closed_form::overload::Controlled;
    /// let line = Controlled { lambda: 2000.0, mu: 1000.0, target: 0.005, interval: 0.1 };
    /// // At 0.11, 0.21, 0.2807, 0.3384 s.
    /// assert_eq!([0.1, 0.12, 0.3, 0.339].map(|t| line.drops_within(t)), [0, 1, 3, 4]);
    /// ```
    pub fn drops_within(&self, seconds: f64) -> u32 {
        let (mut at, mut n) = (self.first_drop(), 0);
        while at <= seconds {
            n += 1;
            at += self.interval / sqrt(f64::from(n));
        }
        n
    }

    /// Drops per second after so long: more than come too many, and the line is short again.
    pub fn drops_per_s(&self, seconds: f64) -> f64 {
        sqrt(f64::from(self.drops_within(seconds))) / self.interval
    }
}

/// M/M/1 with more arrivals than it can serve (`lambda > mu`), the newest first. Whoever comes waits until the
/// work under way and all who come meanwhile are through: a busy period, which ends with probability
/// `mu / lambda` and, if it ends, is as long as one with the two rates exchanged (Kleinrock, *Queueing
/// Systems I*, 1975, sec. 5.8-5.9).
#[derive(Clone, Copy, Debug)]
pub struct NewestFirst {
    pub lambda: f64,
    pub mu: f64,
}

impl NewestFirst {
    /// Mean wait in s of those who are served.
    pub fn wait(&self) -> f64 {
        1.0 / (self.lambda - self.mu)
    }

    /// The longest busy periods grow rarer by a factor of e with each so many seconds.
    pub fn fades_in(&self) -> f64 {
        let apart = sqrt(self.lambda) - sqrt(self.mu);
        1.0 / (apart * apart)
    }
}

/// How chance spreads pauses (M. Brooker, *Exponential Backoff And Jitter*, AWS Architecture Blog 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    None,
    Full,
    Equal,
    Decorrelated,
}

/// Mean of the sum of the first `retries` pauses in s, from `base` on and each at most `cap`; of
/// decorrelated ones only where the cap is out of reach: `3^retries base`.
///
/// ```
/// use brownout::experiment::closed_form::overload::{Jitter, pauses};
/// assert_eq!(pauses(Jitter::None, 1.0, 20.0, 3), 7.0);
/// assert_eq!(pauses(Jitter::Full, 1.0, 20.0, 3), 3.5);
/// assert_eq!(pauses(Jitter::Equal, 1.0, 20.0, 3), 5.25);
/// // 2, then half of 1 + 3 * 2, then half of 1 + 3 * 3.5.
/// assert_eq!(pauses(Jitter::Decorrelated, 1.0, 100.0, 3), 11.25);
/// ```
pub fn pauses(jitter: Jitter, base: f64, cap: f64, retries: u32) -> f64 {
    let share = match jitter {
        Jitter::None => 1.0,
        Jitter::Full => 0.5,
        Jitter::Equal => 0.75,
        Jitter::Decorrelated => {
            let (mut sum, mut last) = (0.0, base);
            for _ in 0..retries {
                last = (base + 3.0 * last) / 2.0;
                sum += last;
            }
            return sum;
        }
    };
    let mut doubled = base;
    let mut sum = 0.0;
    for _ in 0..retries {
        sum += share * doubled.min(cap);
        doubled *= 2.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::super::dice::Dice;
    use super::*;

    #[test]
    fn the_newest_are_served_as_stepping_says() {
        let line = NewestFirst {
            lambda: 1.5,
            mu: 1.0,
        };
        let mut dice = Dice::new(3);
        let (mut waits, mut served, mut all) = (0.0, 0.0, 0.0);
        for _ in 0..200_000 {
            // The work under way and those who come before it is over.
            let (mut busy, mut time) = (1u32, 0.0);
            while busy > 0 && busy < 200 {
                time += -libm::log(1.0 - dice.unit()) / (line.lambda + line.mu);
                match dice.unit() < line.mu / (line.lambda + line.mu) {
                    true => busy -= 1,
                    false => busy += 1,
                }
            }
            all += 1.0;
            if busy == 0 {
                served += 1.0;
                waits += time;
            }
        }
        close(served / all, line.mu / line.lambda, 0.01);
        close(waits / served, line.wait(), 0.03);
    }

    #[test]
    fn pauses_are_what_drawing_gives() {
        let mut dice = Dice::new(4);
        let (base, cap) = (0.3, 1.0);
        let mut sum = 0.0;
        const CALLS: u32 = 100_000;
        for _ in 0..CALLS {
            for k in 0..4 {
                sum += dice.unit() * (base * f64::from(1 << k)).min(cap);
            }
        }
        let mean = sum / f64::from(CALLS);
        close(mean, pauses(Jitter::Full, base, cap, 4), 0.01);
        let mut sum = 0.0;
        for _ in 0..CALLS {
            let mut last = base;
            for _ in 0..3 {
                last = base + dice.unit() * (3.0 * last - base);
                sum += last;
            }
        }
        let mean = sum / f64::from(CALLS);
        close(mean, pauses(Jitter::Decorrelated, base, 1e9, 3), 0.01);
    }
}
