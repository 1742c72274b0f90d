//! Running scenarios: one seed, or many side by side.

pub mod bands;
pub mod benchmark;
pub mod closed_form;
#[cfg(not(target_arch = "wasm32"))]
pub mod conformance;
pub mod floor;
#[cfg(not(target_arch = "wasm32"))]
pub mod parallel;
#[cfg(not(target_arch = "wasm32"))]
pub mod random;

use std::sync::Arc;

use crate::engine::{Limits, Program, Run};
use crate::observe::report::Report;
use crate::observe::{Recorder, summary};
use crate::scenario::Scenario;

/// Compiles a scenario, which passed its checks when it was read.
pub fn compile(scenario: &Scenario, limits: Limits) -> Arc<Program> {
    let goal_windows: Vec<_> = scenario.goals.iter().filter_map(|g| g.window).collect();
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
