//! Entries that expire: hit ratios under a time to live, what happens at the moment of expiry, and how
//! to spread it. Requests for a key come at random; nothing is evicted.

use super::caches::Popularity;
use super::integral;
use crate::engine::math::exp;

/// Hit ratio of a key asked for `lambda` times per second that expires `ttl` s after it was brought in:
/// one miss, then hits for a whole ttl, `lambda T / (1 + lambda T)` (J. Jung, A. Berger, H. Balakrishnan
/// 2003).
///
/// ```
/// use brownout::experiment::closed_form::expiry::fixed;
/// assert!((fixed(0.1, 30.0) - 0.75).abs() < 1e-12);
/// ```
pub fn fixed(lambda: f64, ttl: f64) -> f64 {
    lambda * ttl / (1.0 + lambda * ttl)
}

/// The same if each hit starts the ttl again: the next request must come within it, `1 - exp(-lambda T)`.
pub fn renewed(lambda: f64, ttl: f64) -> f64 {
    1.0 - exp(-lambda * ttl)
}

/// [`fixed`] over all keys, with `lambda` requests per second together.
pub fn fixed_over(keys: &Popularity, lambda: f64, ttl: f64) -> f64 {
    keys.weighted(|p| fixed(lambda * p, ttl))
}

/// [`renewed`] over all keys, with `lambda` requests per second together.
pub fn renewed_over(keys: &Popularity, lambda: f64, ttl: f64) -> f64 {
    keys.weighted(|p| renewed(lambda * p, ttl))
}

/// One key whose value takes `recompute` s to compute again, whoever asks meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Stampede {
    /// Requests per second for the key.
    pub lambda: f64,
    /// In s from the moment the value is set.
    pub ttl: f64,
    pub recompute: f64,
}

impl Stampede {
    /// Recomputations per expiry if each request that misses starts its own, which takes a constant time:
    /// the first, and all who come until it is done, `1 + lambda delta`. With single flight it is 1.
    pub fn recomputes(&self) -> f64 {
        1.0 + self.lambda * self.recompute
    }

    /// The same with an exponential recomputation time of that mean: the first to be done ends the
    /// stampede, so the n-th is started with probability `prod_{j<n} a / (a + j)`, `a = lambda delta`.
    pub fn recomputes_if_exponential(&self) -> f64 {
        let a = self.lambda * self.recompute;
        let (mut started, mut sum, mut n) = (1.0, 0.0, 0.0);
        while started > 1e-15 {
            sum += started;
            n += 1.0;
            started *= a / (a + n);
        }
        sum
    }

    /// Seconds from one expiry to the next on average: until somebody asks, until the value is there, and
    /// a ttl. Without single flight each late finisher sets the value anew, so the ttl counts from the
    /// last of those who began before the first was done; constant recomputation time.
    pub fn cycle(&self, single_flight: bool) -> f64 {
        let last_starts = if single_flight {
            0.0
        } else {
            self.recompute - renewed(self.lambda, self.recompute) / self.lambda
        };
        1.0 / self.lambda + self.recompute + last_starts + self.ttl
    }

    /// Share of requests that find the value; those who wait for the flight of another do not.
    pub fn hit_ratio(&self, single_flight: bool) -> f64 {
        let cycle = self.cycle(single_flight);
        1.0 - self.recomputes() / (self.lambda * cycle)
    }

    /// Recomputations per second.
    pub fn recomputes_per_s(&self, single_flight: bool) -> f64 {
        let each = if single_flight {
            1.0
        } else {
            self.recomputes()
        };
        each / self.cycle(single_flight)
    }
}

/// Entries loaded together that are refreshed when they expire, each after a ttl drawn evenly from
/// `ttl (1 - jitter)` to `ttl (1 + jitter)`: refreshes per second while the first generation expires. The
/// window is `2 jitter ttl` s long. Infinite without jitter: one instant.
///
/// ```
/// use brownout::experiment::closed_form::expiry::refreshes_per_s;
/// assert!((refreshes_per_s(10_000.0, 300.0, 0.1) - 166.7).abs() < 0.1);
/// ```
pub fn refreshes_per_s(keys: f64, ttl: f64, jitter: f64) -> f64 {
    keys / (2.0 * jitter * ttl)
}

/// Refreshes per second in the long run, when the generations have mixed.
pub fn refreshes_per_s_at_last(keys: f64, ttl: f64) -> f64 {
    keys / ttl
}

/// Probabilistic early recomputation of one key: a request that finds the value s before its expiry
/// computes it anew if `-delta beta ln(U) >= s`, that is with probability `exp(-s / (beta delta))`
/// (A. Vattani, F. Chierichetti, K. Lowenstein, *Optimal Probabilistic Cache Stampede Prevention*, VLDB
/// 2015, "XFetch").
#[derive(Clone, Copy, Debug)]
pub struct EarlyRefresh {
    /// Requests per second for the key.
    pub lambda: f64,
    /// In s from the moment the value is set.
    pub ttl: f64,
    /// delta: a recomputation in s, constant and shorter than the ttl.
    pub recompute: f64,
    /// 1 as published; larger is earlier.
    pub beta: f64,
}

impl EarlyRefresh {
    fn scale(&self) -> f64 {
        self.beta * self.recompute
    }

    /// Early recomputations to expect from all requests between `from` and `to` s before expiry.
    fn expected(&self, from: f64, to: f64) -> f64 {
        let chance = |s: f64| exp(-s / self.scale());
        self.lambda * self.scale() * (chance(to) - chance(from))
    }

    /// The probability that the first recomputation starts more than `s` s before the expiry:
    /// `1 - exp(-lambda beta delta (e^{-s/(beta delta)} - e^{-T/(beta delta)}))`.
    pub fn leads_by(&self, s: f64) -> f64 {
        1.0 - exp(-self.expected(self.ttl, s.min(self.ttl)))
    }

    /// The probability that nobody recomputes in time and the value expires.
    pub fn expires(&self) -> f64 {
        1.0 - self.leads_by(0.0)
    }

    /// Mean time in s from the first recomputation to the expiry it prevents; 0 where it comes after.
    pub fn lead(&self) -> f64 {
        self.over_leads(|_| 1.0)
    }

    /// The integral of `f(s)` times the probability of leading by s: the mean of any function of the lead
    /// that is 0 at 0 and has the slope `f`.
    fn over_leads(&self, f: impl Fn(f64) -> f64) -> f64 {
        // Where a lead is unlikely to reach, and where the slope may have a corner.
        let far = self.ttl.min(self.scale() * 60.0 + self.recompute);
        let corner = self.recompute.min(far);
        let inside = |s: f64| f(s) * self.leads_by(s);
        integral(0.0, corner, inside) + integral(corner.next_up(), far, inside)
    }

    /// Mean number of recomputations per refresh: the first, and those started by others until it is
    /// done, early or because the value has expired meanwhile. Where requests are many and the ttl long
    /// it is near `e^{1/beta}`. With single flight it is 1.
    pub fn recomputes(&self) -> f64 {
        let delta = self.recompute;
        // For a first one at a lead of s: early ones from s to s - delta before expiry, then everybody.
        // At no lead, everybody for delta; from there on by the slope.
        let slope = |s: f64| {
            let chance = |s: f64| self.lambda * exp(-s / self.scale());
            if s > delta {
                chance(s) - chance(s - delta)
            } else {
                chance(s) - self.lambda
            }
        };
        1.0 + self.lambda * delta + self.over_leads(slope)
    }

    /// Recomputations per second with single flight: a cycle is the age at which the first starts and the
    /// time it takes; and if the value expires first, the time until somebody asks.
    pub fn recomputes_per_s(&self) -> f64 {
        let cycle = self.ttl - self.lead() + self.recompute + self.expires() / self.lambda;
        1.0 / cycle
    }
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::super::dice::Dice;
    use super::*;

    #[test]
    fn times_to_live_are_what_stepping_gives() {
        let (lambda, ttl) = (0.2, 8.0);
        let mut dice = Dice::new(5);
        let (mut now, mut set, mut touched) = (0.0, f64::MIN, f64::MIN);
        let mut hits = [0.0; 2];
        const REQUESTS: u32 = 1_000_000;
        for _ in 0..REQUESTS {
            now += dice.exponential(1.0 / lambda);
            if now - set < ttl {
                hits[0] += 1.0;
            } else {
                set = now;
            }
            hits[1] += f64::from(u8::from(now - touched < ttl));
            touched = now;
        }
        close(fixed(lambda, ttl), hits[0] / f64::from(REQUESTS), 0.003);
        close(renewed(lambda, ttl), hits[1] / f64::from(REQUESTS), 0.003);
        // All keys alike are one key asked for less often.
        let keys = Popularity::zipf(0.0, 10);
        close(fixed_over(&keys, 2.0, ttl), fixed(lambda, ttl), 1e-12);
        close(renewed_over(&keys, 2.0, ttl), renewed(lambda, ttl), 1e-12);
    }

    /// Many cycles of one key, request by request. Returns recomputations per cycle, per second, the mean
    /// lead of the first and the share of hits.
    fn stepped(key: EarlyRefresh, early: bool, exponential: bool, single: bool) -> [f64; 4] {
        let mut dice = Dice::new(11);
        let (mut now, mut expiry) = (0.0, 0.0_f64);
        let mut running: Vec<f64> = Vec::new();
        let (mut requests, mut hits, mut started) = (0.0, 0.0, 0.0);
        let (mut cycles, mut leads) = (0.0, 0.0);
        // Before the first of this cycle is done.
        let mut done_at = f64::MIN;
        while requests < 4_000_000.0 {
            now += dice.exponential(1.0 / key.lambda);
            while let Some(at) = running.iter().position(|&end| end <= now) {
                let least = (0..running.len()).min_by(|&a, &b| running[a].total_cmp(&running[b]));
                let end = running.swap_remove(least.unwrap_or(at));
                expiry = expiry.max(end + key.ttl);
            }
            requests += 1.0;
            let left = expiry - now;
            let wants = early && dice.unit() < exp(-left.max(0.0) / key.scale());
            hits += f64::from(u8::from(left > 0.0));
            if left > 0.0 && !wants || single && !running.is_empty() {
                continue;
            }
            let takes = if exponential {
                dice.exponential(key.recompute)
            } else {
                key.recompute
            };
            if now >= done_at {
                cycles += 1.0;
                leads += left.max(0.0);
                done_at = f64::MAX;
            }
            done_at = done_at.min(now + takes);
            started += 1.0;
            running.push(now + takes);
        }
        [
            started / cycles,
            started / now,
            leads / cycles,
            hits / requests,
        ]
    }

    const KEY: EarlyRefresh = EarlyRefresh {
        lambda: 4.0,
        ttl: 10.0,
        recompute: 0.5,
        beta: 1.0,
    };

    #[test]
    fn a_stampede_is_what_stepping_gives() {
        let stampede = Stampede {
            lambda: 4.0,
            ttl: 10.0,
            recompute: 0.5,
        };
        let [each, per_s, _, hits] = stepped(KEY, false, false, false);
        close(stampede.recomputes(), each, 0.005);
        close(stampede.recomputes_per_s(false), per_s, 0.005);
        close(stampede.hit_ratio(false), hits, 0.002);
        let [each, per_s, _, hits] = stepped(KEY, false, false, true);
        assert_eq!(each, 1.0);
        close(stampede.recomputes_per_s(true), per_s, 0.005);
        close(stampede.hit_ratio(true), hits, 0.002);
        let [each, ..] = stepped(KEY, false, true, false);
        close(stampede.recomputes_if_exponential(), each, 0.005);
    }

    #[test]
    fn an_early_refresh_is_what_stepping_gives() {
        for (lambda, beta) in [(4.0, 1.0), (10.0, 2.0), (0.5, 1.0)] {
            let key = EarlyRefresh {
                lambda,
                beta,
                ..KEY
            };
            let [each, per_s, lead, _] = stepped(key, true, false, true);
            assert_eq!(each, 1.0);
            close(key.lead(), lead, 0.01);
            close(key.recomputes_per_s(), per_s, 0.005);
            let [each, ..] = stepped(key, true, false, false);
            close(key.recomputes(), each, 0.01);
        }
    }

    #[test]
    fn many_requests_make_e_recomputations() {
        let busy = EarlyRefresh {
            lambda: 1e6,
            ttl: 1_000.0,
            ..KEY
        };
        close(busy.recomputes(), std::f64::consts::E, 1e-3);
        close(
            EarlyRefresh { beta: 2.0, ..busy }.recomputes(),
            exp(0.5),
            1e-3,
        );
        assert!(busy.expires() < 1e-9);
        // The first is early by beta delta (ln(lambda beta delta) + Euler's constant).
        let lead = 0.5 * (crate::engine::math::ln(5e5) + 0.577216);
        close(busy.lead(), lead, 1e-4);
    }
}
