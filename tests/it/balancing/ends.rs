//! Balancers with knobs at the ends of their ranges and anywhere between: nothing panics, requests add up.

use std::sync::Arc;

use brownout::design::registry::{BALANCER, KnobSpec};
use brownout::design::value::Unit;
use brownout::engine::draw::mix64;
use brownout::engine::record::Unrecorded;
use brownout::engine::{Limits, Run};
use brownout::experiment;
use brownout::scenario::{Scenario, edit};
use brownout::time::{Duration, Time};

use crate::laws::counters_add_up;

const DESIGNS: u64 = 24;

/// Values of a knob that are worth a try; none if it changes nothing here.
fn values(knob: &KnobSpec) -> Vec<String> {
    let mut values = match knob.unit {
        Unit::Choice(words) => words.iter().map(|&word| word.to_owned()).collect(),
        Unit::Flag => vec!["true".to_owned(), "false".to_owned()],
        Unit::Share => ["0 %", "1 %", "50 %", "100 %"].map(str::to_owned).into(),
        Unit::Duration => vec!["1 ms".to_owned(), "70 ms".to_owned(), "3 s".to_owned()],
        Unit::Rate => vec!["3 rps".to_owned(), "40 rps".to_owned()],
        Unit::Count | Unit::Factor => vec!["1".to_owned(), "2".to_owned(), "7".to_owned()],
        _ => return Vec::new(),
    };
    values.extend(
        [knob.min, knob.max]
            .iter()
            .filter(|end| !end.is_empty())
            .map(|&end| end.to_owned()),
    );
    values.extend(knob.off.map(str::to_owned));
    values
}

/// Instances come and go, on both sides of a balancer; policies change.
const CHANGES: &str = r#"
[[timeline]]
what = "scale"
target = "second"
at = "2 s"
lasts = "9 s"
instances = 5

[[timeline]]
what = "scale"
target = "dealer"
at = "3 s"
lasts = "4 s"
instances = 3

[[timeline]]
what = "scale"
target = "stale"
at = "5 s"
lasts = "5 s"
instances = 1

[[timeline]]
what = "scale"
target = "third"
at = "7 s"
lasts = "3 s"
instances = 2

[[timeline]]
what = "crash"
target = "third"
at = "8 s"
lasts = "1 s"
instances = 1

[[timeline]]
what = "crash"
target = "stale"
at = "12 s"
lasts = "1 s"
instances = 1

[[timeline]]
what = "config"
target = "balancer.ring.policy"
at = "4 s"
lasts = "5 s"
value = "least_outstanding"

[[timeline]]
what = "config"
target = "balancer.gate.policy"
at = "6 s"
lasts = "5 s"
value = "key_hash"

[[timeline]]
what = "config"
target = "balancer.stale.policy"
at = "6500 ms"
lasts = "5 s"
value = "weighted"

[[timeline]]
what = "config"
target = "balancer.dealer.policy"
at = "7 s"
value = "two_choices"
"#;

/// The fixture with half of the knobs of its balancers drawn by chance.
fn design(number: u64) -> String {
    let base = include_str!("../../fixtures/knobs/balancing.toml");
    let mut draws = number << 32;
    let mut below = |n: usize| {
        draws += 1;
        (mix64(draws) % n as u64) as usize
    };
    let mut changes = Vec::new();
    for balancer in ["dealer", "ring", "stale", "gate", "tenants"] {
        for knob in BALANCER.knobs {
            let values = values(knob);
            // Ten thousand balancers would be a test of patience.
            let skip = matches!(knob.name, "price" | "instances");
            if !skip && !values.is_empty() && below(2) == 0 {
                let value = values[below(values.len())].clone();
                changes.push((format!("balancer.{balancer}.{}", knob.name), value));
            }
        }
    }
    // One by one: what would be impossible with those before is left out.
    let mut applied = 0;
    let mut text = base.replace("duration = \"20 s\"", "duration = \"17 s\"") + CHANGES;
    for (path, value) in changes {
        if let Ok(changed) = edit::apply(&text, &[(&path, &value)])
            && Scenario::parse(&changed).is_ok()
        {
            text = changed;
            applied += 1;
        }
    }
    assert!(applied > 30, "design {number} has {applied} changes");
    text
}

#[test]
fn any_values_of_the_knobs_give_a_run_that_adds_up_and_settles() {
    let numbers: Vec<u64> = (1..=DESIGNS).collect();
    let failed = brownout::experiment::parallel::map(
        &numbers,
        |&number| {
            let check = std::panic::AssertUnwindSafe(|| check(number));
            std::panic::catch_unwind(check).is_err().then_some(number)
        },
        || (),
    );
    let failed: Vec<u64> = failed.into_iter().flatten().collect();
    assert!(
        failed.is_empty(),
        "designs {failed:?}; the first panic says how"
    );
}

fn check(number: u64) {
    let scenario = Scenario::parse(&design(number)).expect("a valid design");
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let mut run = Run::new(Arc::clone(&program), number, Unrecorded);
    let mut at = Time::ZERO;
    while !run.phase().is_over() {
        at = at + Duration::from_millis(97);
        run.advance(at, u64::MAX);
        counters_add_up(&run.world.core, &program);
    }
    assert_eq!(run.phase(), brownout::engine::world::Phase::Settled);
    let left = run.world.core.intents.len() + run.world.core.calls.len();
    assert_eq!(left, 0, "nothing is left behind");
}
