//! Links as JSON: what is said, what is forgiven, what is refused.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::difference::plain;
use super::*;
use crate::scenario::{Scenario, built_in, code, edit, live};
use crate::time::Duration;

const S04: &str = "s04-retry-storm";

pub const FIVE: [(&str, &str); 5] = [
    ("link.browse.attempts", "4"),
    ("link.browse.backoff", "exponential"),
    ("link.browse.retry_budget", "12.5 %"),
    ("link.browse.timeout", "750 ms"),
    ("service.catalogue.queue_limit", "120"),
];

fn s04() -> &'static str {
    built_in::text(S04).unwrap()
}

fn shared(text: &str) -> Shared {
    Shared::of(text, 7, built_in::text).unwrap()
}

fn changed(shared: &Shared) -> &Changed {
    match &shared.content {
        Content::Changed(changed) => changed,
        Content::Whole(_) => panic!("it is the whole text"),
    }
}

/// Through a link and back: the same shared thing, and the same scenario.
fn round_trip(text: &str) -> Shared {
    let shared = shared(text);
    let (read, notices) = link::decode(&link::encode(&shared)).unwrap();
    assert_eq!((&read, notices.as_slice()), (&shared, &[][..]));
    let (came_out, notices) = read.to_text(built_in::text).unwrap();
    assert!(notices.is_empty(), "{notices:?}");
    let scenario = |text: &str| plain(Scenario::parse(text).unwrap());
    assert_eq!(scenario(&came_out), scenario(text));
    shared
}

fn sealed(kind: packed::Kind, fields: Json) -> String {
    match fields {
        Json::Object(fields) => packed::pack(kind, fields),
        other => panic!("{other} is no object"),
    }
}

fn link_of(fields: Json) -> String {
    sealed(packed::Kind::Link, fields)
}

fn codes(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.code).collect()
}

#[test]
fn five_knobs_a_bet_and_a_result_are_a_short_link() {
    let text = edit::apply(s04(), &FIVE).unwrap();
    let mut shared = round_trip(&text);
    assert_eq!(changed(&shared).set.len(), 5);
    shared.bet = Some("never".to_owned());
    shared.run = Some(Fingerprint {
        digest: "0123456789abcdef".repeat(2),
        semantics_version: 1,
        build: Some(BUILD.to_owned()),
    });
    let link = link::encode(&shared);
    println!("five knobs, bet and result: {} characters", link.len());
    assert!(link.len() < 400, "{link}");
    assert_eq!(link::decode(&link).unwrap().0, shared);
    // As it stands in an address, and as a mail program breaks it.
    let address = format!("https://example.org/brownout/?speed=max{link}");
    assert_eq!(link::decode(&address).unwrap().0, shared);
    let lines: Vec<&str> = [&link[..70], &link[70..140], &link[140..]].to_vec();
    assert_eq!(link::decode(&lines.join("\r\n ")).unwrap().0, shared);
}

#[test]
fn every_knob_of_every_scenario_goes_through_a_link() {
    let mut said = 0;
    for (turn, built_in) in built_in::BUILT_IN.iter().enumerate() {
        let scenario = Scenario::parse(built_in.text).unwrap();
        // Of several nodes of a kind one stands for all.
        let mut seen = BTreeSet::new();
        let places = paths(&scenario).into_iter();
        let places = places.filter(|(path, spec)| {
            let kind = path.split('.').next();
            seen.insert((kind.map(str::to_owned), spec.name))
        });
        for (n, (path, spec)) in places.enumerate() {
            let ends = [
                spec.min,
                spec.max,
                spec.default,
                spec.off.unwrap_or_default(),
            ];
            // One for each place of a knob: over all places all of them have their turn.
            let ends: Vec<&str> = ends.into_iter().filter(|end| !end.is_empty()).collect();
            let Some(end) = ends.get((n + turn) % ends.len().max(1)) else {
                continue;
            };
            // What the design cannot have is refused before it is shared.
            let Ok(text) = edit::apply(built_in.text, &[(&path, end)]) else {
                continue;
            };
            let shared = round_trip(&text);
            assert!(changed(&shared).set.len() <= 1, "{path} = {end}");
            said += 1;
        }
    }
    assert!(said > 300, "{said}");
}

fn paths(scenario: &Scenario) -> Vec<(String, &'static crate::design::registry::KnobSpec)> {
    use crate::design::registry::{LINK, OPERATION, RUN};
    let design = &scenario.design;
    let nodes = design.nodes.iter().map(|node| (node.kind, &node.key));
    let links = design.links.iter().map(|link| (&LINK, &link.key));
    let operations = design.operations.iter().map(|op| (&OPERATION, &op.key));
    let of = nodes.chain(links).chain(operations);
    let knobs = of.flat_map(|(kind, key)| {
        let path = move |knob: &'static crate::design::registry::KnobSpec| {
            (format!("{}.{key}.{}", kind.name, knob.name), knob)
        };
        kind.knobs.iter().map(path)
    });
    let run = RUN
        .knobs
        .iter()
        .map(|knob| (format!("run.{}", knob.name), knob));
    knobs.chain(run).collect()
}

#[test]
fn a_knob_that_is_no_longer_set_is_at_its_default() {
    let text = s04().replace("backoff = \"none\"\n", "");
    assert!(changed(&round_trip(&text)).set.is_empty());
    let text = s04().replace("attempts = 3\nbackoff", "backoff");
    assert_eq!(changed(&round_trip(&text)).set.len(), 1);
}

#[test]
fn a_preset_is_said_by_its_name() {
    let mut said = 0;
    for preset in crate::design::registry::presets() {
        let path = match preset.kind {
            "link" => "link.browse.preset",
            "service" => "service.catalogue.preset",
            _ => continue,
        };
        let Ok(text) = edit::apply(s04(), &[(path, preset.name)]) else {
            continue;
        };
        let shared = round_trip(&text);
        let set = (path.to_owned(), preset.name.to_owned());
        assert_eq!(changed(&shared).set, [set]);
        let text = edit::apply(&text, &[("link.browse.attempts", "2")]).unwrap();
        assert_eq!(changed(&round_trip(&text)).set.len(), 2);
        said += 1;
    }
    assert!(said > 0);
}

#[test]
fn a_timeline_is_said_by_what_is_new() {
    let at = Duration::from_secs;
    let text = live::add(
        s04(),
        at(60),
        "crash",
        &[("target", "catalogue"), ("lasts", "5 s")],
    );
    let text = live::tune(&text.unwrap(), at(90), "link.browse.attempts", "1").unwrap();
    let shared = round_trip(&text);
    let timeline = changed(&shared).timeline.clone().unwrap();
    assert!(matches!(
        timeline.as_slice(),
        [Entry::Kept(0), Entry::New { .. }, Entry::New { .. }]
    ));
    let link = link::encode(&shared);
    assert!(link.len() < 300, "{} characters", link.len());
    let nothing = edit_away(&text);
    assert_eq!(changed(&round_trip(&nothing)).timeline, Some(Vec::new()));
}

/// Without a timeline.
fn edit_away(text: &str) -> String {
    crate::scenario::edit_timeline::rewrite(text, &[]).unwrap()
}

#[test]
fn part_2_is_said_by_its_name() {
    let scenario = Scenario::parse(s04()).unwrap();
    for twist in &scenario.lesson.twists {
        let text = edit::variant(s04(), twist).unwrap();
        let text = edit::apply(&text, &[("link.browse.attempts", "2")]).unwrap();
        let shared = round_trip(&text);
        assert_eq!(changed(&shared).part.as_deref(), Some(twist.key.as_str()));
        assert!(link::encode(&shared).len() < 200);
    }
}

#[test]
fn what_knobs_cannot_say_is_the_whole_text() {
    let another = s04().replace(
        "[operation.view]",
        "[service.other]\n\n[link.more]\nfrom = \"catalogue\"\nto = \"other\"\n\n[operation.view]",
    );
    let moved = s04().replace("position = [80, 160]", "position = [80, 200]");
    let text = s04().replace("The shop has been down", "The shop \u{1f4a5} has been down");
    let own = s04().replace("s04-retry-storm", "my-own");
    for text in [another, moved, text, own] {
        let shared = round_trip(&text);
        assert_eq!(shared.content, Content::Whole(text));
    }
}

#[test]
fn what_is_not_known_is_left_out_and_named() {
    let fields = json!({
        "s": S04, "n": 3, "future": {"deep": [1, 2]}, "b": 5,
        "c": [["link.browse.attempts", "2"], ["link.browse.telepathy", "on"], ["attempts"],
              ["service.catalogue.queue_limit", "a few"], ["link.browse.attempts", "4"]],
        "t": [0, 7, {"what": "meteor", "at": "1 s"}, -1,
              {"what": "crash", "target": "catalogue", "at": "50 s", "mood": "bad"}],
    });
    let (read, notices) = link::decode(&link_of(fields)).unwrap();
    let extra = notices.iter().filter(|n| n.code == code::EXTRA_IN_CODE);
    let paths: Vec<&str> = extra.map(|n| n.path.as_str()).collect();
    assert_eq!(paths, ["b", "future"], "{notices:?}");
    let (text, more) = read.to_text(built_in::text).unwrap();
    let all: Vec<Notice> = notices.into_iter().chain(more).collect();
    for part in [
        "`[\"attempts\"]`",
        "telepathy",
        "a few",
        "meteor",
        "entry 8",
        "`-1`",
        "mood",
    ] {
        let told = |n: &&Notice| n.code == code::DROPPED_OF_CODE && n.message.contains(part);
        assert_eq!(all.iter().filter(told).count(), 1, "{part}: {all:#?}");
    }
    let scenario = Scenario::parse(&text).unwrap();
    let knob = edit::knob_at(&scenario, "link.browse.attempts").unwrap();
    assert_eq!(knob.value, crate::design::value::Value::Count(4));
    assert_eq!((read.seed, scenario.timeline.len()), (3, 2));
}

#[test]
fn a_flood_of_the_unknown_is_counted() {
    let unknown = (0..5000).map(|i| (format!("z{i}"), json!(i)));
    let mut fields: Map<String, Json> = unknown.collect();
    fields.insert("s".to_owned(), S04.into());
    fields.insert("n".to_owned(), 1.into());
    fields.insert("c".to_owned(), json!([["x"], ["y"]]));
    let link = link_of(Json::Object(fields));
    let (_, notices) = link::decode(&link).unwrap();
    assert!(notices.len() <= 25, "{}", notices.len());
    assert!(codes(&notices).contains(&code::DROPPED_OF_CODE));
    assert!(
        notices.last().unwrap().message.starts_with("4982 more"),
        "{notices:?}"
    );
}

#[test]
fn what_is_no_link_says_why() {
    let good = link::encode(&shared(s04()));
    let bomb = packed::pack(
        packed::Kind::Link,
        Map::from_iter([("x".to_owned(), "a".repeat(20_000_000).into())]),
    );
    assert!(bomb.len() < 100_000, "a bomb is small");
    let raw = |bytes: &[u8]| {
        let packed = miniz_oxide::deflate::compress_to_vec(bytes, 6);
        format!("#v1.{}", base64url::encode(&packed))
    };
    let many = vec![json!(["run.seed", "1"]); 5000];
    for (text, code) in [
        (String::new(), code::NO_CODE),
        ("  # ".to_owned(), code::NO_CODE),
        ("hello".to_owned(), code::NO_CODE),
        ("v0.AAAA".to_owned(), code::NO_CODE),
        ("v.AAAA".to_owned(), code::NO_CODE),
        ("v+1.AAAA".to_owned(), code::NO_CODE),
        ("v99999999999999999999.AAAA".to_owned(), code::NO_CODE),
        (good.replace("v1.", "v2."), code::NEWER_CODE),
        (good.replace("v1.", "r77."), code::NEWER_CODE),
        ("v1.".to_owned(), code::BROKEN_CODE),
        ("v1.!!!!".to_owned(), code::BROKEN_CODE),
        ("v1.\u{e4}\u{1f4a5}".to_owned(), code::BROKEN_CODE),
        (good[..good.len() / 2].to_owned(), code::BROKEN_CODE),
        (raw(b"\xff\xfe\x00"), code::BROKEN_CODE),
        (raw(b"[1, 2]"), code::BROKEN_CODE),
        (raw("[".repeat(100_000).as_bytes()), code::BROKEN_CODE),
        (raw(b"{}"), code::BROKEN_CODE),
        (raw(br#"{"s": "a", "x": "b", "n": 1}"#), code::BROKEN_CODE),
        (bomb, code::LONG_CODE),
        ("v1.".to_owned() + &"A".repeat(5_000_000), code::LONG_CODE),
        (link_of(json!({"s": S04, "n": 1, "c": many})), code::LIMIT),
        (
            link_of(json!({"s": S04, "n": 1, "t": vec![0; 1001]})),
            code::LIMIT,
        ),
    ] {
        let error = link::decode(&text).unwrap_err();
        let shown: String = text.chars().take(60).collect();
        assert_eq!(error.code, code, "{shown}: {error:?}");
        assert!(
            error.help.is_some() && error.message.len() < 300,
            "{error:?}"
        );
    }
}

#[test]
fn what_is_in_a_link_must_be_a_scenario() {
    let read = |fields: Json| {
        let (read, _) = link::decode(&link_of(fields)).unwrap();
        read.to_text(built_in::text).unwrap_err().remove(0).code
    };
    assert_eq!(
        read(json!({"s": "s99-unheard-of", "n": 1})),
        code::NO_BUILT_IN
    );
    assert_eq!(read(json!({"x": "format = 1\n", "n": 1})), code::MISSING);
    let long = "#".repeat(crate::scenario::limits::MAX_BYTES + 1);
    assert_eq!(read(json!({"x": long, "n": 1})), code::TOO_LONG);
    let nobody = json!([["link.browse.from", "nobody"]]);
    assert_eq!(read(json!({"s": S04, "n": 1, "c": nobody})), code::NO_NODE);
}

#[test]
fn another_text_of_the_scenario_is_told() {
    let link = link::encode(&shared(&edit::apply(s04(), &FIVE).unwrap()));
    let newer = s04().replace("rate = \"700 rps\"", "rate = \"650 rps\"");
    let (read, _) = link::decode(&link).unwrap();
    let (text, notices) = read.to_text(|_| Some(newer.as_str())).unwrap();
    assert_eq!(codes(&notices), [code::BUILT_IN_CHANGED]);
    assert!(text.contains("650 rps") && text.contains("750 ms"));
    let same = s04().replace('\n', "\r\n");
    let (_, notices) = read.to_text(|_| Some(same.as_str())).unwrap();
    assert!(notices.is_empty(), "how lines end says nothing");
}

#[test]
fn links_and_result_codes_are_not_mistaken() {
    let shared = shared(s04());
    let receipt = Receipt {
        shared: shared.clone(),
        who: Some("Ada \u{1f9ee}".to_owned()),
        goals: vec![GoalClaim {
            key: "served".to_owned(),
            met: true,
            measured: Some(0.991_234_567_890_123_4),
        }],
    };
    let code = receipt::encode(&receipt);
    assert!(code.starts_with("r1.") && is_code(&code));
    assert_eq!(receipt::decode(&code).unwrap(), (receipt, Vec::new()));
    let link = link::encode(&shared);
    assert_eq!(link::decode(&code).unwrap_err().code, code::NO_CODE);
    assert_eq!(receipt::decode(&link).unwrap_err().code, code::NO_CODE);
    let fields =
        json!({"s": S04, "n": 1, "m": "a\nb\u{1b}[31m", "g": [["x", 2, 1], ["y", 1, null], 3]});
    let (read, notices) = receipt::decode(&sealed(packed::Kind::Receipt, fields)).unwrap();
    assert_eq!(read.who.as_deref(), Some("a b [31m"));
    assert_eq!((read.goals.len(), notices.len()), (1, 2));
}

/// Nothing in it can be made shorter, and every letter of it becomes two in JSON.
#[test]
fn the_longest_scenario_goes_through_a_link() {
    let mut text = s04().to_owned();
    let mut x = 1_u64;
    while text.len() < crate::scenario::limits::MAX_BYTES - 40 {
        text.push('#');
        for _ in 0..32 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push(if x >> 60 < 8 { '"' } else { '\\' });
        }
        text.push('\n');
    }
    text = text.replace("The shop has been down", "The shop was down");
    assert!(matches!(round_trip(&text).content, Content::Whole(_)));
}
