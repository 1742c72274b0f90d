//! Paper: one element of the page, and nothing around it.

use wasm_bindgen::prelude::*;
use web_sys::Element;

use super::{document, window};

/// Where the copy stands; the style sheet prints it alone if it is there.
const COPY: &str = "print";

/// Prints a copy of this element. It stays until the browser is done with it.
pub fn element(id: &str) {
    let _ = try_element(id);
}

fn try_element(id: &str) -> Option<()> {
    let document = document();
    let original = document.get_element_by_id(id)?;
    remove();
    let copy: Element = original.clone_node_with_deep(true).ok()?.unchecked_into();
    copy.set_id(COPY);
    document.body()?.append_child(&copy).ok()?;
    let done = Closure::once_into_js(remove);
    let window = window();
    // Without it the copy stays out of sight, until the next one takes its place.
    let _ = window.add_event_listener_with_callback("afterprint", done.unchecked_ref());
    window.print().ok()
}

fn remove() {
    if let Some(copy) = document().get_element_by_id(COPY) {
        copy.remove();
    }
}
