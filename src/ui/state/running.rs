//! What happens to a run: it is loaded, played, stepped, told about, and judged.

use std::sync::Arc;

use crate::design::diagnostic::Diagnostic;
use crate::experiment::theory::Beside;
use crate::explain::Explanation;
use crate::observe::report::Report;
use crate::scenario::live::Act;
use crate::time::Duration;
use crate::worker::protocol::{Command, Frame, News, NewsKind, RunPlan};

use super::document::{Document, Refused};
use super::learning::{self, door::Door};
use super::model::*;
use super::pace::{BULLET_WALL_MS, Moments, Speed};
use super::series::Series;
use super::update::Effect;
use super::{branches, pager, requests, say, states, words};

/// A run of the document as it is now; the worker answers with its plan.
pub fn load(model: &mut Model) -> Vec<Effect> {
    let id = model.run.id + 1;
    let play = model.run.play_when_loaded;
    if let Some(why) = model.why_not_run() {
        model.check = None;
        model.run = Run {
            id,
            status: Status::Ready,
            seed: model.seed,
            ..Run::default()
        };
        if play {
            model.toast(format!("It cannot run yet. {why}"));
        }
        return vec![Effect::ResetLive {
            run: id,
            duration_ns: model.doc.scenario.run.duration.0,
            series: Series::default(),
        }];
    }
    model.check = None;
    requests::forget(model);
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
        let begins = entry.begins();
        at_ns.push(begins.0);
        at_ns.extend(entry.lasts().map(|lasts| (begins + lasts).0));
    }
    at_ns.sort_unstable();
    Moments { at_ns }
}

pub fn loaded(model: &mut Model, run: u32, plan: RunPlan) -> Vec<Effect> {
    if run != model.run.id {
        return Vec::new();
    }
    let (duration_ns, series) = (plan.duration_ns, Series::of_plan(&plan));
    let charted = series.charted.clone();
    // Other nodes: what was chosen is about those that there were.
    let before = model.charted.take();
    if before.is_some_and(|before| before != charted) {
        model.charts = [None; 3];
    }
    model.charted = Some(charted);
    model.run.plan = Some(Arc::new(plan));
    model.run.status = Status::Ready;
    if std::mem::take(&mut model.run.play_when_loaded) {
        model.run.status = Status::Playing;
    }
    let mut effects = vec![Effect::ResetLive {
        run,
        duration_ns,
        series,
    }];
    if let Some(at_ns) = model.run.look_at_ns.take() {
        effects.extend(seek(model, at_ns));
    }
    effects
}

pub fn refused(model: &mut Model, run: u32, diagnostics: Vec<Diagnostic>) -> Vec<Effect> {
    if run == model.run.id {
        let name = model.doc.name().to_owned();
        model.doc.refused = Some(Refused {
            name,
            diagnostics,
            text: None,
        });
    }
    Vec::new()
}

/// Something is done to the run that is under way; the worker says when it was.
pub fn act_live(model: &mut Model, act: Act) -> Vec<Effect> {
    match model.run.status {
        Status::Ready | Status::Playing | Status::Paused => {
            let run = model.run.id;
            vec![Effect::Send(Command::Act { run, act })]
        }
        _ => {
            model
                .said
                .answer("There is no run under way. Run it again first.");
            Vec::new()
        }
    }
}

/// The run has taken it, and so does the document, whatever was changed there meanwhile.
pub fn acted(model: &mut Model, run: u32, at_ns: u64, act: &Act) -> Vec<Effect> {
    if run != model.run.id {
        return Vec::new();
    }
    let at = Duration(at_ns);
    branches::keep(model, act, at_ns);
    model.run.seen_ns = at_ns;
    if let Ok(text) = act.apply(&model.run.text, at) {
        model.run.text = text;
    }
    if let Err(findings) = model.doc.act(act, at) {
        let why = findings.first().map_or("", |finding| &finding.message);
        let message = format!("The run has it, your changed design cannot: {why}");
        model.said.answer(message);
    }
    model.run.moments = moments(&model.doc);
    // What comes after that is not known any more.
    model.run.found = None;
    if model.run.report.take().is_some() {
        model.run.news.retain(|item| item.at_ns < at_ns);
    }
    vec![Effect::Save]
}

pub fn not_acted(model: &mut Model, run: u32, findings: &[Diagnostic]) -> Vec<Effect> {
    if let Some(first) = findings.first().filter(|_| run == model.run.id) {
        let help = first
            .help
            .as_deref()
            .map_or(String::new(), |h| format!(": {h}"));
        model
            .said
            .answer(format!("Not done. {}{help}", first.message));
    }
    Vec::new()
}

pub fn crashed(model: &mut Model, why: String) -> Vec<Effect> {
    if matches!(model.run.status, Status::Crashed(_)) {
        return Vec::new();
    }
    model
        .said
        .answer("The simulator stopped with an error. Your design is safe.");
    model.run.status = Status::Crashed(why);
    model.run.play_when_loaded = false;
    vec![Effect::Save, Effect::Focus("crash")]
}

/// A prediction comes before any look at what happens.
pub(super) fn ask_to_bet(model: &mut Model) -> Vec<Effect> {
    model.asked_to_bet += 1;
    model.tab = Tab::Story;
    model.story_open = true;
    model.said.answer("Predict first, or skip the prediction.");
    vec![Effect::Focus("bets")]
}

pub fn play_pause(model: &mut Model) -> Vec<Effect> {
    if !model.has_predicted() {
        return ask_to_bet(model);
    }
    match model.run.status {
        Status::Playing => {
            model.run.status = Status::Paused;
            model.said.answer(format!(
                "Paused at {}",
                words::seconds(model.run.now.now_ns)
            ));
        }
        Status::Ready if model.has_pending() => return restart(model, true),
        Status::Ready | Status::Paused => {
            model.run.status = Status::Playing;
            model.said.answer("Running");
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

pub fn step(model: &mut Model) -> Vec<Effect> {
    if model.run.plan.is_none() && model.why_not_run().is_some() {
        return restart(model, true);
    }
    if !model.has_predicted() {
        return ask_to_bet(model);
    }
    match model.run.status {
        Status::Ready | Status::Paused | Status::Playing => {
            model.run.status = Status::Paused;
            vec![Effect::Send(Command::Step { run: model.run.id })]
        }
        _ => Vec::new(),
    }
}

/// Another moment of the run is looked at; whoever goes on from there sees the same again.
pub fn seek(model: &mut Model, at_ns: u64) -> Vec<Effect> {
    if !model.has_predicted() {
        return ask_to_bet(model);
    }
    if !model.can_seek() {
        return Vec::new();
    }
    let at_ns = at_ns.min(model.duration_ns());
    model.run.status = match model.run.report.is_some() && at_ns == model.duration_ns() {
        true => Status::Over,
        false => Status::Paused,
    };
    model.run.bullet = None;
    vec![Effect::Seek(at_ns)]
}

pub fn restart(model: &mut Model, play: bool) -> Vec<Effect> {
    if matches!(model.run.status, Status::Crashed(_)) {
        return vec![Effect::StartWorker];
    }
    model.run.play_when_loaded = play;
    if play {
        make_room(model);
    }
    load(model)
}

pub fn tick(
    model: &mut Model,
    frame: Arc<Frame>,
    series: Arc<Series>,
    wall_ms: f64,
) -> Vec<Effect> {
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
    if frame.whole {
        model.run.shown.settle(&frame.nodes);
    }
    let changed = model.run.shown.update(&frame.nodes, wall_ms);
    model.run.seen_ns = model.run.seen_ns.max(frame.now_ns);
    model.run.now = frame;
    // What came after a moment that is looked at again is known once the run is over.
    if model.run.report.is_none() {
        model.run.series = series;
    }
    let worth_saying = changed
        .iter()
        .any(|&(_, s)| matches!(states::word(s), "failing" | "down" | "strained"));
    if worth_saying {
        let text = say::states(model, &changed);
        model.said.event(text);
    }
    model.said.flush(wall_ms);
    Vec::new()
}

/// The news up to a moment that is looked at again; later ones have not happened there.
pub fn all_news(model: &mut Model, news: Vec<News>) -> Vec<Effect> {
    if model.run.report.is_none() {
        model.run.news = news;
    }
    Vec::new()
}

pub fn news_came(model: &mut Model, news: Vec<News>, wall_ms: f64) -> Vec<Effect> {
    let known = model.run.report.is_some();
    for item in news.into_iter().filter(|_| !known) {
        if let NewsKind::FirstFailure { reason, .. } = item.what {
            // Before anything was broken, a failure is the network's everyday noise.
            let noise = model
                .run
                .moments
                .at_ns
                .first()
                .is_some_and(|&at| item.at_ns < at);
            let seen = model.run.bullets_seen.contains(&reason);
            if model.bullet_on
                && !model.is_blind()
                && !noise
                && !seen
                && !matches!(model.speed, Speed::Max)
            {
                model.run.bullets_seen.push(reason);
                let until_wall_ms = wall_ms + BULLET_WALL_MS;
                model.run.bullet = Some(Bullet {
                    reason,
                    until_wall_ms,
                });
            }
        }
        if pager::is_seen(model, &item) {
            let text = say::news(model, &item);
            model.said.event(text);
        }
        model.run.news.push(item);
    }
    Vec::new()
}

/// A run that stands still can be asked why it came to this.
pub fn explain(model: &mut Model) -> Vec<Effect> {
    match model.run.status {
        Status::Paused if !model.is_over() && !model.is_blind() => {
            let run = model.run.id;
            vec![Effect::Send(Command::Explain { run })]
        }
        _ => Vec::new(),
    }
}

pub fn explained(model: &mut Model, run: u32, at_ns: u64, what: Explanation) -> Vec<Effect> {
    if run == model.run.id && !model.is_over() {
        model.run.found = Some(Arc::new(Found { at_ns, what }));
    }
    Vec::new()
}

pub fn done(
    model: &mut Model,
    run: u32,
    report: Report,
    (what, theory): (Explanation, Vec<Beside>),
) -> Vec<Effect> {
    if run != model.run.id {
        return Vec::new();
    }
    let mut series = Series::of_report(&report);
    series.cut(model.duration_ns());
    series.keep_from(&model.run.series);
    let report = Arc::new(report);
    model.run.status = Status::Over;
    let Run { shown, now, .. } = &mut model.run;
    shown.settle(&now.nodes);
    model.run.bullet = None;
    // It was looked at again to its end.
    if model.run.report.is_some() {
        return Vec::new();
    }
    let series = Arc::new(series);
    model.run.series = Arc::clone(&series);
    let at_ns = model.duration_ns();
    model.run.found = Some(Arc::new(Found { at_ns, what }));
    model.run.theory = theory;
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
        let guided = model.learning.door == Door::Guided;
        // In a room the drawing needs the place, and who teaches opens them.
        let alone = !model.rooms.is_read_from_afar();
        model.knobs_open = any && guided && alone && model.room == Room::Wide;
    }
    model.said.answer(say::verdict(&report));
    learning::ran(model, &report);
    model.run.report = Some(report);
    model.story_open = true;
    model.outline = false;
    if model.room == Room::Middle {
        model.knobs_open = false;
    }
    if model.tab != Tab::Charts {
        model.tab = Tab::Story;
    }
    let mut effects = vec![Effect::Save, Effect::ScrollUp("story")];
    // What was hidden while it ran is sent once more.
    effects.extend(model.blind.then_some(Effect::Seek(at_ns)));
    effects
}
