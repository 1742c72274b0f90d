//! Jobs: lengths of runs, crashes, schedules, what they add to a store, and rows that change under them.

use super::figure::{Expected, Read, Target};
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::jobs::{Due, Run, conflict, done_again, writes_between};
use crate::observe::report::{NodeReport, Report};
use crate::time::NS_PER_S;

fn job(report: &Report) -> Option<&NodeReport> {
    report.nodes.iter().find(|node| node.key == "sweep")
}

fn done(report: &Report, _: &Parameters) -> Option<f64> {
    Some(job(report)?.count("items_done") as f64)
}

/// Of runs that are over.
fn length(report: &Report, _: &Parameters) -> Option<f64> {
    let job = job(report)?;
    let over = job.count("runs_finished");
    (over > 0).then(|| job.count("run_ns") as f64 / over as f64 / NS_PER_S as f64)
}

fn repeated(report: &Report, _: &Parameters) -> Option<f64> {
    Some(report.ledger.repeated_by_jobs as f64)
}

fn exactly(name: &'static str, value: f64, read: Read) -> Expected {
    Expected::new(name, "", Target::Exactly { value }, read)
}

/// A job, and a store whose queries take no time; one user, who looks elsewhere.
fn alone(job: &str, more: &str) -> String {
    format!(
        "[clients.users]\narrivals = \"constant\"\nrate = \"1 rps\"\nactions = 1\n\n[service.site]\n\n\
         [job.sweep]\noperation = \"fix\"\n{job}\n\
         [database.store]\nread_time = \"0 s\"\nwrite_time = \"0 s\"\ncores = 10000\nconnections = \"unbounded\"\n\n\
         [link.visit]\nfrom = \"users\"\nto = \"site\"\n\n[link.rows]\nfrom = \"sweep\"\nto = \"store\"\n\n\
         [operation.look]\n\n[operation.fix]\nkind = \"write\"\nweight = 0\n{more}"
    )
}

// ---- length of a run --------------------------------------------------------------------------

fn run(p: &Parameters) -> Run {
    Run {
        items: p.get("items"),
        batch: p.get("batch"),
        concurrency: p.get("concurrency"),
        work: p.get("work_s"),
        rate: p.get("rate"),
    }
}

pub static JOB_RUN: Family = Family {
    name: "job-run",
    basis: Basis::ClosedForm,
    source: "batches one after the other, each in rounds of as many as are worked on at the same time; or (n - 1) / rate and the work of the last",
    parameters: &[
        Parameter::new("items", 1.0, 100_000.0, "items of the run").whole(),
        Parameter::new("batch", 1.0, 100_000.0, "items of a batch").whole(),
        Parameter::new("concurrency", 1.0, 1_000.0, "items at the same time").whole(),
        Parameter::new("work_s", 0.001, 10.0, "work on an item in s"),
        Parameter::new(
            "rate",
            0.0,
            10_000.0,
            "items per second at most, 0 for no limit",
        ),
    ],
    refuses: |p| {
        let run = run(p);
        (run.rate > 0.0 && !run.is_paced()).then(|| {
            "it is not the rate alone that binds: smaller rate, or larger batch".to_owned()
        })
    },
    length: |p, _| Length::exactly(run(p).length() + 10.0, 0.0),
    design: |p| {
        let limit = match p.get("rate") {
            0.0 => String::new(),
            r => format!("rate_limit = \"{}\"\n", rate(r)),
        };
        let job = format!(
            "start = \"1 s\"\nitems = {}\nbatch_size = {}\nconcurrency = {}\nservice_time = \"{}\"\n{limit}",
            p.whole("items"),
            p.whole("batch"),
            p.whole("concurrency"),
            seconds(p.get("work_s")),
        );
        alone(&job, "")
    },
    expects: |p| {
        let run = run(p);
        vec![
            Expected::near("length of the run", "s", run.length(), length),
            exactly("items done", run.items, done),
        ]
    },
    draw: |dice| {
        let paced = dice.whole(0, 1) == 1.0;
        let concurrency = dice.whole(1, 20);
        let items = dice.whole(20, 2_000);
        let work = dice.between(0.01, 0.2);
        vec![
            ("items", items),
            (
                "batch",
                if paced {
                    items
                } else {
                    concurrency * dice.whole(1, 9) + 1.0
                },
            ),
            ("concurrency", concurrency),
            ("work_s", work),
            (
                "rate",
                if paced {
                    (dice.between(0.2, 0.9) * concurrency / work)
                        .floor()
                        .max(1.0)
                } else {
                    0.0
                },
            ),
        ]
    },
};

// ---- crashes ----------------------------------------------------------------------------------

/// How long it is down.
const DOWN_S: f64 = 1.0;

fn again(p: &Parameters) -> f64 {
    done_again(p.get("done"), p.get("batch"), p.whole("resumable") == 1)
}

/// From the start of the run: half of the next item is done.
fn crash_s(p: &Parameters) -> f64 {
    (p.get("done") + 0.5) * p.get("work_s")
}

fn length_with_crash(p: &Parameters) -> f64 {
    let left = p.get("items") - p.get("done") + again(p);
    crash_s(p) + DOWN_S + left * p.get("work_s")
}

pub static JOB_CRASH: Family = Family {
    name: "job-crash",
    basis: Basis::ClosedForm,
    source: "a crash throws a run back to the end of its last batch, or to the first item",
    parameters: &[
        Parameter::new("items", 2.0, 10_000.0, "items of the run").whole(),
        Parameter::new("batch", 1.0, 10_000.0, "items of a batch").whole(),
        Parameter::new("done", 0.0, 9_999.0, "items done before the crash").whole(),
        Parameter::new("work_s", 0.01, 10.0, "work on an item in s"),
        Parameter::new("resumable", 0.0, 1.0, "1: progress is kept").whole(),
    ],
    refuses: |p| {
        (p.get("done") >= p.get("items")).then(|| "it is over before the crash".to_owned())
    },
    length: |p, _| Length::exactly(length_with_crash(p) + 10.0, 0.0),
    design: |p| {
        let job = format!(
            "start = \"1 s\"\nitems = {}\nbatch_size = {}\nservice_time = \"{}\"\nresumable = {}\n",
            p.whole("items"),
            p.whole("batch"),
            seconds(p.get("work_s")),
            p.whole("resumable") == 1,
        );
        let crash = format!(
            "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"sweep\"\nat = \"{}\"\nlasts = \"{}\"\n",
            seconds(1.0 + crash_s(p)),
            seconds(DOWN_S)
        );
        alone(&job, &crash)
    },
    expects: |p| {
        vec![
            exactly("items done", p.get("items") + again(p), done),
            exactly("done again", again(p), repeated),
            Expected::near("length of the run", "s", length_with_crash(p), length),
        ]
    },
    draw: |dice| {
        let items = dice.whole(10, 400);
        vec![
            ("items", items),
            ("batch", dice.whole(1, 50)),
            ("done", dice.whole(0, items as u32 - 1)),
            ("work_s", dice.between(0.02, 0.5)),
            ("resumable", dice.whole(0, 1)),
        ]
    },
};

// ---- schedules --------------------------------------------------------------------------------

const OVERLAPS: [&str; 4] = ["skip", "queue", "replace", "beside"];
const ITEMS: f64 = 20.0;
/// Of which the first forty are not measured.
const PERIODS: f64 = 1_240.0;

fn due(p: &Parameters) -> Due {
    Due {
        length: p.get("length_s"),
        period: p.get("every_s"),
    }
}

pub static JOB_OVERLAP: Family = Family {
    name: "job-overlap",
    basis: Basis::ClosedForm,
    source: "runs due every P that take D: one per ceil(D/P) periods, one per D, or D/P of them at the same time (Little's law)",
    parameters: &[
        Parameter::new("every_s", 0.1, 100.0, "period in s"),
        Parameter::new("length_s", 0.02, 1_000.0, "length of a run in s"),
        Parameter::new("overlap", 0.0, 3.0, "0 skip, 1 queue, 2 replace, 3 beside").whole(),
    ],
    refuses: |p| {
        let due = due(p);
        let load = due.length / due.period;
        if (load - load.round()).abs() < 1e-3 {
            return Some("a run ends when the next is due: which of the two is first?".to_owned());
        }
        (load > 20.0).then(|| "more than 20 at the same time".to_owned())
    },
    length: |p, _| Length::exactly(PERIODS * p.get("every_s"), 40.0 * p.get("every_s")),
    design: |p| {
        let job = format!(
            "every = \"{}\"\nitems = {ITEMS}\nservice_time = \"{}\"\noverlap = \"{}\"\n",
            seconds(p.get("every_s")),
            seconds(p.get("length_s") / ITEMS),
            OVERLAPS[p.whole("overlap") as usize],
        );
        alone(&job, "")
    },
    expects: |p| {
        let (begun, going) = match p.whole("overlap") {
            0 => due(p).skipped(),
            1 => due(p).queued(),
            2 => due(p).replaced(),
            _ => due(p).beside(),
        };
        let per_period: Read =
            |report, _| Some(job(report)?.count("runs") as f64 / (PERIODS - 40.0));
        let at_once: Read = |report, _| Some(job(report)?.mean_busy);
        vec![
            Expected::near("runs per period", "", begun, per_period),
            Expected::near("at the same time", "", going, at_once),
        ]
    },
    draw: |dice| {
        let every = dice.between(1.0, 10.0);
        let load = dice.whole(0, 4) + dice.between(0.1, 0.9);
        let length = format!("{:.2e}", every * load);
        vec![
            ("every_s", every),
            ("length_s", length.parse().expect("a number")),
            ("overlap", dice.whole(0, 3)),
        ]
    },
};

// ---- what a job adds to a store ---------------------------------------------------------------

const LOADED_S: f64 = 240.0;

fn load(p: &Parameters) -> f64 {
    let (read, write) = (p.get("read_s"), p.get("write_s"));
    (p.get("users") * read + p.get("items") * (read + write)) / p.get("cores")
}

pub static JOB_LOAD: Family = Family {
    name: "job-load",
    basis: Basis::ClosedForm,
    source: "utilisation law: what users ask for, and a read and a write per item of the job",
    parameters: &[
        Parameter::new("users", 1.0, 2_000.0, "reads of users per second"),
        Parameter::new("items", 1.0, 2_000.0, "items of the job per second"),
        Parameter::new("read_s", 0.0001, 1.0, "a read in s"),
        Parameter::new("write_s", 0.0001, 1.0, "a write in s"),
        Parameter::new("cores", 1.0, 100.0, "cores of the store").whole(),
    ],
    refuses: |p| {
        (load(p) > 0.9).then(|| format!("a load of {:.2} comes to no steady state soon", load(p)))
    },
    length: |_, _| Length::exactly(LOADED_S, 40.0),
    design: |p| {
        format!(
            "[clients.users]\nrate = \"{}\"\n\n\
             [job.sweep]\noperation = \"fix\"\nstart = \"0 s\"\nitems = {}\nbatch_size = 1000000\nconcurrency = 200\nrate_limit = \"{}\"\nservice_time = \"1 ms\"\n\n\
             [database.server]\ncores = {}\nconnections = \"unbounded\"\nread_time = \"exponential({})\"\nwrite_time = \"exponential({})\"\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"server\"\n\n[link.rows]\nfrom = \"sweep\"\nto = \"server\"\n\n\
             [operation.look]\n\n[operation.fix]\nkind = \"write\"\nweight = 0\n",
            rate(p.get("users")),
            (p.get("items") * LOADED_S) as u64 + 1,
            rate(p.get("items")),
            p.whole("cores"),
            seconds(p.get("read_s")),
            seconds(p.get("write_s")),
        )
    },
    expects: |p| {
        let busy: Read = |report, _| super::figure::server(report)?.utilisation;
        vec![Expected::near(
            "utilisation of the store",
            "",
            load(p),
            busy,
        )]
    },
    draw: |dice| {
        let cores = dice.whole(2, 8);
        let (read, write) = (dice.between(0.001, 0.004), dice.between(0.001, 0.008));
        let (of_users, of_job) = (dice.between(0.1, 0.4), dice.between(0.1, 0.4));
        vec![
            ("users", (of_users * cores / read).floor().max(1.0)),
            ("items", (of_job * cores / (read + write)).floor().max(1.0)),
            ("read_s", read),
            ("write_s", write),
            ("cores", cores),
        ]
    },
};

// ---- rows that change under the job -----------------------------------------------------------

const ROWS_OF_STORE: f64 = 1_000.0;
const CHANGED: f64 = 30_000.0;
const AT_ONCE: f64 = 100.0;

/// Writes per second to one row.
fn writes(p: &Parameters) -> f64 {
    p.get("writes") / ROWS_OF_STORE
}

fn per_item(count: u64) -> f64 {
    count as f64 / CHANGED
}

pub static JOB_GUARD: Family = Family {
    name: "job-guard",
    basis: Basis::ClosedForm,
    source: "between a read and the write that rests on it come as many writes as a Poisson stream has in that time; a guard turns one or more of them into a conflict",
    parameters: &[
        Parameter::new(
            "writes",
            1.0,
            5_000.0,
            "writes of users per second, over 1000 rows",
        ),
        Parameter::new("between_s", 0.01, 5.0, "from the read to the write in s"),
        Parameter::new("guard", 0.0, 1.0, "1: writes only what has not changed").whole(),
    ],
    refuses: |_| None,
    length: |p, _| Length::exactly(CHANGED / AT_ONCE * p.get("between_s") + 2.0, 0.0),
    design: |p| {
        format!(
            "[clients.users]\nrate = \"{}\"\n\n\
             [job.sweep]\noperation = \"fix\"\nstart = \"1 s\"\nitems = {CHANGED}\nbatch_size = {CHANGED}\nconcurrency = {AT_ONCE}\nservice_time = \"{}\"\n{}\n\
             [database.server]\ncores = 10000\nconnections = \"unbounded\"\nread_time = \"0 s\"\nwrite_time = \"0 s\"\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"server\"\n\n[link.rows]\nfrom = \"sweep\"\nto = \"server\"\n\n\
             [operation.buy]\nkind = \"write\"\nkeys = {ROWS_OF_STORE}\nkey_space = \"goods\"\n\n\
             [operation.fix]\nkind = \"write\"\nweight = 0\nkeys = {ROWS_OF_STORE}\nkey_space = \"goods\"\n",
            rate(p.get("writes")),
            seconds(p.get("between_s")),
            match p.whole("guard") {
                1 => "version_guard = true\nconflict_retries = 0\n",
                _ => "",
            },
        )
    },
    expects: |p| {
        let lost: Read = |report, _| Some(per_item(report.ledger.lost_updates));
        let left_out: Read = |report, _| Some(per_item(job(report)?.count("items_skipped")));
        let (rate, time) = (writes(p), p.get("between_s"));
        match p.whole("guard") {
            1 => vec![
                Expected::near("left out per item", "", conflict(rate, time), left_out),
                exactly("lost updates per item", 0.0, lost),
            ],
            _ => vec![
                exactly("left out per item", 0.0, left_out),
                Expected::near(
                    "lost updates per item",
                    "",
                    writes_between(rate, time),
                    lost,
                ),
            ],
        }
    },
    draw: |dice| {
        vec![
            ("writes", dice.between(300.0, 1_500.0)),
            ("between_s", dice.between(0.4, 0.8)),
            ("guard", dice.whole(0, 1)),
        ]
    },
};

// ---- rows -------------------------------------------------------------------------------------

macro_rules! values {
    ($($name:ident $value:expr),* $(,)?) => { &[$((stringify!($name), $value)),*] };
}

pub const ROWS: &[Row] = &[
    Row::new(
        "job-paced",
        "A run of 1,000 items at 50 per second",
        &JOB_RUN,
        values!(items 1_000.0, batch 1_000.0, concurrency 8.0, work_s 0.1, rate 50.0),
        0.001,
    ),
    Row::new(
        "job-batches",
        "1,000 items, four at the same time, in batches of ten: the end of a batch has idle hands",
        &JOB_RUN,
        values!(items 1_000.0, batch 10.0, concurrency 4.0, work_s 0.1, rate 0.0),
        0.001,
    ),
    Row::new(
        "job-crash-resumed",
        "A crash after 47 of 100 items, progress kept every ten",
        &JOB_CRASH,
        values!(items 100.0, batch 10.0, done 47.0, work_s 0.1, resumable 1.0),
        0.001,
    ),
    Row::new(
        "job-crash-anew",
        "The same without progress: all 47 are done again",
        &JOB_CRASH,
        values!(items 100.0, batch 10.0, done 47.0, work_s 0.1, resumable 0.0),
        0.001,
    ),
    Row::new(
        "job-skip",
        "Runs of 10 s every 4 s, left out while one is going (CronJob: Forbid)",
        &JOB_OVERLAP,
        values!(every_s 4.0, length_s 10.0, overlap 0.0),
        0.01,
    ),
    Row::new(
        "job-queue",
        "The same, put off: one after the other, and ever later",
        &JOB_OVERLAP,
        values!(every_s 4.0, length_s 10.0, overlap 1.0),
        0.01,
    ),
    Row::new(
        "job-beside",
        "The same, begun beside the earlier ones (CronJob: Allow)",
        &JOB_OVERLAP,
        values!(every_s 4.0, length_s 10.0, overlap 3.0),
        0.01,
    ),
    Row::new(
        "job-load",
        "What a backfill of 100 items per second adds to a store",
        &JOB_LOAD,
        values!(users 400.0, items 100.0, read_s 0.002, write_s 0.004, cores 4.0),
        0.02,
    ),
    Row::new(
        "job-overwrites",
        "Rows are read, worked on for 0.4 s and written back while users write them",
        &JOB_GUARD,
        values!(writes 500.0, between_s 0.4, guard 0.0),
        0.03,
    ),
    Row::new(
        "job-guarded",
        "The same, written only if nobody has written it since: no update is lost",
        &JOB_GUARD,
        values!(writes 500.0, between_s 0.4, guard 1.0),
        0.03,
    ),
];
