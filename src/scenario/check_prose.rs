//! What the text of a lesson says in numbers is what its file says, and no number is without a reference.
//!
//! A text is about the design that it stands beside: the start, or that of its variant. What needs a run is left
//! to the gate, which gets it from [`of_runs`].

use std::collections::BTreeMap;

use super::edit::{self, knob_at};
use super::findings::{Findings, Span};
use super::prose::{self, Reference, STORY, Told};
use super::prose_value::{self, NoValue, Value, of_knob};
use super::read::{self, Depth};
use super::{Bound, Lesson, Metric, Scenario, Variant, code};
use crate::design::value::{self as knobs, cut};

/// The design of the file.
pub const START: &str = "start";
/// What comes before a figure of a run.
const RUN: &str = "run.";

/// A number that only a run can prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfRun {
    /// Where it stands: `lesson.fix.retry_budget.because`.
    pub path: String,
    pub shown: String,
    pub meant: String,
    /// The name of the design that it stands beside.
    pub beside: String,
    /// The designs that have to run.
    pub runs: Vec<String>,
}

/// The designs that texts are about, by name, each read once.
pub struct Designs<'t> {
    text: &'t str,
    lesson: &'t Lesson,
    built: BTreeMap<String, Option<Scenario>>,
    inside: u32,
}

impl<'t> Designs<'t> {
    pub fn new(text: &'t str, lesson: &'t Lesson) -> Designs<'t> {
        Designs {
            text,
            lesson,
            built: BTreeMap::new(),
            inside: 0,
        }
    }

    /// `None` for one that cannot be built, which is said elsewhere.
    pub fn get(&mut self, name: &str) -> Option<&Scenario> {
        if !self.built.contains_key(name) {
            let text = changed(self.text, self.lesson, name);
            let built = text.and_then(|text| Scenario::parse(&text).ok());
            self.built.insert(name.to_owned(), built);
        }
        self.built.get(name)?.as_ref()
    }

    /// The design that a path begins with, and the rest: `fix.retry_budget.link.browse.attempts`.
    fn split<'p>(&self, path: &'p str) -> Option<(String, &'p str)> {
        if let Some(rest) = path.strip_prefix("start.") {
            return Some((START.to_owned(), rest));
        }
        let mut all = names(self.lesson);
        // The fix of a part 2 begins with the name of that.
        all.sort_by_key(|name| std::cmp::Reverse(name.len()));
        all.into_iter().find_map(|name| {
            let rest = path.strip_prefix(name.as_str())?.strip_prefix('.')?;
            Some((name, rest))
        })
    }

    /// The design that a path names or else stands beside, and the rest of it.
    pub fn of<'p>(&self, path: &'p str, beside: &str) -> (String, &'p str) {
        self.split(path).unwrap_or((beside.to_owned(), path))
    }

    /// The value of what a path names; figures of runs are asked of `figure`, with their design.
    pub fn value(
        &mut self,
        path: &str,
        beside: &str,
        figure: Figures<'_>,
    ) -> Result<Value, NoValue> {
        if let Some(rest) = path.strip_prefix(RUN).filter(|rest| !is_of_file(rest)) {
            let (design, rest) = self.of(rest, beside);
            return figure(&design, rest);
        }
        match path {
            "p50" => return Ok(prose_value::NONE.times(0.5)),
            "p99" => return Ok(prose_value::NONE.times(0.99)),
            _ => {}
        }
        let (design, rest) = self.of(path, beside);
        let lesson = self.lesson;
        if let Some((_, meant)) = lesson.numbers.iter().find(|(name, _)| name == rest) {
            if self.inside >= MAX_INSIDE {
                return refuse(format!("`{}` refers to itself", cut(rest)));
            }
            self.inside += 1;
            let found = self.worked_out(meant, &design, figure);
            self.inside -= 1;
            return found;
        }
        match self.get(&design) {
            Some(scenario) => of_file(scenario, rest),
            None => refuse(format!("there is no design `{}`", cut(&design))),
        }
    }

    /// The value of an expression beside a design.
    fn worked_out(
        &mut self,
        meant: &str,
        beside: &str,
        figure: Figures<'_>,
    ) -> Result<Value, NoValue> {
        prose_value::value(meant, &mut |path| self.value(path, beside, &mut *figure))
    }

    /// The designs whose runs an expression needs.
    pub fn run_for(&mut self, meant: &str, beside: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut note = |design: &str, _: &str| {
            found.push(design.to_owned());
            Err(NoValue::Later)
        };
        if meant != STORY {
            // What is wrong with it, the check says.
            let _ = self.worked_out(meant, beside, &mut note);
        }
        found
    }
}

/// What a figure of the run of a design is.
type Figures<'f> = &'f mut dyn FnMut(&str, &str) -> Result<Value, NoValue>;

/// Named numbers that refer to named numbers.
const MAX_INSIDE: u32 = 10;

/// `run.duration` and its like stand in the file.
fn is_of_file(rest: &str) -> bool {
    matches!(rest, "duration" | "seed" | "measure.from" | "measure.to")
}

fn groups(lesson: &Lesson) -> [(&'static str, &[Variant]); 5] {
    let answers = lesson.judgement.as_ref();
    [
        ("fix", &lesson.fixes),
        ("not_enough", &lesson.not_enough),
        ("backfire", &lesson.backfires),
        ("twist", &lesson.twists),
        (
            "answer",
            answers.map_or(&[], |judgement| &judgement.answers),
        ),
    ]
}

/// Of all changed designs of the lesson.
fn names(lesson: &Lesson) -> Vec<String> {
    let mut all = Vec::new();
    for (group, variants) in groups(lesson) {
        for variant in variants {
            let name = format!("{group}.{}", variant.key);
            all.extend(
                variant
                    .fixes
                    .iter()
                    .map(|fix| format!("{name}.fix.{}", fix.key)),
            );
            all.push(name);
        }
    }
    all.extend((1..=lesson.review.len()).map(|n| format!("review.{n}")));
    all
}

/// The text of a design by its name.
fn changed(text: &str, lesson: &Lesson, name: &str) -> Option<String> {
    if name == START {
        return Some(text.to_owned());
    }
    let (group, rest) = name.split_once('.')?;
    if group == "review" {
        let item = lesson
            .review
            .get(rest.parse::<usize>().ok()?.checked_sub(1)?)?;
        return edit::apply(text, &item.set).ok();
    }
    let all = groups(lesson);
    let (_, variants) = all.iter().find(|(word, _)| *word == group)?;
    let (key, fix) = match rest.split_once(".fix.") {
        Some((key, fix)) => (key, Some(fix)),
        None => (rest, None),
    };
    let variant = variants.iter().find(|variant| variant.key == key)?;
    let base = edit::variant(text, variant).ok()?;
    match fix {
        Some(fix) => {
            let fix = variant.fixes.iter().find(|known| known.key == fix)?;
            edit::variant(&base, fix).ok()
        }
        None => Some(base),
    }
}

/// The design that the text with this path stands beside.
fn beside(path: &str, lesson: &Lesson) -> String {
    let inside = path.strip_prefix("lesson.").unwrap_or_default();
    let inside = inside.strip_prefix("judgement.").unwrap_or(inside);
    let mut best = START.to_owned();
    for name in names(lesson) {
        let is_inside = inside
            .strip_prefix(name.as_str())
            .is_some_and(|rest| rest.starts_with('.'));
        if is_inside && (best == START || name.len() > best.len()) {
            best = name;
        }
    }
    best
}

fn refuse<T>(message: String) -> Result<T, NoValue> {
    Err(NoValue::Wrong(message))
}

/// A knob, or another value of the file.
fn of_file(scenario: &Scenario, path: &str) -> Result<Value, NoValue> {
    let parts: Vec<&str> = path.split('.').collect();
    let found = match parts.as_slice() {
        ["run", "measure", side] => {
            let (from, to) = scenario.run.measure;
            let at = if *side == "from" { from } else { to };
            Some(knobs::Value::Duration(at))
        }
        ["goal", key, what] => {
            let goal = scenario.goals.iter().find(|goal| goal.key == *key);
            let Some(goal) = goal else {
                return refuse(format!("there is no goal `{}`", cut(key)));
            };
            match (*what, &goal.bound, goal.window) {
                ("at_least", Bound::AtLeast(value), _) | ("at_most", Bound::AtMost(value), _) => {
                    Some(value.clone())
                }
                ("from", _, window) => Some(knobs::Value::Duration(
                    window.unwrap_or(scenario.run.measure).0,
                )),
                ("to", _, window) => Some(knobs::Value::Duration(
                    window.unwrap_or(scenario.run.measure).1,
                )),
                // Of which share of users the latency is a bound.
                ("percentile", ..) => match goal.metric {
                    Metric::LatencyP99 => return Ok(prose_value::NONE.times(0.99)),
                    Metric::LatencyP50 => return Ok(prose_value::NONE.times(0.5)),
                    _ => None,
                },
                _ => None,
            }
        }
        ["timeline", number, field, part @ ..] if part.len() < 2 => {
            let at = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            let entry = at.and_then(|at| scenario.timeline.get(at));
            let Some(entry) = entry else {
                return refuse(format!(
                    "there is no entry `{}` of the timeline",
                    cut(number)
                ));
            };
            let whole = match (*field, &entry.change) {
                ("value", Some(change)) => Some(change.value.clone()),
                (field, _) => entry.knobs.get(field).cloned(),
            };
            match part {
                [part] => whole.and_then(|whole| part_of(&whole, part)),
                _ => whole,
            }
        }
        ["monitoring", knob] => scenario.design.monitoring.get(knob).cloned(),
        ["invariant", key, "at_most"] => {
            let invariant = scenario
                .design
                .invariants
                .iter()
                .find(|known| known.key == *key);
            let at_most = invariant.and_then(|invariant| invariant.at_most);
            at_most.map(|n| knobs::Value::Count(u64::from(n)))
        }
        // How many calls a plan makes.
        [_, key, "plan", operation] => {
            let steps = scenario
                .design
                .node(key)
                .and_then(|node| node.plans.get(*operation));
            let calls = steps.map(|steps| steps.iter().map(|step| step.links().len()).sum());
            calls.map(|n: usize| knobs::Value::Count(n as u64))
        }
        // A parameter of a distribution, or the value for one operation.
        [kind, key, knob, part] => {
            let whole = knob_at(scenario, &format!("{kind}.{key}.{knob}"));
            part_of(
                &whole
                    .map_err(|finding| NoValue::Wrong(finding.message))?
                    .value,
                part,
            )
        }
        _ => {
            let knob = knob_at(scenario, path);
            Some(
                knob.map_err(|finding| NoValue::Wrong(finding.message))?
                    .value,
            )
        }
    };
    let value = found.as_ref().and_then(of_knob);
    value.ok_or_else(|| NoValue::Wrong(format!("`{}` has no number", cut(path))))
}

fn part_of(value: &knobs::Value, part: &str) -> Option<knobs::Value> {
    use knobs::{Dist, Value as Knob};
    match value {
        Knob::PerOperation(each) => {
            let mut each = each.iter();
            each.find(|(name, _)| name == part)
                .map(|(_, value)| value.clone())
        }
        Knob::Rates(rates) => {
            let at = part.parse::<usize>().ok()?.checked_sub(1)?;
            rates.get(at).map(|rate| Knob::Rate(*rate))
        }
        Knob::Dist(Dist::Bimodal {
            fast,
            slow,
            slow_share,
        }) => match part {
            "fast" => Some(Knob::Duration(*fast)),
            "slow" => Some(Knob::Duration(*slow)),
            "slow_share" => Some(Knob::Share(*slow_share)),
            _ => None,
        },
        Knob::Dist(Dist::Uniform { low, high }) => match part {
            "low" => Some(Knob::Duration(*low)),
            "high" => Some(Knob::Duration(*high)),
            _ => None,
        },
        _ => None,
    }
}

/// Looks at all texts of the lesson.
pub fn check(f: &mut Findings<'_>, lesson: &Lesson) {
    let told = f.told.take().unwrap_or_default();
    // Lessons from before there were references stay as they are.
    if told
        .iter()
        .all(|text| prose::references(&text.raw).is_empty())
    {
        return;
    }
    for text in &told {
        for number in prose::bare(&text.raw) {
            let at = place(f, text, number);
            f.error(code::BARE_NUMBER, &text.path, at, bare_message(number))
                .help(HELP);
        }
    }
    if f.has_errors() {
        return;
    }
    let whole = f.text;
    let mut designs = Designs::new(whole, lesson);
    for text in &told {
        let beside = beside(&text.path, lesson);
        for reference in prose::references(&text.raw) {
            let later = &mut |_: &str, _: &str| Err(NoValue::Later);
            let Err((message, help)) = holds(reference, &beside, &mut designs, later) else {
                continue;
            };
            let at = place(f, text, reference.written);
            f.error(code::UNTRUE, &text.path, at, message).help(help);
        }
    }
}

const HELP: &str = "say of what it is the number: `{700 rps = clients.NAME.rate}`, or `{11:04 = story}` where it claims nothing";

fn bare_message(number: &str) -> String {
    match number.starts_with(['{', '}', '`']) {
        true => format!("`{}` is no reference", cut(number)),
        false => format!("`{}` is a number without a reference", cut(number)),
    }
}

/// Whether a number is right, as far as `figure` knows; otherwise what is wrong, and what would be right.
pub fn holds(
    reference: Reference<'_>,
    beside: &str,
    designs: &mut Designs<'_>,
    figure: Figures<'_>,
) -> Result<(), (String, String)> {
    if reference.meant == STORY {
        return Ok(());
    }
    let literal = prose::literal(reference.shown)
        .map_err(|message| (message, "write one number, with its unit".to_owned()))?;
    match designs.worked_out(reference.meant, beside, figure) {
        Err(NoValue::Later) => Ok(()),
        Err(NoValue::Wrong(message)) => Err((
            format!("`{}`: {message}", cut(reference.meant)),
            "write a path of this file, or `run.` and a metric".to_owned(),
        )),
        Ok(value) if literal.fits(&value) => Ok(()),
        Ok(value) => Err((
            format!(
                "`{}` is not what `{}` is",
                cut(reference.shown),
                cut(reference.meant)
            ),
            format!("it is {}", literal.as_written(&value)),
        )),
    }
}

/// Where a piece of a text stands in the file; the whole text if it is written with escapes.
fn place(f: &Findings<'_>, text: &Told, piece: &str) -> Span {
    let whole = f.text.get(text.span.clone()).unwrap_or_default();
    let offset = (piece.as_ptr() as usize).wrapping_sub(text.raw.as_ptr() as usize);
    let at = whole
        .find(text.raw.trim_end())
        .map(|at| text.span.start + at + offset);
    match at {
        Some(at) if f.text.get(at..at + piece.len()) == Some(piece) => at..at + piece.len(),
        _ => text.span.clone(),
    }
}

/// The numbers of a lesson's text that only runs can prove.
pub fn of_runs(whole: &str) -> Vec<OfRun> {
    let (scenario, told) = read::told(whole, Depth::Run);
    let Some(scenario) = scenario else {
        return Vec::new();
    };
    let mut designs = Designs::new(whole, &scenario.lesson);
    let mut all = Vec::new();
    for text in &told {
        let beside = beside(&text.path, &scenario.lesson);
        for reference in prose::references(&text.raw) {
            let runs = designs.run_for(reference.meant, &beside);
            if !runs.is_empty() {
                all.push(OfRun {
                    path: text.path.clone(),
                    shown: reference.shown.to_owned(),
                    meant: reference.meant.to_owned(),
                    beside: beside.clone(),
                    runs,
                });
            }
        }
    }
    all
}
