//! A circuit breaker of one caller instance, as resilience4j has it (its documentation, "CircuitBreaker").
//!
//! *Closed*: tries pass, and their ends go into a window of the last calls, or of the last seconds. Once
//! it holds the minimum, a share of failures (or of slow tries) at or above its threshold opens the
//! breaker. *Open*: tries are rejected. The first try after the open time makes it *half-open*: a fixed
//! number of tries may pass; when all have ended, their shares decide between open and closed. A closed
//! breaker starts with an empty window.
//!
//! As there: what ends is recorded in the state in which the breaker then is; a reason that does not
//! count is a success; a try that its caller cancelled gives its permission back and is not recorded. A
//! half-open breaker waits for its tries without limit (`maxWaitDurationInHalfOpenState` 0).

use std::collections::VecDeque;

use super::retry_on::Reasons;
use crate::design::Settings;
use crate::design::value::{NANO, Share};
use crate::time::{Duration, NS_PER_S, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sliding {
    Calls(u32),
    /// Whole seconds.
    Seconds(u32),
}

/// What a link demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    pub window: Sliding,
    pub min_calls: u32,
    pub threshold: Share,
    pub slow_after: Duration,
    pub slow_threshold: Share,
    pub open: Duration,
    pub half_open_calls: u32,
    pub counts: Reasons,
}

impl BreakerPolicy {
    pub fn compile(link: &Settings<'_>) -> Option<BreakerPolicy> {
        let window = match link.choice("breaker") {
            "none" => return None,
            "count" => Sliding::Calls(link.count("breaker_window") as u32),
            _ => Sliding::Seconds(link.duration("breaker_window_time").0.div_ceil(NS_PER_S) as u32),
        };
        let min_calls = link.count("breaker_min_calls") as u32;
        Some(BreakerPolicy {
            window,
            // A window of calls never holds more than its size.
            min_calls: match window {
                Sliding::Calls(size) => min_calls.min(size),
                Sliding::Seconds(_) => min_calls,
            },
            threshold: link.share("breaker_threshold"),
            slow_after: link.duration("breaker_slow_after"),
            slow_threshold: link.share("breaker_slow_threshold"),
            open: link.duration("breaker_open"),
            half_open_calls: link.count("breaker_half_open_calls") as u32,
            counts: Reasons::compile(link.opt_names("breaker_counts").as_deref()),
        })
    }

    /// Whether the shares of a window reach a threshold.
    fn is_exceeded(&self, total: Total) -> bool {
        let reached = |n: u32, of: Share| {
            u128::from(n) * u128::from(NANO) >= u128::from(of.0) * u128::from(total.calls)
        };
        reached(total.failed, self.threshold) || reached(total.slow, self.slow_threshold)
    }
}

/// How a try ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    pub failed: bool,
    pub slow: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Total {
    calls: u32,
    failed: u32,
    slow: u32,
}

impl Total {
    fn add(&mut self, ending: Ending) {
        self.calls += 1;
        self.failed += u32::from(ending.failed);
        self.slow += u32::from(ending.slow);
    }

    fn take(&mut self, other: Total) {
        self.calls -= other.calls;
        self.failed -= other.failed;
        self.slow -= other.slow;
    }
}

/// The last calls, or those of the last seconds, newest last.
#[derive(Clone, Debug, Default)]
struct Window {
    calls: VecDeque<Ending>,
    seconds: VecDeque<(u64, Total)>,
    total: Total,
}

impl Window {
    fn record(&mut self, size: Sliding, now: Time, ending: Ending) {
        match size {
            Sliding::Calls(size) => {
                if self.calls.len() == size as usize
                    && let Some(oldest) = self.calls.pop_front()
                {
                    let mut one = Total::default();
                    one.add(oldest);
                    self.total.take(one);
                }
                self.calls.push_back(ending);
            }
            Sliding::Seconds(seconds) => {
                let second = now.0 / NS_PER_S;
                while let Some(&(oldest, total)) = self.seconds.front()
                    && oldest + u64::from(seconds) <= second
                {
                    self.total.take(total);
                    self.seconds.pop_front();
                }
                if self.seconds.back().is_none_or(|newest| newest.0 < second) {
                    self.seconds.push_back((second, Total::default()));
                }
                if let Some(newest) = self.seconds.back_mut() {
                    newest.1.add(ending);
                }
            }
        }
        self.total.add(ending);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open {
        until: Time,
    },
    /// Tries that may still pass, and the ends of those that did.
    HalfOpen {
        left: u32,
        ended: Total,
    },
}

#[derive(Clone, Debug)]
pub struct Breaker {
    state: State,
    window: Window,
}

impl Default for Breaker {
    fn default() -> Self {
        Breaker {
            state: State::Closed,
            window: Window::default(),
        }
    }
}

impl Breaker {
    /// May a try pass? If so, its end is to be told by [`Breaker::ended`] or [`Breaker::cancelled`].
    pub fn permits(&mut self, policy: &BreakerPolicy, now: Time) -> bool {
        if let State::Open { until } = self.state
            && now >= until
        {
            self.state = State::HalfOpen {
                left: policy.half_open_calls,
                ended: Total::default(),
            };
        }
        match &mut self.state {
            State::Closed => true,
            State::Open { .. } => false,
            State::HalfOpen { left: 0, .. } => false,
            State::HalfOpen { left, .. } => {
                *left -= 1;
                true
            }
        }
    }

    /// A try that had passed ended. Returns whether that opened the breaker.
    pub fn ended(&mut self, policy: &BreakerPolicy, now: Time, ending: Ending) -> bool {
        let judged = match &mut self.state {
            State::Open { .. } => return false,
            State::Closed => {
                self.window.record(policy.window, now, ending);
                let total = self.window.total;
                (total.calls >= policy.min_calls).then_some(total)
            }
            State::HalfOpen { ended, .. } => {
                ended.add(ending);
                (ended.calls >= policy.half_open_calls).then_some(*ended)
            }
        };
        let Some(total) = judged else { return false };
        let opens = policy.is_exceeded(total);
        if opens {
            self.state = State::Open {
                until: now + policy.open,
            };
            self.window = Window::default();
        } else if matches!(self.state, State::HalfOpen { .. }) {
            self.state = State::Closed;
        }
        opens
    }

    /// A try that had passed was given up by its own caller: it says nothing about the callee.
    pub fn cancelled(&mut self, policy: &BreakerPolicy) {
        if let State::HalfOpen { left, ended } = &mut self.state {
            // One from before the breaker opened has no permission to give back.
            *left = (*left + 1).min(policy.half_open_calls - ended.calls);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::{Knobs, registry::LINK, value};

    const FAILED: Ending = Ending {
        failed: true,
        slow: false,
    };
    const FINE: Ending = Ending {
        failed: false,
        slow: false,
    };

    fn policy(knobs: &[(&'static str, &'static str)]) -> BreakerPolicy {
        let mut set = Knobs::new();
        for &(name, text) in [("breaker", "count")].iter().chain(knobs) {
            let spec = LINK.knob(name).expect("it is a knob of links");
            let value = value::parse(text, spec).expect("it fits");
            set.insert(name, value);
        }
        BreakerPolicy::compile(&Settings::new(&LINK, &set)).expect("there is a breaker")
    }

    fn at(seconds: u64) -> Time {
        Time(seconds * NS_PER_S)
    }

    /// The defaults, and the numbers of its documentation.
    #[test]
    fn the_100th_of_100_failures_opens_and_after_60_s_ten_pass() {
        let policy = policy(&[]);
        let mut breaker = Breaker::default();
        for n in 1..=100 {
            assert!(breaker.permits(&policy, at(0)));
            assert_eq!(breaker.ended(&policy, at(1), FAILED), n == 100);
        }
        assert!(!breaker.permits(&policy, Time(at(61).0 - 1)));
        let passed = (0..50).filter(|_| breaker.permits(&policy, at(61)));
        assert_eq!(passed.count(), 10);
        for n in 1..=10 {
            let fails = n <= 5;
            let ending = if fails { FAILED } else { FINE };
            assert_eq!(breaker.ended(&policy, at(62), ending), n == 10);
        }
        assert!(
            !breaker.permits(&policy, at(121)),
            "half failed: open again"
        );
        assert!(breaker.permits(&policy, at(122)));
        (0..9).for_each(|_| assert!(breaker.permits(&policy, at(122))));
        (0..10).for_each(|_| assert!(!breaker.ended(&policy, at(123), FINE)));
        assert!((0..50).all(|_| breaker.permits(&policy, at(123))), "closed");
        for _ in 0..99 {
            assert!(!breaker.ended(&policy, at(124), FAILED), "a new window");
        }
        assert!(breaker.ended(&policy, at(124), FAILED));
    }

    #[test]
    fn a_window_of_calls_slides() {
        let policy = policy(&[("breaker_window", "4"), ("breaker_min_calls", "4")]);
        let mut breaker = Breaker::default();
        let mut end = |ending| breaker.ended(&policy, at(0), ending);
        assert!(![FAILED, FINE, FINE, FINE].into_iter().any(&mut end));
        assert!(!end(FAILED), "the first failure has left the window");
        assert!(end(FAILED), "two of four");
    }

    #[test]
    fn a_window_of_seconds_forgets() {
        let knobs = [
            ("breaker", "time"),
            ("breaker_window_time", "10 s"),
            ("breaker_min_calls", "4"),
        ];
        let policy = policy(&knobs);
        let mut breaker = Breaker::default();
        for second in [0, 0, 1, 10] {
            assert!(!breaker.ended(&policy, at(second), FAILED), "{second} s");
        }
        assert!(
            !breaker.ended(&policy, at(10), FAILED),
            "three of 1 s and 10 s"
        );
        assert!(breaker.ended(&policy, at(10), FAILED));
    }

    #[test]
    fn slow_tries_open_it_too() {
        let policy = policy(&[
            ("breaker_window", "2"),
            ("breaker_min_calls", "2"),
            ("breaker_slow_threshold", "50 %"),
        ]);
        let mut breaker = Breaker::default();
        let slow = Ending { slow: true, ..FINE };
        assert!(!breaker.ended(&policy, at(0), FINE));
        assert!(breaker.ended(&policy, at(0), slow));
    }

    #[test]
    fn a_cancelled_try_gives_its_permission_back() {
        let knobs = [
            ("breaker_window", "1"),
            ("breaker_min_calls", "1"),
            ("breaker_half_open_calls", "1"),
        ];
        let policy = policy(&knobs);
        let mut breaker = Breaker::default();
        assert!(breaker.ended(&policy, at(0), FAILED));
        assert!(breaker.permits(&policy, at(60)));
        assert!(!breaker.permits(&policy, at(60)));
        breaker.cancelled(&policy);
        assert!(breaker.permits(&policy, at(60)));
    }
}
