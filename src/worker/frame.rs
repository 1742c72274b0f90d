//! From the world to what the page draws.

use super::protocol::{
    DataNow, Frame, LinkNow, News, NewsKind, NodeNow, Phase, SeenNow, State, UsersNow, disc,
};
use crate::engine::attempt::{Attempt, CalleeSide, CallerSide, NO_LINK};
use crate::engine::reason::{ByReason, Reason};
use crate::engine::{Run, world};
use crate::ledger::Verdict;
use crate::observe::Recorder;
use crate::observe::cost::Prices;
use crate::observe::live::{Happened, Live};
use crate::observe::series::{Series, sent_by_clients};
use crate::time::{Duration, NS_PER_MS, Time};

/// Places of a waiting line, and slots, that are drawn one by one.
const PLACES: usize = 24;

/// Discs in one frame; more could not be told apart.
const DISCS_MAX: usize = 600;

/// What the page has from earlier frames of the run.
#[derive(Clone, Copy, Default)]
pub struct Sent {
    /// Buckets of the series, and complete columns of the heat map.
    pub buckets: usize,
    pub columns: usize,
    pub news: usize,
    /// Instant of the newest frame; `None` if the page has nothing, or has to forget what it has.
    pub until: Option<Time>,
}

/// Moves what has happened since the last time to the end of the list.
pub fn gather_news(run: &mut Run<Recorder>, all: &mut Vec<News>) {
    if let Some(live) = &mut run.record.live {
        let new = std::mem::take(&mut live.news);
        all.extend(new.into_iter().map(|(at, what)| news(run, at, what)));
    }
}

/// Builds the frame of this instant; takes the finished discs with it. Buckets, news and discs that the
/// page has already are left out.
pub fn build(
    number: u32,
    run: &mut Run<Recorder>,
    prices: &Prices,
    news: &[News],
    sent: Sent,
    charted: &[u16],
) -> Frame {
    let live = run.record.live.take().expect("a session's run is watched");
    let mut frame = from(number, run, &live, prices, sent, charted);
    frame.news = news[sent.news..].to_vec();
    let mut live = live;
    live.finished.clear();
    run.record.live = Some(live);
    frame
}

fn from(
    number: u32,
    run: &Run<Recorder>,
    live: &Live,
    prices: &Prices,
    sent: Sent,
    charted: &[u16],
) -> Frame {
    let core = &run.world.core;
    let now = core.now();
    let mut bulk = Vec::new();
    let buckets = buckets(run, prices, sent.buckets, &mut bulk);
    node_buckets(run, sent.buckets, charted, &mut bulk);
    let columns = columns(live, sent.columns, &mut bulk);
    let discs = discs(run, live, sent.until, &mut bulk);
    let used = Prices::used(&core.node_counters, now);
    let length = Duration(now.0.min(run.program.horizon.0));
    let counts = run.record.ledger.counts;
    Frame {
        run: number,
        whole: sent.until.is_none(),
        now_ns: now.0,
        phase: match run.phase() {
            world::Phase::Running => Phase::Running,
            world::Phase::Settling => Phase::Settling,
            world::Phase::Settled | world::Phase::Unsettled { .. } => Phase::Finished,
            world::Phase::Stopped(_) => Phase::Stopped,
        },
        users: users(run, live),
        data: DataNow {
            writes: run.program.writes,
            lost: counts.of(Verdict::Lost),
            duplicate: counts.of(Verdict::Duplicate),
            phantom: counts.of(Verdict::Phantom),
            partial: counts.of(Verdict::Partial),
            lost_updates: counts.lost_updates,
            stale: counts.of(Verdict::Stale),
            stale_longest_ns: run.record.ledger.reads.longest().0,
            own_write_missed: counts.of(Verdict::OwnWriteMissed),
            went_back: counts.of(Verdict::WentBack),
            out_of_order: counts.of(Verdict::OutOfOrder),
            unauthorised: counts.of(Verdict::Unauthorised),
            write_skews: counts.write_skews,
            invariants_broken: counts.invariants_broken,
        },
        nodes: nodes(run, live),
        links: (0..run.program.links.len())
            .map(|i| link(run, live, i))
            .collect(),
        seen: seen(run),
        news: Vec::new(),
        cost_micro_per_hour: prices.cost(&used, now, length).total_micro_per_hour,
        first_bucket: sent.buckets as u32,
        buckets,
        first_column: sent.columns as u32,
        columns,
        discs,
        bulk,
    }
}

/// `amount / seconds`; nothing before the first second has begun.
fn per_second(amount: u64, seconds: f64) -> f64 {
    if seconds > 0.0 {
        amount as f64 / seconds
    } else {
        0.0
    }
}

fn ms(ns: u64) -> f64 {
    ns as f64 / NS_PER_MS as f64
}

fn users(run: &Run<Recorder>, live: &Live) -> UsersNow {
    let recent = live.recent();
    let sent = live.sent(|links| sent_by_clients(&run.program, links));
    UsersNow {
        answered: recent.served + recent.failed,
        served: recent.served,
        p50_ms: recent.latency.percentile(500).map(ms),
        p99_ms: recent.latency.percentile(990).map(ms),
        offered_per_s: per_second(sent, recent.seconds),
        useful_per_s: per_second(recent.served, recent.seconds),
        tries_per_action: (recent.begun > 0).then(|| sent as f64 / recent.begun as f64),
    }
}

/// What one pass over all tries gathers for a node.
#[derive(Default)]
struct Present {
    /// When each waiting request came, and whether its caller has gone.
    queued: Vec<(Time, bool)>,
    /// When each request in a slot began, and the state of the slot.
    slots: Vec<(Time, u8)>,
}

const WORKING: u8 = 1;
const FOR_NOBODY: u8 = 2;
const WAITING_FOR_OTHERS: u8 = 3;

fn nodes(run: &Run<Recorder>, live: &Live) -> Vec<NodeNow> {
    let mut present: Vec<Present> = run
        .program
        .nodes
        .iter()
        .map(|_| Present::default())
        .collect();
    for (_, attempt) in run.world.core.attempts.iter() {
        let here = &mut present[attempt.node as usize];
        let gone = attempt.is_abandoned();
        match attempt.callee {
            CalleeSide::Queued => here.queued.push((attempt.arrived, gone)),
            CalleeSide::Awaiting => here.slots.push((attempt.began, WAITING_FOR_OTHERS)),
            CalleeSide::Working | CalleeSide::WorkingOn => {
                here.slots
                    .push((attempt.began, if gone { FOR_NOBODY } else { WORKING }));
            }
            _ => {}
        }
    }
    present
        .into_iter()
        .enumerate()
        .map(|(i, p)| node(run, live, i, p))
        .collect()
}

fn node(run: &Run<Recorder>, live: &Live, i: usize, mut present: Present) -> NodeNow {
    let core = &run.world.core;
    let (now, counters, faults) = (core.now(), &core.node_counters[i], &core.modifiers[i]);
    let look = run.world.look(&run.program, i);
    let queue_for_nobody = present.queued.iter().filter(|(_, gone)| *gone).count() as u32;
    if present.queued.len() > PLACES {
        present.queued.select_nth_unstable(PLACES);
        present.queued.truncate(PLACES);
    }
    present.queued.sort_unstable();
    present.slots.sort_unstable();
    let age = |since: Time| ms(now.since(since).0);
    let line = present.queued.iter();
    let line = line
        .map(|&(at, gone)| if gone { -age(at) } else { age(at) })
        .collect();
    let count = |state| present.slots.iter().filter(|(_, s)| *s == state).count() as u32;
    let mut slot_states: Vec<u8> = present.slots.iter().take(PLACES).map(|&(_, s)| s).collect();
    slot_states.resize(slot_states.len().max(PLACES.min(look.slots as usize)), 0);
    let (from, to) = live.node(i);
    let seconds = live.seconds();
    let began = to.began - from.began;
    let failed = to.failed.since(&from.failed);
    let waiting = counters.waiting.value;
    // What the network lost is the link's doing, not the node's.
    let failing = failed.total() > failed.of(Reason::DroppedByNetwork);
    let full = look.slots > 0 && counters.busy.value >= look.slots;
    NodeNow {
        busy: counters.busy.value,
        slots: look.slots,
        for_nobody: count(FOR_NOBODY),
        waiting_for_others: count(WAITING_FOR_OTHERS),
        queue: waiting,
        queue_for_nobody,
        // A queue says itself what it has kept for longest.
        oldest_wait_ms: (run.world.oldest(&run.program, i))
            .or(present.queued.first().map(|&(at, _)| at))
            .map_or(0.0, age),
        queue_limit: look.queue_limit,
        line,
        slot_states,
        arrived_per_s: per_second(to.arrived - from.arrived, seconds),
        useful_per_s: per_second(to.useful - from.useful, seconds),
        wait_ms: (began > 0).then(|| (to.waited - from.waited) as f64 / began as f64 / 1e6),
        failed_per_s: by_reason(&failed, seconds),
        down: faults.down > 0,
        slow_factor: faults.slow_factor(),
        state: match () {
            () if faults.down > 0 => State::Down,
            () if failing => State::Failing,
            () if full && waiting > 0 => State::Strained,
            () if counters.busy.value > 0 => State::Busy,
            () => State::Idle,
        },
    }
}

/// What was collected last of each node that an alert watches.
fn seen(run: &Run<Recorder>) -> Vec<SeenNow> {
    let (program, monitoring) = (&run.program, &run.world.core.monitoring);
    let mut watched: Vec<u16> = program.monitoring.alerts.iter().map(|it| it.node).collect();
    watched.sort_unstable();
    watched.dedup();
    let one = |node: u16| {
        let (sample, span) = monitoring.over(node, program.monitoring.scrape_every)?;
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let of = &program.nodes[usize::from(node)];
        let has_line = of.kind != "clients";
        Some(SeenNow {
            node: of.key.clone(),
            at_ns: monitoring.newest(node)?.0,
            bad_share: share(
                (sample.answered - sample.good) as f64,
                sample.answered as f64,
            ),
            mean_ms: share(sample.sojourned as f64 / 1e6, sample.left as f64),
            utilisation: share(sample.busy as f64, sample.slots as f64),
            waiting: has_line.then(|| sample.waiting as f64 / span.0 as f64),
        })
    };
    watched.into_iter().filter_map(one).collect()
}

fn by_reason(failed: &ByReason, seconds: f64) -> Vec<(&'static str, f64)> {
    failed
        .listed()
        .into_iter()
        .map(|(code, n)| (code, per_second(n, seconds)))
        .collect()
}

fn link(run: &Run<Recorder>, live: &Live, i: usize) -> LinkNow {
    let core = &run.world.core;
    let (from, to) = live.link(i);
    let seconds = live.seconds();
    let state = &core.links[i];
    LinkNow {
        sent_per_s: per_second(to.sent - from.sent, seconds),
        retries_per_s: per_second(to.retries - from.retries, seconds),
        in_flight: core.link_counters[i].in_flight,
        pool: run.world.pool(&run.program, i),
        failed_per_s: by_reason(&to.failed.since(&from.failed), seconds),
        cut: state.requests_cut > 0 || state.replies_cut > 0,
        held: state.held.len() as u32,
    }
}

fn news(run: &Run<Recorder>, at: Time, what: Happened) -> News {
    let what = match what {
        Happened::FirstFailure {
            reason,
            link,
            action,
            attempt,
        } => NewsKind::FirstFailure {
            reason: reason.code(),
            link: run.program.links[link as usize].key.clone(),
            action,
            attempt: u32::from(attempt),
        },
        Happened::Entry {
            entry,
            begins: true,
        } => NewsKind::EntryBegan {
            entry: u32::from(entry),
        },
        Happened::Entry { entry, .. } => NewsKind::EntryEnded {
            entry: u32::from(entry),
        },
        Happened::Alert { alert, fires } => NewsKind::Alert {
            alert: run.program.monitoring.alerts[alert as usize].key.clone(),
            fires,
        },
        Happened::FirstVerdict { verdict, action } => NewsKind::FirstVerdict {
            verdict: verdict.code(),
            action,
        },
    };
    News { at_ns: at.0, what }
}

/// Appends the rows of the buckets from `first` on; how many there are.
fn buckets(run: &Run<Recorder>, prices: &Prices, first: usize, bulk: &mut Vec<f64>) -> u32 {
    let seconds = run.program.bucket.as_secs_f64();
    let or_nan = |ns: Option<u64>| ns.map_or(f64::NAN, ms);
    let series = &run.record.series;
    let rows = &series.users[first..];
    for (row, bucket) in rows.iter().zip(first..) {
        let tries = if row.begun > 0 {
            row.sent as f64 / row.begun as f64
        } else {
            f64::NAN
        };
        bulk.extend([
            row.sent as f64 / seconds,
            row.begun as f64 / seconds,
            row.served as f64 / seconds,
            row.failed as f64 / seconds,
            or_nan(row.p50_ns),
            or_nan(row.p99_ns),
            tries,
            row.waiting as f64,
            row.wrong as f64,
            dollars_per_hour(series, prices, bucket, seconds),
            (run.record.promises.buckets.first())
                .and_then(|buckets| buckets.get(bucket))
                .map_or(f64::NAN, |count| f64::from(count.bad) / seconds),
        ]);
    }
    rows.len() as u32
}

/// Instances at the end of a bucket, and what its calls would cost if they came like that for an hour.
fn dollars_per_hour(series: &Series, prices: &Prices, bucket: usize, seconds: f64) -> f64 {
    let priced = prices.instance_hour.iter().zip(&prices.per_call);
    let each = series.nodes.iter().zip(priced);
    let micro = each.map(|(rows, (&hour, &call))| {
        let row = &rows[bucket];
        let calls = f64::from(row.began) * 3_600.0 / seconds;
        hour as f64 * f64::from(row.instances) + call as f64 * calls
    });
    micro.sum::<f64>() / 1e6
}

fn node_buckets(run: &Run<Recorder>, first: usize, charted: &[u16], bulk: &mut Vec<f64>) {
    let series = &run.record.series;
    for bucket in first..series.users.len() {
        for &node in charted {
            let row = &series.nodes[usize::from(node)][bucket];
            let found = match row.lookups {
                0 => f64::NAN,
                n => f64::from(row.hits) / f64::from(n),
            };
            let or_nan = |n: Option<u32>| n.map_or(f64::NAN, f64::from);
            bulk.extend([
                f64::from(row.busy),
                f64::from(row.waiting),
                found,
                or_nan(row.oldest_ms),
                or_nan(row.behind_ms),
                or_nan(row.connecting),
                f64::from(row.instances),
            ]);
        }
    }
}

/// Appends the columns of the heat map from `first` on; how many there are.
fn columns(live: &Live, first: usize, bulk: &mut Vec<f64>) -> u32 {
    let columns = &live.heat.columns[first..];
    for column in columns {
        bulk.extend(column.served.iter().map(|&n| f64::from(n)));
        bulk.extend(column.failed.iter().map(|&n| f64::from(n)));
    }
    columns.len() as u32
}

/// Appends one row per drawn try to which something happened since the last frame. A long waiting
/// line, in which nothing happens, costs nothing.
fn discs(run: &Run<Recorder>, live: &Live, since: Option<Time>, bulk: &mut Vec<f64>) -> u32 {
    let core = &run.world.core;
    let action = |a: &Attempt| core.intents[a.intent].number;
    // What a node sets itself to do travels on no link.
    let travels = core.attempts.iter().filter(|(_, a)| a.link != NO_LINK);
    let open = travels.map(|(_, a)| (action(a), a));
    let moved = |a: &Attempt| {
        let instants = [a.sent, a.arrived, a.began, a.left, a.ended];
        let since = since.unwrap_or_default();
        instants.iter().any(|&at| at != Time::NEVER && at >= since)
    };
    let open = open.filter(|(number, a)| live.is_drawn(*number) && moved(a));
    // Of a moment that is looked at again: what is under way, however one came there.
    let over = live.finished.iter().filter(|_| since.is_some());
    let over = over.map(|f| (f.action, &f.attempt));
    let mut n = 0;
    for (number, attempt) in over.chain(open).take(DISCS_MAX) {
        bulk.extend(disc_row(number, attempt));
        n += 1;
    }
    n
}

fn disc_row(action: u64, a: &Attempt) -> [f64; super::protocol::DISC_FIELDS] {
    let at = |t: Time| if t == Time::NEVER { f64::NAN } else { ms(t.0) };
    let given_up = matches!(a.caller, CallerSide::Failed(r) if r.is_patience());
    let flags = [
        (disc::GIVEN_UP, given_up),
        (disc::LOST, a.callee == CalleeSide::Lost),
        (disc::REFUSED, matches!(a.callee, CalleeSide::Refused(_))),
        (disc::SERVED, a.caller == CallerSide::Succeeded),
        (
            disc::ERROR,
            matches!(a.callee, CalleeSide::Error | CalleeSide::Crashed),
        ),
    ];
    let flags = flags
        .iter()
        .filter(|(_, is)| *is)
        .map(|(flag, _)| flag)
        .sum::<u32>();
    [
        f64::from(a.link),
        action as f64,
        f64::from(a.number),
        f64::from(flags),
        at(a.sent),
        at(a.arrived),
        at(a.began),
        at(a.left),
        at(a.ended),
    ]
}
