//! What the system prefers.

use wasm_bindgen::prelude::*;
use web_sys::MediaQueryList;

use super::window;

fn query(text: &str) -> Option<MediaQueryList> {
    window().match_media(text).ok().flatten()
}

pub fn reduced_motion() -> bool {
    query("(prefers-reduced-motion: reduce)").is_some_and(|q| q.matches())
}

/// Calls back whenever the system changes between light and dark, or asks for less motion.
pub fn on_change(each: impl Fn() + Clone + 'static) {
    for text in [
        "(prefers-color-scheme: dark)",
        "(prefers-reduced-motion: reduce)",
    ] {
        if let Some(query) = query(text) {
            let each = each.clone();
            let listen = Closure::<dyn FnMut()>::new(each);
            query.set_onchange(Some(listen.as_ref().unchecked_ref()));
            // Both live as long as the page.
            listen.forget();
            KEPT.with_borrow_mut(|kept| kept.push(query));
        }
    }
}

thread_local! {
    /// A query that nobody holds may be collected with its listener.
    static KEPT: std::cell::RefCell<Vec<MediaQueryList>> = const { std::cell::RefCell::new(Vec::new()) };
}
