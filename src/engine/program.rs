//! The compiled design: everything the engine needs, resolved to small numbers, shared by all runs
//! and checkpoints, never changed by a run.
//!
//! Nodes, links and operations are in the order of their stable keys, so the order of tables in a
//! file changes nothing (docs/semantics.md 2).

mod default_plan;
mod invariants;
mod operations;
mod promises;
mod reach;
mod windows;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::columns::Named;
use super::counters::NodeCounters;
use super::door::{self, Contract};
use super::draw::{Threshold, place_hash};
use super::fault::Action;
pub use super::link_program::LinkProgram;
use super::link_program::{compile_link, is_stand_in};
use super::monitoring::{MonitoringProgram, alert, autoscale};
use super::node::NodeConfig;
pub use crate::design::PROMISED_MAX;
use crate::design::order::arrange;
use crate::design::registry::{ALERT, MONITORING, OPERATION};
use crate::design::value::Value;
use crate::design::{
    Aim, CallMode, Design, Link, Node, RowOf, RunSpec, Settings, TimelineEntry, revisions,
};
use crate::time::{Duration, Time};
pub use invariants::InvariantProgram;
pub use promises::SloProgram;
pub use windows::{Asked, Window};
use windows::{bucket_width, windows};

/// Version of the rules of the simulation. Digests of different versions do not compare.
pub const SEMANTICS_VERSION: u32 = 1;

/// After the end, what is under way may go on for this long (docs/semantics.md 25).
pub const SETTLE_LIMIT: Duration = Duration::from_secs(600);

/// The series of a run have at most this many buckets (docs/semantics.md 29).
pub const BUCKETS_MAX: u64 = 4_096;

/// What bounds a run. Reaching one ends it, truthfully (docs/semantics.md 29).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Attempts under way at the same time.
    pub in_flight: usize,
    pub events: u64,
}

impl Limits {
    /// For the command line.
    pub const NATIVE: Limits = Limits {
        in_flight: 5_000_000,
        events: 20_000_000_000,
    };
    /// For the page, whose memory is smaller.
    pub const PAGE: Limits = Limits {
        in_flight: 500_000,
        events: 2_000_000_000,
    };
}

/// One step of an operation at a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanStep {
    Work,
    /// Calls made at the same time; the plan goes on when `wanted` of them have succeeded.
    Calls {
        calls: Box<[PlanCall]>,
        wanted: u16,
    },
    /// A call whose reply nobody awaits.
    Send(PlanCall),
    /// Ask the cache; if it does not have it, ask the store and put what it says into the cache.
    Cached {
        cache: u16,
        store: PlanCall,
    },
    Respond,
}

/// A call of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanCall {
    pub link: u16,
    pub mode: CallMode,
    pub row: RowOf,
    pub aim: Aim,
    /// A write that is not what the operation promises: another one of the plan is.
    pub beside: bool,
}

impl PlanCall {
    pub fn is_write(&self) -> bool {
        self.mode == CallMode::Write
    }

    /// About the row of the operation's item, and no other.
    pub fn is_about_item(&self) -> bool {
        matches!(self.row, RowOf::Item | RowOf::Unit)
    }

    /// About the item's row, and nothing more.
    pub fn plain(link: u16, mode: CallMode) -> PlanCall {
        PlanCall {
            link,
            mode,
            row: RowOf::Item,
            aim: Aim::Plain,
            beside: false,
        }
    }
}

impl NodeProgram {
    /// What the node has counted under this name; zero where its kind counts nothing of the sort.
    pub fn tally(&self, counters: &NodeCounters, name: &str) -> u64 {
        let mut names = self.config.tallies().iter();
        let place = names.position(|it| *it == name);
        place.map_or(0, |at| counters.tallies[at])
    }
}

impl PlanStep {
    /// One call, awaited.
    pub fn call(link: u16, mode: CallMode) -> PlanStep {
        PlanStep::Calls {
            calls: Box::new([PlanCall::plain(link, mode)]),
            wanted: 1,
        }
    }

    /// One of its calls writes, or publishes.
    pub fn changes_something(&self) -> bool {
        let writes = |call: &PlanCall| call.mode == CallMode::Write;
        match self {
            PlanStep::Calls { calls, .. } => calls.iter().any(writes),
            PlanStep::Send(call) => writes(call),
            PlanStep::Work | PlanStep::Cached { .. } | PlanStep::Respond => false,
        }
    }
}

pub struct NodeProgram {
    pub key: String,
    pub kind: &'static str,
    pub place: u64,
    pub config: NodeConfig,
    /// Links that leave it, in the order of their keys, without those that only stand in for others.
    pub out: Vec<u16>,
    pub instances: u16,
    /// Numbers of the zones that its instances are spread over.
    pub zones: Vec<u16>,
    pub autoscale: Option<autoscale::Spec>,
    /// It does not begin what a deadline that came with it makes useless.
    pub minds_deadlines: bool,
    /// From the start of an instance until it takes requests.
    pub boot_time: Duration,
    /// Which versions of the interface it speaks and understands, as long as nothing else is deployed.
    pub contract: Contract,
    /// It lets nobody in who has no right.
    pub checks_rights: bool,
    pub max_request_size: Option<u64>,
    /// It stops work whose caller has gone, when it hears of it.
    pub stops_abandoned: bool,
    /// Clients: each action has a user of its own, whom others do not share.
    pub tells_users_apart: bool,
    /// What is written there can be undone: with a lost leader, by going back to a snapshot, with a column.
    pub can_undo: bool,
    /// A database with more than one copy.
    pub has_copies: bool,
    /// A database whose rows have columns.
    pub has_columns: bool,
    /// The columns that it names in those, as long as nothing else is deployed.
    pub named: Named,
    /// The operations that its users perform, with their weights.
    pub performs: Vec<(u16, u64)>,
    /// Per operation: what to do.
    pub plans: Vec<Box<[PlanStep]>>,
    /// Per operation: which of its promised effects belongs here.
    pub effects: Vec<Option<u8>>,
}

pub struct OperationProgram {
    pub key: String,
    pub place: u64,
    /// Makes its items those of all operations with the same one.
    pub key_space: u64,
    pub mode: CallMode,
    /// 0 is the most important.
    pub priority: u8,
    pub weight: u64,
    /// Share of its messages that no handler can ever take care of.
    pub poison: Threshold,
    /// Which clients perform it.
    pub clients: Vec<u16>,
    pub items: Arc<super::popularity::Popularity>,
    /// Nodes where it must leave exactly one effect.
    pub effects: Vec<u16>,
    /// The version of the interface in which users ask for it.
    pub contract: u8,
    /// The file names them.
    pub says_effects: bool,
    /// The operation whose effects it takes back; and whether another one takes its own back.
    pub undoes: Option<u16>,
    pub can_be_undone: bool,
    /// The operation whose missing effects it makes; and whether another one makes its own.
    pub completes: Option<u16>,
    pub can_be_completed: bool,
    /// Bytes of its messages.
    pub request_size: u64,
    pub response_size: u64,
}

impl OperationProgram {
    /// It means to change something.
    pub fn is_write(&self) -> bool {
        self.mode == CallMode::Write
    }
}

/// An entry of the timeline, resolved.
#[derive(Clone, Debug)]
pub struct Entry {
    pub begins: Time,
    pub ends: Option<Time>,
    pub action: Action,
    /// Position in the scenario.
    pub index: u16,
}

/// An entry begins, or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    pub at: Time,
    pub entry: u16,
    pub ends: bool,
}

pub struct Program {
    pub nodes: Vec<NodeProgram>,
    pub links: Vec<LinkProgram>,
    pub operations: Vec<OperationProgram>,
    pub timeline: Arc<[Entry]>,
    /// When its entries begin and end, ascending.
    pub moments: Arc<[Moment]>,
    /// When knobs change, and the program from then on. A revised program knows the times only.
    pub revisions: Vec<Arc<Program>>,
    pub revised_at: Arc<[Time]>,
    /// No new traffic from here on.
    pub horizon: Time,
    pub bucket: Duration,
    /// The measured part first, then those of the goals.
    pub windows: Vec<Window>,
    /// All edges of windows, ascending.
    pub marks: Vec<Time>,
    pub limits: Limits,
    /// Some operation changes something.
    pub writes: bool,
    /// Names of zones, in the order of their numbers.
    pub zones: Vec<String>,
    pub monitoring: MonitoringProgram,
    /// What users are promised; for who watches, as what must never be.
    pub slos: Vec<SloProgram>,
    /// What must never be. Nothing in the engine looks at it: it is for who watches.
    pub invariants: Vec<InvariantProgram>,
}

/// Resolves keys while compiling. Kinds read their knobs through it.
pub struct Compiler<'a> {
    pub design: &'a Design,
    nodes: BTreeMap<&'a str, u16>,
    links: BTreeMap<&'a str, u16>,
    operations: BTreeMap<&'a str, u16>,
    zones: Vec<String>,
}

impl<'a> Compiler<'a> {
    fn new(design: &'a Design) -> Compiler<'a> {
        fn ranks<'a>(keys: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, u16> {
            let mut map: BTreeMap<&str, u16> = keys.map(|k| (k, 0)).collect();
            map.values_mut()
                .enumerate()
                .for_each(|(i, v)| *v = i as u16);
            map
        }
        Compiler {
            design,
            nodes: ranks(design.nodes.iter().map(|n| n.key.as_str())),
            links: ranks(design.links.iter().map(|l| l.key.as_str())),
            operations: ranks(design.operations.iter().map(|o| o.key.as_str())),
            zones: zone_names(design),
        }
    }

    pub fn operation(&self, key: &str) -> u16 {
        self.operations[key]
    }

    /// Number of a zone.
    pub fn zone(&self, name: &str) -> u16 {
        let at = self.zones.iter().position(|zone| zone == name);
        at.expect("validated: some node has the zone") as u16
    }

    /// Number of the node with this key. Validation has made sure that it exists.
    pub fn node(&self, key: &str) -> u16 {
        self.nodes[key]
    }

    /// Number of the key space that operations name, or that one of them has for itself.
    pub fn key_space(&self, name: &str) -> u64 {
        let named = |op: &crate::design::Operation| {
            Settings::new(&OPERATION, &op.knobs)
                .opt_text("key_space")
                .as_deref()
                == Some(name)
        };
        match self.design.operations.iter().any(named) {
            true => place_hash("key space", name),
            false => place_hash("operation", name),
        }
    }

    pub fn link(&self, key: &str) -> u16 {
        self.links[key]
    }

    pub(super) fn node_by_key(&self, key: &str) -> &'a Node {
        self.design.node(key).expect("validated: the node exists")
    }

    /// Links that leave the node, in the order of their keys.
    pub(super) fn links_from(&self, node: &str) -> Vec<&'a Link> {
        let mut out: Vec<_> = self
            .design
            .links
            .iter()
            .filter(|l| l.from == node)
            .collect();
        arrange(&mut out, |a, b| a.key.cmp(&b.key));
        out
    }

    /// A queue that is a log.
    pub(super) fn is_log(&self, key: &str) -> bool {
        let node = self.node_by_key(key);
        node.kind.name == "queue" && Settings::new(node.kind, &node.knobs).choice("mode") == "log"
    }
}

impl Program {
    /// The program after so many changes of knobs.
    pub(super) fn revision(self: &Arc<Program>, number: usize) -> Arc<Program> {
        match number.checked_sub(1) {
            Some(i) => Arc::clone(&self.revisions[i]),
            None => Arc::clone(self),
        }
    }

    /// Compiles a design that passed validation, and what its timeline makes of it.
    pub fn compile(
        design: &Design,
        timeline: &[TimelineEntry],
        run: &RunSpec,
        goal_windows: &[Asked<'_>],
        limits: Limits,
    ) -> Program {
        let entries = timeline.iter().enumerate();
        let c = Compiler::new(design);
        let entries: Arc<[Entry]> = entries
            .map(|(i, e)| Action::compile(&c, e, i as u16))
            .collect();
        let mut program = Program::one(design, &entries, run, goal_windows, limits, None);
        let revisions = revisions(design, timeline);
        program.revised_at = revisions.iter().map(|r| Time(r.at.0)).collect();
        for revision in &revisions {
            let design = &revision.design;
            let base = Some(&program);
            let mut revised = Program::one(design, &entries, run, goal_windows, limits, base);
            revised.revised_at = Arc::clone(&program.revised_at);
            program.revisions.push(Arc::new(revised));
        }
        program
    }

    fn one(
        design: &Design,
        timeline: &Arc<[Entry]>,
        run: &RunSpec,
        goal_windows: &[Asked<'_>],
        limits: Limits,
        base: Option<&Program>,
    ) -> Program {
        let c = Compiler::new(design);
        let operations = operations::compile(&c, base);
        let mut nodes: Vec<_> = sorted(&design.nodes, |n| &n.key)
            .into_iter()
            .map(|n| compile_node(&c, n, &operations))
            .collect();
        let mut links: Vec<_> = sorted(&design.links, |l| &l.key)
            .into_iter()
            .map(|l| compile_link(&c, l))
            .collect();
        for (i, link) in links.iter().enumerate() {
            if !is_stand_in(design, &link.key) {
                nodes[link.from as usize].out.push(i as u16);
            }
        }
        door::compile(&mut links, &nodes, &operations);
        let (windows, marks) = windows(run, goal_windows, |key| c.operation(key));
        Program {
            writes: operations.iter().any(|o| o.mode == CallMode::Write),
            zones: c.zones.clone(),
            monitoring: monitoring(&c, &nodes, timeline),
            slos: promises::compile(&c),
            invariants: invariants::compile(&c, &operations),
            nodes,
            links,
            operations,
            moments: match base {
                Some(base) => Arc::clone(&base.moments),
                None => moments(timeline, Time(run.duration.0)),
            },
            timeline: Arc::clone(timeline),
            revisions: Vec::new(),
            revised_at: Arc::default(),
            horizon: Time(run.duration.0),
            bucket: bucket_width(run.duration),
            windows,
            marks,
            limits,
        }
    }
}

fn monitoring(c: &Compiler<'_>, nodes: &[NodeProgram], timeline: &[Entry]) -> MonitoringProgram {
    let knobs = Settings::new(&MONITORING, &c.design.monitoring);
    let scale = knobs.factor("clock_scale");
    let alerts: Vec<alert::Spec> = sorted(&c.design.alerts, |a| &a.key)
        .into_iter()
        .map(|a| {
            let (place, node) = (place_hash("alert", &a.key), c.node(&a.node));
            alert::Spec::compile(&a.key, place, node, &Settings::new(&ALERT, &a.knobs), scale)
        })
        .collect();
    let is_canary = |entry: &Entry| matches!(entry.action, Action::Deploy { .. });
    MonitoringProgram {
        is_used: !alerts.is_empty()
            || nodes.iter().any(|node| node.autoscale.is_some())
            || timeline.iter().any(is_canary),
        scrape_every: knobs.duration("scrape_every"),
        alerts,
    }
}

/// What begins at the end of the run or later does not begin.
fn moments(timeline: &[Entry], horizon: Time) -> Arc<[Moment]> {
    let entries = (0..).zip(timeline).filter(|(_, e)| e.begins < horizon);
    let both = entries.flat_map(|(entry, e)| {
        let moment = |ends| move |at| Moment { at, entry, ends };
        let ends = e.ends.map(moment(true));
        std::iter::once(moment(false)(e.begins)).chain(ends)
    });
    let mut moments: Vec<Moment> = both.collect();
    arrange(&mut moments, Ord::cmp);
    moments.into()
}

/// All zones that nodes name, in the order of their names.
fn zone_names(design: &Design) -> Vec<String> {
    let zones = |node: &Node| match node.knobs.get("zones") {
        Some(Value::Names(names)) => names.clone(),
        _ => Vec::new(),
    };
    let mut names: Vec<String> = design.nodes.iter().flat_map(zones).collect();
    arrange(&mut names, Ord::cmp);
    names.dedup();
    names
}

fn sorted<T>(items: &[T], key: impl Fn(&T) -> &String) -> Vec<&T> {
    let mut refs: Vec<&T> = items.iter().collect();
    arrange(&mut refs, |a, b| key(a).cmp(key(b)));
    refs
}

fn compile_node(c: &Compiler<'_>, node: &Node, operations: &[OperationProgram]) -> NodeProgram {
    let number = c.node(&node.key);
    let keys: Vec<String> = operations.iter().map(|op| op.key.clone()).collect();
    let knobs = Settings::new(node.kind, &node.knobs).with_operations(&keys);
    let plans = operations
        .iter()
        .map(|op| default_plan::plan(c, node, op))
        .collect();
    let effects = operations
        .iter()
        .map(|op| {
            op.effects
                .iter()
                .position(|&e| e == number)
                .map(|i| i as u8)
        })
        .collect();
    let instances = |name: &str| match node.kind.knob(name) {
        Some(_) => knobs.count(name) as u16,
        None => 1,
    };
    NodeProgram {
        key: node.key.clone(),
        kind: node.kind.name,
        place: place_hash("node", &node.key),
        config: NodeConfig::compile(node.kind.name, &knobs),
        out: Vec::new(),
        instances: match node.kind.name {
            "clients" => instances("callers"),
            // The leader and those that follow, or shards: not both.
            "database" => (knobs.count("replicas") as u16 + 1).max(knobs.count("shards") as u16),
            _ => instances("instances"),
        },
        zones: match node.knobs.get("zones") {
            Some(Value::Names(names)) => names.iter().map(|name| c.zone(name)).collect(),
            _ => Vec::new(),
        },
        autoscale: match node.kind.knob("autoscale") {
            Some(_) => autoscale::Spec::compile(&knobs),
            None => None,
        },
        // Somebody else's service knows nothing of ours.
        minds_deadlines: node.kind.name != "third_party",
        boot_time: match node.kind.knob("boot_time") {
            Some(_) => knobs.duration("boot_time"),
            None => Duration::ZERO,
        },
        contract: match node.kind.knob("contract") {
            Some(_) => Contract {
                newest: knobs.count("contract") as u8,
                oldest: knobs.count("contract_oldest") as u8,
            },
            None => Contract::default(),
        },
        checks_rights: node.kind.knob("checks_rights").is_some() && knobs.flag("checks_rights"),
        max_request_size: match node.kind.knob("max_request_size") {
            Some(_) => knobs.opt_count("max_request_size"),
            None => None,
        },
        stops_abandoned: node.kind.knob("on_abandoned").is_some()
            && knobs.choice("on_abandoned") == "stop",
        tells_users_apart: node.kind.name == "clients"
            && (knobs.choice("arrivals") == "closed" || knobs.count("identities") > 1),
        can_undo: node.kind.name == "database"
            && (knobs.count("replicas") > 0
                || knobs.opt_duration("backup_every").is_some()
                || knobs.opt_names("columns").is_some()),
        has_copies: node.kind.name == "database" && knobs.count("replicas") > 0,
        has_columns: node.kind.name == "database" && knobs.opt_names("columns").is_some(),
        named: Named::compile(&knobs),
        performs: super::node::clients::performed_by(number, operations),
        plans,
        effects,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_widths_are_round_and_few() {
        for (seconds, width_ms) in [
            (1, 100),
            (51, 100),
            (52, 200),
            (180, 500),
            (600, 2_000),
            (100_000, 200_000),
        ] {
            let width = bucket_width(Duration::from_secs(seconds));
            assert_eq!(width, Duration::from_millis(width_ms), "{seconds} s");
        }
    }
}
