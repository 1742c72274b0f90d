//! Fields of a table that are not knobs: lines, prose, lists, times.

use toml::Spanned;
use toml::de::DeValue;

use super::code;
use super::findings::{Findings, Span};
use super::limits::{MAX_LINE, MAX_LIST, MAX_PROSE};
use super::row::{Row, type_of};
use crate::design::value;
use crate::time::Duration;

impl Row<'_, '_> {
    pub(super) fn wrong(
        &self,
        f: &mut Findings<'_>,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        wanted: &str,
    ) {
        let message = format!("`{name}` is {}, not {wanted}", type_of(value.get_ref()));
        f.error(code::WRONG_TYPE, &self.path_of(name), value.span(), message);
    }

    pub fn line(&self, f: &mut Findings<'_>, name: &str) -> Option<String> {
        let value = self.value(name)?;
        match value.get_ref() {
            DeValue::String(text) => {
                let text = f.shown(self.path_of(name), text, value.span());
                self.fits(f, name, value.span(), &text, MAX_LINE);
                if text.contains(char::is_control) {
                    let message = format!("`{name}` is more than one line");
                    f.error(code::WRONG_TYPE, &self.path_of(name), value.span(), message);
                }
                Some(text.to_string())
            }
            _ => {
                self.wrong(f, name, value, "a line of text");
                None
            }
        }
    }

    pub fn prose(&self, f: &mut Findings<'_>, name: &str) -> String {
        let Some(value) = self.value(name) else {
            return String::new();
        };
        match value.get_ref() {
            DeValue::String(text) => {
                let text = f.shown(self.path_of(name), text, value.span());
                self.fits(f, name, value.span(), &text, MAX_PROSE);
                text.trim().to_owned()
            }
            _ => {
                self.wrong(f, name, value, "text");
                String::new()
            }
        }
    }

    fn fits(&self, f: &mut Findings<'_>, name: &str, span: Span, text: &str, limit: usize) {
        if text.chars().count() > limit {
            let message = format!("`{name}` has more than {limit} characters");
            f.error(code::LIMIT, &self.path_of(name), span, message);
        }
    }

    /// A list of texts, each with its place.
    pub fn texts(&self, f: &mut Findings<'_>, name: &str) -> Vec<(String, Span)> {
        let Some(value) = self.value(name) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(f, name, value, "a list of texts");
            return Vec::new();
        };
        if items.len() > MAX_LIST {
            let message = format!("`{name}` has more than {MAX_LIST} entries");
            f.error(code::LIMIT, &self.path_of(name), value.span(), message);
        }
        let mut out = Vec::new();
        for item in items.iter().take(MAX_LIST) {
            match item.get_ref() {
                DeValue::String(text) => {
                    let path = format!("{}.{}", self.path_of(name), out.len());
                    let text = f.shown(path.clone(), text, item.span());
                    self.fits(f, name, item.span(), &text, MAX_PROSE);
                    f.remember(path, item.span());
                    out.push((text.trim().to_owned(), item.span()));
                }
                _ => self.wrong(f, name, item, "text"),
            }
        }
        out
    }

    pub fn whole(&self, f: &mut Findings<'_>, name: &str) -> Option<u32> {
        let value = self.value(name)?;
        let number = match value.get_ref() {
            DeValue::Integer(_) => value::parse_count(&f.text[value.span()]).ok(),
            _ => None,
        };
        let small = number.and_then(|number| u32::try_from(number).ok());
        if small.is_none() {
            let message = format!("`{name}` is no whole number from 0 to {}", u32::MAX);
            f.error(code::WRONG_TYPE, &self.path_of(name), value.span(), message);
        }
        small
    }

    pub fn flag(&self, f: &mut Findings<'_>, name: &str) -> bool {
        match self.value(name).map(|value| (value, value.get_ref())) {
            None => false,
            Some((_, DeValue::Boolean(flag))) => *flag,
            Some((value, _)) => {
                self.wrong(f, name, value, "`true` or `false`");
                false
            }
        }
    }

    /// Two times, the first before the second.
    pub fn window(&self, f: &mut Findings<'_>, name: &str) -> Option<(Duration, Duration)> {
        let value = self.value(name)?;
        let path = self.path_of(name);
        let items = match value.get_ref() {
            DeValue::Array(items) if items.len() == 2 => items,
            _ => {
                let message = format!("`{name}` is not two times");
                f.error(code::WRONG_TYPE, &path, value.span(), message)
                    .help("write the beginning and the end: `[\"100 s\", \"180 s\"]`");
                return None;
            }
        };
        let mut times = [Duration::ZERO; 2];
        for (time, item) in times.iter_mut().zip(items.iter()) {
            let text = match item.get_ref() {
                DeValue::String(text) => text.to_string(),
                _ => f.text[item.span()].to_owned(),
            };
            match value::parse_duration(&text) {
                Ok(parsed) => *time = parsed,
                Err(error) => {
                    f.error(code::BAD_VALUE, &path, item.span(), error.message)
                        .maybe_help(error.help);
                    return None;
                }
            }
        }
        if times[0] >= times[1] {
            let message = format!("`{}` is not before `{}`", times[0], times[1]);
            f.error(code::BAD_VALUE, &path, value.span(), message)
                .help("write the beginning first, then the end");
            return None;
        }
        Some((times[0], times[1]))
    }

    /// Two whole numbers, which may be negative.
    pub fn position(&self, f: &mut Findings<'_>, name: &str) -> Option<(i32, i32)> {
        const FARTHEST: i32 = 100_000;
        let value = self.value(name)?;
        let number = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
            DeValue::Integer(_) => {
                let text = f.text[item.span()].replace('_', "");
                text.parse::<i32>()
                    .ok()
                    .filter(|number| number.abs() <= FARTHEST)
            }
            _ => None,
        };
        let pair = match value.get_ref() {
            DeValue::Array(items) if items.len() == 2 => number(&items[0]).zip(number(&items[1])),
            _ => None,
        };
        if pair.is_none() {
            let message = format!("`{name}` is not two whole numbers within {FARTHEST}");
            f.error(code::WRONG_TYPE, &self.path_of(name), value.span(), message)
                .help("for example `[120, 80]`");
        }
        pair
    }
}
