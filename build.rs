//! Gives page, worker and command line the same name for the build they come from, so that a page
//! never talks to a worker of another build (a stale file in a cache).
//!
//! The name is a hash of everything that can change what the program does: sources, manifest, lock
//! file, scenarios. No clock and no git: the same tree gives the same name on every machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Files and folders, relative to the manifest.
const INPUTS: &[&str] = &["Cargo.toml", "Cargo.lock", "build.rs", "scenarios", "src"];

fn main() {
    let mut files = Vec::new();
    for input in INPUTS {
        println!("cargo::rerun-if-changed={input}");
        collect(Path::new(input), &mut files);
    }
    files.sort();

    let mut hash = Fnv::new();
    for file in &files {
        let text = fs::read(file)
            .unwrap_or_else(|error| panic!("failed to read {}: {error}", file.display()));
        hash.write(file.to_string_lossy().replace('\\', "/").as_bytes());
        hash.write(&text);
    }
    println!("cargo::rustc-env=BROWNOUT_BUILD={:016x}", hash.0);
    built_in(&files);
    starts(&files);
    locales();
}

/// The list of languages that the page can be in besides English: the names of the translations.
fn locales() {
    const FOLDER: &str = "assets/locales";
    println!("cargo::rerun-if-changed={FOLDER}");
    let entries = fs::read_dir(FOLDER).map(|entries| entries.flatten().collect::<Vec<_>>());
    let mut names: Vec<String> = entries
        .unwrap_or_default()
        .iter()
        .filter_map(|entry| Some(entry.path().file_stem()?.to_string_lossy().into_owned()))
        // The English texts that translations are made of.
        .filter(|name| name != "messages")
        .collect();
    names.sort();
    write("locales.rs", &format!("&{names:?}"));
}

/// The list of all lessons, for `scenario::built_in`: a new file is in it by being there.
fn built_in(files: &[PathBuf]) {
    let mut list = String::from("&[\n");
    for (id, path) in scenarios_in("scenarios", files) {
        let text = included(&path);
        list.push_str(&format!("    BuiltIn {{ id: {id:?}, text: {text} }},\n"));
    }
    list.push_str("]\n");
    write("built_in.rs", &list);
}

/// The list of all starting points, for `scenario::starts`, and their texts beside it: the page has the
/// list and fetches the text that somebody wants.
fn starts(files: &[PathBuf]) {
    let (mut list, mut texts) = (String::from("&[\n"), String::from("&[\n"));
    for (id, path) in scenarios_in("scenarios/start", files) {
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("failed to read {}: {error}", path.display()));
        // Both stand on lines of their own; a test reads the files properly and compares.
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("{} has no line `{name}...`", path.display()))
        };
        let (title, says) = (field("title = "), field("says = "));
        list.push_str(&format!(
            "    Start {{ id: {id:?}, title: {title}, says: {says} }},\n"
        ));
        texts.push_str(&format!("    ({id:?}, {}),\n", included(&path)));
    }
    list.push_str("]\n");
    texts.push_str("]\n");
    write("starts.rs", &list);
    write("start_texts.rs", &texts);
}

/// The scenarios that lie in this folder itself, with the names that they go by.
fn scenarios_in<'a>(
    folder: &'a str,
    files: &'a [PathBuf],
) -> impl Iterator<Item = (String, PathBuf)> + 'a {
    let inside = files
        .iter()
        .filter(move |file| file.parent() == Some(Path::new(folder)));
    inside.filter_map(|file| {
        let id = file.file_stem()?.to_string_lossy().into_owned();
        Some((id, file.clone()))
    })
}

fn included(path: &Path) -> String {
    let name = path.to_string_lossy().replace('\\', "/");
    format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/\", {name:?}))")
}

fn write(name: &str, text: &str) {
    let out = env::var_os("OUT_DIR").expect("Cargo says where to write");
    let out = Path::new(&out).join(name);
    fs::write(&out, text)
        .unwrap_or_else(|error| panic!("failed to write {}: {error}", out.display()));
}

/// All files that matter below `path`; a path that does not exist has none.
fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let entries = fs::read_dir(path)
            .unwrap_or_else(|error| panic!("failed to list {}: {error}", path.display()));
        for entry in entries.flatten() {
            collect(&entry.path(), files);
        }
    } else if path
        .extension()
        .is_some_and(|it| it == "rs" || it == "toml" || it == "lock")
    {
        files.push(path.to_path_buf());
    }
}

/// FNV-1a with 64 bits: a name, not a proof.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    /// The length first, so that bytes cannot move from one file to the next unseen.
    fn write(&mut self, bytes: &[u8]) {
        let length = (bytes.len() as u64).to_le_bytes();
        for &byte in length.iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
