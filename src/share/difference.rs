//! From the text of a scenario to what is shared: its difference from a scenario that every build has,
//! if that can be said in knobs and entries of the timeline, else the whole text.

use super::{Changed, Content, Entry, Shared, hash, link};
use crate::design::diagnostic::Diagnostic;
use crate::design::registry::{self, KindSpec, KnobSpec};
use crate::design::value::{self, Value};
use crate::design::{Design, Knobs, Link, Node, Taken, TimelineEntry};
use crate::scenario::{Scenario, edit};

type Set = Vec<(String, String)>;

impl Shared {
    /// A design without a run, in the shortest way that says all of it. Comments are said only with the
    /// whole text. `built_in` finds the text of a scenario by its id.
    ///
    /// # Errors
    /// If the text is no scenario.
    pub fn of<'a>(
        text: &str,
        seed: u64,
        built_in: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Shared, Vec<Diagnostic>> {
        let scenario = Scenario::parse(text)?;
        let shared = |content| Shared {
            content,
            seed,
            bet: None,
            run: None,
        };
        let whole = shared(Content::Whole(text.to_owned()));
        let changed = built_in(&scenario.about.id).and_then(|base| changed(base, &scenario));
        let Some(changed) = changed else {
            return Ok(whole);
        };
        let short = shared(Content::Changed(changed));
        // A design with hundreds of changes can be shorter as text.
        let shorter = link::encode(&short).len() <= link::encode(&whole).len();
        Ok(if shorter { short } else { whole })
    }
}

/// What makes this scenario of that text, or of a part 2 of it.
fn changed(base: &str, scenario: &Scenario) -> Option<Changed> {
    let start = Scenario::parse(base).ok()?;
    let id = &scenario.about.id;
    let made = between(base, &start, None, id, scenario);
    made.or_else(|| {
        let mut twists = start.lesson.twists.iter();
        twists.find_map(|twist| {
            let text = edit::variant(base, twist).ok()?;
            let start = Scenario::parse(&text).ok()?;
            between(base, &start, Some(&twist.key), id, scenario)
        })
    })
}

fn between(
    base: &str,
    start: &Scenario,
    part: Option<&str>,
    id: &str,
    scenario: &Scenario,
) -> Option<Changed> {
    let mut set = Set::new();
    designs(&start.design, &scenario.design, &mut set)?;
    if start.run.duration != scenario.run.duration {
        let duration = scenario.run.duration.to_string();
        set.push(("run.duration".to_owned(), duration));
    }
    if start.seed != scenario.seed {
        set.push(("run.seed".to_owned(), scenario.seed.to_string()));
    }
    let changed = Changed {
        id: id.to_owned(),
        base: Some(hash(base)),
        part: part.map(str::to_owned),
        set,
        timeline: timeline(&start.timeline, &scenario.timeline),
    };
    // Whatever cannot be said in changes comes out here.
    let (text, notices) = changed.onto(base).ok()?;
    let came_out = Scenario::parse(&text).ok()?;
    (notices.is_empty() && plain(came_out) == plain(scenario.clone())).then_some(changed)
}

/// None if not the same things are drawn.
fn designs(from: &Design, to: &Design, set: &mut Set) -> Option<()> {
    let counts = |design: &Design| {
        (
            design.nodes.len(),
            design.links.len(),
            design.operations.len(),
        )
    };
    if counts(from) != counts(to) {
        return None;
    }
    for node in &to.nodes {
        let before = from.node(&node.key)?;
        if before.kind.name != node.kind.name {
            return None;
        }
        let table = format!("{}.{}", node.kind.name, node.key);
        preset(&table, before.preset.as_ref(), node.preset.as_ref(), set);
        let own = |name| (Node::own(before, name), Node::own(node, name));
        knobs(&table, node.kind, own, set)?;
    }
    for link in &to.links {
        let before = from.link(&link.key)?;
        let table = format!("link.{}", link.key);
        preset(&table, before.preset.as_ref(), link.preset.as_ref(), set);
        for (end, from, to) in [
            ("from", &before.from, &link.from),
            ("to", &before.to, &link.to),
        ] {
            if from != to {
                set.push((format!("{table}.{end}"), to.clone()));
            }
        }
        let own = |name| (Link::own(before, name), Link::own(link, name));
        knobs(&table, &registry::LINK, own, set)?;
    }
    for operation in &to.operations {
        let before = from.operations.iter().find(|op| op.key == operation.key)?;
        let own = |name| (before.knobs.get(name), operation.knobs.get(name));
        let table = format!("operation.{}", operation.key);
        knobs(&table, &registry::OPERATION, own, set)?;
    }
    Some(())
}

/// The first of all changes: what a preset gives depends on what the table itself says.
fn preset(table: &str, from: Option<&Taken>, to: Option<&Taken>, set: &mut Set) {
    let name = |taken: Option<&Taken>| taken.map(|taken| taken.preset.name);
    if name(from) != name(to) {
        let to = name(to).unwrap_or("none");
        set.push((format!("{table}.preset"), to.to_owned()));
    }
}

/// None if a knob is no longer set that has no default.
fn knobs<'k>(
    table: &str,
    kind: &'static KindSpec,
    own: impl Fn(&'static str) -> (Option<&'k Value>, Option<&'k Value>),
    set: &mut Set,
) -> Option<()> {
    for spec in kind.knobs {
        let (from, to) = own(spec.name);
        if from == to {
            continue;
        }
        let default = || default(spec);
        let to = to.cloned().or_else(default)?;
        if from.cloned().or_else(default).as_ref() != Some(&to) {
            set.push((format!("{table}.{}", spec.name), value::print(&to, spec)));
        }
    }
    Some(())
}

fn default(spec: &KnobSpec) -> Option<Value> {
    if spec.off == Some(spec.default) {
        return Some(Value::Off);
    }
    value::parse(spec.default, spec).ok()
}

/// None if nothing else happens.
fn timeline(from: &[TimelineEntry], to: &[TimelineEntry]) -> Option<Vec<Entry>> {
    let mut left: Vec<usize> = (0..from.len()).collect();
    let entries: Vec<Entry> = to
        .iter()
        .map(|entry| {
            let same = left.iter().position(|&number| from[number] == *entry);
            match same {
                Some(at) => Entry::Kept(left.remove(at)),
                None => Entry::New {
                    what: entry.what.name.to_owned(),
                    fields: fields(entry),
                },
            }
        })
        .collect();
    let is_same = entries
        .iter()
        .eq((0..from.len()).map(Entry::Kept).collect::<Vec<_>>().iter());
    (!is_same).then_some(entries)
}

fn fields(entry: &TimelineEntry) -> Vec<(String, String)> {
    let printed = |(name, value): (&&'static str, &Value)| {
        let spec = entry.what.knob(name)?;
        Some(((*name).to_owned(), value::print(value, spec)))
    };
    entry.knobs.iter().filter_map(printed).collect()
}

/// Without what the defaults say anyway.
pub(super) fn plain(mut scenario: Scenario) -> Scenario {
    let design = &mut scenario.design;
    for node in &mut design.nodes {
        without_defaults(node.kind, node.preset.as_ref(), &mut node.knobs);
    }
    for link in &mut design.links {
        without_defaults(&registry::LINK, link.preset.as_ref(), &mut link.knobs);
    }
    for operation in &mut design.operations {
        without_defaults(&registry::OPERATION, None, &mut operation.knobs);
    }
    scenario
}

/// Beside a preset a default is a word of its own.
fn without_defaults(kind: &KindSpec, preset: Option<&Taken>, knobs: &mut Knobs) {
    if preset.is_none() {
        knobs.retain(|name, value| kind.knob(name).and_then(default).as_ref() != Some(value));
    }
}
