//! More than one station in balance: a chain, a closed loop, a line that grows and drains.

use super::figure::{Expected, goodput, p95, p99, server, sojourn};
use super::length::{Length, requests_for};
use super::stations::{LAMBDA, no_steady_state};
use super::text::{rate, seconds, service_time};
use super::{Basis, Family, Parameter, Parameters};
use crate::experiment::closed_form::backlog::Backlog;
use crate::experiment::closed_form::loops::ClosedLoop;
use crate::experiment::closed_form::stations::Tandem;
use crate::observe::report::Report;
use crate::time::NS_PER_S;

fn tandem(p: &Parameters) -> Tandem {
    Tandem {
        lambda: p.get("lambda"),
        mu: [p.get("mu1"), p.get("mu2")],
    }
}

pub static TANDEM: Family = Family {
    name: "tandem",
    basis: Basis::ClosedForm,
    source: "Burke (1956), Reich (1957): two M/M/1 stations in a row",
    parameters: &[
        LAMBDA,
        Parameter::new("mu1", 0.001, 1e5, "served per second by the first"),
        Parameter::new("mu2", 0.001, 1e5, "served per second by the second"),
    ],
    refuses: |p| no_steady_state(p.get("lambda") / p.get("mu1").min(p.get("mu2"))),
    length: |p, error| {
        let rho = p.get("lambda") / p.get("mu1").min(p.get("mu2"));
        Length::of(requests_for(error, rho), p.get("lambda"))
    },
    // A service holds its slot while it calls; so that the first station is free for the next one,
    // a door with a slot for everybody calls both.
    design: |p| {
        let first = service_time(1.0 / p.get("mu1"), 1.0);
        let second = service_time(1.0 / p.get("mu2"), 1.0);
        let arrivals = rate(p.get("lambda"));
        format!(
            "[clients.users]\nrate = \"{arrivals}\"\n\n\
             [operation.ask]\nkind = \"read\"\n\n\
             [service.door]\nslots = 100000\nservice_time = \"0 s\"\n\
             plan.ask = [\"call first\", \"call second\", \"respond\"]\n\n\
             [service.front]\nslots = 1\nservice_time = \"{first}\"\n\n\
             [service.server]\nslots = 1\nservice_time = \"{second}\"\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"door\"\n\n\
             [link.first]\nfrom = \"door\"\nto = \"front\"\n\n\
             [link.second]\nfrom = \"door\"\nto = \"server\"\n"
        )
    },
    expects: |p| {
        let chain = tandem(p);
        vec![
            Expected::time("W", chain.sojourn(), sojourn),
            Expected::percentile("p95", chain.sojourn_percentile(0.95), p95),
            Expected::percentile("p99", chain.sojourn_percentile(0.99), p99),
        ]
    },
    draw: |dice| {
        let lambda = dice.between(20.0, 200.0);
        let mut mu = || lambda / dice.between(0.4, 0.75);
        vec![("mu1", mu()), ("mu2", mu()), ("lambda", lambda)]
    },
};

fn closed_loop(p: &Parameters) -> ClosedLoop {
    ClosedLoop {
        users: p.whole("users"),
        think: p.get("think_s"),
        demand: p.get("demand_ms") / 1e3,
    }
}

pub static CLOSED_LOOP: Family = Family {
    name: "closed-loop",
    basis: Basis::ClosedForm,
    source: "Machine repairman by exact mean value analysis: Reiser, Lavenberg (1980)",
    parameters: &[
        Parameter::new("users", 1.0, 10_000.0, "users").whole(),
        Parameter::new("think_s", 0.001, 1e4, "mean think time in s"),
        Parameter::new("demand_ms", 0.001, 1e6, "mean service time in ms"),
    ],
    refuses: |_| None,
    // The loop holds itself together: its means settle faster than those of an open station.
    length: |p, error| {
        let points = 1.96 / error;
        let requests = (points * points * 25.0).max(20.0 * p.get("users"));
        Length::of(requests, closed_loop(p).solve().0)
    },
    design: |p| {
        let think = service_time(p.get("think_s"), 1.0);
        let work = service_time(p.get("demand_ms") / 1e3, 1.0);
        format!(
            "[clients.users]\narrivals = \"closed\"\nusers = {}\nthink_time = \"{think}\"\n\n\
             [service.server]\nslots = 1\nservice_time = \"{work}\"\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"server\"\n",
            p.whole("users")
        )
    },
    expects: |p| {
        let (throughput, response) = closed_loop(p).solve();
        vec![
            Expected::near("X", "per s", throughput, goodput),
            Expected::time("R", response, sojourn),
        ]
    },
    draw: |dice| {
        vec![
            ("users", dice.whole(2, 120)),
            ("think_s", dice.between(0.2, 2.0)),
            ("demand_ms", dice.between(5.0, 30.0)),
        ]
    },
};

fn line(p: &Parameters) -> Backlog {
    Backlog {
        arrivals: p.get("arrivals"),
        capacity: p.get("capacity"),
        overload: p.get("overload_s"),
        after: p.get("after"),
    }
}

/// In the line or in service at the end of each bucket.
fn present(report: &Report) -> Option<Vec<u64>> {
    let series = &server(report)?.series;
    let both = series.waiting.iter().zip(&series.busy);
    Some(both.map(|(&w, &b)| u64::from(w) + u64::from(b)).collect())
}

fn bucket_seconds(report: &Report) -> f64 {
    report.series.bucket_ns as f64 / NS_PER_S as f64
}

/// The last edge of a bucket that is not after the end of the overload.
fn last_edge(report: &Report, p: &Parameters) -> usize {
    (p.get("overload_s") / bucket_seconds(report)) as usize
}

/// At the end of the overload: the growth up to the last edge before it, carried on.
fn grown(report: &Report, p: &Parameters) -> Option<f64> {
    let edge = last_edge(report, p);
    let there = *present(report)?.get(edge.checked_sub(1)?)? as f64;
    Some(there * p.get("overload_s") / (edge as f64 * bucket_seconds(report)))
}

/// From the end of the overload until the line is empty: between two edges, at the pace of the
/// bucket before.
fn drained_after(report: &Report, p: &Parameters) -> Option<f64> {
    let line = present(report)?;
    let from = last_edge(report, p);
    let empty = from + line.get(from..)?.iter().position(|&n| n <= 1)?;
    let (before, last) = (*line.get(empty - 2)? as f64, line[empty - 1] as f64);
    let buckets = empty as f64 + last / (before - last);
    Some(buckets * bucket_seconds(report) - p.get("overload_s"))
}

/// Below the limit of what may be under way.
pub const MOST_WAITING: f64 = 4_000_000.0;

pub static BACKLOG: Family = Family {
    name: "backlog",
    basis: Basis::ClosedForm,
    source: "Arithmetic of even arrivals and even work",
    parameters: &[
        Parameter::new(
            "arrivals",
            1.0,
            1e4,
            "arrivals per second during the overload",
        ),
        Parameter::new("capacity", 1.0, 1e4, "served per second"),
        Parameter::new("overload_s", 10.0, 1e4, "length of the overload in s").whole(),
        Parameter::new("after", 0.0, 1e4, "arrivals per second after it"),
    ],
    refuses: |p| {
        let line = line(p);
        if line.arrivals <= line.capacity || line.after >= line.capacity {
            Some("needs arrivals > capacity > after".to_owned())
        } else if line.at_the_end() > MOST_WAITING {
            Some(format!("more than {MOST_WAITING} requests would wait"))
        } else if line.drains_in() < line.overload / 4.0 {
            Some("drains in less than a quarter of the overload: too short to measure".to_owned())
        } else {
            None
        }
    },
    length: |p, _| {
        let seconds = p.get("overload_s") + line(p).drains_in() * 1.25;
        Length::exactly(seconds.ceil(), 0.0)
    },
    design: |p| {
        let work = seconds(1.0 / p.get("capacity"));
        format!(
            "[clients.users]\narrivals = \"constant\"\nrate = \"{}\"\n\n\
             [service.server]\nslots = 1\nservice_time = \"{work}\"\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"server\"\n\n\
             [[timeline]]\nwhat = \"traffic_step\"\ntarget = \"users\"\nat = \"{} s\"\nrate = \"{}\"\n",
            rate(p.get("arrivals")),
            p.whole("overload_s"),
            rate(p.get("after"))
        )
    },
    expects: |p| {
        vec![
            Expected::near("backlog", "requests", line(p).at_the_end(), grown),
            Expected::near("drained after", "s", line(p).drains_in(), drained_after),
        ]
    },
    draw: |dice| {
        let capacity = dice.between(300.0, 900.0);
        vec![
            ("arrivals", capacity * dice.between(1.3, 1.8)),
            ("capacity", capacity),
            ("overload_s", dice.whole(60, 200)),
            ("after", capacity * dice.between(0.2, 0.6)),
        ]
    },
};
