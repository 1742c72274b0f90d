//! What queues and workers have to be connected to, and which of their settings go together.

use super::check_design::{differs, warn_idle};
use super::code;
use super::findings::Findings;
use super::names::suggest;
use crate::design::registry::LINK;
use crate::design::value::{Value, cut};
use crate::design::{Design, Link, Node, Settings, Step};

/// What a caller may do about a call that does not come back. A delivery has other rules.
const CALLER_POLICY: &[&str] = &[
    "timeout",
    "attempts",
    "backoff",
    "retry_budget",
    "retry_quota",
    "pool",
    "deadline",
    "max_in_flight",
    "hedge_after",
    "hedge_percentile",
    "breaker",
    "fallback",
    "fallback_link",
];

pub fn check(f: &mut Findings<'_>, design: &Design) {
    for link in &design.links {
        let kind = |key: &str| design.node(key).map(|n| n.kind.name);
        if let (Some(from), Some(to)) = (kind(&link.from), kind(&link.to)) {
            ends(f, link, from, to);
            if from == "queue" && to == "worker" {
                policy(f, link);
            }
        }
    }
    for node in &design.nodes {
        match node.kind.name {
            "queue" => queue(f, design, node),
            "worker" => worker(f, design, node),
            "third_party" => third_party(f, design, node),
            _ => {}
        }
    }
}

fn ends(f: &mut Findings<'_>, link: &Link, from: &str, to: &str) {
    let path = format!("link.{}.to", link.key);
    if to == "worker" && from != "queue" {
        f.error_at(
            code::BAD_LINK,
            &path,
            format!("a {from} cannot call a worker"),
        )
        .help("a worker takes messages from a queue: put one between, or make it a service");
    } else if from == "queue" && !matches!(to, "worker" | "queue") {
        f.error_at(
            code::BAD_LINK,
            &path,
            format!("a queue hands nothing to a {to}"),
        )
        .help("its messages go to workers; a worker can call whom it likes");
    } else if from == "queue" && link.from == link.to {
        f.error_at(code::BAD_LINK, &path, "a queue hands nothing to itself")
            .help("to put messages aside, set `dead_letter = \"park\"`");
    }
}

fn policy(f: &mut Findings<'_>, link: &Link) {
    let settings = Settings::new(&LINK, &link.knobs);
    for knob in CALLER_POLICY {
        if differs(&settings, link.knobs.get(knob), knob) {
            let path = format!("link.{}.{knob}", link.key);
            f.error_at(code::IMPOSSIBLE, &path, format!("a delivery has no `{knob}`")).help(
                "the queue decides when a message comes again: see its `visibility_timeout`, `ack_deadline` and `max_receives`",
            );
        }
    }
}

fn queue(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let settings = Settings::new(node.kind, &node.knobs);
    let path = |knob: &str| format!("queue.{}.{knob}", node.key);
    let kind_of = |key: &str| design.node(key).map(|n| n.kind.name);
    let out = design.links.iter().filter(|l| l.from == node.key);
    let mut to_workers = out.clone().filter(|l| kind_of(&l.to) == Some("worker"));
    let fed_by_queue = design
        .links
        .iter()
        .any(|l| l.to == node.key && kind_of(&l.from) == Some("queue"));
    if to_workers.next().is_none() && !fed_by_queue {
        let at = format!("queue.{}", node.key);
        f.warning_at(
            code::UNUSED,
            &at,
            format!("no worker takes messages from `{}`", node.key),
        )
        .help(format!(
            "add a link with `from = \"{}\"` to a worker",
            node.key
        ));
    }
    let dead = settings
        .opt_text("dead_letter")
        .filter(|word| word != "park");
    let links: Vec<&str> = out
        .clone()
        .filter(|l| kind_of(&l.to) == Some("queue"))
        .map(|l| l.key.as_str())
        .collect();
    match &dead {
        Some(name) if !links.contains(&name.as_str()) => {
            let message = format!("no link `{}` leads from here to another queue", cut(name));
            f.error_at(code::NO_LINK, &path("dead_letter"), message)
                .help(suggest(name, links.iter().copied(), "links to queues"));
        }
        _ => {}
    }
    let unnamed = links
        .iter()
        .filter(|l| dead.as_deref() != Some(**l))
        .count();
    if unnamed > 1 {
        let at = format!("queue.{}", node.key);
        f.error_at(code::IMPOSSIBLE, &at, format!("`{}` has {unnamed} ways back", node.key))
            .help("one link to another queue is for dead letters (name it in `dead_letter`), one is where a redrive goes");
    }
    let mode = settings.choice("mode");
    let (is_lease, is_log) = (mode == "lease", mode == "log");
    let no_limit = settings.value("max_receives") == Value::Off;
    let idle = [
        (!is_lease, "visibility_timeout", "`mode` is not `lease`"),
        (!is_lease, "old_receipts", "`mode` is not `lease`"),
        (mode != "session", "ack_deadline", "`mode` is not `session`"),
        (
            is_lease && dead.is_none(),
            "redelivery_delay",
            "`mode` is `lease`",
        ),
        (
            is_log,
            "order",
            "a log is read in the order of its partitions",
        ),
        (
            is_log,
            "dead_letter",
            "a log passes over what has failed: a worker can publish it elsewhere",
        ),
        (!is_log, "partitions", "`mode` is not `log`"),
        (!is_log, "poll_deadline", "`mode` is not `log`"),
        (!is_log, "session_timeout", "`mode` is not `log`"),
        (!is_log, "rebalance_pause", "`mode` is not `log`"),
        (!is_log, "heartbeat_every", "`mode` is not `log`"),
        (!is_log, "compaction", "`mode` is not `log`"),
        (no_limit, "dead_letter", "there is no `max_receives`"),
        (
            settings.value("bound") == Value::Off,
            "when_full",
            "there is no `bound`",
        ),
    ];
    idle_knobs(f, node, &idle);
    let beats = settings.opt_duration("heartbeat_every");
    if is_log && beats.is_some_and(|every| every >= settings.duration("session_timeout")) {
        let message = "a reader that says so rarely that it lives is taken for dead";
        f.error_at(code::IMPOSSIBLE, &path("heartbeat_every"), message)
            .help("make it shorter than `session_timeout`; Kafka advises a third of it at most");
    }
}

fn worker(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let settings = Settings::new(node.kind, &node.knobs);
    let queues = design.links.iter().filter(|l| l.to == node.key);
    let queues: Vec<&Node> = queues
        .filter_map(|l| {
            design
                .nodes
                .iter()
                .find(|n| n.key == l.from && n.kind.name == "queue")
        })
        .collect();
    for queue in &queues {
        let bound = Settings::new(queue.kind, &queue.knobs).opt_count("bound");
        let batch = settings.count("batch");
        if bound.is_some_and(|bound| batch > bound) {
            let path = format!("worker.{}.batch", node.key);
            let message = format!("a batch of {batch} is more than `{}` can keep", queue.key);
            f.error_at(code::IMPOSSIBLE, &path, message)
                .help("make the batch smaller or the queue's `bound` larger");
        }
    }
    for (operation, steps) in &node.plans {
        let at = steps.iter().position(|step| *step == Step::Respond);
        if at.is_some_and(|at| at + 1 < steps.len()) {
            let path = format!("worker.{}.plan.{operation}", node.key);
            f.error_at(
                code::IMPOSSIBLE,
                &path,
                "a worker answers with its acknowledgement",
            )
            .help("leave `respond` out: the knob `acknowledge` says when it is sent");
        }
    }
    let leases = |q: &&&Node| Settings::new(q.kind, &q.knobs).choice("mode") == "lease";
    let no_lease = !queues.is_empty() && !queues.iter().any(|q| leases(&q));
    let idle = [
        (
            no_lease,
            "heartbeat",
            "no queue that leases messages feeds it",
        ),
        (
            settings.choice("idempotency") == "none",
            "idempotency_ttl",
            "there is no store: `idempotency` is `none`",
        ),
    ];
    idle_knobs(f, node, &idle);
}

/// A third party calls nobody but, over one link, those whom it tells what has happened.
fn webhooks(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let mut links = design.links.iter().filter(|l| l.from == node.key);
    let first = links.next();
    if let Some(second) = links.next() {
        let path = format!("link.{}.from", second.key);
        let message = format!("`{}` has one address for its webhooks", node.key);
        f.error_at(code::BAD_LINK, &path, message)
            .help("let them arrive at one service, balancer or queue, and go on from there");
    }
    let receives = |link: &&Link| {
        let found = design.node(&link.to);
        found.is_none_or(|n| matches!(n.kind.name, "service" | "balancer" | "queue"))
    };
    if let Some(link) = first.filter(|link| !receives(link)) {
        let path = format!("link.{}.to", link.key);
        f.error_at(code::BAD_LINK, &path, "webhooks arrive at none of these")
            .help("let them arrive at a service, a balancer or a queue");
    }
}

fn third_party(f: &mut Findings<'_>, design: &Design, node: &Node) {
    webhooks(f, design, node);
    let tells_nobody = design.links.iter().all(|l| l.from != node.key);
    const NO_LINK: &str = "no link leaves it, so it tells nobody";
    let settings = Settings::new(node.kind, &node.knobs);
    let no_keys = settings.choice("idempotency") == "none";
    let idle = [
        (
            settings.share("hang_share").0 == 0,
            "hang_time",
            "`hang_share` is 0",
        ),
        (
            settings.value("rate_limit") == Value::Off,
            "burst",
            "there is no `rate_limit`",
        ),
        (no_keys, "idempotency_ttl", "`idempotency` is `none`"),
        (tells_nobody, "webhook_delay", NO_LINK),
        (tells_nobody, "webhook_repeat_share", NO_LINK),
    ];
    idle_knobs(f, node, &idle);
}

fn idle_knobs(f: &mut Findings<'_>, node: &Node, idle: &[(bool, &'static str, &'static str)]) {
    let settings = Settings::new(node.kind, &node.knobs);
    let path = |knob: &str| format!("{}.{}.{knob}", node.kind.name, node.key);
    warn_idle(
        f,
        &settings,
        |knob| node.own(knob),
        path,
        idle.iter().copied(),
    );
}
