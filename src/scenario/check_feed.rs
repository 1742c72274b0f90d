//! What a change feed needs: one database to follow, one place to publish to, and no way round.

use super::check_design::{is, warn_idle};
use super::code;
use super::findings::Findings;
use crate::design::registry::OPERATION;
use crate::design::value::Value;
use crate::design::{CallMode, Design, Link, Node, Operation, Settings, Step};

pub fn check(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let at = format!("feed.{}", node.key);
    let is_store = |link: &&Link| kind(design, &link.to) == Some("database");
    let leaving = || design.links.iter().filter(|l| l.from == node.key);
    let (sources, sinks) = (
        leaving().filter(is_store),
        leaving().filter(|l| !is_store(l)),
    );
    let (mut sources, mut sinks) = (sources, sinks);
    let (source, sink) = (sources.next(), sinks.next());
    if sources.next().is_some() || source.is_none() {
        f.error_at(
            code::IMPOSSIBLE,
            &at,
            format!("`{}` must follow one database", node.key),
        )
        .help(format!(
            "let one link with `from = \"{}\"` end at a database",
            node.key
        ));
    }
    if sinks.next().is_some() || sink.is_none() {
        f.error_at(code::IMPOSSIBLE, &at, format!("`{}` must publish to one place", node.key)).help(
            format!("let one link with `from = \"{}\"` end at a queue, or at a service, balancer or third party", node.key),
        );
    }
    if let Some(sink) = sink
        && kind(design, &sink.to) == Some("cache")
    {
        let message = "a feed publishes nothing to a cache";
        f.error_at(code::BAD_LINK, &format!("link.{}.to", sink.key), message)
            .help("let it end at a queue, or at a service that knows what to do with the cache");
    }
    if let (Some(source), Some(sink)) = (source, sink) {
        rounds(f, design, node, source, sink);
    }
    let followed = source.and_then(|link| design.node(&link.to));
    if let Some(store) = followed
        && is(
            &Settings::new(store.kind, &store.knobs),
            "replication",
            "leaderless",
        )
    {
        let message = format!("`{}` has no log to follow: it has no leader", store.key);
        f.error_at(code::IMPOSSIBLE, &at, message)
            .help(format!("set `replication = \"leader\"` in `{}`", store.key));
    }
    let settings = Settings::new(node.kind, &node.knobs);
    let idle = [
        (
            is(&settings, "checkpoint", "before"),
            "checkpoint_every",
            "`checkpoint` is `before`: it is stored with each batch",
        ),
        (
            is(&settings, "on_failure", "skip"),
            "retry_pause",
            "`on_failure` is `skip`",
        ),
    ];
    let path = |knob: &str| format!("feed.{}.{knob}", node.key);
    warn_idle(f, &settings, |knob| node.own(knob), path, idle);
}

fn kind(design: &Design, key: &str) -> Option<&'static str> {
    design.node(key).map(|node| node.kind.name)
}

/// Whoever hears of a change must not write to the same database on hearing of it.
fn rounds(f: &mut Findings<'_>, design: &Design, node: &Node, source: &Link, sink: &Link) {
    let writes = |op: &&Operation| Settings::new(&OPERATION, &op.knobs).choice("kind") == "write";
    for operation in design.operations.iter().filter(writes) {
        let Some(back) = way_back(design, operation, sink, &source.to) else {
            continue;
        };
        let message = format!(
            "`{}` publishes what `{}` writes to `{}`, which is published again, for ever: for the operation `{}`",
            node.key, back.from, source.to, operation.key
        );
        f.error_at(code::CIRCLE, &format!("link.{}.to", back.key), message)
            .help(format!(
                "let `{1}` write to another database, or give it a plan that only reads at `{0}`",
                source.to, back.from
            ));
        return;
    }
}

/// The link over which a published entry leads to a write at the database, if one does.
fn way_back<'d>(
    design: &'d Design,
    operation: &Operation,
    sink: &'d Link,
    database: &str,
) -> Option<&'d Link> {
    let mut seen: Vec<&str> = Vec::new();
    let mut open: Vec<&str> = vec![&sink.to];
    while let Some(key) = open.pop() {
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let plan = design
            .node(key)
            .and_then(|node| node.plans.get(&operation.key));
        for link in design.links.iter().filter(|link| link.from == key) {
            let is_called =
                |steps: &Vec<Step>| steps.iter().any(|s| s.links().contains(&link.key.as_str()));
            let stands_in = link_stands_in(design, link);
            if plan.is_some_and(|steps| !is_called(steps) && !stands_in) {
                continue;
            }
            if link.to == database && may_write(design, operation, plan, link) {
                return Some(link);
            }
            open.push(&link.to);
        }
        let follows = |link: &&Link| link.to == key && kind(design, &link.from) == Some("feed");
        let feeds = design.links.iter().filter(follows);
        open.extend(feeds.map(|link| link.from.as_str()));
    }
    None
}

fn link_stands_in(design: &Design, link: &Link) -> bool {
    design
        .links
        .iter()
        .any(|other| other.stand_in() == Some(&link.key))
}

fn may_write(
    design: &Design,
    operation: &Operation,
    plan: Option<&Vec<Step>>,
    link: &Link,
) -> bool {
    if kind(design, &link.from) == Some("feed") {
        return false;
    }
    let calls = |step: &Step| match step {
        Step::Calls { calls, .. } => calls
            .iter()
            .any(|c| c.link == link.key && c.mode == CallMode::Write),
        Step::Send(call) => call.link == link.key && call.mode == CallMode::Write,
        _ => false,
    };
    match (plan, operation.knobs.get("effects")) {
        (Some(steps), _) => steps.iter().any(calls) || link_stands_in(design, link),
        (None, Some(Value::Names(names))) => names.contains(&link.to),
        (None, _) => true,
    }
}
