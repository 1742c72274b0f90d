//! Which part of a run's series each chart draws, with which lines.

use std::sync::Arc;

use super::chart::{Line, Stroke};
use super::goals;
use super::model::{ChartTab, Model};
use super::series::{Column, Field, Part, Series};
use super::table::Table;
use crate::design::Settings;
use crate::design::registry::SLO;
use crate::design::value::NANO;
use crate::observe::heat;
use crate::scenario::Metric;

/// Reasons that have a line of their own.
const REASONS_SHOWN: usize = 4;

fn line(name: &'static str, column: impl Into<usize>, stroke: Stroke, has_ghost: bool) -> Line {
    Line {
        name,
        short: name,
        column: column.into(),
        stroke,
        has_ghost,
    }
}

/// What a chart draws of this run. Reasons have lines in the order of how often they occurred.
pub fn lines(tab: ChartTab, series: &Series) -> Vec<Line> {
    use Stroke::{Busy, Offered, P50, P99, Retries, Served};
    match tab {
        ChartTab::Throughput => vec![
            Line {
                short: "arriving",
                ..line("requests arriving", Column::Offered, Offered, false)
            },
            Line {
                short: "useful",
                ..line("useful replies", Column::Useful, Served, true)
            },
        ],
        ChartTab::Latency => vec![
            line("p50", Column::P50, P50, false),
            line("p99", Column::P99, P99, true),
        ],
        ChartTab::Heat => Vec::new(),
        ChartTab::Tries => vec![line("tries", Column::Tries, Retries, true)],
        ChartTab::Reasons => reasons(series),
        ChartTab::Wrong => vec![Line {
            short: "wrong",
            ..line("wrong so far", Column::Wrong, Busy, true)
        }],
        ChartTab::Cost => vec![line("per hour", Column::Cost, Busy, true)],
        ChartTab::Budget => vec![line("left", 0usize, Served, true)],
        ChartTab::Node(_) => vec![
            line("in work", Field::Busy, Busy, false),
            line("waiting", Field::Waiting, Retries, true),
        ],
        ChartTab::Queue(_) => vec![line("waiting", Field::Waiting, Retries, true)],
        ChartTab::Hits(_) => vec![line("found", Field::Found, Served, true)],
        ChartTab::Age(_) => vec![line("oldest", Field::Oldest, Busy, true)],
        ChartTab::Lag(_) => vec![line("behind", Field::Behind, Busy, true)],
        ChartTab::Pool(_) => vec![line("waiting", Field::Connecting, Retries, true)],
        ChartTab::Instances(_) => vec![line("instances", Field::Instances, Busy, true)],
    }
}

/// The most frequent reasons of the run, each with a stroke of its own.
fn reasons(series: &Series) -> Vec<Line> {
    let strokes = [
        Stroke::Failed,
        Stroke::Retries,
        Stroke::Offered,
        Stroke::P50,
    ];
    let heat = &series.heat;
    let sum = |column: usize| (0..heat.len()).filter_map(|row| heat.at(row, column)).sum();
    let mut all: Vec<(f64, Line)> = heat::reasons()
        .zip(heat::BANDS..)
        .map(|((_, words), column)| (sum(column), line(words, column, Stroke::Failed, false)))
        .filter(|&(n, _)| n > 0.0)
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let shown = all.into_iter().take(REASONS_SHOWN).zip(strokes);
    shown
        .map(|((_, line), stroke)| Line { stroke, ..line })
        .collect()
}

/// The share of users who must be served: by the design's first objective, else by the scenario's goal.
pub fn objective(model: &Model) -> Option<f64> {
    if let Some(slo) = model.doc.scenario.design.slos.first() {
        let share = Settings::new(&SLO, &slo.knobs).share("objective");
        return Some(share.0 as f64 / NANO as f64);
    }
    let bound = goals::bound_of(model, Metric::Served)?;
    (bound > 0.0).then_some(bound)
}

/// What is left of the failures that the objective allows over the whole run, at the rate of actions so far.
fn budget(users: &Table, (objective, of_slo): (f64, bool), duration_ns: u64) -> Table {
    let step_s = users.step_ns as f64 / 1e9;
    let (mut actions, mut failed) = (0.0, 0.0);
    let mut left = Table::new(users.step_ns, 1);
    for row in 0..users.len() {
        let of = |column: Column| users.at(row, column).unwrap_or(0.0) * step_s;
        actions += of(Column::Actions);
        failed += match of_slo {
            true => of(Column::Bad),
            false => of(Column::Failed),
        };
        let elapsed = ((row as u64 + 1) * users.step_ns).min(duration_ns).max(1);
        let all = actions * duration_ns as f64 / elapsed as f64;
        let allowed = (1.0 - objective) * all;
        let share = match allowed > 0.0 {
            true => 1.0 - failed / allowed,
            // Of an objective of 100 % nothing is left after the first failure.
            false if failed > 0.0 => 0.0,
            false => 1.0,
        };
        left.splice(row, &[share.max(0.0)]);
    }
    left
}

/// The part of the series that a chart draws; `node` is whose, for charts of a node.
pub fn part(model: &Model, tab: ChartTab, node: Option<&str>, series: &Series) -> Part {
    match (tab, node) {
        (_, Some(key)) => series.of_node(key).unwrap_or_default(),
        (ChartTab::Heat, _) => Part::whole(&series.heat),
        (ChartTab::Reasons, _) => Part::whole(&per_second(&series.heat)),
        (ChartTab::Budget, _) => {
            let objective = objective(model).unwrap_or(1.0);
            let of_slo = !model.doc.scenario.design.slos.is_empty();
            let left = budget(&series.users, (objective, of_slo), model.duration_ns());
            Part::whole(&Arc::new(left))
        }
        _ => Part::whole(&series.users),
    }
}

/// Counts of a column of the heat map as rates.
fn per_second(heat: &Table) -> Arc<Table> {
    let step_s = heat.step_ns as f64 / 1e9;
    let mut rates = Table::new(heat.step_ns, heat::FIELDS);
    for row in 0..heat.len() {
        let row_of: Vec<f64> = heat.row(row).iter().map(|n| n / step_s).collect();
        rates.splice(row, &row_of);
    }
    Arc::new(rates)
}
