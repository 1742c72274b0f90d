//! The ledger in words: how many of each verdict there were, which actions they are about, and what happened
//! to those. One shape for `brownout ledger` and for the report of `brownout run`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::design::word::Word;
use crate::engine::Run;
use crate::engine::program::Program;
use crate::ledger::commits::Author;
use crate::ledger::diverged::Diverged;
use crate::ledger::updates::{Decision, LostUpdate, Made, Skew};
use crate::ledger::{EffectAt, Ledger, Story, Verdict};
use crate::observe::claims::{self, ClaimReport};
use crate::observe::story::{self, Line, Witness};
use crate::observe::{Recorder, summary};
use crate::scenario::Scenario;
use crate::time::Time;

/// What to list, and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub about: About,
    /// Actions listed, of all verdicts together, and per verdict. Lost updates and write skews are lists of
    /// their own, each up to `per_verdict`, and `most`.
    pub most: usize,
    pub per_verdict: usize,
    /// Stories told, per verdict.
    pub stories: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Everything,
    Verdict(Verdict),
    LostUpdates,
    WriteSkews,
    Diverged,
    Action(u64),
}

/// What the ledger says about one run.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Truth {
    pub seed: u64,
    pub actions: u64,
    /// Changes that were applied, and those of them that did not survive.
    pub effects: u64,
    pub undone: u64,
    /// Effects that take back another one; actions that are clean by them, and how often one did harm.
    pub taken_back: u64,
    /// Effects that make what an action had left without.
    pub completed: u64,
    pub mended: u64,
    pub harmed: u64,
    pub clean: u64,
    /// Something can still happen to them, or the run was ended by a limit.
    pub open: u64,
    /// Actions by verdict, then what is about rows: lost updates, write skews, rows that differ.
    pub verdicts: Vec<VerdictCount>,
    /// Changes beyond what the scenario's invariants allow, and the first of them, in the order of time.
    pub invariants_broken: u64,
    pub broken: Vec<Broken>,
    /// The first ones, in the order in which their verdicts were passed.
    pub listed: Vec<Entry>,
    /// The first ones, in the order in which they were overwritten.
    pub lost_updates: Vec<Overwritten>,
    /// The first ones, in the order in which their second transactions were committed.
    pub write_skews: Vec<Skewed>,
    /// The first ones, in the order of pairs, places and rows.
    pub diverged: Vec<Differs>,
    /// What became of the scenario's claims about consistency.
    pub claims: Vec<ClaimReport>,
    /// Of the first actions of each list.
    pub stories: Vec<ActionStory>,
    /// Of one action, if it was asked for.
    pub story: Option<Vec<Line>>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct VerdictCount {
    pub verdict: Word,
    pub count: u64,
}

/// A change that broke an invariant.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Broken {
    pub invariant: String,
    pub place: String,
    /// Which item, as stories name it.
    pub item: String,
    /// The action that made the change; 0 if a job did.
    pub intent: u64,
    pub operation: String,
    pub at_ns: u64,
    /// How many changes the item had with it, and how many it may have. Where two rows must add up: by how many units
    /// they do not, now, and since this change, and 0.
    pub count: u64,
    pub at_most: u64,
    /// Where two rows must add up: what is in them together.
    pub sum: Option<i64>,
}

/// One action about which something is wrong.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Entry {
    pub intent: u64,
    pub operation: String,
    pub asked_ns: u64,
    /// `None` if the user was never told anything.
    pub told: Option<String>,
    pub told_ns: Option<u64>,
    /// Changes that survive, less those that were taken back.
    pub effects: u64,
    pub verdicts: Vec<Word>,
    /// What was wrong with it before something of it was taken back.
    pub had: Vec<Word>,
}

/// A version of a row.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Change {
    /// The action that made it; `None` if a job did.
    pub intent: Option<u64>,
    /// Versions of a database's later leaders begin at 2^40, 2 * 2^40 and so on.
    pub version: u64,
    pub at_ns: u64,
}

/// A change that is missing in a row, because somebody overwrote it who had read the row before it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Overwritten {
    pub node: String,
    /// Key of the row, as hexadecimal digits.
    pub row: String,
    pub lost: Change,
    pub by: Change,
    /// Version that the overwriting one was computed from.
    pub read: u64,
}

/// Two transactions of which each read what the other changed, without seeing the change.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Skewed {
    pub node: String,
    pub first: Decided,
    pub second: Decided,
}

/// What a transaction changed on the grounds of another row.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Decided {
    pub row: String,
    pub made: Change,
    pub read_row: String,
    pub read: u64,
}

/// A row of which a place has something else than the store that counts, after settling.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Differs {
    /// `copies`, `cache`, `feed`.
    pub pair: Word,
    pub row: String,
    /// The store that counts, and its version; 0 if the row was never written there.
    pub source: String,
    pub version: u64,
    /// Who made that version, as far as it is known, and when.
    pub made: Option<Change>,
    /// The place that differs, which of its copies or nodes, and the version of the source that it has.
    pub place: String,
    pub instance: u16,
    pub has: u64,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ActionStory {
    pub intent: u64,
    pub lines: Vec<Line>,
}

/// Says it. For stories the same seed is run again, by `finish`, which may show how far it is.
pub fn of(
    scenario: &Scenario,
    run: &Run<Recorder>,
    seed: u64,
    wanted: Wanted,
    finish: impl FnOnce(&mut Run<Witness>),
) -> Truth {
    let (program, ledger) = (&run.program, &run.record.ledger);
    let losses = ledger.updates.losses();
    let diverged = summary::diverged(run);
    let skews: Vec<Skew> = ledger.updates.skews().copied().collect();
    let listed = listed(ledger, wanted);
    let most = wanted.most.min(wanted.per_verdict);
    let losses_listed = rows_listed(wanted, About::LostUpdates, &losses, most, |l| {
        [Some(l.lost.by), Some(l.over.by)]
    });
    let skews_listed = rows_listed(wanted, About::WriteSkews, &skews, most, |s| {
        [Some(s.first.made.by), Some(s.second.made.by)]
    });
    let claims = claims::judge(&scenario.claims, program, ledger);
    let differ = rows_listed(wanted, About::Diverged, &diverged, most, |d| {
        [d.made.map(|made| made.by); 2]
    });
    let mut told = first_of_each(&listed, wanted.stories);
    let firsts = losses_listed.iter().take(wanted.stories);
    told.extend(
        firsts
            .flat_map(|l| [l.lost.by, l.over.by])
            .filter_map(Author::number),
    );
    let firsts = skews_listed.iter().take(wanted.stories);
    told.extend(
        firsts
            .flat_map(|s| [s.first.made.by, s.second.made.by])
            .filter_map(Author::number),
    );
    let broken = claims.iter().flat_map(|claim| &claim.history);
    told.extend(broken.filter_map(|op| op.intent).take(2 * wanted.stories));
    let firsts = differ.iter().take(wanted.stories);
    told.extend(firsts.filter_map(|d| d.made?.by.number()));
    if let About::Action(number) = wanted.about {
        told = vec![number];
    }
    let mut stories = BTreeMap::new();
    if !told.is_empty() {
        let mut watched = Run::new(Arc::clone(program), seed, Witness::of(told));
        finish(&mut watched);
        stories = watched.record.stories();
        add_findings(
            program,
            ledger,
            (&losses, &diverged, run.now()),
            &mut stories,
        );
    }
    let story = match wanted.about {
        About::Action(number) => stories.remove(&number),
        _ => None,
    };
    let counts = &ledger.counts;
    Truth {
        seed,
        actions: counts.intents,
        effects: counts.effects,
        undone: counts.undone,
        taken_back: counts.taken_back,
        completed: counts.completed,
        mended: counts.mended,
        harmed: counts.harmed,
        clean: counts.clean,
        open: counts.open(),
        verdicts: verdicts(ledger, diverged.len() as u64),
        invariants_broken: counts.invariants_broken,
        broken: breaks(program, ledger, wanted.about)
            .into_iter()
            .take(most)
            .collect(),
        listed: listed.iter().map(|story| entry(program, story)).collect(),
        lost_updates: losses_listed
            .iter()
            .map(|l| overwritten(program, l))
            .collect(),
        diverged: differ.iter().map(|d| differs(program, d)).collect(),
        claims,
        write_skews: skews_listed.iter().map(|s| skewed(program, s)).collect(),
        stories: stories
            .into_iter()
            .map(|(intent, lines)| ActionStory { intent, lines })
            .collect(),
        story,
    }
}

/// In the order of time; of one action, if it is asked for.
fn breaks(program: &Program, ledger: &Ledger, about: About) -> Vec<Broken> {
    let fits = |action: u64| match about {
        About::Action(number) => number == action,
        _ => true,
    };
    let all = ledger.invariants.breaks();
    let mut all: Vec<_> = all.filter(|one| fits(one.change.action)).collect();
    all.sort_by_key(|one| (one.change.at, one.change.action, one.invariant));
    let shown = all.into_iter().map(|one| {
        let invariant = &program.invariants[one.invariant as usize];
        let operation = &program.operations[one.change.operation as usize];
        Broken {
            invariant: invariant.key.clone(),
            place: program.nodes[invariant.node as usize].key.clone(),
            item: format!("{:x}", one.item),
            intent: one.change.action,
            operation: operation.key.clone(),
            at_ns: one.change.at.0,
            count: one.count,
            at_most: invariant.at_most.unwrap_or_default(),
            sum: None,
        }
    });
    let mut shown: Vec<Broken> = shown.collect();
    shown.extend(unbalanced(program, ledger, fits));
    shown.sort_by_key(|one| (one.at_ns, one.intent));
    shown
}

/// Items whose two rows do not add up.
fn unbalanced(
    program: &Program,
    ledger: &Ledger,
    fits: impl Fn(u64) -> bool,
) -> impl Iterator<Item = Broken> {
    ledger.sums.unbalanced().filter_map(move |one| {
        let intent = one.by.number().unwrap_or(0);
        let invariant = &program.invariants[one.invariant as usize];
        fits(intent).then(|| Broken {
            invariant: invariant.key.clone(),
            place: program.nodes[invariant.node as usize].key.clone(),
            item: format!("{:x}", one.item),
            intent,
            operation: program.operations[one.change.operation as usize]
                .key
                .clone(),
            at_ns: one.change.at.0,
            count: one.sum.unsigned_abs(),
            at_most: 0,
            sum: Some(one.sum),
        })
    })
}

/// What a break says in the story of its action.
fn line_of(one: &Broken) -> Line {
    let Broken {
        invariant,
        place,
        item,
        count,
        at_most,
        ..
    } = one;
    Line {
        at_ns: one.at_ns,
        what: "broken",
        text: match one.sum {
            None => format!(
                "it breaks `{invariant}`: change {count} of item {item} at {place}, where {at_most} may be"
            ),
            Some(sum) => format!(
                "it breaks `{invariant}`: since then the two rows of item {item} at {place} do not add up ({sum:+} now)"
            ),
        },
    }
}

fn verdicts(ledger: &Ledger, diverged: u64) -> Vec<VerdictCount> {
    let counts = &ledger.counts;
    let of_actions = Verdict::ALL.map(|verdict| (verdict.code(), counts.of(verdict)));
    let of_rows = [
        ("lost_update", counts.lost_updates),
        ("write_skew", counts.write_skews),
        ("diverged", diverged),
    ];
    let all = of_actions.into_iter().chain(of_rows);
    all.map(|(verdict, count)| VerdictCount { verdict, count })
        .collect()
}

fn listed(ledger: &Ledger, wanted: Wanted) -> Vec<&Story> {
    let fits = |story: &&Story| match wanted.about {
        About::Everything => true,
        About::Verdict(verdict) => story.verdicts.has(verdict),
        About::Action(number) => story.number == number,
        About::LostUpdates | About::WriteSkews | About::Diverged => false,
    };
    let mut seen = [0usize; Verdict::ALL.len()];
    let mut is_listed = |story: &&Story| {
        // What was mended is clean, and worth a look.
        let is_mended = story.verdicts.is_clean() && !story.had.is_clean();
        let mut is_listed = is_mended;
        for verdict in story.verdicts.iter() {
            seen[verdict as usize] += 1;
            is_listed |= seen[verdict as usize] <= wanted.per_verdict;
        }
        is_listed
    };
    let all = ledger.stories.iter().filter(fits);
    all.filter(|s| is_listed(s)).take(wanted.most).collect()
}

fn rows_listed<T: Copy>(
    wanted: Wanted,
    what: About,
    all: &[T],
    most: usize,
    whose: impl Fn(&T) -> [Option<Author>; 2],
) -> Vec<T> {
    let fits = |one: &&T| match wanted.about {
        About::Everything => true,
        About::Action(number) => {
            let all = whose(one).into_iter().flatten();
            all.into_iter().any(|by| by.number() == Some(number))
        }
        about => about == what,
    };
    all.iter().filter(fits).take(most).copied().collect()
}

/// The first so many of each verdict.
fn first_of_each(listed: &[&Story], most: usize) -> Vec<u64> {
    let mut seen = [0usize; Verdict::ALL.len()];
    let mut first = Vec::new();
    for story in listed {
        let mut is_one = false;
        for verdict in story.verdicts.iter() {
            seen[verdict as usize] += 1;
            is_one |= seen[verdict as usize] <= most;
        }
        if is_one {
            first.push(story.number);
        }
    }
    first
}

/// What the ledger has found out about those whose stories are told.
fn add_findings(
    program: &Program,
    ledger: &Ledger,
    (losses, diverged, end): (&[LostUpdate], &[Diverged], Time),
    stories: &mut BTreeMap<u64, Vec<Line>>,
) {
    for story in &ledger.stories {
        if let Some(lines) = stories.get_mut(&story.number) {
            lines.extend(story.reads.iter().map(|read| story::wrong(program, read)));
        }
    }
    for one in breaks(program, ledger, About::Everything) {
        if let Some(lines) = stories.get_mut(&one.intent) {
            lines.push(line_of(&one));
        }
    }
    let losses = losses
        .iter()
        .flat_map(|loss| story::overwritten(program, loss));
    let skews = ledger.updates.skews();
    let skews = skews.flat_map(|skew| story::skewed(program, skew));
    let diverged = diverged.iter().map(|d| story::diverged(program, d, end));
    for (whose, line) in losses.chain(skews).chain(diverged) {
        if let Some(lines) = whose.and_then(|number| stories.get_mut(&number)) {
            lines.push(line);
        }
    }
    for lines in stories.values_mut() {
        lines.sort_by_key(|line| line.at_ns);
    }
}

fn entry(program: &Program, story: &Story) -> Entry {
    let adds = |e: &&EffectAt| !e.undone && e.effect.undoes.is_none();
    let added = story.effects.iter().filter(adds).count();
    let taken = story.effects.len() - added;
    Entry {
        intent: story.number,
        operation: program.operations[story.operation as usize].key.clone(),
        asked_ns: story.born.0,
        told: story.told.map(|(_, told)| story::told(told)),
        told_ns: story.told.map(|(at, _)| at.0),
        effects: added.saturating_sub(taken) as u64,
        verdicts: story.verdicts.iter().map(Verdict::code).collect(),
        had: story.had.iter().map(Verdict::code).collect(),
    }
}

fn change(made: Made) -> Change {
    Change {
        intent: made.by.number(),
        version: made.version,
        at_ns: made.at.0,
    }
}

fn overwritten(program: &Program, loss: &LostUpdate) -> Overwritten {
    Overwritten {
        node: program.nodes[loss.place as usize].key.clone(),
        row: format!("{:x}", loss.row),
        lost: change(loss.lost),
        by: change(loss.over),
        read: loss.read,
    }
}

fn differs(program: &Program, d: &Diverged) -> Differs {
    let key = |node: u16| program.nodes[node as usize].key.clone();
    Differs {
        pair: d.pair.code(),
        row: format!("{:x}", d.row),
        source: key(d.source),
        version: d.version,
        made: d.made.map(change),
        place: key(d.place),
        instance: d.at,
        has: d.has,
    }
}

fn skewed(program: &Program, skew: &Skew) -> Skewed {
    let decided = |decision: Decision| Decided {
        row: format!("{:x}", decision.row),
        made: change(decision.made),
        read_row: format!("{:x}", decision.other),
        read: decision.seen,
    };
    Skewed {
        node: program.nodes[skew.place as usize].key.clone(),
        first: decided(skew.first),
        second: decided(skew.second),
    }
}
