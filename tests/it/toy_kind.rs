//! A new kind of node is a new file, one line in the list of kinds, and one entry in the registry:
//! shown by adding one to a copy of the sources, and running a scenario with it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The whole kind: a shelf that keeps every request for a while, without bound.
const SHELF: &str = r#"
//! Shelf: keeps every request for `keeps`, then answers it.
use super::NodeKind;
use crate::design::Settings;
use crate::engine::attempt::{AttemptId, CalleeSide};
use crate::engine::core::Cx;
use crate::engine::record::Record;

pub struct Config {
    keeps: u64,
}

#[derive(Clone)]
pub struct Shelf;

impl NodeKind for Shelf {
    type Config = Config;

    fn compile(knobs: &Settings<'_>) -> Config {
        Config { keeps: knobs.duration("keeps").0 }
    }

    fn new(_: &Config) -> Shelf {
        Shelf
    }

    fn on_request<R: Record>(&mut self, config: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.enter();
        cx.begin(id);
        cx.work_for(id, config.keeps);
    }

    fn on_work<R: Record>(&mut self, _: &Config, cx: &mut Cx<'_, R>, id: AttemptId) {
        cx.core.attempts[id].callee = CalleeSide::Replied;
        cx.leave_slot(id);
        cx.reply(id, Ok(()));
    }
}
"#;

const ENTRY: &str = r#"
use crate::design::registry::{Accepts, KindSpec, knob};
use crate::design::value::Unit;
pub static SHELF: KindSpec = KindSpec {
    name: "shelf",
    word: "Shelf",
    meaning: "Keeps things for a while",
    accepts: Accepts::Requests,
    calls: false,
    knobs: &[knob("keeps", Unit::Duration, "7 ms", "how long it keeps them")],
};
"#;

const SCENARIO: &str = r#"
format = 1
[run]
duration = "10 s"
[clients.people]
rate = "100 rps"
[shelf.attic]
keeps = "250 ms"
[link.up]
from = "people"
to = "attic"
[operation.store]
kind = "read"
"#;

const PROGRAM: &str = r#"
use brownout::{engine::Limits, experiment, scenario::Scenario};
fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let scenario = Scenario::parse(&text).expect("a scenario with the new kind is valid");
    let report = experiment::run(&scenario, experiment::compile(&scenario, Limits::NATIVE), 1);
    let attic = report.nodes.iter().find(|n| n.kind == "shelf").unwrap();
    println!("{} {} {}", report.users.served, attic.useful, report.users.latency.max_ns.unwrap());
}
"#;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("the sources are there") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("a file can be copied");
        }
    }
}

/// Puts `new` behind the only occurrence of `anchor`.
fn insert(file: &Path, anchor: &str, new: &str) {
    let text = std::fs::read_to_string(file).expect("the file is there");
    assert_eq!(
        text.matches(anchor).count(),
        1,
        "`{anchor}` in {}",
        file.display()
    );
    std::fs::write(file, text.replace(anchor, &format!("{anchor}{new}"))).expect("written");
}

#[test]
fn a_new_kind_touches_its_file_one_list_and_the_registry() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copied: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("toy-kind");
    let _ = std::fs::remove_dir_all(&copied);
    for folder in ["src", "assets", "benches", "scenarios"] {
        copy(&home.join(folder), &copied.join(folder));
    }
    for file in ["Cargo.toml", "Cargo.lock", "README.md", "build.rs"] {
        if home.join(file).exists() {
            std::fs::copy(home.join(file), copied.join(file)).expect("copied");
        }
    }
    // Tests stay behind; Cargo wants the targets it was told of.
    let manifest = std::fs::read_to_string(copied.join("Cargo.toml")).expect("copied");
    let parts = manifest
        .split("\n[[")
        .filter(|p| !p.starts_with("test]]") && !p.starts_with("bench]]"));
    let mut manifest = parts.collect::<Vec<_>>().join("\n[[");
    manifest.push_str("\n[[example]]\nname = \"toy\"\npath = \"toy.rs\"\n\n[workspace]\n");
    std::fs::write(copied.join("Cargo.toml"), manifest).expect("written");
    std::fs::write(copied.join("toy.rs"), PROGRAM).expect("written");
    std::fs::write(copied.join("attic.toml"), SCENARIO).expect("written");

    // The three touches.
    std::fs::write(copied.join("src/engine/node/shelf.rs"), SHELF).expect("written");
    insert(
        &copied.join("src/engine/node/mod.rs"),
        "    third_party ThirdParty,\n",
        "    shelf Shelf,\n",
    );
    let registry = copied.join("src/design/registry");
    insert(
        &registry.join("mod.rs"),
        "&THIRD_PARTY",
        ", &nodes::shelf::SHELF",
    );
    let nodes = registry.join("nodes/mod.rs");
    let text = std::fs::read_to_string(&nodes).expect("there");
    std::fs::write(&nodes, text + "pub mod shelf;\n").expect("written");
    std::fs::write(registry.join("nodes/shelf.rs"), ENTRY).expect("written");

    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = Command::new(cargo)
        .current_dir(&copied)
        .args([
            "run",
            "--quiet",
            "--offline",
            "--no-default-features",
            "--example",
            "toy",
            "attic.toml",
        ])
        // Kept between runs; and nobody waits for a fast toy.
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("toy-kind-target"),
        )
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let numbers: Vec<u64> = said
        .split_whitespace()
        .map(|n| n.parse().expect("a number"))
        .collect();
    let [served, useful, longest] = numbers[..] else {
        panic!("{said}")
    };
    assert!(served > 900 && useful == served, "{said}");
    assert_eq!(
        longest, 250_000_000,
        "every request is kept for exactly 250 ms"
    );
}
