//! One table of the file: typed reading of its fields, with a finding for whatever does not fit.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::code;
use super::findings::{Findings, Span};
use super::limits::MAX_NAME;
use super::names::suggest;
use super::sections::Field;
use crate::design::Knobs;
use crate::design::order::arrange;
use crate::design::registry::{self, KINDS, KnobSpec};
use crate::design::value::{self, Unit, cut};

/// A table with its path (`link.browse`) and the place where it is named.
pub struct Row<'t, 'a> {
    pub path: String,
    pub named_at: Span,
    pub table: &'a DeTable<'t>,
}

impl<'t, 'a> Row<'t, 'a> {
    pub fn new(
        f: &mut Findings<'_>,
        path: String,
        named_at: Span,
        table: &'a DeTable<'t>,
    ) -> Row<'t, 'a> {
        f.remember(path.clone(), named_at.clone());
        let row = Row {
            path,
            named_at,
            table,
        };
        for (key, value) in table {
            // Longer names are refused where they stand.
            if key.get_ref().len() <= MAX_NAME {
                f.remember(row.path_of(key.get_ref()), value.span());
            }
        }
        row
    }

    /// The path of a field of this table; the table of the whole file has no path.
    pub(super) fn path_of(&self, name: &str) -> String {
        match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a Spanned<DeValue<'t>>> {
        self.table.get(name)
    }

    /// Refuses fields that neither list has, and asks for those that must be there. `owner` is how
    /// the table is called in a sentence: "a link".
    pub fn check_fields(
        &self,
        f: &mut Findings<'_>,
        owner: &str,
        fields: &[Field],
        knobs: &[KnobSpec],
    ) {
        let names = fields.iter().map(|field| field.name);
        let names = names.chain(knobs.iter().map(|knob| knob.name));
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if names.clone().any(|known| known == name) {
                continue;
            }
            let message = format!("`{}` is no field of {owner}", cut(name));
            let others = owners_of(name);
            let help = if others.is_empty() {
                suggest(name, names.clone(), &format!("{owner} has"))
            } else {
                format!("it is one of {}", others.join(", "))
            };
            f.error(
                code::UNKNOWN_FIELD,
                &self.path_of(name),
                key.span(),
                message,
            )
            .help(help);
        }
        self.check_required(f, fields, knobs);
    }

    /// Asks for the fields that must be there.
    pub fn check_required(&self, f: &mut Findings<'_>, fields: &[Field], knobs: &[KnobSpec]) {
        let required = fields.iter().filter(|field| field.required);
        let required = required.map(|field| (field.name, field.meaning));
        let no_default = knobs.iter().filter(|knob| knob.default.is_empty());
        let no_default = no_default.map(|knob| (knob.name, knob.meaning));
        for (name, meaning) in required.chain(no_default) {
            if self.value(name).is_none() {
                let message = format!("`{name}` is missing");
                f.error(
                    code::MISSING,
                    &self.path_of(name),
                    self.named_at.clone(),
                    message,
                )
                .help(format!("`{name}`: {meaning}"));
            }
        }
    }

    /// The knobs that were set and can be read.
    pub fn knobs(&self, f: &mut Findings<'_>, specs: &'static [KnobSpec]) -> Knobs {
        let mut knobs = Knobs::new();
        for spec in specs {
            if let Some(value) = self.knob(f, spec) {
                knobs.insert(spec.name, value);
            }
        }
        knobs
    }

    fn knob(&self, f: &mut Findings<'_>, spec: &KnobSpec) -> Option<value::Value> {
        self.value_of(f, spec.name, spec)
    }

    /// The field `name`, read as a value of the knob `spec`.
    pub fn value_of(
        &self,
        f: &mut Findings<'_>,
        name: &str,
        spec: &KnobSpec,
    ) -> Option<value::Value> {
        let value = self.value(name)?;
        let path = self.path_of(name);
        let Some(text) = knob_text(f.text, value, spec) else {
            let message = format!(
                "`{name}` is {}, not {}",
                type_of(value.get_ref()),
                spec.unit.noun()
            );
            f.error(code::WRONG_TYPE, &path, value.span(), message)
                .help(spec.unit.how_to_write());
            return None;
        };
        match value::parse(&text, spec) {
            Ok(value) => Some(value),
            Err(error) => {
                f.error(code::BAD_VALUE, &path, value.span(), error.message)
                    .maybe_help(error.help);
                None
            }
        }
    }

    /// The table under `name`.
    pub fn one(&self, f: &mut Findings<'_>, name: &str) -> Option<Row<'t, 'a>> {
        let (key, value) = self.table.get_key_value(name)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(Row::new(f, self.path_of(name), key.span(), table)),
            _ => {
                self.wrong(f, name, value, "a table");
                None
            }
        }
    }

    /// The tables with names under `name`, in the order of the file. Tables with a bad name are left
    /// out, with a finding.
    pub fn named(&self, f: &mut Findings<'_>, name: &str) -> Vec<(String, Row<'t, 'a>)> {
        let Some(parent) = self.one(f, name) else {
            if self.value(name).is_some() {
                f.names_are_missing();
            }
            return Vec::new();
        };
        let mut entries: Vec<_> = parent.table.iter().collect();
        arrange(&mut entries, |(a, _), (b, _)| {
            a.span().start.cmp(&b.span().start)
        });
        let mut out = Vec::new();
        let mut nameless = false;
        for (key, value) in entries {
            let word: &str = key.get_ref();
            let path = parent.path_of(word);
            match value.get_ref() {
                DeValue::Table(_) if !is_name(word) => {
                    let message = format!("`{}` is no name", cut(word));
                    f.error(code::BAD_NAME, &path, key.span(), message)
                        .help(NAME_RULE);
                    f.names_are_missing();
                }
                DeValue::Table(table) => {
                    let row = Row::new(f, path, key.span(), table);
                    out.push((word.to_owned(), row));
                }
                _ if nameless => {}
                other => {
                    // Most likely the table has no name, and the fields that follow are its fields.
                    nameless = true;
                    let message = format!("`{}` is {}, not a table", cut(word), type_of(other));
                    f.error(code::WRONG_TYPE, &path, key.span(), message)
                        .help(format!("tables here have names: `[{}.NAME]`", parent.path));
                    f.names_are_missing();
                }
            }
        }
        out
    }

    /// The list of tables under `name`; each with the path `name.1`, counted from 1.
    pub fn listed(&self, f: &mut Findings<'_>, name: &str, limit: usize) -> Vec<Row<'t, 'a>> {
        let Some(value) = self.value(name) else {
            return Vec::new();
        };
        let path = self.path_of(name);
        let DeValue::Array(items) = value.get_ref() else {
            let message = format!(
                "`{name}` is {}, not a list of tables",
                type_of(value.get_ref())
            );
            f.error(code::WRONG_TYPE, &path, value.span(), message)
                .help(format!("write `[[{path}]]`"));
            return Vec::new();
        };
        if items.len() > limit {
            let message = format!("there are {} entries `{path}`", items.len());
            f.error(code::LIMIT, &path, value.span(), message)
                .help(format!("at most {limit}"));
        }
        let mut out = Vec::new();
        for (i, item) in items.iter().take(limit).enumerate() {
            match item.get_ref() {
                DeValue::Table(table) => {
                    out.push(Row::new(f, format!("{path}.{}", i + 1), item.span(), table));
                }
                _ => self.wrong(f, name, item, "a table"),
            }
        }
        out
    }
}

pub const NAME_RULE: &str =
    "a name begins with a letter and has up to 40 letters, digits, `_` and `-`";

/// Whether nodes, links, operations, goals and variants can be called this.
pub fn is_name(word: &str) -> bool {
    word.len() <= MAX_NAME
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// Which kinds have a knob of this name, for those who look for it in the wrong place.
fn owners_of(knob: &str) -> Vec<String> {
    let kinds = KINDS.iter().copied();
    let kinds = kinds.chain([&registry::LINK, &registry::OPERATION]);
    let owners = kinds.filter(|kind| kind.knob(knob).is_some());
    owners.map(|kind| format!("`{}`", kind.name)).collect()
}

/// The text of a value as a person would type it; `None` if no text of the unit can come from it.
fn knob_text(text: &str, value: &Spanned<DeValue<'_>>, spec: &KnobSpec) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        // As it was written, so that nothing is rounded on the way.
        DeValue::Integer(_) | DeValue::Float(_) if spec.unit != Unit::Text => {
            Some(text[value.span()].to_owned())
        }
        DeValue::Boolean(flag) if spec.unit == Unit::Flag => Some(flag.to_string()),
        DeValue::Array(items) if spec.unit == Unit::Names => {
            let names: Option<Vec<&str>> =
                items.iter().map(|item| item.get_ref().as_str()).collect();
            let names = names?;
            // A comma inside a name must not make two of it.
            Some(match names.iter().find(|name| name.contains([',', '"'])) {
                Some(broken) => format!("\"{broken}"),
                None => format!("[{}]", names.join(", ")),
            })
        }
        DeValue::Table(table) if matches!(spec.unit, Unit::PerOperation(_)) => {
            let each = table.iter().map(|(name, value)| {
                let written = match value.get_ref() {
                    DeValue::String(text) if !text.contains('"') => text.to_string(),
                    DeValue::Integer(_) | DeValue::Float(_) => text[value.span()].to_owned(),
                    _ => return None,
                };
                Some(format!("{} = \"{written}\"", name.get_ref()))
            });
            let each: Option<Vec<String>> = each.collect();
            Some(format!("{{ {} }}", each?.join(", ")))
        }
        _ => None,
    }
}

/// What a TOML value is, in a sentence.
pub fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a switch",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
