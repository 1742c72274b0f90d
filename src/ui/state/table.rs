//! Numbers over time: a row per step, a column per quantity. NaN is "nothing measured".

/// A growing table: rows arrive in order; the newest ones are replaced until they are complete.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub step_ns: u64,
    width: usize,
    values: Vec<f64>,
}

impl Table {
    pub fn new(step_ns: u64, width: usize) -> Table {
        Table {
            step_ns,
            width,
            values: Vec::new(),
        }
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Takes rows that begin at row `first`. A gap (a frame that was dropped) is filled with "nothing measured".
    pub fn splice(&mut self, first: usize, rows: &[f64]) {
        self.values.resize(first * self.width, f64::NAN);
        self.values.extend_from_slice(rows);
    }

    pub fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows * self.width);
    }

    /// Without what came after this moment.
    pub fn cut(&mut self, at_ns: u64) {
        self.truncate(at_ns.div_ceil(self.step_ns.max(1)) as usize);
    }

    pub fn row(&self, row: usize) -> &[f64] {
        let from = (row * self.width).min(self.values.len());
        let to = (from + self.width).min(self.values.len());
        &self.values[from..to]
    }

    pub fn at(&self, row: usize, column: impl Into<usize>) -> Option<f64> {
        let value = self.row(row).get(column.into()).copied();
        value.filter(|x| x.is_finite())
    }

    pub fn set(&mut self, row: usize, column: impl Into<usize>, to: f64) {
        if let Some(value) = self.values.get_mut(row * self.width + column.into()) {
            *value = to;
        }
    }

    /// The row that holds this instant.
    pub fn row_of(&self, at_ns: u64) -> usize {
        (at_ns / self.step_ns.max(1)) as usize
    }

    /// Seconds at the middle of a row.
    pub fn middle_s(&self, row: usize) -> f64 {
        (row as f64 + 0.5) * self.step_ns as f64 / 1e9
    }

    /// Mean of what was measured in `[from, to)`; `None` if nothing was.
    pub fn mean(&self, column: impl Into<usize>, from_ns: u64, to_ns: u64) -> Option<f64> {
        let column = column.into();
        let (a, b) = (self.row_of(from_ns), self.row_of(to_ns).min(self.len()));
        let (mut sum, mut n) = (0.0, 0u32);
        for x in (a..b).filter_map(|row| self.at(row, column)) {
            sum += x;
            n += 1;
        }
        (n > 0).then(|| sum / f64::from(n))
    }

    /// Largest value with the instant (start of its row) where it was first reached.
    pub fn peak(&self, column: impl Into<usize>) -> Option<(u64, f64)> {
        let column = column.into();
        let mut best: Option<(u64, f64)> = None;
        for row in 0..self.len() {
            if let Some(x) = self.at(row, column)
                && best.is_none_or(|(_, y)| x > y)
            {
                best = Some((row as u64 * self.step_ns, x));
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_is_replaced_until_it_is_complete() {
        let mut table = Table::new(1_000_000_000, 2);
        table.splice(0, &[0.0, 1.0, 0.0, 2.0]);
        table.splice(1, &[0.0, 3.0, 0.0, 4.0]);
        let values: Vec<_> = (0..4).map(|row| table.at(row, 1usize)).collect();
        assert_eq!(values, [Some(1.0), Some(3.0), Some(4.0), None]);
        assert_eq!(table.mean(1usize, 0, 3_000_000_000), Some(8.0 / 3.0));
        assert_eq!(table.peak(1usize), Some((2_000_000_000, 4.0)));
        table.cut(1_500_000_000);
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn a_dropped_frame_leaves_a_gap_and_no_panic() {
        let mut table = Table::new(1_000_000_000, 1);
        table.splice(2, &[5.0]);
        assert_eq!(table.len(), 3);
        assert_eq!(table.at(0, 0usize), None);
        assert_eq!(table.at(9, 0usize), None);
        assert_eq!(table.at(2, 9usize), None);
        assert_eq!(table.mean(0usize, 0, 2_000_000_000), None);
        assert_eq!(Table::default().len(), 0);
    }
}
