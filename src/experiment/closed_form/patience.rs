//! Requests that do not wait for ever: M/M/c where who has waited longer than its patience is not
//! served.
//!
//! It is the same whether it leaves the line at that moment or is thrown away when its turn comes: it
//! never takes a server, and those behind it never notice. The *offered* wait below is what somebody of
//! endless patience would wait.

use super::integral;
use super::stations::erlang_b;
use crate::engine::math::{exp, ln};

/// How long a request is ready to wait, in s. The service itself does not count.
#[derive(Clone, Copy, Debug)]
pub enum Patience {
    /// All alike: drop at dequeue if waited longer, M/M/c+D.
    Constant(f64),
    /// With this mean: abandonment, M/M/c+M or Erlang A.
    Exponential(f64),
}

impl Patience {
    /// The probability of giving up within `t`.
    fn over(&self, t: f64) -> f64 {
        match *self {
            Patience::Constant(d) => f64::from(u8::from(t > d)),
            Patience::Exponential(mean) => 1.0 - exp(-t / mean),
        }
    }

    /// The mean of the smaller of the patience and `t`: the integral of not having given up.
    fn at_most(&self, t: f64) -> f64 {
        match *self {
            Patience::Constant(d) => t.min(d),
            Patience::Exponential(mean) => mean * self.over(t),
        }
    }
}

/// M/M/c with impatient requests. There is a steady state at any load.
///
/// The density of the offered wait is `lambda P_{c-1} exp(lambda H(x) - c mu x)` with
/// `H(x) = E[min(patience, x)]` (F. Baccelli, G. Hebuterne 1981; S. Zeltyn, A. Mandelbaum 2005; for
/// constant patience D. Barrer 1957).
#[derive(Clone, Copy, Debug)]
pub struct Impatient {
    pub lambda: f64,
    /// Of one server.
    pub mu: f64,
    pub c: u32,
    pub patience: Patience,
}

impl Impatient {
    /// Share of requests that are not served.
    ///
    /// ```
    /// use brownout::experiment::closed_form::patience::{Impatient, Patience};
    /// let patience = Patience::Constant(0.100);
    /// let station = Impatient { lambda: 120.0, mu: 100.0, c: 1, patience };
    /// assert!((station.lost() - 0.18396).abs() < 1e-5);
    /// ```
    pub fn lost(&self) -> f64 {
        self.mean_of(|x| self.patience.over(x))
    }

    /// Mean time in the line in s, over all requests: until served or given up.
    pub fn wait(&self) -> f64 {
        self.mean_of(|x| self.patience.at_most(x))
    }

    /// Mean wait in s of those who are served.
    pub fn wait_of_served(&self) -> f64 {
        let waited = self.mean_of(|x| x * (1.0 - self.patience.over(x)));
        waited / (1.0 - self.lost())
    }

    /// Mean sojourn in s of those who are served.
    pub fn sojourn_of_served(&self) -> f64 {
        self.wait_of_served() + 1.0 / self.mu
    }

    /// Served per second.
    pub fn throughput(&self) -> f64 {
        self.lambda * (1.0 - self.lost())
    }

    fn exponent(&self, x: f64) -> f64 {
        self.lambda * self.patience.at_most(x) - f64::from(self.c) * self.mu * x
    }

    /// The mean of `value` of the offered wait; `value` of no wait must be 0.
    fn mean_of(&self, value: impl Fn(f64) -> f64) -> f64 {
        let capacity = f64::from(self.c) * self.mu;
        let overload = self.lambda / capacity;
        // The exponent rises to its peak and then falls.
        let (peak, edge) = match self.patience {
            Patience::Constant(d) => (if overload > 1.0 { d } else { 0.0 }, d),
            Patience::Exponential(mean) => (mean * ln(overload).max(0.0), f64::INFINITY),
        };
        let top = self.exponent(peak);
        let low = self.negligible(peak, top, 0.0);
        let high = self.negligible(peak, top, peak + 100.0 / capacity);
        let density = |x: f64| self.lambda * exp(self.exponent(x) - top);
        // Constant patience makes an edge, which no rule of integration may straddle.
        let parts = if low < edge && edge < high {
            [(low, edge), (edge.next_up(), high)]
        } else {
            [(low, high), (high, high)]
        };
        let sum = |f: &dyn Fn(f64) -> f64| -> f64 {
            parts.iter().map(|&(from, to)| integral(from, to, f)).sum()
        };
        let waiting = sum(&density);
        // P_0 to P_{c-1}, in units of the last.
        let free = exp(-top) / erlang_b(self.c - 1, self.lambda / self.mu);
        sum(&|x| density(x) * value(x)) / (free + waiting)
    }

    /// On one side of the peak, where nothing worth counting is left: towards 0 or, growing from a
    /// first guess, upwards.
    fn negligible(&self, peak: f64, top: f64, guess: f64) -> f64 {
        const LEFT: f64 = 50.0;
        let gone = |x: f64| top - self.exponent(x) > LEFT;
        let mut far = guess;
        while far > peak && !gone(far) {
            far = peak + 2.0 * (far - peak);
        }
        if !gone(far) {
            return far;
        }
        let mut near = peak;
        for _ in 0..100 {
            let middle = near + (far - near) / 2.0;
            *(if gone(middle) { &mut far } else { &mut near }) = middle;
        }
        far
    }
}

/// M/M/c whose users leave after an exponential patience, counted from their arrival and going on during
/// the service, which then stops: Erlang A with departures from service too. The number present is a
/// birth-death chain that falls at `min(n, c) mu + n / patience`.
#[derive(Clone, Copy, Debug)]
pub struct Abandoning {
    pub lambda: f64,
    /// Of one server.
    pub mu: f64,
    pub c: u32,
    /// Mean in s.
    pub patience: f64,
}

impl Abandoning {
    /// Share of users who leave before they are served: those present leave at `1 / patience` each.
    pub fn lost(&self) -> f64 {
        self.mean(f64::from) / self.patience / self.lambda
    }

    /// Mean number in the line.
    pub fn waiting(&self) -> f64 {
        self.mean(|n| f64::from(n.saturating_sub(self.c)))
    }

    /// Served per second.
    pub fn throughput(&self) -> f64 {
        self.lambda * (1.0 - self.lost())
    }

    /// The mean of a count over the states.
    fn mean(&self, count: impl Fn(u32) -> f64) -> f64 {
        let (mut p, mut all, mut sum) = (1.0, 1.0, count(0));
        let mut n = 0;
        while n < self.c || p > 1e-16 * all {
            n += 1;
            let served = f64::from(n.min(self.c)) * self.mu;
            p *= self.lambda / (served + f64::from(n) / self.patience);
            all += p;
            sum += p * count(n);
            if all > 1e200 {
                (p, all, sum) = (p / 1e200, all / 1e200, sum / 1e200);
            }
        }
        sum / all
    }
}

/// M/M/1+D in closed form: the share dropped because it has waited longer than `d` s when its turn
/// comes, `(1 - rho) rho E / (1 - rho^2 E)` with `E = exp(-(mu - lambda) d)`, and `1 / (2 + lambda d)` at
/// a load of 1.
pub fn dropped_at_dequeue(lambda: f64, mu: f64, d: f64) -> f64 {
    let rho = lambda / mu;
    if (1.0 - rho).abs() < 1e-9 {
        return 1.0 / (2.0 + lambda * d);
    }
    // In overload, divided by E, which may be huge.
    let e = exp(-(mu - lambda).abs() * d);
    if rho < 1.0 {
        (1.0 - rho) * rho * e / (1.0 - rho * rho * e)
    } else {
        (rho - 1.0) * rho / (rho * rho - e)
    }
}

/// M/M/1 where a request leaves at its deadline `d` s after its arrival, out of service too: the share
/// that leaves unserved. The work in front of an arrival is that of a dam of height `d` that runs over
/// (F. Baccelli, P. Boyer, G. Hebuterne 1984; J. Cohen, *The Single Server Queue*, 1982, III.5): its density
/// is `lambda p exp(-(mu - lambda) x)` beside a share `p` of no work, and a request is lost when the dam
/// runs over, with probability `p exp(-(mu - lambda) d)`.
pub fn left_at_deadline(lambda: f64, mu: f64, d: f64) -> f64 {
    let spare = mu - lambda;
    let filled = match (spare * d).abs() < 1e-9 {
        true => d,
        false => (1.0 - exp(-spare * d)) / spare,
    };
    exp(-spare * d) / (1.0 + lambda * filled)
}

#[cfg(test)]
mod tests {
    use super::super::chain::stationary;
    use super::super::close;
    use super::super::dice::Dice;
    use super::*;

    #[test]
    fn dropping_has_the_published_values() {
        close(dropped_at_dequeue(100.0, 100.0, 0.1), 0.08333, 1e-4);
        close(dropped_at_dequeue(120.0, 100.0, 0.1), 0.18396, 1e-4);
        for lambda in [10.0, 80.0, 99.0, 100.0, 101.0, 300.0, 10_000.0] {
            let station = Impatient {
                lambda,
                mu: 100.0,
                c: 1,
                patience: Patience::Constant(0.1),
            };
            let formula = dropped_at_dequeue(lambda, 100.0, 0.1);
            close(station.lost(), formula, 1e-6);
        }
    }

    #[test]
    fn a_dam_that_runs_over_loses_what_a_count_of_it_loses() {
        let (lambda, mu, d) = (120.0, 100.0, 0.1);
        let mut dice = Dice::new(7);
        let (mut work, mut lost, n) = (0.0f64, 0u32, 2_000_000);
        for _ in 0..n {
            work = (work - dice.exponential(1.0 / lambda)).max(0.0) + dice.exponential(1.0 / mu);
            lost += u32::from(work > d);
            work = work.min(d);
        }
        close(
            left_at_deadline(lambda, mu, d),
            f64::from(lost) / f64::from(n),
            0.01,
        );
        close(left_at_deadline(100.0, 100.0, 0.1), 1.0 / 11.0, 1e-9);
    }

    #[test]
    fn abandoning_is_what_a_chain_counts() {
        for (lambda, c) in [(1.8, 2usize), (6.0, 3), (0.5, 1)] {
            let mean = 2.5;
            let moves: Vec<(usize, usize, f64)> = (0..100usize)
                .flat_map(|n| {
                    let waiting = (n + 1).saturating_sub(c) as f64;
                    let leaving = (n + 1).min(c) as f64 + waiting / mean;
                    [(n, n + 1, lambda), (n + 1, n, leaving)]
                })
                .collect();
            let p = stationary(101, &moves);
            let line: f64 = p
                .iter()
                .enumerate()
                .map(|(n, p)| n.saturating_sub(c) as f64 * p)
                .sum();
            let station = Impatient {
                lambda,
                mu: 1.0,
                c: c as u32,
                patience: Patience::Exponential(mean),
            };
            close(station.wait(), line / lambda, 1e-6);
            // Who leaves, leaves at a rate of its own.
            close(station.lost(), line / mean / lambda, 1e-6);
        }
    }

    /// First come, first served by the times at which servers become free; no events.
    fn stepped(station: Impatient, requests: u32) -> (f64, f64) {
        let mut dice = Dice::new(7);
        let mut free = vec![0.0_f64; station.c as usize];
        let (mut now, mut lost, mut waited) = (0.0, 0u32, 0.0);
        for _ in 0..requests {
            now += dice.exponential(1.0 / station.lambda);
            let ready = match station.patience {
                Patience::Constant(d) => d,
                Patience::Exponential(mean) => dice.exponential(mean),
            };
            free.sort_by(f64::total_cmp);
            let wait = (free[0] - now).max(0.0);
            if wait > ready {
                lost += 1;
            } else {
                waited += wait;
                free[0] = now + wait + dice.exponential(1.0 / station.mu);
            }
        }
        let served = f64::from(requests - lost);
        (f64::from(lost) / f64::from(requests), waited / served)
    }

    #[test]
    fn both_kinds_of_patience_are_what_stepping_gives() {
        for (lambda, c, patience) in [
            (3.5, 4, Patience::Constant(0.5)),
            (5.0, 4, Patience::Constant(0.5)),
            (4.5, 4, Patience::Exponential(1.0)),
        ] {
            let station = Impatient {
                lambda,
                mu: 1.0,
                c,
                patience,
            };
            let (lost, wait) = stepped(station, 2_000_000);
            close(station.lost(), lost, 0.01);
            close(station.wait_of_served(), wait, 0.01);
        }
    }
}
