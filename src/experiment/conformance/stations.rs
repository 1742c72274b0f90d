//! One station: exponential or any other work, with and without a waiting line.

use super::figure::{Expected, blocking, goodput, p50, p95, p99, sojourn, wait, waits};
use super::length::{Length, requests_for};
use super::text::{refuses_spread, service_time, users_and_server};
use super::{Basis, Family, Parameter, Parameters};
use crate::experiment::closed_form::stations::{Mg1, Mmc, Mmck, erlang_b};

pub const LAMBDA: Parameter = Parameter::new("lambda", 0.001, 1e5, "arrivals per second");
const MU: Parameter = Parameter::new("mu", 0.001, 1e5, "served per second by one server");
const SERVERS: Parameter = Parameter::new("c", 1.0, 1000.0, "servers").whole();
const CS2: Parameter = Parameter::new(
    "cs2",
    0.0,
    100.0,
    "squared coefficient of variation of the service time: 0 constant, 1 exponential",
);

/// Fuller than this, a run would take longer than anybody waits.
const FULLEST: f64 = 0.99;

pub fn no_steady_state(rho: f64) -> Option<String> {
    (rho > FULLEST).then(|| {
        format!("the load of a server is {rho:.3}: above {FULLEST} there is no steady state, or it takes too long to reach")
    })
}

fn mmc(p: &Parameters) -> Mmc {
    Mmc {
        lambda: p.get("lambda"),
        mu: p.get("mu"),
        c: p.whole("c"),
    }
}

/// With fewer than this share of requests that wait, waits are too rare to be measured.
const RARE: f64 = 0.01;

/// As many requests that wait as one M/M/1 station of the same load has.
fn mmc_requests(station: &Mmc, error: f64) -> f64 {
    let rho = station.rho();
    requests_for(error, rho) * rho / station.waits().max(RARE)
}

pub static MMC: Family = Family {
    name: "mmc",
    basis: Basis::ClosedForm,
    source: "Erlang C; Gross et al., Fundamentals of Queueing Theory (2008), ch. 2",
    parameters: &[LAMBDA, MU, SERVERS],
    refuses: |p| no_steady_state(mmc(p).rho()),
    length: |p, error| Length::of(mmc_requests(&mmc(p), error), p.get("lambda")),
    design: |p| {
        let work = service_time(1.0 / p.get("mu"), 1.0);
        let slots = p.whole("c");
        let server = format!("slots = {slots}\nservice_time = \"{work}\"\n");
        users_and_server(p.get("lambda"), &server)
    },
    expects: |p| {
        let station = mmc(p);
        let mut figures = Vec::new();
        if station.waits() >= RARE {
            figures.push(Expected::near("P(wait)", "", station.waits(), waits));
            figures.push(Expected::time("Wq", station.wait(), wait));
        }
        figures.extend([
            Expected::time("W", station.sojourn(), sojourn),
            Expected::percentile("p50", station.sojourn_percentile(0.50), p50),
            Expected::percentile("p95", station.sojourn_percentile(0.95), p95),
            Expected::percentile("p99", station.sojourn_percentile(0.99), p99),
        ]);
        figures
    },
    draw: |dice| {
        let (c, mu, rho) = (
            dice.whole(1, 8),
            dice.between(20.0, 400.0),
            dice.between(0.4, 0.8),
        );
        vec![("lambda", rho * c * mu), ("mu", mu), ("c", c)]
    },
};

/// Each server with a line of its own, chosen by chance: the other end of pooling.
pub static SEPARATE: Family = Family {
    name: "separate-lines",
    basis: Basis::ClosedForm,
    source: "n times M/M/1; Kleinrock, Queueing Systems I (1975), ch. 3",
    parameters: &[
        Parameter::new("lambda", 0.001, 1e4, "arrivals per second and server"),
        MU,
        Parameter::new("n", 1.0, 1000.0, "servers").whole(),
    ],
    refuses: |p| no_steady_state(p.get("lambda") / p.get("mu")),
    length: |p, error| {
        let requests = requests_for(error, p.get("lambda") / p.get("mu"));
        Length::of(requests, p.get("lambda") * p.get("n"))
    },
    design: |p| {
        let work = service_time(1.0 / p.get("mu"), 1.0);
        let n = p.whole("n");
        let server = format!("instances = {n}\nslots = 1\nservice_time = \"{work}\"\n");
        users_and_server(p.get("lambda") * p.get("n"), &server)
    },
    expects: |p| {
        let station = Mmc {
            lambda: p.get("lambda"),
            mu: p.get("mu"),
            c: 1,
        };
        vec![
            Expected::time("Wq", station.wait(), wait),
            Expected::time("W", station.sojourn(), sojourn),
        ]
    },
    draw: |dice| {
        let (n, mu, rho) = (
            dice.whole(2, 12),
            dice.between(20.0, 400.0),
            dice.between(0.4, 0.8),
        );
        vec![("lambda", rho * mu), ("mu", mu), ("n", n)]
    },
};

fn mmck(p: &Parameters) -> Mmck {
    Mmck {
        lambda: p.get("lambda"),
        mu: p.get("mu"),
        c: p.whole("c"),
        k: p.whole("k"),
    }
}

/// Requests to count a share of `p` within the error, where losses come `clump` at a time.
fn requests_to_count(p: f64, error: f64, clump: f64) -> f64 {
    let points = 1.96 / error;
    points * points * (1.0 - p) / p * clump
}

pub static MMCK: Family = Family {
    name: "mmck",
    basis: Basis::ClosedForm,
    source: "M/M/c/K; Gross et al., Fundamentals of Queueing Theory (2008), ch. 2",
    parameters: &[
        LAMBDA,
        MU,
        SERVERS,
        Parameter::new(
            "k",
            1.0,
            1000.0,
            "room for requests, those in service included",
        )
        .whole(),
    ],
    refuses: |p| {
        let station = mmck(p);
        if station.k < station.c {
            return Some(format!("room for {} with {} servers", station.k, station.c));
        }
        let blocked = station.blocking();
        (blocked < 1e-3)
            .then(|| format!("only a share of {blocked:.1e} is refused: too rare to count"))
    },
    length: |p, error| {
        let requests = requests_to_count(mmck(p).blocking(), error, 4.0);
        Length::of(requests.max(100_000.0), p.get("lambda"))
    },
    design: |p| {
        let work = service_time(1.0 / p.get("mu"), 1.0);
        let (slots, room) = (p.whole("c"), p.whole("k") - p.whole("c"));
        let server = format!("slots = {slots}\nservice_time = \"{work}\"\nqueue_limit = {room}\n");
        users_and_server(p.get("lambda"), &server)
    },
    expects: |p| {
        let station = mmck(p);
        vec![
            Expected::near("blocking", "", station.blocking(), blocking),
            Expected::near("throughput", "per s", station.throughput(), goodput),
            Expected::time("W of accepted", station.sojourn(), sojourn),
        ]
    },
    draw: |dice| {
        let (c, mu, rho) = (
            dice.whole(1, 4),
            dice.between(20.0, 400.0),
            dice.between(0.7, 1.5),
        );
        let k = c + dice.whole(0, 8);
        vec![("lambda", rho * c * mu), ("mu", mu), ("c", c), ("k", k)]
    },
};

pub static ERLANG_B: Family = Family {
    name: "erlang-b",
    basis: Basis::ClosedForm,
    source: "Erlang B, insensitive to the service time: Sevastyanov (1957)",
    parameters: &[
        Parameter::new("a", 0.01, 1000.0, "offered load, in servers"),
        SERVERS,
        CS2,
    ],
    refuses: |p| {
        let blocked = erlang_b(p.whole("c"), p.get("a"));
        let rare = blocked < 1e-3;
        rare.then(|| format!("only a share of {blocked:.1e} is refused: too rare to count"))
            .or_else(|| refuses_spread(p.get("cs2")))
    },
    length: |p, error| {
        let blocked = erlang_b(p.whole("c"), p.get("a"));
        // Long pieces of work keep all servers busy for longer, and losses come closer together.
        let clump = 3.0 * ((1.0 + p.get("cs2")) / 4.0).max(1.0);
        Length::of(requests_to_count(blocked, error, clump), p.get("a") * 100.0)
    },
    design: |p| {
        let work = service_time(0.01, p.get("cs2"));
        let slots = p.whole("c");
        let server = format!("slots = {slots}\nservice_time = \"{work}\"\nqueue_limit = 0\n");
        users_and_server(p.get("a") * 100.0, &server)
    },
    expects: |p| {
        let blocked = erlang_b(p.whole("c"), p.get("a"));
        vec![Expected::near("blocking", "", blocked, blocking)]
    },
    draw: |dice| {
        let c = dice.whole(2, 30);
        let cs2 = [0.0, 0.25, 1.0, 3.0][dice.whole(0, 3) as usize];
        vec![("a", c * dice.between(0.8, 1.3)), ("c", c), ("cs2", cs2)]
    },
};

fn mg1(p: &Parameters) -> Mg1 {
    Mg1 {
        lambda: p.get("lambda"),
        mean: p.get("mean_ms") / 1e3,
        cs2: p.get("cs2"),
    }
}

pub static MG1: Family = Family {
    name: "mg1",
    basis: Basis::ClosedForm,
    source: "Pollaczek-Khinchine; Kleinrock, Queueing Systems I (1975), ch. 5",
    parameters: &[
        LAMBDA,
        Parameter::new("mean_ms", 0.001, 1e6, "mean service time in ms"),
        CS2,
    ],
    refuses: |p| no_steady_state(mg1(p).rho()).or_else(|| refuses_spread(p.get("cs2"))),
    length: |p, error| {
        // The rarer the long pieces of work, the longer it takes to have seen enough of them.
        let cs2 = p.get("cs2");
        let spread = (1.0 + cs2) / 2.0 * cs2.max(1.0);
        Length::of(requests_for(error, mg1(p).rho()) * spread, p.get("lambda"))
    },
    design: |p| {
        let work = service_time(p.get("mean_ms") / 1e3, p.get("cs2"));
        let server = format!("slots = 1\nservice_time = \"{work}\"\n");
        users_and_server(p.get("lambda"), &server)
    },
    expects: |p| {
        vec![
            Expected::time("Wq", mg1(p).wait(), wait),
            Expected::time("W", mg1(p).sojourn(), sojourn),
        ]
    },
    draw: |dice| {
        let (mean, rho) = (dice.between(1.0, 50.0), dice.between(0.4, 0.75));
        let cs2 = [0.0, 0.25, 1.0, 2.5][dice.whole(0, 3) as usize];
        vec![
            ("lambda", rho / mean * 1e3),
            ("mean_ms", mean),
            ("cs2", cs2),
        ]
    },
};
