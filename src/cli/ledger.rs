//! `brownout ledger`: what became of the data, down to the single action.

use std::sync::Arc;

use clap::ValueEnum;
use serde::Serialize;

use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::source::Source;
use super::{number, output, table};
use crate::design::word::Word;
use crate::engine::program::Program;
use crate::engine::{Limits, Run};
use crate::experiment;
use crate::ledger::{Ledger, Story, Verdict};
use crate::observe::story::{self, Line, Witness};
use crate::time::Time;

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
    #[arg(long, value_enum)]
    verdict: Option<Asked>,
    /// The story of one action, by its number
    #[arg(long, value_name = "NUMBER", conflicts_with = "verdict")]
    intent: Option<u64>,
    /// How many actions to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    most: usize,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  brownout ledger scenarios/s04-retry-storm.toml
      how many actions were lost, done twice, or done although the user was told they failed
  brownout ledger payments.toml --verdict duplicate
      which ones were done twice
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
}

impl Asked {
    fn verdict(self) -> Verdict {
        match self {
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
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people
    Text,
    /// For programs; see `brownout schema ledger`
    Json,
}

/// What the ledger says about one run.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct LedgerReport {
    pub seed: u64,
    pub actions: u64,
    /// Changes that were applied, and those of them that did not survive.
    pub effects: u64,
    pub undone: u64,
    pub clean: u64,
    /// Something can still happen to them, or the run was ended by a limit.
    pub open: u64,
    pub verdicts: Vec<VerdictCount>,
    /// Changes beyond what the scenario's invariants allow, and the first of them, in the order of time.
    pub invariants_broken: u64,
    pub broken: Vec<Broken>,
    /// The first ones, in the order in which their verdicts were passed.
    pub listed: Vec<Entry>,
    /// Of one action, if it was asked for.
    pub story: Option<Vec<Line>>,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct VerdictCount {
    pub verdict: Word,
    pub count: u64,
}

/// A change that broke an invariant.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Broken {
    pub invariant: String,
    pub place: String,
    /// Which item, as stories name it.
    pub item: String,
    /// The action that made the change.
    pub intent: u64,
    pub operation: String,
    pub at_ns: u64,
    /// How many changes the item had with it, and how many it may have.
    pub count: u64,
    pub at_most: u64,
}

/// One action about which something is wrong.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Entry {
    pub intent: u64,
    pub operation: String,
    pub asked_ns: u64,
    /// `None` if the user was never told anything.
    pub told: Option<String>,
    pub told_ns: Option<u64>,
    /// Changes that survive.
    pub effects: u64,
    pub verdicts: Vec<Word>,
}

pub fn run(args: &LedgerArgs) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?.edited(&args.set)?;
    let (scenario, warnings) = source.check()?;
    output::note(&warnings);
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let seed = args.seed.unwrap_or(scenario.seed);
    let run = finished(experiment::recorded(Arc::clone(&program), seed));
    let ledger = &run.record.ledger;
    let mut report = report(&program, ledger, seed, args);
    if let Some(intent) = args.intent {
        if intent == 0 || intent > ledger.counts.intents {
            return Err(Failure::usage(format!(
                "--intent: there is no action {intent}; this run had {}",
                ledger.counts.intents
            )));
        }
        let witness = finished(Run::new(Arc::clone(&program), seed, Witness::of(intent)));
        let mut lines = witness.record.story();
        let judged = ledger.stories.iter().find(|story| story.number == intent);
        let wrong = judged.iter().flat_map(|story| &story.reads);
        lines.extend(wrong.map(|read| story::wrong(&program, read)));
        let broken = breaks(&program, ledger, Some(intent)).into_iter();
        lines.extend(broken.map(|one| line_of(&one)));
        lines.sort_by_key(|line| line.at_ns);
        report.story = Some(lines);
    }
    match args.format {
        Format::Text => output::print(&text(&report, args))?,
        Format::Json => output::print_json(&report)?,
    }
    Ok(Exit::Done)
}

fn finished<R: crate::engine::record::Record>(mut run: Run<R>) -> Run<R> {
    const EVENTS_PER_STEP: u64 = 100_000;
    let bar = Progress::new(run.program.horizon.0, "running");
    while !run.phase().is_over() {
        run.advance(Time::NEVER, EVENTS_PER_STEP);
        bar.at(run.now().0);
    }
    drop(bar);
    run
}

fn report(program: &Program, ledger: &Ledger, seed: u64, args: &LedgerArgs) -> LedgerReport {
    let counts = &ledger.counts;
    let wanted = |story: &&Story| {
        let fits = |asked: Asked| story.verdicts.has(asked.verdict());
        args.verdict.is_none_or(fits) && args.intent.is_none_or(|n| n == story.number)
    };
    let listed = ledger.stories.iter().filter(wanted).take(args.most);
    let broken = breaks(program, ledger, args.intent).into_iter();
    LedgerReport {
        seed,
        actions: counts.intents,
        effects: counts.effects,
        undone: counts.undone,
        clean: counts.clean,
        open: counts.open(),
        verdicts: Verdict::ALL
            .into_iter()
            .map(|verdict| VerdictCount {
                verdict: verdict.code(),
                count: counts.of(verdict),
            })
            .collect(),
        invariants_broken: counts.invariants_broken,
        broken: broken.take(args.most).collect(),
        listed: listed.map(|story| entry(program, story)).collect(),
        story: None,
    }
}

/// In the order of time; of one action, if it is asked for.
fn breaks(program: &Program, ledger: &Ledger, intent: Option<u64>) -> Vec<Broken> {
    let all = ledger.invariants.breaks();
    let mut all: Vec<_> = all
        .filter(|one| intent.is_none_or(|n| n == one.change.action))
        .collect();
    all.sort_by_key(|one| (one.change.at, one.change.action, one.invariant));
    let shown = all.into_iter().map(|one| {
        let invariant = &program.invariants[one.invariant as usize];
        Broken {
            invariant: invariant.key.clone(),
            place: program.nodes[invariant.node as usize].key.clone(),
            item: format!("{:x}", one.item),
            intent: one.change.action,
            operation: program.operations[one.change.operation as usize]
                .key
                .clone(),
            at_ns: one.change.at.0,
            count: one.count,
            at_most: invariant.at_most,
        }
    });
    shown.collect()
}

fn line_of(one: &Broken) -> Line {
    let Broken {
        invariant,
        place,
        item,
        count,
        at_most,
        ..
    } = one;
    Line {
        at_ns: one.at_ns,
        what: "broken",
        text: format!(
            "it breaks `{invariant}`: change {count} of item {item} at {place}, where {at_most} may be"
        ),
    }
}

fn entry(program: &Program, story: &Story) -> Entry {
    let survive = |undone: bool| story.effects.iter().filter(|e| e.undone == undone).count() as u64;
    Entry {
        intent: story.number,
        operation: program.operations[story.operation as usize].key.clone(),
        asked_ns: story.born.0,
        told: story.told.map(|(_, told)| story::told(told)),
        told_ns: story.told.map(|(at, _)| at.0),
        effects: survive(false) - survive(true),
        verdicts: story.verdicts.iter().map(Verdict::code).collect(),
    }
}

fn text(report: &LedgerReport, args: &LedgerArgs) -> String {
    let mut out = table::heading("Ledger");
    let mut counts = table::table(&["actions", "clean", "effects", "undone"], &[]);
    counts
        .add_row([report.actions, report.clean, report.effects, report.undone].map(number::count));
    out.push_str(&table::show(&counts));
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
    let mut verdicts = table::table(&["verdict", "actions"], &[0]);
    for one in &report.verdicts {
        verdicts.add_row([one.verdict.to_owned(), number::count(one.count)]);
    }
    out.push_str(&table::show(&verdicts));
    out.push_str(&broken(report));
    if report.listed.is_empty() {
        return out;
    }
    out.push('\n');
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
            one.verdicts.join(", "),
        ]);
    }
    out.push_str(&table::show(&listed));
    if report.listed.len() == args.most {
        out.push_str(&format!("The first {}; --most shows more.\n", args.most));
    }
    out
}

fn broken(report: &LedgerReport) -> String {
    if report.invariants_broken == 0 {
        return String::new();
    }
    let n = number::count(report.invariants_broken);
    let mut out = format!("\n{n} changes beyond what invariants allow:\n");
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
