//! A log and its readers: where keys are, who reads, what is read again, what nobody reads in time.

use super::figure::{Expected, Read, Target};
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::messages::moved_by_modulo;
use crate::observe::report::{NodeReport, Report};
use crate::time::NS_PER_S;

fn node<'r>(report: &'r Report, key: &str) -> Option<&'r NodeReport> {
    report.nodes.iter().find(|node| node.key == key)
}

fn exactly(name: &'static str, unit: &'static str, value: f64, read: Read) -> Expected {
    Expected::new(name, unit, Target::Exactly { value }, read)
}

/// A worker that saves what it gets, which takes no time there.
fn readers(queue: &str, worker: &str) -> String {
    format!(
        "[queue.jobs]\n{queue}\n[worker.crew]\n{worker}\n\
         [database.store]\nwrite_time = \"0 s\"\ncores = 100000\nconnections = \"unbounded\"\n\n\
         [link.put]\nfrom = \"users\"\nto = \"jobs\"\n\n\
         [link.hand]\nfrom = \"jobs\"\nto = \"crew\"\n\n\
         [link.save]\nfrom = \"crew\"\nto = \"store\"\n\n\
         [operation.order]\nkind = \"write\"\n"
    )
}

// ---- where keys are ---------------------------------------------------------------------------

/// When each item is published to the second log.
const SECOND_S: f64 = 30.0;

/// Every item goes to a log with so many partitions, later to one with more. The instances keep what they
/// have read: partition i belongs to instance i, so an item whose partition has another number is missed.
pub static MOVED: Family = Family {
    name: "log-moved",
    basis: Basis::ClosedForm,
    source: "Hash of the key modulo the partitions (as Kafka's default partitioner): 1 - gcd / max of the two move",
    parameters: &[
        Parameter::new("from", 1.0, 100.0, "partitions before").whole(),
        Parameter::new("to", 1.0, 100.0, "partitions after").whole(),
        Parameter::new("keys", 1_000.0, 100_000.0, "items").whole(),
    ],
    refuses: |_| None,
    length: |_, _| Length::exactly(2.0 * SECOND_S, 0.0),
    design: |p| {
        let (from, to, keys) = (p.whole("from"), p.whole("to"), p.whole("keys"));
        let mut text = format!(
            "[worker.crew]\ninstances = {}\nservice_time = \"0 s\"\nbatch = 1000\n\
             plan.first = [\"cached look else read fetch\"]\nplan.second = [\"cached look else read fetch\"]\n\n\
             [cache.quick]\nscope = \"local\"\ncapacity = \"unbounded\"\nop_time = \"0 s\"\nconnections = \"unbounded\"\n\n\
             [database.server]\nread_time = \"0 s\"\ncores = 100000\nconnections = \"unbounded\"\n\n\
             [link.look]\nfrom = \"crew\"\nto = \"quick\"\n\n[link.fetch]\nfrom = \"crew\"\nto = \"server\"\n\n",
            from.max(to)
        );
        for (name, partitions) in [("first", from), ("second", to)] {
            text += &format!(
                "[clients.{name}]\narrivals = \"constant\"\nrate = \"{}\"\nbatch = {keys}\nactions = {keys}\n\n\
                 [queue.log_{name}]\nmode = \"log\"\npartitions = {partitions}\nrebalance_pause = \"0 s\"\n\n\
                 [link.put_{name}]\nfrom = \"{name}\"\nto = \"log_{name}\"\n\n\
                 [link.hand_{name}]\nfrom = \"log_{name}\"\nto = \"crew\"\n\n\
                 [operation.{name}]\nkind = \"write\"\nclients = [\"{name}\"]\nkeys = {keys}\n\
                 key_space = \"items\"\npopularity = \"cycle\"\neffects = [\"server\"]\n\n",
                rate(if name == "first" { 1.0 } else { 1.0 / SECOND_S })
            );
        }
        text
    },
    expects: |p| {
        let moved = moved_by_modulo(p.whole("from"), p.whole("to"));
        let read: Read = |report, p| {
            let quick = node(report, "quick")?;
            let all = quick.count("lookups") == 2 * u64::from(p.whole("keys"));
            all.then(|| 1.0 - quick.count("hits") as f64 / p.get("keys"))
        };
        vec![match moved == 0.0 {
            true => exactly("moved", "of the keys", 0.0, read),
            false => Expected::near("moved", "of the keys", moved, read),
        }]
    },
    draw: |dice| {
        vec![
            ("from", dice.whole(2, 12)),
            ("to", dice.whole(2, 16)),
            ("keys", dice.whole(20_000, 40_000)),
        ]
    },
};

// ---- how many can read ------------------------------------------------------------------------

pub static READERS: Family = Family {
    name: "log-readers",
    basis: Basis::ClosedForm,
    source: "A partition has one reader at a time: of c readers min(c, partitions) work (Kafka, consumer groups)",
    parameters: &[
        Parameter::new("partitions", 1.0, 200.0, "partitions").whole(),
        Parameter::new("readers", 1.0, 200.0, "instances of the worker").whole(),
        Parameter::new("work_ms", 1.0, 10_000.0, "time of a message in ms"),
    ],
    refuses: |_| None,
    length: |p, _| {
        Length::exactly(
            400.0 * p.get("work_ms") / 1e3,
            100.0 * p.get("work_ms") / 1e3,
        )
    },
    design: |p| {
        let (partitions, work) = (p.whole("partitions"), p.get("work_ms") / 1e3);
        // Each partition gets several times what its reader can do.
        let comes = rate(4.0 * p.get("partitions") / work);
        format!("[clients.users]\nrate = \"{comes}\"\n\n")
            + &readers(
                &format!("mode = \"log\"\npartitions = {partitions}\nrebalance_pause = \"0 s\"\n"),
                &format!(
                    "instances = {}\nservice_time = \"{}\"\n",
                    p.whole("readers"),
                    seconds(work)
                ),
            )
            + "keys = 10000\n"
    },
    expects: |p| {
        let work = p.get("work_ms") / 1e3;
        let readers = p.get("readers").min(p.get("partitions"));
        vec![Expected::near(
            "read",
            "per s",
            readers / work,
            |report, _| Some(node(report, "crew")?.completed_per_s),
        )]
    },
    draw: |dice| {
        vec![
            ("partitions", dice.whole(1, 12)),
            ("readers", dice.whole(1, 12)),
            ("work_ms", dice.whole(20, 200)),
        ]
    },
};

// ---- who is silent for too long ---------------------------------------------------------------

/// When the reader comes up, the messages lie there.
const UP_S: f64 = 2.0;

fn is_late(p: &Parameters) -> bool {
    p.get("n") * p.get("work_s") > p.get("deadline_s")
}

pub static SILENT: Family = Family {
    name: "log-poll-deadline",
    basis: Basis::ClosedForm,
    source: "Who has not polled within max.poll.interval.ms has lost its partitions, and cannot commit (Kafka, consumer configs)",
    parameters: &[
        Parameter::new("n", 1.0, 1_000.0, "messages of one poll").whole(),
        Parameter::new("work_s", 0.001, 1_000.0, "time of a message in s"),
        Parameter::new("deadline_s", 0.01, 10_000.0, "longest silence in s"),
        Parameter::new(
            "tries",
            1.0,
            20.0,
            "reads of a message before it is passed over",
        )
        .whole(),
    ],
    refuses: |p| {
        let apart = p.get("n") * p.get("work_s") - p.get("deadline_s");
        (apart.abs() < 1e-6)
            .then(|| "the batch is done when the deadline is over: which is first?".to_owned())
    },
    length: |p, _| {
        let once = p.get("n") * p.get("work_s") + p.get("deadline_s");
        Length::exactly(10.0 + UP_S + (p.get("tries") + 1.0) * once, 0.0)
    },
    design: |p| {
        let n = p.whole("n");
        format!(
            "[clients.users]\narrivals = \"constant\"\nrate = \"1 rps\"\nbatch = {n}\nactions = {n}\n\n"
        ) + &readers(
            &format!(
                "mode = \"log\"\nretention = \"unbounded\"\nrebalance_pause = \"0 s\"\nsession_timeout = \"1 ms\"\n\
                     poll_deadline = \"{}\"\nmax_receives = {}\n",
                seconds(p.get("deadline_s")),
                p.whole("tries")
            ),
            &format!(
                "batch = {n}\nservice_time = \"{}\"\n",
                seconds(p.get("work_s"))
            ),
        ) + &format!(
            "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"crew\"\nat = \"0 s\"\nlasts = \"{}\"\n",
            seconds(UP_S)
        )
    },
    expects: |p| {
        let late = is_late(p);
        let times = if late { p.get("tries") } else { 1.0 };
        vec![
            exactly("reads per message", "", times, |report, p| {
                Some(node(report, "jobs")?.count("delivered") as f64 / p.get("n"))
            }),
            // Who is thrown out does not know it, and goes on.
            exactly("effects per message", "", times, |report, p| {
                Some(report.ledger.effects as f64 / p.get("n"))
            }),
            exactly(
                "thrown out",
                "times",
                if late { times } else { 0.0 },
                |report, _| Some(node(report, "jobs")?.count("thrown_out") as f64),
            ),
            exactly(
                "committed",
                "of messages",
                f64::from(u8::from(!late)),
                |report, p| Some(node(report, "jobs")?.count("acknowledged") as f64 / p.get("n")),
            ),
        ]
    },
    draw: |dice| {
        let (n, work) = (dice.whole(1, 30), dice.whole(1, 8));
        // Halves are never a whole number of seconds.
        let deadline = (n * work * dice.between(0.3, 2.0)).floor() + 0.5;
        vec![
            ("n", n),
            ("work_s", work),
            ("deadline_s", deadline),
            ("tries", dice.whole(1, 5)),
        ]
    },
};

// ---- who is gone ------------------------------------------------------------------------------

pub static SESSION: Family = Family {
    name: "log-session",
    basis: Basis::ClosedForm,
    source: "The partitions of who died wait for the end of its session and of the rebalance (Kafka, session.timeout.ms)",
    parameters: &[
        Parameter::new("session_s", 1.0, 1_000.0, "session timeout in s"),
        Parameter::new("pause_s", 0.0, 100.0, "pause of a rebalance in s"),
        Parameter::new("lambda", 1.0, 1_000.0, "messages per second"),
    ],
    refuses: |p| {
        (p.get("pause_s") > p.get("session_s"))
            .then(|| "the pause begins with the end of the session: it must be shorter".to_owned())
    },
    length: |p, _| {
        Length::exactly(
            2.0 * CRASH_S + 3.0 * p.get("session_s") + p.get("pause_s"),
            0.0,
        )
    },
    design: |p| {
        let comes = rate(p.get("lambda"));
        format!("[clients.users]\nrate = \"{comes}\"\n\n")
            + &readers(
                &format!(
                    "mode = \"log\"\npartitions = 2\nsession_timeout = \"{}\"\nrebalance_pause = \"{}\"\n",
                    seconds(p.get("session_s")),
                    seconds(p.get("pause_s"))
                ),
                "instances = 2\nservice_time = \"0.01 ms\"\n",
            )
            + &format!(
                "keys = 1000\n\n[[timeline]]\nwhat = \"crash\"\ntarget = \"crew\"\ninstances = 1\nat = \"{}\"\n",
                seconds(CRASH_S + p.get("pause_s"))
            )
    },
    expects: |p| {
        // The oldest came within a few messages of the crash.
        let high = p.get("session_s") + p.get("pause_s") + 0.01;
        let low = high - 0.02 - 20.0 / p.get("lambda");
        vec![Expected::new(
            "oldest",
            "s",
            Target::Between { low, high },
            |report, _| Some(node(report, "jobs")?.greatest_age_ns? as f64 / NS_PER_S as f64),
        )]
    },
    draw: |dice| {
        let session = dice.whole(5, 60);
        vec![
            ("session_s", session),
            ("pause_s", dice.whole(0, 5)),
            ("lambda", dice.whole(20, 200)),
        ]
    },
};

const CRASH_S: f64 = 20.0;

// ---- what nobody reads in time ----------------------------------------------------------------

/// Messages that are too old when the worker comes up: message k is published at k / lambda.
fn too_old(p: &Parameters) -> f64 {
    let until = (p.get("down_s") - p.get("kept_s")) * p.get("lambda");
    until.floor().max(0.0)
}

pub static RETENTION: Family = Family {
    name: "retention",
    basis: Basis::ClosedForm,
    source: "What is older than the retention when somebody comes to read it is gone: (outage - retention) lambda",
    parameters: &[
        Parameter::new("lambda", 0.01, 1_000.0, "messages per second, evenly"),
        Parameter::new("kept_s", 0.1, 1e5, "how long a message is kept, in s"),
        Parameter::new("down_s", 0.1, 1e5, "how long the worker is down, in s"),
        Parameter::new("mode", 0.0, 2.0, "0 leased, 1 pushed, 2 a log").whole(),
    ],
    refuses: |p| {
        let at = (p.get("down_s") - p.get("kept_s")) * p.get("lambda");
        let edge = at >= 0.0 && (at - at.round()).abs() < 1e-6;
        edge.then(|| "a message becomes too old when the worker comes: which is first?".to_owned())
    },
    length: |p, _| Length::exactly(p.get("down_s") + 10.0, 0.0),
    design: |p| {
        let mode = ["lease", "session", "log"][p.whole("mode") as usize];
        let log = if mode == "log" {
            "rebalance_pause = \"0 s\"\nsession_timeout = \"1 ms\"\n"
        } else {
            ""
        };
        format!(
            "[clients.users]\narrivals = \"constant\"\nrate = \"{}\"\n\n",
            rate(p.get("lambda"))
        ) + &readers(
            &format!(
                "mode = \"{mode}\"\nretention = \"{}\"\n{log}",
                seconds(p.get("kept_s"))
            ),
            "service_time = \"0 s\"\nbatch = 1000\n",
        ) + &format!(
            "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"crew\"\nat = \"0 s\"\nlasts = \"{}\"\n",
            seconds(p.get("down_s"))
        )
    },
    expects: |p| {
        let gone = too_old(p);
        vec![
            exactly("expired", "messages", gone, |report, _| {
                Some(node(report, "jobs")?.count("expired") as f64)
            }),
            exactly("lost", "messages", gone, |report, _| {
                Some(report.ledger.lost as f64)
            }),
        ]
    },
    draw: |dice| {
        vec![
            ("lambda", dice.whole(1, 20)),
            ("kept_s", dice.whole(5, 60) + 0.123_457),
            ("down_s", dice.whole(5, 120)),
            ("mode", dice.whole(0, 2)),
        ]
    },
};

const fn row(
    name: &'static str,
    title: &'static str,
    family: &'static Family,
    values: &'static [(&'static str, f64)],
) -> Row {
    Row::new(name, title, family, values, 0.02)
}

pub const ROWS: &[Row] = &[
    Row {
        published: &[("moved", 0.8)],
        ..row(
            "log-moved",
            "A fifth partition: keys that are in another one",
            &MOVED,
            &[("from", 4.0), ("to", 5.0), ("keys", 40_000.0)],
        )
    },
    row(
        "log-moved-double",
        "Twice as many partitions: half of the keys move",
        &MOVED,
        &[("from", 4.0), ("to", 8.0), ("keys", 40_000.0)],
    ),
    row(
        "log-readers",
        "Five readers of two partitions",
        &READERS,
        &[("partitions", 2.0), ("readers", 5.0), ("work_ms", 100.0)],
    ),
    row(
        "log-poll-deadline",
        "Ten messages of a second, thrown out after 5 s: read three times, never committed",
        &SILENT,
        &[
            ("n", 10.0),
            ("work_s", 1.0),
            ("deadline_s", 5.0),
            ("tries", 3.0),
        ],
    ),
    row(
        "log-poll-in-time",
        "The same with a deadline of 11 s",
        &SILENT,
        &[
            ("n", 10.0),
            ("work_s", 1.0),
            ("deadline_s", 11.0),
            ("tries", 3.0),
        ],
    ),
    row(
        "log-session",
        "One of two readers dies: its partition waits for 45 s, and 3 s more",
        &SESSION,
        &[("session_s", 45.0), ("pause_s", 3.0), ("lambda", 100.0)],
    ),
    row(
        "retention",
        "Down for a minute, messages kept for 50 s, 10 per second",
        &RETENTION,
        &[
            ("lambda", 10.0),
            ("kept_s", 50.05),
            ("down_s", 60.0),
            ("mode", 0.0),
        ],
    ),
    row(
        "retention-log",
        "The same in a log",
        &RETENTION,
        &[
            ("lambda", 10.0),
            ("kept_s", 50.05),
            ("down_s", 60.0),
            ("mode", 2.0),
        ],
    ),
];
