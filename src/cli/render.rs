//! Findings for a terminal: the line of the file, the place in it, and the remedy.
//!
//! The text carries colours; `anstream` takes them out where nobody would see them.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::design::diagnostic::{Diagnostic, Place, Severity};

/// Longer lines are not shown: nobody reads them, and a hostile file has them.
const LONGEST_LINE: usize = 160;

/// All findings about one file, with a line that counts them. Empty if there are none.
pub fn diagnostics(file_name: &str, text: &str, findings: &[Diagnostic]) -> String {
    let mut out = String::new();
    if findings.is_empty() {
        return out;
    }
    let renderer = Renderer::styled();
    for finding in findings {
        out.push_str(&renderer.render(&[group(file_name, text, finding)]));
        out.push_str("\n\n");
    }
    let all = |severity: Severity| findings.iter().filter(|f| f.severity == severity).count();
    let counts = [
        (all(Severity::Error), "error", "errors"),
        (all(Severity::Warning), "warning", "warnings"),
        (all(Severity::Advice), "piece of advice", "pieces of advice"),
    ];
    let counts = counts.iter().filter(|(n, ..)| *n > 0);
    let counts: Vec<String> = counts
        .map(|(n, one, many)| format!("{n} {}", if *n == 1 { one } else { many }))
        .collect();
    let _ = writeln!(out, "{file_name}: {}", counts.join(", "));
    out
}

fn group<'a>(file_name: &'a str, text: &'a str, finding: &'a Diagnostic) -> Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Advice => Level::INFO.with_name("advice"),
    };
    let title = level
        .primary_title(finding.message.as_str())
        .id(finding.code);
    let mut group = Group::with_title(title);
    if let Some(place) = &finding.place {
        group = match line(text, place) {
            Some((start, line)) if line.chars().count() <= LONGEST_LINE => {
                // What goes on over several lines is shown by its first one.
                let end = place.end.min(start + line.len()).max(place.start);
                let mark = AnnotationKind::Primary.span(place.start - start..end - start);
                let snippet = Snippet::source(line).path(file_name).line_start(place.line);
                group.element(snippet.annotation(mark))
            }
            _ => {
                let origin = Origin::path(file_name)
                    .line(place.line)
                    .char_column(place.column);
                let shown = format!("here: {}", place.text);
                group.element(origin).element(Level::NOTE.message(shown))
            }
        };
    } else {
        group = group.element(Origin::path(file_name));
    }
    if !finding.path.is_empty() && finding.place.is_none() {
        group = group.element(Level::NOTE.message(format!("at `{}`", finding.path)));
    }
    match &finding.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// The line in which a place begins, and where it begins itself.
fn line<'t>(text: &'t str, place: &Place) -> Option<(usize, &'t str)> {
    let start = text
        .get(..place.start)?
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let line = text[start..].split('\n').next()?;
    Some((start, line.trim_end_matches('\r')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    fn plain(text: &str) -> String {
        let rendered = diagnostics("shop.toml", text, &scenario::check(text).diagnostics);
        anstream::adapter::strip_str(&rendered).to_string()
    }

    #[test]
    fn a_finding_shows_line_place_and_remedy() {
        let text = "format = 1\n\n[run]\nduration = \"3 m\"\n";
        let expected = "\
error[E0301]: `m` is no unit of a duration
 --> shop.toml:4:12
  |
4 | duration = \"3 m\"
  |            ^^^^^
  |
  = help: minutes are `min`, milliseconds are `ms`; a duration is a number with ns, us, ms, s, min, h or d: `250 ms`

shop.toml: 1 error
";
        assert_eq!(plain(text), expected);
    }

    #[test]
    fn hostile_lines_are_not_printed() {
        let text = format!("format = 1\nx = \"\u{1b}[31m{}\"\n", "a".repeat(5_000));
        let shown = plain(&text);
        assert!(shown.len() < 1_000, "{shown}");
        assert!(!shown.contains('\u{1b}'));
    }
}
