//! What is not a node and has knobs: links, operations, the run.

use super::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static LINK: KindSpec = KindSpec {
    name: "link",
    word: "Link",
    meaning: "The network between two nodes, and how the caller behaves on it",
    accepts: Accepts::Nothing,
    calls: false,
    knobs: &[
        knob("delay", Unit::Dist, "0 s", "how long a message travels, each way").class(Class::NewWork),
        knob("loss", Unit::Share, "0 %", "share of requests that never arrive").class(Class::NewWork),
        knob("reply_loss", Unit::Share, "0 %", "share of replies that never arrive").class(Class::NewWork),
        knob("timeout", Unit::Duration, "none", "how long the caller waits for the reply to one attempt, from the moment it is sent")
            .off("none").range("1 ns", "1 d").class(Class::NewWork),
        knob("attempts", Unit::Count, "1", "tries per call, the first one included").range("1", "1000").class(Class::NewWork),
        knob("backoff", Unit::Choice(&["none", "constant", "exponential"]), "none", "how the pause before a retry grows")
            .class(Class::NewWork),
        knob("backoff_base", Unit::Duration, "100 ms", "the pause before the first retry").range("0 s", "1 d").class(Class::NewWork),
        knob("backoff_cap", Unit::Duration, "20 s", "no pause is longer than this").range("0 s", "1 d").class(Class::NewWork)
            .source("AWS SDK standard retry mode: max backoff 20 s"),
        knob("jitter", Unit::Choice(&["none", "full", "equal", "decorrelated"]), "none",
            "how chance spreads the pauses, so that callers do not come back together").class(Class::NewWork)
            .source("M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog 2015"),
        knob("retry_budget", Unit::Share, "none", "retries allowed, as a share of first tries, saved up for at most 10 s")
            .off("none").class(Class::NewWork)
            .source("Finagle RetryBudget: credit expires after 10 s"),
        knob("retry_quota", Unit::Count, "none", "tokens a caller holds for retries; a retry takes retry_cost, a success gives back")
            .off("none").range("0", "1000000").class(Class::NewWork)
            .source("AWS SDK standard retry mode: 500 tokens"),
        knob("retry_cost", Unit::Count, "5", "tokens one retry takes from the quota").range("1", "1000000").class(Class::NewWork)
            .source("AWS SDK standard retry mode: 5 tokens"),
        knob("pool", Unit::Count, "none", "connections per caller instance; a call without one waits for it")
            .off("none").range("1", "1000000").class(Class::Now),
        knob("acquire_timeout", Unit::Duration, "none", "how long a call waits for a connection of the pool")
            .off("none").range("0 s", "1 d").class(Class::NewWork),
        knob("on_timeout", Unit::Choice(&["keep", "discard"]), "keep",
            "the connection of a call that timed out: busy until the other side is done, or closed and replaced at once")
            .class(Class::NewWork),
    ],
};

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
