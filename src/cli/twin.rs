//! `brownout twin`: the same seed with one difference, side by side.

use std::fmt::Write as _;

use clap::ValueEnum;

use super::exit::{Exit, Failure};
use super::output;
use super::source::Source;
use crate::engine::Limits;
use crate::experiment::twin::{self, Difference, Pair};
use crate::observe::report::{Ended, Report};
use crate::observe::twin::{About, Delta, Parting, Twin, Unit, clock};
use crate::time::Time;

#[derive(Debug, clap::Args)]
#[command(after_help = NOTE)]
#[command(group(clap::ArgGroup::new("difference").required(true)))]
pub struct TwinArgs {
    /// The scenario file; `-` is the standard input
    file: String,
    /// Leave this entry of the timeline out of the twin: its number, what it is, or what it happens to
    #[arg(long, value_name = "ENTRY", group = "difference")]
    without: Option<String>,
    /// Change one knob of the twin, as the file would write it
    #[arg(long, value_name = "PATH=VALUE", group = "difference", value_parser = super::run::change)]
    set: Option<(String, String)>,
    /// Take another design for the twin
    #[arg(long, value_name = "OTHER", group = "difference")]
    with: Option<String>,
    /// Which random numbers both draw; absent, the seed that the scenario names
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

const NOTE: &str = "\
Examples:
  brownout twin scenarios/s04-retry-storm.toml --without slow.catalogue
  brownout twin scenarios/s04-retry-storm.toml --set link.browse.retry_budget='10 %'
  brownout twin scenarios/s04-retry-storm.toml --with my-shop.toml

Both worlds draw the same random numbers wherever they have the same places: what differs, differs because
of the one difference. docs/explanations.md says what is compared, and by which rules.";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Sentences and a table for people
    Text,
    /// Everything, for programs; see `brownout schema twin`
    Json,
}

pub fn run(args: &TwinArgs) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?;
    let (scenario, warnings) = source.check()?;
    output::note(&warnings);
    let seed = args.seed.unwrap_or(scenario.seed);
    let (difference, other) = match (&args.without, &args.set, &args.with) {
        (Some(wanted), _, _) => {
            let number = twin::entry(&scenario, wanted);
            let number = number.map_err(|it| Failure::invalid(source.render(&[*it])))?;
            (Difference::Without(number), None)
        }
        (_, Some((path, value)), _) => {
            let (path, value) = (path.clone(), value.clone());
            (Difference::Set { path, value }, None)
        }
        (_, _, Some(name)) => {
            let other = Source::read(name)?;
            let (_, warnings) = other.check()?;
            output::note(&warnings);
            let (text, name) = (other.text.clone(), other.name.clone());
            (Difference::With { text, name }, Some(other))
        }
        _ => return Err(Failure::usage("say in what the twin differs")),
    };
    let pair = Pair::new(&source.text, &difference, seed, (Limits::NATIVE, false));
    let told = other.as_ref().unwrap_or(&source);
    let pair = pair.map_err(|findings| Failure::invalid(told.render(&findings)))?;
    let (found, reports) = pair.finish();
    match args.format {
        Format::Text => output::print(&text(&found))?,
        Format::Json => output::print_json(&found)?,
    }
    Ok(match reports.iter().any(is_cut_short) {
        true => Exit::Limit,
        false => Exit::Done,
    })
}

fn is_cut_short(report: &Report) -> bool {
    matches!(
        report.ended,
        Ended::BacklogLimit { .. } | Ended::EventLimit { .. }
    )
}

fn text(found: &Twin) -> String {
    let mut text = format!("{}\n\n{}\n", found.difference, parting(found));
    if !found.chain.is_empty() {
        text.push('\n');
    }
    for (step, n) in found.chain.iter().zip(1..) {
        let at = clock(Time(step.at_ns));
        let _ = writeln!(text, "{n}. {at:>12}  {}", step.text);
    }
    let actions = &found.actions;
    if found.comparable && found.parting.is_some() {
        let _ = writeln!(
            text,
            "\nOf {} actions that both have, {} fail in this run only and {} in the twin only; the data of {} is \
             wrong in this run only, of {} in the twin only.",
            actions.compared,
            actions.fail_only_here,
            actions.fail_only_in_twin,
            actions.wrong_only_here,
            actions.wrong_only_in_twin
        );
    }
    text.push('\n');
    text.push_str(&table(&found.deltas));
    text
}

fn parting(found: &Twin) -> String {
    if !found.comparable {
        return "The two have no node in common: only their figures can be compared.".to_owned();
    }
    match &found.parting {
        None => "Nothing that both have went differently: the worlds do not part.".to_owned(),
        Some(Parting {
            at_ns,
            place,
            about,
            here,
            twin,
            ..
        }) => format!(
            "The worlds part at {}, at {place}. {about} {here} in this run; in the twin it {twin}.",
            clock(Time(*at_ns))
        ),
    }
}

/// Rows in which something is to be seen.
fn table(deltas: &[Delta]) -> String {
    let is_zero = |value: Option<f64>| value.is_none_or(|value| value == 0.0);
    let shown = |delta: &&Delta| {
        let always = matches!(delta.about, About::Cost)
            || matches!(
                delta.key,
                "actions" | "served" | "failed" | "p50_ns" | "p99_ns"
            );
        always || !is_zero(delta.here) || !is_zero(delta.twin)
    };
    let mut rows = vec![["", "this run", "twin", "difference"].map(str::to_owned)];
    rows.extend(deltas.iter().filter(shown).map(|it| {
        [
            it.label.clone(),
            value(it.unit, it.here, false),
            value(it.unit, it.twin, false),
            value(it.unit, it.difference, true),
        ]
    }));
    let widths: [usize; 4] = std::array::from_fn(|column| {
        let all = rows.iter().map(|row| row[column].chars().count());
        all.max().unwrap_or(0)
    });
    let mut text = String::new();
    for [label, here, twin, difference] in &rows {
        let [a, b, c, d] = widths;
        let line = format!("{label:<a$}  {here:>b$}  {twin:>c$}  {difference:>d$}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let hidden = deltas
        .iter()
        .filter(|it| it.about == About::Ledger && !shown(it))
        .count();
    if hidden > 0 {
        let _ = writeln!(text, "Every other verdict of the ledger is 0 in both.");
    }
    text
}

fn value(unit: Unit, value: Option<f64>, signed: bool) -> String {
    let Some(value) = value else {
        return "-".to_owned();
    };
    let plus = if signed && value > 0.0 { "+" } else { "" };
    match unit {
        Unit::Count => format!("{plus}{value}"),
        Unit::Share if signed => format!("{plus}{:.2} points", value * 100.0),
        Unit::Share => format!("{:.2} %", value * 100.0),
        Unit::PerSecond => format!("{plus}{value:.1}/s"),
        Unit::Ns => format!("{plus}{:.3} ms", value / 1e6),
        Unit::MicroPerHour => format!("{plus}{:.4} $/h", value / 1e6),
    }
}
