//! From text to scenario: TOML, migration, tables, then the checks that look at everything together.

use toml::de::{DeTable, DeValue};

use super::findings::Findings;
use super::limits::{MAX_BYTES, MAX_CONCEPT_WORDS, MAX_FINDINGS, MAX_GOALS};
use super::prose::Told;
use super::row::Row;
use super::{
    About, Bound, Checked, Goal, Metric, Scenario, check_design, check_lesson, check_run, claim,
    code, fails_first, migrate, read_design, read_lesson, read_timeline, sections,
};
use crate::design::diagnostic::{Diagnostic, Severity};
use crate::design::nearest::nearest;
use crate::design::registry::{self, KINDS};
use crate::design::value::{Value, cut};
use crate::design::{self, Design, RunSpec, TimelineEntry};
use crate::time::Duration;

/// Findings of the TOML reader that are listed: what follows the first few is mostly their echo.
const MAX_SYNTAX_FINDINGS: usize = 5;

/// Tables that are not kinds of nodes.
const TABLES: &[&str] = &[
    "format",
    "scenario",
    "run",
    "link",
    "operation",
    "monitoring",
    "alert",
    "slo",
    "invariant",
    "timeline",
    "goal",
    "claim",
    "fails_first",
    "lesson",
];

/// How much is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What a run needs. A lesson stays readable when its design is changed by hand.
    Run,
    /// And that the lesson fits the design, with every variant applied.
    Everything,
}

/// What is unwise in a valid design.
pub type Advise = fn(&Design, &[TimelineEntry]) -> Vec<Diagnostic>;

pub fn read(text: &str, depth: Depth) -> Checked {
    read_with(text, depth, |_, _| Vec::new())
}

/// Who asks for no advice does not carry what gives it: the page stays small.
pub fn read_with(text: &str, depth: Depth, advise: Advise) -> Checked {
    let mut f = Findings::new(if text.len() > MAX_BYTES { "" } else { text });
    if text.len() > MAX_BYTES {
        f.whole_file(code::TOO_LONG, format!("the file has {} bytes", text.len()))
            .help(format!("at most {MAX_BYTES} bytes"));
        return Checked {
            scenario: None,
            diagnostics: f.finish(),
        };
    }
    let scenario = read_tree(&mut f, depth, advise);
    let scenario = scenario.filter(|_| !f.has_errors());
    Checked {
        scenario,
        diagnostics: f.finish(),
    }
}

/// What can be read of a text, also if there are errors in it: `None` if it is no TOML, is too long or
/// has no `[run]`.
pub fn as_far_as_possible(text: &str, depth: Depth) -> (Option<Scenario>, Vec<Diagnostic>) {
    if text.len() > MAX_BYTES {
        return (None, read(text, depth).diagnostics);
    }
    let mut f = Findings::new(text);
    let scenario = read_tree(&mut f, depth, |_, _| Vec::new());
    (scenario, f.finish())
}

/// A scenario that can be read, with the text of its lesson as it is written.
pub fn told(text: &str, depth: Depth) -> (Option<Scenario>, Vec<Told>) {
    let mut f = Findings::new(text);
    let scenario = read_tree(&mut f, depth, |_, _| Vec::new());
    (scenario, f.told.unwrap_or_default())
}

/// What is wrong with a design by itself, without the text that it was read from.
pub fn check_alone(design: &Design) -> Vec<Diagnostic> {
    let mut alone = Findings::new("");
    check_design::check(&mut alone, design);
    alone.finish()
}

fn read_tree(f: &mut Findings<'_>, depth: Depth, advise: Advise) -> Option<Scenario> {
    let mut tree = parse_toml(f)?;
    if !migrate::migrate(&mut tree, f) {
        return None;
    }
    let root = Row::new(f, String::new(), 0..0, &tree);
    f.told = root.table.contains_key("lesson").then(Vec::new);
    unknown_tables(f, &root);
    let about = about(f, &root);
    let run = run(f, &root);
    let design = read_design::design(f, &root);
    let timeline = read_timeline::timeline(f, &root, &design);
    let goals = goals(f, &root);
    let claims = claim::claims(f, &root, &design);
    let fails_first = fails_first::read(f, &root);
    let lesson = read_lesson::lesson(f, &root);
    check_design::check(f, &design);
    let (run, seed) = run?;
    check_run::check(f, &design, &timeline, &goals, &run);
    if !f.has_errors() {
        revisions(f, &design, &timeline);
    }
    let timeline = timeline.into_iter().map(|(_, entry)| entry).collect();
    let scenario = Scenario {
        about,
        run,
        seed,
        design,
        timeline,
        goals,
        claims,
        fails_first,
        lesson,
    };
    if depth != Depth::Run {
        fails_first::check(f, &scenario);
        check_lesson::check(f, &scenario);
    }
    if !f.has_errors() {
        for advice in advise(&scenario.design, &scenario.timeline) {
            f.advice(advice);
        }
    }
    Some(scenario)
}

/// Every design that the timeline makes of this one has to be valid, too. A setting is without effect
/// if it is so in all of them.
fn revisions(f: &mut Findings<'_>, design: &Design, timeline: &[(String, TimelineEntry)]) {
    let entries: Vec<TimelineEntry> = timeline.iter().map(|(_, entry)| entry.clone()).collect();
    for revision in design::revisions(design, &entries) {
        let found = check_alone(&revision.design);
        let first = found.iter().find(|d| d.severity == Severity::Error);
        let Some(first) = first.cloned() else {
            f.keep_idle(|path| {
                found
                    .iter()
                    .any(|d| d.code == code::NO_EFFECT && d.path == path)
            });
            continue;
        };
        let path = format!("{}.value", timeline[revision.entry].0);
        let message = format!("with it, from {} on, {}", revision.at, first.message);
        f.error_at(code::IMPOSSIBLE, &path, message)
            .maybe_help(first.help);
    }
}

fn parse_toml<'t>(f: &mut Findings<'t>) -> Option<DeTable<'t>> {
    let (tree, errors) = DeTable::parse_recoverable(f.text);
    let (twice, broken): (Vec<_>, Vec<_>) =
        errors.iter().partition(|e| e.message() == "duplicate key");
    let mut line_before = None;
    let mut told = 0;
    for error in &broken {
        let span = error.span().unwrap_or(0..0);
        let line = f.line_of(span.start);
        // What follows on the same line is an echo.
        if line_before == Some(line) {
            continue;
        }
        let written = f.text.get(span.clone()).unwrap_or_default();
        let (message, help) = explain(error.message(), written);
        f.error(code::SYNTAX, "", span, message).help(help);
        (line_before, told) = (Some(line), told + 1);
        if told == MAX_SYNTAX_FINDINGS {
            break;
        }
    }
    twice_named(f, twice);
    broken.is_empty().then(|| tree.into_inner())
}

/// Names that are there twice. The fields of a second table of the same name are its echo.
fn twice_named(f: &mut Findings<'_>, errors: Vec<&toml::de::Error>) {
    let mut echo_until = 0;
    for error in errors.into_iter().take(10 * MAX_FINDINGS) {
        let span = error.span().unwrap_or(0..0);
        if span.start < echo_until {
            continue;
        }
        let Some(before) = f.text.get(..span.start) else {
            continue;
        };
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        if f.text[line_start..].trim_start().starts_with('[') {
            let next_table = f.text[span.start..].find("\n[");
            echo_until = next_table.map_or(f.text.len(), |at| span.start + at);
        }
        let name = cut(f.text.get(span.clone()).unwrap_or_default());
        let message = format!("`{name}` is there twice");
        f.error(code::DUPLICATE, &name, span, message)
            .help("keep one of them, or give it another name");
    }
}

/// The parser's words, and plainer ones for the slips that people make most.
fn explain(message: &str, written: &str) -> (String, String) {
    let see = "the file is TOML, see https://toml.io".to_owned();
    if message.starts_with("string values must be quoted") {
        return match cut(written).as_str() {
            "" => ("the value is missing".to_owned(), see),
            word => (
                format!("`{word}` is not in quotes"),
                format!("write `\"{word}\"`"),
            ),
        };
    }
    if message == "invalid basic string, expected `\"`" {
        return ("the text does not end with `\"`".to_owned(), see);
    }
    (message.to_owned(), see)
}

fn unknown_tables(f: &mut Findings<'_>, root: &Row<'_, '_>) {
    let known = || {
        TABLES
            .iter()
            .copied()
            .chain(KINDS.iter().map(|kind| kind.name))
    };
    for (key, value) in root.table {
        let name: &str = key.get_ref();
        if known().any(|table| table == name) {
            continue;
        }
        let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let all = format!(
            "kinds of nodes are {}; other tables are {}",
            kinds.join(", "),
            TABLES[1..].join(", ")
        );
        let help = match nearest(name, known()) {
            Some(right) => format!("did you mean `{right}`? {all}"),
            None => all,
        };
        if nearest(name, known()).is_some() {
            f.names_are_missing();
        }
        let what = if matches!(value.get_ref(), DeValue::Table(_)) {
            "table"
        } else {
            "field"
        };
        let code = if what == "table" {
            code::UNKNOWN_TABLE
        } else {
            code::UNKNOWN_FIELD
        };
        f.error(
            code,
            &cut(name),
            key.span(),
            format!("there is no {what} `{}`", cut(name)),
        )
        .help(help);
    }
}

fn about(f: &mut Findings<'_>, root: &Row<'_, '_>) -> About {
    let Some(row) = root.one(f, "scenario") else {
        return About {
            version: 1,
            ..About::default()
        };
    };
    row.check_fields(f, "the table `scenario`", sections::ABOUT, &[]);
    let texts = |f: &mut Findings<'_>, name| {
        row.texts(f, name)
            .into_iter()
            .map(|(text, _)| text)
            .collect()
    };
    let about = About {
        id: row.line(f, "id").unwrap_or_default(),
        title: row.line(f, "title").unwrap_or_default(),
        version: row.whole(f, "version").unwrap_or(1),
        track: row.line(f, "track").unwrap_or_default(),
        minutes: row.whole(f, "minutes").unwrap_or_default(),
        audience: texts(f, "audience"),
        prerequisites: texts(f, "prerequisites"),
        concept: row.prose(f, "concept"),
        question: row.line(f, "question").unwrap_or_default(),
        charts: texts(f, "charts"),
    };
    let words = about.concept.split_whitespace().count();
    if words > MAX_CONCEPT_WORDS {
        f.error_at(
            code::LIMIT,
            "scenario.concept",
            format!("the concept has {words} words"),
        )
        .help(format!(
            "at most {MAX_CONCEPT_WORDS}, so that it is read before the run"
        ));
    }
    about
}

/// The run and its seed.
fn run(f: &mut Findings<'_>, root: &Row<'_, '_>) -> Option<(RunSpec, u64)> {
    let Some(row) = root.one(f, "run") else {
        if root.table.get("run").is_none() {
            f.whole_file(code::MISSING, "the table `run` is missing")
                .help("add `[run]` with `duration = \"60 s\"`");
        }
        return None;
    };
    row.check_fields(f, "the table `run`", sections::RUN, registry::RUN.knobs);
    let knobs = row.knobs(f, registry::RUN.knobs);
    let seed = match knobs.get("seed") {
        Some(Value::Count(seed)) => *seed,
        _ => 1,
    };
    let Some(Value::Duration(duration)) = knobs.get("duration") else {
        return None;
    };
    let measure = row
        .window(f, "measure")
        .unwrap_or((Duration::ZERO, *duration));
    Some((
        RunSpec {
            duration: *duration,
            measure,
        },
        seed,
    ))
}

fn goals(f: &mut Findings<'_>, root: &Row<'_, '_>) -> Vec<Goal> {
    let rows = root.named(f, "goal");
    if rows.len() > MAX_GOALS {
        f.error_at(
            code::LIMIT,
            "goal",
            format!("there are {} goals", rows.len()),
        )
        .help(format!("at most {MAX_GOALS}"));
    }
    rows.into_iter()
        .filter_map(|(key, row)| goal(f, key, &row))
        .collect()
}

fn goal(f: &mut Findings<'_>, key: String, row: &Row<'_, '_>) -> Option<Goal> {
    row.check_fields(f, "a goal", sections::GOAL, &[]);
    let label = row.line(f, "label");
    let window = row.window(f, "window");
    let operation = row.line(f, "operation");
    let word = row.line(f, "metric")?;
    let Some(spec) = Metric::named(&word) else {
        let names = super::metric::METRICS.iter().map(|spec| spec.bound.name);
        f.error_at(
            code::BAD_VALUE,
            &format!("{}.metric", row.path),
            format!("there is no metric `{}`", cut(&word)),
        )
        .help(super::names::suggest(&word, names, "metrics"));
        return None;
    };
    let at_least = row.value_of(f, "at_least", &spec.bound);
    let at_most = row.value_of(f, "at_most", &spec.bound);
    let written = ["at_least", "at_most"]
        .iter()
        .filter(|name| row.table.contains_key(**name))
        .count();
    if written != 1 {
        let message = if written == 0 {
            "the goal has no bound"
        } else {
            "the goal has two bounds"
        };
        f.error(code::IMPOSSIBLE, &row.path, row.named_at.clone(), message)
            .help("give it either `at_least` or `at_most`; two bounds are two goals");
    }
    let bound = at_least
        .map(Bound::AtLeast)
        .or(at_most.map(Bound::AtMost))?;
    Some(Goal {
        key,
        label: label?,
        metric: spec.metric,
        window,
        operation,
        bound,
    })
}
