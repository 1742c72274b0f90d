//! Why a run went as it did, from what could be seen of it: which component did something of its own
//! accord that it usually does not do, how that reached the users, and what kept it going.
//!
//! Nothing here reads what was planned to happen: [`Signals`] are what good monitoring of the same system
//! would have shown. How a culprit is found is written down in docs/explanations.md; tests/it/explain.rs
//! holds it against faults at random places of random designs.

mod chain;
mod course;
mod detect;
mod harm;
mod rank;
mod signals;

use std::sync::Arc;

use harm::Hurt;
use serde::{Deserialize, Serialize};

use crate::design::word::{self, Word};
use crate::engine::{Program, Run};
use crate::time::Time;

pub use chain::number;
pub use signals::Signals;

/// Where something went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Component {
    Node(String),
    Link(String),
}

impl Component {
    pub fn key(&self) -> &str {
        match self {
            Component::Node(key) | Component::Link(key) => key,
        }
    }
}

macro_rules! mechanisms {
    ($($variant:ident $code:literal $words:literal),* $(,)?) => {
        /// What kind of thing it was: a fixed vocabulary.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Mechanism { $($variant),* }

        impl Mechanism {
            pub const ALL: &'static [Mechanism] = &[$(Mechanism::$variant),*];

            /// Stable name in reports.
            pub fn code(self) -> &'static str {
                match self { $(Mechanism::$variant => $code),* }
            }

            /// What people read: goes on where the component is named.
            pub fn words(self) -> &'static str {
                match self { $(Mechanism::$variant => $words),* }
            }
        }
    };
}

mechanisms! {
    MoreTraffic "more_traffic" "brings more traffic",
    Down "down" "is down",
    Slow "slow" "works more slowly",
    StandsStill "stands_still" "stands still",
    FewerSlots "fewer_slots" "has fewer slots",
    Errors "errors" "answers with errors",
    OutOfMemory "out_of_memory" "runs out of memory",
    Throttles "throttles" "lets fewer requests pass",
    StorageFull "storage_full" "has no room for writes",
    PoisonMessages "poison_messages" "gets messages that cannot be handled",
    ColdCache "cold_cache" "has lost what it had kept",
    LostLeader "lost_leader" "has lost its leader",
    Locked "locked" "keeps others waiting for a lock",
    Behind "behind" "answers from copies that are behind",
    Saturated "saturated" "is saturated",
    UnlikeOthers "unlike_others" "works more slowly than others behind the same balancer",
    Contract "contract" "does not understand what it is asked",
    Cut "cut" "is cut",
    Loses "loses" "loses messages",
    Delays "delays" "takes longer",
    Holds "holds" "keeps messages back",
    NotSignedIn "not_signed_in" "is turned away: nobody knows the caller any more",
}

/// One component that did something unusual of its own accord.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub component: Component,
    pub mechanism: Mechanism,
    pub from_ns: u64,
    pub until_ns: u64,
    /// The figure that shows it: what it usually is, and what it came to.
    #[serde(deserialize_with = "word::read")]
    pub figure: Word,
    pub usual: f64,
    pub seen: f64,
}

/// How users were hurt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Harm {
    pub from_ns: u64,
    pub until_ns: u64,
    pub kind: HarmKind,
    /// Share of the answers that were bad, how many times longer people waited, how many more were open.
    pub usual: f64,
    pub seen: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HarmKind {
    Failures,
    Slow,
    Unanswered,
    /// Work that was accepted waits in a queue.
    Lag,
    /// Users were served, and what was done with their data is wrong.
    Data,
}

/// One link of the chain of causes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Step {
    pub at_ns: u64,
    /// How much later it may have been: what is no event but a figure of a window began somewhere in that window.
    #[serde(default, skip_serializing_if = "is_none")]
    pub within_ns: u64,
    pub text: String,
}

fn is_none(ns: &u64) -> bool {
    *ns == 0
}

/// Somebody was called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub alert: String,
    /// When it had been read.
    pub at_ns: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// `None`: nobody was hurt, so nobody is to blame.
    pub harm: Option<Harm>,
    pub culprit: Option<Finding>,
    /// Other components that did something unusual and are not explained by the culprit.
    pub others: Vec<Finding>,
    /// At most five, oldest first.
    pub chain: Vec<Step>,
    /// The first page that tells of the harm, or the first of all if there was none.
    pub paged: Option<Page>,
}

/// Runs a seed once more and watches it.
pub fn watch(program: &Arc<Program>, seed: u64) -> Signals {
    let mut run = Run::new(Arc::clone(program), seed, Signals::new(program));
    run.finish();
    run.record.until(Time::NEVER)
}

/// From what was seen up to some moment ([`Signals::until`]), and from what the ledger says first went wrong
/// with the data.
pub fn explain(signals: &Signals, wrong: Option<Step>) -> Explanation {
    let of_data = wrong.as_ref().map(|step| Hurt {
        kind: HarmKind::Data,
        stretch: signals.at(Time(step.at_ns)),
    });
    let Some(hurt) = harm::find(signals).or(of_data) else {
        let others = detect::unlike_others(signals);
        return Explanation {
            others: others.iter().map(|it| it.told(signals)).collect(),
            paged: paged(signals, Time::ZERO),
            ..Explanation::default()
        };
    };
    let unusual = detect::all(signals, hurt.stretch.from);
    let mut findings = rank::in_order(signals, unusual, &hurt);
    if findings.is_empty() {
        findings.extend(detect::bottleneck(signals, &hurt));
    }
    if findings.is_empty() && hurt.kind != HarmKind::Data {
        findings.extend(detect::unlike_others(signals));
    }
    let culprit = (!findings.is_empty()).then(|| findings.remove(0));
    let harm = hurt.told(signals);
    Explanation {
        paged: paged(signals, Time(harm.from_ns)),
        harm: Some(harm),
        chain: chain::of(signals, culprit.as_ref(), &hurt, wrong),
        culprit: culprit.map(|it| it.told(signals)),
        others: findings.iter().map(|it| it.told(signals)).collect(),
    }
}

/// Who was called from this moment on, or had been called already by an alert that still fired.
fn paged(signals: &Signals, from: Time) -> Option<Page> {
    let mut pages = signals.pages.iter();
    let page = pages.find(|it| it.read >= from || it.until > from)?;
    Some(Page {
        alert: signals.alerts.get(usize::from(page.alert))?.clone(),
        at_ns: page.read.0,
    })
}
