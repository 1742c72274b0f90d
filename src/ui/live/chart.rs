//! The charts of the dock: three side by side, or one with tabs, or three below each other.

use leptos::html;
use leptos::prelude::*;

use crate::ui::platform::{canvas, observe};
use crate::ui::state::chart;
use crate::ui::state::model::ChartTab;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::term::{rich, term};

use super::LIVE;
use super::chart_canvas::{Plot, seconds_at};

#[component]
pub fn Charts() -> impl IntoView {
    let store = Store::get();
    // One instant for all charts.
    let hover = RwSignal::new(None::<f64>);
    let front = store.memo(|m| m.chart);
    view! {
        <section class="charts" aria-label="Charts">
            <div class="chart-tabs" role="group" aria-label="Which chart">
                {ChartTab::ALL
                    .map(|tab| {
                        view! {
                            <button
                                aria-pressed=move || (front.get() == tab).to_string()
                                on:click=move |_| store.send(Msg::Chart(tab))
                            >
                                {tab.short()}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            {ChartTab::ALL.map(|tab| view! { <OneChart tab=tab hover=hover /> }).collect_view()}
        </section>
    }
}

#[component]
fn OneChart(tab: ChartTab, hover: RwSignal<Option<f64>>) -> impl IntoView {
    let store = Store::get();
    let front = store.memo(move |m| m.chart == tab);
    let as_table = store.memo(move |m| m.table_open == Some(tab));
    let toggle = move |_| {
        let open = !as_table.get_untracked();
        store.send(Msg::Table(open.then_some(tab)));
    };
    view! {
        <figure class="chart" data-front=move || front.get().to_string() data-testid=format!("chart-{}", tab.key())>
            <div class="chart-head">
                <h2>{term(&format!("chart.{}", tab.key()), tab.title())}</h2>
                <span class="question-line">{tab.question()}</span>
                <button class="link" aria-pressed=move || as_table.get().to_string() on:click=toggle>
                    {move || if as_table.get() { "Chart" } else { "Table" }}
                    <span class="sr-only">" of " {tab.title()}</span>
                </button>
            </div>
            {move || {
                if as_table.get() {
                    view! { <Table tab=tab /> }.into_any()
                } else {
                    view! { <Canvas tab=tab hover=hover /> }.into_any()
                }
            }}
        </figure>
    }
}

#[component]
fn Canvas(tab: ChartTab, hover: RwSignal<Option<f64>>) -> impl IntoView {
    let store = Store::get();
    let element = NodeRef::<html::Canvas>::new();
    let holder = NodeRef::<html::Div>::new();
    let size = RwSignal::new((0.0, 0.0));
    Effect::new(move |_| {
        if let Some(holder) = holder.get() {
            observe::size(&holder, size);
        }
    });
    // What the picture depends on; the charts themselves are read when they are drawn.
    let version = store.memo(|m| {
        let ghost = m
            .ghost
            .as_ref()
            .map_or(0, |g| std::sync::Arc::as_ptr(g) as usize);
        let run = (
            m.run.id,
            m.run.now.now_ns,
            m.run.series.rows.len(),
            m.is_over(),
        );
        (run, ghost, m.doc.text.len(), m.duration_ns())
    });
    Effect::new(move |_| {
        // Read, not only tracked: a memo that nobody has read hears nothing.
        version.get();
        store.colours.track();
        let (w, h) = size.get();
        let hover = hover.get();
        let Some(element) = element.get() else { return };
        let Some(cx) = canvas::begin(&element, w, h) else {
            return;
        };
        let chart = store.peek(|m| chart::chart(m, tab));
        LIVE.with_borrow(|live| Plot::new(&cx, &live.palette, &chart, w, h).draw(hover));
    });
    let sentence = store.memo(move |m| {
        // Said when the run rests, so that a screen reader is not flooded.
        match m.run.status {
            crate::ui::state::model::Status::Playing => format!("{}: running.", tab.title()),
            _ => chart::chart(m, tab).sentence(),
        }
    });
    let duration = move || store.peek(|m| m.duration_ns() as f64 / 1e9);
    let point = move |x: f64| hover.set(seconds_at(x, size.get_untracked().0, duration()));
    let step = move |event: leptos::ev::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowLeft" => -1.0,
            "ArrowRight" => 1.0,
            "PageUp" => -10.0,
            "PageDown" => 10.0,
            "Escape" => {
                hover.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        let from = hover.get_untracked().unwrap_or_else(|| {
            store
                .peek(|m| m.run.now.now_ns as f64 / 1e9)
                .min(duration())
        });
        hover.set(Some((from + by).clamp(0.0, duration())));
    };
    view! {
        <div class="plot" node_ref=holder>
            <canvas
                node_ref=element
                tabindex="0"
                role="img"
                aria-label=move || sentence.get()
                on:pointermove=move |event| point(f64::from(event.offset_x()))
                on:pointerleave=move |_| hover.set(None)
                on:keydown=step
                on:blur=move |_| hover.set(None)
            ></canvas>
        </div>
    }
}

#[component]
fn Table(tab: ChartTab) -> impl IntoView {
    let store = Store::get();
    let rows = store.memo(move |m| chart::chart(m, tab).table());
    let empty = move || rows.with(Vec::is_empty);
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=tab.title()>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"from"</th>
                        {tab.lines().iter().map(|l| view! { <th scope="col">{rich(l.name)}</th> }).collect_view()}
                    </tr>
                </thead>
                <tbody>
                    {move || {
                        rows.get()
                            .into_iter()
                            .map(|(from, cells)| {
                                view! {
                                    <tr>
                                        <th scope="row">{from}</th>
                                        {cells.into_iter().map(|c| view! { <td>{c}</td> }).collect_view()}
                                    </tr>
                                }
                            })
                            .collect_view()
                    }}
                </tbody>
            </table>
            {move || empty().then(|| view! { <p class="muted small">"Nothing measured yet."</p> })}
        </div>
    }
}
