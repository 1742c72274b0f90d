//! Times of work that is drawn anew for every try, as those formulas need them that ask how often a
//! time exceeds another.

use crate::engine::math::{exp, sqrt};

/// A mixture of two: with a certain share, one time or the other.
#[derive(Clone, Copy, Debug)]
pub enum Times {
    /// Shares and the values they always take.
    Points([(f64, f64); 2]),
    /// Shares and the means of the exponential times they follow.
    Phases([(f64, f64); 2]),
}

impl Times {
    pub fn constant(value: f64) -> Times {
        Times::Points([(1.0, value), (0.0, value)])
    }

    /// `slow` with probability `slow_share`, else `fast`: bimodal.
    pub fn two_point(fast: f64, slow: f64, slow_share: f64) -> Times {
        Times::Points([(1.0 - slow_share, fast), (slow_share, slow)])
    }

    pub fn exponential(mean: f64) -> Times {
        Times::Phases([(1.0, mean), (0.0, mean)])
    }

    /// With a squared coefficient of variation of at least 1, both phases carrying the same work
    /// (balanced means: H. Tijms, *Stochastic Models*, 1994, app. B).
    pub fn hyperexponential(mean: f64, cs2: f64) -> Times {
        let p = 0.5 * (1.0 + sqrt((cs2 - 1.0) / (cs2 + 1.0)));
        Times::Phases([(p, mean / (2.0 * p)), (1.0 - p, mean / (2.0 * (1.0 - p)))])
    }

    /// The probability that one draw is longer than `t`.
    ///
    /// ```
    /// use brownout::experiment::closed_form::times::Times;
    /// let bimodal = Times::two_point(0.010, 1.0, 0.01);
    /// assert_eq!(bimodal.exceeds(0.010), 0.01);
    /// assert_eq!(bimodal.exceeds(1.0), 0.0);
    /// ```
    pub fn exceeds(&self, t: f64) -> f64 {
        match self {
            Times::Points(points) => {
                let longer = points.iter().filter(|&&(_, value)| value > t);
                longer.map(|(share, _)| share).sum()
            }
            Times::Phases(phases) => {
                let beyond = |&(share, mean): &(f64, f64)| share * exp(-t.max(0.0) / mean);
                phases.iter().map(beyond).sum()
            }
        }
    }

    pub fn mean(&self) -> f64 {
        let (Times::Points(both) | Times::Phases(both)) = self;
        both.iter().map(|(share, value)| share * value).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{close, integral};
    use super::*;

    #[test]
    fn the_mean_is_the_integral_of_being_exceeded() {
        for times in [Times::exponential(2.0), Times::hyperexponential(2.0, 4.0)] {
            close(integral(0.0, 200.0, |t| times.exceeds(t)), 2.0, 1e-6);
            close(times.mean(), 2.0, 1e-12);
        }
        let second = |t: f64| 2.0 * t * Times::hyperexponential(2.0, 4.0).exceeds(t);
        close(integral(0.0, 400.0, second), (4.0 + 1.0) * 4.0, 1e-6);
        close(Times::two_point(1.0, 11.0, 0.1).mean(), 2.0, 1e-12);
    }
}
