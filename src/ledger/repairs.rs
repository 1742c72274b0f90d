//! Actions that a later effect can still change: what somebody takes back of what they had left (a refund), or makes
//! of what they had not left (a reconciliation).
//!
//! A compensation is an effect that says which one it undoes: place, action, and which of its promises. It counts
//! as one less there, whoever does it, and the verdict of the action is passed anew (docs/semantics.md 43). A completion
//! is an effect that says whose promise it keeps, and counts as one more (45). For that
//! the actions of operations that can be taken back or completed are remembered, also clean ones, for the whole run.

use std::collections::BTreeMap;

use super::reads::ReadAt;
use super::verdicts::{Verdict, Verdicts, verdicts};
use super::{Counts, EffectAt, Ledger, STORIES_MAX, Story};
use crate::engine::attempt::{Intent, IntentId};
use crate::engine::program::{OperationProgram, PROMISED_MAX, Program};
use crate::engine::record::Effect;
use crate::time::Time;

/// How often a promise of an action was kept becomes one more, or one less.
#[derive(Clone, Copy)]
pub(super) struct Repair {
    pub action: u64,
    pub promised: u8,
    pub by: i8,
}

/// An action that is over.
#[derive(Clone)]
pub(super) struct Over {
    pub applied: [u8; PROMISED_MAX],
    pub promises: u8,
    /// What was certain before its verdict.
    pub found: Verdicts,
    pub is_parked: bool,
    /// It was faulty, and is clean by what was taken back.
    pub is_mended: bool,
    /// It is among the stories, or among those beyond them.
    pub is_named: bool,
    pub story: Story,
}

#[derive(Clone, Default)]
pub(super) struct Repairs {
    /// By operation: somebody can take it back.
    can_be: Vec<bool>,
    /// Slots of actions that are open.
    open: BTreeMap<u64, usize>,
    over: BTreeMap<u64, Over>,
}

impl Repairs {
    pub fn new(program: &Program) -> Repairs {
        let operations = program.operations.iter();
        let can_be: Vec<bool> = operations
            .map(|op| op.can_be_undone || op.can_be_completed)
            .collect();
        Repairs {
            can_be: match can_be.contains(&true) {
                true => can_be,
                false => Vec::new(),
            },
            ..Repairs::default()
        }
    }

    #[inline]
    pub fn concern(&self, intent: &Intent) -> bool {
        let can_be = self.can_be.get(intent.operation as usize);
        can_be.copied().unwrap_or(false) && !intent.is_internal
    }

    /// An action that can be taken back has left something.
    pub fn left(&mut self, id: IntentId, number: u64) {
        self.open.insert(number, id.slot());
    }

    /// The slot of an action that is open.
    pub fn slot(&self, action: u64) -> Option<usize> {
        self.open.get(&action).copied()
    }

    /// Nothing can happen to it any more but that.
    pub fn is_over(&mut self, over: Over) {
        if self.open.remove(&over.story.number).is_some() {
            self.over.insert(over.story.number, over);
        }
    }

    /// A read was not stale after all: what it lacked is undone.
    pub fn read_anew(&mut self, number: u64, reads: &[ReadAt]) {
        let Some(over) = self.over.get_mut(&number) else {
            return;
        };
        over.story.reads = reads.to_vec();
        if reads.iter().all(|read| read.behind.is_none()) {
            over.found = over.found.without(Verdict::Stale);
            over.story.verdicts = over.story.verdicts.without(Verdict::Stale);
            over.is_named = !over.story.verdicts.is_clean();
        }
    }

    /// Something of an action that is over is taken back, or made. Passes its verdict anew; gives its story, if
    /// there is one to tell, and whether it was named before.
    pub fn changed(
        &mut self,
        counts: &mut Counts,
        change: Repair,
        how: EffectAt,
    ) -> Option<(&Story, bool)> {
        let over = self.over.get_mut(&change.action)?;
        let left = &mut over.applied[change.promised as usize];
        *left = left.saturating_add_signed(change.by);
        let story = &mut over.story;
        let by_somebody = !how.undone;
        story.effects.push(how);
        let told = story.told.map(|(_, told)| told);
        let applied = &over.applied[..over.promises as usize];
        let mut now = verdicts(applied, told, over.is_parked);
        now.join(over.found);
        let before = std::mem::replace(&mut story.verdicts, now);
        for verdict in before.iter() {
            counts.by_verdict[verdict as usize] -= 1;
        }
        for verdict in now.iter() {
            counts.by_verdict[verdict as usize] += 1;
        }
        counts.clean += u64::from(now.is_clean());
        counts.clean -= u64::from(before.is_clean());
        story.had.join(before);
        let is_new = now.iter().any(|verdict| !before.has(verdict));
        // That a repair is lost again is no harm that it did.
        counts.harmed += u64::from(is_new && by_somebody);
        let was_mended = over.is_mended;
        over.is_mended = now.is_clean() && (was_mended || !before.is_clean());
        counts.mended += u64::from(over.is_mended);
        counts.mended -= u64::from(was_mended);
        // What is as right as it was needs no story.
        if now.is_clean() && !over.is_mended {
            return None;
        }
        let was_named = std::mem::replace(&mut over.is_named, true);
        Some((&over.story, was_named))
    }
}

impl Ledger {
    /// An effect takes back what an action had left, or makes what it had not; or that is undone.
    #[cold]
    pub(super) fn repaired(&mut self, at: Time, repair: Repair, (effect, undone): (Effect, bool)) {
        let how = EffectAt { at, effect, undone };
        if let Some(slot) = self.repairs.slot(repair.action) {
            let left = &mut self.slots[slot].applied[repair.promised as usize];
            *left = left.saturating_add_signed(repair.by);
            return self.effects.push(slot, how);
        }
        let told = self.repairs.changed(&mut self.counts, repair, how);
        match told {
            None => {}
            Some((story, true)) => {
                let mut stories = self.stories.iter_mut();
                // It may be one of those whose number alone is kept.
                if let Some(kept) = stories.find(|s| s.number == repair.action) {
                    *kept = story.clone();
                }
            }
            Some((story, false)) if self.stories.len() < STORIES_MAX => {
                self.stories.push(story.clone());
            }
            Some((_, false)) => self.further.push(repair.action),
        }
    }

    /// Keeps what it takes to judge an action again.
    #[cold]
    pub(super) fn remember(
        &mut self,
        id: IntentId,
        intent: &Intent,
        operation: &OperationProgram,
        verdicts: Verdicts,
    ) {
        let slot = &self.slots[id.slot()];
        let reads = self.wrong.get(&id.slot());
        let reads = reads.map(|(_, reads)| reads.clone()).unwrap_or_default();
        self.repairs.is_over(Over {
            applied: slot.applied,
            promises: operation.effects.len() as u8,
            found: slot.found,
            is_parked: intent.parked > 0,
            is_mended: false,
            is_named: !verdicts.is_clean(),
            story: self.story(id, intent, verdicts, reads),
        });
    }
}
