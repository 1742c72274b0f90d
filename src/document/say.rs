//! Numbers as documents write them: each can be read back to what it was, to the digits that it shows.

use crate::observe::report::{LedgerCounts, Report};
pub use crate::observe::words::count;

/// "44.18 %". Never rounds up to 100 % or down to 0 %: a single failed user must show.
pub fn share(share: f64) -> String {
    let hundredths = libm::round(share * 10_000.0) as u64;
    let hundredths = match share {
        share if share >= 1.0 => 10_000,
        share if share <= 0.0 => 0,
        _ => hundredths.clamp(1, 9_999),
    };
    format!("{} %", parted(hundredths, 2))
}

pub fn share_or_none(of: Option<f64>) -> String {
    of.map_or_else(|| "nobody came".to_owned(), share)
}

/// "1,036/s", "9.42/s"
pub fn rate(per_s: f64) -> String {
    format!("{}/s", number(per_s))
}

/// Three digits that matter, whole from a hundred on: "1,036", "56.4", "9.42", "0".
pub fn number(value: f64) -> String {
    let value = value.max(0.0);
    match value {
        v if v >= 99.95 => count(libm::round(v) as u64),
        v if v >= 9.995 => parted(libm::round(v * 10.0) as u64, 1),
        v => parted(libm::round(v * 100.0) as u64, 2),
    }
}

/// A length of time: "43.1 ms", "1.74 s", "130 s".
pub fn time(ns: f64) -> String {
    match ns {
        ns if ns >= 999_500_000.0 => format!("{} s", number(ns / 1e9)),
        ns if ns >= 999_500.0 => format!("{} ms", number(ns / 1e6)),
        ns => format!("{} us", number(ns / 1e3)),
    }
}

pub fn time_or_none(ns: Option<u64>) -> String {
    ns.map_or_else(|| "nobody was served".to_owned(), |ns| time(ns as f64))
}

/// A moment of the run, cut to thousandths of a second: "31.25 s".
pub fn instant(ns: u64) -> String {
    format!("{} s", parted(ns / 1_000_000, 3))
}

/// A moment, or the time in which it lies: "30.000 s to 31.500 s".
pub fn moment(at_ns: u64, within_ns: u64) -> String {
    match within_ns {
        0 => instant(at_ns),
        _ => format!("{} to {}", instant(at_ns), instant(at_ns + within_ns)),
    }
}

/// "$0.1004/h", exact.
pub fn dollars(micro_per_hour: i64) -> String {
    format!("{}/h", crate::design::value::Money(micro_per_hour))
}

/// A whole number of parts of ten, hundred, ... as a decimal, without noughts at its end.
fn parted(parts: u64, digits: u32) -> String {
    let one = 10u64.pow(digits);
    let (whole, rest) = (count(parts / one), parts % one);
    if rest == 0 {
        return whole;
    }
    let rest = format!("{rest:0width$}", width = digits as usize);
    format!("{whole}.{}", rest.trim_end_matches('0'))
}

/// "1 action", "3 actions"
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// What is wrong in the data, by the ledger: what it is called, how often, and whether an action of a user is
/// harmed by it. Old answers are everyday life with copies and caches.
pub fn wrongs(ledger: &LedgerCounts) -> Vec<(&'static str, u64, bool)> {
    vec![
        ("lost", ledger.lost, true),
        ("duplicate", ledger.duplicate, true),
        ("phantom (done, told failed)", ledger.phantom, true),
        ("partial", ledger.partial, true),
        ("unauthorised", ledger.unauthorised, true),
        ("lost updates", ledger.lost_updates, true),
        ("write skews", ledger.write_skews, true),
        ("beyond an invariant", ledger.invariants_broken, true),
        ("out of order", ledger.out_of_order, true),
        ("own writes missed", ledger.own_write_missed, true),
        ("went back", ledger.went_back, false),
        ("stale", ledger.stale, false),
        ("parked in dead letters", ledger.parked, false),
        ("rows that differ for good", ledger.diverged, false),
        ("without a verdict", ledger.open, false),
    ]
}

/// "lost 3, duplicate 17"; what there is of it.
pub fn data(ledger: &LedgerCounts) -> String {
    let all = wrongs(ledger).into_iter().filter(|(_, n, _)| *n > 0);
    let said: Vec<String> = all
        .map(|(what, n, _)| format!("{what} {}", count(n)))
        .collect();
    match said.is_empty() {
        true => "nothing wrong in the data".to_owned(),
        false => said.join(", "),
    }
}

/// Actions of the measured part that were not served, not even in part.
pub fn not_served(report: &Report) -> u64 {
    let users = &report.users;
    users.failed + users.abandoned + users.unanswered
}

/// From when to when actions are counted: "100 s to 180 s".
pub fn measured(report: &Report) -> String {
    let (from, to) = report.measure_ns;
    format!("{} to {}", instant(from), instant(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well_and_hide_nothing() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(share(0.441_84), "44.18 %");
        assert_eq!(share(0.999_999), "99.99 %");
        assert_eq!(share(0.000_001), "0.01 %");
        assert_eq!((share(1.0).as_str(), share(0.0).as_str()), ("100 %", "0 %"));
        assert_eq!(share(0.5), "50 %");
        assert_eq!(rate(1036.4), "1,036/s");
        assert_eq!(rate(9.42), "9.42/s");
        assert_eq!(rate(0.0), "0/s");
        assert_eq!(time(1_740_000_000.0), "1.74 s");
        assert_eq!(time(43_120_000.0), "43.1 ms");
        assert_eq!(time(130e9), "130 s");
        assert_eq!(instant(31_250_000_000), "31.25 s");
        assert_eq!(dollars(100_400), "$0.1004/h");
    }
}
