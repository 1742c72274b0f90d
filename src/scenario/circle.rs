//! Calls that never come to an end: every call waits for its reply, so a circle of them waits for
//! itself. And calls that come to very many: each level of a design can multiply them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::code;
use super::findings::Findings;
use super::limits::MAX_CALLS_PER_ACTION;
use crate::design::order::arrange;
use crate::design::registry::Accepts;
use crate::design::{Design, Step};

/// Who calls whom on behalf of one operation: an edge per call.
type Calls = DiGraph<usize, ()>;

pub fn check(f: &mut Findings<'_>, design: &Design) {
    let mut told: BTreeSet<Vec<usize>> = BTreeSet::new();
    for operation in &design.operations {
        let calls = calls(design, &operation.key);
        let mut round = false;
        for component in tarjan_scc(&calls) {
            let first = component.iter().min().copied().unwrap_or_default();
            let Some(circle) = shortest_circle(&calls, first) else {
                continue;
            };
            round = true;
            let mut members: Vec<usize> = circle.iter().map(|node| calls[*node]).collect();
            let names: Vec<&str> = members
                .iter()
                .map(|node| design.nodes[*node].key.as_str())
                .collect();
            arrange(&mut members, Ord::cmp);
            if told.insert(members) {
                report(f, design, &names, &operation.key);
            }
        }
        if !round {
            count(f, design, &calls, &operation.key);
        }
    }
}

fn calls(design: &Design, operation: &str) -> Calls {
    let mut graph = Calls::new();
    let mut index: BTreeMap<&str, NodeIndex> = BTreeMap::new();
    for (i, node) in design.nodes.iter().enumerate() {
        index.insert(&node.key, graph.add_node(i));
    }
    for node in design.nodes.iter().filter(|node| node.kind.calls) {
        let from = index[node.key.as_str()];
        let mut call = |to: &str| {
            let callee = index.get(to);
            // Ends that cannot be are reported as such.
            let fits = |to: &&NodeIndex| design.nodes[to.index()].kind.accepts == Accepts::Requests;
            // From queue to queue a message moves; it does not become more.
            let moves = |to: &NodeIndex| {
                node.kind.name == "queue" && design.nodes[to.index()].kind.name == "queue"
            };
            if let Some(to) = callee.filter(fits).filter(|to| !moves(to)) {
                graph.add_edge(from, *to, ());
                if design.nodes[to.index()].kind.name == "cache" {
                    // Asked, and then filled.
                    graph.add_edge(from, *to, ());
                }
            }
        };
        match node.plans.get(operation) {
            None => design
                .links
                .iter()
                .filter(|link| link.from == node.key)
                .for_each(|link| call(&link.to)),
            Some(steps) => {
                let leaving = |key: &str| {
                    let mut links = design.links.iter();
                    links.find(|link| link.key == key && link.from == node.key)
                };
                for key in steps.iter().flat_map(Step::links) {
                    // What stands in for a link is called too, at the worst all along the chain.
                    let mut next = leaving(key);
                    for _ in 0..design.links.len() {
                        let Some(link) = next else { break };
                        call(&link.to);
                        next = link.stand_in().and_then(leaving);
                    }
                }
            }
        }
    }
    graph
}

/// The fewest calls that lead from a node back to itself.
fn shortest_circle(calls: &Calls, start: NodeIndex) -> Option<Vec<NodeIndex>> {
    let mut came_from: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(node) = open.pop_front() {
        for next in calls.neighbors(node) {
            if next == start {
                let mut circle = vec![node];
                while let Some(before) = circle.last().filter(|last| **last != start) {
                    circle.push(came_from[before]);
                }
                circle.reverse();
                return Some(circle);
            }
            if let Entry::Vacant(unseen) = came_from.entry(next) {
                unseen.insert(node);
                open.push_back(next);
            }
        }
    }
    None
}

fn report(f: &mut Findings<'_>, design: &Design, names: &[&str], operation: &str) {
    let last = names[names.len() - 1];
    let closing = design
        .links
        .iter()
        .find(|link| link.from == last && link.to == names[0]);
    let path = closing.map_or_else(|| "link".to_owned(), |link| format!("link.{}.to", link.key));
    let message = format!(
        "calls go round in a circle: {} -> {}, for the operation `{operation}`",
        names.join(" -> "),
        names[0]
    );
    let is_queue = |name: &&str| {
        let mut nodes = design.nodes.iter();
        nodes.any(|n| n.key == **name && n.kind.name == "queue")
    };
    if names.iter().any(is_queue) {
        f.error_at(code::CIRCLE, &path, message)
            .help("each message makes another one, for ever: take out one of these links, or give one of these nodes a plan without that call");
        return;
    }
    f.error_at(code::CIRCLE, &path, message)
        .help("each waits for the next, for ever: take out one of these links, or give one of these nodes a plan without that call");
}

/// Without circles, the number of calls that one action leads to at each node is a finite sum.
fn count(f: &mut Findings<'_>, design: &Design, calls: &Calls, operation: &str) {
    // Components come callees first.
    let order: Vec<NodeIndex> = tarjan_scc(calls).into_iter().flatten().collect();
    let mut total: BTreeMap<NodeIndex, u64> = BTreeMap::new();
    for node in order {
        let below = calls
            .neighbors(node)
            .map(|callee| total.get(&callee).copied().unwrap_or(0).saturating_add(1));
        let is_balancer = matches!(design.nodes[calls[node]].kind.name, "balancer" | "queue");
        // A balancer calls one of those behind it; a message goes to one worker.
        let sum = if is_balancer {
            below.max().unwrap_or(0)
        } else {
            below.fold(0, u64::saturating_add)
        };
        total.insert(node, sum);
    }
    for (node, count) in total {
        let node = &design.nodes[calls[node]];
        if matches!(node.kind.name, "clients" | "job") && count > MAX_CALLS_PER_ACTION {
            let path = format!("{}.{}", node.kind.name, node.key);
            let what = match node.kind.name {
                "job" => "one item",
                _ => "one action",
            };
            f.error_at(
                code::LIMIT,
                &path,
                format!("{what} of `{operation}` leads to {count} calls"),
            )
            .help(format!(
                "at most {MAX_CALLS_PER_ACTION}, retries not counted"
            ));
        }
    }
}
