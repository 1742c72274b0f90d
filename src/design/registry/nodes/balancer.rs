//! The knobs of the kind.

use super::{INSTANCES, PRICE, VERSION, ZONES};
use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static BALANCER: KindSpec = KindSpec {
    name: "balancer",
    word: "Balancer",
    meaning: "Passes each request to one instance of what stands behind it",
    accepts: Accepts::Requests,
    calls: true,
    knobs: &[
        knob("policy", Unit::Choice(&["random", "round_robin", "least_outstanding", "two_choices"]), "round_robin",
            "how it chooses: by chance, in turn, the one with fewest requests under way, or the better of two drawn by chance")
            .class(Class::NewWork),
        INSTANCES, PRICE, ZONES, VERSION,
    ],
};
