//! How long a run has to be.

use crate::time::{Duration, NS_PER_MS, NS_PER_S};

/// Length of a run and the part at its start that is not measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    pub duration: Duration,
    pub warm_up: Duration,
    /// The length is part of the experiment, not a matter of precision.
    fixed: bool,
}

/// Share of a run in which the start is forgotten.
const WARM_UP: f64 = 0.15;

fn milliseconds(seconds: f64) -> Duration {
    Duration(((seconds * 1e3).ceil() as u64).max(1) * NS_PER_MS)
}

impl Length {
    /// So many requests at this rate are measured.
    pub fn of(requests: f64, rate: f64) -> Length {
        let seconds = requests / rate / (1.0 - WARM_UP);
        Length {
            duration: milliseconds(seconds),
            warm_up: milliseconds(seconds * WARM_UP),
            fixed: false,
        }
    }

    /// So many requests from an empty start, all of them measured.
    pub fn all_of(requests: f64, rate: f64) -> Length {
        Length {
            duration: milliseconds(requests / rate),
            warm_up: Duration::ZERO,
            fixed: false,
        }
    }

    /// Exactly this long, measured from `warm_up` on.
    pub fn exactly(seconds: f64, warm_up: f64) -> Length {
        Length {
            duration: Duration((seconds * NS_PER_S as f64) as u64),
            warm_up: Duration((warm_up * NS_PER_S as f64) as u64),
            fixed: true,
        }
    }

    /// Longer or shorter, for more or less precision.
    pub fn times(self, effort: f64) -> Length {
        if self.fixed {
            return self;
        }
        Length {
            duration: milliseconds(self.duration.as_secs_f64() * effort),
            warm_up: Duration((self.warm_up.0 as f64 * effort) as u64),
            fixed: false,
        }
    }
}

/// Requests for a mean sojourn within `error` of the truth in 19 of 20 runs of an M/M/1 station of
/// load `rho` (W. Whitt, *Planning queueing simulations*, Management Science 1989): what comes one
/// after the other is alike, the more so the fuller the station is.
pub fn requests_for(error: f64, rho: f64) -> f64 {
    let points = 1.96 / error;
    points * points * 2.0 * (1.0 + rho) / (rho * (1.0 - rho) * (1.0 - rho))
}
