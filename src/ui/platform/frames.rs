//! The frame loop.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use super::window;

type Tick = Closure<dyn FnMut(f64)>;

/// Calls `each` before every repaint, with milliseconds on the wall, as long as the page lives.
pub fn every_frame(mut each: impl FnMut(f64) + 'static) {
    let slot: Rc<RefCell<Option<Tick>>> = Rc::default();
    let again = Rc::clone(&slot);
    *slot.borrow_mut() = Some(Closure::new(move |wall_ms| {
        each(wall_ms);
        if let Some(tick) = again.borrow().as_ref() {
            ask(tick);
        }
    }));
    if let Some(tick) = slot.borrow().as_ref() {
        ask(tick);
    }
}

fn ask(tick: &Tick) {
    window()
        .request_animation_frame(tick.as_ref().unchecked_ref())
        .expect("a window has animation frames");
}
