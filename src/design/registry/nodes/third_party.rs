//! The knobs of the kind.

use crate::design::registry::{Accepts, Class, KindSpec, knob};
use crate::design::value::Unit;

pub static THIRD_PARTY: KindSpec = KindSpec {
    name: "third_party",
    word: "Third party",
    meaning: "Somebody else's service: you see its latency, its errors and its bill, not its inside",
    accepts: Accepts::Requests,
    calls: true,
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
            "hang_share",
            Unit::Share,
            "0 %",
            "share of calls that it takes and does not answer",
        )
        .class(Class::NewWork),
        knob(
            "hang_time",
            Unit::Duration,
            "5 min",
            "when it gives up a call that hangs: an error, if somebody still waits for it",
        )
        .range("1 ms", "1 d")
        .class(Class::NewWork),
        knob(
            "rate_limit",
            Unit::Rate,
            "none",
            "calls per second that it lets you make; one more is refused at once",
        )
        .off("none")
        .range("0.001 rps", "1000000 rps")
        .class(Class::Now)
        .example("100 rps")
        .source("Stripe API: 100 calls per second in live mode"),
        knob(
            "burst",
            Unit::Count,
            "1",
            "calls that may come together before the rate limit counts",
        )
        .range("1", "1000000")
        .class(Class::Now),
        knob(
            "idempotency",
            Unit::Choice(&["none", "keys"]),
            "none",
            "whether a second call with the same key (`idempotency_key` of a link) gets the first one's answer and changes nothing",
        )
        .class(Class::NewWork)
        .source("Stripe API, idempotent requests: the first answer is kept, also a failure; a conflict while it is under way"),
        knob(
            "idempotency_ttl",
            Unit::Duration,
            "24 h",
            "how long it keeps the answer",
        )
        .range("1 ms", "365 d")
        .class(Class::NewWork)
        .source("Stripe API, idempotent requests: keys are kept for at least 24 hours"),
        knob(
            "webhook_delay",
            Unit::Dist,
            "1 s",
            "how long after a call that changed something it tells you so, over the link that leaves it (webhook); that link's `attempts` and `backoff` are its retries",
        )
        .class(Class::NewWork),
        knob(
            "webhook_repeat_share",
            Unit::Share,
            "0 %",
            "share of its webhooks that it sends once more though they were received",
        )
        .class(Class::NewWork)
        .source("Stripe, webhooks: endpoints might occasionally receive the same event more than once"),
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
