//! Hedging: a second copy of a request if the first has not answered after a while; the first good
//! reply counts (J. Dean, L. Barroso, *The Tail at Scale*, CACM 2013).
//!
//! The while is a constant, or a percentile of the latencies that this caller instance saw of its last
//! `hedge_window` first tries, exactly. A try that its hedge beat counts with the time it had taken by
//! then: longer than the percentile, whatever it would have become. A percentile is known once the
//! window holds a latency above it: 20 for the 95th. Until then nothing is hedged.

use std::collections::VecDeque;

use crate::design::Settings;
use crate::design::value::{NANO, Share};
use crate::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    Constant(Duration),
    Percentile { share: Share, window: u32 },
}

/// What a link wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HedgePolicy {
    pub after: After,
    /// Hedges of one try at most.
    pub most: u16,
    /// The loser is not told, and goes on.
    pub lets_run: bool,
}

impl HedgePolicy {
    pub fn compile(link: &Settings<'_>) -> Option<HedgePolicy> {
        let constant = link.opt_duration("hedge_after").map(After::Constant);
        let percentile = |share| After::Percentile {
            share,
            window: link.count("hedge_window") as u32,
        };
        let after = constant.or_else(|| link.opt_share("hedge_percentile").map(percentile))?;
        Some(HedgePolicy {
            after,
            most: link.count("hedge_attempts") as u16,
            lets_run: link.choice("on_hedge_won") == "let_run",
        })
    }
}

/// The last latencies of one caller instance.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    /// In order of arrival, and in order of size.
    arrived: VecDeque<u64>,
    sorted: Vec<u64>,
}

impl Latencies {
    pub fn push(&mut self, window: u32, ns: u64) {
        while self.arrived.len() >= window as usize
            && let Some(oldest) = self.arrived.pop_front()
        {
            let at = self.sorted.partition_point(|&x| x < oldest);
            self.sorted.remove(at);
        }
        self.arrived.push_back(ns);
        let at = self.sorted.partition_point(|&x| x < ns);
        self.sorted.insert(at, ns);
    }

    /// The smallest latency that the share of all did not exceed; `None` if none of them is above it.
    pub fn percentile(&self, share: Share) -> Option<u64> {
        let n = self.sorted.len() as u128;
        let rank = (n * u128::from(share.0)).div_ceil(u128::from(NANO));
        if rank >= n {
            return None;
        }
        self.sorted.get(rank.saturating_sub(1) as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::draw::mix64;

    #[test]
    fn a_percentile_needs_a_latency_above_it() {
        let share = Share(NANO / 20 * 19);
        let mut seen = Latencies::default();
        for ns in 1..20 {
            seen.push(100, ns);
            assert_eq!(seen.percentile(share), None);
        }
        seen.push(100, 20);
        assert_eq!(seen.percentile(share), Some(19));
    }

    #[test]
    fn it_is_exact_over_the_window() {
        let mut seen = Latencies::default();
        let all: Vec<u64> = (0..500).map(|i| mix64(i) % 1_000).collect();
        for (i, &ns) in all.iter().enumerate() {
            seen.push(64, ns);
            let mut last = all[(i + 1).saturating_sub(64)..=i].to_vec();
            last.sort_unstable();
            let rank = (last.len() * 9).div_ceil(10);
            let expected = (rank < last.len()).then(|| last[rank - 1]);
            assert_eq!(seen.percentile(Share(NANO / 10 * 9)), expected);
        }
    }
}
