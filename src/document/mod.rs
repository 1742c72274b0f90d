//! Documents from a design and its runs, as Markdown: the page about a system that somebody owns, a runbook for each
//! alert, a post-mortem. What runs can say is filled in, each number with the run that it is from; what only
//! people can say is a marked blank.
//!
//! A document asks for runs that nobody made yet: each node down once, more and more load, each mitigation at the
//! moment of the alert. [`Making`] makes them a piece at a time, so that a page's worker can listen in between.
//!
//! ```
//! use brownout::document::{Asked, Kind, make};
//! let text = "format = 1\n[run]\nduration = \"5 s\"\n[clients.users]\nrate = \"9 rps\"\n[service.shop]\n\
//!             [link.visit]\nfrom = \"users\"\nto = \"shop\"\ntimeout = \"1 s\"\n";
//! let asked = Asked { kind: Kind::PostMortem, text: text.into(), seed: 1, file: "shop.toml".into(),
//!     given: Vec::new(), link: String::new() };
//! let made = make(asked).unwrap();
//! assert!(made.starts_with("# Post-mortem") && made.contains("‹fill in:"));
//! ```

mod effect;
mod failing;
mod incident;
mod markdown;
mod owned;
mod parts;
mod post_mortem;
mod recipe;
mod remedy;
mod runbook;
pub mod runs;
mod say;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::design::diagnostic::{Diagnostic, Severity};
use crate::engine::{Limits, Run};
use crate::experiment::{self, growth};
use crate::observe::Recorder;
use crate::scenario::{self, Scenario};

pub use effect::{Effect, compare, hurt};
pub use recipe::Recipe;
use runs::{Made, Pages, Part};

/// Which document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Design,
    Runbook,
    PostMortem,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Design, Kind::Runbook, Kind::PostMortem];

    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Design => "Design document",
            Kind::Runbook => "Runbook",
            Kind::PostMortem => "Post-mortem",
        }
    }

    /// As it stands in names of files and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Design => "design",
            Kind::Runbook => "runbook",
            Kind::PostMortem => "post-mortem",
        }
    }
}

/// What somebody wants to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub kind: Kind,
    /// The scenario, with everything that was done to it.
    pub text: String,
    pub seed: u64,
    /// What the file is called where a command line names it.
    pub file: String,
    /// Knobs in which the text differs from that file, as `--set` takes them.
    #[serde(default)]
    pub given: Vec<(String, String)>,
    /// A link that opens this design and seed (`#v1.`); empty if there is none.
    pub link: String,
}

/// What a document is written from.
struct Book {
    asked: Asked,
    scenario: Scenario,
    /// What is unwise in the design.
    advice: Vec<Diagnostic>,
    made: Vec<Made>,
    /// What could not be run, and why.
    left_out: Vec<String>,
    /// What the load search found, once it is over; within, `None` if the design held.
    limit: Option<Option<growth::Limit>>,
}

/// A run that a document needs.
struct Wanted {
    part: Part,
    /// What is done in it, in words.
    what: String,
    recipe: Recipe,
}

/// The load search of a design document.
struct Growth {
    search: growth::Search,
    recipe: Recipe,
}

/// Events of one piece: some milliseconds of a phone's time.
const PIECE: u64 = 40_000;

/// A document under way.
pub struct Making {
    book: Book,
    wanted: VecDeque<Wanted>,
    current: Option<(Wanted, Scenario, Run<Recorder>)>,
    growth: Option<Growth>,
    has_asked: bool,
}

impl Making {
    /// Nothing is run yet.
    ///
    /// # Errors
    /// Why the text cannot run.
    pub fn new(asked: Asked) -> Result<Making, Vec<Diagnostic>> {
        let scenario = Scenario::parse(&asked.text)?;
        let mut advice = scenario::lint(&asked.text).diagnostics;
        advice.retain(|finding| finding.severity == Severity::Advice);
        let base = Wanted {
            part: Part::Base,
            what: "the design as it is, with its timeline".to_owned(),
            recipe: Recipe::default(),
        };
        Ok(Making {
            book: Book {
                asked,
                scenario,
                advice,
                made: Vec::new(),
                left_out: Vec::new(),
                limit: None,
            },
            wanted: VecDeque::from([base]),
            current: None,
            growth: None,
            has_asked: false,
        })
    }

    /// Goes on for one piece. Whether everything is there.
    pub fn go_on(&mut self) -> bool {
        let Some((wanted, scenario, mut run)) = self.current.take() else {
            return !self.begin();
        };
        run.advance(crate::time::Time::NEVER, PIECE);
        match run.phase().is_over() {
            true => self.keep(wanted, &scenario, &run),
            false => self.current = Some((wanted, scenario, run)),
        }
        false
    }

    /// Runs that are made, and all that are known to be needed; more can come to be.
    pub fn progress(&self) -> (usize, usize) {
        let made = self.book.made.len();
        let growing = usize::from(self.growth.is_some());
        let under_way = usize::from(self.current.is_some());
        (made, made + under_way + self.wanted.len() + growing)
    }

    /// The document. Everything is there.
    pub fn written(self) -> String {
        match self.book.asked.kind {
            Kind::Design => owned::write(&self.book),
            Kind::Runbook => runbook::write(&self.book),
            Kind::PostMortem => post_mortem::write(&self.book),
        }
    }

    /// Begins the next run that is needed; `false` if none is.
    fn begin(&mut self) -> bool {
        loop {
            let Some(wanted) = self.next() else {
                return false;
            };
            let seed = self.book.asked.seed;
            match wanted.recipe.scenario(&self.book.asked.text) {
                Ok(scenario) => {
                    let program = experiment::compile(&scenario, Limits::PAGE);
                    let recorder = Recorder::explained(&program);
                    let run = Run::new(program, seed, recorder);
                    self.current = Some((wanted, scenario, run));
                    return true;
                }
                Err(findings) => {
                    let why = findings.first().map_or("", |finding| &finding.message);
                    // A search cannot go on without an answer.
                    if matches!(wanted.part, Part::Load(_)) {
                        self.growth = None;
                    }
                    let said = format!("{}: {why}", wanted.what);
                    self.book.left_out.push(said);
                }
            }
        }
    }

    fn next(&mut self) -> Option<Wanted> {
        if let Some(wanted) = self.wanted.pop_front() {
            return Some(wanted);
        }
        if !self.has_asked {
            self.has_asked = true;
            self.wanted.extend(self.more());
            if let Some(wanted) = self.wanted.pop_front() {
                return Some(wanted);
            }
        }
        if self.book.asked.kind != Kind::Design {
            return None;
        }
        let growth = match self.growth.take() {
            Some(growth) => growth,
            None if self.book.of(|part| matches!(part, Part::Load(_))).is_none() => {
                incident::growth(&self.book)?
            }
            None => return None,
        };
        let Some(load) = growth.search.load() else {
            self.book.limit = Some(growth.search.found());
            return None;
        };
        let wanted = incident::with_load(&self.book, &growth.recipe, load);
        self.growth = Some(growth);
        wanted
    }

    /// What else is needed, once it is known how the design does as it is.
    fn more(&self) -> Vec<Wanted> {
        match self.book.asked.kind {
            Kind::Design => incident::crashes(&self.book),
            Kind::Runbook => runbook::tries(&self.book),
            Kind::PostMortem => Vec::new(),
        }
    }

    fn keep(&mut self, wanted: Wanted, scenario: &Scenario, run: &Run<Recorder>) {
        let mut report = crate::observe::summary::report(scenario, run, self.book.asked.seed);
        if let (Part::Load(_), Some(growth)) = (&wanted.part, &mut self.growth) {
            growth.search.tell(&report);
        }
        // Only of the first one somebody asks how it went from moment to moment.
        if !matches!(wanted.part, Part::Base) {
            report.shorten();
        }
        let design = &scenario.design;
        let found = run
            .record
            .explanation(Some(design), crate::time::Time::NEVER);
        self.book.made.push(Made {
            number: self.book.made.len() + 1,
            part: wanted.part,
            what: wanted.what,
            recipe: wanted.recipe,
            found: found.unwrap_or_default(),
            pages: Pages::of(run),
            report,
        });
    }
}

impl Book {
    /// The first run of this sort.
    fn of(&self, is_wanted: impl Fn(&Part) -> bool) -> Option<&Made> {
        self.made.iter().find(|made| is_wanted(&made.part))
    }

    /// The design as it is. Nothing is asked of a document before this run is there.
    fn base(&self) -> &Made {
        &self.made[0]
    }

    /// The run with which others are compared that have no incident of the timeline: that one, or the base.
    fn quiet(&self) -> &Made {
        self.of(|part| matches!(part, Part::Quiet))
            .unwrap_or_else(|| self.base())
    }
}

/// Makes all runs and writes the document.
///
/// # Errors
/// Why the text cannot run.
pub fn make(asked: Asked) -> Result<String, Vec<Diagnostic>> {
    let mut making = Making::new(asked)?;
    while !making.go_on() {}
    Ok(making.written())
}
