//! What workers do with messages: how many come, and how long one takes, as if nothing failed and
//! nothing waited.

use super::data::reached;
use super::map::{Map, instances, knobs, policy, slots, work};
use super::trip::{Stop, Trip};
use crate::design::registry::OPERATION;
use crate::design::value::{MICRO, NANO};
use crate::design::{Link, Node, Operation, Settings};

/// The messages of one operation that go from one queue to one worker.
pub struct Handling<'d> {
    pub queue: &'d Node,
    pub link: &'d Link,
    pub worker: &'d Node,
    /// From the worker on.
    pub trip: Trip<'d>,
}

impl<'d> Handling<'d> {
    pub fn operation(&self) -> &'d Operation {
        self.trip.operation
    }

    fn stop(&self) -> &Stop<'d> {
        &self.trip.stops[0]
    }

    /// Messages per second that are published for it.
    pub fn rate(&self) -> f64 {
        self.stop().rate
    }

    /// Mean time of a message in a handler, calls included.
    pub fn each_ns(&self) -> f64 {
        self.stop().hold_ns
    }

    /// Share of messages that are longer than this in a handler: by chance in the worker's own work,
    /// the calls taking their mean time.
    pub fn share_above(&self, ns: f64) -> f64 {
        let operation = &self.operation().key;
        match work(self.worker, operation, self.stop().writes) {
            Some(own) => own.share_above(ns - (self.each_ns() - own.mean_ns())),
            None => f64::from(u8::from(self.each_ns() > ns)),
        }
    }

    /// Promised places that it reaches.
    pub fn places(&self) -> Vec<&'d str> {
        let mut places = Vec::new();
        reached(&self.trip, self.stop(), &mut places);
        places
    }

    /// Share of its messages that no handler can take care of.
    pub fn poison(&self) -> f64 {
        let settings = Settings::new(&OPERATION, &self.operation().knobs);
        settings.share("poison_share").0 as f64 / NANO as f64
    }

    pub fn is_mode(&self, mode: &str) -> bool {
        knobs(self.queue).choice("mode") == mode
    }

    /// When a message that was done may come again, if nothing failed but its acknowledgement; `None`
    /// where that is at once.
    pub fn comes_again_ns(&self) -> Option<f64> {
        let settings = knobs(self.queue);
        let time = |knob: &str| settings.duration(knob).0 as f64;
        match settings.choice("mode") {
            "lease" => Some(time("visibility_timeout")),
            "log" => Some(time("session_timeout") + time("rebalance_pause")),
            _ => None,
        }
    }

    /// Whether messages or their acknowledgements are lost on the way, by the link or the timeline.
    pub fn is_lossy(&self, map: &Map<'_>) -> bool {
        let settings = policy(self.link);
        let cut = ["partition", "link_loss"];
        settings.share("loss").0 > 0
            || settings.share("reply_loss").0 > 0
            || cut.iter().any(|what| map.happens(what, &self.link.key))
    }

    /// Messages that a handler takes at once.
    pub fn batch(&self) -> f64 {
        knobs(self.worker).count("batch") as f64
    }
}

/// Every operation's messages, over every queue, at every worker; what workers publish, too.
pub fn all<'d>(map: &Map<'d>) -> Vec<Handling<'d>> {
    let mut out: Vec<Handling<'d>> = Vec::new();
    let mut next = 0;
    for trip in &map.trips {
        take(map, trip, &mut out);
    }
    while next < out.len() {
        let mut more = Vec::new();
        take(map, &out[next].trip, &mut more);
        let is_new = |one: &Handling<'_>| {
            let same = |other: &Handling<'_>| {
                other.link.key == one.link.key && other.operation().key == one.operation().key
            };
            !out.iter().any(same)
        };
        more.retain(is_new);
        out.extend(more);
        next += 1;
    }
    out
}

fn take<'d>(map: &Map<'d>, trip: &Trip<'d>, out: &mut Vec<Handling<'d>>) {
    for stop in trip.stops.iter().filter(|s| s.node.kind.name == "queue") {
        let leaving = map.design.links.iter().filter(|l| l.from == stop.node.key);
        for link in leaving {
            let Some(worker) = map.node(&link.to).filter(|n| n.kind.name == "worker") else {
                continue;
            };
            out.push(Handling {
                queue: stop.node,
                link,
                worker,
                trip: map.handled(trip, worker, stop.rate),
            });
        }
    }
}

/// What all messages for a worker keep busy, in handlers; and how many of its handlers can be busy.
pub fn need_and_room(map: &Map<'_>, worker: &Node) -> (f64, f64) {
    let mine = map.handlings.iter().filter(|h| h.worker.key == worker.key);
    let (mut need, mut room) = (0.0, slots(worker));
    let mut rate = 0.0;
    for handling in mine {
        need += handling.rate() * handling.each_ns() / 1e9;
        rate += handling.rate();
        if handling.is_mode("log") {
            room = room.min(knobs(handling.queue).count("partitions") as f64);
        }
    }
    // A limit on what is begun is a limit on what can be busy.
    if let Some(limit) = limit(worker).filter(|_| rate > 0.0) {
        room = room.min(limit * need / rate);
    }
    (need, room)
}

/// Messages per second that all instances may begin, if that is limited.
pub fn limit(worker: &Node) -> Option<f64> {
    let limit = knobs(worker).opt_rate("rate_limit")?;
    Some(limit.0 as f64 / MICRO as f64 * instances(worker))
}
