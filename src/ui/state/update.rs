//! How the page changes: one function from a message to a new state and the effects to carry out.

use std::sync::Arc;

use crate::design::diagnostic::{Diagnostic, Severity};
use crate::experiment::theory::Beside;
use crate::explain::Explanation;
use crate::observe::report::Report;
use crate::scenario::built_in;
use crate::scenario::live::Act;
use crate::worker::protocol::{ASIDE, CHECKS, Command, Frame, News, RunPlan};

use super::document::Refused;
use super::editing::{Draw, draw};
use super::editor::{Editor, Tool};
use super::learning::door::Door;
use super::model::*;
use super::pace::Speed;
use super::panels::Panel;
use super::running::*;
use super::series::Series;
use super::{
    branches, forms, learning, pager, papers, requests, results, rooms, seeds, sharing, twins,
    versions,
};

#[derive(Clone, Debug)]
pub enum Msg {
    WorkerReady,
    WorkerFailed(String),
    Refused {
        run: u32,
        diagnostics: Vec<Diagnostic>,
    },
    Loaded {
        run: u32,
        plan: RunPlan,
    },
    Done {
        run: u32,
        report: Box<Report>,
        found: Box<Explanation>,
        theory: Vec<Beside>,
    },
    /// Why did it go as it did up to now?
    Explain,
    Explained {
        run: u32,
        at_ns: u64,
        found: Box<Explanation>,
    },
    Seed {
        run: u32,
        report: Box<Report>,
    },
    /// Do this to the run that is under way.
    Act(Act),
    Acted {
        run: u32,
        at_ns: u64,
        act: Act,
    },
    NotActed {
        run: u32,
        diagnostics: Vec<Diagnostic>,
    },
    News {
        news: Vec<News>,
        /// All there is up to now, not only what is new.
        whole: bool,
        wall_ms: f64,
    },
    /// At most ten times a second.
    Tick {
        frame: Arc<Frame>,
        series: Arc<Series>,
        wall_ms: f64,
    },
    Bet(String),
    SkipBet,
    PlayPause,
    Step,
    /// Look at this moment of the run, in nanoseconds.
    Seek(u64),
    Restart,
    NewSeed(u64),
    SetSpeed(Speed),
    ToggleBullet,
    /// Leave bullet time.
    Continue,
    /// Leave whatever is in front.
    Escape,
    /// Single keys act, or do not.
    ToggleKeys,
    /// A value was chosen for a knob.
    Knob {
        path: String,
        typed: String,
    },
    /// A keystroke in a knob's field.
    KnobInput {
        path: String,
        typed: String,
    },
    /// The field was left.
    KnobTyped,
    ResetKnobs,
    Undo,
    Redo,
    Import {
        name: String,
        text: String,
    },
    /// A file could not even be read.
    NotRead {
        name: String,
        why: String,
    },
    OpenBuiltIn(&'static str),
    /// Fetch this starting point, and open it.
    OpenStart(&'static str),
    /// Part two of the lesson, by the key of its twist.
    Twist(String),
    DismissRefused,
    /// About versions that are kept.
    Versions(versions::Ask),
    /// About a form that fills in what users do.
    Form(forms::Ask),
    /// About result codes of others.
    Results(results::Ask),
    /// About a twin run.
    Twins(twins::Ask),
    /// About other futures of the run.
    Branches(branches::Ask),
    /// About some of the run's requests.
    Requests(requests::Ask),
    /// About doors, progress, reviews, hints and other designs.
    Learn(learning::Ask),
    /// About documents from the design and its runs.
    Papers(papers::Ask),
    Pager(pager::Ask),
    /// About a lesson in front of people.
    Rooms(rooms::Ask),
    /// What the result code shall call whoever made the run.
    Who(String),
    /// Hand out a link to what is on the page.
    Share,
    /// The address has a link.
    OpenLink(String),
    /// Somebody draws.
    Draw(Draw),
    /// To the knobs of what is selected.
    Inspect,
    ToggleOutline,
    /// Whether this tab is the one that writes.
    OnlyTab(bool),
    /// Write here what is open in another tab.
    TakeOver,
    /// Why something cannot be done.
    Toast(String),
    /// The message about what could not be done has been seen.
    ToastSeen(u32),
    Download,
    Hint,
    CheckSeeds,
    StartWorkerAgain,
    Layout(Room),
    Tab(Tab),
    ToggleStory,
    ToggleKnobs,
    /// This place for a chart is in front where there is room for one.
    Chart(usize),
    /// Another chart in this place.
    ShowChart(usize, ChartTab),
    Table(Option<ChartTab>),
    Dialog(Option<Dialog>),
    NextTheme,
    /// The border of a panel was moved; `None`: to where it usually is. Moving is going on, or done.
    Resize {
        panel: Panel,
        to: Option<u16>,
        done: bool,
    },
    Saved(Result<String, String>),
    /// A newer release of the page is ready; or whoever was told does not want it now.
    NewRelease(bool),
    /// Change to it, with everything that is on the page.
    ChangeRelease,
    PanicOnPurpose,
}

/// What the browser has to do.
#[derive(Clone, Debug)]
pub enum Effect {
    Send(Command),
    /// End the worker if there is one, and start another.
    StartWorker,
    /// A new run stands at zero: forget frames, discs, series.
    ResetLive {
        run: u32,
        duration_ns: u64,
        /// What its frames fill.
        series: Series,
    },
    /// Ask for this moment of the run, when the worker has time.
    Seek(u64),
    Save,
    Download {
        name: String,
        text: String,
    },
    ApplyTheme,
    /// Something with versions that are kept.
    Shelve(versions::Shelve),
    /// Get the text of a starting point, and open it.
    FetchStart(&'static str),
    /// Put text on the system's clipboard.
    Copy(String),
    /// Print the element with this id, and nothing else.
    Print(&'static str),
    /// Something that windows of a room want.
    Room(rooms::Deed),
    /// Be the tab that writes.
    TakeOver,
    /// Save, then open the newer release.
    ChangeRelease,
    /// Show this panel from its beginning.
    ScrollUp(&'static str),
    /// Move the keyboard focus to the element with this id.
    Focus(&'static str),
}

/// Whether a message would change what another tab writes.
fn changes_design(msg: &Msg) -> bool {
    match msg {
        Msg::Draw(draw) => draw.changes_text(),
        Msg::Knob { .. } | Msg::KnobInput { .. } | Msg::ResetKnobs | Msg::Undo | Msg::Redo => true,
        Msg::Form(forms::Ask::Use(_)) | Msg::Branches(branches::Ask::Go(_)) => true,
        Msg::Versions(versions::Ask::Restore(_)) | Msg::Results(results::Ask::Show(_)) => true,
        Msg::Import { .. } | Msg::OpenBuiltIn(_) | Msg::OpenLink(_) | Msg::Act(_) => true,
        Msg::OpenStart(_) | Msg::Twist(_) => true,
        Msg::Learn(learning::Ask::Hardest | learning::Ask::Take(_)) => true,
        Msg::Learn(learning::Ask::OpenNamed { .. }) => true,
        _ => false,
    }
}

pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    if model.read_only && changes_design(&msg) {
        model.toast("This design is open in another tab. Take over to change it here.".into());
        return Vec::new();
    }
    if let Some(why) = rooms::refuses(model, &msg) {
        model.toast(why.into());
        return Vec::new();
    }
    learning::hints::acted(model, &msg);
    match msg {
        Msg::WorkerReady => {
            let mut effects = load(model);
            model.twins.waits = None;
            papers::lost(model);
            // One that a crash has taken with it is asked for again.
            effects.extend(results::next(model));
            effects.extend(learning::again(model));
            effects
        }
        Msg::WorkerFailed(why) => crashed(model, why),
        Msg::Loaded { run, plan } => loaded(model, run, plan),
        Msg::Refused { run, diagnostics } if run >= ASIDE => {
            learning::refused(model, run, &diagnostics)
        }
        Msg::Refused { run, diagnostics } if run >= CHECKS => {
            results::refused(model, run, &diagnostics)
        }
        Msg::Refused { run, diagnostics } => refused(model, run, diagnostics),
        Msg::Done {
            run,
            report,
            found,
            theory,
        } => done(model, run, *report, (*found, theory)),
        Msg::Explain => explain(model),
        Msg::Explained { run, at_ns, found } => explained(model, run, at_ns, *found),
        Msg::Seed { run, report } if run >= ASIDE => learning::run_over(model, run, &report),
        Msg::Seed { run, report } if run >= CHECKS => results::ran(model, run, &report),
        Msg::Seed { run, report } => seeds::checked(model, run, &report),
        Msg::Act(act) => act_live(model, act),
        Msg::Acted { run, at_ns, act } => acted(model, run, at_ns, &act),
        Msg::NotActed { run, diagnostics } => not_acted(model, run, &diagnostics),
        Msg::News { news, whole, .. } if whole => all_news(model, news),
        Msg::News { news, wall_ms, .. } => news_came(model, news, wall_ms),
        Msg::Tick {
            frame,
            series,
            wall_ms,
        } => tick(model, frame, series, wall_ms),
        Msg::Bet(key) => bet(model, Bet::Chosen(key)),
        Msg::SkipBet => bet(model, Bet::Skipped),
        Msg::PlayPause => play_pause(model),
        Msg::Step => step(model),
        Msg::Seek(at_ns) => seek(model, at_ns),
        Msg::Restart => restart(model, false),
        Msg::NewSeed(seed) => {
            model.seed = seed;
            let mut effects = restart(model, false);
            effects.push(Effect::Save);
            effects
        }
        Msg::SetSpeed(speed) => {
            model.speed = speed;
            model.run.bullet = None;
            vec![Effect::Save]
        }
        Msg::ToggleBullet => {
            model.bullet_on = !model.bullet_on;
            model.run.bullet = None;
            vec![Effect::Save]
        }
        Msg::Continue => {
            model.run.bullet = None;
            Vec::new()
        }
        Msg::Escape => {
            escape(model);
            Vec::new()
        }
        Msg::ToggleKeys => {
            model.keys_on = !model.keys_on;
            vec![Effect::Save]
        }
        Msg::Knob { path, typed } => {
            model.doc.set(&path, &typed);
            edited(model)
        }
        Msg::KnobInput { path, typed } => {
            model.doc.type_in(&path, &typed);
            edited(model)
        }
        Msg::KnobTyped => {
            model.doc.typed();
            Vec::new()
        }
        Msg::ResetKnobs => {
            model.doc.reset();
            edited(model)
        }
        Msg::Undo => {
            let what = model.doc.undo();
            moved_in_log(model, "Undone", what)
        }
        Msg::Redo => {
            let what = model.doc.redo();
            moved_in_log(model, "Done again", what)
        }
        Msg::Import { name, text } => import_text(model, &name, &text),
        Msg::NotRead { name, why } => not_read(model, name, why),
        Msg::OpenBuiltIn(id) => match built_in::text(id) {
            Some(text) => import_text(model, &format!("{id}.toml"), text),
            None => Vec::new(),
        },
        Msg::OpenStart(id) => vec![Effect::FetchStart(id)],
        Msg::Versions(ask) => versions::update(model, ask),
        Msg::Twist(key) => twist(model, &key),
        Msg::Form(ask) => forms::update(model, ask),
        Msg::Results(ask) => results::update(model, ask),
        Msg::Twins(ask) => twins::update(model, ask),
        Msg::Branches(ask) => branches::update(model, ask),
        Msg::Requests(ask) => requests::update(model, ask),
        Msg::Learn(ask) => learning::update(model, ask),
        Msg::Papers(ask) => papers::update(model, ask),
        Msg::Pager(ask) => pager::update(model, ask),
        Msg::Rooms(ask) => rooms::update(model, ask),
        Msg::Who(who) => sharing::called(model, who),
        Msg::Share => sharing::share(model),
        Msg::OpenLink(text) => sharing::open(model, &text),
        Msg::Draw(what) => draw(model, what),
        Msg::DismissRefused => {
            model.doc.refused = None;
            Vec::new()
        }
        Msg::Download => vec![Effect::Download {
            name: model.doc.name().to_owned(),
            text: model.doc.text.clone(),
        }],
        Msg::Hint => {
            model.hints = (model.hints + 1).min(model.doc.scenario.lesson.hints.len());
            learning::hinted(model);
            vec![Effect::Save]
        }
        Msg::CheckSeeds => seeds::check(model),
        Msg::StartWorkerAgain => {
            model.run.status = Status::Waiting;
            vec![Effect::StartWorker]
        }
        Msg::PanicOnPurpose if model.debug => vec![Effect::Send(Command::Panic)],
        Msg::PanicOnPurpose => Vec::new(),
        Msg::Saved(result) => {
            model.saved = match result {
                Ok(time) => Saved::At(time),
                Err(why) => Saved::Failed(why),
            };
            Vec::new()
        }
        Msg::NextTheme => {
            model.theme = model.theme.next();
            vec![Effect::ApplyTheme, Effect::Save]
        }
        other => look(model, other),
    }
}

/// One thing at a time, the most urgent first.
fn escape(model: &mut Model) {
    if model.editor.pane.is_some() {
        model.editor.open(None);
        return;
    }
    if model.editor.tool != Tool::Select {
        model.editor.tool = Tool::Select;
        return;
    }
    if model.run.bullet.take().is_some() || model.doc.refused.take().is_some() {
        return;
    }
    if !model.editor.selected.is_empty() || model.editor.entry.is_some() {
        model.editor.select([]);
        return;
    }
    if model.table_open.take().is_none() {
        model.knobs_open = false;
    }
}

/// What is open and what is in front; nothing of it is saved.
fn look(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Layout(room) => model.room = room,
        Msg::Tab(tab) => model.tab = tab,
        Msg::ToggleOutline => {
            model.outline = !model.outline;
            model.story_open |= model.outline;
            if model.outline {
                return vec![Effect::Focus("outline")];
            }
        }
        Msg::Inspect => {
            model.tab = Tab::Knobs;
            return vec![Effect::Focus("knobs")];
        }
        Msg::Toast(text) => model.toast(text),
        Msg::OnlyTab(mine) => model.read_only = !mine,
        Msg::TakeOver => return vec![Effect::TakeOver],
        Msg::NewRelease(ready) => model.new_release = ready,
        Msg::ChangeRelease => return vec![Effect::ChangeRelease],
        Msg::ToastSeen(number) if model.toasts == number => model.toast = None,
        Msg::ToggleStory => {
            model.story_open = !model.story_open;
            // On a middle-sized screen there is room for one of the two.
            model.knobs_open &= !model.story_open;
        }
        Msg::ToggleKnobs => {
            model.knobs_open = !model.knobs_open;
            if model.knobs_open {
                return vec![Effect::Focus("knobs")];
            }
        }
        Msg::Chart(place) => model.chart = place,
        Msg::ShowChart(place, chart) => {
            model.charts[place] = Some(chart);
            model.table_open = None;
        }
        Msg::Table(chart) => model.table_open = chart,
        Msg::Dialog(dialog) => model.dialog = dialog,
        Msg::Resize { panel, to, done } => {
            model.sizes.set(panel, to);
            if done {
                return vec![Effect::Save];
            }
        }
        _ => {}
    }
    Vec::new()
}

fn bet(model: &mut Model, bet: Bet) -> Vec<Effect> {
    model.bet = bet;
    // So that the next key press runs it.
    vec![Effect::Save, Effect::Focus("run-bet")]
}

/// Undo and redo say what they did: it may be out of sight.
fn moved_in_log(model: &mut Model, how: &str, what: Option<String>) -> Vec<Effect> {
    let Some(what) = what else {
        return Vec::new();
    };
    model.said.answer(format!("{how}: {what}."));
    model.editor.forget_gone(&model.doc.scenario.design);
    edited(model)
}

/// The text may have changed. A run that has not begun simply becomes a run of the new text.
pub fn edited(model: &mut Model) -> Vec<Effect> {
    let mut effects = vec![Effect::Save];
    let standing = matches!(model.run.status, Status::Ready | Status::Waiting);
    if standing && model.has_pending() && model.doc.faults.is_empty() && model.can_load() {
        effects.extend(load(model));
    }
    effects
}

pub fn import_text(model: &mut Model, name: &str, text: &str) -> Vec<Effect> {
    model.editor.open(None);
    if !model.doc.import(name, text) {
        model
            .said
            .answer(format!("{name} was not opened: it has errors."));
        model.tab = Tab::Story;
        model.story_open = true;
        return vec![Effect::Focus("refused")];
    }
    let is_cold = model.learning.door == Door::Cold;
    model.editor = Editor {
        on: model.doc.scenario.lesson.hook.is_empty() || is_cold,
        clip: std::mem::take(&mut model.editor.clip),
        ..Editor::default()
    };
    opened(model, name)
}

/// Part two begins, on the drawing that passed part one.
fn twist(model: &mut Model, key: &str) -> Vec<Effect> {
    let mut twists = model.doc.scenario.lesson.twists.iter();
    let Some(twist) = twists.find(|twist| twist.key == key).cloned() else {
        return Vec::new();
    };
    if let Err(findings) = model.doc.begin_part(&twist) {
        let why = findings.first().map_or("", |finding| &finding.message);
        model.toast(format!("Part two cannot begin: {why}"));
        return Vec::new();
    }
    model.editor.on = model.learning.door == Door::Cold;
    model.editor.forget_gone(&model.doc.scenario.design);
    let effects = opened(model, &format!("part two, {}", twist.label));
    // Nobody is asked to predict twice.
    model.bet = Bet::Skipped;
    effects
}

/// Another document is on the page: it begins anew.
pub fn opened(model: &mut Model, name: &str) -> Vec<Effect> {
    let asked = model.learning.asked_seed.take();
    model.seed = asked.unwrap_or(model.doc.scenario.seed);
    model.claim = None;
    (model.chart, model.charts) = (0, [None; 3]);
    model.bet = Bet::Open;
    model.ghost = None;
    twins::forget(model);
    model.branches.clear();
    model.hints = 0;
    model.runs_done = 0;
    model.failed_in_a_row = 0;
    model.knobs_open = false;
    learning::seen(model);
    model.said.answer(format!("Opened {name}."));
    let mut effects = restart(model, false);
    effects.push(Effect::Save);
    effects
}

fn not_read(model: &mut Model, name: String, why: String) -> Vec<Effect> {
    not_opened(model, &name, why, None)
}

/// Says of something that was asked for why it is not on the page.
pub fn not_opened(model: &mut Model, name: &str, why: String, help: Option<String>) -> Vec<Effect> {
    let diagnostic = Diagnostic {
        code: "E0001",
        severity: Severity::Error,
        path: String::new(),
        place: None,
        message: why,
        help,
        knob: None,
    };
    model.doc.refused = Some(Refused {
        name: name.to_owned(),
        diagnostics: vec![diagnostic],
        text: None,
    });
    model.tab = Tab::Story;
    model.story_open = true;
    vec![Effect::Focus("refused")]
}
