//! Words of a closed vocabulary (reason codes, diagnostic codes, kinds): `&'static str` in memory,
//! plain text on the way between web worker and page.
//!
//! Who writes a message uses literals; who reads it gets the same `&'static str` back. Each distinct
//! word is kept once for the life of the program, so the vocabulary must be closed: never use this
//! for names that a user typed.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Deserializer};

/// An alias, not a bare reference: serde would otherwise ask for a `'static` input.
pub type Word = &'static str;

static KNOWN: Mutex<BTreeSet<Word>> = Mutex::new(BTreeSet::new());

/// The one `'static` copy of this word.
pub fn intern(text: &str) -> Word {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(word) = known.get(text) {
        return word;
    }
    let word: Word = Box::leak(text.to_owned().into_boxed_str());
    known.insert(word);
    word
}

/// `#[serde(deserialize_with = "word::read")]`
pub fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
    String::deserialize(from).map(|text| intern(&text))
}

/// `#[serde(deserialize_with = "word::read_pairs")]`, for counts or rates per word.
pub fn read_pairs<'de, D, T>(from: D) -> Result<Vec<(Word, T)>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let pairs = Vec::<(String, T)>::deserialize(from)?;
    Ok(pairs
        .into_iter()
        .map(|(text, value)| (intern(&text), value))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_kept_once() {
        let first = intern(&String::from("timed_out"));
        let second = intern("timed_out");
        assert!(std::ptr::eq(first, second));
    }
}
