//! Files in and out.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, CacheStorage, File, HtmlAnchorElement, Response, Url};

use super::{document, window};

/// Larger files are refused before they are read; a scenario has a few kilobytes.
const MOST_BYTES: f64 = 1_000_000.0;

/// Hands a text to the browser's downloads.
pub fn download(name: &str, text: &str) -> Result<(), JsValue> {
    let media_type = match name.rsplit('.').next() {
        Some("json") => "application/json",
        Some("ics") => "text/calendar",
        Some("csv") => "text/csv",
        _ => "application/toml",
    };
    save(name, text, media_type)
}

/// The same, with what kind of text it is.
pub fn save(name: &str, text: &str, media_type: &str) -> Result<(), JsValue> {
    let kind = BlobPropertyBag::new();
    kind.set_type(media_type);
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &kind)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    follow(name, &address)?;
    Url::revoke_object_url(&address)
}

/// Downloads what is at an address.
pub fn follow(name: &str, address: &str) -> Result<(), JsValue> {
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(address);
    anchor.set_download(name);
    anchor.click();
    Ok(())
}

/// The text of one of the page's own files: out of what is kept for use without a network, so that nothing is
/// asked for, else from where the page came from.
pub async fn fetched(address: &str) -> Option<String> {
    let response = match kept(address).await {
        Some(response) => response,
        None => JsFuture::from(window().fetch_with_str(address))
            .await
            .ok()?
            .dyn_into()
            .ok()?,
    };
    let text = response.ok().then(|| response.text().ok()).flatten()?;
    JsFuture::from(text).await.ok()?.as_string()
}

/// Browsers keep nothing for pages that came over an open line: there are no caches then.
async fn kept(address: &str) -> Option<Response> {
    let window = window();
    let caches = js_sys::Reflect::get(&window, &"caches".into()).ok()?;
    let caches: CacheStorage = caches.dyn_into().ok()?;
    let found = JsFuture::from(caches.match_with_str(address)).await.ok()?;
    found.dyn_into().ok()
}

/// Reads a file somebody chose or dropped; `done` gets its name and text, or why not.
pub fn read(file: &File, done: impl Fn(String, Result<String, String>) + 'static) {
    let name = file.name();
    if file.size() > MOST_BYTES {
        let why = format!("{name} is larger than 1 MB; a scenario file has a few kilobytes");
        done(name, Err(why));
        return;
    }
    let done = Rc::new(done);
    let (good, bad) = (Rc::clone(&done), done);
    let (name_good, name_bad) = (name.clone(), name);
    let on_text = Closure::once_into_js(move |text: JsValue| {
        good(name_good, Ok(text.as_string().unwrap_or_default()));
    });
    let on_error = Closure::once_into_js(move |_: JsValue| {
        let why = format!("{name_bad} could not be read");
        bad(name_bad, Err(why));
    });
    let text = file.text();
    let then = js_sys::Reflect::get(&text, &"then".into()).map(JsCast::unchecked_into);
    if let Ok::<js_sys::Function, _>(then) = then {
        // A promise's `then` does not throw.
        let _ = then.call2(&text, &on_text, &on_error);
    }
}
