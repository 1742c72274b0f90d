//! The browser's storage.

use web_sys::Storage;

use super::window;

fn storage() -> Result<Storage, String> {
    let storage = window().local_storage().ok().flatten();
    storage.ok_or_else(|| "this browser keeps no data for this page".into())
}

/// Writes, and reads back: what the page calls saved is there.
pub fn write(key: &str, text: &str) -> Result<(), String> {
    let storage = storage()?;
    let full = || "the browser's storage is full".to_owned();
    storage.set_item(key, text).map_err(|_| full())?;
    let back = storage.get_item(key).ok().flatten();
    if back.as_deref() == Some(text) {
        Ok(())
    } else {
        Err(full())
    }
}

pub fn read(key: &str) -> Option<String> {
    storage().ok()?.get_item(key).ok().flatten()
}
