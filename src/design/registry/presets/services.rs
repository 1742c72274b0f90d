//! What runs services.

use super::{Preset, given};

pub static PRESETS: &[Preset] = &[
    Preset {
        name: "kubernetes-deployment",
        word: "Kubernetes Deployment",
        kind: "service",
        meaning: "A Deployment as it comes: one replica that is restarted when it dies",
        docs: &[
            (
                "Deployments: replicas, max unavailable, max surge",
                "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#writing-a-deployment-spec",
            ),
            (
                "Pod Lifecycle: restart policy",
                "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy",
            ),
        ],
        values: &[
            given("instances", "1", ".spec.replicas, default 1"),
            given(
                "restart_time",
                "10 s",
                "restart back-off: 10 s, 20 s, 40 s, ...",
            ),
        ],
        not_expressed: &[
            "the back-off doubles up to 5 minutes and starts anew after 10 minutes without a crash; here each restart takes 10 s",
            "rolling updates (maxSurge 25 %, maxUnavailable 25 %) are the default of the timeline's `deploy`",
            "probes: none by default; checks are the balancer's: preset `kubernetes-readiness`",
            "terminationGracePeriodSeconds 30: here an instance that leaves finishes what it has",
        ],
    },
    Preset {
        name: "kubernetes-hpa",
        word: "Kubernetes HorizontalPodAutoscaler",
        kind: "service",
        meaning: "A Deployment under a HorizontalPodAutoscaler that names no metric",
        docs: &[
            (
                "Horizontal Pod Autoscaling",
                "https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#algorithm-details",
            ),
            (
                "HorizontalPodAutoscaler v2",
                "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/",
            ),
            (
                "kube-controller-manager",
                "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/",
            ),
        ],
        values: &[
            given("autoscale", "true", "a HorizontalPodAutoscaler exists"),
            given("min_instances", "1", "minReplicas, default 1"),
            given(
                "target_utilisation",
                "80 %",
                "80 % average CPU utilization if metrics are not set",
            ),
            given(
                "scale_period",
                "15 s",
                "--horizontal-pod-autoscaler-sync-period 15s",
            ),
            given(
                "scale_tolerance",
                "10 %",
                "--horizontal-pod-autoscaler-tolerance 0.1",
            ),
            given(
                "scale_up_stabilisation",
                "0 s",
                "behavior.scaleUp.stabilizationWindowSeconds 0",
            ),
            given(
                "scale_down_stabilisation",
                "5 min",
                "--horizontal-pod-autoscaler-downscale-stabilization 5m",
            ),
        ],
        not_expressed: &[
            "maxReplicas has no default in Kubernetes: `max_instances` keeps ours, set it",
            "utilisation is of slots, not of requested CPU",
            "scale-up policy: at most the larger of 100 % or 4 pods per 15 s (the comment in the API's types says 60 s; the code that sets defaults has 15 s)",
            "--horizontal-pod-autoscaler-cpu-initialization-period 5m, --horizontal-pod-autoscaler-initial-readiness-delay 30s",
        ],
    },
];
