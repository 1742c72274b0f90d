//! The knobs a learner may turn: each with its value, its steps, a typed field and what it does.

use leptos::prelude::*;

use crate::scenario::draw::Edit;
use crate::ui::editor::inspector::Inspector;
use crate::ui::platform;
use crate::ui::state::editing::Draw;
use crate::ui::state::inspect;
use crate::ui::state::knobs::{self, Control, Knob};
use crate::ui::state::learning::door::{Door, glows};
use crate::ui::state::model::{Model, Tab};
use crate::ui::state::twins::Ask;
use crate::ui::state::update::Msg;
use crate::ui::state::words;
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};
use crate::ui::widgets::term::{asks, coded};

#[component]
pub fn Knobs() -> impl IntoView {
    let store = Store::get();
    let picked = store.memo(|m| inspect::inspected(m).is_some());
    let open = store.memo(|m| m.shows_knobs() || m.tab == Tab::Knobs);
    view! {
        <section class="knobs" id="knobs" aria-label="Knobs" tabindex="-1" hidden=move || !open.get()>
            {move || match picked.get() {
                true => view! { <Inspector /> }.into_any(),
                false => view! { <Unlocked /> }.into_any(),
            }}
        </section>
    }
}

/// The knobs of the lesson.
#[component]
fn Unlocked() -> impl IntoView {
    let store = Store::get();
    // The list changes with the scenario, not with every keystroke: fields keep their focus.
    let paths = store.memo(|m| match m.learning.door {
        Door::Guided => m.doc.scenario.lesson.unlocked.clone(),
        Door::Cold => Vec::new(),
    });
    let none = move || paths.with(Vec::is_empty);
    view! {
        <div class="knobs-head">
            <h2>"Knobs"</h2>
            <button
                class="button quiet icon-only"
                aria-label="Close the knobs"
                on:click=move |_| store.send(Msg::ToggleKnobs)
            >
                <Pic icon=Icon::Close />
            </button>
        </div>
        <p class="small muted" hidden=none>
            "Changes count from the next start. The first run stays in the charts to compare."
        </p>
        <p class="small muted" hidden=move || !none()>
            "Click a node or a link to see its knobs."
        </p>
        {move || {
            paths.get().into_iter().map(|path| view! { <One path=path /> }).collect_view()
        }}
        <Foot />
    }
}

#[component]
pub fn One(path: String) -> impl IntoView {
    let store = Store::get();
    let knob = {
        let path = path.clone();
        store.memo(move |m| knobs::one(&m.doc, &path))
    };
    let Some(first) = knob.get_untracked() else {
        return ().into_any();
    };
    let id = path.replace('.', "-");
    let (meaning_id, error_id, label_id) = (
        format!("{id}-meaning"),
        format!("{id}-error"),
        format!("{id}-label"),
    );
    let error = Memo::new(move |_| knob.with(|k| k.as_ref().and_then(|k| k.error.clone())));
    let was = Memo::new(move |_| knob.with(|k| k.as_ref().and_then(|k| k.was.clone())));
    let set = Memo::new(move |_| knob.with(|k| k.as_ref().is_some_and(|k| k.is_set)));
    let glow = {
        let path = path.clone();
        store.memo(move |m| glows(m) && m.doc.scenario.lesson.unlocked.contains(&path))
    };
    let described = format!("{meaning_id} {error_id}");
    let control = match first.control {
        Control::Words(words) => {
            view! { <Segments path=path.clone() words=words knob=knob label=label_id.clone() /> }.into_any()
        }
        Control::List(words) => {
            view! { <List path=path.clone() words=words knob=knob id=id.clone() described=described /> }.into_any()
        }
        Control::Steps(_) => {
            view! { <Steps path=path.clone() knob=knob id=id.clone() described=described /> }.into_any()
        }
    };
    let default = first.default;
    let (reset_path, twin_path) = (path.clone(), path.clone());
    let can_reset = move || set.get() && !default.is_empty();
    view! {
        <div class="knob" data-glows=move || glow.get().to_string() data-testid=format!("knob-{path}") data-value=move || {
            knob.with(|k| k.as_ref().map(|k| k.value.clone()))
        }>
            <div class="knob-head">
                <label class="knob-name" id=label_id for=id title=path.clone()>{first.title.clone()}</label>
                {first.term.map(asks)}
                {move || glow.get().then(|| view! { <span class="glow">"of this lesson"</span> })}
                {move || was.get().map(|was| view! { <span class="was">"was " {was}</span> })}
                {move || {
                    let path = twin_path.clone();
                    was.with(Option::is_some)
                        .then(|| {
                            view! {
                                <button
                                    class="link small"
                                    data-testid=format!("twin-{path}")
                                    title="Run the same seed once more with it as it was, and see what goes differently"
                                    on:click=move |_| store.send(Msg::Twins(Ask::Knob(path.clone())))
                                >
                                    "compare"
                                </button>
                            }
                        })
                }}
                {move || {
                    let path = reset_path.clone();
                    can_reset()
                        .then(|| {
                            view! {
                                <button
                                    class="link small"
                                    title=format!("Back to the default: {default}")
                                    on:click=move |_| store.send(Msg::Draw(Draw::Do(Edit::Unset { path: path.clone() })))
                                >
                                    "default"
                                </button>
                            }
                        })
                }}
            </div>
            {control}
            <p class="meaning" id=meaning_id>
                <strong>{first.owner}</strong> ": " {first.meaning} "."
                <span class="allowed">
                    {coded(&format!("{}.", words::sentence_case(&first.allowed)))} {(!default.is_empty()).then(|| format!(" Default: {default}."))}
                </span>
            </p>
            {(!first.source.is_empty())
                .then(|| view! { <p class="meaning source">"Source: " {first.source}</p> })}
            <p class="error" id=error_id role="alert" hidden=move || error.with(Option::is_none)>
                {move || error.get().map(|e| coded(&format!("✕ Not used: {e}")))}
            </p>
        </div>
    }
    .into_any()
}

type Held = Memo<Option<Knob>>;

pub fn set(store: Store, path: &str, typed: &str) {
    store.send(Msg::Knob {
        path: path.to_owned(),
        typed: typed.to_owned(),
    });
}

/// A few words of which one holds.
#[component]
fn Segments(path: String, words: Vec<&'static str>, knob: Held, label: String) -> impl IntoView {
    let store = Store::get();
    let name = path.clone();
    let now = Memo::new(move |_| knob.with(|k| k.as_ref().map(|k| k.value.clone())));
    view! {
        <div class="knob-row">
            <div class="segments" role="radiogroup" aria-labelledby=label>
                {words
                    .into_iter()
                    .map(|word| {
                        let path = path.clone();
                        view! {
                            <label>
                                <input
                                    type="radio"
                                    name=name.clone()
                                    value=word
                                    prop:checked=move || now.with(|n| n.as_deref() == Some(word))
                                    on:change=move |_| set(store, &path, word)
                                />
                                {word}
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </div>
    }
}

/// One of many words.
#[component]
fn List(
    path: String,
    words: Vec<&'static str>,
    knob: Held,
    id: String,
    described: String,
) -> impl IntoView {
    let store = Store::get();
    let now = Memo::new(move |_| knob.with(|k| k.as_ref().map(|k| k.value.clone())));
    view! {
        <div class="knob-row">
            <select
                class="field"
                id=id
                aria-describedby=described
                on:change=move |event| set(store, &path, &event_target_value(&event))
            >
                {words
                    .into_iter()
                    .map(|word| {
                        view! {
                            <option value=word selected=move || now.with(|n| n.as_deref() == Some(word))>
                                {word}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </div>
    }
}

/// A typed value with steps down and up, and the steps as chips.
#[component]
fn Steps(path: String, knob: Held, id: String, described: String) -> impl IntoView {
    let store = Store::get();
    let typed =
        Memo::new(move |_| knob.with(|k| k.as_ref().map(|k| k.typed.clone()).unwrap_or_default()));
    let invalid = Memo::new(move |_| knob.with(|k| k.as_ref().is_some_and(|k| k.error.is_some())));
    let allowed =
        knob.with_untracked(|k| k.as_ref().map(|k| k.allowed.clone()).unwrap_or_default());
    let step = move |up: bool| {
        Memo::new(move |_| knob.with(|k| k.as_ref().and_then(|k| k.step(up).map(str::to_owned))))
    };
    let (down, up) = (step(false), step(true));
    let title = knob.with_untracked(|k| k.as_ref().map(|k| k.title.clone()).unwrap_or_default());
    let title_up = title.clone();
    let go = {
        let path = path.clone();
        move |to: Memo<Option<String>>| {
            if let Some(value) = to.get_untracked() {
                set(store, &path, &value);
            }
        }
    };
    let (go_down, go_up, go_keys) = (go.clone(), go.clone(), go);
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let (to, times) = match event.key().as_str() {
            "ArrowDown" => (down, 1),
            "ArrowUp" => (up, 1),
            "PageDown" => (down, 10),
            "PageUp" => (up, 10),
            _ => return,
        };
        event.prevent_default();
        (0..times).for_each(|_| go_keys(to));
    };
    let input_path = path.clone();
    view! {
        <div class="knob-row">
            <button
                class="button icon-only"
                aria-label=format!("{title}: one step down")
                disabled=move || down.with(Option::is_none)
                on:click=move |_| go_down(down)
            >
                "−"
            </button>
            <input
                class="field"
                id=id
                type="text"
                autocomplete="off"
                spellcheck="false"
                maxlength="60"
                title=allowed
                aria-describedby=described
                aria-invalid=move || invalid.get().to_string()
                prop:value=move || typed.get()
                on:input=move |event| {
                    let typed = event_target_value(&event);
                    store.send(Msg::KnobInput { path: input_path.clone(), typed });
                }
                on:change=move |_| store.send(Msg::KnobTyped)
                on:keydown=on_key
            />
            <button
                class="button icon-only"
                aria-label=format!("{title_up}: one step up")
                disabled=move || up.with(Option::is_none)
                on:click=move |_| go_up(up)
            >
                "+"
            </button>
        </div>
        <Chips path=path knob=knob title=title_up.clone() />
    }
}

/// At most six steps around the ones people try, to click.
#[component]
fn Chips(path: String, knob: Held, title: String) -> impl IntoView {
    let store = Store::get();
    let now = Memo::new(move |_| knob.with(|k| k.as_ref().map(|k| k.value.clone())));
    view! {
        <div class="chips" role="group" aria-label=format!("{title}: common values")>
            {common(&path)
                .iter()
                .map(|&value| {
                    let path = path.clone();
                    view! {
                        <button
                            class="chip"
                            aria-pressed=move || now.with(|n| n.as_deref() == Some(value)).to_string()
                            on:click=move |_| set(store, &path, value)
                        >
                            {value}
                        </button>
                    }
                })
                .collect_view()}
        </div>
    }
}

fn common(path: &str) -> &'static [&'static str] {
    match path.rsplit('.').next().unwrap_or_default() {
        "attempts" => &["1", "2", "3", "5"],
        "retry_budget" => &["none", "5 %", "10 %", "20 %"],
        "queue_limit" => &["unbounded", "500", "50", "10"],
        _ => &[],
    }
}

#[component]
fn Foot() -> impl IntoView {
    let store = Store::get();
    let changed = store.memo(|m| m.doc.changes().len());
    let waits = store.memo(|m| m.has_pending() && m.has_begun());
    let run = move |_| {
        // A run that is under way is given up for one with the new values.
        if store.peek(|m: &Model| m.has_begun() && !m.is_over()) {
            store.send(Msg::Restart);
        }
        store.send(Msg::PlayPause);
        platform::focus("run");
    };
    view! {
        <div class="knobs-foot">
            <p class="small muted" role="status">
                {move || match (changed.get(), waits.get()) {
                    (0, false) => "As the file was opened.".to_owned(),
                    (n, false) => format!("{n} changed against the first run."),
                    (n, true) => format!("{n} changed; counts from the next start."),
                }}
            </p>
            <div class="row">
                <button class="button primary" data-testid="run-again" on:click=run>
                    <Pic icon=Icon::Play />
                    "Run with these"
                </button>
                <button
                    class="button"
                    disabled=move || changed.get() == 0
                    on:click=move |_| store.send(Msg::ResetKnobs)
                >
                    "Reset"
                </button>
            </div>
            <button
                class="button"
                data-testid="twin-start"
                hidden=move || changed.get() == 0
                title="Run the start design beside this one, with the same seed"
                on:click=move |_| store.send(Msg::Twins(Ask::Start))
            >
                "Compare with the start design"
            </button>
        </div>
    }
}
