//! What jobs changed, on nobody's behalf: their effects, and which of them happened again.
//!
//! A run means to leave one effect per item at each place it writes to. What is kept of a run is one bit
//! per item and place, until nothing can happen to the run any more.

use std::collections::BTreeMap;

use crate::engine::attempt::IntentId;
use crate::engine::record::{Effect, Item};

/// Items of one run that have left an effect at one place, one bit each.
type Done = Vec<u64>;

#[derive(Clone, Default)]
struct RunOf {
    /// Intents of the run to which something may happen: its own, and those of items.
    open: u64,
    /// By the place of the effect.
    done: BTreeMap<u16, Done>,
}

/// An item to which something may happen, and the versions that it made: place and version.
#[derive(Clone)]
struct Open {
    item: Item,
    made: Vec<(u16, u64)>,
}

#[derive(Clone, Default)]
pub struct Jobs {
    /// Effects of jobs.
    pub effects: u64,
    /// Those of them that the same run had already left.
    pub repeated: u64,
    /// By job and run.
    runs: BTreeMap<(u16, u32), RunOf>,
    /// By the slot of the intent.
    items: BTreeMap<usize, Open>,
}

impl Jobs {
    pub fn begun(&mut self, id: IntentId, item: Item) {
        let made = Vec::new();
        self.items.insert(id.slot(), Open { item, made });
        self.runs.entry((item.job, item.run)).or_default().open += 1;
    }

    /// Nothing can happen to an intent any more that was nobody's; it may have been no job's either.
    pub fn over(&mut self, id: IntentId) {
        let Some(Open { item, .. }) = self.items.remove(&id.slot()) else {
            return;
        };
        let key = (item.job, item.run);
        let run = self.runs.get_mut(&key).expect("it was begun");
        run.open -= 1;
        if run.open == 0 {
            self.runs.remove(&key);
        }
    }

    pub fn effect(&mut self, id: IntentId, effect: Effect) {
        let Some(Open { item, made }) = self.items.get_mut(&id.slot()) else {
            return;
        };
        made.push((effect.node, effect.version));
        self.effects += 1;
        let run = self
            .runs
            .get_mut(&(item.job, item.run))
            .expect("it was begun");
        let done = run.done.entry(effect.node).or_default();
        let (word, bit) = ((item.rank / 64) as usize, 1 << (item.rank % 64));
        if word >= done.len() {
            done.resize(word + 1, 0);
        }
        // What takes something back, or completes it, says what: it does nothing twice.
        let says = effect.undoes.is_some() || effect.completes.is_some();
        let is_again = done[word] & bit != 0 && !says;
        self.repeated += u64::from(is_again);
        done[word] |= bit;
    }

    /// The versions of a place that this intent has made so far: what it wrote by a try before is no loss of
    /// anybody's.
    pub fn own(&self, id: IntentId, place: u16) -> impl Iterator<Item = u64> {
        let item = self.items.get(&id.slot());
        let made = item.map_or(&[][..], |open| &open.made);
        let here = made.iter().filter(move |(at, _)| *at == place);
        here.map(|&(_, version)| version)
    }
}
