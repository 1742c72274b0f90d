//! What the page and its web worker say to each other.
//!
//! Control travels as JSON text; bulk numbers (series, discs) as one transferred `Float64Array`
//! beside it, see [`Frame::bulk`]. Every message of the page names the run it is about, so that an
//! answer to an older run is recognised and dropped. The page is the clock: it asks for the next
//! piece of simulated time, and does not ask again before the answer is there.

use serde::{Deserialize, Serialize};

use crate::design::diagnostic::Diagnostic;
use crate::design::word::{self, Word};
use crate::document::Asked;
use crate::experiment::theory::Beside;
use crate::explain::Explanation;
use crate::observe::report::Report;
use crate::observe::requests::{Picked, Selection};
use crate::observe::twin::{Planned, Twin};
use crate::scenario::live::Act;

/// From this number on, runs of [`Command::Seeds`] are not about the run on the page: they go on when another
/// one is loaded.
pub const CHECKS: u32 = 1 << 31;

/// From this number on they are none of those either: mini-runs of reviews, and other designs beside the one on the
/// page. They wait for each other; a later one does not take the place of an earlier one.
pub const ASIDE: u32 = 3 << 30;

/// From the page to the worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Forget the current run; read this scenario text and stand at time zero, paused.
    Load { run: u32, text: String, seed: u64 },
    /// Simulate up to this instant, but for at most `budget_ms` of wall time, then send a frame.
    Advance {
        run: u32,
        until_ns: u64,
        budget_ms: f64,
    },
    /// Simulate until the next thing a person can see (a request is sent, starts, ends, is told).
    Step { run: u32 },
    /// Go to this moment, back or ahead, then send a frame with everything up to it.
    Seek { run: u32, at_ns: u64 },
    /// Do this to the run, at its next instant. The answer is [`Update::Acted`] and a frame, or
    /// [`Update::NotActed`].
    Act { run: u32, act: Act },
    /// Why did it go as it did up to now? The answer is [`Update::Explained`].
    Explain { run: u32 },
    /// Run the same text on these seeds without frames; one [`Update::Seed`] each, or [`Update::Refused`].
    Seeds {
        run: u32,
        text: String,
        seeds: Vec<u64>,
    },
    /// Run these two side by side, with the same seed; `planned` says in what they differ. The answer is
    /// [`Update::Twins`] or [`Update::NoTwins`]. It takes the place of one that is under way.
    Twins {
        number: u32,
        here: String,
        twin: String,
        seed: u64,
        planned: Planned,
    },
    /// Look for these actions in the run of this text. The answer is [`Update::Found`] or [`Update::NotFound`]. It
    /// takes the place of a search that is under way.
    Find {
        number: u32,
        text: String,
        seed: u64,
        selection: Selection,
    },
    /// Make the runs of a document and write it, beside everything else. The answers are [`Update::DocumentGoes`]
    /// and [`Update::Document`], or [`Update::NoDocument`]. It takes the place of one that is under way.
    Document { number: u32, asked: Asked },
    /// Nobody waits for the document any more.
    StopDocument,
    /// Panic on purpose. The page sends it only under `?debug`, to test what a crash looks like.
    Panic,
}

/// From the worker to the page.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// The module is loaded; commands are read from here on. Page and worker must be of one build
    /// (docs/semantics.md 32).
    Ready {
        build: String,
    },
    /// The text was not accepted. The run before it is gone; the page keeps its last good design.
    Refused {
        run: u32,
        diagnostics: Vec<Diagnostic>,
    },
    Loaded {
        run: u32,
        plan: RunPlan,
    },
    /// It was done at this instant: the run is one of the text with it.
    Acted {
        run: u32,
        at_ns: u64,
        act: Act,
    },
    /// It could not be done; the run goes on as it was.
    NotActed {
        run: u32,
        diagnostics: Vec<Diagnostic>,
    },
    Frame(Box<Frame>),
    /// The run is over: everything about it, why, and what theory says of its nodes.
    Done {
        run: u32,
        report: Box<Report>,
        found: Box<Explanation>,
        theory: Vec<Beside>,
    },
    /// Why it went as it did up to this moment.
    Explained {
        run: u32,
        at_ns: u64,
        found: Box<Explanation>,
    },
    /// One of [`Command::Seeds`].
    Seed {
        run: u32,
        seed: u64,
        report: Box<Report>,
    },
    /// Both runs are over: what came of it, and the twin's own report without traces.
    Twins {
        number: u32,
        found: Box<Twin>,
        report: Box<Report>,
    },
    NoTwins {
        number: u32,
        diagnostics: Vec<Diagnostic>,
    },
    Found {
        number: u32,
        found: Box<Picked>,
    },
    NotFound {
        number: u32,
        diagnostics: Vec<Diagnostic>,
    },
    /// So many runs of a document are made, of those that are known to be needed.
    DocumentGoes {
        number: u32,
        made: usize,
        needed: usize,
    },
    /// The document, as Markdown.
    Document {
        number: u32,
        text: String,
    },
    NoDocument {
        number: u32,
        diagnostics: Vec<Diagnostic>,
    },
    /// The worker is about to die of a bug; the page keeps the design and can start another worker.
    Panicked {
        message: String,
    },
}

/// Facts about the run before it starts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunPlan {
    pub duration_ns: u64,
    /// Width of one bucket of the series.
    pub bucket_ns: u64,
    /// Width of one column of the heat map.
    pub heat_ns: u64,
    /// Keys in the order in which frames list nodes and links.
    pub nodes: Vec<String>,
    pub links: Vec<String>,
    /// Nodes whose series frames carry, by their place in `nodes`: first those that the scenario names.
    pub charted: Vec<u16>,
    /// One disc on the page stands for about this many requests.
    pub requests_per_disc: u32,
}

impl RunPlan {
    pub fn charted_keys(&self) -> Vec<String> {
        let keys = self
            .charted
            .iter()
            .map(|&at| self.nodes.get(usize::from(at)));
        keys.flatten().cloned().collect()
    }
}

/// What the page draws: the state at one instant of simulated time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Frame {
    pub run: u32,
    /// It has everything up to now: what the page knows of other moments is of another past.
    pub whole: bool,
    pub now_ns: u64,
    pub phase: Phase,
    pub users: UsersNow,
    pub data: DataNow,
    pub nodes: Vec<NodeNow>,
    pub links: Vec<LinkNow>,
    /// What the design's monitoring has collected last of the nodes that its alerts watch.
    pub seen: Vec<SeenNow>,
    /// What happened since the last frame, oldest first.
    pub news: Vec<News>,
    /// Dollars per hour, in millionths.
    pub cost_micro_per_hour: i64,
    /// How many buckets of the series follow in `bulk`, and the index of the first of them.
    pub first_bucket: u32,
    pub buckets: u32,
    /// The same of columns of the heat map: the last one is not complete.
    pub first_column: u32,
    pub columns: u32,
    /// How many discs follow in `bulk` after them.
    pub discs: u32,
    /// Transferred beside the JSON, never in it. First `buckets` rows of [`BUCKET_FIELDS`] numbers, then as
    /// many times the charted nodes' rows of [`NODE_FIELDS`] numbers, then `columns` rows of
    /// [`crate::observe::heat::FIELDS`] numbers, then `discs` rows of [`DISC_FIELDS`] numbers.
    #[serde(skip)]
    pub bulk: Vec<f64>,
}

/// One row per bucket, over all clients: offered (requests sent per second, all tries), actions per
/// second, useful replies per second, failed actions per second, p50 and p99 of served actions in
/// milliseconds (NaN if none), tries per action (NaN if none), waiting (all nodes), wrong in the data so
/// far, dollars per hour, bad answers per second by the first objective (NaN if there is none).
pub const BUCKET_FIELDS: usize = 11;

/// One row per bucket and node of [`RunPlan::charted`]: busy and waiting at its end, the share of lookups
/// that found something (NaN if there were none), and at its end age of the oldest message and how far a copy is
/// behind in milliseconds, calls that wait for a connection (NaN where there are none of that), instances.
pub const NODE_FIELDS: usize = 7;

/// Listed is every sampled try whose row has changed since the frame before (the page keeps the others),
/// so that each end is seen once and a long waiting line costs nothing. One row per disc: link index; number of the action; try (1..); flags ([`disc`]); and in
/// milliseconds of simulated time: sent, arrived at the callee, work began, callee done, reply
/// received or given up; NaN for what has not happened.
pub const DISC_FIELDS: usize = 9;

/// Flags of a disc.
pub mod disc {
    /// The caller has given up on this try (timeout).
    pub const GIVEN_UP: u32 = 1;
    /// The request was lost on the way.
    pub const LOST: u32 = 2;
    /// The callee refused it at the door.
    pub const REFUSED: u32 = 4;
    /// The caller has a good reply.
    pub const SERVED: u32 = 8;
    /// The callee answered with an error.
    pub const ERROR: u32 = 16;
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    #[default]
    Running,
    /// No new traffic; what is under way goes on until nothing can change.
    Settling,
    Finished,
    /// A limit ended it, see the report.
    Stopped,
}

/// The users' view over the last second of simulated time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct UsersNow {
    /// Actions told their outcome in that second.
    pub answered: u64,
    pub served: u64,
    /// Of those served, in milliseconds; `None` if none was.
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub offered_per_s: f64,
    pub useful_per_s: f64,
    pub tries_per_action: Option<f64>,
}

/// One node as the design's own monitoring saw it between its last two collections.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeenNow {
    pub node: String,
    /// When it was collected.
    pub at_ns: u64,
    /// Share of answers that were errors; `None` if there were none.
    pub bad_share: Option<f64>,
    /// Mean time that requests spent there, of those that left.
    pub mean_ms: Option<f64>,
    /// `None` where there are no slots.
    pub utilisation: Option<f64>,
    /// On average; `None` at clients.
    pub waiting: Option<f64>,
}

/// What happened to the data, so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DataNow {
    /// False if no operation of the scenario changes anything.
    pub writes: bool,
    pub lost: u64,
    pub duplicate: u64,
    pub phantom: u64,
    pub partial: u64,
    /// Changes that were overwritten by who had read the row before them.
    pub lost_updates: u64,
    pub stale: u64,
    /// How old the worst of them was.
    pub stale_longest_ns: u64,
    pub own_write_missed: u64,
    pub went_back: u64,
    pub out_of_order: u64,
    pub unauthorised: u64,
    /// Transactions that decided on what another one was changing, and it on what they were.
    pub write_skews: u64,
    /// Changes beyond what the scenario's invariants allow.
    pub invariants_broken: u64,
}

/// One node at this instant; sums over its instances.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NodeNow {
    pub busy: u32,
    pub slots: u32,
    /// Busy slots whose caller has gone.
    pub for_nobody: u32,
    /// Busy slots that wait for a reply from another node.
    pub waiting_for_others: u32,
    pub queue: u32,
    /// Of the queue: requests whose caller has gone.
    pub queue_for_nobody: u32,
    pub oldest_wait_ms: f64,
    /// Bound of the waiting line over all instances, if it has one.
    pub queue_limit: Option<u32>,
    /// Up to 24 places of the line from the oldest on: age in milliseconds, negative if the caller
    /// has gone.
    pub line: Vec<f64>,
    /// Up to 24 slots: 0 free, 1 working, 2 working for nobody, 3 waiting for another node.
    pub slot_states: Vec<u8>,
    /// Over the last second: requests that came, useful replies, mean wait of work begun (ms).
    pub arrived_per_s: f64,
    pub useful_per_s: f64,
    pub wait_ms: Option<f64>,
    /// Failures of requests sent to it in the last second by reason code, most frequent first.
    #[serde(deserialize_with = "word::read_pairs")]
    pub failed_per_s: Vec<(Word, f64)>,
    pub down: bool,
    /// 1 when healthy.
    pub slow_factor: f64,
    pub state: State,
}

/// What a person should read from a node, worst first to judge by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[default]
    Idle,
    Busy,
    /// All slots taken and somebody waits.
    Strained,
    /// Requests sent to it failed in the last second.
    Failing,
    Down,
}

/// One link at this instant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LinkNow {
    /// Tries sent in the last second, and of those the retries.
    pub sent_per_s: f64,
    pub retries_per_s: f64,
    pub in_flight: u32,
    /// Busy connections and calls that wait for one, if the link has a pool.
    pub pool: Option<(u32, u32)>,
    /// Failed tries in the last second by reason code.
    #[serde(deserialize_with = "word::read_pairs")]
    pub failed_per_s: Vec<(Word, f64)>,
    pub cut: bool,
    pub held: u32,
}

/// Something worth a line in the event feed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct News {
    pub at_ns: u64,
    pub what: NewsKind,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewsKind {
    /// The first failed try with this reason in the run.
    FirstFailure {
        #[serde(deserialize_with = "word::read")]
        reason: Word,
        link: String,
        action: u64,
        attempt: u32,
    },
    /// Entry of the timeline, by its index in the scenario.
    EntryBegan {
        entry: u32,
    },
    EntryEnded {
        entry: u32,
    },
    /// An alert of the design fires: somebody is paged; or it stops. By its key.
    Alert {
        alert: String,
        fires: bool,
    },
    /// First of a ledger verdict: lost, duplicate, phantom, partial.
    FirstVerdict {
        #[serde(deserialize_with = "word::read")]
        verdict: Word,
        action: u64,
    },
}
