//! Copies without a leader: who sees what was written.

use super::figure::{Expected, Target};
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::engine::math::sqrt;
use crate::experiment::closed_form::quorums::unseen;
use crate::observe::report::Report;

/// Writes per second, each of a row of its own, as good as.
const RATE: f64 = 500.0;

/// How many looks are to miss.
const MISSES: f64 = 4_000.0;

/// Of the looks of users after their own writes.
fn missed(report: &Report, _: &Parameters) -> Option<f64> {
    let users = report.nodes.iter().find(|node| node.key == "users")?;
    let writes = report.ledger.effects;
    (writes > 0).then(|| users.count("own_writes_missed") as f64 / writes as f64)
}

fn lost(report: &Report, _: &Parameters) -> Option<f64> {
    Some(report.ledger.lost as f64)
}

fn overlap(p: &Parameters) -> bool {
    p.get("w") + p.get("r") > p.get("n")
}

fn share(p: &Parameters) -> f64 {
    match overlap(p) {
        true => 0.0,
        false => unseen(
            p.whole("n"),
            p.whole("w"),
            p.get("after_s") / p.get("delay_s"),
        ),
    }
}

pub static QUORUM: Family = Family {
    name: "quorum",
    basis: Basis::ClosedForm,
    source: "Dynamo, SOSP 2007: R + W > N overlap; otherwise probabilistically bounded staleness (Bailis et al., VLDB 2012), exponential one-way delays, the coordinator a copy itself",
    parameters: &[
        Parameter::new("n", 2.0, 9.0, "copies").whole(),
        Parameter::new(
            "w",
            1.0,
            9.0,
            "copies that have a write before it is answered",
        )
        .whole(),
        Parameter::new("r", 1.0, 9.0, "copies that a read waits for").whole(),
        Parameter::new(
            "delay_s",
            0.001,
            1.0,
            "mean time of a message between copies in s",
        ),
        Parameter::new("after_s", 0.0, 2.0, "from the answer to the read in s"),
    ],
    refuses: |p| {
        if p.get("w").max(p.get("r")) > p.get("n") {
            return Some("a quorum is larger than the number of copies".to_owned());
        }
        if !overlap(p) && (p.whole("r") > 1 || p.whole("w") > 2) {
            return Some(
                "where quorums do not overlap, the formula knows R = 1 with W = 1 or 2".to_owned(),
            );
        }
        (!overlap(p) && share(p) < 0.01).then(|| "hardly anybody reads too early".to_owned())
    },
    length: |p, _| match share(p) {
        0.0 => Length::all_of(20_000.0, RATE),
        share => Length::all_of((MISSES / share).max(20_000.0), RATE),
    },
    design: |p| {
        format!(
            "[clients.users]\nrate = \"{}\"\nlooks_with = \"look\"\nlook_after = \"{}\"\nwrite_repeats = 0\n\n\
             [operation.save]\nkind = \"write\"\nkey_space = \"rows\"\nkeys = 1000000\n\n\
             [operation.look]\nweight = 0\nkey_space = \"rows\"\nkeys = 1000000\n\n\
             [database.rows]\ncores = 10000\nconnections = \"unbounded\"\nread_time = \"0 s\"\nwrite_time = \"0 s\"\n\
             replication = \"leaderless\"\nreplicas = {}\nwrite_quorum = {}\nread_quorum = {}\nquorum_timeout = \"1 h\"\n\
             replication_delay = \"exponential({})\"\n\n\
             [link.save]\nfrom = \"users\"\nto = \"rows\"\n",
            rate(RATE),
            seconds(p.get("after_s")),
            p.whole("n") - 1,
            p.whole("w"),
            p.whole("r"),
            seconds(p.get("delay_s")),
        )
    },
    expects: |p| {
        let exactly = |name, read| Expected::new(name, "", Target::Exactly { value: 0.0 }, read);
        let missed = match share(p) {
            0.0 => exactly("own writes not seen", missed),
            share => Expected::near("own writes not seen", "", share, missed)
                // Those who would look after the end do not.
                .within(4.0 / sqrt(5.0 * MISSES) + p.get("after_s") * RATE / 20_000.0),
        };
        vec![missed, exactly("lost", lost)]
    },
    draw: |dice| {
        let n = dice.whole(2, 6);
        let overlaps = dice.whole(0, 1) == 1.0;
        // With two copies a second acknowledgement is an overlap.
        let w = match overlaps {
            true => dice.whole(1, n as u32),
            false => dice.whole(1, if n > 2.0 { 2 } else { 1 }),
        };
        vec![
            ("n", n),
            ("w", w),
            ("r", if overlaps { n - w + 1.0 } else { 1.0 }),
            ("delay_s", dice.whole(5, 300) / 1_000.0),
            (
                "after_s",
                if overlaps {
                    dice.whole(0, 100) / 1_000.0
                } else {
                    0.0
                },
            ),
        ]
    },
};

pub const ROWS: &[Row] = &[
    Row::new(
        "quorum-2-2",
        "Three copies without a leader, W = R = 2: every read sees what was answered",
        &QUORUM,
        &[
            ("n", 3.0),
            ("w", 2.0),
            ("r", 2.0),
            ("delay_s", 0.1),
            ("after_s", 0.0),
        ],
        0.05,
    ),
    Row::new(
        "quorum-1-3",
        "W = 1, R = 3: the same",
        &QUORUM,
        &[
            ("n", 3.0),
            ("w", 1.0),
            ("r", 3.0),
            ("delay_s", 0.1),
            ("after_s", 0.0),
        ],
        0.05,
    ),
    Row::new(
        "quorum-1-1",
        "W = R = 1: who looks at once sees it at one of three",
        &QUORUM,
        &[
            ("n", 3.0),
            ("w", 1.0),
            ("r", 1.0),
            ("delay_s", 0.1),
            ("after_s", 0.0),
        ],
        0.05,
    ),
    Row::new(
        "quorum-1-1-later",
        "The same, 100 ms later",
        &QUORUM,
        &[
            ("n", 3.0),
            ("w", 1.0),
            ("r", 1.0),
            ("delay_s", 0.1),
            ("after_s", 0.1),
        ],
        0.05,
    ),
    Row::new(
        "quorum-2-1",
        "W = 2, R = 1: answered when a second copy has it",
        &QUORUM,
        &[
            ("n", 3.0),
            ("w", 2.0),
            ("r", 1.0),
            ("delay_s", 0.1),
            ("after_s", 0.0),
        ],
        0.05,
    ),
];
