//! The knobs of the kind.

use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static THIRD_PARTY: KindSpec = KindSpec {
    name: "third_party",
    word: "Third party",
    meaning: "Somebody else's service: you see its latency, its errors and its bill, not its inside",
    accepts: Accepts::Requests,
    calls: false,
    knobs: &[
        knob(
            "latency",
            Unit::Dist,
            "100 ms",
            "how long it takes to answer",
        )
        .class(Class::NewWork),
        knob(
            "error_share",
            Unit::Share,
            "0 %",
            "share of calls it answers with an error, having done nothing",
        )
        .class(Class::NewWork),
        knob(
            "price_per_call",
            Unit::Money,
            "$0",
            "what it charges for a call it has worked on",
        )
        .range("$0", "$1000000")
        .class(Class::Restart),
    ],
};
