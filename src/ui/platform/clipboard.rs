//! The system's clipboard, as text.

use std::cell::RefCell;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, Element};

use super::window;

thread_local! {
    /// What the clipboard event that is being handled takes: it is there at once, so that a paste right
    /// after it finds it.
    static TAKES: RefCell<Option<DataTransfer>> = const { RefCell::new(None) };
}

/// Puts text there, where the browser allows it; the page keeps a copy of its own.
pub fn write(text: String) {
    let taken = TAKES.with_borrow(|takes| {
        let data = takes.as_ref()?;
        data.set_data("text/plain", &text).ok()
    });
    if taken.is_some() {
        return;
    }
    let clipboard = window().navigator().clipboard();
    // A refusal changes nothing: pasting within the page does not need it.
    let _ = clipboard.write_text(&text);
}

/// Calls back for copy, cut and paste that no field wants; with the text that is pasted.
pub fn listen(on: impl Fn(&str, Option<String>) -> bool + Clone + 'static) {
    for name in ["copy", "cut", "paste"] {
        let on = on.clone();
        // The listener stays as long as the page: nobody removes it.
        let _ = window_event_listener_untyped(name, move |event| {
            let in_field = event
                .target()
                .and_then(|t| t.dyn_into::<Element>().ok())
                .is_some_and(|e| matches!(e.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"));
            if in_field {
                return;
            }
            let Some(event) = event.dyn_ref::<ClipboardEvent>() else {
                return;
            };
            let data = event.clipboard_data();
            let text = data
                .as_ref()
                .and_then(|data| data.get_data("text/plain").ok());
            let text = text.filter(|text| !text.is_empty());
            TAKES.set(data.filter(|_| name != "paste"));
            if on(name, text) {
                event.prevent_default();
            }
            TAKES.set(None);
        });
    }
}
