//! Walls between users of the same servers: two kinds of requests that share a pool, or have a part of it
//! each; a pool that is held longer; a breaker that opens.

use super::stations::erlang_b;
use crate::engine::math::{exp, ln};

/// One kind of requests at a pool without a waiting line.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Random arrivals per second.
    pub lambda: f64,
    /// Mean time in s that one holds its thread or connection, whatever the distribution.
    pub holds: f64,
}

impl Kind {
    /// Threads it would keep busy.
    pub fn offered(&self) -> f64 {
        self.lambda * self.holds
    }
}

/// Share refused of every kind when all share `c` threads: Erlang B of all together, because random
/// arrivals find the pool as it is over time.
///
/// ```
/// use brownout::experiment::closed_form::bulkheads::{Kind, refused_if_shared};
/// let hanging = Kind { lambda: 10.0, holds: 30.0 };
/// let healthy = Kind { lambda: 90.0, holds: 0.050 };
/// assert!((refused_if_shared(100, &[hanging, healthy]) - 0.673).abs() < 0.001);
/// ```
pub fn refused_if_shared(c: u32, kinds: &[Kind]) -> f64 {
    erlang_b(c, kinds.iter().map(Kind::offered).sum())
}

/// Share refused of a kind that has `c` threads of its own.
pub fn refused_apart(c: u32, kind: Kind) -> f64 {
    erlang_b(c, kind.offered())
}

/// Requests per second that a pool of `size` can carry when each holds a connection for `holds` s
/// (Little's law).
pub fn pool_throughput(size: u32, holds: f64) -> f64 {
    f64::from(size) / holds
}

/// A circuit breaker over the last calls.
#[derive(Clone, Copy, Debug)]
pub struct Breaker {
    /// Calls it remembers.
    pub window: u32,
    /// Calls it needs before it judges.
    pub minimum: u32,
    /// Share of failures at which it opens.
    pub threshold: f64,
}

impl Breaker {
    /// Of resilience4j: 100 calls, 100 at least, 50 %.
    pub const RESILIENCE4J: Breaker = Breaker {
        window: 100,
        minimum: 100,
        threshold: 0.5,
    };

    /// The call that opens it when all calls fail from the start.
    pub fn opens_at(&self) -> u32 {
        self.minimum.min(self.window)
    }

    /// The probability that it opens at the first judgement, if each call fails with probability `f`: the
    /// failures among the minimum are at least the threshold's share.
    pub fn opens_at_once(&self, f: f64) -> f64 {
        let n = self.opens_at();
        let needed = (self.threshold * f64::from(n)).ceil() as u32;
        at_least(n, f, needed)
    }
}

/// The probability of at least `k` successes in `n` tries of probability `p`.
fn at_least(n: u32, p: f64, k: u32) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return f64::from(u8::from(k == 0 || p >= 1.0 && k <= n));
    }
    let odds = ln(p / (1.0 - p));
    let mut term = f64::from(n) * ln(1.0 - p);
    let mut sum = 0.0;
    for i in 0..=n {
        if i >= k {
            sum += exp(term);
        }
        term += odds + ln(f64::from(n - i) / f64::from(i + 1));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::chain::stationary;
    use super::super::close;
    use super::*;

    const HANGING: Kind = Kind {
        lambda: 10.0,
        holds: 30.0,
    };
    const HEALTHY: Kind = Kind {
        lambda: 90.0,
        holds: 0.050,
    };

    #[test]
    fn walls_have_the_published_values() {
        close(refused_if_shared(100, &[HANGING, HEALTHY]), 0.673, 1e-3);
        close(refused_apart(20, HANGING), 0.934, 1e-3);
        assert!(refused_apart(80, HEALTHY) < 1e-9);
        assert_eq!(pool_throughput(100, 0.050), 2_000.0);
        assert_eq!(pool_throughput(100, 0.500), 200.0);
    }

    #[test]
    fn a_shared_pool_is_what_a_chain_counts() {
        let kinds = [
            Kind {
                lambda: 2.0,
                holds: 1.5,
            },
            Kind {
                lambda: 5.0,
                holds: 0.2,
            },
        ];
        let c = 5usize;
        let at = |a: usize, b: usize| a * (c + 1) + b;
        let mut moves = Vec::new();
        for a in 0..=c {
            for b in 0..=c - a {
                if a + b < c {
                    moves.push((at(a, b), at(a + 1, b), kinds[0].lambda));
                    moves.push((at(a, b), at(a, b + 1), kinds[1].lambda));
                    moves.push((at(a + 1, b), at(a, b), (a + 1) as f64 / kinds[0].holds));
                    moves.push((at(a, b + 1), at(a, b), (b + 1) as f64 / kinds[1].holds));
                }
            }
        }
        let p = stationary((c + 1) * (c + 1), &moves);
        // States with more than c threads do not exist; nothing leaves them or comes in.
        let full: f64 = (0..=c).map(|a| p[at(a, c - a)]).sum();
        let exist: f64 = (0..=c)
            .flat_map(|a| (0..=c - a).map(move |b| (a, b)))
            .map(|(a, b)| p[at(a, b)])
            .sum();
        close(refused_if_shared(5, &kinds), full / exist, 1e-9);
    }

    #[test]
    fn a_breaker_with_the_defaults_opens_at_the_hundredth() {
        let breaker = Breaker::RESILIENCE4J;
        assert_eq!(breaker.opens_at(), 100);
        assert_eq!(breaker.opens_at_once(1.0), 1.0);
        assert_eq!(breaker.opens_at_once(0.0), 0.0);
        // By symmetry half, and half of the middle.
        let middle = 0.079589;
        close(breaker.opens_at_once(0.5), 0.5 + middle / 2.0, 1e-5);
        let small = Breaker {
            window: 4,
            minimum: 3,
            threshold: 0.5,
        };
        close(small.opens_at_once(0.1), 3.0 * 0.01 * 0.9 + 0.001, 1e-9);
    }
}
