//! The browser: everything that is neither state nor view.

pub mod address;
pub mod canvas;
pub mod channel;
pub mod clipboard;
pub mod crew;
pub mod files;
pub mod frames;
pub mod locale;
pub mod media;
pub mod observe;
pub mod only_tab;
pub mod print;
pub mod release;
pub mod storage;
pub mod theme;
pub mod vault;
pub mod worker_client;

use wasm_bindgen::JsValue;
use web_sys::{Document, Window};

use crate::ui::state::rooms::letter::Look;

pub fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

pub fn document() -> Document {
    window().document().expect("a window has a document")
}

/// Milliseconds on the wall, from an arbitrary beginning.
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |p| p.now())
}

/// Milliseconds since 1970.
pub fn unix_ms() -> u64 {
    js_sys::Date::now().max(0.0) as u64
}

/// The page is in front, as far as the browser says.
pub fn is_visible() -> bool {
    !document().hidden()
}

/// Width and height of the window, in CSS pixels.
pub fn window_size() -> (f64, f64) {
    let side = |length: Result<JsValue, JsValue>| length.ok().and_then(|l| l.as_f64());
    let window = window();
    let wide = side(window.inner_width()).unwrap_or(0.0);
    (wide, side(window.inner_height()).unwrap_or(0.0))
}

/// The page in another window, of its own; the same one if it is there already. False if the browser opens none.
pub fn open_window(query: &str, id: &str) -> bool {
    let (address, name) = (format!("?{query}={id}"), format!("brownout-{query}"));
    let opened = window().open_with_url_and_target_and_features(
        &address,
        &name,
        "popup,width=1024,height=768",
    );
    opened.is_ok_and(|it| it.is_some())
}

/// How this window looks: height of its letters, and its size.
pub fn look() -> Look {
    let body = document().query_selector("main").ok().flatten();
    let style = body.and_then(|body| window().get_computed_style(&body).ok().flatten());
    let size = style.and_then(|style| style.get_property_value("font-size").ok());
    let px = size.and_then(|size| size.trim_end_matches("px").parse().ok());
    let (wide, high) = window_size();
    Look {
        type_px: px.unwrap_or_default(),
        wide,
        high,
    }
}

/// Opens the page anew.
pub fn reload() {
    // A page can always be opened again.
    let _ = window().location().reload();
}

/// Local time of day for people: "12:04".
pub fn time_of_day() -> String {
    let now = js_sys::Date::new_0();
    format!("{:02}:{:02}", now.get_hours(), now.get_minutes())
}

/// Local date and time for people: "2026-11-28 12:04".
pub fn date_and_time() -> String {
    let now = js_sys::Date::new_0();
    let (year, month, day) = (now.get_full_year(), now.get_month() + 1, now.get_date());
    format!("{year}-{month:02}-{day:02} {}", time_of_day())
}

/// Milliseconds since 1970, as wide as text sorts by time.
pub fn moment_key() -> String {
    format!("{:015.0}", js_sys::Date::now())
}

/// A seed that nobody chose, small enough to read out.
pub fn random_seed() -> u64 {
    let mut bytes = [0u8; 4];
    let drawn = window()
        .crypto()
        .and_then(|c| c.get_random_values_with_u8_array(&mut bytes));
    let number = match drawn {
        Ok(_) => u32::from_le_bytes(bytes),
        // Without a source of chance the time of day does: this seed only has to be another one.
        Err(_) => js_sys::Date::now() as u32,
    };
    u64::from(number % 999_999) + 1
}

/// Moves the keyboard focus to the element with this id, if it is there.
pub fn focus(id: &str) {
    use wasm_bindgen::JsCast;
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
        // An element that cannot take the focus leaves it where it was.
        let _ = element.focus();
    }
}

/// Scrolls just as far as it takes to see an element.
pub fn into_sight(element: &web_sys::Element) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Shows a scrolled element from its beginning.
pub fn scroll_up(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        element.set_scroll_top(0);
    }
}
