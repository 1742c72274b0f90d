//! The series of a run as the charts read them: rows of [`BUCKET_FIELDS`] numbers, one per bucket.

use crate::observe::report::Report;
use crate::worker::protocol::{BUCKET_FIELDS, NODE_FIELDS};

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
    Wrong = 8,
    /// Of one node: [`Series::of_node`].
    Busy = 9,
    Queue = 10,
    Hits = 11,
}

pub type Row = [f64; BUCKET_FIELDS + NODE_FIELDS];

const NOTHING: Row = [f64::NAN; BUCKET_FIELDS + NODE_FIELDS];

/// A growing run: buckets arrive in order; the newest ones are replaced until they are complete.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    pub bucket_ns: u64,
    pub rows: Vec<Row>,
    /// Keys of the nodes that have series of their own; and those, as many rows for each bucket.
    pub charted: Vec<String>,
    pub nodes: Vec<[f64; NODE_FIELDS]>,
}

impl Series {
    pub fn new(bucket_ns: u64, charted: Vec<String>) -> Series {
        Series {
            bucket_ns,
            charted,
            ..Series::default()
        }
    }

    /// Takes rows of users, and of nodes, that begin at bucket `first`. A gap (a frame that was dropped) is
    /// filled with "nothing measured".
    pub fn splice(&mut self, first: usize, users: &[f64], nodes: &[f64]) {
        self.rows.resize(self.rows.len().max(first), NOTHING);
        self.rows.truncate(first);
        let (users, _) = users.as_chunks::<BUCKET_FIELDS>();
        for from in users {
            let mut row = NOTHING;
            row[..BUCKET_FIELDS].copy_from_slice(from);
            self.rows.push(row);
        }
        let first = first * self.charted.len();
        self.nodes
            .resize(self.nodes.len().max(first), [f64::NAN; NODE_FIELDS]);
        self.nodes.truncate(first);
        self.nodes.extend_from_slice(nodes.as_chunks().0);
    }

    /// The bulk of a frame: rows of users, of nodes, and what comes after them.
    pub fn parts<'b>(&self, buckets: usize, bulk: &'b [f64]) -> (&'b [f64], &'b [f64], &'b [f64]) {
        let (users, rest) = bulk.split_at((buckets * BUCKET_FIELDS).min(bulk.len()));
        let of_nodes = buckets * NODE_FIELDS * self.charted.len();
        let (nodes, rest) = rest.split_at(of_nodes.min(rest.len()));
        (users, nodes, rest)
    }

    /// Takes the buckets of a frame.
    pub fn take(&mut self, first: usize, buckets: usize, bulk: &[f64]) {
        let (users, nodes, _) = self.parts(buckets, bulk);
        self.splice(first, users, nodes);
    }

    /// The series of one node, for the columns that are about a node; empty if there are none.
    pub fn of_node(&self, key: &str) -> Series {
        let at = self.charted.iter().position(|it| it == key);
        let rows = self.nodes.chunks_exact(self.charted.len().max(1));
        let row = |all: &[[f64; NODE_FIELDS]]| {
            let mut row = NOTHING;
            row[BUCKET_FIELDS..].copy_from_slice(&all[at?]);
            Some(row)
        };
        Series {
            rows: rows.filter_map(row).collect(),
            ..Series::new(self.bucket_ns, Vec::new())
        }
    }

    /// What frames told besides what a report has.
    pub fn keep_from(&mut self, frames: &Series) {
        let wrong = Column::Wrong as usize;
        for (row, from) in self.rows.iter_mut().zip(&frames.rows) {
            row[wrong] = from[wrong];
        }
        self.charted.clone_from(&frames.charted);
        self.nodes.clone_from(&frames.nodes);
    }

    /// The complete series at the end of a run, from the report: what is drawn then is exactly what
    /// the command line prints.
    pub fn of_report(report: &Report) -> Series {
        let s = &report.series;
        let gap = |x: &Option<f64>| x.unwrap_or(f64::NAN);
        let rows = (0..s.offered_per_s.len())
            .map(|i| {
                let mut row = NOTHING;
                row[..8].copy_from_slice(&[
                    s.offered_per_s[i],
                    s.actions_per_s[i],
                    s.useful_per_s[i],
                    s.failed_per_s[i],
                    gap(&s.p50_ms[i]),
                    gap(&s.p99_ms[i]),
                    gap(&s.tries_per_action[i]),
                    s.waiting[i] as f64,
                ]);
                row
            })
            .collect();
        Series {
            rows,
            ..Series::new(s.bucket_ns, Vec::new())
        }
    }

    /// Without what came after the end of traffic: charts and debrief are about the run.
    pub fn cut(&mut self, duration_ns: u64) {
        let buckets = duration_ns.div_ceil(self.bucket_ns.max(1)) as usize;
        self.rows.truncate(buckets);
        self.nodes.truncate(buckets * self.charted.len());
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

    fn row(useful: f64) -> [f64; BUCKET_FIELDS] {
        let mut row = [0.0; BUCKET_FIELDS];
        row[Column::Useful as usize] = useful;
        row
    }

    #[test]
    fn the_last_bucket_is_replaced_until_it_is_complete() {
        let mut s = Series::new(1_000_000_000, Vec::new());
        s.splice(0, &[row(1.0), row(2.0)].concat(), &[]);
        s.splice(1, &[row(3.0), row(4.0)].concat(), &[]);
        let useful: Vec<f64> = s.rows.iter().map(|r| r[Column::Useful as usize]).collect();
        assert_eq!(useful, [1.0, 3.0, 4.0]);
        assert_eq!(s.mean(Column::Useful, 0, 3_000_000_000), Some(8.0 / 3.0));
        assert_eq!(s.first(Column::Useful, 0, |x| x > 2.0), Some(1_000_000_000));
        assert_eq!(s.peak(Column::Useful, 0), Some((2_000_000_000, 4.0)));
    }

    #[test]
    fn a_dropped_frame_leaves_a_gap_and_no_panic() {
        let mut s = Series::new(1_000_000_000, vec!["a".into()]);
        s.splice(2, &row(5.0), &[1.0, 2.0, f64::NAN]);
        assert_eq!(s.rows.len(), 3);
        assert_eq!(s.at(0, Column::Useful), None);
        assert_eq!(s.mean(Column::Useful, 0, 2_000_000_000), None);
        assert_eq!(s.of_node("a").at(0, Column::Busy), None);
        assert_eq!(s.of_node("a").at(2, Column::Queue), Some(2.0));
    }

    #[test]
    fn each_node_has_its_own_rows() {
        let mut s = Series::new(1_000_000_000, vec!["a".into(), "b".into()]);
        let nodes = [
            1.0, 10.0, 0.1, 2.0, 20.0, 0.2, 3.0, 30.0, 0.3, 4.0, 40.0, 0.4,
        ];
        s.splice(0, &[row(1.0), row(2.0)].concat(), &nodes);
        let b = s.of_node("b");
        let busy: Vec<_> = (0..2).map(|i| b.at(i, Column::Busy)).collect();
        assert_eq!(busy, [Some(2.0), Some(4.0)]);
        assert_eq!(b.at(1, Column::Hits), Some(0.4));
        assert!(s.of_node("nobody").is_empty());
        s.cut(1_000_000_000);
        assert_eq!((s.rows.len(), s.of_node("b").rows.len()), (1, 1));
    }
}
