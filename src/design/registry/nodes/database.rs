//! The knobs of the kind.

use super::{PRICE, VERSION, ZONES};
use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static DATABASE: KindSpec = KindSpec {
    name: "database",
    word: "Database",
    meaning: "Keeps rows with versions; queries share its cores",
    accepts: Accepts::Requests,
    calls: false,
    knobs: &[
        knob(
            "cores",
            Unit::Count,
            "4",
            "queries that run at the same time",
        )
        .range("1", "100000")
        .class(Class::Now),
        knob(
            "read_time",
            Unit::Dist,
            "2 ms",
            "how long one reading query takes",
        )
        .class(Class::NewWork),
        knob(
            "write_time",
            Unit::Dist,
            "4 ms",
            "how long one writing query takes",
        )
        .class(Class::NewWork),
        knob(
            "connections",
            Unit::Count,
            "100",
            "queries that may be running or waiting; one more is refused",
        )
        .off("unbounded")
        .range("1", "1000000")
        .class(Class::Now)
        .source("PostgreSQL max_connections, default 100"),
        knob(
            "on_abandoned",
            Unit::Choice(&["continue", "stop"]),
            "continue",
            "what it does with a query whose caller has gone",
        )
        .class(Class::NewWork),
        PRICE,
        ZONES,
        VERSION,
    ],
};
