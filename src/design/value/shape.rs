//! What is known of a distribution without drawing from it. For advice, never for a result of the engine.

use libm::{erfc, exp, log, pow, sqrt};

use super::{Dist, MICRO, NANO};
use crate::time::Duration;

/// Slices of the sum that stands for an integral.
const SLICES: u32 = 2_000;

impl Dist {
    /// Nanoseconds.
    pub fn mean_ns(&self) -> f64 {
        match self {
            Dist::Constant(d) => d.0 as f64,
            Dist::Uniform { low, high } => (low.0 as f64 + high.0 as f64) / 2.0,
            Dist::Exponential { mean }
            | Dist::Erlang { mean, .. }
            | Dist::Lognormal { mean, .. }
            | Dist::Hyperexponential { mean, .. } => mean.0 as f64,
            Dist::Pareto { min, alpha, max } => {
                let (min, alpha) = (min.0 as f64, alpha.0 as f64 / MICRO as f64);
                match max.map(|max| max.0 as f64) {
                    None => min * alpha / (alpha - 1.0),
                    Some(max) if (alpha - 1.0).abs() < 1e-9 => min * (1.0 + log(max / min)),
                    Some(max) => {
                        let above = min * pow(max / min, 1.0 - alpha);
                        (min * alpha - above) / (alpha - 1.0)
                    }
                }
            }
            Dist::Bimodal {
                fast,
                slow,
                slow_share,
            } => {
                let slow_share = slow_share.0 as f64 / NANO as f64;
                fast.0 as f64 * (1.0 - slow_share) + slow.0 as f64 * slow_share
            }
            Dist::Empirical(rows) => {
                let all: f64 = rows.iter().map(|(_, weight)| *weight as f64).sum();
                let sum = rows.iter().map(|(d, weight)| d.0 as f64 * *weight as f64);
                sum.sum::<f64>() / all
            }
        }
    }

    /// The longest it can be, in nanoseconds; `None` if there is no longest.
    pub fn longest_ns(&self) -> Option<f64> {
        match self {
            Dist::Constant(d) => Some(d.0 as f64),
            Dist::Uniform { high, .. } => Some(high.0 as f64),
            Dist::Pareto { max, .. } => max.map(|max| max.0 as f64),
            Dist::Bimodal { fast, slow, .. } => Some(fast.0.max(slow.0) as f64),
            Dist::Empirical(rows) => rows.iter().map(|(d, _)| d.0 as f64).reduce(f64::max),
            _ => None,
        }
    }

    /// How likely it is longer than this many nanoseconds.
    pub fn share_above(&self, ns: f64) -> f64 {
        if ns < 0.0 {
            return 1.0;
        }
        let step = |value: u64| if value as f64 > ns { 1.0 } else { 0.0 };
        match self {
            Dist::Constant(d) => step(d.0),
            Dist::Uniform { low, high } => {
                let (low, high) = (low.0 as f64, high.0 as f64);
                if ns <= low {
                    step(high as u64)
                } else if ns >= high {
                    0.0
                } else {
                    (high - ns) / (high - low)
                }
            }
            Dist::Exponential { mean } => exp(-ns / mean.0 as f64),
            Dist::Erlang { mean, shape } => {
                let x = ns * f64::from(*shape) / mean.0 as f64;
                let mut term = exp(-x);
                let mut sum = term;
                for k in 1..*shape {
                    term *= x / f64::from(k);
                    sum += term;
                }
                sum.min(1.0)
            }
            Dist::Lognormal { mean, cv } => {
                if ns == 0.0 {
                    return 1.0;
                }
                let cv = cv.0 as f64 / MICRO as f64;
                let s2 = log(1.0 + cv * cv);
                let mu = log(mean.0 as f64) - s2 / 2.0;
                0.5 * erfc((log(ns) - mu) / sqrt(2.0 * s2))
            }
            Dist::Pareto { min, alpha, max } => {
                let min = min.0 as f64;
                if max.is_some_and(|max| ns >= max.0 as f64) {
                    0.0
                } else if ns < min {
                    1.0
                } else {
                    pow(min / ns, alpha.0 as f64 / MICRO as f64)
                }
            }
            Dist::Bimodal {
                fast,
                slow,
                slow_share,
            } => {
                let slow_share = slow_share.0 as f64 / NANO as f64;
                step(fast.0) * (1.0 - slow_share) + step(slow.0) * slow_share
            }
            Dist::Hyperexponential { mean, cv2 } => {
                let (mean, cv2) = (mean.0 as f64, cv2.0 as f64 / MICRO as f64);
                let p = 0.5 * (1.0 + sqrt((cv2 - 1.0) / (cv2 + 1.0)));
                let first = p * exp(-ns * 2.0 * p / mean);
                first + (1.0 - p) * exp(-ns * 2.0 * (1.0 - p) / mean)
            }
            Dist::Empirical(rows) => {
                let all: f64 = rows.iter().map(|(_, weight)| *weight as f64).sum();
                let above = rows.iter().filter(|(d, _)| d.0 as f64 > ns);
                above.map(|(_, weight)| *weight as f64).sum::<f64>() / all
            }
        }
    }

    /// Mean in nanoseconds of what is cut off at `limit_ns`.
    pub fn mean_up_to_ns(&self, limit_ns: f64) -> f64 {
        let cut = |d: &Duration| (d.0 as f64).min(limit_ns);
        match self {
            Dist::Constant(d) => cut(d),
            Dist::Bimodal {
                fast,
                slow,
                slow_share,
            } => {
                let slow_share = slow_share.0 as f64 / NANO as f64;
                cut(fast) * (1.0 - slow_share) + cut(slow) * slow_share
            }
            Dist::Empirical(rows) => {
                let all: f64 = rows.iter().map(|(_, weight)| *weight as f64).sum();
                let sum = rows.iter().map(|(d, weight)| cut(d) * *weight as f64);
                sum.sum::<f64>() / all
            }
            // The integral of the tail, in slices that are thinnest where it is steep.
            _ => {
                let edge = |i: u32| {
                    let part = f64::from(i) / f64::from(SLICES);
                    limit_ns * part * part * part
                };
                let slice = |i: u32| {
                    let (from, to) = (edge(i), edge(i + 1));
                    self.share_above((from + to) / 2.0) * (to - from)
                };
                (0..SLICES).map(slice).sum()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::DIST_FORMS;
    use super::super::dist::parse;

    /// The mean is the integral of the tail, whatever the form.
    #[test]
    fn mean_and_tail_agree() {
        for (form, example) in DIST_FORMS {
            let dist = parse(example).unwrap_or_else(|e| panic!("{form}: {}", e.message));
            let mean = dist.mean_ns();
            let far = dist
                .longest_ns()
                .map_or(mean * 60.0, |longest| longest * 0.9999);
            let cut = dist.mean_up_to_ns(far);
            assert!((cut - mean).abs() < 0.02 * mean, "{form}: {cut} and {mean}");
            let (mut before, limit) = (1.0, far / 50.0);
            for i in 0..60 {
                let now = dist.share_above(f64::from(i) * limit);
                assert!((0.0..=before).contains(&now), "{form}: a tail falls");
                before = now;
            }
            if let Some(longest) = dist.longest_ns() {
                assert_eq!(dist.share_above(longest), 0.0, "{form}");
            }
        }
    }
}
