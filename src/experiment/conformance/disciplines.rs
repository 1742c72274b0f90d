//! One station with other disciplines than first come, first served.

use super::figure::{Expected, p95, p99, sojourn};
use super::length::{Length, requests_for};
use super::stations::{LAMBDA, no_steady_state};
use super::text::{rate, refuses_spread, service_time, users_and_server};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::disciplines::{Batches, LastFirst, Sharing, feedback_sojourn};
use crate::experiment::closed_form::priorities::{Class, preemptive_sojourns, waits};
use crate::observe::report::{OperationReport, Report};
use crate::time::NS_PER_MS;

pub const MU: Parameter = Parameter::new("mu", 0.001, 1e5, "served per second");
const MEAN: Parameter = Parameter::new("mean_ms", 0.001, 1e6, "mean service time in ms");
const CS2: Parameter = Parameter::new(
    "cs2",
    0.0,
    100.0,
    "squared coefficient of variation of the service time: 0 constant, 1 exponential",
);

pub fn exponential(p: &Parameters) -> String {
    let work = service_time(1.0 / p.get("mu"), 1.0);
    format!("slots = 1\nservice_time = \"{work}\"\n")
}

fn sharing(p: &Parameters) -> Sharing {
    Sharing {
        lambda: p.get("lambda"),
        mean: p.get("mean_ms") / 1e3,
        c: p.whole("c"),
    }
}

fn load_of_sharing(p: &Parameters) -> f64 {
    p.get("lambda") * p.get("mean_ms") / 1e3 / p.get("c")
}

/// More slots than there will ever be requests.
const MANY: u32 = 100_000;

pub static SHARING: Family = Family {
    name: "processor-sharing",
    basis: Basis::ClosedForm,
    source: "M/G/c-PS: insensitive to the distribution; Kleinrock, Queueing Systems II (1976), ch. 4",
    parameters: &[
        LAMBDA,
        MEAN,
        CS2,
        Parameter::new("c", 1.0, 100.0, "cores").whole(),
    ],
    refuses: |p| no_steady_state(load_of_sharing(p)).or_else(|| refuses_spread(p.get("cs2"))),
    length: |p, error| {
        let spread = (1.0 + p.get("cs2")).max(1.0);
        let requests = requests_for(error, load_of_sharing(p)) * spread;
        Length::of(requests.max(100_000.0), p.get("lambda"))
    },
    design: |p| {
        let work = service_time(p.get("mean_ms") / 1e3, p.get("cs2"));
        let cores = p.whole("c");
        let server = format!("slots = {MANY}\ncores = {cores}\nservice_time = \"{work}\"\n");
        users_and_server(p.get("lambda"), &server)
    },
    expects: |p| vec![Expected::time("W", sharing(p).sojourn(), sojourn)],
    draw: |dice| {
        let (mean, rho) = (dice.between(1.0, 50.0), dice.between(0.4, 0.75));
        let cs2 = [0.0, 0.25, 1.0, 2.5][dice.whole(0, 3) as usize];
        let c = dice.whole(1, 4);
        vec![
            ("lambda", rho * c / mean * 1e3),
            ("mean_ms", mean),
            ("cs2", cs2),
            ("c", c),
        ]
    },
};

pub static LAST_FIRST: Family = Family {
    name: "last-come-first-served",
    basis: Basis::ClosedForm,
    source: "M/M/1, last come first served without interruption; Kleinrock, Queueing Systems I (1975), ch. 5",
    parameters: &[LAMBDA, MU],
    refuses: |p| no_steady_state(p.get("lambda") / p.get("mu")),
    length: |p, error| {
        let rho = p.get("lambda") / p.get("mu");
        Length::of(2.0 * requests_for(error, rho), p.get("lambda"))
    },
    design: |p| {
        let server = format!("{}discipline = \"lifo\"\n", exponential(p));
        users_and_server(p.get("lambda"), &server)
    },
    expects: |p| {
        let station = LastFirst {
            lambda: p.get("lambda"),
            mu: p.get("mu"),
        };
        vec![
            Expected::time("W", station.wait() + 1.0 / p.get("mu"), sojourn),
            Expected::percentile("p95", station.sojourn_percentile(0.95), p95),
            Expected::percentile("p99", station.sojourn_percentile(0.99), p99),
        ]
    },
    draw: |dice| {
        let (mu, rho) = (dice.between(20.0, 400.0), dice.between(0.4, 0.75));
        vec![("lambda", rho * mu), ("mu", mu)]
    },
};

fn batches(p: &Parameters) -> Batches {
    Batches {
        batches: p.get("batches"),
        size: p.get("size"),
        size_cs2: 0.0,
        mean: 1.0 / p.get("mu"),
        cs2: 1.0,
    }
}

pub static BATCHES: Family = Family {
    name: "batches",
    basis: Basis::ClosedForm,
    source: "M[X]/M/1; Gross et al., Fundamentals of Queueing Theory (2008), sec. 3.1",
    parameters: &[
        Parameter::new("batches", 0.001, 1e4, "batches per second"),
        Parameter::new("size", 1.0, 1000.0, "requests in a batch").whole(),
        MU,
    ],
    refuses: |p| no_steady_state(batches(p).rho()),
    length: |p, error| {
        let (batches, size) = (batches(p), p.get("size"));
        Length::of(requests_for(error, batches.rho()), p.get("batches")).times(1.0 + 1.0 / size)
    },
    design: |p| {
        let users = users_and_server(p.get("batches"), &exponential(p));
        let size = p.whole("size");
        users.replacen("\n\n", &format!("\nbatch = {size}\n\n"), 1)
    },
    expects: |p| vec![Expected::time("W", batches(p).sojourn(), sojourn)],
    draw: |dice| {
        let (mu, rho, size) = (
            dice.between(50.0, 400.0),
            dice.between(0.4, 0.7),
            dice.whole(2, 12),
        );
        vec![("batches", rho * mu / size), ("size", size), ("mu", mu)]
    },
};

pub static FEEDBACK: Family = Family {
    name: "feedback",
    basis: Basis::ClosedForm,
    source: "M/M/1 with Bernoulli feedback: what failed is tried again at the end of the line; Jackson (1957)",
    parameters: &[
        LAMBDA,
        MU,
        Parameter::new("again", 0.0, 0.9, "share of served requests that come back"),
    ],
    refuses: |p| no_steady_state(p.get("lambda") / (1.0 - p.get("again")) / p.get("mu")),
    length: |p, error| {
        let rho = p.get("lambda") / (1.0 - p.get("again")) / p.get("mu");
        Length::of(1.5 * requests_for(error, rho), p.get("lambda"))
    },
    design: |p| {
        let users = users_and_server(p.get("lambda"), &exponential(p));
        let share = p.get("again");
        format!(
            "{users}attempts = 1000\n\n[[timeline]]\nwhat = \"errors\"\ntarget = \"server\"\n\
             at = \"0 s\"\nshare = {share}\n"
        )
    },
    expects: |p| {
        let w = feedback_sojourn(p.get("lambda"), p.get("mu"), p.get("again"));
        vec![Expected::time("W", w, sojourn)]
    },
    draw: |dice| {
        let (mu, rho, again) = (
            dice.between(20.0, 400.0),
            dice.between(0.4, 0.75),
            dice.between(0.1, 0.5),
        );
        vec![
            ("lambda", rho * mu * (1.0 - again)),
            ("mu", mu),
            ("again", again),
        ]
    },
};

pub fn operation<'r>(report: &'r Report, key: &str) -> Option<&'r OperationReport> {
    report.operations.iter().find(|op| op.key == key)
}

pub fn sojourn_of(report: &Report, key: &str) -> Option<f64> {
    let mean = operation(report, key)?.latency.mean_ns?;
    Some(mean / NS_PER_MS as f64)
}

fn classes(p: &Parameters) -> [Class; 2] {
    let class = |lambda| Class {
        lambda,
        mean: 1.0 / p.get("mu"),
        cs2: 1.0,
    };
    [class(p.get("first")), class(p.get("second"))]
}

const FIRST: Parameter = Parameter::new("first", 0.001, 1e5, "important arrivals per second");
const SECOND: Parameter = Parameter::new("second", 0.001, 1e5, "other arrivals per second");

fn load_of_classes(p: &Parameters) -> f64 {
    (p.get("first") + p.get("second")) / p.get("mu")
}

/// As long as the rarer of the two needs.
fn length_of_classes(p: &Parameters, error: f64) -> Length {
    let all = p.get("first") + p.get("second");
    let requests = 1.5 * requests_for(error, load_of_classes(p));
    Length::of(requests.max(200_000.0), all)
}

/// Two clients with an operation each, at one server.
pub fn two_kinds(first: f64, second: f64, server: &str, of_first: &str) -> String {
    let (one, other) = (rate(first), rate(second));
    format!(
        "[clients.users]\nrate = \"{one}\"\n\n[clients.others]\nrate = \"{other}\"\n\n\
         [service.server]\n{server}\n\
         [link.ask]\nfrom = \"users\"\nto = \"server\"\n\n\
         [link.beg]\nfrom = \"others\"\nto = \"server\"\n\n\
         [operation.first]\nkind = \"read\"\nclients = [\"users\"]\n{of_first}\n\
         [operation.second]\nkind = \"read\"\nclients = [\"others\"]\n"
    )
}

fn two_classes(p: &Parameters, discipline: &str) -> String {
    let server = format!("{}discipline = \"{discipline}\"\n", exponential(p));
    let important = "priority = \"critical\"\n";
    two_kinds(p.get("first"), p.get("second"), &server, important)
}

fn of_classes(sojourns: &[f64]) -> Vec<Expected> {
    vec![
        Expected::time("W of the first", sojourns[0], |r, _| sojourn_of(r, "first")),
        Expected::time("W of the second", sojourns[1], |r, _| {
            sojourn_of(r, "second")
        }),
    ]
}

fn draw_classes(dice: &mut super::Dice) -> Vec<(&'static str, f64)> {
    let (mu, rho, share) = (
        dice.between(50.0, 400.0),
        dice.between(0.4, 0.75),
        dice.between(0.2, 0.8),
    );
    vec![
        ("first", rho * mu * share),
        ("second", rho * mu * (1.0 - share)),
        ("mu", mu),
    ]
}

pub static PRIORITY: Family = Family {
    name: "priority",
    basis: Basis::ClosedForm,
    source: "M/M/1, two classes without interruption; A. Cobham (1954)",
    parameters: &[FIRST, SECOND, MU],
    refuses: |p| no_steady_state(load_of_classes(p)),
    length: length_of_classes,
    design: |p| two_classes(p, "priority"),
    expects: |p| {
        let waits = waits(&classes(p));
        let sojourns: Vec<f64> = waits.iter().map(|wait| wait + 1.0 / p.get("mu")).collect();
        of_classes(&sojourns)
    },
    draw: draw_classes,
};

pub static PREEMPTIVE: Family = Family {
    name: "preemptive-priority",
    basis: Basis::ClosedForm,
    source: "M/M/1, two classes, interrupted and resumed; Gross et al. (2008), sec. 3.4",
    parameters: &[FIRST, SECOND, MU],
    refuses: |p| no_steady_state(load_of_classes(p)),
    length: length_of_classes,
    design: |p| two_classes(p, "preemptive"),
    expects: |p| of_classes(&preemptive_sojourns(&classes(p))),
    draw: draw_classes,
};

const fn shared(
    name: &'static str,
    title: &'static str,
    values: &'static [(&'static str, f64)],
) -> Row {
    Row {
        name,
        title,
        family: &SHARING,
        values,
        tolerance: 0.05,
        published: &[("W", 50.0)],
    }
}

pub const ROWS: &[Row] = &[
    shared(
        "ps-exponential",
        "M/M/1 with its core shared",
        &[
            ("lambda", 80.0),
            ("mean_ms", 10.0),
            ("cs2", 1.0),
            ("c", 1.0),
        ],
    ),
    shared(
        "ps-constant",
        "M/D/1 with its core shared",
        &[
            ("lambda", 80.0),
            ("mean_ms", 10.0),
            ("cs2", 0.0),
            ("c", 1.0),
        ],
    ),
    shared(
        "ps-erlang",
        "M/E2/1 with its core shared",
        &[
            ("lambda", 80.0),
            ("mean_ms", 10.0),
            ("cs2", 0.5),
            ("c", 1.0),
        ],
    ),
    shared(
        "ps-spread",
        "M/H2/1 with its core shared, cs2 4",
        &[
            ("lambda", 80.0),
            ("mean_ms", 10.0),
            ("cs2", 4.0),
            ("c", 1.0),
        ],
    ),
    Row {
        name: "lifo",
        title: "M/M/1, last come first served",
        family: &LAST_FIRST,
        values: &[("lambda", 80.0), ("mu", 100.0)],
        tolerance: 0.05,
        published: &[("W", 50.0)],
    },
    Row {
        name: "batches",
        title: "Batches of ten at one server",
        family: &BATCHES,
        values: &[("batches", 8.0), ("size", 10.0), ("mu", 100.0)],
        tolerance: 0.05,
        published: &[("W", 275.0)],
    },
    Row {
        name: "feedback",
        title: "M/M/1 where every fifth comes back",
        family: &FEEDBACK,
        values: &[("lambda", 60.0), ("mu", 100.0), ("again", 0.2)],
        tolerance: 0.05,
        published: &[("W", 50.0)],
    },
    Row {
        name: "priority",
        title: "Two classes, no interruption",
        family: &PRIORITY,
        values: &[("first", 30.0), ("second", 50.0), ("mu", 100.0)],
        tolerance: 0.05,
        published: &[("W of the first", 21.429), ("W of the second", 67.143)],
    },
    Row {
        name: "preemptive-priority",
        title: "Two classes, the first interrupts the second",
        family: &PREEMPTIVE,
        values: &[("first", 30.0), ("second", 50.0), ("mu", 100.0)],
        tolerance: 0.05,
        published: &[("W of the first", 14.286), ("W of the second", 71.429)],
    },
];
