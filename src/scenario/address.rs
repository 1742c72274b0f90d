//! Paths of knobs: `link.browse.attempts`, `service.catalogue.queue_limit`, `run.seed`. The same text
//! names a knob in the file, in `--set`, in the lesson and on the page.

use super::names::suggest;
use super::sections::PRESET;
use crate::design::registry::{self, KINDS, KindSpec, KnobSpec, knob};
use crate::design::value::{Unit, ValueError, cut};
use crate::design::{Design, Watched};

/// The two ends of a link can be changed like knobs: a twist puts a node in between.
static ENDS: [KnobSpec; 2] = [
    knob("from", Unit::Text, "", "the node that calls"),
    knob("to", Unit::Text, "", "the node that is called"),
];

/// A knob of a certain thing in a certain design.
#[derive(Clone, Copy, Debug)]
pub struct Address<'p> {
    pub kind: &'static KindSpec,
    /// Name of the node, link, operation, alert or objective; empty for the run and for monitoring.
    pub key: &'p str,
    pub spec: &'static KnobSpec,
}

/// Finds what a path names, or says which name in it is wrong and what is near it.
pub fn resolve<'p>(design: &Design, path: &'p str) -> Result<Address<'p>, ValueError> {
    let parts: Vec<&str> = path.trim().splitn(4, '.').collect();
    let word = parts[0];
    let Some(kind) = kind(word) else {
        let all = KINDS.iter().map(|kind| kind.name).chain([
            "link",
            "operation",
            "alert",
            "slo",
            "monitoring",
            "run",
        ]);
        return Err(refuse(
            format!("`{}` is no kind of table", cut(word)),
            suggest(word, all, "kinds"),
        ));
    };
    let (key, knob) = match (kind.name, parts.as_slice()) {
        ("run" | "monitoring", [_, knob]) => ("", *knob),
        ("monitoring", _) => {
            return Err(refuse(
                shape(path),
                "write `monitoring.scrape_every` or `monitoring.clock_scale`".to_owned(),
            ));
        }
        ("run", _) => {
            return Err(refuse(
                shape(path),
                "write `run.seed` or `run.duration`".to_owned(),
            ));
        }
        (_, [_, key, knob]) => (*key, *knob),
        _ => {
            return Err(refuse(
                shape(path),
                format!("write kind, name and knob: `{word}.NAME.KNOB`"),
            ));
        }
    };
    if !matches!(kind.name, "run" | "monitoring") {
        find_key(design, kind, key)?;
    }
    let beside = match kind.name {
        "link" => (&ENDS[..], Some(&PRESET)),
        "run" | "monitoring" | "operation" | "alert" | "slo" => (&[][..], None),
        _ => (&[][..], Some(&PRESET)),
    };
    let specs = || kind.knobs.iter().chain(beside.0).chain(beside.1);
    let Some(spec) = specs().find(|spec| spec.name == knob) else {
        let message = format!("`{}` is no knob of `{}`", cut(knob), kind.name);
        return Err(refuse(
            message,
            suggest(knob, specs().map(|spec| spec.name), "knobs"),
        ));
    };
    Ok(Address { kind, key, spec })
}

fn refuse(message: String, help: String) -> ValueError {
    ValueError {
        message,
        help: Some(help),
    }
}

fn shape(path: &str) -> String {
    format!("`{}` is no path of a knob", cut(path))
}

fn kind(word: &str) -> Option<&'static KindSpec> {
    match word {
        "link" => Some(&registry::LINK),
        "operation" => Some(&registry::OPERATION),
        "alert" => Some(&registry::ALERT),
        "slo" => Some(&registry::SLO),
        "monitoring" => Some(&registry::MONITORING),
        "run" => Some(&registry::RUN),
        _ => registry::kind(word),
    }
}

fn find_key(design: &Design, kind: &KindSpec, key: &str) -> Result<(), ValueError> {
    let nodes = design.nodes.iter();
    fn watched(all: &[Watched]) -> Vec<&str> {
        all.iter().map(|it| it.key.as_str()).collect()
    }
    let names: Vec<&str> = match kind.name {
        "link" => design.links.iter().map(|link| link.key.as_str()).collect(),
        "operation" => design
            .operations
            .iter()
            .map(|operation| operation.key.as_str())
            .collect(),
        "alert" => watched(&design.alerts),
        "slo" => watched(&design.slos),
        _ => nodes
            .clone()
            .filter(|node| node.kind.name == kind.name)
            .map(|node| node.key.as_str())
            .collect(),
    };
    if names.contains(&key) {
        return Ok(());
    }
    let message = format!("there is no {} `{}`", kind.name, cut(key));
    let help = match nodes.clone().find(|node| node.key == key) {
        Some(node) => format!(
            "`{key}` is a {}: `{}.{key}`",
            node.kind.name, node.kind.name
        ),
        None => suggest(key, names.into_iter(), &format!("`{}` tables", kind.name)),
    };
    Err(refuse(message, help))
}
