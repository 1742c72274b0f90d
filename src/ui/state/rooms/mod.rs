//! A lesson in front of people: one window for everybody, and one with notes for whoever teaches. The window for
//! everybody owns what is counted, shown and timed; the one with notes asks it, and shows what it answers. Nothing of
//! it goes into the progress of whoever teaches.

pub mod clock;
pub mod letter;
pub mod paragraphs;
pub mod ready;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::clock::Clock;
use self::letter::{Look, Standing, What};
use super::document::Document;
use super::learning::{self, door};
use super::model::{Bet, Model};
use super::saved::{STORAGE_KEY, SavedSession};
use super::update::{self, Effect, Msg};
use crate::scenario::built_in::{BUILT_IN, BuiltIn};
use crate::scenario::draw::Edit;
use crate::scenario::{Lesson, Variant, edit};

/// Where the browser keeps what stands in a room, beside the session of whoever teaches.
pub const STORAGE_KEY_ROOM: &str = "brownout.room.1";
/// The next group does not begin with the hands of the last one.
const KEPT_MS: u64 = 12 * 3_600_000;
/// Hands of one answer.
pub const MOST: u32 = 999;
/// The sheet to print.
pub const SHEET: &str = "sheet";

/// What this window is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// One person.
    #[default]
    Page,
    /// Everybody sees it.
    Room,
    /// Whoever teaches sees it.
    Notes,
}

impl Window {
    /// How an address asks for it.
    pub fn query(self) -> &'static str {
        match self {
            Window::Page => "scenario",
            Window::Room => "room",
            Window::Notes => "notes",
        }
    }
}

/// How much of what is known everybody sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    #[default]
    Nothing,
    /// How many hands each answer had.
    Counts,
    /// And which of them holds, and why.
    Answers,
}

/// What stands in a room.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Room {
    /// Id of the lesson.
    pub scenario: String,
    /// Hands for each answer, by its key: in the first vote and in the second.
    pub votes: BTreeMap<String, [u32; 2]>,
    /// The second vote is counted.
    pub second: bool,
    pub shown: Shown,
    /// Which step it is, from 0.
    pub step: usize,
    pub clock: Clock,
}

impl Room {
    pub fn hands(&self, bet: &str) -> [u32; 2] {
        self.votes.get(bet).copied().unwrap_or_default()
    }

    /// Of all answers together, in one of the two votes.
    pub fn all(&self, vote: usize) -> u32 {
        self.votes.values().map(|hands| hands[vote]).sum()
    }
}

/// What somebody does in a room, in whichever window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Do {
    Count {
        bet: String,
        hands: u32,
    },
    /// Counts the second vote, or goes back to the first.
    Second(bool),
    Show(Shown),
    Step(usize),
    /// The clock of the step goes, or stands.
    Go(bool),
    /// A minute more for this step.
    More,
    /// Another group: nothing is counted, shown or timed yet.
    Anew,
    Run,
    Restart,
    /// One of the lesson's designs, by its place among [`designs`].
    Design(usize),
}

#[derive(Clone, Debug)]
pub enum Ask {
    Do(Do),
    /// A letter of the other window, and how this one looks.
    Heard(String, Look),
    /// A second has passed in the window with notes.
    Tick,
    /// This window goes.
    Leave,
    /// The browser has no channel between windows.
    NoChannel,
    /// An address names a lesson that this build does not have.
    Unknown(String),
    /// The lesson in a window for everybody; from there, the notes.
    Teach,
    Sheet,
    /// Ask anew what can only be asked.
    Check,
    /// What the service worker has of this release; whether storage works.
    Offline(String),
    Storage(Result<(), String>),
}

/// What a window of a room wants of the browser.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    Post(String),
    /// A window of this kind, with this lesson.
    Open(Window, String),
    /// Print the sheet once it is drawn.
    Sheet,
    Check,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rooms {
    pub window: Window,
    /// In the window with notes: as the other one said last.
    pub room: Room,
    /// When the other window was heard last; 0: it was not, or has gone.
    pub heard_ms: u64,
    /// In the window with notes: how the other one is.
    pub other: Option<Standing>,
    pub look: Look,
    /// When another window with the same room was heard last.
    pub twice_ms: u64,
    /// The other window is of another release.
    pub foreign: bool,
    pub no_channel: bool,
    pub offline: Option<String>,
    pub storage: Option<Result<(), String>>,
    /// How often the sheet was asked for: each time it is drawn anew.
    pub sheets: u32,
    /// The end of this step was told.
    told: Option<usize>,
}

impl Rooms {
    /// A whole room looks at this window.
    pub fn is_read_from_afar(&self) -> bool {
        self.window == Window::Room
    }

    /// Everybody may see so much here. Alone, a learner sees what the lesson shows.
    pub fn shows(&self, what: Shown) -> bool {
        self.window != Window::Room || self.room.shown >= what
    }

    /// The window with notes is there: hands are counted out of sight.
    pub fn has_notes(&self) -> bool {
        self.window == Window::Room && self.heard_ms > 0
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    at_ms: u64,
    room: Room,
    session: SavedSession,
}

/// A lesson by its id, or by what stands before its first dash.
pub fn lesson(name: &str) -> Option<&'static BuiltIn> {
    let short = |id: &'static str| id.split('-').next();
    let mut all = BUILT_IN.iter();
    all.find(|it| it.id == name || short(it.id) == Some(name))
}

/// Such a window begins, with what was kept of the room if that is not long ago.
pub fn open(model: &mut Model, window: Window, lesson: &BuiltIn, kept: Option<&str>) {
    let name = format!("{}.toml", lesson.id);
    let Ok(doc) = Document::open(&name, lesson.text) else {
        // A test reads all of them.
        return;
    };
    model.seed = doc.scenario.seed;
    model.doc = doc;
    model.bet = Bet::Skipped;
    model.rooms.window = window;
    model.rooms.room.scenario = lesson.id.to_owned();
    let kept = kept.filter(|_| window == Window::Room);
    let kept: Option<Kept> = kept.and_then(|json| serde_json::from_str(json).ok());
    let now_ms = model.learning.now_ms;
    let fresh = |kept: &Kept| {
        kept.room.scenario == lesson.id && now_ms.saturating_sub(kept.at_ms) < KEPT_MS
    };
    if let Some(kept) = kept.filter(fresh) {
        kept.session.restore(model, lesson.text);
        model.rooms.room = kept.room;
    }
}

/// Another window shows the same room.
pub fn is_twice(model: &Model) -> bool {
    let twice_ms = model.rooms.twice_ms;
    twice_ms > 0 && model.learning.now_ms.saturating_sub(twice_ms) < ready::SILENT_MS
}

/// What is kept of this window, and under which key; nothing of notes, which own nothing.
pub fn to_keep(model: &Model) -> Option<(&'static str, String)> {
    let session = SavedSession::of(model);
    match model.rooms.window {
        Window::Page => Some((STORAGE_KEY, session.to_json())),
        Window::Room => {
            let kept = Kept {
                at_ms: model.learning.now_ms,
                room: model.rooms.room.clone(),
                session,
            };
            let json = serde_json::to_string(&kept).ok()?;
            Some((STORAGE_KEY_ROOM, json))
        }
        Window::Notes => None,
    }
}

/// What does not belong in a room, and why.
pub fn refuses(model: &Model, msg: &Msg) -> Option<&'static str> {
    use learning::Ask::{Door, Hardest, Open, OpenNamed, Others, Review};
    let rooms = &model.rooms;
    match msg {
        _ if rooms.window == Window::Page => None,
        Msg::OpenBuiltIn(_) | Msg::OpenStart(_) | Msg::Learn(OpenNamed { .. }) => Some(
            "This window is for one lesson. Another one has an address of its own: ?room= and its name.",
        ),
        Msg::Bet(_) | Msg::SkipBet => Some("In a room, hands are counted."),
        Msg::Learn(Open | Hardest | Door(_) | Review(_)) => {
            Some("Progress and reviews stay out of a room.")
        }
        Msg::Hint | Msg::Learn(Others) if !rooms.shows(Shown::Answers) => {
            Some("Answers are not shown yet.")
        }
        _ => None,
    }
}

/// What somebody typed as a number of hands: what counts, and why it is not what was typed.
pub fn typed(text: &str) -> (Option<u32>, String) {
    let text = text.trim();
    let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(hands) if digits && hands <= u64::from(MOST) => (Some(hands as u32), String::new()),
        // Longer than any number is too many all the same.
        _ if digits => (
            Some(MOST),
            format!("{text} hands are more than can be counted here: {MOST}."),
        ),
        _ => {
            let text: String = text.chars().take(20).collect();
            let why = format!("“{text}” is not counted: a whole number from 0 to {MOST}.");
            (None, why)
        }
    }
}

pub fn update(model: &mut Model, ask: Ask) -> Vec<Effect> {
    match ask {
        Ask::Do(what) if model.rooms.window == Window::Notes => {
            vec![letter::post(model, What::Do(what))]
        }
        Ask::Do(what) => {
            let mut effects = done(model, what);
            effects.push(Effect::Save);
            effects.push(letter::post_standing(model));
            effects
        }
        Ask::Heard(text, look) => {
            model.rooms.look = look;
            letter::heard(model, &text)
        }
        Ask::Tick => {
            tell_the_end(model);
            vec![letter::post(model, What::Hello)]
        }
        Ask::Leave => vec![letter::post(model, What::Bye)],
        Ask::NoChannel => {
            model.rooms.no_channel = true;
            Vec::new()
        }
        Ask::Unknown(name) => door::unknown(model, &name, false),
        Ask::Teach => teach(model),
        Ask::Sheet => {
            model.rooms.sheets += 1;
            vec![Effect::Room(Deed::Sheet)]
        }
        Ask::Check => {
            (model.rooms.offline, model.rooms.storage) = (None, None);
            vec![Effect::Room(Deed::Check)]
        }
        Ask::Offline(state) => {
            model.rooms.offline = Some(state);
            Vec::new()
        }
        Ask::Storage(works) => {
            model.rooms.storage = Some(works);
            Vec::new()
        }
    }
}

/// In the window that owns the room.
fn done(model: &mut Model, what: Do) -> Vec<Effect> {
    let now_ms = model.learning.now_ms;
    let room = &mut model.rooms.room;
    match what {
        Do::Count { bet, hands } => {
            let known = model
                .doc
                .scenario
                .lesson
                .bets
                .iter()
                .any(|it| it.key == bet);
            if known {
                let vote = usize::from(room.second);
                room.votes.entry(bet).or_default()[vote] = hands.min(MOST);
            }
        }
        Do::Second(second) => room.second = second,
        Do::Show(shown) => {
            room.shown = shown;
            model.story_open = true;
        }
        Do::Step(step) => {
            let last = model.doc.scenario.lesson.steps.len().saturating_sub(1);
            room.step = step.min(last);
            room.clock = room.clock.anew(now_ms);
        }
        Do::Go(true) => room.clock.start(now_ms),
        Do::Go(false) => room.clock.stop(now_ms),
        Do::More => room.clock.more += 1,
        Do::Anew => {
            let scenario = std::mem::take(&mut room.scenario);
            *room = Room {
                scenario,
                ..Room::default()
            };
            model.story_open = true;
            let mut effects = update::update(model, Msg::ResetKnobs);
            effects.extend(update::update(model, Msg::Restart));
            return effects;
        }
        Do::Design(nth) => return design(model, nth),
        Do::Run => return update::update(model, Msg::PlayPause),
        Do::Restart => return update::update(model, Msg::Restart),
    }
    Vec::new()
}

/// Those that a lesson has an opinion of: popular and not enough, worse, and what helps.
pub fn designs(lesson: &Lesson) -> Vec<(&'static str, &Variant)> {
    let groups = [
        ("not enough", &lesson.not_enough),
        ("worse", &lesson.backfires),
        ("helps", &lesson.fixes),
    ];
    let all = groups.into_iter();
    all.flat_map(|(word, variants)| variants.iter().map(move |it| (word, it)))
        .collect()
}

/// The lesson's start with one of them in place, as one step that can be undone; ready to run.
fn design(model: &mut Model, nth: usize) -> Vec<Effect> {
    let scenario = std::sync::Arc::clone(&model.doc.origin().scenario);
    let designs = designs(&scenario.lesson);
    let Some((_, variant)) = designs.get(nth) else {
        return Vec::new();
    };
    let done = edit::variant(&model.doc.origin().text, variant).and_then(|text| {
        model.doc.apply(Edit::All {
            name: variant.label.clone(),
            edits: vec![Edit::Replace { text }],
        })
    });
    if let Err(findings) = done {
        let why = findings.first().map_or("", |finding| &finding.message);
        model.toast(format!("It cannot be shown: {why}"));
        return Vec::new();
    }
    model.said.answer(format!("{}.", variant.label));
    update::update(model, Msg::Restart)
}

/// Once, and politely: nothing ends by itself.
fn tell_the_end(model: &mut Model) {
    let (rooms, now_ms) = (&model.rooms, model.learning.now_ms);
    let (clock, nth) = (rooms.room.clock, rooms.room.step);
    let step = model.doc.scenario.lesson.steps.get(nth);
    let over = step.is_some_and(|step| clock.left_ms(step.minutes, now_ms) < 0);
    match (over, step) {
        (true, Some(step)) if rooms.told != Some(nth) => {
            let text = format!("The time for “{}” is over.", step.label);
            model.said.answer(text);
            model.rooms.told = Some(nth);
        }
        (false, _) => model.rooms.told = None,
        _ => {}
    }
}

fn teach(model: &mut Model) -> Vec<Effect> {
    let (id, wanted) = match model.rooms.window {
        Window::Page => (&model.doc.scenario.about.id, Window::Room),
        _ => (&model.rooms.room.scenario, Window::Notes),
    };
    match lesson(id) {
        Some(lesson) => vec![Effect::Room(Deed::Open(wanted, lesson.id.to_owned()))],
        None => {
            model.toast("Only a lesson of this build can be shown to a room.".into());
            Vec::new()
        }
    }
}
