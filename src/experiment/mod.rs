//! Running scenarios: one seed, or many side by side.

pub mod bands;
pub mod benchmark;
pub mod closed_form;
#[cfg(not(target_arch = "wasm32"))]
pub mod conformance;
pub mod floor;
#[cfg(not(target_arch = "wasm32"))]
pub mod gate;
pub mod growth;
#[cfg(not(target_arch = "wasm32"))]
pub mod parallel;
#[cfg(not(target_arch = "wasm32"))]
pub mod random;
pub mod search;
pub mod theory;
#[cfg(not(target_arch = "wasm32"))]
pub mod truth;
pub mod twin;

use std::sync::Arc;

use crate::engine::{Limits, Program, Run};
use crate::observe::report::Report;
use crate::observe::{Recorder, summary};
use crate::scenario::Scenario;

/// Compiles a scenario, which passed its checks when it was read.
pub fn compile(scenario: &Scenario, limits: Limits) -> Arc<Program> {
    let asked = scenario.goals.iter().filter_map(|goal| {
        let operation = goal.operation.as_deref();
        let measure = operation.map(|_| scenario.run.measure);
        let (from, to) = goal.window.or(measure)?;
        Some((from, to, operation))
    });
    let goal_windows: Vec<_> = asked.collect();
    Arc::new(Program::compile(
        &scenario.design,
        &scenario.timeline,
        &scenario.run,
        &goal_windows,
        limits,
    ))
}

/// A run that keeps everything a report needs, at time zero.
pub fn recorded(program: Arc<Program>, seed: u64) -> Run<Recorder> {
    let recorder = Recorder::new(&program);
    Run::new(program, seed, recorder)
}

/// Runs one seed to its end.
pub fn run(scenario: &Scenario, program: Arc<Program>, seed: u64) -> Report {
    let mut run = recorded(program, seed);
    run.finish();
    summary::report(scenario, &run, seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last retry of all comes at exactly 7 s, the edge of a bucket, and is the end of the run.
    const HERD: &str = r#"
        format = 1
        [run]
        duration = "1 ms"
        [clients.users]
        arrivals = "closed"
        users = 10
        think_time = "0 s"
        [third_party.mail]
        latency = "0 s"
        error_share = "100 %"
        [link.send]
        from = "users"
        to = "mail"
        attempts = 4
        backoff = "exponential"
        backoff_base = "1 s"
    "#;

    #[test]
    fn the_series_hold_everything_up_to_the_end() {
        let scenario = Scenario::parse(HERD).unwrap();
        let program = compile(&scenario, Limits::NATIVE);
        let report = run(&scenario, program, 1);
        let mail = report.nodes.iter().find(|n| n.key == "mail").unwrap();
        assert_eq!(mail.arrived, 40);
        let buckets: Vec<u64> = mail.series.arrived.iter().map(|&n| u64::from(n)).collect();
        assert_eq!(buckets.iter().sum::<u64>(), mail.arrived);
        assert_eq!((buckets.len(), buckets[70]), (71, 10));
    }
}
