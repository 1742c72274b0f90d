//! `brownout lint`: what is valid in a design and still unwise, and which knob to look at.

use clap::ValueEnum;
use serde::Serialize;

use super::exit::{Exit, Failure};
use super::output;
use super::source::Source;
use crate::design::diagnostic::{Diagnostic, Severity};
use crate::scenario;

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Lint {
    /// Scenario files; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

const AFTER: &str = "\
Advice is no error: the exit code is 0 with and without it. It is about the numbers of the design at
its start, not about a run; docs/lints.md lists what is looked for.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people
    Text,
    /// Everything, for programs; see `brownout schema lint`
    Json,
}

/// What was found in one file.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Linted {
    pub file: String,
    /// Broken files get no advice, only errors.
    pub valid: bool,
    pub findings: Vec<Diagnostic>,
}

/// All files that could be read.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
pub struct AllLinted {
    pub files: Vec<Linted>,
}

pub fn run(lint: &Lint) -> Result<Exit, Failure> {
    let mut worst = Exit::Done;
    let mut all = AllLinted::default();
    for name in &lint.files {
        let source = match Source::read(name) {
            Ok(source) => source,
            // The other files are looked at all the same.
            Err(failure) => {
                output::error(&failure.message);
                worst = worst.max(failure.exit);
                continue;
            }
        };
        let checked = scenario::lint(&source.text);
        let valid = checked.scenario.is_some();
        if !valid {
            worst = worst.max(Exit::Invalid);
        }
        match lint.format {
            Format::Text => text(&source, valid, &checked.diagnostics)?,
            Format::Json => all.files.push(Linted {
                file: source.name,
                valid,
                findings: checked.diagnostics,
            }),
        }
    }
    if lint.format == Format::Json {
        output::print_json(&all)?;
    }
    Ok(worst)
}

/// Advice is the result that was asked for; what is wrong with the file goes where `check` writes it.
fn text(source: &Source, valid: bool, findings: &[Diagnostic]) -> Result<(), Failure> {
    let (advice, wrong): (Vec<_>, Vec<_>) = findings
        .iter()
        .cloned()
        .partition(|finding| finding.severity == Severity::Advice);
    output::note(&source.render(&wrong));
    if valid && advice.is_empty() {
        output::print(&format!("{}: no advice\n", source.name))?;
    }
    output::print(&source.render(&advice))
}
