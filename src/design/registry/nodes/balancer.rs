//! The knobs of the kind.

use super::{INSTANCES, MAX_REQUEST_SIZE, PRICE, VERSION, ZONES};
use crate::design::registry::{Accepts, Class, KindSpec, KnobSpec, knob};
use crate::design::value::Unit;

/// Who gets the next request.
const POLICY: KnobSpec = knob("policy", Unit::Choice(&["random", "round_robin", "least_outstanding", "two_choices", "weighted", "sticky", "key_hash"]), "round_robin",
    "how it chooses: by chance, in turn, the one with fewest requests under way, the better of two drawn by chance, in turn by the links' weights, always the same one for a user, or always the same one for an item")
    .class(Class::NewWork);
const VIRTUAL_NODES: KnobSpec = knob("virtual_nodes", Unit::Count, "160",
    "points of each instance on the ring of hashes; more of them share the keys more evenly (sticky, key_hash)")
    .range("1", "1000").class(Class::Restart)
    .source("ketama, and nginx `hash ... consistent`: 160 points per server");
const VIEW_AGE: KnobSpec = knob("view_age", Unit::Duration, "0 s",
    "how old its picture of the loads may get before it is renewed; 0, it is always right (least_outstanding, two_choices)")
    .range("0 s", "1 h").class(Class::NewWork)
    .source("M. Mitzenmacher, How Useful Is Old Information?, IEEE TPDS 2000: periodic update");
const RETRY_ELSEWHERE: KnobSpec = knob(
    "retry_elsewhere",
    Unit::Flag,
    "false",
    "whether a retry avoids the instance that has just failed, if its link has another",
)
.class(Class::NewWork)
.source("Envoy retry_host_predicate: envoy.retry_host_predicates.previous_hosts, off by default");
const ON_ABANDONED: KnobSpec = knob("on_abandoned", Unit::Choice(&["continue", "stop"]), "continue",
    "what it does when its caller has gone: wait on for the reply, or take the request back and pass the word on")
    .class(Class::NewWork)
    .source("nginx proxy_ignore_client_abort: off (it closes the connection, as `stop` does) unless set");

/// Active checks. All four numbers are those of one vendor, so that they fit together.
const HEALTH_CHECK: KnobSpec = knob("health_check", Unit::Choice(&["none", "shallow", "deep"]), "none",
    "whether it asks the instances how they are: not at all, whether the process runs, or whether all that it depends on works too")
    .class(Class::Restart);
const CHECK_INTERVAL: KnobSpec = knob(
    "check_interval",
    Unit::Duration,
    "30 s",
    "how often each instance is checked",
)
.range("1 ms", "1 h")
.class(Class::NewWork)
.source("AWS Application Load Balancer, target group health checks: HealthCheckIntervalSeconds 30");
const CHECK_TIMEOUT: KnobSpec = knob(
    "check_timeout",
    Unit::Duration,
    "5 s",
    "how long a check may take; after that it has failed",
)
.range("1 ms", "1 h")
.class(Class::NewWork)
.source("AWS Application Load Balancer: HealthCheckTimeoutSeconds 5");
const UNHEALTHY_AFTER: KnobSpec = knob(
    "unhealthy_after",
    Unit::Count,
    "2",
    "failed checks in a row that take an instance out of rotation",
)
.range("1", "1000")
.class(Class::NewWork)
.source("AWS Application Load Balancer: UnhealthyThresholdCount 2");
const HEALTHY_AFTER: KnobSpec = knob(
    "healthy_after",
    Unit::Count,
    "5",
    "passed checks in a row that bring it back",
)
.range("1", "1000")
.class(Class::NewWork)
.source("AWS Application Load Balancer: HealthyThresholdCount 5");

/// Passive outlier ejection.
const EJECT_AFTER: KnobSpec = knob(
    "eject_after",
    Unit::Count,
    "none",
    "requests that an instance fails in a row before it is left out for a while, for example 5",
)
.off("none")
.range("1", "10000")
.class(Class::NewWork)
.source("Envoy outlier_detection: consecutive_5xx 5 where it is on");
const EJECT_TIME: KnobSpec = knob(
    "eject_time",
    Unit::Duration,
    "30 s",
    "how long it is left out, times how often it has been",
)
.range("1 ms", "1 d")
.class(Class::NewWork)
.source("Envoy outlier_detection: base_ejection_time 30 s");
const EJECT_TIME_MAX: KnobSpec = knob(
    "eject_time_max",
    Unit::Duration,
    "300 s",
    "never left out for longer than this",
)
.range("1 ms", "1 d")
.class(Class::NewWork)
.source("Envoy outlier_detection: max_ejection_time 300 s");
const EJECT_SHARE_MAX: KnobSpec = knob(
    "eject_share_max",
    Unit::Share,
    "10 %",
    "share of the instances left out at the same time",
)
.class(Class::NewWork)
.source("Envoy outlier_detection: max_ejection_percent 10");
const EJECT_ONE: KnobSpec = knob(
    "eject_one",
    Unit::Flag,
    "true",
    "whether one instance may always be left out, however few there are",
)
.class(Class::NewWork)
.source(
    "Envoy outlier_detection: always_eject_one_host, false since 1.31; before, one always could be",
);
const EJECT_INTERVAL: KnobSpec = knob(
    "eject_interval",
    Unit::Duration,
    "10 s",
    "how often it looks who may come back; who is in rotation then has one earlier time forgiven",
)
.range("1 ms", "1 h")
.class(Class::NewWork)
.source("Envoy outlier_detection: interval 10 s");

/// Too few are well.
const PANIC_THRESHOLD: KnobSpec = knob("panic_threshold", Unit::Share, "0 %",
    "below this share of instances in rotation it stops believing its checks, for example 50 %; at 0 % only when none is left")
    .class(Class::NewWork).source("Envoy healthy_panic_threshold has 50 %; AWS load balancers fail open when no target is healthy");
const WHEN_ALL_UNHEALTHY: KnobSpec = knob(
    "when_all_unhealthy",
    Unit::Choice(&["open", "closed"]),
    "open",
    "what it does then: ask all of them, or refuse everything",
)
.class(Class::NewWork)
.source("AWS load balancers fail open; Envoy fail_traffic_on_panic closes");

/// Zones.
const ZONE_POLICY: KnobSpec = knob(
    "zone_policy",
    Unit::Choice(&["any", "local_first"]),
    "any",
    "whether it prefers instances in its own zone",
)
.class(Class::NewWork)
.source("Envoy locality priorities, Istio locality load balancing");
const ZONE_OVERLOAD: KnobSpec = knob("zone_overload", Unit::Factor, "1.4x",
    "how much more than their share those left in its zone may get before other zones help out (local_first)")
    .range("1", "100").class(Class::NewWork).source("Envoy overprovisioning_factor: 140 %");

/// Limits.
const RATE_LIMIT: KnobSpec = knob("rate_limit", Unit::Rate, "none",
    "requests let through, for example 100 rps; what is above is refused at once. Each of its instances counts for itself")
    .off("none").range("0 rps", "10000000 rps").class(Class::NewWork);
const RATE_ALGORITHM: KnobSpec = knob("rate_algorithm", Unit::Choice(&["token_bucket", "fixed_window", "sliding_window"]), "token_bucket",
    "how it counts: tokens that come in at the rate, requests since the last edge of a window, or a log of the last requests let through")
    .class(Class::Restart);
const RATE_BURST: KnobSpec = knob(
    "rate_burst",
    Unit::Count,
    "1",
    "tokens the bucket holds: requests that may come at once (token_bucket)",
)
.range("1", "10000000")
.class(Class::NewWork)
.source("nginx limit_req: burst=0, one request and none above it");
const RATE_WINDOW: KnobSpec = knob(
    "rate_window",
    Unit::Duration,
    "1 s",
    "length of the window that is counted in (fixed_window, sliding_window)",
)
.range("1 ms", "1 d")
.class(Class::NewWork);
const RATE_PER: KnobSpec = knob(
    "rate_per",
    Unit::Choice(&["global", "identity", "operation"]),
    "global",
    "who shares one limit: everybody, each user alone, or all who do the same thing",
)
.class(Class::Restart);
const RATE_TABLE: KnobSpec = knob("rate_table", Unit::Count, "80000",
    "users or operations it remembers; with more, the one not seen for longest begins anew (rate_per)")
    .range("1", "10000000").class(Class::NewWork)
    .source("nginx limit_req_zone: in its example zone of 10 MB about 80 thousand states of 128 bytes, old ones are removed");
const MAX_OUTSTANDING: KnobSpec = knob(
    "max_outstanding",
    Unit::Count,
    "none",
    "requests that one of its instances may have under way, for example 1000; one more is shed",
)
.off("none")
.range("1", "10000000")
.class(Class::NewWork)
.source("Envoy circuit breakers: max_requests 1024");
const ADMISSION: KnobSpec = knob("admission", Unit::Choice(&["none", "priority"]), "none",
    "whether less important operations are turned away earlier than others").class(Class::NewWork)
    .source("H. Zhou et al., Overload Control for Scaling WeChat Microservices (DAGOR), SoCC 2018: by class at the door");
const PRIORITY_STEP: KnobSpec = knob("priority_step", Unit::Share, "20 %",
    "how much less of max_outstanding each class may fill than the one above it: critical 100 %, high 80 %, normal 60 %, low 40 %")
    .class(Class::NewWork);

const CHECKS_RIGHTS: KnobSpec = knob("checks_rights", Unit::Flag, "false",
    "whether it turns away, as forbidden, those who have no right to what they ask for (`without_right_share` of clients)")
    .class(Class::NewWork);

pub static BALANCER: KindSpec = KindSpec {
    name: "balancer",
    word: "Balancer",
    meaning: "Passes each request to one instance of what stands behind it",
    accepts: Accepts::Requests,
    calls: true,
    knobs: &[
        POLICY,
        VIRTUAL_NODES,
        VIEW_AGE,
        RETRY_ELSEWHERE,
        ON_ABANDONED,
        HEALTH_CHECK,
        CHECK_INTERVAL,
        CHECK_TIMEOUT,
        UNHEALTHY_AFTER,
        HEALTHY_AFTER,
        EJECT_AFTER,
        EJECT_TIME,
        EJECT_TIME_MAX,
        EJECT_SHARE_MAX,
        EJECT_ONE,
        EJECT_INTERVAL,
        PANIC_THRESHOLD,
        WHEN_ALL_UNHEALTHY,
        ZONE_POLICY,
        ZONE_OVERLOAD,
        RATE_LIMIT,
        RATE_ALGORITHM,
        RATE_BURST,
        RATE_WINDOW,
        RATE_PER,
        RATE_TABLE,
        MAX_OUTSTANDING,
        ADMISSION,
        PRIORITY_STEP,
        CHECKS_RIGHTS,
        MAX_REQUEST_SIZE,
        INSTANCES,
        PRICE,
        ZONES,
        VERSION,
    ],
};
