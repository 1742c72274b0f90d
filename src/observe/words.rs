//! Codes of reports and frames in the words that people read.

use crate::engine::reason::Reason;

/// "timed out waiting" for `timed_out_waiting`. What is no reason code reads as it is written.
pub fn of_reason(code: &str) -> String {
    let known = Reason::ALL.iter().find(|r| r.code() == code);
    known.map_or_else(|| code.replace('_', " "), |r| r.words().to_owned())
}

/// "13,940": whole numbers with separators.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// As at the beginning of a sentence.
pub fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}
