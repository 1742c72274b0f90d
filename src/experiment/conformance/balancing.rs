//! One balancer, many servers: sojourns in units of the mean service time.

use super::figure::{self, Expected};
use super::length::{Length, requests_for};
use super::text::rate;
use super::{Basis, Family, Parameter, Parameters};
use crate::experiment::closed_form::balancing::{self as theory, Policy};
use crate::observe::report::Report;

/// Mean service time; the unit of the results, so its size does not matter.
const MEAN_MS: f64 = 10.0;

/// Steps of the chain that stands in for a formula: its error is far below the tolerance.
const STEPS: u64 = 40_000_000;

const PARAMETERS: &[Parameter] = &[
    Parameter::new("n", 1.0, 1000.0, "servers").whole(),
    Parameter::new("load", 0.05, 0.97, "load of one server"),
];

/// For the chain, whose step takes the longer the more servers there are.
const FEW: &[Parameter] = &[
    Parameter::new("n", 1.0, 100.0, "servers").whole(),
    Parameter::new("load", 0.05, 0.97, "load of one server"),
];

fn design(p: &Parameters, policy: &str) -> String {
    servers(p, &format!("policy = \"{policy}\"\n"))
}

/// Users, a balancer with these knobs, and n servers.
pub(super) fn servers(p: &Parameters, knobs: &str) -> String {
    let arrivals = rate(p.get("n") * p.get("load") * 1e3 / MEAN_MS);
    format!(
        "[clients.users]\nrate = \"{arrivals}\"\n\n\
         [balancer.door]\n{knobs}\n\
         [service.server]\ninstances = {}\nslots = 1\nservice_time = \"exponential({MEAN_MS} ms)\"\n\n\
         [link.ask]\nfrom = \"users\"\nto = \"door\"\n\n\
         [link.pass]\nfrom = \"door\"\nto = \"server\"\n",
        p.whole("n")
    )
}

pub(super) fn in_services(report: &Report, p: &Parameters) -> Option<f64> {
    figure::sojourn(report, p).map(|ms| ms / MEAN_MS)
}

fn expects(w: f64) -> Vec<Expected> {
    vec![Expected::near("W", "service times", w, in_services)]
}

/// As for one station, and long enough for all servers to forget the start.
pub(super) fn length(p: &Parameters, error: f64) -> Length {
    let arrivals = p.get("n") * p.get("load") * 1e3 / MEAN_MS;
    let services = 2_000.0 * p.get("n") * p.get("load");
    Length::of(requests_for(error, p.get("load")).max(services), arrivals)
}

fn draw(dice: &mut super::Dice) -> Vec<(&'static str, f64)> {
    vec![("n", dice.whole(2, 20)), ("load", dice.between(0.5, 0.85))]
}

pub static RANDOM: Family = Family {
    name: "balance-random",
    basis: Basis::ClosedForm,
    source: "Each server is an M/M/1: Harchol-Balter, Performance Modeling (2013), ch. 24",
    parameters: PARAMETERS,
    refuses: |_| None,
    length,
    design: |p| design(p, "random"),
    expects: |p| expects(theory::random(p.get("load"))),
    draw,
};

pub static ROUND_ROBIN: Family = Family {
    name: "balance-round-robin",
    basis: Basis::ClosedForm,
    source: "Each server is an E(n)/M/1: Kleinrock, Queueing Systems I (1975), sec. 6.4",
    parameters: PARAMETERS,
    refuses: |_| None,
    length,
    design: |p| design(p, "round_robin"),
    expects: |p| expects(theory::round_robin(p.whole("n"), p.get("load"))),
    draw,
};

pub static TWO_CHOICES: Family = Family {
    name: "balance-two-choices",
    basis: Basis::IndependentSimulation,
    source: "Markov chain of the numbers at each server, stepped apart from the engine",
    parameters: FEW,
    refuses: |_| None,
    length,
    design: |p| design(p, "two_choices"),
    expects: |p| {
        let n = p.whole("n") as usize;
        expects(theory::chain(Policy::TwoChoices, n, p.get("load"), STEPS))
    },
    draw,
};

pub static LEAST_OUTSTANDING: Family = Family {
    name: "balance-least-outstanding",
    basis: Basis::IndependentSimulation,
    source: "Markov chain of the numbers at each server, stepped apart from the engine",
    parameters: FEW,
    refuses: |_| None,
    length,
    design: |p| design(p, "least_outstanding"),
    expects: |p| {
        let n = p.whole("n") as usize;
        let policy = Policy::LeastOutstanding;
        expects(theory::chain(policy, n, p.get("load"), STEPS))
    },
    draw,
};

pub static TWO_CHOICES_OF_MANY: Family = Family {
    name: "balance-two-choices-many",
    basis: Basis::ClosedForm,
    source: "Mitzenmacher (1996); Vvedenskaya, Dobrushin, Karpelevich (1996), for n without bound",
    parameters: PARAMETERS,
    refuses: |p| {
        (p.whole("n") < 100)
            .then(|| "the formula is for very many servers: n from 100 on".to_owned())
    },
    length: |p, error| {
        let arrivals = p.get("n") * p.get("load") * 1e3 / MEAN_MS;
        let spare = 1.0 - p.get("load");
        let each = (5.0 / (spare * spare)).max(500.0) * (0.05 / error);
        Length::of(each * p.get("n") * p.get("load"), arrivals)
    },
    design: |p| design(p, "two_choices"),
    expects: |p| expects(theory::two_choices_of_many(p.get("load"))),
    draw: |dice| {
        vec![
            ("n", dice.whole(400, 600)),
            ("load", dice.between(0.5, 0.9)),
        ]
    },
};
