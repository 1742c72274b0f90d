//! Many seeds as text: bands, and how often each goal held.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::number::{NOTHING, plain, share};
use super::table::{BAD, GOOD, ended, heading, paint, show, table};
use crate::experiment::bands::SeedsReport;

pub fn report(report: &SeedsReport) -> String {
    let mut out = String::new();
    let Some(first) = report.reports.first() else {
        return out;
    };
    let title = if first.title.is_empty() {
        "Untitled scenario"
    } else {
        &first.title
    };
    let n = report.seeds.len();
    let _ = writeln!(out, "{}, seeds 1 to {n}", heading(title));
    let mut endings: BTreeMap<String, usize> = BTreeMap::new();
    for text in report.reports.iter().filter_map(|r| ended(&r.ended)) {
        let kind = text.split([':', ' ']).next().unwrap_or_default().to_owned();
        let kind = if kind == "stopped" {
            "stopped by a limit".to_owned()
        } else {
            kind
        };
        *endings.entry(kind).or_default() += 1;
    }
    for (kind, seeds) in endings {
        let _ = writeln!(
            out,
            "{}",
            paint(BAD, &format!("{kind}: {seeds} of {n} seeds"))
        );
    }
    let _ = writeln!(out, "\n{}", show(&figures(report)).trim_end());
    if !report.goals.is_empty() {
        let _ = writeln!(out, "\n{}", heading("Goals"));
        for goal in &report.goals {
            let style = if goal.held == goal.seeds { GOOD } else { BAD };
            let held = format!("in {} of {} seeds", goal.held, goal.seeds);
            let _ = writeln!(out, " {}: {}", goal.label, paint(style, &held));
        }
        let _ = writeln!(out, " all goals: in {} of {n} seeds", report.passed);
    }
    let _ = writeln!(
        out,
        "\nPrices: book {}, {}; rules of simulation {}, Brownout {}",
        first.cost.price_book, first.cost.currency, first.semantics_version, first.engine_version
    );
    out
}

fn figures(report: &SeedsReport) -> comfy_table::Table {
    let header = [
        "over the seeds",
        "unit",
        "min",
        "p25",
        "median",
        "p75",
        "max",
        "mean +- 95 %",
        "seeds",
    ];
    let mut table = table(&header, &[1]);
    for figure in &report.figures {
        let Some(band) = figure.band else {
            let mut row = vec![figure.name.to_owned(), figure.unit.to_owned()];
            row.resize(header.len() - 1, NOTHING.to_owned());
            row.push("0".to_owned());
            table.add_row(row);
            continue;
        };
        // Nearly all is not all: 99.998 %.
        let value = |x: f64| match figure.unit {
            "%" => share(x / 100.0).trim_end_matches(" %").to_owned(),
            _ => plain(x),
        };
        let mean = match band.mean_ci95 {
            // The same number in every seed differs from its mean in the last bits.
            Some(half) if half < 1e-9 * band.mean.abs() => format!("{} +- 0", value(band.mean)),
            Some(half) => format!("{} +- {}", value(band.mean), plain(half)),
            None => value(band.mean),
        };
        table.add_row([
            figure.name.to_owned(),
            figure.unit.to_owned(),
            value(band.min),
            value(band.p25),
            value(band.median),
            value(band.p75),
            value(band.max),
            mean,
            band.seeds.to_string(),
        ]);
    }
    table
}
