//! What a learner draws: nodes, links, operations, each with knobs; and what is scripted to happen.
//!
//! A design is plain data with text keys. Identity is the stable key (the table's name in the file);
//! labels and the order of tables change nothing (docs/semantics.md 2). Everything a knob can be is said by
//! the [`registry`]; the design stores only what was set.

pub mod diagnostic;
pub mod lint;
pub mod nearest;
pub mod order;
pub mod reasons;
pub mod registry;
mod revisions;
mod settings;
pub mod value;
pub mod word;

pub use revisions::{Revision, revisions};
pub use settings::Settings;

use std::collections::BTreeMap;

use crate::time::Duration;
use registry::{Given, KindSpec, Preset};
use value::Value;

/// The knobs that were set, by name. What is absent has the registry's default.
pub type Knobs = BTreeMap<&'static str, Value>;

/// A node of the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub key: String,
    pub kind: &'static KindSpec,
    /// What people read; the key if absent.
    pub label: Option<String>,
    /// What counts: knobs that the table sets, and those that its preset gives.
    pub knobs: Knobs,
    pub preset: Option<Taken>,
    /// Steps per operation key, where the derived plan was replaced by hand.
    pub plans: BTreeMap<String, Vec<Step>>,
    /// Place in the drawing (CSS pixels at zoom 1, top left corner), if it was placed by hand.
    pub position: Option<(i32, i32)>,
}

/// A link from a caller to a callee, with the caller's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub key: String,
    pub from: String,
    pub to: String,
    /// What counts: knobs that the table sets, and those that its preset gives.
    pub knobs: Knobs,
    pub preset: Option<Taken>,
}

/// A preset that a table names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub preset: &'static Preset,
    /// Those of its values that count, because the table has none of its own.
    pub given: Vec<&'static Given>,
}

impl Taken {
    /// Gives knobs the preset's values where they have none.
    pub fn take(preset: &'static Preset, knobs: &mut Knobs) -> Taken {
        let mut given = Vec::new();
        for (one, (knob, value)) in preset.values.iter().zip(preset.knobs()) {
            knobs.entry(knob).or_insert_with(|| {
                given.push(one);
                value
            });
        }
        Taken { preset, given }
    }

    fn gives(&self, knob: &str) -> bool {
        self.given.iter().any(|given| given.knob == knob)
    }
}

/// What a table itself says of a knob.
fn own<'a>(knobs: &'a Knobs, preset: Option<&Taken>, knob: &str) -> Option<&'a Value> {
    let taken = preset.is_some_and(|taken| taken.gives(knob));
    knobs.get(knob).filter(|_| !taken)
}

impl Node {
    /// The value that its table sets, not one from its preset.
    pub fn own(&self, knob: &str) -> Option<&Value> {
        own(&self.knobs, self.preset.as_ref(), knob)
    }
}

impl Link {
    /// The value that its table sets, not one from its preset.
    pub fn own(&self, knob: &str) -> Option<&Value> {
        own(&self.knobs, self.preset.as_ref(), knob)
    }

    /// The link that is called instead if the call over this one failed for good.
    pub fn stand_in(&self) -> Option<&str> {
        match self.knobs.get("fallback_link") {
            Some(Value::Text(key)) => Some(key),
            _ => None,
        }
    }
}

/// One thing users do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub key: String,
    pub label: Option<String>,
    pub knobs: Knobs,
}

/// One step of a plan at a node, in the grammar of docs/scenario-format.md.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The node's own work.
    Work,
    /// Calls made at the same time; the plan goes on when `wanted` of them have succeeded.
    /// `call LINK`, `all read A, read B`, `first 2 of read A, read B, read C`.
    Calls { calls: Vec<StepCall>, wanted: u16 },
    /// A call whose reply nobody awaits: `send call LINK`.
    Send(StepCall),
    /// Ask the cache, else the store: `cached CACHE_LINK else read STORE_LINK`.
    Cached { cache: String, store: StepCall },
    /// The answer; what follows is done after the caller has its reply.
    Respond,
}

/// A call of a plan, over the link with this key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepCall {
    pub link: String,
    pub mode: CallMode,
    pub row: RowOf,
    pub aim: Aim,
}

impl StepCall {
    /// About the item's row, and nothing more.
    pub fn plain(link: &str, mode: CallMode) -> StepCall {
        StepCall {
            link: link.to_owned(),
            mode,
            row: RowOf::Item,
            aim: Aim::Plain,
        }
    }
}

/// Which row of a database a call is about. An item has two rows of its own: its row, and a partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowOf {
    #[default]
    Item,
    Partner,
    /// A row that an `insert` makes.
    New,
    /// The same, made as pending: `insert LINK or resume`.
    Pending,
    /// What says that a pending row is finished: `finish LINK`.
    Finished,
    /// The item's row, of which a write takes a unit only if there is one: `take LINK`.
    Unit,
}

impl RowOf {
    /// Whether it is about a row that the plan itself makes.
    pub fn is_made(self) -> bool {
        matches!(self, RowOf::New | RowOf::Pending | RowOf::Finished)
    }
}

/// What a call means within its plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    #[default]
    Plain,
    /// A read whose version a later write is computed from (only in compiled plans).
    Kept,
    /// A write computed from what the plan has read: `update LINK`.
    Based,
    /// If the row is there already, all is done: `check LINK`, `insert LINK or done`; of a pending row, if it
    /// is finished: `insert LINK or resume`.
    OrDone,
    /// If the row as it was read has no unit left, all fails: `read LINK or refuse`.
    OrRefuse,
}

impl Step {
    /// The links that the step calls.
    pub fn links(&self) -> Vec<&str> {
        match self {
            Step::Work | Step::Respond => Vec::new(),
            Step::Calls { calls, .. } => calls.iter().map(|c| c.link.as_str()).collect(),
            Step::Send(call) => vec![&call.link],
            Step::Cached { cache, store } => vec![cache, &store.link],
        }
    }
}

/// What a call asks for. At a service or third party, `Read` leaves no effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallMode {
    #[default]
    Read,
    Write,
    /// Put into a cache what was read elsewhere.
    Fill,
    /// Take out of a cache what may be stale.
    Invalidate,
    /// Only whether it is well (health checks).
    Probe,
    /// Opens a transaction of a database.
    Begin,
    /// Ends it: its writes become visible.
    Commit,
}

/// Steps of a plan.
pub const STEPS_MAX: usize = 100;

/// Calls that one step makes at the same time.
pub const CALLS_MAX: usize = 200;

/// Effects that one operation may promise.
pub const PROMISED_MAX: usize = 8;

/// Something that is watched: an alert, or an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    pub key: String,
    pub label: Option<String>,
    /// The node it is about. An objective without one is about all users.
    pub node: String,
    pub knobs: Knobs,
}

impl Watched {
    /// What people read.
    pub fn name(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.key)
    }
}

/// What must never be, whatever happens: more changes of one item at a place than there can be, or two rows of an
/// item that do not add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    pub key: String,
    pub label: Option<String>,
    /// The database or third party whose changes are counted.
    pub place: String,
    /// Whose changes; all of them if there are none here.
    pub operations: Vec<String>,
    /// Changes that one item may have there.
    pub at_most: Option<u32>,
    /// Instead: what is taken from an item's row is there in its partner row.
    pub preserves_sum: bool,
}

/// The drawing as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Design {
    pub nodes: Vec<Node>,
    pub links: Vec<Link>,
    pub operations: Vec<Operation>,
    /// What the design can see of itself, and what it makes of it.
    pub monitoring: Knobs,
    /// What tells people that something is wrong.
    pub alerts: Vec<Watched>,
    /// What users are promised.
    pub slos: Vec<Watched>,
    pub invariants: Vec<Invariant>,
}

impl Design {
    pub fn node(&self, key: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.key == key)
    }

    pub fn link(&self, key: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.key == key)
    }

    /// An alert or an objective.
    pub fn watched(&self, table: &str, key: &str) -> Option<&Watched> {
        let all = match table {
            "alert" => &self.alerts,
            "slo" => &self.slos,
            _ => return None,
        };
        all.iter().find(|it| it.key == key)
    }

    /// What a run is made from: without what only the drawing shows, in the order of the keys.
    pub fn undrawn(&self) -> Design {
        let mut design = self.clone();
        for node in &mut design.nodes {
            (node.label, node.position, node.preset) = (None, None, None);
        }
        design.links.iter_mut().for_each(|link| link.preset = None);
        design.operations.iter_mut().for_each(|op| op.label = None);
        let watched = design.alerts.iter_mut().chain(&mut design.slos);
        watched.for_each(|it| it.label = None);
        order::arrange(&mut design.nodes, |a, b| a.key.cmp(&b.key));
        order::arrange(&mut design.links, |a, b| a.key.cmp(&b.key));
        order::arrange(&mut design.operations, |a, b| a.key.cmp(&b.key));
        order::arrange(&mut design.alerts, |a, b| a.key.cmp(&b.key));
        order::arrange(&mut design.slos, |a, b| a.key.cmp(&b.key));
        design
            .invariants
            .iter_mut()
            .for_each(|invariant| invariant.label = None);
        order::arrange(&mut design.invariants, |a, b| a.key.cmp(&b.key));
        design
    }

    /// The operation that a job does: the one that it names, or the only one there is.
    pub fn operation_of(&self, job: &Node) -> Option<&Operation> {
        match (job.knobs.get("operation"), &self.operations[..]) {
            (Some(Value::Text(key)), all) => all.iter().find(|op| op.key == *key),
            (_, [only]) => Some(only),
            _ => None,
        }
    }
}

/// Something that happens at a set moment: traffic, a fault, a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// Which of [`registry::timeline_kinds`].
    pub what: &'static KindSpec,
    pub knobs: Knobs,
    /// The change of a knob that it brings, while it lasts.
    pub change: Option<Change>,
}

impl TimelineEntry {
    fn duration(&self, knob: &str) -> Option<Duration> {
        match self.knobs.get(knob) {
            Some(Value::Duration(duration)) => Some(*duration),
            _ => None,
        }
    }

    /// When it begins; zero if that is missing in a file that is not valid.
    pub fn begins(&self) -> Duration {
        self.duration("at").unwrap_or_default()
    }

    /// For how long, if that is said.
    pub fn lasts(&self) -> Option<Duration> {
        self.duration("lasts")
    }

    /// Whether it happens at once and has no length that could be said: a deploy, a flush.
    pub fn is_moment(&self) -> bool {
        self.what.knob("lasts").is_none()
    }

    /// When it is over, in a run of this length.
    pub fn ends_within(&self, run: Duration) -> Duration {
        match self.lasts() {
            Some(lasts) => self.begins() + lasts,
            None if self.is_moment() => self.begins(),
            None => run,
        }
    }

    /// The name of what it happens to; some happen to everything.
    pub fn target(&self) -> Option<&str> {
        match self.knobs.get("target") {
            Some(Value::Text(key)) => Some(key),
            _ => None,
        }
    }
}

/// Another value for a knob of a node, a link or an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Table: `service`, `link`, `operation`.
    pub table: &'static str,
    pub key: String,
    pub knob: &'static str,
    pub value: Value,
}

/// Length of the run and the part of it that is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSpec {
    pub duration: Duration,
    /// Measured part, from and to; by default the whole run (docs/semantics.md 27).
    pub measure: (Duration, Duration),
}
