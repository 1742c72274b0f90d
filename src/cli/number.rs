//! Numbers as people read them in tables: few digits, a unit, nothing that looks exact but is not.

/// Three significant digits in the unit that suits: `4.12 s`, `12.3 ms`, `250 us`.
pub fn time(ns: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, "s"), (1e6, "ms"), (1e3, "us")];
    let (unit, word) = UNITS
        .into_iter()
        .find(|(unit, _)| ns >= *unit)
        .unwrap_or((1.0, "ns"));
    if ns >= 1e12 {
        return format!("{} s", count((ns / 1e9) as u64));
    }
    format!("{} {word}", digits(ns / unit))
}

/// What there is not.
pub const NOTHING: &str = "-";

pub fn time_or_nothing(ns: Option<f64>) -> String {
    ns.map_or(NOTHING.to_owned(), time)
}

/// Thousands apart: `126,000`.
pub fn count(n: u64) -> String {
    let plain = n.to_string();
    let mut out = String::with_capacity(plain.len() + plain.len() / 3);
    for (i, digit) in plain.chars().enumerate() {
        if i > 0 && (plain.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `99.98 %`; nearly all is never printed as all, nearly none never as none.
pub fn share(part: f64) -> String {
    let percent = 100.0 * part;
    for decimals in 1..=5 {
        let text = format!("{percent:.decimals$}");
        let shown: f64 = text.parse().unwrap_or(percent);
        if (shown != 0.0 || percent == 0.0) && (shown != 100.0 || percent == 100.0) {
            return format!("{text} %");
        }
    }
    format!("{percent} %")
}

/// A rate or a factor: `700.2`, `2,100`, `0.053`.
pub fn plain(x: f64) -> String {
    if x.abs() >= 1_000.0 {
        let sign = if x < 0.0 { "-" } else { "" };
        return format!("{sign}{}", count(x.abs().round() as u64));
    }
    digits(x)
}

/// Dollars from millionths.
pub fn money(micro: i64) -> String {
    let dollars = micro as f64 / 1e6;
    let decimals = if micro % 10_000 == 0 { 2 } else { 4 };
    format!("${dollars:.decimals$}")
}

/// Four significant digits, without zeros that say nothing: `49.46`, `0.1217`, `64`.
pub fn digits4(x: f64) -> String {
    let size = x.abs();
    let decimals = match size {
        0.0 => 0,
        _ if size >= 1_000.0 => 0,
        _ if size >= 100.0 => 1,
        _ if size >= 10.0 => 2,
        _ if size >= 1.0 => 3,
        _ if size >= 0.1 => 4,
        _ => 5,
    };
    let text = format!("{x:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// About three significant digits, at least one decimal.
fn digits(x: f64) -> String {
    match x.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 => format!("{x:.0}"),
        size if size >= 10.0 => format!("{x:.1}"),
        size if size >= 0.995 => format!("{x:.2}"),
        size if size >= 0.0995 => format!("{x:.3}"),
        _ => format!("{x:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_honest() {
        assert_eq!(time(4_123_456_789.0), "4.12 s");
        assert_eq!(time(12_345_678.0), "12.3 ms");
        assert_eq!(time(250_000.0), "250 us");
        assert_eq!(time(0.0), "0 ns");
        assert_eq!(time(1_234.6e9), "1,234 s");
        assert_eq!(count(126_000), "126,000");
        assert_eq!(count(7), "7");
        assert_eq!(share(0.999_98), "99.998 %");
        assert_eq!(share(1.0), "100.0 %");
        assert_eq!(share(0.000_02), "0.002 %");
        assert_eq!(share(0.0), "0.0 %");
        assert_eq!(plain(2_100.4), "2,100");
        assert_eq!(plain(2.0), "2.00");
        assert_eq!(digits4(49.456), "49.46");
        assert_eq!(digits4(64.0), "64");
        assert_eq!(digits4(120_000.4), "120000");
        assert_eq!(digits4(0.045_593), "0.04559");
        assert_eq!(money(100_000), "$0.10");
        assert_eq!(money(-1_500), "$-0.0015");
    }
}
