//! The series of a run as the charts read them: three tables that grow with the worker's frames.

use std::sync::Arc;

use super::table::Table;
use crate::observe::heat;
use crate::observe::report::Report;
use crate::worker::protocol::{BUCKET_FIELDS, Frame, NODE_FIELDS, RunPlan};

/// What is known of all users in one bucket: columns of [`Series::users`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Offered,
    Actions,
    Useful,
    Failed,
    P50,
    P99,
    Tries,
    Waiting,
    Wrong,
    /// Dollars per hour.
    Cost,
    /// Answers per second that were not good by the design's first objective.
    Bad,
}

/// What is known of one node: columns of its [`Part`] of [`Series::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Busy,
    Waiting,
    Found,
    /// Milliseconds.
    Oldest,
    Behind,
    Connecting,
    Instances,
}

impl From<Column> for usize {
    fn from(column: Column) -> usize {
        column as usize
    }
}

impl From<Field> for usize {
    fn from(field: Field) -> usize {
        field as usize
    }
}

/// Each table is shared with whoever draws it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// A row per bucket.
    pub users: Arc<Table>,
    /// Keys of the nodes that have series of their own; and those, beside each other, a row per bucket.
    pub charted: Vec<String>,
    pub nodes: Arc<Table>,
    /// A row per column of the heat map.
    pub heat: Arc<Table>,
}

/// Some neighbouring columns of a table.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub table: Arc<Table>,
    pub first: usize,
}

impl Part {
    pub fn whole(table: &Arc<Table>) -> Part {
        Part {
            table: Arc::clone(table),
            first: 0,
        }
    }

    pub fn at(&self, row: usize, column: usize) -> Option<f64> {
        self.table.at(row, self.first + column)
    }

    pub fn mean(&self, column: usize, from_ns: u64, to_ns: u64) -> Option<f64> {
        self.table.mean(self.first + column, from_ns, to_ns)
    }

    pub fn peak(&self, column: usize) -> Option<(u64, f64)> {
        self.table.peak(self.first + column)
    }
}

impl Series {
    pub fn new(bucket_ns: u64, heat_ns: u64, charted: Vec<String>) -> Series {
        Series {
            users: Arc::new(Table::new(bucket_ns, BUCKET_FIELDS)),
            nodes: Arc::new(Table::new(bucket_ns, NODE_FIELDS * charted.len())),
            heat: Arc::new(Table::new(heat_ns, heat::FIELDS)),
            charted,
        }
    }

    pub fn of_plan(plan: &RunPlan) -> Series {
        Series::new(plan.bucket_ns, plan.heat_ns, plan.charted_keys())
    }

    /// The same, before the run.
    pub fn emptied(&self) -> Series {
        Series::new(self.users.step_ns, self.heat.step_ns, self.charted.clone())
    }

    /// Takes the buckets and columns of a frame; what is left of its bulk are its discs.
    pub fn take<'b>(&mut self, frame: &Frame, bulk: &'b [f64]) -> &'b [f64] {
        let buckets = frame.buckets as usize;
        let columns = frame.columns as usize;
        let part = |bulk: &'b [f64], len: usize| bulk.split_at(len.min(bulk.len()));
        let (users, rest) = part(bulk, buckets * BUCKET_FIELDS);
        let (nodes, rest) = part(rest, buckets * NODE_FIELDS * self.charted.len());
        let (heat, discs) = part(rest, columns * heat::FIELDS);
        let first = frame.first_bucket as usize;
        if buckets > 0 {
            Arc::make_mut(&mut self.users).splice(first, users);
            Arc::make_mut(&mut self.nodes).splice(first, nodes);
        }
        if columns > 0 {
            Arc::make_mut(&mut self.heat).splice(frame.first_column as usize, heat);
        }
        discs
    }

    /// What is known of one node; `None` if nothing is.
    pub fn of_node(&self, key: &str) -> Option<Part> {
        let at = self.charted.iter().position(|it| it == key)?;
        Some(Part {
            table: Arc::clone(&self.nodes),
            first: at * NODE_FIELDS,
        })
    }

    /// What frames told besides what a report has.
    pub fn keep_from(&mut self, frames: &Series) {
        let users = Arc::make_mut(&mut self.users);
        for column in [Column::Wrong, Column::Cost] {
            for row in 0..users.len() {
                let told = frames.users.at(row, column);
                users.set(row, column, told.unwrap_or(f64::NAN));
            }
        }
        self.charted.clone_from(&frames.charted);
        self.nodes = Arc::clone(&frames.nodes);
        self.heat = Arc::clone(&frames.heat);
    }

    /// The complete series at the end of a run, from the report: what is drawn then is exactly what
    /// the command line prints.
    pub fn of_report(report: &Report) -> Series {
        let s = &report.series;
        let gap = |x: &Option<f64>| x.unwrap_or(f64::NAN);
        let mut users = Table::new(s.bucket_ns, BUCKET_FIELDS);
        for i in 0..s.offered_per_s.len() {
            let row = [
                s.offered_per_s[i],
                s.actions_per_s[i],
                s.useful_per_s[i],
                s.failed_per_s[i],
                gap(&s.p50_ms[i]),
                gap(&s.p99_ms[i]),
                gap(&s.tries_per_action[i]),
                s.waiting[i] as f64,
                f64::NAN,
                f64::NAN,
                bad_each(report, i),
            ];
            users.splice(i, &row);
        }
        Series {
            users: Arc::new(users),
            ..Series::new(s.bucket_ns, 0, Vec::new())
        }
    }

    /// Without what came after the end of traffic: charts and debrief are about the run.
    pub fn cut(&mut self, duration_ns: u64) {
        for table in [&mut self.users, &mut self.nodes, &mut self.heat] {
            let rows = duration_ns.div_ceil(table.step_ns.max(1)) as usize;
            if table.len() > rows {
                Arc::make_mut(table).truncate(rows);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }
}

/// Bad answers per second in a bucket, by the first objective.
fn bad_each(report: &Report, bucket: usize) -> f64 {
    let slo = report.slos.first();
    let bad = slo.and_then(|slo| slo.bad_each.get(bucket));
    let seconds = report.series.bucket_ns as f64 / 1e9;
    bad.map_or(f64::NAN, |&bad| f64::from(bad) / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_has_columns_of_its_own() {
        let mut series = Series::new(1_000_000_000, 2_000_000_000, vec!["a".into(), "b".into()]);
        let frame = Frame {
            buckets: 2,
            columns: 1,
            ..Frame::default()
        };
        let of_users = [1.0; 2 * BUCKET_FIELDS];
        let of_nodes: Vec<f64> = (0..4 * NODE_FIELDS).map(|n| n as f64).collect();
        let heat = [7.0; heat::FIELDS];
        let discs = [9.0, 9.0];
        let bulk = [&of_users[..], &of_nodes, &heat, &discs].concat();
        assert_eq!(series.take(&frame, &bulk), discs);
        let b = series.of_node("b").unwrap();
        let at = |row: usize| b.at(row, Field::Waiting.into());
        let first = (NODE_FIELDS + 1) as f64;
        assert_eq!(at(0), Some(first));
        assert_eq!(at(1), Some(first + 2.0 * NODE_FIELDS as f64));
        assert_eq!(series.heat.at(0, 3usize), Some(7.0));
        assert!(series.of_node("nobody").is_none());
        series.cut(1_000_000_000);
        assert_eq!((series.users.len(), series.nodes.len()), (1, 1));
        assert_eq!(series.heat.len(), 1, "half of it is of the run");
        assert!(series.emptied().is_empty());
    }

    #[test]
    fn a_torn_frame_is_no_panic() {
        let mut series = Series::new(1_000_000_000, 1_000_000_000, vec!["a".into()]);
        let frame = Frame {
            buckets: 3,
            columns: 2,
            first_bucket: 1,
            ..Frame::default()
        };
        assert!(series.take(&frame, &[1.0; 5]).is_empty());
        assert_eq!(series.users.at(0, Column::Useful), None);
    }
}
