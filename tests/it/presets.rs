//! Vendor presets: their values are right values of our knobs, they work, and the table's own value wins.

use std::fmt::Write as _;

use brownout::design::registry::{KINDS, LINK, Preset, preset, presets};
use brownout::design::value::{Value, print};
use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::scenario::{Scenario, check, edit};

use super::documents::keep;

/// A small design in which a node of the kind, or a link, has something to do; `line` is in its table.
fn design(kind: &str, line: &str) -> String {
    let (callee, rest) = match kind {
        "balancer" => (
            "it",
            "[service.app]\ninstances = 3\n[link.on]\nfrom = \"it\"\nto = \"app\"\n",
        ),
        "cache" => (
            "app",
            "[service.app]\n[database.rows]\n[link.look]\nfrom = \"app\"\nto = \"it\"\n[link.query]\nfrom = \"app\"\nto = \"rows\"\n",
        ),
        "database" | "third_party" => (
            "app",
            "[service.app]\n[link.on]\nfrom = \"app\"\nto = \"it\"\n",
        ),
        "queue" => (
            "app",
            "[service.app]\n[worker.hands]\n[link.on]\nfrom = \"app\"\nto = \"it\"\n[link.take]\nfrom = \"it\"\nto = \"hands\"\n",
        ),
        "worker" => (
            "app",
            "[service.app]\n[queue.line]\n[link.on]\nfrom = \"app\"\nto = \"line\"\n[link.take]\nfrom = \"line\"\nto = \"it\"\n",
        ),
        "job" => (
            "app",
            "[service.app]\n[database.rows]\n[link.query]\nfrom = \"app\"\nto = \"rows\"\n[link.on]\nfrom = \"it\"\nto = \"rows\"\n",
        ),
        "service" => ("it", ""),
        "link" => ("app", "[service.app]\n[service.deep]\n"),
        other => panic!("no design for presets of `{other}`"),
    };
    let ends = match kind {
        "link" => "from = \"app\"\nto = \"deep\"\n",
        "job" => "operation = \"buy\"\nevery = \"2 s\"\n",
        _ => "",
    };
    format!(
        "format = 1\n[run]\nduration = \"5 s\"\n[clients.people]\nrate = \"50 rps\"\n[operation.buy]\nkind = \"write\"\n\
         [link.ask]\nfrom = \"people\"\nto = \"{callee}\"\n[{kind}.it]\n{ends}{line}\n{rest}"
    )
}

fn with(preset: &Preset) -> String {
    design(preset.kind, &format!("preset = \"{}\"", preset.name))
}

fn read(text: &str) -> Scenario {
    let checked = check(text);
    assert!(
        checked.diagnostics.is_empty(),
        "{text}\n{:#?}",
        checked.diagnostics
    );
    checked.scenario.unwrap()
}

fn simulate(scenario: &Scenario) -> Report {
    experiment::run(scenario, experiment::compile(scenario, Limits::NATIVE), 1)
}

fn run(text: &str) -> Report {
    simulate(&read(text))
}

#[test]
fn names_are_unique_and_kinds_exist() {
    let mut names: Vec<&str> = presets().map(|preset| preset.name).collect();
    let all = names.len();
    assert!(all >= 18, "{all} presets");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    for preset in presets() {
        let known = KINDS.iter().any(|kind| kind.name == preset.kind);
        assert!(known || preset.kind == LINK.name, "{}", preset.name);
        assert!(!preset.values.is_empty(), "{}", preset.name);
        assert!(!preset.not_expressed.is_empty(), "{}", preset.name);
        assert!(
            preset
                .docs
                .iter()
                .all(|(_, link)| link.starts_with("https://"))
        );
    }
}

/// Reading a value refuses what is out of range; this reads every one.
#[test]
fn every_value_is_one_of_its_knob() {
    for preset in presets() {
        let mut knobs: Vec<&str> = preset.knobs().map(|(knob, _)| knob).collect();
        assert_eq!(knobs.len(), preset.values.len());
        knobs.sort_unstable();
        knobs.dedup();
        assert_eq!(
            knobs.len(),
            preset.values.len(),
            "{}: a knob twice",
            preset.name
        );
    }
}

/// Without a warning, too: what a preset says and the design has no use for is nobody's line.
#[test]
fn a_design_with_each_preset_is_valid_and_runs() {
    for preset in presets() {
        let report = run(&with(preset));
        assert!(
            report.users.actions > 150,
            "{}: {}",
            preset.name,
            report.users.actions
        );
        assert!(report.users.served > 0, "{}", preset.name);
    }
}

/// A preset is a shorthand: the same values written out give the same run, to the last bit.
#[test]
fn a_preset_is_its_values_written_out() {
    for preset in presets() {
        let mut lines = String::new();
        for given in preset.values {
            let spec = preset.spec().knob(given.knob).unwrap();
            let value = match given.text.starts_with('[') {
                true => given
                    .text
                    .replace('[', "[\"")
                    .replace(", ", "\", \"")
                    .replace(']', "\"]"),
                false if given.text == "true" || given.text == "false" => given.text.to_owned(),
                false => format!("\"{}\"", given.text),
            };
            let _ = writeln!(lines, "{} = {value}", spec.name);
        }
        let written = check(&design(preset.kind, &lines));
        let written = written
            .scenario
            .unwrap_or_else(|| panic!("{}: {:#?}", preset.name, written.diagnostics));
        let written = simulate(&written);
        assert_eq!(run(&with(preset)).digest, written.digest, "{}", preset.name);
    }
}

#[test]
fn a_preset_changes_what_happens() {
    let text = design(
        "database",
        "connections = 3\ncores = 1\nread_time = \"60 ms\"\nwrite_time = \"60 ms\"",
    );
    let few = run(&text);
    let many = run(&text.replace("connections = 3", "preset = \"postgres\""));
    assert!(few.users.failed > 0, "{:?}", few.users.failed);
    assert_eq!(many.users.failed, 0, "100 connections take all of them");
}

#[test]
fn what_the_table_sets_wins_and_the_rest_is_the_presets() {
    let scenario = read(&design(
        "balancer",
        "preset = \"aws-alb\"\ncheck_interval = \"10 s\"",
    ));
    let node = scenario
        .design
        .nodes
        .iter()
        .find(|node| node.key == "it")
        .unwrap();
    let shown = |knob: &str| print(&node.knobs[knob], node.kind.knob(knob).unwrap());
    assert_eq!(shown("check_interval"), "10 s");
    assert_eq!(shown("check_timeout"), "5 s");
    assert_eq!(shown("healthy_after"), "5");
    let taken = node.preset.as_ref().unwrap();
    assert_eq!(taken.preset.name, "aws-alb");
    let given: Vec<&str> = taken.given.iter().map(|given| given.knob).collect();
    assert!(
        !given.contains(&"check_interval") && given.contains(&"check_timeout"),
        "{given:?}"
    );
    assert!(node.own("check_interval").is_some() && node.own("check_timeout").is_none());
}

#[test]
fn a_preset_is_set_and_taken_out_like_a_knob() {
    let text = design("link", "timeout = \"2 s\"");
    let text = edit::apply(&text, &[("link.it.preset", "aws-sdk-standard")]).unwrap();
    assert!(text.contains("preset = \"aws-sdk-standard\""), "{text}");
    let attempts = |text: &str| {
        edit::knob_at(&read(text), "link.it.attempts")
            .unwrap()
            .value
    };
    assert_eq!(attempts(&text), Value::Count(3));
    let without = edit::apply(&text, &[("link.it.preset", "none")]).unwrap();
    assert_eq!(attempts(&without), Value::Count(1));
    assert!(edit::apply(&text, &[("link.it.preset", "redis")]).is_err());
    assert!(edit::apply(&text, &[("clients.people.preset", "redis")]).is_err());
}

/// In a timeline, too: a product is not swapped while it runs.
#[test]
fn a_preset_does_not_change_while_it_runs() {
    let text = design("link", "");
    let entry = "[[timeline]]\nat = \"1 s\"\nwhat = \"config\"\ntarget = \"link.it.preset\"\nvalue = \"hikaricp\"\n";
    let found = check(&format!("{text}{entry}")).diagnostics;
    assert!(
        found
            .iter()
            .any(|one| one.message.contains("only at the start")),
        "{found:#?}"
    );
    // A knob that came from one may, and comes back.
    let text = with(preset("resilience4j-timelimiter").unwrap());
    let entry = entry
        .replace("preset", "timeout")
        .replace("hikaricp", "1 us")
        .replace("what", "lasts = \"1 s\"\nwhat");
    let report = run(&format!("{text}{entry}"));
    assert!(
        report.users.failed > 20 && report.users.served > 150,
        "{:?}",
        report.users
    );
}

// The page that is made.

#[test]
fn the_documents_list_every_preset() {
    let mut out = INTRO.to_owned();
    let kinds = KINDS.iter().copied().chain([&LINK]);
    for kind in kinds {
        let fitting: Vec<&Preset> = presets()
            .filter(|preset| preset.kind == kind.name)
            .collect();
        if !fitting.is_empty() {
            let _ = writeln!(out, "\n## `{}`", kind.name);
        }
        for preset in fitting {
            page(&mut out, preset);
        }
    }
    keep("docs/presets.md", &out);
}

fn page(out: &mut String, preset: &Preset) {
    let _ = writeln!(
        out,
        "\n### `{}`: {}\n\n{}.\n",
        preset.name, preset.word, preset.meaning
    );
    let _ = writeln!(
        out,
        "| knob | value | our default | what the vendor documents |\n|---|---|---|---|"
    );
    for given in preset.values {
        let spec = preset.spec().knob(given.knob).unwrap();
        let _ = writeln!(
            out,
            "| `{}` | `{}` | `{}` | {} |",
            given.knob, given.text, spec.default, given.source
        );
    }
    let _ = writeln!(out, "\nNot expressed:\n");
    for missing in preset.not_expressed {
        let _ = writeln!(out, "- {missing}");
    }
    let docs: Vec<String> = preset
        .docs
        .iter()
        .map(|(title, link)| format!("[{title}]({link})"))
        .collect();
    let _ = writeln!(out, "\nDocumented in: {}.", docs.join("; "));
}

const INTRO: &str = "\
# Presets

Well-known products as values of our knobs. `preset = \"NAME\"` in the table of a node or link gives it
the values below; a knob that the table sets itself counts instead, and what neither says has our own
default. Nothing has a preset unless it names one.

    [balancer.front]
    preset = \"aws-alb\"
    check_interval = \"10 s\"

A preset holds what the vendor documents as its default and a knob can say, nothing else: no speed, no
size of a machine. What the product does besides is listed as not expressed. A preset is part of the
design: it counts from the start of a run. All values were looked up in November 2026, in the vendor's
documentation or in its sources, at the addresses below; vendors change them.

No preset where a vendor has no default to copy: gRPC's retry and hedging policies, for example, require
maxAttempts, initialBackoff, maxBackoff and backoffMultiplier to be given (5 attempts at most, pauses times
0.8 to 1.2, and a throttle that has to be given too:
[gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md)).

This page is made from the code, `src/design/registry/presets/`; `brownout presets` prints the same.
";
