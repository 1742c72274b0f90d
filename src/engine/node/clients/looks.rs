//! Users who look whether what they wrote is there, and write it again if they do not see it.
//!
//! The answer to a write says which version it made; the answer to a look says which version was read.
//! An older one means that the own write is not visible: a cache, or a copy, is behind.

use super::{Actor, Clients, Config, code};
use crate::engine::attempt::{Call, IntentId};
use crate::engine::core::Cx;
use crate::engine::draw::Purpose;
use crate::engine::reason::Reason;
use crate::engine::record::Record;
use crate::time::Duration;

/// What clicks of a repetition are counted from: those below are first and double clicks.
pub const REPEATS: u16 = 2;

/// Positions in `TALLIES`.
const MISSED: usize = 3;
const REPEATED: usize = 4;

/// A write that its user looks after. It is held until that is over.
#[derive(Clone, Copy)]
pub struct Look {
    write: IntentId,
    /// The version that the write made.
    version: u64,
    repeats: u16,
}

impl Clients {
    /// A submission of a write was answered: its user may want to see it.
    #[cold]
    pub(super) fn maybe_look<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: IntentId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let intent = cx.core.intents[id];
        let repeats = call.tag.saturating_sub(REPEATS - 1);
        let operations = &cx.program.operations;
        let checks = |read: u16| {
            let (write, read) = (&operations[intent.operation as usize], &operations[read as usize]);
            write.mode == crate::design::CallMode::Write && write.key_space == read.key_space
        };
        let sees = config.looks_with.is_some_and(checks);
        let version = call.answer.version;
        // A repetition is held already.
        let is_held = call.tag >= REPEATS;
        if !sees || result.is_err() || version == 0 || repeats > config.write_repeats {
            if is_held {
                cx.release(id);
            }
            return;
        }
        if !is_held {
            cx.hold(id);
        }
        let number = self.planned_looks;
        self.planned_looks += 1;
        let look = Look { write: id, version, repeats };
        self.to_look.insert(number, look);
        let address = intent.address.attempt(u32::from(repeats));
        let after = config.look_after.sample(&mut cx.draws(Purpose::Look, address));
        cx.local_at(cx.now() + Duration(after), code::LOOK, number);
    }

    /// The user looks.
    pub(super) fn look_now<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, number: u64) {
        let Some(look) = self.to_look.remove(&number) else { return };
        let operation = config.looks_with;
        let (Some(operation), true) = (operation, cx.now() < cx.program.horizon) else {
            return cx.release(look.write);
        };
        let write = cx.core.intents[look.write];
        let place = cx.program.nodes[cx.node as usize].place;
        let address = write.address.call(place, u32::from(REPEATS + look.repeats));
        let actor = Actor { address, user: write.user, identity: write.identity };
        let id = self.born(config, cx, actor, operation, write.item);
        self.looks.insert(id.bits(), look);
        self.submit(cx, id, 0);
    }

    /// The user has looked, if the action was a look.
    pub(super) fn has_looked<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: IntentId,
        call: &Call,
        result: Result<(), Reason>,
    ) {
        let Some(look) = self.looks.remove(&id.bits()) else { return };
        if result.is_err() || call.answer.version >= look.version {
            return cx.release(look.write);
        }
        cx.tally(MISSED);
        if look.repeats >= config.write_repeats {
            return cx.release(look.write);
        }
        cx.tally(REPEATED);
        self.submit(cx, look.write, REPEATS + look.repeats);
    }

    /// The user has gone before the look was answered.
    pub(super) fn looks_no_more<R: Record>(&mut self, cx: &mut Cx<'_, R>, id: IntentId) {
        if let Some(look) = self.looks.remove(&id.bits()) {
            cx.release(look.write);
        }
    }

    pub(super) fn is_look(&self, id: IntentId) -> bool {
        !self.looks.is_empty() && self.looks.contains_key(&id.bits())
    }
}
