//! What a run was at earlier moments, so that any moment of it can be looked at again.
//!
//! A checkpoint is the whole run, world and recorder, as plain data: going on from it is the same as having
//! come there from the start, bit for bit. They are as many events apart, for it is events that cost time;
//! when there are too many, every second one goes and the distance doubles.

use crate::engine::Run;
use crate::observe::Recorder;
use crate::time::Time;

use super::protocol::News;

/// So many are kept at most; half as many at least, once a run is long.
const MOST: usize = 24;

/// Events between two at first: what a phone simulates in less than a tenth of a second.
const APART: u64 = 50_000;

#[derive(Clone)]
struct Kept {
    run: Run<Recorder>,
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
        let (run, news) = (run.clone(), Vec::new());
        Checkpoints {
            kept: vec![Kept { run, news }],
            apart: APART,
        }
    }

    /// Whether the run has gone far enough since the newest one.
    pub fn is_due(&self, run: &Run<Recorder>) -> bool {
        let newest = self.kept.last().map_or(0, |kept| kept.run.events());
        run.events() >= newest + self.apart
    }

    pub fn keep(&mut self, run: &Run<Recorder>, news: &[News]) {
        let (run, news) = (run.clone(), news.to_vec());
        self.kept.push(Kept { run, news });
        if self.kept.len() > MOST {
            let mut number = 0;
            self.kept.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.apart *= 2;
        }
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
