//! What one world tells so that it can be compared with another one: every try with all its moments, every
//! answer to a user, what is wrong with the data, and what happens at a node besides.
//!
//! Whoever reads it empties it again and again, so it never holds more than a few milliseconds of a run.

use super::traces::Span;
use crate::engine::attempt::{Answer, Attempt, Intent};
use crate::engine::program::Program;
use crate::engine::record::{Effect, Told};
use crate::ledger::Verdicts;
use crate::time::Time;

/// One try on behalf of a user's action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Try {
    /// Stable over runs that differ elsewhere.
    pub address: u64,
    /// Number of the action: what people see.
    pub action: u64,
    pub operation: u16,
    pub answer: Answer,
    pub span: Span,
}

impl Try {
    pub fn of(intent: &Intent, attempt: &Attempt) -> Try {
        Try {
            address: attempt.address.0,
            action: intent.number,
            operation: intent.operation,
            answer: attempt.answer,
            span: Span::of(attempt),
        }
    }
}

/// What a user wanted, and was told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    pub address: u64,
    pub number: u64,
    pub clients: u16,
    pub operation: u16,
    pub item: u64,
    pub born: Time,
    /// `None` for whoever waits to the end of the run.
    pub told: Option<(Time, Told)>,
}

impl Asked {
    pub fn of(intent: &Intent, told: Option<(Time, Told)>) -> Asked {
        Asked {
            address: intent.address.0,
            number: intent.number,
            clients: intent.clients,
            operation: intent.operation,
            item: intent.item,
            born: intent.born,
            told,
        }
    }
}

/// An action that is not clean, when nothing could happen to it any more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wronged {
    pub address: u64,
    pub number: u64,
    pub clients: u16,
    pub at: Time,
    pub verdicts: Verdicts,
}

/// What happens at a node besides requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Besides {
    Applied,
    Undone,
    LostLeader,
    HasLeader,
    Fires,
    StopsFiring,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noted {
    pub at: Time,
    pub node: u16,
    pub what: Besides,
    /// Whose effect, or which alert: a number that does not depend on what else there is.
    pub of: u64,
    pub version: u64,
    /// Number of the action, or of the alert in its program.
    pub number: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Tape {
    pub tries: Vec<Try>,
    pub asked: Vec<Asked>,
    pub wronged: Vec<Wronged>,
    pub noted: Vec<Noted>,
}

impl Tape {
    pub fn clear(&mut self) {
        self.tries.clear();
        self.asked.clear();
        self.wronged.clear();
        self.noted.clear();
    }

    pub fn told(&mut self, now: Time, intent: &Intent, told: Told) {
        self.asked.push(Asked::of(intent, Some((now, told))));
    }

    pub fn retired(&mut self, at: Time, intent: &Intent, verdicts: Verdicts) {
        if !verdicts.is_clean() {
            self.wronged.push(Wronged {
                address: intent.address.0,
                number: intent.number,
                clients: intent.clients,
                at,
                verdicts,
            });
        }
    }

    pub fn effect(&mut self, at: Time, intent: &Intent, effect: &Effect, undone: bool) {
        self.noted.push(Noted {
            at,
            node: effect.node,
            what: match undone {
                true => Besides::Undone,
                false => Besides::Applied,
            },
            // Neither part alone tells effects apart: an action changes several rows, a row has many changes.
            of: intent.address.0 ^ effect.row.rotate_left(32),
            version: effect.version,
            number: intent.number,
        });
    }

    pub fn leader(&mut self, at: Time, node: u16, above: Option<Option<u64>>) {
        self.noted.push(Noted {
            at,
            node,
            what: match above {
                None => Besides::LostLeader,
                Some(_) => Besides::HasLeader,
            },
            of: 0,
            version: above.flatten().unwrap_or(0),
            number: 0,
        });
    }

    pub fn alert(&mut self, program: &Program, at: Time, alert: u16, fires: bool) {
        let spec = &program.monitoring.alerts[alert as usize];
        self.noted.push(Noted {
            at,
            node: spec.node,
            what: match fires {
                true => Besides::Fires,
                false => Besides::StopsFiring,
            },
            of: spec.place,
            version: 0,
            number: u64::from(alert),
        });
    }
}
