//! Two windows of one room, as two models that write to each other.

use super::ready::{State, checks};
use super::*;
use crate::ui::state::keys::{self, Act};
use crate::ui::state::learning::Ask as Learn;
use crate::ui::state::update::{Effect, Msg, update};

const NOW: u64 = 1_795_860_000_000;
const LOOK: Look = Look {
    type_px: 18.0,
    wide: 1440.0,
    high: 900.0,
};

fn window(window: Window, kept: Option<&str>) -> Model {
    let mut model = Model::default();
    model.learning.now_ms = NOW;
    open(&mut model, window, lesson("s04").unwrap(), kept);
    model
}

fn ask(model: &mut Model, ask: Ask) -> Vec<Effect> {
    update(model, Msg::Rooms(ask))
}

/// Letters go to and fro until nobody writes any more.
fn deliver(from: &mut Model, to: &mut Model, effects: Vec<Effect>) {
    for effect in effects {
        if let Effect::Room(Deed::Post(text)) = effect {
            let answer = ask(to, Ask::Heard(text, LOOK));
            deliver(to, from, answer);
        }
    }
}

fn notes_do(notes: &mut Model, room: &mut Model, what: Do) {
    let effects = ask(notes, Ask::Do(what));
    deliver(notes, room, effects);
}

fn count(bet: &str, hands: u32) -> Do {
    let bet = bet.to_owned();
    Do::Count { bet, hands }
}

#[test]
fn a_lesson_is_found_by_its_id_and_by_its_number() {
    for it in BUILT_IN {
        assert_eq!(lesson(it.id).unwrap().id, it.id);
        let short = it.id.split('-').next().unwrap();
        assert_eq!(
            lesson(short).unwrap().id,
            it.id,
            "{short} is of two lessons"
        );
    }
    assert!(lesson("s99").is_none() && lesson("").is_none() && lesson("web-shop").is_none());
    let mut model = Model::default();
    ask(&mut model, Ask::Unknown("s99".into()));
    let refused = model.doc.refused.unwrap();
    let help = refused.diagnostics[0].help.as_deref().unwrap();
    assert!(
        help.contains("s04-retry-storm") && !help.contains("web-shop"),
        "{help}"
    );
}

#[test]
fn every_lesson_has_steps_and_notes() {
    for it in BUILT_IN {
        let scenario = crate::scenario::Scenario::parse(it.text).unwrap();
        let lesson = &scenario.lesson;
        assert!(lesson.steps.len() >= 4, "{}", it.id);
        assert!(
            !lesson.facilitator.is_empty() && lesson.bets.len() >= 2,
            "{}",
            it.id
        );
    }
}

#[test]
fn what_notes_ask_is_done_in_the_room_and_answered() {
    let (mut room, mut notes) = (window(Window::Room, None), window(Window::Notes, None));
    notes_do(&mut notes, &mut room, count("never", 7));
    notes_do(&mut notes, &mut room, count("no_such_bet", 3));
    notes_do(&mut notes, &mut room, Do::Second(true));
    notes_do(&mut notes, &mut room, count("never", 12));
    notes_do(&mut notes, &mut room, count("slowly", 5_000));
    assert_eq!(room.rooms.room.hands("never"), [7, 12]);
    assert_eq!(room.rooms.room.hands("slowly"), [0, MOST]);
    assert_eq!(room.rooms.room.all(0), 7);
    assert!(!room.rooms.room.votes.contains_key("no_such_bet"));
    assert!(!room.rooms.shows(Shown::Counts));
    notes_do(&mut notes, &mut room, Do::Show(Shown::Counts));
    assert!(room.rooms.shows(Shown::Counts) && !room.rooms.shows(Shown::Answers));
    notes_do(&mut notes, &mut room, Do::Step(3));
    notes_do(&mut notes, &mut room, Do::Step(99));
    assert_eq!(room.rooms.room.step, 5, "the last one");
    // The notes show what the room has said.
    assert_eq!(notes.rooms.room, room.rooms.room);
    // And what is done in the room itself reaches the notes.
    let effects = ask(&mut room, Ask::Do(count("at_once", 2)));
    deliver(&mut room, &mut notes, effects);
    assert_eq!(notes.rooms.room.hands("at_once"), [0, 2]);
}

#[test]
fn whichever_window_is_opened_anew_knows_it_all() {
    let (mut room, mut notes) = (window(Window::Room, None), window(Window::Notes, None));
    notes_do(&mut notes, &mut room, count("never", 7));
    notes_do(&mut notes, &mut room, Do::Go(true));
    let mut notes = window(Window::Notes, None);
    assert_eq!(notes.rooms.room.votes.len(), 0);
    let hello = ask(&mut notes, Ask::Tick);
    deliver(&mut notes, &mut room, hello);
    assert_eq!(notes.rooms.room, room.rooms.room);
    let (key, json) = to_keep(&room).unwrap();
    assert_eq!(key, STORAGE_KEY_ROOM);
    let again = window(Window::Room, Some(&json));
    assert_eq!(again.rooms.room, room.rooms.room);
    // Not the next day, and not in another lesson.
    let mut later = Model::default();
    later.learning.now_ms = NOW + 24 * 3_600_000;
    open(
        &mut later,
        Window::Room,
        lesson("s04").unwrap(),
        Some(&json),
    );
    assert_eq!(later.rooms.room.votes.len(), 0);
    let mut other = Model::default();
    other.learning.now_ms = NOW;
    open(
        &mut other,
        Window::Room,
        lesson("s05").unwrap(),
        Some(&json),
    );
    assert_eq!(other.rooms.room.votes.len(), 0);
    assert_eq!(to_keep(&notes), None);
    assert_eq!(to_keep(&Model::default()).unwrap().0, STORAGE_KEY);
}

#[test]
fn letters_of_other_rooms_and_releases_do_nothing() {
    let mut room = window(Window::Room, None);
    let mut other = Model::default();
    open(&mut other, Window::Notes, lesson("s05").unwrap(), None);
    notes_do(&mut other, &mut room, Do::Show(Shown::Answers));
    for text in ["", "{}", "nonsense", "{\"what\":\"hello\"}"] {
        assert!(ask(&mut room, Ask::Heard(text.into(), LOOK)).is_empty());
    }
    assert_eq!(
        (room.rooms.room.shown, room.rooms.foreign),
        (Shown::Nothing, false)
    );
    let old = "{\"build\":\"of old\",\"scenario\":\"s04-retry-storm\",\"what\":\"who_knows\"}";
    ask(&mut room, Ask::Heard(old.into(), LOOK));
    assert!(room.rooms.foreign);
    // A second window for everybody is noticed, and not obeyed.
    let mut second = window(Window::Room, None);
    let effects = ask(&mut second, Ask::Do(Do::Show(Shown::Answers)));
    deliver(&mut second, &mut room, effects);
    assert!(is_twice(&room));
    assert_eq!(room.rooms.room.shown, Shown::Nothing);
}

#[test]
fn a_window_that_goes_says_so() {
    let (mut room, mut notes) = (window(Window::Room, None), window(Window::Notes, None));
    let hello = ask(&mut notes, Ask::Tick);
    deliver(&mut notes, &mut room, hello);
    assert!(room.rooms.has_notes() && ready::is_connected(&notes));
    let bye = ask(&mut room, Ask::Leave);
    deliver(&mut room, &mut notes, bye);
    assert!(!ready::is_connected(&notes));
    let bye = ask(&mut notes, Ask::Leave);
    deliver(&mut notes, &mut room, bye);
    assert!(!room.rooms.has_notes());
}

#[test]
fn progress_and_answers_stay_out_of_a_room() {
    let mut room = window(Window::Room, None);
    for msg in [
        Msg::Learn(Learn::Open),
        Msg::Learn(Learn::Hardest),
        Msg::OpenBuiltIn("s05-charged-twice"),
        Msg::Bet("never".into()),
        Msg::Hint,
    ] {
        let before = room.toasts;
        update(&mut room, msg);
        assert_eq!(room.toasts, before + 1);
    }
    assert_eq!((room.dialog, room.hints), (None, 0));
    assert_eq!(room.bet, Bet::Skipped, "so that a run can begin");
    ask(&mut room, Ask::Do(Do::Show(Shown::Answers)));
    update(&mut room, Msg::Hint);
    assert_eq!(room.hints, 1);
}

#[test]
fn another_group_begins_anew() {
    let mut room = window(Window::Room, None);
    ask(&mut room, Ask::Do(count("never", 7)));
    ask(&mut room, Ask::Do(Do::Show(Shown::Answers)));
    let (path, typed) = ("link.browse.attempts".into(), "5".into());
    update(&mut room, Msg::Knob { path, typed });
    ask(&mut room, Ask::Do(Do::Anew));
    let fresh = window(Window::Room, None);
    assert_eq!(room.rooms.room, fresh.rooms.room);
    assert_eq!(room.doc.text, fresh.doc.text);
}

#[test]
fn what_is_typed_is_counted_or_explained() {
    assert_eq!(typed(" 12 "), (Some(12), String::new()));
    assert_eq!(typed("999").0, Some(999));
    let (hands, why) = typed("99999999999999999999999");
    assert_eq!(hands, Some(MOST));
    assert!(why.contains("999"), "{why}");
    for text in ["", "-1", "a few", "1.5", "+3"] {
        let (hands, why) = typed(text);
        assert!(
            hands.is_none() && why.contains("whole number"),
            "{text}: {why}"
        );
    }
}

#[test]
fn the_check_knows_good_bad_and_unknown() {
    let (mut room, mut notes) = (window(Window::Room, None), window(Window::Notes, None));
    let states = |model: &Model| checks(model).map(|check| check.state);
    use State::{Bad, Good, Unknown};
    assert_eq!(states(&notes), [Bad, Unknown, Unknown, Unknown, Unknown]);
    room.run.status = crate::ui::state::model::Status::Ready;
    let hello = ask(&mut notes, Ask::Tick);
    deliver(&mut notes, &mut room, hello);
    ask(&mut notes, Ask::Offline("ok".into()));
    ask(&mut notes, Ask::Storage(Ok(())));
    assert_eq!(states(&notes), [Good; 5]);
    for (said, state) in [
        ("open", Bad),
        ("none", Bad),
        ("3", Bad),
        ("silent", Unknown),
    ] {
        ask(&mut notes, Ask::Offline(said.into()));
        assert_eq!(states(&notes)[3], state, "{said}");
    }
    ask(
        &mut notes,
        Ask::Storage(Err("the browser's storage is full".into())),
    );
    assert_eq!(states(&notes)[4], Bad);
    notes.learning.now_ms += 60_000;
    assert_eq!(states(&notes)[0], Bad, "nothing was heard for a minute");
    assert_eq!(states(&notes)[2], Unknown);
}

#[test]
fn the_end_of_a_step_is_told_once() {
    let (mut room, mut notes) = (window(Window::Room, None), window(Window::Notes, None));
    notes_do(&mut notes, &mut room, Do::Go(true));
    notes.learning.now_ms += 121_000;
    ask(&mut notes, Ask::Tick);
    assert_eq!(notes.said.text, "The time for “Private bet” is over.");
    notes.said = Default::default();
    ask(&mut notes, Ask::Tick);
    assert_eq!(notes.said.text, "");
    assert_eq!(notes.rooms.room.step, 0, "and nothing ends by itself");
}

#[test]
fn a_command_opens_the_room_and_from_there_the_notes() {
    let opened = |model: &mut Model| {
        let msg = keys::message(Act::Teach, model).unwrap();
        update(model, msg)
    };
    let id = || "s04-retry-storm".to_owned();
    for (mut model, wanted) in [
        (Model::default(), Window::Room),
        (window(Window::Room, None), Window::Notes),
    ] {
        let effects = opened(&mut model);
        let [Effect::Room(deed)] = &effects[..] else {
            panic!("{effects:?}");
        };
        assert_eq!(*deed, Deed::Open(wanted, id()));
    }
    let mut empty = Model::default();
    update(&mut empty, Msg::Draw(crate::ui::state::editing::Draw::New));
    assert!(opened(&mut empty).is_empty());
    assert!(empty.toast.is_some());
}
