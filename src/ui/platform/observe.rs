//! The size of an element, whenever it changes.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, ResizeObserver, ResizeObserverEntry};

/// Writes width and height in CSS pixels into the signal, now and at every change.
pub fn size(element: &Element, into: RwSignal<(f64, f64)>) {
    let listen = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
        let entry = entries.get(0).unchecked_into::<ResizeObserverEntry>();
        let rect = entry.content_rect();
        let size = (rect.width(), rect.height());
        // A view that is gone does not care.
        if into.try_get_untracked().is_some_and(|old| old != size) {
            into.set(size);
        }
    });
    if let Ok(observer) = ResizeObserver::new(listen.as_ref().unchecked_ref()) {
        observer.observe(element);
    }
    // Observer and listener live as long as the element that they watch.
    listen.forget();
}
