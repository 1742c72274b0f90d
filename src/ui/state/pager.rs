//! What paged, and what users had at that moment: while it rings, and as the log that somebody on call would look at
//! the next day. And who looks at a run with no other eyes than the design's own.

use crate::design::registry::ALERT;
use crate::design::{Settings, Watched};
use crate::observe::report::Report;
use crate::worker::protocol::{Frame, News, NewsKind};

use super::model::Model;
use super::series::Column;
use super::strip::{Cell, Tone};
use super::update::Effect;
use super::{watching, words};

/// What somebody does with the pager.
#[derive(Clone, Debug)]
pub enum Ask {
    /// "I am on it": the page of this alert that came at this moment.
    Acknowledge { alert: String, fired_ns: u64 },
    /// Sees no more than the design's own monitoring, or everything again.
    Blind,
}

/// A page that somebody has acknowledged during the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    alert: String,
    fired_ns: u64,
    at_ns: u64,
}

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at_ns: u64,
    pub key: String,
    pub alert: String,
    /// Read after so long, fired for so long, acknowledged or not.
    pub how: String,
    /// Of the minute (of the pager's life) around it: how many users were served, and how long they waited.
    pub users: String,
    /// Users had what they were promised.
    pub for_nothing: bool,
    /// It rings, and nobody has said that they are on it.
    pub rings: bool,
}

/// Pages listed; more are counted.
const LISTED: usize = 20;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    pub lines: Vec<Line>,
    /// Further pages.
    pub more: u64,
    /// Alerts that never fired.
    pub silent: Vec<String>,
    /// Word of the glossary, name and figure: pages, false pages, missed incidents, time to detect.
    pub facts: Vec<(&'static str, &'static str, String)>,
    /// What became of each objective.
    pub promises: Vec<String>,
    /// Incidents that nobody was called for: where to look, and what they were.
    pub missed: Vec<(u64, String)>,
    /// One second of the run is so many of the windows of alerts.
    pub scale: f64,
    /// The run is over.
    pub is_over: bool,
}

/// By its key.
pub fn name(model: &Model, key: &str) -> String {
    let alert = model.doc.scenario.design.watched("alert", key);
    alert.map_or(key, |alert| alert.name()).to_owned()
}

/// Whether an alert calls somebody; if not, it is a ticket.
pub fn pages(alert: &Watched) -> bool {
    Settings::new(&ALERT, &alert.knobs).choice("notify") == "page"
}

pub fn update(model: &mut Model, ask: Ask) -> Vec<Effect> {
    match ask {
        Ask::Acknowledge { alert, fired_ns } => {
            let at_ns = model.run.now.now_ns;
            model
                .said
                .answer(format!("Acknowledged: {}.", name(model, &alert)));
            model.run.acknowledged.push(Acknowledged {
                alert,
                fired_ns,
                at_ns,
            });
            Vec::new()
        }
        Ask::Blind => {
            model.blind = !model.blind;
            model.said.answer(match model.blind {
                true => "Blind: you see what the design's monitoring sees.",
                false => "You see everything again.",
            });
            // What was hidden is sent again; what is to be hidden goes with the next frame.
            match model.run.report.is_none() && model.has_begun() {
                true => vec![Effect::Seek(model.run.now.now_ns)],
                false => Vec::new(),
            }
        }
    }
}

/// Of a run; `None` if its design has neither alerts nor objectives, or there is nothing to say yet.
pub fn log(model: &Model) -> Option<Log> {
    match &model.run.report {
        Some(report) => after(model, report),
        None => ringing(model),
    }
}

/// Pages of a run that goes on.
fn ringing(model: &Model) -> Option<Log> {
    let mut lines: Vec<Line> = Vec::new();
    for news in &model.run.news {
        let NewsKind::Alert { alert, fires } = &news.what else {
            continue;
        };
        let design = &model.doc.scenario.design;
        if !design.watched("alert", alert).is_some_and(pages) {
            continue;
        }
        if !fires {
            if let Some(line) = lines.iter_mut().rfind(|line| line.key == *alert) {
                line.how = format!("over since {}", words::seconds(news.at_ns));
            }
            continue;
        }
        let taken = acknowledged(model, alert, news.at_ns);
        lines.push(Line {
            at_ns: news.at_ns,
            key: alert.clone(),
            alert: name(model, alert),
            how: "fires".to_owned(),
            users: String::new(),
            for_nothing: false,
            rings: taken.is_none(),
        });
        if let (Some(line), Some(after)) = (lines.last_mut(), taken) {
            line.how = format!("acknowledged after {}", words::ms(after as f64 / 1e6));
        }
    }
    (!lines.is_empty()).then(|| {
        let all = lines.len() as u64;
        let waiting = lines.iter().filter(|line| line.rings).count() as u64;
        lines.reverse();
        lines.truncate(LISTED);
        Log {
            more: all - lines.len() as u64,
            facts: vec![
                ("metric.pages", "Pages", words::count(all)),
                ("ui.pager", "Not acknowledged", words::count(waiting)),
            ],
            lines,
            scale: watching::scale(model),
            ..Log::default()
        }
    })
}

/// How long after it fired somebody has said that they are on it.
fn acknowledged(model: &Model, alert: &str, fired_ns: u64) -> Option<u64> {
    let mut all = model.run.acknowledged.iter();
    let it = all.find(|it| it.alert == alert && it.fired_ns == fired_ns)?;
    Some(it.at_ns.saturating_sub(fired_ns))
}

fn after(model: &Model, report: &Report) -> Option<Log> {
    if report.alerts.is_empty() && report.slos.is_empty() {
        return None;
    }
    let scale = watching::scale(model);
    let length = |from: u64, to: u64| words::ms(to.saturating_sub(from) as f64 / 1e6);
    let mut lines: Vec<Line> = Vec::new();
    let mut times: Vec<u64> = Vec::new();
    let paging = || report.alerts.iter().filter(|alert| alert.pages);
    for alert in paging() {
        for episode in &alert.episodes {
            let mut how = match episode.resolved_ns {
                Some(to) => format!("fired for {}", length(episode.fired_ns, to)),
                None => "fired to the end".to_owned(),
            };
            if episode.paged_ns > episode.fired_ns {
                let read = length(episode.fired_ns, episode.paged_ns);
                how.push_str(&format!(", read after {read}"));
            }
            if let Some(after) = acknowledged(model, &alert.key, episode.fired_ns) {
                times.push(after);
                how.push_str(&format!(
                    ", acknowledged after {}",
                    words::ms(after as f64 / 1e6)
                ));
            }
            lines.push(Line {
                at_ns: episode.fired_ns,
                key: alert.key.clone(),
                alert: name(model, &alert.key),
                how,
                users: users(model, episode.fired_ns, scale),
                for_nothing: episode.for_an_incident == Some(false),
                rings: false,
            });
        }
    }
    lines.sort_by_key(|line| line.at_ns);
    let all: u64 = paging().map(|alert| alert.fired).sum();
    let mut facts = Vec::new();
    let count = |n: usize| words::count(n as u64);
    if !report.alerts.is_empty() {
        facts.push(("metric.pages", "Pages", words::count(all)));
    }
    let tickets = report.alerts.iter().filter(|alert| !alert.pages);
    if tickets.clone().next().is_some() {
        let opened: u64 = tickets.map(|alert| alert.fired).sum();
        facts.push(("alert.notify", "Tickets", words::count(opened)));
    }
    if !report.slos.is_empty() {
        let incidents = || report.slos.iter().flat_map(|slo| &slo.incidents);
        let missed = incidents().filter(|it| it.paged_ns.is_none()).count();
        let false_pages = lines.iter().filter(|line| line.for_nothing).count();
        let longest = incidents().filter_map(|it| it.time_to_detect_ns()).max();
        facts.extend([
            ("metric.false_pages", "For nothing", count(false_pages)),
            (
                "metric.missed_incidents",
                "Incidents",
                count(incidents().count()),
            ),
            ("metric.missed_incidents", "Of them missed", count(missed)),
            (
                "metric.time_to_detect",
                "Time to detect, longest",
                longest.map_or("–".to_owned(), |ns| words::ms(ns as f64 / 1e6)),
            ),
        ]);
    }
    if all > 0 {
        let open = (all as usize).saturating_sub(times.len());
        facts.push(("ui.pager", "Not acknowledged", count(open)));
    }
    if !times.is_empty() {
        let mean = times.iter().sum::<u64>() as f64 / times.len() as f64;
        facts.push((
            "ui.pager",
            "Acknowledged after, mean",
            words::ms(mean / 1e6),
        ));
    }
    lines.truncate(LISTED);
    let silent = report.alerts.iter().filter(|alert| alert.fired == 0);
    Some(Log {
        more: all.saturating_sub(lines.len() as u64),
        silent: silent.map(|alert| name(model, &alert.key)).collect(),
        lines,
        facts,
        promises: report.slos.iter().map(|slo| promise(model, slo)).collect(),
        missed: report.slos.iter().flat_map(missed).collect(),
        scale,
        is_over: true,
    })
}

/// "Orders: 99.7 % of 6,000 were good, 143 % of the budget is spent."
fn promise(model: &Model, slo: &crate::observe::report::SloReport) -> String {
    let known = model.doc.scenario.design.watched("slo", &slo.key);
    let name = known.map_or(slo.key.as_str(), |it| it.name());
    if slo.told == 0 {
        return format!("{name}: nobody was told anything.");
    }
    let good = words::percent(1.0 - slo.bad as f64 / slo.told as f64);
    let told = words::count(slo.told);
    match slo.spent() {
        Some(spent) if spent > 1.0 => format!(
            "{name}: {good} of {told} answers were good; the error budget is spent {} times.",
            words::factor(spent)
        ),
        Some(spent) => format!(
            "{name}: {good} of {told} answers were good; {} of the error budget is spent.",
            words::percent(spent)
        ),
        None if slo.bad > 0 => {
            format!(
                "{name}: {good} of {told} answers were good; an objective of 100 % has no budget, and each bad answer breaks it."
            )
        }
        None => format!("{name}: all {told} answers were good."),
    }
}

fn missed(slo: &crate::observe::report::SloReport) -> Vec<(u64, String)> {
    let missed = slo.incidents.iter().filter(|it| it.paged_ns.is_none());
    missed
        .map(|it| {
            let length = words::ms(it.until_ns.saturating_sub(it.from_ns) as f64 / 1e6);
            let bad = words::count(it.bad);
            (
                it.from_ns,
                format!("{bad} bad answers in {length}, and nobody was called"),
            )
        })
        .collect()
}

/// "71 % of users served, p99 1.2 s"; a sentence without its end.
fn users(model: &Model, at_ns: u64, scale: f64) -> String {
    // Five minutes before it, as alerts look back, and all of the bucket in which it fired: what it fired for may be
    // shorter than that.
    let back = (300e9 / scale.max(1.0)) as u64;
    let series = &model.run.series.users;
    let bucket = at_ns.saturating_sub(1) / series.step_ns.max(1) * series.step_ns;
    let (from, to) = (
        at_ns.saturating_sub(back).min(bucket),
        bucket + series.step_ns,
    );
    let mean = |column: Column| series.mean(column, from, to);
    let (useful, failed) = (
        mean(Column::Useful).unwrap_or(0.0),
        mean(Column::Failed).unwrap_or(0.0),
    );
    let told = useful + failed;
    let served = match told > 0.0 {
        true => format!("{} of users served", words::percent(useful / told)),
        false => "Nobody was told anything".to_owned(),
    };
    match mean(Column::P99) {
        Some(p99) => format!("{served}, p99 {}", words::ms(p99)),
        None => served,
    }
}

/// The frame as somebody sees it who has only the design's own monitoring: the drawing, the time, and what was
/// collected.
pub fn mask(frame: Frame) -> Frame {
    let discs = frame.discs as usize * crate::worker::protocol::DISC_FIELDS;
    let mut bulk = frame.bulk;
    bulk.truncate(bulk.len().saturating_sub(discs));
    Frame {
        users: Default::default(),
        data: Default::default(),
        nodes: Vec::new(),
        links: Vec::new(),
        cost_micro_per_hour: 0,
        discs: 0,
        bulk,
        ..frame
    }
}

/// Whether somebody sees or hears of it: blind, of alerts only.
pub fn is_seen(model: &Model, news: &News) -> bool {
    !model.is_blind() || matches!(news.what, NewsKind::Alert { .. })
}

/// A cell of the strip, for somebody who cannot see it.
pub fn unseen() -> Cell {
    Cell {
        main: "not seen".to_owned(),
        detail: "blind: monitoring only".to_owned(),
        tone: Tone::Quiet,
        leads: None,
    }
}

/// What was collected last, a row per node that an alert watches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    pub when: String,
    /// Name, errors, mean time, busy, waiting.
    pub rows: Vec<[String; 5]>,
    /// No alert watches anything.
    pub nobody_looks: bool,
}

pub fn collected(model: &Model) -> Option<Collected> {
    if !model.is_blind() {
        return None;
    }
    let seen = &model.run.now.seen;
    let design = &model.doc.scenario.design;
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let rows = seen.iter().map(|it| {
        [
            super::names::of(design, &it.node).to_owned(),
            or_none(it.bad_share.map(words::percent)),
            or_none(it.mean_ms.map(words::ms)),
            or_none(it.utilisation.map(words::percent)),
            or_none(it.waiting.map(|n| words::count(n.round() as u64))),
        ]
    });
    Some(Collected {
        when: seen
            .first()
            .map_or_else(String::new, |it| words::seconds(it.at_ns)),
        rows: rows.collect(),
        nobody_looks: design.alerts.is_empty(),
    })
}
