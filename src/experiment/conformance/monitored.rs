//! What monitoring sees and what follows: alerts on how fast an error budget burns, and autoscaling.

use super::figure::{Expected, Target, server};
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Dice, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::objectives::{BurnAlert, pages_after};
use crate::experiment::closed_form::scaling::Autoscaler;
use crate::observe::report::Report;
use crate::time::NS_PER_S;

const OBJECTIVE: Parameter =
    Parameter::new("objective", 0.9, 0.99999, "share of good answers promised");
const ERRORS: Parameter = Parameter::new("errors", 1e-6, 1.0, "share of answers that are bad");

/// Even traffic of which a share fails from `from` on, seen by alerts at the server.
fn failing(per_s: f64, errors: f64, from: f64, lasts: &str, alerts: &str) -> String {
    let (lucky, unlucky) = (rate(per_s * (1.0 - errors)), rate(per_s * errors));
    format!(
        "[clients.lucky]\narrivals = \"constant\"\nrate = \"{lucky}\"\n\n\
         [clients.unlucky]\narrivals = \"constant\"\nrate = \"{unlucky}\"\n\n\
         [service.server]\nslots = 1000\nservice_time = \"0 s\"\n\
         plan.ask = [\"work\"]\nplan.beg = [\"call other\"]\n\n\
         [third_party.other]\nlatency = \"0 s\"\n\n\
         [link.ask]\nfrom = \"lucky\"\nto = \"server\"\n\n\
         [link.beg]\nfrom = \"unlucky\"\nto = \"server\"\n\n\
         [link.other]\nfrom = \"server\"\nto = \"other\"\n\n\
         [operation.ask]\nclients = [\"lucky\"]\n\n[operation.beg]\nclients = [\"unlucky\"]\n\n\
         [[timeline]]\nwhat = \"errors\"\ntarget = \"other\"\nat = \"{}\"\n{lasts}share = \"100 %\"\n\n\
         {alerts}",
        seconds(from)
    )
}

fn alert_text(name: &str, objective: f64, alert: BurnAlert) -> String {
    format!(
        "[alert.{name}]\nnode = \"server\"\nburn_rate = {}\nobjective = {objective}\n\
         long_window = \"{}\"\nshort_window = \"{}\"\n\n",
        alert.factor,
        seconds(alert.long),
        seconds(alert.short)
    )
}

fn monitoring(every: f64, scale: f64) -> String {
    // The shortest that the format takes.
    let every = seconds(every.max(0.1));
    format!("[monitoring]\nscrape_every = \"{every}\"\nclock_scale = {scale}\n\n")
}

/// Good traffic before the errors: all windows are full of it.
fn before(p: &Parameters) -> f64 {
    BurnAlert::PAGES[1].long / p.get("scale")
}

fn pages(p: &Parameters) -> Option<f64> {
    pages_after(&BurnAlert::PAGES, p.get("objective"), p.get("errors"))
}

fn fired(report: &Report, _: &Parameters) -> Option<f64> {
    Some(report.alerts.iter().map(|alert| alert.fired as f64).sum())
}

/// An alert that needs the whole long window, or nearly as much again, is decided by single answers.
fn on_the_edge(alert: &BurnAlert, p: &Parameters) -> bool {
    let needed = alert.factor * (1.0 - p.get("objective")) / p.get("errors");
    (0.97..1.03).contains(&needed)
}

pub static PAGES: Family = Family {
    name: "burn-rate-pages",
    basis: Basis::ClosedForm,
    source: "Google, The Site Reliability Workbook (2018), ch. 5: 14.4 times over 1 h and 5 min, 6 times over 6 h and 30 min",
    parameters: &[
        OBJECTIVE,
        ERRORS,
        Parameter::new(
            "scale",
            1.0,
            200.0,
            "how many times shorter the windows are",
        ),
    ],
    refuses: |p| {
        let edge = BurnAlert::PAGES.iter().any(|alert| on_the_edge(alert, p));
        edge.then(|| "an alert that nearly fires".to_owned())
    },
    length: |p, _| {
        let bad = match pages(p) {
            Some(after) => 1.1 * after + 60.0,
            None => BurnAlert::PAGES[1].long,
        };
        Length::exactly((before(p) + bad / p.get("scale")).ceil(), 0.0)
    },
    design: |p| {
        let scale = p.get("scale");
        let (objective, errors) = (p.get("objective"), p.get("errors"));
        let [fast, slow] = BurnAlert::PAGES;
        let alerts = monitoring(2.0 / scale, scale)
            + &alert_text("fast", objective, fast)
            + &alert_text("slow", objective, slow);
        failing(5.0 * scale, errors, before(p), "", &alerts)
    },
    expects: |p| match pages(p) {
        Some(after) => vec![Expected::near(
            "pages after",
            "min",
            after / 60.0,
            |r, p| {
                let first = r.alerts.iter().filter_map(|alert| alert.first_fired_ns);
                let at = first.min()? as f64 / NS_PER_S as f64;
                Some((at - before(p)) * p.get("scale") / 60.0)
            },
        )],
        None => vec![Expected::new(
            "pages",
            "",
            Target::Exactly { value: 0.0 },
            fired,
        )],
    },
    draw: |dice| {
        let objective = [0.99, 0.995, 0.999][dice.whole(0, 2) as usize];
        let burn = match dice.whole(0, 2) {
            0.0 => dice.between(1.0, 5.0),
            1.0 => dice.between(7.0, 13.0),
            _ => dice.between(16.0, 80.0),
        };
        vec![
            ("objective", objective),
            ("errors", burn * (1.0 - objective)),
            ("scale", dice.whole(10, 100)),
        ]
    },
};

fn alert(p: &Parameters) -> BurnAlert {
    BurnAlert {
        factor: p.get("factor"),
        long: p.get("long_s"),
        short: p.get("short_s"),
    }
}

/// Both windows are full of errors when they end.
fn end_of_errors(p: &Parameters) -> f64 {
    2.0 * p.get("long_s")
}

/// The only alert of a run.
fn instant(
    report: &Report,
    read: fn(&crate::observe::report::AlertReport) -> Option<u64>,
) -> Option<f64> {
    Some(read(report.alerts.first()?)? as f64 / NS_PER_S as f64)
}

/// So many bad answers make it fire, and leave the short window before it is quiet.
const COUNTED: f64 = 100.0;

pub static BURN: Family = Family {
    name: "burn-rate-alert",
    basis: Basis::ClosedForm,
    source: "Google, The Site Reliability Workbook (2018), ch. 5: the long window fires, the short one resets",
    parameters: &[
        OBJECTIVE,
        ERRORS,
        Parameter::new(
            "factor",
            1.0,
            1000.0,
            "how many times too fast the budget burns",
        ),
        Parameter::new("long_s", 60.0, 100_000.0, "long window in s"),
        Parameter::new("short_s", 10.0, 100_000.0, "short window in s"),
    ],
    refuses: |p| {
        let alert = alert(p);
        let fires = alert.fires_after(p.get("objective"), p.get("errors"));
        let never = fires.is_none() || on_the_edge(&alert, p);
        if never {
            Some("an alert that does not fire, or hardly".to_owned())
        } else {
            (alert.short > alert.long).then(|| "the short window is the longer one".to_owned())
        }
    },
    length: |p, _| Length::exactly((end_of_errors(p) + 1.2 * p.get("short_s")).ceil(), 0.0),
    design: |p| {
        let (alert, objective, errors) = (alert(p), p.get("objective"), p.get("errors"));
        let quiet = alert.quiet_after(objective, errors).unwrap_or(alert.short);
        let to_fire = COUNTED / (alert.factor * (1.0 - objective) * alert.long);
        let to_rest = COUNTED / (errors * quiet);
        let lasts = format!("lasts = \"{}\"\n", seconds(alert.long));
        let alerts = monitoring(alert.short / 500.0, 1.0) + &alert_text("burn", objective, alert);
        failing(to_fire.max(to_rest), errors, alert.long, &lasts, &alerts)
    },
    expects: |p| {
        let (alert, objective, errors) = (alert(p), p.get("objective"), p.get("errors"));
        let fires = alert.fires_after(objective, errors).unwrap_or(f64::NAN);
        let quiet = alert.quiet_after(objective, errors).unwrap_or(f64::NAN);
        vec![
            Expected::near("fires after", "s", fires, |r, p| {
                Some(instant(r, |alert| alert.first_fired_ns)? - p.get("long_s"))
            }),
            Expected::near("quiet after", "s", quiet, |r, p| {
                Some(instant(r, |alert| alert.first_resolved_ns)? - end_of_errors(p))
            }),
        ]
    },
    draw: |dice| {
        let objective = [0.99, 0.999][dice.whole(0, 1) as usize];
        let factor = dice.between(3.0, 15.0);
        let long = dice.whole(600, 3_600);
        vec![
            ("objective", objective),
            (
                "errors",
                dice.between(1.5, 4.0) * factor * (1.0 - objective),
            ),
            ("factor", factor),
            ("long_s", long),
            ("short_s", (long / dice.between(4.0, 12.0)).round()),
        ]
    },
};

const REPLICAS: Parameter =
    Parameter::new("replicas", 1.0, 1000.0, "instances at the start").whole();
const TARGET: Parameter = Parameter::new("target", 1.0, 1e4, "requests per s wanted at each");
const METRIC: Parameter = Parameter::new("metric", 0.1, 1e4, "requests per s at each at the start");

/// Instances that the algorithm asks for.
fn scaler(target: f64) -> Autoscaler {
    Autoscaler {
        target,
        tolerance: 0.1,
        min: 1,
        max: 10_000,
    }
}

fn scaled(per_s: f64, replicas: u32, server: &str) -> String {
    monitoring(1.0, 1.0)
        + &format!(
            "[clients.users]\narrivals = \"constant\"\nrate = \"{}\"\n\n\
             [service.server]\ninstances = {replicas}\nautoscale = true\nmax_instances = 10000\n\
             scale_period = \"10 s\"\nscale_down_stabilisation = \"0 s\"\n{server}\n\
             [link.ask]\nfrom = \"users\"\nto = \"server\"\n",
            rate(per_s)
        )
}

fn instances(report: &Report, _: &Parameters) -> Option<f64> {
    Some(f64::from(server(report)?.instances))
}

fn wanted(replicas: u32, metric: f64, target: f64) -> Vec<Expected> {
    let value = f64::from(scaler(target).desired(replicas, metric));
    vec![Expected::new(
        "instances",
        "",
        Target::Exactly { value },
        instances,
    )]
}

/// A rounding up that hangs on one request more or less, or a ratio at the tolerance.
fn undecided(replicas: u32, metric: f64, target: f64) -> Option<String> {
    let ratio = metric / target;
    let exact = f64::from(replicas) * ratio;
    let near = |x: f64, edge: f64| x != edge && (x - edge).abs() < 5e-3;
    let edge = near(exact, exact.round()) || near((ratio - 1.0).abs(), 0.1);
    edge.then(|| "one request more or less would decide".to_owned())
}

/// Whole numbers a little away from the edges.
fn draw_replicas(dice: &mut Dice) -> (f64, f64) {
    let replicas = dice.whole(1, 20);
    let wanted = dice.whole(1, 40);
    // Between two whole numbers, and not near the tolerance.
    let mut ratio = (wanted - 0.4) / replicas;
    while ((ratio - 1.0).abs() - 0.1).abs() < 0.02 {
        ratio += 1.0 / replicas;
    }
    (replicas, ratio)
}

pub static BY_REQUESTS: Family = Family {
    name: "autoscale-requests",
    basis: Basis::ClosedForm,
    source: "Kubernetes, Horizontal Pod Autoscaling, algorithm details: ceil(replicas x metric / target), tolerance 0.1",
    parameters: &[REPLICAS, METRIC, TARGET],
    refuses: |p| undecided(p.whole("replicas"), p.get("metric"), p.get("target")),
    // Three looks: what was right once stays right.
    length: |_, _| Length::exactly(35.0, 0.0),
    design: |p| {
        let target = format!(
            "slots = 1000\nservice_time = \"0 s\"\ntarget_utilisation = \"none\"\ntarget_requests = \"{}\"\n",
            rate(p.get("target"))
        );
        scaled(
            p.get("metric") * p.get("replicas"),
            p.whole("replicas"),
            &target,
        )
    },
    expects: |p| wanted(p.whole("replicas"), p.get("metric"), p.get("target")),
    draw: |dice| {
        let (replicas, ratio) = draw_replicas(dice);
        let target = dice.whole(20, 200);
        vec![
            ("replicas", replicas),
            ("metric", ratio * target),
            ("target", target),
        ]
    },
};

/// Slots of one instance, and how long each is held.
const SLOTS: f64 = 50.0;
const HOLDS: f64 = 0.050;

pub static BY_UTILISATION: Family = Family {
    name: "autoscale-utilisation",
    basis: Basis::ClosedForm,
    source: "Kubernetes, Horizontal Pod Autoscaling, algorithm details, by the share of busy slots",
    parameters: &[
        REPLICAS,
        Parameter::new("metric", 0.01, 0.95, "share of slots busy at the start"),
        Parameter::new("target", 0.05, 0.95, "share of slots that should be"),
    ],
    refuses: |p| undecided(p.whole("replicas"), p.get("metric"), p.get("target")),
    length: |_, _| Length::exactly(35.0, 0.0),
    design: |p| {
        let target = format!(
            "slots = {SLOTS}\nservice_time = \"{}\"\ntarget_utilisation = {}\n",
            seconds(HOLDS),
            p.get("target")
        );
        let per_s = p.get("metric") * p.get("replicas") * SLOTS / HOLDS;
        scaled(per_s, p.whole("replicas"), &target)
    },
    expects: |p| wanted(p.whole("replicas"), p.get("metric"), p.get("target")),
    draw: |dice| {
        let (replicas, ratio) = draw_replicas(dice);
        let metric = dice.between(0.3, 0.5);
        let target = (metric / ratio * 1e6).round() / 1e6;
        match (0.05..0.95).contains(&target) {
            true => vec![
                ("replicas", replicas),
                ("metric", metric),
                ("target", target),
            ],
            false => vec![("replicas", 4.0), ("metric", 0.4), ("target", 0.57)],
        }
    },
};

/// A row of the Workbook's two alerts.
macro_rules! pages_rows {
    ($($name:literal $title:literal $errors:literal $scale:literal $published:expr),* $(,)?) => {
        &[$(Row {
            name: $name,
            title: $title,
            family: &PAGES,
            values: &[("objective", 0.999), ("errors", $errors), ("scale", $scale)],
            tolerance: 0.02,
            published: $published,
        }),*]
    };
}

pub const PAGES_ROWS: &[Row] = pages_rows![
    "pages-10" "Multiwindow burn rates, 99.9 %: 10 % errors" 0.1 1.0 &[("pages after", 8.64)],
    "pages-1" "Multiwindow burn rates, 99.9 %: 1 % errors" 0.01 1.0 &[("pages after", 216.0)],
    "pages-never" "Multiwindow burn rates, 99.9 %: 0.09 % errors, within the objective" 0.0009 1.0 &[("pages", 0.0)],
    "pages-10-hurried" "Multiwindow burn rates on a clock 60 times as fast: 10 % errors" 0.1 60.0 &[("pages after", 8.64)],
    "pages-1-hurried" "Multiwindow burn rates on a clock 60 times as fast: 1 % errors" 0.01 60.0 &[("pages after", 216.0)],
];

macro_rules! replica_rows {
    ($($name:literal $title:literal $family:ident $replicas:literal $metric:literal $target:literal $wanted:literal),* $(,)?) => {
        &[$(Row {
            name: $name,
            title: $title,
            family: &$family,
            values: &[("replicas", $replicas), ("metric", $metric), ("target", $target)],
            tolerance: 0.0,
            published: &[("instances", $wanted)],
        }),*]
    };
}

pub const REPLICA_ROWS: &[Row] = replica_rows![
    "replicas-twice" "Autoscaling: 3 instances with twice their target" BY_REQUESTS 3.0 200.0 100.0 6.0,
    "replicas-within" "Autoscaling: 10 instances, 9 % above their target" BY_REQUESTS 10.0 109.0 100.0 10.0,
    "replicas-beyond" "Autoscaling: 10 instances, 11 % above their target" BY_REQUESTS 10.0 111.0 100.0 12.0,
    "replicas-busy" "Autoscaling: 4 instances, 80 % busy where 50 % is wanted" BY_UTILISATION 4.0 0.8 0.5 7.0,
];

pub const BURN_ROWS: &[Row] = &[Row {
    name: "burn-alert",
    title: "One burn rate alert, 14.4 times over 1 h and 5 min: 10 % errors for an hour",
    family: &BURN,
    values: &[
        ("objective", 0.999),
        ("errors", 0.1),
        ("factor", 14.4),
        ("long_s", 3600.0),
        ("short_s", 300.0),
    ],
    tolerance: 0.03,
    published: &[("fires after", 518.4), ("quiet after", 256.8)],
}];
