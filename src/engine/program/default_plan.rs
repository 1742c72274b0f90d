//! What a node does for an operation: the steps written by hand, else the derived ones
//! (docs/semantics.md 13).

use super::super::link_program::is_stand_in;
use super::{Compiler, OperationProgram, PlanCall, PlanStep};
use crate::design::order::arrange;
use crate::design::{Aim, CallMode, Link, Node, RowOf, Settings, Step, StepCall};

/// Work; calls to services; reads, a cache before its store; writes, each with the word to its cache;
/// third parties; messages to publish, each in the order of their links' keys; respond.
///
/// A job reads first, also what it will write, and works on what it has read.
pub fn plan(c: &Compiler<'_>, node: &Node, op: &OperationProgram) -> Box<[PlanStep]> {
    let is_written = node.plans.contains_key(&op.key);
    let mut steps = match node.kind.name {
        "job" => steps(c, node, op, &c.changed_by(node, op)).into_vec(),
        _ => steps(c, node, op, &op.effects).into_vec(),
    };
    if !node.kind.responds() {
        steps.retain(|step| *step != PlanStep::Respond);
    }
    if node.kind.name == "job" && !is_written {
        reads_first(c, &mut steps, op.undoes.is_some());
    }
    steps.into()
}

/// Reads come before the work, and what is written is read before; so is what is to be taken back.
fn reads_first(c: &Compiler<'_>, steps: &mut Vec<PlanStep>, takes_back: bool) {
    let is_store = |call: &PlanCall| matches!(c.kind_behind(call.link), "database" | "cache");
    let reads = |step: &PlanStep| match step {
        PlanStep::Calls { calls, .. } => calls
            .iter()
            .all(|call| call.mode == CallMode::Read && is_store(call)),
        PlanStep::Cached { .. } => true,
        _ => false,
    };
    let (mut first, rest): (Vec<_>, Vec<_>) = steps.drain(..).partition(reads);
    for step in &rest {
        if let PlanStep::Calls { calls, .. } = step {
            let written = calls
                .iter()
                .filter(|call| call.mode == CallMode::Write && (is_store(call) || takes_back));
            first.extend(written.map(|call| PlanStep::call(call.link, CallMode::Read)));
        }
    }
    steps.extend(first.into_iter().chain(rest));
}

/// The steps, for a node that changes something at these.
fn steps(c: &Compiler<'_>, node: &Node, op: &OperationProgram, changed: &[u16]) -> Box<[PlanStep]> {
    if let Some(steps) = node.plans.get(&op.key) {
        let mut out: Vec<PlanStep> = steps.iter().map(|s| step(c, s)).collect();
        if !out.contains(&PlanStep::Respond) {
            out.push(PlanStep::Respond);
        }
        related(&mut out);
        return out.into();
    }
    let mut callees = Vec::new();
    for link in c.links_from(&node.key) {
        if is_stand_in(c.design, &link.key) {
            continue;
        }
        let callee = c.node_by_key(&link.to);
        let mode = mode_at(c, op, changed, &link.to);
        // Who only looks has nothing to publish.
        if callee.kind.name == "queue" && op.mode != CallMode::Write {
            continue;
        }
        let rank = match callee.kind.name {
            "database" => u8::from(mode == CallMode::Write) + 1,
            "cache" => u8::from(mode == CallMode::Write) + 1,
            "third_party" => 3,
            "queue" => 4,
            _ => 0,
        };
        callees.push(Callee {
            link,
            kind: callee.kind.name,
            mode,
            rank,
        });
    }
    arrange(&mut callees, |a, b| a.rank.cmp(&b.rank));
    let pairs = pairs(c, &callees);
    let mut steps = vec![PlanStep::Work];
    for callee in &callees {
        steps_of(c, callee, &pairs, &mut steps);
    }
    steps.push(PlanStep::Respond);
    steps.into()
}

/// What calls of a written plan have to do with each other: what is read is kept for the write that is
/// computed from it; where a row is inserted, that row is what the operation promises.
fn related(steps: &mut [PlanStep]) {
    let all: Vec<PlanCall> = steps.iter().flat_map(calls_of).copied().collect();
    for step in steps {
        let calls: &mut [PlanCall] = match step {
            PlanStep::Calls { calls, .. } => calls,
            PlanStep::Send(call) | PlanStep::Cached { store: call, .. } => {
                std::slice::from_mut(call)
            }
            PlanStep::Work | PlanStep::Respond => &mut [],
        };
        for call in calls {
            let same = all.iter().filter(|other| other.link == call.link);
            let updates = |other: &PlanCall| other.aim == Aim::Based && other.row == call.row;
            let keeps = call.mode == CallMode::Read && same.clone().any(updates);
            if keeps && call.aim == Aim::Plain {
                call.aim = Aim::Kept;
            }
            let writes = |row: RowOf| {
                let mut writes = same.clone().filter(|other| other.mode == CallMode::Write);
                writes.any(|other| other.row == row)
            };
            let makes = || writes(RowOf::New) || writes(RowOf::Finished);
            call.beside = match call.row {
                RowOf::New => writes(RowOf::Finished),
                RowOf::Pending => true,
                RowOf::Finished => false,
                RowOf::Unit => makes(),
                RowOf::Item => makes() || writes(RowOf::Unit),
                RowOf::Partner => makes() || writes(RowOf::Item) || writes(RowOf::Unit),
            };
        }
    }
}

fn calls_of(step: &PlanStep) -> &[PlanCall] {
    match step {
        PlanStep::Calls { calls, .. } => calls,
        PlanStep::Send(call) | PlanStep::Cached { store: call, .. } => std::slice::from_ref(call),
        PlanStep::Work | PlanStep::Respond => &[],
    }
}

struct Callee<'a> {
    link: &'a Link,
    kind: &'static str,
    mode: CallMode,
    rank: u8,
}

/// A cache, and the callee whose answers it keeps: links.
struct Pair<'a> {
    cache: &'a Link,
    store: &'a Link,
    /// The cache stands before the store and asks it itself.
    is_inline: bool,
    pattern: &'static str,
    on_write: &'static str,
}

/// An inline cache goes with the store behind it, if the node has a link to that, too. Each look-aside
/// cache goes with the next database, or, without databases, with the next other callee.
fn pairs<'a>(c: &Compiler<'a>, callees: &[Callee<'a>]) -> Vec<Pair<'a>> {
    let of_kind = |kinds: &'static [&'static str]| {
        callees
            .iter()
            .filter(move |callee| kinds.contains(&callee.kind))
    };
    let mut stores: Vec<&Link> = of_kind(&["database"]).map(|callee| callee.link).collect();
    if stores.is_empty() {
        let others = of_kind(&["service", "balancer", "third_party"]);
        stores = others.map(|callee| callee.link).collect();
    }
    arrange(&mut stores, |a, b| a.key.cmp(&b.key));
    let mut caches: Vec<&Link> = of_kind(&["cache"]).map(|callee| callee.link).collect();
    arrange(&mut caches, |a, b| a.key.cmp(&b.key));
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    // Those inline know their store; the others share what is left.
    for inline in [true, false] {
        for &cache in &caches {
            let node = c.node_by_key(&cache.to);
            let knobs = Settings::new(node.kind, &node.knobs);
            let pattern = knobs.choice("pattern");
            if (pattern != "look_aside") != inline {
                continue;
            }
            let behind = c.links_from(&node.key).first().map(|link| &link.to);
            let is_free = |store: &&&Link| pairs.iter().all(|pair| pair.store.key != store.key);
            let fits = |store: &&&Link| !inline || Some(&store.to) == behind;
            let store = stores.iter().filter(is_free).find(fits).copied();
            let Some(store) = store else { continue };
            pairs.push(Pair {
                cache,
                store,
                is_inline: inline,
                pattern,
                on_write: knobs.choice("on_write"),
            });
        }
    }
    pairs
}

fn steps_of(c: &Compiler<'_>, callee: &Callee<'_>, pairs: &[Pair<'_>], steps: &mut Vec<PlanStep>) {
    let call = |link: &Link, mode| PlanCall::plain(c.link(&link.key), mode);
    let plain = PlanStep::call(c.link(&callee.link.key), callee.mode);
    let reads = callee.mode == CallMode::Read;
    if callee.kind == "cache" {
        let pair = pairs.iter().find(|pair| pair.cache.key == callee.link.key);
        let passes = match pair {
            Some(pair) => pair.is_inline && (reads || pair.pattern != "read_through"),
            // A look-aside cache without a store is asked by nobody; an inline one is the way in.
            None => is_inline(c, &callee.link.to),
        };
        if passes {
            steps.push(plain);
        }
        return;
    }
    let Some(pair) = pairs.iter().find(|pair| pair.store.key == callee.link.key) else {
        steps.push(plain);
        return;
    };
    match (pair.is_inline, reads) {
        // Through the cache.
        (true, true) => {}
        (true, false) if pair.pattern != "read_through" => {}
        (false, true) => steps.push(PlanStep::Cached {
            cache: c.link(&pair.cache.key),
            store: call(pair.store, CallMode::Read),
        }),
        (_, false) => {
            steps.push(plain);
            match pair.on_write {
                "invalidate" => steps.push(PlanStep::Send(call(pair.cache, CallMode::Invalidate))),
                "update" => steps.push(PlanStep::Send(call(pair.cache, CallMode::Fill))),
                _ => {}
            }
        }
    }
}

fn step(c: &Compiler<'_>, step: &Step) -> PlanStep {
    let call = |call: &StepCall| PlanCall {
        link: c.link(&call.link),
        mode: call.mode,
        row: call.row,
        aim: call.aim,
        beside: false,
    };
    match step {
        Step::Work => PlanStep::Work,
        Step::Calls { calls, wanted } => PlanStep::Calls {
            calls: calls.iter().map(call).collect(),
            wanted: *wanted,
        },
        Step::Send(sent) => PlanStep::Send(call(sent)),
        Step::Cached { cache, store } => PlanStep::Cached {
            cache: c.link(cache),
            store: call(store),
        },
        Step::Respond => PlanStep::Respond,
    }
}

fn is_inline(c: &Compiler<'_>, cache: &str) -> bool {
    let node = c.node_by_key(cache);
    Settings::new(node.kind, &node.knobs).choice("pattern") != "look_aside"
}

/// A store or third party is written to only if the operation promises an effect there, and so is a
/// cache before it; what lies between just passes the operation on.
fn mode_at(c: &Compiler<'_>, op: &OperationProgram, changed: &[u16], callee: &str) -> CallMode {
    let node = c.node_by_key(callee);
    match node.kind.name {
        "database" | "third_party" if !changed.contains(&c.node(callee)) => CallMode::Read,
        "cache" if is_inline(c, callee) => match c.links_from(callee).first() {
            // Validated: no circles.
            Some(behind) => mode_at(c, op, changed, &behind.to),
            None => op.mode,
        },
        _ => op.mode,
    }
}
