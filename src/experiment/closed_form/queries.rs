//! Arithmetic about queries: the rows that they look at, how often they are made, whom they wait for.

/// Rows that a query looks at that has nothing to go by: all.
pub fn by_scan(rows: f64) -> f64 {
    rows
}

/// Rows that are looked at to find one of so many that are sorted, at worst: each look halves what is left.
pub fn by_index(rows: f64) -> f64 {
    let (mut left, mut looks) = (rows, 0.0);
    while left >= 1.0 {
        left = (left / 2.0).floor();
        looks += 1.0;
    }
    looks
}

/// A query for the list and one for each of its items, one after the other.
pub fn one_by_one(items: f64, query: f64) -> f64 {
    (1.0 + items) * query
}

/// How long those who come right after a change of the schema wait, if whoever has the table needs so long
/// yet, and the change gives up after `patience`, 0 for never.
pub fn stalled(reader: f64, patience: f64) -> f64 {
    match patience > 0.0 {
        true => reader.min(patience),
        false => reader,
    }
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

    #[test]
    fn rows_looks_and_waits() {
        close(by_scan(1e6), 1e6, 1e-12);
        for (rows, looks) in [(1.0, 1.0), (3.0, 2.0), (4.0, 3.0), (1e6, 20.0), (1e7, 24.0)] {
            close(by_index(rows), looks, 1e-12);
        }
        close(one_by_one(20.0, 5.0), 105.0, 1e-12);
        close(stalled(15.0, 0.0), 15.0, 1e-12);
        close(stalled(15.0, 2.0), 2.0, 1e-12);
        close(stalled(1.0, 2.0), 1.0, 1e-12);
    }
}
