//! Where a starting point fails first when its load grows: `[fails_first]`. Text for people that a run can
//! prove or refute; nothing of it reaches the engine.

use super::findings::Findings;
use super::limits::MAX_SENTENCE_WORDS;
use super::names::suggest;
use super::row::Row;
use super::{Scenario, code, sections};
use crate::design::registry::{KnobSpec, knob};
use crate::design::value::{Factor, MICRO, Unit, Value, cut};

/// What a starting point says about its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailsFirst {
    /// The node that is full first, or the link where it is the network.
    pub place: String,
    /// At how many times the load of the file.
    pub load: Factor,
    /// Why, in one sentence.
    pub says: String,
}

static LOAD: KnobSpec = knob(
    "load",
    Unit::Factor,
    "",
    "at how many times the load of the file the design fails",
)
.range("1", "100");

pub fn read(f: &mut Findings<'_>, root: &Row<'_, '_>) -> Option<FailsFirst> {
    let row = root.one(f, "fails_first")?;
    row.check_fields(f, "the table `fails_first`", sections::FAILS_FIRST, &[]);
    let place = row.line(f, "place");
    let load = row.value_of(f, "load", &LOAD);
    let says = row.line(f, "says");
    let Some(Value::Factor(load)) = load else {
        return None;
    };
    Some(FailsFirst {
        place: place?,
        load,
        says: says?,
    })
}

/// That it fits the design. A run does not need it: who has changed the design can still run it.
pub fn check(f: &mut Findings<'_>, scenario: &Scenario) {
    let Some(claim) = &scenario.fails_first else {
        return;
    };
    place(f, scenario, claim);
    if claim.load.0 <= MICRO {
        f.error_at(
            code::IMPOSSIBLE,
            "fails_first.load",
            "at its own load the design is to work",
        )
        .help("write a factor above 1x: `1.6x`");
    }
    let words = claim.says.split_whitespace().count();
    if words == 0 {
        f.error_at(code::MISSING, "fails_first.says", "the sentence is empty")
            .help("say in one sentence what is full, and what users see of it");
    }
    if words > MAX_SENTENCE_WORDS {
        let message = format!("the sentence has {words} words");
        f.error_at(code::LIMIT, "fails_first.says", message)
            .help(format!("at most {MAX_SENTENCE_WORDS}: it stands in a list"));
    }
}

fn place(f: &mut Findings<'_>, scenario: &Scenario, claim: &FailsFirst) {
    let design = &scenario.design;
    let at = "fails_first.place";
    let shown = cut(&claim.place);
    if let Some(node) = design.node(&claim.place) {
        if node.kind.name == "clients" {
            let message = format!("`{shown}` brings the load, and is never full");
            f.error_at(code::IMPOSSIBLE, at, message)
                .help("name what the load is too much for");
        }
        return;
    }
    if design.link(&claim.place).is_some() {
        return;
    }
    let nodes = design.nodes.iter().map(|node| node.key.as_str());
    let links = design.links.iter().map(|link| link.key.as_str());
    let message = format!("there is no node and no link `{shown}`");
    f.error_at(code::NO_NODE, at, message).help(suggest(
        &claim.place,
        nodes.chain(links),
        "nodes and links",
    ));
}
