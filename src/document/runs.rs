//! Runs that a document is about, and how each is made again.

use crate::engine::Run;
use crate::explain::{Explanation, HarmKind};
use crate::observe::Recorder;
use crate::observe::report::{Ended, Report};

use super::markdown::{Table, code, fenced};
use super::say;
use super::{Asked, Recipe};

/// Why a run was made.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Base,
    /// Without the incidents of the timeline.
    Quiet,
    /// This node is down for a part of it.
    Crash(String),
    /// So many times the load.
    Load(f64),
    /// Something is done about what goes wrong.
    Remedy,
}

/// One time that an alert fired. Instants in nanoseconds of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Number of the alert in the report.
    pub alert: usize,
    pub fired_ns: u64,
    pub read_ns: u64,
    pub resolved_ns: Option<u64>,
}

/// Each time that an alert fired, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pages(pub Vec<Page>);

impl Pages {
    pub fn of(run: &Run<Recorder>) -> Pages {
        let mut pages = Vec::new();
        for (alert, state) in run.world.core.monitoring.alerts.iter().enumerate() {
            pages.extend(state.history.iter().map(|it| Page {
                alert,
                fired_ns: it.fired.0,
                read_ns: it.paged.0,
                resolved_ns: it.resolved.map(|at| at.0),
            }));
        }
        crate::design::order::arrange(&mut pages, |a, b| a.fired_ns.cmp(&b.fired_ns));
        Pages(pages)
    }
}

/// A run that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// From 1, as the text cites it.
    pub number: usize,
    pub part: Part,
    pub what: String,
    pub recipe: Recipe,
    pub report: Report,
    pub found: Explanation,
    pub pages: Pages,
}

impl Made {
    /// "[R3](#runs)": from which run a number is.
    pub fn cite(&self) -> String {
        format!("[R{}](#runs)", self.number)
    }

    /// With the beginning of the fingerprint, where a run is a proof.
    pub fn proof(&self) -> String {
        let begin: String = self.report.digest.chars().take(8).collect();
        format!("seed {}, `{begin}…` {}", self.report.seed, self.cite())
    }

    /// From when to when users were hurt. No end: they are until the end of the run; wrong data is not followed to
    /// an end, since it stays wrong. `None`: nobody was hurt.
    pub fn harm(&self) -> Option<(HarmKind, u64, Option<u64>)> {
        let harm = self.found.harm.as_ref()?;
        let ends = harm.kind != HarmKind::Data && harm.until_ns < self.report.duration_ns;
        Some((harm.kind, harm.from_ns, ends.then_some(harm.until_ns)))
    }

    /// "from 33 s to the end", "data is wrong from 3 s on", "no".
    pub fn hurt(&self) -> String {
        match self.harm() {
            None => "no".to_owned(),
            Some((HarmKind::Data, from, _)) => {
                format!("data is wrong from {} on", say::instant(from))
            }
            Some((_, from, None)) => format!("from {} to the end", say::instant(from)),
            Some((_, from, Some(until))) => {
                format!("from {} to {}", say::instant(from), say::instant(until))
            }
        }
    }

    /// Why it ended before its time, if it did.
    pub fn cut_short(&self) -> Option<String> {
        match self.report.ended {
            Ended::BacklogLimit { at_ns, limit } => Some(format!(
                "more than {} requests were under way at {}",
                say::count(limit),
                say::instant(at_ns)
            )),
            Ended::EventLimit { at_ns, .. } => {
                Some(format!("too much happened by {}", say::instant(at_ns)))
            }
            Ended::Settled | Ended::Unsettled { .. } => None,
        }
    }
}

/// The chapter that says how each number comes out again.
pub fn chapter(made: &[Made], asked: &Asked) -> String {
    let mut text = String::from("## Runs\n\n");
    let Some(first) = made.first() else {
        return text;
    };
    text.push_str(&format!(
        "Every number is from the run whose sign stands beside it. The same file, seed and change give the same \
         fingerprint, to the last bit (rules {}, engine {}). The file is the one that was at hand when this was written: \
         keep it beside this.\n\n",
        first.report.semantics_version, first.report.engine_version
    ));
    let mut table = Table::new(&["run", "what it is", "seed", "fingerprint"]);
    for it in made {
        table.row(&[
            format!("R{}", it.number),
            it.what.clone(),
            it.report.seed.to_string(),
            code(&it.report.digest),
        ]);
    }
    text.push_str(&table.text());
    for it in made {
        text.push_str(&again(it, asked));
    }
    text
}

/// How one of them is made again.
fn again(made: &Made, asked: &Asked) -> String {
    let line = command(made, asked);
    let recipe = &made.recipe;
    let mut steps = String::new();
    if !recipe.without.is_empty() {
        let numbers = recipe.without.iter().map(|n| (n + 1).to_string());
        let numbers: Vec<String> = numbers.collect();
        steps.push_str(&format!(
            " take these entries out of the timeline, by their numbers from 1: {};",
            numbers.join(", ")
        ));
    }
    if let Some((number, lasts)) = &recipe.ends {
        let number = number + 1;
        steps.push_str(&format!(
            " entry {number} of the timeline has `lasts = \"{lasts}\"`;"
        ));
    }
    if !recipe.add.is_empty() {
        steps.push_str(" put this at the end of the file;");
    }
    let then = if steps.is_empty() { "" } else { " then" };
    let mut text = format!("\n**R{}:**{steps}{then} `{line}`.\n", made.number);
    if !recipe.add.is_empty() {
        text.push_str(&format!("\n{}", fenced("toml", &recipe.add)));
    }
    text
}

/// The command line of a run.
pub fn command(made: &Made, asked: &Asked) -> String {
    let file = quoted(&asked.file);
    let mut line = format!("brownout run {file} --seed {}", made.report.seed);
    for (path, value) in asked.given.iter().chain(&made.recipe.set) {
        line.push_str(&format!(" --set {}", quoted(&format!("{path}={value}"))));
    }
    if let Some(end) = made.recipe.until {
        line.push_str(&format!(" --until {}", quoted(&end.to_string())));
    }
    // The command line lets more wait than a page has room for.
    if let Ended::BacklogLimit { limit, .. } = made.report.ended {
        line.push_str(&format!(" --backlog-limit {limit}"));
    }
    line
}

/// For a shell; a backquote would end the code that it stands in.
fn quoted(text: &str) -> String {
    let text = text.replace('`', "");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}
