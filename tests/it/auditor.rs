//! An auditor who writes down everything that happens, and judges it afterwards, by looking at the whole
//! log for each question: other code than the ledger's, which judges as it goes.

use std::collections::{BTreeMap, BTreeSet};

use brownout::design::{CallMode, RowOf};
use brownout::engine::attempt::{Attempt, CallerSide, Intent};
use brownout::engine::program::Program;
use brownout::engine::record::{Effect, Record, Snapshot, Told};
use brownout::engine::{IntentId, Limits};
use brownout::experiment::{self, random};
use brownout::ledger::{STORIES_MAX, Verdict};
use brownout::observe::recorder::Recorder;
use brownout::scenario::Scenario;
use brownout::time::Time;

use super::laws::designs;
use histories::Searched;
use stores::store_of;

mod histories;
mod invariants;
mod places;
mod rows;
mod stores;
mod units;

/// One thing that happened, in the order in which it happened.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Applied {
        effect: Effect,
        late_of: Option<Time>,
    },
    Undone {
        effect: Effect,
    },
    Told {
        told: Told,
    },
    Answered {
        store: u16,
        version: u64,
        /// The column that was asked for has nothing in it.
        is_empty: bool,
        sent: Time,
    },
    Over {
        is_parked: bool,
    },
}

#[derive(Clone, Copy, Debug)]
struct Line {
    at: Time,
    intent: Intent,
    entry: Entry,
}

/// Keeps the ledger, and the log beside it.
pub struct Audited {
    pub recorder: Recorder,
    log: Vec<Line>,
    /// Pending versions that have come to count.
    counted: Vec<(Time, (u16, u64, u64))>,
    pub transactions: Vec<rows::Transaction>,
    sold_out: Vec<units::SoldOut>,
    /// What was made by takes, each on its own.
    takes: BTreeSet<Made>,
}

impl Audited {
    pub fn of(program: &Program) -> Audited {
        Audited {
            recorder: Recorder::new(program),
            log: Vec::new(),
            counted: Vec::new(),
            transactions: Vec::new(),
            sold_out: Vec::new(),
            takes: BTreeSet::new(),
        }
    }

    /// Rows and versions that were made, anywhere.
    pub fn versions(&self) -> BTreeSet<(u64, u64)> {
        let made = self.log.iter().filter_map(|line| match line.entry {
            Entry::Applied { effect, .. } => Some((effect.row, effect.version)),
            _ => None,
        });
        made.collect()
    }

    fn line(&mut self, at: Time, intent: &Intent, entry: Entry) {
        let intent = *intent;
        self.log.push(Line { at, intent, entry });
    }
}

impl Record for Audited {
    fn born(&mut self, program: &Program, id: IntentId, intent: &Intent) {
        self.recorder.born(program, id, intent);
    }

    fn outcome(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        attempt: &Attempt,
    ) {
        self.recorder.outcome(program, now, id, intent, attempt);
        self.sold_out
            .extend(units::SoldOut::of(now, intent, attempt));
        let kind = program.nodes[attempt.node as usize].kind;
        if attempt.caller == CallerSide::Succeeded
            && attempt.mode == CallMode::Read
            && attempt.row == RowOf::Item
            && attempt.transaction == 0
            && (kind == "database" || kind == "cache" && !attempt.answer.missing)
            && let Some(store) = store_of(program, &[], attempt.node, intent.operation)
        {
            let (version, sent) = (attempt.answer.version, attempt.sent);
            self.line(
                now,
                intent,
                Entry::Answered {
                    store,
                    version,
                    is_empty: attempt.answer.missing,
                    sent,
                },
            );
        }
    }

    fn fell_back(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        kept: (u16, u64),
    ) {
        self.recorder.fell_back(program, now, id, intent, kept);
        if let Some(store) = store_of(program, &[], kept.0, intent.operation) {
            let (version, sent) = (kept.1, now);
            self.line(
                now,
                intent,
                Entry::Answered {
                    store,
                    version,
                    is_empty: false,
                    sent,
                },
            );
        }
    }

    fn effect(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        effect: Effect,
    ) {
        self.recorder.effect(program, now, id, intent, effect);
        let good = |told: &(Time, Told)| matches!(told.1, Told::Served | Told::Degraded);
        let late_of = intent.told.filter(good).map(|(at, _)| at);
        self.line(now, intent, Entry::Applied { effect, late_of });
    }

    fn undone(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        effect: Effect,
    ) {
        self.recorder.undone(program, now, id, intent, effect);
        self.line(now, intent, Entry::Undone { effect });
    }

    fn counts(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        change: (u16, u64, u64),
    ) {
        self.recorder.counts(program, now, id, intent, change);
        self.counted.push((now, change));
    }

    fn transaction(
        &mut self,
        program: &Program,
        now: Time,
        intent: &Intent,
        node: u16,
        read: &[(u64, u64)],
        made: &[(u64, u64)],
    ) {
        self.recorder
            .transaction(program, now, intent, node, read, made);
        let (by, read, made) = (intent.number, read.to_vec(), made.to_vec());
        self.transactions.push(rows::Transaction {
            node,
            by,
            read,
            made,
        });
    }

    fn told(&mut self, program: &Program, now: Time, id: IntentId, intent: &Intent, told: Told) {
        self.recorder.told(program, now, id, intent, told);
        self.line(now, intent, Entry::Told { told });
    }

    fn retired(&mut self, program: &Program, now: Time, id: IntentId, intent: &Intent) {
        self.recorder.retired(program, now, id, intent);
        let is_parked = intent.parked > 0;
        self.line(now, intent, Entry::Over { is_parked });
    }

    fn internal_over(&mut self, program: &Program, id: IntentId) {
        self.recorder.internal_over(program, id);
    }

    fn item_begun(
        &mut self,
        program: &Program,
        id: IntentId,
        item: brownout::engine::record::Item,
    ) {
        self.recorder.item_begun(program, id, item);
    }

    fn attempt_over(
        &mut self,
        program: &Program,
        now: Time,
        id: IntentId,
        intent: &Intent,
        attempt: &Attempt,
    ) {
        self.takes.extend(units::made_by_take(intent, attempt));
        self.recorder
            .attempt_over(program, now, id, intent, attempt);
    }

    fn left_node(&mut self, program: &Program, now: Time, attempt: &Attempt) {
        self.recorder.left_node(program, now, attempt);
    }

    fn bucket(&mut self, program: &Program, snapshot: &Snapshot<'_>) {
        self.recorder.bucket(program, snapshot);
    }

    fn mark(&mut self, program: &Program, mark: u16, snapshot: &Snapshot<'_>) {
        self.recorder.mark(program, mark, snapshot);
    }

    fn ended(&mut self, program: &Program, snapshot: &Snapshot<'_>) {
        self.recorder.ended(program, snapshot);
    }
}

/// Node, row and version of a change.
type Made = (u16, u64, u64);

/// A row of a store: (store, key).
type RowKey = (u16, u64);

/// A version that was committed: place in the log, when, by an action asked for when.
#[derive(Clone, Copy)]
struct Commit {
    line: usize,
    at: Time,
    version: u64,
    asked: Option<Time>,
}

/// The log, by the questions that are asked of it.
struct Audit<'a> {
    program: &'a Program,
    log: &'a [Line],
    commits: BTreeMap<RowKey, Vec<Commit>>,
    /// Where in the log a version was undone.
    undone: BTreeMap<(RowKey, u64), usize>,
    by_intent: BTreeMap<u64, Vec<usize>>,
    /// What was taken back of an action, by the promises of its operation.
    taken_back: BTreeMap<u64, Vec<usize>>,
    /// What somebody else made for an action, and that survives, and how much there ever was.
    completed: BTreeMap<u64, Vec<(usize, Made)>>,
    completions: u64,
    /// Lines by user and item.
    by_user: BTreeMap<(u16, u32, u64), Vec<usize>>,
}

impl<'a> Audit<'a> {
    fn of(program: &'a Program, log: &'a [Line], counted: &[(Time, (u16, u64, u64))]) -> Audit<'a> {
        let from: BTreeMap<_, _> = counted.iter().map(|&(at, change)| (change, at)).collect();
        let mut audit = Audit {
            program,
            log,
            commits: BTreeMap::new(),
            undone: BTreeMap::new(),
            by_intent: BTreeMap::new(),
            taken_back: BTreeMap::new(),
            completed: BTreeMap::new(),
            completions: 0,
            by_user: BTreeMap::new(),
        };
        for (line, l) in log.iter().enumerate() {
            if !l.intent.is_internal {
                audit
                    .by_intent
                    .entry(l.intent.number)
                    .or_default()
                    .push(line);
                let user = (l.intent.clients, l.intent.identity, l.intent.item);
                audit.by_user.entry(user).or_default().push(line);
            }
            if let Entry::Applied { effect, .. } = l.entry
                && let Some(undoes) = effect.undoes
            {
                let of = audit.taken_back.entry(undoes.action).or_default();
                of.push(usize::from(undoes.promised));
            }
            if let Entry::Applied { effect, .. } | Entry::Undone { effect } = l.entry
                && let Some(completes) = effect.completes
            {
                let of = audit.completed.entry(completes.action).or_default();
                let made = (effect.node, effect.row, effect.version);
                match l.entry {
                    Entry::Undone { .. } => of.retain(|&(_, known)| known != made),
                    _ => {
                        of.push((usize::from(completes.promised), made));
                        audit.completions += 1;
                    }
                }
            }
            match l.entry {
                Entry::Applied { effect, .. } if audit.is_store(effect.node) => {
                    let asked = (!l.intent.is_internal).then_some(l.intent.born);
                    let change = (effect.node, effect.row, effect.version);
                    let counts = from.get(&change).copied().unwrap_or(Time::NEVER);
                    let commit = Commit {
                        line,
                        at: if effect.pending { counts } else { l.at },
                        version: effect.version,
                        asked,
                    };
                    audit
                        .commits
                        .entry((effect.node, effect.row))
                        .or_default()
                        .push(commit);
                }
                Entry::Undone { effect } => {
                    audit
                        .undone
                        .insert(((effect.node, effect.row), effect.version), line);
                }
                _ => {}
            }
        }
        audit
    }

    fn is_store(&self, node: u16) -> bool {
        self.program.nodes[node as usize].kind == "database"
    }

    fn commits(&self, row: RowKey) -> &[Commit] {
        self.commits.get(&row).map_or(&[], Vec::as_slice)
    }

    /// Whether a version of a row survives up to a line of the log.
    fn survives(&self, row: RowKey, version: u64, line: usize) -> bool {
        self.undone.get(&(row, version)).is_none_or(|&at| at > line)
    }

    fn is_write(&self, intent: &Intent) -> bool {
        self.program.operations[intent.operation as usize].mode == CallMode::Write
    }

    fn is_stale(&self, intent: &Intent, row: RowKey, version: u64, sent: Time) -> bool {
        let began = if self.is_write(intent) {
            sent
        } else {
            intent.born
        };
        let newer = |c: &&Commit| c.version > version && c.at < began;
        let mut newer = self.commits(row).iter().filter(newer);
        newer.any(|c| self.survives(row, c.version, usize::MAX))
    }

    /// Whether the user knew of a newer version when asking: an own one, one seen.
    fn knew(&self, line: usize, row: RowKey, version: u64) -> (bool, bool) {
        let me = self.log[line].intent;
        if !self.program.nodes[me.clients as usize].tells_users_apart {
            return (false, false);
        }
        let (mut own, mut seen) = (false, false);
        for &before in &self.by_user[&(me.clients, me.identity, me.item)] {
            let l = &self.log[before];
            if before >= line || l.at >= me.born {
                break;
            }
            match l.entry {
                Entry::Answered {
                    store,
                    version: saw,
                    ..
                } if store == row.0 => {
                    seen |= saw > version && self.survives(row, saw, line);
                }
                Entry::Told {
                    told: Told::Served | Told::Degraded,
                } if self.is_write(&l.intent) => {
                    own |= self.lacks(line, &l.intent, before, row, version);
                }
                _ => {}
            }
        }
        (own, seen)
    }

    /// What an action had left on a row when its user was told so, or first after that, is not in
    /// `version`, which was read at `line`.
    fn lacks(&self, line: usize, write: &Intent, told: usize, row: RowKey, version: u64) -> bool {
        let operation = &self.program.operations[write.operation as usize];
        if !operation.effects.contains(&row.0) {
            return false;
        }
        let lines = &self.by_intent[&write.number];
        let left = |range: &dyn Fn(usize) -> bool| -> Vec<u64> {
            let mut found = Vec::new();
            for &at in lines.iter().filter(|&&at| range(at)) {
                if let Entry::Applied { effect, .. } = self.log[at].entry
                    && effect.node == row.0
                    && effect.row == row.1
                {
                    found.push(effect.version);
                }
            }
            found
        };
        let at_once = left(&|at| at < told).into_iter().max();
        let later = || left(&|at| at > told && at < line).first().copied();
        match at_once.or_else(later) {
            Some(mine) => mine > version && self.survives(row, mine, line),
            // Still to come, unless nothing can come any more.
            None => !lines
                .iter()
                .any(|&at| at < line && matches!(self.log[at].entry, Entry::Over { .. })),
        }
    }

    fn verdicts(&self, number: u64) -> Option<BTreeSet<&'static str>> {
        let lines = &self.by_intent[&number];
        let over = lines.iter().find_map(|&at| match self.log[at].entry {
            Entry::Over { is_parked } => Some((is_parked, self.log[at].intent)),
            _ => None,
        });
        let (is_parked, intent) = over?;
        let mut found = BTreeSet::new();
        let good = matches!(intent.told, Some((_, Told::Served | Told::Degraded)));
        let effects = &self.program.operations[intent.operation as usize].effects;
        let mut left = vec![0i64; effects.len()];
        for &at in lines {
            let l = &self.log[at];
            match l.entry {
                Entry::Applied { effect, late_of } => {
                    if let Some(promised) = effect.promised {
                        left[promised as usize] += 1;
                    }
                    if effect.lacks_right {
                        found.insert("unauthorised");
                    }
                    let row = (effect.node, effect.row);
                    let younger = |told: Time| {
                        let before = self.commits(row).iter().filter(|c| c.line < at);
                        before.filter_map(|c| c.asked).any(|asked| asked > told)
                    };
                    if late_of.is_some_and(younger) {
                        found.insert("out_of_order");
                    }
                }
                Entry::Undone { effect } => {
                    if let Some(promised) = effect.promised {
                        left[promised as usize] -= 1;
                    }
                }
                Entry::Answered {
                    store,
                    version,
                    is_empty,
                    sent,
                } => {
                    let row = (store, intent.item);
                    if is_empty || self.is_stale(&l.intent, row, version, sent) {
                        found.insert("stale");
                    }
                    let (own, seen) = self.knew(at, row, version);
                    if own {
                        found.insert("own_write_missed");
                    }
                    if seen {
                        found.insert("went_back");
                    }
                }
                _ => {}
            }
        }
        for &promised in self.taken_back.get(&number).into_iter().flatten() {
            left[promised] -= 1;
        }
        for &(promised, _) in self.completed.get(&number).into_iter().flatten() {
            left[promised] += 1;
        }
        if good && intent.lacks_right {
            found.insert("unauthorised");
        }
        let (all, none) = (left.iter().all(|&n| n > 0), left.iter().all(|&n| n <= 0));
        if good && !all {
            found.insert(if is_parked { "parked" } else { "lost" });
        }
        if left.iter().any(|&n| n > 1) {
            found.insert("duplicate");
        }
        if !good && !none {
            found.insert("phantom");
        }
        if !all && !none {
            found.insert("partial");
        }
        Some(found)
    }
}

/// How many actions were found with each verdict.
type Found = BTreeMap<&'static str, u64>;

/// Designs whose histories are also searched.
const SEARCHED: u64 = 200;

fn audit(number: u64) -> (Found, Searched) {
    let text = random::scenario(number);
    let scenario = Scenario::parse(&text).unwrap();
    let program = experiment::compile(&scenario, Limits::PAGE);
    let audited = Audited::of(&program);
    let mut run = brownout::engine::Run::new(program, number, audited);
    run.advance(Time::NEVER, u64::MAX);
    let Audited {
        recorder,
        log,
        counted,
        transactions,
        sold_out,
        takes,
    } = &run.record;
    let (lost, skewed) = rows::compare(number, log, transactions, &recorder.ledger);
    let [copies, caches, feeds] = places::compare(number, &run);
    let audit = Audit::of(&run.program, log, counted);
    // The search takes long; two hundred designs have every kind of history.
    let searched = match number < SEARCHED {
        true => histories::compare(number, &audit),
        false => Searched::default(),
    };
    let ledger = &recorder.ledger;
    assert!(
        ledger.stories.len() < STORIES_MAX,
        "{number}: too many to compare"
    );
    let told: BTreeMap<u64, BTreeSet<&str>> = ledger
        .stories
        .iter()
        .map(|s| (s.number, s.verdicts.iter().map(Verdict::code).collect()))
        .collect();
    let mut counted = Found::from([
        ("lost_update", lost),
        ("write_skew", skewed),
        ("diverged copies", copies),
        ("diverged caches", caches),
        ("diverged feeds", feeds),
    ]);
    let theirs = ledger.invariants.breaks();
    let mut theirs: Vec<_> = theirs
        .map(|b| (b.invariant, b.item, b.change.action, b.change.at))
        .collect();
    theirs.sort_unstable();
    let mine = invariants::broken(&run.program, log);
    assert_eq!(mine, theirs, "design {number}: broken invariants\n{text}");
    let sums = invariants::out_of_balance(&run.program, log);
    let theirs = ledger.sums.unbalanced();
    let mut theirs: Vec<_> = theirs
        .map(|one| {
            let by = one.by.number().unwrap_or(0);
            (one.invariant, one.item, one.sum, by, one.change.at)
        })
        .collect();
    theirs.sort_unstable();
    assert_eq!(sums, theirs, "design {number}: sums\n{text}");
    counted.insert("sums", sums.len() as u64);
    let broken = mine.len() + sums.len();
    assert_eq!(broken as u64, ledger.counts.invariants_broken);
    if !mine.is_empty() {
        counted.insert("invariants", mine.len() as u64);
    }
    let taken_back = audit.taken_back.values().map(Vec::len).sum::<usize>() as u64;
    assert_eq!(taken_back, ledger.counts.taken_back, "design {number}");
    counted.insert("taken back", taken_back);
    assert_eq!(
        audit.completions, ledger.counts.completed,
        "design {number}"
    );
    counted.insert("completed", audit.completions);
    counted.insert("mended", ledger.counts.mended);
    counted.insert("harmed", ledger.counts.harmed);
    for (what, n) in units::check(number, &scenario, &run.program, log, (takes, sold_out)) {
        counted.insert(what, n);
    }
    for &intent in audit.by_intent.keys() {
        let mine = audit.verdicts(intent).unwrap_or_default();
        let theirs = told.get(&intent).cloned().unwrap_or_default();
        assert_eq!(
            mine, theirs,
            "design {number}, action {intent}: auditor, ledger\n{text}"
        );
        mine.iter()
            .for_each(|v| *counted.entry(v).or_default() += 1);
    }
    for verdict in Verdict::ALL {
        let mine = counted.get(verdict.code()).copied().unwrap_or(0);
        assert_eq!(
            mine,
            ledger.counts.of(verdict),
            "design {number}: {}",
            verdict.code()
        );
    }
    (counted, searched)
}

/// A design that the two see differently says so, and keeps none of the others from being looked at.
fn found(number: u64) -> (u64, Option<(Found, Searched)>) {
    (number, std::panic::catch_unwind(|| audit(number)).ok())
}

#[test]
fn an_independent_auditor_agrees_on_every_verdict() {
    let n = designs();
    let mut all = Found::new();
    let mut searched = Searched::default();
    let mut sum = |(found, of_rows): (Found, Searched)| {
        searched.add(of_rows);
        for (verdict, count) in found {
            *all.entry(verdict).or_default() += count;
        }
    };
    std::thread::scope(|scope| {
        let half = |from: u64| move || (from..n).step_by(2).map(found).collect::<Vec<_>>();
        let other = scope.spawn(half(1));
        let both = [half(0)(), other.join().unwrap()];
        let (good, bad): (Vec<_>, Vec<_>) = both
            .into_iter()
            .flatten()
            .partition(|(_, found)| found.is_some());
        let bad: Vec<u64> = bad.into_iter().map(|(number, _)| number).collect();
        assert!(
            bad.is_empty(),
            "designs that auditor and ledger see differently: {bad:?}"
        );
        good.into_iter()
            .filter_map(|(_, found)| found)
            .for_each(&mut sum);
    });
    println!("{n} random designs, actions by verdict: {all:?}");
    println!("histories of rows: {searched:?}");
    let both = [searched.not_for_the_store, searched.not_for_users];
    assert!(n < 50 || both.iter().all(|&n| n > 0), "{searched:?}");
    let (rows, left_out) = (searched.rows, searched.left_out);
    assert!(searched.unseen * 1_000 < rows, "{searched:?}");
    assert!(
        left_out * 20 < rows,
        "too many histories without an answer: {searched:?}"
    );
    let common = [
        "lost",
        "duplicate",
        "phantom",
        "stale",
        "lost_update",
        "invariants",
        "taken back",
        "sums",
    ];
    assert!(n < 50 || common.iter().all(|v| all[v] > 0), "{all:?}");
    // One design in ten has them.
    let rare = [
        "completed",
        "harmed",
        "units taken",
        "last units",
        "sold out",
    ];
    assert!(n < 300 || rare.iter().all(|v| all[v] > 0), "{all:?}");
}
