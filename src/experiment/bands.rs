//! From many seeds to bands: what one number would hide.

use serde::{Deserialize, Serialize};

use crate::observe::report::Report;

/// Where the values of one figure lie over the seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Band {
    /// Seeds in which the figure exists.
    pub seeds: usize,
    pub min: f64,
    /// The quarter points and the middle, by linear interpolation between neighbours.
    pub p25: f64,
    pub median: f64,
    pub p75: f64,
    pub max: f64,
    pub mean: f64,
    /// Half the width of the 95 % interval of the mean (Student's t); `None` below two seeds.
    pub mean_ci95: Option<f64>,
}

/// Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom.
const T95: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
];

impl Band {
    /// `None` if no seed has the figure.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Band> {
        let mut v: Vec<f64> = values.into_iter().collect();
        v.sort_by(f64::total_cmp);
        let n = v.len();
        if n == 0 {
            return None;
        }
        let at = |share: f64| {
            let place = share * (n - 1) as f64;
            let (low, part) = (place as usize, place - (place as usize) as f64);
            v[low] + part * (v[(low + 1).min(n - 1)] - v[low])
        };
        let mean = v.iter().sum::<f64>() / n as f64;
        let ci = (n > 1).then(|| {
            let variance = v.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1) as f64;
            T95.get(n - 2).copied().unwrap_or(1.96) * (variance / n as f64).sqrt()
        });
        Some(Band {
            seeds: n,
            min: v[0],
            p25: at(0.25),
            median: at(0.5),
            p75: at(0.75),
            max: v[n - 1],
            mean,
            mean_ci95: ci,
        })
    }
}

/// A named figure with its unit and its band.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Figure {
    pub name: &'static str,
    pub unit: &'static str,
    pub band: Option<Band>,
}

/// In how many seeds a goal held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct GoalHeld {
    pub key: String,
    pub label: String,
    pub held: usize,
    pub seeds: usize,
}

/// The same scenario under many seeds: what the command line prints as JSON for `--seeds`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct SeedsReport {
    /// In this order everywhere below.
    pub seeds: Vec<u64>,
    pub figures: Vec<Figure>,
    pub goals: Vec<GoalHeld>,
    /// Seeds in which all goals held.
    pub passed: usize,
    /// One per seed, with empty series and without traces: a run of one seed has those.
    pub reports: Vec<Report>,
}

impl SeedsReport {
    /// From reports in the order of their seeds.
    pub fn of(mut reports: Vec<Report>) -> SeedsReport {
        for report in &mut reports {
            report.shorten();
        }
        SeedsReport {
            seeds: reports.iter().map(|r| r.seed).collect(),
            figures: figures(&reports),
            goals: goals(&reports),
            passed: reports.iter().filter(|r| r.passed).count(),
            reports,
        }
    }
}

fn goals(reports: &[Report]) -> Vec<GoalHeld> {
    let Some(first) = reports.first() else {
        return Vec::new();
    };
    let rows = first.goals.iter().enumerate().map(|(i, goal)| GoalHeld {
        key: goal.key.clone(),
        label: goal.label.clone(),
        held: reports.iter().filter(|r| r.goals[i].holds).count(),
        seeds: reports.len(),
    });
    rows.collect()
}

type Read = fn(&Report) -> Option<f64>;

/// What is shown of many seeds: name, unit, where to find it in a report.
const FIGURES: &[(&str, &str, Read)] = &[
    ("served", "%", |r| r.users.served_share.map(|s| 100.0 * s)),
    ("goodput", "per s", |r| Some(r.users.goodput_per_s)),
    ("offered", "per s", |r| Some(r.users.offered_per_s)),
    ("tries per action", "", |r| r.users.tries_per_action),
    ("latency p50", "ms", |r| r.users.latency.p50_ns.map(ms)),
    ("latency p99", "ms", |r| r.users.latency.p99_ns.map(ms)),
    ("lost", "actions", |r| Some(r.ledger.lost as f64)),
    ("duplicate", "actions", |r| Some(r.ledger.duplicate as f64)),
    ("phantom", "actions", |r| Some(r.ledger.phantom as f64)),
    ("partial", "actions", |r| Some(r.ledger.partial as f64)),
    ("lost updates", "writes", |r| {
        Some(r.ledger.lost_updates as f64)
    }),
    ("stale reads", "actions", |r| Some(r.ledger.stale as f64)),
    ("own writes missed", "actions", |r| {
        Some(r.ledger.own_write_missed as f64)
    }),
    ("cost", "$ per h", |r| {
        Some(r.cost.total_micro_per_hour as f64 / 1e6)
    }),
];

fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

/// All figures over these reports.
pub fn figures(reports: &[Report]) -> Vec<Figure> {
    let rows = FIGURES.iter().map(|&(name, unit, read)| Figure {
        name,
        unit,
        band: Band::of(reports.iter().filter_map(read)),
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_knows_its_middle_and_its_interval() {
        let band = Band::of([1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(
            (band.min, band.p25, band.median, band.p75, band.max),
            (1.0, 2.0, 3.0, 4.0, 5.0)
        );
        // s = sqrt(2.5), t(4) = 2.776
        let expected = 2.776 * (2.5f64 / 5.0).sqrt();
        assert!((band.mean_ci95.unwrap() - expected).abs() < 1e-9);
        assert_eq!(Band::of([]), None);
    }
}
