//! Hit ratios of a bounded cache when each request asks for a key by chance, whatever was asked before:
//! the independent reference model. A miss brings the key in at once and entries do not expire.

use crate::engine::math::{exp, pow};

/// How often each key is asked for, as shares of all requests, the most wanted first.
#[derive(Clone, Debug)]
pub struct Popularity(Vec<f64>);

impl Popularity {
    /// Zipf's law: the share of key i of `keys` is proportional to `1 / i^alpha`. With alpha 0 all keys
    /// are alike.
    ///
    /// # Panics
    /// Without keys.
    pub fn zipf(alpha: f64, keys: u32) -> Popularity {
        assert!(keys > 0, "no keys");
        Popularity::of((1..=keys).map(|i| pow(f64::from(i), -alpha)).collect())
    }

    fn of(weights: Vec<f64>) -> Popularity {
        let all: f64 = weights.iter().sum();
        Popularity(weights.iter().map(|w| w / all).collect())
    }

    pub fn shares(&self) -> &[f64] {
        &self.0
    }

    /// The share of requests that hit, if a request for a key of share p hits with probability `hit(p)`.
    pub fn weighted(&self, hit: impl Fn(f64) -> f64) -> f64 {
        self.0.iter().map(|&p| p * hit(p)).sum()
    }

    /// LRU by Che's approximation: key i is there if it was asked for within the characteristic time t,
    /// the same for all keys: `h_i = 1 - exp(-p_i t)`, with t from `sum h_i = capacity` (H. Che, Y. Tung,
    /// Z. Wang 2002; why it is so good: C. Fricker, P. Robert, J. Roberts 2012).
    ///
    /// ```
    /// use brownout::experiment::closed_form::caches::Popularity;
    /// let keys = Popularity::zipf(0.8, 10_000);
    /// assert!((keys.lru(1_000) - 0.4367).abs() < 1e-4);
    /// ```
    pub fn lru(&self, capacity: u32) -> f64 {
        self.occupied(capacity, |asked| 1.0 - exp(-asked))
    }

    /// FIFO or random eviction in the same approximation: an entry stays for t whether it is asked for or
    /// not, `h_i = p_i t / (1 + p_i t)` (V. Martina, M. Garetto, E. Leonardi 2014). Both policies have the
    /// same hit ratio (E. Gelenbe 1973).
    pub fn fifo(&self, capacity: u32) -> f64 {
        self.occupied(capacity, |asked| asked / (1.0 + asked))
    }

    /// FIFO or random eviction exactly: each set S of keys is there with a probability proportional to the
    /// product of its shares (Gelenbe 1973), so the miss ratio is `(C + 1) e_{C+1} / e_C`, where e_k is the
    /// sum of those products over all sets of k keys.
    ///
    /// Counted as the probabilities of k successes among keys that are each there with probability
    /// `p_i t / (1 + p_i t)`, in which all terms are of moderate size; t cancels out.
    pub fn fifo_exactly(&self, capacity: u32) -> f64 {
        let capacity = capacity as usize;
        if capacity >= self.0.len() {
            return 1.0;
        }
        let t = self.characteristic(capacity as f64, |asked| asked / (1.0 + asked));
        // of[k]: the probability that k of the keys so far are there.
        let mut of = vec![0.0; capacity + 2];
        of[0] = 1.0;
        for p in &self.0 {
            let there = p * t / (1.0 + p * t);
            for k in (1..of.len()).rev() {
                of[k] = of[k] * (1.0 - there) + of[k - 1] * there;
            }
            of[0] *= 1.0 - there;
        }
        1.0 - (capacity + 1) as f64 * of[capacity + 1] / (of[capacity] * t)
    }

    /// LFU that has counted for ever, or any cache that knows the shares: the most wanted keys are always
    /// there. Nothing hits more often.
    pub fn lfu(&self, capacity: u32) -> f64 {
        self.0.iter().take(capacity as usize).sum()
    }

    /// The same with room made for each newcomer (A0 of A. Aho, P. Denning, J. Ullman 1971, the best of
    /// all that load what is asked for): the first `capacity - 1` keys are always there, and the last that
    /// was asked for of the others.
    ///
    /// ```
    /// use brownout::experiment::closed_form::caches::Popularity;
    /// let alike = Popularity::zipf(0.0, 10);
    /// assert!((alike.lfu_on_demand(4) - 0.4).abs() < 1e-12);
    /// ```
    pub fn lfu_on_demand(&self, capacity: u32) -> f64 {
        let (always, others) = self.0.split_at((capacity as usize).min(self.0.len()) - 1);
        let rest: f64 = others.iter().sum();
        let again: f64 = others.iter().map(|p| p * p).sum();
        always.iter().sum::<f64>() + again / rest
    }

    fn occupied(&self, capacity: u32, there: impl Fn(f64) -> f64) -> f64 {
        if capacity as usize >= self.0.len() {
            return 1.0;
        }
        let t = self.characteristic(f64::from(capacity), &there);
        self.weighted(|p| there(p * t))
    }

    /// The time, counted in requests, in which `capacity` keys are there on average.
    fn characteristic(&self, capacity: f64, there: impl Fn(f64) -> f64) -> f64 {
        let fill = |t: f64| self.0.iter().map(|p| there(p * t)).sum::<f64>();
        let mut high = capacity.max(1.0);
        while fill(high) < capacity {
            high *= 2.0;
        }
        let mut low = 0.0;
        for _ in 0..80 {
            let middle = low + (high - low) / 2.0;
            *(if fill(middle) < capacity {
                &mut low
            } else {
                &mut high
            }) = middle;
        }
        high
    }
}

/// Keys asked for in turn, again and again: LRU and FIFO always throw away the one that comes next,
/// unless all fit.
pub fn scanned(keys: u32, capacity: u32) -> f64 {
    f64::from(u8::from(keys <= capacity))
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::super::dice::Dice;
    use super::*;

    #[test]
    fn a_zipf_cache_has_the_published_values() {
        for (alpha, capacity, lru, fifo) in [
            (0.8, 100, 0.1566, 0.1336),
            (0.8, 500, 0.3312, 0.2937),
            (0.8, 1000, 0.4367, 0.3942),
            (1.0, 100, 0.3905, f64::NAN),
            (1.0, 500, 0.5867, f64::NAN),
            (1.0, 1000, 0.6756, f64::NAN),
        ] {
            let keys = Popularity::zipf(alpha, 10_000);
            close(keys.lru(capacity), lru, 5e-4);
            if !fifo.is_nan() {
                close(keys.fifo(capacity), fifo, 5e-4);
                close(keys.fifo_exactly(capacity), fifo, 2e-3);
            }
            assert!(keys.lfu(capacity) > keys.lru(capacity));
        }
    }

    #[test]
    fn keys_all_alike_hit_by_capacity() {
        let keys = Popularity::zipf(0.0, 50);
        for hit in [
            keys.lru(10),
            keys.fifo(10),
            keys.fifo_exactly(10),
            keys.lfu(10),
        ] {
            close(hit, 0.2, 1e-9);
        }
        for hit in [
            keys.lru(50),
            keys.fifo(60),
            keys.fifo_exactly(50),
            keys.lfu(50),
        ] {
            close(hit, 1.0, 1e-12);
        }
        assert_eq!([scanned(11, 10), scanned(10, 10)], [0.0, 1.0]);
    }

    #[test]
    fn two_places_of_six_are_what_counting_gives() {
        let keys = Popularity::zipf(1.0, 6);
        let p = keys.shares();
        let (mut lru, mut product, mut fifo) = (0.0, 0.0, 0.0);
        for a in 0..6 {
            for b in (0..6).filter(|&b| b != a) {
                // The last two different keys that were asked for; the set that is there.
                lru += p[a] * p[b] / (1.0 - p[a]) * (p[a] + p[b]);
                product += p[a] * p[b];
                fifo += p[a] * p[b] * (p[a] + p[b]);
            }
        }
        close(keys.fifo_exactly(2), fifo / product, 1e-9);
        // The approximations are for large caches, and yet not far off.
        close(keys.lru(2), lru, 0.03);
        close(keys.fifo(2), fifo / product, 0.05);
    }

    #[test]
    fn approximations_are_what_stepping_a_cache_gives() {
        let keys = Popularity::zipf(0.9, 1_000);
        let mut sum = 0.0;
        let until: Vec<f64> = keys.shares().iter().map(|p| (sum += p, sum).1).collect();
        let mut dice = Dice::new(3);
        let (mut lru, mut fifo) = (Vec::new(), Vec::new());
        let (mut lru_hits, mut fifo_hits) = (0u32, 0u32);
        const WARM: u32 = 20_000;
        const REQUESTS: u32 = 400_000;
        for n in 0..WARM + REQUESTS {
            let draw = dice.unit();
            let key = until.partition_point(|&u| u < draw).min(999);
            let found = lru.iter().position(|&k| k == key);
            let there = fifo.contains(&key);
            if n >= WARM {
                lru_hits += u32::from(found.is_some());
                fifo_hits += u32::from(there);
            }
            if let Some(at) = found {
                lru.remove(at);
            }
            lru.push(key);
            if lru.len() > 100 {
                lru.remove(0);
            }
            if !there {
                fifo.push(key);
            }
            if fifo.len() > 100 {
                fifo.remove(0);
            }
        }
        let share = |hits: u32| f64::from(hits) / f64::from(REQUESTS);
        close(keys.lru(100), share(lru_hits), 0.006);
        close(keys.fifo(100), share(fifo_hits), 0.006);
        close(keys.fifo_exactly(100), share(fifo_hits), 0.006);
    }
}
