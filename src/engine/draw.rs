//! Counter-based random numbers (docs/semantics.md 3).
//!
//! A draw is a function of where it belongs, never of how many draws came before it: the key of a
//! (seed, place, purpose) mixed with the address of an attempt. So a second run that differs in one
//! thing draws the same numbers everywhere else, and recording or an unconnected node change nothing.
//!
//! ChaCha8 makes the keys and the arrival streams; the mixing function is the output function of
//! SplitMix64 (Steele, Lea, Flood 2014, with Stafford's variant 13 constants).

use rand::SeedableRng;
use rand::rand_core::Rng as _;
use rand_chacha::ChaCha8Rng;

/// The golden ratio's fraction: SplitMix64's increment.
const PHI: u64 = 0x9e37_79b9_7f4a_7c15;

/// A bijection on 64 bits with good avalanche.
#[inline]
pub const fn mix64(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// What [`mix64`] was given.
pub const fn unmix64(mut x: u64) -> u64 {
    x = (x ^ (x >> 31) ^ (x >> 62)).wrapping_mul(0x3196_42b2_d24d_8ec3);
    x = (x ^ (x >> 27) ^ (x >> 54)).wrapping_mul(0x96de_1b17_3f11_9089);
    x ^ (x >> 30) ^ (x >> 60)
}

/// What a random number is for. New purposes go to the end: a place's keys are drawn in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Operation,
    Item,
    Think,
    Path,
    Instance,
    RequestLoss,
    ReplyLoss,
    RequestDelay,
    ReplyDelay,
    Work,
    Error,
    Backoff,
    Choice,
    Fault,
    CancelDelay,
    Identity,
    ExtraDelay,
    ExtraLoss,
    Hang,
    HotKey,
    Malformed,
    Expensive,
    DoubleClick,
    ClickGap,
    Patience,
    Spread,
    VersionFault,
    Pause,
    Ring,
    Expiry,
    EarlyRefresh,
    Eviction,
    Word,
    Poison,
    Stuck,
    PoisonEntry,
    Oversized,
    Right,
    Webhook,
    WebhookRepeat,
    Look,
    Replication,
    Acknowledgement,
    Apply,
    Redirect,
    DiesBetween,
}

const PURPOSES: usize = 64;

/// Stable 64-bit name of a place: FNV-1a over `sort`, a separator and the key, then mixed.
pub fn place_hash(sort: &str, key: &str) -> u64 {
    let mut h: u64 = 0xcbf2_9ce4_8422_2325;
    for b in sort.bytes().chain([0]).chain(key.bytes()) {
        h = (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    mix64(h)
}

/// The keys of one place, one per purpose.
#[derive(Clone, Debug)]
pub struct Keys([u64; PURPOSES]);

impl Keys {
    pub fn new(seed: u64, place: u64) -> Keys {
        let mut rng = stream(seed, place, 0);
        let mut keys = [0; PURPOSES];
        for k in &mut keys {
            *k = rng.next_u64();
        }
        Keys(keys)
    }

    /// Random numbers for this purpose at this address.
    #[inline]
    pub fn draws(&self, purpose: Purpose, address: Address) -> Draws {
        Draws {
            base: self.0[purpose as usize] ^ address.0,
            k: 0,
        }
    }
}

/// A sequential stream of a place, for what has an order of its own: arrivals.
pub fn stream(seed: u64, place: u64, number: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&place.to_le_bytes());
    key[16..24].copy_from_slice(&number.to_le_bytes());
    key[24..].copy_from_slice(b"brownout");
    ChaCha8Rng::from_seed(key)
}

/// Where in the tree of causes a draw belongs: an intent, then each call and try below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Address(pub u64);

impl Address {
    /// The n-th action of a clients node, or of one of its users.
    #[inline]
    pub fn intent(place: u64, user: u64, n: u64) -> Address {
        Address(mix64(
            place ^ mix64(user.wrapping_mul(PHI) ^ mix64(n.wrapping_add(PHI))),
        ))
    }

    /// A call made under this address, on the link with this place hash, as step `step` of a plan.
    #[inline]
    pub fn call(self, link: u64, step: u32) -> Address {
        Address(mix64(
            self.0 ^ link.wrapping_add(u64::from(step).wrapping_mul(PHI)),
        ))
    }

    /// Try number `attempt` of a call.
    #[inline]
    pub fn attempt(self, attempt: u32) -> Address {
        Address(self.0.wrapping_add(u64::from(attempt).wrapping_mul(PHI)))
    }
}

/// Numbers k = 0, 1, 2 ... of one (key, address).
#[derive(Clone, Debug)]
pub struct Draws {
    base: u64,
    k: u64,
}

impl Draws {
    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        let x = mix64(self.base.wrapping_add(self.k.wrapping_mul(PHI)));
        self.k += 1;
        x
    }

    /// Uniform on the open interval (0, 1), 53 bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        open_unit(self.bits())
    }

    /// Uniform on 0..n, by multiplication; `n` must be positive. The bias is below n / 2^64.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        debug_assert!(n > 0);
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// True with probability `threshold` / 2^64.
    #[inline]
    pub fn chance(&mut self, threshold: Threshold) -> bool {
        match threshold {
            Threshold::Never => false,
            Threshold::Always => true,
            Threshold::Below(t) => self.bits() < t,
        }
    }
}

/// 64 random bits to the open interval (0, 1).
#[inline]
pub fn open_unit(bits: u64) -> f64 {
    ((bits >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
}

/// A probability, converted once from parts per billion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Threshold {
    #[default]
    Never,
    Below(u64),
    Always,
}

impl Threshold {
    pub fn new(share: crate::design::value::Share) -> Threshold {
        let nano = crate::design::value::NANO;
        match share.0 {
            0 => Threshold::Never,
            p if p >= nano => Threshold::Always,
            p => Threshold::Below(((u128::from(p) << 64) / u128::from(nano)) as u64),
        }
    }

    #[inline]
    pub fn is_never(self) -> bool {
        self == Threshold::Never
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::value::Share;

    #[test]
    fn a_draw_depends_on_its_place_purpose_and_address_only() {
        let keys = Keys::new(7, place_hash("node", "a"));
        let other = Keys::new(7, place_hash("node", "b"));
        let address = Address::intent(1, 0, 5).call(9, 0).attempt(2);
        let first = keys.draws(Purpose::Work, address).bits();
        assert_eq!(first, keys.draws(Purpose::Work, address).bits());
        assert_ne!(first, keys.draws(Purpose::Error, address).bits());
        assert_ne!(first, other.draws(Purpose::Work, address).bits());
    }

    #[test]
    fn shares_become_thresholds_without_rounding_up_to_certainty() {
        assert_eq!(Threshold::new(Share(0)), Threshold::Never);
        assert_eq!(Threshold::new(Share(1_000_000_000)), Threshold::Always);
        assert_eq!(
            Threshold::new(Share(500_000_000)),
            Threshold::Below(1 << 63)
        );
        let mut hits = 0;
        let keys = Keys::new(1, 2);
        for n in 0..100_000 {
            let mut d = keys.draws(Purpose::RequestLoss, Address::intent(3, 0, n));
            hits += u32::from(d.chance(Threshold::new(Share(20_000_000))));
        }
        assert!(
            (1_850..2_150).contains(&hits),
            "2 % of 100,000 is about 2,000, got {hits}"
        );
    }
}
