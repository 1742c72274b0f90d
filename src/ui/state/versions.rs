//! Versions of a design that somebody kept under a name. Restoring one is a step like every other: undo gives
//! back the same bytes.

use serde::{Deserialize, Serialize};

use super::model::{Bet, Dialog, Model};
use super::running::restart;
use super::update::{Effect, edited, opened};

/// What is kept of a version, in the browser's database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Version {
    /// When it was kept, in milliseconds since 1970 and wide enough to be sorted as text; its key.
    #[serde(skip)]
    pub key: String,
    pub name: String,
    /// Local date and time: "2026-11-28 12:04".
    pub at: String,
    /// The file that it began as: its name and its text.
    pub file: String,
    pub start: String,
    pub text: String,
    /// The seed of its run, and the prediction ([`Bet::kept`]); absent in what older releases kept.
    pub seed: Option<u64>,
    pub bet: Option<String>,
}

/// The dialog, and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// The newest first.
    pub all: Vec<Version>,
    pub search: String,
    /// The one that was deleted last: it can come back as long as the dialog is open.
    pub deleted: Option<Version>,
    /// Why something could not be kept.
    pub failed: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Ask {
    Open,
    /// What the database has, by key.
    Loaded(Vec<(String, String)>),
    /// Keep what is on the page.
    Keep {
        name: String,
        key: String,
        at: String,
    },
    Search(String),
    Restore(String),
    Download(String),
    Delete(String),
    /// The one that was deleted last comes back.
    Bring,
    /// The database refused.
    Failed(String),
}

/// What the database has to do.
#[derive(Clone, Debug)]
pub enum Shelve {
    Read,
    Put { key: String, json: String },
    Remove(String),
}

impl Versions {
    /// Every word that was typed stands somewhere in its name, its date or its file.
    pub fn found(&self) -> Vec<Version> {
        let typed = self.search.to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let fits = |version: &&Version| {
            let Version { name, at, file, .. } = version;
            let all = format!("{name} {at} {file}").to_lowercase();
            words.iter().all(|word| all.contains(word))
        };
        self.all.iter().filter(fits).cloned().collect()
    }

    fn get(&self, key: &str) -> Option<&Version> {
        self.all.iter().find(|version| version.key == key)
    }

    fn add(&mut self, version: Version) -> Vec<Effect> {
        let (key, json) = (version.key.clone(), serde_json::to_string(&version));
        self.all.push(version);
        self.sort();
        let json = json.unwrap_or_default();
        vec![Effect::Shelve(Shelve::Put { key, json })]
    }

    fn sort(&mut self) {
        self.all.sort_by(|a, b| b.key.cmp(&a.key));
    }
}

pub fn update(model: &mut Model, ask: Ask) -> Vec<Effect> {
    let versions = &mut model.versions;
    match ask {
        Ask::Open => {
            *versions = Versions::default();
            model.dialog = Some(Dialog::Versions);
            return vec![Effect::Shelve(Shelve::Read)];
        }
        Ask::Loaded(kept) => {
            let read = |(key, json): (String, String)| {
                let version = serde_json::from_str(&json).ok()?;
                Some(Version { key, ..version })
            };
            versions.all = kept.into_iter().filter_map(read).collect();
            versions.sort();
        }
        Ask::Keep { name, key, at } => return keep(model, &name, key, at),
        Ask::Search(typed) => versions.search = typed,
        Ask::Restore(key) => return restore(model, &key),
        Ask::Download(key) => {
            let version = versions.get(&key);
            return version.map_or_else(Vec::new, |version| {
                let name = file_name(&version.name);
                let text = version.text.clone();
                vec![Effect::Download { name, text }]
            });
        }
        Ask::Delete(key) => {
            let at = versions.all.iter().position(|version| version.key == key);
            let Some(at) = at else { return Vec::new() };
            versions.deleted = Some(versions.all.remove(at));
            return vec![Effect::Shelve(Shelve::Remove(key))];
        }
        Ask::Bring => {
            let back = versions.deleted.take();
            return back.map_or_else(Vec::new, |version| versions.add(version));
        }
        Ask::Failed(why) => versions.failed = Some(why),
    }
    Vec::new()
}

fn keep(model: &mut Model, name: &str, key: String, at: String) -> Vec<Effect> {
    let name = match name.trim() {
        "" => model.doc.scenario.about.title.clone(),
        name => name.chars().take(120).collect(),
    };
    let origin = model.doc.origin();
    let version = Version {
        key,
        name,
        at,
        file: origin.name.clone(),
        start: origin.text.clone(),
        text: model.doc.text.clone(),
        seed: Some(model.seed),
        bet: Some(model.bet.kept()),
    };
    model.versions.failed = None;
    model.versions.search.clear();
    model.said.answer(format!("Kept as {}.", version.name));
    model.versions.add(version)
}

fn restore(model: &mut Model, key: &str) -> Vec<Effect> {
    let Some(version) = model.versions.get(key).cloned() else {
        return Vec::new();
    };
    let other_file = version.file != model.doc.name();
    let changed = match model.doc.restore_version(&version) {
        Ok(changed) => changed,
        Err(findings) => {
            let why = findings.first().map_or("", |finding| &finding.message);
            model.versions.failed = Some(format!("it cannot be opened any more: {why}"));
            return Vec::new();
        }
    };
    model.dialog = None;
    let seed = version.seed.unwrap_or(model.seed);
    if !changed && seed == model.seed {
        model.toast(format!("{} is what is on the page.", version.name));
        return Vec::new();
    }
    model.editor.forget_gone(&model.doc.scenario.design);
    let mut effects = match other_file {
        true => opened(model, &version.name),
        false => edited(model),
    };
    let mut said = format!("Restored {}.", version.name);
    if let Some(kept) = &version.bet {
        model.bet = Bet::of_kept(kept, &model.doc.scenario.lesson);
    }
    if seed != model.seed {
        said.push_str(&format!(" The seed is {seed}; it was {}.", model.seed));
        model.seed = seed;
        effects.extend(restart(model, false));
        effects.push(Effect::Save);
    }
    if changed {
        said.push_str(" Undo brings back the design that was there.");
    }
    model.toast(said);
    effects
}

/// Letters and digits of its name.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { ' ' };
    let words: String = name.to_lowercase().chars().map(plain).collect();
    let words: Vec<&str> = words.split_whitespace().collect();
    match words.join("-") {
        name if name.is_empty() => "version.toml".to_owned(),
        name => format!("{name}.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::update::{Msg, update};
    use super::*;

    fn ask(model: &mut Model, ask: Ask) -> Vec<Effect> {
        update(model, Msg::Versions(ask))
    }

    fn keep(model: &mut Model, name: &str, key: &str) {
        let (name, key, at) = (name.into(), key.into(), "2026-11-28 12:04".into());
        let effects = ask(model, Ask::Keep { name, key, at });
        assert!(matches!(&effects[..], [Effect::Shelve(Shelve::Put { .. })]));
    }

    fn knob(model: &mut Model, typed: &str) {
        let (path, typed) = ("link.browse.attempts".into(), typed.into());
        update(model, Msg::Knob { path, typed });
    }

    #[test]
    fn what_is_restored_is_undone_to_the_same_bytes() {
        let mut model = Model::default();
        let start = model.doc.text.clone();
        keep(&mut model, "as it came", "1");
        knob(&mut model, "7");
        let seven = model.doc.text.clone();
        ask(&mut model, Ask::Restore("1".into()));
        assert_eq!(model.doc.text, start);
        update(&mut model, Msg::Undo);
        assert_eq!(model.doc.text, seven);
        assert_eq!(model.doc.changes().len(), 1, "counted from the same file");
        update(&mut model, Msg::Redo);
        assert_eq!(model.doc.text, start);
    }

    #[test]
    fn a_version_of_another_file_brings_its_file_and_undo_this_one() {
        let mut model = Model::default();
        keep(&mut model, "storm", "1");
        update(&mut model, Msg::OpenBuiltIn("s05-charged-twice"));
        let other = model.doc.text.clone();
        ask(&mut model, Ask::Restore("1".into()));
        assert_eq!(model.doc.name(), "s04-retry-storm.toml");
        assert!(!model.doc.is_changed());
        update(&mut model, Msg::Undo);
        assert_eq!(model.doc.text, other);
        assert_eq!(model.doc.name(), "s05-charged-twice.toml");
    }

    #[test]
    fn a_version_comes_back_with_its_seed_and_its_prediction() {
        let mut model = Model::default();
        update(&mut model, Msg::Bet("never".into()));
        assert_eq!(model.bet, Bet::Chosen("never".into()), "one of its bets");
        update(&mut model, Msg::NewSeed(41));
        keep(&mut model, "forty-one", "1");
        update(&mut model, Msg::NewSeed(42));
        let effects = ask(&mut model, Ask::Restore("1".into()));
        assert_eq!(model.seed, 41);
        assert_eq!(model.run.seed, 41, "its run begins anew");
        assert!(!effects.is_empty());
        update(&mut model, Msg::OpenBuiltIn("s05-charged-twice"));
        assert_eq!(model.bet, Bet::Open);
        ask(&mut model, Ask::Restore("1".into()));
        assert_eq!((model.seed, &model.bet), (41, &Bet::Chosen("never".into())));
        // What an older release kept has neither: both stay.
        model.versions.all[0].seed = None;
        model.versions.all[0].bet = None;
        knob(&mut model, "7");
        ask(&mut model, Ask::Restore("1".into()));
        assert_eq!(model.seed, 41);
    }

    #[test]
    fn versions_are_found_by_words_and_come_back_after_they_were_deleted() {
        let mut model = Model::default();
        keep(&mut model, "Budget of 10 % #good", "1");
        keep(&mut model, "No budget", "2");
        keep(&mut model, "", "3");
        let names = |model: &Model| -> Vec<String> {
            let found = model.versions.found();
            found.into_iter().map(|version| version.name).collect()
        };
        assert_eq!(names(&model)[0], model.doc.scenario.about.title);
        ask(&mut model, Ask::Search("BUDGET good".into()));
        assert_eq!(names(&model), ["Budget of 10 % #good"]);
        ask(&mut model, Ask::Search("2026 budget".into()));
        assert_eq!(names(&model), ["No budget", "Budget of 10 % #good"]);
        ask(&mut model, Ask::Delete("2".into()));
        assert_eq!(names(&model), ["Budget of 10 % #good"]);
        ask(&mut model, Ask::Bring);
        assert_eq!(names(&model), ["No budget", "Budget of 10 % #good"]);
    }

    #[test]
    fn what_the_database_gives_is_read_whatever_it_is() {
        let mut model = Model::default();
        keep(&mut model, "mine", "2");
        let json = serde_json::to_string(&model.versions.all[0]).unwrap();
        let kept = vec![
            ("1".to_owned(), "nonsense".to_owned()),
            ("2".to_owned(), json),
            ("3".to_owned(), "{}".to_owned()),
        ];
        ask(&mut model, Ask::Loaded(kept));
        assert_eq!(model.versions.all.len(), 2);
        assert_eq!(model.versions.all[1].name, "mine");
        ask(&mut model, Ask::Restore("3".into()));
        assert!(model.versions.failed.is_some(), "no scenario is in it");
        assert_eq!(file_name("Budget of 10 % #good"), "budget-of-10-good.toml");
    }
}
