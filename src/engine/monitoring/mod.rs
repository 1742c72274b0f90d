//! What the design itself can see: figures of its nodes, collected now and then.
//!
//! This is part of the world, not of the recorder: autoscalers, canaries and alerts act on it, it can
//! be late, it can be lost, and it can be wrong. It sees what a node sees: an answer that its caller
//! no longer waited for is a good answer; a request that never arrived is nothing. At clients it sees
//! what users were told, as a page that reports its own failures does.
//!
//! Samples are running counts, one per node and scrape, kept as far back as the longest window looks.
//! While monitoring is lost there are no samples, and nobody acts.

mod act;
pub mod alert;
pub mod autoscale;
mod known;

use std::collections::VecDeque;

use super::core::Core;
use super::program::Program;
use crate::time::{Duration, Time};

/// Running counts of one node at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Answered well, and all that was answered or turned away.
    pub good: u64,
    pub answered: u64,
    pub arrived: u64,
    /// Requests that have left, and the time they spent there.
    pub left: u64,
    pub sojourned: u128,
    /// Integrals over time of the number busy, waiting, and of slots.
    pub busy: u128,
    pub waiting: u128,
    pub slots: u128,
    /// How old the oldest message is that it keeps.
    pub age: Duration,
}

/// What a node's answers looked like to itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answers {
    pub good: u64,
    pub bad: u64,
}

/// The design's own monitoring.
#[derive(Clone, Debug)]
pub struct Monitoring {
    /// Per node, oldest first.
    samples: Vec<VecDeque<(Time, Sample)>>,
    /// Per node, since the start.
    pub answers: Vec<Answers>,
    /// Per alert: good answers of its node within the time that it asks for, since the start, and the
    /// same at the moments of the node's samples.
    fast: Vec<u64>,
    fast_then: Vec<VecDeque<u64>>,
    /// Integral of slots over time, up to when it was last taken.
    slots: Vec<(u128, Time, u32)>,
    /// Entries of the timeline that keep it from collecting.
    pub lost: u32,
    pub alerts: Vec<alert::State>,
    pub scalers: Vec<autoscale::State>,
    /// How far back anybody looks.
    longest: Duration,
}

/// What monitoring is asked to do.
#[derive(Clone, Debug)]
pub struct MonitoringProgram {
    /// Somebody looks at the figures: an alert, an autoscaler, a canary.
    pub is_used: bool,
    pub scrape_every: Duration,
    pub alerts: Vec<alert::Spec>,
}

impl Monitoring {
    pub fn new(program: &Program) -> Monitoring {
        let nodes = program.nodes.len();
        let windows = program.monitoring.alerts.iter().map(alert::Spec::longest);
        let sync = program.nodes.iter().filter_map(|n| n.autoscale.as_ref());
        let sync = sync.map(|a| Duration(a.period.0 * 2));
        let longest = windows.chain(sync).max().unwrap_or_default();
        Monitoring {
            samples: vec![VecDeque::new(); nodes],
            answers: vec![Answers::default(); nodes],
            fast: vec![0; program.monitoring.alerts.len()],
            fast_then: vec![VecDeque::new(); program.monitoring.alerts.len()],
            slots: vec![(0, Time::ZERO, 0); nodes],
            lost: 0,
            alerts: vec![alert::State::default(); program.monitoring.alerts.len()],
            scalers: vec![autoscale::State::default(); nodes],
            longest: longest + program.monitoring.scrape_every,
        }
    }

    /// Change of the counts over the window that ends with the newest sample, and the time between;
    /// `None` if there is nothing to compare. A window longer than the past takes what there is.
    pub fn over(&self, node: u16, window: Duration) -> Option<(Sample, Duration)> {
        let samples = &self.samples[node as usize];
        let &(newest, b) = samples.back()?;
        let &(oldest, a) = samples.get(self.begin_of(node, window)?)?;
        let span = newest.since(oldest);
        (span > Duration::ZERO).then(|| (b.since(&a), span))
    }

    /// Good answers over the same window that were fast enough for an alert.
    pub fn fast_over(&self, alert: usize, node: u16, window: Duration) -> u64 {
        let then = &self.fast_then[alert];
        let begin = self.begin_of(node, window).and_then(|at| then.get(at));
        then.back().zip(begin).map_or(0, |(b, a)| b - a)
    }

    /// Position of the newest sample that is not younger than the window, else of the oldest.
    fn begin_of(&self, node: u16, window: Duration) -> Option<usize> {
        let samples = &self.samples[node as usize];
        let &(newest, _) = samples.back()?;
        let from = Time(newest.0.saturating_sub(window.0));
        let after = samples.partition_point(|&(at, _)| at <= from);
        Some(after.saturating_sub(1))
    }

    /// A node has answered, or users were told: after so long a time.
    pub fn answered(&mut self, alerts: &[alert::Spec], node: u16, good: bool, took: Duration) {
        self.answers[node as usize].add(good);
        for (spec, fast) in alerts.iter().zip(&mut self.fast) {
            let counts = spec.node == node && spec.good_within.is_none_or(|bound| took <= bound);
            *fast += u64::from(good && counts);
        }
    }

    /// When the newest sample was taken.
    pub fn newest(&self, node: u16) -> Option<Time> {
        self.samples[node as usize].back().map(|&(at, _)| at)
    }
}

impl Sample {
    fn since(&self, earlier: &Sample) -> Sample {
        Sample {
            good: self.good - earlier.good,
            answered: self.answered - earlier.answered,
            arrived: self.arrived - earlier.arrived,
            left: self.left - earlier.left,
            sojourned: self.sojourned - earlier.sojourned,
            busy: self.busy - earlier.busy,
            waiting: self.waiting - earlier.waiting,
            slots: self.slots - earlier.slots,
            age: self.age,
        }
    }
}

impl Core {
    /// Collects the figures of all nodes. `slots` says how many slots a node has now, `age` how old the oldest
    /// message is that it keeps.
    pub(super) fn scrape(
        &mut self,
        specs: &[alert::Spec],
        slots: impl Fn(&Core, usize) -> u32,
        age: impl Fn(&Core, usize) -> Duration,
    ) {
        let now = self.now();
        for node in 0..self.node_counters.len() {
            let have = slots(self, node);
            let (mut integral, since, before) = self.monitoring.slots[node];
            integral += u128::from(before) * u128::from(now.since(since).0);
            self.monitoring.slots[node] = (integral, now, have);
            if self.monitoring.lost > 0 {
                continue;
            }
            let counters = &self.node_counters[node];
            let answers = self.monitoring.answers[node];
            let sample = Sample {
                good: answers.good,
                answered: answers.good + answers.bad,
                arrived: counters.arrived,
                left: counters.left,
                sojourned: counters.sojourned,
                busy: counters.busy.integral(now),
                waiting: counters.waiting.integral(now),
                slots: integral,
                age: age(self, node),
            };
            let longest = self.monitoring.longest;
            let samples = &mut self.monitoring.samples[node];
            samples.push_back((now, sample));
            // One sample older than the longest window is needed to look all the way back.
            let mut gone = 0;
            while samples.get(1).is_some_and(|&(at, _)| at + longest <= now) {
                samples.pop_front();
                gone += 1;
            }
            let Monitoring {
                fast, fast_then, ..
            } = &mut self.monitoring;
            let alerts = specs.iter().zip(fast_then.iter_mut().zip(fast.iter()));
            for (_, (then, now)) in alerts.filter(|(spec, _)| spec.node as usize == node) {
                then.push_back(*now);
                then.drain(..gone);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::NS_PER_S;

    #[test]
    fn a_window_reaches_back_to_the_sample_at_its_beginning() {
        let mut monitoring = Monitoring {
            samples: vec![VecDeque::new()],
            answers: vec![Answers::default()],
            fast: Vec::new(),
            fast_then: Vec::new(),
            slots: vec![(0, Time::ZERO, 0)],
            lost: 0,
            alerts: Vec::new(),
            scalers: Vec::new(),
            longest: Duration::ZERO,
        };
        assert!(monitoring.over(0, Duration::from_secs(10)).is_none());
        for second in 0..=60u64 {
            let sample = Sample {
                good: second * second,
                ..Sample::default()
            };
            let at = Time(second * NS_PER_S);
            monitoring.samples[0].push_back((at, sample));
        }
        let over = |seconds| {
            let (sample, span) = monitoring.over(0, Duration::from_secs(seconds)).unwrap();
            (sample.good, span)
        };
        assert_eq!(over(10), (3_600 - 2_500, Duration::from_secs(10)));
        assert_eq!(over(1_000), (3_600, Duration::from_secs(60)));
    }
}
