//! Starting points: at their own load they work, and with more they fail first where their file says. The
//! gate that judges them is shown to refuse what is not so.

use std::fs;
use std::path::Path;

use brownout::experiment::gate::{self, GateReport, limit};
use brownout::scenario::{Scenario, check, edit, lint, starts};

use super::cli::{brownout, code, stderr, stdout};

fn texts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/start");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(file).unwrap())
    };
    files.iter().map(read).collect()
}

#[test]
fn every_starting_point_is_valid_and_unlike_a_lesson() {
    let texts = texts();
    let ids = starts::STARTS.iter().map(|start| start.id);
    assert!(texts.iter().map(|(name, _)| name.as_str()).eq(ids));
    for (name, text) in texts {
        let checked = check(&text);
        assert_eq!(checked.diagnostics, [], "{name}");
        let scenario = checked.scenario.unwrap();
        assert_eq!(scenario.about.id, name);
        assert_eq!(scenario.goals, [], "{name}");
        assert!(scenario.lesson.hook.is_empty() && scenario.lesson.fixes.is_empty());
        assert!(scenario.fails_first.is_some(), "{name}");
        let labelled = |label: &Option<String>| label.as_ref().is_some_and(|it| !it.is_empty());
        for node in &scenario.design.nodes {
            assert!(labelled(&node.label), "{name}: {}", node.key);
            assert!(node.position.is_some(), "{name}: {}", node.key);
        }
        // What is unwise is for lessons; who begins here begins with nothing that is.
        assert_eq!(lint(&text).diagnostics, [], "{name}");
    }
}

#[test]
fn they_work_at_their_own_load_and_fail_first_where_they_say() {
    for (name, text) in texts() {
        let report = gate::judge(&text, || ()).unwrap();
        let roles: Vec<_> = report.rows.iter().map(|row| row.role).collect();
        assert_eq!(roles, ["own_load", "fails_first"], "{name}");
        assert!(report.passed, "{name}: {:#?}", report.rows);
    }
}

#[test]
fn the_command_line_lists_them_and_prints_one() {
    let list = brownout(&["starts"]);
    assert_eq!(code(&list), 0);
    for start in starts::STARTS {
        let list = stdout(&list);
        assert!(
            list.contains(start.id) && list.contains(start.says),
            "{list}"
        );
    }
    for (name, text) in texts() {
        assert_eq!(stdout(&brownout(&["starts", &name])), text, "{name}");
    }
    let unknown = brownout(&["starts", "webshop"]);
    assert_eq!(code(&unknown), 2);
    assert!(stderr(&unknown).contains("did you mean `web-shop`?"));
}

/// The row of a role, and why it does not hold.
fn refused<'r>(report: &'r GateReport, role: &str) -> &'r str {
    let row = report.rows.iter().find(|row| row.role == role).unwrap();
    assert!(!row.holds && !report.passed, "{row:?}");
    row.fault.as_deref().unwrap()
}

#[test]
fn a_false_claim_does_not_pass() {
    let text = starts::text("job-system").unwrap();
    let judged = |text: &str| gate::judge(text, || ()).unwrap();
    let claiming = |from: &str, to: &str| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        judged(&text.replace(from, to))
    };
    let elsewhere = claiming("place = \"workers\"", "place = \"results\"");
    assert!(refused(&elsewhere, "fails_first").contains("first is `workers`"));
    for load in ["1.5x", "2.3x"] {
        let report = claiming("load = \"1.8x\"", &format!("load = \"{load}\""));
        assert!(refused(&report, "fails_first").starts_with("it fails between 1."));
    }
    // Twice the workers: the claim is about another design now.
    let changed = edit::apply(text, &[("worker.workers.instances", "40")]).unwrap();
    refused(&judged(&changed), "fails_first");
    // Half of them: it does not even work as it stands.
    let changed = edit::apply(text, &[("worker.workers.instances", "10")]).unwrap();
    assert!(refused(&judged(&changed), "own_load").contains("wait long in `jobs`"));
}

/// A shop with four slots of 10 ms: 400 per second and not one more. What is found by raising the load is
/// what the arithmetic says.
#[test]
fn the_limit_of_a_shop_is_that_of_its_slots() {
    let shop = |rest: &str| {
        let text = format!(
            "format = 1\n[run]\nduration = \"20 s\"\n[clients.users]\narrivals = \"constant\"\n\
             rate = \"100 rps\"\n[service.shop]\nservice_time = \"10 ms\"\nqueue_limit = 20\n\
             [link.visit]\nfrom = \"users\"\nto = \"shop\"\ntimeout = \"1 s\"\n{rest}"
        );
        Scenario::parse(&text).unwrap()
    };
    let found = limit::find(&shop(""), 1).unwrap();
    assert!(found.holds < 4.04 && found.fails > 4.0, "{found:?}");
    assert!(found.fails / found.holds < 1.06, "{found:?}");
    assert_eq!(found.place.as_deref(), Some("shop"));
    // Behind it a store with two cores: 200 queries of 10 ms per second. The slots wait for it and are full,
    // too, but what is full first is the store.
    let store = "[database.store]\ncores = 2\nread_time = \"10 ms\"\n[link.ask]\nfrom = \"shop\"\n\
                 to = \"store\"\ntimeout = \"1 s\"\n";
    let found = limit::find(&shop(store), 1).unwrap();
    assert!(found.holds < 2.02 && found.fails > 2.0, "{found:?}");
    assert_eq!(found.place.as_deref(), Some("store"));
    // Four cores are more than four slots can ask: each is taken for 20 ms, and 200 per second are all again.
    let store = store.replace("cores = 2", "cores = 4");
    let found = limit::find(&shop(&store), 1).unwrap();
    assert_eq!(found.place.as_deref(), Some("shop"));
}
