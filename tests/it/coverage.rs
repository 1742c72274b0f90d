//! What the random designs of the laws cover: which policies on links to which kinds, which knobs of
//! which kinds, which entries of the timeline. The table is printed.

use std::collections::BTreeMap;

use brownout::design::registry::{KINDS, LINK, timeline_kinds};
use brownout::design::value::Value;
use brownout::design::{Design, Settings};
use brownout::experiment::random;
use brownout::scenario::Scenario;

use crate::laws::designs;

/// How often each legal pair has to be drawn, in 500 designs.
const LEAST: u64 = 20;

/// Knobs of links that are the network, not a policy of the caller.
const NETWORK: &[&str] = &["delay", "loss", "reply_loss", "bandwidth"];

/// Details of a policy count with the policy that they belong to.
const POLICIES: &[&str] = &[
    "timeout",
    "attempts",
    "backoff",
    "retry_budget",
    "retry_quota",
    "retry_on",
    "pool",
    "deadline",
    "max_in_flight",
    "hedge_after",
    "hedge_percentile",
    "breaker",
    "fallback",
    "idempotency_key",
    "bandwidth",
    "loss",
    "reply_loss",
];

type Table = BTreeMap<(String, String), u64>;

/// Whether the knob is set to something else than its default.
fn is_on(settings: &Settings<'_>, knob: &str) -> bool {
    let none = brownout::design::Knobs::new();
    let default = Settings::new(settings.spec, &none).value(knob);
    let set = settings.knobs.get(knob);
    set.is_some_and(|value| *value != default && *value != Value::Off)
}

fn count(design: &Design, links: &mut Table, knobs: &mut Table) {
    let kind = |key: &str| {
        let node = design.nodes.iter().find(|node| node.key == key);
        node.map_or("", |node| node.kind.name)
    };
    for link in &design.links {
        let settings = Settings::new(&LINK, &link.knobs);
        let (from, to) = (kind(&link.from), kind(&link.to));
        for policy in POLICIES {
            let on = u64::from(is_on(&settings, policy));
            // The queue decides about deliveries; a policy there is refused.
            let is_delivery = from == "queue";
            if !is_delivery || NETWORK.contains(policy) {
                *links
                    .entry(((*policy).to_owned(), format!("to {to}")))
                    .or_default() += on;
                *links
                    .entry(((*policy).to_owned(), format!("from {from}")))
                    .or_default() += on;
            }
        }
    }
    for node in &design.nodes {
        let settings = Settings::new(node.kind, &node.knobs);
        for knob in node.kind.knobs {
            let on = u64::from(is_on(&settings, knob.name));
            let key = (knob.name.to_owned(), node.kind.name.to_owned());
            *knobs.entry(key).or_default() += on;
        }
    }
}

fn print(title: &str, table: &Table) {
    println!("\n{title}");
    let mut row = "";
    for ((name, column), n) in table {
        if name != row {
            print!("\n{name:<26}");
            row = name;
        }
        print!("{column}: {n}  ");
    }
    println!();
}

#[test]
fn random_designs_cover_the_model() {
    let (mut links, mut knobs) = (Table::new(), Table::new());
    let mut entries: BTreeMap<&str, u64> = timeline_kinds().map(|kind| (kind.name, 0)).collect();
    let mut kinds: BTreeMap<&str, u64> = KINDS.iter().map(|kind| (kind.name, 0)).collect();
    let n = designs().max(500);
    for number in 0..n {
        let text = random::scenario(number);
        let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("{number}: {d:#?}"));
        let design = &scenario.design;
        count(design, &mut links, &mut knobs);
        design
            .nodes
            .iter()
            .for_each(|node| *kinds.entry(node.kind.name).or_default() += 1);
        scenario
            .timeline
            .iter()
            .for_each(|entry| *entries.entry(entry.what.name).or_default() += 1);
        assert!(design.nodes.len() >= 4, "{text}");
        assert!(
            text.matches("timeout =").count() >= 2,
            "two policies: {text}"
        );
        assert!(!scenario.timeline.is_empty(), "a fault: {text}");
    }
    println!("{n} random designs");
    print("policies by kind of callee and of caller", &links);
    print("knobs of kinds that are set to something else", &knobs);
    println!("\nnodes {kinds:?}\n\nentries {entries:?}");
    let least = LEAST * n / 500;
    let rare: Vec<_> = links.iter().filter(|(_, n)| **n < least).collect();
    assert!(rare.is_empty(), "too rarely drawn: {rare:?}");
    let never: Vec<_> = entries.iter().filter(|(_, n)| **n < least).collect();
    assert!(never.is_empty(), "too rarely on the timeline: {never:?}");
    assert!(kinds.values().all(|&n| n >= least), "{kinds:?}");
}
