//! The native command line: one file per command, and how results and findings are printed.

mod bands;
mod bench;
mod check;
mod conformance;
mod conformance_table;
mod document;
mod exit;
mod explain;
mod gate;
mod ledger;
mod lint;
mod number;
mod output;
mod presets;
mod progress;
pub mod render;
mod run;
pub mod schema;
mod share;
mod source;
mod starts;
mod table;
mod twin;
mod verify;
mod workloads;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use exit::Exit;

/// Break a backend, see what happens to the data.
#[derive(Debug, Parser)]
#[command(
    name = "brownout",
    version,
    after_help = exit::HELP,
    after_long_help = GUIDE,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate a scenario and print what users and data went through
    Run(run::Run),
    /// Say whether scenario files are valid, and what would be right
    Check(check::Check),
    /// Say what became of the data: lost, done twice, done in secret; and the story of one action
    Ledger(ledger::LedgerArgs),
    /// Say which component started what hurt the users, and how it reached them
    Explain(explain::Explain),
    /// Run it beside itself with one difference: where the two part, and what it makes of every figure
    Twin(twin::TwinArgs),
    /// Write a design document, a runbook or a post-mortem, each number with the run that it is from
    Document(document::Document),
    /// Say what is valid in scenario files and still unwise, and which knob to look at
    Lint(lint::Lint),
    /// List the vendor presets, or show what one of them sets
    Presets(presets::Presets),
    /// List the starting points, or print the scenario file of one of them
    Starts(starts::Starts),
    /// Hold the engine against published results
    Conformance(conformance::Conformance),
    /// Run a scenario and print a link to it, or a result code
    Share(share::Share),
    /// Run links and result codes again and say whether what they say is so
    Verify(verify::Verify),
    /// Print the JSON Schema of a file that goes in or comes out
    Schema(schema::Schema),
    /// Measure how fast the engine is, against a floor
    Bench(bench::Bench),
}

const GUIDE: &str = "\
Brownout runs a backend that exists only as a text file: clients, balancers, services, databases,
third parties, the network between them, and what goes wrong and when. The same file and seed give
the same run, to the last bit, here and in the browser.

Start here:
  brownout run scenarios/s04-retry-storm.toml
      ten slow seconds, and a shop that stays down
  brownout run scenarios/s04-retry-storm.toml --set link.browse.retry_budget='10 %'
      the same seconds, one knob turned
  brownout run scenarios/s04-retry-storm.toml --seeds 20
      is that chance? twenty seeds, as bands
  brownout twin scenarios/s04-retry-storm.toml --without slow
      the same day without the ten slow seconds, side by side
  brownout starts web-shop > my-shop.toml
      a well-known shape to begin with; without a name, the list
  brownout conformance
      does it agree with queueing theory?
  brownout check my-scenario.toml
      what is wrong in a file of your own, where, and what would be right
  brownout check --gate scenarios/s04-retry-storm.toml
      does its lesson tell the truth, on twenty seeds?
  brownout lint my-scenario.toml
      what is valid in it and still unwise
  brownout presets aws-alb
      what a product does by default, in our knobs
  brownout document scenarios/s04-retry-storm.toml --kind runbook
      what helps against it, tried, and by how much
  brownout share scenarios/s04-retry-storm.toml --set link.browse.attempts=1
      a link that opens this design on the page
  brownout verify results.txt
      did these runs really come out so?

Exit codes:
  0  done (also when goals are missed: that is a result)
  1  a file could not be read or written, or Brownout itself is wrong
  2  the command line makes no sense
  3  the scenario, or a change to it, is not valid, or its lesson does not pass its gate
  4  a run was ended by a limit; its report is printed
  5  a conformance row is outside its tolerance
Of `verify`, as `diff` has them: 0 all is proved, 1 something is not, 2 something cannot be read.

Colours appear only on a terminal, and never when NO_COLOR is set. Results go to the standard
output; findings, notes and the progress bar to the standard error.";

/// Reads the arguments, does what they say, and says how it went.
pub fn main() -> ExitCode {
    own_up_to_panics();
    let result = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Ledger(args) => ledger::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Twin(args) => twin::run(&args),
        Command::Document(args) => document::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Presets(args) => presets::run(&args),
        Command::Starts(args) => starts::run(&args),
        Command::Conformance(args) => conformance::run(&args),
        Command::Share(args) => share::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Bench(args) => bench::run(&args),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::error(&failure.message);
            failure.exit.into()
        }
    }
}

/// A panic is a bug in Brownout: say so, and end with the documented code in every build.
fn own_up_to_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        usual(info);
        output::note(
            "This is a bug in Brownout. Please report it with the scenario and the command.\n",
        );
        std::process::exit(Exit::Internal as i32);
    }));
}
