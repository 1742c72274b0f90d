//! The charts of the dock: three side by side, or one with tabs, or three below each other.

use leptos::html;
use leptos::prelude::*;

use crate::ui::platform::{canvas, observe};
use crate::ui::state::chart;
use crate::ui::state::model::ChartTab;
use crate::ui::state::twins;
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
    let shown = store.memo(chart::shown);
    let tab = move |place: usize| {
        let short = store.memo(move |m| chart::short(m, chart::shown(m)[place]));
        view! {
            <button
                aria-pressed=move || (front.get() == place).to_string()
                on:click=move |_| store.send(Msg::Chart(place))
            >
                {move || short.get()}
            </button>
        }
    };
    view! {
        <section class="charts" aria-label="Charts">
            <div class="chart-tabs" role="group" aria-label="Which chart">{[0, 1, 2].map(tab).collect_view()}</div>
            {[0, 1, 2]
                .map(|place| {
                    let tab = Memo::new(move |_| shown.get()[place]);
                    view! {
                        <figure class="chart" data-front=move || (front.get() == place).to_string()>
                            {move || view! { <OneChart place=place tab=tab.get() hover=hover /> }}
                        </figure>
                    }
                })
                .collect_view()}
        </section>
    }
}

/// What stands in one of the three places.
#[component]
fn OneChart(place: usize, tab: ChartTab, hover: RwSignal<Option<f64>>) -> impl IntoView {
    let store = Store::get();
    let as_table = store.memo(move |m| m.table_open == Some(tab));
    let toggle = move |_| {
        let open = !as_table.get_untracked();
        store.send(Msg::Table(open.then_some(tab)));
    };
    let (id, title) = store.peek(|m| (chart::id(m, tab), chart::title(m, tab)));
    let name = title.clone();
    let about = format!("chart.{}", tab.key());
    view! {
        <div class="chart-box" data-testid=format!("chart-{id}")>
            <div class="chart-head">
                <h2>{term(&about, title)}</h2>
                <Others place=place tab=tab />
                <span class="question-line"><span>{tab.question()}</span></span>
                <button class="link" aria-pressed=move || as_table.get().to_string() on:click=toggle>
                    {move || if as_table.get() { "Chart" } else { "Table" }}
                    <span class="sr-only">" of " {name}</span>
                </button>
            </div>
            {move || {
                if as_table.get() {
                    view! { <Table tab=tab /> }.into_any()
                } else {
                    view! { <Canvas tab=tab hover=hover /> }.into_any()
                }
            }}
        </div>
    }
}

/// All charts that there are, for this place.
#[component]
fn Others(place: usize, tab: ChartTab) -> impl IntoView {
    let store = Store::get();
    let all = store.memo(|m| {
        let all = chart::all(m).into_iter();
        all.map(|tab| (tab, chart::title(m, tab)))
            .collect::<Vec<_>>()
    });
    let choose = move |event: leptos::ev::Event| {
        let number = event_target_value(&event).parse::<usize>();
        let chosen = number
            .ok()
            .and_then(|n| all.with_untracked(|all| all.get(n).map(|it| it.0)));
        if let Some(tab) = chosen {
            store.send(Msg::ShowChart(place, tab));
        }
    };
    view! {
        <select class="chart-choice" aria-label="Another chart here" on:change=choose>
            <option value="">"Other chart …"</option>
            {move || {
                let others = all.get().into_iter().zip(0..).filter(|((other, _), _)| *other != tab);
                others.map(|((_, title), n)| view! { <option value=n.to_string()>{title}</option> }).collect_view()
            }}
        </select>
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
        let first = m.ghost.as_ref();
        let first = first.map_or(0, |g| std::sync::Arc::as_ptr(g) as usize);
        // A twin is one of its own each time.
        let twin = twins::ghost(m).map(|_| m.twins.asked);
        let ghost = (first, twin);
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
        LIVE.with_borrow(|live| {
            let (context, font) = (&cx, live.palette.font.as_str());
            let pen = canvas::CanvasPen { context, font };
            Plot::new(&pen, &live.palette, &chart, w, h).draw(hover);
        });
    });
    let sentence = store.memo(move |m| {
        // Said when the run rests, so that a screen reader is not flooded.
        match m.run.status {
            crate::ui::state::model::Status::Playing => {
                format!("{}: running.", chart::title(m, tab))
            }
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
    let title = store.peek(|m| chart::title(m, tab));
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=title>
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
