//! `brownout ledger`: what became of the data, down to the single action.

use clap::ValueEnum;

use super::exit::{Exit, Failure};
use super::source::Source;
use super::{number, output, progress, table};
use crate::engine::Limits;
use crate::experiment;
use crate::experiment::truth::{self, About, Change, Decided, Entry, Truth, Wanted};
use crate::ledger::Verdict;
use crate::observe::story;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct LedgerArgs {
    /// The scenario file; `-` is the standard input
    file: String,
    /// Which random numbers to draw; absent, the seed that the scenario names
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change a knob before the run, as the file would write it; may be given many times
    #[arg(long, value_name = "PATH=VALUE", value_parser = super::run::change)]
    set: Vec<(String, String)>,
    /// Only actions with this verdict
    #[arg(long, value_enum, rename_all = "snake_case")]
    verdict: Option<Asked>,
    /// The story of one action, by its number
    #[arg(long, value_name = "NUMBER", conflicts_with = "verdict")]
    intent: Option<u64>,
    /// How many actions to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    most: usize,
    /// As JSON: how many actions of each verdict to tell the story of; 0 for none
    ///
    /// For stories the same seed is run a second time.
    #[arg(long, value_name = "N", default_value_t = STORIES)]
    stories: usize,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Stories told per verdict, if nobody says how many.
pub const STORIES: usize = 20;

const EXAMPLES: &str = "\
Examples:
  brownout ledger scenarios/s04-retry-storm.toml
      how many actions were lost, done twice, or done although the user was told they failed
  brownout ledger payments.toml --verdict duplicate
      which ones were done twice
  brownout ledger stock.toml --verdict lost_update
      which changes are missing in the rows, and who overwrote them
  brownout ledger payments.toml --intent 4711
      what happened to one of them: who told whom what, when

The ledger stands outside the simulated system: nothing in it can look at it. A verdict is passed when
nothing can happen to an action any more; what is still open at the end is counted apart.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Asked {
    Lost,
    Duplicate,
    Phantom,
    Partial,
    Parked,
    Stale,
    OwnWriteMissed,
    WentBack,
    OutOfOrder,
    Unauthorised,
    LostUpdate,
    WriteSkew,
    Diverged,
}

impl Asked {
    fn about(self) -> About {
        About::Verdict(match self {
            Asked::Lost => Verdict::Lost,
            Asked::Duplicate => Verdict::Duplicate,
            Asked::Phantom => Verdict::Phantom,
            Asked::Partial => Verdict::Partial,
            Asked::Parked => Verdict::Parked,
            Asked::Stale => Verdict::Stale,
            Asked::OwnWriteMissed => Verdict::OwnWriteMissed,
            Asked::WentBack => Verdict::WentBack,
            Asked::OutOfOrder => Verdict::OutOfOrder,
            Asked::Unauthorised => Verdict::Unauthorised,
            Asked::LostUpdate => return About::LostUpdates,
            Asked::WriteSkew => return About::WriteSkews,
            Asked::Diverged => return About::Diverged,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people
    Text,
    /// For programs; see `brownout schema ledger`
    Json,
}

pub fn run(args: &LedgerArgs) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?.edited(&args.set)?;
    let (scenario, warnings) = source.check()?;
    output::note(&warnings);
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let seed = args.seed.unwrap_or(scenario.seed);
    let mut run = experiment::recorded(program, seed);
    progress::finish(&mut run);
    let ledger = &run.record.ledger;
    if let Some(intent) = args.intent
        && (intent == 0 || intent > ledger.counts.intents)
    {
        return Err(Failure::usage(format!(
            "--intent: there is no action {intent}; this run had {}",
            ledger.counts.intents
        )));
    }
    let report = truth::of(&scenario, &run, seed, args.wanted(), progress::finish);
    match args.format {
        Format::Text => output::print(&text(&report, args))?,
        Format::Json => output::print_json(&report)?,
    }
    Ok(Exit::Done)
}

impl LedgerArgs {
    fn wanted(&self) -> Wanted {
        Wanted {
            about: match (self.intent, self.verdict) {
                (Some(intent), _) => About::Action(intent),
                (None, Some(asked)) => asked.about(),
                (None, None) => About::Everything,
            },
            most: self.most,
            per_verdict: usize::MAX,
            // As text, one story is told at a time.
            stories: match self.format {
                Format::Text => 0,
                Format::Json => self.stories,
            },
        }
    }
}

fn text(report: &Truth, args: &LedgerArgs) -> String {
    let mut out = table::heading("Ledger");
    let mut counts = table::table(&["actions", "clean", "effects", "undone"], &[]);
    counts
        .add_row([report.actions, report.clean, report.effects, report.undone].map(number::count));
    out.push_str(&table::show(&counts));
    if report.taken_back > 0 {
        let [taken, mended, harmed] =
            [report.taken_back, report.mended, report.harmed].map(number::count);
        out.push_str(&format!(
            "Taken back: {taken} effects; {mended} actions are clean by it, {harmed} times it did harm.\n"
        ));
    }
    if report.completed > 0 {
        let [completed, mended, harmed] =
            [report.completed, report.mended, report.harmed].map(number::count);
        out.push_str(&format!(
            "Made up for: {completed} missing effects; {mended} actions are clean by repairs, {harmed} times one did harm.\n"
        ));
    }
    if report.open > 0 {
        let open = number::count(report.open);
        out.push_str(&format!(
            "So far: {open} actions are still open, their verdicts are not known.\n"
        ));
    }
    if let Some(story) = &report.story {
        out.push('\n');
        out.push_str(&table::heading("Story"));
        let mut lines = table::table(&["at", "what happened"], &[1]);
        for line in story {
            lines.add_row([at(line.at_ns), line.text.clone()]);
        }
        out.push_str(&table::show(&lines));
        return out;
    }
    let mut verdicts = table::table(&["verdict", "count"], &[0]);
    for one in &report.verdicts {
        verdicts.add_row([one.verdict.to_owned(), number::count(one.count)]);
    }
    out.push_str(&table::show(&verdicts));
    out.push_str(&broken(report));
    out.push_str(&claims(report));
    for (made, what) in [
        (listed(report), "actions"),
        (lost_updates(report), "lost updates"),
        (write_skews(report), "write skews"),
        (diverged(report), "rows that differ"),
    ] {
        let Some((rows, made)) = made else { continue };
        out.push('\n');
        out.push_str(&made);
        if rows == args.most {
            let most = args.most;
            out.push_str(&format!("The first {most} {what}; --most shows more.\n"));
        }
    }
    out
}

/// Each claim, and what breaks it.
fn claims(report: &Truth) -> String {
    let mut out = String::new();
    for claim in &report.claims {
        let (model, place) = (claim.model.replace('_', " "), &claim.place);
        let holds = match claim.breaks {
            0 => "holds".to_owned(),
            n => format!("is broken {} times, first by", number::count(n)),
        };
        out.push_str(&format!(
            "\nClaim {}, {place} is {model}: it {holds}\n",
            claim.key
        ));
        for one in &claim.history {
            let who = one
                .intent
                .map_or("a job".to_owned(), |n| format!("action {n}"));
            let (what, version) = (one.what, story::numbered(one.version));
            let (when, text) = (at(one.at_ns), &one.text);
            let began = one
                .began_ns
                .map_or(String::new(), |ns| format!(", begun {}", at(ns)));
            out.push_str(&format!(
                "  {when}: {what} of {version} of row {} by {who}{began}: {text}\n",
                one.row
            ));
        }
    }
    out
}

/// How many rows, and the table.
type Listed = Option<(usize, String)>;

/// What is wrong, and what was before somebody took something back.
fn verdicts_of(one: &Entry) -> String {
    let now = one.verdicts.join(", ");
    match (one.had.is_empty(), one.verdicts.is_empty()) {
        (true, _) => now,
        (false, true) => format!("none (was {})", one.had.join(", ")),
        (false, false) => format!("{now} (was {})", one.had.join(", ")),
    }
}

fn listed(report: &Truth) -> Listed {
    if report.listed.is_empty() {
        return None;
    }
    let mut listed = table::table(
        &[
            "action",
            "operation",
            "asked",
            "told",
            "effects",
            "verdicts",
        ],
        &[1, 3, 5],
    );
    for one in &report.listed {
        let told = match (&one.told, one.told_ns) {
            (Some(told), Some(ns)) => format!("{told} at {}", at(ns)),
            _ => "nothing".to_owned(),
        };
        listed.add_row([
            one.intent.to_string(),
            one.operation.clone(),
            at(one.asked_ns),
            told,
            one.effects.to_string(),
            verdicts_of(one),
        ]);
    }
    Some((report.listed.len(), table::show(&listed)))
}

fn lost_updates(report: &Truth) -> Listed {
    if report.lost_updates.is_empty() {
        return None;
    }
    let head = &["lost update", "in", "row", "overwritten by", "who had read"];
    let mut rows = table::table(head, &[0, 1, 2, 3, 4]);
    for one in &report.lost_updates {
        rows.add_row([
            change(&one.lost),
            one.node.clone(),
            one.row.clone(),
            change(&one.by),
            story::numbered(one.read),
        ]);
    }
    Some((report.lost_updates.len(), table::show(&rows)))
}

fn write_skews(report: &Truth) -> Listed {
    if report.write_skews.is_empty() {
        return None;
    }
    let head = &["write skew in", "one decided", "the other, meanwhile"];
    let mut rows = table::table(head, &[0, 1, 2]);
    for one in &report.write_skews {
        rows.add_row([one.node.clone(), decided(&one.first), decided(&one.second)]);
    }
    Some((report.write_skews.len(), table::show(&rows)))
}

fn diverged(report: &Truth) -> Listed {
    if report.diverged.is_empty() {
        return None;
    }
    let head = &["diverged", "row", "has", "and the store"];
    let mut rows = table::table(head, &[0, 1, 2, 3]);
    for one in &report.diverged {
        let made = one
            .made
            .as_ref()
            .map_or(story::numbered(one.version), change);
        rows.add_row([
            format!("{} #{} ({})", one.place, one.instance, one.pair),
            one.row.clone(),
            story::numbered(one.has),
            format!("{}: {made}", one.source),
        ]);
    }
    Some((report.diverged.len(), table::show(&rows)))
}

fn change(change: &Change) -> String {
    let who = match change.intent {
        Some(number) => format!("action {number}"),
        None => "a job".to_owned(),
    };
    let version = story::numbered(change.version);
    format!("{version}, {who} at {}", at(change.at_ns))
}

fn decided(side: &Decided) -> String {
    let read = story::numbered(side.read);
    format!(
        "row {}: {}; had read {read} of row {}",
        side.row,
        change(&side.made),
        side.read_row
    )
}

fn broken(report: &Truth) -> String {
    if report.invariants_broken == 0 {
        return String::new();
    }
    let n = number::count(report.invariants_broken);
    let mut out = format!("\n{n} changes, or items, that break invariants:\n");
    let columns = [
        "invariant",
        "place",
        "item",
        "change",
        "of at most",
        "action",
        "operation",
        "at",
    ];
    let mut rows = table::table(&columns, &[0, 1, 2, 6]);
    for one in &report.broken {
        rows.add_row([
            one.invariant.clone(),
            one.place.clone(),
            one.item.clone(),
            number::count(one.count),
            number::count(one.at_most),
            one.intent.to_string(),
            one.operation.clone(),
            at(one.at_ns),
        ]);
    }
    out.push_str(&table::show(&rows));
    out
}

/// Instants to the microsecond: what came first matters here.
fn at(ns: u64) -> String {
    let us = ns / 1_000;
    format!("{}.{:06} s", us / 1_000_000, us % 1_000_000)
}
