//! A figure over the windows of a run: what it usually is, and when it is something else.

/// One value per window; `None` where there was too little to measure.
pub struct Course(pub Vec<Option<f64>>);

/// A stretch in which a figure is not what it usually is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// First window, and the first one after it.
    pub from: usize,
    pub until: usize,
    pub usual: f64,
    /// The greatest value within, or the least of a figure that fell.
    pub seen: f64,
    /// Windows within that are out of the ordinary.
    pub windows: usize,
    /// Each value was a mean over so many windows to either side as well: its ends may lie as much further in.
    pub blur: usize,
}

/// Windows at the start that say nothing about what is usual: everything is empty and cold.
const WARM_UP: f64 = 0.05;
/// Windows before the harm, for them to say what is usual.
const CALM_MIN: usize = 8;
/// Two stretches with at most this many ordinary windows between them are one.
const GAP: usize = 3;

impl Course {
    pub fn new(count: usize, value: &dyn Fn(usize) -> Option<f64>) -> Course {
        Course((0..count).map(value).collect())
    }

    /// The value that `share` of the windows do not exceed.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        self.usual(share, self.0.len())
    }

    /// The same of the first `calm` windows, if something was measured in enough of them: what lasts for most of a
    /// run is not what was usual before it.
    pub fn usual(&self, share: f64, calm: usize) -> Option<f64> {
        let skipped = (self.0.len() as f64 * WARM_UP) as usize;
        let known = |until: usize| -> Vec<f64> {
            let windows = self.0.iter().take(until).skip(skipped);
            windows.filter_map(|v| *v).collect()
        };
        let mut known = match known(calm) {
            few if few.len() < CALM_MIN => known(self.0.len()),
            enough => enough,
        };
        crate::design::order::arrange(&mut known, |a, b| a.total_cmp(b));
        let last = known.len().checked_sub(1)?;
        Some(known[(last as f64 * share) as usize])
    }

    /// The longest stretch of values above a bound that depends on what is usual.
    pub fn above(&self, usual: f64, bound: f64) -> Option<Stretch> {
        self.stretch(usual, &|value| value > bound, f64::max)
    }

    pub fn below(&self, usual: f64, bound: f64) -> Option<Stretch> {
        self.stretch(usual, &|value| value < bound, f64::min)
    }

    /// How many values are below a bound.
    pub fn count_below(&self, bound: f64) -> usize {
        self.0.iter().flatten().filter(|v| **v < bound).count()
    }

    fn stretch(
        &self,
        usual: f64,
        is_odd: &dyn Fn(f64) -> bool,
        worse: fn(f64, f64) -> f64,
    ) -> Option<Stretch> {
        let mut best: Option<Stretch> = None;
        let mut current: Option<Stretch> = None;
        for (window, value) in self.0.iter().enumerate() {
            let Some(value) = value.filter(|&value| is_odd(value)) else {
                continue;
            };
            let open = current.filter(|it| window <= it.until + GAP);
            let stretch = match open {
                Some(it) => Stretch {
                    until: window + 1,
                    seen: worse(it.seen, value),
                    windows: it.windows + 1,
                    ..it
                },
                None => Stretch {
                    from: window,
                    until: window + 1,
                    usual,
                    seen: value,
                    windows: 1,
                    blur: 0,
                },
            };
            current = Some(stretch);
            if best.is_none_or(|it| it.windows < stretch.windows || it.from == stretch.from) {
                best = current;
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hill_is_found_and_a_plain_is_not() {
        let hill = Course::new(40, &|i| Some(if (20..26).contains(&i) { 9.0 } else { 1.0 }));
        let usual = hill.quantile(0.5).unwrap();
        let found = hill.above(usual, 2.0 * usual).unwrap();
        assert_eq!((found.from, found.until, found.seen), (20, 26, 9.0));
        assert_eq!(hill.below(usual, 0.5 * usual), None);
        assert_eq!(Course::new(10, &|_| None).quantile(0.5), None);
    }

    #[test]
    fn a_short_gap_does_not_end_a_stretch() {
        let holes = Course::new(40, &|i| Some(if i > 20 && i % 2 == 0 { 5.0 } else { 1.0 }));
        let found = holes.above(1.0, 2.0).unwrap();
        assert_eq!((found.from, found.until, found.windows), (22, 39, 9));
    }
}
