//! Rules of the house that a compiler does not know, checked on the text of the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms of src/ in reading order, and the rooms each may use besides itself. Nothing that simulates
/// knows who watches; nothing but the doors knows a terminal, a browser or a worker.
const MAY_USE: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("version", &[]),
    ("design", &["time"]),
    ("scenario", &["design", "time"]),
    ("engine", &["design", "time"]),
    ("ledger", &["engine", "time"]),
    // What happened and why, from what could be seen.
    ("explain", &["design", "engine", "time"]),
    (
        "observe",
        &[
            "design", "engine", "explain", "ledger", "scenario", "time", "version",
        ],
    ),
    (
        "experiment",
        &["design", "engine", "ledger", "observe", "scenario", "time"],
    ),
    // Links and result codes. They say what to run and judge what came out; running is for the doors.
    (
        "share",
        &["design", "observe", "scenario", "time", "version"],
    ),
    // What is put on paper, by runs of its own.
    (
        "document",
        &[
            "design",
            "engine",
            "experiment",
            "explain",
            "observe",
            "scenario",
            "time",
        ],
    ),
    // The doors.
    ("worker", INSIDE),
    ("cli", INSIDE),
    (
        "ui",
        &[
            "design",
            "document",
            "experiment",
            "explain",
            "observe",
            "scenario",
            "share",
            "time",
            "version",
            "worker",
        ],
    ),
];

const INSIDE: &[&str] = &[
    "design",
    "document",
    "engine",
    "experiment",
    "explain",
    "ledger",
    "observe",
    "scenario",
    "share",
    "time",
    "version",
];

/// Longer than this is asked to be split.
const LINES_MAX: usize = 600;

struct Source {
    /// Relative to the package: `src/design/mod.rs`.
    path: String,
    text: String,
}

impl Source {
    /// The room of a file below src/: `design` for `src/design/mod.rs`, `time` for `src/time.rs`.
    fn room(&self) -> Option<&str> {
        let rest = self.path.strip_prefix("src/")?;
        Some(rest.split('/').next()?.trim_end_matches(".rs"))
    }

    /// Lines with their numbers, comments blanked: a rule is about code.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(n, line)| (n + 1, line.split("//").next().unwrap_or_default()))
    }
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in folders {
        walk(&root.join(folder), &mut files);
    }
    files.sort();
    files
        .into_iter()
        .map(|file| Source {
            path: file
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/"),
            text: fs::read_to_string(&file).unwrap(),
        })
        .collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}

/// The rooms that a line of code names after `crate::`, also in `use crate::{a, b::c}` on one line.
fn rooms_used(line: &str) -> Vec<&str> {
    let mut rooms = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let list = list.split(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                c == ',' && depth == 0
            });
            rooms.extend(list.map(first_word).filter(|word| !word.is_empty()));
        } else {
            rooms.push(first_word(rest));
        }
    }
    rooms
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    &text[..end]
}

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    for source in sources(&["src"]) {
        let room = source.room().unwrap();
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == room) else {
            continue;
        };
        for (number, line) in source.code() {
            for used in rooms_used(line) {
                if used != room && !allowed.contains(&used) {
                    wrong.push(format!(
                        "{}:{number}: {room} must not use {used}",
                        source.path
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_room_has_its_rule() {
    let unknown: Vec<String> = sources(&["src"])
        .iter()
        .filter_map(|source| source.room().map(str::to_owned))
        .filter(|room| room != "lib" && room != "bin")
        .filter(|room| MAY_USE.iter().all(|(name, _)| name != room))
        .collect();
    assert!(
        unknown.is_empty(),
        "add to MAY_USE in tests/it/tidy.rs: {unknown:?}"
    );
}

/// An explanation that could look up what was planned would be no explanation, nor a debrief that adds to it.
/// Only `ui/state/planned` compares, afterwards.
#[test]
fn the_explanation_does_not_see_the_timeline() {
    let mut seen = Vec::new();
    let all = sources(&["src"]).into_iter().filter(|source| {
        let debrief = ["src/ui/state/debrief.rs", "src/observe/wrong.rs"];
        source.path.starts_with("src/explain/") || debrief.contains(&&*source.path)
    });
    let all: Vec<Source> = all.collect();
    assert!(all.len() > 7, "where are they?");
    for source in all {
        for (number, line) in source.code() {
            let words = [
                "timeline",
                "engine::fault",
                "Entry",
                "moments",
                "planned",
                "names::entry",
            ];
            if words.iter().any(|word| line.contains(word)) {
                seen.push(format!("{}:{number}: {line}", source.path));
            }
        }
    }
    assert!(seen.is_empty(), "{seen:#?}");
}

/// An `#[expect]` is reported when it is no longer needed; an `#[allow]` stays for ever.
#[test]
fn exceptions_are_expected_not_allowed() {
    // Put together here so that this file does not find itself.
    let banned = ["#[", "#!["].map(|open| format!("{open}{}(", "allow"));
    let mut wrong = Vec::new();
    for source in sources(&["src", "tests"]) {
        for (number, line) in source.code() {
            if banned.iter().any(|it| line.contains(it.as_str())) {
                wrong.push(format!(
                    "{}:{number}: use #[expect(..., reason)]",
                    source.path
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn files_stay_short_enough_to_read() {
    let long: Vec<String> = sources(&["src"])
        .iter()
        .map(|source| (source.path.clone(), source.text.lines().count()))
        .filter(|&(_, lines)| lines > LINES_MAX)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "over {LINES_MAX} lines, split by subject:\n{}\n",
        long.join("\n")
    );
}
