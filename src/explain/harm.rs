//! Whether users were hurt, when, and how.

use super::course::{Course, Stretch};
use super::signals::Signals;
use super::{Harm, HarmKind};
use crate::time::{Duration, Time};

/// Answers in a window, for a share of them to mean something.
const ENOUGH: u32 = 10;
const ENOUGH_FOR_P95: u32 = 40;
/// Bad answers: this share, and this many times what is usual in the better windows.
const BAD_SHARE: f64 = 0.02;
/// So many cannot be chance, even if it lasts for one window only.
const BAD_AT_ONCE: f64 = 0.1;
const TIMES_USUAL: f64 = 3.0;
/// Waiting, of the slowest twentieth: this many times what is usual.
const TIMES_SLOWER: f64 = 3.0;
/// Actions that nobody has answered: as many as come in this time, more than usual.
const OPEN_SECONDS: f64 = 3.0;
/// Messages that wait: as many as come in this time, more than usual.
const LAG_SECONDS: f64 = 4.0;

#[derive(Clone, Copy, Debug)]
pub struct Hurt {
    pub kind: HarmKind,
    pub stretch: Stretch,
}

impl Signals {
    /// The window of one moment, as a stretch.
    pub(super) fn at(&self, at: Time) -> Stretch {
        let from = ((at.0 / self.width.0) as usize).min(self.count.saturating_sub(1));
        Stretch {
            from,
            until: from + 1,
            usual: 0.0,
            seen: 0.0,
            windows: 1,
            blur: 0,
        }
    }
}

impl Hurt {
    /// Since when, and how much later it may have been: what users are told has its moment, all else its window.
    pub fn begins(&self, signals: &Signals) -> (Time, Duration) {
        match self.bad_between(signals, self.stretch.from) {
            Some([first, _]) => (first, Duration::ZERO),
            None => (signals.start_of(self.stretch.from), signals.width),
        }
    }

    /// Until when, in the same way. What lasts to the end of the traffic has no end of its own.
    pub fn ends(&self, signals: &Signals) -> (Time, Duration) {
        let until = self.stretch.until.min(signals.count);
        if until == signals.count {
            return (signals.start_of(until), Duration::ZERO);
        }
        match self.bad_between(signals, until.saturating_sub(1)) {
            Some([_, last]) => (last, Duration::ZERO),
            None => (signals.start_of(until), signals.width),
        }
    }

    fn bad_between(&self, signals: &Signals, window: usize) -> Option<[Time; 2]> {
        let window = signals
            .users
            .get(window)
            .filter(|_| self.kind == HarmKind::Failures)?;
        window.bad_between
    }

    pub fn told(&self, signals: &Signals) -> Harm {
        Harm {
            from_ns: self.begins(signals).0.0,
            until_ns: self.ends(signals).0.0,
            kind: self.kind,
            usual: self.stretch.usual,
            seen: self.stretch.seen,
        }
    }
}

/// The first kind in the order of how much it hurts; of one kind, the longest stretch.
pub fn find(signals: &Signals) -> Option<Hurt> {
    let kinds = [
        (HarmKind::Failures, failures(signals)),
        (HarmKind::Unanswered, unanswered(signals)),
        (HarmKind::Slow, slow(signals)),
        (HarmKind::Lag, lag(signals)),
    ];
    let (kind, stretch) = kinds
        .into_iter()
        .find_map(|(kind, stretch)| Some((kind, stretch?)))?;
    Some(Hurt { kind, stretch })
}

fn failures(signals: &Signals) -> Option<Stretch> {
    let share = Course::new(signals.count, &|i| {
        let users = &signals.users[i];
        (users.told >= ENOUGH).then(|| f64::from(users.bad) / f64::from(users.told))
    });
    // What is usual is taken from the better windows: some runs never get well again.
    let usual = share.quantile(0.2)?;
    let bound = match usual > 0.2 {
        // Bad from the start.
        true => BAD_SHARE,
        false => (usual * TIMES_USUAL).max(usual + BAD_SHARE),
    };
    let found = share.above(usual, bound)?;
    if found.windows < 2 && found.seen < usual + BAD_AT_ONCE {
        return None;
    }
    // What it was before, where there was a before.
    let usual = share.quantile(0.05)?.min(usual);
    Some(Stretch { usual, ..found })
}

/// The slowest twentieth: a mean would hide that one server of three is sick.
fn slow(signals: &Signals) -> Option<Stretch> {
    let latency = Course::new(signals.count, &|i| {
        let users = &signals.users[i];
        (users.served >= ENOUGH_FOR_P95).then(|| users.p95_octaves())?
    });
    let usual = latency.quantile(0.2)?;
    let found = latency.above(usual, usual + libm::log2(TIMES_SLOWER));
    let found = found.filter(|it| it.windows >= 3)?;
    Some(Stretch {
        usual: 1.0,
        seen: libm::exp2(found.seen - usual),
        ..found
    })
}

fn unanswered(signals: &Signals) -> Option<Stretch> {
    let open = Course::new(signals.count, &|i| Some(signals.users[i].open as f64));
    let usual = open.quantile(0.2)?;
    let seconds = signals.width.0 as f64 / 1e9;
    let begun = Course::new(signals.count, &|i| {
        Some(signals.begun.iter().map(|of| f64::from(of[i])).sum::<f64>() / seconds)
    });
    let more = begun.quantile(0.5)? * OPEN_SECONDS;
    open.above(usual, usual + more.max(20.0))
        .filter(|it| it.windows >= 2)
}

/// The queue with the most messages waiting beyond what is usual there.
fn lag(signals: &Signals) -> Option<Stretch> {
    let queues = signals.nodes.iter().enumerate();
    let lags = queues
        .filter(|(_, node)| node.kind == "queue")
        .filter_map(|(node, _)| {
            let of = &signals.of_node[node];
            let waiting = Course::new(signals.count, &|i| Some(f64::from(of[i].waiting_most)));
            let seconds = signals.width.0 as f64 / 1e9;
            let arrived = Course::new(signals.count, &|i| Some(of[i].arrived as f64 / seconds));
            let usual = waiting.quantile(0.2)?;
            let more = arrived.quantile(0.5)? * LAG_SECONDS;
            waiting
                .above(usual, usual + more.max(20.0))
                .filter(|it| it.windows >= 2)
        });
    lags.max_by(|a, b| a.seen.total_cmp(&b.seen))
}
