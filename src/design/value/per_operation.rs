//! Values by operation: `{ buy = "20 ms", view = "exponential(5 ms)" }`, as an inline table of TOML.

use super::{Unit, Value, ValueError, cut};
use crate::design::order::arrange;
use crate::design::registry::KnobSpec;

/// The knob as it would be for one operation alone.
fn inner(unit: &'static Unit, spec: &KnobSpec) -> KnobSpec {
    let mut inner = *spec;
    inner.unit = *unit;
    inner.off = None;
    inner
}

pub fn parse(text: &str, unit: &'static Unit, spec: &KnobSpec) -> Result<Value, ValueError> {
    let wrong = |message: String| ValueError::new(message).help(spec.unit.how_to_write());
    let body = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let Some(body) = body else {
        return Err(wrong(format!("`{}` is no table", cut(text))));
    };
    let spec = inner(unit, spec);
    let mut values: Vec<(String, Value)> = Vec::new();
    for part in split(body) {
        let Some((name, value)) = part.split_once('=') else {
            return Err(wrong(format!("`{}` is no `OPERATION = VALUE`", cut(part))));
        };
        let (name, value) = (name.trim(), value.trim());
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if !is_name || values.iter().any(|(other, _)| other == name) {
            return Err(wrong(format!(
                "`{}` is no name, or is there twice",
                cut(name)
            )));
        }
        let bare = value
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(value);
        values.push((name.to_owned(), super::parse(bare, &spec)?));
    }
    if values.is_empty() {
        return Err(wrong("the table is empty".to_owned()));
    }
    arrange(&mut values, |(a, _), (b, _)| a.cmp(b));
    Ok(Value::PerOperation(values))
}

/// Parts between commas that stand in no quotes and no brackets.
fn split(body: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0u32, false);
    for (at, c) in body.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.push(body[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(body[start..].trim());
    // A comma may stand after the last one.
    if parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    parts
}

pub fn print(values: &[(String, Value)], spec: &KnobSpec) -> String {
    let Unit::PerOperation(unit) = spec.unit else {
        return String::new();
    };
    let spec = inner(unit, spec);
    let parts: Vec<String> = values
        .iter()
        .map(|(name, value)| format!("{name} = \"{}\"", super::print(value, &spec)))
        .collect();
    format!("{{ {} }}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::registry::knob;

    #[test]
    fn tables_are_read_and_written() {
        let spec = knob("x", Unit::PerOperation(&Unit::Dist), "", "");
        let text = "{ b = \"uniform(1 ms, 2 ms)\", a = 5 ms }";
        let value = super::super::parse(text, &spec).unwrap();
        let printed = super::super::print(&value, &spec);
        assert_eq!(printed, "{ a = \"5 ms\", b = \"uniform(1 ms, 2 ms)\" }");
        assert_eq!(super::super::parse(&printed, &spec), Ok(value));
        for text in [
            "",
            "{}",
            "{ a }",
            "{ a = 5 ms, a = 6 ms }",
            "{ 1 = 5 ms }",
            "a = 5 ms",
            "{ a = x }",
        ] {
            assert!(super::super::parse(text, &spec).is_err(), "{text}");
        }
    }
}
