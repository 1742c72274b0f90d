//! One station with a waiting line: exponential servers with or without a bound, one server with any
//! service time, a chain of two.

use super::time_at_tail;
use crate::engine::math::exp;

/// M/M/c: Poisson arrivals, c exponential servers, an unbounded line.
#[derive(Clone, Copy, Debug)]
pub struct Mmc {
    pub lambda: f64,
    /// Of one server.
    pub mu: f64,
    pub c: u32,
}

impl Mmc {
    /// Load of one server; there is a steady state only below 1.
    pub fn rho(&self) -> f64 {
        self.lambda / (f64::from(self.c) * self.mu)
    }

    /// Erlang C: the probability that a request has to wait.
    ///
    /// ```
    /// use brownout::experiment::closed_form::stations::Mmc;
    /// let station = Mmc { lambda: 160.0, mu: 100.0, c: 2 };
    /// assert!((station.waits() - 0.7111).abs() < 0.0001);
    /// ```
    pub fn waits(&self) -> f64 {
        let blocked = erlang_b(self.c, self.lambda / self.mu);
        blocked / (1.0 - self.rho() * (1.0 - blocked))
    }

    pub fn wait(&self) -> f64 {
        self.waits() / self.spare()
    }

    pub fn sojourn(&self) -> f64 {
        self.wait() + 1.0 / self.mu
    }

    /// The sojourn that a share `p` of requests does not exceed, first come, first served.
    pub fn sojourn_percentile(&self, p: f64) -> f64 {
        time_at_tail(1.0 - p, self.sojourn(), |t| self.sojourn_exceeds(t))
    }

    /// Who waits, waits an exponential time of rate `c mu - lambda`; the work comes on top.
    fn sojourn_exceeds(&self, t: f64) -> f64 {
        let both = sum_exceeds(self.mu, self.spare(), t);
        let waits = self.waits();
        (1.0 - waits) * exp(-self.mu * t) + waits * both
    }

    /// Capacity not used, in requests per second.
    fn spare(&self) -> f64 {
        f64::from(self.c) * self.mu - self.lambda
    }
}

/// The probability that the sum of two exponential times of rates `a` and `b` exceeds `t`.
pub(super) fn sum_exceeds(a: f64, b: f64, t: f64) -> f64 {
    if (a - b).abs() < 1e-6 * a {
        return (1.0 + a * t) * exp(-a * t);
    }
    (a * exp(-b * t) - b * exp(-a * t)) / (a - b)
}

/// Erlang B: the share of requests refused by `c` servers without a line at an offered load of `a`
/// servers, whatever the distribution of the service time (B. Sevastyanov 1957).
///
/// ```
/// use brownout::experiment::closed_form::stations::erlang_b;
/// assert!((erlang_b(10, 8.0) - 0.121661).abs() < 1e-6);
/// ```
pub fn erlang_b(c: u32, a: f64) -> f64 {
    // Jagerman's recursion: no factorial, no overflow.
    (1..=c).fold(1.0, |b, n| a * b / (f64::from(n) + a * b))
}

/// M/M/c/K: the same with room for `k` requests in all, those in service included.
#[derive(Clone, Copy, Debug)]
pub struct Mmck {
    pub lambda: f64,
    pub mu: f64,
    pub c: u32,
    pub k: u32,
}

impl Mmck {
    /// Probabilities of 0 to K requests being there.
    fn states(&self) -> Vec<f64> {
        let mut p = vec![1.0];
        for n in 1..=self.k {
            let before = p[n as usize - 1];
            p.push(before * self.lambda / (f64::from(n.min(self.c)) * self.mu));
        }
        let all: f64 = p.iter().sum();
        p.iter().map(|x| x / all).collect()
    }

    /// Share of requests that find no room.
    pub fn blocking(&self) -> f64 {
        self.states()[self.k as usize]
    }

    /// Served per second.
    pub fn throughput(&self) -> f64 {
        self.lambda * (1.0 - self.blocking())
    }

    /// Mean sojourn of those let in.
    pub fn sojourn(&self) -> f64 {
        let states = self.states();
        let there: f64 = states.iter().enumerate().map(|(n, p)| n as f64 * p).sum();
        there / self.throughput()
    }
}

/// M/G/1: one server, any service time, known by its mean and its squared coefficient of variation
/// (constant 0, Erlang of k stages 1/k, exponential 1).
#[derive(Clone, Copy, Debug)]
pub struct Mg1 {
    pub lambda: f64,
    pub mean: f64,
    pub cs2: f64,
}

impl Mg1 {
    pub fn rho(&self) -> f64 {
        self.lambda * self.mean
    }

    /// Pollaczek and Khinchine.
    pub fn wait(&self) -> f64 {
        self.rho() / (1.0 - self.rho()) * (1.0 + self.cs2) / 2.0 * self.mean
    }

    pub fn sojourn(&self) -> f64 {
        self.wait() + self.mean
    }
}

/// Two M/M/1 stations one behind the other: what leaves the first is Poisson again (P. Burke 1956),
/// and both sojourns of a request are independent (E. Reich 1957).
#[derive(Clone, Copy, Debug)]
pub struct Tandem {
    pub lambda: f64,
    pub mu: [f64; 2],
}

impl Tandem {
    pub fn sojourn(&self) -> f64 {
        self.mu.iter().map(|mu| 1.0 / (mu - self.lambda)).sum()
    }

    pub fn sojourn_percentile(&self, p: f64) -> f64 {
        let [a, b] = self.mu.map(|mu| mu - self.lambda);
        time_at_tail(1.0 - p, self.sojourn(), |t| sum_exceeds(a, b, t))
    }
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

    const fn mmc(lambda: f64, mu: f64, c: u32) -> Mmc {
        Mmc { lambda, mu, c }
    }

    #[test]
    fn one_server_has_the_textbook_values() {
        let busy = mmc(80.0, 100.0, 1);
        close(busy.wait(), 0.040, 1e-12);
        close(busy.sojourn(), 0.050, 1e-12);
        for (p, ms) in [(0.50, 34.66), (0.95, 149.79), (0.99, 230.26)] {
            close(busy.sojourn_percentile(p), ms / 1e3, 1e-4);
        }
        close(mmc(50.0, 100.0, 1).sojourn_percentile(0.99), 0.0921, 1e-4);
    }

    #[test]
    fn several_servers_have_the_textbook_values() {
        let two = mmc(160.0, 100.0, 2);
        close(two.waits(), 0.7111, 1e-4);
        close(two.wait(), 0.01778, 1e-3);
        close(two.sojourn_percentile(0.99), 0.1194, 1e-3);
        let ten = mmc(800.0, 100.0, 10);
        close(ten.wait(), 0.002046, 1e-3);
        close(ten.sojourn(), 0.012046, 1e-4);
        close(ten.sojourn_percentile(0.99), 0.04946, 1e-3);
        close(mmc(800.0, 1_000.0, 1).sojourn(), 0.005, 1e-12);
    }

    #[test]
    fn a_percentile_is_continuous_where_two_rates_meet() {
        // c mu - lambda = mu: the formula for unequal rates divides by nothing.
        let meets = mmc(100.0, 100.0, 2).sojourn_percentile(0.99);
        let beside = mmc(100.001, 100.0, 2).sojourn_percentile(0.99);
        close(meets, beside, 1e-4);
    }

    #[test]
    fn refusing_has_the_textbook_values() {
        for (c, a, b) in [
            (5, 5.0, 0.284868),
            (10, 8.0, 0.121661),
            (20, 15.0, 0.045593),
        ] {
            close(erlang_b(c, a), b, 1e-5);
            // Erlang B is M/M/c/c.
            let same = Mmck {
                lambda: a * 100.0,
                mu: 100.0,
                c,
                k: c,
            };
            close(same.blocking(), b, 1e-5);
        }
        let bounded = |lambda, k| Mmck {
            lambda,
            mu: 100.0,
            c: 1,
            k,
        };
        close(bounded(80.0, 5).blocking(), 0.08882, 1e-4);
        close(bounded(80.0, 10).blocking(), 0.02349, 2e-4);
        close(bounded(80.0, 5).sojourn(), 0.02563, 1e-3);
        close(bounded(80.0, 10).sojourn(), 0.03797, 1e-3);
        close(bounded(120.0, 10).blocking(), 0.19259, 1e-4);
        close(bounded(120.0, 10).throughput(), 96.89, 1e-4);
        close(bounded(120.0, 10).sojourn(), 0.06926, 1e-3);
        // At a load of exactly 1 all K + 1 states are alike.
        close(bounded(100.0, 4).blocking(), 0.2, 1e-12);
    }

    #[test]
    fn the_spread_of_the_service_time_makes_the_wait() {
        for (cs2, ms) in [(0.0, 30.0), (0.5, 40.0), (1.0, 50.0), (4.0, 110.0)] {
            let station = Mg1 {
                lambda: 80.0,
                mean: 0.010,
                cs2,
            };
            close(station.sojourn(), ms / 1e3, 1e-12);
        }
    }

    #[test]
    fn a_chain_adds_up() {
        let chain = Tandem {
            lambda: 80.0,
            mu: [100.0; 2],
        };
        close(chain.sojourn(), 0.1, 1e-12);
        close(chain.sojourn_percentile(0.95), 0.23719, 1e-4);
        close(chain.sojourn_percentile(0.99), 0.33192, 1e-4);
    }
}
