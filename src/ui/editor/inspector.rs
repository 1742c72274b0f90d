//! What is selected: its name, its knobs, what is wrong with it, and what can be done with it.

use leptos::prelude::*;

use super::operations::Operations;
use super::watching::Watching;
use crate::scenario::draw::Edit;
use crate::ui::learn::knobs::{One, set};
use crate::ui::state::editing::Draw;
use crate::ui::state::glossary;
use crate::ui::state::inspect::{Inspected, inspected};
use crate::ui::state::theory;
use crate::ui::state::twins::Ask;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};
use crate::ui::widgets::term::{asks, rich, term};

#[component]
pub fn Inspector() -> impl IntoView {
    let store = Store::get();
    let shown = store.memo(|m| inspected(m).unwrap_or_default());
    let title = Memo::new(move |_| {
        shown.with(|s| (s.title.clone(), s.kind.clone(), glossary::of(&s.about)))
    });
    // The lists change with the selection, not with every keystroke: fields keep their focus.
    let lists = Memo::new(move |_| shown.with(|s| (s.kind.clone(), paths(s))));
    let entry = store.memo(|m| m.editor.entry);
    let plans = store.memo(plans_of);
    view! {
        <div class="knobs-head">
            <div>
                <h2 data-testid="inspected">{move || title.with(|t| t.0.clone())}</h2>
                <p class="small muted">{move || title.with(|t| t.1.clone())} {move || title.with(|t| t.2.map(asks))}</p>
            </div>
            <button
                class="button quiet icon-only"
                aria-label="Close: select nothing"
                on:click=move |_| store.send(Msg::Draw(Draw::Select(Vec::new())))
            >
                <Pic icon=Icon::Close />
            </button>
        </div>
        <Faults />
        {move || shown.with(|s| s.label.clone()).map(|(path, label)| view! { <Label path=path label=label /> })}
        <p class="small muted">{move || shown.with(|s| s.meaning.clone())}</p>
        <Operations />
        <Watching />
        {move || {
            let (_, (first, rest)) = lists.get();
            let more = rest.len();
            view! {
                {first.into_iter().map(|path| view! { <One path=path /> }).collect_view()}
                {(more > 0).then(|| view! { <Rest paths=rest /> })}
            }
        }}
        <Theory />
        {move || plans.get().map(|(node, plans)| view! { <Plans node=node plans=plans /> })}
        {move || {
            entry
                .get()
                .map(|number| {
                    view! {
                        <button
                            class="button"
                            data-testid="twin-without"
                            title="Run the same seed once more without it, and see what goes differently"
                            on:click=move |_| store.send(Msg::Twins(Ask::Without(number)))
                        >
                            "Compare with this left out"
                        </button>
                        <button
                            class="button"
                            data-testid="delete-entry"
                            on:click=move |_| store.send(Msg::Draw(Draw::RemoveEntry(number)))
                        >
                            <Pic icon=Icon::Trash />
                            "Take it off the timeline"
                        </button>
                    }
                })
        }}
    }
}

/// What a formula says of the node, beside the finished run.
#[component]
fn Theory() -> impl IntoView {
    let store = Store::get();
    let shown = store.memo(theory::shown);
    view! {
        {move || {
            shown
                .get()
                .map(|it| {
                    let rows = it.rows.into_iter().map(|(name, formula, run)| {
                        view! { <tr><th scope="row">{name}</th><td>{formula}</td><td>{run}</td></tr> }
                    });
                    view! {
                        <section class="block" data-testid="theory">
                            <h3 class="label">{term("ui.theory", "Theory beside the run")} ", " {it.queue}</h3>
                            <table class="deltas">
                                <thead>
                                    <tr>
                                        <td></td>
                                        <th scope="col">"Formula"</th>
                                        <th scope="col">"This run"</th>
                                    </tr>
                                </thead>
                                <tbody>{rows.collect_view()}</tbody>
                            </table>
                            <p class="small muted">{it.interval}</p>
                            <p class="small">{rich(&it.says)}</p>
                        </section>
                    }
                })
        }}
    }
}

fn paths(shown: &Inspected) -> (Vec<String>, Vec<String>) {
    (shown.first.clone(), shown.rest.clone())
}

#[component]
fn Label(path: String, label: String) -> impl IntoView {
    let store = Store::get();
    view! {
        <div class="knob">
            <label class="knob-name" for="label-of">"Name"</label>
            <div class="knob-row">
                <input
                    id="label-of"
                    class="field"
                    type="text"
                    maxlength="60"
                    autocomplete="off"
                    placeholder=path.split('.').nth(1).unwrap_or_default().to_owned()
                    prop:value=label
                    on:change=move |event| set(store, &path, &event_target_value(&event))
                />
            </div>
        </div>
    }
}

/// Knobs that few people turn; made when somebody asks for them.
#[component]
fn Rest(paths: Vec<String>) -> impl IntoView {
    let open = RwSignal::new(false);
    let count = paths.len();
    view! {
        <button
            class="button quiet more"
            aria-expanded=move || open.get().to_string()
            on:click=move |_| open.update(|open| *open = !*open)
        >
            {move || if open.get() { "Fewer knobs".to_owned() } else { format!("{count} more knobs") }}
        </button>
        {move || {
            open.get().then(|| paths.iter().cloned().map(|path| view! { <One path=path /> }).collect_view())
        }}
    }
}

/// Why the drawing cannot run, wherever that is.
#[component]
fn Faults() -> impl IntoView {
    let store = Store::get();
    let why = store.memo(|m| m.why_not_run());
    view! {
        {move || {
            why.get()
                .map(|why| view! { <p class="card alarm small" data-testid="why-not-run">"It cannot run yet. " {why}</p> })
        }}
    }
}

type StepsOf = Vec<(String, Vec<String>)>;

fn plans_of(model: &crate::ui::state::model::Model) -> Option<(String, StepsOf)> {
    let key = model.editor.only_node()?;
    let node = model.doc.scenario.design.node(key)?;
    let plans: StepsOf = crate::scenario::written_plans(&model.doc.text, node);
    (!plans.is_empty()).then(|| (key.to_owned(), plans))
}

/// The steps of each operation, to be put into another order.
#[component]
fn Plans(node: String, plans: StepsOf) -> impl IntoView {
    let store = Store::get();
    view! {
        <h3>"What it does"</h3>
        {plans
            .into_iter()
            .map(|(operation, steps)| {
                let count = steps.len();
                let lines = steps
                    .iter()
                    .enumerate()
                    .map(|(nth, step)| {
                        let moved = |by: isize| {
                            let mut other = steps.clone();
                            let to = nth.saturating_add_signed(by).min(count - 1);
                            other.swap(nth, to);
                            Edit::Plan { node: node.clone(), operation: operation.clone(), steps: other }
                        };
                        let mut fewer = steps.clone();
                        fewer.remove(nth);
                        let without = Edit::Plan { node: node.clone(), operation: operation.clone(), steps: fewer };
                        // Named by the step, which is code and stays as it is, and by what is done with it.
                        let step_id = format!("step-{node}-{operation}-{nth}");
                        let code_id = step_id.clone();
                        let button = |mark: &'static str, what: &'static str, off: bool, edit: Edit| {
                            let id = format!("{step_id}-{what}").replace(' ', "-");
                            view! {
                                <button
                                    class="button quiet icon-only"
                                    aria-label=what
                                    aria-labelledby=format!("{step_id} {id}")
                                    id=id
                                    disabled=off
                                    on:click=move |_| store.send(Msg::Draw(Draw::Do(edit.clone())))
                                >
                                    {mark}
                                </button>
                            }
                        };
                        view! {
                            <li class="step">
                                <code id=code_id>{step.clone()}</code>
                                {button("↑", "earlier", nth == 0, moved(-1))}
                                {button("↓", "later", nth + 1 == count, moved(1))}
                                {button("✕", "leave it out", count == 1, without)}
                            </li>
                        }
                    })
                    .collect_view();
                view! {
                    <h4 class="small" translate="no">{operation.clone()}</h4>
                    <ol class="steps">{lines}</ol>
                    <NewStep node=node.clone() operation=operation.clone() steps=steps.clone() />
                }
            })
            .collect_view()}
    }
}

/// One more step, typed as the file writes it; it comes before the last one, which answers.
#[component]
fn NewStep(node: String, operation: String, steps: Vec<String>) -> impl IntoView {
    let store = Store::get();
    let id = format!("step-of-{operation}");
    let add = move |written: String| {
        let mut steps = steps.clone();
        let at = match steps.last().map(String::as_str) {
            Some("respond") => steps.len() - 1,
            _ => steps.len(),
        };
        steps.insert(at, written);
        let (node, operation) = (node.clone(), operation.clone());
        store.send(Msg::Draw(Draw::Do(Edit::Plan {
            node,
            operation,
            steps,
        })));
    };
    view! {
        <label class="small muted" for=id.clone()>"One more step"</label>
        <input
            id=id.clone()
            data-testid=id
            class="field"
            type="text"
            maxlength="200"
            autocomplete="off"
            placeholder="work, call LINK, respond"
            on:change=move |event| {
                let written = event_target_value(&event).trim().to_owned();
                if !written.is_empty() {
                    add(written);
                }
            }
        />
    }
}
