//! "Just add servers": the design with twice of everything that is bought.
//!
//! Services, workers, caches and balancers get twice as many instances, and an autoscaler twice as many at
//! least and at most. A database gets machines twice as large at twice the price: twice the cores of
//! each copy, because more copies of a leader are no help for writes. Third parties and queues are
//! somebody else's servers, and clients nobody's.

use crate::design::value::{self, Value};
use crate::design::{Node, Settings};
use crate::observe::cost::price_of;
use crate::scenario::{Scenario, Variant};

const DOUBLED: [&str; 4] = ["instances", "min_instances", "max_instances", "cores"];

pub(super) fn variant(scenario: &Scenario) -> Variant {
    let nodes = scenario.design.nodes.iter();
    Variant {
        key: "more_servers".to_owned(),
        label: "Twice as many servers, databases twice as large".to_owned(),
        set: nodes.flat_map(doubled).collect(),
        ..Variant::default()
    }
}

fn doubled(node: &Node) -> Vec<(String, String)> {
    let is_database = node.kind.name == "database";
    let knobs = Settings::new(node.kind, &node.knobs);
    let mut set = Vec::new();
    for name in DOUBLED {
        // The cores of a service are those of one instance.
        let fits = node.kind.knob(name).is_some() && (name == "cores") == is_database;
        // What an autoscaler may do is its own business where it is not set.
        let is_set = node.knobs.contains_key(name) || !name.contains('_');
        let (true, true, Some(spec)) = (fits, is_set, node.kind.knob(name)) else {
            continue;
        };
        if let Value::Count(n) = knobs.value(name) {
            let path = format!("{}.{}.{name}", node.kind.name, node.key);
            set.push((path, value::print(&Value::Count(n.saturating_mul(2)), spec)));
        }
    }
    if let Some(spec) = node.kind.knob("price").filter(|_| is_database) {
        let mut price = price_of(node);
        price.0 = price.0.saturating_mul(2);
        let text = value::print(&Value::Money(price), spec);
        let path = format!("database.{}.price", node.key);
        set.push((path, text));
    }
    set
}
