//! What somebody on call could do: changes of a running system, made from the kinds and knobs of the places where
//! the trouble is. Which of them helps is for a run to say; those that people reach for and that make it worse
//! are tried as well.

use super::recipe::entry;
use super::{Recipe, Wanted};
use crate::design::registry::{self, can_be_ended};
use crate::design::value::{self, Value};
use crate::design::{Link, Node, Settings};
use crate::explain::{Component, Explanation};
use crate::scenario::{Scenario, edit};
use crate::time::{Duration, NS_PER_S};

use super::runs::Part;

/// What can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What to do, in one imperative sentence without a full stop.
    pub act: String,
    /// How it is taken back.
    pub undo: String,
    pub recipe: Recipe,
}

/// Tried for one moment at most, and places that are looked at.
pub const REMEDIES_MAX: usize = 14;
const NODES_MAX: usize = 3;
const LINKS_MAX: usize = 4;

/// A waiting line that is bounded has so many places for each slot.
const PLACES_PER_SLOT: u64 = 5;

impl Remedy {
    pub fn wanted(&self) -> Wanted {
        Wanted {
            part: Part::Remedy,
            what: self.act.clone(),
            recipe: self.recipe.clone(),
        }
    }
}

/// What can be done at this moment, in no order of worth. `watched` is the node that called somebody.
pub fn candidates(
    scenario: &Scenario,
    found: &Explanation,
    watched: Option<&str>,
    at: Duration,
) -> Vec<Remedy> {
    let mut all = taken_back(scenario, at);
    let nodes = places(scenario, found, watched);
    for link in callers(scenario, &nodes) {
        of_link(&mut all, scenario, link, at);
    }
    for node in &nodes {
        of_node(&mut all, scenario, node, at);
    }
    for job in scenario
        .design
        .nodes
        .iter()
        .filter(|it| it.kind.name == "job")
    {
        tune(
            &mut all,
            scenario,
            job,
            "rate_limit",
            "1 rps",
            at,
            "Slow down",
        );
    }
    let mut kept: Vec<Remedy> = Vec::new();
    for remedy in all {
        if !kept.iter().any(|other| other.recipe == remedy.recipe) {
            kept.push(remedy);
        }
    }
    kept.truncate(REMEDIES_MAX);
    kept
}

/// The one who started it, the one that called, and whom users call if that says nothing.
fn places<'s>(scenario: &'s Scenario, found: &Explanation, watched: Option<&str>) -> Vec<&'s Node> {
    let design = &scenario.design;
    let mut keys: Vec<&str> = Vec::new();
    if let Some(culprit) = &found.culprit {
        match &culprit.component {
            Component::Node(key) => keys.push(key),
            Component::Link(key) => keys.extend(design.link(key).map(|link| link.to.as_str())),
        }
    }
    keys.extend(watched);
    let is_clients = |key: &str| design.node(key).is_some_and(|it| it.kind.name == "clients");
    let doors = design.links.iter().filter(|link| is_clients(&link.from));
    keys.extend(doors.map(|link| link.to.as_str()));
    let mut nodes: Vec<&Node> = Vec::new();
    for key in keys {
        let node = design.node(key).filter(|node| node.kind.name != "clients");
        if let Some(node) = node
            && nodes.len() < NODES_MAX
            && !nodes.iter().any(|other| other.key == node.key)
        {
            nodes.push(node);
        }
    }
    nodes
}

/// The links over which these are called.
fn callers<'s>(scenario: &'s Scenario, nodes: &[&Node]) -> Vec<&'s Link> {
    let leads = |link: &&Link| nodes.iter().any(|node| node.key == link.to);
    let links = scenario.design.links.iter().filter(leads);
    links.take(LINKS_MAX).collect()
}

/// Changes of people that are in force: a configuration, a release.
fn taken_back(scenario: &Scenario, at: Duration) -> Vec<Remedy> {
    let mut all = Vec::new();
    for (number, it) in scenario.timeline.iter().enumerate() {
        let is_over = it.lasts().is_some_and(|lasts| it.begins() + lasts <= at);
        if it.begins() >= at || is_over {
            continue;
        }
        let target = it.target().unwrap_or_default();
        match it.what.name {
            "config" | "scale" if can_be_ended(it.what) => all.push(Remedy {
                act: format!("Take back the change of `{target}`"),
                undo: "make the change again".to_owned(),
                recipe: Recipe {
                    ends: Some((number, Duration(at.0 - it.begins().0))),
                    ..Recipe::default()
                },
            }),
            "deploy" => all.push(added(
                format!("Roll `{target}` back to the version before"),
                "deploy the new version again".to_owned(),
                entry(
                    "rollback",
                    &[("target", target.to_owned()), ("at", at.to_string())],
                ),
            )),
            _ => {}
        }
    }
    all
}

fn of_link(all: &mut Vec<Remedy>, scenario: &Scenario, link: &Link, at: Duration) {
    let knobs = Settings::new(&registry::LINK, &link.knobs);
    let mut turn = |knob: &str, value: &str, act: &str| {
        let path = format!("link.{}.{knob}", link.key);
        all.extend(turned(scenario, &path, value, at, act));
    };
    let attempts = knobs.count("attempts");
    if attempts > 1 {
        turn("attempts", "1", "Switch retries off");
        if knobs.opt_share("retry_budget").is_none() {
            turn(
                "retry_budget",
                "10 %",
                "Limit retries to a tenth of the first tries",
            );
        }
        if knobs.choice("backoff") == "none" {
            turn(
                "backoff",
                "exponential",
                "Let callers pause longer and longer before a retry",
            );
        }
    }
    match knobs.opt_duration("timeout") {
        None => turn("timeout", "1 s", "Give callers a timeout"),
        Some(timeout) => {
            let longer = Duration(timeout.0.saturating_mul(3)).to_string();
            turn("timeout", &longer, "Let callers wait three times as long");
        }
    }
    // What a browser makes up itself is no answer.
    let from = scenario.design.node(&link.from);
    let is_inside = from.is_some_and(|it| it.kind.name != "clients");
    if is_inside && knobs.choice("fallback") == "none" && knobs.opt_text("fallback_link").is_none()
    {
        turn("fallback", "default", "Answer without it");
    }
    let more = (attempts + 2).to_string();
    turn("attempts", &more, "Let callers try twice more");
}

fn of_node(all: &mut Vec<Remedy>, scenario: &Scenario, node: &Node, at: Duration) {
    let knobs = Settings::new(node.kind, &node.knobs);
    let has = |knob: &str| node.kind.knob(knob).is_some();
    let key = &node.key;
    let instances = if has("instances") {
        knobs.count("instances")
    } else {
        1
    };
    let is = |kinds: &[&str]| kinds.contains(&node.kind.name);
    let on = |what: &str, more: &[(&str, String)]| {
        let mut fields = vec![("target", key.clone()), ("at", at.to_string())];
        fields.extend(more.iter().cloned());
        entry(what, &fields)
    };
    if is(&["service"]) {
        if knobs.opt_count("queue_limit").is_none() {
            let places = (knobs.count("slots") * PLACES_PER_SLOT).to_string();
            tune(
                all,
                scenario,
                node,
                "queue_limit",
                &places,
                at,
                "Bound the waiting line",
            );
        }
        if knobs.choice("concurrency_limit") == "none" {
            tune(
                all,
                scenario,
                node,
                "concurrency_limit",
                "aimd",
                at,
                "Shed load",
            );
        }
    }
    if is(&["service", "worker", "balancer", "cache"]) && has("instances") {
        let twice = (instances * 2).to_string();
        all.push(added(
            format!("Scale `{key}` out, from {instances} to {twice}"),
            format!("scale `{key}` back to {instances}"),
            on("scale", &[("instances", twice)]),
        ));
    }
    if is(&["service", "worker", "balancer", "cache"]) {
        let lasts = Duration(NS_PER_S).to_string();
        all.push(added(
            format!("Restart `{key}`, all of it"),
            "there is nothing to take back: what was in it is lost".to_owned(),
            on("crash", &[("lasts", lasts)]),
        ));
    }
    if is(&["worker"]) {
        let twice = (knobs.count("concurrency") * 2).to_string();
        tune(
            all,
            scenario,
            node,
            "concurrency",
            &twice,
            at,
            "Handle more at the same time",
        );
    }
    if is(&["cache"]) && !knobs.flag("single_flight") {
        tune(
            all,
            scenario,
            node,
            "single_flight",
            "true",
            at,
            "Let one of many ask the store",
        );
    }
    if is(&["database"]) {
        all.push(added(
            format!("Make another copy of `{key}` the leader"),
            "fail over again".to_owned(),
            on("failover", &[]),
        ));
        let twice = (knobs.count("cores") * 2).to_string();
        tune(
            all,
            scenario,
            node,
            "cores",
            &twice,
            at,
            "Give it a larger machine",
        );
    }
    if is(&["queue"]) {
        let redrive = on("redrive", &[]);
        all.push(added(
            format!("Give the messages that `{key}` has put aside another chance"),
            "there is nothing to take back".to_owned(),
            redrive,
        ));
    }
}

fn added(act: String, undo: String, add: String) -> Remedy {
    Remedy {
        act,
        undo,
        recipe: Recipe {
            add,
            ..Recipe::default()
        },
    }
}

fn tune(
    all: &mut Vec<Remedy>,
    scenario: &Scenario,
    node: &Node,
    knob: &str,
    value: &str,
    at: Duration,
    act: &str,
) {
    let path = format!("{}.{}.{knob}", node.kind.name, node.key);
    all.extend(turned(scenario, &path, value, at, act));
}

/// Another value for a knob from this moment on.
fn turned(
    scenario: &Scenario,
    path: &str,
    written: &str,
    at: Duration,
    act: &str,
) -> Option<Remedy> {
    let knob = edit::knob_at(scenario, path).ok()?;
    let before = value::print(&knob.value, knob.spec);
    let value = value::parse(written, knob.spec).ok()?;
    if value == knob.value || value == Value::Off {
        return None;
    }
    let after = value::print(&value, knob.spec);
    let fields = [
        ("target", path.to_owned()),
        ("at", at.to_string()),
        ("value", after.clone()),
    ];
    Some(added(
        format!("{act}: `{path}` = {after} instead of {before}"),
        format!("set `{path}` back to {before}"),
        entry("config", &fields),
    ))
}
