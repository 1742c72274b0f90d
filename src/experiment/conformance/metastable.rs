//! A pause that ends and a failure that stays: N. Bronson, A. Aghayev, A. Charapko, T. Zhu,
//! *Metastable Failures in Distributed Systems*, HotOS 2021.
//!
//! One server with a first-come-first-served line without bound and constant work, which finishes
//! what it has begun also for callers who have gone. Requests sent in ten seconds are held back and
//! arrive all at once.

use super::figure::{Expected, Target, goodput, offered};
use super::flows::MOST_WAITING;
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Family, Parameter, Parameters};
use crate::experiment::closed_form::retries::Metastable;
use crate::observe::report::Report;
use crate::time::NS_PER_S;

const SOURCE: &str =
    "Bronson, Aghayev, Charapko, Zhu, Metastable Failures in Distributed Systems, HotOS 2021";

/// When requests begin to be held back, and how long the run is.
const HOLD_AT: f64 = 60.0;
const RUN: f64 = 600.0;

/// Served again: for so long at least this share of what people ask for, and no bucket of it with
/// less than `LEAST`: the line's last requests, all in time, come in a burst that would make up for
/// an empty one.
const STRETCH: f64 = 5.0;
const SERVED: f64 = 0.95;
const LEAST: f64 = 0.75;

const LAMBDA: Parameter = Parameter::new("lambda", 20.0, 1e4, "user actions per second");
const MU: Parameter = Parameter::new("mu", 20.0, 5e3, "served per second");
const RETRIES: Parameter =
    Parameter::new("retries", 0.0, 10.0, "retries after the first try").whole();
const TIMEOUT: Parameter = Parameter::new("timeout_s", 0.01, 30.0, "timeout of one try in s");
const HOLD: Parameter =
    Parameter::new("hold_s", 0.1, 100.0, "how long requests are held back in s");

fn fluid(p: &Parameters) -> Metastable {
    Metastable {
        lambda: p.get("lambda"),
        mu: p.get("mu"),
        retries: p.whole("retries"),
        timeout: p.get("timeout_s"),
        hold: p.get("hold_s"),
    }
}

fn design_of(fluid: &Metastable, arrivals: &str, server: &str) -> String {
    format!(
        "[clients.users]\narrivals = \"{arrivals}\"\nrate = \"{}\"\n\n\
         [service.server]\nslots = 1\nservice_time = \"{}\"\non_abandoned = \"continue\"\n{server}\n\
         [link.ask]\nfrom = \"users\"\nto = \"server\"\ntimeout = \"{}\"\nattempts = {}\n\n\
         [[timeline]]\nwhat = \"hold\"\ntarget = \"ask\"\nat = \"{HOLD_AT} s\"\nlasts = \"{}\"\n",
        rate(fluid.lambda),
        seconds(1.0 / fluid.mu),
        seconds(fluid.timeout),
        fluid.retries + 1,
        seconds(fluid.hold),
    )
}

/// From the end of the hold until people are served again, in s; `None` if that never happens.
fn recovery(report: &Report, p: &Parameters) -> Option<f64> {
    recovery_after(report, p.get("hold_s"))
}

fn recovery_after(report: &Report, hold: f64) -> Option<f64> {
    let series = &report.series;
    let bucket = series.bucket_ns as f64 / NS_PER_S as f64;
    let end = ((HOLD_AT + hold) / bucket).round() as usize;
    let last = (RUN / bucket) as usize;
    let stretch = (STRETCH / bucket).ceil() as usize;
    let useful = series.useful_per_s.get(end..last)?;
    let wanted = series.actions_per_s.get(end..last)?;
    let sum = |part: &[f64]| part.iter().sum::<f64>();
    let mut stretches = useful.windows(stretch).zip(wanted.windows(stretch));
    let at = stretches.position(|(u, w)| {
        sum(u) >= SERVED * sum(w) && u.iter().zip(w).all(|(u, w)| *u >= LEAST * w)
    })?;
    // Nothing was useful before, all is after: so the bucket in between says when it was.
    let between = at.checked_sub(1).map_or(0.0, |before| useful[before]);
    Some((at as f64 - (between / useful[at]).min(1.0)) * bucket)
}

fn recovers(report: &Report, p: &Parameters) -> Option<f64> {
    Some(f64::from(u8::from(recovery(report, p).is_some())))
}

fn length(_: &Parameters, _: f64) -> Length {
    // Once the storm has settled in, if it does.
    Length::exactly(RUN, 100.0)
}

/// Below the threshold the time, above it never, and what never looks like.
fn outcome(p: &Parameters) -> Vec<Expected> {
    let fluid = fluid(p);
    let Some(recovers_in) = fluid.recovers_in() else {
        let attempts = f64::from(1 + fluid.retries) * fluid.lambda;
        let none = Target::Exactly { value: 0.0 };
        return vec![
            Expected::new("recovers", "1 yes, 0 no", none, recovers),
            Expected::new("goodput", "per s", none, goodput),
            // Each action sends all its tries: a matter of counting, not of chance.
            Expected::near("attempts", "per s", attempts, offered).within(0.03),
        ];
    };
    vec![Expected::near("recovers after", "s", recovers_in, recovery)]
}

/// The fluid is a line through something that jumps: near the threshold it says little, and a
/// recovery of a few seconds drowns in the buckets.
fn refuses(p: &Parameters) -> Option<String> {
    let fluid = fluid(p);
    let near = (fluid.lambda / fluid.threshold() - 1.0).abs() < 0.05;
    if near {
        let threshold = fluid.threshold();
        Some(format!("lambda is within 5 % of the threshold {threshold}"))
    } else if fluid
        .recovers_in()
        .is_some_and(|s| !(5.0..=400.0).contains(&s))
    {
        Some("the recovery takes less than 5 s or more than 400 s".to_owned())
    } else {
        no_storm(&fluid)
    }
}

/// Why there is nothing to recover from, or no end to it that could be simulated.
fn no_storm(fluid: &Metastable) -> Option<String> {
    let tries = f64::from(1 + fluid.retries) * fluid.lambda;
    if fluid.lambda > 0.97 * fluid.mu {
        Some(format!("lambda is to be at most 97 % of mu = {}", fluid.mu))
    } else if fluid.held() < 2.0 * fluid.mu * fluid.timeout {
        Some("what is held back is served within two timeouts: it starts nothing".to_owned())
    } else if (tries - fluid.mu) * RUN > MOST_WAITING {
        Some(format!("more than {MOST_WAITING} requests would wait"))
    } else {
        None
    }
}

pub static METASTABLE: Family = Family {
    name: "metastable",
    basis: Basis::Published,
    source: SOURCE,
    parameters: &[LAMBDA, MU, RETRIES, TIMEOUT, HOLD],
    refuses,
    length,
    // Even arrivals: when the line is short again is then a matter of arithmetic. With random ones
    // the times of single runs lie 10 to 15 % around it.
    design: |p| design_of(&fluid(p), "constant", ""),
    expects: outcome,
    draw: |dice| {
        let mu = dice.between(200.0, 500.0);
        let retries = dice.whole(1, 3);
        let threshold = mu / (retries + 1.0);
        // On either side, away from the edge.
        let share = match dice.whole(0, 1) as u32 {
            0 => dice.between(0.6, 0.85),
            _ => dice.between(1.15, 1.4),
        };
        vec![
            ("lambda", share * threshold),
            ("mu", mu),
            ("retries", retries),
        ]
    },
};

/// What ends it, at the same load: the newest first, or a short line.
fn heals() -> Vec<Expected> {
    let at_once = Target::Between {
        low: 0.0,
        high: 3.0,
    };
    vec![Expected::new("recovers after", "s", at_once, recovery)]
}

pub static NEWEST_FIRST: Family = Family {
    name: "metastable-lifo",
    basis: Basis::Published,
    source: SOURCE,
    parameters: &[LAMBDA, MU, RETRIES, TIMEOUT, HOLD],
    refuses: |p| no_storm(&fluid(p)),
    length,
    design: |p| design_of(&fluid(p), "poisson", "discipline = \"lifo\"\n"),
    expects: |_| heals(),
    draw: |dice| vec![("lambda", dice.between(150.0, 280.0))],
};

pub static BOUNDED: Family = Family {
    name: "metastable-bound",
    basis: Basis::Published,
    source: SOURCE,
    parameters: &[
        LAMBDA,
        MU,
        RETRIES,
        TIMEOUT,
        HOLD,
        Parameter::new("bound", 0.0, 1e4, "requests that may wait").whole(),
    ],
    refuses: |p| {
        let full = p.get("bound") / p.get("mu");
        if full > 0.8 * p.get("timeout_s") {
            Some("a full line takes nearly as long as the timeout".to_owned())
        } else if p.get("bound") < 20.0 {
            Some("a line of less than 20 refuses too many on a quiet day".to_owned())
        } else {
            no_storm(&fluid(p))
        }
    },
    length,
    design: |p| {
        let bound = format!("queue_limit = {}\n", p.whole("bound"));
        design_of(&fluid(p), "poisson", &bound)
    },
    expects: |_| heals(),
    draw: |dice| {
        vec![
            ("lambda", dice.between(150.0, 280.0)),
            ("bound", dice.whole(50, 200)),
        ]
    },
};

/// Just below and just above the load at which retries alone fill the server.
fn at_share(p: &Parameters) -> Metastable {
    let fluid = Metastable {
        lambda: 0.0,
        mu: p.get("mu"),
        retries: p.whole("retries"),
        timeout: 1.0,
        hold: 10.0,
    };
    Metastable {
        lambda: p.get("share") * fluid.threshold(),
        ..fluid
    }
}

pub static THRESHOLD: Family = Family {
    name: "metastable-threshold",
    basis: Basis::Published,
    source: SOURCE,
    parameters: &[
        MU,
        Parameter::new("retries", 1.0, 10.0, "retries after the first try").whole(),
        Parameter::new(
            "share",
            0.1,
            1.9,
            "load as a share of the threshold mu / (1 + retries)",
        ),
    ],
    refuses: |p| {
        let fluid = at_share(p);
        let near = (p.get("share") - 1.0).abs() < 0.05;
        near.then(|| "share is within 5 % of the threshold".to_owned())
            .or_else(|| no_storm(&fluid))
    },
    length,
    design: |p| design_of(&at_share(p), "poisson", ""),
    expects: |p| {
        let value = f64::from(u8::from(p.get("share") < 1.0));
        vec![Expected::new(
            "recovers",
            "1 yes, 0 no",
            Target::Exactly { value },
            |report, _| Some(f64::from(u8::from(recovery_after(report, 10.0).is_some()))),
        )]
    },
    draw: |dice| {
        let share = match dice.whole(0, 1) as u32 {
            0 => dice.between(0.5, 0.88),
            _ => dice.between(1.12, 1.4),
        };
        vec![
            ("mu", dice.between(200.0, 500.0)),
            ("retries", dice.whole(1, 4)),
            ("share", share),
        ]
    },
};
