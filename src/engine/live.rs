//! Changing the timeline of a run that is under way.
//!
//! What happens next is always in the program, so a run whose timeline is changed goes on with another
//! program: as if it had been that one from the start. Only what lies ahead may differ, and the result
//! is then the same, bit for bit, as of a fresh run.

use std::sync::Arc;

use super::event::Event;
use super::program::{Moment, Program};
use super::record::Record;
use super::world::Run;
use crate::time::{Duration, Time};

impl<R: Record> Run<R> {
    /// The earliest instant at which something can be added: everything up to now has happened, or
    /// part of it (docs/semantics.md 15).
    pub fn next_instant(&self) -> Time {
        self.now() + Duration(1)
    }

    /// Goes on with a program whose timeline differs from [`Run::next_instant`] on and in nothing else,
    /// which the caller has made sure of (`scenario::live`). What of this instant has not happened yet
    /// happens still.
    pub fn amend(&mut self, program: Arc<Program>) {
        let next = self.next_instant();
        let past = |moments: &[Moment]| moments.partition_point(|m| m.at < next);
        debug_assert_eq!(
            self.program.moments[..past(&self.program.moments)],
            program.moments[..past(&program.moments)],
            "the past stays"
        );
        // The look ahead is to be at what comes next now.
        let calendar = &mut self.world.core.calendar;
        calendar.take_out(|event| matches!(event, Event::Timeline));
        self.current = program.revision(self.world.revision);
        self.program = program;
        self.world.await_moment(&self.program);
    }
}
