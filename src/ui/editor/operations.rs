//! What users do, beside the knobs of those who do it: each operation leads to its own knobs.

use leptos::prelude::*;

use crate::scenario::draw::Thing;
use crate::ui::state::editing::Draw;
use crate::ui::state::forms::{Ask, Form};
use crate::ui::state::model::Model;
use crate::ui::state::names;
use crate::ui::state::operations::operation_does;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};

#[derive(Clone, Debug, PartialEq)]
struct Line {
    key: String,
    name: String,
    does: String,
    selected: bool,
}

/// The operations, while clients or one of the operations are selected.
fn lines(model: &Model) -> Option<Vec<Line>> {
    let design = &model.doc.scenario.design;
    let about_users = match model.editor.only()? {
        Thing::Node(key) => design.node(key)?.kind.name == "clients",
        Thing::Link(_) => false,
        Thing::Operation(_) => true,
        Thing::Watched(..) => false,
    };
    let line = |operation: &crate::design::Operation| Line {
        key: operation.key.clone(),
        name: names::operation(operation).to_owned(),
        does: operation_does(operation),
        selected: model
            .editor
            .is_selected(&Thing::Operation(operation.key.clone())),
    };
    about_users.then(|| design.operations.iter().map(line).collect())
}

#[component]
pub fn Operations() -> impl IntoView {
    let store = Store::get();
    let lines = store.memo(lines);
    view! { {move || lines.get().map(|lines| view! { <List lines=lines /> })} }
}

/// A line that selects a thing which is not drawn.
pub fn choice(
    store: Store,
    thing: Thing,
    name: String,
    does: String,
    selected: bool,
) -> impl IntoView {
    view! {
        <li>
            <button
                class="line"
                aria-pressed=selected.to_string()
                on:click=move |_| store.send(Msg::Draw(Draw::Select(vec![thing.clone()])))
            >
                <strong>{name}</strong>
                <span class="small muted">{does}</span>
            </button>
        </li>
    }
}

#[component]
fn List(lines: Vec<Line>) -> impl IntoView {
    let store = Store::get();
    let add = |kind: &'static str| move |_| store.send(Msg::Draw(Draw::AddOperation(kind)));
    let selected = lines.iter().any(|line| line.selected);
    let lines = lines.into_iter().map(|line| {
        choice(
            store,
            Thing::Operation(line.key),
            line.name,
            line.does,
            line.selected,
        )
    });
    view! {
        <section class="operations">
            <h3>"What users do"</h3>
            <ul class="lines" data-testid="operations">{lines.collect_view()}</ul>
            <div class="row">
                <button class="button" data-testid="add-read" on:click=add("read")>
                    <Pic icon=Icon::Plus />
                    "Another that reads"
                </button>
                <button class="button" data-testid="add-write" on:click=add("write")>
                    <Pic icon=Icon::Plus />
                    "Another that writes"
                </button>
                <button
                    class="button quiet"
                    data-testid="load-test"
                    on:click=move |_| store.send(Msg::Form(Ask::Open(Form::LoadTest)))
                >
                    "Load test"
                </button>
                <button
                    class="button quiet"
                    data-testid="assumptions"
                    on:click=move |_| store.send(Msg::Form(Ask::Open(Form::Assumptions)))
                >
                    "Assumptions"
                </button>
                {selected
                    .then(|| {
                        view! {
                            <button class="button quiet" on:click=move |_| store.send(Msg::Draw(Draw::Delete))>
                                <Pic icon=Icon::Trash />
                                "Delete it"
                            </button>
                        }
                    })}
            </div>
        </section>
    }
}
