//! From a finished run to its report.

use super::claims;
use super::cost::Prices;
use super::histogram::Histogram;
use super::on_call::{alerts, slos};
use super::promises::{Judged, judge};
use super::recorder::{Mark, Recorder, WindowTally};
use super::report::{
    Ended, GoalReport, Latency, LedgerCounts, LinkReport, LossReport, NodeReport, NodeSeries,
    OperationReport, Report, Series, SpanReport, TraceReport, Users,
};
use super::series::sent_by_clients;
use super::traces::{Pin, Trace};
use crate::engine::Run;
use crate::engine::attempt::{CalleeSide, CallerSide};
use crate::engine::core::Stop;
use crate::engine::program::{Program, SEMANTICS_VERSION, Window};
use crate::engine::record::Told;
use crate::engine::world::Phase;
use crate::ledger::Verdict;
use crate::ledger::diverged::{self, Diverged};
use crate::scenario::{Bound, Goal, Metric, Scenario};
use crate::time::{Duration, NS_PER_MS, Time};

/// Version of the report's shape.
pub const REPORT_FORMAT: u32 = 1;

/// Everything about a run that is over.
pub fn report(scenario: &Scenario, run: &Run<Recorder>, seed: u64) -> Report {
    let (program, record) = (&*run.program, &run.record);
    let measured = seen(run, program.windows[0]);
    let length = run.now().since(Time::ZERO).0.min(program.horizon.0);
    let used = Prices::used(&run.world.core.node_counters, run.now());
    let prices = Prices::of(&scenario.design);
    let cost = prices.cost(&used, run.now(), Duration(length));
    let diverged = diverged(run).len() as u64;
    let judged = judge(program, &record.promises, &run.world.core.monitoring.alerts);
    let found = Found {
        cost_micro_per_hour: cost.total_micro_per_hour,
        diverged,
        judged: &judged,
    };
    let goals: Vec<GoalReport> = scenario
        .goals
        .iter()
        .map(|g| goal(g, run, &found, scenario))
        .collect();
    Report {
        scenario: scenario.about.id.clone(),
        title: scenario.about.title.clone(),
        seed,
        format: REPORT_FORMAT,
        semantics_version: SEMANTICS_VERSION,
        engine_version: env!("CARGO_PKG_VERSION"),
        digest: run.digest(),
        ended: ended(run),
        duration_ns: program.horizon.0,
        settled_at_ns: (run.phase() == Phase::Settled).then(|| run.now().0),
        events: run.world.core.events,
        measure_ns: (measured.from.0, measured.to.0),
        users: users(program, run, &record.windows[0], measured),
        ledger: ledger(record, diverged),
        ledger_kept: record.keeps_ledger,
        losses: losses(program, record),
        operations: operations(program, record),
        alerts: alerts(run, &judged),
        slos: slos(run, &judged),
        nodes: (0..program.nodes.len())
            .map(|i| node(run, i, measured))
            .collect(),
        links: links(run),
        cost,
        passed: !is_stopped(run) && goals.iter().all(|g| g.holds),
        goals,
        series: series(program, record),
        traces: record
            .traces
            .all()
            .iter()
            .map(|t| trace(program, t))
            .collect(),
    }
}

fn is_stopped(run: &Run<Recorder>) -> bool {
    matches!(run.phase(), Phase::Stopped(_))
}

/// What there was of a window: a run that a limit ended has nothing after its end.
fn seen(run: &Run<Recorder>, window: Window) -> Window {
    if !is_stopped(run) {
        return window;
    }
    Window {
        from: window.from.min(run.now()),
        to: window.to.min(run.now()),
        operation: window.operation,
    }
}

/// Nothing per second of no time at all.
fn per_second(count: u64, window: Window) -> f64 {
    match window.seconds() {
        0.0 => 0.0,
        seconds => count as f64 / seconds,
    }
}

fn ended(run: &Run<Recorder>) -> Ended {
    let limits = run.program.limits;
    let at_ns = run.now().0;
    match run.phase() {
        Phase::Unsettled { open, stuck } => Ended::Unsettled { open, stuck },
        Phase::Stopped(Stop::Backlog) => Ended::BacklogLimit {
            at_ns,
            limit: limits.in_flight as u64,
        },
        Phase::Stopped(Stop::Events) => Ended::EventLimit {
            at_ns,
            limit: limits.events,
        },
        Phase::Settled | Phase::Running | Phase::Settling => Ended::Settled,
    }
}

pub fn latency(histogram: &Histogram) -> Latency {
    Latency {
        count: histogram.count(),
        mean_ns: histogram.mean(),
        p50_ns: histogram.percentile(500),
        p90_ns: histogram.percentile(900),
        p95_ns: histogram.percentile(950),
        p99_ns: histogram.percentile(990),
        p999_ns: histogram.percentile(999),
        max_ns: histogram.max(),
    }
}

/// `part / whole`; nothing of nothing is no number.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn users(program: &Program, run: &Run<Recorder>, tally: &WindowTally, window: Window) -> Users {
    let record = &run.record;
    let sent = |mark: &Mark| sent_by_clients(program, &mark.links);
    let sent = between(record, window).map_or(0, |(from, to)| sent(to) - sent(from));
    let failed = tally.failed.total();
    Users {
        actions: tally.actions,
        served: tally.served,
        degraded: tally.degraded,
        failed,
        abandoned: tally.abandoned,
        unanswered: tally.actions - tally.served - tally.degraded - tally.abandoned - failed,
        failed_by_reason: tally.failed.listed(),
        served_share: ratio(tally.served, tally.actions),
        goodput_per_s: per_second(tally.useful_replies, window),
        offered_per_s: per_second(sent, window),
        tries_per_action: ratio(tally.tries, tally.actions),
        latency: latency(&tally.latency),
    }
}

/// The marks at both edges of a window that was seen.
fn between(record: &Recorder, window: Window) -> Option<(&Mark, &Mark)> {
    let at = |time: Time| record.marks.iter().find(|m| m.at == time);
    Some((at(window.from)?, at(window.to)?))
}

fn ledger(record: &Recorder, diverged: u64) -> LedgerCounts {
    let counts = record.ledger.counts;
    LedgerCounts {
        intents: counts.intents,
        effects: counts.effects,
        undone: counts.undone,
        clean: counts.clean,
        lost: counts.of(Verdict::Lost),
        duplicate: counts.of(Verdict::Duplicate),
        parked: counts.of(Verdict::Parked),
        phantom: counts.of(Verdict::Phantom),
        partial: counts.of(Verdict::Partial),
        effects_of_jobs: counts.by_jobs,
        repeated_by_jobs: counts.repeated_by_jobs,
        lost_updates: counts.lost_updates,
        invariants_broken: counts.invariants_broken,
        taken_back: counts.taken_back,
        completed: counts.completed,
        mended: counts.mended,
        harmed: counts.harmed,
        stale: counts.of(Verdict::Stale),
        stale_longest_ns: record.ledger.reads.longest().0,
        own_write_missed: counts.of(Verdict::OwnWriteMissed),
        went_back: counts.of(Verdict::WentBack),
        out_of_order: counts.of(Verdict::OutOfOrder),
        unauthorised: counts.of(Verdict::Unauthorised),
        write_skews: counts.write_skews,
        diverged,
        open: counts.open(),
    }
}

/// Rows of which places have different things now.
pub fn diverged(run: &Run<Recorder>) -> Vec<Diverged> {
    diverged::all(run.current(), &run.world, &run.record.ledger.reads)
}

fn losses(program: &Program, record: &Recorder) -> Vec<LossReport> {
    let all = record.recovery.losses.iter().enumerate();
    let stale = |number| record.recovery.stale_until(number, &record.ledger.reads);
    all.map(|(number, loss)| LossReport {
        stale_until_ns: stale(number).map(|at| at.0),
        node: program.nodes[loss.node as usize].key.clone(),
        lost_at_ns: loss.lost.0,
        led_at_ns: loss.led.map(|at| at.0),
        another_leads: loss.moved,
        undone: loss.undone,
        lost: loss.lost_actions,
        recovery_point_ns: loss.point().map(|length| length.0),
        refused_at_ns: loss.refused.map(|at| at.0),
        written_at_ns: loss.written.map(|at| at.0),
        recovery_time_ns: loss.time().map(|length| length.0),
    })
    .collect()
}

fn operations(program: &Program, record: &Recorder) -> Vec<OperationReport> {
    let rows = program.operations.iter().zip(&record.operations);
    let rows = rows
        .enumerate()
        .map(|(i, (operation, tally))| OperationReport {
            key: operation.key.clone(),
            actions: tally.actions,
            served: record.latency_of(i).count(),
            failed: tally.failed,
            latency: latency(record.latency_of(i)),
        });
    rows.collect()
}

fn node(run: &Run<Recorder>, i: usize, window: Window) -> NodeReport {
    let (program, record) = (&run.program, &run.record);
    let now = &run.world.core.node_counters[i];
    let mut report = NodeReport {
        key: program.nodes[i].key.clone(),
        kind: program.nodes[i].kind,
        arrived: now.arrived,
        useful: now.useful,
        wasted: now.wasted,
        cancelled: now.cancelled,
        refused: now.refused,
        errors: now.errors,
        lost_in_crash: now.lost_in_crash,
        in_flight: now.in_flight(),
        instances: now.instances.value,
        waited_share: ratio(record.waited[i], record.sojourn[i].count()),
        sojourn: latency(&record.sojourn[i]),
        series: node_series(record, i),
        ..NodeReport::default()
    };
    if report.kind == "queue" {
        let oldest = run.world.oldest(program, i);
        let age = oldest.map_or(Duration::ZERO, |since| run.now() - since);
        report.age_at_end_ns = oldest.map(|_| age.0);
        report.greatest_age_ns = Some(now.greatest_age.max(age).0);
    }
    let marks = between(record, window).filter(|_| window.from < window.to);
    let Some((from, to)) = marks else {
        return report;
    };
    let (a, b) = (&from.nodes[i], &to.nodes[i]);
    let span = (window.to - window.from).0 as f64;
    report.mean_instances = (to.instances[i] - from.instances[i]) as f64 / span;
    report.mean_waiting = (to.waiting[i] - from.waiting[i]) as f64 / span;
    report.mean_busy = (to.busy[i] - from.busy[i]) as f64 / span;
    let slots = run.world.look(program, i).slots;
    report.utilisation = (slots > 0).then(|| report.mean_busy / f64::from(slots));
    let began = b.began - a.began;
    report.mean_wait_ns = (began > 0).then(|| (b.waited - a.waited) as f64 / began as f64);
    report.arrived_per_s = per_second(b.arrived - a.arrived, window);
    report.completed_per_s = per_second(b.left - a.left, window);
    let names = program.nodes[i].config.tallies().iter();
    let counts = names.zip(b.tallies.iter().zip(&a.tallies));
    report.counts = counts.map(|(&name, (b, a))| (name, b - a)).collect();
    report.refused_share = ratio(b.refused - a.refused, b.arrived - a.arrived);
    report
}

fn node_series(record: &Recorder, i: usize) -> NodeSeries {
    let rows = &record.series.nodes[i];
    NodeSeries {
        arrived: rows.iter().map(|r| r.arrived).collect(),
        useful: rows.iter().map(|r| r.useful).collect(),
        failed: rows.iter().map(|r| r.failed).collect(),
        waiting: rows.iter().map(|r| r.waiting).collect(),
        busy: rows.iter().map(|r| r.busy).collect(),
    }
}

fn links(run: &Run<Recorder>) -> Vec<LinkReport> {
    let program = &run.program;
    let counters = run.world.core.link_counters.iter();
    let rows = program
        .links
        .iter()
        .zip(counters)
        .map(|(link, c)| LinkReport {
            key: link.key.clone(),
            from: program.nodes[link.from as usize].key.clone(),
            to: program.nodes[link.to as usize].key.clone(),
            calls: c.calls,
            attempts: c.attempts,
            retries: c.retries,
            succeeded: c.succeeded,
            failed: c.failed.total(),
            failed_by_reason: c.failed.listed(),
            in_flight: u64::from(c.in_flight),
            retries_denied: c.retries_denied,
            hedges: c.hedges,
            hedges_won: c.hedges_won,
            breaker_opened: c.breaker_opened,
            breaker_rejected: c.breaker_rejected,
            fallbacks: c.fallbacks,
            deadlines_passed: c.deadlines_passed,
        });
    rows.collect()
}

fn series(program: &Program, record: &Recorder) -> Series {
    let seconds = program.bucket.as_secs_f64();
    let rate = |n: u64| n as f64 / seconds;
    let ms = |ns: Option<u64>| ns.map(|ns| ns as f64 / NS_PER_MS as f64);
    let users = &record.series.users;
    Series {
        bucket_ns: program.bucket.0,
        offered_per_s: users.iter().map(|b| rate(b.sent)).collect(),
        actions_per_s: users.iter().map(|b| rate(b.begun)).collect(),
        useful_per_s: users.iter().map(|b| rate(b.served)).collect(),
        failed_per_s: users.iter().map(|b| rate(b.failed)).collect(),
        p50_ms: users.iter().map(|b| ms(b.p50_ns)).collect(),
        p99_ms: users.iter().map(|b| ms(b.p99_ns)).collect(),
        tries_per_action: users.iter().map(|b| ratio(b.sent, b.begun)).collect(),
        waiting: users.iter().map(|b| b.waiting).collect(),
    }
}

/// Number of an operation.
fn number_of(program: &Program, key: &str) -> Option<u16> {
    let at = program.operations.iter().position(|o| o.key == key)?;
    Some(at as u16)
}

/// What is known of the whole run besides what windows count.
struct Found<'j> {
    cost_micro_per_hour: i64,
    diverged: u64,
    judged: &'j Judged,
}

fn goal(goal: &Goal, run: &Run<Recorder>, found: &Found<'_>, scenario: &Scenario) -> GoalReport {
    let (program, record) = (&*run.program, &run.record);
    let (from, to) = goal.window.unwrap_or(scenario.run.measure);
    let asked = goal.operation.as_deref();
    let window = Window {
        from: Time(from.0),
        to: Time(to.0),
        operation: asked.and_then(|key| number_of(program, key)),
    };
    let at = program
        .windows
        .iter()
        .position(|w| *w == window)
        .expect("compiled with the goals");
    let tally = &record.windows[at];
    let counts = &record.ledger.counts;
    let of = |verdict| Some(counts.of(verdict) as f64);
    let ms = |per_mille| {
        tally
            .latency
            .percentile(per_mille)
            .map(|ns| ns as f64 / NS_PER_MS as f64)
    };
    let measured = match goal.metric {
        metric if !record.keeps_ledger && metric.is_of_ledger() => None,
        Metric::Served => ratio(tally.served, tally.actions),
        Metric::Goodput => {
            let seen = seen(run, window);
            (seen.from < seen.to).then(|| per_second(tally.useful_replies, seen))
        }
        Metric::Amplification => ratio(tally.tries, tally.actions),
        Metric::LatencyP50 => ms(500),
        Metric::LatencyP99 => ms(990),
        Metric::Lost => of(Verdict::Lost),
        Metric::Duplicate => of(Verdict::Duplicate),
        Metric::Phantom => of(Verdict::Phantom),
        Metric::Partial => of(Verdict::Partial),
        Metric::LostUpdate => Some(counts.lost_updates as f64),
        Metric::Diverged => Some(found.diverged as f64),
        Metric::ClaimsBroken => {
            let claims = claims::judge(&scenario.claims, program, &record.ledger);
            Some(claims.iter().filter(|claim| !claim.holds).count() as f64)
        }
        Metric::Stale => of(Verdict::Stale),
        Metric::StaleAge => Some(record.ledger.reads.longest().0 as f64 / NS_PER_MS as f64),
        Metric::OwnWriteMissed => of(Verdict::OwnWriteMissed),
        Metric::WentBack => of(Verdict::WentBack),
        Metric::OutOfOrder => of(Verdict::OutOfOrder),
        Metric::Unauthorised => of(Verdict::Unauthorised),
        Metric::WriteSkew => Some(counts.write_skews as f64),
        Metric::InvariantBroken => Some(counts.invariants_broken as f64),
        Metric::RecoveryTime => {
            let end = run.now().min(Time(program.horizon.0));
            Some(record.recovery.time(end).0 as f64 / NS_PER_MS as f64)
        }
        Metric::RecoveryPoint => Some(record.recovery.point().0 as f64 / NS_PER_MS as f64),
        Metric::ReadRecovery => {
            let longest = record.recovery.read_recovery(&record.ledger.reads);
            Some(longest.0 as f64 / NS_PER_MS as f64)
        }
        Metric::Pages => Some(tally.pages as f64),
        Metric::FalsePages => Some(
            found
                .judged
                .false_pages(&run.world.core.monitoring.alerts, window) as f64,
        ),
        Metric::MissedIncidents => {
            let missed = found
                .judged
                .incidents(window)
                .filter(|it| it.paged.is_none());
            Some(missed.count() as f64)
        }
        Metric::TimeToDetect => {
            let longest = found.judged.time_to_detect(window).unwrap_or_default();
            Some(longest.0 as f64 / NS_PER_MS as f64)
        }
        // A run that a limit ended has not seen the end of the window.
        Metric::MessageAge => record
            .marks
            .iter()
            .find(|mark| mark.at == window.to)
            .map(|mark| mark.message_age.0 as f64 / NS_PER_MS as f64),
        Metric::Cost => Some(found.cost_micro_per_hour as f64 / 1e6),
    };
    let (bound, at_least) = match &goal.bound {
        Bound::AtLeast(value) => (value.as_f64(), true),
        Bound::AtMost(value) => (value.as_f64(), false),
    };
    let holds = measured.is_some_and(|m| if at_least { m >= bound } else { m <= bound });
    GoalReport {
        key: goal.key.clone(),
        label: goal.label.clone(),
        metric: goal.metric.name(),
        measured,
        bound,
        at_least,
        holds,
    }
}

pub fn trace(program: &Program, trace: &Trace) -> TraceReport {
    let told = trace.told;
    TraceReport {
        action: trace.number,
        operation: program.operations[trace.operation as usize].key.clone(),
        born_ns: trace.born.0,
        told_ns: told.map(|(at, _)| at.0),
        outcome: match told {
            None => "unanswered",
            Some((_, Told::Served)) => "served",
            Some((_, Told::Degraded)) => "degraded",
            Some((_, Told::Failed(reason))) => reason.code(),
            Some((_, Told::Abandoned)) => "abandoned",
        },
        pins: trace.pins.iter().map(|p| pin(*p)).collect(),
        spans: trace.spans.iter().map(|s| span(program, s)).collect(),
    }
}

fn pin(pin: Pin) -> String {
    match pin {
        Pin::Sample => "sample".to_owned(),
        Pin::Slowest => "slowest".to_owned(),
        Pin::FirstFailure(reason) => format!("first_{}", reason.code()),
        Pin::FirstVerdict(verdict) => format!("first_{}", verdict.code()),
    }
}

fn span(program: &Program, span: &super::traces::Span) -> SpanReport {
    let at = |t: Time| (t != Time::NEVER).then_some(t.0);
    SpanReport {
        link: (program.links.get(span.link as usize)).map_or_else(String::new, |l| l.key.clone()),
        node: program.nodes[span.node as usize].key.clone(),
        instance: span.instance,
        attempt: span.number,
        born_ns: span.born.0,
        sent_ns: at(span.sent),
        arrived_ns: at(span.arrived),
        began_ns: at(span.began),
        left_ns: at(span.left),
        ended_ns: at(span.ended),
        outcome: match span.caller {
            CallerSide::Succeeded => "served",
            CallerSide::Failed(reason) => reason.code(),
            CallerSide::Acquiring | CallerSide::Waiting => "open",
        },
        callee: match span.callee {
            CalleeSide::Lost => "never_arrived",
            CalleeSide::Refused(_) => "refused",
            CalleeSide::Replied if span.caller == CallerSide::Succeeded => "useful",
            CalleeSide::Replied => "wasted",
            CalleeSide::Error => "error",
            CalleeSide::Cancelled => "cancelled",
            CalleeSide::Crashed => "lost_in_crash",
            _ => "open",
        },
    }
}
