//! What the page keeps in the browser's database: the open document and named snapshots. Everything
//! written is read back before it counts as saved.

use idb::{Database, DatabaseEvent, Error, Factory, ObjectStoreParams, TransactionMode};
use wasm_bindgen::JsValue;

const NAME: &str = "brownout";
const VERSION: u32 = 1;

/// What is kept, each by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// The document on the page.
    Session,
    /// Versions that somebody named.
    Snapshots,
}

impl Shelf {
    fn name(self) -> &'static str {
        match self {
            Shelf::Session => "session",
            Shelf::Snapshots => "snapshots",
        }
    }
}

async fn open() -> Result<Database, Error> {
    let mut request = Factory::new()?.open(NAME, Some(VERSION))?;
    request.on_upgrade_needed(|event| {
        let Ok(database) = event.database() else {
            return;
        };
        for shelf in [Shelf::Session, Shelf::Snapshots] {
            // It is there already if a newer page came first.
            let _ = database.create_object_store(shelf.name(), ObjectStoreParams::new());
        }
    });
    request.await
}

/// In words for whoever might lose something.
fn plain(error: &Error) -> String {
    let text = error.to_string();
    if text.contains("Quota") {
        "the browser's storage is full".to_owned()
    } else {
        format!("this browser keeps no data for this page ({text})")
    }
}

async fn try_put(shelf: Shelf, key: &str, text: &str) -> Result<bool, Error> {
    let database = open().await?;
    let name = shelf.name();
    let transaction = database.transaction(&[name], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(name)?;
    let key = JsValue::from_str(key);
    store.put(&JsValue::from_str(text), Some(&key))?.await?;
    transaction.commit()?.await?;
    let transaction = database.transaction(&[name], TransactionMode::ReadOnly)?;
    let back = transaction.object_store(name)?.get(key)?.await?;
    database.close();
    Ok(back.and_then(|value| value.as_string()).as_deref() == Some(text))
}

/// Writes, and reads back: what the page calls saved is there.
///
/// # Errors
/// Why it is not, as the end of a sentence.
pub async fn put(shelf: Shelf, key: &str, text: &str) -> Result<(), String> {
    match try_put(shelf, key, text).await {
        Ok(true) => Ok(()),
        Ok(false) => Err("what was written could not be read back".to_owned()),
        Err(error) => Err(plain(&error)),
    }
}

async fn try_remove(shelf: Shelf, key: &str) -> Result<(), Error> {
    let database = open().await?;
    let name = shelf.name();
    let transaction = database.transaction(&[name], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(name)?;
    store.delete(JsValue::from_str(key))?.await?;
    transaction.commit()?.await?;
    database.close();
    Ok(())
}

/// Takes something off a shelf; nothing happens if it is not there.
///
/// # Errors
/// Why it could not be, as the end of a sentence.
pub async fn remove(shelf: Shelf, key: &str) -> Result<(), String> {
    try_remove(shelf, key).await.map_err(|error| plain(&error))
}

async fn try_get(shelf: Shelf, key: &str) -> Result<Option<String>, Error> {
    let database = open().await?;
    let name = shelf.name();
    let transaction = database.transaction(&[name], TransactionMode::ReadOnly)?;
    let found = transaction
        .object_store(name)?
        .get(JsValue::from_str(key))?
        .await?;
    database.close();
    Ok(found.and_then(|value| value.as_string()))
}

/// What is kept under a key; nothing if there is none, or the browser keeps nothing.
pub async fn get(shelf: Shelf, key: &str) -> Option<String> {
    try_get(shelf, key).await.ok().flatten()
}

async fn try_all(shelf: Shelf) -> Result<Vec<(String, String)>, Error> {
    let database = open().await?;
    let name = shelf.name();
    let transaction = database.transaction(&[name], TransactionMode::ReadOnly)?;
    let store = transaction.object_store(name)?;
    let keys = store.get_all_keys(None, None)?.await?;
    let values = store.get_all(None, None)?.await?;
    database.close();
    let both = keys.into_iter().zip(values);
    Ok(both
        .filter_map(|(key, value)| Some((key.as_string()?, value.as_string()?)))
        .collect())
}

/// Everything on a shelf, by key.
pub async fn all(shelf: Shelf) -> Vec<(String, String)> {
    try_all(shelf).await.unwrap_or_default()
}
