//! The scenario file: one human-written TOML file with design, workload, timeline, goals and lesson.
//!
//! [`Scenario::parse`] refuses a broken file with diagnostics that name line, column, the offending
//! text, what is allowed, and the nearest right name. It never panics on any input.

mod address;
pub mod built_in;
mod cells;
mod check_alerts;
mod check_balancer;
mod check_cache;
mod check_columns;
mod check_completes;
mod check_database;
mod check_design;
mod check_door;
mod check_feed;
mod check_invariants;
mod check_job;
mod check_lesson;
mod check_link;
mod check_plan;
mod check_prose;
mod check_queries;
mod check_queues;
mod check_run;
mod check_service;
mod check_timeline;
mod check_undoes;
mod circle;
pub mod claim;
pub mod code;
mod copying;
pub mod draw;
mod draw_operation;
mod draw_remove;
mod draw_watched;
pub mod edit;
pub mod edit_timeline;
mod fails_first;
mod findings;
mod headers;
pub mod limits;
pub mod live;
pub mod locust;
pub mod log;
pub mod metric;
mod migrate;
mod names;
mod plan_path;
mod prose;
mod prose_value;
mod read;
mod read_design;
mod read_lesson;
mod read_plan;
mod read_timeline;
mod redraw;
mod row;
pub mod schema;
pub mod sections;
mod shorten;
pub mod starts;
#[cfg(test)]
mod tests;

pub use crate::design::diagnostic;
pub use address::{Address, resolve};
pub use check_prose::{Designs, OfRun, holds, of_runs};
pub use claim::Claim;
pub use copying::copied;
pub use fails_first::FailsFirst;
pub use prose::{Reference, shown};
pub use prose_value::{DOLLAR, NONE, NoValue, PER_SECOND, SECOND, Value as ProseValue};
pub use read_plan::written_plans;

use crate::design::diagnostic::{Diagnostic, Severity};
use crate::design::lint;
use crate::design::value::Value;
use crate::design::{Design, RunSpec, TimelineEntry};
use crate::time::Duration;

/// The newest format this build writes; older ones are migrated when read.
pub const FORMAT: u32 = 1;

/// A whole scenario, checked: every name resolves, every value is in range.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub about: About,
    pub run: RunSpec,
    /// The seed a learner sees first.
    pub seed: u64,
    pub design: Design,
    pub timeline: Vec<TimelineEntry>,
    pub goals: Vec<Goal>,
    pub claims: Vec<Claim>,
    /// What a starting point says about its limits.
    pub fails_first: Option<FailsFirst>,
    pub lesson: Lesson,
}

/// What came of reading a text.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Present if there is no error among the findings.
    pub scenario: Option<Scenario>,
    /// Errors and warnings, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a text and reports everything about it, warnings too.
pub fn check(text: &str) -> Checked {
    read::read(text, read::Depth::Everything)
}

/// Reads a text and reports what is unwise about its design besides what [`check`] finds.
pub fn lint(text: &str) -> Checked {
    read::read_with(text, read::Depth::Everything, lint::check)
}

impl Scenario {
    /// Reads a text for a run. Warnings, and whether the lesson still fits a design that was changed,
    /// are left to [`check`].
    pub fn parse(text: &str) -> Result<Scenario, Vec<Diagnostic>> {
        let mut checked = read::read(text, read::Depth::Run);
        checked.scenario.ok_or_else(|| {
            checked
                .diagnostics
                .retain(|finding| finding.severity == Severity::Error);
            checked.diagnostics
        })
    }
}

/// Who the scenario is for and what it is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    pub id: String,
    pub title: String,
    pub version: u32,
    pub track: String,
    pub minutes: u32,
    pub audience: Vec<String>,
    pub prerequisites: Vec<String>,
    /// At most 120 words.
    pub concept: String,
    /// The one question the dashboard answers.
    pub question: String,
    /// Node, link or metric names of the two or three charts that answer it.
    pub charts: Vec<String>,
}

/// Something that must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    pub key: String,
    /// In the learner's words: "99 % served 60 s after the hiccup".
    pub label: String,
    pub metric: Metric,
    /// Actions that begin in this part of the run; by default the measured part.
    pub window: Option<(Duration, Duration)>,
    /// Only actions of this operation count.
    pub operation: Option<String>,
    pub bound: Bound,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    AtLeast(Value),
    AtMost(Value),
}

/// What a goal can be about. Each has one unit, see [`Metric::unit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Share of user actions begun in the window that were served in full.
    Served,
    /// Useful replies per second, over the window.
    Goodput,
    /// Tries sent by clients per user action, over the window.
    Amplification,
    /// Time a served user waited, retries included.
    LatencyP50,
    LatencyP99,
    Lost,
    Duplicate,
    Phantom,
    Partial,
    LostUpdate,
    Diverged,
    Stale,
    /// The longest time from the first newer commit until a stale answer was there.
    StaleAge,
    OwnWriteMissed,
    WentBack,
    OutOfOrder,
    Unauthorised,
    WriteSkew,
    /// Changes beyond what declared invariants allow.
    InvariantBroken,
    /// How long writes failed after the leader of a database was lost, the longest one.
    RecoveryTime,
    /// How much of what was acknowledged was lost with a leader, as a time, the worst one.
    RecoveryPoint,
    ReadRecovery,
    ClaimsBroken,
    /// Pages of the design's alerts that were read in the window.
    Pages,
    /// Of those, the ones without an incident by any objective of the design.
    FalsePages,
    /// Incidents that began in the window, and that nobody was called for.
    MissedIncidents,
    /// The longest time from the beginning of such an incident until somebody had read of it.
    TimeToDetect,
    /// Age of the oldest message that a queue keeps when the window ends.
    MessageAge,
    /// Dollars per hour of the design, with its calls.
    Cost,
}

/// Text and choices of the lesson. Everything here is for people; nothing of it reaches the engine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lesson {
    pub hook: String,
    pub bets: Vec<Bet>,
    /// Paths of the knobs a learner may turn: `link.browse.attempts`.
    pub unlocked: Vec<String>,
    pub fixes: Vec<Variant>,
    pub not_enough: Vec<Variant>,
    pub backfires: Vec<Variant>,
    pub twists: Vec<Variant>,
    /// Adding servers is the lesson: that it helps is no fault of the scenario.
    pub servers_help: bool,
    pub hints: Vec<String>,
    pub review: Vec<ReviewItem>,
    pub facilitator: String,
    /// What a room does, one after the other.
    pub steps: Vec<Step>,
    pub judgement: Option<Judgement>,
    pub echo: Option<Echo>,
    pub caveats: Vec<String>,
    /// Values with a name that numbers in the text may refer to.
    pub numbers: Vec<(String, String)>,
}

/// One answer to the question, to choose before the first run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bet {
    pub key: String,
    pub label: String,
    /// Whether the start design makes it true.
    pub right: bool,
    /// Why it is tempting (wrong ones), or why it is so.
    pub because: String,
}

/// A change against the start design, as `path = value` text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    pub key: String,
    pub label: String,
    pub set: Vec<(String, String)>,
    /// Tables to add, as text.
    pub add: String,
    /// Paths of knobs that a learner may turn besides those of the lesson.
    pub unlocked: Vec<String>,
    /// For a backfire: the metric that gets worse.
    pub worsens: Option<String>,
    /// For a twist: the start design passes in part 2 as well.
    pub passes: bool,
    /// For a twist: what reaches its goals, as changes against the design of part 2.
    pub fixes: Vec<Variant>,
    pub because: String,
}

/// One part of an hour in a room.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub label: String,
    pub minutes: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReviewItem {
    pub question: String,
    /// What a good answer holds; of an item that is run, why it comes out as it does.
    pub answer: String,
    /// Changes against the start design, to be run on the day of the review.
    pub set: Vec<(String, String)>,
    /// What is asked of that run; without it, the item is a question to people.
    pub asks: Option<Asks>,
}

/// What a review asks of a run. The answer is what comes out, and stands in no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Are all goals reached?
    Goals,
    /// Does what this goal measures go up, stay about the same, or go down against the start design?
    Goal(String),
}

/// A sentence a manager might say, and answers each tied to a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    pub says: String,
    pub answers: Vec<Variant>,
}

/// The real incident it echoes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Echo {
    pub title: String,
    pub link: String,
    pub caveat: String,
}
