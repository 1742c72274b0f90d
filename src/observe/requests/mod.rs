//! Some actions of a run, picked by what became of them: what they have in common that others have not, and
//! examples with all their tries.
//!
//! Nothing of this is kept while a run goes on. The run is made once more, which gives the same run, with
//! somebody who looks for them.

mod attributes;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use attributes::Attribute;

use super::report::TraceReport;
use super::summary;
use super::traces::{Span, Trace};
use crate::engine::attempt::{CallerSide, Intent};
use crate::engine::draw::mix64;
use crate::engine::program::Program;
use crate::engine::reason::Reason;
use crate::engine::record::Told;
use crate::ledger::{Verdict, Verdicts};
use crate::time::Time;

/// Which actions are meant: users were told in `[from_ns, to_ns)`, and what else is true of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    pub from_ns: u64,
    pub to_ns: u64,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Told,
    /// Served, after at least and less than so long.
    Waited {
        from_ns: u64,
        to_ns: u64,
    },
    /// Told that it failed; for this reason, or for any.
    Failed {
        reason: Option<String>,
    },
    /// The ledger says this of it.
    Verdict {
        code: String,
    },
    /// A try at this node failed for this reason, whatever the user was told.
    FailedAt {
        node: String,
        reason: String,
    },
    /// The one with this number.
    Action {
        number: u64,
    },
}

/// What is true of the actions that were picked more often than of the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// "called Stock", "3 tries".
    pub text: String,
    /// The node that it is about.
    pub node: Option<String>,
    /// Shares of the actions that were picked, and of all others.
    pub picked: f64,
    pub others: f64,
}

impl Difference {
    /// How many times as often; `None` if it is true of none of the others.
    pub fn ratio(&self) -> Option<f64> {
        (self.others > 0.0).then(|| self.picked / self.others)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picked {
    pub picked: u64,
    /// Told up to where the search ended, and not picked.
    pub others: u64,
    /// Greatest difference of shares first.
    pub differences: Vec<Difference>,
    /// The first, the slowest, and some by chance; in the order of their numbers.
    pub examples: Vec<Example>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Example {
    pub trace: TraceReport,
    /// Codes of what the ledger says of it.
    pub verdicts: Vec<String>,
}

impl PartialEq for Example {
    /// One run has one trace of an action.
    fn eq(&self, other: &Example) -> bool {
        self.trace.action == other.trace.action && self.verdicts == other.verdicts
    }
}

/// Examples by chance, besides the first and the slowest.
const BY_CHANCE: usize = 3;

/// A difference is worth a line from so many hundredths of the actions on, and if chance makes it less often
/// than once in about a thousand (the normal approximation of two shares).
const LEAST_DIFFERENCE: f64 = 0.05;
const LEAST_SIGMAS: f64 = 3.3;
const LINES: usize = 8;

/// The selection in the run's own numbers.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Told,
    Waited(u64, u64),
    Failed(Option<Reason>),
    Verdict(Verdict),
    FailedAt(u16, Reason),
    Action(u64),
    /// Names that this run does not know.
    Nothing,
}

#[derive(Clone, Debug)]
pub struct Finder {
    from: Time,
    to: Time,
    wanted: Wanted,
    /// Told in the time that is meant, and of those over for all.
    told: u64,
    over: u64,
    picked: u64,
    others: u64,
    counts: BTreeMap<Attribute, [u64; 2]>,
    first: Option<(Trace, Verdicts)>,
    slowest: Option<(u64, Trace, Verdicts)>,
    /// Lowest ranks win.
    by_chance: Vec<(u64, Trace, Verdicts)>,
    scratch: Vec<Attribute>,
}

fn reason_of(code: &str) -> Option<Reason> {
    Reason::ALL.iter().copied().find(|r| r.code() == code)
}

impl Finder {
    pub fn new(program: &Program, selection: &Selection) -> Finder {
        let wanted = match &selection.what {
            What::Told => Some(Wanted::Told),
            What::Waited { from_ns, to_ns } => Some(Wanted::Waited(*from_ns, *to_ns)),
            What::Failed { reason: None } => Some(Wanted::Failed(None)),
            What::Failed { reason: Some(code) } => {
                reason_of(code).map(|reason| Wanted::Failed(Some(reason)))
            }
            What::Verdict { code } => {
                let verdict = Verdict::ALL.into_iter().find(|v| v.code() == code);
                verdict.map(Wanted::Verdict)
            }
            What::FailedAt { node, reason } => {
                let node = program.nodes.iter().position(|n| n.key == *node);
                let reason = reason_of(reason);
                node.zip(reason)
                    .map(|(node, reason)| Wanted::FailedAt(node as u16, reason))
            }
            What::Action { number } => Some(Wanted::Action(*number)),
        };
        Finder {
            from: Time(selection.from_ns),
            to: Time(selection.to_ns),
            wanted: wanted.unwrap_or(Wanted::Nothing),
            told: 0,
            over: 0,
            picked: 0,
            others: 0,
            counts: BTreeMap::new(),
            first: None,
            slowest: None,
            by_chance: Vec::new(),
            scratch: Vec::new(),
        }
    }

    fn is_in_time(&self, at: Time) -> bool {
        at >= self.from && at < self.to
    }

    pub fn told(&mut self, now: Time, told: Told) {
        self.told += u64::from(self.is_in_time(now) && told != Told::Abandoned);
    }

    /// Nothing that is still to come can be picked.
    pub fn is_done(&self, now: Time) -> bool {
        now >= self.to && self.over == self.told
    }

    /// Nothing can happen to this action any more.
    pub fn retired(
        &mut self,
        program: &Program,
        intent: &Intent,
        verdicts: Verdicts,
        spans: impl FnOnce() -> Vec<Span>,
    ) {
        // Who had gone was told nothing.
        let Some((at, told)) = intent.told.filter(|(_, told)| *told != Told::Abandoned) else {
            return;
        };
        let in_time = self.is_in_time(at);
        self.over += u64::from(in_time);
        let spans = spans();
        let waited = at.since(intent.born).0;
        let failed_at = |node, reason| {
            let mut spans = spans.iter();
            spans.any(|s: &Span| s.node == node && s.caller == CallerSide::Failed(reason))
        };
        let is_picked = in_time
            && match self.wanted {
                Wanted::Told => true,
                Wanted::Waited(from, to) => {
                    matches!(told, Told::Served | Told::Degraded) && (from..to).contains(&waited)
                }
                Wanted::Failed(None) => matches!(told, Told::Failed(_)),
                Wanted::Failed(Some(reason)) => told == Told::Failed(reason),
                Wanted::Verdict(verdict) => verdicts.has(verdict),
                Wanted::FailedAt(node, reason) => failed_at(node, reason),
                Wanted::Action(number) => intent.number == number,
                Wanted::Nothing => false,
            };
        let mut scratch = std::mem::take(&mut self.scratch);
        attributes::of(program, intent, &spans, verdicts, &mut scratch);
        for attribute in &scratch {
            let counts = self.counts.entry(*attribute).or_default();
            counts[usize::from(!is_picked)] += 1;
        }
        self.scratch = scratch;
        if !is_picked {
            self.others += 1;
            return;
        }
        self.picked += 1;
        let trace = || Trace {
            number: intent.number,
            operation: intent.operation,
            born: intent.born,
            told: intent.told,
            spans: spans.clone(),
            pins: Vec::new(),
        };
        if self
            .first
            .as_ref()
            .is_none_or(|(it, _)| intent.number < it.number)
        {
            self.first = Some((trace(), verdicts));
        }
        if self
            .slowest
            .as_ref()
            .is_none_or(|(most, ..)| waited > *most)
        {
            self.slowest = Some((waited, trace(), verdicts));
        }
        let rank = mix64(intent.address.0 ^ 0x6578_616d_706c_6573);
        let place = self.by_chance.partition_point(|(r, ..)| *r <= rank);
        if place < BY_CHANCE {
            self.by_chance.insert(place, (rank, trace(), verdicts));
            self.by_chance.truncate(BY_CHANCE);
        }
    }

    /// What was found; places as `called` calls them, by their keys.
    pub fn found(&self, program: &Program, called: &dyn Fn(&str) -> String) -> Picked {
        Picked {
            picked: self.picked,
            others: self.others,
            differences: self.differences(program, called),
            examples: self.examples(program),
        }
    }

    fn differences(&self, program: &Program, called: &dyn Fn(&str) -> String) -> Vec<Difference> {
        if self.picked == 0 || self.others == 0 {
            return Vec::new();
        }
        let (n, m) = (self.picked as f64, self.others as f64);
        let mut found: Vec<Difference> = Vec::new();
        for (attribute, &[a, b]) in &self.counts {
            let (picked, others) = (a as f64 / n, b as f64 / m);
            let both = (a + b) as f64 / (n + m);
            let sigma = (both * (1.0 - both) * (1.0 / n + 1.0 / m)).sqrt();
            let difference = picked - others;
            if difference >= LEAST_DIFFERENCE
                && difference >= LEAST_SIGMAS * sigma
                && !self.is_asked(*attribute)
            {
                found.push(Difference {
                    text: attribute.text(program, called),
                    node: attribute
                        .node()
                        .map(|n| program.nodes[usize::from(n)].key.clone()),
                    picked,
                    others,
                });
            }
        }
        // Stable: ties stay in the order of attributes.
        found.sort_by(|x, y| (y.picked - y.others).total_cmp(&(x.picked - x.others)));
        found.truncate(LINES);
        found
    }

    /// It was asked for, so it is no news.
    fn is_asked(&self, attribute: Attribute) -> bool {
        match (self.wanted, attribute) {
            (Wanted::Verdict(asked), Attribute::Verdict(it)) => asked == it,
            (Wanted::FailedAt(node, reason), Attribute::FailedAt(at, why)) => {
                (node, reason) == (at, why)
            }
            _ => false,
        }
    }

    fn examples(&self, program: &Program) -> Vec<Example> {
        let first = self.first.iter().map(|(trace, verdicts)| (trace, verdicts));
        let slowest = self
            .slowest
            .iter()
            .map(|(_, trace, verdicts)| (trace, verdicts));
        let by_chance = self
            .by_chance
            .iter()
            .map(|(_, trace, verdicts)| (trace, verdicts));
        let mut all: Vec<_> = first.chain(slowest).chain(by_chance).collect();
        all.sort_by_key(|(trace, _)| trace.number);
        all.dedup_by_key(|(trace, _)| trace.number);
        let example = |(trace, verdicts): (&Trace, &Verdicts)| Example {
            trace: summary::trace(program, trace),
            verdicts: verdicts.iter().map(|v| v.code().to_owned()).collect(),
        };
        all.into_iter().map(example).collect()
    }
}
