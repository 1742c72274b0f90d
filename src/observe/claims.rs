//! What a run makes of the claims of its scenario: which are broken, and the smallest history that breaks each.
//!
//! The simulator knows the order of the versions of every row, so whether answers and commits fit to it is looked
//! up where it happens, by the ledger. All that it finds is a pair, an operation and another one that does not
//! fit to it; and one operation alone fits to every model. So the smallest history has two operations; shown
//! is the first in time.

use serde::Serialize;

use super::story::numbered;
use crate::design::word::Word;
use crate::engine::program::Program;
use crate::engine::record::Told;
use crate::ledger::commits::{Author, Commits};
use crate::ledger::reads::{Knew, ReadAt, TO_COME};
use crate::ledger::updates::{Decision, Made};
use crate::ledger::{Ledger, Story, Verdict};
use crate::scenario::claim::{Claim, Model};
use crate::time::Time;

/// What became of one claim.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ClaimReport {
    pub key: String,
    /// As in the file: `linearizable`.
    pub model: Word,
    pub place: String,
    pub holds: bool,
    /// Answers, writes or decisions that do not fit to it; of very many faulty actions, among the first 50,000.
    pub breaks: u64,
    /// The smallest history that breaks it, in the order of time; empty if it holds.
    pub history: Vec<Operation>,
}

/// One operation of a history.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Operation {
    /// `write`, `read`, `transaction`.
    pub what: Word,
    /// The action; `None` if a job did it, or nobody knows any more.
    pub intent: Option<u64>,
    /// Key of the row, as hexadecimal digits, and the version that was made or read.
    pub row: String,
    pub version: u64,
    /// When it began, as far as that matters, and when it was there: committed, or answered.
    pub began_ns: Option<u64>,
    pub at_ns: u64,
    /// A sentence without a full stop.
    pub text: String,
}

/// Two operations that do not fit together, and when that was certain.
type Break = (Time, [Operation; 2]);

/// What became of all claims, in their order.
pub fn judge(claims: &[Claim], program: &Program, ledger: &Ledger) -> Vec<ClaimReport> {
    let all = claims.iter().map(|claim| {
        let mut nodes = program.nodes.iter();
        let place = nodes.position(|node| node.key == claim.place);
        let place = place.expect("claims are about nodes of the design") as u16;
        let mut breaks = Breaks {
            ledger,
            place,
            count: 0,
            first: None,
        };
        breaks.look(claim.model);
        let first = breaks.first.map(|(_, history)| history.to_vec());
        ClaimReport {
            key: claim.key.clone(),
            model: claim.model.name(),
            place: claim.place.clone(),
            holds: breaks.count == 0,
            breaks: breaks.count,
            history: first.unwrap_or_default(),
        }
    });
    all.collect()
}

struct Breaks<'a> {
    ledger: &'a Ledger,
    place: u16,
    count: u64,
    first: Option<Break>,
}

impl Breaks<'_> {
    fn look(&mut self, model: Model) {
        let ledger = self.ledger;
        match model {
            Model::Serializable => return self.transactions(),
            Model::Linearizable => {
                for story in &ledger.stories {
                    self.late_writes(story);
                }
            }
            _ => {}
        }
        let place = self.place;
        for story in &ledger.stories {
            let here = story.reads.iter().filter(|read| read.store == place);
            for read in here {
                self.read(model, story, read);
            }
        }
    }

    fn adds(&mut self, at: Time, history: impl FnOnce() -> [Operation; 2]) {
        self.count += 1;
        if self.first.as_ref().is_none_or(|(first, _)| at < *first) {
            self.first = Some((at, history()));
        }
    }

    fn commits(&self) -> &Commits {
        self.ledger.reads.commits()
    }

    /// An answer that does not fit to what was committed, was told or was seen before it was asked for.
    fn read(&mut self, model: Model, story: &Story, read: &ReadAt) {
        let stale = read.behind.filter(|_| story.verdicts.has(Verdict::Stale));
        let (own, seen) = (read.own, read.seen);
        let broken = match model {
            Model::Linearizable => stale.is_some() || own.is_some() || seen.is_some(),
            Model::Sequential => own.is_some() || seen.is_some(),
            Model::ReadYourWrites => own.is_some(),
            Model::MonotonicReads => seen.is_some(),
            Model::Serializable => false,
        };
        if !broken {
            return;
        }
        let first = match (model, stale, own, seen) {
            (Model::Linearizable, Some(behind), ..) => self.committed(read.row, behind.newest),
            (Model::MonotonicReads, .., Some(seen)) | (_, _, None, Some(seen)) => {
                saw(read.row, seen)
            }
            (_, _, Some(own), _) => self.was_told(read.row, own),
            (_, Some(behind), ..) => self.committed(read.row, behind.newest),
            _ => return,
        };
        let (row, version) = (format!("{:x}", read.row), numbered(read.version));
        let second = Operation {
            what: "read",
            intent: Some(story.number),
            row,
            version: read.version,
            began_ns: Some(read.began.0),
            at_ns: read.at.0,
            text: format!("was asked for later, and says {version}"),
        };
        self.adds(read.at, || [first, second]);
    }

    /// A write that was applied after it had been acknowledged, and after one that was asked for later.
    fn late_writes(&mut self, story: &Story) {
        if !story.verdicts.has(Verdict::OutOfOrder) {
            return;
        }
        let good = |&(_, told): &(Time, Told)| matches!(told, Told::Served | Told::Degraded);
        let Some((told, _)) = story.told.filter(good) else {
            return;
        };
        let place = self.place;
        let here = story
            .effects
            .iter()
            .filter(|e| e.effect.node == place && !e.undone && e.at >= told);
        for late in here {
            let (row, version) = (late.effect.row, late.effect.version);
            let before = self.commits().of_row(self.place, row);
            let before = before.skip_while(|c| c.version != version).skip(1);
            // The one with which something younger had come to the row.
            let younger = before.take_while(|c| c.youngest > told).last();
            let Some(other) = younger.map(|commit| commit.made()) else {
                continue;
            };
            let text = format!(
                "was acknowledged at {told}, before the other was asked for, and comes on top of it"
            );
            let (at, by) = (late.at, Author::action(story.number));
            let second = write(row, Made { version, by, at }, text);
            let first = write(row, other, "was asked for later".to_owned());
            self.adds(at, || [first, second]);
        }
    }

    fn transactions(&mut self) {
        let (ledger, place) = (self.ledger, self.place);
        for loss in ledger.updates.losses() {
            if loss.place == place {
                let text = format!("was computed from {}", numbered(loss.read));
                self.adds(loss.over.at, || {
                    let lost = write(loss.row, loss.lost, "was committed".to_owned());
                    [lost, write(loss.row, loss.over, text)]
                });
            }
        }
        for skew in ledger.updates.skews().filter(|skew| skew.place == place) {
            self.adds(skew.second.made.at, || {
                [decided(skew.first), decided(skew.second)]
            });
        }
    }

    fn committed(&self, row: u64, version: u64) -> Operation {
        let mut commits = self.commits().of_row(self.place, row);
        let made = commits.find(|commit| commit.version == version);
        let text = "was committed".to_owned();
        match made {
            Some(commit) => write(row, commit.made(), text),
            None if version == 0 => Operation {
                what: "write",
                intent: None,
                row: format!("{row:x}"),
                version,
                began_ns: None,
                at_ns: 0,
                text: "was there from the beginning".to_owned(),
            },
            None => Operation {
                intent: None,
                ..saw(
                    row,
                    Knew {
                        version,
                        since: Time::ZERO,
                        by: 0,
                    },
                )
            },
        }
    }

    fn was_told(&self, row: u64, own: Knew) -> Operation {
        let text = match own.version {
            TO_COME => "its user was told that it is done, and it is not there yet".to_owned(),
            _ => format!("its user was told that it is done at {}", own.since),
        };
        let (version, by, at) = (own.version, Author::action(own.by), own.since);
        let version = if version == TO_COME { 0 } else { version };
        write(row, Made { version, by, at }, text)
    }
}

fn write(row: u64, made: Made, text: String) -> Operation {
    Operation {
        what: "write",
        intent: made.by.number(),
        row: format!("{row:x}"),
        version: made.version,
        began_ns: None,
        at_ns: made.at.0,
        text,
    }
}

/// A read of the same user.
fn saw(row: u64, seen: Knew) -> Operation {
    Operation {
        what: "read",
        intent: Some(seen.by),
        row: format!("{row:x}"),
        version: seen.version,
        began_ns: None,
        at_ns: seen.since.0,
        text: format!("the same user has seen {}", numbered(seen.version)),
    }
}

fn decided(side: Decision) -> Operation {
    let (other, seen) = (side.other, numbered(side.seen));
    Operation {
        what: "transaction",
        ..write(
            side.row,
            side.made,
            format!("was decided on {seen} of row {other:x}"),
        )
    }
}
