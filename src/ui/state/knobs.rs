//! The knobs a learner may turn, as controls: what each is called, what it holds, and the values
//! worth trying. Paths are those of the scenario file: `link.browse.attempts`.

use crate::design::registry::{self, KnobSpec};
use crate::design::value::{self, Unit, Value};
use crate::design::{Design, Settings};

use crate::scenario::Scenario;
use crate::scenario::draw::is_set;

use super::document::Document;
use super::glossary::{self, Term};
use super::names;

/// One knob, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    pub path: String,
    /// In plain words: "Tries per action".
    pub title: String,
    /// What it belongs to: "browse", "catalogue".
    pub owner: String,
    /// One line: what turning it does.
    pub meaning: &'static str,
    /// As text, what counts now.
    pub value: String,
    /// What the field shows: the value, or what was typed and not accepted.
    pub typed: String,
    pub error: Option<String>,
    /// As opened, where that differs from now.
    pub was: Option<String>,
    pub control: Control,
    /// Why the text is written as it is: units and range.
    pub allowed: String,
    /// Where the mechanism or the default comes from; empty where it is plain modelling.
    pub source: &'static str,
    /// As text; empty if it has to be said.
    pub default: &'static str,
    /// What it is about.
    pub term: Option<&'static Term>,
    /// The file says it, so it can be taken back to its default.
    pub is_set: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// One of these words.
    Words(Vec<&'static str>),
    /// One of many words.
    List(Vec<&'static str>),
    /// A typed value with steps up and down.
    Steps(Vec<String>),
}

/// Reads a path: the settings it is in and the knob's specification.
fn resolve<'a>(
    design: &'a Design,
    path: &str,
) -> Option<(Settings<'a>, &'static KnobSpec, String)> {
    let (table, rest) = path.split_once('.')?;
    if table == "monitoring" {
        let settings = Settings::new(&registry::MONITORING, &design.monitoring);
        return Some((settings, settings.spec.knob(rest)?, "Monitoring".to_owned()));
    }
    let (key, name) = rest.rsplit_once('.')?;
    let settings = match table {
        "link" => {
            let link = design.link(key)?;
            (
                Settings::new(&registry::LINK, &link.knobs),
                names::link(design, link),
            )
        }
        "operation" => {
            let operation = design.operations.iter().find(|o| o.key == key)?;
            (
                Settings::new(&registry::OPERATION, &operation.knobs),
                names::operation(operation).to_owned(),
            )
        }
        "alert" | "slo" => {
            let it = design.watched(table, key)?;
            let kind = match table {
                "slo" => &registry::SLO,
                _ => &registry::ALERT,
            };
            (Settings::new(kind, &it.knobs), it.name().to_owned())
        }
        kind => {
            let node = design
                .nodes
                .iter()
                .find(|n| n.key == key && n.kind.name == kind)?;
            (
                Settings::new(node.kind, &node.knobs),
                names::node(node).to_owned(),
            )
        }
    };
    let spec = settings.0.spec.knob(name)?;
    Some((settings.0, spec, settings.1))
}

/// The knob's value as the file would write it.
pub fn printed(design: &Design, path: &str) -> Option<String> {
    let (settings, spec, _) = resolve(design, path)?;
    Some(value::print(&settings.value(spec.name), spec))
}

/// The value as somebody wrote it, in the words that [`printed`] uses.
pub fn printed_as(design: &Design, path: &str, written: &str) -> Option<String> {
    let (_, spec, _) = resolve(design, path)?;
    Some(value::print(&value::parse(written, spec).ok()?, spec))
}

/// A knob of a timeline entry: `timeline.1.lasts`, counted from 1.
fn of_entry<'a>(scenario: &'a Scenario, path: &str) -> Option<(Settings<'a>, &'static KnobSpec)> {
    let (number, field) = path.strip_prefix("timeline.")?.split_once('.')?;
    let entry = scenario
        .timeline
        .get(number.parse::<usize>().ok()?.checked_sub(1)?)?;
    let settings = Settings::new(entry.what, &entry.knobs);
    let spec = entry.what.knob(field)?;
    Some((settings, spec))
}

/// The knob with this path, as it is now.
pub fn one(doc: &Document, path: &str) -> Option<Knob> {
    let design = &doc.scenario.design;
    let entry = of_entry(&doc.scenario, path);
    let about = entry.map(|(settings, _)| format!("fault.{}", settings.spec.name));
    let (settings, spec, owner) = match entry {
        Some((settings, spec)) => (settings, spec, settings.spec.word.to_owned()),
        None => resolve(design, path)?,
    };
    let about = about.unwrap_or_else(|| format!("{}.{}", settings.spec.name, spec.name));
    let held = settings.value(spec.name);
    let value = value::print(&held, spec);
    let was = printed(&doc.origin().scenario.design, path).filter(|w| *w != value);
    let draft = doc.drafts.get(path);
    let error = draft.map(|d| match &d.help {
        Some(help) => format!("{}: {help}", d.message),
        None => d.message.clone(),
    });
    Some(Knob {
        title: title(spec),
        term: glossary::of(&about),
        owner,
        meaning: spec.meaning,
        source: spec.source,
        default: spec.default,
        is_set: is_set(design, path),
        typed: match (&doc.typing, draft) {
            (Some((at, raw)), _) if at == path => raw.clone(),
            (_, Some(draft)) => draft.typed.clone(),
            _ => value.clone(),
        },
        error,
        was,
        control: control(spec, &held),
        allowed: spec.allowed(),
        path: path.to_owned(),
        value,
    })
}

/// All unlocked knobs of the scenario, in its order.
pub fn knobs(doc: &Document) -> Vec<Knob> {
    let all = doc.scenario.lesson.unlocked.iter();
    all.filter_map(|path| one(doc, path)).collect()
}

/// The plain words of a knob; its name in files, as words, where there are none.
pub fn title(spec: &KnobSpec) -> String {
    let plain = match spec.name {
        "attempts" => "Tries per action",
        "backoff" => "Pause before a retry",
        "backoff_base" => "First pause",
        "backoff_cap" => "Longest pause",
        "jitter" => "Spread of the pauses",
        "retry_budget" => "Retry budget",
        "timeout" => "Callers give up after",
        "queue_limit" => "Waiting line limit",
        "discipline" => "Who is next",
        "on_abandoned" => "Work nobody waits for",
        "ttl" => "Entries live for",
        "at" => "Begins at",
        "lasts" => "Lasts",
        "target" => "Happens to",
        "factor" => "How many times",
        other => {
            let mut words = other.replace('_', " ");
            words[..1].make_ascii_uppercase();
            return words;
        }
    };
    plain.to_owned()
}

fn control(spec: &KnobSpec, held: &Value) -> Control {
    let ladder: &[&str] = match (spec.name, spec.unit) {
        (_, Unit::Choice(words))
            if words.len() > 4 || words.iter().map(|w| w.len()).sum::<usize>() > 34 =>
        {
            return Control::List(words.to_vec());
        }
        (_, Unit::Choice(words)) => return Control::Words(words.to_vec()),
        (_, Unit::Flag) => return Control::Words(vec!["false", "true"]),
        ("attempts", _) => &["1", "2", "3", "4", "5", "6", "8", "10"],
        ("queue_limit", _) => &[
            "0",
            "10",
            "20",
            "50",
            "100",
            "200",
            "500",
            "1000",
            "5000",
            "unbounded",
        ],
        ("retry_budget", _) => &["none", "1 %", "2 %", "5 %", "10 %", "20 %", "50 %", "100 %"],
        (_, Unit::Duration) => &[
            "1 ms", "2 ms", "5 ms", "10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s",
            "2 s", "3 s", "5 s", "10 s", "20 s", "30 s", "1 min",
        ],
        (_, Unit::Share) => &["0 %", "1 %", "2 %", "5 %", "10 %", "20 %", "50 %", "100 %"],
        (_, Unit::Count) => &["1", "2", "5", "10", "20", "50", "100", "200", "500", "1000"],
        _ => &[],
    };
    // Only steps that the registry accepts, written as the file would write them.
    let mut steps: Vec<(Option<u64>, String)> = ladder
        .iter()
        .filter_map(|text| value::parse(text, spec).ok())
        .map(|v| (size(&v), value::print(&v, spec)))
        .collect();
    let current = (size(held), value::print(held, spec));
    if !steps.iter().any(|(_, text)| *text == current.1) && current.0.is_some() {
        let place = steps
            .iter()
            .position(|(s, _)| s.is_some() && *s > current.0);
        steps.insert(place.unwrap_or(steps.len()), current);
    }
    Control::Steps(steps.into_iter().map(|(_, text)| text).collect())
}

/// Where a value stands among others of its unit; off has no size.
fn size(value: &Value) -> Option<u64> {
    match value {
        Value::Count(n) => Some(*n),
        Value::Duration(d) => Some(d.0),
        Value::Share(s) => Some(s.0),
        Value::Rate(r) => Some(r.0),
        Value::Factor(f) => Some(f.0),
        _ => None,
    }
}

impl Knob {
    /// The value one step up or down; `None` at the end of the ladder.
    pub fn step(&self, up: bool) -> Option<&str> {
        let Control::Steps(steps) = &self.control else {
            return None;
        };
        let here = steps.iter().position(|s| *s == self.value)?;
        let there = if up { here + 1 } else { here.checked_sub(1)? };
        steps.get(there).map(String::as_str)
    }
}
