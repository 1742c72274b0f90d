//! Everything the page knows, as plain data.

use std::sync::Arc;

use crate::experiment::theory::Beside;
use crate::explain::Explanation;
use crate::observe::report::Report;
use crate::scenario::Lesson;
use crate::worker::protocol::{Frame, News, RunPlan};

use super::branches::Branch;
use super::document::Document;
use super::editor::Editor;
use super::forms::Forms;
use super::learning::Learning;
use super::learning::door::Door;
use super::pace::{Moments, Speed};
use super::pager::Acknowledged;
use super::panels::Sizes;
use super::papers::Papers;
use super::requests::Requests;
use super::results::Results;
use super::rooms::Rooms;
use super::say::Said;
use super::seeds::SeedCheck;
use super::series::Series;
use super::sharing::{Claim, Handout};
use super::states::ShownStates;
use super::twins::Twins;
use super::versions::Versions;

#[derive(Clone, Debug)]
pub struct Model {
    pub doc: Document,
    pub editor: Editor,
    pub seed: u64,
    pub run: Run,
    pub bet: Bet,
    /// Runs that came to their end in this session, and how many of them in a row did not pass.
    pub runs_done: u32,
    pub failed_in_a_row: u32,
    /// Hints opened so far.
    pub hints: usize,
    /// The first finished run, shown behind later ones.
    pub ghost: Option<Arc<Ghost>>,
    pub speed: Speed,
    /// Slow down at the first failure of a kind.
    pub bullet_on: bool,
    pub theme: Theme,
    pub saved: Saved,
    pub room: Room,
    pub sizes: Sizes,
    pub tab: Tab,
    pub story_open: bool,
    pub knobs_open: bool,
    /// Which of the three places for charts is in front, where there is room for one.
    pub chart: usize,
    /// What somebody wants to see there instead of what the scenario names.
    pub charts: [Option<ChartTab>; 3],
    /// The charted nodes of the last run, to which that refers.
    pub charted: Option<Vec<String>>,
    pub table_open: Option<ChartTab>,
    pub dialog: Option<Dialog>,
    /// Counts up when somebody presses Run before a prediction: the view points at the bets.
    pub asked_to_bet: u32,
    /// For the polite live region.
    pub said: Said,
    /// Why something could not be done, for a few seconds; and how many there were.
    pub toast: Option<String>,
    pub toasts: u32,
    /// What a link that was opened says of its run.
    pub claim: Option<Claim>,
    /// What the dialog hands out.
    pub handout: Handout,
    /// What whoever runs calls themselves, in result codes; kept nowhere.
    pub who: String,
    pub versions: Versions,
    pub forms: Forms,
    pub results: Results,
    pub rooms: Rooms,
    pub twins: Twins,
    pub requests: Requests,
    /// Other futures of the run, the newest last.
    pub branches: Vec<Branch>,
    pub learning: Learning,
    pub papers: Papers,
    /// Another tab writes this design.
    pub read_only: bool,
    /// A newer release of the page is ready.
    pub new_release: bool,
    /// The drawing in words stands beside it instead of the story.
    pub outline: bool,
    /// While it runs, nothing is seen but what the design's own monitoring sees.
    pub blind: bool,
    /// Single keys act on the page; some assistive tools need them for themselves.
    pub keys_on: bool,
    /// `?debug` in the address.
    pub debug: bool,
    /// What stands on the page in place of a text, if that is in another language: somebody searches for what they see.
    pub in_language: fn(&str) -> Option<String>,
    /// Seeds of the hidden check and how they went.
    pub check: Option<SeedCheck>,
}

/// One run of one text with one seed.
#[derive(Clone, Debug, Default)]
pub struct Run {
    pub id: u32,
    pub status: Status,
    /// The text it was started with; the document may be ahead of it.
    pub text: String,
    pub seed: u64,
    pub plan: Option<Arc<RunPlan>>,
    /// Newest state at most ten times a second, without the bulk numbers.
    pub now: Arc<Frame>,
    pub series: Arc<Series>,
    pub news: Vec<News>,
    pub report: Option<Arc<Report>>,
    pub found: Option<Arc<Found>>,
    /// Nodes beside their formulas.
    pub theory: Vec<Beside>,
    pub moments: Moments,
    pub shown: ShownStates,
    pub bullet: Option<Bullet>,
    /// Reasons that had their bullet time.
    pub bullets_seen: Vec<&'static str>,
    /// Begin as soon as the worker has read the text.
    pub play_when_loaded: bool,
    /// And go to this moment.
    pub look_at_ns: Option<u64>,
    /// How far somebody has seen it.
    pub seen_ns: u64,
    /// Pages that somebody has acknowledged while it ran.
    pub acknowledged: Vec<Acknowledged>,
}

/// Why the run went as it did, up to some moment of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub at_ns: u64,
    pub what: Explanation,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Status {
    /// The worker has not answered yet.
    #[default]
    Waiting,
    /// Stands at time zero.
    Ready,
    Playing,
    Paused,
    Over,
    /// The worker died; why, as far as it could say.
    Crashed(String),
}

/// The first failure of a kind, shown slowly.
#[derive(Clone, Debug, PartialEq)]
pub struct Bullet {
    pub reason: &'static str,
    pub until_wall_ms: f64,
}

/// The prediction before the first run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Bet {
    #[default]
    Open,
    Chosen(String),
    Skipped,
}

impl Bet {
    pub fn is_placed(&self) -> bool {
        *self != Bet::Open
    }

    /// As it is kept: `""` open, `"-"` skipped, else the chosen one.
    pub fn kept(&self) -> String {
        match self {
            Bet::Open => String::new(),
            Bet::Skipped => "-".into(),
            Bet::Chosen(key) => key.clone(),
        }
    }

    /// What was kept. A prediction that the lesson does not offer any more is open.
    pub fn of_kept(kept: &str, lesson: &Lesson) -> Bet {
        match kept {
            "-" => Bet::Skipped,
            key if lesson.bets.iter().any(|bet| bet.key == key) => Bet::Chosen(key.into()),
            _ => Bet::Open,
        }
    }
}

/// What stays of a run, to be shown behind another one: of the first, or of a twin.
#[derive(Clone, Debug)]
pub struct Ghost {
    pub series: Arc<Series>,
    pub report: Arc<Report>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub fn key(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn from_key(key: &str) -> Theme {
        match key {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }

    pub fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }
}

/// Whether what was typed is safe.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Saved {
    /// Nothing was changed yet.
    #[default]
    Untouched,
    /// At this wall clock time, "12:04".
    At(String),
    /// Storage is full or switched off.
    Failed(String),
}

/// Which of the three layouts the window has room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Room {
    #[default]
    Wide,
    /// The story or the knobs beside the drawing, not both.
    Middle,
    /// One thing at a time.
    Phone,
}

/// The four views of a phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Story,
    Diagram,
    Charts,
    Knobs,
}

impl Tab {
    pub const ALL: [Tab; 4] = [Tab::Story, Tab::Diagram, Tab::Charts, Tab::Knobs];

    pub fn label(self) -> &'static str {
        match self {
            Tab::Story => "Story",
            Tab::Diagram => "Diagram",
            Tab::Charts => "Charts",
            Tab::Knobs => "Knobs",
        }
    }

    /// For a data attribute that the style sheet reads.
    pub fn key(self) -> &'static str {
        match self {
            Tab::Story => "story",
            Tab::Diagram => "diagram",
            Tab::Charts => "charts",
            Tab::Knobs => "knobs",
        }
    }
}

/// What a chart is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartTab {
    Throughput,
    Latency,
    /// All waits, by how many waited how long.
    Heat,
    Tries,
    Reasons,
    Wrong,
    Cost,
    Budget,
    /// Requests at one of the run's charted nodes, by its place in their list.
    Node(u16),
    /// Messages in one of them that is a queue, and how old the oldest is.
    Queue(u16),
    Age(u16),
    /// What one of them that is a cache finds.
    Hits(u16),
    /// How far the copies of one that is a database are behind.
    Lag(u16),
    /// Calls that wait for a connection to one.
    Pool(u16),
    /// How many there are of one that scales itself.
    Instances(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    Keys,
    Words,
    Share,
    Versions,
    Results,
    LoadTest,
    Assumptions,
    Progress,
    Papers,
}

impl Model {
    /// The knobs or the seed differ from the run that is on the screen.
    pub fn has_pending(&self) -> bool {
        self.run.text != self.doc.text || self.run.seed != self.seed
    }

    /// The knobs stand beside the drawing: of the lesson, or of what is selected.
    pub fn shows_knobs(&self) -> bool {
        self.knobs_open || !self.editor.selected.is_empty() || self.editor.entry.is_some()
    }

    /// No lesson, no run, no message: the panel for them can give its room to the drawing.
    pub fn has_nothing_to_tell(&self) -> bool {
        let lesson = &self.doc.scenario.lesson;
        let told = self.outline || self.doc.refused.is_some() || self.has_begun();
        !told && lesson.hook.is_empty() && self.doc.scenario.goals.is_empty()
    }

    /// The worker was asked for a run before, so it can be asked again.
    pub fn can_load(&self) -> bool {
        self.run.id > 0 && !matches!(self.run.status, Status::Crashed(_))
    }

    /// Why what is drawn cannot run, and what would help; `None` if it can.
    pub fn why_not_run(&self) -> Option<String> {
        if let Some(fault) = self.doc.faults.first() {
            let help = fault
                .help
                .as_deref()
                .map_or(String::new(), |h| format!(": {h}"));
            let more = match self.doc.faults.len() {
                1 => String::new(),
                n => format!(" (and {} more)", n - 1),
            };
            return Some(format!("{}{help}{more}", fault.message));
        }
        let design = &self.doc.scenario.design;
        let senders = || {
            let mut nodes = design.nodes.iter();
            nodes.any(|node| matches!(node.kind.name, "clients" | "job"))
        };
        if design.nodes.is_empty() {
            return Some("The page is empty: add clients and a service.".to_owned());
        }
        if !senders() {
            return Some("Nobody asks for anything: add clients.".to_owned());
        }
        let calls = |key: &str| design.links.iter().any(|link| link.from == key);
        let lonely = design
            .nodes
            .iter()
            .find(|node| node.kind.name == "clients" && !calls(&node.key))?;
        let name = super::names::node(lonely);
        Some(format!(
            "Connect {name} to what they use: so far they call nobody."
        ))
    }

    /// Says why something could not be done, where it is seen and where it is heard.
    pub fn toast(&mut self, text: String) {
        self.said.answer(text.clone());
        self.toast = Some(text);
        self.toasts += 1;
    }

    /// The run was seen to its end, also if an earlier moment of it is looked at now.
    pub fn is_over(&self) -> bool {
        self.run.report.is_some()
    }

    /// What the whole run was, while its end is what is looked at.
    pub fn at_end(&self) -> Option<&Arc<Report>> {
        let report = self.run.report.as_ref();
        report.filter(|_| self.run.status == Status::Over)
    }

    /// The predictions that are asked for: through the cold door, none.
    pub fn bets(&self) -> &[crate::scenario::Bet] {
        match self.learning.door {
            Door::Guided => &self.doc.scenario.lesson.bets,
            Door::Cold => &[],
        }
    }

    /// Nothing has to be predicted, or it is, or the learner did not want to; or it is too late for that, since a run
    /// through the other door has begun.
    pub fn has_predicted(&self) -> bool {
        let seen = self.runs_done > 0 || self.has_begun();
        self.bet.is_placed() || self.bets().is_empty() || seen
    }

    /// The design passed on this seed, and on nine of ten others.
    pub fn holds(&self) -> bool {
        let passed = self.run.report.as_ref().is_some_and(|report| report.passed);
        passed && self.check.as_ref().and_then(SeedCheck::holds) == Some(true)
    }

    /// There is a run whose moments can be looked at.
    pub fn can_seek(&self) -> bool {
        let loaded = matches!(
            self.run.status,
            Status::Ready | Status::Playing | Status::Paused | Status::Over
        );
        self.has_predicted() && loaded && self.run.plan.is_some()
    }

    /// Simulated time has passed in the run on the screen.
    pub fn has_begun(&self) -> bool {
        self.run.now.now_ns > 0
    }

    /// Nobody sees more than the design's monitoring. What came of it is seen when the run is over.
    pub fn is_blind(&self) -> bool {
        self.blind && self.run.report.is_none()
    }

    pub fn duration_ns(&self) -> u64 {
        self.run
            .plan
            .as_ref()
            .map_or(self.doc.scenario.run.duration.0, |p| p.duration_ns)
    }
}

impl Default for Model {
    /// The first visit: the built-in scenario, drawn and paused.
    fn default() -> Model {
        let (name, text) = super::built_in();
        // A test reads every file in scenarios/, so the one that ships is valid.
        let doc = Document::open(name, text).expect("the built-in scenario is valid");
        Model {
            seed: doc.scenario.seed,
            doc,
            editor: Editor::default(),
            toast: None,
            toasts: 0,
            claim: None,
            handout: Handout::default(),
            who: String::new(),
            versions: Versions::default(),
            forms: Forms::default(),
            results: Results::default(),
            rooms: Rooms::default(),
            twins: Twins::default(),
            requests: Requests::default(),
            branches: Vec::new(),
            learning: Learning::default(),
            papers: Papers::default(),
            read_only: false,
            new_release: false,
            outline: false,
            blind: false,
            run: Run::default(),
            bet: Bet::Open,
            runs_done: 0,
            failed_in_a_row: 0,
            hints: 0,
            ghost: None,
            speed: Speed::Auto,
            bullet_on: true,
            theme: Theme::System,
            saved: Saved::Untouched,
            room: Room::Wide,
            sizes: Sizes::default(),
            tab: Tab::Story,
            story_open: true,
            knobs_open: false,
            chart: 0,
            charts: [None; 3],
            charted: None,
            table_open: None,
            dialog: None,
            asked_to_bet: 0,
            said: Said::default(),
            keys_on: true,
            debug: false,
            in_language: |_| None,
            check: None,
        }
    }
}
