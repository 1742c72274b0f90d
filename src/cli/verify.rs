//! `brownout verify`: links and result codes are run again; what they say is proved, or it is said what
//! differs.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use clap::ValueEnum;
use serde::Serialize;

use super::exit::{Exit, Failure};
use super::number::NOTHING;
use super::output;
use super::progress::Progress;
use super::share::simulate;
use super::table::{self, paint};
use crate::design::diagnostic::Diagnostic;
use crate::design::value::cut;
use crate::design::word::Word;
use crate::experiment::parallel;
use crate::observe::report::GoalReport;
use crate::scenario::{Scenario, built_in};
use crate::share::verify::{State, Verdict, judge, predicted};
use crate::share::{self, Code, Content};
use crate::version::{BUILD, VERSION};

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Verify {
    /// Links, result codes, or files that have one on each line; `-` is the standard input
    #[arg(required = true, value_name = "LINK|FILE")]
    inputs: Vec<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

const AFTER: &str = "\
Each is run again with its design and seed; the fingerprint of that run, and the goals it met, must be
those that it says. In files, empty lines and what begins with # are skipped, but for links: they begin
with #v1. as they stand in addresses. On the command line, put links in quotes.

Exit codes, as of `diff`: 0 all is proved, 1 something is not, 2 something cannot be read.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people
    Table,
    /// Everything, for programs; see `brownout schema verify`
    Json,
}

/// Everything that was run again.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Verified {
    /// What ran it again.
    pub engine_version: Word,
    pub build: Word,
    /// Everything is proved.
    pub proved: bool,
    /// In the order of the input.
    pub rows: Vec<Row>,
}

/// One link or result code.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Row {
    /// `results.txt:3`; for an argument its number.
    pub from: String,
    /// `link` or `result`; absent if it cannot be read.
    pub kind: Option<Word>,
    /// What they call themselves.
    pub who: Option<String>,
    /// The scenario's id.
    pub scenario: String,
    pub seed: u64,
    /// Key of the bet, and whether it is the right one.
    pub prediction: Option<String>,
    pub predicted: Option<bool>,
    /// As they come out here.
    pub goals: Vec<GoalReport>,
    /// All of them hold.
    pub passed: bool,
    /// As it comes out here.
    pub digest: String,
    /// Absent if it could not be run.
    pub verdict: Option<Verdict>,
    /// What was left out of it.
    pub notices: Vec<Diagnostic>,
    /// Why it could not be run.
    pub errors: Vec<Diagnostic>,
}

/// A text with the place it is from.
struct Item {
    from: String,
    text: String,
}

pub fn run(args: &Verify) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    let mut items = Vec::new();
    for (i, input) in args.inputs.iter().enumerate() {
        // A file can be called as a link begins: v1.txt.
        if share::is_code(input) && !Path::new(input).exists() {
            let from = format!("argument {}", i + 1);
            let text = input.clone();
            items.push(Item { from, text });
            continue;
        }
        match lines(input) {
            Ok(lines) => items.extend(lines),
            // The others are looked at all the same.
            Err(failure) => {
                output::error(&failure.message);
                exit = Exit::Unreadable;
            }
        }
    }
    if items.is_empty() && exit == Exit::Done {
        output::error("there is no link and no result code in it");
        exit = Exit::Unreadable;
    }
    let bar = Progress::new(items.len() as u64, "running again");
    let rows = parallel::map(&items, again, || bar.add(1));
    drop(bar);
    let is_proved = |row: &Row| {
        let verdict = row.verdict.as_ref();
        verdict.is_some_and(|verdict| verdict.state == State::Proved)
    };
    if rows.iter().any(|row| row.verdict.is_none()) {
        exit = Exit::Unreadable;
    }
    let proved = rows.iter().all(is_proved) && exit == Exit::Done;
    if !proved {
        exit = exit.max(Exit::NotProved);
    }
    match args.format {
        Format::Table => output::print(&shown(&rows))?,
        Format::Json => output::print_json(&Verified {
            engine_version: VERSION,
            build: BUILD,
            proved,
            rows,
        })?,
    }
    Ok(exit)
}

/// The lines of a file that are meant as codes; what is none is said later, with its place.
fn lines(name: &str) -> Result<Vec<Item>, Failure> {
    /// A hundred of the longest codes.
    const BYTES_MAX: u64 = 300_000_000;
    let shown = if name == "-" { "<stdin>" } else { name };
    let mut bytes = Vec::new();
    let done = if name == "-" {
        io::stdin().lock().take(BYTES_MAX).read_to_end(&mut bytes)
    } else {
        File::open(name).and_then(|file| file.take(BYTES_MAX).read_to_end(&mut bytes))
    };
    done.map_err(|error| Failure::file("read", shown, &error))?;
    // What is no text is no code either, and is told so with its line.
    let text = String::from_utf8_lossy(&bytes);
    let item = |(number, line): (usize, &str)| Item {
        from: format!("{shown}:{number}"),
        text: line.to_owned(),
    };
    Ok(share::meant(&text).map(item).collect())
}

/// Reads a text, runs what it is about, and compares.
fn again(item: &Item) -> Row {
    let mut row = Row {
        from: item.from.clone(),
        ..Row::default()
    };
    let (code, notices) = match share::read(&item.text) {
        Ok(read) => read,
        Err(error) => {
            row.errors.push(*error);
            return row;
        }
    };
    let shared = code.shared();
    row.kind = Some(match &code {
        Code::Link(_) => "link",
        Code::Receipt(_) => "result",
    });
    row.who = code.receipt().and_then(|receipt| receipt.who.clone());
    row.seed = shared.seed;
    row.prediction = shared.bet.as_deref().map(cut);
    row.notices = notices;
    if let Content::Changed(changed) = &shared.content {
        row.scenario = cut(&changed.id);
    }
    let read = shared.to_text(built_in::text).and_then(|(text, notices)| {
        row.notices.extend(notices);
        Scenario::parse(&text)
    });
    let scenario = match read {
        Ok(scenario) => scenario,
        Err(errors) => {
            row.errors = errors;
            return row;
        }
    };
    let report = simulate(&scenario, shared.seed);
    row.scenario = scenario.about.id.clone();
    row.predicted = predicted(shared, &scenario);
    row.verdict = Some(judge(&code, &row.notices, &report));
    row.goals = report.goals;
    row.passed = report.passed;
    row.digest = report.digest;
    row
}

fn shown(rows: &[Row]) -> String {
    let header = ["", "who", "scenario", "seed", "prediction", "goals", ""];
    let mut all = table::table(&header, &[1, 2, 4, 6]);
    for row in rows {
        let or_nothing = |text: &str| match text {
            "" => NOTHING.to_owned(),
            text => text.to_owned(),
        };
        all.add_row([
            row.from.clone(),
            or_nothing(row.who.as_deref().unwrap_or_default()),
            or_nothing(&row.scenario),
            match row.kind {
                Some(_) => row.seed.to_string(),
                None => NOTHING.to_owned(),
            },
            match (&row.prediction, row.predicted) {
                (Some(bet), Some(true)) => format!("{bet}: right"),
                (Some(bet), Some(false)) => format!("{bet}: wrong"),
                (Some(bet), None) => bet.clone(),
                (None, _) => NOTHING.to_owned(),
            },
            goals(row),
            word(row).to_owned(),
        ]);
    }
    let mut out = table::show(&all);
    for row in rows {
        let Row { from, .. } = row;
        let verdict = row.verdict.iter();
        for difference in verdict.flat_map(|verdict| &verdict.differences) {
            let _ = writeln!(out, "{from}: {}", difference.sentence());
        }
        for finding in row.errors.iter().take(3) {
            let help = finding.help.as_deref().unwrap_or_default();
            let _ = writeln!(out, "{from}: {}; {help}", finding.message);
        }
        // What makes it another design stands among the differences already.
        let told = row.verdict.iter().flat_map(|verdict| &verdict.differences);
        let told: Vec<&str> = told.map(|difference| difference.is.as_str()).collect();
        for notice in row
            .notices
            .iter()
            .filter(|n| !told.contains(&n.message.as_str()))
        {
            let _ = writeln!(out, "{from}: note: {}", notice.message);
        }
    }
    let proved = rows.iter().filter(|row| word(row) == PROVED).count();
    let style = if proved == rows.len() {
        table::GOOD
    } else {
        table::BAD
    };
    let count = format!("{proved} of {} proved", rows.len());
    let _ = writeln!(out, "{}", paint(style, &count));
    out
}

const PROVED: &str = "proved";

fn word(row: &Row) -> &'static str {
    match row.verdict.as_ref().map(|verdict| verdict.state) {
        Some(State::Proved) => PROVED,
        Some(State::Differs) => "differs",
        Some(State::OtherRules) => "made with other rules",
        Some(State::NoClaim) => "says nothing of a run",
        None => "cannot be read",
    }
}

fn goals(row: &Row) -> String {
    if row.goals.is_empty() {
        return NOTHING.to_owned();
    }
    let met = row.goals.iter().filter(|goal| goal.holds).count();
    format!("{met} of {}", row.goals.len())
}
