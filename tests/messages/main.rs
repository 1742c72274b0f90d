//! The English texts that a translation is made of: collected from the sources and scenarios, kept in
//! `assets/locales/messages.json`. Tests for translations lie here as well.
//!
//! `BROWNOUT_WRITE=1 cargo test --test messages` writes the file after a text has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use toml::de::{DeTable, DeValue};

#[path = "../../src/ui/state/rooms/paragraphs.rs"]
mod paragraphs;

const FILE: &str = "assets/locales/messages.json";
/// Whose texts are seen on the page: the views, and what they pass on.
const ROOMS: [&str; 9] = [
    "design",
    "document",
    "engine",
    "experiment",
    "explain",
    "observe",
    "scenario",
    "share",
    "ui",
];
/// Macros and functions whose texts are for people who build.
const FOR_BUILDERS: [&str; 16] = [
    "panic",
    "unreachable",
    "expect",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "include_str",
    "include",
    "concat",
    "env",
    "cfg",
    "query_selector",
    "query_selector_all",
];
/// Attributes of elements that nobody reads; others are properties of components, too.
const NOT_SAID: [&str; 40] = [
    "accept",
    "action",
    "autocomplete",
    "class",
    "controls",
    "current",
    "d",
    "describedby",
    "expanded",
    "fill",
    "for",
    "haspopup",
    "hidden",
    "href",
    "id",
    "inputmode",
    "kind",
    "labelledby",
    "live",
    "name",
    "orient",
    "points",
    "popover",
    "preserveAspectRatio",
    "rel",
    "role",
    "scope",
    "sort",
    "spellcheck",
    "state",
    "stroke",
    "target",
    "testid",
    "transform",
    "translate",
    "type",
    "value",
    "viewBox",
    "tabindex",
    "pathLength",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, end: &str, into: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for path in entries.flatten().map(|entry| entry.path()) {
        match path.is_dir() {
            true => files(&path, end, into),
            false if path.extension().is_some_and(|it| it == end) => into.push(path),
            false => {}
        }
    }
    into.sort();
}

/// The texts in Rust tokens: string literals, without attributes, tests, what is for builders, and attributes of
/// elements that nobody reads.
fn texts_of(tokens: TokenStream, into: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let ident = |at: Option<usize>| match tokens.get(at?) {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    };
    let is = |at: Option<usize>, c: char| {
        at.and_then(|at| tokens.get(at))
            .is_some_and(|it| matches!(it, TokenTree::Punct(p) if p.as_char() == c))
    };
    let mut is_test = false;
    for (at, token) in tokens.iter().enumerate() {
        let before = |n: usize| at.checked_sub(n);
        match token {
            TokenTree::Group(group) => {
                // `#[...]` and `#![...]`.
                let of_attribute = group.delimiter() == Delimiter::Bracket
                    && (is(before(1), '#') || is(before(1), '!') && is(before(2), '#'));
                if of_attribute {
                    is_test = group
                        .stream()
                        .to_string()
                        .replace(' ', "")
                        .contains("cfg(test");
                    continue;
                }
                let called = match is(before(1), '!') {
                    true => ident(before(2)),
                    false => ident(before(1)),
                };
                if called.is_some_and(|name| FOR_BUILDERS.contains(&name.as_str())) {
                    continue;
                }
                if is_test && group.delimiter() == Delimiter::Brace {
                    is_test = false;
                    continue;
                }
                texts_of(group.stream(), into);
            }
            TokenTree::Punct(p) if p.as_char() == ';' => is_test = false,
            TokenTree::Literal(literal) => {
                // `class="..."` in a view; a `let x = "..."` is no attribute.
                let name = is(before(1), '=').then(|| ident(before(2))).flatten();
                let bound = ident(before(3)).is_some_and(|word| word == "let" || word == "mut")
                    || is(before(3), ':')
                    || is(before(3), '&');
                if name.is_some_and(|name| !bound && NOT_SAID.contains(&name.as_str())) {
                    continue;
                }
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    into.push(text.value());
                }
            }
            _ => {}
        }
    }
}

/// A format string as a key: holes are numbered in the order in which they stand.
fn key_of(text: &str, is_hole: fn(&str) -> bool) -> String {
    let (mut key, mut rest, mut holes) = (String::new(), text, 0);
    while let Some(at) = rest.find(['{', '}']) {
        key.push_str(&rest[..at]);
        let from = &rest[at..];
        if from.starts_with("{{") || from.starts_with("}}") {
            key.push_str(&from[..1]);
            rest = &from[2..];
            continue;
        }
        match from.find('}').filter(|_| from.starts_with('{')) {
            Some(end) if is_hole(&from[1..end]) => {
                key.push_str(&format!("{{{holes}}}"));
                holes += 1;
                rest = &from[end + 1..];
            }
            _ => {
                key.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    key.push_str(rest);
    key
}

/// `{}`, `{name}`, `{0}`, `{share:.1}`.
fn is_argument(inside: &str) -> bool {
    let name = inside.split(':').next().unwrap_or_default();
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether people read it: words, as against names in files, classes, paths and addresses.
fn is_for_people(key: &str) -> bool {
    let core = key.trim();
    let said: String = core
        .split(['{', '}'])
        .step_by(2)
        .collect::<Vec<_>>()
        .join(" ");
    let letters = said.chars().filter(|c| c.is_alphabetic()).count();
    let is_word = |word: &str| word.chars().filter(|c| c.is_alphabetic()).count() >= 2;
    if letters < 2 || !said.split_whitespace().any(is_word) {
        return false;
    }
    // Three words are a sentence, whatever is quoted in it.
    let has_words = said.split_whitespace().filter(|it| is_word(it)).count() >= 3;
    let begins = |c: char| ['#', '/', '[', '&', '<', '$', '-', '@', '\\'].contains(&c);
    let technical = core.starts_with(begins)
        || core.starts_with('.') && !core.starts_with(". ")
        || ["data-", "px", "[[", "\\", "\t", "var(", "url("]
            .iter()
            .any(|mark| said.contains(mark))
        || !has_words
            && (["::", "://", "_"].iter().any(|mark| said.contains(mark))
                || said.contains('=') && said.contains(['.', '"']));
    let one_word = !core.contains(' ');
    let parts_of_names = |c: char| matches!(c, '-' | '.' | '/' | '#' | ':');
    let name_like = one_word
        && core
            .trim_end_matches(['.', ':', '…'])
            .contains(parts_of_names)
        && !core.starts_with(char::is_uppercase);
    !technical && !name_like
}

/// `service_time`.
fn is_name(text: &str) -> bool {
    text.contains('_') && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn of_sources() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for room in ROOMS {
        let mut paths = Vec::new();
        files(&root().join("src").join(room), "rs", &mut paths);
        for path in paths {
            let name = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy();
            if name.contains("/tests/") || name.ends_with("tests.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
            let tokens: TokenStream = text.parse().unwrap_or_else(|e| panic!("{name}: {e}"));
            let mut texts = Vec::new();
            texts_of(tokens, &mut texts);
            // What is put between others begins and ends with what stands between.
            let core = |text: &str| {
                key_of(
                    text.trim()
                        .trim_start_matches([',', ';', '.', ' '])
                        .trim_end_matches([' ', ':', ',', ';']),
                    is_argument,
                )
            };
            // A document is said line by line, without the marks of Markdown before them.
            let is_document = room == "document";
            let lines = texts.iter().flat_map(|text| {
                let lines: Vec<&str> = match is_document {
                    true => text.split('\n').collect(),
                    false => vec![text],
                };
                lines.into_iter().map(move |line| match is_document {
                    true => line.trim_start_matches(['#', '>', '-', ' ']),
                    false => line,
                })
            });
            let keys = lines.map(core);
            found.extend(keys.filter(|key| is_for_people(key)));
            // The names of knobs, kinds and reasons are read as words where they have no other.
            if room == "design" || room == "engine" {
                let names = texts.iter().filter(|text| is_name(text));
                found.extend(names.map(|name| name.replace('_', " ")));
            }
        }
    }
    found
}

/// What a scenario says to people, by the path of the value.
fn is_told(path: &[String]) -> bool {
    let name = path.iter().rev().find(|part| part.as_str() != "[]");
    let Some(name) = name else { return false };
    match (path[0].as_str(), name.as_str()) {
        ("lesson", "numbers" | "add" | "image") => false,
        ("lesson", _) => !path.iter().any(|part| part == "numbers"),
        ("scenario", "title" | "concept" | "question" | "says" | "track" | "audience") => true,
        ("fails_first", "says") => true,
        (_, "label") => true,
        _ => false,
    }
}

/// What belongs to the story and claims nothing is a text like the rest: `{Three = story}`.
fn without_stories(text: &str) -> String {
    let parts = text.split_inclusive('}').map(|part| {
        let Some((before, inside)) = part.rsplit_once('{') else {
            return part.to_owned();
        };
        match inside.rsplit_once('=') {
            Some((shown, meant)) if meant.trim() == "story}" => format!("{before}{}", shown.trim()),
            _ => part.to_owned(),
        }
    });
    parts.collect()
}

fn of_scenario(value: &DeValue<'_>, path: &mut Vec<String>, found: &mut BTreeSet<String>) {
    match value {
        DeValue::Table(table) => {
            for (name, value) in table {
                path.push(name.get_ref().to_string());
                of_scenario(value.get_ref(), path, found);
                path.pop();
            }
        }
        DeValue::Array(list) => {
            path.push("[]".into());
            list.iter()
                .for_each(|value| of_scenario(value.get_ref(), path, found));
            path.pop();
        }
        DeValue::String(text) if is_told(path) => {
            // One message for each paragraph, as the page shows them.
            let text = without_stories(text);
            let is_notes = path.last().is_some_and(|name| name == "facilitator");
            let parts: Vec<String> = match is_notes {
                true => paragraphs::paragraphs(&text),
                false => text.split("\n\n").map(str::to_owned).collect(),
            };
            for part in parts {
                let line = part.split_whitespace().collect::<Vec<_>>().join(" ");
                let key = key_of(&line, |inside| inside.contains('='));
                // What stands in a hole may be a word: `{three seconds = timeline.1.delay}`.
                let shown = line
                    .split('{')
                    .skip(1)
                    .filter_map(|it| it.split('}').next()?.rsplit_once('='))
                    .map(|(shown, _)| shown.trim().to_owned());
                let texts = shown.chain([key]);
                found.extend(texts.filter(|text| text.chars().any(char::is_alphabetic)));
            }
        }
        _ => {}
    }
}

fn of_scenarios() -> BTreeSet<String> {
    let (mut found, mut paths) = (BTreeSet::new(), Vec::new());
    files(&root().join("scenarios"), "toml", &mut paths);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let table = DeTable::parse(&text).unwrap().into_inner();
        of_scenario(&DeValue::Table(table), &mut Vec::new(), &mut found);
    }
    found
}

/// What stands in index.html and its script, before there is a program.
fn of_page() -> BTreeSet<String> {
    let html = fs::read_to_string(root().join("index.html")).unwrap();
    let pieces = html.split('>').filter_map(|piece| piece.split('<').next());
    let texts = pieces.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    texts.filter(|text| is_for_people(text)).collect()
}

fn messages() -> BTreeMap<String, String> {
    let all = of_sources()
        .into_iter()
        .chain(of_scenarios())
        .chain(of_page());
    all.map(|key| (key, String::new())).collect()
}

#[test]
fn the_file_of_messages_is_what_the_sources_say() {
    let json = format!("{}\n", serde_json::to_string_pretty(&messages()).unwrap());
    let path = root().join(FILE);
    if std::env::var_os("BROWNOUT_WRITE").is_some() {
        fs::write(&path, &json).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) =
        (kept.lines().collect(), json.lines().collect());
    let gone: Vec<_> = old.difference(&new).take(10).collect();
    let more: Vec<_> = new.difference(&old).take(10).collect();
    assert!(
        kept == json,
        "{FILE} is old: BROWNOUT_WRITE=1 cargo test --test messages\ngone: {gone:#?}\nnew: {more:#?}"
    );
}

/// A translation knows texts that are there, and fills in nothing that its English text does not have.
#[test]
fn translations_fit_the_messages() {
    let messages = messages();
    let mut paths = Vec::new();
    files(&root().join("assets/locales"), "json", &mut paths);
    for path in paths.iter().filter(|path| !path.ends_with("messages.json")) {
        let name = path.display();
        let text = fs::read_to_string(path).unwrap();
        let said: BTreeMap<String, String> =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        for (english, said) in said {
            assert!(
                messages.contains_key(&english),
                "{name}: no such text: {english}"
            );
            for hole in said
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split('}').next())
            {
                let hole = format!("{{{hole}}}");
                assert!(
                    english.contains(&hole),
                    "{name}: {hole} is not in: {english}"
                );
            }
        }
    }
}

#[test]
fn texts_are_told_from_what_is_for_programs() {
    let source = r##"
        #[doc = "No text"]
        fn f() {
            let why = "Nobody waits";
            view! { <p class="small muted" title="Not yet">"Run " {n}</p> };
            x.expect("a bug");
            format!("{} of {n:.1} left", 3);
            panic!("never");
        }
        #[cfg(test)]
        mod tests { const A: &str = "In a test"; }
        const B: &str = "After {{it}}";
    "##;
    let mut texts = Vec::new();
    texts_of(source.parse().unwrap(), &mut texts);
    let keys: Vec<String> = texts
        .iter()
        .map(|t| key_of(t.trim(), is_argument))
        .collect();
    assert_eq!(
        keys,
        [
            "Nobody waits",
            "Not yet",
            "Run",
            "{0} of {1} left",
            "After {it}"
        ]
    );
    for people in [
        "Run",
        "{0} of {1}",
        "no room",
        "Age of the oldest message",
        "served",
    ] {
        assert!(is_for_people(people), "{people}");
    }
    for programs in [
        "{0}",
        "M{0} {1}",
        "service_time",
        "link.timeout",
        "--accent",
        "bet-{0}",
        "translate({0}px, {1}px)",
    ] {
        assert!(!is_for_people(programs), "{programs}");
    }
}
