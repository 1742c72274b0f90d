//! How the page changes: one function from a message to a new state and the effects to carry out.

use std::sync::Arc;

use crate::design::Settings;
use crate::design::diagnostic::{Diagnostic, Severity};
use crate::observe::report::Report;
use crate::worker::protocol::{Command, Frame, News, NewsKind, RunPlan};

use super::document::{Document, Refused};
use super::model::*;
use super::pace::{BULLET_WALL_MS, Moments, Speed};
use super::series::Series;
use super::{say, states};

/// Seeds of the check after a pass: not the one on the screen.
pub const CHECK_SEEDS: u64 = 20;

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
    },
    Seed {
        run: u32,
        report: Box<Report>,
    },
    News {
        news: Vec<News>,
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
    Restart,
    NewSeed(u64),
    SetSpeed(Speed),
    ToggleBullet,
    /// Leave bullet time.
    Continue,
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
    OpenBuiltIn,
    DismissRefused,
    Download,
    Hint,
    CheckSeeds,
    StartWorkerAgain,
    Room(Room),
    Tab(Tab),
    ToggleStory,
    ToggleKnobs,
    Chart(ChartTab),
    Table(Option<ChartTab>),
    Dialog(Option<Dialog>),
    NextTheme,
    Saved(Result<String, String>),
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
        bucket_ns: u64,
        duration_ns: u64,
    },
    Save,
    Download {
        name: String,
        text: String,
    },
    ApplyTheme,
    /// Show this panel from its beginning.
    ScrollUp(&'static str),
    /// Move the keyboard focus to the element with this id.
    Focus(&'static str),
}

pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::WorkerReady => load(model),
        Msg::WorkerFailed(why) => crashed(model, why),
        Msg::Loaded { run, plan } => loaded(model, run, plan),
        Msg::Refused { run, diagnostics } => refused(model, run, diagnostics),
        Msg::Done { run, report } => done(model, run, *report),
        Msg::Seed { run, report } => seed_checked(model, run, &report),
        Msg::News { news, wall_ms } => news_came(model, news, wall_ms),
        Msg::Tick {
            frame,
            series,
            wall_ms,
        } => tick(model, frame, series, wall_ms),
        Msg::Bet(key) => bet(model, Bet::Chosen(key)),
        Msg::SkipBet => bet(model, Bet::Skipped),
        Msg::PlayPause => play_pause(model),
        Msg::Step => step(model),
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
            if model.doc.undo() {
                edited(model)
            } else {
                Vec::new()
            }
        }
        Msg::Redo => {
            if model.doc.redo() {
                edited(model)
            } else {
                Vec::new()
            }
        }
        Msg::Import { name, text } => import(model, &name, &text),
        Msg::NotRead { name, why } => not_read(model, name, why),
        Msg::OpenBuiltIn => {
            let (name, text) = super::built_in();
            import(model, name, text)
        }
        Msg::DismissRefused => {
            model.doc.refused = None;
            Vec::new()
        }
        Msg::Download => vec![Effect::Download {
            name: model.doc.name.clone(),
            text: model.doc.text.clone(),
        }],
        Msg::Hint => {
            model.hints = (model.hints + 1).min(model.doc.scenario.lesson.hints.len());
            vec![Effect::Save]
        }
        Msg::CheckSeeds => check_seeds(model),
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

/// What is open and what is in front; nothing of it is saved.
fn look(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Room(room) => model.room = room,
        Msg::Tab(tab) => model.tab = tab,
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
        Msg::Chart(chart) => model.chart = chart,
        Msg::Table(chart) => model.table_open = chart,
        Msg::Dialog(dialog) => model.dialog = dialog,
        _ => {}
    }
    Vec::new()
}

/// A run of the document as it is now; the worker answers with its plan.
fn load(model: &mut Model) -> Vec<Effect> {
    let id = model.run.id + 1;
    let play = model.run.play_when_loaded;
    model.check = None;
    model.run = Run {
        id,
        text: model.doc.text.clone(),
        seed: model.seed,
        play_when_loaded: play,
        moments: moments(&model.doc),
        ..Run::default()
    };
    let command = Command::Load {
        run: id,
        text: model.doc.text.clone(),
        seed: model.seed,
    };
    vec![Effect::Send(command)]
}

fn moments(doc: &Document) -> Moments {
    let mut at_ns = Vec::new();
    for entry in &doc.scenario.timeline {
        let settings = Settings::new(entry.what, &entry.knobs);
        let begin = settings.duration("at").0;
        at_ns.push(begin);
        if let Some(lasts) = settings.opt_duration("lasts") {
            at_ns.push(begin + lasts.0);
        }
    }
    at_ns.sort_unstable();
    Moments { at_ns }
}

fn loaded(model: &mut Model, run: u32, plan: RunPlan) -> Vec<Effect> {
    if run != model.run.id {
        return Vec::new();
    }
    let (bucket_ns, duration_ns) = (plan.bucket_ns, plan.duration_ns);
    model.run.plan = Some(Arc::new(plan));
    model.run.status = Status::Ready;
    if std::mem::take(&mut model.run.play_when_loaded) {
        model.run.status = Status::Playing;
    }
    vec![Effect::ResetLive {
        run,
        bucket_ns,
        duration_ns,
    }]
}

fn refused(model: &mut Model, run: u32, diagnostics: Vec<Diagnostic>) -> Vec<Effect> {
    if run == model.run.id {
        let name = model.doc.name.clone();
        model.doc.refused = Some(Refused { name, diagnostics });
    }
    Vec::new()
}

fn crashed(model: &mut Model, why: String) -> Vec<Effect> {
    if matches!(model.run.status, Status::Crashed(_)) {
        return Vec::new();
    }
    model.said = "The simulator stopped with an error. Your design is safe.".into();
    model.run.status = Status::Crashed(why);
    model.run.play_when_loaded = false;
    vec![Effect::Save, Effect::Focus("crash")]
}

fn bet(model: &mut Model, bet: Bet) -> Vec<Effect> {
    model.bet = bet;
    // So that the next key press runs it.
    vec![Effect::Save, Effect::Focus("run-bet")]
}

fn play_pause(model: &mut Model) -> Vec<Effect> {
    if !model.bet.is_placed() && !model.doc.scenario.lesson.bets.is_empty() {
        model.asked_to_bet += 1;
        model.tab = Tab::Story;
        model.story_open = true;
        model.said = "Predict first, or skip the prediction.".into();
        return vec![Effect::Focus("bets")];
    }
    match model.run.status {
        Status::Playing => model.run.status = Status::Paused,
        Status::Ready if model.has_pending() => return restart(model, true),
        Status::Ready | Status::Paused => {
            model.run.status = Status::Playing;
            make_room(model);
        }
        Status::Over => return restart(model, true),
        Status::Waiting => model.run.play_when_loaded = true,
        Status::Crashed(_) => return vec![Effect::Focus("crash")],
    }
    Vec::new()
}

/// A run begins: where there is little room, what moves gets it.
fn make_room(model: &mut Model) {
    if model.tab == Tab::Story || model.tab == Tab::Knobs {
        model.tab = Tab::Diagram;
    }
    if model.room == Room::Middle {
        model.story_open = false;
        model.knobs_open = false;
    }
}

fn step(model: &mut Model) -> Vec<Effect> {
    if !model.bet.is_placed() && !model.doc.scenario.lesson.bets.is_empty() {
        return play_pause(model);
    }
    match model.run.status {
        Status::Ready | Status::Paused | Status::Playing => {
            model.run.status = Status::Paused;
            vec![Effect::Send(Command::Step { run: model.run.id })]
        }
        _ => Vec::new(),
    }
}

fn restart(model: &mut Model, play: bool) -> Vec<Effect> {
    if matches!(model.run.status, Status::Crashed(_)) {
        return vec![Effect::StartWorker];
    }
    model.run.play_when_loaded = play;
    if play {
        make_room(model);
    }
    load(model)
}

/// The text may have changed. A run that has not begun simply becomes a run of the new text.
fn edited(model: &mut Model) -> Vec<Effect> {
    let mut effects = vec![Effect::Save];
    let standing = matches!(model.run.status, Status::Ready | Status::Waiting);
    if standing && model.has_pending() && model.run.plan.is_some() {
        effects.extend(load(model));
    }
    effects
}

fn import(model: &mut Model, name: &str, text: &str) -> Vec<Effect> {
    if !model.doc.import(name, text) {
        model.said = format!("{name} was not opened: it has errors.");
        model.tab = Tab::Story;
        model.story_open = true;
        return vec![Effect::Focus("refused")];
    }
    model.seed = model.doc.scenario.seed;
    model.bet = Bet::Open;
    model.ghost = None;
    model.hints = 0;
    model.runs_done = 0;
    model.failed_in_a_row = 0;
    model.knobs_open = false;
    model.said = format!("Opened {name}.");
    let mut effects = restart(model, false);
    effects.push(Effect::Save);
    effects
}

fn not_read(model: &mut Model, name: String, why: String) -> Vec<Effect> {
    let diagnostic = Diagnostic {
        code: "E0001",
        severity: Severity::Error,
        path: String::new(),
        place: None,
        message: why,
        help: None,
    };
    model.doc.refused = Some(Refused {
        name,
        diagnostics: vec![diagnostic],
    });
    model.tab = Tab::Story;
    model.story_open = true;
    vec![Effect::Focus("refused")]
}

fn tick(model: &mut Model, frame: Arc<Frame>, series: Arc<Series>, wall_ms: f64) -> Vec<Effect> {
    if frame.run != model.run.id {
        return Vec::new();
    }
    if model
        .run
        .bullet
        .as_ref()
        .is_some_and(|b| wall_ms >= b.until_wall_ms)
    {
        model.run.bullet = None;
    }
    let changed = model.run.shown.update(&frame.nodes, wall_ms);
    model.run.now = frame;
    model.run.series = series;
    let worth_saying = changed
        .iter()
        .any(|&(_, s)| matches!(states::word(s), "failing" | "down" | "strained"));
    if worth_saying {
        model.said = say::states(model, &changed);
    }
    Vec::new()
}

fn news_came(model: &mut Model, news: Vec<News>, wall_ms: f64) -> Vec<Effect> {
    for item in news {
        if let NewsKind::FirstFailure { reason, .. } = item.what {
            // Before anything was broken, a failure is the network's everyday noise.
            let noise = model
                .run
                .moments
                .at_ns
                .first()
                .is_some_and(|&at| item.at_ns < at);
            let seen = model.run.bullets_seen.contains(&reason);
            if model.bullet_on && !noise && !seen && !matches!(model.speed, Speed::Max) {
                model.run.bullets_seen.push(reason);
                let until_wall_ms = wall_ms + BULLET_WALL_MS;
                model.run.bullet = Some(Bullet {
                    reason,
                    until_wall_ms,
                });
            }
        }
        model.said = say::news(model, &item);
        model.run.news.push(item);
    }
    Vec::new()
}

fn done(model: &mut Model, run: u32, report: Report) -> Vec<Effect> {
    if run != model.run.id {
        return Vec::new();
    }
    let mut series = Series::of_report(&report);
    series.cut(model.duration_ns());
    let report = Arc::new(report);
    model.run.status = Status::Over;
    model.run.bullet = None;
    model.run.series = Arc::new(series.clone());
    model.runs_done += 1;
    model.failed_in_a_row = if report.passed {
        0
    } else {
        model.failed_in_a_row + 1
    };
    if model.ghost.is_none() {
        model.ghost = Some(Arc::new(Ghost {
            series,
            report: Arc::clone(&report),
        }));
        let any = !model.doc.scenario.lesson.unlocked.is_empty();
        model.knobs_open = any && model.room == Room::Wide;
    }
    model.said = say::verdict(&report);
    model.run.report = Some(report);
    model.story_open = true;
    if model.room == Room::Middle {
        model.knobs_open = false;
    }
    if model.tab != Tab::Charts {
        model.tab = Tab::Story;
    }
    vec![Effect::Save, Effect::ScrollUp("story")]
}

fn check_seeds(model: &mut Model) -> Vec<Effect> {
    let seeds: Vec<u64> = (1..)
        .filter(|&s| s != model.run.seed)
        .take(CHECK_SEEDS as usize)
        .collect();
    let run = model.run.id;
    model.check = Some(SeedCheck {
        run,
        asked: seeds.len(),
        ..SeedCheck::default()
    });
    vec![Effect::Send(Command::Seeds {
        run,
        text: model.run.text.clone(),
        seeds,
    })]
}

fn seed_checked(model: &mut Model, run: u32, report: &Report) -> Vec<Effect> {
    if let Some(check) = model.check.as_mut().filter(|c| c.run == run) {
        check.done += 1;
        check.passed += usize::from(report.passed);
        if check.done == check.asked {
            let (passed, asked) = (check.passed, check.asked);
            model.said = format!("Passed on {passed} of {asked} other random seeds.");
        }
    }
    Vec::new()
}
