//! Names of things in the scenario, as people read them.

use crate::design::{Design, Link, Node, Operation, Settings, TimelineEntry};
use crate::scenario::Scenario;

use super::words;

pub fn node(node: &Node) -> &str {
    node.label.as_deref().unwrap_or(&node.key)
}

/// The label of a node or link, by its key.
pub fn of<'a>(design: &'a Design, key: &'a str) -> &'a str {
    design.node(key).map_or(key, node)
}

pub fn link(design: &Design, link: &Link) -> String {
    format!("{} to {}", of(design, &link.from), of(design, &link.to))
}

pub fn operation(operation: &Operation) -> &str {
    operation.label.as_deref().unwrap_or(&operation.key)
}

/// What an entry happens to, as people read it; the design itself, if it is nothing in particular.
fn target(scenario: &Scenario, entry: &TimelineEntry) -> String {
    let key = entry.target().unwrap_or("the system");
    match scenario.design.link(key) {
        Some(l) => link(&scenario.design, l),
        None => of(&scenario.design, key).to_owned(),
    }
}

/// A knob by its path, in words: "Rows of Orders".
fn knob(scenario: &Scenario, path: &str) -> String {
    let Ok(address) = crate::scenario::resolve(&scenario.design, path) else {
        return path.to_owned();
    };
    let title = super::knobs::title(address.spec);
    let owner = match scenario.design.link(address.key) {
        Some(it) if address.kind.name == "link" => link(&scenario.design, it),
        _ => of(&scenario.design, address.key).to_owned(),
    };
    format!("{title} of {owner}")
}

/// What a timeline entry does, in a few words: "catalogue 5× slower".
pub fn entry(scenario: &Scenario, entry: &TimelineEntry) -> String {
    let settings = Settings::new(entry.what, &entry.knobs);
    let target = target(scenario, entry);
    match entry.what.name {
        "slow" => format!("{target} {}× slower", factor(&settings)),
        "crash" => match settings.opt_count("instances") {
            None => format!("{target} crashes"),
            Some(1) => format!("1 instance of {target} crashes"),
            Some(n) => format!("{n} instances of {target} crash"),
        },
        "errors" => format!("{target} answers {} with errors", settings.share("share")),
        "hang" => format!("{} of the work at {target} hangs", settings.share("share")),
        "partition" => format!("{target} cut"),
        "hold" => format!("{target} held back"),
        "traffic_spike" => format!("{}× the traffic", factor(&settings)),
        "traffic_step" | "traffic_ramp" => format!("traffic to {}", settings.rate("rate")),
        "config" => format!("{}: {}", knob(scenario, &target), settings.text("value")),
        "scale" => format!("{target}: {} instances", settings.count("instances")),
        "poison" => format!(
            "{} of the messages of {target} are poison",
            settings.share("share")
        ),
        "gc_pause" | "worker_pause" => match (settings.opt_count("instances"), every(&settings)) {
            (None, false) => format!("{target} stands still"),
            (None, true) => format!("{target} stands still again and again"),
            (Some(1), _) => format!("1 instance of {target} stands still"),
            (Some(n), _) => format!("{n} instances of {target} stand still"),
        },
        "memory_leak" => format!("{target} leaks memory"),
        "clock_skew" => {
            let (offset, way) = (settings.duration("offset"), settings.choice("direction"));
            format!("clock of {target} {offset} {way}")
        }
        "throttle" => format!("{target} takes only {}", settings.rate("rate")),
        "lost_monitoring" => "no figures are collected".into(),
        "start" => format!("{target} begins a run"),
        _ => format!("{target}: {}", entry.what.word.to_lowercase()),
    }
}

/// The short form for a bar on the timeline: "5× slower".
pub fn entry_short(entry: &TimelineEntry) -> String {
    let settings = Settings::new(entry.what, &entry.knobs);
    match entry.what.name {
        "slow" => format!("{}× slower", factor(&settings)),
        "crash" => match settings.opt_count("instances") {
            None => "down".into(),
            Some(n) => format!("{n} down"),
        },
        "errors" => format!("{} errors", settings.share("share")),
        "partition" => "cut".into(),
        "hold" => "held".into(),
        "poison" => "poison".into(),
        "gc_pause" | "worker_pause" => "stands still".into(),
        "throttle" => format!("max. {}", settings.rate("rate")),
        "clock_skew" => format!("clock {}", settings.choice("direction")),
        "traffic_spike" => format!("{}× traffic", factor(&settings)),
        _ => entry.what.word.to_lowercase(),
    }
}

/// What it is when the entry is over: "catalogue no longer slowed".
pub fn entry_over(scenario: &Scenario, entry: &TimelineEntry) -> String {
    let target = target(scenario, entry);
    match entry.what.name {
        "slow" => format!("{target} no longer slowed"),
        "errors" => format!("{target} no longer made to fail"),
        "crash" => format!("{target} back"),
        "gc_pause" | "worker_pause" => format!("{target} goes on"),
        "memory_leak" => format!("{target} leaks no more"),
        "clock_skew" => format!("clock of {target} right again"),
        "throttle" => format!("{target} takes as much as before"),
        "poison" => format!("messages of {target} are good again"),
        "partition" | "hold" => "link open again".into(),
        "traffic_ramp" => "the new rate is reached".into(),
        "traffic_step" | "traffic_spike" => "traffic as before".into(),
        _ => format!("{target}: {} over", entry.what.word.to_lowercase()),
    }
}

/// Whether what the entry does comes again and again.
fn every(settings: &Settings<'_>) -> bool {
    settings.spec.knob("every").is_some() && settings.opt_duration("every").is_some()
}

fn factor(settings: &Settings<'_>) -> String {
    words::factor(settings.factor("factor").0 as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::random;
    use crate::scenario::Scenario;

    /// Whatever can be scripted can be drawn, named, and said to be over.
    #[test]
    fn every_entry_of_the_timeline_has_words() {
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..150 {
            let scenario = Scenario::parse(&random::scenario(n)).expect("valid");
            for e in &scenario.timeline {
                let said = [
                    entry(&scenario, e),
                    entry_short(e),
                    entry_over(&scenario, e),
                ];
                assert!(said.iter().all(|text| !text.trim().is_empty()), "{said:?}");
                let end = e.ends_within(scenario.run.duration);
                assert!(e.begins() <= end && (!e.is_moment() || e.begins() == end));
                seen.insert(e.what.name);
            }
        }
        let all = crate::design::registry::timeline_kinds().count();
        assert_eq!(seen.len(), all, "drawn: {seen:?}");
    }
}
