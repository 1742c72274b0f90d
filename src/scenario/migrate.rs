//! Older formats are brought to the newest one when they are read, step by step on the tree of the
//! file, so that every finding still has its place in the text that somebody wrote.

use toml::de::{DeTable, DeValue};

use super::findings::Findings;
use super::{FORMAT, code};
use crate::design::value::cut;

/// One step: from format `n` to `n + 1`, at position `n - 1`.
type Migration = for<'t> fn(&mut DeTable<'t>);

/// Format 1 is the first.
static MIGRATIONS: [Migration; FORMAT as usize - 1] = [];

/// Brings the tree to the newest format. False if its format cannot be read.
pub fn migrate(root: &mut DeTable<'_>, findings: &mut Findings<'_>) -> bool {
    let Some((key, value)) = root.get_key_value("format") else {
        let first = format!("begin the file with `format = {FORMAT}`");
        findings
            .error(code::FORMAT, "format", 0..0, "`format` is missing")
            .help(first);
        return false;
    };
    let (key_span, span) = (key.span(), value.span());
    let written = match value.get_ref() {
        DeValue::Integer(number) => number.as_str().parse::<u32>().ok(),
        _ => None,
    };
    let Some(format) = written.filter(|format| *format >= 1) else {
        let found = cut(&findings.text[span.clone()]);
        findings
            .error(
                code::FORMAT,
                "format",
                span,
                format!("`{found}` is no format version"),
            )
            .help(format!("write `format = {FORMAT}`"));
        return false;
    };
    if format > FORMAT {
        findings
            .error(
                code::FORMAT,
                "format",
                key_span.start..span.end,
                format!("format {format} is newer than this build"),
            )
            .help(format!(
                "this build reads up to format {FORMAT}; take a newer one"
            ));
        return false;
    }
    for step in &MIGRATIONS[format as usize - 1..] {
        step(root);
    }
    true
}
