//! Links and result codes of released versions, in `tests/fixtures/links`. They are never changed: whoever
//! has one can open it for ever. Each file has remarks, the code, and what it must be read as.
//!
//! A new kind of link gets a file by a line in [`CASES`] and `BROWNOUT_WRITE=1 cargo test --test it -- links`,
//! which writes only files that are not there.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use brownout::engine::Limits;
use brownout::experiment;
use brownout::scenario::{Scenario, built_in, code, edit, live};
use brownout::share::{Code, Content, Entry, Fingerprint, Receipt, Shared, link, read, receipt};
use brownout::time::Duration;
use serde_json::{Value as Json, json};

type Case = (&'static str, &'static str, fn() -> String);

/// File, what is special about it, and how it was made.
const CASES: [Case; 6] = [
    (
        "v1-built-in",
        "A built-in scenario as it stands.",
        unchanged,
    ),
    (
        "v1-five-knobs",
        "Five knobs, a bet and a result.",
        five_knobs,
    ),
    ("v1-whole-text", "A scenario of somebody's own.", whole_text),
    (
        "v1-timeline",
        "One entry of the timeline stays, two are new.",
        timeline,
    ),
    ("v1-part-2", "Part 2 of a lesson, with a change.", part_2),
    ("r1-result", "A result code with a name.", result),
];

const REMARKS: &str = "\
# A link or result code of a released version, and what it must be read as. This file is never changed:
# people have such links. See tests/it/share_links.rs.
";

fn s04() -> &'static str {
    built_in::text("s04-retry-storm").unwrap()
}

fn shared(text: &str, seed: u64) -> Shared {
    Shared::of(text, seed, built_in::text).unwrap()
}

fn unchanged() -> String {
    link::encode(&shared(s04(), 1))
}

fn five_knobs() -> String {
    let changes = [
        ("link.browse.attempts", "4"),
        ("link.browse.backoff", "exponential"),
        ("link.browse.retry_budget", "12.5 %"),
        ("link.browse.timeout", "750 ms"),
        ("service.catalogue.queue_limit", "120"),
    ];
    let mut shared = shared(
        &edit::apply(s04(), &changes).unwrap(),
        18_446_744_073_709_551_615,
    );
    shared.bet = Some("never".to_owned());
    shared.run = Some(Fingerprint {
        digest: "00112233445566778899aabbccddeeff".to_owned(),
        semantics_version: 1,
        build: Some("0123456789abcdef".to_owned()),
    });
    link::encode(&shared)
}

fn whole_text() -> String {
    let text = "format = 1 # mine: \"caf\u{e9}\"\r\n[run]\r\nduration = \"20 s\"\r\n[clients.users]\r\n\
        rate = \"9 rps\"\r\n[service.shop]\r\n[link.ask]\r\nfrom = \"users\"\r\nto = \"shop\"\r\n\
        timeout = \"1 s\"\r\n";
    link::encode(&shared(text, 7))
}

fn timeline() -> String {
    let fields = [("target", "catalogue"), ("lasts", "5 s")];
    let text = live::add(s04(), Duration::from_secs(60), "crash", &fields).unwrap();
    let text = live::tune(&text, Duration::from_secs(90), "link.browse.attempts", "1").unwrap();
    link::encode(&shared(&text, 3))
}

fn part_2() -> String {
    let scenario = Scenario::parse(s04()).unwrap();
    let twist = scenario
        .lesson
        .twists
        .iter()
        .find(|t| t.key == "writes")
        .unwrap();
    let text = edit::variant(s04(), twist).unwrap();
    let text = edit::apply(&text, &[("service.catalogue.queue_limit", "50")]).unwrap();
    link::encode(&shared(&text, 2))
}

fn result() -> String {
    let text = edit::apply(s04(), &[("link.browse.retry_budget", "10 %")]).unwrap();
    let mut shared = shared(&text, 1);
    shared.bet = Some("slowly".to_owned());
    let scenario = Scenario::parse(&text).unwrap();
    let report = experiment::run(&scenario, experiment::compile(&scenario, Limits::PAGE), 1);
    receipt::encode(&Receipt::of(shared, &report, Some("Ada")))
}

/// What a code says, in words that do not change with our types.
fn said(code: &Code) -> Json {
    let shared = code.shared();
    let mut said = json!({ "seed": shared.seed, "bet": shared.bet });
    match &shared.content {
        Content::Whole(text) => said["text"] = json!(text),
        Content::Changed(changed) => {
            said["scenario"] = json!(changed.id);
            said["base"] = json!(changed.base);
            said["part"] = json!(changed.part);
            said["changes"] = json!(changed.set);
            let entry = |entry: &Entry| match entry {
                Entry::Kept(number) => json!(number),
                Entry::New { what, fields } => json!({ "what": what, "fields": fields }),
            };
            let entries = changed.timeline.as_ref();
            said["timeline"] = json!(entries.map(|all| all.iter().map(entry).collect::<Vec<_>>()));
        }
    }
    if let Some(run) = &shared.run {
        said["run"] = json!([run.digest, run.semantics_version, run.build]);
    }
    if let Some(receipt) = code.receipt() {
        said["who"] = json!(receipt.who);
        let goal = |g: &brownout::share::GoalClaim| json!([g.key, g.met, g.measured]);
        said["goals"] = receipt.goals.iter().map(goal).collect();
    }
    said
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/links")
}

/// Once for all tests here: they run side by side.
fn write_new() {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| {
        if std::env::var_os("BROWNOUT_WRITE").is_some() {
            for (name, what, make) in CASES {
                let file = folder().join(format!("{name}.txt"));
                if !file.exists() {
                    let code = make();
                    let json =
                        serde_json::to_string_pretty(&said(&read(&code).unwrap().0)).unwrap();
                    fs::create_dir_all(folder()).unwrap();
                    fs::write(file, format!("{REMARKS}# {what}\n\n{code}\n\n{json}\n")).unwrap();
                }
            }
        }
    });
}

#[test]
fn links_of_released_versions_are_read_for_ever() {
    write_new();
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .expect("there are links of released versions")
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= CASES.len(), "{files:?}");
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        let is_remark = |line: &&str| line.starts_with("# ") || line.is_empty();
        let mut lines = text.lines().skip_while(is_remark);
        let code = lines.next().unwrap();
        let expected: Json = serde_json::from_str(&lines.collect::<Vec<_>>().join("\n")).unwrap();
        let (code, notices) = read(code).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(notices.is_empty(), "{name}: {notices:?}");
        assert_eq!(said(&code), expected, "{name}");
        // The scenario may have changed since. Nothing that the link says of it may be lost.
        let (text, notices) = code.shared().to_text(built_in::text).unwrap();
        assert!(
            notices.iter().all(|n| n.code == code::BUILT_IN_CHANGED),
            "{name}: {notices:?}"
        );
        let scenario = Scenario::parse(&text).unwrap();
        if let Content::Changed(changed) = &code.shared().content {
            for (path, written) in &changed.set {
                let knob = edit::knob_at(&scenario, path).unwrap();
                let value = brownout::design::value::parse(written, knob.spec).unwrap();
                assert_eq!(knob.value, value, "{name}: {path}");
            }
            if let Some(entries) = &changed.timeline {
                assert_eq!(scenario.timeline.len(), entries.len(), "{name}");
            }
        }
    }
}

/// Another build may pack in another way; what this one writes, it writes so. A change of it is no fault, but
/// has to be meant: the receiver's address gets longer or shorter.
#[test]
fn links_are_as_short_as_they_were() {
    write_new();
    for (name, _, make) in CASES {
        let text = fs::read_to_string(folder().join(format!("{name}.txt"))).unwrap();
        let is_code = |line: &&str| brownout::share::is_code(line) && !line.starts_with("# ");
        let kept = text.lines().find(is_code).unwrap().len();
        let made = make().len();
        assert!(made <= kept + 24, "{name}: {made} characters, once {kept}");
    }
}
