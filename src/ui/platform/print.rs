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
    // One that a browser never said it was done with.
    remove();
    let copy: Element = original.clone_node_with_deep(true).ok()?.unchecked_into();
    copy.set_id(COPY);
    document.body()?.append_child(&copy).ok()?;
    let window = window();
    // The newest one takes the place of the one before; printing is seldom enough for what that leaves behind.
    let done = Closure::<dyn FnMut()>::new(remove).into_js_value();
    window.set_onafterprint(Some(done.unchecked_ref()));
    window.print().ok()
}

fn remove() {
    if let Some(copy) = document().get_element_by_id(COPY) {
        copy.remove();
    }
}
