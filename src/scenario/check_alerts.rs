//! Alerts and autoscaling: names that resolve, and values that go together.

use super::code;
use super::findings::Findings;
use super::names::suggest;
use crate::design::registry;
use crate::design::value::{Value, cut};
use crate::design::{Design, Node, Settings, Watched};

/// The rules, one of which an alert has.
const RULES: &[&str] = &[
    "burn_rate",
    "error_share_above",
    "latency_above",
    "utilisation_above",
    "waiting_above",
    "age_above",
];

pub fn check(f: &mut Findings<'_>, design: &Design) {
    for alert in &design.alerts {
        rule(f, design, alert);
    }
    for slo in &design.slos {
        of_users(f, design, slo);
    }
    for node in &design.nodes {
        autoscale(f, node);
    }
}

/// An objective is of users: what they were told.
fn of_users(f: &mut Findings<'_>, design: &Design, slo: &Watched) {
    let path = format!("slo.{}.node", slo.key);
    let clients = design.nodes.iter().filter(|n| n.kind.name == "clients");
    match design.node(&slo.node) {
        _ if slo.node.is_empty() => {}
        None => {
            let message = format!("there is no node `{}`", cut(&slo.node));
            let names = clients.map(|node| node.key.as_str());
            f.error_at(code::NO_NODE, &path, message)
                .help(suggest(&slo.node, names, "clients"));
        }
        Some(node) if node.kind.name != "clients" => {
            let message = format!("`{}` is a {}", node.key, node.kind.name);
            f.error_at(code::IMPOSSIBLE, &path, message)
                .help("an objective is about users: name clients, or none for all of them");
        }
        Some(_) => {}
    }
}

fn rule(f: &mut Findings<'_>, design: &Design, alert: &Watched) {
    let path = |knob: &str| format!("alert.{}.{knob}", alert.key);
    let node = design.node(&alert.node);
    if node.is_none() && !alert.node.is_empty() {
        let names = design.nodes.iter().map(|node| node.key.as_str());
        f.error_at(
            code::NO_NODE,
            &path("node"),
            format!("there is no node `{}`", cut(&alert.node)),
        )
        .help(suggest(&alert.node, names, "nodes"));
    }
    let knobs = Settings::new(&registry::ALERT, &alert.knobs);
    let set: Vec<&str> = RULES
        .iter()
        .copied()
        .filter(|rule| knobs.value(rule) != Value::Off)
        .collect();
    if set.len() != 1 {
        let message = match set.len() {
            0 => "the alert has no rule".to_owned(),
            _ => format!("the alert has {} rules", set.len()),
        };
        f.error_at(code::IMPOSSIBLE, &format!("alert.{}", alert.key), message)
            .help(format!(
                "give it one of {}; two rules are two alerts",
                RULES.join(", ")
            ));
        return;
    }
    let of_nodes = set[0] != "burn_rate" && set[0] != "error_share_above";
    if of_nodes && node.is_some_and(|node| node.kind.name == "clients") {
        f.error_at(
            code::IMPOSSIBLE,
            &path(set[0]),
            format!("`{}` is of nodes that do work", set[0]),
        )
        .help("at clients, monitoring sees only what users were told: `burn_rate` or `error_share_above`");
    }
    if set[0] == "age_above" && node.is_some_and(|node| node.kind.name != "queue") {
        f.error_at(
            code::IMPOSSIBLE,
            &path("age_above"),
            "only queues keep messages that have an age",
        )
        .help("watch a queue, or take `waiting_above`");
    }
    if set[0] == "burn_rate" {
        let (long, short) = (
            knobs.duration("long_window"),
            knobs.duration("short_window"),
        );
        if short > long {
            f.error_at(
                code::IMPOSSIBLE,
                &path("short_window"),
                format!("the short window, {short}, is longer than the long one, {long}"),
            )
            .help("the workbook takes a twelfth of the long window");
        }
        if knobs.share("objective").0 == crate::design::value::NANO {
            f.error_at(
                code::IMPOSSIBLE,
                &path("objective"),
                "an objective of 100 % leaves no error budget to burn",
            )
            .help("for example `99.9 %`");
        }
    }
}

fn autoscale(f: &mut Findings<'_>, node: &Node) {
    if node.kind.knob("autoscale").is_none() {
        return;
    }
    let knobs = Settings::new(node.kind, &node.knobs);
    let path = |knob: &str| format!("{}.{}.{knob}", node.kind.name, node.key);
    if !knobs.flag("autoscale") {
        return;
    }
    let (min, max) = (knobs.count("min_instances"), knobs.count("max_instances"));
    if min > max {
        f.error_at(
            code::IMPOSSIBLE,
            &path("min_instances"),
            format!("at least {min} and at most {max} instances"),
        )
        .help("`min_instances` is not above `max_instances`");
    }
    let targets = ["target_utilisation", "target_requests", "target_waiting"];
    if targets.iter().all(|knob| knobs.value(knob) == Value::Off) {
        f.error_at(
            code::IMPOSSIBLE,
            &path("autoscale"),
            "there is no target to scale by",
        )
        .help("set `target_utilisation`, `target_requests` or `target_waiting`");
    }
}
