//! What is left when something is gone, and what is added when more is needed.

use super::Advice;
use super::map::{Map, instances, is_scaled, knobs, node_path, slots};
use super::words::{number, percent};
use crate::design::order::arrange;
use crate::design::registry::ALERT;
use crate::design::value::{MICRO, NANO, Value};
use crate::design::{Node, Settings};

fn services<'d>(map: &Map<'d>) -> impl Iterator<Item = &'d Node> {
    let design = map.design;
    design
        .nodes
        .iter()
        .filter(|node| node.kind.name == "service")
}

pub fn no_second(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for node in services(map).filter(|node| !is_scaled(node)) {
        let lost = map.entries("crash", &node.key).filter_map(|entry| {
            let Some(Value::Count(lost)) = entry.knobs.get("instances") else {
                return None;
            };
            Some(*lost)
        });
        let Some(lost) = lost.max().filter(|lost| *lost as f64 >= instances(node)) else {
            continue;
        };
        out.push(Advice {
            path: node_path(node, "instances"),
            reason: format!(
                "the timeline has {lost} of the instances of `{}` crash, and it has no more than {}: nothing of it is left",
                node.key,
                number(instances(node))
            ),
            knob: node_path(node, "instances"),
            remedy: format!("{} and more, so that some are left", lost + 1),
        });
    }
    out
}

fn zones(node: &Node) -> Vec<String> {
    match node.knobs.get("zones") {
        Some(Value::Names(names)) => {
            let mut names = names.clone();
            arrange(&mut names, Ord::cmp);
            names.dedup();
            names
        }
        _ => Vec::new(),
    }
}

pub fn one_zone(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for node in services(map).filter(|node| instances(node) >= 2.0) {
        let [zone] = &zones(node)[..] else { continue };
        let known = map.entries("zone_outage", zone).next().is_some();
        let others = map.design.nodes.iter().flat_map(zones);
        if !known && others.into_iter().all(|other| other == *zone) {
            continue;
        }
        out.push(Advice {
            path: node_path(node, "zones"),
            reason: format!(
                "all {} instances of `{}` stand in the zone `{zone}`: its outage takes all of them",
                number(instances(node)),
                node.key
            ),
            knob: node_path(node, "zones"),
            remedy: "two zones and more, so that one may go".to_owned(),
        });
    }
    out
}

pub fn scaled_too_little(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for node in services(map).filter(|node| is_scaled(node)) {
        if !super::capacity::is_known(map, node) {
            continue;
        }
        let most = knobs(node).count("max_instances");
        let needed = map.load(node) * instances(node);
        if needed <= most as f64 {
            continue;
        }
        out.push(Advice {
            path: node_path(node, "max_instances"),
            reason: format!(
                "{} requests per second at `{}` keep {} slots busy on average, which are {} instances, and there are never more than {most}",
                number(map.rate_at(node)),
                node.key,
                number(needed * slots(node) / instances(node)),
                number(needed)
            ),
            knob: node_path(node, "max_instances"),
            remedy: format!("above {}", number(needed.ceil())),
        });
    }
    out
}

pub fn scaling_never_starts(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for node in services(map).filter(|node| is_scaled(node)) {
        let settings = knobs(node);
        let on = |knob: &str| settings.value(knob) != Value::Off;
        let Some(target) = settings.opt_share("target_utilisation") else {
            continue;
        };
        if on("target_requests") || on("target_waiting") {
            continue;
        }
        let one = NANO as f64;
        let (share, room) = (
            target.0 as f64 / one,
            settings.share("scale_tolerance").0 as f64 / one,
        );
        if share * (1.0 + room) < 1.0 {
            continue;
        }
        out.push(Advice {
            path: node_path(node, "target_utilisation"),
            reason: format!(
                "`{}` grows when it is busier than {}, {target} and the tolerance of {}, but slots are never busier than 100 %: it never grows",
                node.key,
                percent(share * (1.0 + room)),
                percent(room)
            ),
            knob: node_path(node, "target_utilisation"),
            remedy: "so much lower that new instances are ready before the old ones are full"
                .to_owned(),
        });
    }
    out
}

pub fn alert_cannot_fire(map: &Map<'_>) -> Vec<Advice> {
    let mut out = Vec::new();
    for alert in &map.design.alerts {
        let settings = Settings::new(&ALERT, &alert.knobs);
        let Some(burn) = settings.opt_factor("burn_rate") else {
            continue;
        };
        let burn = burn.0 as f64 / MICRO as f64;
        let budget = 1.0 - settings.share("objective").0 as f64 / NANO as f64;
        let errors = burn * budget;
        if errors <= 1.0 {
            continue;
        }
        let path = format!("alert.{}.burn_rate", alert.key);
        out.push(Advice {
            path: path.clone(),
            reason: format!(
                "`{}` fires when {} times the error budget of {} is spent, which is {} of all requests: it cannot fire, even if everything fails",
                alert.key,
                number(burn),
                percent(budget),
                percent(errors)
            ),
            knob: path,
            remedy: format!("below {}", number(1.0 / budget)),
        });
    }
    out
}
