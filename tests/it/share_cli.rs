//! `brownout share` and `brownout verify`, as a person or a script uses them.

use ::brownout as lib;
use serde_json::Value as Json;

use super::cli::{brownout, code, fed, stderr, stdout};

const S04: &str = "scenarios/s04-retry-storm.toml";

fn shared(more: &[&str]) -> String {
    let mut args = vec!["share", S04, "--set", "clients.shoppers.rate=350 rps"];
    args.extend(more);
    let output = brownout(&args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    stdout(&output).trim_end().to_owned()
}

fn verified(input: &str) -> (i32, Json) {
    let output = fed(&["verify", "-", "--format", "json"], input);
    let json = serde_json::from_slice(&output.stdout).expect("JSON");
    (code(&output), json)
}

#[test]
fn a_class_hands_in_its_results() {
    let ada = shared(&["--receipt", "--name", "Ada", "--bet", "never"]);
    let bob = shared(&[
        "--receipt",
        "--name",
        "Bob",
        "--bet",
        "slowly",
        "--seed",
        "3",
        "--set",
        "link.browse.retry_budget=10 %",
    ]);
    let link = shared(&["--seed", "2"]);
    assert!(
        ada.starts_with("r1.") && link.starts_with("#v1."),
        "{ada} {link}"
    );
    let input =
        format!("# Monday, see #v1.x\n\n{ada}\n  {bob}\r\nhttps://example.org/{link}\n{link}\n");
    let (exit, json) = verified(&input);
    assert_eq!(exit, 0, "{json:#}");
    assert_eq!(json["proved"], true);
    let rows = json["rows"].as_array().unwrap();
    let column = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        column("from"),
        ["<stdin>:3", "<stdin>:4", "<stdin>:5", "<stdin>:6"]
    );
    assert_eq!(column("who")[..2], ["Ada", "Bob"]);
    assert_eq!(column("seed"), [1, 3, 2, 2]);
    assert_eq!(column("predicted")[..2], [true, false]);
    assert_eq!(column("kind"), ["result", "result", "link", "link"]);
    assert_eq!(rows[1]["goals"].as_array().unwrap().len(), 3);
    assert_eq!(rows[1]["passed"], true, "{:#}", rows[1]["goals"]);
    assert_eq!(rows[0]["passed"], false);
    // The table says the same, and an argument can be a link.
    let output = brownout(&["verify", &ada, &link]);
    assert_eq!(code(&output), 0);
    let table = stdout(&output);
    for part in [
        "argument 1",
        "Ada",
        "never: right",
        "s04-retry-storm",
        "2 of 2 proved",
    ] {
        assert!(table.contains(part), "{part} is not in\n{table}");
    }
}

#[test]
fn what_differs_and_what_cannot_be_read_is_said() {
    let good = shared(&["--receipt", "--name", "Ada"]);
    let (read, _) = lib::share::receipt::decode(&good).unwrap();
    let mut other = read.clone();
    other.shared.seed = 9;
    let forged = lib::share::receipt::encode(&other);
    let (exit, json) = verified(&format!("{good}\n{forged}\n"));
    assert_eq!((exit, &json["proved"]), (1, &Json::Bool(false)));
    assert_eq!(json["rows"][0]["verdict"]["state"], "proved");
    assert_eq!(json["rows"][1]["verdict"]["state"], "differs");
    assert_eq!(
        json["rows"][1]["verdict"]["differences"][0]["what"],
        "fingerprint"
    );
    let silent = lib::share::link::encode(&lib::share::Shared {
        run: None,
        ..read.shared
    });
    assert_eq!(
        verified(&silent).0,
        1,
        "nothing is proved of a link without a result"
    );
    let (exit, json) = verified(&format!("{}\nhello\n{good}\n", &good[..40]));
    assert_eq!(exit, 2);
    assert_eq!(json["rows"][0]["errors"][0]["code"], "E0803");
    assert_eq!(json["rows"][1]["errors"][0]["code"], "E0801");
    assert_eq!(
        json["rows"][2]["verdict"]["state"], "proved",
        "the others are run"
    );
    let output = fed(&["verify", "-"], &format!("hello\u{1b}[31m\n{forged}\n"));
    let table = stdout(&output);
    assert_eq!(code(&output), 2);
    for part in [
        "<stdin>:1: ",
        "cannot be read",
        "another fingerprint",
        "0 of 2 proved",
    ] {
        assert!(table.contains(part), "{part} is not in\n{table}");
    }
    assert!(
        !table.contains('\u{1b}'),
        "nothing of a stranger reaches the terminal"
    );
    assert_eq!(code(&brownout(&["verify", "no/such/file.txt"])), 2);
    for nothing in ["\u{0}\u{feff}\n", "", "# nothing\n\n"] {
        assert_eq!(code(&fed(&["verify", "-"], nothing)), 2, "{nothing:?}");
    }
}

#[test]
fn share_refuses_what_makes_no_sense() {
    let output = brownout(&["share", S04, "--bet", "nver", "--no-run"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("did you mean `never`"),
        "{}",
        stderr(&output)
    );
    for senseless in [
        &["share", S04, "--name", "Ada"][..],
        &["share", S04, "--receipt", "--no-run"],
        &["share"],
    ] {
        assert_eq!(code(&brownout(senseless)), 2, "{senseless:?}");
    }
    assert_eq!(
        code(&brownout(&["share", S04, "--set", "link.browse.tries=5"])),
        3
    );
    let output = brownout(&["share", S04, "--no-run"]);
    assert!(stdout(&output).len() < 90, "{}", stdout(&output));
}
