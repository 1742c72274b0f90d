//! The figures of two runs beside each other.

use serde::{Deserialize, Serialize};

use crate::design::word::{self, Word};
use crate::observe::report::{LedgerCounts, Report};
use crate::observe::words;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Count,
    /// Of 1.
    Share,
    PerSecond,
    Ns,
    /// Millionths of a dollar.
    MicroPerHour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum About {
    Users,
    /// Why actions failed: the last try's reason.
    Failed,
    Ledger,
    Cost,
}

/// One figure in both worlds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Delta {
    pub about: About,
    /// Its name in reports.
    #[serde(deserialize_with = "word::read")]
    pub key: Word,
    /// What people read.
    pub label: String,
    pub unit: Unit,
    /// `None` if nothing was there to measure.
    pub here: Option<f64>,
    pub twin: Option<f64>,
    /// What the twin has more.
    pub difference: Option<f64>,
}

fn delta(about: About, (key, label): (Word, &str), unit: Unit, both: [Option<f64>; 2]) -> Delta {
    let [here, twin] = both;
    Delta {
        about,
        key,
        label: label.to_owned(),
        unit,
        here,
        twin,
        difference: here.zip(twin).map(|(here, twin)| twin - here),
    }
}

type Figure = (Word, &'static str, Unit, fn(&Report) -> Option<f64>);

const USERS: [Figure; 11] = [
    ("actions", "Actions begun", Unit::Count, |it| {
        Some(it.users.actions as f64)
    }),
    (
        "offered_per_s",
        "Requests sent by clients",
        Unit::PerSecond,
        |it| Some(it.users.offered_per_s),
    ),
    ("served", "Answered well", Unit::Count, |it| {
        Some(it.users.served as f64)
    }),
    ("served_share", "Share answered well", Unit::Share, |it| {
        it.users.served_share
    }),
    ("degraded", "Answered with less", Unit::Count, |it| {
        Some(it.users.degraded as f64)
    }),
    ("failed", "Failed", Unit::Count, |it| {
        Some(it.users.failed as f64)
    }),
    ("abandoned", "Given up by the user", Unit::Count, |it| {
        Some(it.users.abandoned as f64)
    }),
    ("unanswered", "Never answered", Unit::Count, |it| {
        Some(it.users.unanswered as f64)
    }),
    ("goodput_per_s", "Useful answers", Unit::PerSecond, |it| {
        Some(it.users.goodput_per_s)
    }),
    ("p50_ns", "Half wait at most (p50)", Unit::Ns, |it| {
        it.users.latency.p50_ns.map(|ns| ns as f64)
    }),
    ("p99_ns", "99 of 100 wait at most (p99)", Unit::Ns, |it| {
        it.users.latency.p99_ns.map(|ns| ns as f64)
    }),
];

type Count = (Word, &'static str, fn(&LedgerCounts) -> u64);

/// Every verdict of the ledger, on actions and on data.
const LEDGER: [Count; 14] = [
    ("lost", "Lost", |it| it.lost),
    ("duplicate", "Done more than once", |it| it.duplicate),
    ("phantom", "Done though told it failed", |it| it.phantom),
    ("partial", "Done by half", |it| it.partial),
    ("parked", "Put aside", |it| it.parked),
    ("stale", "Out of date", |it| it.stale),
    ("own_write_missed", "Own write missed", |it| {
        it.own_write_missed
    }),
    ("went_back", "Went back in time", |it| it.went_back),
    ("out_of_order", "Out of order", |it| it.out_of_order),
    ("unauthorised", "Without the right", |it| it.unauthorised),
    ("lost_updates", "Updates lost", |it| it.lost_updates),
    ("write_skews", "Write skews", |it| it.write_skews),
    ("diverged", "Rows that differ between places", |it| {
        it.diverged
    }),
    ("invariants_broken", "Beyond the rules of the data", |it| {
        it.invariants_broken
    }),
];

/// Of actions begun in the measured part; the ledger's counts are of the whole run.
pub fn of(here: &Report, twin: &Report) -> Vec<Delta> {
    let both = [here, twin];
    let mut all: Vec<Delta> = USERS
        .iter()
        .map(|(key, label, unit, of)| delta(About::Users, (key, label), *unit, both.map(of)))
        .collect();
    let failed = |report: &Report, reason: Word| {
        let mut all = report.users.failed_by_reason.iter();
        let found = all.find(|(it, _)| *it == reason);
        Some(found.map_or(0, |(_, n)| *n) as f64)
    };
    let mut reasons: Vec<Word> = Vec::new();
    for (reason, _) in both.iter().flat_map(|it| &it.users.failed_by_reason) {
        if !reasons.contains(reason) {
            reasons.push(reason);
        }
    }
    all.extend(reasons.into_iter().map(|reason| {
        let label = format!("Failed: {}", words::of_reason(reason));
        let both = both.map(|it| failed(it, reason));
        delta(About::Failed, (reason, &label), Unit::Count, both)
    }));
    all.extend(LEDGER.iter().map(|(key, label, of)| {
        let both = both.map(|it| Some(of(&it.ledger) as f64));
        delta(About::Ledger, (key, label), Unit::Count, both)
    }));
    let cost = both.map(|it| Some(it.cost.total_micro_per_hour as f64));
    let name = ("cost", "Cost per hour");
    all.push(delta(About::Cost, name, Unit::MicroPerHour, cost));
    all
}
