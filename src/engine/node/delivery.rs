//! What queues and workers say to each other besides deliveries and acknowledgements: small words that
//! travel as long as any message on the link. They are not lost one by one (a lost one is repeated by
//! the transport), but a cut link lets none through.

use crate::engine::core::Cx;
use crate::engine::draw::{Address, Purpose, mix64};
use crate::engine::record::Record;
use crate::time::Duration;

/// At a queue: a worker asks for messages (lease), or opens a connection (session).
pub const POLL: u8 = 0;
/// At a queue: an instance of a worker is gone, or wants no more (`n` = 0).
pub const CLOSED: u8 = 1;
/// At a queue: a worker is still at work on a message.
pub const EXTEND: u8 = 2;
/// At a worker: the queue is back.
pub const RECONNECT: u8 = 3;

/// At a queue: from here on no heartbeat comes from a worker (`n` = 1), or they come again (`n` = 0). It
/// is no message: it says what does not come.
pub const QUIET: u8 = 4;

/// Who speaks: an instance of the worker behind a link, in its n-th life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub link: u16,
    pub instance: u16,
    /// Messages it can take.
    pub n: u16,
    pub life: u16,
}

impl Word {
    pub fn bits(self) -> u64 {
        let pair = |high: u16, low: u16| u64::from(high) << 16 | u64::from(low);
        pair(self.link, self.instance) << 32 | pair(self.n, self.life)
    }

    pub fn from_bits(bits: u64) -> Word {
        let part = |shift: u32| (bits >> shift) as u16;
        Word {
            link: part(48),
            instance: part(32),
            n: part(16),
            life: part(0),
        }
    }
}

/// The handle of one delivery: which message, which time, whether it is the first of an answer, and
/// whether nobody can handle it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub seq: u64,
    pub delivery: u16,
    pub is_first: bool,
    pub is_poison: bool,
    /// Version of the interface in which it was published; 0 if nobody asked in one.
    pub contract: u8,
}

impl Receipt {
    pub fn bits(self) -> u64 {
        let flags = u64::from(self.is_poison) << 1 | u64::from(self.is_first);
        let what = u64::from(self.contract) << 2 | flags;
        self.seq << 26 | u64::from(self.delivery) << 10 | what
    }

    pub fn from_bits(bits: u64) -> Receipt {
        Receipt {
            seq: bits >> 26,
            delivery: (bits >> 10) as u16,
            is_first: bits & 1 == 1,
            is_poison: bits & 2 == 2,
            contract: (bits >> 2) as u8,
        }
    }
}

/// Lets the other end of a link know something. `count` makes each word's way its own. Says whether it
/// got through.
pub fn say<R: Record>(cx: &mut Cx<'_, R>, link: u16, count: &mut u64, code: u8, arg: u64) -> bool {
    let spec = &cx.program.links[link as usize];
    let state = &cx.core.links[link as usize];
    let to_queue = spec.to == cx.node;
    if to_queue && state.replies_cut > 0 {
        return false;
    }
    *count += 1;
    let address = Address(mix64(spec.place ^ mix64(*count)));
    let delay = state.delay(cx.program, link as usize, Purpose::Word, address);
    let other = if to_queue { spec.from } else { spec.to };
    cx.tell(other, cx.now() + Duration(delay), code, arg);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_receipts_survive_their_way() {
        let word = Word {
            link: 3,
            instance: 65_535,
            n: 500,
            life: 9,
        };
        assert_eq!(Word::from_bits(word.bits()), word);
        let receipt = Receipt {
            seq: 1 << 37,
            delivery: 65_535,
            is_first: true,
            is_poison: false,
            contract: 255,
        };
        assert_eq!(Receipt::from_bits(receipt.bits()), receipt);
        let poison = Receipt {
            is_first: false,
            is_poison: true,
            ..receipt
        };
        assert_eq!(Receipt::from_bits(poison.bits()), poison);
    }
}
