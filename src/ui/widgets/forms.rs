//! The dialogs of forms: a line for each thing that is asked, what is wrong beside it, and what comes of it.

use leptos::prelude::*;

use crate::ui::state::forms::load_test::{self, Row};
use crate::ui::state::forms::{self, Ask, Form, assumptions};
use crate::ui::state::update::Msg;
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::term::coded;

#[component]
pub fn FormView(form: Form) -> impl IntoView {
    let store = Store::get();
    let (about, use_it) = match form {
        Form::LoadTest => (
            "A closed loop, as Locust runs it: each user asks, waits for the answer, pauses, and asks again.",
            "Use it and run",
        ),
        Form::Assumptions => (
            "Who says how many people there are has said how many requests that is. Change a line, and read what follows.",
            "Use them",
        ),
    };
    let wrong = store.memo(move |m| forms::wrong(m, form));
    let refused = store.memo(|m| m.forms.refused.clone());
    let fields = form.fields().iter().enumerate().map(move |(nth, field)| {
        let id = format!("form-{}-{nth}", form as u8);
        let (hint_id, for_id) = (format!("{id}-hint"), id.clone());
        let described = hint_id.clone();
        let typed = store.memo(move |m| m.forms.typed(form).get(nth).cloned().unwrap_or_default());
        let why = Memo::new(move |_| {
            wrong.with(|wrong| {
                wrong
                    .as_ref()
                    .filter(|w| w.field == nth)
                    .map(|w| w.why.clone())
            })
        });
        view! {
            <div class="form-line">
                <label for=for_id>{field.title}</label>
                <input
                    id=id
                    class="field"
                    autocomplete="off"
                    aria-describedby=described
                    aria-invalid=move || why.with(Option::is_some).to_string()
                    prop:value=move || typed.get()
                    on:input=move |event| {
                        store.send(Msg::Form(Ask::Typed(form, nth, event_target_value(&event))));
                    }
                />
                <span class="small" id=hint_id>
                    {move || match why.get() {
                        Some(why) => view! { <span class="error">{coded(&why)}</span> }.into_any(),
                        None => view! { <span class="muted">{field.hint}</span> }.into_any(),
                    }}
                </span>
            </div>
        }
    });
    let cannot = Memo::new(move |_| wrong.with(Option::is_some));
    view! {
        <p class="small muted">{about}</p>
        <Clients />
        <form
            class="form"
            on:submit=move |event| {
                event.prevent_default();
                store.send(Msg::Form(Ask::Use(form)));
            }
        >
            {fields.collect_view()}
            {move || refused.get().map(|why| view! { <p class="card alarm small" role="alert">{coded(&why)}</p> })}
            {(form == Form::Assumptions).then(|| view! { <Lines /> })}
            <div class="row">
                <button
                    class="button primary"
                    type="submit"
                    data-testid="form-use"
                    aria-disabled=move || cannot.get().to_string()
                >
                    {use_it}
                </button>
                {(form == Form::LoadTest)
                    .then(|| {
                        view! {
                            <button
                                class="button"
                                type="button"
                                data-testid="locustfile"
                                on:click=move |_| store.send(Msg::Form(Ask::Locustfile))
                            >
                                "Save as locustfile.py"
                            </button>
                        }
                    })}
            </div>
        </form>
        {(form == Form::LoadTest).then(|| view! { <Table /> })}
    }
}

/// Which clients it is about, where there are several.
#[component]
fn Clients() -> impl IntoView {
    let store = Store::get();
    let all = store.memo(forms::all_clients);
    let now = store.memo(|m| m.forms.clients.clone());
    view! {
        {move || {
            let all = all.get();
            (all.len() > 1)
                .then(|| {
                    view! {
                        <label class="form-line">
                            <span>"Clients"</span>
                            <select
                                class="select"
                                on:change=move |event| {
                                    store.send(Msg::Form(Ask::Clients(event_target_value(&event))));
                                }
                            >
                                {all
                                    .into_iter()
                                    .map(|(key, name)| {
                                        let is_now = now.with(|now| *now == key);
                                        view! { <option value=key selected=is_now>{name}</option> }
                                    })
                                    .collect_view()}
                            </select>
                        </label>
                    }
                })
        }}
    }
}

/// How the load follows from what was assumed.
#[component]
fn Lines() -> impl IntoView {
    let store = Store::get();
    let lines = store.memo(|m| {
        let read = assumptions::read(m.forms.typed(Form::Assumptions));
        read.map(|assumed| assumed.lines(&m.doc.scenario, &m.forms.clients))
            .unwrap_or_default()
    });
    view! {
        <ol class="plan-lines" data-testid="assumed" aria-live="polite">
            {move || lines.get().into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}
        </ol>
    }
}

/// The run on the page as Locust's table.
#[component]
fn Table() -> impl IntoView {
    let store = Store::get();
    let open = store.memo(|m| m.dialog == Some(super::super::state::model::Dialog::LoadTest));
    let rows = store.memo(move |m| match open.get() {
        true => load_test::shown(load_test::rows(m)),
        false => Vec::new(),
    });
    let any = Memo::new(move |_| rows.with(|rows| !rows.is_empty()));
    let step = store.memo(|m| words::ms(m.run.series.users.step_ns as f64 / 1e6));
    let line = |row: Row| {
        let share = match row.requests > 0.0 {
            true => words::percent(row.failures / row.requests),
            false => "–".to_owned(),
        };
        view! {
            <tr>
                <td>{words::seconds(row.at_ns)}</td>
                <td>{words::count(row.users)}</td>
                <td>{words::amount(row.requests)}</td>
                <td>{words::ms(row.p50_ms)}</td>
                <td>{words::ms(row.p99_ms)}</td>
                <td>{words::amount(row.failures)} " (" {share} ")"</td>
            </tr>
        }
    };
    view! {
        {move || {
            any.get()
                .then(|| {
                    view! {
                        <div class="table-wrap load-run" tabindex="0" role="region" aria-label="The run as a table">
                            <table data-testid="load-table">
                                <caption class="small muted">"The run on the page: at each moment, what the " {move || step.get()} " before it had"</caption>
                                <thead>
                                    <tr>
                                        <th scope="col">"At"</th>
                                        <th scope="col">"Users"</th>
                                        <th scope="col">"Answers/s"</th>
                                        <th scope="col">"p50"</th>
                                        <th scope="col">"p99"</th>
                                        <th scope="col">"Failures/s"</th>
                                    </tr>
                                </thead>
                                <tbody>{move || rows.get().into_iter().map(line).collect_view()}</tbody>
                            </table>
                        </div>
                        <button
                            class="button"
                            data-testid="load-csv"
                            on:click=move |_| store.send(Msg::Form(Ask::Csv))
                        >
                            "Save all steps as CSV"
                        </button>
                    }
                })
        }}
    }
}
