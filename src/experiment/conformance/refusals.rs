//! Requests that give up, are dropped, or find all slots taken.

use super::disciplines::{MU, exponential, operation, two_kinds};
use super::figure::{Expected, Target, blocking};
use super::length::Length;
use super::stations::LAMBDA;
use super::text::{seconds, users_and_server};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::bulkheads::{Kind, refused_apart, refused_if_shared};
use crate::experiment::closed_form::patience::{dropped_at_dequeue, left_at_deadline};
use crate::observe::report::Report;

const PATIENCE: Parameter = Parameter::new("d_ms", 1.0, 1e6, "patience in ms");

fn refused_of(report: &Report, key: &str) -> Option<f64> {
    let operation = operation(report, key)?;
    Some(operation.failed as f64 / operation.actions as f64)
}

/// Long enough to count a share that is lost.
fn length_to_lose(p: &Parameters, error: f64, lost: f64) -> Length {
    let points = 1.96 / error;
    let requests = points * points * (1.0 - lost) / lost * 8.0;
    Length::of(requests.max(100_000.0), p.get("lambda"))
}

fn too_rare(lost: f64) -> Option<String> {
    (lost < 1e-3).then(|| format!("only a share of {lost:.1e} is lost: too rare to count"))
}

fn dropped(p: &Parameters) -> f64 {
    dropped_at_dequeue(p.get("lambda"), p.get("mu"), p.get("d_ms") / 1e3)
}

pub static DROP_AT_DEQUEUE: Family = Family {
    name: "drop-at-dequeue",
    basis: Basis::ClosedForm,
    source: "M/M/1+D; D. Barrer, Queuing with impatient customers (1957)",
    parameters: &[LAMBDA, MU, PATIENCE],
    refuses: |p| too_rare(dropped(p)),
    length: |p, error| length_to_lose(p, error, dropped(p)),
    design: |p| {
        let most = seconds(p.get("d_ms") / 1e3);
        let server = format!("{}max_wait = \"{most}\"\n", exponential(p));
        users_and_server(p.get("lambda"), &server)
    },
    expects: |p| vec![Expected::near("loss", "", dropped(p), blocking)],
    draw: draw_impatience,
};

fn draw_impatience(dice: &mut super::Dice) -> Vec<(&'static str, f64)> {
    let (mu, rho, d) = (
        dice.between(50.0, 400.0),
        dice.between(0.8, 1.4),
        dice.between(3.0, 12.0),
    );
    vec![
        ("lambda", rho * mu),
        ("mu", mu),
        ("d_ms", (d / mu * 1e3).max(1.0)),
    ]
}

fn left(p: &Parameters) -> f64 {
    left_at_deadline(p.get("lambda"), p.get("mu"), p.get("d_ms") / 1e3)
}

pub static LEAVE_AT_DEADLINE: Family = Family {
    name: "leave-at-deadline",
    basis: Basis::ClosedForm,
    source: "M/M/1 with deadlines to the end of service: a finite dam; J. Cohen, The Single Server Queue (1982), III.5",
    parameters: &[LAMBDA, MU, PATIENCE],
    refuses: |p| too_rare(left(p)),
    length: |p, error| length_to_lose(p, error, left(p)),
    design: |p| {
        let server = format!("{}on_abandoned = \"stop\"\n", exponential(p));
        let users = users_and_server(p.get("lambda"), &server);
        let patience = seconds(p.get("d_ms") / 1e3);
        format!("{users}timeout = \"{patience}\"\n")
    },
    expects: |p| {
        vec![Expected::near("loss", "", left(p), |report, _| {
            let users = &report.users;
            Some(users.failed as f64 / users.actions as f64)
        })]
    },
    draw: draw_impatience,
};

const HANG: Parameter = Parameter::new("hang_s", 0.001, 1e4, "how long a request of A takes, in s");
const WORK: Parameter = Parameter::new(
    "work_ms",
    0.001,
    1e6,
    "how long a request of B takes, in ms",
);
const OF_A: Parameter = Parameter::new("a", 0.001, 1e5, "requests of A per second");
const OF_B: Parameter = Parameter::new("b", 0.001, 1e5, "requests of B per second");

fn kinds(p: &Parameters) -> [Kind; 2] {
    [
        Kind {
            lambda: p.get("a"),
            holds: p.get("hang_s"),
        },
        Kind {
            lambda: p.get("b"),
            holds: p.get("work_ms") / 1e3,
        },
    ]
}

/// So many times as long as the longest piece of work, and until the refused of the rarer kind have been
/// counted: who is refused comes in crowds.
fn length_of_kinds(p: &Parameters, error: f64) -> Length {
    let longest = p.get("hang_s").max(p.get("work_ms") / 1e3);
    let points = 1.96 / error;
    let counted = points * points * 4.0 / p.get("a").min(p.get("b"));
    Length::exactly((100.0 * longest).max(counted), 10.0 * longest)
}

fn pool(p: &Parameters, slots: u32, apart: &str) -> String {
    let (hang, work) = (seconds(p.get("hang_s")), seconds(p.get("work_ms") / 1e3));
    let server = format!(
        "slots = {slots}\nqueue_limit = 0\nservice_time = \"{work}\"\n\
         service_time_of.first = \"{hang}\"\n{apart}"
    );
    two_kinds(p.get("a"), p.get("b"), &server, "")
}

pub static SHARED_POOL: Family = Family {
    name: "shared-pool",
    basis: Basis::ClosedForm,
    source: "Erlang B of both together",
    parameters: &[
        OF_A,
        HANG,
        OF_B,
        WORK,
        Parameter::new("c", 1.0, 1000.0, "slots for both").whole(),
    ],
    refuses: |p| too_rare(refused_if_shared(p.whole("c"), &kinds(p))),
    length: length_of_kinds,
    design: |p| pool(p, p.whole("c"), ""),
    expects: |p| {
        let refused = refused_if_shared(p.whole("c"), &kinds(p));
        vec![
            Expected::near("A refused", "", refused, |r, _| refused_of(r, "first")),
            Expected::near("B refused", "", refused, |r, _| refused_of(r, "second")),
        ]
    },
    draw: |dice| {
        let c = dice.whole(20, 100);
        let over = dice.between(1.8, 3.0);
        vec![
            ("a", c * over / 20.0),
            ("hang_s", 20.0),
            ("b", dice.between(50.0, 90.0)),
            ("work_ms", 50.0),
            ("c", c),
        ]
    },
};

pub static BULKHEAD: Family = Family {
    name: "bulkhead",
    basis: Basis::ClosedForm,
    source: "Erlang B of each alone",
    parameters: &[
        OF_A,
        HANG,
        OF_B,
        WORK,
        Parameter::new("of_a", 1.0, 1000.0, "slots for A").whole(),
        Parameter::new("of_b", 1.0, 1000.0, "slots for B").whole(),
    ],
    refuses: |p| {
        let [a, b] = kinds(p);
        let b = refused_apart(p.whole("of_b"), b);
        let between = b > 1e-6 && b < 1e-2;
        too_rare(refused_apart(p.whole("of_a"), a)).or_else(|| {
            between.then(|| format!("a share of {b:.1e} of B is refused: too rare to count"))
        })
    },
    length: length_of_kinds,
    design: |p| {
        let (a, b) = (p.whole("of_a"), p.whole("of_b"));
        pool(
            p,
            a + b,
            &format!("slots_of = {{ first = {a}, second = {b} }}\n"),
        )
    },
    expects: |p| {
        let [a, b] = kinds(p);
        let of_b = refused_apart(p.whole("of_b"), b);
        let target = match of_b < 1e-6 {
            true => Target::Exactly { value: 0.0 },
            false => Target::near(of_b),
        };
        vec![
            Expected::near(
                "A refused",
                "",
                refused_apart(p.whole("of_a"), a),
                |r, _| refused_of(r, "first"),
            ),
            Expected::new("B refused", "", target, |r, _| refused_of(r, "second")),
        ]
    },
    draw: |dice| {
        let of_a = dice.whole(10, 40);
        vec![
            ("a", of_a * dice.between(2.0, 8.0) / 20.0),
            ("hang_s", 20.0),
            ("b", dice.between(50.0, 90.0)),
            ("work_ms", 50.0),
            ("of_a", of_a),
            ("of_b", 60.0),
        ]
    },
};

pub const ROWS: &[Row] = &[
    Row {
        name: "drop-at-dequeue",
        title: "Dropped when the turn comes after 100 ms, load 1",
        family: &DROP_AT_DEQUEUE,
        values: &[("lambda", 100.0), ("mu", 100.0), ("d_ms", 100.0)],
        tolerance: 0.04,
        published: &[("loss", 0.08333)],
    },
    Row {
        name: "drop-at-dequeue-overload",
        title: "Dropped when the turn comes after 100 ms, load 1.2",
        family: &DROP_AT_DEQUEUE,
        values: &[("lambda", 120.0), ("mu", 100.0), ("d_ms", 100.0)],
        tolerance: 0.04,
        published: &[("loss", 0.18396)],
    },
    Row {
        name: "leave-at-deadline",
        title: "Callers leave after 100 ms, and the server hears of it, load 1",
        family: &LEAVE_AT_DEADLINE,
        values: &[("lambda", 100.0), ("mu", 100.0), ("d_ms", 100.0)],
        tolerance: 0.04,
        published: &[("loss", 0.09091)],
    },
    Row {
        name: "shared-pool",
        title: "One pool for hanging and healthy requests",
        family: &SHARED_POOL,
        values: &[
            ("a", 10.0),
            ("hang_s", 30.0),
            ("b", 90.0),
            ("work_ms", 50.0),
            ("c", 100.0),
        ],
        tolerance: 0.02,
        published: &[("A refused", 0.673), ("B refused", 0.673)],
    },
    Row {
        name: "bulkhead",
        title: "A pool for each",
        family: &BULKHEAD,
        values: &[
            ("a", 10.0),
            ("hang_s", 30.0),
            ("b", 90.0),
            ("work_ms", 50.0),
            ("of_a", 20.0),
            ("of_b", 80.0),
        ],
        tolerance: 0.02,
        published: &[("A refused", 0.934)],
    },
];
