//! What a design costs: instances per hour, and calls to third parties.
//!
//! Prices that a design does not set come from the price book, a dated file of assumptions
//! (`assets/price-book.json`). All money is whole millionths of a dollar.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::report::Cost;
use crate::design::order::arrange;
use crate::design::registry;
use crate::design::value::{self, Money, Value};
use crate::design::{Design, Node, Settings};
use crate::engine::counters::NodeCounters;
use crate::time::{Duration, Time};

/// Micro-dollars of one instance per hour, and of one call, per node in order of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    pub instance_hour: Vec<i64>,
    pub per_call: Vec<i64>,
}

/// The committed assumptions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceBook {
    version: String,
    currency: String,
    #[expect(dead_code, reason = "it is for readers of the file")]
    note: String,
    /// By kind of node.
    instance_hour: BTreeMap<String, String>,
}

fn book() -> &'static PriceBook {
    static BOOK: OnceLock<PriceBook> = OnceLock::new();
    BOOK.get_or_init(|| {
        serde_json::from_str(include_str!("../../assets/price-book.json"))
            .expect("the committed price book is valid (tested)")
    })
}

/// Price of an instance-hour of a kind, by the book.
fn listed(kind: &str) -> Money {
    let spec = registry::SERVICE
        .knob("price")
        .expect("services have a price");
    let text = book().instance_hour.get(kind).map_or("$0", String::as_str);
    match value::parse(text, spec) {
        Ok(Value::Money(money)) => money,
        other => panic!("price of `{kind}` in the price book: {other:?}"),
    }
}

/// What one instance of a node costs per hour: what it says, else the book's figure.
pub fn price_of(node: &Node) -> Money {
    let own = match node.kind.knob("price") {
        Some(_) => Settings::new(node.kind, &node.knobs).opt_money("price"),
        None => None,
    };
    own.unwrap_or_else(|| listed(node.kind.name))
}

impl Prices {
    /// Nodes are taken in order of their keys, as the engine numbers them.
    pub fn of(design: &Design) -> Prices {
        let mut nodes: Vec<_> = design.nodes.iter().collect();
        arrange(&mut nodes, |a, b| a.key.cmp(&b.key));
        let mut prices = Prices::default();
        for node in nodes {
            let knobs = Settings::new(node.kind, &node.knobs);
            let has = |name| node.kind.knob(name).is_some();
            let each = price_of(node).0;
            prices.instance_hour.push(each);
            let per_call = if has("price_per_call") {
                knobs.money("price_per_call").0
            } else {
                0
            };
            prices.per_call.push(per_call);
        }
        prices
    }

    /// The bill of a run that stands at `now`, after traffic of this length: `used` is, per node, the
    /// time of its instances together in nanoseconds, and its worked-on calls.
    pub fn cost(&self, used: &[(u128, u64)], now: Time, length: Duration) -> Cost {
        let calls = self.per_call.iter().zip(used);
        let calls: i128 = calls
            .map(|(&p, &(_, n))| i128::from(p) * i128::from(n))
            .sum();
        let instances = self.instance_hour.iter().zip(used);
        // Micro-dollars per hour times nanoseconds.
        let instances: i128 = instances
            .map(|(&p, &(ns, _))| i128::from(p) * ns as i128)
            .sum();
        const NS_PER_HOUR: i128 = 3_600_000_000_000;
        let ns = i128::from(length.0.max(1));
        // At time zero there is what the design begins with.
        let per_hour = (instances / i128::from(now.0.max(1))) as i64;
        Cost {
            price_book: &book().version,
            currency: &book().currency,
            instances_micro_per_hour: per_hour,
            calls_micro: calls as i64,
            total_micro_per_hour: per_hour + (calls * NS_PER_HOUR / ns) as i64,
        }
    }

    /// What each node of a run has used up to a moment.
    pub fn used(counters: &[NodeCounters], until: Time) -> Vec<(u128, u64)> {
        let until = until.max(Time(1));
        let used = counters
            .iter()
            .map(|n| (n.instances.integral(until), n.began));
        used.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_book_knows_every_kind() {
        for kind in registry::KINDS {
            assert!(
                book().instance_hour.contains_key(kind.name),
                "{}",
                kind.name
            );
            listed(kind.name);
        }
    }
}
