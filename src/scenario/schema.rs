//! The JSON Schema of a scenario file, for editors: made from the registry and the lists of sections.
//!
//! It knows names, types and the shape of values. Ranges of values with units, and everything that
//! needs the whole file, only [`super::check`] knows.

use serde_json::{Map, Value as Json, json};

use super::FORMAT;
use super::claim::MODELS;
use super::metric::METRICS;
use super::sections::{self, Field, PRESET, Shape};
use crate::design::registry::{self, KINDS, KindSpec, KnobSpec};
use crate::design::value::Unit;

const NAME: &str = "^[A-Za-z][A-Za-z0-9_-]{0,39}$";
const NUMBER: &str = "[0-9]+(_[0-9]+)*(\\.[0-9]+)?";

/// The schema as JSON (draft 2020-12).
pub fn schema() -> Json {
    let mut tables = Map::new();
    tables.insert(
        "format".to_owned(),
        json!({ "const": FORMAT, "description": "version of this format" }),
    );
    tables.insert(
        "scenario".to_owned(),
        table(
            "who the scenario is for and what it is about",
            sections::ABOUT,
            &[],
        ),
    );
    tables.insert(
        "run".to_owned(),
        table(registry::RUN.meaning, sections::RUN, registry::RUN.knobs),
    );
    for kind in KINDS {
        tables.insert(
            kind.name.to_owned(),
            named(kind.meaning, owner(kind, sections::NODE)),
        );
    }
    tables.insert(
        "monitoring".to_owned(),
        table(
            registry::MONITORING.meaning,
            &[],
            registry::MONITORING.knobs,
        ),
    );
    let owners: [(&KindSpec, &[Field]); 4] = [
        (&registry::LINK, sections::LINK),
        (&registry::OPERATION, sections::OPERATION),
        (&registry::ALERT, sections::ALERT),
        (&registry::SLO, sections::SLO),
    ];
    for (kind, fields) in owners {
        tables.insert(
            kind.name.to_owned(),
            named(kind.meaning, owner(kind, fields)),
        );
    }
    let entries: Vec<Json> = registry::timeline_kinds().map(entry).collect();
    let timeline = json!({
        "description": "what happens at set moments",
        "type": "array",
        "items": { "oneOf": entries },
    });
    tables.insert("timeline".to_owned(), timeline);
    let invariant = table("what must never be", sections::INVARIANT, &[]);
    tables.insert(
        "invariant".to_owned(),
        named("what must never be, whatever happens", invariant),
    );
    tables.insert("goal".to_owned(), named("what must hold", goal()));
    let claims = named("what a store keeps to", claim());
    tables.insert("claim".to_owned(), claims);
    tables.insert(
        "fails_first".to_owned(),
        table(
            "where the design fails first when the load grows",
            sections::FAILS_FIRST,
            &[],
        ),
    );
    tables.insert(
        "lesson".to_owned(),
        table("text and choices for people", sections::LESSON, &[]),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Brownout scenario",
        "type": "object",
        "properties": tables,
        "required": ["format", "run"],
        "additionalProperties": false,
        "$defs": units(),
    })
}

/// The schema as it is kept in `assets/schema/scenario.schema.json`.
pub fn schema_text() -> String {
    let mut text = serde_json::to_string_pretty(&schema()).expect("JSON values always print");
    text.push('\n');
    text
}

fn text(pattern: String) -> Json {
    json!({ "type": "string", "pattern": format!("^\\s*{pattern}\\s*$") })
}

/// Values by unit, each in one place.
fn units() -> Json {
    let number = json!({ "type": "number", "minimum": 0 });
    json!({
        "count": { "anyOf": [{ "type": "integer", "minimum": 0 }, text(format!("{NUMBER}\\s*[kM]?"))] },
        "duration": text(format!("{NUMBER}\\s*(ns|us|µs|μs|ms|s|min|h|d)")),
        "rate": text(format!("{NUMBER}\\s*(rps|krps|per (s|min|h))")),
        "share": { "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, text(format!("{NUMBER}\\s*%?"))] },
        "factor": { "anyOf": [number, text(format!("{NUMBER}\\s*x?"))] },
        "money": text(format!("\\${NUMBER}")),
        "dist": text(format!("({NUMBER}\\s*(ns|us|µs|μs|ms|s|min|h|d)|[a-z]+\\(.*\\))")),
        "names": { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": NAME } },
    })
}

fn unit(unit: Unit) -> Json {
    let name = match unit {
        Unit::Count => "count",
        Unit::Duration => "duration",
        Unit::Rate => "rate",
        Unit::Share => "share",
        Unit::Factor => "factor",
        Unit::Money => "money",
        Unit::Dist => "dist",
        Unit::Names => "names",
        Unit::Rates => return json!({ "type": "string" }),
        Unit::Flag => return json!({ "type": "boolean" }),
        Unit::Choice(words) => return json!({ "enum": words }),
        Unit::Text => return json!({ "type": "string" }),
        Unit::PerOperation(each) => {
            return json!({
                "type": "object",
                "minProperties": 1,
                "patternProperties": { NAME: self::unit(*each) },
                "additionalProperties": false,
            });
        }
    };
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn knob(spec: &KnobSpec) -> Json {
    let mut schema = match spec.off {
        Some(word) => json!({ "anyOf": [{ "const": word }, unit(spec.unit)] }),
        None => unit(spec.unit),
    };
    schema["description"] = json!(spec.meaning);
    if !spec.default.is_empty() {
        schema["default"] = json!(spec.default);
    }
    schema
}

fn shape(shape: Shape) -> Json {
    let lines = json!({ "type": "array", "items": { "type": "string" } });
    match shape {
        Shape::Line | Shape::Prose | Shape::Name => json!({ "type": "string" }),
        Shape::Lines | Shape::Proses | Shape::Changes => lines,
        Shape::Whole => json!({ "type": "integer", "minimum": 0 }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Window => json!({
            "type": "array", "minItems": 2, "maxItems": 2, "items": { "$ref": "#/$defs/duration" },
        }),
        Shape::Position => json!({
            "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "integer" },
        }),
        Shape::Bound => json!({ "type": ["string", "number"] }),
        Shape::Named(fields) => named("", table("", fields, &[])),
        Shape::Listed(fields) => json!({ "type": "array", "items": table("", fields, &[]) }),
        Shape::One(fields) => table("", fields, &[]),
        Shape::Plans => json!({ "type": "object", "additionalProperties": lines }),
    }
}

fn table(meaning: &str, fields: &[Field], knobs: &[KnobSpec]) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let mut schema = shape(field.shape);
        schema["description"] = json!(field.meaning);
        properties.insert(field.name.to_owned(), schema);
        if field.required {
            required.push(field.name);
        }
    }
    for spec in knobs {
        properties.insert(spec.name.to_owned(), knob(spec));
        if spec.default.is_empty() {
            required.push(spec.name);
        }
    }
    let mut schema =
        json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !meaning.is_empty() {
        schema["description"] = json!(meaning);
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// Something with knobs; where it can name a preset, with the names of those that are for it.
fn owner(kind: &KindSpec, fields: &[Field]) -> Json {
    let mut schema = table(kind.meaning, fields, kind.knobs);
    if fields.iter().any(|field| field.name == PRESET.name) {
        let fitting = registry::presets().filter(|preset| preset.kind == kind.name);
        let names: Vec<&str> = PRESET
            .off
            .into_iter()
            .chain(fitting.map(|preset| preset.name))
            .collect();
        schema["properties"][PRESET.name]["enum"] = json!(names);
    }
    schema
}

fn named(meaning: &str, each: Json) -> Json {
    let mut schema = json!({
        "type": "object",
        "patternProperties": { NAME: each },
        "additionalProperties": false,
    });
    if !meaning.is_empty() {
        schema["description"] = json!(meaning);
    }
    schema
}

fn entry(kind: &KindSpec) -> Json {
    let mut schema = table(kind.meaning, sections::TIMELINE, kind.knobs);
    schema["properties"]["what"] = json!({ "const": kind.name, "description": kind.meaning });
    schema
}

fn claim() -> Json {
    let mut schema = table("a model of consistency, and whose", sections::CLAIM, &[]);
    let models: Vec<&str> = MODELS.iter().map(|spec| spec.name).collect();
    schema["properties"]["model"]["enum"] = json!(models);
    schema
}

fn goal() -> Json {
    let mut schema = table("something that must hold", sections::GOAL, &[]);
    let metrics: Vec<&str> = METRICS.iter().map(|spec| spec.bound.name).collect();
    schema["properties"]["metric"]["enum"] = json!(metrics);
    schema["oneOf"] = json!([{ "required": ["at_least"] }, { "required": ["at_most"] }]);
    schema
}
