//! Actions that a later effect can still change: what somebody takes back of what they had left (a refund).
//!
//! A compensation is an effect that says which one it undoes: place, action, and which of its promises. It counts
//! as one less there, whoever does it, and the verdict of the action is passed anew (docs/semantics.md 43). For that
//! the actions of operations that can be taken back are remembered, also clean ones, for the whole run.

use std::collections::BTreeMap;

use super::reads::ReadAt;
use super::verdicts::{Verdict, Verdicts, verdicts};
use super::{Counts, EffectAt, Story};
use crate::engine::attempt::{Intent, IntentId};
use crate::engine::program::{PROMISED_MAX, Program};
use crate::engine::record::Undoes;

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
        let can_be: Vec<bool> = operations.map(|op| op.can_be_undone).collect();
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
    pub fn slot(&self, undoes: &Undoes) -> Option<usize> {
        self.open.get(&undoes.action).copied()
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

    /// Something of an action that is over is taken back. Passes its verdict anew; gives its story, if there is
    /// one to tell, and whether it was named before.
    pub fn taken_back(
        &mut self,
        counts: &mut Counts,
        undoes: &Undoes,
        how: EffectAt,
    ) -> Option<(&Story, bool)> {
        let over = self.over.get_mut(&undoes.action)?;
        let left = &mut over.applied[undoes.promised as usize];
        *left = left.saturating_sub(1);
        let story = &mut over.story;
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
        counts.harmed += u64::from(is_new);
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
