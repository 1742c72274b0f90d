//! The scenario on the page: its text, what is drawn by it, what was typed into knobs, and a file that
//! was refused. The text is the truth; every change is an [`Edit`] in one log and is spliced into it, so
//! comments and order of a hand-written file survive, and undo gives back the same bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::design::diagnostic::Diagnostic;
use crate::scenario::draw::{Edit, is_unfinished, sketch};
use crate::scenario::live::Act;
use crate::scenario::log::Log;
use crate::scenario::{Scenario, Variant, edit};
use crate::time::Duration;

use super::knobs;
use super::versions::Version;

/// A page without anything on it.
pub const BLANK: &str =
    "format = 1\n\n[scenario]\ntitle = \"Untitled\"\n\n[run]\nduration = \"60 s\"\n";
pub const BLANK_NAME: &str = "untitled.toml";

#[derive(Clone, Debug)]
pub struct Document {
    pub text: String,
    /// What is drawn by `text`, also while it cannot run.
    pub scenario: Arc<Scenario>,
    /// Why it cannot run; empty if it can.
    pub faults: Arc<Vec<Diagnostic>>,
    /// Typed values that are not accepted, by path; the text keeps the last good value.
    pub drafts: BTreeMap<String, Draft>,
    /// The last file that was refused.
    pub refused: Option<Refused>,
    /// The field that somebody is typing into, with its raw text: it must not be tidied meanwhile.
    pub typing: Option<(String, String)>,
    log: Log,
    /// What was opened, and since which step of the log; the last that counts is the one on the page.
    opened: Vec<(usize, Origin)>,
}

/// A file as it was opened.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Name of the file, for the download.
    pub name: String,
    pub text: String,
    pub scenario: Arc<Scenario>,
    /// Key of the twist of its lesson that this is the beginning of.
    pub part: Option<String>,
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
    /// The file, if it can be opened to be mended: only what is drawn is not finished.
    pub text: Option<String>,
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
        Scenario::parse(text)?;
        Document::open_unfinished(name, text)
    }

    /// Opens also what cannot run yet.
    pub fn open_unfinished(name: &str, text: &str) -> Result<Document, Vec<Diagnostic>> {
        let sketch = sketch(text);
        let Some(scenario) = sketch.drawing else {
            return Err(sketch.errors);
        };
        if !sketch.errors.iter().all(is_unfinished) {
            return Err(sketch.errors);
        }
        let scenario = Arc::new(scenario);
        let origin = Origin {
            name: name.into(),
            text: text.into(),
            scenario: Arc::clone(&scenario),
            part: None,
        };
        Ok(Document {
            text: text.into(),
            scenario,
            faults: Arc::new(sketch.errors),
            drafts: BTreeMap::new(),
            refused: None,
            typing: None,
            log: Log::default(),
            opened: vec![(0, origin)],
        })
    }

    /// Opens with changes made earlier; without them if they no longer read.
    pub fn restore(name: &str, start: &str, text: &str) -> Result<Document, Vec<Diagnostic>> {
        let mut document = Document::open_unfinished(name, start)?;
        if let Ok(changed) = Document::open_unfinished(name, text) {
            document.scenario = changed.scenario;
            document.faults = changed.faults;
            document.text = text.into();
        }
        Ok(document)
    }

    /// Part two of the lesson begins, as one step: on the drawing as it is, or, if its twist does not fit that any
    /// more, as the lesson has it. Changes are counted from there.
    ///
    /// # Errors
    /// If the lesson's own part two cannot be read.
    pub fn begin_part(&mut self, twist: &Variant) -> Result<(), Vec<Diagnostic>> {
        let now = self.log.len();
        let mut opened = self.opened.iter().filter(|(since, _)| *since <= now);
        let first = opened.rfind(|(_, origin)| origin.part.is_none());
        let (_, part_one) = first.unwrap_or(&self.opened[0]);
        let base = edit::variant(&part_one.text, twist)?;
        // Two twists do not go together.
        let text = match self.origin().part {
            None => edit::variant(&self.text, twist).unwrap_or_else(|_| base.clone()),
            Some(_) => base.clone(),
        };
        let begun = Document::open(self.name(), &base)?;
        let mut origin = begun.origin().clone();
        origin.in_part(&twist.key);
        let begin = Edit::All {
            name: format!("Part two: {}", twist.label),
            edits: vec![Edit::Replace { text }],
        };
        self.apply(begin)?;
        self.opened.push((self.log.len(), origin));
        self.drafts.clear();
        self.read_again();
        Ok(())
    }

    /// The twist that is going on.
    pub fn part(&self) -> Option<&Variant> {
        let key = self.origin().part.as_deref()?;
        twist(&self.scenario, key)
    }

    /// What was restored is in this part of its lesson.
    pub fn restored_in_part(&mut self, key: &str) {
        self.opened[0].1.in_part(key);
        self.read_again();
    }

    /// What the changes are counted from.
    pub fn origin(&self) -> &Origin {
        let now = self.log.len();
        let counting = self.opened.iter().rfind(|(since, _)| *since <= now);
        &counting.unwrap_or(&self.opened[0]).1
    }

    pub fn name(&self) -> &str {
        &self.origin().name
    }

    /// A file somebody chose. A broken one leaves everything as it was and says what is wrong.
    pub fn import(&mut self, name: &str, text: &str) -> bool {
        match Document::open(name, text) {
            Ok(document) => self.put(document),
            Err(diagnostics) => {
                let errors = || diagnostics.iter().all(is_unfinished);
                let mendable = Document::open_unfinished(name, text).is_ok() && errors();
                self.refused = Some(Refused {
                    name: name.into(),
                    diagnostics,
                    text: mendable.then(|| text.to_owned()),
                });
                return false;
            }
        }
        true
    }

    /// Opens a file that cannot run, to finish it here.
    pub fn import_unfinished(&mut self, name: &str, text: &str) -> bool {
        match Document::open_unfinished(name, text) {
            Ok(document) => {
                self.put(document);
                true
            }
            Err(_) => false,
        }
    }

    /// Another document in the place of this one; undo brings this one back.
    fn put(&mut self, other: Document) {
        self.refused = None;
        let origin = other.origin().clone();
        let text = other.text;
        // The same text again is opened all the same: its changes are counted anew.
        match self.apply(Edit::Replace { text }) {
            Ok(true) => self.opened.push((self.log.len(), origin)),
            _ => {
                self.opened.retain(|(since, _)| *since < self.log.len());
                self.opened.push((self.log.len(), origin));
            }
        }
        self.drafts.clear();
    }

    /// A version that was kept comes in the place of what is there, as one step. False if it is the same.
    ///
    /// # Errors
    /// If it cannot be read; everything is as it was.
    pub fn restore_version(&mut self, version: &Version) -> Result<bool, Vec<Diagnostic>> {
        let text = version.text.clone();
        Document::open_unfinished(&version.file, &text)?;
        // Its changes are counted from the file that it began as.
        let began = Document::open_unfinished(&version.file, &version.start)
            .map_or_else(|_| self.origin().clone(), |began| began.origin().clone());
        let restored = Edit::All {
            name: format!("Restore \"{}\"", version.name),
            edits: vec![Edit::Replace { text }],
        };
        let changed = self.apply(restored)?;
        if changed {
            self.opened.push((self.log.len(), began));
            self.drafts.clear();
        }
        Ok(changed)
    }

    /// Does something to the text. False if it changes nothing.
    ///
    /// # Errors
    /// Of the edit; everything is as it was.
    pub fn apply(&mut self, edit: Edit) -> Result<bool, Vec<Diagnostic>> {
        self.typing = None;
        let changed = self.log.apply(&mut self.text, edit)?;
        if changed {
            let now = self.log.len();
            self.opened.retain(|(since, _)| *since < now);
            if self.opened.is_empty() {
                debug_assert!(false, "the first document was opened before any step");
            }
            self.read_again();
        }
        Ok(changed)
    }

    /// A keystroke in a knob's field. Undo takes back all keystrokes of a field at once.
    pub fn type_in(&mut self, path: &str, typed: &str) -> bool {
        let goes_on = self.typing.as_ref().is_some_and(|(p, _)| p == path);
        let changed = self.set_knob(path, typed, goes_on);
        self.typing = Some((path.into(), typed.into()));
        changed
    }

    /// The field was left: it shows the value as the file writes it.
    pub fn typed(&mut self) {
        self.typing = None;
    }

    /// A value was chosen or typed for a knob. True if the text changed.
    pub fn set(&mut self, path: &str, typed: &str) -> bool {
        self.set_knob(path, typed, false)
    }

    fn set_knob(&mut self, path: &str, typed: &str, goes_on: bool) -> bool {
        self.typing = None;
        let edit = edit_of(path, typed.trim());
        let last_was_this = matches!(
            self.log.last(),
            Some(Edit::Set { path: last, .. }) if last == path
        );
        let done = if goes_on && last_was_this {
            let done = self.log.amend(&mut self.text, edit);
            if done.is_ok() {
                self.read_again();
            }
            done
        } else {
            self.apply(edit)
        };
        match done {
            Ok(changed) => {
                self.drafts.remove(path);
                changed
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
        let act = act.clone();
        self.apply(Edit::Act { act, at_ns: at.0 }).map(|_| ())
    }

    /// Back to the file as it was opened.
    pub fn reset(&mut self) -> bool {
        self.typing = None;
        self.drafts.clear();
        let text = self.origin().text.clone();
        let reset = Edit::All {
            name: "Go back to the file as it was opened".into(),
            edits: vec![Edit::Replace { text }],
        };
        self.apply(reset).unwrap_or(false)
    }

    pub fn can_undo(&self) -> bool {
        !self.log.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        self.log.next().is_some()
    }

    /// What undo takes back and redo does again, in words.
    pub fn next_steps(&self) -> (Option<String>, Option<String>) {
        (
            self.log.last().map(Edit::says),
            self.log.next().map(Edit::says),
        )
    }

    /// Takes the last step back; says what it was.
    pub fn undo(&mut self) -> Option<String> {
        let what = self.log.undo(&mut self.text).map(Edit::says)?;
        self.back();
        Some(what)
    }

    /// Does again what was taken back last; says what it is.
    pub fn redo(&mut self) -> Option<String> {
        let what = self.log.redo(&mut self.text).map(Edit::says)?;
        self.back();
        Some(what)
    }

    fn back(&mut self) {
        self.typing = None;
        self.drafts.clear();
        self.read_again();
    }

    /// Every text in the log was read before, so there is a drawing; if there were none, the last one
    /// stays.
    fn read_again(&mut self) {
        let sketch = sketch(&self.text);
        if let Some(mut scenario) = sketch.drawing {
            if let Some(key) = &self.origin().part {
                unlock(&mut scenario, key);
            }
            self.scenario = Arc::new(scenario);
        }
        self.faults = Arc::new(sketch.errors);
    }

    /// Unlocked knobs that differ from the opened file.
    pub fn changes(&self) -> Vec<Change> {
        let start = &self.origin().scenario;
        let paths = &start.lesson.unlocked;
        paths
            .iter()
            .filter_map(|path| {
                let from = knobs::printed(&start.design, path)?;
                let to = knobs::printed(&self.scenario.design, path)?;
                (from != to).then(|| Change {
                    path: path.clone(),
                    from,
                    to,
                })
            })
            .collect()
    }

    /// Whether anything differs from the file as it was opened.
    pub fn is_changed(&self) -> bool {
        self.text != self.origin().text
    }
}

impl Origin {
    fn in_part(&mut self, key: &str) {
        unlock(Arc::make_mut(&mut self.scenario), key);
        self.part = Some(key.to_owned());
    }
}

fn twist<'s>(scenario: &'s Scenario, key: &str) -> Option<&'s Variant> {
    scenario.lesson.twists.iter().find(|twist| twist.key == key)
}

/// In part two, its knobs can be turned besides those of the lesson.
fn unlock(scenario: &mut Scenario, key: &str) {
    let more = twist(scenario, key).map(|twist| twist.unlocked.clone());
    let unlocked = &mut scenario.lesson.unlocked;
    for path in more.unwrap_or_default() {
        if !unlocked.contains(&path) {
            unlocked.push(path);
        }
    }
}

/// What a typed value does: an entry of the timeline is `timeline.1.lasts`, counted from 1.
fn edit_of(path: &str, typed: &str) -> Edit {
    let entry = path.strip_prefix("timeline.").and_then(|rest| {
        let (number, field) = rest.split_once('.')?;
        Some((number.parse::<usize>().ok()?.checked_sub(1)?, field))
    });
    match entry {
        Some((number, field)) => Edit::SetEntry {
            number,
            field: field.to_owned(),
            value: (!typed.is_empty()).then(|| typed.to_owned()),
        },
        None => Edit::Set {
            path: path.to_owned(),
            value: typed.to_owned(),
        },
    }
}
