//! `brownout bench`: how fast is the engine, and how far from what the machine could do?
//!
//! M/M/1 with everything switched on, against the floor (`experiment::floor`), in interleaved rounds
//! so that a noisy machine disturbs both alike; then the workloads (`workloads.rs`). A benchmark, not a
//! test: nothing fails by being slow.

use serde::Serialize;

use super::exit::{Exit, Failure};
use super::output;
use super::progress::Progress;
use super::run::Switch;
use super::workloads;
use crate::experiment::benchmark::{self, MEAN_BETWEEN_NS, MEAN_SERVICE_NS, Seen, Workload};
use crate::experiment::floor;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each round runs the floor (a bare M/M/1 on a binary heap, no metrics), the engine, the engine with a
timeout of 1 s on every attempt, and the engine with the ledger alone off, one after the other. Shown are the medians. The ratio says how much
of the floor's speed is left when every intent is known.

Then each round runs the workloads of benches/, each in a process of its own, so that each has its own
largest memory: w2 (a slow database, ten simulated minutes), w2-long (the same, forty), w3 (10,000
actions/s through five nodes). Requests are user actions; a hop is one attempt delivered to a node.")]
pub struct Bench {
    /// Requests per run
    #[arg(long, default_value_t = 10_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    requests: u64,
    /// Rounds
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
    /// Run only this workload, once, in this process, and print JSON: w2, w2-long, w3
    #[arg(long, value_name = "NAME", value_parser = workloads::named, conflicts_with_all = ["requests", "rounds", "scenario"])]
    workload: Option<Workload>,
    /// With --workload: which random numbers
    #[arg(long, default_value_t = 1, value_name = "N", requires = "workload")]
    seed: u64,
    /// With --workload: with the ledger, or without
    #[arg(
        long,
        value_enum,
        default_value = "on",
        value_name = "WHETHER",
        requires = "workload"
    )]
    ledger: Switch,
    /// Print the scenario that is measured, and stop
    #[arg(long)]
    scenario: bool,
    /// With --scenario: the one with a timeout
    #[arg(long, requires = "scenario")]
    timeout: bool,
}

/// One program's times over all rounds.
#[derive(Debug, Serialize)]
struct Timed {
    name: &'static str,
    seconds: Vec<f64>,
    /// Requests per second, by the median time.
    per_second: f64,
    /// Median over the rounds of this program's speed divided by the floor's in the same round.
    of_floor: f64,
}

#[derive(Debug, Serialize)]
struct Results {
    requests: u64,
    rounds: u16,
    programs: Vec<Timed>,
    /// Median over the rounds of the engine's time divided by its time with the ledger alone off.
    ledger_costs: f64,
    /// What each recorder saw in the last run of the engine.
    ledger: u64,
    histogram: u64,
    series: u64,
    /// Largest memory of the process so far, all programs together; absent where it is not known.
    peak_memory_bytes: Option<u64>,
    workloads: Vec<workloads::Measured>,
}

pub fn run(bench: &Bench) -> Result<Exit, Failure> {
    if let Some(workload) = &bench.workload {
        output::print_json(&workloads::run_here(
            workload,
            bench.seed,
            bench.ledger == Switch::On,
        ))?;
        return Ok(Exit::Done);
    }
    let n = bench.requests;
    if bench.scenario {
        output::print(&benchmark::mm1(n, bench.timeout))?;
        return Ok(Exit::Done);
    }
    let plain = benchmark::mm1(n, false);
    let with_timeout = benchmark::mm1(n, true);
    let mut seconds: [Vec<f64>; 4] = Default::default();
    let mut seen = Seen {
        ledger: 0,
        histogram: 0,
        series: 0,
    };
    let rounds = u64::from(bench.rounds);
    let progress = Progress::new(rounds * (4 + workloads::COUNT), "measuring");
    for round in 0..rounds {
        let mut time = |at: usize, work: &mut dyn FnMut()| {
            seconds[at].push(stopwatch(work));
            progress.add(1);
        };
        time(0, &mut || {
            std::hint::black_box(floor::mm1(n, MEAN_BETWEEN_NS, MEAN_SERVICE_NS, round));
        });
        time(1, &mut || seen = benchmark::run(&plain, round));
        time(2, &mut || {
            std::hint::black_box(benchmark::run(&with_timeout, round));
        });
        time(3, &mut || {
            std::hint::black_box(benchmark::run_without_ledger(&plain, round));
        });
    }
    let peak_memory_bytes = peak_memory();
    let pairs = seconds[1].iter().zip(&seconds[3]);
    let ledger_costs = median(pairs.map(|(on, off)| on / off));
    let workloads = workloads::measure(rounds, || progress.add(1))?;
    drop(progress);
    let results = Results {
        requests: n,
        rounds: bench.rounds,
        programs: timed(n, &seconds),
        ledger_costs,
        ledger: seen.ledger,
        histogram: seen.histogram,
        series: seen.series,
        peak_memory_bytes,
        workloads,
    };
    if bench.json {
        output::print_json(&results)?;
    } else {
        output::print(&shown(&results))?;
    }
    Ok(Exit::Done)
}

#[expect(
    clippy::disallowed_types,
    reason = "a benchmark measures wall-clock time"
)]
pub fn stopwatch(work: &mut dyn FnMut()) -> f64 {
    let start = std::time::Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0
}

fn timed(requests: u64, seconds: &[Vec<f64>; 4]) -> Vec<Timed> {
    let names = [
        "floor",
        "engine",
        "engine, 1 s timeout",
        "engine, no ledger",
    ];
    let rows = names.into_iter().zip(seconds).map(|(name, own)| Timed {
        name,
        per_second: requests as f64 / median(own.iter().copied()),
        of_floor: median(seconds[0].iter().zip(own).map(|(floor, own)| floor / own)),
        seconds: own.clone(),
    });
    rows.collect()
}

fn shown(results: &Results) -> String {
    let mut text = format!(
        "M/M/1, {} requests, {} rounds, medians\n\n",
        results.requests, results.rounds
    );
    for program in &results.programs {
        text += &format!(
            "  {:<20} {:>6.2} M requests/s   {:.2} of the floor\n",
            program.name,
            program.per_second / 1e6,
            program.of_floor
        );
    }
    text += &format!(
        "\n  with the ledger it takes {:.3} times as long as without\n",
        results.ledger_costs
    );
    let all = [results.ledger, results.histogram, results.series];
    let equal = all.iter().all(|&n| n == results.requests);
    text += &format!(
        "\n  seen by ledger {}, histogram {}, series {}: {}\n",
        results.ledger,
        results.histogram,
        results.series,
        if equal {
            "all of them"
        } else {
            "NOT the same number"
        }
    );
    if let Some(bytes) = results.peak_memory_bytes {
        text += &format!(
            "  largest memory of the process: {} MB\n",
            bytes.div_ceil(1 << 20)
        );
    }
    text + &workloads::shown(&results.workloads)
}

/// High-water mark of resident memory, where the system tells (Linux).
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kb: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kb * 1024)
}
