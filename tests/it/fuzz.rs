//! Whatever somebody writes: no panic, every finding points into the text, and what is accepted runs.

use brownout::design::registry::{KINDS, KnobSpec, LINK, OPERATION, timeline_kinds};
use brownout::design::value::{self, Value};
use brownout::engine::Limits;
use brownout::experiment;
use brownout::scenario::{Scenario, check, edit};
use proptest::prelude::*;

const S04: &str = include_str!("../../scenarios/s04-retry-storm.toml");

/// Fragments that a scenario is made of, and some that it never should be.
const FRAGMENTS: &[&str] = &[
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    "\"",
    "\"\"\"",
    "'",
    "\\",
    "\n",
    ".",
    ",",
    "#",
    "\0",
    "\u{feff}",
    "ä",
    "\u{202e}",
    "-",
    "nan",
    "inf",
    "1e999",
    "-1",
    "0x10",
    "99999999999999999999",
    "1979-05-27",
    "true",
    "\"1 s\"",
    "\"-1 s\"",
    "format = 1",
    "format = 2",
    "[run]",
    "duration = \"1 ns\"",
    "[service.x]",
    "[link.browse]",
    "from = \"catalogue\"",
    "to = \"shoppers\"",
    "[[timeline]]",
    "what = \"crash\"",
    "[lesson.fix.x]",
    "set = [\"run.seed = -1\"]",
    "plan.view = [\"call browse\"]",
    "rate = \"10000000 rps\"",
    "attempts = 1000",
    "slots = 0",
    "\"exponential(0 s)\"",
    "\"empirical(1 s x 0)\"",
];

fn sound(text: &str) -> Result<(), TestCaseError> {
    let checked = check(text);
    for finding in &checked.diagnostics {
        if let Some(place) = &finding.place {
            prop_assert!(
                place.start <= place.end && place.end <= text.len(),
                "{finding:?}"
            );
            prop_assert!(text.is_char_boundary(place.start) && text.is_char_boundary(place.end));
            prop_assert!(
                place.line >= 1 && place.line <= text.split('\n').count(),
                "{finding:?}"
            );
            prop_assert!(place.column >= 1 && place.text.chars().count() <= 80);
        }
        prop_assert!(
            !finding.message.is_empty() && !finding.message.contains('\n'),
            "{finding:?}"
        );
    }
    if let Some(scenario) = &checked.scenario {
        let limits = Limits {
            in_flight: 1_000,
            events: 20_000,
        };
        let program = experiment::compile(scenario, limits);
        let report = experiment::run(scenario, program, scenario.seed);
        prop_assert_eq!(report.digest.len(), 32);
    }
    let _ = brownout::cli::render::diagnostics("fuzz.toml", text, &checked.diagnostics);
    Ok(())
}

fn every_knob() -> Vec<&'static KnobSpec> {
    let kinds = KINDS
        .iter()
        .copied()
        .chain([&LINK, &OPERATION])
        .chain(timeline_kinds());
    kinds.flat_map(|kind| kind.knobs).collect()
}

/// One of every kind, and a timeline with everything.
const DESIGN: &str = r#"
format = 1
[run]
duration = "10 s"
[clients.open]
rate = "200 rps"
users = 20
[clients.closed]
arrivals = "closed"
users = 20
rate = "50 rps"
[balancer.front]
[service.shop]
instances = 2
[service.stock]
[database.orders]
[third_party.bank]
[link.visit]
from = "open"
to = "front"
[link.return]
from = "closed"
to = "shop"
[link.pass]
from = "front"
to = "shop"
[link.ask]
from = "shop"
to = "stock"
[link.store]
from = "shop"
to = "orders"
[link.charge]
from = "stock"
to = "bank"
[operation.browse]
[operation.buy]
kind = "write"
[[timeline]]
what = "traffic_ramp"
target = "open"
at = "1 s"
lasts = "1 s"
rate = "400 rps"
[[timeline]]
what = "slow"
target = "shop"
at = "2 s"
lasts = "1 s"
factor = "20x"
[[timeline]]
what = "crash"
target = "stock"
at = "3 s"
lasts = "1 s"
[[timeline]]
what = "errors"
target = "orders"
at = "4 s"
lasts = "1 s"
share = "50 %"
[[timeline]]
what = "partition"
target = "charge"
at = "5 s"
lasts = "1 s"
[[timeline]]
what = "hold"
target = "ask"
at = "6 s"
lasts = "1 s"
"#;

/// Paths of all knobs of [`DESIGN`].
fn every_design_knob() -> Vec<(String, &'static KnobSpec)> {
    let design = Scenario::parse(DESIGN).unwrap().design;
    let nodes = design.nodes.iter().map(|node| (node.kind, &node.key));
    let links = design.links.iter().map(|link| (&LINK, &link.key));
    let operations = design
        .operations
        .iter()
        .map(|operation| (&OPERATION, &operation.key));
    let owners = nodes.chain(links).chain(operations);
    let knobs = owners.flat_map(|(kind, key)| {
        kind.knobs
            .iter()
            .map(move |spec| (format!("{}.{key}.{}", kind.name, spec.name), spec))
    });
    knobs.collect()
}

/// The smallest, the largest, the default or another value of a knob.
fn some_value(spec: &KnobSpec, n: u64) -> Option<String> {
    let text = match (spec.unit, n % 5) {
        (value::Unit::Choice(words), _) => words[(n / 5) as usize % words.len()],
        (value::Unit::Flag, _) => "true",
        (value::Unit::Dist, _) => value::DIST_FORMS[(n / 5) as usize % value::DIST_FORMS.len()].1,
        (_, 0) => spec.off?,
        (_, 1) => spec.min,
        // Large counts are tried one at a time, below.
        (value::Unit::Count, 2) => return Some((n / 5 % 100).max(1).to_string()),
        (_, 2) => spec.max,
        _ => spec.default,
    };
    (!text.is_empty()).then(|| text.to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_answered(text in any::<String>()) {
        sound(&text)?;
    }

    #[test]
    fn a_soup_of_fragments_is_answered(parts in prop::collection::vec(prop::sample::select(FRAGMENTS), 0..60)) {
        sound(&parts.join("\n"))?;
        sound(&parts.concat())?;
    }

    #[test]
    fn a_mutated_scenario_is_answered(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, prop::sample::select(FRAGMENTS)), 1..6),
    ) {
        let mut text = S04.to_owned();
        for (at, length, with) in changes {
            let floor = |mut at: usize| { while !text.is_char_boundary(at) { at -= 1; } at };
            let start = floor(at.index(text.len()));
            let end = floor((start + length).min(text.len()));
            text.replace_range(start..end, with);
        }
        sound(&text)?;
    }

    /// Designs that hold together, with values from all over the ranges.
    #[test]
    fn what_is_accepted_runs(
        changes in prop::collection::vec((prop::sample::select(every_design_knob()), any::<u64>()), 1..8),
    ) {
        let mut text = DESIGN.to_owned();
        for ((path, spec), n) in changes {
            if let Some(value) = some_value(spec, n)
                && let Ok(changed) = edit::apply(&text, &[(path, value)])
            {
                text = changed;
            }
        }
        prop_assert!(Scenario::parse(&text).is_ok());
        sound(&text)?;
    }

    #[test]
    fn lines_may_be_lost_or_swapped(order in prop::collection::vec(any::<prop::sample::Index>(), 1..120)) {
        let lines: Vec<&str> = S04.lines().collect();
        let text: Vec<&str> = order.iter().map(|at| lines[at.index(lines.len())]).collect();
        sound(&text.join("\n"))?;
    }

    #[test]
    fn any_text_for_a_knob_is_read_or_refused(
        spec in prop::sample::select(every_knob()),
        text in prop_oneof![any::<String>(), "[-+0-9._xkM$% a-z(),]{0,30}", "[0-9]{1,20}(\\.[0-9]{1,20})? ?(ms|s|rps|%|x|d)?"],
    ) {
        if let Ok(value) = value::parse(&text, spec) {
            let printed = value::print(&value, spec);
            prop_assert_eq!(value::parse(&printed, spec), Ok(value), "{} -> {}", text, printed);
        }
    }

    #[test]
    fn whole_numbers_of_base_units_survive_their_text(spec in prop::sample::select(every_knob()), n in any::<u64>()) {
        let value = match spec.unit {
            value::Unit::Count => Value::Count(n),
            value::Unit::Duration => Value::Duration(brownout::time::Duration(n)),
            value::Unit::Rate => Value::Rate(value::Rate(n)),
            value::Unit::Share => Value::Share(value::Share(n % (value::NANO + 1))),
            value::Unit::Factor => Value::Factor(value::Factor(n)),
            value::Unit::Money => Value::Money(value::Money((n >> 1) as i64)),
            _ => return Ok(()),
        };
        let printed = value::print(&value, spec);
        match value::parse(&printed, spec) {
            Ok(read) => prop_assert_eq!(read, value, "{}", printed),
            Err(error) => {
                let out_of_range = error.message.ends_with("is too small") || error.message.ends_with("is too large");
                prop_assert!(out_of_range, "{}: {}", printed, error.message);
            }
        }
    }

    #[test]
    fn an_edit_is_what_is_read_afterwards(
        attempts in 1u64..1000, limit in prop::option::of(0u64..1_000_000), budget in prop::option::of(0u32..=100),
        timeout_ms in 1u64..100_000, seed in 0u64..9_007_199_254_740_991,
    ) {
        let limit = limit.map_or("unbounded".to_owned(), |n| n.to_string());
        let budget = budget.map_or("none".to_owned(), |n| format!("{n} %"));
        let changes = [
            ("link.browse.attempts", attempts.to_string()),
            ("service.catalogue.queue_limit", limit),
            ("link.browse.retry_budget", budget),
            ("link.browse.timeout", format!("{timeout_ms} ms")),
            ("run.seed", seed.to_string()),
        ];
        let edited = edit::apply(S04, &changes).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
        let scenario = Scenario::parse(&edited).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
        for (path, written) in &changes {
            let knob = edit::knob_at(&scenario, path).unwrap();
            prop_assert_eq!(value::parse(written, knob.spec), Ok(knob.value));
        }
        let comments = |text: &str| text.matches("# ").count();
        prop_assert_eq!(comments(&edited), comments(S04));
    }

    #[test]
    fn hostile_edits_are_refused(path in "[a-z._]{0,40}|link\\.browse\\.[a-z_]{1,12}", value in any::<String>()) {
        if let Ok(text) = edit::apply(S04, &[(&path, &value)]) {
            prop_assert!(Scenario::parse(&text).is_ok());
        }
        if let Ok(text) = edit::apply(S04, &[("link.browse.from", &value)]) {
            prop_assert!(Scenario::parse(&text).is_ok());
        }
    }
}

/// Each knob at the ends of its range, the largest counts too.
#[test]
fn every_knob_can_be_at_its_ends() {
    for (path, spec) in every_design_knob() {
        for end in [spec.min, spec.max, spec.off.unwrap_or_default()] {
            if end.is_empty() {
                continue;
            }
            // What cannot go together with the rest of the design is refused, not run.
            if let Ok(text) = edit::apply(DESIGN, &[(&path, end)]) {
                sound(&text).unwrap();
            }
        }
    }
}
