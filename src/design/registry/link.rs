//! What links have: the network, and how the caller behaves.

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
        knob("deadline", Unit::Duration, "none",
            "how long a call may take with everything, tries and pauses included; then the caller gives up (typical: 2 s)")
            .off("none").range("1 ns", "7 d").class(Class::NewWork),
        knob("pass_deadline", Unit::Flag, "false",
            "the request says until when its reply is of use; what comes too late to be begun is dropped, and calls made for it end by then")
            .class(Class::NewWork).source("gRPC: deadline propagation"),
        knob("weight", Unit::Count, "1",
            "how many requests each instance behind it gets, compared with those of other links (balancer with policy weighted)")
            .range("0", "1000").class(Class::Restart)
            .source("nginx ngx_http_upstream_module: server weight=1"),
        knob("attempts", Unit::Count, "1", "tries per call, the first one included").range("1", "1000").class(Class::NewWork),
        knob("retry_on", Unit::Names, "all",
            "which failures are retried: `timeouts`, `refused`, `errors`, `overload`, `conflicts`, `rejected`, or single reasons such as `queue_full`")
            .off("all").class(Class::NewWork),
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
            .source("AWS SDK standard retry mode until November 2026: 5 tokens; since then 14, after throttling 5"),
        knob("pool", Unit::Count, "none", "connections per caller instance; a call without one waits for it")
            .off("none").range("1", "1000000").class(Class::Now),
        knob("acquire_timeout", Unit::Duration, "none", "how long a call waits for a connection of the pool")
            .off("none").range("0 s", "1 d").class(Class::NewWork),
        knob("on_timeout", Unit::Choice(&["keep", "discard"]), "keep",
            "the connection of a call that timed out: busy until the other side is done, or closed and replaced at once")
            .class(Class::NewWork),
        knob("max_in_flight", Unit::Count, "none",
            "bulkhead: tries that one caller instance may have under way at the same time; one more is shed (typical: 25)")
            .off("none").range("1", "1000000").class(Class::Restart).source("resilience4j Bulkhead: maxConcurrentCalls"),
        knob("max_in_flight_wait", Unit::Duration, "0 s", "how long a try waits to become one of those")
            .range("0 s", "1 d").class(Class::NewWork).source("resilience4j Bulkhead: maxWaitDuration 0"),
        knob("hedge_after", Unit::Duration, "none",
            "a copy of the request is sent if the reply is not here after this; the first good reply counts (typical: the 95th percentile)")
            .off("none").range("0 s", "1 d").class(Class::NewWork).source("J. Dean, L. Barroso, The Tail at Scale, CACM 2013"),
        knob("hedge_percentile", Unit::Share, "none",
            "the same, after this percentile of the latencies that the caller instance has seen (typical: 95 %)")
            .off("none").range("1 %", "99.99 %").class(Class::NewWork).source("J. Dean, L. Barroso, The Tail at Scale, CACM 2013"),
        knob("hedge_window", Unit::Count, "1000", "the last so many latencies make the percentile").range("2", "10000")
            .class(Class::NewWork),
        knob("hedge_attempts", Unit::Count, "1", "copies of one try at most").range("1", "10").class(Class::NewWork),
        knob("on_hedge_won", Unit::Choice(&["cancel", "let_run"]), "cancel",
            "the copy that lost: its callee is told, and stops if it stops abandoned work, or is left to finish").class(Class::NewWork),
        knob("breaker", Unit::Choice(&["none", "count", "time"]), "none",
            "circuit breaker: too many failures among the last calls, or those of the last seconds, and tries are rejected for a while")
            .class(Class::Restart).source("resilience4j CircuitBreaker: slidingWindowType"),
        knob("breaker_window", Unit::Count, "100", "calls in the breaker's window (count)").range("1", "10000")
            .class(Class::Restart).source("resilience4j CircuitBreaker: slidingWindowSize 100"),
        knob("breaker_window_time", Unit::Duration, "100 s", "length of the breaker's window, whole seconds, rounded up (time)")
            .range("1 s", "1 h").class(Class::Restart).source("resilience4j CircuitBreaker: slidingWindowSize 100"),
        knob("breaker_min_calls", Unit::Count, "100", "calls that the window must hold before the breaker judges")
            .range("1", "10000").class(Class::NewWork).source("resilience4j CircuitBreaker: minimumNumberOfCalls 100"),
        knob("breaker_threshold", Unit::Share, "50 %", "share of failures at which the breaker opens").range("0.01 %", "100 %")
            .class(Class::NewWork).source("resilience4j CircuitBreaker: failureRateThreshold 50"),
        knob("breaker_slow_after", Unit::Duration, "60 s", "a try that takes longer is slow").range("1 ns", "1 d")
            .class(Class::NewWork).source("resilience4j CircuitBreaker: slowCallDurationThreshold 60 s"),
        knob("breaker_slow_threshold", Unit::Share, "100 %", "share of slow tries at which the breaker opens").range("0.01 %", "100 %")
            .class(Class::NewWork).source("resilience4j CircuitBreaker: slowCallRateThreshold 100"),
        knob("breaker_open", Unit::Duration, "60 s", "how long an open breaker rejects tries before it lets some pass").range("1 ns", "1 d")
            .class(Class::NewWork).source("resilience4j CircuitBreaker: waitDurationInOpenState 60 s"),
        knob("breaker_half_open_calls", Unit::Count, "10", "tries that may then pass and decide").range("1", "10000")
            .class(Class::NewWork).source("resilience4j CircuitBreaker: permittedNumberOfCallsInHalfOpenState 10"),
        knob("breaker_counts", Unit::Names, "all", "which failures count for the breaker, in the words of `retry_on`; others count as successes")
            .off("all").class(Class::NewWork).source("resilience4j CircuitBreaker: recordExceptions"),
        knob("fallback", Unit::Choice(&["none", "default", "stale", "skip"]), "none",
            "what is made of a call that failed for good: a default answer, the last one seen for the item, or the step is left out")
            .class(Class::NewWork),
        knob("fallback_kept", Unit::Count, "1000", "items whose last answer a caller instance keeps (stale)").range("1", "1000000")
            .class(Class::NewWork),
        knob("fallback_link", Unit::Text, "none", "another link of the node, called only if the call over this one failed for good")
            .off("none").class(Class::Restart),
        knob("idempotency_key", Unit::Choice(&["none", "form", "click", "server"]), "none",
            "who makes the key by which the same request is known again: with the form, at the click, or at each arrival at the calling server; without one, what came in is handed on")
            .class(Class::NewWork),
        knob("signed_for", Unit::Duration, "none",
            "requests say when they were sent; the callee turns away, as unauthenticated, what its own clock finds further off than this")
            .off("none").range("1 ms", "1 d").class(Class::NewWork).example("5 min")
            .source("Stripe webhook signatures: tolerance 5 minutes; AWS Signature Version 4: 5 minutes"),
        knob("bandwidth", Unit::Count, "none", "bytes per second that fit through, each way; messages wait for each other (typical: 125M)")
            .off("none").range("1", "1000000000000").class(Class::NewWork),
    ],
};
