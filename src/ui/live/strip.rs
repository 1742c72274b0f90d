//! The strip that answers six questions in five seconds.

use leptos::prelude::*;

use crate::ui::state::model::{Model, Status};
use crate::ui::state::pager;
use crate::ui::state::requests::Ask;
use crate::ui::state::strip::{self, Cell};
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::term::{rich, term};

#[component]
pub fn Strip() -> impl IntoView {
    view! {
        <section aria-label="Right now">
            <dl class="strip">
            <One name="Users" about="strip.users" id="users" select=strip::users />
            <One name="Data" about="strip.data" id="data" select=strip::data />
            <One name="Where" about="strip.where" id="where" select=strip::place />
            <Trend />
            <One name="Last change" about="strip.change" id="change" select=strip::change />
            <One name="Cost" about="strip.cost" id="cost" select=strip::cost />
            </dl>
        </section>
    }
}

#[component]
fn One(
    name: &'static str,
    about: &'static str,
    id: &'static str,
    select: fn(&Model) -> Cell,
) -> impl IntoView {
    let cell = Store::get().memo(move |m| match m.is_blind() {
        true => pager::unseen(),
        false => select(m),
    });
    view! {
        <div class="cell" data-tone=move || cell.with(|c| c.tone.key()) data-testid=format!("strip-{id}")>
            <dt>{term(about, name)}</dt>
            <Lines cell=cell />
        </div>
    }
}

#[component]
fn Lines(cell: Memo<Cell>) -> impl IntoView {
    // What changes many times a second is no place to rest on.
    let store = Store::get();
    let rests = store.memo(|m| m.run.status != Status::Playing);
    let words = move |text: String| match rests.get() {
        true => rich(&text),
        false => text.into_any(),
    };
    view! {
        <dd class="main" title=move || cell.with(|c| c.main.clone())>
            {move || {
                let glyph = cell.with(|c| c.tone.glyph());
                (!glyph.is_empty()).then(|| view! { <span aria-hidden="true">{glyph} " "</span> })
            }}
            {move || {
                let (main, leads) = cell.with(|c| (c.main.clone(), c.leads.clone()));
                match leads.filter(|_| rests.get()) {
                    Some(what) => {
                        let ask = move |_| store.send(Msg::Requests(Ask::All(what.clone())));
                        view! {
                            <button class="plain" on:click=ask>
                                {main} <span class="sr-only">": show these requests"</span>
                            </button>
                        }
                            .into_any()
                    }
                    None => words(main),
                }
            }}
        </dd>
        <dd class="detail" title=move || cell.with(|c| c.detail.clone())>
            {move || words(cell.with(|c| c.detail.clone()))}
        </dd>
    }
}

/// The last minute of useful replies as a small line; the words beside it say the same.
#[component]
fn Trend() -> impl IntoView {
    let store = Store::get();
    let cell = store.memo(|m| match m.is_blind() {
        true => pager::unseen(),
        false => strip::trend(m),
    });
    let points = store.memo(|m| match m.is_blind() {
        true => String::new(),
        false => line(&strip::spark(m)),
    });
    view! {
        <div class="cell trend" data-tone=move || cell.with(|c| c.tone.key()) data-testid="strip-trend">
            <dt>{term("strip.trend", "Trend")}</dt>
            <svg class="spark" hidden=move || points.with(String::is_empty) viewBox="0 0 96 30" preserveAspectRatio="none" aria-hidden="true">
                <polyline
                    points=move || points.get()
                    fill="none"
                    stroke="var(--served)"
                    stroke-width="2"
                    vector-effect="non-scaling-stroke"
                />
            </svg>
            <Lines cell=cell />
        </div>
    }
}

fn line(values: &[f64]) -> String {
    let top = values.iter().copied().fold(1.0, f64::max);
    let last = values.len().saturating_sub(1).max(1) as f64;
    let point = |(i, v): (usize, &f64)| {
        format!("{:.1},{:.1}", 96.0 * i as f64 / last, 28.0 - 26.0 * v / top)
    };
    values
        .iter()
        .enumerate()
        .map(point)
        .collect::<Vec<_>>()
        .join(" ")
}
