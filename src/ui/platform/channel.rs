//! Between two windows of one room, in one browser: nothing leaves the machine.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use super::window;

thread_local! {
    static CHANNEL: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
}

/// Hears what other windows of this page post from now on. False if the browser has no channels.
pub fn open(hear: impl Fn(String) + 'static) -> bool {
    // Two releases under two paths of one host are two pages.
    let path = window().location().pathname().unwrap_or_default();
    let Ok(channel) = BroadcastChannel::new(&format!("brownout {path}")) else {
        return false;
    };
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(text) = event.data().as_string() {
            hear(text);
        }
    });
    channel.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    // As long as the page lives.
    listen.forget();
    CHANNEL.set(Some(channel));
    true
}

pub fn post(text: &str) {
    CHANNEL.with_borrow(|channel| {
        if let Some(channel) = channel {
            // Text can always be posted.
            let _ = channel.post_message(&text.into());
        }
    });
}
