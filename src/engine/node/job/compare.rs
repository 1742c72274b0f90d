//! Reconciliation: what a third party has on its list, held against what another place has, one after the other.
//!
//! An item of an operation that `completes` another one begins with a question: what has that operation left with
//! you for this item? The answer is a list, and each entry that is old enough becomes a piece of work of its own, with
//! the idempotency key that the entry came with. What is done for it is the rest of the plan: mostly a look whether
//! it is there (`check LINK`), and the change that makes it (`insert LINK`).

use super::item::{Ended, Item};
use super::{COMPARED, Config, Job, TOO_YOUNG};
use crate::design::CallMode;
use crate::engine::attempt::{AttemptId, Call};
use crate::engine::charges::Charge;
use crate::engine::core::Cx;
use crate::engine::program::Program;
use crate::engine::reason::Reason;
use crate::engine::record::Record;

/// The operation that another one of the job completes.
pub(super) fn completes(program: &Program, config: &Config) -> Option<u16> {
    program.operations[config.operation as usize].completes
}

impl Job {
    /// The answer of the third party, if this is one: what it says becomes pieces of work, and the item is over.
    pub(super) fn is_list<R: Record>(
        &mut self,
        config: &Config,
        cx: &mut Cx<'_, R>,
        id: AttemptId,
        call: &Call,
        result: Result<(), Reason>,
    ) -> bool {
        let program = cx.program;
        let Some(operation) = completes(program, config) else { return false };
        let item = &self.items[&id.slot()];
        let to = program.links[call.link as usize].to;
        let is_it = item.about.is_none()
            && result.is_ok()
            && call.mode == CallMode::Read
            && program.nodes[to as usize].kind == "third_party";
        if !is_it {
            return false;
        }
        let (rank, number) = (item.rank, item.run);
        let key = cx.core.intents[cx.core.attempts[id].intent].item;
        let listed = cx.core.charges.of((to, operation, key));
        // It has grown since the answer was written, perhaps.
        let told = listed.iter().take(call.answer.version as usize);
        let now = cx.now();
        let is_old = |charge: &&Charge| charge.at + config.min_age <= now;
        let (old, young): (Vec<&Charge>, Vec<&Charge>) = told.partition(is_old);
        let found: Vec<(u64, Charge)> = old.into_iter().map(|&charge| (rank, charge)).collect();
        let young = young.len() as u64;
        cx.tally_by(TOO_YOUNG, young);
        cx.tally_by(COMPARED, found.len() as u64);
        if let Some(run) = self.run(number) {
            run.found.extend(found);
        }
        self.close(cx, id, Ended::Done);
        true
    }
}

impl Item {
    /// A piece of work about one entry of a list.
    pub(super) fn about(run: u32, rank: u64, charge: Charge) -> Item {
        let mut item = Item::new(run, rank);
        item.about = Some(charge);
        item
    }

    /// The plan begins with the question, which is answered for who is about an entry.
    pub(super) fn first_step(&self) -> u16 {
        u16::from(self.about.is_some())
    }
}
