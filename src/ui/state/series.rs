//! The series of a run as the charts read them: rows of [`BUCKET_FIELDS`] numbers, one per bucket.

use crate::observe::report::Report;
use crate::worker::protocol::BUCKET_FIELDS;

/// Position of a quantity in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Offered = 0,
    Actions = 1,
    Useful = 2,
    Failed = 3,
    P50 = 4,
    P99 = 5,
    Tries = 6,
    Waiting = 7,
}

pub type Row = [f64; BUCKET_FIELDS];

/// A growing run: buckets arrive in order; the newest ones are replaced until they are complete.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    pub bucket_ns: u64,
    pub rows: Vec<Row>,
}

impl Series {
    pub fn new(bucket_ns: u64) -> Series {
        Series {
            bucket_ns,
            rows: Vec::new(),
        }
    }

    /// Takes `bulk` rows that begin at bucket `first`. A gap (a frame that was dropped) is filled
    /// with "nothing measured".
    pub fn splice(&mut self, first: usize, bulk: &[f64]) {
        self.rows
            .resize(self.rows.len().max(first), [f64::NAN; BUCKET_FIELDS]);
        self.rows.truncate(first);
        let (rows, _) = bulk.as_chunks::<BUCKET_FIELDS>();
        self.rows.extend_from_slice(rows);
    }

    /// The complete series at the end of a run, from the report: what is drawn then is exactly what
    /// the command line prints.
    pub fn of_report(report: &Report) -> Series {
        let s = &report.series;
        let gap = |x: &Option<f64>| x.unwrap_or(f64::NAN);
        let rows = (0..s.offered_per_s.len())
            .map(|i| {
                [
                    s.offered_per_s[i],
                    s.actions_per_s[i],
                    s.useful_per_s[i],
                    s.failed_per_s[i],
                    gap(&s.p50_ms[i]),
                    gap(&s.p99_ms[i]),
                    gap(&s.tries_per_action[i]),
                    s.waiting[i] as f64,
                ]
            })
            .collect();
        Series {
            bucket_ns: s.bucket_ns,
            rows,
        }
    }

    /// Without what came after the end of traffic: charts and debrief are about the run.
    pub fn cut(&mut self, duration_ns: u64) {
        let buckets = duration_ns.div_ceil(self.bucket_ns.max(1)) as usize;
        self.rows.truncate(buckets);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn at(&self, bucket: usize, column: Column) -> Option<f64> {
        self.rows
            .get(bucket)
            .map(|r| r[column as usize])
            .filter(|x| x.is_finite())
    }

    /// The bucket that holds this instant.
    pub fn bucket_of(&self, at_ns: u64) -> usize {
        (at_ns / self.bucket_ns.max(1)) as usize
    }

    /// Seconds at the middle of a bucket.
    pub fn middle_s(&self, bucket: usize) -> f64 {
        (bucket as f64 + 0.5) * self.bucket_ns as f64 / 1e9
    }

    /// Mean of what was measured in `[from, to)`; `None` if nothing was.
    pub fn mean(&self, column: Column, from_ns: u64, to_ns: u64) -> Option<f64> {
        let (a, b) = (
            self.bucket_of(from_ns),
            self.bucket_of(to_ns).min(self.rows.len()),
        );
        let (mut sum, mut n) = (0.0, 0u32);
        for bucket in a..b {
            if let Some(x) = self.at(bucket, column) {
                sum += x;
                n += 1;
            }
        }
        (n > 0).then(|| sum / f64::from(n))
    }

    /// Largest value with the instant (start of its bucket) where it was first reached.
    pub fn peak(&self, column: Column, from_ns: u64) -> Option<(u64, f64)> {
        let mut best: Option<(u64, f64)> = None;
        for bucket in self.bucket_of(from_ns)..self.rows.len() {
            if let Some(x) = self.at(bucket, column)
                && best.is_none_or(|(_, y)| x > y)
            {
                best = Some((bucket as u64 * self.bucket_ns, x));
            }
        }
        best
    }

    /// First instant from `from_ns` on at which the quantity satisfies the test.
    pub fn first(&self, column: Column, from_ns: u64, test: impl Fn(f64) -> bool) -> Option<u64> {
        (self.bucket_of(from_ns)..self.rows.len())
            .find(|&b| self.at(b, column).is_some_and(&test))
            .map(|b| b as u64 * self.bucket_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(useful: f64) -> Row {
        let mut row = [0.0; BUCKET_FIELDS];
        row[Column::Useful as usize] = useful;
        row
    }

    #[test]
    fn the_last_bucket_is_replaced_until_it_is_complete() {
        let mut s = Series::new(1_000_000_000);
        s.splice(0, &[row(1.0), row(2.0)].concat());
        s.splice(1, &[row(3.0), row(4.0)].concat());
        let useful: Vec<f64> = s.rows.iter().map(|r| r[Column::Useful as usize]).collect();
        assert_eq!(useful, [1.0, 3.0, 4.0]);
        assert_eq!(s.mean(Column::Useful, 0, 3_000_000_000), Some(8.0 / 3.0));
        assert_eq!(s.first(Column::Useful, 0, |x| x > 2.0), Some(1_000_000_000));
        assert_eq!(s.peak(Column::Useful, 0), Some((2_000_000_000, 4.0)));
    }

    #[test]
    fn a_dropped_frame_leaves_a_gap_and_no_panic() {
        let mut s = Series::new(1_000_000_000);
        s.splice(2, &row(5.0));
        assert_eq!(s.rows.len(), 3);
        assert_eq!(s.at(0, Column::Useful), None);
        assert_eq!(s.mean(Column::Useful, 0, 2_000_000_000), None);
    }
}
