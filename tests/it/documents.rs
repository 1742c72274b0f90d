//! Documents that are made from the code, or that the code has to agree with.
//!
//! `BROWNOUT_WRITE=1 cargo test --test it documents` writes the made parts anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use brownout::design::lint::LINTS;
use brownout::design::registry::{self, KINDS, KnobSpec};
use brownout::design::value::{DIST_FORMS, Unit, print};
use brownout::scenario::claim::MODELS;
use brownout::scenario::code::CODES;
use brownout::scenario::metric::METRICS;
use brownout::scenario::schema::{schema, schema_text};
use brownout::scenario::{check, limits, lint, sections};
use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares a made document with the one that is kept, or keeps it.
pub(super) fn keep(name: &str, made: &str) {
    if std::env::var_os("BROWNOUT_WRITE").is_some() {
        fs::create_dir_all(file(name).parent().unwrap()).unwrap();
        fs::write(file(name), made).unwrap();
    }
    let kept = fs::read_to_string(file(name)).unwrap_or_default();
    assert!(kept == made, "{name} is stale: run with BROWNOUT_WRITE=1");
}

#[test]
fn the_schema_is_the_one_that_is_kept() {
    keep("assets/schema/scenario.schema.json", &schema_text());
}

#[test]
fn the_first_scenario_fits_the_schema() {
    let text = fs::read_to_string(file("scenarios/s04-retry-storm.toml")).unwrap();
    let tree = DeTable::parse(&text).unwrap().into_inner();
    let schema = schema();
    let faults = |json: &Json| {
        let mut faults = Vec::new();
        validate(&schema, &schema, json, "", &mut faults);
        faults
    };
    let json = to_json(&DeValue::Table(tree));
    assert_eq!(faults(&json), [""; 0]);
    let mut broken = json;
    broken["link"]["browse"]["atempts"] = 3.into();
    broken["run"].as_object_mut().unwrap().remove("duration");
    broken["service"]["catalogue"]["discipline"] = "random".into();
    assert_eq!(faults(&broken).len(), 3, "{:?}", faults(&broken));
}

fn to_json(value: &DeValue<'_>) -> Json {
    match value {
        DeValue::String(text) => text.to_string().into(),
        DeValue::Integer(number) => number.as_str().parse::<i64>().unwrap().into(),
        DeValue::Float(number) => number.as_str().parse::<f64>().unwrap().into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(date) => date.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref())))
            .collect(),
    }
}

/// As much of JSON Schema as ours uses, but for patterns of values.
fn validate(root: &Json, schema: &Json, json: &Json, path: &str, faults: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = root
            .pointer(&reference[1..])
            .expect("the reference resolves");
        return validate(root, schema, json, path, faults);
    }
    let fits = |schema: &Json| {
        let mut faults = Vec::new();
        validate(root, schema, json, path, &mut faults);
        faults.is_empty()
    };
    let count = |list: &Json| {
        list.as_array()
            .map(|list| list.iter().filter(|schema| fits(schema)).count())
    };
    if count(&schema["anyOf"]) == Some(0)
        || count(&schema["oneOf"]).is_some_and(|fitting| fitting != 1)
    {
        faults.push(format!("{path}: none or several of the alternatives"));
    }
    let types: Vec<&str> = match &schema["type"] {
        Json::String(one) => vec![one],
        Json::Array(several) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |name: &str| match json {
        Json::Null => name == "null",
        Json::Bool(_) => name == "boolean",
        Json::Number(number) => name == "number" || (name == "integer" && number.is_i64()),
        Json::String(_) => name == "string",
        Json::Array(_) => name == "array",
        Json::Object(_) => name == "object",
    };
    if !types.is_empty() && !types.iter().any(|name| is(name)) {
        faults.push(format!("{path}: not {types:?}"));
    }
    let other_word = schema["enum"]
        .as_array()
        .is_some_and(|words| !words.contains(json));
    if other_word || (!schema["const"].is_null() && schema["const"] != *json) {
        faults.push(format!("{path}: not the word"));
    }
    if let (Some(items), true) = (json.as_array(), schema["items"].is_object()) {
        items
            .iter()
            .for_each(|item| validate(root, &schema["items"], item, path, faults));
    }
    let Some(fields) = json.as_object() else {
        return;
    };
    for name in schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
    {
        if !fields.contains_key(name) {
            faults.push(format!("{path}.{name}: missing"));
        }
    }
    for (name, value) in fields {
        let path = format!("{path}.{name}");
        let any_name = schema["patternProperties"]
            .as_object()
            .and_then(|patterns| patterns.values().next());
        let own = schema["properties"].get(name).or(any_name);
        match own.or_else(|| {
            schema
                .get("additionalProperties")
                .filter(|more| more.is_object())
        }) {
            Some(schema) => validate(root, schema, value, &path, faults),
            None if schema["additionalProperties"] == false => {
                faults.push(format!("{path}: unknown"))
            }
            None => {}
        }
    }
}

/// Every lint with what it says of its own design in the tests.
#[test]
fn the_list_of_lints_is_the_one_that_is_kept() {
    let mut out = LINTS_INTRO.to_owned();
    for one in LINTS {
        let design = format!("tests/fixtures/lint/{}.toml", one.name);
        let text = fs::read_to_string(file(&design)).unwrap();
        let found = lint(&text).diagnostics;
        let said = found.iter().find(|finding| finding.code == one.code);
        let said = said.unwrap_or_else(|| panic!("{} is silent", one.name));
        let help = said.help.as_deref().unwrap_or_default();
        let _ = writeln!(
            out,
            "\n## {} {}\n\n{}.\n",
            one.code,
            one.name,
            sentence(one.meaning)
        );
        let _ = writeln!(
            out,
            "Of [its example](../{design}) it says: {}.\n",
            said.message
        );
        let _ = writeln!(out, "Then: {help}.");
    }
    keep("docs/lints.md", &out);
}

/// With a capital.
fn sentence(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

const LINTS_INTRO: &str = "\
# Lints

What is valid in a design and still unwise. `brownout lint FILE...` prints it, each finding with the
place, the reason in numbers of the design, and the one knob to look at.

This page is made from the code. Each lint has a design on which it fires, a near miss on which it does
not, and a run that gets better when its knob is turned: `tests/it/lint.rs`.

The numbers are those of the design at its start: the rates of open arrivals, mean times, as if nothing
failed and nothing waited. Users of a closed loop come as fast as they are served, so nothing is
computed for them. A timeline counts where a lint says so.
";

// The format's documentation.

const FORMAT_DOC: &str = "docs/scenario-format.md";

#[test]
fn the_tables_of_the_format_are_those_of_the_registry() {
    let mut text = fs::read_to_string(file(FORMAT_DOC)).unwrap();
    for (marker, made) in made_parts() {
        let (open, close) = (format!("<!-- made: {marker} -->\n"), "<!-- end -->");
        let start = text
            .find(&open)
            .unwrap_or_else(|| panic!("{FORMAT_DOC} has no part `{marker}`"))
            + open.len();
        let end = start + text[start..].find(close).expect("the part is closed");
        text.replace_range(start..end, &format!("\n{made}\n"));
    }
    keep(FORMAT_DOC, &text);
}

#[test]
fn every_example_of_the_format_is_valid() {
    let text = fs::read_to_string(file(FORMAT_DOC)).unwrap();
    let blocks: Vec<&str> = text
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() >= 5, "{} examples", blocks.len());
    // Excerpts are about this design.
    let whole = blocks
        .iter()
        .find(|block| block.starts_with("format = 1"))
        .expect("one example is whole");
    let design: Vec<&str> = whole.split("\n[").skip(1).collect();
    for block in &blocks {
        let mut tried = (*block).to_owned();
        if !block.starts_with("format = 1") {
            tried = "format = 1\n".to_owned();
            // A table of the excerpt stands for the one of the same name in the whole example.
            for table in &design {
                let header = format!("[{}", table.lines().next().unwrap());
                if !block.contains(&header) {
                    let _ = writeln!(tried, "[{}", table.trim_end());
                }
            }
            tried.push_str(block);
        }
        let findings = check(&tried).diagnostics;
        assert!(findings.is_empty(), "{tried}\n{findings:#?}");
    }
}

fn made_parts() -> Vec<(String, String)> {
    let mut parts: Vec<(String, String)> = KINDS
        .iter()
        .map(|kind| (kind.name.to_owned(), knobs(kind.knobs)))
        .collect();
    parts.push(("run".to_owned(), knobs(registry::RUN.knobs)));
    parts.push(("link".to_owned(), knobs(registry::LINK.knobs)));
    parts.push(("operation".to_owned(), knobs(registry::OPERATION.knobs)));
    parts.push(("monitoring".to_owned(), knobs(registry::MONITORING.knobs)));
    parts.push(("slo".to_owned(), knobs(registry::SLO.knobs)));
    parts.push(("alert".to_owned(), knobs(registry::ALERT.knobs)));
    parts.push(("timeline".to_owned(), timeline()));
    parts.push((
        "distributions".to_owned(),
        DIST_FORMS
            .iter()
            .map(|(_, form)| format!("- `{form}`\n"))
            .collect(),
    ));
    parts.push(("metrics".to_owned(), metrics()));
    parts.push(("claim".to_owned(), fields(sections::CLAIM)));
    parts.push(("models".to_owned(), models()));
    parts.push(("invariant".to_owned(), fields(sections::INVARIANT)));
    parts.push(("fails_first".to_owned(), fields(sections::FAILS_FIRST)));
    parts.push(("about".to_owned(), fields(sections::ABOUT)));
    parts.push(("lesson".to_owned(), fields(sections::LESSON)));
    parts.push(("variant".to_owned(), fields(sections::VARIANT)));
    parts.push(("twist".to_owned(), fields(sections::TWIST)));
    parts.push(("review".to_owned(), fields(sections::REVIEW)));
    parts.push(("step".to_owned(), fields(sections::STEP)));
    parts.push(("limits".to_owned(), all_limits()));
    parts.push(("codes".to_owned(), codes()));
    parts
}

fn knobs(specs: &[KnobSpec]) -> String {
    let mut out = "| knob | takes | default | what it does |\n|---|---|---|---|\n".to_owned();
    for spec in specs {
        let default = if spec.default.is_empty() {
            "must be given".to_owned()
        } else {
            format!("`{}`", spec.default)
        };
        let _ = write!(
            out,
            "| `{}` | {} | {default} | {}",
            spec.name,
            takes(spec),
            spec.meaning
        );
        let source = if spec.source.is_empty() {
            String::new()
        } else {
            format!(" ({})", spec.source)
        };
        let _ = writeln!(out, "{source} |");
    }
    out
}

fn takes(spec: &KnobSpec) -> String {
    let bound = |text: &str| {
        let value =
            brownout::design::value::parse(text, spec).expect("the registry's texts are read");
        print(&value, spec)
    };
    let mut out = match (spec.unit, spec.min, spec.max) {
        (Unit::Choice(words), ..) => words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", "),
        (Unit::Dist, ..) => "duration or distribution".to_owned(),
        (unit, "", "") => unit.noun().trim_start_matches("a ").to_owned(),
        (_, min, max) => format!("{} to {}", bound(min), bound(max)),
    };
    if let Some(word) = spec.off {
        let _ = write!(out, ", or `{word}`");
    }
    out
}

fn timeline() -> String {
    let mut out = "| `what` | what happens | fields |\n|---|---|---|\n".to_owned();
    for kind in registry::timeline_kinds() {
        let optional = |spec: &KnobSpec| if spec.default.is_empty() { "" } else { "?" };
        let names: Vec<String> = kind
            .knobs
            .iter()
            .map(|spec| format!("`{}`{}", spec.name, optional(spec)))
            .collect();
        let _ = writeln!(
            out,
            "| `{}` | {} | {} |",
            kind.name,
            kind.meaning,
            names.join(", ")
        );
    }
    out
}

fn metrics() -> String {
    let mut out = "| metric | bound is | what it is |\n|---|---|---|\n".to_owned();
    for spec in METRICS {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} |",
            spec.bound.name,
            spec.bound.unit.noun(),
            spec.bound.meaning
        );
    }
    out
}

fn models() -> String {
    let mut out = "| model | what it promises |\n|---|---|\n".to_owned();
    for spec in MODELS {
        let _ = writeln!(out, "| `{}` | {} |", spec.name, spec.meaning);
    }
    out
}

fn fields(list: &[sections::Field]) -> String {
    let mut out = "| field | what it holds |\n|---|---|\n".to_owned();
    for field in list {
        let must = if field.required {
            " (must be given)"
        } else {
            ""
        };
        let _ = writeln!(out, "| `{}` | {}{must} |", field.name, field.meaning);
    }
    out
}

fn all_limits() -> String {
    let rows = [
        ("size of a file", format!("{} bytes", limits::MAX_BYTES)),
        ("nodes", limits::MAX_NODES.to_string()),
        ("links", limits::MAX_LINKS.to_string()),
        ("operations", limits::MAX_OPERATIONS.to_string()),
        ("timeline entries", limits::MAX_TIMELINE.to_string()),
        ("goals", limits::MAX_GOALS.to_string()),
        ("steps of a plan", limits::MAX_STEPS.to_string()),
        (
            "calls that one user action causes, retries not counted",
            limits::MAX_CALLS_PER_ACTION.to_string(),
        ),
        (
            "user actions that a run expects, at the rates of its start",
            limits::MAX_ACTIONS.to_string(),
        ),
        (
            "length of a run",
            registry::RUN.knob("duration").unwrap().max.to_owned(),
        ),
        ("letters of a name", limits::MAX_NAME.to_string()),
        (
            "words of the concept",
            limits::MAX_CONCEPT_WORDS.to_string(),
        ),
        (
            "words of the sentence about where it fails first",
            limits::MAX_SENTENCE_WORDS.to_string(),
        ),
        ("entries of other lists", limits::MAX_LIST.to_string()),
    ];
    let mut out = "| what | at most |\n|---|---|\n".to_owned();
    for (what, most) in rows {
        let _ = writeln!(out, "| {what} | {most} |");
    }
    out
}

fn codes() -> String {
    let mut out = "| code | meaning |\n|---|---|\n".to_owned();
    for code in CODES {
        let _ = writeln!(out, "| `{}` | {} |", code.id, code.meaning);
    }
    out
}
