//! Which item an action is about (docs/semantics.md 5): one table per key space, one draw per pick.

use super::draw::{Draws, mix64};
use super::math::pow;
use crate::design::Settings;
use crate::design::value::MICRO;

/// How users choose among `n` items. Picks are ranks, 0 the most popular.
#[derive(Clone, Debug)]
pub enum Popularity {
    One,
    Uniform {
        n: u64,
    },
    /// Running sums of integer weights proportional to 1/rank^alpha.
    Zipf {
        cumulative: Box<[u64]>,
    },
    /// One after the other, again and again.
    Cycle {
        n: u64,
    },
    /// Rank 0 has `hot`, the others share the rest.
    Hot {
        n: u64,
        hot: super::draw::Threshold,
    },
}

impl Popularity {
    pub fn compile(knobs: &Settings<'_>) -> Popularity {
        let n = knobs.count("keys");
        if n == 1 {
            return Popularity::One;
        }
        match knobs.choice("popularity") {
            "uniform" => Popularity::Uniform { n },
            "cycle" => Popularity::Cycle { n },
            "zipf" => {
                let alpha = knobs.factor("zipf_alpha").0 as f64 / MICRO as f64;
                let mut sum = 0u64;
                // 2^40 for the first rank keeps a million ranks apart and their sum below 2^60.
                let weight =
                    |rank: u64| (pow(rank as f64, -alpha) * (1u64 << 40) as f64) as u64 + 1;
                let cumulative = (1..=n).map(|rank| {
                    sum += weight(rank);
                    sum
                });
                Popularity::Zipf {
                    cumulative: cumulative.collect(),
                }
            }
            _ => Popularity::Hot {
                n,
                hot: super::draw::Threshold::new(knobs.share("hot_share")),
            },
        }
    }

    /// How many items there are.
    pub fn count(&self) -> u64 {
        match self {
            Popularity::One => 1,
            Popularity::Uniform { n } | Popularity::Cycle { n } | Popularity::Hot { n, .. } => *n,
            Popularity::Zipf { cumulative } => cumulative.len() as u64,
        }
    }

    /// Whether a pick needs a random number at all.
    #[inline]
    pub fn is_one(&self) -> bool {
        matches!(self, Popularity::One)
    }

    /// The number of items, if they are asked for in turn: then it is not chance that picks.
    #[inline]
    pub fn in_turn(&self) -> Option<u64> {
        match self {
            Popularity::Cycle { n } => Some(*n),
            _ => None,
        }
    }

    pub fn pick(&self, draws: &mut Draws) -> u64 {
        match self {
            Popularity::One | Popularity::Cycle { .. } => 0,
            Popularity::Uniform { n } => draws.below(*n),
            Popularity::Zipf { cumulative } => {
                let at = draws.below(cumulative[cumulative.len() - 1]);
                cumulative.partition_point(|&c| c <= at) as u64
            }
            Popularity::Hot { n, hot } => {
                if draws.chance(*hot) {
                    0
                } else {
                    1 + draws.below(n - 1)
                }
            }
        }
    }
}

/// The item's key: ranks are scattered, so that a split of the key space is unbiased.
#[inline]
pub fn item_key(operation: u64, rank: u64) -> u64 {
    // 0 is no key: it marks an empty place in a store.
    mix64(operation ^ mix64(rank)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::draw::{Address, Keys, Purpose};

    #[test]
    fn zipf_picks_follow_the_law() {
        let n = 100u64;
        let mut sum = 0;
        let cumulative = (1..=n).map(|r| {
            sum += (pow(r as f64, -1.0) * (1u64 << 40) as f64) as u64;
            sum
        });
        let zipf = Popularity::Zipf {
            cumulative: cumulative.collect(),
        };
        let keys = Keys::new(5, 5);
        let picks = 200_000;
        let first = (0..picks)
            .filter(|&i| zipf.pick(&mut keys.draws(Purpose::Item, Address::intent(0, 0, i))) == 0)
            .count();
        let harmonic: f64 = (1..=n).map(|r| 1.0 / r as f64).sum();
        let expected = picks as f64 / harmonic;
        assert!((first as f64 - expected).abs() < 0.02 * expected);
    }
}
