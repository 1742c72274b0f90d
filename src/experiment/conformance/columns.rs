//! Columns: what is read before all is copied, who fails when a column goes, what is lost with it.

use super::figure::{Expected, Read, Target};
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::observe::report::Report;

/// A store whose queries take no time, of rows with one column; another one is there from the beginning.
const STORE: &str = "[database.store]\ncores = 100000\nconnections = \"unbounded\"\nread_time = \"0 s\"\nwrite_time = \"0 s\"\ncolumns = [\"old\"]\n\n\
     [[timeline]]\nwhat = \"schema_change\"\ntarget = \"store\"\nat = \"0 s\"\ntakes = \"0 s\"\nadds = \"new\"\n\n";

const SITE: &str = "[service.site]\nslots = 100000\nservice_time = \"1 us\"\n";

const LINKS: &str = "[link.visit]\nfrom = \"users\"\nto = \"site\"\n\n[link.rows]\nfrom = \"site\"\nto = \"store\"\n\n\
     [link.copy]\nfrom = \"carrier\"\nto = \"store\"\n\n";

/// A job that copies so many rows at 1 s, all at the same time.
fn copies(items: u32, between_s: f64, guard: bool) -> String {
    format!(
        "[job.carrier]\noperation = \"carry\"\nstart = \"1 s\"\nitems = {items}\nbatch_size = {items}\nconcurrency = {}\n\
         service_time = \"{}\"\nversion_guard = {guard}\ncopies_from = \"old\"\ncopies_into = [\"new\"]\n\n",
        items.clamp(1, 10_000),
        seconds(between_s),
    )
}

fn operation(name: &str, kind: &str, keys: u32, weight: u32) -> String {
    format!(
        "[operation.{name}]\nkind = \"{kind}\"\nkey_space = \"rows\"\nkeys = {keys}\nweight = {weight}\n\n"
    )
}

macro_rules! values {
    ($($name:ident $value:expr),* $(,)?) => { &[$((stringify!($name), $value)),*] };
}

// ---- reads before all is copied ---------------------------------------------------------------

/// Looks that a mean takes.
const LOOKS: f64 = 20_000.0;
const LOOKS_RATE: f64 = 1_000.0;

/// Reads until the copy at 1 s find nothing; after it, what is neither copied nor written since.
fn empty(p: &Parameters) -> f64 {
    let (all, left) = (LOOKS / LOOKS_RATE, 1.0 - p.get("copied"));
    let each = p.get("writes") / p.get("keys");
    // The mean of exp(-each t) over a span.
    let mean = |from: f64, to: f64| match each {
        0.0 => to - from,
        _ => (libm::exp(-each * from) - libm::exp(-each * to)) / each,
    };
    (mean(0.0, 1.0) + left * mean(1.0, all)) / all
}

pub static READ_EARLY: Family = Family {
    name: "column-read-early",
    basis: Basis::ClosedForm,
    source: "a row is empty in a new column until it is copied or written: of Poisson writes at a rate r per row, exp(-r t) have come to none after t; copied at 1 s is a share of all rows",
    parameters: &[
        Parameter::new("keys", 100.0, 10_000.0, "rows").whole(),
        Parameter::new("copied", 0.0, 1.0, "share of the rows that is copied"),
        Parameter::new(
            "writes",
            0.0,
            5_000.0,
            "writes per second into both columns",
        ),
    ],
    refuses: |p| {
        (empty(p) < 0.02).then(|| "too rare to be measured: fewer writes, or copy less".to_owned())
    },
    length: |_, _| Length::exactly(LOOKS / LOOKS_RATE, 0.0),
    design: |p| {
        let keys = p.whole("keys");
        let items = ((p.get("copied") * f64::from(keys)).round() as u32).max(1);
        let writers = match p.get("writes") {
            0.0 => String::new(),
            writes => format!(
                "[clients.writers]\nrate = \"{}\"\n\n[link.change]\nfrom = \"writers\"\nto = \"site\"\n\n{}clients = [\"writers\"]\n\n",
                rate(writes),
                operation("save", "write", keys, 1).trim_end().to_owned() + "\n",
            ),
        };
        format!(
            "[clients.users]\nrate = \"{}\"\n\n{SITE}writes_columns = [\"old\", \"new\"]\nreads_column = \"new\"\n\n{}{STORE}{LINKS}{}clients = [\"users\"]\n\n{}{writers}",
            rate(LOOKS_RATE),
            copies(items, 0.0, true),
            operation("look", "read", keys, 1).trim_end().to_owned() + "\n",
            operation("carry", "write", keys, 0),
        )
    },
    expects: |p| {
        let stale: Read = |report, _| Some(report.ledger.stale as f64 / LOOKS);
        vec![Expected::near("stale reads", "", empty(p), stale)]
    },
    draw: |dice| {
        vec![
            ("keys", dice.whole(1_000, 5_000)),
            ("copied", dice.between(0.1, 0.8)),
            ("writes", dice.between(0.0, 300.0)),
        ]
    },
};

// ---- the column goes under the old release ----------------------------------------------------

fn refused(report: &Report, _: &Parameters) -> Option<f64> {
    let (served, failed) = (report.users.served, report.users.failed);
    let all = served + failed;
    (all > 0).then(|| failed as f64 / all as f64)
}

pub static DROPPED_EARLY: Family = Family {
    name: "column-dropped-early",
    basis: Basis::ClosedForm,
    source: "requests go to any of the instances: with so many of the old release and so many of the new one, old / (old + new) name the column that is gone",
    parameters: &[
        Parameter::new("old", 1.0, 20.0, "instances of the old release").whole(),
        Parameter::new("new", 1.0, 20.0, "instances of the new one").whole(),
    ],
    refuses: |_| None,
    length: |p, error| {
        let share = p.get("old") / (p.get("old") + p.get("new"));
        let points = 1.96 / error;
        Length::of(points * points * (1.0 - share) / share, LOOKS_RATE)
    },
    design: |p| {
        format!(
            "[clients.users]\nrate = \"{}\"\n\n{SITE}instances = {}\nreads_column = \"old\"\n\n{STORE}\
             [link.visit]\nfrom = \"users\"\nto = \"site\"\n\n[link.rows]\nfrom = \"site\"\nto = \"store\"\n\n{}\
             [[timeline]]\nwhat = \"deploy\"\ntarget = \"site\"\nat = \"0 s\"\nstrategy = \"canary\"\ncanary_instances = {}\ncanary_for = \"1 d\"\nabort_above = \"100 %\"\nreads_column = \"new\"\n\n\
             [[timeline]]\nwhat = \"schema_change\"\ntarget = \"store\"\nat = \"1 ms\"\ntakes = \"0 s\"\ndrops = \"old\"\n",
            rate(LOOKS_RATE),
            p.whole("old"),
            operation("look", "read", 1_000, 1),
            p.whole("new"),
        )
    },
    expects: |p| {
        let share = p.get("old") / (p.get("old") + p.get("new"));
        vec![Expected::near("statements refused", "", share, refused)]
    },
    draw: |dice| vec![("old", dice.whole(1, 6)), ("new", dice.whole(1, 6))],
};

// ---- what goes with it ------------------------------------------------------------------------

const CHANGES: f64 = 5_000.0;

/// The job reads at 1 s, and writes then.
fn written_s(p: &Parameters) -> f64 {
    1.0 + p.get("between_s")
}

pub static PUT_BACK: Family = Family {
    name: "column-put-back",
    basis: Basis::ClosedForm,
    source: "what is read and put into a new column a time later lacks all that was written between, and goes with the old column: rate * time; nothing where only what is the newest is put there",
    parameters: &[
        Parameter::new(
            "between_s",
            0.1,
            20.0,
            "from the reads of the job to its writes in s",
        ),
        Parameter::new("guard", 0.0, 1.0, "1: writes only what is still the newest").whole(),
    ],
    refuses: |_| None,
    length: |p, _| Length::exactly(written_s(p) + 3.0, 0.0),
    design: |p| {
        let lasts = seconds(written_s(p));
        format!(
            "[clients.users]\nrate = \"{}\"\nlasts = \"{lasts}\"\n\n{SITE}writes_columns = [\"old\", \"new\"]\n\n{}{STORE}{LINKS}{}{}\
             [[timeline]]\nwhat = \"schema_change\"\ntarget = \"store\"\nat = \"{}\"\ndrops = \"old\"\n",
            rate(CHANGES / p.get("between_s")),
            copies(2_000, p.get("between_s"), p.whole("guard") == 1)
                .replace("[job.carrier]", "[job.carrier]\nconflict_retries = 0"),
            operation("save", "write", 2_000, 1),
            operation("carry", "write", 2_000, 0),
            seconds(written_s(p) + 2.0),
        )
    },
    expects: |p| {
        let lost: Read = |report, _| Some(report.ledger.lost as f64);
        match p.whole("guard") {
            1 => vec![Expected::new(
                "writes lost",
                "",
                Target::Exactly { value: 0.0 },
                lost,
            )],
            _ => vec![Expected::near("writes lost", "", CHANGES, lost)],
        }
    },
    draw: |dice| {
        vec![
            ("between_s", dice.between(0.5, 4.0)),
            ("guard", dice.whole(0, 1)),
        ]
    },
};

pub const ROWS: &[Row] = &[
    Row::new(
        "column-half-copied",
        "Half of the rows are copied into a new column, and everybody reads it",
        &READ_EARLY,
        values!(keys 2_000.0, copied 0.5, writes 0.0),
        0.03,
    ),
    Row::new(
        "column-written-by-and-by",
        "Nothing is copied: what is written goes into both columns",
        &READ_EARLY,
        values!(keys 2_000.0, copied 0.0, writes 200.0),
        0.03,
    ),
    Row::new(
        "column-dropped-under-canary",
        "A column goes while one of five instances is of the release that can do without",
        &DROPPED_EARLY,
        values!(old 4.0, new 1.0),
        0.02,
    ),
    Row::new(
        "column-put-back",
        "A backfill that looks at no versions, and the old column goes",
        &PUT_BACK,
        values!(between_s 2.0, guard 0.0),
        0.03,
    ),
    Row::new(
        "column-guarded",
        "The same, only where nobody has written since",
        &PUT_BACK,
        values!(between_s 2.0, guard 1.0),
        0.03,
    ),
];
