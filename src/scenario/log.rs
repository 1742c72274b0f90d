//! Everything that was done to a text, in order: nothing else changes it. Undo and redo give back exactly
//! the bytes that there were, however many steps.
//!
//! ```
//! use brownout::scenario::draw::Edit;
//! use brownout::scenario::log::Log;
//! let mut text = "format = 1\n[run]\nduration = \"60 s\"\n".to_owned();
//! let mut log = Log::default();
//! let longer = Edit::Set { path: "run.duration".into(), value: "2 min".into() };
//! assert!(log.apply(&mut text, longer).unwrap());
//! log.undo(&mut text);
//! assert_eq!(text, "format = 1\n[run]\nduration = \"60 s\"\n");
//! ```

use super::draw::Edit;
use crate::design::diagnostic::Diagnostic;

/// What was done and can be undone, and what was undone and can be done again.
#[derive(Clone, Debug, Default)]
pub struct Log {
    steps: Vec<Step>,
    /// Steps that count now; those behind were undone.
    at: usize,
}

#[derive(Clone, Debug)]
struct Step {
    edit: Edit,
    splice: Splice,
}

/// The one piece by which two texts differ: a long history costs what was typed, not copies of texts.
#[derive(Clone, Debug)]
struct Splice {
    at: usize,
    old: String,
    new: String,
}

impl Splice {
    fn between(old: &str, new: &str) -> Splice {
        let same = |(a, b): &(u8, u8)| a == b;
        let mut at = old.bytes().zip(new.bytes()).take_while(same).count();
        while !old.is_char_boundary(at) || !new.is_char_boundary(at) {
            at -= 1;
        }
        let (a, b) = (&old[at..], &new[at..]);
        let mut tail = a
            .bytes()
            .rev()
            .zip(b.bytes().rev())
            .take_while(same)
            .count();
        while !a.is_char_boundary(a.len() - tail) || !b.is_char_boundary(b.len() - tail) {
            tail -= 1;
        }
        Splice {
            at,
            old: a[..a.len() - tail].to_owned(),
            new: b[..b.len() - tail].to_owned(),
        }
    }
}

impl Log {
    /// Does it, if it can be done. False if it changes nothing: then there is nothing to undo.
    ///
    /// # Errors
    /// Of the edit; the text is as it was.
    pub fn apply(&mut self, text: &mut String, edit: Edit) -> Result<bool, Vec<Diagnostic>> {
        let changed = edit.apply(text)?;
        if changed == *text {
            return Ok(false);
        }
        self.steps.truncate(self.at);
        let splice = Splice::between(text, &changed);
        self.steps.push(Step { edit, splice });
        self.at = self.steps.len();
        *text = changed;
        Ok(true)
    }

    /// Does it in the place of the step before, as if that had not been: typing goes on.
    ///
    /// # Errors
    /// Of the edit; text and history are as they were.
    pub fn amend(&mut self, text: &mut String, edit: Edit) -> Result<bool, Vec<Diagnostic>> {
        let mut before = text.clone();
        let mut log = self.clone_last();
        if log.undo(&mut before).is_none() {
            return self.apply(text, edit);
        }
        let changed = edit.apply(&before)?;
        self.at -= 1;
        self.steps.truncate(self.at);
        let differs = changed != *text;
        if changed != before {
            let splice = Splice::between(&before, &changed);
            self.steps.push(Step { edit, splice });
            self.at += 1;
        }
        *text = changed;
        Ok(differs)
    }

    fn clone_last(&self) -> Log {
        let last = self.at.checked_sub(1).map(|last| self.steps[last].clone());
        let steps: Vec<Step> = last.into_iter().collect();
        Log {
            at: steps.len(),
            steps,
        }
    }

    /// Takes back the last step; what it was.
    pub fn undo(&mut self, text: &mut String) -> Option<&Edit> {
        let at = self.at.checked_sub(1)?;
        let step = &self.steps[at];
        let Splice {
            at: place,
            old,
            new,
        } = &step.splice;
        text.replace_range(*place..*place + new.len(), old);
        self.at = at;
        Some(&step.edit)
    }

    /// Does again what was taken back last; what it is.
    pub fn redo(&mut self, text: &mut String) -> Option<&Edit> {
        let step = self.steps.get(self.at)?;
        let Splice {
            at: place,
            old,
            new,
        } = &step.splice;
        text.replace_range(*place..*place + old.len(), new);
        self.at += 1;
        Some(&step.edit)
    }

    /// What undo would take back.
    pub fn last(&self) -> Option<&Edit> {
        self.at.checked_sub(1).map(|at| &self.steps[at].edit)
    }

    /// What redo would do.
    pub fn next(&self) -> Option<&Edit> {
        self.steps.get(self.at).map(|step| &step.edit)
    }

    /// Steps that count now.
    pub fn len(&self) -> usize {
        self.at
    }

    /// Whether nothing was done, or all of it was undone.
    pub fn is_empty(&self) -> bool {
        self.at == 0
    }
}
