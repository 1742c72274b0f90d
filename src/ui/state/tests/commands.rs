//! Whatever a command does to the text, undo takes back, and redo does again.

use super::super::editing::Draw;
use super::super::editor::Way;
use super::super::forms::{Ask, Form};
use super::super::keys::{COMMANDS, message};
use super::super::model::Model;
use super::super::update::{Msg, update};
use crate::scenario::draw::{Edit, Thing};

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
}

/// What somebody does who draws, besides commands.
fn by_hand(dice: &mut Dice, model: &Model) -> Msg {
    let design = &model.doc.scenario.design;
    let nth = dice.roll(design.nodes.len());
    let node = design.nodes.get(nth).map(|node| node.key.clone());
    let kinds = ["clients", "service", "database", "queue", "worker", "job"];
    let add = |kind: &str, from: Option<String>| Draw::Add {
        kind: kind.to_owned(),
        preset: None,
        at: None,
        from,
    };
    let draw = match (dice.roll(9), node) {
        (0, _) | (_, None) => add(kinds[dice.roll(kinds.len())], None),
        (1, from) => add("service", from),
        (2, Some(key)) => Draw::Connect {
            from: key,
            to: design.nodes[dice.roll(design.nodes.len())].key.clone(),
        },
        (3, _) => Draw::AddEntry {
            what: "crash".to_owned(),
            target: None,
        },
        (4, Some(node)) => Draw::Do(Edit::Plan {
            node,
            operation: design.operations[0].key.clone(),
            steps: vec!["work".to_owned(), "respond".to_owned()],
        }),
        (5, _) => Draw::Paste(Some(format!(
            "[service.pasted]\nslots = {}\n",
            1 + dice.roll(9)
        ))),
        (6, _) => Draw::Nudge(Way::Right, false),
        (7, _) => {
            let (name, text) = ("small.toml".to_owned(), SMALL.to_owned());
            return match dice.roll(6) {
                0 => Msg::Import { name, text },
                _ => Msg::Form(Ask::Use(Form::Assumptions)),
            };
        }
        (_, Some(key)) => Draw::Select(vec![Thing::Node(key)]),
    };
    Msg::Draw(draw)
}

const SMALL: &str = "format = 1\n[run]\nduration = \"10 s\"\n[clients.a]\nrate = \"1 rps\"\n[service.b]\n\
    [link.c]\nfrom = \"a\"\nto = \"b\"\n";

#[test]
fn whatever_commands_do_is_undone_to_the_same_bytes_and_done_again() {
    let mut drawn = vec![0u32; COMMANDS.len()];
    for seed in 0..6 {
        let mut model = Model::default();
        update(&mut model, Msg::SkipBet);
        let start = model.doc.text.clone();
        let mut dice = Dice(seed * 7_919 + 1);
        for _ in 0..300 {
            let nth = dice.roll(2 * COMMANDS.len());
            let command = COMMANDS
                .get(nth)
                .and_then(|command| message(command.act, &model));
            match command {
                Some(command) => {
                    drawn[nth] += 1;
                    update(&mut model, command);
                }
                None => {
                    let by_hand = by_hand(&mut dice, &model);
                    update(&mut model, by_hand);
                }
            }
        }
        while model.doc.can_redo() {
            update(&mut model, Msg::Redo);
        }
        let end = model.doc.text.clone();
        assert_ne!(end, start);
        while model.doc.can_undo() {
            update(&mut model, Msg::Undo);
        }
        assert_eq!(model.doc.text, start);
        while model.doc.can_redo() {
            update(&mut model, Msg::Redo);
        }
        assert_eq!(model.doc.text, end);
    }
    for (command, drawn) in COMMANDS.iter().zip(drawn) {
        // Those without a message are about the view, the clipboard, a prediction or chance.
        let is_of_model = message(command.act, &selected()).is_some();
        assert!(
            drawn > 0 || !is_of_model,
            "`{}` was never drawn",
            command.what
        );
    }
}

/// With one node selected, every command has what it needs.
fn selected() -> Model {
    let mut model = Model::default();
    let things = vec![Thing::Node("catalogue".into())];
    update(&mut model, Msg::Draw(Draw::Select(things)));
    model
}
