//! The outside of both kinds of text: `v1.` or `r1.`, then JSON, deflated, in base64url.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use serde_json::{Map, Value as Json};

use super::{base64url, diagnostic};
use crate::design::diagnostic::{Diagnostic, Severity};
use crate::design::value::cut;
use crate::scenario::code;
use crate::scenario::limits::MAX_BYTES;

/// The version that this build writes, of both kinds.
pub const VERSION: u32 = 1;

/// Bytes of JSON: room for every valid scenario file, whose letters JSON makes two of at most.
pub const INFLATED_MAX: usize = 2 * MAX_BYTES + 64 * 1024;

/// Characters of a text: no valid scenario needs more, even if nothing in it can be made shorter.
pub const CODE_MAX: usize = 3_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Link,
    Receipt,
}

impl Kind {
    fn letter(self) -> char {
        match self {
            Kind::Link => 'v',
            Kind::Receipt => 'r',
        }
    }
}

#[derive(Debug)]
pub struct Packed {
    pub kind: Kind,
    pub fields: Map<String, Json>,
}

pub fn pack(kind: Kind, fields: Map<String, Json>) -> String {
    let json = Json::Object(fields).to_string();
    let packed = compress_to_vec(json.as_bytes(), 10);
    format!("{}{VERSION}.{}", kind.letter(), base64url::encode(&packed))
}

/// Whether a text begins as a link or a result code does, also of a version that is not known here.
pub fn is_code(text: &str) -> bool {
    split(text).is_some()
}

/// Kind, version and the rest. What stands before the last `#` is the address of a page.
fn split(text: &str) -> Option<(Kind, u32, &str)> {
    let code = text.rsplit('#').next()?.trim();
    let (prefix, rest) = code.split_once('.')?;
    let kind = match prefix.chars().next()? {
        'v' => Kind::Link,
        'r' => Kind::Receipt,
        _ => return None,
    };
    let digits = &prefix[1..];
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    let version = digits.parse().ok().filter(|version| *version > 0)?;
    (is_number && !digits.starts_with('0')).then_some((kind, version, rest))
}

/// The fields of a text.
pub fn open(text: &str) -> Result<Packed, Box<Diagnostic>> {
    if text.len() > CODE_MAX {
        let message = format!("a text of {} bytes is too long for a link", text.len());
        let help = "share the scenario as a file";
        return Err(refuse(code::LONG_CODE, message, help));
    }
    let Some((kind, version, rest)) = split(text) else {
        let message = match cut(text.trim()).as_str() {
            "" => "there is no link".to_owned(),
            shown => format!("`{shown}` is no link and no result code"),
        };
        let help = "copy the whole of it: a link has `#v1.` in it, a result code begins with `r1.`";
        return Err(refuse(code::NO_CODE, message, help));
    };
    let word = match kind {
        Kind::Link => "link",
        Kind::Receipt => "result code",
    };
    if version > VERSION {
        let message =
            format!("this {word} is of version {version}; this build reads up to {VERSION}");
        let help = "reload the page, or take a newer release";
        return Err(refuse(code::NEWER_CODE, message, help));
    }
    let broken = |what: &str| {
        let message = format!("this {word} was cut or changed on its way: {what}");
        let help = "copy the whole of it once more, or ask for the scenario's file";
        refuse(code::BROKEN_CODE, message, help)
    };
    // Mail programs break long lines.
    let letters: String = rest.split_ascii_whitespace().collect();
    let bytes = base64url::decode(&letters)
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| broken("a letter is missing or wrong"))?;
    let json = match decompress_to_vec_with_limit(&bytes, INFLATED_MAX) {
        Ok(json) => json,
        Err(error) if error.status == TINFLStatus::HasMoreOutput => {
            let message = format!("this {word} unpacks to more than {INFLATED_MAX} bytes");
            let help = "no scenario is that long; ask for the scenario's file";
            return Err(refuse(code::LONG_CODE, message, help));
        }
        Err(_) => return Err(broken("it cannot be unpacked")),
    };
    match serde_json::from_slice(&json) {
        Ok(Json::Object(fields)) => Ok(Packed { kind, fields }),
        _ => Err(broken("what is in it is no JSON object")),
    }
}

pub fn refuse(code: &'static str, message: String, help: &str) -> Box<Diagnostic> {
    Box::new(diagnostic(code, Severity::Error, "link", message, help))
}
