//! What the charts show, apart from how they are drawn: lines, bounds, the sentence and the table
//! that say the same without a picture.

use std::sync::Arc;

use crate::design::value::MICRO;
use crate::design::{Design, Link, Settings, registry};
use crate::scenario::Metric;
use crate::time::Duration;

use super::drawn::{lines, objective, part};
use super::model::{ChartTab, Model};
use super::series::{Part, Series};
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
    /// Failures: dashed 2/2.
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub name: &'static str,
    /// Where there is little room.
    pub short: &'static str,
    /// Of the chart's part of a table.
    pub column: usize,
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
    pub lines: Vec<Line>,
    pub levels: Vec<Level>,
    pub data: Part,
    /// The first run, or a twin; and what it is.
    pub ghost: Option<Part>,
    pub ghost_name: &'static str,
    pub duration_s: f64,
    /// Shaded parts, in seconds.
    pub bands: Vec<(f64, f64)>,
    pub now_s: f64,
    /// User actions per second that the design plans with.
    pub planned_per_s: f64,
}

/// A value of so many rows ago is still the present one: few requests leave gaps between them.
const RECENT: usize = 5;

impl ChartTab {
    pub fn question(self) -> &'static str {
        match self {
            ChartTab::Throughput => "what is asked, what is answered",
            ChartTab::Latency => "of users who got one",
            ChartTab::Tries => "requests sent for one action",
            ChartTab::Heat => "how many waited how long",
            ChartTab::Reasons => "what users were told, per second",
            ChartTab::Wrong => "lost, twice, stale, and the like",
            ChartTab::Cost => "instances and calls",
            ChartTab::Budget => "share of the failures that the goal allows",
            ChartTab::Node(_) => "in its slots, and before it",
            ChartTab::Queue(_) => "not taken yet",
            ChartTab::Age(_) => "since it was stored",
            ChartTab::Hits(_) => "share of lookups",
            ChartTab::Lag(_) => "what the copy furthest behind is missing",
            ChartTab::Pool(_) => "calls without a connection",
            ChartTab::Instances(_) => "that exist",
        }
    }

    /// In ids, and in the keys of the glossary.
    pub fn key(self) -> &'static str {
        match self {
            ChartTab::Throughput => "throughput",
            ChartTab::Latency => "latency",
            ChartTab::Tries => "tries",
            ChartTab::Heat => "heat",
            ChartTab::Reasons => "reasons",
            ChartTab::Wrong => "wrong",
            ChartTab::Cost => "cost",
            ChartTab::Budget => "budget",
            ChartTab::Node(_) => "node",
            ChartTab::Queue(_) => "queue",
            ChartTab::Age(_) => "age",
            ChartTab::Hits(_) => "hits",
            ChartTab::Lag(_) => "lag",
            ChartTab::Pool(_) => "pool",
            ChartTab::Instances(_) => "instances",
        }
    }

    /// A value of this chart as text.
    pub fn amount(self, x: f64) -> String {
        match self {
            ChartTab::Latency | ChartTab::Age(_) | ChartTab::Lag(_) => words::ms(x),
            ChartTab::Cost => format!("{}/h", words::money((x * 1e6) as i64)),
            ChartTab::Budget => words::percent(x),
            ChartTab::Tries => words::factor((x * 10.0).round() / 10.0),
            ChartTab::Hits(_) => words::percent(x),
            _ => words::amount(x),
        }
    }

    /// A label of the vertical axis that ends at `top`.
    pub fn tick(self, x: f64, top: f64) -> String {
        match self {
            ChartTab::Latency | ChartTab::Age(_) | ChartTab::Lag(_) => match top >= 1000.0 {
                true => format!("{} s", words::factor(x / 1000.0)),
                false => format!("{} ms", words::factor(x)),
            },
            ChartTab::Cost => words::money((x * 1e6) as i64),
            ChartTab::Tries => words::factor(x),
            _ => self.amount(x),
        }
    }

    fn node(self) -> Option<u16> {
        match self {
            ChartTab::Node(at)
            | ChartTab::Queue(at)
            | ChartTab::Age(at)
            | ChartTab::Hits(at)
            | ChartTab::Lag(at)
            | ChartTab::Pool(at)
            | ChartTab::Instances(at) => Some(at),
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
        ChartTab::Throughput => "Replies and requests/s".into(),
        ChartTab::Latency => "Time to a reply".into(),
        ChartTab::Tries => "Tries per action".into(),
        ChartTab::Heat => "All waits, as a heat map".into(),
        ChartTab::Reasons => "Why it failed".into(),
        ChartTab::Wrong => "Wrong in the data".into(),
        ChartTab::Cost => "Cost".into(),
        ChartTab::Budget => "Error budget".into(),
        ChartTab::Node(_) => format!("Requests at {name}"),
        ChartTab::Queue(_) => format!("Messages in {name}"),
        ChartTab::Age(_) => format!("Oldest message in {name}"),
        ChartTab::Hits(_) => format!("Found in {name}"),
        ChartTab::Lag(_) => format!("Replica lag of {name}"),
        ChartTab::Pool(_) => format!("Waiting to connect to {name}"),
        ChartTab::Instances(_) => format!("Instances of {name}"),
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
        ChartTab::Heat,
        ChartTab::Tries,
        ChartTab::Reasons,
        ChartTab::Wrong,
        ChartTab::Cost,
    ];
    all.extend(objective(model).map(|_| ChartTab::Budget));
    let nodes = model.run.plan.as_ref().map_or(0, |plan| plan.charted.len());
    for at in 0..nodes as u16 {
        let key = node_key(model, ChartTab::Node(at)).unwrap_or_default();
        all.extend(of_node(&model.doc.scenario.design, &key, at));
    }
    all
}

/// The charts of one node, the most telling last.
fn of_node(design: &Design, key: &str, at: u16) -> Vec<ChartTab> {
    let Some(node) = design.node(key) else {
        return vec![ChartTab::Node(at)];
    };
    let knobs = Settings::new(node.kind, &node.knobs);
    let has = |knob: &str| node.kind.knob(knob).is_some();
    let pooled = |link: &Link| {
        let knobs = Settings::new(&registry::LINK, &link.knobs);
        link.to == key && knobs.opt_count("pool").is_some()
    };
    let mut all = Vec::new();
    if has("autoscale") && knobs.flag("autoscale") {
        all.push(ChartTab::Instances(at));
    }
    if design.links.iter().any(pooled) {
        all.push(ChartTab::Pool(at));
    }
    let follows = node.kind.name == "database" && knobs.count("replicas") > 0;
    if follows && knobs.choice("replication") != "leaderless" {
        all.push(ChartTab::Lag(at));
    }
    match node.kind.name {
        "queue" => all.extend([ChartTab::Age(at), ChartTab::Queue(at)]),
        "cache" => all.extend([ChartTab::Node(at), ChartTab::Hits(at)]),
        _ => all.push(ChartTab::Node(at)),
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
        | Metric::FalsePages
        | Metric::MissedIncidents
        | Metric::TimeToDetect => return None,
        Metric::Cost => ChartTab::Cost,
        Metric::MessageAge => {
            let mut queues = all.iter().filter(|tab| matches!(tab, ChartTab::Age(_)));
            return queues.next().copied();
        }
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
    let of = |series: &Series| part(model, tab, node.as_deref(), series);
    let first = model.ghost.as_ref().filter(|it| over(it));
    let twin = twins::ghost(model);
    let ghost = twin.or(first.map(|it| &**it));
    Chart {
        tab,
        title: title(model, tab),
        lines: lines(tab, &model.run.series),
        levels: levels(model, tab),
        data: of(&model.run.series),
        ghost: ghost.map(|it| of(&it.series)),
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
        ChartTab::Age(_) => goals::bound_of(model, Metric::MessageAge)
            .map(|x| level(format!("goal {}", words::ms(x)), x))
            .into_iter()
            .collect(),
        ChartTab::Cost => goals::bound_of(model, Metric::Cost)
            .map(|x| level(format!("goal {}", tab.amount(x)), x))
            .into_iter()
            .collect(),
        _ => Vec::new(),
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

/// A bound that is so many times as high as all that was measured would leave nothing of it but a flat line.
const OUT_OF_SCALE: f64 = 4.0;

impl Chart {
    /// The top of the vertical axis: a round number above everything drawn.
    pub fn top(&self) -> f64 {
        let highest = |data: &Part| {
            let columns = self.lines.iter().map(|line| line.column);
            let peaks = columns.filter_map(|column| data.peak(column));
            peaks.map(|(_, x)| x).fold(0.0, f64::max)
        };
        let ghost = self.ghost.as_ref().map_or(0.0, highest);
        // An empty chart has a scale that fits what is to come.
        let floor = match self.tab {
            ChartTab::Throughput => self.planned_per_s,
            ChartTab::Latency | ChartTab::Age(_) | ChartTab::Lag(_) => 100.0,
            ChartTab::Tries | ChartTab::Instances(_) => 2.0,
            ChartTab::Wrong | ChartTab::Hits(_) | ChartTab::Budget | ChartTab::Reasons => 1.0,
            ChartTab::Heat | ChartTab::Cost => 0.01,
            ChartTab::Node(_) | ChartTab::Queue(_) | ChartTab::Pool(_) => 4.0,
        };
        let drawn = highest(&self.data).max(ghost).max(floor);
        let levels = self.levels.iter().map(|level| level.at);
        let is_empty = self.data.table.is_empty();
        let near = levels.filter(|at| is_empty || *at <= OUT_OF_SCALE * drawn);
        round_up(near.map(|at| at * 1.15).fold(drawn, f64::max))
    }

    /// The value before this row; `None` if there has been none for some time: replies that stopped coming
    /// have no latency now.
    pub fn newest(&self, data: &Part, column: usize, before: usize) -> Option<f64> {
        let end = data.table.len().min(before);
        let mut recent = (end.saturating_sub(RECENT)..end).rev();
        recent.find_map(|row| data.at(row, column))
    }

    /// One sentence for people who do not see the picture.
    pub fn sentence(&self) -> String {
        if self.data.table.is_empty() {
            return format!("{}: nothing measured yet.", self.title);
        }
        let mut parts = Vec::new();
        for line in &self.lines {
            // An earlier moment may be the one that is looked at.
            let now = self.data.table.row_of((self.now_s * 1e9) as u64);
            if let Some((at, peak)) = self.data.peak(line.column) {
                let newest = self.newest(&self.data, line.column, now + 1);
                parts.push(format!(
                    "{} {} now, most {} at {}",
                    line.name,
                    newest.map_or("none".to_owned(), |x| self.tab.amount(x)),
                    self.tab.amount(peak),
                    words::seconds(at)
                ));
            }
        }
        match (self.tab, parts.is_empty()) {
            (ChartTab::Heat, _) => super::heat_map::sentence(self),
            (ChartTab::Reasons, true) => format!("{}: nobody was told of a failure.", self.title),
            _ => format!("{}: {}.", self.title, parts.join("; ")),
        }
    }

    /// Names of the table's columns.
    pub fn columns(&self) -> Vec<&'static str> {
        match self.tab {
            ChartTab::Heat => super::heat_map::COLUMNS.to_vec(),
            _ => self.lines.iter().map(|line| line.name).collect(),
        }
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
            let mean = |line: &Line| self.data.mean(line.column, a, b);
            let cells = match self.tab {
                ChartTab::Heat => super::heat_map::cells(self, a, b),
                _ => self
                    .lines
                    .iter()
                    .map(|l| mean(l).map_or("–".into(), |x| self.tab.amount(x)))
                    .collect(),
            };
            rows.push((format!("{from:.0} s"), cells));
            from += step_s;
        }
        rows
    }
}

/// One of ten steps from one power of ten to the next, not below `x`.
pub fn round_up(x: f64) -> f64 {
    let unit = unit(x);
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps
        .iter()
        .map(|s| s * unit)
        .find(|&s| s >= x)
        .unwrap_or(unit * 10.0)
}

/// Into how many parts an axis that ends there is cut, so that each has one digit that is not 0: what is written at
/// a line is where it is.
pub fn parts(top: f64) -> u8 {
    match (10.0 * top / unit(top)).round() as u32 {
        10 | 50 | 100 => 5,
        30 | 60 => 3,
        _ => 4,
    }
}

/// The power of ten that this begins with.
fn unit(x: f64) -> f64 {
    let mut unit = 1.0;
    while unit * 10.0 <= x {
        unit *= 10.0;
    }
    while unit > x {
        unit /= 10.0;
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_at_a_line_is_where_it_is() {
        for unit in [0.01, 0.1, 1.0, 10.0, 1000.0] {
            let tops = [1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0];
            let cut = tops.map(|top| parts(round_up(top * unit)));
            assert_eq!(cut, [5, 4, 4, 4, 4, 3, 4, 5, 3, 4], "{unit}");
        }
    }

    #[test]
    fn axes_end_at_round_numbers() {
        assert_eq!(round_up(2130.0), 2400.0);
        assert_eq!(round_up(1.0), 1.0);
        assert_eq!(round_up(3.2), 4.0);
        assert_eq!(round_up(0.7), 0.8);
    }
}
