//! Lost updates and write skews, looked for from the end: what does the row as it is now go back to, and which
//! pairs of transactions overlooked each other? The ledger counts as it goes.

use std::collections::{BTreeMap, BTreeSet};

use brownout::ledger::Ledger;
use brownout::ledger::updates::Decision;

use super::{Entry, Line};

/// A transaction that was committed: rows and versions.
pub struct Transaction {
    pub node: u16,
    pub by: u64,
    pub read: Vec<(u64, u64)>,
    pub made: Vec<(u64, u64)>,
}

/// Whose: an action's number, or the address of a piece of a job's work.
type Whose = (u64, u64);

/// Row, lost version and whose, version that lost it and whose, version that it was computed from.
type Loss = ((u16, u64), (u64, u64), (u64, u64), u64);

/// All versions of one row that survive, in their order, with what each was computed from.
type History = BTreeMap<u64, (Option<u64>, Whose)>;

/// What became of the versions of a row that are undone: what each was computed from.
type Gone = BTreeMap<u64, u64>;

/// What the last version of a row does not hold: at each step back to the version that one was computed from,
/// whatever others had made between. Who had read a version that is gone had read what that one was computed from.
fn losses_of(row: (u16, u64), history: &History, gone: &Gone) -> Vec<Loss> {
    let mut lost = Vec::new();
    let mut at = history.keys().next_back().copied();
    while let Some(version) = at {
        let (based_on, whose) = history[&version];
        let mut from = based_on;
        while let Some(before) = from.and_then(|read| gone.get(&read)) {
            from = Some(*before);
        }
        let Some(from) = from else {
            at = history.range(..version).next_back().map(|(&v, _)| v);
            continue;
        };
        for (&between, &(_, theirs)) in history.range(from + 1..).filter(|&(&v, _)| v < version) {
            if whose.0 != 0 || theirs != whose {
                let read = based_on.expect("it has read something");
                lost.push((row, (between, theirs.0), (version, whose.0), read));
            }
        }
        at = history.range(..=from).next_back().map(|(&v, _)| v);
    }
    lost
}

/// Compares with the ledger; how many lost updates and write skews there were.
pub fn compare(
    design: u64,
    log: &[Line],
    transactions: &[Transaction],
    ledger: &Ledger,
) -> (u64, u64) {
    let mut rows: BTreeMap<(u16, u64), (History, Gone)> = BTreeMap::new();
    for line in log {
        match line.entry {
            Entry::Applied { effect, .. } if effect.version > 0 => {
                let intent = line.intent;
                let whose = match intent.is_internal {
                    true => (0, intent.address.0),
                    false => (intent.number, 0),
                };
                let row = rows.entry((effect.node, effect.row)).or_default();
                row.0.insert(effect.version, (effect.based_on, whose));
            }
            Entry::Undone { effect } => {
                let row = rows
                    .get_mut(&(effect.node, effect.row))
                    .expect("it was made");
                let (based_on, _) = row.0.remove(&effect.version).expect("it was made");
                assert!(
                    based_on.is_none() || based_on == effect.based_on,
                    "{effect:?}"
                );
                row.1
                    .extend(effect.based_on.map(|from| (effect.version, from)));
            }
            _ => {}
        }
    }
    let mut mine: Vec<Loss> = rows
        .iter()
        .flat_map(|(&row, (history, gone))| losses_of(row, history, gone))
        .collect();
    let named = ledger.updates.losses();
    let mut theirs: Vec<Loss> = named
        .iter()
        .map(|l| {
            let by = |made: brownout::ledger::updates::Made| {
                (made.version, made.by.number().unwrap_or(0))
            };
            ((l.place, l.row), by(l.lost), by(l.over), l.read)
        })
        .collect();
    mine.sort_unstable();
    theirs.sort_unstable();
    let lost = ledger.counts.lost_updates;
    assert_eq!(
        mine.len() as u64,
        lost,
        "design {design}: how many lost updates"
    );
    if ledger.updates.names_all() {
        assert_eq!(mine, theirs, "design {design}: lost updates");
    }
    let known: BTreeSet<&Loss> = mine.iter().collect();
    let all_known = theirs.iter().all(|one| known.contains(one));
    assert!(
        all_known,
        "design {design}: the ledger names what is not lost"
    );
    let survives = |node: u16, (row, version): (u64, u64)| {
        let of_row = rows.get(&(node, row));
        of_row.is_some_and(|(history, _)| history.contains_key(&version))
    };
    let skewed = skews(design, transactions, ledger, survives);
    (lost, skewed)
}

fn skews(
    design: u64,
    transactions: &[Transaction],
    ledger: &Ledger,
    survives: impl Fn(u16, (u64, u64)) -> bool,
) -> u64 {
    // What each has changed that survives.
    let left: Vec<Vec<(u64, u64)>> = transactions
        .iter()
        .map(|t| {
            t.made
                .iter()
                .copied()
                .filter(|&made| survives(t.node, made))
                .collect()
        })
        .collect();
    // Each pair, the later one second.
    let mut pairs = BTreeSet::new();
    let mut seconds = 0;
    for (i, second) in transactions.iter().enumerate() {
        let mut is_one = false;
        for (j, first) in transactions[..i]
            .iter()
            .enumerate()
            .filter(|(_, t)| t.node == second.node)
        {
            let changed = |row| second.made.iter().any(|&(own, _)| own == row);
            let mut seen = second.read.iter().filter(|(row, _)| !changed(*row));
            let overlooks =
                seen.any(|&(row, seen)| left[j].iter().any(|&(r, v)| r == row && v > seen));
            // That the first did not see the second's change goes without saying.
            let read_it = first.read.iter().any(|&(row, _)| {
                let by_second = left[i].iter().any(|&(own, _)| own == row);
                let not_first = left[j].iter().any(|&(own, _)| own != row);
                by_second && not_first
            });
            if read_it && overlooks {
                pairs.insert((first.by, second.by));
                is_one = true;
            }
        }
        seconds += u64::from(is_one);
    }
    assert_eq!(
        seconds, ledger.counts.write_skews,
        "design {design}: write skews"
    );
    assert_eq!(
        seconds,
        ledger.updates.skews().count() as u64,
        "design {design}"
    );
    for skew in ledger.updates.skews() {
        let by = |d: Decision| d.made.by.number().unwrap_or(0);
        let pair = (by(skew.first), by(skew.second));
        assert!(pairs.contains(&pair), "design {design}: {skew:?}");
        assert!(skew.first.made.version > skew.second.seen, "{skew:?}");
    }
    seconds
}
