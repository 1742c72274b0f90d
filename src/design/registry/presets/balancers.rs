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
                "Module ngx_http_upstream_module: max_fails, fail_timeout",
                "https://nginx.org/en/docs/http/ngx_http_upstream_module.html#max_fails",
            ),
            (
                "Module ngx_http_proxy_module: proxy_next_upstream",
                "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_next_upstream",
            ),
            (
                "Module ngx_http_proxy_module: proxy_ignore_client_abort",
                "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_client_abort",
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
            "proxy_next_upstream error timeout: nginx itself tries the next server after an error or a timeout, as often as there are servers (proxy_next_upstream_tries 0), but not a POST, LOCK or PATCH that was sent; here `attempts` of the link that leads to the balancer do that, with `retry_elsewhere`",
            "only errors of the connection and timeouts are unsuccessful attempts by default, an answer with status 500 is not",
            "keepalive: since 1.29.7 up to 32 idle connections to upstream servers are kept by default, before none; connections cost nothing here",
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
                "config.cluster.v3.Cluster, CommonLbConfig",
                "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto#config-cluster-v3-cluster-commonlbconfig",
            ),
            (
                "config.cluster.v3.CircuitBreakers.Thresholds",
                "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/circuit_breaker.proto#config-cluster-v3-circuitbreakers-thresholds",
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
            "max_connections 1024, max_pending_requests 1024; max_retries 3 at the same time in a cluster",
            "retry_budget: none unless configured, then budget_percent 20 % of the requests under way and min_retry_concurrency 3",
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
                "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/outlier_detection.proto#config-cluster-v3-outlierdetection",
            ),
            (
                "config.cluster.v3.CircuitBreakers.Thresholds",
                "https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/circuit_breaker.proto#config-cluster-v3-circuitbreakers-thresholds",
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
            given(
                "eject_one",
                "false",
                "always_eject_one_host false: of fewer than ten hosts none is ejected (since 1.31)",
            ),
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
    Preset {
        name: "haproxy-check",
        word: "HAProxy backend with checks",
        kind: "balancer",
        meaning: "A backend of HAProxy whose servers have the keyword `check`",
        docs: &[
            (
                "Configuration Manual, 5.2: check, inter, fall, rise",
                "https://docs.haproxy.org/dev/configuration.html#5.2-check",
            ),
            (
                "Configuration Manual, 4.2: balance",
                "https://docs.haproxy.org/dev/configuration.html#4.2-balance",
            ),
        ],
        values: &[
            given("policy", "weighted", "roundrobin, each server's weight 1"),
            given(
                "health_check",
                "shallow",
                "check: whether a connection can be established",
            ),
            given("check_interval", "2 s", "inter 2000 ms"),
            given(
                "check_timeout",
                "2 s",
                "timeout check not set: inter is the time a check may take",
            ),
            given("unhealthy_after", "3", "fall 3"),
            given("healthy_after", "2", "rise 2"),
        ],
        not_expressed: &[
            "`balance` has to be given; roundrobin is what it is without the line",
            "without `check` a server is always considered available",
            "maxconn of a server (none), queues; what happens when no server is left is not documented there as a default: our `when_all_unhealthy`",
            "retries are on the link: preset `haproxy-server`",
        ],
    },
    Preset {
        name: "kubernetes-readiness",
        word: "Kubernetes Service with readiness probes",
        kind: "balancer",
        meaning: "A Service whose pods have a readiness probe that sets nothing but what it asks",
        docs: &[
            (
                "Configure Liveness, Readiness and Startup Probes",
                "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#configure-probes",
            ),
            (
                "Virtual IPs and Service Proxies",
                "https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-iptables",
            ),
        ],
        values: &[
            given(
                "policy",
                "random",
                "kube-proxy, mode iptables: a backend at random",
            ),
            given("health_check", "shallow", "readinessProbe"),
            given("check_interval", "10 s", "periodSeconds 10"),
            given("check_timeout", "1 s", "timeoutSeconds 1"),
            given("unhealthy_after", "3", "failureThreshold 3"),
            given("healthy_after", "1", "successThreshold 1"),
            given(
                "when_all_unhealthy",
                "closed",
                "a Service without ready endpoints refuses",
            ),
        ],
        not_expressed: &[
            "a probe is the kubelet's of the pod's node, not the balancer's; connections, not requests, are balanced",
            "a liveness probe has the same figures and restarts the container",
            "what the probe looks at is up to the pod; `shallow` takes it as the process alone",
            "initialDelaySeconds 0, terminationGracePeriodSeconds 30",
        ],
    },
];
