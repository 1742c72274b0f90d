//! Another timeline in the text of a scenario: entries that stay keep their spelling, and everything
//! around them stays as it is.

use std::ops::Range;

use toml::de::DeTable;

use super::code;
use super::edit::{finding, line_end, not_here, valid, written_field};
use super::names::suggest;
use crate::design::diagnostic::Diagnostic;
use crate::design::registry;
use crate::design::value::{ValueError, cut};

/// An entry of the new timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The entry of the text with this number (from 0).
    Kept(usize),
    /// A new one; fields as a file writes them.
    New {
        what: String,
        fields: Vec<(String, String)>,
    },
}

/// The text with this timeline instead of its own. The result is a valid scenario.
///
/// # Errors
/// What is wrong with an entry; findings have no place, for they are not about the text.
pub fn rewrite(text: &str, entries: &[Entry]) -> Result<String, Vec<Diagnostic>> {
    let Some(blocks) = blocks(text) else {
        return Err(vec![not_here("timeline")]);
    };
    let end = line_end(text);
    let mut parts = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        parts.push(match entry {
            Entry::Kept(kept) => match blocks.get(*kept) {
                Some(block) => text[block.clone()].trim_end().to_owned(),
                None => return Err(vec![not_here(&format!("timeline.{}", kept + 1))]),
            },
            Entry::New { what, fields } => {
                let path = format!("timeline.{}", number + 1);
                written(&path, what, fields, end).map_err(|finding| vec![*finding])?
            }
        });
    }
    let section = parts.join(&format!("{end}{end}"));
    let mut changed = String::new();
    let mut from = 0;
    for (number, block) in blocks.iter().enumerate() {
        changed.push_str(&text[from..block.start]);
        if number == 0 && !section.is_empty() {
            changed.push_str(&section);
            changed.push_str(end);
        }
        from = block.end;
    }
    changed.push_str(&text[from..]);
    if blocks.is_empty() && !section.is_empty() {
        changed = format!("{}{end}{end}{section}{end}", text.trim_end());
    }
    let scenario = valid(&changed)?;
    if scenario.timeline.len() != entries.len() {
        return Err(vec![not_here("timeline")]);
    }
    Ok(changed)
}

/// From the header of each entry to the end of its last field's line. None if they are written in
/// another way: in braces, or with tables of their own.
fn blocks(text: &str) -> Option<Vec<Range<usize>>> {
    let tree = DeTable::parse(text).ok()?.into_inner();
    let Some(list) = tree.get("timeline") else {
        return Some(Vec::new());
    };
    let mut blocks: Vec<Range<usize>> = Vec::new();
    for entry in list.get_ref().as_array()?.iter() {
        let fields = entry.get_ref().as_table()?;
        let first = fields.keys().map(|key| key.span().start).min()?;
        let last = fields.values().map(|value| value.span().end).max()?;
        let header = text[..first].rfind("[[timeline]]")?;
        let start = text[..header].rfind('\n').map_or(0, |at| at + 1);
        let end = text[last..]
            .find('\n')
            .map_or(text.len(), |at| last + at + 1);
        let follows = blocks.last().is_none_or(|before| before.end <= start);
        if !follows || !text[start..header].trim().is_empty() {
            return None;
        }
        blocks.push(start..end);
    }
    Some(blocks)
}

/// The table of an entry, as a file has it.
pub(super) fn written(
    path: &str,
    what: &str,
    fields: &[(String, String)],
    end: &str,
) -> Result<String, Box<Diagnostic>> {
    let Some(kind) = registry::timeline_kind(what) else {
        let names = registry::timeline_kinds().map(|kind| kind.name);
        let error = ValueError {
            message: format!("nothing is called `{}`", cut(what)),
            help: Some(suggest(what, names, "what can happen")),
        };
        return Err(Box::new(finding(code::BAD_VALUE, path, error)));
    };
    let mut out = format!("[[timeline]]{end}what = \"{}\"", kind.name);
    for (field, text) in fields {
        let literal = written_field(kind, field, text).map_err(|mut finding| {
            finding.path = format!("{path}.{}", finding.path);
            finding
        })?;
        out.push_str(&format!("{end}{field} = {literal}"));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    const TEXT: &str = "format = 1\n[run]\nduration = \"60 s\"\n[clients.users]\nrate = \"9 rps\"\n\
        [service.shop]\n\n# First.\n[[timeline]]\nwhat = \"crash\" # bang\ntarget = \"shop\"\nat = \"5 s\"\n\
        lasts = \"1 s\"\n\n# Second.\n  [[timeline]]\n  what = \"slow\"\n  target = \"shop\"\n  at = \"9 s\"\n  \
        factor = \"2x\"\n\n# The way.\n[link.visit]\nfrom = \"users\"\nto = \"shop\"\ntimeout = \"1 s\"\n";

    fn new(what: &str, fields: &[(&str, &str)]) -> Entry {
        let own = |&(field, value): &(&str, &str)| (field.to_owned(), value.to_owned());
        Entry::New {
            what: what.to_owned(),
            fields: fields.iter().map(own).collect(),
        }
    }

    #[test]
    fn the_same_entries_are_the_same_scenario() {
        let same = rewrite(TEXT, &[Entry::Kept(0), Entry::Kept(1)]).unwrap();
        assert_eq!(Scenario::parse(&same), Scenario::parse(TEXT));
        assert!(same.contains("# bang") && same.contains("# The way."));
    }

    #[test]
    fn entries_go_come_and_change_places() {
        let crash = new("crash", &[("target", "shop"), ("at", "20 s")]);
        let text = rewrite(TEXT, &[Entry::Kept(1), crash.clone(), Entry::Kept(0)]).unwrap();
        let scenario = Scenario::parse(&text).unwrap();
        let at: Vec<String> = scenario
            .timeline
            .iter()
            .map(|e| e.begins().to_string())
            .collect();
        assert_eq!(at, ["9 s", "20 s", "5 s"]);
        let none = rewrite(TEXT, &[]).unwrap();
        assert!(Scenario::parse(&none).unwrap().timeline.is_empty());
        let one = rewrite(&none, &[crash]).unwrap();
        assert_eq!(Scenario::parse(&one).unwrap().timeline.len(), 1);
        for part in ["# First.", "# Second.", "# The way.", "[link.visit]"] {
            assert!(text.contains(part) && none.contains(part), "{part}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (entries, code) in [
            (vec![Entry::Kept(2)], code::NO_KNOB),
            (vec![new("bang", &[])], code::BAD_VALUE),
            (vec![new("crash", &[("how", "hard")])], code::UNKNOWN_FIELD),
            (vec![new("crash", &[("at", "soon")])], code::BAD_VALUE),
            (vec![new("crash", &[("at", "5 s")])], code::MISSING),
        ] {
            let findings = rewrite(TEXT, &entries).unwrap_err();
            assert_eq!(findings[0].code, code, "{findings:?}");
        }
        let braces = TEXT.split("\n# First.").next().unwrap().to_owned()
            + "[link.visit]\nfrom = \"users\"\nto = \"shop\"\ntimeout = \"1 s\"\n";
        let braces = format!(
            "timeline = [{{ what = \"crash\", target = \"shop\", at = \"5 s\" }}]\n{braces}"
        );
        assert!(Scenario::parse(&braces).is_ok());
        assert!(rewrite(&braces, &[]).is_err(), "refused, not mangled");
    }
}
