//! What a watcher of the system itself could have seen, window by window: how requests ended on each
//! link, how long each node worked, how many waited. Nothing here knows what was going to happen, and
//! nothing of it is kept in ordinary runs: a page keeps it beside its run, and so does `brownout explain`. What
//! it takes is bounded by the size of the design and what is under way.

use std::collections::BTreeMap;

use crate::design::Design;
use crate::engine::Program;
use crate::engine::attempt::{Attempt, CalleeSide, CallerSide, Intent, IntentId};
use crate::engine::counters::NodeCounters;
use crate::engine::reason::Reason;
use crate::engine::record::{Record, Snapshot, Told};
use crate::time::{Duration, Time};

/// Windows of a run, about.
const WINDOWS: u64 = 120;
/// Shorter ones hold too few requests to say much.
const SHORTEST: Duration = Duration(500_000_000);

/// One link in one window.
#[derive(Clone, Debug)]
pub struct LinkWindow {
    /// Tries that ended in it for their callers, and the failed ones by reason.
    pub ended: u32,
    pub failed: [u32; Reason::COUNT],
    /// When the first of each reason failed.
    pub began: Vec<(Reason, Time)>,
    /// Answered with an error although no call of the callee's own had failed.
    pub own_errors: u32,
    /// Given up while the callee was at work itself, not waiting for a call of its own.
    pub given_up: u32,
    /// Tries that were sent in it, and of those that arrived: how long they had travelled.
    pub sent: u32,
    pub travelled: u32,
    pub travel_ns: u64,
}

impl Default for LinkWindow {
    fn default() -> Self {
        LinkWindow {
            ended: 0,
            failed: [0; Reason::COUNT],
            began: Vec::new(),
            own_errors: 0,
            given_up: 0,
            sent: 0,
            travelled: 0,
            travel_ns: 0,
        }
    }
}

/// One node in one window.
#[derive(Clone, Debug, Default)]
pub struct NodeWindow {
    pub arrived: u64,
    /// Requests that left it after being let in.
    pub left: u32,
    /// Sum of the binary logarithms of what they cost the node itself: time in a slot without the calls
    /// that it waited for, in nanoseconds.
    pub own_log: f64,
    /// In the waiting room and in slots at the edges of buckets.
    pub waiting_least: u32,
    pub waiting_most: u32,
    pub busy_most: u32,
    /// The most that were busy while somebody waited.
    pub busy_when_waiting: Option<u32>,
    pub lookups: u64,
    pub misses: u64,
    /// How long the copy that is furthest behind has been missing something, at most.
    pub behind: Duration,
    /// Instances that died for want of memory.
    pub out_of_memory: u64,
    /// A database lost its leader.
    pub leaders_lost: u32,
    samples: u32,
}

/// All users together in one window.
#[derive(Clone, Debug, Default)]
pub struct UserWindow {
    pub told: u32,
    /// Told that it failed, or gone.
    pub bad: u32,
    /// When the first and the last of these were told.
    pub bad_between: Option<[Time; 2]>,
    pub served: u32,
    /// The served ones, by how long they waited: class `n` holds up to 2^(n/2) microseconds.
    pub latency: Vec<u32>,
    /// Born and not told anything yet, at the end of it.
    pub open: i64,
}

impl UserWindow {
    /// How long all but a twentieth of the served ones waited at most, in octaves of a microsecond; half an
    /// octave too much at worst.
    pub fn p95_octaves(&self) -> Option<f64> {
        let over = self.served / 20;
        let mut above = 0;
        let classes = self.latency.iter().enumerate().rev();
        let found = classes.map(|(class, n)| {
            above += n;
            (class, above)
        });
        let mut found = found.filter(|&(_, above)| above > over);
        found.next().map(|(class, _)| class as f64 / 2.0)
    }
}

#[derive(Clone, Debug)]
pub struct NodeShape {
    pub key: String,
    /// As sentences call it: its key, if nobody named it otherwise.
    pub name: String,
    pub kind: &'static str,
}

#[derive(Clone, Debug)]
pub struct LinkShape {
    pub key: String,
    pub name: String,
    pub from: u16,
    pub to: u16,
}

/// An alert that fired: when somebody had read it, and since when it did not fire any more.
#[derive(Clone, Copy, Debug)]
pub struct Fired {
    pub alert: u16,
    pub read: Time,
    pub until: Time,
}

/// Pages that are kept; later ones say nothing new.
const PAGES_MAX: usize = 1_000;

/// The calls of one action at one node, as far as they are known.
#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    /// Time that is covered by them, and its end.
    covered: u64,
    until: Time,
    last_failed: bool,
}

#[derive(Clone, Debug)]
pub struct Signals {
    pub width: Duration,
    pub nodes: Vec<NodeShape>,
    pub links: Vec<LinkShape>,
    pub of_node: Vec<Vec<NodeWindow>>,
    pub of_link: Vec<Vec<LinkWindow>>,
    /// Actions begun, by clients.
    pub begun: Vec<Vec<u32>>,
    pub users: Vec<UserWindow>,
    /// Windows that lie wholly within the time of traffic: later ones only show how it comes to rest.
    pub count: usize,
    pub pages: Vec<Fired>,
    /// Names of the design's alerts.
    pub alerts: Vec<String>,
    /// Per node: it is called and calls others, so that what it costs itself has to be found out.
    passes_on: Vec<bool>,
    calls: BTreeMap<(u64, u16), Calls>,
    last: Vec<NodeCounters>,
}

/// Names of the tallies that are looked at.
const LOOKUPS: &str = "lookups";
const MISSES: &str = "misses";
const OUT_OF_MEMORY: &str = "out_of_memory";

impl Signals {
    pub fn new(program: &Program) -> Signals {
        let bucket = program.bucket.0.max(1);
        let wanted = (program.horizon.0 / WINDOWS).max(SHORTEST.0);
        let width = Duration(wanted.div_ceil(bucket) * bucket);
        let count = (program.horizon.0 / width.0).max(1) as usize;
        let node = |n: &crate::engine::program::NodeProgram| NodeShape {
            key: n.key.clone(),
            name: n.key.clone(),
            kind: n.kind,
        };
        let link = |l: &crate::engine::program::LinkProgram| LinkShape {
            key: l.key.clone(),
            name: l.key.clone(),
            from: l.from,
            to: l.to,
        };
        let (nodes, links) = (program.nodes.len(), program.links.len());
        let calls = |node: usize| program.links.iter().any(|l| usize::from(l.from) == node);
        let passes_on = |(i, n): (usize, &NodeShape)| n.kind != "clients" && calls(i);
        let shapes: Vec<NodeShape> = program.nodes.iter().map(node).collect();
        let alerts = program.monitoring.alerts.iter().map(|it| it.key.clone());
        Signals {
            width,
            passes_on: shapes.iter().enumerate().map(passes_on).collect(),
            nodes: shapes,
            links: program.links.iter().map(link).collect(),
            of_node: vec![vec![NodeWindow::default(); count]; nodes],
            of_link: vec![vec![LinkWindow::default(); count]; links],
            begun: vec![vec![0; count]; nodes],
            users: vec![UserWindow::default(); count],
            count,
            pages: Vec::new(),
            alerts: alerts.collect(),
            calls: BTreeMap::new(),
            last: vec![NodeCounters::default(); nodes],
        }
    }

    /// Where an instant belongs; `None` after the time of traffic.
    fn window(&self, at: Time) -> Option<usize> {
        let window = (at.0 / self.width.0) as usize;
        (window < self.count).then_some(window)
    }

    pub fn start_of(&self, window: usize) -> Time {
        Time(window as u64 * self.width.0)
    }

    /// What was seen up to now, as if the run ended here; nothing of a window that is not over.
    pub fn until(&self, now: Time) -> Signals {
        let mut seen = Signals {
            width: self.width,
            nodes: self.nodes.clone(),
            links: self.links.clone(),
            of_node: self.of_node.clone(),
            of_link: self.of_link.clone(),
            begun: self.begun.clone(),
            users: self.users.clone(),
            count: self.count.min((now.0 / self.width.0) as usize),
            pages: self.pages.clone(),
            alerts: self.alerts.clone(),
            passes_on: Vec::new(),
            calls: BTreeMap::new(),
            last: Vec::new(),
        };
        // Who is open at the end of a window was open at the end of all windows since its birth.
        let mut open = 0;
        for window in &mut seen.users {
            open += window.open;
            window.open = open;
        }
        seen
    }

    /// Sentences call nodes as people do, and links by their ends.
    pub fn call_them(&mut self, design: &Design) {
        for node in &mut self.nodes {
            let known = design.node(&node.key);
            if let Some(label) = known.and_then(|known| known.label.clone()) {
                node.name = label;
            }
        }
        for link in &mut self.links {
            let name = |node: u16| &self.nodes[node as usize].name;
            link.name = format!("from {} to {}", name(link.from), name(link.to));
        }
    }

    /// What grows with what is under way, in bytes.
    pub fn bytes(&self) -> usize {
        let entry = size_of::<(u64, u16)>() + size_of::<Calls>();
        let of_nodes = self.nodes.len() * size_of::<NodeWindow>();
        let of_links = self.links.len() * size_of::<LinkWindow>();
        let began = self.of_link.iter().flatten().map(|it| it.began.capacity());
        let began = began.sum::<usize>() * size_of::<(Reason, Time)>();
        self.users.len() * (of_nodes + of_links) + 2 * self.calls.len() * entry + began
    }

    /// What one attempt costs is known when nothing can happen to its intent any more.
    fn forget(&mut self, id: IntentId) {
        let all = (id.bits(), 0)..=(id.bits(), u16::MAX);
        while let Some(key) = self.calls.range(all.clone()).next().map(|(key, _)| *key) {
            self.calls.remove(&key);
        }
    }
}

impl Record for Signals {
    fn born(&mut self, _: &Program, _: IntentId, intent: &Intent) {
        if let Some(window) = self.window(intent.born) {
            self.begun[intent.clients as usize][window] += 1;
            self.users[window].open += 1;
        }
    }

    fn outcome(&mut self, _: &Program, now: Time, id: IntentId, _: &Intent, a: &Attempt) {
        let Some(link) = self.links.get(a.link as usize) else {
            return;
        };
        let failed = match a.caller {
            CallerSide::Failed(reason) => Some(reason),
            _ => None,
        };
        if self.passes_on[link.from as usize] {
            let calls = self.calls.entry((id.bits(), link.from)).or_default();
            // A pause before another try belongs to the call, not to the caller's own work.
            let since = if a.number > 1 {
                a.born.min(calls.until)
            } else {
                a.born
            };
            calls.covered += now.0.saturating_sub(since.max(calls.until).0);
            calls.until = calls.until.max(now);
            calls.last_failed = failed.is_some();
        }
        let callee = self.calls.get(&(id.bits(), a.node));
        let is_passed_on = callee.is_some_and(|calls| calls.last_failed);
        if let Some(window) = self.window(now) {
            let window = &mut self.of_link[a.link as usize][window];
            window.ended += 1;
            if let Some(reason) = failed {
                if window.failed[reason as usize] == 0 {
                    window.began.push((reason, now));
                }
                window.failed[reason as usize] += 1;
                let is_own = reason == Reason::ErrorFromCallee && !is_passed_on;
                window.own_errors += u32::from(is_own);
                let is_at_work = a.callee == CalleeSide::Working;
                window.given_up += u32::from(reason == Reason::TimedOutInService && is_at_work);
            }
        }
    }

    fn attempt_over(&mut self, _: &Program, _: Time, id: IntentId, _: &Intent, a: &Attempt) {
        self.calls.remove(&(id.bits(), a.node));
        let Some(of_link) = self.of_link.get_mut(a.link as usize) else {
            return;
        };
        // What never left its caller has no time of sending.
        let sent = (a.sent.0 / self.width.0) as usize;
        if a.sent == Time::NEVER || sent >= self.count {
            return;
        }
        let window = &mut of_link[sent];
        window.sent += 1;
        if a.arrived != Time::NEVER {
            window.travelled += 1;
            window.travel_ns += a.arrived.0.saturating_sub(a.sent.0);
        }
    }

    fn left_node(&mut self, _: &Program, now: Time, a: &Attempt) {
        let calls = self.calls.get_mut(&(a.intent.bits(), a.node));
        let covered = calls.map_or(0, |calls| std::mem::take(&mut calls.covered));
        let Some(window) = self.window(now) else {
            return;
        };
        let window = &mut self.of_node[a.node as usize][window];
        if a.began == Time::NEVER {
            return;
        }
        let own = now.since(a.began).0.saturating_sub(covered);
        window.left += 1;
        window.own_log += libm::log2(own.max(1_000) as f64);
    }

    fn leader_lost(&mut self, _: &Program, now: Time, node: u16) {
        if let Some(window) = self.window(now) {
            self.of_node[node as usize][window].leaders_lost += 1;
        }
    }

    fn told(&mut self, _: &Program, now: Time, _: IntentId, intent: &Intent, told: Told) {
        let Some(window) = self.window(now) else {
            return;
        };
        let window = &mut self.users[window];
        window.told += 1;
        window.open -= 1;
        match told {
            Told::Failed(_) | Told::Abandoned => {
                window.bad += 1;
                window.bad_between.get_or_insert([now; 2])[1] = now;
            }
            Told::Served | Told::Degraded => {
                window.served += 1;
                let us = now.since(intent.born).0 as f64 / 1e3;
                let class = libm::ceil(2.0 * libm::log2(us.max(1.0))) as usize;
                if window.latency.len() <= class {
                    window.latency.resize(class + 1, 0);
                }
                window.latency[class] += 1;
            }
        }
    }

    fn bucket(&mut self, program: &Program, snapshot: &Snapshot<'_>) {
        // An edge belongs to the window that it ends.
        let Some(at) = self.window(Time(snapshot.now.0.saturating_sub(1))) else {
            return;
        };
        for (i, now) in snapshot.nodes.iter().enumerate() {
            let last = &mut self.last[i];
            let window = &mut self.of_node[i][at];
            let node = &program.nodes[i];
            let tally = |name| node.tally(now, name) - node.tally(last, name);
            window.arrived += now.arrived - last.arrived;
            window.lookups += tally(LOOKUPS);
            window.misses += tally(MISSES);
            window.out_of_memory += tally(OUT_OF_MEMORY);
            let waiting = now.waiting.value;
            window.waiting_least = match window.samples {
                0 => waiting,
                _ => window.waiting_least.min(waiting),
            };
            window.waiting_most = window.waiting_most.max(waiting);
            if self.nodes[i].kind == "database" {
                let behind = (snapshot.known)(i).behind.unwrap_or_default();
                window.behind = window.behind.max(behind);
            }
            window.busy_most = window.busy_most.max(now.busy.value);
            if waiting > 0 {
                let before = window.busy_when_waiting.unwrap_or(0);
                window.busy_when_waiting = Some(before.max(now.busy.value));
            }
            window.samples += 1;
            last.clone_from(now);
        }
    }

    fn retired(&mut self, _: &Program, _: Time, id: IntentId, _: &Intent) {
        self.forget(id);
    }

    fn internal_over(&mut self, _: &Program, id: IntentId) {
        self.forget(id);
    }

    fn alert(&mut self, program: &Program, now: Time, alert: u16, fires: bool) {
        let Some(spec) = program.monitoring.alerts.get(usize::from(alert)) else {
            return;
        };
        if !fires {
            let is_it = |it: &&mut Fired| it.alert == alert && it.until == Time::NEVER;
            let firing = self.pages.iter_mut().rfind(is_it);
            firing.into_iter().for_each(|it| it.until = now);
        } else if spec.pages && self.pages.len() < PAGES_MAX {
            self.pages.push(Fired {
                alert,
                read: now + spec.paging_delay,
                until: Time::NEVER,
            });
        }
    }
}
