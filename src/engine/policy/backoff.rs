//! The pause before a retry.
//!
//! Growth: none, constant, or doubling from a base, never above a cap. Jitter as in M. Brooker,
//! "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): full draws from [0, d], equal
//! from [d/2, d], decorrelated from [base, 3 x last pause].

use crate::design::Settings;
use crate::engine::draw::Draws;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Growth {
    None,
    Constant,
    Exponential,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Jitter {
    None,
    Full,
    Equal,
    Decorrelated,
}

/// How a link pauses between tries. Lengths in nanoseconds.
#[derive(Clone, Debug)]
pub struct Backoff {
    growth: Growth,
    jitter: Jitter,
    base: u64,
    cap: u64,
}

impl Backoff {
    pub fn compile(link: &Settings<'_>) -> Backoff {
        Backoff {
            growth: match link.choice("backoff") {
                "none" => Growth::None,
                "constant" => Growth::Constant,
                _ => Growth::Exponential,
            },
            jitter: match link.choice("jitter") {
                "none" => Jitter::None,
                "full" => Jitter::Full,
                "equal" => Jitter::Equal,
                _ => Jitter::Decorrelated,
            },
            base: link.duration("backoff_base").0,
            cap: link.duration("backoff_cap").0,
        }
    }

    /// Pause before retry number `retry` (1 for the first), in nanoseconds. `last` is the pause
    /// before it, 0 for the first.
    pub fn pause(&self, retry: u16, last: u64, draws: &mut Draws) -> u64 {
        let grown = match self.growth {
            Growth::None => return 0,
            Growth::Constant => self.base.min(self.cap),
            Growth::Exponential => {
                let doublings = u32::from(retry - 1).min(63);
                let factor = 1u128 << doublings;
                (u128::from(self.base) * factor).min(u128::from(self.cap)) as u64
            }
        };
        match self.jitter {
            Jitter::None => grown,
            Jitter::Full => draws.below(grown.saturating_add(1)),
            Jitter::Equal => grown / 2 + draws.below((grown - grown / 2).saturating_add(1)),
            Jitter::Decorrelated => {
                let low = self.base.min(self.cap);
                let high = last.max(self.base).saturating_mul(3).max(low);
                (low + draws.below((high - low).saturating_add(1))).min(self.cap)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::draw::{Address, Keys, Purpose};

    fn pauses(growth: Growth, jitter: Jitter) -> Vec<u64> {
        let backoff = Backoff {
            growth,
            jitter,
            base: 1_000,
            cap: 6_000,
        };
        let keys = Keys::new(3, 3);
        let mut last = 0;
        (1..=4)
            .map(|retry| {
                let address = Address::intent(0, 0, 0).attempt(u32::from(retry));
                last = backoff.pause(retry, last, &mut keys.draws(Purpose::Backoff, address));
                last
            })
            .collect()
    }

    #[test]
    fn growth_is_capped() {
        assert_eq!(pauses(Growth::None, Jitter::Full), [0, 0, 0, 0]);
        assert_eq!(pauses(Growth::Constant, Jitter::None), [1_000; 4]);
        assert_eq!(
            pauses(Growth::Exponential, Jitter::None),
            [1_000, 2_000, 4_000, 6_000]
        );
    }

    #[test]
    fn jitter_stays_in_its_range() {
        let bounds = [1_000, 2_000, 4_000, 6_000];
        for (pause, bound) in pauses(Growth::Exponential, Jitter::Full).iter().zip(bounds) {
            assert!(*pause <= bound);
        }
        for (pause, bound) in pauses(Growth::Exponential, Jitter::Equal)
            .iter()
            .zip(bounds)
        {
            assert!((bound / 2..=bound).contains(pause));
        }
        for pause in pauses(Growth::Exponential, Jitter::Decorrelated) {
            assert!((1_000..=6_000).contains(&pause));
        }
    }
}
