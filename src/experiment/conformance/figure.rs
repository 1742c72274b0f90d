//! What must come out of a case, and where to find it in a report.

use serde::Serialize;

use super::Parameters;
use crate::experiment::bands::Band;
use crate::observe::report::{LinkReport, NodeReport, Report};
use crate::time::NS_PER_MS;

/// What a figure must be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The mean over the seeds, within a relative tolerance.
    Near { value: f64, tolerance: f64 },
    /// In every seed.
    Exactly { value: f64 },
    /// In every seed.
    Between { low: f64, high: f64 },
}

impl Target {
    /// With the tolerance of the row.
    pub fn near(value: f64) -> Target {
        Target::Near {
            value,
            tolerance: f64::NAN,
        }
    }

    pub fn value(&self) -> f64 {
        match *self {
            Target::Near { value, .. } | Target::Exactly { value } => value,
            Target::Between { low, high } => (low + high) / 2.0,
        }
    }

    pub fn holds(&self, band: &Band) -> bool {
        match *self {
            Target::Near { value, tolerance } => {
                (band.mean - value).abs() <= tolerance * value.abs()
            }
            Target::Exactly { value } => band.min == value && band.max == value,
            Target::Between { low, high } => low <= band.min && band.max <= high,
        }
    }
}

/// Reads a figure from a report; `None` if there is nothing to read.
pub type Read = fn(&Report, &Parameters) -> Option<f64>;

pub struct Expected {
    pub name: &'static str,
    pub unit: &'static str,
    pub target: Target,
    pub read: Read,
    /// Times the tolerance of the row.
    slack: f64,
}

impl Expected {
    pub fn new(name: &'static str, unit: &'static str, target: Target, read: Read) -> Expected {
        Expected {
            name,
            unit,
            target,
            read,
            slack: 1.0,
        }
    }

    pub fn near(name: &'static str, unit: &'static str, value: f64, read: Read) -> Expected {
        Expected::new(name, unit, Target::near(value), read)
    }

    /// A time that the formula gives in seconds, in ms.
    pub fn time(name: &'static str, seconds: f64, read: Read) -> Expected {
        Expected::near(name, "ms", seconds * 1e3, read)
    }

    pub fn percentile(name: &'static str, seconds: f64, read: Read) -> Expected {
        Expected {
            slack: 1.5,
            ..Expected::time(name, seconds, read)
        }
    }

    /// A tolerance of its own.
    pub fn within(mut self, own: f64) -> Expected {
        if let Target::Near { tolerance, .. } = &mut self.target {
            *tolerance = own;
        }
        self
    }

    /// Fills in the tolerance of the row where the figure has none of its own.
    pub fn settle(&mut self, of_row: f64) {
        if let Target::Near { tolerance, .. } = &mut self.target
            && tolerance.is_nan()
        {
            *tolerance = of_row * self.slack;
        }
    }
}

/// Every case calls its only or last station so.
pub const SERVER: &str = "server";

pub fn server(report: &Report) -> Option<&NodeReport> {
    report.nodes.iter().find(|node| node.key == SERVER)
}

/// The link that leaves the users.
pub fn first_link(report: &Report) -> Option<&LinkReport> {
    report.links.iter().find(|link| link.from == "users")
}

fn ms(ns: f64) -> f64 {
    ns / NS_PER_MS as f64
}

pub fn wait(report: &Report, _: &Parameters) -> Option<f64> {
    server(report)?.mean_wait_ns.map(ms)
}

pub fn waits(report: &Report, _: &Parameters) -> Option<f64> {
    server(report)?.waited_share
}

pub fn sojourn(report: &Report, _: &Parameters) -> Option<f64> {
    report.users.latency.mean_ns.map(ms)
}

pub fn p50(report: &Report, _: &Parameters) -> Option<f64> {
    report.users.latency.p50_ns.map(|ns| ms(ns as f64))
}

pub fn p95(report: &Report, _: &Parameters) -> Option<f64> {
    report.users.latency.p95_ns.map(|ns| ms(ns as f64))
}

pub fn p99(report: &Report, _: &Parameters) -> Option<f64> {
    report.users.latency.p99_ns.map(|ns| ms(ns as f64))
}

pub fn blocking(report: &Report, _: &Parameters) -> Option<f64> {
    server(report)?.refused_share
}

pub fn goodput(report: &Report, _: &Parameters) -> Option<f64> {
    Some(report.users.goodput_per_s)
}

pub fn offered(report: &Report, _: &Parameters) -> Option<f64> {
    Some(report.users.offered_per_s)
}
