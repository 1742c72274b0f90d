//! The heartbeat of the page: asks the worker for the next piece of time, draws what came, and tells
//! the model ten times a second.

use std::sync::Arc;

use crate::ui::platform::{frames, now_ms};
use crate::ui::state::model::{Model, Status};
use crate::ui::state::pace::{BULLET, Pace, Speed};
use crate::ui::state::pager;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::worker::protocol::{Command, Frame, Phase};

use super::{LIVE, discs_canvas};

/// The model hears of a running simulation at most this often.
const TELL_EVERY_MS: f64 = 100.0;
/// With reduced motion the picture steps, it does not move.
const STEP_MS: f64 = 500.0;

pub fn start(store: Store) {
    let mut last_drawn_ms = 0.0;
    frames::every_frame(move |_| {
        let wall_ms = now_ms();
        ask(store, wall_ms);
        let (redraw, due) = LIVE.with_borrow(|live| {
            let pause = if live.reduced_motion { STEP_MS } else { 0.0 };
            (
                live.redraw && wall_ms - last_drawn_ms >= pause,
                is_due(live, wall_ms),
            )
        });
        if redraw {
            last_drawn_ms = wall_ms;
            LIVE.with_borrow_mut(|live| {
                live.redraw = false;
                discs_canvas::draw(live);
            });
        }
        if due {
            tell(store, wall_ms);
        }
    });
}

fn is_due(live: &super::Live, wall_ms: f64) -> bool {
    live.untold && wall_ms - live.last_told_ms >= TELL_EVERY_MS
}

/// How fast simulated time should run now.
fn pace(model: &Model, now_ns: u64, phase: Phase) -> Pace {
    if model.run.bullet.is_some() {
        return Pace::Times(BULLET);
    }
    // Nobody wants to watch the last stragglers in real time.
    if phase != Phase::Running || now_ns >= model.duration_ns() {
        return Pace::Unbounded;
    }
    match model.speed {
        Speed::Auto => Pace::Times(model.run.moments.auto(now_ns)),
        Speed::Times(rate) => Pace::Times(rate),
        Speed::Max => Pace::Unbounded,
    }
}

fn ask(store: Store, wall_ms: f64) {
    let command = LIVE.with_borrow_mut(|live| {
        if !live.clock.is_waiting()
            && let Some(at_ns) = live.seek_ns.take()
        {
            live.clock.occupied();
            let run = live.run;
            return Some(Command::Seek { run, at_ns });
        }
        let (now_ns, phase) = (live.frame.now_ns, live.frame.phase);
        let wanted = store.peek(|model| {
            (model.run.status == Status::Playing && model.run.id == live.run)
                .then(|| pace(model, now_ns, phase))
        });
        let Some(pace) = wanted else {
            live.clock.resume(wall_ms);
            return None;
        };
        // What drains after the end is not drawn; the discs stay as they were.
        if now_ns < live.duration_ns {
            live.rate = match pace {
                Pace::Times(rate) => rate,
                Pace::Unbounded => discs_canvas::UNREADABLE_RATE,
            };
        }
        let ask = live.clock.ask(wall_ms, now_ns, pace)?;
        Some(Command::Advance {
            run: live.run,
            // Stops at the end of traffic, so that its picture is exact.
            until_ns: match now_ns < live.duration_ns {
                true => ask.until_ns.min(live.duration_ns),
                false => u64::MAX,
            },
            budget_ms: ask.budget_ms,
        })
    });
    if let Some(command) = command {
        store.ask_worker(&command);
    }
}

/// A frame from the worker.
pub fn frame_came(store: Store, mut frame: Frame) {
    let (news, whole) = (std::mem::take(&mut frame.news), frame.whole);
    let wall_ms = now_ms();
    if store.peek(|model| model.is_blind()) {
        frame = pager::mask(frame);
    }
    if !LIVE.with_borrow_mut(|live| live.take(frame)) {
        return;
    }
    if whole || !news.is_empty() {
        store.send(Msg::News {
            news,
            whole,
            wall_ms,
        });
    }
    // A step or a fresh run is shown at once; a running one waits for its turn.
    if store.peek(|model| model.run.status != Status::Playing) {
        tell(store, wall_ms);
    } else if store.peek(|model| model.speed == Speed::Max) {
        ask(store, wall_ms);
    }
}

/// Puts the newest frame into the model.
pub fn tell(store: Store, wall_ms: f64) {
    let summary = LIVE.with_borrow_mut(|live| {
        live.untold = false;
        live.last_told_ms = wall_ms;
        (Arc::clone(&live.frame), Arc::clone(&live.series))
    });
    store.send(Msg::Tick {
        frame: summary.0,
        series: summary.1,
        wall_ms,
    });
}
