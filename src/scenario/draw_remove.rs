//! Taking things away from a drawing, with what is about them.

use super::draw::{Thing, no_worse, readable, sketch, spliced, tidy_end};
use super::edit::not_here;
use super::headers::sections;
use super::redraw;
use crate::design::TimelineEntry;
use crate::design::diagnostic::Diagnostic;
use crate::design::registry::{self, Target};

type Findings = Vec<Diagnostic>;

pub fn remove(text: &str, things: &[Thing]) -> Result<String, Findings> {
    let Some(scenario) = sketch(text).drawing else {
        return Err(vec![not_here("text")]);
    };
    let design = &scenario.design;
    let mut gone: Vec<Vec<&str>> = Vec::new();
    let mut keys: Vec<&str> = Vec::new();
    let mut operations: Vec<&str> = Vec::new();
    for thing in things {
        match thing {
            Thing::Node(key) => {
                let Some(node) = design.node(key) else {
                    continue;
                };
                gone.push(vec![node.kind.name, key]);
                keys.push(key);
                for link in &design.links {
                    if link.from == *key || link.to == *key {
                        gone.push(vec!["link", &link.key]);
                        keys.push(&link.key);
                    }
                }
                let alerts = design.alerts.iter().filter(|alert| alert.node == *key);
                gone.extend(alerts.map(|alert| vec!["alert", alert.key.as_str()]));
                let slos = design.slos.iter().filter(|slo| slo.node == *key);
                gone.extend(slos.map(|slo| vec!["slo", slo.key.as_str()]));
            }
            Thing::Link(key) => {
                gone.push(vec!["link", key]);
                keys.push(key);
            }
            Thing::Watched(table, key) => gone.push(vec![table, key]),
            Thing::Operation(key) => {
                gone.push(vec!["operation", key]);
                operations.push(key);
            }
        }
    }
    let of_them = |entry: &TimelineEntry| {
        let target = entry.target().unwrap_or_default();
        let path: Vec<&str> = target.splitn(3, '.').collect();
        match (registry::target_of(entry.what), path.as_slice()) {
            (Target::Operation, _) => operations.contains(&target),
            (_, ["operation", key, _]) => operations.contains(key),
            (_, [_, key, _]) => keys.contains(key),
            _ => keys.contains(&target),
        }
    };
    let mut cuts = Vec::new();
    let mut number = 0;
    let mut found = vec![false; gone.len()];
    for section in sections(text) {
        let is_entry = section.listed && section.names == ["timeline"];
        let mut hit = false;
        for (names, found) in gone.iter().zip(&mut found) {
            // A link between two nodes that both go is in the list twice.
            if section.is_of(names) {
                (hit, *found) = (true, true);
            }
        }
        let entry_goes = is_entry && scenario.timeline.get(number).is_some_and(of_them);
        number += usize::from(is_entry);
        if hit || entry_goes {
            cuts.push((section.whole, String::new()));
        }
    }
    if let Some(missing) = found.iter().position(|found| !found) {
        return Err(vec![not_here(&gone[missing].join("."))]);
    }
    let mut changed = tidy_end(text, spliced(text, cuts));
    // What services did for it goes with it.
    for node in &design.nodes {
        for operation in &operations {
            if node.plans.contains_key(*operation) {
                changed = redraw::plan(&changed, &node.key, operation, &[])?;
            }
        }
    }
    // A node that goes leaves a drawing that is not finished. An operation that others speak of stays.
    match operations.is_empty() {
        true => readable(changed),
        false => no_worse(text, changed),
    }
}
