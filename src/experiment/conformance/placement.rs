//! Who gets what: keys on a ring, servers that share the work of one that is gone, requests to many
//! leaves at once, and choosing by an old picture of the loads.

use std::fmt::Write as _;

use super::balancing::{in_services, length as of_balanced, servers};
use super::figure::Expected;
use super::length::Length;
use super::text::rate;
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::balancing::{self as balancing, Policy};
use crate::experiment::closed_form::placement as theory;
use crate::observe::report::{NodeReport, Report};

/// Rings beside each other in one run: as many as a drawing has room for.
fn rings(p: &Parameters) -> u32 {
    190 / (p.whole("n") + 1)
}

/// Requests per ring: the largest share is then known far better than it varies from ring to ring.
const PER_RING: f64 = 20_000.0;

fn ring_design(p: &Parameters) -> String {
    let (rings, n, points) = (rings(p), p.whole("n"), p.whole("virtual_nodes"));
    let mut text = format!(
        "[clients.users]\nrate = \"{}\"\n\n[operation.look]\nkind = \"read\"\nkeys = 1000000\n\n",
        rate(1e3 * f64::from(rings))
    );
    for ring in 0..rings {
        let _ = write!(
            text,
            "[balancer.ring{ring}]\npolicy = \"key_hash\"\nvirtual_nodes = {points}\n\n\
             [link.ask{ring}]\nfrom = \"users\"\nto = \"ring{ring}\"\n\n"
        );
        for server in 0..n {
            let _ = write!(
                text,
                "[service.s{ring}x{server}]\nslots = 1000\nservice_time = \"1 ms\"\n\n\
                 [link.pass{ring}x{server}]\nfrom = \"ring{ring}\"\nto = \"s{ring}x{server}\"\n\n"
            );
        }
    }
    text
}

/// The largest share over the mean share, on average over the rings.
fn largest(report: &Report, p: &Parameters) -> Option<f64> {
    let of_ring = |ring: u32| {
        let prefix = format!("s{ring}x");
        let servers = report
            .nodes
            .iter()
            .filter(move |node| node.key.starts_with(&prefix));
        let arrived = servers.map(|node| node.arrived as f64);
        let (most, all) = arrived.fold((0.0, 0.0), |(most, all): (f64, f64), n| {
            (most.max(n), all + n)
        });
        most / all * p.get("n")
    };
    Some((0..rings(p)).map(of_ring).sum::<f64>() / f64::from(rings(p)))
}

pub static RING: Family = Family {
    name: "ring-largest-share",
    basis: Basis::ClosedForm,
    source: "Spacings of random points: L. Devroye, Non-Uniform Random Variate Generation (1986), ch. V",
    parameters: &[
        Parameter::new("n", 2.0, 60.0, "servers").whole(),
        Parameter::new("virtual_nodes", 1.0, 1000.0, "points of each on the ring").whole(),
    ],
    refuses: |_| None,
    length: |p, _| {
        let arrivals = 1e3 * f64::from(rings(p));
        Length::all_of(PER_RING * f64::from(rings(p)), arrivals)
    },
    design: ring_design,
    expects: |p| {
        let share = theory::largest_over_mean(p.whole("n"), p.whole("virtual_nodes"));
        vec![Expected::near(
            "largest share",
            "of the mean",
            share,
            largest,
        )]
    },
    draw: |dice| {
        vec![
            ("n", dice.whole(3, 12)),
            ("virtual_nodes", dice.whole(1, 150)),
        ]
    },
};

fn is_server(node: &&NodeReport) -> bool {
    node.key.starts_with("server")
}

fn utilisation_of_the_others(report: &Report, p: &Parameters) -> Option<f64> {
    let others = report
        .nodes
        .iter()
        .filter(is_server)
        .filter(|n| n.key != "server0");
    let busy: Option<Vec<f64>> = others.map(|node| node.utilisation).collect();
    Some(busy?.iter().sum::<f64>() / (p.get("n") - 1.0))
}

pub static WITHOUT_ONE: Family = Family {
    name: "balance-without-one",
    basis: Basis::ClosedForm,
    source: "Arithmetic: the work of one is shared by the others",
    parameters: &[
        Parameter::new("n", 2.0, 100.0, "servers").whole(),
        Parameter::new("load", 0.05, 0.95, "load of one server with all there"),
    ],
    refuses: |p| {
        let left = theory::load_without_one(p.whole("n"), p.get("load"));
        (left >= 0.98).then(|| "the others cannot take it".to_owned())
    },
    length: |p, error| of_balanced(p, error / 2.0),
    // The check takes the dead one out long before the measured part begins.
    design: |p| {
        let (n, each) = (p.whole("n"), 10.0);
        let mut text = format!(
            "[clients.users]\nrate = \"{}\"\n\n\
             [balancer.door]\nhealth_check = \"shallow\"\ncheck_interval = \"10 ms\"\ncheck_timeout = \"10 ms\"\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"door\"\n\n",
            rate(f64::from(n) * p.get("load") * 1e3 / each)
        );
        for server in 0..n {
            let _ = write!(
                text,
                "[service.server{server}]\nslots = 1\nservice_time = \"exponential({each} ms)\"\n\n\
                 [link.pass{server}]\nfrom = \"door\"\nto = \"server{server}\"\n\n"
            );
        }
        text + "[[timeline]]\nwhat = \"crash\"\ntarget = \"server0\"\nat = \"1 ms\"\n"
    },
    expects: |p| {
        let load = theory::load_without_one(p.whole("n"), p.get("load"));
        vec![Expected::near(
            "load of the others",
            "",
            load,
            utilisation_of_the_others,
        )]
    },
    draw: |dice| vec![("n", dice.whole(3, 12)), ("load", dice.between(0.3, 0.55))],
};

fn slow(report: &Report, _: &Parameters) -> Option<f64> {
    report.users.served_share.map(|served| 1.0 - served)
}

pub static FAN_OUT: Family = Family {
    name: "fan-out-slow",
    basis: Basis::Published,
    source: "J. Dean, L. Barroso, The Tail at Scale, CACM 2013",
    parameters: &[
        Parameter::new("leaves", 1.0, 200.0, "leaves asked at once").whole(),
        Parameter::new("slow", 0.0001, 0.5, "share of slow answers of a leaf"),
    ],
    refuses: |_| None,
    length: |p, error| {
        let share = theory::meets_slow(p.whole("leaves"), p.get("slow"));
        let points = 1.96 / error;
        Length::of((points * points * (1.0 - share) / share).max(2_000.0), 50.0)
    },
    // Who has waited for half a second has met a slow one.
    design: |p| {
        let slow = crate::design::value::Share((p.get("slow") * 1e9).round() as u64);
        format!(
            "[clients.users]\nrate = \"50 rps\"\n\n\
             [operation.ask]\nkind = \"read\"\n\n\
             [service.root]\nslots = 100000\nservice_time = \"0 s\"\n\
             plan.ask = [\"all call leaf x {leaves}\", \"respond\"]\n\n\
             [service.leaf]\nslots = 100000\nservice_time = \"bimodal(10 ms, 1 s, slow {slow})\"\n\n\
             [link.visit]\nfrom = \"users\"\nto = \"root\"\ntimeout = \"500 ms\"\n\n\
             [link.leaf]\nfrom = \"root\"\nto = \"leaf\"\n",
            leaves = p.whole("leaves"),
        )
    },
    expects: |p| {
        let share = theory::meets_slow(p.whole("leaves"), p.get("slow"));
        vec![Expected::near("slow", "", share, slow)]
    },
    draw: |dice| {
        vec![
            ("leaves", dice.whole(5, 150)),
            ("slow", dice.between(0.005, 0.05)),
        ]
    },
};

/// Steps of the chain: far below the tolerance.
const STEPS: u64 = 40_000_000;

fn old_view(p: &Parameters, policy: &str) -> String {
    // In mean service times, which are 10 ms.
    let age = super::text::seconds(p.get("age") / 100.0);
    servers(p, &format!("policy = \"{policy}\"\nview_age = \"{age}\"\n"))
}

const OLD: &[Parameter] = &[
    Parameter::new("n", 1.0, 100.0, "servers").whole(),
    Parameter::new("load", 0.05, 0.95, "load of one server"),
    Parameter::new(
        "age",
        0.01,
        1000.0,
        "how often the picture is renewed, in service times",
    ),
];

fn of_old_views(policy: Policy, p: &Parameters) -> Vec<Expected> {
    let (n, load, age) = (p.whole("n") as usize, p.get("load"), p.get("age"));
    let w = balancing::chain_of_old_views(policy, n, load, age, STEPS);
    vec![Expected::near("W", "service times", w, in_services)]
}

/// Herds make everything vary more slowly: twice as long, and many renewals.
fn of_herds(p: &Parameters, error: f64) -> Length {
    let arrivals = p.get("n") * p.get("load") * 100.0;
    let renewals = 1_000.0 * p.get("age") / 100.0 * arrivals;
    let long = of_balanced(p, error).times(2.0);
    let enough = Length::of(renewals, arrivals);
    if long.duration > enough.duration {
        long
    } else {
        enough
    }
}

fn draw_old(dice: &mut super::Dice) -> Vec<(&'static str, f64)> {
    vec![
        ("n", dice.whole(3, 15)),
        ("load", dice.between(0.4, 0.8)),
        ("age", dice.between(0.3, 5.0)),
    ]
}

const OLD_VIEWS: &str = "Markov chain that chooses by a picture renewed periodically, as in M. Mitzenmacher, \
                         How Useful Is Old Information? (2000); stepped apart from the engine";

pub static OLD_TWO_CHOICES: Family = Family {
    name: "balance-old-two-choices",
    basis: Basis::IndependentSimulation,
    source: OLD_VIEWS,
    parameters: OLD,
    refuses: |_| None,
    length: of_herds,
    design: |p| old_view(p, "two_choices"),
    expects: |p| of_old_views(Policy::TwoChoices, p),
    draw: draw_old,
};

pub static OLD_LEAST: Family = Family {
    name: "balance-old-least-outstanding",
    basis: Basis::IndependentSimulation,
    source: OLD_VIEWS,
    parameters: OLD,
    refuses: |_| None,
    length: of_herds,
    design: |p| old_view(p, "least_outstanding"),
    expects: |p| of_old_views(Policy::LeastOutstanding, p),
    draw: draw_old,
};

pub const ROWS: &[Row] = &[
    Row {
        name: "ring-1",
        title: "Consistent hashing, 10 servers with 1 point each: the largest share",
        family: &RING,
        values: &[("n", 10.0), ("virtual_nodes", 1.0)],
        tolerance: 0.15,
        published: &[("largest share", 2.93)],
    },
    Row {
        name: "ring-100",
        title: "Consistent hashing, 10 servers with 100 points each: the largest share",
        family: &RING,
        values: &[("n", 10.0), ("virtual_nodes", 100.0)],
        tolerance: 0.03,
        published: &[("largest share", 1.16)],
    },
    Row {
        name: "balance-without-one",
        title: "One of 4 servers at load 0.6 is gone",
        family: &WITHOUT_ONE,
        values: &[("n", 4.0), ("load", 0.6)],
        tolerance: 0.03,
        published: &[("load of the others", 0.8)],
    },
    Row {
        name: "fan-out-100",
        title: "Requests to 100 leaves, 1 % of whose answers are slow",
        family: &FAN_OUT,
        values: &[("leaves", 100.0), ("slow", 0.01)],
        tolerance: 0.03,
        published: &[("slow", 0.634)],
    },
    Row {
        name: "balance-old-two-choices",
        title: "Two random choices of 10 by a picture that is renewed every service time",
        family: &OLD_TWO_CHOICES,
        values: &[("n", 10.0), ("load", 0.8), ("age", 1.0)],
        tolerance: 0.05,
        published: &[],
    },
    Row {
        name: "balance-old-least-outstanding",
        title: "The least outstanding of 10 by a picture that is renewed every 5 service times: a herd",
        family: &OLD_LEAST,
        values: &[("n", 10.0), ("load", 0.7), ("age", 5.0)],
        tolerance: 0.05,
        published: &[],
    },
];
