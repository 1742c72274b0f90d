//! `brownout run`: one seed in detail, or many as bands.

use std::sync::Arc;

use clap::ValueEnum;
use serde::Serialize;

use super::exit::{Exit, Failure};
use super::ledger::STORIES;
use super::progress::{self, Progress};
use super::source::Source;
use super::{bands, output, table};
use crate::design::registry;
use crate::design::value::{self, Value};
use crate::engine::{self, Limits, Program};
use crate::experiment::bands::SeedsReport;
use crate::experiment::truth::{self, About, Truth, Wanted};
use crate::experiment::{self, parallel};
use crate::observe::report::{Ended, Report};
use crate::observe::{Recorder, summary};
use crate::scenario::Scenario;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// The scenario file; `-` is the standard input
    file: String,
    /// Which random numbers to draw; the same seed gives the same run, to the last bit
    ///
    /// Absent, the seed that the scenario names.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Run seeds 1 to N on all cores and print bands instead of single numbers
    #[arg(long, value_name = "N", conflicts_with = "seed",
        value_parser = clap::value_parser!(u64).range(1..=SEEDS_MAX))]
    seeds: Option<u64>,
    /// Change a knob before the run, as the file would write it; may be given many times
    #[arg(long, value_name = "PATH=VALUE", value_parser = change)]
    set: Vec<(String, String)>,
    /// End the run at this simulated time instead of `run.duration`
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// End the run when more requests than this are under way
    ///
    /// A backlog that only grows would fill the memory. The page ends at 500000.
    #[arg(long, value_name = "N", default_value_t = Limits::NATIVE.in_flight as u64,
        value_parser = clap::value_parser!(u64).range(1..=Limits::NATIVE.in_flight as u64))]
    backlog_limit: u64,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// As JSON, of one seed: name what went wrong with the data, and tell no stories of it
    ///
    /// For stories the same seed is run a second time, if anything went wrong.
    #[arg(long)]
    no_stories: bool,
    /// `off` runs one seed without the ledger, to measure what it costs
    ///
    /// Nobody knows then what became of the data: its counts are zero, goals about it do not hold, and the
    /// fingerprint is that of the system alone.
    #[arg(
        long,
        value_enum,
        default_value = "on",
        value_name = "WHETHER",
        conflicts_with = "seeds"
    )]
    ledger: Switch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// What is printed as JSON: the report, and whom its counts of the ledger are about.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Printed {
    #[serde(flatten)]
    report: Report,
    /// As of `brownout ledger --format json`: the first 20 of each verdict, with their stories.
    truth: Truth,
}

const SEEDS_MAX: u64 = 10_000;

const EXAMPLES: &str = "\
Examples:
  brownout run scenarios/s04-retry-storm.toml
  brownout run scenarios/s04-retry-storm.toml --set link.browse.retry_budget='10 %'
  brownout run scenarios/s04-retry-storm.toml --set link.browse.attempts=1 --seeds 20
  brownout run scenarios/s04-retry-storm.toml --until '60 s' --format json | jq .users

Seeds and bands:
  A seed stands for one course of chance: when exactly users come, how long each piece of work takes.
  One run is one possible day. --seeds 20 shows twenty of them: a band has the smallest and largest
  value, the quartiles (a quarter of the seeds lies below p25, a quarter above p75), the median, and
  the mean with the 95 % interval of where the mean of all possible days lies.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people
    Table,
    /// Everything, for programs; see `brownout schema report` and `brownout schema seeds`
    Json,
}

/// `link.browse.attempts=5`
pub fn change(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=');
    let (path, value) = parts.ok_or("write it as path=value: link.browse.attempts=5")?;
    Ok((path.trim().to_owned(), value.trim().to_owned()))
}

pub fn run(args: &Run) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?.edited(&args.set)?;
    let (mut scenario, warnings) = source.check()?;
    output::note(&warnings);
    if let Some(text) = &args.until {
        scenario = end_at(source, scenario, text)?;
    }
    let limits = Limits {
        in_flight: args.backlog_limit as usize,
        ..Limits::NATIVE
    };
    let program = experiment::compile(&scenario, limits);
    match args.seeds {
        Some(n) => many(&scenario, &program, n, args.format),
        None => {
            let seed = args.seed.unwrap_or(scenario.seed);
            one(&scenario, program, seed, args)
        }
    }
}

fn one(scenario: &Scenario, program: Arc<Program>, seed: u64, args: &Run) -> Result<Exit, Failure> {
    let recorder = match args.ledger {
        Switch::On => Recorder::new(&program),
        Switch::Off => Recorder::without_ledger(&program),
    };
    let mut run = engine::Run::new(program, seed, recorder);
    progress::finish(&mut run);
    let report = summary::report(scenario, &run, seed);
    let exit = exit_of(&report);
    match args.format {
        Format::Table => output::print(&table::report(&report))?,
        Format::Json => {
            let wanted = Wanted {
                about: About::Everything,
                most: usize::MAX,
                per_verdict: STORIES,
                stories: if args.no_stories { 0 } else { STORIES },
            };
            let truth = truth::of(scenario, &run, seed, wanted, progress::finish);
            output::print_json(&Printed { report, truth })?;
        }
    }
    Ok(exit)
}

fn many(
    scenario: &Scenario,
    program: &Arc<Program>,
    n: u64,
    format: Format,
) -> Result<Exit, Failure> {
    let seeds: Vec<u64> = (1..=n).collect();
    let bar = Progress::new(n, "running seeds");
    let short = |&seed: &u64| {
        let mut report = experiment::run(scenario, Arc::clone(program), seed);
        // Ten thousand series would fill the memory.
        report.shorten();
        report
    };
    let reports = parallel::map(&seeds, short, || bar.add(1));
    drop(bar);
    let exit = reports.iter().map(exit_of).max().unwrap_or(Exit::Done);
    let report = SeedsReport::of(reports);
    match format {
        Format::Table => output::print(&bands::report(&report))?,
        Format::Json => output::print_json(&report)?,
    }
    Ok(exit)
}

pub fn exit_of(report: &Report) -> Exit {
    match report.ended {
        Ended::Settled | Ended::Unsettled { .. } => Exit::Done,
        Ended::BacklogLimit { .. } | Ended::EventLimit { .. } => Exit::Limit,
    }
}

/// The scenario with another end. Beyond its own end it is an ordinary change of `run.duration`;
/// before it, what is measured is cut to what still happens.
fn end_at(source: Source, mut scenario: Scenario, text: &str) -> Result<Scenario, Failure> {
    let spec = registry::RUN.knob("duration").expect("a run has a length");
    let end = match value::parse(text, spec) {
        Ok(Value::Duration(end)) => end,
        Ok(other) => unreachable!("a duration parses to a duration, not {other:?}"),
        Err(error) => {
            let help = error.help.map_or(String::new(), |help| format!("; {help}"));
            return Err(Failure::usage(format!("--until: {}{help}", error.message)));
        }
    };
    if end >= scenario.run.duration {
        let change = ("run.duration".to_owned(), text.to_owned());
        return Ok(source.edited(&[change])?.check()?.0);
    }
    for said in scenario.end_early(end) {
        output::note(&format!("note: {said}\n"));
    }
    Ok(scenario)
}
