//! Any moment of a run can be looked at again, in any order, and is what it was.

use std::collections::BTreeMap;

use brownout::experiment::random;
use brownout::scenario::live::Act;
use brownout::time::Time;
use brownout::worker::protocol::Frame;
use brownout::worker::session::Session;

use crate::laws::scramble;

/// Designs, and moments of each in random order.
const DESIGNS: u64 = 20;
const MOMENTS: u64 = 50;

/// What a page is told of a moment is the same, word by word and number by number.
fn compare(here: &Frame, fresh: &Frame, why: &str) {
    let words = |frame: &Frame| serde_json::to_string_pretty(frame).expect("plain data");
    let (a, b) = (words(here), words(fresh));
    if let Some((a, b)) = a.lines().zip(b.lines()).find(|(a, b)| a != b) {
        panic!("{why}: {a} against {b} in a fresh run");
    }
    let differs = |(a, b): (&f64, &f64)| a.to_bits() != b.to_bits();
    assert_eq!(here.bulk.len(), fresh.bulk.len(), "{why}");
    let first = here.bulk.iter().zip(&fresh.bulk).position(differs);
    assert_eq!(
        first,
        None,
        "{why}: number in the bulk, of {}",
        here.bulk.len()
    );
}

fn fresh(text: &str, seed: u64, at: Time) -> Session {
    let mut session = Session::load(text, seed).expect("a valid design");
    session.advance(at, || false);
    session
}

fn same_at(session: &mut Session, seed: u64, at: Time, why: &str) {
    session.seek(at);
    let mut fresh = fresh(session.text(), seed, at);
    let why = format!("{why} at {at:?}");
    assert_eq!(session.digest(), fresh.digest(), "{why}");
    compare(&session.frame(1), &fresh.frame(1), &why);
}

#[test]
fn a_moment_that_is_looked_at_again_is_what_it_was_in_a_run_that_only_went_on() {
    let mut checked = 0;
    for design in 0..DESIGNS {
        let text = random::scenario(design);
        let load = || Session::load(&text, design).expect("a valid design");
        let (mut session, mut onward) = (load(), load());
        let duration = session.plan().duration_ns;
        let moment = |n: u64| Time(scramble(design * 1_000 + n) % (duration * 11 / 10));
        let moments: Vec<Time> = (0..MOMENTS).map(moment).collect();
        // One walk through all of them in their order, never back, in place of a run up to each.
        let mut in_order = moments.clone();
        in_order.sort_unstable();
        let walk = in_order.into_iter().map(|at| {
            onward.seek(at);
            (at, (onward.digest(), onward.frame(1)))
        });
        let walk: BTreeMap<Time, (String, Frame)> = walk.collect();
        for (n, at) in moments.into_iter().enumerate() {
            // Somebody looks on in between, as a page does.
            session.frame(1);
            let why = format!("design {design} at {at:?}");
            session.seek(at);
            let (digest, frame) = &walk[&at];
            assert_eq!(session.digest(), *digest, "{why}");
            compare(&session.frame(1), frame, &why);
            // And the walk is what a run of its own is.
            if n == 0 {
                same_at(&mut session, design, at, &why);
            }
            checked += 1;
        }
    }
    println!("{checked} moments of {DESIGNS} designs are the same");
}

#[test]
fn so_it_is_after_somebody_acted_and_back_before_that() {
    let lesson = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/s04-retry-storm.toml"),
    )
    .expect("the lesson");
    let mut session = Session::load(&lesson, 7).expect("a valid design");
    let s = |seconds: u64| Time(seconds * 1_000_000_000);
    session.advance(s(60), || false);
    let lose = Act::Tune {
        path: "link.browse.attempts".to_owned(),
        value: "1".to_owned(),
    };
    let at = session.act(&lose).expect("it can be done");
    assert!(at > s(60));
    for seconds in [90, 10, 61, 59, 60, 170, 1, 120] {
        same_at(&mut session, 7, s(seconds), "after an act");
    }
    // Another future, from an earlier moment: both acts are in its text.
    session.seek(s(20));
    let at = session.act(&lose).expect("it can be done");
    assert!(at < s(21));
    for seconds in [30, 19, 100, 61, 5, 180] {
        same_at(&mut session, 7, s(seconds), "after a second act");
    }
}

#[test]
fn a_frame_after_a_seek_has_everything_and_the_next_one_only_what_is_new() {
    let text = random::scenario(3);
    let mut session = Session::load(&text, 3).expect("a valid design");
    let duration = session.plan().duration_ns;
    assert!(session.frame(1).whole, "the first one");
    session.advance(Time(duration / 2), || false);
    assert!(!session.frame(1).whole);
    session.seek(Time(duration / 4));
    let frame = session.frame(1);
    assert_eq!((frame.whole, frame.first_bucket), (true, 0));
    assert!(frame.news.iter().all(|item| item.at_ns <= duration / 4));
    session.advance(Time(duration / 3), || false);
    let frame = session.frame(1);
    assert!(!frame.whole && frame.first_bucket > 0);
}
