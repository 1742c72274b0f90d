//! After a pass: the designs of the lesson that pass, beside mine; and where to go from here.

use leptos::prelude::*;

use crate::ui::state::learning::others::{self, Cell, Row};
use crate::ui::state::learning::{Ask, catalogue, map};
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::term::{rich, term};

#[component]
pub fn OtherDesigns() -> impl IntoView {
    let store = Store::get();
    let can = store.memo(others::can_ask);
    let rows = store.memo(others::rows);
    let open = store.memo(others::is_open);
    let out = store.memo(others::left_out);
    let any = Memo::new(move |_| rows.with(|rows| !rows.is_empty()));
    view! {
        <section class="block" hidden=move || !can.get() data-testid="others" data-done=move || (any.get() && !open.get()).to_string()>
            <h3 class="label">"Other designs that pass"</h3>
            <button
                class="button"
                data-testid="others-ask"
                hidden=move || any.get()
                on:click=move |_| store.send(Msg::Learn(Ask::Others))
            >
                "Run the lesson's designs beside mine"
            </button>
            <div role="status" class="small muted">
                {move || (any.get() && open.get()).then_some("They are run on the same seed …")}
            </div>
            {move || any.get().then(|| view! { <Table rows=rows.get() /> })}
            <p class="small muted" hidden=move || !any.get() || out.get() == 0>
                {move || out.get()} " more of the lesson do not pass on this seed."
            </p>
        </section>
    }
}

const HEADS: [(&str, &str); 4] = [
    ("metric.served", "Served"),
    ("metric.latency_p99", "p99"),
    ("strip.data", "Wrong"),
    ("metric.cost", "Cost"),
];

#[component]
fn Table(rows: Vec<Row>) -> impl IntoView {
    let store = Store::get();
    let heads = HEADS.map(|(about, word)| view! { <th scope="col">{term(about, word)}</th> });
    view! {
        <div class="wide-table" tabindex="0" role="region" aria-label="Designs that pass, beside yours">
            <table class="deltas" data-testid="others-table">
                <thead>
                    <tr>
                        <td></td>
                        {heads.collect_view()}
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|row| one(store, row)).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn one(store: Store, row: Row) -> impl IntoView {
    let Row {
        nth,
        label,
        because,
        cells,
    } = row;
    let name = label.clone();
    let open = nth.map(|nth| {
        view! {
            <button
                class="link small"
                aria-label=format!("Open the design: {name}")
                title="It comes onto the page; undo brings yours back"
                data-testid=format!("other-{nth}")
                on:click=move |_| store.send(Msg::Learn(Ask::Take(nth)))
            >
                "Open"
            </button>
        }
    });
    let why = (!because.is_empty()).then(|| {
        view! { <details class="small"><summary>"Why"</summary> {rich(&because)}</details> }
    });
    let cells = cells.map(|Cell { text, delta }| {
        view! { <td>{text} <span class="delta">{delta}</span></td> }
    });
    view! {
        <tr>
            <th scope="row">{label} " " {open} {why}</th>
            {cells.collect_view()}
        </tr>
    }
}

/// What one does with a design that passes.
#[component]
pub fn Onward() -> impl IntoView {
    let store = Store::get();
    let passed = store.memo(|m| m.run.report.as_ref().is_some_and(|it| it.passed));
    // The one to do next, if it is another than this.
    let next = store.memo(|m| {
        let id = map::next(&m.learning)?;
        let other = id != m.doc.scenario.about.id;
        catalogue::find(id)
            .filter(|_| other)
            .map(|it| (it.id, it.title))
    });
    let teased = store.memo(|m| {
        let twists = &m.doc.scenario.lesson.twists;
        let waits = m.doc.part().is_none() && !m.holds();
        twists
            .first()
            .filter(|_| waits)
            .map(|twist| twist.label.clone())
    });
    let keep = |msg: fn() -> Msg| move |_| store.send(msg());
    view! {
        <div class="onward" hidden=move || !passed.get() data-testid="onward">
            <p class="small muted" hidden=move || teased.with(Option::is_none)>
                "Part two waits: " {move || teased.get()} ". It opens once the design holds on the other seeds."
            </p>
            <div class="what-if">
                <button class="button" data-testid="copy-a-link" on:click=keep(|| Msg::Share)>"Copy a link to it"</button>
                <button class="button" data-testid="to-progress" on:click=keep(|| Msg::Learn(Ask::Open))>
                    "Progress, kept in this browser"
                </button>
                <button
                    class="button"
                    data-testid="sandbox"
                    on:click=move |_| store.send(Msg::Learn(Ask::Door(crate::ui::state::learning::door::Door::Cold)))
                >
                    "Build on with this design"
                </button>
                {move || {
                    next.get()
                        .map(|(id, title)| {
                            view! {
                                <button class="button" data-testid="next-lesson" on:click=move |_| store.send(Msg::OpenBuiltIn(id))>
                                    "Next lesson: " {title}
                                </button>
                            }
                        })
                }}
            </div>
        </div>
    }
}
