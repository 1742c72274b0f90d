//! The report of one run: what the command line prints as JSON and the page shows as numbers.

use serde::{Deserialize, Serialize};

use crate::design::word::{self, Word};

/// Everything about a finished run. Durations in nanoseconds, money in millionths of a dollar.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Report {
    pub scenario: String,
    pub title: String,
    pub seed: u64,
    /// Version of this report's shape.
    pub format: u32,
    /// Version of the rules of the simulation; digests of different versions do not compare.
    pub semantics_version: u32,
    #[serde(deserialize_with = "word::read")]
    pub engine_version: Word,
    /// 32 hexadecimal digits over the whole run: the run's fingerprint.
    pub digest: String,
    pub ended: Ended,
    pub duration_ns: u64,
    /// When nothing could change any more.
    pub settled_at_ns: Option<u64>,
    /// Events handled.
    pub events: u64,
    /// The measured part, or what there was of it if a limit ended the run.
    pub measure_ns: (u64, u64),
    pub users: Users,
    pub ledger: LedgerCounts,
    /// The ledger was kept. If not, its counts are zero, the digest is without them, and goals about them do not
    /// hold.
    #[serde(default = "yes")]
    pub ledger_kept: bool,
    /// Each time a database lost its leader, in order of time.
    #[serde(default)]
    pub losses: Vec<LossReport>,
    pub operations: Vec<OperationReport>,
    pub alerts: Vec<AlertReport>,
    /// What users were promised, and what became of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slos: Vec<SloReport>,
    pub nodes: Vec<NodeReport>,
    pub links: Vec<LinkReport>,
    pub cost: Cost,
    pub goals: Vec<GoalReport>,
    /// All goals hold, or there are none, and no limit ended the run.
    pub passed: bool,
    pub series: Series,
    /// A sample of actions with all their tries, and those pinned for a reason.
    pub traces: Vec<TraceReport>,
}

fn yes() -> bool {
    true
}

fn is_yes(it: &bool) -> bool {
    *it
}

impl Report {
    /// Drops what grows with the run's length, for collections of many reports.
    pub fn shorten(&mut self) {
        let bucket_ns = self.series.bucket_ns;
        self.series = Series {
            bucket_ns,
            ..Series::default()
        };
        for node in &mut self.nodes {
            node.series = NodeSeries::default();
        }
        for slo in &mut self.slos {
            (slo.told_each, slo.bad_each) = (Vec::new(), Vec::new());
        }
        self.traces = Vec::new();
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// To the end, and everything under way came to rest.
    Settled,
    /// To the end, but this many tries were still open: ten minutes later, or (`stuck`) for ever,
    /// because what they wait for was lost and nobody set a timeout.
    Unsettled { open: u64, stuck: bool },
    /// More was under way than the limit allows (docs/semantics.md 29).
    BacklogLimit { at_ns: u64, limit: u64 },
    /// More events than the limit allows.
    EventLimit { at_ns: u64, limit: u64 },
}

/// All clients together, actions begun in the measured part.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Users {
    pub actions: u64,
    pub served: u64,
    pub degraded: u64,
    pub failed: u64,
    /// Gone before they were told anything.
    pub abandoned: u64,
    /// Never told anything.
    pub unanswered: u64,
    /// Why the last try of the failed ones failed.
    #[serde(deserialize_with = "word::read_pairs")]
    pub failed_by_reason: Vec<(Word, u64)>,
    pub served_share: Option<f64>,
    /// Useful replies per second.
    pub goodput_per_s: f64,
    /// Tries that clients sent per second, and per action.
    pub offered_per_s: f64,
    pub tries_per_action: Option<f64>,
    /// Of served actions, retries included.
    pub latency: Latency,
}

/// From a histogram with at most 1 % error; `None` if nothing was recorded.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Latency {
    pub count: u64,
    pub mean_ns: Option<f64>,
    pub p50_ns: Option<u64>,
    pub p90_ns: Option<u64>,
    pub p95_ns: Option<u64>,
    pub p99_ns: Option<u64>,
    pub p999_ns: Option<u64>,
    pub max_ns: Option<u64>,
}

/// Whole run, after settling.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LedgerCounts {
    pub intents: u64,
    /// Effects applied, all intents and places.
    pub effects: u64,
    /// Of those, the ones that did not survive a change of the leader.
    #[serde(default)]
    pub undone: u64,
    pub clean: u64,
    pub lost: u64,
    pub duplicate: u64,
    pub phantom: u64,
    pub partial: u64,
    /// Acknowledged, and waiting in a dead-letter queue: not lost, not done.
    #[serde(default)]
    pub parked: u64,
    /// Of the effects: on behalf of no user, by jobs; and those of them that the same run of the job had
    /// already left.
    pub effects_of_jobs: u64,
    pub repeated_by_jobs: u64,
    /// Changes that are missing in the rows because somebody overwrote them who had read the row before
    /// them.
    pub lost_updates: u64,
    /// Actions with a read older than what was committed, and survives, before it began; and how old the
    /// worst one was: from the first newer commit until the answer was there.
    #[serde(default)]
    pub stale: u64,
    #[serde(default)]
    pub stale_longest_ns: u64,
    /// Actions that did not see what the same user had been told is done, or saw something older than
    /// the same user had seen before. Followed where users can be told apart: in closed loops, and with
    /// `identities`.
    #[serde(default)]
    pub own_write_missed: u64,
    #[serde(default)]
    pub went_back: u64,
    /// Actions applied after one that was asked for when they had been acknowledged.
    #[serde(default)]
    pub out_of_order: u64,
    /// Actions done, or answered, for somebody without the right to them.
    #[serde(default)]
    pub unauthorised: u64,
    /// Transactions that decided on what another one was changing, which decided on what they were changing.
    #[serde(default)]
    pub write_skews: u64,
    /// Rows of which a copy, a cache or what a change feed fills has something else than the store, and nothing
    /// is under way that would change that.
    #[serde(default)]
    pub diverged: u64,
    /// Changes beyond what the scenario's invariants allow.
    #[serde(default)]
    pub invariants_broken: u64,
    /// Effects that take back another one (refunds); actions that had a verdict and have none any more because of
    /// them; and how often one gave an action a verdict that it did not have: the only charge taken back, say.
    #[serde(default)]
    pub taken_back: u64,
    /// Effects that make what an action had left without (a reconciliation); undone ones count, too.
    #[serde(default)]
    pub completed: u64,
    #[serde(default)]
    pub mended: u64,
    #[serde(default)]
    pub harmed: u64,
    /// Not settled: their verdict is not known.
    pub open: u64,
}

/// A database lost its leader, or another copy was made the leader by hand. Instants of the run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LossReport {
    pub node: String,
    pub lost_at_ns: u64,
    /// Since when one leads again, and whether it is another copy.
    pub led_at_ns: Option<u64>,
    pub another_leads: bool,
    /// Writes that were committed and do not survive; user actions that were acknowledged and lost with them.
    pub undone: u64,
    pub lost: u64,
    /// The recovery point, if something acknowledged was lost: from the oldest such commit to the loss, or to
    /// the newest such commit if that came after it.
    pub recovery_point_ns: Option<u64>,
    /// When the first write was sent that failed, and the first commit afterwards: between them lies the
    /// recovery time.
    pub refused_at_ns: Option<u64>,
    pub written_at_ns: Option<u64>,
    pub recovery_time_ns: Option<u64>,
    /// When the last answer was there after the loss, and before the next one, that lacked something committed
    /// before there was a leader again.
    #[serde(default)]
    pub stale_until_ns: Option<u64>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct NodeReport {
    pub key: String,
    #[serde(deserialize_with = "word::read")]
    pub kind: Word,
    /// Whole run, as the node saw it.
    pub arrived: u64,
    pub useful: u64,
    pub wasted: u64,
    pub cancelled: u64,
    pub refused: u64,
    pub errors: u64,
    pub lost_in_crash: u64,
    pub in_flight: u64,
    /// Measured part: share of slot time that was busy.
    pub utilisation: Option<f64>,
    /// Mean number waiting and in slots.
    pub mean_waiting: f64,
    pub mean_busy: f64,
    /// Mean wait of work that began, in nanoseconds.
    pub mean_wait_ns: Option<f64>,
    /// Share of what was let in in the measured part that had to wait.
    pub waited_share: Option<f64>,
    /// From arrival to the end of the work, for work that arrived in the measured part.
    pub sojourn: Latency,
    pub arrived_per_s: f64,
    pub completed_per_s: f64,
    /// Instances that existed, on average over the measured part, and at the end of the run.
    pub mean_instances: f64,
    pub instances: u32,
    /// Whole run: the age of the oldest message that is kept, those in workers' hands included, at its
    /// greatest and when the run ended (queues).
    pub greatest_age_ns: Option<u64>,
    pub age_at_end_ns: Option<u64>,
    /// Refused share of arrivals in the measured part.
    pub refused_share: Option<f64>,
    /// What its kind counts besides, in the measured part.
    #[serde(deserialize_with = "word::read_pairs")]
    pub counts: Vec<(Word, u64)>,
    pub series: NodeSeries,
}

/// One alert of the design: what it did in the whole run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct AlertReport {
    pub key: String,
    pub node: String,
    /// It calls somebody; if not, it is a ticket.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub pages: bool,
    /// How often it began to fire.
    pub fired: u64,
    pub first_fired_ns: Option<u64>,
    /// When somebody had read the first page.
    pub first_paged_ns: Option<u64>,
    pub first_resolved_ns: Option<u64>,
    /// Each time, the first hundred.
    #[serde(default)]
    pub episodes: Vec<EpisodeReport>,
}

/// One time that an alert fired. Instants in nanoseconds of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct EpisodeReport {
    pub fired_ns: u64,
    /// When the page was read.
    pub paged_ns: u64,
    /// `None`: it fired to the end.
    pub resolved_ns: Option<u64>,
    /// Whether it called somebody for an incident; `None` where no objective says what one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_an_incident: Option<bool>,
}

/// One objective of the design over the whole run, as users had it, whatever monitoring saw.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct SloReport {
    pub key: String,
    /// The clients whose users are meant; `None`: all.
    pub node: Option<String>,
    /// Share of answers that should be good.
    pub objective: f64,
    /// Slower answers are not good.
    pub good_within_ns: Option<u64>,
    /// Users who were told something, and those whose answer was not good.
    pub told: u64,
    pub bad: u64,
    /// Bad answers that the objective allows for so many.
    pub budget: f64,
    /// Stretches in which far more were bad than that.
    pub incidents: Vec<IncidentReport>,
    /// Per bucket of the run's series.
    pub told_each: Vec<u32>,
    pub bad_each: Vec<u32>,
}

impl SloReport {
    /// Share of the budget that is spent; `None` where none was given.
    pub fn spent(&self) -> Option<f64> {
        (self.budget > 0.0).then(|| self.bad as f64 / self.budget)
    }
}

/// A stretch in which users got much less than was promised. Instants in nanoseconds of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct IncidentReport {
    pub from_ns: u64,
    pub until_ns: u64,
    pub bad: u64,
    /// When somebody had read the first page about it, and of which alert; `None`: nobody was called.
    pub paged_ns: Option<u64>,
    pub alert: Option<String>,
}

impl IncidentReport {
    /// From its beginning until somebody had read of it.
    pub fn time_to_detect_ns(&self) -> Option<u64> {
        Some(self.paged_ns?.saturating_sub(self.from_ns))
    }
}

impl NodeReport {
    /// One of [`NodeReport::counts`] by its name; 0 if the kind has none of that name.
    pub fn count(&self, name: &str) -> u64 {
        let found = self.counts.iter().find(|(n, _)| *n == name);
        found.map_or(0, |(_, count)| *count)
    }
}

/// One operation: actions begun in the measured part.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct OperationReport {
    pub key: String,
    pub actions: u64,
    pub served: u64,
    pub failed: u64,
    /// Of served actions, retries included.
    pub latency: Latency,
}

/// Columns of equal length, one entry per bucket of [`Series`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct NodeSeries {
    pub arrived: Vec<u32>,
    pub useful: Vec<u32>,
    /// Requests sent to it that failed for their callers.
    pub failed: Vec<u32>,
    /// At the end of the bucket.
    pub waiting: Vec<u32>,
    pub busy: Vec<u32>,
}

/// One action with all its tries. Instants in nanoseconds of the run; `None` for what did not happen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct TraceReport {
    pub action: u64,
    pub operation: String,
    pub born_ns: u64,
    pub told_ns: Option<u64>,
    /// `served`, `degraded`, `unanswered`, or why the last try failed.
    #[serde(deserialize_with = "word::read")]
    pub outcome: Word,
    /// Why it is here: `sample`, `slowest`, `first_` and a reason or a verdict.
    pub pins: Vec<String>,
    pub spans: Vec<SpanReport>,
}

/// One try: waited from arrived to began, worked on from began to left.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct SpanReport {
    pub link: String,
    pub node: String,
    pub instance: u16,
    pub attempt: u16,
    pub born_ns: u64,
    pub sent_ns: Option<u64>,
    pub arrived_ns: Option<u64>,
    pub began_ns: Option<u64>,
    pub left_ns: Option<u64>,
    pub ended_ns: Option<u64>,
    /// As the caller saw it: `served` or a reason.
    #[serde(deserialize_with = "word::read")]
    pub outcome: Word,
    /// As the callee saw it.
    #[serde(deserialize_with = "word::read")]
    pub callee: Word,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LinkReport {
    pub key: String,
    pub from: String,
    pub to: String,
    /// Whole run: calls, tries, and their outcomes as the caller saw them.
    pub calls: u64,
    pub attempts: u64,
    pub retries: u64,
    pub succeeded: u64,
    pub failed: u64,
    #[serde(deserialize_with = "word::read_pairs")]
    pub failed_by_reason: Vec<(Word, u64)>,
    pub in_flight: u64,
    /// Retries and hedges that the budget or quota did not allow.
    pub retries_denied: u64,
    /// Copies of tries that were slow to answer, and those of them whose reply came first.
    pub hedges: u64,
    pub hedges_won: u64,
    /// How often breakers opened, and tries that they rejected.
    pub breaker_opened: u64,
    pub breaker_rejected: u64,
    /// Failed calls that a fallback answered, or another link was asked instead.
    pub fallbacks: u64,
    /// Calls that their deadline ended.
    pub deadlines_passed: u64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Cost {
    #[serde(deserialize_with = "word::read")]
    pub price_book: Word,
    #[serde(deserialize_with = "word::read")]
    pub currency: Word,
    pub instances_micro_per_hour: i64,
    pub calls_micro: i64,
    /// Instances plus the run's calls scaled to an hour.
    pub total_micro_per_hour: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct GoalReport {
    pub key: String,
    pub label: String,
    #[serde(deserialize_with = "word::read")]
    pub metric: Word,
    /// `None` if nothing was there to measure; the goal then fails.
    pub measured: Option<f64>,
    pub bound: f64,
    pub at_least: bool,
    pub holds: bool,
}

/// Columns of equal length, one entry per bucket.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Series {
    pub bucket_ns: u64,
    pub offered_per_s: Vec<f64>,
    pub actions_per_s: Vec<f64>,
    pub useful_per_s: Vec<f64>,
    pub failed_per_s: Vec<f64>,
    pub p50_ms: Vec<Option<f64>>,
    pub p99_ms: Vec<Option<f64>>,
    pub tries_per_action: Vec<Option<f64>>,
    pub waiting: Vec<u64>,
}
