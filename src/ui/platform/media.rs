//! What the system prefers.

use wasm_bindgen::prelude::*;
use web_sys::MediaQueryList;

use super::window;
use crate::ui::state::model::Room;

fn query(text: &str) -> Option<MediaQueryList> {
    window().match_media(text).ok().flatten()
}

pub fn reduced_motion() -> bool {
    query("(prefers-reduced-motion: reduce)").is_some_and(|q| q.matches())
}

/// The same widths as in the style sheet.
pub fn room() -> Room {
    let holds = |text| query(text).is_some_and(|q| q.matches());
    if holds(PHONE) {
        Room::Phone
    } else if holds(MIDDLE) {
        Room::Middle
    } else {
        Room::Wide
    }
}

const PHONE: &str = "(max-width: 759px)";
const MIDDLE: &str = "(max-width: 1279px)";

/// Calls back whenever the system changes its colours, asks for less motion, or the window gets room for another layout.
pub fn on_change(each: impl Fn() + Clone + 'static) {
    let system = [
        "(prefers-color-scheme: dark)",
        "(prefers-reduced-motion: reduce)",
        "(prefers-contrast: more)",
        "(forced-colors: active)",
    ];
    for text in system.into_iter().chain([PHONE, MIDDLE]) {
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
