//! How long users waited, and why they were told that it failed, over time: what a heat map is drawn from.
//!
//! A percentile hides that there are two kinds of answers; counts by how long it took do not. Columns are some
//! buckets wide, so that a run of any length has a few hundred.

use crate::engine::program::Program;
use crate::engine::reason::Reason;
use crate::engine::record::Told;
use crate::time::NS_PER_MS;

/// Columns of a run, without what comes after the end of traffic.
pub const COLUMNS: u64 = 240;

/// Rows: less than 0.1 ms, five for each power of ten up to 100 s, and all above.
pub const BANDS: usize = 32;

/// Where each row begins, in nanoseconds: the preferred numbers R5 of ISO 3 (1, 1.6, 2.5, 4, 6.3).
pub const FROM_NS: [u64; BANDS] = {
    let steps = [10, 16, 25, 40, 63];
    let mut from = [0; BANDS];
    // A hundredth of a millisecond.
    let mut unit = NS_PER_MS / 100;
    let mut row = 1;
    while row < BANDS {
        from[row] = steps[(row - 1) % 5] * unit;
        if row % 5 == 0 {
            unit *= 10;
        }
        row += 1;
    }
    from
};

/// The row of a wait.
pub fn band(waited_ns: u64) -> usize {
    FROM_NS.partition_point(|&from| from <= waited_ns) - 1
}

/// Numbers of one column: rows of those who were served, then reasons why it failed.
pub const FIELDS: usize = BANDS + Reason::COUNT;

/// Codes of the reasons and what people read, in the order of a column's numbers.
pub fn reasons() -> impl Iterator<Item = (&'static str, &'static str)> {
    Reason::ALL
        .iter()
        .map(|reason| (reason.code(), reason.words()))
}

/// Actions told in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Served, by how long they had waited.
    pub served: [u32; BANDS],
    pub failed: [u32; Reason::COUNT],
}

const NOTHING: Column = Column {
    served: [0; BANDS],
    failed: [0; Reason::COUNT],
};

#[derive(Clone, Debug)]
pub struct Heat {
    /// The last one is still growing.
    pub columns: Vec<Column>,
    /// Buckets in a column, and in the growing one so far.
    pub buckets: u32,
    filled: u32,
}

impl Heat {
    pub fn new(program: &Program) -> Heat {
        let buckets = program.horizon.0.div_ceil(program.bucket.0.max(1));
        Heat {
            columns: vec![NOTHING],
            buckets: buckets.div_ceil(COLUMNS).max(1) as u32,
            filled: 0,
        }
    }

    #[inline]
    pub fn told(&mut self, told: Told, waited_ns: u64) {
        let Some(column) = self.columns.last_mut() else {
            return;
        };
        match told {
            Told::Served | Told::Degraded => column.served[band(waited_ns)] += 1,
            Told::Failed(reason) => column.failed[reason as usize] += 1,
            // Nobody was there to be told.
            Told::Abandoned => {}
        }
    }

    /// The edge of a bucket.
    pub fn bucket(&mut self) {
        self.filled += 1;
        if self.filled == self.buckets {
            self.filled = 0;
            self.columns.push(NOTHING);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_even_on_a_logarithmic_scale() {
        let ms = |ns: u64| ns as f64 / NS_PER_MS as f64;
        assert_eq!(ms(FROM_NS[1]), 0.1);
        assert_eq!(ms(FROM_NS[6]), 1.0);
        assert_eq!(ms(FROM_NS[BANDS - 1]), 100_000.0);
        for pair in FROM_NS[1..].windows(2) {
            let step = pair[1] as f64 / pair[0] as f64;
            assert!((1.5..1.65).contains(&step), "{pair:?}");
        }
        assert_eq!(band(0), 0);
        assert_eq!(band(NS_PER_MS), 6);
        assert_eq!(band(NS_PER_MS - 1), 5);
        assert_eq!(band(u64::MAX), BANDS - 1);
    }
}
