//! Links and result codes: whatever comes is answered, and what is changed in one shows when it is run again.

use brownout::engine::Limits;
use brownout::experiment::{self, random};
use brownout::observe::report::Report;
use brownout::scenario::diagnostic::Severity;
use brownout::scenario::{Scenario, built_in, code, edit, live};
use brownout::share::verify::{State, Verdict, judge, predicted};
use brownout::share::{Code, Content, Fingerprint, Notice, Receipt, Shared, link, read, receipt};
use brownout::time::Duration;
use miniz_oxide::deflate::compress_to_vec;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const S04: &str = "s04-retry-storm";

/// S04 with half its users, so that it can be run often.
fn calm() -> String {
    let text = built_in::text(S04).unwrap();
    let changes = [
        ("link.browse.retry_budget", "20 %"),
        ("link.browse.backoff", "constant"),
        ("service.catalogue.queue_limit", "60"),
        ("clients.shoppers.rate", "350 rps"),
    ];
    edit::apply(text, &changes).unwrap()
}

fn run(text: &str, seed: u64) -> Report {
    let scenario = Scenario::parse(text).unwrap();
    let program = experiment::compile(&scenario, Limits::PAGE);
    experiment::run(&scenario, program, seed)
}

fn result(text: &str) -> Receipt {
    let shared = Shared::of(text, 5, built_in::text).unwrap();
    let shared = Shared {
        bet: Some("never".to_owned()),
        ..shared
    };
    Receipt::of(shared, &run(text, 5), Some("Ada"))
}

/// Written, read, run again and judged, as a door does it.
fn again(written: &str) -> (Verdict, Vec<Notice>) {
    let (code, mut notices) = read(written).unwrap();
    let (text, more) = code.shared().to_text(built_in::text).unwrap();
    notices.extend(more);
    let report = run(&text, code.shared().seed);
    (judge(&code, &notices, &report), notices)
}

fn verdict(receipt: &Receipt) -> Verdict {
    again(&receipt::encode(receipt)).0
}

fn whats(verdict: &Verdict) -> Vec<&str> {
    verdict.differences.iter().map(|d| d.what).collect()
}

#[test]
fn what_is_so_is_proved() {
    let result = result(&calm());
    assert!(matches!(result.shared.content, Content::Changed(_)));
    let proved = Verdict {
        state: State::Proved,
        differences: Vec::new(),
    };
    assert_eq!(verdict(&result), proved);
    assert_eq!(again(&link::encode(&result.shared)).0, proved);
    // The whole text is the same design, and something that happened live is in the text.
    let whole = Shared {
        content: Content::Whole(calm()),
        ..result.shared.clone()
    };
    assert_eq!(again(&link::encode(&whole)).0, proved);
    let fields = [("target", "catalogue"), ("lasts", "2 s")];
    let text = live::add(&calm(), Duration::from_secs(60), "crash", &fields).unwrap();
    let crashed = self::result(&text);
    assert_eq!(verdict(&crashed), proved);
    assert_ne!(crashed.shared.run, result.shared.run);
    let silent = Shared {
        run: None,
        ..result.shared
    };
    assert_eq!(again(&link::encode(&silent)).0.state, State::NoClaim);
}

/// Other values of what a learner may turn in S04.
const TURNED: [(&str, &str); 4] = [
    ("link.browse.attempts", "4"),
    ("link.browse.backoff", "exponential"),
    ("link.browse.retry_budget", "21 %"),
    ("service.catalogue.queue_limit", "61"),
];

#[test]
fn one_other_knob_is_another_fingerprint() {
    let text = calm();
    let result = result(&text);
    let scenario = Scenario::parse(&text).unwrap();
    let unlocked: Vec<&str> = TURNED.iter().map(|(path, _)| *path).collect();
    assert_eq!(scenario.lesson.unlocked, unlocked, "every one is turned");
    for (path, value) in TURNED {
        let mut other = result.clone();
        let Content::Changed(changed) = &mut other.shared.content else {
            panic!("it is a built-in scenario with changes");
        };
        changed.set.retain(|(set, _)| set != path);
        changed.set.push((path.to_owned(), value.to_owned()));
        let verdict = verdict(&other);
        assert_eq!(verdict.state, State::Differs, "{path}");
        assert_eq!(whats(&verdict)[0], "fingerprint", "{path}");
        let said = result.shared.run.as_ref().unwrap();
        assert_eq!(verdict.differences[0].says, said.digest);
        assert_ne!(verdict.differences[0].is, said.digest);
    }
    let mut other = result;
    other.shared.seed = 6;
    assert_eq!(whats(&verdict(&other))[0], "fingerprint");
}

#[test]
fn every_letter_of_a_fingerprint_and_every_goal_counts() {
    let text = calm();
    let result = result(&text);
    let report = run(&text, 5);
    let said = result.shared.run.clone().unwrap();
    for at in 0..said.digest.len() {
        let letter = if said.digest.as_bytes()[at] == b'0' {
            "1"
        } else {
            "0"
        };
        let mut digest = said.digest.clone();
        digest.replace_range(at..=at, letter);
        let mut other = result.clone();
        other.shared.run.as_mut().unwrap().digest = digest;
        let verdict = judge(&Code::Receipt(other), &[], &report);
        assert_eq!(
            (verdict.state, whats(&verdict)),
            (State::Differs, vec!["fingerprint"])
        );
    }
    assert_eq!(result.goals.len(), 3);
    for at in 0..3 {
        let judged = |change: &dyn Fn(&mut Receipt)| {
            let mut other = result.clone();
            change(&mut other);
            let verdict = judge(&Code::Receipt(other), &[], &report);
            assert_eq!(verdict.state, State::Differs);
            assert!(whats(&verdict).iter().all(|what| *what == "goal"));
            verdict.differences.len()
        };
        let turned = |r: &mut Receipt| r.goals[at].met = !r.goals[at].met;
        assert_eq!(judged(&turned), 1);
        let better = |r: &mut Receipt| {
            let measured = &mut r.goals[at].measured;
            *measured = measured.map(|x| f64::from_bits(x.to_bits() + 1));
        };
        assert_eq!(judged(&better), 1, "the last bit");
        assert_eq!(judged(&|r| r.goals[at].measured = None), 1);
        assert_eq!(judged(&|r| drop(r.goals.remove(at))), 1);
        assert_eq!(judged(&|r| r.goals.push(r.goals[at].clone())), 1);
        assert_eq!(judged(&|r| r.goals[at].key = "other".to_owned()), 2);
    }
}

/// Whoever has other rules is run again and judged by those of this build, and called nothing.
#[test]
fn other_rules_and_other_builds_are_said() {
    let mut other = result(&calm());
    let run = other.shared.run.as_mut().unwrap();
    run.semantics_version += 1;
    run.digest = "0".repeat(32);
    other.goals.clear();
    let judged = verdict(&other);
    assert_eq!(
        (judged.state, whats(&judged)),
        (State::OtherRules, vec!["rules"])
    );
    let mut other = result(&calm());
    let run = other.shared.run.as_mut().unwrap();
    run.build = Some("0123456789abcdef".to_owned());
    assert_eq!(verdict(&other).state, State::Proved, "the same came out");
    let run = other.shared.run.as_mut().unwrap();
    run.digest = "0".repeat(32);
    let judged = verdict(&other);
    assert_eq!(whats(&judged), ["fingerprint", "build"]);
    let sentence = judged.differences[1].sentence();
    assert!(
        sentence.starts_with("made by build 0123456789abcdef, run again by"),
        "{sentence}"
    );
}

/// A fingerprint that fits proves nothing of a design that could not be read whole.
#[test]
fn what_was_left_out_of_the_design_is_no_proof() {
    let mut other = result(&calm());
    let Content::Changed(changed) = &mut other.shared.content else {
        panic!("it is a built-in scenario with changes");
    };
    let unknown = ("link.browse.telepathy".to_owned(), "on".to_owned());
    changed.set.push(unknown);
    let judged = verdict(&other);
    assert_eq!(
        (judged.state, whats(&judged)),
        (State::Differs, vec!["design"])
    );
    assert!(judged.differences[0].sentence().contains("telepathy"));
    // Another text of the built-in scenario is named beside what differs, and only then.
    let Content::Changed(changed) = &mut other.shared.content else {
        unreachable!();
    };
    changed.set.pop();
    changed.base = Some(1);
    let (judged, notices) = again(&receipt::encode(&other));
    assert_eq!(judged.state, State::Proved);
    assert_eq!(notices[0].code, code::BUILT_IN_CHANGED);
    other.shared.seed += 1;
    assert!(whats(&verdict(&other)).contains(&"scenario"));
}

#[test]
fn a_prediction_is_right_or_wrong_or_none() {
    let scenario = Scenario::parse(built_in::text(S04).unwrap()).unwrap();
    let shared = |bet: Option<&str>| Shared {
        content: Content::Whole(String::new()),
        seed: 1,
        bet: bet.map(str::to_owned),
        run: None,
    };
    for (bet, right) in [
        (Some("never"), Some(true)),
        (Some("slowly"), Some(false)),
        (Some("tomorrow"), None),
        (None, None),
    ] {
        assert_eq!(predicted(&shared(bet), &scenario), right);
    }
}

/// Random designs, each with one entry of the timeline more than the one that is known: what comes out of
/// the link runs as what went in.
#[test]
fn random_designs_run_the_same_after_a_link() {
    let mut short = 0;
    for number in 0..60 {
        let base = random::scenario(number);
        let scenario = Scenario::parse(&base).unwrap();
        let at = Duration(scenario.run.duration.0 / 2);
        let target = scenario
            .design
            .nodes
            .iter()
            .find(|n| n.kind.name == "service");
        let text = match target {
            Some(node) => live::add(&base, at, "crash", &[("target", &node.key)]).unwrap(),
            None => base.clone(),
        };
        let text = edit::apply(&text, &[("run.seed", "12345")]).unwrap();
        let find = |id: &str| (id == scenario.about.id).then_some(base.as_str());
        let shared = Shared::of(&text, 3, find).unwrap();
        let (came, notices) = link::decode(&link::encode(&shared)).unwrap();
        assert_eq!((&came, notices.len()), (&shared, 0), "design {number}");
        let (restored, notices) = came.to_text(find).unwrap();
        assert!(notices.is_empty());
        short += usize::from(matches!(shared.content, Content::Changed(_)));
        if number < 20 {
            assert_eq!(
                run(&restored, 3).digest,
                run(&text, 3).digest,
                "design {number}"
            );
        }
    }
    assert!(short > 40, "{short} of 60 are said as changes");
}

// Whatever comes.

/// Written down a second time here: what reads must not be what wrote.
fn base64url(bytes: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes
        .iter()
        .flat_map(|b| (0..8).rev().map(move |i| b >> i & 1))
        .collect();
    let six = |bits: &[u8]| (0..6).fold(0, |n, i| n * 2 + bits.get(i).copied().unwrap_or(0));
    bits.chunks(6)
        .map(|bits| char::from(letters[usize::from(six(bits))]))
        .collect()
}

fn sealed(prefix: &str, json: &str) -> String {
    format!(
        "{prefix}.{}",
        base64url(&compress_to_vec(json.as_bytes(), 6))
    )
}

/// Reads a text, and what it is about if it can be read. Nothing may panic, and errors say what to do.
fn answered(text: &str) -> Result<(), TestCaseError> {
    let fine = |finding: &Notice, severity: Severity| {
        finding.severity == severity
            && finding.help.is_some()
            && !finding.message.is_empty()
            && !finding.message.contains('\n')
            && finding.message.len() < 1_000
    };
    match read(text) {
        Err(error) => prop_assert!(fine(error.as_ref(), Severity::Error), "{error:?}"),
        Ok((code, notices)) => {
            prop_assert!(
                notices.iter().all(|n| fine(n, Severity::Warning)),
                "{notices:?}"
            );
            match code.shared().to_text(built_in::text) {
                Ok((text, notices)) => {
                    prop_assert!(notices.iter().all(|n| fine(n, Severity::Warning)));
                    prop_assert!(Scenario::parse(&text).is_ok());
                }
                Err(errors) => prop_assert!(!errors.is_empty()),
            }
        }
    }
    Ok(())
}

fn example() -> String {
    let text = edit::apply(&calm(), &[("link.browse.attempts", "5")]).unwrap();
    let mut shared = Shared::of(&text, 42, built_in::text).unwrap();
    shared.bet = Some("never".to_owned());
    shared.run = Some(Fingerprint {
        digest: "0123456789abcdef".repeat(2),
        semantics_version: 1,
        build: None,
    });
    link::encode(&shared)
}

#[test]
fn every_beginning_of_a_link_is_cut_and_says_so() {
    let link = example();
    let (_, notices) = link::decode(&link).unwrap();
    assert!(notices.is_empty());
    for end in 0..link.len() {
        let error = link::decode(&link[..end]).unwrap_err();
        let expected = if end < 4 {
            code::NO_CODE
        } else {
            code::BROKEN_CODE
        };
        assert_eq!(error.code, expected, "{end}: {error:?}");
    }
}

#[test]
fn every_change_of_one_letter_is_answered() {
    let link = example();
    let others = b"AZaz09-_.#!=+/ \n\0\x7f";
    for at in 0..link.len() {
        for &other in others {
            let mut bytes = link.clone().into_bytes();
            bytes[at] = other;
            answered(&String::from_utf8(bytes).unwrap()).unwrap();
        }
        let mut missing = link.clone();
        missing.remove(at);
        answered(&missing).unwrap();
    }
}

/// JSON as somebody else could write it, with the keys that links have.
fn some_json() -> impl Strategy<Value = Json> {
    let words = prop::sample::select(vec![
        S04,
        "never",
        "link.browse.attempts",
        "run.seed",
        "5",
        "three_tiers",
        "crash",
        "what",
        "at",
        "target",
        "catalogue",
        "50 s",
        "",
        "\u{0}",
        "\u{202e}",
        "0a1b2c3d",
        "served",
        "preset",
    ]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        (0_u64..4).prop_map(Json::from),
        words.clone().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::hash_map(words.clone(), inner, 0..5).prop_map(|map| {
                let owned = map.into_iter().map(|(key, value)| (key.to_owned(), value));
                Json::Object(owned.collect())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answered(&text)?;
        answered(&format!("#v1.{text}"))?;
    }

    #[test]
    fn any_bytes_behind_the_prefix_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        answered(&format!("v1.{}", base64url(&bytes)))?;
        answered(&format!("r1.{}", base64url(&compress_to_vec(&bytes, 1))))?;
    }

    #[test]
    fn any_json_is_answered(fields in prop::collection::vec(some_json(), 12), is_built_in in any::<bool>()) {
        let keys = ["h", "p", "c", "t", "n", "b", "d", "r", "w", "m", "g", "zz"];
        let pairs = keys.iter().map(|key| (*key).to_owned()).zip(fields);
        let mut object: serde_json::Map<String, Json> = pairs.collect();
        let content = if is_built_in { json!(S04) } else { json!(calm()) };
        object.insert(if is_built_in { "s" } else { "x" }.to_owned(), content);
        for prefix in ["v1", "r1"] {
            answered(&sealed(prefix, &Json::Object(object.clone()).to_string()))?;
        }
    }

    #[test]
    fn any_changes_are_answered(
        changes in prop::collection::vec(("[a-z_.]{1,30}|link\\.browse\\.[a-z_]{1,14}", any::<String>()), 0..6),
        entries in prop::collection::vec(prop_oneof![
            (0_u64..3).prop_map(Json::from),
            ("[a-z_]{1,8}|crash|slow|config|deploy", "[a-z]{1,6}|at|target", "[ -~]{0,12}|5 s|catalogue")
                .prop_map(|(what, field, value)| json!({"what": what, field: value, "at": "3 s"})),
        ], 0..4),
    ) {
        let json = json!({"s": S04, "n": 1, "c": changes, "t": entries});
        answered(&sealed("v1", &json.to_string()))?;
    }
}
