//! Transactions: what they hold, what they see, how they fail; rows that are read, computed and written.

use brownout::engine::Limits;
use brownout::experiment;
use brownout::observe::report::{NodeReport, Report};
use brownout::scenario::Scenario;

fn simulate(text: &str) -> Report {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    experiment::run(&scenario, program, 1)
}

/// Users at a shop with slots for all of them, and a store whose queries take no time.
fn design(clients: &str, plan: &str, store: &str, more: &str) -> String {
    format!(
        "format = 1\n[run]\nduration = \"60 s\"\n\n[clients.users]\n{clients}\n\n\
         [service.shop]\nslots = 10000\nservice_time = \"10 ms\"\nplan.buy = [{plan}]\n\n\
         [database.store]\ncores = 10000\nread_time = \"0 s\"\nwrite_time = \"0 s\"\nconnections = \"unbounded\"\n{store}\n\n\
         [link.visit]\nfrom = \"users\"\nto = \"shop\"\n\n[link.rows]\nfrom = \"shop\"\nto = \"store\"\n\n\
         [operation.buy]\nkind = \"write\"\nkeys = 1\n\n{more}"
    )
}

const FAST: &str = "rate = \"100 rps\"\nactions = 2000";
const SLOW: &str = "rate = \"50 rps\"\nactions = 2000";

fn node<'r>(report: &'r Report, key: &str) -> &'r NodeReport {
    report.nodes.iter().find(|n| n.key == key).unwrap()
}

fn count(report: &Report, name: &str) -> u64 {
    node(report, "store").count(name)
}

fn reason(report: &Report, link: &str, reason: &str) -> u64 {
    let link = report.links.iter().find(|l| l.key == link).unwrap();
    let found = link.failed_by_reason.iter().find(|(r, _)| *r == reason);
    found.map_or(0, |(_, n)| *n)
}

const UPDATE: &str = r#""read rows", "work", "update rows""#;
const IN_TRANSACTION: &str = r#""begin rows", "read rows", "work", "update rows", "commit rows""#;

#[test]
fn half_of_the_updates_are_lost_unless_something_protects_them() {
    let run = |plan: &str, store: &str| simulate(&design(FAST, plan, store, ""));
    let bare = run(UPDATE, "");
    let lost = bare.ledger.lost_updates as f64 / bare.ledger.effects as f64;
    assert!((lost - 0.5).abs() < 0.04, "{lost}");
    // A write that adds to what is there loses nothing; nor do rows that are locked when they are read.
    for (plan, store) in [
        (r#""read rows", "work", "write rows""#, ""),
        (IN_TRANSACTION, "isolation = \"row_locks\""),
        (IN_TRANSACTION, "isolation = \"row_locks\"\nreplicas = 2"),
    ] {
        let report = run(plan, store);
        assert_eq!(report.ledger.lost_updates, 0, "{store}");
        assert_eq!(report.ledger.effects, 2000, "{store}");
        assert_eq!(report.ledger.clean, 2000, "{store}");
    }
    // Locks of writes come too late for what was read before.
    let late = run(IN_TRANSACTION, "");
    assert!(
        late.ledger.lost_updates > 900,
        "{}",
        late.ledger.lost_updates
    );
    assert_eq!(count(&late, "commits"), 2000);
}

#[test]
fn who_checks_at_the_end_loses_time_and_nothing_else() {
    for (plan, isolation) in [
        (UPDATE, "optimistic"),
        (IN_TRANSACTION, "optimistic"),
        (IN_TRANSACTION, "snapshot"),
        (IN_TRANSACTION, "serializable"),
    ] {
        let report = simulate(&design(
            FAST,
            plan,
            &format!("isolation = \"{isolation}\""),
            "",
        ));
        assert_eq!(report.ledger.lost_updates, 0, "{isolation}");
        let share = report.ledger.effects as f64 / report.ledger.intents as f64;
        assert!((share - 0.5).abs() < 0.04, "{isolation} {share}");
        assert_eq!(
            reason(&report, "rows", "conflict") + report.ledger.effects,
            2000
        );
        assert_eq!(report.ledger.clean, 2000, "failed, and nothing was done");
    }
}

/// Two kinds of users read both rows of an item; each changes another one of them.
fn doctors(isolation: &str) -> Report {
    let more = "[operation.leave]\nkind = \"write\"\nkeys = 1\nkey_space = \"shift\"\n";
    let text = design(
        "rate = \"200 rps\"\nactions = 4000",
        r#""begin rows", "all read rows, read rows partner", "work", "write rows", "commit rows""#,
        &format!("isolation = \"{isolation}\""),
        more,
    );
    let text = text.replace("keys = 1\n\n", "keys = 1\nkey_space = \"shift\"\n\n");
    simulate(&text.replace(
        "\n\n[database",
        "\nplan.leave = [\"begin rows\", \"all read rows, read rows partner\", \"work\", \"write rows partner\", \"commit rows\"]\n\n[database",
    ))
}

#[test]
fn snapshots_allow_write_skew_and_serializable_transactions_do_not() {
    let snapshot = doctors("snapshot");
    let share = snapshot.ledger.write_skews as f64 / snapshot.ledger.effects as f64;
    assert!((share - 0.5).abs() < 0.04, "{share}");
    assert_eq!(snapshot.ledger.lost_updates, 0);
    let serial = doctors("serializable");
    assert_eq!(serial.ledger.write_skews, 0);
    let share = serial.ledger.effects as f64 / serial.ledger.intents as f64;
    assert!((share - 1.0 / 3.0).abs() < 0.03, "{share}");
    let locked = doctors("row_locks");
    assert_eq!(locked.ledger.write_skews, 0);
    assert!(doctors("none").ledger.write_skews > 1000);
}

#[test]
fn a_circle_of_waits_has_one_victim() {
    let plans = |store: &str| {
        let text = design(
            SLOW,
            r#""begin rows", "write rows", "work", "write rows partner", "commit rows""#,
            store,
            "[operation.leave]\nkind = \"write\"\nkeys = 1\nkey_space = \"shift\"\n",
        );
        let text = text.replace("keys = 1\n\n", "keys = 1\nkey_space = \"shift\"\n\n");
        text.replace(
            "\n\n[database",
            "\nplan.leave = [\"begin rows\", \"write rows partner\", \"work\", \"write rows\", \"commit rows\"]\n\n[database",
        )
    };
    let report = simulate(&plans(""));
    let deadlocks = count(&report, "deadlocks");
    assert!(deadlocks > 50, "{deadlocks}");
    assert_eq!(reason(&report, "rows", "deadlock_victim"), deadlocks);
    assert_eq!(report.ledger.effects, 2 * (2000 - deadlocks));
    assert_eq!(report.ledger.clean, 2000);
    assert_eq!(count(&report, "rollbacks"), deadlocks);
    // Without detection only time helps.
    let report = simulate(&plans("deadlock_detection = false\nlock_timeout = \"1 s\""));
    assert_eq!(count(&report, "deadlocks"), 0);
    assert!(reason(&report, "rows", "lock_timeout") > 50);
    assert_eq!(report.ledger.clean, 2000);
}

#[test]
fn a_transaction_holds_its_connection_to_the_end_and_leaves_nothing_if_it_fails() {
    // Ten connections, each taken for the 10 ms of the work: 1000 transactions per second.
    let plan = r#""begin rows", "write rows", "work", "commit rows""#;
    let text = design(
        "arrivals = \"closed\"\nusers = 50\nthink_time = \"0 s\"",
        plan,
        "isolation = \"none\"",
        "",
    )
    .replace("to = \"store\"", "to = \"store\"\npool = 10")
    .replace("duration = \"60 s\"", "duration = \"10 s\"");
    let report = simulate(&text);
    let rate = report.ledger.effects as f64 / 10.0;
    assert!((rate - 1000.0).abs() < 10.0, "{rate}");
    // The shop crashes again and again: what it had not committed is not there.
    let crash =
        "\n[[timeline]]\nwhat = \"crash\"\ntarget = \"shop\"\nat = \"5 s\"\nlasts = \"1 s\"\n";
    let text = design(FAST, plan, "isolation = \"row_locks\"", crash).replace(
        "to = \"store\"",
        "to = \"store\"\npool = 10\ndelay = \"1 ms\"",
    );
    let report = simulate(&text);
    assert!(count(&report, "rollbacks") >= 1);
    assert_eq!(count(&report, "commits"), report.ledger.effects);
    assert_eq!(report.ledger.duplicate + report.ledger.lost, 0);
    assert!(reason(&report, "visit", "crashed_while_working") > 0);
    let served = report.users.served_share.unwrap();
    assert!(served > 0.9, "the locks of the dead are let go: {served}");
}

/// The word that the connection is closed is lost in a partition: rows stay locked until the database
/// itself gives up on the silent transaction.
#[test]
fn a_silent_transaction_is_ended_by_time_alone() {
    let cut =
        "\n[[timeline]]\nwhat = \"partition\"\ntarget = \"rows\"\nat = \"5 s\"\nlasts = \"1 s\"\n";
    let plan = r#""begin rows", "write rows", "work", "commit rows""#;
    let run = |idle: &str| {
        // 19 of 20 ms somebody has the row; the cut begins within.
        let text = design(
            "arrivals = \"constant\"\nrate = \"50 rps\"\nactions = 2000",
            plan,
            idle,
            cut,
        )
        .replace("service_time = \"10 ms\"", "service_time = \"19 ms\"")
        .replace("at = \"5 s\"", "at = \"5010 ms\"")
        .replace("to = \"store\"", "to = \"store\"\ntimeout = \"100 ms\"");
        simulate(&text)
    };
    let ever = run("");
    assert!(
        ever.users.served_share.unwrap() < 0.2,
        "nobody lets go of the row"
    );
    let ended = run("idle_timeout = \"500 ms\"");
    assert!(count(&ended, "idle_ended") >= 1);
    assert!(ended.users.served_share.unwrap() > 0.9);
}

fn orders(plan: &str, store: &str, key: &str) -> Report {
    let link =
        format!("to = \"shop\"\nreply_loss = \"20 %\"\ntimeout = \"1 s\"\nattempts = 3\n{key}");
    simulate(&design(FAST, plan, store, "").replace("to = \"shop\"", &link))
}

#[test]
fn a_unique_row_is_inserted_once_by_whoever_comes_first() {
    let key = "idempotency_key = \"form\"";
    let insert = r#""insert rows or done", "work""#;
    let free = orders(insert, "", key);
    assert!(free.ledger.duplicate > 200, "{}", free.ledger.duplicate);
    let unique = orders(insert, "unique = true", key);
    assert_eq!(unique.ledger.duplicate, 0);
    assert_eq!(unique.ledger.effects, 2000);
    assert_eq!(
        reason(&unique, "rows", "constraint") + 2000,
        node(&unique, "shop").arrived
    );
    // Without a key, no two rows are the same.
    assert!(orders(insert, "unique = true", "").ledger.duplicate > 200);
    // One row for one item: one of all is done.
    let seat = orders(
        "\"insert rows\"",
        "unique = true\nrow_of_insert = \"item\"",
        "",
    );
    assert_eq!(seat.ledger.effects, 1);
}

#[test]
fn who_checks_first_and_inserts_later_is_overtaken() {
    // A double click: both look before either has inserted.
    let twice = |store: &str, plan: &str| {
        let text = design(
            "rate = \"100 rps\"\nactions = 2000\ndouble_click_share = \"50 %\"\ndouble_click_gap = \"5 ms\"",
            plan,
            store,
            "",
        );
        simulate(&text.replace("to = \"shop\"", "to = \"shop\"\nidempotency_key = \"form\""))
    };
    let check = r#""check rows", "work", "insert rows""#;
    let raced = twice("", check);
    assert!(raced.ledger.duplicate > 500, "{}", raced.ledger.duplicate);
    let late = twice("", r#""check rows", "insert rows", "work""#);
    assert_eq!(late.ledger.duplicate, 0, "nothing comes between");
    let unique = twice("unique = true", check);
    assert_eq!(unique.ledger.duplicate, 0);
}

/// Each of eight requests holds one connection and wants another one.
#[test]
fn two_connections_each_and_a_pool_of_as_many_as_there_are_threads() {
    let run = |pool: u32| {
        let text = design(
            "arrivals = \"constant\"\nrate = \"8 rps\"\nbatch = 8\nactions = 8",
            r#""begin rows", "begin rows", "write rows", "commit rows", "commit rows""#,
            "write_time = \"10 ms\"",
            "",
        );
        let pooled = format!("to = \"store\"\npool = {pool}\nacquire_timeout = \"1 s\"");
        simulate(
            &text
                .replace("write_time = \"0 s\"\n", "")
                .replace("to = \"store\"", &pooled),
        )
    };
    let stuck = run(8);
    assert!(reason(&stuck, "rows", "pool_exhausted") >= 4);
    assert!(stuck.users.latency.p50_ns.unwrap() >= 1_000_000_000);
    let free = run(9);
    assert_eq!(reason(&free, "rows", "pool_exhausted"), 0);
    assert_eq!(free.ledger.effects, 8);
    assert!(free.users.latency.p99_ns.unwrap() < 100_000_000);
}

/// Users add to the row; a job reads it, works for a tenth of a second and writes it.
#[test]
fn a_job_is_protected_as_users_are() {
    let run = |plan: &str, store: &str, job: &str| {
        let more = format!(
            "[job.sweep]\noperation = \"fix\"\nstart = \"1 s\"\nitems = 20\nconcurrency = 1\nservice_time = \"100 ms\"\n\
             plan.fix = [{plan}]\n{job}\n\n[link.sweeps]\nfrom = \"sweep\"\nto = \"store\"\n\n\
             [operation.fix]\nkind = \"write\"\nweight = 0\nkeys = 1\nkey_space = \"goods\"\n"
        );
        let text = design(SLOW, "\"write rows\"", store, &more);
        simulate(&text.replacen("keys = 1\n", "keys = 1\nkey_space = \"goods\"\n", 1))
    };
    let bare = run(r#""read sweeps", "work", "update sweeps""#, "", "");
    // Five writes in a tenth of a second, twenty times.
    assert!(
        (70..130).contains(&bare.ledger.lost_updates),
        "{}",
        bare.ledger.lost_updates
    );
    let plan = r#""begin sweeps", "read sweeps", "work", "update sweeps", "commit sweeps""#;
    let locked = run(plan, "isolation = \"row_locks\"", "");
    assert_eq!(locked.ledger.lost_updates, 0);
    assert_eq!(locked.ledger.effects_of_jobs, 20);
    let guarded = run(
        plan,
        "isolation = \"none\"",
        "version_guard = true\nconflict_retries = 0",
    );
    assert_eq!(guarded.ledger.lost_updates, 0);
    assert!(
        guarded.ledger.effects_of_jobs < 3,
        "somebody always comes between"
    );
    assert!(count(&guarded, "rollbacks") > 17);
}

/// The leader is lost while transactions are open: what was not committed is nowhere, what was is where
/// the copies have it.
#[test]
fn a_lost_leader_takes_its_open_transactions_with_it() {
    let store = "isolation = \"row_locks\"\nreplicas = 2\nacknowledge = \"majority\"\ndetect_after = \"1 s\"\npromotion_time = \"500 ms\"";
    let loss = "[[timeline]]\nwhat = \"primary_loss\"\ntarget = \"store\"\nat = \"5 s\"\nlasts = \"10 s\"\n";
    let text = design(SLOW, IN_TRANSACTION, store, loss).replace(
        "to = \"store\"",
        "to = \"store\"\npool = 20\ntimeout = \"500 ms\"",
    );
    let report = simulate(&text);
    assert_eq!(count(&report, "failovers"), 1);
    assert_eq!(report.ledger.lost + report.ledger.duplicate, 0);
    assert_eq!(report.ledger.lost_updates, 0);
    assert_eq!(count(&report, "commits"), report.ledger.effects);
    let served = report.users.served_share.unwrap();
    assert!((0.8..1.0).contains(&served), "{served}");
}
