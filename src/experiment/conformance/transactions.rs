//! Rows that are read, thought about and written back; decisions of two on each other's rows; two
//! connections each.

use super::figure::{Expected, Read, Target};
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::transactions::{skewed, survive, two_each};
use crate::observe::report::Report;
use crate::time::NS_PER_S;

/// A shop with room for all, and a store whose queries take so long.
fn shop(clients: &str, think_s: f64, plans: &str, store: &str, pool: &str, more: &str) -> String {
    format!(
        "[clients.users]\n{clients}\n\n\
         [service.shop]\nslots = 100000\nservice_time = \"{}\"\n{plans}\n\n\
         [database.store]\ncores = 100000\nconnections = \"unbounded\"\nread_time = \"0 s\"\n{store}\n\n\
         [link.visit]\nfrom = \"users\"\nto = \"shop\"\n\n\
         [link.rows]\nfrom = \"shop\"\nto = \"store\"\n{pool}\n\n\
         [operation.take]\nkind = \"write\"\nkeys = 1\nkey_space = \"goods\"\n{more}",
        seconds(think_s)
    )
}

fn exactly(name: &'static str, value: f64, read: Read) -> Expected {
    Expected::new(name, "", Target::Exactly { value }, read)
}

/// Of the writes that were done.
fn survivors(report: &Report, _: &Parameters) -> Option<f64> {
    let done = report.ledger.effects as f64;
    (done > 0.0).then(|| 1.0 - report.ledger.lost_updates as f64 / done)
}

/// Of those who tried.
fn done(report: &Report, _: &Parameters) -> Option<f64> {
    let tried = report.ledger.intents as f64;
    (tried > 0.0).then(|| report.ledger.effects as f64 / tried)
}

fn skews(report: &Report, _: &Parameters) -> Option<f64> {
    let done = report.ledger.effects as f64;
    (done > 0.0).then(|| report.ledger.write_skews as f64 / done)
}

fn refused(report: &Report, _: &Parameters) -> Option<f64> {
    let link = report.links.iter().find(|link| link.key == "rows")?;
    let all = link.failed_by_reason.iter();
    Some(all.map(|(_, n)| *n).sum::<u64>() as f64)
}

/// Writers until the mean of a share of about a half is within the tolerance; what one does has to do with
/// what its neighbours do.
fn writers(tolerance: f64) -> f64 {
    let points = 1.96 / tolerance;
    (4.0 * points * points).max(2_000.0)
}

fn arrivals(p: &Parameters) -> f64 {
    p.get("writers")
}

// ---- read, think, write -----------------------------------------------------------------------

pub static READ_MODIFY_WRITE: Family = Family {
    name: "computed-writes",
    basis: Basis::ClosedForm,
    source: "renewal: the next change that survives begins with the first read after the last one, 1 / rate later, and takes the time to think",
    parameters: &[
        Parameter::new("writers", 1.0, 2_000.0, "writers of the row per second"),
        Parameter::new("think_s", 0.0001, 1.0, "between read and write, in s"),
        Parameter::new(
            "protection",
            0.0,
            4.0,
            "0 none, 1 rows locked when they are read, 2 a write that adds, 3 version checked at the end, 4 snapshots",
        )
        .whole(),
    ],
    refuses: |p| {
        let load = arrivals(p) * p.get("think_s");
        (p.whole("protection") == 1 && load > 1.0).then(|| {
            "one after the other, they cannot keep up: fewer writers, or less time to think"
                .to_owned()
        })
    },
    length: |p, tolerance| Length::all_of(writers(tolerance), arrivals(p)),
    design: |p| {
        let (plan, isolation) = match p.whole("protection") {
            0 => (r#""read rows", "work", "update rows""#, ""),
            2 => (r#""read rows", "work", "write rows""#, ""),
            protection => (
                r#""begin rows", "read rows", "work", "update rows", "commit rows""#,
                match protection {
                    1 => "isolation = \"row_locks\"",
                    3 => "isolation = \"optimistic\"",
                    _ => "isolation = \"snapshot\"",
                },
            ),
        };
        shop(
            &format!("rate = \"{}\"", rate(arrivals(p))),
            p.get("think_s"),
            &format!("plan.take = [{plan}]"),
            &format!("write_time = \"0 s\"\n{isolation}"),
            "",
            "",
        )
    },
    expects: |p| {
        let share = survive(arrivals(p), p.get("think_s"));
        match p.whole("protection") {
            0 => vec![
                exactly("done", 1.0, done),
                Expected::near("changes that survive", "", share, survivors),
            ],
            1 | 2 => vec![
                exactly("done", 1.0, done),
                exactly("changes that survive", 1.0, survivors),
            ],
            _ => vec![
                Expected::near("done", "", share, done),
                exactly("changes that survive", 1.0, survivors),
            ],
        }
    },
    draw: |dice| {
        let load = dice.between(0.3, 0.9);
        let writers = dice.between(50.0, 500.0);
        vec![
            ("writers", writers),
            ("think_s", load / writers),
            ("protection", dice.whole(0, 4)),
        ]
    },
};

// ---- write skew -------------------------------------------------------------------------------

pub static WRITE_SKEW: Family = Family {
    name: "write-skew",
    basis: Basis::ClosedForm,
    source: "each kind gets through as if it were alone, at most once within the time to think: rate times time of the other kind overlap; where reads are checked, all are one kind",
    parameters: &[
        Parameter::new(
            "writers",
            1.0,
            2_000.0,
            "writers of each of two rows per second",
        ),
        Parameter::new("think_s", 0.0001, 1.0, "between read and write, in s"),
        Parameter::new(
            "serializable",
            0.0,
            1.0,
            "1 if what was read must be unchanged",
        )
        .whole(),
    ],
    refuses: |_| None,
    length: |p, tolerance| Length::all_of(2.0 * writers(tolerance), 2.0 * arrivals(p)),
    design: |p| {
        let plan = |write: &str| {
            format!(
                "[\"begin rows\", \"read rows\", \"read rows partner\", \"work\", \"{write}\", \"commit rows\"]"
            )
        };
        let plans = format!(
            "plan.take = {}\nplan.leave = {}",
            plan("write rows"),
            plan("write rows partner")
        );
        let isolation = match p.whole("serializable") {
            1 => "serializable",
            _ => "snapshot",
        };
        shop(
            &format!("rate = \"{}\"", rate(2.0 * arrivals(p))),
            p.get("think_s"),
            &plans,
            &format!("write_time = \"0 s\"\nisolation = \"{isolation}\""),
            "",
            "\n[operation.leave]\nkind = \"write\"\nkeys = 1\nkey_space = \"goods\"\n",
        )
    },
    expects: |p| {
        let (rate, think) = (arrivals(p), p.get("think_s"));
        match p.whole("serializable") {
            1 => vec![
                exactly("skewed, of those done", 0.0, skews),
                Expected::near("done", "", survive(2.0 * rate, think), done),
            ],
            _ => vec![
                Expected::near("skewed, of those done", "", skewed(rate, think), skews),
                Expected::near("done", "", survive(rate, think), done),
            ],
        }
    },
    draw: |dice| {
        let load = dice.between(0.5, 1.5);
        let writers = dice.between(50.0, 500.0);
        vec![
            ("writers", writers),
            ("think_s", load / writers),
            ("serializable", dice.whole(0, 1)),
        ]
    },
};

// ---- two connections each ---------------------------------------------------------------------

/// Until a caller gives up waiting for a connection.
const ACQUIRE_S: f64 = 5.0;

fn spare(p: &Parameters) -> u64 {
    (p.whole("pool") - p.whole("threads")) as u64
}

pub static TWO_CONNECTIONS: Family = Family {
    name: "two-connections",
    basis: Basis::ClosedForm,
    source: "HikariCP, About Pool Sizing: threads x (connections of each - 1) + 1 is the least pool without deadlock; with fewer, each that gives up lets another one go on",
    parameters: &[
        Parameter::new(
            "threads",
            1.0,
            200.0,
            "callers at the same instant, two connections each",
        )
        .whole(),
        Parameter::new("pool", 1.0, 400.0, "connections").whole(),
        Parameter::new(
            "query_s",
            0.001,
            0.1,
            "the query over the second connection, in s",
        ),
    ],
    refuses: |p| {
        (p.get("pool") < p.get("threads"))
            .then(|| "all of them must have a first connection".to_owned())
    },
    length: |_, _| Length::exactly(1.0, 0.0),
    design: |p| {
        shop(
            &format!(
                "arrivals = \"constant\"\nrate = \"{n} rps\"\nbatch = {n}\nactions = {n}",
                n = p.whole("threads")
            ),
            0.0,
            "plan.take = [\"begin rows\", \"begin rows\", \"write rows\", \"commit rows\", \"commit rows\"]",
            &format!(
                "write_time = \"{}\"\nisolation = \"none\"",
                seconds(p.get("query_s"))
            ),
            &format!(
                "pool = {}\nacquire_timeout = \"{}\"",
                p.whole("pool"),
                seconds(ACQUIRE_S)
            ),
            "",
        )
    },
    expects: |p| {
        let mean: Read = |report, _| Some(report.users.latency.mean_ns? / NS_PER_S as f64);
        let n = p.whole("threads") as u64;
        let (gave_up, time) = match spare(p) {
            // At the same instant, each second one gets what the one before it gives back.
            0 => (n.div_ceil(2), ACQUIRE_S + p.get("query_s")),
            spare => (0, two_each(n, spare, p.get("query_s"))),
        };
        let mut expected = vec![exactly(
            "without a second connection",
            gave_up as f64,
            refused,
        )];
        if n > gave_up {
            expected.push(Expected::near("mean time of the others", "s", time, mean));
        }
        expected
    },
    draw: |dice| {
        let threads = dice.whole(2, 100);
        vec![
            ("threads", threads),
            ("pool", threads + dice.whole(0, 3)),
            ("query_s", dice.between(0.005, 0.02)),
        ]
    },
};

// ---- rows -------------------------------------------------------------------------------------

macro_rules! values {
    ($($name:ident $value:expr),* $(,)?) => { &[$((stringify!($name), $value)),*] };
}

pub const ROWS: &[Row] = &[
    Row::new(
        "read-modify-write",
        "100 writers per second read a row, think for 10 ms and write it back: half of the changes are lost",
        &READ_MODIFY_WRITE,
        values!(writers 100.0, think_s 0.01, protection 0.0),
        0.02,
    ),
    Row::new(
        "row-lock",
        "The same in transactions that lock the row when they read it",
        &READ_MODIFY_WRITE,
        values!(writers 100.0, think_s 0.01, protection 1.0),
        0.02,
    ),
    Row::new(
        "atomic-write",
        "The same by a write that adds to what is there",
        &READ_MODIFY_WRITE,
        values!(writers 100.0, think_s 0.01, protection 2.0),
        0.02,
    ),
    Row::new(
        "optimistic",
        "The same where the version is checked at the end: half of the writers fail instead",
        &READ_MODIFY_WRITE,
        values!(writers 100.0, think_s 0.01, protection 3.0),
        0.02,
    ),
    Row::new(
        "first-committer",
        "The same on snapshots, where the first of two commits",
        &READ_MODIFY_WRITE,
        values!(writers 100.0, think_s 0.01, protection 4.0),
        0.02,
    ),
    Row::new(
        "write-skew-snapshot",
        "Two kinds of writers read both rows and change one each, on snapshots",
        &WRITE_SKEW,
        values!(writers 100.0, think_s 0.01, serializable 0.0),
        0.02,
    ),
    Row::new(
        "write-skew-serializable",
        "The same where what was read must be unchanged: no invariant breaks",
        &WRITE_SKEW,
        values!(writers 100.0, think_s 0.01, serializable 1.0),
        0.02,
    ),
    Row::new(
        "two-connections-8",
        "Eight threads with two connections each and a pool of eight: they stall until the acquire timeout",
        &TWO_CONNECTIONS,
        values!(threads 8.0, pool 8.0, query_s 0.01),
        0.02,
    ),
    Row::new(
        "two-connections-9",
        "The same with a pool of nine: all of them finish",
        &TWO_CONNECTIONS,
        values!(threads 8.0, pool 9.0, query_s 0.01),
        0.02,
    ),
];
