//! What the benchmark runs: M/M/1 with everything switched on, as an ordinary scenario file.

use std::sync::Arc;

use crate::engine::{Limits, Run};
use crate::observe::Recorder;
use crate::scenario::Scenario;

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
    let scenario = Scenario::parse(text).expect("the benchmark's scenario is valid");
    let program = super::compile(&scenario, Limits::NATIVE);
    let recorder = Recorder::new(&program);
    let mut run = Run::new(Arc::clone(&program), seed, recorder);
    run.finish();
    let record = &run.record;
    Seen {
        ledger: record.ledger.counts.clean,
        histogram: record.windows[0].latency.count(),
        series: record.series.recorded + record.series.latency.count(),
    }
}
