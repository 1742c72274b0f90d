//! A design as lints look at it: who calls whom, how often, and how busy that makes each node, as if
//! nothing failed and nothing waited.

use std::collections::BTreeMap;

use super::handling::{self, Handling};
use super::known::{self, Unknown};
use super::trip::{Hop, Move, Trip};
use crate::design::reasons;
use crate::design::registry::LINK;
use crate::design::value::{Dist, Value};
use crate::design::{Design, Link, Node, Settings, TimelineEntry};
use crate::time::Duration;

/// A design as lints look at it.
pub struct Map<'d> {
    pub design: &'d Design,
    pub timeline: &'d [TimelineEntry],
    nodes: BTreeMap<&'d str, &'d Node>,
    pub trips: Vec<Trip<'d>>,
    /// What workers do with the messages of operations.
    pub handlings: Vec<Handling<'d>>,
    /// What the arithmetic of a quiet design cannot tell.
    pub unknown: Unknown<'d>,
}

impl<'d> Map<'d> {
    pub fn new(design: &'d Design, timeline: &'d [TimelineEntry]) -> Map<'d> {
        let nodes = design.nodes.iter().map(|n| (n.key.as_str(), n)).collect();
        let mut map = Map {
            design,
            timeline,
            nodes,
            trips: Vec::new(),
            handlings: Vec::new(),
            unknown: Unknown::default(),
        };
        map.trips = design.operations.iter().map(|op| map.trip(op)).collect();
        map.handlings = handling::all(&map);
        map.unknown = known::unknown(&map);
        map
    }

    pub fn node(&self, key: &str) -> Option<&'d Node> {
        self.nodes.get(key).copied()
    }

    pub fn links_into<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'d Link> + 'a {
        self.design.links.iter().filter(move |link| link.to == key)
    }

    /// Links that lead from callers that wait for an answer of this node: those that end at it, and
    /// those that end at balancers in front of it. With each, whether it ends here.
    pub fn callers_of(&self, key: &str) -> Vec<(&'d Link, bool)> {
        let mut found: Vec<(&Link, bool)> = Vec::new();
        let mut open = vec![(key.to_owned(), true)];
        while let Some((key, direct)) = open.pop() {
            for link in self.links_into(&key) {
                if found.iter().any(|(known, _)| known.key == link.key) {
                    continue;
                }
                found.push((link, direct));
                if self.is_kind(&link.from, "balancer") {
                    open.push((link.from.clone(), false));
                }
            }
        }
        found
    }

    pub fn is_kind(&self, key: &str, kind: &str) -> bool {
        self.node(key).is_some_and(|node| node.kind.name == kind)
    }

    /// Whether word that the caller has gone makes this node drop the request.
    pub fn stops_abandoned(node: &Node) -> bool {
        node.kind.knob("on_abandoned").is_some() && knobs(node).choice("on_abandoned") == "stop"
    }

    /// Whether the timeline has an entry of this kind for a node or link.
    pub fn happens(&self, what: &str, target: &str) -> bool {
        self.entries(what, target).next().is_some()
    }

    /// Whether the timeline has all instances of a node crash.
    pub fn kills_all(&self, node: &Node) -> bool {
        let of_some = |entry: &TimelineEntry| match entry.knobs.get("instances") {
            Some(Value::Count(n)) => (*n as f64) < instances(node),
            _ => false,
        };
        let mut crashes = self.entries("crash", &node.key);
        crashes.any(|entry| !of_some(entry))
    }

    /// What the timeline has of this kind for a node, link or zone.
    pub fn entries<'a>(
        &'a self,
        what: &'a str,
        target: &'a str,
    ) -> impl Iterator<Item = &'d TimelineEntry> + 'a {
        let is_target = move |entry: &TimelineEntry| entry.target() == Some(target);
        self.timeline
            .iter()
            .filter(move |entry| entry.what.name == what && is_target(entry))
    }

    /// Whether users of a closed loop are among those who come here: their rate is not known.
    pub fn has_closed_loop(&self) -> bool {
        let closed = |node: &&Node| {
            node.kind.name == "clients" && knobs(node).choice("arrivals") == "closed"
        };
        self.design.nodes.iter().any(|node| closed(&node))
    }

    /// The ways of operations from their users on, and from workers on.
    pub fn all_trips<'a>(&'a self) -> impl Iterator<Item = &'a Trip<'d>> {
        let handled = self.handlings.iter().map(|handling| &handling.trip);
        self.trips.iter().chain(handled)
    }

    /// Every call on a link: the way it is on, and calls per second.
    pub fn calls_on<'a>(&'a self, link: &'a Link) -> Vec<(&'a Trip<'d>, Hop<'d>, f64)> {
        let mut out = Vec::new();
        for trip in &self.trips {
            for stop in &trip.stops {
                let hops = stop.hops().filter(|hop| hop.link.key == link.key);
                out.extend(hops.map(|hop| (trip, hop, stop.rate * hop.share)));
            }
        }
        out
    }

    /// First tries per second on a link.
    pub fn rate_of(&self, link: &Link) -> f64 {
        self.calls_on(link).iter().map(|(.., rate)| rate).sum()
    }

    /// Whether a caller waits for the replies on a link.
    pub fn is_awaited(&self, link: &Link) -> bool {
        let mut steps = self
            .all_trips()
            .flat_map(|trip| &trip.stops)
            .flat_map(|stop| &stop.steps);
        steps.any(|step| {
            !matches!(step, Move::Send(_)) && step.hops().iter().any(|hop| hop.link.key == link.key)
        })
    }

    /// The most calls on a link that one request may make at the same time; `None` if nobody waits for
    /// some of them.
    pub fn at_once(&self, link: &Link) -> Option<u64> {
        let mut most = 0;
        let steps = self
            .trips
            .iter()
            .flat_map(|trip| &trip.stops)
            .flat_map(|stop| &stop.steps);
        for step in steps {
            let here = step
                .hops()
                .iter()
                .filter(|hop| hop.link.key == link.key)
                .count() as u64;
            if here > 0 && matches!(step, Move::Send(_)) {
                return None;
            }
            most = most.max(here);
        }
        Some(most)
    }

    /// Mean time from sending a call on this link to its reply, over all operations; `None` if no
    /// operation with open arrivals uses it, or if not every reply is awaited.
    pub fn round_trip_ns(&self, link: &Link) -> Option<f64> {
        let delay = policy(link).dist("delay").mean_ns();
        let (mut calls, mut time) = (0.0, 0.0);
        for (trip, hop, rate) in self.calls_on(link) {
            if !hop.plain {
                return None;
            }
            calls += rate;
            time += rate * (2.0 * delay + trip.stop(&hop).reply_ns);
        }
        (calls > 0.0).then(|| time / calls)
    }

    /// Requests in slots on average at each node, if nothing waited (Little's law), with the calls on
    /// some links multiplied.
    pub fn busy(&self, factor: impl Fn(&Link) -> f64) -> BTreeMap<&'d str, f64> {
        let mut busy: BTreeMap<&str, f64> = BTreeMap::new();
        for trip in &self.trips {
            for (stop, rate) in trip.stops.iter().zip(trip.rates(&factor)) {
                *busy.entry(&stop.node.key).or_default() += rate * stop.hold_ns / 1e9;
            }
        }
        busy
    }

    /// Share of the node's slots that its load needs, if nothing waited and nothing failed.
    pub fn load(&self, node: &Node) -> f64 {
        let busy = self.busy(|_| 1.0);
        busy.get(node.key.as_str())
            .map_or(0.0, |busy| busy / slots(node))
    }

    /// Requests per second that arrive at a node.
    pub fn rate_at(&self, node: &Node) -> f64 {
        let stops = self.trips.iter().flat_map(|trip| &trip.stops);
        let here = stops.filter(|stop| stop.node.key == node.key);
        here.map(|stop| stop.rate).sum()
    }

    /// Mean time that a request keeps its slot; `None` if none comes.
    pub fn hold_ns(&self, node: &Node) -> Option<f64> {
        let rate = self.rate_at(node);
        let busy = self.busy(|_| 1.0);
        let busy = busy.get(node.key.as_str()).copied();
        busy.filter(|_| rate > 0.0).map(|busy| busy * 1e9 / rate)
    }

    /// Requests per second that one instance can do at most, if its callees let nothing wait; `None` if
    /// copies of calls may make it more.
    pub fn capacity(&self, node: &Node) -> Option<f64> {
        let mut leaving = self.design.links.iter().filter(|l| l.from == node.key);
        if leaving.any(is_hedged) {
            return None;
        }
        let hold = self.hold_ns(node).filter(|hold| *hold > 0.0)?;
        Some(slots(node) / instances(node) * 1e9 / hold)
    }
}

/// How long a node's own work takes for an operation.
pub fn work(node: &Node, operation: &str, writes: bool) -> Option<Dist> {
    let of_operation = ["service_time_of", "query_time_of"].into_iter();
    if let Some(knob) = of_operation
        .clone()
        .find(|knob| node.kind.knob(knob).is_some())
        && let Value::PerOperation(values) = knobs(node).value(knob)
        && let Some((_, Value::Dist(dist))) = values.iter().find(|(key, _)| key == operation)
    {
        return Some(dist.clone());
    }
    let knob = match node.kind.name {
        "service" | "worker" => "service_time",
        "database" if writes => "write_time",
        "database" => "read_time",
        "third_party" => "latency",
        _ => return None,
    };
    Some(knobs(node).dist(knob))
}

/// Requests that all instances together can work on; without end where the kind has no slots.
pub fn slots(node: &Node) -> f64 {
    let settings = knobs(node);
    match node.kind.name {
        "service" => settings.count("slots") as f64 * instances(node),
        "worker" => settings.count("concurrency") as f64 * instances(node),
        "database" => {
            let cores = settings.count("cores") as f64;
            settings
                .opt_count("connections")
                .map_or(cores, |most| cores.min(most as f64))
        }
        _ => f64::INFINITY,
    }
}

/// Instances of a node; of clients, the programs that share nothing.
pub fn instances(node: &Node) -> f64 {
    let knob = if node.kind.name == "clients" {
        "callers"
    } else {
        "instances"
    };
    node.kind
        .knob(knob)
        .map_or(1.0, |_| knobs(node).count(knob) as f64)
}

pub fn knobs(node: &Node) -> Settings<'_> {
    Settings::new(node.kind, &node.knobs)
}

pub fn policy(link: &Link) -> Settings<'_> {
    Settings::new(&LINK, &link.knobs)
}

/// How long the caller on a link waits for one try at most, by its own knobs.
pub fn wait(link: &Link) -> Option<Duration> {
    let settings = policy(link);
    let both = [
        settings.opt_duration("timeout"),
        settings.opt_duration("deadline"),
    ];
    both.into_iter().flatten().min()
}

/// Tries per call if all of them fail for this reason.
pub fn tries_after(link: &Link, reason: &str) -> u64 {
    let settings = policy(link);
    let names = settings.opt_names("retry_on");
    let listed =
        names.is_none_or(|names| names.iter().any(|n| reasons::named(n).contains(&reason)));
    if listed {
        settings.count("attempts")
    } else {
        1
    }
}

/// Tries per call if all of them time out.
pub fn tries_after_timeouts(link: &Link) -> u64 {
    tries_after(link, "timed_out_in_service")
}

pub fn is_hedged(link: &Link) -> bool {
    let settings = policy(link);
    let on = |knob: &str| settings.value(knob) != Value::Off;
    on("hedge_after") || on("hedge_percentile")
}

/// The request says until when its reply is of use, and the caller has such a moment.
pub fn passes_deadline(link: &Link) -> bool {
    wait(link).is_some() && policy(link).flag("pass_deadline")
}

/// Whether a cache asks its source itself.
pub fn is_inline_cache(node: &Node) -> bool {
    node.kind.name == "cache" && knobs(node).choice("pattern") != "look_aside"
}

pub fn is_scaled(node: &Node) -> bool {
    node.kind.knob("autoscale").is_some() && knobs(node).flag("autoscale")
}

pub fn has_budget(link: &Link) -> bool {
    let policy = policy(link);
    policy.value("retry_budget") != Value::Off || policy.value("retry_quota") != Value::Off
}

/// `link.visit.timeout`
pub fn link_path(link: &Link, knob: &str) -> String {
    format!("link.{}.{knob}", link.key)
}

/// `service.shop.slots`
pub fn node_path(node: &Node, knob: &str) -> String {
    format!("{}.{}.{knob}", node.kind.name, node.key)
}
