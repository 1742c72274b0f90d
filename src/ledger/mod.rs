//! The ledger of truth: for every intent what was promised, what was done, and what the user was told.
//!
//! It stands outside the simulated system and is never visible to it. A verdict is passed when
//! nothing can happen to an intent any more (docs/semantics.md 20); verdicts are not exclusive. While an
//! intent is open it costs one slot; a clean one is then forgotten, a faulty one is kept with its
//! story, up to a bound, and beyond that as its number.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

pub mod chains;
pub mod commits;
pub mod diverged;
pub mod invariants;
mod jobs;
pub mod reads;
mod repairs;
mod sources;
pub mod sums;
pub mod updates;
mod verdicts;

use crate::engine::attempt::{Attempt, Intent, IntentId};
use crate::engine::program::{OperationProgram, PROMISED_MAX, Program};
use crate::engine::record::{Completes, Effect, Item, Told, Undoes};
use crate::time::Time;
use chains::Chains;
use commits::Author;
use invariants::{Change, Invariants};
use jobs::Jobs;
use reads::{Open, ReadAt, Reads};
use repairs::{Repair, Repairs};
use sums::Sums;
use updates::{Between, Made, Updates};
pub use verdicts::{VERDICTS, Verdict, Verdicts};
use verdicts::{acknowledges, verdicts};

/// Faulty intents whose whole story is kept (docs/semantics.md 30).
pub const STORIES_MAX: usize = 50_000;

/// A change that was applied, or one that does not count any more, with its time.
#[derive(Clone, Copy, Debug)]
pub struct EffectAt {
    pub at: Time,
    pub effect: Effect,
    pub undone: bool,
}

/// A faulty intent with everything that happened to it.
#[derive(Clone, Debug)]
pub struct Story {
    pub number: u64,
    pub operation: u16,
    pub born: Time,
    pub told: Option<(Time, Told)>,
    pub verdicts: Verdicts,
    /// What was wrong with it before something of it was taken back.
    pub had: Verdicts,
    pub effects: Vec<EffectAt>,
    /// Answers that were wrong.
    pub reads: Vec<ReadAt>,
}

/// What is remembered of an open intent.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// How often each promised effect was applied.
    applied: [u8; PROMISED_MAX],
    /// What is certain already.
    found: Verdicts,
}

/// Whole-run counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub intents: u64,
    /// Applied changes, promised ones and others.
    pub effects: u64,
    /// Of those, the ones that did not survive.
    pub undone: u64,
    /// Intents whose verdict is known.
    pub judged: u64,
    pub clean: u64,
    pub by_verdict: [u64; VERDICTS],
    /// Of the effects: on behalf of no user, by jobs; and those of them that the same run had already
    /// left.
    pub by_jobs: u64,
    pub repeated_by_jobs: u64,
    /// Changes that are missing in the rows because somebody overwrote them who had read the row before
    /// them (lost updates).
    pub lost_updates: u64,
    /// Transactions that decided on what another one was changing, which decided on what they were changing
    /// (write skew).
    pub write_skews: u64,
    /// Changes beyond what declared invariants allow.
    pub invariants_broken: u64,
    /// Effects that take back another one; actions that were faulty and are clean by them; and how often one gave an
    /// action a verdict that it did not have.
    pub taken_back: u64,
    /// Effects that make what an action had left without.
    pub completed: u64,
    pub mended: u64,
    pub harmed: u64,
}

impl Counts {
    pub fn of(&self, verdict: Verdict) -> u64 {
        self.by_verdict[verdict as usize]
    }

    /// Everything that is wrong, of whatever kind.
    pub fn wrong(&self) -> u64 {
        let verdicts: u64 = self.by_verdict.iter().sum();
        let of_rows = self.lost_updates + self.write_skews + self.invariants_broken;
        verdicts - self.of(Verdict::Parked) + of_rows
    }

    /// Intents that something can still happen to.
    pub fn open(&self) -> u64 {
        self.intents - self.judged
    }

    /// In the order in which they go into the fingerprint.
    pub fn listed(&self) -> Vec<u64> {
        let counts = [self.intents, self.effects, self.clean, self.open()];
        let parked = self.of(Verdict::Parked);
        let verdicts = self.by_verdict.into_iter().take(4);
        let of_jobs = [self.by_jobs, self.repeated_by_jobs, self.lost_updates];
        // Where there was none of it, the fingerprint is what it was before there was a count of it.
        let parked = (parked > 0).then_some(parked);
        let later = &self.by_verdict[Verdict::Stale as usize..];
        let later = later
            .iter()
            .copied()
            .filter(|_| later.iter().any(|&n| n > 0));
        let of_jobs = of_jobs
            .into_iter()
            .filter(|_| of_jobs.iter().any(|&n| n > 0));
        let skews = (self.write_skews > 0).then_some(self.write_skews);
        let broken = (self.invariants_broken > 0).then_some(self.invariants_broken);
        let all = counts.into_iter().chain(verdicts).chain(parked);
        let all = all.chain(of_jobs).chain(later).chain(skews);
        let repairs = [self.taken_back, self.mended, self.harmed];
        let is_any = self.taken_back > 0 || self.completed > 0;
        let repairs = repairs.into_iter().filter(|_| is_any);
        let completed = (self.completed > 0).then_some(self.completed);
        all.chain(broken).chain(repairs).chain(completed).collect()
    }
}

/// Keys of rows, and versions.
pub(crate) type Versions<'a> = &'a [(u64, u64)];

#[derive(Clone, Default)]
pub struct Ledger {
    pub counts: Counts,
    slots: Vec<Slot>,
    effects: Chains<EffectAt>,
    jobs: Jobs,
    pub reads: Reads,
    /// Answers that were wrong, of actions that are open, by their slot; with the action's number.
    wrong: BTreeMap<usize, (u64, Vec<ReadAt>)>,
    pub updates: Updates,
    pub invariants: Invariants,
    pub sums: Sums,
    repairs: Repairs,
    /// In the order in which their verdicts were passed.
    pub stories: Vec<Story>,
    /// Numbers of faulty intents beyond the stories.
    pub further: Vec<u64>,
}

impl Ledger {
    pub fn new(program: &Program) -> Ledger {
        Ledger {
            reads: Reads::new(program),
            invariants: Invariants::new(program),
            sums: Sums::new(program),
            repairs: Repairs::new(program),
            ..Ledger::default()
        }
    }

    #[inline]
    pub fn born(&mut self, id: IntentId) {
        self.counts.intents += 1;
        let slot = id.slot();
        if slot >= self.slots.len() {
            self.slots
                .resize((slot + 1).next_power_of_two(), Slot::default());
        }
        self.slots[slot] = Slot::default();
    }

    /// A job begins its run, or a piece of its work.
    pub fn item_begun(&mut self, id: IntentId, item: Item) {
        self.jobs.begun(id, item);
    }

    /// Nothing can happen any more to an intent that was nobody's.
    pub fn internal_over(&mut self, id: IntentId) {
        self.jobs.over(id);
    }

    pub fn effect(&mut self, now: Time, id: IntentId, intent: &Intent, effect: Effect) {
        self.counts.effects += 1;
        if let Some(read) = effect.based_on {
            let (by, version) = (Author::of(intent), effect.version);
            let (row, at) = ((effect.node, effect.row), now);
            let (jobs, reads) = (&self.jobs, &self.reads);
            let between = |versions, most| between((jobs, reads), (id, row), &versions, most);
            let overwrites = (read, Made { version, by, at });
            self.updates.overwrites(row, overwrites, between);
            self.counts.lost_updates = self.updates.lost;
        }
        let told = intent.told.is_some_and(|(_, told)| acknowledges(told));
        let is_late = self.reads.committed(now, intent, effect, told);
        if self.sums.are_declared() {
            self.adds_up(now, intent, &effect);
        }
        if let Some(Undoes {
            action, promised, ..
        }) = effect.undoes
        {
            self.counts.taken_back += 1;
            self.repaired(
                now,
                Repair {
                    action,
                    promised,
                    by: -1,
                },
                (effect, false),
            );
        }
        if let Some(Completes { action, promised }) = effect.completes {
            self.counts.completed += 1;
            self.repaired(
                now,
                Repair {
                    action,
                    promised,
                    by: 1,
                },
                (effect, false),
            );
        }
        if intent.is_internal {
            self.jobs.effect(id, effect);
            self.counts.by_jobs = self.jobs.effects;
            self.counts.repeated_by_jobs = self.jobs.repeated;
            return;
        }
        if self.invariants.are_declared() {
            self.invariants.applied(now, intent, &effect);
            self.counts.invariants_broken = self.invariants.broken + self.sums.broken;
        }
        if self.repairs.concern(intent) {
            self.repairs.left(id, intent.number);
        }
        let slot = &mut self.slots[id.slot()];
        slot.found.add(Verdict::OutOfOrder, is_late);
        slot.found.add(Verdict::Unauthorised, effect.lacks_right);
        if let Some(promised) = effect.promised {
            let applied = &mut slot.applied[promised as usize];
            *applied = applied.saturating_add(1);
        }
        let undone = false;
        self.effects.push(
            id.slot(),
            EffectAt {
                at: now,
                effect,
                undone,
            },
        );
    }

    /// A row is changed at a place where an item's two rows must add up.
    #[cold]
    fn adds_up(&mut self, now: Time, intent: &Intent, effect: &Effect) {
        let row = (effect.node, effect.row);
        let from = effect.based_on;
        let from = from.map(|read| self.updates.as_survives(row, read));
        let change = Change {
            at: now,
            action: intent.number,
            operation: intent.operation,
            row: effect.row,
            version: effect.version,
        };
        let (about, by) = ((intent.operation, intent.item), Author::of(intent));
        self.sums.applied(about, (effect, from), (change, by));
        self.counts.invariants_broken = self.invariants.broken + self.sums.broken;
    }

    /// When a change was applied that is still among those of an open action.
    pub fn applied_at(&self, id: IntentId, effect: Effect) -> Option<Time> {
        let is_it = |had: &EffectAt| {
            !had.undone && had.effect.node == effect.node && had.effect.version == effect.version
        };
        let all = self.effects.collect(id.slot());
        all.into_iter().find(is_it).map(|had| had.at)
    }

    /// The change is not among those that survive.
    pub fn undone(&mut self, now: Time, id: IntentId, intent: &Intent, effect: Effect) {
        self.counts.undone += 1;
        let row = (effect.node, effect.row);
        let made = self.reads.commits().committed(row.0, row.1, effect.version);
        let from = effect.based_on.unwrap_or(0);
        self.updates.undone(row, (effect.version, made), from);
        self.counts.lost_updates = self.updates.lost;
        self.counts.write_skews = self.updates.skewed;
        for read in self.reads.undone(effect) {
            self.was_not_stale(row, &read);
        }
        if self.sums.are_declared() {
            self.sums.undone((intent.operation, intent.item), &effect);
            self.counts.invariants_broken = self.invariants.broken + self.sums.broken;
        }
        if let Some(Completes { action, promised }) = effect.completes {
            self.repaired(
                now,
                Repair {
                    action,
                    promised,
                    by: -1,
                },
                (effect, true),
            );
        }
        if intent.is_internal {
            return;
        }
        if self.invariants.are_declared() {
            self.invariants.undone(intent, &effect);
            self.counts.invariants_broken = self.invariants.broken + self.sums.broken;
        }
        if let Some(promised) = effect.promised {
            let applied = &mut self.slots[id.slot()].applied[promised as usize];
            *applied = applied.saturating_sub(1);
        }
        let undone = true;
        self.effects.push(
            id.slot(),
            EffectAt {
                at: now,
                effect,
                undone,
            },
        );
    }

    /// What a read of a row lacked is not among what survives.
    #[cold]
    fn was_not_stale(&mut self, row: (u16, u64), gone: &Open) {
        let is_it = |read: &ReadAt| {
            let what = (read.store, read.row, read.version, read.began, read.at);
            what == (row.0, row.1, gone.version, gone.began, gone.at)
        };
        // Whether another answer to the same action is stale still.
        let clear = |reads: &mut Vec<ReadAt>| {
            for read in reads.iter_mut().filter(|read| is_it(read)) {
                read.behind = None;
            }
            reads.retain(|read| read.behind.is_some() || read.known().is_some());
            reads.iter().any(|read| read.behind.is_some())
        };
        if let Some((_, reads)) = self
            .wrong
            .get_mut(&gone.slot)
            .filter(|(open, _)| *open == gone.number)
        {
            // Its verdict is still to come.
            if !clear(reads) {
                let found = &mut self.slots[gone.slot].found;
                *found = found.without(Verdict::Stale);
            }
            return;
        }
        let of_action = |story: &&mut Story| story.number == gone.number;
        let found = self.stories.iter_mut().find(of_action);
        let Some(story) = found.filter(|story| story.verdicts.has(Verdict::Stale)) else {
            return;
        };
        let is_stale = clear(&mut story.reads);
        self.repairs.read_anew(gone.number, &story.reads);
        if is_stale {
            return;
        }
        story.verdicts = story.verdicts.without(Verdict::Stale);
        self.counts.by_verdict[Verdict::Stale as usize] -= 1;
        if story.verdicts.is_clean() {
            self.counts.clean += 1;
            self.stories.retain(|story| story.number != gone.number);
        }
    }

    /// An attempt of somebody's has ended for its caller.
    #[inline]
    pub fn ended(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        attempt: &Attempt,
    ) {
        if let Some(wrong) = self.reads.ended(program, now, id, intent, attempt) {
            self.note(id, intent.number, wrong);
        }
    }

    /// A caller serves what it had kept.
    pub fn fell_back(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        kept: (u16, u64),
    ) {
        if let Some(wrong) = self.reads.fell_back(program, now, id, intent, kept) {
            self.note(id, intent.number, wrong);
        }
    }

    #[cold]
    fn note(&mut self, id: IntentId, number: u64, (verdicts, read): (Verdicts, ReadAt)) {
        self.slots[id.slot()].found.join(verdicts);
        let wrong = self.wrong.entry(id.slot());
        wrong.or_insert((number, Vec::new())).1.push(read);
    }

    /// A user was told something.
    #[inline]
    pub fn told(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        told: Told,
    ) {
        let follows = program.writes && self.reads.tells_apart(intent);
        if acknowledges(told) && (follows || intent.lacks_right) {
            self.acknowledged(program, now, id, intent, follows);
        }
    }

    /// A user takes something for done: who has no right to it, or can be told from others.
    #[cold]
    fn acknowledged(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        follows: bool,
    ) {
        if intent.lacks_right {
            let slot = &mut self.slots[id.slot()];
            slot.found.add(Verdict::Unauthorised, true);
        }
        if follows {
            let left = self.effects.collect(id.slot());
            let left: Vec<_> = left
                .iter()
                .filter(|e| e.effect.row == intent.item)
                .map(|e| (e.effect.node, e.effect.version))
                .collect();
            self.reads.acknowledged(program, now, intent, &left);
        }
    }

    /// A transaction is committed at a database: the versions that it read, and those that it made.
    pub fn transaction(
        &mut self,
        now: Time,
        intent: &Intent,
        (node, read, made): (u16, Versions<'_>, Versions<'_>),
    ) {
        let whose = (node, Author::of(intent), now);
        let commits = self.reads.commits();
        let counts = |&&(row, version): &&(u64, u64)| commits.survives(node, row, version);
        let can_undo = self.reads.can_undo(node);
        let survive: Vec<(u64, u64)> = match can_undo {
            true => made.iter().filter(counts).copied().collect(),
            false => made.to_vec(),
        };
        self.updates
            .committed(whose, read, (made, &survive), can_undo);
        self.counts.write_skews = self.updates.skewed;
    }

    /// Nothing can happen to the intent any more: passes the verdict.
    #[inline(always)]
    pub fn judge(
        &mut self,
        id: IntentId,
        intent: &Intent,
        operation: &OperationProgram,
    ) -> Verdicts {
        let slot = &self.slots[id.slot()];
        let mut verdicts = verdicts(
            &slot.applied[..operation.effects.len()],
            intent.told.map(|t| t.1),
            intent.parked > 0,
        );
        verdicts.join(slot.found);
        self.counts.judged += 1;
        if !operation.effects.is_empty() {
            self.reads.over(intent, &operation.effects);
        }
        if self.repairs.concern(intent) {
            self.remember(id, intent, operation, verdicts);
        }
        if verdicts.is_clean() {
            self.counts.clean += 1;
        } else {
            self.keep(id, intent, verdicts);
        }
        self.effects.clear(id.slot());
        verdicts
    }

    fn story(
        &self,
        id: IntentId,
        intent: &Intent,
        verdicts: Verdicts,
        reads: Vec<ReadAt>,
    ) -> Story {
        Story {
            number: intent.number,
            operation: intent.operation,
            born: intent.born,
            told: intent.told,
            verdicts,
            had: Verdicts::default(),
            effects: self.effects.collect(id.slot()),
            reads,
        }
    }

    #[cold]
    fn keep(&mut self, id: IntentId, intent: &Intent, verdicts: Verdicts) {
        for verdict in verdicts.iter() {
            self.counts.by_verdict[verdict as usize] += 1;
        }
        let (_, reads) = self.wrong.remove(&id.slot()).unwrap_or_default();
        if self.stories.len() == STORIES_MAX {
            self.further.push(intent.number);
            return;
        }
        let story = self.story(id, intent, verdicts, reads);
        self.stories.push(story);
    }
}

/// What others, and an intent itself, made of a row between two of its versions.
fn between(
    (jobs, reads): (&Jobs, &Reads),
    (id, row): (IntentId, (u16, u64)),
    versions: &RangeInclusive<u64>,
    most: u64,
) -> Between {
    let is_own = |made: &Made| jobs.own(id, row.0).any(|own| own == made.version);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut others = reads.made(row, versions, most);
    others.retain(|made| !is_own(made));
    let within = jobs.own(id, row.0).filter(|own| versions.contains(own));
    let own = within.count() as u64;
    Between { others, own }
}
