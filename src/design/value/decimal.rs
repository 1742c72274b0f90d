//! Decimal text to whole numbers and back, with no rounding and no float in between.

/// A number as it was written: `1.25` is 125 with 2 decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    pub mantissa: u64,
    pub decimals: u32,
}

/// Why text is no number that can be kept exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    NotANumber,
    /// `1e9`
    Exponent,
    Negative,
    /// More digits than a 64-bit whole number holds.
    TooManyDigits,
    /// Finer than the base unit: half a nanosecond, a tenth of a request.
    TooFine,
    TooLarge,
}

/// With more decimals a power of ten would not fit into 64 bits.
const MAX_DECIMALS: u32 = 19;

impl Decimal {
    /// Reads the number at the start of `text`; returns it with what follows, spaces trimmed.
    ///
    /// `_` may stand between digits. No exponent, no leading point: a number in a scenario reads the
    /// same to everybody.
    pub fn split(text: &str) -> Result<(Decimal, &str), Problem> {
        let text = text.trim();
        if text.starts_with(['-', '\u{2212}']) {
            return Err(Problem::Negative);
        }
        let text = text.strip_prefix('+').unwrap_or(text);
        let bytes = text.as_bytes();
        let (mut decimals, mut mantissa) = (None::<u32>, 0u64);
        let mut end = 0;
        while end < bytes.len() {
            let between_digits = end > 0
                && bytes[end - 1].is_ascii_digit()
                && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            match bytes[end] {
                digit @ b'0'..=b'9' => {
                    let longer = mantissa.checked_mul(10);
                    let longer = longer.and_then(|n| n.checked_add(u64::from(digit - b'0')));
                    mantissa = longer.ok_or(Problem::TooManyDigits)?;
                    decimals = decimals.map(|count| count + 1);
                    if decimals > Some(MAX_DECIMALS) {
                        return Err(Problem::TooManyDigits);
                    }
                }
                b'_' if between_digits => {}
                b'.' if between_digits && decimals.is_none() => decimals = Some(0),
                _ => break,
            }
            end += 1;
        }
        let rest = &text[end..];
        if end > 0 && is_exponent(rest) {
            return Err(Problem::Exponent);
        }
        // `1.2.3`, `1,5` and `5_` are no numbers; `10 ms` and `10ms` are.
        if end == 0 || rest.starts_with(['.', ',', '_']) {
            return Err(Problem::NotANumber);
        }
        let decimals = decimals.unwrap_or(0);
        Ok((Decimal { mantissa, decimals }, rest.trim()))
    }

    /// In base units of which `unit` make one: `1.5` of 1,000 is 1,500. Exact or refused.
    pub fn in_units(self, unit: u64) -> Result<u64, Problem> {
        let scaled = u128::from(self.mantissa) * u128::from(unit);
        let divisor = 10u128.pow(self.decimals);
        if scaled % divisor != 0 {
            return Err(Problem::TooFine);
        }
        u64::try_from(scaled / divisor).map_err(|_| Problem::TooLarge)
    }
}

fn is_exponent(rest: &str) -> bool {
    let Some(power) = rest.strip_prefix(['e', 'E']) else {
        return false;
    };
    power.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-')
}

/// `value` base units, of which `unit` make one, as the shortest decimal text: 1,500 of 1,000 is
/// `1.5`. `unit` is a power of ten.
pub fn print(value: u64, unit: u64) -> String {
    let (whole, rest) = (value / unit, value % unit);
    if rest == 0 {
        return group(whole);
    }
    let width = unit.ilog10() as usize;
    let digits = format!("{rest:0width$}");
    format!("{}.{}", group(whole), digits.trim_end_matches('0'))
}

/// Digits in threes from 10,000 on, with the mark that TOML allows: `10_000`.
fn group(whole: u64) -> String {
    let digits = whole.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_thousandths(text: &str) -> Result<u64, Problem> {
        Decimal::split(text).and_then(|(number, _)| number.in_units(1000))
    }

    #[test]
    fn numbers_are_read_exactly_or_refused() {
        assert_eq!(in_thousandths("1.5"), Ok(1500));
        assert_eq!(in_thousandths(" 10_000.125 "), Ok(10_000_125));
        assert_eq!(in_thousandths("000000000000000000000000001"), Ok(1000));
        assert_eq!(in_thousandths("0.0001"), Err(Problem::TooFine));
        assert_eq!(in_thousandths("-1"), Err(Problem::Negative));
        assert_eq!(
            in_thousandths("123456789012345678901"),
            Err(Problem::TooManyDigits)
        );
        assert_eq!(
            in_thousandths("9999999999999999999"),
            Err(Problem::TooLarge)
        );
        assert_eq!(in_thousandths("1e9"), Err(Problem::Exponent));
        for text in [
            "", "nan", "inf", ".5", "1.", "1.2.3", "1,5", "1_", "_1", "1__0", "１",
        ] {
            assert_eq!(in_thousandths(text), Err(Problem::NotANumber), "{text}");
        }
    }

    #[test]
    fn what_follows_the_number_is_handed_back() {
        let (number, rest) = Decimal::split("250ms").unwrap();
        assert_eq!((number.mantissa, rest), (250, "ms"));
        assert_eq!(Decimal::split("7 evenings").unwrap().1, "evenings");
    }

    #[test]
    fn numbers_print_short() {
        assert_eq!(print(1500, 1000), "1.5");
        assert_eq!(print(12_345_678, 1), "12_345_678");
        assert_eq!(print(9_999, 1), "9999");
        assert_eq!(print(5, 1_000_000_000), "0.000000005");
    }
}
