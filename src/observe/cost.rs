//! What a design costs: instances per hour, and calls to third parties.
//!
//! Prices that a design does not set come from the price book, a dated file of assumptions
//! (`assets/price-book.json`). All money is whole millionths of a dollar.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::report::Cost;
use crate::design::registry;
use crate::design::value::{self, Money, Value};
use crate::design::{Design, Settings};
use crate::time::Duration;

/// Micro-dollars of instances per hour, and of one call, per node in order of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    pub instances_per_hour: i64,
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

impl Prices {
    /// Nodes are taken in order of their keys, as the engine numbers them.
    pub fn of(design: &Design) -> Prices {
        let mut nodes: Vec<_> = design.nodes.iter().collect();
        nodes.sort_by(|a, b| a.key.cmp(&b.key));
        let mut prices = Prices::default();
        for node in nodes {
            let knobs = Settings::new(node.kind, &node.knobs);
            let has = |name| node.kind.knob(name).is_some();
            let instances = if has("instances") {
                knobs.count("instances")
            } else {
                1
            };
            let own = if has("price") {
                knobs.opt_money("price")
            } else {
                None
            };
            let each = own.unwrap_or_else(|| listed(node.kind.name)).0;
            prices.instances_per_hour += each.saturating_mul(instances as i64);
            let per_call = if has("price_per_call") {
                knobs.money("price_per_call").0
            } else {
                0
            };
            prices.per_call.push(per_call);
        }
        prices
    }

    /// The bill of a run of this length with so many worked-on calls per node.
    pub fn cost(&self, calls: &[u64], length: Duration) -> Cost {
        let calls: i128 = self
            .per_call
            .iter()
            .zip(calls)
            .map(|(&p, &n)| p as i128 * n as i128)
            .sum();
        const NS_PER_HOUR: i128 = 3_600_000_000_000;
        let calls_per_hour = match length.0 {
            0 => 0,
            ns => calls * NS_PER_HOUR / ns as i128,
        };
        Cost {
            price_book: &book().version,
            currency: &book().currency,
            instances_micro_per_hour: self.instances_per_hour,
            calls_micro: calls as i64,
            total_micro_per_hour: self.instances_per_hour + calls_per_hour as i64,
        }
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
