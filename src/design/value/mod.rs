//! What a knob can hold: whole numbers of a base unit, so that text, engine and digest agree exactly.
//!
//! Nothing here is a float. A share is parts per billion, a factor is millionths, a rate is events per
//! second in millionths, money is micro-dollars, time is nanoseconds: each is converted from decimal
//! text once (docs/semantics.md 4) and back without loss.

mod decimal;
mod dist;
mod parse;
mod per_operation;
mod print;
mod shape;
#[cfg(test)]
mod tests;

pub use dist::FORMS as DIST_FORMS;
pub use parse::{
    cut, parse, parse_count, parse_duration, parse_factor, parse_money, parse_rate, parse_share,
};
pub use print::print;

use super::registry::KnobSpec;
use crate::time::Duration;

/// One in a million, for factors and rates.
pub const MICRO: u64 = 1_000_000;
/// One in a billion, for shares.
pub const NANO: u64 = 1_000_000_000;

/// Events per second, in millionths: `Rate(700_000_000)` is 700 per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(pub u64);

/// How many events a rate allows in a window, to the nearest whole number: `10 per h` is kept in
/// millionths per second and still means 10 in an hour.
pub fn in_window(rate: Rate, window: Duration) -> u64 {
    let unit = u128::from(MICRO) * u128::from(crate::time::NS_PER_S);
    let n = (u128::from(rate.0) * u128::from(window.0) + unit / 2) / unit;
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// A share between nothing and all, in parts per billion: `Share(20_000_000)` is 2 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(pub u64);

/// A plain multiplier, in millionths: `Factor(5_000_000)` is 5x.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Factor(pub u64);

/// Dollars, in millionths; negative for a refund.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub i64);

/// How long something takes: a distribution over durations, with exact parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Dist {
    /// Always the same. Text: `10 ms`.
    Constant(Duration),
    /// Any length between the two is equally likely. Text: `uniform(5 ms, 15 ms)`.
    Uniform { low: Duration, high: Duration },
    /// Memoryless. Text: `exponential(10 ms)` (its mean).
    Exponential { mean: Duration },
    /// Sum of `shape` exponential stages; cv^2 = 1/shape. Text: `erlang(10 ms, shape 2)`.
    Erlang { mean: Duration, shape: u32 },
    /// Text: `lognormal(10 ms, cv 1.5)` (mean and coefficient of variation).
    Lognormal { mean: Duration, cv: Factor },
    /// P(X > x) = (min/x)^alpha. Text: `pareto(5 ms, alpha 2.5)`, optionally `, max 10 s`.
    Pareto {
        min: Duration,
        alpha: Factor,
        max: Option<Duration>,
    },
    /// Mostly fast, sometimes slow. Text: `bimodal(10 ms, 1 s, slow 1 %)`.
    Bimodal {
        fast: Duration,
        slow: Duration,
        slow_share: Share,
    },
    /// Two exponential phases with balanced means. Text: `hyperexponential(10 ms, cv2 4)`.
    Hyperexponential { mean: Duration, cv2: Factor },
    /// A table of values with weights. Text: `empirical(5 ms x 90, 50 ms x 9, 1 s x 1)`.
    Empirical(Vec<(Duration, u64)>),
}

/// The value of one knob. Which variant is right is said by the knob's [`Unit`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// The knob's own word for "not there": `none`, `unbounded`.
    Off,
    Count(u64),
    Duration(Duration),
    Rate(Rate),
    Share(Share),
    Factor(Factor),
    Money(Money),
    Dist(Dist),
    Flag(bool),
    /// One of the words that the knob's unit lists, by position.
    Choice(u8),
    /// Free names, for instance zones.
    Names(Vec<String>),
    /// Rates one after the other, for instance the hours of a day.
    Rates(Vec<Rate>),
    Text(String),
    /// A value for each of some operations, in the order of their names.
    PerOperation(Vec<(String, Value)>),
}

impl Value {
    /// The number in the unit people compare in: shares of one, events per second, milliseconds,
    /// dollars. For display and goals, never for a result of the engine; NaN for what is no number.
    pub fn as_f64(&self) -> f64 {
        let micro = MICRO as f64;
        match self {
            Value::Count(n) => *n as f64,
            Value::Duration(d) => d.0 as f64 / crate::time::NS_PER_MS as f64,
            Value::Rate(r) => r.0 as f64 / micro,
            Value::Share(s) => s.0 as f64 / NANO as f64,
            Value::Factor(f) => f.0 as f64 / micro,
            Value::Money(m) => m.0 as f64 / micro,
            _ => f64::NAN,
        }
    }
}

/// What kind of value a knob takes, and so how its text is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A whole number: `50`, `1_000`, `10k`.
    Count,
    /// `250 ms`
    Duration,
    /// `700 rps`, `1.2 krps`, `10 per min`
    Rate,
    /// `2 %` or `0.02`
    Share,
    /// `5x`, `5` or `0.5`
    Factor,
    /// `$0.05`
    Money,
    /// `10 ms` or `exponential(10 ms)`, see [`Dist`]
    Dist,
    /// `true`, `false`
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of names: `["a", "b"]`
    Names,
    /// `100 rps, 250 rps, 80 rps`
    Rates,
    Text,
    /// A value of this unit for each of some operations: `{ buy = "20 ms", view = "5 ms" }`
    PerOperation(&'static Unit),
}

/// Why text is no value of a knob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// What is wrong, as a sentence without a full stop: "`250` has no unit".
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl ValueError {
    fn new(message: impl Into<String>) -> ValueError {
        ValueError {
            message: message.into(),
            help: None,
        }
    }

    fn help(mut self, help: impl Into<String>) -> ValueError {
        self.help = Some(help.into());
        self
    }

    /// Says which word switches the knob off, for those who were looking for it.
    fn mention_off(mut self, spec: &KnobSpec) -> ValueError {
        if let Some(word) = spec.off {
            let start = self
                .help
                .map(|help| format!("{help}; "))
                .unwrap_or_default();
            self.help = Some(format!("{start}or `{word}`"));
        }
        self
    }
}
