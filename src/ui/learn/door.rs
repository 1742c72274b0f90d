//! The two doors, what is due, and the worked example behind the first of them.

use leptos::prelude::*;

use crate::ui::state::learning::door::{Door, Example, example};
use crate::ui::state::learning::{Ask, review};
use crate::ui::state::model::Model;
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::term::rich;

/// Which door, changed at any time; and a way past what somebody knows.
#[component]
pub fn Doors() -> impl IntoView {
    let store = Store::get();
    let now = store.memo(|m| m.learning.door);
    let none = store.memo(|m| m.doc.scenario.lesson.hook.is_empty());
    // Later there is something better to read.
    let begun = store.memo(Model::has_begun);
    let due = store.memo(|m| review::due(m).len());
    let send = move |ask: Ask| store.send(Msg::Learn(ask));
    view! {
        <p class="small due" hidden=move || due.get() == 0 || begun.get()>
            <button class="link" data-testid="due" on:click=move |_| send(Ask::Open)>
                {move || match due.get() {
                    1 => "1 review is due".to_owned(),
                    n => format!("{n} reviews are due"),
                }}
            </button>
        </p>
        <div class="doors" hidden=move || none.get()>
            <div class="segments" role="group" aria-label="How to begin">
                {Door::ALL
                    .map(|door| {
                        view! {
                            <button
                                class="door"
                                data-testid=format!("door-{}", door.key())
                                aria-pressed=move || (now.get() == door).to_string()
                                on:click=move |_| send(Ask::Door(door))
                            >
                                {door.label()}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            <button
                class="link small"
                data-testid="hardest"
                title="The hardest lesson that is not passed yet, without help"
                hidden=move || begun.get()
                on:click=move |_| send(Ask::Hardest)
            >
                "I know this: show me hard ones"
            </button>
            <button
                class="link small"
                data-testid="progress-open"
                title="The map of lessons, reviews, export and import  P"
                on:click=move |_| send(Ask::Open)
            >
                "Progress"
            </button>
        </div>
    }
}

/// What the start does and what one change of it does, before the run that shows it.
#[component]
pub fn Worked() -> impl IntoView {
    let store = Store::get();
    let shown = store.memo(example);
    let sees = store.memo(|m| m.learning.sees_example);
    view! {
        {move || {
            shown
                .get()
                .map(|it| match sees.get() {
                    true => card(it).into_any(),
                    false => view! {
                        <button
                            class="link small"
                            data-testid="example-open"
                            title="It says what the start does: your prediction stands then"
                            on:click=move |_| store.send(Msg::Learn(Ask::Example))
                        >
                            "A worked example first; my prediction stands"
                        </button>
                    }
                    .into_any(),
                })
        }}
    }
}

fn card(shown: Example) -> impl IntoView {
    let Example {
        planned,
        start,
        change,
    } = shown;
    let part = |head: &'static str, text: Option<(String, String)>| {
        text.map(|(label, because)| {
            view! { <p><strong>{head} " " {label} "."</strong> " " {rich(&because)}</p> }
        })
    };
    view! {
        <section class="card" data-testid="example" id="example" tabindex="-1">
            <h3>"Worked example"</h3>
            {planned.map(|planned| view! { <p class="muted">"What happens: " {rich(&planned)} "."</p> })}
            {part("The start:", start)}
            {part("One change:", change)}
            <p class="muted">"Run it and see. What does help is for you to find."</p>
        </section>
    }
}
