//! Walls of a caller: the breaker that opens, and shares of threads of one's own.

use super::figure::{Expected, Target, blocking, first_link, server};
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::bulkheads::{Breaker, Kind, refused_apart, refused_if_shared};
use crate::observe::report::Report;
use crate::time::NS_PER_S;

/// Calls per second, evenly spaced.
const RATE: f64 = 10.0;

const WINDOW: Parameter = Parameter::new("window", 1.0, 1_000.0, "calls in the window").whole();
const MINIMUM: Parameter =
    Parameter::new("minimum", 1.0, 1_000.0, "calls before it judges").whole();

fn breaker(p: &Parameters) -> Breaker {
    Breaker {
        window: p.whole("window"),
        minimum: p.whole("minimum"),
        threshold: p.get("threshold"),
    }
}

fn policy(p: &Parameters) -> String {
    format!(
        "breaker = \"count\"\nbreaker_window = {}\nbreaker_min_calls = {}\nbreaker_threshold = {}\n",
        p.whole("window"),
        p.whole("minimum"),
        p.get("threshold")
    )
}

/// When all fail from the start: it has been open for half of its time.
fn half_way(p: &Parameters) -> f64 {
    f64::from(breaker(p).opens_at()) / RATE + p.get("open_s") / 2.0
}

/// Until it has half-opened once, and has been open again for half of its time.
fn to_the_end(p: &Parameters) -> f64 {
    half_way(p) + p.get("open_s") + p.get("half_open") / RATE
}

/// Requests that arrived until it had been open for half of its time, and after that.
fn arrived(report: &Report, p: &Parameters) -> Option<(f64, f64)> {
    let series = &server(report)?.series.arrived;
    let buckets = half_way(p) * NS_PER_S as f64 / report.series.bucket_ns as f64;
    let (before, after) = series.split_at((buckets as usize).min(series.len()));
    let sum = |counts: &[u32]| counts.iter().map(|&n| f64::from(n)).sum();
    Some((sum(before), sum(after)))
}

fn asks(calls: &str, f: f64, policy: &str) -> String {
    format!(
        "[clients.users]\narrivals = \"constant\"\nrate = \"{RATE} rps\"\n{calls}\n\
         [third_party.server]\nlatency = \"0 s\"\nerror_share = {f}\n\n\
         [link.ask]\nfrom = \"users\"\nto = \"server\"\n{policy}"
    )
}

pub static BREAKER: Family = Family {
    name: "breaker",
    basis: Basis::ClosedForm,
    source: "Counting; resilience4j, CircuitBreaker: a window of 100, 100 at least, 50 %, 60 s open, 10 half-open",
    parameters: &[
        WINDOW,
        MINIMUM,
        Parameter::new("threshold", 0.01, 1.0, "share of failures that opens it"),
        Parameter::new("open_s", 5.0, 600.0, "how long it stays open in s"),
        Parameter::new("half_open", 1.0, 100.0, "calls that then pass").whole(),
    ],
    refuses: |_| None,
    length: |p, _| Length::exactly(to_the_end(p), 0.0),
    design: |p| {
        let policy = format!(
            "{}breaker_open = \"{}\"\nbreaker_half_open_calls = {}\n",
            policy(p),
            seconds(p.get("open_s")),
            p.whole("half_open")
        );
        asks("", 1.0, &policy)
    },
    expects: |p| {
        let exactly =
            |name, value, read| Expected::new(name, "calls", Target::Exactly { value }, read);
        let opens_at = f64::from(breaker(p).opens_at());
        vec![
            exactly("until it opens", opens_at, |r, p| Some(arrived(r, p)?.0)),
            exactly("after its open time", p.get("half_open"), |r, p| {
                Some(arrived(r, p)?.1)
            }),
        ]
    },
    draw: |dice| {
        vec![
            ("window", dice.whole(5, 200)),
            ("minimum", dice.whole(5, 200)),
            ("threshold", dice.between(0.1, 1.0)),
            ("open_s", dice.whole(5, 100)),
            ("half_open", dice.whole(1, 20)),
        ]
    },
};

/// Callers, each with a breaker of its own, that make as many calls as it takes to judge once.
const CALLERS: f64 = 4_000.0;

pub static BREAKER_BY_CHANCE: Family = Family {
    name: "breaker-by-chance",
    basis: Basis::ClosedForm,
    source: "Binomial: at least the threshold's share of failures among the first calls",
    parameters: &[
        WINDOW,
        MINIMUM,
        Parameter::new("threshold", 0.01, 1.0, "share of failures that opens it"),
        Parameter::new("f", 0.0, 1.0, "probability that a call fails"),
    ],
    refuses: |_| None,
    length: |p, _| {
        let calls = f64::from(breaker(p).opens_at()) * CALLERS;
        Length::exactly(calls / RATE + 1.0, 0.0)
    },
    design: |p| {
        let calls = breaker(p).opens_at() * CALLERS as u32;
        let calls = format!("callers = {CALLERS}\nactions = {calls}\n");
        asks(&calls, p.get("f"), &policy(p))
    },
    expects: |p| {
        let share = breaker(p).opens_at_once(p.get("f"));
        vec![Expected::near("open", "of all breakers", share, |r, _| {
            Some(first_link(r)?.breaker_opened as f64 / CALLERS)
        })]
    },
    draw: |dice| {
        let threshold = dice.between(0.3, 0.7);
        vec![
            ("window", dice.whole(10, 60)),
            ("minimum", dice.whole(10, 60)),
            ("threshold", threshold),
            ("f", (threshold * 100.0).round() / 100.0),
        ]
    },
};

const HANGING: &[Parameter] = &[
    Parameter::new("a_per_s", 0.1, 1_000.0, "calls per second of what hangs"),
    Parameter::new("a_s", 0.001, 100.0, "how long it hangs in s"),
    Parameter::new("b_per_s", 0.1, 10_000.0, "calls per second of what is well"),
    Parameter::new("b_s", 0.001, 100.0, "how long that takes in s"),
    Parameter::new("a_threads", 1.0, 1_000.0, "threads for what hangs").whole(),
    Parameter::new("b_threads", 1.0, 1_000.0, "threads for what is well").whole(),
];

fn kinds(p: &Parameters) -> [Kind; 2] {
    [("a_per_s", "a_s"), ("b_per_s", "b_s")].map(|(lambda, holds)| Kind {
        lambda: p.get(lambda),
        holds: p.get(holds),
    })
}

/// Two operations of a service, each of which calls somebody else; nobody waits for a thread.
fn two_kinds(p: &Parameters, slots: u32, walls: [String; 2]) -> String {
    let [a, b] = kinds(p);
    let [wall_a, wall_b] = walls;
    format!(
        "[clients.of_a]\nrate = \"{}\"\n\n[clients.of_b]\nrate = \"{}\"\n\n\
         [service.server]\nslots = {slots}\nservice_time = \"0 s\"\nqueue_limit = 0\n\
         plan.a = [\"call hang\"]\nplan.b = [\"call well\"]\n\n\
         [third_party.hanging]\nlatency = \"{}\"\n\n[third_party.healthy]\nlatency = \"{}\"\n\n\
         [link.ask_a]\nfrom = \"of_a\"\nto = \"server\"\n\n[link.ask_b]\nfrom = \"of_b\"\nto = \"server\"\n\n\
         [link.hang]\nfrom = \"server\"\nto = \"hanging\"\n{wall_a}\n\
         [link.well]\nfrom = \"server\"\nto = \"healthy\"\n{wall_b}\n\
         [operation.a]\nclients = [\"of_a\"]\n\n[operation.b]\nclients = [\"of_b\"]\n",
        rate(a.lambda),
        rate(b.lambda),
        seconds(a.holds),
        seconds(b.holds),
    )
}

/// Long compared with what hangs.
fn several_hangs(p: &Parameters) -> Length {
    let warm_up = 3.0 * p.get("a_s");
    Length::exactly(warm_up + 100.0 * p.get("a_s"), warm_up)
}

fn failed(report: &Report, key: &str) -> Option<f64> {
    let link = report.links.iter().find(|link| link.key == key)?;
    (link.attempts > 0).then(|| link.failed as f64 / link.attempts as f64)
}

fn draw_kinds(dice: &mut super::Dice) -> Vec<(&'static str, f64)> {
    vec![
        ("a_per_s", dice.between(5.0, 20.0)),
        ("a_s", dice.between(5.0, 30.0)),
        ("b_per_s", dice.between(50.0, 100.0)),
        ("b_s", dice.between(0.05, 0.1)),
        ("a_threads", dice.whole(10, 20)),
        ("b_threads", dice.whole(20, 40)),
    ]
}

pub static SHARED: Family = Family {
    name: "threads-shared",
    basis: Basis::ClosedForm,
    source: "Erlang B of both together; Gross et al., Fundamentals of Queueing Theory (2008), ch. 3",
    parameters: HANGING,
    refuses: |_| None,
    length: |p, _| several_hangs(p),
    design: |p| {
        let all = p.whole("a_threads") + p.whole("b_threads");
        two_kinds(p, all, Default::default())
    },
    expects: |p| {
        let all = p.whole("a_threads") + p.whole("b_threads");
        let share = refused_if_shared(all, &kinds(p));
        vec![Expected::near("refused of both", "", share, blocking)]
    },
    draw: draw_kinds,
};

pub static APART: Family = Family {
    name: "bulkheads",
    basis: Basis::ClosedForm,
    source: "Erlang B of each; M. Nygard, Release It! (2007), bulkheads",
    parameters: HANGING,
    refuses: |_| None,
    length: |p, _| several_hangs(p),
    design: |p| {
        let wall = |n: &str| format!("max_in_flight = {}\n", p.whole(n));
        two_kinds(p, 100_000, [wall("a_threads"), wall("b_threads")])
    },
    expects: |p| {
        let [a, b] = kinds(p);
        let share = refused_apart(p.whole("a_threads"), a);
        let other = refused_apart(p.whole("b_threads"), b);
        // Nearly nothing is measured as hardly more than that.
        let well = Target::Between {
            low: 0.0,
            high: 10.0 * other + 1e-3,
        };
        vec![
            Expected::near("refused of what hangs", "", share, |r, _| failed(r, "hang")),
            Expected::new("refused of what is well", "", well, |r, _| {
                failed(r, "well")
            }),
        ]
    },
    draw: draw_kinds,
};

const HUNDRED: &[(&str, f64)] = &[
    ("a_per_s", 10.0),
    ("a_s", 30.0),
    ("b_per_s", 90.0),
    ("b_s", 0.05),
    ("a_threads", 20.0),
    ("b_threads", 80.0),
];

pub const ROWS: &[Row] = &[
    Row {
        name: "breaker",
        title: "Circuit breaker with the defaults of resilience4j",
        family: &BREAKER,
        values: &[
            ("window", 100.0),
            ("minimum", 100.0),
            ("threshold", 0.5),
            ("open_s", 60.0),
            ("half_open", 10.0),
        ],
        tolerance: 0.0,
        published: &[("until it opens", 100.0), ("after its open time", 10.0)],
    },
    Row {
        name: "breaker-by-chance",
        title: "Circuit breaker: opened by chance at 45 % failures",
        family: &BREAKER_BY_CHANCE,
        values: &[
            ("window", 100.0),
            ("minimum", 100.0),
            ("threshold", 0.5),
            ("f", 0.45),
        ],
        tolerance: 0.06,
        published: &[],
    },
    Row {
        name: "threads-shared",
        title: "100 shared threads, one dependency hangs",
        family: &SHARED,
        values: HUNDRED,
        tolerance: 0.03,
        published: &[("refused of both", 0.673)],
    },
    Row {
        name: "bulkheads",
        title: "20 threads for what hangs, 80 for what is well",
        family: &APART,
        values: HUNDRED,
        tolerance: 0.03,
        published: &[("refused of what hangs", 0.934)],
    },
];
