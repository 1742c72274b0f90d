//! What callers do: client libraries, routes of proxies, connection pools.

use super::{Preset, given};

pub static PRESETS: &[Preset] = &[
    Preset {
        name: "aws-sdk-standard",
        word: "AWS SDK, standard retry mode",
        kind: "link",
        meaning: "The retries of an AWS SDK in standard mode, the default since November 2026",
        docs: &[
            (
                "AWS SDKs and Tools Reference Guide, Retry behavior",
                "https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html",
            ),
            (
                "Updated default retry behavior for AWS SDKs and tools",
                "https://aws.amazon.com/blogs/developer/updated-default-retry-behavior-for-aws-sdks-and-tools/",
            ),
            (
                "botocore, retries/standard.py and retries/quota.py",
                "https://github.com/boto/botocore/blob/develop/botocore/retries/standard.py",
            ),
        ],
        values: &[
            given("attempts", "3", "max_attempts 3"),
            given(
                "retry_on",
                "[timeouts, refused, errors, overload]",
                "transient errors, connection errors, 5xx, throttling",
            ),
            given("backoff", "exponential", "base factor of 2"),
            given(
                "backoff_base",
                "50 ms",
                "a random share of 50 ms, then of 100 ms, 200 ms, ...",
            ),
            given("backoff_cap", "20 s", "at most 20 s"),
            given(
                "jitter",
                "full",
                "multiplied by a random number from 0 to 1",
            ),
            given("retry_quota", "500", "retry quota of 500 tokens"),
            given(
                "retry_cost",
                "14",
                "14 tokens per retry after a transient error",
            ),
        ],
        not_expressed: &[
            "after throttling: a base of 1 s, and 5 tokens",
            "DynamoDB: a base of 25 ms and 4 attempts",
            "x-amz-retry-after, clock skew; the rate limit of adaptive mode; timeouts of the connection differ from SDK to SDK",
            "the SDKs for Java and Kotlin still had the values before it when this was looked up",
        ],
    },
    Preset {
        name: "aws-sdk-standard-before-2026",
        word: "AWS SDK, standard retry mode before November 2026",
        kind: "link",
        meaning: "The retries of an AWS SDK in standard mode until AWS changed its defaults",
        docs: &[
            (
                "Announcing updated retry behavior for AWS SDKs and Tools",
                "https://aws.amazon.com/blogs/developer/announcing-updated-retry-behavior-for-aws-sdks-and-tools/",
            ),
            (
                "Boto3, Retries: standard retry mode",
                "https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html#standard-retry-mode",
            ),
            (
                "botocore, retries/standard.py: NEW_RETRIES_ENABLED false",
                "https://github.com/boto/botocore/blob/develop/botocore/retries/standard.py",
            ),
        ],
        values: &[
            given("attempts", "3", "max_attempts 3"),
            given(
                "retry_on",
                "[timeouts, refused, errors, overload]",
                "transient errors, connection errors, 5xx, throttling",
            ),
            given("backoff", "exponential", "base factor of 2"),
            given(
                "backoff_base",
                "1 s",
                "a random share of 1 s, then of 2 s, 4 s, ...",
            ),
            given("backoff_cap", "20 s", "at most 20 s"),
            given(
                "jitter",
                "full",
                "multiplied by a random number from 0 to 1",
            ),
            given("retry_quota", "500", "retry quota of 500 tokens"),
            given("retry_cost", "5", "5 tokens per retry"),
        ],
        not_expressed: &[
            "a retry after a timeout costs 10 tokens",
            "the base of 1 s is boto's; other SDKs had others (C++ 25 ms)",
            "Retry-After, clock skew; the rate limit of adaptive mode; timeouts of the connection differ from SDK to SDK",
        ],
    },
    Preset {
        name: "resilience4j-circuitbreaker",
        word: "resilience4j CircuitBreaker",
        kind: "link",
        meaning: "A circuit breaker with the library's defaults",
        docs: &[(
            "CircuitBreaker",
            "https://resilience4j.readme.io/docs/circuitbreaker#create-and-configure-a-circuitbreaker",
        )],
        values: &[
            given("breaker", "count", "slidingWindowType COUNT_BASED"),
            given("breaker_window", "100", "slidingWindowSize 100"),
            given("breaker_min_calls", "100", "minimumNumberOfCalls 100"),
            given("breaker_threshold", "50 %", "failureRateThreshold 50"),
            given(
                "breaker_slow_after",
                "60 s",
                "slowCallDurationThreshold 60000 ms",
            ),
            given(
                "breaker_slow_threshold",
                "100 %",
                "slowCallRateThreshold 100",
            ),
            given("breaker_open", "60 s", "waitDurationInOpenState 60000 ms"),
            given(
                "breaker_half_open_calls",
                "10",
                "permittedNumberOfCallsInHalfOpenState 10",
            ),
            given("breaker_counts", "all", "recordExceptions empty: all count"),
        ],
        not_expressed: &["ignoreExceptions, automaticTransitionFromOpenToHalfOpenEnabled (off)"],
    },
    Preset {
        name: "resilience4j-retry",
        word: "resilience4j Retry",
        kind: "link",
        meaning: "Retries with the library's defaults",
        docs: &[(
            "Retry",
            "https://resilience4j.readme.io/docs/retry#create-and-configure-retry",
        )],
        values: &[
            given("attempts", "3", "maxAttempts 3, the first one included"),
            given("retry_on", "all", "retryExceptions empty: all"),
            given("backoff", "constant", "intervalFunction: waitDuration"),
            given("backoff_base", "500 ms", "waitDuration 500 ms"),
            given("jitter", "none", "intervalFunction: waitDuration"),
        ],
        not_expressed: &["retryOnResultPredicate, ignoreExceptions"],
    },
    Preset {
        name: "resilience4j-bulkhead",
        word: "resilience4j Bulkhead",
        kind: "link",
        meaning: "A semaphore bulkhead with the library's defaults",
        docs: &[(
            "Bulkhead",
            "https://resilience4j.readme.io/docs/bulkhead#create-and-configure-a-bulkhead",
        )],
        values: &[
            given("max_in_flight", "25", "maxConcurrentCalls 25"),
            given("max_in_flight_wait", "0 s", "maxWaitDuration 0"),
        ],
        not_expressed: &["the thread pool bulkhead"],
    },
    Preset {
        name: "resilience4j-timelimiter",
        word: "resilience4j TimeLimiter",
        kind: "link",
        meaning: "A time limit with the library's defaults",
        docs: &[("TimeLimiter", "https://resilience4j.readme.io/docs/timeout")],
        values: &[given("timeout", "1 s", "timeoutDuration 1 s")],
        not_expressed: &[
            "cancelRunningFuture true: whether the other side stops is its `on_abandoned`",
        ],
    },
    Preset {
        name: "envoy-route",
        word: "Envoy route with retries",
        kind: "link",
        meaning: "An Envoy route with a retry policy that sets nothing but `retry_on: 5xx`",
        docs: &[
            (
                "config.route.v3.RouteAction, RetryPolicy",
                "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-retrypolicy",
            ),
            (
                "Router, x-envoy-retry-on",
                "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-max-retries",
            ),
        ],
        values: &[
            given("deadline", "15 s", "timeout 15 s, retries included"),
            given("attempts", "2", "num_retries 1"),
            given(
                "retry_on",
                "[timeouts, refused, errors, overload]",
                "5xx: also resets, refused connections and no answer",
            ),
            given("backoff", "exponential", "retry_back_off"),
            given("backoff_base", "25 ms", "base_interval 25 ms"),
            given("backoff_cap", "250 ms", "max_interval: 10 times the base"),
            given("jitter", "full", "fully jittered exponential back-off"),
        ],
        not_expressed: &[
            "circuit_breakers: at most 3 retries under way in a cluster",
            "per_try_timeout: none of its own by default, so a request that times out is not tried again: its 15 s are over",
        ],
    },
    Preset {
        name: "nginx-proxy",
        word: "nginx proxy_pass",
        kind: "link",
        meaning: "From nginx to what is behind it, with the timeouts of the proxy module",
        docs: &[(
            "Module ngx_http_proxy_module: proxy_read_timeout",
            "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout",
        )],
        values: &[given("timeout", "60 s", "proxy_read_timeout 60s")],
        not_expressed: &[
            "proxy_read_timeout is between two reads; here a reply is one message",
            "proxy_connect_timeout 60 s, proxy_send_timeout 60 s, proxy_next_upstream",
        ],
    },
    Preset {
        name: "aws-alb-target",
        word: "AWS Application Load Balancer, to a target",
        kind: "link",
        meaning: "From an Application Load Balancer to its targets",
        docs: &[(
            "Edit attributes for your Application Load Balancer: connection idle timeout",
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
        )],
        values: &[given(
            "timeout",
            "60 s",
            "idle_timeout.timeout_seconds 60, then HTTP 504",
        )],
        not_expressed: &["client keepalive 3600 s"],
    },
    Preset {
        name: "hikaricp",
        word: "HikariCP",
        kind: "link",
        meaning: "A pool of database connections with the library's defaults",
        docs: &[(
            "HikariCP, Configuration",
            "https://github.com/brettwooldridge/HikariCP#gear-configuration-knobs-baby",
        )],
        values: &[
            given("pool", "10", "maximumPoolSize 10"),
            given("acquire_timeout", "30 s", "connectionTimeout 30000 ms"),
        ],
        not_expressed: &[
            "minimumIdle, idleTimeout, maxLifetime 30 min, leak detection (off)",
            "no timeout of queries: that is the driver's",
        ],
    },
    Preset {
        name: "stripe-webhooks",
        word: "Stripe, webhooks",
        kind: "link",
        meaning: "From a payment provider to you: what it tells you again until you have received it",
        docs: &[
            (
                "Receive Stripe events in your webhook endpoint",
                "https://docs.stripe.com/webhooks",
            ),
            (
                "Webhook.Signature, tolerance",
                "https://docs.stripe.com/webhooks/signature",
            ),
        ],
        values: &[
            given("attempts", "1000", "as many as fit into three days"),
            given("deadline", "3 d", "live mode: up to three days"),
            given("backoff", "exponential", "with an exponential back off"),
            given(
                "backoff_base",
                "5 min",
                "the schedule is not documented: ours",
            ),
            given(
                "backoff_cap",
                "12 h",
                "the schedule is not documented: ours",
            ),
            given(
                "signed_for",
                "5 min",
                "default tolerance of 5 minutes between signature and clock",
            ),
        ],
        not_expressed: &[
            "how long it waits for an answer is not documented: set `timeout`",
            "an endpoint that fails for days is disabled; events are sent again by hand for up to 15 days",
            "no order of events is guaranteed: nor is there one here, since each has its own retries",
        ],
    },
    Preset {
        name: "finagle-retry-budget",
        word: "Finagle RetryBudget",
        kind: "link",
        meaning: "The retry budget that Finagle's clients have unless given another",
        docs: &[
            (
                "Finagle, Clients: retries",
                "https://twitter.github.io/finagle/guide/Clients.html#retries",
            ),
            (
                "RetryBudget.scala: DefaultTtl, percentCanRetry 0.2, DefaultMinRetriesPerSec",
                "https://github.com/twitter/finagle/blob/develop/finagle-core/src/main/scala/com/twitter/finagle/service/RetryBudget.scala",
            ),
        ],
        values: &[given(
            "retry_budget",
            "20 %",
            "about 20 % of the requests; deposits expire after 10 s",
        )],
        not_expressed: &[
            "minRetriesPerSec 10: ten more retries per second are always allowed; here a budget starts empty",
            "`attempts` and `retry_on` are the filter's, which has no default: set them",
        ],
    },
    Preset {
        name: "haproxy-server",
        word: "HAProxy, to a server",
        kind: "link",
        meaning: "From HAProxy to its servers: a connection that cannot be made is tried again",
        docs: &[(
            "Configuration Manual, 4.2: retries",
            "https://docs.haproxy.org/dev/configuration.html#4.2-retries",
        )],
        values: &[
            given("attempts", "4", "retries 3"),
            given(
                "retry_on",
                "[refused]",
                "by default retries apply only to new connection attempts",
            ),
            given(
                "backoff",
                "constant",
                "a turn-around timer before a retry on the same server",
            ),
            given(
                "backoff_base",
                "1 s",
                "min of timeout connect and one second",
            ),
        ],
        not_expressed: &[
            "option redispatch (off): the last retry may go to another server",
            "timeout connect, timeout server and timeout queue: not set by default, and a warning without them",
        ],
    },
];
