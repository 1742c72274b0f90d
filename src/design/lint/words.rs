//! Numbers in the sentences of advice: three digits are enough to argue with.

/// `1.2`, `0.083`, `1,200` without the comma.
pub fn number(value: f64) -> String {
    let digits = if value >= 100.0 || value == 0.0 {
        0
    } else if value >= 10.0 {
        1
    } else if value >= 1.0 {
        2
    } else {
        3
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// `120 ms`, of nanoseconds.
pub fn time(ns: f64) -> String {
    let (unit, word) = if ns >= 1e9 {
        (1e9, "s")
    } else if ns >= 1e6 {
        (1e6, "ms")
    } else {
        (1e3, "us")
    };
    format!("{} {word}", number(ns / unit))
}

/// `93 %`, of a share of one.
pub fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

/// `700 per second`
pub fn rate(per_second: f64) -> String {
    format!("{} per second", number(per_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_no_idle_zeros() {
        assert_eq!(time(120e6), "120 ms");
        assert_eq!(time(1.5e9), "1.5 s");
        assert_eq!(time(2e3), "2 us");
        assert_eq!(percent(0.9), "90 %");
        assert_eq!(percent(1.2), "120 %");
        assert_eq!(rate(2100.0), "2100 per second");
        assert_eq!(number(0.0833), "0.083");
        assert_eq!(number(12.0), "12");
    }
}
