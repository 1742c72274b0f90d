//! In what a run differs from the one of the file, so that anybody can make it again.

use crate::design::diagnostic::Diagnostic;
use crate::scenario::edit_timeline::{Entry, rewrite};
use crate::scenario::{Scenario, edit, live};
use crate::time::Duration;

/// Applied in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    /// Entries of the timeline that are left out, by their numbers from 0.
    pub without: Vec<usize>,
    /// An entry of the timeline that ends earlier: its number from 0, and how long it lasts then.
    pub ends: Option<(usize, Duration)>,
    /// Knobs, as `--set` takes them.
    pub set: Vec<(String, String)>,
    /// Tables at the end of the file.
    pub add: String,
    /// The end of the run, as `--until` takes it.
    pub until: Option<Duration>,
}

impl Recipe {
    /// The file of the run.
    ///
    /// # Errors
    /// What is wrong with a change.
    pub fn text(&self, text: &str) -> Result<String, Vec<Diagnostic>> {
        let mut text = text.to_owned();
        if !self.without.is_empty() {
            let count = Scenario::parse(&text)?.timeline.len();
            let kept = (0..count).filter(|number| !self.without.contains(number));
            let kept: Vec<Entry> = kept.map(Entry::Kept).collect();
            text = rewrite(&text, &kept)?;
        }
        if let Some((number, lasts)) = self.ends {
            let begins = Scenario::parse(&text)?.timeline;
            let begins = begins.get(number).map_or(Duration::ZERO, |it| it.begins());
            text = live::end(&text, number, begins + lasts)?;
        }
        if !self.set.is_empty() {
            text = edit::apply(&text, &self.set)?;
        }
        if !self.add.is_empty() {
            text = format!("{}\n\n{}", text.trim_end(), self.add);
        }
        Ok(text)
    }

    /// What is run.
    ///
    /// # Errors
    /// What is wrong with a change, or with what it leads to.
    pub fn scenario(&self, text: &str) -> Result<Scenario, Vec<Diagnostic>> {
        let mut scenario = Scenario::parse(&self.text(text)?)?;
        if let Some(end) = self.until {
            scenario.end_early(end);
        }
        Ok(scenario)
    }
}

/// An entry of the timeline as a file has it; values are written as text.
pub fn entry(what: &str, fields: &[(&str, String)]) -> String {
    let mut text = format!("[[timeline]]\nwhat = \"{what}\"\n");
    for (field, value) in fields {
        let is_number = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        match is_number && *field != "value" {
            true => text.push_str(&format!("{field} = {value}\n")),
            false => {
                let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
                text.push_str(&format!("{field} = \"{escaped}\"\n"));
            }
        }
    }
    text
}
