//! What a query costs by the rows that it looks at, queries one after the other, and a change of the schema
//! that waits for a long read.

use super::figure::{Expected, Target};
use super::length::Length;
use super::text::{rate, seconds};
use super::{Basis, Dice, Family, Parameter, Parameters, Row};
use crate::experiment::closed_form::queries::{by_index, by_scan, one_by_one, stalled};
use crate::observe::report::{NodeReport, Report};

/// Room for all, so that nothing waits for a core.
const ROOM: &str = "cores = 100000\nconnections = \"unbounded\"";

fn mean_ms(report: &Report, _: &Parameters) -> Option<f64> {
    report.users.latency.mean_ns.map(|ns| ns / 1e6)
}

fn served(report: &Report, _: &Parameters) -> Option<f64> {
    report.users.served_share
}

fn store(report: &Report) -> Option<&NodeReport> {
    report.nodes.iter().find(|node| node.key == "store")
}

fn all_served() -> Expected {
    Expected::new("served", "", Target::Exactly { value: 1.0 }, served)
}

// ---- rows that are looked at ------------------------------------------------------------------

fn query_s(p: &Parameters) -> f64 {
    let rows = match p.whole("indexed") {
        0 => by_scan(p.get("rows")),
        _ => by_index(p.get("rows")),
    };
    p.get("query_ms") / 1e3 + rows * p.get("row_ns") / 1e9
}

pub static ROWS_LOOKED_AT: Family = Family {
    name: "rows-looked-at",
    basis: Basis::ClosedForm,
    source: "Without an index every row is looked at; with one, as many as halving what is left takes: log2 of the rows, rounded up",
    parameters: &[
        Parameter::new("rows", 1.0, 1e9, "rows of the table").whole(),
        Parameter::new("row_ns", 1.0, 1e6, "for each row that is looked at, in ns").whole(),
        Parameter::new("query_ms", 0.0, 1e3, "what a query takes besides, in ms"),
        Parameter::new("indexed", 0.0, 1.0, "1 if there is an index").whole(),
    ],
    refuses: |p| {
        let too_long = query_s(p) > 100.0;
        too_long.then(|| "longer than 100 s: fewer rows, or less time for each".to_owned())
    },
    length: |_, _| Length::exactly(20.0, 0.0),
    design: |p| {
        format!(
            "[clients.users]\nrate = \"50 rps\"\n\n\
             [database.store]\n{ROOM}\nread_time = \"{}\"\nrow_time = \"{} ns\"\nrows = {}\n\
             scans = [\"list\"]\nindex = {}\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"store\"\n\n\
             [operation.list]\nkind = \"read\"\n",
            seconds(p.get("query_ms") / 1e3),
            p.whole("row_ns"),
            p.whole("rows"),
            p.whole("indexed") == 1,
        )
    },
    expects: |p| {
        let ms = query_s(p) * 1e3;
        vec![all_served(), Expected::near("one query", "ms", ms, mean_ms)]
    },
    draw: |dice| {
        vec![
            ("rows", dice.whole(10, 5_000_000)),
            ("row_ns", dice.whole(10, 1_000)),
            ("query_ms", dice.between(0.5, 10.0)),
            ("indexed", dice.whole(0, 1)),
        ]
    },
};

// ---- one query more for each item -------------------------------------------------------------

pub static QUERY_PER_ITEM: Family = Family {
    name: "query-per-item",
    basis: Basis::ClosedForm,
    source: "Counting: one query for the list and one for each item, one after the other",
    parameters: &[
        Parameter::new("items", 1.0, 98.0, "items of the list").whole(),
        Parameter::new("query_ms", 0.01, 1e3, "time of a query in ms"),
        Parameter::new(
            "together",
            0.0,
            1.0,
            "1 if those for the items are made at the same time",
        )
        .whole(),
    ],
    refuses: |_| None,
    length: |_, _| Length::exactly(20.0, 0.0),
    design: |p| {
        let items = p.whole("items");
        let each = match p.whole("together") {
            0 => format!("{items} times read rows"),
            _ => format!("all read rows x {items}"),
        };
        format!(
            "[clients.users]\nrate = \"20 rps\"\n\n\
             [service.pages]\nslots = 100000\nservice_time = \"0 s\"\nplan.page = [\"read rows\", \"{each}\"]\n\n\
             [database.store]\n{ROOM}\nread_time = \"{}\"\n\n\
             [link.ask]\nfrom = \"users\"\nto = \"pages\"\n\n[link.rows]\nfrom = \"pages\"\nto = \"store\"\n\n\
             [operation.page]\nkind = \"read\"\n",
            seconds(p.get("query_ms") / 1e3),
        )
    },
    expects: |p| {
        let query = p.get("query_ms");
        let ms = match p.whole("together") {
            0 => one_by_one(p.get("items"), query),
            _ => 2.0 * query,
        };
        let queries = 1.0 + p.get("items");
        vec![
            all_served(),
            Expected::near("one page", "ms", ms, mean_ms),
            Expected::near("queries", "per page", queries, |r, _| {
                Some(store(r)?.arrived as f64 / r.ledger.intents as f64)
            }),
        ]
    },
    draw: |dice| {
        vec![
            ("items", dice.whole(1, 98)),
            ("query_ms", dice.between(0.1, 20.0)),
            ("together", dice.whole(0, 1)),
        ]
    },
};

// ---- a change that waits for a long read ------------------------------------------------------

/// Looks per second.
const RATE: f64 = 200.0;

/// When the change asks, in seconds: the long read has just begun.
const ASKS: f64 = 0.002;

fn stall(p: &Parameters) -> f64 {
    stalled(p.get("reader_s") - ASKS, p.get("lock_timeout_s"))
}

pub static TABLE_LOCK: Family = Family {
    name: "table-lock",
    basis: Basis::ClosedForm,
    source: "Arithmetic; C. Sinclair, Zero-downtime Postgres migrations, GoCardless 2015: who waits for a table keeps out all who come later",
    parameters: &[
        Parameter::new("reader_s", 0.1, 1_000.0, "how long the read takes in s"),
        Parameter::new(
            "lock_timeout_s",
            0.0,
            1_000.0,
            "after which the change gives up in s, 0 never",
        ),
    ],
    refuses: |_| None,
    length: |p, _| Length::exactly(p.get("reader_s") + 5.0, ASKS),
    design: |p| {
        let gives_up = match p.get("lock_timeout_s") {
            0.0 => String::new(),
            s => format!("lock_timeout = \"{}\"\n", seconds(s)),
        };
        format!(
            "[clients.analyst]\narrivals = \"constant\"\nrate = \"1000 rps\"\nactions = 1\n\n\
             [clients.users]\narrivals = \"constant\"\nrate = \"{}\"\n\n\
             [database.store]\n{ROOM}\nread_time = \"1 us\"\nquery_time_of = {{ report = \"{}\" }}\n\n\
             [link.analyse]\nfrom = \"analyst\"\nto = \"store\"\n\n[link.ask]\nfrom = \"users\"\nto = \"store\"\n\n\
             [operation.report]\nkind = \"read\"\nkey_space = \"orders\"\nclients = [\"analyst\"]\n\n\
             [operation.look]\nkind = \"read\"\nkey_space = \"orders\"\nclients = [\"users\"]\n\n\
             [[timeline]]\nwhat = \"schema_change\"\ntarget = \"store\"\ntable = \"orders\"\nat = \"{}\"\n\
             takes = \"1 us\"\n{gives_up}",
            rate(RATE),
            seconds(p.get("reader_s")),
            seconds(ASKS),
        )
    },
    expects: |p| {
        let stall = stall(p);
        vec![
            all_served(),
            Expected::near("longest", "s", stall, |r, _| {
                r.users.latency.max_ns.map(|ns| ns as f64 / 1e9)
            }),
            Expected::near("queries that wait", "", stall * RATE, |r, _| {
                Some(store(r)?.count("table_waits") as f64)
            }),
        ]
    },
    draw: |dice: &mut Dice| {
        vec![
            ("reader_s", dice.between(3.0, 30.0)),
            ("lock_timeout_s", dice.whole(0, 1) * dice.between(1.0, 3.0)),
        ]
    },
};

macro_rules! values {
    ($($name:ident $value:expr),* $(,)?) => {
        &[$((stringify!($name), $value)),*]
    };
}

pub const ROWS: &[Row] = &[
    Row::new(
        "scan-1m",
        "A query that looks at all of a million rows",
        &ROWS_LOOKED_AT,
        values!(rows 1e6, row_ns 100.0, query_ms 2.0, indexed 0.0),
        0.001,
    ),
    Row::new(
        "scan-10m",
        "The same with ten times the rows",
        &ROWS_LOOKED_AT,
        values!(rows 1e7, row_ns 100.0, query_ms 2.0, indexed 0.0),
        0.001,
    ),
    Row::new(
        "index-10m",
        "An index of ten million rows, each look at one a thousand times as long",
        &ROWS_LOOKED_AT,
        values!(rows 1e7, row_ns 100_000.0, query_ms 2.0, indexed 1.0),
        0.001,
    ),
    Row::new(
        "query-per-item",
        "A list of 20, and a query for each of them",
        &QUERY_PER_ITEM,
        values!(items 20.0, query_ms 5.0, together 0.0),
        0.001,
    ),
    Row::new(
        "query-per-item-together",
        "The same, those for the items at the same time",
        &QUERY_PER_ITEM,
        values!(items 20.0, query_ms 5.0, together 1.0),
        0.001,
    ),
    Row::new(
        "table-lock",
        "A read of 15 s, a change of the schema that waits for it, and all who come later",
        &TABLE_LOCK,
        values!(reader_s 15.0, lock_timeout_s 0.0),
        0.01,
    ),
    Row::new(
        "table-lock-given-up",
        "The same, and the change gives up after 2 s",
        &TABLE_LOCK,
        values!(reader_s 15.0, lock_timeout_s 2.0),
        0.01,
    ),
];
