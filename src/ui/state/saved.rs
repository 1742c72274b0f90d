//! What the page keeps in the browser's storage, so that a closed tab loses nothing that was typed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::document::Document;
use super::learning::door::Door;
use super::model::{Bet, Model, Theme};
use super::pace::Speed;
use super::panels::Sizes;

/// The storage key carries the version of this shape; an unknown shape is left alone.
pub const STORAGE_KEY: &str = "brownout.session.1";

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedSession {
    name: String,
    start: String,
    text: String,
    /// The twist that is going on; empty in part one.
    part: String,
    /// Typed and not accepted, by path.
    drafts: BTreeMap<String, String>,
    seed: u64,
    /// [`Bet::kept`].
    bet: String,
    hints: usize,
    speed: String,
    bullet: bool,
    keys_off: bool,
    theme: String,
    sizes: Sizes,
    /// [`Door::key`]
    door: String,
}

impl SavedSession {
    pub fn of(model: &Model) -> SavedSession {
        let doc = &model.doc;
        SavedSession {
            name: doc.name().to_owned(),
            start: doc.origin().text.clone(),
            text: doc.text.clone(),
            part: doc.origin().part.clone().unwrap_or_default(),
            drafts: doc
                .drafts
                .iter()
                .map(|(p, d)| (p.clone(), d.typed.clone()))
                .collect(),
            seed: model.seed,
            bet: model.bet.kept(),
            hints: model.hints,
            speed: model.speed.key(),
            bullet: model.bullet_on,
            keys_off: !model.keys_on,
            theme: model.theme.key().into(),
            sizes: model.sizes,
            door: model.learning.door.key().into(),
        }
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub fn from_json(json: &str) -> Option<SavedSession> {
        serde_json::from_str(json).ok()
    }

    /// Puts it back. `built_in` is what the page ships: if the saved session began from an older
    /// version of it, only the changes that still read are kept.
    pub fn restore(&self, model: &mut Model, built_in: &str) {
        let is_built_in = self.name == model.doc.name();
        // Part two has a beginning of its own.
        let as_shipped = is_built_in && self.part.is_empty();
        let start = if as_shipped { built_in } else { &self.start };
        let changed = self.text != self.start;
        let text = if changed { &self.text } else { start };
        if !start.is_empty()
            && let Ok(mut doc) = Document::restore(&self.name, start, text)
        {
            if !self.part.is_empty() {
                doc.restored_in_part(&self.part);
            }
            for (path, typed) in &self.drafts {
                // Typed again: the message belongs to this build, not to the saved one.
                doc.set(path, typed);
            }
            model.doc = doc;
        }
        model.seed = self.seed;
        model.bet = Bet::of_kept(&self.bet, &model.doc.scenario.lesson);
        model.hints = self.hints;
        model.speed = Speed::from_key(&self.speed).unwrap_or_default();
        model.bullet_on = self.bullet;
        model.keys_on = !self.keys_off;
        model.theme = Theme::from_key(&self.theme);
        model.sizes = self.sizes;
        model.learning.door = Door::from_key(&self.door).unwrap_or_default();
        model.editor.on |= model.learning.door == Door::Cold;
    }
}
