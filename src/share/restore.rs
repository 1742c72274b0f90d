//! From what was shared back to the text of a scenario.

use super::reading::Reading;
use super::{Changed, Content, Entry, Notice, Shared, diagnostic, hash};
use crate::design::diagnostic::{Diagnostic, Severity};
use crate::design::registry;
use crate::design::value::{self, cut};
use crate::scenario::{Scenario, Variant, code, edit, edit_timeline, resolve};

impl Shared {
    /// The text of the scenario, and what of it this build cannot say. `built_in` finds the text of a
    /// scenario by its id.
    ///
    /// # Errors
    /// If there is no such scenario, or what comes out is none.
    pub fn to_text<'a>(
        &self,
        built_in: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<(String, Vec<Notice>), Vec<Diagnostic>> {
        match &self.content {
            Content::Whole(text) => {
                Scenario::parse(text)?;
                Ok((text.clone(), Vec::new()))
            }
            Content::Changed(changed) => {
                let base = built_in(&changed.id).ok_or_else(|| vec![unknown(&changed.id)])?;
                changed.onto(base)
            }
        }
    }
}

fn unknown(id: &str) -> Diagnostic {
    let message = format!("there is no scenario `{}` in this build", cut(id));
    let help = "reload the page, take a newer release, or ask for the scenario's file";
    diagnostic(code::NO_BUILT_IN, Severity::Error, "link", message, help)
}

impl Changed {
    /// The changes made in a text.
    pub(super) fn onto(&self, base: &str) -> Result<(String, Vec<Notice>), Vec<Diagnostic>> {
        let mut reading = Reading::new(serde_json::Map::new());
        let mut text = base.to_owned();
        if let Some(part) = &self.part {
            match twist(base, part)? {
                Some(twist) => text = edit::variant(base, &twist)?,
                None => {
                    let message = format!("there is no part 2 `{}`; this is part 1", cut(part));
                    reading.dropped(part, message);
                }
            }
        }
        let set = self.known_changes(&Scenario::parse(&text)?, &mut reading);
        if !set.is_empty() {
            text = edit::apply(&text, &set)?;
        }
        if let Some(timeline) = &self.timeline {
            let count = Scenario::parse(&text)?.timeline.len();
            let entries: Vec<Entry> = timeline
                .iter()
                .filter_map(|entry| known_entry(entry, count, &mut reading))
                .collect();
            text = edit_timeline::rewrite(&text, &entries)?;
        }
        let mut notices = reading.finish();
        if self.base.is_some_and(|then| then != hash(base)) {
            let message = format!("the scenario `{}` has changed since", cut(&self.id));
            let help =
                "the changes of the link were made in the newer one; look whether they still fit";
            let notice = diagnostic(
                code::BUILT_IN_CHANGED,
                Severity::Warning,
                "link",
                message,
                help,
            );
            notices.insert(0, notice);
        }
        Ok((text, notices))
    }

    /// Of several changes of one knob the last one counts.
    fn known_changes<'c>(
        &'c self,
        scenario: &Scenario,
        reading: &mut Reading,
    ) -> Vec<(&'c str, &'c str)> {
        let mut known: Vec<(&str, &str)> = Vec::new();
        for (path, written) in &self.set {
            let problem = match resolve(&scenario.design, path) {
                Ok(address) => value::parse(written, address.spec).err(),
                Err(problem) => Some(problem),
            };
            if let Some(problem) = problem {
                let (path, written) = (cut(path), cut(written));
                let why = problem.message;
                let message = format!("`{path} = {written}` is left out: {why}");
                reading.dropped(&path, message);
                continue;
            }
            known.retain(|(before, _)| before != path);
            known.push((path, written));
        }
        known
    }
}

fn twist(base: &str, key: &str) -> Result<Option<Variant>, Vec<Diagnostic>> {
    let twists = Scenario::parse(base)?.lesson.twists;
    Ok(twists.into_iter().find(|twist| twist.key == key))
}

/// As much of an entry as this build knows.
fn known_entry(entry: &Entry, count: usize, reading: &mut Reading) -> Option<Entry> {
    let (what, fields) = match entry {
        Entry::Kept(number) if *number < count => return Some(entry.clone()),
        Entry::Kept(number) => {
            let number = number.saturating_add(1);
            let message = format!("entry {number} of the timeline is no longer there");
            reading.dropped("timeline", message);
            return None;
        }
        Entry::New { what, fields } => (what, fields),
    };
    let Some(kind) = registry::timeline_kind(what) else {
        let message = format!(
            "the entry `{}` is left out: nothing is called so",
            cut(what)
        );
        reading.dropped("timeline", message);
        return None;
    };
    let mut known = fields.clone();
    known.retain(|(field, _)| {
        let knows = kind.knob(field).is_some();
        if !knows {
            let message = format!("the entry `{what}` has no field `{}`", cut(field));
            reading.dropped("timeline", message);
        }
        knows
    });
    Some(Entry::New {
        what: what.clone(),
        fields: known,
    })
}
