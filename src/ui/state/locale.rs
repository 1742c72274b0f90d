//! Another language: a file that says, for each text of page and scenarios, what stands in its place.
//!
//! The program speaks English and nothing else: what is kept, shared, compared and put into files never depends on
//! a language. What is about to be seen goes through [`Catalogue::say`], the one place where words change. Keys are the
//! English texts with `{0}`, `{1}` for what is filled in, as they are collected in `assets/locales/messages.json`; a
//! sentence that somebody changes has no translation until one is made, and is shown in English.

use std::collections::BTreeMap;

/// What is tried for one text: a sentence holds a clause, a clause a name.
const DEEPEST: usize = 5;
/// Texts remembered with what became of them. Those of a run are new ten times a second.
const REMEMBERED: usize = 5_000;
/// A text that says less than this is known by it only around short values.
const LEAST_LETTERS: usize = 6;
const MOST_WORDS: usize = 3;
/// Between parts that were put together, each of which may be known. The first one found is cut at.
const JOINTS: [&str; 13] = [
    ". ", "; ", ": ", " – ", " · ", ", ", " (", "“", "”", ") ", ")", "   ", "  ",
];

/// A text with holes, cut at them: one piece more than holes.
#[derive(Clone, Debug, PartialEq)]
struct Template {
    pieces: Vec<String>,
    /// Which hole stands between two pieces.
    holes: Vec<usize>,
}

impl Template {
    fn read(text: &str) -> Template {
        let (mut pieces, mut holes) = (vec![String::new()], Vec::new());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let number = rest[at + 1..]
                .split_once('}')
                .and_then(|(inside, after)| Some((inside.parse().ok()?, after)));
            let piece = pieces.last_mut().expect("there is one from the start");
            match number {
                Some((hole, after)) => {
                    piece.push_str(&rest[..at]);
                    holes.push(hole);
                    pieces.push(String::new());
                    rest = after;
                }
                None => {
                    piece.push_str(&rest[..=at]);
                    rest = &rest[at + 1..];
                }
            }
        }
        let piece = pieces.last_mut().expect("there is one from the start");
        piece.push_str(rest);
        Template { pieces, holes }
    }

    /// How much of it is said rather than filled in.
    fn weight(&self) -> usize {
        let letters = |piece: &String| piece.chars().filter(|c| c.is_alphabetic()).count();
        self.pieces.iter().map(letters).sum()
    }

    /// What stands in the holes of a text that was made from this, in their order.
    fn parts<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, last) = (self.pieces.first()?, self.pieces.last()?);
        let rest = text.strip_prefix(first.as_str())?;
        let mut rest = rest.strip_suffix(last.as_str())?;
        let mut parts = Vec::with_capacity(self.holes.len());
        let middle = self.pieces.len().saturating_sub(2);
        for piece in self.pieces.iter().skip(1).take(middle) {
            let at = rest.find(piece.as_str())?;
            parts.push(&rest[..at]);
            rest = &rest[at + piece.len()..];
        }
        parts.push(rest);
        Some(parts)
    }

    fn fill(&self, part: impl Fn(usize) -> String) -> String {
        let mut text = self.pieces[0].clone();
        for (hole, piece) in self.holes.iter().zip(&self.pieces[1..]) {
            text.push_str(&part(*hole));
            text.push_str(piece);
        }
        text
    }
}

/// A language. Without one everything is said as it is.
#[derive(Debug, Default)]
pub struct Catalogue {
    whole: BTreeMap<String, String>,
    /// From the one that says most to the one that says least.
    filled: Vec<(Template, Template)>,
    remembered: BTreeMap<String, Option<String>>,
}

impl Catalogue {
    /// Reads a translation: an object of English texts and what to say instead. One that is empty is not made yet.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, with line and column.
    pub fn read(json: &str) -> Result<Catalogue, String> {
        let texts: BTreeMap<String, String> =
            serde_json::from_str(json).map_err(|error| error.to_string())?;
        Ok(Catalogue::of(texts))
    }

    fn of(texts: BTreeMap<String, String>) -> Catalogue {
        let mut catalogue = Catalogue::default();
        for (english, said) in texts.into_iter().filter(|(_, said)| !said.is_empty()) {
            let template = Template::read(&english);
            match template.holes.is_empty() {
                true => drop(catalogue.whole.insert(english, said)),
                false => catalogue.filled.push((template, Template::read(&said))),
            }
        }
        let weight = |(template, _): &(Template, Template)| usize::MAX - template.weight();
        catalogue.filled.sort_by_key(weight);
        catalogue
    }

    /// A language that nobody speaks: every text known, its letters foreign, its length a third more, in brackets.
    /// What is plain on a page in it goes past [`Catalogue::say`].
    ///
    /// # Errors
    ///
    /// What is wrong with the file, with line and column.
    pub fn pseudo(json: &str) -> Result<Catalogue, String> {
        let mut texts: BTreeMap<String, String> =
            serde_json::from_str(json).map_err(|error| error.to_string())?;
        for (english, said) in &mut texts {
            *said = foreign(english);
        }
        Ok(Catalogue::of(texts))
    }

    /// The text in this language; nothing if it is to stay as it is.
    pub fn say(&mut self, text: &str) -> Option<String> {
        if !text.contains(|c: char| c.is_alphabetic()) {
            return None;
        }
        if let Some(known) = self.remembered.get(text) {
            return known.clone();
        }
        // A text over several lines is known as one, each paragraph of it for itself.
        let mut is_new = false;
        let parts: Vec<String> = text
            .split("\n\n")
            .map(|part| {
                let core = part.split_whitespace().collect::<Vec<_>>().join(" ");
                let said = self.translated(&core, DEEPEST);
                is_new |= said.is_some();
                said.map_or_else(|| part.to_owned(), |said| spaced(part, &said))
            })
            .collect();
        let said = is_new.then(|| parts.join("\n\n"));
        if self.remembered.len() >= REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(text.to_owned(), said.clone());
        said
    }

    fn translated(&self, text: &str, deep: usize) -> Option<String> {
        if deep == 0 || !text.contains(|c: char| c.is_alphabetic()) {
            return None;
        }
        if let Some(said) = self.as_it_stands(text) {
            return Some(said.to_owned());
        }
        // The end of a sentence, or a colon before a value, is put behind what was made elsewhere.
        if let Some(core) = text.strip_suffix(['.', ':', ',', ';', '…', '?'])
            && let Some(said) = self.as_it_stands(core)
        {
            return Some(format!("{said}{}", &text[core.len()..]));
        }
        // A clause that begins a sentence somewhere.
        let mut chars = text.chars();
        if let Some(first) = chars.next().filter(|c| c.is_uppercase()) {
            let small = format!("{}{}", first.to_lowercase(), chars.as_str());
            if let Some(said) = self.as_it_stands(&small) {
                let mut chars = said.chars();
                let first = chars.next()?;
                return Some(format!("{}{}", first.to_uppercase(), chars.as_str()));
            }
        }
        let filled = self.filled.iter().find_map(|(english, said)| {
            let parts = english.parts(text)?;
            // "{0} of {1}" is in many a sentence that is something else.
            let is_value = |part: &&str| part.split(' ').count() <= MOST_WORDS;
            if english.weight() < LEAST_LETTERS && !parts.iter().all(is_value) {
                return None;
            }
            let part = |hole: usize| {
                let at = english.holes.iter().position(|&h| h == hole);
                let part = at.map_or("", |at| parts[at]);
                self.within(part, deep)
            };
            Some(said.fill(part))
        });
        filled.or_else(|| self.by_parts(text, deep))
    }

    fn as_it_stands(&self, text: &str) -> Option<&str> {
        self.whole.get(text).map(String::as_str)
    }

    /// A part of a text, with the space around it.
    fn within(&self, part: &str, deep: usize) -> String {
        let said = self.translated(part.trim(), deep - 1);
        said.map_or_else(|| part.to_owned(), |said| spaced(part, &said))
    }

    /// What was joined is taken apart, if a part is known.
    fn by_parts(&self, text: &str, deep: usize) -> Option<String> {
        let (at, joint) = JOINTS
            .iter()
            .find_map(|joint| Some((text.find(joint)?, *joint)))?;
        // A full stop belongs to what it ends.
        let cut = at + usize::from(joint == ". ");
        let (before, after) = (&text[..cut], &text[at + joint.len()..]);
        let between = &text[cut..at + joint.len()];
        let said = [before, after].map(|part| self.within(part, deep));
        let is_new = said[0] != before || said[1] != after;
        is_new.then(|| format!("{}{between}{}", said[0], said[1]))
    }
}

/// What is said, with the space that stood around the text.
fn spaced(text: &str, said: &str) -> String {
    let (start, end) = (text.trim_start().len(), text.trim_end().len());
    format!("{}{said}{}", &text[..text.len() - start], &text[end..])
}

/// Foreign letters, every second vowel twice, in brackets; holes stay.
fn foreign(english: &str) -> String {
    let template = Template::read(english);
    let letters = |piece: &String| {
        let mut text = String::with_capacity(piece.len() * 2);
        for (at, c) in piece.chars().enumerate() {
            let other = PLAIN.find(c).and_then(|i| FOREIGN.chars().nth(i));
            text.push(other.unwrap_or(c));
            if at % 2 == 0 && "aeiou".contains(c) {
                text.push(other.unwrap_or(c));
            }
        }
        text
    };
    let pieces = template.pieces.iter().map(letters).collect();
    let template = Template { pieces, ..template };
    format!("⟦{}⟧", template.fill(|hole| format!("{{{hole}}}")))
}

const PLAIN: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const FOREIGN: &str = "àƀçđéƒğĥîĵķļɱñöþǫřšţûṽŵẋýžÀßÇÐÉƑĞĤÎĴĶĻṀÑÖÞǪŘŠŢÛṼŴẊÝŽ";

#[cfg(test)]
mod tests {
    use super::*;

    fn german() -> Catalogue {
        Catalogue::read(
            r#"{
                "Run": "Los",
                "served": "bedient",
                "no room": "kein Platz",
                "{0} is down since {1}": "Seit {1} steht {0}",
                "{0} of {1} users were {2}": "{2} wurden {0} von {1}",
                "The run is over.": "Der Lauf ist zu Ende.",
                "not yet": ""
            }"#,
        )
        .expect("the file is well made")
    }

    fn said(text: &str) -> String {
        german().say(text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn whole_texts_keep_the_space_around_them() {
        assert_eq!(said("Run"), "Los");
        assert_eq!(said(" Run "), " Los ");
        assert_eq!(said("Run:"), "Los:");
        assert_eq!(said("Served"), "Bedient");
    }

    #[test]
    fn paragraphs_are_said_one_by_one() {
        assert_eq!(
            said("The run\nis over.\n\nno\n room"),
            "Der Lauf ist zu Ende.\n\nkein Platz"
        );
    }

    #[test]
    fn what_is_filled_in_can_move_and_is_said_as_well() {
        assert_eq!(
            said("Checkout is down since 54.2 s"),
            "Seit 54.2 s steht Checkout"
        );
        assert_eq!(said("3 of 9 users were served"), "bedient wurden 3 von 9");
    }

    #[test]
    fn joined_texts_are_taken_apart() {
        assert_eq!(
            said("The run is over. Checkout is down since 3 s"),
            "Der Lauf ist zu Ende. Seit 3 s steht Checkout"
        );
        assert_eq!(said("shop: no room"), "shop: kein Platz");
        assert_eq!(said("shop (no room)"), "shop (kein Platz)");
    }

    #[test]
    fn what_nobody_has_translated_stays() {
        for text in ["", "54.2 s", "Stop", "not yet", "{", "é", "a: b, c (d). e"] {
            assert_eq!(german().say(text), None, "{text}");
        }
        assert!(
            Catalogue::read("{\"a\": 1}")
                .unwrap_err()
                .contains("line 1")
        );
    }

    #[test]
    fn a_text_is_said_the_same_again() {
        let mut german = german();
        for _ in 0..2 {
            assert_eq!(german.say("Run").as_deref(), Some("Los"));
            assert_eq!(german.say("Stop"), None);
        }
    }

    #[test]
    fn the_pseudo_language_leaves_no_plain_letter_but_in_what_is_filled_in() {
        let mut pseudo = Catalogue::pseudo(r#"{"Run it": "", "{0} is down": ""}"#).unwrap();
        let run = pseudo.say("Run it").unwrap();
        assert!(run.starts_with('⟦') && run.chars().count() > "Run it".len());
        assert!(!run.contains(|c: char| c.is_ascii_alphabetic()), "{run}");
        let down = pseudo.say("Shop is down").unwrap();
        assert!(down.contains("Shop"), "{down}");
        assert_eq!(pseudo.say("Stop"), None);
    }
}
