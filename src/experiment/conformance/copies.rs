//! What is lost with a leader, and for how long nothing can be written.

use std::fmt::Write as _;

use super::figure::{Expected, Read, Target};
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::observe::report::Report;

/// How long until the loss of a leader is noticed, and until another copy leads.
const DETECT_S: f64 = 1.0;
const PROMOTE_S: f64 = 2.0;
/// Lost writes that a mean takes.
const ENOUGH: f64 = 2_500.0;

fn lag_s(p: &Parameters) -> f64 {
    p.get("lag_ms") / 1e3
}

/// Writes of the last moment before a loss, as long as the others are behind.
fn behind(p: &Parameters) -> f64 {
    p.get("lambda") * lag_s(p)
}

fn losses(p: &Parameters) -> f64 {
    (ENOUGH / behind(p)).ceil().clamp(2.0, 50.0)
}

/// From one loss to the next: everybody is back and has everything.
fn between_s(p: &Parameters) -> f64 {
    15.0 + 10.0 * lag_s(p)
}

fn each(report: &Report, of: u64) -> Option<f64> {
    let n = report
        .losses
        .iter()
        .filter(|loss| loss.another_leads)
        .count();
    (n > 0).then(|| of as f64 / n as f64)
}

fn recovery(report: &Report, _: &Parameters) -> Option<f64> {
    let times = report
        .losses
        .iter()
        .filter_map(|loss| loss.recovery_time_ns);
    Some(each(report, times.sum())? / 1e6)
}

pub static LOST_WITH_LEADER: Family = Family {
    name: "lost-with-leader",
    basis: Basis::ClosedForm,
    source: "Poisson writes of as long as the copies are behind: rate * lag of them are gone with the leader, none if one copy has each before it is answered; nothing is written until the loss was noticed and another copy leads",
    parameters: &[
        Parameter::new("lambda", 10.0, 10_000.0, "writes per second"),
        Parameter::new(
            "lag_ms",
            1.0,
            10_000.0,
            "how far the copies are behind, in ms",
        ),
        Parameter::new("copies", 2.0, 8.0, "copies besides the leader").whole(),
        Parameter::new("waits", 0.0, 1.0, "1: for one copy before the answer").whole(),
    ],
    refuses: |p| {
        (behind(p) < ENOUGH / 50.0)
            .then(|| "too few are lost each time: more writes, or a longer lag".to_owned())
    },
    length: |p, _| Length::exactly((losses(p) + 1.0) * between_s(p), 0.0),
    design: |p| {
        let acknowledge = match p.whole("waits") {
            1 => "semi_sync",
            _ => "async",
        };
        let mut text = format!(
            "[clients.users]\nrate = \"{}\"\n\n[operation.save]\nkind = \"write\"\nkeys = 1000000\n\n\
             [database.rows]\ncores = 100\nconnections = \"unbounded\"\nwrite_time = \"0 s\"\nreplicas = {}\n\
             acknowledge = \"{acknowledge}\"\nreplication_delay = \"{}\"\napply_time = \"1 us\"\n\
             detect_after = \"{}\"\npromotion_time = \"{}\"\n\n\
             [link.save]\nfrom = \"users\"\nto = \"rows\"\n",
            rate(p.get("lambda")),
            p.whole("copies"),
            seconds(lag_s(p)),
            seconds(DETECT_S),
            seconds(PROMOTE_S),
        );
        for n in 1..=losses(p) as u32 {
            let _ = write!(
                text,
                "\n[[timeline]]\nwhat = \"primary_loss\"\ntarget = \"rows\"\nat = \"{}\"\nlasts = \"5 s\"\n",
                seconds(f64::from(n) * between_s(p))
            );
        }
        text
    },
    expects: |p| {
        const LOST: Read = |report, _| each(report, report.ledger.lost);
        let lost = match p.whole("waits") {
            1 => Expected::new("lost with each", "", Target::Exactly { value: 0.0 }, LOST),
            _ => Expected::near("lost with each", "", behind(p), LOST),
        };
        vec![
            lost,
            Expected::time("recovery time", DETECT_S + PROMOTE_S, recovery),
        ]
    },
    draw: |dice| {
        vec![
            ("lambda", dice.between(200.0, 2_000.0)),
            ("lag_ms", dice.between(300.0, 1_500.0)),
            ("copies", dice.whole(2, 4)),
            ("waits", dice.whole(0, 1)),
        ]
    },
};

macro_rules! values {
    ($($name:ident $value:expr),* $(,)?) => { &[$((stringify!($name), $value)),*] };
}

pub const ROWS: &[Row] = &[
    Row::new(
        "failover-async",
        "Failover, 1,000 writes/s, copies 500 ms behind: 500 are lost",
        &LOST_WITH_LEADER,
        values!(lambda 1_000.0, lag_ms 500.0, copies 2.0, waits 0.0),
        0.03,
    ),
    Row::new(
        "failover-semi-sync",
        "The same, answered when one copy has it: none is lost",
        &LOST_WITH_LEADER,
        values!(lambda 1_000.0, lag_ms 500.0, copies 2.0, waits 1.0),
        0.03,
    ),
    Row::new(
        "failover-async-2s",
        "Failover, 200 writes/s, copies 2 s behind: 400 are lost",
        &LOST_WITH_LEADER,
        values!(lambda 200.0, lag_ms 2_000.0, copies 2.0, waits 0.0),
        0.03,
    ),
];
