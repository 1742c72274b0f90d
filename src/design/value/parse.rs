//! Text to value: exact, within the knob's range, or refused with what would be right.

use super::decimal::{Decimal, Problem};
use super::{Factor, MICRO, Money, NANO, Rate, Share, Unit, Value, ValueError, dist, print};
use crate::design::nearest::nearest;
use crate::design::registry::KnobSpec;
use crate::time::{DURATION_UNITS, Duration};

/// Longest text of a value that is looked at.
const MAX_TEXT: usize = 4_000;
/// Longest free text and longest name.
const MAX_NAME: usize = 200;
const MAX_NAMES: usize = 100;
/// As the knobs that hold one rate.
const MAX_RATE: Rate = Rate(10_000_000 * MICRO);

/// Reads the text of one knob: what a file, `--set`, or somebody at the page wrote.
///
/// ```
/// use brownout::design::{registry, value};
/// let timeout = registry::LINK.knob("timeout").unwrap();
/// let value = value::parse("1.5 s", timeout).unwrap();
/// assert_eq!(value::print(&value, timeout), "1.5 s");
/// assert!(value::parse("5", timeout).unwrap_err().message.contains("has no unit"));
/// ```
pub fn parse(text: &str, spec: &KnobSpec) -> Result<Value, ValueError> {
    let text = text.trim();
    if text.len() > MAX_TEXT {
        return Err(ValueError::new(format!(
            "a value has at most {MAX_TEXT} characters"
        )));
    }
    if spec.off == Some(text) {
        return Ok(Value::Off);
    }
    let parsed = parse_unit(text, spec).and_then(|value| {
        within(&value, text, spec)?;
        Ok(value)
    });
    parsed.map_err(|error| error.mention_off(spec))
}

fn parse_unit(text: &str, spec: &KnobSpec) -> Result<Value, ValueError> {
    if text.is_empty() {
        return Err(ValueError::new("the value is empty").help(spec.unit.how_to_write()));
    }
    Ok(match spec.unit {
        Unit::Count => Value::Count(parse_count(text)?),
        Unit::Duration => Value::Duration(parse_duration(text)?),
        Unit::Rate => Value::Rate(parse_rate(text)?),
        Unit::Share => Value::Share(parse_share(text)?),
        Unit::Factor => Value::Factor(parse_factor(text)?),
        Unit::Money => Value::Money(parse_money(text)?),
        Unit::Dist => Value::Dist(dist::parse(text)?),
        Unit::Flag => match text {
            "true" => Value::Flag(true),
            "false" => Value::Flag(false),
            _ => return Err(wrong(text, "is neither `true` nor `false`", spec.unit)),
        },
        Unit::Choice(words) => Value::Choice(parse_choice(text, words)?),
        Unit::Names => Value::Names(parse_names(text)?),
        Unit::Rates => Value::Rates(parse_rates(text)?),
        Unit::Text => {
            if text.chars().count() > MAX_NAME || text.contains(char::is_control) {
                let message = format!("is no line of at most {MAX_NAME} characters");
                return Err(wrong(text, &message, spec.unit));
            }
            Value::Text(text.to_owned())
        }
    })
}

/// Refuses what is outside the range that the registry gives.
fn within(value: &Value, text: &str, spec: &KnobSpec) -> Result<(), ValueError> {
    let size = |value: &Value| match value {
        Value::Count(n) => Some(*n),
        Value::Duration(d) => Some(d.0),
        Value::Rate(r) => Some(r.0),
        Value::Share(s) => Some(s.0),
        Value::Factor(f) => Some(f.0),
        Value::Money(m) => u64::try_from(m.0).ok(),
        _ => None,
    };
    let Some(actual) = size(value) else {
        return Ok(());
    };
    let bound = |text: &str| match text {
        "" => Ok(None),
        text => parse_unit(text, spec).map(|value| size(&value)),
    };
    let (min, max) = (bound(spec.min)?, bound(spec.max)?);
    let message = if min.is_some_and(|min| actual < min) {
        format!("`{}` is too small", cut(text))
    } else if max.is_some_and(|max| actual > max) {
        format!("`{}` is too large", cut(text))
    } else {
        return Ok(());
    };
    Err(ValueError::new(message).help(spec.allowed()))
}

/// `50`, `1_000`, `10k`, `2M`.
pub fn parse_count(text: &str) -> Result<u64, ValueError> {
    let number = split(text, Unit::Count)?;
    let unit = match number.1 {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        _ => return Err(wrong(text, "is no whole number", Unit::Count)),
    };
    exact(text, number.0, unit, Unit::Count)
}

/// `250 ms`, `1.5 s`, `10 min`.
pub fn parse_duration(text: &str) -> Result<Duration, ValueError> {
    let (number, word) = split(text, Unit::Duration)?;
    if word.is_empty() {
        return Err(no_unit(text, Unit::Duration, &["ms", "s"]));
    }
    // The sign for micro has two code points.
    let ascii = if matches!(word, "µs" | "μs") {
        "us"
    } else {
        word
    };
    let Some(&(_, ns)) = DURATION_UNITS.iter().find(|(unit, _)| *unit == ascii) else {
        return Err(wrong_unit(word, Unit::Duration));
    };
    exact(text, number, ns, Unit::Duration).map(Duration)
}

/// `700 rps`, `1.2 krps`, `10 per min`. A rate per minute or hour is rounded to a millionth per
/// second, because most have no finite decimal.
pub fn parse_rate(text: &str) -> Result<Rate, ValueError> {
    let (number, word) = split(text, Unit::Rate)?;
    let mut words = word.split_ascii_whitespace();
    let (unit, seconds) = match (words.next(), words.next(), words.next()) {
        (Some("rps"), None, _) | (Some("per"), Some("s"), None) => (MICRO, 1),
        (Some("krps"), None, _) => (1_000 * MICRO, 1),
        (Some("per"), Some("min"), None) => (MICRO, 60),
        (Some("per"), Some("h"), None) => (MICRO, 3_600),
        (None, ..) => return Err(no_unit(text, Unit::Rate, &["rps", "per min"])),
        _ => return Err(wrong_unit(word, Unit::Rate)),
    };
    let micro = exact(text, number, unit, Unit::Rate)?;
    Ok(Rate(
        micro / seconds + u64::from(micro % seconds * 2 >= seconds && seconds > 1),
    ))
}

/// `2 %` or `0.02`.
pub fn parse_share(text: &str) -> Result<Share, ValueError> {
    let (number, word) = split(text, Unit::Share)?;
    let unit = match word {
        "%" => NANO / 100,
        "" => NANO,
        _ => return Err(wrong_unit(word, Unit::Share)),
    };
    let share = exact(text, number, unit, Unit::Share)?;
    if share > NANO {
        let help = match word {
            "" => format!("for per cent write `{} %`", cut(text)),
            _ => "allowed: 0 % to 100 %".to_owned(),
        };
        return Err(ValueError::new(format!("`{}` is more than all", cut(text))).help(help));
    }
    Ok(Share(share))
}

/// `5x`, `5` or `0.5`.
pub fn parse_factor(text: &str) -> Result<Factor, ValueError> {
    let (number, word) = split(text, Unit::Factor)?;
    if !matches!(word, "" | "x") {
        return Err(wrong_unit(word, Unit::Factor));
    }
    exact(text, number, MICRO, Unit::Factor).map(Factor)
}

/// `$0.05`.
pub fn parse_money(text: &str) -> Result<Money, ValueError> {
    let unit = Unit::Money;
    let Some(amount) = text.trim().strip_prefix('$') else {
        return Err(match split(text, unit)?.1 {
            "" => ValueError::new(format!("`{}` has no unit", cut(text)))
                .help(format!("write `${}`", cut(text))),
            word => wrong_unit(word, unit),
        });
    };
    let (number, word) = split(amount, unit)?;
    if !word.is_empty() {
        return Err(wrong_unit(word, unit));
    }
    let micro = exact(text, number, MICRO, unit)?;
    let micro = i64::try_from(micro).map_err(|_| wrong(text, "is too large", unit))?;
    Ok(Money(micro))
}

fn parse_choice(text: &str, words: &[&str]) -> Result<u8, ValueError> {
    if let Some(at) = words.iter().position(|word| *word == text) {
        return Ok(at as u8);
    }
    let all = format!("allowed: {}", words.join(", "));
    let help = match nearest(text, words.iter().copied()) {
        Some(word) => format!("did you mean `{word}`? {all}"),
        None => all,
    };
    Err(ValueError::new(format!("`{}` is not one of the words for this", cut(text))).help(help))
}

/// `a, b` or `["a", "b"]`.
fn parse_names(text: &str) -> Result<Vec<String>, ValueError> {
    let inner = text
        .strip_prefix('[')
        .and_then(|t| t.strip_suffix(']'))
        .unwrap_or(text);
    let mut names = Vec::new();
    for part in inner.split(',') {
        let part = part.trim();
        let name = part
            .strip_prefix('"')
            .and_then(|p| p.strip_suffix('"'))
            .unwrap_or(part);
        let fine = name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if name.is_empty() || name.len() > MAX_NAME || !fine {
            return Err(wrong(text, "is no list of names", Unit::Names));
        }
        names.push(name.to_owned());
    }
    if names.len() > MAX_NAMES {
        return Err(ValueError::new(format!(
            "a list has at most {MAX_NAMES} names"
        )));
    }
    Ok(names)
}

/// `100 rps, 250 rps`
fn parse_rates(text: &str) -> Result<Vec<Rate>, ValueError> {
    let rates: Vec<Rate> = text.split(',').map(parse_rate).collect::<Result<_, _>>()?;
    if rates.len() > MAX_NAMES {
        return Err(ValueError::new(format!(
            "a list has at most {MAX_NAMES} rates"
        )));
    }
    if let Some(rate) = rates.iter().find(|rate| rate.0 > MAX_RATE.0) {
        return Err(ValueError::new(format!("`{rate}` is too large"))
            .help(format!("allowed: up to {MAX_RATE}")));
    }
    Ok(rates)
}

pub(super) fn split(text: &str, unit: Unit) -> Result<(Decimal, &str), ValueError> {
    Decimal::split(text).map_err(|problem| refuse(text, problem, unit))
}

pub(super) fn exact(
    text: &str,
    number: Decimal,
    per_one: u64,
    unit: Unit,
) -> Result<u64, ValueError> {
    number
        .in_units(per_one)
        .map_err(|problem| refuse(text, problem, unit))
}

fn refuse(text: &str, problem: Problem, unit: Unit) -> ValueError {
    let finest = match unit {
        Unit::Count => "is no whole number",
        Unit::Duration | Unit::Dist => "is finer than a nanosecond",
        Unit::Share => "is finer than a billionth",
        _ => "is finer than a millionth",
    };
    let message = match problem {
        Problem::NotANumber => "is not a number",
        Problem::Exponent => "has an exponent; write the number out",
        Problem::Negative => "is negative",
        Problem::TooManyDigits => "has too many digits",
        Problem::TooLarge => "is too large",
        Problem::TooFine => finest,
    };
    wrong(text, message, unit)
}

pub(super) fn wrong(text: &str, message: &str, unit: Unit) -> ValueError {
    ValueError::new(format!("`{}` {message}", cut(text))).help(unit.how_to_write())
}

fn wrong_unit(word: &str, unit: Unit) -> ValueError {
    let message = format!("`{}` is no unit of {}", cut(word), unit.noun());
    let hint = match (unit, word) {
        (Unit::Duration, "m" | "M") => "minutes are `min`, milliseconds are `ms`; ",
        (Unit::Duration, "sec" | "secs" | "second" | "seconds") => "seconds are `s`; ",
        (Unit::Rate, "/s" | "qps" | "req/s" | "hz" | "Hz") => "per second is `rps`; ",
        _ => "",
    };
    ValueError::new(message).help(format!("{hint}{}", unit.how_to_write()))
}

fn no_unit(text: &str, unit: Unit, examples: &[&str]) -> ValueError {
    let text = cut(text);
    let written: Vec<String> = examples.iter().map(|e| format!("`{text} {e}`")).collect();
    let help = format!("write {}; {}", written.join(" or "), unit.how_to_write());
    ValueError::new(format!("`{text}` has no unit")).help(help)
}

/// At most 80 characters of what somebody wrote, on one line.
pub fn cut(text: &str) -> String {
    const LONGEST: usize = 80;
    let flat = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(LONGEST).map(flat).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.pop();
        short.push('…');
    }
    short
}

impl Unit {
    /// What the unit is called in a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Unit::Count => "a whole number",
            Unit::Duration => "a duration",
            Unit::Rate => "a rate",
            Unit::Share => "a share",
            Unit::Factor => "a factor",
            Unit::Money => "an amount of money",
            Unit::Dist => "a duration or a distribution",
            Unit::Flag => "a switch",
            Unit::Choice(_) => "a word",
            Unit::Names => "a list of names",
            Unit::Rates => "a list of rates",
            Unit::Text => "a line of text",
        }
    }

    /// How a value of this unit is written, with an example.
    pub fn how_to_write(self) -> String {
        match self {
            Unit::Count => "a whole number: `50`, `1_000` or `10k`".to_owned(),
            Unit::Duration => {
                "a duration is a number with ns, us, ms, s, min, h or d: `250 ms`".to_owned()
            }
            Unit::Rate => {
                "a rate is a number with rps, krps, per min or per h: `700 rps`".to_owned()
            }
            Unit::Share => "a share is written `2 %` or `0.02`".to_owned(),
            Unit::Factor => "a factor is written `5x`, `5` or `0.5`".to_owned(),
            Unit::Money => "money is written `$0.05`".to_owned(),
            Unit::Dist => {
                "a duration such as `10 ms`, or a distribution such as `exponential(10 ms)`"
                    .to_owned()
            }
            Unit::Flag => "write `true` or `false`".to_owned(),
            Unit::Choice(words) => format!("one of {}", words.join(", ")),
            Unit::Names => "names of letters, digits, `_` and `-`: `[\"a\", \"b\"]`".to_owned(),
            Unit::Rates => "rates with commas between them: `100 rps, 250 rps, 80 rps`".to_owned(),
            Unit::Text => format!("one line of at most {MAX_NAME} characters"),
        }
    }
}

impl KnobSpec {
    /// The allowed range in words: `allowed: 1 to 1000`.
    pub fn allowed(&self) -> String {
        let shown = |text: &str| match parse_unit(text, self) {
            Ok(value) => print::print(&value, self),
            Err(_) => text.to_owned(),
        };
        match (self.min, self.max) {
            ("", "") => self.unit.how_to_write(),
            ("", max) => format!("allowed: up to {}", shown(max)),
            (min, "") => format!("allowed: from {}", shown(min)),
            (min, max) => format!("allowed: {} to {}", shown(min), shown(max)),
        }
    }
}
