//! Names of things in the scenario, as people read them.

use crate::design::{Design, Link, Node, Settings, TimelineEntry};
use crate::scenario::Scenario;

use super::words;

pub fn node(node: &Node) -> &str {
    node.label.as_deref().unwrap_or(&node.key)
}

/// The label of a node or link, by its key.
pub fn of<'a>(design: &'a Design, key: &'a str) -> &'a str {
    design.nodes.iter().find(|n| n.key == key).map_or(key, node)
}

pub fn link(design: &Design, link: &Link) -> String {
    format!("{} to {}", of(design, &link.from), of(design, &link.to))
}

/// What a timeline entry does, in a few words: "catalogue 5× slower".
pub fn entry(scenario: &Scenario, entry: &TimelineEntry) -> String {
    let settings = Settings::new(entry.what, &entry.knobs);
    let target = settings.text("target");
    let target = match scenario.design.links.iter().find(|l| l.key == target) {
        Some(l) => link(&scenario.design, l),
        None => of(&scenario.design, &target).to_owned(),
    };
    match entry.what.name {
        "slow" => format!("{target} {}× slower", factor(&settings)),
        "crash" => format!("{target} crashes"),
        "errors" => format!("{target} answers {} with errors", settings.share("share")),
        "partition" => format!("{target} cut"),
        "hold" => format!("{target} held back"),
        "traffic_spike" => format!("{}× the traffic", factor(&settings)),
        "traffic_step" | "traffic_ramp" => format!("traffic to {}", settings.rate("rate")),
        _ => format!("{target}: {}", entry.what.word.to_lowercase()),
    }
}

/// The short form for a bar on the timeline: "5× slower".
pub fn entry_short(entry: &TimelineEntry) -> String {
    let settings = Settings::new(entry.what, &entry.knobs);
    match entry.what.name {
        "slow" => format!("{}× slower", factor(&settings)),
        "crash" => "down".into(),
        "errors" => format!("{} errors", settings.share("share")),
        "partition" => "cut".into(),
        "hold" => "held".into(),
        "traffic_spike" => format!("{}× traffic", factor(&settings)),
        _ => entry.what.word.to_lowercase(),
    }
}

/// What it is when the entry is over: "catalogue healthy again".
pub fn entry_over(scenario: &Scenario, entry: &TimelineEntry) -> String {
    let settings = Settings::new(entry.what, &entry.knobs);
    let target = settings.text("target");
    let target = of(&scenario.design, &target);
    match entry.what.name {
        "slow" | "errors" => format!("{target} healthy again"),
        "crash" => format!("{target} back"),
        "partition" | "hold" => "link open again".into(),
        _ => "traffic as before".into(),
    }
}

fn factor(settings: &Settings<'_>) -> String {
    words::factor(settings.factor("factor").0 as f64 / 1e6)
}
