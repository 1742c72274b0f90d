//! What a goal can be about, and how its bound is written.

use super::Metric;
use crate::design::registry::{KnobSpec, knob};
use crate::design::value::Unit;

/// A metric, with its bound read like a knob of its name.
#[derive(Debug)]
pub struct MetricSpec {
    pub metric: Metric,
    pub bound: KnobSpec,
}

const fn spec(metric: Metric, name: &'static str, unit: Unit, meaning: &'static str) -> MetricSpec {
    MetricSpec {
        metric,
        bound: knob(name, unit, "", meaning),
    }
}

/// All metrics, in the order people meet them.
pub static METRICS: &[MetricSpec] = &[
    spec(
        Metric::Served,
        "served",
        Unit::Share,
        "share of user actions that were served in full",
    ),
    spec(
        Metric::Goodput,
        "goodput",
        Unit::Rate,
        "useful replies per second",
    ),
    spec(
        Metric::Amplification,
        "amplification",
        Unit::Factor,
        "tries that clients send per user action",
    ),
    spec(
        Metric::LatencyP50,
        "latency_p50",
        Unit::Duration,
        "half of the served users waited no longer, retries included",
    ),
    spec(
        Metric::LatencyP99,
        "latency_p99",
        Unit::Duration,
        "99 of 100 served users waited no longer, retries included",
    ),
    spec(
        Metric::Lost,
        "lost",
        Unit::Count,
        "user actions acknowledged, but without their effect",
    ),
    spec(
        Metric::Duplicate,
        "duplicate",
        Unit::Count,
        "user actions whose effect happened more than once",
    ),
    spec(
        Metric::Phantom,
        "phantom",
        Unit::Count,
        "user actions done, though the user was told they failed",
    ),
    spec(
        Metric::Partial,
        "partial",
        Unit::Count,
        "user actions of which only some effects happened",
    ),
    spec(
        Metric::LostUpdate,
        "lost_update",
        Unit::Count,
        "writes overwritten by a job that had read the row before them",
    ),
    spec(
        Metric::RecoveryTime,
        "recovery_time",
        Unit::Duration,
        "longest time from the first write that failed after the loss of a leader to the next commit",
    ),
    spec(
        Metric::RecoveryPoint,
        "recovery_point",
        Unit::Duration,
        "largest span of acknowledged writes that were lost with a leader",
    ),
    spec(
        Metric::Cost,
        "cost",
        Unit::Money,
        "dollars per hour of the design, its calls included",
    ),
];

impl Metric {
    pub fn named(name: &str) -> Option<&'static MetricSpec> {
        METRICS.iter().find(|spec| spec.bound.name == name)
    }

    pub fn spec(self) -> &'static MetricSpec {
        METRICS
            .iter()
            .find(|spec| spec.metric == self)
            .expect("every metric is in the list")
    }

    /// The word for it in files: `latency_p99`.
    pub fn name(self) -> &'static str {
        self.spec().bound.name
    }

    /// Whether a larger value is the better one.
    pub fn more_is_better(self) -> bool {
        matches!(self, Metric::Served | Metric::Goodput)
    }

    pub fn unit(self) -> Unit {
        self.spec().bound.unit
    }
}
