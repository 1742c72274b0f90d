//! What the charts show, apart from how they are drawn: lines, bounds, the sentence and the table
//! that say the same without a picture.

use std::sync::Arc;

use crate::design::value::MICRO;
use crate::design::{Settings, registry};
use crate::scenario::Metric;
use crate::time::Duration;

use super::model::{ChartTab, Model};
use super::series::{Column, Series};
use super::{goals, names, twins, words};

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
    /// Solid, in the colour of the p99, without its triangle.
    Busy,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub name: &'static str,
    /// Where there is little room.
    pub short: &'static str,
    pub column: Column,
    pub stroke: Stroke,
    /// Shown behind, from the first run or a twin.
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
    pub title: String,
    pub lines: &'static [Line],
    pub levels: Vec<Level>,
    pub series: Arc<Series>,
    /// The first run, or a twin; and what it is.
    pub ghost: Option<Arc<Series>>,
    pub ghost_name: &'static str,
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

static NODE: [Line; 2] = [
    Line {
        name: "in work",
        short: "in work",
        column: Column::Busy,
        stroke: Stroke::Busy,
        has_ghost: false,
    },
    Line {
        name: "waiting",
        short: "waiting",
        column: Column::Queue,
        stroke: Stroke::Retries,
        has_ghost: true,
    },
];
/// A value of so many buckets ago is still the present one: few requests leave gaps between them.
const RECENT: usize = 5;

static QUEUE: [Line; 1] = [Line {
    name: "waiting",
    short: "waiting",
    column: Column::Queue,
    stroke: Stroke::Retries,
    has_ghost: true,
}];
static HITS: [Line; 1] = [Line {
    name: "found",
    short: "found",
    column: Column::Hits,
    stroke: Stroke::Served,
    has_ghost: true,
}];
static WRONG: [Line; 1] = [Line {
    name: "wrong so far",
    short: "wrong",
    column: Column::Wrong,
    stroke: Stroke::Busy,
    has_ghost: true,
}];

impl ChartTab {
    pub fn question(self) -> &'static str {
        match self {
            ChartTab::Throughput => "what is asked, what is answered",
            ChartTab::Latency => "of users who got one",
            ChartTab::Tries => "requests sent for one action",
            ChartTab::Wrong => "lost, twice, stale, and the like",
            ChartTab::Node(_) => "in its slots, and before it",
            ChartTab::Queue(_) => "not taken yet",
            ChartTab::Hits(_) => "share of lookups",
        }
    }

    /// In ids, and in the keys of the glossary.
    pub fn key(self) -> &'static str {
        match self {
            ChartTab::Throughput => "throughput",
            ChartTab::Latency => "latency",
            ChartTab::Tries => "tries",
            ChartTab::Wrong => "wrong",
            ChartTab::Node(_) => "node",
            ChartTab::Queue(_) => "queue",
            ChartTab::Hits(_) => "hits",
        }
    }

    pub fn lines(self) -> &'static [Line] {
        match self {
            ChartTab::Throughput => &THROUGHPUT,
            ChartTab::Latency => &LATENCY,
            ChartTab::Tries => &TRIES,
            ChartTab::Wrong => &WRONG,
            ChartTab::Node(_) => &NODE,
            ChartTab::Queue(_) => &QUEUE,
            ChartTab::Hits(_) => &HITS,
        }
    }

    /// A value of this chart as text.
    pub fn amount(self, x: f64) -> String {
        match self {
            ChartTab::Latency => words::ms(x),
            ChartTab::Tries => words::factor((x * 10.0).round() / 10.0),
            ChartTab::Hits(_) => words::percent(x),
            _ => words::amount(x),
        }
    }

    /// A label of the vertical axis that ends at `top`.
    pub fn tick(self, x: f64, top: f64) -> String {
        match self {
            ChartTab::Latency if top >= 1000.0 => format!("{} s", words::factor(x / 1000.0)),
            ChartTab::Latency => format!("{} ms", words::factor(x)),
            ChartTab::Tries => words::factor(x),
            _ => self.amount(x),
        }
    }

    fn node(self) -> Option<u16> {
        match self {
            ChartTab::Node(at) | ChartTab::Queue(at) | ChartTab::Hits(at) => Some(at),
            _ => None,
        }
    }
}

/// The key of the node that a chart is about.
fn node_key(model: &Model, tab: ChartTab) -> Option<String> {
    let plan = model.run.plan.as_ref()?;
    let at = *plan.charted.get(usize::from(tab.node()?))?;
    plan.nodes.get(usize::from(at)).cloned()
}

pub fn title(model: &Model, tab: ChartTab) -> String {
    let key = node_key(model, tab).unwrap_or_default();
    let name = names::of(&model.doc.scenario.design, &key);
    match tab {
        ChartTab::Throughput => "Useful replies and requests per second".into(),
        ChartTab::Latency => "Time to a reply".into(),
        ChartTab::Tries => "Tries per action".into(),
        ChartTab::Wrong => "Wrong in the data".into(),
        ChartTab::Node(_) => format!("Requests at {name}"),
        ChartTab::Queue(_) => format!("Messages in {name}"),
        ChartTab::Hits(_) => format!("Found in {name}"),
    }
}

/// Where there is little room.
pub fn short(model: &Model, tab: ChartTab) -> String {
    match tab {
        ChartTab::Throughput => "Replies and requests".into(),
        _ => title(model, tab),
    }
}

/// "node-jobs": for tests, and whoever looks into the page.
pub fn id(model: &Model, tab: ChartTab) -> String {
    match node_key(model, tab) {
        Some(key) => format!("{}-{key}", tab.key()),
        None => tab.key().into(),
    }
}

/// All charts there are for this run.
pub fn all(model: &Model) -> Vec<ChartTab> {
    let mut all = vec![
        ChartTab::Throughput,
        ChartTab::Latency,
        ChartTab::Tries,
        ChartTab::Wrong,
    ];
    let nodes = model.run.plan.as_ref().map_or(0, |plan| plan.charted.len());
    for at in 0..nodes as u16 {
        let key = node_key(model, ChartTab::Node(at)).unwrap_or_default();
        let node = model.doc.scenario.design.node(&key);
        match node.map_or("", |node| node.kind.name) {
            "queue" => all.push(ChartTab::Queue(at)),
            "cache" => all.extend([ChartTab::Node(at), ChartTab::Hits(at)]),
            _ => all.push(ChartTab::Node(at)),
        }
    }
    all
}

/// The three that are shown: what somebody wants to see, or else what the scenario says answers its question,
/// then those that are always worth a look.
pub fn shown(model: &Model) -> [ChartTab; 3] {
    let all = all(model);
    let named = model.doc.scenario.about.charts.iter();
    let named = named.filter_map(|name| named_by(model, &all, name));
    let usual = [ChartTab::Throughput, ChartTab::Latency, ChartTab::Tries];
    let mut first: Vec<ChartTab> = Vec::new();
    for tab in named.chain(usual) {
        if !first.contains(&tab) {
            first.push(tab);
        }
    }
    std::array::from_fn(|place| {
        let chosen = model.charts[place].filter(|tab| all.contains(tab));
        chosen.unwrap_or(first[place])
    })
}

/// The chart that a metric, a node or a link of the scenario is seen in, if there is one.
fn named_by(model: &Model, all: &[ChartTab], name: &str) -> Option<ChartTab> {
    let design = &model.doc.scenario.design;
    let key = design.link(name).map_or(name, |link| &link.to);
    if design.node(key).is_some() {
        // What a cache finds says more of it than how busy it is.
        let of_node = |tab: &&ChartTab| node_key(model, **tab).as_deref() == Some(key);
        return all.iter().rfind(of_node).copied();
    }
    Some(match Metric::named(name)?.metric {
        Metric::Served | Metric::Goodput => ChartTab::Throughput,
        Metric::LatencyP50 | Metric::LatencyP99 => ChartTab::Latency,
        Metric::Amplification => ChartTab::Tries,
        Metric::Lost
        | Metric::Duplicate
        | Metric::Phantom
        | Metric::Partial
        | Metric::LostUpdate
        | Metric::WriteSkew
        | Metric::InvariantBroken
        | Metric::Stale
        | Metric::OwnWriteMissed
        | Metric::WentBack
        | Metric::OutOfOrder
        | Metric::Unauthorised => ChartTab::Wrong,
        // Known at the end of a run, or drawn nowhere yet: another chart would not answer it.
        Metric::StaleAge
        | Metric::Diverged
        | Metric::RecoveryTime
        | Metric::RecoveryPoint
        | Metric::ReadRecovery
        | Metric::ClaimsBroken
        | Metric::Pages
        | Metric::MessageAge
        | Metric::Cost => return None,
    })
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
    let node = node_key(model, tab);
    let of = |series: &Series| node.as_ref().map(|key| Arc::new(series.of_node(key)));
    let first = model.ghost.as_ref().filter(|it| over(it));
    let twin = twins::ghost(model);
    let ghost = twin.or(first.map(|it| &**it));
    Chart {
        tab,
        title: title(model, tab),
        lines: tab.lines(),
        levels: levels(model, tab),
        series: of(&model.run.series).unwrap_or_else(|| Arc::clone(&model.run.series)),
        ghost: ghost.map(|it| of(&it.series).unwrap_or_else(|| Arc::clone(&it.series))),
        ghost_name: match twin {
            Some(_) => "twin",
            None => "first run",
        },
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

/// How many slots the node has now, if they are what fills up.
fn slots(model: &Model, tab: ChartTab) -> Option<u32> {
    let at = *model
        .run
        .plan
        .as_ref()?
        .charted
        .get(usize::from(tab.node()?))?;
    let node = model.run.now.nodes.get(usize::from(at))?;
    // A line far above everything would press the rest flat.
    let is_near = node.slots <= 20 + 4 * (node.busy + node.queue);
    (node.slots > 0 && is_near).then_some(node.slots)
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
        ChartTab::Node(_) => slots(model, tab)
            .map(|n| level(format!("{n} slots"), n.into()))
            .into_iter()
            .collect(),
        ChartTab::Wrong | ChartTab::Queue(_) | ChartTab::Hits(_) => Vec::new(),
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
        let ghost = self.ghost.as_ref().map_or(0.0, |ghost| highest(ghost));
        let level = self.levels.iter().map(|l| l.at * 1.15).fold(0.0, f64::max);
        // An empty chart has a scale that fits what is to come.
        let floor = match self.tab {
            ChartTab::Throughput => self.planned_per_s,
            ChartTab::Latency => 100.0,
            ChartTab::Tries => 2.0,
            ChartTab::Wrong | ChartTab::Hits(_) => 1.0,
            ChartTab::Node(_) | ChartTab::Queue(_) => 4.0,
        };
        round_up(highest(&self.series).max(ghost).max(level).max(floor))
    }

    /// The value before this bucket; `None` if there has been none for some time: replies that stopped coming
    /// have no latency now.
    pub fn newest(&self, series: &Series, column: Column, before: usize) -> Option<f64> {
        let end = series.rows.len().min(before);
        let mut recent = (end.saturating_sub(RECENT)..end).rev();
        recent.find_map(|b| series.at(b, column))
    }

    /// One sentence for people who do not see the picture.
    pub fn sentence(&self) -> String {
        if self.series.is_empty() {
            return format!("{}: nothing measured yet.", self.title);
        }
        let mut parts = Vec::new();
        for line in self.lines {
            // An earlier moment may be the one that is looked at.
            let now = self.series.bucket_of((self.now_s * 1e9) as u64);
            let peak = self.series.peak(line.column, 0);
            if let Some((at, peak)) = peak {
                let newest = self.newest(&self.series, line.column, now + 1);
                parts.push(format!(
                    "{} {} now, most {} at {}",
                    line.name,
                    newest.map_or("none".to_owned(), |x| self.tab.amount(x)),
                    self.tab.amount(peak),
                    words::seconds(at)
                ));
            }
        }
        format!("{}: {}.", self.title, parts.join("; "))
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
