//! The wire of a link in one direction: messages are put on it one after the other, each for as long
//! as its bytes take at the link's bandwidth. What comes while another is being put on it waits.

use crate::time::{NS_PER_S, Time};

#[derive(Clone, Copy, Debug, Default)]
pub struct Wire {
    free: Time,
}

impl Wire {
    /// When the last byte of a message that is ready now is on the wire. `bandwidth` in bytes per second.
    pub fn put(&mut self, now: Time, bytes: u64, bandwidth: u64) -> Time {
        let ns = (u128::from(bytes) * u128::from(NS_PER_S)).div_ceil(u128::from(bandwidth));
        let ns = u64::try_from(ns).unwrap_or(u64::MAX);
        self.free = Time(self.free.max(now).0.saturating_add(ns));
        self.free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_follow_each_other() {
        let mut wire = Wire::default();
        // 1,000 bytes at 1 MB/s: 1 ms.
        let put = |wire: &mut Wire, at| wire.put(Time(at), 1_000, 1_000_000).0;
        assert_eq!(put(&mut wire, 0), 1_000_000);
        assert_eq!(put(&mut wire, 500_000), 2_000_000, "it waited");
        assert_eq!(put(&mut wire, 5_000_000), 6_000_000, "the wire was free");
    }
}
