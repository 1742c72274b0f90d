//! Reads after writes: who sees an old version, when rows have several copies.

use super::figure::{Expected, Target};
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::observe::report::Report;

/// A user's look that did not show what the user had been told is saved, per look. Each action that
/// saves is followed by one look.
fn missed(report: &Report, _: &Parameters) -> Option<f64> {
    let looks = report.ledger.intents as f64 / 2.0;
    (looks > 0.0).then(|| report.ledger.own_write_missed as f64 / looks)
}

fn stale(report: &Report, _: &Parameters) -> Option<f64> {
    let looks = report.ledger.intents as f64 / 2.0;
    (looks > 0.0).then(|| report.ledger.stale as f64 / looks)
}

/// The look goes to a follower, and that one has not yet applied the write.
fn share(p: &Parameters) -> f64 {
    let followers = p.get("followers");
    followers / (followers + 1.0) * libm::exp(-p.get("after_s") / p.get("lag_s"))
}

/// Copies receive a log in order, so a write whose delay is long holds up those behind it: so few writes
/// that none is behind another.
fn rate_of(p: &Parameters) -> f64 {
    1.0 / (20.0 * p.get("lag_s") + p.get("after_s"))
}

/// Who asks at the same instant at which they are told has not been told before.
const AT_ONCE_S: f64 = 1e-6;

pub static OWN_READS: Family = Family {
    name: "own-reads",
    basis: Basis::ClosedForm,
    source: "any of n + 1 copies is read t after the write: n / (n + 1) * P(lag > t), with exponential lag; none where the read waits for what its user has written",
    parameters: &[
        Parameter::new("followers", 1.0, 9.0, "copies besides the leader").whole(),
        Parameter::new("lag_s", 0.001, 10.0, "mean delay of a copy in s"),
        Parameter::new("after_s", 0.0, 10.0, "from the write to the look in s"),
        Parameter::new("token", 0.0, 1.0, "1 if reads wait for own writes").whole(),
    ],
    refuses: |p| {
        let share = share(p);
        (share < 0.02).then(|| "too rare to be measured: look sooner".to_owned())
    },
    length: |p, error| {
        let share = share(p);
        let points = 1.96 / error;
        Length::all_of(points * points * (1.0 - share) / share, rate_of(p))
    },
    design: |p| {
        let read_from = match p.whole("token") {
            1 => "token",
            _ => "any",
        };
        format!(
            "[clients.users]\narrivals = \"constant\"\nrate = \"{}\"\nidentities = 1000000\nlooks_with = \"look\"\nwrite_repeats = 0\nlook_after = \"{}\"\n\n\
             [operation.save]\nkind = \"write\"\nkey_space = \"rows\"\nkeys = 1000000\n\n\
             [operation.look]\nweight = 0\nkey_space = \"rows\"\nkeys = 1000000\n\n\
             [database.store]\nreplicas = {}\nreplication_delay = \"exponential({})\"\napply_time = \"0 s\"\nread_from = \"{read_from}\"\n\
             read_time = \"0 s\"\nwrite_time = \"0 s\"\ncores = 1000\nconnections = \"unbounded\"\n\n\
             [link.rows]\nfrom = \"users\"\nto = \"store\"\n",
            rate(rate_of(p)),
            seconds(p.get("after_s").max(AT_ONCE_S)),
            p.whole("followers"),
            seconds(p.get("lag_s")),
        )
    },
    expects: |p| match p.whole("token") {
        1 => vec![Expected::new(
            "own writes missed",
            "",
            Target::Exactly { value: 0.0 },
            missed,
        )],
        _ => vec![
            Expected::near("own writes missed", "", share(p), missed),
            Expected::near("stale reads", "", share(p), stale),
        ],
    },
    draw: |dice| {
        let lag = dice.between(0.02, 0.5);
        vec![
            ("followers", dice.whole(1, 5)),
            ("lag_s", lag),
            ("after_s", lag * dice.between(0.0, 1.5)),
            ("token", dice.whole(0, 1)),
        ]
    },
};

macro_rules! values {
    ($($name:ident $value:expr),* $(,)?) => { &[$((stringify!($name), $value)),*] };
}

pub const ROWS: &[Row] = &[
    Row::new(
        "own-reads-at-once",
        "A leader and two followers with a lag of 100 ms on average: read at once",
        &OWN_READS,
        values!(followers 2.0, lag_s 0.1, after_s 0.0, token 0.0),
        0.03,
    ),
    Row::new(
        "own-reads-50ms",
        "The same, read after 50 ms",
        &OWN_READS,
        values!(followers 2.0, lag_s 0.1, after_s 0.05, token 0.0),
        0.03,
    ),
    Row::new(
        "own-reads-100ms",
        "The same, read after 100 ms",
        &OWN_READS,
        values!(followers 2.0, lag_s 0.1, after_s 0.1, token 0.0),
        0.03,
    ),
    Row::new(
        "own-reads-200ms",
        "The same, read after 200 ms",
        &OWN_READS,
        values!(followers 2.0, lag_s 0.1, after_s 0.2, token 0.0),
        0.03,
    ),
    Row::new(
        "own-reads-token",
        "The same, read at once by who waits for what they have written",
        &OWN_READS,
        values!(followers 2.0, lag_s 0.1, after_s 0.0, token 1.0),
        0.03,
    ),
];
