//! Since when data is wrong, and in which way most of all: what the ledger adds to an explanation.

use super::requests::Finder;
use super::tape::Tape;
use crate::explain::{Signals, Step, number};
use crate::ledger::{Counts, Verdict};
use crate::time::Time;

/// Answers that are a little old are everyday life where there are copies and caches: harm is more than this
/// share of the actions.
const OLD_SHARE: f64 = 0.01;

/// One count of the ledger, and what it says of so many of them.
type Wrong = (fn(&Counts) -> u64, &'static str);

/// In the order in which they weigh.
const WRONGS: [Wrong; 12] = [
    (
        |it| it.of(Verdict::Lost),
        "actions that were acknowledged are lost",
    ),
    (
        |it| it.of(Verdict::Duplicate),
        "actions are done more than once",
    ),
    (
        |it| it.of(Verdict::Unauthorised),
        "actions are done for somebody without the right to them",
    ),
    (
        |it| it.lost_updates,
        "changes are overwritten by somebody who had read the row before them",
    ),
    (
        |it| it.invariants_broken,
        "changes go beyond what the rules of the data allow",
    ),
    (
        |it| it.write_skews,
        "transactions decide on what another one is changing",
    ),
    (
        |it| it.of(Verdict::Phantom),
        "actions are done though their users are told that they failed",
    ),
    (|it| it.of(Verdict::Partial), "actions are done by half"),
    (
        |it| it.of(Verdict::OwnWriteMissed),
        "answers lack what the same user had written before",
    ),
    (
        |it| it.of(Verdict::OutOfOrder),
        "actions are applied in another order than they came",
    ),
    (
        |it| often(it, it.of(Verdict::WentBack)),
        "answers are older than what the same user had seen before",
    ),
    (
        |it| often(it, it.of(Verdict::Stale)),
        "answers are out of date",
    ),
];

fn often(counts: &Counts, n: u64) -> u64 {
    let is_often = n as f64 > OLD_SHARE * counts.intents as f64;
    if is_often { n } else { 0 }
}

/// What a run keeps besides what its report needs.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// What an explanation reads.
    pub signals: Option<Signals>,
    /// In which time each wrong came to be, for the first time: since one look, and before the next.
    pub(super) first: [Option<[Time; 2]>; WRONGS.len()],
    pub(super) looked: Time,
    /// Kept for a twin run only.
    pub tape: Option<Box<Tape>>,
    /// Somebody looks for some of the actions.
    pub finder: Option<Box<Finder>>,
}

impl Watch {
    pub fn look(&mut self, now: Time, counts: &Counts) {
        for ((count, _), first) in WRONGS.iter().zip(&mut self.first) {
            if first.is_none() && count(counts) > 0 {
                *first = Some([self.looked, now]);
            }
        }
        self.looked = now;
    }

    /// The worst of what is wrong now, at the moment since when it is.
    pub fn worst(&self, counts: &Counts) -> Option<Step> {
        let all = WRONGS.iter().zip(self.first);
        let mut wrongs = all.filter_map(|((count, what), first)| {
            let (n, [at, until]) = (count(counts), first?);
            (n > 0).then(|| Step {
                at_ns: at.0,
                within_ns: until.since(at).0,
                text: match n {
                    1 => format!("Data goes wrong once: {what}."),
                    _ => format!("Data goes wrong {} times in all: {what}.", number(n as f64)),
                },
            })
        });
        wrongs.next()
    }
}
