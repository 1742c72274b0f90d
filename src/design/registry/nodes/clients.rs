//! The knobs of the kind.

use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static CLIENTS: KindSpec = KindSpec {
    name: "clients",
    word: "Clients",
    meaning: "People or programs that want things done, and what they do when no answer comes",
    accepts: Accepts::Nothing,
    calls: true,
    knobs: &[
        knob("arrivals", Unit::Choice(&["poisson", "constant", "closed"]), "poisson",
            "open arrivals at random or at even distances, or a closed loop of users who wait for their reply")
            .class(Class::Restart),
        knob("rate", Unit::Rate, "none", "user actions per second (open arrivals)")
            .off("none").range("0 rps", "10000000 rps").class(Class::Now),
        knob("batch", Unit::Count, "1", "user actions that arrive at the same instant (open arrivals)")
            .range("1", "100000").class(Class::Now),
        knob("users", Unit::Count, "none", "how many users take turns (closed loop)")
            .off("none").range("1", "1000000").class(Class::Restart),
        knob("think_time", Unit::Dist, "0 s", "how long a user pauses before the next action (closed loop)")
            .class(Class::NewWork),
        knob("actions", Unit::Count, "none", "how many user actions in all; absent, as many as the run has time for")
            .off("none").range("1", "1000000000").class(Class::Restart),
        knob("identities", Unit::Count, "1",
            "how many different people or addresses open arrivals come from, each alike often; for limits and choices by identity")
            .range("1", "1000000").class(Class::NewWork),
        knob("callers", Unit::Count, "1",
            "client programs that share nothing: each has its own retry budget and connection pool")
            .range("1", "10000").class(Class::Restart),
    ],
};
