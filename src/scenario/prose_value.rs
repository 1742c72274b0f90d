//! The right side of a reference: knobs, goals and figures of runs, and arithmetic with them.

use crate::design::value::{self, cut};

/// A number with its dimension, in base units: seconds, dollars, times per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    pub number: f64,
    /// 1 for a duration, -1 for a rate.
    pub time: i8,
    /// 1 for dollars, per hour or not.
    pub money: i8,
    /// It was measured, so it may be rounded where it is told.
    pub of_run: bool,
}

pub const NONE: Value = Value {
    number: 1.0,
    time: 0,
    money: 0,
    of_run: false,
};
pub const SECOND: Value = Value { time: 1, ..NONE };
pub const PER_SECOND: Value = Value { time: -1, ..NONE };
pub const DOLLAR: Value = Value { money: 1, ..NONE };

impl Value {
    pub const fn times(self, number: f64) -> Value {
        Value {
            number: self.number * number,
            ..self
        }
    }
}

/// What a unit stands for.
pub fn unit(word: &str) -> Option<Value> {
    Some(match word {
        "%" | "percent" => NONE.times(0.01),
        "x" | "times" => NONE,
        "us" => SECOND.times(1e-6),
        "ms" | "millisecond" | "milliseconds" => SECOND.times(1e-3),
        "s" | "second" | "seconds" => SECOND,
        "min" | "minute" | "minutes" => SECOND.times(60.0),
        "h" | "hour" | "hours" => SECOND.times(3600.0),
        "d" | "day" | "days" => SECOND.times(86_400.0),
        "week" | "weeks" => SECOND.times(604_800.0),
        "rps" => PER_SECOND,
        "krps" => PER_SECOND.times(1e3),
        _ => return None,
    })
}

/// Why a right side has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoValue {
    /// It needs a run.
    Later,
    Wrong(String),
}

fn wrong<T>(message: String) -> Result<T, NoValue> {
    Err(NoValue::Wrong(message))
}

/// Works out an expression; `named` says what a path stands for.
pub fn value(
    text: &str,
    named: &mut dyn FnMut(&str) -> Result<Value, NoValue>,
) -> Result<Value, NoValue> {
    let mut reader = Reader {
        rest: text.trim(),
        named,
        later: false,
        names: 0,
        steps: 0,
        depth: 0,
    };
    let value = reader.sum()?;
    if !reader.rest.is_empty() {
        return wrong(format!("`{}` is not understood", cut(reader.rest)));
    }
    if reader.names == 0 && reader.steps == 0 {
        return wrong("a number says nothing about itself".to_owned());
    }
    match reader.later {
        true => Err(NoValue::Later),
        false => Ok(value),
    }
}

/// Brackets in brackets that are read.
const MAX_DEPTH: u32 = 20;

struct Reader<'t, 'n> {
    rest: &'t str,
    named: &'n mut dyn FnMut(&str) -> Result<Value, NoValue>,
    later: bool,
    names: u32,
    steps: u32,
    depth: u32,
}

impl<'t> Reader<'t, '_> {
    fn takes(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Result<Value, NoValue> {
        let mut sum = self.product()?;
        loop {
            let sign = match (self.takes('+'), self.takes('-')) {
                (true, _) => 1.0,
                (_, true) => -1.0,
                _ => return Ok(sum),
            };
            self.steps += 1;
            let next = self.product()?;
            if !self.later && (sum.time, sum.money) != (next.time, next.money) {
                return wrong("it adds values of different units".to_owned());
            }
            sum.number += sign * next.number;
            sum.of_run |= next.of_run;
        }
    }

    fn product(&mut self) -> Result<Value, NoValue> {
        let mut product = self.factor()?;
        loop {
            let up = match (self.takes('*'), self.takes('/')) {
                (true, _) => true,
                (_, true) => false,
                _ => return Ok(product),
            };
            self.steps += 1;
            let next = self.factor()?;
            let sign: i8 = if up { 1 } else { -1 };
            product = Value {
                number: match up {
                    true => product.number * next.number,
                    false => product.number / next.number,
                },
                time: product.time.saturating_add(next.time.saturating_mul(sign)),
                money: product
                    .money
                    .saturating_add(next.money.saturating_mul(sign)),
                of_run: product.of_run || next.of_run,
            };
        }
    }

    fn factor(&mut self) -> Result<Value, NoValue> {
        if self.takes('(') {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return wrong("too many brackets".to_owned());
            }
            let inside = self.sum()?;
            self.depth -= 1;
            return match self.takes(')') {
                true => Ok(inside),
                false => wrong("a bracket is not closed".to_owned()),
            };
        }
        if self.takes('$') {
            return Ok(DOLLAR.times(self.digits()?));
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let number = self.digits()?;
            let end = self
                .rest
                .find(|c: char| !c.is_ascii_alphabetic() && c != '%');
            let word = &self.rest[..end.unwrap_or(self.rest.len())];
            return match unit(word) {
                Some(unit) => {
                    self.rest = self.rest[word.len()..].trim_start();
                    Ok(unit.times(number))
                }
                None => Ok(NONE.times(number)),
            };
        }
        let path = self.path();
        if path.is_empty() {
            return wrong(format!("`{}` is no value", cut(self.rest)));
        }
        self.names += 1;
        match (self.named)(path) {
            Err(NoValue::Later) => {
                self.later = true;
                Ok(NONE)
            }
            other => other,
        }
    }

    fn digits(&mut self) -> Result<f64, NoValue> {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '_')));
        let (digits, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        let number = digits.replace([',', '_'], "").parse();
        number.or_else(|_| wrong(format!("`{}` is no number", cut(digits))))
    }

    /// `service.shop-2.slots`, `run.nodes.shop.series.waiting@40s`: a minus in a name has no space before it.
    fn path(&mut self) -> &'t str {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@' | '-');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (path, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        path
    }
}

/// The number that a value of a knob is; of a distribution its mean, of a list how many there are.
pub fn of_knob(knob: &value::Value) -> Option<Value> {
    use value::Value as Knob;
    let base = match knob {
        Knob::Duration(_) => SECOND.times(1e-3),
        Knob::Rate(_) => PER_SECOND,
        Knob::Money(_) => DOLLAR,
        Knob::Dist(dist) => return Some(SECOND.times(dist.mean_ns() / 1e9)),
        Knob::Names(names) => return Some(NONE.times(names.len() as f64)),
        Knob::Count(_) | Knob::Share(_) | Knob::Factor(_) => NONE,
        _ => return None,
    };
    Some(base.times(knob.as_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_that_pile_up_are_no_panic() {
        let long = format!("a{}", " / a".repeat(400));
        let up = format!("a / ({})", ["a"; 400].join(" * "));
        for text in [long, up, "a / (a - a)".to_owned()] {
            let found = value(&text, &mut |_| Ok(SECOND));
            assert!(found.is_ok(), "{text}");
        }
    }
}
