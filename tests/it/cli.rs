//! The real program: exit codes, JSON, changes from the command line, seeds, colours.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

const S04: &str = "scenarios/s04-retry-storm.toml";

/// A shop that gets more than it can serve, in the smallest file that says so.
const OVERLOAD: &str = r#"
format = 1
[run]
duration = "20 s"
[clients.users]
rate = "1 krps"
[service.shop]
slots = 1
service_time = "1 s"
[link.ask]
from = "users"
to = "shop"
"#;

pub fn brownout(args: &[&str]) -> Output {
    fed(args, "")
}

/// The same with something on the standard input.
pub fn fed(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_brownout"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    // Who does not read its input closes it early.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn json(args: &[&str]) -> Json {
    let output = brownout(args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn exit_codes_say_how_it_went() {
    assert_eq!(code(&brownout(&["run", S04, "--until", "5 s"])), 0);
    assert_eq!(code(&brownout(&["run", "no/such/file.toml"])), 1);
    assert_eq!(code(&brownout(&["check", "no/such/file.toml", S04])), 1);
    for senseless in [
        &["run"][..],
        &["fly", S04],
        &["run", S04, "--set", "attempts"],
        &["run", S04, "--until", "soon"],
        &["run", S04, "--until", "8 d"],
        &["run", S04, "--seeds", "0"],
        &["run", S04, "--seed", "1", "--seeds", "2"],
    ] {
        assert_eq!(code(&brownout(senseless)), 2, "{senseless:?}");
    }
    assert_eq!(code(&fed(&["check", "-"], "format = 1\n")), 3);
    assert_eq!(
        code(&brownout(&["run", S04, "--set", "link.browse.tries=5"])),
        3
    );
    let limited = ["run", "-", "--backlog-limit", "2000", "--format", "json"];
    let stopped = fed(&limited, OVERLOAD);
    assert_eq!(code(&stopped), 4, "{}", stderr(&stopped));
    let report: Json = serde_json::from_slice(&stopped.stdout).expect("its report is printed");
    assert_eq!(report["ended"]["backlog_limit"]["limit"], 2000);
}

#[test]
fn findings_name_file_line_and_remedy() {
    let output = fed(
        &["check", "-"],
        "format = 1\n\n[run]\nduration = \"3 minuts\"\n",
    );
    assert_eq!(code(&output), 3);
    let shown = stderr(&output);
    for part in ["<stdin>:4:", "minuts", "min"] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    assert!(stdout(&output).is_empty(), "findings are no result");
    let output = brownout(&["run", S04, "--set", "link.brwse.attempts=5"]);
    assert!(stderr(&output).contains("browse"), "{}", stderr(&output));
}

#[test]
fn hostile_files_are_refused() {
    for (name, bytes) in [
        ("not UTF-8", &b"format = 1\n\xff\xfe"[..]),
        ("nothing", b""),
        ("zeros", &[0; 4096]),
        ("too long", &[b'#'; 1_100_000]),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_brownout"))
            .args(["run", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let _ = stdin.write_all(bytes);
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert_eq!(code(&output), 3, "{name}: {}", stderr(&output));
        assert!(output.stderr.len() < 10_000, "{name}");
    }
}

#[test]
fn a_report_adds_up() {
    let report = json(&["run", S04, "--until", "60 s", "--format", "json"]);
    let number = |value: &Json| value.as_u64().expect("a whole number");
    assert_eq!(report["scenario"], "s04-retry-storm");
    assert_eq!(report["seed"], 1);
    assert_eq!(report["digest"].as_str().expect("text").len(), 32);
    assert!(report["cost"]["price_book"].is_string());
    let users = &report["users"];
    let told = ["served", "degraded", "failed", "unanswered"];
    let sum: u64 = told.iter().map(|part| number(&users[part])).sum();
    assert_eq!(number(&users["actions"]), sum);
    for link in report["links"].as_array().expect("links") {
        let ended = number(&link["succeeded"]) + number(&link["failed"]);
        assert_eq!(
            number(&link["attempts"]),
            ended + number(&link["in_flight"])
        );
        let by_reason = link["failed_by_reason"].as_array().expect("pairs");
        let sum: u64 = by_reason.iter().map(|pair| number(&pair[1])).sum();
        assert_eq!(number(&link["failed"]), sum);
    }
    let buckets = |column: &Json| column.as_array().expect("a column").len();
    let series = &report["series"];
    assert_eq!(
        buckets(&series["offered_per_s"]),
        buckets(&series["waiting"])
    );
}

#[test]
fn the_same_seed_is_the_same_run_and_another_is_not() {
    let digest = |seed: &str| {
        let report = json(&[
            "run", S04, "--until", "10 s", "--seed", seed, "--format", "json",
        ]);
        report["digest"].clone()
    };
    assert_eq!(digest("7"), digest("7"));
    assert_ne!(digest("7"), digest("8"));
}

#[test]
fn set_changes_a_knob_and_until_the_length() {
    let calm = json(&[
        "run",
        S04,
        "--set",
        "link.browse.attempts=1",
        "--set",
        "clients.shoppers.rate = 70 rps",
        "--until",
        "30 s",
        "--format",
        "json",
    ]);
    assert_eq!(calm["duration_ns"], 30_000_000_000u64);
    assert_eq!(calm["measure_ns"][1], 30_000_000_000u64);
    assert_eq!(calm["links"][0]["retries"], 0);
    let rate = calm["users"]["offered_per_s"].as_f64().expect("a number");
    assert!((60.0..80.0).contains(&rate), "{rate}");
    let longer = json(&["run", S04, "--until", "4 min", "--format", "json"]);
    assert_eq!(longer["duration_ns"], 240_000_000_000u64);
    assert_eq!(longer["measure_ns"][0], 100_000_000_000u64);
}

/// A change of its own makes another one impossible that the lesson knows: that is no fault of who tries it.
#[test]
fn a_lesson_with_its_solution_in_place_runs() {
    let mut args = vec![
        "run",
        "scenarios/s19-someone-elses-outage.toml",
        "--format",
        "json",
    ];
    for change in [
        "link.ask_tips.timeout=300 ms",
        "link.ask_tips.fallback=skip",
        "cache.rates.ttl=24 h",
        "link.charge.fallback_link=later",
    ] {
        args.extend(["--set", change]);
    }
    assert_eq!(json(&args)["passed"], true);
}

#[test]
fn seeds_are_one_to_n_in_order() {
    let many = json(&[
        "run", S04, "--until", "5 s", "--seeds", "7", "--format", "json",
    ]);
    let seeds: Vec<u64> = (1..=7).collect();
    assert_eq!(many["seeds"], serde_json::json!(seeds));
    let reports = many["reports"].as_array().expect("reports");
    let of_reports: Vec<u64> = reports
        .iter()
        .map(|r| r["seed"].as_u64().unwrap())
        .collect();
    assert_eq!(of_reports, seeds);
    // Seed 3 among many is seed 3 alone.
    let alone = json(&[
        "run", S04, "--until", "5 s", "--seed", "3", "--format", "json",
    ]);
    assert_eq!(reports[2]["digest"], alone["digest"]);
    for figure in many["figures"].as_array().expect("figures") {
        let band = &figure["band"];
        let at = |name: &str| band[name].as_f64().unwrap_or(0.0);
        assert!(at("min") <= at("median") && at("median") <= at("max"));
    }
    let table = stdout(&brownout(&["run", S04, "--until", "5 s", "--seeds", "3"]));
    for word in ["min", "p25", "median", "p75", "max", "of 3 seeds"] {
        assert!(table.contains(word), "{word} is not in\n{table}");
    }
}

#[test]
fn a_table_speaks_plain_words_and_no_colours_where_nobody_sees_them() {
    let output = brownout(&["run", S04]);
    let shown = stdout(&output);
    for words in [
        "0.0 % served",
        "useful replies/s (goodput)",
        "tries per action (amplification)",
        "What happened to your data",
        "shoppers -> catalogue",
        "timed out waiting",
        "missed",
        "prices: book",
        "Run fingerprint",
    ] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    assert!(!shown.contains('\u{1b}'), "escape codes in a pipe");
    assert!(!stderr(&output).contains('\u{1b}'));
}

#[test]
fn help_teaches() {
    let general = stdout(&brownout(&["--help"]));
    for words in ["Exit codes", "--seeds 20", "NO_COLOR", "check"] {
        assert!(general.contains(words), "{words} is not in\n{general}");
    }
    let run = stdout(&brownout(&["run", "--help"]));
    for words in ["Examples:", "quartiles", "standard input"] {
        assert!(run.contains(words), "{words} is not in\n{run}");
    }
}

#[test]
fn published_shapes_are_up_to_date() {
    for shape in ["report", "seeds", "conformance", "lint", "gate", "verify"] {
        let file = format!("assets/schema/{shape}.schema.json");
        let printed = stdout(&brownout(&["schema", shape]));
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        if std::env::var_os("BROWNOUT_WRITE").is_some() {
            std::fs::write(&path, &printed).expect("written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == printed, "run: cargo run -- schema {shape} > {file}");
    }
}

#[test]
fn conformance_recomputes_expectation_and_run() {
    let args = [
        "conformance",
        "--row",
        "retry-layers-27",
        "--set",
        "retries=1",
    ];
    let shown = stdout(&brownout(&args));
    assert!(shown.contains("8 exactly"), "{shown}");
    assert!(shown.contains("1 of 1 rows pass"), "{shown}");
    let results = json(&[&args[..], &["--seeds", "2", "--format", "json"]].concat());
    assert_eq!(results["seeds"], serde_json::json!([1, 2]));
    let figure = &results["rows"][0]["figures"][0];
    assert_eq!(figure["target"]["exactly"]["value"], 8.0);
    assert_eq!(figure["measured"]["mean"], 8.0);
}

#[test]
fn a_row_is_an_ordinary_scenario_file() {
    let printed = brownout(&["conformance", "--row", "mm2", "--print-scenario"]);
    let checked = fed(&["check", "-"], &stdout(&printed));
    assert_eq!(code(&checked), 0, "{}", stderr(&checked));
    assert!(stdout(&checked).contains("2 nodes"));
}

#[test]
fn conformance_refuses_what_has_no_answer() {
    for (args, word) in [
        (&["--row", "mm3"][..], "mm1"),
        (&["--row", "mm1", "--set", "lamda=3"], "lambda"),
        (&["--row", "mm1", "--set", "lambda=101"], "steady"),
        (&["--row", "mm1", "--set", "lambda=NaN"], "number"),
        (&["--row", "mm1", "--set", "c=1.5"], "whole"),
        (&["--row", "mm1", "--set", "mu=-1"], "from"),
        (
            &["--row", "metastable-140", "--set", "lambda=151"],
            "threshold",
        ),
    ] {
        let output = brownout(&[&["conformance"], args].concat());
        assert_eq!(code(&output), 2, "{args:?}");
        assert!(stderr(&output).contains(word), "{}", stderr(&output));
    }
    let list = stdout(&brownout(&["conformance", "--list"]));
    for word in ["mm1", "erlang-b", "lambda: arrivals per second"] {
        assert!(list.contains(word), "{word} is not in\n{list}");
    }
}

#[test]
fn advice_is_a_result_and_no_error() {
    let advised = brownout(&["lint", S04]);
    assert_eq!(code(&advised), 0, "{}", stderr(&advised));
    let shown = stdout(&advised);
    for words in [
        "advice[L0301]",
        "look at `service.catalogue.queue_limit`",
        "2 pieces of advice",
    ] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    let all = json(&["lint", S04, "--format", "json"]);
    let found = &all["files"][0]["findings"];
    assert_eq!(found[1]["severity"], "advice");
    assert_eq!(found[1]["knob"], "link.browse.retry_budget");
    assert_eq!(found[1]["place"]["text"], "3");
    let broken = fed(&["lint", "-"], "format = 1\n");
    assert_eq!(code(&broken), 3);
    assert!(
        stderr(&broken).contains("`run` is missing"),
        "{}",
        stderr(&broken)
    );
    assert_eq!(stdout(&broken), "");
    assert_eq!(code(&brownout(&["lint", "no/such/file.toml", S04])), 1);
}

#[test]
fn presets_are_listed_and_shown() {
    let all = stdout(&brownout(&["presets"]));
    assert!(
        all.contains("balancer\n  nginx ") && all.contains("\nlink\n"),
        "{all}"
    );
    let one = stdout(&brownout(&["presets", "aws-alb"]));
    for part in [
        "preset = \"aws-alb\"",
        "check_interval = 30 s",
        "Not expressed:",
        "https://docs.aws.amazon.com/",
    ] {
        assert!(one.contains(part), "{part} is not in\n{one}");
    }
    let none = brownout(&["presets", "aws-elb"]);
    assert_eq!(code(&none), 2);
    assert!(
        stderr(&none).contains("did you mean `aws-alb`?"),
        "{}",
        stderr(&none)
    );
}

#[test]
fn a_twin_is_told_in_words_and_as_json() {
    let file = "scenarios/s04-retry-storm.toml";
    let done = brownout(&["twin", file, "--without", "slow"]);
    assert_eq!(code(&done), 0, "{}", stderr(&done));
    assert!(stdout(&done).contains("The worlds part at 30.0"));
    assert!(stdout(&done).contains("Share answered well"));
    let same = brownout(&["twin", file, "--set", "link.browse.jitter=full"]);
    assert!(stdout(&same).contains("the worlds do not part"));
    let told = json(&["twin", file, "--without", "1", "--format", "json"]);
    assert_eq!(told["parting"]["component"]["node"], "catalogue");
    assert_eq!(told["chain"][0]["at_ns"], 30_000_000_000_u64);
    for (args, exit) in [
        (vec!["twin", file], 2),
        (vec!["twin", file, "--without", "sloww"], 3),
        (vec!["twin", file, "--set", "link.browse.jiter=full"], 3),
        (vec!["twin", file, "--with", "nowhere.toml"], 1),
        (vec!["twin", file, "--without", "1", "--with", file], 2),
    ] {
        assert_eq!(code(&brownout(&args)), exit, "{args:?}");
    }
}
