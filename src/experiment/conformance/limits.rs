//! Rate limits at a balancer: what passes in a rush, exactly, and the share refused at random.

use super::figure::{Expected, Target};
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::limits::{TokenBucket, Window};
use crate::observe::report::Report;

const RATE: Parameter = Parameter::new("rate", 0.01, 1e4, "requests per second that may pass");
const BURST: Parameter = Parameter::new("burst", 1.0, 1e4, "tokens the bucket holds").whole();
const LAMBDA: Parameter = Parameter::new("lambda", 0.01, 1e5, "arrivals per second");
const LIMIT: Parameter = Parameter::new("limit", 1.0, 1e4, "requests per window").whole();
const WINDOW: Parameter =
    Parameter::new("window_s", 1.0, 3600.0, "length of a window in s").whole();

/// Users, a balancer that limits, and a service with room for everybody.
fn design(users: &str, limit: &str) -> String {
    format!(
        "[clients.users]\n{users}\n\
         [balancer.door]\n{limit}\n\
         [service.server]\nslots = 100000\nservice_time = \"0 s\"\n\n\
         [link.ask]\nfrom = \"users\"\nto = \"door\"\n\n\
         [link.pass]\nfrom = \"door\"\nto = \"server\"\n"
    )
}

fn served(report: &Report, _: &Parameters) -> Option<f64> {
    Some(report.users.served as f64)
}

fn refused(report: &Report, _: &Parameters) -> Option<f64> {
    let door = report.nodes.iter().find(|node| node.key == "door");
    door?.refused_share
}

fn bucket(p: &Parameters) -> TokenBucket {
    TokenBucket {
        rate: p.get("rate"),
        burst: p.whole("burst"),
    }
}

fn bucket_knobs(p: &Parameters) -> String {
    format!(
        "rate_limit = \"{}\"\nrate_burst = {}\n",
        rate(p.get("rate")),
        p.whole("burst")
    )
}

/// Arrivals per second in a rush: so many that a token never waits for a request. Powers of ten divide
/// every time in ms.
fn rush(p: &Parameters) -> f64 {
    if p.get("rate") * 2.0 + p.get("burst") < 1e3 {
        1e3
    } else {
        1e5
    }
}

pub static RUSH: Family = Family {
    name: "limit-bucket-rush",
    basis: Basis::ClosedForm,
    source: "Arithmetic: what it held at the start, and what came in",
    parameters: &[
        RATE,
        BURST,
        Parameter::new("rush_s", 1.0, 1000.0, "length of the rush in s").whole(),
    ],
    refuses: |_| None,
    // The first request comes one distance after the start, the last one `rush_s` later.
    length: |p, _| Length::exactly(p.get("rush_s") + 1.5 / rush(p), 0.0),
    design: |p| {
        let users = format!("arrivals = \"constant\"\nrate = \"{}\"\n", rate(rush(p)));
        design(&users, &bucket_knobs(p))
    },
    expects: |p| {
        let value = bucket(p).admitted(p.get("rush_s"));
        vec![Expected::new(
            "admitted",
            "requests",
            Target::Exactly { value },
            served,
        )]
    },
    draw: |dice| {
        vec![
            ("rate", dice.whole(5, 200)),
            ("burst", dice.whole(1, 300)),
            ("rush_s", dice.whole(2, 20)),
        ]
    },
};

/// Enough for a share refused within `error`, with ten times as many for its being clustered.
fn enough(lambda: f64, refused: f64, error: f64) -> Length {
    let points = 1.96 / error;
    let clustered = 10.0 * points * points * (1.0 - refused) / refused;
    Length::of(clustered.clamp(20_000.0, 2e6), lambda)
}

const RARELY: f64 = 1e-3;

fn too_rare(share: f64) -> Option<String> {
    (share < RARELY).then(|| format!("a share refused of {share:.1e} takes too long to measure"))
}

pub static BUCKET: Family = Family {
    name: "limit-bucket-random",
    basis: Basis::ClosedForm,
    source: "M/D/1/K: A. Berger, Performance Analysis of a Rate-Control Throttle (1991)",
    parameters: &[LAMBDA, RATE, BURST],
    refuses: |p| too_rare(bucket(p).refused(p.get("lambda"))),
    length: |p, error| enough(p.get("lambda"), bucket(p).refused(p.get("lambda")), error),
    design: |p| {
        let users = format!("rate = \"{}\"\n", rate(p.get("lambda")));
        design(&users, &bucket_knobs(p))
    },
    expects: |p| {
        let share = bucket(p).refused(p.get("lambda"));
        vec![Expected::near("refused", "", share, refused)]
    },
    draw: |dice| {
        let rate = dice.between(20.0, 200.0);
        vec![
            ("lambda", rate * dice.between(0.8, 1.5)),
            ("rate", rate),
            ("burst", dice.whole(2, 12)),
        ]
    },
};

fn window(p: &Parameters) -> Window {
    Window {
        limit: p.whole("limit"),
        window: p.get("window_s"),
    }
}

fn window_knobs(p: &Parameters, algorithm: &str) -> String {
    format!(
        "rate_limit = \"{}\"\nrate_algorithm = \"{algorithm}\"\nrate_window = \"{}\"\n",
        rate(p.get("limit") / p.get("window_s")),
        seconds(p.get("window_s"))
    )
}

/// Nobody comes until a second before the first edge of a window; then everybody, for two seconds.
fn edge(p: &Parameters, algorithm: &str) -> String {
    let arrivals = rate(4.0 * p.get("limit").max(25.0));
    let begins = seconds(p.get("window_s") - 1.0);
    let users = "arrivals = \"constant\"\nrate = \"0 rps\"\n";
    let tables = design(users, &window_knobs(p, algorithm));
    format!(
        "{tables}\n[[timeline]]\nwhat = \"traffic_step\"\ntarget = \"users\"\nat = \"{begins}\"\nlasts = \"2 s\"\nrate = \"{arrivals}\"\n"
    )
}

const EDGE: &[Parameter] = &[
    LIMIT,
    Parameter::new("window_s", 2.0, 3600.0, "length of a window in s").whole(),
];

fn draw_edge(dice: &mut super::Dice) -> Vec<(&'static str, f64)> {
    vec![
        ("limit", dice.whole(5, 300)),
        ("window_s", dice.whole(3, 90)),
    ]
}

pub static FIXED_EDGE: Family = Family {
    name: "limit-fixed-edge",
    basis: Basis::ClosedForm,
    source: "Arithmetic: one limit before the edge and one after it",
    parameters: EDGE,
    refuses: |_| None,
    length: |p, _| Length::exactly(p.get("window_s") + 2.0, 0.0),
    design: |p| edge(p, "fixed_window"),
    expects: |p| {
        let value = window(p).fixed_at_worst(p.get("window_s"));
        vec![Expected::new(
            "admitted",
            "requests",
            Target::Exactly { value },
            served,
        )]
    },
    draw: draw_edge,
};

pub static SLIDING_EDGE: Family = Family {
    name: "limit-sliding-edge",
    design: |p| edge(p, "sliding_window"),
    expects: |p| {
        let value = window(p).sliding_at_worst(p.get("window_s"));
        vec![Expected::new(
            "admitted",
            "requests",
            Target::Exactly { value },
            served,
        )]
    },
    source: "A log of what passed: no stretch of one window holds more",
    basis: Basis::ClosedForm,
    parameters: EDGE,
    refuses: |_| None,
    length: |p, _| Length::exactly(p.get("window_s") + 2.0, 0.0),
    draw: draw_edge,
};

fn draw_window(dice: &mut super::Dice) -> Vec<(&'static str, f64)> {
    let (limit, window) = (dice.whole(3, 30), dice.whole(1, 10));
    let lambda = limit / window * dice.between(0.8, 1.5);
    vec![("lambda", lambda), ("limit", limit), ("window_s", window)]
}

fn at_random(p: &Parameters, algorithm: &str) -> String {
    let users = format!("rate = \"{}\"\n", rate(p.get("lambda")));
    design(&users, &window_knobs(p, algorithm))
}

pub static FIXED: Family = Family {
    name: "limit-fixed-random",
    basis: Basis::ClosedForm,
    source: "What a Poisson number exceeds the limit by, on average",
    parameters: &[LAMBDA, LIMIT, WINDOW],
    refuses: |p| too_rare(window(p).fixed_refused(p.get("lambda"))),
    length: |p, error| {
        enough(
            p.get("lambda"),
            window(p).fixed_refused(p.get("lambda")),
            error,
        )
    },
    design: |p| at_random(p, "fixed_window"),
    expects: |p| {
        let share = window(p).fixed_refused(p.get("lambda"));
        vec![Expected::near("refused", "", share, refused)]
    },
    draw: draw_window,
};

pub static SLIDING: Family = Family {
    name: "limit-sliding-random",
    basis: Basis::ClosedForm,
    source: "Erlang B: each request that passes keeps one of so many places for a window",
    parameters: &[LAMBDA, LIMIT, WINDOW],
    refuses: |p| too_rare(window(p).sliding_refused(p.get("lambda"))),
    length: |p, error| {
        enough(
            p.get("lambda"),
            window(p).sliding_refused(p.get("lambda")),
            error,
        )
    },
    design: |p| at_random(p, "sliding_window"),
    expects: |p| {
        let share = window(p).sliding_refused(p.get("lambda"));
        vec![Expected::near("refused", "", share, refused)]
    },
    draw: draw_window,
};

pub const ROWS: &[Row] = &[
    Row {
        name: "limit-bucket-rush",
        title: "Token bucket of 100/s and 50, saturated for 10 s",
        family: &RUSH,
        values: &[("rate", 100.0), ("burst", 50.0), ("rush_s", 10.0)],
        tolerance: 0.0,
        published: &[("admitted", 1050.0)],
    },
    Row {
        name: "limit-fixed-edge",
        title: "Fixed window of 100 per minute, a rush around an edge",
        family: &FIXED_EDGE,
        values: &[("limit", 100.0), ("window_s", 60.0)],
        tolerance: 0.0,
        published: &[("admitted", 200.0)],
    },
    Row {
        name: "limit-sliding-edge",
        title: "Sliding window of 100 per minute, the same rush",
        family: &SLIDING_EDGE,
        values: &[("limit", 100.0), ("window_s", 60.0)],
        tolerance: 0.0,
        published: &[],
    },
    Row {
        name: "limit-bucket-random",
        title: "Token bucket, random arrivals at its rate",
        family: &BUCKET,
        values: &[("lambda", 100.0), ("rate", 100.0), ("burst", 10.0)],
        tolerance: 0.05,
        published: &[],
    },
    Row {
        name: "limit-fixed-random",
        title: "Fixed window, random arrivals at its rate",
        family: &FIXED,
        values: &[("lambda", 10.0), ("limit", 10.0), ("window_s", 1.0)],
        tolerance: 0.05,
        published: &[],
    },
    Row {
        name: "limit-sliding-random",
        title: "Sliding window, random arrivals at its rate",
        family: &SLIDING,
        values: &[("lambda", 10.0), ("limit", 10.0), ("window_s", 1.0)],
        tolerance: 0.05,
        published: &[],
    },
];
