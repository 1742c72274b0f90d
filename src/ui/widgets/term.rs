//! Words that say what they mean: a small window beside them on hover, focus and tap, which stays while the
//! pointer or the focus is on either, and goes with Escape (WCAG 1.4.13).
//!
//! The words are buttons with `data-term`; one set of listeners and one window serve all of them.

use std::cell::RefCell;

use gloo_timers::callback::Timeout;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlElement};

use crate::ui::platform::{self, locale};
use crate::ui::state::glossary::{self, Term};
use crate::ui::state::update::Msg;
use crate::ui::state::words;
use crate::ui::store::Store;

/// A pointer that only passes by opens nothing, and has this long to reach the window.
const PATIENCE_MS: u32 = 250;
/// Between a word and its window, and to the edges of the page.
const GAP: f64 = 6.0;

/// What the key is about, as a word that explains itself; plain text if nobody knows it.
pub fn term(key: &str, text: impl Into<String>) -> AnyView {
    word(glossary::of(key), text.into())
}

/// A sentence in which the words of the glossary explain themselves.
pub fn rich(text: &str) -> AnyView {
    let text = text.to_owned();
    // A sentence is translated as a whole, before it is cut.
    let pieces = move || {
        locale::track();
        let said = locale::say(&text);
        let pieces = glossary::pieces_in(&said, locale::say).into_iter();
        pieces
            .map(|(text, term)| word(term, text.to_owned()))
            .collect_view()
    };
    pieces.into_any()
}

/// A sentence in which what stands between backticks is set as code; the words are as they are.
pub fn coded(text: &str) -> AnyView {
    let text = text.to_owned();
    let pieces = move || {
        locale::track();
        let said = locale::say(&text);
        let pieces = words::code_in(&said).into_iter();
        pieces
            .map(|(is_code, text)| match is_code {
                true => view! { <code>{text.to_owned()}</code> }.into_any(),
                false => text.to_owned().into_any(),
            })
            .collect_view()
    };
    pieces.into_any()
}

fn word(term: Option<&'static Term>, text: String) -> AnyView {
    match term {
        None => text.into_any(),
        Some(term) => {
            view! { <button type="button" class="term" data-term=term.word>{text}</button> }
                .into_any()
        }
    }
}

/// A question mark, where the text itself is the label of something else.
pub fn asks(term: &'static Term) -> AnyView {
    let name = format!("What is this? {}", term.word);
    view! { <button type="button" class="term what" data-term=term.word aria-label=name>"?"</button> }
        .into_any()
}

/// What is open, and for which word on the page.
#[derive(Default)]
struct Open {
    at: Option<Element>,
    timer: Option<Timeout>,
}

thread_local! {
    static OPEN: RefCell<Open> = RefCell::default();
}

#[derive(Clone, Copy)]
struct Window {
    shown: RwSignal<Option<&'static Term>>,
    element: NodeRef<html::Div>,
}

#[component]
pub fn Glossary() -> impl IntoView {
    let store = Store::get();
    let window = Window {
        shown: RwSignal::new(None),
        element: NodeRef::new(),
    };
    for name in [
        "pointerover",
        "focusin",
        "click",
        "keydown",
        "scroll",
        "resize",
    ] {
        // Before anybody else: an Escape that closes the window closes nothing else.
        let listen = Closure::<dyn FnMut(Event)>::new(move |event: Event| window.hear(&event));
        let target = platform::window();
        // As long as the page lives.
        let _ = target.add_event_listener_with_callback_and_bool(
            name,
            listen.as_ref().unchecked_ref(),
            true,
        );
        listen.forget();
    }
    view! {
        <div
            node_ref=window.element
            id="gloss"
            class="gloss"
            popover="manual"
            tabindex="-1"
            role="dialog"
            aria-label=move || window.shown.get().map(|term| term.word)
        >
            {move || window.shown.get().map(|term| body(store, window, term))}
        </div>
    }
}

fn body(store: Store, window: Window, term: &'static Term) -> AnyView {
    let lesson = term.lesson();
    let open_now = store.peek(|m| m.doc.scenario.about.id.clone());
    let taught = match lesson.id {
        Some(id) if id == open_now => view! { <span>"Taught in this lesson."</span> }.into_any(),
        Some(id) => {
            let open = move |_| {
                window.close(false);
                store.send(Msg::OpenBuiltIn(id));
            };
            view! { <span>"Taught in "</span><button type="button" class="link" on:click=open>{lesson.title}</button> }
                .into_any()
        }
        None => format!("Taught in “{}”, which is not there yet.", lesson.title).into_any(),
    };
    view! {
        <p><strong>{term.both()}</strong></p>
        <p id="gloss-says">{term.says}</p>
        <p class="small muted">{taught}</p>
    }
    .into_any()
}

/// The nearest of these around what an event is about.
fn around(event: &Event, selector: &str) -> Option<Element> {
    let element = event.target()?.dyn_into::<Element>().ok()?;
    element.closest(selector).ok().flatten()
}

impl Window {
    fn hear(self, event: &Event) {
        let kind = event.type_();
        match kind.as_str() {
            "scroll" | "resize" => return self.place(),
            "keydown" => return self.key(event),
            _ => {}
        }
        let inside = around(event, "#gloss").is_some();
        let at = around(event, "[data-term]");
        match (kind.as_str(), at) {
            ("pointerover", Some(at)) => self.later(Some(at)),
            ("pointerover", None) if inside => stop_timer(),
            ("pointerover", None) => self.later(None),
            // The pointer's own click says more than the focus that it brings.
            ("focusin", Some(at)) if at.matches(":focus-visible").unwrap_or(true) => self.open(at),
            ("click", Some(at)) if at.class_list().contains("term") => {
                self.open(at);
                self.enter();
            }
            (_, None) if !inside => self.close(false),
            _ => {}
        }
    }

    fn key(self, event: &Event) {
        let escape = js_sys::Reflect::get(event, &"key".into()).is_ok_and(|key| key == "Escape");
        if escape && self.shown.get_untracked().is_some() {
            event.prevent_default();
            event.stop_propagation();
            self.close(true);
        }
    }

    /// What the pointer rests on opens; where the pointer has gone from both, it closes.
    fn later(self, at: Option<Element>) {
        stop_timer();
        let none = at.is_none() && self.shown.with_untracked(Option::is_none);
        if none || at.is_some() && OPEN.with_borrow(|open| open.at == at) {
            return;
        }
        let act = move || match &at {
            Some(at) => self.open(at.clone()),
            // The keyboard is still there.
            None if self.has_focus() => {}
            None => self.close(false),
        };
        let timer = Timeout::new(PATIENCE_MS, act);
        OPEN.with_borrow_mut(|open| open.timer = Some(timer));
    }

    fn has_focus(self) -> bool {
        let focused = platform::document().active_element();
        let inside = |e: &Element| e.closest("#gloss").ok().flatten().is_some();
        focused.is_some_and(|e| inside(&e) || OPEN.with_borrow(|open| open.at.as_ref() == Some(&e)))
    }

    fn open(self, at: Element) {
        stop_timer();
        let word = at.get_attribute("data-term").unwrap_or_default();
        let (Some(term), Some(element)) = (glossary::by_word(&word), self.element.get_untracked())
        else {
            return;
        };
        self.forget();
        self.shown.set(Some(term));
        // Whatever is outside of a modal dialog cannot be reached while it is open.
        let home = at.closest("dialog[open]").ok().flatten();
        let home = home.or_else(|| platform::document().query_selector(".page").ok().flatten());
        if let Some(home) = home
            && element.parent_element().as_ref() != Some(&home)
        {
            let _ = home.append_child(&element);
        }
        // A screen reader reads it after the word.
        let _ = at.set_attribute("aria-describedby", "gloss-says");
        OPEN.with_borrow_mut(|open| open.at = Some(at));
        // Fails if it is open already.
        let _ = element.unchecked_ref::<HtmlElement>().show_popover();
        // When its text is there, its size is known.
        request_animation_frame(move || self.place());
    }

    /// Below the word, or above it where there is no room.
    fn place(self) {
        let Some(at) = OPEN.with_borrow(|open| open.at.clone()) else {
            return;
        };
        let Some(element) = self.element.get_untracked() else {
            return;
        };
        let (word, own) = (
            at.get_bounding_client_rect(),
            element.get_bounding_client_rect(),
        );
        let (wide, high) = platform::window_size();
        let left = word.left().min(wide - own.width() - GAP).max(GAP);
        let below = word.bottom() + GAP;
        let top = match below + own.height() > high - GAP {
            true => (word.top() - GAP - own.height()).max(GAP),
            false => below,
        };
        let style = element.unchecked_ref::<HtmlElement>().style();
        let _ = style.set_property("left", &format!("{left:.0}px"));
        let _ = style.set_property("top", &format!("{top:.0}px"));
    }

    /// To the keyboard: into the window, whose link is the next stop.
    fn enter(self) {
        request_animation_frame(move || platform::focus("gloss"));
    }

    fn close(self, back: bool) {
        stop_timer();
        if self.shown.with_untracked(Option::is_none) {
            return;
        }
        let had_focus = platform::document()
            .active_element()
            .is_some_and(|e| e.closest("#gloss").ok().flatten().is_some());
        let at = OPEN.with_borrow(|open| open.at.clone());
        if let (true, true, Some(at)) = (back, had_focus, at) {
            // First, because a word that gets the focus opens the window.
            let _ = at.unchecked_ref::<HtmlElement>().focus();
        }
        self.forget();
        if let Some(element) = self.element.get_untracked() {
            let _ = element.unchecked_ref::<HtmlElement>().hide_popover();
        }
        self.shown.set(None);
    }

    fn forget(self) {
        if let Some(at) = OPEN.with_borrow_mut(|open| open.at.take()) {
            let _ = at.remove_attribute("aria-describedby");
        }
    }
}

fn stop_timer() {
    // Dropped is cancelled.
    drop(OPEN.with_borrow_mut(|open| open.timer.take()));
}
