//! When hints are offered: on evidence that somebody is stuck, and none ever opens by itself. Who needed none is
//! offered them later in the next scenario, who needed all of them earlier.

use super::super::model::{Model, Status};
use super::super::update::{Effect, Msg};
use super::Ask;

/// Failed runs in a row, and minutes in which nothing is done, before the first offer.
const RUNS: i8 = 2;
const MINUTES: i8 = 3;
/// How far that moves, in runs and in minutes.
const EARLIEST: i8 = -1;
const LATEST: i8 = 2;
/// The worked step.
const LAST: usize = 4;
/// The page tells the time four times a minute; if it was silent for longer, nobody was there to be stuck.
const SILENT_MS: u64 = 60_000;

/// Since when nothing was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Idle {
    since_ms: u64,
    told_ms: u64,
    /// It was long enough once, in this scenario.
    pub long: bool,
}

/// What is offered now: how many hints there are, and whether the next one is on offer.
pub fn offered(model: &Model) -> bool {
    let part_one = model.doc.part().is_none();
    let passed = model
        .run
        .report
        .as_ref()
        .is_some_and(|report| report.passed);
    let after = (RUNS + model.learning.progress.later).max(1) as u32;
    part_one && !passed && (model.failed_in_a_row >= after || model.learning.idle.long)
}

/// Somebody did something.
pub fn acted(model: &mut Model, msg: &Msg) {
    if !is_of_the_page(msg) {
        model.learning.idle.since_ms = model.learning.now_ms;
    }
}

/// Messages that come without anybody doing something.
fn is_of_the_page(msg: &Msg) -> bool {
    matches!(
        msg,
        Msg::Tick { .. }
            | Msg::News { .. }
            | Msg::Loaded { .. }
            | Msg::Seed { .. }
            | Msg::Saved(_)
            | Msg::Explained { .. }
            | Msg::ToastSeen(_)
            | Msg::OnlyTab(_)
            | Msg::Learn(Ask::Clock)
    )
}

/// Another scenario is on the page.
pub fn begins(model: &mut Model) {
    model.learning.idle = Idle {
        since_ms: model.learning.now_ms,
        told_ms: model.learning.now_ms,
        long: false,
    };
}

/// Time has passed. A run that goes on is watched: that is not idle.
pub fn clock(model: &mut Model) -> Vec<Effect> {
    let now_ms = model.learning.now_ms;
    let watches = model.run.status == Status::Playing;
    let idle = &mut model.learning.idle;
    let silent = now_ms.saturating_sub(idle.told_ms) > SILENT_MS;
    idle.told_ms = now_ms;
    if watches || silent {
        idle.since_ms = now_ms;
    }
    let minutes = (MINUTES + model.learning.progress.later).max(1) as u64;
    let long = now_ms.saturating_sub(idle.since_ms) >= minutes * 60_000;
    // Before a prediction, a hint would tell what to predict.
    let asked = model.has_predicted() && !model.doc.scenario.lesson.hints.is_empty();
    if long && asked && !model.learning.idle.long {
        model.learning.idle.long = true;
        if offered(model) {
            model
                .said
                .answer("A hint is on offer below the goals, if you want one.");
        }
    }
    Vec::new()
}

/// A scenario was passed for the first time, with so many hints open.
pub fn fade(model: &mut Model, hints: usize) {
    let progress = &mut model.learning.progress;
    let by = match hints {
        0 => 1,
        n if n >= LAST => -1,
        _ => return,
    };
    progress.later = (progress.later + by).clamp(EARLIEST, LATEST);
    progress.later_at_ms = model.learning.now_ms;
}
