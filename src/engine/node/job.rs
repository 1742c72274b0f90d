//! Job: runs through many items, started by a schedule, by the timeline, or both.
//!
//! Simulated: a schedule and what becomes of a run whose time has come while an earlier one is still
//! going; batches, progress that is kept after each, and what a crash or stop costs with and without it;
//! a rate limit; each item as a piece of work of its own, by a plan over the job's links with their
//! policies; writes that say what they are based on, guarded by it or not; a dry run; going through the list of a
//! third party and making what is missing elsewhere.
//! Ignored: the query that lists the items; the time it takes to keep progress, and its loss.

mod compare;
mod item;
mod runs;

use std::collections::{BTreeMap, VecDeque};

use super::{Look, NodeKind};
use crate::design::Settings;
use crate::design::value::Rate;
use crate::engine::attempt::{AttemptId, Call};
use crate::engine::core::Cx;
use crate::engine::dist::Sampler;
use crate::engine::draw::Threshold;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::time::{Duration, Time};
use item::Item;
use runs::Run;

/// Local events: the time of a run has come; and, about a run in one of its lives, that its rate lets one
/// more item begin, or that its pause is over.
const DUE: u8 = 0;
const GO_ON: u8 = 1;
const AGAIN: u8 = 2;

/// Positions in `TALLIES`.
const RUNS: usize = 0;
const FINISHED: usize = 1;
const STOPPED: usize = 2;
const REPLACED: usize = 3;
const MISSED: usize = 4;
const RUN_NS: usize = 5;
const DONE: usize = 6;
const FAILED: usize = 7;
const CONFLICTS: usize = 8;
const SKIPPED: usize = 9;
const AGAIN_BEGUN: usize = 10;
const WOULD_CHANGE: usize = 11;
const LEFT_AS_IS: usize = 12;
const COMPARED: usize = 13;
const TOO_YOUNG: usize = 14;

pub struct Config {
    operation: u16,
    /// `None` for as many as the operation has keys.
    items: Option<u64>,
    start: Option<Duration>,
    every: Option<Duration>,
    overlap: Overlap,
    start_deadline: Option<Duration>,
    batch: u64,
    concurrency: u32,
    rate: Option<Rate>,
    service_time: Sampler,
    bad: Threshold,
    stops: bool,
    retries: u32,
    retry_pause: Duration,
    resumable: bool,
    guarded: bool,
    conflict_retries: u32,
    dry: bool,
    /// How many effects of an item stay where it takes some back.
    keeps: Option<u64>,
    /// How old an entry of a list has to be to be looked at.
    min_age: Duration,
}

/// What becomes of a run whose time has come while an earlier one is still going.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overlap {
    Skip,
    Queue,
    Replace,
    Beside,
}

#[derive(Clone)]
pub struct Job {
    /// Runs begun so far.
    begun: u32,
    /// Those that are not over, oldest first.
    runs: Vec<Run>,
    /// When those that have not begun should have.
    waiting: VecDeque<Time>,
    /// By the place of the item's record.
    items: BTreeMap<usize, Item>,
    /// The time of the next run is set.
    ticks: bool,
}

impl NodeKind for Job {
    type Config = Config;

    const TALLIES: &'static [&'static str] = &[
        "runs",
        "runs_finished",
        "runs_stopped",
        "runs_replaced",
        "runs_missed",
        "run_ns",
        "items_done",
        "items_failed",
        "conflicts",
        "items_skipped",
        "items_again",
        "would_change",
        "left_as_is",
        "compared",
        "too_young",
    ];

    fn compile(knobs: &Settings<'_>) -> Config {
        let number = |name: String| {
            let found = knobs.operations.iter().position(|key| *key == name);
            found.expect("validated: the operation exists") as u16
        };
        Config {
            // Validated: if it names none, there is only one.
            operation: knobs.opt_text("operation").map_or(0, number),
            items: knobs.opt_count("items"),
            start: knobs.opt_duration("start"),
            every: knobs.opt_duration("every"),
            overlap: match knobs.choice("overlap") {
                "skip" => Overlap::Skip,
                "queue" => Overlap::Queue,
                "replace" => Overlap::Replace,
                _ => Overlap::Beside,
            },
            start_deadline: knobs.opt_duration("start_deadline"),
            batch: knobs.count("batch_size"),
            concurrency: knobs.count("concurrency") as u32,
            rate: knobs.opt_rate("rate_limit"),
            service_time: Sampler::new(&knobs.dist("service_time")),
            bad: Threshold::new(knobs.share("bad_items")),
            stops: knobs.choice("on_failure") == "stop",
            retries: knobs.count("retries") as u32,
            retry_pause: knobs.duration("retry_pause"),
            resumable: knobs.flag("resumable"),
            guarded: knobs.flag("version_guard"),
            conflict_retries: knobs.count("conflict_retries") as u32,
            dry: knobs.flag("dry_run"),
            keeps: knobs.opt_count("keeps"),
            min_age: knobs.duration("min_age"),
        }
    }

    fn new(_: &Config) -> Job {
        Job {
            begun: 0,
            runs: Vec::new(),
            waiting: VecDeque::new(),
            items: BTreeMap::new(),
            ticks: false,
        }
    }

    fn start<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        if let Some(first) = config.start.or(config.every) {
            self.tick_at(cx, Time::ZERO + first);
        }
    }

    fn on_local<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, code: u8, arg: u64) {
        match code {
            DUE => {
                self.ticks = false;
                if let Some(every) = config.every {
                    self.tick_at(cx, cx.now() + every);
                }
                self.due(config, cx, cx.now());
            }
            GO_ON => {
                if let Some(run) = self.meant(arg) {
                    run.paced = false;
                    let number = run.number;
                    self.advance(config, cx, number);
                }
            }
            _ => {
                if let Some(run) = self.meant(arg) {
                    run.pauses = false;
                    let number = run.number;
                    self.advance(config, cx, number);
                }
            }
        }
    }

    fn on_start_run<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        self.due(config, cx, cx.now());
    }

    fn on_work<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        let number = self.items[&id.slot()].run;
        self.worked(config, cx, id);
        self.advance(config, cx, number);
    }

    fn on_call_over<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let number = self.items[&id.slot()].run;
        self.answered(config, cx, id, call, result);
        self.advance(config, cx, number);
    }

    fn on_crash<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, instance: Option<u16>) {
        self.lose(cx);
        cx.crash_all(instance);
    }

    fn on_restart<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, _: Option<u16>) {
        self.everything_goes_on(config, cx);
        for due in std::mem::take(&mut self.waiting) {
            cx.core.runs_open -= 1;
            self.due(config, cx, due);
        }
    }

    fn on_revised<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        if let Some(every) = config.every.filter(|_| !self.ticks) {
            self.tick_at(cx, cx.now() + every);
        }
        if !is_down(cx) {
            // The rate may be another one.
            self.runs.iter_mut().for_each(|run| run.paced = false);
            self.everything_goes_on(config, cx);
        }
    }

    fn look(&self, config: &Config) -> Look {
        let slots = match config.overlap {
            // Each run has its own.
            Overlap::Beside => 0,
            _ => config.concurrency,
        };
        Look { slots, slots_each: slots, queue_limit: None }
    }
}

impl Job {
    /// Schedules begin nothing after the end.
    fn tick_at<R: Record>(&mut self, cx: &mut Cx<'_, R>, at: Time) {
        if at < cx.program.horizon {
            self.ticks = true;
            cx.local_at(at, DUE, 0);
        }
    }
}

/// The process that begins runs and works on items does not live now.
fn is_down<R: Record>(cx: &Cx<'_, R>) -> bool {
    !cx.core.is_up(cx.node, 0)
}
