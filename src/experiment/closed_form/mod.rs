//! Results of queueing theory and of simple arithmetic, to hold runs against.
//!
//! Nothing in the engine knows these numbers, and nothing here knows the engine: both are told the
//! same parameters, and [`conformance`](super::conformance) compares what comes out.
//!
//! Units: rates per second, times in seconds, loads and probabilities as shares of one. Notation as
//! in the textbooks: lambda arrivals per second, mu served per second by one server, c servers, K
//! places in the system, rho the load of one server, Wq the wait before the work begins and W the
//! whole sojourn.
//!
//! Sources: L. Kleinrock, *Queueing Systems I* (1975); D. Gross, J. Shortle, J. Thompson, C. Harris,
//! *Fundamentals of Queueing Theory*, 4th ed. (2008); M. Harchol-Balter, *Performance Modeling and
//! Design of Computer Systems* (2013); others where they are used.

pub mod backlog;
pub mod balancing;
pub mod bulkheads;
pub mod caches;
#[cfg(test)]
mod chain;
mod dice;
pub mod disciplines;
pub mod expiry;
pub mod hedging;
pub mod jobs;
pub mod limits;
pub mod loops;
pub mod messages;
pub mod objectives;
pub mod overload;
pub mod patience;
pub mod placement;
pub mod priorities;
pub mod queries;
pub mod quorums;
pub mod retries;
pub mod scaling;
pub mod stations;
pub mod times;
pub mod transactions;

/// The smallest `t` at which a falling function of time is at most `tail`: a percentile from the
/// probability of being exceeded. `scale` is any time of the right order.
fn time_at_tail(tail: f64, scale: f64, exceeds: impl Fn(f64) -> f64) -> f64 {
    let mut high = scale;
    while exceeds(high) > tail {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if exceeds(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// `x` raised to a whole power, by repeated squaring.
fn power(x: f64, n: u32) -> f64 {
    match n {
        0 => 1.0,
        n if n % 2 == 0 => power(x * x, n / 2),
        n => x * power(x, n - 1),
    }
}

/// The integral of a smooth function by Simpson's rule.
fn integral(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    const PIECES: u32 = 4_000;
    let step = (to - from) / f64::from(PIECES);
    let inner = |n: u32| f(from + f64::from(n) * step);
    let weighted = |n: u32| inner(n) * f64::from(2 + 2 * (n % 2));
    let sum: f64 = (1..PIECES).map(weighted).sum();
    (f(from) + sum + f(to)) * step / 3.0
}

#[cfg(test)]
#[track_caller]
fn close(measured: f64, expected: f64, relative: f64) {
    let off = (measured - expected).abs();
    assert!(
        off <= relative * expected.abs(),
        "{measured} is not within {relative} of {expected}"
    );
}
