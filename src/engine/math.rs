//! The only door to transcendental functions: `libm`, whose results are the same bits on every
//! platform. The standard library's differ between native and WASM.

/// Natural logarithm.
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `x` to the power `y`.
#[inline]
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// Exponential function.
#[inline]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Cosine of an angle in radians.
#[inline]
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Square root: exact by IEEE 754 on every platform.
#[inline]
pub fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// A non-negative float to whole nanoseconds, rounded half up; saturates.
#[inline]
pub fn to_ns(x: f64) -> u64 {
    (x + 0.5) as u64
}
