//! Another language: a file that says, for each text of page and scenarios, what stands in its place.
//!
//! The program speaks English and nothing else: what is kept, shared, compared and put into files never depends on
//! a language. What is about to be seen goes through [`Catalogue::say`], the one place where words change. Keys are the
//! English texts with `{0}`, `{1}` for what is filled in, as they are collected in `assets/locales/messages.json`; a
//! sentence that somebody changes has no translation until one is made, and is shown in English.

use std::collections::BTreeMap;

/// Texts remembered with what became of them. Those of a run are new ten times a second.
const REMEMBERED: usize = 5_000;
/// Templates that are tried for one text, those that say most first.
const MOST_WAYS: usize = 6;
/// A name has no more words before what is said of it, nor has what stands beside a value.
const MOST_WORDS: usize = 4;
/// What is filled into a template and stays as it is has no more letters than these, and so many for each of its own.
const FILLED_LETTERS: usize = 16;
const FILLED_FACTOR: usize = 4;
/// In bytes: what is longer was not put together by the program, and is not taken apart.
const LONGEST: usize = 1_500;
/// Put behind what was made elsewhere: the end of a sentence, or a colon before a value.
const ENDS: [char; 7] = ['.', ':', ',', ';', '…', '?', '!'];
/// Between parts that were put together, each of which may be known.
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
        self.pieces.iter().map(|piece| letters(piece)).sum()
    }

    /// What stands in the holes of a text that was made from this, in their order. Two holes with a space between them can
    /// be told apart in as many ways as there are spaces; `way` counts them.
    fn parts<'t>(&self, text: &'t str, way: usize) -> Option<Vec<&'t str>> {
        let (first, last) = (self.pieces.first()?, self.pieces.last()?);
        let rest = text.strip_prefix(first.as_str())?;
        let mut rest = rest.strip_suffix(last.as_str())?;
        let mut parts = Vec::with_capacity(self.holes.len());
        let middle = self.pieces.len().saturating_sub(2);
        let mut skip = way;
        for piece in self.pieces[1..].iter().take(middle) {
            let turn = if piece == " " {
                std::mem::take(&mut skip)
            } else {
                0
            };
            let (at, _) = rest.match_indices(piece.as_str()).nth(turn)?;
            parts.push(&rest[..at]);
            rest = &rest[at + piece.len()..];
        }
        parts.push(rest);
        // Without a space there is one way.
        (skip == 0).then_some(parts)
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
    remembered: BTreeMap<String, Said>,
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
            // Nothing but holes would be in every text, and in what it is filled with again.
            if template.weight() == 0 {
                continue;
            }
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
        if !text.contains(char::is_alphabetic) {
            return None;
        }
        if self.remembered.len() >= REMEMBERED {
            self.remembered.clear();
        }
        // A text over several lines is known as one, each paragraph of it for itself.
        let mut is_new = false;
        let parts: Vec<String> = text
            .split("\n\n")
            .map(|part| {
                let said = self.said(&one_line(part));
                is_new |= said.is_new;
                match said.is_new {
                    true => spaced(part, &said.text),
                    false => part.to_owned(),
                }
            })
            .collect();
        is_new.then(|| parts.join("\n\n"))
    }

    /// A document in Markdown, line by line and cell by cell; code stays.
    pub fn say_markdown(&mut self, markdown: &str) -> Option<String> {
        let mut is_new = false;
        let mut is_code = false;
        let mut line = |line: &str| {
            is_code ^= line.starts_with("```");
            if is_code || line.starts_with("```") {
                return line.to_owned();
            }
            let mut cell = |cell: &str| {
                // A heading, an item, a quotation, a row.
                let mark = cell
                    .split_once(' ')
                    .filter(|(mark, _)| letters(mark) == 0)
                    .map_or(0, |(mark, _)| mark.len() + 1);
                let end = cell.strip_suffix(" |").unwrap_or(cell).len();
                let said = self.say(cell.get(mark..end)?)?;
                is_new = true;
                Some(format!("{}{said}{}", &cell[..mark], &cell[end..]))
            };
            let cells = line.split(" | ");
            let said = cells.map(|it| cell(it).unwrap_or_else(|| it.to_owned()));
            said.collect::<Vec<_>>().join(" | ")
        };
        let lines: Vec<String> = markdown.lines().map(&mut line).collect();
        is_new.then(|| format!("{}\n", lines.join("\n")))
    }

    /// The best that can be said: of several ways the one that leaves least.
    fn said(&mut self, text: &str) -> Said {
        if let Some(said) = self.remembered.get(text) {
            return said.clone();
        }
        let mut best = Said {
            text: text.to_owned(),
            left: letters(text),
            is_new: false,
        };
        if best.left > 0 {
            self.find(text, &mut best);
        }
        self.remembered.insert(text.to_owned(), best.clone());
        best
    }

    fn find(&mut self, text: &str, best: &mut Said) {
        if let Some(said) = self.as_a_whole(text) {
            return best.beaten_by(said, 0);
        }
        // Sentences are no part of one another.
        if let Some(cut) = cut(text, JOINTS[0]) {
            self.by_parts(text, cut, best);
        }
        if let Some(core) = text.strip_suffix(ENDS) {
            let said = self.said(core);
            best.beaten_by(format!("{}{}", said.text, &text[core.len()..]), said.left);
        }
        let made: Vec<usize> = (0..self.filled.len())
            .filter(|&i| self.filled[i].0.parts(text, 0).is_some())
            .take(MOST_WAYS)
            .collect();
        for i in made {
            for way in 0..MOST_WORDS {
                if let Some((said, left)) = self.by_template(i, text, way) {
                    best.beaten_by(said, left);
                }
            }
        }
        // "● busy", "✕ not passed". And "2,055/s timed out".
        let is_sign =
            |sign: &str| letters(sign) == 0 || sign.contains(|c: char| c.is_ascii_digit());
        let sign = text.split_once(' ').filter(|(sign, _)| is_sign(sign));
        let sign = sign.map(|(sign, rest)| (sign.len() + 1, rest.len()));
        for cut in JOINTS[1..]
            .iter()
            .filter_map(|joint| cut(text, joint))
            .chain(sign)
        {
            self.by_parts(text, cut, best);
        }
        // "tries 3.1".
        let value = text
            .rsplit_once(' ')
            .filter(|(_, value)| letters(value) == 0);
        if let Some((rest, value)) = value {
            self.by_parts(text, (rest.len(), value.len()), best);
        }
        if let Some((said, left)) = self.of_a_name(text) {
            best.beaten_by(said, left);
        }
        if let Some(said) = self.in_small(text) {
            best.beaten_by(said.text, said.left);
        }
    }

    /// What was joined is taken apart: bytes before and behind what stands between.
    fn by_parts(&mut self, text: &str, (before, after): (usize, usize), best: &mut Said) {
        if best.left == 0 || text.len() > LONGEST {
            return;
        }
        let (before, after) = (&text[..before], &text[text.len() - after..]);
        let between = &text[before.len()..text.len() - after.len()];
        let (a, b) = (self.within(before), self.within(after));
        if a.is_new || b.is_new {
            best.beaten_by(format!("{}{between}{}", a.text, b.text), a.left + b.left);
        }
    }

    /// "Checkout is slow": a name, and what is said of it.
    fn of_a_name(&mut self, text: &str) -> Option<(String, usize)> {
        let cuts = text.match_indices(' ').take(MOST_WORDS);
        let mut cuts = cuts.map(|(at, _)| text.split_at(at + 1));
        let is_known = |rest: &str| rest.contains(' ') && self.as_it_stands(rest).is_some();
        let (name, rest) = cuts.find(|(_, rest)| is_known(rest))?;
        let (name, rest) = (self.within(name), self.said(rest));
        Some((format!("{}{}", name.text, rest.text), name.left))
    }

    fn as_it_stands(&self, text: &str) -> Option<&str> {
        self.whole.get(text).map(String::as_str)
    }

    fn as_a_whole(&self, text: &str) -> Option<String> {
        if let Some(said) = self.as_it_stands(text) {
            return Some(said.to_owned());
        }
        let core = text.strip_suffix(ENDS)?;
        let said = self.as_it_stands(core)?;
        Some(format!("{said}{}", &text[core.len()..]))
    }

    /// A clause that begins a sentence somewhere.
    fn in_small(&mut self, text: &str) -> Option<Said> {
        let mut chars = text.chars();
        let first = chars.next().filter(|c| c.is_uppercase())?;
        let small = format!("{}{}", first.to_lowercase(), chars.as_str());
        // Some capitals have no small letter.
        if small == text {
            return None;
        }
        let said = self.said(&small);
        let mut chars = said.text.chars();
        let first = chars.next()?;
        let text = format!("{}{}", first.to_uppercase(), chars.as_str());
        said.is_new.then_some(Said { text, ..said })
    }

    fn by_template(&mut self, i: usize, text: &str, way: usize) -> Option<(String, usize)> {
        let parts = self.filled[i].0.parts(text, way)?;
        let parts: Vec<Said> = parts.iter().map(|part| self.within(part)).collect();
        let (english, said) = &self.filled[i];
        let left = parts.iter().map(|part| part.left).sum();
        // "{0} of {1}" is in many a sentence that is something else.
        if left > FILLED_LETTERS + english.weight() * FILLED_FACTOR {
            return None;
        }
        let part = |hole: usize| {
            let at = english.holes.iter().position(|&h| h == hole);
            at.map_or_else(String::new, |at| parts[at].text.clone())
        };
        Some((said.fill(part), left))
    }

    /// A part of a text, with the space around it.
    fn within(&mut self, part: &str) -> Said {
        let said = self.said(part.trim());
        Said {
            text: spaced(part, &said.text),
            ..said
        }
    }
}

/// One way to say a text.
#[derive(Clone, Debug)]
struct Said {
    text: String,
    /// Letters that stay as they are.
    left: usize,
    is_new: bool,
}

impl Said {
    /// The first of two that leave the same is better.
    fn beaten_by(&mut self, text: String, left: usize) {
        if left < self.left {
            *self = Said {
                text,
                left,
                is_new: true,
            };
        }
    }
}

/// A full stop belongs to what it ends.
fn cut(text: &str, joint: &str) -> Option<(usize, usize)> {
    let at = text.find(joint)?;
    Some((
        at + usize::from(joint == JOINTS[0]),
        text.len() - at - joint.len(),
    ))
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).count()
}

fn one_line(text: &str) -> String {
    match text.contains('\n') {
        true => text.split_whitespace().collect::<Vec<_>>().join(" "),
        false => text.trim().to_owned(),
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
        assert_eq!(said("● served"), "● bedient");
        assert_eq!(said("served 3.1"), "bedient 3.1");
        assert_eq!(said("12/s no room"), "12/s kein Platz");
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
    fn two_that_stand_side_by_side_are_told_apart_by_what_is_known() {
        let mut german = Catalogue::read(
            r#"{"{0} {1} after that": "{0} danach, {1}", "users were served again": "alle bedient"}"#,
        )
        .unwrap();
        let said = german.say("users were served again 7 s after that");
        assert_eq!(said.as_deref(), Some("alle bedient danach, 7 s"));
    }

    #[test]
    fn a_document_keeps_its_marks() {
        let mut german = german();
        let text =
            "# Run\n\n- Run\n- shop: no room\n\n| Run | served |\n| --- | --- |\n\n```\nRun\n```\n";
        let said = german.say_markdown(text).unwrap();
        let expected = "# Los\n\n- Los\n- shop: kein Platz\n\n| Los | bedient |\n| --- | --- |\n\n```\nRun\n```\n";
        assert_eq!(said, expected);
        assert_eq!(german.say_markdown("# 1\n"), None);
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
    fn no_text_and_no_key_goes_on_for_ever() {
        let mut odd =
            Catalogue::read(r#"{"{0}": "{0}", "{0}{1}": "x", "{0}, {1}": "y", "a": "b"}"#).unwrap();
        assert_eq!(odd.say("𝐀𝐁"), None);
        let many = "c, ".repeat(20_000);
        assert_eq!(odd.say(&many), None);
        let said = odd.say(&"a, ".repeat(LONGEST / 3));
        assert_eq!(said, Some("b, ".repeat(LONGEST / 3)));
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
