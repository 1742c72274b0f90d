//! What users notice of a difference: who is told something else, who waits much longer, whose data is wrong,
//! in one of two worlds only.

use crate::engine::record::Told;
use crate::observe::tape::{Asked, Wronged};
use crate::time::{Duration, NS_PER_MS, Time};

/// Who waits twice as long, and this much longer, notices: about the limit at which an answer seems to be there
/// at once (Nielsen, Usability Engineering, 1993).
pub const NOTICED: Duration = Duration(100 * NS_PER_MS);

/// An action in both worlds, or in one.
pub type Pair = [Option<Asked>; 2];

#[derive(Clone, Copy, Debug, Default)]
pub struct Users {
    /// Actions that both worlds have.
    pub compared: u64,
    /// Of those, told that they failed, or nothing, in this run only; in the twin only.
    pub fails_only: [u64; 2],
    pub wrong_only: [u64; 2],
    /// The first that fails, that is slow, that is wrong, in one of them, with the moment.
    pub first_error: Option<(Time, Pair)>,
    pub first_slow: Option<(Time, Pair)>,
    pub first_wrong: Option<(usize, Wronged)>,
}

pub fn is_bad(it: &Asked) -> bool {
    !matches!(it.told, Some((_, Told::Served | Told::Degraded)))
}

fn told_at(it: &Asked, until: Time) -> Time {
    it.told.map_or(until, |(at, _)| at)
}

/// Who is open when a limit ends one world might still have been told something.
fn is_known(it: &Asked, until: Time) -> bool {
    match it.told {
        Some((at, _)) => at <= until,
        None => until == Time::NEVER,
    }
}

fn keep(first: &mut Option<(Time, Pair)>, at: Time, pair: Pair) {
    if first.is_none_or(|(before, _)| at < before) {
        *first = Some((at, pair));
    }
}

impl Users {
    pub fn met(&mut self, both: &[Asked; 2], until: Time) {
        self.compared += 1;
        let pair = both.map(Some);
        let bad = both.each_ref().map(is_bad);
        if bad[0] != bad[1] {
            let side = usize::from(bad[1]);
            if both.iter().all(|it| is_known(it, until)) {
                self.fails_only[side] += 1;
                keep(&mut self.first_error, told_at(&both[side], until), pair);
            }
            return;
        }
        let waited = both.each_ref().map(|it| {
            let (at, _) = it.told.filter(|(at, _)| *at <= until)?;
            Some(at.since(it.born))
        });
        if let [Some(a), Some(b)] = waited {
            let (fast, slow) = (a.0.min(b.0), a.0.max(b.0));
            if slow / 2 >= fast && slow - fast >= NOTICED.0 {
                let side = usize::from(b.0 == slow);
                keep(&mut self.first_slow, told_at(&both[side], until), pair);
            }
        }
    }

    /// Nobody asked for it in the other world.
    pub fn alone(&mut self, side: usize, it: &Asked, until: Time) {
        if is_bad(it) && is_known(it, until) {
            let mut pair = [None; 2];
            pair[side] = Some(*it);
            keep(&mut self.first_error, told_at(it, until), pair);
        }
    }

    pub fn wrong_alone(&mut self, side: usize, it: &Wronged) {
        self.wrong_only[side] += 1;
        if self.first_wrong.is_none_or(|(_, first)| it.at < first.at) {
            self.first_wrong = Some((side, *it));
        }
    }
}
