//! Diagnostics as data: a stable code, a place, what is wrong, and what would be right.
//! The command line and the page only render them.

use serde::{Deserialize, Serialize};

use crate::design::word::{self, Word};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
    /// Valid, but unwise.
    Advice,
}

/// Where in the file, if it has a place there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Place {
    /// Byte range in the text.
    pub start: usize,
    pub end: usize,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The offending text itself, at most 80 characters of it.
    pub text: String,
}

/// One finding about a scenario file, a knob's value or a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Diagnostic {
    /// Stable, documented: `E0101`.
    #[serde(deserialize_with = "word::read")]
    pub code: Word,
    pub severity: Severity,
    /// The path in the file: `link.browse.timeout`.
    pub path: String,
    pub place: Option<Place>,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What is allowed or the nearest right name.
    pub help: Option<String>,
    /// Advice: the path of the one knob to look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub knob: Option<String>,
}
