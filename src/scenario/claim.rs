//! What a scenario claims of its stores: `[claim.NAME]`, the consistency model that users and designers take for
//! granted. A claim is no goal: it says nothing of how much, and a run that breaks it shows with what.

use super::findings::Findings;
use super::limits::MAX_GOALS;
use super::names::suggest;
use super::row::Row;
use super::{code, sections};
use crate::design::value::cut;
use crate::design::{Design, Node, Settings};

/// A model of consistency, of single rows unless it says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// As if there were one copy, and everything happened at one instant between its call and its return
    /// (M. Herlihy, J. Wing, 1990).
    Linearizable,
    /// As if there were one copy, and each user's own order were kept (L. Lamport, 1979), per row.
    Sequential,
    /// Users see what they have been told is done (D. Terry and others, Session Guarantees, 1994).
    ReadYourWrites,
    /// Users never see something older than they have seen (as above).
    MonotonicReads,
    /// Transactions as if one came after the other (P. Bernstein and others, 1987).
    Serializable,
}

/// A model, its word in files, and what it promises.
pub struct ModelSpec {
    pub model: Model,
    pub name: &'static str,
    pub meaning: &'static str,
}

/// All models, the strongest about reads first.
pub static MODELS: &[ModelSpec] = &[
    ModelSpec {
        model: Model::Linearizable,
        name: "linearizable",
        meaning: "a read sees all that was committed before it was asked for, and writes take effect before they are acknowledged",
    },
    ModelSpec {
        model: Model::Sequential,
        name: "sequential",
        meaning: "users see their own writes, and never go back, per row; others may be late",
    },
    ModelSpec {
        model: Model::ReadYourWrites,
        name: "read_your_writes",
        meaning: "users see what they have been told is done",
    },
    ModelSpec {
        model: Model::MonotonicReads,
        name: "monotonic_reads",
        meaning: "users never see something older than they have seen",
    },
    ModelSpec {
        model: Model::Serializable,
        name: "serializable",
        meaning: "no update is lost, and no two decisions overlook each other",
    },
];

impl Model {
    /// The word for it in files.
    pub fn name(self) -> &'static str {
        let mut all = MODELS.iter();
        all.find(|spec| spec.model == self)
            .map_or("", |spec| spec.name)
    }

    /// It is about what single users see.
    fn is_about_users(self) -> bool {
        use Model::*;
        matches!(self, Sequential | ReadYourWrites | MonotonicReads)
    }
}

/// That a store keeps to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub key: String,
    pub model: Model,
    /// The database whose rows it is about, wherever they are read.
    pub place: String,
}

pub fn claims(f: &mut Findings<'_>, root: &Row<'_, '_>, design: &Design) -> Vec<Claim> {
    let rows = root.named(f, "claim");
    if rows.len() > MAX_GOALS {
        let message = format!("there are {} claims", rows.len());
        f.error_at(code::LIMIT, "claim", message)
            .help(format!("at most {MAX_GOALS}"));
    }
    rows.into_iter()
        .filter_map(|(key, row)| claim(f, key, &row, design))
        .collect()
}

fn claim(f: &mut Findings<'_>, key: String, row: &Row<'_, '_>, design: &Design) -> Option<Claim> {
    row.check_fields(f, "a claim", sections::CLAIM, &[]);
    let (word, place) = (row.line(f, "model"), row.line(f, "place"));
    let place = place.filter(|place| is_database(f, row, place, design));
    let word = word?;
    let Some(spec) = MODELS.iter().find(|spec| spec.name == word) else {
        let at = format!("{}.model", row.path);
        let message = format!("there is no model `{}`", cut(&word));
        let names = MODELS.iter().map(|spec| spec.name);
        f.error_at(code::BAD_VALUE, &at, message)
            .help(suggest(&word, names, "models"));
        return None;
    };
    if spec.model.is_about_users() && !design.nodes.iter().any(tells_users_apart) {
        let at = format!("{}.model", row.path);
        let message =
            format!("`{word}` is about what single users see, and no clients tell theirs apart");
        f.error_at(code::IMPOSSIBLE, &at, message)
            .help("give clients `identities`, or `arrivals = \"closed\"`");
    }
    Some(Claim {
        key,
        model: spec.model,
        place: place?,
    })
}

fn is_database(f: &mut Findings<'_>, row: &Row<'_, '_>, place: &str, design: &Design) -> bool {
    let at = format!("{}.place", row.path);
    let databases = || {
        design
            .nodes
            .iter()
            .filter(|node| node.kind.name == "database")
    };
    match design.nodes.iter().find(|node| node.key == place) {
        Some(node) if node.kind.name == "database" => return true,
        Some(node) => {
            let message = format!("`{}` is a {} and keeps no rows", cut(place), node.kind.name);
            f.error_at(code::IMPOSSIBLE, &at, message).help(
                "name the database whose rows are meant; what caches say of them counts, too",
            );
        }
        None => {
            let names = databases().map(|node| node.key.as_str());
            f.error_at(
                code::NO_NODE,
                &at,
                format!("there is no node `{}`", cut(place)),
            )
            .help(suggest(place, names, "databases"));
        }
    }
    false
}

/// As the ledger does: in closed loops, and where there are identities.
fn tells_users_apart(node: &Node) -> bool {
    let knobs = Settings::new(node.kind, &node.knobs);
    node.kind.name == "clients"
        && (knobs.choice("arrivals") == "closed" || knobs.count("identities") > 1)
}
