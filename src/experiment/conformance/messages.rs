//! Messages that are delivered again, done twice or lost, and calls whose replies are lost. There is
//! always a worker free for a delivery; publishing and saving take no time.

use super::figure::{Expected, Read, Target};
use super::length::Length;
use super::text::seconds;
use super::{Basis, Family, Parameter, Parameters, Row};
use crate::engine::math::sqrt;
use crate::experiment::closed_form::messages::{Batch, Leased, LossyCall};
use crate::experiment::closed_form::times::Times;
use crate::observe::report::{NodeReport, Report};

fn node<'r>(report: &'r Report, key: &str) -> Option<&'r NodeReport> {
    report.nodes.iter().find(|node| node.key == key)
}

/// So many of something for each message that was published.
fn per_message(report: &Report, count: u64) -> Option<f64> {
    let published = node(report, "jobs")?.count("published");
    (published > 0).then(|| count as f64 / published as f64)
}

fn deliveries(report: &Report, _: &Parameters) -> Option<f64> {
    per_message(report, node(report, "jobs")?.count("delivered"))
}

fn effects(report: &Report, _: &Parameters) -> Option<f64> {
    per_message(report, report.ledger.effects)
}

fn dead(report: &Report, _: &Parameters) -> Option<f64> {
    per_message(report, node(report, "jobs")?.count("dead_lettered"))
}

/// A share of so many in each seed, within four standard deviations of the mean of five seeds.
fn share_of(name: &'static str, share: f64, of: f64, read: Read) -> Expected {
    if share == 0.0 {
        return Expected::new(name, "", Target::Exactly { value: 0.0 }, read);
    }
    let deviation = sqrt(share * (1.0 - share) / (5.0 * of));
    Expected::near(name, "", share, read).within(4.0 * deviation / share)
}

/// So many messages at the same instant, to a worker that saves each.
fn design(messages: u32, queue: &str, worker: &str) -> String {
    format!(
        "[clients.users]\narrivals = \"constant\"\nrate = \"1 rps\"\nbatch = {messages}\nactions = {messages}\n\n\
         [queue.jobs]\nretention = \"unbounded\"\n{queue}\n\n\
         [worker.crew]\n{worker}\n\n\
         [database.store]\nwrite_time = \"0 s\"\ncores = 100000\nconnections = \"unbounded\"\n\n\
         [link.put]\nfrom = \"users\"\nto = \"jobs\"\n\n\
         [link.hand]\nfrom = \"jobs\"\nto = \"crew\"\n\n\
         [link.save]\nfrom = \"crew\"\nto = \"store\"\n\n\
         [operation.order]\nkind = \"write\"\n"
    )
}

// ---- leases -----------------------------------------------------------------------------------

const LEASED: &[Parameter] = &[
    Parameter::new("work_s", 0.001, 40_000.0, "time of work, or its mean, in s"),
    Parameter::new("visibility_s", 0.001, 40_000.0, "lease of a delivery in s"),
    Parameter::new(
        "max_receives",
        0.0,
        1_000.0,
        "deliveries at most, 0 for no limit",
    )
    .whole(),
    Parameter::new(
        "old_deletes",
        0.0,
        1.0,
        "1: an acknowledgement after the lease deletes too",
    )
    .whole(),
];

fn leased(p: &Parameters, work: Times) -> Leased {
    let limit = p.whole("max_receives");
    Leased {
        work,
        visibility: p.get("visibility_s"),
        max_receives: (limit > 0).then_some(limit),
    }
}

/// Mean deliveries, and the share that ends as dead letters.
fn fate(p: &Parameters, work: Times) -> (f64, f64) {
    let message = leased(p, work);
    match p.whole("old_deletes") {
        1 => (message.deliveries(), message.dead()),
        _ => (message.deliveries_if_ignored(), message.dead_if_ignored()),
    }
}

fn lease_design(p: &Parameters, messages: u32, work: &str) -> String {
    let mut queue = format!(
        "visibility_timeout = \"{}\"\n",
        seconds(p.get("visibility_s"))
    );
    if p.whole("max_receives") > 0 {
        queue += &format!(
            "max_receives = {}\ndead_letter = \"park\"\n",
            p.whole("max_receives")
        );
    }
    if p.whole("old_deletes") == 0 {
        queue += "old_receipts = \"ignored\"\n";
    }
    design(
        messages,
        &queue,
        &format!("instances = 10\nconcurrency = 10000\nservice_time = \"{work}\""),
    )
}

pub static LEASE: Family = Family {
    name: "lease",
    basis: Basis::ClosedForm,
    source: "A lease that ends before the work: one delivery more per lease (Amazon SQS, visibility timeout)",
    parameters: LEASED,
    refuses: |p| {
        let leases = p.get("work_s") / p.get("visibility_s");
        if (leases - leases.round()).abs() < 1e-6 {
            return Some("the work ends with a lease: which of the two is first?".to_owned());
        }
        let endless = p.whole("old_deletes") == 0 && leases > 1.0 && p.whole("max_receives") == 0;
        if endless {
            return Some(
                "no delivery is ever acknowledged in time, and nothing ends that".to_owned(),
            );
        }
        (leases > 1_000.0).then(|| "more than a thousand deliveries of a message".to_owned())
    },
    length: |p, _| {
        let (deliveries, _) = fate(p, Times::constant(p.get("work_s")));
        Length::exactly(
            (deliveries + 1.0) * p.get("visibility_s") + p.get("work_s"),
            0.0,
        )
    },
    design: |p| lease_design(p, 10, &seconds(p.get("work_s")).to_string()),
    expects: |p| {
        let (deliveries_each, dead_share) = fate(p, Times::constant(p.get("work_s")));
        let exactly =
            |name, value, read: Read| Expected::new(name, "", Target::Exactly { value }, read);
        vec![
            exactly("deliveries per message", deliveries_each, deliveries),
            // Nobody is stopped in the middle.
            exactly("effects per message", deliveries_each, effects),
            exactly("dead letters", dead_share, dead),
        ]
    },
    draw: |dice| {
        // Halves are never whole leases.
        let visibility = dice.whole(5, 60);
        let work = visibility * (dice.whole(0, 6) + 0.5);
        vec![
            ("work_s", work),
            ("visibility_s", visibility),
            ("max_receives", dice.whole(1, 8)),
            ("old_deletes", dice.whole(0, 1)),
        ]
    },
};

const MESSAGES: u32 = 20_000;

pub static LEASE_EXPONENTIAL: Family = Family {
    name: "lease-exponential",
    basis: Basis::ClosedForm,
    source: "sum over k of exp(-k (k+1) / 2 V/m): every earlier delivery may still delete the message",
    parameters: LEASED,
    refuses: |p| {
        let leases = p.get("work_s") / p.get("visibility_s");
        (leases > 4.0).then(|| "with leases this short, workers run out".to_owned())
    },
    // The longest work of all, as often as it may take.
    length: |p, _| Length::exactly(40.0 * (p.get("work_s") + p.get("visibility_s")), 0.0),
    design: |p| {
        let work = format!("exponential({})", seconds(p.get("work_s")));
        lease_design(p, MESSAGES, &work)
    },
    expects: |p| {
        let (deliveries_each, dead_share) = fate(p, Times::exponential(p.get("work_s")));
        let dead_letters = share_of("dead letters", dead_share, f64::from(MESSAGES), dead);
        vec![
            Expected::near("deliveries per message", "", deliveries_each, deliveries),
            Expected::near("effects per message", "", deliveries_each, effects),
            dead_letters,
        ]
    },
    draw: |dice| {
        let visibility = dice.between(5.0, 60.0);
        let work = format!("{:.2e}", visibility * dice.between(0.3, 2.0));
        vec![
            ("work_s", work.parse().expect("a number")),
            ("visibility_s", visibility),
            ("max_receives", dice.whole(0, 4)),
            ("old_deletes", dice.whole(0, 1)),
        ]
    },
};

// ---- batches ----------------------------------------------------------------------------------

/// When the worker comes up, the batch lies there; each message takes a second.
const UP_S: f64 = 2.0;

pub static BATCH: Family = Family {
    name: "batch-crash",
    basis: Basis::ClosedForm,
    source: "Acknowledged after the work: what was done is done again; before it: the rest is lost (Kafka, delivery semantics)",
    parameters: &[
        Parameter::new(
            "n",
            2.0,
            10_000.0,
            "messages that are acknowledged together",
        )
        .whole(),
        Parameter::new(
            "c",
            0.0,
            10_000.0,
            "of these, worked on when the worker crashes",
        )
        .whole(),
        Parameter::new("before", 0.0, 1.0, "1: acknowledged before the work").whole(),
        Parameter::new("mode", 0.0, 2.0, "0 leased, 1 pushed, 2 a log").whole(),
    ],
    refuses: |p| {
        let is_part = p.whole("c") < p.whole("n");
        (!is_part).then(|| "the batch is done before the worker crashes".to_owned())
    },
    length: |p, _| Length::exactly(4.0 * p.get("n") + 200.0, 0.0),
    design: |p| {
        let n = p.whole("n");
        let acknowledge = if p.whole("before") == 1 {
            "before"
        } else {
            "after"
        };
        let queue = match p.whole("mode") {
            1 => "mode = \"session\"\nack_deadline = \"none\"\n".to_owned(),
            2 => format!(
                "mode = \"log\"\nrebalance_pause = \"0 s\"\nsession_timeout = \"1 ms\"\npoll_deadline = \"{}\"\n",
                seconds(p.get("n") + 60.0)
            ),
            _ => format!("visibility_timeout = \"{}\"\n", seconds(p.get("n") + 60.0)),
        };
        let worker =
            format!("batch = {n}\nservice_time = \"1 s\"\nacknowledge = \"{acknowledge}\"");
        let crash = |at: f64, lasts: f64| {
            format!(
                "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"crew\"\nat = \"{}\"\nlasts = \"{}\"\n",
                seconds(at),
                seconds(lasts)
            )
        };
        design(n, &queue, &worker) + &crash(0.0, UP_S) + &crash(UP_S + p.get("c") + 0.5, 1.0)
    },
    expects: |p| {
        let batch = Batch {
            n: p.whole("n"),
            c: p.whole("c"),
        };
        let (twice, lost) = match p.whole("before") {
            1 => (0, batch.lost()),
            _ => (batch.replayed(), 0),
        };
        let exactly = |name, value: u32, read: Read| {
            let value = f64::from(value);
            Expected::new(name, "messages", Target::Exactly { value }, read)
        };
        vec![
            exactly("done twice", twice, |report, _| {
                Some(report.ledger.duplicate as f64)
            }),
            exactly("lost", lost, |report, _| Some(report.ledger.lost as f64)),
        ]
    },
    draw: |dice| {
        let n = dice.whole(2, 40);
        vec![
            ("n", n),
            ("c", dice.whole(0, n as u32 - 1)),
            ("before", dice.whole(0, 1)),
            ("mode", dice.whole(0, 2)),
        ]
    },
};

// ---- lost replies -----------------------------------------------------------------------------

const RATE: f64 = 500.0;
const CALLS: f64 = 100_000.0;

fn lossy(p: &Parameters) -> LossyCall {
    LossyCall {
        request_loss: p.get("request_loss"),
        response_loss: p.get("response_loss"),
        retries: p.whole("retries"),
    }
}

fn per_intent(report: &Report, count: u64) -> Option<f64> {
    let intents = report.ledger.intents;
    (intents > 0).then(|| count as f64 / intents as f64)
}

pub static LOST_REPLIES: Family = Family {
    name: "lost-replies",
    basis: Basis::ClosedForm,
    source: "(1 - request loss) sum of f^k: a try whose reply is lost was executed; with a key it is not executed again (Stripe, idempotent requests)",
    parameters: &[
        Parameter::new("request_loss", 0.0, 0.9, "share of requests that are lost"),
        Parameter::new("response_loss", 0.0, 0.9, "share of replies that are lost"),
        Parameter::new("retries", 0.0, 9.0, "retries after the first try").whole(),
        Parameter::new("keys", 0.0, 1.0, "1: each call has an idempotency key").whole(),
    ],
    refuses: |_| None,
    length: |_, _| Length::all_of(CALLS, RATE),
    design: |p| {
        let keys = if p.whole("keys") == 1 { "keys" } else { "none" };
        format!(
            "[clients.users]\nrate = \"{RATE} rps\"\n\n\
             [third_party.bank]\nlatency = \"10 ms\"\nidempotency = \"{keys}\"\n\n\
             [link.pay]\nfrom = \"users\"\nto = \"bank\"\nloss = {}\nreply_loss = {}\n\
             timeout = \"100 ms\"\nattempts = {}\nidempotency_key = \"form\"\n\n\
             [operation.order]\nkind = \"write\"\n",
            p.get("request_loss"),
            p.get("response_loss"),
            p.whole("retries") + 1,
        )
    },
    expects: |p| {
        let call = lossy(p);
        let (executions, twice) = match p.whole("keys") {
            1 => (1.0 - call.never_executed(), 0.0),
            _ => (call.executions(), call.duplicated()),
        };
        let executed = |report: &Report, _: &Parameters| per_intent(report, report.ledger.effects);
        let duplicated =
            |report: &Report, _: &Parameters| per_intent(report, report.ledger.duplicate);
        vec![
            Expected::near("executions per call", "", executions, executed),
            share_of("executed more than once", twice, CALLS, duplicated),
        ]
    },
    draw: |dice| {
        vec![
            ("request_loss", dice.between(0.0, 0.3)),
            ("response_loss", dice.between(0.01, 0.4)),
            ("retries", dice.whole(1, 5)),
            ("keys", dice.whole(0, 1)),
        ]
    },
};

// ---- rows -------------------------------------------------------------------------------------

const fn row(
    name: &'static str,
    title: &'static str,
    family: &'static Family,
    values: &'static [(&'static str, f64)],
) -> Row {
    Row::new(name, title, family, values, 0.01)
}

macro_rules! leases {
    ($work:expr, $visibility:expr, $max:expr, $old:expr) => {
        &[
            ("work_s", $work),
            ("visibility_s", $visibility),
            ("max_receives", $max),
            ("old_deletes", $old),
        ]
    };
}

macro_rules! crashes {
    ($before:expr, $mode:expr) => {
        &[
            ("n", 10.0),
            ("c", 4.0),
            ("before", $before),
            ("mode", $mode),
        ]
    };
}

macro_rules! losses {
    ($keys:expr) => {
        &[
            ("request_loss", 0.0),
            ("response_loss", 0.05),
            ("retries", 3.0),
            ("keys", $keys),
        ]
    };
}

pub const ROWS: &[Row] = &[
    Row {
        published: &[
            ("deliveries per message", 3.0),
            ("effects per message", 3.0),
        ],
        ..row(
            "lease-75-of-30",
            "A lease of 30 s, work of 75 s: delivered and done three times",
            &LEASE,
            leases!(75.0, 30.0, 0.0, 1.0),
        )
    },
    Row {
        published: &[("deliveries per message", 1.0)],
        ..row(
            "lease-29-of-30",
            "A lease of 30 s, work of 29 s: once",
            &LEASE,
            leases!(29.0, 30.0, 0.0, 1.0),
        )
    },
    Row {
        published: &[("effects per message", 2.0), ("dead letters", 1.0)],
        ..row(
            "lease-dead-letter",
            "Two receives at most: in the dead-letter queue, and done twice",
            &LEASE,
            leases!(75.0, 30.0, 2.0, 1.0),
        )
    },
    Row {
        published: &[("deliveries per message", 1.4202)],
        ..row(
            "lease-exponential",
            "Exponential work whose mean is the lease",
            &LEASE_EXPONENTIAL,
            leases!(30.0, 30.0, 0.0, 1.0),
        )
    },
    row(
        "lease-old-ignored",
        "The same where late acknowledgements count for nothing, five receives at most",
        &LEASE_EXPONENTIAL,
        leases!(30.0, 30.0, 5.0, 0.0),
    ),
    Row {
        published: &[("done twice", 4.0)],
        ..row(
            "batch-after",
            "A crash after 4 of a batch of 10 that is acknowledged after the work",
            &BATCH,
            crashes!(0.0, 0.0),
        )
    },
    Row {
        published: &[("lost", 6.0)],
        ..row(
            "batch-before",
            "The same, acknowledged before the work",
            &BATCH,
            crashes!(1.0, 0.0),
        )
    },
    row(
        "batch-after-session",
        "A crash after 4 of 10 that were pushed, acknowledged after the work",
        &BATCH,
        crashes!(0.0, 1.0),
    ),
    row(
        "batch-before-session",
        "The same, acknowledged before the work",
        &BATCH,
        crashes!(1.0, 1.0),
    ),
    row(
        "batch-after-log",
        "A crash after 4 of 10 that were read from a log, committed after the work",
        &BATCH,
        crashes!(0.0, 2.0),
    ),
    row(
        "batch-before-log",
        "The same, committed before the work",
        &BATCH,
        crashes!(1.0, 2.0),
    ),
    Row {
        published: &[
            ("executions per call", 1.0526),
            ("executed more than once", 0.05),
        ],
        ..row(
            "lost-replies",
            "5 % of replies lost, 3 retries, not idempotent",
            &LOST_REPLIES,
            losses!(0.0),
        )
    },
    Row {
        published: &[
            ("executions per call", 1.0),
            ("executed more than once", 0.0),
        ],
        ..row(
            "lost-replies-key",
            "The same with an idempotency key",
            &LOST_REPLIES,
            losses!(1.0),
        )
    },
];
