//! The laws that every run of every design obeys, on random designs (`experiment::random`): the same
//! number makes the same design, so a failing one is run again with its number.

use std::collections::BTreeMap;
use std::sync::Arc;

use brownout::engine::attempt::{Attempt, CalleeSide, CallerSide, Intent, IntentId};
use brownout::engine::core::Core;
use brownout::engine::record::{Effect, Record, Told, Unrecorded};
use brownout::engine::world::Phase;
use brownout::engine::{Limits, Program, Run, World};
use brownout::experiment::{self, parallel, random};
use brownout::ledger::Counts;
use brownout::ledger::Verdict;
use brownout::observe::Recorder;
use brownout::scenario::Scenario;
use brownout::time::{Duration, Time};

/// Designs per law; `BROWNOUT_DESIGNS=5000` for more.
pub fn designs() -> u64 {
    let asked = std::env::var("BROWNOUT_DESIGNS").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(500)
}

pub struct Case {
    pub number: u64,
    text: String,
    pub scenario: Scenario,
    program: Arc<Program>,
}

pub fn case(number: u64) -> Case {
    let text = random::scenario(number);
    let scenario = Scenario::parse(&text).unwrap_or_else(|d| panic!("design {number}: {d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    Case {
        number,
        text,
        scenario,
        program,
    }
}

/// Checks a law on all designs, on all cores; a panic names the design.
pub fn on_all(law: impl Fn(&Case) + Sync) {
    let numbers: Vec<u64> = (0..designs()).collect();
    let failed = parallel::map(
        &numbers,
        |&n| {
            let check = std::panic::AssertUnwindSafe(|| law(&case(n)));
            std::panic::catch_unwind(check).is_err().then_some(n)
        },
        || (),
    );
    let failed: Vec<u64> = failed.into_iter().flatten().collect();
    assert!(
        failed.is_empty(),
        "broken by random designs {failed:?}; the first panic says how"
    );
}

pub fn finished<R: Record>(mut run: Run<R>) -> Run<R> {
    run.finish();
    run
}

/// A cheap source of different numbers per case.
pub fn scramble(x: u64) -> u64 {
    brownout::engine::draw::mix64(x.wrapping_add(0x9e37_79b9))
}

/// What comes out of a design, for the laws that hold other ways to run it against that.
struct Reference {
    /// With no recorder of ours: only a witness looks on.
    seen: Run<Witness>,
    recorded: Run<Recorder>,
}

/// All laws on one pass over the designs: most of them need the same two runs to compare with, and one other run can
/// differ from them in two ways that both must change nothing.
#[test]
fn every_law_holds_for_every_random_design() {
    on_all(|c| {
        let reference = Reference {
            seen: c.run(Witness::default()),
            recorded: finished(experiment::recorded(Arc::clone(&c.program), c.number)),
        };
        another_seed_gives_another_run(c);
        pausing_stepping_and_checkpoints_change_nothing(c, &reference);
        neither_a_page_that_watches_nor_order_and_labels_change_anything(c, &reference);
        neither_the_ledger_nor_an_unconnected_node_changes_anything(c, &reference);
        what_a_witness_sees_agrees_with_the_counters(c, &reference);
        the_ledger_knows_every_intent(c, &reference);
    });
}

impl Case {
    /// A whole run with the design's number as seed.
    fn run<R: Record>(&self, record: R) -> Run<R> {
        finished(Run::new(Arc::clone(&self.program), self.number, record))
    }
}

fn another_seed_gives_another_run(c: &Case) {
    let begun = |seed| {
        let mut run = Run::new(Arc::clone(&c.program), seed, Unrecorded);
        run.advance(Time::NEVER, 5_000);
        run.digest()
    };
    assert_ne!(begun(c.number), begun(c.number + 1_000));
}

fn pausing_stepping_and_checkpoints_change_nothing(c: &Case, reference: &Reference) {
    let mut pieces = Run::new(Arc::clone(&c.program), c.number, Unrecorded);
    let mut saved: Vec<World> = Vec::new();
    let mut n = scramble(c.number);
    while !pieces.phase().is_over() {
        n = scramble(n);
        let until = pieces.now() + Duration(n % 3_000_000_000);
        pieces.advance(until, 1 + n % 5_000);
        counters_add_up(&pieces.world.core, &c.program);
        if n.is_multiple_of(10) && saved.is_empty() {
            saved.push(pieces.world.clone());
        }
    }
    assert_eq!(pieces.digest(), reference.seen.digest(), "in pieces");
    for world in saved {
        let resumed = Run::resume(Arc::clone(&c.program), world, Unrecorded);
        let resumed = finished(resumed).digest();
        assert_eq!(resumed, reference.seen.digest(), "from a checkpoint");
    }
    what_is_settled_is_empty(&pieces);
}

fn what_is_settled_is_empty(run: &Run<Unrecorded>) {
    let core = &run.world.core;
    let attempts: u64 = core.link_counters.iter().map(|l| l.attempts).sum();
    assert!(
        attempts >= 20_000,
        "a random design has 20,000 attempts, not {attempts}"
    );
    if run.phase() == Phase::Settled {
        assert!(
            core.attempts.is_empty(),
            "settled means that nothing is open"
        );
        assert!(core.calls.is_empty());
        // What is parked keeps its intent.
        assert!(core.intents.len() as u64 <= core.parked_messages);
    }
}

/// What happened at each place, by its key.
fn by_place<R: Record>(run: &Run<R>) -> BTreeMap<String, u64> {
    let digests = &run.world.core.facts.places;
    let nodes = run.program.nodes.iter().map(|n| format!("node {}", n.key));
    let links = run.program.links.iter().map(|l| format!("link {}", l.key));
    nodes.chain(links).zip(digests.iter().copied()).collect()
}

/// Nor is there anything but the design and the seed that a run depends on.
fn neither_a_page_that_watches_nor_order_and_labels_change_anything(
    c: &Case,
    reference: &Reference,
) {
    let mut design = c.scenario.clone();
    design.design.nodes.reverse();
    design.design.links.reverse();
    design.design.operations.reverse();
    design
        .design
        .nodes
        .iter_mut()
        .for_each(|n| n.label = Some("Something else".to_owned()));
    let program = experiment::compile(&design, Limits::NATIVE);
    let watcher = Recorder::watched(&program, 5);
    let watched = finished(Run::new(program, c.number, watcher));
    let recorded = &reference.recorded;
    assert_eq!(watched.digest(), recorded.digest());
    assert_eq!(series(&watched), series(recorded));
}

/// The ledger can be off alone; what it counts goes into the fingerprint last.
fn neither_the_ledger_nor_an_unconnected_node_changes_anything(c: &Case, reference: &Reference) {
    let (seen, recorded) = (&reference.seen, &reference.recorded);
    assert_eq!(
        seen.world.core.facts.digest,
        recorded.world.core.facts.digest
    );
    let text = format!("{}\n[service.aaa]\nslots = 1\n", c.text);
    let scenario = Scenario::parse(&text).expect("an unconnected node is allowed");
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let without = Recorder::without_ledger(&program);
    let alone = finished(Run::new(program, c.number, without));
    assert_eq!(alone.record.ledger.counts, Counts::default());
    assert_eq!(series(&alone), series(recorded));
    assert_eq!(alone.now(), seen.now());
    let mut after = by_place(&alone);
    assert_eq!(after.remove("node aaa"), Some(0), "nothing happens there");
    assert_eq!(by_place(seen), after);
}

fn series(run: &Run<Recorder>) -> (u64, u64, u64) {
    let of = &run.record.series;
    (of.begun, of.served, of.failed)
}

/// Conservation and Little's law on the counters of all places, exactly.
pub fn counters_add_up(core: &Core, program: &Program) {
    let now = core.now();
    let mut at_node = vec![0u64; program.nodes.len()];
    let mut on_link = vec![0u32; program.links.len()];
    for (_, attempt) in core.attempts.iter() {
        at_node[attempt.node as usize] += u64::from(attempt.has_arrived());
        // What a node set itself to do came over no link.
        if attempt.caller.is_open() {
            on_link[attempt.link as usize] += 1;
        }
    }
    for (i, node) in core.node_counters.iter().enumerate() {
        let key = &program.nodes[i].key;
        assert_eq!(
            node.in_flight(),
            at_node[i],
            "requests at {key} add up at {now}"
        );
        assert!(node.little_holds(now), "Little's law at {key} at {now}");
        assert_eq!(
            node.began - node.left,
            u64::from(node.busy.value),
            "slots of {key} at {now}"
        );
    }
    for (i, link) in core.link_counters.iter().enumerate() {
        let key = &program.links[i].key;
        let ended = link.succeeded + link.failed.total();
        assert_eq!(
            link.attempts,
            ended + u64::from(link.in_flight),
            "tries on {key} at {now}"
        );
        assert_eq!(
            link.in_flight, on_link[i],
            "tries under way on {key} at {now}"
        );
    }
}

/// Watches every try with its own eyes.
#[derive(Default)]
struct Witness {
    told: BTreeMap<u64, u64>,
    tries_of_node: BTreeMap<(u64, u16), u64>,
    effects_of_node: BTreeMap<(u64, u16), u64>,
    busy: BTreeMap<u16, u128>,
    successes_of_calls: u64,
}

impl Record for Witness {
    fn outcome(&mut self, p: &Program, now: Time, _: IntentId, intent: &Intent, a: &Attempt) {
        assert_eq!(a.ended, now);
        assert!(
            intent.born <= a.born,
            "no try before somebody wanted something"
        );
        if a.caller == CallerSide::Succeeded {
            self.successes_of_calls += 1;
            let timeout = p.links[a.link as usize].timeout;
            let waited = now.since(a.sent);
            assert!(
                timeout.is_none_or(|t| waited < t),
                "no success after the caller gave up"
            );
            let answered = matches!(a.callee, CalleeSide::Replied | CalleeSide::WorkingOn);
            assert!(answered && a.reply.is_ok(), "a success is a good reply");
            assert!(a.sent <= a.arrived && a.arrived <= now);
        }
    }

    fn left_node(&mut self, _: &Program, now: Time, a: &Attempt) {
        if a.began != Time::NEVER {
            assert!(a.arrived <= a.began && a.began <= now);
            *self.busy.entry(a.node).or_default() += u128::from(now.since(a.began).0);
        }
    }

    fn effect(&mut self, p: &Program, _: Time, _: IntentId, intent: &Intent, effect: Effect) {
        if intent.is_internal {
            assert!(
                effect.promised.is_none(),
                "nobody was promised what a job does"
            );
            return;
        }
        let kind = p.nodes[effect.node as usize].kind;
        assert!(
            matches!(kind, "database" | "third_party" | "service" | "worker"),
            "{kind} has no effects"
        );
        *self
            .effects_of_node
            .entry((intent.number, effect.node))
            .or_default() += 1;
    }

    fn attempt_over(&mut self, _: &Program, _: Time, _: IntentId, intent: &Intent, a: &Attempt) {
        if a.began != Time::NEVER {
            *self
                .tries_of_node
                .entry((intent.number, a.node))
                .or_default() += 1;
        }
    }

    fn told(&mut self, _: &Program, now: Time, _: IntentId, intent: &Intent, _: Told) {
        assert!(now >= intent.born);
        *self.told.entry(intent.number).or_default() += 1;
    }
}

/// Whether something in the design calls on its own behalf.
fn has_internal_calls(text: &str) -> bool {
    let own = [
        "health_check",
        "stale_while",
        "early_refresh",
        "[cache.",
        "[job.",
        "[feed.",
    ];
    own.iter().any(|word| text.contains(word))
}

/// Whether something in the design acknowledges what is not yet, or never, done.
fn may_lose(text: &str) -> bool {
    // A plan that is written by hand may answer before it writes, or leave out what was promised.
    let early = ["[queue.", "write_behind", "fallback", "plan.buy"];
    early.iter().any(|word| text.contains(word))
}

fn what_a_witness_sees_agrees_with_the_counters(c: &Case, reference: &Reference) {
    let run = &reference.seen;
    let (core, witness) = (&run.world.core, &run.record);
    assert!(
        witness.told.values().all(|&n| n == 1),
        "every user is told once at most"
    );
    let mut tries_of_node = witness.tries_of_node.clone();
    for (_, open) in core.attempts.iter().filter(|(_, a)| a.began != Time::NEVER) {
        let number = core.intents[open.intent].number;
        *tries_of_node.entry((number, open.node)).or_default() += 1;
    }
    for (key, effects) in &witness.effects_of_node {
        let tries = tries_of_node.get(key).copied().unwrap_or(0);
        assert!(
            *effects <= tries,
            "an effect at node {} without a try: {key:?}",
            key.1
        );
    }
    let succeeded: u64 = core.link_counters.iter().map(|l| l.succeeded).sum();
    // Probes and refreshes are nobody's actions: they are counted, not recorded.
    assert!(succeeded >= witness.successes_of_calls);
    if !has_internal_calls(&c.text) {
        assert_eq!(succeeded, witness.successes_of_calls);
    }
    if run.phase() == Phase::Settled {
        for (i, node) in core.node_counters.iter().enumerate() {
            let served = witness.busy.get(&(i as u16)).copied().unwrap_or(0);
            let key = &c.program.nodes[i].key;
            assert_eq!(
                node.busy.integral(run.now()),
                served,
                "busy time of {key} = work served"
            );
        }
    }
}

fn the_ledger_knows_every_intent(c: &Case, reference: &Reference) {
    let run = &reference.recorded;
    let counts = run.record.ledger.counts;
    assert_eq!(counts.intents, run.world.core.intents_born);
    // Each action is clean, or named, or still open; what was mended is clean and named.
    let named = run.record.ledger.stories.len() + run.record.ledger.further.len();
    let known = counts.clean + named as u64 - counts.mended + counts.open();
    assert_eq!(counts.intents, known);
    // Disks survive crashes, and every derived plan writes before it responds: only what answers
    // before the write is done, or without it, can lose one.
    if !may_lose(&c.text) {
        assert_eq!(counts.of(Verdict::Lost), 0, "no acknowledged write is lost");
    }
    if matches!(
        run.phase(),
        Phase::Settled | Phase::Unsettled { stuck: true, .. }
    ) {
        assert_eq!(
            counts.open(),
            0,
            "nothing can happen any more: every verdict is known"
        );
    }
    let by_window = &run.record.windows[0];
    assert_eq!(
        by_window.actions, counts.intents,
        "the whole run is measured"
    );
}

/// Memory follows what is under way, not how long the run is.
#[test]
fn memory_follows_what_is_under_way() {
    let text = brownout::experiment::benchmark::mm1(50_000, true);
    let scenario = Scenario::parse(&text).expect("valid");
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let mut run = Run::new(program, 1, Unrecorded);
    let mut most = 0;
    while !run.phase().is_over() {
        run.advance(Time::NEVER, 1);
        most = most.max(run.world.core.attempts.len());
    }
    let core = &run.world.core;
    assert!(most < 200, "a queue at 80 % is short: {most}");
    for places in [
        core.intents.places(),
        core.calls.places(),
        core.attempts.places(),
    ] {
        assert!(
            places <= most + 1,
            "{places} places for {most} at the same time"
        );
    }
}
