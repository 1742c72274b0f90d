//! What retries do to the load.

use std::fmt::Write as _;

use super::figure::{Expected, Target, first_link, server};
use super::length::Length;
use super::text::seconds;
use super::{Basis, Family, Parameter, Parameters};
use crate::experiment::closed_form::retries as theory;
use crate::observe::report::Report;
use crate::time::NS_PER_S;

const RETRIES: Parameter =
    Parameter::new("retries", 0.0, 20.0, "retries after the first try").whole();

/// Actions per second; none of the results depends on it.
const RATE: f64 = 100.0;

/// Users who call something that fails with this probability, as soon as it is asked.
fn failing(f: f64, callers: u32, policy: &str) -> String {
    format!(
        "[clients.users]\nrate = \"{RATE} rps\"\ncallers = {callers}\n\n\
         [third_party.server]\nlatency = \"0 s\"\nerror_share = {f}\n\n\
         [link.ask]\nfrom = \"users\"\nto = \"server\"\n{policy}"
    )
}

fn tries_per_call(report: &Report, _: &Parameters) -> Option<f64> {
    let link = first_link(report)?;
    (link.calls > 0).then(|| link.attempts as f64 / link.calls as f64)
}

pub static RANDOM_FAILURE: Family = Family {
    name: "retry-attempts",
    basis: Basis::ClosedForm,
    source: "Geometric sum (1 - f^(r+1)) / (1 - f)",
    parameters: &[
        Parameter::new("f", 0.0, 1.0, "probability that one try fails"),
        RETRIES,
    ],
    refuses: |_| None,
    length: |_, error| Length::all_of((1.96 / error) * (1.96 / error) * 2.0, RATE),
    design: |p| {
        let attempts = p.whole("retries") + 1;
        failing(p.get("f"), 1, &format!("attempts = {attempts}\n"))
    },
    expects: |p| {
        let tries = theory::attempts(p.get("f"), p.whole("retries"));
        // Where nothing is left to chance, nothing is left to tolerance.
        let certain = p.get("f") == 0.0 || p.get("f") == 1.0;
        let target = if certain {
            Target::Exactly { value: tries }
        } else {
            Target::near(tries)
        };
        vec![Expected::new(
            "tries per action",
            "",
            target,
            tries_per_call,
        )]
    },
    draw: |dice| {
        vec![
            ("f", dice.between(0.05, 0.95)),
            ("retries", dice.whole(1, 6)),
        ]
    },
};

pub static LAYERS: Family = Family {
    name: "retry-layers",
    basis: Basis::ClosedForm,
    source: "(1 + r)^depth; Google, Site Reliability Engineering (2016), ch. 22",
    parameters: &[
        Parameter::new(
            "retries",
            0.0,
            5.0,
            "retries after the first try, on each link",
        )
        .whole(),
        Parameter::new("depth", 1.0, 5.0, "links from the users to what fails").whole(),
    ],
    refuses: |_| None,
    length: |_, _| Length::exactly(2.0, 0.0),
    design: |p| {
        let (attempts, depth) = (p.whole("retries") + 1, p.whole("depth"));
        let mut text = format!("[clients.users]\nrate = \"{RATE} rps\"\n\n");
        for layer in 1..depth {
            let _ = write!(
                text,
                "[service.s{layer}]\nslots = 100000\nservice_time = \"0 s\"\n\n"
            );
        }
        text.push_str("[third_party.server]\nlatency = \"0 s\"\nerror_share = \"100 %\"\n");
        for layer in 1..=depth {
            let from = match layer {
                1 => "users".to_owned(),
                _ => format!("s{}", layer - 1),
            };
            let to = match layer {
                _ if layer == depth => "server".to_owned(),
                _ => format!("s{layer}"),
            };
            let _ = write!(
                text,
                "\n[link.l{layer}]\nfrom = \"{from}\"\nto = \"{to}\"\nattempts = {attempts}\n"
            );
        }
        text
    },
    expects: |p| {
        let value = theory::through_layers(p.whole("retries"), p.whole("depth"));
        let target = Target::Exactly { value };
        vec![Expected::new(
            "requests at the bottom per action",
            "",
            target,
            |report, _| {
                let actions = first_link(report)?.calls;
                (actions > 0).then(|| server(report).map(|s| s.arrived as f64 / actions as f64))?
            },
        )]
    },
    draw: |dice| vec![("retries", dice.whole(1, 4)), ("depth", dice.whole(1, 4))],
};

pub static RATIO: Family = Family {
    name: "retry-budget-ratio",
    basis: Basis::ClosedForm,
    source: "Retries as a share of first tries: Finagle RetryBudget",
    parameters: &[
        Parameter::new("ratio", 0.01, 1.0, "retries allowed per first try"),
        RETRIES,
    ],
    refuses: |p| (p.whole("retries") == 0).then(|| "a budget for no retries".to_owned()),
    length: |_, _| Length::exactly(600.0, 0.0),
    design: |p| {
        let attempts = p.whole("retries") + 1;
        let policy = format!("attempts = {attempts}\nretry_budget = {}\n", p.get("ratio"));
        failing(1.0, 1, &policy)
    },
    expects: |p| {
        let load = theory::under_ratio(p.get("ratio"), p.whole("retries"));
        vec![Expected::near("tries per action", "", load, tries_per_call)]
    },
    draw: |dice| {
        vec![
            ("ratio", dice.between(0.02, 0.9)),
            ("retries", dice.whole(1, 6)),
        ]
    },
};

pub static QUOTA: Family = Family {
    name: "retry-quota",
    basis: Basis::ClosedForm,
    source: "Token bucket of the AWS SDK standard retry mode: 500 tokens, 5 per retry",
    parameters: &[
        Parameter::new("tokens", 0.0, 10_000.0, "tokens at the start").whole(),
        Parameter::new("cost", 1.0, 1_000.0, "tokens one retry takes").whole(),
        Parameter::new("callers", 1.0, 100.0, "client programs").whole(),
    ],
    refuses: |_| None,
    // Three retries of a call at most; twice the calls that this takes.
    length: |p, _| {
        let calls = p.get("callers") * (p.get("tokens") / p.get("cost") + 10.0);
        Length::exactly((calls / RATE).ceil(), 0.0)
    },
    design: |p| {
        let (tokens, cost) = (p.whole("tokens"), p.whole("cost"));
        let policy = format!("attempts = 4\nretry_quota = {tokens}\nretry_cost = {cost}\n");
        failing(1.0, p.whole("callers"), &policy)
    },
    expects: |p| {
        let retries = theory::under_quota(p.get("tokens") as u64, p.get("cost") as u64);
        let target = Target::Exactly {
            value: retries as f64,
        };
        vec![Expected::new(
            "retries per caller",
            "",
            target,
            |report, p| Some(first_link(report)?.retries as f64 / p.get("callers")),
        )]
    },
    draw: |dice| {
        vec![
            ("tokens", dice.whole(50, 900)),
            ("cost", dice.whole(1, 12)),
            ("callers", dice.whole(1, 9)),
        ]
    },
};

const USERS: Parameter =
    Parameter::new("users", 10.0, 100_000.0, "users who fail together").whole();
const BASE: Parameter = Parameter::new("base_s", 0.5, 25.0, "pause before the first retry in s");

/// Everybody asks once, at the same instant, and fails: a closed loop whose run is over before
/// anybody has been told.
fn herd(p: &Parameters, retries: u32, jitter: &str) -> String {
    format!(
        "[clients.users]\narrivals = \"closed\"\nusers = {}\nthink_time = \"0 s\"\n\n\
         [third_party.server]\nlatency = \"0 s\"\nerror_share = \"100 %\"\n\n\
         [link.ask]\nfrom = \"users\"\nto = \"server\"\nattempts = {}\n\
         backoff = \"exponential\"\nbackoff_base = \"{}\"\nbackoff_cap = \"1 d\"\njitter = \"{jitter}\"\n",
        p.whole("users"),
        retries + 1,
        seconds(p.get("base_s")),
    )
}

/// Pauses are compared with the buckets of the series.
fn refuses_base(p: &Parameters) -> Option<String> {
    let buckets = p.get("base_s") * 10.0;
    ((buckets - buckets.round()).abs() > 1e-9).then(|| "base_s is a multiple of 0.1".to_owned())
}

/// Requests in the bucket in which everybody's retry `n` is due.
fn with_retry(report: &Report, p: &Parameters, n: u32) -> Option<f64> {
    let series = &server(report)?.series.arrived;
    let due = theory::doubling(p.get("base_s"), n);
    let at = due * NS_PER_S as f64 / report.series.bucket_ns as f64;
    Some(f64::from(*series.get(at.round() as usize)?))
}

pub static HERD: Family = Family {
    name: "herd",
    basis: Basis::ClosedForm,
    source: "Doubling pauses without jitter: Brooker, Exponential Backoff And Jitter (AWS, 2015)",
    parameters: &[USERS, BASE],
    refuses: refuses_base,
    length: |_, _| Length::exactly(0.001, 0.0),
    design: |p| herd(p, 4, "none"),
    expects: |p| {
        let everybody = Target::Exactly {
            value: p.get("users"),
        };
        let at = |name, read| Expected::new(name, "requests in 100 ms", everybody, read);
        vec![
            at("arrive with retry 1", |report, p| with_retry(report, p, 1)),
            at("arrive with retry 2", |report, p| with_retry(report, p, 2)),
            at("arrive with retry 3", |report, p| with_retry(report, p, 3)),
            at("arrive with retry 4", |report, p| with_retry(report, p, 4)),
        ]
    },
    draw: |dice| {
        vec![
            ("users", dice.whole(100, 3_000)),
            ("base_s", dice.whole(1, 5)),
        ]
    },
};

pub static HERD_WITH_JITTER: Family = Family {
    name: "herd-jitter",
    basis: Basis::ClosedForm,
    source: "Full jitter, four standard deviations: Brooker, Exponential Backoff And Jitter (AWS, 2015)",
    parameters: &[USERS, BASE],
    refuses: refuses_base,
    length: |_, _| Length::exactly(0.001, 0.0),
    design: |p| herd(p, 1, "full"),
    expects: |p| {
        let low = p.get("users") / (p.get("base_s") * 10.0);
        let high = low + 4.0 * low.sqrt();
        let target = Target::Between { low, high };
        vec![Expected::new(
            "most first retries",
            "requests in 100 ms",
            target,
            |report, p| {
                let mut arrived = server(report)?.series.arrived.clone();
                // The first tries, all at the start.
                *arrived.first_mut()? -= p.whole("users");
                arrived.into_iter().max().map(f64::from)
            },
        )]
    },
    draw: |dice| {
        vec![
            ("users", dice.whole(500, 3_000)),
            ("base_s", dice.whole(1, 5)),
        ]
    },
};
