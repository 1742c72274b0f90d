//! Which cache node has a key: its remainder, or its place on a ring.

use crate::engine::draw::mix64;
use crate::engine::policy::hash_ring::Ring;

/// Places that nodes may get which come while as many others finish what they have.
const SPARE: u16 = 8;

/// How keys are spread over nodes. Callers and nodes agree on it, as memcached clients do.
#[derive(Clone, Debug)]
pub enum Placement {
    /// The scattered key modulo the number of nodes.
    Modulo,
    /// Each node stands at many points of a ring; a key belongs to the next point on it.
    Ring(Ring),
}

impl Placement {
    /// A ring with so many points for each node, and for a few more that may come while others still go:
    /// points of nodes that are not registered count for nobody.
    pub fn ring(nodes: u16, points: u64) -> Placement {
        let of_node = |node: u16| {
            let point = move |i| mix64(mix64(u64::from(node) << 32 | i));
            (0..points).map(move |i| (point(i), u32::from(node)))
        };
        Placement::Ring(Ring::new((0..nodes.saturating_add(SPARE)).flat_map(of_node)))
    }

    /// The node of a key among those registered, which ascend; [`u16::MAX`] if there are none.
    pub fn node(&self, key: u64, registered: &[u16]) -> u16 {
        match (registered, self) {
            ([], _) => u16::MAX,
            (&[only], _) => only,
            (all, Placement::Modulo) => all[(mix64(key) % all.len() as u64) as usize],
            (all, Placement::Ring(ring)) => {
                let mut nodes = ring.from(mix64(key)).map(|node| node as u16);
                let found = nodes.find(|node| all.binary_search(node).is_ok());
                // Nodes beyond the spare ones have no points.
                found.unwrap_or(all[0])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys that move when one of `n` nodes is lost.
    fn moved(placement: &Placement, n: u16) -> f64 {
        let all: Vec<u16> = (0..n).collect();
        let without: Vec<u16> = (0..n).filter(|&i| i != 2).collect();
        let keys = 20_000;
        let moves = |key: &u64| placement.node(mix64(*key), &all) != placement.node(mix64(*key), &without);
        (0..keys).filter(moves).count() as f64 / keys as f64
    }

    #[test]
    fn a_lost_node_moves_its_own_keys_on_a_ring_and_nearly_all_by_remainder() {
        let ring = Placement::ring(10, 160);
        let (few, most) = (moved(&ring, 10), moved(&Placement::Modulo, 10));
        assert!((few - 0.1).abs() < 0.03, "{few}");
        assert!((most - 0.9).abs() < 0.02, "{most}");
    }

    #[test]
    fn keys_are_spread_over_all_nodes() {
        for placement in [Placement::Modulo, Placement::ring(4, 160)] {
            let mut counts = [0u32; 4];
            for key in 0..40_000 {
                counts[placement.node(mix64(key), &[0, 1, 2, 3]) as usize] += 1;
            }
            assert!(counts.iter().all(|n| (7_500..12_500).contains(n)), "{counts:?}");
        }
        assert_eq!(Placement::Modulo.node(5, &[]), u16::MAX);
    }
}
