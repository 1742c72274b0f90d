//! Whether the explanation finds what was planted, and accuses nobody where nothing was.

mod faults;
mod shapes;

use std::collections::BTreeMap;

use brownout::engine::{Limits, Run};
use brownout::experiment::{self, parallel};
use brownout::explain::{self, Explanation};
use brownout::observe::Recorder;
use brownout::scenario::{Scenario, built_in, edit};
use brownout::time::Time;

use faults::{Planted, SORTS};
use shapes::{Dice, SHAPES, shape};

/// Placements per sort of fault.
const PLACEMENTS: u64 = 5;
/// Draws that are tried for a placement at which somebody is hurt.
const DRAWS: u64 = 40;

fn explained(text: &str, seed: u64) -> Explanation {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    explain::explain(&explain::watch(&program, seed), None)
}

/// Who starts what hurts the users of a lesson as it is opened, and by which mechanism: found from the run alone.
#[test]
fn lessons_are_explained() {
    for (lesson, component, mechanism) in [
        ("s01-how-many-users", "app", "saturated"),
        ("s04-retry-storm", "catalogue", "slow"),
        ("s06-cache-what", "items", "saturated"),
        ("s07-stampede", "pages", "cold_cache"),
        ("s09-out-of-connections", "finance", "more_traffic"),
        ("s17-own-writes", "comments", "behind"),
        ("s22-not-a-customer", "robots", "more_traffic"),
        ("s24-what-should-wake-you", "shop", "errors"),
    ] {
        let found = of_lesson(lesson);
        let named = found.culprit.as_ref();
        let named = named.map(|it| (it.component.key(), it.mechanism.code()));
        assert_eq!(named, Some((component, mechanism)), "{lesson}");
    }
    // Part two as it begins: who answers less than it is asked has not lost more messages for that.
    let text = built_in::text("s04-retry-storm").expect("it is built in");
    let lesson = Scenario::parse(text).expect("valid").lesson;
    let tiers = lesson.twists.iter().find(|it| it.key == "three_tiers");
    let tiers = edit::variant(text, tiers.expect("it has one")).expect("it fits");
    let culprit = of_text(&tiers).culprit.expect("somebody is");
    assert_eq!(
        (culprit.component.key(), culprit.mechanism.code()),
        ("catalogue", "slow")
    );
    // Nobody is hurt more than usual where it was so all along; still one of three is unlike the others.
    let sick = of_lesson("s02-one-sick");
    assert_eq!(sick.culprit, None);
    let odd = sick.others.first().expect("one is");
    assert_eq!(
        (odd.component.key(), odd.mechanism.code()),
        ("b", "unlike_others")
    );
}

fn of_lesson(id: &str) -> Explanation {
    of_text(built_in::text(id).expect("it is built in"))
}

fn of_text(text: &str) -> Explanation {
    let scenario = Scenario::parse(text).expect("valid");
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let recorder = Recorder::explained(&program);
    let mut run = Run::new(program, scenario.seed, recorder);
    run.finish();
    let found = run.record.explanation(None, Time::NEVER);
    found.expect("it was watched")
}

struct Tried {
    sort: &'static str,
    shape: u64,
    planted: Planted,
    found: Explanation,
}

impl Tried {
    fn is_right(&self) -> bool {
        let named = self.found.culprit.as_ref();
        named.is_some_and(|it| {
            it.component.key() == self.planted.component
                && self.planted.mechanisms.contains(&it.mechanism)
        })
    }

    fn say(&self) -> String {
        let found = match &self.found.culprit {
            Some(it) => format!(
                "{} {} (usual {:.3}, seen {:.3}, from {} s)",
                it.component.key(),
                it.mechanism.code(),
                it.usual,
                it.seen,
                it.from_ns / 1_000_000_000
            ),
            None => "nobody".to_owned(),
        };
        let entry = self.planted.entry.trim().replace('\n', ", ");
        format!(
            "{} in shape {}: {entry}; said {found}; harm {:?}",
            self.sort, self.shape, self.found.harm
        )
    }
}

/// The first placements of a sort at which users are hurt: whom nobody misses is not explained.
fn placements(sort: usize) -> Vec<Tried> {
    let (name, plant) = SORTS[sort];
    let mut tried = Vec::new();
    for draw in 0..DRAWS {
        let mut dice = Dice::new(1_000 * sort as u64 + draw);
        // Every sort meets other shapes.
        let number = dice.between(0, SHAPES - 1);
        let shape = shape(number, &mut dice, 0.55);
        let Some(planted) = plant(&mut dice, &shape) else {
            continue;
        };
        let found = explained(&format!("{}{}", shape.text, planted.entry), draw);
        if found.harm.is_some() {
            tried.push(Tried {
                sort: name,
                shape: number,
                planted,
                found,
            });
        }
        if tried.len() as u64 == PLACEMENTS {
            break;
        }
    }
    tried
}

#[test]
fn what_was_planted_is_found() {
    let sorts: Vec<usize> = (0..SORTS.len()).collect();
    let all: Vec<Tried> = parallel::map(&sorts, |&sort| placements(sort), || ())
        .into_iter()
        .flatten()
        .collect();
    let mut by_sort: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for tried in &all {
        let (right, of) = by_sort.entry(tried.sort).or_default();
        *right += u32::from(tried.is_right());
        *of += 1;
        if !tried.is_right() {
            println!("missed: {}", tried.say());
        }
    }
    for (sort, (right, of)) in &by_sort {
        println!("{sort}: {right} of {of}");
    }
    let right = all.iter().filter(|tried| tried.is_right()).count();
    let mut shapes: Vec<u64> = all.iter().map(|tried| tried.shape).collect();
    shapes.sort_unstable();
    shapes.dedup();
    println!(
        "the explanation names component and mechanism in {right} of {} runs, on {} shapes",
        all.len(),
        shapes.len()
    );
    assert!(by_sort.len() >= 15 && by_sort.values().all(|(_, of)| u64::from(*of) == PLACEMENTS));
    assert!(shapes.len() >= 10);
    // 70 of 75.
    assert!(right * 75 >= 70 * all.len(), "{right} of {}", all.len());
}

/// Some of them busy, some with a hiccup that nobody notices.
#[test]
fn nobody_is_accused_where_nothing_happened() {
    let numbers: Vec<u64> = (0..50).collect();
    let accused = parallel::map(
        &numbers,
        |&n| {
            let mut dice = Dice::new(70_000 + n);
            let load = if n % 3 == 0 { 0.85 } else { 0.5 };
            let shape = shape(n, &mut dice, load);
            let blip = match (n % 3, shape.services.first()) {
                (1, Some(who)) => format!(
                    "\n[[timeline]]\nwhat = \"slow\"\ntarget = \"{who}\"\nat = \"60 s\"\nlasts = \"300 ms\"\nfactor = \"2x\"\n"
                ),
                _ => String::new(),
            };
            let found = explained(&format!("{}{blip}", shape.text), n);
            found
                .culprit
                .map(|it| format!("{n}: {it:?}, {:?}", found.harm))
        },
        || (),
    );
    let accused: Vec<String> = accused.into_iter().flatten().collect();
    println!(
        "of 50 healthy runs, {} name a culprit: {accused:#?}",
        accused.len()
    );
    assert!(accused.len() <= 1);
}
