//! One instance of a service: its slots, its line, its cores, and what it remembers.

use super::config::Config;
use crate::engine::attempt::{AttemptId, Call};
use crate::engine::line::{Line, Row};
use crate::engine::policy::codel::Codel;
use crate::engine::policy::concurrency::Limit;
use crate::engine::processor::{Processor, Rest};
use crate::engine::reason::Reason;
use crate::engine::standing::Standing;
use crate::time::{Duration, Time};

/// Work that had to give its slot to something more important.
#[derive(Clone, Copy, Debug)]
pub struct Interrupted {
    pub id: AttemptId,
    pub rest: Rest,
    /// How long it has had a slot.
    pub held: Duration,
}

/// What comes while the instance stands still, and is taken up when it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Deferred {
    /// A request that has a slot.
    Begin(AttemptId),
    /// A shallow probe: nobody answers it.
    Probe(AttemptId),
    /// The end of a call that a request had made.
    CallOver(AttemptId, Call, Result<(), Reason>),
}

#[derive(Clone, Debug)]
pub struct Instance {
    pub busy: u32,
    pub line: Line,
    pub processor: Processor<AttemptId>,
    /// Slots in use by group.
    pub of_group: Vec<u32>,
    pub interrupted: Vec<Interrupted>,
    pub codel: Codel,
    pub limit: Option<Limit>,
    /// Requests begun since the last collection.
    pub begun: u64,
    /// Collections so far.
    pub pauses: u64,
    pub standing: Standing,
    pub deferred: Vec<Deferred>,
    /// Kilobytes that will never be freed.
    pub leaked: u64,
    /// It is about to crash.
    pub is_full: bool,
    pub restarts_at: Option<Time>,
    pub exists: bool,
    pub drains: bool,
    pub boots: bool,
}

impl Instance {
    pub fn new(config: &Config) -> Instance {
        let mut processor = Processor::default();
        processor.set_cores(Time::ZERO, config.cores);
        Instance {
            busy: 0,
            line: Line::new(config.caps.len()),
            processor,
            of_group: vec![0; config.caps.len()],
            interrupted: Vec::new(),
            codel: Codel::default(),
            limit: config.limits.as_ref().map(Limit::new),
            begun: 0,
            pauses: 0,
            standing: Standing::default(),
            deferred: Vec::new(),
            leaked: 0,
            is_full: false,
            restarts_at: None,
            exists: true,
            drains: false,
            boots: false,
        }
    }

    /// As after a start. Events that were scheduled for it are old from now on.
    pub fn clear(&mut self, config: &Config, now: Time) {
        let mut processor = std::mem::take(&mut self.processor);
        processor.clear(now);
        *self = Instance {
            processor,
            pauses: self.pauses,
            restarts_at: self.restarts_at,
            exists: self.exists,
            drains: self.drains,
            ..Instance::new(config)
        };
    }

    /// It has nothing but slots and a line: all that the short way knows of.
    pub fn is_plain(&self) -> bool {
        self.interrupted.is_empty()
            && self.deferred.is_empty()
            && !self.standing.is_still()
            && self.processor.is_idle()
            && self.limit.is_none()
            && self.leaked == 0
    }

    /// Requests that wait or have a slot.
    pub fn inside(&self) -> u32 {
        self.busy + self.line.waiting()
    }

    pub fn has_room(&self, config: &Config, group: u8) -> bool {
        self.of_group[group as usize] < config.caps[group as usize]
    }

    pub fn take_slot(&mut self, row: Row) {
        self.busy += 1;
        self.of_group[row.group as usize] += 1;
    }

    pub fn give_slot(&mut self, row: Row) {
        self.busy -= 1;
        self.of_group[row.group as usize] -= 1;
    }

    /// Takes an interrupted request out of the list of those.
    pub fn take_interrupted(&mut self, id: AttemptId) -> Option<Interrupted> {
        let at = self.interrupted.iter().position(|other| other.id == id)?;
        Some(self.interrupted.swap_remove(at))
    }
}
