//! Instances that stand still: nothing goes on, nothing is begun, until no reason is left.
//!
//! Work whose end is in the calendar is taken out of it, and put back with what was missing when the
//! instance goes on. So work that goes on does not ask whether somebody stands still; only what begins, and
//! calls that end, do.

use super::attempt::AttemptId;
use super::core::{Core, Cx};
use super::event::Event;
use super::record::Record;
use crate::time::{Duration, Time};

/// Why an instance stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Still {
    /// An entry of the timeline, [`NOBODY`] if it is none's.
    pub by: u16,
    /// As long as the entry, if it is not said.
    pub until: Option<Time>,
    /// Only its handlers do: heartbeats go on.
    pub beats: bool,
}

pub const NOBODY: u16 = u16::MAX;

/// Whether and why an instance stands still, and the work that it has stopped.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    reasons: Vec<Still>,
    pub stopped: Vec<(AttemptId, Duration)>,
}

impl Standing {
    #[inline]
    pub fn is_still(&self) -> bool {
        !self.reasons.is_empty()
    }

    /// Whether the whole process is, with its heartbeats.
    pub fn is_silent(&self) -> bool {
        self.reasons.iter().any(|reason| !reason.beats)
    }

    /// One reason more. Whether it is the first.
    pub fn add(&mut self, still: Still) -> bool {
        self.reasons.push(still);
        self.reasons.len() == 1
    }

    /// Pauses that are over are no reasons any more. Whether no reason is left where there was one.
    pub fn end_due(&mut self, now: Time) -> bool {
        self.end(|reason| reason.until.is_some_and(|until| until <= now))
    }

    /// The entry is over; a pause of a set length goes on. Whether no reason is left where there was one.
    pub fn end_entry(&mut self, entry: u16) -> bool {
        self.end(|reason| reason.by == entry && reason.until.is_none())
    }

    fn end(&mut self, is_over: impl Fn(&Still) -> bool) -> bool {
        let was_still = self.is_still();
        self.reasons.retain(|reason| !is_over(reason));
        was_still && !self.is_still()
    }
}

impl<R: Record> Cx<'_, R> {
    /// Work in progress at an instance does not end, as far as its end was in the calendar; what was
    /// missing.
    pub fn stop_work(&mut self, instance: u16) -> Vec<(AttemptId, Duration)> {
        let (node, core) = (self.node, &mut *self.core);
        let Core {
            calendar, attempts, ..
        } = core;
        let is_here = |id: AttemptId| {
            let attempt = attempts.get(id);
            attempt.is_some_and(|a| a.node == node && a.instance == instance)
        };
        let out = calendar.take_out(|event| matches!(event, Event::Work(id) if is_here(*id)));
        let work = |(missing, event)| match event {
            Event::Work(id) => Some((id, missing)),
            _ => None,
        };
        out.into_iter().filter_map(work).collect()
    }

    /// Stopped work goes on, if it has not been given up meanwhile.
    pub fn resume_work(&mut self, stopped: Vec<(AttemptId, Duration)>) {
        for (id, missing) in stopped {
            let attempt = self.core.attempts.get(id);
            if attempt.is_some_and(|a| a.callee.is_at_work()) {
                let at = self.now() + missing;
                self.core.calendar.at(at, Event::Work(id));
            }
        }
    }
}
