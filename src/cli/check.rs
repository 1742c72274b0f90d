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
        let counts = [
            (design.nodes.len(), "node", "nodes"),
            (design.links.len(), "link", "links"),
            (design.operations.len(), "operation", "operations"),
            (
                scenario.timeline.len(),
                "timeline entry",
                "timeline entries",
            ),
            (scenario.goals.len(), "goal", "goals"),
        ];
        let counts =
            counts.map(|(n, one, many)| format!("{n} {}", if n == 1 { one } else { many }));
        let mut line = format!("{}: valid; {}", source.name, counts.join(", "));
        match warnings(&checked.diagnostics) {
            0 => {}
            1 => line.push_str("; 1 warning"),
            n => {
                let _ = write!(line, "; {n} warnings");
            }
        }
        output::print(&format!("{line}\n"))?;
    }
    Ok(worst)
}
