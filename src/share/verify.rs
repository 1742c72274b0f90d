//! Whether what a link or a result code says is so. What to run is [`Shared::to_text`] and the seed;
//! whoever can run it hands the report to [`judge`]. Nobody is called a forger: what differs is said.
//!
//! A fingerprint is over everything that happened in the run. A knob that changes nothing of that leaves
//! the fingerprint as it is, and then it is true that this design has this run.

use serde::{Deserialize, Serialize};

use super::{Code, Content, Fingerprint, Notice, Shared};
use crate::design::word::{self, Word};
use crate::observe::report::Report;
use crate::scenario::{Scenario, code};
use crate::version::BUILD;

/// What came of running it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Verdict {
    pub state: State,
    /// What does not come out as it says.
    pub differences: Vec<Difference>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Run again, the same came out.
    Proved,
    /// Run again, something else came out.
    Differs,
    /// It was made with another version of the rules of the simulation, so fingerprints do not compare. What
    /// came out by the rules of this build counts.
    OtherRules,
    /// It says nothing of a run.
    NoClaim,
}

/// One thing that does not come out as it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Difference {
    /// `fingerprint`, `goal`, `rules`, `build`, `scenario`, `design`.
    #[serde(deserialize_with = "word::read")]
    pub what: Word,
    /// Key of the goal; empty otherwise.
    pub key: String,
    pub says: String,
    pub is: String,
}

impl Difference {
    fn new(what: Word, says: impl Into<String>, is: impl Into<String>) -> Difference {
        Difference {
            what,
            key: String::new(),
            says: says.into(),
            is: is.into(),
        }
    }

    /// As a sentence without a full stop.
    pub fn sentence(&self) -> String {
        let Difference {
            what,
            key,
            says,
            is,
        } = self;
        match *what {
            "goal" => format!("goal `{key}`: it says {says}, it is {is}"),
            "rules" => {
                format!("made with rules {says} of the simulation, run again with rules {is}")
            }
            "build" => format!("made by build {says}, run again by build {is}"),
            "scenario" | "design" => is.clone(),
            _ => format!("another {what}: it says {says}, it is {is}"),
        }
    }
}

/// Compares what a code says with a run of it. `notices` are those of reading it and of
/// [`Shared::to_text`].
pub fn judge(code: &Code, notices: &[Notice], report: &Report) -> Verdict {
    let shared = code.shared();
    let Some(claim) = &shared.run else {
        return Verdict {
            state: State::NoClaim,
            differences: Vec::new(),
        };
    };
    let mut differences = Vec::new();
    let same_rules = claim.semantics_version == report.semantics_version;
    if !same_rules {
        let (then, now) = (claim.semantics_version, report.semantics_version);
        differences.push(Difference::new("rules", then.to_string(), now.to_string()));
    } else {
        if claim.digest != report.digest {
            let says = crate::design::value::cut(&claim.digest);
            differences.push(Difference::new("fingerprint", says, &report.digest));
        }
        goals(code, report, &mut differences);
    }
    let dropped = notices.iter().filter(|n| n.code == code::DROPPED_OF_CODE);
    differences.extend(dropped.map(|n| Difference::new("design", "", &n.message)));
    if !differences.is_empty() {
        why(shared, claim, notices, &mut differences);
    }
    let state = match (same_rules, differences.is_empty()) {
        (_, true) => State::Proved,
        (true, false) => State::Differs,
        (false, false) => State::OtherRules,
    };
    Verdict { state, differences }
}

fn goals(code: &Code, report: &Report, differences: &mut Vec<Difference>) {
    let Some(receipt) = code.receipt() else {
        return;
    };
    let said = |met: bool, measured: Option<f64>| {
        let word = if met { "met" } else { "missed" };
        match measured {
            Some(value) => format!("{word} with {value}"),
            None => format!("{word} with nothing measured"),
        }
    };
    let mut tell = |key: &str, says: String, is: String| {
        let key = crate::design::value::cut(key);
        let difference = Difference::new("goal", says, is);
        differences.push(Difference { key, ..difference });
    };
    for goal in &report.goals {
        let is = said(goal.holds, goal.measured);
        let claims = receipt.goals.iter().filter(|claim| claim.key == goal.key);
        let claims: Vec<String> = claims.map(|c| said(c.met, c.measured)).collect();
        match claims.as_slice() {
            [] => tell(&goal.key, "nothing".to_owned(), is),
            [says] if *says == is => {}
            several => tell(&goal.key, several.join(" and "), is),
        }
    }
    for claim in &receipt.goals {
        if !report.goals.iter().any(|goal| goal.key == claim.key) {
            let says = said(claim.met, claim.measured);
            tell(&claim.key, says, "no goal of the scenario".to_owned());
        }
    }
}

/// What could be the reason, if something differs.
fn why(
    shared: &Shared,
    claim: &Fingerprint,
    notices: &[Notice],
    differences: &mut Vec<Difference>,
) {
    if matches!(shared.content, Content::Changed(_)) {
        let changed = notices.iter().filter(|n| n.code == code::BUILT_IN_CHANGED);
        differences.extend(changed.map(|n| Difference::new("scenario", "", &n.message)));
    }
    let build = claim.build.as_deref().unwrap_or("unknown");
    if build != BUILD {
        let build = crate::design::value::cut(build);
        differences.push(Difference::new("build", build, BUILD));
    }
}

/// Whether the bet is the right one; nothing if there is none, or the lesson does not have it.
pub fn predicted(shared: &Shared, scenario: &Scenario) -> Option<bool> {
    let chosen = shared.bet.as_deref()?;
    let bet = scenario.lesson.bets.iter().find(|bet| bet.key == chosen)?;
    Some(bet.right)
}
