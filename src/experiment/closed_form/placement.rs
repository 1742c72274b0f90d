//! Keys on a ring of nodes, and requests that need many nodes at once.

use super::integral;
use super::times::Times;
use super::{power, time_at_tail};
use crate::engine::math::exp;

/// Consistent hashing with `virtual_nodes` points per node: the share of the ring that the largest of
/// `nodes` owns, over the mean share, on average.
///
/// The arcs between random points are like exponential lengths divided by their sum, and independent of
/// it (L. Devroye 1986, ch. V), so this is the mean of the largest of n Erlang-v lengths over v. With
/// one point per node it is the harmonic number `1 + 1/2 + ... + 1/n`.
///
/// ```
/// use brownout::experiment::closed_form::placement::largest_over_mean;
/// assert!((largest_over_mean(10, 1) - 2.929).abs() < 0.001);
/// ```
pub fn largest_over_mean(nodes: u32, virtual_nodes: u32) -> f64 {
    let v = f64::from(virtual_nodes);
    let far = v + 20.0 * v.sqrt() + 60.0;
    // Where the largest exceeds x: the integral of that is its mean.
    let exceeds = |x: f64| 1.0 - power(1.0 - erlang_exceeds(virtual_nodes, x), nodes);
    integral(0.0, far, exceeds) / v
}

/// The probability that a sum of `k` exponential lengths of mean 1 exceeds `x`: fewer than k events of a
/// Poisson stream by then.
fn erlang_exceeds(k: u32, x: f64) -> f64 {
    // The largest term first, down and up from there: none of them overflows.
    if x <= 0.0 {
        return 1.0;
    }
    let mut log = -x;
    let mut sum = 0.0;
    let mut scale = f64::NEG_INFINITY;
    for i in 0..k {
        if log > scale {
            sum = sum * exp(scale - log) + 1.0;
            scale = log;
        } else {
            sum += exp(log - scale);
        }
        log += crate::engine::math::ln(x / f64::from(i + 1));
    }
    (sum * exp(scale)).min(1.0)
}

/// Share of keys that move when a node joins `nodes` on a ring: those it takes over, `1 / (n + 1)`.
pub fn moved_to_new_node(nodes: u32) -> f64 {
    1.0 / f64::from(nodes + 1)
}

/// Load of each of the others when one of `nodes` at load `load` is gone and they share its work:
/// `u n / (n - 1)`.
pub fn load_without_one(nodes: u32, load: f64) -> f64 {
    load * f64::from(nodes) / f64::from(nodes - 1)
}

/// Share of requests to `leaves` nodes at once that meet at least one that is slow with probability
/// `slow` (J. Dean, L. Barroso, *The Tail at Scale*, CACM 2013).
///
/// ```
/// use brownout::experiment::closed_form::placement::meets_slow;
/// assert!((meets_slow(100, 0.01) - 0.634).abs() < 0.001);
/// ```
pub fn meets_slow(leaves: u32, slow: f64) -> f64 {
    1.0 - power(1.0 - slow, leaves)
}

/// The time that a share `p` of requests to `leaves` nodes at once does not exceed, if each leaf takes a
/// time of its own and none waits.
pub fn slowest_percentile(leaves: u32, times: Times, p: f64) -> f64 {
    time_at_tail(1.0 - p, times.mean(), |t| {
        meets_slow(leaves, times.exceeds(t))
    })
}

/// Mean time of the slowest of `leaves` exponential times: `mean (1 + 1/2 + ... + 1/n)`.
pub fn slowest_of_exponential(leaves: u32, mean: f64) -> f64 {
    (1..=leaves).map(|n| mean / f64::from(n)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::super::dice::Dice;
    use super::*;

    #[test]
    fn rings_and_leaves_have_the_published_values() {
        close(largest_over_mean(10, 1), 2.93, 1e-3);
        close(largest_over_mean(10, 100), 1.16, 1e-3);
        close(
            largest_over_mean(7, 1),
            slowest_of_exponential(7, 1.0),
            1e-6,
        );
        close(meets_slow(100, 0.01), 0.634, 1e-3);
        close(load_without_one(4, 0.6), 0.8, 1e-12);
        close(moved_to_new_node(4), 0.2, 1e-12);
    }

    #[test]
    fn the_largest_share_is_what_rings_give() {
        let mut dice = Dice::new(8);
        for (nodes, virtual_nodes) in [(5usize, 3usize), (10, 20)] {
            let (mut sum, mut moved) = (0.0, 0.0);
            const RINGS: u32 = 4_000;
            for _ in 0..RINGS {
                // The last node is the one that joins later.
                let points = (nodes + 1) * virtual_nodes;
                let mut ring: Vec<(f64, usize)> = (0..points)
                    .map(|i| (dice.unit(), i / virtual_nodes))
                    .collect();
                ring.sort_by(|a, b| a.0.total_cmp(&b.0));
                let arc = |i: usize| {
                    let before = if i == 0 {
                        ring[points - 1].0 - 1.0
                    } else {
                        ring[i - 1].0
                    };
                    ring[i].0 - before
                };
                let joined = |i: &usize| ring[*i].1 == nodes;
                moved += (0..points).filter(joined).map(arc).sum::<f64>();
                // Before that, its arcs belong to whoever comes next.
                let mut shares = vec![0.0; nodes];
                for i in 0..points {
                    let owner = (i..i + points)
                        .map(|j| ring[j % points].1)
                        .find(|&o| o < nodes);
                    shares[owner.unwrap()] += arc(i);
                }
                sum += shares.iter().fold(0.0, |a: f64, &b| a.max(b)) * nodes as f64;
            }
            let formula = largest_over_mean(nodes as u32, virtual_nodes as u32);
            close(formula, sum / f64::from(RINGS), 0.01);
            close(
                moved_to_new_node(nodes as u32),
                moved / f64::from(RINGS),
                0.02,
            );
        }
    }

    #[test]
    fn the_slowest_leaf_has_its_percentile() {
        let times = Times::exponential(1.0);
        // 1 - (1 - e^-t)^2 = 0.01.
        close(slowest_percentile(2, times, 0.99), 5.29582, 1e-4);
        let bimodal = Times::two_point(0.01, 1.0, 0.01);
        close(slowest_percentile(1, bimodal, 0.98), 0.01, 1e-9);
        close(slowest_percentile(100, bimodal, 0.5), 1.0, 1e-9);
    }
}
