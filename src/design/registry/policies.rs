//! What is neither node nor link and has knobs: operations, the run.

use super::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static OPERATION: KindSpec = KindSpec {
    name: "operation",
    word: "Operation",
    meaning: "One thing users want done",
    accepts: Accepts::Nothing,
    calls: false,
    knobs: &[
        knob("kind", Unit::Choice(&["read", "write"]), "read", "does it only look, or does it change something?")
            .class(Class::Restart),
        knob("weight", Unit::Count, "1", "how often users do this, compared with the other operations").range("0", "1000000")
            .class(Class::NewWork),
        knob("clients", Unit::Names, "none", "which clients do it; absent, all of them").off("none").class(Class::Restart),
        knob("priority", Unit::Choice(&["critical", "high", "normal", "low"]), "normal",
            "who goes first where priorities count, and who is turned away last").class(Class::NewWork),
        knob("poison_share", Unit::Share, "0 %",
            "share of its messages that no worker can ever take care of: their handlers fail every time").class(Class::NewWork),
        knob("keys", Unit::Count, "1000", "how many different items it is about").range("1", "1000000").class(Class::Restart),
        knob("key_space", Unit::Text, "none",
            "name of the set of items it is about: operations with the same name are about the same items; absent, its items are its own")
            .off("none").example("items").class(Class::Restart),
        knob("popularity", Unit::Choice(&["uniform", "zipf", "hot", "cycle"]), "uniform",
            "how users choose among the items: all alike, a few much more often, one favourite, or one after the other in turn").class(Class::Restart),
        knob("zipf_alpha", Unit::Factor, "1", "how steep the popularity falls (zipf)").range("0", "10").class(Class::Restart),
        knob("hot_share", Unit::Share, "50 %", "share of actions on the one favourite item (hot)").class(Class::Restart),
        knob("effects", Unit::Names, "none",
            "where it must leave exactly one trace to have happened; absent, a write leaves one at each database and third party it reaches")
            .off("none").class(Class::Restart),
        knob("undoes", Unit::Text, "none",
            "the operation whose effects it takes back, one at a time, the newest of the same item first: a refund; for jobs only, at third parties")
            .off("none").class(Class::Restart).example("buy"),
        knob("completes", Unit::Text, "none",
            "the operation whose missing effects it makes, wherever a third party has one of it on its list: a reconciliation; for jobs only")
            .off("none").class(Class::Restart).example("buy"),
        knob("contract", Unit::Count, "1", "the version of the interface in which users' programs ask for it")
            .range("1", "255").class(Class::Restart),
        knob("request_size", Unit::Count, "0", "bytes of a request, where a link has a `bandwidth` or a callee a `max_request_size`").range("0", "1000000000")
            .class(Class::NewWork),
        knob("response_size", Unit::Count, "0", "bytes of a reply, where a link has a `bandwidth`").range("0", "1000000000")
            .class(Class::NewWork),
    ],
};

/// Length and chance of a run. The measured part is a pair of times, read apart.
pub static RUN: KindSpec = KindSpec {
    name: "run",
    word: "Run",
    meaning: "How long it runs, and which random numbers it draws",
    accepts: Accepts::Nothing,
    calls: false,
    knobs: &[
        knob("duration", Unit::Duration, "", "how long users keep coming")
            .range("1 ms", "7 d")
            .class(Class::Restart),
        // Up to here a number is exact wherever scripts read it (2^53 - 1).
        knob(
            "seed",
            Unit::Count,
            "1",
            "which random numbers the run draws; the same seed gives the same run",
        )
        .range("0", "9007199254740991")
        .class(Class::Restart),
    ],
};
