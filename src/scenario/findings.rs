//! Collects what is wrong with a text, each finding with its place.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::code;
use super::limits::MAX_FINDINGS;
use super::prose::{self, Told};
use crate::design::diagnostic::{Diagnostic, Place, Severity};
use crate::design::order::arrange;
use crate::design::value::cut;

/// Bytes of the text.
pub type Span = Range<usize>;

/// The findings about one text.
pub struct Findings<'t> {
    pub text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    /// Where each field and table stands, by its path.
    spans: BTreeMap<String, Span>,
    list: Vec<Diagnostic>,
    /// All of them, those that are not listed too.
    errors: usize,
    left_out: usize,
    /// Paths that have an error: what else is wrong there mostly follows from it.
    broken: BTreeSet<String>,
    /// Text that people read of a lesson, as it is written; `None` if the file has none.
    pub told: Option<Vec<Told>>,
    /// Some table with a name could not be read, so that names may seem to be missing.
    names_missing: bool,
}

/// Findings that may only follow from a table that could not be read.
const ABOUT_NAMES: &[&str] = &[
    code::NO_NODE,
    code::NO_TARGET,
    code::NO_KNOB,
    code::NO_LINK,
    code::NO_OPERATION,
];

impl<'t> Findings<'t> {
    pub fn new(text: &'t str) -> Findings<'t> {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0)
            .chain(ends.map(|(at, _)| at + 1))
            .collect();
        Findings {
            text,
            lines,
            spans: BTreeMap::new(),
            list: Vec::new(),
            errors: 0,
            left_out: 0,
            broken: BTreeSet::new(),
            told: None,
            names_missing: false,
        }
    }

    pub fn error(
        &mut self,
        code: &'static str,
        path: &str,
        span: Span,
        message: impl Into<String>,
    ) -> Help<'_> {
        self.add(code, Severity::Error, path, Some(span), message.into())
    }

    /// Keeps the place of a field, for checks that come when everything has been read.
    pub fn remember(&mut self, path: String, span: Span) {
        self.spans.insert(path, span);
    }

    /// Where a field stands; if it is not written, where its table is named.
    pub fn span_of(&self, path: &str) -> Span {
        let mut path = path;
        loop {
            if let Some(span) = self.spans.get(path) {
                return span.clone();
            }
            match path.rsplit_once('.') {
                Some((parent, _)) => path = parent,
                None => return 0..0,
            }
        }
    }

    /// What people read of a text: in a lesson, without what its numbers refer to, which is kept.
    pub fn shown<'s>(&mut self, path: String, raw: &'s str, span: Span) -> Cow<'s, str> {
        match &mut self.told {
            Some(told) if prose::is_told(&path) => {
                let shown = prose::shown(raw);
                let raw = raw.to_owned();
                told.push(Told { path, raw, span });
                shown.into()
            }
            _ => raw.into(),
        }
    }

    /// Says that a table with a name could not be read.
    pub fn names_are_missing(&mut self) {
        self.names_missing = true;
    }

    /// An error about a field that has been read before. If it has one already, this one only
    /// follows from it and is left out.
    pub fn error_at(
        &mut self,
        code: &'static str,
        path: &str,
        message: impl Into<String>,
    ) -> Help<'_> {
        self.at(code, Severity::Error, path, message.into())
    }

    pub fn warning_at(
        &mut self,
        code: &'static str,
        path: &str,
        message: impl Into<String>,
    ) -> Help<'_> {
        self.at(code, Severity::Warning, path, message.into())
    }

    fn at(
        &mut self,
        code: &'static str,
        severity: Severity,
        path: &str,
        message: String,
    ) -> Help<'_> {
        if self.broken.contains(path) {
            return Help(None);
        }
        let span = self.span_of(path);
        self.add(code, severity, path, Some(span), message)
    }

    /// Takes back that settings of the design have no effect, but for those of which this is true.
    pub fn keep_idle(&mut self, holds: impl Fn(&str) -> bool) {
        let of_entry = |path: &str| path.starts_with("timeline");
        self.list
            .retain(|d| d.code != code::NO_EFFECT || of_entry(&d.path) || holds(&d.path));
    }

    /// Takes in a piece of advice, and finds its place. There is no limit but the one on designs.
    pub fn advice(&mut self, advice: Diagnostic) {
        let place = self.place(self.span_of(&advice.path));
        self.list.push(Diagnostic {
            place: Some(place),
            ..advice
        });
    }

    /// A finding about the file as a whole.
    pub fn whole_file(&mut self, code: &'static str, message: impl Into<String>) -> Help<'_> {
        self.add(code, Severity::Error, "", None, message.into())
    }

    fn add(
        &mut self,
        code: &'static str,
        severity: Severity,
        path: &str,
        span: Option<Span>,
        message: String,
    ) -> Help<'_> {
        if self.names_missing && ABOUT_NAMES.contains(&code) {
            return Help(None);
        }
        if severity == Severity::Error {
            self.errors += 1;
            self.broken.insert(path.to_owned());
        }
        if self.list.len() >= MAX_FINDINGS {
            self.left_out += 1;
            // An error is listed, whatever else there is to say.
            let milder = |d: &Diagnostic| severity == Severity::Error && d.severity != severity;
            match self.list.iter().rposition(milder) {
                Some(at) => drop(self.list.remove(at)),
                None => return Help(None),
            }
        }
        let place = span.map(|span| self.place(span));
        // A name may be as long as the file; a path is for people.
        let path = cut(path);
        self.list.push(Diagnostic {
            code,
            severity,
            path,
            place,
            message,
            help: None,
            knob: None,
        });
        Help(self.list.last_mut())
    }

    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// All findings in the order of their places.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        if self.has_errors() {
            // What a link with a fault leads to seems to be unused.
            self.list.retain(|finding| finding.code != code::UNUSED);
        }
        let start = |finding: &Diagnostic| finding.place.as_ref().map_or(0, |place| place.start);
        arrange(&mut self.list, |a, b| start(a).cmp(&start(b)));
        if self.left_out > 0 {
            self.list.push(Diagnostic {
                code: code::LIMIT,
                severity: match self.errors {
                    0 => Severity::Warning,
                    _ => Severity::Error,
                },
                path: String::new(),
                place: None,
                message: format!("{} more findings are not listed", self.left_out),
                help: Some("put these right first".to_owned()),
                knob: None,
            });
        }
        self.list
    }

    /// The line of a byte, from 1.
    pub fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|begin| *begin <= at)
    }

    /// Line and column of a span. A span that no text could have is brought inside it.
    fn place(&self, span: Span) -> Place {
        let start = floor_boundary(self.text, span.start);
        let end = floor_boundary(self.text, span.end).max(start);
        let line = self.line_of(start);
        let column = self.text[self.lines[line - 1]..start].chars().count() + 1;
        Place {
            start,
            end,
            line,
            column,
            text: cut(&self.text[start..end]),
        }
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Adds the remedy to the finding just made.
pub struct Help<'f>(Option<&'f mut Diagnostic>);

impl Help<'_> {
    pub fn help(self, help: impl Into<String>) {
        if let Some(finding) = self.0 {
            finding.help = Some(help.into());
        }
    }

    pub fn maybe_help(self, help: Option<String>) {
        if let Some(help) = help {
            self.help(help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let text = "a = 1\nä = \"ö\" # ü\n";
        let findings = Findings::new(text);
        let at = text.find("\"ö\"").unwrap();
        let place = findings.place(at..at + 4);
        assert_eq!(
            (place.line, place.column, place.text.as_str()),
            (2, 5, "\"ö\"")
        );
        let beyond = findings.place(7..9_999);
        assert_eq!((beyond.start, beyond.end), (6, text.len()));
        let end = findings.place(text.len()..text.len());
        assert_eq!((end.line, end.column), (3, 1));
    }

    #[test]
    fn findings_beyond_the_limit_are_counted() {
        let mut findings = Findings::new("x");
        for _ in 0..MAX_FINDINGS + 5 {
            findings.error(code::SYNTAX, "", 0..1, "no").help("yes");
        }
        let list = findings.finish();
        assert_eq!(list.len(), MAX_FINDINGS + 1);
        assert!(list[MAX_FINDINGS].message.starts_with("5 more"));
    }
}
