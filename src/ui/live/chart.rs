//! The charts of the dock: three side by side, or one with tabs, or three below each other.

use leptos::html;
use leptos::prelude::*;

use crate::ui::learn::pager::Collected;
use crate::ui::platform::{canvas, observe};
use crate::ui::state::chart;
use crate::ui::state::heat_map::{Cells, Rows};
use crate::ui::state::model::{ChartTab, Model, Status};
use crate::ui::state::requests::Ask;
use crate::ui::state::twins;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::term::{rich, term};

use super::LIVE;
use super::chart_canvas::{Plot, seconds_at};
use super::heat_canvas::cell_at;

/// Of letters of 12 px this makes 18.
const AFAR: f64 = 1.5;

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
    let blind = store.memo(|m| m.is_blind());
    let charts = move || {
        view! {
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
        }
    };
    // Charts come from outside the design; blind, what its own monitoring has stands in their place.
    view! {
        <section class="charts" aria-label=move || if blind.get() { "Monitoring" } else { "Charts" }>
            {move || match blind.get() {
                true => view! { <Collected /> }.into_any(),
                false => charts().into_any(),
            }}
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
    let begun = store.memo(|m| m.has_begun() && m.run.status != Status::Playing);
    let name = title.clone();
    let about = format!("chart.{}", tab.key());
    view! {
        <div class="chart-box" data-testid=format!("chart-{id}")>
            <div class="chart-head">
                <h2>{term(&about, title)}</h2>
                <Others place=place tab=tab />
                <span class="question-line"><span>{tab.question()}</span></span>
                <button class="link" hidden=move || !begun.get() on:click=move |_| store.send(Msg::Requests(Ask::Now))>
                    "Requests" <span class="sr-only">" at this moment"</span>
                </button>
                <button class="link" aria-pressed=move || as_table.get().to_string() on:click=toggle>
                    {move || if as_table.get() { "Chart" } else { "Table" }}
                    <span class="sr-only">" of " {name}</span>
                </button>
            </div>
            {move || {
                match (as_table.get(), tab) {
                    (true, _) => view! { <Table tab=tab /> }.into_any(),
                    (false, ChartTab::Heat) => view! { <HeatMap hover=hover /> }.into_any(),
                    (false, _) => view! { <Canvas tab=tab hover=hover /> }.into_any(),
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

/// A canvas that is as large as its holder, and what it is drawn with.
#[derive(Clone, Copy)]
struct Sheet {
    element: NodeRef<html::Canvas>,
    holder: NodeRef<html::Div>,
    size: RwSignal<(f64, f64)>,
    /// Everything is drawn so many times as large as for one reader.
    zoom: f64,
    /// What the picture depends on; the charts themselves are read when they are drawn.
    version: Memo<Version>,
}

/// Run, ghosts, text, length.
type Version = ((u32, u64, usize, bool), (usize, Option<u32>), usize, u64);

fn version(m: &Model) -> Version {
    let first = m.ghost.as_ref();
    let first = first.map_or(0, |g| std::sync::Arc::as_ptr(g) as usize);
    // A twin is one of its own each time.
    let twin = twins::ghost(m).map(|_| m.twins.asked);
    let run = (
        m.run.id,
        m.run.now.now_ns,
        m.run.series.users.len(),
        m.is_over(),
    );
    (run, (first, twin), m.doc.text.len(), m.duration_ns())
}

impl Sheet {
    fn new(store: Store) -> Sheet {
        let sheet = Sheet {
            element: NodeRef::new(),
            holder: NodeRef::new(),
            size: RwSignal::new((0.0, 0.0)),
            zoom: match store.peek(|m| m.rooms.is_read_from_afar()) {
                true => AFAR,
                false => 1.0,
            },
            version: store.memo(version),
        };
        Effect::new(move |_| {
            if let Some(holder) = sheet.holder.get() {
                observe::size(&holder, sheet.size);
            }
        });
        sheet
    }

    /// Draws now, and whenever something has changed that is read here or in `draw`.
    fn draw(self, store: Store, tab: ChartTab, draw: impl Fn(&Plot<'_, canvas::CanvasPen<'_>>)) {
        // Read, not only tracked: a memo that nobody has read hears nothing.
        self.version.get();
        store.colours.track();
        let size = self.size.get();
        let Some(element) = self.element.get() else {
            return;
        };
        let Some(cx) = canvas::begin(&element, size, self.zoom) else {
            return;
        };
        let chart = store.peek(|m| chart::chart(m, tab));
        LIVE.with_borrow(|live| {
            let (context, font) = (&cx, live.palette.font.as_str());
            let pen = canvas::CanvasPen { context, font };
            let (w, h) = self.drawn(size);
            draw(&Plot::new(&pen, &live.palette, &chart, w, h));
        });
    }

    /// Where a place of the canvas is for what draws on it.
    fn drawn(self, (x, y): (f64, f64)) -> (f64, f64) {
        (x / self.zoom, y / self.zoom)
    }

    fn under(self, event: &leptos::ev::MouseEvent) -> (f64, f64) {
        self.drawn((f64::from(event.offset_x()), f64::from(event.offset_y())))
    }

    fn drawn_size(self) -> (f64, f64) {
        self.drawn(self.size.get_untracked())
    }
}

fn duration_s(store: Store) -> f64 {
    store.peek(|m| m.duration_ns() as f64 / 1e9)
}

/// To the moment under the pointer, or chosen by keys.
fn seek(store: Store, seconds: f64) {
    if store.peek(Model::can_seek) {
        store.send(Msg::Seek((seconds * 1e9) as u64));
    }
}

#[component]
fn Canvas(tab: ChartTab, hover: RwSignal<Option<f64>>) -> impl IntoView {
    let store = Store::get();
    let sheet = Sheet::new(store);
    Effect::new(move |_| {
        let hover = hover.get();
        sheet.draw(store, tab, |plot| plot.draw(hover));
    });
    let sentence = store.memo(move |m| {
        // Said when the run rests, so that a screen reader is not flooded.
        match m.run.status {
            Status::Playing => format!("{}: running.", chart::title(m, tab)),
            _ => chart::chart(m, tab).sentence(),
        }
    });
    let at = move |event: &leptos::ev::MouseEvent| {
        let (x, w) = (sheet.under(event).0, sheet.drawn_size().0);
        seconds_at(x, w, duration_s(store))
    };
    let step = move |event: leptos::ev::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowLeft" => -1.0,
            "ArrowRight" => 1.0,
            "PageUp" => -10.0,
            "PageDown" => 10.0,
            "Enter" => {
                event.prevent_default();
                if let Some(seconds) = hover.get_untracked() {
                    seek(store, seconds);
                }
                return;
            }
            "Escape" => {
                hover.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        let duration = duration_s(store);
        let from = hover
            .get_untracked()
            .unwrap_or_else(|| store.peek(|m| m.run.now.now_ns as f64 / 1e9).min(duration));
        hover.set(Some((from + by).clamp(0.0, duration)));
    };
    let click = move |event: leptos::ev::MouseEvent| {
        if let Some(seconds) = at(&event) {
            seek(store, seconds);
        }
    };
    view! {
        <div class="plot" node_ref=sheet.holder>
            <canvas
                node_ref=sheet.element
                tabindex="0"
                role="img"
                aria-label=move || sentence.get()
                on:pointermove=move |event| hover.set(at(&event))
                on:pointerleave=move |_| hover.set(None)
                on:click=click
                on:keydown=step
                on:blur=move |_| hover.set(None)
            ></canvas>
        </div>
    }
}

/// All waits: a part of it is chosen by dragging, by a click and one with shift, or with keys.
#[component]
fn HeatMap(hover: RwSignal<Option<f64>>) -> impl IntoView {
    let store = Store::get();
    let tab = ChartTab::Heat;
    let sheet = Sheet::new(store);
    // Where the choice began, and where it is now.
    let begun = RwSignal::new(None::<(usize, usize)>);
    let cell = RwSignal::new(None::<(usize, usize)>);
    let held = StoredValue::new(false);
    // Where the last click was: one with shift goes on from there.
    let anchor = StoredValue::new(None::<(usize, usize)>);
    let cells = move || {
        let now = cell.get()?;
        Some(Cells::between(begun.get().unwrap_or(now), now))
    };
    Effect::new(move |_| {
        let (hover, cells) = (hover.get(), cells());
        sheet.draw(store, tab, |plot| {
            plot.draw(hover);
            if let Some(cells) = cells {
                plot.chosen(cells);
            }
        });
    });
    let sentence = store.memo(move |m| match m.run.status {
        Status::Playing => format!("{}: running.", chart::title(m, tab)),
        _ => chart::chart(m, tab).sentence(),
    });
    let said = Memo::new(move |_| {
        let cells = cells();
        cells.map_or(String::new(), |cells| {
            store.peek(|m| cells.text(&chart::chart(m, tab)))
        })
    });
    let under = move |event: &leptos::ev::PointerEvent| {
        let (at, size) = (sheet.under(event), sheet.drawn_size());
        let chart = store.peek(|m| chart::chart(m, tab));
        hover.set(seconds_at(at.0, size.0, chart.duration_s));
        cell_at(&chart, at, size)
    };
    let ask = move || {
        let Some(cells) = untrack(cells) else { return };
        let selection = store.peek(|m| {
            let step_ns = m.run.series.heat.step_ns;
            cells.selection(step_ns, m.duration_ns())
        });
        begun.set(None);
        store.send(Msg::Requests(Ask::Pick(selection)));
    };
    let down = move |event: leptos::ev::PointerEvent| {
        let at = under(&event);
        cell.set(at);
        held.set_value(true);
        if !event.shift_key() || anchor.get_value().is_none() {
            anchor.set_value(at);
        }
        begun.set(anchor.get_value());
    };
    let moved = move |event: leptos::ev::PointerEvent| {
        let at = under(&event);
        if held.get_value() || begun.get_untracked().is_none() {
            cell.set(at);
        }
    };
    let up = move |_: leptos::ev::PointerEvent| {
        if held.get_value() {
            held.set_value(false);
            ask();
        }
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let chart = store.peek(|m| chart::chart(m, tab));
        let (columns, rows) = (chart.data.table.len(), Rows::of(&chart));
        if columns == 0 {
            return;
        }
        let (column, row) = cell.get_untracked().unwrap_or((columns - 1, rows.row(0)));
        let place = rows.place(row);
        let far = columns.div_ceil(10);
        let to = match event.key().as_str() {
            "ArrowLeft" => (column.saturating_sub(1), place),
            "ArrowRight" => (column + 1, place),
            "PageUp" => (column.saturating_sub(far), place),
            "PageDown" => (column + far, place),
            "ArrowDown" => (column, place.saturating_sub(1)),
            "ArrowUp" => (column, place + 1),
            "Enter" => {
                event.prevent_default();
                return ask();
            }
            "Escape" => {
                begun.set(None);
                cell.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        let to = (to.0.min(columns - 1), rows.row(to.1.min(rows.drawn() - 1)));
        let from = begun.get_untracked().unwrap_or((column, row));
        begun.set(event.shift_key().then_some(from));
        cell.set(Some(to));
    };
    view! {
        <div class="plot heat" node_ref=sheet.holder>
            <canvas
                node_ref=sheet.element
                tabindex="0"
                role="application"
                aria-roledescription="heat map"
                aria-label=move || {
                    format!("{} Arrows choose a cell, with shift several, Enter shows the requests.", sentence.get())
                }
                on:pointerdown=down
                on:pointermove=moved
                on:pointerup=up
                on:pointerleave=move |_| {
                    hover.set(None);
                    held.set_value(false);
                    begun.set(None);
                    cell.set(None);
                }
                on:keydown=keys
                on:blur=move |_| {
                    begun.set(None);
                    cell.set(None);
                }
            ></canvas>
            <span class="sr-only" role="status">{move || said.get()}</span>
        </div>
    }
}

#[component]
fn Table(tab: ChartTab) -> impl IntoView {
    let store = Store::get();
    let rows = store.memo(move |m| chart::chart(m, tab).table());
    let empty = move || rows.with(Vec::is_empty);
    let title = store.peek(|m| chart::title(m, tab));
    // Reasons come as they occur.
    let columns = store.memo(move |m| chart::chart(m, tab).columns());
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=title>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"from"</th>
                        {move || {
                            columns.get().into_iter().map(|name| view! { <th scope="col">{rich(name)}</th> }).collect_view()
                        }}
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
