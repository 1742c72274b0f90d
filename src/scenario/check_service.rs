//! What the knobs of a service must be together.

use super::check_design::warn_idle;
use super::code;
use super::findings::Findings;
use super::names::suggest;
use crate::design::value::{Value, cut};
use crate::design::{Design, Node, Settings};

pub fn check(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let settings = Settings::new(node.kind, &node.knobs);
    operations(f, design, node);
    bounds(f, node, &settings);
    without_effect(f, design, node, &settings);
}

fn path(node: &Node, knob: &str) -> String {
    format!("{}.{}.{knob}", node.kind.name, node.key)
}

/// Knobs by operation name operations that exist.
fn operations(f: &mut Findings<'_>, design: &Design, node: &Node) {
    for knob in ["service_time_of", "slots_of"] {
        let Some(Value::PerOperation(values)) = node.knobs.get(knob) else {
            continue;
        };
        let names = design.operations.iter().map(|op| op.key.as_str());
        for (name, value) in values {
            if !names.clone().any(|known| known == name) {
                f.error_at(
                    code::NO_OPERATION,
                    &path(node, knob),
                    format!("there is no operation `{}`", cut(name)),
                )
                .help(suggest(name, names.clone(), "operations"));
            }
            if *value == Value::Count(0) {
                let message = format!("`{}` could never have a slot", cut(name));
                f.error_at(code::IMPOSSIBLE, &path(node, knob), message)
                    .help("a bulkhead has at least one slot");
            }
        }
    }
}

/// Values of which one bounds the other.
fn bounds(f: &mut Findings<'_>, node: &Node, settings: &Settings<'_>) {
    let limited = settings.choice("concurrency_limit") != "none";
    let managed = settings.choice("queue_management") != "none";
    let least = settings.count("limit_min");
    let most = settings.count("limit_max");
    let first = settings.count("limit_initial");
    let crossed = [
        (limited && least > most, "limit_min", "limit_max"),
        (limited && first > most, "limit_initial", "limit_max"),
        (
            limited && least <= most && first < least,
            "limit_initial",
            "limit_min",
        ),
    ];
    for (wrong, knob, other) in crossed {
        if wrong {
            let message = format!("`{knob}` and `{other}` cannot go together");
            f.error_at(code::IMPOSSIBLE, &path(node, knob), message)
                .help("the limit is between `limit_min` and `limit_max`, from the start on");
        }
    }
    if managed && settings.duration("codel_target") > settings.duration("codel_interval") {
        f.error_at(
            code::IMPOSSIBLE,
            &path(node, "codel_target"),
            "`codel_target` is longer than `codel_interval`",
        )
        .help("the target is a small part of the interval: 5 ms of 100 ms");
    }
}

fn without_effect(f: &mut Findings<'_>, design: &Design, node: &Node, settings: &Settings<'_>) {
    let calls = design.links.iter().filter(|l| l.from == node.key).count();
    let never_dies = settings.share("crash_between").0 == 0;
    let off = |knob: &str| settings.value(knob) == Value::Off;
    let choice = |knob: &str| settings.choice(knob);
    let unlimited = choice("concurrency_limit") == "none";
    let unmanaged = choice("queue_management") == "none";
    let no_leak = settings.count("leak_per_request") == 0;
    let slots = settings.count("slots");
    let has_line = settings.opt_count("queue_limit") != Some(0);
    let all_fit = settings.opt_count("cores").is_some_and(|n| n >= slots);
    let caps = match settings.value("slots_of") {
        Value::PerOperation(values) => values,
        _ => Vec::new(),
    };
    let no_cap = caps
        .iter()
        .all(|(_, cap)| matches!(cap, Value::Count(n) if *n >= slots));
    const NO_LIMIT: &str = "there is no `concurrency_limit`";
    const NO_AIMD: &str = "`concurrency_limit` is not `aimd`";
    const NO_GRADIENT: &str = "`concurrency_limit` is not `gradient`";
    const NO_CODEL: &str = "there is no `queue_management`";
    const NO_LEAK: &str = "nothing leaks";
    const NO_LINE: &str = "nobody can wait";
    let (not_aimd, not_gradient) = (
        choice("concurrency_limit") != "aimd",
        choice("concurrency_limit") != "gradient",
    );
    let idle = [
        (all_fit, "cores", "every slot has a core"),
        (
            !caps.is_empty() && no_cap,
            "slots_of",
            "there are no more `slots`",
        ),
        (
            choice("discipline") != "adaptive_lifo",
            "lifo_above",
            "`discipline` is not `adaptive_lifo`",
        ),
        (!has_line, "max_wait", NO_LINE),
        (!has_line, "queue_management", NO_LINE),
        (unmanaged, "codel_target", NO_CODEL),
        (unmanaged, "codel_interval", NO_CODEL),
        (unlimited, "limit_initial", NO_LIMIT),
        (unlimited, "limit_min", NO_LIMIT),
        (unlimited, "limit_max", NO_LIMIT),
        (not_aimd, "limit_backoff", NO_AIMD),
        (not_aimd, "limit_latency", NO_AIMD),
        (not_gradient, "limit_tolerance", NO_GRADIENT),
        (not_gradient, "limit_headroom", NO_GRADIENT),
        (not_gradient, "limit_smoothing", NO_GRADIENT),
        (not_gradient, "limit_window", NO_GRADIENT),
        (off("gc_every"), "gc_pause", "there is no `gc_every`"),
        (no_leak, "memory", NO_LEAK),
        (no_leak, "memory_drag", NO_LEAK),
        (
            no_leak && never_dies,
            "restart_time",
            "nothing leaks, and no instance dies by itself",
        ),
        (
            calls < 2 && node.plans.is_empty(),
            "crash_between",
            "no request makes two changes",
        ),
        (off("warmup"), "warmup_factor", "there is no `warmup`"),
    ];
    warn_idle(
        f,
        settings,
        |knob| node.own(knob),
        |knob| path(node, knob),
        idle,
    );
}
