//! Shards: which of them a key goes to, what one hot key does to one of them, and keys that move.

use brownout::engine::attempt::{Attempt, Intent, IntentId};
use brownout::engine::program::Program;
use brownout::engine::record::Record;
use brownout::engine::{Limits, Run};
use brownout::experiment;
use brownout::observe::report::Report;
use brownout::scenario::Scenario;
use brownout::time::Time;

fn scenario(text: &str) -> Scenario {
    Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"))
}

fn simulate(text: &str) -> Report {
    let scenario = scenario(text);
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

/// Which shard answered for which item, and when.
#[derive(Clone, Default)]
struct Answers(Vec<(Time, u64, u16)>);

impl Record for Answers {
    fn attempt_over(
        &mut self,
        _: &Program,
        _: Time,
        _: IntentId,
        intent: &Intent,
        attempt: &Attempt,
    ) {
        if attempt.reply.is_ok() {
            self.0.push((attempt.left, intent.item, attempt.instance));
        }
    }
}

fn answers(text: &str) -> Vec<(Time, u64, u16)> {
    let program = experiment::compile(&scenario(text), Limits::NATIVE);
    let mut run = Run::new(program, 1, Answers::default());
    run.finish();
    run.record.0
}

fn count(report: &Report, name: &str) -> u64 {
    let node = report.nodes.iter().find(|n| n.key == "store").unwrap();
    node.count(name)
}

/// Shards that answer 500 reads per second each; 2,400 come, 1,500 of them about one key.
fn celebrity(shards: u32) -> String {
    format!(
        "format = 1\n[run]\nduration = \"20 s\"\n\n\
         [clients.users]\narrivals = \"constant\"\nrate = \"2400 rps\"\n\n\
         [operation.look]\nkind = \"read\"\nkeys = 100000\npopularity = \"hot\"\nhot_share = \"62.5 %\"\n\n\
         [database.store]\nshards = {shards}\ncores = 1\nconnections = \"unbounded\"\nread_time = \"2 ms\"\n\n\
         [link.ask]\nfrom = \"users\"\nto = \"store\"\ntimeout = \"1 s\"\n"
    )
}

#[test]
fn a_hot_key_is_at_one_shard_however_many_there_are() {
    for shards in [8u32, 16] {
        let report = simulate(&celebrity(shards));
        let others = 900.0 * f64::from(shards - 1) / f64::from(shards);
        // The others answer all; the one does what it can, at first for those who still wait.
        let node = &report.nodes.iter().find(|n| n.key == "store").unwrap();
        let expected = others + 500.0;
        assert!(
            (node.completed_per_s - expected).abs() < 0.01 * expected,
            "{shards}: {} for {expected}",
            node.completed_per_s
        );
        let good = report.users.goodput_per_s;
        assert!((others..others + 40.0).contains(&good), "{shards}: {good}");
    }
    // Alone, each shard is asked for a share of the rest.
    let mut by_shard = [0u32; 8];
    for (_, _, shard) in answers(&celebrity(8)) {
        by_shard[shard as usize] += 1;
    }
    let hot = by_shard.iter().max().unwrap();
    let rest: Vec<&u32> = by_shard.iter().filter(|n| *n != hot).collect();
    assert_eq!(rest.len(), 7);
    for n in rest {
        assert!((1_900..2_600).contains(n), "{by_shard:?}");
    }
}

/// Keys that are asked for in turn, before, while and after there is one shard more.
fn moving(by: &str, more: &str, timeline: &str) -> String {
    format!(
        "format = 1\n[run]\nduration = \"30 s\"\n\n\
         [clients.users]\narrivals = \"constant\"\nrate = \"1000 rps\"\n\n\
         [operation.look]\nkind = \"{more}\"\nkeys = 5000\npopularity = \"cycle\"\n\n\
         [database.store]\nshards = 4\nshard_by = \"{by}\"\ncores = 100\nconnections = \"unbounded\"\n\
         read_time = \"1 ms\"\nwrite_time = \"1 ms\"\n\n\
         [link.ask]\nfrom = \"users\"\nto = \"store\"\n\n\
         [[timeline]]\nwhat = \"reshard\"\ntarget = \"store\"\nat = \"10 s\"\n{timeline}\n"
    )
}

/// Share of the keys that are elsewhere in the last five seconds than in the first five.
fn moved(text: &str) -> f64 {
    let all = answers(text);
    let part = |from: u64, to: u64| {
        let is_in = move |at: Time| (from..to).contains(&(at.0 / 1_000_000_000));
        let part = all.iter().filter(move |(at, ..)| is_in(*at));
        part.map(|&(_, item, shard)| (item, shard))
            .collect::<std::collections::BTreeMap<u64, u16>>()
    };
    let (before, after) = (part(0, 6), part(24, 30));
    assert!(before.len() == 5_000 && after.len() == 5_000);
    let elsewhere = before
        .iter()
        .filter(|(item, shard)| after[*item] != **shard);
    elsewhere.count() as f64 / 5_000.0
}

#[test]
fn one_shard_more_moves_four_fifths_by_hash_and_a_fifth_on_a_ring() {
    let fast = "shards = 5\nrate = \"5000 rps\"";
    let by = |by: &str| moved(&moving(by, "read", fast));
    assert!((by("hash") - 0.8).abs() < 0.02, "{}", by("hash"));
    assert!((by("ring") - 0.2).abs() < 0.04, "{}", by("ring"));
    assert!((by("range") - 0.5).abs() < 0.02, "{}", by("range"));
    let fewer = moved(&moving("ring", "read", "shards = 3\nrate = \"5000 rps\""));
    assert!((fewer - 0.25).abs() < 0.06, "{fewer}");
}

#[test]
fn keys_move_at_a_rate_and_reads_go_on() {
    let text = moving("hash", "read", "shards = 5\nrate = \"500 rps\"\nbatch = 50");
    let report = simulate(&text);
    // 4,000 rows.
    let rows = count(&report, "moved_rows") as f64;
    assert!((rows - 4_000.0).abs() < 40.0, "{rows}");
    // Half of the move is over after 4 of its 8 seconds: half of what will be at the new shard is there.
    let all = answers(&text);
    let at_fifth = |from: u64, to: u64| {
        let is_in = |at: Time| (from * 1_000..to * 1_000).contains(&(at.0 / 1_000_000));
        let part = all.iter().filter(|(at, ..)| is_in(*at));
        let fifth = part.clone().filter(|(.., shard)| *shard == 4).count();
        fifth as f64 / part.count() as f64
    };
    assert!(
        (at_fifth(12, 16) - 0.1).abs() < 0.02,
        "{}",
        at_fifth(12, 16)
    );
    assert!(
        (at_fifth(20, 30) - 0.2).abs() < 0.01,
        "{}",
        at_fifth(20, 30)
    );
    // Nothing fails but what was on its way or in service when its key moved.
    assert!(report.users.served_share.unwrap() > 0.999);
}

#[test]
fn writes_to_what_is_moving_wait_or_fail_and_none_is_lost() {
    let run = |writes: &str| {
        let entry = format!("shards = 5\nrate = \"500 rps\"\nbatch = 500\nwrites = \"{writes}\"");
        simulate(&moving("hash", "write", &entry))
    };
    let waiting = run("wait");
    // A batch takes a second.
    let longest = waiting.users.latency.max_ns.unwrap() as f64 / 1e9;
    assert!((longest - 1.0).abs() < 0.05, "{longest}");
    assert!(waiting.users.served_share.unwrap() > 0.999);
    assert_eq!((waiting.ledger.lost, waiting.ledger.duplicate), (0, 0));
    let failing = run("fail");
    // While it lasts, one in eight of those that move: 0.8 / 8 of 1,000 per second, for 8 s.
    let refused = failing.users.failed as f64;
    assert!((refused - 800.0).abs() < 60.0, "{refused}");
    assert!(failing.users.latency.max_ns.unwrap() < 10_000_000);
    assert_eq!((failing.ledger.lost, failing.ledger.phantom), (0, 0));
}

#[test]
fn transactions_are_caught_by_the_move_or_done_before_or_after() {
    let text = moving("hash", "write", "shards = 5\nrate = \"500 rps\"\nbatch = 10")
        .replace("rate = \"1000 rps\"", "rate = \"300 rps\"")
        .replace(
            "[link.ask]\nfrom = \"users\"",
            "[service.shop]\nslots = 10000\nservice_time = \"50 ms\"\n\
             plan.look = [\"begin ask\", \"read ask\", \"work\", \"update ask\", \"commit ask\"]\n\n\
             [link.visit]\nfrom = \"users\"\nto = \"shop\"\n\n[link.ask]\nfrom = \"shop\"",
        );
    let report = simulate(&text);
    let rows = &report.ledger;
    assert_eq!(
        (rows.lost, rows.duplicate, rows.partial, rows.lost_updates),
        (0, 0, 0, 0)
    );
    assert!(rows.open == 0 && report.users.failed > 0);
    assert_eq!(rows.effects, report.users.served);
    // About one in a thousand: those that were under way when their key moved.
    assert!(report.users.served_share.unwrap() > 0.97);
}
