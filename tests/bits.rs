//! The same bits natively and in WASM: a hash over results of the engine's mathematics.
//!
//! Part of two test programs, tests/it (native) and tests/web (Chromium).

use brownout::engine::draw::mix64;
use brownout::engine::math;

/// Changes only with libm or with the functions below; then every run changes too, and CHANGELOG.md
/// says so under "Simulation results change".
pub const EXPECTED: u64 = 0xde1c_ff70_8e96_b3f3;

/// Over 20,000 points between 0 and 40, where runs draw theirs.
pub fn mathematics() -> u64 {
    let mut hash = 0;
    for n in 0..20_000_u64 {
        // The upper 53 bits: exact in an f64.
        let x = (mix64(n) >> 11) as f64 / (1_u64 << 53) as f64 * 40.0;
        for y in [
            math::ln(x + 1e-9),
            math::exp(-x),
            math::pow(x, 0.7),
            math::cos(x),
            math::sqrt(x),
        ] {
            hash = mix64(hash ^ y.to_bits());
        }
        hash = mix64(hash ^ math::to_ns(x));
    }
    hash
}
