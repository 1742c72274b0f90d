//! The timeline: what is scripted, where the run is, and since when users are hurt.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::design::TimelineEntry;
use crate::time::Duration;
use crate::ui::platform;
use crate::ui::state::editing::Draw;
use crate::ui::state::model::{Model, Room};
use crate::ui::state::series::Column;
use crate::ui::state::update::Msg;
use crate::ui::state::{names, states, words};
use crate::ui::store::Store;
use crate::worker::protocol::NewsKind;

#[derive(Clone, Debug, PartialEq)]
struct Bar {
    left: f64,
    width: f64,
    /// From its beginning to the next one's.
    clear: f64,
    /// From its end to the next one, for words that do not fit inside.
    room: f64,
    text: String,
    full: String,
}

/// Share of the line from which on a bar has room for its own words.
const WIDE: f64 = 0.09;
/// The same beside a bar: less holds no word, and the bar says it only to who points at it or reads it.
const BESIDE: f64 = 0.08;

#[component]
pub fn Timeline() -> impl IntoView {
    let store = Store::get();
    // What was planned, and what went wrong, is not known to monitoring.
    let sees = |m: &Model| !m.is_blind();
    let bars = store.memo(move |m| match sees(m) {
        true => bars(m),
        false => Vec::new(),
    });
    let duration = store.memo(|m| m.duration_ns() as f64 / 1e9);
    let now = store.memo(|m| share(m, m.run.now.now_ns));
    let hurt = store.memo(move |m| match sees(m) {
        true => hurt(m),
        false => Vec::new(),
    });
    let flag = store.memo(move |m| flag(m).filter(|_| sees(m)));
    let pull = RwSignal::new(None::<Pull>);
    // The flag's text and half of a time are about 130 px wide; how much of the line that is.
    let room = store.memo(|m| match m.room {
        Room::Wide => 0.17,
        Room::Middle => 0.36,
        Room::Phone => 0.38,
    });
    view! {
        <div class="timeline" id="timeline" role="group" aria-label=move || describe(&bars.get(), duration.get())>
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
            // Below the bars, so that they can be taken hold of.
            <Scrubber />
            {move || {
                bars.get()
                    .into_iter()
                    .enumerate()
                    .map(|(number, bar)| view! { <Entry number=number bar=bar pull=pull /> })
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

/// The ruler below the bars: any moment of the run, by pointer or keyboard.
#[component]
fn Scrubber() -> impl IntoView {
    let store = Store::get();
    let now_ms = |m: &Model| (m.run.now.now_ns.min(m.duration_ns()) / 1_000_000) as f64;
    let now = store.memo(now_ms);
    let duration = store.memo(|m| m.duration_ns() / 1_000_000);
    let text = store.memo(|m| {
        let now = words::seconds(m.run.now.now_ns.min(m.duration_ns()));
        format!("{now} of {}", words::seconds_short(m.duration_ns()))
    });
    let seek = move |to_ms: f64| {
        let to_ms = to_ms.clamp(0.0, duration.get_untracked() as f64);
        store.send(Msg::Seek((to_ms * 1e6) as u64));
    };
    let slid = move |event: leptos::ev::Event| {
        let Ok(to_ms) = event_target_value(&event).parse() else {
            return;
        };
        seek(to_ms);
        // Where there is nothing to look at, the handle goes back.
        if !store.peek(Model::can_seek) {
            let field = event_target::<web_sys::HtmlInputElement>(&event);
            field.set_value(&store.peek(now_ms).to_string());
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let far = if event.shift_key() { 10.0 } else { 1.0 };
        let by_s = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => -far,
            "ArrowRight" | "ArrowUp" => far,
            "PageDown" => -10.0,
            "PageUp" => 10.0,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        seek(store.peek(now_ms) + by_s * 1e3);
    };
    view! {
        <input
            type="range"
            class="scrubber"
            data-testid="scrubber"
            aria-label="Moment of the run"
            aria-valuetext=move || text.get()
            min="0"
            max=move || duration.get().to_string()
            step="1"
            prop:value=move || now.get().to_string()
            on:input=slid
            on:keydown=on_key
        />
    }
}

/// A bar that is being moved, or made longer, by this share of the line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pull {
    number: usize,
    edge: bool,
    start: f64,
    by: f64,
}

/// One entry: a bar that is clicked to see its knobs, moved to begin elsewhere, pulled to last longer.
#[component]
fn Entry(number: usize, bar: Bar, pull: RwSignal<Option<Pull>>) -> impl IntoView {
    let store = Store::get();
    let chosen = store.memo(move |m| m.editor.entry == Some(number));
    let mine = move || pull.get().filter(|pull| pull.number == number);
    let left = move || bar.left + mine().filter(|p| !p.edge).map_or(0.0, |p| p.by);
    let width = move || (bar.width + mine().filter(|p| p.edge).map_or(0.0, |p| p.by)).max(0.004);
    let at = |event: &PointerEvent| {
        let line = platform::document().get_element_by_id("timeline");
        let r = line.map(|line| line.get_bounding_client_rect());
        r.map_or(0.0, |r| {
            (f64::from(event.client_x()) - r.left()) / r.width().max(1.0)
        })
    };
    let down = move |event: PointerEvent, edge: bool| {
        if let Some(target) = event
            .target()
            .and_then(|t| t.dyn_into::<web_sys::Element>().ok())
        {
            // Without it a pull ends where the pointer leaves the bar.
            let _ = target.set_pointer_capture(event.pointer_id());
        }
        event.stop_propagation();
        pull.set(Some(Pull {
            number,
            edge,
            start: at(&event),
            by: 0.0,
        }));
    };
    let moved = move |event: PointerEvent| {
        let here = at(&event);
        pull.update(|pull| {
            if let Some(pull) = pull {
                pull.by = here - pull.start;
            }
        });
    };
    let up = move |event: PointerEvent| {
        let Some(done) = pull.get_untracked() else {
            return;
        };
        pull.set(None);
        event.stop_propagation();
        // Less than that is a click.
        if done.by.abs() > 0.004 {
            let by = done.by * store.peek(|m| m.duration_ns() as f64);
            store.send(Msg::Draw(Draw::PullEntry {
                number,
                edge: done.edge,
                by_ns: by as i64,
            }));
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let step = if event.shift_key() { 10 } else { 1 } * 1_000_000_000;
        let (by, edge) = match event.key().as_str() {
            "ArrowLeft" => (-step, event.alt_key()),
            "ArrowRight" => (step, event.alt_key()),
            "Delete" | "Backspace" => {
                event.prevent_default();
                store.send(Msg::Draw(Draw::RemoveEntry(number)));
                return;
            }
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        store.send(Msg::Draw(Draw::PullEntry {
            number,
            edge,
            by_ns: by,
        }));
    };
    let text = bar.text.clone();
    let inside = bar.width.min(bar.clear) >= WIDE;
    let beside = !inside && bar.width < WIDE && bar.room >= BESIDE;
    view! {
        <button
            class="entry"
            data-testid=format!("entry-{number}")
            title=format!("{}. Arrow keys move it, with Alt they make it longer or shorter.", bar.full)
            aria-label=format!("{}: {}", bar.text, bar.full)
            aria-pressed=move || chosen.get().to_string()
            style:left=move || percent(left())
            style:width=move || percent(width())
            on:click=move |_| store.send(Msg::Draw(Draw::Entry(Some(number))))
            on:pointerdown=move |event| down(event, false)
            on:pointermove=moved
            on:pointerup=up
            on:keydown=on_key
        >
            {inside.then(|| text.clone())}
            <span class="edge" on:pointerdown=move |event| down(event, true)></span>
        </button>
        {beside
            .then(|| {
                view! {
                    <span class="beside" style:left=percent(bar.left + bar.width) style:max-width=percent(bar.room)>
                        {bar.text.clone()}
                    </span>
                }
            })}
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
                clear: next - left,
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
    let series = &model.run.series.users;
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for bucket in 0..series.len() {
        let at = |column| series.at(bucket, column).unwrap_or(0.0);
        let (useful, failed) = (at(Column::Useful), at(Column::Failed));
        let told = useful + failed;
        // Nobody told anything while actions begin: they all wait.
        let bad = if told > 0.0 {
            useful < states::SERVED * told
        } else {
            at(Column::Actions) > 0.0
        };
        if !bad {
            continue;
        }
        let (from, to) = (
            bucket as u64 * series.step_ns,
            (bucket as u64 + 1) * series.step_ns,
        );
        match parts.last_mut() {
            Some(last) if last.1 + 2 * series.step_ns >= from => last.1 = to,
            _ => parts.push((from, to)),
        }
    }
    // A single bucket at the very start is the first users waiting for their first reply.
    parts.retain(|&(from, to)| to - from > 2 * series.step_ns || from > 0);
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
