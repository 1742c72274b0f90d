//! Who is about to bring a key: the fetches of an inline cache that others wait for, and the leases of
//! a look-aside cache.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::engine::attempt::AttemptId;

/// A part of the cache, and a key in it.
pub type Spot = (u32, u64);

/// Somebody brings a key.
#[derive(Clone, Debug)]
pub struct Pending {
    pub spot: Spot,
    /// Who has the lease: the address of an intent. 0 for a fetch of the cache's own.
    pub holder: u64,
    /// Requests that wait for it here, in the order of their coming.
    pub waiters: Vec<AttemptId>,
}

/// By number, and by spot: at most one for each.
#[derive(Clone, Debug, Default)]
pub struct PendingTable {
    begun: u64,
    by_number: BTreeMap<u64, Pending>,
    by_spot: BTreeMap<Spot, u64>,
}

impl PendingTable {
    /// Its number.
    pub fn begin(&mut self, spot: Spot, holder: u64, waiters: Vec<AttemptId>) -> u64 {
        self.begun += 1;
        let pending = Pending {
            spot,
            holder,
            waiters,
        };
        self.by_number.insert(self.begun, pending);
        self.by_spot.insert(spot, self.begun);
        self.begun
    }

    pub fn at(&self, spot: Spot) -> Option<u64> {
        self.by_spot.get(&spot).copied()
    }

    pub fn holder(&self, spot: Spot) -> Option<u64> {
        Some(self.by_number[&self.at(spot)?].holder)
    }

    pub fn wait(&mut self, number: u64, waiter: AttemptId) {
        let pending = self.by_number.get_mut(&number);
        pending.expect("it is pending").waiters.push(waiter);
    }

    /// It is over, if it was still to come.
    pub fn end(&mut self, number: u64) -> Option<Pending> {
        let pending = self.by_number.remove(&number)?;
        self.by_spot.remove(&pending.spot);
        Some(pending)
    }

    /// All of some parts of the cache.
    pub fn within(&self, parts: RangeInclusive<u32>) -> Vec<u64> {
        let spots = (*parts.start(), 0)..=(*parts.end(), u64::MAX);
        self.by_spot.range(spots).map(|(_, &number)| number).collect()
    }
}
