//! The one registry of kinds and knobs. File format, validation, JSON Schema, command line, inspector,
//! lint and docs all read it; a knob that is not here does not exist.
//!
//! Adding a kind of node: its file under `engine/node`, its variant in the `NodeState` enum, and its
//! [`KindSpec`] in `nodes.rs`, listed in [`KINDS`].

mod link;
mod monitoring;
mod nodes;
mod policies;
mod presets;
mod timeline;

pub use link::LINK;
pub use monitoring::{ALERT, MONITORING, SLO};
pub use nodes::{
    BALANCER, CACHE, CLIENTS, DATABASE, FEED, JOB, QUEUE, SERVICE, THIRD_PARTY, WORKER,
};
pub use policies::{OPERATION, RUN};
pub use presets::{Given, Preset, preset, presets};
use timeline::TIMELINE;
pub use timeline::{Target, can_be_ended, target_of, turned_by};

use super::value::Unit;

/// When a change made during a run takes effect (docs/semantics.md 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// At the instant of the change.
    Now,
    /// For work that begins after it.
    NewWork,
    /// Only at the next start of the run.
    Restart,
}

/// One knob: its name in files, what it takes, and what it does.
#[derive(Clone, Copy, Debug)]
pub struct KnobSpec {
    pub name: &'static str,
    pub unit: Unit,
    /// Smallest and largest allowed value, as text of the same unit; `""` where the unit has no bound.
    pub min: &'static str,
    pub max: &'static str,
    /// As text of the same unit, or the `off` word; `""` means the knob must be given.
    pub default: &'static str,
    /// The word that switches the thing off: `none`, `unbounded`.
    pub off: Option<&'static str>,
    pub class: Class,
    /// What turning it does, in one line for a learner.
    pub meaning: &'static str,
    /// Where the default or the mechanism comes from; `""` where it is plain modelling.
    pub source: &'static str,
    /// A value that somebody would really choose, where the default is off or missing.
    pub example: &'static str,
}

/// What a node of a kind may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// Nobody can call it (clients).
    Nothing,
    /// It takes requests.
    Requests,
}

/// One kind of node, of timeline entry, or of policy owner (link, operation).
#[derive(Debug)]
pub struct KindSpec {
    /// The table's name in files: `service`.
    pub name: &'static str,
    /// The word people see.
    pub word: &'static str,
    pub meaning: &'static str,
    pub accepts: Accepts,
    /// May links leave it?
    pub calls: bool,
    pub knobs: &'static [KnobSpec],
}

/// There is one of each name.
impl PartialEq for KindSpec {
    fn eq(&self, other: &KindSpec) -> bool {
        self.name == other.name
    }
}
impl Eq for KindSpec {}

impl KindSpec {
    /// Whether its nodes carry requests through plans.
    pub fn has_plans(&self) -> bool {
        matches!(self.name, "service" | "worker" | "job")
    }

    /// Whether a step of their plans can answer: the others have a knob that says when, or nobody who
    /// waits.
    pub fn responds(&self) -> bool {
        self.name == "service"
    }

    pub fn knob(&self, name: &str) -> Option<&'static KnobSpec> {
        self.knobs.iter().find(|k| k.name == name)
    }
}

pub(crate) const fn knob(
    name: &'static str,
    unit: Unit,
    default: &'static str,
    meaning: &'static str,
) -> KnobSpec {
    KnobSpec {
        name,
        unit,
        min: "",
        max: "",
        default,
        off: None,
        class: Class::NewWork,
        meaning,
        source: "",
        example: "",
    }
}

impl KnobSpec {
    pub(crate) const fn range(mut self, min: &'static str, max: &'static str) -> Self {
        self.min = min;
        self.max = max;
        self
    }

    pub(crate) const fn off(mut self, word: &'static str) -> Self {
        self.off = Some(word);
        self
    }

    pub(crate) const fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    pub(crate) const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    pub(crate) const fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }
}

/// Every kind of node, in the order people meet them.
pub static KINDS: &[&KindSpec] = &[
    &CLIENTS,
    &BALANCER,
    &SERVICE,
    &CACHE,
    &DATABASE,
    &THIRD_PARTY,
    &QUEUE,
    &WORKER,
    &JOB,
    &FEED,
];

pub fn kind(name: &str) -> Option<&'static KindSpec> {
    KINDS.iter().copied().find(|k| k.name == name)
}

/// Every entry of the timeline.
pub fn timeline_kinds() -> impl Iterator<Item = &'static KindSpec> + Clone {
    TIMELINE.iter().copied().flatten()
}

pub fn timeline_kind(name: &str) -> Option<&'static KindSpec> {
    timeline_kinds().find(|k| k.name == name)
}
