//! Consistent hashing (D. Karger et al., STOC 1997): each member has a number of points on a ring of
//! 64-bit hashes; a key belongs to the member whose point comes next. A member that joins takes its keys
//! from all others alike, about 1/(n+1) of them, and no other key moves.

#[derive(Clone, Debug, Default)]
pub struct Ring {
    /// Place on the ring and member, ascending.
    points: Vec<(u64, u32)>,
}

impl Ring {
    /// Points may come in any order.
    pub fn new(points: impl Iterator<Item = (u64, u32)>) -> Ring {
        let mut points: Vec<_> = points.collect();
        points.sort_unstable();
        Ring { points }
    }

    /// The members in the order in which they are asked for this key: the owner first, then whoever
    /// comes next on the ring. A member comes once per point.
    pub fn from(&self, hash: u64) -> impl Iterator<Item = u32> {
        let at = self.points.partition_point(|&(place, _)| place < hash);
        let (before, after) = self.points.split_at(at);
        after.iter().chain(before).map(|&(_, member)| member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::draw::mix64;

    fn ring(seed: u64, members: u32, points: u64) -> Ring {
        let place = |member: u32, point: u64| mix64(seed ^ mix64(u64::from(member) << 32 | point));
        Ring::new((0..members).flat_map(|m| (0..points).map(move |p| (place(m, p), m))))
    }

    /// The part of the ring of each member, as shares of all.
    fn shares(ring: &Ring, members: usize) -> Vec<f64> {
        let mut arcs = vec![0.0; members];
        let mut before = ring.points.last().unwrap().0;
        for &(place, member) in &ring.points {
            arcs[member as usize] += place.wrapping_sub(before) as f64 / (u64::MAX as f64);
            before = place;
        }
        arcs
    }

    /// Largest share over the mean share, on average over rings.
    fn largest(members: u32, points: u64, rings: u64) -> f64 {
        let one = |seed| {
            let shares = shares(&ring(seed, members, points), members as usize);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            shares.into_iter().fold(0.0, f64::max) * f64::from(members)
        };
        (0..rings).map(one).sum::<f64>() / rings as f64
    }

    #[test]
    fn the_largest_share_is_the_published_one() {
        // One point: the harmonic number. A hundred: 1.16.
        let harmonic: f64 = (1..=10).map(|k| 1.0 / f64::from(k)).sum();
        assert!((largest(10, 1, 20_000) - harmonic).abs() < 0.01 * harmonic);
        assert!((largest(10, 100, 2_000) - 1.16).abs() < 0.01);
    }

    #[test]
    fn a_member_that_joins_takes_its_share_and_no_other_key_moves() {
        for (members, points) in [(10u32, 1u64), (10, 100), (3, 50)] {
            let (mut taken, rings) = (0u64, 400);
            for seed in 0..rings {
                let (old, new) = (ring(seed, members, points), ring(seed, members + 1, points));
                for key in 0..250 {
                    let key = mix64(key);
                    let (was, is) = (old.from(key).next(), new.from(key).next());
                    assert!(was == is || is == Some(members));
                    taken += u64::from(was != is);
                }
            }
            let share = taken as f64 / (rings * 250) as f64;
            let expected = 1.0 / f64::from(members + 1);
            assert!(
                (share - expected).abs() < 0.08 * expected,
                "{share} of {expected}"
            );
        }
    }

    #[test]
    fn a_walk_asks_every_member_and_begins_behind_the_key() {
        let ring = Ring::new([(10, 0), (30, 2), (20, 1)].into_iter());
        let walk = |hash| ring.from(hash).collect::<Vec<u32>>();
        assert_eq!(walk(20), [1, 2, 0]);
        assert_eq!(walk(21), [2, 0, 1]);
        assert_eq!(walk(31), [0, 1, 2]);
    }
}
