//! What the drawing as a whole must be: names that resolve, ends that fit, values that go together.

use super::findings::Findings;
use super::limits::{MAX_EFFECTS, MAX_LINKS, MAX_NODES, MAX_OPERATIONS};
use super::names::suggest;
use super::{
    check_alerts, check_balancer, check_cache, check_completes, check_database, check_door,
    check_feed, check_invariants, check_job, check_link, check_plan, check_queues, check_service,
    check_undoes, circle, code,
};
use crate::design::registry::{self, Accepts};
use crate::design::value::{Value, cut};
use crate::design::{Design, Link, Node, Operation, Settings};

pub fn check(f: &mut Findings<'_>, design: &Design) {
    let too_many = design.nodes.len() > MAX_NODES
        || design.links.len() > MAX_LINKS
        || design.operations.len() > MAX_OPERATIONS;
    if too_many {
        // Reported already; what follows compares everything with everything.
        return;
    }
    for link in &design.links {
        ends(f, design, link);
        link_policy(f, design, link);
        check_link::check(f, design, link);
        check_balancer::weight(f, design, link);
    }
    for node in &design.nodes {
        neighbours(f, design, node);
        plans(f, design, node);
        check_plan::check(f, design, node);
        match node.kind.name {
            "clients" => clients(f, design, node),
            "service" => check_service::check(f, design, node),
            "balancer" => check_balancer::check(f, design, node),
            "cache" => check_cache::check(f, design, node),
            "database" => check_database::check(f, design, node),
            "job" => check_job::check(f, design, node),
            "feed" => check_feed::check(f, design, node),
            _ => {}
        }
    }
    for operation in &design.operations {
        operation_names(f, design, operation);
    }
    check_alerts::check(f, design);
    check_invariants::check(f, design);
    check_undoes::check(f, design);
    check_completes::check(f, design);
    check_door::check(f, design);
    check_queues::check(f, design);
    circle::check(f, design);
}

/// Warns of knobs that were set and do nothing: each with whether that is so, and why.
pub(super) fn warn_idle<'v>(
    f: &mut Findings<'_>,
    settings: &Settings<'_>,
    own: impl Fn(&str) -> Option<&'v Value>,
    path: impl Fn(&str) -> String,
    idle: impl IntoIterator<Item = (bool, &'static str, &'static str)>,
) {
    for (useless, knob, why) in idle {
        if useless && differs(settings, own(knob), knob) {
            let message = format!("`{knob}` has no effect: {why}");
            f.warning_at(code::NO_EFFECT, &path(knob), message);
        }
    }
}

fn node_keys(design: &Design) -> impl Iterator<Item = &str> + Clone {
    design.nodes.iter().map(|node| node.key.as_str())
}

fn ends(f: &mut Findings<'_>, design: &Design, link: &Link) {
    for (field, key) in [("from", &link.from), ("to", &link.to)] {
        let path = format!("link.{}.{field}", link.key);
        let Some(node) = design.node(key) else {
            f.error_at(
                code::NO_NODE,
                &path,
                format!("there is no node `{}`", cut(key)),
            )
            .help(suggest(key, node_keys(design), "nodes"));
            continue;
        };
        let kind = node.kind.name;
        if field == "from" && !node.kind.calls {
            f.error_at(code::BAD_LINK, &path, format!("a {kind} calls nobody"))
                .help("links begin at clients, balancers, services, caches, queues, workers, jobs, change feeds and, as webhooks, at third parties");
        } else if field == "to" && node.kind.accepts == Accepts::Nothing {
            f.error_at(code::BAD_LINK, &path, format!("nobody can call {kind}"))
                .help("links end at balancers, services, caches, databases, third parties, queues and workers");
        }
    }
}

/// Whether the word of a choice is the one that counts now.
pub(super) fn is(settings: &Settings<'_>, knob: &str, word: &str) -> bool {
    settings.choice(knob) == word
}

fn link_policy(f: &mut Findings<'_>, design: &Design, link: &Link) {
    let settings = Settings::new(&registry::LINK, &link.knobs);
    let path = |knob: &str| format!("link.{}.{knob}", link.key);
    let off = |knob: &str| settings.value(knob) == Value::Off;
    if !off("retry_budget") && !off("retry_quota") {
        f.error_at(
            code::IMPOSSIBLE,
            &path("retry_quota"),
            "`retry_budget` and `retry_quota` cannot go together",
        )
        .help("both say how many retries are allowed: set one of them to `none`");
    }
    let no_retry = settings.count("attempts") == 1;
    let no_backoff = is(&settings, "backoff", "none");
    let idle = [
        (
            no_retry && !no_backoff,
            "backoff",
            "there are no retries with `attempts = 1`",
        ),
        (no_backoff, "jitter", "there is no pause without `backoff`"),
        (
            no_backoff,
            "backoff_base",
            "there is no pause without `backoff`",
        ),
        (
            no_backoff,
            "backoff_cap",
            "there is no pause without `backoff`",
        ),
        (
            off("retry_quota"),
            "retry_cost",
            "there is no `retry_quota`",
        ),
        (off("pool"), "acquire_timeout", "there is no `pool`"),
        (off("pool"), "on_timeout", "there is no `pool`"),
    ];
    warn_idle(f, &settings, |knob| link.own(knob), path, idle);
    let loses = ["loss", "reply_loss"]
        .into_iter()
        .find(|knob| settings.share(knob).0 > 0);
    // A queue delivers again what is not acknowledged, and takes no timeout.
    let by_queue = design
        .node(&link.from)
        .is_some_and(|from| from.kind.name == "queue");
    if let Some(knob) = loses.filter(|_| off("timeout") && !by_queue) {
        f.warning_at(
            code::NO_ANSWER,
            &path(knob),
            "messages are lost, and without `timeout` nobody notices",
        )
        .help("give the link a `timeout`");
    }
}

/// Set to something else than its default: written out, a default is documentation.
/// What comes from a preset is nobody's line: `own` is what the table says.
pub(super) fn differs(settings: &Settings<'_>, own: Option<&Value>, knob: &str) -> bool {
    let none = crate::design::Knobs::new();
    let default = Settings::new(settings.spec, &none).value(knob);
    own.is_some_and(|value| *value != default)
}

fn neighbours(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let path = format!("{}.{}", node.kind.name, node.key);
    let calls = design.links.iter().any(|link| link.from == node.key);
    let called = design.links.iter().any(|link| link.to == node.key);
    let key = &node.key;
    if node.kind.accepts == Accepts::Requests && !called {
        f.warning_at(code::UNUSED, &path, format!("nobody calls `{key}`"))
            .help(format!("add a link with `to = \"{key}\"`"));
    }
    if matches!(node.kind.name, "clients" | "balancer" | "job") && !calls {
        f.warning_at(code::UNUSED, &path, format!("`{key}` calls nobody"))
            .help(format!("add a link with `from = \"{key}\"`"));
    }
}

fn plans(f: &mut Findings<'_>, design: &Design, node: &Node) {
    for (operation, steps) in &node.plans {
        let path = format!("{}.{}.plan.{operation}", node.kind.name, node.key);
        for step in steps {
            for link in step.links() {
                step_link(f, design, node, &path, link);
            }
        }
    }
}

/// A link that a step names has to leave the node.
fn step_link(f: &mut Findings<'_>, design: &Design, node: &Node, path: &str, link: &str) {
    let leaving = design
        .links
        .iter()
        .filter(|l| l.from == node.key)
        .map(|l| l.key.as_str());
    if !leaving.clone().any(|key| key == link) {
        let message = format!("no link `{}` leaves `{}`", cut(link), node.key);
        f.error_at(code::NO_LINK, &format!("{path}.{link}"), message)
            .help(suggest(
                link,
                leaving,
                &format!("links from `{}`", node.key),
            ));
    }
}

fn clients(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let settings = Settings::new(node.kind, &node.knobs);
    let path = |knob: &str| format!("clients.{}.{knob}", node.key);
    let closed = is(&settings, "arrivals", "closed");
    let (needed, why) = if closed {
        ("users", "a closed loop needs `users`")
    } else {
        ("rate", "open arrivals need a `rate`")
    };
    if settings.value(needed) == Value::Off {
        let example = if closed {
            "users = 50"
        } else {
            "rate = \"100 rps\""
        };
        f.error_at(code::IMPOSSIBLE, &path(needed), why)
            .help(format!("for example `{example}`"));
    }
    let (idle, why) = if closed {
        (
            &["rate", "batch", "identities"][..],
            "in a closed loop, users come back when they have their reply",
        )
    } else {
        (
            &["users", "think_time"][..],
            "open arrivals do not wait for anybody",
        )
    };
    let idle = idle.iter().map(|&knob| (true, knob, why));
    warn_idle(f, &settings, |knob| node.own(knob), path, idle);
    looks(f, design, node, &settings);
    let weight: u64 = design
        .operations
        .iter()
        .filter(|op| performs(op, &node.key))
        .map(weight)
        .sum();
    let is_clients = |name: &String| clients_of(design).any(|key| key == name);
    let names_resolve = design
        .operations
        .iter()
        .all(|op| performers(op).iter().all(is_clients));
    if weight == 0 && names_resolve {
        let key = &node.key;
        f.error_at(code::IMPOSSIBLE, &format!("clients.{key}"), format!("`{key}` has nothing to do"))
            .help("let an operation with a `weight` above 0 name it in `clients`, or name no clients at all");
    }
}

/// Users look at what they wrote with an operation that reads the same items.
fn looks(f: &mut Findings<'_>, design: &Design, node: &Node, settings: &Settings<'_>) {
    let path = |knob: &str| format!("clients.{}.{knob}", node.key);
    let Some(name) = settings.opt_text("looks_with") else {
        let idle = ["look_after", "write_repeats"];
        let idle = idle.map(|knob| (true, knob, "there is no `looks_with`"));
        return warn_idle(f, settings, |knob| node.own(knob), path, idle);
    };
    let knobs = |op: &'_ Operation| {
        let settings = Settings::new(&registry::OPERATION, &op.knobs);
        (
            is(&settings, "kind", "write"),
            settings.opt_text("key_space"),
        )
    };
    let reads = design.operations.iter().filter(|op| !knobs(op).0);
    let Some(read) = reads.clone().find(|op| op.key == name) else {
        let message = format!("there is no reading operation `{}`", cut(&name));
        let names = reads.map(|op| op.key.as_str());
        f.error_at(code::NO_OPERATION, &path("looks_with"), message)
            .help(suggest(&name, names, "reading operations"));
        return;
    };
    let space = knobs(read).1;
    let mut writes = design
        .operations
        .iter()
        .filter(|op| performs(op, &node.key));
    if space.is_none() || !writes.any(|op| knobs(op) == (true, space.clone())) {
        let message = format!("`{}` reads nothing that these users write", cut(&name));
        f.error_at(code::IMPOSSIBLE, &path("looks_with"), message)
            .help("give it and the operation that writes the same `key_space`");
    }
}

fn weight(operation: &Operation) -> u64 {
    Settings::new(&registry::OPERATION, &operation.knobs).count("weight")
}

/// The clients that an operation names; none if all perform it.
fn performers(operation: &Operation) -> &[String] {
    match operation.knobs.get("clients") {
        Some(Value::Names(names)) => names,
        _ => &[],
    }
}

pub(super) fn performs(operation: &Operation, clients: &str) -> bool {
    let named = performers(operation);
    named.is_empty() || named.iter().any(|name| name == clients)
}

fn clients_of(design: &Design) -> impl Iterator<Item = &str> + Clone {
    let clients = design
        .nodes
        .iter()
        .filter(|node| node.kind.name == "clients");
    clients.map(|node| node.key.as_str())
}

fn operation_names(f: &mut Findings<'_>, design: &Design, operation: &Operation) {
    let settings = Settings::new(&registry::OPERATION, &operation.knobs);
    let path = |knob: &str| format!("operation.{}.{knob}", operation.key);
    for name in settings.opt_names("clients").unwrap_or_default() {
        let clients = clients_of(design);
        if !clients.clone().any(|key| key == name) {
            f.error_at(
                code::NO_NODE,
                &path("clients"),
                format!("there are no clients `{}`", cut(&name)),
            )
            .help(suggest(&name, clients, "clients"));
        }
    }
    // What is not named is derived: every database and third party there is, at most.
    let promised = settings.opt_names("effects").map_or_else(
        || {
            let stores = |n: &&Node| matches!(n.kind.name, "database" | "third_party");
            design.nodes.iter().filter(stores).count()
        },
        |names| names.len(),
    );
    if promised > MAX_EFFECTS && is(&settings, "kind", "write") {
        f.error_at(
            code::IMPOSSIBLE,
            &path("effects"),
            format!("an operation can promise {MAX_EFFECTS} effects, not {promised}"),
        )
        .help("name in `effects` those that make it true");
    }
    for name in settings.opt_names("effects").unwrap_or_default() {
        let keeps = |node: &&Node| {
            matches!(
                node.kind.name,
                "service" | "worker" | "database" | "third_party"
            )
        };
        let places = design.nodes.iter().filter(keeps).map(|n| n.key.as_str());
        if !places.clone().any(|key| key == name) {
            f.error_at(
                code::NO_NODE,
                &path("effects"),
                format!("`{}` keeps no effect", cut(&name)),
            )
            .help(suggest(
                &name,
                places,
                "services, databases and third parties",
            ));
        }
    }
    let idle = [
        (
            is(&settings, "kind", "read"),
            "effects",
            "the operation only reads",
        ),
        (
            !is(&settings, "popularity", "zipf"),
            "zipf_alpha",
            "`popularity` is not `zipf`",
        ),
        (
            !is(&settings, "popularity", "hot"),
            "hot_share",
            "`popularity` is not `hot`",
        ),
    ];
    warn_idle(f, &settings, |knob| operation.knobs.get(knob), path, idle);
}
