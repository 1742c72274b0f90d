//! All designs that the lesson of a scenario claims something about.

use super::{FIXED, FIXED_WHEN_MOVED, SEEDS, WORSE, brute, moved};
use crate::design::diagnostic::Diagnostic;
use crate::design::word::Word;
use crate::scenario::{Metric, Scenario, Variant, edit};

/// What a design has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Miss a goal on every seed.
    Failure,
    /// Reach all goals on so many seeds.
    Success(usize),
    /// Miss a goal on every seed, and be worse than the start on most.
    Worse,
    /// Miss a goal about cost on every seed.
    TooDear,
}

impl Needs {
    pub(super) fn words(self) -> String {
        match self {
            Needs::Failure => "fails on all".to_owned(),
            Needs::Success(least) => format!("passes on {least} of {SEEDS}"),
            Needs::Worse => format!("fails on all, worse on {WORSE} of {SEEDS}"),
            Needs::TooDear => "too expensive on all".to_owned(),
        }
    }
}

/// One of them, with its text or why there is none.
pub(super) struct Design {
    pub role: Word,
    pub key: String,
    pub label: String,
    pub changes: Vec<String>,
    pub needs: Needs,
    pub worsens: Option<Metric>,
    pub text: Result<String, String>,
}

/// The start first.
pub(super) fn of(text: &str, scenario: &Scenario) -> Vec<Design> {
    let lesson = &scenario.lesson;
    let mut all = vec![Design {
        role: "start",
        key: String::new(),
        label: "The design of the file".to_owned(),
        changes: Vec::new(),
        needs: Needs::Failure,
        worsens: None,
        text: Ok(text.to_owned()),
    }];
    for fix in &lesson.fixes {
        all.push(changed("fix", text, fix, Needs::Success(FIXED)));
        for nudged in moved::variants(scenario, fix) {
            let needs = Needs::Success(FIXED_WHEN_MOVED);
            all.push(changed("moved", text, &nudged, needs));
        }
    }
    for variant in &lesson.not_enough {
        all.push(changed("not_enough", text, variant, Needs::Failure));
    }
    for variant in &lesson.backfires {
        let named = variant.worsens.as_deref().and_then(Metric::named);
        let mut design = changed("backfire", text, variant, Needs::Worse);
        design.worsens = named.map(|spec| spec.metric);
        if named.is_none() && design.text.is_ok() {
            design.text = Err("it does not say what it `worsens`".to_owned());
        }
        all.push(design);
    }
    if !lesson.servers_help {
        let variant = brute::variant(scenario);
        let mut design = changed("servers", text, &variant, Needs::TooDear);
        if variant.set.is_empty() {
            design.text = Err("the design has no servers to add to".to_owned());
        } else if !scenario
            .goals
            .iter()
            .any(|goal| goal.metric == Metric::Cost)
        {
            design.text = Err("no goal is about `cost`".to_owned());
        }
        all.push(design);
    }
    for twist in &lesson.twists {
        let needs = match twist.passes {
            true => Needs::Success(FIXED),
            false => Needs::Failure,
        };
        let part_2 = changed("twist", text, twist, needs);
        let base = part_2.text.clone();
        all.push(part_2);
        for fix in &twist.fixes {
            let mut design = match &base {
                Ok(base) => changed("twist_fix", base, fix, Needs::Success(FIXED)),
                Err(_) => continue,
            };
            design.key = format!("{}.{}", twist.key, fix.key);
            all.push(design);
        }
    }
    all
}

fn changed(role: Word, text: &str, variant: &Variant, needs: Needs) -> Design {
    let first = |found: Vec<Diagnostic>| {
        let first = found.into_iter().next();
        first.map_or("it is refused".to_owned(), |finding| finding.message)
    };
    let lines = variant.set.iter();
    Design {
        role,
        key: variant.key.clone(),
        label: variant.label.clone(),
        changes: lines
            .map(|(path, value)| format!("{path} = {value}"))
            .collect(),
        needs,
        worsens: None,
        text: edit::variant(text, variant).map_err(first),
    }
}
