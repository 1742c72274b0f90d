//! What paged, and what users had at that moment: the log that somebody on call would look at the next day.

use crate::design::value::MICRO;
use crate::design::{Alert, Settings, registry};

use super::model::Model;
use super::series::Column;
use super::words;

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at_ns: u64,
    pub alert: String,
    /// Read after so long, fired for so long.
    pub how: String,
    /// Of the minute (of the pager's life) around it: how many users were served, and how long they waited.
    pub users: String,
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
    /// One second of the run is so many of the windows of alerts.
    pub scale: f64,
}

pub fn called(alert: &Alert) -> String {
    alert.label.clone().unwrap_or_else(|| alert.key.clone())
}

/// By its key.
pub fn name(model: &Model, key: &str) -> String {
    let mut alerts = model.doc.scenario.design.alerts.iter();
    let alert = alerts.find(|alert| alert.key == key);
    alert.map_or_else(|| key.to_owned(), called)
}

/// Of the finished run; `None` if its design has no alerts.
pub fn log(model: &Model) -> Option<Log> {
    let report = model.run.report.as_ref()?;
    if report.alerts.is_empty() {
        return None;
    }
    let monitoring = &model.doc.scenario.design.monitoring;
    let scale = Settings::new(&registry::MONITORING, monitoring).factor("clock_scale");
    let scale = scale.0 as f64 / MICRO as f64;
    let mut lines: Vec<Line> = Vec::new();
    for alert in &report.alerts {
        for episode in &alert.episodes {
            let length = |from: u64, to: u64| words::ms(to.saturating_sub(from) as f64 / 1e6);
            let lasted = match episode.resolved_ns {
                Some(to) => format!("fired for {}", length(episode.fired_ns, to)),
                None => "fired to the end".to_owned(),
            };
            let read = match episode.paged_ns > episode.fired_ns {
                true => format!(
                    ", read after {}",
                    length(episode.fired_ns, episode.paged_ns)
                ),
                false => String::new(),
            };
            lines.push(Line {
                at_ns: episode.fired_ns,
                alert: name(model, &alert.key),
                how: format!("{lasted}{read}"),
                users: users(model, episode.fired_ns, scale),
            });
        }
    }
    lines.sort_by_key(|line| line.at_ns);
    let all: u64 = report.alerts.iter().map(|alert| alert.fired).sum();
    lines.truncate(LISTED);
    let silent = report.alerts.iter().filter(|alert| alert.fired == 0);
    Some(Log {
        more: all.saturating_sub(lines.len() as u64),
        silent: silent.map(|alert| name(model, &alert.key)).collect(),
        lines,
        scale,
    })
}

/// "users then: 71 % served, p99 1.2 s"
fn users(model: &Model, at_ns: u64, scale: f64) -> String {
    // Five minutes before it, as alerts look back.
    let back = (300e9 / scale.max(1.0)) as u64;
    let series = &model.run.series.users;
    let (from, to) = (at_ns.saturating_sub(back), at_ns.max(1));
    let mean = |column: Column| series.mean(column, from, to);
    let (useful, failed) = (
        mean(Column::Useful).unwrap_or(0.0),
        mean(Column::Failed).unwrap_or(0.0),
    );
    let told = useful + failed;
    let served = match told > 0.0 {
        true => format!("{} of users served", words::percent(useful / told)),
        false => "nobody was told anything".to_owned(),
    };
    match mean(Column::P99) {
        Some(p99) => format!("{served}, p99 {}", words::ms(p99)),
        None => served,
    }
}
