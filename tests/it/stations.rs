//! What each mechanism of a service is for, in runs of small designs.

use std::sync::Arc;

use brownout::engine::core::Cx;
use brownout::engine::fleet::Phase;
use brownout::engine::node::{NodeConfig, NodeKind, NodeState};
use brownout::engine::record::Unrecorded;
use brownout::engine::{Limits, Program, Run};
use brownout::experiment;
use brownout::observe::report::{NodeReport, OperationReport, Report};
use brownout::scenario::Scenario;
use brownout::time::{Duration, Time};

const MS: u64 = 1_000_000;

/// Users call a service `app`; `rest` is whatever else the file says.
fn text(users: &str, app: &str, rest: &str) -> String {
    format!(
        "format = 1\n[run]\nduration = \"60 s\"\n[clients.users]\n{users}\n[service.app]\n{app}\n\
         [link.ask]\nfrom = \"users\"\nto = \"app\"\n{rest}"
    )
}

fn program(text: &str) -> (Scenario, Arc<Program>) {
    let scenario = Scenario::parse(text).unwrap_or_else(|d| panic!("{d:#?}\n{text}"));
    let program = experiment::compile(&scenario, Limits::NATIVE);
    (scenario, program)
}

fn report(text: &str) -> Report {
    let (scenario, program) = program(text);
    experiment::run(&scenario, program, 1)
}

fn app(report: &Report) -> &NodeReport {
    report.nodes.iter().find(|n| n.key == "app").expect("there")
}

fn operation<'r>(report: &'r Report, key: &str) -> &'r OperationReport {
    let found = report.operations.iter().find(|o| o.key == key);
    found.expect("there")
}

fn mean_ms(report: &Report) -> f64 {
    report.users.latency.mean_ns.expect("some were served") / MS as f64
}

/// Two classes of requests, and what else the link of each says.
const CLASSES: &str = "[operation.first]\nkind = \"read\"\npriority = \"critical\"\n\
     [operation.second]\nkind = \"read\"\n";

const BUSY: &str = "rate = \"180 rps\"";
const TWO: &str = "slots = 2\nservice_time = \"exponential(10 ms)\"\n";

/// What cannot make a difference makes none: the longer way through the engine ends at the same times.
#[test]
fn what_never_comes_into_play_changes_nothing() {
    let digest = |users: &str, app: &str| report(&text(users, app, "")).digest;
    let plain = digest(BUSY, TWO);
    for extra in [
        "cores = 2",
        "discipline = \"priority\"",
        "discipline = \"preemptive\"",
        "discipline = \"adaptive_lifo\"\nlifo_above = 100000",
        "max_wait = \"1 d\"",
        "slots_of.request = 2",
        "service_time_of.request = \"exponential(10 ms)\"",
        "queue_management = \"controlled_delay\"\ncodel_interval = \"1 h\"",
        "concurrency_limit = \"aimd\"\nlimit_initial = 100000\nlimit_max = 100000",
        "gc_every = 1000000000",
        "leak_per_request = 1\nmemory = 1000000000\nmemory_drag = 0",
        "warmup = \"10 s\"",
    ] {
        assert_eq!(digest(BUSY, &format!("{TWO}{extra}\n")), plain, "{extra}");
    }
    let lifo = digest(BUSY, &format!("{TWO}discipline = \"lifo\"\n"));
    let always = format!("{TWO}discipline = \"adaptive_lifo\"\nlifo_above = 0\n");
    assert_eq!(digest(BUSY, &always), lifo);
    assert_ne!(lifo, plain);
}

#[test]
fn slots_that_work_share_the_cores_and_those_that_wait_for_calls_do_not() {
    let pairs = "arrivals = \"constant\"\nrate = \"10 rps\"\nbatch = 2";
    let latency = |app: &str, rest: &str| report(&text(pairs, app, rest)).users.latency;
    let one = latency("slots = 2\ncores = 1\nservice_time = \"10 ms\"", "");
    assert_eq!((one.mean_ns, one.max_ns), (Some(20e6), Some(20 * MS)));
    let two = latency("slots = 2\ncores = 2\nservice_time = \"10 ms\"", "");
    assert_eq!((two.mean_ns, two.max_ns), (Some(10e6), Some(10 * MS)));
    // One works while the other waits: nobody is slowed down.
    let mut apart = pairs.replace("batch = 2", "batch = 1");
    apart = apart.replace("10 rps", "50 rps");
    let waits = "slots = 10\ncores = 1\nservice_time = \"10 ms\"\n";
    let store = "[database.db]\ncores = 10\nread_time = \"90 ms\"\n[link.query]\nfrom = \"app\"\nto = \"db\"\n";
    let report = report(&text(&apart, waits, store));
    assert_eq!(report.users.latency.max_ns, Some(100 * MS));
}

#[test]
fn the_important_do_not_notice_the_others_if_they_may_interrupt() {
    let users = "rate = \"60 rps\"";
    let server = "slots = 1\nservice_time = \"exponential(10 ms)\"\ndiscipline = \"preemptive\"\n";
    let others = "[clients.others]\nrate = \"30 rps\"\n[link.beg]\nfrom = \"others\"\nto = \"app\"\n\
         [operation.first]\nkind = \"read\"\npriority = \"critical\"\nclients = [\"users\"]\n\
         [operation.second]\nkind = \"read\"\nclients = [\"others\"]\n";
    let alone = others.replace("30 rps", "0 rps");
    let (with, without) = (
        report(&text(users, server, others)),
        report(&text(users, server, &alone)),
    );
    let (a, b) = (operation(&with, "first"), operation(&without, "first"));
    assert_eq!(a.latency.mean_ns, b.latency.mean_ns);
    assert_eq!(a.latency.max_ns, b.latency.max_ns);
    assert!(app(&with).count("interrupted") > 100 && app(&without).count("interrupted") == 0);
    let second = operation(&with, "second");
    assert_eq!(
        second.served, second.actions,
        "who was interrupted is served in the end"
    );
    // Without interruption they do notice.
    let polite = server.replace("preemptive", "priority");
    let polite = report(&text(users, &polite, others));
    assert!(operation(&polite, "first").latency.mean_ns > b.latency.mean_ns);
}

#[test]
fn interrupted_work_is_not_lost_and_not_repeated() {
    // One core's worth of work, in any order: the last one ends when all the work is done.
    let users = "arrivals = \"constant\"\nrate = \"1 rps\"\nbatch = 8";
    let server = |discipline: &str| {
        let server = "slots = 1\nservice_time = \"exponential(10 ms)\"\n";
        text(
            users,
            &format!("{server}discipline = \"{discipline}\"\n"),
            CLASSES,
        )
    };
    let last = |discipline: &str| report(&server(discipline)).users.latency.max_ns;
    assert_eq!(last("preemptive"), last("priority"));
    assert_eq!(last("priority"), last("fifo"));
}

#[test]
fn codel_keeps_waits_short_and_lets_bursts_pass() {
    let server = "slots = 1\nservice_time = \"exponential(5 ms)\"\n";
    let managed = |how: &str| format!("{server}queue_management = \"{how}\"\n");
    let overload = "rate = \"240 rps\"";
    let without = report(&text(overload, server, ""));
    assert!(mean_ms(&without) > 1_000.0, "{}", mean_ms(&without));
    for how in ["codel", "controlled_delay"] {
        let with = report(&text(overload, &managed(how), ""));
        assert!(app(&with).count("shed") > 1_000, "{how}");
        assert!(mean_ms(&with) < 300.0, "{how}: {}", mean_ms(&with));
        assert!(
            with.users.goodput_per_s > 175.0,
            "{how}: {}",
            with.users.goodput_per_s
        );
        // A burst that is over within an interval loses nobody.
        let bursts = "arrivals = \"constant\"\nrate = \"2 rps\"\nbatch = 15";
        let constant = managed(how).replace("exponential(5 ms)", "5 ms");
        let burst = report(&text(bursts, &constant, ""));
        assert_eq!(burst.users.served, burst.users.actions, "{how}");
    }
}

#[test]
fn limits_find_the_concurrency_that_a_service_can_take() {
    let server =
        "slots = 4\nservice_time = \"exponential(10 ms)\"\nlimit_min = 4\nlimit_initial = 4\n";
    let users = "rate = \"800 rps\"";
    for limit in [
        "concurrency_limit = \"aimd\"\nlimit_latency = \"50 ms\"",
        "concurrency_limit = \"gradient\"",
    ] {
        let report = report(&text(users, &format!("{server}{limit}\n"), ""));
        assert!(
            report.users.goodput_per_s > 370.0,
            "{limit}: {}",
            report.users.goodput_per_s
        );
        assert!(mean_ms(&report) < 120.0, "{limit}: {}", mean_ms(&report));
        assert!(app(&report).count("shed") > 10_000, "{limit}");
    }
}

#[test]
fn a_bulkhead_keeps_slots_for_the_others() {
    let kinds = "[operation.hang]\nkind = \"read\"\n[operation.quick]\nkind = \"read\"\n";
    let server = "slots = 10\nservice_time = \"5 ms\"\nservice_time_of.hang = \"10 s\"\n";
    let users = "rate = \"20 rps\"";
    let shared = report(&text(users, server, kinds));
    let apart = report(&text(users, &format!("{server}slots_of.hang = 9\n"), kinds));
    assert!(operation(&shared, "quick").latency.p50_ns > Some(1_000 * MS));
    assert!(operation(&apart, "quick").latency.p99_ns < Some(50 * MS));
}

#[test]
fn a_collection_delays_what_is_inside_by_exactly_its_length() {
    let users = "arrivals = \"constant\"\nrate = \"1 rps\"";
    let server = "slots = 4\nservice_time = \"10 ms\"\ngc_every = 3\ngc_pause = \"500 ms\"\n";
    let report = report(&text(users, server, ""));
    let latency = &report.users.latency;
    assert_eq!(latency.max_ns, Some(510 * MS));
    assert_eq!(app(&report).count("gc_pauses"), report.users.actions / 3);
    let total = 10 * report.users.actions + 500 * (report.users.actions / 3);
    let mean = total as f64 / report.users.actions as f64;
    assert!(
        (mean_ms(&report) - mean).abs() < 1e-6,
        "{} {mean}",
        mean_ms(&report)
    );
    // Work that had begun before stands still too, and calls that end meanwhile are taken up after it.
    let long = server
        .replace("10 ms", "5 s")
        .replace("gc_every = 3", "gc_every = 20");
    let report = self::report(&text(users, &long.replace("slots = 4", "slots = 9"), ""));
    assert_eq!(report.users.latency.max_ns, Some(5_500 * MS));
    let store =
        "[database.db]\nread_time = \"100 ms\"\n[link.query]\nfrom = \"app\"\nto = \"db\"\n";
    let pairs = "arrivals = \"constant\"\nrate = \"1 rps\"\nbatch = 2";
    let calls = "slots = 2\nservice_time = \"10 ms\"\ngc_every = 2\ngc_pause = \"300 ms\"\n\
         plan.request = [\"read query\", \"work\"]\n";
    let report = self::report(&text(
        pairs,
        calls,
        &format!("{store}[operation.request]\nkind = \"read\"\n"),
    ));
    // The first has its reply during the pause, the second sends its call after it: 300 + 10, 300 + 100 + 10.
    assert_eq!(report.users.latency.mean_ns, Some(360e6));
}

#[test]
fn a_leak_ends_in_a_crash_and_a_restart_cures_it() {
    let users = "arrivals = \"constant\"\nrate = \"10 rps\"";
    let server = "slots = 4\nservice_time = \"10 ms\"\nleak_per_request = 10\nmemory = 1\nrestart_time = \"5 s\"\n";
    let report = report(&text(users, server, ""));
    // 100 requests fill it in 10 s; 5 s down: four lives and a part of a minute.
    assert_eq!(app(&report).count("out_of_memory"), 4);
    let refused = app(&report).refused;
    assert!((190..=205).contains(&refused), "{refused}");
    assert!(
        report.users.latency.max_ns > Some(15 * MS),
        "it gets slow before"
    );
}

#[test]
fn an_instance_is_cold_after_a_restart_and_not_at_the_start() {
    let users = "arrivals = \"constant\"\nrate = \"10 rps\"";
    let server = "slots = 4\nservice_time = \"10 ms\"\nwarmup = \"10 s\"\nwarmup_factor = 4\n";
    let crash = |lasts: &str| {
        let entry = format!(
            "[[timeline]]\nwhat = \"crash\"\ntarget = \"app\"\nat = \"20 s\"\nlasts = \"{lasts}\"\n"
        );
        report(&text(users, server, &entry)).users.latency
    };
    let healthy = report(&text(users, server, "")).users.latency;
    assert_eq!(healthy.max_ns, Some(10 * MS));
    let cold = crash("1 s").max_ns.expect("some");
    assert!((39 * MS..=40 * MS).contains(&cold), "{cold}");
}

#[test]
fn throughput_bends_as_the_law_of_scalability_says() {
    let users = "arrivals = \"closed\"\nusers = 200\nthink_time = \"0 ms\"";
    for slots in [1u32, 10, 30, 60] {
        let server = format!(
            "slots = {slots}\nservice_time = \"100 ms\"\ncontention = \"5 %\"\ncoherency = \"0.1 %\"\n"
        );
        let n = f64::from(slots);
        let law = 10.0 * n / (1.0 + 0.05 * (n - 1.0) + 0.001 * n * (n - 1.0));
        let goodput = report(&text(users, &server, "")).users.goodput_per_s;
        assert!(
            (goodput / law - 1.0).abs() < 0.02,
            "{slots}: {goodput}, not {law}"
        );
    }
}

/// Calls a method of the service `app` in the middle of a run.
macro_rules! at_app {
    ($run:expr, $method:ident) => {{
        let program = Arc::clone(&$run.program);
        let node = program
            .nodes
            .iter()
            .position(|n| n.key == "app")
            .expect("there");
        let brownout::engine::World { core, nodes, .. } = &mut $run.world;
        let NodeState::Service(state) = &mut nodes[node] else {
            unreachable!()
        };
        let NodeConfig::Service(config) = &program.nodes[node].config else {
            unreachable!()
        };
        let record = &mut $run.record;
        let cx = &mut Cx {
            core,
            program: &program,
            record,
            node: node as u16,
        };
        state.$method(config, cx);
        node
    }};
}

#[test]
fn instances_come_and_drain_during_a_run() {
    let (_, program) = program(&text(BUSY, "slots = 1\nservice_time = \"10 ms\"\n", ""));
    let mut run = Run::new(program, 1, Unrecorded);
    run.advance(Time(10_000 * MS), u64::MAX);
    let node = run
        .program
        .nodes
        .iter()
        .position(|n| n.key == "app")
        .expect("there");
    let waiting = run.world.core.node_counters[node].waiting.value;
    assert!(waiting > 100, "one is not enough: {waiting} wait");
    let fleet = &mut run.world.core.fleets[node];
    let new = fleet.start(Time(10_000 * MS), 0, &[], |_| true);
    fleet.set_phase(new, Phase::Ready);
    fleet.set_phase(0, Phase::Draining);
    at_app!(run, on_fleet);
    let began = run.world.core.node_counters[node].began;
    run.advance(Time(20_000 * MS), u64::MAX);
    assert_eq!(run.world.core.fleets[node].member(0).phase, Phase::Gone);
    let served = run.world.core.node_counters[node].began - began;
    assert!(
        served > u64::from(waiting) + 900,
        "the old one finished, the new one serves: {served}"
    );
    assert_eq!(run.world.look(&run.program, node).slots, 1);
}

#[test]
fn slots_that_are_added_take_those_who_wait_and_slots_that_are_taken_drain() {
    let design = |slots: u32| {
        text(
            BUSY,
            &format!("slots = {slots}\nservice_time = \"100 ms\"\n"),
            "",
        )
    };
    let (few, many) = (program(&design(4)).1, program(&design(40)).1);
    let mut run = Run::new(Arc::clone(&few), 1, Unrecorded);
    run.advance(Time(5_000 * MS), u64::MAX);
    let mut run = Run::resume(many, run.world, Unrecorded);
    let node = at_app!(run, on_revised);
    assert_eq!(run.world.core.node_counters[node].busy.value, 40);
    let mut run = Run::resume(few, run.world, Unrecorded);
    at_app!(run, on_revised);
    assert_eq!(
        run.world.core.node_counters[node].busy.value, 40,
        "nobody is thrown out"
    );
    run.advance(Time(5_000 * MS) + Duration(200 * MS), u64::MAX);
    assert_eq!(run.world.core.node_counters[node].busy.value, 4);
}

#[test]
fn every_knob_may_change_during_a_run() {
    let others =
        "[clients.others]\nrate = \"100 rps\"\n[link.beg]\nfrom = \"others\"\nto = \"app\"\n";
    let rest = format!("{others}{CLASSES}");
    let designs = [
        TWO.to_owned(),
        format!(
            "{TWO}discipline = \"preemptive\"\ncores = 1\nslots_of.second = 1\ngc_every = 10\ngc_pause = \"50 ms\"\n"
        ),
        format!(
            "{TWO}discipline = \"priority\"\nqueue_management = \"codel\"\nslots_of.first = 1\n"
        ),
        format!(
            "{TWO}discipline = \"lifo\"\nconcurrency_limit = \"gradient\"\nleak_per_request = 1\nmemory = 1\nrestart_time = \"100 ms\"\n"
        ),
        format!("{TWO}cores = 1\nmax_wait = \"100 ms\"\nconcurrency_limit = \"aimd\"\n"),
    ];
    let programs: Vec<_> = designs
        .iter()
        .map(|app| program(&text(BUSY, app, &rest)).1)
        .collect();
    let mut run = Run::new(Arc::clone(&programs[0]), 1, Unrecorded);
    for turn in 1..100u64 {
        run.advance(Time(turn * 500 * MS), u64::MAX);
        let next = Arc::clone(&programs[(turn * 7 / 3) as usize % programs.len()]);
        run = Run::resume(next, run.world, Unrecorded);
        let node = at_app!(run, on_revised);
        let (core, now) = (&run.world.core, run.now());
        assert!(core.node_counters[node].little_holds(now));
        let counters = &core.node_counters[node];
        assert_eq!(
            counters.began - counters.left,
            u64::from(counters.busy.value)
        );
        assert!(counters.busy.value <= 2 || turn == 1);
    }
    run.finish();
    assert!(run.world.core.attempts.is_empty(), "everybody was answered");
}
