//! What arithmetic says about jobs: how long a run takes, what a crash costs, what becomes of runs that
//! are due while an earlier one is going, and how often a row changes under its reader.

use crate::engine::math::exp;

/// A run whose items take the same time each.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub items: f64,
    pub batch: f64,
    pub concurrency: f64,
    pub work: f64,
    /// Items per second at most; 0 for no limit.
    pub rate: f64,
}

impl Run {
    /// Batches one after the other, each in rounds of `concurrency`; or the rate, if it is what binds.
    pub fn length(&self) -> f64 {
        if self.rate > 0.0 {
            return (self.items - 1.0) / self.rate + self.work;
        }
        let rounds = |items: f64| (items / self.concurrency).ceil();
        let full = (self.items / self.batch).floor();
        (full * rounds(self.batch) + rounds(self.items - full * self.batch)) * self.work
    }

    /// Whether it is the rate that binds, all along.
    pub fn is_paced(&self) -> bool {
        self.batch >= self.items && self.rate * self.work < self.concurrency
    }
}

/// Of so many items that were done before a crash, those that are done again: what was done since the
/// last batch was over, or everything.
pub fn done_again(done: f64, batch: f64, resumable: bool) -> f64 {
    match resumable {
        true => done - (done / batch).floor() * batch,
        false => done,
    }
}

/// Runs of this length, due every `period`: those that begin per period, and those that go on at the
/// same time.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    pub length: f64,
    pub period: f64,
}

impl Due {
    /// The next one begins at the first time that is due after the end.
    pub fn skipped(&self) -> (f64, f64) {
        let periods = (self.length / self.period).ceil();
        (1.0 / periods, self.length / (periods * self.period))
    }

    /// One after the other, without a pause if they are too long.
    pub fn queued(&self) -> (f64, f64) {
        let load = self.length / self.period;
        ((1.0 / load).min(1.0), load.min(1.0))
    }

    /// Each has at most one period.
    pub fn replaced(&self) -> (f64, f64) {
        (1.0, (self.length / self.period).min(1.0))
    }

    /// Little's law.
    pub fn beside(&self) -> (f64, f64) {
        (1.0, self.length / self.period)
    }
}

/// Writes of others to a row, at random times, between its being read and its being written back.
pub fn writes_between(rate: f64, time: f64) -> f64 {
    rate * time
}

/// Whether there is any.
pub fn conflict(rate: f64, time: f64) -> f64 {
    1.0 - exp(-rate * time)
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

    #[test]
    fn runs_are_as_long_as_counting_says() {
        let run = Run {
            items: 100.0,
            batch: 10.0,
            concurrency: 4.0,
            work: 0.1,
            rate: 0.0,
        };
        close(run.length(), 3.0, 1e-12);
        close(Run { batch: 30.0, ..run }.length(), 2.7, 1e-12);
        let paced = Run {
            rate: 20.0,
            batch: 100.0,
            ..run
        };
        assert!(
            paced.is_paced()
                && !Run {
                    rate: 50.0,
                    ..paced
                }
                .is_paced()
        );
        close(paced.length(), 5.05, 1e-12);
        assert_eq!(done_again(47.0, 10.0, true), 7.0);
        let due = Due {
            length: 10.0,
            period: 4.0,
        };
        close(due.skipped().0, 1.0 / 3.0, 1e-12);
        close(due.beside().1, 2.5, 1e-12);
    }
}
