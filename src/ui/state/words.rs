//! Numbers and codes as people read them. Machine-readable values go into `data-value` attributes
//! beside these texts, so nothing here has to be parsed back.

pub use crate::observe::words::{count, of_reason as reason, sentence_case};

/// "700/s", "9.4/s", "0/s".
pub fn rate(per_s: f64) -> String {
    format!("{}/s", amount(per_s))
}

/// At most three digits that matter, whole from ten on: "2,030", "9.4", "0".
pub fn amount(x: f64) -> String {
    if !x.is_finite() {
        return "–".into();
    }
    if x.abs() < 9.95 && (x - x.round()).abs() > 0.04 {
        return format!("{x:.1}");
    }
    let whole = count(x.abs().round() as u64);
    if x <= -0.5 {
        format!("−{whole}")
    } else {
        whole
    }
}

/// A length of time from milliseconds: "0.4 ms", "38 ms", "1.2 s", "14.6 s", "130 s".
pub fn ms(ms: f64) -> String {
    if !ms.is_finite() {
        return "–".into();
    }
    match ms {
        x if x < 0.05 => "0 ms".into(),
        x if x < 9.95 => format!("{x:.1} ms"),
        x if x < 999.5 => format!("{x:.0} ms"),
        x if x < 99_950.0 => format!("{:.1} s", x / 1000.0),
        x => format!("{:.0} s", x / 1000.0),
    }
}

/// An instant or a length of simulated time: "54.2 s".
pub fn seconds(ns: u64) -> String {
    // Cut, not rounded: a clock must not show an instant that has not been reached.
    let tenths = ns / 100_000_000;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// A moment, or the time in which it lies: "30.0–31.5 s".
pub fn moment(at_ns: u64, within_ns: u64) -> String {
    let until = seconds(at_ns + within_ns);
    match within_ns {
        0 => until,
        _ => format!("{}–{until}", seconds(at_ns).trim_end_matches(" s")),
    }
}

/// Whole seconds where that is exact: "180 s", "30.5 s".
pub fn seconds_short(ns: u64) -> String {
    if ns.is_multiple_of(1_000_000_000) {
        format!("{} s", ns / 1_000_000_000)
    } else {
        seconds(ns)
    }
}

/// A share as text. Never rounds up to 100 % or down to 0 %: a single failed user must show.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "–".into();
    }
    let p = share * 100.0;
    if p >= 100.0 {
        "100 %".into()
    } else if p >= 99.0 {
        let cut = (p * 100.0).floor() / 100.0;
        format!("{} %", trim_zeros(&format!("{cut:.2}")))
    } else if p <= 0.0 {
        "0 %".into()
    } else if p < 1.0 {
        format!("{} %", trim_zeros(&format!("{:.2}", p.max(0.01))))
    } else {
        format!("{p:.0} %")
    }
}

/// "2.9", "27", "1.05": a factor without its sign.
pub fn factor(x: f64) -> String {
    if !x.is_finite() {
        return "–".into();
    }
    if x >= 9.95 {
        format!("{x:.0}")
    } else {
        trim_zeros(&format!("{x:.2}")).to_owned()
    }
}

/// "$2.40" from millionths of a dollar; more decimals below ten cents.
pub fn money(micro: i64) -> String {
    let dollars = micro as f64 / 1e6;
    let sign = if micro < 0 { "−" } else { "" };
    let abs = dollars.abs();
    if abs > 0.0 && abs < 0.095 {
        format!("{sign}${abs:.3}")
    } else {
        format!("{sign}${abs:.2}")
    }
}

fn trim_zeros(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// A reason as it reads at the node where it happened: its callers say "error from callee", and that is this one.
pub fn reason_here(code: &str) -> String {
    match code {
        "error_from_callee" => "answered with an error".to_owned(),
        other => reason(other),
    }
}

/// A sentence in pieces, and whether each is code: what stands between two backticks. A single one is a letter
/// like others.
pub fn code_in(sentence: &str) -> Vec<(bool, &str)> {
    if sentence.matches('`').count() % 2 == 1 {
        return vec![(false, sentence)];
    }
    let pieces = sentence.split('`').enumerate();
    pieces
        .map(|(nth, piece)| (nth % 2 == 1, piece))
        .filter(|(_, piece)| !piece.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stands_between_backticks() {
        let pieces = code_in("`many` is no number: `50` or `10k`");
        let expected = [
            (true, "many"),
            (false, " is no number: "),
            (true, "50"),
            (false, " or "),
            (true, "10k"),
        ];
        assert_eq!(pieces, expected);
        assert_eq!(code_in("a ` alone"), [(false, "a ` alone")]);
        assert_eq!(code_in(""), []);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(13_940), "13,940");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(rate(2030.4), "2,030/s");
        assert_eq!(rate(9.44), "9.4/s");
        assert_eq!(rate(0.0), "0/s");
        assert_eq!(amount(f64::NAN), "–");
        assert_eq!(ms(0.0), "0 ms");
        assert_eq!(ms(12.3), "12 ms");
        assert_eq!(ms(14_600.0), "14.6 s");
        assert_eq!(seconds(31_049_999_999), "31.0 s");
        assert_eq!(seconds_short(180_000_000_000), "180 s");
        assert_eq!(factor(2.898), "2.9");
        assert_eq!(factor(1.0), "1");
        assert_eq!(money(2_400_000), "$2.40");
        assert_eq!(money(0), "$0.00");
    }

    #[test]
    fn a_share_never_hides_the_last_user() {
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.99999), "99.99 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.00001), "0.01 %");
        assert_eq!(percent(0.724), "72 %");
        assert_eq!(percent(0.995), "99.5 %");
    }
}
