//! Declared invariants, looked up in the whole log.

use std::collections::{BTreeMap, BTreeSet};

use brownout::engine::attempt::Intent;
use brownout::engine::program::Program;
use brownout::engine::record::Effect;
use brownout::engine::rows::partner_of;
use brownout::time::Time;

use super::{Entry, Line};

/// Looked up in the log once it is all there: which promised changes of an item come when it has all that it may
/// have, of those that survive.
pub fn broken(program: &Program, log: &[Line]) -> Vec<(u16, u64, u64, Time)> {
    let mut found = Vec::new();
    for (i, invariant) in program.invariants.iter().enumerate() {
        let Some(at_most) = invariant.at_most else {
            continue;
        };
        let counts = |intent: &Intent, effect: &Effect| {
            effect.node == invariant.node
                && effect.promised.is_some()
                && invariant.operations[intent.operation as usize]
        };
        let gone: BTreeSet<(u64, u64, u64)> = log
            .iter()
            .filter_map(|line| match line.entry {
                Entry::Undone { effect } if counts(&line.intent, &effect) => {
                    Some((line.intent.number, effect.row, effect.version))
                }
                _ => None,
            })
            .collect();
        let mut by_item: BTreeMap<u64, u64> = BTreeMap::new();
        for line in log {
            let Entry::Applied { effect, .. } = line.entry else {
                continue;
            };
            let is_gone = gone.contains(&(line.intent.number, effect.row, effect.version));
            if line.intent.is_internal || is_gone || !counts(&line.intent, &effect) {
                continue;
            }
            let had = by_item.entry(line.intent.item).or_default();
            *had += 1;
            if *had > at_most {
                found.push((i as u16, line.intent.item, line.intent.number, line.at));
            }
        }
    }
    found.sort_unstable();
    found
}

/// A change that survives, of one of an item's two rows.
#[derive(Clone, Copy)]
struct Step {
    at: Time,
    whose: u64,
    is_partner: bool,
    version: u64,
}

/// What each version of a row was computed from: one that survives, or one that is gone.
type From = BTreeMap<u64, Option<u64>>;

/// How many changes a version of a row holds: one more than the one that it was computed from, and that as many as
/// its own; followed from the version back to nothing.
fn holds(version: u64, from: &From, gone: &BTreeMap<u64, u64>) -> i64 {
    let (mut held, mut at) = (0, Some(version));
    while let Some(version) = at {
        held += 1;
        let read = match from[&version] {
            None => from.range(..version).next_back().map(|(&before, _)| before),
            Some(mut read) => {
                while let Some(&before) = gone.get(&read) {
                    read = before;
                }
                from.range(..=read).next_back().map(|(&seen, _)| seen)
            }
        };
        at = read;
    }
    held
}

/// Items whose two rows do not add up in the end, with what is in them together, and who has last put them out of
/// balance, when.
pub fn out_of_balance(program: &Program, log: &[Line]) -> Vec<(u16, u64, i64, u64, Time)> {
    let mut found = Vec::new();
    for (i, invariant) in program.invariants.iter().enumerate() {
        if invariant.at_most.is_some() {
            continue;
        }
        let counts = |intent: &Intent, effect: &Effect| {
            effect.node == invariant.node && invariant.operations[intent.operation as usize]
        };
        // By row: what is gone, with what it was computed from.
        let mut gone: BTreeMap<u64, BTreeMap<u64, u64>> = BTreeMap::new();
        for line in log {
            if let Entry::Undone { effect } = line.entry
                && counts(&line.intent, &effect)
            {
                let of_row = gone.entry(effect.row).or_default();
                of_row.insert(effect.version, effect.based_on.unwrap());
            }
        }
        let mut from: BTreeMap<u64, From> = BTreeMap::new();
        let mut steps: BTreeMap<u64, Vec<Step>> = BTreeMap::new();
        for line in log {
            let Entry::Applied { effect, .. } = line.entry else {
                continue;
            };
            let item = line.intent.item;
            let is_partner = effect.row == partner_of(item);
            let is_gone = gone
                .get(&effect.row)
                .is_some_and(|gone| gone.contains_key(&effect.version));
            if is_gone || !counts(&line.intent, &effect) || !(is_partner || effect.row == item) {
                continue;
            }
            let of_row = from.entry(effect.row).or_default();
            of_row.insert(effect.version, effect.based_on);
            let whose = match line.intent.is_internal {
                true => 0,
                false => line.intent.number,
            };
            steps.entry(item).or_default().push(Step {
                at: line.at,
                whose,
                is_partner,
                version: effect.version,
            });
        }
        let none = BTreeMap::new();
        for (item, steps) in steps {
            let (mut taken, mut given, mut since) = (0, 0, None);
            for step in steps {
                let row = if step.is_partner {
                    partner_of(item)
                } else {
                    item
                };
                let now = holds(step.version, &from[&row], gone.get(&row).unwrap_or(&none));
                match step.is_partner {
                    true => given = now,
                    false => taken = now,
                }
                since = match given == taken {
                    true => None,
                    false => since.or(Some(step)),
                };
            }
            if let Some(Step { at, whose, .. }) = since {
                found.push((i as u16, item, given - taken, whose, at));
            }
        }
    }
    found.sort_unstable();
    found
}
