//! Declared invariants, looked up in the whole log.

use std::collections::{BTreeMap, BTreeSet};

use brownout::engine::attempt::Intent;
use brownout::engine::program::Program;
use brownout::engine::record::Effect;
use brownout::time::Time;

use super::{Entry, Line};

/// Looked up in the log once it is all there: which promised changes of an item come when it has all that it may
/// have, of those that survive.
pub fn broken(program: &Program, log: &[Line]) -> Vec<(u16, u64, u64, Time)> {
    let mut found = Vec::new();
    for (i, invariant) in program.invariants.iter().enumerate() {
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
            if *had > invariant.at_most {
                found.push((i as u16, line.intent.item, line.intent.number, line.at));
            }
        }
    }
    found.sort_unstable();
    found
}
