//! Stations that differ from the plain line: the server is shared, the last one goes first, arrivals
//! come in batches, work comes back.

use super::stations::Mmc;
use super::time_at_tail;
use crate::engine::math::{cos, exp, sqrt};

/// M/G/1 and M/G/c under processor sharing: everybody is in service at once, the slower the more there
/// are, each with at most one of `c` processors. Only the mean service time counts, whatever its
/// distribution, so the mean sojourn is that of M/M/c (K. Chandy, J. Howard, D. Towsley 1977; J. Cohen
/// 1979).
#[derive(Clone, Copy, Debug)]
pub struct Sharing {
    pub lambda: f64,
    /// Mean service time in s of a request that is alone.
    pub mean: f64,
    pub c: u32,
}

impl Sharing {
    /// Mean sojourn in s; with one processor `mean / (1 - rho)`.
    ///
    /// ```
    /// use brownout::experiment::closed_form::disciplines::Sharing;
    /// let server = Sharing { lambda: 80.0, mean: 0.010, c: 1 };
    /// assert!((server.sojourn() - 0.050).abs() < 1e-12);
    /// ```
    pub fn sojourn(&self) -> f64 {
        let Sharing { lambda, mean, c } = *self;
        let mu = 1.0 / mean;
        Mmc { lambda, mu, c }.sojourn()
    }

    /// Mean sojourn in s of a request that needs `work` s alone, with one processor: `work / (1 - rho)`,
    /// so that all sizes are slowed down alike (Kleinrock, *Queueing Systems II*, 1976, ch. 4).
    pub fn sojourn_of(&self, work: f64) -> f64 {
        work / (1.0 - self.lambda * self.mean)
    }

    /// Variance of the sojourn in s^2 with one processor and exponential work:
    /// `mean^2 (2 + rho) / ((1 - rho)^2 (2 - rho))` (E. Coffman, R. Muntz, H. Trotter 1970).
    pub fn variance_if_exponential(&self) -> f64 {
        let rho = self.lambda * self.mean;
        let spare = 1.0 - rho;
        self.mean * self.mean * (2.0 + rho) / (spare * spare * (2.0 - rho))
    }
}

/// M/M/1 where the one who came last goes first, without interruption. The mean is that of first come,
/// first served; the tail is far longer.
#[derive(Clone, Copy, Debug)]
pub struct LastFirst {
    pub lambda: f64,
    pub mu: f64,
}

impl LastFirst {
    fn rho(&self) -> f64 {
        self.lambda / self.mu
    }

    /// Mean wait in s.
    pub fn wait(&self) -> f64 {
        self.rho() / (self.mu - self.lambda)
    }

    /// Variance of the wait in s^2: the second moment is that of first come, first served over
    /// `1 - rho` (L. Takacs 1963; R. Conway, W. Maxwell, L. Miller, *Theory of Scheduling*, 1967, ch. 8).
    pub fn wait_variance(&self) -> f64 {
        let spare = 1.0 - self.rho();
        let first_first = 2.0 * self.rho() / (self.mu * self.mu * spare * spare);
        first_first / spare - self.wait() * self.wait()
    }

    /// The probability that the wait exceeds `t`. Who waits (probability rho) waits a whole busy
    /// period: the service under way, then everybody who comes meanwhile. Its length is a mixture of
    /// exponential times with rates `a = lambda + mu - 2 sqrt(lambda mu) cos theta` and density
    /// `2 mu sin^2 theta / (pi a)` for theta in (0, pi): the integral form of the Bessel function in
    /// Kleinrock I, ch. 5.
    pub fn wait_exceeds(&self, t: f64) -> f64 {
        self.rho() * self.busy_mixture(|a| exp(-a * t))
    }

    /// The probability that the whole sojourn exceeds `t` s: after the wait comes the own work, which
    /// is independent of it.
    pub fn sojourn_exceeds(&self, t: f64) -> f64 {
        let mu = self.mu;
        let both = self.busy_mixture(|a| super::stations::sum_exceeds(a, mu, t));
        (1.0 - self.rho()) * exp(-mu * t) + self.rho() * both
    }

    /// The sojourn in s that a share `p` does not exceed.
    pub fn sojourn_percentile(&self, p: f64) -> f64 {
        let scale = 1.0 / (self.mu - self.lambda);
        time_at_tail(1.0 - p, scale, |t| self.sojourn_exceeds(t))
    }

    fn busy_mixture(&self, of_rate: impl Fn(f64) -> f64) -> f64 {
        // The integrand is smooth and periodic: equal steps converge faster than any power.
        const STEPS: u32 = 2_000;
        let swing = 2.0 * sqrt(self.lambda * self.mu);
        let each = (1..STEPS).map(|n| {
            let c = cos(std::f64::consts::PI * f64::from(n) / f64::from(STEPS));
            let a = self.lambda + self.mu - swing * c;
            2.0 * self.mu * (1.0 - c * c) / a * of_rate(a)
        });
        each.sum::<f64>() / f64::from(STEPS)
    }
}

/// M^\[X\]/G/1: requests come in batches, first come, first served.
#[derive(Clone, Copy, Debug)]
pub struct Batches {
    /// Batches per second, at random.
    pub batches: f64,
    /// Mean requests in a batch.
    pub size: f64,
    /// Squared coefficient of variation of that number: 0 if all batches are alike.
    pub size_cs2: f64,
    /// Mean service time of one request in s, and its squared coefficient of variation.
    pub mean: f64,
    pub cs2: f64,
}

impl Batches {
    pub fn rho(&self) -> f64 {
        self.batches * self.size * self.mean
    }

    /// Mean wait in s: a batch waits as one customer of an M/G/1, and a request for those before it in
    /// its batch, `E[X (X-1)] / (2 E[X])` on average (Gross et al., sec. 3.1; P. Burke 1975). With
    /// batches of b and exponential work the sojourn is `mean (b + 1) / (2 (1 - rho))`.
    ///
    /// ```
    /// use brownout::experiment::closed_form::disciplines::Batches;
    /// let batches = Batches { batches: 8.0, size: 10.0, size_cs2: 0.0, mean: 0.010, cs2: 1.0 };
    /// assert!((batches.sojourn() - 0.275).abs() < 1e-12);
    /// ```
    pub fn wait(&self) -> f64 {
        let Batches {
            size,
            mean,
            cs2,
            size_cs2,
            ..
        } = *self;
        let work = size * mean;
        let work_squared = size * mean * mean * cs2 + work * work * (1.0 + size_cs2);
        let of_batch = self.batches * work_squared / (2.0 * (1.0 - self.rho()));
        let ahead = (size * (1.0 + size_cs2) - 1.0) / 2.0;
        of_batch + ahead * mean
    }

    pub fn sojourn(&self) -> f64 {
        self.wait() + self.mean
    }
}

/// M/M/1 where a request comes back to the end of the line with probability `again` each time it has
/// been served, in s for the whole stay: `W = 1 / (mu (1 - again) - lambda)` (J. Jackson 1957; L. Takacs
/// 1963).
///
/// ```
/// use brownout::experiment::closed_form::disciplines::feedback_sojourn;
/// // Every fifth comes back: 60 of 75 per second are new.
/// assert!((feedback_sojourn(60.0, 100.0, 0.2) - 0.050).abs() < 1e-12);
/// ```
pub fn feedback_sojourn(lambda: f64, mu: f64, again: f64) -> f64 {
    1.0 / (mu * (1.0 - again) - lambda)
}

#[cfg(test)]
mod tests {
    use super::super::chain::{mean, stationary};
    use super::super::{close, integral};
    use super::*;

    #[test]
    fn sharing_has_the_published_values() {
        let server = Sharing {
            lambda: 80.0,
            mean: 0.010,
            c: 1,
        };
        close(server.sojourn(), 0.050, 1e-12);
        close(server.sojourn_of(0.010), 0.050, 1e-12);
        let two = Sharing {
            c: 2,
            lambda: 160.0,
            ..server
        };
        close(two.sojourn(), 0.02778, 1e-3);
    }

    #[test]
    fn the_spread_under_sharing_is_what_equations_give() {
        // One request among n others, by first steps; solved by repetition.
        let (lambda, n_max) = (0.5, 200);
        let (mut first, mut second) = (vec![0.0; n_max], vec![0.0; n_max]);
        for _ in 0..4_000 {
            for n in 0..n_max {
                let up = (n + 1).min(n_max - 1);
                let down = n as f64 / (n as f64 + 1.0);
                let of = |v: &[f64]| lambda * v[up] + down * v[n.saturating_sub(1)];
                first[n] = (1.0 + of(&first)) / (1.0 + lambda);
                second[n] = (2.0 * first[n] + of(&second)) / (1.0 + lambda);
            }
        }
        let found = |v: &[f64]| {
            let each = v.iter().enumerate();
            each.map(|(n, t)| t * 0.5 * super::super::power(0.5, n as u32))
                .sum::<f64>()
        };
        close(found(&first), 2.0, 1e-9);
        let variance = found(&second) - 4.0;
        let server = Sharing {
            lambda,
            mean: 1.0,
            c: 1,
        };
        close(server.variance_if_exponential(), variance, 1e-9);
    }

    #[test]
    fn the_last_first_tail_has_its_own_moments() {
        let line = LastFirst {
            lambda: 80.0,
            mu: 100.0,
        };
        close(line.wait_exceeds(0.0), 0.8, 1e-9);
        let tail = |from, to| integral(from, to, |t| line.wait_exceeds(t));
        close(tail(0.0, 0.5) + tail(0.5, 60.0), line.wait(), 1e-6);
        let second = |from, to| integral(from, to, |t| 2.0 * t * line.wait_exceeds(t));
        let variance = second(0.0, 1.0) + second(1.0, 60.0) - line.wait() * line.wait();
        close(variance, line.wait_variance(), 1e-5);
    }

    #[test]
    fn the_last_first_tail_is_that_of_a_walk() {
        // The line behind the one who waits, as a walk from 1 to 0 in steps of a uniform clock.
        let line = LastFirst {
            lambda: 0.5,
            mu: 1.0,
        };
        let t = 6.0;
        let events = 1.5 * t;
        let mut walk = vec![0.0; 200];
        walk[1] = 1.0;
        let (mut weight, mut survives) = (exp(-events), 0.0);
        for n in 1..150 {
            survives += weight * walk[1..].iter().sum::<f64>();
            weight *= events / f64::from(n);
            let mut next = vec![0.0; 200];
            for k in 1..199 {
                next[k + 1] += walk[k] / 3.0;
                next[k - 1] += walk[k] * 2.0 / 3.0;
            }
            next[0] = 0.0;
            walk = next;
        }
        close(line.wait_exceeds(t), 0.5 * survives, 1e-9);
    }

    #[test]
    fn batches_are_what_a_chain_counts() {
        let moves: Vec<(usize, usize, f64)> = (0..300usize)
            .flat_map(|n| [(n, (n + 3).min(299), 0.2), (n, n.saturating_sub(1), 1.0)])
            .filter(|(from, to, _)| from != to)
            .collect();
        let there = mean(&stationary(300, &moves), |n| n);
        let batches = Batches {
            batches: 0.2,
            size: 3.0,
            size_cs2: 0.0,
            mean: 1.0,
            cs2: 1.0,
        };
        close(batches.sojourn(), there / 0.6, 1e-9);
        // Batches of one are the plain line.
        let single = Batches {
            batches: 80.0,
            size: 1.0,
            mean: 0.01,
            cs2: 4.0,
            ..batches
        };
        close(single.sojourn(), 0.110, 1e-12);
    }

    #[test]
    fn random_batches_are_what_a_chain_counts() {
        // One or three, equally likely: mean 2, variance 1.
        let moves: Vec<(usize, usize, f64)> = (0..300usize)
            .flat_map(|n| {
                let down = (n, n.saturating_sub(1), 1.0);
                [(n, (n + 3).min(299), 0.1), (n, (n + 1).min(299), 0.1), down]
            })
            .filter(|(from, to, _)| from != to)
            .collect();
        let there = mean(&stationary(300, &moves), |n| n);
        let batches = Batches {
            batches: 0.2,
            size: 2.0,
            size_cs2: 0.25,
            mean: 1.0,
            cs2: 1.0,
        };
        close(batches.sojourn(), there / 0.4, 1e-9);
    }
}
