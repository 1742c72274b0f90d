//! What arithmetic says about rows that are read, thought about and written back, and about callers who
//! need two connections each.

/// Of writers who come at random to one row, read it, think for a constant time and write it back: those
/// whose change survives, or, if the row is checked at the end, those who get through. After each of them
/// the next one that can is the first to come: it comes after `1 / rate`, and is done after `think`.
pub fn survive(rate: f64, think: f64) -> f64 {
    1.0 / (1.0 + rate * think)
}

/// Two kinds of writers read two rows and write one each. Of those that get through, those during whose
/// time one of the other kind did: its successes are never less than `think` apart, so the share is their
/// rate times `think`.
pub fn skewed(rate: f64, think: f64) -> f64 {
    rate * think * survive(rate, think)
}

/// So many callers hold a connection each and want another one for `query`; the pool has some to spare.
/// The mean time until they are done: who is done gives two back.
pub fn two_each(callers: u64, spare: u64, query: f64) -> f64 {
    let (mut free, mut done, mut round, mut sum) = (spare, 0, 0.0, 0.0);
    while done < callers {
        let served = free.min(callers - done);
        round += 1.0;
        sum += served as f64 * round * query;
        done += served;
        free += served;
    }
    sum / callers as f64
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

    #[test]
    fn halves_and_thirds() {
        close(survive(100.0, 0.01), 0.5, 1e-12);
        close(survive(200.0, 0.01), 1.0 / 3.0, 1e-12);
        close(skewed(100.0, 0.01), 0.5, 1e-12);
        // One, two, four, and the last.
        close(two_each(8, 1, 1.0), (1.0 + 4.0 + 12.0 + 4.0) / 8.0, 1e-12);
        close(two_each(8, 8, 1.0), 1.0, 1e-12);
    }
}
