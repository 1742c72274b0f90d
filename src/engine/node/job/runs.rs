//! The runs of a job: when they begin, how far they are, what a crash leaves of them, how they end.

use super::item::{Ended, Item};
use super::{AGAIN, AGAIN_BEGUN, Config, FINISHED, GO_ON, Job, MISSED, Overlap, REPLACED, RUN_NS, RUNS, STOPPED};
use super::is_down;
use std::collections::VecDeque;

use crate::engine::attempt::IntentId;
use crate::engine::charges::Charge;
use crate::engine::core::Cx;
use crate::engine::draw::Address;
use crate::engine::policy::rate::Bucket;
use crate::engine::record::{self, Record};
use crate::time::{Duration, NS_PER_S, Time};

/// The longest pause before a stopped run begins once more (Kubernetes: six minutes).
const PAUSE_MAX: Duration = Duration::from_secs(360);
const _: () = assert!(PAUSE_MAX.0 == 360 * NS_PER_S);

/// One time through the items.
#[derive(Clone)]
pub struct Run {
    pub number: u32,
    /// Lasts as long as the run: while it is held, the simulation goes on.
    intent: IntentId,
    began: Time,
    items: u64,
    /// The next item to begin, and the end of its batch.
    next: u64,
    until: u64,
    /// Items that are worked on.
    pub open: u32,
    /// What a third party has said of items of this batch, with their ranks.
    pub found: VecDeque<(u64, Charge)>,
    /// Where it goes on after a crash or stop.
    saved: u64,
    /// Items that were begun at least once.
    furthest: u64,
    bucket: Bucket,
    /// The rate limit has it wait; it waits to begin once more.
    pub paced: bool,
    pub pauses: bool,
    /// How often it was thrown back, so that events of an earlier life are recognised.
    life: u32,
    /// How often it stopped.
    stops: u32,
}

impl Run {
    /// Names the run as it is now in an event.
    fn bits(&self) -> u64 {
        u64::from(self.number) << 32 | u64::from(self.life)
    }

    /// The process is gone, and what it had in memory.
    fn thrown_back(&mut self) {
        (self.next, self.until) = (self.saved, self.saved);
        self.found.clear();
        (self.paced, self.pauses) = (false, false);
        self.life += 1;
    }
}

/// How a run ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Finished,
    Stopped,
    Replaced,
}

impl Job {
    /// The run that an event is about, if it is still the one that set it.
    pub(super) fn meant(&mut self, arg: u64) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.bits() == arg)
    }

    pub(super) fn run(&mut self, number: u32) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.number == number)
    }

    /// The time of a run has come: now, or earlier, if it could not begin then.
    pub(super) fn due<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, at: Time) {
        let late = cx.now().since(at);
        if config.start_deadline.is_some_and(|deadline| late > deadline) {
            return cx.tally(MISSED);
        }
        let waits = match config.overlap {
            // One that is down does not come back to many.
            Overlap::Queue => is_down(cx) || !self.runs.is_empty(),
            _ if is_down(cx) => {
                cx.tally_by(MISSED, self.waiting.len() as u64);
                cx.core.runs_open -= self.waiting.len() as u64;
                self.waiting.clear();
                true
            }
            Overlap::Skip if !self.runs.is_empty() => return cx.tally(MISSED),
            Overlap::Replace => {
                for run in std::mem::take(&mut self.runs) {
                    self.drop_items(cx, run.number, Ended::Dropped);
                    over(cx, &run, End::Replaced);
                }
                false
            }
            Overlap::Skip | Overlap::Beside => false,
        };
        cx.core.runs_open += 1;
        if waits {
            self.waiting.push_back(at);
            return;
        }
        let number = self.begin_run(config, cx);
        self.advance(config, cx, number);
    }

    fn begin_run<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) -> u32 {
        cx.tally(RUNS);
        self.begun += 1;
        let place = cx.program.nodes[cx.node as usize].place;
        let address = Address::intent(place, u64::from(self.begun) << 32, 0);
        // About no item in particular.
        let intent = cx.internal_intent(address, config.operation, 0);
        cx.hold(intent);
        let item = record::Item { job: cx.node, run: self.begun, rank: 0 };
        cx.record.item_begun(cx.program, intent, item);
        let keys = cx.program.operations[config.operation as usize].items.count();
        self.runs.push(Run {
            number: self.begun,
            intent,
            began: cx.now(),
            items: config.items.unwrap_or(keys),
            next: 0,
            until: 0,
            open: 0,
            found: VecDeque::new(),
            saved: 0,
            furthest: 0,
            bucket: Bucket::default(),
            paced: false,
            pauses: false,
            life: 0,
            stops: 0,
        });
        self.begun
    }

    /// A run goes on as far as it can: batches, concurrency, rate. When it is over, the next one that
    /// waits begins.
    pub(super) fn advance<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        number: u32,
    ) {
        let now = cx.now();
        loop {
            let Some(run) = self.run(number) else { return };
            if run.pauses {
                return;
            }
            if run.next == run.until && run.found.is_empty() {
                if run.open > 0 {
                    return;
                }
                if config.resumable {
                    run.saved = run.next;
                }
                if run.next == run.items {
                    return self.ends(config, cx, number, End::Finished);
                }
                run.until = run.next.saturating_add(config.batch).min(run.items);
            }
            if run.open >= config.concurrency || run.paced {
                return;
            }
            let wait = config.rate.and_then(|rate| run.bucket.take(now, rate, 1).err());
            if let Some(until) = wait {
                run.paced = true;
                let bits = run.bits();
                return cx.local_at(until, GO_ON, bits);
            }
            run.open += 1;
            let (item, is_again) = match run.found.pop_front() {
                Some((rank, charge)) => (Item::about(number, rank, charge), false),
                None => {
                    let rank = run.next;
                    run.next += 1;
                    let is_again = rank < run.furthest;
                    run.furthest = run.furthest.max(rank + 1);
                    (Item::new(number, rank), is_again)
                }
            };
            let (bits, lives) = (run.bits(), run.life);
            if is_again {
                cx.tally(AGAIN_BEGUN);
            }
            let went_on = self.begin_item(config, cx, item, lives);
            if !went_on {
                // An item that takes no time at all is an event all the same.
                if let Some(run) = self.meant(bits) {
                    run.paced = true;
                    cx.local_at(now, GO_ON, bits);
                }
                return;
            }
        }
    }

    /// The run is over; the next one that waits for its turn begins.
    fn ends<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u32, end: End) {
        let Some(at) = self.runs.iter().position(|run| run.number == number) else {
            return;
        };
        let run = self.runs.remove(at);
        over(cx, &run, end);
        while self.runs.is_empty()
            && let Some(due) = self.waiting.pop_front()
        {
            cx.core.runs_open -= 1;
            self.due(config, cx, due);
        }
    }

    /// An item has failed for good, and the run is not to go on without it.
    pub(super) fn stops<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u32) {
        self.drop_items(cx, number, Ended::Dropped);
        let now = cx.now();
        let Some(run) = self.run(number) else { return };
        run.thrown_back();
        if run.stops >= config.retries {
            return self.ends(config, cx, number, End::Stopped);
        }
        let twice = 1u64.checked_shl(run.stops).unwrap_or(u64::MAX);
        let pause = Duration(config.retry_pause.0.saturating_mul(twice)).min(PAUSE_MAX);
        run.stops += 1;
        run.pauses = true;
        let bits = run.bits();
        cx.local_at(now + pause, AGAIN, bits);
    }

    /// A crash: what is worked on is lost, and the progress that was not kept.
    pub(super) fn lose<R: Record>(&mut self, cx: &mut Cx<'_, R>) {
        let numbers: Vec<u32> = self.runs.iter().map(|run| run.number).collect();
        for number in numbers {
            self.drop_items(cx, number, Ended::Lost);
        }
        self.runs.iter_mut().for_each(Run::thrown_back);
    }

    fn drop_items<R: Record>(&mut self, cx: &mut Cx<'_, R>, number: u32, how: Ended) {
        let of_run = self.items.values().filter(|item| item.run == number);
        let ids: Vec<_> = of_run.map(|item| item.id).collect();
        for id in ids {
            self.close(cx, id, how);
        }
    }

    pub(super) fn everything_goes_on<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>) {
        let numbers: Vec<u32> = self.runs.iter().map(|run| run.number).collect();
        for number in numbers {
            self.advance(config, cx, number);
        }
    }

    /// An item of the run is over.
    pub(super) fn one_less(&mut self, number: u32) {
        if let Some(run) = self.run(number) {
            run.open -= 1;
        }
    }
}

fn over<R: Record>(cx: &mut Cx<'_, R>, run: &Run, end: End) {
    cx.tally(match end {
        End::Finished => FINISHED,
        End::Stopped => STOPPED,
        End::Replaced => REPLACED,
    });
    let took = cx.now() - run.began;
    cx.tally_by(RUN_NS, took.0);
    cx.core.runs_open -= 1;
    cx.release(run.intent);
}
