//! Taking fields out of the JSON of a link, one after the other, and remembering what nobody took.

use serde_json::{Map, Value as Json};

use super::{Notice, diagnostic, packed};
use crate::design::diagnostic::{Diagnostic, Severity};
use crate::design::value::cut;
use crate::scenario::code;

/// Notices that are listed; a hostile link could have a million.
const NOTICES_MAX: usize = 20;

#[derive(Debug)]
pub struct Reading {
    fields: Map<String, Json>,
    notices: Vec<Notice>,
    untold: usize,
}

impl Reading {
    pub fn new(fields: Map<String, Json>) -> Reading {
        Reading {
            fields,
            notices: Vec::new(),
            untold: 0,
        }
    }

    /// Takes a field, if it is there and of the right type; of another type it is left out, with a notice.
    pub fn take<T>(&mut self, key: &str, read: impl FnOnce(Json) -> Option<T>) -> Option<T> {
        let json = self.fields.remove(key)?;
        let value = read(json);
        if value.is_none() {
            let message = format!("`{key}` cannot be read and is left out");
            match key {
                // Part 2, changes, timeline: without them it is another design.
                "p" | "c" | "t" => self.dropped(key, message),
                _ => self.extra(key, message),
            }
        }
        value
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        self.take(key, text)
    }

    /// Something of no importance for the design.
    pub fn extra(&mut self, path: &str, message: String) {
        let help = "a newer release may know it";
        self.tell(code::EXTRA_IN_CODE, path, message, help);
    }

    /// A part of the design.
    pub fn dropped(&mut self, path: &str, message: String) {
        let help = "a newer release may know it; without it, this is another design";
        self.tell(code::DROPPED_OF_CODE, path, message, help);
    }

    fn tell(&mut self, code: &'static str, path: &str, message: String, help: &str) {
        // That it is another design is said in any case.
        let is_new = self.notices.iter().all(|notice| notice.code != code);
        if self.notices.len() < NOTICES_MAX || is_new {
            let path = cut(path);
            let notice = diagnostic(code, Severity::Warning, &path, message, help);
            self.notices.push(notice);
        } else {
            self.untold += 1;
        }
    }

    /// What was left out.
    pub fn finish(mut self) -> Vec<Notice> {
        for key in std::mem::take(&mut self.fields).keys() {
            let shown = cut(key);
            self.extra(&shown, format!("there is no field `{shown}` in a link"));
        }
        if self.untold > 0 {
            let message = format!("{} more things are left out", self.untold);
            let help = "a newer release may know them";
            let more = diagnostic(
                code::EXTRA_IN_CODE,
                Severity::Warning,
                "link",
                message,
                help,
            );
            self.notices.push(more);
        }
        self.notices
    }
}

pub fn text(json: Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text),
        _ => None,
    }
}

pub fn list(json: Json) -> Option<Vec<Json>> {
    match json {
        Json::Array(list) => Some(list),
        _ => None,
    }
}

/// More of something than any design has.
pub fn too_many(what: &str, count: usize, most: usize) -> Box<Diagnostic> {
    let message = format!("the link has {count} {what}");
    packed::refuse(code::LIMIT, message, &format!("at most {most}"))
}
