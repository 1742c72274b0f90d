//! Where a scenario's text comes from: a file, or the standard input when the name is `-`.

use std::fs::File;
use std::io::{self, Read};

use super::exit::{Exit, Failure};
use super::render;
use crate::design::diagnostic::{Diagnostic, Severity};
use crate::scenario::limits::MAX_BYTES;
use crate::scenario::{self, Scenario, code, edit};

/// A text with the name that findings call it by.
pub struct Source {
    pub name: String,
    pub text: String,
}

impl Source {
    /// Reads no more than a scenario may have, so that `/dev/zero` is refused, not swallowed.
    pub fn read(name: &str) -> Result<Source, Failure> {
        let shown = if name == "-" { "<stdin>" } else { name };
        let mut bytes = Vec::new();
        let most = MAX_BYTES as u64 + 1;
        let done = if name == "-" {
            io::stdin().lock().take(most).read_to_end(&mut bytes)
        } else {
            File::open(name).and_then(|file| file.take(most).read_to_end(&mut bytes))
        };
        done.map_err(|error| Failure::file("read", shown, &error))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Failure::new(
                Exit::Invalid,
                format!("{shown} is no text: byte {at} is not UTF-8"),
            )
        })?;
        Ok(Source {
            name: shown.to_owned(),
            text,
        })
    }

    /// The text with these knobs changed.
    pub fn edited(self, changes: &[(String, String)]) -> Result<Source, Failure> {
        if changes.is_empty() {
            return Ok(self);
        }
        match edit::apply(&self.text, changes) {
            Ok(text) => Ok(Source { text, ..self }),
            Err(findings) => Err(Failure::invalid(self.render(&findings))),
        }
    }

    /// The scenario, for a run, and its warnings rendered. What a lesson says of its numbers, and the changes that it knows,
    /// are about the design as its author left it; whoever runs another one is not kept from it, and `brownout check` says
    /// what does not fit there.
    pub fn check(&self) -> Result<(Scenario, String), Failure> {
        let mut checked = scenario::check(&self.text);
        let is_of_lesson = |it: &Diagnostic| {
            matches!(it.code, code::BARE_NUMBER | code::UNTRUE | code::BAD_CHANGE)
        };
        checked.diagnostics.retain(|it| !is_of_lesson(it));
        let rendered = self.render(&checked.diagnostics);
        let is_error = |it: &Diagnostic| it.severity == Severity::Error;
        let scenario = match checked.scenario {
            None if !checked.diagnostics.iter().any(is_error) => Scenario::parse(&self.text).ok(),
            known => known,
        };
        scenario
            .map(|scenario| (scenario, rendered.clone()))
            .ok_or(Failure::invalid(rendered))
    }

    pub fn render(&self, findings: &[Diagnostic]) -> String {
        render::diagnostics(&self.name, &self.text, findings)
    }
}

/// How many of the findings are warnings.
pub fn warnings(findings: &[Diagnostic]) -> usize {
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Warning)
        .count()
}
