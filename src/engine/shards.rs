//! The shards of a database: which of them has which key. It belongs to the core because callers choose by
//! it, as a driver or a proxy does.
//!
//! While the number of shards is changed, keys move in an order of their own, a batch after the other: those
//! that have moved belong to the new shard, those of the batch that is under way are still at the old one.

use super::draw::{mix64, unmix64};
use super::policy::hash_ring::Ring;
use super::program::Program;

/// How a key finds its shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardBy {
    /// The rest of its hash.
    Hash,
    /// A ring of hashes.
    Ring,
    /// Its place among all keys in their order.
    Range,
}

/// Points of each shard on the ring.
const POINTS: u64 = 128;

/// Makes the order in which keys move, and the places on the ring, unlike all other uses of their hashes.
const MOVES: u64 = 0x6d6f_7665_735f_3031;
const POINT: u64 = 0x706f_696e_745f_3031;

/// One number of shards, and which has which key.
#[derive(Clone, Debug)]
pub struct Map {
    by: ShardBy,
    pub count: u16,
    ring: Ring,
}

impl Map {
    pub fn new(by: ShardBy, count: u16) -> Map {
        let place = |shard: u16, point: u64| mix64(POINT ^ mix64(u64::from(shard) << 32 | point));
        let points = (0..count).flat_map(|s| (0..POINTS).map(move |p| (place(s, p), u32::from(s))));
        let ring = match by {
            ShardBy::Ring => Ring::new(points),
            _ => Ring::default(),
        };
        Map { by, count, ring }
    }

    /// Who has a key, at such a place of all in their order.
    fn owner(&self, key: u64, place: impl FnOnce() -> u64) -> u16 {
        let parts = |hash: u64| ((u128::from(hash) * u128::from(self.count)) >> 64) as u16;
        match self.by {
            ShardBy::Hash => (key % u64::from(self.count)) as u16,
            ShardBy::Ring => self.ring.from(key).next().unwrap_or(0) as u16,
            ShardBy::Range => parts(place()),
        }
    }
}

/// Shards that become more, or fewer.
#[derive(Clone, Debug)]
pub struct Moving {
    pub to: Map,
    /// Batches that have moved, and all.
    pub moved: u64,
    pub batches: u64,
}

/// Where the move of a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// It stays where it is.
    Stays,
    Later,
    Now,
    Done,
}

#[derive(Clone, Debug)]
pub struct Shards {
    pub map: Map,
    pub moving: Option<Moving>,
}

impl Shards {
    pub fn new(by: ShardBy, count: u16) -> Shards {
        Shards {
            map: Map::new(by, count),
            moving: None,
        }
    }

    /// Who has the item of an operation now.
    pub fn owner(&self, program: &Program, operation: u16, item: u64) -> u16 {
        let place = || place(program, operation, item);
        let before = self.map.owner(item, place);
        match (self.move_of(program, operation, item), &self.moving) {
            (Move::Done, Some(moving)) => moving.to.owner(item, place),
            _ => before,
        }
    }

    /// Where the move of an item stands.
    pub fn move_of(&self, program: &Program, operation: u16, item: u64) -> Move {
        let Some(moving) = &self.moving else {
            return Move::Stays;
        };
        let place = || place(program, operation, item);
        if self.map.owner(item, place) == moving.to.owner(item, place) {
            return Move::Stays;
        }
        let batch = ((u128::from(mix64(item ^ MOVES)) * u128::from(moving.batches)) >> 64) as u64;
        match batch.cmp(&moving.moved) {
            std::cmp::Ordering::Less => Move::Done,
            std::cmp::Ordering::Equal => Move::Now,
            std::cmp::Ordering::Greater => Move::Later,
        }
    }

    /// Of so many rows, those that another number of shards moves, by a sample of 65,536 keys.
    pub fn moves(&self, to: &Map, rows: u64) -> u64 {
        const SAMPLE: u64 = 1 << 16;
        let differs = |n: &u64| {
            let place = || n << 48;
            let key = mix64(*n);
            self.map.owner(key, place) != to.owner(key, place)
        };
        let moved = (0..SAMPLE).filter(differs).count() as u128;
        (u128::from(rows) * moved / u128::from(SAMPLE)) as u64
    }
}

/// The place of an item among all of its key space, as a share of 2^64. Items are known by their ranks; what
/// is none of them (an item that became hot out of nowhere) has the place of its hash.
fn place(program: &Program, operation: u16, item: u64) -> u64 {
    let space = program.operations[operation as usize].key_space;
    let sharing = program.operations.iter().filter(|op| op.key_space == space);
    let keys = sharing.map(|op| op.items.count()).max().unwrap_or(1);
    let rank = unmix64(unmix64(item) ^ space);
    match rank < keys {
        true => ((u128::from(rank) << 64) / u128::from(keys)) as u64,
        false => item,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_moves_a_fifth_where_the_rest_of_a_division_moves_four_fifths() {
        let moved = |by, from, to| {
            let shards = Shards::new(by, from);
            shards.moves(&Map::new(by, to), 1_000_000) as f64 / 1e6
        };
        assert!((moved(ShardBy::Hash, 4, 5) - 0.8).abs() < 0.01);
        assert!((moved(ShardBy::Hash, 8, 16) - 0.5).abs() < 0.01);
        assert!((moved(ShardBy::Ring, 4, 5) - 0.2).abs() < 0.04);
        // Of five even parts, those that begin at 1/5 to 4/5 shift by more and more.
        assert!((moved(ShardBy::Range, 4, 5) - 0.5).abs() < 0.01);
        assert!(moved(ShardBy::Hash, 4, 4) == 0.0);
    }
}
