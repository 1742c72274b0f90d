//! `brownout check`: is it a valid scenario, and if not, what would be right?

use std::fmt::Write as _;

use super::exit::{Exit, Failure};
use super::output;
use super::source::{Source, warnings};
use crate::scenario;

#[derive(Debug, clap::Args)]
pub struct Check {
    /// Scenario files; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

pub fn run(check: &Check) -> Result<Exit, Failure> {
    let mut worst = Exit::Done;
    for name in &check.files {
        let source = match Source::read(name) {
            Ok(source) => source,
            // The other files are checked all the same.
            Err(failure) => {
                output::error(&failure.message);
                worst = worst.max(failure.exit);
                continue;
            }
        };
        let checked = scenario::check(&source.text);
        output::note(&source.render(&checked.diagnostics));
        let Some(scenario) = checked.scenario else {
            worst = worst.max(Exit::Invalid);
            continue;
        };
        let design = &scenario.design;
        let mut line = format!(
            "{}: valid; {} nodes, {} links, {} operations, {} timeline entries, {} goals",
            source.name,
            design.nodes.len(),
            design.links.len(),
            design.operations.len(),
            scenario.timeline.len(),
            scenario.goals.len()
        );
        match warnings(&checked.diagnostics) {
            0 => {}
            n => {
                let _ = write!(line, "; {n} warnings");
            }
        }
        output::print(&format!("{line}\n"))?;
    }
    Ok(worst)
}
