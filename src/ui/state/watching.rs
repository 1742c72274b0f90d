//! What the design promises its users and who is called: objectives and alerts, where they are added and said.

use crate::design::registry::{ALERT, MONITORING, SLO};
use crate::design::value::{MICRO, NANO, Share};
use crate::design::{Settings, Watched};
use crate::scenario::Metric;
use crate::scenario::draw::{Edit, Thing, free_key};
use crate::time::{Duration, NS_PER_S};

use super::editing::run;
use super::model::Model;
use super::update::Effect;
use super::{goals, names, words};

/// What can be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// An objective.
    Slo,
    /// The pairs of windows for its error budget.
    Burn,
    Errors,
    Latency,
    Busy,
    Waiting,
    Age,
    /// The windows of alerts are shortened, so that the run is a day of the pager's life.
    Day,
}

/// What the workbook recommends: name, burn rate, long and short window, page or ticket.
const PAIRS: [(&str, &str, &str, &str, &str); 3] = [
    ("burn_fast", "14.4", "1 h", "5 min", "page"),
    ("burn_slow", "6", "6 h", "30 min", "page"),
    ("burn_ticket", "1", "3 d", "6 h", "ticket"),
];

const DAY_S: u64 = 86_400;

/// One line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub thing: Thing,
    pub name: String,
    pub does: String,
    pub selected: bool,
}

/// What the list shows beside the selected thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    pub lines: Vec<Line>,
    /// What can be added here, with its words.
    pub can: Vec<(Watch, &'static str)>,
    /// How the run's time and that of the windows go together.
    pub clock: Option<String>,
    /// A window is longer than the run.
    pub too_long: bool,
}

pub fn lines(model: &Model) -> Option<Lines> {
    let design = &model.doc.scenario.design;
    let (node, all) = match model.editor.only()? {
        Thing::Node(key) => (design.node(key)?, false),
        Thing::Watched(table, key) => {
            let about = &design.watched(table, key)?.node;
            let clients = || design.nodes.iter().find(|n| n.kind.name == "clients");
            (design.node(about).or_else(clients)?, true)
        }
        _ => return None,
    };
    let is_clients = node.kind.name == "clients";
    let slos = design.slos.iter().map(|slo| ("slo", slo));
    let alerts = design.alerts.iter().map(|alert| ("alert", alert));
    let here = |(table, it): &(&str, &Watched)| {
        let of_all = *table == "slo" && it.node.is_empty() && is_clients;
        all || it.node == node.key || of_all
    };
    let lines: Vec<Line> = slos
        .chain(alerts)
        .filter(here)
        .map(|(table, it)| {
            let thing = Thing::Watched(table.to_owned(), it.key.clone());
            Line {
                selected: model.editor.is_selected(&thing),
                name: it.name().to_owned(),
                does: match table {
                    "slo" => promises(it),
                    _ => calls(model, it),
                },
                thing,
            }
        })
        .collect();
    let can = match node.kind.name {
        "clients" => vec![
            (Watch::Slo, "Objective (SLO)"),
            (Watch::Burn, "Alerts on its budget"),
            (Watch::Errors, "Alert on errors"),
        ],
        "queue" => vec![
            (Watch::Age, "Alert on the oldest message"),
            (Watch::Waiting, "Alert on its length"),
        ],
        _ => vec![
            (Watch::Errors, "Alert on errors"),
            (Watch::Latency, "Alert on time spent"),
            (Watch::Busy, "Alert on busy slots"),
            (Watch::Waiting, "Alert on the waiting line"),
        ],
    };
    let has_alerts = lines.iter().any(|line| is_alert(&line.thing));
    Some(Lines {
        clock: has_alerts.then(|| clock(model)),
        too_long: has_alerts && longest(model) > paged_time(model),
        lines,
        can,
    })
}

fn is_alert(thing: &Thing) -> bool {
    matches!(thing, Thing::Watched(table, _) if table == "alert")
}

/// "99.9 % good within 300 ms"
pub fn promises(slo: &Watched) -> String {
    let knobs = Settings::new(&SLO, &slo.knobs);
    let objective = knobs.share("objective");
    match knobs.opt_duration("good_within") {
        Some(bound) => format!("{objective} good within {bound}"),
        None => format!("{objective} without error"),
    }
}

/// "burn 14.4x over 1 h and 5 min, a ticket"
pub fn calls(model: &Model, alert: &Watched) -> String {
    let knobs = Settings::new(&ALERT, &alert.knobs);
    let window = || format!("over {}", knobs.duration("window"));
    let rule = if let Some(burn) = knobs.opt_factor("burn_rate") {
        format!(
            "burn {}x over {} and {}",
            burn.0 as f64 / MICRO as f64,
            knobs.duration("long_window"),
            knobs.duration("short_window")
        )
    } else if let Some(bound) = knobs.opt_share("error_share_above") {
        format!("errors above {bound}, {}", window())
    } else if let Some(bound) = knobs.opt_duration("latency_above") {
        format!("mean time above {bound}, {}", window())
    } else if let Some(bound) = knobs.opt_share("utilisation_above") {
        format!("busy above {bound}, {}", window())
    } else if let Some(bound) = knobs.opt_count("waiting_above") {
        format!("more than {} wait, {}", words::count(bound), window())
    } else if let Some(bound) = knobs.opt_duration("age_above") {
        format!("oldest message above {bound}")
    } else {
        "no rule yet".to_owned()
    };
    let at = names::of(&model.doc.scenario.design, &alert.node);
    match knobs.choice("notify") {
        "ticket" => format!("{at}: {rule}, a ticket"),
        _ => format!("{at}: {rule}"),
    }
}

/// How many times shorter the windows of alerts are than written.
pub fn scale(model: &Model) -> f64 {
    let knobs = &model.doc.scenario.design.monitoring;
    let scale = Settings::new(&MONITORING, knobs).factor("clock_scale");
    scale.0 as f64 / MICRO as f64
}

/// The run in the time of the windows.
fn paged_time(model: &Model) -> Duration {
    Duration((model.doc.scenario.run.duration.0 as f64 * scale(model)) as u64)
}

/// The longest window of an alert that pages.
fn longest(model: &Model) -> Duration {
    let alerts = model.doc.scenario.design.alerts.iter();
    let windows = alerts.map(|alert| {
        let knobs = Settings::new(&ALERT, &alert.knobs);
        match knobs.opt_factor("burn_rate") {
            _ if knobs.choice("notify") == "ticket" => Duration::ZERO,
            Some(_) => knobs.duration("long_window"),
            None => knobs.duration("window"),
        }
    });
    windows.max().unwrap_or_default()
}

/// The factor by which time is compressed, always said.
fn clock(model: &Model) -> String {
    let run = model.doc.scenario.run.duration;
    match scale(model) {
        1.0 => format!(
            "The windows of alerts are as long as they say: this run is {run} of the pager's life."
        ),
        scale => format!(
            "Time compression {}x: this run of {run} is {} of the pager's life.",
            words::factor(scale),
            paged_time(model),
        ),
    }
}

/// Adds it at the selected node, or where it belongs, and selects it.
pub fn add(model: &mut Model, what: Watch) -> Vec<Effect> {
    if what == Watch::Day {
        return a_day(model);
    }
    let Some(node) = place(model, what) else {
        model.toast(match what {
            Watch::Slo | Watch::Burn => "There are no clients yet: add them first.".to_owned(),
            _ => "Select the node that it shall watch first.".to_owned(),
        });
        return Vec::new();
    };
    let (name, edits) = match what {
        Watch::Slo => ("Add an objective", vec![slo(model, &node)]),
        Watch::Burn => ("Add alerts on the error budget", burn(model, &node)),
        other => ("Add an alert", vec![threshold(model, &node, other)]),
    };
    let added = edits.last().and_then(|edit| match edit {
        Edit::AddWatched { table, key, .. } => Some(Thing::Watched(table.clone(), key.clone())),
        _ => None,
    });
    let edit = match <[Edit; 1]>::try_from(edits) {
        Ok([edit]) => edit,
        Err(edits) => Edit::All {
            name: name.to_owned(),
            edits,
        },
    };
    let effects = run(model, edit);
    model.editor.select(added);
    model.editor.forget_gone(&model.doc.scenario.design);
    effects
}

fn place(model: &Model, what: Watch) -> Option<String> {
    let design = &model.doc.scenario.design;
    let about_users = matches!(what, Watch::Slo | Watch::Burn);
    let selected = match model.editor.only() {
        Some(Thing::Node(key)) => design.node(key),
        Some(Thing::Watched(table, key)) => design.node(&design.watched(table, key)?.node),
        _ => None,
    };
    let fits = selected.filter(|node| !about_users || node.kind.name == "clients");
    let clients = || {
        let mut nodes = design.nodes.iter();
        nodes.find(|node| about_users && node.kind.name == "clients")
    };
    Some(fits.or_else(clients)?.key.clone())
}

fn edit<'a>(
    table: &str,
    base: &str,
    taken: impl Iterator<Item = &'a str> + Clone,
    fields: &[(&str, &str)],
) -> Edit {
    let fields = fields.iter().filter(|(_, written)| !written.is_empty());
    Edit::AddWatched {
        table: table.to_owned(),
        key: free_key(base, taken),
        fields: fields
            .map(|&(field, written)| (field.to_owned(), written.to_owned()))
            .collect(),
    }
}

fn slo(model: &Model, node: &str) -> Edit {
    let design = &model.doc.scenario.design;
    // What the goal asks for, if one does.
    let goal = goals::bound_of(model, Metric::Served).filter(|bound| (0.5..1.0).contains(bound));
    let exactly = |bound: f64| Share((bound * NANO as f64).round() as u64).to_string();
    let objective = goal.map_or("99.9 %".to_owned(), exactly);
    let taken = design.slos.iter().map(|slo| slo.key.as_str());
    let label = format!("Good answers to {}", names::of(design, node));
    let fields = [
        ("label", label.as_str()),
        ("node", node),
        ("objective", objective.as_str()),
    ];
    edit("slo", node, taken, &fields)
}

/// The three alerts of the workbook, for the objective that is there; with one, if there is none.
fn burn(model: &Model, node: &str) -> Vec<Edit> {
    let design = &model.doc.scenario.design;
    let promised = design
        .slos
        .iter()
        .find(|slo| slo.node == node || slo.node.is_empty());
    let mut edits = Vec::new();
    let knobs;
    let (objective, within) = match promised {
        Some(slo) => {
            knobs = Settings::new(&SLO, &slo.knobs);
            let within = knobs.opt_duration("good_within");
            (
                knobs.share("objective").to_string(),
                within.map_or(String::new(), |bound| bound.to_string()),
            )
        }
        None => {
            let new = slo(model, node);
            let objective = match &new {
                Edit::AddWatched { fields, .. } => fields[2].1.clone(),
                _ => unreachable!("it adds one"),
            };
            edits.push(new);
            (objective, String::new())
        }
    };
    let taken = design.alerts.iter().map(|alert| alert.key.as_str());
    edits.extend(PAIRS.iter().map(|&(base, rate, long, short, notify)| {
        let fields = [
            ("node", node),
            ("burn_rate", rate),
            ("objective", objective.as_str()),
            ("good_within", within.as_str()),
            ("long_window", long),
            ("short_window", short),
            ("notify", if notify == "page" { "" } else { notify }),
        ];
        edit("alert", base, taken.clone(), &fields)
    }));
    edits
}

fn threshold(model: &Model, node: &str, what: Watch) -> Edit {
    let (base, rule) = match what {
        Watch::Latency => ("slow", "latency_above"),
        Watch::Busy => ("busy", "utilisation_above"),
        Watch::Waiting => ("waiting", "waiting_above"),
        Watch::Age => ("age", "age_above"),
        _ => ("errors", "error_share_above"),
    };
    let bound = ALERT.knob(rule).map_or("", |spec| spec.example);
    let alerts = &model.doc.scenario.design.alerts;
    let taken = alerts.iter().map(|alert| alert.key.as_str());
    let fields = [("node", node), (rule, bound), ("window", "1 min")];
    edit("alert", base, taken, &fields)
}

/// Windows are shortened until the run is a day of them, and figures are collected each minute of it.
fn a_day(model: &mut Model) -> Vec<Effect> {
    let run_s = (model.doc.scenario.run.duration.0 / NS_PER_S).max(1);
    let scale = (DAY_S / run_s).max(1);
    let every_ms = (60_000 / scale).clamp(100, 15_000);
    let set = |path: &str, value: String| Edit::Set {
        path: path.to_owned(),
        value,
    };
    let edit = Edit::All {
        name: format!("Make the run a day of the pager's life ({scale}x)"),
        edits: vec![
            set("monitoring.clock_scale", scale.to_string()),
            set("monitoring.scrape_every", format!("{every_ms} ms")),
        ],
    };
    run(model, edit)
}
