//! What happens in a random design: one fault at least, and up to six further entries of any sort.

use super::dice::Dice;
use super::knob;
use super::text::{Draft, Table, quoted};
use crate::design::registry::{KindSpec, Target, target_of, timeline_kind, timeline_kinds};

/// One of these is in every design.
const FAULTS: &[&str] = &[
    "slow",
    "crash",
    "errors",
    "hang",
    "capacity_cut",
    "partition",
    "hold",
    "link_delay",
    "link_loss",
];

/// These happen to a database that has copies.
const OF_COPIES: &[&str] = &["primary_loss", "isolate", "replica_lag", "failover"];

pub fn draw(dice: &mut Dice, draft: &mut Draft) {
    let first = dice.one_of(FAULTS);
    let first = timeline_kind(first).expect("an entry of the registry");
    while !add(dice, draft, first) {}
    let all: Vec<&KindSpec> = timeline_kinds().collect();
    for _ in 0..dice.between(3, 6) {
        let what = all[dice.below(all.len() as u64) as usize];
        add(dice, draft, what);
    }
}

/// Adds an entry; `false` if the design has nothing that it can happen to.
fn add(dice: &mut Dice, draft: &mut Draft, what: &'static KindSpec) -> bool {
    let keys = |kinds: &[&str]| {
        let tables = draft.tables.iter();
        let fitting = tables.filter(|t| kinds.contains(&t.kind.name));
        fitting.map(|t| t.key().to_owned()).collect::<Vec<_>>()
    };
    // Where nobody leads, nobody else can be made the leader.
    let of_leader = matches!(what.name, "primary_loss" | "failover");
    let of_leader = of_leader || what.name == "schema_change";
    let has_none = |key: &String| {
        let mut tables = draft.tables.iter();
        tables.any(|t| t.key() == key && t.has("replication"))
    };
    let targets: Vec<String> = match target_of(what) {
        Target::Node(kinds) if of_leader => {
            let mut led = keys(kinds);
            led.retain(|key| !has_none(key));
            led
        }
        Target::Clients => vec!["c0".to_owned()],
        Target::Node(kinds) => keys(kinds),
        Target::Link => keys(&["link"]),
        Target::Operation => keys(&["operation"]),
        Target::Zone => vec!["east".to_owned(), "west".to_owned()],
        Target::Knob => vec![
            "service.s0.slots".to_owned(),
            "link.l0.timeout".to_owned(),
            "link.l1.attempts".to_owned(),
            "database.d0.cores".to_owned(),
        ],
        Target::Nothing => vec![String::new()],
    };
    if targets.is_empty() {
        return false;
    }
    let target = &targets[dice.below(targets.len() as u64) as usize];
    let mut entry = Table::new("timeline".to_owned(), what);
    entry = entry.with("at", quoted(&format!("{} ms", dice.between(2_000, 25_000))));
    if what.knob("lasts").is_some() {
        let lasts = dice.between(500, 10_000);
        entry = entry.with("lasts", quoted(&format!("{lasts} ms")));
    }
    if what.knob("target").is_some() {
        entry = entry.with("target", quoted(target));
    }
    for spec in what.knobs {
        let value = match (what.name, spec.name) {
            (_, "at" | "lasts" | "target") => continue,
            // Columns are drawn together (`columns`).
            (_, "adds" | "drops" | "writes_columns" | "reads_column") => continue,
            ("config", "value") => quoted(match target.split('.').next() {
                Some("link") if target.ends_with("timeout") => dice.one_of(&["30 ms", "400 ms"]),
                _ => dice.one_of(&["1", "2", "3", "9"]),
            }),
            (_, "rates") => quoted("600 rps, 900 rps, 550 rps"),
            // More than this would make a run of a minute last for hours.
            (_, "rate") => quoted(&format!("{} rps", dice.between(520, 900))),
            (_, "factor") => quoted(&dice.between(1, 6).to_string()),
            (_, "users") => dice.between(50, 2_000).to_string(),
            (_, "instances") => dice.between(1, 5).to_string(),
            (_, "every") => quoted("3 s"),
            _ if spec.default.is_empty() || dice.chance(50) => match knob::text(dice, spec) {
                Some(value) => value,
                None => continue,
            },
            _ => continue,
        };
        match spec.default.is_empty() {
            true => entry.fixed.push((spec.name.to_owned(), value)),
            false => entry.drawn.push((spec.name.to_owned(), value)),
        }
    }
    if OF_COPIES.contains(&what.name) {
        let mut tables = draft.tables.iter_mut();
        if let Some(database) = tables.find(|t| t.kind.name == "database" && t.key() == *target) {
            database.drawn.retain(|(name, _)| name != "replicas");
            if !database.has("replicas") {
                let replicas = dice.between(1, 3).to_string();
                database.fixed.push(("replicas".to_owned(), replicas));
            }
        }
    }
    if what.name == "restore" {
        let mut tables = draft.tables.iter_mut();
        let database = tables.find(|t| t.kind.name == "database" && t.key() == *target);
        if let Some(database) = database.filter(|database| !database.has("backup_every")) {
            database.drawn.retain(|(name, _)| name != "replicas");
            let every = format!("{} ms", dice.between(2_000, 10_000));
            database
                .drawn
                .push(("backup_every".to_owned(), quoted(&every)));
        }
    }
    draft.entries.push(entry);
    true
}
