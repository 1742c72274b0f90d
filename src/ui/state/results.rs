//! Result codes of others, each run again: what somebody who teaches pastes or drops in, and what came of it.
//! Nothing is believed; see `share::verify`.

use std::sync::Arc;

use crate::design::diagnostic::Diagnostic;
use crate::observe::report::Report;
use crate::scenario::{Scenario, built_in};
use crate::share::verify::{State, judge, predicted};
use crate::share::{self, Code, Content, Notice};
use crate::worker::protocol::{CHECKS, Command};

use super::model::{Dialog, Model};
use super::update::Effect;
use super::words;

/// A room full of people, a few times over. What comes after them is counted, and not looked at.
pub const MOST: usize = 300;

#[derive(Clone, Debug)]
pub enum Ask {
    Open,
    /// Lines with a code each; what stands before it in a line is its label.
    Check(String),
    /// Have this design on the page.
    Show(usize),
    /// The table as text, for a spreadsheet.
    Copy,
}

#[derive(Clone, Debug, Default)]
pub struct Results {
    pub rows: Vec<Row>,
    /// Lines that were too many.
    pub left_out: usize,
    /// The number of the run of the first row: answers to an older check are none of these.
    first: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What they call themselves, or what stood before the code; else the number of the line.
    pub who: String,
    /// Title of the scenario.
    pub scenario: String,
    /// "3 changes", "own design"
    pub design: String,
    pub seed: u64,
    /// The prediction, and whether it is the right one.
    pub prediction: String,
    /// "2 of 4", as they came out here.
    pub goals: String,
    pub cost: String,
    pub word: Word,
    /// What differs, or why it cannot be read.
    pub says: Vec<String>,
    job: Option<Arc<Job>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Waiting,
    Running,
    Proved,
    Differs,
    OtherRules,
    NoClaim,
    Unreadable,
}

impl Word {
    pub fn text(self) -> &'static str {
        match self {
            Word::Waiting => "waits",
            Word::Running => "is run again",
            Word::Proved => "✓ proved",
            Word::Differs => "✕ differs",
            Word::OtherRules => "made with other rules",
            Word::NoClaim => "says nothing of a run",
            Word::Unreadable => "✕ cannot be read",
        }
    }

    /// For a data attribute.
    pub fn key(self) -> &'static str {
        match self {
            Word::Waiting => "waiting",
            Word::Running => "running",
            Word::Proved => "proved",
            Word::Differs => "differs",
            Word::OtherRules => "rules",
            Word::NoClaim => "none",
            Word::Unreadable => "unreadable",
        }
    }

    pub fn is_open(self) -> bool {
        matches!(self, Word::Waiting | Word::Running)
    }
}

/// What has to be run, and what is said of it.
#[derive(Debug, PartialEq)]
struct Job {
    code: Code,
    /// As it was handed in, to be opened.
    written: String,
    notices: Vec<Notice>,
    text: String,
}

// A code has measured numbers, none of them is NaN: JSON has none.
impl Eq for Job {}

pub fn update(model: &mut Model, ask: Ask) -> Vec<Effect> {
    match ask {
        Ask::Open => model.dialog = Some(Dialog::Results),
        Ask::Check(text) => {
            let first = model.results.first + model.results.rows.len() as u32;
            let lines = share::meant(&text).count();
            model.results = Results {
                rows: share::meant(&text).take(MOST).map(read).collect(),
                left_out: lines.saturating_sub(MOST),
                first: first.max(CHECKS),
            };
            return next(model);
        }
        Ask::Show(nth) => {
            let job = model.results.rows.get(nth).and_then(|row| row.job.clone());
            if let Some(job) = job {
                model.dialog = None;
                return super::sharing::open(model, &job.written);
            }
        }
        Ask::Copy => return vec![Effect::Copy(model.results.as_text())],
    }
    Vec::new()
}

/// The next one that waits goes to the worker; one at a time, so that none is lost with it.
pub fn next(model: &mut Model) -> Vec<Effect> {
    let results = &mut model.results;
    let waits = |row: &Row| row.word.is_open();
    let Some(nth) = results.rows.iter().position(waits) else {
        return Vec::new();
    };
    let row = &mut results.rows[nth];
    let Some(job) = &row.job else {
        return Vec::new();
    };
    row.word = Word::Running;
    let command = Command::Seeds {
        run: results.first + nth as u32,
        text: job.text.clone(),
        seeds: vec![row.seed],
    };
    vec![Effect::Send(command)]
}

/// The worker has run one of them. None of them if nobody asked.
pub fn ran(model: &mut Model, run: u32, report: &Report) -> Vec<Effect> {
    let Some(row) = model.results.of_run(run) else {
        return Vec::new();
    };
    if let Some(job) = row.job.clone() {
        row.judge(&job, report);
    }
    let open = model.results.open();
    if open == 0 {
        let (proved, all) = (model.results.proved(), model.results.rows.len());
        model.said.answer(format!("{proved} of {all} proved."));
    }
    next(model)
}

/// The worker could not even read one of them.
pub fn refused(model: &mut Model, run: u32, findings: &[Diagnostic]) -> Vec<Effect> {
    let Some(row) = model.results.of_run(run) else {
        return Vec::new();
    };
    row.word = Word::Unreadable;
    row.says = findings.iter().map(sentence).take(3).collect();
    next(model)
}

impl Results {
    fn of_run(&mut self, run: u32) -> Option<&mut Row> {
        let nth = run.checked_sub(self.first)? as usize;
        let row = self.rows.get_mut(nth)?;
        row.word.is_open().then_some(row)
    }

    pub fn open(&self) -> usize {
        self.rows.iter().filter(|row| row.word.is_open()).count()
    }

    pub fn proved(&self) -> usize {
        let is_proved = |row: &&Row| row.word == Word::Proved;
        self.rows.iter().filter(is_proved).count()
    }

    /// Columns apart by tabs.
    fn as_text(&self) -> String {
        let mut out =
            "who\tscenario\tdesign\tseed\tprediction\tgoals\tcost per hour\tresult\tremarks\n"
                .to_owned();
        for row in &self.rows {
            let Row {
                who,
                scenario,
                design,
                ..
            } = row;
            let says = row.says.join("; ");
            let fields = [
                who,
                scenario,
                design,
                &row.seed.to_string(),
                &row.prediction,
                &row.goals,
                &row.cost,
            ];
            for field in fields {
                // A spreadsheet takes what begins with one of these for a formula.
                let is_formula = field.starts_with(['=', '+', '-', '@']);
                out.push_str(if is_formula { "'" } else { "" });
                out.push_str(&field.replace(['\t', '\n', '\r'], " "));
                out.push('\t');
            }
            out.push_str(&format!(
                "{}\t{}\n",
                row.word.key(),
                says.replace('\t', " ")
            ));
        }
        out
    }
}

fn sentence(finding: &Diagnostic) -> String {
    match &finding.help {
        Some(help) => format!("{}: {help}", finding.message),
        None => finding.message.clone(),
    }
}

fn read((number, line): (usize, &str)) -> Row {
    let written = line.split_whitespace().next_back().unwrap_or_default();
    let label = line[..line.len() - written.len()]
        .trim()
        .trim_end_matches(':');
    let is_code = share::is_code(written);
    let mut row = Row {
        who: match label {
            "" => format!("line {number}"),
            label if is_code => label.chars().take(80).collect(),
            _ => format!("line {number}"),
        },
        scenario: String::new(),
        design: String::new(),
        seed: 0,
        prediction: String::new(),
        goals: String::new(),
        cost: String::new(),
        word: Word::Unreadable,
        says: Vec::new(),
        job: None,
    };
    if let Err(findings) = row.read_code(if is_code { written } else { line }) {
        row.says = findings.iter().map(sentence).take(3).collect();
    }
    row
}

impl Row {
    fn read_code(&mut self, written: &str) -> Result<(), Vec<Diagnostic>> {
        let (code, mut notices) = share::read(written).map_err(|error| vec![*error])?;
        let shared = code.shared();
        let who = code.receipt().and_then(|receipt| receipt.who.as_deref());
        if let Some(who) = who.filter(|who| !who.is_empty()) {
            self.who = who.to_owned();
        }
        self.seed = shared.seed;
        self.design = design(&shared.content);
        let (text, more) = shared.to_text(built_in::text)?;
        notices.extend(more);
        let scenario = Scenario::parse(&text)?;
        self.scenario = scenario.about.title.clone();
        self.prediction = match (&shared.bet, predicted(shared, &scenario)) {
            (Some(_), Some(true)) => "right".to_owned(),
            (Some(_), Some(false)) => "wrong".to_owned(),
            _ => "–".to_owned(),
        };
        self.word = Word::Waiting;
        self.job = Some(Arc::new(Job {
            code,
            written: written.to_owned(),
            notices,
            text,
        }));
        Ok(())
    }

    fn judge(&mut self, job: &Job, report: &Report) {
        let verdict = judge(&job.code, &job.notices, report);
        self.word = match verdict.state {
            State::Proved => Word::Proved,
            State::Differs => Word::Differs,
            State::OtherRules => Word::OtherRules,
            State::NoClaim => Word::NoClaim,
        };
        self.says = verdict.differences.iter().map(|d| d.sentence()).collect();
        let met = report.goals.iter().filter(|goal| goal.holds).count();
        self.goals = match report.goals.len() {
            0 => "–".to_owned(),
            all => format!("{met} of {all}"),
        };
        self.cost = words::money(report.cost.total_micro_per_hour);
    }

    /// It can be opened.
    pub fn can_show(&self) -> bool {
        self.job.is_some()
    }
}

fn design(content: &Content) -> String {
    let Content::Changed(changed) = content else {
        return "own design".to_owned();
    };
    let count = changed.set.len() + usize::from(changed.timeline.is_some());
    let part = if changed.part.is_some() {
        "part 2, "
    } else {
        ""
    };
    match count {
        0 => format!("{part}as it came"),
        1 => format!("{part}1 change"),
        n => format!("{part}{n} changes"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::update::{Msg, update};
    use super::*;
    use crate::share::{Receipt, Shared, receipt};
    use crate::worker::session::run_to_end;

    /// Of a short run of the first lesson.
    fn code(who: &str, tamper: impl Fn(&mut Receipt)) -> String {
        let text = built_in::text("s04-retry-storm").unwrap();
        let shared = Shared::of(text, 7, built_in::text).unwrap();
        let report = run_to_end(text, 7).unwrap();
        let mut made = Receipt::of(shared, &report, Some(who));
        tamper(&mut made);
        receipt::encode(&made)
    }

    /// Answers whatever the worker is asked until it is asked for nothing.
    fn answer(model: &mut Model, mut effects: Vec<Effect>) {
        while let Some(Effect::Send(Command::Seeds { run, text, seeds })) = effects.pop() {
            let report = Box::new(run_to_end(&text, seeds[0]).unwrap());
            effects = update(model, Msg::Seed { run, report });
        }
    }

    #[test]
    fn the_genuine_is_proved_the_tampered_differs_and_garbage_is_said() {
        let mut model = Model::default();
        let good = code("Anna", |_| {});
        let forged = code("", |made| {
            made.shared.run.as_mut().unwrap().digest = "0".repeat(32);
            for goal in &mut made.goals {
                goal.met = true;
            }
        });
        let lines = format!("# group 3\n\n{good}\r\nBen: {forged}\nr1.zzz\nhello there\n");
        let effects = update(&mut model, Msg::Results(Ask::Check(lines)));
        answer(&mut model, effects);
        let rows = &model.results.rows;
        let shown: Vec<(&str, Word)> = rows.iter().map(|r| (r.who.as_str(), r.word)).collect();
        assert_eq!(
            shown,
            [
                ("Anna", Word::Proved),
                ("Ben", Word::Differs),
                ("line 5", Word::Unreadable),
                ("line 6", Word::Unreadable),
            ]
        );
        assert_eq!(rows[0].design, "as it came");
        assert_eq!(
            rows[0].goals, rows[1].goals,
            "goals are as they came out here"
        );
        assert!(rows[1].says.iter().any(|said| said.contains("fingerprint")));
        assert!(rows[2].says.len() == 1 && rows[3].says.len() == 1);
        assert_eq!(model.results.proved(), 1);
        assert!(model.results.as_text().lines().count() == 5);
        // A row opens its design.
        update(&mut model, Msg::Results(Ask::Show(0)));
        assert_eq!(model.seed, 7);
    }

    #[test]
    fn answers_to_an_older_check_are_not_taken_for_this_one() {
        let mut model = Model::default();
        let good = code("Anna", |_| {});
        let ask = |model: &mut Model| update(model, Msg::Results(Ask::Check(good.clone())));
        let older = ask(&mut model);
        let newer = ask(&mut model);
        answer(&mut model, older);
        assert_eq!(model.results.rows[0].word, Word::Running);
        answer(&mut model, newer);
        assert_eq!(model.results.rows[0].word, Word::Proved);
    }
}
