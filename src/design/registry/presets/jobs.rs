//! Schedulers of jobs.

use super::{Preset, given};

pub static PRESETS: &[Preset] = &[Preset {
    name: "kubernetes-cronjob",
    word: "Kubernetes CronJob",
    kind: "job",
    meaning: "A job as a Kubernetes CronJob begins it, and begins it once more, by default",
    docs: &[
        (
            "CronJob",
            "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/",
        ),
        (
            "Jobs",
            "https://kubernetes.io/docs/concepts/workloads/controllers/job/",
        ),
    ],
    values: &[
        given("overlap", "beside", "concurrencyPolicy Allow"),
        given(
            "start_deadline",
            "none",
            "startingDeadlineSeconds absent: no deadline",
        ),
        given(
            "on_failure",
            "stop",
            "a container that exits with an error has failed",
        ),
        given("retries", "6", "backoffLimit 6"),
        given(
            "retry_pause",
            "10 s",
            "failed Pods are recreated after 10 s, 20 s, 40 s ..., at most six minutes",
        ),
        given("resumable", "false", "a Pod that is recreated begins anew"),
    ],
    not_expressed: &[
        "Forbid may begin a run late, when the earlier one is over, within startingDeadlineSeconds: that is `queue` with a `start_deadline`",
        "a crash counts towards backoffLimit there; here it is begun again without a limit",
        "more than 100 missed times: the CronJob is not begun any more",
        "parallelism and completions: several Pods of one run; activeDeadlineSeconds (none), suspend",
    ],
}];
