//! The log of changes: whatever is done to a drawing, undo gives back the bytes that were there, redo those
//! that were undone; and every change leaves a text that can be read.

use brownout::design::registry::{KINDS, LINK, timeline_kinds};
use brownout::scenario::copied;
use brownout::scenario::draw::{Edit, Thing, free_key, is_unfinished, sketch};
use brownout::scenario::live::Act;
use brownout::scenario::log::Log;

const S04: &str = include_str!("../../scenarios/s04-retry-storm.toml");
const BLANK: &str = "format = 1\n\n[run]\nduration = \"60 s\"\n";

/// Chance for a test: a linear congruential generator (Knuth, MMIX).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides.max(1)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let nth = self.roll(all.len());
        all.get(nth)
    }
}

/// Every kind of change, by name. A new one does not compile before it is drawn here too.
fn name(edit: &Edit) -> &'static str {
    match edit {
        Edit::AddNode { .. } => "add node",
        Edit::AddLink { .. } => "add link",
        Edit::AddOperation { .. } => "add operation",
        Edit::AddWatched { .. } => "add watched",
        Edit::Remove { .. } => "remove",
        Edit::Move { .. } => "move",
        Edit::Set { .. } => "set",
        Edit::Unset { .. } => "unset",
        Edit::Plan { .. } => "plan",
        Edit::AddEntry { .. } => "add entry",
        Edit::SetEntry { .. } => "set entry",
        Edit::RemoveEntry { .. } => "remove entry",
        Edit::Paste { .. } => "paste",
        Edit::Act { .. } => "act",
        Edit::Replace { .. } => "replace",
        Edit::All { .. } => "all",
    }
}

const NAMES: &[&str] = &[
    "add node",
    "add link",
    "add operation",
    "add watched",
    "remove",
    "move",
    "set",
    "unset",
    "plan",
    "add entry",
    "set entry",
    "remove entry",
    "paste",
    "act",
    "replace",
    "all",
];

fn place(dice: &mut Dice) -> (i32, i32) {
    (dice.roll(2_000) as i32 - 500, dice.roll(1_200) as i32 - 300)
}

/// Some change of this text: most can be made, some are refused.
fn some(dice: &mut Dice, text: &str) -> Option<Edit> {
    let scenario = sketch(text).drawing?;
    let design = &scenario.design;
    let nodes: Vec<&str> = design.nodes.iter().map(|node| node.key.as_str()).collect();
    let links: Vec<&str> = design.links.iter().map(|link| link.key.as_str()).collect();
    Some(match dice.roll(24) {
        0..=3 => {
            let kind = dice.of(KINDS)?;
            Edit::AddNode {
                kind: kind.name.to_owned(),
                key: free_key(kind.name, nodes.iter().copied()),
                at: place(dice),
                preset: (kind.name == "queue" && dice.roll(2) == 0)
                    .then(|| "kafka-topic".to_owned()),
            }
        }
        4..=7 => Edit::AddLink {
            key: free_key("call", links.iter().copied()),
            from: (*dice.of(&nodes)?).to_owned(),
            to: (*dice.of(&nodes)?).to_owned(),
        },
        8 => Edit::Remove {
            things: match dice.roll(4) {
                3 => vec![match dice.of(&design.alerts) {
                    Some(alert) => Thing::Watched("alert".to_owned(), alert.key.clone()),
                    None => Thing::Operation(dice.of(&design.operations)?.key.clone()),
                }],
                0 => vec![Thing::Link((*dice.of(&links)?).to_owned())],
                _ => vec![Thing::Node((*dice.of(&nodes)?).to_owned())],
            },
        },
        9 => Edit::Move {
            to: nodes
                .iter()
                .map(|key| ((*key).to_owned(), place(dice)))
                .collect(),
        },
        10 | 11 => {
            let (path, written) = match dice.roll(6) {
                0 => (
                    "run.duration".to_owned(),
                    ["90 s", "2 min", "lots"][dice.roll(3)],
                ),
                1 => {
                    let node = dice.of(&design.nodes)?;
                    let label = ["Shop", "", "Käse \"№1\"", "a\\b"][dice.roll(4)];
                    (format!("{}.{}.label", node.kind.name, node.key), label)
                }
                2 => {
                    let node = dice.of(&design.nodes)?;
                    let spec = dice.of(node.kind.knobs)?;
                    (
                        format!("{}.{}.{}", node.kind.name, node.key, spec.name),
                        spec.default,
                    )
                }
                _ => {
                    let spec = dice.of(LINK.knobs)?;
                    let written = if spec.example.is_empty() {
                        "3"
                    } else {
                        spec.example
                    };
                    (format!("link.{}.{}", dice.of(&links)?, spec.name), written)
                }
            };
            Edit::Set {
                path,
                value: written.to_owned(),
            }
        }
        12 => {
            let node = dice.of(&design.nodes)?;
            let knob = node.knobs.keys().copied().collect::<Vec<_>>();
            Edit::Unset {
                path: format!("{}.{}.{}", node.kind.name, node.key, dice.of(&knob)?),
            }
        }
        13 => {
            let services: Vec<_> = design
                .nodes
                .iter()
                .filter(|n| n.kind.name == "service")
                .collect();
            let node = dice.of(&services)?;
            let calls = design.links.iter().filter(|link| link.from == node.key);
            let mut steps = vec!["work".to_owned()];
            steps.extend(calls.map(|link| format!("call {}", link.key)));
            steps.push("respond".to_owned());
            if dice.roll(4) == 0 {
                steps.clear();
            }
            Edit::Plan {
                node: node.key.clone(),
                operation: design.operations.first()?.key.clone(),
                steps,
            }
        }
        14 | 15 => {
            let kinds: Vec<_> = timeline_kinds().collect();
            let kind = dice.of(&kinds)?;
            let fields = kind.knobs.iter().filter_map(|spec| {
                let written = match spec.name {
                    "target" => (*dice.of(&nodes)?).to_owned(),
                    "at" => format!("{} s", dice.roll(70)),
                    _ if spec.default.is_empty() => spec.example.to_owned(),
                    _ => return None,
                };
                Some((spec.name.to_owned(), written))
            });
            Edit::AddEntry {
                what: kind.name.to_owned(),
                fields: fields.collect(),
            }
        }
        16 => Edit::SetEntry {
            number: dice.roll(scenario.timeline.len()),
            field: ["lasts", "at", "nonsense"][dice.roll(3)].to_owned(),
            value: (dice.roll(3) > 0).then(|| format!("{} s", 1 + dice.roll(20))),
        },
        17 => Edit::RemoveEntry {
            number: dice.roll(scenario.timeline.len()),
        },
        18 => {
            let keys: Vec<String> = nodes
                .iter()
                .take(1 + dice.roll(3))
                .map(|k| (*k).to_owned())
                .collect();
            Edit::Paste {
                tables: copied(text, &keys),
                by: (32, 32),
            }
        }
        19 => Edit::Act {
            act: Act::Add {
                what: "crash".to_owned(),
                fields: vec![("target".to_owned(), (*dice.of(&nodes)?).to_owned())],
            },
            at_ns: 1_000_000_000 * dice.roll(50) as u64,
        },
        20 if dice.roll(8) == 0 => Edit::Replace {
            text: [S04, BLANK, "not [ TOML"][dice.roll(3)].to_owned(),
        },
        21 => {
            let kind = ["read", "write"][dice.roll(2)];
            let keys = design.operations.iter().map(|o| o.key.as_str());
            Edit::AddOperation {
                key: free_key(kind, keys),
                kind: kind.to_owned(),
            }
        }
        22 => {
            let field = |field: &str, written: &str| (field.to_owned(), written.to_owned());
            let node = field("node", dice.of(&nodes)?);
            let (table, rule, taken) = match dice.roll(3) {
                0 => ("slo", field("objective", "99 %"), &design.slos),
                1 => ("alert", field("error_share_above", "5 %"), &design.alerts),
                _ => ("alert", field("nonsense", "5 %"), &design.alerts),
            };
            Edit::AddWatched {
                table: table.to_owned(),
                key: free_key(table, taken.iter().map(|it| it.key.as_str())),
                fields: vec![node, rule],
            }
        }
        _ => Edit::All {
            name: "Tidy the drawing".to_owned(),
            edits: vec![
                Edit::Move {
                    to: nodes
                        .iter()
                        .map(|key| ((*key).to_owned(), place(dice)))
                        .collect(),
                },
                Edit::Set {
                    path: "run.seed".to_owned(),
                    value: dice.roll(100).to_string(),
                },
            ],
        },
    })
}

#[test]
fn undo_gives_back_every_byte_and_redo_too() {
    let mut drawn = vec![0u32; NAMES.len()];
    let mut refused = 0;
    for run in 0..20u64 {
        let start = match run % 3 {
            0 => BLANK.to_owned(),
            1 => S04.to_owned(),
            _ => S04.replace('\n', "\r\n"),
        };
        let mut dice = Dice(run * 7_919 + 1);
        let (mut text, mut log) = (start.clone(), Log::default());
        let mut texts = vec![text.clone()];
        for _ in 0..200 {
            let Some(edit) = some(&mut dice, &text) else {
                continue;
            };
            let which = NAMES
                .iter()
                .position(|n| *n == name(&edit))
                .expect("a name for each");
            let says = edit.says();
            assert!(
                !says.is_empty() && says.starts_with(char::is_uppercase),
                "{says}"
            );
            let before = text.clone();
            match log.apply(&mut text, edit.clone()) {
                Ok(changed) => {
                    assert_eq!(changed, before != text);
                    drawn[which] += u32::from(changed);
                    if changed {
                        texts.push(text.clone());
                    }
                    let sketch = sketch(&text);
                    assert!(sketch.drawing.is_some(), "{edit:?}\n{text}");
                    let broken: Vec<_> =
                        sketch.errors.iter().filter(|e| !is_unfinished(e)).collect();
                    assert!(broken.is_empty(), "{edit:?}\n{broken:?}\n{text}");
                }
                Err(why) => {
                    assert_eq!(text, before, "a refused change leaves everything as it was");
                    assert!(!why.is_empty() && !why[0].message.is_empty());
                    refused += 1;
                }
            }
        }
        assert_eq!(log.len() + 1, texts.len());
        for expected in texts.iter().rev().skip(1) {
            assert!(log.undo(&mut text).is_some());
            assert_eq!(text, *expected);
        }
        assert_eq!(text, start);
        assert!(log.undo(&mut text).is_none());
        for expected in &texts[1..] {
            assert!(log.redo(&mut text).is_some());
            assert_eq!(text, *expected);
        }
        assert!(log.redo(&mut text).is_none());
    }
    println!("made {drawn:?}, refused {refused}");
    for (name, made) in NAMES.iter().zip(drawn) {
        assert!(made > 0, "`{name}` was never made");
    }
}

#[test]
fn what_goes_takes_with_it_what_hangs_on_it() {
    let gone = Edit::Remove {
        things: vec![Thing::Node("catalogue".into())],
    };
    let text = gone.apply(S04).unwrap();
    let scenario = sketch(&text).drawing.unwrap();
    assert!(scenario.design.node("catalogue").is_none());
    assert!(scenario.design.links.is_empty(), "its links go");
    assert!(scenario.timeline.is_empty(), "what happens to it goes");
    assert!(
        text.contains("[lesson]") && text.contains("# "),
        "the rest stays"
    );
}

#[test]
fn what_users_do_is_added_to_and_taken_away() {
    let add = |text: &str, key: &str, kind: &str| {
        let (key, kind) = (key.to_owned(), kind.to_owned());
        Edit::AddOperation { key, kind }.apply(text)
    };
    let keys = |text: &str| -> Vec<String> {
        let operations = sketch(text).drawing.unwrap().design.operations;
        operations.into_iter().map(|o| o.key).collect()
    };
    // What there is without being written stays beside the first one that is added.
    let drawn =
        format!("{BLANK}\n[clients.users]\nrate = \"5 rps\"\n\n[scenario]\ntitle = \"T\"\n");
    let two = add(&drawn, "buy", "write").unwrap();
    assert_eq!(keys(&two), ["request", "buy"]);
    let tables = "[operation.request]\n\n[operation.buy]\nkind = \"write\"\n\n[scenario]";
    assert!(two.contains(tables), "behind what is drawn: {two}");
    let taken = add(&two, "buy", "read").unwrap_err();
    assert!(taken[0].message.contains("already"), "{}", taken[0].message);
    assert!(add(&two, "Not a name", "read").is_err());
    // It is changed without having been written, too.
    let (path, value) = ("operation.request.kind".into(), "write".into());
    let set = Edit::Set { path, value }.apply(&drawn).unwrap();
    assert!(
        set.contains("[operation.request]\nkind = \"write\"\n"),
        "{set}"
    );
    // What services do for it goes with it, and what happens to it; a node of that name stays.
    let text = format!(
        "{two}[service.buy]\nplan.buy = [\"work\", \"respond\"]\n\
         [link.l]\nfrom = \"users\"\nto = \"buy\"\n\
         [[timeline]]\nat = \"1 s\"\nwhat = \"poison\"\ntarget = \"buy\"\nshare = \"10 %\"\n\
         [[timeline]]\nat = \"1 s\"\nwhat = \"crash\"\ntarget = \"buy\"\n"
    );
    assert_eq!(
        sketch(&text).drawing.unwrap().timeline.len(),
        2,
        "{:?}",
        sketch(&text).errors
    );
    let things = vec![Thing::Operation("buy".into())];
    let gone = Edit::Remove { things }.apply(&text).unwrap();
    assert_eq!(keys(&gone), ["request"]);
    assert!(
        !gone.contains("plan.buy") && gone.contains("[service.buy]"),
        "{gone}"
    );
    let left = sketch(&gone).drawing.unwrap();
    assert_eq!(left.timeline.len(), 1);
    assert_eq!(left.timeline[0].what.name, "crash");
}

/// What somebody has drawn is kept and opened again, also if it has become too much to run.
#[test]
fn a_drawing_that_is_too_large_to_run_can_be_opened_to_mend_it() {
    let text = include_str!("../fixtures/invalid/too-many-calls-per-action.toml");
    let errors = sketch(text).errors;
    assert!(
        !errors.is_empty() && errors.iter().all(is_unfinished),
        "{errors:?}"
    );
    let opened = Edit::Replace { text: text.into() }.apply(BLANK);
    assert_eq!(opened.as_deref(), Ok(text));
}

#[test]
fn both_ends_of_a_link_go_at_once() {
    let both = Edit::Remove {
        things: vec![
            Thing::Node("shoppers".into()),
            Thing::Node("catalogue".into()),
        ],
    };
    let design = sketch(&both.apply(S04).unwrap()).drawing.unwrap().design;
    assert!(design.nodes.is_empty() && design.links.is_empty());
    let taken = ["shop", "shop_2"];
    assert_eq!(free_key("shop_2", taken.into_iter()), "shop_3");
    assert_eq!(free_key("third_party", taken.into_iter()), "third_party");
}

#[test]
fn what_is_pasted_has_names_of_its_own() {
    let keys = ["shoppers".to_owned(), "catalogue".to_owned()];
    let tables = copied(S04, &keys);
    let pasted = Edit::Paste {
        tables,
        by: (10, 20),
    };
    let text = pasted.apply(S04).unwrap();
    let design = sketch(&text).drawing.unwrap().design;
    assert_eq!((design.nodes.len(), design.links.len()), (4, 2));
    let link = design
        .link("browse_2")
        .expect("the link too, under another name");
    assert_eq!(
        (link.from.as_str(), link.to.as_str()),
        ("shoppers_2", "catalogue_2")
    );
    let (old, new) = (
        design.node("catalogue").unwrap(),
        design.node("catalogue_2").unwrap(),
    );
    let (a, b) = (old.position.unwrap(), new.position.unwrap());
    assert_eq!((b.0 - a.0, b.1 - a.1), (10, 20));
    assert_eq!(old.knobs, new.knobs);
    for garbage in [
        "",
        "hello",
        "[x]\ny = 1",
        "\u{0}",
        "[service.a]\nslots = \"many\"",
        S04,
    ] {
        let refused = Edit::Paste {
            tables: garbage.into(),
            by: (0, 0),
        };
        if garbage != S04 {
            assert!(refused.apply(S04).is_err(), "{garbage:?}");
        }
    }
}

#[test]
fn an_illegal_link_is_refused_with_a_reason() {
    let mut text = BLANK.to_owned();
    for (kind, key) in [
        ("clients", "users"),
        ("service", "shop"),
        ("worker", "mailer"),
        ("database", "db"),
    ] {
        let add = Edit::AddNode {
            kind: kind.into(),
            key: key.into(),
            at: (0, 0),
            preset: None,
        };
        text = add.apply(&text).unwrap();
    }
    assert!(
        sketch(&text).errors.is_empty(),
        "{:?}",
        sketch(&text).errors
    );
    for (from, to, why) in [
        ("shop", "shop", "itself"),
        ("db", "shop", "calls nobody"),
        ("shop", "users", "nobody can call"),
        ("users", "mailer", "queue"),
        ("shop", "nowhere", "no node"),
    ] {
        let link = Edit::AddLink {
            key: "l".into(),
            from: from.into(),
            to: to.into(),
        };
        let findings = link.apply(&text).unwrap_err();
        let said = format!(
            "{}: {}",
            findings[0].message,
            findings[0].help.as_deref().unwrap_or("")
        );
        assert!(said.contains(why), "{from} {to}: {said}");
    }
}
