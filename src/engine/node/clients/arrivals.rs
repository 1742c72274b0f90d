//! Open arrivals: actions that come whatever happens to the earlier ones.
//!
//! The number of arrivals by time t follows the integral of the rate: a Poisson stream has
//! exponential distances in that integral (so a doubled rate halves the distances of the same draws),
//! a constant one distances of exactly one. The integral is kept in whole numbers, so a constant
//! 300/s makes 300 in each second for ever.

use rand::rand_core::Rng as _;
use rand_chacha::ChaCha8Rng;

use crate::design::value::{Factor, MICRO, Rate};
use crate::engine::draw::open_unit;
use crate::engine::math::ln;
use crate::time::{NS_PER_S, Time};

/// One arrival in units of the rate's integral: millionths per second times nanoseconds.
const ONE: u128 = MICRO as u128 * NS_PER_S as u128;

/// The rate between `from` and `from + over` moves evenly from one value to the other, then stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ramp {
    pub from: Time,
    pub start: u64,
    pub end: u64,
    pub over: u64,
}

impl Ramp {
    pub fn flat(rate: Rate) -> Ramp {
        Ramp {
            from: Time::ZERO,
            start: rate.0,
            end: rate.0,
            over: 0,
        }
    }

    /// Rate at `t`, in millionths per second.
    pub fn at(&self, t: Time) -> u64 {
        let dt = t.since(self.from).0;
        if dt >= self.over {
            return self.end;
        }
        let part = |rate: u64, weight: u64| u128::from(rate) * u128::from(weight);
        ((part(self.start, self.over - dt) + part(self.end, dt)) / u128::from(self.over)) as u64
    }

    /// Integral of the rate from `a` to `b`.
    #[inline]
    fn integral(&self, a: Time, b: Time) -> u128 {
        if self.over == 0 {
            return u128::from(self.end) * u128::from(b.0 - a.0);
        }
        let knee = Time(self.from.0.saturating_add(self.over)).min(b).max(a);
        // The mean of the two ends is exact on a straight line.
        let sloped =
            (u128::from(self.at(a)) + u128::from(self.at(knee))) * u128::from(knee.0 - a.0) / 2;
        sloped + u128::from(self.end) * u128::from(b.0 - knee.0)
    }

    /// The first instant by which the integral from `a` has reached `amount`.
    #[inline]
    fn reach(&self, a: Time, amount: u128) -> Time {
        if self.over == 0 || a.since(self.from).0 >= self.over {
            if self.end == 0 {
                return Time::NEVER;
            }
            // Nearly always it fits into 64 bits, whose division is several times faster.
            let ns = match u64::try_from(amount) {
                Ok(amount) => u128::from(amount.div_ceil(self.end)),
                Err(_) => amount.div_ceil(u128::from(self.end)),
            };
            return Time(u64::try_from(u128::from(a.0) + ns).unwrap_or(u64::MAX));
        }
        self.reach_on_slope(a, amount)
    }

    #[cold]
    fn reach_on_slope(&self, a: Time, amount: u128) -> Time {
        let knee = Time(self.from.0 + self.over);
        let sloped = self.integral(a, knee);
        if sloped < amount {
            return self.reach(knee, amount - sloped);
        }
        let (mut low, mut high) = (a.0, knee.0);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.integral(a, Time(middle)) >= amount {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Time(low)
    }

    fn times(&self, factor: Factor) -> Ramp {
        let scale = |r: u64| (u128::from(r) * u128::from(factor.0) / u128::from(MICRO)) as u64;
        Ramp {
            start: scale(self.start),
            end: scale(self.end),
            ..*self
        }
    }
}

/// One stream of arrivals, whose rate may change.
#[derive(Clone)]
pub struct Arrivals {
    /// Boxed: it is larger than the state of any other kind.
    stream: Box<ChaCha8Rng>,
    poisson: bool,
    /// What the knob says, from which the base may have moved.
    pub knob: Rate,
    pub base: Ramp,
    pub steps: Vec<(u16, Rate)>,
    pub spikes: Vec<(u16, Factor)>,
    /// Of the integral: what is left until the next arrival, as of `since`.
    left: u128,
    since: Time,
    /// Arrival events of an earlier rate are recognised by an older generation.
    pub generation: u32,
}

impl Arrivals {
    pub fn new(stream: ChaCha8Rng, poisson: bool, rate: Rate, now: Time) -> Arrivals {
        let mut arrivals = Arrivals {
            stream: Box::new(stream),
            poisson,
            knob: rate,
            base: Ramp::flat(rate),
            steps: Vec::new(),
            spikes: Vec::new(),
            left: 0,
            since: now,
            generation: 0,
        };
        arrivals.left = arrivals.distance();
        arrivals
    }

    /// The rate that counts now: the newest step in force, else the base, times all spikes.
    #[inline]
    fn shape(&self) -> Ramp {
        if self.steps.is_empty() && self.spikes.is_empty() {
            return self.base;
        }
        self.changed_shape()
    }

    #[cold]
    fn changed_shape(&self) -> Ramp {
        let base = self
            .steps
            .last()
            .map_or(self.base, |&(_, rate)| Ramp::flat(rate));
        self.spikes
            .iter()
            .fold(base, |ramp, &(_, factor)| ramp.times(factor))
    }

    /// Distance to the next arrival, in the rate's integral.
    fn distance(&mut self) -> u128 {
        if !self.poisson {
            return ONE;
        }
        let bits = self.stream.next_u64();
        // At most 38 times ONE: it fits into 64 bits.
        u128::from((-ln(open_unit(bits)) * ONE as f64) as u64)
    }

    /// When the next one comes, as things are.
    #[inline]
    pub fn next(&self) -> Time {
        self.shape().reach(self.since, self.left)
    }

    /// One arrives now: the way to the next begins.
    #[inline(always)]
    pub fn arrived(&mut self, now: Time) {
        // What the whole nanosecond went beyond the arrival counts for the next one.
        let beyond = self
            .shape()
            .integral(self.since, now)
            .saturating_sub(self.left);
        self.left = self.distance().saturating_sub(beyond);
        self.since = now;
    }

    /// The rate is about to change: what was covered of the way so far is settled, and the arrival
    /// that is scheduled no longer counts.
    pub fn settle(&mut self, now: Time) {
        let covered = self.shape().integral(self.since, now);
        self.left = self.left.saturating_sub(covered);
        self.since = now;
        self.generation = self.generation.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_rate_keeps_its_count_for_ever() {
        let ramp = Ramp::flat(Rate(300 * MICRO));
        let (mut t, mut left, mut since) = (Time::ZERO, ONE, Time::ZERO);
        let mut arrivals = 0;
        while t < Time(1_000 * NS_PER_S) {
            t = ramp.reach(since, left);
            left = ONE - ramp.integral(since, t).saturating_sub(left);
            since = t;
            arrivals += 1;
        }
        assert_eq!(arrivals, 300_000, "the last one falls on the edge");
        assert_eq!(t, Time(1_000 * NS_PER_S));
    }

    #[test]
    fn a_ramp_integrates_to_its_mean() {
        let ramp = Ramp {
            from: Time(0),
            start: 0,
            end: 100 * MICRO,
            over: 10 * NS_PER_S,
        };
        assert_eq!(ramp.integral(Time(0), Time(10 * NS_PER_S)), 500 * ONE);
        assert_eq!(ramp.integral(Time(0), Time(20 * NS_PER_S)), 1_500 * ONE);
        assert_eq!(ramp.reach(Time(0), 500 * ONE), Time(10 * NS_PER_S));
        assert_eq!(ramp.reach(Time(0), 600 * ONE), Time(11 * NS_PER_S));
        assert_eq!(ramp.reach(Time(0), 125 * ONE), Time(5 * NS_PER_S));
    }
}
