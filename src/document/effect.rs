//! What a change has made of a run: by how many it hurt fewer, or more.

use crate::observe::report::{Ended, Report};

use super::say;

/// Compared with the same run without the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Better,
    Same,
    Worse,
}

/// Whom a run hurt: actions of the measured part that were not served, and what the ledger says went wrong with
/// actions or their changes, in the whole run. An action that is both counts twice.
pub fn hurt(report: &Report) -> u64 {
    let wrongs = say::wrongs(&report.ledger);
    let wrongs = wrongs.into_iter().filter(|(_, _, harms)| *harms);
    say::not_served(report) + wrongs.map(|(_, n, _)| n).sum::<u64>()
}

/// A difference in the number of those hurt counts from a twentieth on, and from three.
const PART: u64 = 20;
const LEAST: u64 = 3;
/// And where there is none, one of a tenth in how long 99 of 100 waited, if most were served.
const SLOWER: f64 = 1.1;
const MOST_SERVED: f64 = 0.5;

/// What came of a change.
pub fn compare(before: &Report, after: &Report) -> Effect {
    match (is_whole(before), is_whole(after)) {
        (true, false) => return Effect::Worse,
        // What a limit ended says little of what it would have come to.
        (false, true) => return Effect::Better,
        _ => {}
    }
    let (was, is) = (hurt(before), hurt(after));
    let counts = (was / PART).max(LEAST);
    if was.abs_diff(is) > counts {
        return if is < was {
            Effect::Better
        } else {
            Effect::Worse
        };
    }
    let p99 = |report: &Report| {
        let most = report.users.served_share.is_some_and(|it| it > MOST_SERVED);
        report
            .users
            .latency
            .p99_ns
            .filter(|_| most)
            .map(|ns| ns as f64)
    };
    match (p99(before), p99(after)) {
        (Some(was), Some(is)) if is > SLOWER * was => Effect::Worse,
        (Some(was), Some(is)) if was > SLOWER * is => Effect::Better,
        _ => Effect::Same,
    }
}

fn is_whole(report: &Report) -> bool {
    matches!(report.ended, Ended::Settled | Ended::Unsettled { .. })
}
