//! Numbers in the text of a lesson: `{2,100 = 3 * clients.shoppers.rate}`.
//!
//! What is left of the last `=` is what people read; what is right of it says of what it is the number, and
//! is worked out ([`super::prose_value`]) and held against it. This file knows only the text: where references are, what is
//! shown of them, which numbers stand bare, and which values a written number may stand for.

use super::findings::Span;
use super::prose_value::{DOLLAR, NONE, Value, unit};
use crate::design::value::cut;

/// A piece of text with references, as it stands in the file.
#[derive(Clone, Debug)]
pub struct Told {
    /// `lesson.fix.retry_budget.because`
    pub path: String,
    pub raw: String,
    /// The value in the file.
    pub span: Span,
}

/// What is in the braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'t> {
    /// With its braces, as it is written.
    pub written: &'t str,
    pub shown: &'t str,
    pub meant: &'t str,
}

/// The right side of what belongs to the story that is told and claims nothing about the model.
pub const STORY: &str = "story";

/// A text is plain, a reference, or in backticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'t> {
    Plain(&'t str),
    Code(&'t str),
    Reference(Reference<'t>),
    /// Braces that are no reference.
    Broken(&'t str),
}

/// Whether a text of a lesson may hold references: what people read of it. Names, titles and what is drawn have none.
pub fn is_told(path: &str) -> bool {
    let mut parts = path.split('.');
    let first = parts.next();
    let name = parts.rfind(|part| !part.starts_with(|c: char| c.is_ascii_digit()));
    match (first, name) {
        (Some("scenario"), Some("concept" | "question")) | (Some("goal"), Some("label")) => true,
        (Some("lesson"), Some(name)) => [
            "hook",
            "hints",
            "facilitator",
            "caveats",
            "label",
            "because",
            "question",
            "answer",
            "says",
            "caveat",
        ]
        .contains(&name),
        _ => false,
    }
}

fn parts(raw: &str) -> Vec<Part<'_>> {
    let mut all = Vec::new();
    let mut rest = raw;
    while let Some(at) = rest.find(['{', '`', '}']) {
        all.push(Part::Plain(&rest[..at]));
        let close = match &rest[at..=at] {
            "`" => '`',
            "{" => '}',
            _ => {
                all.push(Part::Broken("}"));
                rest = &rest[at + 1..];
                continue;
            }
        };
        let Some(length) = rest[at + 1..].find(close) else {
            all.push(Part::Broken(&rest[at..]));
            return all;
        };
        let whole = &rest[at..at + length + 2];
        let inside = &rest[at + 1..at + 1 + length];
        all.push(match (close, inside.rsplit_once('=')) {
            ('`', _) => Part::Code(whole),
            (_, Some((shown, meant))) if !shown.trim().is_empty() => Part::Reference(Reference {
                written: whole,
                shown: shown.trim(),
                meant: meant.trim(),
            }),
            _ => Part::Broken(whole),
        });
        rest = &rest[at + length + 2..];
    }
    all.push(Part::Plain(rest));
    all
}

/// What people read: of references, the left side.
pub fn shown(raw: &str) -> String {
    let told = parts(raw).into_iter().map(|part| match part {
        Part::Reference(reference) => reference.shown,
        Part::Plain(text) | Part::Code(text) | Part::Broken(text) => text,
    });
    told.collect()
}

pub fn references(raw: &str) -> Vec<Reference<'_>> {
    let found = parts(raw).into_iter().filter_map(|part| match part {
        Part::Reference(reference) => Some(reference),
        _ => None,
    });
    found.collect()
}

/// Braces that are no reference, and numbers outside references: what cannot be known to be true.
pub fn bare(raw: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in parts(raw) {
        match part {
            Part::Broken(text) => found.push(text),
            Part::Plain(text) => {
                let mut before = "";
                let mut words = text.split_whitespace().peekable();
                while let Some(word) = words.next() {
                    let is_name = NUMBERED.contains(&before) && !is_spelled(word);
                    let is_repeated = plain(word) == "twice"
                        && !(word.ends_with(char::is_alphabetic)
                            && words.peek().is_some_and(|next| COMPARED.contains(next)));
                    if is_number(word) && !is_name && !is_repeated {
                        found.push(word);
                    }
                    before = word;
                }
            }
            Part::Code(_) | Part::Reference(_) => {}
        }
    }
    found
}

/// Behind these, digits are a name: `HTTP 503`, `part 2`.
const NUMBERED: [&str; 6] = [
    "HTTP",
    "RFC",
    "Part",
    "part",
    "Misconception",
    "misconception",
];

/// `twice` is a number before these; what is done twice is only done again.
const COMPARED: [&str; 9] = [
    "as", "the", "what", "that", "its", "their", "how", "more", "of",
];

fn plain(word: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.to_ascii_lowercase()
}

/// What begins with a letter is a name, whatever follows: `S04`, `p99`, `M/M/1`, `OSDI'22`.
fn is_number(word: &str) -> bool {
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let is_name = word.starts_with(char::is_alphabetic);
    (!is_name && word.contains(|c: char| c.is_ascii_digit())) || is_spelled(word)
}

fn is_spelled(word: &str) -> bool {
    let mut pieces = word.split(|c: char| !c.is_alphabetic());
    pieces.any(|piece| spelled(piece).is_some_and(|n| n.0 != 1.0))
}

/// Words for numbers, with what they stand for. `one`, `first` and `second` are words like others outside of
/// references: mostly they count nothing.
const SPELLED: &[(&str, f64)] = &[
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("thirteen", 13.0),
    ("fourteen", 14.0),
    ("fifteen", 15.0),
    ("sixteen", 16.0),
    ("seventeen", 17.0),
    ("eighteen", 18.0),
    ("nineteen", 19.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
    ("hundred", 100.0),
    ("thousand", 1e3),
    ("million", 1e6),
    ("billion", 1e9),
    ("dozen", 12.0),
    ("twice", 2.0),
    ("thrice", 3.0),
    ("half", 0.5),
    ("third", 1.0 / 3.0),
    ("quarter", 0.25),
    ("fourth", 0.25),
    ("fifth", 0.2),
    ("sixth", 1.0 / 6.0),
    ("seventh", 1.0 / 7.0),
    ("eighth", 0.125),
    ("ninth", 1.0 / 9.0),
    ("tenth", 0.1),
    ("hundredth", 0.01),
    ("thousandth", 0.001),
];

/// The number, and whether the word is in the plural.
fn spelled(word: &str) -> Option<(f64, bool)> {
    let word = word.to_ascii_lowercase();
    let find = |name: &str| {
        SPELLED
            .iter()
            .find(|known| known.0 == name)
            .map(|known| known.1)
    };
    if let Some(n) = find(&word) {
        return Some((n, false));
    }
    find(word.strip_suffix('s')?).map(|n| (n, true))
}

/// What a number on a left side may stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Literal {
    /// In base units: seconds, dollars, per second.
    pub value: f64,
    /// Half of the last digit that is written, and of the last that is not a zero at the end.
    half: (f64, f64),
    /// `None` without a unit: then it is in the base unit of what it is a number of.
    unit: Option<Value>,
    /// `third` and the like are places in an order, too.
    ordinal: Option<f64>,
    /// `thousands`
    vague: bool,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Exactly,
    About,
    /// `nearly`: up to a tenth less.
    Nearly,
    MoreThan,
    LessThan,
}

/// Reads a left side: one number, in digits or words, with its unit, or two as in `97 of 100`.
pub fn literal(shown: &str) -> Result<Literal, String> {
    let mut how = How::Exactly;
    let mut numbers: Vec<Number> = Vec::new();
    let mut units = None::<Value>;
    let (mut is_ratio, mut joins, mut and, mut per) = (false, false, false, false);
    let spread = shown.replace('/', " per ").replace('-', " ");
    for word in spread.split_whitespace() {
        let word =
            word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '$' | '%' | '~'));
        let (word, tilde) = match word.strip_prefix('~') {
            Some(word) => (word, true),
            None => (word, false),
        };
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "about" | "some" | "around" | "roughly" => how = How::About,
            "nearly" | "almost" => how = How::Nearly,
            "more" | "over" | "above" => how = How::MoreThan,
            "less" | "fewer" | "under" | "below" => how = How::LessThan,
            _ => {}
        }
        if tilde {
            how = How::About;
        }
        let digits_end = word
            .char_indices()
            .find(|(_, c)| !(c.is_ascii_digit() || matches!(c, ',' | '.' | '$')))
            .map_or(word.len(), |(at, _)| at);
        let (digits, suffix) = word.split_at(digits_end);
        if digits.contains(|c: char| c.is_ascii_digit()) {
            if digits.starts_with('$') {
                units = Some(DOLLAR);
            }
            let number = Number::of_digits(digits).ok_or_else(|| no_number(shown))?;
            numbers.push(number);
            joins = true;
            if suffix.is_empty() {
                continue;
            }
        }
        let unit_word = if digits.is_empty() { word } else { suffix };
        if lower == "per" {
            (per, joins) = (true, false);
            continue;
        }
        if let Some(found) = unit(unit_word).filter(|_| !numbers.is_empty()) {
            units = match (units, per) {
                // `$0.12 per hour` is money: all costs are.
                (Some(money), true) if money.money != 0 => Some(money),
                (_, true) => Some(Value {
                    number: 1.0 / found.number,
                    time: -found.time,
                    ..NONE
                }),
                (Some(before), false) => Some(before),
                (None, false) => Some(found),
            };
            (per, joins) = (false, false);
            continue;
        }
        per = false;
        if matches!(lower.as_str(), "of" | "in" | "out") && !numbers.is_empty() {
            (is_ratio, joins) = (true, false);
            continue;
        }
        let Some((n, plural)) = spelled(&lower).filter(|_| digits.is_empty()) else {
            and = lower == "and" || (and && lower == "a");
            joins = joins && matches!(lower.as_str(), "and" | "a");
            continue;
        };
        match numbers.last_mut().filter(|_| joins) {
            Some(last) => last.join(n, and),
            None => numbers.push(Number::of_word(&lower, n, plural)),
        }
        (joins, and) = (true, false);
    }
    let number = match (numbers.as_slice(), is_ratio) {
        ([only], _) => *only,
        ([part, whole], true) => part.out_of(whole),
        _ => return Err(no_number(shown)),
    };
    let scale = units.map_or(1.0, |unit| unit.number);
    Ok(Literal {
        value: number.value * scale,
        half: (number.half.0 * scale, number.half.1 * scale),
        unit: units,
        ordinal: number.ordinal,
        vague: number.vague,
        how,
    })
}

fn no_number(shown: &str) -> String {
    format!("`{}` is not one number", cut(shown))
}

#[derive(Clone, Copy, Debug)]
struct Number {
    value: f64,
    half: (f64, f64),
    ordinal: Option<f64>,
    vague: bool,
}

/// Ten to this power.
fn tens(power: usize) -> f64 {
    (0..power).fold(1.0, |tens, _| tens * 10.0)
}

impl Number {
    fn of_digits(digits: &str) -> Option<Number> {
        let plain = digits.trim_start_matches('$').replace(',', "");
        let value: f64 = plain.parse().ok()?;
        let decimals = plain.split_once('.').map_or(0, |(_, after)| after.len());
        let last = 0.5 / tens(decimals);
        // Of 2,100 the two zeros may come from rounding; two digits are always meant.
        let zeros = plain.len() - plain.trim_end_matches('0').len();
        let round = match decimals {
            0 => zeros.min(plain.len().saturating_sub(2)),
            _ => 0,
        };
        Some(Number {
            value,
            half: (last, last * tens(round)),
            ordinal: None,
            vague: false,
        })
    }

    fn of_word(word: &str, value: f64, plural: bool) -> Number {
        let half = match value {
            v if v < 1.0 => 0.05 * v,
            v if v >= 100.0 => 0.05 * v,
            _ => 0.5,
        };
        Number {
            value,
            half: (half.min(0.5), half),
            ordinal: (value < 0.5 && word != "quarter").then(|| (1.0 / value).round()),
            vague: plural && value >= 10.0,
        }
    }

    /// `three hundred`, `twenty-five`, `one and a half`, `two thirds`, `2 million`, `half a million`.
    fn join(&mut self, next: f64, and: bool) {
        let adds = and || (next < self.value && next >= 1.0);
        match adds {
            true => self.value += next,
            false => {
                self.value *= next;
                // `five sixths` is one of six parts, give or take a quarter of one.
                self.half = match next < 1.0 {
                    true => (0.25 * next, 0.25 * next),
                    false => (0.05 * self.half.0, 0.1 * next * self.half.1),
                };
            }
        }
        self.ordinal = None;
    }

    /// `97 of 100`; in `one in 38` the second one is what is rounded.
    fn out_of(&self, whole: &Number) -> Number {
        let value = self.value / whole.value;
        let half = match self.value == 1.0 {
            true => value * whole.half.0 / whole.value,
            false => self.half.0 / whole.value,
        };
        Number {
            value,
            half: (half, half),
            ordinal: None,
            vague: false,
        }
    }
}

impl Literal {
    /// Whether the number is right for this value. Of a knob each digit must be right; of a run the zeros at the end of
    /// `2,100` may come from rounding.
    pub fn fits(&self, value: &Value) -> bool {
        let same_kind = match &self.unit {
            Some(unit) => (unit.time, unit.money) == (value.time, value.money),
            None => true,
        };
        if !same_kind {
            return false;
        }
        let (x, told) = (value.number, self.value);
        if self.vague {
            return x >= 2.0 * told && x < 100.0 * told;
        }
        let half = match value.of_run {
            true => self.half.1,
            false => self.half.0,
        };
        // Decimal fractions are not exact in binary.
        let near =
            |to: f64, within: f64| (x - to).abs() <= within * (1.0 + 1e-9) + 1e-12 * to.abs();
        match self.how {
            How::Exactly => near(told, half) || self.ordinal.is_some_and(|place| near(place, 0.0)),
            How::About => near(told, half.max(0.05 * told)),
            How::Nearly => x <= told && x >= 0.9 * told,
            How::MoreThan => x > told,
            How::LessThan => x < told,
        }
    }

    /// A value as this number would be written.
    pub fn as_written(&self, value: &Value) -> String {
        let scale = match &self.unit {
            Some(unit) if (unit.time, unit.money) == (value.time, value.money) => unit.number,
            _ => 1.0,
        };
        let number = value.number / scale;
        let digits = match number.abs() {
            n if n >= 1000.0 => 0,
            n if n >= 10.0 => 2,
            _ => 4,
        };
        let text = format!("{number:.digits$}");
        let text = match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        };
        let base = match (value.time, value.money) {
            (0, 0) => "",
            (1, 0) => " s",
            (-1, 0) => " per second",
            (0, 1) => " dollars",
            _ => " of no unit that people know",
        };
        match self
            .unit
            .is_some_and(|unit| (unit.time, unit.money) == (value.time, value.money))
        {
            true => format!("{text} in that unit"),
            false => format!("{text}{base}"),
        }
    }
}
