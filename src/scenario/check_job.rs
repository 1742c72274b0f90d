//! What a job needs: an operation to do, something that starts it, and settings that go together.

use super::check_design::warn_idle;
use super::code;
use super::findings::Findings;
use super::names::suggest;
use crate::design::value::{Value, cut};
use crate::design::{CallMode, Design, Node, Settings, Step, TimelineEntry};

pub fn check(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let settings = Settings::new(node.kind, &node.knobs);
    let Some(operation) = design.operation_of(node) else {
        return unknown(f, design, node);
    };
    let operation = operation.key.as_str();
    plans(f, node, operation);
    knows_how_many(f, design, node, operation);
    if settings.count("batch_size") < settings.count("concurrency") {
        f.warning_at(
            code::NO_EFFECT,
            &path(node, "concurrency"),
            "no more items are worked on at the same time than a batch has",
        )
        .help("make `batch_size` larger, or `concurrency` smaller");
    }
    without_effect(f, design, node, &settings, operation);
}

fn unknown(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let names = design.operations.iter().map(|op| op.key.as_str());
    match node.knobs.get("operation") {
        Some(Value::Text(key)) => {
            let message = format!("there is no operation `{}`", cut(key));
            f.error_at(code::NO_OPERATION, &path(node, "operation"), message)
                .help(suggest(key, names, "operations"));
        }
        _ => {
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            let message = format!("`{}` does not say what it does", node.key);
            f.error_at(code::MISSING, &format!("job.{}", node.key), message)
                .help(format!("set `operation` to one of {}", names.join(", ")));
        }
    }
}

/// A job that nothing starts.
pub fn starts<'t>(
    f: &mut Findings<'_>,
    design: &Design,
    timeline: impl Iterator<Item = &'t TimelineEntry> + Clone,
) {
    for node in design.nodes.iter().filter(|n| n.kind.name == "job") {
        let settings = Settings::new(node.kind, &node.knobs);
        let scheduled = ["start", "every"]
            .iter()
            .any(|knob| settings.value(knob) != Value::Off);
        let is_start = |entry: &TimelineEntry| {
            let turned_on = entry
                .change
                .as_ref()
                .is_some_and(|c| c.key == node.key && c.knob == "every");
            turned_on || (entry.what.name == "start" && entry.target() == Some(&node.key))
        };
        if !scheduled && !timeline.clone().any(is_start) {
            let at = format!("job.{}", node.key);
            f.warning_at(code::UNUSED, &at, format!("nothing starts `{}`", node.key))
                .help("give it a `start`, a period `every`, or an entry `start` on the timeline");
        }
    }
}

fn path(node: &Node, knob: &str) -> String {
    format!("job.{}.{knob}", node.key)
}

fn plans(f: &mut Findings<'_>, node: &Node, operation: &str) {
    for (key, steps) in &node.plans {
        let at = format!("job.{}.plan.{key}", node.key);
        if key != operation {
            let message = format!(
                "`{}` does `{}`, not `{}`",
                node.key,
                cut(operation),
                cut(key)
            );
            f.warning_at(code::UNUSED, &at, message)
                .help("a job has one operation: it is the one named in `operation`");
            continue;
        }
        if steps.contains(&Step::Respond) {
            f.error_at(code::IMPOSSIBLE, &at, "nobody waits for an answer of a job")
                .help("leave `respond` out");
        }
        let waits = |step: &Step| !matches!(step, Step::Send(_) | Step::Respond);
        if !steps.iter().any(waits) {
            f.error_at(code::IMPOSSIBLE, &at, "an item would take no time at all")
                .help("give the plan `work`, or a call that is awaited");
        }
    }
}

/// Who is to leave some must know how many there are.
fn knows_how_many(f: &mut Findings<'_>, design: &Design, node: &Node, operation: &str) {
    let keeps = node.knobs.get("keeps").is_some_and(|v| *v != Value::Off);
    let Some(steps) = node.plans.get(operation).filter(|_| keeps) else {
        return;
    };
    let to_third_party = |link: &str| {
        let to = design.links.iter().find(|l| l.key == link).map(|l| &l.to);
        let node = to.and_then(|to| design.node(to));
        node.is_some_and(|node| node.kind.name == "third_party")
    };
    let asks = |step: &Step, mode: CallMode| match step {
        Step::Calls { calls, .. } => calls
            .iter()
            .any(|c| c.mode == mode && to_third_party(&c.link)),
        _ => false,
    };
    let read = steps.iter().position(|step| asks(step, CallMode::Read));
    let wrote = steps.iter().position(|step| asks(step, CallMode::Write));
    if wrote.is_some_and(|wrote| read.is_none_or(|read| read > wrote)) {
        let at = format!("job.{}.plan.{operation}", node.key);
        let message = "with `keeps` it has to ask how many there are before it takes one back";
        f.error_at(code::IMPOSSIBLE, &at, message)
            .help("read at the third party first: `read LINK`, then `write LINK`");
    }
}

/// Whether an item is read at a database before it is written there: only then is there a version.
pub(super) fn guards(design: &Design, node: &Node, operation: &str) -> bool {
    let kind = |key: &str| {
        let found = design.node(key);
        found.map(|n| n.kind.name)
    };
    let leaving = || design.links.iter().filter(|l| l.from == node.key);
    let Some(steps) = node.plans.get(operation) else {
        return leaving().any(|link| kind(&link.to) == Some("database"));
    };
    let writes = |step: &Step, link: &str| match step {
        Step::Calls { calls, .. } => calls
            .iter()
            .any(|c| c.link == link && c.mode == CallMode::Write),
        _ => false,
    };
    let reads = |step: &Step, link: &str| match step {
        Step::Calls { calls, .. } => calls
            .iter()
            .any(|c| c.link == link && c.mode == CallMode::Read),
        Step::Cached { store, .. } => store.link == link,
        _ => false,
    };
    leaving()
        .filter(|link| kind(&link.to) == Some("database"))
        .any(|link| {
            let read = steps.iter().position(|step| reads(step, &link.key));
            let wrote = steps.iter().rposition(|step| writes(step, &link.key));
            matches!((read, wrote), (Some(read), Some(wrote)) if read < wrote)
        })
}

fn without_effect(
    f: &mut Findings<'_>,
    design: &Design,
    node: &Node,
    settings: &Settings<'_>,
    operation: &str,
) {
    let only_reads = design.operation_of(node).is_some_and(|op| {
        let knobs = Settings::new(&crate::design::registry::OPERATION, &op.knobs);
        knobs.choice("kind") == "read"
    });
    let only_reads = only_reads && !node.plans.contains_key(operation);
    let goes_on = settings.choice("on_failure") == "skip";
    let says = |knob: &str| {
        design.operation_of(node).is_some_and(|op| {
            let knobs = Settings::new(&crate::design::registry::OPERATION, &op.knobs);
            knobs.opt_text(knob).is_some()
        })
    };
    let (takes_back, completes) = (says("undoes"), says("completes"));
    let unguarded = !settings.flag("version_guard");
    const READS: &str = "the operation only reads";
    let idle = [
        (only_reads, "version_guard", READS),
        (only_reads, "dry_run", READS),
        (
            !only_reads && !guards(design, node, operation),
            "version_guard",
            "no row is read at a database before it is written there",
        ),
        (
            !takes_back,
            "keeps",
            "its operation takes nothing back (`undoes`)",
        ),
        (
            !completes,
            "min_age",
            "its operation goes through no list (`completes`)",
        ),
        (unguarded, "conflict_retries", "there is no `version_guard`"),
        (goes_on, "retries", "`on_failure` is not `stop`"),
        (goes_on, "retry_pause", "`on_failure` is not `stop`"),
        (
            !goes_on && settings.count("retries") == 0,
            "retry_pause",
            "there are no `retries`",
        ),
    ];
    warn_idle(
        f,
        settings,
        |knob| node.own(knob),
        |knob| path(node, knob),
        idle,
    );
}
