//! `brownout check`: is it a valid scenario, and if not, what would be right? And does its lesson tell the
//! truth?

use std::fmt::Write as _;

use clap::ValueEnum;

use super::exit::{Exit, Failure};
use super::gate::{self, Gates};
use super::output;
use super::source::{Source, warnings};
use crate::scenario;

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Check {
    /// Scenario files; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Run what the lesson claims on twenty seeds: the start fails, fixes pass, the rest does not; or
    /// what a starting point says of its limits
    #[arg(long)]
    gate: bool,
    /// Run only what the numbers in the text of the lesson are about, on the file's own seed
    #[arg(long, conflicts_with = "gate")]
    told: bool,
    /// What to print of the gate
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

const AFTER: &str = "\
The gate of a lesson, on twenty seeds that come from the scenario's id and the version of the rules:
  the start design misses a goal on all of them;
  each fix reaches all goals on 18 or more, and on 16 or more with one of its numbers a tenth larger or
  smaller (whole numbers move by one or more);
  what is not enough or backfires reaches them on none; a backfire is also worse than the start in the
  metric that it `worsens`, on 15 or more, seed by seed;
  twice as many servers, and databases twice as large at twice the price, miss a goal about cost on all
  (unless the lesson says `servers_help = true`);
  part 2 misses a goal on all (unless it says `passes = true`), each fix of it passes on 18 or more;
  numbers in the text that refer to a run are those of the run on the file's own seed.
The gate of a starting point, which has `fails_first` and no goals, on seeds from the same source:
  at its own load it serves 99.9 % on five, with nothing lost, done twice or in part;
  the load is raised until less than 99 % of an operation is served, or messages wait for more than 2 s
  before anybody begins them: on two, that is within 5 % of `load`, and what is full then is `place`.
Exit code 3 if a file is not valid or does not pass.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people
    Table,
    /// Everything, for programs; see `brownout schema gate`
    Json,
}

pub fn run(check: &Check) -> Result<Exit, Failure> {
    let mut worst = Exit::Done;
    let mut gates = Gates::default();
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
        if check.gate || check.told {
            let report = gate::judge(&source, check.told)?;
            if !report.passed {
                worst = worst.max(Exit::Invalid);
            }
            match check.format {
                Format::Table => output::print(&gate::table(&source.name, &report))?,
                Format::Json => gates.add(source.name, report),
            }
            continue;
        }
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
    if (check.gate || check.told) && check.format == Format::Json {
        output::print_json(&gates)?;
    }
    Ok(worst)
}
