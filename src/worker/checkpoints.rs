//! What a run was at earlier moments, so that any moment of it can be looked at again.
//!
//! A checkpoint is the whole run, world and recorder, as plain data: going on from it is the same as having
//! come there from the start, bit for bit. They are as many events apart, for it is events that cost time;
//! when there are too many, or they are too large, every second one goes and the distance doubles. In an
//! overload, where hundreds of thousands wait, that leaves few, and going back takes longer.

use crate::engine::Run;
use crate::engine::attempt::{Attempt, Call, Intent};
use crate::explain::Signals;
use crate::ledger::{EffectAt, Story};
use crate::observe::Recorder;
use crate::time::Time;

use super::protocol::News;

/// So many are kept at most; half as many at least, once a run is long.
const MOST: usize = 24;

/// Events between two at first: what a phone simulates in less than a tenth of a second.
const APART: u64 = 50_000;

/// Bytes that all of them may have together, about: a page has to live beside others.
pub(super) const ROOM: usize = 96 << 20;

struct Kept {
    run: Run<Recorder>,
    bytes: usize,
    /// All the news there was then.
    news: Vec<News>,
}

pub struct Checkpoints {
    /// Oldest first; the first is the start.
    kept: Vec<Kept>,
    apart: u64,
}

impl Checkpoints {
    pub fn at_start(run: &Run<Recorder>) -> Checkpoints {
        Checkpoints {
            kept: vec![Kept::of(run, &[])],
            apart: APART,
        }
    }

    /// Whether the run has gone far enough since the newest one.
    pub fn is_due(&self, run: &Run<Recorder>) -> bool {
        let newest = self.kept.last().map_or(0, |kept| kept.run.events());
        run.events() >= newest + self.apart
    }

    pub fn keep(&mut self, run: &Run<Recorder>, news: &[News]) {
        self.kept.push(Kept::of(run, news));
        while self.kept.len() > MOST || (self.bytes() > ROOM && self.kept.len() > 2) {
            let mut number = 0;
            self.kept.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.apart *= 2;
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.kept.iter().map(|kept| kept.bytes).sum()
    }

    /// The newest one from which this moment can be reached.
    pub fn before(&self, at: Time) -> (&Run<Recorder>, &[News]) {
        let later = self.kept.partition_point(|kept| kept.run.now() <= at);
        let kept = &self.kept[later.max(1) - 1];
        (&kept.run, &kept.news)
    }

    /// The future is another one from now on: what was kept of it is forgotten.
    pub fn forget_after(&mut self, at: Time) {
        let later = self.kept.partition_point(|kept| kept.run.now() <= at);
        self.kept.truncate(later.max(1));
    }
}

impl Kept {
    fn of(run: &Run<Recorder>, news: &[News]) -> Kept {
        Kept {
            bytes: bytes_of(run),
            run: run.clone(),
            news: news.to_vec(),
        }
    }
}

/// What grows: requests under way, with their places in lines and in the calendar, the stories of what went
/// wrong, and the series.
fn bytes_of(run: &Run<Recorder>) -> usize {
    let core = &run.world.core;
    let (attempts, calls, intents) = (&core.attempts, &core.calls, &core.intents);
    let watch = run.record.watch.as_ref();
    let signals = watch.and_then(|watch| watch.signals.as_ref());
    attempts.places() * size_of::<Attempt>()
        + calls.places() * size_of::<Call>()
        + intents.places() * size_of::<Intent>()
        + run.record.ledger.stories.len() * (size_of::<Story>() + 2 * size_of::<EffectAt>())
        + run.record.series.bytes()
        + run.record.promises.bytes()
        + signals.map_or(0, Signals::bytes)
}
