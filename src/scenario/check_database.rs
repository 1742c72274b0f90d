//! Databases: what needs other copies to be of use.

use super::check_design::{differs, is};
use super::check_plan::calls_to;
use super::findings::Findings;
use super::{check_queries, code};
use crate::design::value::Value;
use crate::design::{Aim, CallMode, Design, Node, RowOf, Settings, StepCall, TimelineEntry};

pub fn check(f: &mut Findings<'_>, design: &Design, node: &Node) {
    let settings = Settings::new(node.kind, &node.knobs);
    let copies = settings.count("replicas") + 1;
    for knob in ["write_quorum", "read_quorum"] {
        if settings.opt_count(knob).is_some_and(|n| n > copies)
            && is(&settings, "replication", "leaderless")
        {
            let message = format!("`{knob}` is larger than the number of copies, {copies}");
            f.error_at(
                code::IMPOSSIBLE,
                &format!("database.{}.{knob}", node.key),
                message,
            )
            .help(format!("at most {copies}: `replicas` and one more"));
        }
    }
    let needs_leader = |call: &StepCall| call.mode == CallMode::Begin || call.row.is_made();
    if is(&settings, "replication", "leaderless") && calls_to(design, &node.key).any(needs_leader) {
        let message = format!(
            "`{}` has no leader, and a plan begins a transaction or inserts a row there",
            node.key
        );
        let path = format!("database.{}.replication", node.key);
        f.error_at(code::IMPOSSIBLE, &path, message)
            .help("let it have a leader: `replication = \"leader\"`");
    }
    stock(f, design, node, &settings);
    check_queries::check(f, design, node);
    let idle = idle(&settings)
        .into_iter()
        .chain(without_plans(design, node, &settings));
    for (useless, knob, why) in idle {
        if useless && differs(&settings, node.own(knob), knob) {
            f.warning_at(
                code::NO_EFFECT,
                &format!("database.{}.{knob}", node.key),
                format!("`{knob}` has no effect: {why}"),
            );
        }
    }
}

fn wants_stock(call: &StepCall) -> bool {
    call.row == RowOf::Unit || call.aim == Aim::OrRefuse
}

/// Who takes units needs some, and one copy that decides who gets the last.
fn stock(f: &mut Findings<'_>, design: &Design, node: &Node, settings: &Settings<'_>) {
    if !calls_to(design, &node.key).any(wants_stock) {
        return;
    }
    let path = format!("database.{}.stock", node.key);
    if settings.opt_count("stock").is_none() {
        let message = format!("a plan takes units of `{}`, which has none", node.key);
        f.error_at(code::IMPOSSIBLE, &path, message)
            .help("say how many of each item there are: `stock = 20`");
    }
    if is(settings, "replication", "leaderless") {
        let message = format!("`{}` has no leader, and a plan takes units there", node.key);
        f.error_at(code::IMPOSSIBLE, &path, message)
            .help("two copies can both give away the last one: let it have a leader, `replication = \"leader\"`");
    }
}

fn idle(settings: &Settings<'_>) -> Vec<(bool, &'static str, &'static str)> {
    let alone = settings.count("replicas") == 0;
    let by_hand = is(settings, "failover", "by_hand");
    let nobody_waits = is(settings, "acknowledge", "async");
    let leaderless = is(settings, "replication", "leaderless");
    const ALONE: &str = "there are no `replicas`";
    const LEADERLESS: &str = "`replication` is `leaderless`";
    const LEADER: &str = "`replication` is not `leaderless`";
    let of_copies = [
        "acknowledge",
        "ack_fallback",
        "replication_delay",
        "apply_time",
        "read_from",
        "own_writes_window",
        "max_staleness",
        "failover",
        "detect_after",
        "promotion_time",
        "elected_by",
        "fencing",
        "redirect_time",
    ];
    let of_quorums = [
        "write_quorum",
        "read_quorum",
        "quorum_timeout",
        "read_repair",
        "hinted_handoff",
    ];
    let mut idle: Vec<_> = of_copies.map(|knob| (alone, knob, ALONE)).into();
    idle.push((alone, "replication", ALONE));
    idle.extend(of_quorums.map(|knob| match alone {
        true => (true, knob, ALONE),
        false => (!leaderless, knob, LEADER),
    }));
    if leaderless && !alone {
        let by_leader = |knob: &&str| !matches!(*knob, "replication_delay");
        let by_leader = of_copies.into_iter().filter(by_leader);
        idle.extend(by_leader.map(|knob| (true, knob, LEADERLESS)));
        let one_is_enough = settings.value("read_quorum") == Value::Count(1);
        idle.push((one_is_enough, "read_repair", "a read asks one copy only"));
    } else if !alone {
        const BY_HAND: &str = "`failover` is `by_hand`";
        idle.extend([
            (
                nobody_waits,
                "ack_fallback",
                "`acknowledge` is `async`: nobody waits for a word",
            ),
            (
                !is(settings, "read_from", "own_writes_from_primary"),
                "own_writes_window",
                "`read_from` is not `own_writes_from_primary`",
            ),
            (
                !is(settings, "read_from", "bounded"),
                "max_staleness",
                "`read_from` is not `bounded`",
            ),
            (by_hand, "detect_after", BY_HAND),
            (by_hand, "elected_by", BY_HAND),
        ]);
    }
    idle
}

/// What needs plans that say more than read and write.
fn without_plans(
    design: &Design,
    node: &Node,
    settings: &Settings<'_>,
) -> [(bool, &'static str, &'static str); 7] {
    let any = |fits: fn(&StepCall) -> bool| calls_to(design, &node.key).any(fits);
    let begins = any(|call| call.mode == CallMode::Begin);
    let updates = any(|call| call.aim == Aim::Based);
    let inserts = any(|call| call.row.is_made());
    let isolation = settings.choice("isolation");
    let locks = matches!(isolation, "read_committed" | "row_locks");
    const NO_BEGIN: &str = "no plan begins a transaction here";
    const NO_LOCKS: &str = "with this `isolation` nothing is locked";
    const NO_INSERT: &str = "no plan inserts a row here";
    let idle_here = |knob| match begins {
        true => (!locks, knob, NO_LOCKS),
        false => (true, knob, NO_BEGIN),
    };
    let has_effect = begins || updates && isolation == "optimistic";
    [
        (!has_effect, "isolation", NO_BEGIN),
        idle_here("lock_timeout"),
        idle_here("deadlock_detection"),
        (!begins, "idle_timeout", NO_BEGIN),
        (!inserts, "unique", NO_INSERT),
        (!inserts, "row_of_insert", NO_INSERT),
        (
            !any(wants_stock),
            "stock",
            "no plan takes a unit here or looks whether there is one",
        ),
    ]
}

/// What happens to copies needs some.
pub fn entry(f: &mut Findings<'_>, design: &Design, entry: &TimelineEntry, path: &str) {
    let target = entry.target().unwrap_or_default();
    let Some(node) = design.nodes.iter().find(|node| node.key == target) else {
        return;
    };
    let settings = Settings::new(node.kind, &node.knobs);
    let needs_others = entry.what.name != "primary_loss";
    if node.kind.name == "database" && needs_others && settings.value("replicas") == Value::Count(0)
    {
        let message = format!(
            "`{}` needs copies, and `{target}` has one only",
            entry.what.name
        );
        f.error_at(code::IMPOSSIBLE, &format!("{path}.target"), message)
            .help(format!("give `{target}` `replicas`, or use `crash`"));
    }
    let of_leader = matches!(entry.what.name, "primary_loss" | "failover");
    if node.kind.name == "database" && of_leader && is(&settings, "replication", "leaderless") {
        let message = format!(
            "`{}` needs a leader, and `{target}` has none",
            entry.what.name
        );
        f.error_at(code::IMPOSSIBLE, &format!("{path}.target"), message)
            .help("use `isolate` or `zone_outage`, or set `replication = \"leader\"`");
    }
}
