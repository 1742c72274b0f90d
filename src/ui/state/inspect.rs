//! The knobs of what is selected, in the order in which somebody looks for them: what differs from the
//! opened file, what the lesson is about, what is set, then the rest by the registry.

use crate::design::registry::{self, KindSpec, KnobSpec};
use crate::scenario::draw::{Thing, is_set};

use super::model::Model;
use super::{knobs, names};

/// What the inspector shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inspected {
    /// For a heading: "Shop".
    pub title: String,
    /// "service · shop", and what that is.
    pub kind: String,
    pub meaning: String,
    /// Path of its label, and the label.
    pub label: Option<(String, String)>,
    /// Paths of knobs that are shown at once, and of those that are one click away.
    pub first: Vec<String>,
    pub rest: Vec<String>,
    /// The word that explains it: `kind.service`, `fault.crash`.
    pub about: String,
    /// What there is about the kind to read.
    pub preset: Option<String>,
}

fn table(kind: &KindSpec) -> &'static str {
    registry::kind(kind.name).map_or("link", |kind| kind.name)
}

pub fn inspected(model: &Model) -> Option<Inspected> {
    if let Some(number) = model.editor.entry {
        return entry(model, number);
    }
    let design = &model.doc.scenario.design;
    match model.editor.only() {
        Some(Thing::Node(key)) => {
            let node = design.node(key)?;
            let mut shown = of_kind(model, node.kind, table(node.kind), key);
            shown.title = names::node(node).to_owned();
            shown.label = Some((
                format!("{}.{key}.label", node.kind.name),
                node.label.clone().unwrap_or_default(),
            ));
            shown.preset = node
                .preset
                .as_ref()
                .map(|taken| taken.preset.word.to_owned());
            Some(shown)
        }
        Some(Thing::Link(key)) => {
            let link = design.link(key)?;
            let mut shown = of_kind(model, &registry::LINK, "link", key);
            shown.title = names::link(design, link);
            shown.preset = link
                .preset
                .as_ref()
                .map(|taken| taken.preset.word.to_owned());
            Some(shown)
        }
        Some(Thing::Operation(key)) => {
            let operation = design.operations.iter().find(|o| o.key == *key)?;
            let mut shown = of_kind(model, &registry::OPERATION, "operation", key);
            shown.title = names::operation(operation).to_owned();
            shown.label = Some((
                format!("operation.{key}.label"),
                operation.label.clone().unwrap_or_default(),
            ));
            Some(shown)
        }
        Some(Thing::Watched(table, key)) => {
            let it = design.watched(table, key)?;
            let kind = watched_kind(table);
            let mut shown = of_kind(model, kind, kind.name, key);
            shown.title = it.name().to_owned();
            if table == "slo" {
                shown.about = "ui.slo".to_owned();
            }
            let label = it.label.clone().unwrap_or_default();
            shown.label = Some((format!("{table}.{key}.label"), label));
            Some(shown)
        }
        None if model.editor.selected.len() > 1 => several(model),
        None => None,
    }
}

fn watched_kind(table: &str) -> &'static KindSpec {
    match table {
        "slo" => &registry::SLO,
        _ => &registry::ALERT,
    }
}

fn of_kind(model: &Model, kind: &'static KindSpec, table: &str, key: &str) -> Inspected {
    let design = &model.doc.scenario.design;
    let path = |spec: &KnobSpec| format!("{table}.{key}.{}", spec.name);
    let differs = |path: &str| {
        let was = knobs::printed(&model.doc.origin().scenario.design, path);
        was.is_some() && was != knobs::printed(design, path)
    };
    let unlocked = &model.doc.scenario.lesson.unlocked;
    let is_first = |spec: &KnobSpec| {
        let path = path(spec);
        differs(&path)
            || unlocked.contains(&path)
            || is_set(design, &path)
            || spec.default.is_empty()
            || usual(kind.name).contains(&spec.name)
    };
    let (first, rest): (Vec<&KnobSpec>, Vec<&KnobSpec>) =
        kind.knobs.iter().partition(|spec| is_first(spec));
    let mut first: Vec<String> = first.into_iter().map(path).collect();
    // What was changed is what is looked for.
    first.sort_by_key(|path| (!differs(path), !unlocked.contains(path)));
    Inspected {
        about: format!("kind.{}", kind.name),
        kind: format!("{} · {key}", kind.word),
        meaning: kind.meaning.to_owned(),
        first,
        rest: rest.into_iter().map(path).collect(),
        ..Inspected::default()
    }
}

/// The knobs that people of the field ask for first.
fn usual(kind: &str) -> &'static [&'static str] {
    match kind {
        "clients" => &["arrivals", "rate", "users", "think_time"],
        "balancer" => &["policy", "health_check", "rate_limit"],
        "service" => &["instances", "slots", "service_time", "queue_limit"],
        "cache" => &["pattern", "capacity", "ttl"],
        "database" => &[
            "cores",
            "connections",
            "read_time",
            "write_time",
            "replicas",
        ],
        "queue" => &["mode", "bound", "visibility_timeout", "max_receives"],
        "worker" => &["instances", "concurrency", "service_time", "acknowledge"],
        "third_party" => &["latency", "service_time", "error_share", "idempotency"],
        "job" => &["operation", "items", "every", "batch_size"],
        "link" => &["timeout", "attempts", "backoff", "retry_budget"],
        "slo" => &["objective", "good_within"],
        "alert" => &["notify", "paging_delay"],
        "operation" => &["kind", "weight", "keys", "popularity"],
        _ => &[],
    }
}

/// Knobs that all selected things have.
fn several(model: &Model) -> Option<Inspected> {
    let design = &model.doc.scenario.design;
    let mut kinds: Vec<(&'static KindSpec, &str)> = Vec::new();
    for thing in &model.editor.selected {
        match thing {
            Thing::Node(key) => kinds.push((design.node(key)?.kind, key)),
            Thing::Link(key) => kinds.push((&registry::LINK, key)),
            Thing::Operation(key) => kinds.push((&registry::OPERATION, key)),
            Thing::Watched(table, key) => kinds.push((watched_kind(table), key)),
        }
    }
    let (kind, key) = *kinds.first()?;
    let title = format!("{} selected", kinds.len());
    if kinds.iter().any(|(other, _)| *other != kind) {
        return Some(Inspected {
            title,
            kind: "Of several kinds".to_owned(),
            meaning: "Select nodes of one kind to turn their knobs together.".to_owned(),
            ..Inspected::default()
        });
    }
    let mut shown = of_kind(model, kind, table(kind), key);
    shown.title = title;
    shown.kind = format!("{}, all at once", kind.word);
    Some(shown)
}

/// The same knob at everything that is selected.
pub fn paths_with(model: &Model, path: &str) -> Vec<String> {
    let mut parts = path.splitn(3, '.');
    let (Some(table), Some(_), Some(knob)) = (parts.next(), parts.next(), parts.next()) else {
        return vec![path.to_owned()];
    };
    if model.editor.selected.len() < 2 || table == "timeline" {
        return vec![path.to_owned()];
    }
    let keys = model.editor.selected.iter().map(Thing::key);
    keys.map(|key| format!("{table}.{key}.{knob}")).collect()
}

fn entry(model: &Model, number: usize) -> Option<Inspected> {
    let entry = model.doc.scenario.timeline.get(number)?;
    let path = |spec: &KnobSpec| format!("timeline.{}.{}", number + 1, spec.name);
    Some(Inspected {
        title: names::entry(&model.doc.scenario, entry),
        about: format!("fault.{}", entry.what.name),
        kind: format!("{} · entry {}", entry.what.word, number + 1),
        meaning: entry.what.meaning.to_owned(),
        first: entry.what.knobs.iter().map(path).collect(),
        ..Inspected::default()
    })
}
