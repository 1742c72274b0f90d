//! Lints: what is valid in a design and still unwise, each with the numbers that say so and the one
//! knob to look at.
//!
//! Adding one: a function of its subject's file that takes the [`Map`] and gives [`Advice`], a line in
//! [`LINTS`], its two designs in `tests/fixtures/lint` and a row in `tests/it/lint.rs`.

mod caches;
mod capacity;
mod copies;
mod data;
mod derived;
mod doors;
mod handling;
mod jobs;
mod known;
pub mod map;
mod messages;
mod pools;
mod queues;
mod retries;
mod spares;
mod timeouts;
pub mod trip;
mod words;
mod workers;

use super::diagnostic::{Diagnostic, Severity};
use super::{Design, TimelineEntry};
use map::Map;

/// One kind of unwise design.
pub struct Lint {
    /// Stable: `L0101`.
    pub code: &'static str,
    /// What people call it: `no-timeout`.
    pub name: &'static str,
    /// What it looks for, with its thresholds, in one line.
    pub meaning: &'static str,
    check: fn(&Map<'_>) -> Vec<Advice>,
}

/// One finding of a lint.
struct Advice {
    /// Path of what is unwise.
    path: String,
    /// Why, as one or two sentences without a last full stop.
    reason: String,
    /// Path of the one knob to look at.
    knob: String,
    /// What to try with it.
    remedy: String,
}

const fn lint(
    code: &'static str,
    name: &'static str,
    meaning: &'static str,
    check: fn(&Map<'_>) -> Vec<Advice>,
) -> Lint {
    Lint {
        code,
        name,
        meaning,
        check,
    }
}

/// Busier than this is little headroom.
const HEADROOM: f64 = 0.85;
/// Requests that outlast their callers are worth a word from this share on.
const OUTLASTING: f64 = 0.01;
/// Where load is balanced by chance, crowds are long from this share of busy slots on.
const CROWDED: f64 = 0.5;
/// Instances are idle if half of them would be less busy than this.
const IDLE: f64 = 0.4;
/// A run of a job that takes longer than this is worth keeping its progress: 10 minutes.
const LONG_RUN_S: f64 = 600.0;

/// Every lint, in the order of the codes.
pub static LINTS: &[Lint] = &[
    lint(
        "L0101",
        "no-timeout",
        "a client, service or worker waits for a reply without a timeout, and nothing bounds how long the reply may take",
        timeouts::none,
    ),
    lint(
        "L0102",
        "inner-timeout-outlasts-outer",
        "the tries on a link, timeout by timeout, may last longer than a caller further out waits, and nobody stops them",
        timeouts::inner_outlasts_outer,
    ),
    lint(
        "L0103",
        "timeout-below-service-time",
        "a timeout is shorter than the mean time of a service's reply, or than most replies of a store or third party, even if nothing waits",
        timeouts::too_short,
    ),
    lint(
        "L0104",
        "work-for-nobody",
        "of the requests at a node, 1 % or more take longer than the direct caller waits, and the node goes on with them",
        timeouts::work_for_nobody,
    ),
    lint(
        "L0105",
        "third-party-without-timeout",
        "a service or worker waits without a timeout for a third party that leaves calls unanswered",
        timeouts::third_party_hangs,
    ),
    lint(
        "L0201",
        "retries-multiply",
        "two or more links on one path retry without a retry budget",
        retries::multiply,
    ),
    lint(
        "L0202",
        "retries-at-once",
        "a link retries without backoff, and its callee can refuse at once",
        retries::at_once,
    ),
    lint(
        "L0203",
        "backoff-without-jitter",
        "the pauses before retries are the same for all callers, and there are several",
        retries::no_jitter,
    ),
    lint(
        "L0204",
        "retries-without-budget",
        "nothing limits retries on a link with a timeout, and if all its tries were used a node behind it would get more than it can do",
        retries::no_budget,
    ),
    lint(
        "L0205",
        "budget-never-earned",
        "a caller makes too few calls to save up one retry in the 10 s for which a retry budget keeps credit",
        retries::budget_never_earned,
    ),
    lint(
        "L0206",
        "quota-below-cost",
        "a retry costs more than the whole retry quota",
        retries::quota_below_cost,
    ),
    lint(
        "L0207",
        "loss-without-retry",
        "calls that only read are lost or answered with an error, and nobody on the way tries again",
        retries::none_against_loss,
    ),
    lint(
        "L0208",
        "shed-retried",
        "more comes to a balancer than its rate limit lets through, and what it turns away is tried again without a budget",
        copies::shed_retried,
    ),
    lint(
        "L0209",
        "write-hedged",
        "a call that changes something is sent a second time while the first is under way",
        copies::write_hedged,
    ),
    lint(
        "L0210",
        "hedge-too-early",
        "copies are sent before half of the replies could be there",
        copies::too_early,
    ),
    lint(
        "L0211",
        "hedge-runs-on",
        "the copy of a call that lost is finished for nobody",
        copies::runs_on,
    ),
    lint(
        "L0212",
        "breaker-never-judges",
        "a breaker's window of time holds fewer calls, all tries used, than it judges from",
        copies::breaker_never_judges,
    ),
    lint(
        "L0301",
        "unbounded-queue",
        "a waiting line, first in first out, has no end, its callers give up, and the service goes on serving them",
        queues::unbounded,
    ),
    lint(
        "L0302",
        "queue-beyond-patience",
        "a full waiting line takes longer than its callers wait",
        queues::beyond_patience,
    ),
    lint(
        "L0303",
        "third-party-takes-all-slots",
        "if a third party did not answer, those who wait for it would hold all slots of a service that other operations need",
        copies::third_party_takes_all,
    ),
    lint(
        "L0401",
        "overloaded",
        "more is asked of a service or database than it can do, if nothing waits and nothing fails",
        capacity::overloaded,
    ),
    lint(
        "L0402",
        "little-headroom",
        "a service or database is over 85 % busy at the rates of the start",
        capacity::little_headroom,
    ),
    lint(
        "L0403",
        "no-spare-instance",
        "with one instance less, the others would get more than they can do",
        capacity::no_spare,
    ),
    lint(
        "L0404",
        "idle-instances",
        "half of the instances would be less than 40 % busy, and nothing is to happen that could need them",
        capacity::idle,
    ),
    lint(
        "L0405",
        "slots-held-for-third-party",
        "waiting for third parties, and not the service's own work, needs more slots than there are",
        capacity::held_for_third_party,
    ),
    lint(
        "L0406",
        "balanced-by-chance",
        "a balancer chooses by chance among instances that are over 50 % busy",
        capacity::by_chance,
    ),
    lint(
        "L0407",
        "no-second-instance",
        "the timeline has as many instances of a service crash as there are",
        spares::no_second,
    ),
    lint(
        "L0408",
        "one-zone",
        "all instances of a service stand in one zone, though there are others or it fails on the timeline",
        spares::one_zone,
    ),
    lint(
        "L0409",
        "scaled-too-little",
        "autoscaling stops below what the load of the start needs",
        spares::scaled_too_little,
    ),
    lint(
        "L0410",
        "scaling-never-starts",
        "autoscaling waits for more than 100 % busy slots",
        spares::scaling_never_starts,
    ),
    lint(
        "L0411",
        "limit-above-capacity",
        "a rate limit lets more through than those behind it can do",
        doors::limit_above_capacity,
    ),
    lint(
        "L0501",
        "pool-too-small",
        "calls keep more connections busy, on average, than the pool has (Little's law)",
        pools::too_small,
    ),
    lint(
        "L0502",
        "no-acquire-timeout",
        "more calls than connections in the pool can be under way, and waiting for one has no end",
        pools::no_acquire_timeout,
    ),
    lint(
        "L0503",
        "connections-exceeded",
        "all callers together may have more queries under way than the database has connections",
        pools::connections_exceeded,
    ),
    lint(
        "L0504",
        "cores-without-connections",
        "a database has more cores than connections",
        pools::cores_without_connections,
    ),
    lint(
        "L0601",
        "write-retried",
        "a call that changes something may time out after it was done, and is tried again",
        data::write_retried,
    ),
    lint(
        "L0602",
        "respond-before-write",
        "a plan responds before it has heard of a promised effect, or does not wait for it at all",
        data::respond_before_write,
    ),
    lint(
        "L0603",
        "write-behind",
        "a cache acknowledges promised effects before their place has them",
        caches::write_behind,
    ),
    lint(
        "L0604",
        "keys-not-sent",
        "a third party knows a request again by its key, calls or messages to it are repeated, and no link makes keys",
        data::keys_not_sent,
    ),
    lint(
        "L0701",
        "cache-too-small",
        "even if it kept the most popular items, less than half of the lookups would hit",
        caches::too_small,
    ),
    lint(
        "L0702",
        "stampede",
        "two or more ask for the favourite item while it is fetched, and each goes to the source",
        caches::stampede,
    ),
    lint(
        "L0703",
        "loaded-together",
        "items are loaded within a second and expire together, and to fetch them takes half a second or more",
        caches::loaded_together,
    ),
    lint(
        "L0704",
        "cache-holds-up-database",
        "the timeline empties a cache without which the database gets more than it can do",
        caches::holds_up_store,
    ),
    lint(
        "L0801",
        "nobody-checks",
        "instances behind a balancer without checks or ejection crash on the timeline, while others are left",
        doors::nobody_checks,
    ),
    lint(
        "L0802",
        "checks-too-deep",
        "deep checks of all instances depend on what some operations do not need, and the balancer refuses everybody when they fail",
        doors::checks_too_deep,
    ),
    lint(
        "L0803",
        "herd",
        "twice as many requests as an instance has slots come between two pictures of the loads, and all go to the least loaded",
        doors::herd,
    ),
    lint(
        "L0804",
        "favourite-too-much",
        "a balancer sends one user's or item's requests to one instance, and they are more than it can do",
        doors::favourite_too_much,
    ),
    lint(
        "L0901",
        "alert-cannot-fire",
        "a burn rate asks for more than 100 % errors",
        spares::alert_cannot_fire,
    ),
    lint(
        "L1001",
        "endless-redelivery",
        "messages that always fail are handed out again without a limit",
        messages::endless,
    ),
    lint(
        "L1002",
        "dropped-after-last",
        "a message that failed often enough is dropped, and an effect was promised",
        messages::dropped,
    ),
    lint(
        "L1003",
        "lease-below-work",
        "1 % or more of the messages take longer than their lease, the batch and what is fetched ahead included",
        messages::lease_too_short,
    ),
    lint(
        "L1004",
        "retention-below-outage",
        "all of a worker is down for longer than a message is kept",
        messages::retention_too_short,
    ),
    lint(
        "L1005",
        "backlog-without-end",
        "more is published to a queue without a bound than its workers can do",
        messages::no_end,
    ),
    lint(
        "L1006",
        "partitions-below-consumers",
        "a log has fewer partitions than a worker has instances",
        messages::idle_consumers,
    ),
    lint(
        "L1007",
        "poll-deadline-below-batch",
        "1 % or more of the batches take longer than a reader of a log may be silent",
        messages::poll_too_late,
    ),
    lint(
        "L1008",
        "one-item-at-a-time",
        "the messages of one item need a handler or more, and are handed out one at a time",
        messages::one_at_a_time,
    ),
    lint(
        "L1101",
        "acknowledged-before-work",
        "a worker acknowledges messages before their promised effects are there",
        workers::acknowledged_first,
    ),
    lint(
        "L1102",
        "prefetch-hoards",
        "each of several instances holds ten times as many pushed messages as it works on",
        workers::hoards,
    ),
    lint(
        "L1103",
        "batch-read-again",
        "messages of a log fail, and with each the rest of its batch is read again",
        workers::batch_repeats,
    ),
    lint(
        "L1104",
        "no-idempotency-store",
        "messages come again after a crash or a lost acknowledgement, and the worker leaves its effect twice",
        workers::no_memory,
    ),
    lint(
        "L1105",
        "store-forgets-too-soon",
        "a worker remembers what it did for less time than a message may take to come again",
        workers::memory_too_short,
    ),
    lint(
        "L1106",
        "runs-over-third-party",
        "a worker with a backlog makes more calls than a third party lets it",
        workers::runs_over_third_party,
    ),
    lint(
        "L1201",
        "job-crowds-out-users",
        "users and a run of a job together would keep a database over 85 % busy, and nothing slows the job down enough",
        jobs::crowds_out,
    ),
    lint(
        "L1202",
        "job-starts-over",
        "a job keeps no progress, and the timeline has it crash, or a run takes over 10 min",
        jobs::starts_over,
    ),
    lint(
        "L1203",
        "job-overwrites",
        "a job without a version guard reads and writes rows that users write, too",
        jobs::overwrites,
    ),
    lint(
        "L1204",
        "job-outlasts-period",
        "a run of a job takes longer than the time to the next one",
        jobs::outlasts_period,
    ),
];

/// What is unwise in a design that passed validation, in the order of the lints.
pub fn check(design: &Design, timeline: &[TimelineEntry]) -> Vec<Diagnostic> {
    let map = Map::new(design, timeline);
    let mut out = Vec::new();
    for lint in LINTS {
        for advice in (lint.check)(&map) {
            out.push(Diagnostic {
                code: lint.code,
                severity: Severity::Advice,
                path: advice.path,
                place: None,
                message: advice.reason,
                help: Some(format!("look at `{}`: {}", advice.knob, advice.remedy)),
                knob: Some(advice.knob),
            });
        }
    }
    out
}
