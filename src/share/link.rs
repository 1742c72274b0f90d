//! Links: `#v1.` and what is shared, behind the address of a page. The fragment of an address stays in
//! the browser, so no server learns of it.
//!
//! ```
//! use brownout::scenario::built_in;
//! use brownout::share::{Shared, link};
//! let text = built_in::text("s04-retry-storm").unwrap();
//! let shared = Shared::of(text, 7, built_in::text).unwrap();
//! let written = link::encode(&shared);
//! assert!(written.starts_with("#v1.") && written.len() < 100);
//! let (read, notices) = link::decode(&written).unwrap();
//! assert_eq!((read, notices.len()), (shared, 0));
//! ```

use serde_json::{Map, Value as Json, json};

use super::reading::{Reading, list, text, too_many};
use super::{Changed, Code, Content, Entry, Fingerprint, Notice, Shared, packed};
use crate::design::diagnostic::Diagnostic;
use crate::design::value::cut;
use crate::scenario::code;
use crate::scenario::limits::MAX_TIMELINE;

/// Changes of knobs that one link can have.
pub const CHANGES_MAX: usize = 1_000;

/// The fragment of a link.
pub fn encode(shared: &Shared) -> String {
    format!("#{}", packed::pack(packed::Kind::Link, fields(shared)))
}

/// Reads a link: the fragment, or a whole address with one.
///
/// # Errors
/// If it is none, was cut or changed, is too long, or of a newer version. What it has that this build does
/// not know is left out, with a notice.
pub fn decode(text: &str) -> Result<(Shared, Vec<Notice>), Box<Diagnostic>> {
    match super::read(text)? {
        (Code::Link(shared), notices) => Ok((shared, notices)),
        (Code::Receipt(_), _) => Err(packed::refuse(
            code::NO_CODE,
            "this is a result code, not a link".to_owned(),
            "check it with `brownout verify`, or ask for a link: it has `#v1.` in it",
        )),
    }
}

/// Short keys, see docs/share-format.md.
pub(super) fn fields(shared: &Shared) -> Map<String, Json> {
    let mut fields = Map::new();
    let mut put = |key: &str, value: Json| fields.insert(key.to_owned(), value);
    match &shared.content {
        Content::Whole(text) => {
            put("x", text.as_str().into());
        }
        Content::Changed(changed) => {
            put("s", changed.id.as_str().into());
            if let Some(base) = changed.base {
                put("h", format!("{base:08x}").into());
            }
            if let Some(part) = &changed.part {
                put("p", part.as_str().into());
            }
            if !changed.set.is_empty() {
                put("c", changed.set.iter().map(|pair| json!(pair)).collect());
            }
            if let Some(timeline) = &changed.timeline {
                put("t", timeline.iter().map(written).collect());
            }
        }
    }
    put("n", shared.seed.into());
    if let Some(bet) = &shared.bet {
        put("b", bet.as_str().into());
    }
    if let Some(run) = &shared.run {
        put("d", run.digest.as_str().into());
        put("r", run.semantics_version.into());
        if let Some(build) = &run.build {
            put("w", build.as_str().into());
        }
    }
    fields
}

fn written(entry: &Entry) -> Json {
    match entry {
        Entry::Kept(number) => json!(number),
        Entry::New { what, fields } => {
            let own = |(field, value): &(String, String)| (field.clone(), value.as_str().into());
            let mut entry: Map<String, Json> = fields.iter().map(own).collect();
            entry.insert("what".to_owned(), what.as_str().into());
            Json::Object(entry)
        }
    }
}

pub(super) fn shared(reading: &mut Reading) -> Result<Shared, Box<Diagnostic>> {
    let content = match (reading.text("x"), reading.text("s")) {
        (Some(text), None) => Content::Whole(text),
        (None, Some(id)) => Content::Changed(Changed {
            id,
            base: reading.take("h", base),
            part: reading.text("p"),
            set: changes(reading)?,
            timeline: timeline(reading)?,
        }),
        (both, _) => {
            let which = if both.is_some() {
                "two scenarios"
            } else {
                "no scenario"
            };
            let message = format!("this link names {which}");
            let help = "ask for it again, or for the scenario's file";
            return Err(packed::refuse(code::BROKEN_CODE, message, help));
        }
    };
    let seed = match reading.take("n", |json| json.as_u64()) {
        Some(seed) => seed,
        None => {
            reading.dropped("n", "the link has no seed; 1 is taken".to_owned());
            1
        }
    };
    let bet = reading.text("b");
    let digest = reading.text("d");
    let rules = reading.take("r", |json| json.as_u64()?.try_into().ok());
    let build = reading.text("w");
    let run = digest.zip(rules).map(|(digest, rules)| Fingerprint {
        digest,
        semantics_version: rules,
        build,
    });
    Ok(Shared {
        content,
        seed,
        bet,
        run,
    })
}

fn base(json: Json) -> Option<u32> {
    u32::from_str_radix(&text(json)?, 16).ok()
}

fn changes(reading: &mut Reading) -> Result<Vec<(String, String)>, Box<Diagnostic>> {
    let written = reading.take("c", list).unwrap_or_default();
    if written.len() > CHANGES_MAX {
        return Err(too_many("changes of knobs", written.len(), CHANGES_MAX));
    }
    let mut changes = Vec::new();
    for json in written {
        let shown = cut(&json.to_string());
        match serde_json::from_value(json) {
            Ok(change) => changes.push(change),
            Err(_) => reading.dropped("c", format!("`{shown}` is no change and is left out")),
        }
    }
    Ok(changes)
}

fn timeline(reading: &mut Reading) -> Result<Option<Vec<Entry>>, Box<Diagnostic>> {
    let Some(written) = reading.take("t", list) else {
        return Ok(None);
    };
    if written.len() > MAX_TIMELINE {
        return Err(too_many("timeline entries", written.len(), MAX_TIMELINE));
    }
    let mut entries = Vec::new();
    for json in written {
        let shown = cut(&json.to_string());
        match entry(json) {
            Some(entry) => entries.push(entry),
            None => {
                let message = format!("`{shown}` is no entry of a timeline and is left out");
                reading.dropped("t", message);
            }
        }
    }
    Ok(Some(entries))
}

fn entry(json: Json) -> Option<Entry> {
    let mut fields = match json {
        Json::Object(fields) => fields,
        other => return other.as_u64()?.try_into().ok().map(Entry::Kept),
    };
    let what = text(fields.remove("what")?)?;
    let fields = fields
        .into_iter()
        .map(|(field, value)| Some((field, text(value)?)))
        .collect::<Option<_>>()?;
    Some(Entry::New { what, fields })
}
