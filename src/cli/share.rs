//! `brownout share`: a link to a design, or a result code.

use super::exit::{Exit, Failure};
use super::output;
use super::run::{change, exit_of};
use super::source::Source;
use crate::design::nearest::nearest;
use crate::design::value::cut;
use crate::engine::Limits;
use crate::experiment;
use crate::observe::report::Report;
use crate::scenario::{Scenario, built_in};
use crate::share::{Fingerprint, Receipt, Shared, link, receipt};

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Share {
    /// The scenario file; `-` is the standard input
    file: String,
    /// The seed of the run; absent, the one that the scenario names
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change a knob before the run, as the file would write it; may be given many times
    #[arg(long, value_name = "PATH=VALUE", value_parser = change)]
    set: Vec<(String, String)>,
    /// What was predicted: the key of a bet of the lesson
    #[arg(long, value_name = "KEY")]
    bet: Option<String>,
    /// Print a result code: also who ran it, and which goals were met
    #[arg(long)]
    receipt: bool,
    /// Who ran it
    #[arg(long, value_name = "NAME", requires = "receipt")]
    name: Option<String>,
    /// Do not run it: the link says nothing of a result
    #[arg(long, conflicts_with = "receipt")]
    no_run: bool,
}

const AFTER: &str = "\
A link goes behind the address of the page. It holds everything: no server stores anything, and what
stands behind the # of an address is sent to none. In a shell, put it in quotes.
The run has the limits of the page, so that both come to the same result.
docs/share-format.md has the grammar.";

/// From here on programs that carry links may cut them.
const LONG: usize = 8_000;

pub fn run(args: &Share) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?.edited(&args.set)?;
    let (scenario, warnings) = source.check()?;
    output::note(&warnings);
    let seed = args.seed.unwrap_or(scenario.seed);
    let mut shared = Shared::of(&source.text, seed, built_in::text)
        .map_err(|findings| Failure::invalid(source.render(&findings)))?;
    if let Some(bet) = &args.bet {
        shared.bet = Some(known_bet(&scenario, bet)?);
    }
    let report = (!args.no_run).then(|| simulate(&scenario, seed));
    let code = match &report {
        Some(report) if args.receipt => {
            receipt::encode(&Receipt::of(shared, report, args.name.as_deref()))
        }
        report => {
            shared.run = report.as_ref().map(Fingerprint::of);
            link::encode(&shared)
        }
    };
    if code.len() > LONG {
        let length = code.len();
        output::note(&format!(
            "note: {length} characters; where that is cut, share the file\n"
        ));
    }
    output::print(&format!("{code}\n"))?;
    Ok(report.as_ref().map_or(Exit::Done, exit_of))
}

fn known_bet(scenario: &Scenario, key: &str) -> Result<String, Failure> {
    let keys = || scenario.lesson.bets.iter().map(|bet| bet.key.as_str());
    if keys().any(|known| known == key) {
        return Ok(key.to_owned());
    }
    let all: Vec<&str> = keys().collect();
    let help = match (nearest(key, keys()), all.as_slice()) {
        (_, []) => "its lesson has none".to_owned(),
        (Some(right), all) => format!("did you mean `{right}`? bets: {}", all.join(", ")),
        (None, all) => format!("bets: {}", all.join(", ")),
    };
    let message = format!("--bet: there is no bet `{}`; {help}", cut(key));
    Err(Failure::usage(message))
}

/// As the page runs it.
pub fn simulate(scenario: &Scenario, seed: u64) -> Report {
    let program = experiment::compile(scenario, Limits::PAGE);
    let mut report = experiment::run(scenario, program, seed);
    report.shorten();
    report
}
