//! A store's rows: only those that were ever written, by key. A row never touched is version 0 and
//! costs nothing (docs/semantics.md 5).
//!
//! Open addressing with linear probing and a fixed hash: the keys are already scattered (see
//! `popularity::item_key`), so the key itself is the hash. Never iterated by the engine.

use super::draw::mix64;

/// Makes rows of one item different from each other.
const PARTNER: u64 = 0x7061_7274_6e65_7231;

/// A row of its own: of this one, for this purpose.
pub fn other_row(of: u64, what: u64) -> u64 {
    mix64(of ^ what).max(1)
}

/// The second of an item's two rows.
pub fn partner_of(item: u64) -> u64 {
    other_row(item, PARTNER)
}

/// Versions by key. Keys are any non-zero numbers.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// (key, version); key 0 is an empty place. A power of two long, at most 3/4 full.
    places: Vec<(u64, u64)>,
    used: usize,
}

impl Rows {
    /// Writes the row; its new version.
    pub fn write(&mut self, key: u64) -> u64 {
        let row = self.row(key);
        *row += 1;
        *row
    }

    /// Gives the row another version.
    pub fn set(&mut self, key: u64, version: u64) {
        *self.row(key) = version;
    }

    fn row(&mut self, key: u64) -> &mut u64 {
        if self.used * 4 >= self.places.len() * 3 {
            self.grow();
        }
        let at = self.find(key);
        if self.places[at].0 == 0 {
            self.places[at].0 = key;
            self.used += 1;
        }
        &mut self.places[at].1
    }

    /// The row's version; 0 if it was never written.
    pub fn version(&self, key: u64) -> u64 {
        // A probe is about no row.
        if self.places.is_empty() || key == 0 {
            return 0;
        }
        self.places[self.find(key)].1
    }

    /// All rows that were ever written, in the order of their keys: for who looks after the end.
    pub fn all(&self) -> Vec<(u64, u64)> {
        let mut all: Vec<_> = self.places.iter().copied().filter(|p| p.0 != 0).collect();
        all.sort_unstable();
        all
    }

    /// Where the key is, or the empty place where it belongs.
    fn find(&self, key: u64) -> usize {
        debug_assert!(key != 0, "0 marks an empty place");
        let mask = self.places.len() - 1;
        let mut at = key as usize & mask;
        while self.places[at].0 != 0 && self.places[at].0 != key {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        let bigger = vec![(0, 0); (self.places.len() * 2).max(16)];
        for (key, version) in std::mem::replace(&mut self.places, bigger) {
            if key != 0 {
                let at = self.find(key);
                self.places[at] = (key, version);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::draw::mix64;

    #[test]
    fn each_row_counts_its_own_writes() {
        let mut rows = Rows::default();
        for n in 1..=1_000u64 {
            for _ in 0..n % 3 {
                rows.write(mix64(n));
            }
        }
        for n in 1..=1_000u64 {
            assert_eq!(rows.write(mix64(n)), n % 3 + 1);
        }
    }
}
