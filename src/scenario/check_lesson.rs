//! What the lesson points at must be there, and every variant must lead to a valid design.

use super::address::resolve;
use super::check_prose;
use super::findings::Findings;
use super::limits::MAX_ROOM_MINUTES;
use super::metric::METRICS;
use super::names::suggest;
use super::plan_path::PlanPath;
use super::{Asks, Metric, ReviewItem, Scenario, Variant, code, edit};
use crate::design::value::{self, cut};

pub fn check(f: &mut Findings<'_>, scenario: &Scenario) {
    let (lesson, text) = (&scenario.lesson, f.text);
    bets(f, scenario);
    charts(f, scenario);
    steps(f, scenario);
    unlocked(f, scenario, &lesson.unlocked, "lesson");
    let groups = [
        ("fix", &lesson.fixes),
        ("not_enough", &lesson.not_enough),
        ("backfire", &lesson.backfires),
        ("twist", &lesson.twists),
    ];
    for (table, variants) in groups {
        for variant in variants {
            let path = format!("lesson.{table}.{}", variant.key);
            check_variant(f, scenario, text, variant, &path);
        }
    }
    for twist in &lesson.twists {
        fixes_of(f, twist);
    }
    for (i, item) in lesson.review.iter().enumerate() {
        review(f, scenario, item, &format!("lesson.review.{i}"));
    }
    for variant in lesson
        .judgement
        .iter()
        .flat_map(|judgement| &judgement.answers)
    {
        let path = format!("lesson.judgement.answer.{}", variant.key);
        check_variant(f, scenario, text, variant, &path);
    }
    check_prose::check(f, lesson);
}

/// What solves part 2 is a change against the design of part 2.
fn fixes_of(f: &mut Findings<'_>, twist: &Variant) {
    if twist.fixes.is_empty() || f.has_errors() {
        return;
    }
    let Ok(text) = edit::variant(f.text, twist) else {
        return;
    };
    let Ok(changed) = Scenario::parse(&text) else {
        return;
    };
    for fix in &twist.fixes {
        let path = format!("lesson.twist.{}.fix.{}", twist.key, fix.key);
        check_variant(f, &changed, &text, fix, &path);
    }
}

/// A mini-run is a change of the start design, and something that is asked of it.
fn review(f: &mut Findings<'_>, scenario: &Scenario, item: &ReviewItem, path: &str) {
    let Some(asks) = &item.asks else {
        if !item.set.is_empty() {
            f.error_at(
                code::MISSING,
                path,
                "nothing is asked of the run with these changes",
            )
            .help("give it `asks`: `goals`, or the key of a goal");
        }
        return;
    };
    if item.set.is_empty() {
        f.error_at(
            code::MISSING,
            path,
            "it asks about the start design, which the lesson has shown",
        )
        .help("give it `set`, with changes to run");
    }
    let goals = || scenario.goals.iter().map(|goal| goal.key.as_str());
    match asks {
        Asks::Goal(key) if !goals().any(|goal| goal == key) => {
            f.error_at(
                code::BAD_VALUE,
                &format!("{path}.asks"),
                format!("there is no goal `{}`", cut(key)),
            )
            .help(suggest(
                key,
                goals().chain(["goals"]).collect::<Vec<_>>().into_iter(),
                "goals",
            ));
        }
        Asks::Goals if scenario.goals.is_empty() => {
            f.error_at(
                code::BAD_VALUE,
                &format!("{path}.asks"),
                "the scenario has no goals",
            );
        }
        _ => {}
    }
    let variant = Variant {
        set: item.set.clone(),
        ..Variant::default()
    };
    check_variant(f, scenario, f.text, &variant, path);
}

fn bets(f: &mut Findings<'_>, scenario: &Scenario) {
    let bets = &scenario.lesson.bets;
    let right = bets.iter().filter(|bet| bet.right).count();
    if !bets.is_empty() && (right != 1 || bets.len() < 2) {
        f.error_at(
            code::IMPOSSIBLE,
            "lesson.bet",
            format!("{right} of {} bets are right", bets.len()),
        )
        .help("there are two bets or more, and one has `right = true`");
    }
}

/// A room takes at least as long as one person alone, and no longer than a day.
fn steps(f: &mut Findings<'_>, scenario: &Scenario) {
    let (steps, alone) = (&scenario.lesson.steps, scenario.about.minutes);
    for (i, _) in steps.iter().enumerate().filter(|(_, it)| it.minutes == 0) {
        let at = format!("lesson.step.{i}.minutes");
        f.error_at(code::BAD_VALUE, &at, "a step takes a minute at least");
    }
    let sum = steps.iter().map(|step| u64::from(step.minutes)).sum();
    let most = u64::from(MAX_ROOM_MINUTES);
    if !steps.is_empty() && !(u64::from(alone)..=most).contains(&sum) {
        f.error_at(
            code::IMPOSSIBLE,
            "lesson.step",
            format!("the steps take {sum} minutes together"),
        )
        .help(format!(
            "between {alone}, the `minutes` of the scenario for one person, and {most}"
        ));
    }
}

fn charts(f: &mut Findings<'_>, scenario: &Scenario) {
    let design = &scenario.design;
    let metrics = METRICS.iter().map(|spec| spec.bound.name);
    let nodes = design.nodes.iter().map(|node| node.key.as_str());
    let links = design.links.iter().map(|link| link.key.as_str());
    let names = metrics.chain(nodes).chain(links);
    for (i, chart) in scenario.about.charts.iter().enumerate() {
        if !names.clone().any(|name| name == chart) {
            f.error_at(
                code::NO_NODE,
                &format!("scenario.charts.{i}"),
                format!("there is no chart `{}`", cut(chart)),
            )
            .help(suggest(chart, names.clone(), "metrics, nodes and links"));
        }
    }
}

/// `text` is what the variant is a change of.
fn check_variant(
    f: &mut Findings<'_>,
    scenario: &Scenario,
    text: &str,
    variant: &Variant,
    path: &str,
) {
    let mut fine = true;
    for (i, (knob, value)) in variant.set.iter().enumerate() {
        let set = format!("{path}.set.{i}");
        if PlanPath::of(knob).is_some() {
            // Its steps are read with the design that it leads to.
            continue;
        }
        let address = match resolve(&scenario.design, knob) {
            Ok(address) => address,
            Err(error) => {
                f.error_at(code::NO_KNOB, &set, error.message)
                    .maybe_help(error.help);
                fine = false;
                continue;
            }
        };
        if let Err(error) = value::parse(value, address.spec) {
            f.error_at(code::BAD_VALUE, &set, error.message)
                .maybe_help(error.help);
            fine = false;
        }
    }
    if let Some(metric) = variant
        .worsens
        .as_deref()
        .filter(|name| Metric::named(name).is_none())
    {
        let names = METRICS.iter().map(|spec| spec.bound.name);
        f.error_at(
            code::BAD_VALUE,
            &format!("{path}.worsens"),
            format!("there is no metric `{}`", cut(metric)),
        )
        .help(suggest(metric, names, "metrics"));
    }
    if !fine || f.has_errors() {
        return;
    }
    match edit::variant(text, variant).and_then(|text| Scenario::parse(&text)) {
        Ok(changed) => unlocked(f, &changed, &variant.unlocked, path),
        Err(diagnostics) => {
            let first = diagnostics.into_iter().next();
            let (message, help) = first.map(|d| (d.message, d.help)).unwrap_or_default();
            let message = format!("with this change the design is refused: {message}");
            f.error_at(code::BAD_CHANGE, path, message).maybe_help(help);
        }
    }
}

/// Knobs that a learner may turn are knobs of the design.
fn unlocked(f: &mut Findings<'_>, scenario: &Scenario, paths: &[String], owner: &str) {
    for (i, path) in paths.iter().enumerate() {
        if let Err(error) = resolve(&scenario.design, path) {
            let at = format!("{owner}.unlocked.{i}");
            f.error_at(code::NO_KNOB, &at, error.message)
                .maybe_help(error.help);
        }
    }
}
