//! The scenario on the page: its text, the last good reading of it, what was typed into knobs, and a
//! file that was refused. The text is the truth; every change is spliced into it, so comments and
//! order of a hand-written file survive.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::design::diagnostic::Diagnostic;
use crate::scenario::live::Act;
use crate::scenario::{Scenario, edit};
use crate::time::Duration;

use super::knobs;

/// How many texts undo remembers.
const MOST_UNDO: usize = 200;

#[derive(Clone, Debug)]
pub struct Document {
    /// Name of the file, for the download.
    pub name: String,
    pub text: String,
    /// As it was opened.
    pub start: String,
    /// What `text` says.
    pub scenario: Arc<Scenario>,
    /// What `start` says.
    pub start_scenario: Arc<Scenario>,
    /// Typed values that are not accepted, by path; the text keeps the last good value.
    pub drafts: BTreeMap<String, Draft>,
    /// The last file that was refused.
    pub refused: Option<Refused>,
    /// The field that somebody is typing into, with its raw text: it must not be tidied meanwhile.
    pub typing: Option<(String, String)>,
    past: Vec<String>,
    future: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub typed: String,
    pub message: String,
    pub help: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    pub name: String,
    pub diagnostics: Vec<Diagnostic>,
}

/// One knob that differs from the opened file, in the file's own words.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub path: String,
    pub from: String,
    pub to: String,
}

impl Document {
    pub fn open(name: &str, text: &str) -> Result<Document, Vec<Diagnostic>> {
        let scenario = Arc::new(Scenario::parse(text)?);
        Ok(Document {
            name: name.into(),
            text: text.into(),
            start: text.into(),
            start_scenario: Arc::clone(&scenario),
            scenario,
            drafts: BTreeMap::new(),
            refused: None,
            typing: None,
            past: Vec::new(),
            future: Vec::new(),
        })
    }

    /// Opens with changes made earlier; without them if they no longer read.
    pub fn restore(name: &str, start: &str, text: &str) -> Result<Document, Vec<Diagnostic>> {
        let mut document = Document::open(name, start)?;
        if let Ok(scenario) = Scenario::parse(text) {
            document.scenario = Arc::new(scenario);
            document.text = text.into();
        }
        Ok(document)
    }

    /// A file somebody chose. A broken one leaves everything as it was and says what is wrong.
    pub fn import(&mut self, name: &str, text: &str) -> bool {
        match Document::open(name, text) {
            Ok(document) => {
                *self = document;
                true
            }
            Err(diagnostics) => {
                self.refused = Some(Refused {
                    name: name.into(),
                    diagnostics,
                });
                false
            }
        }
    }

    /// A keystroke in a knob's field. Undo takes back all keystrokes of a field at once.
    pub fn type_in(&mut self, path: &str, typed: &str) -> bool {
        let goes_on = self.typing.as_ref().is_some_and(|(p, _)| p == path);
        let depth = self.past.len();
        let changed = self.set(path, typed);
        self.typing = Some((path.into(), typed.into()));
        if goes_on && self.past.len() > depth {
            self.past.pop();
        }
        changed
    }

    /// The field was left: it shows the value as the file writes it.
    pub fn typed(&mut self) {
        self.typing = None;
    }

    /// A value was chosen or typed for a knob. True if the text changed.
    pub fn set(&mut self, path: &str, typed: &str) -> bool {
        self.typing = None;
        let value = typed.trim();
        match self.spliced(path, value) {
            Ok((text, scenario)) => {
                self.drafts.remove(path);
                if text == self.text {
                    return false;
                }
                self.remember();
                self.text = text;
                self.scenario = Arc::new(scenario);
                true
            }
            Err(diagnostics) => {
                let first = diagnostics.into_iter().next();
                let (message, help) = first.map_or_else(
                    || ("this value is not accepted".to_owned(), None),
                    |d| (d.message, d.help),
                );
                let draft = Draft {
                    typed: typed.into(),
                    message,
                    help,
                };
                self.drafts.insert(path.into(), draft);
                false
            }
        }
    }

    /// Something was done to a run of this text, at this instant.
    pub fn act(&mut self, act: &Act, at: Duration) -> Result<(), Vec<Diagnostic>> {
        let text = act.apply(&self.text, at)?;
        let scenario = Scenario::parse(&text)?;
        self.remember();
        self.text = text;
        self.scenario = Arc::new(scenario);
        Ok(())
    }

    fn spliced(&self, path: &str, value: &str) -> Result<(String, Scenario), Vec<Diagnostic>> {
        let text = edit::apply(&self.text, &[(path, value)])?;
        let scenario = Scenario::parse(&text)?;
        Ok((text, scenario))
    }

    /// Back to the file as it was opened.
    pub fn reset(&mut self) -> bool {
        self.typing = None;
        self.drafts.clear();
        if self.text == self.start {
            return false;
        }
        self.remember();
        self.text = self.start.clone();
        self.scenario = Arc::clone(&self.start_scenario);
        true
    }

    fn remember(&mut self) {
        self.past.push(std::mem::take(&mut self.text));
        if self.past.len() > MOST_UNDO {
            self.past.remove(0);
        }
        self.future.clear();
    }

    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    pub fn undo(&mut self) -> bool {
        let Some(text) = self.past.pop() else {
            return false;
        };
        let now = std::mem::replace(&mut self.text, text);
        self.future.push(now);
        self.read_again();
        true
    }

    pub fn redo(&mut self) -> bool {
        let Some(text) = self.future.pop() else {
            return false;
        };
        let now = std::mem::replace(&mut self.text, text);
        self.past.push(now);
        self.read_again();
        true
    }

    /// Every text in the history was read before, so this cannot fail; if it did, the reading kept
    /// is the last good one.
    fn read_again(&mut self) {
        self.typing = None;
        self.drafts.clear();
        if let Ok(scenario) = Scenario::parse(&self.text) {
            self.scenario = Arc::new(scenario);
        }
    }

    /// Unlocked knobs that differ from the opened file.
    pub fn changes(&self) -> Vec<Change> {
        let paths = &self.start_scenario.lesson.unlocked;
        paths
            .iter()
            .filter_map(|path| {
                let from = knobs::printed(&self.start_scenario.design, path)?;
                let to = knobs::printed(&self.scenario.design, path)?;
                (from != to).then(|| Change {
                    path: path.clone(),
                    from,
                    to,
                })
            })
            .collect()
    }
}
