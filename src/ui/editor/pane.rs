//! The small windows: a field to search in, and lines to choose from by pointer or keyboard.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;

use super::hands::perform;
use super::stage::Stage;
use crate::ui::platform;
use crate::ui::state::editing::Draw;
use crate::ui::state::editor::Pane;
use crate::ui::state::panes::{self, Does, Line};
use crate::ui::state::update::Msg;
use crate::ui::store::Store;
use crate::ui::widgets::icon::{Icon, Pic};

/// Does what a line says.
fn choose(store: Store, stage: Stage, line: &Line) {
    if let Some(why) = &line.not {
        let text = format!("{}: {why}.", line.text);
        store.send(Msg::Toast(text));
        return;
    }
    store.send(Msg::Draw(Draw::Pane(None)));
    platform::focus("canvas");
    match line.does.clone() {
        Does::Send(msg) => store.send(msg),
        Does::View(act) => perform(store, stage, act),
        Does::Word(nth) => {
            store.send(panes::words());
            // When the list is there.
            request_animation_frame(move || {
                request_animation_frame(move || platform::focus(&format!("word-{nth}")));
            });
        }
    }
}

#[component]
pub fn PaneView() -> impl IntoView {
    let store = Store::get();
    let pane = store.memo(|m| m.editor.pane.clone());
    view! { {move || pane.get().map(|pane| view! { <Opened pane=pane /> })} }
}

#[component]
fn Opened(pane: Pane) -> impl IntoView {
    let store = Store::get();
    let stage = Stage::get();
    let (title, field) = store.peek(|m| panes::heading(m, &pane));
    let (title_of, list_of) = (title.clone(), title.clone());
    let lines = store.memo(panes::lines);
    let chosen = store.memo(|m| m.editor.chosen);
    let typed = store.memo(|m| m.editor.typed.clone());
    let at = match pane {
        Pane::Menu { x, y } => {
            let (w, h) = stage.size.get_untracked();
            let (left, top) = (x.min(w - 330.0).max(8.0), y.min(h - 380.0).max(8.0));
            Some((format!("{left:.0}px"), format!("{top:.0}px")))
        }
        _ => None,
    };
    let placed = at.is_some();
    let (left, top) = at.unzip();
    let close = move || {
        store.send(Msg::Draw(Draw::Pane(None)));
        platform::focus("canvas");
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "ArrowDown" => {
            event.prevent_default();
            store.send(Msg::Draw(Draw::Choose(1)));
        }
        "ArrowUp" => {
            event.prevent_default();
            store.send(Msg::Draw(Draw::Choose(-1)));
        }
        "Enter" => {
            event.prevent_default();
            event.stop_propagation();
            let line = lines.with_untracked(|l| l.get(chosen.get_untracked()).cloned());
            if let Some(line) = line {
                choose(store, stage, &line);
            }
        }
        "Escape" => {
            event.prevent_default();
            event.stop_propagation();
            close();
        }
        _ => {}
    };
    // The chosen line stays in sight.
    Effect::new(move |_| {
        let id = format!("pane-line-{}", chosen.get());
        if let Some(element) = platform::document().get_element_by_id(&id) {
            platform::into_sight(&element);
        }
    });
    let active = move || {
        let some = lines.with(|l| !l.is_empty());
        some.then(|| format!("pane-line-{}", chosen.get()))
    };
    let count = move || {
        lines.with(|l| match l.len() {
            0 => "Nothing fits.".to_owned(),
            1 => "1 choice".to_owned(),
            n => format!("{n} choices"),
        })
    };
    // At once: who types fast has typed the next letter before the next frame.
    let input = NodeRef::<html::Input>::new();
    let list = NodeRef::<html::Ul>::new();
    input.on_load(|field| {
        let _ = field.focus();
    });
    if field.is_none() {
        list.on_load(|list| {
            let _ = list.focus();
        });
    }
    view! {
        <div class="pane" class:placed=placed style:left=left style:top=top role="dialog" aria-label=title_of on:keydown=on_key>
            <div class="pane-head">
                <h2>{title}</h2>
                <button class="button quiet icon-only" aria-label="Close" on:click=move |_| close()>
                    <Pic icon=Icon::Close />
                </button>
            </div>
            {match field {
                Some(asks) => view! {
                    <input
                        node_ref=input
                        id="pane"
                        class="field"
                        type="text"
                        role="combobox"
                        aria-expanded="true"
                        aria-controls="pane-lines"
                        aria-activedescendant=active
                        aria-label=asks
                        placeholder=asks
                        autocomplete="off"
                        spellcheck="false"
                        prop:value=move || typed.get()
                        on:input=move |event| store.send(Msg::Draw(Draw::Typed(event_target_value(&event))))
                    />
                }
                .into_any(),
                None => ().into_any(),
            }}
            <p class="sr-only" role="status">{count}</p>
            <ul
                node_ref=list
                id=if field.is_some() { "pane-lines" } else { "pane" }
                class="pane-lines"
                role="listbox"
                tabindex=if field.is_some() { "-1" } else { "0" }
                aria-activedescendant=active
                aria-label=list_of
            >
                {move || {
                    lines
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(nth, line)| view! { <One nth=nth line=line chosen=chosen /> })
                        .collect_view()
                }}
            </ul>
        </div>
    }
}

#[component]
fn One(nth: usize, line: Line, chosen: Memo<usize>) -> impl IntoView {
    let store = Store::get();
    let stage = Stage::get();
    let refused = line.not.is_some();
    let (text, note) = (line.text.clone(), line.note.clone());
    let why = line.not.clone();
    let group = line.group;
    view! {
        <li
            id=format!("pane-line-{nth}")
            role="option"
            aria-selected=move || (chosen.get() == nth).to_string()
            aria-disabled=refused.then_some("true")
            data-group=group
            on:click=move |_| choose(store, stage, &line)
        >
            <span class="line-text">{text}</span>
            <span class="line-note">{why.unwrap_or(note)}</span>
        </li>
    }
}
