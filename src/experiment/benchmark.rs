//! What the benchmark runs, as ordinary scenario files, with everything switched on: M/M/1, and the
//! workloads of `benches/`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::{Limits, Program, Run};
use crate::observe::{Recorder, summary};
use crate::scenario::{Scenario, edit};

/// Arrivals at 80 % of what one slot can do, zero network delay, one attempt.
pub const MEAN_BETWEEN_NS: f64 = 12_500.0;
pub const MEAN_SERVICE_NS: f64 = 10_000.0;

/// The scenario's text. `timeout` adds a timer of one second to each attempt; none ever fires.
pub fn mm1(requests: u64, timeout: bool) -> String {
    // Long enough for all of them, with room for chance.
    let seconds = requests / 80_000 + requests / 4_000_000 + 2;
    let timeout = if timeout { "timeout = \"1 s\"\n" } else { "" };
    format!(
        "format = 1\n\n\
         [run]\nduration = \"{seconds} s\"\n\n\
         [clients.users]\nrate = \"80 krps\"\nactions = {requests}\n\n\
         [service.server]\nslots = 1\nservice_time = \"exponential(10 us)\"\n\n\
         [link.call]\nfrom = \"users\"\nto = \"server\"\n{timeout}\n\
         [operation.ask]\nkind = \"read\"\n"
    )
}

/// How many requests each recorder saw; all must be the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub ledger: u64,
    pub histogram: u64,
    pub series: u64,
}

/// Runs the benchmark scenario to its end with ledger, histograms, series and traces on.
///
/// # Panics
/// If `text` is not a valid scenario.
pub fn run(text: &str, seed: u64) -> Seen {
    run_with(text, seed, Recorder::new)
}

/// The same with the ledger alone off.
///
/// # Panics
/// If `text` is not a valid scenario.
pub fn run_without_ledger(text: &str, seed: u64) -> Seen {
    run_with(text, seed, Recorder::without_ledger)
}

fn run_with(text: &str, seed: u64, recorder: impl FnOnce(&Program) -> Recorder) -> Seen {
    let scenario = Scenario::parse(text).expect("the benchmark's scenario is valid");
    let program = super::compile(&scenario, Limits::NATIVE);
    let recorder = recorder(&program);
    let mut run = Run::new(Arc::clone(&program), seed, recorder);
    run.finish();
    let record = &run.record;
    Seen {
        ledger: record.ledger.counts.clean,
        histogram: record.windows[0].latency.count(),
        series: record.series.recorded + record.series.latency.count(),
    }
}

/// A scenario that is measured by itself.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    pub name: &'static str,
    /// In the words of who reads the figures.
    pub what: &'static str,
    text: &'static str,
    /// Another length than the file's.
    duration: Option<&'static str>,
}

const W2: &str = include_str!("../../benches/w2.toml");
const W3: &str = include_str!("../../benches/w3.toml");

/// W2 comes twice: its memory must not grow with the length of the run.
pub const WORKLOADS: [Workload; 3] = [
    Workload {
        name: "w2",
        what: "W2, 10 min",
        text: W2,
        duration: None,
    },
    Workload {
        name: "w2-long",
        what: "W2, 40 min",
        text: W2,
        duration: Some("40 min"),
    },
    Workload {
        name: "w3",
        what: "W3, 60 s",
        text: W3,
        duration: None,
    },
];

/// How much one run of a workload was, and what came out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    pub actions: u64,
    /// Over all links.
    pub attempts: u64,
    /// Attempts that were delivered to a node.
    pub hops: u64,
    pub events: u64,
    pub goodput_per_s: f64,
    pub served_share: f64,
    pub tries_per_action: f64,
    /// Of served actions, retries included.
    pub p99_ms: f64,
}

impl Workload {
    /// Runs it to its end, with histograms, series, traces and report, and with the ledger or without.
    ///
    /// # Panics
    /// If its file is not a valid scenario, or serves nobody.
    pub fn run(&self, seed: u64, ledger: bool) -> Done {
        let changes = self.duration.map(|duration| ("run.duration", duration));
        let text = edit::apply(self.text, changes.as_slice()).expect("the length is valid");
        let scenario = Scenario::parse(&text).expect("the workload's scenario is valid");
        let program = super::compile(&scenario, Limits::NATIVE);
        let recorder = match ledger {
            true => Recorder::new(&program),
            false => Recorder::without_ledger(&program),
        };
        let mut run = Run::new(program, seed, recorder);
        run.finish();
        let report = summary::report(&scenario, &run, seed);
        let served = "a workload serves users";
        Done {
            actions: report.users.actions,
            attempts: report.links.iter().map(|link| link.attempts).sum(),
            hops: report.nodes.iter().map(|node| node.arrived).sum(),
            events: report.events,
            goodput_per_s: report.users.goodput_per_s,
            served_share: report.users.served_share.expect(served),
            tries_per_action: report.users.tries_per_action.expect(served),
            p99_ms: report.users.latency.p99_ns.expect(served) as f64 / 1e6,
        }
    }
}
