//! What an older page kept in the browser's plain storage.

use super::window;

pub fn read(key: &str) -> Option<String> {
    let storage = window().local_storage().ok().flatten()?;
    storage.get_item(key).ok().flatten()
}
