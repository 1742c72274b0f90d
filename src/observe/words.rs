//! Codes of reports and frames in the words that people read.

use crate::engine::reason::Reason;

/// "timed out waiting" for `timed_out_waiting`. What is no reason code reads as it is written.
pub fn of_reason(code: &str) -> String {
    let known = Reason::ALL.iter().find(|r| r.code() == code);
    known.map_or_else(|| code.replace('_', " "), |r| r.words().to_owned())
}
