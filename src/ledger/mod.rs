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
mod sources;
pub mod updates;

use crate::engine::attempt::{Attempt, Intent, IntentId};
use crate::engine::program::{OperationProgram, PROMISED_MAX, Program};
use crate::engine::record::{Effect, Item, Told};
use crate::time::Time;
use chains::Chains;
use commits::Author;
use invariants::Invariants;
use jobs::Jobs;
use reads::{ReadAt, Reads};
use updates::{Between, Made, Updates};

/// Faulty intents whose whole story is kept (docs/semantics.md 30).
pub const STORIES_MAX: usize = 50_000;

/// What can be wrong with an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// Acknowledged, but a promised effect is missing.
    Lost = 0,
    /// A promised effect was applied more than once.
    Duplicate = 1,
    /// The user was told it failed, or nothing, yet an effect exists.
    Phantom = 2,
    /// Some promised effects exist, others never will.
    Partial = 3,
    /// Acknowledged, a promised effect is missing, and a message that could bring it is put aside.
    Parked = 4,
    /// A read returned a version older than one that was committed before it began.
    Stale = 5,
    /// A user did not see what the same user had been told is done.
    OwnWriteMissed = 6,
    /// A user saw a version older than one that the same user had seen before.
    WentBack = 7,
    /// An effect was applied after that of an action that was asked for when this one had been
    /// acknowledged already.
    OutOfOrder = 8,
    /// An effect, or a good answer, for somebody without the right to it.
    Unauthorised = 9,
}

/// How many there are.
pub const VERDICTS: usize = 10;

impl Verdict {
    pub const ALL: [Verdict; VERDICTS] = [
        Verdict::Lost,
        Verdict::Duplicate,
        Verdict::Phantom,
        Verdict::Partial,
        Verdict::Parked,
        Verdict::Stale,
        Verdict::OwnWriteMissed,
        Verdict::WentBack,
        Verdict::OutOfOrder,
        Verdict::Unauthorised,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Verdict::Lost => "lost",
            Verdict::Duplicate => "duplicate",
            Verdict::Phantom => "phantom",
            Verdict::Partial => "partial",
            Verdict::Parked => "parked",
            Verdict::Stale => "stale",
            Verdict::OwnWriteMissed => "own_write_missed",
            Verdict::WentBack => "went_back",
            Verdict::OutOfOrder => "out_of_order",
            Verdict::Unauthorised => "unauthorised",
        }
    }
}

/// A set of verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts(u16);

impl Verdicts {
    pub fn is_clean(self) -> bool {
        self.0 == 0
    }

    pub fn has(self, verdict: Verdict) -> bool {
        self.0 & (1 << verdict as u16) != 0
    }

    fn add(&mut self, verdict: Verdict, is_so: bool) {
        self.0 |= u16::from(is_so) << verdict as u16;
    }

    /// Takes a verdict in; whether it was not there.
    pub fn is_new(&mut self, verdict: Verdict) -> bool {
        let is_new = !self.has(verdict);
        self.add(verdict, true);
        is_new
    }

    fn join(&mut self, other: Verdicts) {
        self.0 |= other.0;
    }

    fn without(self, verdict: Verdict) -> Verdicts {
        Verdicts(self.0 & !(1 << verdict as u16))
    }

    pub fn iter(self) -> impl Iterator<Item = Verdict> {
        Verdict::ALL.into_iter().filter(move |&v| self.has(v))
    }
}

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
}

impl Counts {
    pub fn of(&self, verdict: Verdict) -> u64 {
        self.by_verdict[verdict as usize]
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
        all.chain(broken).collect()
    }
}

/// Keys of rows, and versions.
type Versions<'a> = &'a [(u64, u64)];

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
        if intent.is_internal {
            self.jobs.effect(id, effect);
            self.counts.by_jobs = self.jobs.effects;
            self.counts.repeated_by_jobs = self.jobs.repeated;
            return;
        }
        if self.invariants.are_declared() {
            self.invariants.applied(now, intent, &effect);
            self.counts.invariants_broken = self.invariants.broken;
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
        for (number, slot) in self.reads.undone(effect) {
            self.was_not_stale(number, slot);
        }
        if intent.is_internal {
            return;
        }
        if self.invariants.are_declared() {
            self.invariants.undone(intent, &effect);
            self.counts.invariants_broken = self.invariants.broken;
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

    /// What a read lacked is not among what survives.
    #[cold]
    fn was_not_stale(&mut self, number: u64, slot: usize) {
        if let Some((_, reads)) = self
            .wrong
            .get_mut(&slot)
            .filter(|(open, _)| *open == number)
        {
            // Its verdict is still to come.
            let found = &mut self.slots[slot].found;
            *found = found.without(Verdict::Stale);
            reads.retain(|read| read.known().is_some());
            return;
        }
        let found = self.stories.iter_mut().find(|story| story.number == number);
        let Some(story) = found.filter(|story| story.verdicts.has(Verdict::Stale)) else {
            return;
        };
        story.verdicts = story.verdicts.without(Verdict::Stale);
        self.counts.by_verdict[Verdict::Stale as usize] -= 1;
        if story.verdicts.is_clean() {
            self.counts.clean += 1;
            self.stories.retain(|story| story.number != number);
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
        self.updates.committed(whose, read, made);
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
        if verdicts.is_clean() {
            self.counts.clean += 1;
        } else {
            self.keep(id, intent, verdicts);
        }
        self.effects.clear(id.slot());
        verdicts
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
        self.stories.push(Story {
            number: intent.number,
            operation: intent.operation,
            born: intent.born,
            told: intent.told,
            verdicts,
            effects: self.effects.collect(id.slot()),
            reads,
        });
    }
}

/// What others, and an intent itself, made of a row between two of its versions.
fn between(
    (jobs, reads): (&Jobs, &Reads),
    (id, row): (IntentId, (u16, u64)),
    versions: &RangeInclusive<u64>,
    most: u64,
) -> Between {
    let own: Vec<u64> = jobs.own(id, row.0).collect();
    let mut others = reads.made(row, versions, most as usize);
    others.retain(|made| !own.contains(&made.version));
    let own = own.iter().filter(|v| versions.contains(v)).count() as u64;
    Between { others, own }
}

/// The user takes it for done.
fn acknowledges(told: Told) -> bool {
    matches!(told, Told::Served | Told::Degraded)
}

/// The verdicts over an intent with these promised effects, each applied so many times.
fn verdicts(applied: &[u8], told: Option<Told>, is_parked: bool) -> Verdicts {
    let mut verdicts = Verdicts::default();
    if applied.is_empty() {
        return verdicts;
    }
    let acknowledged = told.is_some_and(acknowledges);
    let missing = applied.contains(&0);
    let some = applied.iter().any(|&n| n > 0);
    verdicts.add(Verdict::Lost, acknowledged && missing && !is_parked);
    verdicts.add(Verdict::Parked, acknowledged && missing && is_parked);
    verdicts.add(Verdict::Duplicate, applied.iter().any(|&n| n > 1));
    verdicts.add(Verdict::Phantom, !acknowledged && some);
    verdicts.add(Verdict::Partial, some && missing);
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::reason::Reason;

    #[test]
    fn verdicts_follow_from_promises_effects_and_words() {
        use Verdict::*;
        let failed = Some(Told::Failed(Reason::TimedOutWaiting));
        let served = Some(Told::Served);
        let cases: [(&[u8], Option<Told>, &[Verdict]); 9] = [
            (&[], served, &[]),
            (&[1], served, &[]),
            (&[0], failed, &[]),
            (&[0], served, &[Lost]),
            (&[2], served, &[Duplicate]),
            (&[1], failed, &[Phantom]),
            (&[1], None, &[Phantom]),
            (&[1, 0], served, &[Lost, Partial]),
            (&[3, 0], failed, &[Duplicate, Phantom, Partial]),
        ];
        for (applied, told, expected) in cases {
            let found: Vec<_> = verdicts(applied, told, false).iter().collect();
            assert_eq!(found, expected, "{applied:?} {told:?}");
        }
        let parked: Vec<_> = verdicts(&[0], served, true).iter().collect();
        assert_eq!(parked, [Parked]);
        let told_so: Vec<_> = verdicts(&[0], failed, true).iter().collect();
        assert_eq!(told_so, []);
    }
}
