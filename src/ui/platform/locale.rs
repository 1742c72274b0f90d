//! The page in another language. Views make English texts; what reaches the document is said in the language of the
//! catalogue before it is painted, and so is what is written on a canvas. Elements with `translate="no"` hold names
//! and code and stay as they are, as do values that somebody typed.
//!
//! In English nothing is watched, and nothing is looked up.

use std::borrow::Cow;
use std::cell::RefCell;

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CustomEvent, Element, MutationObserver, MutationObserverInit, MutationRecord, Node, Response,
};

use super::{address, document, window};
use crate::ui::state::locale::Catalogue;

/// Of the languages that are there, files in assets/locales/.
pub const LANGUAGES: &[&str] = include!(concat!(env!("OUT_DIR"), "/locales.rs"));
/// The language tag for texts that went through here, by convention.
const PSEUDO: &str = "en-XA";
/// Attributes that are read to people.
const SAID: [&str; 6] = [
    "aria-label",
    "aria-valuetext",
    "aria-roledescription",
    "alt",
    "placeholder",
    "title",
];

thread_local! {
    static CATALOGUE: RefCell<Option<Catalogue>> = const { RefCell::new(None) };
    /// How often the language has changed.
    static CHANGES: ArcRwSignal<u32> = ArcRwSignal::new(0);
}

/// What is said in place of a text, if anything is.
pub fn said(text: &str) -> Option<String> {
    match say(text) {
        Cow::Owned(said) => Some(said),
        Cow::Borrowed(_) => None,
    }
}

/// For a view that says a text itself: it is made anew when the language changes.
pub fn track() {
    CHANGES.with(Track::track);
}

/// A document in Markdown.
pub fn say_markdown(text: String) -> String {
    let said = CATALOGUE.with_borrow_mut(|catalogue| catalogue.as_mut()?.say_markdown(&text));
    said.unwrap_or(text)
}

/// A text that is shown without being put into the document.
pub fn say(text: &str) -> Cow<'_, str> {
    let said = CATALOGUE.with_borrow_mut(|catalogue| catalogue.as_mut()?.say(text));
    said.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Learns the language that the address asks for or that the browser prefers of those that are there, and later the
/// one that an event `brownout-language` names: a page in any state can be looked at in another language.
pub async fn learn() {
    let heard = Closure::<dyn FnMut(CustomEvent)>::new(|event: CustomEvent| {
        if let Some(language) = event.detail().as_string().filter(|it| is_tag(it)) {
            wasm_bindgen_futures::spawn_local(async move { speak(&language).await });
        }
    });
    // The page can be used without hearing of it.
    let _ = window()
        .add_event_listener_with_callback("brownout-language", heard.as_ref().unchecked_ref());
    // As long as the page lives.
    heard.forget();
    if let Some(language) = wanted() {
        speak(&language).await;
    }
}

/// From English on, once. A language that cannot be had leaves the page as it is and is told to the console: the page can
/// be used.
async fn speak(language: &str) {
    // Only English can be translated: a second language would be looked for in the first.
    if CATALOGUE.with_borrow(Option::is_some) {
        return;
    }
    let catalogue = match file(language).await {
        Ok(json) if language == PSEUDO => Catalogue::pseudo(&json),
        Ok(json) => Catalogue::read(&json),
        Err(error) => Err(error),
    };
    match catalogue {
        Ok(catalogue) => {
            CATALOGUE.set(Some(catalogue));
            CHANGES.with(|changes| changes.update(|n| *n += 1));
            if let Some(root) = document().document_element() {
                // The name of an attribute is valid.
                let _ = root.set_attribute("lang", language);
                watch(&root);
            }
        }
        Err(error) => {
            let text = format!("The page stays in English: locales/{language}.json {error}");
            web_sys::console::error_1(&text.into());
        }
    }
}

/// No path: what the address says becomes part of one.
fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn wanted() -> Option<String> {
    if let Some(asked) = address::read().language.filter(|it| is_tag(it)) {
        return (asked != "en").then_some(asked);
    }
    let preferred = window().navigator().languages().iter().collect::<Vec<_>>();
    let preferred = preferred.iter().filter_map(JsValue::as_string);
    // English before a translation, for somebody who would rather have it.
    let known = |tag: &str| tag == "en" || LANGUAGES.contains(&tag);
    let found = preferred
        .map(|tag| match known(&tag) {
            true => tag,
            false => tag.split('-').next().unwrap_or_default().to_owned(),
        })
        .find(|tag| known(tag))?;
    (found != "en").then_some(found)
}

async fn file(language: &str) -> Result<String, String> {
    let name = if language == PSEUDO {
        "messages"
    } else {
        language
    };
    let asked = window().fetch_with_str(&format!("./locales/{name}.json"));
    let failed = |_: JsValue| "cannot be fetched".to_owned();
    let response: Response = JsFuture::from(asked)
        .await
        .map_err(failed)?
        .unchecked_into();
    if !response.ok() {
        return Err(format!("is not there ({})", response.status()));
    }
    let text = JsFuture::from(response.text().map_err(failed)?).await;
    text.map_err(failed)?
        .as_string()
        .ok_or_else(|| "is no text".to_owned())
}

/// Says what stands in the document, and whatever comes into it: before it is painted, so nobody sees English first.
fn watch(root: &Element) {
    let heard = move |records: js_sys::Array, observer: MutationObserver| {
        for record in records.iter() {
            let record: MutationRecord = record.unchecked_into();
            let Some(target) = record.target() else {
                continue;
            };
            if is_left_alone(&target) {
                continue;
            }
            match record.attribute_name() {
                Some(name) => attribute(target.unchecked_ref(), &name),
                None if record.type_() == "characterData" => text(&target),
                None => {
                    let added = record.added_nodes();
                    for node in (0..added.length()).filter_map(|i| added.get(i)) {
                        all(&node);
                    }
                }
            }
        }
        // What was just said is no news.
        observer.take_records();
    };
    let heard = Closure::<dyn FnMut(js_sys::Array, MutationObserver)>::new(heard);
    let Ok(observer) = MutationObserver::new(heard.as_ref().unchecked_ref()) else {
        return;
    };
    // As long as the page lives.
    heard.forget();
    all(root);
    let what = MutationObserverInit::new();
    what.set_child_list(true);
    what.set_subtree(true);
    what.set_character_data(true);
    let said: js_sys::Array = SAID.iter().map(|&name| JsValue::from(name)).collect();
    what.set_attribute_filter(&said);
    // An element of the document can be watched.
    let _ = observer.observe_with_options(root, &what);
}

/// Whether a node is a name, code, or within one.
fn is_left_alone(node: &Node) -> bool {
    let element = match node.dyn_ref::<Element>() {
        Some(element) => Some(element.clone()),
        None => node.parent_element(),
    };
    let closest = element.and_then(|it| {
        it.closest("[translate=no], code, pre, script, style, textarea")
            .ok()
    });
    closest.flatten().is_some()
}

fn all(node: &Node) {
    match node.node_type() {
        Node::TEXT_NODE if !is_left_alone(node) => text(node),
        Node::ELEMENT_NODE => {
            let element: &Element = node.unchecked_ref();
            if element
                .matches("[translate=no], code, pre, script, style, textarea")
                .unwrap_or(false)
            {
                return;
            }
            for name in SAID {
                attribute(element, name);
            }
            let mut child = node.first_child();
            while let Some(it) = child {
                child = it.next_sibling();
                all(&it);
            }
        }
        _ => {}
    }
}

fn text(node: &Node) {
    if let Some(english) = node.node_value()
        && let Cow::Owned(said) = say(&english)
    {
        node.set_node_value(Some(&said));
    }
}

fn attribute(element: &Element, name: &str) {
    if let Some(english) = element.get_attribute(name)
        && let Cow::Owned(said) = say(&english)
    {
        // The name is one of those above.
        let _ = element.set_attribute(name, &said);
    }
}
