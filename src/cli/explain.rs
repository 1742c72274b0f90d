//! `brownout explain`: who started it, how it reached the users, and what else was unusual.

use clap::ValueEnum;

use super::exit::{Exit, Failure};
use super::output;
use super::source::Source;
use crate::engine::{Limits, Run};
use crate::experiment;
use crate::explain::{Component, Explanation, Finding, Step};
use crate::observe::Recorder;
use crate::observe::twin::clock;
use crate::time::Time;

#[derive(Debug, clap::Args)]
#[command(after_help = NOTE)]
pub struct Explain {
    /// The scenario file; `-` is the standard input
    file: String,
    /// Which random numbers to draw; absent, the seed that the scenario names
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change a knob before the run, as the file would write it; may be given many times
    #[arg(long, value_name = "PATH=VALUE", value_parser = super::run::change)]
    set: Vec<(String, String)>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

const NOTE: &str = "\
The explanation reads what good monitoring of the same system would have shown, and nothing of the
timeline: docs/explanations.md says which figures, and by which rules a culprit is named.";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Sentences for people
    Text,
    /// Everything, for programs
    Json,
}

pub fn run(args: &Explain) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?.edited(&args.set)?;
    let (scenario, warnings) = source.check()?;
    output::note(&warnings);
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let seed = args.seed.unwrap_or(scenario.seed);
    let recorder = Recorder::explained(&program);
    let mut run = Run::new(program, seed, recorder);
    run.finish();
    let found = run.record.explanation(None, Time::NEVER);
    let found = found.unwrap_or_default();
    match args.format {
        Format::Text => output::print(&text(&found))?,
        Format::Json => output::print_json(&found)?,
    }
    Ok(Exit::Done)
}

fn text(found: &Explanation) -> String {
    if found.harm.is_none() {
        let mut lines =
            vec!["No user was hurt more than usual: there is nothing to explain.".to_owned()];
        lines.extend(
            found
                .others
                .iter()
                .map(|it| format!("Unusual all the same: {}.", named(it))),
        );
        return format!("{}\n{}", lines.join("\n"), paged(found));
    }
    let mut lines = vec![match &found.culprit {
        Some(it) => format!("It began with {}.", named(it)),
        None => "No component did anything unusual of its own accord.".to_owned(),
    }];
    lines.push(String::new());
    let chain = found.chain.iter().zip(1..);
    lines.extend(chain.map(|(step, n)| format!("{n}. {:>18}  {}", moment(step), step.text)));
    if !found.others.is_empty() {
        lines.push(String::new());
        lines.push("Unusual as well, and not explained by it:".to_owned());
        lines.extend(found.others.iter().map(|it| format!("- {}", named(it))));
    }
    lines.push(String::new());
    lines.join("\n") + "\n" + &paged(found)
}

/// When, or in which time: a figure of a window has no moment.
fn moment(step: &Step) -> String {
    let at = clock(Time(step.at_ns));
    match step.within_ns {
        0 => at,
        within => format!("{at} to {}", clock(Time(step.at_ns + within))),
    }
}

fn paged(found: &Explanation) -> String {
    match &found.paged {
        Some(page) => {
            let at = Time(page.at_ns);
            format!("The alert {} called somebody: {at}.\n", page.alert)
        }
        None => "Nothing would have called anybody.\n".to_owned(),
    }
}

fn named(it: &Finding) -> String {
    let what = match it.component {
        Component::Node(_) => "",
        Component::Link(_) => "the link ",
    };
    format!(
        "{what}{}, which {}",
        it.component.key(),
        it.mechanism.words()
    )
}
