//! Result codes: `r1.`, a design with its seed and prediction, and what somebody says came of it. Nobody
//! has to believe it: whoever has the code runs it again ([`super::verify`]).

use serde_json::{Value as Json, json};

use super::reading::{Reading, list, text};
use super::{Code, Fingerprint, Notice, Shared, link, packed};
use crate::design::diagnostic::Diagnostic;
use crate::design::value::cut;
use crate::observe::report::Report;
use crate::scenario::code;
use crate::scenario::limits::MAX_GOALS;

/// A run that somebody made.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    pub shared: Shared,
    /// What they call themselves, at most 80 characters.
    pub who: Option<String>,
    pub goals: Vec<GoalClaim>,
}

/// What a result code says of one goal.
#[derive(Clone, Debug, PartialEq)]
pub struct GoalClaim {
    pub key: String,
    pub met: bool,
    /// In the unit of the goal's metric, as in a report; absent if nothing was there to measure.
    pub measured: Option<f64>,
}

impl Receipt {
    /// Of a run of what is shared, whose report this is.
    pub fn of(shared: Shared, report: &Report, who: Option<&str>) -> Receipt {
        let run = Some(Fingerprint::of(report));
        let claim = |goal: &crate::observe::report::GoalReport| GoalClaim {
            key: goal.key.clone(),
            met: goal.holds,
            measured: goal.measured,
        };
        Receipt {
            shared: Shared { run, ..shared },
            who: who.map(|who| cut(who.trim())),
            goals: report.goals.iter().map(claim).collect(),
        }
    }
}

pub fn encode(receipt: &Receipt) -> String {
    let mut fields = link::fields(&receipt.shared);
    if let Some(who) = &receipt.who {
        fields.insert("m".to_owned(), who.as_str().into());
    }
    let goal = |claim: &GoalClaim| json!([claim.key, u8::from(claim.met), claim.measured]);
    fields.insert("g".to_owned(), receipt.goals.iter().map(goal).collect());
    packed::pack(packed::Kind::Receipt, fields)
}

/// Reads a result code.
///
/// # Errors
/// As of a link.
pub fn decode(text: &str) -> Result<(Receipt, Vec<Notice>), Box<Diagnostic>> {
    match super::read(text)? {
        (Code::Receipt(receipt), notices) => Ok((receipt, notices)),
        (Code::Link(_), _) => Err(packed::refuse(
            code::NO_CODE,
            "this is a link, not a result code".to_owned(),
            "open it; a result code begins with `r1.`",
        )),
    }
}

pub(super) fn receipt(reading: &mut Reading, shared: Shared) -> Receipt {
    let who = reading.text("m").map(|who| cut(&who));
    let mut goals = Vec::new();
    let written = reading.take("g", list).unwrap_or_default();
    for json in written.into_iter().take(MAX_GOALS) {
        let shown = cut(&json.to_string());
        match claim(json) {
            Some(claim) => goals.push(claim),
            None => reading.extra("g", format!("`{shown}` is no goal and is left out")),
        }
    }
    Receipt { shared, who, goals }
}

fn claim(json: Json) -> Option<GoalClaim> {
    let [key, met, measured] = list(json)?.try_into().ok()?;
    Some(GoalClaim {
        key: text(key)?,
        met: match met.as_u64()? {
            0 => false,
            1 => true,
            _ => return None,
        },
        measured: match measured {
            Json::Null => None,
            number => Some(number.as_f64()?),
        },
    })
}
