//! The heat map of waits: its rows and columns, what is chosen in it, and the same in words.

use super::chart::Chart;
use super::words;
use crate::observe::heat::{BANDS, FIELDS, FROM_NS};
use crate::observe::requests::{Selection, What};
use crate::time::NS_PER_MS;

/// The row above all waits: told that it failed, however long that took.
pub const FAILED: usize = BANDS;

/// Of the table that says the same: waits by powers of ten.
pub const COLUMNS: [&str; 6] = [
    "below 10 ms",
    "10 to 100 ms",
    "100 ms to 1 s",
    "1 to 10 s",
    "10 s and more",
    "failed",
];

/// Which rows are drawn: those in which somebody was, with one to spare on both sides, and the failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    pub lowest: usize,
    pub highest: usize,
}

/// Some columns and rows of the map, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    pub columns: (usize, usize),
    pub rows: (usize, usize),
}

/// How many actions are in a cell.
pub fn count(chart: &Chart, column: usize, row: usize) -> f64 {
    let of = |field: usize| chart.data.at(column, field).unwrap_or(0.0);
    match row {
        FAILED => (BANDS..FIELDS).map(of).sum(),
        _ => of(row),
    }
}

fn sum(chart: &Chart, row: usize) -> f64 {
    (0..chart.data.table.len())
        .map(|column| count(chart, column, row))
        .sum()
}

impl Rows {
    pub fn of(chart: &Chart) -> Rows {
        let used = |row: &usize| sum(chart, *row) > 0.0;
        let lowest = (0..BANDS).find(used).unwrap_or(6);
        let highest = (0..BANDS).rfind(used).unwrap_or(16);
        Rows {
            lowest: lowest.saturating_sub(1),
            highest: (highest + 1).min(BANDS - 1),
        }
    }

    /// Rows that are drawn, the failed among them.
    pub fn drawn(self) -> usize {
        self.highest - self.lowest + 2
    }

    /// Place of a row from below.
    pub fn place(self, row: usize) -> usize {
        match row {
            FAILED => self.drawn() - 1,
            _ => row.clamp(self.lowest, self.highest) - self.lowest,
        }
    }

    /// The row at a place from below.
    pub fn row(self, place: usize) -> usize {
        match place + 1 >= self.drawn() {
            true => FAILED,
            false => self.lowest + place,
        }
    }
}

/// "40 ms", where a row begins.
pub fn begins(row: usize) -> String {
    words::ms(
        FROM_NS
            .get(row)
            .map_or(0.0, |&ns| ns as f64 / NS_PER_MS as f64),
    )
}

/// Where it ends; the last one does not.
fn ends_ns(row: usize) -> u64 {
    FROM_NS.get(row + 1).copied().unwrap_or(u64::MAX)
}

impl Cells {
    pub fn one(column: usize, row: usize) -> Cells {
        Cells {
            columns: (column, column),
            rows: (row, row),
        }
    }

    pub fn between(a: (usize, usize), b: (usize, usize)) -> Cells {
        Cells {
            columns: (a.0.min(b.0), a.0.max(b.0)),
            rows: (a.1.min(b.1), a.1.max(b.1)),
        }
    }

    pub fn count(self, chart: &Chart) -> f64 {
        let columns = self.columns.0..=self.columns.1;
        let of = |column| {
            let rows = self.rows.0..=self.rows.1;
            rows.map(|row| count(chart, column, row)).sum::<f64>()
        };
        columns.map(of).sum()
    }

    /// The actions in them. With the failed row and others together it is all who were told then.
    pub fn selection(self, step_ns: u64, end_ns: u64) -> Selection {
        let what = match self.rows {
            (FAILED, _) => What::Failed { reason: None },
            (_, FAILED) => What::Told,
            (low, high) => What::Waited {
                from_ns: FROM_NS[low],
                to_ns: ends_ns(high),
            },
        };
        Selection {
            from_ns: self.columns.0 as u64 * step_ns,
            to_ns: ((self.columns.1 as u64 + 1) * step_ns).min(end_ns.max(1)),
            what,
        }
    }

    /// "41 actions: told from 30.0 s to 31.5 s, after 0.4 s to 1.0 s".
    pub fn text(self, chart: &Chart) -> String {
        let step_ns = chart.data.table.step_ns;
        let n = words::count(self.count(chart) as u64);
        let from = words::seconds(self.columns.0 as u64 * step_ns);
        let to = words::seconds((self.columns.1 as u64 + 1) * step_ns);
        let waited = match self.rows {
            (FAILED, _) => "told that it failed".to_owned(),
            (_, FAILED) => "served or failed".to_owned(),
            (low, high) if high + 1 == BANDS => format!("served after {} or more", begins(low)),
            (low, high) => format!("served after {} to {}", begins(low), begins(high + 1)),
        };
        format!("{n} from {from} to {to}, {waited}")
    }
}

/// The decade of a row in [`COLUMNS`].
fn decade(row: usize) -> usize {
    let bounds = [10, 100, 1_000, 10_000].map(|ms| ms * NS_PER_MS);
    bounds
        .iter()
        .filter(|&&bound| FROM_NS[row] >= bound)
        .count()
}

/// One row of the table: counts of what was told in `[from, to)`.
pub fn cells(chart: &Chart, from_ns: u64, to_ns: u64) -> Vec<String> {
    let table = &chart.data.table;
    let columns = table.row_of(from_ns)..table.row_of(to_ns).min(table.len());
    let mut sums = [0.0; COLUMNS.len()];
    for column in columns {
        for row in 0..BANDS {
            sums[decade(row)] += count(chart, column, row);
        }
        sums[COLUMNS.len() - 1] += count(chart, column, FAILED);
    }
    sums.map(|n| words::count(n as u64)).to_vec()
}

/// What the picture shows, in a sentence.
pub fn sentence(chart: &Chart) -> String {
    let sums: Vec<f64> = (0..=FAILED).map(|row| sum(chart, row)).collect();
    let served: f64 = sums[..BANDS].iter().sum();
    let failed = words::count(sums[FAILED] as u64);
    let Some(slowest) = (0..BANDS).rfind(|&row| sums[row] > 0.0) else {
        return format!("{}: nobody was served, {failed} failed.", chart.title);
    };
    let usual = (0..BANDS).fold(0, |best, row| match sums[row] > sums[best] {
        true => row,
        false => best,
    });
    let share = words::percent(sums[usual] / served.max(1.0));
    let most = match usual + 1 {
        BANDS => format!("{} or more", begins(usual)),
        next => format!("{} to {}", begins(usual), begins(next)),
    };
    format!(
        "{}: {} served, {share} of them after {most}, the slowest after {} or more; {failed} failed.",
        chart.title,
        words::count(served as u64),
        begins(slowest)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::NS_PER_S;

    #[test]
    fn rows_and_their_places_are_each_others_inverse() {
        let rows = Rows {
            lowest: 5,
            highest: 20,
        };
        for place in 0..rows.drawn() {
            assert_eq!(rows.place(rows.row(place)), place);
        }
        assert_eq!(rows.row(rows.drawn() - 1), FAILED);
    }

    #[test]
    fn a_box_asks_for_what_it_shows() {
        let cells = Cells::between((4, 10), (2, 7));
        assert_eq!((cells.columns, cells.rows), ((2, 4), (7, 10)));
        let selection = cells.selection(NS_PER_S, 100 * NS_PER_S);
        assert_eq!(
            (selection.from_ns, selection.to_ns),
            (2 * NS_PER_S, 5 * NS_PER_S)
        );
        assert_eq!(
            selection.what,
            What::Waited {
                from_ns: FROM_NS[7],
                to_ns: FROM_NS[11],
            }
        );
        let failed = Cells::one(0, FAILED).selection(NS_PER_S, 100 * NS_PER_S);
        assert_eq!(failed.what, What::Failed { reason: None });
        let all = Cells::between((0, BANDS - 1), (0, FAILED)).selection(NS_PER_S, 1);
        assert_eq!((all.what, all.to_ns), (What::Told, 1));
        let slowest = Cells::one(0, BANDS - 1).selection(NS_PER_S, NS_PER_S);
        assert!(matches!(
            slowest.what,
            What::Waited {
                to_ns: u64::MAX,
                ..
            }
        ));
    }

    #[test]
    fn the_table_has_a_column_for_each_power_of_ten() {
        assert_eq!(decade(0), 0);
        assert_eq!(decade(10), 0, "6.3 to 10 ms");
        assert_eq!(decade(11), 1);
        assert_eq!(decade(BANDS - 1), 4);
    }
}
