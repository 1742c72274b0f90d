//! Finding the least loaded of many in logarithmic time: a tournament tree over their loads, which also
//! counts how many share the least, so that ties can be broken by chance.

/// Load of a place that nobody has.
const NOBODY: u32 = u32::MAX;

/// Nodes that cover two ranges: at most two per level and range.
type Cover = ([u32; 128], usize);

#[derive(Clone, Debug, Default)]
pub struct Tournament {
    /// Leaves: a power of two.
    size: usize,
    /// Node `i` has the children `2 i` and `2 i + 1`: least load below it, and how often it occurs.
    nodes: Vec<(u32, u32)>,
}

fn better((load_a, a): (u32, u32), (load_b, b): (u32, u32)) -> (u32, u32) {
    match load_a.cmp(&load_b) {
        std::cmp::Ordering::Less => (load_a, a),
        std::cmp::Ordering::Greater => (load_b, b),
        std::cmp::Ordering::Equal => (load_a, a + b),
    }
}

impl Tournament {
    pub fn new(loads: impl ExactSizeIterator<Item = u32>) -> Tournament {
        let size = loads.len().next_power_of_two();
        let mut nodes = vec![(NOBODY, 0); 2 * size];
        for (i, load) in loads.enumerate() {
            nodes[size + i] = (load, 1);
        }
        for i in (1..size).rev() {
            nodes[i] = better(nodes[2 * i], nodes[2 * i + 1]);
        }
        Tournament { size, nodes }
    }

    pub fn set(&mut self, place: usize, load: u32) {
        let mut at = self.size + place;
        self.nodes[at].0 = load;
        while at > 1 {
            at /= 2;
            self.nodes[at] = better(self.nodes[2 * at], self.nodes[2 * at + 1]);
        }
    }

    /// Of the places from `from` to before `to`, without `skip`: one of those with the least load.
    /// `pick` says which of so many.
    pub fn least(
        &self,
        (from, to): (usize, usize),
        skip: Option<usize>,
        pick: impl FnOnce(u32) -> u32,
    ) -> Option<usize> {
        let mut cover: Cover = ([0; 128], 0);
        match skip.filter(|skip| (from..to).contains(skip)) {
            Some(skip) => {
                self.cover(from, skip, &mut cover);
                self.cover(skip + 1, to, &mut cover);
            }
            None => self.cover(from, to, &mut cover),
        }
        let nodes = &cover.0[..cover.1];
        let all = nodes.iter().map(|&i| self.nodes[i as usize]);
        let (least, ties) = all.fold((NOBODY, 0), better);
        if ties == 0 {
            return None;
        }
        let mut nth = pick(ties);
        for &i in nodes {
            let (load, count) = self.nodes[i as usize];
            if load == least {
                if nth < count {
                    return Some(self.descend(i as usize, least, nth));
                }
                nth -= count;
            }
        }
        unreachable!("the pick is below the number of ties")
    }

    /// Adds the nodes that cover a range, from left to right.
    fn cover(&self, from: usize, to: usize, (nodes, n): &mut Cover) {
        let (mut left, mut right) = (from + self.size, to + self.size);
        let (mut ends, mut ended) = ([0u32; 64], 0);
        while left < right {
            if left % 2 == 1 {
                nodes[*n] = left as u32;
                *n += 1;
                left += 1;
            }
            if right % 2 == 1 {
                right -= 1;
                ends[ended] = right as u32;
                ended += 1;
            }
            (left, right) = (left / 2, right / 2);
        }
        for &end in ends[..ended].iter().rev() {
            nodes[*n] = end;
            *n += 1;
        }
    }

    /// The n-th place below a node that has this load.
    fn descend(&self, mut at: usize, least: u32, mut nth: u32) -> usize {
        while at < self.size {
            let (load, count) = self.nodes[2 * at];
            let count = if load == least { count } else { 0 };
            at *= 2;
            if nth >= count {
                nth -= count;
                at += 1;
            }
        }
        at - self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::draw::mix64;

    #[test]
    fn it_finds_what_looking_at_all_finds() {
        let mut x = 1u64;
        let mut random = |n: u64| {
            x = mix64(x.wrapping_add(0x9e37_79b9_7f4a_7c15));
            x % n
        };
        for places in [1usize, 2, 3, 8, 13, 64, 100] {
            let mut loads: Vec<u32> = (0..places).map(|_| random(4) as u32).collect();
            let mut tree = Tournament::new(loads.iter().copied());
            for _ in 0..300 {
                let place = random(places as u64) as usize;
                loads[place] = random(5) as u32;
                tree.set(place, loads[place]);
                let from = random(places as u64) as usize;
                let to = from + random((places - from) as u64 + 1) as usize;
                let skip = (random(2) == 0).then(|| random(places as u64) as usize);
                let open = || (from..to).filter(|&i| Some(i) != skip);
                let least = open().map(|i| loads[i]).min();
                let tied: Vec<usize> = open().filter(|&i| Some(loads[i]) == least).collect();
                for n in 0..tied.len() {
                    let found = tree.least((from, to), skip, |ties| {
                        assert_eq!(ties as usize, tied.len());
                        n as u32
                    });
                    assert_eq!(found, Some(tied[n]));
                }
                if tied.is_empty() {
                    assert_eq!(tree.least((from, to), skip, |_| 0), None);
                }
            }
        }
    }
}
