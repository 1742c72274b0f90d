//! Sampling of durations. Inverse transforms wherever there is one, so that a longer mean or another
//! seed-equal run keeps the order of the draws (common random numbers).

use super::draw::{Draws, Threshold};
use super::math::{cos, exp, ln, pow, sqrt, to_ns};
use crate::design::value::{Dist, MICRO};

/// A [`Dist`] prepared for drawing. Results are nanoseconds.
#[derive(Clone, Debug)]
pub enum Sampler {
    Constant(u64),
    /// `low + U * (span + 1)`, whole nanoseconds.
    Uniform {
        low: u64,
        span: u64,
    },
    Exponential {
        mean: f64,
    },
    Erlang {
        stage_mean: f64,
        shape: u32,
    },
    Lognormal {
        mu: f64,
        sigma: f64,
    },
    Pareto {
        min: f64,
        exponent: f64,
        max: f64,
    },
    Bimodal {
        fast: u64,
        slow: u64,
        is_slow: Threshold,
    },
    Hyperexponential {
        p_first: f64,
        mean_first: f64,
        mean_second: f64,
    },
    /// Values with the running sum of their weights.
    Empirical {
        values: Box<[u64]>,
        cumulative: Box<[u64]>,
    },
}

impl Sampler {
    pub fn new(dist: &Dist) -> Sampler {
        let micro = MICRO as f64;
        match dist {
            Dist::Constant(d) => Sampler::Constant(d.0),
            Dist::Uniform { low, high } => Sampler::Uniform {
                low: low.0,
                span: high.0 - low.0,
            },
            Dist::Exponential { mean } => Sampler::Exponential {
                mean: mean.0 as f64,
            },
            Dist::Erlang { mean, shape } => Sampler::Erlang {
                stage_mean: mean.0 as f64 / f64::from(*shape),
                shape: *shape,
            },
            Dist::Lognormal { mean, cv } => {
                // E = exp(mu + s^2/2), cv^2 = exp(s^2) - 1.
                let cv = cv.0 as f64 / micro;
                let s2 = ln(1.0 + cv * cv);
                Sampler::Lognormal {
                    mu: ln(mean.0 as f64) - s2 / 2.0,
                    sigma: sqrt(s2),
                }
            }
            Dist::Pareto { min, alpha, max } => Sampler::Pareto {
                min: min.0 as f64,
                exponent: -micro / alpha.0 as f64,
                max: max.map_or(f64::INFINITY, |m| m.0 as f64),
            },
            Dist::Bimodal {
                fast,
                slow,
                slow_share,
            } => Sampler::Bimodal {
                fast: fast.0,
                slow: slow.0,
                is_slow: Threshold::new(*slow_share),
            },
            Dist::Hyperexponential { mean, cv2 } => {
                // Balanced means: p1 m1 = p2 m2 (Tijms; also Whitt 1984).
                let (mean, cv2) = (mean.0 as f64, cv2.0 as f64 / micro);
                let p = 0.5 * (1.0 + sqrt((cv2 - 1.0) / (cv2 + 1.0)));
                Sampler::Hyperexponential {
                    p_first: p,
                    mean_first: mean / (2.0 * p),
                    mean_second: mean / (2.0 * (1.0 - p)),
                }
            }
            Dist::Empirical(rows) => {
                let mut sum = 0;
                let cumulative = rows.iter().map(|&(_, w)| {
                    sum += w;
                    sum
                });
                Sampler::Empirical {
                    cumulative: cumulative.collect(),
                    values: rows.iter().map(|&(d, _)| d.0).collect(),
                }
            }
        }
    }

    /// Nothing is drawn: the result is this constant.
    #[inline]
    pub fn constant(&self) -> Option<u64> {
        match self {
            Sampler::Constant(ns) => Some(*ns),
            _ => None,
        }
    }

    /// One duration in nanoseconds.
    #[inline]
    pub fn sample(&self, draws: &mut Draws) -> u64 {
        match self {
            Sampler::Constant(ns) => *ns,
            Sampler::Exponential { mean } => to_ns(-mean * ln(draws.unit())),
            _ => self.sample_other(draws),
        }
    }

    fn sample_other(&self, draws: &mut Draws) -> u64 {
        match self {
            Sampler::Constant(_) | Sampler::Exponential { .. } => self.sample(draws),
            Sampler::Uniform { low, span } => low + draws.below(span.saturating_add(1)),
            Sampler::Erlang { stage_mean, shape } => {
                let sum: f64 = (0..*shape).map(|_| -ln(draws.unit())).sum();
                to_ns(stage_mean * sum)
            }
            Sampler::Lognormal { mu, sigma } => {
                // Box and Muller 1958; the second normal is not kept, so that draws stay addressable.
                let radius = sqrt(-2.0 * ln(draws.unit()));
                let normal = radius * cos(core::f64::consts::TAU * draws.unit());
                to_ns(exp(mu + sigma * normal))
            }
            Sampler::Pareto { min, exponent, max } => {
                let x = min * pow(draws.unit(), *exponent);
                to_ns(if x > *max { *max } else { x })
            }
            Sampler::Bimodal {
                fast,
                slow,
                is_slow,
            } => {
                if draws.chance(*is_slow) {
                    *slow
                } else {
                    *fast
                }
            }
            Sampler::Hyperexponential {
                p_first,
                mean_first,
                mean_second,
            } => {
                let mean = if draws.unit() < *p_first {
                    mean_first
                } else {
                    mean_second
                };
                to_ns(-mean * ln(draws.unit()))
            }
            Sampler::Empirical { values, cumulative } => {
                let total = cumulative[cumulative.len() - 1];
                let at = draws.below(total);
                values[cumulative.partition_point(|&c| c <= at)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::{Address, Keys, Purpose};
    use super::*;
    use crate::design::value::{Factor, Share};
    use crate::time::Duration;

    /// Mean and squared coefficient of variation over 400,000 draws.
    fn moments(dist: &Dist) -> (f64, f64) {
        let sampler = Sampler::new(dist);
        let keys = Keys::new(42, 1);
        let n = 400_000;
        let (mut sum, mut sum2) = (0.0, 0.0);
        for i in 0..n {
            let x = sampler.sample(&mut keys.draws(Purpose::Work, Address::intent(1, 0, i))) as f64;
            sum += x;
            sum2 += x * x;
        }
        let mean = sum / n as f64;
        (mean / 1e6, (sum2 / n as f64 - mean * mean) / (mean * mean))
    }

    #[test]
    fn moments_are_those_of_the_distribution() {
        let ms = Duration::from_millis;
        for (dist, mean, cv2) in [
            (Dist::Constant(ms(10)), 10.0, 0.0),
            (
                Dist::Uniform {
                    low: ms(5),
                    high: ms(15),
                },
                10.0,
                1.0 / 12.0,
            ),
            (Dist::Exponential { mean: ms(10) }, 10.0, 1.0),
            (
                Dist::Erlang {
                    mean: ms(10),
                    shape: 4,
                },
                10.0,
                0.25,
            ),
            (
                Dist::Lognormal {
                    mean: ms(10),
                    cv: Factor(1_000_000),
                },
                10.0,
                1.0,
            ),
            (
                Dist::Pareto {
                    min: ms(6),
                    alpha: Factor(4_000_000),
                    max: None,
                },
                8.0,
                1.0 / (4.0 * 2.0),
            ),
            (
                Dist::Bimodal {
                    fast: ms(5),
                    slow: ms(55),
                    slow_share: Share(100_000_000),
                },
                10.0,
                2.25,
            ),
            (
                Dist::Hyperexponential {
                    mean: ms(10),
                    cv2: Factor(4_000_000),
                },
                10.0,
                4.0,
            ),
            (Dist::Empirical(vec![(ms(5), 3), (ms(25), 1)]), 10.0, 0.75),
        ] {
            let (m, c) = moments(&dist);
            assert!(
                (m - mean).abs() < 0.02 * mean,
                "{dist:?}: mean {m}, expected {mean}"
            );
            assert!(
                (c - cv2).abs() < 0.06 * (cv2 + 0.05),
                "{dist:?}: cv2 {c}, expected {cv2}"
            );
        }
    }
}
