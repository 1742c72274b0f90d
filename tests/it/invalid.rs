//! A corpus of broken files: each one has a single fault in its name, and a snapshot of what a person
//! is told about it. `INSTA_UPDATE=always cargo test --test it` writes the snapshots anew; read them.

use std::fs;
use std::path::{Path, PathBuf};

use brownout::cli::render;
use brownout::scenario::diagnostic::Diagnostic;
use brownout::scenario::{check, limits};

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/invalid");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn shown(name: &str, text: &str, findings: &[Diagnostic]) -> String {
    anstream::adapter::strip_str(&render::diagnostics(name, text, findings)).to_string()
}

#[test]
fn every_broken_file_is_answered_with_place_and_remedy() {
    let files = corpus();
    assert!(files.len() >= 45, "{} files", files.len());
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let checked = check(&text);
        assert!(!checked.diagnostics.is_empty(), "{name} has no finding");
        let has_error = checked
            .diagnostics
            .iter()
            .any(|finding| finding.code.starts_with('E'));
        assert_eq!(checked.scenario.is_none(), has_error, "{name}");
        let subject = name.trim_end_matches(".toml");
        insta::with_settings!({ snapshot_path => "../fixtures/answers", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(subject, shown(name, &text, &checked.diagnostics));
        });
    }
}

/// What would make a file too large to keep.
#[test]
fn limits_are_named() {
    let head = "format = 1\nrun.duration = \"1 s\"\n";
    let many = |table: &str, count: usize, body: &str| {
        let tables: Vec<String> = (0..count)
            .map(|i| format!("[{table}.x{i}]\n{body}\n"))
            .collect();
        format!("{head}{}", tables.concat())
    };
    for (text, message) in [
        (
            "#".repeat(limits::MAX_BYTES + 1),
            "the file has 1000001 bytes",
        ),
        (
            many("service", limits::MAX_NODES + 1, ""),
            "the design has 201 nodes",
        ),
        (
            many("link", limits::MAX_LINKS + 1, "from = \"a\"\nto = \"b\""),
            "the design has 401 links",
        ),
        (
            many("operation", limits::MAX_OPERATIONS + 1, ""),
            "the design has 51 operations",
        ),
    ] {
        let findings = check(&text).diagnostics;
        let finding = findings.iter().find(|finding| finding.message == message);
        let finding = finding.unwrap_or_else(|| panic!("{message}: {findings:?}"));
        assert!(
            finding
                .help
                .as_ref()
                .is_some_and(|help| help.contains("at most"))
        );
    }
}

#[test]
fn hostile_texts_are_refused_calmly() {
    let deep =
        |open: &str, close: &str| format!("x = {}1{}", open.repeat(100_000), close.repeat(100_000));
    for text in [
        deep("[", "]"),
        deep("{ a = ", " }"),
        format!("[{}a]", "a.".repeat(200_000)),
        "\0".to_owned(),
        "format = 1\n\0\n".to_owned(),
        "\u{feff}format = 1\n".to_owned(),
        "format = 1\nrun = \"\u{202e}\u{0}\"".to_owned(),
        format!("format = {}", "9".repeat(10_000)),
        format!("format = 1\n{} = 1", "k".repeat(100_000)),
        format!(
            "format = 1\n[run]\nduration = \"{} s\"",
            "9".repeat(100_000)
        ),
        format!("format = 1\n[service.{}]", "n".repeat(100_000)),
        "format = 1\r\n[run]\rduration = 1".to_owned(),
        "[[[[[[".repeat(10_000),
        // What is done per finding is done for each of these.
        format!("format = 1\n{}", "a =\n".repeat(200_000)),
        format!("format = 1\n[a]\n{}", "[a]\nb = 1\n".repeat(90_000)),
    ] {
        let checked = check(&text);
        assert!(checked.scenario.is_none());
        let shown = shown("hostile.toml", &text, &checked.diagnostics);
        assert!(shown.len() < 40_000, "{} bytes are shown", shown.len());
    }
}
