//! The way of one operation through a design: its stops, callers first, with rates and times as if
//! nothing failed and nothing waited.

use std::collections::BTreeMap;

use super::map::{
    Map, instances, is_inline_cache, knobs, policy, tries_after_timeouts, wait, work,
};
use crate::design::registry::OPERATION;
use crate::design::value::{MICRO, Value};
use crate::design::{CallMode, Link, Node, Operation, Settings, Step, StepCall};

/// One operation: every stop that it may make, callers before callees.
pub struct Trip<'d> {
    pub operation: &'d Operation,
    /// Keys of the nodes where it must leave a trace.
    pub effects: Vec<&'d str>,
    pub stops: Vec<Stop<'d>>,
}

/// A node as an operation meets it, asked to read or to write.
pub struct Stop<'d> {
    pub node: &'d Node,
    pub writes: bool,
    /// The way begins here.
    pub is_start: bool,
    pub steps: Vec<Move<'d>>,
    /// Requests per second of first tries, from open arrivals at the rates of the start.
    pub rate: f64,
    /// Mean time that a request keeps its slot, and until its reply leaves, if nothing waits.
    pub hold_ns: f64,
    pub reply_ns: f64,
    /// A promised trace is left here or further on.
    pub leaves_trace: bool,
}

pub enum Move<'d> {
    Work,
    /// Calls at the same time, of which so many must succeed.
    Calls {
        hops: Vec<Hop<'d>>,
        wanted: usize,
    },
    /// A call whose reply nobody awaits.
    Send(Hop<'d>),
    /// Ask the cache, then perhaps the store.
    Cached([Hop<'d>; 2]),
    Respond,
}

#[derive(Clone, Copy)]
pub struct Hop<'d> {
    pub link: &'d Link,
    pub writes: bool,
    /// Calls per request at the stop: one, or less where one of several links is chosen. None where
    /// nobody knows: a store behind a cache.
    pub share: f64,
    /// It is made once whenever its turn comes, and its reply is awaited.
    pub plain: bool,
    /// Position of the callee among the stops.
    pub(super) to: usize,
}

impl<'d> Hop<'d> {
    pub(super) fn new(link: &'d Link, writes: bool) -> Hop<'d> {
        Hop {
            link,
            writes,
            share: 1.0,
            plain: true,
            to: 0,
        }
    }
}

impl<'d> Move<'d> {
    pub(super) fn one(hop: Hop<'d>) -> Move<'d> {
        Move::Calls {
            hops: vec![hop],
            wanted: 1,
        }
    }

    pub fn hops(&self) -> &[Hop<'d>] {
        match self {
            Move::Work | Move::Respond => &[],
            Move::Calls { hops, .. } => hops,
            Move::Send(hop) => std::slice::from_ref(hop),
            Move::Cached(hops) => hops,
        }
    }

    fn hops_mut(&mut self) -> &mut [Hop<'d>] {
        match self {
            Move::Work | Move::Respond => &mut [],
            Move::Calls { hops, .. } => hops,
            Move::Send(hop) => std::slice::from_mut(hop),
            Move::Cached(hops) => hops,
        }
    }

    /// The hop whose end the step waits for, at the least. Where the first few of several are enough,
    /// nothing is known.
    pub fn slowest<'a>(&'a self, trip: &Trip<'_>) -> Option<&'a Hop<'d>> {
        let of_all = match self {
            Move::Calls { hops, wanted } if *wanted == hops.len() => &hops[..],
            Move::Cached([cache, _]) => std::slice::from_ref(cache),
            _ => return None,
        };
        let longer = |a: &&Hop<'_>, b: &&Hop<'_>| trip.call_ns(a).total_cmp(&trip.call_ns(b));
        of_all.iter().max_by(longer)
    }
}

impl<'d> Stop<'d> {
    pub fn hops(&self) -> impl Iterator<Item = Hop<'d>> + '_ {
        self.steps
            .iter()
            .flat_map(|step| step.hops().iter().copied())
    }

    pub fn works(&self) -> usize {
        let works = |step: &&Move<'_>| matches!(step, Move::Work);
        self.steps.iter().filter(works).count()
    }
}

impl<'d> Trip<'d> {
    pub fn stop(&self, hop: &Hop<'_>) -> &Stop<'d> {
        &self.stops[hop.to]
    }

    /// Mean length of a call, its timeout and tries included, if nothing waits.
    pub fn call_ns(&self, hop: &Hop<'_>) -> f64 {
        call_ns(self, hop)
    }

    pub fn position(&self, hop: &Hop<'_>) -> usize {
        hop.to
    }

    /// Requests per second at each stop if the calls on some links were multiplied.
    pub fn rates(&self, factor: impl Fn(&Link) -> f64) -> Vec<f64> {
        let mut rates: Vec<f64> = vec![0.0; self.stops.len()];
        for (i, stop) in self.stops.iter().enumerate() {
            if stop.is_start {
                rates[i] = stop.rate;
            }
            for hop in stop.hops() {
                rates[hop.to] += rates[i] * hop.share * factor(hop.link);
            }
        }
        rates
    }
}

impl<'d> Map<'d> {
    pub(super) fn trip(&self, operation: &'d Operation) -> Trip<'d> {
        let settings = Settings::new(&OPERATION, &operation.knobs);
        let writes = settings.choice("kind") == "write";
        let named = names(operation, "clients");
        let is_performer = |node: &&Node| {
            node.kind.name == "clients" && named.is_none_or(|names| names.contains(&node.key))
        };
        let performers: Vec<&Node> = self.design.nodes.iter().filter(is_performer).collect();
        let effects = self.effects(operation, writes, &performers);
        let mut trip = Trip {
            operation,
            effects,
            stops: Vec::new(),
        };
        for clients in performers {
            self.visit(&mut trip, clients, writes, writes);
        }
        self.settle(&mut trip, |node| {
            (node.kind.name == "clients").then(|| self.actions_per_s(node, operation))
        });
        trip
    }

    /// The way of an operation's messages from a worker on, so many of them per second.
    pub(super) fn handled(&self, of: &Trip<'d>, worker: &'d Node, rate: f64) -> Trip<'d> {
        let writes = Settings::new(&OPERATION, &of.operation.knobs).choice("kind") == "write";
        let mut trip = Trip {
            operation: of.operation,
            effects: of.effects.clone(),
            stops: Vec::new(),
        };
        self.visit(&mut trip, worker, writes, writes);
        self.settle(&mut trip, |node| (node.key == worker.key).then_some(rate));
        trip
    }

    /// Puts the stops in order, callers first, and tells each what it gets and how long that takes.
    /// `start` says which nodes the way begins at, and how often.
    fn settle(&self, trip: &mut Trip<'d>, start: impl Fn(&Node) -> Option<f64>) {
        // Found callees first.
        trip.stops.reverse();
        connect(trip);
        for stop in &mut trip.stops {
            if let Some(rate) = start(stop.node) {
                (stop.is_start, stop.rate) = (true, rate);
            }
        }
        let rates = trip.rates(|_| 1.0);
        for (stop, rate) in trip.stops.iter_mut().zip(rates) {
            stop.rate = rate;
        }
        for i in (0..trip.stops.len()).rev() {
            let stop = &trip.stops[i];
            let promised = trip.effects.contains(&stop.node.key.as_str());
            let further = stop.hops().any(|hop| trip.stop(&hop).leaves_trace);
            let leaves_trace = (promised && stop.writes) || further;
            let (hold_ns, reply_ns) = times(trip, stop);
            let stop = &mut trip.stops[i];
            (stop.hold_ns, stop.reply_ns, stop.leaves_trace) = (hold_ns, reply_ns, leaves_trace);
        }
    }

    fn effects(
        &self,
        operation: &'d Operation,
        writes: bool,
        performers: &[&'d Node],
    ) -> Vec<&'d str> {
        if !writes {
            return Vec::new();
        }
        if let Some(names) = names(operation, "effects") {
            return names.iter().map(String::as_str).collect();
        }
        let mut seen: Vec<&str> = Vec::new();
        let mut open: Vec<&str> = performers.iter().map(|node| node.key.as_str()).collect();
        // What no user does is done by jobs, if at all.
        if Settings::new(&OPERATION, &operation.knobs).count("weight") == 0 {
            let does = |node: &&Node| {
                let done = self.design.operation_of(node);
                done.is_some_and(|op| op.key == operation.key)
            };
            let jobs = self.design.nodes.iter().filter(|n| n.kind.name == "job");
            open.extend(jobs.filter(does).map(|node| node.key.as_str()));
        }
        while let Some(key) = open.pop() {
            if !seen.contains(&key) {
                seen.push(key);
                let leaving = self.design.links.iter().filter(|link| link.from == key);
                open.extend(leaving.map(|link| link.to.as_str()));
                // Feeds publish what is written there.
                let follows = |link: &&Link| {
                    link.to == key && self.node(&link.from).is_some_and(|n| n.kind.name == "feed")
                };
                let feeds = self.design.links.iter().filter(follows);
                open.extend(feeds.map(|link| link.from.as_str()));
            }
        }
        let keeps = |key: &&str| {
            let kind = self.node(key).map_or("", |node| node.kind.name);
            matches!(kind, "database" | "third_party")
        };
        seen.into_iter().filter(keeps).collect()
    }

    /// Depth first: a valid design has no circles, and at most as many levels as nodes.
    fn visit(&self, trip: &mut Trip<'d>, node: &'d Node, writes: bool, operation_writes: bool) {
        let known = |stop: &Stop<'_>| stop.node.key == node.key && stop.writes == writes;
        if trip.stops.iter().any(known) {
            return;
        }
        let steps = self.steps(trip, node, writes, operation_writes);
        let stop = Stop {
            node,
            writes,
            is_start: false,
            steps,
            rate: 0.0,
            hold_ns: 0.0,
            reply_ns: 0.0,
            leaves_trace: false,
        };
        for hop in stop.hops() {
            if let Some(to) = self.node(&hop.link.to) {
                self.visit(trip, to, hop.writes, operation_writes);
            }
        }
        trip.stops.push(stop);
    }

    /// What the node does for the operation (docs/semantics.md 13).
    fn steps(
        &self,
        trip: &Trip<'d>,
        node: &'d Node,
        writes: bool,
        operation_writes: bool,
    ) -> Vec<Move<'d>> {
        let links = &self.design.links;
        let is_stand_in = |link: &Link| links.iter().any(|l| l.stand_in() == Some(&link.key));
        let leaving = || {
            links
                .iter()
                .filter(|link| link.from == node.key && !is_stand_in(link))
        };
        match node.kind.name {
            "clients" => {
                let share = 1.0 / leaving().count().max(1) as f64;
                let hop = |link| Hop {
                    share,
                    ..Hop::new(link, writes)
                };
                leaving().map(hop).map(Move::one).collect()
            }
            "balancer" => {
                let of = |link: &Link| self.node(&link.to).map_or(0.0, instances);
                let all: f64 = leaving().map(of).sum();
                let hop = |link| Hop {
                    share: of(link) / all.max(1.0),
                    ..Hop::new(link, writes)
                };
                leaving().map(hop).map(Move::one).collect()
            }
            _ if node.kind.has_plans() => match node.plans.get(&trip.operation.key) {
                Some(steps) => self.written(node, steps),
                None => self.derived(trip, leaving().collect(), operation_writes),
            },
            // Webhooks: nobody waits for them.
            "third_party" if writes => leaving()
                .map(|link| Move::Send(Hop::new(link, writes)))
                .collect(),
            "cache" if is_inline_cache(node) => {
                // Of reads nobody knows how many go on; writes do, now or later.
                let hop = |link| Hop {
                    share: if writes { 1.0 } else { 0.0 },
                    plain: writes,
                    ..Hop::new(link, writes)
                };
                let behind = knobs(node).choice("pattern") == "write_behind" && writes;
                let later = |hop: Hop<'d>| match behind {
                    true => Move::Send(Hop {
                        plain: false,
                        ..hop
                    }),
                    false => Move::one(hop),
                };
                let calls = leaving().map(hop).map(later);
                let work = std::iter::once(Move::Work);
                work.chain(calls).chain([Move::Respond]).collect()
            }
            _ => vec![Move::Work, Move::Respond],
        }
    }

    fn written(&self, node: &Node, steps: &[Step]) -> Vec<Move<'d>> {
        let leaving = |key: &str| {
            let mut links = self.design.links.iter();
            links.find(|link| link.key == key && link.from == node.key)
        };
        let hop = |call: &StepCall| {
            let writes = call.mode == CallMode::Write;
            leaving(&call.link).map(|link| Hop::new(link, writes))
        };
        let step = |step: &Step| match step {
            Step::Work => Some(Move::Work),
            Step::Respond => Some(Move::Respond),
            Step::Calls { calls, wanted } => {
                let wanted = usize::from(*wanted);
                let mut hops: Vec<Hop<'_>> = calls.iter().filter_map(hop).collect();
                let plain = wanted == hops.len();
                hops.iter_mut().for_each(|hop| hop.plain = plain);
                Some(Move::Calls { hops, wanted })
            }
            Step::Send(call) => {
                let plain = false;
                hop(call).map(|hop| Move::Send(Hop { plain, ..hop }))
            }
            Step::Cached { cache, store } => {
                let cache = leaving(cache).map(|link| Hop::new(link, false))?;
                let store = Hop {
                    share: 0.0,
                    plain: false,
                    ..hop(store)?
                };
                Some(Move::Cached([cache, store]))
            }
        };
        let mut out: Vec<Move<'_>> = steps.iter().filter_map(step).collect();
        if !out.iter().any(|step| matches!(step, Move::Respond)) {
            out.push(Move::Respond);
        }
        out
    }

    /// User actions of this operation per second; none that is known in a closed loop.
    fn actions_per_s(&self, clients: &Node, operation: &Operation) -> f64 {
        let settings = knobs(clients);
        if settings.choice("arrivals") == "closed" {
            return 0.0;
        }
        let weight = |op: &Operation| Settings::new(&OPERATION, &op.knobs).count("weight") as f64;
        let performs =
            |op: &&Operation| names(op, "clients").is_none_or(|names| names.contains(&clients.key));
        let all: f64 = self
            .design
            .operations
            .iter()
            .filter(performs)
            .map(weight)
            .sum();
        let rate = settings.opt_rate("rate").map_or(0.0, |rate| rate.0 as f64);
        let batch = settings.count("batch") as f64;
        rate / MICRO as f64 * batch * weight(operation) / all.max(1.0)
    }
}

/// Tells every hop where it ends.
fn connect(trip: &mut Trip<'_>) {
    let of = |(i, stop): (usize, &Stop<'_>)| ((stop.node.key.clone(), stop.writes), i);
    let index: BTreeMap<(String, bool), usize> = trip.stops.iter().enumerate().map(of).collect();
    for step in trip.stops.iter_mut().flat_map(|stop| &mut stop.steps) {
        for hop in step.hops_mut() {
            hop.to = index[&(hop.link.to.clone(), hop.writes)];
        }
    }
}

/// Mean time that a request keeps its slot at a stop, and until it is answered, or less where it is
/// not known. Callees have theirs.
fn times(trip: &Trip<'_>, stop: &Stop<'_>) -> (f64, f64) {
    let (mut time, mut reply) = (0.0, None);
    for step in &stop.steps {
        match step {
            Move::Work => {
                time += work(stop.node, &trip.operation.key, stop.writes)
                    .map_or(0.0, |work| work.mean_ns());
            }
            Move::Respond => reply = Some(time),
            calls => {
                let slowest = calls.slowest(trip);
                time += slowest.map_or(0.0, |hop| hop.share * call_ns(trip, hop));
            }
        }
    }
    (time, reply.unwrap_or(time))
}

/// Mean length of a call, its timeout and tries included, if nothing waits.
fn call_ns(trip: &Trip<'_>, hop: &Hop<'_>) -> f64 {
    let to = trip.stop(hop);
    let link = policy(hop.link);
    let travel = 2.0 * link.dist("delay").mean_ns();
    let full = travel + to.reply_ns;
    let Some(timeout) = wait(hop.link).map(|wait| wait.0 as f64) else {
        return full;
    };
    let attempts = tries_after_timeouts(hop.link) as f64;
    let all = link
        .opt_duration("deadline")
        .map_or(f64::INFINITY, |deadline| deadline.0 as f64);
    let leaf = work(to.node, &trip.operation.key, to.writes);
    let time = match leaf.filter(|_| to.node.kind.name != "service") {
        Some(leaf) => {
            let left = (timeout - travel).max(0.0);
            let late = leaf.share_above(left);
            let one = travel.min(timeout) + leaf.mean_up_to_ns(left);
            let mut tries = 1.0;
            let mut again = late;
            for _ in 1..attempts.min(100.0) as u32 {
                tries += again;
                again *= late;
            }
            one * tries
        }
        None => full.min(attempts * timeout),
    };
    time.min(all)
}

pub(super) fn names<'d>(operation: &'d Operation, knob: &str) -> Option<&'d Vec<String>> {
    match operation.knobs.get(knob) {
        Some(Value::Names(names)) => Some(names),
        _ => None,
    }
}
