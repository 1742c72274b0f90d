//! A bar on the terminal for what takes longer than a second.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine::Run;
use crate::engine::record::Record;
use crate::time::Time;

/// Counts steps. It says nothing in the first second, and nothing at all where the standard error
/// is no terminal.
pub struct Progress {
    bar: ProgressBar,
    #[expect(
        clippy::disallowed_types,
        reason = "how long a person has waited is wall-clock time"
    )]
    started: std::time::Instant,
}

const PATIENCE: Duration = Duration::from_secs(1);

impl Progress {
    pub fn new(steps: u64, what: &'static str) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3} %  {eta} left");
        bar.set_style(style.expect("the template is tried by a test"));
        bar.set_message(what);
        #[expect(
            clippy::disallowed_types,
            reason = "how long a person has waited is wall-clock time"
        )]
        let started = std::time::Instant::now();
        Progress { bar, started }
    }

    pub fn add(&self, steps: u64) {
        self.bar.inc(steps);
        self.show();
    }

    /// More steps are needed than was thought.
    pub fn grow(&self, steps: u64) {
        self.bar.set_length(steps);
    }

    pub fn at(&self, step: u64) {
        self.bar.set_position(step);
        self.show();
    }

    fn show(&self) {
        if self.bar.is_hidden() && self.started.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

/// Takes a run to its end under a bar.
pub fn finish<R: Record>(run: &mut Run<R>) {
    /// How often the bar moves; an event is well below a microsecond of work.
    const EVENTS_PER_STEP: u64 = 100_000;
    let bar = Progress::new(run.program.horizon.0, "running");
    while !run.phase().is_over() {
        run.advance(Time::NEVER, EVENTS_PER_STEP);
        bar.at(run.now().0);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_bar_can_be_made() {
        let bar = super::Progress::new(3, "running");
        bar.add(1);
        bar.at(3);
    }
}
