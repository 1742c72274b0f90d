//! A histogram of durations with bounded relative error, in the manner of HdrHistogram (G. Tene).
//!
//! Each power of two is cut into 128 equal parts, so a recorded value is known to within 1/256 of
//! itself (0.4 %) when read back as the middle of its part; values below 128 are exact. Counts, sums
//! and extremes are whole numbers: equal runs give equal histograms on every platform.

/// Parts per power of two.
const PARTS_LOG2: u32 = 7;
const PARTS: u64 = 1 << PARTS_LOG2;

#[derive(Clone, Debug)]
pub struct Histogram {
    /// Grows to the largest value seen; at most 7,424 places.
    counts: Vec<u64>,
    count: u64,
    sum: u128,
    max: u64,
    /// Places in use are at or after this one.
    lowest: usize,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram {
            counts: Vec::new(),
            count: 0,
            sum: 0,
            max: 0,
            lowest: usize::MAX,
        }
    }
}

#[inline]
fn place(value: u64) -> usize {
    if value < PARTS {
        return value as usize;
    }
    let octave = 63 - value.leading_zeros() - PARTS_LOG2;
    ((u64::from(octave + 1) << PARTS_LOG2) + ((value >> octave) - PARTS)) as usize
}

/// Middle of the values that share a place.
fn middle(place: usize) -> u64 {
    let place = place as u64;
    if place < PARTS {
        return place;
    }
    let octave = (place >> PARTS_LOG2) - 1;
    let low = ((place & (PARTS - 1)) + PARTS) << octave;
    low + ((1 << octave) >> 1)
}

impl Histogram {
    #[inline]
    pub fn record(&mut self, value: u64) {
        let at = place(value);
        match self.counts.get_mut(at) {
            Some(count) => *count += 1,
            None => self.grow_to(at),
        }
        self.lowest = self.lowest.min(at);
        self.count += 1;
        self.sum += u128::from(value);
        self.max = self.max.max(value);
    }

    /// Makes room for a value, and counts it. A power of two at a time, so that growing stays rare.
    #[cold]
    fn grow_to(&mut self, at: usize) {
        self.counts
            .resize((at / PARTS as usize + 1) * PARTS as usize, 0);
        self.counts[at] += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// Exact mean.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The smallest recorded value that at least `per_mille` thousandths of all values do not
    /// exceed, to within 0.4 %; `None` if nothing was recorded.
    pub fn percentile(&self, per_mille: u64) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        let wanted = (u128::from(self.count) * u128::from(per_mille))
            .div_ceil(1_000)
            .max(1) as u64;
        let mut seen = 0;
        for (at, &n) in self.counts.iter().enumerate().skip(self.lowest) {
            seen += n;
            if seen >= wanted {
                return Some(middle(at).min(self.max));
            }
        }
        unreachable!("the counts add up to the count")
    }

    /// Adds all that the other one has recorded.
    pub fn merge(&mut self, other: &Histogram) {
        if other.count == 0 {
            return;
        }
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts).skip(other.lowest) {
            *mine += theirs;
        }
        self.lowest = self.lowest.min(other.lowest);
        self.count += other.count;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// Forgets everything, at the cost of what was in use.
    pub fn clear(&mut self) {
        if self.count == 0 {
            return;
        }
        let highest = place(self.max);
        self.counts[self.lowest..=highest].fill(0);
        (self.count, self.sum, self.max, self.lowest) = (0, 0, 0, usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::draw::mix64;

    #[test]
    fn every_value_reads_back_within_the_stated_error() {
        for shift in 0..63 {
            for value in [
                1u64 << shift,
                (1 << shift) + (1 << shift) / 3,
                (2 << shift) - 1,
            ] {
                let back = middle(place(value));
                assert!(
                    back.abs_diff(value) <= value / 256,
                    "{value} came back as {back}"
                );
            }
        }
        assert!(place(u64::MAX) < 7_424);
    }

    #[test]
    fn percentiles_agree_with_sorting() {
        let mut histogram = Histogram::default();
        let mut all: Vec<u64> = (0..50_000u64).map(|i| mix64(i) >> (30 + i % 7)).collect();
        all.iter().for_each(|&v| histogram.record(v));
        all.sort_unstable();
        for per_mille in [1, 500, 900, 990, 999, 1_000] {
            let exact = all[(all.len() * per_mille as usize).div_ceil(1_000) - 1];
            let read = histogram.percentile(per_mille).unwrap();
            assert!(
                read.abs_diff(exact) as f64 <= 0.01 * exact as f64,
                "{per_mille}: {read} {exact}"
            );
        }
        assert_eq!(histogram.max(), all.last().copied());
    }

    #[test]
    fn clearing_and_merging_lose_nothing() {
        let (mut a, mut b) = (Histogram::default(), Histogram::default());
        assert_eq!(a.percentile(500), None);
        a.record(5);
        b.record(7_000);
        a.merge(&b);
        assert_eq!(
            (a.count(), a.max(), a.mean()),
            (2, Some(7_000), Some(3_502.5))
        );
        a.clear();
        assert_eq!((a.count(), a.max(), a.mean()), (0, None, None));
        a.record(9);
        assert_eq!(a.percentile(990), Some(9));
    }
}
