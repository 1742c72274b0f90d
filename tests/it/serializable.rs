//! Histories of transactions, looked at as a graph: what an isolation level promises, there are no cycles
//! against. The oracle for lost updates and write skews.
//!
//! A. Adya, B. Liskov, P. O'Neil: Generalized Isolation Level Definitions (2000). A transaction is a node; who
//! made the next version of a row depends on who made the one before (ww), who read a version on who made it
//! (wr), and who made the next version of a row on who had read the one before (rw, an anti-dependency). G0 is a
//! cycle of ww, G1c one of ww and wr, G-single one with exactly one rw, G2 any with an rw.

use std::collections::{BTreeMap, BTreeSet};

use brownout::engine::{Limits, Run};
use brownout::experiment;
use brownout::scenario::Scenario;

use super::auditor::Audited;

/// Rows and versions.
type Versions = Vec<(u64, u64)>;

#[derive(Default)]
struct Graph {
    /// By transaction: those that depend on it.
    direct: Vec<BTreeSet<usize>>,
    overtaken: Vec<BTreeSet<usize>>,
    /// Who made any later version of what a transaction had read.
    unseen: Vec<BTreeSet<usize>>,
    /// Of the direct ones: ww only.
    writes: Vec<BTreeSet<usize>>,
}

/// What kinds of cycles there are, and how many pairs overlook each other or lose one another's change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cycles {
    g0: bool,
    g1: bool,
    single: bool,
    g2: bool,
}

impl Graph {
    fn of(transactions: &[(Versions, Versions)]) -> Graph {
        let empty = vec![BTreeSet::new(); transactions.len()];
        let mut graph = Graph {
            direct: empty.clone(),
            overtaken: empty.clone(),
            unseen: empty.clone(),
            writes: empty,
        };
        let mut maker: BTreeMap<(u64, u64), usize> = BTreeMap::new();
        let mut of_row: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for (i, (_, made)) in transactions.iter().enumerate() {
            for &(row, version) in made {
                maker.insert((row, version), i);
                of_row.entry(row).or_default().push(version);
            }
        }
        of_row
            .values_mut()
            .for_each(|versions| versions.sort_unstable());
        for (&row, versions) in &of_row {
            for pair in versions.windows(2) {
                let (a, b) = (maker[&(row, pair[0])], maker[&(row, pair[1])]);
                if a != b {
                    graph.direct[a].insert(b);
                    graph.writes[a].insert(b);
                }
            }
        }
        for (i, (read, _)) in transactions.iter().enumerate() {
            for &(row, version) in read {
                if let Some(&by) = maker.get(&(row, version)).filter(|&&by| by != i) {
                    graph.direct[by].insert(i);
                }
                let versions = of_row.get(&row).map_or(&[][..], Vec::as_slice);
                let later = versions.iter().filter(|&&later| later > version);
                let makers = later.map(|&later| maker[&(row, later)]);
                graph.unseen[i].extend(makers.filter(|&by| by != i));
                let next = versions.iter().find(|&&next| next > version);
                if let Some(&by) = next
                    .and_then(|&next| maker.get(&(row, next)))
                    .filter(|&&by| by != i)
                {
                    graph.overtaken[i].insert(by);
                }
            }
        }
        graph
    }

    fn cycles(&self) -> Cycles {
        let n = self.direct.len();
        let has_cycle = |edges: &[BTreeSet<usize>]| {
            let parts = components(n, |i| edges[i].iter().copied().collect());
            (0..n).any(|i| edges[i].iter().any(|&j| parts[i] == parts[j]))
        };
        let all = |i: usize| -> Vec<usize> {
            self.direct[i].union(&self.overtaken[i]).copied().collect()
        };
        let parts = components(n, all);
        let mut cycles = Cycles {
            g0: has_cycle(&self.writes),
            g1: has_cycle(&self.direct),
            ..Cycles::default()
        };
        for (from, to) in (0..n).flat_map(|i| self.overtaken[i].iter().map(move |&j| (i, j))) {
            if parts[from] == parts[to] {
                cycles.g2 = true;
                cycles.single |= self.leads(to, from);
            }
        }
        cycles
    }

    /// Whether one transaction depends on another without an anti-dependency between.
    fn leads(&self, from: usize, to: usize) -> bool {
        let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            open.extend(self.direct[at].iter().filter(|&&next| seen.insert(next)));
        }
        false
    }

    /// Transactions that have not seen what an earlier one changed, which had not seen what they changed.
    fn overlooked(&self) -> u64 {
        let is_second = |&i: &usize| {
            self.unseen[i]
                .iter()
                .any(|&j| j < i && self.unseen[j].contains(&i))
        };
        (0..self.unseen.len()).filter(is_second).count() as u64
    }
}

/// Strongly connected components (Kosaraju), as a number for each node.
fn components(n: usize, edges: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    let forward: Vec<Vec<usize>> = (0..n).map(edges).collect();
    let mut backward = vec![Vec::new(); n];
    for (i, to) in forward.iter().enumerate() {
        to.iter().for_each(|&j| backward[j].push(i));
    }
    let (mut order, mut seen) = (Vec::new(), vec![false; n]);
    for root in 0..n {
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((at, next)) = path.last_mut() {
            match forward[*at].get(*next) {
                Some(&to) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[to], true) {
                        path.push((to, 0));
                    }
                }
                None => {
                    order.push(*at);
                    path.pop();
                }
            }
        }
    }
    let mut part = vec![usize::MAX; n];
    for &root in order.iter().rev() {
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            if part[at] == usize::MAX {
                part[at] = root;
                open.extend(&backward[at]);
            }
        }
    }
    part
}

/// Two kinds of users read both rows of an item; each changes another one of them, or both change the same.
fn scenario(isolation: &str, second: &str) -> String {
    let plan = |row: &str| {
        format!(
            "[\"begin rows\", \"all read rows, read rows partner\", \"work\", \"{row}\", \"commit rows\"]"
        )
    };
    let (buy, leave) = (plan("write rows"), plan(second));
    format!(
        "format = 1\n[run]\nduration = \"60 s\"\n\n[clients.users]\nrate = \"200 rps\"\nactions = 2000\n\n\
         [service.shop]\nslots = 10000\nservice_time = \"10 ms\"\nplan.buy = {buy}\nplan.leave = {leave}\n\n\
         [database.store]\ncores = 10000\nread_time = \"0 s\"\nwrite_time = \"0 s\"\nconnections = \"unbounded\"\n\
         isolation = \"{isolation}\"\n\n\
         [link.visit]\nfrom = \"users\"\nto = \"shop\"\n\n[link.rows]\nfrom = \"shop\"\nto = \"store\"\n\n\
         [operation.buy]\nkind = \"write\"\nkeys = 3\nkey_space = \"shift\"\n\n\
         [operation.leave]\nkind = \"write\"\nkeys = 3\nkey_space = \"shift\"\n"
    )
}

struct Seen {
    cycles: Cycles,
    overlooked: u64,
    lost_updates: u64,
    write_skews: u64,
    transactions: usize,
}

fn look(text: &str, seed: u64) -> Seen {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let audited = Audited::of(&program);
    let mut run = Run::new(program, seed, audited);
    run.finish();
    let made = run.record.versions();
    let transactions = run.record.transactions.iter();
    let transactions: Vec<_> = transactions
        .map(|t| (t.read.clone(), t.made.clone()))
        .collect();
    for (read, _) in &transactions {
        // Nobody reads what was never committed (G1a), or not in the end (G1b).
        let known = |row: &(u64, u64)| row.1 == 0 || made.contains(row);
        assert!(read.iter().all(known));
    }
    let counts = run.record.recorder.ledger.counts;
    let graph = Graph::of(&transactions);
    Seen {
        cycles: graph.cycles(),
        overlooked: graph.overlooked(),
        lost_updates: counts.lost_updates,
        write_skews: counts.write_skews,
        transactions: transactions.len(),
    }
}

const SKEW: &str = "write rows partner";
const SAME: &str = "write rows";

#[test]
fn serializable_transactions_have_no_cycles() {
    for (second, seed) in [SKEW, SAME]
        .into_iter()
        .flat_map(|s| (1..=3).map(move |n| (s, n)))
    {
        for isolation in ["serializable", "row_locks"] {
            let seen = look(&scenario(isolation, second), seed);
            assert!(seen.transactions > 400, "{}", seen.transactions);
            assert_eq!(
                seen.cycles,
                Cycles::default(),
                "{isolation}, {second}, seed {seed}"
            );
            assert_eq!((seen.lost_updates, seen.write_skews), (0, 0), "{isolation}");
        }
    }
}

#[test]
fn snapshots_allow_write_skew_alone() {
    for seed in 1..=3 {
        let seen = look(&scenario("snapshot", SKEW), seed);
        let Cycles { g0, g1, single, g2 } = seen.cycles;
        assert_eq!(
            (g0, g1, single, g2),
            (false, false, false, true),
            "seed {seed}"
        );
        assert_eq!(
            seen.write_skews, seen.overlooked,
            "each with the one that it overlooked"
        );
        assert_eq!(seen.lost_updates, 0);
        // Of who writes the same row, the first to commit wins: they cannot overlook each other.
        let same = look(&scenario("snapshot", SAME), seed);
        assert_eq!(
            (same.lost_updates, same.write_skews, same.overlooked),
            (0, 0, 0)
        );
    }
}

#[test]
fn without_isolation_updates_are_lost_in_cycles_with_one_anti_dependency() {
    for seed in 1..=3 {
        let seen = look(&scenario("none", SAME), seed);
        assert!(seen.cycles.single && seen.cycles.g2 && !seen.cycles.g0 && !seen.cycles.g1);
        let both = look(&scenario("none", SKEW), seed);
        assert!(both.cycles.g2);
        assert!(both.write_skews > 0, "{}", both.write_skews);
    }
}

#[test]
fn the_graph_knows_the_textbook_cycles() {
    type Pairs<'a> = &'a [(u64, u64)];
    let of = |transactions: &[(Pairs<'_>, Pairs<'_>)]| {
        let owned: Vec<_> = transactions
            .iter()
            .map(|(r, m)| (r.to_vec(), m.to_vec()))
            .collect();
        Graph::of(&owned).cycles()
    };
    let none = Cycles::default();
    assert_eq!(of(&[(&[(1, 0)], &[(1, 1)]), (&[(1, 1)], &[(1, 2)])]), none);
    // Two rows in different orders.
    let g0 = of(&[(&[], &[(1, 1), (2, 2)]), (&[], &[(1, 2), (2, 1)])]);
    assert_eq!(
        g0,
        Cycles {
            g0: true,
            g1: true,
            ..none
        }
    );
    // Each reads what the other made.
    let g1 = of(&[(&[(2, 1)], &[(1, 1)]), (&[(1, 1)], &[(2, 1)])]);
    assert_eq!(g1, Cycles { g1: true, ..none });
    // A lost update.
    let single = of(&[(&[(1, 0)], &[(1, 1)]), (&[(1, 0)], &[(1, 2)])]);
    assert_eq!(
        single,
        Cycles {
            single: true,
            g2: true,
            ..none
        }
    );
    // Write skew.
    let skew = of(&[
        (&[(1, 0), (2, 0)], &[(1, 1)]),
        (&[(1, 0), (2, 0)], &[(2, 1)]),
    ]);
    assert_eq!(skew, Cycles { g2: true, ..none });
}
