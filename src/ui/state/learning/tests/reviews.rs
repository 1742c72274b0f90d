//! Reviews: when they come, what answers them, and that every lesson has some.

use super::super::super::model::Model;
use super::super::super::update::Effect;
use super::super::review::{DAY_MS, Schedule};
use super::super::{Ask, review};
use super::{S04, START, answer, fresh, learn, pass, passed};
use crate::scenario::built_in::BUILT_IN;
use crate::scenario::{Asks, Scenario};

#[test]
fn reviews_come_after_2_7_and_21_days_and_what_was_wrong_the_next_day() {
    let days = |it: &Schedule| (it.due_ms - START) / DAY_MS;
    let mut it = Schedule::after_pass(START);
    assert_eq!(days(&it), 2);
    assert!(!it.is_due(START + 2 * DAY_MS - 1) && it.is_due(START + 2 * DAY_MS));
    it.answered(true, it.due_ms);
    assert_eq!(days(&it), 7);
    it.answered(false, it.due_ms);
    assert_eq!((days(&it), it.stage), (8, 1));
    it.answered(true, it.due_ms);
    assert_eq!(days(&it), 22, "fourteen days after the second");
    it.answered(true, it.due_ms);
    assert!(it.is_done() && !it.is_due(u64::MAX));
    assert_eq!((it.right, it.wrong), (3, 1));
}

#[test]
fn a_review_is_a_run_and_the_run_gives_the_answer() {
    let mut model = fresh();
    pass(&mut model);
    assert!(review::due(&model).is_empty());
    learn(&mut model, Ask::Review(S04.into()));
    assert!(model.learning.review.is_none(), "it is not due");
    model.learning.now_ms += 2 * DAY_MS;
    assert_eq!(review::due(&model), [S04]);
    learn(&mut model, Ask::Review(S04.into()));
    let first = model.learning.review.clone().unwrap();
    let wrong_or_right = |model: &mut Model, key: &'static str| {
        let effects = learn(model, Ask::Answer(key));
        assert!(
            model.learning.review.as_ref().unwrap().outcome.is_none(),
            "not before the run"
        );
        assert!(answer(model, effects) >= 1);
        model.learning.review.clone().unwrap().outcome.unwrap()
    };
    let key = first.answers[0].0;
    let outcome = wrong_or_right(&mut model, key);
    assert!(!outcome.measured.is_empty() && !outcome.because.is_empty());
    let schedule = model.learning.progress.of(S04).unwrap().review.unwrap();
    let expected = if outcome.right { 5 } else { 1 };
    assert_eq!(schedule.due_ms, model.learning.now_ms + expected * DAY_MS);
    assert_eq!(Some(schedule.due_ms), outcome.due_ms);
    // A second answer to the same question changes nothing.
    assert!(learn(&mut model, Ask::Answer(first.answers[1].0)).is_empty());
    // Next time another one is asked.
    model.learning.now_ms = schedule.due_ms;
    learn(&mut model, Ask::Review(S04.into()));
    assert_ne!(
        model.learning.review.as_ref().unwrap().question,
        first.question
    );
}

#[test]
fn every_lesson_has_mini_runs_that_fit_it_and_come_out_alike_on_other_seeds() {
    for built_in in BUILT_IN {
        let lesson = Scenario::parse(built_in.text).unwrap().lesson;
        let runs = lesson.review.iter().filter(|it| it.asks.is_some()).count();
        assert!(runs >= 2, "{}: {runs}", built_in.id);
        for nth in 0..runs {
            let mut came = Vec::new();
            for round in 0..2 {
                let mut model = fresh();
                let asked = (nth + round * runs) as u32;
                let schedule = Schedule {
                    right: asked,
                    ..Schedule::default()
                };
                model.learning.progress = passed(&[built_in.id]);
                let record = model
                    .learning
                    .progress
                    .scenarios
                    .get_mut(built_in.id)
                    .unwrap();
                record.review = Some(schedule);
                learn(&mut model, Ask::Review(built_in.id.into()));
                let key = model.learning.review.as_ref().expect(built_in.id).answers[0].0;
                let effects = learn(&mut model, Ask::Answer(key));
                answer(&mut model, effects);
                let review = model.learning.review.unwrap();
                came.push((review.question, review.outcome.unwrap()));
            }
            if std::env::var_os("BROWNOUT_SHOW").is_some() {
                println!("{} {nth}: {:#?}", built_in.id, came[0]);
            }
            assert_eq!(came[0].0, came[1].0);
            assert_eq!(
                came[0].1.actual, came[1].1.actual,
                "{} {nth}: {came:#?}",
                built_in.id
            );
        }
        for item in &lesson.review {
            assert!(item.set.is_empty() == item.asks.is_none());
            assert!(!matches!(&item.asks, Some(Asks::Goal(key)) if key == "goals"));
        }
    }
}

#[test]
fn dates_go_into_a_calendar() {
    assert_eq!(review::date(START), (2026, 11, 28));
    assert_eq!(review::date(0), (1970, 1, 1));
    assert_eq!(review::date(951_782_400_000), (2000, 2, 29));
    let mut model = fresh();
    model.learning.progress = passed(&[S04, "s06-cache-what"]);
    for record in model.learning.progress.scenarios.values_mut() {
        record.review = Some(Schedule::after_pass(START));
    }
    let Effect::Download { name, text } = learn(&mut model, Ask::Calendar).remove(0) else {
        panic!("no file");
    };
    assert_eq!(name, "brownout-reviews.ics");
    assert!(
        text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
            && text.ends_with("END:VCALENDAR\r\n")
    );
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
    assert!(text.contains("DTSTART:20261130T100000Z\r\n"), "{text}");
    assert!(
        text.split("\r\n")
            .all(|line| line.len() <= 75 && !line.contains('\n'))
    );
}
