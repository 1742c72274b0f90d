//! Further stations: several servers with classes or impatient users, slots that hinder each other, the
//! slowest of many.

use std::fmt::Write as _;

use super::disciplines::{MU, sojourn_of};
use super::figure::{Expected, blocking, goodput, p99, server, sojourn};
use super::length::{Length, requests_for};
use super::stations::{LAMBDA, no_steady_state};
use super::text::{rate, seconds, service_time, users_and_server};
use super::{Basis, Dice, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::patience::{Abandoning, Impatient, Patience};
use crate::experiment::closed_form::placement::{slowest_of_exponential, slowest_percentile};
use crate::experiment::closed_form::priorities::{
    preemptive_sojourns_at_several, waits_at_several,
};
use crate::experiment::closed_form::scaling::Scalability;
use crate::experiment::closed_form::times::Times;

const SERVERS: Parameter = Parameter::new("c", 1.0, 1000.0, "servers").whole();

fn servers(p: &Parameters, more: &str) -> String {
    let work = service_time(1.0 / p.get("mu"), 1.0);
    format!(
        "slots = {}\nservice_time = \"{work}\"\n{more}",
        p.whole("c")
    )
}

// ---- impatience -----------------------------------------------------------------------------

fn impatient(p: &Parameters) -> Impatient {
    Impatient {
        lambda: p.get("lambda"),
        mu: p.get("mu"),
        c: p.whole("c"),
        patience: Patience::Constant(p.get("d_ms") / 1e3),
    }
}

fn to_lose(p: &Parameters, error: f64, lost: f64) -> Length {
    let points = 1.96 / error;
    let requests = points * points * (1.0 - lost) / lost * 8.0;
    Length::of(requests.max(50_000.0), p.get("lambda"))
}

fn too_rare(lost: f64) -> Option<String> {
    (lost < 1e-3).then(|| format!("only a share of {lost:.1e} is lost: too rare to count"))
}

fn draw_crowd(dice: &mut Dice) -> (f64, f64, f64) {
    let (mu, c) = (dice.between(20.0, 200.0), dice.whole(2, 8));
    (dice.between(0.8, 1.4) * mu * c, mu, c)
}

pub static DROPPED: Family = Family {
    name: "drop-at-dequeue-several",
    basis: Basis::ClosedForm,
    source: "M/M/c+D; F. Baccelli, G. Hebuterne (1981)",
    parameters: &[
        LAMBDA,
        MU,
        SERVERS,
        Parameter::new("d_ms", 1.0, 1e6, "longest wait in ms"),
    ],
    refuses: |p| too_rare(impatient(p).lost()),
    length: |p, error| to_lose(p, error, impatient(p).lost()),
    design: |p| {
        let most = seconds(p.get("d_ms") / 1e3);
        let server = servers(p, &format!("max_wait = \"{most}\"\n"));
        users_and_server(p.get("lambda"), &server)
    },
    expects: |p| {
        let station = impatient(p);
        vec![
            Expected::near("loss", "", station.lost(), blocking),
            Expected::time("W of served", station.sojourn_of_served(), sojourn),
        ]
    },
    draw: |dice| {
        let (lambda, mu, c) = draw_crowd(dice);
        let d = dice.between(2.0, 6.0) / mu / c * 1e3;
        vec![
            ("lambda", lambda),
            ("mu", mu),
            ("c", c),
            ("d_ms", d.max(1.0)),
        ]
    },
};

fn abandoning(p: &Parameters) -> Abandoning {
    Abandoning {
        lambda: p.get("lambda"),
        mu: p.get("mu"),
        c: p.whole("c"),
        patience: p.get("patience_ms") / 1e3,
    }
}

pub static ABANDONED: Family = Family {
    name: "abandonment",
    basis: Basis::ClosedForm,
    source: "Erlang A whose users also leave during the service: a birth-death chain; C. Palm (1957), S. Zeltyn, A. Mandelbaum (2005)",
    parameters: &[
        LAMBDA,
        MU,
        SERVERS,
        Parameter::new("patience_ms", 1.0, 1e7, "mean patience in ms"),
    ],
    refuses: |p| too_rare(abandoning(p).lost()),
    length: |p, error| to_lose(p, error, abandoning(p).lost()),
    design: |p| {
        let server = servers(p, "on_abandoned = \"stop\"\n");
        let users = users_and_server(p.get("lambda"), &server);
        let patience = service_time(p.get("patience_ms") / 1e3, 1.0);
        users.replacen("\n\n", &format!("\npatience = \"{patience}\"\n\n"), 1)
    },
    expects: |p| {
        let station = abandoning(p);
        let mut figures = vec![
            Expected::near("abandoned", "", station.lost(), |r, _| {
                Some(r.users.abandoned as f64 / r.users.actions as f64)
            }),
            Expected::near("served", "per s", station.throughput(), goodput),
        ];
        // Where hardly anybody waits, the mean is made by a few.
        if station.waiting() > 0.01 {
            figures.push(Expected::near(
                "waiting",
                "requests",
                station.waiting(),
                |r, _| Some(server(r)?.mean_waiting),
            ));
        }
        figures
    },
    draw: |dice| {
        let (lambda, mu, c) = draw_crowd(dice);
        vec![
            ("lambda", lambda),
            ("mu", mu),
            ("c", c),
            ("patience_ms", dice.between(2.0, 10.0) / mu * 1e3),
        ]
    },
};

// ---- classes --------------------------------------------------------------------------------

const CLASSES: &[Parameter] = &[
    Parameter::new("critical", 0.001, 1e5, "critical arrivals per second"),
    Parameter::new("normal", 0.001, 1e5, "normal arrivals per second"),
    Parameter::new("low", 0.001, 1e5, "unimportant arrivals per second"),
    MU,
    SERVERS,
];

const NAMES: [&str; 3] = ["critical", "normal", "low"];

fn lambdas(p: &Parameters) -> [f64; 3] {
    NAMES.map(|name| p.get(name))
}

fn load(p: &Parameters) -> f64 {
    lambdas(p).iter().sum::<f64>() / p.get("mu") / p.get("c")
}

fn three_classes(p: &Parameters, discipline: &str) -> String {
    let server = servers(p, &format!("discipline = \"{discipline}\"\n"));
    let mut text = format!("[service.server]\n{server}\n");
    for name in NAMES {
        let _ = write!(
            text,
            "[clients.{name}]\nrate = \"{}\"\n\n[link.of_{name}]\nfrom = \"{name}\"\nto = \"server\"\n\n\
             [operation.{name}]\nclients = [\"{name}\"]\npriority = \"{name}\"\n\n",
            rate(p.get(name))
        );
    }
    text
}

fn of_three(sojourns: &[f64]) -> Vec<Expected> {
    vec![
        Expected::time("W of critical", sojourns[0], |r, _| {
            sojourn_of(r, "critical")
        }),
        Expected::time("W of normal", sojourns[1], |r, _| sojourn_of(r, "normal")),
        Expected::time("W of low", sojourns[2], |r, _| sojourn_of(r, "low")),
    ]
}

fn length_of_three(p: &Parameters, error: f64) -> Length {
    // The last class sees the others come and go.
    let requests = 1.5 * requests_for(error, load(p));
    Length::of(
        requests.clamp(200_000.0, 800_000.0),
        lambdas(p).iter().sum(),
    )
}

fn draw_three(dice: &mut Dice) -> Vec<(&'static str, f64)> {
    let (mu, c) = (dice.between(50.0, 400.0), dice.whole(1, 5));
    let mut part = || dice.between(0.15, 0.23);
    let shares = [part(), part(), part()];
    vec![
        ("critical", shares[0] * mu * c),
        ("normal", shares[1] * mu * c),
        ("low", shares[2] * mu * c),
        ("mu", mu),
        ("c", c),
    ]
}

pub static PRIORITY: Family = Family {
    name: "priority-several",
    basis: Basis::ClosedForm,
    source: "M/M/c, three classes without interruption; A. Cobham (1954)",
    parameters: CLASSES,
    refuses: |p| no_steady_state(load(p)),
    length: length_of_three,
    design: |p| three_classes(p, "priority"),
    expects: |p| {
        let waits = waits_at_several(p.whole("c"), p.get("mu"), &lambdas(p));
        let sojourns: Vec<f64> = waits.iter().map(|wait| wait + 1.0 / p.get("mu")).collect();
        of_three(&sojourns)
    },
    draw: draw_three,
};

pub static PREEMPTIVE: Family = Family {
    name: "preemptive-priority-several",
    basis: Basis::ClosedForm,
    source: "M/M/c, three classes, interrupted and resumed; J. Buzen, A. Bondi (1983)",
    parameters: CLASSES,
    refuses: |p| no_steady_state(load(p)),
    length: length_of_three,
    design: |p| three_classes(p, "preemptive"),
    expects: |p| {
        of_three(&preemptive_sojourns_at_several(
            p.whole("c"),
            p.get("mu"),
            &lambdas(p),
        ))
    },
    draw: draw_three,
};

// ---- slots that hinder each other -----------------------------------------------------------

fn law(p: &Parameters) -> Scalability {
    Scalability {
        one: p.get("one"),
        contention: p.get("contention"),
        coherency: p.get("coherency"),
    }
}

pub static SCALABILITY: Family = Family {
    name: "scalability",
    basis: Basis::ClosedForm,
    source: "Universal Scalability Law: N. Gunther, Guerrilla Capacity Planning (2007)",
    parameters: &[
        Parameter::new("n", 1.0, 1000.0, "slots, all of them busy").whole(),
        Parameter::new("one", 0.01, 1e5, "throughput of one, per second"),
        Parameter::new("contention", 0.0, 1.0, "sigma"),
        Parameter::new("coherency", 0.0, 1.0, "kappa"),
    ],
    refuses: |_| None,
    length: |p, error| {
        let points = 1.96 / error;
        let requests = (points * points).max(50.0 * p.get("n"));
        Length::of(requests, law(p).throughput(p.get("n")))
    },
    design: |p| {
        let n = p.whole("n");
        format!(
            "[clients.users]\narrivals = \"closed\"\nusers = {n}\nthink_time = \"0 s\"\n\n\
             [service.server]\nslots = {n}\nservice_time = \"{}\"\ncontention = {:.9}\ncoherency = {:.9}\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"server\"\n",
            service_time(1.0 / p.get("one"), 1.0),
            p.get("contention"),
            p.get("coherency"),
        )
    },
    expects: |p| {
        let throughput = law(p).throughput(p.get("n"));
        vec![Expected::near("X", "per s", throughput, goodput)]
    },
    draw: |dice| {
        vec![
            ("n", dice.whole(2, 120)),
            ("one", dice.between(10.0, 1_000.0)),
            ("contention", dice.between(0.0, 0.2)),
            ("coherency", dice.between(0.0, 0.005)),
        ]
    },
};

// ---- the slowest of many --------------------------------------------------------------------

pub static SLOWEST: Family = Family {
    name: "fan-out-slowest",
    basis: Basis::ClosedForm,
    source: "Largest of n exponential times: mean (1 + 1/2 + ... + 1/n)",
    parameters: &[
        Parameter::new("leaves", 1.0, 200.0, "leaves asked at once").whole(),
        Parameter::new("mean_ms", 0.01, 1e5, "mean time of a leaf in ms"),
    ],
    refuses: |_| None,
    length: |_, error| {
        let points = 1.96 / error;
        // The largest of many varies less than each of them.
        Length::of((points * points / 2.0).max(4_000.0), 50.0)
    },
    design: |p| {
        format!(
            "[clients.users]\nrate = \"50 rps\"\n\n[operation.ask]\nkind = \"read\"\n\n\
             [service.root]\nslots = 100000\nservice_time = \"0 s\"\nplan.ask = [\"all call leaf x {}\"]\n\n\
             [service.server]\nslots = 100000\nservice_time = \"{}\"\n\n\
             [link.visit]\nfrom = \"users\"\nto = \"root\"\n\n\
             [link.leaf]\nfrom = \"root\"\nto = \"server\"\n",
            p.whole("leaves"),
            service_time(p.get("mean_ms") / 1e3, 1.0)
        )
    },
    expects: |p| {
        let (leaves, mean) = (p.whole("leaves"), p.get("mean_ms") / 1e3);
        let p99_s = slowest_percentile(leaves, Times::exponential(mean), 0.99);
        vec![
            Expected::time("W", slowest_of_exponential(leaves, mean), sojourn),
            Expected::percentile("p99", p99_s, p99),
        ]
    },
    draw: |dice| {
        vec![
            ("leaves", dice.whole(2, 40)),
            ("mean_ms", dice.between(2.0, 50.0)),
        ]
    },
};

const fn row(
    name: &'static str,
    title: &'static str,
    family: &'static Family,
    values: &'static [(&'static str, f64)],
    tolerance: f64,
    published: &'static [(&'static str, f64)],
) -> Row {
    Row {
        published,
        ..Row::new(name, title, family, values, tolerance)
    }
}

pub const ROWS: &[Row] = &[
    row(
        "drop-at-dequeue-several",
        "Four servers, dropped when the turn comes after 30 ms, load 1.1",
        &DROPPED,
        &[("lambda", 440.0), ("mu", 100.0), ("c", 4.0), ("d_ms", 30.0)],
        0.04,
        &[],
    ),
    row(
        "abandonment",
        "Ten servers, users who leave after 200 ms on average, load 1",
        &ABANDONED,
        &[
            ("lambda", 1000.0),
            ("mu", 100.0),
            ("c", 10.0),
            ("patience_ms", 200.0),
        ],
        0.03,
        &[],
    ),
    row(
        "priority-several",
        "Three classes at four servers, no interruption",
        &PRIORITY,
        &[
            ("critical", 80.0),
            ("normal", 120.0),
            ("low", 120.0),
            ("mu", 100.0),
            ("c", 4.0),
        ],
        0.05,
        &[],
    ),
    row(
        "preemptive-priority-several",
        "Three classes at four servers, the more important interrupt the others",
        &PREEMPTIVE,
        &[
            ("critical", 80.0),
            ("normal", 120.0),
            ("low", 120.0),
            ("mu", 100.0),
            ("c", 4.0),
        ],
        0.05,
        &[],
    ),
    row(
        "scalability",
        "Universal scalability law at its peak: sigma 2.67 %, kappa 0.0769 %",
        &SCALABILITY,
        &[
            ("n", 36.0),
            ("one", 995.6),
            ("contention", 0.0267),
            ("coherency", 0.000769),
        ],
        0.02,
        &[],
    ),
    row(
        "scalability-beyond",
        "Universal scalability law, twice as many as at its peak",
        &SCALABILITY,
        &[
            ("n", 72.0),
            ("one", 995.6),
            ("contention", 0.0267),
            ("coherency", 0.000769),
        ],
        0.02,
        &[],
    ),
    row(
        "fan-out-slowest",
        "The slowest of 100 exponential answers",
        &SLOWEST,
        &[("leaves", 100.0), ("mean_ms", 10.0)],
        0.02,
        &[("W", 51.87)],
    ),
];
