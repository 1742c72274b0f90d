//! What a learner has done, scenario by scenario: kept in this browser, handed out as a file, and read back from
//! one. Two records of the same scenario are merged so that nothing is counted twice, in whatever order they come.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::review::Schedule;

/// Where it is kept, the second if the first holds what this build cannot read. The version of the shape is in the
/// name and in the text: neither a newer shape nor a broken one is ever written over.
pub const STORAGE_KEYS: [&str; 2] = ["brownout.progress.1", "brownout.progress.1.beside"];

const VERSION: u32 = 1;
const WHAT: &str = "brownout progress";
/// Of another seed's runs, at least nine of ten: as for a design that holds.
pub const HOLDS: (usize, usize) = (9, 10);
/// More names of scenarios, or predictions of one, than a person could make.
const MOST: usize = 2_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    what: String,
    version: u32,
    /// By how many failed runs later hints are offered than at first; below zero, earlier.
    #[serde(default)]
    pub later: i8,
    /// When that was last changed, in milliseconds since 1970; so all instants here.
    #[serde(default)]
    pub later_at_ms: u64,
    /// By the scenario's id.
    #[serde(default)]
    pub scenarios: BTreeMap<String, Record>,
}

/// What was done with one scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    pub first_seen_ms: u64,
    /// Runs that came to their end.
    pub runs: u32,
    /// Predictions, each judged by the first run after it.
    pub attempts: Vec<Attempt>,
    /// The deepest hint that was opened; 0 if none was.
    pub hints: u32,
    /// The first pass of part one.
    pub passed: Option<Pass>,
    /// Of that many other seeds, so many were passed: the best check.
    pub others: Option<Others>,
    /// Twists that were passed, by key, and when.
    pub twists: BTreeMap<String, u64>,
    pub review: Option<Schedule>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attempt {
    pub at_ms: u64,
    /// Key of the prediction.
    pub bet: String,
    pub right: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    pub at_ms: u64,
    pub seed: u64,
    /// The deepest hint that was open then.
    pub hints: u32,
    /// Millionths of a dollar per hour.
    pub cost_micro: i64,
    /// [`super::door::Door::key`]
    #[serde(default)]
    pub door: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Others {
    pub passed: usize,
    pub asked: usize,
}

impl Others {
    fn holds(self) -> bool {
        self.asked > 0 && self.passed * HOLDS.1 >= self.asked * HOLDS.0
    }

    /// What is kept of two: the one that holds, then what more runs say.
    pub fn rank(&self) -> (bool, usize, usize) {
        (self.holds(), self.asked, self.passed)
    }
}

/// Why a text is not progress that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// "line 3, column 9", or the name of the field.
    pub place: String,
    pub message: String,
    pub remedy: String,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress {
            what: WHAT.into(),
            version: VERSION,
            later: 0,
            later_at_ms: 0,
            scenarios: BTreeMap::new(),
        }
    }
}

impl Record {
    /// It passes on the seed that was shown and on nine of ten others: one lucky seed is no pass.
    pub fn holds(&self) -> bool {
        self.passed.is_some() && self.others.is_some_and(Others::holds)
    }

    fn merge(&mut self, other: Record) {
        let earlier = |a: u64, b: u64| if a == 0 || b == 0 { a.max(b) } else { a.min(b) };
        self.first_seen_ms = earlier(self.first_seen_ms, other.first_seen_ms);
        // Both may have grown from the same beginning: a sum would count it twice.
        self.runs = self.runs.max(other.runs);
        self.hints = self.hints.max(other.hints);
        self.attempts.extend(other.attempts);
        self.attempts.sort();
        self.attempts.dedup();
        let order = |pass: &Pass| {
            (
                pass.at_ms,
                pass.seed,
                pass.hints,
                pass.cost_micro,
                pass.door.clone(),
            )
        };
        self.passed = self
            .passed
            .take()
            .into_iter()
            .chain(other.passed)
            .min_by_key(order);
        self.others = self
            .others
            .into_iter()
            .chain(other.others)
            .max_by_key(Others::rank);
        for (key, at) in other.twists {
            let kept = self.twists.entry(key).or_insert(at);
            *kept = earlier(*kept, at);
        }
        let newest = |it: &Schedule| (it.at_ms, it.stage, it.due_ms, it.right, it.wrong);
        self.review = self
            .review
            .into_iter()
            .chain(other.review)
            .max_by_key(newest);
    }

    /// Why it cannot be what a page has written.
    fn fault(&self) -> Option<(&'static str, &'static str)> {
        if self.others.is_some_and(|it| it.passed > it.asked) {
            return Some(("others", "more seeds were passed than were tried"));
        }
        if self.attempts.len() > MOST || self.twists.len() > MOST {
            return Some((
                "attempts",
                "there are more of these than a person could make",
            ));
        }
        if self
            .review
            .is_some_and(|it| it.stage > super::review::DAYS.len())
        {
            return Some(("review.stage", "there are three reviews, not more"));
        }
        None
    }
}

impl Progress {
    /// # Errors
    /// Where it is no progress of this version, why, and what to do.
    pub fn read(json: &str) -> Result<Progress, Unread> {
        #[derive(Deserialize)]
        struct Head {
            what: Option<String>,
            version: Option<u32>,
        }
        let broken = |error: serde_json::Error| Unread {
            place: format!("line {}, column {}", error.line(), error.column()),
            message: said(&error),
            remedy: "export it again on the page that it is from, and do not change the file"
                .into(),
        };
        let head: Head = serde_json::from_str(json).map_err(broken)?;
        if head.what.as_deref() != Some(WHAT) {
            return Err(Unread {
                place: "what".into(),
                message: format!("this is not \"{WHAT}\""),
                remedy: "choose a file that the button Export in this window has written".into(),
            });
        }
        match head.version {
            Some(VERSION) => {}
            Some(version) => {
                return Err(Unread {
                    place: "version".into(),
                    message: format!(
                        "it is of version {version}; this page reads version {VERSION}"
                    ),
                    remedy:
                        "open it with the release of this page that has written it, or a later one"
                            .into(),
                });
            }
            None => {
                return Err(Unread {
                    place: "version".into(),
                    message: "it says no version".into(),
                    remedy: "export it again on the page that it is from".into(),
                });
            }
        }
        let progress: Progress = serde_json::from_str(json).map_err(broken)?;
        let fault = progress.scenarios.iter().find_map(|(id, record)| {
            let (field, why) = record.fault()?;
            Some((
                format!(
                    "scenarios.{}.{field}",
                    id.chars().take(40).collect::<String>()
                ),
                why,
            ))
        });
        let many = progress.scenarios.len() > MOST;
        let fault =
            fault.or(many.then(|| ("scenarios".into(), "there are more of these than scenarios")));
        match fault {
            None => Ok(progress),
            Some((place, message)) => Err(Unread {
                place,
                message: message.into(),
                remedy: "take this scenario out of the file, or export it again".into(),
            }),
        }
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// For people to look at, and for other programs.
    pub fn to_file(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Takes in what another browser knows.
    pub fn merge(&mut self, other: Progress) {
        let newer = (other.later_at_ms, other.later) > (self.later_at_ms, self.later);
        if newer {
            (self.later, self.later_at_ms) = (other.later, other.later_at_ms);
        }
        for (id, record) in other.scenarios {
            self.scenarios.entry(id).or_default().merge(record);
        }
    }

    pub fn of(&self, id: &str) -> Option<&Record> {
        self.scenarios.get(id)
    }

    /// All predictions, oldest first: whether each was right.
    pub fn predictions(&self) -> Vec<bool> {
        let records = self.scenarios.values();
        let mut all: Vec<&Attempt> = records.flat_map(|it| &it.attempts).collect();
        all.sort();
        all.into_iter().map(|attempt| attempt.right).collect()
    }
}

/// Without the place, which stands before it.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// What is written where, and what is left alone, of what the browser keeps under [`STORAGE_KEYS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Where this page writes; nowhere if both places hold what it cannot read.
    pub key: Option<&'static str>,
    /// What it cannot read, untouched.
    pub foreign: Vec<String>,
}

impl Kept {
    /// The first place that is empty, or can be read.
    pub fn of(places: Vec<Option<String>>) -> (Kept, Progress) {
        let mut kept = Kept::default();
        for (key, json) in STORAGE_KEYS.into_iter().zip(places) {
            let read = json.as_deref().map(Progress::read);
            match (read, json) {
                (Some(Err(_)), Some(json)) => kept.foreign.push(json),
                (read, _) => {
                    kept.key = Some(key);
                    return (kept, read.and_then(Result::ok).unwrap_or_default());
                }
            }
        }
        (kept, Progress::default())
    }
}
