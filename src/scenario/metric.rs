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
        "changes missing in the rows because somebody overwrote them who had read the row before them",
    ),
    spec(
        Metric::WriteSkew,
        "write_skew",
        Unit::Count,
        "transactions that decided on what another one was changing, which decided on what they changed",
    ),
    spec(
        Metric::Diverged,
        "diverged",
        Unit::Count,
        "rows of which a copy, a cache or a follower has something else than the store, for good",
    ),
    spec(
        Metric::InvariantBroken,
        "invariant_broken",
        Unit::Count,
        "changes beyond what an `[invariant.NAME]` allows (units sold that were not there, seats booked twice), and items whose two rows do not add up",
    ),
    spec(
        Metric::Stale,
        "stale",
        Unit::Count,
        "user actions with a read older than what was committed before it began",
    ),
    spec(
        Metric::StaleAge,
        "stale_age",
        Unit::Duration,
        "how old the worst stale read was: from the first newer commit until its answer was there",
    ),
    spec(
        Metric::OwnWriteMissed,
        "own_write_missed",
        Unit::Count,
        "user actions that did not see what the same user had been told is done",
    ),
    spec(
        Metric::WentBack,
        "went_back",
        Unit::Count,
        "user actions that saw something older than the same user had seen before",
    ),
    spec(
        Metric::OutOfOrder,
        "out_of_order",
        Unit::Count,
        "user actions applied after the effect of one that came later",
    ),
    spec(
        Metric::Unauthorised,
        "unauthorised",
        Unit::Count,
        "user actions done or answered for somebody without the right to them",
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
        Metric::ReadRecovery,
        "read_recovery",
        Unit::Duration,
        "longest time from the loss of a leader to the last read without what was committed before one led again",
    ),
    spec(
        Metric::ClaimsBroken,
        "claims_broken",
        Unit::Count,
        "claims about consistency that did not hold",
    ),
    spec(
        Metric::Pages,
        "pages",
        Unit::Count,
        "pages of all alerts that were read in the window",
    ),
    spec(
        Metric::FalsePages,
        "false_pages",
        Unit::Count,
        "pages that were read in the window though users had what the design's objectives promise",
    ),
    spec(
        Metric::MissedIncidents,
        "missed_incidents",
        Unit::Count,
        "stretches that began in the window, in which users had much less than the objectives promise, and for which nobody was called",
    ),
    spec(
        Metric::TimeToDetect,
        "time_to_detect",
        Unit::Duration,
        "longest time from the beginning of such a stretch until somebody had read a page; if nobody was called, as long as it lasted",
    ),
    spec(
        Metric::MessageAge,
        "message_age",
        Unit::Duration,
        "how old the oldest message is that any queue keeps when the window ends",
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

    /// Whether it is of what users see, and so of one operation or of all.
    pub fn is_of_users(self) -> bool {
        use Metric::*;
        matches!(
            self,
            Served | Goodput | Amplification | LatencyP50 | LatencyP99
        )
    }

    /// Whether only the ledger knows it.
    pub fn is_of_ledger(self) -> bool {
        use Metric::*;
        !matches!(
            self,
            Served
                | Goodput
                | Amplification
                | LatencyP50
                | LatencyP99
                | RecoveryTime
                | Pages
                | FalsePages
                | MissedIncidents
                | TimeToDetect
                | MessageAge
                | Cost
        )
    }

    /// Whether an objective of the design says what it is.
    pub fn needs_slo(self) -> bool {
        use Metric::*;
        matches!(self, FalsePages | MissedIncidents | TimeToDetect)
    }

    pub fn unit(self) -> Unit {
        self.spec().bound.unit
    }
}
