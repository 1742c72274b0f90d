//! Other people's services.

use super::{Preset, given};

pub static PRESETS: &[Preset] = &[Preset {
    name: "stripe-like",
    word: "Payments, as at Stripe",
    kind: "third_party",
    meaning: "A payment provider with idempotency keys and a rate limit, as Stripe documents them",
    docs: &[
        ("Rate limits", "https://docs.stripe.com/rate-limits"),
        (
            "Idempotent requests",
            "https://docs.stripe.com/api/idempotent_requests",
        ),
    ],
    values: &[
        given(
            "rate_limit",
            "100 rps",
            "live mode: 100 operations per second",
        ),
        given(
            "burst",
            "100",
            "requests per second: those of one second may come together",
        ),
        given("idempotency", "keys", "Idempotency-Key"),
        given(
            "idempotency_ttl",
            "24 h",
            "keys may be removed once they are at least 24 hours old",
        ),
    ],
    not_expressed: &[
        "100 reads and 100 writes per second are two limits; here there is one",
        "the caller has to send a key: `idempotency_key` of the link",
        "the price depends on amount and country: `price_per_call` keeps ours, set it",
        "no latency or error rate is documented: `latency` and shares are ours",
        "the concurrency limiter",
        "webhooks: a link that leaves it, with the preset `stripe-webhooks`",
    ],
}];
