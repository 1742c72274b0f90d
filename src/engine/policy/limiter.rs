//! Rate limits: which requests pass, by a bucket of tokens or by counting in a window. All arithmetic is
//! in whole numbers: nothing drifts.
//!
//! *Token bucket*: tokens come in at the rate up to the burst, full at the start; a request takes one.
//! Saturated for t seconds, burst + rate t pass.
//! *Fixed window*: so many per window; windows begin at multiples of their length from the start of the
//! run. Twice the limit can pass around an edge.
//! *Sliding window*: a log of the moments at which requests passed; never more than the limit in any
//! stretch as long as a window. (A counter that weighs the last window, as Cloudflare has it, only
//! estimates that.) What is refused is not in the log.
//!
//! Per identity or operation there is a table with a place for each that has been seen lately. When it is
//! full, the one that was seen least lately is forgotten, as nginx does with its zone.

use std::collections::{BTreeMap, VecDeque};

use super::rate::Bucket;
use crate::design::Settings;
use crate::design::value::Rate;
use crate::time::{Duration, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    TokenBucket,
    FixedWindow,
    SlidingWindow,
}

/// Who shares a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    Global,
    Identity,
    Operation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitPolicy {
    pub algorithm: Algorithm,
    pub per: Per,
    /// Millionths per second.
    rate: u64,
    burst: u64,
    window: Duration,
    table: usize,
}

impl LimitPolicy {
    pub fn compile(knobs: &Settings<'_>) -> Option<LimitPolicy> {
        let rate = knobs.opt_rate("rate_limit")?;
        Some(LimitPolicy {
            algorithm: match knobs.choice("rate_algorithm") {
                "token_bucket" => Algorithm::TokenBucket,
                "fixed_window" => Algorithm::FixedWindow,
                _ => Algorithm::SlidingWindow,
            },
            per: match knobs.choice("rate_per") {
                "global" => Per::Global,
                "identity" => Per::Identity,
                _ => Per::Operation,
            },
            rate: rate.0,
            burst: knobs.count("rate_burst"),
            window: knobs.duration("rate_window"),
            table: knobs.count("rate_table") as usize,
        })
    }

    /// Requests per window.
    fn limit(&self) -> u64 {
        crate::design::value::in_window(crate::design::value::Rate(self.rate), self.window)
    }
}

/// What is kept for one who has a limit.
#[derive(Clone, Debug)]
enum Meter {
    Bucket(Bucket),
    Fixed { window: u64, passed: u64 },
    Sliding { log: VecDeque<Time> },
}

impl Meter {
    fn new(policy: &LimitPolicy) -> Meter {
        match policy.algorithm {
            Algorithm::TokenBucket => Meter::Bucket(Bucket::default()),
            Algorithm::FixedWindow => Meter::Fixed {
                window: 0,
                passed: 0,
            },
            Algorithm::SlidingWindow => Meter::Sliding {
                log: VecDeque::new(),
            },
        }
    }

    fn passes(&mut self, policy: &LimitPolicy, now: Time) -> bool {
        match self {
            Meter::Bucket(bucket) => bucket.take(now, Rate(policy.rate), policy.burst).is_ok(),
            Meter::Fixed { window, passed } => {
                let current = now.0 / policy.window.0.max(1);
                if current != *window {
                    (*window, *passed) = (current, 0);
                }
                let passes = *passed < policy.limit();
                *passed += u64::from(passes);
                passes
            }
            Meter::Sliding { log } => {
                while log
                    .front()
                    .is_some_and(|at| now.0 - at.0 >= policy.window.0)
                {
                    log.pop_front();
                }
                let passes = (log.len() as u64) < policy.limit();
                if passes {
                    log.push_back(now);
                }
                passes
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    meter: Meter,
    /// When it was last asked, counted in questions.
    asked: u64,
}

/// The state of a limit: what one instance of a balancer keeps.
#[derive(Clone, Debug, Default)]
pub struct Limiter {
    table: BTreeMap<u64, Entry>,
    /// Keys of the table by when they were last asked.
    by_age: BTreeMap<u64, u64>,
    questions: u64,
}

impl Limiter {
    /// Whether a request of this key may pass now.
    pub fn passes(&mut self, policy: &LimitPolicy, key: u64, now: Time) -> bool {
        self.questions += 1;
        let asked = self.questions;
        if let Some(entry) = self.table.get_mut(&key) {
            self.by_age.remove(&entry.asked);
            entry.asked = asked;
            self.by_age.insert(asked, key);
            return entry.meter.passes(policy, now);
        }
        if self.table.len() >= policy.table.max(1)
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.table.remove(&oldest);
        }
        let mut meter = Meter::new(policy);
        let passes = meter.passes(policy, now);
        self.table.insert(key, Entry { meter, asked });
        self.by_age.insert(asked, key);
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::value::MICRO;

    fn policy(algorithm: Algorithm) -> LimitPolicy {
        LimitPolicy {
            algorithm,
            per: Per::Global,
            rate: 100 * MICRO,
            burst: 50,
            window: Duration::from_secs(1),
            table: 10,
        }
    }

    fn passed(policy: &LimitPolicy, times: impl Iterator<Item = Time>) -> usize {
        let mut limiter = Limiter::default();
        times.filter(|&t| limiter.passes(policy, 0, t)).count()
    }

    fn ms(n: u64) -> Time {
        Time::ZERO + Duration::from_millis(n)
    }

    #[test]
    fn a_bucket_lets_its_burst_and_its_rate_pass() {
        let bucket = policy(Algorithm::TokenBucket);
        // Ten seconds, somebody at the door every millisecond, both ends included.
        assert_eq!(passed(&bucket, (0..=10_000).map(ms)), 1_050);
        // It never holds more than the burst, however long nobody came.
        assert_eq!(passed(&bucket, (0..1_000).map(|_| ms(3_600_000))), 50);
        // A millionth less than a third of a token per second: each third second comes too early by
        // that much, for a whole week.
        let slow = LimitPolicy {
            rate: 333_333,
            burst: 1,
            ..bucket
        };
        let week = 7 * 24 * 3_600;
        let seconds = (0..week).map(|s| ms(1_000 * s));
        assert_eq!(passed(&slow, seconds), week as usize / 4);
    }

    #[test]
    fn a_fixed_window_lets_twice_its_limit_pass_around_an_edge() {
        let minute = LimitPolicy {
            rate: 1_666_667,
            window: Duration::from_secs(60),
            ..policy(Algorithm::FixedWindow)
        };
        assert_eq!(minute.limit(), 100);
        let around = (59_000..61_000).map(ms);
        assert_eq!(passed(&minute, around.clone()), 200);
        let sliding = LimitPolicy {
            algorithm: Algorithm::SlidingWindow,
            ..minute
        };
        assert_eq!(passed(&sliding, around), 100);
    }

    #[test]
    fn a_sliding_window_never_lets_more_than_its_limit_pass() {
        let sliding = policy(Algorithm::SlidingWindow);
        let mut limiter = Limiter::default();
        let times: Vec<u64> = (0..5_000).map(|n| n * n % 7_919).collect();
        let mut times = times;
        times.sort_unstable();
        let passed: Vec<u64> = times
            .into_iter()
            .filter(|&t| limiter.passes(&sliding, 0, ms(t)))
            .collect();
        for (i, &from) in passed.iter().enumerate() {
            let within = passed[i..]
                .iter()
                .take_while(|&&t| t < from + 1_000)
                .count();
            assert!(within <= 100);
        }
    }

    #[test]
    fn who_was_seen_least_lately_is_forgotten_when_the_table_is_full() {
        let small = LimitPolicy {
            rate: 1,
            burst: 1,
            table: 2,
            ..policy(Algorithm::TokenBucket)
        };
        let mut limiter = Limiter::default();
        let mut ask = |key| limiter.passes(&small, key, ms(1));
        assert!(ask(1) && ask(2));
        assert!(!ask(1) && !ask(2) && !ask(1));
        // The third takes the place of the second, who begins anew then.
        assert!(ask(3));
        assert!(!ask(1));
        assert!(ask(2));
    }
}
