//! What a person should read from a node, held for at least a second so that it can be read.

use crate::worker::protocol::{LinkNow, NodeNow, State};

/// Each state stands at least this long on the wall, whatever the speed.
pub const DWELL_MS: f64 = 1_000.0;

/// Where no goal says otherwise: with fewer of the users served than this it is an outage, not a nuisance.
pub const SERVED: f64 = 0.9;

/// The states on the screen, in the order of the frame's nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShownStates {
    nodes: Vec<Shown>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Shown {
    state: State,
    since_ms: f64,
}

impl ShownStates {
    /// Takes the states of a new frame; returns which nodes changed what they show.
    pub fn update(&mut self, nodes: &[NodeNow], wall_ms: f64) -> Vec<(usize, State)> {
        let fresh = Shown {
            state: State::Idle,
            since_ms: f64::NEG_INFINITY,
        };
        self.nodes.resize(nodes.len(), fresh);
        let mut changed = Vec::new();
        for (i, (shown, node)) in self.nodes.iter_mut().zip(nodes).enumerate() {
            let state = judged(node);
            if state != shown.state && wall_ms - shown.since_ms >= DWELL_MS {
                *shown = Shown {
                    state,
                    since_ms: wall_ms,
                };
                changed.push((i, state));
            }
        }
        changed
    }

    /// The run is over: what was, whatever was shown a moment ago.
    pub fn settle(&mut self, nodes: &[NodeNow]) {
        let since_ms = f64::NEG_INFINITY;
        self.nodes = nodes
            .iter()
            .map(|n| Shown {
                state: judged(n),
                since_ms,
            })
            .collect();
    }

    pub fn get(&self, node: usize) -> State {
        self.nodes.get(node).map_or(State::Idle, |s| s.state)
    }
}

/// Failures of the network are the link's, not the node's: a healthy node stays healthy.
pub fn judged(node: &NodeNow) -> State {
    if node.down {
        return State::Down;
    }
    if node
        .failed_per_s
        .iter()
        .any(|&(reason, n)| !is_network(reason) && n > 0.0)
    {
        return State::Failing;
    }
    match (node.busy, node.queue) {
        (0, 0) => State::Idle,
        // A handful waiting for a moment is a busy day; a line as long as there are slots is not.
        (busy, queue) if busy >= node.slots && queue >= node.slots.max(2) => State::Strained,
        _ => State::Busy,
    }
}

pub fn is_network(reason: &str) -> bool {
    matches!(reason, "dropped_by_network" | "timed_out_in_network")
}

/// Requests that a link itself lost in the last second.
pub fn lost_on_the_way(link: &LinkNow) -> f64 {
    link.failed_per_s
        .iter()
        .filter(|(reason, _)| is_network(reason))
        .map(|&(_, n)| n)
        .sum()
}

/// The word beside the glyph.
pub fn word(state: State) -> &'static str {
    match state {
        State::Idle => "idle",
        State::Busy => "busy",
        State::Strained => "strained",
        State::Failing => "failing",
        State::Down => "down",
    }
}

/// For a data attribute that the style sheet reads.
pub fn key(state: State) -> &'static str {
    word(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;
    use crate::worker::session::Session;

    fn node(busy: u32, queue: u32) -> NodeNow {
        NodeNow {
            busy,
            queue,
            slots: 10,
            ..NodeNow::default()
        }
    }

    #[test]
    fn a_state_stands_for_a_second() {
        let mut shown = ShownStates::default();
        assert_eq!(shown.update(&[node(4, 0)], 0.0), [(0, State::Busy)]);
        assert_eq!(shown.update(&[node(10, 12)], 400.0), []);
        assert_eq!(shown.update(&[node(4, 0)], 800.0), []);
        assert_eq!(
            shown.update(&[node(10, 12)], 1001.0),
            [(0, State::Strained)]
        );
        assert_eq!(shown.get(0), State::Strained);
    }

    /// Load that grows beyond what can be done: first amber, long enough to be read, then red with the first request that
    /// is dropped.
    #[test]
    fn amber_comes_clearly_before_red_and_red_with_the_first_dropped_request() {
        let text = r#"format = 1
[run]
duration = "100 s"
[clients.users]
rate = "100 rps"
[service.shop]
slots = 10
service_time = "50 ms"
queue_limit = 50
[link.visit]
from = "users"
to = "shop"
[[timeline]]
what = "traffic_ramp"
target = "users"
at = "1 s"
lasts = "98 s"
rate = "300 rps"
"#;
        let mut session = Session::load(text, 1).expect("valid");
        let shop = session.plan().nodes.iter().position(|key| key == "shop");
        let shop = shop.expect("it is there");
        let mut shown = ShownStates::default();
        let (mut amber, mut red, mut dropped) = (None, None, None);
        for tenth in 1..1_000 {
            session.advance(Time(tenth * 100_000_000), || false);
            let frame = session.frame(1);
            let ms = tenth * 100;
            if !frame.nodes[shop].failed_per_s.is_empty() {
                dropped.get_or_insert(ms);
            }
            for (node, state) in shown.update(&frame.nodes, ms as f64) {
                match state {
                    State::Strained if node == shop => _ = amber.get_or_insert(ms),
                    State::Failing if node == shop => _ = red.get_or_insert(ms),
                    _ => {}
                }
            }
        }
        let all = (amber, red, dropped);
        let (Some(amber), Some(red), Some(dropped)) = all else {
            panic!("{all:?}");
        };
        assert!(amber + DWELL_MS as u64 <= dropped, "{all:?}");
        assert!(
            red >= dropped && red - dropped <= DWELL_MS as u64,
            "{all:?}"
        );
    }

    #[test]
    fn a_handful_that_waits_for_a_moment_is_no_strain() {
        assert_eq!(judged(&node(10, 3)), State::Busy);
        assert_eq!(judged(&node(10, 10)), State::Strained);
        assert_eq!(judged(&node(0, 0)), State::Idle);
    }

    #[test]
    fn a_lossy_network_does_not_make_the_node_fail() {
        let mut n = node(4, 0);
        n.failed_per_s = vec![("dropped_by_network", 14.0)];
        assert_eq!(judged(&n), State::Busy);
        n.failed_per_s.push(("timed_out_waiting", 1.0));
        assert_eq!(judged(&n), State::Failing);
        n.down = true;
        assert_eq!(judged(&n), State::Down);
    }
}
