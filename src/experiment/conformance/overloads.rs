//! What is done when more comes than can be served: CoDel, the newest first, pauses before retries.

use super::disciplines::{MU, exponential};
use super::figure::{Expected, Target, goodput, p95, p99, server, sojourn, wait};
use super::length::{Length, requests_for};
use super::stations::{LAMBDA, no_steady_state};
use super::text::{rate, seconds, users_and_server};
use super::{Basis, Dice, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::overload::{Controlled, Jitter, NewestFirst, pauses};
use crate::experiment::closed_form::stations::Mmc;

// ---- CoDel ------------------------------------------------------------------------------------

fn controlled(p: &Parameters) -> Controlled {
    Controlled {
        lambda: p.get("lambda"),
        mu: p.get("mu"),
        target: p.get("target_ms") / 1e3,
        interval: p.get("interval_ms") / 1e3,
    }
}

pub static CODEL: Family = Family {
    name: "codel",
    basis: Basis::ClosedForm,
    source: "Control law: the n-th drop interval / sqrt(n - 1) after the one before; K. Nichols, V. Jacobson (2012), RFC 8289",
    parameters: &[
        LAMBDA,
        MU,
        Parameter::new("target_ms", 0.1, 10_000.0, "acceptable wait in ms"),
        Parameter::new("interval_ms", 1.0, 100_000.0, "interval in ms"),
        Parameter::new("for_s", 0.1, 10_000.0, "how long, from an empty line, in s"),
    ],
    refuses: |p| {
        let line = controlled(p);
        let over = line.lambda - line.mu;
        if over <= 0.0 {
            return Some("nothing is dropped for ever: lambda has to be above mu".to_owned());
        }
        if line.drops_within(p.get("for_s")) < 3 {
            return Some("the time is over before there is a law to see".to_owned());
        }
        (line.drops_per_s(p.get("for_s")) > 0.8 * over)
            .then(|| "so many are dropped by then that the line is short again".to_owned())
    },
    length: |p, _| Length::exactly(p.get("for_s"), 0.0),
    design: |p| {
        format!(
            "[clients.users]\narrivals = \"constant\"\nrate = \"{}\"\n\n\
             [service.server]\nslots = 1\nservice_time = \"{}\"\nqueue_management = \"codel\"\n\
             codel_target = \"{}\"\ncodel_interval = \"{}\"\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"server\"\n",
            rate(p.get("lambda")),
            seconds(1.0 / p.get("mu")),
            seconds(p.get("target_ms") / 1e3),
            seconds(p.get("interval_ms") / 1e3)
        )
    },
    expects: |p| {
        // A drop is at the first turn after its moment, the first of all a turn or two apart.
        let (line, turn) = (controlled(p), 1.0 / p.get("mu"));
        let within = |seconds: f64| f64::from(line.drops_within(seconds));
        let (low, high) = (
            within(p.get("for_s") - 4.0 * turn) - 1.0,
            within(p.get("for_s") + 4.0 * turn),
        );
        vec![Expected::new(
            "dropped",
            "requests",
            Target::Between { low, high },
            |report, _| Some(server(report)?.count("shed") as f64),
        )]
    },
    draw: |dice| {
        let mu = dice.whole(200, 2_000);
        let lambda = (mu * dice.between(1.5, 3.0)).floor();
        let interval = dice.whole(50, 300);
        let over = lambda - mu;
        // sqrt(n) is t / (2 interval): half of what comes too many at the most.
        let longest = over * interval * interval * 1e-6;
        let seconds = dice.between(1.0, 8.0).min(longest).max(0.8);
        vec![
            ("lambda", lambda),
            ("mu", mu),
            ("target_ms", dice.whole(1, 20)),
            ("interval_ms", interval),
            ("for_s", seconds),
        ]
    },
};

// ---- adaptive LIFO ----------------------------------------------------------------------------

const ABOVE: Parameter = Parameter::new(
    "above",
    0.0,
    100_000.0,
    "waiting requests above which the newest goes first",
)
.whole();

fn adaptive(p: &Parameters, more: &str) -> String {
    let above = p.whole("above");
    let server = exponential(p);
    format!("{server}discipline = \"adaptive_lifo\"\nlifo_above = {above}\n{more}")
}

fn newest(p: &Parameters) -> NewestFirst {
    NewestFirst {
        lambda: p.get("lambda"),
        mu: p.get("mu"),
    }
}

/// When users leave: hardly anybody who is served at all is served later.
fn patience(p: &Parameters) -> f64 {
    let waiting = 4.0 * (p.get("above") + 10.0) / (p.get("lambda") - p.get("mu"));
    (15.0 * newest(p).fades_in()).max(waiting)
}

pub static NEWEST: Family = Family {
    name: "adaptive-lifo-overload",
    basis: Basis::ClosedForm,
    source: "M/M/1 beyond its capacity, the newest first: busy periods that end; B. Maurer, Fail at Scale (ACM Queue 2015)",
    parameters: &[LAMBDA, MU, ABOVE],
    refuses: |p| {
        (p.get("lambda") < 1.05 * p.get("mu"))
            .then(|| "not overloaded enough: lambda from 1.05 mu on".to_owned())
    },
    length: |p, error| {
        let points = 1.96 / error;
        let over = p.get("lambda") / p.get("mu") - 1.0;
        let requests = points * points * 20.0 * (1.0 + 1.0 / over);
        let warm = 10.0 * patience(p) * p.get("lambda");
        Length::of(requests.max(50_000.0) + warm, p.get("lambda"))
    },
    design: |p| {
        let users = users_and_server(p.get("lambda"), &adaptive(p, "on_abandoned = \"stop\"\n"));
        format!("{users}timeout = \"{}\"\n", seconds(patience(p)))
    },
    expects: |p| {
        vec![
            Expected::near("served", "per s", p.get("mu"), goodput),
            Expected::time("Wq of served", newest(p).wait(), wait),
        ]
    },
    draw: |dice| {
        let mu = dice.between(20.0, 400.0);
        vec![
            ("lambda", mu * dice.between(1.2, 2.5)),
            ("mu", mu),
            ("above", dice.whole(0, 20)),
        ]
    },
};

fn fifo(p: &Parameters) -> Mmc {
    Mmc {
        lambda: p.get("lambda"),
        mu: p.get("mu"),
        c: 1,
    }
}

pub static CALM: Family = Family {
    name: "adaptive-lifo-calm",
    basis: Basis::ClosedForm,
    source: "As long as few wait, the oldest first: M/M/1; B. Maurer, Fail at Scale (ACM Queue 2015)",
    parameters: &[LAMBDA, MU, ABOVE],
    refuses: |p| {
        let rho = p.get("lambda") / p.get("mu");
        let often = libm::pow(rho, p.get("above"));
        let crowded = || {
            (often > 1e-4)
                .then(|| format!("more than `above` wait for a share of {often:.1e} of the time"))
        };
        no_steady_state(rho).or_else(crowded)
    },
    length: |p, error| {
        let rho = p.get("lambda") / p.get("mu");
        Length::of(requests_for(error, rho), p.get("lambda"))
    },
    design: |p| users_and_server(p.get("lambda"), &adaptive(p, "")),
    expects: |p| {
        let station = fifo(p);
        vec![
            Expected::time("W", station.sojourn(), sojourn),
            Expected::percentile("p95", station.sojourn_percentile(0.95), p95),
            Expected::percentile("p99", station.sojourn_percentile(0.99), p99),
        ]
    },
    draw: |dice: &mut Dice| {
        let (mu, rho) = (dice.between(20.0, 400.0), dice.between(0.4, 0.75));
        vec![
            ("lambda", rho * mu),
            ("mu", mu),
            ("above", dice.whole(60, 200)),
        ]
    },
};

// ---- pauses -----------------------------------------------------------------------------------

const JITTERS: [(&str, Jitter); 4] = [
    ("none", Jitter::None),
    ("full", Jitter::Full),
    ("equal", Jitter::Equal),
    ("decorrelated", Jitter::Decorrelated),
];

fn jitter(p: &Parameters) -> (&'static str, Jitter) {
    JITTERS[p.whole("jitter") as usize]
}

/// Enough calls for the mean of pauses that chance spreads.
const CALLS: f64 = 40_000.0;

pub static PAUSES: Family = Family {
    name: "pauses",
    basis: Basis::ClosedForm,
    source: "Exponential backoff with four kinds of jitter; M. Brooker, Exponential Backoff And Jitter (AWS, 2015)",
    parameters: &[
        Parameter::new(
            "jitter",
            0.0,
            3.0,
            "0 none, 1 full, 2 equal, 3 decorrelated",
        )
        .whole(),
        Parameter::new(
            "base_ms",
            0.1,
            100_000.0,
            "pause before the first retry in ms",
        ),
        Parameter::new("cap_ms", 0.1, 1e9, "longest pause in ms"),
        Parameter::new("retries", 1.0, 12.0, "retries, all of which fail").whole(),
    ],
    refuses: |p| {
        let reach = p.get("base_ms") * libm::pow(3.0, p.get("retries"));
        (p.whole("jitter") == 3 && reach > p.get("cap_ms")).then(|| {
            format!("decorrelated pauses may reach the cap: from {reach} ms on they cannot")
        })
    },
    length: |_, _| Length::all_of(CALLS, 100.0),
    design: |p| {
        format!(
            "[clients.users]\nrate = \"100 rps\"\n\n[service.server]\nslots = 10000\nservice_time = \"0 s\"\n\n\
             [third_party.gone]\nlatency = \"0 s\"\nerror_share = \"100 %\"\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"server\"\n\n\
             [link.try]\nfrom = \"server\"\nto = \"gone\"\nattempts = {}\nbackoff = \"exponential\"\n\
             backoff_base = \"{}\"\nbackoff_cap = \"{}\"\njitter = \"{}\"\nfallback = \"default\"\n\n\
             [operation.look]\nkind = \"read\"\n",
            p.whole("retries") + 1,
            seconds(p.get("base_ms") / 1e3),
            seconds(p.get("cap_ms") / 1e3),
            jitter(p).0
        )
    },
    expects: |p| {
        let (base, cap) = (p.get("base_ms") / 1e3, p.get("cap_ms") / 1e3);
        let all = pauses(jitter(p).1, base, cap, p.whole("retries"));
        vec![Expected::time("all pauses", all, sojourn)]
    },
    draw: |dice| {
        let (jitter, retries) = (dice.whole(0, 3), dice.whole(1, 5));
        let base = dice.between(5.0, 100.0);
        let cap = match jitter == 3.0 {
            true => 1e6,
            false => base * dice.between(1.5, 20.0),
        };
        vec![
            ("jitter", jitter),
            ("base_ms", base),
            ("cap_ms", cap),
            ("retries", retries),
        ]
    },
};

macro_rules! pauses_row {
    ($name:literal, $title:literal, $jitter:literal, $cap:literal) => {
        Row {
            name: $name,
            title: $title,
            family: &PAUSES,
            values: &[
                ("jitter", $jitter),
                ("base_ms", 100.0),
                ("cap_ms", $cap),
                ("retries", 3.0),
            ],
            tolerance: 0.01,
            published: &[],
        }
    };
}

pub const ROWS: &[Row] = &[
    Row {
        name: "codel",
        title: "CoDel under twice its load for 5 s: 5 ms, 100 ms",
        family: &CODEL,
        values: &[
            ("lambda", 2000.0),
            ("mu", 1000.0),
            ("target_ms", 5.0),
            ("interval_ms", 100.0),
            ("for_s", 5.0),
        ],
        tolerance: 0.01,
        published: &[],
    },
    Row {
        name: "adaptive-lifo-overload",
        title: "Adaptive LIFO at load 1.5: the newest are served at once",
        family: &NEWEST,
        values: &[("lambda", 150.0), ("mu", 100.0), ("above", 10.0)],
        tolerance: 0.04,
        published: &[],
    },
    Row {
        name: "adaptive-lifo-calm",
        title: "Adaptive LIFO at load 0.8: the oldest first",
        family: &CALM,
        values: &[("lambda", 80.0), ("mu", 100.0), ("above", 100.0)],
        tolerance: 0.04,
        published: &[("W", 50.0), ("p95", 149.79), ("p99", 230.26)],
    },
    pauses_row!(
        "pauses-plain",
        "Three doubling pauses from 100 ms on",
        0.0,
        20000.0
    ),
    pauses_row!("pauses-full", "The same with full jitter", 1.0, 20000.0),
    pauses_row!("pauses-equal", "The same with equal jitter", 2.0, 20000.0),
    pauses_row!(
        "pauses-decorrelated",
        "The same with decorrelated jitter",
        3.0,
        20000.0
    ),
    pauses_row!(
        "pauses-capped",
        "Full jitter, no pause longer than 150 ms",
        1.0,
        150.0
    ),
];
