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
            .off("none").range("0 rps", "10000000 rps").class(Class::Now).example("100 rps"),
        knob("batch", Unit::Count, "1", "user actions that arrive at the same instant (open arrivals)")
            .range("1", "100000").class(Class::Now),
        knob("users", Unit::Count, "none", "how many users take turns (closed loop)")
            .off("none").range("1", "1000000").class(Class::Restart).example("50"),
        knob("think_time", Unit::Dist, "0 s", "how long a user pauses before the next action (closed loop)")
            .class(Class::NewWork),
        knob("spawn_rate", Unit::Rate, "none",
            "users who start per second, one after the other; absent, all start at once (closed loop)")
            .off("none").range("0.001 rps", "1000000 rps").example("10 rps").class(Class::Restart)
            .source("Locust: --spawn-rate"),
        knob("lasts", Unit::Duration, "none", "how long they go on; absent, to the end of the run")
            .off("none").range("1 ms", "7 d").example("30 s").class(Class::Restart).source("Locust: --run-time"),
        knob("identities", Unit::Count, "1",
            "how many users, tenants or addresses are behind open arrivals, for limits and sticky choices; in a closed loop, each user is one")
            .range("1", "1000000000").class(Class::NewWork),
        knob("double_click_share", Unit::Share, "0 %", "share of actions that are submitted a second time, unless the answer comes first")
            .class(Class::NewWork),
        knob("double_click_gap", Unit::Dist, "200 ms", "how long after the first click the second one comes")
            .class(Class::NewWork),
        knob("patience", Unit::Dist, "none", "how long users wait for the answer before they go away; absent, for ever")
            .off("none").example("exponential(3 s)").class(Class::NewWork),
        knob("malformed_share", Unit::Share, "0 %", "share of actions that cannot be done by anybody: invalid input")
            .class(Class::NewWork),
        knob("expensive_share", Unit::Share, "0 %", "share of actions that take more work than others").class(Class::NewWork),
        knob("expensive_factor", Unit::Factor, "10", "how many times the work of others those take")
            .range("0.001", "100000").class(Class::NewWork),
        knob("oversized_share", Unit::Share, "0 %", "share of actions whose requests are much larger than others")
            .class(Class::NewWork),
        knob("oversized_factor", Unit::Factor, "100", "how many times the operation's `request_size` those have")
            .range("1", "1000000").class(Class::NewWork),
        knob("without_right_share", Unit::Share, "0 %",
            "share of the identities that have no right to what they ask for; who checks it turns them away (`checks_rights`)")
            .class(Class::Restart),
        knob("looks_with", Unit::Text, "none",
            "the operation with which users look whether what they wrote is there; it reads the same `key_space`. Who does not see it writes it again")
            .off("none").class(Class::Restart).example("view"),
        knob("look_after", Unit::Dist, "1 s", "how long after the answer to a write its user looks (looks_with)")
            .class(Class::NewWork),
        knob("write_repeats", Unit::Count, "1", "how often a user writes the same again at most (looks_with)")
            .range("0", "100").class(Class::NewWork),
        knob("actions", Unit::Count, "none", "how many user actions in all; absent, as many as the run has time for")
            .off("none").range("1", "1000000000").class(Class::Restart),
        knob("callers", Unit::Count, "1",
            "client programs that share nothing: each has its own retry budget and connection pool")
            .range("1", "10000").class(Class::Restart),
    ],
};
