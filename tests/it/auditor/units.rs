//! Units of items: what rows said was taken, worked out from the log of changes alone.
//!
//! No verdict asks a row how many units there are: what was sold is counted from effects, and `invariants` looks that up.
//! A `take` that is refused leaves nothing, and one that is done is a change like any other. So what is left to audit is
//! the engine itself: that a unit was taken only where the row had one, and that nobody was sent away while it had.

use std::collections::{BTreeMap, BTreeSet};

use brownout::design::{CallMode, RowOf, Settings};
use brownout::engine::attempt::{Attempt, CallerSide, Intent};
use brownout::engine::program::Program;
use brownout::engine::reason::Reason;
use brownout::scenario::Scenario;
use brownout::time::Time;

use super::{Entry, Line, Made};

/// Somebody wanted a unit between two moments, and was told that there is none.
#[derive(Clone, Copy, Debug)]
pub struct SoldOut {
    node: u16,
    item: u64,
    sent: Time,
    at: Time,
}

impl SoldOut {
    pub fn of(at: Time, intent: &Intent, attempt: &Attempt) -> Option<SoldOut> {
        let is_it = attempt.caller == CallerSide::Failed(Reason::SoldOut)
            && attempt.mode == CallMode::Write
            && attempt.row == RowOf::Unit
            && attempt.transaction == 0;
        is_it.then_some(SoldOut {
            node: attempt.node,
            item: intent.item,
            sent: attempt.sent,
            at,
        })
    }
}

/// What became of one item's row.
#[derive(Default)]
struct History {
    /// Units that each version ever made says are taken.
    units: BTreeMap<u64, u64>,
    /// Versions that are there.
    present: BTreeSet<u64>,
    /// How many were taken from when on.
    taken: Vec<(Time, u64)>,
    /// Somebody wrote who says what was read, and not what that said; or an old leader went on.
    is_unclear: bool,
}

impl History {
    fn now(&self) -> u64 {
        let newest = self.present.last();
        newest.map_or(0, |version| self.units[version])
    }

    fn add(&mut self, at: Time) {
        let now = self.now();
        self.taken.push((at, now));
    }

    /// Whether there were so many at some moment.
    fn had(&self, stock: u64, from: Time, to: Time) -> bool {
        let before = self.taken.partition_point(|&(at, _)| at <= from);
        let within = &self.taken[before.saturating_sub(1)..];
        let mut within = within.iter().take_while(|&&(at, _)| at <= to);
        within.any(|&(_, taken)| taken >= stock)
    }
}

/// The change that a take has made that was a statement of its own.
pub fn made_by_take(intent: &Intent, attempt: &Attempt) -> Option<Made> {
    let version = attempt.answer.version;
    let is_it = attempt.mode == CallMode::Write && attempt.row == RowOf::Unit && version > 0;
    is_it.then_some((attempt.node, intent.item, version))
}

/// Checks each unit that was taken and each refusal; how many there were.
pub fn check(
    design: u64,
    scenario: &Scenario,
    program: &Program,
    log: &[Line],
    (takes, sold_out): (&BTreeSet<Made>, &[SoldOut]),
) -> [(&'static str, u64); 3] {
    let mut stocks: BTreeMap<u16, u64> = BTreeMap::new();
    for node in &scenario.design.nodes {
        let settings = Settings::new(node.kind, &node.knobs);
        let has = node.kind.name == "database";
        let number = program.nodes.iter().position(|n| n.key == node.key);
        if let (Some(number), Some(stock)) =
            (number, has.then(|| settings.opt_count("stock")).flatten())
        {
            stocks.insert(number as u16, stock);
        }
    }
    // Who reads there is told a version, and not what it says of units.
    let is_direct = !program.nodes.iter().any(|n| n.kind == "cache");
    let mut rows: BTreeMap<(u16, u64), History> = BTreeMap::new();
    let (mut taken, mut last, mut refused) = (0, 0, 0);
    for (i, line) in log.iter().enumerate() {
        let (effect, is_there) = match line.entry {
            Entry::Applied { effect, .. } => (effect, true),
            Entry::Undone { effect } => (effect, false),
            _ => continue,
        };
        let Some(&stock) = stocks.get(&effect.node) else {
            continue;
        };
        if effect.row != line.intent.item {
            continue;
        }
        let row = rows.entry((effect.node, effect.row)).or_default();
        if !is_there {
            row.present.remove(&effect.version);
            row.add(line.at);
            continue;
        }
        let next = log.get(i + 1).map(|l| l.entry);
        row.is_unclear |= match next {
            Some(Entry::Undone { effect: gone }) => {
                gone.version == effect.version && gone.row == effect.row
            }
            _ => false,
        };
        let before = row.now();
        let base = match effect.based_on {
            Some(0) => 0,
            Some(read) => row.units.get(&read).copied().unwrap_or(u64::MAX / 2),
            None => before,
        };
        row.is_unclear |= effect.based_on.is_some() && !is_direct || base >= u64::MAX / 2;
        let made = (effect.node, effect.row, effect.version);
        if !row.is_unclear && takes.contains(&made) {
            assert!(
                before < stock,
                "design {design}: at {} a unit of {:x} was taken, and {before} of {stock} were gone",
                line.at,
                effect.row
            );
            taken += 1;
            last += u64::from(before + 1 == stock);
        }
        row.units.insert(effect.version, base + 1);
        row.present.insert(effect.version);
        row.add(line.at);
    }
    for one in sold_out {
        let Some(&stock) = stocks.get(&one.node) else {
            continue;
        };
        let Some(row) = rows.get(&(one.node, one.item)) else {
            panic!("design {design}: {one:?}, and nothing was ever taken");
        };
        if !row.is_unclear {
            assert!(
                row.had(stock, one.sent, one.at),
                "design {design}: {one:?} of {stock}"
            );
            refused += 1;
        }
    }
    [
        ("units taken", taken),
        ("last units", last),
        ("sold out", refused),
    ]
}
