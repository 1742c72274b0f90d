//! Chance for random designs.

use rand::SeedableRng;
use rand::rand_core::Rng as _;
use rand_chacha::ChaCha8Rng;

pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(n: u64) -> Dice {
        Dice(ChaCha8Rng::seed_from_u64(n))
    }

    /// Uniform on 0..n.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform on low..=high.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// A distribution with a mean of about `mean_us` microseconds.
    pub fn dist(&mut self, mean_us: u64) -> String {
        let m = mean_us.max(4);
        match self.below(9) {
            0 => format!("{m} us"),
            1 => format!("uniform({} us, {} us)", m / 2, m + m / 2),
            2 => format!("exponential({m} us)"),
            3 => format!("erlang({m} us, shape {})", self.between(2, 5)),
            4 => format!("lognormal({m} us, cv {})", self.one_of(&["0.5", "1", "2"])),
            5 => format!("pareto({} us, alpha 2.5, max {} us)", m * 3 / 5, m * 100),
            6 => format!("bimodal({} us, {} us, slow 2 %)", m * 4 / 5, m * 10),
            7 => format!("hyperexponential({m} us, cv2 4)"),
            _ => format!("empirical({} us x 3, {} us x 1)", m * 2 / 3, m * 2),
        }
    }
}
