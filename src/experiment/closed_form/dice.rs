//! Random numbers of the references that are stepped: a counter through a mixing function, apart
//! from the engine's draws.

use crate::engine::draw::mix64;

pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix64(self.0)
    }

    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * crate::engine::math::ln(1.0 - self.unit())
    }
}
