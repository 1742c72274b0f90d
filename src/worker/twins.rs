//! A run and its twin, beside the run that the page watches: a piece at a time, so that commands of the page come
//! in between.

use crate::design::diagnostic::Diagnostic;
use crate::engine::Limits;
use crate::experiment::twin::Pair;
use crate::observe::report::Report;
use crate::observe::twin::{Planned, Twin};
use crate::scenario::Scenario;

/// Two texts, and what is said to differ in them.
///
/// # Errors
/// What is wrong with one of them.
pub fn begin(
    [here, twin]: [&str; 2],
    seed: u64,
    planned: Planned,
) -> Result<Pair, Vec<Diagnostic>> {
    let scenarios = [Scenario::parse(here)?, Scenario::parse(twin)?];
    // Told in the names of the drawing.
    Ok(Pair::of(scenarios, planned, seed, (Limits::PAGE, true)))
}

/// What the page is told: the comparison, and the twin's own report, of which it draws the series.
pub fn end(pair: Pair) -> (Twin, Report) {
    let (found, [_, mut report]) = pair.found();
    report.traces = Vec::new();
    (found, report)
}
