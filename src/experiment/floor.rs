//! The floor of the benchmark: an M/M/1 queue with nothing but a calendar and random numbers.
//!
//! Two events per request on the standard binary heap, (u64, u64, u32) keys, exponentials from
//! ChaCha8, no metrics, no identities. What the engine does on top of this is what it costs to know
//! what happened; the benchmark reports the ratio. Never made faster to look good, nor slower.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand::SeedableRng;
use rand::rand_core::Rng as _;
use rand_chacha::ChaCha8Rng;

use crate::engine::draw::open_unit;
use crate::engine::math::{ln, to_ns};

const ARRIVAL: u32 = 0;
const DEPARTURE: u32 = 1;

/// Runs `requests` requests through the queue; the time at which the last one left, in nanoseconds.
pub fn mm1(requests: u64, mean_between_ns: f64, mean_service_ns: f64, seed: u64) -> u64 {
    let mut arrivals = ChaCha8Rng::seed_from_u64(seed);
    let mut services = ChaCha8Rng::seed_from_u64(seed ^ 1);
    let exponential =
        |rng: &mut ChaCha8Rng, mean: f64| to_ns(-mean * ln(open_unit(rng.next_u64())));
    let mut heap: BinaryHeap<Reverse<(u64, u64, u32)>> = BinaryHeap::new();
    let (mut sequence, mut born, mut present, mut now) = (0u64, 0u64, 0u64, 0u64);
    let mut at = |heap: &mut BinaryHeap<_>, time: u64, event: u32| {
        heap.push(Reverse((time, sequence, event)));
        sequence += 1;
    };
    at(
        &mut heap,
        exponential(&mut arrivals, mean_between_ns),
        ARRIVAL,
    );
    while let Some(Reverse((time, _, event))) = heap.pop() {
        now = time;
        if event == ARRIVAL {
            born += 1;
            present += 1;
            if present == 1 {
                at(
                    &mut heap,
                    now + exponential(&mut services, mean_service_ns),
                    DEPARTURE,
                );
            }
            if born < requests {
                at(
                    &mut heap,
                    now + exponential(&mut arrivals, mean_between_ns),
                    ARRIVAL,
                );
            }
        } else {
            present -= 1;
            if present > 0 {
                at(
                    &mut heap,
                    now + exponential(&mut services, mean_service_ns),
                    DEPARTURE,
                );
            }
        }
    }
    now
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_floor_is_an_mm1_queue() {
        // 100,000 arrivals at 80/s take about 1,250 s.
        let last = super::mm1(100_000, 12.5e6, 10e6, 1) as f64 / 1e9;
        assert!((last - 1_250.0).abs() < 20.0, "{last}");
    }
}
