//! Places that should have the same of a row and do not, after everything has come to rest
//! (docs/semantics.md 36): a copy of a database and the one that leads, a cache and the store behind it, and a
//! store that is filled by a change feed and the one that the feed follows.
//!
//! It looks at the rows as they are, once, when the run is over. Nothing is kept for it while a run goes on.

use std::collections::{BTreeMap, BTreeSet};

use super::commits::Commit;
use super::reads::Reads;
use super::updates::Made;
use crate::engine::node::Kept;
use crate::engine::program::{PlanCall, PlanStep, Program};
use crate::engine::world::World;

/// Which two places are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pair {
    /// A copy of a database, and the copy that leads; without a leader, the newest of all.
    Copies,
    /// An entry of a cache, and the row in the store behind it.
    Cache,
    /// A row that a change feed brings, and the row that it follows.
    Feed,
}

impl Pair {
    pub fn code(self) -> &'static str {
        match self {
            Pair::Copies => "copies",
            Pair::Cache => "cache",
            Pair::Feed => "feed",
        }
    }
}

/// A row of which another place has something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diverged {
    pub pair: Pair,
    pub row: u64,
    /// The store that counts, and its version of the row.
    pub source: u16,
    pub version: u64,
    /// The place that differs: a node, and which copy or part of it.
    pub place: u16,
    pub at: u16,
    /// Version of the source that this place has; 0 for none.
    pub has: u64,
    /// Who made the version of the source, as far as it is known.
    pub made: Option<Made>,
}

/// All that differ, in the order of pairs, places and rows.
pub fn all(program: &Program, world: &World, reads: &Reads) -> Vec<Diverged> {
    if !program.writes {
        return Vec::new();
    }
    let mut stores = Stores {
        program,
        world,
        reads,
        kept: BTreeMap::new(),
    };
    let mut all = Vec::new();
    for node in 0..program.nodes.len() as u16 {
        match program.nodes[node as usize].kind {
            "database" => stores.copies(node, &mut all),
            "cache" => stores.cache(node, &mut all),
            "feed" => stores.followers(node, &mut all),
            _ => {}
        }
    }
    all.sort_by_key(|d| (d.pair, d.place, d.at, d.source, d.row));
    all
}

struct Stores<'a> {
    program: &'a Program,
    world: &'a World,
    reads: &'a Reads,
    /// What each database has: keys and versions, in the order of the keys.
    kept: BTreeMap<u16, Vec<(u64, u64)>>,
}

/// The rows that count: those of the copy that leads, or the newest of all.
fn that_count(places: &[Kept]) -> Vec<(u64, u64)> {
    if let Some(leads) = places.iter().find(|kept| kept.leads) {
        return leads.rows.clone();
    }
    let mut newest = BTreeMap::new();
    for &(key, version) in places.iter().flat_map(|kept| &kept.rows) {
        let of = newest.entry(key).or_insert(0);
        *of = version.max(*of);
    }
    newest.into_iter().collect()
}

fn version_in(rows: &[(u64, u64)], key: u64) -> u64 {
    let at = rows.binary_search_by_key(&key, |&(key, _)| key);
    at.map_or(0, |at| rows[at].1)
}

impl Stores<'_> {
    fn places(&self, node: u16) -> Vec<Kept> {
        self.world.kept(self.program, node as usize)
    }

    fn rows(&mut self, store: u16) -> &[(u64, u64)] {
        if !self.kept.contains_key(&store) {
            let rows = that_count(&self.places(store));
            self.kept.insert(store, rows);
        }
        &self.kept[&store]
    }

    fn made(&self, store: u16, row: u64, version: u64) -> Option<Made> {
        let mut commits = self.reads.commits().of_row(store, row);
        let found = commits.find(|commit| commit.version == version);
        found.map(Commit::made)
    }

    fn copies(&mut self, node: u16, all: &mut Vec<Diverged>) {
        if self.program.nodes[node as usize].instances < 2 {
            return;
        }
        let places = self.places(node);
        let rows = that_count(&places);
        for kept in places.iter().filter(|kept| !kept.leads) {
            // What only a copy has is a row that nobody has written, where it counts.
            let keys: BTreeSet<u64> = rows.iter().chain(&kept.rows).map(|&(key, _)| key).collect();
            for row in keys {
                let (version, has) = (version_in(&rows, row), version_in(&kept.rows, row));
                if version != has {
                    all.push(Diverged {
                        pair: Pair::Copies,
                        row,
                        source: node,
                        version,
                        place: node,
                        at: kept.at,
                        has,
                        made: self.made(node, row, version),
                    });
                }
            }
        }
        self.kept.insert(node, rows);
    }

    fn cache(&mut self, node: u16, all: &mut Vec<Diverged>) {
        let mut stores: Vec<u16> = (0..self.program.operations.len() as u16)
            .filter_map(|operation| self.reads.store_behind(node, operation))
            .collect();
        stores.sort_unstable();
        stores.dedup();
        if stores.is_empty() {
            return;
        }
        for kept in self.places(node) {
            for &(row, has) in &kept.rows {
                // Which of several stores it came from is not in the entry: it is right if one of them says so.
                let versions: Vec<(u16, u64)> = stores
                    .iter()
                    .map(|&store| (store, version_in(self.rows(store), row)))
                    .collect();
                if versions.iter().any(|&(_, version)| version == has) {
                    continue;
                }
                let newest = versions.iter().max_by_key(|&&(_, version)| version);
                let &(source, version) = newest.expect("there is a store");
                all.push(Diverged {
                    pair: Pair::Cache,
                    row,
                    source,
                    version,
                    place: node,
                    at: kept.at,
                    has,
                    made: self.made(source, row, version),
                });
            }
        }
    }

    /// Stores that are filled with what a feed publishes.
    fn followers(&mut self, feed: u16, all: &mut Vec<Diverged>) {
        let to = |&link: &u16| self.program.links[link as usize].to;
        let out = &self.program.nodes[feed as usize].out;
        let is_database = |&node: &u16| self.program.nodes[node as usize].kind == "database";
        let Some(source) = out.iter().map(to).find(is_database) else {
            return;
        };
        let sinks: Vec<u16> = out.iter().map(to).filter(|&node| node != source).collect();
        for follower in followers(self.program, source, &sinks) {
            for (row, version) in self.rows(source).to_vec() {
                all.extend(self.follows(source, (follower, row), version));
            }
        }
    }

    /// How a row of a follower differs from the one that it follows.
    fn follows(&self, source: u16, (place, row): (u16, u64), version: u64) -> Option<Diverged> {
        let commits = self.reads.commits();
        let survive = |store| commits.of_row(store, row).filter(|c| !c.is_undone());
        let newest = survive(source).next().filter(|c| c.version == version)?;
        let by = newest.made().by;
        let of_source = |by| survive(source).find(|c| c.made().by == by);
        // The last thing that was done there for anybody who has changed the source.
        let last = survive(place).find_map(|c| of_source(c.made().by));
        let has = last.map_or(0, |commit| commit.version);
        if last.is_some_and(|commit| commit.made().by == by) {
            return None;
        }
        // What was promised there and never came is lost, or partial.
        let came = survive(place).any(|c| c.made().by == by);
        if self.is_promised(place) && by.number().is_some() && !came {
            return None;
        }
        Some(Diverged {
            pair: Pair::Feed,
            row,
            source,
            version,
            place,
            at: 0,
            has,
            made: Some(newest.made()),
        })
    }

    fn is_promised(&self, place: u16) -> bool {
        let effects = &self.program.nodes[place as usize].effects;
        effects.iter().any(Option::is_some)
    }
}

/// The databases that get a row of their own for whatever changes a row of `source`: where every operation
/// that changes one goes on from the sinks to a write of its item's row. Who is only told of some operations, or
/// of other rows, is no follower in this sense.
fn followers(program: &Program, source: u16, sinks: &[u16]) -> Vec<u16> {
    let operations = 0..program.operations.len();
    let sources: Vec<usize> = operations
        .filter(|&op| program.nodes[source as usize].effects[op].is_some())
        .collect();
    let all_items = |store: u16| {
        let calls = program.nodes.iter().flat_map(|node| node.plans.iter());
        let calls = calls.flat_map(|plan| plan.iter()).flat_map(calls_of);
        let writes =
            calls.filter(|call| program.links[call.link as usize].to == store && call.is_write());
        writes.into_iter().all(|call| call.is_about_item())
    };
    let databases = (0..program.nodes.len() as u16)
        .filter(|&node| node != source && program.nodes[node as usize].kind == "database");
    databases
        .filter(|&store| {
            let reaches = |&op: &usize| {
                let mut seen = vec![false; program.nodes.len()];
                sinks
                    .iter()
                    .any(|&sink| writes_to(program, sink, (store, op), &mut seen))
            };
            !sources.is_empty() && sources.iter().all(reaches)
        })
        .filter(|&store| all_items(store) && all_items(source))
        .collect()
}

fn calls_of(step: &PlanStep) -> Vec<PlanCall> {
    match step {
        PlanStep::Calls { calls, .. } => calls.to_vec(),
        PlanStep::Send(call) => vec![*call],
        PlanStep::Cached { store, .. } => vec![*store],
        _ => Vec::new(),
    }
}

/// Whether an operation that has come to a node is written to a store from there.
fn writes_to(program: &Program, node: u16, to: (u16, usize), seen: &mut [bool]) -> bool {
    if node == to.0 {
        return true;
    }
    if std::mem::replace(&mut seen[node as usize], true) {
        return false;
    }
    let spec = &program.nodes[node as usize];
    let end = |link: u16| program.links[link as usize].to;
    match spec.kind {
        // Its consumers are those who are linked to it, or to whom it is linked.
        "queue" => consumers(program, node)
            .into_iter()
            .any(|consumer| writes_to(program, consumer, to, seen)),
        "balancer" | "cache" => spec
            .out
            .iter()
            .any(|&link| writes_to(program, end(link), to, seen)),
        _ => {
            let calls: Vec<PlanCall> = spec
                .plans
                .get(to.1)
                .map_or(Vec::new(), |plan| plan.iter().flat_map(calls_of).collect());
            let writes = calls.into_iter().filter(PlanCall::is_write);
            writes
                .into_iter()
                .any(|call| writes_to(program, end(call.link), to, seen))
        }
    }
}

fn consumers(program: &Program, queue: u16) -> Vec<u16> {
    let links = program.links.iter();
    let touching = links.filter_map(|link| match (link.from == queue, link.to == queue) {
        (true, _) => Some(link.to),
        (_, true) => Some(link.from),
        _ => None,
    });
    touching
        .filter(|&node| program.nodes[node as usize].kind == "worker")
        .collect()
}
