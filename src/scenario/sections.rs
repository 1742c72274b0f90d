//! The fields of a scenario file that are not knobs: who it is for, goals, lesson. Reader, JSON Schema
//! and documentation all follow these lists, as they follow `design::registry` for knobs.

use crate::design::registry::{Class, KnobSpec, knob};
use crate::design::value::Unit;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One line of text.
    Line,
    /// Text of several lines.
    Prose,
    /// A list of lines.
    Lines,
    /// A list of pieces of text.
    Proses,
    /// A whole number.
    Whole,
    /// `true` or `false`.
    Flag,
    /// Two times: from, to.
    Window,
    /// Two whole numbers: x and y.
    Position,
    /// A name of something in the same file.
    Name,
    /// A value of the unit of the metric beside it.
    Bound,
    /// Changes: `"link.browse.attempts = 5"`.
    Changes,
    /// Tables with names: `[lesson.bet.never]`.
    Named(&'static [Field]),
    /// A list of tables: `[[lesson.review]]`.
    Listed(&'static [Field]),
    /// One table: `[lesson.echo]`.
    One(&'static [Field]),
    /// Steps per operation: `view = ["work", "respond"]`.
    Plans,
}

/// One field of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    pub meaning: &'static str,
}

const fn field(name: &'static str, shape: Shape, meaning: &'static str) -> Field {
    Field {
        name,
        shape,
        required: false,
        meaning,
    }
}

impl Field {
    const fn required(mut self) -> Field {
        self.required = true;
        self
    }
}

use Shape::*;

/// `[scenario]`
pub static ABOUT: &[Field] = &[
    field(
        "id",
        Line,
        "stable name of the scenario; results and links use it",
    ),
    field("title", Line, "what people read"),
    field(
        "version",
        Whole,
        "counts up when the lesson or the physics change; 1 if absent",
    ),
    field("track", Line, "the course it belongs to"),
    field("minutes", Whole, "how long it takes to play"),
    field("audience", Lines, "who it is for"),
    field(
        "prerequisites",
        Lines,
        "ids of scenarios that come before it",
    ),
    field("concept", Prose, "what it teaches, in at most 120 words"),
    field(
        "question",
        Line,
        "the one question that the dashboard answers",
    ),
    field(
        "charts",
        Lines,
        "metrics, nodes or links whose charts answer it",
    ),
];

/// `[run]`, beside the knobs of `registry::RUN`.
pub static RUN: &[Field] = &[field(
    "measure",
    Window,
    "the part of the run that is measured, from and to; the whole run if absent",
)];

const PRESET_MEANING: &str = "a product whose documented defaults count for knobs that the table does not set: docs/presets.md";

/// The documented defaults of a product, for knobs that the table does not set itself.
pub static PRESET: KnobSpec = knob("preset", Unit::Text, "none", PRESET_MEANING)
    .off("none")
    .class(Class::Restart);

const LABEL: Field = field(
    "label",
    Line,
    "what people read; the name of the table if absent",
);

const PRESET_FIELD: Field = field("preset", Name, PRESET_MEANING);

/// Every node, beside the knobs of its kind.
pub static NODE: &[Field] = &[
    LABEL,
    PRESET_FIELD,
    field("position", Position, "place in the drawing"),
    field(
        "plan",
        Plans,
        "steps per operation, where the derived ones will not do (services)",
    ),
];

/// `[link.NAME]`, beside the knobs of a link.
pub static LINK: &[Field] = &[
    field("from", Name, "the node that calls").required(),
    field("to", Name, "the node that is called").required(),
    PRESET_FIELD,
];

/// `[operation.NAME]`, beside the knobs of an operation.
pub static OPERATION: &[Field] = &[LABEL];

/// `[alert.NAME]`, beside the knobs of an alert.
pub static ALERT: &[Field] = &[
    LABEL,
    field(
        "node",
        Name,
        "the node it watches; at clients, what users were told",
    )
    .required(),
];

/// `[slo.NAME]`, beside the knobs of an objective.
pub static SLO: &[Field] = &[
    LABEL,
    field(
        "node",
        Name,
        "the clients whose users are meant; all of them if absent",
    ),
];

/// `[invariant.NAME]`
pub static INVARIANT: &[Field] = &[
    LABEL,
    field(
        "place",
        Name,
        "the database or third party whose changes are counted",
    )
    .required(),
    field(
        "operations",
        Lines,
        "whose promised changes count there; those of all operations if absent",
    ),
    field(
        "at_most",
        Whole,
        "changes that one item may have there: the units of it that there are, or 1 for a seat",
    ),
    field(
        "preserves_sum",
        Flag,
        "instead of `at_most`: each change of an item's row takes a unit from it, each of its `partner` row adds one, and what is taken must be there",
    ),
];

/// `[[timeline]]`, beside the knobs of the entry's kind.
pub static TIMELINE: &[Field] = &[field("what", Name, "what happens").required()];

/// `[goal.NAME]`
pub static GOAL: &[Field] = &[
    field("label", Line, "the goal in the learner's words").required(),
    field("metric", Name, "what is measured").required(),
    field(
        "window",
        Window,
        "counts what begins in this part of the run; the measured part if absent",
    ),
    field(
        "operation",
        Name,
        "counts only actions of this operation; all if absent (of what users see: served, goodput, amplification, latency)",
    ),
    field("at_least", Bound, "the smallest value that passes"),
    field("at_most", Bound, "the largest value that passes"),
];

/// `[claim.NAME]`
pub static CLAIM: &[Field] = &[
    field(
        "model",
        Name,
        "what readers and writers may take for granted",
    )
    .required(),
    field("place", Name, "the database whose rows it is about").required(),
];

/// `[fails_first]`
pub static FAILS_FIRST: &[Field] = &[
    field(
        "place",
        Name,
        "the node that is full first, or the link where it is the network",
    )
    .required(),
    field(
        "load",
        Bound,
        "at how many times the load of the file: `1.6x`, from 1x to 100x",
    )
    .required(),
    field("says", Line, "why, in one sentence of at most 40 words").required(),
];

/// `[lesson]`
pub static LESSON: &[Field] = &[
    field("hook", Prose, "how the scene opens"),
    field(
        "unlocked",
        Lines,
        "paths of the knobs that a learner may turn; all if absent",
    ),
    field("hints", Proses, "from a nudge to a worked step"),
    field("facilitator", Prose, "for whoever teaches it in a room"),
    field("caveats", Proses, "what the model leaves out"),
    field(
        "numbers",
        Lines,
        "values with a name that numbers in the text refer to: `\"capacity = service.shop.slots / service.shop.service_time\"`",
    ),
    field(
        "bet",
        Named(BET),
        "answers to the question, one of which is chosen before the first run",
    ),
    field("fix", Named(VARIANT), "changes that reach all goals"),
    field(
        "not_enough",
        Named(VARIANT),
        "changes that help less than people think",
    ),
    field("backfire", Named(VARIANT), "changes that make it worse"),
    field(
        "twist",
        Named(TWIST),
        "part 2: a change that asks for the same idea once more",
    ),
    field(
        "servers_help",
        Flag,
        "true where adding servers is the lesson: `check --gate` does not ask that it fails on cost",
    ),
    field("review", Listed(REVIEW), "questions for another day"),
    field(
        "step",
        Listed(STEP),
        "what a room does, one after the other, and for how long",
    ),
    field(
        "judgement",
        One(JUDGEMENT),
        "a sentence a manager might say, and answers to it",
    ),
    field("echo", One(ECHO), "the real incident that it echoes"),
];

pub static BET: &[Field] = &[
    field("label", Line, "the bet in the learner's words").required(),
    field(
        "right",
        Flag,
        "true for the one that the start design makes true",
    ),
    field("because", Prose, "why it is so, or why it is tempting").required(),
];

const CHANGED: Field = field("label", Line, "what is changed, in the learner's words").required();
const SET: Field = field(
    "set",
    Changes,
    "changes to knobs: `\"link.browse.attempts = 5\"`",
);
const ADD: Field = field("add", Prose, "tables to add, as text of this format");
const ALSO_UNLOCKED: Field = field(
    "unlocked",
    Lines,
    "paths of knobs that a learner may turn besides those of the lesson",
);
const BECAUSE: Field = field("because", Prose, "why it ends as it does").required();

pub static VARIANT: &[Field] = &[
    CHANGED,
    SET,
    ADD,
    ALSO_UNLOCKED,
    field("worsens", Name, "the metric that gets worse"),
    BECAUSE,
];

/// `[lesson.twist.NAME]`
pub static TWIST: &[Field] = &[
    CHANGED,
    SET,
    ADD,
    ALSO_UNLOCKED,
    field(
        "passes",
        Flag,
        "true where the start design reaches every goal of part 2 too, and something else is to be seen",
    ),
    field(
        "fix",
        Named(VARIANT),
        "changes against the design of part 2 that reach all goals",
    ),
    BECAUSE,
];

pub static REVIEW: &[Field] = &[
    field("question", Prose, "asked some days later").required(),
    field(
        "answer",
        Prose,
        "what a good answer holds; of an item that is run, why it comes out as it does",
    )
    .required(),
    SET,
    field(
        "asks",
        Name,
        "with `set`, what is asked of a run with it: `goals` (are all reached?), or the key of a goal (is what it \
         measures more, about the same, or less than at the start?). The answer is computed by the run",
    ),
];

/// `[[lesson.step]]`
pub static STEP: &[Field] = &[
    field("label", Line, "what people do").required(),
    field("minutes", Whole, "how long it is meant to take, at least 1").required(),
];

pub static JUDGEMENT: &[Field] = &[
    field("says", Prose, "what the manager says").required(),
    field("answer", Named(VARIANT), "answers, each tied to a run"),
];

pub static ECHO: &[Field] = &[
    field("title", Line, "what happened, where and when").required(),
    field("link", Line, "address of the report").required(),
    field("caveat", Prose, "where the likeness ends").required(),
];
