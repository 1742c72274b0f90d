//! `brownout conformance`: runs what is published, and says what came out.

use clap::ValueEnum;
use serde::Serialize;

use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::{conformance_table, output};
use crate::design::nearest::nearest;
use crate::engine::SEMANTICS_VERSION;
use crate::experiment::conformance::{Case, Dice, Measured, Outcome, ROWS, Row};
use crate::experiment::parallel;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Conformance {
    /// Only this row, or all rows of this family; may be given many times
    #[arg(long, value_name = "NAME")]
    row: Vec<String>,
    /// Change a parameter in all chosen rows that have it, in expectation and run alike
    #[arg(long, value_name = "NAME=NUMBER", value_parser = change)]
    set: Vec<(String, f64)>,
    /// Random parameters, N sets for each family of the chosen rows, instead of their own; no `--set` needed
    #[arg(long, value_name = "N", conflicts_with_all = ["set", "list"],
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    draw: Option<u32>,
    /// Where the random parameters begin
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "draw")]
    dice: u64,
    /// Seeds 1 to N per row
    #[arg(long, value_name = "N", default_value_t = 5,
        value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Say which rows there are and what can be set in them
    #[arg(long, conflicts_with_all = ["print_scenario", "format"])]
    list: bool,
    /// Print the scenario file of each chosen row instead of running it
    #[arg(long, conflicts_with = "format")]
    print_scenario: bool,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  brownout conformance
  brownout conformance --row mm1 --row metastable
  brownout conformance --row mm1 --set lambda=60 --seeds 20
  brownout conformance --row mm1 --draw 5
  brownout conformance --row mm1 --print-scenario > mm1.toml
  brownout conformance --format markdown > docs/conformance.md

A row holds a run against a formula of queueing theory, plain arithmetic, or a publication. The mean
over the seeds must be within the tolerance (percentiles: one and a half times it). The interval is
where the mean over all possible seeds lies, with 95 % confidence.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people
    Table,
    /// Everything, for programs; see `brownout schema conformance`
    Json,
    /// The page docs/conformance.md
    Markdown,
}

/// `lambda=80`
fn change(text: &str) -> Result<(String, f64), String> {
    let (name, number) = text
        .split_once('=')
        .ok_or("write it as name=number: lambda=80")?;
    let number: f64 = number
        .trim()
        .parse()
        .map_err(|_| format!("`{number}` is no number"))?;
    if !number.is_finite() {
        return Err(format!("`{number}` is no number of anything"));
    }
    Ok((name.trim().to_owned(), number))
}

/// All rows and how they came out.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Results {
    pub semantics_version: u32,
    pub engine_version: &'static str,
    pub seeds: Vec<u64>,
    pub passed: bool,
    pub rows: Vec<Outcome>,
}

pub fn run(args: &Conformance) -> Result<Exit, Failure> {
    let rows = chosen(&args.row)?;
    if args.list {
        output::print(&conformance_table::list(&rows))?;
        return Ok(Exit::Done);
    }
    let cases = match args.draw {
        Some(sets) => drawn(&rows, sets, args.dice)?,
        None => cases(&rows, &args.set)?,
    };
    if args.print_scenario {
        let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
        output::print(&texts.join("\n"))?;
        return Ok(Exit::Done);
    }
    let seeds: Vec<u64> = (1..=args.seeds).collect();
    let rows = outcomes(&cases, &seeds);
    let results = Results {
        semantics_version: SEMANTICS_VERSION,
        engine_version: crate::version::VERSION,
        seeds,
        passed: rows.iter().all(|row| row.passed),
        rows,
    };
    match args.format {
        Format::Table => output::print(&conformance_table::table(&results))?,
        Format::Json => output::print_json(&results)?,
        Format::Markdown => output::print(&conformance_table::markdown(&results))?,
    }
    Ok(match results.passed {
        true => Exit::Done,
        false => Exit::Conformance,
    })
}

/// Rows by their names or their families' names; all if none is given.
fn chosen(names: &[String]) -> Result<Vec<&'static Row>, Failure> {
    if names.is_empty() {
        return Ok(ROWS.iter().collect());
    }
    let mut rows: Vec<&'static Row> = Vec::new();
    for name in names {
        let exact = ROWS.iter().filter(|row| row.name == name);
        let family = ROWS.iter().filter(|row| row.family.name == name);
        let mut found: Vec<_> = exact.collect();
        if found.is_empty() {
            found = family.collect();
        }
        if found.is_empty() {
            let known = ROWS.iter().flat_map(|row| [row.name, row.family.name]);
            let hint = nearest(name, known)
                .map_or(String::new(), |near| format!(", did you mean `{near}`?"));
            return Err(Failure::usage(format!(
                "there is no row `{name}`{hint} (brownout conformance --list)"
            )));
        }
        found.retain(|row| rows.iter().all(|other| other.name != row.name));
        rows.extend(found);
    }
    Ok(rows)
}

fn cases(rows: &[&'static Row], changes: &[(String, f64)]) -> Result<Vec<Case>, Failure> {
    for (name, _) in changes {
        let known = rows
            .iter()
            .any(|row| row.family.parameters.iter().any(|p| p.name == name));
        if !known {
            let all = rows.iter().flat_map(|row| row.family.parameters);
            let hint = nearest(name, all.map(|p| p.name))
                .map_or(String::new(), |near| format!(", did you mean `{near}`?"));
            return Err(Failure::usage(format!(
                "no chosen row has a parameter `{name}`{hint} (brownout conformance --list)"
            )));
        }
    }
    let cases = rows.iter().map(|row| {
        let has = |name: &str| row.family.parameters.iter().any(|p| p.name == name);
        let own: Vec<(&str, f64)> = changes
            .iter()
            .filter(|(name, _)| has(name))
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        row.case(&own, 1.0).map_err(Failure::usage)
    });
    cases.collect()
}

/// So many random sets of parameters for each family, of which its first row stands for all.
fn drawn(rows: &[&'static Row], sets: u32, dice: u64) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    let mut families: Vec<&str> = Vec::new();
    for row in rows {
        let family = row.family;
        if families.contains(&family.name) {
            continue;
        }
        families.push(family.name);
        // The same sets for a family, whichever others are chosen.
        let seed = family.name.bytes().fold(dice, |seed, byte| {
            seed.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        let mut dice = Dice::new(seed);
        for _ in 0..sets {
            let changes = (family.draw)(&mut dice);
            cases.push(row.case(&changes, 1.0).map_err(Failure::usage)?);
        }
    }
    Ok(cases)
}

/// Runs every case with every seed on all cores.
fn outcomes(cases: &[Case], seeds: &[u64]) -> Vec<Outcome> {
    let jobs: Vec<(usize, u64)> = (0..cases.len())
        .flat_map(|case| seeds.iter().map(move |&seed| (case, seed)))
        .collect();
    let bar = Progress::new(jobs.len() as u64, "running rows");
    let measured: Vec<Measured> = parallel::map(
        &jobs,
        |&(case, seed)| cases[case].measure(seed),
        || bar.add(1),
    );
    let of_rows = measured.chunks(seeds.len());
    cases
        .iter()
        .zip(of_rows)
        .map(|(case, measured)| case.judge(measured))
        .collect()
}
