//! What happens when: the measured part, the timeline's targets and times, the goals' windows.

use super::findings::Findings;
use super::limits::MAX_ACTIONS;
use super::names::suggest;
use super::{Goal, check_columns, check_job, check_timeline, code};
use crate::design::order::arrange;
use crate::design::registry::{KindSpec, Target, target_of};
use crate::design::value::{MICRO, Value, cut};
use crate::design::{Design, RunSpec, Settings, TimelineEntry};
use crate::time::{Duration, NS_PER_S};

pub fn check(
    f: &mut Findings<'_>,
    design: &Design,
    timeline: &[(String, TimelineEntry)],
    goals: &[Goal],
    run: &RunSpec,
) {
    inside(f, "run.measure", run.measure, run);
    for goal in goals {
        if let Some(window) = goal.window {
            inside(f, &format!("goal.{}.window", goal.key), window, run);
        }
    }
    for goal in goals {
        if goal.metric.needs_slo() && design.slos.is_empty() {
            let message = format!(
                "`{}` is judged by an objective, and there is none",
                goal.metric.name()
            );
            f.error_at(
                code::IMPOSSIBLE,
                &format!("goal.{}.metric", goal.key),
                message,
            )
            .help("add `[slo.NAME]` with an `objective`, for example 99.9 %");
        }
        operation(f, design, goal);
    }
    for (path, entry) in timeline {
        target(f, design, entry, path);
        times(f, entry, path, run);
        check_timeline::check(f, design, entry, path);
    }
    check_columns::check(f, design, timeline);
    check_job::starts(f, design, timeline.iter().map(|(_, entry)| entry));
    work(f, design, run);
}

/// A goal about one operation: that there is, and of what users see.
fn operation(f: &mut Findings<'_>, design: &Design, goal: &Goal) {
    let Some(asked) = &goal.operation else {
        return;
    };
    let path = format!("goal.{}.operation", goal.key);
    let names = design.operations.iter().map(|o| o.key.as_str());
    if !names.clone().any(|name| name == asked) {
        let message = format!("there is no operation `{}`", cut(asked));
        f.error_at(code::NO_NODE, &path, message)
            .help(suggest(asked, names, "operations"));
    }
    if !goal.metric.is_of_users() {
        let message = format!("`{}` is not counted by operation", goal.metric.name());
        f.error_at(code::IMPOSSIBLE, &path, message).help(
            "what users see is: `served`, `goodput`, `amplification`, `latency_p50`, `latency_p99`",
        );
    }
}

fn inside(f: &mut Findings<'_>, path: &str, window: (Duration, Duration), run: &RunSpec) {
    if window.1 > run.duration {
        f.error_at(
            code::OUTSIDE_RUN,
            path,
            format!("`{}` is after the end of the run", window.1),
        )
        .help(format!("the run lasts {}", run.duration));
    }
}

fn target(f: &mut Findings<'_>, design: &Design, entry: &TimelineEntry, path: &str) {
    let Some(key) = entry.target() else {
        return;
    };
    let path = format!("{path}.target");
    let missing = |f: &mut Findings<'_>, sort: &str, names: Vec<&str>| {
        if !names.contains(&key) {
            let message = format!("there is no {sort} `{}`", cut(key));
            f.error_at(code::NO_TARGET, &path, message).help(suggest(
                key,
                names.into_iter(),
                &format!("{sort}s"),
            ));
        }
    };
    match target_of(entry.what) {
        // Read with its value.
        Target::Knob | Target::Nothing => {}
        Target::Link => missing(
            f,
            "link",
            design.links.iter().map(|l| l.key.as_str()).collect(),
        ),
        Target::Operation => {
            let names = design.operations.iter().map(|o| o.key.as_str());
            missing(f, "operation", names.collect());
        }
        Target::Zone => missing(f, "zone", zones(design)),
        Target::Clients => target_node(f, design, entry.what, &["clients"], key, &path),
        Target::Node(kinds) => target_node(f, design, entry.what, kinds, key, &path),
    }
}

/// Zones that nodes name, in the order of their names.
fn zones(design: &Design) -> Vec<&str> {
    let named = design
        .nodes
        .iter()
        .filter_map(|node| match node.knobs.get("zones") {
            Some(Value::Names(names)) => Some(names),
            _ => None,
        });
    let mut zones: Vec<&str> = named.flatten().map(String::as_str).collect();
    arrange(&mut zones, Ord::cmp);
    zones.dedup();
    zones
}

fn target_node(
    f: &mut Findings<'_>,
    design: &Design,
    what: &KindSpec,
    kinds: &[&str],
    key: &str,
    path: &str,
) {
    let fitting = design
        .nodes
        .iter()
        .filter(|node| kinds.contains(&node.kind.name))
        .map(|node| node.key.as_str());
    let help = match fitting.clone().next() {
        Some(_) => suggest(key, fitting, &format!("`{}` happens to", what.name)),
        None => format!("it happens to these kinds: {}", kinds.join(", ")),
    };
    let Some(node) = design.node(key) else {
        f.error_at(
            code::NO_TARGET,
            path,
            format!("there is no node `{}`", cut(key)),
        )
        .help(help);
        return;
    };
    let changes_rate = matches!(
        what.name,
        "traffic_step" | "traffic_ramp" | "traffic_spike" | "traffic_curve"
    );
    if !kinds.contains(&node.kind.name) {
        let message = format!("`{}` cannot happen to {}", what.name, node.kind.name);
        f.error_at(code::NO_TARGET, path, message).help(help);
    } else if changes_rate && Settings::new(node.kind, &node.knobs).choice("arrivals") == "closed" {
        f.error_at(
            code::NO_TARGET,
            path,
            format!("`{key}` is a closed loop and has no arrival rate"),
        )
        .help("traffic entries are for open arrivals");
    }
}

fn times(f: &mut Findings<'_>, entry: &TimelineEntry, path: &str, run: &RunSpec) {
    if !entry.knobs.contains_key("at") {
        return;
    }
    let at = entry.begins();
    if at >= run.duration {
        f.warning_at(
            code::NEVER_HAPPENS,
            &format!("{path}.at"),
            "it never happens",
        )
        .help(format!("the run lasts {}", run.duration));
    } else if entry.lasts().is_some_and(|lasts| at + lasts > run.duration) {
        f.warning_at(
            code::NEVER_HAPPENS,
            &format!("{path}.lasts"),
            "it lasts beyond the end of the run",
        )
        .help(format!(
            "the run lasts {}; what is under way then still meets it",
            run.duration
        ));
    }
}

/// A run that would take days is refused before it begins.
fn work(f: &mut Findings<'_>, design: &Design, run: &RunSpec) {
    let mut actions = 0u128;
    for node in design
        .nodes
        .iter()
        .filter(|node| node.kind.name == "clients")
    {
        if let Some(Value::Rate(rate)) = node.knobs.get("rate") {
            actions += u128::from(rate.0) * u128::from(run.duration.0);
        }
    }
    let actions = actions / u128::from(MICRO) / u128::from(NS_PER_S);
    if actions > u128::from(MAX_ACTIONS) {
        f.error_at(
            code::LIMIT,
            "run.duration",
            format!(
                "about {actions} user actions in {} are too many",
                run.duration
            ),
        )
        .help(format!(
            "at most {MAX_ACTIONS}: make the run shorter or the rate lower"
        ));
    }
}
