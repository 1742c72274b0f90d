//! Columns: expand, backfill, contract, and what each of them costs in the wrong order.

use std::collections::BTreeMap;
use std::sync::Arc;

use brownout::engine::attempt::{Attempt, Intent};
use brownout::engine::reason::Reason;
use brownout::engine::record::Record;
use brownout::engine::{IntentId, Limits, Program, Run};
use brownout::experiment::{self, random};
use brownout::observe::recorder::Recorder;
use brownout::observe::report::Report;
use brownout::observe::story::{Witness, wrong};
use brownout::scenario::Scenario;
use brownout::time::Time;

use super::queries::simulate;

/// People who change their names (100 per second, 2,000 of them in turn) and look at them (200 per second),
/// through four instances of one application; a backfill that the timeline starts.
fn text(app: &str, fill: &str, timeline: &str) -> String {
    format!(
        "format = 1\n[run]\nduration = \"120 s\"\n\n\
         [clients.writers]\narrivals = \"constant\"\nrate = \"100 rps\"\nlasts = \"100 s\"\n\n\
         [clients.readers]\narrivals = \"constant\"\nrate = \"200 rps\"\n\n\
         [operation.rename]\nkind = \"write\"\nkey_space = \"people\"\nkeys = 2000\npopularity = \"cycle\"\n\
         clients = [\"writers\"]\n\n\
         [operation.look]\nkind = \"read\"\nkey_space = \"people\"\nkeys = 2000\npopularity = \"uniform\"\n\
         clients = [\"readers\"]\n\n\
         [operation.fill]\nkind = \"write\"\nkey_space = \"people\"\nkeys = 2000\nweight = 0\n\n\
         [service.app]\ninstances = 4\nslots = 100\nservice_time = \"1 ms\"\nboot_time = \"1 s\"\n{app}\n\n\
         [job.backfill]\noperation = \"fill\"\nconcurrency = 10\nservice_time = \"1 ms\"\n{fill}\n\n\
         [database.store]\ncores = 100\nconnections = \"unbounded\"\ncolumns = [\"name\"]\n\n\
         [link.change]\nfrom = \"writers\"\nto = \"app\"\n\n[link.browse]\nfrom = \"readers\"\nto = \"app\"\n\n\
         [link.rows]\nfrom = \"app\"\nto = \"store\"\n\n[link.copy]\nfrom = \"backfill\"\nto = \"store\"\n\n\
         {timeline}"
    )
}

const COPIES: &str = "copies_from = \"name\"\ncopies_into = [\"full_name\"]\nversion_guard = true";
const OLD: &str = "writes_columns = [\"name\"]\nreads_column = \"name\"";

fn entry(at: &str, what: &str, target: &str, more: &str) -> String {
    format!("[[timeline]]\nwhat = \"{what}\"\ntarget = \"{target}\"\nat = \"{at}\"\n{more}\n\n")
}

fn expand(at: &str) -> String {
    entry(at, "schema_change", "store", "adds = \"full_name\"")
}

fn contract(at: &str) -> String {
    entry(at, "schema_change", "store", "drops = \"name\"")
}

fn backfill(at: &str) -> String {
    entry(at, "start", "backfill", "")
}

fn release(at: &str, writes: &str, reads: &str) -> String {
    let more = format!("writes_columns = [{writes}]\nreads_column = \"{reads}\"");
    entry(at, "deploy", "app", &more)
}

const BOTH: &str = "\"name\", \"full_name\"";
const NEW: &str = "\"full_name\"";

fn of(report: &Report, node: &str, name: &str) -> u64 {
    report
        .nodes
        .iter()
        .find(|n| n.key == node)
        .unwrap()
        .count(name)
}

/// Calls over the link to the database that failed for this reason.
fn mismatches(report: &Report) -> u64 {
    let link = report.links.iter().find(|l| l.key == "rows").unwrap();
    let failed = link.failed_by_reason.iter();
    failed
        .filter(|(reason, _)| *reason == "contract_mismatch")
        .map(|(_, n)| *n)
        .sum()
}

/// Actions with something wrong.
fn faulty(report: &Report) -> u64 {
    let ledger = &report.ledger;
    ledger.intents - ledger.clean - ledger.open
}

/// The order that works, up to a step.
fn in_order(steps: usize) -> String {
    let all = [
        expand("10 s"),
        release("15 s", BOTH, "name"),
        backfill("25 s"),
        release("50 s", BOTH, "full_name"),
        release("60 s", NEW, "full_name"),
        contract("70 s"),
    ];
    all[..steps].concat()
}

#[test]
fn in_the_right_order_nobody_notices_anything() {
    for steps in 0..=6 {
        let report = simulate(&text(OLD, COPIES, &in_order(steps)));
        assert_eq!(report.users.failed, 0, "{steps}");
        let l = &report.ledger;
        assert_eq!((l.stale, l.lost, l.undone, l.open), (0, 0, 0, 0), "{steps}");
        assert_eq!(faulty(&report), 0, "{steps}");
        if steps >= 3 {
            assert_eq!(of(&report, "backfill", "items_done"), 2_000, "{steps}");
        }
    }
}

/// What became of the statements of each release: done, and refused for a column that was not there.
#[derive(Default)]
struct Releases {
    done: BTreeMap<u16, u64>,
    refused: BTreeMap<u16, u64>,
    refused_at: Vec<Time>,
}

impl Record for Releases {
    fn attempt_over(
        &mut self,
        program: &Program,
        _: Time,
        _: IntentId,
        _: &Intent,
        attempt: &Attempt,
    ) {
        if program.nodes[attempt.node as usize].key != "store" {
            return;
        }
        match attempt.reply {
            Ok(()) => *self.done.entry(attempt.version).or_default() += 1,
            Err(Reason::ContractMismatch) => {
                *self.refused.entry(attempt.version).or_default() += 1;
                self.refused_at.push(attempt.arrived);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn releases(text: &str) -> Releases {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let mut run = Run::new(program, 1, Releases::default());
    run.finish();
    run.record
}

/// At once, without a time to boot.
fn at_once(release: &str) -> String {
    release.replace("\nat = ", "\nstrategy = \"all_at_once\"\nat = ")
}

fn quick(text: &str) -> String {
    text.replace("boot_time = \"1 s\"", "boot_time = \"0 s\"")
}

#[test]
fn a_release_before_the_expansion_can_do_nothing() {
    let early = at_once(&release("10 s", BOTH, "full_name"));
    let report = simulate(&quick(&text(OLD, COPIES, &early)));
    // 90 s of 100 writes per second, and 110 s of 200 reads.
    let refused = mismatches(&report);
    assert!((30_997..=31_000).contains(&refused), "{refused}");
    assert_eq!(report.users.failed, refused);
    assert_eq!((report.ledger.undone, faulty(&report)), (0, 0));
    // What names only a column that is there is done.
    let early = at_once(&release("10 s", BOTH, "name"));
    let report = simulate(&quick(&text(OLD, COPIES, &early)));
    let refused = mismatches(&report);
    assert!((8_997..=9_000).contains(&refused), "{refused}");
    // When the column has come, all goes on.
    let report = simulate(&quick(&text(OLD, COPIES, &(early + &expand("20 s")))));
    let refused = mismatches(&report);
    assert!((997..=1_001).contains(&refused), "{refused}");
    assert_eq!((report.users.failed, faulty(&report)), (refused, 0));
}

#[test]
fn who_reads_before_the_backfill_sees_empty_columns() {
    // From 5 s on 100 rows per second are written into both: all are after 20 s, and until then on
    // average half of what 200 readers per second see is empty. Three quarters of the rows were never written.
    let early = expand("2 s") + &at_once(&release("5 s", BOTH, "full_name"));
    let report = simulate(&quick(&text(OLD, COPIES, &early)));
    let stale = report.ledger.stale as f64;
    // Of 4,000 reads; the deviation of a binomial with a chance that falls evenly is sqrt(4,000 / 6).
    assert!(
        (stale - 2_000.0).abs() < 4.0 * (4_000.0f64 / 6.0).sqrt(),
        "{stale}"
    );
    assert_eq!(
        (report.users.failed, report.ledger.lost, report.ledger.open),
        (0, 0, 0)
    );
    // A backfill in an instant heals what is left at 15 s.
    let healed = early + &backfill("15 s");
    let fast = format!("{COPIES}\nbatch_size = 2000");
    let fast = quick(&text(OLD, &fast, &healed)).replace("concurrency = 10", "concurrency = 2000");
    let report = simulate(&fast);
    let half = report.ledger.stale as f64;
    assert!((half - 1_500.0).abs() < 4.0 * 500.0f64.sqrt(), "{half}");
}

#[test]
fn a_contraction_under_the_old_release_hurts_only_its_instances() {
    let early = in_order(4) + &release("60 s", NEW, "full_name") + &contract("60200 ms");
    let text = text(OLD, COPIES, &early);
    let of = releases(&text);
    let old = of.refused.get(&2).copied().unwrap_or(0);
    // Three of three for 0.8 s, one of three for another second, of 100 writes per second.
    assert!((93..=133).contains(&old), "{old}");
    assert_eq!(of.refused.len(), 1, "{:?}", of.refused);
    assert!(of.done[&3] > 1_000);
    // The rollout takes four boots of a second.
    let last = of.refused_at.iter().max().unwrap();
    assert!(*last < Time(65_000_000_000), "{last:?}");
    let report = simulate(&text);
    assert_eq!(report.users.failed, old);
    assert_eq!((report.ledger.undone, faulty(&report)), (0, 0));
}

#[test]
fn a_rollback_after_the_drop_finds_nothing_to_read() {
    let steps = expand("10 s")
        + &release("15 s", BOTH, "name")
        + &backfill("25 s")
        + &at_once(&release("50 s", NEW, "full_name"))
        + &contract("70 s");
    let forward = at_once(&release("90 s", NEW, "full_name"));
    let back = entry("80 s", "rollback", "app", "");
    let fine = simulate(&quick(&text(OLD, COPIES, &steps)));
    assert_eq!((fine.users.failed, faulty(&fine)), (0, 0));
    let of = releases(&quick(&text(
        OLD,
        COPIES,
        &(steps.clone() + &back + &forward),
    )));
    // Ten seconds of 300 statements per second, from when its instances are there.
    assert_eq!(of.refused.len(), 1);
    let refused = of.refused[&1];
    assert!((2_990..=3_000).contains(&refused), "{refused}");
    // Before the drop it is a rollback like any other, but what only the new one wrote it cannot see.
    let earlier = steps.replace(&contract("70 s"), "") + &back;
    let report = simulate(&quick(&text(OLD, COPIES, &earlier)));
    assert_eq!((report.users.failed, report.ledger.lost), (0, 0));
    assert!(report.ledger.stale > 1_000, "{}", report.ledger.stale);
}

/// Rows are read at 10 s and written two seconds later, all at the same time; until then 500 of 2,000 are
/// changed per second, and never again. At 20 s the old column goes.
fn put_back(guard: bool, drops: bool) -> String {
    let fill = format!(
        "copies_from = \"name\"\ncopies_into = [\"full_name\"]\nversion_guard = {guard}\nbatch_size = 2000"
    );
    let steps = entry(
        "0 s",
        "schema_change",
        "store",
        "takes = \"0 s\"\nadds = \"full_name\"",
    ) + &backfill("10 s")
        + &(if drops {
            contract("20 s")
        } else {
            String::new()
        });
    let both = format!("writes_columns = [{BOTH}]\nreads_column = \"full_name\"");
    // Whoever writes, and whoever drops: the statements of 20 s name what is gone then.
    let steps = steps + &at_once(&release("19 s", NEW, "full_name"));
    quick(&text(&both, &fill, &steps))
        .replace(
            "rate = \"100 rps\"\nlasts = \"100 s\"",
            "rate = \"500 rps\"\nlasts = \"12 s\"",
        )
        .replace("popularity = \"cycle\"", "popularity = \"uniform\"")
        .replace("concurrency = 10", "concurrency = 2000")
        .replace(
            "service_time = \"1 ms\"\ncopies",
            "service_time = \"2 s\"\ncopies",
        )
}

#[test]
fn without_a_guard_older_values_come_back_and_the_newer_ones_go_with_their_column() {
    let report = simulate(&put_back(false, true));
    let (lost, undone) = (report.ledger.lost as f64, report.ledger.undone);
    // All that was written between the reads and the writes of the job.
    assert!((lost - 1_000.0).abs() < 10.0, "{lost}");
    assert_eq!(undone, report.ledger.lost);
    assert_eq!((report.users.failed, report.ledger.open), (0, 0));
    // Nothing is lost where only what is the newest is copied: the rest has been written into both.
    let guarded = simulate(&put_back(true, true));
    let ledger = &guarded.ledger;
    assert_eq!(
        (ledger.lost, ledger.undone, guarded.users.failed),
        (0, 0, 0)
    );
    // Two seconds of one change in four seconds, per row.
    let conflicts = of(&guarded, "backfill", "conflicts") as f64;
    let expected = 2_000.0 * (1.0 - libm::exp(-0.5));
    assert!(
        (conflicts - expected).abs() < 90.0,
        "{conflicts} for {expected}"
    );
    // What was put back is stale as long as the newer version stands beside it, for 108 s of 200 reads.
    let [stale, fresh] = [false, true].map(|guard| simulate(&put_back(guard, false)).ledger.stale);
    assert_eq!(fresh, ledger.stale);
    let (more, expected) = ((stale - fresh) as f64, 21_600.0 * (1.0 - libm::exp(-0.5)));
    assert!((more - expected).abs() < 1_000.0, "{more} for {expected}");
    // With the column it is undone, and what survives is what was read.
    assert_eq!(report.ledger.stale, fresh);
}

#[test]
fn a_story_says_that_a_column_took_it_and_that_one_was_empty() {
    let lines = |text: &str| -> Vec<String> {
        let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
        let program = experiment::compile(&scenario, Limits::NATIVE);
        let mut watched = Run::new(program, 1, Witness::of(1..=20_000));
        watched.finish();
        let lines = watched.record.stories().into_values().flatten();
        let told = lines.filter(|line| line.what == "undone");
        told.map(|line| line.text.to_string()).collect()
    };
    let gone = lines(&put_back(false, true));
    assert!(
        gone.iter()
            .any(|text| text.ends_with("it stands in no column any more")),
        "{gone:?}"
    );
    let empty = expand("2 s") + &at_once(&release("5 s", BOTH, "full_name"));
    let scenario = Scenario::parse(&quick(&text(OLD, COPIES, &empty))).unwrap();
    let program = experiment::compile(&scenario, Limits::NATIVE);
    let mut run = Run::new(Arc::clone(&program), 1, Recorder::new(&program));
    run.finish();
    let reads = run
        .record
        .ledger
        .stories
        .iter()
        .flat_map(|story| &story.reads);
    let empty: Vec<String> = reads.map(|read| wrong(&program, read).text).collect();
    let says = "the column of the row in store is empty: version 0 was there when it was asked";
    assert!(empty.iter().any(|text| text.starts_with(says)), "{empty:?}");
}

#[test]
fn a_drop_before_the_backfill_loses_what_nobody_has_copied() {
    // 100 rows per second are written once each from 10 s on, half of them are copied, one column goes.
    let fill = format!("{COPIES}\nitems = 1000\nbatch_size = 1000");
    let steps = expand("1 s")
        + &backfill("25 s")
        + &at_once(&release("50 s", NEW, "full_name"))
        + &contract("60 s");
    let text = quick(&text(OLD, &fill, &steps)).replace("lasts = \"100 s\"", "lasts = \"20 s\"");
    let report = simulate(&text);
    // The last of the 2,000 would come when the writers have gone.
    let lost = report.ledger.lost;
    assert!((999..=1_000).contains(&lost), "{lost}");
    assert_eq!(report.ledger.undone, lost);
    assert_eq!((report.users.failed, report.ledger.open), (0, 0));
}

#[test]
fn random_designs_have_columns_too() {
    let has = |n: &u64| random::scenario(*n).contains("copies_into");
    let found = (1..=150).filter(has).count();
    assert!(found >= 10, "{found}");
}
