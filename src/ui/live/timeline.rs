//! The timeline: what is scripted, where the run is, and since when users are hurt.

use leptos::prelude::*;

use crate::design::TimelineEntry;
use crate::time::Duration;
use crate::ui::state::model::{Model, Room};
use crate::ui::state::series::Column;
use crate::ui::state::{names, states, words};
use crate::ui::store::Store;
use crate::worker::protocol::NewsKind;

#[derive(Clone, Debug, PartialEq)]
struct Bar {
    left: f64,
    width: f64,
    /// From its end to the next one, for words that do not fit inside.
    room: f64,
    text: String,
    full: String,
}

/// Share of the line from which on a bar has room for its own words.
const WIDE: f64 = 0.09;

#[component]
pub fn Timeline() -> impl IntoView {
    let store = Store::get();
    let bars = store.memo(bars);
    let duration = store.memo(|m| m.duration_ns() as f64 / 1e9);
    let now = store.memo(|m| share(m, m.run.now.now_ns));
    let hurt = store.memo(hurt);
    let flag = store.memo(flag);
    // The flag's text is about 120 px wide; how much of the line that is.
    let room = store.memo(|m| match m.room {
        Room::Wide => 0.17,
        Room::Middle => 0.28,
        Room::Phone => 0.36,
    });
    view! {
        <div class="timeline" role="img" aria-label=move || describe(&bars.get(), duration.get())>
            <div class="track">
                <div class="passed-time" style:width=move || percent(now.get())></div>
                {move || {
                    hurt.get()
                        .into_iter()
                        .map(|(left, width)| {
                            view! {
                                <div class="hurt-time" style:left=percent(left) style:width=percent(width)></div>
                            }
                        })
                        .collect_view()
                }}
            </div>
            {move || {
                bars.get()
                    .into_iter()
                    .map(|bar| {
                        view! {
                            <div
                                class="entry"
                                title=bar.full
                                style:left=percent(bar.left)
                                style:width=percent(bar.width)
                            >
                                {(bar.width >= WIDE).then(|| bar.text.clone())}
                            </div>
                            {(bar.width < WIDE)
                                .then(|| {
                                    view! {
                                        <span
                                            class="beside"
                                            style:left=percent(bar.left + bar.width)
                                            style:max-width=percent(bar.room)
                                        >
                                            {bar.text.clone()}
                                        </span>
                                    }
                                })}
                        }
                    })
                    .collect_view()
            }}
            {move || {
                flag.get()
                    .map(|(left, text)| {
                        view! {
                            <div class="flag" style:left=percent(left)>
                                <span>{text}</span>
                            </div>
                        }
                    })
            }}
            <div class="playhead" style:left=move || percent(now.get())></div>
            <div class="scale" aria-hidden="true">
                {move || {
                    // The flag's text needs the room of the times beside it.
                    let flag = flag.with(|f| f.as_ref().map(|f| f.0));
                    let flag_width = room.get();
                    let free = |q: &i32| {
                        let at = f64::from(*q) / 4.0;
                        flag.is_none_or(|flag| at < flag - 0.05 || at > flag + flag_width)
                    };
                    let quarters: Vec<i32> = (0..=4).filter(free).collect();
                    let duration = duration.get();
                    quarters
                        .into_iter()
                        .map(|q| {
                            let part = f64::from(q) / 4.0;
                            view! {
                                <span style:left=percent(part)>{words::factor((duration * part).round())} " s"</span>
                            }
                        })
                        .collect_view()
                }}
            </div>
        </div>
    }
}

fn percent(share: f64) -> String {
    format!("{:.3}%", share * 100.0)
}

fn share(model: &Model, at_ns: u64) -> f64 {
    (at_ns as f64 / model.duration_ns().max(1) as f64).min(1.0)
}

fn bars(model: &Model) -> Vec<Bar> {
    let scenario = &model.doc.scenario;
    let begins = |entry: &TimelineEntry| share(model, entry.begins().0);
    let entries = scenario.timeline.iter();
    entries
        .map(|entry| {
            let begin = entry.begins().0;
            let end = entry.ends_within(Duration(model.duration_ns())).0;
            let (left, right) = (share(model, begin), share(model, end));
            let later = scenario.timeline.iter().map(begins);
            let next = later.filter(|&at| at > left).fold(1.0, f64::min);
            Bar {
                left,
                width: right - left,
                room: (next - right).max(0.0),
                text: names::entry_short(entry),
                full: match entry.is_moment() {
                    true => format!(
                        "{} at {}",
                        names::entry(scenario, entry),
                        words::seconds_short(begin)
                    ),
                    false => format!(
                        "{} from {} to {}",
                        names::entry(scenario, entry),
                        words::seconds_short(begin),
                        words::seconds_short(end)
                    ),
                },
            }
        })
        .collect()
}

fn describe(bars: &[Bar], duration_s: f64) -> String {
    let what: Vec<&str> = bars.iter().map(|b| b.full.as_str()).collect();
    format!("Timeline of {duration_s:.0} s: {}", what.join("; "))
}

/// Parts of the run in which fewer than nine of ten actions were served.
fn hurt(model: &Model) -> Vec<(f64, f64)> {
    let series = &model.run.series;
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for bucket in 0..series.rows.len() {
        let at = |column| series.at(bucket, column).unwrap_or(0.0);
        let (useful, failed) = (at(Column::Useful), at(Column::Failed));
        let told = useful + failed;
        // Nobody told anything while actions begin: they all wait.
        let bad = if told > 0.0 {
            useful < 0.9 * told
        } else {
            at(Column::Actions) > 0.0
        };
        if !bad {
            continue;
        }
        let (from, to) = (
            bucket as u64 * series.bucket_ns,
            (bucket as u64 + 1) * series.bucket_ns,
        );
        match parts.last_mut() {
            Some(last) if last.1 + 2 * series.bucket_ns >= from => last.1 = to,
            _ => parts.push((from, to)),
        }
    }
    // A single bucket at the very start is the first users waiting for their first reply.
    parts.retain(|&(from, to)| to - from > 2 * series.bucket_ns || from > 0);
    parts
        .into_iter()
        .map(|(a, b)| (share(model, a), share(model, b) - share(model, a)))
        .collect()
}

/// The first failure that is not the network's everyday loss.
fn flag(model: &Model) -> Option<(f64, String)> {
    let trouble = model.run.moments.at_ns.first().copied().unwrap_or(0);
    let news = model.run.news.iter().find(|n| {
        let NewsKind::FirstFailure { reason, .. } = &n.what else {
            return false;
        };
        n.at_ns >= trouble && !states::is_network(reason)
    })?;
    let text = format!("first failure {}", words::seconds(news.at_ns));
    Some((share(model, news.at_ns), text))
}
