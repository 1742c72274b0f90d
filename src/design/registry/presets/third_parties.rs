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
            "global rate limit in live mode: 100 requests per second",
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
        "each endpoint has a limit of its own, 25 requests per second unless stated otherwise; here there is one for all",
        "API v2 keeps keys for 30 days and works failed requests off again instead of repeating the answer",
        "the caller has to send a key: `idempotency_key` of the link",
        "the price depends on amount and country: `price_per_call` keeps ours, set it",
        "no latency or error rate is documented: `latency` and shares are ours",
        "the concurrency limiter",
        "webhooks: a link that leaves it, with the preset `stripe-webhooks`",
    ],
}];
