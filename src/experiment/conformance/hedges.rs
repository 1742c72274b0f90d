//! A copy of a request that is slow to be answered: what it wins, and what it costs.

use super::figure::{Expected, first_link, p99, server, sojourn};
use super::length::Length;
use super::text::seconds;
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::engine::math::ln;
use crate::experiment::closed_form::hedging::Hedged;
use crate::experiment::closed_form::times::Times;
use crate::observe::report::Report;

/// Requests per second; none of the results depends on it, since nobody waits in a line.
const RATE: f64 = 200.0;

const MEAN: Parameter = Parameter::new("mean_ms", 0.1, 10_000.0, "mean time of one request in ms");
const AFTER: Parameter =
    Parameter::new("after_ms", 0.0, 60_000.0, "a copy is sent after this in ms");

/// Enough requests for the mean of times that differ like exponential ones, and for a hundredth of them.
fn requests(error: f64) -> f64 {
    (1.96 / error) * (1.96 / error) * 40.0
}

fn copies(report: &Report, _: &Parameters) -> Option<f64> {
    let link = first_link(report)?;
    (link.calls > 0).then(|| link.hedges as f64 / link.calls as f64)
}

/// Time in slots per action.
fn work(report: &Report, _: &Parameters) -> Option<f64> {
    let per_s = first_link(report)?.calls as f64 / report.users.actions.max(1) as f64 * RATE;
    Some(server(report)?.mean_busy / per_s * 1e3)
}

/// Users and a service without a line, which stops what nobody waits for any more.
fn design(time: &str, policy: &str) -> String {
    format!(
        "[clients.users]\nrate = \"{RATE} rps\"\n\n\
         [service.server]\ninstances = 2\nslots = 100000\nservice_time = \"{time}\"\non_abandoned = \"stop\"\n\n\
         [link.ask]\nfrom = \"users\"\nto = \"server\"\n{policy}"
    )
}

fn exponential(p: &Parameters) -> Hedged {
    Hedged {
        times: Times::exponential(p.get("mean_ms") / 1e3),
        after: p.get("after_ms") / 1e3,
    }
}

fn after(hedged: &Hedged, won: &str) -> String {
    let after = seconds(hedged.after);
    format!("hedge_after = \"{after}\"\non_hedge_won = \"{won}\"\n")
}

fn mean_time(p: &Parameters) -> String {
    format!("exponential({})", seconds(p.get("mean_ms") / 1e3))
}

/// Without copies, or with one for everybody, there is little to measure.
fn draw_exponential(dice: &mut super::Dice) -> Vec<(&'static str, f64)> {
    let mean = dice.between(5.0, 200.0);
    let after = format!("{:.2e}", mean * dice.between(0.2, 2.0));
    vec![
        ("mean_ms", mean),
        ("after_ms", after.parse().expect("a number")),
    ]
}

fn latency(hedged: &Hedged) -> Vec<Expected> {
    vec![
        Expected::time("W", hedged.mean(), sojourn),
        Expected::percentile("p99", hedged.percentile(0.99), p99),
        Expected::near("copies per action", "", hedged.extra(), copies),
    ]
}

pub static CANCELLED: Family = Family {
    name: "hedge-cancelled",
    basis: Basis::ClosedForm,
    source: "First of two exponential times; J. Dean, L. Barroso, The Tail at Scale (CACM 2013)",
    parameters: &[MEAN, AFTER],
    refuses: |_| None,
    length: |_, error| Length::all_of(requests(error), RATE),
    design: |p| design(&mean_time(p), &after(&exponential(p), "cancel")),
    expects: |p| {
        let hedged = exponential(p);
        let mut figures = latency(&hedged);
        let needed = hedged.work_if_cancelled();
        figures.push(Expected::time("work per action", needed, work));
        figures
    },
    draw: draw_exponential,
};

pub static LEFT_TO_RUN: Family = Family {
    name: "hedge-left-to-run",
    basis: Basis::ClosedForm,
    source: "First of two exponential times; J. Dean, L. Barroso, The Tail at Scale (CACM 2013)",
    parameters: &[MEAN, AFTER],
    refuses: |_| None,
    length: |_, error| Length::all_of(requests(error), RATE),
    design: |p| design(&mean_time(p), &after(&exponential(p), "let_run")),
    expects: |p| {
        let hedged = exponential(p);
        let mut figures = latency(&hedged);
        let needed = hedged.work_if_not_cancelled();
        figures.push(Expected::time("work per action", needed, work));
        figures
    },
    draw: draw_exponential,
};

fn bimodal(p: &Parameters) -> Hedged {
    let (fast, slow) = (p.get("fast_ms") / 1e3, p.get("slow_ms") / 1e3);
    Hedged {
        times: Times::two_point(fast, slow, p.get("share")),
        after: p.get("after_ms") / 1e3,
    }
}

pub static BIMODAL: Family = Family {
    name: "hedge-bimodal",
    basis: Basis::ClosedForm,
    source: "First of two times, each slow by chance; J. Dean, L. Barroso, The Tail at Scale (CACM 2013)",
    parameters: &[
        Parameter::new("fast_ms", 0.1, 10_000.0, "usual time in ms"),
        Parameter::new("slow_ms", 0.1, 60_000.0, "time of the slow ones in ms"),
        Parameter::new("share", 0.0001, 0.5, "share of slow ones"),
        AFTER,
    ],
    refuses: |p| {
        (p.get("fast_ms") >= p.get("slow_ms")).then(|| "the slow ones are slower".to_owned())
    },
    length: |p, error| Length::all_of((1.96 / error) * (1.96 / error) * 4.0 / p.get("share"), RATE),
    design: |p| {
        let (fast, slow) = (
            seconds(p.get("fast_ms") / 1e3),
            seconds(p.get("slow_ms") / 1e3),
        );
        let time = format!(
            "bimodal({fast}, {slow}, slow {:.4} %)",
            p.get("share") * 100.0
        );
        design(&time, &after(&bimodal(p), "cancel"))
    },
    expects: |p| {
        let hedged = bimodal(p);
        vec![
            Expected::time("W", hedged.mean(), sojourn),
            Expected::near("copies per action", "", hedged.extra(), copies),
        ]
    },
    draw: |dice| {
        vec![
            ("fast_ms", dice.between(1.0, 20.0)),
            ("slow_ms", dice.between(200.0, 2_000.0)),
            ("share", dice.between(0.01, 0.2)),
            ("after_ms", dice.between(25.0, 100.0)),
        ]
    },
};

/// The caller learns the percentile from the replies that it gets; in the long run it is the true one.
pub static PERCENTILE: Family = Family {
    name: "hedge-percentile",
    basis: Basis::ClosedForm,
    source: "First of two exponential times, the second after a percentile of the first",
    parameters: &[
        MEAN,
        Parameter::new(
            "percentile",
            0.5,
            0.99,
            "share of requests that are back by then",
        ),
    ],
    refuses: |_| None,
    length: |_, error| Length::all_of(4.0 * requests(error), RATE),
    design: |p| {
        let policy = format!(
            "hedge_percentile = {}\nhedge_window = 10000\n",
            p.get("percentile")
        );
        design(&mean_time(p), &policy)
    },
    expects: |p| {
        let mean = p.get("mean_ms") / 1e3;
        let hedged = Hedged {
            times: Times::exponential(mean),
            after: -ln(1.0 - p.get("percentile")) * mean,
        };
        vec![
            Expected::time("W", hedged.mean(), sojourn),
            // A try that its copy beat is known to have been longer, not how long: learning from those
            // draws the percentile down a little.
            Expected::near("copies per action", "", hedged.extra(), copies).within(0.06),
        ]
    },
    draw: |dice| {
        vec![
            ("mean_ms", dice.between(5.0, 200.0)),
            ("percentile", dice.between(0.6, 0.95)),
        ]
    },
};

pub const ROWS: &[Row] = &[
    Row {
        name: "hedge",
        title: "A copy after the mean time, the loser is stopped",
        family: &CANCELLED,
        values: &[("mean_ms", 20.0), ("after_ms", 20.0)],
        tolerance: 0.03,
        published: &[],
    },
    Row {
        name: "hedge-left-to-run",
        title: "A copy after the mean time, the loser runs on",
        family: &LEFT_TO_RUN,
        values: &[("mean_ms", 20.0), ("after_ms", 20.0)],
        tolerance: 0.03,
        published: &[],
    },
    Row {
        name: "hedge-slow-one-in-100",
        title: "One in a hundred takes a second, a copy after 20 ms",
        family: &BIMODAL,
        values: &[
            ("fast_ms", 10.0),
            ("slow_ms", 1000.0),
            ("share", 0.01),
            ("after_ms", 20.0),
        ],
        tolerance: 0.05,
        published: &[("W", 10.297)],
    },
    Row {
        name: "hedge-p95",
        title: "A copy after the 95th percentile seen",
        family: &PERCENTILE,
        values: &[("mean_ms", 20.0), ("percentile", 0.95)],
        tolerance: 0.04,
        published: &[("copies per action", 0.05)],
    },
];
