//! What can be said of one action, from what was seen of it: where it went, what it met there, who wanted it.

use crate::engine::attempt::{CallerSide, Intent, NO_LINK};
use crate::engine::program::Program;
use crate::engine::reason::Reason;
use crate::ledger::{Verdict, Verdicts};
use crate::observe::traces::Span;
use crate::time::Time;

/// One thing that is true of an action. The order is that of ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// Most of its time went there.
    Mostly(Part),
    Operation(u16),
    /// Tries on behalf of its user.
    Tries(u16),
    FailedAt(u16, Reason),
    Called(u16),
    Instance(u16, u16),
    Zone(u16),
    Verdict(Verdict),
    Malformed,
    Oversized,
    LacksRight,
    Priority(u8),
    Clients(u16),
    Identity(u32),
    Item(u64),
}

/// What the time of a try is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Waiting(u16),
    Working(u16),
    /// For a connection to it.
    Connecting(u16),
    Network(u16),
    /// Between tries.
    Pausing,
}

/// Gathers all that is true of an action; each once.
pub fn of(
    program: &Program,
    intent: &Intent,
    spans: &[Span],
    verdicts: Verdicts,
    all: &mut Vec<Attribute>,
) {
    all.clear();
    all.push(Attribute::Operation(intent.operation));
    all.push(Attribute::Clients(intent.clients));
    all.push(Attribute::Identity(intent.identity));
    all.push(Attribute::Item(intent.item));
    all.push(Attribute::Priority(intent.priority));
    all.extend(verdicts.iter().map(Attribute::Verdict));
    let flags = [
        (intent.is_malformed, Attribute::Malformed),
        (intent.is_oversized, Attribute::Oversized),
        (intent.lacks_right, Attribute::LacksRight),
    ];
    all.extend(flags.iter().filter(|(is, _)| *is).map(|(_, it)| *it));
    let mut tries = 0;
    for span in spans.iter().filter(|span| span.link != NO_LINK) {
        let from = program.links[usize::from(span.link)].from;
        tries += u16::from(from == intent.clients);
        all.push(Attribute::Called(span.node));
        if let CallerSide::Failed(reason) = span.caller {
            all.push(Attribute::FailedAt(span.node, reason));
        }
        if span.arrived == Time::NEVER {
            continue;
        }
        let node = &program.nodes[usize::from(span.node)];
        if node.instances > 1 {
            all.push(Attribute::Instance(span.node, span.instance));
        }
        if !node.zones.is_empty() {
            let zone = node.zones[usize::from(span.instance) % node.zones.len()];
            all.push(Attribute::Zone(zone));
        }
    }
    all.push(Attribute::Tries(tries));
    all.extend(mostly(program, intent, spans).map(Attribute::Mostly));
    all.sort_unstable();
    all.dedup();
}

/// What takes most of the time until the user is told. A call that waits for another one works on nothing: its
/// time is the other's.
fn mostly(program: &Program, intent: &Intent, spans: &[Span]) -> Option<Part> {
    let told = intent.told?.0;
    let within = |from: Time, to: Time| {
        let (from, to) = (from.min(told), to.min(told));
        (from != Time::NEVER).then(|| to.0.saturating_sub(from.0))
    };
    let mut parts: Vec<(Part, u64)> = Vec::new();
    let mut add = |part: Part, ns: Option<u64>| {
        let Some(ns) = ns.filter(|&ns| ns > 0) else {
            return;
        };
        match parts.iter_mut().find(|(it, _)| *it == part) {
            Some((_, sum)) => *sum += ns,
            None => parts.push((part, ns)),
        }
    };
    // Of what users' own calls do not cover, their pauses between tries are the rest.
    let mut covered = 0;
    for span in spans.iter().filter(|span| span.link != NO_LINK) {
        let node = span.node;
        let of_user = program.links[usize::from(span.link)].from == intent.clients;
        if of_user {
            covered += within(span.born, span.ended).unwrap_or(0);
        }
        add(Part::Connecting(node), within(span.born, span.sent));
        if span.sent == Time::NEVER {
            continue;
        }
        if span.arrived == Time::NEVER {
            add(Part::Network(node), within(span.sent, span.ended));
            continue;
        }
        add(Part::Network(node), within(span.sent, span.arrived));
        let left = span.left.min(span.ended);
        if span.began == Time::NEVER {
            add(Part::Waiting(node), within(span.arrived, left));
            continue;
        }
        add(
            Part::Waiting(node),
            within(span.arrived, span.began.min(span.ended)),
        );
        let beneath = spans.iter().filter(|it| {
            it.link != NO_LINK
                && program.links[usize::from(it.link)].from == node
                && it.born >= span.began
                && it.born <= left
        });
        let beneath: u64 = beneath
            .filter_map(|it| within(it.born, it.ended.min(left)))
            .sum();
        let work = within(span.began, left).map(|ns| ns.saturating_sub(beneath));
        add(Part::Working(node), work);
        if span.left < span.ended {
            add(Part::Network(node), within(span.left, span.ended));
        }
    }
    let all = told.since(intent.born).0;
    add(Part::Pausing, Some(all.saturating_sub(covered)));
    // Of equals the first, in the order of tries.
    let most = parts.iter().map(|(_, ns)| *ns).max()?;
    let (part, ns) = parts.iter().find(|(_, ns)| *ns == most)?;
    (ns * 2 > all).then_some(*part)
}

impl Attribute {
    /// The node that it is about.
    pub fn node(self) -> Option<u16> {
        match self {
            Attribute::FailedAt(node, _)
            | Attribute::Called(node)
            | Attribute::Instance(node, _)
            | Attribute::Clients(node) => Some(node),
            Attribute::Mostly(
                Part::Waiting(node)
                | Part::Working(node)
                | Part::Connecting(node)
                | Part::Network(node),
            ) => Some(node),
            _ => None,
        }
    }

    /// As the end of "of these, so many ...".
    pub fn text(self, program: &Program, called: &dyn Fn(&str) -> String) -> String {
        let name = |node: u16| called(&program.nodes[usize::from(node)].key);
        match self {
            Attribute::Mostly(part) => match part {
                Part::Waiting(node) => format!("mostly waited at {}", name(node)),
                Part::Working(node) => format!("took most of their time in work at {}", name(node)),
                Part::Connecting(node) => {
                    format!("mostly waited for a connection to {}", name(node))
                }
                Part::Network(node) => {
                    format!(
                        "spent most of their time on the way to {} or back",
                        name(node)
                    )
                }
                Part::Pausing => "spent most of their time between tries".to_owned(),
            },
            Attribute::Operation(at) => {
                format!("wanted `{}`", program.operations[usize::from(at)].key)
            }
            Attribute::Tries(0) => "were never sent".to_owned(),
            Attribute::Tries(1) => "were tried once".to_owned(),
            Attribute::Tries(n) => format!("were tried {n} times"),
            Attribute::FailedAt(node, reason) => {
                format!("met \"{}\" at {}", reason.words(), name(node))
            }
            Attribute::Called(node) => format!("called {}", name(node)),
            Attribute::Instance(node, at) => format!("were at instance {at} of {}", name(node)),
            Attribute::Zone(zone) => {
                format!("were in zone {}", program.zones[usize::from(zone)])
            }
            Attribute::Verdict(verdict) => {
                format!("are {} in the ledger", verdict.code().replace('_', " "))
            }
            Attribute::Malformed => "were malformed".to_owned(),
            Attribute::Oversized => "were oversized".to_owned(),
            Attribute::LacksRight => "came from somebody without the right".to_owned(),
            Attribute::Priority(n) => format!("had priority {n}"),
            Attribute::Clients(node) => format!("came from {}", name(node)),
            Attribute::Identity(n) => format!("came from identity {n}"),
            Attribute::Item(n) => format!("were about item {n}"),
        }
    }
}
