//! Value to text. Reading the text back gives the same value, for every value a knob can hold.

use super::decimal;
use super::{Dist, Factor, MICRO, Money, NANO, Rate, Share, Unit, Value};
use crate::design::registry::KnobSpec;
use std::fmt;

/// The text of a value, as a scenario file writes it (without the quotes that TOML needs).
pub fn print(value: &Value, spec: &KnobSpec) -> String {
    match value {
        Value::Off => spec.off.unwrap_or("none").to_owned(),
        Value::Count(n) => decimal::print(*n, 1),
        Value::Duration(d) => d.to_string(),
        Value::Rate(r) => r.to_string(),
        Value::Share(s) => s.to_string(),
        Value::Factor(f) => f.to_string(),
        Value::Money(m) => m.to_string(),
        Value::Dist(d) => d.to_string(),
        Value::Flag(b) => b.to_string(),
        Value::Choice(at) => match spec.unit {
            Unit::Choice(words) => words[usize::from(*at)].to_owned(),
            _ => at.to_string(),
        },
        Value::Names(names) => {
            let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            format!("[{}]", quoted.join(", "))
        }
        Value::Rates(rates) => {
            let shown: Vec<String> = rates.iter().map(Rate::to_string).collect();
            shown.join(", ")
        }
        Value::Text(text) => text.clone(),
    }
}

/// `700 rps`; from 10,000 on `12.5 krps` where that is exact.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 10_000 * MICRO && self.0.is_multiple_of(MICRO) {
            return write!(f, "{} krps", decimal::print(self.0 / MICRO, 1_000));
        }
        write!(f, "{} rps", decimal::print(self.0, MICRO))
    }
}

/// `2 %`
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", decimal::print(self.0, NANO / 100))
    }
}

/// `5`; where it reads better, what shows it adds the `x`.
impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal::print(self.0, MICRO))
    }
}

/// `$0.05`, `-$5`
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let amount = decimal::print(self.0.unsigned_abs(), MICRO);
        // Cents have two digits.
        match amount.split_once('.') {
            Some((_, cents)) if cents.len() == 1 => write!(f, "{sign}${amount}0"),
            _ => write!(f, "{sign}${amount}"),
        }
    }
}

impl fmt::Display for Dist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dist::Constant(d) => d.fmt(f),
            Dist::Uniform { low, high } => write!(f, "uniform({low}, {high})"),
            Dist::Exponential { mean } => write!(f, "exponential({mean})"),
            Dist::Erlang { mean, shape } => write!(f, "erlang({mean}, shape {shape})"),
            Dist::Lognormal { mean, cv } => write!(f, "lognormal({mean}, cv {cv})"),
            Dist::Pareto { min, alpha, max } => {
                write!(f, "pareto({min}, alpha {alpha}")?;
                if let Some(max) = max {
                    write!(f, ", max {max}")?;
                }
                f.write_str(")")
            }
            Dist::Bimodal {
                fast,
                slow,
                slow_share,
            } => write!(f, "bimodal({fast}, {slow}, slow {slow_share})"),
            Dist::Hyperexponential { mean, cv2 } => {
                write!(f, "hyperexponential({mean}, cv2 {cv2})")
            }
            Dist::Empirical(rows) => {
                f.write_str("empirical(")?;
                for (i, (value, weight)) in rows.iter().enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    write!(f, "{comma}{value} x {weight}")?;
                }
                f.write_str(")")
            }
        }
    }
}
