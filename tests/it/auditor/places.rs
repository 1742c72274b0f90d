//! What places have at the end, held against the log of everything that happened, and that against the ledger.

use std::collections::{BTreeMap, BTreeSet};

use brownout::engine::Run;
use brownout::engine::program::Program;
use brownout::ledger::diverged::{self, Diverged, Pair};

use super::stores::store_of;
use super::{Audited, Entry, Line};

/// What survives of the rows of each store, by the log alone.
fn surviving(program: &Program, log: &[Line]) -> BTreeMap<u16, BTreeMap<u64, u64>> {
    let mut undone = BTreeSet::new();
    for line in log {
        if let Entry::Undone { effect } = line.entry {
            undone.insert((effect.node, effect.row, effect.version));
        }
    }
    let mut rows: BTreeMap<u16, BTreeMap<u64, u64>> = BTreeMap::new();
    for line in log {
        if let Entry::Applied { effect, .. } = line.entry
            && program.nodes[effect.node as usize].kind == "database"
            && !undone.contains(&(effect.node, effect.row, effect.version))
        {
            let row = rows.entry(effect.node).or_default();
            let newest = row.entry(effect.row).or_insert(0);
            *newest = effect.version.max(*newest);
        }
    }
    rows
}

type Difference = (Pair, u16, u16, u64, u64, u64);

/// Compares with the ledger; how many rows differ by pair.
pub fn compare(design: u64, run: &Run<Audited>) -> [u64; 3] {
    let (program, log) = (run.current(), &run.record.log);
    let rows = surviving(program, log);
    let version = |store: u16, row: u64| {
        let found = rows.get(&store).and_then(|rows| rows.get(&row));
        found.copied().unwrap_or(0)
    };
    let mut mine: Vec<Difference> = Vec::new();
    for (number, node) in program.nodes.iter().enumerate() {
        let (id, kept) = (number as u16, run.world.kept(program, number));
        if node.kind == "database" {
            for place in &kept {
                let has: BTreeMap<u64, u64> = place.rows.iter().copied().collect();
                let written = rows.get(&id).into_iter().flat_map(|rows| rows.keys());
                let all: BTreeSet<u64> = written.chain(has.keys()).copied().collect();
                for row in all {
                    let (is, here) = (version(id, row), has.get(&row).copied().unwrap_or(0));
                    assert!(
                        !place.leads || is == here,
                        "design {design}: who leads has what survives"
                    );
                    if is != here {
                        mine.push((Pair::Copies, id, place.at, row, is, here));
                    }
                }
            }
        }
        if node.kind == "cache" {
            let operations = 0..program.operations.len() as u16;
            let stores: BTreeSet<u16> = operations
                .filter_map(|op| store_of(program, &[], id, op))
                .collect();
            for place in &kept {
                for &(row, here) in &place.rows {
                    let all: Vec<u64> = stores.iter().map(|&store| version(store, row)).collect();
                    if !all.is_empty() && !all.contains(&here) {
                        let newest = all.into_iter().max().unwrap();
                        mine.push((Pair::Cache, id, place.at, row, newest, here));
                    }
                }
            }
        }
    }
    let found = diverged::all(program, &run.world, &run.record.recorder.ledger.reads);
    let theirs = found.iter().filter(|d| d.pair != Pair::Feed);
    let mut theirs: Vec<Difference> = theirs
        .map(|d| (d.pair, d.place, d.at, d.row, d.version, d.has))
        .collect();
    if !program.writes {
        mine.clear();
    }
    mine.sort_unstable();
    theirs.sort_unstable();
    assert_eq!(mine, theirs, "design {design}: places");
    for d in found.iter().filter(|d| d.pair == Pair::Feed) {
        check_follower(design, log, d);
    }
    [Pair::Copies, Pair::Cache, Pair::Feed]
        .map(|pair| found.iter().filter(|d| d.pair == pair).count() as u64)
}

/// The last thing that was done at the place, by anybody who had changed the row of the source, is not what was
/// done last at the source.
fn check_follower(design: u64, log: &[Line], d: &Diverged) {
    let mut of: BTreeMap<u16, Vec<(u64, u64)>> = BTreeMap::new();
    for line in log {
        let (effect, is_there) = match line.entry {
            Entry::Applied { effect, .. } => (effect, true),
            Entry::Undone { effect } => (effect, false),
            _ => continue,
        };
        if effect.row == d.row && (effect.node == d.source || effect.node == d.place) {
            let all = of.entry(effect.node).or_default();
            match is_there {
                true => all.push((effect.version, line.intent.address.0)),
                false => all.retain(|&(version, _)| version != effect.version),
            }
        }
    }
    let source = &of[&d.source];
    let (newest, by) = *source.last().expect("somebody wrote it");
    assert_eq!(newest, d.version, "design {design}: {d:?}");
    let there = of.get(&d.place).map_or(&[][..], Vec::as_slice);
    let of_source = there.iter().rev().find_map(|&(_, by)| {
        let mut theirs = source.iter().rev();
        theirs.find(|&&(_, author)| author == by)
    });
    assert_eq!(
        of_source.map_or(0, |&(version, _)| version),
        d.has,
        "design {design}: {d:?}"
    );
    assert!(
        of_source.is_none_or(|&(_, last)| last != by),
        "design {design}: {d:?}"
    );
}
