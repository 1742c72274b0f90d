//! `brownout document`: a design document, a runbook or a post-mortem, from a scenario and its runs.

use std::fs;

use clap::ValueEnum;

use super::exit::{Exit, Failure};
use super::output;
use super::progress::Progress;
use super::run::change;
use super::source::Source;
use crate::document::{self, Asked, Making};
use crate::scenario::built_in;
use crate::share::{Shared, link};

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Document {
    /// The scenario file; `-` is the standard input
    file: String,
    /// Which document
    #[arg(long, value_enum)]
    kind: Kind,
    /// The seed of all its runs; absent, the one that the scenario names
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change a knob before the runs, as the file would write it; may be given many times
    #[arg(long, value_name = "PATH=VALUE", value_parser = change)]
    set: Vec<(String, String)>,
    /// Write it to this file instead of the standard output; a file that is there is overwritten
    #[arg(long, value_name = "OUTPUT")]
    output: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// What it is, what it promises, what happens when a part fails, where it breaks first
    Design,
    /// For each alert: what it means, where to look, what helps and by how much, what makes it worse
    Runbook,
    /// What a run did to users and data, when, and why
    PostMortem,
}

const AFTER: &str = "\
Examples:
  brownout document scenarios/s04-retry-storm.toml --kind design --output shop.md
  brownout document scenarios/s24-what-should-wake-you.toml --kind runbook
  brownout document scenarios/s05-charged-twice.toml --kind post-mortem --set link.buy.timeout='2 s'

Markdown. Each number names the run that it is from, and the last chapter says how to make that run again;
what only people can say is a blank: `‹fill in: who›`. Runs have the limits of the page. docs/documents.md
says which runs are made.";

pub fn run(args: &Document) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?.edited(&args.set)?;
    let (scenario, warnings) = source.check()?;
    output::note(&warnings);
    let seed = args.seed.unwrap_or(scenario.seed);
    let shared = Shared::of(&source.text, seed, built_in::text)
        .map_err(|findings| Failure::invalid(source.render(&findings)))?;
    let asked = Asked {
        kind: match args.kind {
            Kind::Design => document::Kind::Design,
            Kind::Runbook => document::Kind::Runbook,
            Kind::PostMortem => document::Kind::PostMortem,
        },
        file: named(&args.file),
        link: link::encode(&shared),
        given: args.set.clone(),
        text: source.text.clone(),
        seed,
    };
    let making = Making::new(asked).map_err(|found| Failure::invalid(source.render(&found)))?;
    let text = made(making);
    match &args.output {
        None => output::print(&text)?,
        Some(name) => {
            fs::write(name, text).map_err(|error| Failure::file("write", name, &error))?;
        }
    }
    Ok(Exit::Done)
}

/// As a command line of somebody else would name it: without the folders of this machine.
fn named(file: &str) -> String {
    let path = std::path::Path::new(file);
    let name = path.file_name().filter(|_| path.is_absolute());
    match name {
        Some(name) => name.to_string_lossy().into_owned(),
        None => file.to_owned(),
    }
}

fn made(mut making: Making) -> String {
    let (_, needed) = making.progress();
    let bar = Progress::new(needed as u64, "making runs");
    let mut told = 0;
    while !making.go_on() {
        let (made, needed) = making.progress();
        bar.grow(needed as u64);
        bar.add((made - told) as u64);
        told = made;
    }
    making.written()
}
