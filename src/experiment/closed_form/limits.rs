//! Rate limits: what passes in a rush, and the share refused when requests come at random.

use super::stations::erlang_b;
use crate::engine::math::exp;

/// A token bucket, full at the start; a request takes a whole token or is refused.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    /// Tokens per second.
    pub rate: f64,
    /// Tokens it holds at most: a whole number.
    pub burst: u32,
}

impl TokenBucket {
    /// Admitted within `t` s if there is always somebody at the door: `b + r t`.
    ///
    /// ```
    /// use brownout::experiment::closed_form::limits::TokenBucket;
    /// assert_eq!(TokenBucket { rate: 100.0, burst: 50 }.admitted(10.0), 1_050.0);
    /// ```
    pub fn admitted(&self, t: f64) -> f64 {
        (f64::from(self.burst) + self.rate * t).floor()
    }

    /// Share refused of random arrivals at `lambda` per second. The missing tokens are the work in an
    /// M/D/1 whose services take `1 / rate`, and a whole token is there if fewer than `burst` requests
    /// are in it: M/D/1/K with K the burst (A. Berger 1991). Nothing needs the mean rate to be below.
    pub fn refused(&self, lambda: f64) -> f64 {
        md1k_blocking(lambda / self.rate, self.burst)
    }
}

/// M/D/1/K: share refused by one server of constant service time with room for `k` requests in all, at a
/// load of `rho`, by the chain of those left behind at departures (Gross et al., sec. 5.1):
/// `1 - 1 / (pi_0 + rho)`.
///
/// ```
/// use brownout::experiment::closed_form::limits::md1k_blocking;
/// // Room for one is Erlang B.
/// assert!((md1k_blocking(0.5, 1) - 1.0 / 3.0).abs() < 1e-12);
/// ```
pub fn md1k_blocking(rho: f64, k: u32) -> f64 {
    let k = k as usize;
    if k == 0 {
        return 1.0;
    }
    // above[n]: more than n arrivals in one service.
    let mut above = Vec::with_capacity(k);
    let (mut term, mut below) = (exp(-rho), 0.0);
    for n in 0..k {
        below += term;
        above.push((1.0 - below).max(0.0));
        term *= rho / (n + 1) as f64;
    }
    // From up to j to above j as often as down from j + 1: all terms positive.
    let mut left = vec![1.0];
    let mut all = 1.0;
    for j in 0..k - 1 {
        let others = (1..=j).map(|i| left[i] * above[j + 1 - i]);
        let up: f64 = left[0] * above[j] + others.sum::<f64>();
        left.push(up / exp(-rho));
        all += left[j + 1];
        if all > 1e200 {
            left.iter_mut().for_each(|p| *p /= all);
            all = left.iter().sum();
        }
    }
    1.0 - 1.0 / (left[0] / all + rho)
}

/// Counts per window of `window` s that starts anew at fixed times.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub limit: u32,
    pub window: f64,
}

impl Window {
    /// Admitted at most in any `t` s by windows that start at fixed times: an edge before and after, so
    /// twice the limit in an instant.
    pub fn fixed_at_worst(&self, t: f64) -> f64 {
        f64::from(self.limit) * ((t / self.window).ceil() + 1.0)
    }

    /// Admitted at most in any `t` s by a window that slides, which remembers when each was admitted:
    /// nowhere more than from its first request on.
    pub fn sliding_at_worst(&self, t: f64) -> f64 {
        self.admitted(t)
    }

    /// Admitted from the start of a window for `t` s if there is always somebody at the door; both kinds.
    pub fn admitted(&self, t: f64) -> f64 {
        f64::from(self.limit) * (t / self.window).ceil()
    }

    /// Share refused of random arrivals at `lambda` per second by a window that starts at fixed times:
    /// what a Poisson number exceeds the limit by, on average, over its mean.
    pub fn fixed_refused(&self, lambda: f64) -> f64 {
        let mean = lambda * self.window;
        // E[(N - L)+] = mean P(N >= L) - L P(N > L), by terms in logarithms.
        let (mut term, mut spare) = (-mean, 0.0);
        for n in 0..self.limit {
            spare += f64::from(self.limit - n) * exp(term);
            term += crate::engine::math::ln(mean / f64::from(n + 1));
        }
        ((mean - f64::from(self.limit) + spare) / mean).max(0.0)
    }

    /// Share refused of random arrivals by a window that slides: each one admitted keeps one of `limit`
    /// places for the length of the window, which is Erlang B with constant times.
    pub fn sliding_refused(&self, lambda: f64) -> f64 {
        erlang_b(self.limit, lambda * self.window)
    }
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::super::dice::Dice;
    use super::*;

    #[test]
    fn a_rush_has_the_published_values() {
        let bucket = TokenBucket {
            rate: 100.0,
            burst: 50,
        };
        assert_eq!(bucket.admitted(10.0), 1_050.0);
        let minute = Window {
            limit: 100,
            window: 60.0,
        };
        assert_eq!(minute.fixed_at_worst(60.0), 200.0);
        assert_eq!(minute.sliding_at_worst(60.0), 100.0);
        assert_eq!(
            [minute.admitted(60.0), minute.admitted(61.0)],
            [100.0, 200.0]
        );
    }

    /// Refused of random arrivals by a bucket, a fixed and a sliding window.
    fn stepped(lambda: f64, burst: u32) -> [f64; 3] {
        let mut dice = Dice::new(4);
        let limit = f64::from(burst);
        let (mut now, mut before, mut tokens) = (0.0, 0.0, limit);
        let (mut window, mut counted) = (0.0, 0);
        let mut admitted = std::collections::VecDeque::new();
        let mut refused = [0.0; 3];
        const REQUESTS: u32 = 2_000_000;
        for _ in 0..REQUESTS {
            now += dice.exponential(1.0 / lambda);
            tokens = (tokens + now - before).min(limit);
            before = now;
            if tokens >= 1.0 {
                tokens -= 1.0;
            } else {
                refused[0] += 1.0;
            }
            // Both windows let through one per second in the long run, too.
            if (now / limit).floor() > window {
                window = (now / limit).floor();
                counted = 0;
            }
            if counted < burst {
                counted += 1;
            } else {
                refused[1] += 1.0;
            }
            while admitted.front().is_some_and(|at| now - at >= limit) {
                admitted.pop_front();
            }
            if admitted.len() < burst as usize {
                admitted.push_back(now);
            } else {
                refused[2] += 1.0;
            }
        }
        refused.map(|n| n / f64::from(REQUESTS))
    }

    #[test]
    fn refused_at_random_is_what_stepping_gives() {
        for (lambda, burst) in [(0.8, 4), (1.0, 10), (1.5, 5), (0.9, 1)] {
            let [bucket, fixed, sliding] = stepped(lambda, burst);
            close(
                TokenBucket { rate: 1.0, burst }.refused(lambda),
                bucket,
                0.015,
            );
            let window = Window {
                limit: burst,
                window: f64::from(burst),
            };
            close(window.fixed_refused(lambda), fixed, 0.015);
            close(window.sliding_refused(lambda), sliding, 0.015);
        }
    }

    #[test]
    fn the_worst_stretch_is_what_a_rush_at_an_edge_finds() {
        // Somebody is at the door every second from the 55th on; limit 10 per 60 s.
        let minute = Window {
            limit: 10,
            window: 60.0,
        };
        let (mut fixed, mut sliding) = (Vec::new(), Vec::new());
        for now in 59..400u32 {
            let in_window = fixed.iter().filter(|&&at| at / 60 == now / 60).count();
            // The first window spends nothing before its last second; ten come at once.
            for _ in in_window..10 {
                fixed.push(now);
            }
            let recent = sliding.iter().filter(|&&at| now - at < 60).count();
            for _ in recent..10 {
                sliding.push(now);
            }
        }
        let most = |admitted: &[u32], t: u32| {
            let from = |&from: &u32| {
                admitted
                    .iter()
                    .filter(|&&at| at >= from && at < from + t)
                    .count()
            };
            admitted.iter().map(from).max().unwrap() as f64
        };
        for t in [30, 60, 62, 150] {
            assert_eq!(most(&fixed, t), minute.fixed_at_worst(f64::from(t)), "{t}");
            assert_eq!(
                most(&sliding, t),
                minute.sliding_at_worst(f64::from(t)),
                "{t}"
            );
        }
    }

    #[test]
    fn large_bounds_are_no_trouble() {
        // In overload what does not fit is refused.
        close(md1k_blocking(2.0, 1_000), 0.5, 1e-9);
        assert!(md1k_blocking(0.5, 1_000).abs() < 1e-12);
        let window = Window {
            limit: 1_000,
            window: 10.0,
        };
        close(window.fixed_refused(200.0), 0.5, 1e-9);
    }
}
