//! What one cache node holds: a bounded number of entries, and which of them goes when another one
//! needs the room.
//!
//! Entries stand in a slab and are found through an open-addressing index (keys are scattered already,
//! see `popularity::item_key`; linear probing, places closed up on removal, never iterated). They form
//! one list, newest first: by last use under LRU, by arrival otherwise.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::draw::Draws;
use crate::time::{Duration, Time};

/// Which entry goes when a full cache needs room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eviction {
    /// The one that was not used for the longest time.
    Lru,
    /// The one that came in first.
    Fifo,
    /// The one that was used least often since it came in; of several, the one unused for longest.
    Lfu,
    /// The same, but uses are counted for ever, also of what has gone and comes back.
    LfuEver,
    /// Any.
    Random,
}

/// What the cache knows of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: u64,
    /// Of the row at the source when it was read.
    pub version: u64,
    /// Valid before this moment.
    pub expiry: Time,
    /// How long it is valid from a fill, or from a hit that renews it.
    pub ttl: Duration,
    /// How long the source took to make it, the last time.
    pub took: Duration,
    /// Found past its time, or taken out, and kept to be served while a new one is fetched.
    pub is_stale: bool,
}

/// End of a list, and an empty place of the index.
const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Place {
    entry: Entry,
    newer: u32,
    older: u32,
    /// Under LFU: uses since it came in, and when it was used last, in uses of the cache.
    uses: u64,
    used: u64,
}

#[derive(Clone, Debug)]
pub struct Entries {
    eviction: Eviction,
    capacity: usize,
    places: Vec<Place>,
    free: Vec<u32>,
    /// A power of two long, at most 3/4 full.
    index: Vec<u32>,
    newest: u32,
    oldest: u32,
    /// Under LFU: (uses, last use, place), the next to go first.
    ranks: BTreeSet<(u64, u64, u32)>,
    uses: u64,
    /// Uses of what has gone, where they are remembered.
    former: BTreeMap<u64, u64>,
}

impl Entries {
    pub fn new(eviction: Eviction, capacity: Option<u64>) -> Entries {
        Entries {
            eviction,
            capacity: capacity.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX)),
            places: Vec::new(),
            free: Vec::new(),
            index: Vec::new(),
            newest: NONE,
            oldest: NONE,
            ranks: BTreeSet::new(),
            uses: 0,
            former: BTreeMap::new(),
        }
    }

    fn counts(&self) -> bool {
        matches!(self.eviction, Eviction::Lfu | Eviction::LfuEver)
    }

    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// All of them, in no order that means anything.
    pub fn all(&self) -> impl Iterator<Item = &Entry> {
        let mut at = self.newest;
        std::iter::from_fn(move || {
            let held = self.places.get(at as usize)?;
            at = held.older;
            Some(&held.entry)
        })
    }

    /// Looks without using it.
    pub fn get(&self, key: u64) -> Option<&Entry> {
        let place = self.place_of(key)?;
        Some(&self.places[place as usize].entry)
    }

    pub fn get_mut(&mut self, key: u64) -> Option<&mut Entry> {
        let place = self.place_of(key)?;
        Some(&mut self.places[place as usize].entry)
    }

    /// Somebody used the entry: its turn to go comes later.
    pub fn touch(&mut self, key: u64) {
        let Some(place) = self.place_of(key) else {
            return;
        };
        match self.eviction {
            Eviction::Lru => {
                self.unlink(place);
                self.link(place);
            }
            Eviction::Lfu | Eviction::LfuEver => {
                let rank = self.rank(place);
                self.ranks.remove(&rank);
                self.uses += 1;
                let now = self.uses;
                let held = &mut self.places[place as usize];
                held.uses += 1;
                held.used = now;
                self.ranks.insert(self.rank(place));
            }
            Eviction::Fifo | Eviction::Random => {}
        }
    }

    /// Puts an entry in, in place of the one of the same key if there is one. Returns whether another
    /// one had to go. `draws` choose it where chance does.
    pub fn put(&mut self, entry: Entry, draws: impl FnOnce() -> Draws) -> bool {
        if let Some(place) = self.place_of(entry.key) {
            self.places[place as usize].entry = entry;
            if self.eviction == Eviction::Lru {
                self.unlink(place);
                self.link(place);
            }
            return false;
        }
        let evicts = self.len() >= self.capacity;
        if evicts {
            let place = match self.eviction {
                Eviction::Lru | Eviction::Fifo => self.oldest,
                Eviction::Lfu | Eviction::LfuEver => self.ranks.first().expect("the cache is full").2,
                // A full cache has no free place.
                Eviction::Random => draws().below(self.places.len() as u64) as u32,
            };
            self.remove_place(place);
        }
        self.insert(entry);
        evicts
    }

    pub fn remove(&mut self, key: u64) -> Option<Entry> {
        let place = self.place_of(key)?;
        let entry = self.places[place as usize].entry;
        self.remove_place(place);
        Some(entry)
    }

    /// Throws everything away; how much that was.
    pub fn clear(&mut self) -> usize {
        let gone = self.len();
        let capacity = self.capacity;
        *self = Entries {
            capacity,
            ..Entries::new(self.eviction, None)
        };
        gone
    }

    /// Another capacity: those whose turn it is go until the others fit. Returns how many.
    pub fn resize(&mut self, capacity: Option<u64>) -> usize {
        let before = self.len();
        let mut rest = Entries::new(self.eviction, capacity);
        if rest.capacity == self.capacity {
            return 0;
        }
        while self.len() > rest.capacity {
            let place = match self.ranks.first() {
                Some(&(_, _, place)) => place,
                None => self.oldest,
            };
            self.remove_place(place);
        }
        let mut at = self.oldest;
        while at != NONE {
            let held = &self.places[at as usize];
            rest.insert(held.entry);
            if self.counts() {
                let place = rest.newest;
                let rank = rest.rank(place);
                rest.ranks.remove(&rank);
                let copy = &mut rest.places[place as usize];
                (copy.uses, copy.used) = (held.uses, held.used);
                rest.ranks.insert(rest.rank(place));
            }
            at = held.newer;
        }
        rest.uses = self.uses;
        rest.former = std::mem::take(&mut self.former);
        *self = rest;
        before - self.len()
    }

    fn insert(&mut self, entry: Entry) {
        if (self.len() + 1) * 4 > self.index.len() * 3 {
            self.grow();
        }
        self.uses += 1;
        let held = Place {
            entry,
            newer: NONE,
            older: NONE,
            uses: 1 + self.former.remove(&entry.key).unwrap_or(0),
            used: self.uses,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.places[place as usize] = held;
                place
            }
            None => {
                self.places.push(held);
                self.places.len() as u32 - 1
            }
        };
        self.link(place);
        if self.counts() {
            self.ranks.insert(self.rank(place));
        }
        let at = self.find(entry.key);
        self.index[at] = place;
    }

    fn remove_place(&mut self, place: u32) {
        self.unlink(place);
        if self.counts() {
            let rank = self.rank(place);
            self.ranks.remove(&rank);
        }
        if self.eviction == Eviction::LfuEver {
            let held = &self.places[place as usize];
            self.former.insert(held.entry.key, held.uses);
        }
        let hole = self.find(self.places[place as usize].entry.key);
        self.close_up(hole);
        self.free.push(place);
    }

    fn rank(&self, place: u32) -> (u64, u64, u32) {
        let held = &self.places[place as usize];
        (held.uses, held.used, place)
    }

    // ---- the list ---------------------------------------------------------------------------

    fn link(&mut self, place: u32) {
        let before = std::mem::replace(&mut self.newest, place);
        let held = &mut self.places[place as usize];
        (held.newer, held.older) = (NONE, before);
        match before {
            NONE => self.oldest = place,
            _ => self.places[before as usize].newer = place,
        }
    }

    fn unlink(&mut self, place: u32) {
        let held = &self.places[place as usize];
        let (newer, older) = (held.newer, held.older);
        match newer {
            NONE => self.newest = older,
            _ => self.places[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            _ => self.places[older as usize].newer = newer,
        }
    }

    // ---- the index --------------------------------------------------------------------------

    fn place_of(&self, key: u64) -> Option<u32> {
        if self.index.is_empty() {
            return None;
        }
        let place = self.index[self.find(key)];
        (place != NONE).then_some(place)
    }

    /// Where the key stands in the index, or the empty place where it belongs.
    fn find(&self, key: u64) -> usize {
        let mask = self.index.len() - 1;
        let mut at = key as usize & mask;
        while self.index[at] != NONE && self.places[self.index[at] as usize].entry.key != key {
            at = (at + 1) & mask;
        }
        at
    }

    /// Empties a place of the index; what was displaced by it moves up.
    fn close_up(&mut self, mut hole: usize) {
        let mask = self.index.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let place = self.index[at];
            if place == NONE {
                break;
            }
            let home = self.places[place as usize].entry.key as usize & mask;
            // It may not stand before its home.
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(hole) & mask {
                self.index[hole] = place;
                hole = at;
            }
        }
        self.index[hole] = NONE;
    }

    fn grow(&mut self) {
        let bigger = vec![NONE; (self.index.len() * 2).max(16)];
        for place in std::mem::replace(&mut self.index, bigger) {
            if place != NONE {
                let at = self.find(self.places[place as usize].entry.key);
                self.index[at] = place;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::draw::{Address, Keys, Purpose, mix64};

    fn entry(key: u64, version: u64) -> Entry {
        Entry {
            key: mix64(key),
            version,
            expiry: Time::NEVER,
            ttl: Duration::ZERO,
            took: Duration::ZERO,
            is_stale: false,
        }
    }

    fn draws(n: u64) -> Draws {
        Keys::new(3, 4).draws(Purpose::Eviction, Address::intent(1, 0, n))
    }

    /// The same cache with a plain list that is searched from the front.
    struct Naive {
        eviction: Eviction,
        capacity: usize,
        /// key, uses, last use, version; the next to go first.
        list: Vec<(u64, u64, u64, u64)>,
        clock: u64,
        /// Uses of what has gone.
        former: BTreeMap<u64, u64>,
    }

    impl Naive {
        fn get(&mut self, key: u64) -> Option<u64> {
            let at = self.list.iter().position(|e| e.0 == key)?;
            self.clock += 1;
            let mut found = self.list[at];
            (found.1, found.2) = (found.1 + 1, self.clock);
            self.list[at] = found;
            if self.eviction == Eviction::Lru {
                self.list.remove(at);
                self.list.push(found);
            }
            Some(found.3)
        }

        fn put(&mut self, key: u64, version: u64) {
            if self.list.len() == self.capacity {
                let at = match self.eviction {
                    Eviction::Lfu | Eviction::LfuEver => {
                        let all = self.list.iter().enumerate();
                        all.min_by_key(|(_, e)| (e.1, e.2)).expect("full").0
                    }
                    _ => 0,
                };
                let gone = self.list.remove(at);
                self.former.insert(gone.0, gone.1);
            }
            self.clock += 1;
            let before = self.former.get(&key).copied().unwrap_or(0);
            let uses = 1 + if self.eviction == Eviction::LfuEver { before } else { 0 };
            self.list.push((key, uses, self.clock, version));
        }
    }

    #[test]
    fn policies_do_what_a_plain_list_does() {
        for eviction in [Eviction::Lru, Eviction::Fifo, Eviction::Lfu, Eviction::LfuEver] {
            let mut entries = Entries::new(eviction, Some(20));
            let list = Vec::new();
            let mut naive = Naive {
                eviction,
                capacity: 20,
                list,
                clock: 0,
                former: BTreeMap::new(),
            };
            let mut picks = draws(0);
            for n in 0..50_000u64 {
                let key = mix64(picks.below(7) * picks.below(9));
                if picks.below(50) == 0 {
                    let gone = naive.list.iter().position(|e| e.0 == key);
                    let gone = gone.map(|at| naive.list.remove(at));
                    gone.map(|gone| naive.former.insert(gone.0, gone.1));
                    assert_eq!(entries.remove(key).is_some(), gone.is_some());
                    continue;
                }
                let expected = naive.get(key);
                let got = entries.get(key).map(|e| e.version);
                assert_eq!(got, expected, "{eviction:?} {n}");
                entries.touch(key);
                if got.is_none() {
                    let fresh = Entry {
                        key,
                        ..entry(0, n)
                    };
                    entries.put(fresh, || draws(n));
                    naive.put(key, n);
                }
                assert_eq!(entries.len(), naive.list.len());
            }
        }
    }

    #[test]
    fn chance_evicts_anybody_and_nobody_twice() {
        let mut entries = Entries::new(Eviction::Random, Some(10));
        let mut evicted = 0;
        for n in 0..1_000 {
            evicted += u64::from(entries.put(entry(n, n), || draws(n)));
        }
        assert_eq!((evicted, entries.len()), (990, 10));
        let left: Vec<u64> = (0..1_000)
            .filter(|&n| entries.get(mix64(n)).is_some())
            .collect();
        assert_eq!(left.len(), 10);
        assert!(left[0] < 990, "not the first in, first out: {left:?}");
        assert_eq!(entries.clear(), 10);
        assert_eq!(entries.len(), 0);
    }

    #[test]
    fn a_smaller_cache_keeps_what_would_have_stayed() {
        for (eviction, stay) in [
            (Eviction::Lru, [1, 3]),
            (Eviction::Fifo, [2, 3]),
            (Eviction::Lfu, [1, 3]),
            (Eviction::LfuEver, [1, 3]),
            (Eviction::Random, [2, 3]),
        ] {
            let mut entries = Entries::new(eviction, None);
            for key in 1..=3 {
                entries.put(entry(key, key), || draws(0));
            }
            entries.touch(mix64(1));
            assert_eq!(entries.resize(Some(2)), 1);
            let there = |key: u64| entries.get(mix64(key)).is_some();
            assert!(there(stay[0]) && there(stay[1]), "{eviction:?}");
            for key in 10..60 {
                entries.put(entry(key, key), || draws(key));
                assert_eq!(entries.len(), 2);
            }
        }
    }

    #[test]
    fn a_new_version_takes_the_place_of_the_old_one() {
        let mut entries = Entries::new(Eviction::Fifo, Some(2));
        for (key, version) in [(1, 1), (2, 1), (1, 2)] {
            entries.put(entry(key, version), || draws(0));
        }
        assert_eq!(entries.get(mix64(1)).map(|e| e.version), Some(2));
        // It has kept its place in the line.
        assert!(entries.put(entry(3, 1), || draws(0)));
        assert!(entries.get(mix64(1)).is_none() && entries.get(mix64(2)).is_some());
    }
}
