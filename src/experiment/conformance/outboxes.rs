//! Rows and messages that belong together: what dies between the two, and what a relay repeats or passes
//! over when it crashes. Nothing but the mail takes time.

use super::figure::{Expected, Read, Target};
use super::length::Length;
use super::text::rate;
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::engine::math::sqrt;
use crate::observe::report::Report;

/// Orders per second.
const RATE: f64 = 1_000.0;

/// So many orders are to die between row and message in each seed.
const DEATHS: f64 = 500.0;

fn per_intent(report: &Report, count: u64) -> Option<f64> {
    let intents = report.ledger.intents;
    (intents > 0).then(|| count as f64 / intents as f64)
}

fn lost(report: &Report, _: &Parameters) -> Option<f64> {
    per_intent(report, report.ledger.lost)
}

fn phantoms(report: &Report, _: &Parameters) -> Option<f64> {
    per_intent(report, report.ledger.phantom)
}

fn incomplete(report: &Report, _: &Parameters) -> Option<f64> {
    per_intent(report, report.ledger.partial)
}

fn lost_orders(report: &Report, _: &Parameters) -> Option<f64> {
    Some(report.ledger.lost as f64)
}

fn twice(report: &Report, _: &Parameters) -> Option<f64> {
    Some(report.ledger.duplicate as f64)
}

fn exactly(name: &'static str, value: f64, read: Read) -> Expected {
    Expected::new(name, "", Target::Exactly { value }, read)
}

/// A share of all intents of five seeds, within four standard deviations.
fn share(name: &'static str, share: f64, read: Read) -> Expected {
    match share {
        0.0 => exactly(name, 0.0, read),
        _ => Expected::near(name, "", share, read).within(4.0 / sqrt(5.0 * DEATHS)),
    }
}

/// A shop that saves an order and has it mailed.
fn shop(clients: &str, service: &str, way: &str) -> String {
    format!(
        "[clients.users]\narrivals = \"constant\"\n{clients}\n\n\
         [operation.order]\nkind = \"write\"\n\n\
         [service.shop]\nslots = 1000\nservice_time = \"0 s\"\n{service}\n\n\
         [database.orders]\nread_time = \"0 s\"\nwrite_time = \"0 s\"\ncores = 10000\nconnections = \"unbounded\"\n\n\
         [link.visit]\nfrom = \"users\"\nto = \"shop\"\n\n\
         [link.save]\nfrom = \"shop\"\nto = \"orders\"\n\n{way}"
    )
}

const QUEUE: &str = "[queue.events]\nretention = \"unbounded\"\n\n\
     [worker.mailer]\nconcurrency = 1000\nservice_time = \"0 s\"\n\n\
     [third_party.email]\nlatency = \"0 s\"\n\n\
     [link.hand]\nfrom = \"events\"\nto = \"mailer\"\n\n\
     [link.mail]\nfrom = \"mailer\"\nto = \"email\"\n";

pub static DUAL_WRITE: Family = Family {
    name: "dual-write",
    basis: Basis::ClosedForm,
    source: "of n orders n p die between row and message: lost if the answer stands between the two, else phantoms; an outbox has no such place",
    parameters: &[
        Parameter::new("p", 0.0005, 0.5, "probability of a crash between the two"),
        Parameter::new(
            "order",
            0.0,
            3.0,
            "0: row, answer, message; 1: row, message, answer; 2: message, row, answer; 3: an outbox",
        )
        .whole(),
    ],
    refuses: |_| None,
    length: |p, _| Length::all_of(DEATHS / p.get("p"), RATE),
    design: |p| {
        let plan = match p.whole("order") {
            0 => "plan.order = [\"work\", \"call save\", \"respond\", \"call publish\"]\n",
            1 => "plan.order = [\"work\", \"call save\", \"call publish\", \"respond\"]\n",
            2 => "plan.order = [\"work\", \"call publish\", \"call save\", \"respond\"]\n",
            _ => "",
        };
        // It is back at once: nobody else is there to be hit.
        let percent = p.get("p") * 100.0;
        let (way, crash) = match p.whole("order") {
            3 => (
                "[feed.relay]\nreads = \"stream\"\n\n[link.follow]\nfrom = \"relay\"\nto = \"orders\"\n\n\
                 [link.relay]\nfrom = \"relay\"\nto = \"events\"\n\n",
                String::new(),
            ),
            _ => (
                "[link.publish]\nfrom = \"shop\"\nto = \"events\"\n\n",
                format!("crash_between = \"{percent:.7} %\"\nrestart_time = \"0 s\"\n"),
            ),
        };
        let clients = format!("rate = \"{}\"", rate(RATE));
        shop(&clients, &format!("{crash}{plan}"), &format!("{way}{QUEUE}"))
    },
    expects: |p| {
        let dies = match p.whole("order") {
            3 => 0.0,
            _ => p.get("p"),
        };
        let (gone, ghost) = match p.whole("order") {
            0 => (dies, 0.0),
            _ => (0.0, dies),
        };
        vec![
            share("lost", gone, lost),
            share("phantoms", ghost, phantoms),
            share("half done", dies, incomplete),
        ]
    },
    draw: |dice| vec![("p", dice.whole(1, 100) / 1_000.0), ("order", dice.whole(0, 3))],
};

pub static RELAY_CRASH: Family = Family {
    name: "relay-crash",
    basis: Basis::ClosedForm,
    source: "a relay that crashes after it has begun k of a batch of n: k are mailed twice if it stores its position after the batch, n - k never if before",
    parameters: &[
        Parameter::new("batch", 1.0, 400.0, "entries of the batch").whole(),
        Parameter::new("begun", 1.0, 400.0, "entries begun before the crash").whole(),
        Parameter::new("before", 0.0, 1.0, "1: the position is stored before").whole(),
    ],
    refuses: |p| {
        (p.get("begun") > p.get("batch")).then(|| "more are begun than there are".to_owned())
    },
    length: |p, _| Length::exactly(p.get("batch") + p.get("begun") + 20.0, 0.0),
    design: |p| {
        let orders = p.whole("batch");
        let clients = format!("rate = \"1 rps\"\nbatch = {orders}\nactions = {orders}");
        let checkpoint = match p.whole("before") {
            1 => "checkpoint = \"before\"\n".to_owned(),
            // Not within the batch.
            _ => format!("checkpoint_every = \"{} s\"\n", orders + 30),
        };
        // The orders come at 1 s, and are found at 5 s; each mail takes a second.
        let crash = 5.0 + p.get("begun") - 0.5;
        let way = format!(
            "[feed.relay]\npoll_every = \"5 s\"\n{checkpoint}\n\
             [third_party.email]\nlatency = \"1 s\"\n\n\
             [link.follow]\nfrom = \"relay\"\nto = \"orders\"\n\n\
             [link.relay]\nfrom = \"relay\"\nto = \"email\"\n\n\
             [[timeline]]\nwhat = \"crash\"\ntarget = \"relay\"\nat = \"{crash} s\"\nlasts = \"1 s\"\n"
        );
        shop(&clients, "", &way)
    },
    expects: |p| {
        let (batch, begun) = (p.get("batch"), p.get("begun"));
        let (again, never) = match p.whole("before") {
            1 => (0.0, batch - begun),
            _ => (begun, 0.0),
        };
        vec![
            exactly("mailed twice", again, twice),
            exactly("never mailed", never, lost_orders),
        ]
    },
    draw: |dice| {
        let batch = dice.whole(2, 60);
        vec![
            ("batch", batch),
            ("begun", dice.whole(1, batch as u32)),
            ("before", dice.whole(0, 1)),
        ]
    },
};

pub const ROWS: &[Row] = &[
    Row::new(
        "dual-write-answered",
        "A crash between row and message, the user answered in between",
        &DUAL_WRITE,
        &[("p", 0.01), ("order", 0.0)],
        0.1,
    ),
    Row::new(
        "dual-write-row-first",
        "The same, the user answered last",
        &DUAL_WRITE,
        &[("p", 0.01), ("order", 1.0)],
        0.1,
    ),
    Row::new(
        "dual-write-message-first",
        "The same, the message published first",
        &DUAL_WRITE,
        &[("p", 0.01), ("order", 2.0)],
        0.1,
    ),
    Row::new(
        "outbox",
        "The same shop with an outbox: nothing is between row and entry",
        &DUAL_WRITE,
        &[("p", 0.01), ("order", 3.0)],
        0.1,
    ),
    Row::new(
        "relay-crash-after",
        "A relay crashes within a batch of 20, its position stored after it: 12 are mailed twice",
        &RELAY_CRASH,
        &[("batch", 20.0), ("begun", 12.0), ("before", 0.0)],
        0.001,
    ),
    Row::new(
        "relay-crash-before",
        "The same, stored before: 8 are never mailed",
        &RELAY_CRASH,
        &[("batch", 20.0), ("begun", 12.0), ("before", 1.0)],
        0.001,
    ),
];
