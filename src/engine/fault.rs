//! What the timeline does to the world: traffic changes and faults.

use super::draw::{Draws, Threshold};
use super::program::{Compiler, Entry, target};
use crate::design::value::{Factor, MICRO, Rate};
use crate::design::{Settings, TimelineEntry};
use crate::time::{Duration, Time};

/// An entry of the timeline, resolved to what it acts on.
#[derive(Clone, Debug)]
pub enum Action {
    TrafficStep {
        clients: u16,
        rate: Rate,
    },
    TrafficRamp {
        clients: u16,
        to: Rate,
        over: Duration,
    },
    TrafficSpike {
        clients: u16,
        factor: Factor,
    },
    Slow {
        node: u16,
        factor: Factor,
    },
    Crash {
        node: u16,
    },
    Errors {
        node: u16,
        share: Threshold,
    },
    Partition {
        link: u16,
        requests: bool,
        replies: bool,
    },
    Hold {
        link: u16,
    },
}

impl Action {
    /// Resolves an entry that passed validation. `index` is its position in the scenario.
    pub fn compile(c: &Compiler<'_>, entry: &TimelineEntry, index: u16) -> Entry {
        let knobs = Settings::new(entry.what, &entry.knobs);
        let key = target(&entry.knobs);
        let begins = Time(knobs.duration("at").0);
        let lasts = knobs.opt_duration("lasts");
        let action = match entry.what.name {
            "traffic_step" => Action::TrafficStep {
                clients: c.node(key),
                rate: knobs.rate("rate"),
            },
            "traffic_ramp" => Action::TrafficRamp {
                clients: c.node(key),
                to: knobs.rate("rate"),
                over: knobs.duration("lasts"),
            },
            "traffic_spike" => Action::TrafficSpike {
                clients: c.node(key),
                factor: knobs.factor("factor"),
            },
            "slow" => Action::Slow {
                node: c.node(key),
                factor: knobs.factor("factor"),
            },
            "crash" => Action::Crash { node: c.node(key) },
            "errors" => Action::Errors {
                node: c.node(key),
                share: Threshold::new(knobs.share("share")),
            },
            "partition" => {
                let direction = knobs.choice("direction");
                Action::Partition {
                    link: c.link(key),
                    requests: direction != "replies",
                    replies: direction != "requests",
                }
            }
            "hold" => Action::Hold { link: c.link(key) },
            other => panic!("the registry has an entry `{other}` that the engine does not know"),
        };
        Entry {
            begins,
            ends: lasts.map(|d| begins + d),
            action,
            index,
        }
    }
}

/// What faults do to one node at this moment. Several of one kind add up.
#[derive(Clone, Debug, Default)]
pub struct Modifiers {
    slow: Vec<(u16, Factor)>,
    errors: Vec<(u16, Threshold)>,
    /// Entries that keep it down.
    pub down: u32,
}

impl Modifiers {
    /// Length of a piece of work that begins now.
    #[inline]
    pub fn slowed(&self, ns: u64) -> u64 {
        if self.slow.is_empty() {
            return ns;
        }
        let scale = |ns: u128, f: &Factor| ns * u128::from(f.0) / u128::from(MICRO);
        let ns = self
            .slow
            .iter()
            .fold(u128::from(ns), |ns, (_, f)| scale(ns, f));
        u64::try_from(ns).unwrap_or(u64::MAX)
    }

    /// Whether a request that was worked on is answered with an error: by any of the entries.
    #[inline]
    pub fn fails(&self, draws: &mut Draws) -> bool {
        self.errors.iter().any(|&(_, share)| draws.chance(share))
    }

    /// How many times longer work takes, for whoever looks; 1 when healthy.
    pub fn slow_factor(&self) -> f64 {
        self.slow
            .iter()
            .map(|(_, f)| f.0 as f64 / MICRO as f64)
            .product()
    }

    pub(super) fn set_slow(&mut self, entry: u16, factor: Option<Factor>) {
        self.slow.retain(|&(e, _)| e != entry);
        self.slow.extend(factor.map(|f| (entry, f)));
    }

    pub(super) fn set_errors(&mut self, entry: u16, share: Option<Threshold>) {
        self.errors.retain(|&(e, _)| e != entry);
        self.errors.extend(share.map(|s| (entry, s)));
    }
}
