//! Conformance as text: a table for the terminal, a page for the documentation.

use std::fmt::Write as _;

use super::conformance::Results;
use super::number::{NOTHING, count, digits4};
use super::table::{show, table as plain_table};
use crate::experiment::bands::Band;
use crate::experiment::conformance::{Basis, FigureOutcome, Outcome, Parameters, Row, Target};
use crate::time::Duration;

fn expected(target: &Target) -> String {
    match *target {
        Target::Near { value, tolerance } => {
            format!("{} +- {} %", digits4(value), trim(100.0 * tolerance))
        }
        Target::Exactly { value } => format!("{} exactly", digits4(value)),
        Target::Between { low, high } => format!("{} to {}", digits4(low), digits4(high)),
    }
}

/// At most two decimals: `4`, `2.25`.
fn trim(x: f64) -> String {
    let text = format!("{x:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Mean over the seeds and its interval.
fn measured(band: Option<&Band>) -> (String, String) {
    let Some(band) = band else {
        return (NOTHING.to_owned(), NOTHING.to_owned());
    };
    let interval = band.mean_ci95.map_or(NOTHING.to_owned(), |half| {
        format!(
            "{} .. {}",
            digits4(band.mean - half),
            digits4(band.mean + half)
        )
    });
    (digits4(band.mean), interval)
}

fn verdict(holds: bool) -> &'static str {
    if holds { "pass" } else { "FAIL" }
}

fn figure_name(figure: &FigureOutcome) -> String {
    match figure.unit {
        "" => figure.name.to_owned(),
        unit => format!("{}, {unit}", figure.name),
    }
}

fn parameters(row: &Outcome) -> String {
    let parts = row.parameters.iter().map(|(name, v)| format!("{name} {v}"));
    parts.collect::<Vec<_>>().join(", ")
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::ClosedForm => "closed form",
        Basis::IndependentSimulation => "independent simulation",
        Basis::Published => "published",
    }
}

/// `61 of 62 rows pass`
fn summary(results: &Results) -> String {
    let passed = results.rows.iter().filter(|row| row.passed).count();
    format!("{passed} of {} rows pass", results.rows.len())
}

pub fn table(results: &Results) -> String {
    let mut out = String::new();
    let header = [
        "row", "figure", "expected", "measured", "interval", "source", "",
    ];
    let mut table = plain_table(&header, &[1, 5, 6]);
    for row in &results.rows {
        for (i, figure) in row.figures.iter().enumerate() {
            let (mean, interval) = measured(figure.measured.as_ref());
            let first = |text: &str| {
                if i == 0 {
                    text.to_owned()
                } else {
                    String::new()
                }
            };
            table.add_row([
                first(row.row),
                figure_name(figure),
                expected(&figure.target),
                mean,
                interval,
                basis(row.basis).to_owned(),
                verdict(figure.holds).to_owned(),
            ]);
        }
    }
    let _ = write!(
        out,
        "{}\n{}; seeds 1 to {}, rules of simulation {}\n",
        show(&table),
        summary(results),
        results.seeds.len(),
        results.semantics_version
    );
    out
}

/// Which rows there are, with what can be set.
pub fn list(rows: &[&'static Row]) -> String {
    let mut out = String::new();
    let mut table = plain_table(&["row", "family", "what", "parameters"], &[1, 2, 3]);
    for row in rows {
        table.add_row([
            row.name,
            row.family.name,
            row.title,
            &Parameters::of(row).shown(),
        ]);
    }
    let _ = writeln!(out, "{}\nParameters, by family:", show(&table));
    let mut seen: Vec<&str> = Vec::new();
    for row in rows {
        if seen.contains(&row.family.name) {
            continue;
        }
        seen.push(row.family.name);
        let _ = writeln!(out, " {} ({})", row.family.name, row.family.source);
        for p in row.family.parameters {
            let whole = if p.whole { ", whole" } else { "" };
            let _ = writeln!(
                out,
                "   {}: {} ({} to {}{whole})",
                p.name, p.meaning, p.min, p.max
            );
        }
    }
    out
}

const INTRODUCTION: &str = "\
# Conformance

Published results that Brownout reproduces. Each row is an ordinary scenario file, run by the same
engine as everything else; the engine knows none of the expected values. `brownout conformance` makes
this page, `brownout conformance --row NAME --print-scenario` prints the file of a row, and
`--set lambda=70` recomputes expectation and run for other parameters.

How it is done: the first 15 % of a run are not measured. A run is long enough for its mean to be
within the tolerance in 19 of 20 seeds. What must be within the tolerance is the mean over the seeds;
percentiles have one and a half times the tolerance. The interval says where the mean over all
possible seeds lies, with 95 % confidence. Lambda and mu are per second; Wq is the wait, W the whole
time from asking to the reply. A *retry* is a try after the first one. Everything but the metastable
rows runs without timeouts; there, the server finishes its work for callers who have gone.
";

pub fn markdown(results: &Results) -> String {
    let mut out = INTRODUCTION.to_owned();
    let _ = write!(
        out,
        "\nMade on {} with seeds 1 to {}, rules of simulation {}, Brownout {}: **{}**.\n\n\
         | what | parameters | figure | expected | measured | 95 % interval | verdict |\n\
         |---|---|---|--:|--:|--:|---|\n",
        today(),
        results.seeds.len(),
        results.semantics_version,
        results.engine_version,
        summary(results)
    );
    for row in &results.rows {
        for (i, figure) in row.figures.iter().enumerate() {
            let (mean, interval) = measured(figure.measured.as_ref());
            let head = match i {
                0 => format!("{}<br>`{}`", row.title, row.row),
                _ => String::new(),
            };
            let given = if i == 0 {
                parameters(row)
            } else {
                String::new()
            };
            let _ = writeln!(
                out,
                "| {head} | {given} | {} | {} | {mean} | {interval} | {} |",
                figure_name(figure),
                expected(&figure.target),
                verdict(figure.holds)
            );
        }
    }
    sources(&mut out, results);
    out
}

fn sources(out: &mut String, results: &Results) {
    out.push_str(
        "\n## Sources\n\n| row | what the expectation rests on | simulated per seed |\n|---|---|--:|\n",
    );
    for row in &results.rows {
        let length = count(row.simulated_s.ceil() as u64);
        let _ = writeln!(
            out,
            "| `{}` | {}: {} | {length} s |",
            row.row,
            basis(row.basis),
            row.source
        );
    }
}

/// The date in UTC, from days since 1970 (H. Hinnant, *chrono-Compatible Low-Level Date Algorithms*).
fn today() -> String {
    #[expect(
        clippy::disallowed_types,
        reason = "a page says on which day it was made"
    )]
    let since_1970 = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .map_or(Duration::ZERO, |d| Duration::from_secs(d.as_secs()));
    date((since_1970.as_secs_f64() / 86_400.0) as i64)
}

fn date(days: i64) -> String {
    // Days and years begin in March here, so that leap days are at the end.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(20_779), "2026-11-22");
    }

    #[test]
    fn targets_read_as_people_say_them() {
        let near = Target::Near {
            value: 230.26,
            tolerance: 0.06,
        };
        assert_eq!(expected(&near), "230.3 +- 6 %");
        assert_eq!(expected(&Target::Exactly { value: 64.0 }), "64 exactly");
    }
}
