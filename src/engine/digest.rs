//! The fingerprint of a run: a 128-bit mix over everything that happened, in order (docs/semantics.md 6).
//!
//! It is no cryptographic hash: it tells runs apart, it does not resist an attacker who searches for
//! a collision.

use super::draw::mix64;
use crate::time::Time;

/// Odd constants with many set bits (from SplitMix64 and Murmur3's finalisers).
const K1: u64 = 0xbf58_476d_1ce4_e5b9;
const K2: u64 = 0x94d0_49bb_1331_11eb;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    a: u64,
    b: u64,
}

impl Default for Digest {
    fn default() -> Self {
        Digest {
            a: 0x6272_6f77_6e6f_7574,
            b: K1 ^ K2,
        }
    }
}

impl Digest {
    /// Mixes two words in; the order of calls matters.
    #[inline]
    pub fn mix(&mut self, x: u64, y: u64) {
        let a = (self.a ^ x).wrapping_mul(K1);
        let b = (self.b.rotate_left(29) ^ y).wrapping_mul(K2);
        self.a = a ^ (b >> 31);
        self.b = b ^ (a >> 33);
    }

    /// 32 hexadecimal digits.
    pub fn hex(self) -> String {
        format!(
            "{:016x}{:016x}",
            mix64(self.a ^ self.b.rotate_left(17)),
            mix64(self.b)
        )
    }
}

/// What a fact in the digest is about.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Fact {
    /// A user wants something done.
    Born = 1,
    /// An attempt reached its end as its caller saw it.
    Outcome = 2,
    /// A request reached its end as its callee saw it.
    Disposition = 3,
    /// A change was applied.
    Effect = 4,
    /// The user was told.
    Told = 5,
    /// An entry of the timeline began or ended.
    Timeline = 6,
    /// A limit ended the run.
    Stopped = 7,
    /// A count of the ledger at the end.
    Count = 8,
    /// An alert fires or stops firing.
    Alert = 9,
    /// An autoscaler asks for another number of instances.
    Scaled = 10,
    /// A change of versions begins, goes on, is taken back, or is done.
    Rollout = 11,
    /// A change that was applied does not count any more.
    Undone = 12,
}

/// The fingerprint of a run, and of each of its places: one per node, then one per link, for "an
/// unconnected node changes nothing" (docs/semantics.md 6).
#[derive(Clone, Debug)]
pub struct Facts {
    pub digest: Digest,
    pub places: Vec<u64>,
}

impl Facts {
    pub fn new(places: usize) -> Facts {
        Facts {
            digest: Digest::default(),
            places: vec![0; places],
        }
    }

    /// Notes what happened at a place, `hash` being its name's; a place beyond the last is no place.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "a fact is a flat row")]
    pub fn note(
        &mut self,
        now: Time,
        place: usize,
        hash: u64,
        fact: Fact,
        intent: u64,
        attempt: u16,
        outcome: u8,
    ) {
        let what = (fact as u64) << 56 | u64::from(outcome) << 48 | u64::from(attempt);
        let (x, y) = (now.0 ^ what.rotate_left(8), hash ^ intent ^ what);
        self.digest.mix(x, y);
        if let Some(at) = self.places.get_mut(place) {
            let p = (*at ^ x).wrapping_mul(K1);
            *at = (p ^ (p >> 29)).wrapping_add(y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_every_bit_matter() {
        let of = |words: &[(u64, u64)]| {
            let mut d = Digest::default();
            words.iter().for_each(|&(x, y)| d.mix(x, y));
            d.hex()
        };
        let base = of(&[(1, 2), (3, 4)]);
        assert_ne!(base, of(&[(3, 4), (1, 2)]));
        assert_ne!(base, of(&[(1, 2), (3, 4 | 1 << 63)]));
        assert_ne!(base, of(&[(1, 2), (3, 4), (0, 0)]));
        assert_eq!(base.len(), 32);
    }
}
