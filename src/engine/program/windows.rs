//! The parts of a run that are measured, and the width of its series' buckets.

use crate::design::RunSpec;
use crate::design::order::arrange;
use crate::time::{Duration, NS_PER_MS, NS_PER_S, Time};

/// As many as a chart can show. Wide buckets hold enough requests for a percentile to mean something:
/// with a hundred in each, the 99th would be the slowest one.
const BUCKETS_WANTED: u64 = 512;

/// A part of the run that is measured; actions belong to it by the time they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Time,
    pub to: Time,
    /// Only actions of this operation belong to it.
    pub operation: Option<u16>,
}

/// From, to, and the operation that a goal is about.
pub type Asked<'a> = (Duration, Duration, Option<&'a str>);

impl Window {
    /// Whether an action of an operation at this time belongs to it.
    #[inline]
    pub fn counts(&self, t: Time, operation: u16) -> bool {
        self.contains(t) && self.operation.is_none_or(|asked| asked == operation)
    }

    #[inline]
    pub fn contains(&self, t: Time) -> bool {
        self.from <= t && t < self.to
    }

    pub fn seconds(&self) -> f64 {
        (self.to - self.from).as_secs_f64()
    }
}

pub(super) fn windows(
    run: &RunSpec,
    goals: &[Asked<'_>],
    operation: impl Fn(&str) -> u16,
) -> (Vec<Window>, Vec<Time>) {
    let mut windows = Vec::new();
    let measured = (run.measure.0, run.measure.1, None);
    for &(from, to, asked) in std::iter::once(&measured).chain(goals) {
        let window = Window {
            from: Time(from.0),
            to: Time(to.0),
            operation: asked.map(&operation),
        };
        if !windows.contains(&window) {
            windows.push(window);
        }
    }
    let mut marks: Vec<Time> = windows.iter().flat_map(|w| [w.from, w.to]).collect();
    arrange(&mut marks, Ord::cmp);
    marks.dedup();
    (windows, marks)
}

/// The narrowest of 1, 2, 5 x 10^n, from 100 ms on, with which the run fits into
/// [`BUCKETS_WANTED`]; what is left up to the most is for settling.
pub(super) fn bucket_width(duration: Duration) -> Duration {
    let mut width = 100 * NS_PER_MS;
    let steps = [2, 5, 10];
    let mut decade = width;
    let mut i = 0;
    while duration.0.div_ceil(width) > BUCKETS_WANTED {
        width = decade * steps[i % 3];
        if i % 3 == 2 {
            decade = width;
        }
        i += 1;
    }
    Duration(width.min(1_000_000 * NS_PER_S))
}
