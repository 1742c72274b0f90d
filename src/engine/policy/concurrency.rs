//! A limit on the requests inside one instance that follows how long they take, after Netflix's
//! `concurrency-limits`.
//!
//! *AIMD* (`AIMDLimit`): a request that was dropped, or took longer than `latency`, leaves `backoff` of
//! the limit; any other adds one, if at least half of the limit was in use.
//!
//! *Gradient* (`Gradient2Limit`): the long-term mean of the times, tolerated `tolerance`-fold, over the
//! time of this request (dropped or not), kept between a half and one, scales the limit; `headroom` is added, and
//! `smoothing` of the result enters the limit. Envoy's adaptive concurrency filter is its relative, with a
//! minimum in place of the mean. Of the published algorithm, not knobs: the bound of a half; the mean is
//! plain over the first ten requests and then weighs each with `2 / (window + 1)`; a mean more than twice
//! the latest time loses 5 %; nothing changes while less than half of the limit is in use.

use crate::design::Settings;
use crate::design::value::{MICRO, NANO};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    algorithm: Algorithm,
    initial: f64,
    min: f64,
    max: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Algorithm {
    Aimd {
        backoff: f64,
        latency_ns: u64,
    },
    Gradient {
        tolerance: f64,
        headroom: f64,
        smoothing: f64,
        window: f64,
    },
}

impl Limits {
    pub fn compile(knobs: &Settings<'_>) -> Option<Limits> {
        let share = |name| knobs.share(name).0 as f64 / NANO as f64;
        let algorithm = match knobs.choice("concurrency_limit") {
            "aimd" => Algorithm::Aimd {
                backoff: share("limit_backoff"),
                latency_ns: knobs.duration("limit_latency").0,
            },
            "gradient" => Algorithm::Gradient {
                tolerance: knobs.factor("limit_tolerance").0 as f64 / MICRO as f64,
                headroom: knobs.count("limit_headroom") as f64,
                smoothing: share("limit_smoothing"),
                window: knobs.count("limit_window") as f64,
            },
            _ => return None,
        };
        Some(Limits {
            algorithm,
            initial: knobs.count("limit_initial") as f64,
            min: knobs.count("limit_min") as f64,
            max: knobs.count("limit_max") as f64,
        })
    }
}

/// Of the first requests, the mean is plain.
const WARM_UP: f64 = 10.0;

/// The limit of one instance.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    limit: f64,
    mean: f64,
    sum: f64,
    seen: f64,
}

impl Limit {
    pub fn new(limits: &Limits) -> Limit {
        Limit {
            limit: limits.initial,
            mean: 0.0,
            sum: 0.0,
            seen: 0.0,
        }
    }

    /// Whether one more fits in beside `inside`.
    pub fn admits(&self, inside: u32) -> bool {
        inside < self.limit as u32
    }

    /// A request is over that took `ns`, or was dropped; `inside`: how many there were with it.
    pub fn over(&mut self, limits: &Limits, ns: u64, inside: u32, dropped: bool) {
        let inside = f64::from(inside);
        let new = match limits.algorithm {
            Algorithm::Aimd {
                backoff,
                latency_ns,
            } => {
                if dropped || ns > latency_ns {
                    (self.limit * backoff) as u32 as f64
                } else if inside * 2.0 >= self.limit {
                    self.limit + 1.0
                } else {
                    return;
                }
            }
            Algorithm::Gradient {
                tolerance,
                headroom,
                smoothing,
                window,
            } => {
                let time = (ns.max(1)) as f64;
                self.remember(time, window);
                let gradient = (tolerance * self.mean / time).clamp(0.5, 1.0);
                if self.mean > 2.0 * time {
                    self.mean *= 0.95;
                }
                if inside < self.limit / 2.0 {
                    return;
                }
                let estimate = self.limit * gradient + headroom;
                self.limit * (1.0 - smoothing) + estimate * smoothing
            }
        };
        self.limit = new.min(limits.max).max(limits.min);
    }

    fn remember(&mut self, time: f64, window: f64) {
        if self.seen < WARM_UP {
            self.seen += 1.0;
            self.sum += time;
            self.mean = self.sum / self.seen;
        } else {
            let weight = 2.0 / (window + 1.0);
            self.mean = self.mean * (1.0 - weight) + time * weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(algorithm: Algorithm) -> Limits {
        Limits {
            algorithm,
            initial: 20.0,
            min: 5.0,
            max: 30.0,
        }
    }

    #[test]
    fn aimd_adds_one_and_loses_a_share() {
        let limits = limits(Algorithm::Aimd {
            backoff: 0.9,
            latency_ns: 100,
        });
        let mut limit = Limit::new(&limits);
        limit.over(&limits, 50, 9, false);
        assert_eq!(limit.limit, 20.0, "less than half is in use");
        limit.over(&limits, 50, 10, false);
        assert_eq!(limit.limit, 21.0);
        limit.over(&limits, 101, 10, false);
        assert_eq!(limit.limit, 18.0, "0.9 times 21, whole");
        for _ in 0..50 {
            limit.over(&limits, 50, 3, true);
        }
        assert_eq!(limit.limit, 5.0);
        assert!(limit.admits(4) && !limit.admits(5));
    }

    #[test]
    fn the_gradient_falls_when_requests_get_slow_and_grows_when_they_do_not() {
        let limits = limits(Algorithm::Gradient {
            tolerance: 1.5,
            headroom: 4.0,
            smoothing: 0.2,
            window: 600.0,
        });
        let mut limit = Limit::new(&limits);
        limit.over(&limits, 100, 20, false);
        assert!(
            (limit.limit - 20.8).abs() < 1e-12,
            "four more, of which a fifth counts"
        );
        for _ in 0..100 {
            limit.over(&limits, 100, 30, false);
        }
        assert_eq!(limit.limit, 30.0);
        for _ in 0..20 {
            limit.over(&limits, 1_000, 30, false);
        }
        // Falls towards headroom / (1 - gradient) = 8, with the gradient at its bound.
        assert!(limit.limit < 12.0, "{}", limit.limit);
    }
}
