//! Simulated time: whole nanoseconds, as text ("250 ms") and back.
//!
//! A [`Time`] is an instant of a run, counted from its start; a [`Duration`] is a length. Both are
//! unsigned 64-bit nanoseconds: enough for 584 years, with no rounding anywhere in the engine.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

pub const NS_PER_US: u64 = 1_000;
pub const NS_PER_MS: u64 = 1_000_000;
pub const NS_PER_S: u64 = 1_000_000_000;

/// An instant of a run, in nanoseconds since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

/// A length of simulated time, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub u64);

impl Time {
    pub const ZERO: Time = Time(0);
    /// Later than every event: the calendar's "never".
    pub const NEVER: Time = Time(u64::MAX);

    /// The length from `earlier` to here; zero if `earlier` is later.
    #[inline]
    pub fn since(self, earlier: Time) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// Seconds, for display and for statistics, never for a result of the engine.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NS_PER_S as f64
    }
}

impl Duration {
    pub const ZERO: Duration = Duration(0);

    pub const fn from_secs(s: u64) -> Duration {
        Duration(s * NS_PER_S)
    }

    pub const fn from_millis(ms: u64) -> Duration {
        Duration(ms * NS_PER_MS)
    }

    /// Seconds, for display and for statistics, never for a result of the engine.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NS_PER_S as f64
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    #[inline]
    fn add(self, d: Duration) -> Time {
        Time(self.0.saturating_add(d.0))
    }
}

impl Sub<Time> for Time {
    type Output = Duration;
    #[inline]
    fn sub(self, earlier: Time) -> Duration {
        debug_assert!(self >= earlier, "time runs forward");
        Duration(self.0 - earlier.0)
    }
}

impl Add for Duration {
    type Output = Duration;
    #[inline]
    fn add(self, d: Duration) -> Duration {
        Duration(self.0.saturating_add(d.0))
    }
}

impl AddAssign for Duration {
    #[inline]
    fn add_assign(&mut self, d: Duration) {
        self.0 = self.0.saturating_add(d.0);
    }
}

/// The unit words of a duration with their length in nanoseconds, longest first.
pub const DURATION_UNITS: &[(&str, u64)] = &[
    ("d", 86_400 * NS_PER_S),
    ("h", 3_600 * NS_PER_S),
    ("min", 60 * NS_PER_S),
    ("s", NS_PER_S),
    ("ms", NS_PER_MS),
    ("us", NS_PER_US),
    ("ns", 1),
];

/// Exact: the largest unit that gives a number with at most three decimals, else nanoseconds.
/// `"250 ms"`, `"1.5 s"`, `"10 min"`, `"0 s"`. Reading it back gives the same duration.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0 s");
        }
        for &(word, unit) in DURATION_UNITS {
            let scaled = u128::from(self.0) * 1000;
            // Above seconds only whole numbers read well: "90 s", not "1.5 min".
            let decimals_allowed = unit <= NS_PER_S;
            let exact = scaled % u128::from(unit) == 0;
            if self.0 >= unit && exact {
                let thousandths = scaled / u128::from(unit);
                let (whole, rest) = (thousandths / 1000, thousandths % 1000);
                if rest == 0 {
                    return write!(f, "{whole} {word}");
                }
                if decimals_allowed {
                    let digits = format!("{rest:03}");
                    return write!(f, "{whole}.{} {word}", digits.trim_end_matches('0'));
                }
            }
        }
        write!(f, "{} ns", self.0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Duration(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_print_exactly_and_short() {
        for (ns, text) in [
            (0, "0 s"),
            (250 * NS_PER_MS, "250 ms"),
            (1_500 * NS_PER_MS, "1.5 s"),
            (90 * NS_PER_S, "90 s"),
            (600 * NS_PER_S, "10 min"),
            (3_333_333, "3333.333 us"),
            (1_250, "1.25 us"),
        ] {
            assert_eq!(Duration(ns).to_string(), text);
        }
    }
}
