//! Balancers and proxies.

use super::{Preset, given};

pub static PRESETS: &[Preset] = &[
    Preset {
        name: "nginx",
        word: "nginx upstream",
        kind: "balancer",
        meaning: "nginx as a reverse proxy, with an upstream group as it comes",
        docs: &[
            (
                "Module ngx_http_upstream_module",
                "https://nginx.org/en/docs/http/ngx_http_upstream_module.html",
            ),
            (
                "Module ngx_http_proxy_module",
                "https://nginx.org/en/docs/http/ngx_http_proxy_module.html",
            ),
        ],
        values: &[
            given(
                "policy",
                "weighted",
                "weighted round-robin; server weight=1",
            ),
            given("eject_after", "1", "server max_fails=1"),
            given("eject_time", "10 s", "server fail_timeout=10s"),
            given(
                "eject_time_max",
                "10 s",
                "server fail_timeout=10s, the same each time",
            ),
            given(
                "eject_share_max",
                "100 %",
                "any server that failed max_fails times is unavailable",
            ),
            given("on_abandoned", "stop", "proxy_ignore_client_abort off"),
        ],
        not_expressed: &[
            "proxy_next_upstream: by default nginx itself tries the next server after an error or a timeout, but not a request such as POST; here `attempts` of the link that leads to the balancer do that, with `retry_elsewhere`",
            "only errors of the connection and timeouts count as failures by default, an answer with status 500 does not",
            "a server that is the only one in its group is never unavailable",
            "active health checks are not in the open source edition",
            "the timeouts are on the link: preset `nginx-proxy`",
        ],
    },
    Preset {
        name: "envoy",
        word: "Envoy cluster",
        kind: "balancer",
        meaning: "Envoy with a cluster as it comes: no health checks, no outlier detection",
        docs: &[
            (
                "config.cluster.v3.Cluster",
                "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto",
            ),
            (
                "config.cluster.v3.CircuitBreakers",
                "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/circuit_breaker.proto",
            ),
        ],
        values: &[
            given("policy", "round_robin", "lb_policy ROUND_ROBIN"),
            given(
                "max_outstanding",
                "1024",
                "circuit_breakers: max_requests 1024",
            ),
            given("panic_threshold", "50 %", "healthy_panic_threshold 50 %"),
            given("when_all_unhealthy", "open", "fail_traffic_on_panic false"),
            given(
                "retry_elsewhere",
                "false",
                "no retry_host_predicate unless configured",
            ),
        ],
        not_expressed: &[
            "max_connections 1024, max_pending_requests 1024, max_retries 3",
            "max_requests is per cluster and priority; here it is per instance of the balancer, whatever is behind it",
            "timeouts and retries are of the route: preset `envoy-route` of the link",
        ],
    },
    Preset {
        name: "envoy-outlier-detection",
        word: "Envoy with outlier detection",
        kind: "balancer",
        meaning: "Envoy with an empty outlier_detection block: ejection with its defaults",
        docs: &[
            (
                "config.cluster.v3.OutlierDetection",
                "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/outlier_detection.proto",
            ),
            (
                "config.cluster.v3.Cluster",
                "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto",
            ),
        ],
        values: &[
            given("policy", "round_robin", "lb_policy ROUND_ROBIN"),
            given(
                "max_outstanding",
                "1024",
                "circuit_breakers: max_requests 1024",
            ),
            given("panic_threshold", "50 %", "healthy_panic_threshold 50 %"),
            given("when_all_unhealthy", "open", "fail_traffic_on_panic false"),
            given("eject_after", "5", "consecutive_5xx 5"),
            given("eject_interval", "10 s", "interval 10 s"),
            given("eject_time", "30 s", "base_ejection_time 30 s"),
            given("eject_time_max", "300 s", "max_ejection_time 300 s"),
            given("eject_share_max", "10 %", "max_ejection_percent 10 %"),
        ],
        not_expressed: &[
            "success rate ejection (on by default, from 5 hosts with 100 requests in an interval)",
            "consecutive_gateway_failure and failure percentage (off by default)",
        ],
    },
    Preset {
        name: "aws-alb",
        word: "AWS Application Load Balancer",
        kind: "balancer",
        meaning: "An Application Load Balancer with a target group as it comes",
        docs: &[
            (
                "Health checks for Application Load Balancer target groups",
                "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html",
            ),
            (
                "Edit target group attributes for your Application Load Balancer",
                "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html",
            ),
        ],
        values: &[
            given(
                "policy",
                "round_robin",
                "load_balancing.algorithm.type round_robin",
            ),
            given("health_check", "shallow", "always on; path /"),
            given("check_interval", "30 s", "HealthCheckIntervalSeconds 30"),
            given("check_timeout", "5 s", "HealthCheckTimeoutSeconds 5"),
            given("unhealthy_after", "2", "UnhealthyThresholdCount 2"),
            given("healthy_after", "5", "HealthyThresholdCount 5"),
            given("panic_threshold", "0 %", "minimum_healthy_targets.count 1"),
            given(
                "when_all_unhealthy",
                "open",
                "fails open if all targets are unhealthy",
            ),
        ],
        not_expressed: &[
            "what the path `/` looks at is up to the service; `shallow` takes it as the process alone",
            "cross-zone load balancing on, deregistration delay 300 s, no slow start",
            "a lambda target is checked every 35 s with a timeout of 30 s",
            "the idle timeout is on the link: preset `aws-alb-target`",
        ],
    },
];
