//! What the charts show, apart from how they are drawn: lines, bounds, the sentence and the table
//! that say the same without a picture.

use std::sync::Arc;

use crate::design::value::MICRO;
use crate::design::{Settings, registry};
use crate::scenario::Metric;
use crate::time::Duration;

use super::model::{ChartTab, Model};
use super::series::{Column, Series};
use super::{goals, words};

/// How a line is drawn. Colour is never alone: each has its own stroke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Useful replies: solid, thick.
    Served,
    /// Requests arriving: dotted.
    Offered,
    /// Thin.
    P50,
    /// Solid, with a triangle at its label.
    P99,
    /// Dashed 6/3.
    Retries,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub name: &'static str,
    /// Where there is little room.
    pub short: &'static str,
    pub column: Column,
    pub stroke: Stroke,
    /// Shown behind, from the first run.
    pub has_ghost: bool,
}

/// A level worth comparing with.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    pub name: String,
    pub at: f64,
}

/// Everything one chart is drawn from.
#[derive(Clone, Debug)]
pub struct Chart {
    pub tab: ChartTab,
    pub lines: &'static [Line],
    pub levels: Vec<Level>,
    pub series: Arc<Series>,
    pub ghost: Option<Arc<super::model::Ghost>>,
    pub duration_s: f64,
    /// Shaded parts, in seconds.
    pub bands: Vec<(f64, f64)>,
    pub now_s: f64,
    /// User actions per second that the design plans with.
    pub planned_per_s: f64,
}

static THROUGHPUT: [Line; 2] = [
    Line {
        name: "requests arriving",
        short: "arriving",
        column: Column::Offered,
        stroke: Stroke::Offered,
        has_ghost: false,
    },
    Line {
        name: "useful replies",
        short: "useful",
        column: Column::Useful,
        stroke: Stroke::Served,
        has_ghost: true,
    },
];
static LATENCY: [Line; 2] = [
    Line {
        name: "p50",
        short: "p50",
        column: Column::P50,
        stroke: Stroke::P50,
        has_ghost: false,
    },
    Line {
        name: "p99",
        short: "p99",
        column: Column::P99,
        stroke: Stroke::P99,
        has_ghost: true,
    },
];
static TRIES: [Line; 1] = [Line {
    name: "tries",
    short: "tries",
    column: Column::Tries,
    stroke: Stroke::Retries,
    has_ghost: true,
}];

impl ChartTab {
    pub fn title(self) -> &'static str {
        match self {
            ChartTab::Throughput => "Useful replies and requests per second",
            ChartTab::Latency => "Time to a reply",
            ChartTab::Tries => "Tries per action",
        }
    }

    pub fn short(self) -> &'static str {
        match self {
            ChartTab::Throughput => "Replies and requests",
            ChartTab::Latency => "Time to a reply",
            ChartTab::Tries => "Tries per action",
        }
    }

    pub fn question(self) -> &'static str {
        match self {
            ChartTab::Throughput => "what is asked, what is answered",
            ChartTab::Latency => "of users who got one",
            ChartTab::Tries => "requests sent for one action",
        }
    }

    pub fn key(self) -> &'static str {
        match self {
            ChartTab::Throughput => "throughput",
            ChartTab::Latency => "latency",
            ChartTab::Tries => "tries",
        }
    }

    pub fn lines(self) -> &'static [Line] {
        match self {
            ChartTab::Throughput => &THROUGHPUT,
            ChartTab::Latency => &LATENCY,
            ChartTab::Tries => &TRIES,
        }
    }

    /// A value of this chart as text.
    pub fn amount(self, x: f64) -> String {
        match self {
            ChartTab::Throughput => words::amount(x),
            ChartTab::Latency => words::ms(x),
            ChartTab::Tries => words::factor((x * 10.0).round() / 10.0),
        }
    }

    /// A label of the vertical axis that ends at `top`.
    pub fn tick(self, x: f64, top: f64) -> String {
        match self {
            ChartTab::Latency if top >= 1000.0 => format!("{} s", words::factor(x / 1000.0)),
            ChartTab::Latency => format!("{} ms", words::factor(x)),
            ChartTab::Tries => words::factor(x),
            ChartTab::Throughput => words::amount(x),
        }
    }
}

pub fn chart(model: &Model, tab: ChartTab) -> Chart {
    let over = |g: &Arc<super::model::Ghost>| {
        // The first run is no ghost of itself.
        !model
            .run
            .report
            .as_ref()
            .is_some_and(|r| Arc::ptr_eq(r, &g.report))
    };
    Chart {
        tab,
        lines: tab.lines(),
        levels: levels(model, tab),
        series: Arc::clone(&model.run.series),
        ghost: model.ghost.clone().filter(over),
        duration_s: model.duration_ns() as f64 / 1e9,
        bands: bands(model),
        now_s: model.run.now.now_ns.min(model.duration_ns()) as f64 / 1e9,
        planned_per_s: planned(model),
    }
}

fn planned(model: &Model) -> f64 {
    let clients = model
        .doc
        .scenario
        .design
        .nodes
        .iter()
        .filter(|n| n.kind.name == "clients");
    let rates = clients.filter_map(|n| Settings::new(n.kind, &n.knobs).opt_rate("rate"));
    rates
        .map(|r| r.0 as f64 / MICRO as f64)
        .sum::<f64>()
        .max(1.0)
}

fn levels(model: &Model, tab: ChartTab) -> Vec<Level> {
    let level = |name: String, at: f64| Level { name, at };
    match tab {
        ChartTab::Throughput => Vec::new(),
        ChartTab::Latency => {
            // The chart is about users: the patience of services is another matter.
            let design = &model.doc.scenario.design;
            let is_users = |key: &str| {
                let node = design.node(key);
                node.is_some_and(|n| n.kind.name == "clients")
            };
            let links = design.links.iter().filter(|l| is_users(&l.from));
            let timeouts = links
                .filter_map(|l| Settings::new(&registry::LINK, &l.knobs).opt_duration("timeout"));
            timeouts
                .min()
                .map(|d| level(format!("callers give up: {d}"), d.0 as f64 / 1e6))
                .into_iter()
                .collect()
        }
        ChartTab::Tries => goals::bound_of(model, Metric::Amplification)
            .map(|x| level(format!("goal {}", words::factor(x)), x))
            .into_iter()
            .collect(),
    }
}

/// The parts of the run in which something scripted lasts.
pub fn bands(model: &Model) -> Vec<(f64, f64)> {
    let duration = model.duration_ns();
    let entries = model.doc.scenario.timeline.iter();
    entries
        .map(|e| {
            let end = e.ends_within(Duration(duration)).0.min(duration);
            (e.begins().0 as f64 / 1e9, end as f64 / 1e9)
        })
        .collect()
}

impl Chart {
    /// The top of the vertical axis: a round number above everything drawn.
    pub fn top(&self) -> f64 {
        let columns: Vec<Column> = self.lines.iter().map(|l| l.column).collect();
        let highest = |series: &Series| {
            let rows = series.rows.iter();
            rows.flat_map(|r| columns.iter().map(|&c| r[c as usize]))
                .filter(|x| x.is_finite())
                .fold(0.0, f64::max)
        };
        let ghost = self.ghost.as_ref().map_or(0.0, |g| highest(&g.series));
        let level = self.levels.iter().map(|l| l.at * 1.15).fold(0.0, f64::max);
        // An empty chart has a scale that fits what is to come.
        let floor = match self.tab {
            ChartTab::Throughput => self.planned_per_s,
            ChartTab::Latency => 100.0,
            ChartTab::Tries => 2.0,
        };
        round_up(highest(&self.series).max(ghost).max(level).max(floor))
    }

    /// One sentence for people who do not see the picture.
    pub fn sentence(&self) -> String {
        if self.series.is_empty() {
            return format!("{}: nothing measured yet.", self.tab.title());
        }
        let mut parts = Vec::new();
        for line in self.lines {
            // An earlier moment may be the one that is looked at.
            let now = self.series.bucket_of((self.now_s * 1e9) as u64);
            let newest = (0..self.series.rows.len().min(now + 1))
                .rev()
                .find_map(|b| self.series.at(b, line.column));
            let peak = self.series.peak(line.column, 0);
            if let (Some(newest), Some((at, peak))) = (newest, peak) {
                parts.push(format!(
                    "{} {} now, most {} at {}",
                    line.name,
                    self.tab.amount(newest),
                    self.tab.amount(peak),
                    words::seconds(at)
                ));
            }
        }
        format!("{}: {}.", self.tab.title(), parts.join("; "))
    }

    /// Rows for the table: means over even parts of the run, at most forty.
    pub fn table(&self) -> Vec<(String, Vec<String>)> {
        let step_s = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, 86_400.0]
            .into_iter()
            .find(|s| self.duration_s / s <= 40.0)
            .unwrap_or(self.duration_s);
        let mut rows = Vec::new();
        let mut from = 0.0;
        while from < self.now_s {
            let (a, b) = ((from * 1e9) as u64, ((from + step_s) * 1e9) as u64);
            let mean = |line: &Line| self.series.mean(line.column, a, b);
            let cells = self
                .lines
                .iter()
                .map(|l| mean(l).map_or("–".into(), |x| self.tab.amount(x)));
            rows.push((format!("{from:.0} s"), cells.collect()));
            from += step_s;
        }
        rows
    }
}

/// 1, 2, 2.5, 4 or 5 times a power of ten, not below `x`.
pub fn round_up(x: f64) -> f64 {
    let mut unit = 1.0;
    while unit * 10.0 <= x {
        unit *= 10.0;
    }
    while unit > x {
        unit /= 10.0;
    }
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps
        .iter()
        .map(|s| s * unit)
        .find(|&s| s >= x)
        .unwrap_or(unit * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        assert_eq!(round_up(2130.0), 2400.0);
        assert_eq!(round_up(1.0), 1.0);
        assert_eq!(round_up(3.2), 4.0);
        assert_eq!(round_up(0.7), 0.8);
    }
}
