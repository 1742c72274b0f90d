//! A newer release of the page than this one: assets/shell.js learns of it and changes to it.

use leptos::prelude::*;
use web_sys::Event;

use super::{document, window};

/// Calls back once a newer release is there, whole; also if it was there before anybody asked.
pub fn on_newer(each: impl Fn() + 'static) {
    let root = document().document_element();
    if root.is_some_and(|root| root.has_attribute("data-update")) {
        each();
    }
    // The listener stays as long as the page: nobody removes it.
    let _ = window_event_listener_untyped("brownout-update", move |_| each());
}

/// Opens the newer release in the place of this one.
pub fn change() {
    if let Ok(event) = Event::new("brownout-renew") {
        // Nobody can cancel it.
        let _ = window().dispatch_event(&event);
    }
}

/// Asks what is kept of this release for use without a network; `told` gets it, also later when somebody asks again.
pub fn on_kept(told: impl Fn(String) + 'static) {
    let _ = window_event_listener_untyped("brownout-kept", move |_| {
        let root = document().document_element();
        let kept = root.and_then(|root| root.get_attribute("data-kept"));
        told(kept.unwrap_or_default());
    });
}

pub fn ask_kept() {
    if let Ok(event) = Event::new("brownout-ask-kept") {
        // Nobody can cancel it.
        let _ = window().dispatch_event(&event);
    }
}
