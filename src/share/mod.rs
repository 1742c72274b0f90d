//! Sharing without a server: a design, a seed and what came of them as a short text.
//!
//! A **link** opens a design somewhere else ([`link`]). A **result code** also says who ran it, what was
//! predicted and what came out ([`receipt`]). Whoever has one runs it again and compares ([`verify`]): the
//! same design and seed give the same fingerprint everywhere. The grammar, and what is promised about
//! it: docs/share-format.md.
//!
//! Nothing here runs anything: the page's worker does, and the command line.

mod base64url;
mod difference;
pub mod link;
mod packed;
mod reading;
pub mod receipt;
mod restore;
#[cfg(test)]
mod tests;
pub mod verify;

use crate::design::diagnostic::{Diagnostic, Severity};
use crate::observe::report::Report;
use crate::version::BUILD;

pub use crate::scenario::edit_timeline::Entry;
pub use packed::is_code;
pub use receipt::{GoalClaim, Receipt};

/// Something that was left out when a link was read, and what to do about it: a warning.
pub type Notice = Diagnostic;

/// What a link is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    pub content: Content,
    /// The seed of the run that it is about.
    pub seed: u64,
    /// Key of the bet that was chosen before the first run.
    pub bet: Option<String>,
    /// What came of the run, if there was one.
    pub run: Option<Fingerprint>,
}

/// A scenario, said in as few words as will do.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// The text of its file.
    Whole(String),
    /// A scenario that every build has, with changes.
    Changed(Changed),
}

/// A scenario that every build has, with changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changed {
    /// Its id: `s04-retry-storm`.
    pub id: String,
    /// A hash of its text when the link was made; absent if nobody said.
    pub base: Option<u32>,
    /// Key of the twist of its lesson that it is in: part 2.
    pub part: Option<String>,
    /// Paths of knobs and values, as `scenario::edit` takes them.
    pub set: Vec<(String, String)>,
    /// Another timeline.
    pub timeline: Option<Vec<Entry>>,
}

/// What came of a run, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// 32 hexadecimal digits, as in the report.
    pub digest: String,
    /// Rules of the simulation; digests of different versions do not compare.
    pub semantics_version: u32,
    /// Name of the build, if it is known.
    pub build: Option<String>,
}

impl Fingerprint {
    /// Of a run of this build.
    pub fn of(report: &Report) -> Fingerprint {
        Fingerprint {
            digest: report.digest.clone(),
            semantics_version: report.semantics_version,
            build: Some(BUILD.to_owned()),
        }
    }
}

/// Either kind of text.
#[derive(Clone, Debug, PartialEq)]
pub enum Code {
    Link(Shared),
    Receipt(Receipt),
}

impl Code {
    pub fn shared(&self) -> &Shared {
        match self {
            Code::Link(shared) => shared,
            Code::Receipt(receipt) => &receipt.shared,
        }
    }

    /// The result code, if it is one.
    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Code::Link(_) => None,
            Code::Receipt(receipt) => Some(receipt),
        }
    }
}

/// Reads a link or a result code, alone or at the end of an address.
///
/// # Errors
/// If it is neither, was cut or changed, is too long, or of a newer version.
pub fn read(text: &str) -> Result<(Code, Vec<Notice>), Box<Diagnostic>> {
    let packed = packed::open(text)?;
    let is_receipt = packed.kind == packed::Kind::Receipt;
    let mut reading = reading::Reading::new(packed.fields);
    let shared = link::shared(&mut reading)?;
    let code = match is_receipt {
        true => Code::Receipt(receipt::receipt(&mut reading, shared)),
        false => Code::Link(shared),
    };
    Ok((code, reading.finish()))
}

/// The lines of a text that are meant as codes, with their numbers from 1; what is none is said when it is
/// read. Empty lines and remarks behind `#` are not, but for links, which begin with it in an address.
pub fn meant(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_meant = |line: &str| {
        let line = line.trim();
        // A remark may have a link in it.
        let is_link = line.starts_with("#v") || line.starts_with("#r");
        let is_remark = line.starts_with('#') && !(is_link && is_code(line));
        !line.is_empty() && !is_remark
    };
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    lines
        .map(|(i, line)| (i + 1, line))
        .filter(move |(_, line)| is_meant(line))
}

fn diagnostic(
    code: &'static str,
    severity: Severity,
    path: &str,
    message: impl Into<String>,
    help: &str,
) -> Diagnostic {
    Diagnostic {
        code,
        severity,
        path: path.to_owned(),
        place: None,
        message: message.into(),
        help: Some(help.to_owned()),
        knob: None,
    }
}

/// FNV-1a over a text, however its lines end: tells whether a built-in scenario is the same, proves nothing.
fn hash(text: &str) -> u32 {
    let bytes = text.bytes().filter(|&byte| byte != b'\r');
    bytes.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
